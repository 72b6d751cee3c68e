/* SPDX-License-Identifier: GPL-2.0 */
/* What uapi/vmring.h needs of a C library, for compat.c, which has none. */
#define static_assert	_Static_assert
