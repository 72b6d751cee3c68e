// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the log of what is written to a guest's memory. Called in process context, by
 * the violations of vCPUs, by whoever writes a guest's memory, and by user space that
 * wants to know.
 *
 * A page that a slot with a log has mapped writable is one whose bit is set; where the
 * CPU logs writes (page-modification logging), one whose bit is set, or whose dirty
 * flag isn't, or that is in a vCPU's buffer. Telling of a page takes its bit and the
 * right to write, or the dirty flag, under the lock, and then flushes: who still writes
 * by an old translation does so before user space is told, and looks at the page.
 *
 * The CPU writes its buffer at any time. An entry that has been read becomes NOTHING,
 * which no CPU writes; so it can be read by anyone, who need not know the CPU's index.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "ept/dirty.h"
#include "ept/ept.h"
#include "ept/tables.h"
#include "ept/tlb.h"
#include "vmx/kick.h"

#define NOTHING		(~0ULL)

/* Words of a log that are told at once, under the lock. */
#define PORTION		64

static_assert(VMR_DIRTY_ENTRIES * sizeof(u64) == PAGE_SIZE);

static u64 words_for(u64 pages)
{
	return DIV_ROUND_UP_ULL(pages, VMR_DIRTY_WORD);
}

/* ---- slots and their logs ---- */

static bool goes_on(const struct vmr_memslot *slot, const struct vmr_memslot *old)
{
	return old->dirty && slot->gpa == old->gpa &&
	       slot->length == old->length && slot->hva == old->hva;
}

