/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the benchmark's guest code (guest.S) and its host agree on: the same
 * guest for every backend, in real mode, in one megabyte.
 */
#ifndef BENCH_GUEST_H
#define BENCH_GUEST_H

#define GUEST_MEMORY	0x100000
#define GUEST_CODE	0x1000	/* where a path's code goes: RIP */
#define GUEST_TIMES	0x8000	/* u32 a batch, and one more: RDI */
#define GUEST_PAGES	0x10000	/* pages that only ept-fault-4k touches */

#define GUEST_DIRTY_PAGES	192	/* of those, for dirty-log-page */

#define GUEST_ROUNDS	16	/* round trips in a batch */
#define GUEST_BATCHES	64	/* RBP */
#define GUEST_PAGE_BATCHES	((0xf0000 - GUEST_PAGES) / 4096 / GUEST_ROUNDS)

/* Memory beyond the first megabyte, for those who can address it (FS). */
#define GUEST_HIGH	0x40000000
#define GUEST_LARGE	0x200000	/* a large page */
#define GUEST_LARGE_BATCHES	5	/* the first costs more, and a tick falls into one */

#define GUEST_HUGE	0x40000000	/* a page of 1 GB, at GUEST_HIGH */
#define GUEST_HUGE_BATCHES	2	/* of one round: the page is touched in the last */

#define GUEST_PORT	0xe0	/* that the measured OUT and IN use */
#define GUEST_DEVICE	0x10	/* that the measured MOVs touch, in segment 0xffff */
#define GUEST_DEVICE_AT	(0xffff0 + GUEST_DEVICE)
#define GUEST_DONE	0xe4	/* written when all is done */

/* Hypercalls take their number from here, as each backend wants another one. */
#define GUEST_HYPERCALL	0x7000
#define GUEST_PAT	0x277
/* Where the large page is that was touched last. */
#define GUEST_AT	0x7008

#endif
