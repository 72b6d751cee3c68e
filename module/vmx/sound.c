// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for registers that user space sets. Pure: callable from anywhere,
 * compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <vmring_ring.h>

#include "vmcs/check.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/emulate.h"
#include "vmx/features.h"
#include "vmx/qual.h"
#include "vmx/sound.h"

#define MAX_ERROR_CODE	0xffff
#define MAX_INSTRUCTION	15
#define BULK		4096	/* the bulk page */
#define PHYS_BITS_MOST	52
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

static bool is_zero(const void *from, size_t length)
{
	return !length || !memchr_inv(from, 0, length);
}

static bool progress_is_sound(const struct vmr_mmio_progress *mmio)
{
	return mmio->bytes <= sizeof(mmio->data) &&
	       mmio->accesses <= VMR_DEVICE_ACCESSES &&
	       (mmio->accesses || !mmio->bytes) &&
	       is_zero(mmio->reserved, sizeof(mmio->reserved)) &&
	       is_zero(mmio->data + mmio->bytes, sizeof(mmio->data) - mmio->bytes);
}

static bool length_is_sound(const struct vmr_exit_state *exit)
{
	return exit->length >= 1 && exit->length <= MAX_INSTRUCTION;
}

/* Data comes with what is written, and is what the exit says there is. */
static bool data_is_sound(const struct vmr_exit_state *exit, u32 bytes)
{
	return bytes <= sizeof(exit->data) &&
	       is_zero(exit->data + bytes, sizeof(exit->data) - bytes);
}

static bool io_is_sound(const struct vmr_exit_state *exit)
{
	struct vmr_io io = vmr_qual_io(exit->qualification);
	u8 flags = VMR_EXIT_NEEDS_REPLY | (io.in ? 0 : VMR_EXIT_WRITE) |
		   (io.string ? VMR_EXIT_STRING : 0);

	if (exit->qualification & ~VMR_QUAL_IO_BITS || exit->flags != flags ||
	    (io.size != 1 && io.size != 2 && io.size != 4) ||
	    io.size != exit->size || io.port != exit->addr || !length_is_sound(exit) ||
	    exit->gpa | exit->gla)
		return false;
	if (!io.string)
		return exit->count == 1 && !exit->info &&
		       data_is_sound(exit, io.in ? 0 : io.size);
	return exit->count && exit->count <= BULK / io.size &&
	       !(exit->info & ~VMR_INFO_IO_BITS) && data_is_sound(exit, 0);
}

static bool msr_is_sound(const struct vmr_exit_state *exit)
{
	bool write = exit->flags & VMR_EXIT_WRITE;

	return !(exit->flags & ~(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE)) &&
	       exit->size == sizeof(u64) && !(exit->addr >> 32) && !exit->count &&
	       length_is_sound(exit) && data_is_sound(exit, write ? exit->size : 0) &&
	       !(exit->info | exit->qualification | exit->gpa | exit->gla);
}

/* A guest reaches further than its own CPUID says, if it tries. */
static bool mmio_is_sound(const struct vmr_exit_state *exit)
{
	u8 flags = VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE | VMR_EXIT_FETCH;

	return !(exit->flags & ~flags) && exit->size <= sizeof(exit->data) &&
	       exit->count <= MAX_INSTRUCTION && !((exit->addr | exit->gpa) >> PHYS_BITS_MOST) &&
	       !(exit->qualification & ~VMR_QUAL_EPT_BITS) &&
	       !(exit->length | exit->info);
}

static bool exit_is_sound(const struct vmr_exit_state *exit)
{
	size_t all = offsetof(struct vmr_exit_state, mmio);

	if (!progress_is_sound(&exit->mmio))
		return false;
	if (!exit->reason)
		return is_zero(exit, all);
	if (!(exit->flags & VMR_EXIT_NEEDS_REPLY))
		return false;
	switch (exit->reason) {
	case VMR_EXIT_IO:
		return io_is_sound(exit);
	case VMR_EXIT_MSR:
		return msr_is_sound(exit);
	case VMR_EXIT_MMIO:
		return mmio_is_sound(exit);
	case VMR_EXIT_INTACK:
		return !exit->size && exit->flags == VMR_EXIT_NEEDS_REPLY &&
		       is_zero(&exit->count,
			       all - offsetof(struct vmr_exit_state, count));
	default:
		return false;
	}
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
	if (groups & VMR_STATE_EXIT && !exit_is_sound(&state->exit))
		return false;
	return !(groups & VMR_STATE_EVENTS) || events_are_sound(&state->events);
}

