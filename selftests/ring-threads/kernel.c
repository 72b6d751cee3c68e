// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the vCPU's side: what module/ring does, by its index arithmetic, in the order of
 * vmring_ring.h. Its fields are the thread's own; user space's are read once.
 */
#include <linux/futex.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ring/index.h"

#include "threads.h"

struct vcpu {
	struct run *run;
	const struct test *test;
	struct area *area;
	u32 produced;
	u32 consumed;
};

/* As the kernel's, but that the order can be left out. */
static u32 load_consumer(const struct vcpu *vcpu, enum part part)
{
	if (vcpu->test->without == part)
		return __atomic_load_n(&vcpu->area->rw.consumer, __ATOMIC_RELAXED);
	return __atomic_load_n(&vcpu->area->rw.consumer, RING_ACQUIRE);
}

static bool look(struct vcpu *vcpu, enum part part)
{
	u32 consumer = load_consumer(vcpu, part);

	if (!vmr_index_possible(vcpu->produced, vcpu->consumed, consumer))
		return run_is_wrong(vcpu->run, "the consumer's index is none that can be");
	vcpu->consumed = consumer;
	return true;
}

static bool has_room(const struct vcpu *vcpu, bool posted)
{
	return vmr_index_room(vcpu->produced, vcpu->consumed, vcpu->test->entries, posted);
}

static void write_entry(struct vcpu *vcpu, bool posted)
{
	u32 slot = vmr_index_slot(vcpu->produced, vcpu->test->entries);
	u64 value = pattern(vcpu->produced);
	unsigned int i;

	vcpu->area->ring[slot] = (struct vmr_exit){
		.stamp = value,
		.addr = ~value,
		.reason = VMR_EXIT_IO,
		.size = 4,
		.flags = VMR_EXIT_WRITE | (posted ? VMR_EXIT_POSTED : VMR_EXIT_NEEDS_REPLY),
		.count = 1,
		.seq = vcpu->produced + 1,
	};
	for (i = 0; i < sizeof(vcpu->area->ring[slot].data); i++)
		vcpu->area->ring[slot].data[i] = value >> i % 8 * 8;
}

static void publish(struct vcpu *vcpu)
{
	vcpu->produced++;
	if (vcpu->test->without == ENTRY_RELEASE)
		__atomic_store_n(&vcpu->area->ro.producer, vcpu->produced, __ATOMIC_RELAXED);
	else
		__atomic_store_n(&vcpu->area->ro.producer, vcpu->produced, RING_RELEASE);
}

static void wake_consumer(struct vcpu *vcpu)
{
	u32 *need_wakeup = &vcpu->area->rw.control.need_wakeup;
	const u64 one = 1;

	ring_fence();
	if (!__atomic_load_n(need_wakeup, RING_RELAXED) ||
	    !__atomic_exchange_n(need_wakeup, 0, __ATOMIC_SEQ_CST))
		return;
	vcpu->run->signals++;
	if (write(vcpu->run->eventfd, &one, sizeof(one)) != sizeof(one))
		run_is_wrong(vcpu->run, "the eventfd can't be written");
}

static bool is_passed(const struct vcpu *vcpu)
{
	return vmr_index_passed(vcpu->consumed, vcpu->produced);
}

/* Until the consumer's index has passed the entry, or a wake-up that may say so. */
static bool sleep_until_kicked(struct vcpu *vcpu)
{
	struct run *run = vcpu->run;

	__atomic_store_n(&vcpu->area->ro.need_kick, 1, RING_RELAXED);
	__atomic_store_n(&run->asleep, 1, RING_RELAXED);
	ring_fence();
	if (!look(vcpu, REPLY_ACQUIRE))
		return false;
	if (!is_passed(vcpu)) {
		run->kernel_slept++;
		while (__atomic_load_n(&run->asleep, RING_RELAXED))
			syscall(SYS_futex, &run->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	}
	__atomic_store_n(&run->asleep, 0, RING_RELAXED);
	__atomic_store_n(&vcpu->area->ro.need_kick, 0, RING_RELAXED);
	return true;
}

void kernel_wake(struct run *run)
{
	if (__atomic_exchange_n(&run->asleep, 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &run->asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static bool await_answer(struct vcpu *vcpu)
{
	unsigned int spins = draw_spins(vcpu->test->kernel_spins, vcpu->produced);

	for (;;) {
		if (!look(vcpu, REPLY_ACQUIRE))
			return false;
		if (is_passed(vcpu))
			return true;
		if (!spins && !sleep_until_kicked(vcpu))
			return false;
		spins -= !!spins;
	}
}

static bool take_reply(struct vcpu *vcpu)
{
	struct vmr_reply reply = vcpu->area->rw.reply;
	u64 data[2];

	memcpy(data, reply.data, sizeof(data));
	if (reply.seq == vcpu->produced && data[0] == pattern(~reply.seq) && data[1] == ~data[0])
		return true;
	return run_is_wrong(vcpu->run, "the reply isn't the one to this entry");
}

/*
 * Where the order of slots is left out, waiting for a reply would bring it back: a full
 * ring is looked at until it isn't.
 */
static bool make_room(struct vcpu *vcpu, bool posted)
{
	do {
		if (!look(vcpu, SLOT_ACQUIRE))
			return false;
	} while (vcpu->test->without == SLOT_ACQUIRE && !has_room(vcpu, posted) &&
		 !sched_yield());
	return true;
}

/* One access of the guest. False: something is wrong. */
static bool make_access(struct vcpu *vcpu)
{
	bool posted = !is_synchronous(vcpu->test, vcpu->produced);

	if (!has_room(vcpu, posted) && !make_room(vcpu, posted))
		return false;
	if (posted && !has_room(vcpu, true)) {
		vcpu->run->made_synchronous++;
		posted = false;
	}
	if (!has_room(vcpu, posted))
		return run_is_wrong(vcpu->run, "there is no room for a synchronous exit");
	vcpu->run->posted += posted;
	write_entry(vcpu, posted);
	publish(vcpu);
	wake_consumer(vcpu);
	return posted || (await_answer(vcpu) && take_reply(vcpu));
}

void *kernel_run(void *arg)
{
	struct run *run = arg;
	struct vcpu vcpu = {
		.run = run,
		.test = run->test,
		.area = run->area,
		.produced = FIRST_INDEX,
		.consumed = FIRST_INDEX,
	};

	while (vcpu.produced != FIRST_INDEX + run->test->accesses && make_access(&vcpu))
		__atomic_fetch_add(&run->progress, 1, __ATOMIC_RELAXED);
	return NULL;
}
