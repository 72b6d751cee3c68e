// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how an ioctl's struct crosses between user space and the kernel. Called
 * by ioctls, in process context.
 */
#include <linux/errno.h>
#include <linux/ioctl.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "core/abi.h"

int vmr_abi_get_head(const void __user *arg, u32 known_flags,
		     struct vmr_abi_head *head)
{
	if (copy_from_user(head, arg, sizeof(*head)))
		return -EFAULT;
	if (head->size < sizeof(*head) || head->flags & ~known_flags)
		return -EINVAL;
	if (head->size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

int vmr_abi_get(const void __user *arg, u32 known_flags, void *wanted, u32 size)
{
	struct vmr_abi_head head;
	int err;

	err = vmr_abi_get_head(arg, known_flags, &head);
	if (err)
		return err;
	err = copy_struct_from_user(wanted, size, arg, head.size);
	if (err)
		return err;
	/* User space may have changed meanwhile what has been checked. */
	memcpy(wanted, &head, sizeof(head));
	return 0;
}

bool vmr_abi_is(unsigned int cmd, unsigned int known)
{
	return _IOC_TYPE(cmd) == _IOC_TYPE(known) &&
	       _IOC_DIR(cmd) == _IOC_DIR(known) &&
	       _IOC_NR(cmd) == _IOC_NR(known);
}

int vmr_abi_put(void __user *arg, u32 room, const void *answer, u32 size)
{
	u32 both = min(room, size);

	if (copy_to_user(arg, answer, both))
		return -EFAULT;
	if (clear_user(arg + both, room - both))
		return -EFAULT;
	return 0;
}

int vmr_abi_put_back(void __user *arg, void *answer, u32 size)
{
	struct vmr_abi_head *head = answer;
	u32 room = head->size;

	head->size = size;
	return vmr_abi_put(arg, room, answer, size);
}
