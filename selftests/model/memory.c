// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the order of memory accesses: what a thread's own stores and loads have come to,
 * and what the others see of them.
 *
 * A store waits in its thread's buffer and moves to memory some time later: the oldest
 * first (TSO), or whichever (PSO), but those to one word in order, and a release after all
 * that came before it. A load brings the newest of its thread's own stores, else what is
 * in memory. WEAK, one that isn't an acquire may be late: the thread goes on with a guess,
 * and when the load is made at last memory has to hold that, or this run never was. So
 * control dependencies order nothing here, as the C language has it.
 */
#include <string.h>

#include "model.h"

u8 seen(struct step *step, u8 word)
{
	step->shared = true;
	return step->world->word[word];
}

void set(struct step *step, u8 word, u8 value)
{
	step->shared = true;
	step->world->word[word] = value;
}

static const struct store *own_store(const struct thread *thread, u8 word)
{
	unsigned int i = thread->stores;

	while (i--)
		if (thread->store[i].word == word)
			return &thread->store[i];
	return NULL;
}

static struct late *late_load(struct thread *thread, u8 word)
{
	unsigned int i;

	for (i = 0; i < LATE; i++)
		if (thread->late[i].word == word)
			return &thread->late[i];
	return NULL;
}

/* Bit i: late[i] is a load. */
static u8 late_loads(const struct thread *thread)
{
	u8 loads = 0;
	unsigned int i;

	for (i = 0; i < LATE; i++)
		if (thread->late[i].word)
			loads |= 1 << i;
	return loads;
}

/* Where one more can be noted, or NULL. */
static struct late *late_room(const struct step *step)
{
	struct late *late = late_load(step->thread, 0);

	return late && late < step->thread->late + step->model->late ? late : NULL;
}

static u8 load_now(struct step *step, u8 value, const struct want *want)
{
	if ((value ^ want->first) & want->exact)
		wrong(step, want->wrong);
	return value;
}

u8 load(struct step *step, u8 word, struct want want)
{
	const struct store *own = own_store(step->thread, word);
	struct late *late;

	step->shared = true;
	if (step->model->hostile && want.theirs)
		return pick(step, 256);
	if (own)
		return load_now(step, own->value, &want);
	if (late_load(step->thread, word)) {
		step->blocked = true;
		return want.first;
	}
	late = late_room(step);
	if (step->model->order != WEAK || want.acquire || !late || !pick(step, 2))
		return load_now(step, seen(step, word), &want);
	*late = (struct late){
		.word = word,
		.guess = want.first + pick(step, want.guesses),
		.exact = want.exact,
		.wrong = want.wrong,
	};
	say(step, "(later; %u is a guess) ", late->guess);
	return late->guess;
}

static void add_store(struct step *step, u8 word, u8 value, u8 after)
{
	struct thread *thread = step->thread;

	if (thread->stores == STORES || late_load(thread, word)) {
		step->blocked = true;
		return;
	}
	thread->store[thread->stores++] = (struct store){ word, value, after };
}

void store(struct step *step, u8 word, u8 value)
{
	add_store(step, word, value, 0);
}

void store_release(struct step *step, u8 word, u8 value, bool stores, bool loads)
{
	add_store(step, word, value,
		  (stores ? AFTER_STORES : 0) | (loads ? late_loads(step->thread) : 0));
}

bool fence(struct step *step)
{
	step->blocked = step->thread->stores || late_loads(step->thread);
	return !step->blocked;
}

bool full_barrier(struct step *step, enum part part)
{
	say(step, kept(step, part) ? "full barrier" : "no full barrier, where one belongs");
	return !kept(step, part) || fence(step);
}

/* Store i reaches memory. */
static void drain(struct step *step, unsigned int i)
{
	struct thread *thread = step->thread;
	struct store gone = thread->store[i];
	unsigned int j;
	char name[32];

	step->blocked = gone.after & ~AFTER_STORES;
	if (i && (step->model->order == TSO || gone.after & AFTER_STORES))
		step->blocked = true;
	for (j = 0; j < i; j++)
		if (thread->store[j].word == gone.word)
			step->blocked = true;
	if (step->blocked)
		return;
	set(step, gone.word, gone.value);
	memmove(&thread->store[i], &thread->store[i + 1],
		(thread->stores - i - 1) * sizeof(gone));
	thread->stores--;
	thread->store[thread->stores] = (struct store){ 0 };
	step->model->word_name(gone.word, name);
	say(step, "    %s = %u reaches memory", name, gone.value);
}

/* Late load i is made. */
static void make_late(struct step *step, unsigned int i)
{
	struct thread *thread = step->thread;
	struct late late = thread->late[i];
	u8 value = seen(step, late.word);
	unsigned int j;
	char name[32];

	step->blocked = value != late.guess && !((value ^ late.guess) & late.exact);
	if (step->blocked)
		return;
	thread->late[i] = (struct late){ 0 };
	for (j = 0; j < thread->stores; j++)
		thread->store[j].after &= ~(1 << i);
	step->model->word_name(late.word, name);
	say(step, "    reads %s at last: %u", name, value);
	if (value != late.guess)
		wrong(step, late.wrong);
}

unsigned int memory_moves(const struct thread *thread)
{
	return thread->stores + LATE;
}

void memory_move(struct step *step, unsigned int move)
{
	unsigned int load = move - step->thread->stores;

	if (move < step->thread->stores)
		drain(step, move);
	else if (step->thread->late[load].word)
		make_late(step, load);
	else
		step->blocked = true;
}

bool memory_is_quiet(const struct model *model, const struct world *world)
{
	unsigned int i;

	for (i = 0; i < model->threads; i++)
		if (world->thread[i].stores || late_loads(&world->thread[i]))
			return false;
	return true;
}
