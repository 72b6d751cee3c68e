/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the numbers that tests with too many cases draw from: the same in every run,
 * so that a failure comes again.
 */
#ifndef UNIT_RANDOM_H
#define UNIT_RANDOM_H

#include <linux/types.h>

/**
 * draw() - the next number
 * @seed: of the test, not 0 at first
 *
 * Return: 64 bits (xorshift, multiplied).
 */
static inline u64 draw(u64 *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * 0x2545f4914f6cdd1dULL;
}

#endif
