/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the log of what is written to a guest's memory: a bit for each page of a slot
 * that keeps one, and where the CPU logs writes itself, what it has logged. For the
 * files of module/ept, and those to their left that write the guest's memory.
 */
#ifndef VMR_EPT_DIRTY_H
#define VMR_EPT_DIRTY_H

#include <linux/list.h>
#include <linux/types.h>

#include "ept/slot_table.h"

struct vmr_ept;

/* The CPU's log of a vCPU: written from the last entry to the first. */
#define VMR_DIRTY_ENTRIES	512
#define VMR_DIRTY_LAST		(VMR_DIRTY_ENTRIES - 1)

/**
 * struct vmr_dirty_buffer - what the CPU has logged for a vCPU
 * @entry: one page; the CPU stores guest-physical addresses there. NULL: it doesn't
 * @next: the entry to be read next; -1: all are read, and the CPU has no more room
 * @link: in the VM's list, from vmr_dirty_buffer_join() on
 *
 * @entry is constant after create, the rest is under vmr_ept.lock.
 */
struct vmr_dirty_buffer {
	u64 *entry;
	int next;
	struct list_head link;
};

/**
 * vmr_dirty_buffer_create() - make a vCPU's part of the log, if the CPU keeps one
 * @ept: the VM's
 * @buffer: the vCPU's, zeroed
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_dirty_buffer_create(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer);

/**
 * vmr_dirty_buffer_destroy() - free it
 * @buffer: a vCPU's that didn't join, or whose VM is gone
 *
 * Context: Process.
 */
void vmr_dirty_buffer_destroy(struct vmr_dirty_buffer *buffer);

/**
 * vmr_dirty_buffer_join() - let it be read with the others of the VM
 * @ept: the VM's
 * @buffer: the vCPU's; lives as long as the VM
 *
 * Context: Process.
 */
void vmr_dirty_buffer_join(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer);

/**
 * vmr_dirty_buffer_empty() - read what is in a full buffer, and begin at its end
 * @ept: the VM's
 * @buffer: the calling thread's vCPU's; its index is VMR_DIRTY_LAST again
 *
 * Context: The vCPU's thread, process.
 */
void vmr_dirty_buffer_empty(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer);

/**
 * vmr_dirty_collect() - bring what the CPUs have logged into the slots' logs
 * @ept: whose
 *
 * What vCPUs in the guest have just written may come later.
 *
 * Context: @ept->lock held.
 */
void vmr_dirty_collect(struct vmr_ept *ept);

/**
 * vmr_dirty_begin() - give a slot that is to be set its log
 * @slot: what it becomes
 * @old: what it is
 *
 * The same memory at the same place goes on with the log it has.
 *
 * Context: Process, may sleep; slots_lock held.
 * Return: 0 or -ENOMEM.
 */
int vmr_dirty_begin(struct vmr_memslot *slot, const struct vmr_memslot *old);

/**
 * vmr_dirty_end() - free a log
 * @log: what a slot had that is no more; may be NULL
 *
 * Context: Process, may sleep.
 */
void vmr_dirty_end(u64 *log);

/**
 * vmr_dirty_exit() - free all logs
 * @ept: whose; dead
 *
 * Context: Process, may sleep.
 */
void vmr_dirty_exit(struct vmr_ept *ept);

/**
 * vmr_dirty_set() - log a write that is about to be
 * @slot: the slot, of the table as it is
 * @gpa: address inside
 *
 * Context: vmr_ept.lock held, under which the write is made possible.
 */
void vmr_dirty_set(const struct vmr_memslot *slot, u64 gpa);

/**
 * vmr_dirty_mark() - log what vmring itself has written to the guest's memory
 * @ept: whose
 * @gpa: guest-physical address, anywhere
 * @len: how much; may cross pages and slots
 *
 * To be called after every such write, by whoever does it; vmr_ept_write() and
 * vmr_ept_exchange() have done so. It comes behind the write, as one that is told
 * of a page reads it then. The caller sees to it that the write and this come within
 * one ioctl, by which user space knows that nobody writes any more.
 *
 * Context: Process.
 */
void vmr_dirty_mark(struct vmr_ept *ept, u64 gpa, u64 len);

/**
 * vmr_dirty_get() - tell what was written, and forget it
 * @ept: whose
 * @wanted: the ioctl's argument, a copy in the kernel; size is the caller's business
 *
 * On return every write that isn't told will be told the next time. What can't be
 * stored in user space isn't forgotten.
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; what vmr_slot_table_check_dirty() says; -EFAULT; -EINTR if the process
 *	   is being killed.
 */
int vmr_dirty_get(struct vmr_ept *ept, const struct vmr_dirty *wanted);

#endif
