// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the module parameters of debug builds that break a rule of VMCSs, to show that
 * it is heard of. corrupt_field: a field and a value that the next VM entry on any CPU
 * finds in its VMCS; written by root in process context, taken by a vCPU's thread in a
 * burst. read_outside: a VMREAD outside of a burst.
 *
 * A host field that the CPU accepts and that is wrong all the same takes the
 * machine down; that is the writer's business.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

#include "vmcs/access.h"
#include "vmcs/corrupt.h"
#include "vmcs/fields.h"

static DEFINE_RAW_SPINLOCK(lock);	/* the three below; a leaf */
static bool waiting;			/* READ_ONCE() without the lock */
static u32 field;
static unsigned long value;

static int set_corrupt_field(const char *text, const struct kernel_param *param)
{
	unsigned long flags;
	u32 new_field;
	u64 new_value;

	if (sscanf(text, "%i %lli", &new_field, &new_value) != 2 ||
	    vmr_vmcs_field_index(new_field) < 0)
		return -EINVAL;

	raw_spin_lock_irqsave(&lock, flags);
	field = new_field;
	value = new_value;
	WRITE_ONCE(waiting, true);
	raw_spin_unlock_irqrestore(&lock, flags);
	return 0;
}

static int get_corrupt_field(char *text, const struct kernel_param *param)
{
	if (!READ_ONCE(waiting))
		return sysfs_emit(text, "none\n");
	return sysfs_emit(text, "0x%x 0x%lx\n", field, value);
}

static const struct kernel_param_ops corrupt_field_ops = {
	.set = set_corrupt_field,
	.get = get_corrupt_field,
};

module_param_cb(corrupt_field, &corrupt_field_ops, NULL, 0600);
MODULE_PARM_DESC(corrupt_field,
		 "debug builds: ENCODING VALUE, written into the VMCS at the next VM entry");

/* The burst rule: neither with interrupts on, nor just with interrupts off. */
static int set_read_outside(const char *text, const struct kernel_param *param)
{
	unsigned long flags, ignored;
	bool interrupts;
	int err;

	err = kstrtobool(text, &interrupts);
	if (err)
		return err;
	if (interrupts) {
		(void)vmr_vmcs_try_read(VMCS_EXIT_REASON, &ignored);
		return 0;
	}
	local_irq_save(flags);
	(void)vmr_vmcs_try_read(VMCS_EXIT_REASON, &ignored);
	local_irq_restore(flags);
	return 0;
}

static const struct kernel_param_ops read_outside_ops = {
	.set = set_read_outside,
};

module_param_cb(read_outside, &read_outside_ops, NULL, 0200);
MODULE_PARM_DESC(read_outside,
		 "debug builds: read a VMCS outside of a burst, with interrupts on (1) or off (0)");

static bool take(u32 *taken_field, unsigned long *taken_value)
{
	bool taken;

	raw_spin_lock(&lock);
	taken = waiting;
	*taken_field = field;
	*taken_value = value;
	WRITE_ONCE(waiting, false);
	raw_spin_unlock(&lock);
	return taken;
}

void vmr_vmcs_corrupt(void)
{
	unsigned long new, old;
	u32 which;

	if (likely(!READ_ONCE(waiting)) || !take(&which, &new))
		return;
	if (vmr_vmcs_try_read(which, &old) && vmr_vmcs_try_write(which, new))
		pr_info("corrupted %s: 0x%lx instead of 0x%lx\n",
			vmr_vmcs_field_name(which), new, old);
	else
		pr_info("can't corrupt %s: this CPU hasn't got it, or it is read-only\n",
			vmr_vmcs_field_name(which));
}
