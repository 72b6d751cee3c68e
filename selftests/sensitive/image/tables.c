// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tables of the CPU: descriptors, page tables, task states. All of them are
 * as at the beginning before each case.
 */
#include "image.h"

#define PRESENT		1
#define WRITABLE	2
#define USER		4
#define LARGE		0x80
#define PAGE		4096

/* Access bytes: type, S, DPL, P */
#define CODE_READABLE	0x9b
#define CODE_EXECUTE	0x99
#define CODE_CONFORMING	0x9f
#define DATA_WRITABLE	0x93
#define DATA_READ	0x91
#define DATA_DOWN	0x97
#define SYSTEM_LDT	0x82
#define SYSTEM_TSS	0x89
#define GATE_CALL	0x8c
#define GATE_INTERRUPT	0x8e
#define BUSY		0x02
#define IS_PRESENT	0x80
#define DPL(n)		((n) << 5)

/* Bits 15:12 as VT-x numbers them: G, D, L */
#define FLAT		0xc
#define SMALL		0x0
#define WIDE		0xa

static u64 pml4[512] __attribute__((aligned(PAGE)));
static u64 pdpt[512] __attribute__((aligned(PAGE)));	/* of PAE */
static u64 pdpt_long[512] __attribute__((aligned(PAGE)));
static u64 pd[512] __attribute__((aligned(PAGE)));
static u64 pt[512] __attribute__((aligned(PAGE)));

u32 pml4_address, pdpt_address;

static u64 *const gdt = (u64 *)GDT;
static u64 *const ldt = (u64 *)LDT;

static u64 descriptor(u32 base, u32 limit, u32 access, u32 flags)
{
	return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)access << 40 |
	       (u64)(limit >> 16 & 15) << 48 | (u64)flags << 52 | (u64)(base >> 24) << 56;
}

static u64 gate(u32 selector, u32 offset, u32 access)
{
	return (offset & 0xffff) | (u64)selector << 16 | (u64)access << 40 |
	       (u64)(offset >> 16) << 48;
}

static void set(u32 selector, u32 base, u32 limit, u32 access, u32 flags)
{
	gdt[selector / 8] = descriptor(base, limit, access, flags);
}

static void fill_gdt(void)
{
	set(CS32, 0, 0xfffff, CODE_READABLE, FLAT);
	set(DS32, 0, 0xfffff, DATA_WRITABLE, FLAT);
	set(CS16, LOW, 0xffff, CODE_READABLE, SMALL);
	set(DS16, LOW, 0xffff, DATA_WRITABLE, SMALL);
	set(CS64, 0, 0xfffff, CODE_READABLE, WIDE);
	set(DS64, 0, 0xfffff, DATA_WRITABLE, FLAT);
	set(USER_CS32, 0, 0xfffff, CODE_READABLE | DPL(3), FLAT);
	set(USER_DS, 0, 0xfffff, DATA_WRITABLE | DPL(3), FLAT);
	set(USER_CS64, 0, 0xfffff, CODE_READABLE | DPL(3), WIDE);
	set(USER_CS16, LOW, 0xffff, CODE_READABLE | DPL(3), SMALL);
	set(USER_DS16, LOW, 0xffff, DATA_WRITABLE | DPL(3), SMALL);
	set(TR32, TSS32, TSS_LIMIT, SYSTEM_TSS, SMALL);
	set(LDT32, LDT, LDT_LIMIT, SYSTEM_LDT, SMALL);
	set(TR64, TSS64, TSS_LIMIT, SYSTEM_TSS, SMALL);
	gdt[TR64 / 8 + 1] = 0;
	set(LDT64, LDT, LDT_LIMIT, SYSTEM_LDT, SMALL);
	gdt[LDT64 / 8 + 1] = 0;
	set(ABSENT_DATA, 0, 0xfffff, (DATA_WRITABLE | DPL(3)) & ~IS_PRESENT, FLAT);
	set(ABSENT_CODE, 0, 0xfffff, (CODE_READABLE | DPL(3)) & ~IS_PRESENT, FLAT);
	set(CONFORMING, 0, 0xfffff, CODE_CONFORMING, FLAT);
	set(EXECUTE_ONLY, 0, 0xfffff, CODE_EXECUTE | DPL(3), FLAT);
	set(READ_ONLY, 0, 0xfffff, DATA_READ | DPL(3), FLAT);
	gdt[CALL_GATE / 8] = gate(CS32, LAND, GATE_CALL | DPL(3));
	gdt[CALL_GATE_0 / 8] = gate(CS32, LAND, GATE_CALL);
	gdt[CALL_GATE_64 / 8] = gate(CS64, LAND, GATE_CALL | DPL(3));
	gdt[CALL_GATE_64 / 8 + 1] = 0;
	set(TSS_AVAILABLE, TSS32_OTHER, TSS_FIXED - 1, SYSTEM_TSS, SMALL);
	set(RING1_CS, 0, 0xfffff, CODE_READABLE | DPL(1), FLAT);
	set(RING1_DS, 0, 0xfffff, DATA_WRITABLE | DPL(1), FLAT);
	set(RING2_CS, 0, 0xfffff, CODE_READABLE | DPL(2), FLAT);
	set(RING2_DS, 0, 0xfffff, DATA_WRITABLE | DPL(2), FLAT);
	set(EXPAND_DOWN, 0, 0x0000f, DATA_DOWN, FLAT);
	set(LDT_ABSENT, LDT, LDT_LIMIT, SYSTEM_LDT & ~IS_PRESENT, SMALL);
	set(TSS64_AVAILABLE, TSS64, TSS_LIMIT, SYSTEM_TSS, SMALL);
	gdt[TSS64_AVAILABLE / 8 + 1] = 0;
	ldt[IN_LDT_DATA / 8] = descriptor(0, 0xfffff, DATA_WRITABLE | DPL(3), FLAT);
}

