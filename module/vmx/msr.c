// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the list of MSRs that vmring virtualizes, what they may hold, and the MSR
 * bitmap. Pure: callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/msr.h"

/* Appendix "Field Encoding in VMCS": the guest's MSRs that have a field. */
#define FIELD_DEBUGCTL		0x2802
#define FIELD_PAT		0x2804
#define FIELD_SYSENTER_CS	0x482a
#define FIELD_FS_BASE		0x680e
#define FIELD_GS_BASE		0x6810
#define FIELD_SYSENTER_ESP	0x6824
#define FIELD_SYSENTER_EIP	0x6826

#define PASS		(VMR_MSR_PASS_READ | VMR_MSR_PASS_WRITE)

#define APIC_BASE_RESET		(0xfee00000ULL | SDM_APIC_BASE_ENABLE)
#define MISC_ENABLE_VALUE	(SDM_MISC_ENABLE_FAST_STRINGS | \
				 SDM_MISC_ENABLE_BTS_UNAVAILABLE | \
				 SDM_MISC_ENABLE_PEBS_UNAVAILABLE)
#define MTRRCAP_VALUE		(VMR_MTRR_RANGES | SDM_MTRRCAP_FIXED | SDM_MTRRCAP_WC)
/* UC-, WC, WT, WB as after a reset, "IA32_PAT MSR" */
#define PAT_RESET		0x0007040600070406ULL
#define LOW_HALF		0xffffffffULL

#define MTRR(number, slot, kind)						\
	{								\
		.index = (number),					\
		.how = VMR_MSR_IS_SLOT,					\
		.where = (slot),					\
		.check = (kind),					\
		.has = VMR_HAS_MTRR,					\
	}
#define MTRR_BASE(number, slot)	MTRR(number, slot, VMR_MSR_CHECK_MTRR_BASE)
#define MTRR_MASK(number, slot)	MTRR(number, slot, VMR_MSR_CHECK_MTRR_MASK)
#define MTRR_FIXED(number, slot)	MTRR(number, slot, VMR_MSR_MEMORY_TYPES)

