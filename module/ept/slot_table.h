/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the arithmetic of slots: which guest-physical range is which range of the
 * process. Pure: no locks, no kernel dependency; selftests/unit compiles it in
 * user space. Locking and ioctl are slots.c.
 */
#ifndef VMR_EPT_SLOT_TABLE_H
#define VMR_EPT_SLOT_TABLE_H

#include <linux/types.h>

#include <vmring.h>

/**
 * struct vmr_memslot - a range of guest-physical memory
 * @gpa: where it begins
 * @length: in bytes; 0: there is no such slot
 * @hva: where it begins in the process
 * @flags: VMR_SLOT_...
 * @dirty: dirty.c: the log, a bit for each page; NULL: none is kept
 */
struct vmr_memslot {
	u64 gpa;
	u64 length;
	u64 hva;
	u32 flags;
	u64 *dirty;
};

/**
 * struct vmr_slot_table - the slots of a VM
 * @slot: by number; those that there are don't overlap in guest-physical memory
 * @end: one more than the highest number in use
 */
struct vmr_slot_table {
	struct vmr_memslot slot[VMR_MAX_SLOTS];
	unsigned int end;
};

/**
 * struct vmr_slot_limits - where memory may be
 * @gpa: first guest-physical address that isn't one
 * @hva: first address that doesn't belong to the process
 */
struct vmr_slot_limits {
	u64 gpa;
	u64 hva;
};

/**
 * vmr_slot_table_check() - whether a slot may be set as user space asks
 * @table: what there is
 * @wanted: the ioctl's argument
 * @limits: where memory may be
 *
 * Addresses and length count for nothing where length 0 deletes a slot.
 *
 * Context: Any, nobody changes the table.
 * Return: 0; -E2BIG for a number that there can't be; -EINVAL for unknown flags,
 *	   what isn't aligned, wraps or is out of limits; -ENOENT if there is no slot
 *	   to delete; -EEXIST if it overlaps another.
 */
int vmr_slot_table_check(const struct vmr_slot_table *table,
			 const struct vmr_slot *wanted,
			 const struct vmr_slot_limits *limits);

/* How many pages a word of a log is about. */
#define VMR_DIRTY_WORD	64

/**
 * vmr_slot_table_check_dirty() - whether what was written can be told as asked
 * @table: what there is
 * @wanted: the ioctl's argument
 *
 * Context: Any, nobody changes the table.
 * Return: 0; -E2BIG for a number that there can't be; -ENOENT if there is no such
 *	   slot; -EINVAL if it keeps no log, or for a range that is empty, begins in
 *	   the middle of a word, ends there but for the slot's end, or isn't the slot's.
 */
int vmr_slot_table_check_dirty(const struct vmr_slot_table *table,
			       const struct vmr_dirty *wanted);

/**
 * vmr_slot_table_store() - put a slot in, or take one out
 * @table: what there is
 * @number: which
 * @slot: what it becomes; length 0 takes it out
 *
 * Context: Any, nobody else uses the table.
 * Return: what it was.
 */
struct vmr_memslot vmr_slot_table_store(struct vmr_slot_table *table,
					unsigned int number,
					const struct vmr_memslot *slot);

/**
 * vmr_slot_table_find() - which slot an address is in
 * @table: what there is
 * @gpa: the guest-physical address
 *
 * Context: Any, nobody changes the table.
 * Return: the slot, or NULL.
 */
const struct vmr_memslot *
vmr_slot_table_find(const struct vmr_slot_table *table, u64 gpa);

/**
 * vmr_memslot_hva() - where an address of a slot is in the process
 * @slot: the slot
 * @gpa: guest-physical address inside
 *
 * Context: Any.
 * Return: the address in the process.
 */
static inline u64 vmr_memslot_hva(const struct vmr_memslot *slot, u64 gpa)
{
	return slot->hva + (gpa - slot->gpa);
}

/**
 * vmr_memslot_level() - how large a page a slot allows
 * @slot: the slot
 * @gpa: guest-physical address inside
 * @largest: the highest level to think of
 *
 * A large page has to lie inside of the slot as a whole, and at the same place of
 * its large page in the process.
 *
 * Context: Any.
 * Return: VMR_EPT_4K, VMR_EPT_2M or VMR_EPT_1G.
 */
unsigned int vmr_memslot_level(const struct vmr_memslot *slot, u64 gpa,
			       unsigned int largest);

/**
 * vmr_memslot_meets() - which part of a slot is in a range of the process
 * @slot: the slot
 * @start: of the range, address in the process
 * @end: first address behind
 * @gpa: where the part begins, guest-physical; written if there is one
 * @gpa_end: where it ends
 *
 * Context: Any.
 * Return: false if they have nothing in common.
 */
bool vmr_memslot_meets(const struct vmr_memslot *slot, u64 start, u64 end,
		       u64 *gpa, u64 *gpa_end);

#endif
