// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the model of two vCPUs, a consumer each, and the order between them: what a guest
 * made happen one after the other, by a flag in its memory, the devices see in that order.
 * Entries carry stamps; a consumer takes, under one lock, what has a smaller stamp in the
 * other ring before its own.
 *
 * The first vCPU makes one access and sets the flag; the second waits for the flag and
 * makes its own. Rings are never full here, and nobody sleeps.
 */
#include <stdio.h>

#include "model.h"

enum {
	CLOCK = 1,	/* what the next entry's stamp is: the host's TSC */
	LOCK,
	FLAG,		/* in the guest's memory */
	DEVICE,		/* bit of each vCPU that the device has seen an access of */
	RINGS,
};

/* Words of each ring, which begins at RINGS + vCPU * RING_WORDS. */
enum {
	PRODUCER,
	CONSUMER,
	TAKEN,		/* the consumer's index as who holds the lock has it */
	ENTRIES,	/* two words each: stamp, kind */
	RING_WORDS = ENTRIES + 2 * 2,
};

_Static_assert(RINGS + 2 * RING_WORDS <= WORDS, "words");

#define POSTED		1
#define SYNCHRONOUS	2

static u8 ring_word(u8 ring, u8 word)
{
	return RINGS + ring * RING_WORDS + word;
}

static u8 entry_word(u8 ring, u8 index)
{
	return ring_word(ring, ENTRIES + 2 * index);
}

/* How many accesses each vCPU makes. */
static u8 accesses(const struct step *step, u8 cpu)
{
	return cpu ? step->model->accesses : 1;
}

/* ---- a vCPU: guest and kernel ---- */

enum {
	V_BEGIN = BEGIN,
	V_ACCESS,
	V_STAMP,
	V_WRITE_STAMP,
	V_WRITE_KIND,
	V_PUBLISH,
	V_WAIT,
	V_FLAG,
};

#define produced	reg[0]
#define stamp		reg[1]
#define kind		reg[2]

static void set_flag(struct step *step)
{
	store_release(step, FLAG, 1, true, true);
	say(step, "the guest sets its flag");
}

static void begin_access(struct step *step, u8 cpu)
{
	struct thread *t = step->thread;

	if (t->produced == accesses(step, cpu)) {
		t->pc = cpu ? DONE : V_FLAG;
		return;
	}
	t->kind = POSTED + pick(step, 2);
	t->pc = V_STAMP;
	say(step, "an access, %s", t->kind == POSTED ? "posted" : "synchronous");
}

static void publish(struct step *step, u8 cpu)
{
	struct thread *t = step->thread;

	t->produced++;
	store_release(step, ring_word(cpu, PRODUCER), t->produced, kept(step, ENTRY_RELEASE),
		      true);
	say(step, "publishes its entry %u", t->produced);
	t->pc = t->kind == POSTED ? V_ACCESS : V_WAIT;
}

static void run_vcpu(struct step *step, u8 cpu)
{
	struct thread *t = step->thread;
	u8 word = entry_word(cpu, t->produced);

	switch (t->pc) {
	case V_BEGIN:
		step->blocked = cpu && !seen(step, FLAG);
		say(step, "the guest goes on");
		break;
	case V_ACCESS:
		begin_access(step, cpu);
		return;
	case V_STAMP:
		t->stamp = seen(step, CLOCK) + 1;
		set(step, CLOCK, t->stamp);
		say(step, "exits, at %u", t->stamp);
		break;
	case V_WRITE_STAMP:
		store(step, word, t->stamp);
		break;
	case V_WRITE_KIND:
		store(step, word + 1, t->kind);
		if (!cpu && !kept(step, STAMP_PUBLISHED))
			set_flag(step);
		break;
	case V_PUBLISH:
		publish(step, cpu);
		return;
	case V_WAIT:
		step->blocked = seen(step, ring_word(cpu, CONSUMER)) != t->produced;
		say(step, "has its answer");
		t->pc = V_ACCESS;
		return;
	case V_FLAG:
		set_flag(step);
		t->pc = DONE;
		return;
	}
	t->pc++;
}

#undef produced
#undef stamp
#undef kind

/* ---- a consumer ---- */

enum {
	C_LOOK = BEGIN,		/* polls */
	C_LOCK,
	C_OTHER_BEFORE,		/* the mistake of looking at the other ring first */
	C_OWN,
	C_STAMP,
	C_KIND,
	C_OTHER,
	C_OTHER_STAMP,
	C_TAKE,
	C_DEVICE,
	C_PASS,
	C_UNLOCK,
};

#define stamp		reg[0]	/* of its own first entry */
#define early		reg[1]	/* it has looked when there was nothing */
#define other		reg[2]	/* how far the other ring's producer is */
#define ring		reg[3]	/* which is taken from */
#define index		reg[4]	/* of the entry that is taken */

static u8 look_at_producer(struct step *step, u8 which)
{
	u8 got = load(step, ring_word(which, PRODUCER), (struct want){
		.guesses = accesses(step, which) + 1,
		.acquire = kept(step, ENTRY_ACQUIRE),
	});

	say(step, "sees %u entries of vCPU %u", got, which);
	return got;
}

static u8 look_at_stamp(struct step *step, u8 which)
{
	u8 got = load(step, entry_word(which, seen(step, ring_word(which, TAKEN))), (struct want){
		.first = 1,
		.guesses = 1 + step->model->accesses,
	});

	say(step, "reads vCPU %u's stamp %u", which, got);
	return got;
}

