/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the image's C files share: the CPU's instructions, a case, a context.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* Numbers of general registers, as instructions encode them. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, GPRS = 16 };

/* What a case begins with, and what its end found; offsets in layout.h. */
struct registers {
	u64 gpr[GPRS];
	u64 rip;
	u64 rflags;
	u64 segment[6];		/* CS, SS, DS, ES, FS, GS */
	u64 vector;
	u64 error;
	u64 pad[6];
};

enum { SEGMENT_CS, SEGMENT_SS, SEGMENT_DS, SEGMENT_ES, SEGMENT_FS, SEGMENT_GS, SEGMENTS };

_Static_assert(offsetof(struct registers, rip) == RIP, "RIP");
_Static_assert(offsetof(struct registers, segment[SEGMENT_GS]) == SEG_GS, "SEG_GS");
_Static_assert(offsetof(struct registers, error) == ERROR, "ERROR");
_Static_assert(sizeof(struct registers) == OUT - IN, "OUT");

struct code {
	const u8 *begin;	/* what prepares */
	const u8 *body;		/* what is tested */
	const u8 *end;
};

/* cases.S */
struct test {
	const char *name;
	u32 modes;
	u32 env;
	struct code code[3];	/* of 16, 32, 64 bits */
};

extern const struct test cases_begin[], cases_end[];

/* switch.S */
void enter_32(u32 stack_base);
void enter_64(u32 pml4, u32 pdpt);
void enter_real(u32 pdpt);
extern const u8 stubs32[], stubs64[], real_stubs[], real_code[], real_code_end[];
extern u32 ldt_of_case;

/* tables.c */
void tables_init(void);
void tables_reset(u32 env, bool is_long);
extern u32 pml4_address, pdpt_address;

/* console.c */
void put(const char *text);
void put_hex(u64 value);
void put_signed(u64 value);
void flush(void);
_Noreturn void leave(u8 status);

#define FIELD_IN	((volatile struct registers *)(CONTEXT + IN))
#define FIELD_OUT	((volatile struct registers *)(CONTEXT + OUT))

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_TS		0x00000008
#define CR0_ET		0x00000010
#define CR0_NE		0x00000020
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_VME		0x00000001
#define CR4_PVI		0x00000002
#define CR4_TSD		0x00000004
#define CR4_DE		0x00000008
#define CR4_PAE		0x00000020
#define CR4_PCE		0x00000100
#define CR4_UMIP	0x00000800
#define CR4_FSGSBASE	0x00010000
#define CR4_OSXSAVE	0x00040000

#define FLAG_ONE	0x00002
#define FLAG_TF		0x00100
#define FLAG_IF		0x00200
#define FLAG_IOPL3	0x03000
#define FLAG_RF		0x10000
#define FLAG_VM		0x20000
#define FLAG_AC		0x40000
#define FLAG_VIF	0x80000
#define FLAG_VIP	0x100000

#define MSR_SYSENTER_CS		0x174
#define MSR_SYSENTER_ESP	0x175
#define MSR_SYSENTER_EIP	0x176
#define MSR_PAT			0x277
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_FMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101
#define MSR_KERNEL_GS_BASE	0xc0000102
#define MSR_TSC_AUX		0xc0000103

static inline void out8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline void cpuid(u32 leaf, u32 subleaf, u32 answer[4])
{
	asm volatile("cpuid" : "=a"(answer[0]), "=b"(answer[1]), "=c"(answer[2]), "=d"(answer[3])
		     : "a"(leaf), "c"(subleaf));
}

#define READ_REG(name) ({						\
	u32 value_;							\
	asm volatile("mov %%" #name ", %0" : "=r"(value_) : : "memory");\
	value_; })
#define WRITE_REG(name, value)						\
	asm volatile("mov %0, %%" #name : : "r"((u32)(value)) : "memory")

#endif
