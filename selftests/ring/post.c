// SPDX-License-Identifier: GPL-2.0
/*
 * Posted writes: every size and kind of instruction, to ports and to device memory; what
 * isn't wholly in a region, and what a region doesn't say, is an exit as ever.
 */
#include "kselftest_harness.h"
#include "ring_test.h"

/* ---- ports ---- */

GUEST64(out_each_size,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	$0x1122334455667788, %rax;"
	"	out	%al, (%dx);"
	"	out	%ax, (%dx);"
	"	out	%eax, (%dx);"
	"	hlt");

TEST_F(vm, ports)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_PORTS(7, PORT, 8));
	vcpu_start(cpu, GUEST_LONG, guest(out_each_size));
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0, cpu->exit.region);
	ASSERT_EQ(3, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_IO, PORT, 1, 0x88, 7);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_IO, PORT, 2, 0x7788, 7);
	EXPECT_POST(&cpu->posts[2], VMR_EXIT_IO, PORT, 4, 0x55667788, 7);
	for (i = 1; i < 3; i++)
		EXPECT_LT(cpu->posts[i - 1].stamp, cpu->posts[i].stamp);
	EXPECT_EQ(0x1122334455667788, vcpu_gpr(cpu, VMR_RAX));
	if (!vm_moves()) {
		EXPECT_EQ(3, vcpu_counter(cpu, "posts"));
	}
}

GUEST64(out_immediate, "mov $0x5a, %al; out %al, $0x80; out %eax, $0x80; hlt");

/* The last byte of a region is in it, an access that goes on behind isn't. */
TEST_F(vm, edges)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, 0x7f, 2));
	ASSERT_REGION(&self->vm, POSTED_PORTS(2, 0x81, 3));
	vcpu_start(cpu, GUEST_LONG, guest(out_immediate));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(4, cpu->exit.size);
	EXPECT_EQ(0, cpu->exit.region);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, cpu->exit.flags);
	ASSERT_EQ(1, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_IO, 0x80, 1, 0x5a, 1);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
}

GUEST64(in_and_out, "mov " IMM(PORT) ", %edx; in (%dx), %eax; out %eax, (%dx); hlt");

/* A read of a region whose writes are posted, and a region that says nothing. */
TEST_F(vm, reads_and_sync_regions)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(128, PORT, 4));
	vcpu_start(cpu, GUEST_LONG, guest(in_and_out));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(128, cpu->exit.region);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	vcpu_answer_u64(cpu, 0xabcd);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(1, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_IO, PORT, 4, 0xabcd, 128);

	ASSERT_REGION(&self->vm, { .region = 128, .addr = PORT, .length = 4 });
	vcpu_start(cpu, GUEST_LONG, guest(in_and_out));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(128, cpu->exit.region);
	vcpu_answer_u64(cpu, 0xabcd);
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(128, cpu->exit.region);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);

	ASSERT_REGION(&self->vm, DELETED(128));
	vcpu_start(cpu, GUEST_LONG, guest(in_and_out));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(0, cpu->exit.region);
	EXPECT_EQ(1, cpu->post_count);
}

GUEST16(out_16, "mov $0x300, %dx; mov $0x1234, %ax; out %ax, (%dx); hlt");
GUEST32(out_32, "mov $0x300, %dx; mov $0x12345678, %eax; out %eax, (%dx); hlt");

TEST_F(vm, other_modes)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	vcpu_start(cpu, GUEST_REAL, guest(out_16));
	ASSERT_EXIT("hlt", cpu);
	vcpu_start(cpu, GUEST_PAE32, guest(out_32));
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(2, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_IO, PORT, 2, 0x1234, 1);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_IO, PORT, 4, 0x12345678, 1);
}

/* TF's #DB comes behind the posted OUT, and STI's shadow ends with it. */
GUEST64(out_single_step,
	"	mov	" IMM(PORT) ", %edx;"
	"	pushf;"
	"	orl	$0x100, (%rsp);"
	"	popf;"
	"	out	%al, (%dx);"
	"	nop;"
	"	hlt");