/* The lock is the caller's: TAKEN doesn't change. */
static void choose(struct step *step, u8 own)
{
	struct thread *t = step->thread;
	u8 got;

	switch (t->pc) {
	case C_OTHER_BEFORE:
		t->other = look_at_producer(step, !own);
		t->pc = C_OWN;
		break;
	case C_OWN:
		got = look_at_producer(step, own);
		t->pc = got == seen(step, ring_word(own, TAKEN)) ? C_UNLOCK : C_STAMP;
		break;
	case C_STAMP:
		t->stamp = look_at_stamp(step, own);
		t->pc = C_KIND;
		break;
	case C_KIND:
		got = load(step, entry_word(own, seen(step, ring_word(own, TAKEN))) + 1,
			   (struct want){ .first = POSTED, .guesses = 2 });
		t->ring = own;
		t->pc = C_OTHER;
		if (!kept(step, STAMP_ORDER) || (!kept(step, STAMP_POSTED) && got == POSTED))
			t->pc = C_TAKE;
		break;
	case C_OTHER:
		if (kept(step, STAMP_RELOAD))
			t->other = look_at_producer(step, !own);
		t->pc = t->other == seen(step, ring_word(!own, TAKEN)) ? C_TAKE : C_OTHER_STAMP;
		break;
	case C_OTHER_STAMP:
		t->ring = look_at_stamp(step, !own) < t->stamp ? !own : own;
		t->pc = C_TAKE;
		break;
	}
}

/* The device sees an access; the second vCPU's come after the first's. */
static void show_device(struct step *step)
{
	u8 before = seen(step, DEVICE);
	u8 which = step->thread->ring;

	say(step, "the device sees an access of vCPU %u", which);
	if (which ? !before : before & 1) {
		wrong(step, WRONG_ORDER);
		return;
	}
	set(step, DEVICE, before | 1 << which);
}

static void handle(struct step *step, u8 own)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case C_TAKE:
		t->index = seen(step, ring_word(t->ring, TAKEN)) + 1;
		set(step, ring_word(t->ring, TAKEN), t->index);
		if (!kept(step, STAMP_LOCK))
			store_release(step, LOCK, 0, true, true);
		t->pc = C_DEVICE;
		break;
	case C_DEVICE:
		t->pc = C_PASS;
		show_device(step);
		break;
	case C_PASS:
		store_release(step, ring_word(t->ring, CONSUMER), t->index, true, true);
		say(step, "passes vCPU %u's entry %u", t->ring, t->index);
		if (!kept(step, STAMP_LOCK))
			t->pc = C_LOOK;
		else
			t->pc = kept(step, STAMP_RELOAD) ? C_OWN : C_OTHER_BEFORE;
		break;
	}
}

/* Polls; and goes on once though there is nothing, as one that was woken for nothing. */
static void look(struct step *step, u8 own)
{
	struct thread *t = step->thread;
	u8 taken = seen(step, ring_word(own, TAKEN));

	t->stamp = 0;
	t->other = 0;
	t->ring = 0;
	t->index = 0;
	t->pc = C_LOCK;
	if (taken == accesses(step, own)) {
		t->pc = DONE;
	} else if (taken == seen(step, ring_word(own, PRODUCER))) {
		step->blocked = t->early;
		t->early = true;
	}
}

static void run_consumer(struct step *step, u8 own)
{
	struct thread *t = step->thread;

	switch (t->pc) {
	case C_LOOK:
		look(step, own);
		break;
	case C_LOCK:
		if (!fence(step))
			break;
		step->blocked = seen(step, LOCK);
		set(step, LOCK, 1);
		say(step, "locks");
		t->pc = kept(step, STAMP_RELOAD) ? C_OWN : C_OTHER_BEFORE;
		break;
	case C_OTHER_BEFORE ... C_OTHER_STAMP:
		choose(step, own);
		break;
	case C_TAKE ... C_PASS:
		handle(step, own);
		break;
	case C_UNLOCK:
		store_release(step, LOCK, 0, true, true);
		t->pc = C_LOOK;
		break;
	}
}

static void vcpu0(struct step *step)
{
	run_vcpu(step, 0);
}

static void vcpu1(struct step *step)
{
	run_vcpu(step, 1);
}

static void consumer0(struct step *step)
{
	run_consumer(step, 0);
}

static void consumer1(struct step *step)
{
	run_consumer(step, 1);
}

static void word_name(u8 word, char *name)
{
	static const char *const names[RING_WORDS] = {
		"producer", "consumer", "taken", "ring[0].stamp", "ring[0].kind", "ring[1].stamp",
		"ring[1].kind",
	};

	if (word >= RINGS)
		sprintf(name, "vCPU %u's %s", (word - RINGS) / RING_WORDS,
			names[(word - RINGS) % RING_WORDS]);
	else
		sprintf(name, "%s", word == LOCK ? "lock" : "flag");
}

const struct model two_vcpus = {
	.name = "stamps",
	.program = {
		{ "vCPU 0", vcpu0 }, { "vCPU 1", vcpu1 },
		{ "user 0", consumer0 }, { "user 1", consumer1 },
	},
	.word_name = word_name,
	.threads = 4,
};
