// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a VM's slots. Called in process context by the VM's process; vmr_ept_peek() and
 * what is around it in bursts, too.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <vmring_ring.h>

#include "ept/dirty.h"
#include "ept/ept.h"
#include "ept/host.h"
#include "ept/slots.h"
#include "ept/tables.h"
#include "ept/tlb.h"
#include "ept/user_copy.h"

/*
 * Puts the new slot in. What the old one has mapped goes after it: until then the
 * notifier has to know where it came from.
 */
static void replace(struct vmr_ept *ept, unsigned int number,
		    const struct vmr_memslot *slot)
{
	spin_lock(&ept->lock);
	/* What was written so far belongs to the log as it was. */
	if (ept->slots.slot[number].dirty)
		vmr_dirty_collect(ept);
	ept->leaving = vmr_slot_table_store(&ept->slots, number, slot);
	/* A page that was got for the old slot isn't mapped any more. */
	ept->sequence++;
	spin_unlock(&ept->lock);
}

/* Takes away what the old slot has mapped, and then forgets it. */
static void finish(struct vmr_ept *ept)
{
	u64 gpa = ept->leaving.gpa;
	u64 end = gpa + ept->leaving.length;
	LIST_HEAD(removed);

	spin_lock(&ept->lock);
	while (gpa < end) {
		gpa = vmr_tables_zap(ept, gpa, end, &removed);
		cond_resched_lock(&ept->lock);
	}
	spin_unlock(&ept->lock);
	vmr_ept_flush(ept);
	vmr_tables_free(&removed);

	spin_lock(&ept->lock);
	ept->leaving.length = 0;
	spin_unlock(&ept->lock);
}

static int set_locked(struct vmr_ept *ept, const struct vmr_slot *wanted)
{
	struct vmr_memslot slot = {
		.gpa = wanted->gpa,
		.length = wanted->length,
		.hva = wanted->hva,
		.flags = wanted->flags,
	};
	unsigned int number;
	u64 *old_log;
	int err;

	lockdep_assert_held_write(&ept->slots_lock);
	err = vmr_slot_table_check(&ept->slots, wanted, &ept->limits);
	if (err)
		return err;
	number = array_index_nospec(wanted->slot, VMR_MAX_SLOTS);
	old_log = ept->slots.slot[number].dirty;
	err = vmr_dirty_begin(&slot, &ept->slots.slot[number]);
	if (err)
		return err;
	replace(ept, number, &slot);
	if (ept->leaving.length)
		finish(ept);
	if (old_log != slot.dirty)
		vmr_dirty_end(old_log);
	return 0;
}

int vmr_slots_set(struct vmr_ept *ept, const struct vmr_slot *wanted)
{
	int err;

	if (down_write_killable(&ept->slots_lock))
		return -EINTR;
	err = set_locked(ept, wanted);
	up_write(&ept->slots_lock);
	return err;
}

enum direction { FROM_GUEST, TO_GUEST };

/* The slot that an access may touch, slots_lock held; or an error. */
static const struct vmr_memslot *find(const struct vmr_ept *ept, u64 gpa, bool write)
{
	const struct vmr_memslot *slot = vmr_slot_table_find(&ept->slots, gpa);

	if (!slot)
		return ERR_PTR(-EFAULT);
	if (write && slot->flags & VMR_SLOT_READONLY)
		return ERR_PTR(-EROFS);
	return slot;
}

/*
 * Copies as much as one page of a slot has: how much, or an error; -EAGAIN: the page
 * isn't there, and slots_lock mustn't be held while it comes.
 */
static int copy_part(struct vmr_ept *ept, u64 gpa, void *buf, u32 len,
		     enum direction direction)
{
	const struct vmr_memslot *slot;
	void __user *hva;
	bool there;
	u64 part;

	slot = find(ept, gpa, direction == TO_GUEST);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	part = min_t(u64, len, PAGE_SIZE - offset_in_page(gpa));
	hva = u64_to_user_ptr(vmr_memslot_hva(slot, gpa));
	pagefault_disable();
	there = direction == FROM_GUEST ? vmr_user_read(buf, hva, part) :
					  vmr_user_write(hva, buf, part);
	pagefault_enable();
	/* Behind the write, as whoever is told reads what is there then. */
	if (direction == TO_GUEST)
		vmr_dirty_mark(ept, gpa, part);
	return there ? part : -EAGAIN;
}

/* The address in the process of what an access may touch. */
static int find_hva(struct vmr_ept *ept, u64 gpa, bool write, u64 *hva)
{
	const struct vmr_memslot *slot;

	if (current->mm != ept->notifier.mm)
		return -EFAULT;
	if (down_read_killable(&ept->slots_lock))
		return -EINTR;
	slot = find(ept, gpa, write);
	if (!IS_ERR(slot))
		*hva = vmr_memslot_hva(slot, gpa);
	up_read(&ept->slots_lock);
	return PTR_ERR_OR_ZERO(slot);
}

int vmr_ept_bring(struct vmr_ept *ept, u64 gpa, bool write)
{
	struct vmr_host_page host;
	u32 cause;
	u64 hva;
	int err;

	err = find_hva(ept, gpa, write, &hva);
	if (err)
		return err;
	err = vmr_host_get(hva & PAGE_MASK, write, &host, &cause);
	if (err == -EAGAIN)
		return signal_pending(current) ? -EINTR : 0;
	if (!err)
		put_page(host.page);
	return err;
}

u32 vmr_ept_why_not(struct vmr_ept *ept, u64 gpa, bool write)
{
	u32 cause = VMR_FAULT_HOLE;
	struct vmr_host_page host;
	u64 hva;

	if (find_hva(ept, gpa, write, &hva))
		return cause;
	if (!vmr_host_get(hva & PAGE_MASK, write, &host, &cause))
		put_page(host.page);
	return cause;
}

