// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the decoder that need no other: single instructions by hand, and
 * bytes of every kind in memory that ends where they end. decode_zydis.c compares
 * with a disassembler.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "insn_bytes.h"
#include "unit.h"
#include "vmx/decode.h"

#define BYTES(...)	(const u8 []){ __VA_ARGS__ }, sizeof((u8 []){ __VA_ARGS__ })

static struct vmr_insn insn;

static void expect(u8 bits, const u8 *bytes, u32 count, enum vmr_decode_verdict verdict)
{
	EXPECT_EQ(vmr_decode(bytes, count, bits, &insn), verdict);
	if (verdict == VMR_DECODE_DONE)
		EXPECT_EQ(insn.length, count);
}

void decode_addresses(void)
{
	/* mov %eax, %fs:0x11223344(%r13, %r9, 8) */
	expect(64, BYTES(0x64, 0x43, 0x89, 0x84, 0xcd, 0x44, 0x33, 0x22, 0x11), 0);
	EXPECT_EQ(insn.op, VMR_OP_MOV);
	EXPECT_EQ(insn.segment, VMR_FS);
	EXPECT_EQ(insn.base, 13);
	EXPECT_EQ(insn.index, 9);
	EXPECT_EQ(insn.scale, 8);
	EXPECT_EQ(insn.displacement, 0x11223344);
	EXPECT_EQ(insn.size, 4);
	EXPECT(insn.to_memory);

	/* movzwq -2(%rip), %rcx, its address cut to 32 bits */
	expect(64, BYTES(0x67, 0x48, 0x0f, 0xb7, 0x0d, 0xfe, 0xff, 0xff, 0xff), 0);
	EXPECT_EQ(insn.op, VMR_OP_MOVZX);
	EXPECT_EQ(insn.base, VMR_INSN_RIP);
	EXPECT_EQ(insn.displacement, -2);
	EXPECT_EQ(insn.address_size, 4);
	EXPECT_EQ(insn.size, 2);
	EXPECT_EQ(insn.reg_size, 8);

	/* mov %ah, (%bp, %di); no REX in sight */
	expect(16, BYTES(0x88, 0x23), 0);
	EXPECT_EQ(insn.segment, VMR_SS);
	EXPECT_EQ(insn.base, VMR_RBP);
	EXPECT_EQ(insn.index, VMR_RDI);
	EXPECT(insn.high);
	EXPECT_EQ(insn.reg, VMR_RAX);

	/* movabs 0x8877665544332211, %rax */
	expect(64, BYTES(0x48, 0xa1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88), 0);
	EXPECT_EQ(insn.displacement, 0x8877665544332211);
	EXPECT_EQ(insn.base, VMR_INSN_NO_REG);
}

void decode_verdicts(void)
{
	static const u8 long_one[] = {
		0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
		0x2e, 0x81, 0x04, 0x25, 0, 0, 0, 0, 1, 0, 0, 0,
	};

	expect(32, BYTES(0xf0, 0x89, 0x00), VMR_DECODE_UD);	/* lock mov */
	expect(32, BYTES(0xf0, 0x01, 0x00), VMR_DECODE_DONE);	/* lock add */
	EXPECT(insn.lock);
	expect(32, BYTES(0xf0, 0x03, 0x00), VMR_DECODE_UD);	/* memory isn't written */
	expect(32, BYTES(0xf0, 0x01, 0xc0), VMR_DECODE_UD);	/* there is none */
	expect(32, BYTES(0xf0, 0x38, 0x00), VMR_DECODE_UD);	/* lock cmp */
	expect(32, BYTES(0x01, 0xc0), VMR_DECODE_UNKNOWN);
	expect(64, BYTES(0x0f, 0xae, 0x00), VMR_DECODE_UNKNOWN);	/* fxsave */
	expect(64, BYTES(0x81, 0x00, 1, 2, 3), VMR_DECODE_SHORT);
	expect(64, BYTES(0x81), VMR_DECODE_SHORT);
	EXPECT_EQ(vmr_decode(NULL, 0, 64, &insn), VMR_DECODE_SHORT);
	EXPECT_EQ(vmr_decode(long_one, sizeof(long_one), 64, &insn), VMR_DECODE_GP);
	EXPECT_EQ(vmr_decode(long_one + 5, sizeof(long_one) - 5, 64, &insn),
		  VMR_DECODE_DONE);
	EXPECT_EQ(insn.length, 15);
	expect(64, BYTES(0x66, 0xc5, 0xf8, 0x10, 0x00), VMR_DECODE_UD);	/* 66 and VEX */
	expect(64, BYTES(0xc5, 0xf0, 0x10, 0x00), VMR_DECODE_UD);	/* vvvv */
	expect(64, BYTES(0xc5, 0xfc, 0x10, 0x00), VMR_DECODE_DONE);
	EXPECT_EQ(insn.size, 32);
	EXPECT(insn.vex);
	expect(32, BYTES(0xc5, 0x10), VMR_DECODE_UNKNOWN);		/* lds */
}

/* Nothing behind the last byte is read, and what is told is within its bounds. */
void decode_anything(void)
{
	static const u8 modes[] = { 16, 32, 64 };
	u32 i, known = 0, rounds = unit_rounds(300000);
	u64 seed = 0x6465636f6465;

	for (i = 0; i < rounds; i++) {
		u8 bits = modes[i % 3];
		u32 count = (draw(&seed) >> 32) % (VMR_INSN_MOST + 2);
		u8 bytes[VMR_INSN_MOST + 1], *exact = malloc(count ?: 1);
		enum vmr_decode_verdict verdict;

		insn_draw(&seed, bits, bytes);
		memcpy(exact, bytes, count);
		verdict = vmr_decode(exact, count, bits, &insn);
		free(exact);
		if (verdict == VMR_DECODE_SHORT)
			EXPECT(count < VMR_INSN_MOST);
		if (verdict)
			continue;
		known++;
		EXPECT(insn.op > VMR_OP_NONE && insn.op < VMR_OPS);
		EXPECT(insn.length >= 1 && insn.length <= count);
		EXPECT(insn.size >= 1 && insn.size <= 32);
		EXPECT(insn.reg < VMR_GPRS && insn.source < VMR_GPRS);
		EXPECT(insn.segment <= VMR_GS);
		EXPECT(insn.base <= VMR_INSN_RIP || insn.base == VMR_INSN_NO_REG);
		EXPECT(insn.index < VMR_GPRS || insn.index == VMR_INSN_NO_REG);
	}
	EXPECT(known > rounds / 10);
}
