// SPDX-License-Identifier: GPL-2.0
/*
 * Owns RDMSR and WRMSR, and the values of the MSRs that vmring virtualizes. Called by
 * vmx/run.c in the burst of the exit, and by core/regs.c for user space.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/msr.h>

#include "compat/compat.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/exit.h"
#include "vmx/events.h"
#include "vmx/exit_msr.h"
#include "vmx/exits.h"
#include "vmx/msr.h"
#include "vmx/state.h"

/* The guest's TSC is the host's, moved by the offset. */
static u64 read_special(const struct vmr_vcpu *vcpu, u32 index)
{
	switch (index) {
	case SDM_IA32_EFER:
		return vcpu->state.efer;
	case SDM_IA32_TSC:
		return rdtsc() + vcpu->state.tsc_offset;
	case SDM_IA32_TSC_ADJUST:
		return vcpu->msrs.slot[VMR_MSR_TSC_ADJUST];
	default:
		return vcpu->msrs.slot[VMR_MSR_APIC_BASE];
	}
}

/* KERNEL_GS_BASE is the guest's to write while it is in the CPU. */
static u64 read_host(const struct vmr_vcpu *vcpu, u32 slot)
{
	u64 value = vcpu->msrs.slot[slot];

	if (slot == VMR_MSR_KERNEL_GS_BASE && vcpu->host.loaded)
		rdmsrq(SDM_IA32_KERNEL_GS_BASE, value);
	return value;
}

u64 vmr_msr_read(const struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc)
{
	switch (desc->how) {
	case VMR_MSR_IS_CONST:
		return desc->value;
	case VMR_MSR_IS_SLOT:
		return vcpu->msrs.slot[desc->where];
	case VMR_MSR_IS_HOST:
		return read_host(vcpu, desc->where);
	case VMR_MSR_IS_VMCS:
		return vmr_vmcs_read_any(desc->where);
	default:
		return read_special(vcpu, desc->index);
	}
}

static bool write_efer(struct vmr_vcpu *vcpu, u64 value)
{
	struct vmr_cr_effect effect;
	struct vmr_cr_state control;

	vmr_state_read(vcpu, VMR_STATE_CONTROL | VMR_STATE_SEGMENTS);
	control = vmr_state_control(vcpu);
	if (!vmr_efer_write(&vcpu->limits, &control, value, &effect))
		return false;
	vmr_state_apply(vcpu, &effect);
	return true;
}

static void set_tsc_offset(struct vmr_vcpu *vcpu, u64 offset)
{
	vcpu->state.tsc_offset = offset;
	vmr_vmcs_write64(VMCS_TSC_OFFSET, offset);
}

static bool write_special(struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc,
			  u64 value)
{
	switch (desc->index) {
	case SDM_IA32_EFER:
		return write_efer(vcpu, value);
	case SDM_IA32_TSC:
		set_tsc_offset(vcpu, value - rdtsc());
		return true;
	case SDM_IA32_TSC_ADJUST:
		vcpu->msrs.slot[VMR_MSR_TSC_ADJUST] = value;
		return true;
	default:
		vcpu->msrs.slot[VMR_MSR_APIC_BASE] = value;
		vmr_state_update_cpuid(vcpu);
		return true;
	}
}

static void write_host(struct vmr_vcpu *vcpu, u32 slot, u64 value)
{
	vcpu->msrs.slot[slot] = value;
	if (slot == VMR_MSR_KERNEL_GS_BASE && vcpu->host.loaded)
		wrmsrq(SDM_IA32_KERNEL_GS_BASE, value);
}

bool vmr_msr_write(struct vmr_vcpu *vcpu, const struct vmr_msr_desc *desc,
		   u64 value)
{
	if (desc->index != SDM_IA32_EFER &&
	    !vmr_msr_valid(desc, value, &vcpu->limits))
		return false;
	switch (desc->how) {
	case VMR_MSR_IS_CONST:
		return true;
	case VMR_MSR_IS_SLOT:
		vcpu->msrs.slot[desc->where] = value;
		return true;
	case VMR_MSR_IS_HOST:
		write_host(vcpu, desc->where, value);
		return true;
	case VMR_MSR_IS_VMCS:
		vmr_vmcs_write_any(desc->where, value);
		return true;
	default:
		return write_special(vcpu, desc, value);
	}
}

static void put_value(struct vmr_vcpu *vcpu, u64 value)
{
	vcpu->state.gpr[VMR_RAX] = (u32)value;
	vcpu->state.gpr[VMR_RDX] = value >> 32;
}

static u64 get_value(const struct vmr_vcpu *vcpu)
{
	return (u32)vcpu->state.gpr[VMR_RAX] |
	       vcpu->state.gpr[VMR_RDX] << 32;
}

