// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the shared area's pages and what crosses in them. Called by the thread that
 * holds the vCPU's mutex.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <asm/tsc.h>

#include "compat/compat.h"
#include "ring/area.h"
#include "ring/index.h"
#include "vmx/exits.h"

/* The read-only part: this, then the ring in pages of its own. */
#define HEAD_SIZE	(2 * PAGE_SIZE)
#define RW_SIZE		(2 * PAGE_SIZE)
#define STATS_OFFSET	sizeof(struct vmr_area_ro)
#define NAMES_OFFSET	(STATS_OFFSET + VMR_STATS * sizeof(u64))
#define BULK_OFFSET	PAGE_SIZE

static_assert(sizeof(struct vmr_area_rw) <= BULK_OFFSET);
static_assert(NAMES_OFFSET + VMR_STATS * VMR_STAT_NAME <= HEAD_SIZE);
static_assert(sizeof(struct vmr_area_ro) % SMP_CACHE_BYTES == 0);

static const char *const names[VMR_STATS] = {
	[VMR_STAT_EXITS_TO_USER] = "exits-to-user",
	[VMR_STAT_BURSTS] = "bursts",
	[VMR_STAT_INTERRUPTED_BURSTS] = "bursts-ended-by-request",
	[VMR_STAT_INJECTED_INTERRUPTS] = "injected-interrupts",
	[VMR_STAT_INJECTED_NMIS] = "injected-nmis",
	[VMR_STAT_INJECTED_EXCEPTIONS] = "injected-exceptions",
	[VMR_STAT_REDELIVERED] = "redelivered-events",
	[VMR_STAT_EPT_4K] = "ept-faults-4k",
	[VMR_STAT_EPT_2M] = "ept-faults-2m",
	[VMR_STAT_EPT_1G] = "ept-faults-1g",
	[VMR_STAT_EPT_RETRIES] = "ept-retries",
	[VMR_STAT_TLB_FLUSHES] = "tlb-flushes",
	[VMR_STAT_MOVES] = "moves-to-another-cpu",
	[VMR_STAT_FPU_SWAPS] = "fpu-swaps",
	[VMR_STAT_FPU_RELOADS] = "fpu-reloads",
	[VMR_STAT_MSR_SWAPS] = "msr-swaps",
	[VMR_STAT_HALTS] = "halts",
	[VMR_STAT_WAKES] = "wakes",
	[VMR_STAT_KICKS] = "kicks",
	[VMR_STAT_SIGNALS] = "signals",
	[VMR_STAT_FAILED_ENTRIES] = "failed-entries",
	[VMR_STAT_STORMS] = "exception-storms",
	[VMR_STAT_PLE_GROWS] = "pause-window-grows",
	[VMR_STAT_PLE_SHRINKS] = "pause-window-shrinks",
	[VMR_STAT_L1D_FLUSHES] = "l1d-flushes",
	[VMR_STAT_SPLIT_LOCKS] = "split-locks",
	[VMR_STAT_TURNS_PASSED] = "turns-passed",
};

const char *vmr_area_stat_name(unsigned int stat)
{
	if (stat < VMR_STAT_REASONS)
		return vmr_exit_id(stat);
	return stat < VMR_STATS ? names[stat] : "";
}

u64 *vmr_area_stats(const struct vmr_area *area)
{
	return (u64 *)((char *)area->ro + STATS_OFFSET);
}

static void fill_header(struct vmr_area *area)
{
	char (*name)[VMR_STAT_NAME] = (void *)((char *)area->ro + NAMES_OFFSET);
	unsigned int i;

	area->ro->header = (struct vmr_area_header) {
		.magic = VMR_AREA_MAGIC,
		.version = VMR_AREA_VERSION,
		.ro_size = vmr_area_ro_size(area->entries),
		.rw_size = RW_SIZE,
		.producer_offset = offsetof(struct vmr_area_ro, producer),
		.ring_offset = HEAD_SIZE,
		.ring_entries = area->entries,
		.stats_offset = STATS_OFFSET,
		.names_offset = NAMES_OFFSET,
		.stats_count = VMR_STATS,
		.consumer_offset = offsetof(struct vmr_area_rw, consumer),
		.reply_offset = offsetof(struct vmr_area_rw, reply),
		.control_offset = offsetof(struct vmr_area_rw, control),
		.state_offset = offsetof(struct vmr_area_rw, state),
		.bulk_offset = BULK_OFFSET,
		.need_kick_offset = offsetof(struct vmr_area_ro, need_kick),
	};
	for (i = 0; i < VMR_STATS; i++)
		strscpy(name[i], vmr_area_stat_name(i), VMR_STAT_NAME);
}

int vmr_area_entries(u32 *entries)
{
	if (!*entries)
		*entries = VMR_RING_USUAL;
	if (*entries > VMR_RING_MOST)
		return -E2BIG;
	return *entries >= 2 && is_power_of_2(*entries) ? 0 : -EINVAL;
}

