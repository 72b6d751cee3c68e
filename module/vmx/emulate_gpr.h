/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns an instruction's access to general registers and flags. Pure: for emulate_*.c,
 * compiled a second time by selftests/unit.
 */
#ifndef VMR_VMX_EMULATE_GPR_H
#define VMR_VMX_EMULATE_GPR_H

#include <linux/types.h>

#include "vmx/alu.h"
#include "vmx/emulate.h"

/**
 * vmr_gpr_get() - read a register
 * @e: the emulation
 * @reg: VMR_RAX and so on
 * @size: in bytes
 *
 * Context: Any.
 * Return: its lower bytes, zero-extended.
 */
static inline u64 vmr_gpr_get(const struct vmr_emulation *e, u8 reg, u8 size)
{
	return e->state->gpr[reg] & vmr_size_mask(size);
}

/**
 * vmr_gpr_set() - write a register
 * @gpr: it
 * @size: in bytes: 4 clear the upper half, fewer leave the rest alone
 * @value: for it
 *
 * Context: Any.
 */
static inline void vmr_gpr_set(u64 *gpr, u8 size, u64 value)
{
	u64 mask = vmr_size_mask(size);
	u64 keep = size == 4 ? 0 : ~mask;

	*gpr = (*gpr & keep) | (value & mask);
}

/**
 * vmr_gpr_put() - write a register, and note it if it is RSP
 * @e: the emulation
 * @reg: VMR_RAX and so on
 * @size: in bytes
 * @value: for it
 *
 * Context: Any.
 */
static inline void vmr_gpr_put(struct vmr_emulation *e, u8 reg, u8 size, u64 value)
{
	vmr_gpr_set(&e->state->gpr[reg], size, value);
	if (reg == VMR_RSP)
		e->registers = true;
}

/**
 * vmr_gpr_other() - read the instruction's other operand
 * @e: the emulation
 *
 * Context: Any.
 * Return: a register or the immediate.
 */
static inline u64 vmr_gpr_other(const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;

	if (insn->other == VMR_OTHER_IMM)
		return insn->immediate;
	if (insn->high)
		return e->state->gpr[insn->reg] >> 8 & 0xff;
	return vmr_gpr_get(e, insn->reg, insn->reg_size);
}

/**
 * vmr_gpr_set_other() - write the register that the instruction's other operand is
 * @insn: the instruction
 * @gpr: the register that its number tells
 * @value: for it
 *
 * Context: Any.
 */
static inline void vmr_gpr_set_other(const struct vmr_insn *insn, u64 *gpr,
				     u64 value)
{
	if (insn->high)
		*gpr = (*gpr & ~0xff00ULL) | (value & 0xff) << 8;
	else
		vmr_gpr_set(gpr, insn->reg_size, value);
}

/**
 * vmr_gpr_put_other() - the same, and note it if it is RSP
 * @e: the emulation
 * @value: for it
 *
 * Context: Any.
 */
static inline void vmr_gpr_put_other(struct vmr_emulation *e, u64 value)
{
	const struct vmr_insn *insn = e->insn;

	vmr_gpr_set_other(insn, &e->state->gpr[insn->reg], value);
	if (insn->reg == VMR_RSP && !insn->high)
		e->registers = true;
}

/**
 * vmr_gpr_put_flags() - write RFLAGS
 * @e: the emulation
 * @flags: all of it
 *
 * Context: Any.
 */
static inline void vmr_gpr_put_flags(struct vmr_emulation *e, u64 flags)
{
	e->state->rflags = flags;
	e->registers = true;
}

#endif
