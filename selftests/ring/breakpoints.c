// SPDX-License-Identifier: GPL-2.0
/*
 * Breakpoints on ports and device memory whose accesses need no user space: posted
 * writes, doorbells, mirrors. #DB comes behind them as it does behind any other.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "ring_test.h"

#define DR7_FIXED	0x400
#define CR4_DE		0x8
/* Of DR0, enabled: what it is for, one byte. */
#define ON_WRITES	0x10001
#define ON_PORT		0x20001
#define ON_ACCESSES	0x30001

static void watch(struct vcpu *cpu, uint64_t at, uint64_t dr7, uint64_t cr4)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.dr[0] = at;
	s.dr7 = DR7_FIXED | dr7;
	s.cr4 = (s.cr4 & ~CR4_DE) | cr4;
	vcpu_set(cpu, VMR_STATE_DEBUG | VMR_STATE_CONTROL, &s);
}

/* Writes are posted, or ring; reads come from the mirror, whatever was posted. */
static struct vmr_region quick(uint64_t addr, uint32_t length, int bell, uint32_t flags)
{
	return (struct vmr_region){
		.region = 1, .flags = flags | VMR_REGION_RELAXED, .read = VMR_READ_MIRROR,
		.write = bell < 0 ? VMR_WRITE_POSTED : VMR_WRITE_DOORBELL,
		.eventfd = bell < 0 ? 0 : bell, .addr = addr, .length = length,
	};
}

static uint64_t rings(int bell)
{
	uint64_t count = 0;

	return read(bell, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

/* ---- ports ---- */

GUEST64(two_ports, "out %al, $0x81; in $0x81, %al; out %al, $0x80; nop; in $0x80, %al; nop; hlt");

#define BEHIND_OUT	6
#define BEHIND_IN	9

/* The first port isn't watched. */
static void expect_port_hits(struct __test_metadata *_metadata, struct vm *vm, struct vcpu *cpu)
{
	const unsigned int where[] = { BEHIND_OUT, BEHIND_IN };
	volatile struct guest_traps *traps = vm_traps(vm);
	unsigned int i;

	vcpu_start(cpu, GUEST_LONG, guest(two_ports));
	watch(cpu, 0x80, ON_PORT, CR4_DE);
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		ASSERT_TRAP(1, cpu);
		EXPECT_EQ(GUEST_CODE + where[i], traps->rip);
		EXPECT_EQ(1, traps->dr6 & 0x400f);
		vcpu_answer(cpu, NULL, 0);
	}
	ASSERT_EXIT("hlt", cpu);
}

TEST_F(vm, posted_and_mirrored_port)
{
	const struct vmr_region region = quick(0x80, 2, -1, 0);
	struct vcpu *cpu = &self->cpu;

	vm_mirror(&self->vm)[0] = 0x5a;
	ASSERT_ERRNO(0, vm_region(&self->vm, &region));
	expect_port_hits(_metadata, &self->vm, cpu);
	EXPECT_EQ(0x5a, vcpu_gpr(cpu, VMR_RAX) & 0xff);
	/* Each is made once. */
	EXPECT_EQ(2, cpu->post_count);
}

TEST_F(vm, doorbell_port)
{
	const int bell = eventfd(0, EFD_NONBLOCK);
	const struct vmr_region region = quick(0x80, 2, bell, 0);

	ASSERT_LE(0, bell);
	ASSERT_ERRNO(0, vm_region(&self->vm, &region));
	expect_port_hits(_metadata, &self->vm, &self->cpu);
	EXPECT_EQ(2, rings(bell));
	EXPECT_EQ(0, self->cpu.post_count);
	close(bell);
}

/* Without CR4.DE there are no breakpoints on ports. */
TEST_F(vm, port_without_extensions)
{
	const struct vmr_region region = quick(0x80, 2, -1, 0);
	struct vcpu *cpu = &self->cpu;

	ASSERT_ERRNO(0, vm_region(&self->vm, &region));
	vcpu_start(cpu, GUEST_LONG, guest(two_ports));
	watch(cpu, 0x80, ON_PORT, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(2, cpu->post_count);
}

GUEST64(outs, "mov " IMM(PORT) ", %edx; mov %rdi, %rsi; 1: rep outsb; hlt");

/* Element by element: behind each there is a #DB, with registers that say which. */
TEST_F(vm, posted_string)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vcpu *cpu = &self->cpu;
	unsigned int left;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 1));
	begin(cpu, guest(outs), 3, GUEST_DATA);
	watch(cpu, PORT, ON_PORT, CR4_DE);
	for (left = 3; left--;) {
		ASSERT_TRAP(1, cpu);
		EXPECT_EQ(left, vcpu_gpr(cpu, VMR_RCX));
		EXPECT_EQ(GUEST_DATA + 3 - left, vcpu_gpr(cpu, VMR_RSI));
		EXPECT_EQ(3 - left, cpu->post_count);
		EXPECT_EQ(1, traps->dr6 & 0x400f);
		vcpu_answer(cpu, NULL, 0);
	}
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(3, cpu->post_count);

	/* On the memory that one of them is read from. */
	begin(cpu, guest(outs), 3, GUEST_DATA);
	watch(cpu, GUEST_DATA + 1, ON_ACCESSES, 0);
	ASSERT_TRAP(1, cpu);
	EXPECT_EQ(1, vcpu_gpr(cpu, VMR_RCX));
	EXPECT_EQ(5, cpu->post_count);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(6, cpu->post_count);
}

