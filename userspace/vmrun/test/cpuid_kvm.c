// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what a guest on KVM is offered. */
#include <string.h>

#include "cpuid_kvm.h"
#include "harness.h"

#define HYPERVISOR	(1u << 31)
#define SSE3		(1u << 0)
#define PCID		(1u << 17)
#define AES		(1u << 25)
#define X2APIC		(1u << 21)
#define UMIP		(1u << 2)
#define RDPID		(1u << 22)

static struct vmr_cpuid_entry table[VMR_MAX_CPUID];

static const struct vmr_cpuid_entry *find(unsigned int count, uint32_t leaf, uint32_t subleaf)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (table[i].leaf == leaf && table[i].subleaf == subleaf)
			return &table[i];
	return NULL;
}

/* A CPU with all that there is but UMIP. */
static void cpu(u32 leaf, u32 subleaf, struct vmr_cpuid_answer *answer)
{
	*answer = (struct vmr_cpuid_answer){ ~0u, ~0u, ~0u, ~0u };
	switch (leaf) {
	case 0:
		answer->eax = 0x20;
		break;
	case 4:
	case 0x0b:
	case 0x1f:
		memset(answer, 0, sizeof(*answer));
		break;
	case 7:
		answer->eax = subleaf ? ~0u : 1;
		answer->ecx &= ~UMIP;
		break;
	case 0x0d:
		/* Component 2 has 256 bytes, and so on: 0x1000 for each. */
		*answer = (struct vmr_cpuid_answer){ .eax = 256, .ebx = 0x1000 * subleaf };
		if (subleaf < 2)
			*answer = (struct vmr_cpuid_answer){ .eax = 0xe7, .ecx = 0x9000 };
		break;
	case 0x18:
		answer->eax = 0;
		break;
	case 0x80000000:
		answer->eax = 0x80000008;
		break;
	case 0x80000008:
		answer->eax = 52 | 57 << 8;
		break;
	}
}

/* A KVM that emulates UMIP, doesn't know AES, and has no words for the CPU's name. */
static unsigned int kvm(void)
{
	unsigned int count = 0;

	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0, .eax = 0xd };
	table[count++] = (struct vmr_cpuid_entry){
		.leaf = 1, .ecx = ~(HYPERVISOR | AES), .edx = ~0u,
	};
	table[count++] = (struct vmr_cpuid_entry){
		.leaf = 7, .flags = VMR_CPUID_SUBLEAF, .ebx = ~0u, .ecx = ~RDPID, .edx = 0,
	};
	table[count++] = (struct vmr_cpuid_entry){
		.leaf = 0xd, .flags = VMR_CPUID_SUBLEAF, .eax = 7,
	};
	table[count++] = (struct vmr_cpuid_entry){
		.leaf = 0xd, .subleaf = 1, .flags = VMR_CPUID_SUBLEAF, .eax = 1,
	};
	table[count++] = (struct vmr_cpuid_entry){ .leaf = 0x80000008, .eax = 39 | 48 << 8 };
	return count;
}

TEST(cpuid_kvm_narrows)
{
	unsigned int count = cpuid_for_kvm(table, kvm(), cpu);
	const struct vmr_cpuid_entry *leaf;

	leaf = find(count, 1, 0);
	EXPECT(leaf);
	EXPECT_EQ(leaf->ecx & (HYPERVISOR | SSE3), HYPERVISOR | SSE3);
	EXPECT_EQ(leaf->ecx & (AES | PCID | X2APIC), 0);
	/* What the CPU doesn't have isn't emulated; what KVM doesn't know isn't there. */
	leaf = find(count, 7, 0);
	EXPECT(leaf->ebx);
	EXPECT_EQ(leaf->ecx & (UMIP | RDPID), 0);
	EXPECT_EQ(leaf->edx, 0);
	/* The components that KVM switches. */
	EXPECT_EQ(find(count, 0xd, 0)->eax, 7);
	EXPECT_EQ(find(count, 0xd, 0)->ecx, 0x2000 + 256);
	EXPECT_EQ(find(count, 0xd, 1)->eax, 1);
	EXPECT(find(count, 0xd, 2));
	EXPECT(!find(count, 0xd, 5));
	EXPECT_EQ(find(count, 0x80000008, 0)->eax, 39 | 48 << 8);
}

TEST(cpuid_kvm_describes)
{
	unsigned int count = cpuid_for_kvm(table, kvm(), cpu);

	EXPECT_EQ(find(count, 0x80000002, 0)->eax, ~0u);
	EXPECT(find(count, 0x18, 0));
	/* Neither APIC ID nor what isn't vmring's to offer. */
	EXPECT_EQ(find(count, 1, 0)->ebx >> 24, 0);
	EXPECT(!find(count, 0x0a, 0));
	EXPECT(!find(count, 0x40000000, 0));
}
