// SPDX-License-Identifier: GPL-2.0
/*
 * A virtual interrupt waits while the guest has IF = 0, also when a real
 * interrupt arrives in the meantime; that one causes its VM exit.
 */
#include "vmx.h"

#define VECTOR_TIMER 0x60
#define VECTOR_VIRTUAL 0x51

static u32 virtual_interrupts;
static u32 guest_if_off;

static void virtual_interrupt(struct trap_frame *frame)
{
	(void)frame;
	virtual_interrupts++;
}

static void host_timer(struct trap_frame *frame)
{
	(void)frame;
	apic_eoi();
}

/* Entered with IF = 1 and all virtual interrupts held back by the TPR. */
static void guest_main(void)
{
	u64 end;

	irq_disable();
	WRITE_ONCE(guest_if_off, 1);
	asm volatile("mov %0, %%cr8" : : "r"(0ul) : "memory");
	end = rdtsc() + 100000;
	while (rdtsc() < end)
		cpu_relax();
	vmcall();
	irq_enable();
	irq_disable();
	vmcall();
}

int main(void)
{
	struct guest guest;
	u32 *apic;
	int reason;

	plan(6);
	trap_set(VECTOR_TIMER, host_timer);
	trap_set(VECTOR_VIRTUAL, virtual_interrupt);
	vmx_on();
	guest_create(&guest, guest_main);
	apic = guest_virtual_apic();
	apic[APIC_TPR * 4] = 0xf0;
	apic[APIC_IRR * 4 + VECTOR_VIRTUAL / 32 * 4] =
		1u << (VECTOR_VIRTUAL % 32);
	vmcs_write(VMCS_GUEST_INTR_STATUS, VECTOR_VIRTUAL);
	vmcs_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	apic_timer(VECTOR_TIMER, 5000);

	reason = guest_run(&guest);
	irq_enable();
	irq_disable();
	check(guest_if_off, "guest has turned interrupts off");
	check(reason == REASON_EXTERNAL_INTERRUPT,
	      "the real interrupt causes an exit (reason %d)", reason);
	check((vmcs_read(VMCS_GUEST_INTR_STATUS) & 0xff) == VECTOR_VIRTUAL &&
	      vmcs_read(VMCS_GUEST_RIP) != trap_stub(VECTOR_VIRTUAL),
	      "the virtual one is still requested (status %lx, RIP %lx)",
	      vmcs_read(VMCS_GUEST_INTR_STATUS), vmcs_read(VMCS_GUEST_RIP));

	reason = guest_run(&guest);
	check(reason == REASON_VMCALL && !virtual_interrupts,
	      "it waits as long as IF = 0 (reason %d, %u delivered)", reason,
	      virtual_interrupts);
	guest_skip();
	reason = guest_run(&guest);
	check(reason == REASON_VMCALL, "guest comes to its end (reason %d)",
	      reason);
	check(virtual_interrupts == 1,
	      "it comes with IF = 1 (%u times)",
	      virtual_interrupts);
	return 0;
}
