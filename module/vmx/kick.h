/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how a vCPU is reached from outside: requests, getting it out of the guest,
 * waking it from HLT. Everyone may call; only the vCPU's own thread calls the
 * functions that say so.
 */
#ifndef VMR_VMX_KICK_H
#define VMR_VMX_KICK_H

#include <linux/rcuwait.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* What can be asked of a vCPU: bits of struct vmr_kick.requests. */
#define VMR_REQ_EVENT		0	/* something came into its inbox */
#define VMR_REQ_KICK		1	/* VMR_KICK: RUN returns */
#define VMR_REQ_TLB		2	/* translations have been taken away */
#define VMR_REQ_STOP		3	/* the VM is dead: never cleared, nothing enters */
#define VMR_REQ_DRAIN		4	/* ring/drain.c: posted entries are to be consumed */

/* Where a vCPU's thread is. */
enum vmr_kick_place {
	VMR_OUT_OF_GUEST,
	VMR_IN_GUEST,		/* or so near that it has to be interrupted */
};

/**
 * struct vmr_kick - one vCPU as the outside sees it
 * @requests: VMR_REQ_... bits. Anyone sets, the vCPU's thread clears (but _STOP)
 * @place: written by the vCPU's thread, interrupts off
 * @cpu: where the vCPU's thread was when it last entered; by the same
 * @wait: the vCPU's thread sleeps here, in HLT or for an answer
 */
struct vmr_kick {
	unsigned long requests;
	enum vmr_kick_place place;
	int cpu;
	struct rcuwait wait;
};

#define VMR_KICKS		64

/**
 * struct vmr_kick_group - the vCPUs of a VM
 * @lock: for adding
 * @count: how many of @kicks there are: grows only, smp_store_release()
 * @kicks: constant each, once counted
 */
struct vmr_kick_group {
	spinlock_t lock;	/* for adding; a leaf */
	unsigned int count;
	struct vmr_kick *kicks[VMR_KICKS];
};

/**
 * vmr_kick_group_init() - make a group without vCPUs
 * @group: the group
 *
 * Context: Process.
 */
void vmr_kick_group_init(struct vmr_kick_group *group);

/**
 * vmr_kick_init() - make a vCPU reachable
 * @kick: the vCPU; lives as long as the group
 *
 * Context: Process.
 */
void vmr_kick_init(struct vmr_kick *kick);

/**
 * vmr_kick_join() - let a vCPU be kicked with the others of its VM
 * @group: the VM's
 * @kick: the vCPU's
 *
 * Context: Process; the caller has made sure that there is room.
 */
void vmr_kick_join(struct vmr_kick_group *group, struct vmr_kick *kick);

/**
 * vmr_kick_request() - ask something of a vCPU, and see to it that it notices soon
 * @kick: the vCPU
 * @request: VMR_REQ_...
 *
 * It is got out of the guest or woken from HLT. Doesn't wait.
 *
 * Context: Any but NMI.
 */
void vmr_kick_request(struct vmr_kick *kick, unsigned int request);

/**
 * vmr_kick_wake() - have a vCPU that sleeps look again at what it waits for
 * @kick: the vCPU
 *
 * Context: Any but NMI.
 */
void vmr_kick_wake(struct vmr_kick *kick);

/**
 * vmr_kick_self() - have the entry that comes next end as soon as it can
 * @kick: the calling thread's vCPU
 * @request: VMR_REQ_...
 *
 * An event that this entry injects is delivered all the same.
 *
 * Context: The vCPU's thread, in a burst.
 */
void vmr_kick_self(struct vmr_kick *kick, unsigned int request);

/**
 * vmr_kick_all() - ask the same of all vCPUs of a VM, and wait until they are out
 * @group: the VM
 * @request: VMR_REQ_...
 *
 * On return each vCPU has left the guest at least once since the call, or wasn't
 * there, and looks at the request before it enters again.
 *
 * Context: Interrupts on, may hold spinlocks.
 * Return: how many CPUs were interrupted for that.
 */
unsigned int vmr_kick_all(struct vmr_kick_group *group, unsigned int request);

/**
 * vmr_kick_enter() - say that this vCPU is about to enter the guest
 * @kick: the calling thread's vCPU
 *
 * Pairs with the barrier in vmr_kick_request() and vmr_kick_all(): either they see
 * the vCPU in the guest, or the caller sees their request.
 *
 * Context: The vCPU's thread, interrupts off.
 * Return: true if nothing is requested; false: stay out (the place is out again).
 */
static inline bool vmr_kick_enter(struct vmr_kick *kick)
{
	WRITE_ONCE(kick->cpu, raw_smp_processor_id());
	WRITE_ONCE(kick->place, VMR_IN_GUEST);
	/* Pairs with the barriers behind set_bit() in kick.c. */
	smp_mb();
	if (likely(!READ_ONCE(kick->requests)))
		return true;
	WRITE_ONCE(kick->place, VMR_OUT_OF_GUEST);
	return false;
}

/**
 * vmr_kick_leave() - say that this vCPU has left the guest
 * @kick: the calling thread's vCPU
 *
 * Context: The vCPU's thread, interrupts off.
 */
static inline void vmr_kick_leave(struct vmr_kick *kick)
{
	/*
	 * Pairs with the smp_load_acquire() in is_in_guest(): who finds the vCPU out
	 * finds what its guest did, too, and may free what the guest had.
	 */
	smp_store_release(&kick->place, VMR_OUT_OF_GUEST);
}

#endif
