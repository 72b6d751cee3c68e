// SPDX-License-Identifier: GPL-2.0
/*
 * Served running: RUN stays in the kernel, and another thread answers each exit through
 * the ring. What RUN returns with, and when; and answers that are none.
 */
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "served.h"
#include "vm_backend.h"

#define FAR	0x30000000	/* nothing is there */
#define MSR	0x40000000	/* user space's */

/* ---- every exit ---- */

GUEST64(all_exits,
	"	mov	$0x42, %eax;"
	"	out	%al, $0x80;"
	"	in	$0x81, %al;"
	"	movzx	%al, %ebx;"
	"	mov	$0x500, %edx; mov $" NUMBER(GUEST_DATA) ", %esi; mov $4, %ecx; cld;"
	"	rep	outsb;"
	"	mov	$" NUMBER(GUEST_DATA) " + 8, %edi; mov $4, %ecx;"
	"	rep	insb;"
	"	mov	$0x30000000, %edi;"
	"	mov	(%rdi), %r8d;"
	"	mov	%r8, 8(%rdi);"
	"	addl	$1, 16(%rdi);"			/* two accesses */
	"	fnstsw	24(%rdi);"			/* not decoded: three bytes */
	"	mov	$7, %eax;"
	"	vmcall;"
	"	mov	%rax, %r9;"
	"	mov	$" NUMBER(MSR) ", %ecx;"
	"	rdmsr;"
	"	mov	%eax, %r10d;"
	"	wrmsr;"
	"	hlt;"
	"	sti;"
	"	nop;"
	"	cli;"
	"	out	%al, $0x82;"
	"	lidt	" NUMBER(GUEST_DATA) " + 0x100;"	/* no table at all */
	"	ud2");

static void make(struct vm *vm, struct vcpu *cpu)
{
	static const struct vmr_msr_range range = {
		.first = MSR, .count = 1, .on_read = VMR_MSR_USER, .on_write = VMR_MSR_USER,
	};

	vm_create_with_ram(vm, VMR_VM_FEATURES, GUEST_RAM);
	if (vm_msr_policy(vm, &range, 1))
		vm_die("VMR_SET_MSR_POLICY");
	vcpu_create(vm, 0, cpu);
}

