/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a vCPU's shared area: its pages, what user space maps of them, publishing an
 * exit and taking its reply. For core/ and vmx/'s run half; by the thread that holds
 * the vCPU's mutex. uapi/vmring_ring.h is the specification.
 */
#ifndef VMR_RING_AREA_H
#define VMR_RING_AREA_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <asm/tsc.h>

#include <vmring_ring.h>

#include "ring/index.h"

struct vm_area_struct;

/**
 * struct vmr_area - a vCPU's shared area
 * @ro: header, indices, counters: only the kernel writes
 * @ring: the entries, which only the kernel writes, too
 * @rw: the pages that user space writes too: read once, then checked
 * @entries: of the ring, a power of two
 * @produced: the kernel's own copy of the producer's index
 * @consumed: the last good one of the consumer's
 * @posted: the producer's when the last posted entry was there, or a later one of the
 *	    consumer's
 * @last: the synchronous entry that was begun last
 * @stamps: of the VM, counts entries where the TSC is no clock
 *
 * The pointers but @last, and @entries, are constant after create; the rest is the vCPU
 * thread's, of which others read @posted.
 */
struct vmr_area {
	struct vmr_area_ro *ro;
	struct vmr_exit *ring;
	struct vmr_area_rw *rw;
	u32 entries;
	u32 produced;
	u32 consumed;
	u32 posted;
	struct vmr_exit *last;
	atomic64_t *stamps;
};

/* A stamp that isn't a TSC: it comes after all that are. */
#define VMR_STAMP_COUNT		BIT_ULL(63)

/* Counters behind the exits by reason, in the order of area.c's names. */
enum vmr_stat {
	VMR_STAT_EXITS_TO_USER = VMR_STAT_REASONS,
	VMR_STAT_BURSTS,
	VMR_STAT_INTERRUPTED_BURSTS,
	VMR_STAT_INJECTED_INTERRUPTS,
	VMR_STAT_INJECTED_NMIS,
	VMR_STAT_INJECTED_EXCEPTIONS,
	VMR_STAT_REDELIVERED,
	VMR_STAT_EPT_4K,
	VMR_STAT_EPT_2M,
	VMR_STAT_EPT_1G,
	VMR_STAT_EPT_RETRIES,
	VMR_STAT_TLB_FLUSHES,
	VMR_STAT_MOVES,
	VMR_STAT_FPU_SWAPS,
	VMR_STAT_FPU_RELOADS,
	VMR_STAT_MSR_SWAPS,
	VMR_STAT_HALTS,
	VMR_STAT_WAKES,
	VMR_STAT_KICKS,
	VMR_STAT_SIGNALS,
	VMR_STAT_FAILED_ENTRIES,
	VMR_STAT_STORMS,
	VMR_STAT_PLE_GROWS,
	VMR_STAT_PLE_SHRINKS,
	VMR_STAT_L1D_FLUSHES,
	VMR_STAT_SPLIT_LOCKS,
	VMR_STAT_TURNS_PASSED,
	VMR_STAT_POSTS,
	VMR_STAT_POSTS_FULL,
	VMR_STAT_DOORBELLS,
	VMR_STAT_MIRROR_READS,
	VMR_STAT_MIRROR_WAITS,
	VMR_STAT_DRAINS_HIGH,
	VMR_STAT_DRAINS_DELAY,
	VMR_STAT_DRAINS_HALT,
	VMR_STAT_SPINS,
	VMR_STAT_SPIN_TICKS,
	VMR_STAT_SLEEPS,
	VMR_STAT_SLEEP_TICKS,
	VMR_STAT_EVENTFD_WAKES,
	VMR_STAT_WAITER_WAKES,
	VMR_STATS,
};

/**
 * vmr_area_entries() - how long a ring is
 * @entries: what user space wants; 0 becomes what is usual
 *
 * Context: Any.
 * Return: 0; -E2BIG for too long a ring, -EINVAL for what isn't a power of two, or 1.
 */
int vmr_area_entries(u32 *entries);

/**
 * vmr_area_ro_size() - how many bytes are to be mapped at VMR_AREA_RO
 * @entries: of the ring
 *
 * Context: Any.
 * Return: their number.
 */
u32 vmr_area_ro_size(u32 entries);

/**
 * vmr_area_rw_size() - how many bytes are to be mapped at VMR_AREA_RW
 *
 * Context: Any.
 * Return: their number.
 */
u32 vmr_area_rw_size(void);

/**
 * vmr_area_create() - allocate the pages and fill in the header
 * @area: where to
 * @entries: of the ring, as vmr_area_entries() has it
 * @stamps: the VM's
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_area_create(struct vmr_area *area, u32 entries, atomic64_t *stamps);

/**
 * vmr_area_destroy() - free the pages
 * @area: of a vCPU that nobody uses; a process may still have it mapped
 *
 * Context: Process.
 */
