/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the machine's interrupt lines: 16 of them into the PIC pair, and the one wire
 * from there to the vCPU. Devices know a line's number and nothing of who listens.
 */
#ifndef VMRUN_IRQ_H
#define VMRUN_IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct pic;

#define IRQ_LINES	16
#define IRQ_PIT		0
#define IRQ_KEYBOARD	1
#define IRQ_COM1	4
#define IRQ_RTC		8
#define IRQ_SCI		9

/* By the devices' lock. */
struct irq {
	struct pic *pic;
	bool level[IRQ_LINES];		/* what the device has on its line */
	uint64_t raised[IRQ_LINES];	/* how often it went up */
};

/**
 * irq_set() - put a level on a line
 * @irq: the lines
 * @line: which
 * @level: up or down; no change does nothing
 */
void irq_set(struct irq *irq, unsigned int line, bool level);

/**
 * irq_acknowledge() - the vCPU takes an interrupt
 * @irq: the lines
 *
 * Return: its vector.
 */
uint8_t irq_acknowledge(struct irq *irq);

#endif
