// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how a guest begins: its tables, its handlers, and the state of a vCPU that
 * is about to run the first instruction of a test's code.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vm.h"

#define CR0_PE		0x00000001
#define CR0_MP		0x00000002
#define CR0_ET		0x00000010
#define CR0_NE		0x00000020
#define CR0_WP		0x00010000
#define CR0_PG		0x80000000
#define CR4_PSE		0x010
#define CR4_PAE		0x020
#define CR4_OSFXSR	0x200
#define CR4_OSXMMEXCPT	0x400
#define EFER_SCE	0x001
#define EFER_LME	0x100
#define EFER_LMA	0x400
#define EFER_NXE	0x800

#define ENTRY_TABLE	0x07	/* present, writable, user */
#define ENTRY_LARGE	0xe7	/* and accessed, dirty, a large page */

#define ACCESS_CODE16	0x009b
#define ACCESS_DATA16	0x0093
#define ACCESS_CODE32	0xc09b
#define ACCESS_DATA32	0xc093
#define ACCESS_CODE64	0xa09b
#define ACCESS_USER_DATA 0xc0f3
#define ACCESS_USER_CODE 0xa0fb
#define ACCESS_TSS_BUSY	0x008b
#define ACCESS_TSS_FREE	0x0089
#define ACCESS_LDT	0x0082
#define ACCESS_TASK_GATE 0x85

#define TSS_LIMIT	0x67
#define GATE_INTERRUPT	0x8e00
#define STUB_SIZE	16

extern const uint8_t guest_traps16[], guest_traps16_end[];
extern const uint8_t guest_traps32[], guest_traps32_end[];
extern const uint8_t guest_traps64[], guest_traps64_end[];

