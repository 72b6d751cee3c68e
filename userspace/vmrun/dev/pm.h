/* SPDX-License-Identifier: GPL-2.0 */
/* Owns ACPI's fixed hardware: the PM1a blocks and the power-management timer. */
#ifndef VMRUN_DEV_PM_H
#define VMRUN_DEV_PM_H

#include <stdint.h>

struct bus;
struct irq;
struct power;
struct timers;

#define PM_EVENT	0x600	/* status, enable: two bytes each */
#define PM_CONTROL	0x604
#define PM_TIMER	0x608
#define PM_TIMER_HZ	3579545
#define PM_SLEEP_OFF	5	/* SLP_TYP of \_S5 */

/* By the devices' lock. */
struct pm {
	uint16_t status, enable, control;
	struct timers *timers;
	struct irq *irq;
	struct power *power;
};

/**
 * pm_init() - put them on the bus
 * @pm: what is filled in
 * @ports: the bus
 * @timers: the clock of the timer
 * @irq: the SCI is line 9
 * @power: who is told of power-off
 *
 * Return: 0, or -1.
 */
int pm_init(struct pm *pm, struct bus *ports, struct timers *timers, struct irq *irq,
	    struct power *power);

/**
 * pm_power_button() - somebody presses it
 * @pm: the blocks
 */
void pm_power_button(struct pm *pm);

#endif
