// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the MSR list, the policy and the bitmap. */
#include <string.h>

#include <linux/kernel.h>

#include "random.h"
#include "unit.h"
#include "vmx/cr.h"
#include "vmx/msr.h"

#define HIGH	0xc0000000U

/* 40 bits of physical address, everything offered. */
static const struct vmr_cr_limits limits = {
	.efer_allowed = 0xd01,
	.has = ~0U,
	.phys_bits = 40,
	.linear_bits = 48,
};

static u32 rows(void)
{
	u32 n = 0;

	while (vmr_msr_at(n))
		n++;
	return n;
}

static bool takes_slot(const struct vmr_msr_desc *desc)
{
	return desc->how == VMR_MSR_IS_SLOT || desc->how == VMR_MSR_IS_HOST ||
	       desc->index == 0x1b || desc->index == 0x3b;
}

void msr_table(void)
{
	u32 used[VMR_MSR_SLOTS] = {};
	u32 i, count = rows();

	EXPECT(count > 50);
	EXPECT(!vmr_msr_at(count));
	EXPECT(!vmr_msr_at(0xffffffff));
	for (i = 0; i < count; i++) {
		const struct vmr_msr_desc *desc = vmr_msr_at(i);

		if (i)
			EXPECT(desc->index > vmr_msr_at(i - 1)->index);
		/* What a bitmap can say something about. */
		EXPECT(desc->index < 0x2000 ||
		       (desc->index >= HIGH && desc->index < HIGH + 0x2000));
		EXPECT_EQ(desc->how == VMR_MSR_IS_CONST, desc->check == VMR_MSR_EQUAL);
		if (desc->how == VMR_MSR_IS_CONST)
			EXPECT(desc->flags == VMR_MSR_READ_ONLY ||
			       desc->flags == VMR_MSR_DROP_WRITE);
		if (desc->flags & VMR_MSR_PASS_WRITE)
			EXPECT(desc->how == VMR_MSR_IS_VMCS ||
			       desc->how == VMR_MSR_IS_HOST);
		if (takes_slot(desc)) {
			EXPECT(desc->where < VMR_MSR_SLOTS);
			used[desc->where]++;
			EXPECT_EQ(desc->how == VMR_MSR_IS_HOST,
				  desc->where < VMR_MSR_HOST_SLOTS);
		}
		/* After power-on every register holds what it may hold. */
		if (desc->how != VMR_MSR_IS_CONST)
			EXPECT(vmr_msr_valid(desc, desc->reset, &limits));
	}
	for (i = 0; i < VMR_MSR_SLOTS; i++)
		EXPECT_EQ(used[i], 1);
}

/* The whole of both ranges that a bitmap knows, and some beyond, by looking at all. */
static void expect_find(u32 index)
{
	const struct vmr_msr_desc *want = NULL;
	u32 i;

	for (i = 0; vmr_msr_at(i); i++)
		if (vmr_msr_at(i)->index == index)
			want = vmr_msr_at(i);
	if (vmr_msr_find(index) != want)
		unit_fail(__FILE__, __LINE__, "MSR 0x%x", index);
}

void msr_find(void)
{
	u32 i;

	for (i = 0; i < 0x2010; i++) {
		expect_find(i);
		expect_find(HIGH - 8 + i);
	}
	expect_find(0x40000000);
	expect_find(0x80000000);
	expect_find(0xffffffff);
}

/* What a Linux guest reads or writes without expecting a #GP. */
void msr_there(void)
{
	static const u32 there[] = {
		0x0, 0x1, 0x10, 0x17, 0x1b, 0x3b, 0x79, 0x8b, 0xce, 0xfe, 0x174, 0x175, 0x176,
		0x179, 0x17a, 0x1a0, 0x1d9, 0x200, 0x20f, 0x250, 0x258, 0x259, 0x268,
		0x26f, 0x277, 0x2ff, HIGH | 0x80, HIGH | 0x81, HIGH | 0x82, HIGH | 0x83,
		HIGH | 0x84, HIGH | 0x100, HIGH | 0x101, HIGH | 0x102, HIGH | 0x103,
	};
	/* Host only, or not offered. */
	static const u32 not_there[] = {
		0x3a, 0x48, 0x49, 0x10a, 0x10b, 0x17b, 0x186, 0x1c9, 0x210, 0x345,
		0x38f, 0x400, 0x480, 0x570, 0x600, 0x6a0, 0x6a2, 0x6e0, 0x802, 0xc80,
		0xd90, 0xda0, 0x1c4, HIGH | 0x104,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(there); i++)
		EXPECT(vmr_msr_find(there[i]));
	for (i = 0; i < ARRAY_SIZE(not_there); i++)
		EXPECT(!vmr_msr_find(not_there[i]));
	EXPECT_EQ(vmr_msr_find(0xfe)->value, 0x508);
	EXPECT_EQ(vmr_msr_find(0x179)->value, 0);
	EXPECT_EQ(vmr_msr_find(0x277)->reset, 0x0007040600070406ULL);
	EXPECT_EQ(vmr_msr_find(0x1a0)->reset, 0x1801);
	EXPECT(vmr_msr_find(0x8b)->flags & VMR_MSR_DROP_WRITE);
	EXPECT(vmr_msr_find(0x79)->flags & VMR_MSR_DROP_WRITE);
}

