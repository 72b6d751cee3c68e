// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of how long a vCPU spins for an answer: never longer than is allowed, not
 * at all for one that takes longer, and again for one that comes soon again.
 */
#include <linux/kernel.h>

#include "ring/spin.h"
#include "unit.h"

#define KHZ	2000000

static u64 after(struct vmr_spin *spin, u64 waited, int times)
{
	while (times--)
		vmr_spin_learn(spin, waited);
	return spin->now;
}

void spin_limits(void)
{
	struct vmr_spin spin;

	vmr_spin_set(&spin, 50000, KHZ);
	EXPECT_EQ(spin.most, 100000);
	EXPECT_EQ(spin.now, 100000);
	vmr_spin_set(&spin, 1000000, 0xffffffff);
	EXPECT_EQ(spin.most, 0xffffffff);
	vmr_spin_set(&spin, 50000, 0);
	EXPECT_EQ(spin.now, 0);
	EXPECT_EQ(after(&spin, 1, 10), 0);
	vmr_spin_set(&spin, 0, KHZ);
	EXPECT_EQ(spin.now, 0);
	EXPECT_EQ(after(&spin, 0, 10), 0);
	/* So little that a part of it is nothing. */
	vmr_spin_set(&spin, 1, 3000000);
	EXPECT_EQ(spin.most, 3);
	EXPECT_EQ(after(&spin, 4, 10), 0);
}

void spin_learns(void)
{
	struct vmr_spin spin;
	int i;

	vmr_spin_set(&spin, 50000, KHZ);
	/* What was waited for in time changes nothing. */
	EXPECT_EQ(after(&spin, 100000, 10), 100000);
	EXPECT_EQ(after(&spin, 0, 10), 100000);
	/* Slow answers end it, and a single one doesn't. */
	EXPECT_EQ(after(&spin, 100001, 1), 50000);
	EXPECT_EQ(after(&spin, ~0ull, 5), 0);
	EXPECT_EQ(after(&spin, 100001, 1), 0);
	/* Quick ones bring it back, up to what is allowed. */
	EXPECT_EQ(after(&spin, 100000, 1), 100000 / 16);
	for (i = 0; i < 10; i++)
		EXPECT_EQ(after(&spin, 100000, 1) <= 100000, true);
	EXPECT_EQ(spin.now, 100000);
	/* No further than what it takes. */
	after(&spin, ~0ull, 6);
	EXPECT_EQ(after(&spin, 100000 / 16, 10), 100000 / 16);
}
