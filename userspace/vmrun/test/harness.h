/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the harness of vmrun's unit tests: TEST(name) { ... } in any file of this folder
 * is run; what it says with say() or fail() is kept instead of printed.
 */
#ifndef VMRUN_TEST_HARNESS_H
#define VMRUN_TEST_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"
#include "dev/pic.h"
#include "dev/power.h"
#include "irq.h"
#include "timer.h"

struct test {
	const char *name;
	void (*run)(void);
	struct test *next;
};

/**
 * test_add() - have a test run
 * @test: it
 */
void test_add(struct test *test);

/**
 * test_fail() - note that the running test failed, and say where
 * @file: source file
 * @line: line in it
 * @format: what was expected, as printf() has it
 */
void test_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/**
 * test_said() - what was said since the last call of this function
 *
 * Return: the lines, each with its end.
 */
const char *test_said(void);

#define TEST(function)							\
	static void function(void);					\
	static struct test function##_test = { #function, function, 0 };	\
	static void __attribute__((constructor)) function##_add(void)	\
	{								\
		test_add(&function##_test);				\
	}								\
	static void function(void)

#define EXPECT(condition)						\
	do {								\
		if (!(condition))					\
			test_fail(__FILE__, __LINE__, "%s", #condition);	\
	} while (0)

#define EXPECT_EQ(got, want)						\
	do {								\
		unsigned long long got_ = (got), want_ = (want);	\
									\
		if (got_ != want_)					\
			test_fail(__FILE__, __LINE__, "%s is %#llx, not %#llx", \
				  #got, got_, want_);			\
	} while (0)

/* One sentence was said, and it holds these words. */
#define EXPECT_SAID(words)	test_expect_said(__FILE__, __LINE__, words)

void test_expect_said(const char *file, int line, const char *words);

/* A bench for devices: buses, lines, a clock that the test turns, a power switch. */
struct bench {
	struct bus ports, mmio;
	struct irq irq;
	struct pic pic;
	bool intr;			/* the PIC's wire */
	struct timers timers;
	uint64_t now, wake_at;
	struct power power;
	unsigned int off, reset, debug_exit;	/* how often each was asked for */
	uint32_t value;
};

void bench_init(struct bench *bench);

/* Turn the clock, and call on the way what is due. */
void bench_advance(struct bench *bench, uint64_t ns);

void out8(struct bench *bench, uint16_t port, uint8_t value);
void out16(struct bench *bench, uint16_t port, uint16_t value);
void out32(struct bench *bench, uint16_t port, uint32_t value);
uint8_t in8(struct bench *bench, uint16_t port);
uint16_t in16(struct bench *bench, uint16_t port);
uint32_t in32(struct bench *bench, uint16_t port);

#endif
