/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns VMX on the machine as a whole: who has it, and on which CPUs it is on
 * while vmring has it. For core/.
 */
#ifndef VMR_VMX_CPU_H
#define VMR_VMX_CPU_H

#include <linux/types.h>

/**
 * vmr_cpu_init() - take VMX and enter VMX operation on every CPU
 *
 * All or nothing. Prints the reason if it refuses.
 *
 * Context: Process, may sleep; after vmr_caps_init().
 * Return: 0; -EBUSY if KVM or another hypervisor has VMX; -EOPNOTSUPP if a CPU
 *	   doesn't let us; -EIO if VMXON failed; -ENOMEM.
 */
int vmr_cpu_init(void);

/**
 * vmr_cpu_exit() - leave VMX operation on every CPU and give VMX back
 *
 * Context: Process, may sleep.
 */
void vmr_cpu_exit(void);

/**
 * vmr_cpu_vmx_on() - whether a guest can run on a CPU
 * @cpu: which
 *
 * Nearly always true. Not so on a CPU that came online later under 6.1, where
 * the kernel lets nothing fail, and couldn't enter VMX operation.
 *
 * Context: Any. Certain only on that CPU, with interrupts off.
 * Return: true if VMX is on there.
 */
bool vmr_cpu_vmx_on(unsigned int cpu);

#endif
