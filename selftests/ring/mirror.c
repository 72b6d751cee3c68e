// SPDX-License-Identifier: GPL-2.0
/*
 * Mirrors: reads that are answered from memory which user space writes, and those that
 * aren't because posted writes have to be seen first.
 */
#include "kselftest_harness.h"
#include "ring_test.h"

static struct vmr_region mirrored(uint32_t number, uint64_t addr, uint64_t length,
				  uint32_t at, uint32_t flags)
{
	return (struct vmr_region){
		.region = number, .flags = flags, .read = VMR_READ_MIRROR,
		.write = VMR_WRITE_POSTED, .addr = addr, .length = length, .mirror = at,
	};
}

#define ASSERT_MIRROR(vm, ...)						\
	do {								\
		struct vmr_region region_ = mirrored(__VA_ARGS__);	\
									\
		ASSERT_ERRNO(0, vm_region(vm, &region_));		\
	} while (0)

TEST_F(vm, mapping)
{
	const int fd = self->vm.fd, rw = PROT_READ | PROT_WRITE;
	uint8_t *at, *other;
	unsigned int i;

	/* It is there before a region wants it, zeroed, and the same for all. */
	at = vm_mirror(&self->vm);
	for (i = 0; i < VMR_MIRROR_SIZE; i++)
		ASSERT_EQ(0, at[i]);
	other = mmap(NULL, VMR_MIRROR_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, other);
	at[VMR_MIRROR_SIZE - 1] = 7;
	EXPECT_EQ(7, other[VMR_MIRROR_SIZE - 1]);
	EXPECT_EQ(MAP_FAILED, mremap(other, VMR_MIRROR_SIZE, 2 * VMR_MIRROR_SIZE, MREMAP_MAYMOVE));
	munmap(other, VMR_MIRROR_SIZE);

	EXPECT_EQ(MAP_FAILED, mmap(NULL, VMR_MIRROR_SIZE, rw, MAP_PRIVATE, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, VMR_MIRROR_SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd,
				   0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, rw, MAP_SHARED, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, 2 * VMR_MIRROR_SIZE, rw, MAP_SHARED, fd, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, VMR_MIRROR_SIZE, rw, MAP_SHARED, fd, PAGE));
	EXPECT_EQ(EINVAL, errno);
}

GUEST64(in_each_size,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	$-1, %rax;"
	"	in	(%dx), %al;"
	"	mov	%rax, %rbx;"
	"	mov	$-1, %rax;"
	"	in	(%dx), %ax;"
	"	mov	%rax, %rcx;"
	"	mov	$-1, %rax;"
	"	in	(%dx), %eax;"
	"	mov	%rax, %rsi;"
	"	mov	" IMM(PORT) " + 3, %edx;"
	"	mov	$-1, %rax;"
	"	in	(%dx), %ax;"
	"	mov	%rax, %rdi;"
	"	hlt");

TEST_F(vm, ports)
{
	struct vcpu *cpu = &self->cpu;
	uint8_t *mirror = vm_mirror(&self->vm);
	const uint32_t places[] = { 0, 1, 4090, VMR_MIRROR_SIZE - 8 };
	struct vmr_state s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		memcpy(mirror + places[i], "\x81\x82\x83\x84\x85\x86\x87\x88", 8);
		ASSERT_MIRROR(&self->vm, 1, PORT, 8, places[i], 0);
		vcpu_start(cpu, GUEST_LONG, guest(in_each_size));
		ASSERT_EXIT("hlt", cpu);
		vcpu_get(cpu, &s);
		EXPECT_EQ(0xffffffffffffff81, s.gpr[VMR_RBX]);
		EXPECT_EQ(0xffffffffffff8281, s.gpr[VMR_RCX]);
		EXPECT_EQ(0x84838281, s.gpr[VMR_RSI]);
		EXPECT_EQ(0xffffffffffff8584, s.gpr[VMR_RDI]);
	}
	if (!vm_moves())
		EXPECT_EQ(16, vcpu_counter(cpu, "mirror-reads"));
}

GUEST64(load_each_size,
	"	movzbl	(%rdi), %eax;"
	"	movzwl	1(%rdi), %ebx;"
	"	mov	2(%rdi), %ecx;"
	"	mov	(%rdi), %rdx;"
	"	movsbq	7(%rdi), %rsi;"
	"	add	(%rdi), %rbp;"
	"	hlt");

TEST_F(vm, memory)
{
	struct vcpu *cpu = &self->cpu;
	uint8_t *mirror = vm_mirror(&self->vm);
	struct vmr_state s;

	memcpy(mirror + 100, "\x81\x82\x83\x84\x85\x86\x87\x88", 8);
	ASSERT_MIRROR(&self->vm, 1, MMIO, 8, 100, VMR_REGION_MMIO);
	begin(cpu, guest(load_each_size), 0, MMIO);
	set_gpr(cpu, VMR_RBP, 1);
	ASSERT_EXIT("hlt", cpu);
	vcpu_get(cpu, &s);
	EXPECT_EQ(0x81, s.gpr[VMR_RAX]);
	EXPECT_EQ(0x8382, s.gpr[VMR_RBX]);
	EXPECT_EQ(0x86858483, s.gpr[VMR_RCX]);
	EXPECT_EQ(0x8887868584838281, s.gpr[VMR_RDX]);
	EXPECT_EQ(0xffffffffffffff88, s.gpr[VMR_RSI]);
	EXPECT_EQ(0x8887868584838282, s.gpr[VMR_RBP]);
}

/* Device to RAM, device to device: all without an exit but the write's posts. */
GUEST64(copy_around,
	"	mov	%rdi, %rsi;"
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	mov	$16, %ecx;"
	"	rep movsb;"
	"	hlt");

