/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns events on their way into a guest: those that others bring, exceptions that
 * its own instructions raise, and those whose delivery an exit interrupted.
 *
 * Order at an entry: what was interrupted or raised, then an exception that was
 * brought, an NMI, the vector that was told for the ExtINT line, an interrupt, that
 * line itself. What can't go in yet has a window opened for it.
 */
#ifndef VMR_VMX_EVENTS_H
#define VMR_VMX_EVENTS_H

#include <linux/types.h>

#include "core/vmring.h"
#include "vmx/sdm.h"

/* The controls that open windows. */
#define VMR_EVENTS_WINDOWS	(SDM_PROC_INTERRUPT_WINDOW_EXITING | \
				 SDM_PROC_NMI_WINDOW_EXITING)

/**
 * vmr_events_bring() - bring an event, VMR_INJECT
 * @vcpu: for whom
 * @event: the kernel's copy of the ioctl's argument
 *
 * Context: Process, any thread.
 * Return: 0; -EINVAL for what isn't an event; -EEXIST if one of that kind waits.
 */
int vmr_events_bring(struct vmr_vcpu *vcpu, const struct vmr_inject *event);

/**
 * vmr_events_pending() - is there something to inject, or a window to open or close?
 * @vcpu: the vCPU
 *
 * Context: The vCPU's thread.
 * Return: true if vmr_events_inject() has something to do.
 */
static inline bool vmr_events_pending(const struct vmr_vcpu *vcpu)
{
	return vcpu->redeliver || READ_ONCE(vcpu->inbox.flags) ||
	       vcpu->proc_ctls & VMR_EVENTS_WINDOWS;
}

/**
 * vmr_events_inject() - inject what can be injected, open windows for the rest
 * @vcpu: the vCPU
 *
 * Context: In a burst, and the guest is entered next.
 * Return: false if user space has to be asked for the ExtINT's vector first.
 */
bool vmr_events_inject(struct vmr_vcpu *vcpu);

/**
 * vmr_events_save() - keep an event whose delivery the exit has interrupted
 * @vcpu: the vCPU
 *
 * Context: In a burst, after an exit that can do so.
 */
void vmr_events_save(struct vmr_vcpu *vcpu);

/**
 * vmr_events_block_nmi() - block NMIs again, which a faulting IRET had unblocked
 * @vcpu: the vCPU
 *
 * Context: In a burst, after an exit that says so and interrupted no delivery.
 */
void vmr_events_block_nmi(struct vmr_vcpu *vcpu);

/**
 * vmr_events_take_back() - keep what was to be injected by an entry that failed
 * @vcpu: the vCPU
 *
 * Context: In a burst.
 */
void vmr_events_take_back(struct vmr_vcpu *vcpu);

/**
 * vmr_events_raise() - let the current instruction raise an exception
 * @vcpu: the vCPU; nothing else is being delivered
 * @vector: the exception; the error code is 0, if it has one
 *
 * Context: The vCPU's thread.
 */
void vmr_events_raise(struct vmr_vcpu *vcpu, u8 vector);

/**
 * vmr_events_raise_error() - the same with an error code
 * @vcpu: the vCPU
 * @vector: the exception
 * @error: its error code
 *
 * Context: The vCPU's thread.
 */
void vmr_events_raise_error(struct vmr_vcpu *vcpu, u8 vector, u32 error);

/**
 * vmr_events_wake() - does something end HLT?
 * @vcpu: the vCPU, with VMR_STATE_REGS and VMR_STATE_EVENTS read
 *
 * Context: The vCPU's thread.
 * Return: true if so.
 */
bool vmr_events_wake(struct vmr_vcpu *vcpu);

/**
 * vmr_events_hold() - is a single step held up?
 * @vcpu: the vCPU, with VMR_STATE_EVENTS read
 *
 * Context: The vCPU's thread.
 * Return: true in the shadow of STI and MOV SS, and in HLT.
 */
static inline bool vmr_events_hold(const struct vmr_vcpu *vcpu)
{
	return vcpu->halted || vcpu->state.events.flags &
	       (VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW);
}

/**
 * vmr_events_line_is_up() - is the ExtINT line still up?
 * @vcpu: the vCPU
 *
 * Context: Any.
 * Return: true if so.
 */
bool vmr_events_line_is_up(const struct vmr_vcpu *vcpu);

/**
 * vmr_events_acknowledged() - user space has told the ExtINT's vector
 * @vcpu: the vCPU
 * @vector: the vector; it has a place of its own, and waits there until it can go in
 *
 * Context: The vCPU's thread.
 */
void vmr_events_acknowledged(struct vmr_vcpu *vcpu, u8 vector);

/* For vmx/state.c: VMR_STATE_EVENTS, as for the other groups. */
void vmr_events_read(struct vmr_vcpu *vcpu);
void vmr_events_write(struct vmr_vcpu *vcpu);
void vmr_events_set(struct vmr_vcpu *vcpu, const struct vmr_events *events);

/**
 * vmr_events_get() - tell all events
 * @vcpu: the vCPU, with VMR_STATE_EVENTS read
 * @events: where to
 *
 * Context: Process.
 */
void vmr_events_get(struct vmr_vcpu *vcpu, struct vmr_events *events);

#endif