void vmr_area_destroy(struct vmr_area *area);

/**
 * vmr_area_mmap() - map one of the two parts into a process
 * @area: the area
 * @vma: what the process asked for
 *
 * Context: Process, mmap_lock held for writing.
 * Return: 0; -EINVAL for another offset or length, or a private mapping; -EACCES for
 *	   writing to the read-only part.
 */
int vmr_area_mmap(struct vmr_area *area, struct vm_area_struct *vma);

/**
 * vmr_area_stats() - find the counters
 * @area: the area
 *
 * Context: Any.
 * Return: u64[VMR_STATS].
 */
u64 *vmr_area_stats(const struct vmr_area *area);

/**
 * vmr_area_stat_name() - what a counter is called
 * @stat: below VMR_STATS
 *
 * Context: Any.
 * Return: its name; "" for an exit reason that doesn't exist.
 */
const char *vmr_area_stat_name(unsigned int stat);

/**
 * vmr_area_bulk() - find the bulk page
 * @area: the area
 *
 * Context: The vCPU's thread. User space may write it at any time.
 * Return: 4096 bytes.
 */
void *vmr_area_bulk(const struct vmr_area *area);

/**
 * vmr_area_look() - look how far the consumer is
 * @area: the area
 *
 * Context: The vCPU's thread.
 * Return: 0; -EPROTO for an index that can't be: what was known before still counts.
 */
int vmr_area_look(struct vmr_area *area);

/**
 * vmr_area_look_for_room() - the same, and whether there is room for a synchronous entry
 * @area: the area
 *
 * Context: The vCPU's thread.
 * Return: as vmr_area_look(); -ENOSPC without room.
 */
int vmr_area_look_for_room(struct vmr_area *area);

/**
 * vmr_area_slot() - where the next synchronous exit is written before it is published
 * @area: the area, with room
 *
 * Context: The vCPU's thread.
 * Return: a zeroed entry, with seq and stamp filled in.
 */
struct vmr_exit *vmr_area_slot(struct vmr_area *area);

/**
 * vmr_area_last() - the synchronous entry that vmr_area_slot() gave out last
 * @area: the area
 *
 * Context: The vCPU's thread.
 * Return: the entry, published or about to be.
 */
static inline const struct vmr_exit *vmr_area_last(const struct vmr_area *area)
{
	return area->last;
}

/**
 * vmr_area_publish() - let user space see the entry from vmr_area_slot()
 * @area: the area
 *
 * Context: The vCPU's thread.
 */
void vmr_area_publish(struct vmr_area *area);

/**
 * vmr_area_stamp() - now, for an entry
 * @area: the area
 *
 * An entry of another vCPU whose guest can know of this one gets a later stamp. A TSC
 * may turn out to be no clock at any time; who has heard of that counts from then on.
 *
 * Context: Any.
 * Return: the stamp.
 */
static inline u64 vmr_area_stamp(const struct vmr_area *area)
{
	if (unlikely(check_tsc_unstable()))
		return VMR_STAMP_COUNT | atomic64_inc_return(area->stamps);
	return rdtsc();
}

/**
 * vmr_area_publish_posted() - let user space see a posted entry
 * @area: the area, with the entry in the producer's slot
 *
 * Context: The vCPU's thread.
 */
static inline void vmr_area_publish_posted(struct vmr_area *area)
{
	area->produced++;
	WRITE_ONCE(area->posted, area->produced);
	/* Pairs with user space's acquire of producer: the entry is there. */
	smp_store_release(&area->ro->producer, area->produced);
}

/**
 * vmr_area_posted_wait() - are there posted entries that the consumer hasn't passed?
 * @area: any vCPU's
 *
 * Context: Any, from any thread.
 * Return: true if so.
 */
static inline bool vmr_area_posted_wait(const struct vmr_area *area)
{
	u32 posted = READ_ONCE(area->posted);

	/* Pairs with user space's release of consumer: what it did for the entries is done. */
	return !vmr_index_passed(smp_load_acquire(&area->rw->consumer), posted);
}

/**
 * vmr_area_oldest() - when the entry was written that the consumer comes to next
 * @area: any vCPU's
 * @stamp: of the entry
 *
 * A consumer's index that can't be makes it any entry's.
 *
 * Context: Any, from any thread.
 * Return: false if no posted entry waits.
 */
bool vmr_area_oldest(const struct vmr_area *area, u64 *stamp);

/**
 * vmr_area_take_reply() - take the reply to the exit that was published last
 * @area: the area, after vmr_area_look()
 * @reply: the kernel's copy
 *
 * Context: The vCPU's thread.
 * Return: 0, or -EPROTO if that exit isn't answered: another seq, a consumer's index
 *	   that hasn't passed it, unknown flags.
 */
int vmr_area_take_reply(const struct vmr_area *area, struct vmr_reply *reply);

#endif
