/* SPDX-License-Identifier: GPL-2.0 */
/* Owns vmrun's command line. */
#ifndef VMRUN_OPTS_H
#define VMRUN_OPTS_H

#include <stdbool.h>
#include <stdint.h>

#include "console.h"
#include "exitq.h"
#include "memory.h"
#include "multiboot.h"

struct backend;

enum entry_mode {
	ENTRY_16,
	ENTRY_32,
	ENTRY_64,
};

/* Constant after opts_parse(). */
struct options {
	const struct backend *backend;
	enum exits_mode exits;
	const char *kernel, *initrd, *cmdline;
	const char *module[MULTIBOOT_MODULES];	/* FILE[ WORDS] of each --module */
	unsigned int modules;
	const char *flat;		/* FILE of --flat */
	uint64_t flat_at;
	enum entry_mode entry;
	uint64_t memory;		/* bytes */
	enum memory_pages pages;
	enum console_kind console;
	const char *console_path;
	int debug_exit;			/* port, -1: none */
	int test_latch;			/* the same */
	uint64_t test_mmio, test_mmio_size;
	bool reboot, stats;
};

/**
 * opts_parse() - understand the command line
 * @options: what is filled in
 * @argc: as main() has it
 * @argv: the same; options point into it
 *
 * Return: -1: go on; else a status to end with (said why).
 */
int opts_parse(struct options *options, int argc, char **argv);

#endif
