// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the multiboot loader: images that are made here, good ones of
 * each kind, and bad ones with the sentence that each gets.
 */
#include <elf.h>
#include <string.h>

#include <linux/kernel.h>

#include "../../userspace/vmrun/multiboot.h"
#include "unit.h"

#define RAM		0x400000u
#define AT		0x110000u	/* where the images go */
#define MAGIC		0x1badb002u
#define ADDRESSES	0x10000u

static u8 ram[RAM];
static char error[MULTIBOOT_ERROR];
static struct multiboot_start start;

struct header {
	u32 magic, flags, checksum, header_addr, load_addr, load_end, bss_end, entry;
};

/* A file of one kilobyte with the parts that a test wants. */
struct elf32 {
	Elf32_Ehdr e;
	Elf32_Phdr p[2];
	struct header h;
	u8 code[1024 - sizeof(Elf32_Ehdr) - 2 * sizeof(Elf32_Phdr) - sizeof(struct header)];
};

struct elf64 {
	Elf64_Ehdr e;
	Elf64_Phdr p;
	struct header h;
	u8 code[1024 - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr) - sizeof(struct header)];
};

struct flat {
	u8 before[64];
	struct header h;
	u8 code[1024 - 64 - sizeof(struct header)];
};

static struct header header(u32 flags)
{
	return (struct header) { .magic = MAGIC, .flags = flags, .checksum = -(MAGIC + flags) };
}

static struct elf32 elf32(void)
{
	struct elf32 f = {
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_386, .e_entry = AT + 0x20,
			.e_phoff = sizeof(Elf32_Ehdr), .e_phentsize = sizeof(Elf32_Phdr),
			.e_phnum = 2,
		},
		.p = {
			{ .p_type = PT_NOTE },
			{
				.p_type = PT_LOAD, .p_vaddr = 0xc0000000, .p_paddr = AT,
				.p_filesz = 1024, .p_memsz = 2048,
			},
		},
		.h = header(3),
	};

	memset(f.code, 0xcc, sizeof(f.code));
	return f;
}

static struct elf64 elf64(void)
{
	struct elf64 f = {
		.e = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC, .e_machine = EM_X86_64, .e_entry = AT + 0x20,
			.e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1,
		},
		.p = { .p_type = PT_LOAD, .p_paddr = AT, .p_filesz = 1024, .p_memsz = 1024 },
		.h = header(0),
	};

	return f;
}

/* Loaded from its beginning, 64 bytes before the header. */
static struct flat flat(void)
{
	struct flat f = { .h = header(ADDRESSES) };

	f.h.header_addr = AT + 64;
	f.h.load_addr = AT;
	f.h.bss_end = AT + 4096;
	f.h.entry = AT + 100;
	memset(f.code, 0xcc, sizeof(f.code));
	return f;
}

static int load_into(const void *file, size_t size, u64 ram_size)
{
	struct multiboot_memory memory = { .ram = ram, .size = ram_size };
	struct multiboot_file image = { .data = file, .size = size, .text = "image one two" };

	memset(ram, 0xee, sizeof(ram));
	error[0] = '\0';
	return multiboot_load(&memory, &image, NULL, 0, &start, error);
}

static u32 word(u32 at)
{
	u32 value;

	memcpy(&value, ram + at, sizeof(value));
	return value;
}

void multiboot_elf32(void)
{
	struct elf32 f = elf32();

	EXPECT_EQ(load_into(&f, sizeof(f), RAM), 0);
	EXPECT_EQ(start.eip, AT + 0x20);
	EXPECT_EQ(memcmp(ram + AT, &f, sizeof(f)), 0);
	EXPECT_EQ(word(AT + 1024), 0);
	EXPECT_EQ(word(AT + 2044), 0);
	EXPECT_EQ(word(AT + 2048), 0xeeeeeeee);
	EXPECT_EQ(start.ebx, AT + 4096);
}

