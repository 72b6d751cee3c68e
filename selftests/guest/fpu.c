// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's own vector registers across exits, and across other users of the
 * same registers on the same CPU: this process, and another vCPU.
 */
#include <cpuid.h>
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define ENABLE(xcr0)							\
	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"		\
	"xor %ecx, %ecx; mov $" #xcr0 ", %eax; xor %edx, %edx; xsetbv;"

/* Registers are filled from the data page, and stored a page further later. */
GUEST64(avx,
	ENABLE(7)
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	vmovdqu	(%rdi), %ymm0; vmovdqu 32(%rdi), %ymm7; vmovdqu 64(%rdi), %ymm15;"
	"	fld1; fldpi;"
	"	mov	$5, %ebx;"
	"1:	out	%al, $0x80;"
	"	cpuid;"
	"	mov	$5, %ecx; rdtsc;"
	"	dec	%ebp;"
	"	jnz	1b;"
	"	vmovdqu	%ymm0, 4096(%rdi); vmovdqu %ymm7, 4096 + 32(%rdi);"
	"	vmovdqu	%ymm15, 4096 + 64(%rdi);"
	"	fstpl	8192(%rdi); fstpl 8200(%rdi);"
	"	hlt");

GUEST64(avx512,
	ENABLE(0xe7)
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	vmovdqu64 (%rdi), %zmm0; vmovdqu64 64(%rdi), %zmm31; kmovw 128(%rdi), %k3;"
	"1:	out	%al, $0x80;"
	"	dec	%ebp;"
	"	jnz	1b;"
	"	vmovdqu64 %zmm0, 4096(%rdi); vmovdqu64 %zmm31, 4096 + 64(%rdi);"
	"	kmovw	%k3, 4096 + 128(%rdi);"
	"	hlt");

/* This process's own use of them. */
static void scribble(bool has_avx512)
{
	static const uint8_t bytes[64] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

	asm volatile("vmovdqu %0, %%ymm0; vmovdqu %0, %%ymm7; vmovdqu %0, %%ymm15; fninit; fldz"
		     : : "m"(bytes) : "xmm0", "xmm7", "xmm15", "st");
	asm volatile("fstp %%st(0)" : : : "st");
	if (has_avx512)
		asm volatile("vmovdqu64 %0, %%zmm0; vmovdqu64 %0, %%zmm31; kmovw %0, %%k3"
			     : : "m"(bytes) : "xmm0");
}

static bool has(unsigned int bit_of_7)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> bit_of_7 & 1;
}

#define HAS_AVX2	has(5)
#define HAS_AVX512	has(16)

static void fill(struct vm *vm, unsigned int seed)
{
	uint8_t *data = vm->ram + GUEST_DATA;
	int i;

	for (i = 0; i < 256; i++)
		data[i] = i * 5 + seed;
}

static void begin(struct vcpu *cpu, const uint8_t *code, size_t size, int exits)
{
	struct vmr_state s;

	vcpu_start(cpu, GUEST_LONG, code, size);
	vcpu_get(cpu, &s);
	s.gpr[VMR_RBP] = exits;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

TEST_F(vm, avx)
{
	double pi;
	int i;

	if (!HAS_AVX2)
		SKIP(return, "this CPU has no AVX");
	begin(&self->cpu, guest(avx), 10);
	fill(&self->vm, 1);
	for (i = 0; i < 10; i++) {
		ASSERT_EXIT("io", &self->cpu);
		vcpu_answer(&self->cpu, NULL, 0);
		scribble(HAS_AVX512);
	}
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, memcmp(self->vm.ram + GUEST_DATA, self->vm.ram + GUEST_DATA + 4096, 96));
	memcpy(&pi, self->vm.ram + GUEST_DATA + 8192, 8);
	EXPECT_TRUE(pi > 3.14159 && pi < 3.14160);
}

TEST_F(vm, avx512)
{
	int i;

	if (!HAS_AVX512)
		SKIP(return, "this CPU has no AVX-512");
	begin(&self->cpu, guest(avx512), 10);
	fill(&self->vm, 2);
	for (i = 0; i < 10; i++) {
		ASSERT_EXIT("io", &self->cpu);
		vcpu_answer(&self->cpu, NULL, 0);
		scribble(true);
	}
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, memcmp(self->vm.ram + GUEST_DATA, self->vm.ram + GUEST_DATA + 4096, 130));
}

/* Two guests with different registers take turns on one thread. */
TEST_F(vm, two_guests)
{
	struct vcpu other;
	struct vm vm;
	int i;

	if (!HAS_AVX2)
		SKIP(return, "this CPU has no AVX");
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &other);
	begin(&self->cpu, guest(avx), 5);
	fill(&self->vm, 3);
	begin(&other, guest(avx), 5);
	fill(&vm, 4);
	for (i = 0; i < 5; i++) {
		ASSERT_EXIT("io", &self->cpu);
		vcpu_answer(&self->cpu, NULL, 0);
		ASSERT_EXIT("io", &other);
		vcpu_answer(&other, NULL, 0);
	}
	ASSERT_EXIT("hlt", &self->cpu);
	ASSERT_EXIT("hlt", &other);
	EXPECT_EQ(0, memcmp(self->vm.ram + GUEST_DATA, self->vm.ram + GUEST_DATA + 4096, 96));
	EXPECT_EQ(0, memcmp(vm.ram + GUEST_DATA, vm.ram + GUEST_DATA + 4096, 96));
	vcpu_destroy(&other);
	vm_destroy(&vm);
}

/* A new guest finds registers as after a reset, not what somebody left there. */
GUEST64(first_look,
	ENABLE(7)
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	vmovdqu	%ymm0, (%rdi); vmovdqu %ymm7, 32(%rdi); vmovdqu %ymm15, 64(%rdi);"
	"	fnstcw	96(%rdi); stmxcsr 100(%rdi);"
	"	hlt");

TEST_F(vm, nothing_leaks_in)
{
	uint8_t *data = self->vm.ram + GUEST_DATA;
	int i;

	if (!HAS_AVX2)
		SKIP(return, "this CPU has no AVX");
	vcpu_start(&self->cpu, GUEST_LONG, guest(first_look));
	memset(data, 0xff, 128);
	scribble(HAS_AVX512);
	ASSERT_EXIT("hlt", &self->cpu);
	for (i = 0; i < 96; i++) {
		ASSERT_EQ(0, data[i]);
	}
	EXPECT_EQ(0x1f80, *(uint32_t *)(data + 100));
}

TEST_HARNESS_MAIN
