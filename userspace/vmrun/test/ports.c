// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the small devices: keyboard controller, PM blocks, reset, debug ports. */
#include <string.h>

#include "dev/debug.h"
#include "dev/i8042.h"
#include "dev/pm.h"
#include "dev/reset.h"
#include "dev/test.h"
#include "harness.h"

static void set_up_i8042(struct bench *bench, struct i8042 *i8042)
{
	bench_init(bench);
	EXPECT_EQ(i8042_init(i8042, &bench->ports, &bench->irq, &bench->power), 0);
}

/* What a kernel does to find it. */
TEST(i8042_found)
{
	struct bench bench;
	struct i8042 i8042;

	set_up_i8042(&bench, &i8042);
	EXPECT_EQ(in8(&bench, 0x64) & 0x03, 0);
	out8(&bench, 0x64, 0xaa);
	EXPECT_EQ(in8(&bench, 0x64) & 0x0d, 0x0d);
	EXPECT_EQ(in8(&bench, 0x60), 0x55);
	EXPECT_EQ(in8(&bench, 0x64) & 0x01, 0);
	out8(&bench, 0x64, 0x20);
	EXPECT_EQ(in8(&bench, 0x60), 0x64);
	out8(&bench, 0x64, 0x60);
	out8(&bench, 0x60, 0x43);
	EXPECT_EQ(in8(&bench, 0x64) & 0x0d, 0x00);
	out8(&bench, 0x64, 0x20);
	EXPECT_EQ(in8(&bench, 0x60), 0x43);
	out8(&bench, 0x64, 0xab);
	EXPECT_EQ(in8(&bench, 0x60), 0x00);
	out8(&bench, 0x64, 0xa9);
	EXPECT_EQ(in8(&bench, 0x60), 0x01);	/* no mouse */
	out8(&bench, 0x64, 0xd2);
	out8(&bench, 0x60, 0x77);
	EXPECT_EQ(in8(&bench, 0x60), 0x77);
	out8(&bench, 0x64, 0xa8);
	out8(&bench, 0x64, 0xae);
	out8(&bench, 0x64, 0x20);
	EXPECT_EQ(in8(&bench, 0x60), 0x43);
	out8(&bench, 0x64, 0xa7);
	out8(&bench, 0x64, 0xad);
	out8(&bench, 0x64, 0x20);
	EXPECT_EQ(in8(&bench, 0x60), 0x73);
}

TEST(i8042_keyboard)
{
	struct bench bench;
	struct i8042 i8042;

	set_up_i8042(&bench, &i8042);
	out8(&bench, 0x64, 0x60);
	out8(&bench, 0x60, 0x01);	/* with interrupts, not translated */
	out8(&bench, 0x60, 0xff);
	EXPECT(bench.irq.level[1]);
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT(bench.irq.level[1]);
	EXPECT_EQ(in8(&bench, 0x60), 0xaa);
	EXPECT(!bench.irq.level[1]);
	EXPECT_EQ(bench.irq.raised[1], 2);	/* an edge each */
	out8(&bench, 0x60, 0xf2);
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT_EQ(in8(&bench, 0x60), 0xab);
	EXPECT_EQ(in8(&bench, 0x60), 0x83);
	out8(&bench, 0x60, 0xed);
	out8(&bench, 0x60, 0xf2);		/* the lights, not a command */
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT_EQ(in8(&bench, 0x64) & 1, 0);
	out8(&bench, 0x60, 0xf0);
	out8(&bench, 0x60, 0x00);
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT_EQ(in8(&bench, 0x60), 0xfa);
	EXPECT_EQ(in8(&bench, 0x60), 0x02);
	out8(&bench, 0x60, 0xee);
	EXPECT_EQ(in8(&bench, 0x60), 0xee);
	out8(&bench, 0x64, 0xd4);		/* nobody is there to answer */
	out8(&bench, 0x60, 0xff);
	EXPECT_EQ(in8(&bench, 0x64) & 1, 0);
}

