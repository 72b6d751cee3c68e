// SPDX-License-Identifier: GPL-2.0
/*
 * Owns events on their way into a guest. vmr_events_bring() is for any thread, the
 * rest for the vCPU's own.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>

#include "ring/area.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/events.h"
#include "vmx/qual.h"
#include "vmx/trace.h"

/* "Guest Non-Register State", interruptibility */
#define BLOCKED_BY_STI		BIT(0)
#define BLOCKED_BY_MOV_SS	BIT(1)
#define BLOCKED_BY_NMI		BIT(3)
#define SHADOWS			(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS)

#define EXCEPTION_FLAGS	(VMR_EVENT_EXCEPTION | VMR_EVENT_HAS_ERROR)
#define INBOX_FLAGS	(EXCEPTION_FLAGS | VMR_EVENT_INTERRUPT | VMR_EVENT_NMI | \
			 VMR_EVENT_EXTINT | VMR_EVENT_ACKNOWLEDGED)
#define INTERRUPTS	(VMR_EVENT_ACKNOWLEDGED | VMR_EVENT_INTERRUPT | VMR_EVENT_EXTINT)

static int bring_interrupt(struct vmr_inbox *inbox, const struct vmr_inject *event)
{
	if (event->flags || event->error_code || event->vector < 16 ||
	    event->vector > 255)
		return -EINVAL;
	if (inbox->flags & VMR_EVENT_INTERRUPT)
		return -EEXIST;
	inbox->interrupt = event->vector;
	WRITE_ONCE(inbox->flags, inbox->flags | VMR_EVENT_INTERRUPT);
	return 0;
}

static int bring_nmi(struct vmr_inbox *inbox, const struct vmr_inject *event)
{
	if (event->flags || event->error_code || event->vector)
		return -EINVAL;
	WRITE_ONCE(inbox->flags, inbox->flags | VMR_EVENT_NMI);
	return 0;
}

static int bring_exception(struct vmr_inbox *inbox, const struct vmr_inject *event)
{
	bool has_error = event->flags & VMR_INJECT_ERROR_CODE;

	if (event->flags & ~VMR_INJECT_ERROR_CODE || event->vector > 31 ||
	    event->vector == SDM_VECTOR_NMI ||
	    has_error != vmr_event_pushes_error(event->vector) ||
	    (!has_error && event->error_code) || event->error_code > 0xffff)
		return -EINVAL;
	if (inbox->flags & VMR_EVENT_EXCEPTION)
		return -EEXIST;
	inbox->exception = event->vector;
	inbox->error_code = event->error_code;
	WRITE_ONCE(inbox->flags, inbox->flags | VMR_EVENT_EXCEPTION |
		   (has_error ? VMR_EVENT_HAS_ERROR : 0));
	return 0;
}

static int bring_extint(struct vmr_inbox *inbox, const struct vmr_inject *event)
{
	if (event->flags || event->error_code || event->vector > 1)
		return -EINVAL;
	WRITE_ONCE(inbox->flags, (inbox->flags & ~VMR_EVENT_EXTINT) |
		   (event->vector ? VMR_EVENT_EXTINT : 0));
	return 0;
}

static int (*const bring[])(struct vmr_inbox *, const struct vmr_inject *) = {
	[VMR_INJECT_INTERRUPT] = bring_interrupt,
	[VMR_INJECT_NMI] = bring_nmi,
	[VMR_INJECT_EXCEPTION] = bring_exception,
	[VMR_INJECT_EXTINT] = bring_extint,
};

int vmr_events_bring(struct vmr_vcpu *vcpu, const struct vmr_inject *event)
{
	unsigned long flags;
	int err;

	if (event->kind >= ARRAY_SIZE(bring))
		return -EINVAL;
	spin_lock_irqsave(&vcpu->inbox.lock, flags);
	err = bring[event->kind](&vcpu->inbox, event);
	spin_unlock_irqrestore(&vcpu->inbox.lock, flags);
	if (!err)
		vmr_kick_request(&vcpu->kick, VMR_REQ_EVENT);
	return err;
}

