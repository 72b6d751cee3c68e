/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what controls a vCPU runs with. For vmx/run.c and core/.
 */
#ifndef VMR_VMX_SETUP_H
#define VMR_VMX_SETUP_H

#include <linux/types.h>

struct vmr_controls;
struct vmr_cpuid_host;
struct vmr_cr_limits;
struct vmr_vcpu;

/* PAUSE-loop exiting, in TSC ticks: what counts as one loop, and for how long. */
#define VMR_PLE_GAP		128U
#define VMR_PLE_WINDOW		4096U
#define VMR_PLE_WINDOW_MAX	(VMR_PLE_WINDOW << 10)

/**
 * vmr_setup_init() - choose the controls that every vCPU of this host runs with
 *
 * Context: Process, once, after vmr_caps_init() and vmr_host_init().
 * Return: 0, or what vmr_features_controls() said.
 */
int vmr_setup_init(void);

/**
 * vmr_setup_cpuid_host() - what decides on what a guest may be offered
 *
 * Context: Any.
 * Return: constant after vmr_setup_init().
 */
const struct vmr_cpuid_host *vmr_setup_cpuid_host(void);

/**
 * vmr_setup_controls() - the control words that vCPUs run with
 *
 * Context: Any.
 * Return: constant after vmr_setup_init().
 */
const struct vmr_controls *vmr_setup_controls(void);

/**
 * vmr_setup() - give a vCPU's VMCS its first contents
 * @vcpu: the vCPU
 *
 * Context: In a burst, once.
 */
void vmr_setup(struct vmr_vcpu *vcpu);

/**
 * vmr_setup_masks() - say which bits of CR0 and CR4 the guest changes by itself
 * @limits: what the vCPU, which hasn't run yet, will have
 *
 * Context: In a burst.
 */
void vmr_setup_masks(const struct vmr_cr_limits *limits);

#endif
