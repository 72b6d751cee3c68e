// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the module: its parameters, the order in which the parts come up, and
 * the same order backwards. Called by the kernel at load and unload.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/dev.h"
#include "core/report.h"
#include "core/vmring.h"
#include "vmx/accept.h"
#include "vmx/caps.h"
#include "vmx/cpu.h"
#include "vmx/features.h"
#include "vmx/host.h"
#include "vmx/mitigate.h"
#include "vmx/setup.h"

static char *vmx = "owner";
module_param(vmx, charp, 0444);
MODULE_PARM_DESC(vmx,
		 "who has VMX: owner (vmring alone, KVM not loaded; the default and for now the only way), borrowed (beside KVM), auto");

static int __init check_mode(void)
{
	if (!strcmp(vmx, "owner"))
		return 0;
	if (!strcmp(vmx, "borrowed") || !strcmp(vmx, "auto")) {
		pr_err("vmx=%s is not built yet: use vmx=owner, and unload KVM\n",
		       vmx);
		return -EOPNOTSUPP;
	}
	pr_err("vmx=%s means nothing: use vmx=owner\n", vmx);
	return -EINVAL;
}

/* Tells what VT-x can do here, also where that is too little. */
static int __init check_caps(void)
{
	char *line;
	int err;

	line = kmalloc(VMR_ACCEPT_REASON, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	vmr_features_line(vmr_caps, line, VMR_FEATURES_LINE);
	pr_info("VT-x %s\n", line);
	err = vmr_accept_caps(vmr_caps, line, VMR_ACCEPT_REASON);
	if (err)
		pr_err("%s\n", line);
	kfree(line);
	return err;
}

static int __init vmr_init(void)
{
	int err;

	err = check_mode();
	if (err)
		return err;
	err = vmr_caps_init();
	if (err)
		return err;
	err = check_caps();
	if (err)
		return err;
	vmr_host_init();
	err = vmr_setup_init();
	if (err)
		return err;
	err = vmr_mitigate_init();
	if (err)
		return err;
	err = vmr_cpu_init();
	if (err)
		goto err_exit_mitigate;
	vmr_report_init();
	err = vmr_dev_init();
	if (err)
		goto err_exit_report;
	return 0;

err_exit_report:
	vmr_report_exit();
	vmr_cpu_exit();
err_exit_mitigate:
	vmr_mitigate_exit();
	return err;
}
module_init(vmr_init);

static void __exit vmr_exit(void)
{
	vmr_dev_exit();
	vmr_report_exit();
	vmr_cpu_exit();
	vmr_mitigate_exit();
}
module_exit(vmr_exit);

MODULE_DESCRIPTION("Drives Intel VT-x directly, without KVM");
MODULE_AUTHOR("vmring developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VMR_VERSION);
