// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the decoding of instructions, "Instruction Format" and "Opcode Map". Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include <vmring.h>

#include "vmx/decode.h"

/* What a row says of an instruction. */
#define MODRM		0x0001
#define BYTE		0x0002	/* the memory operand has 8 bits */
#define WORD		0x0004	/* it has 16 */
#define STORE		0x0008	/* memory is the destination */
#define REG		0x0010	/* the other operand is ModRM.reg, or in the opcode */
#define IMM8		0x0020	/* it is an immediate of 8 bits */
#define IMM		0x0040	/* it is one of the operand's size, 32 bits at most */
#define LOCK		0x0080	/* may be locked */
#define GROUP		0x0100	/* ModRM.reg says which: op is the group's number */
#define STACK		0x0200	/* 64 bits by default in 64-bit mode */
#define BRANCH		0x0400	/* always 64 bits there */
#define STRING		0x0800
#define OFFSET		0x1000	/* the address is in the instruction */
#define BY_ONE		0x2000	/* shifts: the immediate 1 */
#define BY_CL		0x4000
#define PLAIN		0x8000	/* 66, F2 and F3 make it something else */

struct row {
	u8 op;
	u16 flags;
};

enum group { GROUP_1, GROUP_1A, GROUP_2, GROUP_3, GROUP_4, GROUP_5, GROUP_8,
	     GROUP_9, GROUP_11, GROUPS };

/* Below 40 each eighth is an operation, with these operands. */
static const u16 alu_flags[4] = {
	MODRM | BYTE | REG | STORE | LOCK,
	MODRM | REG | STORE | LOCK,
	MODRM | BYTE | REG,
	MODRM | REG,
};

static const struct row one_byte[256] = {
	[0x50 ... 0x57] = { VMR_OP_PUSH, REG | STACK },
	[0x58 ... 0x5f] = { VMR_OP_POP, REG | STACK },
	[0x63] = { VMR_OP_MOVSX, MODRM | REG },
	[0x68] = { VMR_OP_PUSH, IMM | STACK },
	[0x6a] = { VMR_OP_PUSH, IMM8 | STACK },
	[0x80] = { GROUP_1, MODRM | GROUP | BYTE | IMM8 },
	[0x81] = { GROUP_1, MODRM | GROUP | IMM },
	[0x82] = { GROUP_1, MODRM | GROUP | BYTE | IMM8 },
	[0x83] = { GROUP_1, MODRM | GROUP | IMM8 },
	[0x84] = { VMR_OP_TEST, MODRM | BYTE | REG },
	[0x85] = { VMR_OP_TEST, MODRM | REG },
	[0x86] = { VMR_OP_XCHG, MODRM | BYTE | REG | STORE | LOCK },
	[0x87] = { VMR_OP_XCHG, MODRM | REG | STORE | LOCK },
	[0x88] = { VMR_OP_MOV, MODRM | BYTE | REG | STORE },
	[0x89] = { VMR_OP_MOV, MODRM | REG | STORE },
	[0x8a] = { VMR_OP_MOV, MODRM | BYTE | REG },
	[0x8b] = { VMR_OP_MOV, MODRM | REG },
	[0x8c] = { VMR_OP_MOV_SEGMENT, MODRM | WORD | REG | STORE },
	[0x8f] = { GROUP_1A, MODRM | GROUP | STACK },
	[0xa0] = { VMR_OP_MOV, OFFSET | BYTE | REG },
	[0xa1] = { VMR_OP_MOV, OFFSET | REG },
	[0xa2] = { VMR_OP_MOV, OFFSET | BYTE | REG | STORE },
	[0xa3] = { VMR_OP_MOV, OFFSET | REG | STORE },
	[0xa4] = { VMR_OP_MOVS, STRING | BYTE },
	[0xa5] = { VMR_OP_MOVS, STRING },
	[0xa6] = { VMR_OP_CMPS, STRING | BYTE },
	[0xa7] = { VMR_OP_CMPS, STRING },
	[0xaa] = { VMR_OP_STOS, STRING | BYTE },
	[0xab] = { VMR_OP_STOS, STRING },
	[0xac] = { VMR_OP_LODS, STRING | BYTE },
	[0xad] = { VMR_OP_LODS, STRING },
	[0xae] = { VMR_OP_SCAS, STRING | BYTE },
	[0xaf] = { VMR_OP_SCAS, STRING },
	[0xc0] = { GROUP_2, MODRM | GROUP | BYTE | IMM8 },
	[0xc1] = { GROUP_2, MODRM | GROUP | IMM8 },
	[0xc2] = { VMR_OP_RET, WORD | IMM | BRANCH },
	[0xc3] = { VMR_OP_RET, BRANCH },
	[0xc6] = { GROUP_11, MODRM | GROUP | BYTE | IMM8 },
	[0xc7] = { GROUP_11, MODRM | GROUP | IMM },
	[0xd0] = { GROUP_2, MODRM | GROUP | BYTE | BY_ONE },
	[0xd1] = { GROUP_2, MODRM | GROUP | BY_ONE },
	[0xd2] = { GROUP_2, MODRM | GROUP | BYTE | BY_CL },
	[0xd3] = { GROUP_2, MODRM | GROUP | BY_CL },
	[0xe8] = { VMR_OP_CALL, IMM | BRANCH },
	[0xf6] = { GROUP_3, MODRM | GROUP | BYTE },
	[0xf7] = { GROUP_3, MODRM | GROUP },
	[0xfe] = { GROUP_4, MODRM | GROUP | BYTE },
	[0xff] = { GROUP_5, MODRM | GROUP },
};

