// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of how exits are taken, and in which order. */
#include <string.h>

#include "fake_ring.h"
#include "harness.h"

#define ROOM	64

/* Someone who notes what he is told, and answers a read with its address + 1. */
struct notes {
	unsigned int count;
	uint64_t addr[ROOM];
	uint16_t reason[ROOM];
	bool stands;			/* of the next synchronous one */
	void (*then)(void);		/* called once, at the first one */
};

static struct fake fakes[2];
static struct exitq_source sources[2];
static struct exitq queue;
static struct notes notes;

static enum verdict note(void *arg, struct exit *exit)
{
	const struct vmr_exit *entry = exit->entry;
	void (*then)(void) = notes.then;
	uint64_t answer = entry->addr + 1;

	if (notes.count < ROOM) {
		notes.addr[notes.count] = entry->addr;
		notes.reason[notes.count] = entry->reason;
	}
	notes.count++;
	if (entry->flags & VMR_EXIT_NEEDS_REPLY)
		memcpy(exit->data, &answer, entry->size);
	notes.then = NULL;
	if (then)
		then();
	return notes.stands && !(entry->flags & VMR_EXIT_POSTED) ? EXIT_STANDS : EXIT_TAKEN;
}

static void set_up(unsigned int vcpus)
{
	unsigned int i;

	memset(&queue, 0, sizeof(queue));
	memset(&notes, 0, sizeof(notes));
	for (i = 0; i < vcpus; i++) {
		fake_init(&fakes[i]);
		sources[i] = (struct exitq_source){
			.ring = &fakes[i].ring, .act = note, .wake = fake_wake, .arg = &fakes[i],
		};
		exitq_add(&queue, &sources[i]);
	}
}

static void tear_down(unsigned int vcpus)
{
	while (vcpus--)
		fake_end(&fakes[vcpus]);
}

static bool post(unsigned int vcpu, uint64_t stamp, uint64_t addr)
{
	struct vmr_exit entry = {
		.reason = VMR_EXIT_IO, .flags = VMR_EXIT_POSTED | VMR_EXIT_WRITE, .size = 1,
		.count = 1, .stamp = stamp, .addr = addr,
	};

	return fake_publish(&fakes[vcpu], entry);
}

static bool read_port(unsigned int vcpu, uint64_t stamp, uint64_t addr)
{
	struct vmr_exit entry = {
		.reason = VMR_EXIT_IO, .flags = VMR_EXIT_NEEDS_REPLY, .size = 4, .count = 1,
		.stamp = stamp, .addr = addr,
	};

	return fake_publish(&fakes[vcpu], entry);
}

TEST(exitq_posted_then_synchronous)
{
	uint32_t value;

	set_up(1);
	EXPECT(post(0, 1, 10) && post(0, 2, 20) && read_port(0, 3, 30));
	EXPECT(exitq_waiting(&queue));
	EXPECT(!exitq_take(&queue));
	EXPECT(!exitq_waiting(&queue));
	EXPECT_EQ(notes.count, 3);
	EXPECT_EQ(notes.addr[0], 10);
	EXPECT_EQ(notes.addr[1], 20);
	EXPECT_EQ(notes.addr[2], 30);
	EXPECT(fake_answered(&fakes[0]));
	EXPECT_EQ(fakes[0].rw.head.reply.seq, 3);
	EXPECT_EQ(fakes[0].rw.head.reply.flags, 0);
	memcpy(&value, fakes[0].rw.head.reply.data, sizeof(value));
	EXPECT_EQ(value, 31);
	EXPECT_EQ(sources[0].posted, 2);
	EXPECT_EQ(sources[0].synchronous, 1);
	EXPECT_EQ(queue.batches, 1);
	exitq_take(&queue);
	EXPECT_EQ(queue.batches, 1);
	tear_down(1);
}

/* One whose index the kernel won't see as passed before it is finished. */
TEST(exitq_one_that_stands)
{
	set_up(1);
	notes.stands = true;
	EXPECT(post(0, 1, 10) && read_port(0, 2, 20));
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 2);
	EXPECT(!fake_answered(&fakes[0]));
	EXPECT(!exitq_waiting(&queue));
	EXPECT_EQ(exitq_seen(&sources[0]), 2);
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 2);
	EXPECT_EQ(fakes[0].rw.head.consumer, 1);
	exitq_finish(&sources[0]);
	EXPECT(fake_answered(&fakes[0]));
	exitq_finish(&sources[0]);
	EXPECT_EQ(fakes[0].rw.head.consumer, 2);
	tear_down(1);
}

/* The reply's slot has the entry's seq before the index passes it, and no other's. */
TEST(exitq_reply_only_if_asked_for)
{
	struct vmr_exit halt = { .reason = VMR_EXIT_HLT, .stamp = 1 };

	set_up(1);
	EXPECT(fake_publish(&fakes[0], halt));
	exitq_take(&queue);
	EXPECT(fake_answered(&fakes[0]));
	EXPECT_EQ(fakes[0].rw.head.reply.seq, 0);
	tear_down(1);
}

TEST(exitq_full_ring_and_wrap)
{
	unsigned int round, i;

	set_up(1);
	for (round = 0; round < 5; round++) {
		notes.count = 0;
		for (i = 0; i < FAKE_ENTRIES - 1; i++)
			EXPECT(post(0, i, i));
		EXPECT(!post(0, i, i));
		EXPECT(read_port(0, i, i));
		exitq_take(&queue);
		EXPECT_EQ(notes.count, FAKE_ENTRIES);
		for (i = 0; i < FAKE_ENTRIES; i++)
			EXPECT_EQ(notes.addr[i], i);
	}
	tear_down(1);
}

