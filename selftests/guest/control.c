// SPDX-License-Identifier: GPL-2.0
/*
 * Control and debug registers, and XCR0: what a guest writes takes effect, what
 * the manual refuses is #GP or #UD, and user space reads what the guest reads.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define DATA	NUMBER(GUEST_DATA)

static const struct step {
	const char *name;
	const uint8_t *code;
	const uint8_t *end;
	int vector;		/* -1: none, it comes to HLT */
	bool not_kvm;
} *step;

#define FINE(name)		{ #name, name, name##_end, -1, false }
#define FAULTS(name, vector)	{ #name, name, name##_end, vector, false }
#define NOT_KVM(name, vector)	{ #name, name, name##_end, vector, true }

#define CR0_SET(bits)	"mov %cr0, %rax; mov $" #bits ", %rbx; or %rbx, %rax; mov %rax, %cr0; hlt"
#define CR0_AND(bits)	"mov %cr0, %rax; and $" #bits ", %eax; mov %rax, %cr0; hlt"
#define CR4_SET(bits)	"mov %cr4, %rax; mov $" #bits ", %rbx; or %rbx, %rax; mov %rax, %cr4; hlt"
#define XCR0_SET(value)	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4; xor %ecx, %ecx;" \
			"mov $" #value ", %rax; mov %rax, %rdx; shr $32, %rdx; xsetbv; hlt"

GUEST64(cr0_ts, CR0_SET(0x8));
GUEST64(cr0_cd, CR0_SET(0x40000000));
GUEST64(cr0_cd_nw, CR0_SET(0x60000000));
GUEST64(cr0_nw, CR0_SET(0x20000000));
GUEST64(cr0_upper, CR0_SET(0x100000000));
GUEST64(cr0_bit63, CR0_SET(0x8000000000000000));
GUEST64(cr0_no_pe, CR0_AND(0xfffffffe));
GUEST64(cr0_no_pg_in_64, CR0_AND(0x7fffffff));
GUEST64(cr1, ".byte 0x0f, 0x20, 0xc8; hlt");
GUEST64(cr5, ".byte 0x0f, 0x22, 0xe8; hlt");
GUEST64(cr3_reserved, "mov %cr3, %rax; bts $60, %rax; mov %rax, %cr3; hlt");
GUEST64(cr3_no_flush, "mov %cr3, %rax; bts $63, %rax; mov %rax, %cr3; hlt");
GUEST64(cr3_again, "mov %cr3, %rax; mov %rax, %cr3; hlt");
GUEST64(cr4_no_pae, "mov %cr4, %rax; and $~0x20, %rax; mov %rax, %cr4; hlt");
GUEST64(cr4_reserved, CR4_SET(0x80000000));
GUEST64(cr4_upper, CR4_SET(0x100000000));
GUEST64(cr4_la57, CR4_SET(0x1000));
GUEST64(cr4_pcide, CR4_SET(0x20000));
GUEST64(cr4_pge, CR4_SET(0x80));
GUEST64(cr4_osxsave, CR4_SET(0x40000));
GUEST64(cr4_cet, CR4_SET(0x800000));
GUEST64(cr8_reserved, "mov $0x10, %eax; mov %rax, %cr8; hlt");
GUEST64(cr8_fine, "mov $9, %eax; mov %rax, %cr8; hlt");
GUEST64(dr6_upper, "mov $0x100000000, %rax; mov %rax, %dr6; hlt");
GUEST64(dr7_upper, "mov $0x100000000, %rax; mov %rax, %dr7; hlt");
GUEST64(dr4_alias, "mov %dr4, %rax; mov %dr6, %rbx; cmp %rax, %rbx; jne .; hlt");
GUEST64(dr4_de, "mov %cr4, %rax; or $8, %eax; mov %rax, %cr4; mov %dr4, %rbx; hlt");
GUEST64(xsetbv_without, "xor %ecx, %ecx; mov $3, %eax; xor %edx, %edx; xsetbv; hlt");
GUEST64(xcr0_sse, XCR0_SET(3));
GUEST64(xcr0_avx, XCR0_SET(7));
GUEST64(xcr0_zero, XCR0_SET(0));
GUEST64(xcr0_no_x87, XCR0_SET(2));
GUEST64(xcr0_avx_alone, XCR0_SET(5));
GUEST64(xcr0_avx512_part, XCR0_SET(0x27));
GUEST64(xcr0_bit63, XCR0_SET(0x8000000000000003));
GUEST64(xcr0_bit32, XCR0_SET(0x100000003));
GUEST64(xcr1,
	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"
	"mov $1, %ecx; mov $3, %eax; xor %edx, %edx; xsetbv; hlt");

