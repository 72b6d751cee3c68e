/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the rules for VM entry have in common. For the check files of this
 * folder only; pure.
 *
 * A group of rules is a function that is true if all of them hold. Rules are
 * looked at in turn, and demand() notes the first that is violated.
 */
#ifndef VMR_VMCS_CHECK_RULES_H
#define VMR_VMCS_CHECK_RULES_H

#include <linux/types.h>

#include "vmcs/check.h"
#include "vmx/arch.h"
#include "vmx/caps.h"
#include "vmx/qual.h"

/* Bits that are there, or are reserved, in what more than one CPU has. */
#define EFER_BITS		(SDM_EFER_SCE | SDM_EFER_LME | SDM_EFER_LMA | \
				 SDM_EFER_NXE)
#define CR3_LAM			GENMASK_ULL(62, 61)
#define S_CET_RESERVED		GENMASK_ULL(9, 6)
#define S_CET_SUPPRESS		BIT_ULL(10)
#define S_CET_TRACKER		BIT_ULL(11)

/**
 * struct vmr_vmcs_case - what is judged, and by what
 * @state: the VMCS
 * @caps: the CPU
 * @fault: where the violated rule goes
 * @pin: pin-based controls
 * @proc: primary processor-based controls
 * @proc2: secondary ones, 0 if they aren't activated
 * @proc3: tertiary ones, 0 if they aren't activated
 * @exit: VM-exit controls
 * @entry: VM-entry controls
 * @event: the VM-entry interruption information, 0 if it isn't valid
 */
struct vmr_vmcs_case {
	const struct vmr_vmcs_state *state;
	const struct vmr_caps *caps;
	struct vmr_vmcs_fault *fault;
	u32 pin;
	u32 proc;
	u32 proc2;
	u64 proc3;
	u32 exit;
	u32 entry;
	u32 event;
};

/**
 * vmr_vmcs_check_controls() - "Checks on VMX Controls"
 * @c: the case
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_controls(const struct vmr_vmcs_case *c);

/**
 * vmr_vmcs_check_event() - of these, the rules for the event to inject
 * @c: the case
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_event(const struct vmr_vmcs_case *c);

/**
 * vmr_vmcs_check_host() - "Checks on the Host State", all sections of it
 * @c: the case
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_host(const struct vmr_vmcs_case *c);

/**
 * vmr_vmcs_check_guest() - "Checks on the Guest State Area"
 * @c: the case
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_guest(const struct vmr_vmcs_case *c);

/**
 * vmr_vmcs_check_segments() - "Checks on Guest Segment Registers"
 * @c: the case
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_segments(const struct vmr_vmcs_case *c);

/* Whether b follows from a. */
static inline bool implies(bool a, bool b)
{
	return !a || b;
}

/* The rules name fields that there are. */
static inline u64 get(const struct vmr_vmcs_case *c, u32 field)
{
	return c->state->value[vmr_vmcs_number(field)];
}

/* The rule is a sentence of which the field is the subject. */
static inline bool demand(const struct vmr_vmcs_case *c, bool holds, u32 field,
			  const char *rule)
{
	if (!holds)
		*c->fault = (struct vmr_vmcs_fault){ field, rule };
	return holds;
}

/* The same of a rule that counts only if something else is the case. */
static inline bool demand_if(const struct vmr_vmcs_case *c, bool counts,
			     bool holds, u32 field, const char *rule)
{
	return demand(c, implies(counts, holds), field, rule);
}

static inline bool is_within(const struct vmr_vmcs_case *c, u64 address)
{
	return !(address >> c->state->physical_width);
}

/* A physical address of something that is aligned to low + 1 bytes. */
static inline bool demand_address(const struct vmr_vmcs_case *c, u32 field,
				  u64 low, const char *aligned)
{
	return demand(c, !(get(c, field) & low), field, aligned) &&
	       demand(c, is_within(c, get(c, field)), field,
		      "may set no bit beyond the physical-address width");
}

static inline bool demand_page(const struct vmr_vmcs_case *c, u32 field)
{
	return demand_address(c, field, 0xfff, "must be aligned to 4 KiB");
}

/* Bits 63 and down to the given one are all the same. */
static inline bool is_extended(u64 address, unsigned int from)
{
	u64 upper = address >> from;

	return !upper || upper == ~0ULL >> from;
}

/* By the width that the CPU supports: CR4.LA57 doesn't matter. */
static inline bool demand_canonical(const struct vmr_vmcs_case *c, u32 field)
{
	return demand(c, is_extended(get(c, field), c->state->linear_width - 1),
		      field, "must be canonical");
}

/* Rules that host and guest state share. */
static inline bool is_pat(u64 pat)
{
	unsigned int i;

	for (i = 0; i < 8; i++, pat >>= 8) {
		u8 type = pat;

		if (type > 7 || type == 2 || type == 3)
			return false;
	}
	return true;
}

static inline bool demand_cr_fixed(const struct vmr_vmcs_case *c, u32 field,
				   u64 ones, u64 may)
{
	u64 cr = get(c, field);

	return demand(c, (cr & ones) == ones, field,
		      "must set the bits that VMX operation fixes to 1") &&
	       demand(c, !(cr & ~may), field,
		      "may not set bits that VMX operation fixes to 0");
}

static inline bool demand_efer_bits(const struct vmr_vmcs_case *c, u32 field)
{
	return demand(c, !(get(c, field) & ~EFER_BITS), field,
		      "may set no reserved bit");
}

/* Linear-address masking: bits of CR3 that only CPUs with it know. */
static inline bool demand_cr3(const struct vmr_vmcs_case *c, u32 field)
{
	u64 lam = 0;

	if (vmr_caps_get(c->caps, SDM_IA32_VMX_CR4_FIXED1) & SDM_CR4_LAM_SUP)
		lam = CR3_LAM;
	return demand(c, is_within(c, get(c, field) & ~lam), field,
		      "may set no bit beyond the physical-address width");
}

static inline bool demand_cet(const struct vmr_vmcs_case *c, u32 s_cet,
			      u32 ssp_table)
{
	u64 value = get(c, s_cet);

	return demand(c, !(value & S_CET_RESERVED), s_cet,
		      "may set no reserved bit") &&
	       demand(c, !(value & S_CET_SUPPRESS) || !(value & S_CET_TRACKER),
		      s_cet,
		      "may not have both SUPPRESS and TRACKER set") &&
	       demand_canonical(c, s_cet) &&
	       demand_canonical(c, ssp_table);
}

#endif
