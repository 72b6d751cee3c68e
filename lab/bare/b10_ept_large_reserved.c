// SPDX-License-Identifier: GPL-2.0
/*
 * Address bits below the page size are reserved in EPT entries of large
 * pages, from bit 12 on; a set one makes the access an EPT misconfiguration.
 */
#include "vmx.h"

#define TOUCHED 0xc0000000ul	/* the fourth gigabyte, without memory */

static void guest_main(void)
{
	(void)*(const volatile u32 *)TOUCHED;
	vmcall();
}

static void check_bit(struct guest *guest, u64 *entry, const char *size,
		      u32 bit)
{
	u64 good = *entry;
	int reason;

	*entry = good | BIT(bit);
	ept_flush();
	guest_goto(guest_main);
	reason = guest_run(guest);
	check(reason == REASON_EPT_MISCONFIGURATION,
	      "bit %u of a %s page is reserved (reason %d)", bit, size, reason);
	*entry = good;
}

int main(void)
{
	struct guest guest;
	u64 *entry;
	int reason;

	plan(6);
	vmx_on();
	guest_create(&guest, guest_main);
	ept_create(0);
	entry = ept_entry(TOUCHED, EPT_2M);
	reason = guest_run(&guest);
	check(reason == REASON_VMCALL, "a good 2 MiB page (reason %d)", reason);
	check_bit(&guest, entry, "2 MiB", 12);
	check_bit(&guest, entry, "2 MiB", 13);

	entry = ept_entry(TOUCHED, EPT_1G);
	*entry = TOUCHED | EPT_READ | EPT_WRITE | EPT_EXECUTE | EPT_WRITE_BACK |
		 EPT_LARGE;
	ept_flush();
	guest_goto(guest_main);
	reason = guest_run(&guest);
	check(reason == REASON_VMCALL, "a good 1 GiB page (reason %d)", reason);
	check_bit(&guest, entry, "1 GiB", 12);
	check_bit(&guest, entry, "1 GiB", 29);
	return 0;
}
