// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the consumer's side: vmrun's own ring.h, and a check of all that comes out of it.
 */
#include <string.h>
#include <unistd.h>

#include "threads.h"

static bool is_right(const struct run *run, const struct vmr_exit *entry, u32 index)
{
	u64 value = pattern(index);
	bool posted = entry->flags & VMR_EXIT_POSTED;
	unsigned int i;

	if (entry->seq != index + 1 || entry->stamp != value || entry->addr != ~value ||
	    entry->reason != VMR_EXIT_IO || entry->size != 4 || entry->count != 1)
		return false;
	if (posted == !!(entry->flags & VMR_EXIT_NEEDS_REPLY) ||
	    (posted && is_synchronous(run->test, index)))
		return false;
	for (i = 0; i < sizeof(entry->data); i++)
		if (entry->data[i] != (u8)(value >> i % 8 * 8))
			return false;
	return true;
}

static void answer(struct run *run, struct ring *ring, const struct vmr_exit *entry)
{
	u64 data[2] = { pattern(~entry->seq), ~pattern(~entry->seq) };

	memcpy(ring->reply->data, data, sizeof(data));
	ring_reply(ring, entry, 0);
	ring_pass(ring);
	run->answered++;
	if (!ring_wants_kick(ring))
		return;
	run->kicks++;
	kernel_wake(run);
}

/* Take all that is there. False: something is wrong. */
static bool take_all(struct run *run, struct ring *ring)
{
	const struct vmr_exit *entry;

	while ((entry = ring_first(ring))) {
		if (!is_right(run, entry, ring->taken))
			return run_is_wrong(run, "an entry isn't what was written");
		run->taken++;
		if (entry->flags & VMR_EXIT_POSTED)
			ring_pass(ring);
		else
			answer(run, ring, entry);
		__atomic_fetch_add(&run->progress, 1, __ATOMIC_RELAXED);
	}
	return true;
}

static bool wait_for_entries(struct run *run, struct ring *ring)
{
	unsigned int spins = draw_spins(run->test->user_spins, ring->taken);
	u64 count;

	while (spins--)
		if (ring_waiting(ring))
			return true;
	if (!ring_may_sleep(ring, ring->taken))
		return true;
	run->user_slept++;
	if (read(run->eventfd, &count, sizeof(count)) != sizeof(count))
		return run_is_wrong(run, "the eventfd can't be read");
	return true;
}

void *user_run(void *arg)
{
	struct run *run = arg;
	struct ring ring;

	if (!ring_attach(&ring, &run->area->ro, &run->area->rw))
		run_is_wrong(run, "the area isn't what vmrun knows");
	else
		while (take_all(run, &ring) && run->taken < run->test->accesses &&
		       wait_for_entries(run, &ring))
			;
	return NULL;
}
