// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for a guest's control and debug registers, EFER and XCR0, "MOV -
 * Move to/from Control Registers", "Control Registers", "XSETBV". Pure: callable from
 * anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/arch.h"
#include "vmx/caps.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"

#define CR0_BITS	(SDM_CR0_PE | SDM_CR0_MP | SDM_CR0_EM | SDM_CR0_TS | SDM_CR0_ET | \
			 SDM_CR0_NE | SDM_CR0_WP | SDM_CR0_AM | SDM_CR0_NW | SDM_CR0_CD | \
			 SDM_CR0_PG)
#define CR0_LMSW	(SDM_CR0_PE | SDM_CR0_MP | SDM_CR0_EM | SDM_CR0_TS)
#define CR0_GUEST	(SDM_CR0_TS | SDM_CR0_WP | SDM_CR0_MP | SDM_CR0_EM | SDM_CR0_AM)
#define CR4_HOST	(SDM_CR4_MCE | SDM_CR4_VMXE | SDM_CR4_SMXE | SDM_CR4_OSXSAVE | \
			 SDM_CR4_PKE | SDM_CR4_LA57 | SDM_CR4_PCIDE | SDM_CR4_CET)

/* "PAE Paging": the changes after which the CPU loads the PDPTE registers. */
#define CR0_LOADS	(SDM_CR0_CD | SDM_CR0_NW | SDM_CR0_PG)
#define CR4_LOADS	(SDM_CR4_PAE | SDM_CR4_PGE | SDM_CR4_PSE | SDM_CR4_SMEP)
/* "Operations that Invalidate TLBs and Paging-Structure Caches", and PSE. */
#define CR4_FLUSHES	(SDM_CR4_PAE | SDM_CR4_PGE | SDM_CR4_PSE | SDM_CR4_SMEP)

#define PHYS_BITS_LEAST		32
#define PHYS_BITS_UNTOLD	36	/* with PAE or PSE-36, without leaf 80000008H */
#define LINEAR_BITS		48	/* CR4.LA57 isn't offered */

#define LEAF_X1		0x80000001
#define LEAF_X8		0x80000008

/* What the guest's CPUID says, zeroes where it has no such leaf. */
struct offered {
	struct vmr_cpuid_answer basic, extended, xsave, x1, x8;
};

static struct vmr_cpuid_answer look(const struct vmr_cpuid_table *table, u32 leaf)
{
	const struct vmr_cpuid_answer *answer = vmr_cpuid_known(table, leaf, 0);

	return answer ? *answer : (struct vmr_cpuid_answer){};
}

static struct offered look_all(const struct vmr_cpuid_table *table)
{
	return (struct offered){
		.basic = look(table, 0x01),
		.extended = look(table, 0x07),
		.xsave = look(table, 0x0d),
		.x1 = look(table, LEAF_X1),
		.x8 = look(table, LEAF_X8),
	};
}

static u64 if_any(u32 word, u32 bits, u64 then)
{
	return word & bits ? then : 0;
}

/* CR4.PCE has no bit of its own in CPUID. */
static u64 cr4_offered(const struct offered *cpu)
{
	u32 ecx = cpu->basic.ecx, edx = cpu->basic.edx;
	u32 ebx_7 = cpu->extended.ebx, ecx_7 = cpu->extended.ecx;

	return SDM_CR4_PCE |
	       if_any(edx, SDM_CPUID_1_EDX_VME, SDM_CR4_VME | SDM_CR4_PVI) |
	       if_any(edx, SDM_CPUID_1_EDX_TSC, SDM_CR4_TSD) |
	       if_any(edx, SDM_CPUID_1_EDX_DE, SDM_CR4_DE) |
	       if_any(edx, SDM_CPUID_1_EDX_PSE, SDM_CR4_PSE) |
	       if_any(edx, SDM_CPUID_1_EDX_PAE, SDM_CR4_PAE) |
	       if_any(edx, SDM_CPUID_1_EDX_MCE, SDM_CR4_MCE) |
	       if_any(edx, SDM_CPUID_1_EDX_PGE, SDM_CR4_PGE) |
	       if_any(edx, SDM_CPUID_1_EDX_FXSR, SDM_CR4_OSFXSR) |
	       if_any(edx, SDM_CPUID_1_EDX_SSE, SDM_CR4_OSXMMEXCPT) |
	       if_any(ecx, SDM_CPUID_1_ECX_PCID, SDM_CR4_PCIDE) |
	       if_any(ecx, SDM_CPUID_1_ECX_XSAVE, SDM_CR4_OSXSAVE) |
	       if_any(ebx_7, SDM_CPUID_7_EBX_FSGSBASE, SDM_CR4_FSGSBASE) |
	       if_any(ebx_7, SDM_CPUID_7_EBX_SMEP, SDM_CR4_SMEP) |
	       if_any(ebx_7, SDM_CPUID_7_EBX_SMAP, SDM_CR4_SMAP) |
	       if_any(ecx_7, SDM_CPUID_7_ECX_UMIP, SDM_CR4_UMIP);
}

