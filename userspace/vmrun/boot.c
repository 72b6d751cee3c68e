// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the loaders share: copying, page tables, the GDT and registers that go with
 * it. Before the guest runs only.
 */
#include <stdlib.h>
#include <string.h>

#include "boot.h"
#include "image.h"
#include "opts.h"
#include "say.h"

#define PAGE		4096u

#define CR0_PE		(1u << 0)
#define CR0_ET		(1u << 4)
#define CR0_NE		(1u << 5)
#define CR0_PG		(1u << 31)
#define CR4_PAE		(1u << 5)
#define EFER_LONG	((1u << 8) | (1u << 10))

#define PTE_TABLE	3u		/* present, writable */
#define PTE_LARGE	0x83u

/* As Linux's boot protocols want them; 3 is a TSS that nobody uses. */
#define SELECTOR_CODE	0x10
#define SELECTOR_DATA	0x18
#define SELECTOR_TSS	0x20
#define ACCESS_CODE64	0xa09bu
#define ACCESS_CODE32	0xc09bu
#define ACCESS_DATA	0xc093u
#define ACCESS_TSS	0x008bu
#define TSS_LIMIT	0x67u

int boot_put(const struct boot *boot, const char *what, uint64_t gpa, const void *data,
	     uint64_t size)
{
	void *to = memory_at(boot->memory, gpa, size);

	if (!to)
		return fail("%s (%llu KB at %#llx) doesn't fit into the guest's memory", what,
			    (unsigned long long)(size + 1023) >> 10, (unsigned long long)gpa);
	memcpy(to, data, size);
	return 0;
}

int boot_place_initrd(const struct boot *boot, uint64_t above, uint64_t limit, uint64_t *gpa)
{
	const struct image *initrd = boot->initrd;

	*gpa = 0;
	if (!initrd)
		return 0;
	if (limit > boot->memory->below_4g)
		limit = boot->memory->below_4g;
	if (initrd->size <= limit)
		*gpa = (limit - initrd->size) & -(uint64_t)PAGE;
	if (!*gpa || *gpa < above)
		return fail("%s (%llu MB) doesn't fit above the kernel: more --mem is needed",
			    initrd->name, (unsigned long long)(initrd->size + (1 << 20) - 1) >> 20);
	return boot_put(boot, initrd->name, *gpa, initrd->data, initrd->size);
}

/* ---- registers ---- */

/* The descriptor of a flat segment, with these rights. */
static uint64_t descriptor(uint64_t access, uint32_t limit)
{
	uint64_t low = limit >> (access & 0x8000 ? 12 : 0);

	return (low & 0xffff) | (access & 0xff) << 40 | (low >> 16 & 15) << 48 |
	       (access >> 12 & 15) << 52;
}

static struct vmr_segment segment(uint16_t selector, uint32_t access, uint32_t limit)
{
	return (struct vmr_segment){ .selector = selector, .access = access, .limit = limit };
}

static void flat_segments(const struct boot *boot, uint32_t code)
{
	struct vmr_state *state = boot->state;
	const uint64_t gdt[] = {
		0, 0, descriptor(code, ~0u), descriptor(ACCESS_DATA, ~0u),
		descriptor(ACCESS_TSS, TSS_LIMIT), 0,
	};
	unsigned int i;

	memcpy(memory_at(boot->memory, BOOT_GDT, sizeof(gdt)), gdt, sizeof(gdt));
	state->gdtr.base = BOOT_GDT;
	state->gdtr.limit = sizeof(gdt) - 1;
	state->idtr.base = 0;
	state->idtr.limit = 0;
	for (i = VMR_ES; i <= VMR_GS; i++)
		state->segment[i] = segment(SELECTOR_DATA, ACCESS_DATA, ~0u);
	state->segment[VMR_CS] = segment(SELECTOR_CODE, code, ~0u);
	state->segment[VMR_TR] = segment(SELECTOR_TSS, ACCESS_TSS, TSS_LIMIT);
	state->segment[VMR_LDTR] = segment(0, VMR_SEGMENT_UNUSABLE | 0x82, 0);
}

