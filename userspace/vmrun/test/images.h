/* SPDX-License-Identifier: GPL-2.0 */
/* Owns kernel images for tests: small ones that are right, to be doctored. */
#ifndef VMRUN_TEST_IMAGES_H
#define VMRUN_TEST_IMAGES_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define MB		(1ull << 20)
#define PREFERRED	(16 * MB)	/* where the kernels like to be */
#define CODE_SIZE	0x4000u		/* of the bzImage */
#define SETUP_SIZE	(5 * 512u)	/* before that */

/* The PVH kernel */
#define NOTE_AT		0x200
#define SEGMENT_AT	0x1000
#define ENTRY		0x1000040
#define ELF_SIZE	0x2000u

/* The multiboot images */
#define HEADER_AT	0x400
#define MULTIBOOT_SIZE	0x1000u
#define MULTIBOOT_AT	(2 * MB)

/* They are made in here. */
extern uint8_t file[0x10000];

void put16(size_t at, uint16_t value);
void put32(size_t at, uint32_t value);
void put64(size_t at, uint64_t value);

/* Linux, of SETUP_SIZE + CODE_SIZE bytes */
void make_bzimage(void);

/* An ELF file with a PVH entry, of ELF_SIZE bytes */
void make_elf(void);
Elf64_Ehdr *elf(void);
Elf64_Phdr *segments(void);

/* Multiboot images of MULTIBOOT_SIZE bytes: ELF files, and one by its header alone */
void make_multiboot32(void);
void make_multiboot64(void);
void make_multiboot_addresses(void);

#endif
