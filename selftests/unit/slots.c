// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the arithmetic of slots: against a model that has a list of
 * pages instead of ranges.
 */
#include <errno.h>

#include <linux/kernel.h>

#include "ept/pte.h"
#include "ept/slot_table.h"
#include "unit.h"

#define PAGE	4096ULL
#define PAGES	7	/* of guest-physical memory, in the model */

static const struct vmr_slot_limits small = { .gpa = PAGES * PAGE, .hva = 16 * PAGE };

static struct vmr_slot wish(u32 number, u64 gpa, u64 length, u64 hva)
{
	return (struct vmr_slot){
		.slot = number, .gpa = gpa * PAGE, .length = length * PAGE, .hva = hva * PAGE,
	};
}

static void store(struct vmr_slot_table *table, const struct vmr_slot *wanted)
{
	struct vmr_memslot slot = {
		.gpa = wanted->gpa, .length = wanted->length, .hva = wanted->hva,
	};

	vmr_slot_table_store(table, wanted->slot, &slot);
}

/* The pages that a range has, a bit each. */
static u32 pages(u64 first, u64 count)
{
	return ((1U << count) - 1) << first;
}

static int model(u64 first, u64 count, u32 taken)
{
	if (first + count > PAGES)
		return -EINVAL;
	return pages(first, count) & taken ? -EEXIST : 0;
}

/* All that could be set beside slot 3, or in its stead, at a page. */
static void check_others(const struct vmr_slot_table *table, u64 at, u32 taken)
{
	u64 count;

	for (count = 1; count <= PAGES + 1; count++) {
		struct vmr_slot next = wish(5, at, count, 0);

		EXPECT(vmr_slot_table_check(table, &next, &small) == model(at, count, taken));
		next.slot = 3;
		EXPECT(vmr_slot_table_check(table, &next, &small) == model(at, count, 0));
	}
}

static void check_pair(u64 first, u64 count)
{
	struct vmr_slot there = wish(3, first, count, 8);
	struct vmr_slot_table table = {};
	u32 taken = pages(first, count);
	u64 at;

	EXPECT(!vmr_slot_table_check(&table, &there, &small));
	store(&table, &there);
	EXPECT_EQ(table.end, 4);
	for (at = 0; at <= PAGES; at++) {
		EXPECT_EQ(!!vmr_slot_table_find(&table, at * PAGE + 1),
			  !!(taken & pages(at, 1)));
		check_others(&table, at, taken);
	}
}

void slots_all_pairs(void)
{
	u64 first, count;

	for (first = 0; first < PAGES; first++)
		for (count = 1; first + count <= PAGES; count++)
			check_pair(first, count);
}

void slots_refused(void)
{
	static const struct vmr_slot_limits real = { .gpa = 1ULL << 46, .hva = 0x7ffffffff000 };
	static const struct {
		struct vmr_slot slot;
		int err;
	} rows[] = {
		{ { .slot = 63, .length = PAGE }, 0 },
		{ { .slot = 64, .length = PAGE }, -E2BIG },
		{ { .slot = ~0U, .length = PAGE }, -E2BIG },
		{ { .length = PAGE, .flags = 4 }, -EINVAL },
		{ { .length = PAGE, .flags = 3 }, 0 },
		{ { .length = PAGE, .flags = 1 }, 0 },
		{ { .length = PAGE, .reserved = 1 }, -EINVAL },
		{ { .length = 1 }, -EINVAL },
		{ { .length = PAGE, .gpa = 8 }, -EINVAL },
		{ { .length = PAGE, .hva = 0x800 }, -EINVAL },
		{ { .length = PAGE, .gpa = (1ULL << 46) - PAGE }, 0 },
		{ { .length = PAGE, .gpa = 1ULL << 46 }, -EINVAL },
		{ { .length = 2 * PAGE, .gpa = (1ULL << 46) - PAGE }, -EINVAL },
		{ { .length = 2 * PAGE, .gpa = -PAGE }, -EINVAL },
		{ { .length = -PAGE, .gpa = PAGE }, -EINVAL },
		{ { .length = -PAGE, .gpa = 2 * PAGE }, -EINVAL },
		{ { .length = PAGE, .hva = 0x7fffffffe000 }, 0 },
		{ { .length = PAGE, .hva = 0x7ffffffff000 }, -EINVAL },
		{ { .length = 2 * PAGE, .hva = 0x7fffffffe000 }, -EINVAL },
		{ { .length = PAGE, .hva = 0xffff888000000000 }, -EINVAL },
		{ { .length = 2 * PAGE, .hva = -PAGE }, -EINVAL },
		{ { .length = 0 }, -ENOENT },
		{ { .length = 0, .slot = 64 }, -E2BIG },
		{ { .length = 0, .flags = 4 }, -EINVAL },
	};
	struct vmr_slot_table none = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		if (vmr_slot_table_check(&none, &rows[i].slot, &real) != rows[i].err)
			unit_fail(__FILE__, __LINE__, "row %u is not %d", i, rows[i].err);
}

