/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a model consists of: a world of shared words and threads, a program for
 * each thread, and what can go wrong. explore.c visits each world that can come to be;
 * memory.c says when a thread's stores reach the others, and when its loads are made.
 *
 * A program is a function that does one step: it looks at its thread's pc, makes at most
 * one access to shared words, and sets pc. Where it can go several ways it asks pick(),
 * and is called once for each. A word is a byte, an index is counted from INDEX_START,
 * so that it wraps early in each run.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <linux/types.h>

#define THREADS		4
#define WORDS		28
#define STORES		6
#define LATE		3

/* How threads see each other's accesses; each allows all that the one before does. */
enum order {
	TSO,	/* stores reach the others later, in order: x86 */
	PSO,	/* stores to different words reach them in any order */
	WEAK,	/* and loads may be made after what comes behind them */
};

/* What a run may do without: barriers, then rules; main.c says what each is. */
enum part {
	ENTRY_RELEASE,
	ENTRY_ACQUIRE,
	SLOT_ACQUIRE,
	SLOT_RELEASE,
	REPLY_ACQUIRE,
	REPLY_RELEASE,
	WAKEUP_KERNEL,
	WAKEUP_USER,
	KICK_KERNEL,
	KICK_USER,
	WAKEUP_EXCHANGE,
	ROOM_ACQUIRE,
	LAST_SLOT,
	LOOK_AGAIN,
	KICK_LOOK,
	REPLY_FIRST,
	ROOM_CHECK,
	SLOT_MASK,
	FULL_ENDS,
	INDEX_CHECK,
	INDEX_ONCE,
	SEQ_CHECK,
	STAMP_ORDER,
	STAMP_RELOAD,
	STAMP_LOCK,
	STAMP_POSTED,
	STAMP_PUBLISHED,
	MIRROR_RELEASE,
	MIRROR_ACQUIRE,
	MIRROR_COUNTED,
	MIRROR_WAITS,
	DRAIN_POST,
	DRAIN_TIMER,
	DRAIN_AGAIN,
	DRAIN_REQUEST,
	NOTHING,	/* every part is there */
};

enum wrong {
	RIGHT,
	WRONG_ENTRY,
	WRONG_REPLY,
	WRONG_INDEX,
	WRONG_COPY,
	WRONG_ROOM,
	WRONG_OVERWRITES,
	WRONG_OUTSIDE,
	WRONG_ENDLESS,
	WRONG_ORDER,
	WRONG_MIRROR,
	WRONG_STUCK,
};

/* A store that only its thread sees. */
struct store {
	u8 word;
	u8 value;
	u8 after;	/* AFTER_STORES; bits: which late loads it comes after */
};

#define AFTER_STORES	0x80

/* A load that isn't made yet, though the thread has gone on with its guess. */
struct late {
	u8 word;	/* 0: none */
	u8 guess;
	u8 exact;	/* the bits in which another value is wrong, rather than a wrong guess */
	u8 wrong;	/* enum wrong, for that */
};

#define DONE		0
#define BEGIN		1
#define STOPPED		0xff	/* something was wrong */

struct thread {
	u8 pc;
	u8 reg[6];	/* the program's own */
	u8 stores;
	struct store store[STORES];
	struct late late[LATE];
};

/* Compared and hashed as bytes: nothing but u8 in it. */
struct world {
	u8 wrong;
	u8 word[WORDS];
	struct thread thread[THREADS];
};

struct step;

struct program {
	const char *name;
	void (*run)(struct step *step);
};

struct model {
	const char *name;
	struct program program[THREADS];
	void (*word_name)(u8 word, char *name);
	enum order order;
	u8 threads;
	u8 entries;	/* of the ring */
	u8 accesses;	/* that the guest makes */
	u8 late;	/* loads of a thread that may be late at once; at most LATE */
	bool polling;	/* the consumer never sleeps, and isn't woken */
	bool waits;	/* it sleeps in VMR_WAIT, not for its eventfd */
	bool hostile;	/* what user space writes can read as anything */
	enum part without;	/* what is missing */
};

