/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the run loop: entering the guest again and again until user space is needed.
 * For core/vcpu.c.
 */
#ifndef VMR_VMX_RUN_H
#define VMR_VMX_RUN_H

#include <linux/types.h>

struct vmr_exit;
struct vmr_vcpu;

/**
 * vmr_run_prepare() - let the scheduler tell of a new vCPU's thread
 * @vcpu: the vCPU
 *
 * Context: Process.
 */
void vmr_run_prepare(struct vmr_vcpu *vcpu);

/**
 * vmr_run_begin() - bring a guest's registers into the calling thread
 * @vcpu: the vCPU
 *
 * From here to vmr_run_end() the thread's FPU is the guest's, and the scheduler tells of
 * the thread.
 *
 * Context: Process.
 */
void vmr_run_begin(struct vmr_vcpu *vcpu);

/**
 * vmr_run_end() - take them out again
 * @vcpu: the vCPU
 *
 * Context: Process; the thread that called vmr_run_begin().
 */
void vmr_run_end(struct vmr_vcpu *vcpu);

/**
 * vmr_run() - let a guest run until there is an exit for user space
 * @vcpu: the vCPU, between vmr_run_begin() and _end(); nothing is outstanding
 *
 * The exit is in the area's slot, not published yet.
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0, also for a signal (VMR_EXIT_INTERRUPTED); -EIO if VMX is off
 *	   (no exit then).
 */
long vmr_run(struct vmr_vcpu *vcpu);

/**
 * vmr_run_ask_for_vector() - begin an exit VMR_EXIT_INTACK
 * @vcpu: the vCPU
 *
 * Context: The vCPU's thread, process.
 * Return: the entry.
 */
struct vmr_exit *vmr_run_ask_for_vector(struct vmr_vcpu *vcpu);

#endif
