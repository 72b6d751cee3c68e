// SPDX-License-Identifier: GPL-2.0
/*
 * Owns vmr_caps, what VT-x can do on every CPU of this machine. Written once at
 * load, read by everyone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/printk.h>
#include <asm/processor.h>

#include "compat/compat.h"
#include "vmx/caps.h"

static struct vmr_caps host_caps __ro_after_init;
const struct vmr_caps *const vmr_caps = &host_caps;

int vmr_caps_read(struct vmr_caps *caps)
{
	struct vmr_caps read = {};
	u32 msr;

	for (msr = VMR_CAPS_FIRST_MSR; msr <= VMR_CAPS_LAST_MSR; msr++) {
		if (!vmr_caps_exists(&read, msr))
			continue;
		if (rdmsrq_safe(msr, &read.msr[msr - VMR_CAPS_FIRST_MSR]))
			return -EIO;
	}
	*caps = read;
	return 0;
}

static int __init check_vendor(void)
{
	if (boot_cpu_data.x86_vendor == X86_VENDOR_AMD ||
	    boot_cpu_data.x86_vendor == X86_VENDOR_HYGON) {
		pr_err("this is an AMD CPU: it has SVM, not VT-x, and vmring drives VT-x only\n");
		return -ENODEV;
	}
	if (!(cpuid_ecx(1) & SDM_CPUID_1_ECX_VMX)) {
		pr_err("this CPU has no VT-x (in a virtual machine: switch nested virtualization on)\n");
		return -ENODEV;
	}
	return 0;
}

int __init vmr_caps_init(void)
{
	int err;

	err = check_vendor();
	if (err)
		return err;

	get_cpu();
	err = vmr_caps_read(&host_caps);
	put_cpu();
	if (err)
		pr_err("the capability MSRs of VT-x can't be read\n");
	return err;
}
