/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what arithmetic and logic come to, in numbers and in flags. Pure: no state, no
 * kernel dependency; selftests/unit compiles it in user space. For emulate_*.c.
 */
#ifndef VMR_VMX_ALU_H
#define VMR_VMX_ALU_H

#include <linux/types.h>

/**
 * vmr_size_mask() - the bits of an operand
 * @size: of it, 1 to 8 bytes
 *
 * Context: Any.
 * Return: a mask.
 */
static inline u64 vmr_size_mask(u8 size)
{
	return ~0ULL >> (64 - 8 * size);
}

/**
 * vmr_alu() - do an operation of two operands
 * @op: VMR_OP_ADD to VMR_OP_CMP, VMR_OP_TEST, or what has one: VMR_OP_INC, DEC, NOT,
 *	NEG; or VMR_OP_ROL to VMR_OP_SAR
 * @size: of the operands: 1, 2, 4 or 8 bytes
 * @a: the first operand, the destination
 * @b: the second, or how far to shift
 * @flags: RFLAGS before and after
 *
 * Flags that the manual leaves undefined are what they are.
 *
 * Context: Any.
 * Return: the result; of VMR_OP_CMP and VMR_OP_TEST it is of no use.
 */
u64 vmr_alu(u8 op, u8 size, u64 a, u64 b, u64 *flags);

/**
 * vmr_condition() - tell whether a condition holds
 * @condition: as SETcc encodes it, 0 to 15
 * @flags: RFLAGS
 *
 * Context: Any.
 * Return: true if so.
 */
bool vmr_condition(u8 condition, u64 flags);

#endif
