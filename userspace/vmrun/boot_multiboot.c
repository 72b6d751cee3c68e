// SPDX-License-Identifier: GPL-2.0
/*
 * Owns booting a multiboot image: multiboot.c puts it, its modules and its boot
 * information into memory; here is where that is, and the CPU's first registers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "image.h"
#include "multiboot.h"
#include "say.h"

/* What is there already, and what isn't memory. */
static const struct multiboot_range taken[] = {
	{ BOOT_GDT, BOOT_GDT_END },
	{ MEMORY_HOLE, MEMORY_HOLE_END },
	{ MEMORY_TABLES, MEMORY_1M },
};

/* The image's name is its command line's first word. */
static char *command_line(const struct boot *boot)
{
	char *line;

	if (asprintf(&line, "%s%s%s", boot->kernel->name, *boot->cmdline ? " " : "",
		     boot->cmdline) >= 0)
		return line;
	fail("no memory");
	return NULL;
}

static int load(const struct boot *boot, const char *line, struct multiboot_start *start)
{
	struct multiboot_memory memory = {
		.ram = memory_at(boot->memory, 0, 1), .size = boot->memory->below_4g,
		.above_4g = boot->memory->above_4g, .taken = taken,
		.taken_count = sizeof(taken) / sizeof(taken[0]),
	};
	struct multiboot_file image = {
		.data = boot->kernel->data, .size = boot->kernel->size, .text = line,
	};
	struct multiboot_file modules[MULTIBOOT_MODULES];
	char error[MULTIBOOT_ERROR];
	unsigned int i;

	for (i = 0; i < boot->modules; i++)
		modules[i] = (struct multiboot_file){
			.data = boot->module[i].image.data, .size = boot->module[i].image.size,
			.text = boot->module[i].text,
		};
	if (multiboot_load(&memory, &image, modules, boot->modules, start, error))
		return fail("%s: %s", boot->kernel->name, error);
	return 0;
}

int boot_multiboot(const struct boot *boot)
{
	struct multiboot_start start;
	char *line;
	int error;

	if (boot->initrd)
		return fail("--initrd is for Linux: a multiboot image gets files by --module");
	line = command_line(boot);
	if (!line)
		return -1;
	error = load(boot, line, &start);
	free(line);
	if (error)
		return error;
	boot_protected_mode(boot, start.eip);
	boot->state->gpr[VMR_RAX] = MULTIBOOT_EAX;
	boot->state->gpr[VMR_RBX] = start.ebx;
	return 0;
}
