// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a VM's EPT tables. Called by module/ept with the lock held, but for init,
 * exit and free.
 *
 * The CPU walks and marks the tables at any time: each entry is written at once,
 * one that was present is taken away by an exchange. Nothing turns from one thing
 * into another without having been away and flushed in between.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "ept/ept.h"
#include "ept/fault.h"
#include "ept/tables.h"

#define TOP	(VMR_EPT_LEVELS - 1)

int vmr_tables_init(struct vmr_ept *ept)
{
	ept->root = (u64 *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!ept->root)
		return -ENOMEM;
	ept->pointer = vmr_pte_pointer(__pa(ept->root), &ept->rules);
	/* No CPU has seen this one: what it knows of a former root is flushed. */
	ept->generation = 1;
	ept->flushed = 1;
	return 0;
}

static bool is_empty(const u64 *table)
{
	return !memchr_inv(table, 0, PAGE_SIZE);
}

void vmr_tables_exit(struct vmr_ept *ept)
{
	/* Better lost than used again, if something is left in it. */
	if (!WARN_ON_ONCE(!is_empty(ept->root)))
		free_page((unsigned long)ept->root);
	ept->root = NULL;
}

static u64 *table_of(u64 pte, unsigned int level)
{
	return __va(vmr_pte_address(pte, level));
}

void vmr_tables_find(const struct vmr_ept *ept, u64 gpa,
		     struct vmr_ept_place *place)
{
	unsigned int level = TOP;
	u64 *table = ept->root;
	u64 *entry;
	u64 pte;

	lockdep_assert_held(&ept->lock);
	for (;;) {
		place->table[level] = table;
		entry = &table[vmr_pte_index(gpa, level)];
		pte = READ_ONCE(*entry);
		if (!vmr_pte_present(pte) || vmr_pte_is_leaf(pte, level))
			break;
		table = table_of(pte, level);
		level--;
	}
	place->level = level;
	place->entry = entry;
}

/* Says to every CPU that it has to flush before it enters the guest again. */
static void outdate(struct vmr_ept *ept)
{
	/* Pairs with the smp_load_acquire() in vmr_ept_flush_here(). */
	smp_store_release(&ept->generation, ept->generation + 1);
}

static void zap_leaf(struct vmr_ept *ept, u64 *entry)
{
	xchg(entry, 0);
	ept->zaps++;
	outdate(ept);
}

/* Takes a table and all below away from the entry that refers to it. */
static void remove_table(struct vmr_ept *ept, u64 *entry, unsigned int level,
			 struct list_head *removed)
{
	u64 *table = table_of(xchg(entry, 0), level);
	unsigned int i;

	outdate(ept);
	level--;
	for (i = 0; i < VMR_EPT_ENTRIES; i++) {
		u64 pte = READ_ONCE(table[i]);

		if (vmr_pte_is_leaf(pte, level))
			zap_leaf(ept, &table[i]);
		else if (vmr_pte_present(pte))
			remove_table(ept, &table[i], level, removed);
	}
	list_add(&virt_to_page(table)->lru, removed);
}

/* Goes down to the table for a page, making what is missing. NULL: a large page was in the way. */
static u64 *make_way(struct vmr_ept *ept, struct vmr_ept_cache *cache, u64 gpa,
		     unsigned int to)
{
	u64 *table = ept->root;
	unsigned int level;

	for (level = TOP; level > to; level--) {
		u64 *entry = &table[vmr_pte_index(gpa, level)];
		u64 pte = READ_ONCE(*entry);

		if (vmr_pte_is_leaf(pte, level)) {
			zap_leaf(ept, entry);
			return NULL;
		}
		if (vmr_pte_present(pte)) {
			table = table_of(pte, level);
			continue;
		}
		table = cache->page[--cache->count];
		/* The page's zeroes come before the reference to it. */
		smp_store_release(entry, vmr_pte_table(__pa(table)));
	}
	return table;
}

/* A debug build asks the manual before the CPU does. */
static void assert_entry(const struct vmr_ept *ept, u64 pte, unsigned int level)
{
#ifdef VMR_DEBUG
	const char *fault = vmr_pte_fault(pte, level, &ept->rules);

	WARN_ONCE(fault, "EPT entry 0x%llx of level %u: %s\n", pte, level, fault);
#endif
}