/* ---- device memory ---- */

GUEST64(moves,
	"	mov	(%rdi), %eax;"			/* read alone */
	"	nop;"
	"	mov	%eax, 8(%rdi);"			/* written alone */
	"	nop;"
	"	incl	8(%rdi);"			/* both */
	"	nop;"
	"	cmpl	$0, 8(%rdi);"			/* read alone */
	"	nop;"
	"	mov	$3, %ecx;"
	"	lea	6(%rdi), %rdi;"
	"	rep stosb;"				/* the last one */
	"	nop;"
	"	hlt");

/* Each #DB, in order: where the guest was. */
struct hits {
	unsigned int count;
	struct {
		uint64_t rip, rcx, dr6;
	} hit[8];
};

static const char *take_hits(struct vcpu *cpu, struct hits *hits)
{
	volatile struct guest_traps *traps = vm_traps(cpu->vm);
	const char *name = next_in_time(cpu);

	for (hits->count = 0; !strcmp("trap", name); hits->count++) {
		if (traps->vector != 1 || hits->count == ARRAY_SIZE(hits->hit))
			return name;
		hits->hit[hits->count].rip = traps->rip;
		hits->hit[hits->count].rcx = vcpu_gpr(cpu, VMR_RCX);
		hits->hit[hits->count].dr6 = traps->dr6 & 0x400f;
		vcpu_answer(cpu, NULL, 0);
		name = next_in_time(cpu);
	}
	return name;
}

static const char *run_moves(struct vcpu *cpu, uint64_t dr7, struct hits *hits)
{
	begin(cpu, guest(moves), 0, MMIO);
	watch(cpu, MMIO + 8, dr7, 0);
	return take_hits(cpu, hits);
}

/* What RAM's accesses hit is the oracle: the CPU looks at those itself. */
static void expect_memory_hits(struct __test_metadata *_metadata, struct vm *vm,
			       struct vcpu *cpu, const struct vmr_region *region)
{
	const struct { uint64_t dr7; unsigned int count; } kinds[] = {
		{ ON_WRITES, 3 }, { ON_ACCESSES, 4 },
	};
	uint8_t *memory = memory_get(PAGE, PAGE);
	struct hits ram, device;
	unsigned int i, n;

	ASSERT_ERRNO(0, vm_region(vm, region));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		ASSERT_ERRNO(0, vm_slot(vm, 1, MMIO, memory, PAGE, 0));
		ASSERT_STREQ("hlt", run_moves(cpu, kinds[i].dr7, &ram));
		ASSERT_ERRNO(0, vm_slot(vm, 1, MMIO, memory, 0, 0));
		ASSERT_STREQ("hlt", run_moves(cpu, kinds[i].dr7, &device)) {
			vcpu_tell(cpu);
		}
		EXPECT_EQ(kinds[i].count, ram.count);
		ASSERT_EQ(ram.count, device.count);
		for (n = 0; n < ram.count; n++) {
			EXPECT_EQ(ram.hit[n].rip, device.hit[n].rip) TH_LOG("#DB %u", n);
			EXPECT_EQ(ram.hit[n].rcx, device.hit[n].rcx) TH_LOG("#DB %u", n);
			EXPECT_EQ(ram.hit[n].dr6, device.hit[n].dr6) TH_LOG("#DB %u", n);
		}
	}
}

/* Writes of one run of the guest: two, and three elements. */
#define WRITES		5

TEST_F(vm, posted_and_mirrored_memory)
{
	const struct vmr_region region = quick(MMIO, PAGE, -1, VMR_REGION_MMIO);

	expect_memory_hits(_metadata, &self->vm, &self->cpu, &region);
	EXPECT_EQ(2 * WRITES, self->cpu.post_count);
}

TEST_F(vm, doorbell_memory)
{
	const int bell = eventfd(0, EFD_NONBLOCK);
	const struct vmr_region region = quick(MMIO, PAGE, bell, VMR_REGION_MMIO);

	ASSERT_LE(0, bell);
	expect_memory_hits(_metadata, &self->vm, &self->cpu, &region);
	EXPECT_EQ(2 * WRITES, rings(bell));
	close(bell);
}

TEST_HARNESS_MAIN
