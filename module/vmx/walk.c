// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the guest's address translation by software, "Paging" and "Protection". Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include <vmring.h>

#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/walk.h"

#define PAGE_BITS	12
#define PHYS_BITS_MOST	52

/* 4 MiB pages of 32-bit paging: bits 39:32 of the address are in bits 20:13. */
#define PSE_ADDRESS_LOW		GENMASK_ULL(31, 22)
#define PSE_ADDRESS_HIGH	GENMASK_ULL(20, 13)
#define PSE_SHIFT		19
#define PSE_PHYS_BITS		40

/* What the paging structures are like: "Paging-Mode Modifiers", a row each. */
struct format {
	u8 levels;
	u8 index_bits;
	u8 entry_size;
};

static const struct format format_32 = { 2, 10, 4 };
static const struct format format_pae = { 2, 9, 8 };	/* below the PDPTE registers */
static const struct format format_4_level = { 4, 9, 8 };
static const struct format format_5_level = { 5, 9, 8 };

/* One translation under way. */
struct walk {
	const struct vmr_walk_mode *mode;
	const struct format *format;
	u64 linear;
	u64 entry;		/* the last one read */
	int level;		/* that it is of: 1 for a PTE */
	bool user;		/* all entries so far allow user mode */
	bool write;		/* all allow writes */
	bool no_execute;	/* one forbids fetches */
};

static bool long_mode(const struct vmr_walk_mode *mode)
{
	return mode->efer & SDM_EFER_LMA;
}

static bool mode_64_bit(const struct vmr_walk_mode *mode)
{
	return long_mode(mode) && mode->cs_l;
}

static bool user_access(const struct vmr_walk_mode *mode, u32 access)
{
	return mode->cpl == 3 && !(access & VMR_WALK_IMPLICIT);
}

static const struct format *format_of(const struct vmr_walk_mode *mode)
{
	if (!(mode->cr4 & SDM_CR4_PAE))
		return &format_32;
	if (!long_mode(mode))
		return &format_pae;
	return mode->cr4 & SDM_CR4_LA57 ? &format_5_level : &format_4_level;
}

/* "Page-Fault Exceptions": the bits that don't depend on what was found. */
static enum vmr_walk_verdict fault(const struct vmr_walk_mode *mode, u32 access,
				   u32 found, struct vmr_walk_result *result)
{
	bool tells_fetch = mode->cr4 & SDM_CR4_SMEP ||
			   (mode->cr4 & SDM_CR4_PAE && mode->efer & SDM_EFER_NXE);

	result->error_code = found;
	if (access & VMR_WALK_WRITE)
		result->error_code |= SDM_PF_WRITE;
	if (user_access(mode, access))
		result->error_code |= SDM_PF_USER;
	if (access & VMR_WALK_FETCH && tells_fetch)
		result->error_code |= SDM_PF_FETCH;
	return VMR_WALK_FAULT;
}

/* Bits @low up to 51, none if there are none. */
static u64 from_bit(u8 low)
{
	return low < PHYS_BITS_MOST ? GENMASK_ULL(51, low) : 0;
}

static u8 shift_of(const struct walk *walk)
{
	return PAGE_BITS + walk->format->index_bits * (walk->level - 1);
}

/* Whether an entry that could be a table's maps a page. */
static bool is_large(const struct walk *walk)
{
	if (!(walk->entry & SDM_PTE_LARGE))
		return false;
	if (walk->format == &format_32)
		return walk->level == 2 && walk->mode->cr4 & SDM_CR4_PSE;
	if (walk->level == 3)
		return walk->mode->has & VMR_HAS_PAGE1GB;
	return walk->level == 2;
}

/* Entries of 4 bytes: only those of 4 MiB pages have reserved bits. */
static u64 reserved_32(const struct walk *walk)
{
	u8 phys_bits = walk->mode->phys_bits;

	if (!is_large(walk))
		return 0;
	if (!(walk->mode->has & VMR_HAS_PSE36))
		return GENMASK_ULL(21, 13);
	if (phys_bits >= PSE_PHYS_BITS)
		return BIT_ULL(21);
	return GENMASK_ULL(21, phys_bits - PSE_SHIFT);
}

static u64 reserved_64(const struct walk *walk)
{
	u64 reserved = from_bit(walk->mode->phys_bits);

	if (!(walk->mode->efer & SDM_EFER_NXE))
		reserved |= SDM_PTE_NO_EXECUTE;
	if (walk->format == &format_pae)
		reserved |= GENMASK_ULL(62, 52);
	if (is_large(walk))
		reserved |= GENMASK_ULL(shift_of(walk) - 1, 13);
	else if (walk->level > 2)
		reserved |= SDM_PTE_LARGE;
	return reserved;
}

