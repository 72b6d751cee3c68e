// SPDX-License-Identifier: GPL-2.0
/*
 * Events whose delivery an exit interrupts: the IDT, the GDT, the TSS or the stack
 * is memory that the guest hasn't touched yet, or that isn't there. The event is
 * delivered in the end, exactly once.
 */
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define VECTOR		0x40
#define ROUNDS		10
#define FAR_STACK	0x30001000

/* The RAM is a file's, so that a page can go and come back with what is in it. */
FIXTURE(redelivery) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
	int file;
};

FIXTURE_VARIANT(redelivery) {
	enum guest_mode mode;
};

FIXTURE_VARIANT_ADD(redelivery, real) { .mode = GUEST_REAL, };
FIXTURE_VARIANT_ADD(redelivery, flat32) { .mode = GUEST_FLAT32, };
FIXTURE_VARIANT_ADD(redelivery, long) { .mode = GUEST_LONG, };

FIXTURE_SETUP(redelivery)
{
	RECORD_AS_THIS_TEST();
	self->mark = klog_mark();
	vm_create(&self->vm, VMR_VM_FEATURES);
	self->file = memfd_create("ram", MFD_CLOEXEC);
	ASSERT_LE(0, self->file);
	ASSERT_EQ(0, ftruncate(self->file, GUEST_RAM));
	self->vm.ram = mmap(NULL, GUEST_RAM, PROT_READ | PROT_WRITE, MAP_SHARED, self->file, 0);
	ASSERT_NE(MAP_FAILED, self->vm.ram);
	self->vm.ram_size = GUEST_RAM;
	ASSERT_EQ(0, vm_slot(&self->vm, 0, 0, self->vm.ram, GUEST_RAM, 0));
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(redelivery)
{
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	close(self->file);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* All of the guest's translations go; the memory stays. */
static void forget(struct vm *vm, int file)
{
	if (mmap(vm->ram, GUEST_RAM, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) !=
	    vm->ram)
		vm_die("mmap");
}

GUEST16(nothing16, "nop; hlt");
GUEST32(nothing32, "nop; hlt");
GUEST64(nothing64, "nop; hlt");
GUEST16(int_n16, "int $0x40; nop; hlt");
GUEST32(int_n32, "int $0x40; nop; hlt");
GUEST64(int_n64, "int $0x40; nop; hlt");
GUEST16(int316, "int3; nop; hlt");
GUEST32(int332, "int3; nop; hlt");
GUEST64(int364, "int3; nop; hlt");
GUEST16(ud16, "ud2; nop; hlt");
GUEST32(ud32, "ud2; nop; hlt");
GUEST64(ud64, "ud2; nop; hlt");

struct codes {
	const uint8_t *code;
	const uint8_t *end;
};

#define CODES_OF(name)				\
	{ { name##16, name##16_end }, { name##32, name##32_end }, { name##64, name##64_end } }

static void begin(struct vcpu *cpu, enum guest_mode mode, const struct codes codes[3])
{
	const struct codes *c = &codes[mode == GUEST_REAL ? 0 : mode == GUEST_LONG ? 2 : 1];

	vcpu_start(cpu, mode, c->code, c->end - c->code);
}

static uint64_t code_rip(enum guest_mode mode)
{
	return mode == GUEST_REAL ? 0 : GUEST_CODE;
}

/*
 * What the vector's count, and RIP as its handler found it, are after the guest
 * has begun anew ROUNDS times, each time with no translation at all.
 */
#define DELIVERED_ONCE(codes, vector, skip, rip_offset, event)				\
	do {										\
		volatile struct guest_traps *traps = vm_traps(&self->vm);		\
		int round;								\
											\
		for (round = 0; round < ROUNDS; round++) {				\
			begin(&self->cpu, variant->mode, codes);			\
			traps->resume[vector] = 1 + (skip);				\
			event;								\
			forget(&self->vm, self->file);					\
			ASSERT_EXIT("hlt", &self->cpu);					\
			ASSERT_EQ(round + 1, traps->count[vector]);			\
			EXPECT_EQ(code_rip(variant->mode) + (rip_offset), traps->rip);	\
		}									\
	} while (0)

static const struct codes nothing[] = CODES_OF(nothing), int_n[] = CODES_OF(int_n),
			  int3[] = CODES_OF(int3), ud[] = CODES_OF(ud);

static void enable_interrupts(struct vcpu *cpu)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.rflags |= 0x200;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

TEST_F(redelivery, software_interrupt)
{
	DELIVERED_ONCE(int_n, VECTOR, 0, 2, (void)0);
}

TEST_F(redelivery, breakpoint)
{
	DELIVERED_ONCE(int3, 3, 0, 1, (void)0);
}

TEST_F(redelivery, exception)
{
	DELIVERED_ONCE(ud, 6, 2, 0, (void)0);
}

TEST_F(redelivery, interrupt)
{
	DELIVERED_ONCE(nothing, VECTOR, 0, 0, {
		enable_interrupts(&self->cpu);
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	});
}

TEST_F(redelivery, nmi)
{
	struct vmr_state s;

	DELIVERED_ONCE(nothing, 2, 0, 0,
		       ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0)));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.events.flags & (VMR_EVENT_NMI | VMR_EVENT_NMI_BLOCKED));
}

TEST_F(redelivery, injected_exception)
{
	SKIP_ON_KVM();
	DELIVERED_ONCE(nothing, 13, 0, 0,
		       ASSERT_EQ(0, vcpu_inject_error(&self->cpu, 13, 0x5678)));
	if (variant->mode != GUEST_REAL) {
		EXPECT_EQ(0x5678, vm_traps(&self->vm)->error);
	}
}

/* ---- delivery into memory that isn't the VM's ---- */

static void far_stack(struct vcpu *cpu, enum guest_mode mode)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	if (mode == GUEST_REAL)
		s.segment[VMR_SS].base = FAR_STACK - 0x1000;
	s.gpr[VMR_RSP] = mode == GUEST_REAL ? 0x1000 : FAR_STACK;
	vcpu_set(cpu, VMR_STATE_REGS | VMR_STATE_SEGMENTS, &s);
}

