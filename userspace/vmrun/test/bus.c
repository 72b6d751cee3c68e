// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the buses. */
#include <string.h>

#include "harness.h"

/* A device that notes how it was asked last. */
struct spy {
	unsigned int calls;
	uint64_t offset[16];
	unsigned int size[16];
	uint64_t value[16];
};

static uint64_t spy_read(void *dev, uint64_t offset, unsigned int size)
{
	struct spy *spy = dev;

	spy->offset[spy->calls] = offset;
	spy->size[spy->calls++] = size;
	return 0x1111111111111111ull * (offset + 1);
}

static void spy_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct spy *spy = dev;

	spy->offset[spy->calls] = offset;
	spy->value[spy->calls] = value;
	spy->size[spy->calls++] = size;
}

static const struct bus_ops bytes = { .unit = 1, .read = spy_read, .write = spy_write };
static const struct bus_ops dwords = { .unit = 4, .read = spy_read, .write = spy_write };
static const struct bus_ops qwords = { .unit = 8, .read = spy_read, .write = spy_write };

TEST(bus_nobody_there)
{
	struct bus bus = { 0 };
	uint32_t value = 0;

	bus_read(&bus, 0x1234, &value, sizeof(value));
	EXPECT_EQ(value, 0xffffffff);
	bus_write(&bus, 0x1235, &value, sizeof(value));
	EXPECT_EQ(bus.unassigned_reads, 1);
	EXPECT_EQ(bus.unassigned_writes, 1);
	EXPECT_EQ(bus.first_unassigned, 0x1234);
}

TEST(bus_splits_what_is_too_wide)
{
	struct bus bus = { 0 };
	struct spy spy = { 0 };
	uint32_t value = 0xddccbbaa;

	EXPECT_EQ(bus_add(&bus, "spy", 0x40, 4, &bytes, &spy), 0);
	bus_write(&bus, 0x40, &value, sizeof(value));
	EXPECT_EQ(spy.calls, 4);
	EXPECT_EQ(spy.offset[2], 2);
	EXPECT_EQ(spy.value[2], 0xcc);
	EXPECT_EQ(spy.size[3], 1);
	bus_read(&bus, 0x40, &value, sizeof(value));
	EXPECT_EQ(value, 0x44332211);
}

TEST(bus_keeps_what_fits)
{
	struct bus bus = { 0 };
	struct spy spy = { 0 };
	uint64_t value = 0x1122334455667788;

	EXPECT_EQ(bus_add(&bus, "spy", 0x1000, 16, &qwords, &spy), 0);
	bus_write(&bus, 0x1004, &value, sizeof(value));
	EXPECT_EQ(spy.calls, 1);
	EXPECT_EQ(spy.offset[0], 4);
	EXPECT_EQ(spy.value[0], value);
	EXPECT_EQ(spy.size[0], 8);
}

TEST(bus_splits_at_the_end)
{
	struct bus bus = { 0 };
	struct spy spy = { 0 };
	uint8_t data[6];

	EXPECT_EQ(bus_add(&bus, "spy", 0x100, 4, &dwords, &spy), 0);
	/* Two bytes within, two behind. */
	bus_read(&bus, 0x102, data, 4);
	EXPECT_EQ(spy.calls, 1);
	EXPECT_EQ(spy.size[0], 2);
	EXPECT_EQ(spy.offset[0], 2);
	EXPECT_EQ(data[1], 0x33);
	EXPECT_EQ(data[2], 0xff);
	EXPECT_EQ(data[3], 0xff);
	EXPECT_EQ(bus.unassigned_reads, 1);
	/* One before, four within, one behind: two of these count once. */
	spy.calls = 0;
	bus_read(&bus, 0xff, data, 6);
	EXPECT_EQ(spy.calls, 1);
	EXPECT_EQ(spy.size[0], 4);
	EXPECT_EQ(data[0], 0xff);
	EXPECT_EQ(data[5], 0xff);
	EXPECT_EQ(bus.unassigned_reads, 2);
}

TEST(bus_wide_vectors)
{
	struct bus bus = { 0 };
	struct spy spy = { 0 };
	uint8_t data[32];
	unsigned int i;

	EXPECT_EQ(bus_add(&bus, "spy", 0, 32, &qwords, &spy), 0);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i;
	bus_write(&bus, 0, data, sizeof(data));
	EXPECT_EQ(spy.calls, 4);
	EXPECT_EQ(spy.offset[3], 24);
	EXPECT_EQ(spy.value[3], 0x1f1e1d1c1b1a1918);
}