/* By rising index: it is searched by halves. */
static const struct vmr_msr_desc table[] = {
	{
		.index = SDM_IA32_P5_MC_ADDR,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_DROP_WRITE,
	}, {
		.index = SDM_IA32_P5_MC_TYPE,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_DROP_WRITE,
	}, {
		.index = SDM_IA32_TSC,
		.how = VMR_MSR_IS_SPECIAL,
		.flags = VMR_MSR_PASS_READ,
	}, {
		.index = SDM_IA32_PLATFORM_ID,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_READ_ONLY,
	}, {
		.index = SDM_IA32_APIC_BASE,
		.how = VMR_MSR_IS_SPECIAL,
		.where = VMR_MSR_APIC_BASE,
		.check = VMR_MSR_CHECK_APIC_BASE,
		.reset = APIC_BASE_RESET,
	}, {
		.index = SDM_IA32_TSC_ADJUST,
		.how = VMR_MSR_IS_SPECIAL,
		.where = VMR_MSR_TSC_ADJUST,
		.has = VMR_HAS_TSC_ADJUST,
	}, {
		.index = SDM_IA32_BIOS_UPDT_TRIG,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_DROP_WRITE,
	}, {
		.index = SDM_IA32_BIOS_SIGN_ID,
		.how = VMR_MSR_IS_SLOT,
		.where = VMR_MSR_BIOS_SIGN_ID,
		.flags = VMR_MSR_DROP_WRITE,
	}, {
		.index = SDM_PLATFORM_INFO,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_READ_ONLY,
	}, {
		.index = SDM_IA32_MTRRCAP,
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_READ_ONLY,
		.has = VMR_HAS_MTRR,
		.value = MTRRCAP_VALUE,
	}, {
		.index = SDM_IA32_SYSENTER_CS,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_SYSENTER_CS,
		.check = VMR_MSR_BITS,
		.flags = PASS,
		.has = VMR_HAS_SEP,
		.value = LOW_HALF,
	}, {
		.index = SDM_IA32_SYSENTER_ESP,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_SYSENTER_ESP,
		.check = VMR_MSR_CANONICAL,
		.flags = PASS,
		.has = VMR_HAS_SEP,
	}, {
		.index = SDM_IA32_SYSENTER_EIP,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_SYSENTER_EIP,
		.check = VMR_MSR_CANONICAL,
		.flags = PASS,
		.has = VMR_HAS_SEP,
	}, {
		.index = SDM_IA32_MCG_CAP,	/* no banks, no IA32_MCG_CTL */
		.how = VMR_MSR_IS_CONST,
		.check = VMR_MSR_EQUAL,
		.flags = VMR_MSR_READ_ONLY,
		.has = VMR_HAS_MCA,
	}, {
		.index = SDM_IA32_MCG_STATUS,
		.how = VMR_MSR_IS_SLOT,
		.where = VMR_MSR_MCG_STATUS,
		.check = VMR_MSR_BITS,
		.has = VMR_HAS_MCA,
		.value = SDM_MCG_STATUS_BITS,
	}, {
		.index = SDM_IA32_MISC_ENABLE,
		.how = VMR_MSR_IS_SLOT,
		.where = VMR_MSR_MISC_ENABLE,
		.check = VMR_MSR_BITS,
		.value = MISC_ENABLE_VALUE,
		.reset = MISC_ENABLE_VALUE,
	}, {
		.index = SDM_IA32_DEBUGCTL,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_DEBUGCTL,
		.check = VMR_MSR_BITS,
		.value = SDM_DEBUGCTL_BTF,
	},
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0, VMR_MSR_MTRR_PHYS),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0, VMR_MSR_MTRR_PHYS + 1),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 2, VMR_MSR_MTRR_PHYS + 2),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 2, VMR_MSR_MTRR_PHYS + 3),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 4, VMR_MSR_MTRR_PHYS + 4),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 4, VMR_MSR_MTRR_PHYS + 5),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 6, VMR_MSR_MTRR_PHYS + 6),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 6, VMR_MSR_MTRR_PHYS + 7),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 8, VMR_MSR_MTRR_PHYS + 8),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 8, VMR_MSR_MTRR_PHYS + 9),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 10, VMR_MSR_MTRR_PHYS + 10),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 10, VMR_MSR_MTRR_PHYS + 11),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 12, VMR_MSR_MTRR_PHYS + 12),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 12, VMR_MSR_MTRR_PHYS + 13),
	MTRR_BASE(SDM_IA32_MTRR_PHYSBASE0 + 14, VMR_MSR_MTRR_PHYS + 14),
	MTRR_MASK(SDM_IA32_MTRR_PHYSMASK0 + 14, VMR_MSR_MTRR_PHYS + 15),
	MTRR_FIXED(SDM_IA32_MTRR_FIX64K_00000, VMR_MSR_MTRR_FIX64K),
	MTRR_FIXED(SDM_IA32_MTRR_FIX16K_80000, VMR_MSR_MTRR_FIX16K),
	MTRR_FIXED(SDM_IA32_MTRR_FIX16K_A0000, VMR_MSR_MTRR_FIX16K + 1),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000, VMR_MSR_MTRR_FIX4K),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 1, VMR_MSR_MTRR_FIX4K + 1),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 2, VMR_MSR_MTRR_FIX4K + 2),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 3, VMR_MSR_MTRR_FIX4K + 3),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 4, VMR_MSR_MTRR_FIX4K + 4),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 5, VMR_MSR_MTRR_FIX4K + 5),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 6, VMR_MSR_MTRR_FIX4K + 6),
	MTRR_FIXED(SDM_IA32_MTRR_FIX4K_C0000 + 7, VMR_MSR_MTRR_FIX4K + 7),
	{
		.index = SDM_IA32_PAT,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_PAT,
		.check = VMR_MSR_CHECK_PAT,
		.has = VMR_HAS_PAT,
		.reset = PAT_RESET,
	}, {
		.index = SDM_IA32_MTRR_DEF_TYPE,
		.how = VMR_MSR_IS_SLOT,
		.where = VMR_MSR_MTRR_DEF_TYPE,
		.check = VMR_MSR_CHECK_MTRR_DEF,
		.has = VMR_HAS_MTRR,
	}, {
		.index = SDM_IA32_EFER,
		.how = VMR_MSR_IS_SPECIAL,
		.check = VMR_MSR_CHECK_EFER,
	/*
	 * Not passed through: they are in the CPU only while the guest can
	 * execute SYSCALL, and nobody reads them back.
	 */
	}, {
		.index = SDM_IA32_STAR,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_STAR,
		.has = VMR_HAS_SYSCALL,
	}, {
		.index = SDM_IA32_LSTAR,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_LSTAR,
		.check = VMR_MSR_CANONICAL,
		.has = VMR_HAS_LM,
	}, {
		.index = SDM_IA32_CSTAR,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_CSTAR,
		.check = VMR_MSR_CANONICAL,
		.has = VMR_HAS_LM,
	}, {
		.index = SDM_IA32_FMASK,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_FMASK,
		.check = VMR_MSR_BITS,
		.has = VMR_HAS_LM,
		.value = LOW_HALF,
	}, {
		.index = SDM_IA32_FS_BASE,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_FS_BASE,
		.check = VMR_MSR_CANONICAL,
		.flags = PASS,
		.has = VMR_HAS_LM,
	}, {
		.index = SDM_IA32_GS_BASE,
		.how = VMR_MSR_IS_VMCS,
		.where = FIELD_GS_BASE,
		.check = VMR_MSR_CANONICAL,
		.flags = PASS,
		.has = VMR_HAS_LM,
	}, {
		.index = SDM_IA32_KERNEL_GS_BASE,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_KERNEL_GS_BASE,
		.check = VMR_MSR_CANONICAL,
		.flags = PASS,
		.has = VMR_HAS_LM,
	}, {
		.index = SDM_IA32_TSC_AUX,
		.how = VMR_MSR_IS_HOST,
		.where = VMR_MSR_TSC_AUX,
		.check = VMR_MSR_BITS,
		.has = VMR_HAS_TSC_AUX,
		.value = LOW_HALF,
	},
};

