// SPDX-License-Identifier: GPL-2.0
/*
 * Several vCPUs and VMs at once, and what comes at a vCPU from outside while it
 * runs: signals, kicks, other calls, a move to another CPU, the end of its process.
 */
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define VCPUS	6
#define VMS	3

/* Adds 1 to the data page RCX times. */
GUEST64(count_up,
	"1:	lock incq " NUMBER(GUEST_DATA) ";"
	"	dec	%rcx;"
	"	jnz	1b;"
	"	hlt");

/* For ever: counts the rounds in the data page. */
GUEST64(for_ever,
	"1:	incq	" NUMBER(GUEST_DATA) ";"
	"	jmp	1b");

static void set_rcx(struct vcpu *cpu, uint64_t value)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.gpr[VMR_RCX] = value;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

TEST_F(vm, vcpus_at_once)
{
	struct runner runners[VCPUS];
	struct vcpu cpus[VCPUS];
	int i;

	for (i = 0; i < VCPUS; i++) {
		vcpu_create(&self->vm, i + 1, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(count_up));
		set_rcx(&cpus[i], 20000);
	}
	for (i = 0; i < VCPUS; i++)
		runner_begin(&runners[i], &cpus[i]);
	for (i = 0; i < VCPUS; i++) {
		EXPECT_ERRNO(0, runner_end(&runners[i]));
		EXPECT_STREQ("hlt", exit_name(&cpus[i].exit));
	}
	EXPECT_EQ(20000 * VCPUS, *vm_data(&self->vm));
	for (i = 0; i < VCPUS; i++)
		vcpu_destroy(&cpus[i]);
}

static int stay_on(int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	return sched_setaffinity(0, sizeof(set), &set);
}

/* Where the vCPU ran there may be translations left, by the tables that it had then. */
TEST_F(vm, control_registers_are_set_on_another_cpu)
{
	struct vmr_state s;
	long long flushed;
	uint64_t value;
	int i;

	SKIP_ON_KVM();
	SKIP_IF_IT_MOVES();
	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU");
	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	for (i = 0; i < 3; i++) {
		set_rcx(&self->cpu, 1);
		vcpu_set_rip(&self->cpu, GUEST_CODE);
		ASSERT_EQ(0, stay_on(0));
		flushed = vcpu_counter(&self->cpu, "moves-to-another-cpu");
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(flushed + (i != 1),
			  vcpu_counter(&self->cpu, "moves-to-another-cpu"));
		if (!i)
			continue;
		vcpu_get(&self->cpu, &s);
		vcpu_set(&self->cpu, VMR_STATE_CONTROL, &s);
		ASSERT_EQ(0, stay_on(1));
		ASSERT_EQ(0, vcpu_get_msr(&self->cpu, 0x174, &value));
	}
	EXPECT_EQ(3, *vm_data(&self->vm));
}

