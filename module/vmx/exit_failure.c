// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is told about a VM entry that failed. Called by vmx/run.c in process
 * context.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ring/area.h"
#include "vmcs/check.h"
#include "vmcs/dump.h"
#include "vmcs/fields.h"
#include "vmx/burst.h"
#include "vmx/caps.h"
#include "vmx/events.h"
#include "vmx/exit.h"

static struct vmr_vmcs_state *take_dump(struct vmr_vcpu *vcpu)
{
	struct vmr_vmcs_state *state;

	state = kzalloc(sizeof(*state), GFP_KERNEL_ACCOUNT);
	if (vmr_burst_begin(vcpu))
		return state;
	if (state)
		vmr_vmcs_dump(state);
	vmr_events_take_back(vcpu);
	vmr_burst_end(vcpu);
	return state;
}

#ifdef VMR_DEBUG
static void tell(const struct vmr_vmcs_fault *fault, u64 value)
{
	pr_info("VM entry failed: %s is 0x%llx: %s\n",
		vmr_vmcs_field_name(fault->field), value, fault->rule);
}
#else
static void tell(const struct vmr_vmcs_fault *fault, u64 value)
{
}
#endif

/* A guest, or who set its registers, is the reason: no place for a warning. */
static void explain(struct vmr_vcpu *vcpu, struct vmr_exit *exit,
		    struct vmr_entry_failure *failure)
{
	struct vmr_vmcs_fault fault;
	struct vmr_vmcs_state *state;

	state = take_dump(vcpu);
	if (!state)
		return;
	if (!vmr_vmcs_check(state, vmr_caps, &fault)) {
		exit->addr = fault.field;
		failure->value = vmr_vmcs_state_get(state, fault.field);
		tell(&fault, failure->value);
	}
	vmr_vmcs_print(state);
	kfree(state);
}

enum vmr_verdict vmr_exit_entry_failed(struct vmr_vcpu *vcpu)
{
	struct vmr_entry_failure failure = {
		.exit_reason = vcpu->exit.full_reason,
		.error = vcpu->exit.error,
		.qualification = vcpu->exit.full_reason ?
				 vcpu->exit.qualification : 0,
	};
	struct vmr_exit *exit;

	vcpu->stats[VMR_STAT_FAILED_ENTRIES]++;
	exit = vmr_exit_to_user(vcpu, VMR_EXIT_FAILED_ENTRY, NULL, 0);
	exit->count = vcpu->exit.error;
	explain(vcpu, exit, &failure);
	memcpy(exit->data, &failure, sizeof(failure));
	return VMR_GO_USER;
}
