// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is done about an EPT violation. Called by the run loop in process
 * context.
 *
 * A page is got without locks and mapped under the lock, if the notifier hasn't
 * heard meanwhile that the process changed its memory. The reference goes back at
 * once: from then on the notifier takes the page away in time.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <vmring_ring.h>

#include "ept/dirty.h"
#include "ept/ept.h"
#include "ept/fault.h"
#include "ept/host.h"
#include "ept/notifier.h"
#include "ept/tables.h"
#include "ept/tlb.h"

/*
 * Getting a page for writing may change the process's memory itself (copy-on-write),
 * and making way for a page costs a turn, too.
 */
#define TURNS	3

/* A violation while it is dealt with. */
struct violation {
	u64 gpa;		/* page-aligned */
	u32 access;
	struct vmr_memslot slot;
	u64 sequence;		/* as it was when slot was looked up */
	struct vmr_host_page host;
	struct vmr_ept_fault *out;
};

void vmr_ept_cache_init(struct vmr_ept_cache *cache)
{
	cache->count = 0;
}

void vmr_ept_cache_destroy(struct vmr_ept_cache *cache)
{
	while (cache->count)
		free_page((unsigned long)cache->page[--cache->count]);
}

static bool fill(struct vmr_ept_cache *cache)
{
	while (cache->count < VMR_EPT_CACHE) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);

		if (!page)
			return false;
		cache->page[cache->count++] = page;
	}
	return true;
}

static enum vmr_ept_verdict fatal(struct violation *violation, u32 cause)
{
	violation->out->cause = cause;
	return VMR_EPT_FATAL;
}

static enum vmr_ept_verdict mapped(struct violation *violation,
				   unsigned int level)
{
	violation->out->level = level;
	return VMR_EPT_MAPPED;
}

/*
 * A page that has stayed mapped since it was got for writing, and was only taken the
 * right to be written for the log's sake, is still the process's to write.
 */
static bool write_again(struct violation *violation, u64 *entry)
{
	if (!vmr_pte_may_write_again(READ_ONCE(*entry), violation->access))
		return false;
	set_bit(VMR_PTE_WRITE_BIT, (unsigned long *)entry);
	vmr_dirty_set(&violation->slot, violation->gpa);
	return true;
}

/* What can be said without getting the page: RETRY if that has to be done. */
static enum vmr_ept_verdict judge(struct vmr_ept *ept,
				  struct violation *violation)
{
	const struct vmr_memslot *slot;
	struct vmr_ept_place place;

	lockdep_assert_held(&ept->lock);
	if (ept->dead)
		return fatal(violation, VMR_FAULT_GONE);
	slot = vmr_slot_table_find(&ept->slots, violation->gpa);
	if (!slot)
		return VMR_EPT_MMIO;
	if (slot->flags & VMR_SLOT_READONLY &&
	    violation->access & VMR_EPT_WRITE)
		return VMR_EPT_MMIO;
	violation->slot = *slot;
	violation->sequence = ept->sequence;

	/* Another vCPU may have been faster. */
	vmr_tables_find(ept, violation->gpa, &place);
	if (vmr_pte_present(*place.entry) &&
	    (vmr_pte_allows(*place.entry, violation->access) ||
	     write_again(violation, place.entry)))
		return mapped(violation, place.level);
	return VMR_EPT_RETRY;
}

static bool is_in_pieces(const struct vmr_ept *ept, u64 gpa, unsigned int level)
{
	struct vmr_ept_place place;

	vmr_tables_find(ept, gpa, &place);
	return place.level < level &&
	       memchr_inv(place.table[level - 1], 0, PAGE_SIZE);
}

/* While a log is kept, large pages can't be written; here they may not be executed. */
static bool needs_small(const struct vmr_ept *ept,
			const struct violation *violation)
{
	if (violation->slot.dirty && violation->access & VMR_EPT_WRITE)
		return true;
	return !ept->large_fetch && violation->access & VMR_EPT_FETCH;
}

/* How large a page to map: what the host, the slot and the CPU allow. */
static unsigned int choose_level(const struct vmr_ept *ept,
				 const struct violation *violation)
{
	unsigned int level = min(violation->host.level, ept->rules.largest);

	level = vmr_memslot_level(&violation->slot, violation->gpa, level);
	if (level == VMR_EPT_4K || needs_small(ept, violation))
		return VMR_EPT_4K;
	if (ept->large_fetch && !violation->slot.dirty)
		return level;
	/* What was cut for the sake of a small page stays so, or they'd take turns. */
	while (level > VMR_EPT_4K && is_in_pieces(ept, violation->gpa, level))
		level--;
	return level;
}

/* Whether a write that the leaf allows comes into the slot's log, if it keeps one. */
static bool is_heard_of(const struct vmr_ept *ept,
			const struct violation *violation, unsigned int level)
{
	if (!violation->slot.dirty)
		return true;
	/* This one is logged here, and the next by the CPU. */
	return level == VMR_EPT_4K &&
	       (ept->pml || violation->access & VMR_EPT_WRITE);
}

