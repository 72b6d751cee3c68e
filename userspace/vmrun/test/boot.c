// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the loaders: images that are right, and many that are not. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "harness.h"
#include "image.h"
#include "images.h"
#include "opts.h"

#define MEMORY_MB	32ull

static struct memory memory;
static struct vmr_state state;
static struct image kernel, initrd;
static struct boot boot;

static void set_up(size_t size)
{
	memset(&state, 0, sizeof(state));
	kernel = (struct image){ .name = "kernel", .data = file, .size = size };
	initrd = (struct image){ .name = "initrd" };
	boot = (struct boot){
		.memory = &memory, .kernel = &kernel, .cmdline = "console=ttyS0", .state = &state,
	};
	EXPECT_EQ(memory_create(&memory, MEMORY_MB * MB, MEMORY_SMALL), 0);
}

static uint32_t zero_page_u32(unsigned int offset)
{
	uint32_t value;

	memcpy(&value, (uint8_t *)memory_at(&memory, BOOT_ZERO_PAGE, 4096) + offset, 4);
	return value;
}

TEST(bzimage_loads)
{
	static uint8_t disk[5000];
	uint8_t *page;

	make_bzimage();
	set_up(SETUP_SIZE + CODE_SIZE);
	initrd.data = disk;
	initrd.size = sizeof(disk);
	memset(disk, 0x77, sizeof(disk));
	boot.initrd = &initrd;
	EXPECT_EQ(boot_bzimage(&boot), 0);
	EXPECT_EQ(state.rip, PREFERRED + 0x200);
	EXPECT_EQ(state.gpr[VMR_RSI], BOOT_ZERO_PAGE);
	EXPECT_EQ(state.segment[VMR_CS].selector, 0x10);
	EXPECT_EQ(state.segment[VMR_DS].selector, 0x18);
	EXPECT_EQ(state.rflags, 2);
	EXPECT_EQ(state.efer, 0x500);
	EXPECT(!memcmp(memory_at(&memory, PREFERRED, CODE_SIZE), file + SETUP_SIZE, CODE_SIZE));
	page = memory_at(&memory, BOOT_ZERO_PAGE, 4096);
	EXPECT_EQ(page[0x210], 0xff);
	EXPECT_EQ(page[0x211], 0x01);
	EXPECT_EQ(page[0x1e8], 4);
	EXPECT(!memcmp(page + 0x202, "HdrS", 4));
	EXPECT_EQ(page[0x26c], 0);
	EXPECT_EQ(zero_page_u32(0x070), BOOT_ACPI);
	EXPECT_EQ(zero_page_u32(0x21c), sizeof(disk));
	EXPECT_EQ(zero_page_u32(0x218), (MEMORY_MB * MB - sizeof(disk)) & ~4095ull);
	EXPECT_EQ(*(uint8_t *)memory_at(&memory, zero_page_u32(0x218), 1), 0x77);
	EXPECT(!strcmp(memory_at(&memory, zero_page_u32(0x228), 14), "console=ttyS0"));
	memory_destroy(&memory);
}

TEST(bzimage_identity_map)
{
	uint64_t *table;
	unsigned int i;

	make_bzimage();
	set_up(SETUP_SIZE + CODE_SIZE);
	EXPECT_EQ(boot_bzimage(&boot), 0);
	table = memory_at(&memory, state.cr3, 6 * 4096);
	EXPECT_EQ(table[0], (state.cr3 + 4096) | 3);
	for (i = 0; i < 2048; i++)
		EXPECT_EQ(table[1024 + i], (uint64_t)i << 21 | 0x83);
	EXPECT_EQ(table[512 + 3], (state.cr3 + 5 * 4096) | 3);
	EXPECT_EQ(table[512 + 4], 0);
	memory_destroy(&memory);
}

TEST(bzimage_other_places)
{
	make_bzimage();
	put64(0x258, 1024 * MB);	/* more than there is: it can move */
	set_up(SETUP_SIZE + CODE_SIZE);
	EXPECT_EQ(boot_bzimage(&boot), 0);
	EXPECT_EQ(state.rip, 2 * MB + 0x200);
	memory_destroy(&memory);

	put64(0x258, 0x20000);		/* where it would fit, but firmware's things are */
	put32(0x260, 0);
	set_up(SETUP_SIZE + CODE_SIZE);
	EXPECT_EQ(boot_bzimage(&boot), 0);
	EXPECT_EQ(state.rip, 2 * MB + 0x200);
	memory_destroy(&memory);

	put64(0x258, 1024 * MB);
	file[0x234] = 0;		/* it can't */
	set_up(SETUP_SIZE + CODE_SIZE);
	EXPECT_EQ(boot_bzimage(&boot), -1ull);
	EXPECT_SAID("more --mem is needed");
	memory_destroy(&memory);
}

