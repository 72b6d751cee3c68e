// SPDX-License-Identifier: GPL-2.0
/*
 * Owns /dev/vmring and its ioctls. Called by user space, in process context;
 * an open file holds the module.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/dev.h"
#include "core/vm.h"
#include "core/vmring.h"
#include "vmx/caps.h"
#include "vmx/cpu.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"
#include "vmx/features.h"
#include "vmx/msr.h"
#include "vmx/setup.h"

static long get_version(void __user *arg)
{
	struct vmr_version version = {
		.size = sizeof(version),
		.abi = VMR_ABI_VERSION,
		.major = VMR_VERSION_MAJOR,
		.minor = VMR_VERSION_MINOR,
		.patch = VMR_VERSION_PATCH,
	};
	struct vmr_abi_head head;
	int err;

	err = vmr_abi_get_head(arg, 0, &head);
	if (err)
		return err;
	return vmr_abi_put(arg, head.size, &version, sizeof(version));
}

static void count_cpus(struct vmr_supported *supported)
{
	unsigned int cpu;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		supported->cpus_online++;
		if (vmr_cpu_vmx_on(cpu))
			supported->cpus_vmx++;
	}
	cpus_read_unlock();
}

static long get_supported(void __user *arg)
{
	struct vmr_supported supported = {
		.size = sizeof(supported),
		.features = vmr_features_found(vmr_caps),
		.ctl_pin = vmr_caps_word(vmr_caps, VMR_CAPS_PIN),
		.ctl_proc = vmr_caps_word(vmr_caps, VMR_CAPS_PROC),
		.ctl_proc2 = vmr_caps_word(vmr_caps, VMR_CAPS_PROC2),
		.ctl_proc3 = vmr_caps_word(vmr_caps, VMR_CAPS_PROC3),
		.ctl_exit = vmr_caps_word(vmr_caps, VMR_CAPS_EXIT),
		.ctl_entry = vmr_caps_word(vmr_caps, VMR_CAPS_ENTRY),
		.ept_vpid = vmr_caps_word(vmr_caps, VMR_CAPS_EPT_VPID),
		.vmx_misc = vmr_caps_word(vmr_caps, VMR_CAPS_MISC),
		.vmcs_revision = vmr_caps_word(vmr_caps, VMR_CAPS_BASIC) &
				 SDM_BASIC_REVISION,
		.phys_bits = boot_cpu_data.x86_phys_bits,
		.virt_bits = boot_cpu_data.x86_virt_bits,
		.tsc_khz = tsc_khz,
	};
	struct vmr_abi_head head;
	int err;

	err = vmr_abi_get_head(arg, 0, &head);
	if (err)
		return err;
	count_cpus(&supported);
	return vmr_abi_put(arg, head.size, &supported, sizeof(supported));
}

static void read_cpuid(u32 leaf, u32 subleaf, struct vmr_cpuid_answer *answer)
{
	cpuid_count(leaf, subleaf, &answer->eax, &answer->ebx, &answer->ecx,
		    &answer->edx);
}

/* Which CPU answers doesn't matter, as long as it is one. */
static u32 offer_cpuid(struct vmr_cpuid_entry *entries)
{
	u32 count;

	migrate_disable();
	count = vmr_cpuid_offer(entries, VMR_MAX_CPUID, vmr_setup_cpuid_host(),
				read_cpuid);
	migrate_enable();
	return min_t(u32, count, VMR_MAX_CPUID);
}

static long get_cpuid(void __user *arg)
{
	struct vmr_cpuid_entry *entries;
	struct vmr_cpuid wanted = {};
	u32 count, room;
	long err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.reserved)
		return -EINVAL;
	entries = kcalloc(VMR_MAX_CPUID, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	count = offer_cpuid(entries);
	room = wanted.count;
	wanted.count = count;
	err = vmr_abi_put_back(arg, &wanted, sizeof(wanted));
	if (!err && room < count)
		err = -E2BIG;
	if (!err && copy_to_user(u64_to_user_ptr(wanted.entries), entries,
				 count * sizeof(*entries)))
		err = -EFAULT;
	kfree(entries);
	return err;
}

/* Those of a vCPU that has all that VMR_GET_CPUID offers. */
static int find_limits(struct vmr_cr_limits *limits)
{
	struct vmr_cpuid_entry *entries;
	struct vmr_cpuid_table *table;
	int err = -ENOMEM;

	entries = kcalloc(VMR_MAX_CPUID, sizeof(*entries), GFP_KERNEL);
	table = kvzalloc(vmr_cpuid_table_size(VMR_MAX_CPUID), GFP_KERNEL_ACCOUNT);
	if (entries && table) {
		err = vmr_cpuid_build(table, entries, offer_cpuid(entries),
				      vmr_setup_cpuid_host());
		vmr_cr_limits_init(limits, table, vmr_caps);
	}
	kvfree(table);
	kfree(entries);
	return err;
}

/* How many there are, of which those that there is room for are stored. */
static long store_msrs(struct vmr_msr __user *to, u32 room,
		       const struct vmr_cr_limits *limits)
{
	const struct vmr_msr_desc *desc;
	u32 i, count = 0;

	for (i = 0; (desc = vmr_msr_at(i)); i++) {
		struct vmr_msr msr = { .index = desc->index };

		if (!vmr_msr_offered(desc, limits))
			continue;
		if (count < room && copy_to_user(&to[count], &msr, sizeof(msr)))
			return -EFAULT;
		count++;
	}
	return count;
}

static long list_msrs(void __user *arg)
{
	struct vmr_msrs wanted = {};
	struct vmr_cr_limits limits;
	long count, err;
	u32 room;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	err = find_limits(&limits);
	if (err)
		return err;
	room = wanted.count;
	count = store_msrs(u64_to_user_ptr(wanted.msrs), room, &limits);
	if (count < 0)
		return count;
	wanted.count = count;
	wanted.done = min_t(u32, count, room);
	err = vmr_abi_put_back(arg, &wanted, sizeof(wanted));
	return err ?: room < count ? -E2BIG : 0;
}

static const struct {
	unsigned int cmd;
	long (*handler)(void __user *arg);
} ioctls[] = {
	{ VMR_GET_VERSION, get_version },
	{ VMR_GET_SUPPORTED, get_supported },
	{ VMR_CREATE_VM, vmr_vm_create },
	{ VMR_GET_CPUID, get_cpuid },
	{ VMR_LIST_MSRS, list_msrs },
};

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++)
		if (vmr_abi_is(cmd, ioctls[i].cmd))
			return ioctls[i].handler((void __user *)arg);
	return -ENOTTY;
}

static const struct file_operations dev_fops = {
	.owner = THIS_MODULE,
	.open = nonseekable_open,
	.unlocked_ioctl = dev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vmring",
	.fops = &dev_fops,
	.mode = 0600,
};

int vmr_dev_init(void)
{
	return misc_register(&dev);
}

void vmr_dev_exit(void)
{
	misc_deregister(&dev);
}
