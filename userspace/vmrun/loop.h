/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the event loop: one thread that waits for files, output, signals and deadlines.
 * What it calls runs in that thread, by the devices' lock, which it owns: whoever
 * touches a device, a bus, an interrupt line or a deadline holds it.
 */
#ifndef VMRUN_LOOP_H
#define VMRUN_LOOP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "timer.h"

struct loop;

/* Something that will be over some time; stays where it is until then. */
struct loop_op {
	void (*done)(void *arg, int result);	/* a count, or a negative errno */
	void *arg;
};

/**
 * loop_create() - a loop with nothing to wait for
 * @made: the loop
 *
 * Return: 0, or -1 (said why).
 */
int loop_create(struct loop **made);

/**
 * loop_destroy() - the end of it and of everything that it waits for
 * @loop: not in loop_run()
 */
void loop_destroy(struct loop *loop);

/**
 * loop_lock() - the devices' lock
 * @loop: who owns it
 *
 * Return: it.
 */
pthread_mutex_t *loop_lock(struct loop *loop);

/**
 * loop_timers() - the deadlines that the loop meets
 * @loop: the loop
 *
 * Return: the list, whose clock is the host's monotonic one.
 */
struct timers *loop_timers(struct loop *loop);

/**
 * loop_readable() - wait until a file can be read, once
 * @loop: the loop
 * @op: what is called then; its result is poll()'s events
 * @fd: the file
 *
 * Context: the loop's thread: before loop_run(), called by it, or after it.
 */
void loop_readable(struct loop *loop, struct loop_op *op, int fd);

/**
 * loop_write() - write where the file's position is
 * @loop: the loop
 * @op: what is called with the number of bytes written
 * @fd: the file
 * @data: stays where it is until then
 * @size: of it
 *
 * Context: as loop_readable().
 */
void loop_write(struct loop *loop, struct loop_op *op, int fd, const void *data, size_t size);

/**
 * loop_read() - read from where the file's position is
 * @loop: the loop
 * @op: what is called with the number of bytes read
 * @fd: the file
 * @data: where to, until then
 * @size: room for so many bytes
 *
 * Context: as loop_readable().
 */
void loop_read(struct loop *loop, struct loop_op *op, int fd, void *data, size_t size);

#define LOOP_COMMAND	16	/* bytes that a command can have */

/**
 * loop_command() - have a file do a command of its own (IORING_OP_URING_CMD)
 * @loop: the loop
 * @op: what is called with its result
 * @fd: the file
 * @command: which
 * @data: what goes with it; it is copied
 * @size: of that, LOOP_COMMAND at most
 *
 * Context: as loop_readable().
 */
void loop_command(struct loop *loop, struct loop_op *op, int fd, unsigned int command,
		  const void *data, size_t size);

/**
 * loop_soon() - call after everyone else had a turn
 * @loop: the loop
 * @op: what is called, with 0
 *
 * Context: as loop_readable().
 */
void loop_soon(struct loop *loop, struct loop_op *op);

/**
 * loop_cancel() - what is waited for is to be over: it is called with -ECANCELED, -EINTR,
 * or its own result
 * @loop: the loop
 * @op: what was given to the loop
 *
 * Context: as loop_readable().
 */
void loop_cancel(struct loop *loop, struct loop_op *op);

/**
 * loop_run() - wait and call, until loop_stop()
 * @loop: the loop
 *
 * Return: 0, or -1 (said why).
 */
int loop_run(struct loop *loop);

/**
 * loop_drain() - go on as long as something isn't done
 * @loop: the loop
 * @busy: what one of the things that the loop calls will set to false
 */
void loop_drain(struct loop *loop, const bool *busy);

/**
 * loop_fail() - end loop_run(), which returns -1
 * @loop: the loop
 *
 * Context: what loop_run() calls.
 */
void loop_fail(struct loop *loop);

/**
 * loop_stop() - end loop_run(), or the next one
 * @loop: the loop
 *
 * Context: any thread.
 */
void loop_stop(struct loop *loop);

#endif
