// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the run loop. Called by core/vcpu.c in the vCPU's thread, and by the
 * scheduler when that thread is switched away.
 *
 *	vmr_run()	until user space is needed: signals, work, HLT, slow handlers
 *	burst()		interrupts off, the VMCS loaded: until something needs them on
 *	enter()		one VM entry and VM exit
 */
#include <linux/context_tracking.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/rcupdate.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/vtime.h>
#include <asm/fpu/api.h>

#include "compat/compat.h"
#include "compat/work.h"
#include "ept/tlb.h"
#include "ring/area.h"
#include "ring/drain.h"
#include "vmcs/access.h"
#include "vmcs/corrupt.h"
#include "vmcs/host.h"
#include "vmcs/vmcs.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/caps.h"
#include "vmx/entry.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/exits.h"
#include "vmx/host.h"
#include "vmx/mitigate.h"
#include "vmx/qual.h"
#include "vmx/run.h"
#include "vmx/setup.h"
#include "vmx/state.h"
#include "vmx/trace.h"
#include "vmx/turn.h"

static_assert(offsetof(struct vmr_vcpu, state.gpr) == VMR_ENTRY_GPR(0));
static_assert(offsetof(struct vmr_vcpu, host_rsp) == VMR_ENTRY_HOST_RSP);
static_assert(SDM_IA32_SPEC_CTRL == VMR_ENTRY_SPEC_CTRL);

/* VM entry ended without a guest: for the counters and vmx/exit_failure.c. */
#define ENTRY_FAILURE	BIT(31)

/*
 * A burst begins after code that may have read anything; so may an interrupt's, which
 * the kernel remembers for whoever flushes. Fast handlers read what is the guest's.
 */
static __always_inline void flush_l1d(struct vmr_vcpu *vcpu)
{
	if (!static_branch_unlikely(&vmr_mitigate_l1d))
		return;
	if (!static_branch_unlikely(&vmr_mitigate_l1d_always) &&
	    !vcpu->l1d_is_host && !kvm_get_cpu_l1tf_flush_l1d())
		return;
	vcpu->l1d_is_host = false;
	kvm_clear_cpu_l1tf_flush_l1d();
	vcpu->stats[VMR_STAT_L1D_FLUSHES]++;
	vmr_mitigate_flush_l1d();
}

/* The host's handlers are told at once of what is theirs. */
static noinstr int hand_on(struct vmr_vcpu *vcpu)
{
	u32 event;

	if (vcpu->exit.reason == SDM_REASON_ENTRY_MACHINE_CHECK) {
		vmr_host_machine_check();
		return 0;
	}
	event = vmr_vmcs_read32(VMCS_EXIT_INTERRUPTION_INFO);
	vcpu->exit.interruption = event;
	if (vmr_event_type(event) == SDM_EVENT_NMI)
		vmr_host_nmi();
	else if (vmr_event_vector(event) == SDM_VECTOR_MC)
		vmr_host_machine_check();
	return 0;
}

/*
 * One VM entry and the exit that ends it. What mustn't wait is done here, before
 * anything may be traced: an NMI stays blocked until the host's handler has run, and
 * any IRET would unblock it.
 */
static noinstr int enter(struct vmr_vcpu *vcpu)
{
	u32 reason;
	int err;

	flush_l1d(vcpu);
	if (unlikely(native_read_cr2() != vcpu->state.cr2))
		native_write_cr2(vcpu->state.cr2);
	context_tracking_guest_enter();
	err = vmr_entry(vcpu, vcpu->vmcs.launched);
	vcpu->state.cr2 = native_read_cr2();
	context_tracking_guest_exit();
	if (unlikely(err))
		return err;

	reason = vmr_vmcs_read32(VMCS_EXIT_REASON);
	if (likely(!(reason & ENTRY_FAILURE)))
		vcpu->vmcs.launched = true;
	vcpu->exit.full_reason = reason;
	vcpu->exit.reason = (u16)reason;
	if (likely(reason && vcpu->exit.reason != SDM_REASON_ENTRY_MACHINE_CHECK))
		return 0;
	return hand_on(vcpu);
}