TEST(every_exit)
{
	long long mark = klog_mark();
	struct vmr_state_area *area;
	struct served served;
	struct vcpu cpu_, *cpu = &cpu_;
	struct vm vm;

	make(&vm, cpu);
	area = (void *)cpu->area;
	memcpy((void *)vm_data(&vm), "exit", 4);
	vcpu_start(cpu, GUEST_LONG, guest(all_exits));
	vm_traps(&vm)->resume[48] = 1;
	cpu->area->wanted = VMR_STATE_REGS;
	served_begin(&served, cpu);
	ASSERT_SERVED_OUT(0x80, 0x42, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	served_answer_u64(cpu, 0x37);

	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(VMR_STATE_REGS, area->valid);
	EXPECT_EQ(0x37, area->state.gpr[VMR_RBX]);
	EXPECT_EQ(4, cpu->exit.count);
	EXPECT_EQ(0, memcmp((void *)cpu->bulk, "exit", 4));
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(4, cpu->exit.count);
	memcpy((void *)cpu->bulk, "done", 4);
	served_answer(cpu, NULL, 0);

	ASSERT_SERVED("mmio", cpu);
	EXPECT_EQ(0, memcmp((uint8_t *)vm_data(&vm) + 8, "done", 4));
	EXPECT_EQ(FAR, cpu->exit.addr);
	served_answer_u64(cpu, 0x55667788);
	ASSERT_SERVED("mmio", cpu);
	EXPECT_EQ(FAR + 8, cpu->exit.addr);
	EXPECT_EQ(0x55667788, exit_value(cpu));
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("mmio", cpu);
	EXPECT_EQ(FAR + 16, cpu->exit.addr);
	served_answer_u64(cpu, 41);
	ASSERT_SERVED("mmio", cpu);
	EXPECT_EQ(42, exit_value(cpu));
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("mmio", cpu);
	EXPECT_EQ(0, cpu->exit.size);
	served_answer_flags(cpu, VMR_REPLY_SKIP, 3);

	/* The answer is a register. */
	ASSERT_SERVED("hypercall", cpu);
	EXPECT_EQ(7, area->state.gpr[VMR_RAX]);
	area->state.gpr[VMR_RAX] = 8;
	area->dirty = VMR_STATE_REGS;
	served_pass(cpu);
	ASSERT_SERVED("msr", cpu);
	EXPECT_EQ(0, area->dirty);
	EXPECT_EQ(8, area->state.gpr[9]);
	served_answer_u64(cpu, 0x1234);
	ASSERT_SERVED("msr", cpu);
	EXPECT_EQ(0x1234, exit_value(cpu));
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("hlt", cpu);
	EXPECT_ERRNO(0, vcpu_inject(cpu, VMR_INJECT_EXTINT, 1));
	served_pass(cpu);
	ASSERT_SERVED("intack", cpu);
	EXPECT_ERRNO(0, vcpu_inject(cpu, VMR_INJECT_EXTINT, 0));
	served_answer_u64(cpu, 48);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(1, vm_traps(&vm)->count[48]);
	EXPECT_EQ(0, served.done);
	served_answer(cpu, NULL, 0);

	/* With this RUN returns: the thread that called it has to know. */
	ASSERT_SERVED("shutdown", cpu);
	EXPECT_ERRNO(0, served_end(&served));
	EXPECT_EQ(0, *need_kick(cpu));
	vcpu_destroy(cpu);
	vm_destroy(&vm);
	EXPECT_EQ(0, klog_tell_complaints(mark));
}

/* ---- a hole in memory, what can't be entered ---- */

GUEST64(reads_hole, "mov 0x40000000, %eax; hlt");

TEST_F(vm, memory_fault)
{
	void *page = memory_get(4096, 4096);
	struct vcpu *cpu = &self->cpu;
	struct served served;

	ASSERT_EQ(0, mprotect(page, 4096, PROT_NONE));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0x40000000, page, 4096, 0));
	vcpu_start(cpu, GUEST_LONG, guest(reads_hole));
	served_begin(&served, cpu);
	ASSERT_SERVED("memory-fault", cpu);
	ASSERT_EQ(0, mprotect(page, 4096, PROT_READ | PROT_WRITE));
	served_pass(cpu);
	ASSERT_SERVED("hlt", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

/* ---- inline and served, in turn ---- */

GUEST64(counts, "1: inc %eax; out %eax, $0x80; jmp 1b");

TEST_F(vm, inline_and_served_in_turn)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	struct served served;
	uint32_t i, wanted = 1;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	vcpu_get(cpu, &s);
	s.gpr[VMR_RAX] = 0;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	for (i = 0; i < 10; i++) {
		/* An exit that came inline is answered served, and the other way round. */
		ASSERT_EXIT("io", cpu);
		ASSERT_EQ(wanted++, exit_value(cpu));
		vcpu_answer(cpu, NULL, 0);
		served_begin(&served, cpu);
		ASSERT_SERVED("io", cpu);
		ASSERT_EQ(wanted++, exit_value(cpu));
		if (i & 1) {
			served_answer(cpu, NULL, 0);
			ASSERT_SERVED("io", cpu);
			ASSERT_EQ(wanted++, exit_value(cpu));
		}
		ASSERT_ERRNO(EAGAIN, served_stop(&served));
		vcpu_answer(cpu, NULL, 0);
	}
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(wanted, exit_value(cpu));
}

/* ---- what ends RUN ---- */

TEST_F(vm, signal_while_an_exit_waits)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	int i;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	for (i = 0; i < 3; i++) {
		EXPECT_ERRNO(EINTR, served_signal(&served));
		EXPECT_EQ(cpu->seq, *cpu->producer);
		served_begin(&served, cpu);
	}
	/* Also one that can't need a reply waits on: the guest mustn't run meanwhile. */
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

GUEST64(calls, "1: vmcall; out %eax, $0x80; jmp 1b");

