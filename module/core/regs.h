/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the ioctls that get and set a vCPU's registers, MSRs and CPUID table. For
 * core/vcpu.c, which holds the vCPU's mutex.
 */
#ifndef VMR_CORE_REGS_H
#define VMR_CORE_REGS_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct vmr_state;
struct vmr_vcpu;

/**
 * vmr_regs_copy() - copy groups of registers
 * @vcpu: from where: they have been fetched
 * @groups: VMR_STATE_...
 * @to: where to; the other groups stay as they are
 *
 * Context: Process.
 */
void vmr_regs_copy(struct vmr_vcpu *vcpu, u64 groups, struct vmr_state *to);

/**
 * vmr_regs_set() - take groups of registers from user space
 * @vcpu: the vCPU
 * @groups: VMR_STATE_..., known ones only
 * @from: the kernel's copy
 *
 * An exit that waits is over if RIP is another one now.
 *
 * Context: Process.
 * Return: 0; as vmr_burst_fetch(), vmr_judge() and vmr_waiting_check(): nothing has changed
 *	   then.
 */
int vmr_regs_set(struct vmr_vcpu *vcpu, u64 groups,
		 const struct vmr_state *from);

/* The ioctls of the same names. Context: Process. Return: 0 or a negative errno. */
long vmr_regs_get_state(struct vmr_vcpu *vcpu, void __user *arg);
long vmr_regs_set_state(struct vmr_vcpu *vcpu, void __user *arg);
long vmr_regs_get_msrs(struct vmr_vcpu *vcpu, void __user *arg);
long vmr_regs_set_msrs(struct vmr_vcpu *vcpu, void __user *arg);
long vmr_regs_set_cpuid(struct vmr_vcpu *vcpu, void __user *arg);

#endif
