// SPDX-License-Identifier: GPL-2.0
/*
 * Owns hearing of what the process does with its memory. Called by the kernel, at
 * times in places where nothing may sleep, interrupts on.
 *
 * Before the process's memory changes, what is mapped of it is taken away, and no
 * vCPU uses it any more when the callback returns. From then on until the change is
 * over nothing is mapped there, and after it no page that was got before: an
 * invalidation counts itself in and out, and ends with another sequence number.
 *
 *	fault.c				notifier.c
 *	sequence is read, locked
 *	page is got			start: invalidating + 1, zap, flush
 *					(the process's memory changes)
 *					end: sequence + 1, invalidating - 1
 *	locked: if there is an invalidation that meets the page, or the sequence is
 *	another one, then not; else it is mapped
 *
 * A replaced page needs no callback of its own (change_pte, in 6.1): the kernel
 * replaces one between start and end alone.
 */
#include <linux/minmax.h>
#include <linux/sched.h>

#include "ept/ept.h"
#include "ept/notifier.h"
#include "ept/tables.h"
#include "ept/tlb.h"
#include "vmx/kick.h"

/* The slots by number, and then the one that is being taken out. */
#define PLACES	(VMR_MAX_SLOTS + 1)

static struct vmr_ept *ept_of(struct mmu_notifier *notifier)
{
	return container_of(notifier, struct vmr_ept, notifier);
}

static const struct vmr_memslot *place(const struct vmr_ept *ept,
				       unsigned int number)
{
	if (number < VMR_MAX_SLOTS)
		return &ept->slots.slot[number];
	return &ept->leaving;
}

bool vmr_notifier_is_stale(const struct vmr_ept *ept, u64 sequence, u64 start,
			   u64 end)
{
	lockdep_assert_held(&ept->lock);
	if (ept->sequence != sequence)
		return true;
	return ept->invalidating && start < ept->end && ept->start < end;
}

/* The range only grows while any invalidation goes on: they may end in any order. */
static void begin(struct vmr_ept *ept, u64 start, u64 end)
{
	if (!ept->invalidating++) {
		ept->start = start;
		ept->end = end;
		return;
	}
	ept->start = min(ept->start, start);
	ept->end = max(ept->end, end);
}

/*
 * Takes away what is mapped of a range of the process. The lock may be let go in
 * between: slots may change then, but of the range nothing is mapped any more, and
 * a slot that is taken out comes last. Returns whether any slot has to do with it.
 */
static bool zap(struct vmr_ept *ept, u64 start, u64 end, bool may_sleep)
{
	bool met = false;
	unsigned int i;
	u64 gpa, to;

	for (i = 0; i < PLACES; i++) {
		if (!vmr_memslot_meets(place(ept, i), start, end, &gpa, &to))
			continue;
		met = true;
		while (gpa < to) {
			gpa = vmr_tables_zap(ept, gpa, to, NULL);
			if (may_sleep)
				cond_resched_lock(&ept->lock);
		}
	}
	return met;
}

static int invalidate_start(struct mmu_notifier *notifier,
			    const struct mmu_notifier_range *range)
{
	struct vmr_ept *ept = ept_of(notifier);
	bool met;

	spin_lock(&ept->lock);
	begin(ept, range->start, range->end);
	met = zap(ept, range->start, range->end,
		  mmu_notifier_range_blockable(range));
	spin_unlock(&ept->lock);
	if (met)
		vmr_ept_flush(ept);
	return 0;
}

static void invalidate_end(struct mmu_notifier *notifier,
			   const struct mmu_notifier_range *range)
{
	struct vmr_ept *ept = ept_of(notifier);

	spin_lock(&ept->lock);
	ept->sequence++;
	if (!WARN_ON_ONCE(!ept->invalidating))
		ept->invalidating--;
	spin_unlock(&ept->lock);
}

static bool age(struct vmr_ept *ept, u64 start, u64 end, bool clear)
{
	bool young = false;
	unsigned int i;
	u64 gpa, to;

	spin_lock(&ept->lock);
	for (i = 0; i < PLACES; i++) {
		if (!vmr_memslot_meets(place(ept, i), start, end, &gpa, &to))
			continue;
		while (gpa < to)
			gpa = vmr_tables_age(ept, gpa, to, clear, &young);
	}
	spin_unlock(&ept->lock);
	return young;
}

/*
 * Nothing is flushed for the sake of ageing, as the host doesn't for itself. Without
 * accessed flags pages are taken away here and flushed with the next that have to be.
 */
static int clear_young(struct mmu_notifier *notifier, struct mm_struct *mm,
		       unsigned long start, unsigned long end)
{
	return age(ept_of(notifier), start, end, true);
}

static int test_young(struct mmu_notifier *notifier, struct mm_struct *mm,
		      unsigned long address)
{
	return age(ept_of(notifier), address, address + PAGE_SIZE, false);
}

/*
 * The process's memory is going away: when its last user has gone, or because the
 * VM goes first and calls this by unregistering; perhaps both at once.
 */
static void release(struct mmu_notifier *notifier, struct mm_struct *mm)
{
	struct vmr_ept *ept = ept_of(notifier);
	LIST_HEAD(removed);
	u64 gpa = 0;

	spin_lock(&ept->lock);
	WRITE_ONCE(ept->dead, true);
	while (gpa < ept->limits.gpa) {
		gpa = vmr_tables_zap(ept, gpa, ept->limits.gpa, &removed);
		cond_resched_lock(&ept->lock);
	}
	spin_unlock(&ept->lock);
	vmr_ept_flush(ept);
	vmr_tables_free(&removed);
	vmr_kick_all(ept->kicks, VMR_REQ_STOP);
}

static const struct mmu_notifier_ops ops = {
	.release = release,
	.invalidate_range_start = invalidate_start,
	.invalidate_range_end = invalidate_end,
	.clear_flush_young = clear_young,
	.clear_young = clear_young,
	.test_young = test_young,
};

int vmr_notifier_register(struct vmr_ept *ept)
{
	ept->notifier.ops = &ops;
	return mmu_notifier_register(&ept->notifier, current->mm);
}

void vmr_notifier_unregister(struct vmr_ept *ept)
{
	mmu_notifier_unregister(&ept->notifier, ept->notifier.mm);
}
