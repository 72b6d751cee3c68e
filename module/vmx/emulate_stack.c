// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the instructions that use the stack or branch by memory: PUSH, POP, CALL, JMP,
 * RET. Pure: callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/emulate_gpr.h"
#include "vmx/emulate_insns.h"
#include "vmx/emulate_operand.h"

static u8 stack_size(const struct vmr_emulation *e)
{
	if (e->insn->bits == 64)
		return 8;
	return e->state->segment[VMR_SS].access & SDM_SEGMENT_DB ? 4 : 2;
}

static void move_stack(struct vmr_emulation *e, s64 by)
{
	vmr_gpr_put(e, VMR_RSP, stack_size(e), e->state->gpr[VMR_RSP] + by);
}

static enum vmr_emulate_verdict find_stack(struct vmr_emulation *e, s64 by,
					   u32 access,
					   struct vmr_emulate_operand *at)
{
	u64 offset = e->state->gpr[VMR_RSP] + by;

	return vmr_emulate_find(e, VMR_SS, offset & vmr_size_mask(stack_size(e)),
				e->insn->size, access, at);
}

enum vmr_emulate_verdict vmr_emulate_push(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct vmr_emulate_operand from, to;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	if (insn->memory) {
		v = vmr_emulate_find_memory(e, &from);
		if (v)
			return v;
	}
	v = find_stack(e, -insn->size, VMR_WALK_WRITE, &to);
	if (!v && insn->memory)
		v = vmr_emulate_load(e, &from, &value);
	else if (!v)
		value = vmr_gpr_other(e);
	v = v ?: vmr_emulate_store(e, &to, &value);
	if (!v)
		move_stack(e, -insn->size);
	return v;
}

enum vmr_emulate_verdict vmr_emulate_pop(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct vmr_emulate_operand from, to;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	v = find_stack(e, 0, VMR_WALK_READ, &from);
	if (!v && insn->memory)
		v = vmr_emulate_find(e, insn->segment,
				     vmr_emulate_address(e, insn->size), insn->size,
				     VMR_WALK_WRITE, &to);
	v = v ?: vmr_emulate_load(e, &from, &value);
	if (!v && insn->memory)
		v = vmr_emulate_store(e, &to, &value);
	if (v)
		return v;
	move_stack(e, insn->size);
	if (!insn->memory)
		vmr_gpr_put_other(e, value);
	return v;
}

static void go_to(struct vmr_emulation *e, u64 target)
{
	e->rip = target;
	e->branch = true;
	e->registers = true;
}

/* Where a near branch goes, if it may. */
static enum vmr_emulate_verdict check_target(struct vmr_emulation *e,
					     u64 *target)
{
	if (e->insn->bits == 64) {
		u8 bits = e->mode->cr4 & SDM_CR4_LA57 ? 57 : 48;

		if (!vmr_canonical(*target, bits))
			return vmr_emulate_raise(e, SDM_VECTOR_GP);
		return VMR_EMULATE_DONE;
	}
	*target &= vmr_size_mask(e->insn->size);
	if (*target > e->state->segment[VMR_CS].limit)
		return vmr_emulate_raise(e, SDM_VECTOR_GP);
	return VMR_EMULATE_DONE;
}

enum vmr_emulate_verdict vmr_emulate_jump(struct vmr_emulation *e)
{
	struct vmr_emulate_operand at;
	u64 target;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_load_memory(e, &at, &target);
	v = v ?: check_target(e, &target);
	if (v)
		return v;
	go_to(e, target);
	return v;
}

enum vmr_emulate_verdict vmr_emulate_call(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 target = e->rip + insn->immediate, back = e->rip;
	struct vmr_emulate_operand from, to;
	enum vmr_emulate_verdict v;

	if (insn->memory) {
		target = 0;
		v = vmr_emulate_find_memory(e, &from);
		if (v)
			return v;
	}
	v = find_stack(e, -insn->size, VMR_WALK_WRITE, &to);
	if (!v && insn->memory)
		v = vmr_emulate_load(e, &from, &target);
	v = v ?: check_target(e, &target);
	v = v ?: vmr_emulate_store(e, &to, &back);
	if (v)
		return v;
	move_stack(e, -insn->size);
	go_to(e, target);
	return v;
}

enum vmr_emulate_verdict vmr_emulate_ret(struct vmr_emulation *e)
{
	struct vmr_emulate_operand from;
	u64 target = 0;
	enum vmr_emulate_verdict v;

	v = find_stack(e, 0, VMR_WALK_READ, &from);
	v = v ?: vmr_emulate_load(e, &from, &target);
	v = v ?: check_target(e, &target);
	if (v)
		return v;
	move_stack(e, e->insn->size + (e->insn->immediate & 0xffff));
	go_to(e, target);
	return v;
}
