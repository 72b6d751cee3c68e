// SPDX-License-Identifier: GPL-2.0
/* Owns the event loop of the tests, by poll(). What it calls has the devices' lock. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake_loop.h"

static uint64_t now(void *owner)
{
	return 0;
}

static void wake_at(void *owner, uint64_t deadline)
{
}

void fake_loop_init(struct loop *loop)
{
	memset(loop, 0, sizeof(*loop));
	pthread_mutex_init(&loop->lock, NULL);
	loop->timers.now = now;
	loop->timers.wake_at = wake_at;
}

pthread_mutex_t *loop_lock(struct loop *loop)
{
	return &loop->lock;
}

struct timers *loop_timers(struct loop *loop)
{
	return &loop->timers;
}

static struct fake_request *add(struct loop *loop, struct loop_op *op, int fd)
{
	struct fake_request *request = &loop->request[loop->requests];

	if (loop->requests++ == FAKE_REQUESTS)
		abort();
	*request = (struct fake_request){ .op = op, .fd = fd };
	return request;
}

void loop_soon(struct loop *loop, struct loop_op *op)
{
	add(loop, op, -1);
}

void loop_read(struct loop *loop, struct loop_op *op, int fd, void *data, size_t size)
{
	struct fake_request *request = add(loop, op, fd);

	request->data = data;
	request->size = size;
}

void loop_readable(struct loop *loop, struct loop_op *op, int fd)
{
	add(loop, op, fd);
}

void loop_write(struct loop *loop, struct loop_op *op, int fd, const void *data, size_t size)
{
	struct fake_request *request = add(loop, op, fd);

	request->is_write = true;
	request->data = (void *)data;
	request->size = size;
}

void loop_command(struct loop *loop, struct loop_op *op, int fd, unsigned int command,
		  const void *data, size_t size)
{
	struct fake_request *request = add(loop, op, fd);

	request->is_command = true;
	memcpy(request->command, data, size);
}

void loop_cancel(struct loop *loop, struct loop_op *op)
{
	unsigned int i;

	for (i = 0; i < loop->requests; i++)
		if (loop->request[i].op == op)
			loop->request[i].is_cancelled = true;
}

void loop_fail(struct loop *loop)
{
	loop->failed = true;
}

static int result_of_write(struct fake_request *request)
{
	ssize_t size = write(request->fd, request->data, request->size);

	return size < 0 ? -errno : size;
}

static int result_of(struct loop *loop, struct fake_request *request, int timeout)
{
	struct pollfd file = { .fd = request->fd, .events = POLLIN };

	if (request->is_cancelled)
		return -ECANCELED;
	if (request->is_command)
		return loop->command(request->fd, request->command);
	if (request->fd < 0)
		return 0;
	if (request->is_write)
		return result_of_write(request);
	if (poll(&file, 1, timeout) != 1)
		return FAKE_NOT_YET;
	if (!request->data)
		return file.revents;
	return read(request->fd, request->data, request->size);
}

bool fake_loop_step(struct loop *loop, int timeout)
{
	unsigned int i;

	for (i = 0; i < loop->requests; i++) {
		struct loop_op *op = loop->request[i].op;
		int result = result_of(loop, &loop->request[i], timeout);

		if (result == FAKE_NOT_YET)
			continue;
		loop->request[i] = loop->request[--loop->requests];
		pthread_mutex_lock(&loop->lock);
		op->done(op->arg, result);
		pthread_mutex_unlock(&loop->lock);
		return true;
	}
	return false;
}

void loop_drain(struct loop *loop, const bool *busy)
{
	while (*busy)
		fake_loop_step(loop, 0);
}
