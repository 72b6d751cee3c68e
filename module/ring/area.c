// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the shared area's pages and what crosses in them. Called by the thread that
 * holds the vCPU's mutex.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <asm/tsc.h>

#include "compat/compat.h"
#include "ring/area.h"
#include "vmx/exits.h"

#define RO_SIZE		(VMR_AREA_RO_PAGES * PAGE_SIZE)
#define RW_SIZE		(VMR_AREA_RW_PAGES * PAGE_SIZE)
#define STATS_OFFSET	PAGE_SIZE
#define NAMES_OFFSET	(STATS_OFFSET + VMR_STATS * sizeof(u64))
#define BULK_OFFSET	PAGE_SIZE

static_assert(sizeof(struct vmr_area_rw) <= BULK_OFFSET);
static_assert(NAMES_OFFSET + VMR_STATS * VMR_STAT_NAME <= RO_SIZE);

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
		.ro_size = RO_SIZE,
		.rw_size = RW_SIZE,
		.producer_offset = offsetof(struct vmr_area_ro, producer),
		.ring_offset = offsetof(struct vmr_area_ro, ring),
		.ring_entries = ARRAY_SIZE(area->ro->ring),
		.stats_offset = STATS_OFFSET,
		.names_offset = NAMES_OFFSET,
		.stats_count = VMR_STATS,
		.consumer_offset = offsetof(struct vmr_area_rw, consumer),
		.reply_offset = offsetof(struct vmr_area_rw, reply),
		.control_offset = offsetof(struct vmr_area_rw, control),
		.state_offset = offsetof(struct vmr_area_rw, state),
		.bulk_offset = BULK_OFFSET,
	};
	for (i = 0; i < VMR_STATS; i++)
		strscpy(name[i], vmr_area_stat_name(i), VMR_STAT_NAME);
}

int vmr_area_create(struct vmr_area *area)
{
	area->ro = alloc_pages_exact(RO_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!area->ro)
		return -ENOMEM;
	area->rw = alloc_pages_exact(RW_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!area->rw)
		goto err_free_ro;
	area->produced = 0;
	fill_header(area);
	return 0;

err_free_ro:
	free_pages_exact(area->ro, RO_SIZE);
	return -ENOMEM;
}

/* A page that is still mapped goes when its mapping goes. */
void vmr_area_destroy(struct vmr_area *area)
{
	free_pages_exact(area->rw, RW_SIZE);
	free_pages_exact(area->ro, RO_SIZE);
}

static int map_pages(struct vm_area_struct *vma, void *pages, unsigned long size)
{
	unsigned long offset;
	int err;

	if (vma->vm_end - vma->vm_start != size)
		return -EINVAL;
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	for (offset = 0; offset < size; offset += PAGE_SIZE) {
		err = vm_insert_page(vma, vma->vm_start + offset,
				     virt_to_page(pages + offset));
		if (err)
			return err;
	}
	return 0;
}

int vmr_area_mmap(struct vmr_area *area, struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC)
		return -EINVAL;
	switch (vma->vm_pgoff) {
	case VMR_AREA_RO >> PAGE_SHIFT:
		if (vma->vm_flags & VM_WRITE)
			return -EACCES;
		vm_flags_clear(vma, VM_MAYWRITE | VM_MAYEXEC);
		return map_pages(vma, area->ro, RO_SIZE);
	case VMR_AREA_RW >> PAGE_SHIFT:
		vm_flags_clear(vma, VM_MAYEXEC);
		return map_pages(vma, area->rw, RW_SIZE);
	default:
		return -EINVAL;
	}
}

void *vmr_area_bulk(const struct vmr_area *area)
{
	return (char *)area->rw + BULK_OFFSET;
}

struct vmr_exit *vmr_area_slot(struct vmr_area *area)
{
	struct vmr_exit *slot = &area->ro->ring[0];

	memset(slot, 0, sizeof(*slot));
	slot->stamp = rdtsc();
	slot->seq = area->produced + 1;
	return slot;
}

void vmr_area_publish(struct vmr_area *area)
{
	area->produced++;
	/* Pairs with user space's acquire of producer: the entry is there. */
	smp_store_release(&area->ro->producer, area->produced);
}

int vmr_area_take_reply(struct vmr_area *area, struct vmr_reply *reply)
{
	/* Pairs with user space's release of consumer: the reply is there. */
	if (smp_load_acquire(&area->rw->consumer) != area->produced)
		return -EPROTO;
	memcpy(reply, &area->rw->reply, sizeof(*reply));
	/* Checked is the copy: user space may write the original meanwhile. */
	barrier();
	if (reply->seq != area->produced || reply->flags & ~VMR_REPLY_FLAGS ||
	    reply->reserved)
		return -EPROTO;
	return 0;
}