#define TO_USER								\
	"mov $0xc0000081, %ecx; xor %eax, %eax; mov $0x001b0018, %edx; wrmsr;"	\
	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"		\
	"lea 1f(%rip), %rcx; xor %r11d, %r11d; sysretq; 1:"

GUEST64(user_cr0, TO_USER "mov %cr0, %rax; hlt");
GUEST64(user_cr8, TO_USER "mov %rax, %cr8; hlt");
GUEST64(user_clts, TO_USER "clts; hlt");
GUEST64(user_dr7, TO_USER "mov %dr7, %rax; hlt");
GUEST64(user_xsetbv, TO_USER "xor %ecx, %ecx; mov $3, %eax; xor %edx, %edx; xsetbv; hlt");
GUEST64(user_invd, TO_USER "invd; hlt");
GUEST64(user_invlpg, TO_USER "invlpg (%rsp); hlt");

static const struct step steps[] = {
	FINE(cr0_ts), FINE(cr0_cd), FINE(cr0_cd_nw), FAULTS(cr0_nw, 13),
	FAULTS(cr0_upper, 13), FAULTS(cr0_bit63, 13), FAULTS(cr0_no_pe, 13),
	FAULTS(cr0_no_pg_in_64, 13), FAULTS(cr1, 6), FAULTS(cr5, 6),
	FAULTS(cr3_reserved, 13), NOT_KVM(cr3_no_flush, 13), FINE(cr3_again),
	FAULTS(cr4_no_pae, 13), FAULTS(cr4_reserved, 13), FAULTS(cr4_upper, 13),
	FAULTS(cr4_la57, 13), NOT_KVM(cr4_pcide, 13), FINE(cr4_pge), FINE(cr4_osxsave),
	FAULTS(cr4_cet, 13), FAULTS(cr8_reserved, 13), FINE(cr8_fine),
	FAULTS(dr6_upper, 13), FAULTS(dr7_upper, 13), FINE(dr4_alias), FAULTS(dr4_de, 6),
	FAULTS(xsetbv_without, 6), FINE(xcr0_sse), FINE(xcr0_avx), FAULTS(xcr0_zero, 13),
	FAULTS(xcr0_no_x87, 13), FAULTS(xcr0_avx_alone, 13), FAULTS(xcr0_avx512_part, 13),
	FAULTS(xcr0_bit63, 13), FAULTS(xcr0_bit32, 13), FAULTS(xcr1, 13),
	FAULTS(user_cr0, 13), FAULTS(user_cr8, 13), FAULTS(user_clts, 13),
	FAULTS(user_dr7, 13), FAULTS(user_xsetbv, 13), FAULTS(user_invd, 13),
	FAULTS(user_invlpg, 13),
};

TEST_F(vm, what_is_refused)
{
	for (step = steps; step < steps + ARRAY_SIZE(steps); step++) {
		if (step->not_kvm && vm_for_both())
			continue;
		vcpu_start(&self->cpu, GUEST_LONG, step->code, step->end - step->code);
		EXPECT_STREQ(step->vector < 0 ? "hlt" : "trap", vcpu_next(&self->cpu)) {
			TH_LOG("%s", step->name);
			vcpu_tell(&self->cpu);
		}
		if (step->vector >= 0) {
			EXPECT_EQ(step->vector, exit_value(&self->cpu))
				TH_LOG("%s", step->name);
			EXPECT_EQ(0, vm_traps(&self->vm)->error);
		}
		vcpu_answer(&self->cpu, NULL, 0);
	}
}

/* ---- CR0 ---- */

GUEST64(task_switched,
	"	mov	%cr0, %rax; or $8, %eax; mov %rax, %cr0;"
	"	mov	%cr0, %r8;"
	"	clts;"
	"	mov	%cr0, %r9;"
	"	smsw	%rax; or $8, %eax; lmsw %ax;"
	"	mov	%cr0, %r10;"
	"	fnop;"				/* #NM */
	"	clts;"
	"	xor	%eax, %eax; lmsw %ax;"	/* clears MP and EM, but not PE */
	"	mov	%cr0, %r11;"
	"	hlt");

