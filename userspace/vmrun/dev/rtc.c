// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the MC146818. The time is counted by the timers' clock; the registers are made of
 * it when they are read. Callers hold the devices' lock.
 */
#include <string.h>
#include <time.h>

#include "../bus.h"
#include "../irq.h"
#include "rtc.h"

enum {
	SECONDS, SECONDS_ALARM, MINUTES, MINUTES_ALARM, HOURS, HOURS_ALARM,
	WEEKDAY, DAY, MONTH, YEAR, A, B, C, D,
	SHUTDOWN = 0x0f, EQUIPMENT = 0x14, BASE_KB = 0x15, EXTENDED_KB = 0x17,
	EXTENDED_KB_FOUND = 0x30, CENTURY = 0x32, ABOVE_16M = 0x34, ABOVE_4G = 0x5b,
};

#define A_UPDATING	0x80
#define A_DIVIDER	0x20	/* 32768 Hz */
#define A_RATE		0x0f

#define B_SET		0x80
#define B_PERIODIC	0x40
#define B_ALARM		0x20
#define B_UPDATE	0x10
#define B_BINARY	0x04
#define B_24H		0x02

#define C_IRQ		0x80

#define D_VALID		0x80

#define ALARM_ANY	0xc0	/* both bits: matches whatever */
#define UPDATE_NS	244000	/* so long before a second ends it says so */
#define PM		0x80
#define LATEST		8000000000	/* seconds: in 2223, before nanoseconds overflow */
#define EARLIEST	(-LATEST)	/* in 1716 */

static int64_t time_ns(struct rtc *rtc)
{
	if (rtc->cmos[B] & B_SET)
		return rtc->stopped;
	return rtc->ahead + (int64_t)timers_now(rtc->timers);
}

static int64_t seconds_of(int64_t ns)
{
	return ns / (int64_t)NS_PER_S - (ns % (int64_t)NS_PER_S < 0);
}

static uint8_t encode(const struct rtc *rtc, unsigned int value)
{
	return rtc->cmos[B] & B_BINARY ? value : value / 10 << 4 | value % 10;
}

