// SPDX-License-Identifier: GPL-2.0
/* Owns the keyboard controller. Callers hold the devices' lock. */
#include <string.h>

#include "../bus.h"
#include "../irq.h"
#include "i8042.h"
#include "power.h"

#define STATUS_OUTPUT	0x01	/* there is something to read */
#define STATUS_SYSTEM	0x04
#define STATUS_COMMAND	0x08
#define STATUS_UNLOCKED	0x10

#define CONFIG_IRQ	0x01
#define CONFIG_SYSTEM	0x04
#define CONFIG_NO_KEYS	0x10
#define CONFIG_NO_MOUSE	0x20
#define CONFIG_XLATE	0x40

#define OUTPUT_NO_RESET	0x01
#define OUTPUT_A20	0x02

#define READ_CONFIG	0x20
#define WRITE_CONFIG	0x60
#define DISABLE_MOUSE	0xa7
#define ENABLE_MOUSE	0xa8
#define TEST_MOUSE	0xa9
#define SELF_TEST	0xaa
#define TEST_KEYBOARD	0xab
#define DISABLE_KEYS	0xad
#define ENABLE_KEYS	0xae
#define READ_OUTPUT	0xd0
#define WRITE_OUTPUT	0xd1
#define WRITE_QUEUE	0xd2
#define WRITE_MOUSE	0xd4
#define PULSE		0xf0	/* to 0xff: the zeroes are the lines */

#define KEYBOARD_ACK	0xfa
#define KEYBOARD_OK	0xaa
#define NO_PORT		0x01	/* what the test of a port without wires says */

#define DATA	0x60
#define COMMAND	0x64

static uint8_t status(const struct i8042 *i8042)
{
	return STATUS_UNLOCKED | (i8042->count ? STATUS_OUTPUT : 0) |
	       (i8042->config & CONFIG_SYSTEM ? STATUS_SYSTEM : 0) |
	       (i8042->wrote_command ? STATUS_COMMAND : 0);
}

static void update(struct i8042 *i8042)
{
	bus_show(i8042->ports, COMMAND, status(i8042));
	irq_set(i8042->irq, IRQ_KEYBOARD, i8042->count && i8042->config & CONFIG_IRQ);
}

static void queue(struct i8042 *i8042, uint8_t byte)
{
	if (i8042->count < I8042_QUEUE)
		i8042->queue[i8042->count++] = byte;
}

static void reset(struct i8042 *i8042)
{
	i8042->power->event(i8042->power->arg, POWER_RESET, 0);
}

static void write_output(struct i8042 *i8042, uint8_t value)
{
	if (!(value & OUTPUT_NO_RESET))
		reset(i8042);
	i8042->output_port = value;
}

static void command(struct i8042 *i8042, uint8_t value)
{
	i8042->command = 0;
	switch (value) {
	case READ_CONFIG:
		queue(i8042, i8042->config);
		break;
	case DISABLE_MOUSE:
		i8042->config |= CONFIG_NO_MOUSE;
		break;
	case ENABLE_MOUSE:
		i8042->config &= ~CONFIG_NO_MOUSE;
		break;
	case TEST_MOUSE:
		queue(i8042, NO_PORT);
		break;
	case SELF_TEST:
		i8042->config |= CONFIG_SYSTEM;
		queue(i8042, 0x55);
		break;
	case TEST_KEYBOARD:
		queue(i8042, 0);
		break;
	case DISABLE_KEYS:
		i8042->config |= CONFIG_NO_KEYS;
		break;
	case ENABLE_KEYS:
		i8042->config &= ~CONFIG_NO_KEYS;
		break;
	case READ_OUTPUT:
		queue(i8042, i8042->output_port);
		break;
	case WRITE_CONFIG:
	case WRITE_OUTPUT:
	case WRITE_QUEUE:
	case WRITE_MOUSE:
		i8042->command = value;
		break;
	default:
		if (value >= PULSE && !(value & 1))
			reset(i8042);
		break;
	}
}

/* A keyboard acknowledges everything; some commands have a parameter or an answer. */
static void keyboard(struct i8042 *i8042, uint8_t value)
{
	queue(i8042, KEYBOARD_ACK);
	if (i8042->keyboard_command) {
		if (i8042->keyboard_command == 0xf0 && !value)
			queue(i8042, 2);	/* scan-code set */
		i8042->keyboard_command = 0;
		return;
	}
	switch (value) {
	case 0xed:	/* lights */
	case 0xf0:	/* scan-code set */
	case 0xf3:	/* repeat rate */
		i8042->keyboard_command = value;
		break;
	case 0xee:	/* echo, in place of the acknowledgment */
		i8042->queue[i8042->count - 1] = value;
		break;
	case 0xf2:	/* who are you */
		queue(i8042, 0xab);
		queue(i8042, i8042->config & CONFIG_XLATE ? 0x41 : 0x83);
		break;
	case 0xff:	/* reset */
		queue(i8042, KEYBOARD_OK);
		break;
	}
}

static void data(struct i8042 *i8042, uint8_t value)
{
	uint8_t for_command = i8042->command;

	i8042->command = 0;
	switch (for_command) {
	case WRITE_CONFIG:
		i8042->config = value;
		break;
	case WRITE_OUTPUT:
		write_output(i8042, value);
		break;
	case WRITE_QUEUE:
		queue(i8042, value);
		break;
	case WRITE_MOUSE:	/* there is none, and nobody answers */
		break;
	default:
		keyboard(i8042, value);
		break;
	}
}

static uint8_t take(struct i8042 *i8042)
{
	uint8_t byte = i8042->queue[0];

	if (!i8042->count)
		return byte;
	memmove(i8042->queue, i8042->queue + 1, sizeof(i8042->queue) - 1);
	i8042->count--;
	irq_set(i8042->irq, IRQ_KEYBOARD, false);	/* each byte is an edge of its own */
	update(i8042);
	return byte;
}

static uint64_t data_read(void *dev, uint64_t offset, unsigned int size)
{
	return take(dev);
}

static void data_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct i8042 *i8042 = dev;

	i8042->wrote_command = false;
	data(i8042, value);
	update(i8042);
}

static uint64_t status_read(void *dev, uint64_t offset, unsigned int size)
{
	return status(dev);
}

static void command_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct i8042 *i8042 = dev;

	i8042->wrote_command = true;
	command(i8042, value);
	update(i8042);
}

static const struct bus_ops data_ops = { .unit = 1, .read = data_read, .write = data_write };
static const struct bus_ops command_ops = {
	.unit = 1, .read = status_read, .write = command_write,
};

int i8042_init(struct i8042 *i8042, struct bus *ports, struct irq *irq, struct power *power)
{
	memset(i8042, 0, sizeof(*i8042));
	i8042->irq = irq;
	i8042->ports = ports;
	i8042->power = power;
	i8042->config = CONFIG_SYSTEM | CONFIG_XLATE | CONFIG_NO_MOUSE;
	i8042->output_port = OUTPUT_NO_RESET | OUTPUT_A20;
	if (bus_add(ports, "i8042", DATA, 1, &data_ops, i8042) ||
	    bus_add(ports, "i8042", COMMAND, 1, &command_ops, i8042) ||
	    bus_allow(ports, COMMAND, 1, BUS_MIRRORED))
		return -1;
	update(i8042);
	return 0;
}
