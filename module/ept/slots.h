/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a VM's slots: setting them, and reading and writing the guest's memory
 * through them. For the files to the left of module/ept.
 */
#ifndef VMR_EPT_SLOTS_H
#define VMR_EPT_SLOTS_H

#include <linux/types.h>

struct vmr_ept;
struct vmr_slot;

/**
 * vmr_slots_set() - add, replace or delete a slot
 * @ept: whose
 * @wanted: the ioctl's argument, a copy in the kernel; size is the caller's business
 *
 * On success no vCPU uses a translation of what the slot was before. While a slot
 * is replaced the guest sees the old or the new memory, nothing else. On error
 * nothing has changed.
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; -E2BIG for a number that there can't be; -EINVAL for unknown flags,
 *	   reserved bits, what isn't aligned, wraps, is above the width of a
 *	   guest-physical address or isn't the process's; -ENOENT if there is no slot
 *	   to delete; -EEXIST if it overlaps another; -ENOMEM for the log; -EINTR if the
 *	   process is being killed.
 */
int vmr_slots_set(struct vmr_ept *ept, const struct vmr_slot *wanted);

/**
 * vmr_ept_read() - read the guest's memory, each word at once
 * @ept: whose
 * @gpa: guest-physical address, anywhere
 * @buf: where to
 * @len: how much; may cross pages and slots
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; -EFAULT where there is no slot or the process has no memory; -EINTR if
 *	   a signal ends the wait for a page. @buf holds no more than the guest's memory.
 */
int vmr_ept_read(struct vmr_ept *ept, u64 gpa, void *buf, u32 len);

/**
 * vmr_ept_write() - write the guest's memory
 * @ept: whose
 * @gpa: guest-physical address, anywhere
 * @buf: where from
 * @len: how much; may cross pages and slots
 *
 * What lies before the place that can't be written has been written.
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; -EFAULT where there is no slot or the process can't write; -EROFS in a
 *	   read-only slot; -EINTR if the process is being killed.
 */
int vmr_ept_write(struct vmr_ept *ept, u64 gpa, const void *buf, u32 len);

/**
 * vmr_ept_bring() - have the process's page there, as an access would
 * @ept: whose
 * @gpa: guest-physical address
 * @write: the access is a write
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; -EFAULT where there is no slot or the process may not; -EROFS in a
 *	   read-only slot; -EINTR if a signal ends the wait.
 */
int vmr_ept_bring(struct vmr_ept *ept, u64 gpa, bool write);

/**
 * vmr_ept_why_not() - tell why memory can't be had
 * @ept: whose
 * @gpa: guest-physical address, which an access failed at
 * @write: the access was a write
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: VMR_FAULT_...; VMR_FAULT_HOLE also where there is no slot that may be touched
 *	   so, or where it can be had by now.
 */
u32 vmr_ept_why_not(struct vmr_ept *ept, u64 gpa, bool write);

/**
 * vmr_ept_exchange() - change a word of the guest's memory, if it is as it was
 * @ept: whose
 * @gpa: guest-physical address, aligned to @len
 * @old: what it was
 * @new: what it is to be
 * @len: 4 or 8
 *
 * One locked instruction, as the guest's own CPUs do it.
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: 0; -EAGAIN if it was something else; errors of vmr_ept_bring().
 */
int vmr_ept_exchange(struct vmr_ept *ept, u64 gpa, u64 old, u64 new, u32 len);

/**
 * vmr_ept_is_memory() - tell whether an address is in a slot
 * @ept: whose
 * @gpa: guest-physical address
 * @write: in one that can be written
 *
 * Context: Process, may sleep.
 * Return: false: it's a device's; or the process is being killed, and it doesn't matter.
 */
bool vmr_ept_is_memory(struct vmr_ept *ept, u64 gpa, bool write);

/**
 * vmr_ept_peek_begin() - be able to look at the guest's memory without waiting
 * @ept: whose
 *
 * Context: Any but interrupts; a burst, too. Not for long: setting a slot waits for
 * vmr_ept_peek_end().
 * Return: false: a slot is being set, or the process isn't the VM's.
 */
bool vmr_ept_peek_begin(struct vmr_ept *ept);

/**
 * vmr_ept_peek_end() - the end of it
 * @ept: whose
 *
 * Who is woken by it may be due on this CPU.
 *
 * Context: As vmr_ept_peek_begin().
 */
void vmr_ept_peek_end(struct vmr_ept *ept);

/**
 * vmr_ept_peek_is_memory() - the same as vmr_ept_is_memory()
 * @ept: whose
 * @gpa: guest-physical address
 * @write: in a slot that can be written
 *
 * Context: Between vmr_ept_peek_begin() and _end().
 * Return: false: it's a device's.
 */
bool vmr_ept_peek_is_memory(const struct vmr_ept *ept, u64 gpa, bool write);

/**
 * vmr_ept_peek() - read the guest's memory if it is there
 * @ept: whose
 * @hint: the slot where something was found last, at first 0
 * @gpa: guest-physical address
 * @buf: where to
 * @len: how much, within one page; each word at once
 *
 * Context: Between vmr_ept_peek_begin() and _end().
 * Return: 0; -EFAULT where there is no slot; -EAGAIN where it would have to be waited for.
 */
int vmr_ept_peek(const struct vmr_ept *ept, u32 *hint, u64 gpa, void *buf, u32 len);

#endif
