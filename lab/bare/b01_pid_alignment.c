// SPDX-License-Identifier: GPL-2.0
/*
 * A posted-interrupt descriptor has to be aligned to 64 bytes, not to a page.
 */
#include "vmx.h"

static void guest_main(void)
{
	vmcall();
}

int main(void)
{
	static const struct {
		u32 offset;
		bool good;
	} cases[] = {
		{ 0, true }, { 64, true }, { 0xfc0, true }, { 32, false },
		{ 1, false },
	};
	struct guest guest;
	u64 page = (u64)page_alloc();

	plan(ARRAY_SIZE(cases));
	vmx_on();
	guest_create(&guest, guest_main);
	guest_virtual_apic();
	vmcs_set(VMCS_PIN, PIN_POSTED_INTERRUPTS);
	vmcs_set(VMCS_EXIT, EXIT_ACKNOWLEDGE);
	vmcs_write(VMCS_POSTED_VECTOR, 0xf2);
	for (u32 n = 0; n < ARRAY_SIZE(cases); n++) {
		int reason;

		vmcs_write(VMCS_POSTED_DESC, page + cases[n].offset);
		guest_goto(guest_main);
		reason = guest_run(&guest);
		if (cases[n].good)
			check(reason == REASON_VMCALL,
			      "offset %u in a page: entry (reason %d, error %u)",
			      cases[n].offset, reason, guest.error);
		else
			check(reason == REASON_ENTRY_FAILED &&
			      guest.error == VMX_ERROR_CONTROLS,
			      "offset %u in a page: refused (reason %d, error %u)",
			      cases[n].offset, reason, guest.error);
	}
	return 0;
}
