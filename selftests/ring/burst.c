// SPDX-License-Identifier: GPL-2.0
/*
 * Plain moves to and from device memory that a region answers for are dealt with where
 * the exit comes, without leaving the guest for long; and what an instruction is, and does
 * beside its access, is the same there.
 */
#include "kselftest_harness.h"
#include "ring_test.h"

/* Each guest begins with one: it is from the second access on that it is so. */
#define FIRST	"mov %eax, (%rdi);"

#define WRITES	40

GUEST64(write_often, FIRST "1: mov %ecx, 4(%rdi); dec %ecx; jnz 1b; hlt");

/* Once for each write, RUN would have to go in again. */
TEST_F(vm, stays_in)
{
	struct vcpu *cpu = &self->cpu;
	long long bursts;
	unsigned int i;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, VMR_RING_USUAL - 1, 1000000));
	begin(cpu, guest(write_often), WRITES, MMIO);
	bursts = vcpu_counter(cpu, "bursts");
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(1 + WRITES, cpu->post_count);
	for (i = 0; i < WRITES; i++)
		EXPECT_POST(&cpu->posts[1 + i], VMR_EXIT_MMIO, MMIO + 4, 4, WRITES - i, 3);
	EXPECT_GT(WRITES / 2, vcpu_counter(cpu, "bursts") - bursts);
}

GUEST64(write_three, FIRST "mov %ecx, 8(%rdi); mov %ecx, 12(%rdi); hlt");

/* RUN that returns behind such a write has the registers as they are then. */
TEST_F(vm, registers_behind_it)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	uint64_t begin_at;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 2, 1000000));
	begin(cpu, guest(write_three), 0, MMIO);
	begin_at = vcpu_rip(cpu);
	ASSERT_STREQ("drain", vcpu_next(cpu));
	EXPECT_EQ(VMR_DRAIN_HIGH_WATER, cpu->exit.count);
	EXPECT_EQ(2, cpu->post_count);
	EXPECT_EQ(begin_at + 5, vcpu_rip(cpu));
	vcpu_get(cpu, &s);
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(3, cpu->post_count);
}

GUEST64(read_each,
	"	mov	(%rdi), %rax;"
	"	mov	(%rdi), %rax;"
	"	mov	$-1, %rbx;"
	"	mov	$-1, %rcx;"
	"	mov	$-1, %rdx;"
	"	mov	1(%rdi), %bl;"
	"	mov	(%rdi), %ch;"
	"	mov	2(%rdi), %dx;"
	"	mov	4(%rdi), %r8d;"
	"	movzbl	3(%rdi), %r9d;"
	"	movsbq	(%rdi), %r10;"
	"	movslq	(%rdi), %r11;"
	"	mov	%rsp, %r12;"
	"	mov	(%rdi), %rsp;"
	"	xchg	%rsp, %r12;"
	"	mov	%cs:(%rdi), %r13;"
	"	hlt");

