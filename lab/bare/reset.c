// SPDX-License-Identifier: GPL-2.0
/*
 * The keyboard controller's reset line resets the whole machine, so that the
 * BIOS starts it again. The caller finds out whether it did: this image can
 * only see that it wasn't reset.
 */
#include "bare.h"

#define KEYBOARD_COMMAND 0x64
#define PULSE_RESET 0xfe
#define WRITE_OUTPUT_PORT 0xd1
#define KEYBOARD_DATA 0x60
#define OUTPUT_NO_RESET_A20 0x02	/* reset line low, A20 on */

/* "output-port" as an argument takes the other way that the controller has. */
int main(void)
{
	plan(1);
	print("# FEATURE_CONTROL is %lx\n", rdmsr(MSR_FEATURE_CONTROL));
	out8(LAB_FLUSH, LAB_STDOUT);
	if (str_equal(CMDLINE, "output-port")) {
		out8(KEYBOARD_COMMAND, WRITE_OUTPUT_PORT);
		out8(KEYBOARD_DATA, OUTPUT_NO_RESET_A20);
	} else {
		out8(KEYBOARD_COMMAND, PULSE_RESET);
	}
	for (u32 n = 0; n < 1000; n++)
		cpu_relax();
	check(false, "the machine goes on without a reset");
	return 0;
}
