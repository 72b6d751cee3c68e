/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the kernel's string.h in user space: the C library's. */
#ifndef UNIT_LINUX_STRING_H
#define UNIT_LINUX_STRING_H

#include <string.h>

#endif
