// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the rules for control and debug registers. Bits are the manual's
 * numbers here, not the names that the code under test uses.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "models.h"
#include "unit.h"
#include "vmx/arch.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"
#include "vmx/features.h"

#define PE	(1ULL << 0)
#define ET	(1ULL << 4)
#define NW	(1ULL << 29)
#define CD	(1ULL << 30)
#define PG	(1ULL << 31)
#define PSE	(1ULL << 4)
#define PAE	(1ULL << 5)
#define PGE	(1ULL << 7)
#define PCIDE	(1ULL << 17)
#define SMEP	(1ULL << 20)
#define SCE	(1ULL << 0)
#define LME	(1ULL << 8)
#define LMA	(1ULL << 10)
#define NXE	(1ULL << 11)

static const struct vmr_controls controls = {
	.word = { [VMR_CAPS_PROC2] = SDM_PROC2_RDTSCP | SDM_PROC2_INVPCID },
};

static const struct vmr_cpuid_host host = {
	.controls = &controls,
	.xcr0 = 0xe7,
	.phys_bits = 40,
};

static const struct vmr_cpuid_entry all_ones[] = {
	{ .leaf = 0x0, .eax = 0xd },
	{ .leaf = 0x1, .ecx = ~0U, .edx = ~0U },
	{ .leaf = 0x7, .ebx = ~0U, .ecx = ~0U, .edx = ~0U },
	{ .leaf = 0xd, .flags = VMR_CPUID_SUBLEAF, .eax = ~0U, .edx = ~0U },
	{ .leaf = 0x80000001, .ecx = ~0U, .edx = ~0U },
	{ .leaf = 0x80000008, .eax = 0x3028 },
};

/* A CPU that lets every bit of CR4 be set. */
static struct vmr_caps generous(void)
{
	struct vmr_caps caps = {};

	caps.msr[SDM_IA32_VMX_CR0_FIXED0 - VMR_CAPS_FIRST_MSR] = 0x80000021;
	caps.msr[SDM_IA32_VMX_CR0_FIXED1 - VMR_CAPS_FIRST_MSR] = 0xffffffff;
	caps.msr[SDM_IA32_VMX_CR4_FIXED0 - VMR_CAPS_FIRST_MSR] = 0x2000;
	caps.msr[SDM_IA32_VMX_CR4_FIXED1 - VMR_CAPS_FIRST_MSR] = ~0ULL;
	return caps;
}

static struct vmr_cr_limits limits_of(const struct vmr_cpuid_entry *entries,
				      u32 count, const struct vmr_caps *caps)
{
	struct vmr_cpuid_table *table = malloc(vmr_cpuid_table_size(count));
	struct vmr_cr_limits limits;

	EXPECT_EQ(vmr_cpuid_build(table, entries, count, &host), 0);
	vmr_cr_limits_init(&limits, table, caps);
	free(table);
	return limits;
}

static struct vmr_cr_limits rich(void)
{
	struct vmr_caps caps = generous();

	return limits_of(all_ones, ARRAY_SIZE(all_ones), &caps);
}

void cr_limits_rich(void)
{
	struct vmr_cr_limits limits = rich();

	EXPECT_EQ(limits.cr0_must, 0x20);
	EXPECT_EQ(limits.cr4_must, 0x2040);
	/* VME to UMIP, FSGSBASE, PCIDE, OSXSAVE, SMEP, SMAP */
	EXPECT_EQ(limits.cr4_allowed, 0x370fff);
	EXPECT_EQ(limits.cr4_guest_owned, 0x310fbf);
	EXPECT_EQ(limits.cr0_guest_owned, 0x5000e);
	EXPECT_EQ(limits.efer_allowed, 0xd01);
	EXPECT_EQ(limits.xcr0_allowed, 0xe7);
	EXPECT_EQ(limits.phys_bits, 40);
	EXPECT_EQ(limits.linear_bits, 48);
	EXPECT_EQ(limits.has, VMR_HAS_LM | VMR_HAS_SYSCALL | VMR_HAS_SEP |
		  VMR_HAS_TSC_AUX | VMR_HAS_MTRR | VMR_HAS_PAT | VMR_HAS_MCA |
		  VMR_HAS_XSAVE | VMR_HAS_PSE36 | VMR_HAS_PAGE1GB |
		  VMR_HAS_TSC_ADJUST);
}

