// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the instructions that move a value between memory and a register. Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/alu.h"
#include "vmx/emulate_gpr.h"
#include "vmx/emulate_insns.h"
#include "vmx/emulate_operand.h"
#include "vmx/walk.h"
#include "vmx/watch.h"

static u64 swap_bytes(u64 value, u8 size)
{
	return __builtin_bswap64(value) >> (64 - 8 * size);
}

/* Nothing but the answer is missing then. */
static bool one_access(const struct vmr_emulation *e,
		       const struct vmr_emulate_operand *at)
{
	return at->pieces == 1 && at->size <= VMR_DEVICE_MOST && !e->hits;
}

static enum vmr_emulate_verdict move_to_memory(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct vmr_emulate_operand at;
	u64 value;
	enum vmr_emulate_verdict v;

	switch (insn->op) {
	case VMR_OP_MOV_SEGMENT:
		value = e->state->segment[insn->reg].selector;
		break;
	case VMR_OP_SETCC:
		value = vmr_condition(insn->condition, e->state->rflags);
		break;
	case VMR_OP_MOVBE:
		value = swap_bytes(vmr_gpr_other(e), insn->size);
		break;
	default:
		value = vmr_gpr_other(e);
		break;
	}
	v = vmr_emulate_find_memory(e, &at);
	if (v)
		return v;
	e->last = one_access(e, &at);
	return vmr_emulate_store(e, &at, &value);
}

static u64 extend(const struct vmr_insn *insn, u64 value)
{
	u8 spare = 64 - 8 * insn->size;

	if (insn->op == VMR_OP_MOVSX)
		return (s64)(value << spare) >> spare;
	if (insn->op == VMR_OP_MOVBE)
		return swap_bytes(value, insn->size);
	return value;
}

static enum vmr_emulate_verdict move_to_register(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct vmr_emulate_operand at;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_find_memory(e, &at);
	if (v)
		return v;
	e->last = one_access(e, &at) && insn->op != VMR_OP_CMOVCC &&
		  insn->reg != VMR_RSP;
	v = vmr_emulate_load(e, &at, &value);
	if (v)
		return v;
	value = extend(insn, value);
	if (insn->op == VMR_OP_CMOVCC &&
	    !vmr_condition(insn->condition, e->state->rflags))
		value = vmr_gpr_other(e);
	vmr_gpr_put_other(e, value);
	return v;
}

static bool is_plain(const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;

	return insn->op >= VMR_OP_MOV && insn->op <= VMR_OP_MOVSX && !vmr_watch_any(e->state) &&
	       (insn->to_memory || insn->reg != VMR_RSP);
}

bool vmr_emulate_plain(struct vmr_emulation *e, u64 *linear)
{
	const struct vmr_insn *insn = e->insn;
	u64 value;

	if (!is_plain(e) ||
	    vmr_linear(e->mode, &e->state->segment[insn->segment], insn->segment,
		       vmr_emulate_address(e, 0), insn->size,
		       insn->to_memory ? VMR_WALK_WRITE : VMR_WALK_READ, linear) ||
	    *linear & (insn->size - 1))
		return false;
	e->size = insn->size;
	e->write = insn->to_memory;
	e->last = true;
	if (!e->write)
		return true;
	value = vmr_gpr_other(e);
	memcpy(e->data, &value, sizeof(value));
	return true;
}

void vmr_emulate_finish(const struct vmr_insn *insn, struct vmr_state *state,
			u64 value)
{
	if (!insn->to_memory)
		vmr_gpr_set_other(insn, &state->gpr[insn->reg], extend(insn, value));
}

enum vmr_emulate_verdict vmr_emulate_move(struct vmr_emulation *e)
{
	return e->insn->to_memory ? move_to_memory(e) : move_to_register(e);
}
