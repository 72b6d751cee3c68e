/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns an instruction's operands in memory: where they are, RAM or a device's, how they
 * are read and written. Pure: for emulate_*.c, compiled a second time by selftests/unit.
 */
#ifndef VMR_VMX_EMULATE_OPERAND_H
#define VMR_VMX_EMULATE_OPERAND_H

#include <linux/types.h>

#include "vmx/emulate.h"

/**
 * struct vmr_emulate_operand - an operand in memory
 * @size: of it
 * @pieces: how many there are
 * @piece: one for each page
 */
struct vmr_emulate_operand {
	u8 size;
	u8 pieces;
	struct {
		u64 gpa;
		u8 size;
	} piece[2];
};

/**
 * vmr_emulate_raise() - end an instruction with an exception whose error code is 0
 * @e: the emulation
 * @vector: of the exception
 *
 * Context: Any.
 * Return: VMR_EMULATE_FAULT.
 */
enum vmr_emulate_verdict vmr_emulate_raise(struct vmr_emulation *e, u8 vector);

/**
 * vmr_emulate_address() - tell the effective address of the memory operand
 * @e: the emulation
 * @pop: what RSP counts more by then
 *
 * Context: Any.
 * Return: the offset in the segment.
 */
u64 vmr_emulate_address(const struct vmr_emulation *e, u8 pop);

/**
 * vmr_emulate_find() - go through segment and page tables, with all that can be wrong
 * @e: the emulation
 * @segment: VMR_ES and so on
 * @offset: in it
 * @size: of the operand
 * @access: VMR_WALK_READ or VMR_WALK_WRITE
 * @at: where it is
 *
 * Context: as the ops.
 * Return: VMR_EMULATE_DONE, _FAULT or _MISSING.
 */
enum vmr_emulate_verdict vmr_emulate_find(struct vmr_emulation *e, u8 segment,
					  u64 offset, u8 size, u32 access,
					  struct vmr_emulate_operand *at);

/**
 * vmr_emulate_find_memory() - the same with the operand that the encoding tells
 * @e: the emulation
 * @at: where it is
 *
 * Context: as the ops.
 * Return: as vmr_emulate_find().
 */
enum vmr_emulate_verdict vmr_emulate_find_memory(struct vmr_emulation *e,
						 struct vmr_emulate_operand *at);

/**
 * vmr_emulate_load() - read an operand
 * @e: the emulation
 * @at: where it is
 * @value: room for it
 *
 * Context: as the ops.
 * Return: VMR_EMULATE_DONE, _DEVICE, _MISSING or _AGAIN.
 */
enum vmr_emulate_verdict vmr_emulate_load(struct vmr_emulation *e,
					  const struct vmr_emulate_operand *at,
					  void *value);

/**
 * vmr_emulate_load_memory() - find and read the operand that the encoding tells
 * @e: the emulation
 * @at: where it is
 * @value: what is there, zero-extended
 *
 * Context: as the ops.
 * Return: as vmr_emulate_find() and vmr_emulate_load().
 */
enum vmr_emulate_verdict vmr_emulate_load_memory(struct vmr_emulation *e,
						 struct vmr_emulate_operand *at,
						 u64 *value);

/**
 * vmr_emulate_store() - write an operand, which is the last that can go wrong
 * @e: the emulation
 * @at: where it is
 * @value: for it
 *
 * Context: as the ops.
 * Return: VMR_EMULATE_DONE, _DEVICE, _MISSING or _AGAIN.
 */
enum vmr_emulate_verdict vmr_emulate_store(struct vmr_emulation *e,
					   const struct vmr_emulate_operand *at,
					   void *value);

#endif
