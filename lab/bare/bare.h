/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a bare image can rely on. A bare image is one program that has
 * the simulated machine to itself: 64-bit mode, the first 4 GiB mapped one to
 * one, no operating system. Its main() reports in KTAP lines and its result
 * is the simulator's exit status.
 */
#ifndef BARE_H
#define BARE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/port.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n) (1ull << (n))

/* The loader's command line, after the zero page. */
#define CMDLINE ((const char *)(LAB_ZEROPAGE + 0x1000))

#define MSR_TSC 0x10
#define MSR_APIC_BASE 0x1b
#define MSR_FEATURE_CONTROL 0x3a
#define MSR_TSC_ADJUST 0x3b
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_EFER 0xc0000080
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#define CR0_NE BIT(5)
#define CR4_VMXE BIT(13)
#define RFLAGS_TF BIT(8)
#define RFLAGS_IF BIT(9)

#define VECTOR_DB 1
#define VECTOR_UD 6
#define VECTOR_GP 13
#define VECTOR_PF 14

/* Segment selectors of every CPU. */
#define SEL_CODE32 0x08
#define SEL_CODE 0x10
#define SEL_DATA 0x18
#define SEL_TSS 0x20

#define MAX_CPUS 4

static inline void out8(u16 port, u8 value)
{
	asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out16(u16 port, u16 value)
{
	asm volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void out32(u16 port, u32 value)
{
	asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline u8 in8(u16 port)
{
	u8 value;

	asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u16 in16(u16 port)
{
	u16 value;

	asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u32 in32(u16 port)
{
	u32 value;

	asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

static inline u64 rdmsr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
	return low | (u64)high << 32;
}

static inline void wrmsr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c"(msr), "a"((u32)value),
		     "d"((u32)(value >> 32)) : "memory");
}

static inline u64 rdtsc(void)
{
	u32 low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return low | (u64)high << 32;
}

#define READ_REG(name) ({						\
	u64 value_;							\
	asm volatile("mov %%" #name ", %0" : "=r"(value_) : : "memory");\
	value_; })
#define WRITE_REG(name, value)						\
	asm volatile("mov %0, %%" #name : : "r"((u64)(value)) : "memory")

static inline void cpu_relax(void)
{
	asm volatile("pause" : : : "memory");
}

static inline void irq_enable(void)
{
	asm volatile("sti; nop" : : : "memory");
}

static inline void irq_disable(void)
{
	asm volatile("cli" : : : "memory");
}

#define READ_ONCE(x) (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, value) (*(volatile __typeof__(x) *)&(x) = (value))

/* console.c: output and the verdict */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
void plan(unsigned int tests);
bool check(bool good, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
_Noreturn void bail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
_Noreturn void finish(void);

/*
 * trap.c: exceptions and interrupts of host and guest alike, since a guest
 * shares this image and its IDT. What has no handler ends the test.
 */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rbp, rdi, rsi, rdx, rcx, rbx, rax;
	u64 vector, error;
	u64 rip, cs, rflags, rsp, ss;
};

void trap_init(void);
void trap_set(u8 vector, void (*handler)(struct trap_frame *frame));
void trap_set_gate(u8 vector, const void *entry);
u64 trap_stub(u8 vector);

/*
 * An instruction between labels 1 and 2 that may fault: it then ends at
 * label 2 with FAULT(vector) in RAX.
 */
#define FAULT(vector) (0x100 | (vector))
#define MAY_FAULT							\
	".pushsection .fixups, \"a\"\n"					\
	".quad 1b, 2b\n"						\
	".popsection\n"

static inline u32 try_wrmsr(u32 msr, u64 value)
{
	u32 fault;

	asm volatile("1: wrmsr\n"
		     "xor %%eax, %%eax\n"
		     "2:\n" MAY_FAULT
		     : "=a"(fault)
		     : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32))
		     : "memory");
	return fault;
}

/* memory.c */
void *page_alloc(void);
void *memset(void *to, int value, size_t size);
void *memcpy(void *to, const void *from, size_t size);
bool str_equal(const char *a, const char *b);

/* apic.c: the local APIC of the CPU that calls */
#define APIC_ID 0x02
#define APIC_VERSION 0x03
#define APIC_TPR 0x08
#define APIC_EOI 0x0b
#define APIC_SVR 0x0f
#define APIC_ISR 0x10
#define APIC_IRR 0x20
#define APIC_ICR 0x30
#define APIC_ICR_HIGH 0x31
#define APIC_LVT_TIMER 0x32
#define APIC_TIMER_INITIAL 0x38
#define APIC_TIMER_DIVIDE 0x3e

#define APIC_FIXED (0 << 8)
#define APIC_INIT (5 << 8)
#define APIC_SIPI (6 << 8)
#define APIC_ASSERT BIT(14)
#define APIC_SELF (1 << 18)
#define APIC_MASKED BIT(16)
#define APIC_TSC_DEADLINE (2 << 17)

#define X2APIC_MSR(reg) (0x800 + (reg))

#define APIC_BASE_X2APIC BIT(10)
#define APIC_BASE_ENABLE BIT(11)

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 value);
void apic_init(void);
void apic_eoi(void);
void apic_ipi(u32 cpu, u32 command);
void apic_timer(u8 vector, u32 ticks);
bool apic_in_service(u8 vector);
bool apic_requested(u8 vector);

/* smp.c: CPU numbers are APIC ids */
void cpu_init(u32 cpu);
u32 cpu_start(u32 cpu);
void cpu_call(u32 cpu, void (*function)(void));
bool wait_until(const volatile u32 *word, u32 value, u64 ticks);

#endif
