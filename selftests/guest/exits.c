// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions that leave the guest and have nothing to do with ports, MSRs,
 * control registers or memory: each is answered, or refused with the exception
 * that the manual has for it, and the guest goes on right behind it.
 */
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include "kselftest_harness.h"
#include "vm_test.h"

GUEST64(two_halts, "hlt; inc %rax; hlt; jmp . - 4");

TEST_F(vm, hlt)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(two_halts));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_NEEDS_REPLY);
	EXPECT_EQ(GUEST_CODE + 1, vcpu_rip(&self->cpu));
	EXPECT_EQ(0, vcpu_gpr(&self->cpu, VMR_RAX));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(GUEST_CODE + 5, vcpu_rip(&self->cpu));
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RAX));
}

/* All registers at once: each keeps its value across an exit. */
GUEST64(all_registers,
	"	mov	$0x1, %eax; mov $0x2, %ecx; mov $0x3, %edx; mov $0x4, %ebx;"
	"	mov	$0x6, %ebp; mov $0x7, %esi; mov $0x8, %edi; mov $0x9, %r8d;"
	"	mov	$0xa, %r9d; mov $0xb, %r10d; mov $0xc, %r11d; mov $0xd, %r12d;"
	"	mov	$0xe, %r13d; mov $0xf, %r14d; mov $0x10, %r15d;"
	"	hlt;"
	"	add	%ecx, %eax; add %edx, %eax; add %ebx, %eax; add %ebp, %eax;"
	"	add	%esi, %eax; add %edi, %eax; add %r8d, %eax; add %r9d, %eax;"
	"	add	%r10d, %eax; add %r11d, %eax; add %r12d, %eax; add %r13d, %eax;"
	"	add	%r14d, %eax; add %r15d, %eax;"
	"	hlt");

TEST_F(vm, registers_are_kept)
{
	struct vmr_state s;
	int i;

	vcpu_start(&self->cpu, GUEST_LONG, guest(all_registers));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	for (i = 0; i < VMR_GPRS; i++) {
		if (i != VMR_RSP) {
			EXPECT_EQ(i + 1, s.gpr[i])
				TH_LOG("register %d", i);
		}
		if (i != VMR_RSP)
			s.gpr[i] *= 0x100;
	}
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ((16 * 17 / 2 - 5) * 0x100, vcpu_gpr(&self->cpu, VMR_RAX));
}

GUEST64(hypercall, "mov $7, %eax; vmcall; mov %rax, %rbx; hlt");
GUEST64(user_hypercall,
	"	lea	1f(%rip), %rcx; xor %r11d, %r11d; sysretq;"
	"1:	vmcall; mov %rax, %rbx; hlt");

TEST_F(vm, vmcall)
{
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(hypercall));
	ASSERT_EXIT("hypercall", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(7, s.gpr[VMR_RAX]);
	s.gpr[VMR_RAX] = 42;
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(42, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* The answer through the shared area, which has RIP as it was told. */
TEST_F(vm, vmcall_answered_in_the_area)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(hypercall));
	self->cpu.area->wanted = VMR_STATE_REGS;
	ASSERT_EXIT("hypercall", &self->cpu);
	EXPECT_EQ(7, self->cpu.area->state.gpr[VMR_RAX]);
	self->cpu.area->state.gpr[VMR_RAX] = 43;
	self->cpu.area->dirty = VMR_STATE_REGS;
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(43, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* vmring's own is no exit. */
GUEST64(own_hypercall, "mov $0x766d0000, %eax; vmcall; mov %rax, %rbx; hlt");

TEST_F(vm, vmcall_of_vmring)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(own_hypercall));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* Where nobody asked for hypercalls there are none. */
TEST_F(vm, vmcall_without_the_feature)
{
	struct vcpu cpu;
	struct vm vm;

	SKIP_ON_KVM();
	vm_create_with_ram(&vm, VMR_VM_HLT_EXITS, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(hypercall));
	ASSERT_TRAP(6, &cpu);
	EXPECT_EQ(GUEST_CODE + 5, vm_traps(&vm)->rip);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

TEST_F(vm, vmcall_of_user_mode)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(user_hypercall));
	vcpu_set_msr(&self->cpu, 0xc0000081, 0x001b001800000000);
	ASSERT_TRAP(13, &self->cpu);		/* HLT: VMCALL was answered */
	EXPECT_EQ(-1, (int64_t)vcpu_gpr(&self->cpu, VMR_RBX));
}

/* ---- what a guest can't have ---- */

#define MEMORY_OPERAND	NUMBER(GUEST_DATA)

