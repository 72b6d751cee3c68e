// SPDX-License-Identifier: GPL-2.0
/*
 * Owns VMs: their files, their life, their ioctls. Called by user space, in process
 * context.
 */
#include <linux/anon_inodes.h>
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <vmring.h>

#include "core/abi.h"
#include "core/stats.h"
#include "core/vcpu.h"
#include "core/vm.h"
#include "core/vmring.h"
#include "ept/dirty.h"
#include "ept/slots.h"
#include "ring/region.h"
#include "vmx/msr.h"

static void destroy(struct kref *refs)
{
	struct vmr_vm *vm = container_of(refs, struct vmr_vm, refs);

	vmr_stats_remove_vm(vm);
	vmr_ept_destroy(&vm->ept);
	vmr_vcpus_free(vm);
	vmr_regions_destroy(&vm->regions);
	free_page((unsigned long)vm->msr_bitmap);
	mutex_destroy(&vm->mutex);
	kfree(vm);
	preempt_notifier_dec();
	module_put(THIS_MODULE);
}

void vmr_vm_get(struct vmr_vm *vm)
{
	kref_get(&vm->refs);
}

void vmr_vm_put(struct vmr_vm *vm)
{
	kref_put(&vm->refs, destroy);
}

bool vmr_vm_is_ours(const struct vmr_vm *vm)
{
	return current->mm == vm->mm;
}

static long create_vcpu(struct vmr_vm *vm, void __user *arg)
{
	return vmr_vcpu_create(vm, arg);
}

static long set_slot(struct vmr_vm *vm, void __user *arg)
{
	struct vmr_slot slot = {};
	int err;

	err = vmr_abi_get(arg, VMR_SLOT_FLAGS, &slot, sizeof(slot));
	if (err)
		return err;
	return vmr_slots_set(&vm->ept, &slot);
}

static long get_dirty(struct vmr_vm *vm, void __user *arg)
{
	struct vmr_dirty wanted = {};
	int err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.reserved)
		return -EINVAL;
	return vmr_dirty_get(&vm->ept, &wanted);
}

static long set_region(struct vmr_vm *vm, void __user *arg)
{
	struct vmr_region region = {};
	int err;

	err = vmr_abi_get(arg, VMR_REGION_FLAGS, &region, sizeof(region));
	if (err)
		return err;
	mutex_lock(&vm->mutex);
	err = vmr_regions_set(&vm->regions, &region, vm->ept.limits.gpa,
			      vm->vcpu_count);
	mutex_unlock(&vm->mutex);
	return err;
}

static int take_policy(struct vmr_vm *vm, const struct vmr_msr_policy *policy)
{
	struct vmr_msr_range *ranges;
	int err = 0;

	ranges = memdup_user(u64_to_user_ptr(policy->ranges),
			     array_size(policy->count, sizeof(*ranges)));
	if (IS_ERR(ranges))
		return PTR_ERR(ranges);
	if (!vmr_msr_ranges_valid(ranges, policy->count)) {
		err = -EINVAL;
		goto out;
	}
	mutex_lock(&vm->mutex);
	if (vm->vcpu_count) {
		err = -EBUSY;
	} else {
		memcpy(vm->msr_ranges, ranges,
		       policy->count * sizeof(*ranges));
		vm->msr_range_count = policy->count;
		vmr_msr_bitmap_build(vm->msr_bitmap, ranges, policy->count);
	}
	mutex_unlock(&vm->mutex);
out:
	kfree(ranges);
	return err;
}

static long set_msr_policy(struct vmr_vm *vm, void __user *arg)
{
	struct vmr_msr_policy policy = {};
	int err;

	err = vmr_abi_get(arg, 0, &policy, sizeof(policy));
	if (err)
		return err;
	if (policy.reserved)
		return -EINVAL;
	if (policy.count > VMR_MAX_MSR_RANGES)
		return -E2BIG;
	return take_policy(vm, &policy);
}

static const struct {
	unsigned int cmd;
	long (*handler)(struct vmr_vm *vm, void __user *arg);
} ioctls[] = {
	{ VMR_CREATE_VCPU, create_vcpu },
	{ VMR_SET_SLOT, set_slot },
	{ VMR_SET_MSR_POLICY, set_msr_policy },
	{ VMR_GET_DIRTY, get_dirty },
	{ VMR_SET_REGION, set_region },
};

static long vm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vmr_vm *vm = file->private_data;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ioctls); i++) {
		if (!vmr_abi_is(cmd, ioctls[i].cmd))
			continue;
		if (!vmr_vm_is_ours(vm))
			return -EPERM;
		return ioctls[i].handler(vm, (void __user *)arg);
	}
	return -ENOTTY;
}

static int vm_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vmr_vm *vm = file->private_data;

	if (!vmr_vm_is_ours(vm))
		return -EPERM;
	return vmr_regions_mmap(&vm->regions, vma);
}

static int vm_release(struct inode *inode, struct file *file)
{
	vmr_vm_put(file->private_data);
	return 0;
}

static const struct file_operations vm_fops = {
	.owner = THIS_MODULE,
	.release = vm_release,
	.unlocked_ioctl = vm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = vm_mmap,
	.llseek = noop_llseek,
};

static struct vmr_vm *make(u64 features)
{
	struct vmr_vm *vm;
	int err = -ENOMEM;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return ERR_PTR(-ENOMEM);
	vm->msr_bitmap = (void *)get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!vm->msr_bitmap)
		goto err_free;
	vmr_msr_bitmap_build(vm->msr_bitmap, NULL, 0);
	kref_init(&vm->refs);
	mutex_init(&vm->mutex);
	vmr_kick_group_init(&vm->kicks);
	vm->features = features;
	vm->mm = current->mm;
	err = vmr_ept_create(&vm->ept, &vm->kicks);
	if (err)
		goto err_free_bitmap;
	vmr_stats_add_vm(vm);
	preempt_notifier_inc();
	__module_get(THIS_MODULE);
	return vm;

err_free_bitmap:
	mutex_destroy(&vm->mutex);
	free_page((unsigned long)vm->msr_bitmap);
err_free:
	kfree(vm);
	return ERR_PTR(err);
}

long vmr_vm_create(void __user *arg)
{
	struct vmr_create_vm wanted = {};
	struct vmr_vm *vm;
	int err;

	err = vmr_abi_get(arg, 0, &wanted, sizeof(wanted));
	if (err)
		return err;
	if (wanted.features & ~VMR_VM_FEATURES)
		return -EINVAL;
	vm = make(wanted.features);
	if (IS_ERR(vm))
		return PTR_ERR(vm);
	err = anon_inode_getfd("[vmring-vm]", &vm_fops, vm, O_RDWR | O_CLOEXEC);
	if (err < 0)
		vmr_vm_put(vm);
	return err;
}