/* After 0F. */
static const struct row two_bytes[256] = {
	[0x40 ... 0x4f] = { VMR_OP_CMOVCC, MODRM | REG },
	[0x90 ... 0x9f] = { VMR_OP_SETCC, MODRM | BYTE | STORE },
	[0xa3] = { VMR_OP_BT, MODRM | REG },
	[0xab] = { VMR_OP_BTS, MODRM | REG | STORE | LOCK },
	[0xb0] = { VMR_OP_CMPXCHG, MODRM | BYTE | REG | STORE | LOCK },
	[0xb1] = { VMR_OP_CMPXCHG, MODRM | REG | STORE | LOCK },
	[0xb3] = { VMR_OP_BTR, MODRM | REG | STORE | LOCK },
	[0xb6] = { VMR_OP_MOVZX, MODRM | BYTE | REG },
	[0xb7] = { VMR_OP_MOVZX, MODRM | WORD | REG },
	[0xba] = { GROUP_8, MODRM | GROUP | IMM8 },
	[0xbb] = { VMR_OP_BTC, MODRM | REG | STORE | LOCK },
	[0xbe] = { VMR_OP_MOVSX, MODRM | BYTE | REG },
	[0xbf] = { VMR_OP_MOVSX, MODRM | WORD | REG },
	[0xc0] = { VMR_OP_XADD, MODRM | BYTE | REG | STORE | LOCK },
	[0xc1] = { VMR_OP_XADD, MODRM | REG | STORE | LOCK },
	[0xc3] = { VMR_OP_MOV, MODRM | REG | STORE | PLAIN },	/* MOVNTI */
	[0xc7] = { GROUP_9, MODRM | GROUP },
};

#define SHIFT(operation)	{ VMR_OP_##operation, STORE }

static const struct row groups[GROUPS][8] = {
	[GROUP_1] = {
		{ VMR_OP_ADD, STORE | LOCK }, { VMR_OP_OR, STORE | LOCK },
		{ VMR_OP_ADC, STORE | LOCK }, { VMR_OP_SBB, STORE | LOCK },
		{ VMR_OP_AND, STORE | LOCK }, { VMR_OP_SUB, STORE | LOCK },
		{ VMR_OP_XOR, STORE | LOCK }, { VMR_OP_CMP, 0 },
	},
	[GROUP_1A] = { { VMR_OP_POP, STORE } },
	[GROUP_2] = {
		SHIFT(ROL), SHIFT(ROR), SHIFT(RCL), SHIFT(RCR),
		SHIFT(SHL), SHIFT(SHR), SHIFT(SHL_TOO), SHIFT(SAR),
	},
	/* TEST's immediate is the operand's size, see immediate_of(). */
	[GROUP_3] = {
		{ VMR_OP_TEST, IMM }, { VMR_OP_TEST, IMM },
		{ VMR_OP_NOT, STORE | LOCK }, { VMR_OP_NEG, STORE | LOCK },
	},
	[GROUP_4] = { { VMR_OP_INC, STORE | LOCK }, { VMR_OP_DEC, STORE | LOCK } },
	[GROUP_5] = {
		{ VMR_OP_INC, STORE | LOCK }, { VMR_OP_DEC, STORE | LOCK },
		{ VMR_OP_CALL, BRANCH }, {}, { VMR_OP_JMP, BRANCH }, {},
		{ VMR_OP_PUSH, STACK },
	},
	[GROUP_8] = {
		{}, {}, {}, {}, { VMR_OP_BT, 0 }, { VMR_OP_BTS, STORE | LOCK },
		{ VMR_OP_BTR, STORE | LOCK }, { VMR_OP_BTC, STORE | LOCK },
	},
	[GROUP_9] = { {}, { VMR_OP_CMPXCHG8B, STORE | LOCK } },
	[GROUP_11] = { { VMR_OP_MOV, STORE } },
};

