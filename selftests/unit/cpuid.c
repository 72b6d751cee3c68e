// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what CPUID answers a guest. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "random.h"
#include "unit.h"
#include "vmx/arch.h"
#include "vmx/cpuid.h"
#include "vmx/features.h"

#define XCR0_ALL	(SDM_XCR0_X87 | SDM_XCR0_SSE | SDM_XCR0_AVX | SDM_XCR0_AVX512)

static const struct vmr_controls rich = {
	.word = { [VMR_CAPS_PROC2] = SDM_PROC2_RDTSCP | SDM_PROC2_INVPCID },
};

static const struct vmr_controls poor;

static const struct vmr_cpuid_host host = {
	.controls = &rich,
	.xcr0 = XCR0_ALL,
	.phys_bits = 46,
};

static struct vmr_cpuid_table *table;

/* In as much memory as it says that it needs, none of which is 0. */
static int build(const struct vmr_cpuid_entry *entries, u32 count)
{
	size_t size = vmr_cpuid_table_size(count);

	free(table);
	table = malloc(size);
	memset(table, 0xa5, size);
	return vmr_cpuid_build(table, entries, count, &host);
}

static int same(const struct vmr_cpuid_answer *a, const struct vmr_cpuid_answer *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/*
 * The model: what the manual says, told by looking at all entries each time.
 */
static const struct vmr_cpuid_entry *search(const struct vmr_cpuid_entry *entries,
					    u32 count, u32 leaf, u32 subleaf,
					    bool any_subleaf)
{
	const struct vmr_cpuid_entry *best = NULL;
	u32 i;

	for (i = 0; i < count; i++) {
		const struct vmr_cpuid_entry *entry = &entries[i];

		if (entry->leaf != leaf)
			continue;
		if (!(entry->flags & VMR_CPUID_SUBLEAF) || entry->subleaf == subleaf)
			return entry;
		if (any_subleaf && (!best || entry->subleaf < best->subleaf))
			best = entry;
	}
	return best;
}

static struct vmr_cpuid_answer model(const struct vmr_cpuid_entry *entries,
				     u32 count, u32 leaf, u32 subleaf)
{
	struct vmr_cpuid_answer answer = {};
	const struct vmr_cpuid_entry *entry, *base;

	if (!search(entries, count, leaf, subleaf, true)) {
		base = search(entries, count, leaf & 0xc0000000, 0, true);
		if (base && leaf <= base->eax)
			return answer;
		base = search(entries, count, 0, 0, true);
		leaf = base ? base->eax : 0;
	}
	entry = search(entries, count, leaf, subleaf, false);
	if (entry)
		return (struct vmr_cpuid_answer){
			entry->eax, entry->ebx, entry->ecx, entry->edx,
		};
	entry = search(entries, count, leaf, subleaf, true);
	if (entry && (leaf == 0xb || leaf == 0x1f)) {
		answer.ecx = subleaf & 0xff;
		answer.edx = entry->edx;
	}
	return answer;
}

static const u32 pool[] = {
	0x0, 0x1, 0x2, 0x4, 0x6, 0x7, 0xa, 0xb, 0x15, 0x16, 0x18, 0x1f, 0x20, 0x23,
	0x40000000, 0x40000001, 0x40000010, 0x4000001f, 0x40000020, 0x40000100,
	0x80000000, 0x80000001, 0x80000002, 0x80000006, 0x80000007, 0x80000020,
	0xc0000000, 0xc0000001, 0xffffffff,
};

static u32 random_entries(u64 *seed, struct vmr_cpuid_entry *entries)
{
	u32 i, j, count = 0;

	for (i = 0; i < ARRAY_SIZE(pool); i++) {
		u32 copies = draw(seed) % 3 ? draw(seed) % 6 : 0;

		for (j = 0; j < copies; j++) {
			entries[count] = (struct vmr_cpuid_entry){
				.leaf = pool[i],
				.subleaf = j * (draw(seed) % 2 ? 1 : 3),
				.flags = copies > 1 || draw(seed) % 2 ?
					VMR_CPUID_SUBLEAF : 0,
				.eax = draw(seed), .ebx = draw(seed),
				.ecx = draw(seed), .edx = draw(seed),
			};
			if (j && search(entries, count, pool[i],
					entries[count].subleaf, false))
				continue;
			if (!(pool[i] & 0x3fffffff))
				entries[count].eax = pool[i] + draw(seed) % 0x24;
			count++;
		}
	}
	/* In no order. */
	for (i = 0; i < count; i++) {
		struct vmr_cpuid_entry swap = entries[i];

		j = draw(seed) % count;
		entries[i] = entries[j];
		entries[j] = swap;
	}
	return count;
}

static const struct vmr_cpuid_answer *find(u32 leaf, u32 subleaf)
{
	return vmr_cpuid_find_direct(table, leaf) ?:
	       vmr_cpuid_find_any(table, leaf, subleaf, true);
}

static void compare(const struct vmr_cpuid_entry *entries, u32 count, u32 leaf,
		    u32 subleaf)
{
	struct vmr_cpuid_answer want = model(entries, count, leaf, subleaf);
	const struct vmr_cpuid_answer *got = find(leaf, subleaf);

	if (!same(got, &want))
		unit_fail(__FILE__, __LINE__, "leaf %x, subleaf %x: %x %x, not %x %x",
			  leaf, subleaf, got->eax, got->ecx, want.eax, want.ecx);
}

/* Every leaf of the four ranges' beginnings, and the pool, of 500 tables. */
void cpuid_find(void)
{
	struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	u64 seed = 1;
	u32 round, count, i, subleaf;

	for (round = 0; round < 500; round++) {
		count = random_entries(&seed, entries);
		EXPECT_EQ(build(entries, count), 0);
		for (i = 0; i < count; i++)
			vmr_cpuid_hide(&entries[i], &host);
		for (subleaf = 0; subleaf < 14; subleaf++) {
			for (i = 0; i < 4 * 0x30; i++)
				compare(entries, count,
					i % 4 << 30 | i / 4, subleaf);
			for (i = 0; i < ARRAY_SIZE(pool); i++)
				compare(entries, count, pool[i], subleaf);
		}
		compare(entries, count, draw(&seed), draw(&seed));
		compare(entries, count, 0xb, 0xffffffff);
	}
}

void cpuid_empty(void)
{
	static const struct vmr_cpuid_answer nothing;
	u32 i;

	EXPECT_EQ(build(NULL, 0), 0);
	for (i = 0; i < 4 * 0x30; i++)
		EXPECT(same(find(i % 4 << 30 | i / 4, i), &nothing));
	EXPECT(!vmr_cpuid_known(table, 0, 0));
	vmr_cpuid_set_guest_bits(table, ~0ULL, ~0ULL, ~0ULL);
	EXPECT(same(find(1, 0), &nothing));
}

/* It depends on the mode, then. */
static bool has_syscall(u32 leaf)
{
	return leaf == 0x80000001 &&
	       vmr_cpuid_known(table, leaf, 0)->edx & SDM_CPUID_X1_EDX_SYSCALL;
}

/* What doesn't depend on ECX is answered without a search. */
void cpuid_direct(void)
{
	struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	u64 seed = 2;
	u32 round, i;

	for (round = 0; round < 50; round++) {
		u32 count = random_entries(&seed, entries);

		EXPECT_EQ(build(entries, count), 0);
		for (i = 0; i < 4 * VMR_CPUID_DIRECT; i++) {
			u32 leaf = i % 4 << 30 | i / 4;
			const struct vmr_cpuid_entry *entry =
				search(entries, count, leaf, 0, true);

			if (entry)
				EXPECT_EQ(!table->direct[i % 4][i / 4],
					  entry->flags & VMR_CPUID_SUBLEAF ||
					  has_syscall(leaf));
		}
	}
}

/* Only its bit goes, only outside of 64-bit mode, and not for good. */
void cpuid_syscall(void)
{
	const struct vmr_cpuid_entry entry = {
		.leaf = 0x80000001, .eax = 1, .edx = SDM_CPUID_X1_EDX_SYSCALL | SDM_CPUID_X1_EDX_LM,
	};
	int round;

	EXPECT_EQ(build(&entry, 1), 0);
	for (round = 0; round < 2; round++) {
		EXPECT(!vmr_cpuid_find_direct(table, entry.leaf));
		EXPECT_EQ(vmr_cpuid_find_any(table, entry.leaf, 0, false)->edx,
			  SDM_CPUID_X1_EDX_LM);
		EXPECT_EQ(vmr_cpuid_find_any(table, entry.leaf, 0, false)->eax, 1);
		EXPECT_EQ(vmr_cpuid_find_any(table, entry.leaf, 5, true)->edx, entry.edx);
	}
}

#define SUB	VMR_CPUID_SUBLEAF

void cpuid_refused(void)
{
	static const struct {
		struct vmr_cpuid_entry entries[3];
		u32 count;
		int err;
	} cases[] = {
		{ { { .leaf = 1, .flags = 2 } }, 1, -EINVAL },
		{ { { .leaf = 1, .flags = 1U << 31 } }, 1, -EINVAL },
		{ { { .leaf = 1, .reserved = 1 } }, 1, -EINVAL },
		{ { { .leaf = 1, .subleaf = 1 } }, 1, -EINVAL },
		{ { { .leaf = 1 }, { .leaf = 2 }, { .leaf = 1 } }, 3, -EINVAL },
		{ { { .leaf = 4, .subleaf = 1, .flags = SUB }, { .leaf = 2 },
		    { .leaf = 4, .subleaf = 1, .flags = SUB } }, 3, -EINVAL },
		{ { { .leaf = 4, .flags = SUB }, { .leaf = 4 } }, 2, -EINVAL },
		{ { { .leaf = 4 }, { .leaf = 4, .subleaf = 7, .flags = SUB } }, 2, -EINVAL },
		{ { { .leaf = 4, .subleaf = 7, .flags = SUB }, { .leaf = 4 } }, 2, -EINVAL },
		{ { { .leaf = 4, .flags = SUB }, { .leaf = 2 },
		    { .leaf = 4, .subleaf = 1, .flags = SUB } }, 3, 0 },
		{ { { .leaf = 4, .subleaf = 0xffffffff, .flags = SUB }, { .leaf = 5 } }, 2, 0 },
	};
	struct vmr_cpuid_entry many[VMR_MAX_CPUID + 1] = {};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT(build(cases[i].entries, cases[i].count) == cases[i].err);
	for (i = 0; i <= VMR_MAX_CPUID; i++)
		many[i].leaf = i;
	EXPECT(build(many, VMR_MAX_CPUID + 1) == -E2BIG);
	EXPECT(build(many, VMR_MAX_CPUID) == 0);
}

/* Sizes as CPUs with AVX-512 have them. */
static const struct vmr_cpuid_entry stateful[] = {
	{ .leaf = 0x0, .eax = 0xd },
	{ .leaf = 0x1, .ecx = 0xffffffff, .edx = 0xffffffff },
	{ .leaf = 0x7, .flags = SUB, .eax = 0, .ebx = ~0U, .ecx = ~0U, .edx = ~0U },
	{ .leaf = 0xd, .flags = SUB, .eax = ~0U, .ebx = 1, .ecx = 2, .edx = ~0U },
	{ .leaf = 0xd, .subleaf = 1, .flags = SUB, .eax = ~0U, .ebx = 1, .ecx = ~0U },
	{ .leaf = 0xd, .subleaf = 2, .flags = SUB, .eax = 256, .ebx = 576 },
	{ .leaf = 0xd, .subleaf = 5, .flags = SUB, .eax = 64, .ebx = 1088, .ecx = ~0U },
	{ .leaf = 0xd, .subleaf = 6, .flags = SUB, .eax = 512, .ebx = 1152 },
	{ .leaf = 0xd, .subleaf = 7, .flags = SUB, .eax = 1024, .ebx = 1664 },
	{ .leaf = 0xd, .subleaf = 9, .flags = SUB, .eax = 8, .ebx = 2688 },
};

void cpuid_guest_bits(void)
{
	EXPECT_EQ(build(stateful, ARRAY_SIZE(stateful)), 0);
	EXPECT(!(find(1, 0)->ecx & SDM_CPUID_1_ECX_OSXSAVE));
	EXPECT(!(find(1, 0)->edx & SDM_CPUID_1_EDX_APIC));
	EXPECT_EQ(find(0xd, 0)->ebx, 576);
	EXPECT_EQ(find(0xd, 0)->ecx, 1664 + 1024);
	EXPECT_EQ(find(0xd, 0)->eax, XCR0_ALL);
	EXPECT_EQ(find(0xd, 0)->edx, 0);
	EXPECT_EQ(find(0xd, 1)->eax, 7);
	EXPECT_EQ(find(0xd, 1)->ebx, 576);
	EXPECT_EQ(find(0xd, 1)->ecx, 0);
	EXPECT_EQ(find(0xd, 5)->ecx, 2);
	EXPECT_EQ(find(0xd, 9)->eax, 0);	/* PKRU is hidden */

	vmr_cpuid_set_guest_bits(table, SDM_CR4_OSXSAVE, 7, 0);
	EXPECT(find(1, 0)->ecx & SDM_CPUID_1_ECX_OSXSAVE);
	EXPECT_EQ(find(0xd, 0)->ebx, 576 + 256);
	EXPECT_EQ(find(0xd, 0)->ecx, 1664 + 1024);
	EXPECT_EQ(find(0xd, 1)->ebx, 576 + 256);

	/* The opmask registers: at 1088, or behind the header, aligned. */
	vmr_cpuid_set_guest_bits(table, ~SDM_CR4_OSXSAVE, 0xe3, 0);
	EXPECT(!(find(1, 0)->ecx & SDM_CPUID_1_ECX_OSXSAVE));
	EXPECT_EQ(find(0xd, 0)->ebx, 1664 + 1024);
	EXPECT_EQ(find(0xd, 1)->ebx, 576 + 64 + 512 + 1024);
	vmr_cpuid_set_guest_bits(table, 0, 0x23, 0);
	EXPECT_EQ(find(0xd, 0)->ebx, 1088 + 64);
	EXPECT_EQ(find(0xd, 1)->ebx, 576 + 64);
}

void cpuid_alignment(void)
{
	static const struct vmr_cpuid_entry odd[] = {
		{ .leaf = 0xd, .flags = SUB, .eax = ~0U },
		{ .leaf = 0xd, .subleaf = 1, .flags = SUB, .eax = SDM_CPUID_D_1_EAX_XSAVEC },
		{ .leaf = 0xd, .subleaf = 2, .flags = SUB, .eax = 8, .ebx = 576 },
		{ .leaf = 0xd, .subleaf = 5, .flags = SUB, .eax = 8, .ebx = 1024, .ecx = 2 },
		{ .leaf = 0xd, .subleaf = 6, .flags = SUB, .eax = 8, .ebx = 4096 },
	};

	EXPECT_EQ(build(odd, ARRAY_SIZE(odd)), 0);
	vmr_cpuid_set_guest_bits(table, 0, 0x67, 0);
	EXPECT_EQ(find(0xd, 1)->ebx, 576 + 64 + 8 + 8);
	EXPECT_EQ(find(0xd, 0)->ebx, 4096 + 8);
}

/* Without XSAVEC there is no compacted form to tell the size of. */
void cpuid_no_compaction(void)
{
	static const struct vmr_cpuid_entry plain[] = {
		{ .leaf = 0xd, .flags = SUB, .eax = 7 },
		{ .leaf = 0xd, .subleaf = 1, .flags = SUB, .eax = 1 },
	};

	EXPECT_EQ(build(plain, ARRAY_SIZE(plain)), 0);
	vmr_cpuid_set_guest_bits(table, 0, 7, 0);
	EXPECT_EQ(find(0xd, 1)->eax, 1);
	EXPECT_EQ(find(0xd, 1)->ebx, 0);
}

/* APIC and OSPKE can't be offered yet; the code that keeps them right is there. */
void cpuid_guest_bits_to_come(void)
{
	EXPECT_EQ(build(stateful, ARRAY_SIZE(stateful)), 0);
	vmr_cpuid_set_guest_bits(table, 0, 1, ~0ULL);
	EXPECT(!(find(1, 0)->edx & SDM_CPUID_1_EDX_APIC));
	table->apic = true;
	vmr_cpuid_set_guest_bits(table, 0, 1, SDM_APIC_BASE_ENABLE);
	EXPECT(find(1, 0)->edx & SDM_CPUID_1_EDX_APIC);
	vmr_cpuid_set_guest_bits(table, 0, 1, ~SDM_APIC_BASE_ENABLE);
	EXPECT(!(find(1, 0)->edx & SDM_CPUID_1_EDX_APIC));

	vmr_cpuid_set_guest_bits(table, SDM_CR4_PKE, 1, 0);
	EXPECT(find(7, 0)->ecx & SDM_CPUID_7_ECX_OSPKE);
	vmr_cpuid_set_guest_bits(table, ~SDM_CR4_PKE, 1, 0);
	EXPECT(!(find(7, 0)->ecx & SDM_CPUID_7_ECX_OSPKE));
}

static struct vmr_cpuid_entry hidden(u32 leaf, u32 subleaf,
				     const struct vmr_cpuid_host *for_host)
{
	struct vmr_cpuid_entry entry = {
		.leaf = leaf, .subleaf = subleaf,
		.eax = ~0U, .ebx = ~0U, .ecx = ~0U, .edx = ~0U,
	};

	vmr_cpuid_hide(&entry, for_host);
	return entry;
}

/* What must never be offered, by the manual's bit numbers. */
void cpuid_hidden(void)
{
	static const u8 in_1_ecx[] = {
		2, 3, 4, 5, 6, 7, 8, 10, 11, 14, 15, 16, 18, 21, 24, 27,
	};
	static const u8 in_1_edx[] = { 9, 10, 18, 20, 21, 22, 29, 30, 31 };
	static const u8 in_7_ebx[] = { 2, 4, 11, 12, 14, 15, 22, 25 };
	static const u8 in_7_ecx[] = {
		3, 4, 5, 7, 13, 15, 16, 17, 18, 19, 20, 21, 23, 24, 26, 29, 30, 31,
	};
	static const u8 in_7_edx[] = {
		0, 1, 5, 6, 7, 9, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 24, 25,
		26, 27, 28, 29, 30, 31,
	};
	static const u32 zero[] = {
		0x3, 0x5, 0x9, 0xa, 0xc, 0xe, 0xf, 0x10, 0x12, 0x14, 0x17, 0x19, 0x1a,
		0x1b, 0x1c, 0x1d, 0x1e, 0x20, 0x21, 0x22, 0x23, 0x24, 0x30, 0x80000005,
		0x80000009, 0x8000001f, 0x40000100, 0xc0000000, 0xffffffff,
	};
	struct vmr_cpuid_entry entry = hidden(1, 0, &host);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(in_1_ecx); i++)
		EXPECT_EQ(entry.ecx & BIT(in_1_ecx[i]), 0);
	for (i = 0; i < ARRAY_SIZE(in_1_edx); i++)
		EXPECT_EQ(entry.edx & BIT(in_1_edx[i]), 0);
	EXPECT_EQ(__builtin_popcount(entry.ecx), 32 - ARRAY_SIZE(in_1_ecx));
	EXPECT_EQ(__builtin_popcount(entry.edx), 32 - ARRAY_SIZE(in_1_edx));

	entry = hidden(7, 0, &host);
	for (i = 0; i < ARRAY_SIZE(in_7_ebx); i++)
		EXPECT_EQ(entry.ebx & BIT(in_7_ebx[i]), 0);
	for (i = 0; i < ARRAY_SIZE(in_7_ecx); i++)
		EXPECT_EQ(entry.ecx & BIT(in_7_ecx[i]), 0);
	for (i = 0; i < ARRAY_SIZE(in_7_edx); i++)
		EXPECT_EQ(entry.edx & BIT(in_7_edx[i]), 0);
	EXPECT_EQ(__builtin_popcount(entry.ebx), 32 - ARRAY_SIZE(in_7_ebx));
	EXPECT_EQ(__builtin_popcount(entry.ecx), 32 - ARRAY_SIZE(in_7_ecx));
	EXPECT_EQ(__builtin_popcount(entry.edx), 32 - ARRAY_SIZE(in_7_edx));

	for (i = 0; i < ARRAY_SIZE(zero); i++) {
		entry = hidden(zero[i], 0, &host);
		EXPECT_EQ(entry.eax | entry.ebx | entry.ecx | entry.edx, 0);
	}
	entry = hidden(6, 0, &host);
	EXPECT_EQ(entry.eax, 4);
	EXPECT_EQ(entry.ebx | entry.ecx | entry.edx, 0);
	entry = hidden(7, 1, &host);
	EXPECT_EQ(entry.eax & (BIT(6) | BIT(8) | BIT(17) | BIT(18) | BIT(19) | BIT(21) |
			       BIT(22) | BIT(26) | BIT(27)), 0);
	EXPECT_EQ(hidden(7, 2, &host).edx, BIT(5));
	EXPECT_EQ(hidden(7, 3, &host).edx, 0);
	EXPECT_EQ(hidden(0xd, 1, &host).eax, 7);
}

