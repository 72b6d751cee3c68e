// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the loading of multiboot images, as multiboot.h describes it. Memory after
 * the loader's work, upwards: the image where it says, the modules on pages of their
 * own behind its end, the boot information on the next.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "multiboot.h"

#define PAGE			4096ull
#define SEARCHED		8192	/* the header is within so many bytes */
#define MAGIC			0x1badb002

/* Header flags: an image that wants one which the loader lacks can't be loaded. */
#define WANTS_PAGES		0x00000001	/* modules on pages of their own */
#define WANTS_MEMORY		0x00000002	/* the boot information tells of memory */
#define WANTS_VIDEO		0x00000004
#define WANTS_MASK		0x0000ffff
#define HAS_ADDRESSES		0x00010000

/* Flags of the boot information. */
#define INFO_MEMORY		0x001
#define INFO_CMDLINE		0x004
#define INFO_MODULES		0x008
#define INFO_MAP		0x040
#define INFO_NAME		0x200

/* A PC's memory has a hole, and what firmware keeps below it. */
#define LOW_END			0x9fc00ull
#define HIGH_BEGIN		0x100000ull
#define MAP_AVAILABLE		1
#define MAP_RESERVED		2

struct header {
	uint32_t magic;
	uint32_t flags;
	uint32_t checksum;
	uint32_t header_addr;	/* these with HAS_ADDRESSES */
	uint32_t load_addr;
	uint32_t load_end_addr;
	uint32_t bss_end_addr;
	uint32_t entry_addr;
};

struct info {
	uint32_t flags;
	uint32_t mem_lower;
	uint32_t mem_upper;
	uint32_t boot_device;
	uint32_t cmdline;
	uint32_t mods_count;
	uint32_t mods_addr;
	uint32_t syms[4];
	uint32_t mmap_length;
	uint32_t mmap_addr;
	uint32_t drives_length;
	uint32_t drives_addr;
	uint32_t config_table;
	uint32_t boot_loader_name;
};

struct module {
	uint32_t begin;
	uint32_t end;
	uint32_t text;
	uint32_t reserved;
};

/* size doesn't count itself. */
struct map_entry {
	uint32_t size;
	uint64_t base;
	uint64_t length;
	uint32_t type;
} __attribute__((packed));

struct load {
	const struct multiboot_memory *memory;
	const uint8_t *file;
	size_t file_size;
	uint64_t end;		/* of what is in memory so far */
	char *error;
};

static int __attribute__((format(printf, 2, 3))) fail(struct load *load, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(load->error, MULTIBOOT_ERROR, format, args);
	va_end(args);
	return -1;
}

static bool is_in_file(const struct load *load, uint64_t offset, uint64_t size)
{
	return offset <= load->file_size && size <= load->file_size - offset;
}

static bool is_in_memory(const struct load *load, uint64_t at, uint64_t size)
{
	return at <= load->memory->size && size <= load->memory->size - at;
}

/* The range of those that are taken that overlaps this one, or NULL. */
static const struct multiboot_range *in_the_way(const struct load *load, uint64_t at,
						uint64_t size)
{
	unsigned int i;

	for (i = 0; i < load->memory->taken_count; i++) {
		const struct multiboot_range *range = &load->memory->taken[i];

		if (at < range->end && range->begin < at + size)
			return range;
	}
	return NULL;
}

static uint64_t page_up(uint64_t at)
{
	return (at + PAGE - 1) & ~(PAGE - 1);
}