TEST_F(vm, task_switched)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(task_switched));
	vm_traps(&self->vm)->resume[7] = 3;
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x8001003b, s.gpr[8]);
	EXPECT_EQ(0x80010033, s.gpr[9]);
	EXPECT_EQ(0x8001003b, s.gpr[10]);
	EXPECT_EQ(0x80010031, s.gpr[11]);
	EXPECT_EQ(0x80010031, s.cr0);
	EXPECT_EQ(1, vm_traps(&self->vm)->count[7]);
}

/* LMSW with a memory operand, which it reads as 16 bits. */
GUEST64(lmsw_memory, "movw $0xb, " DATA "; lmsw " DATA "; mov %cr0, %rbx; hlt");

TEST_F(vm, lmsw_from_memory)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(lmsw_memory));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x8001003b, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* WP changes what a supervisor may write, at once. */
GUEST64(write_protect,
	"	movl	$0xe5, " NUMBER(GUEST_PD) " + 4096;"	/* 1 GiB: read-only */
	"	mov	%cr3, %rax; mov %rax, %cr3;"
	"	mov	$0x40000000, %rdi;"
	"	movl	$1, 0x80000(%rdi);"			/* 10 bytes: #PF */
	"	mov	%cr0, %rax; and $~0x10000, %rax; mov %rax, %cr0;"
	"	movl	$2, 0x80008(%rdi);"
	"	or	$0x10000, %rax; mov %rax, %cr0;"
	"	movl	$3, 0x80010(%rdi);"
	"	hlt");

TEST_F(vm, write_protection)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(write_protect));
	vm_traps(&self->vm)->resume[14] = 11;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vm_data(&self->vm)[0]);
	EXPECT_EQ(2, vm_data(&self->vm)[1]);
	EXPECT_EQ(0, vm_data(&self->vm)[2]);
	EXPECT_EQ(2, vm_traps(&self->vm)->count[14]);
	EXPECT_EQ(3, vm_traps(&self->vm)->error);
	EXPECT_EQ(0x40080010, vm_traps(&self->vm)->cr2);
}

/* ---- CR3 and CR4 ---- */

/* Another top level with another page at 0x40000000. */
GUEST64(other_tables,
	"	mov	$0x40080000, %rdi;"
	"	mov	(%rdi), %r8;"
	"	mov	%cr3, %rax;"
	"	mov	$0x91000, %ecx;"
	"	mov	%rcx, %cr3;"
	"	mov	(%rdi), %r9;"
	"	mov	%rax, %cr3;"
	"	mov	(%rdi), %r10;"
	"	hlt");

TEST_F(vm, cr3_switches_tables)
{
	uint64_t *ram = (uint64_t *)self->vm.ram;
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(other_tables));
	ram[(GUEST_PD + 4096) / 8] = 0xe7;
	memcpy(ram + 0x92000 / 8, ram + GUEST_PDPT / 8, 4096);
	ram[0x91000 / 8] = 0x92007;
	ram[(0x92000 + 8) / 8] = 0x93007;
	ram[0x93000 / 8] = 0x94007;
	ram[(0x94000 + 0x80 * 8) / 8] = 0x95007;
	vm_data(&self->vm)[0] = 1;
	ram[0x95000 / 8] = 2;
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(1, s.gpr[8]);
	EXPECT_EQ(2, s.gpr[9]);
	EXPECT_EQ(1, s.gpr[10]);
}

GUEST32(flat, "nop; hlt");

/* PAE's four entries are loaded, and checked, when CR3 is written. */
GUEST32(pae_pointers,
	"	mov	0x40080000, %esi;"
	"	movl	$(" NUMBER(GUEST_PD) " + 1), " NUMBER(GUEST_PDPT_PAE) " + 8;"
	"	mov	%cr3, %eax;"
	"	mov	%eax, %cr3;"
	"	mov	0x40080000, %edi;"
	"	movl	$(" NUMBER(GUEST_PD) " + 7), " NUMBER(GUEST_PDPT_PAE) " + 8;"
	"	mov	%eax, %cr3;"			/* #GP: reserved bits */
	"	hlt");

TEST_F(vm, pae_pointers)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_PAE32, guest(pae_pointers));
	*(uint64_t *)(self->vm.ram + GUEST_PD + 4096) = 0xe7;
	*(uint32_t *)(self->vm.ram + GUEST_DATA) = 77;
	ASSERT_TRAP(13, &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(77, s.gpr[VMR_RSI]);
	EXPECT_EQ(77, s.gpr[VMR_RDI]);
}

