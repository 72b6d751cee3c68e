// SPDX-License-Identifier: GPL-2.0
/*
 * A ring that fills up: nothing is lost and the order is kept, with a consumer that is
 * slow, that reads at the same time, that doesn't read at all, or lies.
 */
#include <pthread.h>
#include <stdlib.h>

#include "kselftest_harness.h"
#include "ring_test.h"

#define NUMBERS	1000

/* Numbers, from 1 on, as they are found in entries of either kind. */
struct numbers {
	uint64_t last;
	uint64_t wrong;
};

static void take_number(struct numbers *numbers, const struct vmr_exit *entry)
{
	if (entry->reason != VMR_EXIT_IO)
		return;
	if (post_value(entry) != numbers->last + 1)
		numbers->wrong++;
	numbers->last = post_value(entry);
}

/* Rings of several lengths, consumed at each exit. */
TEST_F(vm, long_posts)
{
	const unsigned int entries[] = { 2, 4, 64, 512 };
	unsigned int i, j, exits;
	const char *name;
	struct vcpu cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	for (i = 0; i < ARRAY_SIZE(entries); i++) {
		struct numbers numbers = {};

		vcpu_create_ring(&self->vm, i + 1, entries[i], &cpu);
		begin(&cpu, guest(post_numbers), vm_moves() ? 50 : NUMBERS, 0);
		exits = 0;
		do {
			name = next_in_time(&cpu);
			exits++;
		} while (!strcmp(name, "drain"));
		ASSERT_STREQ("hlt", name) { vcpu_tell(&cpu); }
		for (j = 0; j < cpu.post_count; j++)
			take_number(&numbers, &cpu.posts[j]);
		EXPECT_EQ(vm_moves() ? 50 : NUMBERS, numbers.last);
		EXPECT_EQ(0, numbers.wrong);
		/* One for each half of the ring, and seldom more. */
		EXPECT_GE(numbers.last / (entries[i] / 2) * 2 + 2, exits);
		vcpu_destroy(&cpu);
	}
}

/*
 * The consumer passes one entry after each RUN, and answers it if it is its turn: the
 * ring is full nearly all the time, and all three ways of an entry mix.
 */
TEST_F(vm, slow_consumer)
{
	struct numbers numbers = {};
	struct vmr_exit entry;
	struct vcpu cpu;
	int err;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	vcpu_create_ring(&self->vm, 1, 8, &cpu);
	begin(&cpu, guest(post_numbers), 300, 0);
	do {
		err = run_errno(&cpu);
		ASSERT_TRUE(!err || err == ENOSPC || err == EPROTO)
			TH_LOG("%s", errno_name(err));
		ASSERT_NE(*cpu.producer, *cpu.consumer);
		memcpy(&entry, (void *)&cpu.ring[*cpu.consumer & 7], sizeof(entry));
		ASSERT_EQ(*cpu.consumer + 1, entry.seq);
		take_number(&numbers, &entry);
		memset((void *)cpu.reply, 0, sizeof(*cpu.reply));
		cpu.reply->seq = entry.seq;
		__atomic_store_n(cpu.consumer, *cpu.consumer + 1, __ATOMIC_RELEASE);
	} while (entry.reason != VMR_EXIT_HLT);
	EXPECT_EQ(300, numbers.last);
	EXPECT_EQ(0, numbers.wrong);
	EXPECT_LT(0, vcpu_counter(&cpu, "posts-without-room"));
	vcpu_destroy(&cpu);
}

struct reader {
	struct vcpu *cpu;
	pthread_t thread;
	struct numbers numbers;
	volatile bool stop;
};

