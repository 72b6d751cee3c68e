// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the meaning of the capability MSRs: which there are, which counts, how
 * they are called. Pure: callable from anywhere, compiled a second time by
 * selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/caps.h"
#include "vmx/ctls.h"

static const char *const msr_names[] = {
	"IA32_VMX_BASIC",
	"IA32_VMX_PINBASED_CTLS",
	"IA32_VMX_PROCBASED_CTLS",
	"IA32_VMX_EXIT_CTLS",
	"IA32_VMX_ENTRY_CTLS",
	"IA32_VMX_MISC",
	"IA32_VMX_CR0_FIXED0",
	"IA32_VMX_CR0_FIXED1",
	"IA32_VMX_CR4_FIXED0",
	"IA32_VMX_CR4_FIXED1",
	"IA32_VMX_VMCS_ENUM",
	"IA32_VMX_PROCBASED_CTLS2",
	"IA32_VMX_EPT_VPID_CAP",
	"IA32_VMX_TRUE_PINBASED_CTLS",
	"IA32_VMX_TRUE_PROCBASED_CTLS",
	"IA32_VMX_TRUE_EXIT_CTLS",
	"IA32_VMX_TRUE_ENTRY_CTLS",
	"IA32_VMX_VMFUNC",
	"IA32_VMX_PROCBASED_CTLS3",
	"IA32_VMX_EXIT_CTLS2",
};

static_assert(ARRAY_SIZE(msr_names) == VMR_CAPS_COUNT);

/* The MSR of each group, and the one that replaces it where there is one. */
static const struct {
	u32 msr;
	u32 true_msr;
} words[VMR_CAPS_WORDS] = {
	[VMR_CAPS_PIN] = {
		SDM_IA32_VMX_PINBASED_CTLS, SDM_IA32_VMX_TRUE_PINBASED_CTLS
	},
	[VMR_CAPS_PROC] = {
		SDM_IA32_VMX_PROCBASED_CTLS, SDM_IA32_VMX_TRUE_PROCBASED_CTLS
	},
	[VMR_CAPS_PROC2] = { SDM_IA32_VMX_PROCBASED_CTLS2, 0 },
	[VMR_CAPS_EXIT] = {
		SDM_IA32_VMX_EXIT_CTLS, SDM_IA32_VMX_TRUE_EXIT_CTLS
	},
	[VMR_CAPS_ENTRY] = {
		SDM_IA32_VMX_ENTRY_CTLS, SDM_IA32_VMX_TRUE_ENTRY_CTLS
	},
	[VMR_CAPS_PROC3] = { SDM_IA32_VMX_PROCBASED_CTLS3, 0 },
	[VMR_CAPS_BASIC] = { SDM_IA32_VMX_BASIC, 0 },
	[VMR_CAPS_MISC] = { SDM_IA32_VMX_MISC, 0 },
	[VMR_CAPS_EPT_VPID] = { SDM_IA32_VMX_EPT_VPID_CAP, 0 },
};

/* Whether a control word's own MSR (never the TRUE_ one) lets a bit be set. */
static bool may(const struct vmr_caps *caps, u32 msr, u32 bits)
{
	return vmr_ctls_may(vmr_caps_get(caps, msr)) & bits;
}

bool vmr_caps_exists(const struct vmr_caps *caps, u32 msr)
{
	switch (msr) {
	case SDM_IA32_VMX_PROCBASED_CTLS2:
		return may(caps, SDM_IA32_VMX_PROCBASED_CTLS,
			   SDM_PROC_SECONDARY_CONTROLS);
	case SDM_IA32_VMX_EPT_VPID_CAP:
		return may(caps, SDM_IA32_VMX_PROCBASED_CTLS2,
			   SDM_PROC2_EPT | SDM_PROC2_VPID);
	case SDM_IA32_VMX_TRUE_PINBASED_CTLS:
	case SDM_IA32_VMX_TRUE_PROCBASED_CTLS:
	case SDM_IA32_VMX_TRUE_EXIT_CTLS:
	case SDM_IA32_VMX_TRUE_ENTRY_CTLS:
		return vmr_caps_get(caps, SDM_IA32_VMX_BASIC) &
		       SDM_BASIC_TRUE_CTLS;
	case SDM_IA32_VMX_VMFUNC:
		return may(caps, SDM_IA32_VMX_PROCBASED_CTLS2,
			   SDM_PROC2_VM_FUNCTIONS);
	case SDM_IA32_VMX_PROCBASED_CTLS3:
		return may(caps, SDM_IA32_VMX_PROCBASED_CTLS,
			   SDM_PROC_TERTIARY_CONTROLS);
	case SDM_IA32_VMX_EXIT_CTLS2:
		return may(caps, SDM_IA32_VMX_EXIT_CTLS,
			   SDM_EXIT_SECONDARY_CONTROLS);
	default:
		return true;
	}
}

u64 vmr_caps_word(const struct vmr_caps *caps, enum vmr_caps_word word)
{
	u32 msr = words[word].msr;

	if (words[word].true_msr && vmr_caps_exists(caps, words[word].true_msr))
		msr = words[word].true_msr;
	return vmr_caps_get(caps, msr);
}

u64 vmr_caps_may(const struct vmr_caps *caps, enum vmr_caps_word word)
{
	u64 value = vmr_caps_word(caps, word);

	return word < VMR_CAPS_CTLS ? vmr_ctls_may(value) : value;
}

u32 vmr_caps_difference(const struct vmr_caps *a, const struct vmr_caps *b)
{
	unsigned int i;

	for (i = 0; i < VMR_CAPS_COUNT; i++)
		if (a->msr[i] != b->msr[i])
			return VMR_CAPS_FIRST_MSR + i;
	return 0;
}

const char *vmr_caps_msr_name(u32 msr)
{
	if (msr < VMR_CAPS_FIRST_MSR || msr > VMR_CAPS_LAST_MSR)
		return "no capability MSR";
	return msr_names[msr - VMR_CAPS_FIRST_MSR];
}