/* The prefix that belongs to the opcode, as VEX encodes it. */
enum mandatory { NP, P66, PF3, PF2 };

#define ALIGNED		0x01
#define TO_MEMORY	0x02
#define KEEP_HIGH	0x04	/* 8 bytes; the rest is from the other source */
#define KEEP_LOW	0x08
#define BY_W		0x10	/* 8 bytes with W, else 4 */
#define L0		0x20	/* VEX.L is 0 */

/* Moves of vectors: size 0 is the whole register. */
static const struct vector_row {
	u8 map;			/* 1: 0F, 2: 0F 38 */
	u8 opcode;
	u8 mandatory;
	u8 size;
	u8 flags;
} vector_rows[] = {
	{ 1, 0x10, NP, 0, 0 },			/* MOVUPS */
	{ 1, 0x10, P66, 0, 0 },
	{ 1, 0x10, PF3, 4, 0 },			/* MOVSS */
	{ 1, 0x10, PF2, 8, 0 },			/* MOVSD */
	{ 1, 0x11, NP, 0, TO_MEMORY },
	{ 1, 0x11, P66, 0, TO_MEMORY },
	{ 1, 0x11, PF3, 4, TO_MEMORY },
	{ 1, 0x11, PF2, 8, TO_MEMORY },
	{ 1, 0x12, NP, 8, KEEP_HIGH | L0 },	/* MOVLPS */
	{ 1, 0x12, P66, 8, KEEP_HIGH | L0 },
	{ 1, 0x13, NP, 8, TO_MEMORY | L0 },
	{ 1, 0x13, P66, 8, TO_MEMORY | L0 },
	{ 1, 0x16, NP, 8, KEEP_LOW | L0 },	/* MOVHPS */
	{ 1, 0x16, P66, 8, KEEP_LOW | L0 },
	{ 1, 0x17, NP, 8, TO_MEMORY | KEEP_LOW | L0 },
	{ 1, 0x17, P66, 8, TO_MEMORY | KEEP_LOW | L0 },
	{ 1, 0x28, NP, 0, ALIGNED },		/* MOVAPS */
	{ 1, 0x28, P66, 0, ALIGNED },
	{ 1, 0x29, NP, 0, TO_MEMORY | ALIGNED },
	{ 1, 0x29, P66, 0, TO_MEMORY | ALIGNED },
	{ 1, 0x2b, NP, 0, TO_MEMORY | ALIGNED },	/* MOVNTPS */
	{ 1, 0x2b, P66, 0, TO_MEMORY | ALIGNED },
	{ 1, 0x6e, P66, 0, BY_W | L0 },		/* MOVD, MOVQ */
	{ 1, 0x6f, P66, 0, ALIGNED },		/* MOVDQA */
	{ 1, 0x6f, PF3, 0, 0 },			/* MOVDQU */
	{ 1, 0x7e, P66, 0, TO_MEMORY | BY_W | L0 },
	{ 1, 0x7e, PF3, 8, L0 },		/* MOVQ */
	{ 1, 0x7f, P66, 0, TO_MEMORY | ALIGNED },
	{ 1, 0x7f, PF3, 0, TO_MEMORY },
	{ 1, 0xd6, P66, 8, TO_MEMORY | L0 },	/* MOVQ */
	{ 1, 0xe7, P66, 0, TO_MEMORY | ALIGNED },	/* MOVNTDQ */
	{ 1, 0xf0, PF2, 0, 0 },			/* LDDQU */
	{ 2, 0x2a, P66, 0, ALIGNED },		/* MOVNTDQA */
};

