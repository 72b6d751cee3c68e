// SPDX-License-Identifier: GPL-2.0
/*
 * Owns access to the local APIC of the CPU that calls: memory-mapped, or
 * through MSRs when that CPU is in x2APIC mode.
 */
#include "bare.h"

#define APIC_MMIO 0xfee00000ul

static bool x2apic(void)
{
	return rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC;
}

static volatile u32 *mmio(u32 reg)
{
	return (volatile u32 *)(APIC_MMIO + reg * 16);
}

u32 apic_read(u32 reg)
{
	return x2apic() ? (u32)rdmsr(X2APIC_MSR(reg)) : *mmio(reg);
}

void apic_write(u32 reg, u32 value)
{
	if (x2apic())
		wrmsr(X2APIC_MSR(reg), value);
	else
		*mmio(reg) = value;
}

/* Software-enable with spurious vector 255, which no test uses by accident. */
void apic_init(void)
{
	apic_write(APIC_SVR, 0x1ff);
	apic_write(APIC_TPR, 0);
	apic_write(APIC_TIMER_DIVIDE, 0xb);	/* by 1 */
}

void apic_eoi(void)
{
	apic_write(APIC_EOI, 0);
}

void apic_ipi(u32 cpu, u32 command)
{
	if (x2apic()) {
		wrmsr(X2APIC_MSR(APIC_ICR), (u64)cpu << 32 | command);
		return;
	}
	*mmio(APIC_ICR_HIGH) = cpu << 24;
	*mmio(APIC_ICR) = command;
}

/* One interrupt after @ticks of the APIC's clock, which is the TSC's here. */
void apic_timer(u8 vector, u32 ticks)
{
	apic_write(APIC_LVT_TIMER, vector);
	apic_write(APIC_TIMER_INITIAL, ticks);
}

static bool vector_bit(u32 reg, u8 vector)
{
	return apic_read(reg + vector / 32) >> (vector % 32) & 1;
}

bool apic_in_service(u8 vector)
{
	return vector_bit(APIC_ISR, vector);
}

bool apic_requested(u8 vector)
{
	return vector_bit(APIC_IRR, vector);
}