void cr_limits_empty(void)
{
	struct vmr_caps caps = generous();
	struct vmr_cr_limits limits = limits_of(NULL, 0, &caps);

	EXPECT_EQ(limits.cr4_allowed, 0x100);
	EXPECT_EQ(limits.cr4_guest_owned, 0x100);
	EXPECT_EQ(limits.efer_allowed, 0);
	EXPECT_EQ(limits.xcr0_allowed, 1);
	EXPECT_EQ(limits.has, 0);
	EXPECT_EQ(limits.phys_bits, 32);
}

void cr_limits_without_xsave(void)
{
	static const struct vmr_cpuid_entry entries[] = {
		{ .leaf = 0xd, .flags = VMR_CPUID_SUBLEAF, .eax = 7 },
	};
	struct vmr_caps caps = generous();

	EXPECT_EQ(limits_of(entries, 1, &caps).xcr0_allowed, 1);
}

/* What the CPU doesn't have can't be allowed, whatever CPUID says: entry would fail. */
void cr_limits_models(void)
{
	int i;

	for (i = 0; i < model_count; i++) {
		struct vmr_caps caps = model_read(&models[i]);
		struct vmr_cr_limits limits =
			limits_of(all_ones, ARRAY_SIZE(all_ones), &caps);
		u64 may = vmr_caps_get(&caps, SDM_IA32_VMX_CR4_FIXED1);

		EXPECT_EQ(limits.cr4_allowed & ~may, 0);
		EXPECT_EQ(limits.cr4_must & ~may, 0);
		EXPECT_EQ(limits.cr4_guest_owned & ~limits.cr4_allowed, 0);
		EXPECT_EQ(limits.cr4_guest_owned & limits.cr4_must, 0);
		EXPECT_EQ(limits.cr0_guest_owned & limits.cr0_must, 0);
		EXPECT_EQ(limits.cr0_must, 0x20);
		EXPECT_EQ(limits.cr4_allowed, 0x370fff & may);
	}
}

/* One bit of CPUID and what it lets. */
void cr_limits_each(void)
{
	static const struct {
		u32 leaf;
		u32 ebx, ecx, edx;
		u64 cr4;
		u64 efer;
		u32 has;
		u8 phys_bits;
	} each[] = {
		{ 1, 0, 0, 1 << 1, 3, 0, 0, 32 },			/* VME */
		{ 1, 0, 0, 1 << 2, 8, 0, 0, 32 },			/* DE */
		{ 1, 0, 0, 1 << 3, 0x10, 0, 0, 32 },			/* PSE */
		{ 1, 0, 0, 1 << 4, 4, 0, 0, 32 },			/* TSC */
		{ 1, 0, 0, 1 << 6, 0x20, 0, 0, 36 },			/* PAE */
		{ 1, 0, 0, 1 << 7, 0x40, 0, 0, 32 },			/* MCE */
		{ 1, 0, 0, 1 << 11, 0, 0, VMR_HAS_SEP, 32 },
		{ 1, 0, 0, 1 << 12, 0, 0, VMR_HAS_MTRR, 32 },
		{ 1, 0, 0, 1 << 13, 0x80, 0, 0, 32 },			/* PGE */
		{ 1, 0, 0, 1 << 14, 0, 0, VMR_HAS_MCA, 32 },
		{ 1, 0, 0, 1 << 16, 0, 0, VMR_HAS_PAT, 32 },
		{ 1, 0, 0, 1 << 17, 0, 0, VMR_HAS_PSE36, 36 },
		{ 1, 0, 0, 1 << 24, 0x200, 0, 0, 32 },			/* FXSR */
		{ 1, 0, 0, 1 << 25, 0x400, 0, 0, 32 },			/* SSE */
		{ 1, 0, 1 << 17, 0, 0x20000, 0, 0, 32 },		/* PCID */
		{ 1, 0, 1 << 26, 0, 0x40000, 0, VMR_HAS_XSAVE, 32 },
		{ 7, 1 << 0, 0, 0, 0x10000, 0, 0, 32 },			/* FSGSBASE */
		{ 7, 1 << 7, 0, 0, 0x100000, 0, 0, 32 },		/* SMEP */
		{ 7, 1 << 20, 0, 0, 0x200000, 0, 0, 32 },		/* SMAP */
		{ 7, 0, 1 << 2, 0, 0x800, 0, 0, 32 },			/* UMIP */
		{ 7, 0, 1 << 22, 0, 0, 0, VMR_HAS_TSC_AUX, 32 },	/* RDPID */
		{ 7, 0, 1 << 16 | 1 << 3 | 1 << 7, 0, 0, 0, 0, 32 },	/* LA57, PKU, CET */
		{ 0x80000001, 0, 0, 1 << 11, 0, 1, VMR_HAS_SYSCALL, 32 },
		{ 0x80000001, 0, 0, 1 << 20, 0, 0x800, 0, 32 },		/* NX */
		{ 0x80000001, 0, 0, 1 << 26, 0, 0, VMR_HAS_PAGE1GB, 32 },
		{ 0x80000001, 0, 0, 1 << 27, 0, 0, VMR_HAS_TSC_AUX, 32 },
		{ 0x80000001, 0, 0, 1 << 29, 0, 0x500, VMR_HAS_LM, 32 },
	};
	struct vmr_caps caps = generous();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(each); i++) {
		struct vmr_cpuid_entry entry = {
			.leaf = each[i].leaf, .ebx = each[i].ebx,
			.ecx = each[i].ecx, .edx = each[i].edx,
		};
		struct vmr_cr_limits limits = limits_of(&entry, 1, &caps);

		EXPECT_EQ(limits.cr4_allowed, 0x100 | each[i].cr4);
		EXPECT_EQ(limits.efer_allowed, each[i].efer);
		EXPECT_EQ(limits.has, each[i].has);
		EXPECT_EQ(limits.phys_bits, each[i].phys_bits);
	}
}

