/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the interface of entry.S. For vmx/run.c and, of the offsets, entry.S itself.
 */
#ifndef VMR_VMX_ENTRY_H
#define VMR_VMX_ENTRY_H

/* Where entry.S finds things in struct vmr_vcpu; run.c asserts them. */
#define VMR_ENTRY_GPR(number)	((number) * 8)
#define VMR_ENTRY_HOST_RSP	696

/* For an instruction of entry.S. */
#define VMR_ENTRY_SPEC_CTRL	0x48

/* What vmr_entry() answers. */
#define VMR_ENTRY_EXITED	0	/* the guest ran, or an exit said why not */
#define VMR_ENTRY_FAILED	1	/* VMfail: no guest, no exit */
#define VMR_ENTRY_FAULT		2	/* the instruction faulted: VMX is off */

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct vmr_vcpu;

/**
 * vmr_entry() - let a guest run until its next exit
 * @vcpu: whose VMCS is current; its registers but RSP and RIP are loaded before and
 *	  stored after
 * @launched: the VMCS has been launched already
 *
 * Context: In a burst. NMIs may be blocked on return, if the exit is for one.
 * Return: VMR_ENTRY_...
 */
int vmr_entry(struct vmr_vcpu *vcpu, bool launched);

/* The address where VM exits arrive, for the VMCS. Not to be called. */
extern char vmr_entry_arrival[];

#endif
#endif
