// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the answers to a guest's CPUID: lookup, the rules for what isn't in a table,
 * and the bits that follow the guest's state. What may be offered at all is
 * cpuid_offer.c. Pure: callable from anywhere, compiled a second time by
 * selftests/unit.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "vmx/arch.h"
#include "vmx/cpuid.h"

#define LEAF_TOPOLOGY		0x0b
#define LEAF_XSAVE		0x0d
#define LEAF_TOPOLOGY_2		0x1f
#define LEAF_X1			0x80000001U
#define RANGE_BASE		0xc0000000U

/* "XSAVE Area": the legacy region and the header, which are always there. */
#define XSAVE_FIXED_SIZE	576
#define XSAVE_ALIGNMENT		64
#define XSAVE_FIRST		2	/* the first component behind those */
#define XSAVE_LAST		62

static const struct vmr_cpuid_answer nothing;

static u64 key_of(u32 leaf, u32 subleaf)
{
	return (u64)leaf << 32 | subleaf;
}

static u32 leaf_of(const struct vmr_cpuid_leaf *line)
{
	return line->key >> 32;
}

/* The first line whose key isn't below, table->count if there is none. */
static u32 lower_bound(const struct vmr_cpuid_table *table, u64 key)
{
	u32 low = 0, high = table->count;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (table->leaves[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first line of a leaf, NULL if the table doesn't have the leaf. */
static const struct vmr_cpuid_leaf *
first_line(const struct vmr_cpuid_table *table, u32 leaf)
{
	u32 i = lower_bound(table, key_of(leaf, 0));

	if (i == table->count || leaf_of(&table->leaves[i]) != leaf)
		return NULL;
	return &table->leaves[i];
}

const struct vmr_cpuid_answer *
vmr_cpuid_known(const struct vmr_cpuid_table *table, u32 leaf, u32 subleaf)
{
	const struct vmr_cpuid_leaf *line = first_line(table, leaf);
	u32 i;

	if (!line)
		return NULL;
	if (!line->subleaves)
		return &line->answer;
	i = lower_bound(table, key_of(leaf, subleaf));
	if (i == table->count || table->leaves[i].key != key_of(leaf, subleaf))
		return NULL;
	return &table->leaves[i].answer;
}

/*
 * "CPUID": a leaf up to its range's maximum is zero if it isn't there; above all
 * ranges the highest basic leaf answers.
 */
static bool in_its_range(const struct vmr_cpuid_table *table, u32 leaf)
{
	const struct vmr_cpuid_leaf *base = first_line(table, leaf & RANGE_BASE);

	return base && leaf <= base->answer.eax;
}

/* The leaf that answers for one. */
static const struct vmr_cpuid_leaf *
answering_line(const struct vmr_cpuid_table *table, u32 leaf)
{
	const struct vmr_cpuid_leaf *line = first_line(table, leaf);

	if (line || in_its_range(table, leaf))
		return line;
	return first_line(table, table->highest_basic);
}

/* "INPUT EAX = 0BH": what the topology leaves say of a level that isn't there. */
static const struct vmr_cpuid_answer *
no_level(struct vmr_cpuid_table *table, u32 subleaf, u32 x2apic_id)
{
	table->made = (struct vmr_cpuid_answer){
		.ecx = subleaf & 0xff,
		.edx = x2apic_id,
	};
	return &table->made;
}

/* "CPUID": an Intel CPU has SYSCALL in 64-bit mode only, and says so. */
static const struct vmr_cpuid_answer *without_syscall(struct vmr_cpuid_table *table)
{
	table->made = *table->syscall;
	table->made.edx &= ~SDM_CPUID_X1_EDX_SYSCALL;
	return &table->made;
}

const struct vmr_cpuid_answer *
vmr_cpuid_find_any(struct vmr_cpuid_table *table, u32 leaf, u32 subleaf,
		   bool in_64bit)
{
	const struct vmr_cpuid_leaf *line = answering_line(table, leaf);
	const struct vmr_cpuid_answer *answer;

	if (!line)
		return &nothing;
	leaf = leaf_of(line);
	answer = vmr_cpuid_known(table, leaf, subleaf);
	if (answer && answer == table->syscall && !in_64bit)
		return without_syscall(table);
	if (answer)
		return answer;
	if (leaf == LEAF_TOPOLOGY || leaf == LEAF_TOPOLOGY_2)
		return no_level(table, subleaf, line->answer.edx);
	return &nothing;
}

/* Bytes of the standard (not compacted) form with these components. */
static u32 standard_size(const struct vmr_cpuid_table *table, u64 xcr0)
{
	u32 i, size = XSAVE_FIXED_SIZE;

	for (i = XSAVE_FIRST; i <= XSAVE_LAST; i++) {
		const struct vmr_cpuid_answer *part;

		if (!(xcr0 & BIT_ULL(i)))
			continue;
		part = vmr_cpuid_known(table, LEAF_XSAVE, i);
		if (part && part->ebx + part->eax > size)
			size = part->ebx + part->eax;
	}
	return size;
}

static u32 compacted_size(const struct vmr_cpuid_table *table, u64 xcr0)
{
	u32 i, size = XSAVE_FIXED_SIZE;

	for (i = XSAVE_FIRST; i <= XSAVE_LAST; i++) {
		const struct vmr_cpuid_answer *part;

		if (!(xcr0 & BIT_ULL(i)))
			continue;
		part = vmr_cpuid_known(table, LEAF_XSAVE, i);
		if (!part)
			continue;
		if (part->ecx & SDM_CPUID_D_N_ECX_ALIGNED)
			size = (size + XSAVE_ALIGNMENT - 1) & ~(XSAVE_ALIGNMENT - 1);
		size += part->eax;
	}
	return size;
}

static void set_bit_to(u32 *word, u32 bit, bool on)
{
	*word = on ? *word | bit : *word & ~bit;
}

void vmr_cpuid_set_guest_bits(struct vmr_cpuid_table *table, u64 cr4, u64 xcr0,
			      u64 apic_base)
{
	struct vmr_cpuid_answer *leaf = table->basic;

	if (leaf) {
		set_bit_to(&leaf->ecx, SDM_CPUID_1_ECX_OSXSAVE,
			   cr4 & SDM_CR4_OSXSAVE);
		set_bit_to(&leaf->edx, SDM_CPUID_1_EDX_APIC,
			   table->apic && apic_base & SDM_APIC_BASE_ENABLE);
	}
	if (table->extended)
		set_bit_to(&table->extended->ecx, SDM_CPUID_7_ECX_OSPKE,
			   cr4 & SDM_CR4_PKE);
	if (table->xsave)
		table->xsave->ebx = standard_size(table, xcr0);
	if (table->xsave_compacted &&
	    table->xsave_compacted->eax & SDM_CPUID_D_1_EAX_XSAVEC)
		table->xsave_compacted->ebx = compacted_size(table, xcr0);
}

static int check_entry(const struct vmr_cpuid_entry *entry)
{
	if (entry->flags & ~VMR_CPUID_SUBLEAF || entry->reserved)
		return -EINVAL;
	if (entry->subleaf && !(entry->flags & VMR_CPUID_SUBLEAF))
		return -EINVAL;
	return 0;
}

/* Puts a line where it belongs, behind those whose key is the same. */
static void insert_line(struct vmr_cpuid_table *table,
			const struct vmr_cpuid_entry *entry)
{
	u64 key = key_of(entry->leaf, entry->subleaf);
	u32 i = table->count++;

	for (; i && table->leaves[i - 1].key > key; i--)
		table->leaves[i] = table->leaves[i - 1];
	table->leaves[i] = (struct vmr_cpuid_leaf){
		.key = key,
		.subleaves = entry->flags & VMR_CPUID_SUBLEAF,
		.answer = { entry->eax, entry->ebx, entry->ecx, entry->edx },
	};
}

/* Two lines of one leaf: both with subleaves, and different ones. */
static bool can_be_neighbours(const struct vmr_cpuid_leaf *a,
			      const struct vmr_cpuid_leaf *b)
{
	if (leaf_of(a) != leaf_of(b))
		return true;
	return a->subleaves && b->subleaves && a->key != b->key;
}

static struct vmr_cpuid_answer *writable(struct vmr_cpuid_table *table,
					 u32 leaf, u32 subleaf)
{
	return (struct vmr_cpuid_answer *)vmr_cpuid_known(table, leaf, subleaf);
}

/* NULL where vmr_cpuid_find_any() has to look at ECX, or at the mode. */
static const struct vmr_cpuid_answer *
direct_answer(const struct vmr_cpuid_table *table, const struct vmr_cpuid_leaf *line)
{
	if (!line)
		return &nothing;
	return line->subleaves || &line->answer == table->syscall ? NULL : &line->answer;
}

/* As answering_line(), but no search: lines and leaves go up side by side. */
static void fill_range(struct vmr_cpuid_table *table, u32 range,
		       const struct vmr_cpuid_leaf *above)
{
	u32 n, first = range << 30, i = lower_bound(table, key_of(first, 0));
	const struct vmr_cpuid_leaf *base = first_line(table, first);

	for (n = 0; n < VMR_CPUID_DIRECT; n++) {
		const struct vmr_cpuid_leaf *line = above;

		while (i < table->count && leaf_of(&table->leaves[i]) < first + n)
			i++;
		if (i < table->count && leaf_of(&table->leaves[i]) == first + n)
			line = &table->leaves[i];
		else if (base && first + n <= base->answer.eax)
			line = NULL;
		table->direct[range][n] = direct_answer(table, line);
	}
}

static void fill_direct(struct vmr_cpuid_table *table)
{
	const struct vmr_cpuid_leaf *above = first_line(table, table->highest_basic);
	u32 range;

	for (range = 0; range < VMR_CPUID_RANGES; range++)
		fill_range(table, range, above);
}

int vmr_cpuid_build(struct vmr_cpuid_table *table,
		    const struct vmr_cpuid_entry *entries, u32 count,
		    const struct vmr_cpuid_host *host)
{
	const struct vmr_cpuid_answer *first;
	u32 i;

	if (count > VMR_MAX_CPUID)
		return -E2BIG;
	table->count = 0;
	for (i = 0; i < count; i++) {
		struct vmr_cpuid_entry entry = entries[i];

		if (check_entry(&entry))
			return -EINVAL;
		vmr_cpuid_hide(&entry, host);
		insert_line(table, &entry);
	}
	for (i = 1; i < count; i++)
		if (!can_be_neighbours(&table->leaves[i - 1], &table->leaves[i]))
			return -EINVAL;

	first = vmr_cpuid_known(table, 0, 0);
	table->highest_basic = first ? first->eax : 0;
	table->basic = writable(table, 1, 0);
	table->extended = writable(table, 7, 0);
	table->xsave = writable(table, LEAF_XSAVE, 0);
	table->xsave_compacted = writable(table, LEAF_XSAVE, 1);
	table->syscall = writable(table, LEAF_X1, 0);
	if (table->syscall && !(table->syscall->edx & SDM_CPUID_X1_EDX_SYSCALL))
		table->syscall = NULL;
	table->apic = table->basic && table->basic->edx & SDM_CPUID_1_EDX_APIC;
	if (table->xsave)
		table->xsave->ecx = standard_size(table,
						  key_of(table->xsave->edx,
							 table->xsave->eax));
	fill_direct(table);
	vmr_cpuid_set_guest_bits(table, 0, SDM_XCR0_X87, 0);
	return 0;
}
