// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the guest's memory. */
#include <string.h>

#include "harness.h"
#include "memory.h"

#define MB	(1ull << 20)

/* Made of addresses alone: nothing is behind them. */
static struct memory of_size(uint64_t below, uint64_t above)
{
	struct memory memory = { .count = above ? 3 : 2, .below_4g = below, .above_4g = above };

	memory.part[0] = (struct memory_part){ 0, 0xa0000, (uint8_t *)0x10000000 };
	memory.part[1] = (struct memory_part){ 0xc0000, below - 0xc0000, (uint8_t *)0x100c0000 };
	memory.part[2] = (struct memory_part){ 1ull << 32, above, (uint8_t *)0x200000000 };
	return memory;
}

TEST(memory_where_it_is)
{
	struct memory memory = of_size(256 * MB, MB);

	EXPECT_EQ((uintptr_t)memory_at(&memory, 0, 1), 0x10000000);
	EXPECT_EQ((uintptr_t)memory_at(&memory, 0x9ffff, 1), 0x1009ffff);
	EXPECT(!memory_at(&memory, 0x9ffff, 2));
	EXPECT(!memory_at(&memory, 0xa0000, 1));
	EXPECT(!memory_at(&memory, 0xbffff, 2));
	EXPECT_EQ((uintptr_t)memory_at(&memory, 0xc0000, 256 * MB - 0xc0000), 0x100c0000);
	EXPECT(!memory_at(&memory, 0xc0000, 256 * MB - 0xc0000 + 1));
	EXPECT(!memory_at(&memory, 256 * MB, 1));
	EXPECT_EQ((uintptr_t)memory_at(&memory, (1ull << 32) + 5, 1), 0x200000005);
	EXPECT(!memory_at(&memory, (1ull << 32) + MB, 1));
	/* Sums that wrap */
	EXPECT(!memory_at(&memory, 0x1000, ~0ull));
	EXPECT(!memory_at(&memory, ~0ull, 2));
	EXPECT(!memory_at(&memory, 0x1000, ~0ull - 0xfff));
}

TEST(memory_map_is_in_order)
{
	struct e820_entry map[E820_MOST];
	struct memory memory = of_size(256 * MB, 0);
	unsigned int count = memory_e820(&memory, map), i;
	uint64_t ram = 0;

	EXPECT_EQ(count, 4);
	for (i = 0; i < count; i++) {
		if (i)
			EXPECT(map[i].addr >= map[i - 1].addr + map[i - 1].size);
		if (map[i].type == E820_RAM)
			ram += map[i].size;
	}
	EXPECT_EQ(map[count - 1].addr + map[count - 1].size, 256 * MB);
	EXPECT_EQ(ram, 255 * MB + 0x9fc00);
	memory = of_size(0xc0000000, 5 * MB);
	EXPECT_EQ(memory_e820(&memory, map), 5);
	EXPECT_EQ(map[4].addr, 1ull << 32);
	EXPECT_EQ(map[4].size, 5 * MB);
}

/* Whatever begins in a hole may reach into what lies behind it. */
TEST(memory_overlaps_ranges)
{
	struct memory memory = of_size(256 * MB, 0);

	EXPECT(memory_overlaps(&memory, 0, 1));
	EXPECT(memory_overlaps(&memory, 0x9ffff, 1));
	EXPECT(!memory_overlaps(&memory, 0xa0000, 0x20000));
	EXPECT(memory_overlaps(&memory, 0xa0000, 0x20001));
	EXPECT(memory_overlaps(&memory, 0xb0000, 0x20000));
	EXPECT(memory_overlaps(&memory, 256 * MB - 1, 1));
	EXPECT(!memory_overlaps(&memory, 256 * MB, ~0ull));
}

TEST(memory_is_had)
{
	static const enum memory_pages pages[] = { MEMORY_THP, MEMORY_SMALL };
	struct memory memory;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		uint8_t *last;

		EXPECT_EQ(memory_create(&memory, 16 * MB, pages[i]), 0);
		EXPECT_EQ((uintptr_t)memory_at(&memory, 0, 1) % (2 * MB), 0);
		last = memory_at(&memory, 16 * MB - 1, 1);
		*last = 1;
		memset(memory_at(&memory, 0, 0xa0000), 0x55, 0xa0000);
		EXPECT_EQ(*last, 1);
		memory_destroy(&memory);
		memory_destroy(&memory);
	}
}

TEST(memory_more_than_there_is)
{
	struct memory memory;

	EXPECT_EQ(memory_create(&memory, 1ull << 46, MEMORY_THP), -1ull);
	EXPECT_SAID("this machine has");
}