/* No exit, no guest: the VMCS is to blame, or VMX is off. */
static enum vmr_verdict entry_failed(struct vmr_vcpu *vcpu, int err)
{
	vcpu->exit.full_reason = 0;
	vcpu->exit.reason = SDM_REASON_ENTRY_GUEST_STATE;
	vcpu->exit.error = err == VMR_ENTRY_FAILED ?
			   vmr_vmcs_read32(VMCS_INSTRUCTION_ERROR) : 0;
	vcpu->vmx_lost = err == VMR_ENTRY_FAULT;
	return vcpu->vmx_lost ? VMR_GO_AGAIN : VMR_GO_SLOW;
}

static enum vmr_verdict enter_and_handle(struct vmr_vcpu *vcpu)
{
	int err;

	vmr_vmcs_corrupt();
	trace_vmring_entry(vcpu->id);
	err = enter(vcpu);
	vcpu->known = 0;
	if (unlikely(err))
		return entry_failed(vcpu, err);
	if (unlikely(vcpu->exit.full_reason & ENTRY_FAILURE)) {
		vcpu->exit.error = 0;
		return VMR_GO_SLOW;
	}
	if (likely(vcpu->exit.reason < VMR_STAT_REASONS))
		vcpu->stats[vcpu->exit.reason]++;
	trace_vmring_exit(vcpu->id, vcpu->exit.reason);

	/* The hottest first: an indirect call costs more than it seems. */
	switch (vcpu->exit.reason) {
	case SDM_REASON_CPUID:
		return vmr_exit_cpuid(vcpu);
	case SDM_REASON_VMCALL:
		return vmr_exit_vmcall(vcpu);
	case SDM_REASON_EXTERNAL_INTERRUPT:
		return vmr_exit_interrupt(vcpu);
	case SDM_REASON_RDMSR:
		return vmr_exit_rdmsr(vcpu);
	case SDM_REASON_WRMSR:
		return vmr_exit_wrmsr(vcpu);
	case SDM_REASON_IO_INSTRUCTION:
		return vmr_exit_io_fast(vcpu);
	default:
		return vmr_exit_fast(vcpu);
	}
}

static void load_fpu(struct vmr_vcpu *vcpu)
{
	if (!test_thread_flag(TIF_NEED_FPU_LOAD))
		return;
	switch_fpu_return();
	vcpu->stats[VMR_STAT_FPU_RELOADS]++;
}

static void load_msrs(struct vmr_vcpu *vcpu)
{
	const struct vmr_msr_values *msrs = &vcpu->msrs;

	if (!vcpu->host.loaded)
		vmr_host_load(&vcpu->host, msrs->slot[VMR_MSR_KERNEL_GS_BASE]);
	vcpu->stats[VMR_STAT_MSR_SWAPS] +=
		vmr_host_msrs_load(msrs, vcpu->state.efer & SDM_EFER_SCE);
}

/*
 * A guest's translations stay behind on the CPU that its vCPU leaves, and grow old where
 * its control registers are written elsewhere.
 */
static void note_move(struct vmr_vcpu *vcpu)
{
	int here = smp_processor_id();

	if (likely(vcpu->vpid_cpu == here))
		return;
	vmr_vpid_flush(vcpu->vpid);
	vcpu->vpid_cpu = here;
	vcpu->stats[VMR_STAT_MOVES]++;
}

/* What the guest's breakpoints are, if any is enabled. */
static const u64 *breakpoints(const struct vmr_vcpu *vcpu)
{
	return vcpu->state.dr7 & SDM_DR7_ENABLES ? vcpu->state.dr : NULL;
}

