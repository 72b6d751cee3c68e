/* SPDX-License-Identifier: GPL-2.0 */
/* Owns an event loop for tests, which goes on a step at a time. */
#ifndef VMRUN_TEST_FAKE_LOOP_H
#define VMRUN_TEST_FAKE_LOOP_H

#include <stdbool.h>

#include "loop.h"

struct fake_request {
	struct loop_op *op;
	int fd;			/* -1: is done at once */
	void *data;		/* of a read or a write, NULL: what is waited for stays there */
	size_t size;
	bool is_command, is_write, is_cancelled;
	unsigned char command[LOOP_COMMAND];
};

#define FAKE_REQUESTS	8

struct loop {
	pthread_mutex_t lock;
	struct timers timers;
	struct fake_request request[FAKE_REQUESTS];
	unsigned int requests;
	/* The result of a command, which may note in its data how far it is. */
	int (*command)(int fd, void *data);
	bool failed;
};

#define FAKE_NOT_YET	(-1000)

/**
 * fake_loop_init() - a loop with nothing to wait for
 * @loop: what is filled in
 */
void fake_loop_init(struct loop *loop);

/**
 * fake_loop_step() - call whoever has something
 * @loop: the loop
 * @timeout: how long to wait for files, in milliseconds
 *
 * Return: whether anyone was called.
 */
bool fake_loop_step(struct loop *loop, int timeout);

#endif
