// SPDX-License-Identifier: GPL-2.0
/*
 * Owns EPT violations: memory that is mapped, devices, and memory that can't be had.
 * Called by vmx/run.c in process context.
 */
#include <linux/bits.h>

#include "ept/fault.h"
#include "ring/area.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/memory.h"
#include "vmx/qual.h"
#include "vmx/state.h"
#include "vmx/trace.h"

#define REGISTERS	(VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL)

static u8 flags_of(u64 qualification)
{
	if (qualification & SDM_EPT_QUAL_FETCH)
		return VMR_EXIT_FETCH;
	return qualification & SDM_EPT_QUAL_WRITE ? VMR_EXIT_WRITE : 0;
}

/* User space has done it, or has made it possible. */
static void finish_mmio(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	if (reply->flags & VMR_REPLY_GP) {
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
	} else if (reply->flags & VMR_REPLY_SKIP) {
		vcpu->exit.length = reply->length;
		vcpu->skip = true;
	}
}

static struct vmr_exit *begin(struct vmr_vcpu *vcpu, u8 flags)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MMIO, finish_mmio,
				VMR_EXIT_NEEDS_REPLY | flags);
	vcpu->outstanding.reply_flags = VMR_REPLY_FLAGS;
	return exit;
}

struct vmr_exit *vmr_exit_mmio_again(struct vmr_vcpu *vcpu,
				     const struct vmr_exit_state *from)
{
	return begin(vcpu, from->flags);
}

static enum vmr_verdict mmio(struct vmr_vcpu *vcpu)
{
	struct vmr_exit *exit;

	if (vmr_state_fetch(vcpu, REGISTERS)) {
		vcpu->vmx_lost = true;
		return VMR_GO_AGAIN;
	}
	exit = begin(vcpu, flags_of(vcpu->exit.qualification));
	exit->addr = vcpu->exit.gpa;
	exit->count = vmr_memory_fetch(vcpu, exit->data);
	return VMR_GO_USER;
}

static enum vmr_verdict memory_fault(struct vmr_vcpu *vcpu, u32 cause)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MEMORY_FAULT, NULL,
				flags_of(vcpu->exit.qualification));
	exit->addr = vcpu->exit.gpa;
	exit->count = cause;
	return VMR_GO_USER;
}

/* In the burst: what the violation, or a full log, means for NMIs. */
enum vmr_verdict vmr_exit_ept_event(struct vmr_vcpu *vcpu)
{
	u64 qualification = vmr_vmcs_read(VMCS_EXIT_QUALIFICATION);

	vcpu->exit.qualification = qualification;
	if (unlikely(qualification & SDM_EPT_QUAL_NMI_UNBLOCKED))
		vmr_events_block_nmi(vcpu);
	return VMR_GO_SLOW;
}

enum vmr_verdict vmr_exit_ept_violation(struct vmr_vcpu *vcpu)
{
	u32 access = vcpu->exit.qualification &
		     (SDM_EPT_QUAL_READ | SDM_EPT_QUAL_WRITE | SDM_EPT_QUAL_FETCH);
	struct vmr_ept_fault fault;

	switch (vmr_ept_fault(&vcpu->vm->ept, &vcpu->ept_cache, vcpu->exit.gpa,
			      access, &fault)) {
	case VMR_EPT_MAPPED:
		vcpu->stats[VMR_STAT_EPT_4K + fault.level]++;
		trace_vmring_ept_fault(vcpu->id, vcpu->exit.gpa, access,
				       fault.level);
		return VMR_GO_AGAIN;
	case VMR_EPT_RETRY:
		vcpu->stats[VMR_STAT_EPT_RETRIES]++;
		return VMR_GO_AGAIN;
	case VMR_EPT_MMIO:
		return mmio(vcpu);
	default:
		return memory_fault(vcpu, fault.cause);
	}
}
