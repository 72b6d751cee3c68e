/* SPDX-License-Identifier: GPL-2.0 */
/* Owns a machine: its memory, its buses, its devices, its vCPU, and how it ended. */
#ifndef VMRUN_VM_H
#define VMRUN_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bus.h"
#include "console.h"
#include "consumer.h"
#include "dev/debug.h"
#include "dev/fw_cfg.h"
#include "dev/i8042.h"
#include "dev/pic.h"
#include "dev/pit.h"
#include "dev/pm.h"
#include "dev/power.h"
#include "dev/reset.h"
#include "dev/rtc.h"
#include "dev/test.h"
#include "dev/uart.h"
#include "exitq.h"
#include "irq.h"
#include "loop.h"
#include "memory.h"
#include "opts.h"
#include "say.h"
#include "vcpu.h"

struct vm {
	/* Constant after vm_create() */
	const struct options *options;
	struct loop *loop;
	struct console *console;
	struct backend_vm *backend;
	struct memory memory;
	/* By the devices' lock */
	struct bus ports, mmio;
	struct irq irq;
	struct power power;
	struct pic pic;
	struct pit pit;
	struct rtc rtc;
	struct uart uart;
	struct i8042 i8042;
	struct pm pm;
	struct reset reset;
	struct debug debug;
	struct fw_cfg fw_cfg;
	struct e820_entry e820[E820_MOST];	/* what that shows */
	struct test_device test;
	struct exitq exitq;
	struct consumer consumer;
	struct vcpu vcpu;
	bool has_vcpu;
	bool ended, begins_again;
	int status;		/* why it ended: enum status, or --debug-exit's */
};

/**
 * vm_create() - a machine with the guest in its memory
 * @vm: what is filled in
 * @options: what it is like
 * @loop: who calls its devices
 * @console: where its serial port leads
 *
 * Return: STATUS_OFF, or a status to end with (said why).
 */
enum status vm_create(struct vm *vm, const struct options *options, struct loop *loop,
		      struct console *console);

/**
 * vm_run() - run it until it ends
 * @vm: from vm_create()
 *
 * Return: its status; begins_again says whether there is to be another.
 */
int vm_run(struct vm *vm);

/**
 * vm_end() - it ends; the first reason counts
 * @vm: the machine
 * @status: why
 *
 * Context: any thread, by the devices' lock.
 */
void vm_end(struct vm *vm, int status);

/**
 * vm_stats() - what happened in it, for a person
 * @vm: not running
 * @to: where it is printed
 */
void vm_stats(struct vm *vm, FILE *to);

/**
 * vm_destroy() - the end of it
 * @vm: from vm_create(), whatever that returned
 */
void vm_destroy(struct vm *vm);

#endif
