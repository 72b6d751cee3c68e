/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns who takes the exits of vCPUs, and how he waits for the next one:
 *
 *	inline	the vCPU's own thread, when RUN returns
 *	poll	a thread that looks at the rings all the time
 *	eventfd	the loop's thread, which sleeps on an eventfd
 *	uring	the loop's thread, which waits by a command of io_uring
 *
 * In all but the first RUN stays in the kernel while the guest runs: it is served.
 */
#ifndef VMRUN_CONSUMER_H
#define VMRUN_CONSUMER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <vmring.h>

#include "exitq.h"
#include "loop.h"
#include "timer.h"

struct consumer;

/* One vCPU's VMR_WAIT. */
struct waiter {
	struct consumer *consumer;
	struct exitq_source *source;
	int fd;				/* the vCPU's */
	struct loop_op op;
	struct vmr_wait args;
	bool waits;			/* the command is the kernel's */
	bool wake;			/* the next one is to wake the vCPU, too */
};

/* By the devices' lock, but for what is marked. */
struct consumer {
	/* Constant after consumer_create() */
	enum exits_mode mode;
	struct exitq *queue;
	struct loop *loop;
	int eventfd;			/* -1: none */
	struct timer look;		/* inline: what was gathered is taken now and then */
	/* of the poller */
	pthread_t thread;
	atomic_bool stop;		/* any thread */
	/* of the loop's ways */
	uint64_t value;			/* what reading the eventfd gives */
	struct loop_op op;
	struct loop_op again;
	bool waits;			/* op is the kernel's */
	bool goes_on;			/* again is */
	bool started;
	struct waiter waiter[VMR_MAX_VCPUS];
	unsigned int waiters;
	uint64_t sleeps, woken;		/* how often it slept, and was woken */
};

/**
 * consumer_create() - decide how exits are taken
 * @consumer: what is filled in
 * @mode: how
 * @queue: whose exits
 * @loop: the event loop
 *
 * Return: 0, or -1 (said why).
 */
int consumer_create(struct consumer *consumer, enum exits_mode mode, struct exitq *queue,
		    struct loop *loop);

/**
 * consumer_add() - a vCPU is to be waited for
 * @consumer: the consumer
 * @source: its exits, in the queue already
 * @fd: its file
 */
void consumer_add(struct consumer *consumer, struct exitq_source *source, int fd);

/**
 * consumer_wake() - a vCPU sleeps, and its exit is answered
 * @consumer: the consumer
 * @source: whose
 *
 * Context: any thread, by the devices' lock.
 * Return: whether the consumer does it on its way; else VMR_KICK_WAKE is due.
 */
bool consumer_wake(struct consumer *consumer, struct exitq_source *source);

/**
 * consumer_start() - take exits from now on
 * @consumer: from consumer_create()
 *
 * Context: the loop's thread, before loop_run().
 * Return: 0, or -1 (said why).
 */
int consumer_start(struct consumer *consumer);

/**
 * consumer_stop() - take none any more; nothing is left in the loop
 * @consumer: started or not
 *
 * Context: the loop's thread, after loop_run(); not with the devices' lock.
 */
void consumer_stop(struct consumer *consumer);

/**
 * consumer_destroy() - the end of it
 * @consumer: stopped, or zeroed
 */
void consumer_destroy(struct consumer *consumer);

#endif
