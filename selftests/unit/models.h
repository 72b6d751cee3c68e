/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the form in which models.c tells of CPUs. */
#ifndef UNIT_MODELS_H
#define UNIT_MODELS_H

#include <linux/kernel.h>
#include <vmring.h>

#include "vmx/caps.h"

/**
 * struct model - a CPU
 * @name: what it is
 * @msr: its capability MSRs, from VMR_CAPS_FIRST_MSR up
 * @found: the names of its features, in the order of their numbers
 * @lacking: the names of those that vmring refuses to load without
 */
struct model {
	const char *name;
	u64 msr[VMR_CAPS_COUNT];
	const char *found[VMR_FEATURE_COUNT];
	const char *lacking;
};

extern const struct model models[];
extern const int model_count;

/**
 * model_read() - read a CPU's capabilities as the module does
 * @model: the CPU
 *
 * Return: what vmr_caps_read() gives there.
 */
struct vmr_caps model_read(const struct model *model);

/**
 * model_called() - find a CPU
 * @name: its name
 *
 * Return: the CPU; the test run ends if there is none.
 */
const struct model *model_called(const char *name);

#endif
