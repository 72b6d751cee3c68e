// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the moves between memory and vector registers. Pure: callable from anywhere,
 * compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/arch.h"
#include "vmx/emulate_insns.h"
#include "vmx/emulate_operand.h"

/* Whether the guest may use vector registers, "Exceptions Type 1" and on. */
static enum vmr_emulate_verdict may_use_vectors(struct vmr_emulation *e)
{
	const struct vmr_state *state = e->state;
	u64 avx = SDM_XCR0_SSE | SDM_XCR0_AVX;
	bool there;

	if (e->insn->vex)
		there = state->cr4 & SDM_CR4_OSXSAVE && (state->xcr0 & avx) == avx &&
			state->cr0 & SDM_CR0_PE && !(state->rflags & SDM_RFLAGS_VM);
	else
		there = state->cr4 & SDM_CR4_OSFXSR && !(state->cr0 & SDM_CR0_EM);
	if (!there)
		return vmr_emulate_raise(e, SDM_VECTOR_UD);
	if (state->cr0 & SDM_CR0_TS)
		return vmr_emulate_raise(e, SDM_VECTOR_NM);
	return VMR_EMULATE_DONE;
}

static enum vmr_emulate_verdict vector_to_memory(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct vmr_emulate_operand at;
	u8 value[32];
	enum vmr_emulate_verdict v;

	v = vmr_emulate_find_memory(e, &at);
	if (v)
		return v;
	e->ops->read_vector(e->ctx, insn->reg, value, insn->vector);
	return vmr_emulate_store(e, &at, insn->half == VMR_HALF_LOW ? value + 8 : value);
}

/* What is shorter than the register is followed by zeroes, or keeps a half. */
static enum vmr_emulate_verdict memory_to_vector(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u8 value[32] = {}, *to = value;
	struct vmr_emulate_operand at;
	enum vmr_emulate_verdict v;

	v = vmr_emulate_find_memory(e, &at);
	if (v)
		return v;
	if (insn->half)
		e->ops->read_vector(e->ctx, insn->source, value, 16);
	if (insn->half == VMR_HALF_LOW)
		to += 8;
	v = vmr_emulate_load(e, &at, to);
	if (v)
		return v;
	e->ops->write_vector(e->ctx, insn->reg, value, insn->vector, insn->vex);
	return v;
}

enum vmr_emulate_verdict vmr_emulate_vector(struct vmr_emulation *e)
{
	enum vmr_emulate_verdict v = may_use_vectors(e);

	if (v)
		return v;
	return e->insn->to_memory ? vector_to_memory(e) : memory_to_vector(e);
}