static size_t ring_size(u32 entries)
{
	return PAGE_ALIGN(entries * sizeof(struct vmr_exit));
}

u32 vmr_area_ro_size(u32 entries)
{
	return HEAD_SIZE + ring_size(entries);
}

u32 vmr_area_rw_size(void)
{
	return RW_SIZE;
}

/* A long ring finds no pages side by side: all are vmalloc's. */
int vmr_area_create(struct vmr_area *area, u32 entries)
{
	area->ro = alloc_pages_exact(HEAD_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!area->ro)
		return -ENOMEM;
	area->rw = alloc_pages_exact(RW_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!area->rw)
		goto err_free_ro;
	area->ring = __vmalloc(ring_size(entries), GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!area->ring)
		goto err_free_rw;
	area->entries = entries;
	area->produced = 0;
	area->consumed = 0;
	area->last = area->ring;
	fill_header(area);
	return 0;

err_free_rw:
	free_pages_exact(area->rw, RW_SIZE);
err_free_ro:
	free_pages_exact(area->ro, HEAD_SIZE);
	return -ENOMEM;
}

/* A page that is still mapped goes when its mapping goes. */
void vmr_area_destroy(struct vmr_area *area)
{
	vfree(area->ring);
	free_pages_exact(area->rw, RW_SIZE);
	free_pages_exact(area->ro, HEAD_SIZE);
}

static int map_page(struct vm_area_struct *vma, unsigned long offset, struct page *page)
{
	return vm_insert_page(vma, vma->vm_start + offset, page);
}

static int map_pages(struct vm_area_struct *vma, void *pages, size_t size)
{
	size_t offset;
	int err = 0;

	for (offset = 0; !err && offset < size; offset += PAGE_SIZE)
		err = map_page(vma, offset, virt_to_page(pages + offset));
	return err;
}

static int map_ro(struct vm_area_struct *vma, const struct vmr_area *area)
{
	size_t size = ring_size(area->entries), offset;
	int err;

	err = map_pages(vma, area->ro, HEAD_SIZE);
	for (offset = 0; !err && offset < size; offset += PAGE_SIZE)
		err = map_page(vma, HEAD_SIZE + offset,
			       vmalloc_to_page((void *)area->ring + offset));
	return err;
}

/* All of it, or nothing. */
static int prepare(struct vm_area_struct *vma, size_t size)
{
	if (vma->vm_end - vma->vm_start != size)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

int vmr_area_mmap(struct vmr_area *area, struct vm_area_struct *vma)
{
	int err;

	if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	switch (vma->vm_pgoff) {
	case VMR_AREA_RO >> PAGE_SHIFT:
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
		err = prepare(vma, vmr_area_ro_size(area->entries));
		return err ?: map_ro(vma, area);
	case VMR_AREA_RW >> PAGE_SHIFT:
		vm_flags_clear(vma, VM_MAYEXEC);
		err = prepare(vma, RW_SIZE);
		return err ?: map_pages(vma, area->rw, RW_SIZE);
	default:
		return -EINVAL;
	}
}

void *vmr_area_bulk(const struct vmr_area *area)
{
	return (char *)area->rw + BULK_OFFSET;
}

int vmr_area_look(struct vmr_area *area)
{
	/* Pairs with user space's release of consumer: the reply is there. */
	u32 consumer = smp_load_acquire(&area->rw->consumer);

	if (!vmr_index_possible(area->produced, area->consumed, consumer))
		return -EPROTO;
	area->consumed = consumer;
	return 0;
}

int vmr_area_look_for_room(struct vmr_area *area)
{
	int err = vmr_area_look(area);

	if (err)
		return err;
	return vmr_index_room(area->produced, area->consumed, area->entries, false) ?
	       0 : -ENOSPC;
}

struct vmr_exit *vmr_area_slot(struct vmr_area *area)
{
	struct vmr_exit *slot;

	slot = &area->ring[vmr_index_slot(area->produced, area->entries)];
	memset(slot, 0, sizeof(*slot));
	slot->stamp = rdtsc();
	slot->seq = area->produced + 1;
	area->last = slot;
	return slot;
}

void vmr_area_publish(struct vmr_area *area)
{
	area->produced++;
	/* Pairs with user space's acquire of producer: the entry is there. */
	smp_store_release(&area->ro->producer, area->produced);
}

int vmr_area_take_reply(const struct vmr_area *area, struct vmr_reply *reply)
{
	u32 seq = area->last->seq;

	if (!vmr_index_passed(area->consumed, seq))
		return -EPROTO;
	memcpy(reply, &area->rw->reply, sizeof(*reply));
	/* Checked is the copy: user space may write the original meanwhile. */
	barrier();
	if (reply->seq != seq || reply->flags & ~VMR_REPLY_FLAGS || reply->reserved)
		return -EPROTO;
	return 0;
}