/* Finds the header, which may lie at any multiple of 4. */
static int find_header(struct load *load, struct header *header, uint64_t *offset)
{
	size_t size = load->file_size < SEARCHED ? load->file_size : SEARCHED;
	size_t at, least = offsetof(struct header, header_addr);

	memset(header, 0, sizeof(*header));
	for (at = 0; at + least <= size; at += 4) {
		memcpy(header, load->file + at, least);
		if (header->magic != MAGIC ||
		    header->magic + header->flags + header->checksum)
			continue;
		*offset = at;
		if (!(header->flags & HAS_ADDRESSES))
			return 0;
		if (at + sizeof(*header) > size)
			return fail(load, "the multiboot header is cut off");
		memcpy(header, load->file + at, sizeof(*header));
		return 0;
	}
	header->magic = 0;
	return fail(load, "it has no multiboot header in its first %d bytes", SEARCHED);
}

static int check_wishes(struct load *load, uint32_t flags)
{
	uint32_t unknown = flags & WANTS_MASK & ~(WANTS_PAGES | WANTS_MEMORY | WANTS_VIDEO);

	if (flags & WANTS_VIDEO)
		return fail(load, "it wants a video mode, which there isn't");
	if (unknown)
		return fail(load, "its header wants what no loader knows (flags 0x%x)", unknown);
	return 0;
}

/* Copies one piece of the image; what the file doesn't have is zero. */
static int put_piece(struct load *load, uint64_t at, uint64_t offset, uint64_t in_file,
		     uint64_t in_memory)
{
	uint8_t *ram = load->memory->ram;

	if (in_file > in_memory)
		return fail(load, "the piece for 0x%llx is larger in the file than in memory",
			    (unsigned long long)at);
	if (!is_in_file(load, offset, in_file))
		return fail(load, "the file ends before the piece for 0x%llx does",
			    (unsigned long long)at);
	if (!is_in_memory(load, at, in_memory))
		return fail(load, "it wants memory at 0x%llx, beyond the %llu KiB that there are",
			    (unsigned long long)(at + in_memory - 1),
			    (unsigned long long)load->memory->size / 1024);
	if (in_the_way(load, at, in_memory))
		return fail(load, "it wants memory at 0x%llx, where something else is",
			    (unsigned long long)at);
	if (in_file)
		memcpy(ram + at, load->file + offset, in_file);
	memset(ram + at + in_file, 0, in_memory - in_file);
	if (load->end < at + in_memory)
		load->end = at + in_memory;
	return 0;
}

static int load_by_header(struct load *load, const struct header *h, uint64_t offset,
			  struct multiboot_start *start)
{
	uint64_t before = h->header_addr - h->load_addr;
	uint64_t begin = offset - before;
	uint64_t in_file, in_memory;

	if (h->load_addr > h->header_addr || before > offset)
		return fail(load, "its header lies before what is to be loaded");
	in_file = h->load_end_addr ? (uint64_t)h->load_end_addr - h->load_addr :
		  load->file_size - begin;
	if (h->load_end_addr && h->load_end_addr < h->load_addr)
		return fail(load, "its load_end_addr is below its load_addr");
	in_memory = h->bss_end_addr ? (uint64_t)h->bss_end_addr - h->load_addr : in_file;
	if (h->bss_end_addr && h->bss_end_addr < h->load_addr)
		return fail(load, "its bss_end_addr is below its load_addr");
	start->eip = h->entry_addr;
	return put_piece(load, h->load_addr, begin, in_file, in_memory);
}

/* A program header, of either class. */
struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t address;
	uint64_t in_file;
	uint64_t in_memory;
};

static struct segment read_segment(const struct load *load, uint64_t at, bool wide)
{
	Elf32_Phdr p32;
	Elf64_Phdr p64;

	if (wide) {
		memcpy(&p64, load->file + at, sizeof(p64));
		return (struct segment) {
			p64.p_type, p64.p_offset, p64.p_paddr, p64.p_filesz, p64.p_memsz,
		};
	}
	memcpy(&p32, load->file + at, sizeof(p32));
	return (struct segment) {
		p32.p_type, p32.p_offset, p32.p_paddr, p32.p_filesz, p32.p_memsz,
	};
}