TEST_F(vm, single_step)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	vcpu_start(cpu, GUEST_LONG, guest(out_single_step));
	vcpu_get(cpu, &s);
	ASSERT_TRAP(1, cpu);
	EXPECT_EQ(1, cpu->post_count);
	EXPECT_EQ(s.rip + (out_single_step_end - out_single_step) - 2,
		  vm_traps(&self->vm)->rip);
}

/* ---- strings ---- */

GUEST64(outs_each,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	%rdi, %rsi;"
	"	mov	%ecx, %ebx;"
	"	rep outsb;"
	"	mov	%ebx, %ecx;"
	"	rep outsw;"
	"	mov	%ebx, %ecx;"
	"	rep outsl;"
	"	outsb;"
	"	hlt");

#define ELEMENTS	300

/* In one run, so that in the end nothing waits: the exits are drains, until HLT. */
static const char *next_but_drains(struct vcpu *cpu)
{
	const char *name;

	do
		name = vcpu_next(cpu);
	while (!strcmp(name, "drain"));
	return name;
}

/* Over the end of a page; more than the ring has. */
TEST_F(vm, strings)
{
	uint8_t *data = self->vm.ram + GUEST_DATA + PAGE - 100;
	struct vcpu *cpu = &self->cpu;
	unsigned int i, size, n = 0;
	uint64_t value;

	for (i = 0; i < 7 * ELEMENTS + 1; i++)
		data[i] = i * 7 + i / 256;
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	begin(cpu, guest(outs_each), ELEMENTS, GUEST_DATA + PAGE - 100);
	ASSERT_STREQ("hlt", next_but_drains(cpu));
	ASSERT_EQ(3 * ELEMENTS + 1, cpu->post_count);
	for (size = 1; size <= 4; size *= 2) {
		for (i = 0; i < ELEMENTS; i++) {
			value = 0;
			memcpy(&value, data, size);
			EXPECT_POST(&cpu->posts[n], VMR_EXIT_IO, PORT, size, value, 1);
			data += size;
			n++;
		}
	}
	EXPECT_POST(&cpu->posts[n], VMR_EXIT_IO, PORT, 1, *data, 1);
	EXPECT_EQ(GUEST_DATA + PAGE - 100 + 7 * ELEMENTS + 1, vcpu_gpr(cpu, VMR_RSI));
	EXPECT_EQ(0, vcpu_gpr(cpu, VMR_RCX));
}

GUEST64(outs_down, "std; mov " IMM(PORT) ", %edx; mov %rdi, %rsi; rep outsw; hlt");

TEST_F(vm, strings_down)
{
	uint16_t *data = (uint16_t *)(self->vm.ram + GUEST_DATA);
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	for (i = 0; i < 8; i++)
		data[i] = 0x100 * i + 1;
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 2));
	begin(cpu, guest(outs_down), 8, GUEST_DATA + 14);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(8, cpu->post_count);
	for (i = 0; i < 8; i++)
		EXPECT_POST(&cpu->posts[i], VMR_EXIT_IO, PORT, 2, data[7 - i], 1);
}

