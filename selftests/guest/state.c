// SPDX-License-Identifier: GPL-2.0
/*
 * All that a vCPU holds: it is read as it was set, the guest finds it, and it can be
 * taken to another vCPU of another VM at any moment.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define DATA		NUMBER(GUEST_DATA)
#define VECTOR		0x40
#define TSC		0x10
#define TSC_ADJUST	0x3b
#define LSTAR		0xc0000082

#define X87		1ull
#define SSE		2ull
#define AVX		4ull
#define AVX512		0xe0ull
#define PKRU		0x200ull

/* The same numbers in each run. */
static uint64_t seed;

static uint64_t any(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return seed ^ seed >> 29;
}

static uint64_t any_address(void)
{
	return (int64_t)(any() << 16) >> 16;
}

/* ---- registers ---- */

GUEST64(only_halt, "1: hlt; jmp 1b");

static void randomize(struct vmr_state *s)
{
	int i;

	for (i = 0; i < VMR_GPRS; i++)
		s->gpr[i] = any();
	s->rip = any_address();
	s->rflags = 2 | (any() & 0x240cd5);
	s->segment[VMR_FS].base = any_address();
	s->segment[VMR_GS].base = any_address();
	s->segment[VMR_TR].base = any_address();
	for (i = VMR_ES; i <= VMR_GS; i++)
		s->segment[i].selector = any();
	s->gdtr.base = any_address();
	s->gdtr.limit = any();
	s->idtr.base = any_address();
	s->idtr.limit = any();
	s->cr2 = any();
	s->cr3 = any() & 0x7ffffffff000;
	s->cr8 = any() & 15;
	s->cr0 ^= any() & 0x5000a;
	for (i = 0; i < 4; i++)
		s->dr[i] = any();
	s->dr6 = 0xffff0ff0 | (any() & 0xe00f);
	s->dr7 = 0x400 | (any() & 0xffff23ff);
	s->tsc_offset = any();
	s->events.flags = VMR_EVENT_NMI_BLOCKED * (any() & 1);
	s->events.pending_debug = any() & 0x500f;
}

TEST_F(vm, registers_as_they_were_set)
{
	const enum guest_mode modes[] = { GUEST_LONG, GUEST_FLAT32, GUEST_PAE32, GUEST_REAL };
	struct vmr_state s, now;
	size_t i, round;

	SKIP_ON_KVM();
	seed = 1;
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		for (round = 0; round < 20; round++) {
			guest_state(&self->cpu, modes[i], &s);
			randomize(&s);
			s.cr3 &= 0xfffff000;
			if (modes[i] != GUEST_LONG)
				s.rip = (uint32_t)s.rip;
			if (modes[i] == GUEST_REAL)
				s.cr0 &= ~0x50000ull;
			ASSERT_ERRNO(0, vcpu_set_errno(&self->cpu, VMR_STATE_ALL, &s))
				TH_LOG("mode %zu, round %zu", i, round);
			vcpu_get(&self->cpu, &now);
			ASSERT_EQ(0, memcmp(&s, &now, sizeof(s)))
				TH_LOG("mode %zu, round %zu", i, round);
		}
	}
	/* And a guest still runs. */
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
}

/* ---- time ---- */

GUEST64(read_tsc,
	"1:	rdtsc; shl $32, %rdx; or %rdx, %rax; mov %rax, " DATA ";"
	"	hlt; jmp 1b");

TEST_F(vm, offset_of_the_tsc)
{
	const uint64_t offsets[] = { 0, 1ull << 40, -(1ull << 50) };
	uint64_t before, after, seen, value;
	struct vmr_state s;
	size_t i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(read_tsc));
	vcpu_get(&self->cpu, &s);
	for (i = 0; i < ARRAY_SIZE(offsets); i++) {
		s.tsc_offset = offsets[i];
		vcpu_set(&self->cpu, VMR_STATE_TIME, &s);
		before = __rdtsc();
		ASSERT_EXIT("hlt", &self->cpu);
		after = __rdtsc();
		seen = vm_data(&self->vm)[0] - offsets[i];
		EXPECT_TRUE(before <= seen && seen <= after);
		ASSERT_EQ(0, vcpu_get_msr(&self->cpu, TSC, &value));
		EXPECT_LE(after, value - offsets[i]);
		EXPECT_LE(value - offsets[i], __rdtsc());
	}
}