GUEST64(vmxon, "vmxon " MEMORY_OPERAND "; hlt");
GUEST64(vmxoff, "vmxoff; hlt");
GUEST64(vmlaunch, "vmlaunch; hlt");
GUEST64(vmresume, "vmresume; hlt");
GUEST64(vmclear, "vmclear " MEMORY_OPERAND "; hlt");
GUEST64(vmptrld, "vmptrld " MEMORY_OPERAND "; hlt");
GUEST64(vmptrst, "vmptrst " MEMORY_OPERAND "; hlt");
GUEST64(vmread, "vmread %rax, %rbx; hlt");
GUEST64(vmwrite, "vmwrite %rax, %rbx; hlt");
GUEST64(invept, "invept " MEMORY_OPERAND ", %rax; hlt");
GUEST64(invvpid, "invvpid " MEMORY_OPERAND ", %rax; hlt");
GUEST64(vmfunc, "vmfunc; hlt");
GUEST64(getsec, "getsec; hlt");
GUEST64(encls, ".byte 0x0f, 0x01, 0xcf; hlt");
GUEST64(rsm, "rsm; hlt");
GUEST64(monitor, "lea " MEMORY_OPERAND ", %rax; xor %ecx, %ecx; xor %edx, %edx; monitor; hlt");
GUEST64(mwait, "xor %eax, %eax; xor %ecx, %ecx; mwait; hlt");
GUEST64(xsaves, "mov $-1, %eax; mov %eax, %edx; xsaves " MEMORY_OPERAND "; hlt");
GUEST64(xrstors, "mov $-1, %eax; mov %eax, %edx; xrstors " MEMORY_OPERAND "; hlt");
GUEST64(invpcid, "xor %eax, %eax; invpcid " MEMORY_OPERAND ", %rax; hlt");
GUEST64(rdpmc, "xor %ecx, %ecx; rdpmc; hlt");
GUEST64(tpause, "xor %eax, %eax; xor %edx, %edx; .byte 0x66, 0x0f, 0xae, 0xf1; hlt");
GUEST64(ud2, "ud2; hlt");
GUEST64(wrmsr_3a, "mov $0x3a, %ecx; mov $5, %eax; xor %edx, %edx; wrmsr; hlt");
GUEST64(cr4_vmxe, "mov %cr4, %rax; or $0x2000, %eax; mov %rax, %cr4; hlt");
GUEST64(cr4_smxe, "mov %cr4, %rax; or $0x4000, %eax; mov %rax, %cr4; hlt");

static const struct refused {
	const char *name;
	const uint8_t *code;
	const uint8_t *end;
	unsigned int vector;
} refused[] = {
#define REFUSED(name, vector)	{ #name, name, name##_end, vector }
	REFUSED(vmxon, 6),
	REFUSED(vmxoff, 6),
	REFUSED(vmlaunch, 6),
	REFUSED(vmresume, 6),
	REFUSED(vmclear, 6),
	REFUSED(vmptrld, 6),
	REFUSED(vmptrst, 6),
	REFUSED(vmread, 6),
	REFUSED(vmwrite, 6),
	REFUSED(invept, 6),
	REFUSED(invvpid, 6),
	REFUSED(vmfunc, 6),
	REFUSED(getsec, 6),
	REFUSED(encls, 6),
	REFUSED(rsm, 6),
	REFUSED(monitor, 6),
	REFUSED(mwait, 6),
	REFUSED(xsaves, 6),
	REFUSED(xrstors, 6),
	REFUSED(invpcid, 6),
	REFUSED(tpause, 6),
	REFUSED(ud2, 6),
	REFUSED(rdpmc, 13),
	REFUSED(wrmsr_3a, 13),
	REFUSED(cr4_vmxe, 13),
	REFUSED(cr4_smxe, 13),
};

/* What KVM offers more, or answers in another way. */
static bool kvm_differs(const char *name)
{
	const char *const others[] = {
		"monitor", "mwait", "xsaves", "xrstors", "invpcid", "tpause", "rdpmc", "vmfunc",
		"wrmsr_3a", "cr4_vmxe",
	};
	size_t i;

	for (i = 0; vm_for_both() && i < ARRAY_SIZE(others); i++)
		if (!strcmp(name, others[i]))
			return true;
	return false;
}

TEST_F(vm, refused_instructions)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	const struct refused *r;
	uint32_t before;

	for (r = refused; r < refused + ARRAY_SIZE(refused); r++) {
		if (kvm_differs(r->name))
			continue;
		before = traps->count[r->vector];
		vcpu_start(&self->cpu, GUEST_LONG, r->code, r->end - r->code);
		EXPECT_STREQ("trap", vcpu_next(&self->cpu))
			TH_LOG("%s", r->name);
		EXPECT_EQ(r->vector, exit_value(&self->cpu))
			TH_LOG("%s", r->name);
		EXPECT_EQ(before + 1, traps->count[r->vector]);
		EXPECT_EQ(0, traps->error);
		EXPECT_GE(r->end - r->code, traps->rip - GUEST_CODE)
			TH_LOG("%s: RIP 0x%lx", r->name, (unsigned long)traps->rip);
		EXPECT_EQ(RFLAGS_RF, traps->rflags & RFLAGS_RF)
			TH_LOG("%s", r->name);
		vcpu_answer(&self->cpu, NULL, 0);
	}
}

