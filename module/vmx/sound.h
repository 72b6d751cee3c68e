/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which registers a vCPU may be given. Two kinds of rules: values by themselves,
 * and whether VM entry would take what they come to with all the others; the second
 * kind are vmcs/check.h's. Pure: no kernel dependency; selftests/unit compiles it in
 * user space.
 */
#ifndef VMR_VMX_SOUND_H
#define VMR_VMX_SOUND_H

#include <linux/types.h>

#include <vmring.h>

struct vmr_caps;
struct vmr_controls;
struct vmr_cr_limits;
struct vmr_vmcs_fault;
struct vmr_vmcs_state;

/**
 * struct vmr_sound_cpu - for which CPU registers are to be sound
 * @caps: the host's
 * @controls: the control words that vCPUs run with
 * @limits: the vCPU's
 * @debugctl: its IA32_DEBUGCTL
 */
struct vmr_sound_cpu {
	const struct vmr_caps *caps;
	const struct vmr_controls *controls;
	const struct vmr_cr_limits *limits;
	u64 debugctl;
};

/**
 * vmr_sound_values() - judge values by themselves
 * @limits: the vCPU's
 * @groups: VMR_STATE_..., which to look at
 * @state: the registers
 *
 * What passes is read back as it was set.
 *
 * Context: Any.
 * Return: false for reserved bits and fields, for what the guest's CPUID doesn't
 *	   offer, and for what no register can hold.
 */
bool vmr_sound_values(const struct vmr_cr_limits *limits, u64 groups,
		      const struct vmr_state *state);

/**
 * vmr_sound_whole() - judge registers together, as VM entry would
 * @cpu: the CPU
 * @state: all registers, each of which passes vmr_sound_values()
 * @scratch: room for what would be in the VMCS; what @exists in it isn't filled in
 * @fault: the field and the rule, if one is violated
 *
 * Context: Any.
 * Return: false if VM entry would fail.
 */
bool vmr_sound_whole(const struct vmr_sound_cpu *cpu, const struct vmr_state *state,
		     struct vmr_vmcs_state *scratch, struct vmr_vmcs_fault *fault);

#endif