/* What user space wants; most VMs have no policy. */
static u16 action(const struct vmr_vcpu *vcpu, u32 index, bool write)
{
	const struct vmr_vm *vm = vcpu->vm;

	if (likely(!vm->msr_range_count))
		return VMR_MSR_KERNEL;
	return vmr_msr_action(vm->msr_ranges, vm->msr_range_count, index, write);
}

static const struct vmr_msr_desc *find_offered(const struct vmr_vcpu *vcpu,
					       u32 index)
{
	const struct vmr_msr_desc *desc = vmr_msr_find(index);

	return desc && vmr_msr_offered(desc, &vcpu->limits) ? desc : NULL;
}

static enum vmr_verdict read_in_kernel(struct vmr_vcpu *vcpu, u32 index)
{
	const struct vmr_msr_desc *desc = find_offered(vcpu, index);

	if (!desc)
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	put_value(vcpu, vmr_msr_read(vcpu, desc));
	return vmr_exit_skip(vcpu);
}

enum vmr_verdict vmr_exit_rdmsr(struct vmr_vcpu *vcpu)
{
	u32 index = vcpu->state.gpr[VMR_RCX];

	switch (action(vcpu, index, false)) {
	case VMR_MSR_KERNEL:
		return read_in_kernel(vcpu, index);
	case VMR_MSR_USER:
		return VMR_GO_SLOW;
	case VMR_MSR_ZERO:
		put_value(vcpu, 0);
		return vmr_exit_skip(vcpu);
	default:
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	}
}

/* "Time-Stamp Counter Adjustment": for a guest the two move together. */
static bool write_time(struct vmr_vcpu *vcpu, u32 index, u64 value)
{
	u64 *adjust = &vcpu->msrs.slot[VMR_MSR_TSC_ADJUST];
	u64 step;

	if (index == SDM_IA32_TSC)
		step = value - (rdtsc() + vcpu->state.tsc_offset);
	else if (index == SDM_IA32_TSC_ADJUST)
		step = value - *adjust;
	else
		return false;
	*adjust += step;
	set_tsc_offset(vcpu, vcpu->state.tsc_offset + step);
	return true;
}

/* What is in the CPU already may have to be loaded anew: that begins a burst. */
static enum vmr_verdict write_in_kernel(struct vmr_vcpu *vcpu, u32 index)
{
	const struct vmr_msr_desc *desc = find_offered(vcpu, index);

	if (!desc || desc->flags & VMR_MSR_READ_ONLY)
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	if (!(desc->flags & VMR_MSR_DROP_WRITE) &&
	    !write_time(vcpu, index, get_value(vcpu)) &&
	    !vmr_msr_write(vcpu, desc, get_value(vcpu)))
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	vmr_exit_skip(vcpu);
	return VMR_GO_AGAIN;
}

enum vmr_verdict vmr_exit_wrmsr(struct vmr_vcpu *vcpu)
{
	u32 index = vcpu->state.gpr[VMR_RCX];

	switch (action(vcpu, index, true)) {
	case VMR_MSR_KERNEL:
		return write_in_kernel(vcpu, index);
	case VMR_MSR_USER:
		return VMR_GO_SLOW;
	case VMR_MSR_ZERO:
		return vmr_exit_skip(vcpu);
	default:
		return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
	}
}

static void finish_read(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	u64 value;

	if (reply->flags & VMR_REPLY_GP) {
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
		return;
	}
	memcpy(&value, reply->data, sizeof(value));
	put_value(vcpu, value);
	vcpu->skip = true;
}

static void finish_write(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	if (reply->flags & VMR_REPLY_GP)
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
	else
		vcpu->skip = true;
}

static struct vmr_exit *begin(struct vmr_vcpu *vcpu, bool write)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MSR,
				write ? finish_write : finish_read,
				VMR_EXIT_NEEDS_REPLY |
				(write ? VMR_EXIT_WRITE : 0));
	vcpu->outstanding.reply_flags = VMR_REPLY_GP;
	return exit;
}

struct vmr_exit *vmr_exit_msr_again(struct vmr_vcpu *vcpu,
				    const struct vmr_exit_state *from)
{
	return begin(vcpu, from->flags & VMR_EXIT_WRITE);
}

enum vmr_verdict vmr_exit_msr_user(struct vmr_vcpu *vcpu)
{
	bool write = vcpu->exit.reason == SDM_REASON_WRMSR;
	u64 value = write ? get_value(vcpu) : 0;
	struct vmr_exit *exit = begin(vcpu, write);

	exit->addr = (u32)vcpu->state.gpr[VMR_RCX];
	exit->size = sizeof(value);
	memcpy(exit->data, &value, sizeof(value));
	return VMR_GO_USER;
}
