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
 * Waits for nobody once say_start() was called: a line that has no room is lost, and
 * counted for the one who reads the others.
 *
 * Context: any thread; the devices' lock may be held.
 */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * fail() - say what is wrong
 * @format: as say()
 *
 * Return: -1, for the caller to pass on.
 */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * say_start() - let a thread write what is said
 *
 * Context: once, with all signals blocked that the thread isn't to take.
 * Return: 0, or -1 (said why).
 */
int say_start(void);

/**
 * say_wait() - until all that was said is written
 *
 * Context: without the devices' lock, and with no signal blocked that may end this.
 */
void say_wait(void);

/**
 * say_wait_a_moment() - the same, but no longer than somebody who reads takes
 *
 * Context: without the devices' lock.
 */
void say_wait_a_moment(void);

#endif
