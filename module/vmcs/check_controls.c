// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for the control fields: the manual's "Checks on VMX Controls".
 * Pure: called by vmcs/check.c, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/check_rules.h"
#include "vmx/ctls.h"

#define MSR_ENTRY_SIZE	16	/* in the areas of MSRs to load and store */
#define EVENT_RESERVED	1	/* the type that means nothing */

static bool demand_word(const struct vmr_vmcs_case *c, u32 field,
			enum vmr_caps_word word)
{
	u64 cap = vmr_caps_word(c->caps, word);
	u32 value = get(c, field);

	return demand(c, !(vmr_ctls_must(cap) & ~value), field,
		      "must set the bits that this CPU doesn't let be 0") &&
	       demand(c, !(value & ~vmr_ctls_may(cap)), field,
		      "may not set bits that this CPU doesn't let be 1");
}

static bool demand_word64(const struct vmr_vmcs_case *c, u32 field, u64 may)
{
	return demand(c, !(get(c, field) & ~may), field,
		      "may not set bits that this CPU doesn't let be 1");
}

/* "VM-Execution Control Fields" */
static bool check_words(const struct vmr_vmcs_case *c)
{
	return demand_word(c, VMCS_PIN_CONTROLS, VMR_CAPS_PIN) &&
	       demand_word(c, VMCS_PROC_CONTROLS, VMR_CAPS_PROC) &&
	       (!(c->proc & SDM_PROC_SECONDARY_CONTROLS) ||
		demand_word(c, VMCS_PROC2_CONTROLS, VMR_CAPS_PROC2)) &&
	       (!(c->proc & SDM_PROC_TERTIARY_CONTROLS) ||
		demand_word64(c, VMCS_PROC3_CONTROLS,
			      vmr_caps_word(c->caps, VMR_CAPS_PROC3)));
}

static bool check_cr3_targets(const struct vmr_vmcs_case *c)
{
	u64 misc = vmr_caps_word(c->caps, VMR_CAPS_MISC);
	u64 most = (misc & SDM_MISC_CR3_TARGETS) >> 16;

	return demand(c, get(c, VMCS_CR3_TARGET_COUNT) <= most,
		      VMCS_CR3_TARGET_COUNT,
		      "may not be more than the CPU has room for");
}

static bool check_bitmaps(const struct vmr_vmcs_case *c)
{
	return (!(c->proc & SDM_PROC_USE_IO_BITMAPS) ||
		(demand_page(c, VMCS_IO_BITMAP_A) &&
		 demand_page(c, VMCS_IO_BITMAP_B))) &&
	       (!(c->proc & SDM_PROC_USE_MSR_BITMAPS) ||
		demand_page(c, VMCS_MSR_BITMAP));
}

static bool check_tpr_shadow(const struct vmr_vmcs_case *c)
{
	u32 threshold = get(c, VMCS_TPR_THRESHOLD);
	bool delivery = c->proc2 & SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY;
	bool accesses = c->proc2 & SDM_PROC2_VIRTUALIZE_APIC_ACCESSES;

	if (!(c->proc & SDM_PROC_TPR_SHADOW))
		return true;
	return demand_page(c, VMCS_VIRTUAL_APIC_ADDRESS) &&
	       demand_if(c, !delivery, !(threshold & ~0xf), VMCS_TPR_THRESHOLD,
			 "must have bits 31:4 clear without virtual-interrupt delivery") &&
	       demand_if(c, !delivery && !accesses,
			 (threshold & 0xf) <= c->state->virtual_tpr >> 4,
			 VMCS_TPR_THRESHOLD,
			 "may not be above the virtual TPR");
}

static bool check_nmis(const struct vmr_vmcs_case *c)
{
	return demand_if(c, c->pin & SDM_PIN_VIRTUAL_NMIS,
			 c->pin & SDM_PIN_NMI_EXITING, VMCS_PIN_CONTROLS,
			 "may have virtual NMIs only with NMI exiting") &&
	       demand_if(c, c->proc & SDM_PROC_NMI_WINDOW_EXITING,
			 c->pin & SDM_PIN_VIRTUAL_NMIS, VMCS_PROC_CONTROLS,
			 "may have NMI-window exiting only with virtual NMIs");
}

