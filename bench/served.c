// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how round trips are measured in which another thread takes the exits, on a CPU of
 * its own. The figure is what the vCPU's CPU executes, spinning and sleeping included;
 * what the other one does is told beside it. A hypervisor that can't be used so takes
 * the exits in the vCPU's thread.
 *
 * The counts aren't exact: how the CPUs' instructions fall beside each other depends on
 * the simulator. So they are of a whole guest, less those of the same guest without the
 * instruction that exits, and medians.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"
#include "measure.h"

#define RUNS		5
#define VCPU_CPU	0
#define CONSUMER_CPU	1

enum cost { VCPU, CONSUMER, COSTS };

struct consumer {
	const struct bench_backend *backend;
	struct bench_vm *vm;
	enum bench_consumer how;
	pthread_barrier_t both_ready;
	uint64_t count;
};

/* A CPU's count has 32 bits: with several they share the register for the others. */
static uint32_t count_since(uint64_t before)
{
	return bench_count() - before;
}

static void go_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		perror("bench: two CPUs are needed");
		exit(1);
	}
}

static void *consumer_thread(void *data)
{
	struct consumer *consumer = data;
	uint64_t before;
	int error;

	go_to(CONSUMER_CPU);
	error = consumer->backend->prepare_consumer(consumer->vm, consumer->how, CONSUMER_CPU);
	pthread_barrier_wait(&consumer->both_ready);
	before = bench_count();
	if (!error)
		error = consumer->backend->consume(consumer->vm, consumer->how, GUEST_DONE);
	consumer->count = count_since(before);
	if (error) {	/* the vCPU waits for ever */
		bench_failed(consumer->backend, "taking exits", error);
		exit(1);
	}
	return NULL;
}

/* The guest to its end, by two threads. */
static int run_both(const struct bench_backend *backend, struct bench_vm *vm,
		    enum bench_consumer how, uint64_t count[COSTS])
{
	struct consumer consumer = { .backend = backend, .vm = vm, .how = how };
	pthread_t thread;
	uint64_t before;
	int error;

	pthread_barrier_init(&consumer.both_ready, NULL, 2);
	if (pthread_create(&thread, NULL, consumer_thread, &consumer))
		return bench_failed(backend, "a thread", -EAGAIN);
	pthread_barrier_wait(&consumer.both_ready);
	before = bench_count();
	error = backend->run_served(vm);
	count[VCPU] = count_since(before);
	if (error) {	/* the consumer waits for ever */
		bench_failed(backend, "running", error);
		exit(1);
	}
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&consumer.both_ready);
	count[CONSUMER] = consumer.count;
	return 0;
}

static int run_alone(const struct bench_backend *backend, struct bench_vm *vm,
		     uint64_t count[COSTS])
{
	uint64_t before = bench_count();
	long exits = bench_run_to_end(backend, vm);

	count[VCPU] = count_since(before);
	count[CONSUMER] = 0;
	return exits < 0 ? exits : 0;
}

/* One guest of its own. */
static int measure_run(const struct bench_backend *backend, const struct path *path,
		       const struct code *code, uint64_t count[COSTS])
{
	char *memory = bench_memory();
	struct bench_vm *vm;
	int error;

	if (!memory)
		return bench_failed(backend, "memory", -ENOMEM);
	error = backend->create(&vm);
	if (error) {
		bench_failed(backend, "creating a VM", error);
		goto out_memory;
	}
	error = bench_prepare(backend, vm, memory, code, path->batches);
	if (!error && path->consumer != BENCH_INLINE && backend->consume)
		error = run_both(backend, vm, path->consumer, count);
	else if (!error)
		error = run_alone(backend, vm, count);
	backend->destroy(vm);
out_memory:
	munmap(memory, GUEST_MEMORY);
	return error;
}

int bench_served(const struct bench_backend *backend, const struct path *path,
		 uint64_t *figure)
{
	const unsigned int rounds = path->batches * GUEST_ROUNDS;
	uint64_t costs[COSTS][RUNS], with[COSTS], without[COSTS];
	int error;

	go_to(VCPU_CPU);
	for (unsigned int i = 0; i < RUNS; i++) {
		error = measure_run(backend, path, &path->with, with);
		if (!error)
			error = measure_run(backend, path, &path->without, without);
		if (error)
			return error;
		for (int cost = 0; cost < COSTS; cost++)
			costs[cost][i] = (with[cost] - without[cost]) / rounds;
	}
	*figure = bench_median(costs[VCPU], RUNS);
	fprintf(stderr, "bench: %s: %s: on the other CPU %llu\n", backend->name, path->name,
		(unsigned long long)bench_median(costs[CONSUMER], RUNS));
	return 0;
}
