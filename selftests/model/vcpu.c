// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the kernel's side of the ring as the model has it: what module/ring and the served
 * loop do, by the index arithmetic that they use. The guest makes as many accesses as the
 * model says, of each kind.
 */
#include <stdio.h>

#include "ring.h"

enum {
	ACCESS = BEGIN,		/* the guest does something */
	ROOM,			/* no room by the kernel's own copies: how far is the consumer? */
	WRITE_SEQ,
	WRITE_KIND,
	PUBLISH,
	WAKEUP_FENCE,
	WAKEUP_LOOK,
	WAKEUP_TAKE,
	WAKEUP_WAITER,
	WAKEUP_SIGNAL,
	WAIT,			/* spin for the consumer */
	KICK_SET,
	KICK_PREPARE,
	KICK_FENCE,
	KICK_SEE,
	KICK_SLEEP,
	AWAKE,
	TAKE_SEQ,
	TAKE_DATA,
};

/* The registers: the kernel's own copies, the access under way, steps since the last wait. */
#define produced	reg[0]
#define consumed	reg[1]
#define kind		reg[2]
#define busy		reg[3]

/* More steps than that between two accesses or looks at the consumer are too many. */
#define BUSY_MOST	16

static bool has_room(const struct step *step)
{
	const struct thread *t = step->thread;
	bool leaves_last = t->kind == POSTED && kept(step, LAST_SLOT);

	return vmr_index_room(wide(t->produced), wide(t->consumed), step->model->entries,
			      leaves_last);
}

static void begin_access(struct step *step)
{
	static const char *const kinds[] = {
		[POSTED] = "posted",
		[ANSWERED] = "synchronous",
		[PASSED] = "synchronous, without a reply",
	};
	struct thread *t = step->thread;

	t->busy = 0;
	if (t->produced == step->model->accesses) {
		t->pc = DONE;
		t->busy = 0;
		say(step, "has no more to do");
		return;
	}
	t->kind = 1 + pick(step, KINDS);
	say(step, "access %u is %s", t->produced + 1, kinds[t->kind]);
	t->pc = has_room(step) ? WRITE_SEQ : ROOM;
}

/* What nobody but a hostile consumer does ends RUN with an errno. */
static void refuse(struct step *step, enum wrong what)
{
	say(step, ": RUN is an error");
	if (step->model->hostile)
		step->thread->pc = DONE;
	else
		wrong(step, what);
}

/* Read the consumer's index; false if the step ends with that. */
static bool look_at_consumer(struct step *step, bool acquire)
{
	struct thread *t = step->thread;
	u8 most = t->produced - t->consumed;
	struct want want = {
		.first = t->consumed,
		.guesses = most + 1,
		.acquire = acquire,
		.theirs = true,
	};
	u8 index = load(step, CONSUMER, want);

	if (step->blocked)
		return false;
	say(step, "sees consumer %u", index);
	if (kept(step, INDEX_CHECK) &&
	    !vmr_index_possible(wide(t->produced), wide(t->consumed), wide(index))) {
		refuse(step, WRONG_INDEX);
		return false;
	}
	if (!kept(step, INDEX_ONCE))
		index = load(step, CONSUMER, want);
	if (vmr_index_used(wide(t->produced), wide(index)) > step->model->entries) {
		wrong(step, WRONG_COPY);
		return false;
	}
	t->consumed = index;
	return true;
}

static void make_room(struct step *step)
{
	struct thread *t = step->thread;

	if (!look_at_consumer(step, kept(step, SLOT_ACQUIRE) && kept(step, ROOM_ACQUIRE)))
		return;
	t->pc = WRITE_SEQ;
	if (has_room(step) || !kept(step, ROOM_CHECK))
		return;
	if (!kept(step, FULL_ENDS)) {
		t->pc = ROOM;
		return;
	}
	if (t->kind == POSTED) {
		t->kind = ANSWERED;
		say(step, ": full, the access becomes synchronous");
	}
	if (!has_room(step))
		refuse(step, WRONG_ROOM);
}

/* The first half of an entry, or the second. */
static void write_entry(struct step *step, u8 half, u8 value)
{
	struct thread *t = step->thread;
	u8 word = entry_word(step->model, t->produced) + half;

	if (!kept(step, SLOT_MASK))
		word = RING + 2 * t->produced + half;
	if (word >= RING + 2 * step->model->entries) {
		wrong(step, WRONG_OUTSIDE);
		return;
	}
	if (vmr_index_used(wide(t->produced), wide(t->consumed)) >= step->model->entries) {
		wrong(step, WRONG_OVERWRITES);
		return;
	}
	store(step, word, value);
	say(step, "writes %s of entry %u", half ? "the kind" : "the seq", t->produced + 1);
	t->pc++;
}

/* After publishing and waking. */
static void go_on(struct step *step)
{
	step->thread->pc = step->thread->kind == POSTED ? ACCESS : WAIT;
}

static void publish(struct step *step)
{
	struct thread *t = step->thread;

	t->produced++;
	store_release(step, PRODUCER, t->produced, kept(step, ENTRY_RELEASE), true);
	say(step, "publishes: producer %u", t->produced);
	if (step->model->polling)
		go_on(step);
	else
		t->pc = WAKEUP_FENCE;
}

