/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the first contents of a VMCS: all control fields, and the guest fields
 * as a CPU has them after power-on. For the vCPU's thread, in a burst.
 */
#ifndef VMR_VMCS_INIT_H
#define VMR_VMCS_INIT_H

#include <linux/types.h>

#include "vmx/features.h"

/**
 * struct vmr_vmcs_setup - what a VMCS's control fields are made of
 * @controls: the control words, as vmx/features.c chose them. Without
 *	      @vpid, @msr_bitmap or @pml the control that uses it may not be set
 * @eptp: EPT pointer, with "enable EPT"
 * @vpid: with "enable VPID"; not 0 then
 * @msr_bitmap: physical address of 4 KiB, with "use MSR bitmaps"
 * @cr0_guest_owned: bits of CR0 that the guest reads and writes without an exit
 * @cr4_guest_owned: the same of CR4
 * @exception_bitmap: exceptions that exit
 * @ple_gap: with "PAUSE-loop exiting"
 * @ple_window: with "PAUSE-loop exiting"
 * @xss_exit_bitmap: with "enable XSAVES/XRSTORS"
 * @tsc_offset: with "use TSC offsetting"
 * @tsc_multiplier: with "use TSC scaling"; not 0 then
 * @pml: physical address of 4 KiB, with "enable PML"
 * @pml_index: with "enable PML"
 *
 * A value whose control isn't set is ignored.
 */
struct vmr_vmcs_setup {
	struct vmr_controls controls;
	u64 eptp;
	u16 vpid;
	phys_addr_t msr_bitmap;
	u64 cr0_guest_owned;
	u64 cr4_guest_owned;
	u32 exception_bitmap;
	u32 ple_gap;
	u32 ple_window;
	u64 xss_exit_bitmap;
	u64 tsc_offset;
	u64 tsc_multiplier;
	phys_addr_t pml;
	u16 pml_index;
};

/**
 * vmr_vmcs_init() - give every control and guest field of a VMCS a value
 * @setup: what the controls are
 *
 * Every field that this CPU has and that isn't named in @setup is zero, but for
 * the link pointer (none) and the guest's registers, which are those after
 * power-on. CR0 and CR4 have the bits that unrestricted guests need set in VMX
 * operation; their shadows are what the guest sees.
 *
 * Context: In a burst, once.
 */
void vmr_vmcs_init(const struct vmr_vmcs_setup *setup);

#endif
