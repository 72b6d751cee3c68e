// SPDX-License-Identifier: GPL-2.0
/* Owns the list of deadlines. Callers hold the devices' lock. */
#include <stddef.h>

#include "timer.h"

uint64_t timers_now(struct timers *timers)
{
	return timers->now(timers->owner);
}

static void tell(struct timers *timers)
{
	if (!timers->running)
		timers->wake_at(timers->owner,
				timers->first ? timers->first->deadline : UINT64_MAX);
}

static void take_out(struct timers *timers, struct timer *timer)
{
	struct timer **at;

	for (at = &timers->first; *at != timer; at = &(*at)->next)
		;
	*at = timer->next;
	timer->set = false;
}

void timer_set(struct timers *timers, struct timer *timer, uint64_t deadline)
{
	struct timer *first = timers->first;
	uint64_t earliest = first ? first->deadline : UINT64_MAX;
	struct timer **at;

	if (timer->set)
		take_out(timers, timer);
	for (at = &timers->first; *at && (*at)->deadline <= deadline; at = &(*at)->next)
		;
	timer->deadline = deadline;
	timer->next = *at;
	timer->set = true;
	*at = timer;
	if (timers->first->deadline != earliest)
		tell(timers);
}

/* A clock that wakes us too early does no harm: it isn't told. */
void timer_clear(struct timers *timers, struct timer *timer)
{
	if (timer->set)
		take_out(timers, timer);
}

void timers_run(struct timers *timers)
{
	uint64_t now = timers_now(timers);

	timers->running = true;
	while (timers->first && timers->first->deadline <= now) {
		struct timer *timer = timers->first;

		take_out(timers, timer);
		timer->fire(timer->arg);
	}
	timers->running = false;
	tell(timers);
}
