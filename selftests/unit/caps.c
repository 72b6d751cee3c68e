// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of what the capability MSRs mean. */
#include <linux/kernel.h>

#include "models.h"
#include "unit.h"
#include "vmx/caps.h"

static void set(struct vmr_caps *caps, u32 msr, u64 value)
{
	caps->msr[msr - VMR_CAPS_FIRST_MSR] = value;
}

static u64 may(u32 bit)
{
	return (u64)bit << 32;
}

/* Each MSR that isn't always there, and the bit of another that promises it. */
void caps_exists(void)
{
	static const struct {
		u32 msr;
		u32 by;
		u64 bit;
	} rows[] = {
		{ 0x48b, 0x482, BIT_ULL(63) },
		{ 0x48c, 0x48b, BIT_ULL(33) },
		{ 0x48c, 0x48b, BIT_ULL(37) },
		{ 0x48d, 0x480, BIT_ULL(55) },
		{ 0x48e, 0x480, BIT_ULL(55) },
		{ 0x48f, 0x480, BIT_ULL(55) },
		{ 0x490, 0x480, BIT_ULL(55) },
		{ 0x491, 0x48b, BIT_ULL(45) },
		{ 0x492, 0x482, BIT_ULL(49) },
		{ 0x493, 0x483, BIT_ULL(63) },
	};
	struct vmr_caps none = {};
	unsigned int i;
	u32 msr;

	for (msr = 0x480; msr <= 0x493; msr++)
		EXPECT_EQ(vmr_caps_exists(&none, msr), msr <= 0x48a);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmr_caps caps = {};

		set(&caps, rows[i].by, rows[i].bit);
		EXPECT(vmr_caps_exists(&caps, rows[i].msr));
		set(&caps, rows[i].by, ~rows[i].bit);
		if (rows[i].msr != 0x48c)
			EXPECT(!vmr_caps_exists(&caps, rows[i].msr));
	}
}

void caps_true_controls_count(void)
{
	struct vmr_caps caps = {};

	set(&caps, SDM_IA32_VMX_PINBASED_CTLS, may(0x3f) | 0x16);
	set(&caps, SDM_IA32_VMX_TRUE_PINBASED_CTLS, may(0xff) | 0x10);
	EXPECT_EQ(vmr_caps_word(&caps, VMR_CAPS_PIN), may(0x3f) | 0x16);
	EXPECT_EQ(vmr_caps_may(&caps, VMR_CAPS_PIN), 0x3f);

	set(&caps, SDM_IA32_VMX_BASIC, SDM_BASIC_TRUE_CTLS);
	EXPECT_EQ(vmr_caps_word(&caps, VMR_CAPS_PIN), may(0xff) | 0x10);
	EXPECT_EQ(vmr_caps_may(&caps, VMR_CAPS_PIN), 0xff);
	EXPECT_EQ(vmr_caps_may(&caps, VMR_CAPS_BASIC), SDM_BASIC_TRUE_CTLS);
}

/* Whichever MSR differs, it is named; of several, the first. */
void caps_difference(void)
{
	struct vmr_caps a = model_read(model_called("corei7_skylake_x"));
	struct vmr_caps b = a;
	u32 msr;

	EXPECT_EQ(vmr_caps_difference(&a, &b), 0);
	for (msr = VMR_CAPS_LAST_MSR; msr >= VMR_CAPS_FIRST_MSR; msr--) {
		set(&b, msr, vmr_caps_get(&b, msr) ^ BIT_ULL(msr & 63));
		EXPECT_EQ(vmr_caps_difference(&a, &b), msr);
	}
}

void caps_names(void)
{
	EXPECT_STR(vmr_caps_msr_name(0x480), "IA32_VMX_BASIC");
	EXPECT_STR(vmr_caps_msr_name(0x48c), "IA32_VMX_EPT_VPID_CAP");
	EXPECT_STR(vmr_caps_msr_name(0x490), "IA32_VMX_TRUE_ENTRY_CTLS");
	EXPECT_STR(vmr_caps_msr_name(0x493), "IA32_VMX_EXIT_CTLS2");
}
