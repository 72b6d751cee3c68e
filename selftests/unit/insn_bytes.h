/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the drawing of instruction bytes: more often those that mean something. */
#ifndef UNIT_INSN_BYTES_H
#define UNIT_INSN_BYTES_H

#include <linux/kernel.h>

#include "random.h"
#include "vmx/decode.h"

static const u8 insn_prefixes[] = {
	0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67,
};

/* Escapes, and the opcodes of the third map that mean something to us. */
static inline u32 insn_opcode(u64 *seed, u8 *at)
{
	static const u8 third[] = { 0xf0, 0xf1, 0x2a };
	static const u8 groups[] = { 0x80, 0x81, 0x83, 0x8f, 0xc1, 0xd3, 0xf7, 0xfe, 0xff };

	switch (draw(seed) >> 60) {
	case 0:
		at[0] = groups[(draw(seed) >> 32) % ARRAY_SIZE(groups)];
		return 1;
	case 1 ... 5:
		at[0] = draw(seed) >> 32;
		return 1;
	case 6 ... 10:
		at[0] = 0x0f;
		at[1] = draw(seed) >> 32;
		return 2;
	case 11:
		at[0] = 0x0f;
		at[1] = 0x38;
		at[2] = third[(draw(seed) >> 32) % ARRAY_SIZE(third)];
		return 3;
	case 12 ... 13:
		at[0] = 0xc5;
		at[1] = draw(seed) >> 32 | (draw(seed) >> 63 ? 0x78 : 0);
		at[2] = draw(seed) >> 32;
		return 3;
	default:
		at[0] = 0xc4;
		at[1] = (draw(seed) >> 32 & 0xe0) | 1 | (draw(seed) >> 62 ? 0 : 3);
		at[2] = draw(seed) >> 32 | (draw(seed) >> 63 ? 0x78 : 0);
		at[3] = draw(seed) >> 32;
		return 4;
	}
}

static inline void insn_draw(u64 *seed, u8 bits, u8 bytes[VMR_INSN_MOST + 1])
{
	u32 i, at = 0, prefixes = (draw(seed) >> 32) % 8;

	for (i = 0; i <= VMR_INSN_MOST; i++)
		bytes[i] = draw(seed) >> 32;
	if (prefixes < 4)
		for (i = 0; i < prefixes; i++)
			bytes[at++] = insn_prefixes[(draw(seed) >> 32) %
						    ARRAY_SIZE(insn_prefixes)];
	if (bits == 64 && draw(seed) >> 63)
		bytes[at++] = 0x40 | (draw(seed) >> 60);
	at += insn_opcode(seed, bytes + at);
	/* ModRM with memory, mostly. */
	if (draw(seed) >> 61)
		bytes[at] &= 0xbf;
}

#endif
