/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the arithmetic of VMX control words: what a CPU must and may have set,
 * and what follows from that for what we want. Pure: no state, no kernel
 * dependency; selftests/unit compiles it in user space.
 */
#ifndef VMR_VMX_CTLS_H
#define VMR_VMX_CTLS_H

#include <linux/types.h>

/**
 * vmr_ctls_must() - bits of a control word that the CPU wants set
 * @cap: the capability MSR of the control word
 *
 * Context: Any.
 * Return: the allowed 0-settings, "Controls": a bit set here may not be 0.
 */
static inline u32 vmr_ctls_must(u64 cap)
{
	return (u32)cap;
}

/**
 * vmr_ctls_may() - bits of a control word that the CPU lets be set
 * @cap: the capability MSR of the control word
 *
 * Context: Any.
 * Return: the allowed 1-settings: a bit clear here may not be 1.
 */
static inline u32 vmr_ctls_may(u64 cap)
{
	return (u32)(cap >> 32);
}

/**
 * vmr_ctls_choose() - find the control word that a CPU accepts
 * @cap: the capability MSR of the control word
 * @required: bits that have to be set
 * @wanted: bits that are set where the CPU has them
 * @value: the control word, written on success only
 *
 * Context: Any.
 * Return: 0, -EOPNOTSUPP if the CPU lacks a required bit, -EIO if the MSR
 *	   contradicts itself (a bit that must, but may not be set).
 */
int vmr_ctls_choose(u64 cap, u32 required, u32 wanted, u32 *value);

#endif
