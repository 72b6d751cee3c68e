/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the 8254 interval timer, and port 0x61 with its gate and its output. */
#ifndef VMRUN_DEV_PIT_H
#define VMRUN_DEV_PIT_H

#include <stdbool.h>
#include <stdint.h>

#include "../timer.h"

struct bus;
struct irq;

#define PIT_HZ	1193182

struct pit_channel {
	uint8_t mode, access;	/* as the control word has them */
	bool bcd;
	bool gate;
	bool counting;		/* has a count, and has begun */
	uint32_t count;		/* 1 to 65536 */
	uint64_t start;		/* tick at which it began, if the gate is open */
	uint64_t stopped;	/* ticks it had counted when the gate shut */
	uint8_t low;		/* the byte that came first */
	bool wrote_low, read_low;
	bool has_count, has_status;	/* latched */
	uint16_t latched;
	uint8_t status;
};

/* By the devices' lock. */
struct pit {
	struct pit_channel channel[3];
	uint8_t port61;		/* bits 1:0 as written */
	uint64_t fired;		/* periods of channel 0 that are over */
	uint64_t late;		/* of these, how many passed unseen, the host being slow */
	struct timer timer;
	struct timers *timers;
	struct irq *irq;
};

/**
 * pit_init() - a timer that doesn't count yet, at its ports
 * @pit: what is filled in
 * @ports: the bus
 * @timers: its clock
 * @irq: channel 0 is wired to line 0
 *
 * Return: 0, or -1.
 */
int pit_init(struct pit *pit, struct bus *ports, struct timers *timers, struct irq *irq);

#endif