static bool check_apic(const struct vmr_vmcs_case *c)
{
	u32 proc2 = c->proc2;
	bool shadow = c->proc & SDM_PROC_TPR_SHADOW;

	return (!(proc2 & SDM_PROC2_VIRTUALIZE_APIC_ACCESSES) ||
		demand_page(c, VMCS_APIC_ACCESS_ADDRESS)) &&
	       demand_if(c, proc2 & (SDM_PROC2_VIRTUALIZE_X2APIC |
				     SDM_PROC2_APIC_REGISTER_VIRTUALIZATION |
				     SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY),
			 shadow, VMCS_PROC2_CONTROLS,
			 "may virtualize the APIC's registers only with the TPR shadow") &&
	       demand_if(c, c->proc3 & SDM_PROC3_IPI_VIRTUALIZATION, shadow,
			 VMCS_PROC3_CONTROLS,
			 "may have IPI virtualization only with the TPR shadow") &&
	       demand_if(c, proc2 & SDM_PROC2_VIRTUALIZE_X2APIC,
			 !(proc2 & SDM_PROC2_VIRTUALIZE_APIC_ACCESSES),
			 VMCS_PROC2_CONTROLS,
			 "may not virtualize x2APIC mode and APIC accesses at once") &&
	       demand_if(c, proc2 & SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY,
			 c->pin & SDM_PIN_EXTERNAL_INTERRUPT_EXITING,
			 VMCS_PIN_CONTROLS,
			 "must have external-interrupt exiting with virtual-interrupt delivery");
}

static bool check_posted_interrupts(const struct vmr_vmcs_case *c)
{
	if (!(c->pin & SDM_PIN_POSTED_INTERRUPTS))
		return true;
	return demand(c, c->proc2 & SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY,
		      VMCS_PROC2_CONTROLS,
		      "must have virtual-interrupt delivery with posted interrupts") &&
	       demand(c, c->exit & SDM_EXIT_ACKNOWLEDGE_INTERRUPT,
		      VMCS_EXIT_CONTROLS,
		      "must acknowledge interrupts on exit with posted interrupts") &&
	       demand(c, get(c, VMCS_POSTED_INTERRUPT_VECTOR) <= 0xff,
		      VMCS_POSTED_INTERRUPT_VECTOR, "must be 0 to 255") &&
	       demand_address(c, VMCS_POSTED_INTERRUPT_ADDRESS, 0x3f,
			      "must be aligned to 64 bytes");
}

/* The table's last entry has to be within the physical-address width too. */
static bool check_ipi_virtualization(const struct vmr_vmcs_case *c)
{
	u64 table = get(c, VMCS_PID_POINTER_TABLE);
	u64 last = table + 8 * get(c, VMCS_LAST_PID_POINTER_INDEX);

	if (!(c->proc3 & SDM_PROC3_IPI_VIRTUALIZATION))
		return true;
	return demand_address(c, VMCS_PID_POINTER_TABLE, 7,
			      "must be aligned to 8 bytes") &&
	       demand(c, is_within(c, last), VMCS_LAST_PID_POINTER_INDEX,
		      "may lead to no address beyond the physical-address width");
}

static bool check_vpid(const struct vmr_vmcs_case *c)
{
	return demand_if(c, c->proc2 & SDM_PROC2_VPID, get(c, VMCS_VPID),
			 VMCS_VPID, "may not be 0");
}

static bool is_ept_memory_type(u64 eptp, u64 cap)
{
	switch (eptp & SDM_EPTP_MEMORY_TYPE) {
	case SDM_EPTP_MEMORY_TYPE_UC:
		return cap & SDM_EPT_MEMORY_TYPE_UC;
	case SDM_EPTP_MEMORY_TYPE_WB:
		return cap & SDM_EPT_MEMORY_TYPE_WB;
	default:
		return false;
	}
}

static bool is_ept_walk_length(u64 eptp, u64 cap)
{
	switch (eptp & SDM_EPTP_WALK_LENGTH) {
	case SDM_EPTP_WALK_LENGTH_4:
		return cap & SDM_EPT_WALK_LENGTH_4;
	case SDM_EPTP_WALK_LENGTH_5:
		return cap & SDM_EPT_WALK_LENGTH_5;
	default:
		return false;
	}
}