static void prepare_burst(struct vmr_vcpu *vcpu)
{
	vcpu->l1d_is_host = true;
	vmr_burst_settle(vcpu);
	vmr_vmcs_host_refresh(&vcpu->vmcs);
	load_fpu(vcpu);
	load_msrs(vcpu);
	if (vcpu->dirty)
		vmr_state_write(vcpu);
	if (unlikely(vcpu->ple_window != vcpu->ple_window_written)) {
		vcpu->ple_window_written = vcpu->ple_window;
		vmr_vmcs_write32(VMCS_PLE_WINDOW, vcpu->ple_window);
	}
}

static enum vmr_verdict run_guest(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict;

	do {
		if (unlikely(vmr_events_pending(vcpu)) &&
		    !vmr_events_inject(vcpu)) {
			vcpu->intack = true;
			return VMR_GO_AGAIN;
		}
		do {
			verdict = enter_and_handle(vcpu);
		} while (verdict == VMR_GO_RESUME &&
			 likely(!READ_ONCE(vcpu->kick.requests)));
		if (unlikely(vcpu->dirty))
			vmr_state_write(vcpu);
	} while (verdict == VMR_GO_INJECT && !READ_ONCE(vcpu->kick.requests));
	return verdict;
}

/* The guest's own breakpoints and XCR0 are in the CPU in here only. */
static enum vmr_verdict run_with_guest_registers(struct vmr_vcpu *vcpu)
{
	const u64 *dr = breakpoints(vcpu);
	u64 xcr0 = vcpu->state.xcr0;
	enum vmr_verdict verdict;
	u64 debugctl;

	vmr_host_burst_begin(xcr0, dr, &debugctl);
	verdict = run_guest(vcpu);
	vmr_host_burst_end(xcr0, dr, debugctl);
	vmr_mitigate_guest_ran();
	return verdict;
}

/*
 * Interrupts are off from here to the end; the interrupt for which the guest was left
 * is handled before they are on, while the time is still the guest's.
 */
static enum vmr_verdict burst_irqs_off(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict = VMR_GO_AGAIN;

	if (vmr_vmcs_load(&vcpu->vmcs)) {
		vcpu->vmx_lost = true;
		return VMR_GO_AGAIN;
	}
	note_move(vcpu);
	if (vmr_ept_sync(&vcpu->vm->ept))
		vcpu->stats[VMR_STAT_TLB_FLUSHES]++;
	prepare_burst(vcpu);
	if (!vmr_kick_enter(&vcpu->kick) || __xfer_to_guest_mode_work_pending()) {
		vcpu->stats[VMR_STAT_INTERRUPTED_BURSTS]++;
		goto out;
	}
	vtime_account_guest_enter();
	verdict = run_with_guest_registers(vcpu);
	if (vcpu->acknowledged) {
		vcpu->acknowledged = false;
		vmr_host_interrupt(vmr_event_vector(vcpu->exit.interruption));
		/* A guest that never leaves the kernel mustn't hold RCU up. */
		rcu_note_context_switch(false);
	}
	vtime_account_guest_exit();
	if (verdict == VMR_GO_SLOW)
		vmr_exit_read(vcpu);
out:
	vmr_kick_leave(&vcpu->kick);
	vmr_vmcs_put(&vcpu->vmcs);
	return verdict;
}

static enum vmr_verdict burst(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict;

	preempt_disable();
	vmr_vmcs_bring(&vcpu->vmcs);
	local_irq_disable();
	vcpu->stats[VMR_STAT_BURSTS]++;
	verdict = burst_irqs_off(vcpu);
	local_irq_enable();
	preempt_enable();
	return verdict;
}

static void take_guest_off(struct vmr_vcpu *vcpu)
{
	unsigned long flags;

	local_irq_save(flags);
	if (vcpu->host.loaded)
		vmr_host_put(&vcpu->host,
			     &vcpu->msrs.slot[VMR_MSR_KERNEL_GS_BASE]);
	local_irq_restore(flags);
}

static struct vmr_vcpu *vcpu_of(struct preempt_notifier *notifier)
{
	return container_of(notifier, struct vmr_vcpu, preempt);
}

