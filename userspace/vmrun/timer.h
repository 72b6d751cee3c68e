/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the devices' deadlines: a sorted list, and a clock that someone else turns (the
 * event loop; in tests a variable). By the devices' lock.
 */
#ifndef VMRUN_TIMER_H
#define VMRUN_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_S	1000000000ull

struct timer {
	void (*fire)(void *arg);
	void *arg;
	/* of timer.c */
	uint64_t deadline;
	struct timer *next;
	bool set;
};

struct timers {
	uint64_t (*now)(void *owner);				/* nanoseconds */
	void (*wake_at)(void *owner, uint64_t deadline);	/* UINT64_MAX: no more */
	void *owner;
	/* of timer.c */
	struct timer *first;
	bool running;
};

/**
 * timers_now() - the time
 * @timers: whose clock
 *
 * Return: nanoseconds since some moment before.
 */
uint64_t timers_now(struct timers *timers);

/**
 * timer_set() - have a function called
 * @timers: the list
 * @timer: fire and arg are set; may be set already, for another time
 * @deadline: when; one in the past is met as soon as can be
 */
void timer_set(struct timers *timers, struct timer *timer, uint64_t deadline);

/**
 * timer_clear() - don't have it called
 * @timers: the list
 * @timer: need not be set
 */
void timer_clear(struct timers *timers, struct timer *timer);

/**
 * timers_run() - call what is due, the earliest first
 * @timers: the list
 */
void timers_run(struct timers *timers);

#endif