/* The last step of every injection. */
static void write_event(const struct vmr_vcpu *vcpu, u32 event)
{
	trace_vmring_inject(vcpu->id, event);
	vmr_vmcs_write32(VMCS_ENTRY_INTERRUPTION_INFO, event);
}

static void set_windows(struct vmr_vcpu *vcpu, u32 windows)
{
	u32 controls = (vcpu->proc_ctls & ~VMR_EVENTS_WINDOWS) | windows;

	if (controls == vcpu->proc_ctls)
		return;
	vcpu->proc_ctls = controls;
	vmr_vmcs_write32(VMCS_PROC_CONTROLS, controls);
}

/* "Exception Classifications": those that report an instruction not yet executed. */
#define FAULTS		(GENMASK(31, 0) & ~(BIT(SDM_VECTOR_DB) | BIT(SDM_VECTOR_NMI) | \
			 BIT(SDM_VECTOR_BP) | BIT(SDM_VECTOR_OF) | \
			 BIT(SDM_VECTOR_DF) | BIT(SDM_VECTOR_MC)))

static bool is_fault(u32 event)
{
	u8 vector = vmr_event_vector(event);

	return vmr_event_type(event) == SDM_EVENT_EXCEPTION && vector < 32 &&
	       BIT(vector) & FAULTS;
}

/* A fault pushes RF, which keeps a breakpoint from hitting that instruction again. */
static void set_resume_flag(struct vmr_vcpu *vcpu)
{
	vmr_vmcs_write(VMCS_GUEST_RFLAGS,
		       vmr_vmcs_read(VMCS_GUEST_RFLAGS) | SDM_RFLAGS_RF);
	vcpu->known &= ~VMR_STATE_REGS;
}

/* An exception ends the shadow of STI and MOV SS; an error code needs protection. */
static void inject_exception(struct vmr_vcpu *vcpu, u32 event, u32 error)
{
	u32 interruptibility = vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);

	if (is_fault(event))
		set_resume_flag(vcpu);
	if (interruptibility & SHADOWS)
		vmr_vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY,
				 interruptibility & ~SHADOWS);
	if (event & SDM_EVENT_HAS_ERROR) {
		if (vmr_vmcs_read(VMCS_GUEST_CR0) & SDM_CR0_PE)
			vmr_vmcs_write32(VMCS_ENTRY_EXCEPTION_ERROR, error);
		else
			event &= ~SDM_EVENT_HAS_ERROR;
	}
	write_event(vcpu, event);
}

static void inject_again(struct vmr_vcpu *vcpu)
{
	u32 event = vcpu->redeliver;

	vcpu->redeliver = 0;
	vcpu->stats[VMR_STAT_REDELIVERED]++;
	if (vmr_event_has_length(event))
		vmr_vmcs_write32(VMCS_ENTRY_INSTRUCTION_LENGTH,
				 vcpu->redeliver_length);
	if (vmr_event_type(event) == SDM_EVENT_EXTERNAL ||
	    vmr_event_type(event) == SDM_EVENT_NMI)
		write_event(vcpu, event);
	else
		inject_exception(vcpu, event, vcpu->redeliver_error);
}

static void inject_nmi(struct vmr_vcpu *vcpu)
{
	write_event(vcpu, vmr_event(SDM_EVENT_NMI, SDM_VECTOR_NMI, false));
	vcpu->stats[VMR_STAT_INJECTED_NMIS]++;
}

static void inject_interrupt(struct vmr_vcpu *vcpu, u8 vector)
{
	write_event(vcpu, vmr_event(SDM_EVENT_EXTERNAL, vector, false));
	vcpu->stats[VMR_STAT_INJECTED_INTERRUPTS]++;
}

