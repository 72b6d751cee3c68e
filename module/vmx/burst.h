/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the short burst: a vCPU's VMCS loaded for a few accesses, without entering the
 * guest. For whoever holds the vCPU's mutex; vmx/run.c has the long ones.
 */
#ifndef VMR_VMX_BURST_H
#define VMR_VMX_BURST_H

#include <linux/types.h>

struct vmr_vcpu;

/**
 * vmr_burst_begin() - be able to read and write a vCPU's VMCS
 * @vcpu: the vCPU
 *
 * Context: Process, interrupts and preemption on; both are off until vmr_burst_end().
 * Return: 0, or -EIO if VMX is off on this CPU: there is no burst then.
 */
int vmr_burst_begin(struct vmr_vcpu *vcpu);

/**
 * vmr_burst_end() - the end of it
 * @vcpu: the vCPU
 *
 * Context: Where vmr_burst_begin() succeeded.
 */
void vmr_burst_end(struct vmr_vcpu *vcpu);

/**
 * vmr_burst_settle() - do first what a burst has to do first
 * @vcpu: the vCPU
 *
 * Gives a new VMCS its first contents, and goes past the instruction that exited if
 * that is due.
 *
 * Context: In a burst.
 */
void vmr_burst_settle(struct vmr_vcpu *vcpu);

/**
 * vmr_burst_fetch() - have groups of registers in vcpu->state, in a burst of its own
 * @vcpu: the vCPU
 * @groups: VMR_STATE_...
 *
 * What of the instruction that exited is still due is done first.
 *
 * Context: Process, outside of a burst.
 * Return: 0, or -EIO if VMX is off on this CPU.
 */
int vmr_burst_fetch(struct vmr_vcpu *vcpu, u64 groups);

/**
 * vmr_burst_note_debug() - the instruction that ends has met debug conditions
 * @vcpu: the vCPU, before it is said that this instruction is to be skipped
 * @conditions: bits of the pending debug exceptions, as VT-x has them
 *
 * Context: Process, outside of a burst. If VMX is off, RUN ends, and they are lost.
 */
void vmr_burst_note_debug(struct vmr_vcpu *vcpu, u64 conditions);

#endif