/* Each is refused in one sentence, and reads nothing beyond the file (ASan looks). */
TEST(bzimage_refused)
{
	static const struct {
		unsigned int at, bytes;
		uint64_t value;
		const char *words;
	} bad[] = {
		{ 0x1fe, 2, 0, "not a kernel" },
		{ 0x202, 4, 0, "not a kernel" },
		{ 0x206, 2, 0x0209, "is too old: its boot protocol is 2.09" },
		{ 0x236, 2, 0, "no 64-bit entry" },
		{ 0x1f4, 4, 0xffffffff, "is truncated" },
		{ 0x1f4, 4, 0, "nothing behind its header" },
		{ 0x1f1, 1, 255, "is truncated" },
		{ 0x260, 4, 0xffffffff, "more --mem is needed" },
		{ 0x238, 4, 5, "13 characters are too many" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_bzimage();
		memcpy(file + bad[i].at, &bad[i].value, bad[i].bytes);
		set_up(SETUP_SIZE + CODE_SIZE);
		EXPECT_EQ(boot_bzimage(&boot), -1ull);
		EXPECT_SAID(bad[i].words);
		memory_destroy(&memory);
	}
}

/* At each length: in a block of its own, so that a byte too many is seen. */
TEST(bzimage_truncated)
{
	size_t size;

	make_bzimage();
	set_up(0);
	for (size = 1; size < SETUP_SIZE + CODE_SIZE - 15; size += size < 0x300 ? 1 : 97) {
		uint8_t *copy = malloc(size);

		memcpy(copy, file, size);
		kernel.data = copy;
		kernel.size = size;
		EXPECT_EQ(boot_bzimage(&boot), -1ull);
		EXPECT_SAID(size < 0x264 ? "not a kernel" : "is truncated");
		free(copy);
	}
	memory_destroy(&memory);
}

TEST(bzimage_initrd_too_large)
{
	static uint8_t disk[1];

	make_bzimage();
	set_up(SETUP_SIZE + CODE_SIZE);
	boot.initrd = &initrd;
	initrd.data = disk;
	initrd.size = 15 * MB;		/* would reach into the kernel: nothing is read */
	EXPECT_EQ(boot_bzimage(&boot), -1ull);
	EXPECT_SAID("initrd (15 MB) doesn't fit above the kernel");
	initrd.size = ~0ull;
	EXPECT_EQ(boot_bzimage(&boot), -1ull);
	EXPECT_SAID("doesn't fit above the kernel");
	memory_destroy(&memory);
}

/* ---- PVH ---- */

TEST(pvh_loads)
{
	uint32_t *start;
	uint8_t *loaded;

	make_elf();
	set_up(0x2000);
	loaded = memory_at(&memory, PREFERRED, 0x2000);
	memset(loaded, 0xff, 0x2000);
	EXPECT_EQ(boot_pvh(&boot), 0);
	EXPECT_EQ(state.rip, ENTRY);
	EXPECT_EQ(state.gpr[VMR_RBX], BOOT_PVH);
	EXPECT_EQ(state.cr0 & 0x80000001, 1);
	EXPECT_EQ(state.segment[VMR_CS].access, 0xc09b);
	EXPECT_EQ(loaded[0x7ff], 0x5a);
	EXPECT_EQ(loaded[0x800], 0);
	EXPECT_EQ(loaded[0x1fff], 0);
	start = memory_at(&memory, BOOT_PVH, 56);
	EXPECT_EQ(start[0], 0x336ec578);
	EXPECT_EQ(start[3], 0);
	EXPECT_EQ(start[12], 4);
	memory_destroy(&memory);
}

TEST(pvh_with_initrd)
{
	static uint8_t disk[4097];
	uint64_t *start;

	make_elf();
	set_up(0x2000);
	initrd.data = disk;
	initrd.size = sizeof(disk);
	boot.initrd = &initrd;
	EXPECT_EQ(boot_pvh(&boot), 0);
	start = memory_at(&memory, BOOT_PVH, 128);
	EXPECT_EQ(start[1] >> 32, 1);
	EXPECT_EQ(start[2], BOOT_PVH + 56);
	EXPECT_EQ(start[7], MEMORY_MB * MB - 2 * 4096);
	EXPECT_EQ(start[8], sizeof(disk));
	memory_destroy(&memory);
}

TEST(pvh_refused)
{
	static const struct {
		unsigned int at, bytes;
		uint64_t value;
		const char *words;
	} bad[] = {
		{ EI_CLASS, 1, ELFCLASS32, "not for x86-64" },
		{ offsetof(Elf64_Ehdr, e_machine), 2, EM_ARM, "not for x86-64" },
		{ offsetof(Elf64_Ehdr, e_phoff), 8, ~0ull, "program headers" },
		{ offsetof(Elf64_Ehdr, e_phnum), 2, 0xffff, "program headers" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 2, 1, "program headers" },
		{ offsetof(Elf64_Ehdr, e_phnum), 2, 1, "no PVH entry" },
		{ NOTE_AT, 4, 0xffffffff, "no PVH entry" },
		{ NOTE_AT + 4, 4, 0xffffffff, "no PVH entry" },
		{ NOTE_AT + 8, 4, 17, "no PVH entry" },
		{ NOTE_AT + 12, 1, 'Y', "no PVH entry" },
		{ 64 + offsetof(Elf64_Phdr, p_offset), 8, ~0ull, "program headers" },
		{ 64 + offsetof(Elf64_Phdr, p_filesz), 8, 0x2001, "program headers" },
		{ 64 + offsetof(Elf64_Phdr, p_memsz), 8, ~0ull, "more --mem" },
		{ 64 + offsetof(Elf64_Phdr, p_paddr), 8, ~0ull, "more --mem" },
		{ 64 + offsetof(Elf64_Phdr, p_paddr), 8, 0x1000, "more --mem" },
		{ 64 + offsetof(Elf64_Phdr, p_type), 4, PT_NULL, "nothing to load" },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_offset), 8, ~0ull - 3, "program headers" },
		{ 64 + 56 + offsetof(Elf64_Phdr, p_filesz), 8, 11, "no PVH entry" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_elf();
		memcpy(file + bad[i].at, &bad[i].value, bad[i].bytes);
		set_up(0x2000);
		EXPECT_EQ(boot_pvh(&boot), -1ull);
		EXPECT_SAID(bad[i].words);
		memory_destroy(&memory);
	}
}

