// SPDX-License-Identifier: GPL-2.0
/*
 * A posted-interrupt notification that finds nothing requested delivers
 * nothing; one that finds a request delivers just that.
 */
#include "vmx.h"

#define VECTOR_NOTIFY 0xf2
#define VECTOR_POSTED 0x51

struct posted_descriptor {
	u32 requests[8];
	u32 outstanding;
	u32 reserved[7];
} __attribute__((aligned(64)));

static struct posted_descriptor posted;
static u32 delivered[256];

static void record(struct trap_frame *frame)
{
	delivered[frame->vector]++;
}

static void guest_main(void)
{
	u64 end = rdtsc() + 20000;

	irq_enable();
	while (rdtsc() < end)
		cpu_relax();
	irq_disable();
	vmcall();
}

/* Run the guest, with a notification in the middle. */
static void run(struct guest *guest, const char *name)
{
	int reason;

	memset(delivered, 0, sizeof(delivered));
	posted.outstanding = 1;
	vmcs_write(VMCS_GUEST_INTR_STATUS, 0);
	guest_goto(guest_main);
	apic_timer(VECTOR_NOTIFY, 5000);
	reason = guest_run(guest);
	check(reason == REASON_VMCALL, "%s: guest comes to its end (reason %d)",
	      name, reason);
	check(!posted.outstanding, "%s: notification was processed", name);
}

static u32 others(u8 vector)
{
	u32 n = 0;

	for (u32 v = 0; v < 256; v++)
		if (v != vector)
			n += delivered[v];
	return n;
}

int main(void)
{
	struct guest guest;

	plan(8);
	for (u32 vector = 32; vector < 256; vector++)
		trap_set(vector, record);
	vmx_on();
	guest_create(&guest, guest_main);
	guest_virtual_apic();
	vmcs_set(VMCS_PIN, PIN_POSTED_INTERRUPTS);
	vmcs_set(VMCS_EXIT, EXIT_ACKNOWLEDGE);
	vmcs_write(VMCS_POSTED_VECTOR, VECTOR_NOTIFY);
	vmcs_write(VMCS_POSTED_DESC, (u64)&posted);

	run(&guest, "empty");
	check(!others(0), "empty: no interrupt (%u of vector 255)",
	      delivered[255]);
	check(!(vmcs_read(VMCS_GUEST_INTR_STATUS) & 0xff), "empty: RVI is %lx",
	      vmcs_read(VMCS_GUEST_INTR_STATUS) & 0xff);

	posted.requests[VECTOR_POSTED / 32] = 1u << (VECTOR_POSTED % 32);
	run(&guest, "one request");
	check(delivered[VECTOR_POSTED] == 1, "one request: delivered %u times",
	      delivered[VECTOR_POSTED]);
	check(!others(VECTOR_POSTED), "one request: nothing else");
	return 0;
}
