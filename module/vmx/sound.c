// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for registers that user space sets. Pure: callable from anywhere,
 * compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmcs/check.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/features.h"
#include "vmx/qual.h"
#include "vmx/sound.h"

#define MAX_ERROR_CODE	0xffff
#define FIRST_INTERRUPT	16
#define EXCEPTIONS	32

/* "Guest Non-Register State": the pending debug exceptions that there can be */
#define PENDING_DEBUG_BITS	(SDM_PENDING_BREAKPOINTS | SDM_PENDING_ENABLED_BREAKPOINT | \
				 SDM_PENDING_SINGLE_STEP)
#define EVENT_BITS	(SDM_EVENT_VALID | SDM_EVENT_HAS_ERROR | SDM_EVENT_TYPE | \
			 SDM_EVENT_VECTOR)
/* Bits of access rights that are reserved in a usable segment and in another. */
#define ACCESS_RESERVED	(GENMASK(31, 17) | GENMASK(11, 8))

static bool segment_is_sound(const struct vmr_segment *segment)
{
	return !(segment->reserved[0] | segment->reserved[1] |
		 segment->reserved[2]) && !(segment->access & ACCESS_RESERVED);
}

static bool table_is_sound(const struct vmr_table *table)
{
	return !(table->reserved[0] | table->reserved[1] | table->reserved[2]);
}

static bool segments_are_sound(const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++)
		if (!segment_is_sound(&state->segment[i]))
			return false;
	return table_is_sound(&state->gdtr) && table_is_sound(&state->idtr);
}

static bool control_is_sound(const struct vmr_cr_limits *limits,
			     const struct vmr_state *state)
{
	struct vmr_cr_state control = {
		.cr0 = state->cr0,
		.cr3 = state->cr3,
		.cr4 = state->cr4,
		.efer = state->efer,
	};

	return state->cr8 <= 15 && vmr_xcr0_valid(limits, state->xcr0) &&
	       vmr_cr_state_valid(limits, &control);
}

static bool debug_is_sound(const struct vmr_state *state)
{
	u64 dr6, dr7;

	return vmr_dr6(state->dr6, &dr6) && dr6 == state->dr6 &&
	       vmr_dr7(state->dr7, &dr7) && dr7 == state->dr7;
}

/* What no flag says is there isn't looked at. */
static bool exception_is_sound(const struct vmr_events *events)
{
	bool has_error = events->flags & VMR_EVENT_HAS_ERROR;

	if (!(events->flags & VMR_EVENT_EXCEPTION))
		return !has_error;
	return events->exception < EXCEPTIONS &&
	       events->exception != SDM_VECTOR_NMI &&
	       has_error == vmr_event_pushes_error(events->exception) &&
	       events->error_code <= (has_error ? MAX_ERROR_CODE : 0);
}

static bool interrupt_is_sound(const struct vmr_events *events)
{
	return !(events->flags & VMR_EVENT_INTERRUPT) ||
	       events->interrupt >= FIRST_INTERRUPT;
}

/* What is in its bits is for vmr_sound_whole(). */
static bool redelivery_is_sound(const struct vmr_events *events)
{
	u32 event = events->redeliver;

	if (!(events->flags & VMR_EVENT_REDELIVER))
		return !(event | events->redeliver_error | events->redeliver_length);
	return event & SDM_EVENT_VALID && !(event & ~EVENT_BITS) &&
	       vmr_event_type(event) != SDM_EVENT_OTHER &&
	       (event & SDM_EVENT_HAS_ERROR || !events->redeliver_error) &&
	       (vmr_event_has_length(event) || !events->redeliver_length);
}

static bool events_are_sound(const struct vmr_events *events)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(events->reserved); i++)
		if (events->reserved[i])
			return false;
	return !(events->flags & ~VMR_EVENT_FLAGS) &&
	       !(events->pending_debug & ~PENDING_DEBUG_BITS) &&
	       exception_is_sound(events) && interrupt_is_sound(events) &&
	       redelivery_is_sound(events);
}

bool vmr_sound_values(const struct vmr_cr_limits *limits, u64 groups,
		      const struct vmr_state *state)
{
	if (groups & VMR_STATE_SEGMENTS && !segments_are_sound(state))
		return false;
	if (groups & VMR_STATE_CONTROL && !control_is_sound(limits, state))
		return false;
	if (groups & VMR_STATE_DEBUG && !debug_is_sound(state))
		return false;
	return !(groups & VMR_STATE_EVENTS) || events_are_sound(&state->events);
}

static void put_controls(struct vmr_vmcs_state *to, const struct vmr_controls *controls,
			 u64 efer)
{
	const u32 *word = controls->word;
	u32 entry = word[VMR_CAPS_ENTRY] & ~SDM_ENTRY_IA32E_MODE_GUEST;

	if (efer & SDM_EFER_LMA)
		entry |= SDM_ENTRY_IA32E_MODE_GUEST;
	vmr_vmcs_state_set(to, VMCS_PIN_CONTROLS, word[VMR_CAPS_PIN]);
	vmr_vmcs_state_set(to, VMCS_PROC_CONTROLS, word[VMR_CAPS_PROC]);
	vmr_vmcs_state_set(to, VMCS_PROC2_CONTROLS, word[VMR_CAPS_PROC2]);
	vmr_vmcs_state_set(to, VMCS_ENTRY_CONTROLS, entry);
}

