/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the kernel's FIELD_GET() in user space. */
#ifndef UNIT_LINUX_BITFIELD_H
#define UNIT_LINUX_BITFIELD_H

#include <linux/types.h>

static inline u64 field_get(u64 mask, u64 value)
{
	return (value & mask) / (mask & -mask);
}

#define FIELD_GET		field_get

#endif
