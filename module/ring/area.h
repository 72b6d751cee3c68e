/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a vCPU's shared area: its pages, what user space maps of them, publishing an
 * exit and taking its reply. For core/ and vmx/'s run half; by the thread that holds
 * the vCPU's mutex. uapi/vmring_ring.h is the specification.
 */
#ifndef VMR_RING_AREA_H
#define VMR_RING_AREA_H

#include <linux/types.h>

#include <vmring_ring.h>

struct vm_area_struct;

/**
 * struct vmr_area - a vCPU's shared area
 * @ro: the pages that only the kernel writes
 * @rw: the pages that user space writes too: read once, then checked
 * @produced: the kernel's own copy of the producer's index
 *
 * The pointers are constant after create; @produced is the vCPU thread's.
 */
struct vmr_area {
	struct vmr_area_ro *ro;
	struct vmr_area_rw *rw;
	u32 produced;
};

#define VMR_AREA_RO_PAGES	3
#define VMR_AREA_RW_PAGES	2

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
	VMR_STATS,
};

/**
 * vmr_area_create() - allocate the pages and fill in the header
 * @area: where to
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_area_create(struct vmr_area *area);

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
 * vmr_area_slot() - where the next exit is written before it is published
 * @area: the area
 *
 * Context: The vCPU's thread.
 * Return: a zeroed entry, with seq and stamp filled in.
 */
struct vmr_exit *vmr_area_slot(struct vmr_area *area);

/**
 * vmr_area_publish() - let user space see the entry from vmr_area_slot()
 * @area: the area
 *
 * Context: The vCPU's thread.
 */
void vmr_area_publish(struct vmr_area *area);

/**
 * vmr_area_take_reply() - take the reply to the exit that was published last
 * @area: the area
 * @reply: the kernel's copy
 *
 * Context: The vCPU's thread.
 * Return: 0, or -EPROTO if that exit isn't answered: another seq, a consumer's index
 *	   that hasn't passed it, unknown flags.
 */
int vmr_area_take_reply(struct vmr_area *area, struct vmr_reply *reply);

#endif