/* The guest's writes of one move the other; user space sets each by itself. */
GUEST64(write_adjust,
	"	mov	$0x3b, %ecx; mov $0x1000, %eax; mov $0x200, %edx; wrmsr; hlt;"
	"	mov	$0x10, %ecx; xor %eax, %eax; xor %edx, %edx; wrmsr; hlt");

TEST_F(vm, adjustment_of_the_tsc)
{
	uint64_t value, offset;
	unsigned int a, b, c, d;
	struct vmr_state s;

	SKIP_ON_KVM();
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & 2))
		SKIP(return, "this CPU has no TSC_ADJUST");
	vcpu_start(&self->cpu, GUEST_LONG, guest(write_adjust));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x20000001000, s.tsc_offset);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, TSC_ADJUST, &value));
	EXPECT_EQ(0x20000001000, value);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, TSC_ADJUST, &value));
	EXPECT_EQ(s.tsc_offset, value);
	EXPECT_GT(0, (int64_t)value);

	offset = s.tsc_offset;
	ASSERT_EQ(0, vcpu_set_msr(&self->cpu, TSC_ADJUST, 77));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(offset, s.tsc_offset);
	ASSERT_EQ(0, vcpu_set_msr(&self->cpu, TSC, 1ull << 60));
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, TSC_ADJUST, &value));
	EXPECT_EQ(77, value);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, TSC, &value));
	EXPECT_LT(1ull << 60, value);
}

/* ---- the FPU ---- */

struct image {
	uint8_t bytes[16384] __attribute__((aligned(64)));
	uint32_t length;
};

static int xsave(struct vcpu *cpu, unsigned long cmd, struct image *image)
{
	struct vmr_xsave args = {
		.size = sizeof(args), .image = (uintptr_t)image->bytes, .length = image->length,
	};
	int err = ioctl_errno(cpu->fd, cmd, &args);

	if (cmd == VMR_GET_XSAVE || err == E2BIG)
		image->length = args.length;
	return err;
}

static uint64_t *features_of(struct image *image)
{
	return (uint64_t *)(image->bytes + 512);
}

static void get_image(struct __test_metadata *_metadata, struct vcpu *cpu, struct image *image)
{
	memset(image, 0, sizeof(*image));
	image->length = sizeof(image->bytes);
	ASSERT_ERRNO(0, xsave(cpu, VMR_GET_XSAVE, image));
	ASSERT_LE(576, image->length);
}

/* Where a component is, by CPUID; 0: this CPU hasn't got it. */
static uint32_t place_of(unsigned int component, uint32_t *size)
{
	unsigned int a, b, c, d;

	if (!__get_cpuid_count(13, component, &a, &b, &c, &d))
		return 0;
	*size = a;
	return a ? b : 0;
}

static void fill(struct image *image, uint32_t from, uint32_t size)
{
	uint32_t i;

	for (i = 0; i < size; i++)
		image->bytes[from + i] = any();
}

/* All that the guest can have, with numbers in the x87 registers. */
static void random_image(struct image *image, uint64_t features)
{
	uint32_t place, size;
	int i;

	*features_of(image) = features;
	fill(image, 160, 256);
	for (i = 0; i < 8; i++) {
		fill(image, 32 + 16 * i, 10);
		memset(image->bytes + 32 + 16 * i + 10, 0, 6);
	}
	memcpy(image->bytes, &(uint16_t){ 0x27f }, 2);
	image->bytes[4] = 0xff;
	memcpy(image->bytes + 24, &(uint32_t){ 0x5f80 }, 4);
	for (i = 2; i < 8; i++) {
		place = place_of(i, &size);
		if (features >> i & 1 && place)
			fill(image, place, size);
	}
}

static bool has_7_ebx(unsigned int bit)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> bit & 1;
}

static uint64_t offered(void)
{
	unsigned int a, b, c, d;
	uint64_t features = X87 | SSE;

	if (__get_cpuid(1, &a, &b, &c, &d) && c >> 28 & 1)
		features |= AVX;
	return features | (has_7_ebx(16) ? AVX512 : 0);
}

