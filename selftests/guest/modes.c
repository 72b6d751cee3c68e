// SPDX-License-Identifier: GPL-2.0
/*
 * The modes of the processor: a guest begins in each of them, and goes from one
 * to the next by itself, as the start of an operating system does.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

/* Real mode: a segment of its own, a 16-bit stack, a far call. */
GUEST16(real_mode,
	"	mov	$0x1234, %ax;"
	"	push	%ax;"
	"	mov	$0x8000, %bx;"
	"	mov	%bx, %es;"
	"	pop	%es:(0);"
	"	call	1f;"
	"	mov	%cs, %dx;"
	"	mov	%sp, %si;"
	"	hlt;"
	"1:	mov	%sp, %cx;"
	"	ret");

TEST_F(vm, real_mode)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_REAL, guest(real_mode));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x1234, *(uint16_t *)(self->vm.ram + GUEST_DATA));
	EXPECT_EQ(GUEST_CODE >> 4, s.gpr[VMR_RDX]);
	EXPECT_EQ(4096, s.gpr[VMR_RSI]);
	EXPECT_EQ(4094, s.gpr[VMR_RCX]);
	EXPECT_EQ(0x8000, s.segment[VMR_ES].selector);
	EXPECT_EQ(0x80000, s.segment[VMR_ES].base);
	EXPECT_EQ(0, s.cr0 & 1);
}

/* INT n and an exception through the table at 0. */
GUEST16(real_interrupts,
	"	int	$0x21;"
	"	int	$0x21;"
	"	ud2;"
	"	hlt");

TEST_F(vm, real_interrupts)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_REAL, guest(real_interrupts));
	traps->resume[0x21] = 1;
	traps->resume[6] = 3;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(2, traps->count[0x21]);
	EXPECT_EQ(1, traps->count[6]);
	EXPECT_EQ(4, traps->rip);
	EXPECT_EQ(GUEST_CODE >> 4, traps->cs);
}

GUEST32(flat,
	"	mov	$0x12345678, %eax;"
	"	push	%eax;"
	"	pop	" NUMBER(GUEST_DATA) ";"
	"	mov	%cr0, %ebx;"
	"	int	$0x80;"
	"	hlt");

FIXTURE(mode32) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
};

FIXTURE_VARIANT(mode32) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(mode32, unpaged) { .mode = GUEST_FLAT32, };
FIXTURE_VARIANT_ADD(mode32, paged) { .mode = GUEST_PAGED32, };
FIXTURE_VARIANT_ADD(mode32, pae) { .mode = GUEST_PAE32, };

FIXTURE_SETUP(mode32)
{
	RECORD_AS_THIS_TEST();
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(mode32)
{
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

TEST_F(mode32, runs)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, variant->mode, guest(flat));
	traps->resume[0x80] = 1;
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x12345678, *(uint32_t *)vm_data(&self->vm));
	EXPECT_EQ(variant->mode != GUEST_FLAT32, s.gpr[VMR_RBX] >> 31);
	EXPECT_EQ(s.cr0, s.gpr[VMR_RBX]);
	EXPECT_EQ(1, traps->count[0x80]);
}

/* A page that isn't there, by each kind of paging. */
GUEST32(page_fault,
	"	mov	0x40000000, %eax;"
	"	hlt");

TEST_F(mode32, page_fault)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	if (variant->mode == GUEST_FLAT32)
		return;
	vcpu_start(&self->cpu, variant->mode, guest(page_fault));
	*(uint32_t *)(self->vm.ram + GUEST_PD32 + (0x40000000 >> 22) * 4) = 0;
	*(uint64_t *)(self->vm.ram + GUEST_PD + (0x40000000 >> 21) * 8) = 0;
	ASSERT_TRAP(14, &self->cpu);
	EXPECT_EQ(0x40000000, traps->cr2);
	EXPECT_EQ(0, traps->error);
	EXPECT_EQ(GUEST_CODE, traps->rip);
}

