// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what controls a vCPU runs with: those that vmring can't do without and those
 * that it likes to have (vmx/features.c), and here those that shut doors. Called by
 * core/main.c once and by vmx/burst.c for each vCPU.
 */
#include <linux/io.h>
#include <linux/minmax.h>
#include <asm/processor.h>

#include "core/vmring.h"
#include "ept/dirty.h"
#include "ept/ept.h"
#include "vmcs/access.h"
#include "vmcs/host.h"
#include "vmcs/init.h"
#include "vmcs/vmcs.h"
#include "vmx/arch.h"
#include "vmx/caps.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"
#include "vmx/ctls.h"
#include "vmx/entry.h"
#include "vmx/features.h"
#include "vmx/host.h"
#include "vmx/setup.h"

/* Constant after vmr_setup_init(). */
static struct vmr_controls controls;
static struct vmr_cpuid_host cpuid_host = { .controls = &controls };

/*
 * What a guest may only do through an exit: it must neither see nor touch what isn't
 * switched. Where the CPU lacks the control, it lacks the instruction, too.
 */
static const struct {
	enum vmr_caps_word word;
	u32 bits;
} doors[] = {
	{ VMR_CAPS_PROC, SDM_PROC_CR8_LOAD_EXITING | SDM_PROC_CR8_STORE_EXITING |
			 SDM_PROC_MOV_DR_EXITING | SDM_PROC_MWAIT_EXITING |
			 SDM_PROC_MONITOR_EXITING | SDM_PROC_RDPMC_EXITING |
			 SDM_PROC_USE_TSC_OFFSETTING },
	{ VMR_CAPS_PROC2, SDM_PROC2_WBINVD_EXITING | SDM_PROC2_ENCLS_EXITING |
			  SDM_PROC2_PAUSE_LOOP_EXITING | SDM_PROC2_RDTSCP },
};

int vmr_setup_init(void)
{
	unsigned int i;
	int err;

	err = vmr_features_controls(vmr_caps, &controls);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(doors); i++)
		controls.word[doors[i].word] |= doors[i].bits &
			vmr_ctls_may(vmr_caps_word(vmr_caps, doors[i].word));
	cpuid_host.xcr0 = vmr_host_xcr0();
	/* Four levels of EPT reach so far. */
	cpuid_host.phys_bits = min_t(u8, boot_cpu_data.x86_phys_bits, 48);
	return 0;
}

const struct vmr_cpuid_host *vmr_setup_cpuid_host(void)
{
	return &cpuid_host;
}

const struct vmr_controls *vmr_setup_controls(void)
{
	return &controls;
}

void vmr_setup(struct vmr_vcpu *vcpu)
{
	struct vmr_vmcs_setup setup = {
		.controls = controls,
		.eptp = vmr_ept_pointer(&vcpu->vm->ept),
		.vpid = vcpu->vpid,
		.msr_bitmap = virt_to_phys(vcpu->vm->msr_bitmap),
		.cr0_guest_owned = vcpu->limits.cr0_guest_owned,
		.cr4_guest_owned = vcpu->limits.cr4_guest_owned,
		.exception_bitmap = BIT(SDM_VECTOR_DB) | BIT(SDM_VECTOR_AC) |
				    BIT(SDM_VECTOR_MC),
		.ple_gap = VMR_PLE_GAP,
		.ple_window = VMR_PLE_WINDOW,
		.pml_index = VMR_DIRTY_LAST,
	};

	if (!vcpu->vpid)
		setup.controls.word[VMR_CAPS_PROC2] &= ~SDM_PROC2_VPID;
	if (vcpu->dirty_buffer.entry)
		setup.pml = virt_to_phys(vcpu->dirty_buffer.entry);
	else
		setup.controls.word[VMR_CAPS_PROC2] &= ~SDM_PROC2_PML;
	vcpu->proc_ctls = setup.controls.word[VMR_CAPS_PROC];
	/* The mode of the guest is vmx/state.c's to write. */
	setup.controls.word[VMR_CAPS_ENTRY] &= ~SDM_ENTRY_IA32E_MODE_GUEST;
	vcpu->entry_ctls = setup.controls.word[VMR_CAPS_ENTRY];

	vmr_vmcs_init(&setup);
	vmr_vmcs_host_init(&vcpu->vmcs, (unsigned long)vmr_entry_arrival);
	vcpu->ple_window = VMR_PLE_WINDOW;
	vcpu->ple_window_written = VMR_PLE_WINDOW;
	vcpu->vmcs_ready = true;
}

void vmr_setup_masks(const struct vmr_cr_limits *limits)
{
	vmr_vmcs_write(VMCS_CR0_MASK, ~limits->cr0_guest_owned);
	vmr_vmcs_write(VMCS_CR4_MASK, ~limits->cr4_guest_owned);
}
