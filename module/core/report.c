// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the folder vmring in debugfs: the capability report. Read by root, in
 * process context.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core/report.h"
#include "core/vmring.h"
#include "vmx/caps.h"
#include "vmx/ctls.h"
#include "vmx/features.h"
#include "vmx/mitigate.h"
#include "vmx/setup.h"
#include "vmx/vmxon.h"

static struct dentry *folder;

static const char *const word_names[] = {
	[VMR_CAPS_PIN] = "pin",
	[VMR_CAPS_PROC] = "proc",
	[VMR_CAPS_PROC2] = "proc2",
	[VMR_CAPS_EXIT] = "exit",
	[VMR_CAPS_ENTRY] = "entry",
};

static_assert(ARRAY_SIZE(word_names) == VMR_CAPS_CTLS);

static int show_features(struct seq_file *file)
{
	char *line;

	line = kmalloc(VMR_FEATURES_LINE, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	vmr_features_line(vmr_caps, line, VMR_FEATURES_LINE);
	seq_printf(file, "%s\n", line);
	kfree(line);
	return 0;
}

static void show_controls(struct seq_file *file)
{
	const struct vmr_controls *controls = vmr_setup_controls();
	enum vmr_caps_word word;

	for (word = 0; word < VMR_CAPS_CTLS; word++) {
		u64 cap = vmr_caps_word(vmr_caps, word);

		seq_printf(file, "controls %-5s must 0x%08x may 0x%08x set 0x%08x\n",
			   word_names[word], vmr_ctls_must(cap),
			   vmr_ctls_may(cap), controls->word[word]);
	}
	seq_printf(file, "controls proc3 may 0x%016llx set 0x%016llx\n",
		   vmr_caps_word(vmr_caps, VMR_CAPS_PROC3), controls->proc3);
}

static void show_msrs(struct seq_file *file)
{
	u32 msr;

	for (msr = VMR_CAPS_FIRST_MSR; msr <= VMR_CAPS_LAST_MSR; msr++)
		if (vmr_caps_exists(vmr_caps, msr))
			seq_printf(file, "msr 0x%03x 0x%016llx %s\n", msr,
				   vmr_caps_get(vmr_caps, msr),
				   vmr_caps_msr_name(msr));
}

static void show_cpus(struct seq_file *file)
{
	char line[VMR_VMXON_LINE];
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		vmr_vmxon_describe(cpu, line, sizeof(line));
		seq_printf(file, "cpu %u: %s\n", cpu, line);
	}
	cpus_read_unlock();
}

static int capabilities_show(struct seq_file *file, void *unused)
{
	int err;

	seq_puts(file, "vmring " VMR_VERSION "\n");
	err = show_features(file);
	if (err)
		return err;
	show_controls(file);
	show_msrs(file);
	show_cpus(file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(capabilities);

static int mitigations_show(struct seq_file *file, void *unused)
{
	vmr_mitigate_show(file);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(mitigations);

void vmr_report_init(void)
{
	folder = debugfs_create_dir("vmring", NULL);
	debugfs_create_file("capabilities", 0400, folder, NULL,
			    &capabilities_fops);
	debugfs_create_file("mitigations", 0400, folder, NULL,
			    &mitigations_fops);
}

void vmr_report_exit(void)
{
	debugfs_remove(folder);
}

struct dentry *vmr_report_folder(void)
{
	return folder;
}