/* ---- what is done for the guest, or does nothing ---- */

GUEST64(harmless,
	"	movq	$0x55, " MEMORY_OPERAND ";"
	"	invd;"
	"	mov	" MEMORY_OPERAND ", %rbx;"
	"	wbinvd;"
	"	invlpg	" MEMORY_OPERAND ";"
	"	mov	$100, %ecx;"
	"1:	pause;"
	"	loop	1b;"
	"	mov	$1, %eax;"
	"	hlt");

TEST_F(vm, harmless_instructions)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(harmless));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x55, vcpu_gpr(&self->cpu, VMR_RBX));	/* INVD threw nothing away */
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RAX));
}

/* INVLPG, and an access through the new entry. */
GUEST64(new_translation,
	"	mov	$0x40000000, %rdi;"
	"	mov	(%rdi), %rax;"
	"	movq	$0xe7, " NUMBER(GUEST_PD) " + 4096;"
	"	invlpg	(%rdi);"
	"	mov	0x80000(%rdi), %rbx;"
	"	hlt");

TEST_F(vm, invlpg)
{
	uint8_t *other = memory_get(4096, 4096);

	*(uint64_t *)other = 0x1111;
	ASSERT_EQ(0, vm_slot(&self->vm, 1, 0x40000000, other, 4096, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(new_translation));
	*vm_data(&self->vm) = 0x2222;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1111, vcpu_gpr(&self->cpu, VMR_RAX));
	EXPECT_EQ(0x2222, vcpu_gpr(&self->cpu, VMR_RBX));
}

GUEST64(time_stamps,
	"	rdtsc;"
	"	shl	$32, %rdx; lea (%rax, %rdx), %r8;"
	"	rdtscp;"
	"	shl	$32, %rdx; lea (%rax, %rdx), %r9;"
	"	mov	%ecx, %r10d;"
	"	mov	$0x10, %ecx;"
	"	rdmsr;"
	"	shl	$32, %rdx; lea (%rax, %rdx), %r11;"
	"	hlt");

TEST_F(vm, time_stamps)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(time_stamps));
	ASSERT_EQ(0, vcpu_set_msr(&self->cpu, 0xc0000103, 0x1234));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_LT(s.gpr[8], s.gpr[9]);
	EXPECT_LT(s.gpr[9], s.gpr[11]);
	EXPECT_EQ(0x1234, s.gpr[10]);
}

/* ---- task switches ---- */

GUEST32(task_jmp, "ljmp " IMM(GUEST_TR2) ", $0; hlt");
GUEST32(task_call, "lcall " IMM(GUEST_TR2) ", $0; hlt");
GUEST32(task_gate, "lcall " IMM(GUEST_GATE) ", $0; hlt");
GUEST32(task_iret, "pushfl; orl $0x4000, (%esp); popfl; iret; hlt");

/* qualification: the selector, and in bits 31:30 CALL, IRET, JMP, gate in the IDT. */
TEST_F(vm, task_switches_are_refused)
{
	const struct {
		const char *name;
		const uint8_t *code;
		size_t size;
		uint64_t source;
	} ways[] = {
		{ "JMP", guest(task_jmp), 2 },
		{ "CALL", guest(task_call), 0 },
		{ "a gate", guest(task_gate), 0 },
		{ "IRET", guest(task_iret), 1 },
	};
	size_t i;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		vcpu_start(&self->cpu, GUEST_FLAT32, ways[i].code, ways[i].size);
		/* IRET goes back to the task that the TSS's link names. */
		*(uint16_t *)(self->vm.ram + GUEST_TSS) = GUEST_TR2;
		if (ways[i].source == 1)
			self->vm.ram[GUEST_GDT + GUEST_TR2 + 5] |= 2;
		EXPECT_STREQ("refused", vcpu_next(&self->cpu))
			TH_LOG("%s", ways[i].name);
		EXPECT_EQ(9, self->cpu.exit.count);
		EXPECT_EQ(ways[i].source, self->cpu.exit.addr >> 30);
		EXPECT_EQ(GUEST_TR2, self->cpu.exit.addr & 0xffff);
	}
	/* And so it is the next time, too. */
	EXPECT_EXIT("refused", &self->cpu);
}

/* An interrupt through a task gate. */
GUEST32(task_int, "int $0x40; hlt");

