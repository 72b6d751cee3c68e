// SPDX-License-Identifier: GPL-2.0
/*
 * Owns CPUID and hypercalls, the two shortest exits. Called by vmx/run.c, in the burst
 * of the exit.
 */
#include <linux/errno.h>

#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/cpuid.h"
#include "vmx/exit.h"
#include "vmx/state.h"

static noinline const struct vmr_cpuid_answer *find_any(struct vmr_vcpu *vcpu)
{
	bool in_64bit = vcpu->state.efer & SDM_EFER_LMA &&
			vmr_vmcs_read32(VMCS_GUEST_CS_ACCESS_RIGHTS) & SDM_SEGMENT_L;

	return vmr_cpuid_find_any(vcpu->cpuid, vcpu->state.gpr[VMR_RAX],
				  vcpu->state.gpr[VMR_RCX], in_64bit);
}

enum vmr_verdict vmr_exit_cpuid(struct vmr_vcpu *vcpu)
{
	u64 *gpr = vcpu->state.gpr;
	const struct vmr_cpuid_answer *answer;

	answer = vmr_cpuid_find_direct(vcpu->cpuid, gpr[VMR_RAX]);
	if (unlikely(!answer))
		answer = find_any(vcpu);
	gpr[VMR_RAX] = answer->eax;
	gpr[VMR_RBX] = answer->ebx;
	gpr[VMR_RCX] = answer->ecx;
	gpr[VMR_RDX] = answer->edx;
	return vmr_exit_skip(vcpu);
}

/* The hypercall's answer has 64 bits in 64-bit mode, else 32. */
static void answer_hypercall(struct vmr_vcpu *vcpu, s64 answer)
{
	bool wide = vcpu->state.efer & SDM_EFER_LMA;

	vcpu->state.gpr[VMR_RAX] = wide ? (u64)answer : (u32)answer;
}

enum vmr_verdict vmr_exit_vmcall(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict = VMR_GO_RESUME;
	u32 ss;

	if (!(vcpu->vm->features & VMR_VM_HYPERCALLS))
		return vmr_exit_raise(vcpu, SDM_VECTOR_UD);
	ss = vmr_vmcs_read32(VMCS_GUEST_SS_ACCESS_RIGHTS);
	if (unlikely(vmr_cpl(ss)))
		answer_hypercall(vcpu, -EPERM);
	else if ((u32)vcpu->state.gpr[VMR_RAX] == VMR_HYPERCALL_NOP)
		answer_hypercall(vcpu, 0);
	else
		verdict = VMR_GO_SLOW;
	vmr_exit_skip(vcpu);
	return verdict;
}

/* The guest is past VMCALL already: what user space leaves in RAX is the answer. */
enum vmr_verdict vmr_exit_vmcall_user(struct vmr_vcpu *vcpu)
{
	vmr_exit_to_user(vcpu, VMR_EXIT_HYPERCALL, NULL, 0);
	return VMR_GO_USER;
}
