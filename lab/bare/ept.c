// SPDX-License-Identifier: GPL-2.0
/* Owns the EPT paging structures: an identity map of the first 4 GiB. */
#include "vmx.h"

#define EPT_ALL (EPT_READ | EPT_WRITE | EPT_EXECUTE | EPT_USER_EXECUTE)
#define ADDRESS 0x000ffffffffff000ull

static u64 *root;
static u64 pointer;

static u32 index_of(u64 gpa, u32 level)
{
	return gpa >> (3 + 9 * level) & 511;
}

/*
 * The table one level below @entry; a large page becomes a table that maps
 * the same.
 */
static u64 *split(u64 *entry, u32 level)
{
	u64 step = 1ull << (3 + 9 * (level - 1));
	u64 large = level > EPT_2M ? EPT_LARGE : 0;
	u64 *table;

	if (!(*entry & EPT_LARGE))
		return (u64 *)(*entry & ADDRESS);
	table = page_alloc();
	for (u32 n = 0; n < 512; n++)
		table[n] = (*entry & ADDRESS) + n * step;
	for (u32 n = 0; n < 512; n++)
		table[n] |= EPT_ALL | EPT_WRITE_BACK | large;
	*entry = (u64)table | EPT_ALL;
	return table;
}

/*
 * The entry that maps @gpa at @level; larger pages are split on the way. Call
 * ept_flush() after a change.
 */
u64 *ept_entry(u64 gpa, enum ept_level level)
{
	u64 *table = split(&root[index_of(gpa, 4)], 4);

	for (u32 above = EPT_1G; above > level; above--)
		table = split(&table[index_of(gpa, above)], above);
	return &table[index_of(gpa, level)];
}

/* Build the map and give it to the current VMCS. */
void ept_create(u64 pointer_bits)
{
	u64 *gigabytes = page_alloc();

	root = page_alloc();
	root[0] = (u64)gigabytes | EPT_ALL;
	for (u32 n = 0; n < 4; n++)
		gigabytes[n] = (u64)n << 30 | EPT_ALL | EPT_WRITE_BACK |
			       EPT_LARGE;
	/* Not every CPU has pages of 1 GiB here. */
	for (u32 n = 0; n < 4; n++)
		split(&gigabytes[n], EPT_1G);
	pointer = (u64)root | 3 << 3 | 6 | pointer_bits;
	guest_secondary(PROC2_EPT);
	vmcs_write(VMCS_EPTP, pointer);
	ept_flush();
}

void ept_flush(void)
{
	struct {
		u64 pointer;
		u64 reserved;
	} descriptor = { pointer, 0 };
	bool failed;

	asm volatile("invept %1, %2"
		     : "=@ccbe"(failed)
		     : "m"(descriptor), "r"(1ull) : "memory");
	if (failed)
		bail("INVEPT failed");
}
