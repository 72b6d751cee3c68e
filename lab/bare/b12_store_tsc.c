// SPDX-License-Identifier: GPL-2.0
/*
 * IA32_TSC in the VM-exit MSR-store list gets the physical TSC; the guest's
 * TSC offset is for the guest's own reads.
 */
#include "vmx.h"

#define OFFSET BIT(40)

static u64 guest_tsc;

static void guest_main(void)
{
	guest_tsc = rdtsc();
	vmcall();
}

int main(void)
{
	static struct {
		u32 index;
		u32 reserved;
		u64 value;
	} list __attribute__((aligned(16))) = { MSR_TSC, 0, 0 };
	struct guest guest;
	u64 before, after;
	int reason;

	plan(3);
	vmx_on();
	guest_create(&guest, guest_main);
	vmcs_set(VMCS_PROC, PROC_TSC_OFFSET);
	vmcs_write(VMCS_TSC_OFFSET, OFFSET);
	vmcs_write(VMCS_EXIT_MSR_STORE, (u64)&list);
	vmcs_write(VMCS_EXIT_MSR_STORE_COUNT, 1);
	before = rdtsc();
	reason = guest_run(&guest);
	after = rdtsc();
	check(reason == REASON_VMCALL, "guest comes to its end (reason %d)",
	      reason);
	check(guest_tsc >= before + OFFSET && guest_tsc <= after + OFFSET,
	      "the guest sees the offset (%lx)", guest_tsc);
	check(list.value > before && list.value < after,
	      "stored without offset (%lx, between %lx and %lx)", list.value,
	      before, after);
	return 0;
}
