// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the format of EPT entries. */
#include <linux/kernel.h>

#include "ept/pte.h"
#include "unit.h"

static const struct vmr_pte_rules plain = { .phys_bits = 46, .largest = VMR_EPT_1G };
static const struct vmr_pte_rules with_flags = {
	.phys_bits = 46, .largest = VMR_EPT_1G, .accessed_dirty = true,
};

void pte_pointer(void)
{
	EXPECT_EQ(vmr_pte_pointer(0x123456000, &plain), 0x12345601e);
	EXPECT_EQ(vmr_pte_pointer(0x123456000, &with_flags), 0x12345605e);
}

/* The values as the manual's tables of entries have them. */
void pte_entries(void)
{
	EXPECT_EQ(vmr_pte_table(0x3fffffff000), 0x3fffffff007);
	EXPECT_EQ(vmr_pte_leaf(0x1000, VMR_EPT_4K, VMR_EPT_ALL), 0x1377);
	EXPECT_EQ(vmr_pte_leaf(0x1000, VMR_EPT_4K, VMR_EPT_READ | VMR_EPT_FETCH), 0x1175);
	EXPECT_EQ(vmr_pte_leaf(0x200000, VMR_EPT_2M, VMR_EPT_READ | VMR_EPT_WRITE), 0x2003f3);
	EXPECT_EQ(vmr_pte_leaf(0x40000000, VMR_EPT_1G, VMR_EPT_ALL), 0x400003f7);
}

/* Write-back on each level, with whatever rights, and whatever the guest's PAT says. */
void pte_memory_type(void)
{
	unsigned int level, access;

	for (level = 0; level <= VMR_EPT_1G; level++)
		for (access = 1; access <= VMR_EPT_ALL; access++) {
			u64 pte = vmr_pte_leaf(vmr_pte_size(level), level, access);

			EXPECT_EQ(pte >> 3 & 7, 6);
			EXPECT(pte & BIT_ULL(6));
		}
}

/* What goes in comes out, on each level. */
void pte_decode(void)
{
	unsigned int level, access;

	EXPECT(!vmr_pte_present(0));
	EXPECT(!vmr_pte_is_leaf(0, VMR_EPT_4K));
	EXPECT(!vmr_pte_present(0xfffffffffffffff8));
	for (level = 0; level <= VMR_EPT_1G; level++) {
		u64 hpa = 5 * vmr_pte_size(level);

		for (access = 1; access <= VMR_EPT_ALL; access++) {
			u64 pte = vmr_pte_leaf(hpa, level, access);
			unsigned int other;

			EXPECT(vmr_pte_present(pte));
			EXPECT(vmr_pte_is_leaf(pte, level));
			EXPECT(vmr_pte_accessed(pte));
			EXPECT(!vmr_pte_accessed(pte & ~BIT_ULL(8)));
			EXPECT_EQ(vmr_pte_address(pte, level), hpa);
			for (other = 0; other <= VMR_EPT_ALL; other++)
				EXPECT_EQ(vmr_pte_allows(pte, other), !(other & ~access));
		}
	}
	for (level = 1; level < VMR_EPT_LEVELS; level++) {
		EXPECT(!vmr_pte_is_leaf(vmr_pte_table(0x7000), level));
		EXPECT_EQ(vmr_pte_address(vmr_pte_table(0x7000), level), 0x7000);
	}
}

void pte_indices(void)
{
	u64 gpa = 0x123456789abc;
	unsigned int level;
	u64 rebuilt = 0;

	for (level = 0; level < VMR_EPT_LEVELS; level++)
		rebuilt += vmr_pte_index(gpa, level) * vmr_pte_size(level);
	EXPECT_EQ(rebuilt, gpa & ~0xfffULL);
	EXPECT_EQ(vmr_pte_size(VMR_EPT_4K), 0x1000);
	EXPECT_EQ(vmr_pte_size(VMR_EPT_2M), 0x200000);
	EXPECT_EQ(vmr_pte_size(VMR_EPT_1G), 0x40000000);
	EXPECT_EQ(vmr_pte_end(0x1fffff, VMR_EPT_4K), 0x200000);
	EXPECT_EQ(vmr_pte_end(0x200000, VMR_EPT_2M), 0x400000);
	EXPECT_EQ(vmr_pte_end(0xffffffffffff, 3), 1ULL << VMR_EPT_BITS);
}

