// SPDX-License-Identifier: GPL-2.0
/*
 * Owns waking the consumer and the vCPU. Called by the vCPU's thread, and where it says
 * so by others.
 */
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/minmax.h>
#include <linux/rcuwait.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <asm/tsc.h>

#include "compat/compat.h"
#include "core/vmring.h"
#include "ring/area.h"
#include "ring/index.h"
#include "ring/wake.h"
#include "vmx/kick.h"
#include "vmx/trace.h"

#define SPIN_NS_MOST	1000000

void vmr_wake_init(struct vmr_wake *wake)
{
	init_waitqueue_head(&wake->waiters);
	vmr_spin_set(&wake->spin, VMR_RING_SPIN_NS, tsc_khz);
}

void vmr_wake_destroy(struct vmr_wake *wake)
{
	if (wake->eventfd)
		eventfd_ctx_put(wake->eventfd);
}

int vmr_wake_set(struct vmr_wake *wake, const struct vmr_ring *ring)
{
	struct eventfd_ctx *eventfd = NULL;

	if (ring->spin_ns > SPIN_NS_MOST)
		return -EINVAL;
	if (ring->flags & VMR_RING_EVENTFD)
		eventfd = eventfd_ctx_fdget(ring->eventfd);
	else if (ring->eventfd)
		return -EINVAL;
	if (IS_ERR(eventfd))
		return PTR_ERR(eventfd);
	vmr_wake_destroy(wake);
	wake->eventfd = eventfd;
	vmr_spin_set(&wake->spin, ring->spin_ns, tsc_khz);
	return 0;
}

/* ---- the consumer ---- */

/* Taken, so that the entries that follow don't signal again. */
static bool signal_eventfd(struct vmr_vcpu *vcpu)
{
	if (!vcpu->wake.eventfd || !xchg(&vcpu->area.rw->control.need_wakeup, 0))
		return false;
	vcpu->stats[VMR_STAT_EVENTFD_WAKES]++;
	trace_vmring_wake(vcpu->id, VMR_WOKE_EVENTFD);
	eventfd_signal(vcpu->wake.eventfd);
	return true;
}

static bool wake_waiters(struct vmr_vcpu *vcpu)
{
	vcpu->stats[VMR_STAT_WAITER_WAKES]++;
	trace_vmring_wake(vcpu->id, VMR_WOKE_WAITERS);
	wake_up_poll(&vcpu->wake.waiters, EPOLLIN | EPOLLRDNORM);
	return true;
}

/*
 * Whom that woke may be due on this CPU, or this thread may have got work to do, of an
 * io_uring of its own: an interrupt comes only if another CPU wants that.
 */
void vmr_wake_give_way(struct vmr_vcpu *vcpu)
{
	if (read_thread_flags() & XFER_TO_GUEST_MODE_WORK)
		set_bit(VMR_REQ_EVENT, &vcpu->kick.requests);
}

void vmr_wake_consumer(struct vmr_vcpu *vcpu)
{
	bool woke = false;

	if (READ_ONCE(vcpu->area.rw->control.need_wakeup))
		woke = signal_eventfd(vcpu);
	/* The barrier in vmr_wake_is_due() is between the entry and this look. */
	if (waitqueue_active(&vcpu->wake.waiters))
		woke |= wake_waiters(vcpu);
	if (woke)
		vmr_wake_give_way(vcpu);
}

long vmr_wake_entries_since(struct vmr_vcpu *vcpu, u32 seen)
{
	/* What user space sees: who is told of an entry finds it there. */
	u32 producer = smp_load_acquire(&vcpu->area.ro->producer);

	return min_t(u32, producer - seen, INT_MAX);
}

long vmr_wake_await_entries(struct vmr_vcpu *vcpu, u32 seen)
{
	int err;

	/*
	 * What comes between saying that one waits and the look is a full barrier, which
	 * pairs with the one in vmr_wake_is_due().
	 */
	err = wait_event_interruptible(vcpu->wake.waiters,
				       vmr_wake_entries_since(vcpu, seen));
	return err ? -EINTR : vmr_wake_entries_since(vcpu, seen);
}

