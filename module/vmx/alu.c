// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what arithmetic and logic come to. Pure: callable from anywhere, compiled a
 * second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/decode.h"

#define BY_RESULT	(SDM_RFLAGS_SF | SDM_RFLAGS_ZF | SDM_RFLAGS_PF)
#define ARITHMETIC	(BY_RESULT | SDM_RFLAGS_CF | SDM_RFLAGS_AF | SDM_RFLAGS_OF)

static bool sign(u64 value, u8 size)
{
	return value >> (8 * size - 1) & 1;
}

static bool even_parity(u8 value)
{
	value ^= value >> 4;
	return !(0x6996 >> (value & 15) & 1);
}

static u64 by_result(u64 result, u8 size)
{
	return (sign(result, size) ? SDM_RFLAGS_SF : 0) |
	       (result ? 0 : SDM_RFLAGS_ZF) |
	       (even_parity(result) ? SDM_RFLAGS_PF : 0);
}

static void set_flags(u64 *flags, u64 which, u64 to)
{
	*flags = (*flags & ~which) | (to & which);
}

/* @carries: at each bit, whether there is one out of it (a borrow the same). */
static u64 arithmetic(u64 carries, u64 overflow, u64 result, u8 size, u64 *flags)
{
	set_flags(flags, ARITHMETIC,
		  by_result(result, size) |
		  (sign(carries, size) ? SDM_RFLAGS_CF : 0) |
		  (carries & 8 ? SDM_RFLAGS_AF : 0) |
		  (sign(overflow, size) ? SDM_RFLAGS_OF : 0));
	return result;
}

static u64 add(u64 a, u64 b, bool carry, u8 size, u64 *flags)
{
	u64 result = (a + b + carry) & vmr_size_mask(size);

	return arithmetic((a & b) | ((a | b) & ~result),
			  (a ^ result) & (b ^ result), result, size, flags);
}

static u64 subtract(u64 a, u64 b, bool borrow, u8 size, u64 *flags)
{
	u64 result = (a - b - borrow) & vmr_size_mask(size);

	return arithmetic((~a & b) | (~(a ^ b) & result),
			  (a ^ b) & (a ^ result), result, size, flags);
}

static u64 logic(u64 result, u8 size, u64 *flags)
{
	set_flags(flags, ARITHMETIC, by_result(result, size));
	return result;
}

static u64 keep_carry(u64 result, u64 before, u64 *flags)
{
	set_flags(flags, SDM_RFLAGS_CF, before);
	return result;
}

static u64 rotate_left(u64 a, u8 by, u8 size)
{
	u8 bits = 8 * size;

	by %= bits;
	return by ? (a << by | a >> (bits - by)) & vmr_size_mask(size) : a;
}

/* One more bit goes around: the carry. A bit at a time, there are few. */
static u64 rotate_carry(u64 a, u8 by, u8 size, bool left, bool *carry)
{
	u64 top = 1ULL << (8 * size - 1);

	while (by--) {
		bool in = *carry;

		if (left) {
			*carry = a & top;
			a = (a << 1 & vmr_size_mask(size)) | in;
		} else {
			*carry = a & 1;
			a = a >> 1 | (in ? top : 0);
		}
	}
	return a;
}

static u64 shift_right(u8 op, u64 a, u8 by, u8 size, bool *carry)
{
	u8 spare = 64 - 8 * size;
	s64 wide = op == VMR_OP_SAR ? (s64)(a << spare) >> spare : (s64)a;

	*carry = wide >> (by - 1) & 1;
	/* An arithmetic shift of what isn't negative is a logic one. */
	if (op == VMR_OP_SHR)
		return a >> (by - 1) >> 1;
	return wide >> (by - 1) >> 1 & vmr_size_mask(size);
}

static u64 shift_left(u64 a, u8 by, u8 size, bool *carry)
{
	u64 last = a << (by - 1);	/* but for the last bit */

	*carry = sign(last, size);
	return last << 1 & vmr_size_mask(size);
}

