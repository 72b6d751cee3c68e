// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the rules for VM entry as a whole, and of those for control
 * fields. Each spoils a good state in one way and wants to be told of the field
 * and the rule that the manual has for it.
 */
#include "check_state.h"
#include "unit.h"

/* Whatever is wrong, it is a field that has a name, and a rule that has words. */
void check_each_bit_of_each_field(void)
{
	struct vmr_caps caps = rich_cpu();
	unsigned int i, bit, faults = 0;

	for (i = 0; i < VMR_VMCS_FIELDS; i++) {
		for (bit = 0; bit < 64; bit++) {
			struct vmr_vmcs_state state = good_state(everything);
			struct vmr_vmcs_fault fault = { ~0U, NULL };

			state.value[i] ^= BIT_ULL(bit);
			if (vmr_vmcs_check(&state, &caps, &fault))
				continue;
			faults++;
			EXPECT(vmr_vmcs_field_index(fault.field) >= 0);
			EXPECT(fault.rule && *fault.rule);
		}
	}
	EXPECT(faults > VMR_VMCS_FIELDS);
}

void check_good_states(void)
{
	expect_good(NULL);
	expect_good(no_paging);
	expect_good(real_mode);
	expect_good(pae_paging);
	expect_good(v8086);
	expect_good(user_mode);
	expect_good(everything);
}

void check_control_words(void)
{
	static const struct row rows[] = {
		ROW(TAKE, VMCS_PIN_CONTROLS, BIT(1), MUST_1),
		ROW(ADD, VMCS_PIN_CONTROLS, PIN_HOLE, MAY_1),
		ROW(TAKE, VMCS_PROC_CONTROLS, BIT(1), MUST_1),
		ROW(ADD, VMCS_PROC_CONTROLS, PROC_HOLE, MAY_1),
		ROW(ADD, VMCS_PROC2_CONTROLS, PROC2_HOLE, MAY_1),
		ROW(ADD, VMCS_PROC3_CONTROLS, PROC3_HOLE, MAY_1),
		ROW(TAKE, VMCS_EXIT_CONTROLS, BIT(1), MUST_1),
		ROW(ADD, VMCS_EXIT_CONTROLS, EXIT_HOLE, MAY_1),
		ROW(ADD, VMCS_EXIT2_CONTROLS, EXIT2_HOLE, MAY_1),
		ROW(TAKE, VMCS_ENTRY_CONTROLS, BIT(1), MUST_1),
		ROW(ADD, VMCS_ENTRY_CONTROLS, ENTRY_HOLE, MAY_1),
		ROW(SET, VMCS_CR3_TARGET_COUNT, 5,
		    "may not be more than the CPU has room for"),
		{ }
	};

	expect_rows(everything, rows);
}

/* A word that isn't activated is all zeroes to the CPU. */
void check_control_words_not_activated(void)
{
	struct vmr_vmcs_state state = good_state(no_paging);

	vmr_vmcs_state_set(&state, VMCS_PROC3_CONTROLS, ~0ULL);
	vmr_vmcs_state_set(&state, VMCS_EXIT2_CONTROLS, ~0ULL);
	vmr_vmcs_state_set(&state, VMCS_PROC2_CONTROLS, ~0ULL);
	vmr_vmcs_state_set(&state, VMCS_PROC_CONTROLS,
			   vmr_vmcs_state_get(&state, VMCS_PROC_CONTROLS) &
			   ~(u64)SDM_PROC_SECONDARY_CONTROLS);
	/* The first rule that misses the unrestricted guest. */
	expect_fault(&state, VMCS_GUEST_CR0,
		     "must set the bits that VMX operation fixes to 1");
}

