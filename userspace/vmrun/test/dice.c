// SPDX-License-Identifier: GPL-2.0
/* Owns the numbers that are rolled. */
#include <stdlib.h>

#include "dice.h"

static uint64_t dice;

static uint64_t setting(const char *name, uint64_t usual)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : usual;
}

uint64_t dice_rounds(uint64_t usual)
{
	dice = setting("VMRUN_FUZZ_SEED", 1);
	return setting("VMRUN_FUZZ_ROUNDS", usual);
}

uint32_t roll(void)
{
	dice = dice * 6364136223846793005ull + 1442695040888963407ull;
	return dice >> 32;
}
