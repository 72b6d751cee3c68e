/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns user space's side of a vCPU's ring: each load and store that the protocol has, with
 * its barrier (vmring_ring.h has the table), and nothing else. One consumer at a time; only
 * ring_waiting() is for anyone.
 */
#ifndef VMRUN_RING_H
#define VMRUN_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vmring_ring.h>

/* TSan knows no fences: under it, what they order is sequentially consistent itself. */
#ifdef __SANITIZE_THREAD__
#define RING_ACQUIRE	__ATOMIC_SEQ_CST
#define RING_RELEASE	__ATOMIC_SEQ_CST
#define RING_RELAXED	__ATOMIC_SEQ_CST
#define ring_fence()	do { } while (0)
#else
#define RING_ACQUIRE	__ATOMIC_ACQUIRE
#define RING_RELEASE	__ATOMIC_RELEASE
#define RING_RELAXED	__ATOMIC_RELAXED
#define ring_fence()	__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

struct ring {
	/* Constant after ring_attach(): where the area has what */
	const struct vmr_exit *entries;
	uint32_t mask;
	const uint32_t *producer;
	const uint32_t *need_kick;
	uint32_t *consumer;
	uint32_t *need_wakeup;
	struct vmr_reply *reply;
	uint8_t *bulk;
	/* By the consumer */
	uint32_t taken;		/* how far it is: *consumer, which isn't read back */
};

/**
 * ring_attach() - find a ring in a vCPU's area
 * @ring: what is filled in
 * @ro: the area's read-only mapping
 * @rw: the other one
 *
 * Return: whether the area is of the version that this program knows.
 */
static inline bool ring_attach(struct ring *ring, const void *ro, void *rw)
{
	const struct vmr_area_header *header = ro;
	struct vmr_control *control = (void *)((uint8_t *)rw + header->control_offset);

	if (header->magic != VMR_AREA_MAGIC || header->version != VMR_AREA_VERSION)
		return false;
	*ring = (struct ring){
		.entries = (const void *)((const uint8_t *)ro + header->ring_offset),
		.mask = header->ring_entries - 1,
		.producer = (const void *)((const uint8_t *)ro + header->producer_offset),
		.need_kick = (const void *)((const uint8_t *)ro + header->need_kick_offset),
		.consumer = (void *)((uint8_t *)rw + header->consumer_offset),
		.need_wakeup = &control->need_wakeup,
		.reply = (void *)((uint8_t *)rw + header->reply_offset),
		.bulk = (uint8_t *)rw + header->bulk_offset,
	};
	ring->taken = *ring->consumer;
	return true;
}

/**
 * ring_produced() - how far the kernel is
 * @ring: the ring
 *
 * Return: the producer's index; the entries before it can be read.
 */
static inline uint32_t ring_produced(const struct ring *ring)
{
	return __atomic_load_n(ring->producer, RING_ACQUIRE);
}

/**
 * ring_waiting() - is there anything?
 * @ring: the ring
 *
 * Context: any thread; while another one consumes the answer is a guess.
 * Return: whether an entry waits.
 */
static inline bool ring_waiting(const struct ring *ring)
{
	return ring_produced(ring) != __atomic_load_n(&ring->taken, __ATOMIC_RELAXED);
}

/**
 * ring_first() - the oldest entry that wasn't passed
 * @ring: the ring
 *
 * Return: it, or NULL if there is none.
 */
static inline const struct vmr_exit *ring_first(const struct ring *ring)
{
	if (ring_produced(ring) == ring->taken)
		return NULL;
	return &ring->entries[ring->taken & ring->mask];
}

/**
 * ring_reply() - the reply slot is for this entry
 * @ring: the ring
 * @entry: what ring_first() returned, which needs a reply
 * @flags: VMR_REPLY_...
 *
 * To be called before ring_pass(); the data, too, is written before that.
 */
static inline void ring_reply(struct ring *ring, const struct vmr_exit *entry, uint32_t flags)
{
	ring->reply->seq = entry->seq;
	ring->reply->flags = flags;
	ring->reply->length = 0;
	ring->reply->reserved = 0;
}

/**
 * ring_pass() - the oldest entry is the kernel's again; one that waited is answered
 * @ring: the ring, which isn't empty
 */
static inline void ring_pass(struct ring *ring)
{
	uint32_t taken = ring->taken + 1;

	__atomic_store_n(&ring->taken, taken, __ATOMIC_RELAXED);
	/* Pairs with the kernel's load of the consumer: entry and reply are done with. */
	__atomic_store_n(ring->consumer, taken, RING_RELEASE);
}

/**
 * ring_wants_kick() - does the vCPU sleep until it is told of what was passed?
 * @ring: the ring, after ring_pass()
 *
 * Return: whether VMR_KICK with VMR_KICK_WAKE is due.
 */
static inline bool ring_wants_kick(const struct ring *ring)
{
	/* Pairs with the kernel's, between need_kick and the consumer's index. */
	ring_fence();
	return __atomic_load_n(ring->need_kick, RING_RELAXED);
}

/**
 * ring_awake() - the consumer needs no eventfd
 * @ring: the ring
 */
static inline void ring_awake(struct ring *ring)
{
	__atomic_store_n(ring->need_wakeup, 0, RING_RELAXED);
}

/**
 * ring_may_sleep() - have the kernel signal the eventfd at the next entry
 * @ring: the ring
 * @seen: the producer's index, up to which there is nothing to do
 *
 * Return: whether the consumer may sleep; if not there is something, and no signal comes.
 */
static inline bool ring_may_sleep(struct ring *ring, uint32_t seen)
{
	__atomic_store_n(ring->need_wakeup, 1, RING_RELAXED);
	/* Pairs with the kernel's, between the producer's index and need_wakeup. */
	ring_fence();
	if (ring_produced(ring) == seen)
		return true;
	ring_awake(ring);
	return false;
}

#endif
