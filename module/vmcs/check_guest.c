// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for the guest-state fields but segments: the manual's "Checks on
 * the Guest State Area". Pure: called by vmcs/check.c, compiled a second time by
 * selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/check_rules.h"

/* Bits that some CPU has, or that are reserved on every one. */
#define DEBUGCTL_BITS	(GENMASK_ULL(14, 6) | GENMASK_ULL(1, 0))
#define DEBUGCTL_BUS_LOCK	BIT_ULL(2)
#define DEBUGCTL_RTM		BIT_ULL(15)
#define LBR_CTL_BITS	(GENMASK_ULL(22, 16) | GENMASK_ULL(3, 0))
#define RFLAGS_RESERVED	(GENMASK_ULL(63, 22) | BIT_ULL(15) | BIT_ULL(5) | \
			 BIT_ULL(3))
#define PENDING_BITS	(SDM_PENDING_BREAKPOINTS |			\
			 SDM_PENDING_ENABLED_BREAKPOINT |		\
			 SDM_PENDING_SINGLE_STEP)
#define PDPTE_RESERVED	(GENMASK_ULL(8, 5) | GENMASK_ULL(2, 1))

static bool is_ia32e(const struct vmr_vmcs_case *c)
{
	return c->entry & SDM_ENTRY_IA32E_MODE_GUEST;
}

/* The unrestricted guest's freedom: PE and PG. NW and CD are never looked at. */
static bool check_cr0(const struct vmr_vmcs_case *c)
{
	u64 ones = vmr_caps_get(c->caps, SDM_IA32_VMX_CR0_FIXED0);
	u64 may = vmr_caps_get(c->caps, SDM_IA32_VMX_CR0_FIXED1);
	u64 cr0 = get(c, VMCS_GUEST_CR0);

	if (c->proc2 & SDM_PROC2_UNRESTRICTED_GUEST)
		ones &= ~(SDM_CR0_PE | SDM_CR0_PG);
	ones &= ~(SDM_CR0_NW | SDM_CR0_CD);
	may |= SDM_CR0_NW | SDM_CR0_CD;
	return demand_cr_fixed(c, VMCS_GUEST_CR0, ones, may) &&
	       demand_if(c, cr0 & SDM_CR0_PG, cr0 & SDM_CR0_PE, VMCS_GUEST_CR0,
			 "may have PG set only with PE");
}

static bool check_cr4(const struct vmr_vmcs_case *c)
{
	u64 cr0 = get(c, VMCS_GUEST_CR0);
	u64 cr4 = get(c, VMCS_GUEST_CR4);

	return demand_cr_fixed(c, VMCS_GUEST_CR4,
			       vmr_caps_get(c->caps, SDM_IA32_VMX_CR4_FIXED0),
			       vmr_caps_get(c->caps, SDM_IA32_VMX_CR4_FIXED1)) &&
	       demand_if(c, cr4 & SDM_CR4_CET, cr0 & SDM_CR0_WP,
			 VMCS_GUEST_CR4, "may have CET set only with CR0.WP");
}

static bool check_mode(const struct vmr_vmcs_case *c)
{
	u64 cr4 = get(c, VMCS_GUEST_CR4);

	if (!is_ia32e(c))
		return demand(c, !(cr4 & SDM_CR4_PCIDE), VMCS_GUEST_CR4,
			      "may have PCIDE set only in IA-32e mode");
	return demand(c, get(c, VMCS_GUEST_CR0) & SDM_CR0_PG, VMCS_GUEST_CR0,
		      "must have PG set in IA-32e mode") &&
	       demand(c, cr4 & SDM_CR4_PAE, VMCS_GUEST_CR4,
		      "must have PAE set in IA-32e mode");
}

static bool check_debug(const struct vmr_vmcs_case *c)
{
	u64 bits = DEBUGCTL_BITS;

	if (c->state->has_bus_lock_debug)
		bits |= DEBUGCTL_BUS_LOCK;
	if (c->state->has_rtm)
		bits |= DEBUGCTL_RTM;
	return demand(c, !(get(c, VMCS_GUEST_DEBUGCTL) & ~bits),
		      VMCS_GUEST_DEBUGCTL, "may set no reserved bit") &&
	       demand(c, !(get(c, VMCS_GUEST_DR7) >> 32), VMCS_GUEST_DR7,
		      "must have bits 63:32 clear");
}

