// SPDX-License-Identifier: GPL-2.0
/*
 * Owns loading a Linux bzImage by its 64-bit boot protocol: the kernel where it likes to
 * be, the zero page, and a jump to 0x200 behind its beginning.
 */
#include <string.h>

#include "boot.h"
#include "image.h"
#include "say.h"

/* Offsets in the file's first sectors, and in the zero page alike */
#define ACPI_RSDP	0x070
#define E820_ENTRIES	0x1e8
#define SETUP_SECTS	0x1f1
#define SYSSIZE		0x1f4
#define BOOT_FLAG	0x1fe
#define JUMP		0x200
#define HEADER		0x202
#define VERSION		0x206
#define LOADER		0x210
#define LOAD_FLAGS	0x211
#define CODE32_START	0x214
#define RAMDISK		0x218
#define RAMDISK_SIZE	0x21c
#define CMDLINE		0x228
#define INITRD_MAX	0x22c
#define ALIGNMENT	0x230
#define RELOCATABLE	0x234
#define XLOAD_FLAGS	0x236
#define CMDLINE_SIZE	0x238
#define PREF_ADDRESS	0x258
#define INIT_SIZE	0x260
#define HEADER_END	0x264	/* of version 2.12 */
#define E820_TABLE	0x2d0

#define SECTOR		512u
#define LEAST_VERSION	0x020c
#define XLOAD_64	0x0001
#define CAN_USE_HEAP	0x80
#define LOADER_UNKNOWN	0xff
#define ENTRY_64BIT	0x200

struct kernel {
	const struct image *image;
	uint64_t code, code_size;	/* in the file: what isn't set-up */
	uint64_t size;			/* in memory */
	uint64_t address;
};

static int check_header(const struct image *image)
{
	if (!image_has(image, 0, HEADER_END) || image_u16(image, BOOT_FLAG) != 0xaa55 ||
	    memcmp(image->data + HEADER, "HdrS", 4))
		return fail("%s is not a kernel: no bzImage, ELF file or multiboot image",
			    image->name);
	if (image_u16(image, VERSION) < LEAST_VERSION)
		return fail("%s is too old: its boot protocol is %u.%02u, vmrun wants 2.12",
			    image->name, image->data[VERSION + 1], image->data[VERSION]);
	if (!(image_u16(image, XLOAD_FLAGS) & XLOAD_64))
		return fail("%s has no 64-bit entry; a 64-bit Linux has one", image->name);
	return 0;
}

static int find_code(struct kernel *kernel)
{
	const struct image *image = kernel->image;
	unsigned int sectors = image->data[SETUP_SECTS];

	kernel->code = ((sectors ? sectors : 4) + 1) * SECTOR;
	kernel->code_size = image_u32(image, SYSSIZE) * 16ull;
	/* What is counted in units of 16 bytes may end a little before. */
	if (kernel->code_size > 15 && !image_has(image, kernel->code, kernel->code_size - 15))
		return fail("%s is truncated: %llu bytes of %llu are there", image->name,
			    (unsigned long long)image->size,
			    (unsigned long long)(kernel->code + kernel->code_size));
	if (kernel->code_size <= ENTRY_64BIT || !image_has(image, kernel->code, ENTRY_64BIT))
		return fail("%s has nothing behind its header", image->name);
	if (!image_has(image, kernel->code, kernel->code_size))
		kernel->code_size = image->size - kernel->code;
	return 0;
}

/* Where it likes to be, or the lowest place that it can be at. */
static int find_address(const struct boot *boot, struct kernel *kernel)
{
	const struct image *image = kernel->image;
	uint64_t alignment = image_u32(image, ALIGNMENT);

	kernel->size = image_u32(image, INIT_SIZE);
	if (kernel->size < kernel->code_size)
		kernel->size = kernel->code_size;
	kernel->address = image_u64(image, PREF_ADDRESS);
	if (kernel->address >= MEMORY_1M &&
	    memory_at(boot->memory, kernel->address, kernel->size))
		return 0;
	if (image->data[RELOCATABLE] && alignment && !(alignment & (alignment - 1))) {
		kernel->address = (MEMORY_1M + alignment - 1) & -alignment;
		if (memory_at(boot->memory, kernel->address, kernel->size))
			return 0;
	}
	return fail("%s needs %llu MB of memory from %#llx up: more --mem is needed", image->name,
		    (unsigned long long)(kernel->size + MEMORY_1M - 1) >> 20,
		    (unsigned long long)kernel->address);
}

static int put_cmdline(const struct boot *boot)
{
	size_t length = strlen(boot->cmdline);
	uint32_t most = image_u32(boot->kernel, CMDLINE_SIZE);

	if (most > BOOT_CMDLINE_MAX - 1)
		most = BOOT_CMDLINE_MAX - 1;
	if (length > most)
		return fail("--cmdline: %zu characters are too many, this kernel takes %u",
			    length, most);
	return boot_put(boot, "the command line", BOOT_CMDLINE, boot->cmdline, length + 1);
}

static void put_u32(uint8_t *page, unsigned int offset, uint32_t value)
{
	memcpy(page + offset, &value, sizeof(value));
}

/*
 * The header is copied as far as it says that it goes: its end is in the jump before it.
 * The code, which find_code() has seen in the file, lies behind that.
 */
static void put_zero_page(const struct boot *boot, const struct kernel *kernel, uint64_t initrd)
{
	const struct image *image = kernel->image;
	uint8_t *page = memory_at(boot->memory, BOOT_ZERO_PAGE, 4096);
	struct e820_entry map[E820_MOST];
	unsigned int count = memory_e820(boot->memory, map);
	size_t end = HEADER + image->data[JUMP + 1];
	uint64_t rsdp = BOOT_ACPI;

	if (end > E820_TABLE - 0x40)
		end = E820_TABLE - 0x40;
	memset(page, 0, 4096);
	memcpy(page + SETUP_SECTS, image->data + SETUP_SECTS, end - SETUP_SECTS);
	page[LOADER] = LOADER_UNKNOWN;
	page[LOAD_FLAGS] &= ~CAN_USE_HEAP;
	put_u32(page, CODE32_START, kernel->address);
	put_u32(page, CMDLINE, BOOT_CMDLINE);
	put_u32(page, RAMDISK, initrd);
	put_u32(page, RAMDISK_SIZE, initrd ? boot->initrd->size : 0);
	memcpy(page + ACPI_RSDP, &rsdp, sizeof(rsdp));
	page[E820_ENTRIES] = count;
	memcpy(page + E820_TABLE, map, count * sizeof(map[0]));
}

int boot_bzimage(const struct boot *boot)
{
	struct kernel kernel = { .image = boot->kernel };
	uint64_t initrd;

	if (check_header(boot->kernel) || find_code(&kernel) || find_address(boot, &kernel) ||
	    put_cmdline(boot) ||
	    boot_put(boot, boot->kernel->name, kernel.address, boot->kernel->data + kernel.code,
		     kernel.code_size) ||
	    boot_place_initrd(boot, kernel.address + kernel.size,
			      image_u32(boot->kernel, INITRD_MAX) + 1ull, &initrd))
		return -1;
	put_zero_page(boot, &kernel, initrd);
	boot_long_mode(boot, kernel.address + ENTRY_64BIT);
	boot->state->gpr[VMR_RSI] = BOOT_ZERO_PAGE;
	return 0;
}
