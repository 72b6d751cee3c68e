// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of the decoder with a disassembler, Zydis (Debian's
 * libzydis-dev), over drawn bytes: what we know it must know and read the same way,
 * and what it calls by one of our names we must know.
 */
#include "unit.h"

#if !__has_include("Zydis/Zydis.h")

void decode_disassembler(void)
{
	unit_skip("libzydis-dev isn't there");
}

#else

#include <Zydis/Zydis.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "insn_bytes.h"
#include "vmx/decode.h"

#define M(name)		ZYDIS_MNEMONIC_##name

/* What each operation is called; a zero ends the names. */
static const ZydisMnemonic names[VMR_OPS][34] = {
	[VMR_OP_ADD] = { M(ADD) }, [VMR_OP_OR] = { M(OR) }, [VMR_OP_ADC] = { M(ADC) },
	[VMR_OP_SBB] = { M(SBB) }, [VMR_OP_AND] = { M(AND) }, [VMR_OP_SUB] = { M(SUB) },
	[VMR_OP_XOR] = { M(XOR) }, [VMR_OP_CMP] = { M(CMP) },
	[VMR_OP_ROL] = { M(ROL) }, [VMR_OP_ROR] = { M(ROR) }, [VMR_OP_RCL] = { M(RCL) },
	[VMR_OP_RCR] = { M(RCR) }, [VMR_OP_SHL] = { M(SHL) }, [VMR_OP_SHR] = { M(SHR) },
	[VMR_OP_SHL_TOO] = { M(SHL) }, [VMR_OP_SAR] = { M(SAR) },
	[VMR_OP_BT] = { M(BT) }, [VMR_OP_BTS] = { M(BTS) }, [VMR_OP_BTR] = { M(BTR) },
	[VMR_OP_BTC] = { M(BTC) }, [VMR_OP_TEST] = { M(TEST) }, [VMR_OP_INC] = { M(INC) },
	[VMR_OP_DEC] = { M(DEC) }, [VMR_OP_NOT] = { M(NOT) }, [VMR_OP_NEG] = { M(NEG) },
	[VMR_OP_XCHG] = { M(XCHG) }, [VMR_OP_XADD] = { M(XADD) },
	[VMR_OP_CMPXCHG] = { M(CMPXCHG) },
	[VMR_OP_CMPXCHG8B] = { M(CMPXCHG8B), M(CMPXCHG16B) },
	[VMR_OP_MOV] = { M(MOV), M(MOVNTI) }, [VMR_OP_MOV_SEGMENT] = { M(MOV) },
	[VMR_OP_MOVZX] = { M(MOVZX) }, [VMR_OP_MOVSX] = { M(MOVSX), M(MOVSXD) },
	[VMR_OP_MOVBE] = { M(MOVBE) },
	[VMR_OP_SETCC] = { M(SETO), M(SETNO), M(SETB), M(SETNB), M(SETZ), M(SETNZ),
			   M(SETBE), M(SETNBE), M(SETS), M(SETNS), M(SETP), M(SETNP),
			   M(SETL), M(SETNL), M(SETLE), M(SETNLE) },
	[VMR_OP_CMOVCC] = { M(CMOVO), M(CMOVNO), M(CMOVB), M(CMOVNB), M(CMOVZ),
			    M(CMOVNZ), M(CMOVBE), M(CMOVNBE), M(CMOVS), M(CMOVNS),
			    M(CMOVP), M(CMOVNP), M(CMOVL), M(CMOVNL), M(CMOVLE),
			    M(CMOVNLE) },
	[VMR_OP_PUSH] = { M(PUSH) }, [VMR_OP_POP] = { M(POP) }, [VMR_OP_CALL] = { M(CALL) },
	[VMR_OP_JMP] = { M(JMP) }, [VMR_OP_RET] = { M(RET) },
	[VMR_OP_MOVS] = { M(MOVSB), M(MOVSW), M(MOVSD), M(MOVSQ) },
	[VMR_OP_CMPS] = { M(CMPSB), M(CMPSW), M(CMPSD), M(CMPSQ) },
	[VMR_OP_STOS] = { M(STOSB), M(STOSW), M(STOSD), M(STOSQ) },
	[VMR_OP_LODS] = { M(LODSB), M(LODSW), M(LODSD), M(LODSQ) },
	[VMR_OP_SCAS] = { M(SCASB), M(SCASW), M(SCASD), M(SCASQ) },
	[VMR_OP_VECTOR] = {
		M(MOVUPS), M(MOVUPD), M(MOVSS), M(MOVSD), M(MOVLPS), M(MOVLPD), M(MOVHPS),
		M(MOVHPD), M(MOVAPS), M(MOVAPD), M(MOVNTPS), M(MOVNTPD), M(MOVD), M(MOVQ),
		M(MOVDQA), M(MOVDQU), M(MOVNTDQ), M(LDDQU), M(MOVNTDQA),
		M(VMOVUPS), M(VMOVUPD), M(VMOVSS), M(VMOVSD), M(VMOVLPS), M(VMOVLPD),
		M(VMOVHPS), M(VMOVHPD), M(VMOVAPS), M(VMOVAPD), M(VMOVNTPS), M(VMOVNTPD),
		M(VMOVD), M(VMOVQ),
	},
};

