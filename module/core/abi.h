/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how an ioctl's struct crosses between user space and the kernel when the
 * two may know different lengths of it. For the ioctls of core/.
 */
#ifndef VMR_CORE_ABI_H
#define VMR_CORE_ABI_H

#include <linux/compiler_types.h>
#include <linux/types.h>

/**
 * struct vmr_abi_head - how every ioctl struct begins
 * @size: bytes that user space has; on the way out, bytes that the kernel knows
 * @flags: a mask that the ioctl defines, 0 where it defines none
 */
struct vmr_abi_head {
	__u32 size;
	__u32 flags;
};

/**
 * vmr_abi_get_head() - take an ioctl's size and flags from user space
 * @arg: the ioctl's struct
 * @known_flags: the flags that the ioctl has a meaning for
 * @head: where to
 *
 * Context: Process, may fault.
 * Return: 0, -EFAULT, -EINVAL for a size that holds no head or an unknown flag,
 *	   -E2BIG for a size over one page.
 */
int vmr_abi_get_head(const void __user *arg, u32 known_flags,
		     struct vmr_abi_head *head);

/**
 * vmr_abi_get() - take an ioctl's struct from user space
 * @arg: the ioctl's struct
 * @known_flags: the flags that the ioctl has a meaning for
 * @wanted: the kernel's struct, zeroed, which begins with a vmr_abi_head
 * @size: of @wanted
 *
 * A shorter struct leaves the rest of @wanted as it is; of a longer one the rest has
 * to be zero.
 *
 * Context: Process, may fault.
 * Return: 0, -EFAULT, -EINVAL as vmr_abi_get_head(), -E2BIG for something that the
 *	   kernel doesn't know or a size over one page.
 */
int vmr_abi_get(const void __user *arg, u32 known_flags, void *wanted, u32 size);

/**
 * vmr_abi_is() - tell whether an ioctl's number is a known one
 * @cmd: the number
 * @known: the known one
 *
 * The size within it isn't looked at: the struct says itself how long it is.
 *
 * Context: Any.
 * Return: true if it is.
 */
bool vmr_abi_is(unsigned int cmd, unsigned int known);

/**
 * vmr_abi_put() - give an answer to user space
 * @arg: the ioctl's struct
 * @room: how long it is there, from vmr_abi_get_head()
 * @answer: the kernel's struct, which begins with a vmr_abi_head
 * @size: how long it is here
 *
 * A shorter struct gets the beginning of the answer, a longer one zeroes after
 * it.
 *
 * Context: Process, may fault.
 * Return: 0 or -EFAULT.
 */
int vmr_abi_put(void __user *arg, u32 room, const void *answer, u32 size);

/**
 * vmr_abi_put_back() - store an ioctl's struct where vmr_abi_get() took it from
 * @arg: the ioctl's struct
 * @answer: the kernel's struct, with the size that user space gave, which becomes
 *	    the kernel's
 * @size: of @answer
 *
 * Context: Process, may fault.
 * Return: 0 or -EFAULT.
 */
int vmr_abi_put_back(void __user *arg, void *answer, u32 size);

#endif