/* All ranges around the words of a log, against what the ABI says of each. */
void slots_dirty(void)
{
	const u64 pages = 3 * VMR_DIRTY_WORD + 5;
	struct vmr_slot_table table = {};
	struct vmr_dirty wanted = { .slot = 7 };
	struct vmr_memslot slot = {
		.gpa = 0x100000, .length = pages * PAGE, .flags = VMR_SLOT_LOG_DIRTY,
	};

	EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted), -ENOENT);
	vmr_slot_table_store(&table, 7, &slot);
	for (wanted.first_page = 0; wanted.first_page < pages + 70; wanted.first_page++) {
		for (wanted.pages = 0; wanted.pages < pages + 70; wanted.pages++) {
			u64 end = wanted.first_page + wanted.pages;
			bool good = wanted.pages && end <= pages &&
				    wanted.first_page % 64 == 0 &&
				    (end % 64 == 0 || end == pages);

			EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted),
				  good ? 0 : -EINVAL);
		}
	}
	wanted.first_page = 64;
	wanted.pages = ~0ULL - 63;
	EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted), -EINVAL);
	wanted.pages = 64;
	EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted), 0);
	wanted.slot = 64;
	EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted), -E2BIG);
	wanted.slot = 7;
	slot.flags = VMR_SLOT_READONLY;
	vmr_slot_table_store(&table, 7, &slot);
	EXPECT_EQ(vmr_slot_table_check_dirty(&table, &wanted), -EINVAL);
}

void slots_delete(void)
{
	struct vmr_slot_table table = {};
	struct vmr_slot low = wish(0, 0, 1, 0), high = wish(63, 2, 1, 1);
	struct vmr_slot gone = wish(63, 0, 0, 0);
	struct vmr_memslot old;

	EXPECT(!vmr_slot_table_find(&table, 0));
	store(&table, &low);
	EXPECT(vmr_slot_table_check(&table, &gone, &small) == -ENOENT);
	store(&table, &high);
	EXPECT_EQ(table.end, 64);
	EXPECT(vmr_slot_table_check(&table, &gone, &small) == 0);
	gone.gpa = -1;
	gone.hva = -1;
	EXPECT(vmr_slot_table_check(&table, &gone, &small) == 0);
	old = vmr_slot_table_store(&table, 63, &(struct vmr_memslot){});
	EXPECT_EQ(old.gpa, 2 * PAGE);
	EXPECT_EQ(table.end, 1);
	EXPECT(!vmr_slot_table_find(&table, 2 * PAGE));
	EXPECT(vmr_slot_table_find(&table, PAGE - 1) == &table.slot[0]);
	vmr_slot_table_store(&table, 0, &(struct vmr_memslot){});
	EXPECT_EQ(table.end, 0);
}

/* The model of vmr_memslot_level(): both ends of the large page are in the slot. */
static bool may_be_large(const struct vmr_memslot *slot, u64 gpa, unsigned int level)
{
	u64 size = vmr_pte_size(level);
	u64 begin = gpa / size * size;

	return slot->gpa % size == slot->hva % size && begin >= slot->gpa &&
	       begin + size <= slot->gpa + slot->length;
}

static void check_level(const struct vmr_memslot *slot)
{
	unsigned int level;
	u64 gpa;

	for (gpa = slot->gpa; gpa - slot->gpa < slot->length; gpa += PAGE * 509) {
		for (level = VMR_EPT_1G; level; level--)
			if (may_be_large(slot, gpa, level))
				break;
		EXPECT_EQ(vmr_memslot_level(slot, gpa, VMR_EPT_1G), level);
		EXPECT_EQ(vmr_memslot_level(slot, gpa, VMR_EPT_4K), VMR_EPT_4K);
	}
}

void slots_level(void)
{
	static const u64 offsets[] = { 0, PAGE, 0x1ff000, 0x200000, 0x3ffff000, 0x40000000 };
	unsigned int i, j, k;

	for (i = 0; i < ARRAY_SIZE(offsets); i++)
		for (j = 0; j < ARRAY_SIZE(offsets); j++)
			for (k = 0; k < ARRAY_SIZE(offsets); k++)
				check_level(&(struct vmr_memslot){
					.gpa = offsets[i],
					.hva = 0x7f0000000000 + offsets[j],
					.length = 0x40000000 + offsets[k],
				});
}

/* A slot of three pages at 4 in the process and at 2 in the guest, and all ranges. */
void slots_meets(void)
{
	struct vmr_memslot slot = { .gpa = 2 * PAGE, .length = 3 * PAGE, .hva = 4 * PAGE };
	struct vmr_memslot none = { .hva = 4 * PAGE };
	u64 start, end, gpa, gpa_end;

	for (start = 0; start < 10; start++) {
		for (end = start + 1; end < 11; end++) {
			u32 both = pages(start, end - start) & pages(4, 3);
			bool meets = vmr_memslot_meets(&slot, start * PAGE, end * PAGE,
						       &gpa, &gpa_end);

			EXPECT_EQ(meets, both != 0);
			if (meets)
				EXPECT_EQ(pages(gpa / PAGE + 2, (gpa_end - gpa) / PAGE), both);
			EXPECT(!vmr_memslot_meets(&none, start * PAGE, end * PAGE,
						  &gpa, &gpa_end));
		}
	}
	/* What isn't whole pages is taken as such, and no more than the slot. */
	EXPECT(vmr_memslot_meets(&slot, 5 * PAGE + 1, 5 * PAGE + 2, &gpa, &gpa_end));
	EXPECT_EQ(gpa, 3 * PAGE);
	EXPECT_EQ(gpa_end, 4 * PAGE);
	EXPECT(vmr_memslot_meets(&slot, 0, ~0ULL, &gpa, &gpa_end));
	EXPECT_EQ(gpa, 2 * PAGE);
	EXPECT_EQ(gpa_end, 5 * PAGE);
	EXPECT(!vmr_memslot_meets(&slot, 7 * PAGE, ~0ULL, &gpa, &gpa_end));
}
