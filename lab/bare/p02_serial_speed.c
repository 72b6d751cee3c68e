// SPDX-License-Identifier: GPL-2.0
/*
 * The serial port takes a character every microsecond or so (200 ticks), not
 * at the speed of a line.
 */
#include "bare.h"

#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define LINE_CONTROL (COM1 + 3)
#define HOLDING_EMPTY BIT(5)
#define CHARACTERS 100

int main(void)
{
	u64 start, ticks;

	plan(1);
	out8(LINE_CONTROL, 0x83);	/* divisor of 9600 Bd, then 8 bits */
	out8(COM1, 12);
	out8(COM1 + 1, 0);
	out8(LINE_CONTROL, 3);
	start = rdtsc();
	for (u32 n = 0; n < CHARACTERS; n++) {
		while (!(in8(LINE_STATUS) & HOLDING_EMPTY))
			cpu_relax();
		out8(COM1, 'x');
	}
	ticks = (rdtsc() - start) / CHARACTERS;
	check(ticks <= 400, "%lu ticks per character", ticks);
	return 0;
}