TEST_F(vm, signal_while_a_hypercall_waits)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;

	vcpu_start(cpu, GUEST_LONG, guest(calls));
	cpu->area->wanted = VMR_STATE_REGS;
	served_begin(&served, cpu);
	ASSERT_SERVED("hypercall", cpu);
	EXPECT_ERRNO(EINTR, served_signal(&served));
	served_begin(&served, cpu);
	wait_asleep(served.tid);
	EXPECT_EQ(cpu->seq, *cpu->producer);
	cpu->area->state.gpr[VMR_RAX] = 0x77;
	cpu->area->dirty = VMR_STATE_REGS;
	served_pass(cpu);
	ASSERT_SERVED_OUT(0x80, 0x77, cpu);

	/* Inline it is over, as any exit that needs no reply. */
	ASSERT_SERVED("hypercall", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	ASSERT_OUT(0x80, 0x77, cpu);
}

TEST_F(vm, kick_while_an_exit_waits)
{
	struct vcpu *cpu = &self->cpu;
	long long kicks = vcpu_counter(cpu, "kicks");
	struct served served;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	wait_asleep(served.tid);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	EXPECT_EQ(kicks + 1, vcpu_counter(cpu, "kicks"));
	/* That kick is over. */
	served_begin(&served, cpu);
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("io", cpu);
	/* One that finds the answer there is told of as a kick of the guest. */
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EQ(0, ioctl(cpu->fd, VMR_KICK, 0));
	served_begin(&served, cpu);
	ASSERT_SERVED("kicked", cpu);
	EXPECT_ERRNO(0, served_end(&served));
	served_pass(cpu);
}

GUEST64(for_ever, "1: incq " NUMBER(GUEST_DATA) "; jmp 1b");

TEST_F(vm, kick_and_signal_of_a_guest_that_runs)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint64_t before;

	vcpu_start(cpu, GUEST_LONG, guest(for_ever));
	served_begin(&served, cpu);
	wait_while(vm_data(&self->vm), 0);
	EXPECT_ERRNO(0, served_stop(&served));
	ASSERT_SERVED("kicked", cpu);
	served_pass(cpu);

	before = *vm_data(&self->vm);
	served_begin(&served, cpu);
	wait_while(vm_data(&self->vm), before);
	EXPECT_ERRNO(EINTR, served_signal(&served));
	ASSERT_SERVED("interrupted", cpu);
	served_pass(cpu);

	cpu->control->immediate_exit = 1;
	before = *vm_data(&self->vm);
	served_begin(&served, cpu);
	EXPECT_ERRNO(EINTR, served_end(&served));
	ASSERT_SERVED("interrupted", cpu);
	EXPECT_EQ(before, *vm_data(&self->vm));
	cpu->control->immediate_exit = 0;
}

/* With which RUN returns, RUN doesn't wait for when it is called again. */
TEST_F(vm, what_run_returned_with_is_over)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	int i;

	vcpu_start(cpu, GUEST_LONG, guest(for_ever));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, ioctl(cpu->fd, VMR_KICK, 0));
		served_begin(&served, cpu);
		EXPECT_ERRNO(0, served_end(&served));
	}
	EXPECT_EQ(3, *cpu->producer - *cpu->consumer);
}

TEST_F(vm, killed_while_an_exit_waits)
{
	int status, ready[2];
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct served served;
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		vcpu_start(&cpu, GUEST_LONG, guest(counts));
		served_begin(&served, &cpu);
		served_next(&cpu);
		wait_asleep(served.tid);
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		served_end(&served);
		_exit(2);
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
}

/* ---- answers that are none ---- */

static void write_reply(struct vcpu *cpu, uint32_t seq, uint32_t flags, uint32_t reserved)
{
	cpu->reply->seq = seq;
	cpu->reply->flags = flags;
	cpu->reply->length = 0;
	cpu->reply->reserved = reserved;
}

TEST_F(vm, indices_that_cannot_be)
{
	struct vcpu *cpu = &self->cpu;
	const int32_t wrong[] = { 1, -2, 0x7fffffff, 1000 };
	struct served served;
	uint32_t seq;
	size_t i;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_EXIT("io", cpu);
	vcpu_answer(cpu, NULL, 0);
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	seq = cpu->seq;
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		__atomic_store_n(cpu->consumer, seq + wrong[i], __ATOMIC_RELEASE);
		served_wake(cpu);
		EXPECT_ERRNO(EPROTO, served_end(&served))
			TH_LOG("index %d", wrong[i]);
		EXPECT_EQ(seq, *cpu->producer);
		EXPECT_EQ(0, *need_kick(cpu));
		*cpu->consumer = seq - 1;
		served_begin(&served, cpu);
	}
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(seq + 1, cpu->exit.seq);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