static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access)
{
	if (access & 0x8000)
		limit >>= 12;
	return (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
	       (uint64_t)(access & 0xff) << 40 | (uint64_t)(limit >> 16) << 48 |
	       (uint64_t)(access >> 12) << 52 | (uint64_t)(base >> 24) << 56;
}

static void put_gdt(struct vm *vm)
{
	uint64_t *gdt = (uint64_t *)(vm->ram + GUEST_GDT);

	gdt[GUEST_CS32 / 8] = descriptor(0, 0xffffffff, ACCESS_CODE32);
	gdt[GUEST_DS / 8] = descriptor(0, 0xffffffff, ACCESS_DATA32);
	gdt[GUEST_CS64 / 8] = descriptor(0, 0xffffffff, ACCESS_CODE64);
	gdt[GUEST_USER_DS / 8] = descriptor(0, 0xffffffff, ACCESS_USER_DATA);
	gdt[GUEST_USER_CS / 8] = descriptor(0, 0xffffffff, ACCESS_USER_CODE);
	gdt[GUEST_TR / 8] = descriptor(GUEST_TSS, TSS_LIMIT, ACCESS_TSS_BUSY);
	gdt[GUEST_TR / 8 + 1] = 0;
	gdt[GUEST_CS16 / 8] = descriptor(0, 0xffff, ACCESS_CODE16);
	gdt[GUEST_DS16 / 8] = descriptor(0, 0xffff, ACCESS_DATA16);
	gdt[GUEST_TR2 / 8] = descriptor(GUEST_TSS + 0x100, TSS_LIMIT, ACCESS_TSS_FREE);
	gdt[GUEST_GATE / 8] = (uint64_t)ACCESS_TASK_GATE << 40 | GUEST_TR2 << 16;
}

static void put_stubs(struct vm *vm, enum guest_mode mode)
{
	uint8_t *at = vm->ram + GUEST_STUBS;

	if (mode == GUEST_REAL)
		memcpy(at, guest_traps16, guest_traps16_end - guest_traps16);
	else if (mode == GUEST_LONG)
		memcpy(at, guest_traps64, guest_traps64_end - guest_traps64);
	else
		memcpy(at, guest_traps32, guest_traps32_end - guest_traps32);
}

static void put_idt(struct vm *vm, enum guest_mode mode)
{
	uint32_t *ivt = (uint32_t *)vm->ram;
	uint64_t *idt = (uint64_t *)(vm->ram + GUEST_IDT);
	uint64_t at, low;
	int i;

	for (i = 0; i < 256; i++) {
		at = GUEST_STUBS + STUB_SIZE * i;
		low = (at & 0xffff) | (uint64_t)GATE_INTERRUPT << 32 | (at >> 16) << 48;
		if (mode == GUEST_REAL) {
			ivt[i] = at;	/* segment 0 */
		} else if (mode == GUEST_LONG) {
			idt[2 * i] = low | GUEST_CS64 << 16;
			idt[2 * i + 1] = 0;
		} else {
			idt[i] = low | GUEST_CS32 << 16;
		}
	}
}

static void put_tables(struct vm *vm)
{
	uint64_t *pml4 = (uint64_t *)(vm->ram + GUEST_PML4);
	uint64_t *pdpt = (uint64_t *)(vm->ram + GUEST_PDPT);
	uint64_t *pae = (uint64_t *)(vm->ram + GUEST_PDPT_PAE);
	uint64_t *pd = (uint64_t *)(vm->ram + GUEST_PD);
	uint32_t *pd32 = (uint32_t *)(vm->ram + GUEST_PD32);
	uint64_t i;

	pml4[0] = GUEST_PDPT | ENTRY_TABLE;
	for (i = 0; i < 4; i++) {
		pdpt[i] = (GUEST_PD + i * 4096) | ENTRY_TABLE;
		pae[i] = (GUEST_PD + i * 4096) | 1;
	}
	for (i = 0; i < 2048; i++)
		pd[i] = i << 21 | ENTRY_LARGE;
	for (i = 0; i < 1024; i++)
		pd32[i] = i << 22 | ENTRY_LARGE;
}

/* The stacks for a change to ring 0, and no I/O permission bitmap. */
static void put_tss(struct vcpu *cpu, enum guest_mode mode)
{
	uint8_t *tss = cpu->vm->ram + GUEST_TSS;
	uint64_t stack = GUEST_STACKS + (cpu->id + 1) * 4096;

	memset(tss, 0, TSS_LIMIT + 1);
	if (mode == GUEST_LONG) {
		memcpy(tss + 4, &stack, 8);
	} else {
		memcpy(tss + 4, &stack, 4);
		tss[8] = GUEST_DS;
	}
	tss[0x66] = TSS_LIMIT + 1;
}

static void set_segment(struct vmr_segment *segment, unsigned int selector, uint64_t base,
			uint32_t limit, uint32_t access)
{
	memset(segment, 0, sizeof(*segment));
	segment->selector = selector;
	segment->base = base;
	segment->limit = limit;
	segment->access = access;
}

static void set_segments(struct vcpu *cpu, enum guest_mode mode, struct vmr_state *s)
{
	int i;

	for (i = VMR_ES; i <= VMR_GS; i++) {
		if (mode == GUEST_REAL)
			set_segment(&s->segment[i], 0, 0, 0xffff, ACCESS_DATA16);
		else
			set_segment(&s->segment[i], GUEST_DS, 0, 0xffffffff,
				    ACCESS_DATA32);
	}
	if (mode == GUEST_REAL)
		set_segment(&s->segment[VMR_CS], vcpu_code(cpu) >> 4, vcpu_code(cpu), 0xffff,
			    ACCESS_CODE16);
	else if (mode == GUEST_LONG)
		set_segment(&s->segment[VMR_CS], GUEST_CS64, 0, 0xffffffff, ACCESS_CODE64);
	else
		set_segment(&s->segment[VMR_CS], GUEST_CS32, 0, 0xffffffff, ACCESS_CODE32);
	set_segment(&s->segment[VMR_LDTR], 0, 0, 0xffff, ACCESS_LDT | VMR_SEGMENT_UNUSABLE);
	set_segment(&s->segment[VMR_TR], GUEST_TR, GUEST_TSS, TSS_LIMIT, ACCESS_TSS_BUSY);
}

static void set_control(enum guest_mode mode, struct vmr_state *s)
{
	s->cr0 = CR0_ET;
	s->xcr0 = 1;
	s->cr4 = CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (mode == GUEST_REAL)
		return;
	s->cr0 |= CR0_PE | CR0_MP | CR0_NE | CR0_WP;
	if (mode == GUEST_FLAT32)
		return;
	s->cr0 |= CR0_PG;
	s->cr4 |= mode == GUEST_PAGED32 ? CR4_PSE : CR4_PAE;
	s->cr3 = mode == GUEST_LONG	? GUEST_PML4 :
		 mode == GUEST_PAE32	? GUEST_PDPT_PAE : GUEST_PD32;
	if (mode == GUEST_LONG)
		s->efer = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;
}

void guest_state(struct vcpu *cpu, enum guest_mode mode, struct vmr_state *s)
{
	int i;

	memset(s, 0, sizeof(*s));
	s->gpr[VMR_RSP] = GUEST_STACKS + (cpu->id + 1) * 4096;
	s->rip = vcpu_code(cpu);
	s->rflags = 2;
	if (mode == GUEST_REAL) {
		/* SP has 16 bits, so the segment says the rest. */
		s->gpr[VMR_RSP] = 4096;
		s->rip = 0;
	}
	set_segments(cpu, mode, s);
	if (mode == GUEST_REAL)
		set_segment(&s->segment[VMR_SS], (GUEST_STACKS + cpu->id * 4096) >> 4,
			    GUEST_STACKS + cpu->id * 4096, 0xffff, ACCESS_DATA16);
	set_control(mode, s);
	s->gdtr.base = GUEST_GDT;
	s->gdtr.limit = 0xff;
	s->idtr.base = mode == GUEST_REAL ? 0 : GUEST_IDT;
	s->idtr.limit = mode == GUEST_REAL ? 0x3ff : mode == GUEST_LONG ? 0xfff : 0x7ff;
	for (i = 0; i < 4; i++)
		s->pdpte[i] = mode == GUEST_PAE32 ? (GUEST_PD + i * 4096) | 1 : 0;
	s->dr6 = 0xffff0ff0;
	s->dr7 = 0x400;
}

void vcpu_start(struct vcpu *cpu, enum guest_mode mode, const uint8_t *code, size_t size)
{
	struct vm *vm = cpu->vm;
	struct vmr_state state;

	errno = E2BIG;
	if (size > GUEST_CODE_SIZE)
		vm_die("the guest's code");
	vcpu_settle(cpu);
	put_gdt(vm);
	put_stubs(vm, mode);
	put_idt(vm, mode);
	put_tables(vm);
	put_tss(cpu, mode);
	memcpy(vm->ram + vcpu_code(cpu), code, size);
	guest_state(cpu, mode, &state);
	vcpu_set(cpu, VMR_STATE_ALL, &state);
}
