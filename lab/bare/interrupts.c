// SPDX-License-Identifier: GPL-2.0
/*
 * Timer, self-IPI, priorities and IPIs between CPUs of the local APIC, awake
 * and in HLT. It isn't about one bug: it runs on the simulated machine and
 * again as a guest of KVM in it, where all of this goes through APICv. The
 * argument is the number of CPUs.
 */
#include "bare.h"

#define VECTOR_TIMER 0x60
#define VECTOR_SELF 0x51
#define VECTOR_HIGHER 0x71
#define VECTOR_PING 0x52
#define VECTOR_PONG 0x53
#define ROUNDS 100
#define LIMIT 2000000000ull	/* ticks; a guest's pass while it isn't running */

static u32 timers, selves, highers, pings, pongs;
static u32 order;
static u32 other_ready, other_halts;
static u64 order_of_self, order_of_higher;

static void on_timer(struct trap_frame *frame)
{
	(void)frame;
	timers++;
	apic_eoi();
}

static void on_self(struct trap_frame *frame)
{
	(void)frame;
	order_of_self = ++order;
	selves++;
	apic_eoi();
}

static void on_higher(struct trap_frame *frame)
{
	(void)frame;
	order_of_higher = ++order;
	highers++;
	apic_eoi();
}

static void on_ping(struct trap_frame *frame)
{
	(void)frame;
	pings++;
	apic_eoi();
	apic_ipi(0, APIC_FIXED | APIC_ASSERT | VECTOR_PONG);
}

static void on_pong(struct trap_frame *frame)
{
	(void)frame;
	pongs++;
	apic_eoi();
}

/* Until @counter is @value: awake with interrupts on, or in HLT. */
static bool wait_for(u32 *counter, u32 value, bool halt)
{
	u64 end = rdtsc() + LIMIT;

	while (READ_ONCE(*counter) != value && rdtsc() < end) {
		if (halt) {
			asm volatile("sti; hlt; cli" : : : "memory");
		} else {
			irq_enable();
			cpu_relax();
			irq_disable();
		}
	}
	return READ_ONCE(*counter) == value;
}

static void x2apic_on(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
}

static bool cpuid_has_deadline(void)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ecx >> 24 & 1;
}

static void test_timer(void)
{
	bool good = true;

	for (u32 n = 1; n <= ROUNDS && good; n++) {
		apic_timer(VECTOR_TIMER, 10000);
		good = wait_for(&timers, n, n & 1);
	}
	check(good, "%u of %u timer interrupts", timers, ROUNDS);

	timers = 0;
	good = cpuid_has_deadline();
	apic_write(APIC_LVT_TIMER, APIC_TSC_DEADLINE | VECTOR_TIMER);
	for (u32 n = 1; n <= ROUNDS && good; n++) {
		wrmsr(MSR_TSC_DEADLINE, rdtsc() + 10000);
		good = wait_for(&timers, n, n & 1) && !rdmsr(MSR_TSC_DEADLINE);
	}
	check(good, "%u of %u by TSC deadline", timers, ROUNDS);
}

static void test_self(void)
{
	bool good = true;

	for (u32 n = 1; n <= ROUNDS && good; n++) {
		apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_SELF);
		good = selves == n - 1 && wait_for(&selves, n, n & 1);
	}
	check(good, "%u of %u self-IPIs, none with interrupts off", selves,
	      ROUNDS);
	order = 0;
	apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_SELF);
	apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_HIGHER);
	irq_enable();
	irq_disable();
	check(order_of_higher == 1 && order_of_self == 2,
	      "the higher of two vectors comes first");
}

static void other_cpu(void)
{
	x2apic_on();
	WRITE_ONCE(other_ready, 1);
	for (;;) {
		if (READ_ONCE(other_halts)) {
			asm volatile("sti; hlt; cli" : : : "memory");
		} else {
			irq_enable();
			cpu_relax();
			irq_disable();
		}
	}
}

static void ping(bool halt)
{
	bool good = true;

	pings = 0;
	pongs = 0;
	WRITE_ONCE(other_halts, halt);
	for (u32 n = 1; n <= ROUNDS && good; n++) {
		apic_ipi(1, APIC_FIXED | APIC_ASSERT | VECTOR_PING);
		good = wait_for(&pongs, n, halt);
	}
	check(good && pings == ROUNDS, "%u of %u answers from CPU 1 %s", pongs,
	      ROUNDS, halt ? "in HLT" : "awake");
}

int main(void)
{
	bool two = str_equal(CMDLINE, "2");

	plan(two ? 6 : 4);
	trap_set(VECTOR_TIMER, on_timer);
	trap_set(VECTOR_SELF, on_self);
	trap_set(VECTOR_HIGHER, on_higher);
	trap_set(VECTOR_PING, on_ping);
	trap_set(VECTOR_PONG, on_pong);
	x2apic_on();
	test_timer();
	test_self();
	if (two) {
		cpu_start(1);
		cpu_call(1, other_cpu);
		if (!wait_until(&other_ready, 1, LIMIT))
			bail("CPU 1 doesn't answer");
		ping(false);
		ping(true);
	}
	return 0;
}
