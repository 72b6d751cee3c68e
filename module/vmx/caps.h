/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a CPU's VT-x is capable of: the capability MSRs, read once. The
 * questions that can be answered from a struct vmr_caps alone are pure
 * (caps_decode.c, compiled a second time by selftests/unit); reading the MSRs
 * is caps.c.
 */
#ifndef VMR_VMX_CAPS_H
#define VMR_VMX_CAPS_H

#include <linux/types.h>

#include "vmx/sdm.h"

#define VMR_CAPS_FIRST_MSR	SDM_IA32_VMX_BASIC
#define VMR_CAPS_LAST_MSR	SDM_IA32_VMX_EXIT_CTLS2
#define VMR_CAPS_COUNT		(VMR_CAPS_LAST_MSR - VMR_CAPS_FIRST_MSR + 1)

/**
 * struct vmr_caps - the capability MSRs of a CPU
 * @msr: their values, from VMR_CAPS_FIRST_MSR up; 0 for one that isn't there
 *
 * Constant once filled in.
 */
struct vmr_caps {
	u64 msr[VMR_CAPS_COUNT];
};

/**
 * enum vmr_caps_word - a group of capability bits
 * @VMR_CAPS_PIN: pin-based controls
 * @VMR_CAPS_PROC: primary processor-based controls
 * @VMR_CAPS_PROC2: secondary processor-based controls
 * @VMR_CAPS_EXIT: VM-exit controls
 * @VMR_CAPS_ENTRY: VM-entry controls
 * @VMR_CAPS_CTLS: how many control words of 32 bits there are
 * @VMR_CAPS_PROC3: tertiary processor-based controls
 * @VMR_CAPS_BASIC: IA32_VMX_BASIC
 * @VMR_CAPS_MISC: IA32_VMX_MISC
 * @VMR_CAPS_EPT_VPID: IA32_VMX_EPT_VPID_CAP
 * @VMR_CAPS_WORDS: how many there are
 */
enum vmr_caps_word {
	VMR_CAPS_PIN,
	VMR_CAPS_PROC,
	VMR_CAPS_PROC2,
	VMR_CAPS_EXIT,
	VMR_CAPS_ENTRY,
	VMR_CAPS_CTLS,
	VMR_CAPS_PROC3 = VMR_CAPS_CTLS,
	VMR_CAPS_BASIC,
	VMR_CAPS_MISC,
	VMR_CAPS_EPT_VPID,
	VMR_CAPS_WORDS,
};

/**
 * vmr_caps_get() - look up one capability MSR
 * @caps: of which CPU
 * @msr: SDM_IA32_VMX_*
 *
 * Context: Any.
 * Return: its value, 0 if the CPU doesn't have it.
 */
static inline u64 vmr_caps_get(const struct vmr_caps *caps, u32 msr)
{
	return caps->msr[msr - VMR_CAPS_FIRST_MSR];
}

/**
 * vmr_caps_exists() - tell whether a CPU has a capability MSR
 * @caps: of which CPU; the MSRs with smaller numbers are filled in
 * @msr: SDM_IA32_VMX_*
 *
 * Context: Any.
 * Return: false if reading it would fault.
 */
bool vmr_caps_exists(const struct vmr_caps *caps, u32 msr);

/**
 * vmr_caps_word() - the MSR that counts for a group of bits
 * @caps: of which CPU
 * @word: which group
 *
 * Context: Any.
 * Return: the MSR's value, the TRUE_ one's for a control word that has one.
 */
u64 vmr_caps_word(const struct vmr_caps *caps, enum vmr_caps_word word);

/**
 * vmr_caps_may() - the bits of a group that may be set
 * @caps: of which CPU
 * @word: which group
 *
 * Context: Any.
 * Return: the allowed 1-settings of a control word, all bits of another group.
 */
u64 vmr_caps_may(const struct vmr_caps *caps, enum vmr_caps_word word);

/**
 * vmr_caps_difference() - compare two CPUs
 * @a: one
 * @b: the other
 *
 * Context: Any.
 * Return: the first capability MSR that isn't the same, 0 if there is none.
 */
u32 vmr_caps_difference(const struct vmr_caps *a, const struct vmr_caps *b);

/**
 * vmr_caps_msr_name() - the manual's name of a capability MSR
 * @msr: SDM_IA32_VMX_*
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *vmr_caps_msr_name(u32 msr);

/**
 * vmr_caps_read() - read this CPU's capability MSRs
 * @caps: where to
 *
 * Context: Any, not to be migrated.
 * Return: 0, or -EIO if one that must be there isn't.
 */
int vmr_caps_read(struct vmr_caps *caps);

/* What every CPU here is capable of: constant after vmr_caps_init(). */
extern const struct vmr_caps *const vmr_caps;

/**
 * vmr_caps_init() - read what this machine's VT-x is capable of
 *
 * Fills vmr_caps in, or prints why it can't. Whether that will do is
 * vmx/accept.c's to say. Every CPU compares its own capabilities later, when it
 * enters VMX operation.
 *
 * Context: Process, once, before anything else of the VMX parts.
 * Return: 0; -ENODEV without VT-x; -EIO if the MSRs can't be read.
 */
int vmr_caps_init(void);

#endif
