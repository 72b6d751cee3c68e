// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the event loop, and is the only file that knows io_uring. Its requests are made by
 * the loop's own thread; other threads reach it through two files that it reads: the
 * clock (timerfd), which they may set, and the bell (eventfd).
 */
#include <errno.h>
#include <liburing.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "loop.h"
#include "say.h"

#define ENTRIES	32

struct loop {
	struct io_uring ring;
	pthread_mutex_t lock;
	struct timers timers;
	int clock, bell;
	uint64_t clock_value, bell_value;	/* what reading these gives */
	struct loop_op clock_op, bell_op;
	atomic_bool stop;
	bool failed;
};

static struct io_uring_sqe *request(struct loop *loop, struct loop_op *op)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&loop->ring);

	while (!sqe) {		/* the queue is full until the kernel has seen it */
		io_uring_submit(&loop->ring);
		sqe = io_uring_get_sqe(&loop->ring);
	}
	io_uring_sqe_set_data(sqe, op);
	return sqe;
}

/* ---- the clock ---- */

static uint64_t now(void *owner)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

static void wake_at(void *owner, uint64_t deadline)
{
	struct loop *loop = owner;
	struct itimerspec when = { 0 };

	if (deadline != UINT64_MAX) {
		if (!deadline)
			deadline = 1;	/* 0 would mean never */
		when.it_value.tv_sec = deadline / NS_PER_S;
		when.it_value.tv_nsec = deadline % NS_PER_S;
	}
	timerfd_settime(loop->clock, TFD_TIMER_ABSTIME, &when, NULL);
}

static void read_clock(struct loop *loop)
{
	loop_read(loop, &loop->clock_op, loop->clock, &loop->clock_value,
		  sizeof(loop->clock_value));
}

static void clock_rang(void *arg, int result)
{
	struct loop *loop = arg;

	timers_run(&loop->timers);
	read_clock(loop);
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

pthread_mutex_t *loop_lock(struct loop *loop)
{
	return &loop->lock;
}

/* ---- the bell ---- */

static void read_bell(struct loop *loop)
{
	loop_read(loop, &loop->bell_op, loop->bell, &loop->bell_value, sizeof(loop->bell_value));
}

static void bell_rang(void *arg, int result)
{
	read_bell(arg);
}

void loop_stop(struct loop *loop)
{
	uint64_t one = 1;

	atomic_store(&loop->stop, true);
	if (write(loop->bell, &one, sizeof(one)) < 0)
		fail("eventfd: %s", strerror(errno));
}

/* ---- files ---- */

void loop_readable(struct loop *loop, struct loop_op *op, int fd)
{
	io_uring_prep_poll_add(request(loop, op), fd, POLLIN);
}

void loop_write(struct loop *loop, struct loop_op *op, int fd, const void *data, size_t size)
{
	io_uring_prep_write(request(loop, op), fd, data, size, -1);
}

void loop_read(struct loop *loop, struct loop_op *op, int fd, void *data, size_t size)
{
	io_uring_prep_read(request(loop, op), fd, data, size, -1);
}

/* ---- more that a file or the loop can be asked for ---- */

void loop_command(struct loop *loop, struct loop_op *op, int fd, unsigned int command,
		  const void *data, size_t size)
{
	struct io_uring_sqe *sqe = request(loop, op);

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = command;
	memcpy(sqe->cmd, data, size < LOOP_COMMAND ? size : LOOP_COMMAND);
}

void loop_soon(struct loop *loop, struct loop_op *op)
{
	io_uring_prep_nop(request(loop, op));
}

/* Nobody waits for the request's own end: the op's is what counts. */
void loop_cancel(struct loop *loop, struct loop_op *op)
{
	io_uring_prep_cancel(request(loop, NULL), op, 0);
}

void loop_fail(struct loop *loop)
{
	loop->failed = true;
}

/* ---- its life ---- */

static int open_ring(struct loop *loop)
{
	int error = io_uring_queue_init(ENTRIES, &loop->ring, 0);

	if (!error)
		return 0;
	loop->ring.ring_fd = -1;
	return fail("io_uring: %s: is it in this kernel, and sysctl kernel.io_uring_disabled 0?",
		    strerror(-error));
}

int loop_create(struct loop **made)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (!loop)
		return fail("no memory");
	pthread_mutex_init(&loop->lock, NULL);
	loop->timers = (struct timers){ .now = now, .wake_at = wake_at, .owner = loop };
	loop->clock_op = (struct loop_op){ .done = clock_rang, .arg = loop };
	loop->bell_op = (struct loop_op){ .done = bell_rang, .arg = loop };
	loop->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	loop->bell = eventfd(0, EFD_CLOEXEC);
	if (loop->clock < 0 || loop->bell < 0) {
		fail("timerfd, eventfd: %s", strerror(errno));
		goto err_close;
	}
	if (open_ring(loop))
		goto err_close;
	read_clock(loop);
	read_bell(loop);
	*made = loop;
	return 0;

err_close:
	if (loop->clock >= 0)
		close(loop->clock);
	if (loop->bell >= 0)
		close(loop->bell);
	free(loop);
	return -1;
}

void loop_destroy(struct loop *loop)
{
	io_uring_queue_exit(&loop->ring);
	close(loop->clock);
	close(loop->bell);
	free(loop);
}

static void complete_all(struct loop *loop)
{
	struct io_uring_cqe *cqe;

	pthread_mutex_lock(&loop->lock);
	while (!io_uring_peek_cqe(&loop->ring, &cqe)) {
		struct loop_op *op = io_uring_cqe_get_data(cqe);
		int result = cqe->res;

		io_uring_cqe_seen(&loop->ring, cqe);
		if (op)
			op->done(op->arg, result);
	}
	pthread_mutex_unlock(&loop->lock);
}

static int wait_once(struct loop *loop)
{
	int error = io_uring_submit_and_wait(&loop->ring, 1);

	if (error < 0 && error != -EINTR && error != -EAGAIN && error != -EBUSY)
		return fail("io_uring: %s", strerror(-error));
	complete_all(loop);
	return 0;
}

int loop_run(struct loop *loop)
{
	while (!atomic_exchange(&loop->stop, false))
		if (wait_once(loop) || loop->failed)
			return -1;
	return 0;
}

void loop_drain(struct loop *loop, const bool *busy)
{
	while (*busy && !wait_once(loop))
		;
}