void cr_canonical(void)
{
	static const struct {
		u64 address;
		u8 bits;
		bool canonical;
	} cases[] = {
		{ 0, 48, true }, { 0x00007fffffffffff, 48, true },
		{ 0x0000800000000000, 48, false }, { 0xffff7fffffffffff, 48, false },
		{ 0xffff800000000000, 48, true }, { ~0ULL, 48, true },
		{ 0x8000000000000000, 48, false }, { 0x0001000000000000, 48, false },
		{ 0x0000800000000000, 57, true }, { 0x00ffffffffffffff, 57, true },
		{ 0x0100000000000000, 57, false }, { 0xff00000000000000, 57, true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(vmr_canonical(cases[i].address, cases[i].bits),
			  cases[i].canonical);
}

/*
 * All states of these bits that a guest can be in, and all values written: a handful
 * of bits each. The models below are the manual's sentences, one after the other.
 */
static const u64 cr0_bits[] = { PE, NW, CD, PG };
static const u64 cr4_bits[] = { PSE, PAE, PGE, PCIDE, SMEP };

static u64 scatter(const u64 *bits, u32 count, u32 which)
{
	u64 value = 0;
	u32 i;

	for (i = 0; i < count; i++)
		if (which >> i & 1)
			value |= bits[i];
	return value;
}

/* Numbers of states; state_at() is false for one that can't be. */
#define STATES	(16 * 32 * 16)

static bool state_at(u32 n, struct vmr_cr_state *state)
{
	u64 cr0 = scatter(cr0_bits, 4, n & 15), cr4 = scatter(cr4_bits, 5, n >> 4 & 31);
	bool lme = n >> 9 & 1, cs_l = n >> 10 & 1, low_cr3 = n >> 11 & 1;
	bool tss_16 = n >> 12 & 1;
	bool lma = lme && cr0 & PG;

	*state = (struct vmr_cr_state){
		.cr0 = cr0 | ET,
		.cr3 = low_cr3 ? 0x1018 : 0x1000,
		.cr4 = cr4,
		.efer = (lme ? LME : 0) | (lma ? LMA : 0),
		.cs_l = cs_l,
		.tss_16 = tss_16,
	};
	if ((cr0 & PG && !(cr0 & PE)) || (cr0 & NW && !(cr0 & CD)))
		return false;
	return !(lma && !(cr4 & PAE)) && !(cr4 & PCIDE && !lma);
}

static bool uses_pdptes(const struct vmr_cr_state *state)
{
	return state->cr0 & PG && state->cr4 & PAE && !(state->efer & LMA);
}

static bool cr0_faults(const struct vmr_cr_state *old, u64 new)
{
	bool on = new & PG && !(old->cr0 & PG), off = !(new & PG) && old->cr0 & PG;

	if (new & PG && !(new & PE))
		return true;
	if (new & NW && !(new & CD))
		return true;
	if (on && old->efer & LME && !(old->cr4 & PAE))
		return true;
	if (on && old->efer & LME && (old->cs_l || old->tss_16))
		return true;
	if (off && old->efer & LMA && old->cs_l)
		return true;
	return off && old->cr4 & PCIDE;
}

static void check_cr0(const struct vmr_cr_limits *limits,
		      const struct vmr_cr_state *old, u64 new)
{
	struct vmr_cr_effect effect = { .state.cr3 = 0xdead };
	bool ok = vmr_cr0_write(limits, old, new, &effect);
	u64 changed = new ^ old->cr0;
	bool lma = new & PG && old->efer & LME;

	EXPECT_EQ(ok, !cr0_faults(old, new));
	if (!ok) {
		EXPECT_EQ(effect.state.cr3, 0xdead);
		return;
	}
	EXPECT_EQ(effect.state.cr0, new);
	EXPECT_EQ(effect.state.cr3, old->cr3);
	EXPECT_EQ(effect.state.cr4, old->cr4);
	EXPECT_EQ(effect.state.efer, (old->efer & ~LMA) | (lma ? LMA : 0));
	EXPECT_EQ(effect.state.cs_l, old->cs_l);
	EXPECT_EQ(effect.state.tss_16, old->tss_16);
	EXPECT_EQ(effect.mode, lma != !!(old->efer & LMA));
	EXPECT_EQ(effect.flush_tlb, !!(changed & PG));
	EXPECT_EQ(effect.load_pdptes,
		  uses_pdptes(&effect.state) && changed & (CD | NW | PG));
	EXPECT(vmr_cr_state_valid(limits, &effect.state));
}

static bool cr4_faults(const struct vmr_cr_state *old, u64 new)
{
	if (old->efer & LMA && !(new & PAE))
		return true;
	if (new & PCIDE && !(old->cr4 & PCIDE))
		return !(old->efer & LMA) || old->cr3 & 0xfff;
	return false;
}

static void check_cr4(const struct vmr_cr_limits *limits,
		      const struct vmr_cr_state *old, u64 new)
{
	struct vmr_cr_effect effect;
	bool ok = vmr_cr4_write(limits, old, new, &effect);
	u64 changed = new ^ old->cr4;

	EXPECT_EQ(ok, !cr4_faults(old, new));
	if (!ok)
		return;
	EXPECT_EQ(effect.state.cr0, old->cr0);
	EXPECT_EQ(effect.state.cr4, new);
	EXPECT_EQ(effect.state.efer, old->efer);
	EXPECT(!effect.mode);
	EXPECT_EQ(effect.flush_tlb, changed & (PAE | PGE | PSE | SMEP) ||
		  (old->cr4 & PCIDE && !(new & PCIDE)));
	EXPECT_EQ(effect.load_pdptes, uses_pdptes(&effect.state) &&
		  changed & (PAE | PGE | PSE | SMEP));
	EXPECT(vmr_cr_state_valid(limits, &effect.state));
}

void cr_all_writes(void)
{
	struct vmr_cr_limits limits = rich();
	struct vmr_cr_state old;
	u32 n, i, good = 0;

	for (n = 0; n < STATES; n++) {
		EXPECT_EQ(vmr_cr_state_valid(&limits, (state_at(n, &old), &old)),
			  state_at(n, &old));
		if (!state_at(n, &old))
			continue;
		good++;
		EXPECT_EQ(vmr_cr_uses_pdptes(&old), uses_pdptes(&old));
		for (i = 0; i < 16; i++)
			check_cr0(&limits, &old, scatter(cr0_bits, 4, i) | ET);
		for (i = 0; i < 32; i++)
			check_cr4(&limits, &old, scatter(cr4_bits, 5, i));
	}
	EXPECT(good > 500);
}

static const struct vmr_cr_state real_mode = { .cr0 = 0x60000010 };
static const struct vmr_cr_state long_64 = {
	.cr0 = 0x80050033, .cr3 = 0x1000, .cr4 = PAE, .efer = 0xd01, .cs_l = true,
};

void cr_reserved(void)
{
	struct vmr_cr_limits limits = rich();
	struct vmr_cr_effect effect;
	u32 i;

	for (i = 0; i < 64; i++) {
		u64 bit = 1ULL << i;

		EXPECT_EQ(vmr_cr4_write(&limits, &real_mode, bit, &effect),
			  !!(0x350fff & bit));
		EXPECT_EQ(vmr_efer_write(&limits, &real_mode, bit, &effect),
			  !!(0xd01 & bit));
		EXPECT_EQ(vmr_cr3_write(&limits, &long_64, bit, &effect), i < 40);
		EXPECT_EQ(vmr_cr0_write(&limits, &long_64, long_64.cr0 | bit, &effect),
			  i < 32 && i != 29);
		if (i < 32 && i != 29)
			EXPECT_EQ(effect.state.cr0,
				  long_64.cr0 | (bit & 0xe005003f));
	}
	/* ET stays set. */
	EXPECT(vmr_cr0_write(&limits, &real_mode, 0, &effect));
	EXPECT_EQ(effect.state.cr0, ET);
	EXPECT(vmr_cr0_write(&limits, &real_mode, 0x7ffaffc1, &effect));
	EXPECT_EQ(effect.state.cr0, 0x60000011);
}

void cr_cr3(void)
{
	struct vmr_cr_limits limits = rich();
	struct vmr_cr_state state = long_64, pae = {
		.cr0 = PE | PG | ET, .cr4 = PAE,
	};
	struct vmr_cr_effect effect;

	EXPECT(vmr_cr3_write(&limits, &state, 0x5678, &effect));
	EXPECT_EQ(effect.state.cr3, 0x5678);
	EXPECT(effect.flush_tlb);
	EXPECT(!effect.load_pdptes);
	EXPECT(!vmr_cr3_write(&limits, &state, 1ULL << 63, &effect));
	state.cr4 |= PCIDE;
	EXPECT(vmr_cr3_write(&limits, &state, 1ULL << 63 | 0x5678, &effect));
	EXPECT_EQ(effect.state.cr3, 0x5678);
	EXPECT(!effect.flush_tlb);
	EXPECT(!vmr_cr3_write(&limits, &state, 3ULL << 62, &effect));
	EXPECT(vmr_cr3_write(&limits, &pae, 0x5678, &effect));
	EXPECT(effect.load_pdptes);
	EXPECT(!vmr_cr3_write(&limits, &pae, 1ULL << 63, &effect));
}

void cr_efer(void)
{
	struct vmr_cr_limits limits = rich();
	struct vmr_cr_state state = real_mode;
	struct vmr_cr_effect effect;

	/* LMA is not the writer's. */
	EXPECT(vmr_efer_write(&limits, &state, LME | LMA, &effect));
	EXPECT_EQ(effect.state.efer, LME);
	EXPECT(vmr_efer_write(&limits, &long_64, LME | SCE, &effect));
	EXPECT_EQ(effect.state.efer, LME | LMA | SCE);
	EXPECT(!effect.mode);
	EXPECT(!vmr_efer_write(&limits, &long_64, SCE | NXE, &effect));
	state.cr0 |= PE | PG;
	EXPECT(!vmr_efer_write(&limits, &state, LME, &effect));
	EXPECT(vmr_efer_write(&limits, &state, NXE, &effect));
	EXPECT_EQ(effect.state.efer, NXE);

	limits.efer_allowed = 0;
	EXPECT(vmr_efer_write(&limits, &real_mode, 0, &effect));
	EXPECT(!vmr_efer_write(&limits, &real_mode, LMA, &effect));
}

void cr_state(void)
{
	static const struct {
		struct vmr_cr_state state;
		bool valid;
	} cases[] = {
		{ { .cr0 = 0x60000010 }, true },
		{ { .cr0 = 0x60000000 }, false },		/* ET */
		{ { .cr0 = 0x10 }, true },
		{ { .cr0 = 0x50 }, false },			/* reserved */
		{ { .cr0 = 0x100000010 }, false },
		{ { .cr0 = 0x20000010 }, false },		/* NW without CD */
		{ { .cr0 = 0x80000010 }, false },		/* PG without PE */
		{ { .cr0 = 0x80000011, .cr3 = 1ULL << 39 }, true },
		{ { .cr0 = 0x80000011, .cr3 = 1ULL << 40 }, false },
		{ { .cr0 = 0x11, .cr4 = 1 << 13 }, false },	/* VMXE */
		{ { .cr0 = 0x11, .efer = LME }, true },
		{ { .cr0 = 0x11, .efer = LME | LMA }, false },
		{ { .cr0 = 0x11, .efer = 2 }, false },
		{ { .cr0 = 0x80000011, .cr4 = PAE, .efer = LME | LMA }, true },
		{ { .cr0 = 0x80000011, .cr4 = PAE, .efer = LME }, false },
		{ { .cr0 = 0x80000011, .cr4 = PAE, .efer = LMA }, false },
		{ { .cr0 = 0x80000011, .efer = LME | LMA }, false },
		{ { .cr0 = 0x80000011, .cr4 = PAE | PCIDE, .efer = LME | LMA }, true },
		{ { .cr0 = 0x80000011, .cr4 = PAE | PCIDE }, false },
		{ { .cr0 = 0x11, .cr4 = PAE | PCIDE, .efer = LME }, false },
	};
	struct vmr_cr_limits limits = rich();
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (vmr_cr_state_valid(&limits, &cases[i].state) != cases[i].valid)
			unit_fail(__FILE__, __LINE__, "state %u", i);
}

void cr_lmsw(void)
{
	EXPECT_EQ(vmr_cr0_lmsw(0x60000010, 0xfff1), 0x60000011);
	EXPECT_EQ(vmr_cr0_lmsw(0x8005003f, 0x0000), 0x80050031);
	EXPECT_EQ(vmr_cr0_lmsw(0x80050031, 0xfffe), 0x8005003f);
	EXPECT_EQ(vmr_cr0_lmsw(0x80050030, 0xfff0), 0x80050030);
}

void cr_masks(void)
{
	struct vmr_cr_limits limits = rich();

	EXPECT_EQ(vmr_cr0_hardware(&limits, 0x60000010), 0x60000030);
	EXPECT_EQ(vmr_cr4_hardware(&limits, 0), 0x2040);
	EXPECT_EQ(vmr_cr0_guest(&limits, 0x8005003b, 0x60000010), 0x6005001a);
	EXPECT_EQ(vmr_cr4_guest(&limits, 0x20a0 | 0x40, 0x40000), 0x400a0);
}

void cr_xcr0(void)
{
	static const u64 good[] = { 1, 3, 7, 0xe7 };
	struct vmr_cr_limits limits = rich();
	u32 value, i, found = 0;

	for (value = 0; value < 0x400; value++) {
		bool valid = false;

		for (i = 0; i < ARRAY_SIZE(good); i++)
			valid |= value == good[i];
		EXPECT_EQ(vmr_xcr0_valid(&limits, value), valid);
		found += valid;
	}
	EXPECT_EQ(found, ARRAY_SIZE(good));
	EXPECT(!vmr_xcr0_valid(&limits, 1ULL << 63 | 7));
	EXPECT(!vmr_xcr0_valid(&limits, 1ULL << 32 | 7));
	limits.xcr0_allowed = 7;
	EXPECT(!vmr_xcr0_valid(&limits, 0xe7));
	limits.xcr0_allowed = 0;
	EXPECT(!vmr_xcr0_valid(&limits, 1));
}

void cr_debug(void)
{
	u64 value = 0x5555;

	EXPECT(vmr_dr6(0, &value));
	EXPECT_EQ(value, 0xffff0ff0);
	EXPECT(vmr_dr6(0xffffffff, &value));
	EXPECT_EQ(value, 0xffffefff);
	EXPECT(vmr_dr6(0x0000e00f, &value));
	EXPECT_EQ(value, 0xffffefff);
	EXPECT(!vmr_dr6(0x100000000, &value));
	EXPECT_EQ(value, 0xffffefff);
	EXPECT(vmr_dr7(0, &value));
	EXPECT_EQ(value, 0x400);
	EXPECT(vmr_dr7(0xffffffff, &value));
	EXPECT_EQ(value, 0xffff27ff);
	EXPECT(!vmr_dr7(0x8000000000000000, &value));
	EXPECT_EQ(value, 0xffff27ff);
}