void check_control_pages(void)
{
	static const u32 fields[] = {
		VMCS_IO_BITMAP_A,
		VMCS_IO_BITMAP_B,
		VMCS_MSR_BITMAP,
		VMCS_VIRTUAL_APIC_ADDRESS,
		VMCS_PML_ADDRESS,
		VMCS_SPP_TABLE_POINTER,
		VMCS_EPTP_LIST_ADDRESS,
		VMCS_VMREAD_BITMAP,
		VMCS_VMWRITE_BITMAP,
		VMCS_VE_INFORMATION_ADDRESS,
		VMCS_LOW_PASID_DIRECTORY,
		VMCS_HIGH_PASID_DIRECTORY,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fields); i++)
		expect_page(everything, fields[i]);
}

void check_control_addresses(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_POSTED_INTERRUPT_ADDRESS, 0x20,
		    "must be aligned to 64 bytes"),
		ROW(SET, VMCS_POSTED_INTERRUPT_ADDRESS, BEYOND, WIDTH),
		ROW(SET, VMCS_PID_POINTER_TABLE, 4,
		    "must be aligned to 8 bytes"),
		ROW(SET, VMCS_PID_POINTER_TABLE, BEYOND, WIDTH),
		{ { { SET, VMCS_PID_POINTER_TABLE, LAST_PAGE },
		    { SET, VMCS_LAST_PID_POINTER_INDEX, 512 } },
		  VMCS_LAST_PID_POINTER_INDEX, LEADS_BEYOND },
		ROW(SET, VMCS_HLAT_POINTER, 4, BITS("11:5 and 2:0")),
		ROW(SET, VMCS_HLAT_POINTER, 0x20, BITS("11:5 and 2:0")),
		ROW(SET, VMCS_HLAT_POINTER, BEYOND, WIDTH),
		ROW(SET, VMCS_EXIT_MSR_STORE_ADDRESS, 8,
		    "must be aligned to 16 bytes"),
		ROW(SET, VMCS_EXIT_MSR_STORE_ADDRESS, BEYOND, WIDTH),
		ROW(SET, VMCS_EXIT_MSR_LOAD_ADDRESS, 8,
		    "must be aligned to 16 bytes"),
		ROW(SET, VMCS_ENTRY_MSR_LOAD_ADDRESS, 8,
		    "must be aligned to 16 bytes"),
		{ { { SET, VMCS_EXIT_MSR_STORE_ADDRESS, LAST_PAGE },
		    { SET, VMCS_EXIT_MSR_STORE_COUNT, 257 } },
		  VMCS_EXIT_MSR_STORE_COUNT, LEADS_BEYOND },
		{ { { SET, VMCS_EXIT_MSR_LOAD_ADDRESS, LAST_PAGE },
		    { SET, VMCS_EXIT_MSR_LOAD_COUNT, 257 } },
		  VMCS_EXIT_MSR_LOAD_COUNT, LEADS_BEYOND },
		{ { { SET, VMCS_ENTRY_MSR_LOAD_ADDRESS, LAST_PAGE },
		    { SET, VMCS_ENTRY_MSR_LOAD_COUNT, 257 } },
		  VMCS_ENTRY_MSR_LOAD_COUNT, LEADS_BEYOND },
		{ }
	};
	static const struct row apic_access[] = {
		{ { { ADD, VMCS_PROC2_CONTROLS,
		      SDM_PROC2_VIRTUALIZE_APIC_ACCESSES },
		    { SET, VMCS_APIC_ACCESS_ADDRESS, 8 } },
		  VMCS_APIC_ACCESS_ADDRESS, PAGE },
		{ }
	};

	expect_rows(everything, rows);
	expect_rows(NULL, apic_access);
}

/* The last page's last entry is still within the width. */
void check_control_areas_fit(void)
{
	static const struct row rows[] = {
		{ { { SET, VMCS_ENTRY_MSR_LOAD_ADDRESS, LAST_PAGE },
		    { SET, VMCS_ENTRY_MSR_LOAD_COUNT, 256 },
		    { SET, VMCS_PID_POINTER_TABLE, LAST_PAGE },
		    { SET, VMCS_LAST_PID_POINTER_INDEX, 511 },
		    { SET, VMCS_GUEST_RFLAGS, 0 } },
		  VMCS_GUEST_RFLAGS, "must have bit 1 set" },
		{ }
	};

	expect_rows(everything, rows);
}

