/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a vCPU that isn't one: the kernel's side of a ring in ordinary memory, as
 * vmring_ring.h has it, driven by a test.
 */
#ifndef VMRUN_TEST_FAKE_RING_H
#define VMRUN_TEST_FAKE_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "exitq.h"
#include "ring.h"

#define FAKE_ENTRIES	8

struct fake {
	struct {
		struct vmr_area_ro head;
		struct vmr_exit entries[FAKE_ENTRIES];
	} ro;
	struct {
		struct vmr_area_rw head;
		uint8_t bulk[4096];
	} rw;
	struct ring ring;		/* user space's side of it */
	uint32_t produced;
	int bell;			/* eventfd of the consumer, -1: none */
	int kick;			/* eventfd that the vCPU sleeps on */
	uint64_t rung, kicks;
};

/**
 * fake_init() - an empty ring
 * @fake: what is filled in
 */
void fake_init(struct fake *fake);

/**
 * fake_end() - close what it had
 * @fake: from fake_init()
 */
void fake_end(struct fake *fake);

/**
 * fake_publish() - the guest did something
 * @fake: its vCPU
 * @entry: what; seq is filled in
 *
 * Return: whether there was room for it: a posted one leaves the last slot.
 */
bool fake_publish(struct fake *fake, struct vmr_exit entry);

/**
 * fake_answered() - has the synchronous entry that was published last been passed?
 * @fake: the vCPU
 */
bool fake_answered(const struct fake *fake);

/**
 * fake_sleep() - wait until it has, as a vCPU that sleeps does
 * @fake: the vCPU; fake_wake() is what its VMR_KICK_WAKE is
 */
void fake_sleep(struct fake *fake);
void fake_wake(void *fake);

#endif