/* Appendix "Field Encoding in VMCS". */
void msr_fields(void)
{
	static const struct {
		u32 index;
		u32 field;
	} fields[] = {
		{ 0x174, 0x482a }, { 0x175, 0x6824 }, { 0x176, 0x6826 },
		{ 0x1d9, 0x2802 }, { 0x277, 0x2804 }, { HIGH | 0x100, 0x680e },
		{ HIGH | 0x101, 0x6810 },
	};
	u32 i, j, found = 0;

	for (i = 0; vmr_msr_at(i); i++) {
		if (vmr_msr_at(i)->how != VMR_MSR_IS_VMCS)
			continue;
		for (j = 0; j < ARRAY_SIZE(fields); j++)
			found += fields[j].index == vmr_msr_at(i)->index &&
				 fields[j].field == vmr_msr_at(i)->where;
	}
	EXPECT_EQ(found, ARRAY_SIZE(fields));
	for (i = 0; vmr_msr_at(i); i++)
		found -= vmr_msr_at(i)->how == VMR_MSR_IS_VMCS;
	EXPECT_EQ(found, 0);
}

void msr_offered(void)
{
	static const struct {
		u32 index;
		u32 has;
	} needs[] = {
		{ 0x10, 0 }, { 0x1b, 0 }, { 0x1a0, 0 }, { HIGH | 0x80, 0 },
		{ 0x174, VMR_HAS_SEP }, { 0xfe, VMR_HAS_MTRR }, { 0x200, VMR_HAS_MTRR },
		{ 0x2ff, VMR_HAS_MTRR }, { 0x277, VMR_HAS_PAT }, { 0x179, VMR_HAS_MCA },
		{ 0x175, VMR_HAS_SEP }, { 0x176, VMR_HAS_SEP }, { 0x17a, VMR_HAS_MCA },
		{ 0x250, VMR_HAS_MTRR }, { 0x8b, 0 }, { 0x1d9, 0 },
		{ HIGH | 0x81, VMR_HAS_SYSCALL }, { HIGH | 0x82, VMR_HAS_LM },
		{ HIGH | 0x83, VMR_HAS_LM }, { HIGH | 0x84, VMR_HAS_LM },
		{ HIGH | 0x100, VMR_HAS_LM }, { HIGH | 0x101, VMR_HAS_LM },
		{ HIGH | 0x102, VMR_HAS_LM }, { HIGH | 0x103, VMR_HAS_TSC_AUX },
	};
	struct vmr_cr_limits less = limits;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		const struct vmr_msr_desc *desc = vmr_msr_find(needs[i].index);

		less.has = needs[i].has;
		EXPECT(vmr_msr_offered(desc, &less));
		less.has = ~needs[i].has;
		EXPECT_EQ(vmr_msr_offered(desc, &less), !needs[i].has);
		EXPECT_EQ(vmr_msr_valid(desc, desc->reset | desc->value, &less),
			  !needs[i].has);
	}
}