void check_controls_together(void)
{
	static const struct row rows[] = {
		{ { { TAKE, VMCS_PIN_CONTROLS, SDM_PIN_NMI_EXITING } },
		  VMCS_PIN_CONTROLS,
		  "may have virtual NMIs only with NMI exiting" },
		{ { { TAKE, VMCS_PIN_CONTROLS, SDM_PIN_VIRTUAL_NMIS } },
		  VMCS_PROC_CONTROLS,
		  "may have NMI-window exiting only with virtual NMIs" },
		{ { { TAKE, VMCS_PROC_CONTROLS, SDM_PROC_TPR_SHADOW } },
		  VMCS_PROC2_CONTROLS,
		  "may virtualize the APIC's registers only with the TPR shadow" },
		{ { { ADD, VMCS_PROC2_CONTROLS,
		      SDM_PROC2_VIRTUALIZE_APIC_ACCESSES } },
		  VMCS_PROC2_CONTROLS,
		  "may not virtualize x2APIC mode and APIC accesses at once" },
		{ { { TAKE, VMCS_PIN_CONTROLS,
		      SDM_PIN_EXTERNAL_INTERRUPT_EXITING } },
		  VMCS_PIN_CONTROLS,
		  "must have external-interrupt exiting with virtual-interrupt delivery" },
		{ { { TAKE, VMCS_PROC2_CONTROLS,
		      SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY } },
		  VMCS_PROC2_CONTROLS,
		  "must have virtual-interrupt delivery with posted interrupts" },
		{ { { TAKE, VMCS_EXIT_CONTROLS,
		      SDM_EXIT_ACKNOWLEDGE_INTERRUPT } },
		  VMCS_EXIT_CONTROLS,
		  "must acknowledge interrupts on exit with posted interrupts" },
		ROW(SET, VMCS_POSTED_INTERRUPT_VECTOR, 256, "must be 0 to 255"),
		ROW(SET, VMCS_VPID, 0, "may not be 0"),
		ROW(SET, VMCS_TSC_MULTIPLIER, 0, "may not be 0"),
		ROW(SET, VMCS_VM_FUNCTION_CONTROLS, 2, MAY_1),
		{ { { TAKE, VMCS_ENTRY_CONTROLS, SDM_ENTRY_LOAD_RTIT_CTL } },
		  VMCS_ENTRY_CONTROLS,
		  "must load IA32_RTIT_CTL if Intel PT uses guest-physical addresses" },
		{ { { TAKE, VMCS_EXIT_CONTROLS, SDM_EXIT_CLEAR_RTIT_CTL } },
		  VMCS_EXIT_CONTROLS,
		  "must clear IA32_RTIT_CTL if Intel PT uses guest-physical addresses" },
		{ { { TAKE, VMCS_PIN_CONTROLS, SDM_PIN_PREEMPTION_TIMER } },
		  VMCS_EXIT_CONTROLS,
		  "may save the preemption timer only if it is activated" },
		{ { { ADD, VMCS_ENTRY_CONTROLS, SDM_ENTRY_TO_SMM } },
		  VMCS_ENTRY_CONTROLS,
		  "may ask for SMM or the end of dual-monitor treatment in SMM only" },
		{ { { ADD, VMCS_ENTRY_CONTROLS, SDM_ENTRY_END_DUAL_MONITOR } },
		  VMCS_ENTRY_CONTROLS,
		  "may ask for SMM or the end of dual-monitor treatment in SMM only" },
		{ { { TAKE, VMCS_PROC_CONTROLS, SDM_PROC_TPR_SHADOW },
		    { TAKE, VMCS_PROC2_CONTROLS,
		      SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY |
		      SDM_PROC2_APIC_REGISTER_VIRTUALIZATION |
		      SDM_PROC2_VIRTUALIZE_X2APIC } },
		  VMCS_PROC3_CONTROLS,
		  "may have IPI virtualization only with the TPR shadow" },
		{ }
	};

	expect_rows(everything, rows);
}

