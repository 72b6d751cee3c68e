// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the guest's writes and reads of control registers, debug registers and XCR0.
 * Called by vmx/run.c, in the burst of the exit.
 */
#include <linux/string.h>

#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/exits.h"
#include "vmx/host.h"
#include "vmx/qual.h"
#include "vmx/state.h"
#include "vmx/walk.h"

/* Outside of 64-bit mode a general register has 32 bits. */
static bool is_64bit(const struct vmr_vcpu *vcpu)
{
	return vcpu->state.efer & SDM_EFER_LMA &&
	       vcpu->state.segment[VMR_CS].access & SDM_SEGMENT_L;
}

static u64 get_gpr(const struct vmr_vcpu *vcpu, u8 number)
{
	u64 value = vcpu->state.gpr[number];

	return is_64bit(vcpu) ? value : (u32)value;
}

static void set_gpr(struct vmr_vcpu *vcpu, u8 number, u64 value)
{
	vcpu->state.gpr[number] = is_64bit(vcpu) ? value : (u32)value;
	if (number == VMR_RSP)
		vmr_vmcs_write(VMCS_GUEST_RSP, vcpu->state.gpr[VMR_RSP]);
}

static bool write_cr(struct vmr_vcpu *vcpu, u8 cr, u64 value,
		     struct vmr_cr_effect *effect)
{
	struct vmr_cr_state control = vmr_state_control(vcpu);

	switch (cr) {
	case 0:
		return vmr_cr0_write(&vcpu->limits, &control, value, effect);
	case 3:
		return vmr_cr3_write(&vcpu->limits, &control, value, effect);
	case 4:
		return vmr_cr4_write(&vcpu->limits, &control, value, effect);
	default:
		return false;
	}
}

static enum vmr_verdict mov_to_cr8(struct vmr_vcpu *vcpu, u64 value)
{
	if (value > 15)
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	vcpu->state.cr8 = value;
	return vmr_exit_skip(vcpu);
}

/* The PDPTEs are read, and checked, outside of the burst: nothing has changed yet. */
static enum vmr_verdict write_and_skip(struct vmr_vcpu *vcpu, u8 cr, u64 value)
{
	struct vmr_cr_effect effect;

	if (!write_cr(vcpu, cr, value, &effect))
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	if (effect.load_pdptes)
		return VMR_GO_SLOW;
	vmr_state_apply(vcpu, &effect);
	vmr_exit_skip(vcpu);
	return VMR_GO_INJECT;
}

static enum vmr_verdict mov_from_cr(struct vmr_vcpu *vcpu, u8 cr, u8 gpr)
{
	switch (cr) {
	case 3:
		set_gpr(vcpu, gpr, vcpu->state.cr3);
		break;
	case 8:
		set_gpr(vcpu, gpr, vcpu->state.cr8);
		break;
	default:
		return vmr_exit_raise(vcpu, SDM_VECTOR_UD);
	}
	return vmr_exit_skip(vcpu);
}

enum vmr_verdict vmr_exit_cr(struct vmr_vcpu *vcpu)
{
	struct vmr_cr_access access =
		vmr_qual_cr(vmr_vmcs_read(VMCS_EXIT_QUALIFICATION));

	vmr_state_read(vcpu, VMR_STATE_REGS | VMR_STATE_CONTROL |
		       VMR_STATE_SEGMENTS);
	/* What follows changes RIP and shadows in the VMCS itself. */
	vcpu->known &= ~VMR_STATE_REGS;

	switch (access.type) {
	case VMR_CR_MOV_TO:
		if (access.cr == 8)
			return mov_to_cr8(vcpu, get_gpr(vcpu, access.gpr));
		return write_and_skip(vcpu, access.cr, get_gpr(vcpu, access.gpr));
	case VMR_CR_MOV_FROM:
		return mov_from_cr(vcpu, access.cr, access.gpr);
	case VMR_CR_CLTS:
		return write_and_skip(vcpu, 0, vcpu->state.cr0 & ~SDM_CR0_TS);
	default:
		return write_and_skip(vcpu, 0, vmr_cr0_lmsw(vcpu->state.cr0,
							    access.lmsw_source));
	}
}

static bool pdptes_valid(const struct vmr_vcpu *vcpu,
			 const u64 pdpte[VMR_PDPTES])
{
	unsigned int i;

	for (i = 0; i < VMR_PDPTES; i++)
		if (!vmr_pdpte_valid(pdpte[i], vcpu->limits.phys_bits))
			return false;
	return true;
}

enum vmr_verdict vmr_exit_no_pdptes(struct vmr_vcpu *vcpu, u64 cr3)
{
	return vmr_exit_hole(vcpu, vmr_cr3_pdpt(cr3), false);
}

/*
 * A MOV to CR0 or CR4 that loads the PDPTE registers, "PAE Paging": a bad one is #GP,
 * and neither they nor the control register have changed.
 */
