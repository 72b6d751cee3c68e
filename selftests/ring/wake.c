// SPDX-License-Identifier: GPL-2.0
/*
 * Waking: a consumer that sleeps, in each of the ways in which it can, and a vCPU that
 * sleeps for its answer. No wake-up is lost, however the two meet. VMR_TEST_ROUNDS in the
 * environment says how often they do.
 */
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "served.h"
#include "uring.h"

GUEST64(counts, "xor %eax, %eax; 1: inc %eax; out %eax, $0x80; jmp 1b");

static unsigned int rounds(void)
{
	const char *wanted = getenv("VMR_TEST_ROUNDS");

	return wanted ? strtoul(wanted, NULL, 0) : 200;
}

/* ---- each way to wait for the next entry ---- */

struct waiter {
	struct vcpu *cpu;
	int eventfd;
	int epoll;
	struct io_uring uring;
};

static bool is_there(struct vcpu *cpu)
{
	return __atomic_load_n(cpu->producer, __ATOMIC_ACQUIRE) != *cpu->consumer;
}

/* Says that it sleeps, looks once more, sleeps. */
static void by_eventfd(struct waiter *w)
{
	uint64_t count;

	while (!is_there(w->cpu)) {
		__atomic_store_n(&w->cpu->control->need_wakeup, 1, __ATOMIC_SEQ_CST);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (is_there(w->cpu))
			break;
		if (read(w->eventfd, &count, sizeof(count)) != sizeof(count))
			vm_die("read of the eventfd");
	}
}

static void by_poll(struct waiter *w)
{
	struct pollfd file = { .fd = w->cpu->fd, .events = POLLIN };

	if (poll(&file, 1, PATIENCE_SECONDS * 1000) != 1 || file.revents != POLLIN)
		vm_die("poll");
}

static void by_epoll(struct waiter *w)
{
	struct epoll_event event;

	if (epoll_wait(w->epoll, &event, 1, PATIENCE_SECONDS * 1000) != 1)
		vm_die("epoll_wait");
}

static int wait_call(struct vcpu *cpu, uint32_t seen, uint32_t flags)
{
	struct vmr_wait args = { .size = sizeof(args), .flags = flags, .seen = seen };

	return ioctl(cpu->fd, VMR_WAIT, &args);
}

static void by_ioctl(struct waiter *w)
{
	if (wait_call(w->cpu, *w->cpu->consumer, 0) != 1)
		vm_die("VMR_WAIT");
}

static void by_ioctl_at_least(struct waiter *w)
{
	if (wait_call(w->cpu, *w->cpu->consumer, 0) < 1)
		vm_die("VMR_WAIT");
}

/* The call that waits wakes the vCPU, too. */
static void by_ioctl_that_wakes(struct waiter *w)
{
	if (wait_call(w->cpu, *w->cpu->consumer, VMR_WAIT_WAKE) != 1)
		vm_die("VMR_WAIT");
}

static void by_uring(struct waiter *w)
{
	uring_wait(&w->uring, w->cpu->fd, *w->cpu->consumer, VMR_WAIT_WAKE, 0);
	if (uring_result(&w->uring, NULL) != 1)
		vm_die("VMR_WAIT by way of io_uring");
}

/* Each answer races with the vCPU's going to sleep, each entry with the consumer's. */
static void ping_pong(struct __test_metadata *_metadata, struct vcpu *cpu,
		      void (*wait)(struct waiter *w), bool wakes, uint32_t spin_ns)
{
	struct waiter waiter = { .cpu = cpu };
	struct epoll_event event = { .events = EPOLLIN };
	uint32_t i, count = rounds();
	struct served served;

	waiter.eventfd = eventfd(0, EFD_CLOEXEC);
	waiter.epoll = epoll_create1(EPOLL_CLOEXEC);
	ASSERT_EQ(0, io_uring_queue_init(4, &waiter.uring, 0));
	if (wait == by_epoll)
		ASSERT_EQ(0, epoll_ctl(waiter.epoll, EPOLL_CTL_ADD, cpu->fd, &event));
	ASSERT_ERRNO(0, set_ring(cpu, waiter.eventfd, spin_ns));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 1; i <= count; i++) {
		wait(&waiter);
		ASSERT_TRUE(is_there(cpu));
		served_take(cpu);
		ASSERT_EQ(i, exit_value(cpu));
		vcpu_answer(cpu, NULL, 0);
		if (!wakes)
			served_wake(cpu);
	}
	wait(&waiter);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	served_pass(cpu);
	io_uring_queue_exit(&waiter.uring);
	close(waiter.epoll);
	close(waiter.eventfd);
}

