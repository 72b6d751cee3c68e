// SPDX-License-Identifier: GPL-2.0
/*
 * With EPT A/D flags, every access to a guest paging structure counts as a
 * write; its EPT violation has both bit 0 and bit 1 of the qualification set.
 */
#include "guest_paging.h"

int main(void)
{
	struct guest guest;
	int reason;

	plan(3);
	vmx_on();
	guest_create(&guest, guest_reads);
	ept_create(EPT_AD_ENABLE);
	guest_paging_create();
	*guest_paging_table() = guest_paging_target() | PTE_PRESENT |
				PTE_WRITE | PTE_ACCESSED | PTE_DIRTY;
	*ept_entry((u64)guest_paging_table(), EPT_4K) &= ~EPT_WRITE;
	ept_flush();
	reason = guest_run(&guest);
	check(reason == REASON_EPT_VIOLATION, "EPT violation (reason %d)",
	      reason);
	check((guest.qualification & (QUAL_LINEAR | QUAL_FINAL)) == QUAL_LINEAR &&
	      guest.physical == (u64)guest_paging_table(),
	      "by the page walk (%lx)", guest.qualification);
	check((guest.qualification & (QUAL_READ | QUAL_WRITE)) ==
	      (QUAL_READ | QUAL_WRITE), "a read and a write (%lx)",
	      guest.qualification & 7);
	return 0;
}
