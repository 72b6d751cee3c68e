// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the counters of VMs and vCPUs in debugfs. Read by root, in process context;
 * what is read may be a few exits old.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "core/report.h"
#include "core/stats.h"
#include "core/vmring.h"
#include "ring/area.h"

static int memory_show(struct seq_file *file, void *unused)
{
	const struct vmr_vm *vm = file->private;
	const struct vmr_ept *ept = &vm->ept;

	seq_printf(file, "mapped-4k %llu\n", READ_ONCE(ept->faults[VMR_EPT_4K]));
	seq_printf(file, "mapped-2m %llu\n", READ_ONCE(ept->faults[VMR_EPT_2M]));
	seq_printf(file, "mapped-1g %llu\n", READ_ONCE(ept->faults[VMR_EPT_1G]));
	seq_printf(file, "zaps %llu\n", READ_ONCE(ept->zaps));
	seq_printf(file, "flushes %llu\n", READ_ONCE(ept->flushes));
	seq_printf(file, "interrupted %llu\n", READ_ONCE(ept->interrupted));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(memory);

static int vcpu_show(struct seq_file *file, void *unused)
{
	const struct vmr_vcpu *vcpu = file->private;
	unsigned int i;

	for (i = 0; i < VMR_STATS; i++)
		if (*vmr_area_stat_name(i))
			seq_printf(file, "%s %llu\n", vmr_area_stat_name(i),
				   READ_ONCE(vcpu->stats[i]));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vcpu);

void vmr_stats_add_vm(struct vmr_vm *vm)
{
	static atomic64_t number;
	char name[40];

	snprintf(name, sizeof(name), "%d-%lld", task_tgid_nr(current),
		 atomic64_inc_return(&number));
	vm->folder = debugfs_create_dir(name, vmr_report_folder());
	debugfs_create_file("memory", 0400, vm->folder, vm, &memory_fops);
}

void vmr_stats_add_vcpu(struct vmr_vcpu *vcpu)
{
	char name[20];

	snprintf(name, sizeof(name), "vcpu%u", vcpu->id);
	debugfs_create_file(name, 0400, vcpu->vm->folder, vcpu, &vcpu_fops);
}

void vmr_stats_remove_vm(struct vmr_vm *vm)
{
	debugfs_remove(vm->folder);
}