#define PING_PONG(name, wait, wakes)					\
TEST_F(vm, name##_that_sleeps)						\
{									\
	ping_pong(_metadata, &self->cpu, wait, wakes, 0);		\
}									\
TEST_F(vm, name##_that_spins)						\
{									\
	ping_pong(_metadata, &self->cpu, wait, wakes, VMR_RING_SPIN_NS); \
}

PING_PONG(eventfd, by_eventfd, false)
PING_PONG(poll, by_poll, false)
PING_PONG(epoll, by_epoll, false)
PING_PONG(ioctl, by_ioctl, false)
PING_PONG(ioctl_and_wake, by_ioctl_that_wakes, true)
PING_PONG(uring, by_uring, true)

/* One that polls costs no wake-up at all. */
TEST_F(vm, a_polling_consumer_is_left_alone)
{
	int file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint64_t count;
	uint32_t i;

	ASSERT_ERRNO(0, set_ring(cpu, file, VMR_RING_SPIN_NS));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 1; i <= 20; i++)
		ASSERT_SERVED_OUT(0x80, i, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	EXPECT_EQ(0, vcpu_counter(cpu, "eventfd-wakes"));
	EXPECT_EQ(0, vcpu_counter(cpu, "waiter-wakes"));
	EXPECT_EQ(-1, read(file, &count, sizeof(count)));
	EXPECT_EQ(EAGAIN, errno);
	close(file);
}

/* Who has said that it sleeps is woken once, and has to say so again. */
TEST_F(vm, need_wakeup_is_taken)
{
	int file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct vcpu *cpu = &self->cpu;
	uint64_t count = 0;
	int i;

	SKIP_IF_IT_MOVES();
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	/* Without an eventfd nobody takes it. */
	cpu->control->need_wakeup = 1;
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(1, cpu->control->need_wakeup);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_ERRNO(0, set_ring(cpu, file, 0));
	for (i = 0; i < 3; i++) {
		ASSERT_EXIT("io", cpu);
		EXPECT_EQ(0, cpu->control->need_wakeup);
		vcpu_answer(cpu, NULL, 0);
	}
	EXPECT_EQ(8, read(file, &count, sizeof(count)));
	EXPECT_EQ(1, count);
	EXPECT_EQ(1, vcpu_counter(cpu, "eventfd-wakes"));
	/* One that has been taken back isn't signalled. */
	ASSERT_ERRNO(0, set_ring(cpu, -1, 0));
	cpu->control->need_wakeup = 1;
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(-1, read(file, &count, sizeof(count)));
	close(file);
}

/* ---- posted entries ---- */

#define PORT	0x300

/* Posts for ever, and hears of nothing. */
GUEST64(posts, "mov " IMM(PORT) ", %edx; xor %eax, %eax; 1: inc %eax; out %eax, (%dx); jmp 1b");

static void on_one_cpu(void)
{
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
}

/*
 * The consumer sleeps, and has the vCPU's own CPU. The guest doesn't keep it: the first
 * entry ends its time, not the next tick.
 */
TEST_F(vm, consumer_on_the_same_cpu)
{
	const struct sched_param first = { .sched_priority = 1 };
	struct waiter waiter = { .cpu = &self->cpu };
	unsigned int i, found, most = 0;
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint32_t next = 1;

	waiter.eventfd = eventfd(0, EFD_CLOEXEC);
	ASSERT_ERRNO(0, vm_region(&self->vm, &(struct vmr_region){
		.region = 1, .addr = PORT, .length = 4, .write = VMR_WRITE_POSTED,
	}));
	ASSERT_ERRNO(0, set_ring(cpu, waiter.eventfd, VMR_RING_SPIN_NS));
	vcpu_start(cpu, GUEST_LONG, guest(posts));
	on_one_cpu();
	served_begin(&served, cpu);
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	for (i = 0; i < 50; i++) {
		by_eventfd(&waiter);
		for (found = 0; is_there(cpu); found++) {
			served_take(cpu);
			ASSERT_EQ(next, exit_value(cpu));
			next++;
			cpu->reply->seq = cpu->exit.seq;
			__atomic_store_n(cpu->consumer, *cpu->consumer + 1, __ATOMIC_RELEASE);
			served_wake(cpu);
		}
		if (i && found > most)
			most = found;
	}
	EXPECT_GE(1, most);
	EXPECT_ERRNO(0, served_stop(&served));
	close(waiter.eventfd);
}

/* Those who wait hear of posted entries as of others. */
TEST_F(vm, posted_entries_wake)
{
	void (*const ways[])(struct waiter *w) = { by_eventfd, by_poll, by_ioctl_at_least };
	struct waiter waiter = { .cpu = &self->cpu };
	struct vcpu *cpu = &self->cpu;
	struct served served;
	uint32_t i, next = 1;

	waiter.eventfd = eventfd(0, EFD_CLOEXEC);
	ASSERT_ERRNO(0, vm_region(&self->vm, &(struct vmr_region){
		.region = 1, .addr = PORT, .length = 4, .write = VMR_WRITE_POSTED,
	}));
	ASSERT_ERRNO(0, set_ring(cpu, waiter.eventfd, 0));
	vcpu_start(cpu, GUEST_LONG, guest(posts));
	served_begin(&served, cpu);
	for (i = 0; i < rounds(); i++) {
		ways[i % ARRAY_SIZE(ways)](&waiter);
		while (is_there(cpu)) {
			served_take(cpu);
			ASSERT_EQ(next, exit_value(cpu));
			next++;
			cpu->reply->seq = cpu->exit.seq;
			__atomic_store_n(cpu->consumer, *cpu->consumer + 1, __ATOMIC_RELEASE);
			served_wake(cpu);
		}
	}
	/* It may be in the guest, or wait for an answer as the ring was full. */
	EXPECT_TRUE(!served_stop(&served) || served.err == EAGAIN);
	close(waiter.eventfd);
}

/* ---- VMR_WAIT ---- */

TEST_F(vm, wait_tells_how_many)
{
	struct vcpu *cpu = &self->cpu;

	SKIP_IF_IT_MOVES();
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_EXIT("io", cpu);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(2, wait_call(cpu, 0, 0));
	EXPECT_EQ(1, wait_call(cpu, 1, 0));
	EXPECT_EQ(3, wait_call(cpu, -1, VMR_WAIT_WAKE));
	/* An index that nobody can have seen. */
	EXPECT_EQ(0x7fffffff, wait_call(cpu, 3, 0));
}

static void *wait_thread(void *data)
{
	struct served *waiter = data;

	waiter->tid = syscall(SYS_gettid);
	waiter->err = wait_call(waiter->cpu, *waiter->cpu->producer, 0) < 0 ? errno : 0;
	waiter->done = 1;
	return NULL;
}

static void wait_begin(struct served *waiter, struct vcpu *cpu)
{
	memset(waiter, 0, sizeof(*waiter));
	waiter->cpu = cpu;
	pthread_create(&waiter->thread, NULL, wait_thread, waiter);
	while (!waiter->tid)
		sched_yield();
	wait_asleep(waiter->tid);
}

TEST_F(vm, wait_ends_for_a_signal)
{
	struct served waiter;

	wait_begin(&waiter, &self->cpu);
	EXPECT_ERRNO(EINTR, served_signal(&waiter));
}

/* Any number of them, with RUN inline too, and nobody is busy. */
TEST_F(vm, several_wait)
{
	struct vcpu *cpu = &self->cpu;
	struct served waiters[4];
	struct vmr_state s;
	int i;

	SKIP_IF_IT_MOVES();
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	for (i = 0; i < 4; i++)
		wait_begin(&waiters[i], cpu);
	vcpu_get(cpu, &s);
	ASSERT_EXIT("io", cpu);
	for (i = 0; i < 4; i++)
		EXPECT_ERRNO(0, served_end(&waiters[i]));
}

TEST_F(vm, bad_waits)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_wait args = { .size = sizeof(args), .seen = 1, .flags = 2 };

	EXPECT_ERRNO(EINVAL, ioctl_errno(cpu->fd, VMR_WAIT, &args));
	args.flags = 0;
	args.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(cpu->fd, VMR_WAIT, &args));
	args.reserved = 0;
	args.size = 7;
	EXPECT_ERRNO(EINVAL, ioctl_errno(cpu->fd, VMR_WAIT, &args));
	args.size = 4097;
	EXPECT_ERRNO(E2BIG, ioctl_errno(cpu->fd, VMR_WAIT, &args));
	EXPECT_ERRNO(EFAULT, ioctl_errno(cpu->fd, VMR_WAIT, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->vm.fd, VMR_WAIT, &args));
	args.size = sizeof(args);
	EXPECT_ERRNO(0, ioctl_errno(cpu->fd, VMR_WAIT, &args));
}

TEST_F(vm, another_process_waits)
{
	struct vmr_wait args = { .size = sizeof(args), .seen = 1 };
	struct pollfd file = { .fd = self->cpu.fd, .events = POLLIN };
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (ioctl_errno(self->cpu.fd, VMR_WAIT, &args) != EPERM ||
		    ioctl_errno(self->cpu.fd, VMR_SET_RING, &args) != EPERM ||
		    ioctl_errno(self->cpu.fd, VMR_KICK, (void *)VMR_KICK_WAKE) != EPERM)
			_exit(1);
		_exit(poll(&file, 1, 0) == 1 && file.revents == POLLERR ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* ---- poll ---- */

TEST_F(vm, poll_tells_what_is_unconsumed)
{
	struct pollfd file = { .fd = self->cpu.fd, .events = POLLIN };
	struct vcpu *cpu = &self->cpu;

	SKIP_IF_IT_MOVES();
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	EXPECT_EQ(0, poll(&file, 1, 0));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(1, poll(&file, 1, 0));
	EXPECT_EQ(POLLIN, file.revents);
	vcpu_answer(cpu, NULL, 0);
	EXPECT_EQ(0, poll(&file, 1, 0));
}

TEST_HARNESS_MAIN