void multiboot_elf64(void)
{
	struct elf64 f = elf64();

	EXPECT_EQ(load_into(&f, sizeof(f), RAM), 0);
	EXPECT_EQ(start.eip, AT + 0x20);
	EXPECT_EQ(memcmp(ram + AT, &f, sizeof(f)), 0);
}

void multiboot_addresses(void)
{
	struct flat f = flat();

	EXPECT_EQ(load_into(&f, sizeof(f), RAM), 0);
	EXPECT_EQ(start.eip, AT + 100);
	EXPECT_EQ(memcmp(ram + AT, &f, sizeof(f)), 0);
	EXPECT_EQ(word(AT + 1024), 0);
	EXPECT_EQ(word(AT + 4092), 0);
	EXPECT_EQ(start.ebx, AT + 4096);

	f.h.header_addr = AT;	/* from the header on, and not all of it */
	f.h.load_end = AT + 512;
	f.h.bss_end = 0;
	EXPECT_EQ(load_into(&f, sizeof(f), RAM), 0);
	EXPECT_EQ(memcmp(ram + AT, &f.h, 512), 0);
	EXPECT_EQ(word(AT + 512), 0xeeeeeeee);
}

/* What the image is told: offsets as the specification has them. */
void multiboot_information(void)
{
	static const u8 one[5000] = { 1, 2, 3 }, two[1] = { 9 };
	const struct multiboot_file modules[] = {
		{ .data = one, .size = sizeof(one), .text = "first" },
		{ .data = two, .size = sizeof(two) },
		{ .data = NULL, .size = 0, .text = "empty" },
	};
	struct multiboot_memory memory = { .ram = ram, .size = RAM };
	struct elf32 f = elf32();
	struct multiboot_file image = { .data = &f, .size = sizeof(f), .text = "image a b" };
	u32 info, mods, map;

	EXPECT_EQ(multiboot_load(&memory, &image, modules, 3, &start, error), 0);
	info = start.ebx;
	EXPECT_EQ(word(info) & 0x4d, 0x4d);
	EXPECT_EQ(word(info + 4), 639);
	EXPECT_EQ(word(info + 8), 3072);
	EXPECT_STR((char *)ram + word(info + 16), "image a b");
	EXPECT_EQ(word(info + 20), 3);

	mods = word(info + 24);
	EXPECT_EQ(word(mods), AT + 4096);
	EXPECT_EQ(word(mods + 4) - word(mods), 5000);
	EXPECT_EQ(memcmp(ram + word(mods), one, sizeof(one)), 0);
	EXPECT_STR((char *)ram + word(mods + 8), "first");
	EXPECT_EQ(word(mods + 16), AT + 4096 + 8192);
	EXPECT_EQ(ram[word(mods + 16)], 9);
	EXPECT_STR((char *)ram + word(mods + 24), "");
	EXPECT_EQ(word(mods + 32), word(mods + 36));
	EXPECT_STR((char *)ram + word(mods + 40), "empty");
	EXPECT(info >= word(mods + 36));

	map = word(info + 48);
	EXPECT_EQ(word(info + 44), 72);
	EXPECT_EQ(word(map), 20);
	EXPECT_EQ(word(map + 12), 0x9fc00);
	EXPECT_EQ(word(map + 20), 1);
	EXPECT_EQ(word(map + 24 + 20), 2);
	EXPECT_EQ(word(map + 48 + 4), 0x100000);
	EXPECT_EQ(word(map + 48 + 12), 0x300000);
}

#define REFUSED(file, sentence)						\
	do {								\
		EXPECT_EQ(load_into(&(file), sizeof(file), RAM), -1);	\
		EXPECT_STR(error, sentence);				\
	} while (0)

