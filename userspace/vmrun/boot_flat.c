// SPDX-License-Identifier: GPL-2.0
/* Owns loading a flat binary, which begins at its first byte in the mode it asks for. */
#include "boot.h"
#include "image.h"
#include "opts.h"
#include "say.h"

static bool overlaps(uint64_t at, uint64_t size, uint64_t begin, uint64_t end)
{
	return at < end && begin < at + size;
}

/* As after a jump from the firmware; above 1 MB the code segment's base says where. */
static void real_mode(const struct boot *boot, uint64_t at)
{
	struct vmr_state *state = boot->state;
	struct vmr_segment *code = &state->segment[VMR_CS];

	code->base = at < MEMORY_1M ? at & ~15ull : at;
	code->selector = at < MEMORY_1M ? at >> 4 : 0;
	state->rip = at - code->base;
	state->gpr[VMR_RSP] = BOOT_STACK;
}

int boot_flat(const struct boot *boot, uint64_t at, int entry)
{
	uint64_t size = boot->kernel->size;

	if (boot_put(boot, boot->kernel->name, at, boot->kernel->data, size))
		return -1;
	if (entry != ENTRY_16 && overlaps(at, size, BOOT_GDT, BOOT_GDT_END))
		return fail("%s at %#llx is where vmrun's GDT is", boot->kernel->name,
			    (unsigned long long)at);
	if (entry == ENTRY_64 && overlaps(at, size, BOOT_TABLES, BOOT_TABLES_END))
		return fail("%s at %#llx is where vmrun's page tables are (%#x to %#x)",
			    boot->kernel->name, (unsigned long long)at, BOOT_TABLES,
			    BOOT_TABLES_END);
	if (entry == ENTRY_16 && at > ~0u)
		return fail("a guest can't begin above 4 GB in 16-bit mode");
	if (entry == ENTRY_16)
		real_mode(boot, at);
	else if (entry == ENTRY_32)
		boot_protected_mode(boot, at);
	else
		boot_long_mode(boot, at);
	return 0;
}