static void wake_consumer(struct step *step)
{
	struct want flag = { .first = 0, .guesses = 2, .theirs = true };
	struct thread *t = step->thread;
	u8 needed;

	switch (t->pc) {
	case WAKEUP_FENCE:
		if (!full_barrier(step, WAKEUP_KERNEL))
			return;
		t->pc = WAKEUP_LOOK;
		return;
	case WAKEUP_LOOK:
		needed = load(step, sleeper_word(step->model), flag);
		say(step, "sees %s %u", step->model->waits ? "waiter" : "need_wakeup", needed);
		t->pc = step->model->waits ? WAKEUP_WAITER : WAKEUP_TAKE;
		if (!needed)
			go_on(step);
		return;
	case WAKEUP_TAKE:
		t->pc = WAKEUP_SIGNAL;
		if (!kept(step, WAKEUP_EXCHANGE)) {
			store(step, NEED_WAKEUP, 0);
			say(step, "clears need_wakeup");
			return;
		}
		if (!fence(step))
			return;
		needed = step->model->hostile ? pick(step, 256) : seen(step, NEED_WAKEUP);
		set(step, NEED_WAKEUP, 0);
		say(step, "takes need_wakeup: %u", needed);
		if (!needed)
			go_on(step);
		return;
	case WAKEUP_WAITER:
		set(step, WAITER, 0);
		say(step, "wakes who is in VMR_WAIT");
		go_on(step);
		return;
	case WAKEUP_SIGNAL:
		set(step, EVENTFD, 1);
		say(step, "signals the eventfd");
		go_on(step);
		return;
	}
}

/* The exit that waits: is it over, or what is next? */
static bool is_passed(const struct thread *t)
{
	return vmr_index_passed(wide(t->consumed), wide(t->produced));
}

static void spin(struct step *step)
{
	bool answered = step->thread->kind == ANSWERED;

	step->thread->busy = 0;
	if (!look_at_consumer(step, kept(step, answered ? REPLY_ACQUIRE : SLOT_ACQUIRE)))
		return;
	if (is_passed(step->thread))
		step->thread->pc = answered ? TAKE_SEQ : ACCESS;
	else if (pick(step, 2))
		step->thread->pc = KICK_SET;
}

/* The last look before sleeping brings nothing but this: whether to. */
static void look_before_sleep(struct step *step)
{
	struct thread *t = step->thread;
	u8 before = t->consumed;

	if (!kept(step, KICK_LOOK)) {
		t->pc = KICK_SLEEP;
		return;
	}
	if (!look_at_consumer(step, false))
		return;
	t->pc = is_passed(t) ? AWAKE : KICK_SLEEP;
	t->consumed = before;
}

static void sleep_for_reply(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case KICK_SET:
		store(step, NEED_KICK, 1);
		say(step, "sets need_kick");
		break;
	case KICK_PREPARE:
		set(step, ASLEEP, 1);
		say(step, "is about to sleep");
		break;
	case KICK_FENCE:
		if (!full_barrier(step, KICK_KERNEL))
			return;
		break;
	case KICK_SEE:
		look_before_sleep(step);
		return;
	case KICK_SLEEP:
		t->busy = 0;
		step->blocked = !step->model->hostile && seen(step, ASLEEP);
		say(step, "has slept");
		break;
	case AWAKE:
		set(step, ASLEEP, 0);
		store(step, NEED_KICK, 0);
		say(step, "is awake");
		t->pc = WAIT;
		return;
	}
	t->pc++;
}

/* The reply slot is copied, then looked at: each word is read once. */
static void take_reply(struct step *step)
{
	struct thread *t = step->thread;
	struct want want = {
		.first = t->produced,
		.guesses = 1,
		.exact = step->model->hostile ? 0 : 0xff,
		.wrong = WRONG_REPLY,
		.theirs = true,
	};
	bool is_seq = t->pc == TAKE_SEQ;
	u8 value = load(step, is_seq ? REPLY_SEQ : REPLY_DATA, want);

	if (step->blocked || step->thread->pc == STOPPED)
		return;
	say(step, "takes the reply's %s: %u", is_seq ? "seq" : "data", value);
	t->pc = is_seq ? TAKE_DATA : ACCESS;
	if (!is_seq || value == t->produced)
		return;
	if (kept(step, SEQ_CHECK))
		refuse(step, WRONG_REPLY);
	else
		wrong(step, WRONG_REPLY);
}

void vcpu(struct step *step)
{
	struct thread *t = step->thread;

	if (step->model->hostile && ++t->busy > BUSY_MOST) {
		wrong(step, WRONG_ENDLESS);
		return;
	}
	switch (t->pc) {
	case ACCESS:
		begin_access(step);
		break;
	case ROOM:
		make_room(step);
		break;
	case WRITE_SEQ:
		write_entry(step, 0, t->produced + 1);
		break;
	case WRITE_KIND:
		write_entry(step, 1, kind_word(t->produced + 1, t->kind));
		break;
	case PUBLISH:
		publish(step);
		break;
	case WAKEUP_FENCE ... WAKEUP_SIGNAL:
		wake_consumer(step);
		break;
	case WAIT:
		spin(step);
		break;
	case KICK_SET ... AWAKE:
		sleep_for_reply(step);
		break;
	case TAKE_SEQ:
	case TAKE_DATA:
		take_reply(step);
		break;
	}
}

static void anything(u8 word, char *name)
{
	sprintf(name, "word %u", word);
}

/* Whatever user space writes: there is no consumer, all that it could write is read. */
const struct model hostile_consumer = {
	.name = "hostile",
	.program = { { "vCPU", vcpu } },
	.word_name = anything,
	.order = TSO,
	.threads = 1,
	.hostile = true,
};
