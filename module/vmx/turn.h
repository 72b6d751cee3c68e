/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns whose turn it is when a vCPU spins: which of its VM's other vCPUs were
 * preempted, and giving one of them the CPU. For vmx/run.c, in the vCPU's thread.
 */
#ifndef VMR_VMX_TURN_H
#define VMR_VMX_TURN_H

#include <linux/types.h>

struct task_struct;
struct vmr_vcpu;

/**
 * struct vmr_turn - a vCPU's thread as the VM's other vCPUs see it
 * @task: in RUN; NULL: nobody is. A task that is in RUN can't be gone before an RCU
 *	  grace period is over
 * @preempted: it would run, but another task has its CPU
 * @spins: its guest spun when it gave the CPU away
 * @skipped: it was its turn, but it spins; written by the others' threads, too
 *
 * The rest is written by the vCPU's thread, and read by the others'.
 */
struct vmr_turn {
	struct task_struct __rcu *task;
	bool preempted;
	bool spins;
	bool skipped;
};

/**
 * vmr_turn_begin() - say that this thread runs the vCPU now
 * @turn: the vCPU's
 *
 * Context: Process.
 */
void vmr_turn_begin(struct vmr_turn *turn);

/**
 * vmr_turn_end() - say that no thread does
 * @turn: the vCPU's
 *
 * Context: Process, the thread of vmr_turn_begin().
 */
void vmr_turn_end(struct vmr_turn *turn);

/**
 * vmr_turn_out() - the thread is switched away
 * @turn: the vCPU's
 *
 * Context: The vCPU's thread, under the scheduler's locks.
 */
void vmr_turn_out(struct vmr_turn *turn);

/**
 * vmr_turn_in() - the thread has a CPU again
 * @turn: the vCPU's
 *
 * Context: The vCPU's thread, under the scheduler's locks.
 */
void vmr_turn_in(struct vmr_turn *turn);

/**
 * vmr_turn_pass() - let a preempted vCPU of the same VM run instead of this one
 * @vcpu: the vCPU that spins
 *
 * Each in turn: nothing says which of them holds what the guest waits for. Those that
 * spin themselves get every second turn only.
 *
 * Context: The vCPU's thread, process.
 * Return: false: there is none, or the scheduler doesn't want to.
 */
bool vmr_turn_pass(struct vmr_vcpu *vcpu);

#endif
