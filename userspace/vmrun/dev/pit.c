// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the 8254. Nothing counts here: what a counter would show follows from when it
 * began; channel 0 has a deadline for its next edge. A new count takes effect at once,
 * in modes 2 and 3 too. Callers hold the devices' lock.
 */
#include <string.h>

#include "../bus.h"
#include "../irq.h"
#include "pit.h"

#define LOW		1
#define HIGH		2
#define BOTH		3

#define GATE2		0x01
#define SPEAKER		0x02
#define REFRESH		0x10
#define OUT2		0x20
#define REFRESH_TICKS	18	/* 15 us: memory is refreshed, and bit 4 of port 0x61 toggles */

static uint64_t to_ticks(uint64_t ns)
{
	return (__uint128_t)ns * PIT_HZ / NS_PER_S;
}

/* The first nanosecond of a tick. */
static uint64_t to_ns(uint64_t ticks)
{
	return ((__uint128_t)ticks * NS_PER_S + PIT_HZ - 1) / PIT_HZ;
}

static uint64_t ticks_now(struct pit *pit)
{
	return to_ticks(timers_now(pit->timers));
}

static bool periodic(const struct pit_channel *channel)
{
	return channel->mode == 2 || channel->mode == 3;
}

/* Modes 1 and 5 are started by the gate and don't stop for it. */
static bool triggered(const struct pit_channel *channel)
{
	return channel->mode == 1 || channel->mode == 5;
}

static uint64_t elapsed(const struct pit_channel *channel, uint64_t now)
{
	if (!channel->gate && !triggered(channel))
		return channel->stopped;
	return now - channel->start;
}

static bool output(const struct pit_channel *channel, uint64_t now)
{
	uint64_t ticks = elapsed(channel, now);

	if (!channel->counting)
		return channel->mode != 0;
	switch (channel->mode) {
	case 0:
	case 1:
		return ticks >= channel->count;
	case 2:
		return !channel->gate || ticks % channel->count != channel->count - 1;
	case 3:
		return !channel->gate || ticks % channel->count < (channel->count + 1) / 2;
	default:
		return ticks != channel->count;
	}
}

static unsigned int to_bcd(unsigned int value)
{
	return value % 10 | value / 10 % 10 << 4 | value / 100 % 10 << 8 | value / 1000 % 10 << 12;
}

static unsigned int from_bcd(unsigned int value)
{
	return (value & 15) + (value >> 4 & 15) * 10 + (value >> 8 & 15) * 100 +
	       (value >> 12 & 15) * 1000;
}

static uint16_t counter(const struct pit_channel *channel, uint64_t now)
{
	uint64_t ticks = elapsed(channel, now);
	uint64_t left;

	if (!channel->counting)
		left = channel->count;
	else if (channel->mode == 2)
		left = channel->count - ticks % channel->count;
	else if (channel->mode == 3)
		left = channel->count - 2 * ticks % channel->count;
	else
		left = channel->count - ticks;
	if (channel->bcd)
		return to_bcd((left % 10000 + 10000) % 10000);
	return left;
}

/* ---- channel 0's edges ---- */

/* The tick of the next rising edge after so many; UINT64_MAX if there is none. */
static uint64_t next_edge(const struct pit_channel *channel, uint64_t ticks)
{
	if (!channel->counting || triggered(channel))
		return UINT64_MAX;
	if (periodic(channel))
		return (ticks / channel->count + 1) * channel->count;
	if (ticks >= channel->count)
		return UINT64_MAX;
	return channel->count + (channel->mode == 4);	/* whose output is low for a tick */
}

static void plan(struct pit *pit, uint64_t ticks)
{
	struct pit_channel *channel = &pit->channel[0];
	uint64_t edge = next_edge(channel, ticks);

	if (edge == UINT64_MAX)
		timer_clear(pit->timers, &pit->timer);
	else
		timer_set(pit->timers, &pit->timer, to_ns(channel->start + edge));
}

static void edge(void *arg)
{
	struct pit *pit = arg;
	struct pit_channel *channel = &pit->channel[0];
	uint64_t ticks = elapsed(channel, ticks_now(pit));

	if (periodic(channel)) {
		uint64_t periods = ticks / channel->count;

		if (periods > pit->fired + 1)
			pit->late += periods - pit->fired - 1;
		pit->fired = periods;
	}
	irq_set(pit->irq, IRQ_PIT, false);
	irq_set(pit->irq, IRQ_PIT, true);
	plan(pit, ticks);
}

static void start(struct pit *pit, struct pit_channel *channel)
{
	channel->counting = true;
	channel->start = ticks_now(pit);
	channel->stopped = 0;
	if (channel != &pit->channel[0])
		return;
	pit->fired = 0;
	irq_set(pit->irq, IRQ_PIT, output(channel, channel->start));
	plan(pit, 0);
}

/* ---- ports ---- */

