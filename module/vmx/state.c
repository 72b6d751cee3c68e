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
	vcpu->dirty = VMR_STATE_ALL & ~VMR_STATE_EXIT;
}

static void read_place(struct vmr_state *state, unsigned int i)
{
	struct vmr_segment *segment = &state->segment[i];

	segment->limit = vmr_vmcs_read_any(VMCS_GUEST_ES_LIMIT + 2 * i);
	segment->base = vmr_vmcs_read_any(VMCS_GUEST_ES_BASE + 2 * i);
}

static void read_segments(struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++) {
		struct vmr_segment *segment = &state->segment[i];

		segment->selector = vmr_vmcs_read_any(VMCS_GUEST_ES_SELECTOR + 2 * i);
		segment->access = vmr_vmcs_read_any(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * i);
		read_place(state, i);
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

static void read_guest_cr0(struct vmr_vcpu *vcpu)
{
	vcpu->state.cr0 = vmr_cr0_guest(&vcpu->limits, vmr_vmcs_read(VMCS_GUEST_CR0),
					vcpu->state.cr0);
}

static void read_control(struct vmr_vcpu *vcpu)
{
	struct vmr_state *state = &vcpu->state;

	read_guest_cr0(vcpu);
	state->cr3 = vmr_vmcs_read(VMCS_GUEST_CR3);
	state->cr4 = vmr_cr4_guest(&vcpu->limits, vmr_vmcs_read(VMCS_GUEST_CR4),
				   state->cr4);
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

/* Only for PAE paging are they what the CPU has; else the fields mean nothing. */
static void read_pdptes(struct vmr_vcpu *vcpu)
{
	struct vmr_cr_state control = vmr_state_control(vcpu);
	bool used = vmr_cr_uses_pdptes(&control);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vcpu->state.pdpte); i++)
		vcpu->state.pdpte[i] =
			used ? vmr_vmcs_read_any(VMCS_GUEST_PDPTE0 + 2 * i) : 0;
}

static void write_pdptes(const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(state->pdpte); i++)
		vmr_vmcs_write_any(VMCS_GUEST_PDPTE0 + 2 * i, state->pdpte[i]);
}

/* CR0.CD and NW are shown to the guest only: its memory stays cached. */
static void write_control(struct vmr_vcpu *vcpu)
{
	const struct vmr_state *state = &vcpu->state;

	vmr_vmcs_write(VMCS_GUEST_CR0,
		       vmr_cr0_hardware(&vcpu->limits, state->cr0) &
		       ~(SDM_CR0_CD | SDM_CR0_NW));
	vmr_vmcs_write(VMCS_CR0_SHADOW, state->cr0);
	vmr_vmcs_write(VMCS_GUEST_CR3, state->cr3);
	vmr_vmcs_write(VMCS_GUEST_CR4, vmr_cr4_hardware(&vcpu->limits, state->cr4));
	vmr_vmcs_write(VMCS_CR4_SHADOW, state->cr4);
	vmr_vmcs_write64(VMCS_GUEST_EFER, state->efer);
	write_entry_controls(vcpu);
	vmr_vpid_flush(vcpu->vpid);
	if (unlikely(vcpu->vpid_cpu != smp_processor_id()))
		vcpu->vpid_cpu = -1;
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

/* What the PDPTEs are goes by the control registers, and walks want both. */
void vmr_state_read(struct vmr_vcpu *vcpu, u64 groups)
{
	if (groups & (VMR_STATE_CONTROL | VMR_STATE_PDPTES))
		groups |= VMR_STATE_CONTROL | VMR_STATE_PDPTES;
	groups &= ~(vcpu->known | vcpu->dirty);
	if (groups & VMR_STATE_REGS)
		read_regs(&vcpu->state);
	if (groups & VMR_STATE_SEGMENTS)
		read_segments(&vcpu->state);
	if (groups & VMR_STATE_CONTROL)
		read_control(vcpu);
	if (groups & VMR_STATE_PDPTES)
		read_pdptes(vcpu);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_read(vcpu);
	vcpu->known |= groups;
}

void vmr_state_read_paging(struct vmr_vcpu *vcpu)
{
	if ((vcpu->known | vcpu->dirty) & VMR_STATE_CONTROL)
		return;
	read_guest_cr0(vcpu);
	if (vcpu->state.cr0 & SDM_CR0_PG)
		vmr_state_read(vcpu, VMR_STATE_CONTROL);
}

void vmr_state_read_code(struct vmr_vcpu *vcpu)
{
	struct vmr_state *state = &vcpu->state;

	if ((vcpu->known | vcpu->dirty) & VMR_STATE_SEGMENTS)
		return;
	state->segment[VMR_CS].access = vmr_vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS);
	state->segment[VMR_SS].access = vmr_vmcs_read32(VMCS_GUEST_SS_ACCESS_RIGHTS);
	if (vmr_state_bits(vcpu) != 64)
		read_place(state, VMR_CS);
}

