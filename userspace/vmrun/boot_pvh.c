// SPDX-License-Identifier: GPL-2.0
/*
 * Owns loading an ELF file with a PVH entry: its segments where they want to be, a start
 * info, and a jump in 32-bit mode to where a note says.
 */
#include <assert.h>
#include <elf.h>
#include <string.h>

#include "boot.h"
#include "image.h"
#include "say.h"

#define NOTE_PHYS32_ENTRY	18
#define START_MAGIC		0x336ec578
#define START_VERSION		1

/* The start info as Xen's interface has it, with what it points to behind it. */
struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t modules_at, cmdline_at, rsdp_at, map_at;
	uint32_t map_entries, reserved;
};

struct module {
	uint64_t at, size, cmdline_at, reserved;
};

struct map_entry {
	uint64_t at, size;
	uint32_t type, reserved;
};

struct start {
	struct start_info info;
	struct module initrd;
	struct map_entry map[E820_MOST];
};

static_assert(sizeof(struct start_info) == 56, "start_info");
static_assert(sizeof(struct start) <= BOOT_ZERO_PAGE - BOOT_PVH, "start");

static int cut_off(const struct image *image)
{
	return fail("%s is truncated, or its program headers are wrong", image->name);
}

static int read_header(const struct image *image, Elf64_Ehdr *header)
{
	if (!image_has(image, 0, sizeof(*header)))
		return fail("%s is truncated: not even an ELF header is there", image->name);
	memcpy(header, image->data, sizeof(*header));
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != EM_X86_64)
		return fail("%s is an ELF file, but not for x86-64, nor a multiboot image",
			    image->name);
	if (header->e_phentsize != sizeof(Elf64_Phdr) ||
	    !image_has(image, header->e_phoff, (uint64_t)header->e_phnum * sizeof(Elf64_Phdr)))
		return cut_off(image);
	return 0;
}

static Elf64_Phdr program_header(const struct image *image, const Elf64_Ehdr *header,
				 unsigned int number)
{
	Elf64_Phdr found;

	memcpy(&found, image->data + header->e_phoff + number * sizeof(found), sizeof(found));
	return found;
}

/* The notes of one header, which are there: name and contents are padded to four bytes each. */
static bool entry_in_notes(const struct image *image, const Elf64_Phdr *notes, uint32_t *entry)
{
	uint64_t at = 0;

	while (notes->p_filesz - at >= sizeof(Elf64_Nhdr)) {
		uint64_t name, contents, end;
		Elf64_Nhdr note;

		memcpy(&note, image->data + notes->p_offset + at, sizeof(note));
		name = at + sizeof(note);
		contents = name + (((uint64_t)note.n_namesz + 3) & ~3ull);
		end = contents + (((uint64_t)note.n_descsz + 3) & ~3ull);
		if (end > notes->p_filesz)
			return false;
		if (note.n_type == NOTE_PHYS32_ENTRY && note.n_namesz == 4 && note.n_descsz >= 4 &&
		    !memcmp(image->data + notes->p_offset + name, "Xen", 4)) {
			*entry = image_u32(image, notes->p_offset + contents);
			return true;
		}
		at = end;
	}
	return false;
}

static int find_entry(const struct image *image, const Elf64_Ehdr *header, uint32_t *entry)
{
	unsigned int i;

	for (i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr found = program_header(image, header, i);

		if (found.p_type != PT_NOTE)
			continue;
		if (!image_has(image, found.p_offset, found.p_filesz))
			return cut_off(image);
		if (entry_in_notes(image, &found, entry))
			return 0;
	}
	return fail("%s has no PVH entry: is it a Linux kernel with CONFIG_PVH?", image->name);
}

static int load_segment(const struct boot *boot, const Elf64_Phdr *segment, uint64_t *end)
{
	const struct image *image = boot->kernel;
	uint8_t *to;

	if (segment->p_filesz > segment->p_memsz ||
	    !image_has(image, segment->p_offset, segment->p_filesz))
		return cut_off(image);
	to = memory_at(boot->memory, segment->p_paddr, segment->p_memsz);
	if (!to || segment->p_paddr < MEMORY_1M)
		return fail("%s wants %llu KB at %#llx: is more --mem needed?",
			    image->name, (unsigned long long)(segment->p_memsz + 1023) >> 10,
			    (unsigned long long)segment->p_paddr);
	memcpy(to, image->data + segment->p_offset, segment->p_filesz);
	memset(to + segment->p_filesz, 0, segment->p_memsz - segment->p_filesz);
	if (*end < segment->p_paddr + segment->p_memsz)
		*end = segment->p_paddr + segment->p_memsz;
	return 0;
}

static int load_segments(const struct boot *boot, const Elf64_Ehdr *header, uint64_t *end)
{
	unsigned int i;

	*end = 0;
	for (i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr found = program_header(boot->kernel, header, i);

		if (found.p_type == PT_LOAD && found.p_memsz && load_segment(boot, &found, end))
			return -1;
	}
	return *end ? 0 : fail("%s has nothing to load", boot->kernel->name);
}

static void put_start(const struct boot *boot, uint64_t initrd)
{
	struct start *start = memory_at(boot->memory, BOOT_PVH, sizeof(*start));
	struct e820_entry map[E820_MOST];
	unsigned int count = memory_e820(boot->memory, map), i;

	memset(start, 0, sizeof(*start));
	start->info = (struct start_info){
		.magic = START_MAGIC, .version = START_VERSION,
		.modules = initrd ? 1 : 0,
		.modules_at = initrd ? BOOT_PVH + offsetof(struct start, initrd) : 0,
		.cmdline_at = BOOT_CMDLINE, .rsdp_at = BOOT_ACPI,
		.map_at = BOOT_PVH + offsetof(struct start, map), .map_entries = count,
	};
	if (initrd)
		start->initrd = (struct module){ .at = initrd, .size = boot->initrd->size };
	for (i = 0; i < count; i++)
		start->map[i] = (struct map_entry){
			.at = map[i].addr, .size = map[i].size, .type = map[i].type,
		};
}

int boot_pvh(const struct boot *boot)
{
	size_t length = strlen(boot->cmdline);
	uint64_t end, initrd;
	Elf64_Ehdr header;
	uint32_t entry = 0;

	if (read_header(boot->kernel, &header) || find_entry(boot->kernel, &header, &entry) ||
	    load_segments(boot, &header, &end))
		return -1;
	if (length >= BOOT_CMDLINE_MAX)
		return fail("--cmdline: %zu characters are too many", length);
	if (boot_put(boot, "the command line", BOOT_CMDLINE, boot->cmdline, length + 1) ||
	    boot_place_initrd(boot, end, MEMORY_4G, &initrd))
		return -1;
	put_start(boot, initrd);
	boot_protected_mode(boot, entry);
	boot->state->gpr[VMR_RBX] = BOOT_PVH;
	return 0;
}
