// SPDX-License-Identifier: GPL-2.0
/*
 * The simulator keeps translations of user pages for the supervisor under
 * SMAP: RFLAGS.AC must decide at each access all the same, whatever was kept.
 */
#include "bare.h"

#define CR4_SMAP BIT(21)
#define RFLAGS_AC BIT(18)
#define PTE_USER BIT(2)
#define USER_PAGE 0x10000000ul	/* of 2 MiB, which nothing else uses */
#define COPY_BYTES 10000

static u8 source[COPY_BYTES];

static u32 try_read(void)
{
	u32 fault;

	asm volatile("1: movb (%1), %%al\n"
		     "xor %%eax, %%eax\n"
		     "2:\n" MAY_FAULT
		     : "=a"(fault) : "r"(USER_PAGE) : "memory");
	return fault;
}

static u32 try_write(void)
{
	u32 fault;

	asm volatile("1: movb $1, (%1)\n"
		     "xor %%eax, %%eax\n"
		     "2:\n" MAY_FAULT
		     : "=a"(fault) : "r"(USER_PAGE) : "memory");
	return fault;
}

static void expect(bool allowed, const char *when)
{
	u32 want = allowed ? 0 : FAULT(VECTOR_PF);
	u32 read = try_read(), write = try_write();

	check(read == want && write == want, "%s: %s (read %x, write %x)",
	      when, allowed ? "allowed" : "refused", read, write);
}

static void stac(void)
{
	asm volatile(".byte 0x0f, 0x01, 0xcb" : : : "cc", "memory");
}

static void clac(void)
{
	asm volatile(".byte 0x0f, 0x01, 0xca" : : : "cc", "memory");
}

static void load_flags(u64 flags)
{
	asm volatile("push %0; popf" : : "r"(flags) : "cc", "memory");
}

static void make_user_page(void)
{
	u64 *table = (u64 *)LAB_TABLES;
	u64 shift;

	for (shift = 39; shift > 21; shift -= 9) {
		table[USER_PAGE >> shift & 511] |= PTE_USER;
		table = (u64 *)(table[USER_PAGE >> shift & 511] & ~0xffful);
	}
	table[USER_PAGE >> 21 & 511] |= PTE_USER;
	WRITE_REG(cr3, READ_REG(cr3));
}

static bool copy_arrives(void)
{
	const void *from = source;
	void *to = (void *)USER_PAGE;
	size_t size = COPY_BYTES;

	for (size_t i = 0; i < COPY_BYTES; i++)
		source[i] = i * 7 + i / 251;
	stac();
	asm volatile("rep movsb" : "+S"(from), "+D"(to), "+c"(size) : : "memory");
	for (size_t i = 0; i < COPY_BYTES; i++) {
		if (((u8 *)USER_PAGE)[i] != source[i])
			return false;
	}
	clac();
	return true;
}

int main(void)
{
	plan(9);
	make_user_page();
	expect(true, "without SMAP");
	WRITE_REG(cr4, READ_REG(cr4) | CR4_SMAP);
	expect(false, "SMAP, AC clear");
	stac();
	expect(true, "after STAC");
	clac();
	expect(false, "after CLAC");
	load_flags(RFLAGS_AC | 2);
	expect(true, "after POPF with AC");
	load_flags(2);
	expect(false, "after POPF without AC");
	check(copy_arrives(), "a string copy arrives whole");
	expect(false, "after the copy");
	WRITE_REG(cr4, READ_REG(cr4) & ~CR4_SMAP);
	expect(true, "SMAP off again");
	return 0;
}
