/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the values of the MSRs that vmring virtualizes. For vmx/exit_msr.c itself and
 * core/regs.c.
 */
#ifndef VMR_VMX_EXIT_MSR_H
#define VMR_VMX_EXIT_MSR_H

#include <linux/types.h>

struct vmr_msr_desc;
struct vmr_vcpu;

/**
 * vmr_msr_read() - read one of a vCPU's MSRs
 * @vcpu: the vCPU
 * @desc: the MSR
 *
 * Context: In a burst.
 * Return: its value.
 */
u64 vmr_msr_read(const struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc);

/**
 * vmr_msr_write() - write one of a vCPU's MSRs
 * @vcpu: the vCPU
 * @desc: the MSR
 * @value: the value
 *
 * Context: In a burst, which has to end before the guest is entered again.
 * Return: false if the MSR doesn't take the value.
 */
bool vmr_msr_write(struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc,
		   u64 value);

#endif
