// SPDX-License-Identifier: GPL-2.0
/*
 * EOI ends a real interrupt whose vector happens to equal the spurious one.
 */
#include "bare.h"

#define VECTOR_SPURIOUS 0xff
#define VECTOR_LOWER 0x51

static u32 high, low;

static void on_high(struct trap_frame *frame)
{
	(void)frame;
	high++;
	apic_eoi();
}

static void on_low(struct trap_frame *frame)
{
	(void)frame;
	low++;
	apic_eoi();
}

int main(void)
{
	plan(3);
	trap_set(VECTOR_SPURIOUS, on_high);
	trap_set(VECTOR_LOWER, on_low);
	apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_SPURIOUS);
	irq_enable();
	irq_disable();
	check(high == 1, "vector %x is delivered (%u)", VECTOR_SPURIOUS, high);
	check(!apic_in_service(VECTOR_SPURIOUS), "EOI ends it");
	apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_LOWER);
	irq_enable();
	irq_disable();
	check(low == 1, "a lower vector is delivered after it (%u)", low);
	return 0;
}