/*
 * Each way of loading them, by the CPU itself or after an exit, with a bad one: #GP,
 * and all registers are what they were. The MOV has 3 bytes.
 */
#define OTHER_PDPT	0x91000
#define SPOIL	"movl $(" NUMBER(GUEST_PD) " + 7), " NUMBER(GUEST_PDPT_PAE) " + 8;"
#define LOOK	"mov 0x40080000, %edi; hlt"

GUEST32(pae_cr3, "mov $" NUMBER(OTHER_PDPT) ", %eax; mov %eax, %cr3;" LOOK);
GUEST32(pae_pge, SPOIL "mov %cr4, %eax; xor $0x80, %eax; mov %eax, %cr4;" LOOK);
GUEST32(pae_pge_osxsave, SPOIL "mov %cr4, %eax; xor $0x40080, %eax; mov %eax, %cr4;" LOOK);
GUEST32(pae_cd, SPOIL "mov %cr0, %eax; or $0x40000000, %eax; mov %eax, %cr0;" LOOK);
GUEST32(pae_starts, "mov %cr4, %eax; or $0x20, %eax; mov %eax, %cr4;" LOOK);
GUEST32(pae_pg,
	"mov %cr0, %ecx; and $0x7fffffff, %ecx; mov %ecx, %cr0;" SPOIL
	"mov %ecx, %eax; or $0x80000000, %eax; mov %eax, %cr0;"
	"mov " NUMBER(GUEST_DATA) ", %edi; hlt");

static const struct {
	const char *name;
	enum guest_mode mode;
	const uint8_t *code;
	const uint8_t *end;
	uint64_t cleared;	/* of CR0, before */
} loads[] = {
	{ "mov cr3", GUEST_PAE32, pae_cr3, pae_cr3_end, 0 },
	{ "cr4.pge", GUEST_PAE32, pae_pge, pae_pge_end, 0 },
	{ "cr4.pge and osxsave", GUEST_PAE32, pae_pge_osxsave, pae_pge_osxsave_end, 0 },
	{ "cr0.cd", GUEST_PAE32, pae_cd, pae_cd_end, 0 },
	{ "cr4.pae", GUEST_PAGED32, pae_starts, pae_starts_end, 0 },
	{ "cr0.pg", GUEST_PAE32, pae_pg, pae_pg_end, 0x80000000 },
};

static void map_data_at_1g(struct vm *vm)
{
	*(uint64_t *)(vm->ram + GUEST_PD + 4096) = 0xe7;
	*(uint32_t *)(vm->ram + GUEST_PD32 + 0x100 * 4) = 0xe7;
	*(uint32_t *)(vm->ram + GUEST_DATA) = 77;
}

TEST_F(vm, pae_pointers_with_reserved_bits)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state before, after;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		vcpu_start(&self->cpu, loads[i].mode, loads[i].code,
			   loads[i].end - loads[i].code);
		map_data_at_1g(&self->vm);
		*(uint64_t *)(self->vm.ram + OTHER_PDPT) = GUEST_PD + 1;
		*(uint64_t *)(self->vm.ram + OTHER_PDPT + 24) = 1ull << 63 | 1;
		traps->resume[13] = 4;
		traps->count[13] = 0;
		vcpu_get(&self->cpu, &before);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(1, traps->count[13])
			TH_LOG("%s", loads[i].name);
		EXPECT_EQ(0, traps->error);
		vcpu_get(&self->cpu, &after);
		EXPECT_EQ(77, after.gpr[VMR_RDI]);
		EXPECT_EQ(before.cr0 & ~loads[i].cleared, after.cr0);
		EXPECT_EQ(before.cr3, after.cr3);
		EXPECT_EQ(before.cr4, after.cr4);
		vcpu_settle(&self->cpu);
	}
}

/*
 * What the CPU has loaded stays: not what is in memory now, nor what was before it, is
 * used after an exit that changes control registers, or for an operand in memory.
 */
GUEST32(pae_stays,
	"	mov	0x40080000, %ebx;"
	"	mov	$" NUMBER(OTHER_PDPT) ", %eax;"
	"	mov	%eax, %cr3;"
	"	movl	$(" NUMBER(GUEST_PD) " + 4096 + 1), " NUMBER(OTHER_PDPT) " + 8;"
	"	mov	$0x40080000, %esi;"
	"	mov	$0x80, %edx;"
	"	outsl;"
	"	mov	%cr4, %eax; xor $0x40000, %eax; mov %eax, %cr4;"
	"	mov	0x40080000, %ecx;"
	"	mov	%cr4, %eax; xor $0x40080, %eax; mov %eax, %cr4;"
	"	mov	0x40080000, %edi;"
	"	hlt");