/* Two vCPUs that wait for each other, with PAUSE, also on one CPU. */
GUEST64(hand_over,
	"1:	pause;"
	"	mov	" NUMBER(GUEST_DATA) ", %rax;"
	"	mov	%eax, %edx;"
	"	and	$1, %edx;"
	"	cmp	%edx, %ebx;"
	"	jne	1b;"
	"	incq	" NUMBER(GUEST_DATA) ";"
	"	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, vcpus_that_wait_for_each_other)
{
	struct runner runners[2];
	struct vcpu cpus[2];
	struct vmr_state s;
	int i;

	for (i = 0; i < 2; i++) {
		vcpu_create(&self->vm, i + 1, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(hand_over));
		vcpu_get(&cpus[i], &s);
		s.gpr[VMR_RCX] = 10;
		s.gpr[VMR_RBX] = i;
		vcpu_set(&cpus[i], VMR_STATE_REGS, &s);
	}
	for (i = 0; i < 2; i++)
		runner_begin(&runners[i], &cpus[i]);
	for (i = 0; i < 2; i++)
		EXPECT_ERRNO(0, runner_end(&runners[i]));
	EXPECT_EQ(20, *vm_data(&self->vm));
	for (i = 0; i < 2; i++)
		vcpu_destroy(&cpus[i]);
}

/*
 * A lock that is held nearly all the time, by vCPUs that share one CPU: who spins for it
 * lets one run that was preempted, among them the one that holds it. All begin at once:
 * a thread may take longer to make than a vCPU to be done.
 */
#define HOLDERS	4
#define ROUNDS	40
#define IN_LOCK	30000

GUEST64(take_lock,
	"1:	mov	$1, %eax;"
	"	xchg	%eax, " NUMBER(GUEST_DATA) " + 8;"
	"	test	%eax, %eax;"
	"	jz	3f;"
	"2:	pause;"
	"	cmpl	$0, " NUMBER(GUEST_DATA) " + 8;"
	"	jne	2b;"
	"	jmp	1b;"
	"3:	mov	$" NUMBER(IN_LOCK) ", %edx;"
	"4:	incq	" NUMBER(GUEST_DATA) ";"	/* no lock prefix */
	"	dec	%edx;"
	"	jnz	4b;"
	"	movl	$0, " NUMBER(GUEST_DATA) " + 8;"
	"	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, spinning_vcpus_let_others_run)
{
	struct vmr_supported supported = { .size = sizeof(supported) };
	struct runner runners[HOLDERS];
	struct vcpu cpus[HOLDERS];
	pthread_barrier_t together;
	long long passed = 0;
	cpu_set_t first;
	int i;

	SKIP_IF_IT_MOVES();
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first), &first));
	ASSERT_EQ(0, pthread_barrier_init(&together, NULL, HOLDERS));
	for (i = 0; i < HOLDERS; i++) {
		vcpu_create(&self->vm, i + 1, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(take_lock));
		set_rcx(&cpus[i], ROUNDS);
	}
	for (i = 0; i < HOLDERS; i++)
		runner_begin_together(&runners[i], &cpus[i], &together);
	for (i = 0; i < HOLDERS; i++) {
		EXPECT_ERRNO(0, runner_end(&runners[i]));
		EXPECT_STREQ("hlt", exit_name(&cpus[i].exit));
	}
	EXPECT_EQ(HOLDERS * ROUNDS * IN_LOCK, *vm_data(&self->vm));
	if (!vm_is_kvm()) {
		ASSERT_ERRNO(0, ioctl_errno(self->vm.dev, VMR_GET_SUPPORTED, &supported));
		for (i = 0; i < HOLDERS; i++)
			passed += vcpu_counter(&cpus[i], "turns-passed");
		if (supported.features & 1ull << VMR_FEATURE_PAUSE_LOOP_EXITING) {
			EXPECT_LT(2, passed);
		} else {
			EXPECT_EQ(0, passed);
		}
	}
	pthread_barrier_destroy(&together);
	for (i = 0; i < HOLDERS; i++)
		vcpu_destroy(&cpus[i]);
}

/*
 * Two vCPUs of one VM, in turn on one CPU, each with page tables of its own: what the
 * CPU keeps of one's translations isn't the other's (the simulator keeps none over VM
 * entries, so a wrong VPID shows on hardware only).
 */
GUEST64(read_own,
	"1:	mov	0x40000000, %rbx;"
	"	hlt;"
	"	jmp	1b");

TEST_F(vm, vcpus_with_tables_of_their_own)
{
	uint64_t *ram = (uint64_t *)self->vm.ram;
	struct vcpu cpus[2];
	struct vmr_state s;
	cpu_set_t first;
	int i, round;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first), &first));
	for (i = 0; i < 2; i++) {
		/* PML4, PDPT, PD, PT and the page, one after the other. */
		uint64_t at = 0x90000 + i * 0x8000;

		vcpu_create(&self->vm, i + 1, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(read_own));
		memcpy(ram + at / 8, ram + GUEST_PML4 / 8, 4096);
		memcpy(ram + (at + 0x1000) / 8, ram + GUEST_PDPT / 8, 4096);
		ram[at / 8] = (at + 0x1000) | 7;
		ram[(at + 0x1000) / 8 + 1] = (at + 0x2000) | 7;
		ram[(at + 0x2000) / 8] = (at + 0x3000) | 7;
		ram[(at + 0x3000) / 8] = (at + 0x4000) | 7;
		ram[(at + 0x4000) / 8] = 100 + i;
		vcpu_get(&cpus[i], &s);
		s.cr3 = at;
		vcpu_set(&cpus[i], VMR_STATE_CONTROL, &s);
	}
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 2; i++) {
			ASSERT_EXIT("hlt", &cpus[i]);
			EXPECT_EQ(100 + i, vcpu_gpr(&cpus[i], VMR_RBX));
		}
	}
	for (i = 0; i < 2; i++)
		vcpu_destroy(&cpus[i]);
}