static const ZydisMnemonic more_vector_names[] = {
	M(VMOVDQA), M(VMOVDQU), M(VMOVNTDQ), M(VLDDQU), M(VMOVNTDQA),
};

static bool is_called(u8 op, ZydisMnemonic name)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(names[op]) && names[op][i]; i++)
		if (names[op][i] == name)
			return true;
	if (op != VMR_OP_VECTOR)
		return false;
	for (i = 0; i < ARRAY_SIZE(more_vector_names); i++)
		if (more_vector_names[i] == name)
			return true;
	return false;
}

static bool is_known(ZydisMnemonic name)
{
	u8 op;

	for (op = VMR_OP_NONE + 1; op < VMR_OPS; op++)
		if (is_called(op, name))
			return true;
	return false;
}

/* One instruction in both readings. */
struct pair {
	u8 bits;
	u8 bytes[VMR_INSN_MOST + 1];
	enum vmr_decode_verdict verdict;
	struct vmr_insn ours;
	bool valid;
	ZydisDecodedInstruction theirs;
	ZydisDecodedOperand operand[ZYDIS_MAX_OPERAND_COUNT];
};

static void differ(const struct pair *p, const char *what)
{
	char hex[3 * VMR_INSN_MOST + 1] = "";
	u32 i;

	for (i = 0; i < VMR_INSN_MOST; i++)
		scnprintf(hex + 3 * i, 4, "%02x ", p->bytes[i]);
	unit_fail(__FILE__, __LINE__, "%u bits, %s: %s (%s)", p->bits, hex, what,
		  p->valid ? ZydisMnemonicGetString(p->theirs.mnemonic) : "invalid");
}

#define SAME(condition)						\
	do {							\
		if (!(condition))				\
			differ(p, #condition);			\
	} while (0)

static bool is_string(u8 op)
{
	return op >= VMR_OP_MOVS && op <= VMR_OP_SCAS;
}

/* The operand of memory; a string's source if it has two. */
static const ZydisDecodedOperand *memory_of(const struct pair *p)
{
	const ZydisDecodedOperand *found = NULL;
	u32 i;

	for (i = 0; i < p->theirs.operand_count; i++) {
		const ZydisDecodedOperand *o = &p->operand[i];

		if (o->type != ZYDIS_OPERAND_TYPE_MEMORY)
			continue;
		if (is_string(p->ours.op) ? !found || o->mem.segment != ZYDIS_REGISTER_ES :
		    o->visibility != ZYDIS_OPERAND_VISIBILITY_HIDDEN)
			found = o;
	}
	return found;
}

static u8 base_number(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE)
		return VMR_INSN_NO_REG;
	if (reg == ZYDIS_REGISTER_RIP || reg == ZYDIS_REGISTER_EIP)
		return VMR_INSN_RIP;
	return ZydisRegisterGetId(reg);
}

