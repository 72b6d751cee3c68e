/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what is done about an EPT violation. For the files to the left of
 * module/ept.
 */
#ifndef VMR_EPT_FAULT_H
#define VMR_EPT_FAULT_H

#include <linux/types.h>

#include "ept/pte.h"

struct vmr_ept;

/**
 * enum vmr_ept_verdict - what an EPT violation comes to
 * @VMR_EPT_MAPPED: the access goes through now
 * @VMR_EPT_RETRY: nothing decided, as the process changed its memory meanwhile or
 *	a signal came: look for work, then let the guest try again
 * @VMR_EPT_MMIO: no slot is there, or a write met a read-only one
 * @VMR_EPT_FATAL: the memory can't be had: VMR_EXIT_MEMORY_FAULT
 */
enum vmr_ept_verdict {
	VMR_EPT_MAPPED,
	VMR_EPT_RETRY,
	VMR_EPT_MMIO,
	VMR_EPT_FATAL,
};

/**
 * struct vmr_ept_fault - more about the verdict
 * @cause: VMR_FAULT_... (vmring_ring.h), with VMR_EPT_FATAL
 * @level: VMR_EPT_4K, VMR_EPT_2M or VMR_EPT_1G, with VMR_EPT_MAPPED
 */
struct vmr_ept_fault {
	u32 cause;
	u32 level;
};

/* A new page needs a table on every level but the highest, which is there. */
#define VMR_EPT_CACHE	(VMR_EPT_LEVELS - 1)

/**
 * struct vmr_ept_cache - a vCPU's supply of zeroed pages for tables
 * @count: how many there are
 * @page: they
 *
 * Only by the running vCPU's thread.
 */
struct vmr_ept_cache {
	unsigned int count;
	void *page[VMR_EPT_CACHE];
};

/**
 * vmr_ept_cache_init() - make an empty supply; the first violation fills it
 * @cache: a vCPU's
 *
 * Context: Any.
 */
void vmr_ept_cache_init(struct vmr_ept_cache *cache);

/**
 * vmr_ept_cache_destroy() - free what is left of it
 * @cache: a vCPU's, which won't run again
 *
 * Context: Process.
 */
void vmr_ept_cache_destroy(struct vmr_ept_cache *cache);

/**
 * vmr_ept_fault() - see what can be done about an EPT violation
 * @ept: whose
 * @cache: the vCPU's
 * @gpa: guest-physical address
 * @access: VMR_EPT_..., bits 2:0 of the qualification
 * @out: more about the verdict; always written
 *
 * Context: Process, may sleep; the process is the VM's.
 * Return: the verdict.
 */
enum vmr_ept_verdict vmr_ept_fault(struct vmr_ept *ept,
				   struct vmr_ept_cache *cache, u64 gpa,
				   u32 access, struct vmr_ept_fault *out);

#endif