static int load_segments(struct load *load, bool wide, uint64_t table, unsigned int count,
			 unsigned int size)
{
	unsigned int i, loaded = 0;

	if (size != (wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr)))
		return fail(load, "its program headers have %u bytes each", size);
	if (!is_in_file(load, table, (uint64_t)count * size))
		return fail(load, "the file ends before its program headers do");
	for (i = 0; i < count; i++) {
		struct segment s = read_segment(load, table + (uint64_t)i * size, wide);

		if (s.type != PT_LOAD || !s.in_memory)
			continue;
		if (put_piece(load, s.address, s.offset, s.in_file, s.in_memory))
			return -1;
		loaded++;
	}
	return loaded ? 0 : fail(load, "nothing in it is to be loaded");
}

static int load_elf32(struct load *load, struct multiboot_start *start)
{
	Elf32_Ehdr e;

	if (!is_in_file(load, 0, sizeof(e)))
		return fail(load, "the file ends in its ELF header");
	memcpy(&e, load->file, sizeof(e));
	if (e.e_machine != EM_386 || e.e_type != ET_EXEC)
		return fail(load, "it is no executable for the i386");
	start->eip = e.e_entry;
	return load_segments(load, false, e.e_phoff, e.e_phnum, e.e_phentsize);
}

static int load_elf64(struct load *load, struct multiboot_start *start)
{
	Elf64_Ehdr e;

	if (!is_in_file(load, 0, sizeof(e)))
		return fail(load, "the file ends in its ELF header");
	memcpy(&e, load->file, sizeof(e));
	if (e.e_machine != EM_X86_64 || e.e_type != ET_EXEC)
		return fail(load, "it is no executable for the x86-64");
	if (e.e_entry >> 32)
		return fail(load, "it begins at 0x%llx, beyond 4 GiB",
			    (unsigned long long)e.e_entry);
	start->eip = e.e_entry;
	return load_segments(load, true, e.e_phoff, e.e_phnum, e.e_phentsize);
}

static int load_elf(struct load *load, struct multiboot_start *start)
{
	if (!is_in_file(load, 0, EI_NIDENT) || memcmp(load->file, ELFMAG, SELFMAG))
		return fail(load, "it is no ELF file, and its header tells no addresses");
	if (load->file[EI_DATA] != ELFDATA2LSB)
		return fail(load, "its ELF header is of a big-endian machine");
	switch (load->file[EI_CLASS]) {
	case ELFCLASS32:
		return load_elf32(load, start);
	case ELFCLASS64:
		return load_elf64(load, start);
	default:
		return fail(load, "its ELF header has a class that there isn't");
	}
}

static uint64_t aligned(uint64_t at, uint64_t alignment)
{
	return (at + alignment - 1) & ~(alignment - 1);
}

/* Takes memory behind what is there; 0 if there isn't so much. */
static uint64_t take(struct load *load, uint64_t size, uint64_t alignment)
{
	uint64_t at = aligned(load->end, alignment);
	const struct multiboot_range *range;

	while ((range = in_the_way(load, at, size)))
		at = aligned(range->end, alignment);
	if (!is_in_memory(load, at, size) || at + size > UINT32_MAX)
		return 0;
	load->end = at + size;
	return at;
}

static uint32_t put(struct load *load, const void *data, uint64_t size, uint64_t alignment)
{
	uint64_t at = take(load, size, alignment);

	if (at && size)
		memcpy((uint8_t *)load->memory->ram + at, data, size);
	return at;
}

static uint32_t put_text(struct load *load, const char *text)
{
	return put(load, text, strlen(text) + 1, 1);
}

static int load_modules(struct load *load, const struct multiboot_file *modules,
			unsigned int count, struct module *told)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		told[i].begin = put(load, modules[i].data, modules[i].size, PAGE);
		if (!told[i].begin)
			return fail(load, "module %u with its %zu bytes doesn't fit into memory",
				    i + 1, modules[i].size);
		told[i].end = told[i].begin + modules[i].size;
	}
	return 0;
}

