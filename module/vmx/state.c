// SPDX-License-Identifier: GPL-2.0
/*
 * Owns moving a vCPU's registers between struct vmr_vcpu.state and the VMCS. Called by
 * the thread that holds the vCPU's mutex.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "ept/slots.h"
#include "ept/tlb.h"
#include "vmcs/access.h"
#include "vmcs/vmcs.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/events.h"
#include "vmx/state.h"

static void reset_segment(struct vmr_segment *segment, u32 access)
{
	*segment = (struct vmr_segment) { .limit = 0xffff, .access = access };
}

/* "Processor State After Reset" */
void vmr_state_reset(struct vmr_vcpu *vcpu)
{
	struct vmr_state *state = &vcpu->state;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	state->rip = 0xfff0;
	state->rflags = SDM_RFLAGS_FIXED;
	state->gpr[VMR_RDX] = 0x600;
	for (i = VMR_ES; i <= VMR_GS; i++)
		reset_segment(&state->segment[i], 0x93);
	reset_segment(&state->segment[VMR_CS], 0x9b);
	state->segment[VMR_CS].selector = 0xf000;
	state->segment[VMR_CS].base = 0xffff0000;
	reset_segment(&state->segment[VMR_LDTR], 0x82);
	reset_segment(&state->segment[VMR_TR], 0x8b);
	state->gdtr.limit = 0xffff;
	state->idtr.limit = 0xffff;
	state->cr0 = SDM_CR0_CD | SDM_CR0_NW | SDM_CR0_ET;
	state->xcr0 = SDM_XCR0_X87;
	state->dr6 = SDM_DR6_ONES;
	state->dr7 = SDM_DR7_ONES;
	vcpu->known = 0;
	vcpu->dirty = VMR_STATE_ALL;
}

static void read_segments(struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++) {
		struct vmr_segment *segment = &state->segment[i];

		segment->selector = vmr_vmcs_read_any(VMCS_GUEST_ES_SELECTOR + 2 * i);
		segment->limit = vmr_vmcs_read_any(VMCS_GUEST_ES_LIMIT + 2 * i);
		segment->access = vmr_vmcs_read_any(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i);
		segment->base = vmr_vmcs_read_any(VMCS_GUEST_ES_BASE + 2 * i);
	}
	state->gdtr.base = vmr_vmcs_read(VMCS_GUEST_GDTR_BASE);
	state->gdtr.limit = vmr_vmcs_read32(VMCS_GUEST_GDTR_LIMIT);
	state->idtr.base = vmr_vmcs_read(VMCS_GUEST_IDTR_BASE);
	state->idtr.limit = vmr_vmcs_read32(VMCS_GUEST_IDTR_LIMIT);
}

static void write_segments(const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++) {
		const struct vmr_segment *segment = &state->segment[i];

		vmr_vmcs_write_any(VMCS_GUEST_ES_SELECTOR + 2 * i, segment->selector);
		vmr_vmcs_write_any(VMCS_GUEST_ES_LIMIT + 2 * i, segment->limit);
		vmr_vmcs_write_any(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i, segment->access);
		vmr_vmcs_write_any(VMCS_GUEST_ES_BASE + 2 * i, segment->base);
	}
	vmr_vmcs_write(VMCS_GUEST_GDTR_BASE, state->gdtr.base);
	vmr_vmcs_write32(VMCS_GUEST_GDTR_LIMIT, state->gdtr.limit);
	vmr_vmcs_write(VMCS_GUEST_IDTR_BASE, state->idtr.base);
	vmr_vmcs_write32(VMCS_GUEST_IDTR_LIMIT, state->idtr.limit);
}

/* MOV CR3 loads them without an exit. */
static void read_pdptes(struct vmr_vcpu *vcpu)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vcpu->pdpte); i++)
		vcpu->pdpte[i] = vmr_vmcs_read_any(VMCS_GUEST_PDPTE0 + 2 * i);
}

static void read_control(struct vmr_vcpu *vcpu)
{
	struct vmr_state *state = &vcpu->state;
	struct vmr_cr_state control;

	state->cr0 = vmr_cr0_guest(&vcpu->limits, vmr_vmcs_read(VMCS_GUEST_CR0),
				   state->cr0);
	state->cr3 = vmr_vmcs_read(VMCS_GUEST_CR3);
	state->cr4 = vmr_cr4_guest(&vcpu->limits, vmr_vmcs_read(VMCS_GUEST_CR4),
				   state->cr4);
	control = vmr_state_control(vcpu);
	if (vmr_cr_uses_pdptes(&control))
		read_pdptes(vcpu);
}

static void write_entry_controls(struct vmr_vcpu *vcpu)
{
	u32 controls = vcpu->entry_ctls & ~SDM_ENTRY_IA32E_MODE_GUEST;

	if (vcpu->state.efer & SDM_EFER_LMA)
		controls |= SDM_ENTRY_IA32E_MODE_GUEST;
	if (controls == vcpu->entry_ctls)
		return;
	vcpu->entry_ctls = controls;
	vmr_vmcs_write32(VMCS_ENTRY_CONTROLS, controls);
}

