// SPDX-License-Identifier: GPL-2.0
/*
 * In x2APIC mode the interrupt command register reads as it was written.
 */
#include "bare.h"

#define VECTOR_SELF 0x51
#define ICR X2APIC_MSR(APIC_ICR)

static u32 interrupts;

static void self_interrupt(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	apic_eoi();
}

int main(void)
{
	static const u64 commands[] = {
		APIC_FIXED | APIC_ASSERT | VECTOR_SELF,
		APIC_FIXED | APIC_ASSERT | APIC_SELF | (VECTOR_SELF + 1),
		/* to a CPU that isn't there */
		7ull << 32 | APIC_FIXED | APIC_ASSERT | VECTOR_SELF,
	};

	plan(ARRAY_SIZE(commands) + 1);
	trap_set(VECTOR_SELF, self_interrupt);
	trap_set(VECTOR_SELF + 1, self_interrupt);
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
	for (u32 n = 0; n < ARRAY_SIZE(commands); n++) {
		wrmsr(ICR, commands[n]);
		irq_enable();
		irq_disable();
		check(rdmsr(ICR) == commands[n], "%lx reads back (%lx)",
		      commands[n], rdmsr(ICR));
	}
	check(interrupts == 2, "those to this CPU were delivered (%u)",
	      interrupts);
	return 0;
}