/* What is left of a leaf of ones: eax, ebx, ecx, edx; by the manual's bit numbers. */
void cpuid_kept(void)
{
	static const struct {
		u32 first, last, subleaf;
		u32 kept[4];
	} cases[] = {
		{ 0x0, 0x0, 0, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x1, 0x1, 0, { ~0U, ~0U, 0xf6da3203, 0x1f8bf9ff } },
		{ 0x2, 0x2, 0, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x4, 0x4, 3, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x7, 0x7, 0, { ~0U, 0xfdbf27eb, 0x1a405f47, 0x0080451c } },
		{ 0x7, 0x7, 1, { 0x00801cb7, 0, 0, 0x00004430 } },
		{ 0x7, 0x7, 2, { 0, 0, 0, 0x20 } },
		{ 0xb, 0xb, 1, { ~0U, ~0U, ~0U, ~0U } },
		{ 0xd, 0xd, 0, { 0xe7, ~0U, ~0U, 0 } },
		{ 0xd, 0xd, 1, { 0x7, ~0U, 0, 0 } },
		{ 0xd, 0xd, 2, { ~0U, ~0U, 0x2, 0 } },
		{ 0xd, 0xd, 3, { 0, 0, 0, 0 } },
		{ 0x15, 0x16, 0, { ~0U, ~0U, ~0U, 0 } },
		{ 0x18, 0x18, 1, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x1f, 0x1f, 2, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x40000000, 0x400000ff, 0, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x80000000, 0x80000000, 0, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x80000001, 0x80000001, 0, { ~0U, 0, 0x121, 0x2c100800 } },
		{ 0x80000002, 0x80000004, 0, { ~0U, ~0U, ~0U, ~0U } },
		{ 0x80000006, 0x80000006, 0, { 0, 0, ~0U, 0 } },
		{ 0x80000007, 0x80000007, 0, { 0, 0, 0, 0x100 } },
		{ 0x80000008, 0x80000008, 0, { 0x302e, 0x200, 0, 0 } },
	};
	u32 i, leaf;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		for (leaf = cases[i].first; leaf <= cases[i].last; leaf++) {
			struct vmr_cpuid_entry entry =
				hidden(leaf, cases[i].subleaf, &host);

			EXPECT_EQ(entry.eax, cases[i].kept[0]);
			EXPECT_EQ(entry.ebx, cases[i].kept[1]);
			EXPECT_EQ(entry.ecx, cases[i].kept[2]);
			EXPECT_EQ(entry.edx, cases[i].kept[3]);
		}
}