/* Passes posted entries as they come; the synchronous ones are RUN's caller's. */
static void *read_posts(void *data)
{
	struct reader *reader = data;
	struct vcpu *cpu = reader->cpu;
	struct vmr_exit entry;
	uint32_t index;

	while (!reader->stop) {
		index = *cpu->consumer;
		if (__atomic_load_n(cpu->producer, __ATOMIC_ACQUIRE) == index) {
			sched_yield();
			continue;
		}
		memcpy(&entry, (void *)&cpu->ring[index & (cpu->header->ring_entries - 1)],
		       sizeof(entry));
		if (!(entry.flags & VMR_EXIT_POSTED)) {
			sched_yield();
			continue;
		}
		take_number(&reader->numbers, &entry);
		__atomic_store_n(cpu->consumer, index + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Until the other thread has come to the synchronous entry that ended RUN. */
static void wait_for_reader(struct vcpu *cpu)
{
	while (__atomic_load_n(cpu->consumer, __ATOMIC_ACQUIRE) + 1 != *cpu->producer)
		sched_yield();
}

TEST_F(vm, reads_at_the_same_time)
{
	struct reader reader = {};
	const struct vmr_exit *last;
	unsigned int exits = 0;
	struct vcpu cpu;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	vcpu_create_ring(&self->vm, 1, 16, &cpu);
	begin(&cpu, guest(post_numbers), 3000, 0);
	reader.cpu = &cpu;
	ASSERT_EQ(0, pthread_create(&reader.thread, NULL, read_posts, &reader));
	do {
		ASSERT_ERRNO(0, run_errno(&cpu));
		wait_for_reader(&cpu);
		last = (const struct vmr_exit *)&cpu.ring[(*cpu.producer - 1) & 15];
		take_number(&reader.numbers, last);
		cpu.reply->seq = last->seq;
		__atomic_store_n(cpu.consumer, *cpu.producer, __ATOMIC_RELEASE);
		exits++;
	} while (last->reason != VMR_EXIT_HLT);
	reader.stop = true;
	pthread_join(reader.thread, NULL);
	EXPECT_EQ(3000, reader.numbers.last);
	EXPECT_EQ(0, reader.numbers.wrong);
	EXPECT_GT(1000, exits);
	vcpu_destroy(&cpu);
}

/* For ever. */
GUEST64(post_for_ever,
	"	mov	" IMM(PORT) ", %edx;"
	"1:	inc	%eax;"
	"	out	%eax, (%dx);"
	"	in	(%dx), %eax;"
	"	jmp	1b");

static void *spoil_index(void *data)
{
	struct reader *reader = data;
	uint32_t seed = 1;

	while (!reader->stop) {
		seed = seed * 1103515245 + 12345;
		/* Backwards, ahead, far away, and now and then right. */
		*reader->cpu->consumer = seed & 0x10000 ? *reader->cpu->producer :
					 *reader->cpu->producer + (int)(seed >> 20) - 2048;
		if (!(seed & 0x70000))
			sched_yield();
	}
	return NULL;
}

/*
 * RUN says that it can't be, or believes it; no entry is ever anything but one. Every other
 * time it begins with the truth, which on one CPU lasts until RUN has looked.
 */
TEST_F(vm, lying_consumer)
{
	struct reader reader = {};
	unsigned int i, runs = 0;
	struct vmr_exit entry;
	struct vcpu cpu;
	int err;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, {
		.region = 1, .addr = PORT, .length = 4, .write = VMR_WRITE_POSTED,
		.read = VMR_READ_MIRROR,
	});
	vcpu_create_ring(&self->vm, 1, 16, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(post_for_ever));
	reader.cpu = &cpu;
	ASSERT_EQ(0, pthread_create(&reader.thread, NULL, spoil_index, &reader));
	for (i = 0; i < 400; i++) {
		cpu.reply->seq = *cpu.producer;
		if (i % 2)
			*cpu.consumer = *cpu.producer;
		err = run_errno(&cpu);
		ASSERT_TRUE(!err || err == EPROTO || err == ENOSPC)
			TH_LOG("%s", errno_name(err));
		runs += !err;
		memcpy(&entry, (void *)&cpu.ring[(*cpu.producer - 1) & 15], sizeof(entry));
		if (!*cpu.producer)
			continue;
		EXPECT_EQ(*cpu.producer, entry.seq);
		EXPECT_TRUE(entry.reason == VMR_EXIT_DRAIN || entry.reason == VMR_EXIT_IO);
	}
	reader.stop = true;
	pthread_join(reader.thread, NULL);
	EXPECT_LT(0, runs);
	vcpu_destroy(&cpu);
}

TEST_HARNESS_MAIN