TEST_F(vm, fpu_as_it_was_set)
{
	static struct image image, now;
	const uint64_t all = offered();

	SKIP_ON_KVM();
	seed = 2;
	get_image(_metadata, &self->cpu, &image);
	EXPECT_EQ(X87 | SSE, *features_of(&image));
	EXPECT_EQ(0x37f, *(uint16_t *)image.bytes);
	EXPECT_EQ(0x1f80, *(uint32_t *)(image.bytes + 24));
	random_image(&image, all);
	ASSERT_ERRNO(0, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	get_image(_metadata, &self->cpu, &now);
	EXPECT_EQ(image.length, now.length);
	EXPECT_EQ(0, memcmp(image.bytes, now.bytes, image.length));
	/* MXCSR without a register that isn't 0. */
	memset(image.bytes, 0, image.length);
	*(uint32_t *)(image.bytes + 24) = 0x3f80;
	ASSERT_ERRNO(0, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
	get_image(_metadata, &self->cpu, &now);
	EXPECT_EQ(0x3f80, *(uint32_t *)(now.bytes + 24));
	EXPECT_EQ(0x37f, *(uint16_t *)now.bytes);
}

#define ENABLE	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4; xor %ecx, %ecx;" \
		"mov " DATA ", %eax; xor %edx, %edx; xsetbv;"

/* The guest's own XSAVE shows what it was given, and the other way round. */
GUEST64(save_all, ENABLE "mov $-1, %eax; mov $-1, %edx; xsave 0x90000; hlt");

TEST_F(vm, fpu_that_the_guest_finds)
{
	static struct image image, seen;
	const uint64_t all = offered();
	uint32_t i;

	SKIP_ON_KVM();
	if (!(all & AVX))
		SKIP(return, "this CPU has no AVX");
	seed = 3;
	vcpu_start(&self->cpu, GUEST_LONG, guest(save_all));
	vm_data(&self->vm)[0] = all;
	get_image(_metadata, &self->cpu, &image);
	random_image(&image, all);
	ASSERT_ERRNO(0, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	memset(self->vm.ram + 0x90000, 0, 16384);
	ASSERT_EXIT("hlt", &self->cpu);
	memcpy(seen.bytes, self->vm.ram + 0x90000, image.length);
	EXPECT_EQ(all, *features_of(&seen) & all);
	memcpy(seen.bytes + 28, image.bytes + 28, 4);	/* the mask of MXCSR */
	memset(seen.bytes + 6, 0, 18);			/* the last x87 instruction */
	memset(image.bytes + 6, 0, 18);
	for (i = 0; i < image.length; i++) {
		ASSERT_EQ(image.bytes[i], seen.bytes[i])
			TH_LOG("byte %u", i);
	}
}

TEST_F(vm, fpu_that_is_refused)
{
	static struct image good, image, now;
	const struct {
		const char *what;
		uint32_t at;
		uint32_t size;
		uint64_t value;
	} bad[] = {
		{ "PKRU", 512, 8, X87 | PKRU },
		{ "AMX", 512, 8, X87 | 1ull << 18 },
		{ "a supervisor component", 512, 8, X87 | 1ull << 8 },
		{ "bit 63", 512, 8, X87 | 1ull << 63 },
		{ "the compacted format", 520, 8, 1ull << 63 },
		{ "the header's first reserved byte", 528, 1, 1 },
		{ "the header's last reserved byte", 575, 1, 1 },
		{ "MXCSR's bit 16", 24, 4, 0x11f80 },
		{ "MXCSR's bit 31", 24, 4, 0x80001f80 },
	};
	size_t i;

	SKIP_ON_KVM();
	get_image(_metadata, &self->cpu, &good);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		image = good;
		image.bytes[160] = 1;
		memcpy(image.bytes + bad[i].at, &bad[i].value, bad[i].size);
		EXPECT_ERRNO(EINVAL, xsave(&self->cpu, VMR_SET_XSAVE, &image))
			TH_LOG("%s", bad[i].what);
		get_image(_metadata, &self->cpu, &now);
		EXPECT_EQ(0, memcmp(good.bytes, now.bytes, good.length))
			TH_LOG("%s: something was set", bad[i].what);
	}
	/* Lengths: the right one is told. */
	image = good;
	image.length = good.length - 1;
	EXPECT_ERRNO(E2BIG, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	EXPECT_EQ(good.length, image.length);
	image.length = 0;
	EXPECT_ERRNO(E2BIG, xsave(&self->cpu, VMR_GET_XSAVE, &image));
	EXPECT_EQ(good.length, image.length);
	image.length = sizeof(image.bytes);
	EXPECT_ERRNO(0, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	image.length = sizeof(image.bytes);
	image.bytes[good.length] = 1;
	EXPECT_ERRNO(E2BIG, xsave(&self->cpu, VMR_SET_XSAVE, &image));
	image.length = 0x80000000;
	EXPECT_ERRNO(E2BIG, xsave(&self->cpu, VMR_SET_XSAVE, &image));
}

/* ---- on the way to another VM ---- */

GUEST64(wait_for_interrupt, "cli; out %al, $0x80; sti; nop; nop; hlt");

TEST_F(vm, moved_with_events)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_for_interrupt));
	traps->resume[VECTOR] = 1;
	traps->resume[2] = 1;
	ASSERT_EXIT("io", &self->cpu);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	vcpu_move(&self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(1, traps->count[2]);
	/* None of them came twice. */
	EXPECT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
}

GUEST64(in_and_out, "mov $0x1122334455667788, %rax; in $0x80, %al; out %eax, $0x81; hlt");

TEST_F(vm, moved_with_an_exit)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(in_and_out));
	ASSERT_EXIT("io", &self->cpu);
	vcpu_move(&self->cpu);
	/* It isn't answered there either, until it is. */
	EXPECT_ERRNO(EPROTO, ioctl_errno(self->cpu.fd, VMR_RUN, NULL));
	vcpu_move(&self->cpu);
	vcpu_answer_u64(&self->cpu, 0x99);
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(0x55667799, exit_value(&self->cpu));
	vcpu_move(&self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1122334455667799, vcpu_gpr(&self->cpu, VMR_RAX));
}