static void expect_needs(const struct vmr_cpuid_host *less, u32 leaf, u32 subleaf,
			 u64 ecx_ebx, u64 edx_eax)
{
	struct vmr_cpuid_entry with = hidden(leaf, subleaf, &host);
	struct vmr_cpuid_entry without = hidden(leaf, subleaf, less);

	EXPECT_EQ((u64)(with.ecx ^ without.ecx) << 32 | (with.ebx ^ without.ebx),
		  ecx_ebx);
	EXPECT_EQ((u64)(with.edx ^ without.edx) << 32 | (with.eax ^ without.eax),
		  edx_eax);
}

void cpuid_needs(void)
{
	struct vmr_cpuid_host less = host;

	less.controls = &poor;
	expect_needs(&less, 1, 0, BIT_ULL(32 + 17), 0);			/* PCID */
	expect_needs(&less, 1, 1, BIT_ULL(32 + 17), 0);
	expect_needs(&less, 7, 0, BIT_ULL(32 + 22) | BIT_ULL(10), 0);	/* RDPID, INVPCID */
	expect_needs(&less, 0x80000001, 0, 0, BIT_ULL(32 + 27));	/* RDTSCP */

	less = host;
	less.xcr0 = SDM_XCR0_X87 | SDM_XCR0_SSE | SDM_XCR0_AVX;
	expect_needs(&less, 1, 0, 0, 0);
	EXPECT_EQ(hidden(7, 0, &less).ebx & BIT(5), BIT(5));		/* AVX2 */
	EXPECT_EQ(hidden(7, 0, &less).ebx & 0xdc230000, 0);		/* AVX512 */
	EXPECT_EQ(hidden(7, 0, &less).ecx & 0x00005842, 0);
	EXPECT_EQ(hidden(7, 0, &less).edx & 0x0080010c, 0);
	EXPECT_EQ(hidden(0xd, 0, &less).eax, 7);
	EXPECT_EQ(hidden(0xd, 5, &less).eax, 0);
	EXPECT_EQ(hidden(0xd, 2, &less).eax, ~0U);

	less.xcr0 = SDM_XCR0_X87 | SDM_XCR0_SSE;
	expect_needs(&less, 1, 0, (BIT_ULL(28) | BIT_ULL(12) | BIT_ULL(29)) << 32, 0);
	EXPECT_EQ(hidden(7, 0, &less).ebx & BIT(5), 0);
	EXPECT_EQ(hidden(7, 1, &less).eax & 0x00800037, 0);

	less.xcr0 = 0;
	EXPECT_EQ(hidden(1, 0, &less).ecx & BIT(26), 0);		/* XSAVE */
	EXPECT_EQ(hidden(0xd, 0, &less).ebx, 0);
	EXPECT_EQ(hidden(0xd, 1, &less).eax, 0);

	less.xcr0 = ~0ULL;
	EXPECT_EQ(hidden(0xd, 0, &less).eax, XCR0_ALL);
	EXPECT_EQ(hidden(0xd, 0, &less).edx, 0);
	EXPECT_EQ(hidden(0xd, 9, &less).eax, 0);
	EXPECT_EQ(hidden(0xd, 63, &less).eax, 0);
	EXPECT_EQ(hidden(0xd, 64, &less).eax, 0);
	EXPECT_EQ(hidden(0xd, 66, &less).eax, 0);
}