GUEST64(long_mode,
	"	movabs	$0x123456789abcdef0, %r15;"
	"	push	%r15;"
	"	pop	" NUMBER(GUEST_DATA) ";"
	"	mov	%cr0, %rbx;"
	"	mov	%cr3, %rcx;"
	"	mov	%cr4, %rdx;"
	"	int	$0x80;"
	"	hlt");

TEST_F(vm, long_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(long_mode));
	traps->resume[0x80] = 1;
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x123456789abcdef0, *vm_data(&self->vm));
	EXPECT_EQ(0x123456789abcdef0, s.gpr[15]);
	EXPECT_EQ(s.cr0, s.gpr[VMR_RBX]);
	EXPECT_EQ(GUEST_PML4, s.gpr[VMR_RCX]);
	EXPECT_EQ(s.cr4, s.gpr[VMR_RDX]);
	EXPECT_EQ(0x620, s.gpr[VMR_RDX]);
	EXPECT_EQ(1, traps->count[0x80]);
	EXPECT_EQ(GUEST_CS64, traps->cs);
}

/* Ring 3 and back by an interrupt gate, SYSCALL and SYSRET. */
GUEST64(user_mode,
	"	lea	2f(%rip), %rcx;"
	"	mov	%rcx, %rax;"
	"	mov	%rcx, %rdx;"
	"	shr	$32, %rdx;"
	"	mov	$0xc0000082, %ecx;"	/* LSTAR */
	"	wrmsr;"
	"	mov	$0xc0000081, %ecx;"	/* STAR */
	"	xor	%eax, %eax;"
	"	mov	$0x001b0018, %edx;"
	"	wrmsr;"
	"	mov	$0xc0000084, %ecx;"	/* the mask: IF */
	"	mov	$0x200, %eax;"
	"	xor	%edx, %edx;"
	"	wrmsr;"
	"	lea	1f(%rip), %rcx;"
	"	mov	$0x202, %r11;"
	"	mov	%rsp, %rbx;"
	"	sysretq;"
	"1:	mov	%cs, %r8;"
	"	syscall;"
	"	mov	%r11, %r10;"
	"	hlt;"				/* #GP: ring 3 */
	"2:	mov	%cs, %r9;"
	"	sysretq");

TEST_F(vm, user_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(user_mode));
	ASSERT_TRAP(13, &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(GUEST_USER_CS, s.gpr[8]);
	EXPECT_EQ(GUEST_CS64, s.gpr[9]);
	EXPECT_EQ(0x202, s.gpr[10] & 0x202);
	EXPECT_EQ(GUEST_USER_CS, traps->cs);
	EXPECT_EQ(0, traps->error);
}

/* From the reset state's mode to 64 bits and on to 32, with the guest's own moves. */
GUEST16(real_to_long,
	"	xor	%ax, %ax;"
	"	mov	%ax, %ds;"
	"	lgdtl	0x500;"
	"	mov	%cr0, %eax;"
	"	or	$1, %eax;"
	"	mov	%eax, %cr0;"
	"	ljmpl	" IMM(GUEST_CS32) ", $(1f - real_to_long + " NUMBER(GUEST_CODE) ");"
	"	.code32;"
	"1:	mov	" IMM(GUEST_DS) ", %ax;"
	"	mov	%ax, %ds;"
	"	mov	%ax, %ss;"
	"	movl	$32, " NUMBER(GUEST_DATA) ";"
	"	mov	%cr4, %eax;"
	"	or	$0x20, %eax;"		/* PAE */
	"	mov	%eax, %cr4;"
	"	mov	" IMM(GUEST_PML4) ", %eax;"
	"	mov	%eax, %cr3;"
	"	mov	$0xc0000080, %ecx;"
	"	rdmsr;"
	"	or	$0x100, %eax;"		/* LME */
	"	wrmsr;"
	"	mov	%cr0, %eax;"
	"	or	$0x80000000, %eax;"
	"	mov	%eax, %cr0;"
	"	rdmsr;"
	"	mov	%eax, " NUMBER(GUEST_DATA) " + 8;"
	"	ljmpl	" IMM(GUEST_CS64) ", $(2f - real_to_long + " NUMBER(GUEST_CODE) ");"
	"	.code64;"
	"2:	mov	$-1, %rax;"
	"	mov	%rax, " NUMBER(GUEST_DATA) " + 16;"
	"	mov	$" NUMBER(GUEST_STACKS) " + 4096, %rsp;"
	"	push	" IMM(GUEST_CS32) ";"
	"	push	$(3f - real_to_long + " NUMBER(GUEST_CODE) ");"
	"	lretq;"
	"	.code32;"
	"3:	mov	%cr0, %eax;"
	"	and	$0x7fffffff, %eax;"
	"	mov	%eax, %cr0;"
	"	mov	$0xc0000080, %ecx;"
	"	rdmsr;"
	"	and	$~0x100, %eax;"
	"	wrmsr;"
	"	rdmsr;"
	"	mov	%eax, " NUMBER(GUEST_DATA) " + 24;"
	"	hlt");

