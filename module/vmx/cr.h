/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which values control and debug registers, EFER and XCR0 of a guest may have,
 * and what follows from a change. Pure: no state, no kernel dependency;
 * selftests/unit compiles it in user space.
 *
 * "The guest's value" is what the guest sees. What is in the VMCS differs in the
 * bits that VT-x wants set (vmr_cr0_hardware(), vmr_cr4_hardware()): those belong to
 * the host in the guest/host mask, and the read shadow has the guest's.
 */
#ifndef VMR_VMX_CR_H
#define VMR_VMX_CR_H

#include <linux/types.h>

struct vmr_caps;
struct vmr_cpuid_table;

/* struct vmr_cr_limits.has: what the guest's CPUID offers beside register bits */
#define VMR_HAS_LM		0x001	/* 64-bit mode */
#define VMR_HAS_SYSCALL		0x002
#define VMR_HAS_SEP		0x004	/* SYSENTER */
#define VMR_HAS_TSC_AUX		0x008	/* RDTSCP or RDPID */
#define VMR_HAS_MTRR		0x010
#define VMR_HAS_PAT		0x020
#define VMR_HAS_MCA		0x040
#define VMR_HAS_APIC		0x080
#define VMR_HAS_XSAVE		0x100
#define VMR_HAS_PSE36		0x200
#define VMR_HAS_PAGE1GB		0x400
#define VMR_HAS_TSC_ADJUST	0x800

/**
 * struct vmr_cr_limits - what a vCPU's registers may hold
 * @cr0_must: bits that VT-x wants set in CR0 (unrestricted guest: not PE and PG)
 * @cr4_must: bits that are set in CR4 while a guest runs: VMXE, MCE
 * @cr4_allowed: bits that a guest may set in CR4
 * @efer_allowed: bits that a guest may set in EFER, LMA among them
 * @xcr0_allowed: bits that a guest may set in XCR0
 * @cr0_guest_owned: bits of CR0 that the guest changes without an exit
 * @cr4_guest_owned: the same of CR4
 * @has: VMR_HAS_...
 * @phys_bits: width of a guest-physical address
 * @linear_bits: width of a linear address
 *
 * Constant once vmr_cr_limits_init() has filled it in.
 */
struct vmr_cr_limits {
	u64 cr0_must;
	u64 cr4_must;
	u64 cr4_allowed;
	u64 efer_allowed;
	u64 xcr0_allowed;
	u64 cr0_guest_owned;
	u64 cr4_guest_owned;
	u32 has;
	u8 phys_bits;
	u8 linear_bits;
};

/**
 * vmr_cr_limits_init() - compute a vCPU's limits
 * @limits: where to
 * @table: its CPUID table
 * @caps: the CPU
 *
 * Context: Any.
 */
void vmr_cr_limits_init(struct vmr_cr_limits *limits,
			const struct vmr_cpuid_table *table,
			const struct vmr_caps *caps);

/**
 * vmr_canonical() - tell whether a linear address is canonical
 * @address: the address
 * @bits: width of a linear address
 *
 * Context: Any.
 * Return: true if bits 63 down to @bits - 1 are all the same.
 */
static inline bool vmr_canonical(u64 address, u8 bits)
{
	return (u64)((s64)(address << (64 - bits)) >> (64 - bits)) == address;
}

/**
 * struct vmr_cr_state - the registers that decide on how a guest runs
 * @cr0: as the guest sees it
 * @cr3: as it is
 * @cr4: as the guest sees it
 * @efer: as the guest sees it
 * @cs_l: CS.L, which means 64-bit mode if EFER.LMA is set
 * @tss_16: TR is a 16-bit TSS, which IA-32e mode doesn't have
 */
struct vmr_cr_state {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	bool cs_l;
	bool tss_16;
};

/**
 * struct vmr_cr_effect - what follows from a change
 * @state: the registers after it
 * @load_pdptes: the four PDPTEs have to be loaded from @state.cr3 and checked
 *		 (vmr_pdpte_valid()); a bad one is #GP(0), and nothing has changed
 * @flush_tlb: translations of this vCPU have to go
 * @mode: EFER.LMA has changed: so does the entry control "IA-32e mode guest"
 */
struct vmr_cr_effect {
	struct vmr_cr_state state;
	bool load_pdptes;
	bool flush_tlb;
	bool mode;
};

/**
 * vmr_cr0_write() - a guest's MOV to CR0, LMSW or CLTS
 * @limits: the vCPU's
 * @old: the registers before
 * @value: what is written, LMSW and CLTS made into a whole CR0
 * @effect: what follows; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0).
 */
bool vmr_cr0_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect);

/**
 * vmr_cr0_lmsw() - the CR0 that LMSW writes
 * @cr0: CR0 before, as the guest sees it
 * @source: LMSW's operand
 *
 * Context: Any.
 * Return: the value for vmr_cr0_write(): PE, MP, EM and TS are @source's, but PE
 *	   stays set.
 */
