// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the exploration: from the first world on, each step of each thread and each move
 * of memory, breadth first, so that the first way that is found to a wrong world is the
 * shortest. Worlds are kept and compared whole; nothing is left to a hash.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define NO_WORLD	0xffffffffu

/* Columns of a thread's name in a trace. */
#define NAME		9

struct explorer {
	const struct model *model;
	size_t size;		/* bytes of a world that this model uses */
	u8 *worlds;
	u32 *from;		/* the world that each came from */
	u32 count;
	u32 room;
	u32 *table;		/* of worlds, by hash; NO_WORLD: free */
	u32 slots;		/* a power of two, more than twice count */
	bool moved;		/* the world that is looked at leads to another one */
};

static void *grown(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count, size);

	if (!new) {
		fprintf(stderr, "no memory for %zu worlds\n", count);
		exit(2);
	}
	return new;
}

static u32 hash_of(const struct explorer *e, const u8 *world)
{
	u64 hash = 0x243f6a8885a308d3;
	size_t i, rest;
	u64 chunk;

	for (i = 0; i < e->size; i += sizeof(chunk)) {
		chunk = 0;
		rest = e->size - i;
		memcpy(&chunk, world + i, rest < sizeof(chunk) ? rest : sizeof(chunk));
		hash = (hash ^ chunk) * 0x9e3779b97f4a7c15;
		hash ^= hash >> 29;
	}
	return hash >> 20;
}

/* Where a world is in the table, or where it belongs. */
static u32 *place_of(struct explorer *e, const u8 *world)
{
	u32 slot = hash_of(e, world) & (e->slots - 1);

	while (e->table[slot] != NO_WORLD &&
	       memcmp(e->worlds + e->table[slot] * e->size, world, e->size))
		slot = (slot + 1) & (e->slots - 1);
	return &e->table[slot];
}

static void grow(struct explorer *e)
{
	u32 i;

	e->room = e->room ? 2 * e->room : 1 << 14;
	e->slots = 4 * e->room;
	e->worlds = grown(e->worlds, e->room, e->size);
	e->from = grown(e->from, e->room, sizeof(*e->from));
	e->table = grown(e->table, e->slots, sizeof(*e->table));
	memset(e->table, 0xff, e->slots * sizeof(*e->table));
	for (i = 0; i < e->count; i++)
		*place_of(e, e->worlds + i * e->size) = i;
}

static void visit(struct explorer *e, const struct world *world, u32 from)
{
	const u8 *bytes = (const u8 *)world;
	u32 *place;

	if (e->count == e->room)
		grow(e);
	place = place_of(e, bytes);
	if (*place != NO_WORLD) {
		if (*place != from)
			e->moved = true;
		return;
	}
	e->moved = true;
	*place = e->count;
	e->from[e->count] = from;
	memcpy(e->worlds + e->count * e->size, bytes, e->size);
	e->count++;
}

unsigned int pick(struct step *step, unsigned int ways)
{
	unsigned int i = step->picks++;

	if (i >= step->given)
		step->pick[i] = 0;
	step->ways[i] = ways;
	return step->pick[i];
}

/* Take the next way; false after the last. */
static bool next_way(struct step *step)
{
	while (step->picks && step->pick[step->picks - 1] + 1 == step->ways[step->picks - 1])
		step->picks--;
	step->given = step->picks;
	if (!step->given)
		return false;
	step->pick[step->given - 1]++;
	return true;
}

void say(struct step *step, const char *format, ...)
{
	size_t length;
	va_list args;

	if (!step->text)
		return;
	length = strlen(step->text);
	va_start(args, format);
	vsnprintf(step->text + length, TEXT - length, format, args);
	va_end(args);
}

void wrong(struct step *step, enum wrong what)
{
	step->world->wrong = what;
	step->thread->pc = STOPPED;
}

/* Move 0 of a thread is its program's next step, the others are memory's. */
static void make_move(struct step *step, unsigned int thread, unsigned int move)
{
	if (move)
		memory_move(step, move - 1);
	else if (step->thread->pc == DONE || step->thread->pc == STOPPED)
		step->blocked = true;
	else
		step->model->program[thread].run(step);
}

/* Who wants to see the worlds that follow; text, if any, is filled in before. */
struct viewer {
	bool (*see)(void *data, const struct world *next);	/* true: enough */
	void *data;
	char *text;
};

/* One move of one thread, all ways that it can go. True: the viewer has enough. */
static bool follow_move(struct step *step, const struct world *world, unsigned int thread,
			unsigned int move, const struct viewer *viewer)
{
	struct world next;

	step->given = 0;
	do {
		next = *world;
		step->world = &next;
		step->thread = &next.thread[thread];
		step->picks = 0;
		step->blocked = false;
		step->shared = false;
		step->text = viewer->text;
		if (step->text)
			snprintf(step->text, TEXT, "%-*s", NAME, step->model->program[thread].name);
		make_move(step, thread, move);
		if (!step->blocked && viewer->see(viewer->data, &next))
			return true;
	} while (next_way(step));
	return false;
}