static void put_segments(struct vmr_vmcs_state *to, const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++) {
		const struct vmr_segment *segment = &state->segment[i];

		vmr_vmcs_state_set(to, VMCS_GUEST_ES_SELECTOR + 2 * i, segment->selector);
		vmr_vmcs_state_set(to, VMCS_GUEST_ES_LIMIT + 2 * i, segment->limit);
		vmr_vmcs_state_set(to, VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i,
				   segment->access);
		vmr_vmcs_state_set(to, VMCS_GUEST_ES_BASE + 2 * i, segment->base);
	}
	vmr_vmcs_state_set(to, VMCS_GUEST_GDTR_BASE, state->gdtr.base);
	vmr_vmcs_state_set(to, VMCS_GUEST_GDTR_LIMIT, state->gdtr.limit);
	vmr_vmcs_state_set(to, VMCS_GUEST_IDTR_BASE, state->idtr.base);
	vmr_vmcs_state_set(to, VMCS_GUEST_IDTR_LIMIT, state->idtr.limit);
}

/* PAE's four entries count by themselves, whatever the mode: 0 outside of it. */
static void put_control(struct vmr_vmcs_state *to, const struct vmr_state *state,
			const struct vmr_sound_cpu *cpu)
{
	unsigned int i;

	vmr_vmcs_state_set(to, VMCS_GUEST_CR0,
			   vmr_cr0_hardware(cpu->limits, state->cr0) &
			   ~(SDM_CR0_CD | SDM_CR0_NW));
	vmr_vmcs_state_set(to, VMCS_GUEST_CR3, state->cr3);
	vmr_vmcs_state_set(to, VMCS_GUEST_CR4, vmr_cr4_hardware(cpu->limits, state->cr4));
	vmr_vmcs_state_set(to, VMCS_GUEST_EFER, state->efer);
	vmr_vmcs_state_set(to, VMCS_GUEST_DR7, state->dr7);
	vmr_vmcs_state_set(to, VMCS_GUEST_DEBUGCTL, cpu->debugctl);
	for (i = 0; i < ARRAY_SIZE(state->pdpte); i++)
		vmr_vmcs_state_set(to, VMCS_GUEST_PDPTE0 + 2 * i, state->pdpte[i]);
}

/* As it is injected: real mode knows no error codes. */
static void put_event(struct vmr_vmcs_state *to, const struct vmr_state *state)
{
	u32 event = state->events.redeliver;

	if (!(state->cr0 & SDM_CR0_PE))
		event &= ~SDM_EVENT_HAS_ERROR;
	vmr_vmcs_state_set(to, VMCS_ENTRY_INTERRUPTION_INFO, event);
	vmr_vmcs_state_set(to, VMCS_ENTRY_EXCEPTION_ERROR, state->events.redeliver_error);
	vmr_vmcs_state_set(to, VMCS_ENTRY_INSTRUCTION_LENGTH,
			   state->events.redeliver_length);
}

/* A vCPU that waits in HLT waits outside of the guest: the rules are the same. */
static void put_events(struct vmr_vmcs_state *to, const struct vmr_state *state)
{
	u32 flags = state->events.flags;
	u32 blocking = 0;

	if (flags & VMR_EVENT_STI_SHADOW)
		blocking |= SDM_BLOCKING_STI;
	if (flags & VMR_EVENT_SS_SHADOW)
		blocking |= SDM_BLOCKING_MOV_SS;
	if (flags & VMR_EVENT_NMI_BLOCKED)
		blocking |= SDM_BLOCKING_NMI;
	vmr_vmcs_state_set(to, VMCS_GUEST_INTERRUPTIBILITY, blocking);
	vmr_vmcs_state_set(to, VMCS_GUEST_PENDING_DEBUG, state->events.pending_debug);
	vmr_vmcs_state_set(to, VMCS_GUEST_ACTIVITY,
			   flags & VMR_EVENT_HALTED ? SDM_ACTIVITY_HLT :
						      SDM_ACTIVITY_ACTIVE);
	if (flags & VMR_EVENT_REDELIVER)
		put_event(to, state);
}

static bool pdptes_are_sound(const struct vmr_state *state)
{
	struct vmr_cr_state control = {
		.cr0 = state->cr0,
		.cr4 = state->cr4,
		.efer = state->efer,
	};

	return vmr_cr_uses_pdptes(&control) ||
	       !(state->pdpte[0] | state->pdpte[1] | state->pdpte[2] | state->pdpte[3]);
}

bool vmr_sound_whole(const struct vmr_sound_cpu *cpu, const struct vmr_state *state,
		     struct vmr_vmcs_state *scratch, struct vmr_vmcs_fault *fault)
{
	if (!pdptes_are_sound(state)) {
		*fault = (struct vmr_vmcs_fault) {
			VMCS_GUEST_PDPTE0, "must be 0 without PAE paging",
		};
		return false;
	}
	memset(scratch, 0, sizeof(*scratch));
	scratch->physical_width = cpu->limits->phys_bits;
	scratch->linear_width = cpu->limits->linear_bits;
	put_controls(scratch, cpu->controls, state->efer);
	put_segments(scratch, state);
	put_control(scratch, state, cpu);
	put_events(scratch, state);
	vmr_vmcs_state_set(scratch, VMCS_GUEST_RIP, state->rip);
	vmr_vmcs_state_set(scratch, VMCS_GUEST_RFLAGS, state->rflags);
	vmr_vmcs_state_set(scratch, VMCS_GUEST_LINK_POINTER, ~0ULL);
	return vmr_vmcs_check_registers(scratch, cpu->caps, fault);
}