static u8 segment_number(ZydisRegister reg)
{
	return ZydisRegisterGetId(reg);	/* ES, CS, SS, DS, FS, GS */
}

/*
 * Zydis 4.0 takes R13D for a base where there is none: "mod" 0 and base 5 are a
 * displacement alone, whatever REX.B says.
 */
static bool wrong_base(const struct pair *p, const ZydisDecodedOperand *o)
{
	return p->bits == 64 && p->ours.address_size == 4 && !p->theirs.raw.modrm.mod &&
	       p->theirs.raw.sib.base == 5 && o->mem.base == ZYDIS_REGISTER_R13D;
}

/* It has MOVSXD read 32 bits into a register of 16, the manual 16. */
static bool wrong_size(const struct pair *p)
{
	return p->theirs.mnemonic == ZYDIS_MNEMONIC_MOVSXD && p->ours.reg_size == 2;
}

static void compare_memory(const struct pair *p, const ZydisDecodedOperand *o)
{
	const struct vmr_insn *ours = &p->ours;
	u8 base = base_number(o->mem.base), index = base_number(o->mem.index);

	SAME(ours->size * 8 == o->size || wrong_size(p));
	if (is_string(ours->op)) {
		SAME(ours->op == VMR_OP_STOS || ours->op == VMR_OP_SCAS ||
		     ours->segment == segment_number(o->mem.segment));
		return;
	}
	/* Before an indirect branch 3E is DS for a CPU without CET, and NOTRACK with it. */
	SAME(ours->segment == segment_number(o->mem.segment) ||
	     p->theirs.attributes & ZYDIS_ATTRIB_HAS_NOTRACK);
	SAME(ours->to_memory == !!(o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE));
	if (wrong_base(p, o))
		return;
	SAME(ours->base == base);
	SAME(ours->index == index);
	if (index != VMR_INSN_NO_REG)
		SAME(ours->scale == (o->mem.scale ?: 1));
	SAME(ours->displacement == (o->mem.disp.has_displacement ? o->mem.disp.value : 0));
}

static u8 register_number(ZydisRegister reg)
{
	if (reg >= ZYDIS_REGISTER_R8B && reg <= ZYDIS_REGISTER_R15B)
		return reg - ZYDIS_REGISTER_R8B + VMR_R8;
	if (reg >= ZYDIS_REGISTER_SPL && reg <= ZYDIS_REGISTER_DIL)
		return reg - ZYDIS_REGISTER_SPL + VMR_RSP;
	if (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH)
		return reg - ZYDIS_REGISTER_AH;
	return ZydisRegisterGetId(reg);
}

static u32 vector_size(ZydisRegister reg)
{
	return ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_YMM ? 32 :
	       ZydisRegisterGetClass(reg) == ZYDIS_REGCLASS_XMM ? 16 : 0;
}

static void compare_register(const struct pair *p, const ZydisDecodedOperand *o)
{
	const struct vmr_insn *ours = &p->ours;
	ZydisRegister reg = o->reg.value;

	SAME(ours->other == VMR_OTHER_REG);
	if (ours->op == VMR_OP_VECTOR)
		SAME(ours->vector == vector_size(reg));
	else if (ours->op != VMR_OP_MOV_SEGMENT)
		SAME(ours->reg_size * 8 == o->size);
	SAME(ours->high == (reg >= ZYDIS_REGISTER_AH && reg <= ZYDIS_REGISTER_BH));
	SAME(ours->reg == register_number(reg));
}