static u64 efer_offered(const struct offered *cpu)
{
	u32 edx = cpu->x1.edx;

	return if_any(edx, SDM_CPUID_X1_EDX_SYSCALL, SDM_EFER_SCE) |
	       if_any(edx, SDM_CPUID_X1_EDX_NX, SDM_EFER_NXE) |
	       if_any(edx, SDM_CPUID_X1_EDX_LM, SDM_EFER_LME | SDM_EFER_LMA);
}

static u32 has_offered(const struct offered *cpu)
{
	u32 ecx = cpu->basic.ecx, edx = cpu->basic.edx, edx_x1 = cpu->x1.edx;

	return if_any(edx, SDM_CPUID_1_EDX_SEP, VMR_HAS_SEP) |
	       if_any(edx, SDM_CPUID_1_EDX_MTRR, VMR_HAS_MTRR) |
	       if_any(edx, SDM_CPUID_1_EDX_PAT, VMR_HAS_PAT) |
	       if_any(edx, SDM_CPUID_1_EDX_MCA, VMR_HAS_MCA) |
	       if_any(edx, SDM_CPUID_1_EDX_APIC, VMR_HAS_APIC) |
	       if_any(edx, SDM_CPUID_1_EDX_PSE36, VMR_HAS_PSE36) |
	       if_any(ecx, SDM_CPUID_1_ECX_XSAVE, VMR_HAS_XSAVE) |
	       if_any(edx_x1, SDM_CPUID_X1_EDX_LM, VMR_HAS_LM) |
	       if_any(edx_x1, SDM_CPUID_X1_EDX_SYSCALL, VMR_HAS_SYSCALL) |
	       if_any(edx_x1, SDM_CPUID_X1_EDX_PAGE1GB, VMR_HAS_PAGE1GB) |
	       if_any(edx_x1, SDM_CPUID_X1_EDX_RDTSCP, VMR_HAS_TSC_AUX) |
	       if_any(cpu->extended.ecx, SDM_CPUID_7_ECX_RDPID, VMR_HAS_TSC_AUX) |
	       if_any(cpu->extended.ebx, SDM_CPUID_7_EBX_TSC_ADJUST,
		      VMR_HAS_TSC_ADJUST);
}

/* "CPUID", leaf 80000008H, and what is to be supposed without it. */
static u8 phys_bits_offered(const struct offered *cpu)
{
	u32 wide = SDM_CPUID_1_EDX_PAE | SDM_CPUID_1_EDX_PSE36;
	u8 bits = cpu->x8.eax & SDM_CPUID_X8_EAX_PHYS_BITS;

	if (!bits && cpu->basic.edx & wide)
		return PHYS_BITS_UNTOLD;
	return bits < PHYS_BITS_LEAST ? PHYS_BITS_LEAST : bits;
}

/*
 * A machine check with CR4.MCE clear shuts the real CPU down: the hardware's bit is
 * set whatever the guest's is.
 */