static bool check_ept_pointer(const struct vmr_vmcs_case *c)
{
	u64 cap = vmr_caps_word(c->caps, VMR_CAPS_EPT_VPID);
	u64 eptp = get(c, VMCS_EPT_POINTER);

	return demand(c, is_ept_memory_type(eptp, cap), VMCS_EPT_POINTER,
		      "must have a memory type that this CPU supports") &&
	       demand(c, is_ept_walk_length(eptp, cap), VMCS_EPT_POINTER,
		      "must have a page-walk length that this CPU supports") &&
	       demand_if(c, eptp & SDM_EPTP_ACCESSED_DIRTY,
			 cap & SDM_EPT_ACCESSED_DIRTY, VMCS_EPT_POINTER,
			 "may ask for accessed and dirty flags only where the CPU has them") &&
	       demand_if(c, eptp & SDM_EPTP_SUPERVISOR_SHADOW_STACK,
			 cap & SDM_EPT_SUPERVISOR_SHADOW_STACK,
			 VMCS_EPT_POINTER,
			 "may ask for supervisor shadow-stack pages only where the CPU has them") &&
	       demand(c, !(eptp & GENMASK_ULL(11, 8)), VMCS_EPT_POINTER,
		      "must have bits 11:8 clear") &&
	       demand(c, is_within(c, eptp), VMCS_EPT_POINTER,
		      "may set no bit beyond the physical-address width");
}

static bool demand_ept(const struct vmr_vmcs_case *c, bool counts,
		       const char *rule)
{
	return demand_if(c, counts, c->proc2 & SDM_PROC2_EPT,
			 VMCS_PROC2_CONTROLS, rule);
}

static bool check_ept(const struct vmr_vmcs_case *c)
{
	return (!(c->proc2 & SDM_PROC2_EPT) || check_ept_pointer(c)) &&
	       demand_ept(c, c->proc2 & SDM_PROC2_PML,
			  "must have EPT with page-modification logging") &&
	       (!(c->proc2 & SDM_PROC2_PML) ||
		demand_page(c, VMCS_PML_ADDRESS)) &&
	       demand_ept(c, c->proc2 & SDM_PROC2_UNRESTRICTED_GUEST,
			  "must have EPT with unrestricted guest") &&
	       demand_ept(c, c->proc2 & SDM_PROC2_MODE_BASED_EXECUTE,
			  "must have EPT with mode-based execute control");
}

static bool check_sub_page_write(const struct vmr_vmcs_case *c)
{
	if (!(c->proc2 & SDM_PROC2_SUB_PAGE_WRITE))
		return true;
	return demand_ept(c, true,
			  "must have EPT with sub-page write permissions") &&
	       demand_page(c, VMCS_SPP_TABLE_POINTER);
}

static bool check_vm_functions(const struct vmr_vmcs_case *c)
{
	u64 functions = get(c, VMCS_VM_FUNCTION_CONTROLS);

	if (!(c->proc2 & SDM_PROC2_VM_FUNCTIONS))
		return true;
	return demand_word64(c, VMCS_VM_FUNCTION_CONTROLS,
			     vmr_caps_get(c->caps, SDM_IA32_VMX_VMFUNC)) &&
	       demand_ept(c, functions & SDM_VMFUNC_EPTP_SWITCHING,
			  "must have EPT with EPTP switching") &&
	       (!(functions & SDM_VMFUNC_EPTP_SWITCHING) ||
		demand_page(c, VMCS_EPTP_LIST_ADDRESS));
}

static bool check_other_pages(const struct vmr_vmcs_case *c)
{
	return (!(c->proc2 & SDM_PROC2_VMCS_SHADOWING) ||
		(demand_page(c, VMCS_VMREAD_BITMAP) &&
		 demand_page(c, VMCS_VMWRITE_BITMAP))) &&
	       (!(c->proc2 & SDM_PROC2_EPT_VIOLATION_VE) ||
		demand_page(c, VMCS_VE_INFORMATION_ADDRESS)) &&
	       (!(c->proc2 & SDM_PROC2_PASID_TRANSLATION) ||
		(demand_page(c, VMCS_LOW_PASID_DIRECTORY) &&
		 demand_page(c, VMCS_HIGH_PASID_DIRECTORY)));
}

