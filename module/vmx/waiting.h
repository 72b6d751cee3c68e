/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the exit that waits for a reply as a part of the vCPU's state: VMR_STATE_EXIT.
 * For core/.
 */
#ifndef VMR_VMX_WAITING_H
#define VMR_VMX_WAITING_H

#include <linux/types.h>

struct vmr_exit_state;
struct vmr_vcpu;

/**
 * vmr_waiting_get() - tell which exit waits
 * @vcpu: the vCPU
 * @to: where to
 *
 * Context: The vCPU's thread, outside of a burst.
 */
void vmr_waiting_get(const struct vmr_vcpu *vcpu, struct vmr_exit_state *to);

/**
 * vmr_waiting_check() - whether an exit can be published
 * @vcpu: the vCPU
 * @from: the exit, which has passed vmr_sound_values()
 *
 * Context: The vCPU's thread.
 * Return: 0; -ENOSPC, -EPROTO as vmr_area_look_for_room().
 */
int vmr_waiting_check(struct vmr_vcpu *vcpu, const struct vmr_exit_state *from);

/**
 * vmr_waiting_set() - let an exit wait, and publish it
 * @vcpu: the vCPU
 * @from: the exit, which has passed vmr_sound_values() and vmr_waiting_check()
 *
 * Nothing happens if it is the one that waits already.
 *
 * Context: The vCPU's thread, outside of a burst.
 */
void vmr_waiting_set(struct vmr_vcpu *vcpu, const struct vmr_exit_state *from);

/**
 * vmr_waiting_end() - no exit waits any more, and no instruction is under way
 * @vcpu: the vCPU
 *
 * Context: The vCPU's thread, outside of a burst.
 */
void vmr_waiting_end(struct vmr_vcpu *vcpu);

#endif