void vmr_cr_limits_init(struct vmr_cr_limits *limits,
			const struct vmr_cpuid_table *table,
			const struct vmr_caps *caps)
{
	struct offered cpu = look_all(table);
	u64 cr0_must = vmr_caps_get(caps, SDM_IA32_VMX_CR0_FIXED0);
	u64 cr4_must = vmr_caps_get(caps, SDM_IA32_VMX_CR4_FIXED0);
	u64 cr4_may = vmr_caps_get(caps, SDM_IA32_VMX_CR4_FIXED1);

	*limits = (struct vmr_cr_limits){
		.cr0_must = cr0_must & ~(SDM_CR0_PE | SDM_CR0_PG),
		.cr4_must = cr4_must | (SDM_CR4_MCE & cr4_may),
		.cr4_allowed = cr4_offered(&cpu) & cr4_may,
		.efer_allowed = efer_offered(&cpu),
		.cr0_guest_owned = CR0_GUEST & ~cr0_must,
		.has = has_offered(&cpu),
		.phys_bits = phys_bits_offered(&cpu),
		.linear_bits = LINEAR_BITS,
	};
	limits->cr4_guest_owned = limits->cr4_allowed & ~(CR4_HOST | cr4_must);
	/* What it holds after power-on, also where nobody can write it. */
	limits->xcr0_allowed = SDM_XCR0_X87;
	if (limits->has & VMR_HAS_XSAVE)
		limits->xcr0_allowed |= (u64)cpu.xsave.edx << 32 | cpu.xsave.eax;
}

bool vmr_cr_uses_pdptes(const struct vmr_cr_state *state)
{
	return state->cr0 & SDM_CR0_PG && state->cr4 & SDM_CR4_PAE &&
	       !(state->efer & SDM_EFER_LMA);
}

static bool long_mode(const struct vmr_cr_state *state)
{
	return state->efer & SDM_EFER_LMA;
}

/* Rules for CR0 alone. */
static bool cr0_consistent(u64 cr0)
{
	if (cr0 & SDM_CR0_PG && !(cr0 & SDM_CR0_PE))
		return false;
	return !(cr0 & SDM_CR0_NW) || cr0 & SDM_CR0_CD;
}

static bool may_start_paging(const struct vmr_cr_state *old)
{
	if (!(old->efer & SDM_EFER_LME))
		return true;
	return old->cr4 & SDM_CR4_PAE && !old->cs_l && !old->tss_16;
}

static bool may_stop_paging(const struct vmr_cr_state *old)
{
	if (old->cr4 & SDM_CR4_PCIDE)
		return false;
	return !(long_mode(old) && old->cs_l);
}

/* Reserved bits in 31:0 stay clear and ET stays set, whatever is written. */
bool vmr_cr0_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect)
{
	u64 cr0 = (value & CR0_BITS) | SDM_CR0_ET;
	u64 changed = cr0 ^ old->cr0;
	struct vmr_cr_state new = *old;

	if (value >> 32 || !cr0_consistent(cr0))
		return false;
	if (changed & cr0 & SDM_CR0_PG && !may_start_paging(old))
		return false;
	if (changed & ~cr0 & SDM_CR0_PG && !may_stop_paging(old))
		return false;

	new.cr0 = cr0;
	new.efer &= ~SDM_EFER_LMA;
	if (cr0 & SDM_CR0_PG && new.efer & SDM_EFER_LME)
		new.efer |= SDM_EFER_LMA & limits->efer_allowed;
	*effect = (struct vmr_cr_effect){
		.state = new,
		.load_pdptes = changed & CR0_LOADS && vmr_cr_uses_pdptes(&new),
		.flush_tlb = changed & SDM_CR0_PG,
		.mode = (new.efer ^ old->efer) & SDM_EFER_LMA,
	};
	return true;
}

u64 vmr_cr0_lmsw(u64 cr0, u16 source)
{
	return (cr0 & ~(CR0_LMSW & ~SDM_CR0_PE)) | (source & CR0_LMSW);
}

