// SPDX-License-Identifier: GPL-2.0
/* Owns the kernel's side of a ring for tests. One thread is the vCPU. */
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fake_ring.h"
#include "harness.h"

void fake_init(struct fake *fake)
{
	memset(fake, 0, sizeof(*fake));
	fake->ro.head.header = (struct vmr_area_header){
		.magic = VMR_AREA_MAGIC, .version = VMR_AREA_VERSION,
		.producer_offset = offsetof(struct vmr_area_ro, producer),
		.need_kick_offset = offsetof(struct vmr_area_ro, need_kick),
		.ring_offset = sizeof(struct vmr_area_ro), .ring_entries = FAKE_ENTRIES,
		.consumer_offset = offsetof(struct vmr_area_rw, consumer),
		.reply_offset = offsetof(struct vmr_area_rw, reply),
		.control_offset = offsetof(struct vmr_area_rw, control),
		.state_offset = offsetof(struct vmr_area_rw, state),
		.bulk_offset = sizeof(struct vmr_area_rw),
	};
	EXPECT(ring_attach(&fake->ring, &fake->ro, &fake->rw));
	fake->bell = -1;
	fake->kick = eventfd(0, 0);
}

void fake_end(struct fake *fake)
{
	close(fake->kick);
	if (fake->bell >= 0)
		close(fake->bell);
}

static uint32_t consumed(const struct fake *fake)
{
	return __atomic_load_n(&fake->rw.head.consumer, __ATOMIC_ACQUIRE);
}

static void wake_consumer(struct fake *fake)
{
	uint64_t one = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&fake->rw.head.control.need_wakeup, __ATOMIC_RELAXED) ||
	    !__atomic_exchange_n(&fake->rw.head.control.need_wakeup, 0, __ATOMIC_SEQ_CST))
		return;
	fake->rung++;
	EXPECT_EQ(write(fake->bell, &one, sizeof(one)), sizeof(one));
}

bool fake_publish(struct fake *fake, struct vmr_exit entry)
{
	uint32_t room = FAKE_ENTRIES - (fake->produced - consumed(fake));

	if (room < 1u + !!(entry.flags & VMR_EXIT_POSTED))
		return false;
	entry.seq = fake->produced + 1;
	fake->ro.entries[fake->produced % FAKE_ENTRIES] = entry;
	fake->produced++;
	__atomic_store_n(&fake->ro.head.producer, fake->produced, __ATOMIC_RELEASE);
	wake_consumer(fake);
	return true;
}

bool fake_answered(const struct fake *fake)
{
	return consumed(fake) == fake->produced;
}

void fake_sleep(struct fake *fake)
{
	uint64_t value;

	__atomic_store_n(&fake->ro.head.need_kick, 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	while (!fake_answered(fake))
		EXPECT_EQ(read(fake->kick, &value, sizeof(value)), sizeof(value));
	__atomic_store_n(&fake->ro.head.need_kick, 0, __ATOMIC_RELAXED);
}

void fake_wake(void *arg)
{
	struct fake *fake = arg;
	uint64_t one = 1;

	fake->kicks++;
	EXPECT_EQ(write(fake->kick, &one, sizeof(one)), sizeof(one));
}