/*
 * All pairs of leaves and a table: an entry may become another only if it is still
 * the same memory and no access is lost.
 */
void pte_may_become(void)
{
	u32 old, new;

	for (old = 1; old <= VMR_EPT_ALL; old++) {
		u64 from = vmr_pte_leaf(0x200000, VMR_EPT_2M, old);

		EXPECT(vmr_pte_may_become(0, from, VMR_EPT_2M));
		EXPECT(!vmr_pte_may_become(from, 0, VMR_EPT_2M));
		EXPECT(!vmr_pte_may_become(from, vmr_pte_table(0x200000), VMR_EPT_2M));
		EXPECT(!vmr_pte_may_become(vmr_pte_table(0x200000), from, VMR_EPT_2M));
		for (new = 1; new <= VMR_EPT_ALL; new++) {
			EXPECT_EQ(vmr_pte_may_become(from, vmr_pte_leaf(0x200000, VMR_EPT_2M, new),
						     VMR_EPT_2M),
				  (old & new) == old);
			EXPECT(!vmr_pte_may_become(from, vmr_pte_leaf(0x400000, VMR_EPT_2M, new),
						   VMR_EPT_2M));
		}
	}
}

/* The same pairs the other way round: what is there already includes what is to be. */
void pte_includes(void)
{
	u32 old, new;

	for (old = 1; old <= VMR_EPT_ALL; old++) {
		u64 there = vmr_pte_leaf(0x200000, VMR_EPT_2M, old);

		EXPECT(!vmr_pte_includes(0, there, VMR_EPT_2M));
		EXPECT(!vmr_pte_includes(vmr_pte_table(0x200000), there, VMR_EPT_2M));
		for (new = 1; new <= VMR_EPT_ALL; new++) {
			u64 other = vmr_pte_leaf(0x400000, VMR_EPT_2M, new);
			u64 same = vmr_pte_leaf(0x200000, VMR_EPT_2M, new);

			EXPECT_EQ(vmr_pte_includes(there, same, VMR_EPT_2M),
				  (old & new) == new);
			/* The dirty flag takes no right away. */
			EXPECT_EQ(vmr_pte_includes(vmr_pte_clean(there), same, VMR_EPT_2M),
				  (old & new) == new);
			EXPECT(!vmr_pte_includes(there, other, VMR_EPT_2M));
		}
	}
}

void pte_clean(void)
{
	u64 written = vmr_pte_leaf(0x1000, VMR_EPT_4K, VMR_EPT_READ | VMR_EPT_WRITE);
	u64 clean = vmr_pte_clean(written);

	EXPECT_EQ(written ^ clean, 1 << VMR_PTE_DIRTY_BIT);
	EXPECT(vmr_pte_allows(clean, VMR_EPT_WRITE) && vmr_pte_accessed(clean));
	EXPECT_EQ(vmr_pte_clean(clean), clean);
	EXPECT_EQ(1 << VMR_PTE_WRITE_BIT, VMR_EPT_WRITE);
}

