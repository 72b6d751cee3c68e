/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the decoding of an instruction that touches memory: from its bytes to struct
 * vmr_insn. Pure: no state, no kernel dependency; selftests/unit compiles it in user
 * space. What the instruction does is emulate_*.c.
 */
#ifndef VMR_VMX_DECODE_H
#define VMR_VMX_DECODE_H

#include <linux/types.h>

#define VMR_INSN_MOST		15	/* bytes of an instruction */

enum vmr_op {
	VMR_OP_NONE,
	/* In the order of their encoding. */
	VMR_OP_ADD,
	VMR_OP_OR,
	VMR_OP_ADC,
	VMR_OP_SBB,
	VMR_OP_AND,
	VMR_OP_SUB,
	VMR_OP_XOR,
	VMR_OP_CMP,
	/* The same. */
	VMR_OP_ROL,
	VMR_OP_ROR,
	VMR_OP_RCL,
	VMR_OP_RCR,
	VMR_OP_SHL,
	VMR_OP_SHR,
	VMR_OP_SHL_TOO,
	VMR_OP_SAR,
	/* The same. */
	VMR_OP_BT,
	VMR_OP_BTS,
	VMR_OP_BTR,
	VMR_OP_BTC,
	VMR_OP_TEST,
	VMR_OP_INC,
	VMR_OP_DEC,
	VMR_OP_NOT,
	VMR_OP_NEG,
	VMR_OP_XCHG,
	VMR_OP_XADD,
	VMR_OP_CMPXCHG,
	VMR_OP_CMPXCHG8B,	/* and CMPXCHG16B */
	VMR_OP_MOV,
	VMR_OP_MOVZX,
	VMR_OP_MOVSX,		/* and MOVSXD */
	VMR_OP_MOVBE,
	VMR_OP_MOV_SEGMENT,	/* to memory */
	VMR_OP_SETCC,
	VMR_OP_CMOVCC,
	VMR_OP_PUSH,
	VMR_OP_POP,
	VMR_OP_CALL,
	VMR_OP_JMP,
	VMR_OP_RET,
	VMR_OP_MOVS,
	VMR_OP_CMPS,
	VMR_OP_STOS,
	VMR_OP_LODS,
	VMR_OP_SCAS,
	VMR_OP_VECTOR,		/* a move between memory and a vector register */
	VMR_OPS
};

/* What an operation has beside its memory operand. */
enum vmr_other {
	VMR_OTHER_NONE,
	VMR_OTHER_REG,
	VMR_OTHER_IMM,
};

/* vmr_insn.base and index, beside VMR_RAX and so on */
#define VMR_INSN_RIP		0x10	/* the next instruction */
#define VMR_INSN_NO_REG		0xff

/* vmr_insn.rep */
#define VMR_INSN_REP		0xf3	/* and REPE */
#define VMR_INSN_REPNE		0xf2

/* vmr_insn.half: which half of an XMM register a move of 8 bytes leaves alone */
#define VMR_HALF_NONE		0
#define VMR_HALF_HIGH		1	/* MOVLPS */
#define VMR_HALF_LOW		2	/* MOVHPS */

/**
 * struct vmr_insn - a decoded instruction
 * @op: VMR_OP_...
 * @length: in bytes
 * @bits: of the mode: 16, 32 or 64
 * @memory: there is a memory operand that base, index, scale and displacement
 *	    tell; string instructions and the stack's operand have no need of them
 * @to_memory: memory is written (and read first, if the operation does that)
 * @to_register: of VMR_OP_ADD to VMR_OP_CMP: the register is the first operand
 * @size: of the memory operand in bytes, 1 to 32
 * @reg_size: of the register operand
 * @address_size: 2, 4 or 8
 * @segment: VMR_ES and so on, of the memory operand or the string's source
 * @base: VMR_RAX and so on, VMR_INSN_RIP or VMR_INSN_NO_REG
 * @index: VMR_RAX and so on, or VMR_INSN_NO_REG
 * @scale: 1, 2, 4 or 8
 * @displacement: sign-extended
 * @other: VMR_OTHER_...
 * @reg: the register: a general one, a segment's or a vector's
 * @high: it is AH, CH, DH or BH: bits 15:8 of registers 0 to 3
 * @immediate: sign-extended
 * @condition: of SETCC and CMOVCC, as encoded
 * @rep: VMR_INSN_REP, VMR_INSN_REPNE or 0
 * @lock: there is a LOCK prefix
 * @vex: VEX-encoded
 * @vector: bytes of a vector register that are written: 16 or 32
 * @aligned: a vector's address has to be a multiple of its size
 * @half: VMR_HALF_...
 * @source: VEX: register that the other half comes from
 */
struct vmr_insn {
	u8 op;
	u8 length;
	u8 bits;
	bool memory;
	bool to_memory;
	bool to_register;
	u8 size;
	u8 reg_size;
	u8 address_size;
	u8 segment;
	u8 base;
	u8 index;
	u8 scale;
	s64 displacement;
	u8 other;
	u8 reg;
	bool high;
	s64 immediate;
	u8 condition;
	u8 rep;
	bool lock;
	bool vex;
	u8 vector;
	bool aligned;
	u8 half;
	u8 source;
};

enum vmr_decode_verdict {
	VMR_DECODE_DONE,
	VMR_DECODE_UNKNOWN,	/* not one of those that we know */
	VMR_DECODE_SHORT,	/* there are too few bytes to tell */
	VMR_DECODE_UD,		/* #UD */
	VMR_DECODE_GP,		/* longer than 15 bytes: #GP(0) */
};

/**
 * vmr_decode() - decode an instruction
 * @bytes: it
 * @count: how many there are, at most VMR_INSN_MOST count
 * @bits: 16, 32 or 64, as CS says
 * @insn: what it is; complete with VMR_DECODE_DONE only
 *
 * Only instructions that touch memory are known.
 *
 * Context: Any.
 * Return: the verdict.
 */
enum vmr_decode_verdict vmr_decode(const u8 *bytes, u32 count, u8 bits,
				   struct vmr_insn *insn);

#endif