/* The software interrupts that a case may raise, the others for ring 0 alone. */
static u32 gate_access(u32 vector)
{
	switch (vector) {
	case 3:
	case 4:
	case INT_USER:
	case INT_REDIRECTED:
		return GATE_INTERRUPT | DPL(3);
	case INT_ABSENT:
		return (GATE_INTERRUPT | DPL(3)) & ~IS_PRESENT;
	default:
		return GATE_INTERRUPT;
	}
}

static void fill_idts(void)
{
	u64 *idt32 = (u64 *)IDT32, *idt64 = (u64 *)IDT64;
	u32 *ivt = (u32 *)IVT;
	u32 i, stub;

	for (i = 0; i < 256; i++) {
		idt32[i] = gate(CS32, (u32)stubs32 + 16 * i, gate_access(i));
		/* IST 1 */
		idt64[2 * i] = gate(CS64, (u32)stubs64 + 16 * i, gate_access(i)) | 1ull << 32;
		idt64[2 * i + 1] = 0;
		stub = REAL_CODE - LOW + (real_stubs - real_code) + 8 * i;
		ivt[i] = LOW_SEGMENT << 16 | stub;
	}
	/* Of virtual-8086 mode, for interrupts that are redirected. */
	*(volatile u32 *)(4 * INT_REDIRECTED) = LOW_SEGMENT << 16 | (LAND - LOW);
}

static void fill_page_tables(void)
{
	u32 i;

	pml4_address = (u32)pml4;
	pdpt_address = (u32)pdpt;
	pml4[0] = (u32)pdpt_long | PRESENT | WRITABLE | USER;
	pdpt_long[0] = (u32)pd | PRESENT | WRITABLE | USER;
	pdpt[0] = (u32)pd | PRESENT;
	for (i = 0; i < 512; i++) {
		pd[i] = (u64)i << 21 | PRESENT | WRITABLE | USER | LARGE;
		pt[i] = (u64)i << 12 | PRESENT | WRITABLE | USER;
	}
	pd[0] = (u32)pt | PRESENT | WRITABLE | USER;
	pt[PAGE_SUPERVISOR / PAGE] &= ~USER;
	pt[PAGE_READ / PAGE] &= ~WRITABLE;
	pt[PAGE_NONE / PAGE] = 0;
}

static void fill_bitmaps(u8 *tss, bool permitted)
{
	u32 i;

	for (i = 0; i < 32; i++)
		tss[TSS_REDIRECTION + i] = 0xff;
	tss[TSS_REDIRECTION + INT_REDIRECTED / 8] &= ~(1 << INT_REDIRECTED % 8);
	for (i = 0; i <= TSS_PORTS / 8; i++)
		tss[TSS_BITMAP + i] = 0xff;
	if (permitted) {
		tss[TSS_BITMAP + PORT_OUT / 8] = 0;
		tss[TSS_BITMAP + PORT_IN / 8] = 0;
	}
	*(u16 *)(tss + 0x66) = TSS_BITMAP;
}

static void fill_tss(bool ports_permitted)
{
	u8 *tss32 = (u8 *)TSS32, *tss64 = (u8 *)TSS64;

	*(u32 *)(tss32 + 4) = STACK0;
	*(u32 *)(tss32 + 8) = DS32;
	*(u64 *)(tss64 + 4) = STACK0;
	*(u64 *)(tss64 + 0x24) = STACK_IST;
	fill_bitmaps(tss32, ports_permitted);
	fill_bitmaps(tss64, ports_permitted);
}

static void load_tables(void)
{
	struct __attribute__((packed)) {
		u16 limit;
		u32 base;
	} gdtr = { GDT_LIMIT, GDT }, idtr = { 8 * 256 - 1, IDT32 };

	asm volatile("lgdt %0" : : "m"(gdtr));
	asm volatile("lidt %0" : : "m"(idtr));
	asm volatile("ltr %w0" : : "r"(TR32));
}

void tables_init(void)
{
	u8 *to = (u8 *)REAL_CODE;
	const u8 *from;

	for (from = real_code; from < real_code_end; from++)
		*to++ = *from;
	fill_idts();
	fill_page_tables();
	tables_reset(0, false);
	WRITE_REG(cr4, CR4_PAE);
	WRITE_REG(cr3, pdpt_address);
	WRITE_REG(cr0, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
}

void tables_reset(u32 env, bool is_long)
{
	fill_gdt();
	fill_tss(env & E_PORTS);
	load_tables();
	ldt_of_case = env & E_EMPTY_LDT ? 0 : is_long ? LDT64 : LDT32;
	asm volatile("lldt %w0" : : "r"(is_long ? 0 : ldt_of_case));
}
