// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the string instructions, an iteration at a time. Pure: callable from anywhere,
 * compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/alu.h"
#include "vmx/emulate_gpr.h"
#include "vmx/emulate_insns.h"
#include "vmx/emulate_operand.h"

static enum vmr_emulate_verdict find_string(struct vmr_emulation *e, u8 index,
					    u32 access,
					    struct vmr_emulate_operand *at)
{
	u8 segment = index == VMR_RDI ? VMR_ES : e->insn->segment;

	return vmr_emulate_find(e, segment,
				vmr_gpr_get(e, index, e->insn->address_size),
				e->insn->size, access, at);
}

static void advance(struct vmr_emulation *e, u8 index)
{
	s64 step = e->state->rflags & SDM_RFLAGS_DF ? -(s64)e->insn->size :
						      e->insn->size;

	vmr_gpr_put(e, index, e->insn->address_size, e->state->gpr[index] + step);
}

/* One element, and its registers moved. */
static enum vmr_emulate_verdict element(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	bool source = insn->op == VMR_OP_MOVS || insn->op == VMR_OP_CMPS ||
		      insn->op == VMR_OP_LODS;
	bool destination = insn->op != VMR_OP_LODS;
	u64 flags = e->state->rflags, a = vmr_gpr_get(e, VMR_RAX, insn->size), b = 0;
	struct vmr_emulate_operand from, to;
	enum vmr_emulate_verdict v = VMR_EMULATE_DONE;

	if (source)
		v = find_string(e, VMR_RSI, VMR_WALK_READ, &from);
	if (!v && destination)
		v = find_string(e, VMR_RDI, insn->to_memory ? VMR_WALK_WRITE :
				VMR_WALK_READ, &to);
	if (!v && source)
		v = vmr_emulate_load(e, &from, &a);
	if (!v && insn->to_memory)
		v = vmr_emulate_store(e, &to, &a);
	else if (!v && destination)
		v = vmr_emulate_load(e, &to, &b);
	if (v)
		return v;

	if (insn->op == VMR_OP_LODS) {
		vmr_gpr_put(e, VMR_RAX, insn->size, a);
	} else if (!insn->to_memory) {
		vmr_alu(VMR_OP_CMP, insn->size, a, b, &flags);
		vmr_gpr_put_flags(e, flags);
	}
	if (source)
		advance(e, VMR_RSI);
	if (destination)
		advance(e, VMR_RDI);
	return v;
}

static bool goes_on(const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	bool zero = e->state->rflags & SDM_RFLAGS_ZF;

	if (!vmr_gpr_get(e, VMR_RCX, insn->address_size))
		return false;
	if (insn->op != VMR_OP_CMPS && insn->op != VMR_OP_SCAS)
		return true;
	return zero == (insn->rep == VMR_INSN_REP);
}

enum vmr_emulate_verdict vmr_emulate_string(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	enum vmr_emulate_verdict v;

	if (insn->rep && !vmr_gpr_get(e, VMR_RCX, insn->address_size))
		return VMR_EMULATE_DONE;
	v = element(e);
	if (v || !insn->rep)
		return v;
	vmr_gpr_put(e, VMR_RCX, insn->address_size, e->state->gpr[VMR_RCX] - 1);
	e->repeat = goes_on(e);
	if (e->repeat) {
		e->rip = e->state->rip;
		e->registers = true;
	}
	return v;
}
