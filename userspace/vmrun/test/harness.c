// SPDX-License-Identifier: GPL-2.0
/* Owns the running of vmrun's unit tests: KTAP on stdout, exit status 1 if one failed. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "harness.h"
#include "say.h"

static struct test *tests;
static int failures;		/* of the running test */
static char said[65536];
static size_t said_size;

/* The command line names them, and asks what they can; nobody calls them here. */
static int serve(struct backend_vcpu *vcpu, int eventfd)
{
	return -1;
}

const struct backend backend_vmring = { .name = "vmring", .serve = serve };
const struct backend backend_kvm = { .name = "kvm" };

void test_add(struct test *test)
{
	struct test **at;

	for (at = &tests; *at && strcmp((*at)->name, test->name) < 0; at = &(*at)->next)
		;
	test->next = *at;
	*at = test;
}

void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	failures++;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
}

static void keep(const char *format, va_list args)
{
	int size = vsnprintf(said + said_size, sizeof(said) - said_size - 1, format, args);

	if (size < 0 || (size_t)size >= sizeof(said) - said_size - 1)
		abort();
	said_size += size;
	said[said_size++] = '\n';
	said[said_size] = '\0';
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(format, args);
	va_end(args);
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	keep(format, args);
	va_end(args);
	return -1;
}

const char *test_said(void)
{
	static char copy[sizeof(said)];

	memcpy(copy, said, said_size + 1);
	said_size = 0;
	said[0] = '\0';
	return copy;
}

void test_expect_said(const char *file, int line, const char *words)
{
	const char *text = test_said();

	if (!strstr(text, words))
		test_fail(file, line, "said \"%s\", not \"%s\"", text, words);
	if (strchr(text, '\n') != text + strlen(text) - 1)
		test_fail(file, line, "said \"%s\", which isn't one sentence", text);
}

/* ---- the bench ---- */

static void take_output(void *arg, bool level)
{
	struct bench *bench = arg;

	bench->intr = level;
}

static uint64_t tell_time(void *owner)
{
	struct bench *bench = owner;

	return bench->now;
}

static void set_alarm(void *owner, uint64_t deadline)
{
	struct bench *bench = owner;

	bench->wake_at = deadline;
}

static void take_event(void *arg, enum power_event event, uint32_t value)
{
	struct bench *bench = arg;

	bench->value = value;
	switch (event) {
	case POWER_OFF:
		bench->off++;
		break;
	case POWER_RESET:
		bench->reset++;
		break;
	case POWER_DEBUG_EXIT:
		bench->debug_exit++;
		break;
	}
}

/* The PICs as Linux sets them up: vectors 0x30 to 0x3f, nothing masked. */
static void set_up_pics(struct bench *bench)
{
	out8(bench, 0x20, 0x11);
	out8(bench, 0x21, 0x30);
	out8(bench, 0x21, 0x04);
	out8(bench, 0x21, 0x01);
	out8(bench, 0xa0, 0x11);
	out8(bench, 0xa1, 0x38);
	out8(bench, 0xa1, 0x02);
	out8(bench, 0xa1, 0x01);
	out8(bench, 0x21, 0x00);
	out8(bench, 0xa1, 0x00);
}

void bench_init(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	bench->now = 1000 * NS_PER_S;
	bench->wake_at = UINT64_MAX;
	bench->timers.now = tell_time;
	bench->timers.wake_at = set_alarm;
	bench->timers.owner = bench;
	bench->power.event = take_event;
	bench->power.arg = bench;
	bench->pic.output = take_output;
	bench->pic.arg = bench;
	bench->irq.pic = &bench->pic;
	pic_init(&bench->pic, &bench->ports);
	set_up_pics(bench);
}

void bench_advance(struct bench *bench, uint64_t ns)
{
	uint64_t end = bench->now + ns;

	while (bench->wake_at <= end) {
		if (bench->wake_at > bench->now)
			bench->now = bench->wake_at;
		timers_run(&bench->timers);
	}
	bench->now = end;
}

void out8(struct bench *bench, uint16_t port, uint8_t value)
{
	bus_write(&bench->ports, port, &value, sizeof(value));
}

void out16(struct bench *bench, uint16_t port, uint16_t value)
{
	bus_write(&bench->ports, port, &value, sizeof(value));
}

void out32(struct bench *bench, uint16_t port, uint32_t value)
{
	bus_write(&bench->ports, port, &value, sizeof(value));
}

/* A read that is mirrored finds what the device would answer. */
static void compare_with_mirror(const struct bus *bus, uint64_t addr, uint8_t value)
{
	unsigned int i;

	for (i = 0; i < bus->policies; i++) {
		const struct bus_policy *policy = &bus->policy[i];

		if (policy->mirrored && addr - policy->base < policy->size)
			EXPECT_EQ(bus->own_mirror[policy->mirror + (addr - policy->base)], value);
	}
}

uint8_t in8(struct bench *bench, uint16_t port)
{
	uint8_t value;

	bus_read(&bench->ports, port, &value, sizeof(value));
	compare_with_mirror(&bench->ports, port, value);
	return value;
}

uint16_t in16(struct bench *bench, uint16_t port)
{
	uint16_t value;

	bus_read(&bench->ports, port, &value, sizeof(value));
	return value;
}

uint32_t in32(struct bench *bench, uint16_t port)
{
	uint32_t value;

	bus_read(&bench->ports, port, &value, sizeof(value));
	return value;
}

/* Those whose names begin so, if that is told. */
int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : "";
	unsigned int count = 0, number = 0, failed = 0;
	struct test *test;

	for (test = tests; test; test = test->next)
		count += !strncmp(test->name, wanted, strlen(wanted));
	printf("KTAP version 1\n1..%u\n", count);
	for (test = tests; test; test = test->next) {
		if (strncmp(test->name, wanted, strlen(wanted)))
			continue;
		failures = 0;
		test->run();
		if (*test_said())
			test_fail(test->name, 0, "it said something that nobody looked at");
		failed += failures != 0;
		printf("%s %u %s\n", failures ? "not ok" : "ok", ++number, test->name);
	}
	printf("%u passed, %u failed\n", count - failed, failed);
	return failed || !count ? 1 : 0;
}