/* An instruction that is being read. */
struct reader {
	const u8 *bytes;
	u32 count;
	u32 at;
	bool short_of;		/* a byte wasn't there */
	u8 bits;
	u8 operand_size;
	u8 address_size;
	u8 rex;			/* 0x40 and its bits; those of VEX too */
	u8 rep;			/* the last of F2 and F3 */
	u8 mandatory;
	u8 segment;		/* by prefix, or VMR_INSN_NO_REG */
	bool size_prefix;	/* 66 */
	bool lock;
	bool vex;
	u8 vex_source;
	bool vex_long;
	u8 map;			/* 0: no escape, 1: 0F, 2: 0F 38 */
	u8 opcode;
	u8 modrm;
};

#define REX_B	0x01
#define REX_X	0x02
#define REX_R	0x04
#define REX_W	0x08

static u8 next(struct reader *r)
{
	if (r->at >= r->count || r->at >= VMR_INSN_MOST) {
		r->short_of = true;
		return 0;
	}
	return r->bytes[r->at++];
}

/* A little-endian number of 0 to 8 bytes, sign-extended. */
static s64 number(struct reader *r, u8 bytes)
{
	u64 value = 0;
	u8 i;

	if (!bytes)
		return 0;
	for (i = 0; i < bytes; i++)
		value |= (u64)next(r) << 8 * i;
	return (s64)(value << (64 - 8 * bytes)) >> (64 - 8 * bytes);
}

static void take_segment(struct reader *r, u8 segment)
{
	if (r->bits != 64 || segment >= VMR_FS)
		r->segment = segment;
}

static bool take_prefix(struct reader *r, u8 byte)
{
	switch (byte) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		take_segment(r, VMR_ES + (byte - 0x26) / 8);
		return true;
	case 0x64:
	case 0x65:
		take_segment(r, VMR_FS + byte - 0x64);
		return true;
	case 0x66:
		r->size_prefix = true;
		return true;
	case 0x67:
		r->address_size = r->bits == 32 ? 2 : 4;
		return true;
	case 0xf0:
		r->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		r->rep = byte;
		return true;
	default:
		return false;
	}
}

/* Prefixes in any order, REX last of all: one that isn't doesn't count. */
static u8 take_prefixes(struct reader *r)
{
	u8 byte = next(r);

	for (;;) {
		if (r->bits == 64 && (byte & 0xf0) == 0x40)
			r->rex = byte;
		else if (take_prefix(r, byte))
			r->rex = 0;
		else
			return byte;
		byte = next(r);
	}
}

static void set_sizes(struct reader *r)
{
	bool wide = (r->bits == 16) == r->size_prefix;

	r->operand_size = r->rex & REX_W ? 8 : wide ? 4 : 2;
	if (r->rep)
		r->mandatory = r->rep == 0xf3 ? PF3 : PF2;
	else
		r->mandatory = r->size_prefix ? P66 : NP;
}

/* C4 and C5 are LES and LDS outside of 64-bit mode, if what follows has memory. */
static bool is_vex(const struct reader *r, u8 byte)
{
	if (byte != 0xc4 && byte != 0xc5)
		return false;
	if (r->bits == 64)
		return true;
	return r->at < r->count && r->bytes[r->at] >= 0xc0;
}

/* The bits that VEX stores inverted are R, X, B and vvvv. */
static enum vmr_decode_verdict take_vex(struct reader *r, u8 byte)
{
	bool forbidden = r->rex || r->size_prefix || r->rep || r->lock;
	u8 first = next(r), last = first;

	r->vex = true;
	r->map = 1;
	r->rex = first & 0x80 ? 0 : REX_R;
	if (byte == 0xc4) {
		last = next(r);
		r->map = first & 0x1f;
		r->rex = (~first >> 5 & 7) | (last & 0x80 ? REX_W : 0);
	}
	if (r->bits != 64)
		r->rex &= ~(REX_R | REX_X | REX_B | REX_W);
	r->vex_source = ~last >> 3 & 15;
	r->vex_long = last & 4;
	r->mandatory = last & 3;
	r->opcode = next(r);
	return forbidden ? VMR_DECODE_UD : VMR_DECODE_DONE;
}

