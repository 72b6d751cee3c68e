/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the decision whether a CPU's VT-x will do for vmring, and the sentence
 * that says why not. Pure: no state, no kernel dependency; selftests/unit
 * compiles it in user space.
 */
#ifndef VMR_VMX_ACCEPT_H
#define VMR_VMX_ACCEPT_H

#include "vmx/features.h"

struct vmr_caps;

/* Long enough for every feature's name at once, and what is said of them. */
#define VMR_ACCEPT_REASON	(VMR_FEATURES_LINE + 80)

/**
 * vmr_accept_caps() - decide whether a CPU's VT-x will do
 * @caps: the CPU
 * @reason: why not, one sentence; empty if it will do
 * @size: of @reason, VMR_ACCEPT_REASON bytes do
 *
 * Context: Any.
 * Return: 0; -EOPNOTSUPP if something is missing that vmring can't do without;
 *	   -EIO if the CPU contradicts itself.
 */
int vmr_accept_caps(const struct vmr_caps *caps, char *reason, int size);

#endif
