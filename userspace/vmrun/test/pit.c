// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the interval timer. */
#include "dev/pit.h"
#include "harness.h"

#define TICKS(n)	(((n) * NS_PER_S + PIT_HZ - 1) / PIT_HZ)

static void set_up(struct bench *bench, struct pit *pit)
{
	bench_init(bench);
	EXPECT_EQ(pit_init(pit, &bench->ports, &bench->timers, &bench->irq), 0);
}

static void program(struct bench *bench, unsigned int channel, uint8_t mode, uint16_t count)
{
	out8(bench, 0x43, channel << 6 | 0x30 | mode << 1);
	out8(bench, 0x40 + channel, count);
	out8(bench, 0x40 + channel, count >> 8);
}

static uint16_t latch(struct bench *bench, unsigned int channel)
{
	uint8_t low;

	out8(bench, 0x43, channel << 6);
	low = in8(bench, 0x40 + channel);
	return low | in8(bench, 0x40 + channel) << 8;
}

TEST(pit_periodic)
{
	struct bench bench;
	struct pit pit;
	unsigned int i;

	set_up(&bench, &pit);
	program(&bench, 0, 2, 1193);
	irq_acknowledge(&bench.irq);
	out8(&bench, 0x20, 0x20);
	for (i = 1; i <= 1000; i++) {
		uint64_t before = bench.irq.raised[0];

		bench_advance(&bench, TICKS(1193) - 2000);
		EXPECT_EQ(bench.irq.raised[0], before);
		bench_advance(&bench, 2000);
		EXPECT_EQ(bench.irq.raised[0], before + 1);
		EXPECT(bench.intr);
		irq_acknowledge(&bench.irq);
		out8(&bench, 0x20, 0x20);
	}
	EXPECT_EQ(pit.fired, 1000);
	EXPECT_EQ(pit.late, 0);
}

/* Deadlines are counted from the beginning: no error adds up. */
TEST(pit_keeps_time)
{
	struct bench bench;
	struct pit pit;
	uint64_t before;

	set_up(&bench, &pit);
	program(&bench, 0, 3, 4772);
	before = bench.irq.raised[0];
	bench_advance(&bench, 60 * NS_PER_S);
	EXPECT_EQ(bench.irq.raised[0] - before, 60ull * PIT_HZ / 4772);
}

TEST(pit_slow_host)
{
	struct bench bench;
	struct pit pit;
	uint64_t before;

	set_up(&bench, &pit);
	program(&bench, 0, 2, 1193);
	before = bench.irq.raised[0];
	bench.now += TICKS(1193 * 10);
	timers_run(&bench.timers);
	EXPECT_EQ(bench.irq.raised[0], before + 1);
	EXPECT_EQ(pit.late, 9);
	EXPECT(bench.wake_at > bench.now);
}

TEST(pit_once)
{
	static const uint8_t modes[] = { 0, 4 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct bench bench;
		struct pit pit;
		uint64_t before;

		set_up(&bench, &pit);
		program(&bench, 0, modes[i], 100);
		before = bench.irq.raised[0];
		bench_advance(&bench, TICKS(99));
		EXPECT_EQ(bench.irq.raised[0], before);
		bench_advance(&bench, TICKS(3));
		EXPECT_EQ(bench.irq.raised[0], before + 1);
		bench_advance(&bench, NS_PER_S);
		EXPECT_EQ(bench.irq.raised[0], before + 1);
		/* A new count begins anew. */
		out8(&bench, 0x40, 50);
		out8(&bench, 0x40, 0);
		bench_advance(&bench, TICKS(53));
		EXPECT_EQ(bench.irq.raised[0], before + 2);
	}
}

TEST(pit_stopped)
{
	struct bench bench;
	struct pit pit;
	uint64_t before;

	set_up(&bench, &pit);
	program(&bench, 0, 2, 1193);
	/* Mode 0 without a count: how a system turns it off. */
	out8(&bench, 0x43, 0x30);
	before = bench.irq.raised[0];
	bench_advance(&bench, NS_PER_S);
	EXPECT_EQ(bench.irq.raised[0], before);
}

TEST(pit_counts_down)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	program(&bench, 1, 2, 1000);
	EXPECT_EQ(latch(&bench, 1), 1000);
	bench_advance(&bench, TICKS(1));
	EXPECT_EQ(latch(&bench, 1), 999);
	bench_advance(&bench, TICKS(998));
	EXPECT(latch(&bench, 1) <= 1);
	program(&bench, 1, 3, 1000);
	bench_advance(&bench, TICKS(100));
	EXPECT_EQ(latch(&bench, 1), 800);
	bench_advance(&bench, TICKS(450));
	EXPECT_EQ(latch(&bench, 1), 900);
	program(&bench, 1, 0, 10);
	bench_advance(&bench, TICKS(12));
	EXPECT_EQ(latch(&bench, 1), 0xfffe);	/* it goes on */
	program(&bench, 1, 2, 0);
	EXPECT_EQ(latch(&bench, 1), 0);		/* 65536 */
}

