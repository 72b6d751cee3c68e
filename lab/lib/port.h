/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lab port: how the simulated machine and the host talk. The simulator's
 * side, and the full specification, is lab/bochs/patches (lab-port), which has
 * the same names (scripts/check/lab-port compares). Included by C in the machine
 * and on the host, and by assembly.
 */
#ifndef LAB_PORT_H
#define LAB_PORT_H

#define LAB_STDIN	0	/* host to guest */
#define LAB_STDOUT	1
#define LAB_STDERR	2
#define LAB_KLOG	3	/* the kernel's log */
#define LAB_CONTROL	4	/* words for the supervisor, a line each */
#define LAB_FILES	5	/* host to guest: what goes into its root */
#define LAB_STREAMS	6

#define LAB_DATA(stream)	(0x8910 + 4 * (stream))
#define LAB_FLUSH		0x8928	/* <- stream */
#define LAB_STDIN_READY		0x892c	/* -> bytes, 0: none now, LAB_EOF */
#define LAB_FILES_READY		0x8930	/* the same, waits for at least one */
#define LAB_EXIT		0x8934	/* <- exit status: ends the simulator */
#define LAB_ICOUNT_LOW		0x8938	/* -> instructions of this CPU */
#define LAB_ICOUNT_HIGH		0x893c
#define LAB_PAGE		0x8940	/* <- page: receive files there; -> bytes */

#define LAB_EOF			0xffffffff

/* Of the simulator that lab/profile uses alone (lab/bochs/instrument). */
#define LAB_PROFILE		0x8944	/* <- one of these: */
#define LAB_PROFILE_BEGIN	1	/* watch from now on */
#define LAB_PROFILE_PAUSE	2	/* no longer */
#define LAB_PROFILE_END		3	/* the symbols are there: write the result */
#define LAB_PROFILE_SYMBOLS	0x8948	/* <- text as in /proc/kallsyms */

/* Physical addresses in the simulated machine, before the kernel runs. */
#define LAB_ROM			0xd0000
#define LAB_ZEROPAGE		0x200000	/* then the command line, 4 KiB */
#define LAB_TABLES		0x202000	/* PML4, PDPT, four PDs */
#define LAB_ENTRY		0x208000	/* u64: where to jump */
#define LAB_IMAGE		0x1000000

#define LAB_ROM_SIZE		1024

#endif
