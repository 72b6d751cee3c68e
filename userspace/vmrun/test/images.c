// SPDX-License-Identifier: GPL-2.0
/* Owns the making of kernel images for tests. */
#include <string.h>

#include "images.h"

#define MULTIBOOT_MAGIC		0x1badb002u
#define HAS_ADDRESSES		0x10000u

uint8_t file[0x10000];

void put16(size_t at, uint16_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

void put32(size_t at, uint32_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

void put64(size_t at, uint64_t value)
{
	memcpy(file + at, &value, sizeof(value));
}

void make_bzimage(void)
{
	unsigned int i;

	memset(file, 0, sizeof(file));
	file[0x1f1] = 4;
	put32(0x1f4, CODE_SIZE / 16);
	put16(0x1fe, 0xaa55);
	file[0x201] = 0x6a;		/* the header ends at 0x26c */
	memcpy(file + 0x202, "HdrS", 4);
	put16(0x206, 0x020f);
	file[0x211] = 0x81;
	put32(0x22c, 0x7fffffff);
	put32(0x230, 0x200000);
	file[0x234] = 1;
	put16(0x236, 0x7f);
	put32(0x238, 255);
	put64(0x258, PREFERRED);
	put32(0x260, 2 * MB);
	for (i = 0; i < CODE_SIZE; i++)
		file[SETUP_SIZE + i] = i * 7;
}

Elf64_Ehdr *elf(void)
{
	return (void *)file;
}

Elf64_Phdr *segments(void)
{
	return (void *)(file + sizeof(Elf64_Ehdr));
}

void make_elf(void)
{
	Elf64_Nhdr note = { .n_namesz = 4, .n_descsz = 8, .n_type = 18 };

	memset(file, 0, sizeof(file));
	memcpy(file, "\177ELF", 4);
	file[EI_CLASS] = ELFCLASS64;
	elf()->e_machine = EM_X86_64;
	elf()->e_phoff = sizeof(Elf64_Ehdr);
	elf()->e_phentsize = sizeof(Elf64_Phdr);
	elf()->e_phnum = 2;
	segments()[0] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_offset = SEGMENT_AT, .p_paddr = PREFERRED,
		.p_filesz = 0x800, .p_memsz = 0x2000,
	};
	segments()[1] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = NOTE_AT, .p_filesz = 24 };
	memcpy(file + NOTE_AT, &note, sizeof(note));
	memcpy(file + NOTE_AT + 12, "Xen", 4);
	put64(NOTE_AT + 16, ENTRY);
	memset(file + SEGMENT_AT, 0x5a, 0x800);
}

/* ---- multiboot ---- */

static void put_header(uint32_t flags)
{
	put32(HEADER_AT, MULTIBOOT_MAGIC);
	put32(HEADER_AT + 4, flags);
	put32(HEADER_AT + 8, -(MULTIBOOT_MAGIC + flags));
}

void make_multiboot32(void)
{
	Elf32_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_386, .e_entry = MULTIBOOT_AT + 0x20,
		.e_phoff = sizeof(header), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 1,
	};
	Elf32_Phdr segment = {
		.p_type = PT_LOAD, .p_paddr = MULTIBOOT_AT, .p_filesz = MULTIBOOT_SIZE,
		.p_memsz = 2 * MULTIBOOT_SIZE,
	};

	memset(file, 0x5a, sizeof(file));
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
	put_header(3);
}

void make_multiboot64(void)
{
	Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_entry = MULTIBOOT_AT + 0x20,
		.e_phoff = sizeof(header), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1,
	};
	Elf64_Phdr segment = {
		.p_type = PT_LOAD, .p_paddr = MULTIBOOT_AT, .p_filesz = MULTIBOOT_SIZE,
		.p_memsz = 2 * MULTIBOOT_SIZE,
	};

	memset(file, 0x5a, sizeof(file));
	memcpy(file, &header, sizeof(header));
	memcpy(file + sizeof(header), &segment, sizeof(segment));
	put_header(3);
}

void make_multiboot_addresses(void)
{
	memset(file, 0x5a, sizeof(file));
	put_header(HAS_ADDRESSES);
	put32(HEADER_AT + 12, MULTIBOOT_AT + HEADER_AT);
	put32(HEADER_AT + 16, MULTIBOOT_AT);
	put32(HEADER_AT + 20, 0);
	put32(HEADER_AT + 24, MULTIBOOT_AT + 2 * MULTIBOOT_SIZE);
	put32(HEADER_AT + 28, MULTIBOOT_AT + 0x20);
}
