// SPDX-License-Identifier: GPL-2.0
/*
 * Owns ACPI's fixed hardware. The timer has 32 bits and raises nothing. Callers hold the
 * devices' lock.
 */
#include <string.h>

#include "../bus.h"
#include "../irq.h"
#include "../timer.h"
#include "pm.h"
#include "power.h"

#define EVENT_GLOBAL	0x0020
#define EVENT_BUTTON	0x0100
#define EVENT_RTC	0x0400
#define EVENTS_ENABLED	(EVENT_GLOBAL | EVENT_BUTTON | EVENT_RTC | 0x0001)

#define CONTROL_SCI	0x0001	/* the system is ACPI's, and always was */
#define CONTROL_TYPE(control)	((control) >> 10 & 7)
#define CONTROL_SLEEP	0x2000

static void update(struct pm *pm)
{
	irq_set(pm->irq, IRQ_SCI, pm->status & pm->enable);
}

static uint16_t *register_of(struct pm *pm, uint64_t offset)
{
	return offset < 2 ? &pm->status : &pm->enable;
}

/* A byte of a register, or the whole. */
static uint64_t event_read(void *dev, uint64_t offset, unsigned int size)
{
	return *register_of(dev, offset) >> 8 * (offset & 1);
}

static void event_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pm *pm = dev;
	uint16_t mask = size == 1 ? 0xff << 8 * (offset & 1) : 0xffff;
	uint16_t bits = value << 8 * (offset & 1);

	if (offset < 2)
		pm->status &= ~(bits & mask);
	else
		pm->enable = ((pm->enable & ~mask) | (bits & mask)) & EVENTS_ENABLED;
	update(pm);
}

static uint64_t control_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pm *pm = dev;

	return (pm->control | CONTROL_SCI) >> 8 * offset;
}

static void control_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct pm *pm = dev;
	uint16_t mask = size == 1 ? 0xff << 8 * offset : 0xffff;
	uint16_t control = (pm->control & ~mask) | (value << 8 * offset & mask);

	if (control & CONTROL_SLEEP && CONTROL_TYPE(control) == PM_SLEEP_OFF)
		pm->power->event(pm->power->arg, POWER_OFF, 0);
	pm->control = control & ~CONTROL_SLEEP;
}

static uint64_t timer_read(void *dev, uint64_t offset, unsigned int size)
{
	struct pm *pm = dev;
	uint32_t ticks = (__uint128_t)timers_now(pm->timers) * PM_TIMER_HZ / NS_PER_S;

	return ticks >> 8 * offset;
}

static void timer_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
}

void pm_power_button(struct pm *pm)
{
	pm->status |= EVENT_BUTTON;
	update(pm);
}

static const struct bus_ops event_ops = { .unit = 2, .read = event_read, .write = event_write };
static const struct bus_ops control_ops = {
	.unit = 2, .read = control_read, .write = control_write,
};

static const struct bus_ops timer_ops = { .unit = 4, .read = timer_read, .write = timer_write };

int pm_init(struct pm *pm, struct bus *ports, struct timers *timers, struct irq *irq,
	    struct power *power)
{
	memset(pm, 0, sizeof(*pm));
	pm->timers = timers;
	pm->irq = irq;
	pm->power = power;
	if (bus_add(ports, "pm1a-event", PM_EVENT, 4, &event_ops, pm) ||
	    bus_add(ports, "pm1a-control", PM_CONTROL, 2, &control_ops, pm) ||
	    bus_add(ports, "pm-timer", PM_TIMER, 4, &timer_ops, pm))
		return -1;
	return 0;
}
