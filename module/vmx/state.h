/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns a vCPU's registers: struct vmr_vcpu.state, which of it the VMCS has and which
 * is newer, and moving it between the two. By the thread that holds the vCPU's mutex.
 *
 * A group is either in vcpu->dirty (newer than the VMCS), or in vcpu->known (the
 * same), or in neither (only the VMCS has it). What no guest changes without an exit
 * is always right in vcpu->state: general registers but RSP, CR2 outside of a burst,
 * CR8, EFER, XCR0, the debug registers, what of CR0 and CR4 the guest doesn't own, and
 * the TSC's offset.
 */
#ifndef VMR_VMX_STATE_H
#define VMR_VMX_STATE_H

#include <linux/types.h>

#include "core/vmring.h"
#include "vmx/arch.h"
#include "vmx/walk.h"

/**
 * vmr_cpl() - the current privilege level
 * @ss_access: access rights of SS
 *
 * Context: Any.
 * Return: 0 to 3.
 */
static inline u8 vmr_cpl(u32 ss_access)
{
	return (ss_access & SDM_SEGMENT_DPL) >> 5;
}

/**
 * vmr_state_reset() - give a vCPU the registers of a CPU after power-on
 * @vcpu: a new one
 *
 * Context: Process.
 */
void vmr_state_reset(struct vmr_vcpu *vcpu);

/**
 * vmr_state_read() - have groups in vcpu->state
 * @vcpu: the vCPU
 * @groups: VMR_STATE_...
 *
 * Context: In a burst.
 */
void vmr_state_read(struct vmr_vcpu *vcpu, u64 groups);

/**
 * vmr_state_bits() - which code the guest runs
 * @vcpu: the vCPU, with CS read
 *
 * Context: Any.
 * Return: 16, 32 or 64.
 */
static inline u8 vmr_state_bits(const struct vmr_vcpu *vcpu)
{
	u32 cs = vcpu->state.segment[VMR_CS].access;

	if (vcpu->state.efer & SDM_EFER_LMA && cs & SDM_SEGMENT_L)
		return 64;
	return cs & SDM_SEGMENT_DB ? 32 : 16;
}

/**
 * vmr_state_read_paging() - have in vcpu->state what translation goes by
 * @vcpu: the vCPU
 *
 * CR0, and VMR_STATE_CONTROL if paging is on.
 *
 * Context: In a burst.
 */
void vmr_state_read_paging(struct vmr_vcpu *vcpu);

/**
 * vmr_state_read_code() - have in vcpu->state what of the segments a fetch goes by
 * @vcpu: the vCPU
 *
 * CS, and of SS the privilege level. The group as such isn't read then.
 *
 * Context: In a burst.
 */
void vmr_state_read_code(struct vmr_vcpu *vcpu);

/**
 * vmr_state_read_segment() - the same of a segment that an operand is in
 * @vcpu: the vCPU, after vmr_state_read_code()
 * @number: VMR_ES to VMR_GS
 *
 * All but the selector, and only what counts for code of these bits.
 *
 * Context: In a burst.
 */
void vmr_state_read_segment(struct vmr_vcpu *vcpu, u8 number);

/**
 * vmr_state_write() - write what is dirty into the VMCS
 * @vcpu: the vCPU
 *
 * Context: In a burst.
 */
void vmr_state_write(struct vmr_vcpu *vcpu);

/**
 * vmr_state_copy() - copy groups of registers
 * @to: where to
 * @from: where from
 * @groups: VMR_STATE_...; events are vmx/events.c's to copy, the exit is vmx/waiting.c's
 *
 * Context: Any.
 */
void vmr_state_copy(struct vmr_state *to, const struct vmr_state *from, u64 groups);

/**
 * vmr_state_set() - take groups from user space
 * @vcpu: the vCPU, with @groups read
 * @groups: VMR_STATE_...; the exit that waits is vmx/waiting.c's to set
 * @from: what vmr_judge() has found good
 *
 * Context: Process, outside of a burst.
 */
void vmr_state_set(struct vmr_vcpu *vcpu, u64 groups,
		   const struct vmr_state *from);

/**
 * vmr_state_changed() - note that vcpu->state was changed
 * @vcpu: the vCPU
 * @groups: which were read before and are newer now
 *
 * Context: As for the change.
 */
static inline void vmr_state_changed(struct vmr_vcpu *vcpu, u64 groups)
{
	vcpu->dirty |= groups;
}

/**
 * vmr_state_control() - the registers that decide on how the guest runs
 * @vcpu: the vCPU, with VMR_STATE_CONTROL read; VMR_STATE_SEGMENTS for cs_l, tss_16
 *
 * Context: Any.
 * Return: they.
 */
struct vmr_cr_state vmr_state_control(const struct vmr_vcpu *vcpu);

/**
 * vmr_state_apply() - make the control registers what a change has made of them
 * @vcpu: the vCPU, with VMR_STATE_CONTROL read
 * @effect: the change
 *
 * Context: In a burst or out of one.
 */
void vmr_state_apply(struct vmr_vcpu *vcpu, const struct vmr_cr_effect *effect);

/**
 * vmr_state_update_cpuid() - keep the bits of CPUID's answers that come from registers
 * @vcpu: the vCPU, whose CR4, XCR0 or IA32_APIC_BASE has changed
 *
 * Context: The vCPU's thread.
 */
void vmr_state_update_cpuid(struct vmr_vcpu *vcpu);

/**
 * vmr_state_walk_mode() - how the guest translates addresses
 * @vcpu: the vCPU, with all groups of registers read
 * @mode: where to
 *
 * Context: Any.
 */
void vmr_state_walk_mode(const struct vmr_vcpu *vcpu,
			 struct vmr_walk_mode *mode);

/**
 * vmr_state_read_pdptes() - read what the PDPTE registers would be loaded with
 * @vcpu: the vCPU
 * @cr3: CR3, which points to it
 * @pdpte: where to; not checked
 *
 * Context: Process, outside of a burst, may sleep.
 * Return: as vmr_ept_read().
 */
int vmr_state_read_pdptes(struct vmr_vcpu *vcpu, u64 cr3,
			  u64 pdpte[VMR_PDPTES]);

/**
 * vmr_state_load_pdptes() - load the PDPTE registers after user space has set CR3
 * @vcpu: the vCPU, with VMR_STATE_CONTROL read
 *
 * Does nothing if paging doesn't use them. VM entry checks what is loaded.
 *
 * Context: Process, outside of a burst, may sleep.
 * Return: as vmr_ept_read(): they are still to be loaded.
 */
int vmr_state_load_pdptes(struct vmr_vcpu *vcpu);

#endif
