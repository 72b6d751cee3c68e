// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the arithmetic of slots. Pure: callable from anywhere, compiled a second
 * time by selftests/unit.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "ept/pte.h"
#include "ept/slot_table.h"

/* How much of an address is the place in a page of a level. */
static u64 place_mask(unsigned int level)
{
	return vmr_pte_size(level) - 1;
}

static bool is_in_use(const struct vmr_memslot *slot)
{
	return slot->length;
}

static bool fits(u64 start, u64 length, u64 limit)
{
	return length <= limit && start <= limit - length;
}

static bool overlaps(const struct vmr_memslot *slot, u64 gpa, u64 length)
{
	return is_in_use(slot) && gpa < slot->gpa + slot->length &&
	       slot->gpa < gpa + length;
}

static bool is_possible(const struct vmr_slot *wanted,
			const struct vmr_slot_limits *limits)
{
	u64 places = wanted->gpa | wanted->hva | wanted->length;

	return !(places & place_mask(VMR_EPT_4K)) &&
	       fits(wanted->gpa, wanted->length, limits->gpa) &&
	       fits(wanted->hva, wanted->length, limits->hva);
}

int vmr_slot_table_check(const struct vmr_slot_table *table,
			 const struct vmr_slot *wanted,
			 const struct vmr_slot_limits *limits)
{
	unsigned int i;

	if (wanted->slot >= VMR_MAX_SLOTS)
		return -E2BIG;
	if (wanted->flags & ~VMR_SLOT_FLAGS || wanted->reserved)
		return -EINVAL;
	if (!wanted->length)
		return is_in_use(&table->slot[wanted->slot]) ? 0 : -ENOENT;
	if (!is_possible(wanted, limits))
		return -EINVAL;
	for (i = 0; i < table->end; i++)
		if (i != wanted->slot &&
		    overlaps(&table->slot[i], wanted->gpa, wanted->length))
			return -EEXIST;
	return 0;
}

int vmr_slot_table_check_dirty(const struct vmr_slot_table *table,
			       const struct vmr_dirty *wanted)
{
	const struct vmr_memslot *slot;
	u64 pages;

	if (wanted->slot >= VMR_MAX_SLOTS)
		return -E2BIG;
	slot = &table->slot[wanted->slot];
	if (!is_in_use(slot))
		return -ENOENT;
	pages = slot->length / vmr_pte_size(VMR_EPT_4K);
	if (!(slot->flags & VMR_SLOT_LOG_DIRTY) || !wanted->pages ||
	    !fits(wanted->first_page, wanted->pages, pages))
		return -EINVAL;
	if (wanted->first_page % VMR_DIRTY_WORD ||
	    (wanted->pages % VMR_DIRTY_WORD &&
	     wanted->first_page + wanted->pages != pages))
		return -EINVAL;
	return 0;
}

struct vmr_memslot vmr_slot_table_store(struct vmr_slot_table *table,
					unsigned int number,
					const struct vmr_memslot *slot)
{
	struct vmr_memslot old = table->slot[number];

	table->slot[number] = *slot;
	if (is_in_use(slot) && table->end <= number)
		table->end = number + 1;
	while (table->end && !is_in_use(&table->slot[table->end - 1]))
		table->end--;
	return old;
}

const struct vmr_memslot *
vmr_slot_table_find(const struct vmr_slot_table *table, u64 gpa)
{
	unsigned int i;

	/* Below the beginning the difference is huge; length 0 holds nothing. */
	for (i = 0; i < table->end; i++)
		if (gpa - table->slot[i].gpa < table->slot[i].length)
			return &table->slot[i];
	return NULL;
}

static bool covers(const struct vmr_memslot *slot, u64 gpa, unsigned int level)
{
	u64 begin = gpa & ~place_mask(level);

	return begin >= slot->gpa &&
	       begin - slot->gpa + place_mask(level) < slot->length;
}

unsigned int vmr_memslot_level(const struct vmr_memslot *slot, u64 gpa,
			       unsigned int largest)
{
	unsigned int level;

	for (level = largest; level > VMR_EPT_4K; level--)
		if (!((slot->gpa ^ slot->hva) & place_mask(level)) &&
		    covers(slot, gpa, level))
			return level;
	return VMR_EPT_4K;
}

bool vmr_memslot_meets(const struct vmr_memslot *slot, u64 start, u64 end,
		       u64 *gpa, u64 *gpa_end)
{
	u64 slot_end = slot->hva + slot->length;

	if (!is_in_use(slot) || start >= slot_end || end <= slot->hva)
		return false;
	start &= ~place_mask(VMR_EPT_4K);
	if (start < slot->hva)
		start = slot->hva;
	if (end < slot_end)
		end = (end + place_mask(VMR_EPT_4K)) & ~place_mask(VMR_EPT_4K);
	else
		end = slot_end;
	*gpa = slot->gpa + (start - slot->hva);
	*gpa_end = slot->gpa + (end - slot->hva);
	return true;
}