void msr_values(void)
{
	static const struct {
		u32 index;
		u64 value;
		bool valid;
	} cases[] = {
		{ 0x0, 0, true }, { 0x0, 1, false },
		{ 0x10, ~0ULL, true },
		{ 0x1b, 0xfee00900, true }, { 0x1b, 0xfee00100, true },
		{ 0x1b, 0x10fee00800, true }, { 0x1b, 0x10000000000, false },
		{ 0x1b, 0xfee00d00, false },		/* x2APIC */
		{ 0x1b, 0xfee00901, false }, { 0x1b, 0xfee00b00, false },
		{ 0x8b, ~0ULL, true },
		{ 0xfe, 0x508, true }, { 0xfe, 0x50a, false },
		{ 0x174, 0xffffffff, true }, { 0x174, 0x100000000, false },
		{ 0x175, 0xffff800000000000, true }, { 0x175, 0x800000000000, false },
		{ 0x176, 0x7fffffffffff, true }, { 0x176, 0x8000000000000000, false },
		{ 0x179, 0, true }, { 0x179, 1, false },
		{ 0x17a, 7, true }, { 0x17a, 8, false },
		{ 0x1a0, 0x1801, true }, { 0x1a0, 0, true }, { 0x1a0, 0x400000, false },
		{ 0x1d9, 0, true }, { 0x1d9, 2, true }, { 0x1d9, 1, false },
		{ 0x1d9, 0x40, false },
		{ 0x200, 0xffffffff06, false }, { 0x200, 0xfffffff006, true },
		{ 0x200, 0, true }, { 0x200, 1, true }, { 0x200, 4, true },
		{ 0x200, 5, true }, { 0x200, 6, true }, { 0x200, 2, false },
		{ 0x200, 3, false }, { 0x200, 7, false }, { 0x200, 8, false },
		{ 0x200, 0x106, false }, { 0x200, 0x10000000006, false },
		{ 0x201, 0xfffffff800, true }, { 0x201, 0xfffffff801, false },
		{ 0x201, 0x1fffffff800, false }, { 0x20e, 6, true }, { 0x20f, 6, false },
		{ 0x250, 0x0606060606060606, true }, { 0x250, 0x0604050001060606, true },
		{ 0x26f, 0x0706060606060606, false }, { 0x268, 0x0606060206060606, false },
		{ 0x259, 0x06060606060606ff, false },
		{ 0x277, 0x0007040600070406, true }, { 0x277, 0x0107050600070106, true },
		{ 0x277, 0x0007040600070402, false }, { 0x277, 0x0307040600070406, false },
		{ 0x277, 0x8007040600070406, false }, { 0x277, 0x0007040800070406, false },
		{ 0x2ff, 0xc05, true }, { 0x2ff, 0xc06, true },
		{ 0x2ff, 0x800, true }, { 0x2ff, 0x1c06, false },
		{ 0x2ff, 0xc02, false }, { 0x2ff, 0xd06, false },
		{ 0x2ff, 0x100000c06, false },
		{ HIGH | 0x80, 0xd01, true }, { HIGH | 0x80, 2, false },
		{ HIGH | 0x81, ~0ULL, true },
		{ HIGH | 0x82, 0xffffffff81000000, true },
		{ HIGH | 0x82, 0xff00000000000000, false },
		{ HIGH | 0x83, 0x0001000000000000, false },
		{ HIGH | 0x84, 0x47700, true }, { HIGH | 0x84, 0x100000000, false },
		{ HIGH | 0x100, 0x00007fffffffffff, true },
		{ HIGH | 0x101, 0x0000800000000000, false },
		{ HIGH | 0x102, 0xffff7fffffffffff, false },
		{ HIGH | 0x103, 0xffffffff, true }, { HIGH | 0x103, 1ULL << 32, false },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (vmr_msr_valid(vmr_msr_find(cases[i].index), cases[i].value,
				  &limits) != cases[i].valid)
			unit_fail(__FILE__, __LINE__, "MSR 0x%x, 0x%llx",
				  cases[i].index, cases[i].value);
}

void msr_reset(void)
{
	struct vmr_msr_values values;
	u32 i;

	memset(&values, 0x5a, sizeof(values));
	vmr_msr_reset(&values, true);
	for (i = 0; vmr_msr_at(i); i++)
		if (takes_slot(vmr_msr_at(i)) && vmr_msr_at(i)->index != 0x1b)
			EXPECT_EQ(values.slot[vmr_msr_at(i)->where],
				  vmr_msr_at(i)->reset);
	EXPECT_EQ(values.slot[VMR_MSR_APIC_BASE], 0xfee00900);
	vmr_msr_reset(&values, false);
	EXPECT_EQ(values.slot[VMR_MSR_APIC_BASE], 0xfee00800);
}

void msr_ranges_valid(void)
{
	static const struct {
		struct vmr_msr_range range;
		bool valid;
	} cases[] = {
		{ { .first = 0, .count = 1 }, true },
		{ { .first = 0, .count = 0 }, false },
		{ { .first = 0, .count = 0xffffffff }, true },
		{ { .first = 0xffffffff, .count = 1 }, true },
		{ { .first = 0xffffffff, .count = 2 }, false },
		{ { .first = 1, .count = 0xffffffff }, true },
		{ { .first = 2, .count = 0xffffffff }, false },
		{ { .first = 0x10, .count = 1, .on_read = 3, .on_write = 3 }, true },
		{ { .first = 0x10, .count = 1, .on_read = 4 }, false },
		{ { .first = 0x10, .count = 1, .on_write = 4 }, false },
		{ { .first = 0x10, .count = 1, .on_write = 0xffff }, false },
		{ { .first = 0x10, .count = 1, .reserved = 1 }, false },
	};
	struct vmr_msr_range two[2];
	u32 i;

	EXPECT(vmr_msr_ranges_valid(NULL, 0));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(vmr_msr_ranges_valid(&cases[i].range, 1), cases[i].valid);
		two[0] = cases[0].range;
		two[1] = cases[i].range;
		EXPECT_EQ(vmr_msr_ranges_valid(two, 2), cases[i].valid);
	}
}

