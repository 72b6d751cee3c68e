// SPDX-License-Identifier: GPL-2.0
/*
 * IA32_TSC_DEADLINE reads 0 once the timer has fired, and the deadline is
 * compared with the TSC as IA32_TSC_ADJUST has made it.
 */
#include "bare.h"

#define VECTOR_TIMER 0x60
#define AHEAD BIT(32)

static u32 interrupts;
static u64 fired;

static void timer(struct trap_frame *frame)
{
	(void)frame;
	fired = rdtsc();
	interrupts++;
	apic_eoi();
}

static void check_deadline(const char *name, u64 distance)
{
	u64 deadline = rdtsc() + distance;

	interrupts = 0;
	wrmsr(MSR_TSC_DEADLINE, deadline);
	check(rdmsr(MSR_TSC_DEADLINE) == deadline, "%s: deadline is armed", name);
	irq_enable();
	wait_until(&interrupts, 1, 10 * distance);
	irq_disable();
	check(interrupts == 1 && fired >= deadline &&
	      fired < deadline + 1000,
	      "%s: fires once and in time (%u times, %ld late)", name,
	      interrupts, (long)(fired - deadline));
	check(!rdmsr(MSR_TSC_DEADLINE), "%s: reads 0 afterwards (%lx)", name,
	      rdmsr(MSR_TSC_DEADLINE));
}

int main(void)
{
	u64 before;

	plan(8);
	trap_set(VECTOR_TIMER, timer);
	apic_write(APIC_LVT_TIMER, APIC_TSC_DEADLINE | VECTOR_TIMER);
	check_deadline("TSC as it was", 20000);

	before = rdtsc();
	wrmsr(MSR_TSC_ADJUST, AHEAD);
	check(rdmsr(MSR_TSC_ADJUST) == AHEAD, "IA32_TSC_ADJUST was written");
	check(rdtsc() - before >= AHEAD, "the TSC follows");
	check_deadline("TSC set ahead", 20000);
	return 0;
}