/* The operands that are written down; VEX's second source is looked at apart. */
static void compare_operands(const struct pair *p)
{
	const struct vmr_insn *ours = &p->ours;
	const ZydisDecodedOperand *memory = memory_of(p);
	u32 i;

	SAME(!!memory == (ours->memory || is_string(ours->op)));
	if (memory)
		compare_memory(p, memory);
	if (is_string(ours->op))
		return;
	for (i = 0; i < p->theirs.operand_count; i++) {
		const ZydisDecodedOperand *o = &p->operand[i];

		if (o->visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
			continue;
		if (o->type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    o->encoding == ZYDIS_OPERAND_ENCODING_NDSNDD)
			SAME(ours->source == ZydisRegisterGetId(o->reg.value));
		else if (o->type == ZYDIS_OPERAND_TYPE_REGISTER)
			compare_register(p, o);
		if (o->type != ZYDIS_OPERAND_TYPE_IMMEDIATE)
			continue;
		SAME(ours->other == VMR_OTHER_IMM);
		SAME(o->imm.is_signed ? ours->immediate == o->imm.value.s :
		     !((ours->immediate ^ o->imm.value.u) << (64 - o->size) >> (64 - o->size)));
	}
}

static void compare(const struct pair *p)
{
	const struct vmr_insn *ours = &p->ours;
	const ZydisInstructionAttributes repeats =
		ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;

	SAME(ours->length == p->theirs.length);
	SAME(is_called(ours->op, p->theirs.mnemonic));
	SAME(ours->vex == (p->theirs.encoding == ZYDIS_INSTRUCTION_ENCODING_VEX));
	SAME(ours->lock == !!(p->theirs.attributes & ZYDIS_ATTRIB_HAS_LOCK));
	SAME(!ours->rep || p->theirs.attributes & repeats || ours->op == VMR_OP_MOVS ||
	     ours->op == VMR_OP_STOS || ours->op == VMR_OP_LODS);
	if (ours->memory || is_string(ours->op))
		SAME(ours->address_size * 8 == p->theirs.address_width);
	compare_operands(p);
}

/* What is ours to know: one of our names, with memory that isn't a far pointer. */
static bool ought_to_know(const struct pair *p)
{
	const ZydisDecodedOperand *memory = memory_of(p);

	if (!p->valid || !memory || !is_known(p->theirs.mnemonic))
		return false;
	if (p->theirs.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY &&
	    p->theirs.encoding != ZYDIS_INSTRUCTION_ENCODING_VEX)
		return false;
	if (p->theirs.meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ||
	    p->theirs.meta.isa_set == ZYDIS_ISA_SET_PENTIUMMMX)
		return false;
	/* Of SSE, there is a CMPSD that compares no strings. */
	if (p->theirs.mnemonic == ZYDIS_MNEMONIC_CMPSD && p->theirs.opcode == 0xc2)
		return false;
	/* MOV to a segment register needs a descriptor. */
	return !(p->theirs.mnemonic == ZYDIS_MNEMONIC_MOV &&
		 p->theirs.opcode == 0x8e);
}

static void decode_both(const ZydisDecoder *decoder, struct pair *p)
{
	p->verdict = vmr_decode(p->bytes, VMR_INSN_MOST, p->bits, &p->ours);
	p->valid = ZYAN_SUCCESS(ZydisDecoderDecodeFull(decoder, p->bytes, VMR_INSN_MOST,
						       &p->theirs, p->operand));
	if (p->verdict == VMR_DECODE_DONE) {
		SAME(p->valid);
		if (p->valid)
			compare(p);
	} else {
		SAME(!ought_to_know(p));
	}
}

void decode_disassembler(void)
{
	static const struct {
		u8 bits;
		ZydisMachineMode mode;
		ZydisStackWidth stack;
	} modes[] = {
		{ 64, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64 },
		{ 32, ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32 },
		{ 16, ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16 },
	};
	u32 seen[VMR_OPS] = {};
	u64 seed = 0x7a79646973;
	struct pair pair;
	u32 i, j, rounds = unit_rounds(200000);

	for (i = 0; i < ARRAY_SIZE(modes); i++) {
		ZydisDecoder decoder;

		ZydisDecoderInit(&decoder, modes[i].mode, modes[i].stack);
		for (j = 0; j < rounds; j++) {
			pair.bits = modes[i].bits;
			insn_draw(&seed, pair.bits, pair.bytes);
			decode_both(&decoder, &pair);
			if (pair.verdict == VMR_DECODE_DONE)
				seen[pair.ours.op]++;
		}
	}
	for (i = VMR_OP_NONE + 1; i < VMR_OPS; i++)
		EXPECT(seen[i] >= 10);
}

#endif