GUEST64(far_read, "mov 0x30000000, %eax; hlt");

TEST_F(vm, moved_with_an_mmio_exit)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(far_read));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(0x30000000, self->cpu.exit.addr);
	vcpu_move(&self->cpu);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_GP, 0);
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(GUEST_CODE, vm_traps(&self->vm)->rip);
}

GUEST64(external, "sti; nop; 1: jmp 1b");

TEST_F(vm, moved_with_intack)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(external));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
	ASSERT_EXIT("intack", &self->cpu);
	vcpu_move(&self->cpu);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
	vcpu_answer(&self->cpu, &(uint8_t){ VECTOR }, 1);
	ASSERT_TRAP(VECTOR, &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
}

/* Four pieces each, and a move while each is unanswered. */
GUEST64(long_strings,
	"	mov	$0x100f00, %esi; mov $6000, %ecx; mov $0x80, %edx; cld; rep outsw;"
	"	mov	$0x110f01, %edi; mov $3000, %ecx; mov $0x81, %edx; rep insl;"
	"	hlt");

TEST_F(vm, moved_within_strings)
{
	uint8_t *from = self->vm.ram + 0x100f00, *to = self->vm.ram + 0x110f01;
	static uint8_t out[12000], in[12000];
	unsigned int bytes, i, at = 0, exits = 0;

	SKIP_ON_KVM();
	seed = 4;
	for (i = 0; i < sizeof(in); i++) {
		from[i] = any();
		in[i] = any();
	}
	vcpu_start(&self->cpu, GUEST_LONG, guest(long_strings));
	while (at < 24000) {
		ASSERT_EXIT("io", &self->cpu);
		bytes = self->cpu.exit.size * self->cpu.exit.count;
		ASSERT_LE(bytes, (at < 12000 ? 12000 : 24000) - at);
		vcpu_move(&self->cpu);
		if (self->cpu.exit.flags & VMR_EXIT_WRITE)
			memcpy(out + at, (void *)self->cpu.bulk, bytes);
		else
			memcpy((void *)self->cpu.bulk, in + at - 12000, bytes);
		at += bytes;
		exits++;
		vcpu_answer(&self->cpu, NULL, 0);
	}
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_LE(7, exits);
	EXPECT_EQ(0, memcmp(from, out, sizeof(out)));
	EXPECT_EQ(0, memcmp(to, in, sizeof(in)));
}

/* A breakpoint goes with the guest, as does general detect. */
GUEST64(own_breakpoint,
	"	mov	" IMM(GUEST_DATA) ", %eax; mov %rax, %dr2;"
	"	mov	$0x9000420, %eax; mov %rax, %dr7;"
	"	out	%al, $0x80;"
	"	movl	$1, " DATA ";"
	"	mov	$0x2400, %eax; mov %rax, %dr7;"
	"	out	%al, $0x80;"
	"	mov	%dr0, %rax;"
	"	hlt");