/* The time that a guest runs is told as a guest's. */
static long guest_ticks(void)
{
	FILE *f = fopen("/proc/self/stat", "r");
	char line[1024], *field;
	long ticks = -1;
	int i;

	if (f && fgets(line, sizeof(line), f)) {
		/* The second field may hold blanks; guest_time is the 43rd. */
		field = strrchr(line, ')');
		for (i = 2; field && i < 43; i++)
			field = strchr(field + 1, ' ');
		if (field)
			ticks = strtol(field, NULL, 10);
	}
	if (f)
		fclose(f);
	return ticks;
}

/* VMs don't see each other; one thread runs them in turn. */
TEST_F(vm, vms_in_turn)
{
	struct vcpu cpus[VMS];
	struct vm vms[VMS];
	int i, round;

	for (i = 0; i < VMS; i++) {
		vm_create_with_ram(&vms[i], VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vms[i], 0, &cpus[i]);
	}
	for (round = 0; round < 5; round++) {
		for (i = 0; i < VMS; i++) {
			vcpu_start(&cpus[i], GUEST_LONG, guest(count_up));
			set_rcx(&cpus[i], 10 * (i + 1));
			ASSERT_EXIT("hlt", &cpus[i]);
		}
	}
	for (i = 0; i < VMS; i++) {
		EXPECT_EQ(50 * (i + 1), *vm_data(&vms[i]));
		vcpu_destroy(&cpus[i]);
		vm_destroy(&vms[i]);
	}
	EXPECT_EQ(0, *vm_data(&self->vm));
}

TEST_F(vm, vms_at_once)
{
	struct runner runners[VMS];
	struct vcpu cpus[VMS];
	struct vm vms[VMS];
	int i;

	for (i = 0; i < VMS; i++) {
		vm_create_with_ram(&vms[i], VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vms[i], 0, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(count_up));
		set_rcx(&cpus[i], 10000 * (i + 1));
	}
	for (i = 0; i < VMS; i++)
		runner_begin(&runners[i], &cpus[i]);
	for (i = 0; i < VMS; i++) {
		EXPECT_ERRNO(0, runner_end(&runners[i]));
		EXPECT_EQ(10000 * (i + 1), *vm_data(&vms[i]));
		vcpu_destroy(&cpus[i]);
		vm_destroy(&vms[i]);
	}
}

/* One vCPU, each RUN by another thread. */
TEST_F(vm, any_thread_may_run)
{
	struct runner runner;
	int i;

	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	for (i = 0; i < 5; i++) {
		vcpu_set_rip(&self->cpu, GUEST_CODE);
		set_rcx(&self->cpu, 10);
		runner_begin(&runner, &self->cpu);
		EXPECT_ERRNO(0, runner_end(&runner));
	}
	EXPECT_EQ(50, *vm_data(&self->vm));
}

/* ---- signals ---- */

static volatile int signals;

static void on_signal(int number)
{
	signals++;
}

static void catch(int number)
{
	const struct sigaction action = { .sa_handler = on_signal };

	sigaction(number, &action, NULL);
}

static void timer(long microseconds)
{
	const struct itimerval interval = { { 0, microseconds }, { 0, microseconds } };

	setitimer(ITIMER_REAL, &interval, NULL);
}

TEST_F(vm, signal)
{
	struct runner runner;

	catch(SIGUSR1);
	vcpu_start(&self->cpu, GUEST_LONG, guest(for_ever));
	runner_begin(&runner, &self->cpu);
	wait_while(vm_data(&self->vm), 0);
	pthread_kill(runner.thread, SIGUSR1);
	EXPECT_ERRNO(EINTR, runner_end(&runner));
	EXPECT_STREQ("interrupted", exit_name(&self->cpu.exit));
	EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_NEEDS_REPLY);
	EXPECT_EQ(1, signals);
}

TEST_F(vm, guest_time)
{
	const struct itimerval once = { { 0, 0 }, { 0, 200000 } };
	long per_second = sysconf(_SC_CLK_TCK), before;

	catch(SIGALRM);
	vcpu_start(&self->cpu, GUEST_LONG, guest(for_ever));
	before = guest_ticks();
	ASSERT_LE(0, before);
	setitimer(ITIMER_REAL, &once, NULL);
	ASSERT_EXIT("interrupted", &self->cpu);
	/* Half of what it had, and not more than there was: others run here, too. */
	EXPECT_LE(per_second / 10, guest_ticks() - before);
	EXPECT_GE(per_second, guest_ticks() - before);
}