/* What others did meanwhile is what a spinning guest waited for. */
static void sched_in(struct preempt_notifier *notifier, int cpu)
{
	struct vmr_vcpu *vcpu = vcpu_of(notifier);

	vmr_turn_in(&vcpu->turn);
	if (vcpu->ple_window <= VMR_PLE_WINDOW)
		return;
	vcpu->ple_window = VMR_PLE_WINDOW;
	vcpu->stats[VMR_STAT_PLE_SHRINKS]++;
}

/* Under the scheduler's locks. */
static void sched_out(struct preempt_notifier *notifier,
		      struct task_struct *next)
{
	struct vmr_vcpu *vcpu = vcpu_of(notifier);

	vmr_turn_out(&vcpu->turn);
	take_guest_off(vcpu);
}

static struct preempt_ops preempt_ops = {
	.sched_in = sched_in,
	.sched_out = sched_out,
};

void vmr_run_prepare(struct vmr_vcpu *vcpu)
{
	preempt_notifier_init(&vcpu->preempt, &preempt_ops);
	vcpu->vpid_cpu = -1;
}

static enum vmr_verdict interrupted(struct vmr_vcpu *vcpu)
{
	vcpu->stats[VMR_STAT_SIGNALS]++;
	vmr_exit_to_user(vcpu, VMR_EXIT_INTERRUPTED, NULL, 0);
	return VMR_GO_USER;
}

static void answer_intack(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	vmr_events_acknowledged(vcpu, reply->data[0]);
}

struct vmr_exit *vmr_run_ask_for_vector(struct vmr_vcpu *vcpu)
{
	vcpu->intack = false;
	return vmr_exit_to_user(vcpu, VMR_EXIT_INTACK, answer_intack,
				VMR_EXIT_NEEDS_REPLY);
}

static bool take_request(struct vmr_vcpu *vcpu, unsigned int request)
{
	return test_bit(request, &vcpu->kick.requests) &&
	       test_and_clear_bit(request, &vcpu->kick.requests);
}

static enum vmr_verdict drain(struct vmr_vcpu *vcpu)
{
	u32 cause = vmr_drain_due(vcpu);

	if (!cause)
		return VMR_GO_AGAIN;
	vmr_exit_to_user(vcpu, VMR_EXIT_DRAIN, NULL, 0)->count = cause;
	return VMR_GO_USER;
}

static enum vmr_verdict take_requests(struct vmr_vcpu *vcpu)
{
	take_request(vcpu, VMR_REQ_EVENT);
	take_request(vcpu, VMR_REQ_TLB);
	if (take_request(vcpu, VMR_REQ_KICK)) {
		vcpu->stats[VMR_STAT_KICKS]++;
		vmr_exit_to_user(vcpu, VMR_EXIT_KICKED, NULL, 0);
		return VMR_GO_USER;
	}
	if (vmr_ept_is_dead(&vcpu->vm->ept)) {
		vmr_exit_to_user(vcpu, VMR_EXIT_MEMORY_FAULT, NULL, 0)->count =
			VMR_FAULT_GONE;
		return VMR_GO_USER;
	}
	return take_request(vcpu, VMR_REQ_DRAIN) ? drain(vcpu) : VMR_GO_AGAIN;
}

static bool may_go_on(struct vmr_vcpu *vcpu)
{
	return vmr_events_wake(vcpu) || test_bit(VMR_REQ_KICK, &vcpu->kick.requests) ||
	       vmr_ept_is_dead(&vcpu->vm->ept);
}

