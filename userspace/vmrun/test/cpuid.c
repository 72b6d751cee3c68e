// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what a guest sees of CPUID. */
#include "cpuid.h"
#include "harness.h"

static struct vmr_cpuid_entry table[VMR_MAX_CPUID];

static const struct vmr_cpuid_entry *find(unsigned int count, uint32_t leaf)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (table[i].leaf == leaf)
			return &table[i];
	return NULL;
}

static unsigned int fill(void)
{
	unsigned int count = 0;

	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0, .eax = 0xd, .ebx = 0x756e6547 };
	table[count++] = (struct vmr_cpuid_entry){
		.leaf = 1, .eax = 0x50654, .ebx = 0x05100800, .ecx = ~0u, .edx = ~0u,
	};
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 4, .eax = 0xfc004121, .ebx = 7 };
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0xb, .eax = 1 };
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0x15, .eax = 2 };
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0x40000000, .ebx = 0x4b4d564b };
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0x80000000, .eax = 0x80000008 };
	return count;
}

TEST(cpuid_without_apic)
{
	unsigned int count = cpuid_adjust(table, fill(), 2500000);
	const struct vmr_cpuid_entry *leaf;

	EXPECT_EQ(count, 6);
	leaf = find(count, 1);
	EXPECT_EQ(leaf->edx, ~0u & ~(1u << 9) & ~(1u << 28));
	EXPECT_EQ(leaf->ecx, ~0u & ~(1u << 3) & ~(1u << 21) & ~(1u << 24));
	EXPECT_EQ(leaf->ebx, 0x00010800);
	EXPECT_EQ(leaf->eax, 0x50654);
	EXPECT_EQ(find(count, 4)->eax, 0x121);
	EXPECT(!find(count, 0xb));
	EXPECT(!find(count, 0x40000000));
	EXPECT_EQ(find(count, 0x80000000)->eax, 0x80000008);
}

TEST(cpuid_frequency)
{
	unsigned int count = cpuid_adjust(table, fill(), 2596142);
	const struct vmr_cpuid_entry *leaf = find(count, 0x15);

	EXPECT_EQ(find(count, 0)->eax, 0x16);
	EXPECT_EQ((uint64_t)leaf->ecx * leaf->ebx / leaf->eax, 2596142000ull);
	EXPECT_EQ(find(count, 0x16)->eax, 2596);
	/* Unknown: nothing is said about it, not the host's either. */
	count = cpuid_adjust(table, fill(), 0);
	EXPECT(!find(count, 0x15));
	EXPECT_EQ(find(count, 0)->eax, 0xd);
}

TEST(cpuid_full_table)
{
	unsigned int i, count;

	for (i = 0; i < VMR_MAX_CPUID; i++)
		table[i] = (struct vmr_cpuid_entry){ .leaf = 0x80000000 + i };
	count = cpuid_adjust(table, VMR_MAX_CPUID, 1000000);
	EXPECT_EQ(count, VMR_MAX_CPUID);
}