/* Without room the rest of the string is one exit. */
TEST_F(vm, string_without_room)
{
	uint8_t *data = self->vm.ram + GUEST_DATA;
	struct vcpu small;
	unsigned int i;

	SKIP_IF_IT_MOVES();
	for (i = 0; i < 100; i++)
		data[i] = i;
	vcpu_create_ring(&self->vm, 1, 8, &small);
	ASSERT_ERRNO(0, vcpu_set_ring(&small, 7, 1000000));
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	begin(&small, guest(outs_each), 20, GUEST_DATA);
	/* Seven, and nobody consumes them: a drain takes the last slot. */
	ASSERT_ERRNO(0, run_errno(&small));
	ASSERT_EQ(8, *small.producer);
	EXPECT_EQ(VMR_EXIT_DRAIN, small.ring[7].reason);
	EXPECT_EQ(VMR_DRAIN_HIGH_WATER, small.ring[7].count);
	EXPECT_ERRNO(ENOSPC, run_errno(&small));
	vcpu_take_posts(&small, 1);
	ASSERT_ERRNO(0, run_errno(&small));
	ASSERT_EQ(9, *small.producer);
	EXPECT_EQ(VMR_EXIT_IO, small.ring[0].reason);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE | VMR_EXIT_STRING, small.ring[0].flags);
	EXPECT_EQ(13, small.ring[0].count);
	EXPECT_EQ(1, small.ring[0].region);
	for (i = 0; i < 13; i++)
		EXPECT_EQ(7 + i, small.bulk[i]);
	EXPECT_LT(0, vcpu_counter(&small, "posts-without-room"));
	vcpu_destroy(&small);
}

/* ---- device memory ---- */

GUEST64(store_each_size,
	"	mov	$0x1122334455667788, %rax;"
	"	mov	%al, (%rdi);"
	"	mov	%ax, (%rdi);"
	"	mov	%eax, (%rdi);"
	"	mov	%rax, (%rdi);"
	"	movb	$0x12, 3(%rdi);"
	"	movnti	%rax, 8(%rdi);"
	"	hlt");

TEST_F(vm, memory)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 16));
	begin(cpu, guest(store_each_size), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(6, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_MMIO, MMIO, 1, 0x88, 3);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_MMIO, MMIO, 2, 0x7788, 3);
	EXPECT_POST(&cpu->posts[2], VMR_EXIT_MMIO, MMIO, 4, 0x55667788, 3);
	EXPECT_POST(&cpu->posts[3], VMR_EXIT_MMIO, MMIO, 8, 0x1122334455667788, 3);
	EXPECT_POST(&cpu->posts[4], VMR_EXIT_MMIO, MMIO + 3, 1, 0x12, 3);
	EXPECT_POST(&cpu->posts[5], VMR_EXIT_MMIO, MMIO + 8, 8, 0x1122334455667788, 3);
	for (i = 1; i < 6; i++)
		EXPECT_LT(cpu->posts[i - 1].stamp, cpu->posts[i].stamp);
}

GUEST64(store_vector,
	"	mov	%cr4, %rax;"
	"	or	$0x200, %eax;"
	"	mov	%rax, %cr4;"
	"	movups	" NUMBER(GUEST_DATA) ", %xmm3;"
	"	movups	%xmm3, (%rdi);"
	"	movups	%xmm3, 9(%rdi);"
	"	hlt");

TEST_F(vm, vectors)
{
	uint8_t *data = self->vm.ram + GUEST_DATA;
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	for (i = 0; i < 16; i++)
		data[i] = 0xa0 + i;
	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 24));
	begin(cpu, guest(store_vector), 0, MMIO);
	/* The second one goes on behind the region. */
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(MMIO + 9, cpu->exit.addr);
	EXPECT_EQ(16, cpu->exit.size);
	EXPECT_EQ(0, cpu->exit.region);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(1, cpu->post_count);
	EXPECT_EQ(16, cpu->posts[0].size);
	EXPECT_EQ(0, memcmp(data, cpu->posts[0].data, 16));
	EXPECT_EQ(0, nonzero_behind(&cpu->posts[0]));
}

/* Read, change, write: the write is posted, behind a synchronous read. */
GUEST64(change, "lock addl $5, (%rdi); xchg %eax, (%rdi); hlt");

