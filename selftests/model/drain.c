// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the model of module/ring/drain.c's timer: inline, entries that nobody consumes end
 * RUN after a time, even if the guest never exits again. The timer is armed by the first
 * entry and disarms itself where nothing waits; both look after a full barrier.
 *
 * A consumer takes some entries while the guest runs, as many as it likes, and the rest
 * only when RUN has returned: it does if the timer makes it.
 */
#include <stdio.h>

#include "model.h"

enum {
	POSTED = 1,
	CONSUMER,
	ARMED,
	TIMER,		/* it will fire */
	REQUEST,	/* the vCPU is to leave the guest */
	RETURNED,	/* RUN has */
	FINISHED,	/* the guest has */
};

#define posted		reg[0]
#define consumed	reg[1]

static u8 look(struct step *step, u8 word)
{
	return load(step, word, (struct want){ .guesses = step->model->accesses + 1 });
}

enum {
	V_POST = BEGIN,
	V_FENCE,
	V_LOOK,
	V_ARM,
	V_GUEST,
	V_RETURNED,
	V_CONSUMED,
};

/* After publishing, or at the beginning of RUN. */
static void arm(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case V_FENCE:
		if (full_barrier(step, DRAIN_POST))
			t->pc = V_LOOK;
		return;
	case V_LOOK:
		t->pc = look(step, ARMED) ? V_GUEST : V_ARM;
		say(step, "looks whether the timer is armed: %s", t->pc == V_ARM ? "no" : "yes");
		return;
	case V_ARM:
		t->pc = V_GUEST;
		if (!fence(step) || seen(step, ARMED))
			return;
		set(step, ARMED, 1);
		set(step, TIMER, 1);
		say(step, "arms the timer");
		return;
	}
}

static void guest(struct step *step)
{
	struct thread *t = step->thread;

	if (seen(step, REQUEST)) {
		set(step, REQUEST, 0);
		set(step, RETURNED, 1);
		t->pc = V_RETURNED;
		say(step, "RUN returns");
	} else if (t->posted < step->model->accesses) {
		t->pc = V_POST;
	} else if (seen(step, CONSUMER) == t->posted) {
		set(step, FINISHED, 1);
		t->pc = DONE;
	} else {
		step->blocked = true;
	}
}

static void vcpu(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case V_POST:
		t->posted++;
		store_release(step, POSTED, t->posted, true, true);
		say(step, "posts entry %u", t->posted);
		t->pc = V_FENCE;
		return;
	case V_FENCE ... V_ARM:
		arm(step);
		return;
	case V_GUEST:
		guest(step);
		return;
	case V_RETURNED:
		step->blocked = !fence(step) || seen(step, CONSUMER) != t->posted;
		t->pc = V_CONSUMED;
		return;
	case V_CONSUMED:
		set(step, RETURNED, 0);
		t->pc = V_GUEST;
		say(step, "runs again, with nothing that waits");
		return;
	}
}

enum {
	U_BEGIN = BEGIN,
	U_CONSUME,
};

/* So many entries it consumes while the guest runs. */
#define willing		reg[0]

static void consume(struct step *step)
{
	struct thread *t = step->thread;

	if (t->pc == U_BEGIN) {
		t->willing = pick(step, step->model->accesses + 1);
		t->pc = U_CONSUME;
		return;
	}
	if (t->consumed == step->model->accesses) {
		t->pc = DONE;
		return;
	}
	step->blocked = seen(step, POSTED) == t->consumed ||
			(t->consumed >= t->willing && !seen(step, RETURNED));
	if (step->blocked)
		return;
	t->consumed++;
	store_release(step, CONSUMER, t->consumed, true, true);
	say(step, "consumes entry %u", t->consumed);
}

#undef willing

enum {
	T_WAIT = BEGIN,
	T_POSTED,
	T_CONSUMER,
	T_DISARM,
	T_FENCE,
	T_POSTED_AGAIN,
	T_CONSUMER_AGAIN,
	T_REARM,
	T_ENTRY,
	T_DISARM_FIRED,
	T_REQUEST,
};

/* Nothing waits, as it seems. */
static void disarm(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case T_DISARM:
		store(step, ARMED, 0);
		say(step, "disarms: nothing waits");
		t->pc = T_FENCE;
		return;
	case T_FENCE:
		if (full_barrier(step, DRAIN_TIMER))
			t->pc = T_POSTED_AGAIN;
		return;
	case T_POSTED_AGAIN:
		t->posted = look(step, POSTED);
		t->pc = T_CONSUMER_AGAIN;
		return;
	case T_CONSUMER_AGAIN:
		t->consumed = look(step, CONSUMER);
		say(step, "sees consumer %u of %u", t->consumed, t->posted);
		t->pc = t->consumed < t->posted && kept(step, DRAIN_AGAIN) ? T_REARM : T_WAIT;
		return;
	case T_REARM:
		if (!fence(step))
			return;
		t->pc = seen(step, ARMED) ? T_WAIT : T_ENTRY;
		set(step, ARMED, 1);
		return;
	}
}

static void fire(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case T_POSTED:
		t->posted = look(step, POSTED);
		t->pc = T_CONSUMER;
		return;
	case T_CONSUMER:
		t->consumed = look(step, CONSUMER);
		say(step, "fires: sees consumer %u of %u", t->consumed, t->posted);
		t->pc = t->consumed < t->posted ? T_ENTRY : T_DISARM;
		return;
	case T_ENTRY:
		/* One that hasn't waited for long is looked at again. */
		t->pc = pick(step, 2) ? T_DISARM_FIRED : T_WAIT;
		if (t->pc == T_WAIT)
			set(step, TIMER, 1);
		return;
	case T_DISARM_FIRED:
		store(step, ARMED, 0);
		say(step, "disarms: an entry has waited too long");
		t->pc = T_REQUEST;
		return;
	case T_REQUEST:
		/* Setting the request's bit is a full barrier, on x86. */
		if (kept(step, DRAIN_REQUEST) && !fence(step))
			return;
		set(step, REQUEST, 1);
		say(step, "requests that RUN returns");
		t->pc = T_WAIT;
		return;
	}
}

static void run_timer(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case T_WAIT:
		t->posted = 0;
		t->consumed = 0;
		t->pc = T_POSTED;
		if (seen(step, TIMER))
			set(step, TIMER, 0);
		else if (seen(step, FINISHED))
			t->pc = DONE;
		else
			step->blocked = true;
		return;
	case T_DISARM ... T_REARM:
		disarm(step);
		return;
	default:
		fire(step);
		return;
	}
}

static void word_name(u8 word, char *name)
{
	static const char *const names[] = {
		[POSTED] = "posted",
		[CONSUMER] = "consumer",
		[ARMED] = "armed",
	};

	sprintf(name, "%s", names[word]);
}

const struct model drain_timer = {
	.name = "drain",
	.program = { { "vCPU", vcpu }, { "consumer", consume }, { "timer", run_timer } },
	.word_name = word_name,
	.threads = 3,
};