/* It counts among those that are injected again: none was brought. */
static void inject_acknowledged(struct vmr_vcpu *vcpu, u8 vector)
{
	write_event(vcpu, vmr_event(SDM_EVENT_EXTERNAL, vector, false));
	vcpu->stats[VMR_STAT_REDELIVERED]++;
}

/* What is open, after what is injected with this entry. */
struct gate {
	bool taken;
	bool sti;
	bool nmi;
	bool interrupt;
};

static struct gate look_at_gate(void)
{
	u32 interruptibility = vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	bool shadow = interruptibility & SHADOWS;

	return (struct gate) {
		.sti = interruptibility & BLOCKED_BY_STI,
		.nmi = !shadow && !(interruptibility & BLOCKED_BY_NMI),
		.interrupt = !shadow && vmr_vmcs_read(VMCS_GUEST_RFLAGS) &
			     SDM_RFLAGS_IF,
	};
}

/* Takes out of the inbox what goes in now. */
static bool take(struct vmr_vcpu *vcpu, struct gate *gate)
{
	struct vmr_inbox *inbox = &vcpu->inbox;
	u32 flags = inbox->flags;

	if (flags & VMR_EVENT_EXCEPTION && !gate->taken) {
		inject_exception(vcpu,
				 vmr_event(SDM_EVENT_EXCEPTION, inbox->exception,
					   flags & VMR_EVENT_HAS_ERROR),
				 inbox->error_code);
		vcpu->stats[VMR_STAT_INJECTED_EXCEPTIONS]++;
		flags &= ~EXCEPTION_FLAGS;
		gate->taken = true;
	}
	if (flags & VMR_EVENT_NMI && !gate->taken && gate->nmi) {
		inject_nmi(vcpu);
		flags &= ~VMR_EVENT_NMI;
		gate->taken = true;
	}
	if (flags & VMR_EVENT_ACKNOWLEDGED && !gate->taken && gate->interrupt) {
		inject_acknowledged(vcpu, inbox->acknowledged);
		flags &= ~VMR_EVENT_ACKNOWLEDGED;
		gate->taken = true;
	}
	if (flags & VMR_EVENT_INTERRUPT && !gate->taken && gate->interrupt) {
		inject_interrupt(vcpu, inbox->interrupt);
		flags &= ~VMR_EVENT_INTERRUPT;
		gate->taken = true;
	}
	WRITE_ONCE(inbox->flags, flags);
	return !(flags & VMR_EVENT_EXTINT && !gate->taken && gate->interrupt);
}

/*
 * "Other Causes of VM Exits": STI's shadow needn't hold the exit for an open NMI window
 * up, so that the guest would be left again and again before its next instruction. In
 * that shadow IF is set: the other window opens behind it. If that instruction is CLI, the
 * NMI waits until the burst ends, for the host's tick if for nothing else.
 */
static u32 nmi_window(const struct gate *gate)
{
	return gate->sti && !gate->taken ? SDM_PROC_INTERRUPT_WINDOW_EXITING :
					   SDM_PROC_NMI_WINDOW_EXITING;
}

static u32 windows_for(u32 flags, const struct gate *gate)
{
	u32 windows = 0;

	if (flags & INTERRUPTS)
		windows |= SDM_PROC_INTERRUPT_WINDOW_EXITING;
	if (flags & VMR_EVENT_NMI)
		windows |= nmi_window(gate);
	return windows;
}

/* What is to be injected again can be: vmr_judge() has seen to it if user space set it. */
bool vmr_events_inject(struct vmr_vcpu *vcpu)
{
	struct gate gate = look_at_gate();
	bool complete;
	u32 flags;

	if (vcpu->redeliver) {
		inject_again(vcpu);
		gate.taken = true;
	}
	spin_lock(&vcpu->inbox.lock);
	complete = take(vcpu, &gate);
	flags = vcpu->inbox.flags;
	spin_unlock(&vcpu->inbox.lock);

	set_windows(vcpu, windows_for(flags, &gate));
	/* Exceptions have no window: the guest is left at once, with this event in. */
	if (unlikely(flags & VMR_EVENT_EXCEPTION))
		vmr_kick_self(&vcpu->kick, VMR_REQ_EVENT);
	return complete;
}