/* CR0.CD and NW are shown to the guest only: its memory stays cached. */
static void write_control(struct vmr_vcpu *vcpu)
{
	const struct vmr_state *state = &vcpu->state;
	unsigned int i;

	vmr_vmcs_write(VMCS_GUEST_CR0,
		       vmr_cr0_hardware(&vcpu->limits, state->cr0) &
		       ~(SDM_CR0_CD | SDM_CR0_NW));
	vmr_vmcs_write(VMCS_CR0_SHADOW, state->cr0);
	vmr_vmcs_write(VMCS_GUEST_CR3, state->cr3);
	vmr_vmcs_write(VMCS_GUEST_CR4, vmr_cr4_hardware(&vcpu->limits, state->cr4));
	vmr_vmcs_write(VMCS_CR4_SHADOW, state->cr4);
	vmr_vmcs_write64(VMCS_GUEST_EFER, state->efer);
	write_entry_controls(vcpu);
	for (i = 0; i < ARRAY_SIZE(vcpu->pdpte); i++)
		vmr_vmcs_write_any(VMCS_GUEST_PDPTE0 + 2 * i, vcpu->pdpte[i]);
	vmr_vpid_flush(vcpu->vpid);
}

static void read_regs(struct vmr_state *state)
{
	state->rip = vmr_vmcs_read(VMCS_GUEST_RIP);
	state->gpr[VMR_RSP] = vmr_vmcs_read(VMCS_GUEST_RSP);
	state->rflags = vmr_vmcs_read(VMCS_GUEST_RFLAGS);
}

static void write_regs(const struct vmr_state *state)
{
	vmr_vmcs_write(VMCS_GUEST_RIP, state->rip);
	vmr_vmcs_write(VMCS_GUEST_RSP, state->gpr[VMR_RSP]);
	vmr_vmcs_write(VMCS_GUEST_RFLAGS, state->rflags);
}

void vmr_state_read(struct vmr_vcpu *vcpu, u64 groups)
{
	groups &= ~(vcpu->known | vcpu->dirty);
	if (groups & VMR_STATE_REGS)
		read_regs(&vcpu->state);
	if (groups & VMR_STATE_SEGMENTS)
		read_segments(&vcpu->state);
	if (groups & VMR_STATE_CONTROL)
		read_control(vcpu);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_read(vcpu);
	vcpu->known |= groups;
}

void vmr_state_write(struct vmr_vcpu *vcpu)
{
	u64 groups = vcpu->dirty;

	if (groups & VMR_STATE_REGS)
		write_regs(&vcpu->state);
	if (groups & VMR_STATE_SEGMENTS)
		write_segments(&vcpu->state);
	if (groups & VMR_STATE_CONTROL)
		write_control(vcpu);
	if (groups & VMR_STATE_DEBUG)
		vmr_vmcs_write(VMCS_GUEST_DR7, vcpu->state.dr7);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_write(vcpu);
	vcpu->known |= groups;
	vcpu->dirty = 0;
}

int vmr_state_fetch(struct vmr_vcpu *vcpu, u64 groups)
{
	int err;

	if (!(groups & ~(vcpu->known | vcpu->dirty)) && !vcpu->skip)
		return 0;
	err = vmr_burst_begin(vcpu);
	if (err)
		return err;
	vmr_state_read(vcpu, groups);
	vmr_burst_end(vcpu);
	return 0;
}

struct vmr_cr_state vmr_state_control(const struct vmr_vcpu *vcpu)
{
	return (struct vmr_cr_state) {
		.cr0 = vcpu->state.cr0,
		.cr3 = vcpu->state.cr3,
		.cr4 = vcpu->state.cr4,
		.efer = vcpu->state.efer,
		.cs_l = vcpu->state.segment[VMR_CS].access & SDM_SEGMENT_L,
	};
}

void vmr_state_update_cpuid(struct vmr_vcpu *vcpu)
{
	vmr_cpuid_set_guest_bits(vcpu->cpuid, vcpu->state.cr4, vcpu->state.xcr0,
				 vcpu->msrs.slot[VMR_MSR_APIC_BASE]);
}

void vmr_state_apply(struct vmr_vcpu *vcpu, const struct vmr_cr_effect *effect)
{
	vcpu->state.cr0 = effect->state.cr0;
	vcpu->state.cr3 = effect->state.cr3;
	vcpu->state.cr4 = effect->state.cr4;
	vcpu->state.efer = effect->state.efer;
	vmr_state_update_cpuid(vcpu);
	vmr_state_changed(vcpu, VMR_STATE_CONTROL);
}

void vmr_state_walk_mode(const struct vmr_vcpu *vcpu,
			 struct vmr_walk_mode *mode)
{
	const struct vmr_state *state = &vcpu->state;