TEST_F(vm, real_to_long_and_back)
{
	const uint16_t gdtr[3] = { 0xff, GUEST_GDT, 0 };
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(real_to_long));
	guest_state(&self->cpu, GUEST_REAL, &s);
	vcpu_set(&self->cpu, VMR_STATE_ALL, &s);
	memcpy(self->vm.ram + 0x500, gdtr, sizeof(gdtr));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(32, vm_data(&self->vm)[0]);
	EXPECT_EQ(0x500, vm_data(&self->vm)[1]);
	EXPECT_EQ(~0ull, vm_data(&self->vm)[2]);
	EXPECT_EQ(0, vm_data(&self->vm)[3]);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.efer);
	EXPECT_EQ(1, s.cr0 & 0x80000001);
	EXPECT_EQ(GUEST_CS32, s.segment[VMR_CS].selector);
}

/* There is no 16-bit TSS in 64-bit mode: with one in TR, the guest can't get there. */
#define TSS_16		0x60

GUEST32(long_with_tss_16,
	"	mov	" IMM(TSS_16) ", %eax;"
	"	ltr	%ax;"
	"	mov	%cr4, %eax;"
	"	or	$0x20, %eax;"		/* PAE */
	"	mov	%eax, %cr4;"
	"	mov	" IMM(GUEST_PML4) ", %eax;"
	"	mov	%eax, %cr3;"
	"	mov	$0xc0000080, %ecx;"
	"	rdmsr;"
	"	or	$0x100, %eax;"		/* LME */
	"	wrmsr;"
	"	mov	%cr0, %eax;"
	"	or	$0x80000000, %eax;"
	"	mov	%eax, %cr0;"
	"	hlt");

TEST_F(vm, no_long_mode_with_a_16_bit_tss)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint64_t *gdt = (uint64_t *)(self->vm.ram + GUEST_GDT);
	struct vmr_state s;

	SKIP_ON_KVM();	/* which makes it a TSS of 64 bits */
	vcpu_start(&self->cpu, GUEST_FLAT32, guest(long_with_tss_16));
	gdt[TSS_16 / 8] = 0x0000810000000067 | GUEST_TSS << 16;
	traps->resume[13] = 1 + 3;	/* the MOV to CR0 has three bytes */
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[13]);
	EXPECT_EQ(0, traps->error);
	EXPECT_EQ(GUEST_CODE + long_with_tss_16_end - long_with_tss_16 - 4, (long)traps->rip);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x100, s.efer);
	EXPECT_EQ(1, s.cr0 & 0x80000001);
	EXPECT_EQ(0x83, s.segment[VMR_TR].access);
}

/* Real mode with the limits of protected mode ("unreal"), as firmware uses it. */
GUEST16(unreal,
	"	xor	%ax, %ax;"
	"	mov	%ax, %ds;"
	"	lgdtl	0x500;"
	"	mov	%cr0, %eax;"
	"	or	$1, %al;"
	"	mov	%eax, %cr0;"
	"	mov	" IMM(GUEST_DS) ", %bx;"
	"	mov	%bx, %ds;"
	"	and	$0xfe, %al;"
	"	mov	%eax, %cr0;"
	"	mov	$0x180000, %ebx;"
	"	movl	$0xfeedbeef, (%ebx);"
	"	hlt");