/* Indices wrap at 2^32: nothing counts but their difference. */
TEST(exitq_index_wraps)
{
	unsigned int i;

	set_up(1);
	fakes[0].produced = 0xfffffffe;
	fakes[0].ro.head.producer = 0xfffffffe;
	fakes[0].rw.head.consumer = 0xfffffffe;
	EXPECT(ring_attach(&fakes[0].ring, &fakes[0].ro, &fakes[0].rw));
	for (i = 0; i < 5; i++)
		EXPECT(post(0, i, i));
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 5);
	EXPECT_EQ(notes.addr[4], 4);
	EXPECT_EQ(fakes[0].rw.head.consumer, 3);
	tear_down(1);
}

/* Strings and reads find their places. */
TEST(exitq_data)
{
	struct vmr_exit entry = {
		.reason = VMR_EXIT_IO, .flags = VMR_EXIT_WRITE | VMR_EXIT_STRING, .size = 2,
		.count = 7,
	};
	struct exitq_source *source = &sources[0];

	set_up(1);
	EXPECT(fake_publish(&fakes[0], entry));
	EXPECT_EQ(ring_first(source->ring)->count, 7);
	EXPECT_EQ((uintptr_t)source->ring->bulk, (uintptr_t)fakes[0].rw.bulk);
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 1);
	tear_down(1);
}

TEST(exitq_two_vcpus_by_stamp)
{
	set_up(2);
	EXPECT(post(0, 10, 1) && post(0, 30, 3) && post(1, 20, 2) && post(1, 40, 4));
	EXPECT(read_port(0, 50, 5) && read_port(1, 45, 6));
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 6);
	EXPECT_EQ(notes.addr[0], 1);
	EXPECT_EQ(notes.addr[1], 2);
	EXPECT_EQ(notes.addr[2], 3);
	EXPECT_EQ(notes.addr[3], 4);
	EXPECT_EQ(notes.addr[4], 6);
	EXPECT_EQ(notes.addr[5], 5);
	tear_down(2);
}

/* While one stands still the other one's are taken. */
TEST(exitq_two_vcpus_one_stands)
{
	set_up(2);
	notes.stands = true;
	EXPECT(read_port(0, 1, 1));
	exitq_take(&queue);
	EXPECT(post(1, 2, 2));
	EXPECT(exitq_waiting(&queue));
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 2);
	EXPECT_EQ(notes.addr[1], 2);
	EXPECT(!fake_answered(&fakes[0]));
	tear_down(2);
}

/*
 * vCPU 0 posts, then lets vCPU 1 read (by guest memory): when 1's read is seen, 0's write
 * is taken first, though its ring had been looked at before that.
 */
static void seen_late(void)
{
	EXPECT(post(0, 10, 1) && read_port(1, 20, 2));
}

TEST(exitq_published_before_what_is_seen)
{
	set_up(2);
	notes.then = seen_late;
	EXPECT(post(1, 1, 0));
	exitq_take(&queue);
	EXPECT_EQ(notes.count, 3);
	EXPECT_EQ(notes.addr[1], 1);
	EXPECT_EQ(notes.addr[2], 2);
	tear_down(2);
}

/* A guest that posts for ever doesn't keep the lock for ever. */
static void one_more(void)
{
	post(0, 0, 0);
	notes.then = one_more;
}

TEST(exitq_batches_end)
{
	set_up(1);
	notes.then = one_more;
	EXPECT(post(0, 0, 0));
	EXPECT(exitq_take(&queue));
	EXPECT_EQ(notes.count, EXITQ_BATCH);
	EXPECT(exitq_waiting(&queue));
	tear_down(1);
}

TEST(exitq_wakes_who_sleeps)
{
	set_up(1);
	EXPECT(read_port(0, 1, 1));
	exitq_take(&queue);
	EXPECT_EQ(fakes[0].kicks, 0);
	EXPECT(read_port(0, 2, 1));
	fakes[0].ro.head.need_kick = 1;
	exitq_take(&queue);
	EXPECT_EQ(fakes[0].kicks, 1);
	EXPECT_EQ(sources[0].wakes, 1);
	fake_sleep(&fakes[0]);
	tear_down(1);
}

TEST(exitq_sleep)
{
	set_up(1);
	fakes[0].bell = fakes[0].kick;
	EXPECT(exitq_may_sleep(&queue));
	EXPECT_EQ(fakes[0].rw.head.control.need_wakeup, 1);
	EXPECT(post(0, 1, 1));
	EXPECT_EQ(fakes[0].rung, 1);
	EXPECT_EQ(fakes[0].rw.head.control.need_wakeup, 0);
	EXPECT(post(0, 2, 2));
	EXPECT_EQ(fakes[0].rung, 1);
	EXPECT(!exitq_may_sleep(&queue));
	EXPECT_EQ(fakes[0].rw.head.control.need_wakeup, 0);
	/* One that stands is nothing to stay awake for. */
	notes.stands = true;
	EXPECT(read_port(0, 3, 3));
	exitq_take(&queue);
	EXPECT(exitq_may_sleep(&queue));
	fakes[0].bell = -1;
	tear_down(1);
}