static void put(struct vmr_vmcs_state *to, u32 field, u64 value)
{
	to->value[vmr_vmcs_number(field)] = value;
}

static void put_controls(struct vmr_vmcs_state *to, const struct vmr_controls *controls,
			 u64 efer)
{
	const u32 *word = controls->word;
	u32 entry = word[VMR_CAPS_ENTRY] & ~SDM_ENTRY_IA32E_MODE_GUEST;

	if (efer & SDM_EFER_LMA)
		entry |= SDM_ENTRY_IA32E_MODE_GUEST;
	put(to, VMCS_PIN_CONTROLS, word[VMR_CAPS_PIN]);
	put(to, VMCS_PROC_CONTROLS, word[VMR_CAPS_PROC]);
	put(to, VMCS_PROC2_CONTROLS, word[VMR_CAPS_PROC2]);
	put(to, VMCS_ENTRY_CONTROLS, entry);
}

static void put_segments(struct vmr_vmcs_state *to, const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++) {
		const struct vmr_segment *segment = &state->segment[i];

		put(to, VMCS_GUEST_ES_SELECTOR + 2 * i, segment->selector);
		put(to, VMCS_GUEST_ES_LIMIT + 2 * i, segment->limit);
		put(to, VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i,
		    segment->access);
		put(to, VMCS_GUEST_ES_BASE + 2 * i, segment->base);
	}
	put(to, VMCS_GUEST_GDTR_BASE, state->gdtr.base);
	put(to, VMCS_GUEST_GDTR_LIMIT, state->gdtr.limit);
	put(to, VMCS_GUEST_IDTR_BASE, state->idtr.base);
	put(to, VMCS_GUEST_IDTR_LIMIT, state->idtr.limit);
}

/* PAE's four entries count by themselves, whatever the mode: 0 outside of it. */
static void put_control(struct vmr_vmcs_state *to, const struct vmr_state *state,
			const struct vmr_sound_cpu *cpu)
{
	unsigned int i;

	put(to, VMCS_GUEST_CR0,
	    vmr_cr0_hardware(cpu->limits, state->cr0) &
			   ~(SDM_CR0_CD | SDM_CR0_NW));
	put(to, VMCS_GUEST_CR3, state->cr3);
	put(to, VMCS_GUEST_CR4, vmr_cr4_hardware(cpu->limits, state->cr4));
	put(to, VMCS_GUEST_EFER, state->efer);
	put(to, VMCS_GUEST_DR7, state->dr7);
	put(to, VMCS_GUEST_DEBUGCTL, cpu->debugctl);
	for (i = 0; i < ARRAY_SIZE(state->pdpte); i++)
		put(to, VMCS_GUEST_PDPTE0 + 2 * i, state->pdpte[i]);
}

/* As it is injected: real mode knows no error codes. */
static void put_event(struct vmr_vmcs_state *to, const struct vmr_state *state)
{
	u32 event = state->events.redeliver;

	if (!(state->cr0 & SDM_CR0_PE))
		event &= ~SDM_EVENT_HAS_ERROR;
	put(to, VMCS_ENTRY_INTERRUPTION_INFO, event);
	put(to, VMCS_ENTRY_EXCEPTION_ERROR, state->events.redeliver_error);
	put(to, VMCS_ENTRY_INSTRUCTION_LENGTH,
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
	put(to, VMCS_GUEST_INTERRUPTIBILITY, blocking);
	put(to, VMCS_GUEST_PENDING_DEBUG, state->events.pending_debug);
	put(to, VMCS_GUEST_ACTIVITY,
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
	/* Much shorter than memset() on CPUs that count bytes. */
	memset64(scratch->value, 0, ARRAY_SIZE(scratch->value));
	scratch->virtual_tpr = 0;
	scratch->has_sgx = false;
	scratch->has_rtm = false;
	scratch->has_bus_lock_debug = false;
	scratch->smm = false;
	scratch->physical_width = cpu->limits->phys_bits;
	scratch->linear_width = cpu->limits->linear_bits;
	put_controls(scratch, cpu->controls, state->efer);
	put_segments(scratch, state);
	put_control(scratch, state, cpu);
	put_events(scratch, state);
	put(scratch, VMCS_GUEST_RIP, state->rip);
	put(scratch, VMCS_GUEST_RFLAGS, state->rflags);
	put(scratch, VMCS_GUEST_LINK_POINTER, ~0ULL);
	return vmr_vmcs_check_registers(scratch, cpu->caps, fault);
}
