// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that changes under a guest that runs: no write is lost, nothing old is
 * seen, and no access goes where it may not.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "ept_test.h"

#define ROUNDS	30

/* Counts in the data page, reads and writes at FAR, for ever. */
GUEST64(guest_busy,
	"	mov	$0x40000000, %edi;"
	"1:	incq	" NUMBER(GUEST_DATA) ";"
	"	mov	(%rdi), %rax;"
	"	mov	%rax, " NUMBER(GUEST_DATA) " + 8;"
	"	incq	8(%rdi);"
	"	jmp	1b");

/* The same without the write. */
GUEST64(guest_reader,
	"	mov	$0x40000000, %edi;"
	"1:	incq	" NUMBER(GUEST_DATA) ";"
	"	mov	(%rdi), %rax;"
	"	mov	%rax, " NUMBER(GUEST_DATA) " + 8;"
	"	jmp	1b");

/* The guest has gone through its loop twice more: it has seen what is there now. */
static void let_it_run(struct vm *vm)
{
	uint64_t before = vm_data(vm)[0];

	wait_while(vm_data(vm), before);
	before = vm_data(vm)[0];
	wait_while(vm_data(vm), before);
	before = vm_data(vm)[0];
	wait_while(vm_data(vm), before);
}

static void stop(struct __test_metadata *_metadata, struct runner *runner)
{
	ASSERT_ERRNO(0, vcpu_kick(runner->cpu));
	EXPECT_ERRNO(0, runner_end(runner));
	EXPECT_STREQ("kicked", exit_name(&runner->cpu->exit)) { vcpu_tell(runner->cpu); }
}

TEST_F(vm, other_memory_under_a_running_guest)
{
	uint64_t *memory[2] = { memory_get(PAGE, PAGE), memory_get(PAGE, PAGE) };
	struct runner runner;
	int i;

	*memory[0] = 100;
	*memory[1] = 101;
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory[0], PAGE, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_busy));
	runner_begin(&runner, &self->cpu);
	for (i = 1; i <= ROUNDS; i++) {
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory[i & 1], PAGE, 0));
		let_it_run(&self->vm);
		ASSERT_EQ(100 + (i & 1), vm_data(&self->vm)[1]);
	}
	stop(_metadata, &runner);
}

TEST_F(vm, thrown_away_under_a_running_guest)
{
	uint64_t *memory = memory_get(PAGE, PAGE);
	struct runner runner;
	int i;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_reader));
	runner_begin(&runner, &self->cpu);
	for (i = 1; i <= ROUNDS; i++) {
		*(volatile uint64_t *)memory = i;
		let_it_run(&self->vm);
		ASSERT_EQ(i, vm_data(&self->vm)[1]);
		ASSERT_EQ(0, madvise(memory, PAGE, MADV_DONTNEED));
		let_it_run(&self->vm);
		ASSERT_EQ(0, vm_data(&self->vm)[1]);
	}
	stop(_metadata, &runner);
}

/* Children come and go: each makes the page one to be copied. */
TEST_F(vm, forks_under_a_running_guest)
{
	volatile uint64_t *memory = memory_get(PAGE, PAGE);
	struct runner runner;
	uint64_t before;
	int status, i;
	pid_t pid;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, (void *)memory, PAGE, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_busy));
	runner_begin(&runner, &self->cpu);
	let_it_run(&self->vm);
	for (i = 0; i < 10; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			/* What was there when it was made stays as it is. */
			before = memory[1];
			for (i = 0; i < 20; i++)
				sched_yield();
			_exit(memory[1] != before);
		}
		before = memory[1];
		let_it_run(&self->vm);
		EXPECT_LT(before, memory[1]);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	stop(_metadata, &runner);
	/* Once for each round, or one less if it was stopped in between. */
	EXPECT_GE(1, vm_data(&self->vm)[0] - memory[1]);
}

