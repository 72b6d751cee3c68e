// SPDX-License-Identifier: GPL-2.0
/*
 * Owns getting a vCPU's attention. Called by everyone, from any context but NMI.
 */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/gfp.h>
#include <linux/preempt.h>
#include <linux/smp.h>
#include <trace/events/ipi.h>

#include "vmx/kick.h"

void vmr_kick_group_init(struct vmr_kick_group *group)
{
	spin_lock_init(&group->lock);
	group->count = 0;
}

void vmr_kick_init(struct vmr_kick *kick)
{
	kick->requests = 0;
	kick->place = VMR_OUT_OF_GUEST;
	kick->cpu = -1;
	rcuwait_init(&kick->wait);
}

void vmr_kick_join(struct vmr_kick_group *group, struct vmr_kick *kick)
{
	spin_lock(&group->lock);
	if (!WARN_ON_ONCE(group->count == VMR_KICKS)) {
		group->kicks[group->count] = kick;
		/* Pairs with the smp_load_acquire() in vmr_kick_all(). */
		smp_store_release(&group->count, group->count + 1);
	}
	spin_unlock(&group->lock);
}

/* The interrupt itself is the message. */
static void out_of_guest(void *unused)
{
}

static bool is_in_guest(struct vmr_kick *kick)
{
	/* Pairs with the smp_store_release() in vmr_kick_leave(). */
	return smp_load_acquire(&kick->place) == VMR_IN_GUEST;
}

/* On this CPU it can't be in the guest: this code runs. */
static void interrupt(int cpu, int here)
{
	if (cpu != here && cpu_online(cpu))
		smp_send_reschedule(cpu);
}

void vmr_kick_request(struct vmr_kick *kick, unsigned int request)
{
	int here;

	set_bit(request, &kick->requests);
	/* Pairs with the smp_mb() in vmr_kick_enter(). */
	smp_mb__after_atomic();
	if (rcuwait_wake_up(&kick->wait))
		return;

	here = get_cpu();
	if (is_in_guest(kick))
		interrupt(READ_ONCE(kick->cpu), here);
	put_cpu();
}

void vmr_kick_wake(struct vmr_kick *kick)
{
	rcuwait_wake_up(&kick->wait);
}

void vmr_kick_self(struct vmr_kick *kick, unsigned int request)
{
	set_bit(request, &kick->requests);
	smp_send_reschedule(smp_processor_id());
}

/* The other CPUs that are in the guest; nobody is on the one that runs this. */
static void find_cpus(const struct vmr_kick_group *group, unsigned int count,
		      struct cpumask *mask)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (is_in_guest(group->kicks[i]))
			cpumask_set_cpu(READ_ONCE(group->kicks[i]->cpu), mask);
	cpumask_clear_cpu(smp_processor_id(), mask);
}

unsigned int vmr_kick_all(struct vmr_kick_group *group, unsigned int request)
{
	/* Pairs with the smp_store_release() in vmr_kick_join(). */
	unsigned int i, count = smp_load_acquire(&group->count);
	const struct cpumask *cpus = cpu_online_mask;
	unsigned int interrupted;
	cpumask_var_t mask;
	bool has_mask;

	/* Without memory for the mask everyone is interrupted. */
	has_mask = zalloc_cpumask_var(&mask, GFP_ATOMIC | __GFP_NOWARN);
	for (i = 0; i < count; i++)
		set_bit(request, &group->kicks[i]->requests);
	/* Pairs with the smp_mb() in vmr_kick_enter(). */
	smp_mb__after_atomic();

	preempt_disable();
	if (has_mask) {
		find_cpus(group, count, mask);
		cpus = mask;
	}
	interrupted = cpumask_weight(cpus);
	if (interrupted)
		smp_call_function_many(cpus, out_of_guest, NULL, true);
	preempt_enable();
	if (has_mask)
		free_cpumask_var(mask);
	return interrupted;
}