static bool check_control_registers(const struct vmr_vmcs_case *c)
{
	return check_cr0(c) && check_cr4(c) && check_mode(c) &&
	       demand_cr3(c, VMCS_GUEST_CR3) &&
	       (!(c->entry & SDM_ENTRY_LOAD_DEBUG_CONTROLS) || check_debug(c));
}

static bool check_efer(const struct vmr_vmcs_case *c)
{
	u64 efer = get(c, VMCS_GUEST_EFER);
	bool active = efer & SDM_EFER_LMA;
	bool enabled = efer & SDM_EFER_LME;

	if (!(c->entry & SDM_ENTRY_LOAD_EFER))
		return true;
	return demand_efer_bits(c, VMCS_GUEST_EFER) &&
	       demand(c, active == is_ia32e(c), VMCS_GUEST_EFER,
		      "must have LMA as the IA-32e mode guest control has it") &&
	       demand_if(c, get(c, VMCS_GUEST_CR0) & SDM_CR0_PG,
			 active == enabled, VMCS_GUEST_EFER,
			 "must have LME equal to LMA while paging is on");
}

static bool check_bndcfgs(const struct vmr_vmcs_case *c)
{
	if (!(c->entry & SDM_ENTRY_LOAD_BNDCFGS))
		return true;
	return demand(c, !(get(c, VMCS_GUEST_BNDCFGS) & GENMASK_ULL(11, 2)),
		      VMCS_GUEST_BNDCFGS, "must have bits 11:2 clear") &&
	       demand_canonical(c, VMCS_GUEST_BNDCFGS);
}

static bool check_optional_msrs(const struct vmr_vmcs_case *c)
{
	return check_bndcfgs(c) &&
	       (!(c->entry & SDM_ENTRY_LOAD_CET) ||
		demand_cet(c, VMCS_GUEST_S_CET, VMCS_GUEST_SSP_TABLE)) &&
	       demand_if(c, c->entry & SDM_ENTRY_LOAD_LBR_CTL,
			 !(get(c, VMCS_GUEST_LBR_CTL) & ~LBR_CTL_BITS),
			 VMCS_GUEST_LBR_CTL, "may set no reserved bit") &&
	       demand_if(c, c->entry & SDM_ENTRY_LOAD_PKRS,
			 !(get(c, VMCS_GUEST_PKRS) >> 32), VMCS_GUEST_PKRS,
			 "must have bits 63:32 clear") &&
	       demand_if(c, c->entry & SDM_ENTRY_LOAD_UINV,
			 get(c, VMCS_GUEST_UINV) <= 0xff, VMCS_GUEST_UINV,
			 "must have bits 15:8 clear");
}

static bool check_msrs(const struct vmr_vmcs_case *c)
{
	u64 perf = get(c, VMCS_GUEST_PERF_GLOBAL_CTRL);

	return demand_canonical(c, VMCS_GUEST_SYSENTER_ESP) &&
	       demand_canonical(c, VMCS_GUEST_SYSENTER_EIP) &&
	       demand_if(c, c->entry & SDM_ENTRY_LOAD_PERF_GLOBAL_CTRL,
			 !(perf & ~c->state->perf_global_ctrl),
			 VMCS_GUEST_PERF_GLOBAL_CTRL,
			 "may set no reserved bit") &&
	       demand_if(c, c->entry & SDM_ENTRY_LOAD_PAT,
			 is_pat(get(c, VMCS_GUEST_PAT)), VMCS_GUEST_PAT,
			 "must have a memory type in each byte") &&
	       check_efer(c) && check_optional_msrs(c);
}

/* "Checks on Guest Descriptor-Table Registers" */
static bool check_tables(const struct vmr_vmcs_case *c)
{
	return demand_canonical(c, VMCS_GUEST_GDTR_BASE) &&
	       demand_canonical(c, VMCS_GUEST_IDTR_BASE) &&
	       demand(c, get(c, VMCS_GUEST_GDTR_LIMIT) <= 0xffff,
		      VMCS_GUEST_GDTR_LIMIT, "must have bits 31:16 clear") &&
	       demand(c, get(c, VMCS_GUEST_IDTR_LIMIT) <= 0xffff,
		      VMCS_GUEST_IDTR_LIMIT, "must have bits 31:16 clear");
}

