/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns waking: of the consumer, who waits for entries, and of the vCPU, which waits for
 * its answer. For core/ and vmx/'s run half. The barriers are in uapi/vmring_ring.h and
 * docs/memory-ordering.md.
 */
#ifndef VMR_RING_WAKE_H
#define VMR_RING_WAKE_H

#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <vmring.h>
#include <vmring_ring.h>

#include "ring/spin.h"

struct eventfd_ctx;
struct file;
struct vmr_vcpu;

/* Whom the trace event vmring_wake tells of. */
enum vmr_woke {
	VMR_WOKE_EVENTFD,
	VMR_WOKE_WAITERS,
	VMR_WOKE_VCPU,
};

/**
 * struct vmr_wake - how the two sides of a vCPU's ring are woken
 * @waiters: who is in poll() or VMR_WAIT; by its own lock
 * @eventfd: the consumer's, or NULL
 * @spin: how long the vCPU spins for an answer
 *
 * @eventfd and @spin belong to whoever holds the vCPU's mutex.
 */
struct vmr_wake {
	wait_queue_head_t waiters;
	struct eventfd_ctx *eventfd;
	struct vmr_spin spin;
};

/**
 * vmr_wake_init() - begin as uapi/vmring.h says: no eventfd, VMR_RING_SPIN_NS
 * @wake: of a new vCPU
 *
 * Context: Process.
 */
void vmr_wake_init(struct vmr_wake *wake);

/**
 * vmr_wake_destroy() - let go of the eventfd
 * @wake: of a vCPU that nobody uses
 *
 * Context: Process.
 */
void vmr_wake_destroy(struct vmr_wake *wake);

/**
 * vmr_wake_set() - take what VMR_SET_RING says of waking
 * @wake: the vCPU's
 * @ring: from user space; flags are known ones
 *
 * Context: Process, the vCPU's mutex held.
 * Return: 0; -EINVAL for a time over a millisecond, for an eventfd without its flag, and
 *	   for a file that is no eventfd; -EBADF for no file. Nothing has changed then.
 */
int vmr_wake_set(struct vmr_wake *wake, const struct vmr_ring *ring);

/**
 * vmr_wake_is_due() - whether somebody sleeps who has to hear of what has been published
 * @wake: the calling thread's vCPU's
 * @rw: that of its area
 *
 * All that a consumer costs who polls the ring. It is a full barrier in any case.
 *
 * Context: The vCPU's thread; may be in a burst.
 * Return: true: call vmr_wake_consumer().
 */
static __always_inline bool vmr_wake_is_due(struct vmr_wake *wake,
					    const struct vmr_area_rw *rw)
{
	/*
	 * Pairs with user space's full barrier between need_wakeup and its look at the
	 * producer, and with those in vmr_wake_poll() and vmr_wake_await_entries(). It
	 * lies between the entry and both looks here.
	 */
	smp_mb();
	if (unlikely(READ_ONCE(rw->control.need_wakeup)))
		return true;
	/* The barrier is before this look, too. */
	return unlikely(waitqueue_active(&wake->waiters));
}

/**
 * vmr_wake_consumer() - wake who sleeps
 * @vcpu: the calling thread's vCPU, after vmr_wake_is_due()
 *
 * Context: The vCPU's thread; may be in a burst.
 */
void vmr_wake_consumer(struct vmr_vcpu *vcpu);

/**
 * vmr_wake_give_way() - end the burst if somebody was woken whose turn it is on this CPU
 * @vcpu: the calling thread's vCPU
 *
 * Context: The vCPU's thread; may be in a burst.
 */
void vmr_wake_give_way(struct vmr_vcpu *vcpu);

/**
 * vmr_wake_vcpu() - have a vCPU that sleeps for an answer look for it (VMR_KICK_WAKE)
 * @vcpu: the vCPU
 *
 * Context: Any but NMI.
 */
void vmr_wake_vcpu(struct vmr_vcpu *vcpu);

/**
 * vmr_wake_await_answer() - wait until the consumer's index passes the last entry
 * @vcpu: the calling thread's vCPU, outside of a burst
 *
 * Spins, then sleeps.
 *
 * Context: Process.
 * Return: 0; -EINTR for a signal, -EAGAIN for VMR_KICK, which is taken, and when the VM
 *	   is dead; -EPROTO for a consumer's index that can't be.
 */
int vmr_wake_await_answer(struct vmr_vcpu *vcpu);

/**
 * vmr_wake_entries_since() - how many entries there are beyond an index
 * @vcpu: the vCPU
 * @seen: the index
 *
 * Context: Any, from any thread.
 * Return: their number, at most INT_MAX.
 */
long vmr_wake_entries_since(struct vmr_vcpu *vcpu, u32 seen);

/**
 * vmr_wake_await_entries() - wait until there are some
 * @vcpu: the vCPU; the caller keeps it
 * @seen: the index
 *
 * Context: Process, any thread.
 * Return: their number, as vmr_wake_entries_since(); -EINTR for a signal.
 */
long vmr_wake_await_entries(struct vmr_vcpu *vcpu, u32 seen);

/**
 * vmr_wake_poll() - poll() of a vCPU's file
 * @vcpu: the vCPU
 * @file: its file
 * @table: who polls
 *
 * Context: Process, any thread.
 * Return: EPOLLIN if there are entries that the consumer's index hasn't passed.
 */
__poll_t vmr_wake_poll(struct vmr_vcpu *vcpu, struct file *file,
		       struct poll_table_struct *table);

#endif