int vmr_dirty_begin(struct vmr_memslot *slot, const struct vmr_memslot *old)
{
	if (!slot->length || !(slot->flags & VMR_SLOT_LOG_DIRTY))
		return 0;
	if (goes_on(slot, old)) {
		slot->dirty = old->dirty;
		return 0;
	}
	/* Of any length that user space says: it may be too much. */
	slot->dirty = kvcalloc(words_for(slot->length >> PAGE_SHIFT), sizeof(u64),
			       GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return slot->dirty ? 0 : -ENOMEM;
}

void vmr_dirty_end(u64 *log)
{
	kvfree(log);
}

void vmr_dirty_exit(struct vmr_ept *ept)
{
	unsigned int i;

	for (i = 0; i < ept->slots.end; i++)
		vmr_dirty_end(ept->slots.slot[i].dirty);
}

void vmr_dirty_set(const struct vmr_memslot *slot, u64 gpa)
{
	u64 page = (gpa - slot->gpa) >> PAGE_SHIFT;

	if (slot->dirty)
		slot->dirty[page / VMR_DIRTY_WORD] |=
			BIT_ULL(page % VMR_DIRTY_WORD);
}

static void set_at(struct vmr_ept *ept, u64 gpa)
{
	const struct vmr_memslot *slot = vmr_slot_table_find(&ept->slots, gpa);

	lockdep_assert_held(&ept->lock);
	if (slot)
		vmr_dirty_set(slot, gpa);
}

void vmr_dirty_mark(struct vmr_ept *ept, u64 gpa, u64 len)
{
	u64 page;

	spin_lock(&ept->lock);
	for (page = gpa & PAGE_MASK; page < gpa + len; page += PAGE_SIZE)
		set_at(ept, page);
	spin_unlock(&ept->lock);
}

/* ---- what the CPU logs ---- */

int vmr_dirty_buffer_create(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer)
{
	INIT_LIST_HEAD(&buffer->link);
	if (!ept->pml)
		return 0;
	buffer->entry = (u64 *)__get_free_page(GFP_KERNEL_ACCOUNT);
	if (!buffer->entry)
		return -ENOMEM;
	memset64(buffer->entry, NOTHING, VMR_DIRTY_ENTRIES);
	buffer->next = VMR_DIRTY_LAST;
	return 0;
}

void vmr_dirty_buffer_destroy(struct vmr_dirty_buffer *buffer)
{
	free_page((unsigned long)buffer->entry);
}

void vmr_dirty_buffer_join(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer)
{
	if (!buffer->entry)
		return;
	spin_lock(&ept->lock);
	list_add(&buffer->link, &ept->buffers);
	spin_unlock(&ept->lock);
}

static void read_buffer(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer)
{
	u64 gpa;

	lockdep_assert_held(&ept->lock);
	for (; buffer->next >= 0; buffer->next--) {
		gpa = READ_ONCE(buffer->entry[buffer->next]);
		if (gpa == NOTHING)
			return;
		WRITE_ONCE(buffer->entry[buffer->next], NOTHING);
		set_at(ept, gpa);
	}
}

void vmr_dirty_buffer_empty(struct vmr_ept *ept, struct vmr_dirty_buffer *buffer)
{
	spin_lock(&ept->lock);
	read_buffer(ept, buffer);
	buffer->next = VMR_DIRTY_LAST;
	spin_unlock(&ept->lock);
}

void vmr_dirty_collect(struct vmr_ept *ept)
{
	struct vmr_dirty_buffer *buffer;

	list_for_each_entry(buffer, &ept->buffers, link)
		read_buffer(ept, buffer);
}

/* ---- telling ---- */

/* Moves some words of a log into told. */
static void take(struct vmr_ept *ept, const struct vmr_memslot *slot, u64 word,
		 unsigned int count, u64 *told)
{
	unsigned int i;

	lockdep_assert_held(&ept->lock);
	for (i = 0; i < count; i++) {
		u64 page = (word + i) * VMR_DIRTY_WORD;

		told[i] = slot->dirty[word + i];
		if (!told[i])
			continue;
		slot->dirty[word + i] = 0;
		vmr_tables_rearm(ept, slot->gpa + (page << PAGE_SHIFT), told[i]);
	}
}

static void put_back(struct vmr_ept *ept, const struct vmr_memslot *slot, u64 word,
		     unsigned int count, const u64 *told)
{
	unsigned int i;

	spin_lock(&ept->lock);
	for (i = 0; i < count; i++)
		slot->dirty[word + i] |= told[i];
	spin_unlock(&ept->lock);
}

/* 0; -EAGAIN: the bitmap isn't there, and slots_lock mustn't be held while it comes. */
static int tell(struct vmr_ept *ept, const struct vmr_memslot *slot, u64 word,
		unsigned int count, u64 __user *to)
{
	u64 told[PORTION];
	unsigned long left;

	spin_lock(&ept->lock);
	take(ept, slot, word, count, told);
	spin_unlock(&ept->lock);
	pagefault_disable();
	left = copy_to_user(to, told, count * sizeof(u64));
	pagefault_enable();
	if (!left)
		return 0;
	put_back(ept, slot, word, count, told);
	return -EAGAIN;
}

static unsigned int portion_of(const struct vmr_dirty *rest)
{
	return min_t(u64, words_for(rest->pages), PORTION);
}

/* What is told is no part of the rest any more. */
static int tell_rest(struct vmr_ept *ept, const struct vmr_memslot *slot,
		     struct vmr_dirty *rest)
{
	unsigned int count;
	u64 pages;
	int err;

	while (rest->pages) {
		count = portion_of(rest);
		err = tell(ept, slot, rest->first_page / VMR_DIRTY_WORD, count,
			   u64_to_user_ptr(rest->bitmap));
		if (err)
			return err;
		pages = min_t(u64, rest->pages, count * VMR_DIRTY_WORD);
		rest->first_page += pages;
		rest->pages -= pages;
		rest->bitmap += count * sizeof(u64);
		cond_resched();
	}
	return 0;
}

/* What the guest has written so far is in the buffers, and then in the logs. */
static void collect(struct vmr_ept *ept)
{
	if (!ept->pml)
		return;
	vmr_kick_all(ept->kicks, VMR_REQ_TLB);
	spin_lock(&ept->lock);
	vmr_dirty_collect(ept);
	spin_unlock(&ept->lock);
}

/* As tell(). Another slot may be there than the last time. */
static int get_locked(struct vmr_ept *ept, struct vmr_dirty *rest)
{
	const struct vmr_memslot *slot;
	int err;

	lockdep_assert_held(&ept->slots_lock);
	err = vmr_slot_table_check_dirty(&ept->slots, rest);
	if (err)
		return err;
	slot = &ept->slots.slot[array_index_nospec(rest->slot, VMR_MAX_SLOTS)];
	collect(ept);
	err = tell_rest(ept, slot, rest);
	vmr_ept_flush(ept);
	return err;
}

static int get(struct vmr_ept *ept, struct vmr_dirty *rest)
{
	int err;

	if (down_read_killable(&ept->slots_lock))
		return -EINTR;
	err = get_locked(ept, rest);
	up_read(&ept->slots_lock);
	return err;
}

/* Has the next portion's place there. It is written to: what is told next goes there. */
static int bring(const struct vmr_dirty *rest)
{
	char __user *to = u64_to_user_ptr(rest->bitmap);

	if (fatal_signal_pending(current))
		return -EINTR;
	if (!fault_in_writeable(to, portion_of(rest) * sizeof(u64)))
		return 0;
	return fatal_signal_pending(current) ? -EINTR : -EFAULT;
}

int vmr_dirty_get(struct vmr_ept *ept, const struct vmr_dirty *wanted)
{
	struct vmr_dirty rest = *wanted;
	int err;

	do {
		err = get(ept, &rest);
		if (err != -EAGAIN)
			return err;
		err = bring(&rest);
	} while (!err);
	return err;
}