void cpuid_widths(void)
{
	struct vmr_cpuid_entry entry = { .leaf = 0x80000008 };

	EXPECT_EQ(hidden(0x80000008, 0, &host).eax, 48 << 8 | 46);
	EXPECT_EQ(hidden(0x80000008, 0, &host).ebx, BIT(9));
	entry.eax = 0x00333027;		/* 39 bits, 48 */
	vmr_cpuid_hide(&entry, &host);
	EXPECT_EQ(entry.eax, 0x3027);
}

/* A CPU for vmr_cpuid_offer() whose every bit is set, but where that would be endless. */
static void read_all_ones(u32 leaf, u32 subleaf, struct vmr_cpuid_answer *answer)
{
	*answer = (struct vmr_cpuid_answer){ ~0U, ~0U, ~0U, ~0U };
	switch (leaf) {
	case 0x0:
		answer->eax = 0x24;
		break;
	case 0x4:
		answer->eax = subleaf < 4 ? 0xffffffe1 : 0;
		break;
	case 0x7:
		answer->eax = 2;
		break;
	case 0xb:
		answer->ecx = subleaf < 2 ? 0x100 | subleaf : subleaf;
		break;
	case 0x18:
		answer->eax = 3;
		break;
	case 0x80000000:
		answer->eax = 0x80000021;
		break;
	}
}

