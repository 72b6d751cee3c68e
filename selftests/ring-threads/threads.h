/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the two threads of a test share: an area as the kernel lays it out, and the
 * means to sleep and to wake. kernel.c is the vCPU's side, user.c the consumer's.
 */
#ifndef RING_THREADS_H
#define RING_THREADS_H

#include <linux/types.h>

#include <vmring_ring.h>

#include "ring.h"

/* What the kernel's side can leave out, to show that TSan tells. */
enum part {
	NOTHING,
	ENTRY_RELEASE,
	SLOT_ACQUIRE,
	REPLY_ACQUIRE,
};

struct test {
	const char *name;
	u32 entries;		/* of the ring */
	unsigned int accesses;
	unsigned int synchronous;	/* one of so many is; 0: none */
	unsigned int kernel_spins;	/* looks before the vCPU sleeps: up to so many */
	unsigned int user_spins;	/* looks before the consumer sleeps */
	enum part without;
};

/* The real one is two mappings. */
struct area {
	struct vmr_area_ro ro __attribute__((aligned(4096)));
	struct vmr_area_rw rw __attribute__((aligned(4096)));
	struct vmr_exit ring[] __attribute__((aligned(4096)));
};

struct run {
	const struct test *test;
	struct area *area;
	int eventfd;		/* the consumer's */
	int asleep;		/* 1: the vCPU's task sleeps, or is about to; a futex */
	unsigned long progress;	/* somebody did something */

	/* Counts; each of one thread. */
	unsigned long posted, made_synchronous, kernel_slept, signals;
	unsigned long taken, answered, user_slept, kicks;
	const char *wrong;	/* of either */
};

/**
 * run_is_wrong() - note what is wrong; the test ends with that
 * @run: the run
 * @what: what
 *
 * Return: false.
 */
static inline bool run_is_wrong(struct run *run, const char *what)
{
	__atomic_store_n(&run->wrong, what, __ATOMIC_RELEASE);
	return false;
}

#define NEVER_SLEEP	0xffffffffu

/* Entries are published from here on, so that the indices wrap. */
#define FIRST_INDEX	(0u - 100)

/* What the guest's access number i writes; an answer is another function of it. */
static inline u64 pattern(u32 i)
{
	return (i + 1) * 0x9e3779b97f4a7c15;
}

/* How often to look this time, so that one meets the other at all moments. */
static inline unsigned int draw_spins(unsigned int most, unsigned long i)
{
	return most == NEVER_SLEEP ? most : (pattern(i) >> 32) % (most + 1ul);
}

static inline bool is_synchronous(const struct test *test, u32 i)
{
	return test->synchronous && (pattern(i) >> 40) % test->synchronous == 0;
}

/**
 * kernel_run() - the vCPU's thread, until the guest has made its accesses
 * @run: struct run
 */
void *kernel_run(void *run);

/**
 * user_run() - the consumer's thread, until it has taken them all
 * @run: struct run
 */
void *user_run(void *run);

/**
 * kernel_wake() - what VMR_KICK with VMR_KICK_WAKE does
 * @run: the run
 */
void kernel_wake(struct run *run);

#endif