TEST_F(vm, read_and_post)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 4));
	begin(cpu, guest(change), 0, MMIO);
	set_gpr(cpu, VMR_RAX, 0x777);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(3, cpu->exit.region);
	vcpu_answer_u64(cpu, 1000);
	ASSERT_EXIT("mmio", cpu);
	ASSERT_EQ(1, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_MMIO, MMIO, 4, 1005, 3);
	vcpu_answer_u64(cpu, 0x888);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(2, cpu->post_count);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_MMIO, MMIO, 4, 0x777, 3);
	EXPECT_EQ(0x888, vcpu_gpr(cpu, VMR_RAX));
}

GUEST64(store_across, "mov $0x1122334455667788, %rax; mov %rax, -3(%rdi); hlt");

/* Two accesses: one of each page; one is posted, the other isn't. */
TEST_F(vm, across_pages)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, PAGE));
	begin(cpu, guest(store_across), 0, MMIO + PAGE);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(MMIO + PAGE, cpu->exit.addr);
	EXPECT_EQ(5, cpu->exit.size);
	EXPECT_EQ(0, cpu->exit.region);
	ASSERT_EQ(1, cpu->post_count);
	EXPECT_POST(&cpu->posts[0], VMR_EXIT_MMIO, MMIO + PAGE - 3, 3, 0x667788, 3);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);

	ASSERT_REGION(&self->vm, POSTED_MMIO(4, MMIO + PAGE, PAGE));
	begin(cpu, guest(store_across), 0, MMIO + PAGE);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(3, cpu->post_count);
	EXPECT_POST(&cpu->posts[1], VMR_EXIT_MMIO, MMIO + PAGE - 3, 3, 0x667788, 3);
	EXPECT_POST(&cpu->posts[2], VMR_EXIT_MMIO, MMIO + PAGE, 5, 0x1122334455, 4);
}

GUEST64(fill, "mov $0x42, %al; rep stosb; hlt");

/* Many times the ring, from within one instruction. */
TEST_F(vm, memory_strings)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, 400));
	begin(cpu, guest(fill), 400, MMIO);
	ASSERT_STREQ("hlt", next_but_drains(cpu));
	ASSERT_EQ(400, cpu->post_count);
	for (i = 0; i < 400; i++)
		EXPECT_POST(&cpu->posts[i], VMR_EXIT_MMIO, MMIO + i, 1, 0x42, 3);
}

/* Memory comes first: a region over it is none, but for writes to a read-only slot. */
TEST_F(vm, behind_slots)
{
	struct vcpu *cpu = &self->cpu;
	uint8_t *page = memory_get(PAGE, PAGE);

	ASSERT_REGION(&self->vm, POSTED_MMIO(3, MMIO, PAGE));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, MMIO, page, PAGE, 0));
	begin(cpu, guest(store_each_size), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0, cpu->post_count);
	EXPECT_EQ(0x88, page[0]);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, MMIO, page, PAGE, VMR_SLOT_READONLY));
	begin(cpu, guest(store_each_size), 0, MMIO);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(6, cpu->post_count);
}

/* ---- state ---- */

/* Posted entries are consumed before an exit can go elsewhere. */
TEST_F(vm, state_behind_posts)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_EXIT };
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 8));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 1000000));
	vcpu_start(cpu, GUEST_LONG, guest(out_each_size));
	ASSERT_ERRNO(0, run_errno(cpu));
	ASSERT_EQ(4, *cpu->producer);
	EXPECT_ERRNO(ENOTEMPTY, ioctl_errno(cpu->fd, VMR_GET_STATE, &args));
	*cpu->consumer = 2;
	EXPECT_ERRNO(ENOTEMPTY, ioctl_errno(cpu->fd, VMR_GET_STATE, &args));
	args.groups = VMR_STATE_ALL & ~VMR_STATE_EXIT;
	EXPECT_ERRNO(0, ioctl_errno(cpu->fd, VMR_GET_STATE, &args));
	args.groups = VMR_STATE_ALL;
	*cpu->consumer = 3;
	EXPECT_ERRNO(0, ioctl_errno(cpu->fd, VMR_GET_STATE, &args));
}

TEST_HARNESS_MAIN