/* What it lists is hidden already, in order, complete, and can be set as it is. */
void cpuid_offer(void)
{
	struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	u32 i, count;

	count = vmr_cpuid_offer(entries, VMR_MAX_CPUID, &host, read_all_ones);
	EXPECT(count < VMR_MAX_CPUID);
	EXPECT_EQ(build(entries, count), 0);
	for (i = 0; i < count; i++) {
		struct vmr_cpuid_entry again = entries[i];

		vmr_cpuid_hide(&again, &host);
		EXPECT(!memcmp(&again, &entries[i], sizeof(again)));
		EXPECT(again.eax | again.ebx | again.ecx | again.edx);
		if (i)
			EXPECT(((u64)entries[i - 1].leaf << 32 | entries[i - 1].subleaf) <
			       ((u64)again.leaf << 32 | again.subleaf));
	}
	EXPECT_EQ(find(0, 0)->eax, 0x1f);
	EXPECT_EQ(find(0x80000000, 0)->eax, 0x80000008);
	EXPECT_EQ(find(1, 0)->ebx, 0x00ffffff);
	EXPECT(find(1, 0)->ecx & SDM_CPUID_1_ECX_HYPERVISOR);
	EXPECT(vmr_cpuid_known(table, 4, 3));
	EXPECT(!vmr_cpuid_known(table, 4, 5));
	EXPECT(vmr_cpuid_known(table, 7, 2));
	EXPECT(!vmr_cpuid_known(table, 7, 3));
	EXPECT(vmr_cpuid_known(table, 0x18, 3));
	EXPECT(!vmr_cpuid_known(table, 0x18, 4));
	EXPECT(vmr_cpuid_known(table, 0xd, 7));
	EXPECT(!vmr_cpuid_known(table, 0xd, 9));
	EXPECT(!vmr_cpuid_known(table, 0xa, 0));
	EXPECT(!vmr_cpuid_known(table, 0x14, 0));
	EXPECT_EQ(find(0xb, 1)->edx, 0);

	/* Too little room: counted all the same, and nothing written behind it. */
	for (i = 0; i < count; i++) {
		memset(entries, 0x5a, sizeof(entries));
		EXPECT_EQ(vmr_cpuid_offer(entries, i, &host, read_all_ones), count);
		EXPECT_EQ(entries[i].leaf, 0x5a5a5a5a);
	}
}

static void read_old(u32 leaf, u32 subleaf, struct vmr_cpuid_answer *answer)
{
	(void)subleaf;
	*answer = (struct vmr_cpuid_answer){ .eax = leaf ? 0 : 1, .edx = 0xffffffff };
	if (leaf == 0x80000000)
		*answer = (struct vmr_cpuid_answer){ .eax = 0x12, .edx = 0x34 };
}

/* A CPU without extended leaves answers them with its highest basic one. */
void cpuid_offer_of_old(void)
{
	struct vmr_cpuid_entry entries[8];

	EXPECT_EQ(vmr_cpuid_offer(entries, 8, &host, read_old), 2);
	EXPECT_EQ(entries[0].eax, 1);
	EXPECT_EQ(entries[1].leaf, 1);
}
