/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the judgement of registers that a vCPU is about to be given: vmx/sound.h's
 * rules, applied to them and to those that stay. For core/regs.c.
 */
#ifndef VMR_VMX_JUDGE_H
#define VMR_VMX_JUDGE_H

#include <linux/types.h>

struct vmr_state;
struct vmr_vcpu;

/**
 * vmr_judge() - judge what a vCPU would be with other registers
 * @vcpu: the vCPU, with @groups read
 * @groups: VMR_STATE_..., which would be others
 * @from: those
 *
 * Context: Process, outside of a burst, may sleep.
 * Return: 0; -EINVAL for values that no CPU of this kind can have, reserved bits, and
 *	   what VM entry would refuse; -EIO if VMX is off on this CPU; -ENOMEM.
 */
int vmr_judge(struct vmr_vcpu *vcpu, u64 groups, const struct vmr_state *from);

#endif