static bool check_pt_addresses(const struct vmr_vmcs_case *c)
{
	if (!(c->proc2 & SDM_PROC2_PT_GUEST_PHYSICAL))
		return true;
	return demand_ept(c, true,
			  "must have EPT if Intel PT uses guest-physical addresses") &&
	       demand(c, c->entry & SDM_ENTRY_LOAD_RTIT_CTL,
		      VMCS_ENTRY_CONTROLS,
		      "must load IA32_RTIT_CTL if Intel PT uses guest-physical addresses") &&
	       demand(c, c->exit & SDM_EXIT_CLEAR_RTIT_CTL, VMCS_EXIT_CONTROLS,
		      "must clear IA32_RTIT_CTL if Intel PT uses guest-physical addresses");
}

static bool check_tsc_scaling(const struct vmr_vmcs_case *c)
{
	return demand_if(c, c->proc2 & SDM_PROC2_TSC_SCALING,
			 get(c, VMCS_TSC_MULTIPLIER), VMCS_TSC_MULTIPLIER,
			 "may not be 0");
}

static bool check_tertiary(const struct vmr_vmcs_case *c)
{
	return demand_ept(c, c->proc3 & SDM_PROC3_HLAT,
			  "must have EPT with HLAT") &&
	       (!(c->proc3 & SDM_PROC3_HLAT) ||
		demand_address(c, VMCS_HLAT_POINTER,
			       GENMASK_ULL(2, 0) | GENMASK_ULL(11, 5),
			       "must have bits 11:5 and 2:0 clear")) &&
	       demand_ept(c, c->proc3 & SDM_PROC3_EPT_PAGING_WRITE,
			  "must have EPT with EPT paging-write control") &&
	       demand_ept(c, c->proc3 & SDM_PROC3_GUEST_PAGING_VERIFICATION,
			  "must have EPT with guest-paging verification");
}

/* An area of MSRs, if there is one. */
static bool check_area(const struct vmr_vmcs_case *c, u32 count, u32 address)
{
	u64 first = get(c, address);
	u64 bytes = get(c, count) * MSR_ENTRY_SIZE;

	if (!bytes)
		return true;
	return demand_address(c, address, MSR_ENTRY_SIZE - 1,
			      "must be aligned to 16 bytes") &&
	       demand(c, is_within(c, first + bytes - 1), count,
		      "may lead to no address beyond the physical-address width");
}

/* "VM-Exit Control Fields" */
static bool check_exit(const struct vmr_vmcs_case *c)
{
	u64 may2 = vmr_caps_get(c->caps, SDM_IA32_VMX_EXIT_CTLS2);

	return demand_word(c, VMCS_EXIT_CONTROLS, VMR_CAPS_EXIT) &&
	       (!(c->exit & SDM_EXIT_SECONDARY_CONTROLS) ||
		demand_word64(c, VMCS_EXIT2_CONTROLS, may2)) &&
	       demand_if(c, c->exit & SDM_EXIT_SAVE_PREEMPTION_TIMER,
			 c->pin & SDM_PIN_PREEMPTION_TIMER, VMCS_EXIT_CONTROLS,
			 "may save the preemption timer only if it is activated") &&
	       check_area(c, VMCS_EXIT_MSR_STORE_COUNT,
			  VMCS_EXIT_MSR_STORE_ADDRESS) &&
	       check_area(c, VMCS_EXIT_MSR_LOAD_COUNT,
			  VMCS_EXIT_MSR_LOAD_ADDRESS);
}

static u32 event_type(const struct vmr_vmcs_case *c)
{
	return (c->event & SDM_EVENT_TYPE) >> 8;
}

static bool is_event_type(const struct vmr_vmcs_case *c)
{
	switch (event_type(c)) {
	case EVENT_RESERVED:
		return false;
	case SDM_EVENT_OTHER:
		return vmr_caps_may(c->caps, VMR_CAPS_PROC) &
		       SDM_PROC_MONITOR_TRAP_FLAG;
	default:
		return true;
	}
}

static bool is_event_vector(const struct vmr_vmcs_case *c)
{
	u32 vector = c->event & SDM_EVENT_VECTOR;

	switch (event_type(c)) {
	case SDM_EVENT_NMI:
		return vector == SDM_VECTOR_NMI;
	case SDM_EVENT_EXCEPTION:
		return vector <= 31;
	case SDM_EVENT_OTHER:
		return !vector;
	default:
		return true;
	}
}