static uint32_t put_map(struct load *load, uint32_t *length)
{
	uint64_t size = load->memory->size;
	uint64_t low = size < LOW_END ? size : LOW_END;
	struct map_entry map[4] = {
		{ sizeof(map[0]) - 4, 0, low, MAP_AVAILABLE },
		{ sizeof(map[0]) - 4, LOW_END, HIGH_BEGIN - LOW_END, MAP_RESERVED },
		{ sizeof(map[0]) - 4, HIGH_BEGIN, size - HIGH_BEGIN, MAP_AVAILABLE },
	};
	unsigned int count = size > HIGH_BEGIN ? 3 : 1;

	if (load->memory->above_4g)
		map[count++] = (struct map_entry){
			sizeof(map[0]) - 4, 1ull << 32, load->memory->above_4g, MAP_AVAILABLE,
		};
	*length = count * sizeof(map[0]);
	return put(load, map, *length, 8);
}

static int put_info(struct load *load, const struct multiboot_file *image,
		    const struct multiboot_file *modules, unsigned int count,
		    struct module *told, uint32_t *where)
{
	uint64_t size = load->memory->size;
	struct info info = {
		.flags = INFO_MEMORY | INFO_CMDLINE | INFO_MODULES | INFO_MAP | INFO_NAME,
		.mem_lower = (size < LOW_END ? size : LOW_END) / 1024,
		.mem_upper = size > HIGH_BEGIN ? (size - HIGH_BEGIN) / 1024 : 0,
		.mods_count = count,
	};
	bool fits = true;
	unsigned int i;

	*where = take(load, sizeof(info), PAGE);
	for (i = 0; i < count; i++) {
		told[i].text = put_text(load, modules[i].text ? modules[i].text : "");
		fits = fits && told[i].text;
	}
	info.cmdline = put_text(load, image->text ? image->text : "");
	info.boot_loader_name = put_text(load, "vmring");
	info.mods_addr = put(load, told, count * sizeof(*told), 8);
	info.mmap_addr = put_map(load, &info.mmap_length);
	if (!fits || !*where || !info.cmdline || !info.boot_loader_name || !info.mods_addr ||
	    !info.mmap_addr)
		return fail(load, "the boot information doesn't fit into memory");
	memcpy((uint8_t *)load->memory->ram + *where, &info, sizeof(info));
	return 0;
}

bool multiboot_is(const void *data, size_t size)
{
	char error[MULTIBOOT_ERROR];
	struct load load = { .file = data, .file_size = size, .error = error };
	struct header header;
	uint64_t offset;

	/* One that is cut off is one, too. */
	return !find_header(&load, &header, &offset) || header.magic == MAGIC;
}

int multiboot_load(const struct multiboot_memory *memory, const struct multiboot_file *image,
		   const struct multiboot_file *modules, unsigned int count,
		   struct multiboot_start *start, char error[MULTIBOOT_ERROR])
{
	struct load load = {
		.memory = memory, .file = image->data, .file_size = image->size, .error = error,
	};
	struct module told[MULTIBOOT_MODULES] = { 0 };
	struct header header;
	uint64_t offset = 0;
	int err;

	if (count > MULTIBOOT_MODULES)
		return fail(&load, "%u modules are more than %u", count, MULTIBOOT_MODULES);
	if (find_header(&load, &header, &offset) || check_wishes(&load, header.flags))
		return -1;
	if (header.flags & HAS_ADDRESSES)
		err = load_by_header(&load, &header, offset, start);
	else
		err = load_elf(&load, start);
	if (err)
		return err;
	if (!is_in_memory(&load, start->eip, 1))
		return fail(&load, "it begins at 0x%x, beyond its memory", start->eip);
	load.end = page_up(load.end);
	if (load_modules(&load, modules, count, told))
		return -1;
	return put_info(&load, image, modules, count, told, &start->ebx);
}
