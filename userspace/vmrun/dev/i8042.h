/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the keyboard controller: enough for a kernel to find it, with a keyboard that
 * nobody types on and no mouse, and the pulse that resets the machine.
 */
#ifndef VMRUN_DEV_I8042_H
#define VMRUN_DEV_I8042_H

#include <stdbool.h>
#include <stdint.h>

struct bus;
struct irq;
struct power;

#define I8042_QUEUE	16

/* By the devices' lock. */
struct i8042 {
	uint8_t config;			/* byte 0 of its memory */
	uint8_t output_port;
	uint8_t command;		/* that waits for its parameter, or 0 */
	uint8_t keyboard_command;	/* the same */
	bool wrote_command;		/* the last write was to 0x64 */
	uint8_t queue[I8042_QUEUE];	/* what port 0x60 will read */
	unsigned int count;
	struct bus *ports;
	struct irq *irq;
	struct power *power;
};

/**
 * i8042_init() - put it on the bus
 * @i8042: what is filled in
 * @ports: the bus
 * @irq: it is wired to line 1
 * @power: who is told of a reset
 *
 * Return: 0, or -1.
 */
int i8042_init(struct i8042 *i8042, struct bus *ports, struct irq *irq, struct power *power);

#endif
