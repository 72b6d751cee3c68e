/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how tests serve a vCPU: a thread is in RUN, and the test itself takes the exits
 * and answers them.
 */
#ifndef VMR_TEST_SERVED_H
#define VMR_TEST_SERVED_H

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm.h"

#define PATIENCE_SECONDS	20

struct served {
	struct vcpu *cpu;
	pthread_t thread;
	volatile pid_t tid;
	volatile uint64_t done;
	int err;		/* of RUN */
};

static inline volatile uint32_t *need_kick(struct vcpu *cpu)
{
	return (volatile uint32_t *)(cpu->ro + cpu->header->need_kick_offset);
}

static inline void *served_thread(void *data)
{
	struct served *served = data;

	served->tid = syscall(SYS_gettid);
	served->err = ioctl_errno(served->cpu->fd, VMR_RUN, (void *)VMR_RUN_SERVED);
	served->done = 1;
	return NULL;
}

/* A thread that calls RUN once, served. */
static inline void served_begin(struct served *served, struct vcpu *cpu)
{
	memset(served, 0, sizeof(*served));
	served->cpu = cpu;
	errno = pthread_create(&served->thread, NULL, served_thread, served);
	if (errno)
		vm_die("pthread_create");
	while (!served->tid)
		sched_yield();
}

/* Its RUN's errno, when it has ended. */
static inline int served_end(struct served *served)
{
	pthread_join(served->thread, NULL);
	return served->err;
}

static inline int served_stop(struct served *served)
{
	ioctl(served->cpu->fd, VMR_KICK, 0);
	return served_end(served);
}

static inline void on_nothing(int number)
{
}

/* A signal that does nothing but arrive. */
static inline int served_signal(struct served *served)
{
	const struct sigaction action = { .sa_handler = on_nothing };

	sigaction(SIGUSR1, &action, NULL);
	syscall(SYS_tgkill, getpid(), served->tid, SIGUSR1);
	return served_end(served);
}

/* Waits until a u32 of shared memory has (not) a value; ends the test in time. */
static inline void wait_u32(volatile uint32_t *word, uint32_t value, bool equal,
			    const char *what)
{
	struct timespec began, now;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while ((__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) != equal) {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
		errno = ETIMEDOUT;
		if (now.tv_sec - began.tv_sec > PATIENCE_SECONDS)
			vm_die(what);
	}
}

/* The entry at the consumer's index, as cpu->exit. */
static inline void served_take(struct vcpu *cpu)
{
	uint32_t at = *cpu->consumer;

	memcpy(&cpu->exit, (const void *)&cpu->ring[at & (cpu->header->ring_entries - 1)],
	       sizeof(cpu->exit));
	cpu->seq = cpu->exit.seq;
	cpu->ran = true;
}

/* The next exit's name, when it has come. */
static inline const char *served_next(struct vcpu *cpu)
{
	wait_u32((void *)cpu->producer, *cpu->consumer, false, "waiting for an entry");
	served_take(cpu);
	return exit_name(&cpu->exit);
}

/* The consumer's half of the way to wake the vCPU. */
static inline void served_wake(struct vcpu *cpu)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (*need_kick(cpu) && ioctl(cpu->fd, VMR_KICK, VMR_KICK_WAKE))
		vm_die("VMR_KICK_WAKE");
}

static inline void served_answer(struct vcpu *cpu, const void *data, size_t size)
{
	vcpu_answer(cpu, data, size);
	served_wake(cpu);
}

static inline void served_answer_u64(struct vcpu *cpu, uint64_t value)
{
	served_answer(cpu, &value, sizeof(value));
}

static inline void served_answer_flags(struct vcpu *cpu, uint32_t flags, uint32_t length)
{
	vcpu_answer_flags(cpu, flags, length);
	served_wake(cpu);
}

/* An exit that needs no reply is over when the index has passed it. */
static inline void served_pass(struct vcpu *cpu)
{
	__atomic_store_n(cpu->consumer, *cpu->producer, __ATOMIC_RELEASE);
	served_wake(cpu);
}

static inline int set_ring(struct vcpu *cpu, int eventfd, uint32_t spin_ns)
{
	struct vmr_ring args = {
		.size = sizeof(args),
		.flags = eventfd >= 0 ? VMR_RING_EVENTFD : 0,
		.eventfd = eventfd >= 0 ? eventfd : 0,
		.high_water = 1,
		.delay_us = VMR_RING_DELAY_US,
		.spin_ns = spin_ns,
	};

	return ioctl_errno(cpu->fd, VMR_SET_RING, &args);
}

/* As ASSERT_EXIT and ASSERT_OUT of vm_test.h. */
#define ASSERT_SERVED(name, cpu)					\
	ASSERT_STREQ(name, served_next(cpu)) { printf("# exit %u\n", (cpu)->exit.reason); }

#define ASSERT_SERVED_OUT(port, value, cpu)				\
	do {								\
		ASSERT_SERVED("io", cpu);				\
		ASSERT_EQ(port, (cpu)->exit.addr);			\
		ASSERT_EQ(value, exit_value(cpu));			\
		served_answer(cpu, NULL, 0);				\
	} while (0)

#endif