/* An NMI whose delivery begins again mustn't find itself blocked. */
static void unblock_nmi(void)
{
	u32 interruptibility = vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);

	vmr_vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY,
			 interruptibility & ~BLOCKED_BY_NMI);
}

/* "IDT-Vectoring Information": bit 12 is undefined, and must be 0 at entry. */
#define EVENT_BITS	(SDM_EVENT_VALID | SDM_EVENT_HAS_ERROR | SDM_EVENT_TYPE | \
			 SDM_EVENT_VECTOR)

void vmr_events_save(struct vmr_vcpu *vcpu)
{
	u32 event = vmr_vmcs_read32(VMCS_IDT_VECTORING_INFO);

	if (likely(!(event & SDM_EVENT_VALID)))
		return;
	vcpu->redeliver = event & EVENT_BITS;
	if (event & SDM_EVENT_HAS_ERROR)
		vcpu->redeliver_error = vmr_vmcs_read32(VMCS_IDT_VECTORING_ERROR);
	if (vmr_event_has_length(event))
		vcpu->redeliver_length =
			vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH);
	if (vmr_event_type(event) == SDM_EVENT_NMI)
		unblock_nmi();
}

void vmr_events_block_nmi(struct vmr_vcpu *vcpu)
{
	if (vcpu->redeliver)
		return;
	vmr_vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY,
			 vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY) |
			 BLOCKED_BY_NMI);
}

void vmr_events_take_back(struct vmr_vcpu *vcpu)
{
	u32 event = vmr_vmcs_read32(VMCS_ENTRY_INTERRUPTION_INFO);

	if (!(event & SDM_EVENT_VALID))
		return;
	vcpu->redeliver = event;
	vcpu->redeliver_error = vmr_vmcs_read32(VMCS_ENTRY_EXCEPTION_ERROR);
	vcpu->redeliver_length = vmr_vmcs_read32(VMCS_ENTRY_INSTRUCTION_LENGTH);
	vmr_vmcs_write32(VMCS_ENTRY_INTERRUPTION_INFO, 0);
}

void vmr_events_raise_error(struct vmr_vcpu *vcpu, u8 vector, u32 error)
{
	vcpu->redeliver = vmr_event(SDM_EVENT_EXCEPTION, vector,
				    vmr_event_pushes_error(vector));
	vcpu->redeliver_error = error;
	vcpu->stats[VMR_STAT_INJECTED_EXCEPTIONS]++;
}

void vmr_events_raise(struct vmr_vcpu *vcpu, u8 vector)
{
	vmr_events_raise_error(vcpu, vector, 0);
}

/* "Pending Debug Exceptions": bits of breakpoints that aren't enabled are no #DB. */
#define DEBUG_EXCEPTIONS	(SDM_PENDING_ENABLED_BREAKPOINT | SDM_PENDING_SINGLE_STEP)

bool vmr_events_wake(struct vmr_vcpu *vcpu)
{
	u32 flags = READ_ONCE(vcpu->inbox.flags);

	if (vcpu->redeliver || flags & VMR_EVENT_EXCEPTION ||
	    vcpu->state.events.pending_debug & DEBUG_EXCEPTIONS)
		return true;
	if (flags & VMR_EVENT_NMI &&
	    !(vcpu->state.events.flags & VMR_EVENT_NMI_BLOCKED))
		return true;
	return flags & INTERRUPTS && vcpu->state.rflags & SDM_RFLAGS_IF;
}

bool vmr_events_line_is_up(const struct vmr_vcpu *vcpu)
{
	return READ_ONCE(vcpu->inbox.flags) & VMR_EVENT_EXTINT;
}

