// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the arithmetic of regions: tables drawn at random, against a model
 * that looks at each region for each access.
 */
#include <errno.h>
#include <string.h>

#include <linux/kernel.h>

#include "random.h"
#include "ring/region_table.h"
#include "unit.h"

#define SPACE	24		/* addresses that are drawn */
#define MOST	8		/* regions */

struct table {
	struct vmr_region_table head;
	struct vmr_region_entry entries[MOST + 1];
};

static const u8 mirror[VMR_MIRROR_SIZE];

static struct vmr_region_entry draw_entry(u64 *seed)
{
	static const u8 sizes[] = { 0, 1, 4 };
	struct vmr_region_entry entry = {
		.addr = draw(seed) % SPACE,
		.length = 1 + draw(seed) % 6,
		.number = 1 + draw(seed) % MOST,
		.flags = draw(seed) % 2 ? VMR_REGION_MMIO : 0,
		.write = draw(seed) % 3,
	};

	/* Ranges that are the same come by themselves too seldom. */
	if (draw(seed) % 2) {
		entry.addr &= ~7ULL;
		entry.length = 4;
	}
	if (draw(seed) % 3 == 0)
		entry.mirror = mirror + entry.addr;
	if (entry.write == VMR_WRITE_DOORBELL && draw(seed) % 4) {
		entry.flags |= VMR_REGION_MATCH;
		entry.match = draw(seed) % 3;
		entry.match_size = sizes[draw(seed) % 3];
	}
	return entry;
}

static bool hears(const struct vmr_region_entry *entry, u64 value, u32 size)
{
	return entry->write == VMR_WRITE_DOORBELL &&
	       (!(entry->flags & VMR_REGION_MATCH) ||
		(entry->match == value &&
		 (!entry->match_size || entry->match_size == size)));
}

/* By what the header says: no address in two, but doorbells of one range. */
static bool model_fits(const struct vmr_region_entry *a, const struct vmr_region_entry *b)
{
	static const u32 sizes[] = { 1, 2, 4, 8 };
	unsigned int i, value;

	if ((a->flags ^ b->flags) & VMR_REGION_MMIO)
		return true;
	if (a->addr + a->length <= b->addr || b->addr + b->length <= a->addr)
		return true;
	if (a->addr != b->addr || a->length != b->length || (a->mirror && b->mirror))
		return false;
	if (a->write != VMR_WRITE_DOORBELL || b->write != VMR_WRITE_DOORBELL)
		return false;
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (value = 0; value < 4; value++)
			if (hears(a, value, sizes[i]) && hears(b, value, sizes[i]))
				return false;
	return true;
}

static bool is_wholly_in(const struct vmr_region_entry *entry, bool mmio, u64 addr, u32 size)
{
	return !!(entry->flags & VMR_REGION_MMIO) == mmio && addr >= entry->addr &&
	       addr + size <= entry->addr + entry->length;
}

/* Each region that an access is wholly in, and whether it hears, or answers. */
static void check_access(const struct vmr_region_table *table, bool mmio, u64 addr, u32 size,
			 u32 *hint)
{
	const struct vmr_region_entry *found, *first = NULL, *reader = NULL;
	u64 value;
	u32 i;

	found = vmr_region_table_find(table, mmio, addr, size, hint);
	for (i = 0; i < table->count; i++) {
		if (!is_wholly_in(&table->entry[i], mmio, addr, size))
			continue;
		if (!first || table->entry[i].number < first->number)
			first = &table->entry[i];
		if (table->entry[i].mirror)
			reader = &table->entry[i];
	}
	EXPECT(found == first);
	if (!found)
		return;
	EXPECT(vmr_region_mirror(table, found) == reader);
	for (value = 0; value < 4; value++) {
		const struct vmr_region_entry *bell = NULL;

		for (i = 0; i < table->count; i++)
			if (is_wholly_in(&table->entry[i], mmio, addr, size) &&
			    hears(&table->entry[i], value, size))
				bell = &table->entry[i];
		EXPECT(vmr_region_doorbell(table, found, value, size) == bell);
	}
}

static void check_table(const struct vmr_region_table *table, u32 *hints)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 8 };
	unsigned int i, kind;
	u64 addr;

	for (kind = 0; kind < 2; kind++)
		for (addr = 0; addr < SPACE + 8; addr++)
			for (i = 0; i < ARRAY_SIZE(sizes); i++)
				check_access(table, kind, addr, sizes[i], &hints[kind]);
	EXPECT(!vmr_region_table_find(table, true, ~0ULL, 1, &hints[1]));
	EXPECT(!vmr_region_table_find(table, true, ~0ULL, 8, &hints[1]));
}

static bool model_fits_all(const struct vmr_region_table *table,
			   const struct vmr_region_entry *entry)
{
	u32 i;

	for (i = 0; i < table->count; i++)
		if (table->entry[i].number != entry->number &&
		    !model_fits(&table->entry[i], entry))
			return false;
	return true;
}

