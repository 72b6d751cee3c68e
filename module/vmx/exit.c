// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of what is done about each VM exit. Called by vmx/run.c.
 * docs/exits.md is made from the table (scripts/gen-exits).
 */
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/sched/signal.h>

#include "ept/slots.h"
#include "ring/area.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/exits.h"
#include "vmx/state.h"

static enum vmr_verdict undefined(struct vmr_vcpu *vcpu)
{
	return vmr_exit_raise(vcpu, SDM_VECTOR_UD);
}

static enum vmr_verdict protection(struct vmr_vcpu *vcpu)
{
	return vmr_exit_raise(vcpu, SDM_VECTOR_GP);
}

/* "guest: ..." and "user: ..." are what docs/exits.md tells of a row. */
const struct vmr_exit_row vmr_exit_rows[VMR_STAT_REASONS] = {
	/* guest: #DB and #AC are raised again; host: NMI, #MC, #AC for a split lock */
	[SDM_REASON_EXCEPTION_OR_NMI] = {
		.fast = vmr_exit_exception, .slow = vmr_exit_split_lock,
		.vectoring = true,
	},
	/* host: the interrupt's own handler */
	[SDM_REASON_EXTERNAL_INTERRUPT] = { .fast = vmr_exit_interrupt },
	/* user: VMR_EXIT_SHUTDOWN */
	[SDM_REASON_TRIPLE_FAULT] = { .slow = vmr_exit_shutdown },
	/* guest: what was waiting is injected */
	[SDM_REASON_INTERRUPT_WINDOW] = { .fast = vmr_exit_window },
	/* guest: what was waiting is injected */
	[SDM_REASON_NMI_WINDOW] = { .fast = vmr_exit_window },
	/* user: VMR_EXIT_REFUSED, hardware task switches are not built */
	[SDM_REASON_TASK_SWITCH] = {
		.slow = vmr_exit_refuse, .vectoring = true,
		.reads = VMR_READ_QUALIFICATION,
	},
	/* guest: answered from the table of VMR_SET_CPUID */
	[SDM_REASON_CPUID] = { .fast = vmr_exit_cpuid },
	/* guest: #UD, there is no SMX */
	[SDM_REASON_GETSEC] = { .fast = undefined },
	/* guest: waits; user: VMR_EXIT_HLT if VMR_VM_HLT_EXITS */
	[SDM_REASON_HLT] = { .fast = vmr_exit_hlt, .slow = vmr_exit_hlt_user },
	/* guest: nothing happens, caches stay coherent */
	[SDM_REASON_INVD] = { .fast = vmr_exit_skip },
	/* guest: #GP, there is no PMU */
	[SDM_REASON_RDPMC] = { .fast = protection },
	/* guest: #UD, there is no SMM */
	[SDM_REASON_RSM] = { .fast = undefined },
	/* guest: #UD; with VMR_VM_HYPERCALLS vmring's own, user: VMR_EXIT_HYPERCALL */
	[SDM_REASON_VMCALL] = {
		.fast = vmr_exit_vmcall, .slow = vmr_exit_vmcall_user,
	},
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMCLEAR] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMLAUNCH] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMPTRLD] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMPTRST] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMREAD] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMRESUME] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMWRITE] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMXOFF] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_VMXON] = { .fast = undefined },
	/* guest: checked and done; #GP for reserved bits, also of PAE's PDPTEs */
	[SDM_REASON_CR_ACCESS] = {
		.fast = vmr_exit_cr, .slow = vmr_exit_cr_load,
		.reads = VMR_READ_QUALIFICATION | VMR_READ_LENGTH,
	},
	/* guest: done on the vCPU's own debug registers */
	[SDM_REASON_MOV_DR] = { .fast = vmr_exit_dr },
	/* guest: as a region says; user: VMR_EXIT_IO */
	[SDM_REASON_IO_INSTRUCTION] = {
		.fast = vmr_exit_io_fast, .slow = vmr_exit_io,
		.reads = VMR_READ_QUALIFICATION | VMR_READ_INFO | VMR_READ_LENGTH,
	},
	/* guest: as the policy says; user: VMR_EXIT_MSR */
	[SDM_REASON_RDMSR] = {
		.fast = vmr_exit_rdmsr, .slow = vmr_exit_msr_user,
		.reads = VMR_READ_LENGTH,
	},
	/* guest: as the policy says; user: VMR_EXIT_MSR */
	[SDM_REASON_WRMSR] = {
		.fast = vmr_exit_wrmsr, .slow = vmr_exit_msr_user,
		.reads = VMR_READ_LENGTH,
	},
	/* user: VMR_EXIT_FAILED_ENTRY */
	[SDM_REASON_ENTRY_GUEST_STATE] = {
		.slow = vmr_exit_entry_failed, .reads = VMR_READ_QUALIFICATION,
	},
	/* user: VMR_EXIT_FAILED_ENTRY */
	[SDM_REASON_ENTRY_MSR_LOADING] = {
		.slow = vmr_exit_entry_failed, .reads = VMR_READ_QUALIFICATION,
	},
	/* guest: #UD, MONITOR and MWAIT are hidden */
	[SDM_REASON_MWAIT] = { .fast = undefined },
	/* guest: #UD, MONITOR and MWAIT are hidden */
	[SDM_REASON_MONITOR] = { .fast = undefined },
	/* host: another vCPU of the VM gets the CPU, the window adapts */
	[SDM_REASON_PAUSE] = { .fast = vmr_exit_pause },
	/* user: VMR_EXIT_FAILED_ENTRY; host: #MC */
	[SDM_REASON_ENTRY_MACHINE_CHECK] = {
		.slow = vmr_exit_entry_failed, .reads = VMR_READ_QUALIFICATION,
	},
	/* guest: memory is mapped; user: VMR_EXIT_MMIO, VMR_EXIT_MEMORY_FAULT */
	[SDM_REASON_EPT_VIOLATION] = {
		.fast = vmr_exit_ept_violation_fast, .slow = vmr_exit_ept_violation,
		.vectoring = true, .reads = VMR_READ_ADDRESSES,
	},
	/* guest: #UD, there is no VMX */
	[SDM_REASON_INVEPT] = { .fast = undefined },
	/* guest: #UD, there is no VMX */
	[SDM_REASON_INVVPID] = { .fast = undefined },
	/* guest: nothing happens, caches stay coherent */
	[SDM_REASON_WBINVD] = { .fast = vmr_exit_skip },
	/* guest: checked and done; #GP for what XCR0 can't hold */
	[SDM_REASON_XSETBV] = { .fast = vmr_exit_xsetbv },
	/* guest: #UD, hidden */
	[SDM_REASON_INVPCID] = { .fast = undefined },
	/* guest: #UD, hidden */
	[SDM_REASON_VMFUNC] = { .fast = undefined },
	/* guest: #UD, there is no SGX */
	[SDM_REASON_ENCLS] = { .fast = undefined },
	/* host: what the CPU has logged goes into the slots' logs */
	[SDM_REASON_PML_FULL] = {
		.fast = vmr_exit_pml, .slow = vmr_exit_pml_full,
		.vectoring = true,
	},
	/* guest: #UD, hidden */
	[SDM_REASON_XSAVES] = { .fast = undefined },
	/* guest: #UD, hidden */
	[SDM_REASON_XRSTORS] = { .fast = undefined },
	/* guest: #UD, hidden */
	[SDM_REASON_PCONFIG] = { .fast = undefined },
	/* guest: #UD, there is no SGX */
	[SDM_REASON_ENCLV] = { .fast = undefined },
};