/* The slot goes while the guest reads it: an exit, and then it goes on. */
TEST_F(vm, deleted_under_a_running_guest)
{
	uint64_t *memory = memory_get(PAGE, PAGE);
	struct runner runner;
	int i;

	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_busy));
	for (i = 0; i < 10; i++) {
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
		runner_begin(&runner, &self->cpu);
		let_it_run(&self->vm);
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 0, 0));
		EXPECT_ERRNO(0, runner_end(&runner));
		ASSERT_STREQ("mmio", exit_name(&self->cpu.exit));
		vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
	}
	EXPECT_GE(1, vm_data(&self->vm)[0] - *word(memory, 8));
}

/* A thread that never stops to change the memory's protection. */
struct changer {
	uint8_t *memory;
	volatile bool stop;
	volatile uint64_t rounds;
};

/* The guest gets on a little each time. */
static void *change(void *data)
{
	struct changer *changer = data;
	uint64_t before;

	while (!changer->stop) {
		mprotect(changer->memory, PAGE, PROT_READ);
		sched_yield();
		before = *word(changer->memory, 0);
		mprotect(changer->memory, PAGE, PROT_READ | PROT_WRITE);
		while (!changer->stop && *word(changer->memory, 0) == before)
			sched_yield();
		changer->rounds++;
	}
	return NULL;
}

GUEST64(guest_count,
	"	mov	$0x40000000, %edi;"
	"1:	lock incq (%rdi);"
	"	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, protection_that_comes_and_goes)
{
	struct changer changer = { .memory = memory_get(PAGE, PAGE) };
	uint64_t counted = 0;
	const char *name;
	pthread_t thread;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, changer.memory, PAGE, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, change, &changer));
	/* With one CPU the other thread has to get its turn first. */
	do {
		guest_begin(&self->cpu, guest(guest_count), 0, 0, 300000);
		do {
			name = vcpu_next(&self->cpu);
			ASSERT_TRUE(!strcmp("hlt", name) ||
				    (!strcmp("memory-fault", name) &&
				     self->cpu.exit.count == VMR_FAULT_PROTECTED))
				TH_LOG("%s", name);
		} while (strcmp("hlt", name));
		counted += 300000;
	} while (changer.rounds < 2);
	changer.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(counted, *word(changer.memory, 0));
}

/* Several vCPUs fault at the same places at once. */
TEST_F(vm, faults_at_once)
{
	struct runner runners[4];
	struct vcpu cpus[4];
	uint8_t *memory = memory_get(128 * PAGE, PAGE);
	int i;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 128 * PAGE, 0));
	for (i = 0; i < 4; i++) {
		vcpu_create(&self->vm, i + 1, &cpus[i]);
		guest_begin(&cpus[i], guest(guest_fill), FAR, 0, 128);
	}
	for (i = 0; i < 4; i++)
		runner_begin(&runners[i], &cpus[i]);
	for (i = 0; i < 4; i++) {
		EXPECT_ERRNO(0, runner_end(&runners[i]));
		EXPECT_STREQ("hlt", exit_name(&cpus[i].exit));
		vcpu_destroy(&cpus[i]);
	}
	EXPECT_EQ(0, missing(&self->cpu, FAR, 128));
}

/* The change reaches a vCPU that runs on another CPU before the call is over. */
TEST_F(vm, two_vcpus_see_it)
{
	uint64_t *memory[2] = { memory_get(PAGE, PAGE), memory_get(PAGE, PAGE) };
	struct runner runner;
	struct vcpu other;
	uint64_t value;
	int i;

	*memory[0] = 200;
	*memory[1] = 201;
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory[0], PAGE, 0));
	vcpu_create(&self->vm, 1, &other);
	vcpu_start(&other, GUEST_LONG, guest(guest_reader));
	runner_begin(&runner, &other);
	for (i = 1; i <= 10; i++) {
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory[i & 1], PAGE, 0));
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
		ASSERT_EQ(200 + (i & 1), value);
		let_it_run(&self->vm);
		ASSERT_EQ(200 + (i & 1), vm_data(&self->vm)[1]);
	}
	stop(_metadata, &runner);
	vcpu_destroy(&other);
}

TEST_HARNESS_MAIN