void check_tpr_threshold(void)
{
	static const struct row rows[] = {
		{ { { ADD, VMCS_PROC_CONTROLS, SDM_PROC_TPR_SHADOW },
		    { SET, VMCS_TPR_THRESHOLD, 0x10 } },
		  VMCS_TPR_THRESHOLD,
		  "must have bits 31:4 clear without virtual-interrupt delivery" },
		{ { { ADD, VMCS_PROC_CONTROLS, SDM_PROC_TPR_SHADOW },
		    { SET, VMCS_TPR_THRESHOLD, 1 } },
		  VMCS_TPR_THRESHOLD, "may not be above the virtual TPR" },
		{ }
	};
	struct vmr_vmcs_state state = good_state(NULL);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault;

	expect_rows(NULL, rows);
	apply(&state, rows[1].changes);
	state.virtual_tpr = 0x1f;
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));
}

/* Each control that works through EPT, without it. */
void check_ept_is_there(void)
{
	static const struct row rows[] = {
#define NEEDS_EPT(bit, rule)						\
		{ { { SET, VMCS_PROC2_CONTROLS, bit } },		\
		  VMCS_PROC2_CONTROLS, "must have EPT with " rule }
		NEEDS_EPT(SDM_PROC2_PML, "page-modification logging"),
		NEEDS_EPT(SDM_PROC2_UNRESTRICTED_GUEST, "unrestricted guest"),
		NEEDS_EPT(SDM_PROC2_MODE_BASED_EXECUTE,
			  "mode-based execute control"),
		NEEDS_EPT(SDM_PROC2_SUB_PAGE_WRITE,
			  "sub-page write permissions"),
		{ { { SET, VMCS_PROC2_CONTROLS, SDM_PROC2_VM_FUNCTIONS },
		    { SET, VMCS_VM_FUNCTION_CONTROLS, 1 } },
		  VMCS_PROC2_CONTROLS, "must have EPT with EPTP switching" },
		{ { { SET, VMCS_PROC2_CONTROLS, SDM_PROC2_PT_GUEST_PHYSICAL } },
		  VMCS_PROC2_CONTROLS,
		  "must have EPT if Intel PT uses guest-physical addresses" },
#define NEEDS_EPT3(bit, rule)						\
		{ { { SET, VMCS_PROC2_CONTROLS, 0 },			\
		    { ADD, VMCS_PROC_CONTROLS,				\
		      SDM_PROC_TERTIARY_CONTROLS },			\
		    { SET, VMCS_PROC3_CONTROLS, bit } },		\
		  VMCS_PROC2_CONTROLS, "must have EPT with " rule }
		NEEDS_EPT3(SDM_PROC3_HLAT, "HLAT"),
		NEEDS_EPT3(SDM_PROC3_EPT_PAGING_WRITE,
			   "EPT paging-write control"),
		NEEDS_EPT3(SDM_PROC3_GUEST_PAGING_VERIFICATION,
			   "guest-paging verification"),
		{ }
	};

	expect_rows(NULL, rows);
}

