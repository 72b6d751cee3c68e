// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is shown by exploring: that the ring's protocol is right, and that it wouldn't
 * be without any one of its barriers and rules.
 *
 *	model			all tests, as KTAP
 *	model --trace NAME	one test; without its part, the shortest way to what is wrong
 *
 * MODEL_DEEP=1 in the environment: more accesses, and more at once that are late.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "model.h"

static const char *const order_names[] = { "TSO", "PSO", "WEAK" };

/* What is right in every world. In a deep run there is more of it. */
static const struct {
	const char *name;
	const struct model *model;
	enum order order;
	u8 entries;
	u8 accesses, late;
	u8 deep_accesses, deep_late;
} right[] = {
	{ "ring_of_2_tso", &one_vcpu, TSO, 2, 6, 0, 12, 0 },
	{ "ring_of_2_pso", &one_vcpu, PSO, 2, 6, 0, 12, 0 },
	{ "ring_of_2_weak", &one_vcpu, WEAK, 2, 4, 1, 5, 3 },
	{ "ring_of_4_tso", &one_vcpu, TSO, 4, 5, 0, 10, 0 },
	{ "ring_of_4_pso", &one_vcpu, PSO, 4, 5, 0, 10, 0 },
	{ "ring_of_4_weak", &one_vcpu, WEAK, 4, 3, 1, 5, 2 },
	{ "ring_of_2_polled_weak", &polled_vcpu, WEAK, 2, 5, 1, 7, 3 },
	{ "ring_of_4_polled_weak", &polled_vcpu, WEAK, 4, 4, 1, 6, 2 },
	{ "ring_of_2_waited_weak", &waited_vcpu, WEAK, 2, 3, 1, 5, 2 },
	{ "stamps_tso", &two_vcpus, TSO, 2, 2, 0, 2, 0 },
	{ "stamps_pso", &two_vcpus, PSO, 2, 2, 0, 2, 0 },
	{ "stamps_weak", &two_vcpus, WEAK, 2, 2, 1, 2, 3 },
	{ "mirror_tso", &mirror_read, TSO, 8, 3, 0, 6, 0 },
	{ "mirror_pso", &mirror_read, PSO, 8, 3, 0, 6, 0 },
	{ "mirror_weak", &mirror_read, WEAK, 8, 3, 1, 6, 3 },
	{ "drain_tso", &drain_timer, TSO, 8, 3, 0, 6, 0 },
	{ "drain_pso", &drain_timer, PSO, 8, 3, 0, 6, 0 },
	{ "drain_weak", &drain_timer, WEAK, 8, 3, 1, 4, 2 },
	{ "hostile_ring_of_2", &hostile_consumer, TSO, 2, 5, 0, 24, 0 },
	{ "hostile_ring_of_4", &hostile_consumer, TSO, 4, 7, 0, 24, 0 },
};

/*
 * What goes wrong without one part, and how little reordering that takes: with less, all
 * worlds are right. So what is wrong from TSO on x86 needs a barrier of its own for; the
 * rest is for the compiler there. docs/memory-ordering.md has the barriers by these names.
 */