void vmr_events_acknowledged(struct vmr_vcpu *vcpu, u8 vector)
{
	struct vmr_inbox *inbox = &vcpu->inbox;
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	inbox->acknowledged = vector;
	WRITE_ONCE(inbox->flags, inbox->flags | VMR_EVENT_ACKNOWLEDGED);
	spin_unlock_irqrestore(&inbox->lock, flags);
}

/* The flags of the ABI and the bits of the VMCS. */
static const struct {
	u32 flag;
	u32 bit;
} blocked[] = {
	{ VMR_EVENT_STI_SHADOW, BLOCKED_BY_STI },
	{ VMR_EVENT_SS_SHADOW, BLOCKED_BY_MOV_SS },
	{ VMR_EVENT_NMI_BLOCKED, BLOCKED_BY_NMI },
};

void vmr_events_read(struct vmr_vcpu *vcpu)
{
	struct vmr_events *events = &vcpu->state.events;
	u32 interruptibility = vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	unsigned int i;

	events->flags = 0;
	for (i = 0; i < ARRAY_SIZE(blocked); i++)
		if (interruptibility & blocked[i].bit)
			events->flags |= blocked[i].flag;
	events->pending_debug = vmr_vmcs_read(VMCS_GUEST_PENDING_DEBUG);
}

void vmr_events_write(struct vmr_vcpu *vcpu)
{
	const struct vmr_events *events = &vcpu->state.events;
	u32 interruptibility = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(blocked); i++)
		if (events->flags & blocked[i].flag)
			interruptibility |= blocked[i].bit;
	vmr_vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY, interruptibility);
	vmr_vmcs_write(VMCS_GUEST_PENDING_DEBUG, events->pending_debug);
}

void vmr_events_set(struct vmr_vcpu *vcpu, const struct vmr_events *events)
{
	struct vmr_inbox *inbox = &vcpu->inbox;
	unsigned long flags;

	spin_lock_irqsave(&inbox->lock, flags);
	inbox->exception = events->exception;
	inbox->error_code = events->error_code;
	inbox->interrupt = events->interrupt;
	inbox->acknowledged = events->acknowledged;
	WRITE_ONCE(inbox->flags, events->flags & INBOX_FLAGS);
	spin_unlock_irqrestore(&inbox->lock, flags);

	vcpu->redeliver = events->redeliver;
	vcpu->redeliver_error = events->redeliver_error;
	vcpu->redeliver_length = events->redeliver_length;
	vcpu->halted = events->flags & VMR_EVENT_HALTED;
	vcpu->state.events.flags = events->flags &
		(VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW |
		 VMR_EVENT_NMI_BLOCKED);
	vcpu->state.events.pending_debug = events->pending_debug;
}

void vmr_events_get(struct vmr_vcpu *vcpu, struct vmr_events *events)
{
	struct vmr_inbox *inbox = &vcpu->inbox;
	unsigned long flags;

	*events = (struct vmr_events) {
		.flags = vcpu->state.events.flags,
		.pending_debug = vcpu->state.events.pending_debug,
	};
	if (vcpu->halted)
		events->flags |= VMR_EVENT_HALTED;
	if (vcpu->redeliver) {
		events->flags |= VMR_EVENT_REDELIVER;
		events->redeliver = vcpu->redeliver;
		if (vcpu->redeliver & SDM_EVENT_HAS_ERROR)
			events->redeliver_error = vcpu->redeliver_error;
		if (vmr_event_has_length(vcpu->redeliver))
			events->redeliver_length = vcpu->redeliver_length;
	}
	spin_lock_irqsave(&inbox->lock, flags);
	events->flags |= inbox->flags;
	if (inbox->flags & VMR_EVENT_EXCEPTION) {
		events->exception = inbox->exception;
		events->error_code = inbox->error_code;
	}
	if (inbox->flags & VMR_EVENT_INTERRUPT)
		events->interrupt = inbox->interrupt;
	if (inbox->flags & VMR_EVENT_ACKNOWLEDGED)
		events->acknowledged = inbox->acknowledged;
	spin_unlock_irqrestore(&inbox->lock, flags);
}
