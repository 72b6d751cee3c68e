/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the pair of 8259A interrupt controllers, with the edge/level registers. */
#ifndef VMRUN_DEV_PIC_H
#define VMRUN_DEV_PIC_H

#include <stdbool.h>
#include <stdint.h>

struct bus;

struct pic_chip {
	uint8_t irr, isr, imr;
	uint8_t line;		/* levels on the pins */
	uint8_t elcr;		/* which pins are level-triggered */
	uint8_t base;		/* of the vectors */
	uint8_t lowest;		/* pin with the lowest priority */
	uint8_t icw;		/* the next initialization word: 2 to 4, or 0 */
	bool wants_icw4, single;
	bool auto_eoi, rotate_auto, special_mask, fully_nested;
	bool read_isr, poll;
};

struct pic {
	void (*output)(void *arg, bool level);	/* the wire to the vCPU, on a change */
	void *arg;
	/* of pic.c */
	struct pic_chip chip[2];	/* the one at 0x20, the one at 0xa0 */
	bool out;
};

/**
 * pic_init() - a pair as it is after power-on, at its ports
 * @pic: output and arg are set
 * @ports: the bus
 *
 * Return: 0, or -1.
 */
int pic_init(struct pic *pic, struct bus *ports);

/**
 * pic_set_line() - a device's line changes
 * @pic: the pair
 * @line: 0 to 15, but for 2
 * @level: what is on it now
 */
void pic_set_line(struct pic *pic, unsigned int line, bool level);

/**
 * pic_acknowledge() - the vCPU's two INTA cycles
 * @pic: the pair
 *
 * Return: the vector; of pin 7 if the request is gone.
 */
uint8_t pic_acknowledge(struct pic *pic);

#endif
