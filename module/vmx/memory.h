/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns access to a guest's memory by its own addresses: through segment and page
 * tables, with every fault that the guest's own access would raise. For the slow
 * handlers of vmx/.
 */
#ifndef VMR_VMX_MEMORY_H
#define VMR_VMX_MEMORY_H

#include <linux/types.h>

#include "core/vmring.h"
#include "vmx/walk.h"

/**
 * enum vmr_memory_verdict - what an access came to
 * @VMR_MEMORY_DONE: done
 * @VMR_MEMORY_FAULT: an exception has been raised in the guest
 * @VMR_MEMORY_NONE: there is no RAM: *gpa says where
 */
enum vmr_memory_verdict {
	VMR_MEMORY_DONE,
	VMR_MEMORY_FAULT,
	VMR_MEMORY_NONE,
};

/**
 * struct vmr_operand_at - a memory operand
 * @segment: VMR_ES and so on
 * @offset: the effective address
 * @length: bytes, up to a page
 */
struct vmr_operand_at {
	u8 segment;
	u64 offset;
	u32 length;
};

/**
 * vmr_memory_read() - read an operand from the guest's memory
 * @vcpu: the vCPU, with all groups of registers read
 * @at: where
 * @buf: where to
 * @gpa: where there is no RAM
 *
 * Context: Process, may sleep.
 * Return: the verdict.
 */
enum vmr_memory_verdict vmr_memory_read(struct vmr_vcpu *vcpu,
					const struct vmr_operand_at *at,
					void *buf, u64 *gpa);

/**
 * vmr_memory_write() - write an operand to the guest's memory
 * @vcpu: the vCPU, with all groups of registers read
 * @at: where
 * @buf: from where; NULL: only see whether it could be written
 * @gpa: where there is no RAM
 *
 * Context: Process, may sleep.
 * Return: the verdict.
 */
enum vmr_memory_verdict vmr_memory_write(struct vmr_vcpu *vcpu,
					 const struct vmr_operand_at *at,
					 const void *buf, u64 *gpa);

/**
 * vmr_memory_translate() - translate a linear address, with all that the CPU does
 * @vcpu: the vCPU
 * @mode: how
 * @linear: the address
 * @access: VMR_WALK_...
 * @result: what was found
 *
 * Sets accessed and dirty flags; raises nothing.
 *
 * Context: Process, may sleep.
 * Return: the verdict; VMR_WALK_NO_TABLE too if a flag can't be set.
 */
enum vmr_walk_verdict vmr_memory_translate(struct vmr_vcpu *vcpu,
					   const struct vmr_walk_mode *mode,
					   u64 linear, u32 access,
					   struct vmr_walk_result *result);

/**
 * vmr_memory_fetch() - read the current instruction's bytes
 * @vcpu: the vCPU, with REGS and SEGMENTS read
 * @mode: how its addresses are translated
 * @buf: 15 bytes
 *
 * Raises nothing.
 *
 * Context: Process, may sleep.
 * Return: how many there are: 15, or less before a page that can't be read.
 */
u32 vmr_memory_fetch(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode,
		     u8 *buf);

/**
 * vmr_memory_peek_fetch() - the same where nothing may wait
 * @vcpu: the vCPU, with REGS and CS read
 * @mode: how its addresses are translated
 * @buf: 15 bytes
 *
 * Context: A burst, between vmr_ept_peek_begin() and _end().
 * Return: as vmr_memory_fetch(); it may also be memory that has to be waited for.
 */
u32 vmr_memory_peek_fetch(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode,
			  u8 *buf);

/**
 * vmr_memory_peek_translate() - translate a linear address where nothing may wait
 * @vcpu: the vCPU
 * @mode: how
 * @linear: the address
 * @access: VMR_WALK_...
 * @result: what was found
 *
 * Context: A burst, between vmr_ept_peek_begin() and _end().
 * Return: the verdict; VMR_WALK_NO_TABLE too where vmr_memory_translate() may say
 *	   something else: what it reads isn't there, or it would set a flag.
 */
enum vmr_walk_verdict vmr_memory_peek_translate(struct vmr_vcpu *vcpu,
						const struct vmr_walk_mode *mode,
						u64 linear, u32 access,
						struct vmr_walk_result *result);

#endif