TEST_F(redelivery, to_a_stack_that_comes_later)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *stack = memory_get(4096, 4096);
	struct vmr_state s;

	SKIP_ON_KVM();
	begin(&self->cpu, variant->mode, int_n);
	traps->resume[VECTOR] = 1;
	far_stack(&self->cpu, variant->mode);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR_STACK - 0x1000, self->cpu.exit.addr & ~0xfffull);
	EXPECT_EQ(VMR_EXIT_WRITE, self->cpu.exit.flags & VMR_EXIT_WRITE);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_REDELIVER, s.events.flags & VMR_EVENT_REDELIVER);
	EXPECT_EQ(0x80000000 | 4 << 8 | VECTOR, s.events.redeliver);
	EXPECT_EQ(2, s.events.redeliver_length);
	EXPECT_EQ(0, traps->count[VECTOR]);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR_STACK - 0x1000, stack, 4096, 0));
	vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(code_rip(variant->mode) + 2, traps->rip);
}

/* The process takes the stack away, and gives it back after the fault. */
TEST_F(redelivery, to_a_hole)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *stack = memory_get(4096, 4096);

	SKIP_ON_KVM();
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR_STACK - 0x1000, stack, 4096, 0));
	begin(&self->cpu, variant->mode, nothing);
	traps->resume[VECTOR] = 1;
	far_stack(&self->cpu, variant->mode);
	enable_interrupts(&self->cpu);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EQ(0, munmap(stack, 4096));
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(VMR_FAULT_HOLE, self->cpu.exit.count);
	ASSERT_EXIT("memory-fault", &self->cpu);
	ASSERT_EQ(stack, mmap(stack, 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
}

/* What is to be delivered again is state: another vCPU can take it over. */
TEST_F(redelivery, on_another_vcpu)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *stack = memory_get(4096, 4096);
	struct vmr_state s;
	struct vcpu other;

	SKIP_ON_KVM();
	vcpu_create(&self->vm, 1, &other);
	begin(&self->cpu, variant->mode, int_n);
	traps->resume[VECTOR] = 1;
	far_stack(&self->cpu, variant->mode);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_get(&self->cpu, &s);
	vcpu_set(&other, VMR_STATE_ALL & ~VMR_STATE_EXIT, &s);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR_STACK - 0x1000, stack, 4096, 0));
	ASSERT_EXIT("hlt", &other);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(code_rip(variant->mode) + 2, traps->rip);
	vcpu_destroy(&other);
}

TEST_HARNESS_MAIN
