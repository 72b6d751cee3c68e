// SPDX-License-Identifier: GPL-2.0
/*
 * Owns getting a page of the process. Called by fault.c in process context.
 */
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <asm/mmu_context.h>

#include <vmring_ring.h>

#include "compat/compat.h"
#include "ept/host.h"
#include "ept/pte.h"

/* Another memory type than write-back is chosen by one of these, on each level. */
#define NOT_WRITE_BACK		(_PAGE_PWT | _PAGE_PCD | _PAGE_PAT)
#define NOT_WRITE_BACK_LARGE	(_PAGE_PWT | _PAGE_PCD | _PAGE_PAT_LARGE)

/* A leaf of the process's page tables: nothing is there if flags is 0. */
struct host_leaf {
	unsigned long flags;
	unsigned long pfn;
	unsigned int level;
};

/*
 * Walks the tables of the calling process, each level read once. With interrupts
 * off no table on the way is freed.
 */
static struct host_leaf walk(unsigned long hva)
{
	struct host_leaf nothing = {};
	pgd_t pgd;
	p4d_t p4d;
	pud_t pud;
	pmd_t pmd;
	pte_t pte;

	pgd = READ_ONCE(*pgd_offset(current->mm, hva));
	if (pgd_none(pgd))
		return nothing;
	p4d = READ_ONCE(*p4d_offset(&pgd, hva));
	if (!p4d_present(p4d))
		return nothing;
	pud = READ_ONCE(*pud_offset(&p4d, hva));
	if (!(pud_flags(pud) & _PAGE_PRESENT))
		return nothing;
	if (pud_leaf(pud))
		return (struct host_leaf) {
			pud_flags(pud), pud_pfn(pud), VMR_EPT_1G
		};
	pmd = READ_ONCE(*pmd_offset(&pud, hva));
	if (!(pmd_flags(pmd) & _PAGE_PRESENT))
		return nothing;
	if (pmd_leaf(pmd))
		return (struct host_leaf) {
			pmd_flags(pmd), pmd_pfn(pmd), VMR_EPT_2M
		};
	pte = READ_ONCE(*pte_offset_kernel(&pmd, hva));
	if (!(pte_flags(pte) & _PAGE_PRESENT))
		return nothing;
	return (struct host_leaf) { pte_flags(pte), pte_pfn(pte), VMR_EPT_4K };
}

static struct host_leaf find_leaf(unsigned long hva)
{
	struct host_leaf leaf;
	unsigned long flags;

	local_irq_save(flags);
	leaf = walk(hva);
	local_irq_restore(flags);
	return leaf;
}

static bool is_write_back(const struct host_leaf *leaf)
{
	if (leaf->level == VMR_EPT_4K)
		return !(leaf->flags & NOT_WRITE_BACK);
	return !(leaf->flags & NOT_WRITE_BACK_LARGE);
}

/* Whether the leaf is about the page that was got there. */
static bool is_leaf_of(const struct host_leaf *leaf, unsigned long hva,
		       struct page *page)
{
	unsigned long place = hva & (vmr_pte_size(leaf->level) - 1);

	return leaf->flags && leaf->pfn + (place >> PAGE_SHIFT) ==
			      page_to_pfn(page);
}

/*
 * What is written already can be mapped writable at once, although it was got for
 * reading: the process itself could write there without a fault.
 */
static bool is_written(const struct host_leaf *leaf)
{
	return (leaf->flags & (_PAGE_RW | _PAGE_DIRTY)) ==
	       (_PAGE_RW | _PAGE_DIRTY);
}

static bool is_allowed(struct vm_area_struct *vma, bool write)
{
	return vma->vm_flags & (write ? VM_WRITE : VM_READ) &&
	       arch_vma_access_permitted(vma, write, false, false);
}

/* Touches the page as an access would, mmap_lock held: 0 or an error. */
static int touch(unsigned long hva, bool write)
{
	bool unlocked = false;

	return fixup_user_fault(current->mm, hva, write ? FAULT_FLAG_WRITE : 0,
				&unlocked);
}

static u32 cause_in_vma(unsigned long hva, bool write)
{
	struct vm_area_struct *vma = vma_lookup(current->mm, hva);

	if (!vma)
		return VMR_FAULT_HOLE;
	if (vma->vm_flags & (VM_IO | VM_PFNMAP))
		return VMR_FAULT_SPECIAL;
	if (!is_allowed(vma, write))
		return VMR_FAULT_PROTECTED;
	/* What can be touched, and yet not got, has no pages. */
	return touch(hva, write) ? VMR_FAULT_SIGBUS : VMR_FAULT_SPECIAL;
}

/* Why a page can't be had, if it can't. */
static u32 find_cause(unsigned long hva, bool write)
{
	u32 cause;

	/* Being killed, nobody will ask. */
	if (mmap_read_lock_killable(current->mm))
		return VMR_FAULT_GONE;
	cause = cause_in_vma(hva, write);
	mmap_read_unlock(current->mm);
	return cause;
}

/*
 * A page that is unmapped so that the kernel hears who uses it is mapped again, as by an
 * access: what reads the guest's memory through the process's mapping has to find it.
 */
static long get(unsigned long hva, bool write, struct page **page)
{
	unsigned int flags = FOLL_HONOR_NUMA_FAULT | (write ? FOLL_WRITE : 0);

	if (get_user_page_fast_only(hva, flags, page))
		return 1;
	return get_user_pages_unlocked(hva, 1, page, flags | FOLL_HWPOISON |
						     FOLL_INTERRUPTIBLE);
}

/*
 * Gets the page, or finds out why not. If the process changes its memory while the
 * cause is looked for, the page is got after all.
 */
static long get_or_explain(unsigned long hva, bool write, struct page **page,
			   u32 *cause)
{
	long got = get(hva, write, page);

	if (got != -EFAULT)
		return got;
	*cause = find_cause(hva, write);
	return get(hva, write, page);
}

static int get_page_at(unsigned long hva, bool write, struct page **page,
		       u32 *cause)
{
	switch (get_or_explain(hva, write, page, cause)) {
	case 1:
		return 0;
	case -EFAULT:
		return -EFAULT;
	case -EHWPOISON:
		*cause = VMR_FAULT_POISON;
		return -EFAULT;
	case -EEXIST:
		*cause = VMR_FAULT_SPECIAL;
		return -EFAULT;
	case -ENOMEM:
		*cause = VMR_FAULT_NO_MEMORY;
		return -EFAULT;
	default:
		return -EAGAIN;
	}
}

int vmr_host_get(u64 hva, bool write, struct vmr_host_page *host, u32 *cause)
{
	struct host_leaf leaf;
	int err;

	err = get_page_at(hva, write, &host->page, cause);
	if (err)
		return err;
	host->level = VMR_EPT_4K;
	host->writable = write;
	leaf = find_leaf(hva);
	if (!is_leaf_of(&leaf, hva, host->page))
		return 0;
	if (!is_write_back(&leaf)) {
		put_page(host->page);
		*cause = VMR_FAULT_SPECIAL;
		return -EFAULT;
	}
	host->level = leaf.level;
	host->writable |= is_written(&leaf);
	return 0;
}