/* "Checks on Guest RIP, RFLAGS, and SSP"; RIP needn't be canonical. */
static bool check_rip(const struct vmr_vmcs_case *c)
{
	u64 rip = get(c, VMCS_GUEST_RIP);

	if (is_ia32e(c) && get(c, VMCS_GUEST_CS_ACCESS_RIGHTS) & SDM_SEGMENT_L)
		return demand(c, is_extended(rip, c->state->linear_width),
			      VMCS_GUEST_RIP,
			      "must have the same bits beyond the linear-address width");
	return demand(c, !(rip >> 32), VMCS_GUEST_RIP,
		      "must have bits 63:32 clear outside 64-bit mode");
}

static u32 event_type(const struct vmr_vmcs_case *c)
{
	return (c->event & SDM_EVENT_TYPE) >> 8;
}

static bool is_event(const struct vmr_vmcs_case *c, u32 type)
{
	return c->event && event_type(c) == type;
}

static bool check_rflags(const struct vmr_vmcs_case *c)
{
	u64 rflags = get(c, VMCS_GUEST_RFLAGS);
	bool real = !(get(c, VMCS_GUEST_CR0) & SDM_CR0_PE);

	return demand(c, !(rflags & RFLAGS_RESERVED), VMCS_GUEST_RFLAGS,
		      "may set no reserved bit") &&
	       demand(c, rflags & SDM_RFLAGS_FIXED, VMCS_GUEST_RFLAGS,
		      "must have bit 1 set") &&
	       demand_if(c, rflags & SDM_RFLAGS_VM, !is_ia32e(c) && !real,
			 VMCS_GUEST_RFLAGS,
			 "may have VM set only in protected mode outside IA-32e mode") &&
	       demand_if(c, is_event(c, SDM_EVENT_EXTERNAL),
			 rflags & SDM_RFLAGS_IF, VMCS_GUEST_RFLAGS,
			 "must have IF set if an external interrupt is injected");
}

static bool check_ssp(const struct vmr_vmcs_case *c)
{
	u64 ssp = get(c, VMCS_GUEST_SSP);

	if (!(c->entry & SDM_ENTRY_LOAD_CET))
		return true;
	return demand(c, !(ssp & 3), VMCS_GUEST_SSP,
		      "must have bits 1:0 clear") &&
	       demand(c, is_extended(ssp, c->state->linear_width),
		      VMCS_GUEST_SSP,
		      "must have the same bits beyond the linear-address width");
}

/* "Checks on Guest Non-Register State" */
static bool is_activity(const struct vmr_vmcs_case *c, u32 activity)
{
	u64 misc = vmr_caps_word(c->caps, VMR_CAPS_MISC);

	switch (activity) {
	case SDM_ACTIVITY_ACTIVE:
		return true;
	case SDM_ACTIVITY_HLT:
		return misc & SDM_MISC_ACTIVITY_HLT;
	case SDM_ACTIVITY_SHUTDOWN:
		return misc & SDM_MISC_ACTIVITY_SHUTDOWN;
	case SDM_ACTIVITY_WAIT_FOR_SIPI:
		return misc & SDM_MISC_ACTIVITY_WAIT_FOR_SIPI;
	default:
		return false;
	}
}

static bool is_exception(const struct vmr_vmcs_case *c, u32 vector)
{
	return is_event(c, SDM_EVENT_EXCEPTION) &&
	       (c->event & SDM_EVENT_VECTOR) == vector;
}

/* Which events may come in a state that isn't the active one. */
static bool may_inject(const struct vmr_vmcs_case *c, u32 activity)
{
	switch (activity) {
	case SDM_ACTIVITY_ACTIVE:
		return true;
	case SDM_ACTIVITY_HLT:
		return is_event(c, SDM_EVENT_EXTERNAL) ||
		       is_event(c, SDM_EVENT_NMI) ||
		       is_exception(c, SDM_VECTOR_DB) ||
		       is_exception(c, SDM_VECTOR_MC) ||
		       is_event(c, SDM_EVENT_OTHER);
	case SDM_ACTIVITY_SHUTDOWN:
		return is_event(c, SDM_EVENT_NMI) ||
		       is_exception(c, SDM_VECTOR_MC);
	default:
		return false;
	}
}