static void begin_at(struct vmr_state *state, uint64_t rip)
{
	memset(state->gpr, 0, sizeof(state->gpr));
	state->gpr[VMR_RSP] = BOOT_STACK;
	state->rip = rip;
	state->rflags = 2;
}

/* One PML4, one PDPT, four directories of 2 MB pages. */
static uint64_t identity_tables(const struct memory *memory)
{
	uint64_t *table = memory_at(memory, BOOT_TABLES, BOOT_TABLES_END - BOOT_TABLES);
	unsigned int i;

	memset(table, 0, BOOT_TABLES_END - BOOT_TABLES);
	table[0] = (BOOT_TABLES + PAGE) | PTE_TABLE;
	for (i = 0; i < 4; i++)
		table[512 + i] = (BOOT_TABLES + (2 + i) * PAGE) | PTE_TABLE;
	for (i = 0; i < 4 * 512; i++)
		table[1024 + i] = (uint64_t)i << 21 | PTE_LARGE;
	return BOOT_TABLES;
}

void boot_long_mode(const struct boot *boot, uint64_t rip)
{
	struct vmr_state *state = boot->state;

	flat_segments(boot, ACCESS_CODE64);
	begin_at(state, rip);
	state->cr3 = identity_tables(boot->memory);
	state->cr4 = CR4_PAE;
	state->efer = EFER_LONG;
	state->cr0 = CR0_PE | CR0_ET | CR0_NE | CR0_PG;
}

void boot_protected_mode(const struct boot *boot, uint64_t rip)
{
	flat_segments(boot, ACCESS_CODE32);
	begin_at(boot->state, rip);
	boot->state->cr0 = CR0_PE | CR0_ET | CR0_NE;
}

/* ---- which loader ---- */

static bool is_elf(const struct image *image)
{
	return image_has(image, 0, 4) && !memcmp(image->data, "\177ELF", 4);
}

static int load_kernel(const struct boot *boot)
{
	if (multiboot_is(boot->kernel->data, boot->kernel->size))
		return boot_multiboot(boot);
	if (boot->modules)
		return fail("--module goes with a multiboot image, and %s is none",
			    boot->kernel->name);
	return is_elf(boot->kernel) ? boot_pvh(boot) : boot_bzimage(boot);
}

/* FILE[ WORDS] */
static int open_module(struct boot_module *module, const char *text)
{
	char *path = strndup(text, strcspn(text, " "));

	module->text = text;
	if (!path)
		return fail("no memory");
	if (!image_open(&module->image, path))
		module->image.name = text;
	free(path);
	return module->image.data ? 0 : -1;
}

static int open_files(struct boot *boot, const struct options *options, struct image *kernel,
		      struct image *initrd)
{
	unsigned int i;

	if (image_open(kernel, options->flat ? options->flat : options->kernel))
		return -1;
	if (options->initrd && image_open(initrd, options->initrd))
		return -1;
	if (options->initrd)
		boot->initrd = initrd;
	for (i = 0; i < options->modules; i++)
		if (open_module(&boot->module[boot->modules++], options->module[i]))
			return -1;
	return 0;
}

int boot_load(const struct options *options, const struct memory *memory,
	      struct vmr_state *state)
{
	struct image kernel = { 0 }, initrd = { 0 };
	struct boot boot = {
		.memory = memory, .kernel = &kernel, .cmdline = options->cmdline, .state = state,
	};
	int error;

	error = open_files(&boot, options, &kernel, &initrd);
	if (!error)
		error = options->flat ? boot_flat(&boot, options->flat_at, options->entry) :
			load_kernel(&boot);
	while (boot.modules)
		image_close(&boot.module[--boot.modules].image);
	image_close(&initrd);
	image_close(&kernel);
	return error;
}