static enum vmr_decode_verdict take_opcode(struct reader *r)
{
	u8 byte = take_prefixes(r);

	set_sizes(r);
	if (is_vex(r, byte))
		return take_vex(r, byte);
	if (byte == 0x0f) {
		r->map = 1;
		byte = next(r);
		if (byte == 0x38) {
			r->map = 2;
			byte = next(r);
		}
	}
	r->opcode = byte;
	return VMR_DECODE_DONE;
}

static void address_16(struct reader *r, struct vmr_insn *insn)
{
	static const u8 base[] = { VMR_RBX, VMR_RBX, VMR_RBP, VMR_RBP,
				   VMR_RSI, VMR_RDI, VMR_RBP, VMR_RBX };
	u8 mod = r->modrm >> 6, rm = r->modrm & 7;

	insn->base = base[rm];
	if (rm < 4)
		insn->index = rm & 1 ? VMR_RDI : VMR_RSI;
	if (rm == 6 && !mod)
		insn->base = VMR_INSN_NO_REG;
	insn->displacement = number(r, !mod ? (rm == 6 ? 2 : 0) : mod);
}

static void take_sib(struct reader *r, struct vmr_insn *insn)
{
	u8 sib = next(r);
	u8 index = (sib >> 3 & 7) | (r->rex & REX_X ? 8 : 0);

	insn->base = sib & 7;
	if (index != VMR_RSP) {
		insn->index = index;
		insn->scale = 1 << (sib >> 6);
	}
}

/* Base 5 without displacement is none, or RIP where there is no SIB. */
static void address_32(struct reader *r, struct vmr_insn *insn)
{
	u8 mod = r->modrm >> 6, rm = r->modrm & 7;
	bool sib = rm == 4;
	u8 bytes = mod == 2 ? 4 : mod;

	insn->base = rm;
	if (sib)
		take_sib(r, insn);
	if (insn->base == 5 && !mod) {
		insn->base = !sib && r->bits == 64 ? VMR_INSN_RIP : VMR_INSN_NO_REG;
		bytes = 4;
	} else if (r->rex & REX_B) {
		insn->base += 8;
	}
	insn->displacement = number(r, bytes);
}

static void take_address(struct reader *r, struct vmr_insn *insn)
{
	insn->memory = true;
	if (r->address_size == 2)
		address_16(r, insn);
	else
		address_32(r, insn);
	if (insn->base == VMR_RSP || insn->base == VMR_RBP)
		insn->segment = VMR_SS;
}

/* ModRM.reg; of bytes without REX, 4 to 7 are AH, CH, DH and BH. */
static void take_register(const struct reader *r, struct vmr_insn *insn, u8 number)
{
	insn->other = VMR_OTHER_REG;
	insn->reg = number;
	if (insn->reg_size == 1 && !r->rex && number >= 4 && number < 8) {
		insn->high = true;
		insn->reg = number - 4;
	}
}

static u8 modrm_reg(const struct reader *r)
{
	return (r->modrm >> 3 & 7) | (r->rex & REX_R ? 8 : 0);
}

static u8 operand_size(const struct reader *r, u16 flags)
{
	if (flags & BYTE)
		return 1;
	if (flags & WORD && !(flags & BRANCH))
		return 2;
	if (r->bits == 64 && flags & BRANCH)
		return 8;
	if (r->bits == 64 && flags & STACK)
		return r->operand_size == 2 ? 2 : 8;
	return r->operand_size;
}

static void take_immediate(struct reader *r, u16 flags, struct vmr_insn *insn)
{
	u8 bytes = insn->size;

	if (!(flags & (IMM | IMM8 | BY_ONE)))
		return;
	insn->other = VMR_OTHER_IMM;
	if (flags & BY_ONE) {
		insn->immediate = 1;
		return;
	}
	if (flags & WORD)
		bytes = 2;
	else if (flags & IMM8)
		bytes = 1;
	insn->immediate = number(r, bytes > 4 ? 4 : bytes);
}