/* The right to write comes back to what had it, and to nothing else. */
void pte_may_write_again(void)
{
	const u64 written = vmr_pte_leaf(0x1000, VMR_EPT_4K, VMR_EPT_READ | VMR_EPT_WRITE);
	const u64 read = vmr_pte_leaf(0x1000, VMR_EPT_4K, VMR_EPT_READ);
	const u64 armed = vmr_pte_rearmable(written) & ~(u64)VMR_EPT_WRITE;
	static const struct vmr_pte_rules rules = { .phys_bits = 40 };

	EXPECT_EQ(vmr_pte_rearmable(read), read);
	EXPECT(!vmr_pte_may_write_again(read, VMR_EPT_WRITE));
	EXPECT(!vmr_pte_may_write_again(written, VMR_EPT_WRITE));
	EXPECT(!vmr_pte_allows(armed, VMR_EPT_WRITE));
	EXPECT(vmr_pte_may_write_again(armed, VMR_EPT_WRITE));
	EXPECT(vmr_pte_may_write_again(armed, VMR_EPT_WRITE | VMR_EPT_READ));
	EXPECT(!vmr_pte_may_write_again(armed, VMR_EPT_FETCH));
	EXPECT(!vmr_pte_may_write_again(armed, VMR_EPT_WRITE | VMR_EPT_FETCH));
	EXPECT(!vmr_pte_fault(armed, VMR_EPT_4K, &rules));
	EXPECT_EQ(vmr_pte_address(armed, VMR_EPT_4K), 0x1000);
}

#define ADDRESS_BITS	40

/* One rule after the other, broken in an entry that is right otherwise. */
void pte_faults(void)
{
	static const struct vmr_pte_rules rules = {
		.phys_bits = ADDRESS_BITS, .largest = VMR_EPT_2M,
	};
	static const struct {
		u64 pte;
		unsigned int level;
		const char *fault;
	} rows[] = {
		{ 0, 0, NULL },
		{ 0xfffffffffffffff8, 0, NULL },
		{ 0x1002, 0, "it can be written but not read" },
		{ 0x1006, 3, "it can be written but not read" },
		{ 0x1034, 0, "it can be executed but not read" },
		{ 0x1004, 2, "it can be executed but not read" },
		{ 0x10000001037, 0, "its address is wider than a physical address" },
		{ 0x8000000001007, 3, "its address is wider than a physical address" },
		{ 0x400000b7, 2, "a page can't be so large" },
		{ 0x1087, 3, "a page can't be so large" },
		{ 0x2010b7, 1, "a reserved bit is set" },
		{ 0x3000b7, 1, "a reserved bit is set" },
		{ 0x100f, 1, "a reserved bit is set" },
		{ 0x1017, 2, "a reserved bit is set" },
		{ 0x1027, 3, "a reserved bit is set" },
		{ 0x1047, 3, "a reserved bit is set" },
		{ 0x1017, 0, "there is no such memory type" },
		{ 0x101f, 0, "there is no such memory type" },
		{ 0x2000bf, 1, "there is no such memory type" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *fault = vmr_pte_fault(rows[i].pte, rows[i].level, &rules);

		EXPECT_STR(fault ? fault : "", rows[i].fault ? rows[i].fault : "");
	}
}

/* What depends on the CPU is none where the CPU can do it, and what is made is right. */
void pte_no_faults(void)
{
	static const struct vmr_pte_rules able = {
		.phys_bits = 52, .largest = VMR_EPT_1G, .exec_only = true, .accessed_dirty = true,
	};
	unsigned int level, type;

	EXPECT(!vmr_pte_fault(0x1034, 0, &able));
	EXPECT(!vmr_pte_fault(0x8000000001007, 3, &able));
	EXPECT(!vmr_pte_fault(0x400000b7, 2, &able));
	for (type = 0; type < 8; type++)
		EXPECT_EQ(!vmr_pte_fault(0x1007 | type << 3, 0, &able),
			  type != 2 && type != 3 && type != 7);
	for (level = 0; level < VMR_EPT_LEVELS; level++) {
		if (level)
			EXPECT(!vmr_pte_fault(vmr_pte_table(0x7000), level, &able));
		if (level <= VMR_EPT_1G)
			EXPECT(!vmr_pte_fault(vmr_pte_leaf(vmr_pte_size(level), level, VMR_EPT_ALL),
					      level, &able));
	}
}