/* The model: 64-bit arithmetic, the first that holds it. */
static u16 model_action(const struct vmr_msr_range *ranges, u32 count, u32 msr,
			bool write)
{
	u32 i;

	for (i = 0; i < count; i++) {
		u64 end = (u64)ranges[i].first + ranges[i].count;

		if (msr >= ranges[i].first && msr < end)
			return write ? ranges[i].on_write : ranges[i].on_read;
	}
	return VMR_MSR_KERNEL;
}

/* The list of the design: what causes no exit if nobody wants it otherwise. */
static bool passes(u32 msr, bool write)
{
	switch (msr) {
	case 0x10:
		return !write;
	case 0x174 ... 0x176:
	case HIGH | 0x100 ... HIGH | 0x102:
		return true;
	default:
		return false;
	}
}

static bool exits(const u8 *bitmap, u32 msr, bool write)
{
	u32 bit = (msr & 0x1fff) + (msr >= HIGH ? 8192 : 0) + (write ? 16384 : 0);

	return bitmap[bit / 8] >> bit % 8 & 1;
}

static void check_bitmap(const struct vmr_msr_range *ranges, u32 count)
{
	u8 bitmap[VMR_MSR_BITMAP_SIZE + 1];
	u32 i, msr, write;

	bitmap[VMR_MSR_BITMAP_SIZE] = 0x5a;
	vmr_msr_bitmap_build(bitmap, ranges, count);
	EXPECT_EQ(bitmap[VMR_MSR_BITMAP_SIZE], 0x5a);
	for (i = 0; i < 0x4000; i++)
		for (write = 0; write < 2; write++) {
			msr = i < 0x2000 ? i : HIGH + i - 0x2000;
			if (exits(bitmap, msr, write) !=
			    !(passes(msr, write) &&
			      model_action(ranges, count, msr, write) == VMR_MSR_KERNEL))
				unit_fail(__FILE__, __LINE__, "MSR 0x%x, write %u",
					  msr, write);
		}
}

/* Ranges where the list is, so that most of them matter. */
static u32 random_ranges(u64 *seed, struct vmr_msr_range *ranges)
{
	static const u32 near[] = { 0x0, 0x10, 0x170, 0x174, HIGH + 0x7e, HIGH + 0xfe };
	u32 i, count = draw(seed) % 5;

	for (i = 0; i < count; i++)
		ranges[i] = (struct vmr_msr_range){
			.first = near[draw(seed) % ARRAY_SIZE(near)] + draw(seed) % 5,
			.count = 1 + draw(seed) % (draw(seed) % 4 ? 4 : 0x200),
			.on_read = draw(seed) % 4,
			.on_write = draw(seed) % 4,
		};
	return count;
}

void msr_bitmap(void)
{
	static const struct vmr_msr_range all = {
		.first = 0, .count = 0xffffffff, .on_read = VMR_MSR_USER,
	};
	struct vmr_msr_range ranges[5];
	u64 seed = 7;
	u32 round;

	check_bitmap(NULL, 0);
	check_bitmap(&all, 1);
	for (round = 0; round < 200; round++)
		check_bitmap(ranges, random_ranges(&seed, ranges));
}

void msr_action(void)
{
	static const struct vmr_msr_range ends[] = {
		{ .first = 0xfffffff0, .count = 16, .on_read = 1, .on_write = 2 },
		{ .first = 0, .count = 16, .on_read = 2, .on_write = 0 },
		{ .first = 8, .count = 0xfffffff0, .on_read = 0, .on_write = 1 },
	};
	struct vmr_msr_range ranges[5];
	u64 seed = 11;
	u32 round, i;

	for (i = 0; i < 64; i++) {
		EXPECT_EQ(vmr_msr_action(ends, 3, i - 32, false),
			  model_action(ends, 3, i - 32, false));
		EXPECT_EQ(vmr_msr_action(ends, 3, i - 32, true),
			  model_action(ends, 3, i - 32, true));
	}
	for (round = 0; round < 500; round++) {
		u32 count = random_ranges(&seed, ranges);

		for (i = 0; i < 0x300; i++) {
			u32 msr = i < 0x200 ? i : HIGH + i - 0x200;

			EXPECT_EQ(vmr_msr_action(ranges, count, msr, i & 1),
				  model_action(ranges, count, msr, i & 1));
		}
	}
}