void multiboot_bad_headers(void)
{
	struct elf32 f = elf32();
	struct flat g = flat();

	f.h.checksum++;
	REFUSED(f, "it has no multiboot header in its first 8192 bytes");
	f.h = header(4);
	REFUSED(f, "it wants a video mode, which there isn't");
	f.h = header(0x108);
	REFUSED(f, "its header wants what no loader knows (flags 0x108)");

	EXPECT_EQ(load_into(&g, 64 + 31, RAM), -1);
	EXPECT_STR(error, "the multiboot header is cut off");
	EXPECT_EQ(load_into(&g, 64 + 11, RAM), -1);
	EXPECT_STR(error, "it has no multiboot header in its first 8192 bytes");
	EXPECT_EQ(load_into(&g, 0, RAM), -1);
	EXPECT_STR(error, "it has no multiboot header in its first 8192 bytes");
}

void multiboot_bad_addresses(void)
{
	struct flat f = flat();

	f.h.load_addr = AT + 65;
	REFUSED(f, "its header lies before what is to be loaded");
	f.h.load_addr = AT - 1;
	REFUSED(f, "its header lies before what is to be loaded");
	f = flat();
	f.h.load_end = AT - 1;
	REFUSED(f, "its load_end_addr is below its load_addr");
	f = flat();
	f.h.bss_end = AT - 1;
	REFUSED(f, "its bss_end_addr is below its load_addr");
	f = flat();
	f.h.load_end = AT + 1025;
	REFUSED(f, "the file ends before the piece for 0x110000 does");
	f.h.load_end = AT + 1000;
	f.h.bss_end = AT + 999;
	REFUSED(f, "the piece for 0x110000 is larger in the file than in memory");
	f = flat();
	f.h.bss_end = 0xffffffff;
	REFUSED(f, "it wants memory at 0xfffffffe, beyond the 4096 KiB that there are");
	f = flat();
	f.h.entry = RAM;
	REFUSED(f, "it begins at 0x400000, beyond its memory");
}

void multiboot_bad_elf32(void)
{
	struct elf32 f = elf32();
	struct flat g = flat();

	g.h = header(0);
	REFUSED(g, "it is no ELF file, and its header tells no addresses");
	f.e.e_ident[EI_DATA] = ELFDATA2MSB;
	REFUSED(f, "its ELF header is of a big-endian machine");
	f = elf32();
	f.e.e_ident[EI_CLASS] = 3;
	REFUSED(f, "its ELF header has a class that there isn't");
	f = elf32();
	f.e.e_machine = EM_ARM;
	REFUSED(f, "it is no executable for the i386");
	f = elf32();
	f.e.e_type = ET_REL;
	REFUSED(f, "it is no executable for the i386");
	f = elf32();
	f.e.e_phentsize--;
	REFUSED(f, "its program headers have 31 bytes each");
	f = elf32();
	f.e.e_phnum = 0xffff;
	REFUSED(f, "the file ends before its program headers do");
	f = elf32();
	f.e.e_phoff = 0xffffffff;
	REFUSED(f, "the file ends before its program headers do");
	f = elf32();
	f.p[1].p_type = PT_NULL;
	REFUSED(f, "nothing in it is to be loaded");
	f = elf32();
	f.p[1].p_offset = 1;
	REFUSED(f, "the file ends before the piece for 0x110000 does");
	f = elf32();
	f.p[1].p_memsz = 1023;
	REFUSED(f, "the piece for 0x110000 is larger in the file than in memory");
	f = elf32();
	f.p[1].p_memsz = 0xffffffff;
	REFUSED(f, "it wants memory at 0x10010fffe, beyond the 4096 KiB that there are");
	f = elf32();
	f.e.e_entry = 0xfffffff0;
	REFUSED(f, "it begins at 0xfffffff0, beyond its memory");
}

void multiboot_bad_elf64(void)
{
	struct elf64 f = elf64();

	f.e.e_machine = EM_386;
	REFUSED(f, "it is no executable for the x86-64");
	f = elf64();
	f.e.e_entry = 0x100000000;
	REFUSED(f, "it begins at 0x100000000, beyond 4 GiB");
	f = elf64();
	f.p.p_offset = ~0ull;
	REFUSED(f, "the file ends before the piece for 0x110000 does");
	f = elf64();
	f.p.p_paddr = ~0ull;
	REFUSED(f, "it wants memory at 0x3fe, beyond the 4096 KiB that there are");
	f = elf64();
	f.e.e_phoff = ~0ull;
	REFUSED(f, "the file ends before its program headers do");
}

