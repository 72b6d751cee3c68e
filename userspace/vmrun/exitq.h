/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the taking of exits: the rings of all vCPUs are one queue, in the order of their
 * stamps. So whoever answers a synchronous exit has taken before what was posted before it,
 * by whichever vCPU. Any thread may take, by the devices' lock.
 */
#ifndef VMRUN_EXITQ_H
#define VMRUN_EXITQ_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

/* An exit as it is taken. */
struct exit {
	const struct vmr_exit *entry;
	void *data;		/* what is written; else where the answer is to go */
	unsigned int count;	/* of elements of entry->size bytes; 1 but for strings */
};

/* How exits are taken: consumer.h. */
enum exits_mode {
	EXITS_INLINE,
	EXITS_POLL,
	EXITS_EVENTFD,
	EXITS_URING,
};

#define EXITS_MODES	4

extern const char *const exits_mode_names[EXITS_MODES];

enum verdict {
	EXIT_TAKEN,		/* posted, or answered: on with the next */
	EXIT_STANDS,		/* the vCPU stands still until exitq_finish() */
};

struct exitq_source {
	/* Constant after exitq_add() */
	struct ring *ring;
	enum verdict (*act)(void *arg, struct exit *exit);
	void (*collect)(void *arg);	/* fills the ring with what there is; or NULL */
	void (*wake)(void *arg);	/* its vCPU sleeps, and was answered; or NULL */
	void *arg;
	/* By the devices' lock */
	bool stands;			/* its first entry does */
	uint64_t posted, synchronous, wakes;
};

#define EXITQ_BATCH	256		/* so many are taken before others get the lock */

/* By the devices' lock. */
struct exitq {
	struct exitq_source *source[VMR_MAX_VCPUS];
	unsigned int count;
	uint64_t batches;		/* how often something was taken */
};

/**
 * exitq_add() - a vCPU's exits come in here
 * @queue: zeroed, or with vCPUs already
 * @source: its ring and who acts on its exits
 */
void exitq_add(struct exitq *queue, struct exitq_source *source);

/**
 * exitq_take() - act on what is there, in order
 * @queue: the queue
 *
 * Return: whether it should be called again, after others had the lock.
 */
bool exitq_take(struct exitq *queue);

/**
 * exitq_finish() - the exit that stands is over
 * @source: whose; nothing happens if none of its does
 */
void exitq_finish(struct exitq_source *source);

/**
 * exitq_waiting() - would exitq_take() find something?
 * @queue: the queue
 *
 * Context: any thread; while others take the answer is a guess.
 * Return: whether it would.
 */
bool exitq_waiting(const struct exitq *queue);

/**
 * exitq_seen() - up to where there is nothing to do
 * @source: the source
 *
 * Return: a producer's index: of a later one there is something.
 */
uint32_t exitq_seen(const struct exitq_source *source);

/**
 * exitq_may_sleep() - have the kernel signal the rings' eventfd at the next entry
 * @queue: the queue
 *
 * Return: whether the consumer may sleep; else there is something.
 */
bool exitq_may_sleep(struct exitq *queue);

/**
 * exitq_awake() - no signal is wanted
 * @queue: the queue
 */
void exitq_awake(struct exitq *queue);

#endif
