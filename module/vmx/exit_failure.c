// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is told about a VM entry that failed. Called by vmx/run.c in process
 * context.
 */
#include <linux/string.h>

#include "ring/area.h"
#include "vmx/burst.h"
#include "vmx/events.h"
#include "vmx/exit.h"

/* The event that this entry was to inject goes in with the next one. */
static void take_event_back(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_begin(vcpu))
		return;
	vmr_events_take_back(vcpu);
	vmr_burst_end(vcpu);
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
	take_event_back(vcpu);
	memcpy(exit->data, &failure, sizeof(failure));
	return VMR_GO_USER;
}
