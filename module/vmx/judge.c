// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the judgement of registers that a vCPU is about to be given. Called by
 * core/regs.c, in process context.
 */
#include <linux/errno.h>
#include <linux/slab.h>

#include "core/vmring.h"
#include "vmcs/access.h"
#include "vmcs/check.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/caps.h"
#include "vmx/events.h"
#include "vmx/judge.h"
#include "vmx/setup.h"
#include "vmx/sound.h"
#include "vmx/state.h"

/* What VM entry looks at. */
#define JUDGED	(VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL | \
		 VMR_STATE_EVENTS | VMR_STATE_PDPTES)
/* What holds a single step up, so that it matters whether one is due. */
#define HOLDING	(VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW | VMR_EVENT_HALTED)

/* Too much for the stack. */
struct case_file {
	struct vmr_state state;
	struct vmr_vmcs_state scratch;
};

/* General registers are nobody's business, and most of what is set. */
static bool changes_nothing(const struct vmr_vcpu *vcpu, u64 groups,
			    const struct vmr_state *from)
{
	groups &= JUDGED;
	return !groups || (groups == VMR_STATE_REGS &&
			   from->rip == vcpu->state.rip &&
			   from->rflags == vcpu->state.rflags);
}

/* What is loaded at the next entry is judged then: an entry that can't be isn't there. */
static void merge(struct vmr_vcpu *vcpu, u64 groups, const struct vmr_state *from,
		  struct vmr_state *state)
{
	vmr_state_copy(state, &vcpu->state, ~groups);
	if (groups & VMR_STATE_EVENTS)
		state->events = from->events;
	else
		vmr_events_get(vcpu, &state->events);
	vmr_state_copy(state, from, groups);
	if (!(groups & VMR_STATE_PDPTES))
		memset(state->pdpte, 0, sizeof(state->pdpte));
}

static int read_debugctl(struct vmr_vcpu *vcpu, u64 *value)
{
	int err;

	err = vmr_burst_begin(vcpu);
	if (err)
		return err;
	*value = vmr_vmcs_read64(VMCS_GUEST_DEBUGCTL);
	vmr_burst_end(vcpu);
	return 0;
}

static int judge_whole(struct vmr_vcpu *vcpu, struct case_file *file)
{
	struct vmr_sound_cpu cpu = {
		.caps = vmr_caps,
		.controls = vmr_setup_controls(),
		.limits = &vcpu->limits,
	};
	struct vmr_vmcs_fault fault;
	int err;

	if (file->state.events.flags & HOLDING) {
		err = read_debugctl(vcpu, &cpu.debugctl);
		if (err)
			return err;
	}
	return vmr_sound_whole(&cpu, &file->state, &file->scratch, &fault) ? 0 : -EINVAL;
}

int vmr_judge(struct vmr_vcpu *vcpu, u64 groups, const struct vmr_state *from)
{
	struct case_file *file;
	int err;

	if (!vmr_sound_values(&vcpu->limits, groups, from))
		return -EINVAL;
	if (changes_nothing(vcpu, groups, from))
		return 0;
	err = vmr_burst_fetch(vcpu, JUDGED);
	if (err)
		return err;
	file = kmalloc(sizeof(*file), GFP_KERNEL_ACCOUNT);
	if (!file)
		return -ENOMEM;
	merge(vcpu, groups, from, &file->state);
	err = judge_whole(vcpu, file);
	kfree(file);
	return err;
}
