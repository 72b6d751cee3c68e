// SPDX-License-Identifier: GPL-2.0
/*
 * INIT stays pending while VMX root operation blocks it: it takes effect at
 * VMXOFF, or as a VM exit when a guest is entered.
 */
#include "vmx.h"

enum stage { NOTHING, IN_ROOT, GO_ON, BEFORE_OFF, AFTER_OFF, AFTER_ENTRY };

static u32 stage;
static int entry_reason;

static void guest_main(void)
{
	vmcall();
}

static void wait_for_init(void)
{
	vmx_on();
	WRITE_ONCE(stage, IN_ROOT);
	while (READ_ONCE(stage) != GO_ON)
		cpu_relax();
}

static void leave_by_vmxoff(void)
{
	wait_for_init();
	WRITE_ONCE(stage, BEFORE_OFF);
	vmx_off();
	WRITE_ONCE(stage, AFTER_OFF);
}

static void leave_by_entry(void)
{
	struct guest guest;

	wait_for_init();
	guest_create(&guest, guest_main);
	entry_reason = guest_run(&guest);
	vmx_off();
	WRITE_ONCE(stage, AFTER_ENTRY);
}

/* CPU 1 in root operation gets an INIT and goes on. */
static void send_init(void (*function)(void))
{
	stage = NOTHING;
	cpu_call(1, function);
	if (!wait_until(&stage, IN_ROOT, 2000000))
		bail("CPU 1 doesn't enter VMX operation");
	apic_ipi(1, APIC_INIT | APIC_ASSERT);
	WRITE_ONCE(stage, GO_ON);
}

int main(void)
{
	u32 starts;

	plan(5);
	starts = cpu_start(1);

	send_init(leave_by_vmxoff);
	check(wait_until(&stage, BEFORE_OFF, 2000000),
	      "INIT is blocked in root operation");
	check(!wait_until(&stage, AFTER_OFF, 200000),
	      "INIT takes effect at VMXOFF");
	check(cpu_start(1) == starts + 1, "the CPU starts again");

	send_init(leave_by_entry);
	check(wait_until(&stage, AFTER_ENTRY, 2000000),
	      "INIT is blocked in root operation");
	check(entry_reason == REASON_INIT,
	      "INIT is a VM exit when a guest is entered (reason %d)",
	      entry_reason);
	return 0;
}
