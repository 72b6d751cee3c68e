/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the MC146818 real-time clock and its 128 bytes of CMOS memory. */
#ifndef VMRUN_DEV_RTC_H
#define VMRUN_DEV_RTC_H

#include <stdbool.h>
#include <stdint.h>

#include "../timer.h"

struct bus;
struct irq;

#define RTC_BYTES	128

/* By the devices' lock. */
struct rtc {
	uint8_t cmos[RTC_BYTES];
	uint8_t index;
	int64_t ahead;		/* ns: guest's time since 1970 minus the timers' time */
	int64_t stopped;	/* that time, while register B's SET holds it still */
	struct timer second, rate;
	uint64_t next_rate;	/* when the periodic interrupt is due */
	struct timers *timers;
	struct irq *irq;
};

/**
 * rtc_init() - a clock that shows a time, at its ports
 * @rtc: what is filled in
 * @ports: the bus
 * @timers: what moves it on
 * @irq: it is wired to line 8
 * @time: nanoseconds since 1970, UTC
 *
 * Return: 0, or -1.
 */
int rtc_init(struct rtc *rtc, struct bus *ports, struct timers *timers, struct irq *irq,
	     int64_t time);

/**
 * rtc_set_memory() - write down how much memory there is, as firmware does
 * @rtc: the clock
 * @below_4g: bytes from 0 up
 * @above_4g: bytes from 4 GB up
 */
void rtc_set_memory(struct rtc *rtc, uint64_t below_4g, uint64_t above_4g);

#endif
