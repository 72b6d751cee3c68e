// SPDX-License-Identifier: GPL-2.0
/*
 * A guest in HLT is woken by a virtual interrupt, by an interrupt window, and
 * with IF = 0 by a real interrupt that causes VM exits.
 */
#include "vmx.h"

#define VECTOR_TIMER 0x60
#define VECTOR_VIRTUAL 0x51

static u32 virtual_interrupts;

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

static void guest_main(void)
{
	vmcall();
}

static void guest_halts(void)
{
	irq_disable();
	asm volatile("hlt" : : : "memory");
	vmcall();
}

static void test_virtual_interrupt(void)
{
	struct guest guest;
	u32 *apic;
	int reason;

	guest_create(&guest, guest_main);
	apic = guest_virtual_apic();
	apic[APIC_IRR * 4 + VECTOR_VIRTUAL / 32 * 4] =
		1u << (VECTOR_VIRTUAL % 32);
	vmcs_write(VMCS_GUEST_INTR_STATUS, VECTOR_VIRTUAL);
	vmcs_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	vmcs_write(VMCS_GUEST_ACTIVITY, ACTIVITY_HLT);
	guest_limit(100000);
	reason = guest_run(&guest);
	check(reason == REASON_VMCALL && virtual_interrupts == 1,
	      "a virtual interrupt wakes the guest (reason %d, %u delivered)",
	      reason, virtual_interrupts);
}

static void test_interrupt_window(void)
{
	struct guest guest;
	int reason;

	guest_create(&guest, guest_main);
	vmcs_set(VMCS_PROC, PROC_INTERRUPT_WINDOW);
	vmcs_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	vmcs_write(VMCS_GUEST_ACTIVITY, ACTIVITY_HLT);
	guest_limit(100000);
	reason = guest_run(&guest);
	check(reason == REASON_INTERRUPT_WINDOW,
	      "an interrupt window wakes the guest (reason %d)", reason);
}

/* The guest turns interrupts off and halts by itself. */
static void test_real_interrupt(void)
{
	struct guest guest;
	int reason;

	guest_create(&guest, guest_halts);
	vmcs_set(VMCS_PIN, PIN_EXTERNAL_INTERRUPT);
	vmcs_set(VMCS_GUEST_RFLAGS, RFLAGS_IF);
	guest_limit(100000);
	apic_timer(VECTOR_TIMER, 5000);
	reason = guest_run(&guest);
	irq_enable();
	irq_disable();
	check(reason == REASON_EXTERNAL_INTERRUPT,
	      "a real interrupt wakes the guest with IF = 0 (reason %d)",
	      reason);
}

int main(void)
{
	plan(3);
	trap_set(VECTOR_TIMER, host_timer);
	trap_set(VECTOR_VIRTUAL, virtual_interrupt);
	vmx_on();
	test_virtual_interrupt();
	test_interrupt_window();
	test_real_interrupt();
	return 0;
}
