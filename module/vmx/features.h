/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the table of VT-x features: how each is called, which capability bits
 * make it, and whether vmring needs it. Pure: no state, no kernel dependency;
 * selftests/unit compiles it in user space.
 */
#ifndef VMR_VMX_FEATURES_H
#define VMR_VMX_FEATURES_H

#include <linux/types.h>

#include "vmx/caps.h"

/* Long enough for every feature's name at once; the unit tests prove it. */
#define VMR_FEATURES_LINE	800

/**
 * struct vmr_controls - the five control words of 32 bits and the 64-bit one
 * @word: by enum vmr_caps_word, up to VMR_CAPS_CTLS
 * @proc3: the tertiary processor-based controls
 */
struct vmr_controls {
	u32 word[VMR_CAPS_CTLS];
	u64 proc3;
};

/**
 * vmr_features_found() - decode a CPU's features
 * @caps: the CPU
 *
 * Context: Any.
 * Return: a bit 1 << VMR_FEATURE_... (uapi/vmring.h) for each that it has.
 */
u64 vmr_features_found(const struct vmr_caps *caps);

/**
 * vmr_features_line() - tell found and missing features in one line
 * @caps: the CPU
 * @line: where to, VMR_FEATURES_LINE bytes do
 * @size: of @line
 *
 * Context: Any.
 * Return: the length of the line.
 */
int vmr_features_line(const struct vmr_caps *caps, char *line, int size);

/**
 * vmr_features_lacking() - tell what vmring can't do without
 * @caps: the CPU
 * @line: where to, VMR_FEATURES_LINE bytes do
 * @size: of @line
 *
 * Context: Any.
 * Return: how many names are listed, 0 if nothing is lacking.
 */
int vmr_features_lacking(const struct vmr_caps *caps, char *line, int size);

/**
 * vmr_features_controls() - find the control words for a guest on this CPU
 * @caps: the CPU
 * @controls: the words; written on success only
 *
 * Context: Any.
 * Return: 0, or what vmr_ctls_choose() said of the word that can't be had.
 */
int vmr_features_controls(const struct vmr_caps *caps,
			  struct vmr_controls *controls);

#endif