TEST(i8042_nobody_reads)
{
	struct bench bench;
	struct i8042 i8042;
	unsigned int i;

	set_up_i8042(&bench, &i8042);
	for (i = 0; i < 100; i++)
		out8(&bench, 0x60, 0xee);
	for (i = 0; i < I8042_QUEUE; i++)
		EXPECT_EQ(in8(&bench, 0x60), 0xee);
	EXPECT_EQ(in8(&bench, 0x64) & 1, 0);
}

TEST(i8042_resets)
{
	struct bench bench;
	struct i8042 i8042;

	set_up_i8042(&bench, &i8042);
	out8(&bench, 0x64, 0xff);	/* no line is pulled */
	EXPECT_EQ(bench.reset, 0);
	out8(&bench, 0x64, 0xfe);
	EXPECT_EQ(bench.reset, 1);
	out8(&bench, 0x64, 0xd0);
	EXPECT_EQ(in8(&bench, 0x60), 0x03);
	out8(&bench, 0x64, 0xd1);
	out8(&bench, 0x60, 0x03);
	EXPECT_EQ(bench.reset, 1);
	out8(&bench, 0x64, 0xd1);
	out8(&bench, 0x60, 0x02);
	EXPECT_EQ(bench.reset, 2);
}

TEST(pm_power_off)
{
	struct bench bench;
	struct pm pm;

	bench_init(&bench);
	EXPECT_EQ(pm_init(&pm, &bench.ports, &bench.timers, &bench.irq, &bench.power), 0);
	EXPECT_EQ(in16(&bench, PM_CONTROL), 0x0001);
	out16(&bench, PM_CONTROL, 5 << 10);		/* the type, without the go */
	EXPECT_EQ(bench.off, 0);
	EXPECT_EQ(in16(&bench, PM_CONTROL), 0x1401);
	out16(&bench, PM_CONTROL, 1 << 10 | 1 << 13);	/* a sleep that there isn't */
	EXPECT_EQ(bench.off, 0);
	out16(&bench, PM_CONTROL, 5 << 10 | 1 << 13);
	EXPECT_EQ(bench.off, 1);
	EXPECT_EQ(in16(&bench, PM_CONTROL), 0x1401);
	out8(&bench, PM_CONTROL + 1, 0x34);		/* by bytes */
	EXPECT_EQ(bench.off, 2);
}

TEST(pm_button)
{
	struct bench bench;
	struct pm pm;

	bench_init(&bench);
	EXPECT_EQ(pm_init(&pm, &bench.ports, &bench.timers, &bench.irq, &bench.power), 0);
	pm_power_button(&pm);
	EXPECT(!bench.irq.level[9]);
	out16(&bench, PM_EVENT + 2, 0xffff);
	EXPECT_EQ(in16(&bench, PM_EVENT + 2), 0x0521);
	EXPECT(bench.irq.level[9]);
	EXPECT_EQ(in16(&bench, PM_EVENT), 0x0100);
	out16(&bench, PM_EVENT, 0x00ff);		/* not that one */
	EXPECT(bench.irq.level[9]);
	out8(&bench, PM_EVENT + 1, 0x01);
	EXPECT(!bench.irq.level[9]);
	EXPECT_EQ(in16(&bench, PM_EVENT), 0);
	out8(&bench, PM_EVENT + 3, 0x00);
	EXPECT_EQ(in32(&bench, PM_EVENT), 0x00210000);
}

TEST(pm_timer)
{
	struct bench bench;
	struct pm pm;
	uint32_t before;

	bench_init(&bench);
	EXPECT_EQ(pm_init(&pm, &bench.ports, &bench.timers, &bench.irq, &bench.power), 0);
	before = in32(&bench, PM_TIMER);
	bench_advance(&bench, NS_PER_S);
	EXPECT_EQ(in32(&bench, PM_TIMER) - before, PM_TIMER_HZ);
	out32(&bench, PM_TIMER, 0);
	EXPECT_EQ(in32(&bench, PM_TIMER) - before, PM_TIMER_HZ);
}