/* Hints of earlier tables stay: whatever they are, they mustn't matter. */
void regions_random(void)
{
	struct table tables[2] = {};
	struct vmr_region_table *now = &tables[0].head, *next = &tables[1].head, *other;
	u32 hints[2] = { ~0u, 12345 };
	unsigned int round, rounds = unit_rounds(1500);
	u64 seed = 1;

	for (round = 0; round < rounds; round++) {
		struct vmr_region_entry entry = draw_entry(&seed);
		bool fits = model_fits_all(now, &entry);

		EXPECT_EQ(vmr_region_table_fits(now, &entry), fits);
		if (!fits && draw(&seed) % 3)
			continue;
		/* Now and then one goes, so that there is room again. */
		vmr_region_table_build(next, now, entry.number, fits ? &entry : NULL);
		EXPECT(!!vmr_region_table_by_number(next, entry.number) == fits);
		other = now;
		now = next;
		next = other;
		check_table(now, hints);
	}
	EXPECT(!vmr_region_table_by_number(NULL, 1));
	EXPECT(vmr_region_table_fits(NULL, &tables[0].entries[0]));
}

static const struct vmr_region posted = {
	.region = 1, .write = VMR_WRITE_POSTED, .addr = 0x10, .length = 4,
};

static int check(struct vmr_region region)
{
	return vmr_region_check(&region, 1ULL << 40);
}

#define WITH(base, ...)	({						\
	struct vmr_region with_ = base;					\
									\
	__VA_ARGS__;							\
	with_;								\
})

void regions_refused(void)
{
	const struct vmr_region bell = {
		.region = 1, .write = VMR_WRITE_DOORBELL, .addr = 0x10, .length = 4,
		.eventfd = 5,
	};
	const struct vmr_region mirrored = {
		.region = 1, .read = VMR_READ_MIRROR, .addr = 0x10, .length = 4,
		.mirror = VMR_MIRROR_SIZE - 4,
	};

	EXPECT(!check(posted));
	EXPECT(!check(bell));
	EXPECT(!check(mirrored));
	/* Policies and flags that there aren't. */
	EXPECT(check(WITH(posted, with_.write = 3)));
	EXPECT(check(WITH(posted, with_.read = 2)));
	EXPECT(check(WITH(posted, with_.flags = 8)));
	EXPECT(check(WITH(posted, with_.reserved = 1)));
	/* What belongs to another policy. */
	EXPECT(check(WITH(posted, with_.eventfd = 1)));
	EXPECT(check(WITH(posted, with_.mirror = 1)));
	EXPECT(check(WITH(posted, with_.flags = VMR_REGION_RELAXED)));
	EXPECT(check(WITH(posted, with_.flags = VMR_REGION_MATCH)));
	EXPECT(check(WITH(posted, with_.match = 1)));
	EXPECT(check(WITH(posted, with_.match_size = 1)));
	EXPECT(check(WITH(bell, with_.match = 1)));
	EXPECT(!check(WITH(bell, with_.flags = VMR_REGION_MATCH, with_.match = 1)));
	EXPECT(!check(WITH(mirrored, with_.flags = VMR_REGION_RELAXED)));
	/* Ports end, addresses too. */
	EXPECT(!check(WITH(posted, with_.addr = 0xfffc)));
	EXPECT(check(WITH(posted, with_.addr = 0xfffd)));
	EXPECT(check(WITH(posted, with_.addr = 0x10000)));
	EXPECT(check(WITH(posted, with_.length = ~0ULL)));
	EXPECT(!check(WITH(posted, with_.flags = VMR_REGION_MMIO, with_.addr = 0xfffd)));
	EXPECT(!check(WITH(posted, with_.flags = VMR_REGION_MMIO,
			   with_.addr = (1ULL << 40) - 4)));
	EXPECT(check(WITH(posted, with_.flags = VMR_REGION_MMIO,
			  with_.addr = (1ULL << 40) - 3)));
	/* The mirror ends. */
	EXPECT(check(WITH(mirrored, with_.mirror = VMR_MIRROR_SIZE - 3)));
	EXPECT(check(WITH(mirrored, with_.mirror = ~0u)));
	EXPECT(!check(WITH(mirrored, with_.mirror = 0, with_.length = VMR_MIRROR_SIZE)));
	EXPECT(check(WITH(mirrored, with_.mirror = 0, with_.length = VMR_MIRROR_SIZE + 1)));
	EXPECT(check(WITH(mirrored, with_.mirror = 1, with_.length = VMR_MIRROR_SIZE)));
}

void regions_matches(void)
{
	static const u8 good[] = { 0, 1, 2, 4, 8 };
	struct vmr_region bell = {
		.region = 1, .write = VMR_WRITE_DOORBELL, .flags = VMR_REGION_MATCH,
		.addr = 0x10, .length = 8,
	};
	unsigned int size;

	for (size = 0; size < 256; size++) {
		bell.match_size = size;
		EXPECT_EQ(!check(bell), !!memchr(good, size, sizeof(good)));
	}
	for (size = 1; size <= 4; size *= 2) {
		bell.match_size = size;
		bell.match = (1ULL << (8 * size)) - 1;
		EXPECT(!check(bell));
		bell.match++;
		EXPECT(check(bell));
	}
}