u64 vmr_cr0_lmsw(u64 cr0, u16 source);

/**
 * vmr_cr3_write() - a guest's MOV to CR3
 * @limits: the vCPU's
 * @old: the registers before
 * @value: what is written; bit 63 means "don't flush" with CR4.PCIDE
 * @effect: what follows; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0).
 */
bool vmr_cr3_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect);

/**
 * vmr_cr4_write() - a guest's MOV to CR4
 * @limits: the vCPU's
 * @old: the registers before
 * @value: what is written
 * @effect: what follows; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0).
 */
bool vmr_cr4_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect);

/**
 * vmr_efer_write() - a guest's WRMSR to IA32_EFER
 * @limits: the vCPU's
 * @old: the registers before
 * @value: what is written; LMA in it doesn't matter
 * @effect: what follows; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0).
 */
bool vmr_efer_write(const struct vmr_cr_limits *limits,
		    const struct vmr_cr_state *old, u64 value,
		    struct vmr_cr_effect *effect);

/**
 * vmr_cr_state_valid() - tell whether a vCPU may be given these registers
 * @limits: the vCPU's
 * @state: the registers, EFER.LMA among them; CS.L and TR don't matter
 *
 * For VMR_SET_STATE: no value before, so every combination that a guest could have
 * reached is good. CR0's reserved bits in 31:0 must be zero here, ET one.
 *
 * Context: Any.
 * Return: whether they are valid.
 */
bool vmr_cr_state_valid(const struct vmr_cr_limits *limits,
			const struct vmr_cr_state *state);

/**
 * vmr_cr_uses_pdptes() - tell whether paging goes through the PDPTE registers
 * @state: the registers
 *
 * Context: Any.
 * Return: true for PAE paging.
 */
bool vmr_cr_uses_pdptes(const struct vmr_cr_state *state);

/* How many PDPTE registers there are. */
#define VMR_PDPTES		4

/**
 * vmr_cr3_pdpt() - where the PDPTE registers are loaded from
 * @cr3: CR3 in PAE paging
 *
 * Context: Any.
 * Return: the guest-physical address.
 */
static inline u64 vmr_cr3_pdpt(u64 cr3)
{
	return cr3 & 0xffffffe0;
}

/**
 * vmr_cr0_hardware() - the VMCS's guest CR0
 * @limits: the vCPU's
 * @cr0: as the guest sees it
 *
 * Context: Any.
 * Return: with the bits that VT-x wants set.
 */
static inline u64 vmr_cr0_hardware(const struct vmr_cr_limits *limits, u64 cr0)
{
	return cr0 | limits->cr0_must;
}

/**
 * vmr_cr4_hardware() - the VMCS's guest CR4
 * @limits: the vCPU's
 * @cr4: as the guest sees it
 *
 * Context: Any.
 * Return: with the bits that VT-x wants set.
 */
static inline u64 vmr_cr4_hardware(const struct vmr_cr_limits *limits, u64 cr4)
{
	return cr4 | limits->cr4_must;
}

/**
 * vmr_cr0_guest() - the guest's CR0
 * @limits: the vCPU's
 * @hardware: the VMCS's guest CR0
 * @shadow: the read shadow
 *
 * Context: Any.
 * Return: as the guest sees it.
 */
static inline u64 vmr_cr0_guest(const struct vmr_cr_limits *limits,
				u64 hardware, u64 shadow)
{
	return (hardware & limits->cr0_guest_owned) |
	       (shadow & ~limits->cr0_guest_owned);
}

/**
 * vmr_cr4_guest() - the guest's CR4
 * @limits: the vCPU's
 * @hardware: the VMCS's guest CR4
 * @shadow: the read shadow
 *
 * Context: Any.
 * Return: as the guest sees it.
 */
static inline u64 vmr_cr4_guest(const struct vmr_cr_limits *limits,
				u64 hardware, u64 shadow)
{
	return (hardware & limits->cr4_guest_owned) |
	       (shadow & ~limits->cr4_guest_owned);
}

/**
 * vmr_xcr0_valid() - tell whether XSETBV may write a value
 * @limits: the vCPU's
 * @value: for XCR0
 *
 * Context: Any.
 * Return: false: #GP(0).
 */
bool vmr_xcr0_valid(const struct vmr_cr_limits *limits, u64 value);

/**
 * vmr_dr6() - what MOV to DR6 leaves there
 * @value: what is written
 * @dr6: the result, with the fixed bits; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0), a bit above 31 is set.
 */
bool vmr_dr6(u64 value, u64 *dr6);

/**
 * vmr_dr7() - what MOV to DR7 leaves there
 * @value: what is written
 * @dr7: the result, with the fixed bits; written on success only
 *
 * Context: Any.
 * Return: false: #GP(0), a bit above 31 is set.
 */
bool vmr_dr7(u64 value, u64 *dr7);

#endif
