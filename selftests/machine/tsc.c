// SPDX-License-Identifier: GPL-2.0
/* Prints the time-stamp counter, to see whether runs are exact. */
#include <stdio.h>
#include <x86intrin.h>

int main(void)
{
	printf("%llu\n", __rdtsc());
	return 0;
}