static u64 reserved_bits(const struct walk *walk)
{
	return walk->format == &format_32 ? reserved_32(walk) : reserved_64(walk);
}

/* The address of the table that the walk begins with; false: not present. */
static bool find_root(struct walk *walk, u64 *table)
{
	const struct vmr_walk_mode *mode = walk->mode;
	u64 root = mode->cr3;

	if (walk->format == &format_pae) {
		root = mode->pdpte[walk->linear >> 30 & 3];
		if (!(root & SDM_PTE_PRESENT))
			return false;
	}
	if (walk->format == &format_32)
		root = (u32)root;
	*table = root & SDM_PTE_ADDRESS;
	return true;
}

static u64 page_address(const struct walk *walk, u64 size)
{
	u64 entry = walk->entry;

	if (walk->format == &format_32 && walk->level == 2)
		return (entry & PSE_ADDRESS_LOW) |
		       (entry & PSE_ADDRESS_HIGH) << PSE_SHIFT;
	return entry & SDM_PTE_ADDRESS & ~(size - 1);
}

/* "Access Rights", supervisor-mode accesses. */
static bool supervisor_may(const struct walk *walk, u32 access)
{
	const struct vmr_walk_mode *mode = walk->mode;
	bool may_touch_user = !(mode->cr4 & SDM_CR4_SMAP) ||
			      (mode->rflags & SDM_RFLAGS_AC &&
			       !(access & VMR_WALK_IMPLICIT));

	if (access & VMR_WALK_FETCH)
		return !(walk->user && mode->cr4 & SDM_CR4_SMEP) &&
		       !walk->no_execute;
	if (walk->user && !may_touch_user)
		return false;
	if (access & VMR_WALK_WRITE)
		return walk->write || !(mode->cr0 & SDM_CR0_WP);
	return true;
}

/* "Access Rights", user-mode accesses. */
static bool user_may(const struct walk *walk, u32 access)
{
	if (!walk->user)
		return false;
	if (access & VMR_WALK_FETCH)
		return !walk->no_execute;
	return walk->write || !(access & VMR_WALK_WRITE);
}

static bool may(const struct walk *walk, u32 access)
{
	if (user_access(walk->mode, access))
		return user_may(walk, access);
	return supervisor_may(walk, access);
}

static void take_rights(struct walk *walk)
{
	walk->user = walk->user && walk->entry & SDM_PTE_USER;
	walk->write = walk->write && walk->entry & SDM_PTE_WRITE;
	walk->no_execute = walk->no_execute || walk->entry & SDM_PTE_NO_EXECUTE;
}

static u64 entry_address(const struct walk *walk, u64 table)
{
	u64 index = walk->linear >> shift_of(walk) &
		    (BIT_ULL(walk->format->index_bits) - 1);

	return table + index * walk->format->entry_size;
}

static int read_entry(struct walk *walk, u64 gpa, vmr_walk_read read, void *ctx)
{
	u32 half;
	int err;

	if (walk->format->entry_size == sizeof(walk->entry))
		return read(ctx, gpa, &walk->entry, sizeof(walk->entry));
	err = read(ctx, gpa, &half, sizeof(half));
	if (!err)
		walk->entry = half;
	return err;
}

static void note_entry(const struct walk *walk, struct vmr_walk_result *result)
{
	result->entry_size = walk->format->entry_size;
	result->entry[result->entries].gpa = result->gpa;
	result->entry[result->entries].value = walk->entry;
	result->entries++;
}

static enum vmr_walk_verdict page_found(const struct walk *walk, u32 access,
					struct vmr_walk_result *result)
{
	if (!may(walk, access))
		return fault(walk->mode, access, SDM_PF_PRESENT, result);
	result->size = BIT_ULL(shift_of(walk));
	result->gpa = page_address(walk, result->size) |
		      (walk->linear & (result->size - 1));
	return VMR_WALK_DONE;
}

enum vmr_walk_verdict vmr_walk(const struct vmr_walk_mode *mode, u64 linear,
			       u32 access, vmr_walk_read read, void *ctx,
			       struct vmr_walk_result *result)
{
	struct walk walk = {
		.mode = mode,
		.format = format_of(mode),
		.linear = linear,
		.user = true,
		.write = true,
	};
	u64 table;

	result->entries = 0;
	result->size = 0;
	result->error_code = 0;
	if (!(mode->cr0 & SDM_CR0_PG)) {
		result->gpa = linear;
		return VMR_WALK_DONE;
	}
	result->gpa = 0;
	if (!find_root(&walk, &table))
		return fault(mode, access, 0, result);

