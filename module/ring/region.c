// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a VM's regions. Called in process context; a vCPU looks at the table in its
 * bursts, so that it is never changed, but replaced.
 */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/eventfd.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "ring/map.h"
#include "ring/region.h"

/* Two may want to be first: one of them throws its pages away. */
static void *get_mirror(struct vmr_regions *regions)
{
	void *mirror = READ_ONCE(regions->mirror);
	void *other;

	if (mirror)
		return mirror;
	mirror = alloc_pages_exact(VMR_MIRROR_SIZE, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!mirror)
		return NULL;
	/* A full barrier: the pages are zeroed before they can be seen. */
	other = cmpxchg(&regions->mirror, NULL, mirror);
	if (!other)
		return mirror;
	free_pages_exact(mirror, VMR_MIRROR_SIZE);
	return other;
}

int vmr_regions_mmap(struct vmr_regions *regions, struct vm_area_struct *vma)
{
	void *mirror;
	int err;

	if (vma->vm_pgoff)
		return -EINVAL;
	err = vmr_map_begin(vma, VMR_MIRROR_SIZE, true);
	if (err)
		return err;
	mirror = get_mirror(regions);
	return mirror ? vmr_map_pages(vma, 0, mirror, VMR_MIRROR_SIZE) : -ENOMEM;
}

static void put_doorbell(const struct vmr_region_entry *entry)
{
	if (entry && entry->doorbell)
		eventfd_ctx_put(entry->doorbell);
}

/* What the region holds on to. */
static int acquire(struct vmr_regions *regions, const struct vmr_region *wanted,
		   struct vmr_region_entry *entry)
{
	if (wanted->read == VMR_READ_MIRROR) {
		entry->mirror = get_mirror(regions);
		if (!entry->mirror)
			return -ENOMEM;
		entry->mirror += wanted->mirror;
	}
	if (wanted->write == VMR_WRITE_DOORBELL) {
		entry->doorbell = eventfd_ctx_fdget(wanted->eventfd);
		if (IS_ERR(entry->doorbell))
			return PTR_ERR(entry->doorbell);
	}
	return 0;
}

/* @entry: what becomes of the number; NULL: nothing. */
static int replace(struct vmr_regions *regions, u32 number,
		   const struct vmr_region_entry *entry, bool in_use)
{
	struct vmr_region_table *old = rcu_dereference_protected(regions->table, true);
	struct vmr_region_table *new;

	new = kmalloc(struct_size(new, entry, (old ? old->count : 0) + 1),
		      GFP_KERNEL_ACCOUNT);
	if (!new)
		return -ENOMEM;
	vmr_region_table_build(new, old, number, entry);
	if (!new->count) {
		kfree(new);
		new = NULL;
	}
	rcu_assign_pointer(regions->table, new);
	/* Bursts are read-side sections, too: interrupts are off. */
	if (in_use)
		synchronize_rcu_expedited();
	put_doorbell(vmr_region_table_by_number(old, number));
	kfree(old);
	return 0;
}

static int add(struct vmr_regions *regions, const struct vmr_region *wanted,
	       bool in_use)
{
	struct vmr_region_entry entry = {
		.addr = wanted->addr,
		.length = wanted->length,
		.match = wanted->match,
		.number = wanted->region,
		.flags = wanted->flags,
		.write = wanted->write,
		.read = wanted->read,
		.match_size = wanted->match_size,
	};
	int err;

	err = acquire(regions, wanted, &entry);
	if (err)
		return err;
	err = -EEXIST;
	if (vmr_region_table_fits(rcu_dereference_protected(regions->table, true),
				  &entry))
		err = replace(regions, wanted->region, &entry, in_use);
	if (err)
		put_doorbell(&entry);
	return err;
}

int vmr_regions_set(struct vmr_regions *regions, const struct vmr_region *wanted,
		    u64 gpa_end, bool in_use)
{
	int err;

	if (wanted->region > VMR_MAX_REGIONS)
		return -E2BIG;
	if (!wanted->region)
		return -EINVAL;
	if (wanted->length) {
		err = vmr_region_check(wanted, gpa_end);
		return err ?: add(regions, wanted, in_use);
	}
	if (!vmr_region_table_by_number(rcu_dereference_protected(regions->table, true),
					wanted->region))
		return -ENOENT;
	return replace(regions, wanted->region, NULL, in_use);
}

void vmr_regions_destroy(struct vmr_regions *regions)
{
	struct vmr_region_table *table = rcu_dereference_protected(regions->table, true);
	u32 i;

	for (i = 0; table && i < table->count; i++)
		put_doorbell(&table->entry[i]);
	kfree(table);
	if (regions->mirror)
		free_pages_exact(regions->mirror, VMR_MIRROR_SIZE);
}
