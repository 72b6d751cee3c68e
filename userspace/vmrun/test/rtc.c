// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the real-time clock. */
#include "dev/rtc.h"
#include "harness.h"

/* Sunday, 2026-11-22 13:59:58 UTC */
#define WHEN	1795355998ull

static void set_up(struct bench *bench, struct rtc *rtc)
{
	bench_init(bench);
	EXPECT_EQ(rtc_init(rtc, &bench->ports, &bench->timers, &bench->irq, WHEN * NS_PER_S), 0);
}

static uint8_t get(struct bench *bench, uint8_t index)
{
	out8(bench, 0x70, index);
	return in8(bench, 0x71);
}

static void set(struct bench *bench, uint8_t index, uint8_t value)
{
	out8(bench, 0x70, index);
	out8(bench, 0x71, value);
}

TEST(rtc_tells_the_time)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	EXPECT_EQ(get(&bench, 0), 0x58);
	EXPECT_EQ(get(&bench, 2), 0x59);
	EXPECT_EQ(get(&bench, 4), 0x13);
	EXPECT_EQ(get(&bench, 6), 1);
	EXPECT_EQ(get(&bench, 7), 0x22);
	EXPECT_EQ(get(&bench, 8), 0x11);
	EXPECT_EQ(get(&bench, 9), 0x26);
	EXPECT_EQ(get(&bench, 0x32), 0x20);
	bench_advance(&bench, 2 * NS_PER_S);
	EXPECT_EQ(get(&bench, 0), 0x00);
	EXPECT_EQ(get(&bench, 2), 0x00);
	EXPECT_EQ(get(&bench, 4), 0x14);
	EXPECT_EQ(get(&bench, 0x0d), 0x80);
}

TEST(rtc_other_formats)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	set(&bench, 0x0b, 0x06);
	EXPECT_EQ(get(&bench, 0), 58);
	EXPECT_EQ(get(&bench, 4), 13);
	set(&bench, 0x0b, 0x04);
	EXPECT_EQ(get(&bench, 4), 0x80 | 1);
	set(&bench, 0x0b, 0x00);
	EXPECT_EQ(get(&bench, 4), 0x81);
	bench_advance(&bench, 11 * 3600 * NS_PER_S);
	EXPECT_EQ(get(&bench, 4), 0x12);	/* after midnight */
}

TEST(rtc_says_when_it_changes)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	EXPECT_EQ(get(&bench, 0x0a), 0x26);
	bench_advance(&bench, NS_PER_S - 200000);
	EXPECT_EQ(get(&bench, 0x0a), 0xa6);
	bench_advance(&bench, 200000);
	EXPECT_EQ(get(&bench, 0x0a), 0x26);
}

TEST(rtc_is_set)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	set(&bench, 0x0b, 0x82);
	bench_advance(&bench, 5 * NS_PER_S);
	EXPECT_EQ(get(&bench, 0), 0x58);	/* it stands still */
	set(&bench, 0, 0x01);
	set(&bench, 2, 0x02);
	set(&bench, 4, 0x03);
	set(&bench, 7, 0x29);
	set(&bench, 8, 0x02);
	set(&bench, 9, 0x04);
	set(&bench, 0x0b, 0x02);
	EXPECT_EQ(get(&bench, 0), 0x01);
	bench_advance(&bench, 86400 * NS_PER_S);
	EXPECT_EQ(get(&bench, 0), 0x01);
	EXPECT_EQ(get(&bench, 7), 0x01);	/* 2004 was a leap year */
	EXPECT_EQ(get(&bench, 8), 0x03);
	set(&bench, 4, 0x10);			/* while it runs */
	EXPECT_EQ(get(&bench, 4), 0x10);
	EXPECT_EQ(get(&bench, 2), 0x02);
}

/* Whatever a guest writes there, nothing breaks. */
TEST(rtc_nonsense)
{
	struct bench bench;
	struct rtc rtc;
	unsigned int index, value;

	set_up(&bench, &rtc);
	for (index = 0; index < RTC_BYTES; index++)
		for (value = 0; value < 256; value += 5) {
			/* What the time is made of is looked at while the clock runs only. */
			if (index > 0x0b)
				set(&bench, 0x0b, value & 0x7f);
			set(&bench, index, value);
			get(&bench, index);
			bench_advance(&bench, NS_PER_S / 7);
		}
	/* And set right again, it is right. */
	set(&bench, 0x0b, 0x82);
	set(&bench, 0, 0x30);
	set(&bench, 2, 0x15);
	set(&bench, 4, 0x12);
	set(&bench, 7, 0x31);
	set(&bench, 8, 0x12);
	set(&bench, 9, 0x99);
	set(&bench, 0x32, 0x20);
	set(&bench, 0x0b, 0x02);
	bench_advance(&bench, 86400 * NS_PER_S);
	EXPECT_EQ(get(&bench, 0x32), 0x21);
	EXPECT_EQ(get(&bench, 9), 0x00);
	EXPECT_EQ(get(&bench, 7), 0x01);
	EXPECT_EQ(get(&bench, 4), 0x12);
}

