// SPDX-License-Identifier: GPL-2.0
/*
 * Without EPT A/D flags, the CPU's setting of an accessed or dirty flag in a
 * guest paging structure is a write that EPT has to permit.
 */
#include "guest_paging.h"

struct access_case {
	const char *name;
	u64 flags;		/* of the guest's page table entry */
	void (*access)(void);
	u64 violation;		/* expected in bits 1:0 of the qualification */
};

static void check_access(struct guest *guest, const struct access_case *c)
{
	u64 *page_table = guest_paging_table();
	int reason;

	*page_table = guest_paging_target() | PTE_PRESENT | PTE_WRITE | c->flags;
	guest_goto(c->access);
	reason = guest_run(guest);
	if (!c->violation) {
		check(reason == REASON_VMCALL, "%s: no exit (reason %d)",
		      c->name, reason);
		return;
	}
	check(reason == REASON_EPT_VIOLATION, "%s: EPT violation (reason %d)",
	      c->name, reason);
	check((guest->qualification & 3) == c->violation &&
	      (guest->qualification & (QUAL_LINEAR | QUAL_FINAL)) == QUAL_LINEAR,
	      "%s: for a write by a page walk (%lx)", c->name,
	      guest->qualification);
	check(guest->physical == (u64)page_table, "%s: to the entry (%lx)",
	      c->name, guest->physical);
	check(!(*page_table & ~c->flags & (PTE_ACCESSED | PTE_DIRTY)),
	      "%s: no flag was set (%lx)", c->name, *page_table);
}

int main(void)
{
	static const struct access_case cases[] = {
		{ "read, A clear", 0, guest_reads, 3 },
		{ "write, A clear", 0, guest_writes, 3 },
		{ "write, D clear", PTE_ACCESSED, guest_writes, 3 },
		{ "read, A set", PTE_ACCESSED, guest_reads, 0 },
		{ "write, A and D set", PTE_ACCESSED | PTE_DIRTY,
		  guest_writes, 0 },
	};
	struct guest guest;

	plan(3 * 4 + 2 + 2);
	vmx_on();
	guest_create(&guest, guest_reads);
	ept_create(0);
	guest_paging_create();
	*ept_entry((u64)guest_paging_table(), EPT_4K) &= ~EPT_WRITE;
	ept_flush();
	for (u32 n = 0; n < ARRAY_SIZE(cases); n++)
		check_access(&guest, &cases[n]);

	/* Once EPT permits it the flags are set without an exit. */
	*ept_entry((u64)guest_paging_table(), EPT_4K) |= EPT_WRITE;
	ept_flush();
	*guest_paging_table() = guest_paging_target() | PTE_PRESENT | PTE_WRITE;
	guest_goto(guest_writes);
	check(guest_run(&guest) == REASON_VMCALL, "writable: no exit");
	check((*guest_paging_table() & (PTE_ACCESSED | PTE_DIRTY)) ==
	      (PTE_ACCESSED | PTE_DIRTY), "writable: both flags were set");
	return 0;
}
