// SPDX-License-Identifier: GPL-2.0
/*
 * Owns /dev/vmring and its ioctls. Called by user space, in process context;
 * an open file holds the module.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <asm/processor.h>
#include <asm/tsc.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/dev.h"
#include "core/vmring.h"
#include "vmx/caps.h"
#include "vmx/cpu.h"
#include "vmx/features.h"

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

static const struct {
	unsigned int cmd;
	long (*handler)(void __user *arg);
} ioctls[] = {
	[_IOC_NR(VMR_GET_VERSION)] = { VMR_GET_VERSION, get_version },
	[_IOC_NR(VMR_GET_SUPPORTED)] = { VMR_GET_SUPPORTED, get_supported },
};

/* The size within cmd isn't looked at: the struct says itself how long it is. */
static bool is_same_ioctl(unsigned int cmd, unsigned int known)
{
	return _IOC_TYPE(cmd) == _IOC_TYPE(known) &&
	       _IOC_DIR(cmd) == _IOC_DIR(known);
}

static long dev_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	unsigned int nr = _IOC_NR(cmd);

	if (nr >= ARRAY_SIZE(ioctls))
		return -ENOTTY;
	nr = array_index_nospec(nr, ARRAY_SIZE(ioctls));
	if (!is_same_ioctl(cmd, ioctls[nr].cmd))
		return -ENOTTY;
	return ioctls[nr].handler((void __user *)arg);
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