TEST(reset_ports)
{
	struct bench bench;
	struct reset reset;

	bench_init(&bench);
	EXPECT_EQ(reset_init(&reset, &bench.ports, &bench.power), 0);
	/* A system that looks for PCI resets nothing, and finds nothing. */
	out32(&bench, 0xcf8, 0x80000600);
	EXPECT_EQ(in32(&bench, 0xcf8), 0xffffffff);
	out8(&bench, 0xcfb, 0x01);
	out8(&bench, 0xcf9, 0x02);
	EXPECT_EQ(bench.reset, 0);
	EXPECT_EQ(in8(&bench, 0xcf9), 0x02);
	out8(&bench, 0xcf9, 0x06);
	EXPECT_EQ(bench.reset, 1);
	out8(&bench, 0xcf9, 0x06);	/* it is the change that counts */
	EXPECT_EQ(bench.reset, 1);
	EXPECT_EQ(in8(&bench, 0x92), 0x02);
	out8(&bench, 0x92, 0x02);
	EXPECT_EQ(bench.reset, 1);
	out8(&bench, 0x92, 0x03);
	EXPECT_EQ(bench.reset, 2);
	EXPECT_EQ(in8(&bench, 0x92), 0x03);
}

static char printed[8];
static unsigned int print_count;

static void print(void *arg, uint8_t byte)
{
	printed[print_count++] = byte;
}

TEST(debug_ports)
{
	struct bench bench;
	struct debug debug = { .print = print, .power = &bench.power };

	bench_init(&bench);
	print_count = 0;
	EXPECT_EQ(debug_init(&debug, &bench.ports), 0);
	EXPECT_EQ(debug_add_exit(&debug, &bench.ports, 0xf4), 0);
	out8(&bench, 0x80, 0x42);
	EXPECT_EQ(in8(&bench, 0x80), 0x42);
	EXPECT_EQ(in8(&bench, 0xe9), 0xe9);
	out8(&bench, 0xe9, 'h');
	out8(&bench, 0x402, 'i');
	EXPECT_EQ(print_count, 2);
	EXPECT(!memcmp(printed, "hi", 2));
	EXPECT_EQ(in32(&bench, 0xf4), 0xffffffff);
	EXPECT_EQ(bench.debug_exit, 0);
	out32(&bench, 0xf4, 0x1234);
	EXPECT_EQ(bench.debug_exit, 1);
	EXPECT_EQ(bench.value, 0x1234);
	out8(&bench, 0xf4, 0x56);
	EXPECT_EQ(bench.debug_exit, 2);
	EXPECT_EQ(bench.value, 0x56);
	/* Where another device is already it can't be. */
	EXPECT_EQ(debug_add_exit(&debug, &bench.ports, 0x1f), -1ull);
	EXPECT_SAID("pic at 0x20 is in the way of debug-exit");
}

TEST(test_devices)
{
	struct test_device test = { .window = NULL };
	struct bench bench;
	uint8_t data[32];
	unsigned int i;

	bench_init(&bench);
	EXPECT_EQ(test_add_latch(&test, &bench.ports, 0x500), 0);
	out32(&bench, 0x500, 0x44332211);
	out16(&bench, 0x503, 0x6655);
	EXPECT_EQ(in32(&bench, 0x501), 0x66553322);
	EXPECT_EQ(in8(&bench, 0x507), 0);
	EXPECT_EQ(test_add_window(&test, &bench.mmio, 0xd0000000, 0x1000), 0);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i + 1;
	bus_write(&bench.mmio, 0xd0000ff0, data, sizeof(data));
	memset(data, 0, sizeof(data));
	bus_read(&bench.mmio, 0xd0000ff4, data, 16);
	EXPECT_EQ(data[0], 5);
	EXPECT_EQ(data[11], 16);
	EXPECT_EQ(data[12], 0xff);
	test_destroy(&test);
	test_destroy(&test);
}
