// SPDX-License-Identifier: GPL-2.0
/*
 * With mode-based execute control, bit 6 of an EPT violation's qualification
 * says whether user mode may execute the page, for every kind of access.
 */
#include "vmx.h"

#define TOUCHED 0xc0000000ul	/* without memory, so only entries matter */

static void guest_writes(void)
{
	*(volatile u32 *)TOUCHED = 1;
}

static void guest_fetches(void)
{
	((void (*)(void))TOUCHED)();
}

/* The permissions that the qualification reports are bits 6:3. */
static void check_access(struct guest *guest, const char *name,
			 void (*access)(void), u64 permissions, u64 expected)
{
	int reason;

	*ept_entry(TOUCHED, EPT_2M) = TOUCHED | permissions | EPT_WRITE_BACK |
				      EPT_LARGE;
	ept_flush();
	guest_goto(access);
	reason = guest_run(guest);
	check(reason == REASON_EPT_VIOLATION && guest->physical == TOUCHED,
	      "%s: EPT violation (reason %d)", name, reason);
	/* Bits above 11 belong to other things and are 0 here. */
	expected |= QUAL_LINEAR | QUAL_FINAL;
	check((guest->qualification & 0xf1ff) == expected,
	      "%s: qualification %lx, not %lx", name,
	      guest->qualification & 0xf1ff, expected);
}

int main(void)
{
	struct guest guest;

	plan(8);
	vmx_on();
	guest_create(&guest, guest_writes);
	ept_create(0);
	guest_secondary(PROC2_MODE_BASED_EXECUTE);
	check_access(&guest, "write, user may execute", guest_writes,
		     EPT_READ | EPT_USER_EXECUTE,
		     QUAL_WRITE | BIT(3) | QUAL_MAY_USER_EXECUTE);
	check_access(&guest, "write, nobody may execute", guest_writes,
		     EPT_READ, QUAL_WRITE | BIT(3));
	check_access(&guest, "write, supervisor may execute", guest_writes,
		     EPT_READ | EPT_EXECUTE,
		     QUAL_WRITE | BIT(3) | QUAL_MAY_EXECUTE);
	check_access(&guest, "fetch, user may execute", guest_fetches,
		     EPT_READ | EPT_USER_EXECUTE,
		     QUAL_FETCH | BIT(3) | QUAL_MAY_USER_EXECUTE);
	return 0;
}
