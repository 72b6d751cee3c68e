/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the arithmetic of the ring's indices, which count up for ever and wrap. Pure:
 * no kernel dependency; selftests/unit compiles it in user space.
 *
 * produced, consumed: how many entries have been published, and of these passed by the
 * consumer, modulo 2^32; the kernel's own copies. entries: a power of two.
 */
#ifndef VMR_RING_INDEX_H
#define VMR_RING_INDEX_H

#include <linux/types.h>

/**
 * vmr_index_used() - how many entries are user space's
 * @produced: producer's index
 * @consumed: consumer's index
 *
 * Context: Any.
 * Return: their number.
 */
static inline u32 vmr_index_used(u32 produced, u32 consumed)
{
	return produced - consumed;
}

/**
 * vmr_index_room() - may an entry be written?
 * @produced: producer's index
 * @consumed: consumer's index
 * @entries: of the ring
 * @posted: it is a posted one, which leaves the last slot alone
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool vmr_index_room(u32 produced, u32 consumed, u32 entries,
				  bool posted)
{
	return vmr_index_used(produced, consumed) < entries - posted;
}

/**
 * vmr_index_possible() - can this be the consumer's index?
 * @produced: producer's index
 * @consumed: what the consumer's was before
 * @consumer: what it says to be
 *
 * It goes forward, and no further than the producer's.
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool vmr_index_possible(u32 produced, u32 consumed, u32 consumer)
{
	return consumer - consumed <= produced - consumed;
}

/**
 * vmr_index_passed() - has an index passed an entry?
 * @index: the consumer's
 * @seq: of the entry
 *
 * Right as long as the two are less than 2^31 apart.
 *
 * Context: Any.
 * Return: true if so.
 */
static inline bool vmr_index_passed(u32 index, u32 seq)
{
	return (s32)(index - seq) >= 0;
}

/**
 * vmr_index_slot() - where the entry of an index is
 * @index: the index
 * @entries: of the ring
 *
 * Context: Any.
 * Return: its place in the ring.
 */
static inline u32 vmr_index_slot(u32 index, u32 entries)
{
	return index & (entries - 1);
}

#endif
