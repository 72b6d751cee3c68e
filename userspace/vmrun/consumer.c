// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the ways to wait for exits. What the loop calls holds the devices' lock; the poller
 * takes it when there is something.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "consumer.h"
#include "say.h"

#define LOOK_NS		10000000

/* ---- inline ---- */

/* What a hypervisor gathers without telling: a guest that goes on and on is heard, too. */
static void look(void *arg)
{
	struct consumer *consumer = arg;
	struct timers *timers = loop_timers(consumer->loop);

	while (exitq_take(consumer->queue))
		;
	timer_set(timers, &consumer->look, timers_now(timers) + LOOK_NS);
}

static bool gathers(const struct exitq *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++)
		if (queue->source[i]->collect)
			return true;
	return false;
}

static void start_looking(struct consumer *consumer)
{
	struct timers *timers = loop_timers(consumer->loop);

	pthread_mutex_lock(loop_lock(consumer->loop));
	if (gathers(consumer->queue))
		timer_set(timers, &consumer->look, timers_now(timers) + LOOK_NS);
	pthread_mutex_unlock(loop_lock(consumer->loop));
}

static void stop_looking(struct consumer *consumer)
{
	pthread_mutex_lock(loop_lock(consumer->loop));
	timer_clear(loop_timers(consumer->loop), &consumer->look);
	pthread_mutex_unlock(loop_lock(consumer->loop));
}

/* ---- poll ---- */

/* Where there is one CPU the vCPU can't get anywhere while this looks. */
static void look_again(bool alone)
{
	if (alone)
		sched_yield();
	else
		__builtin_ia32_pause();
}

static void *poll_rings(void *arg)
{
	bool alone = sysconf(_SC_NPROCESSORS_ONLN) == 1;
	struct consumer *consumer = arg;
	pthread_mutex_t *lock = loop_lock(consumer->loop);
	bool more = false;

	while (!atomic_load_explicit(&consumer->stop, memory_order_relaxed)) {
		if (!exitq_waiting(consumer->queue)) {
			look_again(alone);
			continue;
		}
		if (more)
			sched_yield();	/* the lock isn't fair, and others want it */
		pthread_mutex_lock(lock);
		more = exitq_take(consumer->queue);
		pthread_mutex_unlock(lock);
	}
	return NULL;
}

static int start_poller(struct consumer *consumer)
{
	int error = pthread_create(&consumer->thread, NULL, poll_rings, consumer);

	return error ? fail("a thread for the exits: %s", strerror(error)) : 0;
}

/* ---- eventfd ---- */

/* Others in the loop have their turn before it goes on. */
static void go_on_later(struct consumer *consumer)
{
	if (consumer->goes_on)
		return;
	consumer->goes_on = true;
	loop_soon(consumer->loop, &consumer->again);
}

static void take_and_sleep(struct consumer *consumer)
{
	bool more = exitq_take(consumer->queue);

	if (more || !exitq_may_sleep(consumer->queue)) {
		go_on_later(consumer);
		return;
	}
	consumer->sleeps++;
	consumer->waits = true;
	loop_read(consumer->loop, &consumer->op, consumer->eventfd, &consumer->value,
		  sizeof(consumer->value));
}

static void eventfd_rang(void *arg, int result)
{
	struct consumer *consumer = arg;

	consumer->waits = false;
	if (atomic_load(&consumer->stop))
		return;
	consumer->woken++;
	take_and_sleep(consumer);
}

static int open_eventfd(struct consumer *consumer)
{
	consumer->eventfd = eventfd(0, EFD_CLOEXEC);
	return consumer->eventfd < 0 ? fail("eventfd: %s", strerror(errno)) : 0;
}

/* ---- uring ---- */

static void take_and_wait(struct consumer *consumer);

static void wait_ended(void *arg, int result)
{
	struct waiter *waiter = arg;
	struct consumer *consumer = waiter->consumer;

	waiter->waits = false;
	if (atomic_load(&consumer->stop))
		return;
	if (result < 0 && result != -EINTR && result != -EAGAIN) {
		fail("VMR_WAIT by io_uring: %s", strerror(-result));
		loop_fail(consumer->loop);
		return;
	}
	consumer->woken++;
	take_and_wait(consumer);
}

