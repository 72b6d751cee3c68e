// SPDX-License-Identifier: GPL-2.0
/*
 * An access to a debug register under DR7.GD faults with DR6.BD; the
 * single-step trap of RFLAGS.TF isn't due, for nothing was executed.
 */
#include "bare.h"

#define DR6_BD BIT(13)
#define DR6_BS BIT(14)
#define DR7_GD BIT(13)

static u32 traps;
static u64 first_dr6;

/* The CPU clears GD on the way here, so the access succeeds the next time. */
static void debug(struct trap_frame *frame)
{
	if (!traps++)
		first_dr6 = READ_REG(dr6);
	frame->rflags &= ~RFLAGS_TF;
}

static void read_64(void)
{
	u64 value;

	asm volatile("pushfq\n"
		     "orq $0x100, (%%rsp)\n"
		     "popfq\n"
		     "mov %%dr0, %0\n" : "=r"(value) : : "memory", "cc");
}

static void write_64(void)
{
	asm volatile("pushfq\n"
		     "orq $0x100, (%%rsp)\n"
		     "popfq\n"
		     "mov %0, %%dr0\n" : : "r"(0ul) : "memory", "cc");
}

/*
 * There and back again: a 32-bit code segment has other instructions for the
 * same in the simulator.
 */
#define IN_32_BIT(access)						\
	asm volatile("pushq %0\n"					\
		     "pushq $1f\n"					\
		     "lretq\n"						\
		     ".code32\n"					\
		     "1: pushfl\n"					\
		     "orl $0x100, (%%esp)\n"				\
		     "popfl\n"						\
		     access "\n"					\
		     "ljmpl %1, $2f\n"					\
		     ".code64\n"					\
		     "2:\n"						\
		     : : "i"(SEL_CODE32), "i"(SEL_CODE)			\
		     : "rax", "memory", "cc")

static void read_32(void)
{
	IN_32_BIT("mov %%dr0, %%eax");
}

static void write_32(void)
{
	IN_32_BIT("mov %%eax, %%dr0");
}

int main(void)
{
	static const struct {
		const char *name;
		void (*access)(void);
	} cases[] = {
		{ "64-bit read", read_64 }, { "64-bit write", write_64 },
		{ "32-bit read", read_32 }, { "32-bit write", write_32 },
	};

	plan(3 * ARRAY_SIZE(cases));
	trap_set(VECTOR_DB, debug);
	for (u32 n = 0; n < ARRAY_SIZE(cases); n++) {
		traps = 0;
		first_dr6 = 0;
		WRITE_REG(dr6, 0);
		WRITE_REG(dr7, 0x400 | DR7_GD);
		cases[n].access();
		check(traps == 1, "%s: one exception (%u)", cases[n].name,
		      traps);
		check(first_dr6 & DR6_BD, "%s: general detect (%lx)",
		      cases[n].name, first_dr6);
		check(!(first_dr6 & DR6_BS), "%s: no single step (%lx)",
		      cases[n].name, first_dr6);
	}
	return 0;
}