TEST_F(vm, pae_pointers_stay)
{
	uint64_t *ram = (uint64_t *)self->vm.ram;
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_PAE32, guest(pae_stays));
	map_data_at_1g(&self->vm);
	ram[OTHER_PDPT / 8] = GUEST_PD + 1;
	ram[OTHER_PDPT / 8 + 1] = 0x92001;
	ram[0x92000 / 8] = 0x93007;
	ram[0x93000 / 8 + 0x80] = 0x94007;
	ram[0x94000 / 8] = 78;
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(78, *(volatile uint32_t *)self->cpu.bulk);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(77, s.gpr[VMR_RBX]);
	EXPECT_EQ(78, s.gpr[VMR_RCX]);
	EXPECT_EQ(77, s.gpr[VMR_RDI]);
}

/* A CR3 that user space sets: what it points to is judged by VM entry, or missing. */
TEST_F(vm, pae_pointers_of_user_space)
{
	uint64_t *table = (uint64_t *)(self->vm.ram + OTHER_PDPT);
	struct vmr_state s;

	SKIP_ON_KVM();
	SKIP_IF_IT_MOVES();
	vcpu_start(&self->cpu, GUEST_PAE32, guest(flat));
	memcpy(table, self->vm.ram + GUEST_PDPT_PAE, 32);
	table[2] |= 2;
	vcpu_get(&self->cpu, &s);
	s.cr3 = OTHER_PDPT;
	vcpu_set(&self->cpu, VMR_STATE_CONTROL, &s);
	ASSERT_EXIT("failed-entry", &self->cpu);
	EXPECT_EQ(0x280e, self->cpu.exit.addr);		/* guest PDPTE2 */
	s.cr3 = 0x40000000;
	vcpu_set(&self->cpu, VMR_STATE_CONTROL, &s);
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(0x40000000, self->cpu.exit.addr);
	EXPECT_EQ(VMR_FAULT_HOLE, self->cpu.exit.count);
	ASSERT_EXIT("memory-fault", &self->cpu);
	s.cr3 = GUEST_PDPT_PAE;
	vcpu_set(&self->cpu, VMR_STATE_CONTROL, &s);
	ASSERT_EXIT("hlt", &self->cpu);
}

/* Paging off and on again in 32 bits. */
GUEST32(paging_off_and_on,
	"	mov	%cr0, %eax;"
	"	and	$0x7fffffff, %eax; mov %eax, %cr0;"
	"	mov	%cr0, %esi;"
	"	or	$0x80000000, %eax; mov %eax, %cr0;"
	"	mov	%cr0, %edi;"
	"	mov	0x40080000, %ebx;"
	"	hlt");

TEST_F(vm, paging_off_and_on)
{
	const enum guest_mode modes[] = { GUEST_PAGED32, GUEST_PAE32 };
	struct vmr_state s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		vcpu_start(&self->cpu, modes[i], guest(paging_off_and_on));
		*(uint64_t *)(self->vm.ram + GUEST_PD + 4096) = 0xe7;
		*(uint32_t *)(self->vm.ram + GUEST_PD32 + 0x100 * 4) = 0xe7;
		*(uint32_t *)(self->vm.ram + GUEST_DATA) = 78;
		ASSERT_EXIT("hlt", &self->cpu);
		vcpu_get(&self->cpu, &s);
		EXPECT_EQ(0, s.gpr[VMR_RSI] >> 31);
		EXPECT_EQ(1, s.gpr[VMR_RDI] >> 31);
		EXPECT_EQ(78, s.gpr[VMR_RBX]);
	}
}

/* SMEP: a page of user mode is no code for the kernel. */
GUEST64(smep,
	"	mov	%cr4, %rax; or $0x100000, %rax; mov %rax, %cr4;"
	"	nop; hlt");

TEST_F(vm, smep)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(smep));
	ASSERT_EXIT("shutdown", &self->cpu);	/* the handlers' page is one, too */
}

GUEST64(cr2_and_cr8,
	"	mov	$0x123456789abc, %rax; mov %rax, %cr2;"
	"	mov	$5, %eax; mov %rax, %cr8;"
	"	hlt;"
	"	mov	%cr2, %r8;"
	"	mov	%cr8, %r9;"
	"	hlt");