const struct vmr_msr_desc *vmr_msr_find(u32 index)
{
	u32 low = 0, high = ARRAY_SIZE(table) - 1;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (table[middle].index < index)
			low = middle + 1;
		else
			high = middle;
	}
	return table[low].index == index ? &table[low] : NULL;
}

const struct vmr_msr_desc *vmr_msr_at(u32 n)
{
	return n < ARRAY_SIZE(table) ? &table[n] : NULL;
}

bool vmr_msr_offered(const struct vmr_msr_desc *desc,
		     const struct vmr_cr_limits *limits)
{
	return !desc->has || desc->has & limits->has;
}

/* "Memory Types That Can Be Encoded in MTRRs": UC, WC, WT, WP, WB. */
#define MTRR_TYPES	0x73
/* The same, and UC-, "IA32_PAT MSR". */
#define PAT_TYPES	(MTRR_TYPES | BIT(7))

static bool mtrr_type(u8 type)
{
	return type < 8 && BIT(type) & MTRR_TYPES;
}

static bool eight_types(u64 value, u32 types)
{
	if (value & 0xf8f8f8f8f8f8f8f8ULL)
		return false;
	for (; value; value >>= 8)
		if (!(BIT(value & 7) & types))
			return false;
	return true;
}

/* Bits 11:8 of a base are reserved, as are the address bits that there aren't. */
static bool mtrr_base(u64 value, u8 phys_bits)
{
	return !(value >> phys_bits) && !(value & 0xf00) && mtrr_type(value);
}

static bool mtrr_mask(u64 value, u8 phys_bits)
{
	return !(value >> phys_bits) && !(value & 0x7ff);
}

static bool mtrr_def(u64 value)
{
	u64 bits = SDM_MTRR_DEF_ENABLE | SDM_MTRR_DEF_FIXED | 0xff;

	return !(value & ~bits) && mtrr_type(value);
}

/* x2APIC mode isn't offered: its bit is reserved. */
static bool apic_base(u64 value, u8 phys_bits)
{
	u64 bits = SDM_APIC_BASE_BSP | SDM_APIC_BASE_ENABLE | ~0xfffULL;

	return !(value >> phys_bits) && !(value & ~bits);
}