	*mode = (struct vmr_walk_mode) {
		.cr0 = state->cr0,
		.cr3 = state->cr3,
		.cr4 = state->cr4,
		.efer = state->efer,
		.rflags = state->rflags,
		.has = vcpu->limits.has,
		.phys_bits = vcpu->limits.phys_bits,
		.cpl = vmr_cpl(state->segment[VMR_SS].access),
		.cs_l = state->segment[VMR_CS].access & SDM_SEGMENT_L,
	};
	memcpy(mode->pdpte, vcpu->pdpte, sizeof(mode->pdpte));
}

int vmr_state_read_pdptes(struct vmr_vcpu *vcpu, u64 cr3,
			  u64 pdpte[VMR_PDPTES])
{
	return vmr_ept_read(&vcpu->vm->ept, vmr_cr3_pdpt(cr3), pdpte,
			    VMR_PDPTES * sizeof(*pdpte));
}

int vmr_state_load_pdptes(struct vmr_vcpu *vcpu)
{
	struct vmr_cr_state control = vmr_state_control(vcpu);
	int err;

	if (vmr_cr_uses_pdptes(&control)) {
		err = vmr_state_read_pdptes(vcpu, control.cr3, vcpu->pdpte);
		if (err)
			return err;
		vmr_state_changed(vcpu, VMR_STATE_CONTROL);
	}
	vcpu->pdptes_stale = false;
	return 0;
}

static bool segments_are_sound(const struct vmr_state *from)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++)
		if (from->segment[i].reserved[0] | from->segment[i].reserved[1] |
		    from->segment[i].reserved[2])
			return false;
	return !(from->gdtr.reserved[0] | from->gdtr.reserved[1] |
		 from->gdtr.reserved[2] | from->idtr.reserved[0] |
		 from->idtr.reserved[1] | from->idtr.reserved[2]);
}

static bool control_is_sound(const struct vmr_vcpu *vcpu,
			     const struct vmr_state *from)
{
	struct vmr_cr_state control = {
		.cr0 = from->cr0,
		.cr3 = from->cr3,
		.cr4 = from->cr4,
		.efer = from->efer,
	};

	return from->cr8 <= 15 && vmr_xcr0_valid(&vcpu->limits, from->xcr0) &&
	       vmr_cr_state_valid(&vcpu->limits, &control);
}

static bool debug_is_sound(const struct vmr_state *from)
{
	u64 value;

	return vmr_dr6(from->dr6, &value) && vmr_dr7(from->dr7, &value);
}

bool vmr_state_is_sound(const struct vmr_vcpu *vcpu, u64 groups,
			const struct vmr_state *from)
{
	if (groups & VMR_STATE_SEGMENTS && !segments_are_sound(from))
		return false;
	if (groups & VMR_STATE_CONTROL && !control_is_sound(vcpu, from))
		return false;
	if (groups & VMR_STATE_DEBUG && !debug_is_sound(from))
		return false;
	return !(groups & VMR_STATE_EVENTS) || vmr_events_are_sound(&from->events);
}

static void set_control(struct vmr_vcpu *vcpu, const struct vmr_state *from)
{
	struct vmr_state *state = &vcpu->state;

	state->cr0 = from->cr0;
	state->cr2 = from->cr2;
	state->cr3 = from->cr3;
	state->cr4 = from->cr4;
	state->cr8 = from->cr8;
	state->efer = from->efer;
	state->xcr0 = from->xcr0;
	vcpu->pdptes_stale = true;
	vmr_state_update_cpuid(vcpu);
}

static void set_debug(struct vmr_state *state, const struct vmr_state *from)
{
	memcpy(state->dr, from->dr, sizeof(state->dr));
	vmr_dr6(from->dr6, &state->dr6);
	vmr_dr7(from->dr7, &state->dr7);
}

int vmr_state_set(struct vmr_vcpu *vcpu, u64 groups,
		  const struct vmr_state *from)
{
	struct vmr_state *state = &vcpu->state;
	int err;

	if (!vmr_state_is_sound(vcpu, groups, from))
		return -EINVAL;
	/* What a VMCS still knows better, or is going to skip, comes first. */
	err = vmr_state_fetch(vcpu, groups);
	if (err)
		return err;

	if (groups & VMR_STATE_REGS) {
		memcpy(state->gpr, from->gpr, sizeof(state->gpr));
		state->rip = from->rip;
		state->rflags = from->rflags;
	}
	if (groups & VMR_STATE_SEGMENTS) {
		memcpy(state->segment, from->segment, sizeof(state->segment));
		state->gdtr = from->gdtr;
		state->idtr = from->idtr;
	}
	if (groups & VMR_STATE_CONTROL)
		set_control(vcpu, from);
	if (groups & VMR_STATE_DEBUG)
		set_debug(state, from);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_set(vcpu, &from->events);
	vmr_state_changed(vcpu, groups);
	return 0;
}
