/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the kernel's static_assert(), whose message may be left out, in user space. */
#ifndef UNIT_LINUX_BUILD_BUG_H
#define UNIT_LINUX_BUILD_BUG_H

#include <assert.h>

#undef static_assert
#define static_assert(condition, ...)	_Static_assert(condition, #condition)

#endif