static unsigned int decode(const struct rtc *rtc, uint8_t value)
{
	return rtc->cmos[B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static uint8_t encode_hour(const struct rtc *rtc, unsigned int hour)
{
	if (rtc->cmos[B] & B_24H)
		return encode(rtc, hour);
	return encode(rtc, hour % 12 ? hour % 12 : 12) | (hour >= 12 ? PM : 0);
}

static unsigned int decode_hour(const struct rtc *rtc, uint8_t value)
{
	if (rtc->cmos[B] & B_24H)
		return decode(rtc, value);
	return decode(rtc, value & ~PM) % 12 + (value & PM ? 12 : 0);
}

/* The registers that tell the time, made of the time. */
static void show(struct rtc *rtc)
{
	time_t now = seconds_of(time_ns(rtc));
	struct tm tm;

	if (!gmtime_r(&now, &tm))
		return;		/* a year that no register holds */
	rtc->cmos[SECONDS] = encode(rtc, tm.tm_sec);
	rtc->cmos[MINUTES] = encode(rtc, tm.tm_min);
	rtc->cmos[HOURS] = encode_hour(rtc, tm.tm_hour);
	rtc->cmos[WEEKDAY] = encode(rtc, tm.tm_wday + 1);
	rtc->cmos[DAY] = encode(rtc, tm.tm_mday);
	rtc->cmos[MONTH] = encode(rtc, tm.tm_mon + 1);
	rtc->cmos[YEAR] = encode(rtc, (tm.tm_year + 1900) % 100);
	rtc->cmos[CENTURY] = encode(rtc, (tm.tm_year + 1900) / 100);
}

/* And the time, made of them. */
static int64_t shown(const struct rtc *rtc)
{
	struct tm tm = {
		.tm_sec = decode(rtc, rtc->cmos[SECONDS]),
		.tm_min = decode(rtc, rtc->cmos[MINUTES]),
		.tm_hour = decode_hour(rtc, rtc->cmos[HOURS]),
		.tm_mday = decode(rtc, rtc->cmos[DAY]),
		.tm_mon = (int)decode(rtc, rtc->cmos[MONTH]) - 1,
		.tm_year = decode(rtc, rtc->cmos[YEAR]) +
			   ((int)decode(rtc, rtc->cmos[CENTURY]) - 19) * 100,
	};
	time_t seconds = timegm(&tm);

	if (seconds > LATEST)
		seconds = LATEST;
	if (seconds < EARLIEST)
		seconds = EARLIEST;
	return seconds * (int64_t)NS_PER_S;
}

/* ---- interrupts: register C, with the same bits as B ---- */

static void happen(struct rtc *rtc, uint8_t what)
{
	rtc->cmos[C] |= what;
	if (rtc->cmos[C] & rtc->cmos[B] & (B_PERIODIC | B_ALARM | B_UPDATE))
		rtc->cmos[C] |= C_IRQ;
	else
		rtc->cmos[C] &= ~C_IRQ;
	irq_set(rtc->irq, IRQ_RTC, rtc->cmos[C] & C_IRQ);
}

/* Only while someone wants to be told are there deadlines. */
static void plan_second(struct rtc *rtc)
{
	int64_t now = time_ns(rtc);

	if (rtc->cmos[B] & B_SET || !(rtc->cmos[B] & (B_ALARM | B_UPDATE)))
		timer_clear(rtc->timers, &rtc->second);
	else
		timer_set(rtc->timers, &rtc->second,
			  (seconds_of(now) + 1) * (int64_t)NS_PER_S - rtc->ahead);
}

static bool alarm_matches(const struct rtc *rtc, unsigned int alarm, unsigned int time)
{
	return (rtc->cmos[alarm] & ALARM_ANY) == ALARM_ANY || rtc->cmos[alarm] == rtc->cmos[time];
}

static void second_over(void *arg)
{
	struct rtc *rtc = arg;
	uint8_t what = B_UPDATE;

	show(rtc);
	if (alarm_matches(rtc, SECONDS_ALARM, SECONDS) &&
	    alarm_matches(rtc, MINUTES_ALARM, MINUTES) && alarm_matches(rtc, HOURS_ALARM, HOURS))
		what |= B_ALARM;
	happen(rtc, what);
	plan_second(rtc);
}

/* Of the periodic interrupt; rates 1 and 2 are 8 and 9 once more. 0: off. */
static uint64_t period_ns(const struct rtc *rtc)
{
	unsigned int rate = rtc->cmos[A] & A_RATE;

	if (!rate)
		return 0;
	if (rate < 3)
		rate += 7;
	return NS_PER_S * (1u << (rate - 1)) / 32768;
}

static void plan_rate(struct rtc *rtc)
{
	uint64_t period = period_ns(rtc);

	if (!(rtc->cmos[B] & B_PERIODIC) || !period) {
		timer_clear(rtc->timers, &rtc->rate);
		rtc->next_rate = 0;
		return;
	}
	if (rtc->rate.set)
		return;
	if (!rtc->next_rate)
		rtc->next_rate = timers_now(rtc->timers);
	rtc->next_rate += period;
	/* What passed while the host was slow isn't made up for. */
	if (rtc->next_rate < timers_now(rtc->timers))
		rtc->next_rate = timers_now(rtc->timers) + period;
	timer_set(rtc->timers, &rtc->rate, rtc->next_rate);
}

static void period_over(void *arg)
{
	struct rtc *rtc = arg;

	happen(rtc, B_PERIODIC);
	plan_rate(rtc);
}

/* ---- ports ---- */

static void write_b(struct rtc *rtc, uint8_t value)
{
	int64_t now = time_ns(rtc);

	if (value & B_SET && !(rtc->cmos[B] & B_SET)) {
		show(rtc);
		rtc->stopped = now;
	} else if (!(value & B_SET) && rtc->cmos[B] & B_SET) {
		rtc->cmos[B] = value;
		rtc->ahead = shown(rtc) - (int64_t)timers_now(rtc->timers);
	}
	if (value & B_SET)
		value &= ~B_UPDATE;
	rtc->cmos[B] = value;
	happen(rtc, 0);
	plan_second(rtc);
	plan_rate(rtc);
}

static bool tells_time(unsigned int index)
{
	return index == CENTURY ||
	       (index <= YEAR && index != SECONDS_ALARM && index != MINUTES_ALARM &&
		index != HOURS_ALARM);
}

/* A register that tells the time, written while it runs: it goes on from there. */
static void write_time(struct rtc *rtc, uint8_t value)
{
	int64_t into_second = time_ns(rtc) - seconds_of(time_ns(rtc)) * (int64_t)NS_PER_S;

	if (rtc->cmos[B] & B_SET) {
		rtc->cmos[rtc->index] = value;
		return;
	}
	show(rtc);
	rtc->cmos[rtc->index] = value;
	rtc->ahead = shown(rtc) + into_second - (int64_t)timers_now(rtc->timers);
	plan_second(rtc);
}

static void write_data(struct rtc *rtc, uint8_t value)
{
	switch (rtc->index) {
	case A:
		rtc->cmos[A] = value & ~A_UPDATING;
		timer_clear(rtc->timers, &rtc->rate);
		rtc->next_rate = 0;
		plan_rate(rtc);
		break;
	case B:
		write_b(rtc, value);
		break;
	case C:
	case D:
		break;
	default:
		if (tells_time(rtc->index))
			write_time(rtc, value);
		else
			rtc->cmos[rtc->index] = value;
		break;
	}
}

static uint8_t read_a(struct rtc *rtc)
{
	int64_t into_second = time_ns(rtc) - seconds_of(time_ns(rtc)) * (int64_t)NS_PER_S;
	bool updating = into_second >= (int64_t)NS_PER_S - UPDATE_NS;

	return rtc->cmos[A] | (!(rtc->cmos[B] & B_SET) && updating ? A_UPDATING : 0);
}

static uint8_t read_c(struct rtc *rtc)
{
	uint8_t value = rtc->cmos[C];

	rtc->cmos[C] = 0;
	irq_set(rtc->irq, IRQ_RTC, false);
	return value;
}

static uint8_t read_data(struct rtc *rtc)
{
	switch (rtc->index) {
	case A:
		return read_a(rtc);
	case C:
		return read_c(rtc);
	}
	if (tells_time(rtc->index) && !(rtc->cmos[B] & B_SET))
		show(rtc);
	return rtc->cmos[rtc->index];
}

/* The index can't be read, and its bit 7 masks NMIs, of which there are none. */
static uint64_t rtc_read(void *dev, uint64_t offset, unsigned int size)
{
	return offset ? read_data(dev) : 0xff;
}

static void rtc_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct rtc *rtc = dev;

	if (offset)
		write_data(rtc, value);
	else
		rtc->index = value & (RTC_BYTES - 1);
}

static const struct bus_ops rtc_ops = { .unit = 1, .read = rtc_read, .write = rtc_write };

int rtc_init(struct rtc *rtc, struct bus *ports, struct timers *timers, struct irq *irq,
	     int64_t time)
{
	memset(rtc, 0, sizeof(*rtc));
	rtc->timers = timers;
	rtc->irq = irq;
	rtc->second.fire = second_over;
	rtc->second.arg = rtc;
	rtc->rate.fire = period_over;
	rtc->rate.arg = rtc;
	rtc->ahead = time - (int64_t)timers_now(timers);
	rtc->cmos[A] = A_DIVIDER | 6;
	rtc->cmos[B] = B_24H;
	rtc->cmos[D] = D_VALID;
	rtc->cmos[EQUIPMENT] = 0x06;	/* an FPU and a PS/2 port; no floppy, no display */
	show(rtc);
	if (bus_add(ports, "rtc", 0x70, 2, &rtc_ops, rtc))
		return -1;
	/* The index: it matters to accesses of the next port only. */
	return bus_allow(ports, 0x70, 1, BUS_POSTED);
}

static void put(struct rtc *rtc, unsigned int index, uint64_t value, unsigned int bytes)
{
	unsigned int i;

	for (i = 0; i < bytes; i++)
		rtc->cmos[index + i] = value >> 8 * i;
}

static uint64_t at_most(uint64_t value, uint64_t limit)
{
	return value < limit ? value : limit;
}

void rtc_set_memory(struct rtc *rtc, uint64_t below_4g, uint64_t above_4g)
{
	uint64_t above_1m = below_4g > 1 << 20 ? below_4g - (1 << 20) : 0;
	uint64_t above_16m = below_4g > 16 << 20 ? below_4g - (16 << 20) : 0;

	put(rtc, BASE_KB, 640, 2);
	put(rtc, EXTENDED_KB, at_most(above_1m >> 10, 0xffff), 2);
	put(rtc, EXTENDED_KB_FOUND, at_most(above_1m >> 10, 0xffff), 2);
	put(rtc, ABOVE_16M, at_most(above_16m >> 16, 0xffff), 2);
	put(rtc, ABOVE_4G, at_most(above_4g >> 16, 0xffffff), 3);
}
