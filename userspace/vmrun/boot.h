/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how a guest begins: what lies where in its memory, and its first registers.
 *
 *	0x0500	GDT				0x20000	command line, up to 64 KB
 *	0x6000	PVH's start info		0xf0000	ACPI tables
 *	0x7000	Linux's zero page		the kernel: where it wants to be
 *	0x9000	page tables, to 0xf000		the initial RAM disk: as high as it may be
 *						modules: behind the multiboot image
 */
#ifndef VMRUN_BOOT_H
#define VMRUN_BOOT_H

#include <stdint.h>

#include <vmring.h>

#include "image.h"
#include "memory.h"
#include "multiboot.h"

struct options;

#define BOOT_GDT	0x500u
#define BOOT_GDT_END	0x540u
#define BOOT_PVH	0x6000u
#define BOOT_STACK	0x7000u		/* of flat images, downwards */
#define BOOT_ZERO_PAGE	0x7000u
#define BOOT_TABLES	0x9000u
#define BOOT_TABLES_END	0xf000u
#define BOOT_CMDLINE	0x20000u
#define BOOT_CMDLINE_MAX	0x10000u
#define BOOT_ACPI	MEMORY_TABLES

struct boot_module {
	struct image image;
	const char *text;	/* what the image is told: the file's name, and words */
};

/* What is loaded. */
struct boot {
	const struct memory *memory;
	const struct image *kernel;
	const struct image *initrd;	/* NULL: none */
	struct boot_module module[MULTIBOOT_MODULES];
	unsigned int modules;
	const char *cmdline;
	struct vmr_state *state;	/* as after reset; the groups below are changed */
};

#define BOOT_STATE	(VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL)

/**
 * boot_load() - put into memory what the options say
 * @options: what to run
 * @memory: where
 * @state: the registers after reset, changed to those it begins with
 *
 * Return: 0, or -1 (said why).
 */
int boot_load(const struct options *options, const struct memory *memory,
	      struct vmr_state *state);

/* The loaders. Each: 0, or -1 (said why). */
int boot_bzimage(const struct boot *boot);
int boot_pvh(const struct boot *boot);
int boot_multiboot(const struct boot *boot);
int boot_flat(const struct boot *boot, uint64_t at, int entry);

/* What they share. */

/**
 * boot_put() - copy something into guest memory
 * @boot: where
 * @what: for people
 * @gpa: address
 * @data: what
 * @size: how much
 *
 * Return: 0, or -1 (said why).
 */
int boot_put(const struct boot *boot, const char *what, uint64_t gpa, const void *data,
	     uint64_t size);

/**
 * boot_place_initrd() - put the initial RAM disk as high as it may be
 * @boot: where
 * @above: it lies above that
 * @limit: and ends at that, or below
 * @gpa: where it is now; 0 if there is none
 *
 * Return: 0, or -1 (said why).
 */
int boot_place_initrd(const struct boot *boot, uint64_t above, uint64_t limit, uint64_t *gpa);

/**
 * boot_long_mode() - 64-bit mode, the first 4 GB mapped to themselves
 * @boot: where, and the registers
 * @rip: where it begins
 */
void boot_long_mode(const struct boot *boot, uint64_t rip);

/**
 * boot_protected_mode() - 32-bit mode without paging, all segments flat
 * @boot: where, and the registers
 * @rip: where it begins
 */
void boot_protected_mode(const struct boot *boot, uint64_t rip);

#endif