	for (walk.level = walk.format->levels; walk.level; walk.level--) {
		result->gpa = entry_address(&walk, table);
		if (read_entry(&walk, result->gpa, read, ctx))
			return VMR_WALK_NO_TABLE;
		if (!(walk.entry & SDM_PTE_PRESENT))
			return fault(mode, access, 0, result);
		if (walk.entry & reserved_bits(&walk))
			return fault(mode, access,
				     SDM_PF_PRESENT | SDM_PF_RESERVED, result);
		take_rights(&walk);
		note_entry(&walk, result);
		if (walk.level == 1 || is_large(&walk))
			break;
		table = walk.entry & SDM_PTE_ADDRESS;
	}
	return page_found(&walk, access, result);
}

/* "Accessed and Dirty Flags": dirty is the entry's that maps the page. */
int vmr_walk_mark(struct vmr_walk_result *result, u32 access,
		  vmr_walk_exchange exchange, void *ctx)
{
	unsigned int i;
	int err;

	for (i = 0; i < result->entries; i++) {
		u64 old = result->entry[i].value;
		u64 new = old | SDM_PTE_ACCESSED;

		if (access & VMR_WALK_WRITE && i == result->entries - 1)
			new |= SDM_PTE_DIRTY;
		if (new == old)
			continue;
		err = exchange(ctx, result->entry[i].gpa, old, new,
			       result->entry_size);
		if (err) {
			result->gpa = result->entry[i].gpa;
			return err;
		}
	}
	return 0;
}

bool vmr_pdpte_valid(u64 pdpte, u8 phys_bits)
{
	u64 reserved = GENMASK_ULL(2, 1) | GENMASK_ULL(8, 5) |
		       GENMASK_ULL(63, 52) | from_bit(phys_bits);

	return !(pdpte & SDM_PTE_PRESENT) || !(pdpte & reserved);
}

static enum vmr_linear_verdict segment_fault(u8 number)
{
	return number == VMR_SS ? VMR_LINEAR_SS : VMR_LINEAR_GP;
}

/* "Canonical Addressing": neither end may be in the hole. */
static enum vmr_linear_verdict linear_64(const struct vmr_walk_mode *mode,
					 const struct vmr_segment *segment,
					 u8 number, u64 offset, u32 size,
					 u64 *linear)
{
	u8 bits = mode->cr4 & SDM_CR4_LA57 ? 57 : 48;
	u64 first = offset;

	if (number == VMR_FS || number == VMR_GS)
		first += segment->base;
	if (!vmr_canonical(first, bits) || !vmr_canonical(first + size - 1, bits))
		return segment_fault(number);
	*linear = first;
	return VMR_LINEAR_DONE;
}

static bool is_code(const struct vmr_segment *segment)
{
	return segment->access & SDM_SEGMENT_CODE;
}

/*
 * "Type Checking". Not of fetches: CS may be a data segment between the setting of
 * CR0.PE and the first far jump.
 */
static bool type_allows(const struct vmr_segment *segment, u32 access)
{
	if (access & VMR_WALK_FETCH)
		return true;
	if (access & VMR_WALK_WRITE)
		return !is_code(segment) && segment->access & SDM_SEGMENT_WRITABLE;
	return !is_code(segment) || segment->access & SDM_SEGMENT_READABLE;
}

/* "Limit Checking" */
static bool inside(const struct vmr_segment *segment, u64 first, u64 last)
{
	u64 top = segment->access & SDM_SEGMENT_DB ? 0xffffffff : 0xffff;

	if (is_code(segment) || !(segment->access & SDM_SEGMENT_EXPAND_DOWN))
		return last <= segment->limit;
	return first > segment->limit && last <= top;
}

enum vmr_linear_verdict vmr_linear(const struct vmr_walk_mode *mode,
				   const struct vmr_segment *segment, u8 number,
				   u64 offset, u32 size, u32 access,
				   u64 *linear)
{
	bool protected = mode->cr0 & SDM_CR0_PE && !(mode->rflags & SDM_RFLAGS_VM);

	if (mode_64_bit(mode))
		return linear_64(mode, segment, number, offset, size, linear);
	if (protected) {
		if (segment->access & SDM_SEGMENT_UNUSABLE)
			return segment_fault(number);
		if (!type_allows(segment, access))
			return VMR_LINEAR_GP;
	}
	if (!inside(segment, offset, offset + size - 1))
		return segment_fault(number);
	*linear = (u32)(segment->base + offset);
	return VMR_LINEAR_DONE;
}
