// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the short burst. Called in process context.
 */
#include <linux/irqflags.h>
#include <linux/preempt.h>

#include "core/vmring.h"
#include "vmcs/vmcs.h"
#include "vmx/burst.h"
#include "vmx/exit.h"
#include "vmx/setup.h"
#include "vmx/state.h"

/* Always right in struct vmr_vcpu. */
#define NEVER_ONLY_IN_VMCS	(VMR_STATE_DEBUG | VMR_STATE_TIME | VMR_STATE_EXIT)

int vmr_burst_begin(struct vmr_vcpu *vcpu)
{
	int err;

	preempt_disable();
	vmr_vmcs_bring(&vcpu->vmcs);
	local_irq_disable();
	err = vmr_vmcs_load(&vcpu->vmcs);
	if (err)
		goto err_enable;
	vmr_burst_settle(vcpu);
	return 0;

err_enable:
	local_irq_enable();
	preempt_enable();
	return err;
}

void vmr_burst_end(struct vmr_vcpu *vcpu)
{
	vmr_vmcs_put(&vcpu->vmcs);
	local_irq_enable();
	preempt_enable();
}

void vmr_burst_settle(struct vmr_vcpu *vcpu)
{
	if (unlikely(!vcpu->vmcs_ready))
		vmr_setup(vcpu);
	if (likely(!vcpu->skip))
		return;
	/* The instruction is finished on what user space has set while it waited. */
	if (vcpu->dirty & (VMR_STATE_REGS | VMR_STATE_EVENTS))
		vmr_state_write(vcpu);
	vcpu->skip = false;
	vmr_exit_skip_by(vcpu, vcpu->exit.length);
	vcpu->known &= ~(VMR_STATE_REGS | VMR_STATE_EVENTS);
}

int vmr_burst_fetch(struct vmr_vcpu *vcpu, u64 groups)
{
	int err;

	groups &= ~NEVER_ONLY_IN_VMCS;
	if (!(groups & ~(vcpu->known | vcpu->dirty)) && !vcpu->skip)
		return 0;
	err = vmr_burst_begin(vcpu);
	if (err)
		return err;
	vmr_state_read(vcpu, groups);
	vmr_burst_end(vcpu);
	return 0;
}

void vmr_burst_note_debug(struct vmr_vcpu *vcpu, u64 conditions)
{
	if (vmr_burst_fetch(vcpu, VMR_STATE_EVENTS))
		return;
	vcpu->state.events.pending_debug |= conditions;
	vmr_state_changed(vcpu, VMR_STATE_EVENTS);
}
