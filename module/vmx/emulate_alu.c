// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the instructions that calculate with a memory operand, or compare and exchange
 * it. Pure: callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/emulate_gpr.h"
#include "vmx/emulate_insns.h"
#include "vmx/emulate_operand.h"

enum vmr_emulate_verdict vmr_emulate_alu(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, result;
	struct vmr_emulate_operand at;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_load_memory(e, &at, &memory);
	if (v)
		return v;
	if (insn->to_register)
		result = vmr_alu(insn->op, insn->size, vmr_gpr_other(e), memory, &flags);
	else
		result = vmr_alu(insn->op, insn->size, memory,
				 insn->other ? vmr_gpr_other(e) : 0, &flags);
	if (insn->to_memory)
		v = vmr_emulate_store(e, &at, &result);
	else if (insn->to_register && insn->op != VMR_OP_CMP)
		vmr_gpr_put_other(e, result);
	if (!v)
		vmr_gpr_put_flags(e, flags);
	return v;
}

/* The bit's number in a register counts on beyond the operand, both ways. */
enum vmr_emulate_verdict vmr_emulate_bit(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u8 spare = 64 - 8 * insn->size, number;
	s64 index = (s64)(vmr_gpr_other(e) << spare) >> spare;
	u64 flags = e->state->rflags, value = 0, mask;
	u64 offset = vmr_emulate_address(e, 0);
	struct vmr_emulate_operand at;
	enum vmr_emulate_verdict v;

	number = index & (8 * insn->size - 1);
	if (insn->other == VMR_OTHER_REG)
		offset += (index - number) / 8;
	v = vmr_emulate_find(e, insn->segment,
			     offset & vmr_size_mask(insn->address_size), insn->size,
			     insn->to_memory ? VMR_WALK_WRITE : VMR_WALK_READ, &at);
	if (!v)
		v = vmr_emulate_load(e, &at, &value);
	if (v)
		return v;
	mask = BIT_ULL(number);
	flags = value & mask ? flags | SDM_RFLAGS_CF : flags & ~SDM_RFLAGS_CF;
	if (insn->op == VMR_OP_BTS)
		value |= mask;
	else if (insn->op == VMR_OP_BTR)
		value &= ~mask;
	else if (insn->op == VMR_OP_BTC)
		value ^= mask;
	if (insn->to_memory)
		v = vmr_emulate_store(e, &at, &value);
	if (!v)
		vmr_gpr_put_flags(e, flags);
	return v;
}

enum vmr_emulate_verdict vmr_emulate_exchange(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, value = vmr_gpr_other(e);
	struct vmr_emulate_operand at;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_load_memory(e, &at, &memory);
	if (v)
		return v;
	if (insn->op == VMR_OP_XADD)
		value = vmr_alu(VMR_OP_ADD, insn->size, memory, value, &flags);
	v = vmr_emulate_store(e, &at, &value);
	if (v)
		return v;
	vmr_gpr_put_other(e, memory);
	if (insn->op == VMR_OP_XADD)
		vmr_gpr_put_flags(e, flags);
	return v;
}

/* Memory is written either way, if only with what it was. */
enum vmr_emulate_verdict vmr_emulate_compare_exchange(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, value;
	struct vmr_emulate_operand at;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_load_memory(e, &at, &memory);
	if (v)
		return v;
	vmr_alu(VMR_OP_CMP, insn->size, vmr_gpr_get(e, VMR_RAX, insn->size), memory,
		&flags);
	value = flags & SDM_RFLAGS_ZF ? vmr_gpr_other(e) : memory;
	v = vmr_emulate_store(e, &at, &value);
	if (v)
		return v;
	if (!(flags & SDM_RFLAGS_ZF))
		vmr_gpr_put(e, VMR_RAX, insn->size, memory);
	vmr_gpr_put_flags(e, flags);
	return v;
}

/* CMPXCHG8B and CMPXCHG16B: a pair of registers against two halves. */
enum vmr_emulate_verdict vmr_emulate_compare_exchange_pair(struct vmr_emulation *e)
{
	u8 half = e->insn->size / 2;
	u64 old[2] = {}, value[2] = {};
	struct vmr_emulate_operand at;
	u8 data[16];
	bool equal;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_find_memory(e, &at) ?: vmr_emulate_load(e, &at, data);
	if (v)
		return v;
	memcpy(&old[0], data, half);
	memcpy(&old[1], data + half, half);
	equal = old[0] == vmr_gpr_get(e, VMR_RAX, half) &&
		old[1] == vmr_gpr_get(e, VMR_RDX, half);
	value[0] = equal ? vmr_gpr_get(e, VMR_RBX, half) : old[0];
	value[1] = equal ? vmr_gpr_get(e, VMR_RCX, half) : old[1];
	memcpy(data, &value[0], half);
	memcpy(data + half, &value[1], half);
	v = vmr_emulate_store(e, &at, data);
	if (v)
		return v;
	if (!equal) {
		vmr_gpr_put(e, VMR_RAX, half, old[0]);
		vmr_gpr_put(e, VMR_RDX, half, old[1]);
	}
	vmr_gpr_put_flags(e, equal ? e->state->rflags | SDM_RFLAGS_ZF :
				     e->state->rflags & ~SDM_RFLAGS_ZF);
	return v;
}
