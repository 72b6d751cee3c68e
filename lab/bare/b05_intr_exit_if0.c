// SPDX-License-Identifier: GPL-2.0
/*
 * With external-interrupt exiting an interrupt makes the guest exit even when
 * it was entered with IF = 0, whatever IF was in the host.
 */
#include "vmx.h"

#define VECTOR_TIMER 0x60

static u32 host_interrupts;

static void host_timer(struct trap_frame *frame)
{
	(void)frame;
	host_interrupts++;
	apic_eoi();
}

static void guest_main(void)
{
	u64 end = rdtsc() + 100000;

	while (rdtsc() < end)
		cpu_relax();
	vmcall();
}

int main(void)
{
	struct guest guest;

	plan(4);
	trap_set(VECTOR_TIMER, host_timer);
	vmx_on();
	guest_create(&guest, guest_main);
	vmcs_set(VMCS_PIN, PIN_EXTERNAL_INTERRUPT);
	for (u32 host_if = 0; host_if < 2; host_if++) {
		int reason;

		host_interrupts = 0;
		guest_goto(guest_main);
		apic_timer(VECTOR_TIMER, 5000);
		if (host_if)
			irq_enable();
		reason = guest_run(&guest);
		irq_enable();
		irq_disable();
		check(reason == REASON_EXTERNAL_INTERRUPT,
		      "host IF = %u: exit for the interrupt (reason %d)",
		      host_if, reason);
		check(host_interrupts == 1,
		      "host IF = %u: the host gets it (%u times)",
		      host_if, host_interrupts);
	}
	return 0;
}
