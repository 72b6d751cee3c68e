/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what the files that measure have in common. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "backend.h"

struct code {
	const char *begin, *end;
};

struct path {
	const char *name;
	int (*measure)(const struct bench_backend *backend, const struct path *path,
		       uint64_t *figure);
	struct code with, without;
	unsigned int batches;
	struct bench_place place;
	enum bench_consumer consumer;
};

/* bench.c; those that return an int return 0 or a negative errno, and have said why. */
uint64_t bench_median(uint64_t *values, size_t count);
int bench_failed(const struct bench_backend *backend, const char *what, int error);
char *bench_memory(void);
int bench_prepare(const struct bench_backend *backend, struct bench_vm *vm, char *memory,
		  const struct code *code, unsigned int batches);
long bench_run_to_end(const struct bench_backend *backend, struct bench_vm *vm);

/* count.c: instructions of this CPU in the lab, else cycles. */
uint64_t bench_count(void);
int bench_count_command(const char *name, char *const *command);

/* served.c: with a CPU of its own for who takes the exits. */
int bench_served(const struct bench_backend *backend, const struct path *path,
		 uint64_t *figure);

#endif
