/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the arithmetic of regions: which of them an access is in. Pure: no locks, no
 * kernel dependency; selftests/unit compiles it in user space. Locking and ioctl are
 * region.c.
 */
#ifndef VMR_RING_REGION_TABLE_H
#define VMR_RING_REGION_TABLE_H

#include <linux/types.h>

#include <vmring.h>

struct eventfd_ctx;

/**
 * struct vmr_region_entry - a range of ports or of guest-physical addresses
 * @addr: its first
 * @length: in bytes, not 0
 * @match: what a write has to write, with VMR_REGION_MATCH
 * @doorbell: whom a write signals, or NULL
 * @mirror: what reads answer, @addr's byte, or NULL
 * @number: vmr_region.region
 * @flags: VMR_REGION_...
 * @write: VMR_WRITE_...
 * @read: VMR_READ_...
 * @match_size: bytes that a write has to have; 0: any
 * @shared: others are for the same range
 */
struct vmr_region_entry {
	u64 addr;
	u64 length;
	u64 match;
	struct eventfd_ctx *doorbell;
	const u8 *mirror;
	u32 number;
	u8 flags;
	u8 write;
	u8 read;
	u8 match_size;
	bool shared;
};

/**
 * struct vmr_region_table - the regions of a VM
 * @ports: how many are of ports
 * @count: how many there are
 * @entry: those of ports, then those of memory; each by address, then by number
 *
 * Never changed: there is a new one when a region is set.
 */
struct vmr_region_table {
	u32 ports;
	u32 count;
	struct vmr_region_entry entry[];
};

/**
 * vmr_region_check() - whether user space may ask for a region
 * @wanted: the ioctl's argument, with a length
 * @gpa_end: first guest-physical address that isn't one
 *
 * Context: Any.
 * Return: 0; -EINVAL for what has no meaning, or lies outside.
 */
int vmr_region_check(const struct vmr_region *wanted, u64 gpa_end);

/**
 * vmr_region_table_fits() - whether a region can be there beside the others
 * @table: what there is, or NULL
 * @wanted: the region; one of its number doesn't count
 *
 * Context: Any.
 * Return: true if so.
 */
bool vmr_region_table_fits(const struct vmr_region_table *table,
			   const struct vmr_region_entry *wanted);

/**
 * vmr_region_table_by_number() - find a region by its number
 * @table: what there is, or NULL
 * @number: vmr_region.region
 *
 * Context: Any.
 * Return: it, or NULL.
 */
const struct vmr_region_entry *
vmr_region_table_by_number(const struct vmr_region_table *table, u32 number);

/**
 * vmr_region_table_build() - make a table with a region replaced, added or taken out
 * @to: the table to be, with room for one entry more than @from has
 * @from: what there is, or NULL
 * @number: of the region
 * @region: what it becomes, which fits; NULL: nothing
 *
 * Context: Any.
 */
void vmr_region_table_build(struct vmr_region_table *to,
			    const struct vmr_region_table *from, u32 number,
			    const struct vmr_region_entry *region);

/**
 * vmr_region_table_search() - find what vmr_region_table_find() hasn't at once
 * @table: what there is
 * @mmio: guest-physical addresses; else ports
 * @addr: the first of an access
 * @size: its bytes
 * @hint: as vmr_region_table_find()
 *
 * Context: Any.
 * Return: as vmr_region_table_find().
 */
const struct vmr_region_entry *
vmr_region_table_search(const struct vmr_region_table *table, bool mmio,
			u64 addr, u32 size, u32 *hint);

/**
 * vmr_region_has() - is an access wholly in a region?
 * @entry: the region
 * @addr: the first of the access
 * @size: its bytes, not 0
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool vmr_region_has(const struct vmr_region_entry *entry, u64 addr,
				  u32 size)
{
	u64 offset = addr - entry->addr;

	return offset < entry->length && entry->length - offset >= size;
}

/**
 * vmr_region_table_find() - which region an access is wholly in
 * @table: what there is
 * @mmio: guest-physical addresses; else ports
 * @addr: the first of the access
 * @size: its bytes, not 0
 * @hint: where one of this kind was found last: any number will do
 *
 * Context: Any.
 * Return: the region, of several for a range the first; or NULL.
 */
static inline const struct vmr_region_entry *
vmr_region_table_find(const struct vmr_region_table *table, bool mmio, u64 addr,
		      u32 size, u32 *hint)
{
	u32 i = *hint;

	if (i >= (mmio ? table->ports : 0) && i < (mmio ? table->count : table->ports) &&
	    vmr_region_has(&table->entry[i], addr, size) && !table->entry[i].shared)
		return &table->entry[i];
	return vmr_region_table_search(table, mmio, addr, size, hint);
}

/**
 * vmr_region_doorbell() - which doorbell a write rings
 * @table: the table
 * @first: what vmr_region_table_find() has found for it
 * @value: what is written
 * @size: bytes
 *
 * Context: Any.
 * Return: it, or NULL.
 */
const struct vmr_region_entry *
vmr_region_doorbell(const struct vmr_region_table *table,
		    const struct vmr_region_entry *first, u64 value, u32 size);

/**
 * vmr_region_mirror() - which of the regions of a range answers reads
 * @table: the table
 * @first: what vmr_region_table_find() has found
 *
 * Context: Any.
 * Return: it, or NULL.
 */
const struct vmr_region_entry *
vmr_region_mirror(const struct vmr_region_table *table,
		  const struct vmr_region_entry *first);

#endif