TEST(pit_latch_holds)
{
	struct bench bench;
	struct pit pit;
	uint8_t low, high;

	set_up(&bench, &pit);
	program(&bench, 1, 2, 0x1234);
	out8(&bench, 0x43, 0x40);
	bench_advance(&bench, TICKS(0x200));
	out8(&bench, 0x43, 0x40);	/* the first one counts */
	low = in8(&bench, 0x41);
	high = in8(&bench, 0x41);
	EXPECT_EQ(high << 8 | low, 0x1234);
	low = in8(&bench, 0x41);
	high = in8(&bench, 0x41);
	EXPECT_EQ(high << 8 | low, 0x1034);
}

TEST(pit_read_back)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	out8(&bench, 0x43, 0x94);	/* channel 2, low byte only, mode 2 */
	out8(&bench, 0x61, 0x01);
	out8(&bench, 0x42, 0x80);
	out8(&bench, 0x43, 0xc8);	/* status and count of channel 2 */
	EXPECT_EQ(in8(&bench, 0x42), 0x94);
	EXPECT_EQ(in8(&bench, 0x42), 0x80);
	EXPECT_EQ(in8(&bench, 0x43), 0xff);
}

/* Of two commands the first one's status holds until it is read. */
TEST(pit_status_holds)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	program(&bench, 1, 0, 10);
	out8(&bench, 0x43, 0xe4);	/* status of channel 1 */
	bench_advance(&bench, TICKS(12));
	out8(&bench, 0x43, 0xe4);
	EXPECT_EQ(in8(&bench, 0x41), 0x30);
	out8(&bench, 0x43, 0xe4);
	EXPECT_EQ(in8(&bench, 0x41), 0xb0);	/* the output is high */
}

TEST(pit_bcd)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	out8(&bench, 0x43, 0x75);	/* channel 1, both bytes, mode 2, BCD */
	out8(&bench, 0x41, 0x00);
	out8(&bench, 0x41, 0x20);
	bench_advance(&bench, TICKS(1));
	EXPECT_EQ(latch(&bench, 1), 0x1999);
}

/* How a system measures another clock by channel 2: gate, count, output. */
TEST(pit_calibration)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	out8(&bench, 0x61, 0x00);
	program(&bench, 2, 0, 11932);	/* 10 ms */
	bench_advance(&bench, NS_PER_S);
	EXPECT_EQ(in8(&bench, 0x61) & 0x20, 0);	/* the gate is shut */
	EXPECT_EQ(latch(&bench, 2), 11932);
	out8(&bench, 0x61, 0x01);
	bench_advance(&bench, 9990000);
	EXPECT_EQ(in8(&bench, 0x61) & 0x21, 0x01);
	bench_advance(&bench, 20000);
	EXPECT_EQ(in8(&bench, 0x61) & 0x21, 0x21);
	EXPECT_EQ(bench.irq.raised[0], 0);
}

TEST(pit_gate_stops)
{
	struct bench bench;
	struct pit pit;

	set_up(&bench, &pit);
	out8(&bench, 0x61, 0x01);
	program(&bench, 2, 0, 1000);
	bench_advance(&bench, TICKS(400));
	out8(&bench, 0x61, 0x00);
	bench_advance(&bench, NS_PER_S);
	EXPECT_EQ(latch(&bench, 2), 600);
	out8(&bench, 0x61, 0x01);
	bench_advance(&bench, TICKS(500));
	EXPECT_EQ(latch(&bench, 2), 100);
	/* Mode 3 begins anew when it opens. */
	program(&bench, 2, 3, 1000);
	bench_advance(&bench, TICKS(100));
	out8(&bench, 0x61, 0x00);
	out8(&bench, 0x61, 0x01);
	EXPECT_EQ(latch(&bench, 2), 1000);
}

TEST(pit_refresh_toggles)
{
	struct bench bench;
	struct pit pit;
	unsigned int i, changes = 0;
	uint8_t last;

	set_up(&bench, &pit);
	last = in8(&bench, 0x61) & 0x10;
	for (i = 0; i < 100; i++) {
		bench_advance(&bench, 15100);
		changes += (in8(&bench, 0x61) & 0x10) != last;
		last = in8(&bench, 0x61) & 0x10;
	}
	EXPECT(changes > 95);
}
