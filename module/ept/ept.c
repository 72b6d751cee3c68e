// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the life of a VM's memory. Called by core/ in process context.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <asm/processor.h>

#include "compat/compat.h"
#include "ept/dirty.h"
#include "ept/ept.h"
#include "ept/notifier.h"
#include "ept/tables.h"
#include "vmx/caps.h"
#include "vmx/mitigate.h"

static struct vmr_pte_rules find_rules(void)
{
	u64 ept = vmr_caps_word(vmr_caps, VMR_CAPS_EPT_VPID);
	struct vmr_pte_rules rules = {
		.phys_bits = boot_cpu_data.x86_phys_bits,
		.largest = VMR_EPT_4K,
		.exec_only = ept & SDM_EPT_EXECUTE_ONLY,
		.accessed_dirty = ept & SDM_EPT_ACCESSED_DIRTY,
	};

	if (ept & SDM_EPT_PAGE_2M)
		rules.largest = ept & SDM_EPT_PAGE_1G ? VMR_EPT_1G : VMR_EPT_2M;
	return rules;
}

int vmr_ept_create(struct vmr_ept *ept, struct vmr_kick_group *kicks)
{
	int err;

	ept->kicks = kicks;
	ept->rules = find_rules();
	ept->limits.gpa = 1ULL << min_t(unsigned int, ept->rules.phys_bits,
					VMR_EPT_BITS);
	ept->limits.hva = TASK_SIZE_MAX;
	ept->large_fetch = vmr_mitigate_large_fetch();
	ept->pml = ept->rules.accessed_dirty &&
		   vmr_caps_may(vmr_caps, VMR_CAPS_PROC2) & SDM_PROC2_PML;
	init_rwsem(&ept->slots_lock);
	spin_lock_init(&ept->lock);
	INIT_LIST_HEAD(&ept->buffers);

	ept->seen = alloc_percpu_gfp(u64, GFP_KERNEL_ACCOUNT);
	if (!ept->seen)
		return -ENOMEM;
	err = vmr_tables_init(ept);
	if (err)
		goto err_free_seen;
	err = vmr_notifier_register(ept);
	if (err)
		goto err_exit_tables;
	return 0;

err_exit_tables:
	vmr_tables_exit(ept);
err_free_seen:
	free_percpu(ept->seen);
	return err;
}

void vmr_ept_destroy(struct vmr_ept *ept)
{
	vmr_notifier_unregister(ept);
	vmr_dirty_exit(ept);
	vmr_tables_exit(ept);
	free_percpu(ept->seen);
}
