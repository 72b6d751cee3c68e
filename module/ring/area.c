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

#include "ring/area.h"
#include "ring/index.h"
#include "ring/map.h"
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
	[VMR_STAT_POSTS] = "posts",
	[VMR_STAT_POSTS_FULL] = "posts-without-room",
	[VMR_STAT_DOORBELLS] = "doorbells",
	[VMR_STAT_MIRROR_READS] = "mirror-reads",
	[VMR_STAT_MIRROR_WAITS] = "mirror-reads-behind-posts",
	[VMR_STAT_DRAINS_HIGH] = "drains-high-water",
	[VMR_STAT_DRAINS_DELAY] = "drains-delay",
	[VMR_STAT_DRAINS_HALT] = "drains-halt",
	[VMR_STAT_SPINS] = "reply-spins",
	[VMR_STAT_SPIN_TICKS] = "reply-spin-ticks",
	[VMR_STAT_SLEEPS] = "reply-sleeps",
	[VMR_STAT_SLEEP_TICKS] = "reply-sleep-ticks",
	[VMR_STAT_EVENTFD_WAKES] = "eventfd-wakes",
	[VMR_STAT_WAITER_WAKES] = "waiter-wakes",
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
int vmr_area_create(struct vmr_area *area, u32 entries, atomic64_t *stamps)
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
	area->posted = 0;
	area->stamps = stamps;
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

static int map_ro(struct vm_area_struct *vma, const struct vmr_area *area)
{
	int err = vmr_map_begin(vma, vmr_area_ro_size(area->entries), false);

	if (!err)
		err = vmr_map_pages(vma, 0, area->ro, HEAD_SIZE);
	return err ?: vmr_map_vmalloc(vma, HEAD_SIZE, area->ring,
				      ring_size(area->entries));
}

static int map_rw(struct vm_area_struct *vma, const struct vmr_area *area)
{
	int err = vmr_map_begin(vma, RW_SIZE, true);

	return err ?: vmr_map_pages(vma, 0, area->rw, RW_SIZE);
}

int vmr_area_mmap(struct vmr_area *area, struct vm_area_struct *vma)
{
	switch (vma->vm_pgoff) {
	case VMR_AREA_RO >> PAGE_SHIFT:
		return map_ro(vma, area);
	case VMR_AREA_RW >> PAGE_SHIFT:
		return map_rw(vma, area);
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
	/* It follows, so that the two never get too far apart to be compared. */
	if (vmr_index_passed(consumer, area->posted))
		WRITE_ONCE(area->posted, consumer);
	return 0;
}

bool vmr_area_oldest(const struct vmr_area *area, u64 *stamp)
{
	u32 posted = READ_ONCE(area->posted);
	u32 consumer = READ_ONCE(area->rw->consumer);

	if (vmr_index_passed(consumer, posted))
		return false;
	*stamp = READ_ONCE(area->ring[vmr_index_slot(consumer, area->entries)].stamp);
	return true;
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
	u64 *data;

	slot = &area->ring[vmr_index_slot(area->produced, area->entries)];
	slot->stamp = vmr_area_stamp(area);
	slot->addr = 0;
	slot->region = 0;
	slot->reason = VMR_EXIT_NONE;
	slot->size = 0;
	slot->flags = 0;
	slot->count = 0;
	slot->seq = area->produced + 1;
	data = (u64 *)slot->data;
	data[0] = 0;
	data[1] = 0;
	data[2] = 0;
	data[3] = 0;
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