TEST_F(vm, strings)
{
	struct vcpu *cpu = &self->cpu;
	uint8_t *mirror = vm_mirror(&self->vm);
	unsigned int i;

	for (i = 0; i < 16; i++)
		mirror[i] = 0x30 + i;
	ASSERT_MIRROR(&self->vm, 1, MMIO, 16, 0, VMR_REGION_MMIO);
	begin(cpu, guest(copy_around), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0, memcmp(self->vm.ram + GUEST_DATA, mirror, 16));
}

/* INS asks user space: it may want to know. */
GUEST64(ins_four,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	$4, %ecx;"
	"	rep insb;"
	"	hlt");

TEST_F(vm, string_from_a_port)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_MIRROR(&self->vm, 6, PORT, 8, 0, 0);
	begin(cpu, guest(ins_four), 0, GUEST_DATA);
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_STRING, cpu->exit.flags);
	EXPECT_EQ(6, cpu->exit.region);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
}

/* Reads until what it reads isn't 0 any more. */
GUEST64(in_until,
	"	mov	" IMM(PORT) ", %edx;"
	"1:	incq	" NUMBER(GUEST_DATA) ";"
	"	in	(%dx), %eax;"
	"	test	%eax, %eax;"
	"	jz	1b;"
	"	hlt");

/* What user space writes, a guest that runs reads at once. */
TEST_F(vm, written_meanwhile)
{
	volatile uint32_t *mirror = (volatile uint32_t *)vm_mirror(&self->vm);
	struct vcpu *cpu = &self->cpu;
	struct runner runner;

	ASSERT_MIRROR(&self->vm, 1, PORT, 4, 0, 0);
	vcpu_start(cpu, GUEST_LONG, guest(in_until));
	*vm_data(&self->vm) = 0;
	runner_begin(&runner, cpu);
	wait_while(vm_data(&self->vm), 0);
	*mirror = 0x12345678;
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("hlt", exit_name(&cpu->exit));
	EXPECT_EQ(0x12345678, vcpu_gpr(cpu, VMR_RAX));
}

/* ---- behind posts ---- */

GUEST64(out_in_out_in,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"	in	(%dx), %al;"
	"	mov	%eax, %ebx;"
	"	in	(%dx), %al;"
	"	mov	%eax, %ecx;"
	"	out	%al, $0x80;"
	"	in	(%dx), %al;"
	"	hlt");

/* A read behind a write asks user space, whichever region the write was to. */
TEST_F(vm, behind_own_posts)
{
	uint8_t *mirror = vm_mirror(&self->vm);
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	ASSERT_MIRROR(&self->vm, 1, PORT, 4, 0, 0);
	ASSERT_REGION(&self->vm, POSTED_PORTS(2, 0x80, 1));
	mirror[0] = 0x11;
	vcpu_start(cpu, GUEST_LONG, guest(out_in_out_in));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	EXPECT_EQ(1, cpu->exit.region);
	EXPECT_EQ(1, cpu->post_count);
	mirror[0] = 0x22;
	vcpu_answer_u64(cpu, 0x77);
	/* The second one is answered from the mirror, the third isn't. */
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	EXPECT_EQ(2, cpu->post_count);
	vcpu_answer_u64(cpu, 0x99);
	ASSERT_EXIT("hlt", cpu);
	vcpu_get(cpu, &s);
	EXPECT_EQ(0x77, s.gpr[VMR_RBX] & 0xff);
	EXPECT_EQ(0x22, s.gpr[VMR_RCX] & 0xff);
	EXPECT_EQ(0x99, s.gpr[VMR_RAX] & 0xff);
	if (!vm_moves()) {
		EXPECT_EQ(1, vcpu_counter(cpu, "mirror-reads"));
		EXPECT_EQ(2, vcpu_counter(cpu, "mirror-reads-behind-posts"));
	}
}

TEST_F(vm, relaxed)
{
	uint8_t *mirror = vm_mirror(&self->vm);
	struct vcpu *cpu = &self->cpu;

	ASSERT_MIRROR(&self->vm, 1, PORT, 4, 0, VMR_REGION_RELAXED);
	ASSERT_REGION(&self->vm, POSTED_PORTS(2, 0x80, 1));
	mirror[0] = 0x11;
	vcpu_start(cpu, GUEST_LONG, guest(out_in_out_in));
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(2, cpu->post_count);
}

GUEST64(load_only, "mov (%rdi), %eax; hlt");
GUEST64(out_only, "mov " IMM(PORT) ", %edx; out %al, (%dx); hlt");

/* Another vCPU's posts count as well, until they are consumed. */
TEST_F(vm, behind_posts_of_others)
{
	uint32_t *mirror = (uint32_t *)vm_mirror(&self->vm);
	struct vcpu other;

	SKIP_IF_IT_MOVES();
	*mirror = 0x1234;
	vcpu_create(&self->vm, 1, &other);
	ASSERT_MIRROR(&self->vm, 1, MMIO, 4, 0, VMR_REGION_MMIO);
	ASSERT_REGION(&self->vm, POSTED_PORTS(2, PORT, 1));
	vcpu_start(&other, GUEST_LONG, guest(out_only));
	ASSERT_ERRNO(0, run_errno(&other));
	begin(&self->cpu, guest(load_only), 0, MMIO);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_u64(&self->cpu, 0x5678);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x5678, vcpu_gpr(&self->cpu, VMR_RAX));
	/* The posted one is passed, HLT's isn't: that is none. */
	*other.consumer = 1;
	begin(&self->cpu, guest(load_only), 0, MMIO);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1234, vcpu_gpr(&self->cpu, VMR_RAX));
	vcpu_destroy(&other);
}

TEST_HARNESS_MAIN
