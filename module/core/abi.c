// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how an ioctl's struct crosses between user space and the kernel. Called
 * by ioctls, in process context.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
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

int vmr_abi_put(void __user *arg, u32 room, const void *answer, u32 size)
{
	u32 both = min(room, size);

	if (copy_to_user(arg, answer, both))
		return -EFAULT;
	if (clear_user(arg + both, room - both))
		return -EFAULT;
	return 0;
}