void check_ept_pointer(void)
{
	const u32 field = VMCS_EPT_POINTER;
	static const struct row rows[] = {
		ROW(TAKE, VMCS_EPT_POINTER, 2,
		    "must have a memory type that this CPU supports"),
		ROW(ADD, VMCS_EPT_POINTER, SDM_EPTP_MEMORY_TYPE,
		    "must have a memory type that this CPU supports"),
		ROW(TAKE, VMCS_EPT_POINTER, 0x08,
		    "must have a page-walk length that this CPU supports"),
		{ { { TAKE, VMCS_EPT_POINTER, SDM_EPTP_WALK_LENGTH },
		    { ADD, VMCS_EPT_POINTER, SDM_EPTP_WALK_LENGTH_5 } },
		  VMCS_EPT_POINTER,
		  "must have a page-walk length that this CPU supports" },
		ROW(ADD, VMCS_EPT_POINTER, SDM_EPTP_SUPERVISOR_SHADOW_STACK,
		    "may ask for supervisor shadow-stack pages only where the CPU has them"),
		ROW(ADD, VMCS_EPT_POINTER, BIT_ULL(8), BITS("11:8")),
		ROW(ADD, VMCS_EPT_POINTER, BIT_ULL(11), BITS("11:8")),
		ROW(ADD, VMCS_EPT_POINTER, BEYOND, WIDTH),
		{ }
	};
	struct vmr_vmcs_state state = good_state(NULL);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { };

	expect_rows(NULL, rows);

	/* Another CPU: no accessed and dirty flags, uncached tables, 5 levels. */
	caps.msr[SDM_IA32_VMX_EPT_VPID_CAP - VMR_CAPS_FIRST_MSR] =
		SDM_EPT_MEMORY_TYPE_UC | SDM_EPT_WALK_LENGTH_5;
	vmr_vmcs_state_set(&state, field, SDM_EPTP_WALK_LENGTH_5);
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));
	vmr_vmcs_state_set(&state, field, SDM_EPTP_WALK_LENGTH_5 |
			   SDM_EPTP_ACCESSED_DIRTY);
	EXPECT(!vmr_vmcs_check(&state, &caps, &fault));
	EXPECT_EQ(fault.field, field);
	EXPECT_STR(fault.rule,
		   "may ask for accessed and dirty flags only where the CPU has them");
}

#define GP_WITH_CODE	(EVENT(SDM_EVENT_EXCEPTION, 13) | SDM_EVENT_HAS_ERROR)