static u64 shift_or_rotate(u8 op, u64 a, u8 by, u8 size, bool *carry)
{
	u64 result;

	switch (op) {
	case VMR_OP_ROL:
		result = rotate_left(a, by, size);
		*carry = result & 1;
		return result;
	case VMR_OP_ROR:
		result = rotate_left(a, 8 * size - by % (8 * size), size);
		*carry = sign(result, size);
		return result;
	case VMR_OP_RCL:
	case VMR_OP_RCR:
		return rotate_carry(a, by, size, op == VMR_OP_RCL, carry);
	case VMR_OP_SHR:
	case VMR_OP_SAR:
		return shift_right(op, a, by, size, carry);
	default:
		return shift_left(a, by, size, carry);
	}
}

/* What becomes of the sign tells the overflow; only by 1 is it defined. */
static bool shift_overflows(u8 op, u64 a, u64 result, bool carry, u8 size)
{
	switch (op) {
	case VMR_OP_ROR:
	case VMR_OP_RCR:
		return sign(result, size) ^ sign(result << 1, size);
	case VMR_OP_SHR:
		return sign(a, size);
	case VMR_OP_SAR:
		return false;
	default:
		return sign(result, size) ^ carry;
	}
}

static u64 shift(u8 op, u8 size, u64 a, u8 by, u64 *flags)
{
	u64 which = SDM_RFLAGS_CF | SDM_RFLAGS_OF, to;
	bool carry = *flags & SDM_RFLAGS_CF;
	u64 result;

	by &= size == 8 ? 63 : 31;
	if (!by)
		return a;
	result = shift_or_rotate(op, a, by, size, &carry);
	to = (carry ? SDM_RFLAGS_CF : 0) |
	     (shift_overflows(op, a, result, carry, size) ? SDM_RFLAGS_OF : 0);
	if (op >= VMR_OP_SHL) {
		which |= BY_RESULT;
		to |= by_result(result, size);
	}
	set_flags(flags, which, to);
	return result;
}

u64 vmr_alu(u8 op, u8 size, u64 a, u64 b, u64 *flags)
{
	bool carry = *flags & SDM_RFLAGS_CF;
	u64 before = *flags;

	a &= vmr_size_mask(size);
	b &= vmr_size_mask(size);
	switch (op) {
	case VMR_OP_ADD:
		return add(a, b, false, size, flags);
	case VMR_OP_ADC:
		return add(a, b, carry, size, flags);
	case VMR_OP_SUB:
	case VMR_OP_CMP:
		return subtract(a, b, false, size, flags);
	case VMR_OP_SBB:
		return subtract(a, b, carry, size, flags);
	case VMR_OP_NEG:
		return subtract(0, a, false, size, flags);
	case VMR_OP_INC:
		return keep_carry(add(a, 1, false, size, flags), before, flags);
	case VMR_OP_DEC:
		return keep_carry(subtract(a, 1, false, size, flags), before, flags);
	case VMR_OP_OR:
		return logic(a | b, size, flags);
	case VMR_OP_XOR:
		return logic(a ^ b, size, flags);
	case VMR_OP_AND:
	case VMR_OP_TEST:
		return logic(a & b, size, flags);
	case VMR_OP_NOT:
		return ~a & vmr_size_mask(size);
	default:
		return shift(op, size, a, b, flags);
	}
}

bool vmr_condition(u8 condition, u64 flags)
{
	bool less = !(flags & SDM_RFLAGS_SF) != !(flags & SDM_RFLAGS_OF);
	bool holds;

	switch (condition >> 1) {
	case 0:
		holds = flags & SDM_RFLAGS_OF;
		break;
	case 1:
		holds = flags & SDM_RFLAGS_CF;
		break;
	case 2:
		holds = flags & SDM_RFLAGS_ZF;
		break;
	case 3:
		holds = flags & (SDM_RFLAGS_CF | SDM_RFLAGS_ZF);
		break;
	case 4:
		holds = flags & SDM_RFLAGS_SF;
		break;
	case 5:
		holds = flags & SDM_RFLAGS_PF;
		break;
	case 6:
		holds = less;
		break;
	default:
		holds = less || flags & SDM_RFLAGS_ZF;
		break;
	}
	return holds != (condition & 1);
}
