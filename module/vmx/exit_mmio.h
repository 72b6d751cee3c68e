/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what is the same about accesses to devices in process context and in the burst
 * of the exit. For vmx/exit_mmio.c, which has it, and vmx/exit_mmio_fast.c.
 */
#ifndef VMR_VMX_EXIT_MMIO_H
#define VMR_VMX_EXIT_MMIO_H

#include <linux/types.h>

#include "core/vmring.h"
#include "vmx/decode.h"
#include "vmx/exit.h"

struct vmr_emulation;

/* What an instruction that touches a device goes by. */
#define VMR_MMIO_REGISTERS	(VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL)

/**
 * vmr_exit_mmio_is_operand() - whether a violation is an instruction's own access
 * @vcpu: the vCPU, with exit.qualification read
 *
 * Context: The vCPU's thread.
 * Return: false: a fetch, a paging structure, or of an event's delivery.
 */
bool vmr_exit_mmio_is_operand(const struct vmr_vcpu *vcpu);

/**
 * vmr_exit_mmio_is_at() - whether the exit has told that an access is a device's
 * @vcpu: the vCPU, whose exit is for a device
 * @gpa: the access
 * @write: it is a write
 *
 * Context: The vCPU's thread.
 * Return: true if so.
 */
bool vmr_exit_mmio_is_at(const struct vmr_vcpu *vcpu, u64 gpa, bool write);

/**
 * vmr_exit_mmio_decode() - have the current instruction in vcpu->decoded
 * @vcpu: the vCPU, with REGS and CS read
 * @bytes: the instruction, read since the guest ran; zeroes behind
 * @count: how many there are
 *
 * Context: The vCPU's thread.
 * Return: the verdict; decoded.valid is true with VMR_DECODE_DONE only.
 */
enum vmr_decode_verdict vmr_exit_mmio_decode(struct vmr_vcpu *vcpu,
					     const u8 bytes[VMR_DECODED_BYTES],
					     u32 count);

/**
 * vmr_exit_mmio_access() - have user space make an access
 * @vcpu: the vCPU, with an instruction in vcpu->decoded
 * @e: the access, as VMR_EMULATE_DEVICE tells it
 *
 * Context: The vCPU's thread; a burst, too.
 * Return: VMR_GO_USER.
 */
enum vmr_verdict vmr_exit_mmio_access(struct vmr_vcpu *vcpu,
				      const struct vmr_emulation *e);

#endif