/* A halted vCPU waits for an event, VMR_KICK or a signal. */
static enum vmr_verdict wait_in_hlt(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_fetch(vcpu, VMR_STATE_REGS | VMR_STATE_EVENTS)) {
		vcpu->vmx_lost = true;
		return VMR_GO_AGAIN;
	}
	if (!may_go_on(vcpu)) {
		if (vmr_drain_before_halt(vcpu)) {
			vmr_exit_to_user(vcpu, VMR_EXIT_DRAIN, NULL, 0)->count =
				VMR_DRAIN_HALT;
			return VMR_GO_USER;
		}
		/* Nothing of the guest stays in a CPU on which nothing runs. */
		take_guest_off(vcpu);
		vcpu->stats[VMR_STAT_HALTS]++;
		rcuwait_wait_event(&vcpu->kick.wait, may_go_on(vcpu),
				   TASK_INTERRUPTIBLE);
	}
	if (!vmr_events_wake(vcpu))
		return VMR_GO_AGAIN;
	vcpu->halted = false;
	vcpu->stats[VMR_STAT_WAKES]++;
	return VMR_GO_AGAIN;
}

static void let_others_run(struct vmr_vcpu *vcpu)
{
	vcpu->spins = false;
	if (vmr_turn_pass(vcpu))
		vcpu->stats[VMR_STAT_TURNS_PASSED]++;
	else
		cond_resched();
}

/* One round: what there is to do outside of the guest, then the guest. */
static enum vmr_verdict run_once(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict;

	if (signal_pending(current))
		return interrupted(vcpu);
	if (__xfer_to_guest_mode_work_pending() && vmr_work_before_guest())
		return interrupted(vcpu);
	if (READ_ONCE(vcpu->kick.requests) || vmr_ept_is_dead(&vcpu->vm->ept)) {
		verdict = take_requests(vcpu);
		if (verdict == VMR_GO_USER)
			return verdict;
	}
	if (vcpu->intack && vmr_events_line_is_up(vcpu)) {
		vmr_run_ask_for_vector(vcpu);
		return VMR_GO_USER;
	}
	vcpu->intack = false;
	if (vcpu->halted)
		return wait_in_hlt(vcpu);
	if (vcpu->spins)
		let_others_run(vcpu);
	if (vcpu->pdptes_stale && vmr_state_load_pdptes(vcpu))
		return vmr_exit_no_pdptes(vcpu, vcpu->state.cr3);

	verdict = burst(vcpu);
	if (verdict == VMR_GO_SLOW)
		verdict = vmr_exit_slow(vcpu);
	return verdict;
}

/* The instruction that the last exit was of comes first, then what can wait for it. */
static enum vmr_verdict go_on(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict = vmr_exit_mmio_go_on(vcpu);

	if (verdict == VMR_GO_USER ||
	    !READ_ONCE(vcpu->area.rw->control.immediate_exit))
		return verdict;
	vmr_exit_to_user(vcpu, VMR_EXIT_INTERRUPTED, NULL, 0);
	return VMR_GO_USER;
}

void vmr_run_begin(struct vmr_vcpu *vcpu)
{
	fpu_swap_kvm_fpstate(&vcpu->fpu, true);
	vcpu->stats[VMR_STAT_FPU_SWAPS]++;
	vmr_turn_begin(&vcpu->turn);
	preempt_disable();
	preempt_notifier_register(&vcpu->preempt);
	preempt_enable();
}

void vmr_run_end(struct vmr_vcpu *vcpu)
{
	preempt_disable();
	take_guest_off(vcpu);
	preempt_notifier_unregister(&vcpu->preempt);
	preempt_enable();
	vmr_turn_end(&vcpu->turn);
	fpu_swap_kvm_fpstate(&vcpu->fpu, false);
}

long vmr_run(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict;

	/* The gate was open when the last exit came: that says nothing of now. */
	vcpu->intack = false;
	verdict = vcpu->mmio.accesses ? go_on(vcpu) : VMR_GO_AGAIN;
	while (verdict != VMR_GO_USER && likely(!vcpu->vmx_lost))
		verdict = run_once(vcpu);

	if (vcpu->vmx_lost) {
		vcpu->vmx_lost = false;
		return -EIO;
	}
	vcpu->stats[VMR_STAT_EXITS_TO_USER]++;
	return 0;
}
