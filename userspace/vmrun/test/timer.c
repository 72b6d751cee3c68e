// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the deadlines. */
#include "harness.h"

static unsigned int order[8], fired;

static void note(void *arg)
{
	order[fired++] = (uintptr_t)arg;
}

TEST(timer_order)
{
	struct timer timers[3];
	struct bench bench;
	uintptr_t i;

	bench_init(&bench);
	fired = 0;
	for (i = 0; i < 3; i++)
		timers[i] = (struct timer){ .fire = note, .arg = (void *)i };
	timer_set(&bench.timers, &timers[0], bench.now + 30);
	EXPECT_EQ(bench.wake_at, bench.now + 30);
	timer_set(&bench.timers, &timers[1], bench.now + 10);
	EXPECT_EQ(bench.wake_at, bench.now + 10);
	timer_set(&bench.timers, &timers[2], bench.now + 20);
	EXPECT_EQ(bench.wake_at, bench.now + 10);
	timer_set(&bench.timers, &timers[0], bench.now + 15);	/* moved */
	bench_advance(&bench, 9);
	EXPECT_EQ(fired, 0);
	bench_advance(&bench, 6);
	EXPECT_EQ(fired, 2);
	EXPECT_EQ(order[0], 1);
	EXPECT_EQ(order[1], 0);
	EXPECT(!timers[0].set);
	timer_clear(&bench.timers, &timers[2]);
	timer_clear(&bench.timers, &timers[2]);
	bench_advance(&bench, 100);
	EXPECT_EQ(fired, 2);
	EXPECT_EQ(bench.wake_at, UINT64_MAX);
}

struct again {
	struct timer timer;
	struct bench *bench;
	unsigned int left;
};

static void once_more(void *arg)
{
	struct again *again = arg;

	if (again->left--)
		timer_set(&again->bench->timers, &again->timer, again->bench->now + 5);
}

TEST(timer_sets_itself)
{
	struct bench bench;
	struct again again = { .bench = &bench, .left = 3 };

	bench_init(&bench);
	again.timer.fire = once_more;
	again.timer.arg = &again;
	timer_set(&bench.timers, &again.timer, 0);	/* long ago: at once */
	bench_advance(&bench, 0);
	EXPECT_EQ(again.left, 2);
	EXPECT_EQ(bench.wake_at, bench.now + 5);
	bench_advance(&bench, 100);
	EXPECT(!again.timer.set);
	EXPECT_EQ(again.left, -1u);
}