bool vmr_tables_map(struct vmr_ept *ept, struct vmr_ept_cache *cache, u64 gpa,
		    unsigned int level, u64 pte, struct list_head *removed)
{
	u64 *table, *entry;
	u64 old;

	lockdep_assert_held(&ept->lock);
	assert_entry(ept, pte, level);
	table = make_way(ept, cache, gpa, level);
	if (!table)
		return false;
	entry = &table[vmr_pte_index(gpa, level)];
	old = READ_ONCE(*entry);
	/* Written again, it would lose the dirty flag that the CPU relies on. */
	if (vmr_pte_includes(old, pte, level))
		return true;
	if (vmr_pte_may_become(old, pte, level)) {
		WRITE_ONCE(*entry, pte);
		return true;
	}
	if (vmr_pte_is_leaf(old, level))
		zap_leaf(ept, entry);
	else
		remove_table(ept, entry, level, removed);
	return false;
}

/* Where a step that found a place goes on. */
static u64 next_step(u64 gpa, const struct vmr_ept_place *place)
{
	return vmr_pte_end(gpa, max(place->level, VMR_EPT_2M));
}

/* How many entries, from the place's on, a step is for. */
static unsigned int entries_in_step(u64 gpa, u64 end,
				    const struct vmr_ept_place *place)
{
	if (place->level > VMR_EPT_4K)
		return 1;
	end = min(end, next_step(gpa, place));
	return DIV_ROUND_UP(end - (gpa & PAGE_MASK), PAGE_SIZE);
}

/* Removes the tables at a place that have become empty. */
static void prune(struct vmr_ept *ept, u64 gpa,
		  const struct vmr_ept_place *place, struct list_head *removed)
{
	unsigned int level;

	for (level = place->level; level < TOP; level++) {
		u64 *above = place->table[level + 1];

		if (!is_empty(place->table[level]))
			return;
		remove_table(ept, &above[vmr_pte_index(gpa, level + 1)],
			     level + 1, removed);
	}
}

u64 vmr_tables_zap(struct vmr_ept *ept, u64 gpa, u64 end,
		   struct list_head *removed)
{
	struct vmr_ept_place place;
	unsigned int i;

	vmr_tables_find(ept, gpa, &place);
	for (i = 0; i < entries_in_step(gpa, end, &place); i++)
		if (vmr_pte_present(READ_ONCE(place.entry[i])))
			zap_leaf(ept, &place.entry[i]);
	if (removed)
		prune(ept, gpa, &place, removed);
	return next_step(gpa, &place);
}

static bool age_leaf(struct vmr_ept *ept, u64 *entry, bool clear)
{
	u64 pte = READ_ONCE(*entry);

	if (!vmr_pte_present(pte))
		return false;
	if (!ept->rules.accessed_dirty) {
		if (clear)
			zap_leaf(ept, entry);
		return true;
	}
	if (!vmr_pte_accessed(pte))
		return false;
	/* Not flushed: who has it cached still may use it unseen for a while. */
	if (clear)
		clear_bit(VMR_PTE_ACCESSED_BIT, (unsigned long *)entry);
	return true;
}

u64 vmr_tables_age(struct vmr_ept *ept, u64 gpa, u64 end, bool clear,
		   bool *young)
{
	struct vmr_ept_place place;
	unsigned int i;

	vmr_tables_find(ept, gpa, &place);
	for (i = 0; i < entries_in_step(gpa, end, &place); i++)
		if (age_leaf(ept, &place.entry[i], clear))
			*young = true;
	return next_step(gpa, &place);
}

/* The pages of which that are translated by the table of an address in page first. */
static u64 in_table(u64 which, unsigned int first, u64 gpa,
		    const struct vmr_ept_place *place)
{
	u64 pages = (next_step(gpa, place) - gpa) >> PAGE_SHIFT;
	unsigned int last = min_t(u64, first + pages - 1, 63);

	return which & GENMASK_ULL(last, first);
}

/* Only a small page may be written while a log is kept. */
static bool rearm_entries(struct vmr_ept *ept, u64 *entry, u64 which)
{
	int bit = ept->pml ? VMR_PTE_DIRTY_BIT : VMR_PTE_WRITE_BIT;
	bool any = false;

	for (; which; which &= which - 1)
		any |= test_and_clear_bit(bit, (unsigned long *)
					       &entry[__ffs64(which)]);
	return any;
}

void vmr_tables_rearm(struct vmr_ept *ept, u64 gpa, u64 which)
{
	bool any = false;

	lockdep_assert_held(&ept->lock);
	while (which) {
		unsigned int first = __ffs64(which);
		u64 at = gpa + first * PAGE_SIZE, here;
		struct vmr_ept_place place;

		vmr_tables_find(ept, at, &place);
		here = in_table(which, first, at, &place);
		which &= ~here;
		if (place.level == VMR_EPT_4K)
			any |= rearm_entries(ept, place.entry, here >> first);
	}
	if (any)
		outdate(ept);
}

void vmr_tables_free(struct list_head *removed)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, removed, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
}