TEST_F(vm, reads)
{
	const struct vmr_region region = {
		.region = 4, .flags = VMR_REGION_MMIO | VMR_REGION_RELAXED,
		.read = VMR_READ_MIRROR, .addr = MMIO, .length = 8,
	};
	uint64_t value = 0x0123456789abcdef;
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	void *mirror;

	mirror = mmap(NULL, VMR_MIRROR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      self->vm.fd, 0);
	ASSERT_NE(MAP_FAILED, mirror);
	memcpy(mirror, &value, sizeof(value));
	ASSERT_ERRNO(0, vm_region(&self->vm, &region));
	begin(cpu, guest(read_each), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	vcpu_get(cpu, &s);
	EXPECT_EQ(value, s.gpr[VMR_RAX]);
	EXPECT_EQ(0xffffffffffffffcd, s.gpr[VMR_RBX]);
	EXPECT_EQ(0xffffffffffffefff, s.gpr[VMR_RCX]);
	EXPECT_EQ(0xffffffffffff89ab, s.gpr[VMR_RDX]);
	EXPECT_EQ(0x01234567, s.gpr[VMR_R8]);
	EXPECT_EQ(0x89, s.gpr[VMR_R8 + 1]);
	EXPECT_EQ(0xffffffffffffffef, s.gpr[VMR_R8 + 2]);
	EXPECT_EQ(0xffffffff89abcdef, s.gpr[VMR_R8 + 3]);
	EXPECT_EQ(value, s.gpr[VMR_R8 + 4]);
	EXPECT_EQ(value, s.gpr[VMR_R8 + 5]);
	munmap(mirror, VMR_MIRROR_SIZE);
}

/* The second time around the store is another one: of CL. */
GUEST64(change_code,
	FIRST
	"	mov	$0x11, %eax;"
	"	mov	$0x22, %ecx;"
	"	mov	$3, %edx;"
	"1:	mov	%al, (%rdi);"
	"	movb	$0x0f, 1b+1(%rip);"
	"	dec	%edx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, another_instruction)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	begin(cpu, guest(change_code), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(4, cpu->post_count);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_MMIO, MMIO, 1, 0x11, 3);
	EXPECT_POST(&cpu->posts[2], VMR_EXIT_MMIO, MMIO, 1, 0x22, 3);
	EXPECT_POST(&cpu->posts[3], VMR_EXIT_MMIO, MMIO, 1, 0x22, 3);
}

GUEST64(two_stores, FIRST "mov %al, 8(%rdi); hlt");

/* The end of a page lies in each place of the code. */
TEST_F(vm, instruction_across_pages)
{
	const size_t length = two_stores_end - two_stores;
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	for (i = 1; i < length; i++) {
		unsigned int before = cpu->post_count;

		begin(cpu, guest(two_stores), 0, MMIO);
		memcpy(self->vm.ram + GUEST_DATA + PAGE - i, two_stores, length);
		vcpu_get(cpu, &s);
		s.rip = GUEST_DATA + PAGE - i;
		s.gpr[VMR_RAX] = 0x5678;
		vcpu_set(cpu, VMR_STATE_REGS, &s);
		ASSERT_EXIT("hlt", cpu);
		ASSERT_EQ(before + 2, cpu->post_count);
		EXPECT_POST(&cpu->posts[before], VMR_EXIT_MMIO, MMIO, 4, 0x5678, 3);
		EXPECT_POST(&cpu->posts[before + 1], VMR_EXIT_MMIO, MMIO + 8, 1, 0x78, 3);
	}
}

GUEST64(write_two, FIRST "mov %ecx, 8(%rdi); nop; mov %ecx, 12(%rdi); nop; hlt");

/* A breakpoint on what is written: #DB comes behind the instruction, once. */
TEST_F(vm, breakpoint)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	begin(cpu, guest(write_two), 0, MMIO);
	vcpu_get(cpu, &s);
	s.dr[0] = MMIO + 10;		/* written, 1 byte */
	s.dr7 = 0x00010401;
	vcpu_set(cpu, VMR_STATE_DEBUG, &s);
	ASSERT_TRAP(1, cpu);
	EXPECT_EQ(2, cpu->post_count);
	EXPECT_EQ(1, vm_traps(&self->vm)->dr6 & 0xf);
	EXPECT_EQ(s.rip + 5, vm_traps(&self->vm)->rip);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(3, cpu->post_count);
}

GUEST64(write_stepped,
	FIRST
	"	pushf;"
	"	orl	$0x100, (%rsp);"
	"	popf;"
	"	mov	%ecx, 8(%rdi);"
	"	nop;"
	"	hlt");

