/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the VMX instructions: one inline function each, none of which can oops.
 * For the files of module/vmx, module/vmcs and module/ept; process, interrupt
 * and NMI context alike, on the CPU whose state is meant.
 */
#ifndef VMR_VMX_INSN_H
#define VMR_VMX_INSN_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/asm.h>

#include "vmx/sdm.h"

/**
 * enum vmr_insn_result - what a VMX instruction came to
 * @VMR_INSN_OK: VMsucceed
 * @VMR_INSN_FAIL_INVALID: VMfailInvalid (CF): there is no current VMCS to tell why
 * @VMR_INSN_FAIL_VALID: VMfailValid (ZF): the VM-instruction error field says why
 * @VMR_INSN_FAULT: #UD or #GP, most often because VMX is off here
 *
 * "Conventions" in the manual's chapter on VMX instructions.
 */
enum vmr_insn_result {
	VMR_INSN_OK,
	VMR_INSN_FAIL_INVALID,
	VMR_INSN_FAIL_VALID,
	VMR_INSN_FAULT,
};

/*
 * What follows an instruction at label 1: its flags are looked at, and a fault
 * resumes at the label named so.
 */
#define VMR_INSN_OUTCOME						\
	"\n\tjc %l[fail_invalid]"					\
	"\n\tjz %l[fail_valid]\n"					\
	_ASM_EXTABLE(1b, %l[fault])

/**
 * vmr_insn_vmxon() - enter VMX operation
 * @region: physical address of this CPU's VMXON region
 *
 * Context: Any, not to be migrated; CR4.VMXE is set.
 * Return: VMR_INSN_OK, or how it failed; a fault if VT-x is locked off.
 */
static __always_inline enum vmr_insn_result vmr_insn_vmxon(phys_addr_t region)
{
	asm goto("1:\tvmxon %[region]" VMR_INSN_OUTCOME
		 : : [region] "m" (region) : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_vmxoff() - leave VMX operation
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed; a fault if VMX is off already.
 */
static __always_inline enum vmr_insn_result vmr_insn_vmxoff(void)
{
	asm goto("1:\tvmxoff" VMR_INSN_OUTCOME
		 : : : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_vmclear() - write a VMCS back to memory and make it clear
 * @vmcs: physical address of the VMCS
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed.
 */
static __always_inline enum vmr_insn_result vmr_insn_vmclear(phys_addr_t vmcs)
{
	asm goto("1:\tvmclear %[vmcs]" VMR_INSN_OUTCOME
		 : : [vmcs] "m" (vmcs) : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_vmptrld() - make a VMCS current on this CPU
 * @vmcs: physical address of the VMCS
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed.
 */
static __always_inline enum vmr_insn_result vmr_insn_vmptrld(phys_addr_t vmcs)
{
	asm goto("1:\tvmptrld %[vmcs]" VMR_INSN_OUTCOME
		 : : [vmcs] "m" (vmcs) : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_vmptrst() - ask which VMCS is current on this CPU
 * @vmcs: where its physical address is stored, all ones if there is none
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed.
 */
static __always_inline enum vmr_insn_result vmr_insn_vmptrst(phys_addr_t *vmcs)
{
	asm goto("1:\tvmptrst (%[vmcs])" VMR_INSN_OUTCOME
		 : : [vmcs] "r" (vmcs) : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_invept() - drop what the CPU has cached of EPT translations
 * @extent: SDM_INVEPT_*
 * @eptp: whose translations, for SDM_INVEPT_SINGLE
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed.
 */
static __always_inline enum vmr_insn_result
vmr_insn_invept(unsigned long extent, u64 eptp)
{
	struct sdm_inv_descriptor descriptor = { .context = eptp };

	asm goto("1:\tinvept %[descriptor], %[extent]" VMR_INSN_OUTCOME
		 : : [extent] "r" (extent), [descriptor] "m" (descriptor)
		 : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

/**
 * vmr_insn_invvpid() - drop what the CPU has cached for a VPID
 * @extent: SDM_INVVPID_*
 * @vpid: whose translations, but for SDM_INVVPID_ALL
 * @address: linear address, for SDM_INVVPID_ADDRESS
 *
 * Context: Any, not to be migrated.
 * Return: VMR_INSN_OK, or how it failed.
 */
static __always_inline enum vmr_insn_result
vmr_insn_invvpid(unsigned long extent, u16 vpid, u64 address)
{
	struct sdm_inv_descriptor descriptor = {
		.context = vpid,
		.address = address,
	};

	asm goto("1:\tinvvpid %[descriptor], %[extent]" VMR_INSN_OUTCOME
		 : : [extent] "r" (extent), [descriptor] "m" (descriptor)
		 : "cc", "memory"
		 : fail_invalid, fail_valid, fault);
	return VMR_INSN_OK;
fail_invalid:
	return VMR_INSN_FAIL_INVALID;
fail_valid:
	return VMR_INSN_FAIL_VALID;
fault:
	return VMR_INSN_FAULT;
}

#endif