static u32 choose_access(const struct vmr_ept *ept,
			 const struct violation *violation, unsigned int level)
{
	u32 access = VMR_EPT_READ;

	if (level == VMR_EPT_4K || ept->large_fetch)
		access |= VMR_EPT_FETCH;
	if (violation->host.writable &&
	    !(violation->slot.flags & VMR_SLOT_READONLY) &&
	    is_heard_of(ept, violation, level))
		access |= VMR_EPT_WRITE;
	return access;
}

/* Where a log is kept, what is only read so far is clean. */
static u64 make_leaf(const struct vmr_ept *ept,
		     const struct violation *violation, u64 hpa,
		     unsigned int level, u32 access)
{
	u64 pte = vmr_pte_leaf(hpa, level, access);

	if (!violation->slot.dirty)
		return pte;
	if (!(violation->access & VMR_EPT_WRITE))
		return vmr_pte_clean(pte);
	return ept->pml ? pte : vmr_pte_rearmable(pte);
}

/*
 * The process has the page mapped while the lock is held, so it is still in its
 * file; and where the file wants to hear of writes, it is dirty already.
 */
static void mark_dirty(struct page *page)
{
	struct folio *folio = page_folio(page);

	if (!folio_test_dirty(folio))
		folio_mark_dirty(folio);
}

static enum vmr_ept_verdict map(struct vmr_ept *ept,
				struct vmr_ept_cache *cache,
				struct violation *violation,
				struct list_head *removed)
{
	unsigned int level = choose_level(ept, violation);
	u32 access = choose_access(ept, violation, level);
	u64 place = ~(vmr_pte_size(level) - 1);
	u64 hva = vmr_memslot_hva(&violation->slot, violation->gpa) & place;
	u64 hpa = page_to_phys(violation->host.page) & place;

	lockdep_assert_held(&ept->lock);
	if (ept->dead || vmr_notifier_is_stale(ept, violation->sequence, hva,
					       hva + vmr_pte_size(level)))
		return VMR_EPT_RETRY;
	if (!vmr_tables_map(ept, cache, violation->gpa, level,
			    make_leaf(ept, violation, hpa, level, access),
			    removed))
		return VMR_EPT_RETRY;
	if (access & VMR_EPT_WRITE)
		mark_dirty(violation->host.page);
	if (violation->access & VMR_EPT_WRITE)
		vmr_dirty_set(&violation->slot, violation->gpa);
	ept->faults[level]++;
	return mapped(violation, level);
}

static enum vmr_ept_verdict get_and_map(struct vmr_ept *ept,
					struct vmr_ept_cache *cache,
					struct violation *violation)
{
	u64 hva = vmr_memslot_hva(&violation->slot, violation->gpa);
	enum vmr_ept_verdict verdict;
	LIST_HEAD(removed);
	u32 cause;
	int err;

	err = vmr_host_get(hva, violation->access & VMR_EPT_WRITE,
			   &violation->host, &cause);
	if (err)
		return err == -EAGAIN ? VMR_EPT_RETRY : fatal(violation, cause);
	spin_lock(&ept->lock);
	verdict = map(ept, cache, violation, &removed);
	spin_unlock(&ept->lock);
	put_page(violation->host.page);
	if (verdict == VMR_EPT_RETRY)
		vmr_ept_flush(ept);
	vmr_tables_free(&removed);
	return verdict;
}

static enum vmr_ept_verdict take_turn(struct vmr_ept *ept,
				      struct vmr_ept_cache *cache,
				      struct violation *violation)
{
	enum vmr_ept_verdict verdict;

	if (!fill(cache))
		return fatal(violation, VMR_FAULT_NO_MEMORY);
	spin_lock(&ept->lock);
	verdict = judge(ept, violation);
	spin_unlock(&ept->lock);
	if (verdict != VMR_EPT_RETRY)
		return verdict;
	return get_and_map(ept, cache, violation);
}

enum vmr_ept_verdict vmr_ept_fault(struct vmr_ept *ept,
				   struct vmr_ept_cache *cache, u64 gpa,
				   u32 access, struct vmr_ept_fault *out)
{
	struct violation violation = {
		.gpa = gpa & PAGE_MASK,
		.access = access & VMR_EPT_ALL,
		.out = out,
	};
	enum vmr_ept_verdict verdict;
	unsigned int turn;

	*out = (struct vmr_ept_fault) {};
	if (WARN_ON_ONCE(current->mm != ept->notifier.mm))
		return fatal(&violation, VMR_FAULT_GONE);
	for (turn = 0; turn < TURNS; turn++) {
		verdict = take_turn(ept, cache, &violation);
		if (verdict != VMR_EPT_RETRY)
			break;
	}
	return verdict;
}