/* What has no row is something that vmring never switches on. */
static const struct vmr_exit_row no_row = {
	.slow = vmr_exit_refuse, .reads = VMR_READ_QUALIFICATION,
};

static const struct vmr_exit_row *row_of(u16 reason)
{
	const struct vmr_exit_row *row;

	if (unlikely(reason >= ARRAY_SIZE(vmr_exit_rows)))
		return &no_row;
	row = &vmr_exit_rows[array_index_nospec(reason, ARRAY_SIZE(vmr_exit_rows))];
	return row->fast || row->slow ? row : &no_row;
}

enum vmr_verdict vmr_exit_fast(struct vmr_vcpu *vcpu)
{
	const struct vmr_exit_row *row = row_of(vcpu->exit.reason);

	if (row->vectoring)
		vmr_events_save(vcpu);
	return row->fast ? row->fast(vcpu) : VMR_GO_SLOW;
}

void vmr_exit_read(struct vmr_vcpu *vcpu)
{
	struct vmr_exit_info *exit = &vcpu->exit;
	u8 reads;

	exit->row = row_of(exit->reason);
	reads = exit->row->reads;

	if (reads & VMR_READ_LENGTH)
		exit->length = vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH);
	if (reads & VMR_READ_QUALIFICATION)
		exit->qualification = vmr_vmcs_read(VMCS_EXIT_QUALIFICATION);
	if (reads & VMR_READ_INFO)
		exit->instruction_info = vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_INFO);
	if (reads & VMR_READ_ADDRESSES) {
		exit->gpa = vmr_vmcs_read64(VMCS_GUEST_PHYSICAL_ADDRESS);
		exit->gla = vmr_vmcs_read(VMCS_GUEST_LINEAR_ADDRESS);
	}
}

