// SPDX-License-Identifier: GPL-2.0
/* Owns the devices for tests. Callers hold the devices' lock. */
#include <stdlib.h>
#include <string.h>

#include "../bus.h"
#include "../say.h"
#include "test.h"

static uint64_t get(const uint8_t *from, unsigned int size)
{
	uint64_t value = 0;

	memcpy(&value, from, size);
	return value;
}

static uint64_t latch_read(void *dev, uint64_t offset, unsigned int size)
{
	struct test_device *test = dev;

	return get(test->latch + offset, size);
}

static void latch_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct test_device *test = dev;

	memcpy(test->latch + offset, &value, size);
}

static uint64_t window_read(void *dev, uint64_t offset, unsigned int size)
{
	struct test_device *test = dev;

	return get(test->window + offset, size);
}

static void window_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct test_device *test = dev;

	memcpy(test->window + offset, &value, size);
}

static const struct bus_ops latch_ops = { .unit = 4, .read = latch_read, .write = latch_write };
static const struct bus_ops window_ops = { .unit = 8, .read = window_read, .write = window_write };

int test_add_latch(struct test_device *test, struct bus *ports, uint16_t port)
{
	return bus_add(ports, "test-latch", port, sizeof(test->latch), &latch_ops, test);
}

int test_add_window(struct test_device *test, struct bus *mmio, uint64_t gpa, uint64_t size)
{
	test->window = calloc(1, size);
	if (!test->window)
		return fail("--test-mmio: no memory");
	return bus_add(mmio, "test-mmio", gpa, size, &window_ops, test);
}

void test_destroy(struct test_device *test)
{
	free(test->window);
	test->window = NULL;
}