/* Again and again; the guest goes on where it was. */
TEST_F(vm, storm_of_signals)
{
	const char *name;

	catch(SIGALRM);
	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	set_rcx(&self->cpu, 500000);
	timer(1000);
	do
		name = vcpu_next(&self->cpu);
	while (!strcmp("interrupted", name));
	timer(0);
	ASSERT_STREQ("hlt", name);
	EXPECT_EQ(500000, *vm_data(&self->vm));
	EXPECT_LE(2, signals);
}

/* A signal that is blocked is none. */
TEST_F(vm, blocked_signal)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	set_rcx(&self->cpu, 10);
	EXPECT_EXIT("hlt", &self->cpu);
}

TEST_F(vm, immediate_exit)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	set_rcx(&self->cpu, 10);
	self->cpu.control->immediate_exit = 1;
	EXPECT_EXIT("interrupted", &self->cpu);
	EXPECT_EXIT("interrupted", &self->cpu);
	EXPECT_EQ(0, *vm_data(&self->vm));
	EXPECT_EQ(GUEST_CODE, vcpu_rip(&self->cpu));
	self->cpu.control->immediate_exit = 0;
	EXPECT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(10, *vm_data(&self->vm));
}

/* It takes the reply and finishes the instruction all the same. */
GUEST64(one_out, "out %al, $0x80; hlt");

TEST_F(vm, immediate_exit_takes_the_reply)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(one_out));
	ASSERT_OUT(0x80, 0, &self->cpu);
	self->cpu.control->immediate_exit = 1;
	EXPECT_EXIT("interrupted", &self->cpu);
	EXPECT_EQ(GUEST_CODE + 2, vcpu_rip(&self->cpu));
	self->cpu.control->immediate_exit = 0;
	EXPECT_EXIT("hlt", &self->cpu);
}

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - began->tv_sec + (now.tv_nsec - began->tv_nsec) / 1e9;
}

/* A process whose guest loops with interrupts off is gone at once. */
static void killed_while(struct __test_metadata *_metadata, uint64_t features,
			 const uint8_t *code, size_t size)
{
	volatile uint64_t *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct timespec began;
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, features, GUEST_RAM);
		if (vm_slot(&vm, 1, 0x40000000, (void *)shared, 4096, 0))
			_exit(1);
		vcpu_create(&vm, 0, &cpu);
		vcpu_start(&cpu, GUEST_LONG, code, size);
		for (;;)
			vcpu_next(&cpu);
	}
	wait_while(shared, 0);
	clock_gettime(CLOCK_MONOTONIC, &began);
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_GT(2.0, seconds_since(&began));
}

GUEST64(shared_loop, "1: incq 0x40000000; jmp 1b");
GUEST64(shared_halt, "cli; incq 0x40000000; hlt; jmp .");

TEST_F(vm, killed_in_a_loop)
{
	killed_while(_metadata, VMR_VM_FEATURES, guest(shared_loop));
}

TEST_F(vm, killed_in_hlt)
{
	SKIP_ON_KVM();
	killed_while(_metadata, 0, guest(shared_halt));
}

/* ---- kicks ---- */

TEST_F(vm, kick)
{
	struct runner runner;
	uint64_t before;
	int i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(for_ever));
	for (i = 0; i < 10; i++) {
		before = *vm_data(&self->vm);
		runner_begin(&runner, &self->cpu);
		wait_while(vm_data(&self->vm), before);
		ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
		EXPECT_ERRNO(0, runner_end(&runner));
		EXPECT_STREQ("kicked", exit_name(&self->cpu.exit));
		EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_NEEDS_REPLY);
	}
}

/* One that comes between two RUNs isn't lost, and two are one. */
TEST_F(vm, kick_before_run)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(count_up));
	set_rcx(&self->cpu, 10);
	ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
	ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
	EXPECT_EXIT("kicked", &self->cpu);
	EXPECT_EQ(0, *vm_data(&self->vm));
	EXPECT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(10, *vm_data(&self->vm));
}

/* ---- other calls while RUN is in progress ---- */