static const struct {
	const char *name;
	const struct model *model;
	enum part part;
	enum order from;
	enum wrong wrong;
	u8 entries, accesses;
} needed[] = {
	/* the barriers, in the order of vmring_ring.h's table, the kernel's first */
	{ "entry_release", &one_vcpu, ENTRY_RELEASE, PSO, WRONG_ENTRY, 2, 3 },
	{ "entry_acquire", &one_vcpu, ENTRY_ACQUIRE, WEAK, WRONG_ENTRY, 2, 3 },
	{ "slot_acquire", &one_vcpu, SLOT_ACQUIRE, WEAK, WRONG_ENTRY, 2, 4 },
	{ "slot_release", &one_vcpu, SLOT_RELEASE, WEAK, WRONG_ENTRY, 2, 4 },
	{ "reply_acquire", &one_vcpu, REPLY_ACQUIRE, WEAK, WRONG_REPLY, 2, 3 },
	{ "reply_release", &one_vcpu, REPLY_RELEASE, PSO, WRONG_REPLY, 2, 3 },
	{ "wakeup_kernel", &one_vcpu, WAKEUP_KERNEL, TSO, WRONG_STUCK, 2, 3 },
	{ "wakeup_user", &one_vcpu, WAKEUP_USER, TSO, WRONG_STUCK, 2, 3 },
	{ "kick_kernel", &one_vcpu, KICK_KERNEL, TSO, WRONG_STUCK, 2, 3 },
	{ "kick_user", &one_vcpu, KICK_USER, TSO, WRONG_STUCK, 2, 3 },
	{ "wakeup_exchange", &one_vcpu, WAKEUP_EXCHANGE, TSO, WRONG_STUCK, 2, 3 },
	{ "waited_kernel", &waited_vcpu, WAKEUP_KERNEL, TSO, WRONG_STUCK, 2, 3 },
	{ "waited_user", &waited_vcpu, WAKEUP_USER, TSO, WRONG_STUCK, 2, 3 },
	/* Where the consumer never sleeps no full barrier stands in for this one. */
	{ "slot_acquire_for_room", &polled_vcpu, ROOM_ACQUIRE, WEAK, WRONG_ENTRY, 2, 5 },
	{ "stamps_entry_release", &two_vcpus, ENTRY_RELEASE, PSO, WRONG_ORDER, 2, 1 },
	{ "stamps_entry_acquire", &two_vcpus, ENTRY_ACQUIRE, WEAK, WRONG_ORDER, 2, 1 },
	{ "mirror_acquire", &mirror_read, MIRROR_ACQUIRE, WEAK, WRONG_MIRROR, 8, 2 },
	{ "mirror_release", &mirror_read, MIRROR_RELEASE, PSO, WRONG_MIRROR, 8, 2 },
	{ "drain_post", &drain_timer, DRAIN_POST, TSO, WRONG_STUCK, 8, 2 },
	{ "drain_timer", &drain_timer, DRAIN_TIMER, TSO, WRONG_STUCK, 8, 2 },
	{ "drain_request", &drain_timer, DRAIN_REQUEST, TSO, WRONG_STUCK, 8, 2 },
	/* the rules */
	{ "last_slot_left", &one_vcpu, LAST_SLOT, TSO, WRONG_ROOM, 2, 3 },
	{ "producer_looked_at_again", &one_vcpu, LOOK_AGAIN, TSO, WRONG_STUCK, 2, 3 },
	{ "consumer_looked_at_again", &one_vcpu, KICK_LOOK, TSO, WRONG_STUCK, 2, 3 },
	{ "reply_before_index", &one_vcpu, REPLY_FIRST, TSO, WRONG_REPLY, 2, 3 },
	{ "stamps_looked_at", &two_vcpus, STAMP_ORDER, TSO, WRONG_ORDER, 2, 1 },
	{ "stamps_of_posted_too", &two_vcpus, STAMP_POSTED, TSO, WRONG_ORDER, 2, 1 },
	{ "stamps_other_ring_last", &two_vcpus, STAMP_RELOAD, TSO, WRONG_ORDER, 2, 1 },
	{ "stamps_device_in_lock", &two_vcpus, STAMP_LOCK, TSO, WRONG_ORDER, 2, 1 },
	{ "stamps_published_first", &two_vcpus, STAMP_PUBLISHED, TSO, WRONG_ORDER, 2, 1 },
	{ "mirror_posted_counted_first", &mirror_read, MIRROR_COUNTED, TSO, WRONG_MIRROR, 8, 2 },
	{ "mirror_waits", &mirror_read, MIRROR_WAITS, TSO, WRONG_MIRROR, 8, 2 },
	{ "drain_looked_at_again", &drain_timer, DRAIN_AGAIN, TSO, WRONG_STUCK, 8, 2 },
	{ "hostile_room_checked", &hostile_consumer, ROOM_CHECK, TSO, WRONG_OVERWRITES, 2, 4 },
	{ "hostile_slot_masked", &hostile_consumer, SLOT_MASK, TSO, WRONG_OUTSIDE, 2, 4 },
	{ "hostile_full_isnt_waited_for", &hostile_consumer, FULL_ENDS, TSO, WRONG_ENDLESS, 2, 4 },
	{ "hostile_index_checked", &hostile_consumer, INDEX_CHECK, TSO, WRONG_COPY, 2, 4 },
	{ "hostile_index_read_once", &hostile_consumer, INDEX_ONCE, TSO, WRONG_COPY, 2, 4 },
	{ "hostile_seq_checked", &hostile_consumer, SEQ_CHECK, TSO, WRONG_REPLY, 2, 4 },
};

static bool deep;
static bool trace;
static const char *only;
static unsigned int told, failed;

static void tell(const char *name, bool ok)
{
	told++;
	failed += !ok;
	printf("%s %u %s\n", ok ? "ok" : "not ok", told, name);
	fflush(stdout);
}

static bool is_chosen(const char *name)
{
	return !only || !strcmp(only, name);
}

static struct found explore_and_say(const struct model *model)
{
	struct found found = explore(model, trace);

	printf("# %s, %u entries, %u accesses, %s: %u worlds, %s\n", model->name, model->entries,
	       model->accesses, order_names[model->order], found.worlds, wrong_text(found.wrong));
	return found;
}

static void test_right(unsigned int i)
{
	struct model model = *right[i].model;

	model.order = right[i].order;
	model.entries = right[i].entries;
	model.accesses = deep ? right[i].deep_accesses : right[i].accesses;
	model.late = deep ? right[i].deep_late : right[i].late;
	model.without = NOTHING;
	tell(right[i].name, explore_and_say(&model).wrong == RIGHT);
}

static void test_needed(unsigned int i)
{
	struct model model = *needed[i].model;
	char name[64];
	bool ok = true;

	model.entries = needed[i].entries;
	model.accesses = needed[i].accesses;
	model.without = needed[i].part;
	model.late = 1;
	for (model.order = TSO; model.order < needed[i].from; model.order++)
		ok &= explore_and_say(&model).wrong == RIGHT;
	ok &= explore_and_say(&model).wrong == needed[i].wrong;
	snprintf(name, sizeof(name), "without_%s", needed[i].name);
	tell(name, ok);
}

/* By the name of the part, too. */
static bool is_needed_chosen(unsigned int i)
{
	return is_chosen(needed[i].name) ||
	       (!strncmp(only, "without_", 8) && !strcmp(only + 8, needed[i].name));
}

int main(int argc, char **argv)
{
	unsigned int i;

	deep = getenv("MODEL_DEEP");
	if (argc == 3 && !strcmp(argv[1], "--trace")) {
		trace = true;
		only = argv[2];
	} else if (argc != 1) {
		fprintf(stderr, "usage: model [--trace TEST]\n");
		return 2;
	}
	printf("KTAP version 1\n");
	if (!only)
		printf("1..%zu\n", ARRAY_SIZE(right) + ARRAY_SIZE(needed));
	for (i = 0; i < ARRAY_SIZE(right); i++)
		if (is_chosen(right[i].name))
			test_right(i);
	for (i = 0; i < ARRAY_SIZE(needed); i++)
		if (is_needed_chosen(i))
			test_needed(i);
	if (!told) {
		fprintf(stderr, "there is no test %s\n", only);
		return 2;
	}
	printf("%u passed, %u failed\n", told - failed, failed);
	return failed ? 1 : 0;
}