TEST(bus_finds_each)
{
	struct bus bus = { 0 };
	struct spy spy[BUS_REGIONS];
	unsigned int i;

	memset(spy, 0, sizeof(spy));
	/* Not in order, with holes. */
	for (i = 0; i < BUS_REGIONS; i++) {
		unsigned int number = i * 7 % BUS_REGIONS;

		EXPECT_EQ(bus_add(&bus, "spy", number * 16, 8, &bytes, &spy[number]), 0);
	}
	for (i = 0; i < BUS_REGIONS; i++) {
		uint8_t value;

		bus_read(&bus, i * 16 + 7, &value, 1);
		EXPECT_EQ(spy[i].calls, 1);
		EXPECT_EQ(spy[i].offset[0], 7);
		bus_read(&bus, i * 16 + 8, &value, 1);
		EXPECT_EQ(value, 0xff);
	}
	EXPECT_EQ(bus.unassigned_reads, BUS_REGIONS);
	EXPECT_EQ(bus_add(&bus, "one more", 0x10000, 1, &bytes, &spy[0]), -1ull);
	EXPECT_SAID("too many");
}

TEST(bus_refuses)
{
	struct bus bus = { 0 };
	struct spy spy = { 0 };

	EXPECT_EQ(bus_add(&bus, "a", 0x10, 8, &bytes, &spy), 0);
	EXPECT_EQ(bus_add(&bus, "b", 0x17, 1, &bytes, &spy), -1ull);
	EXPECT_SAID("a at 0x10 is in the way of b");
	EXPECT_EQ(bus_add(&bus, "b", 0x0f, 2, &bytes, &spy), -1ull);
	EXPECT_SAID("in the way");
	EXPECT_EQ(bus_add(&bus, "b", 0, 0, &bytes, &spy), -1ull);
	EXPECT_SAID("can't be");
	EXPECT_EQ(bus_add(&bus, "b", ~0ull, 2, &bytes, &spy), -1ull);
	EXPECT_SAID("can't be");
	EXPECT_EQ(bus_add(&bus, "b", ~0ull, 1, &bytes, &spy), 0);
	EXPECT_EQ(bus_add(&bus, "c", 0x18, 1, &bytes, &spy), 0);
	EXPECT_EQ(bus_add(&bus, "c", 0x0f, 1, &bytes, &spy), 0);
}

TEST(bus_policies)
{
	struct bus bus = { 0 };

	EXPECT_EQ(bus_allow(&bus, 0x80, 1, BUS_POSTED | BUS_MIRRORED), 0);
	EXPECT_EQ(bus_allow(&bus, 0x3f8, 1, BUS_POSTED), 0);
	EXPECT_EQ(bus_allow(&bus, 0x40, 4, BUS_MIRRORED), 0);
	EXPECT_EQ(bus.policies, 3);
	EXPECT(bus.policy[0].posted && bus.policy[0].mirrored);
	EXPECT(bus.policy[1].posted && !bus.policy[1].mirrored);
	EXPECT_EQ(bus.policy[0].mirror, 0);
	EXPECT_EQ(bus.policy[2].mirror, 1);
	EXPECT_EQ(bus_allow(&bus, 0x7f, 2, BUS_POSTED), -1ull);
	EXPECT_SAID("a policy for 0x7f already");
	EXPECT_EQ(bus_allow(&bus, 0x1000, BUS_MIRROR - 4, BUS_MIRRORED), -1ull);
	EXPECT_SAID("too many policies");
	EXPECT_EQ(bus_allow(&bus, 0x1000, BUS_MIRROR - 5, BUS_MIRRORED), 0);
}

/* What was shown before the hypervisor had a mirror is there, and what comes after. */
TEST(bus_mirror)
{
	uint8_t memory[BUS_MIRROR];
	struct bus bus = { 0 };

	memset(memory, 0xee, sizeof(memory));
	EXPECT_EQ(bus_allow(&bus, 0x3f8, 1, BUS_POSTED), 0);
	EXPECT_EQ(bus_allow(&bus, 0x80, 1, BUS_MIRRORED), 0);
	EXPECT_EQ(bus_allow(&bus, 0x40, 4, BUS_MIRRORED), 0);
	bus_show(&bus, 0x80, 1);
	bus_show(&bus, 0x43, 2);
	bus_show(&bus, 0x3f8, 9);	/* isn't mirrored: nowhere to be seen */
	bus_use_mirror(&bus, memory);
	EXPECT_EQ(memory[0], 1);
	EXPECT_EQ(memory[4], 2);
	bus_show(&bus, 0x80, 3);
	bus_show(&bus, 0x44, 4);	/* behind the range */
	EXPECT_EQ(memory[0], 3);
	EXPECT_EQ(memory[4], 2);
	EXPECT_EQ(memory[5], 0);
	EXPECT_EQ(bus.own_mirror[0], 1);
}
