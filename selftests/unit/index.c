// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the ring's index arithmetic: around the places where it wraps,
 * against counts that don't.
 */
#include <linux/kernel.h>

#include "ring/index.h"
#include "unit.h"

#define ENTRIES	4

/* Counts of entries whose low 32 bits begin at 0, wrap, or change their sign. */
static const u64 beginnings[] = { 0, 0x100000000 - 6, 0x80000000 - 6, 0x200000000 - 6 };

static void check(u64 produced, u64 consumed)
{
	u64 used = produced - consumed;

	EXPECT_EQ(vmr_index_used(produced, consumed), used);
	EXPECT_EQ(vmr_index_room(produced, consumed, ENTRIES, false), used < ENTRIES);
	EXPECT_EQ(vmr_index_room(produced, consumed, ENTRIES, true), used < ENTRIES - 1);
}

void index_room(void)
{
	unsigned int i;
	u64 consumed, used;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++)
		for (consumed = beginnings[i]; consumed < beginnings[i] + 12; consumed++)
			for (used = 0; used <= ENTRIES; used++)
				check(consumed + used, consumed);
}

/* Every number that is near, and those that are far. */
void index_possible(void)
{
	static const u32 far[] = { 100, 0x7fffffff, 0x80000000, 0x80000001, 0xffffff00 };
	unsigned int i, j, used;
	u64 consumed;
	int step;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++)
		for (consumed = beginnings[i]; consumed < beginnings[i] + 12; consumed++)
			for (used = 0; used <= ENTRIES; used++) {
				for (step = -20; step <= 20; step++)
					EXPECT_EQ(vmr_index_possible(consumed + used, consumed,
								     consumed + step),
						  step >= 0 && step <= (int)used);
				for (j = 0; j < ARRAY_SIZE(far); j++)
					EXPECT(!vmr_index_possible(consumed + used, consumed,
								   consumed + far[j]));
			}
}

void index_passed(void)
{
	unsigned int i;
	u64 seq;
	int step;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++)
		for (seq = beginnings[i]; seq < beginnings[i] + 12; seq++)
			for (step = -20; step <= 20; step++)
				EXPECT_EQ(vmr_index_passed(seq + step, seq), step >= 0);
}

/* Entries that lie in the ring at the same time are in slots of their own. */
void index_slots(void)
{
	unsigned int i, j;
	u32 seen;

	for (i = 0; i < ARRAY_SIZE(beginnings); i++) {
		seen = 0;
		for (j = 0; j < ENTRIES; j++)
			seen |= 1u << vmr_index_slot(beginnings[i] + j, ENTRIES);
		EXPECT_EQ(seen, (1u << ENTRIES) - 1);
	}
	EXPECT_EQ(vmr_index_slot(0xffffffff, 4096), 4095);
	EXPECT_EQ(vmr_index_slot(0xffffffff, 2), 1);
}