TEST(pvh_truncated)
{
	size_t size;

	make_elf();
	set_up(0);
	for (size = 1; size < SEGMENT_AT + 0x800; size += 13) {
		uint8_t *copy = malloc(size);

		memcpy(copy, file, size);
		kernel.data = copy;
		kernel.size = size;
		EXPECT_EQ(boot_pvh(&boot), -1ull);
		EXPECT_SAID("is truncated");
		free(copy);
	}
	memory_destroy(&memory);
}

/* ---- flat ---- */

TEST(flat_real_mode)
{
	set_up(512);
	EXPECT_EQ(boot_flat(&boot, 0x7c00, ENTRY_16), 0);
	EXPECT_EQ(state.segment[VMR_CS].base, 0x7c00);
	EXPECT_EQ(state.segment[VMR_CS].selector, 0x7c0);
	EXPECT_EQ(state.rip, 0);
	EXPECT_EQ(boot_flat(&boot, 0x1235, ENTRY_16), 0);
	EXPECT_EQ(state.segment[VMR_CS].base + state.rip, 0x1235);
	EXPECT_EQ(state.segment[VMR_CS].selector * 16 + state.rip, 0x1235);
	EXPECT_EQ(boot_flat(&boot, 2 * MB, ENTRY_16), 0);
	EXPECT_EQ(state.segment[VMR_CS].base, 2 * MB);
	memory_destroy(&memory);
}

TEST(flat_other_modes)
{
	make_bzimage();
	set_up(512);
	EXPECT_EQ(boot_flat(&boot, MB, ENTRY_32), 0);
	EXPECT_EQ(state.rip, MB);
	EXPECT_EQ(state.cr0 & 0x80000001, 1);
	EXPECT_EQ(boot_flat(&boot, MB, ENTRY_64), 0);
	EXPECT_EQ(state.rip, MB);
	EXPECT_EQ(state.cr0 & 0x80000001, 0x80000001);
	EXPECT(!memcmp(memory_at(&memory, MB, 512), file, 512));
	memory_destroy(&memory);
}

TEST(flat_refused)
{
	set_up(512);
	EXPECT_EQ(boot_flat(&boot, MEMORY_MB * MB - 511, ENTRY_64), -1ull);
	EXPECT_SAID("doesn't fit into the guest's memory");
	EXPECT_EQ(boot_flat(&boot, ~0ull, ENTRY_64), -1ull);
	EXPECT_SAID("doesn't fit into the guest's memory");
	EXPECT_EQ(boot_flat(&boot, 0x9fe01, ENTRY_64), -1ull);
	EXPECT_SAID("doesn't fit into the guest's memory");
	EXPECT_EQ(boot_flat(&boot, 0x8fff, ENTRY_64), -1ull);
	EXPECT_SAID("page tables");
	EXPECT_EQ(boot_flat(&boot, 0x400, ENTRY_32), -1ull);
	EXPECT_SAID("GDT");
	memory_destroy(&memory);
}

