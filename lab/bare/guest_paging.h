/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns paging structures for a guest that touches one page through a page
 * table of its own: GUEST_PAGE, next to the identity map.
 */
#ifndef BARE_GUEST_PAGING_H
#define BARE_GUEST_PAGING_H

#include "vmx.h"

#define GUEST_PAGE 0x8000000000ul	/* second entry of the top level */

#define PTE_PRESENT BIT(0)
#define PTE_WRITE BIT(1)
#define PTE_ACCESSED BIT(5)
#define PTE_DIRTY BIT(6)

static u64 *guest_tables[4];
static u64 *guest_target;

static inline u64 *guest_paging_table(void)
{
	return guest_tables[3];
}

static inline u64 guest_paging_target(void)
{
	return (u64)guest_target;
}

/* Only the last level's entry, which the test writes, is left to be marked. */
static inline void guest_paging_create(void)
{
	guest_target = page_alloc();
	for (u32 n = 0; n < 4; n++)
		guest_tables[n] = page_alloc();
	memcpy(guest_tables[0], (const void *)READ_REG(cr3), 4096);
	guest_tables[0][1] = (u64)guest_tables[1];
	guest_tables[1][0] = (u64)guest_tables[2];
	guest_tables[2][0] = (u64)guest_tables[3];
	guest_tables[0][1] |= PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	guest_tables[1][0] |= PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	guest_tables[2][0] |= PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
	vmcs_write(VMCS_GUEST_CR3, (u64)guest_tables[0]);
}

static inline void guest_reads(void)
{
	(void)*(const volatile u64 *)GUEST_PAGE;
	vmcall();
}

static inline void guest_writes(void)
{
	*(volatile u64 *)GUEST_PAGE = 1;
	vmcall();
}

#endif
