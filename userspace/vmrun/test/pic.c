// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the interrupt controllers. */
#include "harness.h"

#define EOI		0x20
#define SPECIFIC	0x60

TEST(pic_edge)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 4, true);
	EXPECT(bench.intr);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x34);
	EXPECT(!bench.intr);
	/* The line stays up: no second edge, and no second interrupt. */
	out8(&bench, 0x20, EOI);
	EXPECT(!bench.intr);
	irq_set(&bench.irq, 4, false);
	irq_set(&bench.irq, 4, true);
	EXPECT(bench.intr);
	/* An edge is kept when the line goes down again. */
	irq_set(&bench.irq, 4, false);
	EXPECT(bench.intr);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x34);
	EXPECT_EQ(bench.irq.raised[4], 2);
}

TEST(pic_level)
{
	struct bench bench;

	bench_init(&bench);
	out8(&bench, 0x4d0, 0xff);
	out8(&bench, 0x4d1, 0xff);
	EXPECT_EQ(in8(&bench, 0x4d0), 0xf8);
	EXPECT_EQ(in8(&bench, 0x4d1), 0xde);
	irq_set(&bench.irq, 9, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x39);
	EXPECT(!bench.intr);
	out8(&bench, 0xa0, EOI);
	out8(&bench, 0x20, EOI);
	EXPECT(bench.intr);
	irq_set(&bench.irq, 9, false);
	EXPECT(!bench.intr);
}

TEST(pic_priority)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 5, true);
	irq_set(&bench.irq, 3, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x33);
	EXPECT(!bench.intr);		/* 5 is less important */
	irq_set(&bench.irq, 0, true);
	EXPECT(bench.intr);		/* 0 is more */
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x30);
	out8(&bench, 0x20, EOI);	/* of 0, the most important in service */
	EXPECT(!bench.intr);
	out8(&bench, 0x20, SPECIFIC | 3);
	EXPECT(bench.intr);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x35);
}

TEST(pic_second_chip)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 12, true);
	irq_set(&bench.irq, 8, true);
	irq_set(&bench.irq, 3, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x38);
	EXPECT(!bench.intr);		/* 3 is below the cascade, 12 below 8 */
	out8(&bench, 0xa0, EOI);
	EXPECT(!bench.intr);		/* the cascade is still in service */
	out8(&bench, 0x20, SPECIFIC | 2);
	EXPECT(bench.intr);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x3c);
	out8(&bench, 0xa0, EOI);
	out8(&bench, 0x20, EOI);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x33);
}

TEST(pic_mask)
{
	struct bench bench;

	bench_init(&bench);
	out8(&bench, 0x21, 0x10);
	EXPECT_EQ(in8(&bench, 0x21), 0x10);
	irq_set(&bench.irq, 4, true);
	EXPECT(!bench.intr);
	EXPECT_EQ(in8(&bench, 0x20), 0x10);	/* IRR */
	out8(&bench, 0x21, 0x00);
	EXPECT(bench.intr);
	out8(&bench, 0x21, 0x10);
	EXPECT(!bench.intr);
	/* Nothing is left to acknowledge: spurious, and nothing is in service. */
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x37);
	out8(&bench, 0x20, 0x0b);
	EXPECT_EQ(in8(&bench, 0x20), 0x00);	/* ISR */
}

TEST(pic_spurious_on_second)
{
	struct bench bench;

	bench_init(&bench);
	out8(&bench, 0x4d1, 0x02);
	irq_set(&bench.irq, 9, true);
	irq_set(&bench.irq, 9, false);
	EXPECT(!bench.intr);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x37);
}

TEST(pic_special_mask)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 1, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x31);
	irq_set(&bench.irq, 4, true);
	EXPECT(!bench.intr);
	out8(&bench, 0x21, 0x02);
	EXPECT(!bench.intr);
	out8(&bench, 0x20, 0x68);	/* what is masked doesn't keep others out */
	EXPECT(bench.intr);
	out8(&bench, 0x20, 0x48);
	EXPECT(!bench.intr);
}

TEST(pic_auto_eoi)
{
	struct bench bench;

	bench_init(&bench);
	out8(&bench, 0x20, 0x11);
	out8(&bench, 0x21, 0x50);
	out8(&bench, 0x21, 0x04);
	out8(&bench, 0x21, 0x03);
	EXPECT_EQ(in8(&bench, 0x21), 0x00);
	irq_set(&bench.irq, 6, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x56);
	out8(&bench, 0x20, 0x0b);
	EXPECT_EQ(in8(&bench, 0x20), 0x00);
}

/* With automatic EOI, whoever was served is the least important then, if that is wanted. */
TEST(pic_auto_eoi_rotation)
{
	struct bench bench;

	bench_init(&bench);
	out8(&bench, 0x20, 0x11);
	out8(&bench, 0x21, 0x50);
	out8(&bench, 0x21, 0x04);
	out8(&bench, 0x21, 0x03);
	out8(&bench, 0x20, 0x80);
	irq_set(&bench.irq, 3, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x53);
	irq_set(&bench.irq, 3, false);
	irq_set(&bench.irq, 3, true);
	irq_set(&bench.irq, 5, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x55);
	out8(&bench, 0x20, 0x00);	/* and no more: 6 is the most important, and stays so */
	irq_set(&bench.irq, 6, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x56);
	irq_set(&bench.irq, 6, false);
	irq_set(&bench.irq, 6, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x56);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x53);
}

TEST(pic_rotation)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 3, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x33);
	out8(&bench, 0x20, 0xa0);	/* EOI, and 3 is the least important from now on */
	irq_set(&bench.irq, 3, false);
	irq_set(&bench.irq, 3, true);
	irq_set(&bench.irq, 5, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x35);
	out8(&bench, 0x20, EOI);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x33);
	out8(&bench, 0x20, EOI);
	out8(&bench, 0x20, 0xc7);	/* as it was */
	irq_set(&bench.irq, 1, true);
	irq_set(&bench.irq, 7, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x31);
}

TEST(pic_poll)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 5, true);
	out8(&bench, 0x20, 0x0c);
	EXPECT_EQ(in8(&bench, 0x20), 0x85);
	EXPECT(!bench.intr);
	out8(&bench, 0x20, 0x0c);
	EXPECT_EQ(in8(&bench, 0x20), 0x07);
	out8(&bench, 0x20, 0x0b);
	EXPECT_EQ(in8(&bench, 0x20), 0x20);
}

TEST(pic_initialization_forgets_edges)
{
	struct bench bench;

	bench_init(&bench);
	irq_set(&bench.irq, 4, true);
	EXPECT(bench.intr);
	out8(&bench, 0x20, 0x11);
	EXPECT(!bench.intr);
	out8(&bench, 0x21, 0x20);
	out8(&bench, 0x21, 0x04);
	out8(&bench, 0x21, 0x01);
	EXPECT(!bench.intr);
	irq_set(&bench.irq, 1, true);
	EXPECT_EQ(irq_acknowledge(&bench.irq), 0x21);
}