enum vmr_verdict vmr_exit_slow(struct vmr_vcpu *vcpu)
{
	return vcpu->exit.row->slow(vcpu);
}

/* "Guest Non-Register State": blocking by STI and by MOV SS */
#define SHADOWS			0x3

/* Outside of 64-bit mode the instruction pointer has 32 bits. */
static unsigned long wrap(unsigned long rip)
{
	u32 cs = vmr_vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS);

	if (vmr_vmcs_read64(VMCS_GUEST_EFER) & SDM_EFER_LMA &&
	    cs & SDM_SEGMENT_L)
		return rip;
	return (u32)rip;
}

/*
 * RF is what an exit like a fault leaves behind: the instruction was to be resumed. With
 * BTF single steps are branches: vmx/exit_mmio.c knows of those.
 */
static void end_instruction(unsigned long rflags, u32 length)
{
	if (rflags & SDM_RFLAGS_RF && length)
		vmr_vmcs_write(VMCS_GUEST_RFLAGS, rflags & ~SDM_RFLAGS_RF);
	if (rflags & SDM_RFLAGS_TF &&
	    !(vmr_vmcs_read64(VMCS_GUEST_DEBUGCTL) & SDM_DEBUGCTL_BTF))
		vmr_vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			       vmr_vmcs_read(VMCS_GUEST_PENDING_DEBUG) |
			       SDM_PENDING_SINGLE_STEP);
}

void vmr_exit_skip_by(struct vmr_vcpu *vcpu, u32 length)
{
	unsigned long rip = vmr_vmcs_read(VMCS_GUEST_RIP);
	unsigned long next = rip + length;
	unsigned long rflags;
	u32 interruptibility;

	if (unlikely((rip ^ next) >> 32))
		next = wrap(next);
	vmr_vmcs_write(VMCS_GUEST_RIP, next);

	interruptibility = vmr_vmcs_read32(VMCS_GUEST_INTERRUPTIBILITY);
	if (unlikely(interruptibility & SHADOWS))
		vmr_vmcs_write32(VMCS_GUEST_INTERRUPTIBILITY,
				 interruptibility & ~SHADOWS);
	rflags = vmr_vmcs_read(VMCS_GUEST_RFLAGS);
	if (unlikely(rflags & (SDM_RFLAGS_TF | SDM_RFLAGS_RF)))
		end_instruction(rflags, length);
}

enum vmr_verdict vmr_exit_skip(struct vmr_vcpu *vcpu)
{
	vmr_exit_skip_by(vcpu, vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH));
	return VMR_GO_RESUME;
}

enum vmr_verdict vmr_exit_raise(struct vmr_vcpu *vcpu, u8 vector)
{
	vmr_events_raise(vcpu, vector);
	return VMR_GO_INJECT;
}

struct vmr_exit *vmr_exit_to_user(struct vmr_vcpu *vcpu, u16 reason,
				  void (*complete)(struct vmr_vcpu *vcpu,
						   const struct vmr_reply *reply),
				  u8 flags)
{
	struct vmr_exit *exit = vmr_area_slot(&vcpu->area);

	exit->reason = reason;
	exit->flags = flags;
	vcpu->outstanding = (struct vmr_outstanding) {
		.complete = complete,
		.needs_reply = flags & VMR_EXIT_NEEDS_REPLY,
	};
	return exit;
}

enum vmr_verdict vmr_exit_hole(struct vmr_vcpu *vcpu, u64 gpa, bool write)
{
	struct vmr_exit *exit;

	/* It may only have been waited for: RUN ends, and the guest tries again. */
	if (signal_pending(current))
		return VMR_GO_AGAIN;
	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MEMORY_FAULT, NULL,
				write ? VMR_EXIT_WRITE : 0);
	exit->addr = gpa;
	exit->count = vmr_ept_why_not(&vcpu->vm->ept, gpa, write);
	return VMR_GO_USER;
}

enum vmr_verdict vmr_exit_refuse(struct vmr_vcpu *vcpu)
{
	struct vmr_exit *exit = vmr_exit_to_user(vcpu, VMR_EXIT_REFUSED, NULL, 0);

	exit->addr = vcpu->exit.qualification;
	exit->count = vcpu->exit.reason;
	return VMR_GO_USER;
}
