/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns devices for tests of instructions: a latch of eight ports that keeps what is
 * written to it, and memory that is reached as a device is.
 */
#ifndef VMRUN_DEV_TEST_H
#define VMRUN_DEV_TEST_H

#include <stdint.h>

struct bus;

/* By the devices' lock. */
struct test_device {
	uint8_t latch[8];
	uint8_t *window;
};

/**
 * test_add_latch() - put the latch on the bus
 * @test: zeroed, or with a window
 * @ports: the bus
 * @port: the first of its eight
 *
 * Return: 0, or -1.
 */
int test_add_latch(struct test_device *test, struct bus *ports, uint16_t port);

/**
 * test_add_window() - put the window on the bus
 * @test: zeroed, or with a latch
 * @mmio: the bus
 * @gpa: its first byte
 * @size: of it
 *
 * Return: 0, or -1.
 */
int test_add_window(struct test_device *test, struct bus *mmio, uint64_t gpa, uint64_t size);

/**
 * test_destroy() - give the window's memory back
 * @test: the devices
 */
void test_destroy(struct test_device *test);

#endif
