// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the list of what a guest's CPUID may offer: bits that change nothing but what
 * instructions do, and what vmring switches or answers for each vCPU. All else is
 * hidden. Pure: callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/arch.h"
#include "vmx/caps.h"
#include "vmx/cpuid.h"
#include "vmx/features.h"

#define ALL		0xffffffffU
#define ANY_SUBLEAF	0xffffffffU
#define LINEAR_BITS	48U	/* CR4.LA57 isn't offered */

enum register_number { EAX, EBX, ECX, EDX, REGISTERS };

struct allowed {
	u32 first;		/* leaf */
	u32 last;
	u32 subleaf;
	u32 bits[REGISTERS];
};

/*
 * What isn't in the table is answered with zeroes. Left out of the rows, and why:
 * VMX, SMX, MONITOR: not for guests. APIC, x2APIC, TSC deadline: there is no local
 * APIC yet. Debug store, PDCM, performance counters, Intel PT, last branches: not
 * switched. SPEC_CTRL and its relatives, L1D_FLUSH, ARCH_CAPABILITIES: their MSRs
 * aren't. XSAVES and all of IA32_XSS, XFD, AMX, MPX, PKU, CET, user interrupts,
 * WAITPKG, key locker: neither. LA57, LAM, LASS, FRED: no such mode here. TSX, SGX,
 * RDT, thermal and power management: the host's alone.
 */
