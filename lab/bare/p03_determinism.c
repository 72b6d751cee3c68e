// SPDX-License-Identifier: GPL-2.0
/*
 * Prints what must be the same in every run: random numbers, ticks and
 * instructions, with interrupts and halts in between. Comparing the output of
 * runs is the caller's part.
 */
#include "bare.h"

#define VECTOR_TIMER 0x60

static u32 interrupts;

static void timer(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	apic_eoi();
}

static u64 icount(void)
{
	u64 low = in32(LAB_ICOUNT_LOW);

	return low | (u64)in32(LAB_ICOUNT_HIGH) << 32;
}

int main(void)
{
	plan(1);
	trap_set(VECTOR_TIMER, timer);
	for (u32 round = 0; round < 8; round++) {
		u64 random = 0;

		asm volatile("rdrand %0" : "+r"(random) : : "cc");
		apic_timer(VECTOR_TIMER, 100000 + (random & 0xffff));
		irq_enable();
		while (READ_ONCE(interrupts) == round)
			asm volatile("hlt" : : : "memory");
		irq_disable();
		for (u32 n = 0; n < 100000; n++)
			cpu_relax();
		print("# random %lx ticks %lu instructions %lu\n", random,
		      rdtsc(), icount());
	}
	check(interrupts == 8, "%u interrupts", interrupts);
	return 0;
}