TEST_F(vm, task_gate_in_the_idt)
{
	uint64_t *idt;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_FLAT32, guest(task_int));
	idt = (uint64_t *)(self->vm.ram + GUEST_IDT);
	idt[0x40] = 0x85ull << 40 | GUEST_TR2 << 16;
	ASSERT_EXIT("refused", &self->cpu);
	EXPECT_EQ(9, self->cpu.exit.count);
	EXPECT_EQ(3, self->cpu.exit.addr >> 30);
}

/* ---- the end, and what never ends ---- */

GUEST64(triple_fault, "lidt 1f(%rip); ud2; 1: .word 0; .quad 0");
GUEST64(only_halt, "hlt");

TEST_F(vm, triple_fault)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(triple_fault));
	ASSERT_EXIT("shutdown", &self->cpu);
	EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_NEEDS_REPLY);
	if (vm_for_both())
		return;
	/* A new state, and it is as good as new. */
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
}

static void end_run(int signal)
{
}

/* The vCPU's thread gets a signal in 20 ms, again and again. */
static void arm_timer(void)
{
	const struct sigaction action = { .sa_handler = end_run };
	const struct itimerval timer = { { 0, 20000 }, { 0, 20000 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void disarm_timer(void)
{
	const struct itimerval off = { };

	setitimer(ITIMER_REAL, &off, NULL);
	signal(SIGALRM, SIG_IGN);
}

/*
 * A data breakpoint on the stack of #DB's own handler: the delivery writes there,
 * and so on for ever.
 */
GUEST64(debug_storm,
	"	mov	$(" NUMBER(GUEST_DATA) " + 0x100 - 40), %eax;"
	"	mov	%rax, %dr0;"
	"	mov	$0x90601, %eax;"		/* DR0: writes, 8 bytes */
	"	mov	%rax, %dr7;"
	"	mov	$(" NUMBER(GUEST_DATA) " + 0x100), %esp;"
	"1:	movq	$1, " NUMBER(GUEST_DATA) " + 0x100 - 40;"
	"	jmp	1b");

TEST_F(vm, debug_exceptions_for_ever)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(debug_storm));
	vm_traps(&self->vm)->resume[1] = 1;
	arm_timer();
	EXPECT_EXIT("interrupted", &self->cpu);
	EXPECT_EXIT("interrupted", &self->cpu);
	disarm_timer();
}

/* #AC's handler in ring 3, on a stack that is not aligned: again for ever. */
GUEST32(alignment_storm,
	"	mov	%cr0, %eax;"
	"	or	$0x40000, %eax;"		/* AM */
	"	mov	%eax, %cr0;"
	"	pushl	" IMM(GUEST_USER_DS) ";"
	"	pushl	$(" NUMBER(GUEST_STACKS) " + 0x801);"
	"	pushl	$0x40002;"			/* AC */
	"	pushl	$0x63;"
	"	pushl	$(1f - alignment_storm + " NUMBER(GUEST_CODE) ");"
	"	iret;"
	"1:	push	%eax;"
	"	jmp	1b");

TEST_F(vm, alignment_checks_for_ever)
{
	uint64_t *idt, *gdt;

	SKIP_ON_KVM();	/* which gives up there */
	vcpu_start(&self->cpu, GUEST_FLAT32, guest(alignment_storm));
	gdt = (uint64_t *)(self->vm.ram + GUEST_GDT);
	gdt[0x60 / 8] = 0x00cffb000000ffff;	/* 32-bit code of ring 3 */
	idt = (uint64_t *)(self->vm.ram + GUEST_IDT);
	idt[17] = (idt[17] & ~0xffff0000ull) | 0x630000;
	arm_timer();
	EXPECT_EXIT("interrupted", &self->cpu);
	EXPECT_EXIT("interrupted", &self->cpu);
	disarm_timer();
}

/* One alignment check is just that. */
GUEST64(one_alignment_check,
	"	mov	%cr0, %rax;"
	"	or	$0x40000, %eax;"
	"	mov	%rax, %cr0;"
	"	push	" IMM(GUEST_USER_DS) ";"
	"	push	$(" NUMBER(GUEST_STACKS) " + 0x800);"
	"	push	$0x40002;"
	"	push	" IMM(GUEST_USER_CS) ";"
	"	lea	1f(%rip), %rax;"
	"	push	%rax;"
	"	iretq;"
	"1:	mov	" MEMORY_OPERAND " + 1, %eax;"
	"	hlt");

TEST_F(vm, alignment_check)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(one_alignment_check));
	ASSERT_TRAP(17, &self->cpu);
	EXPECT_EQ(0, vm_traps(&self->vm)->error);
	EXPECT_EQ(GUEST_USER_CS, vm_traps(&self->vm)->cs);
}

TEST_HARNESS_MAIN
