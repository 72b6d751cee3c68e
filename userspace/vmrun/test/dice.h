/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the chance that the fuzzing is made of: the same with each run. */
#ifndef VMRUN_TEST_DICE_H
#define VMRUN_TEST_DICE_H

#include <stdint.h>

/**
 * dice_rounds() - begin anew
 * @usual: how many rounds there are, unless VMRUN_FUZZ_ROUNDS says so
 *
 * VMRUN_FUZZ_SEED makes others of them.
 *
 * Return: the number of rounds.
 */
uint64_t dice_rounds(uint64_t usual);

/**
 * roll() - the next number
 */
uint32_t roll(void);

#endif