void vmr_state_read_segment(struct vmr_vcpu *vcpu, u8 number)
{
	struct vmr_state *state = &vcpu->state;

	if ((vcpu->known | vcpu->dirty) & VMR_STATE_SEGMENTS)
		return;
	if (vmr_state_bits(vcpu) == 64) {
		if (number >= VMR_FS)
			read_place(state, number);
		return;
	}
	state->segment[number].access =
		vmr_vmcs_read_any(VMCS_GUEST_ES_ACCESS_RIGHTS + 2 * number);
	read_place(state, number);
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
	if (groups & VMR_STATE_PDPTES)
		write_pdptes(&vcpu->state);
	if (groups & VMR_STATE_TIME)
		vmr_vmcs_write64(VMCS_TSC_OFFSET, vcpu->state.tsc_offset);
	vcpu->known |= groups;
	vcpu->dirty = 0;
}

struct vmr_cr_state vmr_state_control(const struct vmr_vcpu *vcpu)
{
	return (struct vmr_cr_state) {
		.cr0 = vcpu->state.cr0,
		.cr3 = vcpu->state.cr3,
		.cr4 = vcpu->state.cr4,
		.efer = vcpu->state.efer,
		.cs_l = vcpu->state.segment[VMR_CS].access & SDM_SEGMENT_L,
		.tss_16 = !(vcpu->state.segment[VMR_TR].access & SDM_SEGMENT_TSS_32),
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

	mode->cr0 = state->cr0;
	mode->cr3 = state->cr3;
	mode->cr4 = state->cr4;
	mode->efer = state->efer;
	mode->rflags = state->rflags;
	mode->has = vcpu->limits.has;
	mode->phys_bits = vcpu->limits.phys_bits;
	mode->cpl = vmr_cpl(state->segment[VMR_SS].access);
	mode->cs_l = state->segment[VMR_CS].access & SDM_SEGMENT_L;
	/* Only PAE paging looks there, which nobody has with EFER.LMA. */
	if (state->efer & SDM_EFER_LMA || !(state->cr0 & SDM_CR0_PG))
		return;
	memcpy(mode->pdpte, state->pdpte, sizeof(mode->pdpte));
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
		err = vmr_state_read_pdptes(vcpu, control.cr3, vcpu->state.pdpte);
		if (err)
			return err;
		vmr_state_changed(vcpu, VMR_STATE_PDPTES);
	}
	vcpu->pdptes_stale = false;
	return 0;
}

void vmr_state_copy(struct vmr_state *to, const struct vmr_state *from, u64 groups)
{
	if (groups & VMR_STATE_REGS) {
		memcpy(to->gpr, from->gpr, sizeof(to->gpr));
		to->rip = from->rip;
		to->rflags = from->rflags;
	}
	if (groups & VMR_STATE_SEGMENTS) {
		memcpy(to->segment, from->segment, sizeof(to->segment));
		to->gdtr = from->gdtr;
		to->idtr = from->idtr;
	}
	if (groups & VMR_STATE_CONTROL) {
		to->cr0 = from->cr0;
		to->cr2 = from->cr2;
		to->cr3 = from->cr3;
		to->cr4 = from->cr4;
		to->cr8 = from->cr8;
		to->efer = from->efer;
		to->xcr0 = from->xcr0;
	}
	if (groups & VMR_STATE_DEBUG) {
		memcpy(to->dr, from->dr, sizeof(to->dr));
		to->dr6 = from->dr6;
		to->dr7 = from->dr7;
	}
	if (groups & VMR_STATE_PDPTES)
		memcpy(to->pdpte, from->pdpte, sizeof(to->pdpte));
	if (groups & VMR_STATE_TIME)
		to->tsc_offset = from->tsc_offset;
}

/* New control registers load PAE's entries anew, unless those stay what they were. */
static bool loads_pdptes(const struct vmr_vcpu *vcpu, const struct vmr_state *from)
{
	struct vmr_cr_state now = vmr_state_control(vcpu);
	struct vmr_cr_state next = {
		.cr0 = from->cr0, .cr4 = from->cr4, .efer = from->efer,
	};

	return vmr_cr_uses_pdptes(&next) &&
	       (!vmr_cr_uses_pdptes(&now) || now.cr3 != from->cr3);
}

void vmr_state_set(struct vmr_vcpu *vcpu, u64 groups,
		   const struct vmr_state *from)
{
	if (groups & VMR_STATE_PDPTES)
		vcpu->pdptes_stale = false;
	else if (groups & VMR_STATE_CONTROL && loads_pdptes(vcpu, from))
		vcpu->pdptes_stale = true;
	vmr_state_copy(&vcpu->state, from, groups);
	if (groups & VMR_STATE_CONTROL)
		vmr_state_update_cpuid(vcpu);
	if (groups & VMR_STATE_EVENTS)
		vmr_events_set(vcpu, &from->events);
	vmr_state_changed(vcpu, groups & ~VMR_STATE_EXIT);
}