TEST_F(vm, busy)
{
	struct vmr_msr msr = { .index = 0x277 };
	struct vmr_msrs msrs = { .size = sizeof(msrs), .msrs = (uintptr_t)&msr, .count = 1 };
	static struct vmr_state_args state = { .size = sizeof(state), .groups = 1 };
	struct vmr_cpuid_entry entry = { .leaf = 0x40000000 };
	struct vmr_cpuid cpuid = {
		.size = sizeof(cpuid), .entries = (uintptr_t)&entry, .count = 1,
	};
	void *other = memory_get(4096, 4096);
	struct runner runner;
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(for_ever));
	vcpu_get(&self->cpu, &s);
	runner_begin(&runner, &self->cpu);
	wait_while(vm_data(&self->vm), 0);
	EXPECT_ERRNO(EBUSY, ioctl_errno(self->cpu.fd, VMR_RUN, NULL));
	EXPECT_ERRNO(EBUSY, ioctl_errno(self->cpu.fd, VMR_GET_STATE, &state));
	EXPECT_ERRNO(EBUSY, vcpu_set_errno(&self->cpu, VMR_STATE_REGS, &s));
	EXPECT_ERRNO(EBUSY, ioctl_errno(self->cpu.fd, VMR_GET_MSRS, &msrs));
	EXPECT_ERRNO(EBUSY, ioctl_errno(self->cpu.fd, VMR_SET_MSRS, &msrs));
	EXPECT_ERRNO(EBUSY, ioctl_errno(self->cpu.fd, VMR_SET_CPUID, &cpuid));
	/* The VM's own calls go on, and so do events. */
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, 0x40000000, other, 4096, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, 0x40000000, other, 0, 0));
	EXPECT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("trap", exit_name(&self->cpu.exit));
	EXPECT_EQ(2, exit_value(&self->cpu));
}

/* An interrupt for a guest that runs on another CPU, or waits for this one. */
GUEST64(wait_for_interrupts,
	"	sti;"
	"1:	incq	" NUMBER(GUEST_DATA) ";"
	"	cmpl	$20, " NUMBER(GUEST_TRAPS) " + 4 * 0x30;"
	"	jb	1b;"
	"	hlt");

TEST_F(vm, interrupts_while_it_runs)
{
	struct runner runner;
	uint64_t before;
	int i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_for_interrupts));
	vm_traps(&self->vm)->resume[0x30] = 1;
	runner_begin(&runner, &self->cpu);
	for (i = 0; i < 20; i++) {
		before = *vm_data(&self->vm);
		ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, 0x30));
		while (vm_traps(&self->vm)->count[0x30] == (uint32_t)i)
			sched_yield();
		EXPECT_LE(before, *vm_data(&self->vm));
	}
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("hlt", exit_name(&self->cpu.exit));
	EXPECT_EQ(20, vm_traps(&self->vm)->count[0x30]);
}

/* ---- from CPU to CPU ---- */

/* A sum that every exit and every move must leave alone, with SSE in it. */
GUEST64(checksum,
	"	pxor	%xmm0, %xmm0;"
	"	mov	$1, %eax; movd %eax, %xmm1;"
	"1:	paddq	%xmm1, %xmm0;"
	"	lea	(%rax, %rcx), %rax;"
	"	mov	%rcx, " NUMBER(GUEST_DATA) ";"
	"	dec	%rcx;"
	"	jnz	1b;"
	"	movq	%xmm0, %rbx;"
	"	hlt");

static volatile bool stop_moving;

static void *move_around(void *data)
{
	pid_t tid = *(pid_t *)data;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int i;
	cpu_set_t set;

	for (i = 0; !stop_moving; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		sched_setaffinity(tid, sizeof(set), &set);
		sched_yield();
	}
	return NULL;
}

TEST_F(vm, moved_around)
{
	pid_t tid = getpid();
	struct vmr_state s;
	pthread_t mover;
	uint64_t n = 2000000;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU");
	vcpu_start(&self->cpu, GUEST_LONG, guest(checksum));
	set_rcx(&self->cpu, n);
	ASSERT_EQ(0, pthread_create(&mover, NULL, move_around, &tid));
	ASSERT_EXIT("hlt", &self->cpu);
	stop_moving = true;
	pthread_join(mover, NULL);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(n * (n + 1) / 2 + 1, s.gpr[VMR_RAX]);
	EXPECT_EQ(n, s.gpr[VMR_RBX]);
}

/* And with an exit to user space every few instructions. */
GUEST64(many_exits,
	"1:	out	%al, $0x80;"
	"	inc	%rax;"
	"	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

TEST_F(vm, moved_around_at_each_exit)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int i;
	cpu_set_t set;

	if (cpus < 2)
		SKIP(return, "there is one CPU");
	vcpu_start(&self->cpu, GUEST_LONG, guest(many_exits));
	set_rcx(&self->cpu, 100);
	for (i = 0; i < 100; i++) {
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		ASSERT_EQ(0, sched_setaffinity(0, sizeof(set), &set));
		ASSERT_OUT(0x80, i & 0xff, &self->cpu);
	}
	ASSERT_EXIT("hlt", &self->cpu);
}

TEST_HARNESS_MAIN