/* The descriptors say what the segment registers hold. */
TEST(flat_descriptors)
{
	uint64_t *gdt;

	set_up(512);
	EXPECT_EQ(boot_flat(&boot, MB, ENTRY_64), 0);
	gdt = memory_at(&memory, BOOT_GDT, 48);
	EXPECT_EQ(gdt[2], 0x00af9b000000ffff);
	EXPECT_EQ(gdt[3], 0x00cf93000000ffff);
	EXPECT_EQ(boot_flat(&boot, MB, ENTRY_32), 0);
	EXPECT_EQ(gdt[2], 0x00cf9b000000ffff);
	EXPECT_EQ(state.gdtr.limit, 47);
	memory_destroy(&memory);
}

/* ---- multiboot ---- */

static uint32_t guest_u32(uint64_t gpa)
{
	uint32_t value = 0;
	void *at = memory_at(&memory, gpa, sizeof(value));

	EXPECT(at);
	if (at)
		memcpy(&value, at, sizeof(value));
	return value;
}

TEST(multiboot_loads)
{
	static void (*const make[])(void) = {
		make_multiboot32, make_multiboot64, make_multiboot_addresses,
	};
	unsigned int i;

	for (i = 0; i < 3; i++) {
		uint32_t info;

		make[i]();
		set_up(MULTIBOOT_SIZE);
		EXPECT_EQ(boot_multiboot(&boot), 0);
		EXPECT_EQ(state.rip, MULTIBOOT_AT + 0x20);
		EXPECT_EQ(state.gpr[VMR_RAX], 0x2badb002);
		EXPECT_EQ(state.cr0 & 0x80000001, 1);
		EXPECT_EQ(state.segment[VMR_CS].access, 0xc09b);
		EXPECT(!memcmp(memory_at(&memory, MULTIBOOT_AT, MULTIBOOT_SIZE), file,
			       MULTIBOOT_SIZE));
		info = state.gpr[VMR_RBX];
		EXPECT_EQ(guest_u32(info + 4), 639);
		EXPECT_EQ(guest_u32(info + 8), (MEMORY_MB - 1) * 1024);
		EXPECT(!strcmp(memory_at(&memory, guest_u32(info + 16), 21),
			       "kernel console=ttyS0"));
		memory_destroy(&memory);
	}
}

TEST(multiboot_modules)
{
	static const uint8_t data[5000] = { 1, 2, 3 };
	uint32_t info, module;

	make_multiboot32();
	set_up(MULTIBOOT_SIZE);
	boot.cmdline = "";
	boot.module[0] = (struct boot_module){
		.image = { .name = "one", .data = data, .size = sizeof(data) }, .text = "one a b",
	};
	boot.modules = 1;
	EXPECT_EQ(boot_multiboot(&boot), 0);
	info = state.gpr[VMR_RBX];
	EXPECT(!strcmp(memory_at(&memory, guest_u32(info + 16), 7), "kernel"));
	EXPECT_EQ(guest_u32(info + 20), 1);
	module = guest_u32(info + 24);
	EXPECT_EQ(guest_u32(module + 4) - guest_u32(module), sizeof(data));
	EXPECT(!memcmp(memory_at(&memory, guest_u32(module), sizeof(data)), data, sizeof(data)));
	EXPECT(!strcmp(memory_at(&memory, guest_u32(module + 8), 8), "one a b"));
	memory_destroy(&memory);
}

/* Not where vmrun has its own, nor where there is no memory. */
TEST(multiboot_refused)
{
	static const struct {
		uint32_t at;
		const char *words;
	} bad[] = {
		{ 0x4ff, "wants memory at 0x4ff, where something else is" },
		{ 0x9f000, "wants memory at 0x9f000, where something else is" },
		{ 0xb0000, "wants memory at 0xb0000, where something else is" },
		{ 0xff000, "wants memory at 0xff000, where something else is" },
		{ 0xfffff000, "beyond the 32768 KiB" },
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		make_multiboot32();
		put32(sizeof(Elf32_Ehdr) + offsetof(Elf32_Phdr, p_paddr), bad[i].at);
		set_up(MULTIBOOT_SIZE);
		EXPECT_EQ(boot_multiboot(&boot), -1ull);
		EXPECT_SAID(bad[i].words);
		memory_destroy(&memory);
	}
	make_multiboot32();
	set_up(MULTIBOOT_SIZE);
	boot.initrd = &initrd;
	EXPECT_EQ(boot_multiboot(&boot), -1ull);
	EXPECT_SAID("gets files by --module");
	memory_destroy(&memory);
}