/* One thread's next step, with the ways that were picked in it. */
struct step {
	const struct model *model;
	struct world *world;
	struct thread *thread;
	bool blocked;	/* it can't be made now */
	bool shared;	/* it looks at what others write, or they at what it writes */
	u8 picks;
	u8 given;
	u16 pick[8];
	u16 ways[8];
	char *text;	/* what it does, for a trace; or NULL */
};

#define TEXT		160

/**
 * pick() - go one of several ways; all of them are explored
 * @step: the step
 * @ways: how many there are
 *
 * Return: 0 to @ways - 1.
 */
unsigned int pick(struct step *step, unsigned int ways);

/**
 * say() - tell what the step does
 * @step: the step
 * @format: as printf() has it
 */
void say(struct step *step, const char *format, ...) __attribute__((format(printf, 2, 3)));

/**
 * wrong() - the property doesn't hold; the thread stops
 * @step: the step
 * @what: which property
 */
void wrong(struct step *step, enum wrong what);

/**
 * kept() - is a part of the protocol there in this run?
 * @step: the step
 * @part: which
 */
static inline bool kept(const struct step *step, enum part part)
{
	return step->model->without != part;
}

/* What a load may bring. */
struct want {
	u8 first;	/* where it is late, first and what follows are guessed */
	u8 guesses;
	u8 exact;	/* in these bits, anything else than first is wrong */
	u8 wrong;	/* enum wrong */
	bool acquire;
	bool theirs;	/* user space writes the word: a hostile one, anything */
};

/**
 * load() - read a word
 * @step: the step; blocked if an earlier load of the same word is late
 * @word: which
 * @want: what it may bring
 *
 * Return: its value, or what is guessed to be it.
 */
u8 load(struct step *step, u8 word, struct want want);

/**
 * store() - write a word; others see it later
 * @step: the step; blocked if too much is on its way
 * @word: which
 * @value: what
 */
void store(struct step *step, u8 word, u8 value);

/**
 * store_release() - write a word, after what came before
 * @step: as for store()
 * @word: which
 * @value: what
 * @stores: after the earlier stores
 * @loads: after the earlier loads
 */
void store_release(struct step *step, u8 word, u8 value, bool stores, bool loads);

/**
 * fence() - a full barrier: what came before is done
 * @step: the step; blocked until that is so
 *
 * Return: true if it is.
 */
bool fence(struct step *step);

/**
 * full_barrier() - a full barrier, if it is there in this run
 * @step: as for fence()
 * @part: which one it is
 *
 * Return: true if the thread can go on.
 */
bool full_barrier(struct step *step, enum part part);

/* Memory as all see it; atomic operations of the kernel, and of locks, are made there. */
u8 seen(struct step *step, u8 word);
void set(struct step *step, u8 word, u8 value);

/**
 * memory_moves() - how many ways memory has to move on by itself, for a thread
 * @thread: the thread
 *
 * Return: their number; each may turn out to be impossible.
 */
unsigned int memory_moves(const struct thread *thread);

/**
 * memory_move() - make one of them
 * @step: the step; blocked if it is impossible
 * @move: which
 */
void memory_move(struct step *step, unsigned int move);

/**
 * memory_is_quiet() - is nothing on its way?
 * @model: the model
 * @world: the world
 *
 * Return: true if so: no store, no late load of any thread.
 */
bool memory_is_quiet(const struct model *model, const struct world *world);

struct found {
	unsigned int worlds;
	enum wrong wrong;
};

/**
 * explore() - visit each world that can come to be
 * @model: the model
 * @trace: print the shortest way to what is wrong
 *
 * Return: how many there are, and what is wrong in one of them.
 */
struct found explore(const struct model *model, bool trace);

const char *wrong_text(enum wrong what);

/* The models; main.c completes them. */
extern const struct model one_vcpu;
extern const struct model polled_vcpu;
extern const struct model waited_vcpu;
extern const struct model hostile_consumer;
extern const struct model two_vcpus;
extern const struct model mirror_read;
extern const struct model drain_timer;

#endif