/* The index has passed, and the reply is none: nothing happens until it is one. */
TEST_F(vm, bad_answers)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint32_t seq;
	int i;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	seq = cpu->seq;
	write_reply(cpu, seq - 1, 0, 0);
	served_pass(cpu);
	EXPECT_ERRNO(EPROTO, served_end(&served));
	for (i = 0; i < 4; i++) {
		write_reply(cpu, seq + (i == 0), i == 1 ? VMR_REPLY_GP : i == 2 ? 1u << 31 : 0,
			    i == 3);
		served_begin(&served, cpu);
		EXPECT_ERRNO(EPROTO, served_end(&served))
			TH_LOG("answer %d", i);
		EXPECT_EQ(seq, *cpu->producer);
	}
	write_reply(cpu, seq, 0, 0);
	cpu->area->dirty = 1ull << 63;
	served_begin(&served, cpu);
	EXPECT_ERRNO(EINVAL, served_end(&served));
	EXPECT_EQ(seq, *cpu->producer);
	cpu->area->dirty = 0;
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(seq + 1, cpu->exit.seq);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

GUEST64(reads_port, "1: in $0x80, %eax; out %eax, $0x81; jmp 1b");

/* What is written after the index has passed counts for nothing. */
TEST_F(vm, answered_twice)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint32_t i, other;

	vcpu_start(cpu, GUEST_LONG, guest(reads_port));
	served_begin(&served, cpu);
	for (i = 0; i < 5; i++) {
		ASSERT_SERVED("io", cpu);
		served_answer_u64(cpu, 0x1000 + i);
		ASSERT_SERVED("io", cpu);
		ASSERT_EQ(0x1000 + i, exit_value(cpu));
		/* The answer to the one before, once more. */
		other = cpu->exit.seq - 1;
		cpu->reply->seq = other;
		served_wake(cpu);
		served_answer(cpu, NULL, 0);
	}
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

/* ---- how it waits ---- */

TEST_F(vm, spins_or_sleeps)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	long long ticks;
	int i;

	ASSERT_ERRNO(0, set_ring(cpu, -1, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 0; i < 5; i++) {
		ASSERT_SERVED("io", cpu);
		wait_u32(need_kick(cpu), 1, true, "waiting for the vCPU to sleep");
		wait_asleep(served.tid);
		served_answer(cpu, NULL, 0);
	}
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	EXPECT_EQ(6, vcpu_counter(cpu, "reply-sleeps"));
	EXPECT_LT(0, vcpu_counter(cpu, "reply-sleep-ticks"));

	/* It is allowed a millisecond: who never answers has it sleep all the same. */
	ASSERT_ERRNO(0, set_ring(cpu, -1, 1000000));
	vcpu_answer(cpu, NULL, 0);
	ticks = vcpu_counter(cpu, "reply-spin-ticks");
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	wait_asleep(served.tid);
	EXPECT_EQ(1, *need_kick(cpu));
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	EXPECT_EQ(7, vcpu_counter(cpu, "reply-sleeps"));
	EXPECT_LT(ticks, vcpu_counter(cpu, "reply-spin-ticks"));
}

TEST_F(vm, busy_while_served)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	struct served served;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EBUSY, cpu->vm->backend->get(cpu, &s));
	EXPECT_ERRNO(EBUSY, set_ring(cpu, -1, 0));
	EXPECT_ERRNO(EBUSY, ioctl_errno(cpu->fd, VMR_RUN, (void *)VMR_RUN_SERVED));
	EXPECT_ERRNO(0, vcpu_inject(cpu, VMR_INJECT_NMI, 0));
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

/* ---- trace events ---- */

#define TRACEFS		"/sys/kernel/tracing/"

static bool put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");
	bool done;

	if (!f)
		return false;
	fputs(text, f);
	done = !fclose(f);
	return done;
}

/* Which of the events have come, a bit each. */
static unsigned int traced(const char *const *events, unsigned int count)
{
	FILE *f = fopen(TRACEFS "trace", "r");
	unsigned int i, found = 0;
	char line[512];

	while (f && fgets(line, sizeof(line), f))
		for (i = 0; i < count; i++)
			if (strstr(line, events[i]))
				found |= 1u << i;
	if (f)
		fclose(f);
	return found;
}

