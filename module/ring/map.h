/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how pages of the kernel's own are mapped into a process. For ring/.
 */
#ifndef VMR_RING_MAP_H
#define VMR_RING_MAP_H

#include <linux/types.h>

struct vm_area_struct;

/**
 * vmr_map_begin() - see what is asked for, and prepare it
 * @vma: the mapping
 * @size: what there is to be mapped, all at once
 * @writable: user space may write there
 *
 * A child doesn't inherit the mapping, and it can't grow.
 *
 * Context: Process, mmap_lock held for writing.
 * Return: 0; -EINVAL for another length, a private mapping or one to execute; -EACCES
 *	   for writing where it may not.
 */
int vmr_map_begin(struct vm_area_struct *vma, size_t size, bool writable);

/**
 * vmr_map_pages() - map pages that lie side by side
 * @vma: the mapping, after vmr_map_begin()
 * @offset: where in it
 * @pages: the first
 * @size: of all
 *
 * Context: As vmr_map_begin().
 * Return: 0 or -ENOMEM.
 */
int vmr_map_pages(struct vm_area_struct *vma, size_t offset, void *pages, size_t size);

/**
 * vmr_map_vmalloc() - the same with memory of vmalloc()
 * @vma: the mapping, after vmr_map_begin()
 * @offset: where in it
 * @memory: the first page
 * @size: of all
 *
 * Context: As vmr_map_begin().
 * Return: 0 or -ENOMEM.
 */
int vmr_map_vmalloc(struct vm_area_struct *vma, size_t offset, void *memory,
		    size_t size);

#endif