/* Exceptions that come with an error code; the CPU may be told not to care. */
static bool pushes_error_code(u32 vector)
{
	switch (vector) {
	case SDM_VECTOR_DF:
	case SDM_VECTOR_TS:
	case SDM_VECTOR_NP:
	case SDM_VECTOR_SS:
	case SDM_VECTOR_GP:
	case SDM_VECTOR_PF:
	case SDM_VECTOR_AC:
		return true;
	default:
		return false;
	}
}

static bool is_error_code_flag(const struct vmr_vmcs_case *c)
{
	bool has = c->event & SDM_EVENT_HAS_ERROR;

	if (event_type(c) != SDM_EVENT_EXCEPTION ||
	    !(get(c, VMCS_GUEST_CR0) & SDM_CR0_PE))
		return !has;
	if (vmr_caps_word(c->caps, VMR_CAPS_BASIC) & SDM_BASIC_ANY_ERROR_CODE)
		return true;
	return has == pushes_error_code(c->event & SDM_EVENT_VECTOR);
}

static bool check_event_length(const struct vmr_vmcs_case *c)
{
	u64 misc = vmr_caps_word(c->caps, VMR_CAPS_MISC);
	u32 length = get(c, VMCS_ENTRY_INSTRUCTION_LENGTH);

	switch (event_type(c)) {
	case SDM_EVENT_SOFTWARE:
	case SDM_EVENT_PRIVILEGED:
	case SDM_EVENT_SOFTWARE_EXCEPTION:
		return demand(c, length <= 15, VMCS_ENTRY_INSTRUCTION_LENGTH,
			      "may not be more than 15") &&
		       demand(c, length ||
			      misc & SDM_MISC_EMPTY_SOFTWARE_EVENT,
			      VMCS_ENTRY_INSTRUCTION_LENGTH,
			      "may not be 0 on this CPU");
	default:
		return true;
	}
}

bool vmr_vmcs_check_event(const struct vmr_vmcs_case *c)
{
	u32 field = VMCS_ENTRY_INTERRUPTION_INFO;

	if (!c->event)
		return true;
	return demand(c, is_event_type(c), field,
		      "must have a type that isn't reserved") &&
	       demand(c, is_event_vector(c), field,
		      "must have a vector that goes with the type") &&
	       demand(c, is_error_code_flag(c), field,
		      "must deliver an error code if, and only if, the exception has one") &&
	       demand(c, !(c->event & GENMASK(30, 12)), field,
		      "must have bits 30:12 clear") &&
	       demand_if(c, c->event & SDM_EVENT_HAS_ERROR,
			 !(get(c, VMCS_ENTRY_EXCEPTION_ERROR) >> 16),
			 VMCS_ENTRY_EXCEPTION_ERROR,
			 "must have bits 31:16 clear") &&
	       check_event_length(c);
}

static bool check_smm(const struct vmr_vmcs_case *c)
{
	u32 smm = SDM_ENTRY_TO_SMM | SDM_ENTRY_END_DUAL_MONITOR;

	return demand_if(c, !c->state->smm, !(c->entry & smm),
			 VMCS_ENTRY_CONTROLS,
			 "may ask for SMM or the end of dual-monitor treatment in SMM only") &&
	       demand(c, (c->entry & smm) != smm, VMCS_ENTRY_CONTROLS,
		      "may not ask for SMM and the end of dual-monitor treatment at once");
}

/* "VM-Entry Control Fields" */
static bool check_entry(const struct vmr_vmcs_case *c)
{
	return demand_word(c, VMCS_ENTRY_CONTROLS, VMR_CAPS_ENTRY) &&
	       vmr_vmcs_check_event(c) &&
	       check_area(c, VMCS_ENTRY_MSR_LOAD_COUNT,
			  VMCS_ENTRY_MSR_LOAD_ADDRESS) &&
	       check_smm(c);
}

static bool (*const groups[])(const struct vmr_vmcs_case *c) = {
	check_words,
	check_cr3_targets,
	check_bitmaps,
	check_tpr_shadow,
	check_nmis,
	check_apic,
	check_posted_interrupts,
	check_ipi_virtualization,
	check_vpid,
	check_ept,
	check_sub_page_write,
	check_vm_functions,
	check_other_pages,
	check_pt_addresses,
	check_tsc_scaling,
	check_tertiary,
	check_exit,
	check_entry,
};

bool vmr_vmcs_check_controls(const struct vmr_vmcs_case *c)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(groups); i++)
		if (!groups[i](c))
			return false;
	return true;
}
