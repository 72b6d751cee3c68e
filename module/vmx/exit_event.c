// SPDX-License-Identifier: GPL-2.0
/*
 * Owns exits that are about events: exceptions, interrupts, windows, HLT, PAUSE and
 * shutdown. Called by vmx/run.c.
 */
#include <linux/minmax.h>
#include <asm/cpu.h>
#include <asm/cpufeature.h>

#include "ring/area.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/qual.h"
#include "vmx/setup.h"
#include "vmx/state.h"

/*
 * DR6 keeps what it has but for the conditions, which are this exception's. "Single-
 * Stepping on Branches": with a #DB that is over, until the debugger wants it again.
 */
static void note_debug_conditions(struct vmr_vcpu *vcpu, u64 qualification)
{
	u64 conditions = SDM_DR6_HITS | SDM_DR6_BD | SDM_DR6_BS;

	vcpu->state.dr6 = (vcpu->state.dr6 & ~SDM_DR6_HITS) |
			  (qualification & conditions);
	if (qualification & SDM_DR6_BD)
		vcpu->state.dr7 &= ~SDM_DR7_GD;
	vmr_vmcs_write64(VMCS_GUEST_DEBUGCTL,
			 vmr_vmcs_read64(VMCS_GUEST_DEBUGCTL) & ~SDM_DEBUGCTL_BTF);
	vmr_state_changed(vcpu, VMR_STATE_DEBUG);
}

/*
 * #DB and #AC are intercepted because a guest can make the CPU raise one while it
 * delivers the one before, for ever, and no interrupt gets in between. An exception
 * that interrupts the delivery of the same one is such a storm: the guest gets it all
 * the same, and the host gets its interrupts.
 */
static void count_storm(struct vmr_vcpu *vcpu)
{
	if (!vcpu->redeliver)
		return;
	vcpu->redeliver = 0;
	vcpu->stats[VMR_STAT_STORMS]++;
}

static enum vmr_verdict raise_again(struct vmr_vcpu *vcpu, u32 event)
{
	count_storm(vcpu);
	vcpu->redeliver = event & ~SDM_EVENT_NMI_UNBLOCKED;
	if (event & SDM_EVENT_HAS_ERROR)
		vcpu->redeliver_error =
			vmr_vmcs_read32(VMCS_EXIT_INTERRUPTION_ERROR);
	if (vmr_event_has_length(event))
		vcpu->redeliver_length =
			vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH);
	vcpu->stats[VMR_STAT_INJECTED_EXCEPTIONS]++;
	return VMR_GO_AGAIN;
}

/*
 * Where the host looks for locks that cross a cache line, the CPU raises #AC for them,
 * also in a guest that hasn't asked for alignment checks.
 */
static bool is_split_lock(const struct vmr_vcpu *vcpu)
{
	if (!boot_cpu_has(X86_FEATURE_SPLIT_LOCK_DETECT))
		return false;
	return !(vmr_vmcs_read(VMCS_GUEST_CR0) & SDM_CR0_AM) ||
	       !(vmr_vmcs_read(VMCS_GUEST_RFLAGS) & SDM_RFLAGS_AC) ||
	       vmr_cpl(vmr_vmcs_read32(VMCS_GUEST_SS_ACCESS_RIGHTS)) != 3;
}

/* The host's choice: it lets the thread go on, slower, or sends it a signal. */
enum vmr_verdict vmr_exit_split_lock(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_fetch(vcpu, VMR_STATE_REGS)) {
		vcpu->vmx_lost = true;
		return VMR_GO_AGAIN;
	}
	vcpu->stats[VMR_STAT_SPLIT_LOCKS]++;
	handle_guest_split_lock(vcpu->state.rip);
	return VMR_GO_AGAIN;
}

/* vmx/run.c has handed NMIs and machine checks on already. */
enum vmr_verdict vmr_exit_exception(struct vmr_vcpu *vcpu)
{
	u32 event = vcpu->exit.interruption;
	u8 vector = vmr_event_vector(event);

	if (vmr_event_type(event) == SDM_EVENT_NMI || vector == SDM_VECTOR_MC)
		return VMR_GO_AGAIN;
	if (event & SDM_EVENT_NMI_UNBLOCKED)
		vmr_events_block_nmi(vcpu);
	if (vector == SDM_VECTOR_AC && is_split_lock(vcpu))
		return VMR_GO_SLOW;
	if (vector == SDM_VECTOR_DB)
		note_debug_conditions(vcpu,
				      vmr_vmcs_read(VMCS_EXIT_QUALIFICATION));
	return raise_again(vcpu, event);
}

enum vmr_verdict vmr_exit_interrupt(struct vmr_vcpu *vcpu)
{
	vcpu->exit.interruption = vmr_vmcs_read32(VMCS_EXIT_INTERRUPTION_INFO);
	vcpu->acknowledged = true;
	return VMR_GO_AGAIN;
}

enum vmr_verdict vmr_exit_window(struct vmr_vcpu *vcpu)
{
	return VMR_GO_INJECT;
}

/* What comes after HLT is where the guest goes on; vmx/run.c waits. */
enum vmr_verdict vmr_exit_hlt(struct vmr_vcpu *vcpu)
{
	vmr_exit_skip(vcpu);
	if (vcpu->vm->features & VMR_VM_HLT_EXITS)
		return VMR_GO_SLOW;
	/* The #DB of a single step ends the wait before it begins. */
	if (vmr_vmcs_read(VMCS_GUEST_RFLAGS) & SDM_RFLAGS_TF &&
	    vmr_vmcs_read(VMCS_GUEST_PENDING_DEBUG) & SDM_PENDING_SINGLE_STEP)
		return VMR_GO_RESUME;
	vcpu->halted = true;
	return VMR_GO_AGAIN;
}

enum vmr_verdict vmr_exit_hlt_user(struct vmr_vcpu *vcpu)
{
	vmr_exit_to_user(vcpu, VMR_EXIT_HLT, NULL, 0);
	return VMR_GO_USER;
}

/*
 * The guest spins. Whoever has what it waits for may need this CPU, and gets it before
 * the next burst (vmx/turn.c); a guest that spins
 * again at once gets a longer window, so that fewer exits are wasted on it.
 */
enum vmr_verdict vmr_exit_pause(struct vmr_vcpu *vcpu)
{
	vmr_exit_skip(vcpu);
	if (vcpu->ple_window < VMR_PLE_WINDOW_MAX) {
		vcpu->ple_window = min(2 * vcpu->ple_window, VMR_PLE_WINDOW_MAX);
		vcpu->stats[VMR_STAT_PLE_GROWS]++;
	}
	vcpu->spins = true;
	return VMR_GO_AGAIN;
}

enum vmr_verdict vmr_exit_shutdown(struct vmr_vcpu *vcpu)
{
	vmr_exit_to_user(vcpu, VMR_EXIT_SHUTDOWN, NULL, 0);
	return VMR_GO_USER;
}