TEST_F(vm, unreal_mode)
{
	const uint16_t gdtr[3] = { 0xff, GUEST_GDT, 0 };

	vcpu_start(&self->cpu, GUEST_REAL, guest(unreal));
	memcpy(self->vm.ram + 0x500, gdtr, sizeof(gdtr));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0xfeedbeef, *(uint32_t *)(self->vm.ram + 0x180000));
}

/* 16-bit code in protected mode, and virtual-8086 mode. */
GUEST32(to_v86,
	"	pushl	$0;"				/* GS, FS, DS, ES, SS */
	"	pushl	$0;"
	"	pushl	$0;"
	"	pushl	$0;"
	"	pushl	$" NUMBER(GUEST_STACKS) " >> 4;"
	"	pushl	$0x800;"
	"	pushl	$0x23002;"			/* VM, IOPL 3 */
	"	pushl	$" NUMBER(GUEST_CODE) " >> 4;"
	"	pushl	$(1f - to_v86);"
	"	iret;"
	"	.code16;"
	"1:	mov	$0x8000, %ax;"
	"	mov	%ax, %es;"
	"	movw	$0x8086, %es:(0);"
	"	int	$0x40;");

TEST_F(vm, virtual_8086_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint64_t *idt;

	vcpu_start(&self->cpu, GUEST_PAGED32, guest(to_v86));
	idt = (uint64_t *)(self->vm.ram + GUEST_IDT);
	idt[0x40] |= 0x6000ull << 32;			/* DPL 3 */
	ASSERT_TRAP(0x40, &self->cpu);
	EXPECT_EQ(0x8086, *(uint16_t *)vm_data(&self->vm));
	EXPECT_EQ(0x20000, traps->rflags & 0x20000);
	EXPECT_EQ(GUEST_CODE >> 4, traps->cs);
}

/* What a vCPU is before anybody sets it: a processor after its reset. */
TEST_F(vm, reset_state)
{
	struct vmr_state s;
	int i;

	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0xfff0, s.rip);
	EXPECT_EQ(2, s.rflags);
	EXPECT_EQ(0xf000, s.segment[VMR_CS].selector);
	EXPECT_EQ(0xffff0000, s.segment[VMR_CS].base);
	EXPECT_EQ(0xffff, s.segment[VMR_CS].limit);
	EXPECT_EQ(0x60000010, s.cr0);
	EXPECT_EQ(0, s.cr2);
	EXPECT_EQ(0, s.cr3);
	EXPECT_EQ(0, s.cr4);
	EXPECT_EQ(0, s.efer);
	EXPECT_EQ(0xffff0ff0, s.dr6);
	EXPECT_EQ(0x400, s.dr7);
	for (i = 0; i < VMR_GPRS; i++) {
		if (i != VMR_RDX) {
			EXPECT_EQ(0, s.gpr[i]);
		}
	}
	for (i = VMR_ES; i <= VMR_GS; i++) {
		EXPECT_EQ(0xffff, s.segment[i].limit);
		if (i != VMR_CS) {
			EXPECT_EQ(0, s.segment[i].base);
		}
	}
}

/* And it runs from there: the last 16 bytes below 4 GiB. */
GUEST16(reset_vector,
	"	mov	$0x77, %al;"
	"	out	%al, $0x80;"
	"	hlt");

TEST_F(vm, runs_from_reset)
{
	uint8_t *rom = memory_get(4096, 4096);

	memcpy(rom + 0xff0, reset_vector, reset_vector_end - reset_vector);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0xfffff000, rom, 4096, VMR_SLOT_READONLY));
	ASSERT_OUT(0x80, 0x77, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);
}

TEST_HARNESS_MAIN
