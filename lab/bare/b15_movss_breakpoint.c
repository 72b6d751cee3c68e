// SPDX-License-Identifier: GPL-2.0
/*
 * A data breakpoint that MOV SS hits is delayed by one instruction. When that
 * is INT n it is taken before the handler's first instruction.
 */
#include "bare.h"

#define VECTOR_SOFTWARE 0x40
#define DR6_B0 BIT(0)
/* DR7: breakpoint 0 on, for reads and writes of two bytes */
#define DR7_WATCH (0x400 | BIT(1) | BIT(16) | BIT(17) | BIT(18))

static u16 stack_selector = SEL_DATA;
static u32 traps, interrupts, interrupts_before;
static u64 trap_rip, trap_dr6;

static void debug(struct trap_frame *frame)
{
	traps++;
	trap_rip = frame->rip;
	trap_dr6 = READ_REG(dr6);
	interrupts_before = interrupts;
}

static void software_interrupt(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
}

int main(void)
{
	u64 next;

	plan(6);
	trap_set(VECTOR_DB, debug);
	trap_set(VECTOR_SOFTWARE, software_interrupt);
	WRITE_REG(dr0, &stack_selector);

	WRITE_REG(dr6, 0);
	WRITE_REG(dr7, DR7_WATCH);
	asm volatile("lea 1f(%%rip), %0\n"
		     "mov %1, %%ss\n"
		     "nop\n"
		     "1:\n" : "=&r"(next) : "m"(stack_selector) : "memory");
	WRITE_REG(dr7, 0x400);
	check(traps == 1 && trap_rip == next,
	      "before NOP: taken after it (%u times, at %lx, not %lx)", traps,
	      trap_rip, next);

	traps = 0;
	WRITE_REG(dr6, 0);
	WRITE_REG(dr7, DR7_WATCH);
	asm volatile("mov %0, %%ss\n"
		     "int %1\n"
		     : : "m"(stack_selector), "i"(VECTOR_SOFTWARE) : "memory");
	WRITE_REG(dr7, 0x400);
	check(traps == 1, "before INT: taken once (%u)", traps);
	check(trap_rip == trap_stub(VECTOR_SOFTWARE),
	      "before INT: at the handler's first instruction (%lx, not %lx)",
	      trap_rip, trap_stub(VECTOR_SOFTWARE));
	check(!interrupts_before, "before INT: nothing of the handler had run");
	check(trap_dr6 & DR6_B0, "before INT: as breakpoint 0 (%lx)", trap_dr6);
	check(interrupts == 1, "the interrupt came too (%u)", interrupts);
	return 0;
}
