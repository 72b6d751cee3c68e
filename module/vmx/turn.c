// SPDX-License-Identifier: GPL-2.0
/*
 * Owns whose turn it is when a vCPU spins. Called by vmx/run.c, in the vCPU's thread.
 */
#include <linux/container_of.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>

#include "core/vmring.h"
#include "vmx/turn.h"

void vmr_turn_begin(struct vmr_turn *turn)
{
	WRITE_ONCE(turn->preempted, false);
	rcu_assign_pointer(turn->task, current);
}

void vmr_turn_end(struct vmr_turn *turn)
{
	RCU_INIT_POINTER(turn->task, NULL);
}

/* One that sleeps, in HLT or for a page, has nothing to do with a CPU. */
void vmr_turn_out(struct vmr_turn *turn)
{
	WRITE_ONCE(turn->preempted, task_is_running(current));
}

void vmr_turn_in(struct vmr_turn *turn)
{
	WRITE_ONCE(turn->preempted, false);
}

/* Who spins may wait for the same, or may have got it meanwhile. */
static bool is_due(struct vmr_turn *turn)
{
	if (!READ_ONCE(turn->preempted))
		return false;
	if (!READ_ONCE(turn->spins))
		return true;
	WRITE_ONCE(turn->skipped, !READ_ONCE(turn->skipped));
	return !READ_ONCE(turn->skipped);
}

static bool pass_to(const struct vmr_turn *turn)
{
	struct task_struct *task;
	int passed;

	rcu_read_lock();
	task = rcu_dereference(turn->task);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	if (!task)
		return false;
	passed = yield_to(task, true);
	put_task_struct(task);
	return passed > 0;
}

static bool pass(struct vmr_vcpu *vcpu)
{
	struct vmr_kick_group *group = &vcpu->vm->kicks;
	/* Pairs with the smp_store_release() in vmr_kick_join(). */
	unsigned int count = smp_load_acquire(&group->count);
	unsigned int last = READ_ONCE(vcpu->vm->last_turn);
	unsigned int i;

	for (i = 1; i <= count; i++) {
		unsigned int number = (last + i) % count;
		struct vmr_vcpu *other = container_of(group->kicks[number],
						      struct vmr_vcpu, kick);

		if (other == vcpu || !is_due(&other->turn) ||
		    !pass_to(&other->turn))
			continue;
		WRITE_ONCE(vcpu->vm->last_turn, number);
		return true;
	}
	return false;
}

bool vmr_turn_pass(struct vmr_vcpu *vcpu)
{
	bool passed;

	WRITE_ONCE(vcpu->turn.spins, true);
	passed = pass(vcpu);
	WRITE_ONCE(vcpu->turn.spins, false);
	return passed;
}