static void wait_for(struct waiter *waiter)
{
	if (waiter->waits)
		return;
	waiter->args = (struct vmr_wait){
		.size = sizeof(waiter->args), .flags = waiter->wake ? VMR_WAIT_WAKE : 0,
		.seen = exitq_seen(waiter->source),
	};
	waiter->wake = false;
	waiter->waits = true;
	waiter->consumer->sleeps++;
	loop_command(waiter->consumer->loop, &waiter->op, waiter->fd, VMR_WAIT, &waiter->args,
		     sizeof(waiter->args));
}

/* The kernel compares what was seen with what there is: nothing gets lost in between. */
static void take_and_wait(struct consumer *consumer)
{
	bool more = exitq_take(consumer->queue);
	unsigned int i;

	if (more)
		go_on_later(consumer);
	for (i = 0; i < consumer->waiters; i++)
		wait_for(&consumer->waiter[i]);
}

/* The command that is made behind the taking does it, unless it is under way already. */
bool consumer_wake(struct consumer *consumer, struct exitq_source *source)
{
	unsigned int i;

	if (consumer->mode != EXITS_URING || atomic_load(&consumer->stop))
		return false;
	for (i = 0; i < consumer->waiters; i++) {
		struct waiter *waiter = &consumer->waiter[i];

		if (waiter->source != source || waiter->waits)
			continue;
		waiter->wake = true;
		return true;
	}
	return false;
}

/* ---- its life ---- */

static void go_on(void *arg, int result)
{
	struct consumer *consumer = arg;

	consumer->goes_on = false;
	if (atomic_load(&consumer->stop))
		return;
	if (consumer->mode == EXITS_EVENTFD)
		take_and_sleep(consumer);
	else
		take_and_wait(consumer);
}

int consumer_create(struct consumer *consumer, enum exits_mode mode, struct exitq *queue,
		    struct loop *loop)
{
	memset(consumer, 0, sizeof(*consumer));
	consumer->mode = mode;
	consumer->queue = queue;
	consumer->loop = loop;
	consumer->eventfd = -1;
	consumer->op = (struct loop_op){ .done = eventfd_rang, .arg = consumer };
	consumer->again = (struct loop_op){ .done = go_on, .arg = consumer };
	consumer->look = (struct timer){ .fire = look, .arg = consumer };
	return mode == EXITS_EVENTFD ? open_eventfd(consumer) : 0;
}

void consumer_add(struct consumer *consumer, struct exitq_source *source, int fd)
{
	struct waiter *waiter = &consumer->waiter[consumer->waiters++];

	*waiter = (struct waiter){ .consumer = consumer, .source = source, .fd = fd };
	waiter->op = (struct loop_op){ .done = wait_ended, .arg = waiter };
}

int consumer_start(struct consumer *consumer)
{
	if (consumer->mode == EXITS_POLL && start_poller(consumer))
		return -1;
	if (consumer->mode == EXITS_INLINE)
		start_looking(consumer);
	if (consumer->mode == EXITS_EVENTFD || consumer->mode == EXITS_URING)
		go_on_later(consumer);
	consumer->started = true;
	return 0;
}

void consumer_stop(struct consumer *consumer)
{
	unsigned int i;

	if (!consumer->started)
		return;
	consumer->started = false;
	atomic_store(&consumer->stop, true);
	stop_looking(consumer);
	if (consumer->mode == EXITS_POLL)
		pthread_join(consumer->thread, NULL);
	loop_drain(consumer->loop, &consumer->goes_on);
	if (consumer->waits)
		loop_cancel(consumer->loop, &consumer->op);
	loop_drain(consumer->loop, &consumer->waits);
	for (i = 0; i < consumer->waiters; i++) {
		if (consumer->waiter[i].waits)
			loop_cancel(consumer->loop, &consumer->waiter[i].op);
		loop_drain(consumer->loop, &consumer->waiter[i].waits);
	}
}

void consumer_destroy(struct consumer *consumer)
{
	if (consumer->loop && consumer->eventfd >= 0)
		close(consumer->eventfd);
	consumer->loop = NULL;
}
