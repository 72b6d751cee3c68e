/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the kernel's short type names in user space. This folder stands in for
 * the kernel's headers where the module's pure parts are compiled here.
 */
#ifndef UNIT_LINUX_TYPES_H
#define UNIT_LINUX_TYPES_H

#include <stdbool.h>
#include_next <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#endif