bool vmr_cr3_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect)
{
	bool keep = old->cr4 & SDM_CR4_PCIDE && value & SDM_CR3_NO_FLUSH;
	struct vmr_cr_state new = *old;

	new.cr3 = keep ? value & ~SDM_CR3_NO_FLUSH : value;
	if (new.cr3 >> limits->phys_bits)
		return false;
	*effect = (struct vmr_cr_effect){
		.state = new,
		.load_pdptes = vmr_cr_uses_pdptes(&new),
		.flush_tlb = !keep,
	};
	return true;
}

bool vmr_cr4_write(const struct vmr_cr_limits *limits,
		   const struct vmr_cr_state *old, u64 value,
		   struct vmr_cr_effect *effect)
{
	u64 changed = value ^ old->cr4;
	struct vmr_cr_state new = *old;

	if (value & ~limits->cr4_allowed)
		return false;
	if (long_mode(old) && !(value & SDM_CR4_PAE))
		return false;
	if (changed & value & SDM_CR4_PCIDE &&
	    (!long_mode(old) || old->cr3 & SDM_CR3_PCID))
		return false;

	new.cr4 = value;
	*effect = (struct vmr_cr_effect){
		.state = new,
		.load_pdptes = changed & CR4_LOADS && vmr_cr_uses_pdptes(&new),
		.flush_tlb = changed & CR4_FLUSHES ||
			     changed & ~value & SDM_CR4_PCIDE,
	};
	return true;
}

bool vmr_efer_write(const struct vmr_cr_limits *limits,
		    const struct vmr_cr_state *old, u64 value,
		    struct vmr_cr_effect *effect)
{
	u64 changed = value ^ old->efer;
	struct vmr_cr_state new = *old;

	if (value & ~limits->efer_allowed)
		return false;
	if (changed & SDM_EFER_LME && old->cr0 & SDM_CR0_PG)
		return false;
	new.efer = (value & ~SDM_EFER_LMA) | (old->efer & SDM_EFER_LMA);
	*effect = (struct vmr_cr_effect){ .state = new };
	return true;
}

/* EFER.LMA is what follows from the others, and it wants PAE. */
static bool long_mode_consistent(const struct vmr_cr_state *state)
{
	bool active = state->cr0 & SDM_CR0_PG && state->efer & SDM_EFER_LME;

	if (long_mode(state) != active)
		return false;
	if (active)
		return state->cr4 & SDM_CR4_PAE;
	return !(state->cr4 & SDM_CR4_PCIDE);
}

bool vmr_cr_state_valid(const struct vmr_cr_limits *limits,
			const struct vmr_cr_state *state)
{
	if (state->cr0 & ~CR0_BITS || !(state->cr0 & SDM_CR0_ET))
		return false;
	if (state->cr4 & ~limits->cr4_allowed ||
	    state->efer & ~limits->efer_allowed ||
	    state->cr3 >> limits->phys_bits)
		return false;
	return cr0_consistent(state->cr0) && long_mode_consistent(state);
}

bool vmr_xcr0_valid(const struct vmr_cr_limits *limits, u64 value)
{
	u64 avx512 = value & SDM_XCR0_AVX512;

	if (value & ~limits->xcr0_allowed || !(value & SDM_XCR0_X87))
		return false;
	if (value & SDM_XCR0_AVX && !(value & SDM_XCR0_SSE))
		return false;
	if (!avx512)
		return true;
	return avx512 == SDM_XCR0_AVX512 && value & SDM_XCR0_AVX;
}

bool vmr_dr6(u64 value, u64 *dr6)
{
	if (value >> 32)
		return false;
	*dr6 = (value & (SDM_DR6_HITS | SDM_DR6_BD | SDM_DR6_BS | SDM_DR6_BT)) |
	       SDM_DR6_ONES;
	return true;
}

bool vmr_dr7(u64 value, u64 *dr7)
{
	if (value >> 32)
		return false;
	*dr7 = (value & (SDM_DR7_ENABLES | SDM_DR7_LE | SDM_DR7_GE | SDM_DR7_GD |
			 SDM_DR7_CONDITIONS)) | SDM_DR7_ONES;
	return true;
}
