/* SPDX-License-Identifier: GPL-2.0 */
/* Owns how a device says that the guest ends the machine. */
#ifndef VMRUN_DEV_POWER_H
#define VMRUN_DEV_POWER_H

#include <stdint.h>

enum power_event {
	POWER_OFF,
	POWER_RESET,
	POWER_DEBUG_EXIT,	/* with the value that the guest wrote */
};

/* Whoever owns the machine fills it in; devices call it by the devices' lock. */
struct power {
	void (*event)(void *arg, enum power_event event, uint32_t value);
	void *arg;
};

#endif