/*
 * A read may be begun again when a signal has ended it; what is written was often
 * taken from a device, so that nothing but the process's end gets between.
 */
static int bring_for_copy(struct vmr_ept *ept, u64 gpa, enum direction direction)
{
	u64 hva;
	int err;

	if (direction == FROM_GUEST)
		return vmr_ept_bring(ept, gpa, false);
	err = find_hva(ept, gpa, true, &hva);
	if (err)
		return err;
	return fault_in_safe_writeable(u64_to_user_ptr(hva), 1) ? -EFAULT : 0;
}

/* Held while copying: nobody writes to a slot's memory when it's deleted. */
static int copy_locked(struct vmr_ept *ept, u64 gpa, void *buf, u32 len,
		       enum direction direction)
{
	int part;

	if (down_read_killable(&ept->slots_lock))
		return -EINTR;
	part = copy_part(ept, gpa, buf, len, direction);
	up_read(&ept->slots_lock);
	return part;
}

/* A page that comes and is gone again is no reason not to hear a signal. */
static bool may_end(enum direction direction)
{
	return direction == FROM_GUEST && signal_pending(current);
}

static int copy(struct vmr_ept *ept, u64 gpa, void *buf, u32 len,
		enum direction direction)
{
	bool brought = false;
	int part;

	if (current->mm != ept->notifier.mm)
		return -EFAULT;
	while (len) {
		part = copy_locked(ept, gpa, buf, len, direction);
		if (part == -EAGAIN)
			part = brought && may_end(direction) ? -EINTR :
			       bring_for_copy(ept, gpa, direction);
		if (part < 0)
			return part;
		brought = !part;
		gpa += part;
		buf += part;
		len -= part;
	}
	return 0;
}

int vmr_ept_read(struct vmr_ept *ept, u64 gpa, void *buf, u32 len)
{
	return copy(ept, gpa, buf, len, FROM_GUEST);
}

int vmr_ept_write(struct vmr_ept *ept, u64 gpa, const void *buf, u32 len)
{
	return copy(ept, gpa, (void *)buf, len, TO_GUEST);
}

static int exchange(void __user *at, u64 old, u64 new, u32 len)
{
	u32 old_half = old;

	if (!access_ok(at, len))
		return -EFAULT;
	if (len == sizeof(u64))
		return __try_cmpxchg_user((u64 __user *)at, &old, new, fault_long);
	return __try_cmpxchg_user((u32 __user *)at, &old_half, (u32)new, fault_short);
}

/* 0, 1: it was something else, or an error; -EAGAIN: the page isn't there. */
static int exchange_part(struct vmr_ept *ept, u64 gpa, u64 old, u64 new, u32 len)
{
	const struct vmr_memslot *slot = find(ept, gpa, true);
	int err;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	pagefault_disable();
	err = exchange(u64_to_user_ptr(vmr_memslot_hva(slot, gpa)), old, new, len);
	pagefault_enable();
	if (!err)
		vmr_dirty_mark(ept, gpa, len);
	return err < 0 ? -EAGAIN : err;
}

static int exchange_locked(struct vmr_ept *ept, u64 gpa, u64 old, u64 new, u32 len)
{
	int err;

	if (down_read_killable(&ept->slots_lock))
		return -EINTR;
	err = exchange_part(ept, gpa, old, new, len);
	up_read(&ept->slots_lock);
	return err;
}

int vmr_ept_exchange(struct vmr_ept *ept, u64 gpa, u64 old, u64 new, u32 len)
{
	bool brought = false;
	int err;

	if (current->mm != ept->notifier.mm)
		return -EFAULT;
	do {
		err = exchange_locked(ept, gpa, old, new, len);
		if (err != -EAGAIN)
			return err > 0 ? -EAGAIN : err;
		err = brought && signal_pending(current) ? -EINTR :
		      vmr_ept_bring(ept, gpa, true);
		brought = true;
	} while (!err);
	return err;
}

/* ---- where nothing may wait ---- */

bool vmr_ept_peek_begin(struct vmr_ept *ept)
{
	return current->mm == ept->notifier.mm && down_read_trylock(&ept->slots_lock);
}

void vmr_ept_peek_end(struct vmr_ept *ept)
{
	up_read(&ept->slots_lock);
}

bool vmr_ept_peek_is_memory(const struct vmr_ept *ept, u64 gpa, bool write)
{
	return !IS_ERR(find(ept, gpa, write));
}

int vmr_ept_peek(const struct vmr_ept *ept, u32 *hint, u64 gpa, void *buf, u32 len)
{
	const struct vmr_memslot *slot = &ept->slots.slot[*hint];
	bool there;

	if (unlikely(gpa - slot->gpa >= slot->length)) {
		slot = vmr_slot_table_find(&ept->slots, gpa);
		if (!slot)
			return -EFAULT;
		*hint = slot - ept->slots.slot;
	}
	pagefault_disable();
	there = vmr_user_peek(buf, u64_to_user_ptr(vmr_memslot_hva(slot, gpa)), len);
	pagefault_enable();
	return there ? 0 : -EAGAIN;
}

bool vmr_ept_is_memory(struct vmr_ept *ept, u64 gpa, bool write)
{
	bool is_memory;

	/* Who is being killed doesn't look at the answer any more: the guest won't go on. */
	if (down_read_killable(&ept->slots_lock))
		return false;
	is_memory = !IS_ERR(find(ept, gpa, write));
	up_read(&ept->slots_lock);
	return is_memory;
}