void multiboot_bad_modules(void)
{
	static const u8 large[RAM];
	struct multiboot_file modules[17] = { { .data = large, .size = sizeof(large) } };
	struct multiboot_memory memory = { .ram = ram, .size = RAM };
	struct elf32 f = elf32();
	struct multiboot_file image = { .data = &f, .size = sizeof(f) };

	EXPECT_EQ(multiboot_load(&memory, &image, modules, 17, &start, error), -1);
	EXPECT_STR(error, "17 modules are more than 16");
	EXPECT_EQ(multiboot_load(&memory, &image, modules, 1, &start, error), -1);
	EXPECT_STR(error, "module 1 with its 4194304 bytes doesn't fit into memory");
	EXPECT_EQ(load_into(&f, sizeof(f), AT + 2048), -1);
	EXPECT_STR(error, "the boot information doesn't fit into memory");
}

/* Nothing is loaded where something is, and what has a choice goes past it. */
void multiboot_taken(void)
{
	static const struct multiboot_range taken[] = {
		{ 0x500, 0x540 }, { AT + 4096, AT + 4097 }, { AT + 3 * 4096, AT + 5 * 4096 },
	};
	struct multiboot_memory memory = {
		.ram = ram, .size = RAM, .above_4g = 0x40000000, .taken = taken, .taken_count = 3,
	};
	static const u8 data[8192];
	const struct multiboot_file module = { .data = data, .size = sizeof(data) };
	struct elf32 f = elf32();
	struct multiboot_file image = { .data = &f, .size = sizeof(f) };
	u32 info, map;

	EXPECT_EQ(multiboot_load(&memory, &image, &module, 1, &start, error), 0);
	info = start.ebx;
	EXPECT_EQ(word(word(info + 24)), AT + 5 * 4096);
	EXPECT_EQ(info, AT + 7 * 4096);
	map = word(info + 48);
	EXPECT_EQ(word(info + 44), 96);
	EXPECT_EQ(word(map + 72 + 4), 0);
	EXPECT_EQ(word(map + 72 + 8), 1);
	EXPECT_EQ(word(map + 72 + 12), 0x40000000);
	EXPECT_EQ(word(map + 72 + 20), 1);

	f.p[1].p_paddr = 0x53f;
	EXPECT_EQ(multiboot_load(&memory, &image, &module, 1, &start, error), -1);
	EXPECT_STR(error, "it wants memory at 0x53f, where something else is");
	f.p[1].p_paddr = 0x540;
	EXPECT_EQ(multiboot_load(&memory, &image, &module, 1, &start, error), 0);
}

void multiboot_recognized(void)
{
	struct elf32 f = elf32();
	struct flat g = flat();

	EXPECT(multiboot_is(&f, sizeof(f)));
	EXPECT(multiboot_is(&g, sizeof(g)));
	EXPECT(multiboot_is(&g, 64 + 31));
	EXPECT(!multiboot_is(&g, 64 + 11));
	g.h.checksum--;
	EXPECT(!multiboot_is(&g, sizeof(g)));
	EXPECT(!multiboot_is(&g, 64 + 12));
	EXPECT(!multiboot_is(&g, 0));
}

/* No prefix of a file reads beyond its end: the sanitizer sees to it. */
void multiboot_each_length(void)
{
	struct elf32 f = elf32();
	struct elf64 g = elf64();
	size_t size;

	for (size = 0; size < sizeof(f); size++) {
		u8 copy[sizeof(f)];

		memcpy(copy, &f, sizeof(f));
		EXPECT_EQ(load_into(copy + sizeof(f) - size, 0, RAM), -1);
		EXPECT_EQ(load_into(&f, size, RAM), -1);
		EXPECT_EQ(load_into(&g, size, RAM), -1);
	}
}
