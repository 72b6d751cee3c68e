// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the exit that waits for a reply as a part of the vCPU's state. Called by
 * core/, in process context.
 *
 * What is told of an exit is what user space saw in the ring, and what its completion
 * looks at; nothing else of struct vmr_exit_info counts any more.
 */
#include <linux/string.h>

#include "core/vmring.h"
#include "ring/area.h"
#include "ring/wake.h"
#include "vmx/exit.h"
#include "vmx/qual.h"
#include "vmx/run.h"
#include "vmx/waiting.h"

/* The part that the processor told. User space may see @to, and write there. */
static void get_info(const struct vmr_exit_info *info, const struct vmr_exit *exit,
		     struct vmr_exit_state *to)
{
	switch (exit->reason) {
	case VMR_EXIT_IO:
		to->length = info->length;
		to->qualification = info->qualification & VMR_QUAL_IO_BITS;
		if (exit->flags & VMR_EXIT_STRING)
			to->info = info->instruction_info & VMR_INFO_IO_BITS;
		break;
	case VMR_EXIT_MSR:
		to->length = info->length;
		break;
	case VMR_EXIT_MMIO:
		to->qualification = info->qualification & VMR_QUAL_EPT_BITS;
		to->gpa = info->gpa;
		to->gla = info->gla;
		break;
	}
}

void vmr_waiting_get(const struct vmr_vcpu *vcpu, struct vmr_exit_state *to)
{
	const struct vmr_exit *exit = vmr_area_last(&vcpu->area);

	memset(to, 0, sizeof(*to));
	to->mmio = vcpu->mmio;
	if (!vcpu->outstanding.needs_reply)
		return;
	to->reason = exit->reason;
	to->size = exit->size;
	to->flags = exit->flags;
	to->count = exit->count;
	to->addr = exit->addr;
	memcpy(to->data, exit->data, sizeof(to->data));
	get_info(&vcpu->exit, exit, to);
}

static void set_info(struct vmr_exit_info *info, const struct vmr_exit_state *from)
{
	info->length = from->length;
	info->instruction_info = from->info;
	info->qualification = from->qualification;
	info->gpa = from->gpa;
	info->gla = from->gla;
}

static struct vmr_exit *begin(struct vmr_vcpu *vcpu, const struct vmr_exit_state *from)
{
	switch (from->reason) {
	case VMR_EXIT_IO:
		return vmr_exit_io_again(vcpu, from);
	case VMR_EXIT_MSR:
		return vmr_exit_msr_again(vcpu, from);
	case VMR_EXIT_MMIO:
		return vmr_exit_mmio_again(vcpu, from);
	default:
		return vmr_run_ask_for_vector(vcpu);
	}
}

static bool is_waiting(const struct vmr_vcpu *vcpu, const struct vmr_exit_state *exit)
{
	struct vmr_exit_state now;

	vmr_waiting_get(vcpu, &now);
	return !memcmp(&now, exit, sizeof(now));
}

int vmr_waiting_check(struct vmr_vcpu *vcpu, const struct vmr_exit_state *from)
{
	if (!from->reason || is_waiting(vcpu, from))
		return 0;
	return vmr_area_look_for_room(&vcpu->area);
}

void vmr_waiting_set(struct vmr_vcpu *vcpu, const struct vmr_exit_state *from)
{
	struct vmr_exit *exit;

	if (is_waiting(vcpu, from))
		return;
	vmr_waiting_end(vcpu);
	vcpu->mmio = from->mmio;
	if (!from->reason)
		return;
	set_info(&vcpu->exit, from);
	exit = begin(vcpu, from);
	exit->size = from->size;
	exit->count = from->count;
	exit->addr = from->addr;
	memcpy(exit->data, from->data, sizeof(exit->data));
	vmr_area_publish(&vcpu->area);
	if (vmr_wake_is_due(&vcpu->wake, vcpu->area.rw))
		vmr_wake_consumer(vcpu);
}

void vmr_waiting_end(struct vmr_vcpu *vcpu)
{
	vcpu->outstanding = (struct vmr_outstanding) {};
	vcpu->mmio = (struct vmr_mmio_progress) {};
	vcpu->decoded.valid = false;
}
