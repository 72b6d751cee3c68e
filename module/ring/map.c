// SPDX-License-Identifier: GPL-2.0
/*
 * Owns mapping pages into a process. Called by ring/, by way of mmap().
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "compat/compat.h"
#include "ring/map.h"

int vmr_map_begin(struct vm_area_struct *vma, size_t size, bool writable)
{
	if (!(vma->vm_flags & VM_SHARED) || vma->vm_flags & VM_EXEC ||
	    vma->vm_end - vma->vm_start != size)
		return -EINVAL;
	if (!writable && vma->vm_flags & VM_WRITE)
		return -EACCES;
	vm_flags_clear(vma, VM_MAYEXEC | (writable ? 0 : VM_MAYWRITE));
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP);
	return 0;
}

int vmr_map_pages(struct vm_area_struct *vma, size_t offset, void *pages, size_t size)
{
	unsigned long at = vma->vm_start + offset;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < size; i += PAGE_SIZE)
		err = vm_insert_page(vma, at + i, virt_to_page(pages + i));
	return err;
}

int vmr_map_vmalloc(struct vm_area_struct *vma, size_t offset, void *memory,
		    size_t size)
{
	unsigned long at = vma->vm_start + offset;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < size; i += PAGE_SIZE)
		err = vm_insert_page(vma, at + i, vmalloc_to_page(memory + i));
	return err;
}