static void take_string(const struct reader *r, struct vmr_insn *insn)
{
	insn->rep = r->rep;
	insn->to_memory = insn->op == VMR_OP_MOVS || insn->op == VMR_OP_STOS;
}

static void take_cl(struct vmr_insn *insn)
{
	insn->other = VMR_OTHER_REG;
	insn->reg = VMR_RCX;
	insn->reg_size = 1;
}

/* Sizes that the flags don't tell, and what some modes don't have. */
static enum vmr_decode_verdict special(const struct reader *r,
				       struct vmr_insn *insn)
{
	if (insn->op == VMR_OP_CMPXCHG8B)
		insn->size = r->rex & REX_W ? 16 : 8;
	if (insn->op == VMR_OP_SETCC || insn->op == VMR_OP_CMOVCC)
		insn->condition = r->opcode & 15;
	if (r->map) {
		if (r->opcode == 0xc3 && insn->size == 2) {	/* MOVNTI */
			insn->size = 4;
			insn->reg_size = 4;
		}
		return VMR_DECODE_DONE;
	}
	insn->to_register = r->opcode < 0x40 && r->opcode & 2;
	if (r->opcode == 0x63) {
		if (r->bits != 64)
			return VMR_DECODE_UNKNOWN;	/* ARPL */
		if (insn->size == 8)
			insn->size = 4;
	}
	if (r->opcode == 0x82 && r->bits == 64)
		return VMR_DECODE_UD;
	if (r->opcode == 0x8c && (r->modrm >> 3 & 7) > VMR_GS)
		return VMR_DECODE_UD;
	return VMR_DECODE_DONE;
}

static enum vmr_decode_verdict take_modrm(struct reader *r, struct row *row,
					  struct vmr_insn *insn)
{
	r->modrm = next(r);
	if (row->flags & GROUP) {
		const struct row *member = &groups[row->op][r->modrm >> 3 & 7];

		row->op = member->op;
		row->flags |= member->flags;
	}
	if (r->short_of)
		return VMR_DECODE_SHORT;
	if (r->modrm >= 0xc0)
		return r->lock ? VMR_DECODE_UD : VMR_DECODE_UNKNOWN;
	take_address(r, insn);
	return VMR_DECODE_DONE;
}

static enum vmr_decode_verdict take_operands(struct reader *r, struct row *row,
					     struct vmr_insn *insn)
{
	enum vmr_decode_verdict verdict = VMR_DECODE_DONE;

	if (row->flags & MODRM)
		verdict = take_modrm(r, row, insn);
	if (verdict)
		return verdict;
	if (!row->op)
		return VMR_DECODE_UNKNOWN;
	insn->op = row->op;
	insn->size = operand_size(r, row->flags);
	insn->reg_size = row->op == VMR_OP_MOVZX || row->op == VMR_OP_MOVSX ?
			 r->operand_size : insn->size;
	insn->to_memory = row->flags & STORE;
	if (row->flags & OFFSET) {
		insn->memory = true;
		insn->displacement = number(r, r->address_size);
		take_register(r, insn, VMR_RAX);
	} else if (row->flags & MODRM && row->flags & REG) {
		take_register(r, insn, insn->op == VMR_OP_MOV_SEGMENT ?
			      r->modrm >> 3 & 7 : modrm_reg(r));
	} else if (row->flags & REG) {
		take_register(r, insn, (r->opcode & 7) | (r->rex & REX_B ? 8 : 0));
	}
	if (row->flags & STRING)
		take_string(r, insn);
	if (row->flags & BY_CL)
		take_cl(insn);
	take_immediate(r, row->flags, insn);
	return special(r, insn);
}

/* CMP writes neither operand. */
static struct row alu_row(u8 opcode)
{
	struct row row = { VMR_OP_ADD + opcode / 8, alu_flags[opcode & 3] };

	if (row.op == VMR_OP_CMP)
		row.flags &= ~(STORE | LOCK);
	return row;
}

static struct row find_row(const struct reader *r)
{
	static const struct row none, movbe[] = {
		{ VMR_OP_MOVBE, MODRM | REG },
		{ VMR_OP_MOVBE, MODRM | REG | STORE },
	};