/* TF's #DB comes behind the write. */
TEST_F(vm, single_step)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	begin(cpu, guest(write_stepped), 0, MMIO);
	vcpu_get(cpu, &s);
	ASSERT_TRAP(1, cpu);
	EXPECT_EQ(2, cpu->post_count);
	EXPECT_EQ(s.rip + (write_stepped_end - write_stepped) - 2,
		  vm_traps(&self->vm)->rip);
}

/* A write in the shadow of MOV SS ends it. */
GUEST64(write_in_shadow,
	FIRST
	"	mov	%ss, %eax;"
	"	mov	%eax, %ss;"
	"	mov	%ecx, 8(%rdi);"
	"	mov	%ecx, 12(%rdi);"
	"	hlt");

TEST_F(vm, shadow_of_mov_ss)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 12));
	begin(cpu, guest(write_in_shadow), 0, MMIO);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(MMIO + 12, cpu->exit.addr);
	EXPECT_EQ(2, cpu->post_count);
	if (!vm_moves()) {
		struct vmr_state s;

		vcpu_get(cpu, &s);
		EXPECT_EQ(0, s.events.flags & (VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW));
	}
}

GUEST16(write_16,
	"	mov	%eax, %es:(%di);"
	"	mov	%ax, %es:4(%di);"
	"	mov	%al, %fs:8(%di);"
	"	mov	%es:(%di), %bx;"
	"	hlt");
GUEST32(write_32, "mov %eax, (%edi); mov %ax, 4(%edi); mov %al, %fs:8; hlt");

static void start_32(struct vcpu *cpu, enum guest_mode mode)
{
	struct vmr_state s;

	vcpu_start(cpu, mode, guest(write_32));
	vcpu_get(cpu, &s);
	s.gpr[VMR_RAX] = 0x12345678;
	s.gpr[VMR_RDI] = MMIO;
	s.segment[VMR_FS].base = MMIO;
	vcpu_set(cpu, VMR_STATE_REGS | VMR_STATE_SEGMENTS, &s);
}

/* Segments and tables of every kind. */
TEST_F(vm, other_modes)
{
	const enum guest_mode modes[] = { GUEST_FLAT32, GUEST_PAGED32, GUEST_PAE32 };
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 12));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		start_32(cpu, modes[i]);
		ASSERT_EXIT("hlt", cpu) { printf("# mode %u\n", modes[i]); }
		ASSERT_EQ(3 * (i + 1), cpu->post_count);
		EXPECT_POST(&cpu->posts[3 * i], VMR_EXIT_MMIO, MMIO, 4, 0x12345678, 3);
		EXPECT_POST(&cpu->posts[3 * i + 1], VMR_EXIT_MMIO, MMIO + 4, 2, 0x5678, 3);
		EXPECT_POST(&cpu->posts[3 * i + 2], VMR_EXIT_MMIO, MMIO + 8, 1, 0x78, 3);
	}
	vcpu_start(cpu, GUEST_REAL, guest(write_16));
	vcpu_get(cpu, &s);
	s.gpr[VMR_RAX] = 0x12345678;
	s.gpr[VMR_RDI] = 0;
	s.segment[VMR_ES].base = MMIO;
	s.segment[VMR_FS].base = MMIO;
	vcpu_set(cpu, VMR_STATE_REGS | VMR_STATE_SEGMENTS, &s);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(0, cpu->exit.flags & VMR_EXIT_WRITE);
	ASSERT_EQ(12, cpu->post_count);
	EXPECT_POST(&cpu->posts[9], VMR_EXIT_MMIO, MMIO, 4, 0x12345678, 3);
	EXPECT_POST(&cpu->posts[10], VMR_EXIT_MMIO, MMIO + 4, 2, 0x5678, 3);
	EXPECT_POST(&cpu->posts[11], VMR_EXIT_MMIO, MMIO + 8, 1, 0x78, 3);
	vcpu_answer_u64(cpu, 0x4321);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0x4321, vcpu_gpr(cpu, VMR_RBX) & 0xffff);
}

TEST_HARNESS_MAIN