static const struct allowed table[] = {
	{ 0x00, 0x00, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },
	{ 0x01, 0x01, ANY_SUBLEAF, {
		ALL,
		ALL,
		SDM_CPUID_1_ECX_SSE3 | SDM_CPUID_1_ECX_PCLMULQDQ |
		SDM_CPUID_1_ECX_SSSE3 | SDM_CPUID_1_ECX_FMA |
		SDM_CPUID_1_ECX_CX16 | SDM_CPUID_1_ECX_PCID |
		SDM_CPUID_1_ECX_SSE4_1 | SDM_CPUID_1_ECX_SSE4_2 |
		SDM_CPUID_1_ECX_MOVBE | SDM_CPUID_1_ECX_POPCNT |
		SDM_CPUID_1_ECX_AES | SDM_CPUID_1_ECX_XSAVE |
		SDM_CPUID_1_ECX_AVX | SDM_CPUID_1_ECX_F16C |
		SDM_CPUID_1_ECX_RDRAND | SDM_CPUID_1_ECX_HYPERVISOR,
		SDM_CPUID_1_EDX_FPU | SDM_CPUID_1_EDX_VME |
		SDM_CPUID_1_EDX_DE | SDM_CPUID_1_EDX_PSE |
		SDM_CPUID_1_EDX_TSC | SDM_CPUID_1_EDX_MSR |
		SDM_CPUID_1_EDX_PAE | SDM_CPUID_1_EDX_MCE |
		SDM_CPUID_1_EDX_CX8 | SDM_CPUID_1_EDX_SEP |
		SDM_CPUID_1_EDX_MTRR | SDM_CPUID_1_EDX_PGE |
		SDM_CPUID_1_EDX_MCA | SDM_CPUID_1_EDX_CMOV |
		SDM_CPUID_1_EDX_PAT | SDM_CPUID_1_EDX_PSE36 |
		SDM_CPUID_1_EDX_CLFSH | SDM_CPUID_1_EDX_MMX |
		SDM_CPUID_1_EDX_FXSR | SDM_CPUID_1_EDX_SSE |
		SDM_CPUID_1_EDX_SSE2 | SDM_CPUID_1_EDX_SS |
		SDM_CPUID_1_EDX_HTT,
	} },
	{ 0x02, 0x02, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* caches */
	{ 0x04, 0x04, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* caches */
	{ 0x06, 0x06, ANY_SUBLEAF, { SDM_CPUID_6_EAX_ARAT, 0, 0, 0 } },
	{ 0x07, 0x07, 0, {
		ALL,
		SDM_CPUID_7_EBX_FSGSBASE | SDM_CPUID_7_EBX_TSC_ADJUST |
		SDM_CPUID_7_EBX_BMI1 |
		SDM_CPUID_7_EBX_AVX2 | SDM_CPUID_7_EBX_FDP_EXCPTN_ONLY |
		SDM_CPUID_7_EBX_SMEP | SDM_CPUID_7_EBX_BMI2 |
		SDM_CPUID_7_EBX_ERMS | SDM_CPUID_7_EBX_INVPCID |
		SDM_CPUID_7_EBX_NO_FCS_FDS | SDM_CPUID_7_EBX_AVX512F |
		SDM_CPUID_7_EBX_AVX512DQ | SDM_CPUID_7_EBX_RDSEED |
		SDM_CPUID_7_EBX_ADX | SDM_CPUID_7_EBX_SMAP |
		SDM_CPUID_7_EBX_AVX512_IFMA | SDM_CPUID_7_EBX_CLFLUSHOPT |
		SDM_CPUID_7_EBX_CLWB | SDM_CPUID_7_EBX_AVX512PF |
		SDM_CPUID_7_EBX_AVX512ER | SDM_CPUID_7_EBX_AVX512CD |
		SDM_CPUID_7_EBX_SHA | SDM_CPUID_7_EBX_AVX512BW |
		SDM_CPUID_7_EBX_AVX512VL,
		SDM_CPUID_7_ECX_PREFETCHWT1 | SDM_CPUID_7_ECX_AVX512_VBMI |
		SDM_CPUID_7_ECX_UMIP | SDM_CPUID_7_ECX_AVX512_VBMI2 |
		SDM_CPUID_7_ECX_GFNI | SDM_CPUID_7_ECX_VAES |
		SDM_CPUID_7_ECX_VPCLMULQDQ | SDM_CPUID_7_ECX_AVX512_VNNI |
		SDM_CPUID_7_ECX_AVX512_BITALG |
		SDM_CPUID_7_ECX_AVX512_VPOPCNTDQ | SDM_CPUID_7_ECX_RDPID |
		SDM_CPUID_7_ECX_CLDEMOTE | SDM_CPUID_7_ECX_MOVDIRI |
		SDM_CPUID_7_ECX_MOVDIR64B,
		SDM_CPUID_7_EDX_AVX512_4VNNIW | SDM_CPUID_7_EDX_AVX512_4FMAPS |
		SDM_CPUID_7_EDX_FSRM | SDM_CPUID_7_EDX_AVX512_VP2INTERSECT |
		SDM_CPUID_7_EDX_MD_CLEAR | SDM_CPUID_7_EDX_SERIALIZE |
		SDM_CPUID_7_EDX_AVX512_FP16,
	} },
	{ 0x07, 0x07, 1, {
		SDM_CPUID_7_1_EAX_SHA512 | SDM_CPUID_7_1_EAX_SM3 |
		SDM_CPUID_7_1_EAX_SM4 | SDM_CPUID_7_1_EAX_AVX_VNNI |
		SDM_CPUID_7_1_EAX_AVX512_BF16 | SDM_CPUID_7_1_EAX_CMPCCXADD |
		SDM_CPUID_7_1_EAX_FZLRM | SDM_CPUID_7_1_EAX_FSRS |
		SDM_CPUID_7_1_EAX_FSRC | SDM_CPUID_7_1_EAX_AVX_IFMA,
		0,
		0,
		SDM_CPUID_7_1_EDX_AVX_VNNI_INT8 |
		SDM_CPUID_7_1_EDX_AVX_NE_CONVERT |
		SDM_CPUID_7_1_EDX_AVX_VNNI_INT16 | SDM_CPUID_7_1_EDX_PREFETCHI,
	} },
	{ 0x07, 0x07, 2, { 0, 0, 0, SDM_CPUID_7_2_EDX_MCDT_NO } },
	{ 0x0b, 0x0b, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* topology */
	{ 0x0d, 0x0d, 0, { ALL, ALL, ALL, ALL } },	/* limit_xsave() */
	{ 0x0d, 0x0d, 1, {
		SDM_CPUID_D_1_EAX_XSAVEOPT | SDM_CPUID_D_1_EAX_XSAVEC |
		SDM_CPUID_D_1_EAX_XGETBV1, ALL, 0, 0,
	} },
	{ 0x0d, 0x0d, ANY_SUBLEAF, { ALL, ALL, SDM_CPUID_D_N_ECX_ALIGNED, 0 } },
	{ 0x15, 0x16, ANY_SUBLEAF, { ALL, ALL, ALL, 0 } },	/* frequencies */
	{ 0x18, 0x18, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* TLBs */
	{ 0x1f, 0x1f, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* topology */
	/* What a VMM tells its guests, and vmring doesn't look at. */
	{ 0x40000000, 0x400000ff, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },
	{ 0x80000000, 0x80000000, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },
	{ 0x80000001, 0x80000001, ANY_SUBLEAF, {
		ALL,
		0,
		SDM_CPUID_X1_ECX_LAHF | SDM_CPUID_X1_ECX_LZCNT |
		SDM_CPUID_X1_ECX_PREFETCHW,
		SDM_CPUID_X1_EDX_SYSCALL | SDM_CPUID_X1_EDX_NX |
		SDM_CPUID_X1_EDX_PAGE1GB | SDM_CPUID_X1_EDX_RDTSCP |
		SDM_CPUID_X1_EDX_LM,
	} },
	{ 0x80000002, 0x80000004, ANY_SUBLEAF, { ALL, ALL, ALL, ALL } },	/* name */
	{ 0x80000006, 0x80000006, ANY_SUBLEAF, { 0, 0, ALL, 0 } },	/* cache */
	{ 0x80000007, 0x80000007, ANY_SUBLEAF, {
		0, 0, 0, SDM_CPUID_X7_EDX_INVARIANT_TSC,
	} },
	{ 0x80000008, 0x80000008, ANY_SUBLEAF, {
		ALL, SDM_CPUID_X8_EBX_WBNOINVD, 0, 0,
	} },
};

/* Bits of the table that need a VM-execution control or state components as well. */
static const struct needs {
	u32 leaf;
	u32 subleaf;		/* counts for leaf 7 */
	enum register_number reg;
	u32 bits;
	u32 proc2;
	u64 xcr0;
} needs[] = {
	{ 0x80000001, 0, EDX, SDM_CPUID_X1_EDX_RDTSCP, SDM_PROC2_RDTSCP, 0 },
	{ 7, 0, ECX, SDM_CPUID_7_ECX_RDPID, SDM_PROC2_RDTSCP, 0 },
	{ 7, 0, EBX, SDM_CPUID_7_EBX_INVPCID, SDM_PROC2_INVPCID, 0 },
	{ 1, 0, ECX, SDM_CPUID_1_ECX_PCID, SDM_PROC2_INVPCID, 0 },
	{ 1, 0, ECX, SDM_CPUID_1_ECX_XSAVE, 0, SDM_XCR0_X87 | SDM_XCR0_SSE },
	{ 1, 0, ECX, SDM_CPUID_1_ECX_AVX | SDM_CPUID_1_ECX_FMA |
		SDM_CPUID_1_ECX_F16C, 0, SDM_XCR0_AVX },
	{ 7, 0, EBX, SDM_CPUID_7_EBX_AVX2, 0, SDM_XCR0_AVX },
	{ 7, 0, ECX, SDM_CPUID_7_ECX_VAES | SDM_CPUID_7_ECX_VPCLMULQDQ,
		0, SDM_XCR0_AVX },
	{ 7, 1, EAX, SDM_CPUID_7_1_EAX_SHA512 | SDM_CPUID_7_1_EAX_SM3 |
		SDM_CPUID_7_1_EAX_SM4 | SDM_CPUID_7_1_EAX_AVX_VNNI |
		SDM_CPUID_7_1_EAX_AVX_IFMA, 0, SDM_XCR0_AVX },
	{ 7, 1, EDX, SDM_CPUID_7_1_EDX_AVX_VNNI_INT8 |
		SDM_CPUID_7_1_EDX_AVX_NE_CONVERT |
		SDM_CPUID_7_1_EDX_AVX_VNNI_INT16, 0, SDM_XCR0_AVX },
	{ 7, 0, EBX, SDM_CPUID_7_EBX_AVX512F | SDM_CPUID_7_EBX_AVX512DQ |
		SDM_CPUID_7_EBX_AVX512_IFMA | SDM_CPUID_7_EBX_AVX512PF |
		SDM_CPUID_7_EBX_AVX512ER | SDM_CPUID_7_EBX_AVX512CD |
		SDM_CPUID_7_EBX_AVX512BW | SDM_CPUID_7_EBX_AVX512VL,
		0, SDM_XCR0_AVX | SDM_XCR0_AVX512 },
	{ 7, 0, ECX, SDM_CPUID_7_ECX_AVX512_VBMI | SDM_CPUID_7_ECX_AVX512_VBMI2 |
		SDM_CPUID_7_ECX_AVX512_VNNI | SDM_CPUID_7_ECX_AVX512_BITALG |
		SDM_CPUID_7_ECX_AVX512_VPOPCNTDQ,
		0, SDM_XCR0_AVX | SDM_XCR0_AVX512 },
	{ 7, 0, EDX, SDM_CPUID_7_EDX_AVX512_4VNNIW | SDM_CPUID_7_EDX_AVX512_4FMAPS |
		SDM_CPUID_7_EDX_AVX512_VP2INTERSECT | SDM_CPUID_7_EDX_AVX512_FP16,
		0, SDM_XCR0_AVX | SDM_XCR0_AVX512 },
	{ 7, 1, EAX, SDM_CPUID_7_1_EAX_AVX512_BF16,
		0, SDM_XCR0_AVX | SDM_XCR0_AVX512 },
};

/* The components whose switching is known: those of the leaf's rows above. */
#define XCR0_OFFERED	(SDM_XCR0_X87 | SDM_XCR0_SSE | SDM_XCR0_AVX | SDM_XCR0_AVX512)

static u32 *register_of(struct vmr_cpuid_entry *entry, enum register_number reg)
{
	switch (reg) {
	case EAX:
		return &entry->eax;
	case EBX:
		return &entry->ebx;
	case ECX:
		return &entry->ecx;
	default:
		return &entry->edx;
	}
}

static const struct allowed *allowed_of(const struct vmr_cpuid_entry *entry)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(table); i++) {
		if (entry->leaf < table[i].first || entry->leaf > table[i].last)
			continue;
		if (table[i].subleaf == ANY_SUBLEAF ||
		    table[i].subleaf == entry->subleaf)
			return &table[i];
	}
	return NULL;
}

static void keep(struct vmr_cpuid_entry *entry, const u32 *bits)
{
	static const u32 none[REGISTERS];
	enum register_number reg;

	if (!bits)
		bits = none;
	for (reg = EAX; reg < REGISTERS; reg++)
		*register_of(entry, reg) &= bits[reg];
}

static void hide_needy(struct vmr_cpuid_entry *entry,
		       const struct vmr_cpuid_host *host)
{
	u32 proc2 = host->controls->word[VMR_CAPS_PROC2];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needs); i++) {
		if (needs[i].leaf != entry->leaf ||
		    (needs[i].leaf == 7 && needs[i].subleaf != entry->subleaf))
			continue;
		if ((needs[i].proc2 & proc2) != needs[i].proc2 ||
		    (needs[i].xcr0 & host->xcr0) != needs[i].xcr0)
			*register_of(entry, needs[i].reg) &= ~needs[i].bits;
	}
}

/* Leaf 0DH: no component that the host doesn't switch. */
static void limit_xsave(struct vmr_cpuid_entry *entry, u64 xcr0)
{
	u32 component = entry->subleaf;

	if (!component) {
		entry->eax &= (u32)xcr0;
		entry->edx &= (u32)(xcr0 >> 32);
	}
	if (!(xcr0 & SDM_XCR0_X87) || component > 63 ||
	    (component > 1 && !(xcr0 & BIT_ULL(component))))
		keep(entry, NULL);
}

/* Leaf 80000008H: the widths of addresses. */
static void limit_widths(struct vmr_cpuid_entry *entry, u8 phys_bits)
{
	u32 phys = entry->eax & 0xff;
	u32 linear = entry->eax >> 8 & 0xff;

	if (phys > phys_bits)
		phys = phys_bits;
	if (linear > LINEAR_BITS)
		linear = LINEAR_BITS;
	entry->eax = linear << 8 | phys;
}

void vmr_cpuid_hide(struct vmr_cpuid_entry *entry,
		    const struct vmr_cpuid_host *host)
{
	const struct allowed *allowed = allowed_of(entry);

	keep(entry, allowed ? allowed->bits : NULL);
	hide_needy(entry, host);
	if (entry->leaf == 0x0d)
		limit_xsave(entry, host->xcr0 & XCR0_OFFERED);
	if (entry->leaf == 0x80000008)
		limit_widths(entry, host->phys_bits);
}

/* The listing under way. */
struct offer {
	struct vmr_cpuid_entry *entries;
	u32 room;
	u32 count;
	const struct vmr_cpuid_host *host;
	vmr_cpuid_read read;
};

/* What differs between a host's CPU and the first vCPU of a guest. */
static void make_first_vcpu(struct vmr_cpuid_entry *entry)
{
	switch (entry->leaf) {
	case 0x01:
		entry->ebx &= 0x00ffffff;	/* initial APIC ID */
		entry->ecx |= SDM_CPUID_1_ECX_HYPERVISOR;
		break;
	case 0x0b:
	case 0x1f:
		entry->edx = 0;			/* x2APIC ID */
		break;
	}
}

static void add(struct offer *offer, struct vmr_cpuid_entry entry)
{
	if (!(entry.eax | entry.ebx | entry.ecx | entry.edx))
		return;
	if (offer->count < offer->room)
		offer->entries[offer->count] = entry;
	offer->count++;
}

static struct vmr_cpuid_answer read_and_add(struct offer *offer, u32 leaf,
					    u32 subleaf, u32 flags)
{
	struct vmr_cpuid_answer raw;
	struct vmr_cpuid_entry entry = {
		.leaf = leaf,
		.subleaf = subleaf,
		.flags = flags,
	};

	offer->read(leaf, subleaf, &raw);
	entry.eax = raw.eax;
	entry.ebx = raw.ebx;
	entry.ecx = raw.ecx;
	entry.edx = raw.edx;
	vmr_cpuid_hide(&entry, offer->host);
	make_first_vcpu(&entry);
	add(offer, entry);
	return raw;
}

/* Whether a leaf has another subleaf after one; what that one said goes by the leaf. */
static bool has_more(u32 leaf, u32 subleaf, u32 highest,
		     const struct vmr_cpuid_answer *raw)
{
	switch (leaf) {
	case 0x04:
		return raw->eax & 0x1f;		/* type of the cache */
	case 0x0b:
	case 0x1f:
		return raw->ecx & 0xff00;	/* type of the level */
	case 0x07:
	case 0x18:
		return subleaf < highest;
	default:
		return subleaf < 62;		/* 0DH: the components */
	}
}

static void offer_subleaves(struct offer *offer, u32 leaf)
{
	struct vmr_cpuid_answer raw;
	u32 subleaf, highest = 0;

	for (subleaf = 0; subleaf < 64; subleaf++) {
		raw = read_and_add(offer, leaf, subleaf, VMR_CPUID_SUBLEAF);
		if (!subleaf)
			highest = raw.eax;
		if (!has_more(leaf, subleaf, highest, &raw))
			break;
	}
}

static void offer_leaf(struct offer *offer, u32 leaf)
{
	switch (leaf) {
	case 0x04:
	case 0x07:
	case 0x0b:
	case 0x0d:
	case 0x18:
	case 0x1f:
		offer_subleaves(offer, leaf);
		break;
	default:
		read_and_add(offer, leaf, 0, 0);
	}
}

/* A range's first leaf tells its last: of those that are offered, not the host's. */
static void offer_range(struct offer *offer, u32 base)
{
	struct vmr_cpuid_entry probe = {};
	struct vmr_cpuid_answer raw;
	u32 leaf, last = base, slot = offer->count;

	offer->read(base, 0, &raw);
	if (raw.eax < base)
		return;
	read_and_add(offer, base, 0, 0);
	if (offer->count == slot)
		return;
	for (leaf = base + 1; leaf <= raw.eax && leaf < base + VMR_CPUID_DIRECT; leaf++) {
		u32 before = offer->count;

		probe.leaf = leaf;
		if (allowed_of(&probe))
			offer_leaf(offer, leaf);
		if (offer->count > before)
			last = leaf;
	}
	if (slot < offer->room)
		offer->entries[slot].eax = last;
}

u32 vmr_cpuid_offer(struct vmr_cpuid_entry *entries, u32 count,
		    const struct vmr_cpuid_host *host, vmr_cpuid_read read)
{
	struct offer offer = {
		.entries = entries,
		.room = count,
		.host = host,
		.read = read,
	};

	offer_range(&offer, 0);
	offer_range(&offer, 0x80000000);
	return offer.count;
}
