/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns where things are in the image's memory, and what C and assembly have to agree
 * on. All that a case can see lies in the 64 KiB from LOW on, which real mode,
 * virtual-8086 mode and 16-bit segments reach with the same offsets.
 */
#ifndef LAYOUT_H
#define LAYOUT_H

#define LOW		0x10000
#define LOW_SEGMENT	0x1000

#define CODE		0x10000	/* a case's code is copied to here */
#define LAND		0x10f00	/* where far transfers lead: nothing but INT3 */
#define DATA		0x11000	/* what EBX points to */
#define DATA_SEEN	32	/* bytes of it that are reported */
#define TEST_STACK	0x12f00
#define PAGE_SUPERVISOR	0x13000	/* ring 3 can't touch it */
#define REAL_CODE	0x14000	/* switch.S, what runs in real mode */
#define IVT		0x17000
#define GDT		0x18000
#define LDT		0x18800
#define IDT32		0x19000
#define IDT64		0x1a000
#define TSS32		0x1b000
#define TSS32_OTHER	0x1b800
#define TSS64		0x1c000
#define CONTEXT		0x1d000
#define PAGE_NONE	0x1e000	/* not present */
#define PAGE_READ	0x1f000	/* read-only */
#define STACK0		0x23000	/* for traps from ring 3 */
#define STACK_IST	0x25000

/* struct context: offsets */
#define IN		0x000
#define OUT		0x100
#define HOME_ESP	0x200
#define RIP		0x80
#define RFLAGS		0x88
#define SEG_CS		0x90
#define SEG_SS		0x98
#define SEG_DS		0xa0
#define SEG_ES		0xa8
#define SEG_FS		0xb0
#define SEG_GS		0xb8
#define VECTOR		0xc0
#define ERROR		0xc8

/* The TSS: what comes behind its fixed part. */
#define TSS_FIXED	0x68
#define TSS_REDIRECTION	TSS_FIXED	/* 256 bits: INT n of virtual-8086 mode */
#define TSS_BITMAP	(TSS_REDIRECTION + 32)
#define TSS_PORTS	0x400
#define TSS_LIMIT	(TSS_BITMAP + TSS_PORTS / 8)

/* Selectors. The first four in pairs: code, data; the second of the other ring. */
#define CS32		0x08
#define DS32		0x10
#define CS16		0x18
#define DS16		0x20
#define CS64		0x28
#define DS64		0x30	/* behind CS64: SYSCALL wants that */
#define USER_CS32	0x3b
#define USER_DS		0x43
#define USER_CS64	0x4b
#define USER_CS16	0x53
#define USER_DS16	0x5b
#define TR32		0x60
#define LDT32		0x68
#define TR64		0x70
#define LDT64		0x80
#define ABSENT_DATA	0x90
#define ABSENT_CODE	0x98
#define CONFORMING	0xa0	/* code, ring 0 */
#define EXECUTE_ONLY	0xa8
#define READ_ONLY	0xb0	/* data, ring 3 */
#define CALL_GATE	0xb8	/* 32 bits, from ring 3, to CS32:LAND */
#define CALL_GATE_0	0xc0	/* the same, for ring 0 alone */
#define CALL_GATE_64	0xc8	/* 16 bytes, to CS64:LAND */
#define TSS_AVAILABLE	0xd8
#define RING1_CS	0xe1
#define RING1_DS	0xe9
#define RING2_CS	0xf2
#define RING2_DS	0xfa
#define EXPAND_DOWN	0x100	/* data, ring 0 */
#define LDT_ABSENT	0x108
#define TSS64_AVAILABLE	0x110
#define IN_LDT_DATA	0x0f	/* in the LDT, ring 3 */
#define BEYOND		0xf00
#define GDT_LIMIT	0x11f
#define LDT_LIMIT	0x1f

/* Modes and rings: bits of a case's modes */
#define REAL		0x001
#define V86		0x002
#define PM16_0		0x004
#define PM16_3		0x008
#define PM32_0		0x010
#define PM32_3		0x020
#define COMPAT_0	0x040
#define COMPAT_3	0x080
#define LONG_0		0x100
#define LONG_3		0x200
#define MODES		10

#define BITS16		(REAL | V86 | PM16_0 | PM16_3)
#define BITS32		(PM32_0 | PM32_3 | COMPAT_0 | COMPAT_3)
#define BITS64		(LONG_0 | LONG_3)
#define NOT64		(BITS16 | BITS32)
#define ALL		(NOT64 | BITS64)
#define PROTECTED	(ALL & ~(REAL | V86))
#define RING0		(REAL | PM16_0 | PM32_0 | COMPAT_0 | LONG_0)
#define RING3		(V86 | PM16_3 | PM32_3 | COMPAT_3 | LONG_3)
#define PAGED		(ALL & ~REAL)

/* What a case begins with, besides the usual: bits of its env */
#define E_IF		0x00000001	/* interrupts enabled */
#define E_IOPL3		0x00000002
#define E_TF		0x00000004
#define E_VIF		0x00000008
#define E_VIP		0x00000010
#define E_AC		0x00000020
#define E_VME		0x00000040	/* CR4's bits */
#define E_PVI		0x00000080
#define E_TSD		0x00000100
#define E_DE		0x00000200
#define E_PCE		0x00000400
#define E_UMIP		0x00000800
#define E_FSGSBASE	0x00001000
#define E_OSXSAVE	0x00002000
#define E_PORTS		0x00004000	/* the bitmap permits PORT_OUT, PORT_IN */
#define E_MSRS		0x00008000	/* MSRs of system calls are set, and put back */
#define E_DR		0x00010000	/* debug registers are put back */
#define E_TIMER		0x00020000	/* IRQ 0 comes soon */
#define E_RDTSCP	0x00040000	/* where there is one */
#define E_TS		0x00080000	/* CR0.TS */
#define E_GD		0x00100000	/* DR7.GD */
#define E_MSR_CS0	0x00200000	/* IA32_SYSENTER_CS is 0 */
#define E_EMPTY_LDT	0x00400000	/* no LDT */
#define E_MONITOR	0x00800000	/* where there is MONITOR */

/* Ports: one where writes are harmless, one where nothing answers. */
#define PORT_OUT	0x80
#define PORT_IN		0x2e0

/* Vectors of software interrupts: gates for ring 3, for ring 0, redirected to V86. */
#define INT_USER	0x40
#define INT_KERNEL	0x41
#define INT_REDIRECTED	0x42
#define INT_ABSENT	0x43
#define IRQ0		0x50

#endif