void check_event_injection(void)
{
	static const struct row rows[] = {
		{ { { INJECT(EVENT(1, 0)) } }, VMCS_ENTRY_INTERRUPTION_INFO,
		  "must have a type that isn't reserved" },
		{ { { INJECT(EVENT(SDM_EVENT_NMI, 3)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO,
		  "must have a vector that goes with the type" },
		{ { { INJECT(EVENT(SDM_EVENT_EXCEPTION, 32)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO,
		  "must have a vector that goes with the type" },
		{ { { INJECT(EVENT(SDM_EVENT_OTHER, 1)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO,
		  "must have a vector that goes with the type" },
#define NO_CODE	"must deliver an error code if, and only if, the exception has one"
		{ { { INJECT(EVENT(SDM_EVENT_EXCEPTION, 13)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO, NO_CODE },
		{ { { INJECT(EVENT(SDM_EVENT_EXCEPTION, 6) |
			     SDM_EVENT_HAS_ERROR) } },
		  VMCS_ENTRY_INTERRUPTION_INFO, NO_CODE },
		{ { { INJECT(EVENT(SDM_EVENT_EXTERNAL, 13) |
			     SDM_EVENT_HAS_ERROR) } },
		  VMCS_ENTRY_INTERRUPTION_INFO, NO_CODE },
		{ { { INJECT(EVENT(SDM_EVENT_NMI, 2) | BIT(12)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO, BITS("30:12") },
		{ { { INJECT(EVENT(SDM_EVENT_NMI, 2) | BIT(30)) } },
		  VMCS_ENTRY_INTERRUPTION_INFO, BITS("30:12") },
		{ { { INJECT(GP_WITH_CODE) },
		    { SET, VMCS_ENTRY_EXCEPTION_ERROR, 0x10000 } },
		  VMCS_ENTRY_EXCEPTION_ERROR, BITS("31:16") },
		{ { { INJECT(EVENT(SDM_EVENT_SOFTWARE, 0x80)) },
		    { SET, VMCS_ENTRY_INSTRUCTION_LENGTH, 16 } },
		  VMCS_ENTRY_INSTRUCTION_LENGTH, "may not be more than 15" },
		{ { { INJECT(EVENT(SDM_EVENT_SOFTWARE, 0x80)) } },
		  VMCS_ENTRY_INSTRUCTION_LENGTH, "may not be 0 on this CPU" },
		{ { { INJECT(EVENT(SDM_EVENT_SOFTWARE_EXCEPTION, 3)) } },
		  VMCS_ENTRY_INSTRUCTION_LENGTH, "may not be 0 on this CPU" },
		{ { { INJECT(EVENT(SDM_EVENT_PRIVILEGED, 1)) } },
		  VMCS_ENTRY_INSTRUCTION_LENGTH, "may not be 0 on this CPU" },
		{ }
	};

	expect_rows(NULL, rows);
}

/* In real mode no exception has an error code. */
void check_event_in_real_mode(void)
{
	static const struct row rows[] = {
		{ { { INJECT(GP_WITH_CODE) } }, VMCS_ENTRY_INTERRUPTION_INFO,
		  NO_CODE },
		{ { { INJECT(EVENT(SDM_EVENT_EXCEPTION, 13)) },
		    { SET, VMCS_GUEST_RFLAGS, 0 } },
		  VMCS_GUEST_RFLAGS, "must have bit 1 set" },
		{ }
	};

	expect_rows(real_mode, rows);
}

/* What a CPU has to say of events changes two rules. */
void check_event_by_cpu(void)
{
	struct vmr_vmcs_state state = good_state(NULL);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { };

	vmr_vmcs_state_set(&state, VMCS_ENTRY_INTERRUPTION_INFO,
			   EVENT(SDM_EVENT_EXCEPTION, 13));
	EXPECT(!vmr_vmcs_check(&state, &caps, &fault));
	CAP(BASIC) |= SDM_BASIC_ANY_ERROR_CODE;
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));

	vmr_vmcs_state_set(&state, VMCS_ENTRY_INTERRUPTION_INFO,
			   EVENT(SDM_EVENT_SOFTWARE, 0x80));
	EXPECT(!vmr_vmcs_check(&state, &caps, &fault));
	CAP(MISC) |= SDM_MISC_EMPTY_SOFTWARE_EVENT;
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));

	vmr_vmcs_state_set(&state, VMCS_ENTRY_INTERRUPTION_INFO,
			   EVENT(SDM_EVENT_OTHER, 0));
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));
	let_all_but(&caps, SDM_IA32_VMX_TRUE_PROCBASED_CTLS,
		    PROC_HOLE | SDM_PROC_MONITOR_TRAP_FLAG);
	EXPECT(!vmr_vmcs_check(&state, &caps, &fault));
	EXPECT_STR(fault.rule, "must have a type that isn't reserved");
}

void check_smm(void)
{
	struct vmr_vmcs_state state = good_state(NULL);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { };
	u32 both = SDM_ENTRY_TO_SMM | SDM_ENTRY_END_DUAL_MONITOR;
	u64 entry = vmr_vmcs_state_get(&state, VMCS_ENTRY_CONTROLS);

	state.smm = true;
	vmr_vmcs_state_set(&state, VMCS_ENTRY_CONTROLS, entry | both);
	expect_fault(&state, VMCS_ENTRY_CONTROLS,
		     "may not ask for SMM and the end of dual-monitor treatment at once");
	vmr_vmcs_state_set(&state, VMCS_ENTRY_CONTROLS, entry | SDM_ENTRY_TO_SMM);
	expect_fault(&state, VMCS_GUEST_INTERRUPTIBILITY,
		     "must block SMIs if the entry leads to SMM");

	CAP(MISC) |= SDM_MISC_ACTIVITY_WAIT_FOR_SIPI;
	vmr_vmcs_state_set(&state, VMCS_GUEST_ACTIVITY,
			   SDM_ACTIVITY_WAIT_FOR_SIPI);
	EXPECT(!vmr_vmcs_check(&state, &caps, &fault));
	EXPECT_STR(fault.rule,
		   "may not be wait-for-SIPI if the entry leads to SMM");
}
