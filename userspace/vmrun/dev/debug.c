// SPDX-License-Identifier: GPL-2.0
/* Owns the debug ports. Callers hold the devices' lock. */
#include "../bus.h"
#include "debug.h"
#include "power.h"

#define CODE	0x80
#define CONSOLE	0xe9
#define CONSOLE_TOO	0x402
#define HERE	0xe9	/* what the console's ports read: it is there */

static uint64_t code_read(void *dev, uint64_t offset, unsigned int size)
{
	struct debug *debug = dev;

	return debug->code;
}

static void code_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct debug *debug = dev;

	debug->code = value;
	bus_show(debug->ports, CODE, value);
}

static uint64_t console_read(void *dev, uint64_t offset, unsigned int size)
{
	return HERE;
}

static void console_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct debug *debug = dev;

	debug->print(debug->arg, value);
}

static uint64_t exit_read(void *dev, uint64_t offset, unsigned int size)
{
	return ~0ull;
}

static void exit_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct debug *debug = dev;

	debug->power->event(debug->power->arg, POWER_DEBUG_EXIT, value);
}

static const struct bus_ops code_ops = { .unit = 1, .read = code_read, .write = code_write };
static const struct bus_ops console_ops = {
	.unit = 1, .read = console_read, .write = console_write,
};

static const struct bus_ops exit_ops = { .unit = 4, .read = exit_read, .write = exit_write };

static int add_console(struct debug *debug, uint16_t port)
{
	if (bus_add(debug->ports, "debug", port, 1, &console_ops, debug) ||
	    bus_allow(debug->ports, port, 1, BUS_POSTED | BUS_MIRRORED))
		return -1;
	bus_show(debug->ports, port, HERE);
	return 0;
}

/* A code says how far a guest has come: none but itself depends on when it is heard. */
int debug_init(struct debug *debug, struct bus *ports)
{
	debug->code = 0;
	debug->ports = ports;
	if (bus_add(ports, "post", CODE, 1, &code_ops, debug) ||
	    bus_allow(ports, CODE, 1, BUS_POSTED | BUS_MIRRORED) ||
	    add_console(debug, CONSOLE) || add_console(debug, CONSOLE_TOO))
		return -1;
	return 0;
}

int debug_add_exit(struct debug *debug, struct bus *ports, uint16_t port)
{
	return bus_add(ports, "debug-exit", port, 4, &exit_ops, debug);
}
