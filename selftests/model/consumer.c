// SPDX-License-Identifier: GPL-2.0
/*
 * Owns user space's side of the ring as the model has it: an honest consumer, which polls
 * or sleeps as it likes, answers what is to be answered, and checks what it reads.
 */
#include <stdio.h>

#include "ring.h"

enum {
	LOOK = BEGIN,
	READ_SEQ,
	READ_KIND,
	REPLY_SEQ_WORD,
	REPLY_DATA_WORD,
	PASS,
	REPLY_LATER_SEQ,	/* the mistake of a reply that comes after the index */
	REPLY_LATER_DATA,
	KICK_FENCE,
	KICK_LOOK_AT,
	KICK,
	SLEEP_SAY,
	SLEEP_FENCE,
	SLEEP_LOOK,
	SLEEP_NOT,
	SLEEP,
};

/* The registers: entries passed, the producer's index as seen, the entry's kind. */
#define taken		reg[0]
#define produced	reg[1]
#define kind		reg[2]

/* Read the producer's index; false if the step ends with that. */
static bool look_at_producer(struct step *step, bool acquire)
{
	struct thread *t = step->thread;
	struct want want = {
		.first = t->taken,
		.guesses = step->model->entries + 1,
		.acquire = acquire,
	};
	u8 index = load(step, PRODUCER, want);

	if (step->blocked)
		return false;
	say(step, "sees producer %u", index);
	t->produced = index;
	return true;
}

static void look(struct step *step)
{
	struct thread *t = step->thread;

	if (!look_at_producer(step, kept(step, ENTRY_ACQUIRE)))
		return;
	if (t->produced != t->taken)
		t->pc = READ_SEQ;
	else if (t->taken == step->model->accesses)
		t->pc = DONE;
	else if (!step->model->polling && pick(step, 2))
		t->pc = SLEEP_SAY;
}

static void read_seq(struct step *step)
{
	struct thread *t = step->thread;
	struct want want = {
		.first = t->taken + 1,
		.guesses = 1,
		.exact = 0xff,
		.wrong = WRONG_ENTRY,
	};
	u8 seq = load(step, entry_word(step->model, t->taken), want);

	say(step, "reads seq %u where %u should be", seq, t->taken + 1);
	if (t->pc != STOPPED)
		t->pc = READ_KIND;
}

static void read_kind(struct step *step)
{
	struct thread *t = step->thread;
	struct want want = {
		.first = kind_word(t->taken + 1, POSTED),
		.guesses = KINDS,
		.exact = (u8)~3,
		.wrong = WRONG_ENTRY,
	};
	u8 word = load(step, entry_word(step->model, t->taken) + 1, want);

	say(step, "reads kind %u of seq %u where %u should be", word_kind(word), word >> 2,
	    t->taken + 1);
	if (t->pc == STOPPED)
		return;
	t->kind = word_kind(word);
	t->pc = t->kind == ANSWERED && kept(step, REPLY_FIRST) ? REPLY_SEQ_WORD : PASS;
}

static void write_reply(struct step *step, u8 word)
{
	store(step, word, step->thread->taken + (step->thread->pc <= PASS));
	say(step, "writes the reply's %s", word == REPLY_SEQ ? "seq" : "data");
	step->thread->pc++;
}

static void next(struct step *step)
{
	step->thread->pc = step->thread->taken == step->thread->produced ? LOOK : READ_SEQ;
	step->thread->kind = 0;
}

static void pass(struct step *step)
{
	struct thread *t = step->thread;

	t->taken++;
	store_release(step, CONSUMER, t->taken, kept(step, REPLY_RELEASE),
		      kept(step, SLOT_RELEASE));
	say(step, "passes: consumer %u", t->taken);
	if (t->kind == POSTED)
		next(step);
	else if (t->kind == ANSWERED && !kept(step, REPLY_FIRST))
		t->pc = REPLY_LATER_SEQ;
	else
		t->pc = KICK_FENCE;
}

