/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the list of MSRs that vmring virtualizes, the values that they take, user
 * space's policy for the others, and the MSR bitmap. Pure: no kernel dependency;
 * selftests/unit compiles it in user space.
 */
#ifndef VMR_VMX_MSR_H
#define VMR_VMX_MSR_H

#include <linux/types.h>

#include <vmring.h>

struct vmr_cr_limits;

/**
 * enum vmr_msr_how - where an MSR's value lives
 * @VMR_MSR_IS_CONST: nowhere: struct vmr_msr_desc.value
 * @VMR_MSR_IS_SLOT: in struct vmr_msr_values, at struct vmr_msr_desc.where
 * @VMR_MSR_IS_HOST: the same while the vCPU isn't loaded; else in the CPU's own MSR,
 *		     put there by the user-return mechanism
 * @VMR_MSR_IS_VMCS: in the VMCS: struct vmr_msr_desc.where is the field's encoding
 * @VMR_MSR_IS_SPECIAL: code decides: IA32_TSC, IA32_TSC_ADJUST, IA32_EFER,
 *		       IA32_APIC_BASE
 */
enum vmr_msr_how {
	VMR_MSR_IS_CONST,
	VMR_MSR_IS_SLOT,
	VMR_MSR_IS_HOST,
	VMR_MSR_IS_VMCS,
	VMR_MSR_IS_SPECIAL,
};

#define VMR_MTRR_RANGES		8

/* Places in struct vmr_msr_values; those of the host's MSRs come first. */
enum vmr_msr_slot {
	VMR_MSR_STAR,
	VMR_MSR_LSTAR,
	VMR_MSR_CSTAR,
	VMR_MSR_FMASK,
	VMR_MSR_KERNEL_GS_BASE,
	VMR_MSR_TSC_AUX,
	VMR_MSR_HOST_SLOTS,
	VMR_MSR_APIC_BASE = VMR_MSR_HOST_SLOTS,
	VMR_MSR_TSC_ADJUST,
	VMR_MSR_BIOS_SIGN_ID,
	VMR_MSR_MISC_ENABLE,
	VMR_MSR_MCG_STATUS,
	VMR_MSR_MTRR_DEF_TYPE,
	VMR_MSR_MTRR_FIX64K,
	VMR_MSR_MTRR_FIX16K,
	VMR_MSR_MTRR_FIX4K = VMR_MSR_MTRR_FIX16K + 2,
	VMR_MSR_MTRR_PHYS = VMR_MSR_MTRR_FIX4K + 8,	/* base, mask, base ... */
	VMR_MSR_SLOTS = VMR_MSR_MTRR_PHYS + 2 * VMR_MTRR_RANGES,
};

/**
 * struct vmr_msr_values - a vCPU's MSRs that are neither constant nor in the VMCS
 * @slot: by enum vmr_msr_slot
 */
struct vmr_msr_values {
	u64 slot[VMR_MSR_SLOTS];
};

/* struct vmr_msr_desc.flags */
#define VMR_MSR_PASS_READ	0x01	/* RDMSR causes no exit */
#define VMR_MSR_PASS_WRITE	0x02	/* WRMSR causes no exit */
#define VMR_MSR_DROP_WRITE	0x04	/* a guest's WRMSR is accepted and changes nothing */
#define VMR_MSR_READ_ONLY	0x08	/* a guest's WRMSR is #GP */

/* What a value has to be like. */
enum vmr_msr_check {
	VMR_MSR_ANY,
	VMR_MSR_BITS,		/* no bit outside of vmr_msr_desc.value */
	VMR_MSR_EQUAL,		/* vmr_msr_desc.value itself, for user space */
	VMR_MSR_CANONICAL,
	VMR_MSR_CHECK_PAT,
	VMR_MSR_MEMORY_TYPES,	/* eight of them */
	VMR_MSR_CHECK_MTRR_DEF,
	VMR_MSR_CHECK_MTRR_BASE,
	VMR_MSR_CHECK_MTRR_MASK,
	VMR_MSR_CHECK_APIC_BASE,
	VMR_MSR_CHECK_EFER,	/* bits only; vmr_efer_write() knows the rest */
};

