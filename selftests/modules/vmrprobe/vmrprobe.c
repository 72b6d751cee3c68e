// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the folder vmrprobe in debugfs, which shows tests what the hardware says
 * of itself, apart from vmring. Read by root, in process context.
 *
 * cr4: one line for each online CPU, "cpu N cr4 0x... vmxe 0|1".
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/smp.h>
#include <asm/processor-flags.h>
#include <asm/special_insns.h>

static struct dentry *folder;

/* IPI. The register itself: the kernel's copy of it is what is in doubt. */
static void read_here(void *cr4)
{
	*(unsigned long *)cr4 = __read_cr4();
}

static int cr4_show(struct seq_file *file, void *unused)
{
	unsigned long cr4;
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		smp_call_function_single(cpu, read_here, &cr4, true);
		seq_printf(file, "cpu %u cr4 0x%lx vmxe %d\n", cpu, cr4,
			   !!(cr4 & X86_CR4_VMXE));
	}
	cpus_read_unlock();
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cr4);

static int __init vmrprobe_init(void)
{
	folder = debugfs_create_dir("vmrprobe", NULL);
	debugfs_create_file("cr4", 0400, folder, NULL, &cr4_fops);
	return 0;
}
module_init(vmrprobe_init);

static void __exit vmrprobe_exit(void)
{
	debugfs_remove(folder);
}
module_exit(vmrprobe_exit);

MODULE_DESCRIPTION("Shows vmring's tests what the hardware says");
MODULE_AUTHOR("vmring developers");
MODULE_LICENSE("GPL");