static void kick(struct step *step)
{
	struct want flag = { .first = 0, .guesses = 2 };
	struct thread *t = step->thread;
	u8 needed;

	switch (t->pc) {
	case KICK_FENCE:
		if (!full_barrier(step, KICK_USER))
			return;
		t->pc = KICK_LOOK_AT;
		return;
	case KICK_LOOK_AT:
		needed = load(step, NEED_KICK, flag);
		say(step, "sees need_kick %u", needed);
		if (needed)
			t->pc = KICK;
		else
			next(step);
		return;
	case KICK:
		set(step, ASLEEP, 0);
		say(step, "kicks the vCPU");
		next(step);
		return;
	}
}

static void go_to_sleep(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case SLEEP_SAY:
		store(step, sleeper_word(step->model), 1);
		say(step, "sets %s", step->model->waits ? "waiter" : "need_wakeup");
		t->pc = SLEEP_FENCE;
		return;
	case SLEEP_FENCE:
		if (!full_barrier(step, WAKEUP_USER))
			return;
		t->pc = kept(step, LOOK_AGAIN) ? SLEEP_LOOK : SLEEP;
		return;
	case SLEEP_LOOK:
		if (look_at_producer(step, false))
			t->pc = t->produced == t->taken ? SLEEP : SLEEP_NOT;
		return;
	case SLEEP_NOT:
		store(step, sleeper_word(step->model), 0);
		say(step, "sleeps not");
		t->pc = LOOK;
		return;
	case SLEEP:
		if (step->model->waits) {
			step->blocked = step->thread->stores || seen(step, WAITER);
		} else {
			step->blocked = !seen(step, EVENTFD);
			set(step, EVENTFD, 0);
		}
		say(step, "has slept");
		t->pc = LOOK;
		return;
	}
}

void consumer(struct step *step)
{
	switch (step->thread->pc) {
	case LOOK:
		look(step);
		break;
	case READ_SEQ:
		read_seq(step);
		break;
	case READ_KIND:
		read_kind(step);
		break;
	case REPLY_SEQ_WORD:
	case REPLY_LATER_SEQ:
		write_reply(step, REPLY_SEQ);
		break;
	case REPLY_DATA_WORD:
	case REPLY_LATER_DATA:
		write_reply(step, REPLY_DATA);
		break;
	case PASS:
		pass(step);
		break;
	case KICK_FENCE ... KICK:
		kick(step);
		break;
	case SLEEP_SAY ... SLEEP:
		go_to_sleep(step);
		break;
	}
}

void ring_word_name(u8 word, char *name)
{
	static const char *const names[] = {
		[PRODUCER] = "producer",
		[CONSUMER] = "consumer",
		[NEED_WAKEUP] = "need_wakeup",
		[WAITER] = "waiter",
		[NEED_KICK] = "need_kick",
		[REPLY_SEQ] = "reply.seq",
		[REPLY_DATA] = "reply.data",
	};

	if (word >= RING)
		sprintf(name, "ring[%u].%s", (word - RING) / 2, (word - RING) & 1 ? "kind" : "seq");
	else
		sprintf(name, "%s", names[word]);
}

const struct model one_vcpu = {
	.name = "ring",
	.program = { { "vCPU", vcpu }, { "consumer", consumer } },
	.word_name = ring_word_name,
	.threads = 2,
};

/* Here a wait queue of the kernel's takes the place of need_wakeup and eventfd. */
const struct model waited_vcpu = {
	.name = "VMR_WAIT",
	.program = { { "vCPU", vcpu }, { "consumer", consumer } },
	.word_name = ring_word_name,
	.threads = 2,
	.waits = true,
};

const struct model polled_vcpu = {
	.name = "polled ring",
	.program = { { "vCPU", vcpu }, { "consumer", consumer } },
	.word_name = ring_word_name,
	.threads = 2,
	.polling = true,
};
