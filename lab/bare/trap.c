// SPDX-License-Identifier: GPL-2.0
/* Owns the IDT, one for all CPUs and guests, and what happens on a vector. */
#include "bare.h"

struct gate {
	u16 offset_low;
	u16 selector;
	u16 attributes;
	u16 offset_mid;
	u32 offset_high;
	u32 reserved;
};

_Static_assert(sizeof(struct gate) == 16, "an IDT entry in 64-bit mode");

struct fixup {
	u64 fault;
	u64 landing;
};

extern const struct fixup fixups_start[], fixups_end[];
extern const u8 trap_stubs[256][16];

static struct gate idt[256] __attribute__((aligned(16)));
static void (*handlers[256])(struct trap_frame *frame);

void trap(struct trap_frame *frame);

void trap(struct trap_frame *frame)
{
	const struct fixup *fixup;

	for (fixup = fixups_start; fixup < fixups_end; fixup++) {
		if (frame->vector < 32 && fixup->fault == frame->rip) {
			frame->rax = FAULT(frame->vector);
			frame->rip = fixup->landing;
			return;
		}
	}
	if (handlers[frame->vector]) {
		handlers[frame->vector](frame);
		return;
	}
	bail("unexpected vector %lu, error %lx at %lx (cr2 %lx)",
	     frame->vector, frame->error, frame->rip, READ_REG(cr2));
}

void trap_set(u8 vector, void (*handler)(struct trap_frame *frame))
{
	handlers[vector] = handler;
}

u64 trap_stub(u8 vector)
{
	return (u64)trap_stubs[vector];
}

/* Let @vector enter at @entry instead of its stub. */
void trap_set_gate(u8 vector, const void *entry)
{
	u64 offset = (u64)entry;

	idt[vector] = (struct gate){
		.offset_low = offset,
		.selector = SEL_CODE,
		.attributes = 0x8e00,	/* present, interrupt gate */
		.offset_mid = offset >> 16,
		.offset_high = offset >> 32,
	};
}

/* Called on every CPU; the first one fills the table. */
void trap_init(void)
{
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) idtr = { sizeof(idt) - 1, (u64)idt };

	if (!idt[0].attributes)
		for (u32 vector = 0; vector < 256; vector++)
			trap_set_gate(vector, trap_stubs[vector]);
	asm volatile("lidt %0" : : "m"(idtr));
}
