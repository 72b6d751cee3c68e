/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what vmrun says to a person, and the statuses that it ends with. */
#ifndef VMRUN_SAY_H
#define VMRUN_SAY_H

/* The guest's own words (--debug-exit) are odd; these are vmrun's, and even. */
enum status {
	STATUS_OFF = 0,			/* the guest powered off, or reset */
	STATUS_USAGE = 2,		/* an option, a file or an image won't do */
	STATUS_TRIPLE_FAULT = 4,
	STATUS_HALTED = 6,		/* all vCPUs, for ever: HLT with interrupts off */
	STATUS_FAILED_ENTRY = 8,	/* the CPU refused the guest's state */
	STATUS_INTERNAL = 10,		/* what vmrun or the kernel can't do */
	STATUS_HOST = 12,		/* no device, no memory, no right to it */
	STATUS_QUIT = 14,		/* a person at the console ended it */
};

/**
 * say() - one line on standard error, after "vmrun: "
 * @format: as printf() has it, without a line break
 *
 * Context: any thread.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * fail() - say what is wrong
 * @format: as say()
 *
 * Return: -1, for the caller to pass on.
 */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
