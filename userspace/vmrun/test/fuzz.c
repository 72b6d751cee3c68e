// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the fuzzing of the loaders: images that are right but for some bytes or their
 * length are loaded, or refused in one sentence. ASan sees to it that nothing is read
 * beyond the file, or written outside of the guest's memory.
 */
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "dice.h"
#include "harness.h"
#include "image.h"
#include "images.h"
#include "opts.h"

#define COUNT_OF(array)	(sizeof(array) / sizeof((array)[0]))

#define ROUNDS		1500
#define MEMORY_SIZE	(20 * MB)
#define HEADERS		0x480u		/* all that a loader looks at lies before */
#define FIELDS		0x80u		/* and most of it in so many bytes from these on */

static const size_t fields[] = { 0, 0x40, 0x1e8, NOTE_AT, HEADER_AT };

static uint8_t *ram;
static struct memory memory;
static unsigned int loaded;

/* The hole isn't memory: it may not be touched. */
static void make_memory(void)
{
	ram = malloc(MEMORY_SIZE);
	memory = (struct memory){
		.part = {
			{ .gpa = 0, .size = MEMORY_HOLE, .host = ram },
			{
				.gpa = MEMORY_HOLE_END, .size = MEMORY_SIZE - MEMORY_HOLE_END,
				.host = ram + MEMORY_HOLE_END,
			},
		},
		.count = 2, .below_4g = MEMORY_SIZE,
	};
	ASAN_POISON_MEMORY_REGION(ram + MEMORY_HOLE, MEMORY_HOLE_END - MEMORY_HOLE);
}

static void free_memory(void)
{
	ASAN_UNPOISON_MEMORY_REGION(ram + MEMORY_HOLE, MEMORY_HOLE_END - MEMORY_HOLE);
	free(ram);
}

/* Numbers at which sums wrap, and those just beside what is right. */
static uint64_t nasty(void)
{
	static const uint64_t numbers[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xfffff000,
		0xffffffff, ~0ull, ~0ull - 4095, 0x9fc00, 0xa0000, 0xf0000, MB, MEMORY_SIZE,
		MEMORY_SIZE - 1, BOOT_GDT, BOOT_TABLES,
	};
	uint64_t number = numbers[roll() % COUNT_OF(numbers)];

	return number + roll() % 5 - 2;
}

static void doctor(size_t size)
{
	unsigned int changes = 1 + roll() % 4;

	while (changes--) {
		size_t width = 1u << roll() % 4;
		size_t at = roll() % (HEADERS - width);
		uint64_t value = roll() & 1 ? nasty() : roll();

		if (roll() & 3)
			at = fields[roll() % COUNT_OF(fields)] + roll() % FIELDS;
		if (roll() & 1)
			at &= ~(width - 1);
		if (at + width <= size)
			memcpy(file + at, &value, width);
	}
}

static void load(size_t size, int (*loader)(const struct boot *boot))
{
	static uint8_t disk[3000];
	uint8_t *copy = malloc(size);
	struct image kernel = { .name = "kernel", .data = copy, .size = size };
	struct image initrd = { .name = "initrd", .data = disk, .size = sizeof(disk) };
	struct vmr_state state = { 0 };
	struct boot boot = {
		.memory = &memory, .kernel = &kernel, .cmdline = "console=ttyS0", .state = &state,
	};

	memcpy(copy, file, size);
	if (loader != boot_multiboot && roll() & 1)
		boot.initrd = &initrd;
	if (loader(&boot))
		test_expect_said(__FILE__, __LINE__, "");
	else
		loaded++;
	free(copy);
}

/* Some are whole, some cut, and all but the first are doctored. */
static void fuzz(void (*make)(void), size_t whole, int (*loader)(const struct boot *boot))
{
	uint64_t rounds = dice_rounds(ROUNDS), round;

	loaded = 0;
	make_memory();
	for (round = 0; round < rounds; round++) {
		size_t size = whole;

		make();
		if (round && !(roll() & 3))
			size = 1 + roll() % whole;
		if (round)
			doctor(size);
		load(size, loader);
	}
	free_memory();
	/* What is always refused would look at little. */
	EXPECT(loaded > rounds / 20);
}

TEST(fuzz_bzimage)
{
	fuzz(make_bzimage, SETUP_SIZE + CODE_SIZE, boot_bzimage);
}

TEST(fuzz_pvh)
{
	fuzz(make_elf, ELF_SIZE, boot_pvh);
}

TEST(fuzz_multiboot32)
{
	fuzz(make_multiboot32, MULTIBOOT_SIZE, boot_multiboot);
}

TEST(fuzz_multiboot64)
{
	fuzz(make_multiboot64, MULTIBOOT_SIZE, boot_multiboot);
}

TEST(fuzz_multiboot_addresses)
{
	fuzz(make_multiboot_addresses, MULTIBOOT_SIZE, boot_multiboot);
}

/* Of a flat image nothing is looked at: it is the place that can be wrong. */
static int flat_somewhere(const struct boot *boot)
{
	return boot_flat(boot, roll() & 1 ? nasty() : roll() % MEMORY_SIZE, roll() % 3);
}

TEST(fuzz_flat)
{
	fuzz(make_bzimage, SETUP_SIZE + CODE_SIZE, flat_somewhere);
}
