// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the reset ports. 0xcf9 lies within the four ports at 0xcf8, which as a whole are
 * the address of PCI's configuration space: there is no PCI, and they read all ones. A20
 * is always on. Callers hold the devices' lock.
 */
#include <string.h>

#include "../bus.h"
#include "power.h"
#include "reset.h"

#define CONTROL		1	/* offset of 0xcf9 */
#define CONTROL_SYSTEM	0x02	/* the machine, not just the CPU: all the same to us */
#define CONTROL_RESET	0x04
#define FAST_RESET	0x01
#define FAST_A20	0x02

static uint64_t control_read(void *dev, uint64_t offset, unsigned int size)
{
	struct reset *reset = dev;

	return size == 1 && offset == CONTROL ? reset->control : ~0ull;
}

static void control_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct reset *reset = dev;

	if (size != 1 || offset != CONTROL)
		return;
	if (value & ~reset->control & CONTROL_RESET)
		reset->power->event(reset->power->arg, POWER_RESET, 0);
	reset->control = value & (CONTROL_SYSTEM | CONTROL_RESET);
}

static uint64_t fast_read(void *dev, uint64_t offset, unsigned int size)
{
	struct reset *reset = dev;

	return reset->fast | FAST_A20;
}

static void fast_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct reset *reset = dev;

	if (value & ~reset->fast & FAST_RESET)
		reset->power->event(reset->power->arg, POWER_RESET, 0);
	reset->fast = value & FAST_RESET;
}

static const struct bus_ops control_ops = {
	.unit = 4, .read = control_read, .write = control_write,
};

static const struct bus_ops fast_ops = { .unit = 1, .read = fast_read, .write = fast_write };

int reset_init(struct reset *reset, struct bus *ports, struct power *power)
{
	memset(reset, 0, sizeof(*reset));
	reset->power = power;
	if (bus_add(ports, "reset", 0xcf8, 4, &control_ops, reset) ||
	    bus_add(ports, "reset", 0x92, 1, &fast_ops, reset))
		return -1;
	return 0;
}
