/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the few things of the kernel's kernel.h that pure parts use, in user space. */
#ifndef UNIT_LINUX_KERNEL_H
#define UNIT_LINUX_KERNEL_H

#include <stddef.h>

#include <linux/build_bug.h>
#include <linux/bits.h>
#include <linux/types.h>

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* Like snprintf(), but returns how much was really written. */
int scnprintf(char *buffer, unsigned long size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