static void *wait_thread(void *data)
{
	struct served *waiter = data;
	struct vmr_wait args = { .size = sizeof(args), .seen = *waiter->cpu->producer };

	waiter->tid = syscall(SYS_gettid);
	waiter->err = ioctl(waiter->cpu->fd, VMR_WAIT, &args) < 0 ? errno : 0;
	return NULL;
}

TEST_F(vm, trace_events)
{
	static const char *const wanted[] = {
		"vmring_user_exit: vcpu 0 reason 1 addr 0x80 seq 1\n",
		"vmring_wake: vcpu 0 eventfd\n",
		"vmring_wait: vcpu 0 seq 1\n",
		"vmring_wake: vcpu 0 vcpu\n",
		"vmring_reply: vcpu 0 seq 1 flags 0x0\n",
		"vmring_wake: vcpu 0 waiters\n",
	};
	struct served served, waiter = { .cpu = &self->cpu };
	int file = eventfd(0, EFD_CLOEXEC);
	struct vcpu *cpu = &self->cpu;

	if (access(TRACEFS "events/vmring/enable", W_OK))
		SKIP(return, "this kernel has no trace events");
	ASSERT_ERRNO(0, set_ring(cpu, file, 0));
	cpu->control->need_wakeup = 1;
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_TRUE(put(TRACEFS "trace", ""));
	ASSERT_TRUE(put(TRACEFS "events/vmring/enable", "1"));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	wait_asleep(served.tid);
	ASSERT_EQ(0, pthread_create(&waiter.thread, NULL, wait_thread, &waiter));
	wait_u32((void *)&waiter.tid, 0, false, "a thread");
	wait_asleep(waiter.tid);
	served_answer(cpu, NULL, 0);
	EXPECT_ERRNO(0, served_end(&waiter));
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	ASSERT_TRUE(put(TRACEFS "events/vmring/enable", "0"));
	EXPECT_EQ((1u << ARRAY_SIZE(wanted)) - 1, traced(wanted, ARRAY_SIZE(wanted)));
	close(file);
}

/* State that is set while an exit waits ends it, or lets it wait on. */
TEST_F(vm, state_between_two_runs)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;
	struct served served;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	vcpu_get(cpu, &s);
	EXPECT_EQ(VMR_EXIT_IO, s.exit.reason);
	s.gpr[VMR_RAX] = 99;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	served_begin(&served, cpu);
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(100, exit_value(cpu));
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	served_pass(cpu);
	vcpu_set_rip(cpu, GUEST_CODE);
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_EQ(101, exit_value(cpu));
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

TEST_F(vm, bad_settings)
{
	/* size, flags, eventfd, high_water, delay_us, spin_ns */
	struct vmr_ring good = { sizeof(good), 0, 0, 63, 1000000, 1000000 };
	struct vmr_ring bad[] = {
		{ sizeof(good), 0, 0, 0, 1, 0 },
		{ sizeof(good), 0, 0, 64, 1, 0 },
		{ sizeof(good), 0, 0, 1, 0, 0 },
		{ sizeof(good), 0, 0, 1, 1000001, 0 },
		{ sizeof(good), 0, 0, 1, 1, 1000001 },
		{ sizeof(good), 2, 0, 1, 1, 0 },
		{ sizeof(good), 0, 3, 1, 1, 0 },
		{ sizeof(good), VMR_RING_EVENTFD, self->cpu.fd, 1, 1, 0 },
	};
	struct vmr_ring no_file = { sizeof(no_file), VMR_RING_EVENTFD, -1, 1, 1, 0 };
	struct vcpu *cpu = &self->cpu;
	size_t i;

	EXPECT_ERRNO(0, ioctl_errno(cpu->fd, VMR_SET_RING, &good));
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, ioctl_errno(cpu->fd, VMR_SET_RING, &bad[i]))
			TH_LOG("settings %zu", i);
	EXPECT_ERRNO(EBADF, ioctl_errno(cpu->fd, VMR_SET_RING, &no_file));
}

TEST_HARNESS_MAIN
