// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the block that the loader ROM hands to an image: Linux's zero page, the
 * command line, identity page tables of 4 GiB, and the entry point.
 *
 *   zeropage ENTRY CMDLINE [BZIMAGE INITRD-AT INITRD-SIZE] > block
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/port.h"

#define PAGE		4096
#define PRESENT_WRITE	3ull
#define LARGE		0x80ull

/* Offsets in the zero page, by the kernel's boot protocol. */
#define SETUP_HEADER	0x1f1
#define VID_MODE	0x1fa
#define HEADER_LENGTH	0x201
#define LOADER_TYPE	0x210
#define RAMDISK_IMAGE	0x218
#define RAMDISK_SIZE	0x21c
#define CMD_LINE	0x228

static unsigned char block[LAB_ENTRY - LAB_ZEROPAGE + PAGE];

static void put(size_t offset, uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		block[offset + i] = (unsigned char)(value >> (8 * i));
}

static int copy_setup_header(const char *path)
{
	unsigned char head[PAGE];
	FILE *f = fopen(path, "rb");
	size_t end;

	if (!f || fread(head, 1, sizeof(head), f) != sizeof(head) ||
	    memcmp(head + 0x202, "HdrS", 4)) {
		fprintf(stderr, "zeropage: %s is not a Linux bzImage\n", path);
		return -1;
	}
	fclose(f);
	end = 0x202 + head[HEADER_LENGTH];
	memcpy(block + SETUP_HEADER, head + SETUP_HEADER, end - SETUP_HEADER);
	return 0;
}

static void identity_tables(void)
{
	size_t pml4 = LAB_TABLES - LAB_ZEROPAGE, pdpt = pml4 + PAGE, pd = pdpt + PAGE;

	put(pml4, (LAB_TABLES + PAGE) | PRESENT_WRITE, 8);
	for (size_t i = 0; i < 4; i++)
		put(pdpt + 8 * i, (LAB_TABLES + (2 + i) * PAGE) | PRESENT_WRITE, 8);
	for (size_t i = 0; i < 4 * 512; i++)
		put(pd + 8 * i, (uint64_t)i << 21 | LARGE | PRESENT_WRITE, 8);
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 6) {
		fputs("usage: zeropage ENTRY CMDLINE [BZIMAGE INITRD-AT INITRD-SIZE]\n", stderr);
		return 1;
	}
	if (strlen(argv[2]) >= PAGE) {
		fprintf(stderr, "zeropage: the command line is longer than %d\n", PAGE - 1);
		return 1;
	}
	if (argc == 6) {
		if (copy_setup_header(argv[3]))
			return 1;
		put(RAMDISK_IMAGE, strtoull(argv[4], NULL, 0), 4);
		put(RAMDISK_SIZE, strtoull(argv[5], NULL, 0), 4);
	}
	put(LOADER_TYPE, 0xff, 1);
	put(VID_MODE, 0xffff, 2);
	put(CMD_LINE, LAB_ZEROPAGE + PAGE, 4);
	strcpy((char *)block + PAGE, argv[2]);
	identity_tables();
	put(LAB_ENTRY - LAB_ZEROPAGE, strtoull(argv[1], NULL, 0), 8);
	return fwrite(block, 1, sizeof(block), stdout) != sizeof(block);
}
