// SPDX-License-Identifier: GPL-2.0
/*
 * Owns posting entries, ringing doorbells and answering from the mirror. Called by the
 * vCPU's thread, for a port in the burst of the exit.
 *
 * What user space sees of the entries' order, and when a mirror's answer counts, is
 * rule 1 of docs/adr/0005-exit-ring.md.
 */
#include <linux/eventfd.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "compat/compat.h"
#include "core/vmring.h"
#include "ring/area.h"
#include "ring/drain.h"
#include "ring/index.h"
#include "ring/post.h"
#include "ring/region.h"
#include "ring/wake.h"
#include "vmx/trace.h"

/* The index is looked at only when there seems to be no room. */
static bool has_room(struct vmr_area *area)
{
	if (likely(vmr_index_room(area->produced, area->consumed, area->entries, true)))
		return true;
	return !vmr_area_look(area) &&
	       vmr_index_room(area->produced, area->consumed, area->entries, true);
}

static void fill(struct vmr_exit *entry, u64 value, const u64 *wide)
{
	u64 *data = (u64 *)entry->data;

	data[0] = value;
	data[1] = wide ? wide[1] : 0;
	data[2] = wide ? wide[2] : 0;
	data[3] = wide ? wide[3] : 0;
}

static bool post(struct vmr_vcpu *vcpu, u32 region, bool mmio, u64 addr, u8 size,
		 u64 value, const u64 *wide)
{
	struct vmr_area *area = &vcpu->area;
	struct vmr_exit *entry;

	if (unlikely(!has_room(area))) {
		vcpu->stats[VMR_STAT_POSTS_FULL]++;
		return false;
	}
	entry = &area->ring[vmr_index_slot(area->produced, area->entries)];
	entry->stamp = vmr_area_stamp(area);
	entry->addr = addr;
	entry->region = region;
	entry->reason = mmio ? VMR_EXIT_MMIO : VMR_EXIT_IO;
	entry->size = size;
	entry->flags = VMR_EXIT_POSTED | VMR_EXIT_WRITE;
	entry->count = !mmio;
	entry->seq = area->produced + 1;
	fill(entry, value, wide);
	trace_vmring_post(vcpu->id, region, addr, area->produced + 1);
	vmr_area_publish_posted(area);
	if (vmr_wake_is_due(&vcpu->wake, vcpu->area.rw))
		vmr_wake_consumer(vcpu);
	vcpu->stats[VMR_STAT_POSTS]++;
	vmr_drain_posted(vcpu);
	return true;
}

/* No match has more than eight bytes. */
static bool ring(struct vmr_vcpu *vcpu, const struct vmr_region_table *table,
		 const struct vmr_region_entry *first, u8 size, u64 value)
{
	const struct vmr_region_entry *region = NULL;

	if (size <= sizeof(value))
		region = vmr_region_doorbell(table, first, value, size);
	if (!region)
		return false;
	vcpu->stats[VMR_STAT_DOORBELLS]++;
	/* Its lock is a barrier: who hears it sees the entries that were before. */
	eventfd_signal(region->doorbell);
	vmr_wake_give_way(vcpu);
	return true;
}

bool vmr_post_write(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size, u64 value,
		    const u64 *wide)
{
	const struct vmr_region_table *table = vmr_regions_table(&vcpu->vm->regions);
	const struct vmr_region_entry *region;

	if (unlikely(!table))
		return false;
	region = vmr_region_table_find(table, mmio, addr, size, &vcpu->region_hint[mmio]);
	if (!region || region->write == VMR_WRITE_SYNC)
		return false;
	if (likely(region->write == VMR_WRITE_POSTED))
		return post(vcpu, region->number, mmio, addr, size, value, wide);
	return ring(vcpu, table, region, size, value);
}

/*
 * Whoever answers a read has consumed what was posted before. What another vCPU posted
 * is seen here if this one's guest can know of it.
 */
static bool posted_entries_wait(struct vmr_vm *vm)
{
	/* Pairs with the smp_store_release() in vmr_kick_join(). */
	unsigned int i, count = smp_load_acquire(&vm->kicks.count);

	for (i = 0; i < count; i++) {
		struct vmr_vcpu *vcpu = container_of(vm->kicks.kicks[i],
						     struct vmr_vcpu, kick);

		if (vmr_area_posted_wait(&vcpu->area))
			return true;
	}
	return false;
}

/* User space may write there meanwhile: one access, where the CPU can make it one. */
static void copy_from_mirror(u64 *to, const u8 *from, u8 size)
{
	switch (size) {
	case 1:
		*to = READ_ONCE(*from);
		break;
	case 2:
		*to = READ_ONCE(*(const u16 *)from);
		break;
	case 4:
		*to = READ_ONCE(*(const u32 *)from);
		break;
	case 8:
		*to = READ_ONCE(*(const u64 *)from);
		break;
	default:
		memcpy(to, from, size);
		break;
	}
}

bool vmr_post_read(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size, u64 *data)
{
	const struct vmr_region_table *table = vmr_regions_table(&vcpu->vm->regions);
	const struct vmr_region_entry *region;

	if (unlikely(!table))
		return false;
	region = vmr_region_table_find(table, mmio, addr, size, &vcpu->region_hint[mmio]);
	if (!region)
		return false;
	region = vmr_region_mirror(table, region);
	if (!region)
		return false;
	if (!(region->flags & VMR_REGION_RELAXED) && posted_entries_wait(vcpu->vm)) {
		vcpu->stats[VMR_STAT_MIRROR_WAITS]++;
		return false;
	}
	copy_from_mirror(data, region->mirror + (addr - region->addr), size);
	vcpu->stats[VMR_STAT_MIRROR_READS]++;
	return true;
}

u32 vmr_post_region(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size)
{
	const struct vmr_region_entry *region = NULL;
	const struct vmr_region_table *table;
	u32 number = 0;

	if (likely(!vmr_regions_exist(&vcpu->vm->regions)))
		return 0;
	rcu_read_lock();
	table = vmr_regions_table(&vcpu->vm->regions);
	if (table)
		region = vmr_region_table_find(table, mmio, addr, size,
					       &vcpu->region_hint[mmio]);
	if (region)
		number = region->number;
	rcu_read_unlock();
	return number;
}
