// SPDX-License-Identifier: GPL-2.0
/*
 * Owns which code executes which instruction, and how each begins and ends. Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/arch.h"
#include "vmx/emulate.h"
#include "vmx/emulate_insns.h"

static enum vmr_emulate_verdict execute(struct vmr_emulation *e)
{
	switch (e->insn->op) {
	case VMR_OP_ADD ... VMR_OP_SAR:
	case VMR_OP_TEST ... VMR_OP_NEG:
		return vmr_emulate_alu(e);
	case VMR_OP_BT ... VMR_OP_BTC:
		return vmr_emulate_bit(e);
	case VMR_OP_XCHG:
	case VMR_OP_XADD:
		return vmr_emulate_exchange(e);
	case VMR_OP_CMPXCHG:
		return vmr_emulate_compare_exchange(e);
	case VMR_OP_CMPXCHG8B:
		return vmr_emulate_compare_exchange_pair(e);
	case VMR_OP_PUSH:
		return vmr_emulate_push(e);
	case VMR_OP_POP:
		return vmr_emulate_pop(e);
	case VMR_OP_CALL:
		return vmr_emulate_call(e);
	case VMR_OP_JMP:
		return vmr_emulate_jump(e);
	case VMR_OP_RET:
		return vmr_emulate_ret(e);
	case VMR_OP_MOVS ... VMR_OP_SCAS:
		return vmr_emulate_string(e);
	case VMR_OP_VECTOR:
		return vmr_emulate_vector(e);
	default:
		return vmr_emulate_move(e);
	}
}

/* "Instruction-Breakpoint Exception Condition": between two iterations RF is set. */
static void end(struct vmr_emulation *e)
{
	if (e->repeat)
		e->state->rflags |= SDM_RFLAGS_RF;
	else
		e->state->rflags &= ~SDM_RFLAGS_RF;
}

enum vmr_emulate_verdict vmr_emulate(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	enum vmr_emulate_verdict verdict;

	e->repeat = false;
	e->branch = false;
	e->hits = 0;
	e->registers = false;
	e->last = false;
	e->devices = 0;
	e->replayed = 0;
	e->writes = 0;
	e->rip = e->state->rip + insn->length;
	if (insn->bits != 64)
		e->rip = (u32)e->rip;
	verdict = execute(e);
	if (verdict == VMR_EMULATE_DONE)
		end(e);
	return verdict;
}

bool vmr_emulate_note(struct vmr_mmio_progress *progress, const void *data, u8 bytes)
{
	if (progress->accesses >= VMR_DEVICE_ACCESSES ||
	    progress->bytes + bytes > sizeof(progress->data))
		return false;
	memcpy(progress->data + progress->bytes, data, bytes);
	progress->bytes += bytes;
	progress->accesses++;
	return true;
}
