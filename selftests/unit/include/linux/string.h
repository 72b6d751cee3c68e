/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the kernel's string.h in user space: the C library's, and what it lacks. */
#ifndef UNIT_LINUX_STRING_H
#define UNIT_LINUX_STRING_H

#include <stddef.h>
#include <string.h>

static inline void *memset64(void *to, unsigned long long value, size_t count)
{
	unsigned long long *at = to;

	while (count--)
		*at++ = value;
	return to;
}

static inline void *memchr_inv(const void *from, int c, size_t length)
{
	const unsigned char *at = from;

	for (; length; length--, at++)
		if (*at != (unsigned char)c)
			return (void *)at;
	return NULL;
}

#endif
