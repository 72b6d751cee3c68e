// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how vmrun speaks: a line at a time, in one write, by a thread of its own. Whoever
 * says something may hold the devices' lock, and mustn't wait until somebody reads it.
 * Any thread may call.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "say.h"

#define LINE	1024
#define QUEUE	(16 * LINE)
#define MOMENT_NS	200000000

/* By the lock: lines that the thread has still to write, and how many had no room. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static char queue[QUEUE];
static size_t queued;
static unsigned long lost;
static bool has_thread, writes;

static size_t compose(char text[LINE], const char *format, va_list args)
{
	static const char head[] = "vmrun: ";
	int used = sizeof(head) - 1;
	int more;

	memcpy(text, head, sizeof(head));
	/* Two characters are left: the terminal may be in raw mode. */
	more = vsnprintf(text + used, LINE - used - 2, format, args);
	if (more > 0)
		used += more < LINE - used - 3 ? more : LINE - used - 3;
	if (isatty(STDERR_FILENO))
		text[used++] = '\r';
	text[used++] = '\n';
	return used;
}

static void write_line(const char *text, size_t size)
{
	struct pollfd on = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t done;

	while (size) {
		done = write(STDERR_FILENO, text, size);
		if (done < 0 && errno == EAGAIN)
			poll(&on, 1, -1);
		else if (done < 0 && errno != EINTR)
			return;		/* there is nobody to tell it to */
		if (done > 0) {
			text += done;
			size -= done;
		}
	}
}

/* ---- the queue ---- */

static void put(const char *text, size_t size)
{
	memcpy(queue + queued, text, size);
	queued += size;
	pthread_cond_broadcast(&changed);
}

static size_t compose_words(char text[LINE], const char *format, ...)
{
	va_list args;
	size_t size;

	va_start(args, format);
	size = compose(text, format, args);
	va_end(args);
	return size;
}

static void tell_loss(void)
{
	char text[LINE];

	if (!lost || QUEUE - queued < LINE)
		return;
	put(text, compose_words(text, "lines lost because nobody read them: %lu", lost));
	lost = 0;
}

static void enqueue(const char *text, size_t size)
{
	tell_loss();
	if (lost || QUEUE - queued < size)
		lost++;
	else
		put(text, size);
}

static size_t take_line(char text[LINE])
{
	const char *end = memchr(queue, '\n', queued);
	size_t size = end + 1 - queue;

	memcpy(text, queue, size);
	queued -= size;
	memmove(queue, queue + size, queued);
	return size;
}

static void *speak(void *arg)
{
	char text[LINE];
	size_t size;

	pthread_mutex_lock(&lock);
	for (;;) {
		while (!queued)
			pthread_cond_wait(&changed, &lock);
		size = take_line(text);
		writes = true;
		pthread_mutex_unlock(&lock);
		write_line(text, size);
		pthread_mutex_lock(&lock);
		writes = false;
		tell_loss();
		pthread_cond_broadcast(&changed);
	}
	return NULL;
}

int say_start(void)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, speak, NULL);

	if (error)
		return fail("a thread for what is said: %s", strerror(error));
	pthread_mutex_lock(&lock);
	has_thread = true;
	pthread_mutex_unlock(&lock);
	return 0;
}

void say_wait(void)
{
	pthread_mutex_lock(&lock);
	while (queued || writes)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void say_wait_a_moment(void)
{
	struct timespec end;
	int error = 0;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += MOMENT_NS;
	end.tv_sec += end.tv_nsec / 1000000000;
	end.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	while ((queued || writes) && !error)
		error = pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &end);
	pthread_mutex_unlock(&lock);
}

/* ---- for all ---- */

static void line(const char *format, va_list args)
{
	char text[LINE];
	size_t size = compose(text, format, args);
	bool queues;

	pthread_mutex_lock(&lock);
	queues = has_thread;
	if (queues)
		enqueue(text, size);
	pthread_mutex_unlock(&lock);
	if (!queues)
		write_line(text, size);
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(format, args);
	va_end(args);
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(format, args);
	va_end(args);
	return -1;
}
