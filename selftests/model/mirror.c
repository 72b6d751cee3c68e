// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the model of a mirror: one vCPU posts writes and sets a flag in the guest's memory;
 * another one waits for the flag and reads a register of the device, which the kernel
 * answers from the mirror if all that was posted has been passed. What is read has to be
 * what the writes have made of it.
 */
#include <stdio.h>

#include "model.h"

enum {
	PRODUCER = 1,
	POSTED,		/* the kernel's own: how many entries were posted */
	CONSUMER,
	FLAG,
	MIRROR,		/* how many writes the device has seen */
	ENTRY,
};

#define count	reg[0]

enum {
	W_ENTRY = BEGIN,
	W_POSTED,
	W_PUBLISH,
	W_FLAG,
	W_POSTED_LATE,	/* the mistake of counting it when the guest has gone on */
};

static void writer(struct step *step)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case W_ENTRY:
		store(step, ENTRY + t->count, 1);
		t->count++;
		t->pc = W_POSTED;
		return;
	case W_POSTED:
		if (kept(step, MIRROR_COUNTED))
			store(step, POSTED, t->count);
		t->pc = W_PUBLISH;
		return;
	case W_PUBLISH:
		store_release(step, PRODUCER, t->count, true, true);
		say(step, "posts write %u", t->count);
		t->pc = t->count == step->model->accesses ? W_FLAG : W_ENTRY;
		return;
	case W_FLAG:
		store_release(step, FLAG, 1, true, true);
		say(step, "the guest sets its flag");
		t->pc = kept(step, MIRROR_COUNTED) ? DONE : W_POSTED_LATE;
		return;
	case W_POSTED_LATE:
		store(step, POSTED, t->count);
		t->pc = DONE;
		return;
	}
}

enum {
	C_LOOK = BEGIN,
	C_ENTRY,
	C_MIRROR,
	C_PASS,
};

static void consumer(struct step *step)
{
	struct want entry = { .first = 1, .guesses = 1, .exact = 0xff, .wrong = WRONG_ENTRY };
	struct want index = { .acquire = true };
	struct thread *t = step->thread;

	switch (t->pc) {
	case C_LOOK:
		t->pc = DONE;
		if (t->count == step->model->accesses)
			return;
		t->pc = C_ENTRY;
		step->blocked = load(step, PRODUCER, index) == t->count;
		return;
	case C_ENTRY:
		load(step, ENTRY + t->count, entry);
		if (t->pc != STOPPED)
			t->pc = C_MIRROR;
		return;
	case C_MIRROR:
		store(step, MIRROR, t->count + 1);
		say(step, "the device acts on write %u", t->count + 1);
		t->pc = C_PASS;
		return;
	case C_PASS:
		t->count++;
		store_release(step, CONSUMER, t->count, kept(step, MIRROR_RELEASE), true);
		say(step, "passes entry %u", t->count);
		t->pc = C_LOOK;
		return;
	}
}

enum {
	R_FLAG = BEGIN,
	R_POSTED,
	R_CONSUMER,
	R_MIRROR,
};

static void reader(struct step *step)
{
	u8 most = step->model->accesses;
	struct want index = { .guesses = most + 1 };
	struct want mirror = { .first = most, .guesses = 1, .exact = 0xff, .wrong = WRONG_MIRROR };
	struct thread *t = step->thread;

	switch (t->pc) {
	case R_FLAG:
		step->blocked = !seen(step, FLAG);
		say(step, "the guest sees the flag, and reads the register");
		t->pc = kept(step, MIRROR_WAITS) ? R_POSTED : R_MIRROR;
		return;
	case R_POSTED:
		t->count = load(step, POSTED, index);
		say(step, "%u were posted", t->count);
		t->pc = R_CONSUMER;
		return;
	case R_CONSUMER:
		index.acquire = kept(step, MIRROR_ACQUIRE);
		index.first = load(step, CONSUMER, index);
		say(step, "sees consumer %u", index.first);
		/* Some wait: the read is a synchronous exit. */
		t->pc = index.first < t->count ? DONE : R_MIRROR;
		return;
	case R_MIRROR:
		load(step, MIRROR, mirror);
		say(step, "reads the mirror");
		if (t->pc != STOPPED)
			t->pc = DONE;
		return;
	}
}

static void word_name(u8 word, char *name)
{
	static const char *const names[] = {
		[PRODUCER] = "producer",
		[POSTED] = "posted",
		[CONSUMER] = "consumer",
		[FLAG] = "flag",
		[MIRROR] = "mirror",
	};

	if (word < ENTRY)
		sprintf(name, "%s", names[word]);
	else
		sprintf(name, "ring[%u]", word - ENTRY);
}

const struct model mirror_read = {
	.name = "mirror",
	.program = { { "vCPU 0", writer }, { "consumer", consumer }, { "vCPU 1", reader } },
	.word_name = word_name,
	.threads = 3,
};