/* Centuries that no nanoseconds since 1970 reach become the nearest that some do. */
TEST(rtc_other_centuries)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	set(&bench, 0x32, 0x18);
	EXPECT_EQ(get(&bench, 0x32), 0x18);
	EXPECT_EQ(get(&bench, 9), 0x26);
	EXPECT_EQ(get(&bench, 7), 0x22);
	set(&bench, 0x32, 0x00);
	EXPECT_EQ(get(&bench, 0x32), 0x17);
	EXPECT_EQ(get(&bench, 9), 0x16);
	bench_advance(&bench, 86400 * NS_PER_S);
	set(&bench, 0x32, 0x99);
	EXPECT_EQ(get(&bench, 0x32), 0x22);
	EXPECT_EQ(get(&bench, 9), 0x23);
}

TEST(rtc_memory)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	rtc_set_memory(&rtc, 256 << 20, 0);
	EXPECT_EQ(get(&bench, 0x15) | get(&bench, 0x16) << 8, 640);
	EXPECT_EQ(get(&bench, 0x17) | get(&bench, 0x18) << 8, 0xffff);
	EXPECT_EQ(get(&bench, 0x34) | get(&bench, 0x35) << 8, 240 * 16);
	rtc_set_memory(&rtc, 0xc0000000, 5ull << 30);
	EXPECT_EQ(get(&bench, 0x5b) | get(&bench, 0x5c) << 8 | get(&bench, 0x5d) << 16,
		  5 * 16384);
	rtc_set_memory(&rtc, 0xc0000000, 1ull << 41);	/* more than the register holds */
	EXPECT_EQ(get(&bench, 0x5b) | get(&bench, 0x5c) << 8 | get(&bench, 0x5d) << 16, 0xffffff);
	set(&bench, 0x40, 0xa5);
	EXPECT_EQ(get(&bench, 0x40), 0xa5);
	set(&bench, 0xc0, 0x5a);	/* bit 7 is about NMIs */
	EXPECT_EQ(get(&bench, 0x40), 0x5a);
}

TEST(rtc_update_interrupt)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	set(&bench, 0x0b, 0x12);
	bench_advance(&bench, NS_PER_S);
	EXPECT(bench.irq.level[8]);
	EXPECT_EQ(get(&bench, 0x0c), 0x90);
	EXPECT(!bench.irq.level[8]);
	EXPECT_EQ(get(&bench, 0x0c), 0x00);
	bench_advance(&bench, NS_PER_S);
	EXPECT(bench.irq.level[8]);
	set(&bench, 0x0b, 0x02);
	EXPECT(!bench.irq.level[8]);
	get(&bench, 0x0c);
	bench_advance(&bench, 5 * NS_PER_S);
	EXPECT(!bench.irq.level[8]);
	EXPECT_EQ(bench.wake_at, UINT64_MAX);
}

TEST(rtc_alarm)
{
	struct bench bench;
	struct rtc rtc;

	set_up(&bench, &rtc);
	set(&bench, 1, 0x03);
	set(&bench, 3, 0x00);
	set(&bench, 5, 0xff);		/* at any hour */
	set(&bench, 0x0b, 0x22);
	bench_advance(&bench, 4 * NS_PER_S);
	EXPECT(!bench.irq.level[8]);
	bench_advance(&bench, NS_PER_S);
	EXPECT(bench.irq.level[8]);
	EXPECT_EQ(get(&bench, 0x0c) & 0xa0, 0xa0);
	bench_advance(&bench, 3599 * NS_PER_S);
	EXPECT(!bench.irq.level[8]);
	bench_advance(&bench, NS_PER_S);
	EXPECT(bench.irq.level[8]);
}

TEST(rtc_periodic)
{
	struct bench bench;
	struct rtc rtc;
	unsigned int i;

	set_up(&bench, &rtc);
	set(&bench, 0x0a, 0x26);	/* 1024 Hz */
	set(&bench, 0x0b, 0x42);
	for (i = 0; i < 1024; i++) {
		bench_advance(&bench, NS_PER_S / 1024 + 1);
		EXPECT(bench.irq.level[8]);
		EXPECT_EQ(get(&bench, 0x0c), 0xc0);
	}
	EXPECT_EQ(bench.irq.raised[8], 1024);
	set(&bench, 0x0a, 0x20);
	bench_advance(&bench, NS_PER_S);
	EXPECT(!bench.irq.level[8]);
	/* A host that was slow doesn't make up for it. */
	set(&bench, 0x0a, 0x2f);	/* 2 Hz */
	bench.now += 10 * NS_PER_S;
	timers_run(&bench.timers);
	EXPECT_EQ(bench.irq.raised[8], 1025);
	EXPECT(bench.wake_at > bench.now);
}