static bool see_nothing(void *data, const struct world *next)
{
	return true;
}

/*
 * A thread whose next step nobody else can see or hinder; or none. Such a step may be made
 * before all others: they come to the same after it. There is no circle of such steps.
 */
static unsigned int find_alone(struct step *step, const struct world *world)
{
	const struct viewer nobody = { .see = see_nothing };
	unsigned int i;

	for (i = 0; i < step->model->threads; i++)
		if (follow_move(step, world, i, 0, &nobody) && !step->shared)
			break;
	return i;
}

static void follow(const struct model *model, const struct world *world,
		   const struct viewer *viewer)
{
	struct step step = { .model = model };
	unsigned int alone = find_alone(&step, world);
	unsigned int i, move;

	if (alone < model->threads) {
		follow_move(&step, world, alone, 0, viewer);
		return;
	}
	for (i = 0; i < model->threads; i++)
		for (move = 0; move <= memory_moves(&world->thread[i]); move++)
			if (follow_move(&step, world, i, move, viewer))
				return;
}

struct visitor {
	struct explorer *explorer;
	u32 from;
};

static bool visit_next(void *data, const struct world *next)
{
	struct visitor *visitor = data;

	visit(visitor->explorer, next, visitor->from);
	return false;
}

static bool is_wanted(void *data, const struct world *next)
{
	return !memcmp(data, next, sizeof(*next));
}

static void fetch(const struct explorer *e, u32 index, struct world *world)
{
	memset(world, 0, sizeof(*world));
	memcpy(world, e->worlds + index * e->size, e->size);
}

/* Print the steps up to a world, the first one first. */
static void print_way(const struct explorer *e, u32 index)
{
	struct world world, before;
	char text[TEXT];
	const struct viewer viewer = { is_wanted, &world, text };

	if (!index)
		return;
	print_way(e, e->from[index]);
	fetch(e, e->from[index], &before);
	fetch(e, index, &world);
	follow(e->model, &before, &viewer);
	if (text[NAME])
		printf("#   %s\n", text);
}

static bool all_done(const struct model *model, const struct world *world)
{
	unsigned int i;

	for (i = 0; i < model->threads; i++)
		if (world->thread[i].pc != DONE)
			return false;
	return true;
}

/*
 * What is wrong with a world whose followers were visited. What went wrong on a guess
 * counts when all guesses have come true.
 */
static enum wrong judge(const struct explorer *e, const struct world *world)
{
	if (!memory_is_quiet(e->model, world))
		return RIGHT;
	if (world->wrong)
		return world->wrong;
	if (e->moved || all_done(e->model, world))
		return RIGHT;
	return WRONG_STUCK;
}

struct found explore(const struct model *model, bool trace)
{
	struct explorer e = {
		.model = model,
		.size = offsetof(struct world, thread) + model->threads * sizeof(struct thread),
	};
	struct world world = { 0 };
	struct found found = { 0 };
	unsigned int i;
	u32 index;

	for (i = 0; i < model->threads; i++)
		world.thread[i].pc = BEGIN;
	visit(&e, &world, NO_WORLD);
	for (index = 0; index < e.count && !found.wrong; index++) {
		struct visitor visitor = { &e, index };
		const struct viewer viewer = { visit_next, &visitor, NULL };

		fetch(&e, index, &world);
		e.moved = false;
		follow(model, &world, &viewer);
		found.wrong = judge(&e, &world);
	}
	found.worlds = e.count;
	if (found.wrong && trace)
		print_way(&e, index - 1);
	free(e.worlds);
	free(e.from);
	free(e.table);
	return found;
}

const char *wrong_text(enum wrong what)
{
	static const char *const texts[] = {
		[RIGHT] = "nothing is wrong",
		[WRONG_ENTRY] = "what was read isn't what was written: lost, old, torn or twice",
		[WRONG_REPLY] = "the reply that was taken isn't the one that was given",
		[WRONG_COPY] = "the kernel's own copy of the consumer's index is none that can be",
		[WRONG_INDEX] = "an honest index is taken for an impossible one",
		[WRONG_ROOM] = "there is no room for a synchronous exit",
		[WRONG_OVERWRITES] = "an entry is written that isn't free",
		[WRONG_OUTSIDE] = "something outside of the ring is accessed",
		[WRONG_ENDLESS] = "the kernel neither ends RUN nor waits",
		[WRONG_ORDER] = "a device sees accesses in another order than guests made them",
		[WRONG_MIRROR] = "a mirror tells what was before the writes that were posted",
		[WRONG_STUCK] = "nobody can go on: a wake-up was lost",
	};

	return texts[what];
}