TEST_F(vm, cr2_and_cr8)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(cr2_and_cr8));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x123456789abc, s.cr2);
	EXPECT_EQ(5, s.cr8);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x123456789abc, s.gpr[8]);
	EXPECT_EQ(5, s.gpr[9]);
}

/* ---- debug registers ---- */

GUEST64(debug_registers,
	"	mov	$0x1111, %eax; mov %rax, %dr0;"
	"	mov	$0x2222, %eax; mov %rax, %dr1;"
	"	mov	$0x3333, %eax; mov %rax, %dr2;"
	"	mov	$0x123456784444, %rax; mov %rax, %dr3;"
	"	hlt;"
	"	mov	%dr0, %r8; mov %dr1, %r9; mov %dr2, %r10; mov %dr3, %r11;"
	"	mov	%dr6, %r12; mov %dr7, %r13;"
	"	hlt");

TEST_F(vm, debug_registers)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(debug_registers));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x1111, s.dr[0]);
	EXPECT_EQ(0x2222, s.dr[1]);
	EXPECT_EQ(0x3333, s.dr[2]);
	EXPECT_EQ(0x123456784444, s.dr[3]);
	s.dr[1] = 0x5555;
	vcpu_set(&self->cpu, VMR_STATE_DEBUG, &s);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x1111, s.gpr[8]);
	EXPECT_EQ(0x5555, s.gpr[9]);
	EXPECT_EQ(0x3333, s.gpr[10]);
	EXPECT_EQ(0x123456784444, s.gpr[11]);
	EXPECT_EQ(0xffff0ff0, s.gpr[12]);
	EXPECT_EQ(0x400, s.gpr[13]);
}

/* A breakpoint on code and one on data, with an exit between setting and hitting. */
GUEST64(breakpoints,
	"	lea	1f(%rip), %rax; mov %rax, %dr0;"
	"	mov	" IMM(GUEST_DATA) ", %eax; mov %rax, %dr1;"
	"	mov	$0x900405, %eax; mov %rax, %dr7;"	/* DR1: writes, 2^3 bytes */
	"	hlt;"
	"1:	nop;"
	"	movq	$1, " DATA ";"
	"2:	hlt");

TEST_F(vm, breakpoints)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(breakpoints));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x900405, s.dr7);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(s.rip, traps->rip);
	EXPECT_EQ(1, traps->dr6 & 0xf);
	/* On, without running into it again. */
	vcpu_get(&self->cpu, &s);
	s.dr7 &= ~1ull;
	s.dr6 = 0xffff0ff0;
	vcpu_set(&self->cpu, VMR_STATE_DEBUG, &s);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(2, traps->dr6 & 0xf);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(2, traps->count[1]);
}

/* GD: an access to a debug register is #DB, which clears GD. */
GUEST64(general_detect,
	"	mov	$0x2400, %eax; mov %rax, %dr7;"
	"	mov	%dr0, %rbx;"
	"	hlt");

TEST_F(vm, general_detect)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(general_detect));
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(0x2000, vm_traps(&self->vm)->dr6 & 0x600f);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
}

/* In ring 3 that comes before #GP, for which GD is clear then. */
GUEST64(general_detect_user,
	"	mov	$0xc0000081, %ecx; xor %eax, %eax; mov $0x001b0018, %edx; wrmsr;"
	"	mov	$0x2400, %eax; mov %rax, %dr7;"
	"	lea	1f(%rip), %rcx; xor %r11d, %r11d; sysretq;"
	"1:	mov	%dr0, %rbx;"
	"	hlt");

TEST_F(vm, general_detect_in_user_mode)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(general_detect_user));
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(GUEST_USER_CS, vm_traps(&self->vm)->cs);
	EXPECT_EQ(0x2000, vm_traps(&self->vm)->dr6 & 0x600f);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(0, vm_traps(&self->vm)->error);
}

/* ---- XCR0 ---- */

GUEST64(xcr0_reads,
	"	mov	%cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"
	"	xor	%ecx, %ecx; xgetbv; mov %eax, %r8d;"
	"	mov	$7, %eax; xor %edx, %edx; xsetbv;"
	"	hlt;"
	"	xgetbv; mov %eax, %r9d; mov %edx, %r10d;"
	"	hlt");

TEST_F(vm, xcr0)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(xcr0_reads));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(1, s.gpr[8]);
	EXPECT_EQ(7, s.xcr0);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(7, s.gpr[9]);
	EXPECT_EQ(0, s.gpr[10]);
}

TEST_HARNESS_MAIN
