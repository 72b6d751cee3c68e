/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the words that a vCPU and its consumer share, and how an entry is told in them. */
#ifndef MODEL_RING_H
#define MODEL_RING_H

#include "ring/index.h"

#include "model.h"

#define MOST_ENTRIES	4

/* An entry and a reply are two words each, so that they can be torn. */
enum word {
	PRODUCER = 1,
	CONSUMER,
	NEED_WAKEUP,
	NEED_KICK,
	EVENTFD,	/* its counter */
	WAITER,		/* VMR_WAIT's caller: set before its last look, cleared by a wake-up */
	ASLEEP,		/* the vCPU's task: set before its last look, cleared by a wake-up */
	REPLY_SEQ,
	REPLY_DATA,
	RING,
	RING_END = RING + 2 * MOST_ENTRIES,
};

_Static_assert(RING_END <= WORDS, "words");

/* By what the kernel sees that the consumer sleeps. */
static inline u8 sleeper_word(const struct model *model)
{
	return model->waits ? WAITER : NEED_WAKEUP;
}

/* What kinds of entry there are. */
enum kind {
	POSTED = 1,
	ANSWERED,	/* synchronous, with a reply */
	PASSED,		/* synchronous, over when the consumer's index has passed it */
	KINDS = PASSED,
};

/* The second word of an entry. */
static inline u8 kind_word(u8 seq, u8 kind)
{
	return seq << 2 | kind;
}

static inline u8 word_kind(u8 word)
{
	return word & 3;
}

/* What an index in the model is as one of the ring; it wraps after the second entry. */
#define INDEX_START	0xfffffffeu

static inline u32 wide(u8 index)
{
	return INDEX_START + (u32)(__s8)index;
}

static inline u8 entry_word(const struct model *model, u8 index)
{
	return RING + 2 * vmr_index_slot(wide(index), model->entries);
}

/**
 * vcpu() - the program of a vCPU's thread: guest and kernel
 * @step: its step
 */
void vcpu(struct step *step);

/**
 * consumer() - the program of the thread that serves it
 * @step: its step
 */
void consumer(struct step *step);

void ring_word_name(u8 word, char *name);

#endif
