/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the loading of multiboot images (version 1): ELF files of 32 or 64 bits, and
 * the header's own addresses. It knows no hypervisor and no vmrun, so that tests can
 * use it alone: memory in, the first state of a CPU out. Any thread, nothing is kept.
 */
#ifndef VMRUN_MULTIBOOT_H
#define VMRUN_MULTIBOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MULTIBOOT_ERROR		160	/* room for a sentence */

/* What EAX holds when the image begins. */
#define MULTIBOOT_EAX		0x2badb002

struct multiboot_file {
	const void *data;
	size_t size;
	const char *text;	/* command line; NULL: none */
};

struct multiboot_range {
	uint64_t begin, end;
};

/* Where the image is to go: memory from guest-physical 0 on. */
struct multiboot_memory {
	void *ram;
	uint64_t size;		/* below 4 GB */
	uint64_t above_4g;	/* so much more there is from 4 GB on */
	const struct multiboot_range *taken;	/* nothing is loaded there; by address */
	unsigned int taken_count;
};

/* How the CPU begins: 32 bits, protected, no paging, flat segments, interrupts off. */
struct multiboot_start {
	uint32_t eip;
	uint32_t ebx;		/* the boot information */
};

#define MULTIBOOT_MODULES	16

/**
 * multiboot_is() - is it an image of this kind?
 * @data: the file
 * @size: its size
 *
 * Return: whether it has a multiboot header.
 */
bool multiboot_is(const void *data, size_t size);

/**
 * multiboot_load() - put an image, its modules and its boot information into memory
 * @memory: the guest's, zeroed
 * @image: the image and its command line
 * @modules: what it gets besides
 * @count: how many modules
 * @start: out: how it begins
 * @error: out: what is wrong, one sentence
 *
 * Return: 0, or -1 with @error set; memory may hold anything then.
 */
int multiboot_load(const struct multiboot_memory *memory, const struct multiboot_file *image,
		   const struct multiboot_file *modules, unsigned int count,
		   struct multiboot_start *start, char error[MULTIBOOT_ERROR]);

#endif
