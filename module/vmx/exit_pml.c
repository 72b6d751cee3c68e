// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is done when the CPU's log of a vCPU's writes is full (page-modification
 * logging). Called by vmx/run.c. The log is ept/dirty.c's.
 */
#include "ept/dirty.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/exit.h"

/* In the burst: the write that found no room hasn't happened, and comes again. */
enum vmr_verdict vmr_exit_pml(struct vmr_vcpu *vcpu)
{
	vmr_vmcs_write16(VMCS_PML_INDEX, VMR_DIRTY_LAST);
	vmr_exit_ept_event(vcpu);
	return VMR_GO_SLOW;
}

enum vmr_verdict vmr_exit_pml_full(struct vmr_vcpu *vcpu)
{
	vmr_dirty_buffer_empty(&vcpu->vm->ept, &vcpu->dirty_buffer);
	return VMR_GO_AGAIN;
}
