// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for the host-state fields: the manual's "Checks on Host Control
 * Registers, MSRs, and SSP", "Checks on Host Segment and Descriptor-Table
 * Registers" and "Checks Related to Address-Space Size". Pure: called by
 * vmcs/check.c, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/check_rules.h"

static bool check_control_registers(const struct vmr_vmcs_case *c)
{
	const struct vmr_caps *caps = c->caps;

	return demand_cr_fixed(c, VMCS_HOST_CR0,
			       vmr_caps_get(caps, SDM_IA32_VMX_CR0_FIXED0),
			       vmr_caps_get(caps, SDM_IA32_VMX_CR0_FIXED1)) &&
	       demand_cr_fixed(c, VMCS_HOST_CR4,
			       vmr_caps_get(caps, SDM_IA32_VMX_CR4_FIXED0),
			       vmr_caps_get(caps, SDM_IA32_VMX_CR4_FIXED1)) &&
	       demand_if(c, get(c, VMCS_HOST_CR4) & SDM_CR4_CET,
			 get(c, VMCS_HOST_CR0) & SDM_CR0_WP, VMCS_HOST_CR4,
			 "may have CET set only with CR0.WP") &&
	       demand_cr3(c, VMCS_HOST_CR3);
}

static bool check_efer(const struct vmr_vmcs_case *c)
{
	u64 efer = get(c, VMCS_HOST_EFER);
	u64 mode = 0;

	if (!(c->exit & SDM_EXIT_LOAD_EFER))
		return true;
	if (c->exit & SDM_EXIT_HOST_ADDRESS_SPACE_SIZE)
		mode = SDM_EFER_LMA | SDM_EFER_LME;
	return demand_efer_bits(c, VMCS_HOST_EFER) &&
	       demand(c, (efer & (SDM_EFER_LMA | SDM_EFER_LME)) == mode,
		      VMCS_HOST_EFER,
		      "must have LMA and LME as the host address-space size has it");
}

static bool check_cet(const struct vmr_vmcs_case *c)
{
	if (!(c->exit & SDM_EXIT_LOAD_CET))
		return true;
	return demand_cet(c, VMCS_HOST_S_CET, VMCS_HOST_SSP_TABLE) &&
	       demand(c, !(get(c, VMCS_HOST_SSP) & 3), VMCS_HOST_SSP,
		      "must have bits 1:0 clear") &&
	       demand_canonical(c, VMCS_HOST_SSP);
}

static bool check_msrs(const struct vmr_vmcs_case *c)
{
	u64 perf = get(c, VMCS_HOST_PERF_GLOBAL_CTRL);

	return demand_canonical(c, VMCS_HOST_SYSENTER_ESP) &&
	       demand_canonical(c, VMCS_HOST_SYSENTER_EIP) &&
	       demand_if(c, c->exit & SDM_EXIT_LOAD_PERF_GLOBAL_CTRL,
			 !(perf & ~c->state->perf_global_ctrl),
			 VMCS_HOST_PERF_GLOBAL_CTRL,
			 "may set no reserved bit") &&
	       demand_if(c, c->exit & SDM_EXIT_LOAD_PAT,
			 is_pat(get(c, VMCS_HOST_PAT)), VMCS_HOST_PAT,
			 "must have a memory type in each byte") &&
	       check_efer(c) && check_cet(c) &&
	       demand_if(c, c->exit & SDM_EXIT_LOAD_PKRS,
			 !(get(c, VMCS_HOST_PKRS) >> 32), VMCS_HOST_PKRS,
			 "must have bits 63:32 clear");
}

static bool check_selectors(const struct vmr_vmcs_case *c)
{
	static const u32 selectors[] = {
		VMCS_HOST_CS_SELECTOR, VMCS_HOST_SS_SELECTOR,
		VMCS_HOST_DS_SELECTOR, VMCS_HOST_ES_SELECTOR,
		VMCS_HOST_FS_SELECTOR, VMCS_HOST_GS_SELECTOR,
		VMCS_HOST_TR_SELECTOR,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(selectors); i++)
		if (!demand(c, !(get(c, selectors[i]) & 7), selectors[i],
			    "must have RPL and TI clear"))
			return false;
	return demand(c, get(c, VMCS_HOST_CS_SELECTOR), VMCS_HOST_CS_SELECTOR,
		      "may not be 0") &&
	       demand(c, get(c, VMCS_HOST_TR_SELECTOR), VMCS_HOST_TR_SELECTOR,
		      "may not be 0") &&
	       demand_if(c, !(c->exit & SDM_EXIT_HOST_ADDRESS_SPACE_SIZE),
			 get(c, VMCS_HOST_SS_SELECTOR), VMCS_HOST_SS_SELECTOR,
			 "may not be 0 for a 32-bit host");
}

static bool check_bases(const struct vmr_vmcs_case *c)
{
	return demand_canonical(c, VMCS_HOST_FS_BASE) &&
	       demand_canonical(c, VMCS_HOST_GS_BASE) &&
	       demand_canonical(c, VMCS_HOST_GDTR_BASE) &&
	       demand_canonical(c, VMCS_HOST_IDTR_BASE) &&
	       demand_canonical(c, VMCS_HOST_TR_BASE);
}

static bool check_mode(const struct vmr_vmcs_case *c)
{
	bool large = c->exit & SDM_EXIT_HOST_ADDRESS_SPACE_SIZE;
	bool guest = c->entry & SDM_ENTRY_IA32E_MODE_GUEST;

	if (c->state->host_efer & SDM_EFER_LMA)
		return demand(c, large, VMCS_EXIT_CONTROLS,
			      "must have the host address-space size of the 64-bit host");
	return demand(c, !guest, VMCS_ENTRY_CONTROLS,
		      "may have an IA-32e mode guest only in IA-32e mode") &&
	       demand(c, !large, VMCS_EXIT_CONTROLS,
		      "may have the large host address-space size only in IA-32e mode");
}

/* That its guest isn't in IA-32e mode follows from check_mode(). */
static bool check_small_host(const struct vmr_vmcs_case *c)
{
	return demand(c, !(get(c, VMCS_HOST_CR4) & SDM_CR4_PCIDE),
		      VMCS_HOST_CR4, "may have PCIDE only for a 64-bit host") &&
	       demand(c, !(get(c, VMCS_HOST_RIP) >> 32), VMCS_HOST_RIP,
		      "must have bits 63:32 clear for a 32-bit host");
}

static bool check_address_space(const struct vmr_vmcs_case *c)
{
	if (!check_mode(c))
		return false;
	if (!(c->exit & SDM_EXIT_HOST_ADDRESS_SPACE_SIZE))
		return check_small_host(c);
	return demand(c, get(c, VMCS_HOST_CR4) & SDM_CR4_PAE, VMCS_HOST_CR4,
		      "must have PAE for a 64-bit host") &&
	       demand_canonical(c, VMCS_HOST_RIP);
}

bool vmr_vmcs_check_host(const struct vmr_vmcs_case *c)
{
	return check_control_registers(c) && check_msrs(c) &&
	       check_selectors(c) && check_bases(c) && check_address_space(c);
}
