/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how guest code is written, and where things are in a guest's memory.
 *
 *	GUEST64(name, "mov $1, %eax; cpuid; hlt")
 *
 * is code for 64 bits, beside the test that it belongs to. It is copied before it
 * runs: jumps are relative, data is at GUEST_DATA. "hlt" is the usual end; a trap
 * that isn't expected ends at TRAP_PORT.
 */
#ifndef VMR_TEST_GUEST_H
#define VMR_TEST_GUEST_H

#define GUEST_GDT		0x1000
#define GUEST_TSS		0x1800
#define GUEST_IDT		0x2000
#define GUEST_TRAPS		0x3000	/* struct guest_traps */
#define GUEST_STUBS		0x4000	/* guest_traps.S */
#define GUEST_PML4		0x8000
#define GUEST_PDPT		0x9000
#define GUEST_PD		0xa000	/* four pages: 4 GiB */
#define GUEST_PD32		0xe000	/* 4 MB pages */
#define GUEST_PDPT_PAE		0xf000
#define GUEST_CODE		0x10000
#define GUEST_CODE_SIZE		0x400	/* for each vCPU */
#define GUEST_STACKS		0x20000	/* a page for each vCPU */
#define GUEST_DATA		0x80000
#define GUEST_RAM		0x200000

/* Selectors */
#define GUEST_CS32		0x08
#define GUEST_DS		0x10
#define GUEST_CS64		0x18
#define GUEST_USER_DS		0x23
#define GUEST_USER_CS		0x2b	/* 64 bits */
#define GUEST_TR		0x30	/* two entries in 64 bits */
#define GUEST_CS16		0x40
#define GUEST_DS16		0x48
#define GUEST_TR2		0x50	/* another task, 32 bits */
#define GUEST_GATE		0x58	/* a task gate to it */

#define TRAP_PORT		0xfa11

#define RFLAGS_RF		0x10000

/* offsets in struct guest_traps */
#define TRAP_COUNT		0
#define TRAP_RESUME		0x400
#define TRAP_LAST		0x500

#ifndef __ASSEMBLER__

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the handlers keep: how often each vector came, and all about the last. A
 * vector whose resume is 0 ends at TRAP_PORT with the vector as data (and goes on
 * where it was, if that exit is answered); else it goes on resume - 1 bytes
 * further. At that exit all but RAX, RDX and RSP are as they were at the trap.
 */
struct guest_traps {
	uint32_t count[256];
	uint8_t resume[256];
	uint64_t vector;
	uint64_t error;
	uint64_t rip;
	uint64_t cs;
	uint64_t rflags;
	uint64_t rsp;
	uint64_t cr2;
	uint64_t dr6;
};

static_assert(offsetof(struct guest_traps, count) == TRAP_COUNT, "count");
static_assert(offsetof(struct guest_traps, resume) == TRAP_RESUME, "resume");
static_assert(offsetof(struct guest_traps, vector) == TRAP_LAST, "vector");

#define GUEST_ASM(name, bits, code)					\
	extern const uint8_t name[];					\
	extern const uint8_t name##_end[];				\
	asm(".pushsection .guest, \"a\", @progbits\n"			\
	    ".code" #bits "\n" #name ":\n" code "\n" #name "_end:\n"	\
	    ".code64\n.popsection")

#define GUEST16(name, code)	GUEST_ASM(name, 16, code)
#define GUEST32(name, code)	GUEST_ASM(name, 32, code)
#define GUEST64(name, code)	GUEST_ASM(name, 64, code)

/* For vcpu_start(): where the code is, and its size. */
#define guest(name)		name, (size_t)(name##_end - name)

/* A number of the list above within code: "mov " IMM(GUEST_DATA) ", %edi" */
#define STRING(x)		#x
#define NUMBER(x)		STRING(x)
#define IMM(x)			"$" NUMBER(x)

#endif
#endif
