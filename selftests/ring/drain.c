// SPDX-License-Identifier: GPL-2.0
/*
 * When an inline RUN returns for posted entries alone: at the high-water mark, when one
 * has waited for long enough, before HLT waits.
 */
#include <time.h>

#include "kselftest_harness.h"
#define DELAYS_ARE_TESTED
#include "ring_test.h"

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

TEST_F(vm, high_water)
{
	const unsigned int marks[] = { 1, 3, 32, 63 };
	struct vcpu *cpu = &self->cpu;
	unsigned int i, left;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		ASSERT_ERRNO(0, vcpu_set_ring(cpu, marks[i], 1000000));
		cpu->post_count = 0;
		begin(cpu, guest(post_numbers), 70, 0);
		for (left = 70; left >= marks[i]; left -= marks[i]) {
			ASSERT_EXIT("drain", cpu);
			EXPECT_EQ(VMR_DRAIN_HIGH_WATER, cpu->exit.count);
			EXPECT_EQ(0, cpu->exit.flags);
			ASSERT_EQ(70 - left + marks[i], cpu->post_count);
		}
		ASSERT_EXIT("hlt", cpu);
		EXPECT_EQ(70, cpu->post_count);
	}
	if (!vm_moves())
		EXPECT_EQ(70 + 70 / 3 + 70 / 32 + 70 / 63,
			  vcpu_counter(cpu, "drains-high-water"));
}

/* Posts once, and then looks at memory, without an exit, until there is something. */
GUEST64(post_and_spin,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"1:	cmpq	$0, " NUMBER(GUEST_DATA) ";"
	"	je	1b;"
	"	out	%al, (%dx);"
	"	hlt");

/* Not before its time, and not long after it: what a loaded machine needs is allowed. */
#define GRACE_US	500000

TEST_F(vm, delay)
{
	const unsigned int delays[] = { 200, 1000, 20000 };
	struct vcpu *cpu = &self->cpu;
	unsigned int i;
	uint64_t began, took;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, delays[i]));
		*vm_data(&self->vm) = 0;
		cpu->post_count = 0;
		vcpu_start(cpu, GUEST_LONG, guest(post_and_spin));
		began = now_us();
		ASSERT_EXIT("drain", cpu);
		took = now_us() - began;
		EXPECT_EQ(VMR_DRAIN_DELAY, cpu->exit.count);
		EXPECT_EQ(1, cpu->post_count);
		EXPECT_LE(delays[i], took);
		EXPECT_GE(delays[i] + GRACE_US, took);
		*vm_data(&self->vm) = 1;
		/* The second one is consumed with HLT, long before its time. */
		ASSERT_EXIT("hlt", cpu);
		EXPECT_EQ(2, cpu->post_count);
	}
	if (!vm_moves())
		EXPECT_EQ(3, vcpu_counter(cpu, "drains-delay"));
}

/* What RUN finds waiting counts, too, from when RUN begins. */
TEST_F(vm, delay_of_what_was_left)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	*vm_data(&self->vm) = 0;
	vcpu_start(cpu, GUEST_LONG, guest(post_and_spin));
	ASSERT_ERRNO(0, run_errno(cpu));
	ASSERT_EQ(2, *cpu->producer);
	/* Nobody has consumed anything. */
	ASSERT_ERRNO(0, run_errno(cpu));
	ASSERT_EQ(3, *cpu->producer);
	EXPECT_EQ(VMR_EXIT_DRAIN, cpu->ring[2].reason);
	EXPECT_EQ(VMR_DRAIN_DELAY, cpu->ring[2].count);
	*vm_data(&self->vm) = 1;
	vcpu_take_posts(cpu, 3);
	ASSERT_EXIT("hlt", cpu);
}

/* No drain for entries that are gone: the timer finds nothing, and is quiet. */
GUEST64(post_in_and_spin,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"	in	(%dx), %al;"
	"	mov	$2000000, %ecx;"
	"1:	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, consumed_in_time)
{
	struct vcpu *cpu = &self->cpu;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 500));
	vcpu_start(cpu, GUEST_LONG, guest(post_in_and_spin));
	do {
		/* A host that was busy elsewhere may have been late for the IN. */
		vcpu_next(cpu);
	} while (cpu->exit.reason == VMR_EXIT_DRAIN);
	ASSERT_STREQ("io", exit_name(&cpu->exit));
	vcpu_answer_u64(cpu, 0);
	ASSERT_EXIT("hlt", cpu);
}

/* Posts what is taken at once, is busy until its timer has been, and posts again. */
GUEST64(post_in_spin_and_post,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"	in	(%dx), %al;"
	"	mov	$2000000, %ecx;"
	"1:	dec	%ecx;"
	"	jnz	1b;"
	"	out	%al, (%dx);"
	"2:	cmpq	$0, " NUMBER(GUEST_DATA) ";"
	"	je	2b;"
	"	hlt");

/* A timer that has found nothing is started again by the next entry. */
TEST_F(vm, posted_after_a_quiet_time)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 500));
	for (i = 1; i <= 3; i++) {
		*vm_data(&self->vm) = 0;
		cpu->post_count = 0;
		vcpu_start(cpu, GUEST_LONG, guest(post_in_spin_and_post));
		do {
			/* A host that was busy elsewhere may have been late for the IN. */
			vcpu_next(cpu);
		} while (cpu->exit.reason == VMR_EXIT_DRAIN);
		ASSERT_STREQ("io", exit_name(&cpu->exit));
		ASSERT_EQ(1, cpu->post_count);
		vcpu_answer_u64(cpu, 0);
		/* It would never come if the timer were thought to run. */
		ASSERT_EXIT("drain", cpu);
		EXPECT_EQ(VMR_DRAIN_DELAY, cpu->exit.count);
		EXPECT_EQ(2, cpu->post_count);
		*vm_data(&self->vm) = 1;
		ASSERT_EXIT("hlt", cpu);
	}
}