bool vmr_msr_valid(const struct vmr_msr_desc *desc, u64 value,
		   const struct vmr_cr_limits *limits)
{
	if (!vmr_msr_offered(desc, limits))
		return false;
	switch ((enum vmr_msr_check)desc->check) {
	case VMR_MSR_ANY:
		return true;
	case VMR_MSR_BITS:
		return !(value & ~desc->value);
	case VMR_MSR_EQUAL:
		return value == desc->value;
	case VMR_MSR_CANONICAL:
		return vmr_canonical(value, limits->linear_bits);
	case VMR_MSR_CHECK_PAT:
		return eight_types(value, PAT_TYPES);
	case VMR_MSR_MEMORY_TYPES:
		return eight_types(value, MTRR_TYPES);
	case VMR_MSR_CHECK_MTRR_DEF:
		return mtrr_def(value);
	case VMR_MSR_CHECK_MTRR_BASE:
		return mtrr_base(value, limits->phys_bits);
	case VMR_MSR_CHECK_MTRR_MASK:
		return mtrr_mask(value, limits->phys_bits);
	case VMR_MSR_CHECK_APIC_BASE:
		return apic_base(value, limits->phys_bits);
	case VMR_MSR_CHECK_EFER:
		return !(value & ~limits->efer_allowed);
	}
	return false;
}

/* Whether a description's where is a place in struct vmr_msr_values. */
static bool has_slot(const struct vmr_msr_desc *desc)
{
	return desc->how == VMR_MSR_IS_SLOT || desc->how == VMR_MSR_IS_HOST ||
	       desc->index == SDM_IA32_APIC_BASE ||
	       desc->index == SDM_IA32_TSC_ADJUST;
}

void vmr_msr_reset(struct vmr_msr_values *values, bool bsp)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(table); i++)
		if (has_slot(&table[i]))
			values->slot[table[i].where] = table[i].reset;
	if (bsp)
		values->slot[VMR_MSR_APIC_BASE] |= SDM_APIC_BASE_BSP;
}

static bool range_valid(const struct vmr_msr_range *range)
{
	if (!range->count || range->reserved)
		return false;
	if (range->on_read > VMR_MSR_KERNEL || range->on_write > VMR_MSR_KERNEL)
		return false;
	return range->first + (range->count - 1) >= range->first;
}

bool vmr_msr_ranges_valid(const struct vmr_msr_range *ranges, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (!range_valid(&ranges[i]))
			return false;
	return true;
}

u16 vmr_msr_action(const struct vmr_msr_range *ranges, u32 count, u32 msr,
		   bool write)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (msr - ranges[i].first < ranges[i].count)
			return write ? ranges[i].on_write : ranges[i].on_read;
	return VMR_MSR_KERNEL;
}

/*
 * "MSR-Bitmap Address": 1 KiB each for reads of MSRs 0 to 1fffH, reads of those from
 * c0000000H on, writes of the same two. A bit that is set causes an exit.
 */
#define BITMAP_QUARTER		1024
#define BITMAP_WRITE		(2 * BITMAP_QUARTER)
#define BITMAP_HIGH		0xc0000000U

static void pass_through(u8 *bitmap, u32 msr, bool write)
{
	u32 number = msr & ~BITMAP_HIGH;

	if (msr >= BITMAP_HIGH)
		bitmap += BITMAP_QUARTER;
	if (write)
		bitmap += BITMAP_WRITE;
	bitmap[number / 8] &= ~BIT(number % 8);
}

void vmr_msr_bitmap_build(u8 *bitmap, const struct vmr_msr_range *ranges,
			  u32 count)
{
	u32 i;

	memset(bitmap, 0xff, VMR_MSR_BITMAP_SIZE);
	for (i = 0; i < ARRAY_SIZE(table); i++) {
		const struct vmr_msr_desc *desc = &table[i];
		u16 read = vmr_msr_action(ranges, count, desc->index, false);
		u16 write = vmr_msr_action(ranges, count, desc->index, true);

		if (desc->flags & VMR_MSR_PASS_READ && read == VMR_MSR_KERNEL)
			pass_through(bitmap, desc->index, false);
		if (desc->flags & VMR_MSR_PASS_WRITE && write == VMR_MSR_KERNEL)
			pass_through(bitmap, desc->index, true);
	}
}
