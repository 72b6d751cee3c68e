/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a VM's regions: the table, the eventfds in it, the mirror. For core/vm.c, which
 * sets them, and ring/post.c, which does what they say.
 */
#ifndef VMR_RING_REGION_H
#define VMR_RING_REGION_H

#include <linux/rcupdate.h>
#include <linux/types.h>

#include "ring/region_table.h"

struct vm_area_struct;

/**
 * struct vmr_regions - the regions of a VM
 * @table: NULL without any. Replaced under the VM's mutex; read with preemption off or
 *	   under rcu_read_lock()
 * @mirror: VMR_MIRROR_SIZE bytes, once they are wanted; set once, by cmpxchg()
 */
struct vmr_regions {
	struct vmr_region_table __rcu *table;
	void *mirror;
};

/**
 * vmr_regions_set() - VMR_SET_REGION
 * @regions: of a VM whose mutex is held
 * @wanted: from user space
 * @gpa_end: first guest-physical address that isn't one
 * @in_use: there are vCPUs: wait until none uses what was before
 *
 * Context: Process, may sleep.
 * Return: 0; -E2BIG for a number that is too high; -EINVAL for what has no meaning or
 *	   lies outside; -ENOENT if there is none to delete; -EEXIST if it overlaps
 *	   another; -EBADF, -EINVAL for a file that is none, or no eventfd; -ENOMEM.
 */
int vmr_regions_set(struct vmr_regions *regions, const struct vmr_region *wanted,
		    u64 gpa_end, bool in_use);

/**
 * vmr_regions_mmap() - map the mirror into a process
 * @regions: a VM's
 * @vma: what the process asked for
 *
 * Context: Process, mmap_lock held for writing.
 * Return: 0; -ENOMEM; -EINVAL for another offset or length, a private mapping or one
 *	   to execute.
 */
int vmr_regions_mmap(struct vmr_regions *regions, struct vm_area_struct *vma);

/**
 * vmr_regions_destroy() - let go of it all
 * @regions: of a VM that nobody uses; a process may still have the mirror mapped
 *
 * Context: Process.
 */
void vmr_regions_destroy(struct vmr_regions *regions);

/**
 * vmr_regions_table() - the table as it is now
 * @regions: a VM's
 *
 * Context: Preemption off, or under rcu_read_lock().
 * Return: it, until then; or NULL.
 */
static inline const struct vmr_region_table *
vmr_regions_table(const struct vmr_regions *regions)
{
	return rcu_dereference_check(regions->table, rcu_read_lock_sched_held());
}

/**
 * vmr_regions_exist() - whether there are any
 * @regions: a VM's
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool vmr_regions_exist(const struct vmr_regions *regions)
{
	return rcu_access_pointer(regions->table);
}

#endif
