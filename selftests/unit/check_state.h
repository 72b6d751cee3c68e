/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how a test of the rules for VM entry is told: a good state, what is done to
 * it, and the rule that it violates then.
 */
#ifndef UNIT_CHECK_STATE_H
#define UNIT_CHECK_STATE_H

#include <linux/kernel.h>

#include "vmcs/check.h"
#include "vmx/arch.h"
#include "vmx/qual.h"

#define MOST_CHANGES	6
#define PHYSICAL_WIDTH	39
#define BEYOND		(1ULL << PHYSICAL_WIDTH)
#define LAST_PAGE	(BEYOND - 0x1000)
#define NOT_CANONICAL	0x0000800000000000ULL
#define NOT_IN_PAGE	0x12345080ULL
#define VMCS_ITSELF	0x7000

#define EVENT(type, vector)	(SDM_EVENT_VALID | (type) << 8 | (vector))

/* What is done to a field. */
enum how {
	END,
	SET,
	ADD,		/* bits */
	TAKE,		/* bits */
};

struct change {
	enum how how;
	u32 field;
	u64 value;
};

/*
 * A way to spoil a state, and the rule that it violates. A list ends with a row
 * without a rule.
 */
struct row {
	struct change changes[MOST_CHANGES];
	u32 field;		/* 0: that of the first change */
	const char *rule;
};

/* Of each control word a bit that the CPU doesn't have. */
#define PIN_HOLE	BIT(31)
#define PROC_HOLE	BIT(18)
#define PROC2_HOLE	BIT(6)
#define PROC3_HOLE	BIT_ULL(40)
#define EXIT_HOLE	BIT(30)
#define EXIT2_HOLE	BIT_ULL(40)
#define ENTRY_HOLE	BIT(31)

/* A capability MSR of the CPU in a variable called caps. */
#define CAP(name)	caps.msr[SDM_IA32_VMX_##name - VMR_CAPS_FIRST_MSR]

/* A row of one change. */
#define ROW(how, field, value, rule)	{ { { how, field, value } }, 0, rule }

#define MUST_1		"must set the bits that this CPU doesn't let be 0"
#define MAY_1		"may not set bits that this CPU doesn't let be 1"
#define WIDTH		"may set no bit beyond the physical-address width"
#define LEADS_BEYOND	"may lead to no address beyond the physical-address width"
#define PAGE		"must be aligned to 4 KiB"
#define CANONICAL	"must be canonical"
#define RESERVED	"may set no reserved bit"
#define BITS(which)	"must have bits " which " clear"

#define INJECT(event)	SET, VMCS_ENTRY_INTERRUPTION_INFO, event

/* Guests, as changes to one in 64-bit mode (NULL). */
extern const struct change no_paging[];
extern const struct change real_mode[];
extern const struct change pae_paging[];
extern const struct change v8086[];
extern const struct change user_mode[];
extern const struct change everything[];

/**
 * rich_cpu() - make a CPU that has nearly everything
 *
 * What is judged here are the rules, not which CPU has what.
 *
 * Return: its capabilities.
 */
struct vmr_caps rich_cpu(void);

/**
 * let_all_but() - let every bit of a control word be 1 but some
 * @caps: the CPU
 * @msr: the word's capability MSR
 * @holes: the bits that may not
 */
void let_all_but(struct vmr_caps *caps, u32 msr, u32 holes);

/**
 * good_state() - make a state that violates no rule
 * @guest: which guest, NULL: in 64-bit mode
 *
 * Return: the state.
 */
struct vmr_vmcs_state good_state(const struct change *guest);

/**
 * apply() - change a state
 * @state: the state
 * @changes: what is done, up to END
 */
void apply(struct vmr_vmcs_state *state, const struct change *changes);

/**
 * expect_good() - want a guest's good state to be good
 * @guest: which guest
 */
void expect_good(const struct change *guest);

/**
 * expect_fault() - want a state to violate a rule
 * @state: the state
 * @field: the field that is to be named
 * @rule: the rule
 */
void expect_fault(const struct vmr_vmcs_state *state, u32 field,
		  const char *rule);

/**
 * expect_rows() - want a guest's good state to be spoilt by each row in turn
 * @guest: which guest
 * @row: the first
 */
void expect_rows(const struct change *guest, const struct row *row);

/**
 * expect_page() - want a field to be judged as the address of a page
 * @guest: which guest
 * @field: VMCS_...
 */
void expect_page(const struct change *guest, u32 field);

#endif
