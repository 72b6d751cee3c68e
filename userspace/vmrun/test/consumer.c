// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of who takes exits: each way, with a vCPU in a thread of its own that
 * sleeps for its answers.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "consumer.h"
#include "fake_loop.h"
#include "fake_ring.h"
#include "harness.h"

#define ROUNDS		500
#define TOO_LONG	20	/* seconds without anything taken: it hangs */

static struct loop loop;
static struct exitq queue;
static struct consumer consumer;
static struct fake fake;
static struct exitq_source source;
static uint64_t taken;		/* by the devices' lock */
static bool in_order;
static atomic_bool over;

/* Each entry's address is its number. */
static enum verdict count(void *arg, struct exit *exit)
{
	in_order = in_order && exit->entry->addr == taken;
	taken++;
	return EXIT_TAKEN;
}

static void wake(void *arg)
{
	if (!consumer_wake(&consumer, &source))
		fake_wake(&fake);
}

static void set_up(enum exits_mode mode)
{
	memset(&queue, 0, sizeof(queue));
	taken = 0;
	in_order = true;
	atomic_store(&over, false);
	fake_loop_init(&loop);
	fake_init(&fake);
	source = (struct exitq_source){
		.ring = &fake.ring, .act = count, .wake = wake, .arg = &fake,
	};
	exitq_add(&queue, &source);
	EXPECT_EQ(consumer_create(&consumer, mode, &queue, &loop), 0);
	fake.bell = consumer.eventfd;
	consumer_add(&consumer, &source, 0);
}

static void tear_down(void)
{
	consumer_stop(&consumer);
	EXPECT_EQ(loop.requests, 0);
	consumer_destroy(&consumer);
	fake.bell = -1;
	fake_end(&fake);
}

/* Two posted ones, then one that it waits for, as soon as it can or after a while. */
static void *guest(void *arg)
{
	uint64_t number = 0;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		struct vmr_exit entry = {
			.reason = VMR_EXIT_IO, .flags = VMR_EXIT_POSTED | VMR_EXIT_WRITE, .size = 1,
		};

		entry.addr = number++;
		fake_publish(&fake, entry);
		entry.addr = number++;
		fake_publish(&fake, entry);
		entry.flags = VMR_EXIT_NEEDS_REPLY;
		entry.addr = number++;
		fake_publish(&fake, entry);
		fake_sleep(&fake);
	}
	atomic_store(&over, true);
	return NULL;
}

/* VMR_WAIT, as io_uring's command has it: the struct was copied when it was given. */
static int wait_command(int fd, void *data)
{
	struct vmr_wait args;

	memcpy(&args, data, sizeof(args));
	if (args.size != sizeof(args) || args.reserved || args.flags & ~VMR_WAIT_WAKE)
		return -EINVAL;
	if (args.flags & VMR_WAIT_WAKE && ring_wants_kick(&fake.ring))
		fake_wake(&fake);
	args.flags = 0;		/* that is done once */
	memcpy(data, &args, sizeof(args));
	if (ring_produced(&fake.ring) == args.seen)
		return FAKE_NOT_YET;
	return ring_produced(&fake.ring) - args.seen;
}

static bool hangs(void)
{
	static uint32_t before;
	static time_t since;
	uint32_t now = __atomic_load_n(&fake.ring.taken, __ATOMIC_RELAXED);

	if (now != before || !since)
		since = time(NULL);
	before = now;
	return time(NULL) > since + TOO_LONG;
}

static void run_guest(enum exits_mode mode)
{
	pthread_t thread;

	set_up(mode);
	loop.command = wait_command;
	EXPECT_EQ(consumer_start(&consumer), 0);
	EXPECT_EQ(pthread_create(&thread, NULL, guest, NULL), 0);
	while (!atomic_load(&over) && !loop.failed && !hangs())
		if (mode == EXITS_POLL || !fake_loop_step(&loop, 1))
			sched_yield();
	EXPECT(atomic_load(&over));
	if (!atomic_load(&over))
		return;		/* the guest's thread hangs: there is nothing to be tidied up */
	pthread_join(thread, NULL);
	EXPECT_EQ(taken, 3 * ROUNDS);
	EXPECT(in_order);
	tear_down();
}

TEST(consumer_poll)
{
	run_guest(EXITS_POLL);
}

TEST(consumer_eventfd)
{
	run_guest(EXITS_EVENTFD);
	EXPECT(consumer.woken > 0);
}