TEST_F(vm, moved_with_breakpoints)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(own_breakpoint));
	ASSERT_EXIT("io", &self->cpu);
	vcpu_move(&self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(4, traps->dr6 & 15);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("io", &self->cpu);
	vcpu_move(&self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(0x2000, traps->dr6 & 0x2000);
}

/* ---- what no CPU can be in ---- */

#define TF		0x100
#define BS		0x4000
#define DEBUGCTL	0x1d9
#define BTF		2

/* A shadow holds a single step up: by BTF it isn't one of this instruction. */
TEST_F(vm, single_step_that_is_held_up)
{
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	vcpu_get(&self->cpu, &s);
	s.rflags |= TF;
	s.events.flags = VMR_EVENT_SS_SHADOW;
	s.events.pending_debug = BS;
	vcpu_set(&self->cpu, VMR_STATE_REGS | VMR_STATE_EVENTS, &s);
	EXPECT_ERRNO(EINVAL, vcpu_set_msr(&self->cpu, DEBUGCTL, BTF));
	EXPECT_ERRNO(0, vcpu_set_msr(&self->cpu, DEBUGCTL, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_ERRNO(0, vcpu_set_msr(&self->cpu, DEBUGCTL, BTF));
}

/* Exits that can't be. */
TEST_F(vm, exits_that_are_refused)
{
	const struct vmr_exit_state bad[] = {
		{ .reason = VMR_EXIT_HLT },
		{ .reason = VMR_EXIT_KICKED, .flags = VMR_EXIT_NEEDS_REPLY },
		{ .reason = VMR_EXIT_IO, .flags = VMR_EXIT_NEEDS_REPLY, .size = 8, .count = 1,
		  .length = 2, .qualification = 0x800007 | 8, .addr = 0x80 },
		{ .reason = VMR_EXIT_IO, .flags = VMR_EXIT_NEEDS_REPLY | VMR_EXIT_STRING,
		  .size = 4, .count = 1025, .length = 2, .qualification = 0x80003b,
		  .addr = 0x80 },
		{ .reason = VMR_EXIT_MSR, .flags = VMR_EXIT_NEEDS_REPLY, .size = 8, .length = 2,
		  .data = { 1 } },
		{ .addr = 1 },
		{ .mmio = { .bytes = 65, .accesses = 1 } },
	};
	struct vmr_state s, good;
	size_t i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(in_and_out));
	ASSERT_EXIT("io", &self->cpu);
	vcpu_get(&self->cpu, &good);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		s = good;
		s.exit = bad[i];
		EXPECT_ERRNO(EINVAL, vcpu_set_errno(&self->cpu, VMR_STATE_EXIT, &s))
			TH_LOG("exit %zu", i);
	}
	/* The one that waits stays; by way of the area none can be set. */
	self->cpu.area->dirty = VMR_STATE_EXIT;
	vcpu_answer_u64(&self->cpu, 1);
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_RUN, NULL));
	self->cpu.area->dirty = 0;
	ASSERT_EXIT("io", &self->cpu);
	/* None: over, and the instruction isn't finished. */
	memset(&s.exit, 0, sizeof(s.exit));
	vcpu_set(&self->cpu, VMR_STATE_EXIT, &s);
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(0x81, self->cpu.exit.addr);
}

/* ---- MSRs that are user space's ---- */

GUEST64(user_msr, "mov $0x1000, %ecx; rdmsr; mov $0x1001, %ecx; wrmsr; hlt");

TEST(moved_with_msr_exits)
{
	const struct vmr_msr_range range = { 0x1000, 2, VMR_MSR_USER, VMR_MSR_USER, 0 };
	struct vcpu cpu;
	struct vm vm;

	SKIP_ON_KVM();
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	ASSERT_EQ(0, vm_msr_policy(&vm, &range, 1));
	vcpu_create(&vm, 0, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(user_msr));
	ASSERT_EXIT("msr", &cpu);
	vcpu_move(&cpu);
	vcpu_answer_u64(&cpu, 0x1122334455667788);
	ASSERT_EXIT("msr", &cpu);
	vcpu_move(&cpu);
	EXPECT_EQ(0x1001, cpu.exit.addr);
	EXPECT_EQ(0x1122334455667788, exit_value(&cpu));
	vcpu_answer(&cpu, NULL, 0);
	ASSERT_EXIT("hlt", &cpu);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
