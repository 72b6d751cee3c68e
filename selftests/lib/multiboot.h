/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the loading of multiboot images (version 1): ELF files of 32 or 64 bits, and
 * the header's own addresses. It knows no hypervisor: memory in, the first state of
 * a CPU out. Any thread, nothing is kept.
 */
#ifndef VMR_MULTIBOOT_H
#define VMR_MULTIBOOT_H

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

/* Where the image is to go: memory from guest-physical 0 on. */
struct multiboot_memory {
	void *ram;
	uint64_t size;
};

/* How the CPU begins: 32 bits, protected, no paging, flat segments, interrupts off. */
struct multiboot_start {
	uint32_t eip;
	uint32_t ebx;		/* the boot information */
};

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