static bool check_activity(const struct vmr_vmcs_case *c)
{
	u32 activity = get(c, VMCS_GUEST_ACTIVITY);
	u32 blocking = get(c, VMCS_GUEST_INTERRUPTIBILITY) &
		       (SDM_BLOCKING_STI | SDM_BLOCKING_MOV_SS);
	u32 ss = get(c, VMCS_GUEST_SS_ACCESS_RIGHTS);

	return demand(c, is_activity(c, activity), VMCS_GUEST_ACTIVITY,
		      "must be a state that this CPU supports") &&
	       demand_if(c, activity == SDM_ACTIVITY_HLT,
			 !(ss & SDM_SEGMENT_DPL), VMCS_GUEST_ACTIVITY,
			 "may be HLT only if SS has DPL 0") &&
	       demand_if(c, blocking, activity == SDM_ACTIVITY_ACTIVE,
			 VMCS_GUEST_ACTIVITY,
			 "must be active while STI or MOV SS blocks") &&
	       demand_if(c, c->event, may_inject(c, activity),
			 VMCS_GUEST_ACTIVITY,
			 "must be one in which the injected event may come") &&
	       demand_if(c, c->entry & SDM_ENTRY_TO_SMM,
			 activity != SDM_ACTIVITY_WAIT_FOR_SIPI,
			 VMCS_GUEST_ACTIVITY,
			 "may not be wait-for-SIPI if the entry leads to SMM");
}

/* Bits of the interruptibility state that contradict what is injected. */
static bool check_blocking_of_event(const struct vmr_vmcs_case *c)
{
	u32 field = VMCS_GUEST_INTERRUPTIBILITY;
	u32 state = get(c, field);
	bool nmi = is_event(c, SDM_EVENT_NMI);

	return demand_if(c, is_event(c, SDM_EVENT_EXTERNAL),
			 !(state & (SDM_BLOCKING_STI | SDM_BLOCKING_MOV_SS)),
			 field,
			 "may not block the external interrupt that is injected") &&
	       demand_if(c, nmi, !(state & SDM_BLOCKING_MOV_SS), field,
			 "may not block by MOV SS the NMI that is injected") &&
	       demand_if(c, nmi && c->pin & SDM_PIN_VIRTUAL_NMIS,
			 !(state & SDM_BLOCKING_NMI), field,
			 "may not block the virtual NMI that is injected");
}

static bool check_smi_blocking(const struct vmr_vmcs_case *c)
{
	u32 field = VMCS_GUEST_INTERRUPTIBILITY;
	bool blocked = get(c, field) & SDM_BLOCKING_SMI;

	return demand_if(c, !c->state->smm, !blocked, field,
			 "may block SMIs only in SMM") &&
	       demand_if(c, c->entry & SDM_ENTRY_TO_SMM, blocked, field,
			 "must block SMIs if the entry leads to SMM");
}

static bool check_interruptibility(const struct vmr_vmcs_case *c)
{
	u32 field = VMCS_GUEST_INTERRUPTIBILITY;
	u32 state = get(c, field);
	bool sti = state & SDM_BLOCKING_STI;
	bool mov_ss = state & SDM_BLOCKING_MOV_SS;

	return demand(c, !(state & GENMASK(31, 5)), field,
		      "must have bits 31:5 clear") &&
	       demand(c, !(sti && mov_ss), field,
		      "may not block by STI and MOV SS at once") &&
	       demand_if(c, sti, get(c, VMCS_GUEST_RFLAGS) & SDM_RFLAGS_IF,
			 field, "may block by STI only with RFLAGS.IF set") &&
	       check_blocking_of_event(c) && check_smi_blocking(c) &&
	       demand_if(c, state & SDM_ENCLAVE_INTERRUPTION,
			 c->state->has_sgx, field,
			 "may tell of an enclave only on a CPU with SGX") &&
	       demand_if(c, state & SDM_ENCLAVE_INTERRUPTION, !mov_ss, field,
			 "may not tell of an enclave and block by MOV SS at once");
}

