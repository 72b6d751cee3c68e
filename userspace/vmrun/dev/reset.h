/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the ports that reset a PC: 0xcf9 and 0x92. */
#ifndef VMRUN_DEV_RESET_H
#define VMRUN_DEV_RESET_H

#include <stdint.h>

struct bus;
struct power;

struct reset {
	uint8_t control;	/* 0xcf9 */
	uint8_t fast;		/* 0x92 */
	struct power *power;
};

/**
 * reset_init() - put them on the bus
 * @reset: what is filled in
 * @ports: the bus
 * @power: who is told
 *
 * Return: 0, or -1.
 */
int reset_init(struct reset *reset, struct bus *ports, struct power *power);

#endif