	if (!r->map && r->opcode < 0x40 && (r->opcode & 7) < 4)
		return alu_row(r->opcode);
	if (!r->map)
		return one_byte[r->opcode];
	if (r->map == 1)
		return two_bytes[r->opcode];
	/* With F2 it would be CRC32. */
	return (r->opcode & 0xfe) == 0xf0 && !r->rep ? movbe[r->opcode & 1] : none;
}

static enum vmr_decode_verdict take_general(struct reader *r, struct vmr_insn *insn)
{
	struct row row = find_row(r);
	enum vmr_decode_verdict verdict;

	if (row.flags & PLAIN && r->mandatory != NP)
		return VMR_DECODE_UNKNOWN;
	verdict = take_operands(r, &row, insn);
	if (verdict == VMR_DECODE_DONE && r->lock && !(row.flags & LOCK))
		return VMR_DECODE_UD;
	return verdict;
}

static const struct vector_row *find_vector(const struct reader *r)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vector_rows); i++) {
		const struct vector_row *row = &vector_rows[i];

		if (row->opcode == r->opcode && row->map == r->map &&
		    row->mandatory == r->mandatory)
			return row;
	}
	return NULL;
}

static void take_vector_sizes(const struct reader *r, const struct vector_row *row,
			      struct vmr_insn *insn)
{
	insn->vector = r->vex_long && !row->size ? 32 : 16;
	insn->size = row->size ?: insn->vector;
	if (row->flags & BY_W)
		insn->size = r->rex & REX_W ? 8 : 4;
	insn->reg_size = insn->vector;
}

static enum vmr_decode_verdict take_vector(struct reader *r,
					   const struct vector_row *row,
					   struct vmr_insn *insn)
{
	bool keeps = row->flags & (KEEP_HIGH | KEEP_LOW) &&
		     !(row->flags & TO_MEMORY);

	r->modrm = next(r);
	if (r->short_of)
		return VMR_DECODE_SHORT;
	if (r->modrm >= 0xc0)
		return VMR_DECODE_UNKNOWN;
	take_address(r, insn);
	insn->op = VMR_OP_VECTOR;
	insn->vex = r->vex;
	insn->other = VMR_OTHER_REG;
	insn->reg = modrm_reg(r);
	insn->to_memory = row->flags & TO_MEMORY;
	insn->aligned = row->flags & ALIGNED;
	insn->half = row->flags & KEEP_HIGH ? VMR_HALF_HIGH :
		     row->flags & KEEP_LOW ? VMR_HALF_LOW : VMR_HALF_NONE;
	insn->source = insn->reg;
	if (r->vex && keeps)
		insn->source = r->vex_source & (r->bits == 64 ? 15 : 7);
	take_vector_sizes(r, row, insn);
	if (r->lock || (r->vex && !keeps && r->vex_source) ||
	    (r->vex_long && row->flags & L0))
		return VMR_DECODE_UD;
	return VMR_DECODE_DONE;
}

static enum vmr_decode_verdict take_all(struct reader *r, struct vmr_insn *insn)
{
	enum vmr_decode_verdict verdict = take_opcode(r);
	const struct vector_row *row;

	if (verdict)
		return verdict;
	insn->address_size = r->address_size;
	insn->segment = VMR_DS;
	insn->base = VMR_INSN_NO_REG;
	insn->index = VMR_INSN_NO_REG;
	insn->scale = 1;
	row = r->map ? find_vector(r) : NULL;
	if (row)
		return take_vector(r, row, insn);
	return r->vex ? VMR_DECODE_UNKNOWN : take_general(r, insn);
}

enum vmr_decode_verdict vmr_decode(const u8 *bytes, u32 count, u8 bits,
				   struct vmr_insn *insn)
{
	struct reader r = {
		.bytes = bytes,
		.count = count,
		.bits = bits,
		.address_size = bits / 8,
		.segment = VMR_INSN_NO_REG,
	};
	enum vmr_decode_verdict verdict;

	*insn = (struct vmr_insn) { .bits = bits };
	verdict = take_all(&r, insn);
	if (r.short_of)
		return r.at == VMR_INSN_MOST ? VMR_DECODE_GP : VMR_DECODE_SHORT;
	insn->length = r.at;
	insn->lock = r.lock;
	if (r.segment != VMR_INSN_NO_REG)
		insn->segment = r.segment;
	return verdict;
}