/* A single step that is due is pending if something holds it up. */
static bool check_single_step(const struct vmr_vmcs_case *c)
{
	u64 pending = get(c, VMCS_GUEST_PENDING_DEBUG);
	bool due = get(c, VMCS_GUEST_RFLAGS) & SDM_RFLAGS_TF &&
		   !(get(c, VMCS_GUEST_DEBUGCTL) & SDM_DEBUGCTL_BTF);
	bool held = get(c, VMCS_GUEST_INTERRUPTIBILITY) &
		    (SDM_BLOCKING_STI | SDM_BLOCKING_MOV_SS) ||
		    get(c, VMCS_GUEST_ACTIVITY) == SDM_ACTIVITY_HLT;

	if (!held)
		return true;
	return demand_if(c, due, pending & SDM_PENDING_SINGLE_STEP,
			 VMCS_GUEST_PENDING_DEBUG,
			 "must have BS set: a single step is held up") &&
	       demand_if(c, !due, !(pending & SDM_PENDING_SINGLE_STEP),
			 VMCS_GUEST_PENDING_DEBUG,
			 "may not have BS set: no single step is due");
}

static bool check_pending_debug(const struct vmr_vmcs_case *c)
{
	u32 field = VMCS_GUEST_PENDING_DEBUG;
	u64 pending = get(c, field);
	u32 state = get(c, VMCS_GUEST_INTERRUPTIBILITY);
	u64 rtm = SDM_PENDING_RTM | SDM_PENDING_ENABLED_BREAKPOINT;
	u64 bits = PENDING_BITS;

	if (c->state->has_bus_lock_debug)
		bits |= SDM_PENDING_BUS_LOCK;
	if (c->state->has_rtm)
		bits |= SDM_PENDING_RTM;
	return demand(c, !(pending & ~bits), field,
		      "may set no reserved bit") &&
	       check_single_step(c) &&
	       demand_if(c, pending & SDM_PENDING_RTM, pending == rtm, field,
			 "must have bit 12 and no other set beside RTM") &&
	       demand_if(c, pending & SDM_PENDING_RTM,
			 !(state & SDM_BLOCKING_MOV_SS), field,
			 "may not have RTM set while MOV SS blocks");
}

static bool check_link_pointer(const struct vmr_vmcs_case *c)
{
	u64 link = get(c, VMCS_GUEST_LINK_POINTER);

	if (link == ~0ULL)
		return true;
	return demand_page(c, VMCS_GUEST_LINK_POINTER) &&
	       demand_if(c, !c->state->smm || c->entry & SDM_ENTRY_TO_SMM,
			 link != c->state->vmcs, VMCS_GUEST_LINK_POINTER,
			 "may not be the current VMCS");
}

/* "Checks on Guest Page-Directory-Pointer-Table Entries" */
static bool check_pdptes(const struct vmr_vmcs_case *c)
{
	static const u32 fields[] = {
		VMCS_GUEST_PDPTE0, VMCS_GUEST_PDPTE1,
		VMCS_GUEST_PDPTE2, VMCS_GUEST_PDPTE3,
	};
	bool pae = get(c, VMCS_GUEST_CR0) & SDM_CR0_PG &&
		   get(c, VMCS_GUEST_CR4) & SDM_CR4_PAE && !is_ia32e(c);
	unsigned int i;

	if (!pae || !(c->proc2 & SDM_PROC2_EPT))
		return true;
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		u64 entry = get(c, fields[i]);

		if (!demand_if(c, entry & SDM_PTE_PRESENT,
			       !(entry & PDPTE_RESERVED) &&
			       is_within(c, entry), fields[i],
			       "may set no reserved bit if it is present"))
			return false;
	}
	return true;
}

bool vmr_vmcs_check_guest(const struct vmr_vmcs_case *c)
{
	return check_control_registers(c) && check_msrs(c) &&
	       vmr_vmcs_check_segments(c) && check_tables(c) &&
	       check_rip(c) && check_rflags(c) && check_ssp(c) &&
	       check_activity(c) && check_interruptibility(c) &&
	       check_pending_debug(c) && check_link_pointer(c) &&
	       check_pdptes(c);
}
