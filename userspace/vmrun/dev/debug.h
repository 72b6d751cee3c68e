/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the ports for people who write guests: 0x80 (power-on codes), 0xe9 and 0x402
 * (a console that needs no set-up), and the one that ends vmrun (--debug-exit).
 */
#ifndef VMRUN_DEV_DEBUG_H
#define VMRUN_DEV_DEBUG_H

#include <stdint.h>

struct bus;
struct power;

/* By the devices' lock. */
struct debug {
	void (*print)(void *arg, uint8_t byte);	/* the debug console */
	void *arg;
	struct power *power;
	/* of debug.c */
	struct bus *ports;
	uint8_t code;		/* the last one written to 0x80 */
};

/**
 * debug_init() - put 0x80, 0xe9 and 0x402 on the bus
 * @debug: print, arg and power are set
 * @ports: the bus
 *
 * Return: 0, or -1.
 */
int debug_init(struct debug *debug, struct bus *ports);

/**
 * debug_add_exit() - put the port there that ends vmrun
 * @debug: after debug_init()
 * @ports: the bus
 * @port: the first of four, for any width of write
 *
 * Return: 0, or -1.
 */
int debug_add_exit(struct debug *debug, struct bus *ports, uint16_t port);

#endif