enum vmr_verdict vmr_exit_cr_load(struct vmr_vcpu *vcpu)
{
	struct vmr_cr_access access = vmr_qual_cr(vcpu->exit.qualification);
	u64 value = get_gpr(vcpu, access.gpr);
	struct vmr_cr_effect effect;
	u64 pdpte[VMR_PDPTES];

	if (!write_cr(vcpu, access.cr, value, &effect))
		goto refused;
	if (vmr_state_read_pdptes(vcpu, effect.state.cr3, pdpte))
		return vmr_exit_no_pdptes(vcpu, effect.state.cr3);
	if (!pdptes_valid(vcpu, pdpte))
		goto refused;
	memcpy(vcpu->state.pdpte, pdpte, sizeof(pdpte));
	vmr_state_changed(vcpu, VMR_STATE_PDPTES);
	vmr_state_apply(vcpu, &effect);
	vcpu->skip = true;
	return VMR_GO_AGAIN;

refused:
	vmr_events_raise(vcpu, SDM_VECTOR_GP);
	return VMR_GO_AGAIN;
}

/* DR4 and DR5 are DR6 and DR7 unless CR4.DE says that they are not there. */
static bool resolve_alias(const struct vmr_vcpu *vcpu, u8 *dr)
{
	if (*dr != 4 && *dr != 5)
		return true;
	*dr += 2;
	return !(vcpu->state.cr4 & SDM_CR4_DE);
}

static enum vmr_verdict mov_from_dr(struct vmr_vcpu *vcpu, u8 dr, u8 gpr)
{
	const struct vmr_state *state = &vcpu->state;

	set_gpr(vcpu, gpr, dr < 4 ? state->dr[dr] :
		dr == 6 ? state->dr6 : state->dr7);
	return vmr_exit_skip(vcpu);
}

/* Breakpoints are loaded, or not, when a burst begins. */
static enum vmr_verdict mov_to_dr(struct vmr_vcpu *vcpu, u8 dr, u64 value)
{
	struct vmr_state *state = &vcpu->state;

	if (dr < 4)
		state->dr[dr] = value;
	else if (dr == 6 ? !vmr_dr6(value, &state->dr6) :
			   !vmr_dr7(value, &state->dr7))
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	vmr_state_changed(vcpu, VMR_STATE_DEBUG);
	vmr_exit_skip(vcpu);
	return VMR_GO_AGAIN;
}

/* General detect: the access itself is what the guest wants to hear of. */
static enum vmr_verdict detect(struct vmr_vcpu *vcpu)
{
	vcpu->state.dr6 |= SDM_DR6_BD;
	vcpu->state.dr7 &= ~SDM_DR7_GD;
	vmr_vmcs_write64(VMCS_GUEST_DEBUGCTL,
			 vmr_vmcs_read64(VMCS_GUEST_DEBUGCTL) & ~SDM_DEBUGCTL_BTF);
	vmr_state_changed(vcpu, VMR_STATE_DEBUG);
	return vmr_exit_raise(vcpu, SDM_VECTOR_DB);
}

enum vmr_verdict vmr_exit_dr(struct vmr_vcpu *vcpu)
{
	struct vmr_dr_access access =
		vmr_qual_dr(vmr_vmcs_read(VMCS_EXIT_QUALIFICATION));

	vmr_state_read(vcpu, VMR_STATE_REGS | VMR_STATE_CONTROL |
		       VMR_STATE_SEGMENTS);
	vcpu->known &= ~VMR_STATE_REGS;

	if (!resolve_alias(vcpu, &access.dr))
		return vmr_exit_raise(vcpu, SDM_VECTOR_UD);
	if (vcpu->state.dr7 & SDM_DR7_GD)
		return detect(vcpu);
	if (vmr_cpl(vcpu->state.segment[VMR_SS].access))
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	if (access.read)
		return mov_from_dr(vcpu, access.dr, access.gpr);
	return mov_to_dr(vcpu, access.dr, get_gpr(vcpu, access.gpr));
}

enum vmr_verdict vmr_exit_xsetbv(struct vmr_vcpu *vcpu)
{
	const u64 *gpr = vcpu->state.gpr;
	u64 value = (u32)gpr[VMR_RAX] | gpr[VMR_RDX] << 32;

	vmr_state_read(vcpu, VMR_STATE_CONTROL | VMR_STATE_SEGMENTS);
	if (vmr_cpl(vcpu->state.segment[VMR_SS].access) || (u32)gpr[VMR_RCX] ||
	    !vmr_xcr0_valid(&vcpu->limits, value))
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	vcpu->state.xcr0 = value;
	vmr_state_update_cpuid(vcpu);
	vmr_exit_skip(vcpu);
	return VMR_GO_AGAIN;
}