static void load(struct pit *pit, struct pit_channel *channel, uint16_t value)
{
	unsigned int count = channel->bcd ? from_bcd(value) : value;

	channel->count = count ? count : channel->bcd ? 10000 : 65536;
	if (!triggered(channel))
		start(pit, channel);
}

static void write_count(struct pit *pit, struct pit_channel *channel, uint8_t value)
{
	switch (channel->access) {
	case LOW:
		load(pit, channel, value);
		return;
	case HIGH:
		load(pit, channel, value << 8);
		return;
	}
	if (channel->wrote_low) {
		channel->wrote_low = false;
		load(pit, channel, value << 8 | channel->low);
		return;
	}
	channel->low = value;
	channel->wrote_low = true;
	if (channel->mode == 0)
		channel->counting = false;
}

static void latch_count(struct pit *pit, struct pit_channel *channel)
{
	if (channel->has_count)
		return;
	channel->latched = counter(channel, ticks_now(pit));
	channel->has_count = true;
}

static void latch_status(struct pit *pit, struct pit_channel *channel)
{
	if (channel->has_status)
		return;
	channel->status = output(channel, ticks_now(pit)) << 7 | (channel->count == 0) << 6 |
			  channel->access << 4 | channel->mode << 1 | channel->bcd;
	channel->has_status = true;
}

static uint8_t read_count(struct pit *pit, struct pit_channel *channel)
{
	uint16_t value;

	if (channel->has_status) {
		channel->has_status = false;
		return channel->status;
	}
	value = channel->has_count ? channel->latched : counter(channel, ticks_now(pit));
	if (channel->access == BOTH && !channel->read_low) {
		channel->read_low = true;
		return value;
	}
	channel->read_low = false;
	channel->has_count = false;
	return channel->access == LOW ? value : value >> 8;
}

static void read_back(struct pit *pit, uint8_t value)
{
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (!(value & 2 << i))
			continue;
		if (!(value & 0x20))
			latch_count(pit, &pit->channel[i]);
		if (!(value & 0x10))
			latch_status(pit, &pit->channel[i]);
	}
}

static void set_mode(struct pit *pit, struct pit_channel *channel, uint8_t value)
{
	bool gate = channel->gate;

	*channel = (struct pit_channel){
		.mode = (value >> 1 & 7) > 5 ? (value >> 1 & 3) : (value >> 1 & 7),
		.access = value >> 4 & 3,
		.bcd = value & 1,
		.gate = gate,
	};
	if (channel != &pit->channel[0])
		return;
	timer_clear(pit->timers, &pit->timer);
	irq_set(pit->irq, IRQ_PIT, channel->mode != 0);
}

static void control(struct pit *pit, uint8_t value)
{
	if (value >> 6 == 3)
		read_back(pit, value);
	else if (!(value & 0x30))
		latch_count(pit, &pit->channel[value >> 6]);
	else
		set_mode(pit, &pit->channel[value >> 6], value);
}

static uint64_t pit_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pit *pit = dev;

	return offset == 3 ? 0xff : read_count(pit, &pit->channel[offset]);
}

static void pit_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pit *pit = dev;

	if (offset == 3)
		control(pit, value);
	else
		write_count(pit, &pit->channel[offset], value);
}

static void set_gate(struct pit *pit, struct pit_channel *channel, bool gate)
{
	uint64_t now = ticks_now(pit);

	if (gate == channel->gate)
		return;
	if (!gate)
		channel->stopped = elapsed(channel, now);
	channel->gate = gate;
	if (!gate || !channel->count)
		return;
	if (triggered(channel) || periodic(channel))
		start(pit, channel);
	else
		channel->start = now - channel->stopped;
}

static uint64_t port61_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pit *pit = dev;
	uint64_t now = ticks_now(pit);

	return pit->port61 | (now / REFRESH_TICKS & 1 ? REFRESH : 0) |
	       (output(&pit->channel[2], now) ? OUT2 : 0);
}

static void port61_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pit *pit = dev;

	pit->port61 = value & (GATE2 | SPEAKER);
	set_gate(pit, &pit->channel[2], value & GATE2);
}

static const struct bus_ops pit_ops = { .unit = 1, .read = pit_read, .write = pit_write };
static const struct bus_ops port61_ops = { .unit = 1, .read = port61_read, .write = port61_write };

int pit_init(struct pit *pit, struct bus *ports, struct timers *timers, struct irq *irq)
{
	memset(pit, 0, sizeof(*pit));
	pit->timers = timers;
	pit->irq = irq;
	pit->timer.fire = edge;
	pit->timer.arg = pit;
	pit->channel[0].gate = true;
	pit->channel[1].gate = true;
	pit->channel[0].access = BOTH;
	pit->channel[1].access = BOTH;
	pit->channel[2].access = BOTH;
	if (bus_add(ports, "pit", 0x40, 4, &pit_ops, pit) ||
	    bus_add(ports, "port61", 0x61, 1, &port61_ops, pit))
		return -1;
	return 0;
}
