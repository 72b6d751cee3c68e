/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the life of a VM's memory: made for the calling process, taken apart when
 * the VM goes. For the files of module/ept and those to their left.
 */
#ifndef VMR_EPT_EPT_H
#define VMR_EPT_EPT_H

#include <linux/list.h>
#include <linux/mmu_notifier.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "ept/pte.h"
#include "ept/slot_table.h"

struct vmr_kick_group;

/**
 * struct vmr_ept - a VM's memory
 * @kicks: the VM's vCPUs
 * @root: the top table
 * @pointer: the EPT pointer
 * @rules: what entries the CPU takes
 * @limits: where slots may be
 * @large_fetch: large pages may be executed
 * @pml: the CPU logs writes (page-modification logging)
 * @seen: of each CPU, the generation that it has flushed for
 * @notifier: the registration with the process's memory; holds its mm
 * @slots_lock: slots.c: exclusive to change slots, shared to copy through them
 * @lock: all that follows, and the tables below @root
 * @slots: slots.c: written with @slots_lock held, too
 * @leaving: slots.c: what is being taken out of @slots, while translations are left
 * @dead: notifier.c: the process's memory is gone
 * @invalidating: notifier.c: how many invalidations are going on
 * @start: notifier.c: where in the process, all of them taken together
 * @end: first address behind
 * @sequence: notifier.c, slots.c: counts what makes a page that was got stale
 * @generation: tables.c: counts what was taken away; read without the lock, too
 * @flushed: tlb.c: the generation that every CPU has flushed for, or doesn't need to
 * @faults: fault.c: pages mapped, by level
 * @zaps: tables.c: pages unmapped
 * @flushes: tlb.c: how often all vCPUs had to flush
 * @interrupted: tlb.c: how many CPUs were got out of the guest for that
 * @buffers: dirty.c: the vCPUs' parts of the log, where the CPU keeps one
 *
 * A field is constant after create, or is written by the file named, under @lock.
 */
struct vmr_ept {
	/* Constant after create. */
	struct vmr_kick_group *kicks;
	u64 *root;
	u64 pointer;
	struct vmr_pte_rules rules;
	struct vmr_slot_limits limits;
	bool large_fetch;
	bool pml;
	u64 __percpu *seen;
	struct mmu_notifier notifier;

	struct rw_semaphore slots_lock;
	spinlock_t lock;	/* a leaf but for kicks; not for irqs-off code */

	/* Under lock. */
	struct vmr_slot_table slots;
	struct vmr_memslot leaving;
	bool dead;
	unsigned int invalidating;
	u64 start;
	u64 end;
	u64 sequence;
	u64 generation;
	u64 flushed;
	u64 faults[VMR_EPT_1G + 1];
	u64 zaps;
	u64 flushes;
	u64 interrupted;
	struct list_head buffers;
};

/**
 * vmr_ept_create() - make memory without slots for the calling process
 * @ept: zeroed
 * @kicks: the VM's vCPUs; they and their group live until vmr_ept_destroy() is over
 *
 * Context: Process, may sleep; waits for no grace period.
 * Return: 0; -ENOMEM; -EINTR if the process is being killed.
 */
int vmr_ept_create(struct vmr_ept *ept, struct vmr_kick_group *kicks);

/**
 * vmr_ept_destroy() - take it apart
 * @ept: which; vmr_ept_create() succeeded, no vCPU runs
 *
 * Context: Process, may sleep, of whatever process.
 */
void vmr_ept_destroy(struct vmr_ept *ept);

/**
 * vmr_ept_pointer() - what goes into the VMCS
 * @ept: whose
 *
 * Context: Any.
 * Return: the EPT pointer.
 */
static inline u64 vmr_ept_pointer(const struct vmr_ept *ept)
{
	return ept->pointer;
}

/**
 * vmr_ept_is_dead() - whether the process's memory is gone
 * @ept: whose
 *
 * Context: Any.
 * Return: true if so; it stays so.
 */
static inline bool vmr_ept_is_dead(const struct vmr_ept *ept)
{
	return READ_ONCE(ept->dead);
}

#endif
