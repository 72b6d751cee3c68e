// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the arithmetic of regions. Pure: callable from anywhere, compiled a second time
 * by selftests/unit.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "ring/region_table.h"

#define PORTS	0x10000ULL

/* One policy's field is 0 where that policy isn't chosen. */
static bool is_consistent(const struct vmr_region *wanted)
{
	bool doorbell = wanted->write == VMR_WRITE_DOORBELL;
	bool mirror = wanted->read == VMR_READ_MIRROR;
	bool match = wanted->flags & VMR_REGION_MATCH;

	if (wanted->write > VMR_WRITE_DOORBELL || wanted->read > VMR_READ_MIRROR)
		return false;
	if ((match || wanted->eventfd) && !doorbell)
		return false;
	if ((wanted->flags & VMR_REGION_RELAXED || wanted->mirror) && !mirror)
		return false;
	return match || (!wanted->match && !wanted->match_size);
}

/* A write of so many bytes can write that. */
static bool is_match(const struct vmr_region *wanted)
{
	switch (wanted->match_size) {
	case 1:
	case 2:
	case 4:
		return !(wanted->match >> (8 * wanted->match_size));
	default:
		return !wanted->match_size || wanted->match_size == 8;
	}
}

int vmr_region_check(const struct vmr_region *wanted, u64 gpa_end)
{
	u64 end = wanted->flags & VMR_REGION_MMIO ? gpa_end : PORTS;

	if (wanted->flags & ~VMR_REGION_FLAGS || wanted->reserved)
		return -EINVAL;
	if (!is_consistent(wanted) || !is_match(wanted))
		return -EINVAL;
	if (wanted->addr >= end || wanted->length > end - wanted->addr)
		return -EINVAL;
	if (wanted->read == VMR_READ_MIRROR &&
	    (wanted->length > VMR_MIRROR_SIZE ||
	     wanted->mirror > VMR_MIRROR_SIZE - wanted->length))
		return -EINVAL;
	return 0;
}

static bool is_mmio(const struct vmr_region_entry *entry)
{
	return entry->flags & VMR_REGION_MMIO;
}

static bool overlap(const struct vmr_region_entry *a, const struct vmr_region_entry *b)
{
	return is_mmio(a) == is_mmio(b) && a->addr - b->addr < b->length;
}

/* There is no write that both would hear of. */
static bool differ(const struct vmr_region_entry *a, const struct vmr_region_entry *b)
{
	if (!(a->flags & b->flags & VMR_REGION_MATCH))
		return false;
	return a->match != b->match || (a->match_size && b->match_size &&
					a->match_size != b->match_size);
}

static bool go_together(const struct vmr_region_entry *a,
			const struct vmr_region_entry *b)
{
	if (!overlap(a, b) && !overlap(b, a))
		return true;
	return a->addr == b->addr && a->length == b->length &&
	       a->write == VMR_WRITE_DOORBELL && b->write == VMR_WRITE_DOORBELL &&
	       differ(a, b) && !(a->mirror && b->mirror);
}

bool vmr_region_table_fits(const struct vmr_region_table *table,
			   const struct vmr_region_entry *wanted)
{
	u32 i;

	for (i = 0; table && i < table->count; i++)
		if (table->entry[i].number != wanted->number &&
		    !go_together(&table->entry[i], wanted))
			return false;
	return true;
}

const struct vmr_region_entry *
vmr_region_table_by_number(const struct vmr_region_table *table, u32 number)
{
	u32 i;

	for (i = 0; table && i < table->count; i++)
		if (table->entry[i].number == number)
			return &table->entry[i];
	return NULL;
}

static bool is_before(const struct vmr_region_entry *a, const struct vmr_region_entry *b)
{
	if (is_mmio(a) != is_mmio(b))
		return is_mmio(b);
	return a->addr != b->addr ? a->addr < b->addr : a->number < b->number;
}

static void append(struct vmr_region_table *to, const struct vmr_region_entry *entry)
{
	to->entry[to->count++] = *entry;
	if (!is_mmio(entry))
		to->ports++;
}

static bool same_range(const struct vmr_region_entry *a,
		       const struct vmr_region_entry *b)
{
	return a->addr == b->addr && is_mmio(a) == is_mmio(b);
}

static void mark_shared(struct vmr_region_table *table)
{
	struct vmr_region_entry *entry = table->entry;
	u32 i;

	for (i = 0; i < table->count; i++)
		entry[i].shared = (i && same_range(&entry[i - 1], &entry[i])) ||
				  (i + 1 < table->count &&
				   same_range(&entry[i], &entry[i + 1]));
}

void vmr_region_table_build(struct vmr_region_table *to,
			    const struct vmr_region_table *from, u32 number,
			    const struct vmr_region_entry *region)
{
	u32 i;

	to->ports = 0;
	to->count = 0;
	for (i = 0; from && i < from->count; i++) {
		const struct vmr_region_entry *entry = &from->entry[i];

		if (entry->number == number)
			continue;
		if (region && is_before(region, entry)) {
			append(to, region);
			region = NULL;
		}
		append(to, entry);
	}
	if (region)
		append(to, region);
	mark_shared(to);
}

const struct vmr_region_entry *
vmr_region_table_search(const struct vmr_region_table *table, bool mmio,
			u64 addr, u32 size, u32 *hint)
{
	u32 first = mmio ? table->ports : 0;
	u32 low = first, high = mmio ? table->count : table->ports;

	/* Those before low begin at the address or below it, those from high on above. */
	while (low < high) {
		u32 middle = (low + high) / 2;

		if (table->entry[middle].addr <= addr)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == first || !vmr_region_has(&table->entry[low - 1], addr, size))
		return NULL;
	low--;
	while (low > first && table->entry[low - 1].addr == table->entry[low].addr)
		low--;
	*hint = low;
	return &table->entry[low];
}

static bool hears(const struct vmr_region_entry *entry, u64 value, u32 size)
{
	if (entry->write != VMR_WRITE_DOORBELL)
		return false;
	if (!(entry->flags & VMR_REGION_MATCH))
		return true;
	return value == entry->match &&
	       (!entry->match_size || entry->match_size == size);
}

const struct vmr_region_entry *
vmr_region_doorbell(const struct vmr_region_table *table,
		    const struct vmr_region_entry *first, u64 value, u32 size)
{
	const struct vmr_region_entry *end = &table->entry[table->count];
	const struct vmr_region_entry *entry;

	for (entry = first; entry < end && same_range(first, entry); entry++)
		if (hears(entry, value, size))
			return entry;
	return NULL;
}

const struct vmr_region_entry *
vmr_region_mirror(const struct vmr_region_table *table,
		  const struct vmr_region_entry *first)
{
	const struct vmr_region_entry *end = &table->entry[table->count];
	const struct vmr_region_entry *entry;

	for (entry = first; entry < end && same_range(first, entry); entry++)
		if (entry->mirror)
			return entry;
	return NULL;
}
