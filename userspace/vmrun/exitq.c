// SPDX-License-Identifier: GPL-2.0
/* Owns the order in which exits are taken. Callers hold the devices' lock. */
#include "exitq.h"

const char *const exits_mode_names[EXITS_MODES] = {
	[EXITS_INLINE]	= "inline",
	[EXITS_POLL]	= "poll",
	[EXITS_EVENTFD]	= "eventfd",
	[EXITS_URING]	= "uring",
};

void exitq_add(struct exitq *queue, struct exitq_source *source)
{
	queue->source[queue->count++] = source;
}

/* The one whose entry is the oldest, of those that can be seen. */
static struct exitq_source *oldest(const struct exitq *queue)
{
	struct exitq_source *found = NULL;
	uint64_t stamp = 0;
	unsigned int i;

	for (i = 0; i < queue->count; i++) {
		struct exitq_source *source = queue->source[i];
		const struct vmr_exit *entry;

		entry = source->stands ? NULL : ring_first(source->ring);
		if (!entry || (found && entry->stamp >= stamp))
			continue;
		found = source;
		stamp = entry->stamp;
	}
	return found;
}

/*
 * When one was seen, those that were published before it can be, too: also in rings that
 * had been looked at by then. So they are looked at until nothing changes.
 */
static struct exitq_source *next(const struct exitq *queue)
{
	struct exitq_source *found = oldest(queue), *before = NULL;

	while (queue->count > 1 && found != before) {
		before = found;
		found = oldest(queue);
	}
	return found;
}

/* Those who wait for something to do look at it without the lock. */
static void set_stands(struct exitq_source *source, bool stands)
{
	__atomic_store_n(&source->stands, stands, __ATOMIC_RELAXED);
}

static void *data_of(const struct ring *ring, const struct vmr_exit *entry)
{
	if (entry->flags & VMR_EXIT_STRING)
		return ring->bulk;
	if (entry->flags & VMR_EXIT_WRITE)
		return (void *)entry->data;
	return ring->reply->data;
}

/* The vCPU goes on. */
static void answer(struct exitq_source *source, const struct vmr_exit *entry)
{
	if (entry->flags & VMR_EXIT_NEEDS_REPLY)
		ring_reply(source->ring, entry, 0);
	ring_pass(source->ring);
	if (source->wake && ring_wants_kick(source->ring)) {
		source->wakes++;
		source->wake(source->arg);
	}
}

static void take(struct exitq_source *source)
{
	const struct vmr_exit *entry = ring_first(source->ring);
	struct exit exit = {
		.entry = entry, .data = data_of(source->ring, entry),
		.count = entry->flags & VMR_EXIT_STRING ? entry->count : 1,
	};

	if (entry->flags & VMR_EXIT_POSTED) {
		source->posted++;
		source->act(source->arg, &exit);
		ring_pass(source->ring);
		return;
	}
	source->synchronous++;
	if (source->act(source->arg, &exit) == EXIT_TAKEN)
		answer(source, entry);
	else
		set_stands(source, true);
}

static void collect(const struct exitq *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++)
		if (queue->source[i]->collect)
			queue->source[i]->collect(queue->source[i]->arg);
}

bool exitq_take(struct exitq *queue)
{
	struct exitq_source *source;
	unsigned int taken = 0;

	collect(queue);
	while (taken < EXITQ_BATCH && (source = next(queue))) {
		take(source);
		taken++;
	}
	queue->batches += taken != 0;
	return taken == EXITQ_BATCH;
}

void exitq_finish(struct exitq_source *source)
{
	if (!source->stands)
		return;
	set_stands(source, false);
	answer(source, ring_first(source->ring));
}

bool exitq_waiting(const struct exitq *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++) {
		const struct exitq_source *source = queue->source[i];

		if (ring_produced(source->ring) != exitq_seen(source))
			return true;
	}
	return false;
}

uint32_t exitq_seen(const struct exitq_source *source)
{
	return __atomic_load_n(&source->ring->taken, __ATOMIC_RELAXED) +
	       __atomic_load_n(&source->stands, __ATOMIC_RELAXED);
}

void exitq_awake(struct exitq *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++)
		ring_awake(queue->source[i]->ring);
}

bool exitq_may_sleep(struct exitq *queue)
{
	unsigned int i;

	for (i = 0; i < queue->count; i++) {
		if (ring_may_sleep(queue->source[i]->ring, exitq_seen(queue->source[i])))
			continue;
		exitq_awake(queue);
		return false;
	}
	return true;
}