/* The timer of a long delay is still set for entries that are gone. */
TEST_F(vm, delay_becomes_shorter)
{
	struct vcpu *cpu = &self->cpu;
	uint64_t began, took;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 1000000));
	vcpu_start(cpu, GUEST_LONG, guest(post_in_and_spin));
	ASSERT_EXIT("io", cpu);
	vcpu_answer_u64(cpu, 0);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 200));
	vcpu_start(cpu, GUEST_LONG, guest(post_and_spin));
	began = now_us();
	ASSERT_EXIT("drain", cpu);
	took = now_us() - began;
	EXPECT_GE(200 + GRACE_US, took);
	*vm_data(&self->vm) = 1;
	ASSERT_EXIT("hlt", cpu);
}

GUEST64(post_and_wait,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"	cli;"
	"	hlt;"
	"	out	%al, (%dx);"
	"	ud2");

/* Before it waits in HLT, RUN returns; the next RUN waits. */
TEST(halt)
{
	struct runner runner;
	struct vcpu cpu;
	struct vm vm;

	vm_create_with_ram(&vm, 0, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	ASSERT_REGION(&vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(&cpu, 32, 1000000));
	vcpu_start(&cpu, GUEST_LONG, guest(post_and_wait));
	ASSERT_EXIT("drain", &cpu);
	EXPECT_EQ(VMR_DRAIN_HALT, cpu.exit.count);
	EXPECT_EQ(1, cpu.post_count);
	runner_begin(&runner, &cpu);
	wait_asleep(runner.tid);
	ASSERT_ERRNO(0, vcpu_inject(&cpu, VMR_INJECT_NMI, 0));
	/* The NMI's handler ends at TRAP_PORT. */
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("trap", exit_name(&cpu.exit));
	EXPECT_EQ(1, cpu.post_count);
	vcpu_answer(&cpu, NULL, 0);
	/* Goes on behind HLT. */
	ASSERT_EXIT("trap", &cpu);
	EXPECT_EQ(2, cpu.post_count);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

/* A HLT that doesn't wait needs none. */
GUEST64(post_and_go_on,
	"	mov	" IMM(PORT) ", %edx;"
	"	out	%al, (%dx);"
	"	hlt;"
	"	ud2");

TEST(halt_that_does_not_wait)
{
	struct vcpu cpu;
	struct vm vm;

	vm_create_with_ram(&vm, 0, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	ASSERT_REGION(&vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(&cpu, 32, 1000000));
	vcpu_start(&cpu, GUEST_LONG, guest(post_and_go_on));
	vm_traps(&vm)->resume[2] = 1;
	ASSERT_ERRNO(0, vcpu_inject(&cpu, VMR_INJECT_NMI, 0));
	/* Taken before the first instruction; then HLT waits: one more is needed. */
	ASSERT_EXIT("drain", &cpu);
	ASSERT_ERRNO(0, vcpu_inject(&cpu, VMR_INJECT_NMI, 0));
	ASSERT_EXIT("trap", &cpu);
	EXPECT_EQ(6, exit_value(&cpu));
	EXPECT_EQ(2, vm_traps(&vm)->count[2]);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

/* A drain isn't lost when something else ends RUN first. */
TEST_F(vm, kicked_at_the_mark)
{
	struct vcpu *cpu = &self->cpu;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 2, 1000000));
	begin(cpu, guest(post_numbers), 3, 0);
	ASSERT_ERRNO(0, run_errno(cpu));
	ASSERT_EQ(3, *cpu->producer);
	EXPECT_EQ(VMR_EXIT_DRAIN, cpu->ring[2].reason);
	/* Nobody consumes; the kick comes first, and then what still waits. */
	ASSERT_ERRNO(0, vcpu_kick(cpu));
	ASSERT_ERRNO(0, run_errno(cpu));
	EXPECT_EQ(VMR_EXIT_KICKED, cpu->ring[3].reason);
	ASSERT_ERRNO(0, run_errno(cpu));
	EXPECT_EQ(VMR_EXIT_IO, cpu->ring[4].reason);
	EXPECT_EQ(VMR_EXIT_POSTED | VMR_EXIT_WRITE, cpu->ring[4].flags);
	EXPECT_EQ(VMR_EXIT_DRAIN, cpu->ring[5].reason);
	vcpu_take_posts(cpu, 6);
	ASSERT_EXIT("hlt", cpu);
}

TEST_F(vm, bad_settings)
{
	const uint32_t marks[] = { 0, 64, 65, 0x80000000, 0xffffffff };
	const uint32_t delays[] = { 0, 1000001, 0xffffffff };
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(marks); i++)
		EXPECT_ERRNO(EINVAL, vcpu_set_ring(cpu, marks[i], 1000));
	for (i = 0; i < ARRAY_SIZE(delays); i++)
		EXPECT_ERRNO(EINVAL, vcpu_set_ring(cpu, 32, delays[i]));
	EXPECT_ERRNO(0, vcpu_set_ring(cpu, 1, 1));
	EXPECT_ERRNO(0, vcpu_set_ring(cpu, 63, 1000000));
}

TEST_HARNESS_MAIN
