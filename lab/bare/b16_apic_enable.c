// SPDX-License-Identifier: GPL-2.0
/*
 * A local APIC that was disabled in IA32_APIC_BASE can be enabled again, but
 * not to x2APIC mode in one step.
 */
#include "bare.h"

#define VECTOR_SELF 0x51

static u32 interrupts;

static void self_interrupt(struct trap_frame *frame)
{
	(void)frame;
	interrupts++;
	apic_eoi();
}

static bool cpuid_has_apic(void)
{
	u32 eax = 1, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return edx >> 9 & 1;
}

int main(void)
{
	u64 base = rdmsr(MSR_APIC_BASE);
	u32 fault;

	plan(6);
	trap_set(VECTOR_SELF, self_interrupt);
	wrmsr(MSR_APIC_BASE, base & ~APIC_BASE_ENABLE);
	check(!(rdmsr(MSR_APIC_BASE) & APIC_BASE_ENABLE), "disabled");
	check(!cpuid_has_apic(), "CPUID says so");
	fault = try_wrmsr(MSR_APIC_BASE, base | APIC_BASE_X2APIC);
	check(fault == FAULT(VECTOR_GP),
	      "straight to x2APIC mode is refused (%x)", fault);
	fault = try_wrmsr(MSR_APIC_BASE, base);
	check(!fault && rdmsr(MSR_APIC_BASE) == base,
	      "enabled again (fault %x, MSR %lx)", fault, rdmsr(MSR_APIC_BASE));
	check(cpuid_has_apic(), "CPUID says so");
	apic_init();
	apic_ipi(0, APIC_SELF | APIC_FIXED | VECTOR_SELF);
	irq_enable();
	irq_disable();
	check(interrupts == 1, "it delivers interrupts (%u)", interrupts);
	return 0;
}