__poll_t vmr_wake_poll(struct vmr_vcpu *vcpu, struct file *file,
		       struct poll_table_struct *table)
{
	poll_wait(file, &vcpu->wake.waiters, table);
	/* Pairs with the one in vmr_wake_is_due(). */
	smp_mb();
	return vmr_wake_entries_since(vcpu, READ_ONCE(vcpu->area.rw->consumer)) ?
	       EPOLLIN | EPOLLRDNORM : 0;
}

/* ---- the vCPU ---- */

void vmr_wake_vcpu(struct vmr_vcpu *vcpu)
{
	trace_vmring_wake(vcpu->id, VMR_WOKE_VCPU);
	vmr_kick_wake(&vcpu->kick);
}

/* What the consumer says of the last entry: 0, that it hasn't passed it yet. */
enum answer {
	NOT_YET,
	GIVEN,
	IMPOSSIBLE,
};

static enum answer look(struct vmr_area *area)
{
	if (unlikely(vmr_area_look(area)))
		return IMPOSSIBLE;
	return vmr_index_used(area->produced, area->consumed) ? NOT_YET : GIVEN;
}

static bool has_to_stop(const struct vmr_vcpu *vcpu)
{
	return READ_ONCE(vcpu->kick.requests) &
	       (BIT(VMR_REQ_KICK) | BIT(VMR_REQ_STOP));
}

/* Where the answer's writer can't run meanwhile, spinning is in its way. */
static enum answer spin(struct vmr_vcpu *vcpu, u64 begin)
{
	enum answer answer = look(&vcpu->area);

	if (num_online_cpus() == 1)
		return answer;
	while (answer == NOT_YET && rdtsc() - begin < vcpu->wake.spin.now) {
		if (need_resched() || signal_pending(current) || has_to_stop(vcpu))
			break;
		cpu_relax();
		answer = look(&vcpu->area);
	}
	return answer;
}

static bool is_over(struct vmr_vcpu *vcpu, enum answer *answer)
{
	*answer = look(&vcpu->area);
	return *answer != NOT_YET || has_to_stop(vcpu);
}

static enum answer sleep(struct vmr_vcpu *vcpu)
{
	enum answer answer;

	WRITE_ONCE(vcpu->area.ro->need_kick, 1);
	/*
	 * Before the look there is a full barrier, for need_kick too: it pairs with user
	 * space's between the consumer's index and need_kick, and with the one of
	 * vmr_kick_wake() and vmr_kick_request().
	 */
	rcuwait_wait_event(&vcpu->kick.wait, is_over(vcpu, &answer),
			   TASK_INTERRUPTIBLE);
	WRITE_ONCE(vcpu->area.ro->need_kick, 0);
	return answer;
}

static enum answer spin_and_sleep(struct vmr_vcpu *vcpu)
{
	u64 begin = rdtsc(), slept, end;
	enum answer answer = spin(vcpu, begin);

	slept = rdtsc();
	vcpu->stats[VMR_STAT_SPIN_TICKS] += slept - begin;
	if (likely(answer != NOT_YET)) {
		vcpu->stats[VMR_STAT_SPINS]++;
		return answer;
	}
	answer = sleep(vcpu);
	end = rdtsc();
	vcpu->stats[VMR_STAT_SLEEPS]++;
	vcpu->stats[VMR_STAT_SLEEP_TICKS] += end - slept;
	vmr_spin_learn(&vcpu->wake.spin, end - begin);
	return answer;
}

int vmr_wake_await_answer(struct vmr_vcpu *vcpu)
{
	trace_vmring_wait(vcpu->id, vcpu->area.produced);
	switch (spin_and_sleep(vcpu)) {
	case GIVEN:
		return 0;
	case IMPOSSIBLE:
		return -EPROTO;
	default:
		break;
	}
	if (!has_to_stop(vcpu))
		return -EINTR;
	if (test_and_clear_bit(VMR_REQ_KICK, &vcpu->kick.requests))
		vcpu->stats[VMR_STAT_KICKS]++;
	return -EAGAIN;
}