TEST(consumer_uring)
{
	run_guest(EXITS_URING);
	EXPECT(consumer.woken > 0);
}

/*
 * Several vCPUs of which the first and the last take turns: what one posted before it
 * gave the turn away is heard before what the other one does then, though the consumer
 * looks at the rings one by one.
 */
#define VCPUS	16
#define TURNS	10000

static struct fake fakes[VCPUS];
static struct exitq_source others[VCPUS];

static void *in_turn(void *arg)
{
	uint64_t number, pause;

	for (number = 0; number < TURNS; number++) {
		struct vmr_exit entry = {
			.reason = VMR_EXIT_IO, .flags = VMR_EXIT_POSTED | VMR_EXIT_WRITE, .size = 1,
			.addr = number, .stamp = number,
		};

		/* The consumer looks at empty rings when a pair comes, wherever it is. */
		if (!(number & 1))
			while (!fake_answered(&fakes[VCPUS - 1]))
				__builtin_ia32_pause();
		for (pause = number * 7 % 64; pause; pause--)
			__builtin_ia32_pause();
		fake_publish(&fakes[number & 1 ? VCPUS - 1 : 0], entry);
	}
	return NULL;
}

TEST(consumer_vcpus_in_turn)
{
	pthread_t thread;
	unsigned int i;

	set_up(EXITS_POLL);
	for (i = 0; i < VCPUS; i++) {
		fake_init(&fakes[i]);
		others[i] = source;
		others[i].ring = &fakes[i].ring;
		exitq_add(&queue, &others[i]);
	}
	EXPECT_EQ(consumer_start(&consumer), 0);
	EXPECT_EQ(pthread_create(&thread, NULL, in_turn, NULL), 0);
	pthread_join(thread, NULL);
	while (exitq_waiting(&queue))
		sched_yield();
	tear_down();
	for (i = 0; i < VCPUS; i++)
		fake_end(&fakes[i]);
	EXPECT_EQ(taken, TURNS);
	EXPECT(in_order);
}

/* Stopped while it sleeps: what it waits for is taken back from the loop. */
TEST(consumer_stops_asleep)
{
	static const enum exits_mode modes[] = { EXITS_INLINE, EXITS_EVENTFD, EXITS_URING };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		set_up(modes[i]);
		loop.command = wait_command;
		EXPECT_EQ(consumer_start(&consumer), 0);
		while (fake_loop_step(&loop, 0))
			;
		EXPECT_EQ(loop.requests, modes[i] != EXITS_INLINE);
		tear_down();
		EXPECT_EQ(taken, 0);
	}
}

/* In the middle of a lot, too: what comes behind that is for nobody. */
TEST(consumer_stops_at_work)
{
	static const enum exits_mode modes[] = { EXITS_EVENTFD, EXITS_URING };
	struct vmr_exit entry = { .reason = VMR_EXIT_IO, .flags = VMR_EXIT_POSTED, .size = 1 };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		set_up(modes[i]);
		loop.command = wait_command;
		EXPECT_EQ(consumer_start(&consumer), 0);
		EXPECT(fake_publish(&fake, entry));
		tear_down();
		EXPECT_EQ(taken, 0);
		EXPECT_EQ(consumer.sleeps, 0);
	}
}

static int refuse(int fd, void *data)
{
	return -ENOTTY;
}

/* A kernel that can't: said once, and the loop ends. */
TEST(consumer_uring_fails)
{
	set_up(EXITS_URING);
	loop.command = refuse;
	EXPECT_EQ(consumer_start(&consumer), 0);
	while (fake_loop_step(&loop, 0))
		;
	EXPECT(loop.failed);
	EXPECT_SAID("VMR_WAIT by io_uring");
	tear_down();
}

/* What a hypervisor gathers is looked for now and then. */
static unsigned int collections;

static void collect(void *arg)
{
	collections++;
}

TEST(consumer_looks_for_what_is_gathered)
{
	set_up(EXITS_INLINE);
	source.collect = collect;
	collections = 0;
	EXPECT_EQ(consumer_start(&consumer), 0);
	EXPECT(consumer.look.set);
	consumer.look.deadline = 0;
	timers_run(&loop.timers);
	EXPECT_EQ(collections, 1);
	EXPECT(consumer.look.set);
	tear_down();
	EXPECT(!consumer.look.set);
}