/**
 * struct vmr_msr_desc - an MSR that vmring virtualizes
 * @index: its number
 * @how: enum vmr_msr_how
 * @check: enum vmr_msr_check
 * @flags: VMR_MSR_PASS_READ and so on
 * @where: VMCS field or slot, by @how
 * @has: one of these VMR_HAS_... must be offered (cr.h); 0: it is always there
 * @value: the constant, or the bits of VMR_MSR_BITS
 * @reset: what it holds after power-on, where that isn't the constant
 */
struct vmr_msr_desc {
	u32 index;
	u8 how;
	u8 check;
	u8 flags;
	u32 where;
	u32 has;
	u64 value;
	u64 reset;
};

/**
 * vmr_msr_find() - look an MSR up
 * @index: its number
 *
 * Context: Any.
 * Return: its description, NULL if vmring doesn't virtualize it.
 */
const struct vmr_msr_desc *vmr_msr_find(u32 index);

/**
 * vmr_msr_at() - go through the list
 * @n: 0, 1, ...
 *
 * Context: Any.
 * Return: the descriptions, by rising index; NULL after the last.
 */
const struct vmr_msr_desc *vmr_msr_at(u32 n);

/**
 * vmr_msr_offered() - tell whether a guest has an MSR
 * @desc: the MSR
 * @limits: the vCPU's
 *
 * Context: Any.
 * Return: false: the guest's CPUID doesn't have what it belongs to: #GP.
 */
bool vmr_msr_offered(const struct vmr_msr_desc *desc,
		     const struct vmr_cr_limits *limits);

/**
 * vmr_msr_valid() - tell whether an MSR may be given a value
 * @desc: the MSR
 * @value: the value
 * @limits: the vCPU's
 *
 * For a guest's WRMSR ask for VMR_MSR_READ_ONLY (#GP) and VMR_MSR_DROP_WRITE (done)
 * first: those are for user space to set. IA32_EFER is for vmr_efer_write().
 *
 * Context: Any.
 * Return: false: #GP, or EINVAL for user space.
 */
bool vmr_msr_valid(const struct vmr_msr_desc *desc, u64 value,
		   const struct vmr_cr_limits *limits);

/**
 * vmr_msr_reset() - what the slots hold after power-on
 * @values: a vCPU's
 * @bsp: the first vCPU
 *
 * Context: Any.
 */
void vmr_msr_reset(struct vmr_msr_values *values, bool bsp);

/**
 * vmr_msr_ranges_valid() - check user space's policy
 * @ranges: the list
 * @count: its length
 *
 * Context: Any.
 * Return: false: EINVAL: an empty range, one that goes beyond the last MSR, an
 *	   unknown action, or a reserved bit.
 */
bool vmr_msr_ranges_valid(const struct vmr_msr_range *ranges, u32 count);

/**
 * vmr_msr_action() - what the policy says of an access
 * @ranges: the policy, valid
 * @count: its length
 * @msr: which MSR
 * @write: WRMSR
 *
 * Context: Any.
 * Return: VMR_MSR_GP, _USER, _ZERO or _KERNEL: as if there were no policy.
 */
u16 vmr_msr_action(const struct vmr_msr_range *ranges, u32 count, u32 msr,
		   bool write);

#define VMR_MSR_BITMAP_SIZE	4096

/**
 * vmr_msr_bitmap_build() - make the MSR bitmap of a VM
 * @bitmap: VMR_MSR_BITMAP_SIZE bytes
 * @ranges: the policy, valid
 * @count: its length
 *
 * Everything exits but what is passed through and left to the kernel.
 *
 * Context: Any.
 */
void vmr_msr_bitmap_build(u8 *bitmap, const struct vmr_msr_range *ranges,
			  u32 count);

#endif
