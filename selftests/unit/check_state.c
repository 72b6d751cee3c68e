// SPDX-License-Identifier: GPL-2.0
/* Owns the good states that the tests of the rules for VM entry begin with. */
#include "check_state.h"
#include "models.h"
#include "unit.h"

void let_all_but(struct vmr_caps *caps, u32 msr, u32 holes)
{
	u64 *cap = &caps->msr[msr - VMR_CAPS_FIRST_MSR];

	*cap = (*cap | 0xffffffffULL << 32) ^ (u64)holes << 32;
}

struct vmr_caps rich_cpu(void)
{
	struct vmr_caps caps = model_read(model_called("corei7_skylake_x"));

	let_all_but(&caps, SDM_IA32_VMX_TRUE_PINBASED_CTLS, PIN_HOLE);
	let_all_but(&caps, SDM_IA32_VMX_TRUE_PROCBASED_CTLS, PROC_HOLE);
	let_all_but(&caps, SDM_IA32_VMX_PROCBASED_CTLS2, PROC2_HOLE);
	let_all_but(&caps, SDM_IA32_VMX_TRUE_EXIT_CTLS, EXIT_HOLE);
	let_all_but(&caps, SDM_IA32_VMX_TRUE_ENTRY_CTLS, ENTRY_HOLE);
	CAP(PROCBASED_CTLS3) = ~PROC3_HOLE;
	CAP(EXIT_CTLS2) = ~EXIT2_HOLE;
	CAP(VMFUNC) = SDM_VMFUNC_EPTP_SWITCHING;
	CAP(CR4_FIXED1) = 0x1ffffff & ~BIT_ULL(15);
	CAP(MISC) = 4 << 16 | SDM_MISC_ACTIVITY_HLT | SDM_MISC_ACTIVITY_SHUTDOWN;
	CAP(BASIC) &= ~SDM_BASIC_ANY_ERROR_CODE;
	return caps;
}

void apply(struct vmr_vmcs_state *state, const struct change *changes)
{
	for (; changes->how != END; changes++) {
		u64 old = vmr_vmcs_state_get(state, changes->field);
		u64 value = changes->value;

		EXPECT(vmr_vmcs_field_index(changes->field) >= 0);
		if (changes->how == ADD)
			value |= old;
		if (changes->how == TAKE)
			value = old & ~value;
		vmr_vmcs_state_set(state, changes->field, value);
	}
}

/* A 64-bit guest at rest on a 64-bit host, with what vmring wants and no more. */
static const struct change sixty_four_bits[] = {
	{ SET, VMCS_PIN_CONTROLS, SDM_PIN_EXTERNAL_INTERRUPT_EXITING |
	  SDM_PIN_NMI_EXITING | SDM_PIN_VIRTUAL_NMIS },
	{ SET, VMCS_PROC_CONTROLS, SDM_PROC_SECONDARY_CONTROLS |
	  SDM_PROC_USE_MSR_BITMAPS | SDM_PROC_HLT_EXITING },
	{ SET, VMCS_PROC2_CONTROLS, SDM_PROC2_EPT | SDM_PROC2_VPID |
	  SDM_PROC2_UNRESTRICTED_GUEST },
	{ SET, VMCS_EXIT_CONTROLS, SDM_EXIT_HOST_ADDRESS_SPACE_SIZE |
	  SDM_EXIT_ACKNOWLEDGE_INTERRUPT | SDM_EXIT_LOAD_EFER |
	  SDM_EXIT_LOAD_PAT },
	{ SET, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST |
	  SDM_ENTRY_LOAD_DEBUG_CONTROLS | SDM_ENTRY_LOAD_EFER |
	  SDM_ENTRY_LOAD_PAT },
	{ SET, VMCS_MSR_BITMAP, LAST_PAGE },
	{ SET, VMCS_EPT_POINTER, 0x10000 | SDM_EPTP_WALK_LENGTH_4 |
	  SDM_EPTP_MEMORY_TYPE_WB | SDM_EPTP_ACCESSED_DIRTY },
	{ SET, VMCS_VPID, 1 },

	{ SET, VMCS_HOST_CR0, SDM_CR0_PE | SDM_CR0_NE | SDM_CR0_WP |
	  SDM_CR0_PG },
	{ SET, VMCS_HOST_CR3, 0x2000 },
	{ SET, VMCS_HOST_CR4, SDM_CR4_VMXE | SDM_CR4_PAE | SDM_CR4_PCIDE },
	{ SET, VMCS_HOST_EFER, SDM_EFER_LMA | SDM_EFER_LME | SDM_EFER_NXE |
	  SDM_EFER_SCE },
	{ SET, VMCS_HOST_PAT, 0x0407050600070106 },
	{ SET, VMCS_HOST_CS_SELECTOR, 0x10 },
	{ SET, VMCS_HOST_TR_SELECTOR, 0x40 },
	{ SET, VMCS_HOST_GS_BASE, 0xffff888000000000 },
	{ SET, VMCS_HOST_RIP, 0xffffffffc0000000 },

	{ SET, VMCS_GUEST_CR0, SDM_CR0_PE | SDM_CR0_NE | SDM_CR0_PG },
	{ SET, VMCS_GUEST_CR3, 0x3000 },
	{ SET, VMCS_GUEST_CR4, SDM_CR4_VMXE | SDM_CR4_PAE },
	{ SET, VMCS_GUEST_EFER, SDM_EFER_LMA | SDM_EFER_LME },
	{ SET, VMCS_GUEST_PAT, 0x0007040600070406 },
	{ SET, VMCS_GUEST_DR7, SDM_DR7_ONES },
	{ SET, VMCS_GUEST_LINK_POINTER, ~0ULL },
	{ SET, VMCS_GUEST_RFLAGS, SDM_RFLAGS_FIXED | SDM_RFLAGS_IF },
	{ SET, VMCS_GUEST_RIP, 0xffff800000100000 },
	{ SET, VMCS_GUEST_CS_SELECTOR, 0x08 },
	{ SET, VMCS_GUEST_CS_LIMIT, ~0U },
	{ SET, VMCS_GUEST_CS_ACCESS_RIGHTS, 0xa09b },
	{ SET, VMCS_GUEST_SS_SELECTOR, 0x10 },
	{ SET, VMCS_GUEST_SS_LIMIT, ~0U },
	{ SET, VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc093 },
	{ SET, VMCS_GUEST_DS_SELECTOR, 0x10 },
	{ SET, VMCS_GUEST_DS_LIMIT, 0xfffff },
	{ SET, VMCS_GUEST_DS_ACCESS_RIGHTS, 0x4093 },
	{ SET, VMCS_GUEST_ES_ACCESS_RIGHTS, SDM_SEGMENT_UNUSABLE },
	{ SET, VMCS_GUEST_FS_LIMIT, 0xffff },
	{ SET, VMCS_GUEST_FS_ACCESS_RIGHTS, 0x93 },
	{ SET, VMCS_GUEST_GS_BASE, 0xffff800000200000 },
	{ SET, VMCS_GUEST_GS_ACCESS_RIGHTS, SDM_SEGMENT_UNUSABLE },
	{ SET, VMCS_GUEST_LDTR_LIMIT, 0xffff },
	{ SET, VMCS_GUEST_LDTR_ACCESS_RIGHTS, 0x82 },
	{ SET, VMCS_GUEST_TR_LIMIT, 0x67 },
	{ SET, VMCS_GUEST_TR_ACCESS_RIGHTS, 0x8b },
	{ END }
};

/* Other guests, as changes to that one. */
const struct change no_paging[] = {
	{ TAKE, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST },
	{ TAKE, VMCS_GUEST_CR0, SDM_CR0_PG },
	{ SET, VMCS_GUEST_EFER, SDM_EFER_LME },
	{ SET, VMCS_GUEST_RIP, 0x100000 },
	{ SET, VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b },
	{ END }
};

const struct change real_mode[] = {
	{ TAKE, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST },
	{ TAKE, VMCS_GUEST_CR0, SDM_CR0_PG | SDM_CR0_PE },
	{ SET, VMCS_GUEST_EFER, 0 },
	{ SET, VMCS_GUEST_RIP, 0xfff0 },
	{ SET, VMCS_GUEST_CS_SELECTOR, 0xf000 },
	{ SET, VMCS_GUEST_CS_BASE, 0xffff0000 },
	{ SET, VMCS_GUEST_CS_LIMIT, 0xffff },
	{ SET, VMCS_GUEST_CS_ACCESS_RIGHTS, 0x93 },
	{ END }
};

const struct change pae_paging[] = {
	{ TAKE, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST },
	{ SET, VMCS_GUEST_EFER, 0 },
	{ SET, VMCS_GUEST_RIP, 0x100000 },
	{ SET, VMCS_GUEST_CS_ACCESS_RIGHTS, 0xc09b },
	{ SET, VMCS_GUEST_PDPTE0, 0x4001 },
	{ SET, VMCS_GUEST_PDPTE3, ~1ULL },	/* not present */
	{ END }
};

#define V8086_SEGMENT(name)						\
	{ SET, VMCS_GUEST_##name##_SELECTOR, 0x1234 },			\
	{ SET, VMCS_GUEST_##name##_BASE, 0x12340 },			\
	{ SET, VMCS_GUEST_##name##_LIMIT, 0xffff },			\
	{ SET, VMCS_GUEST_##name##_ACCESS_RIGHTS, 0xf3 }

const struct change v8086[] = {
	{ TAKE, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST },
	{ SET, VMCS_GUEST_EFER, 0 },
	{ SET, VMCS_GUEST_RIP, 0x100 },
	{ ADD, VMCS_GUEST_RFLAGS, SDM_RFLAGS_VM },
	V8086_SEGMENT(CS), V8086_SEGMENT(SS), V8086_SEGMENT(DS),
	V8086_SEGMENT(ES), V8086_SEGMENT(FS), V8086_SEGMENT(GS),
	{ END }
};

const struct change user_mode[] = {
	{ TAKE, VMCS_PROC2_CONTROLS, SDM_PROC2_UNRESTRICTED_GUEST },
	{ SET, VMCS_GUEST_CS_SELECTOR, 0x33 },
	{ SET, VMCS_GUEST_CS_ACCESS_RIGHTS, 0xa0fb },
	{ SET, VMCS_GUEST_SS_SELECTOR, 0x2b },
	{ SET, VMCS_GUEST_SS_ACCESS_RIGHTS, 0xc0f3 },
	{ SET, VMCS_GUEST_DS_SELECTOR, 0x2b },
	{ SET, VMCS_GUEST_DS_ACCESS_RIGHTS, 0x40f3 },
	{ END }
};

/* Every optional part in use, with values that the rules like. */
const struct change everything[] = {
	{ ADD, VMCS_PIN_CONTROLS, SDM_PIN_POSTED_INTERRUPTS |
	  SDM_PIN_PREEMPTION_TIMER },
	{ ADD, VMCS_PROC_CONTROLS, SDM_PROC_TERTIARY_CONTROLS |
	  SDM_PROC_TPR_SHADOW | SDM_PROC_USE_IO_BITMAPS |
	  SDM_PROC_NMI_WINDOW_EXITING },
	{ ADD, VMCS_PROC2_CONTROLS, SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY |
	  SDM_PROC2_APIC_REGISTER_VIRTUALIZATION |
	  SDM_PROC2_VIRTUALIZE_X2APIC | SDM_PROC2_PML |
	  SDM_PROC2_SUB_PAGE_WRITE | SDM_PROC2_VM_FUNCTIONS |
	  SDM_PROC2_VMCS_SHADOWING | SDM_PROC2_EPT_VIOLATION_VE |
	  SDM_PROC2_PASID_TRANSLATION | SDM_PROC2_PT_GUEST_PHYSICAL |
	  SDM_PROC2_TSC_SCALING | SDM_PROC2_MODE_BASED_EXECUTE },
	{ SET, VMCS_PROC3_CONTROLS, SDM_PROC3_HLAT |
	  SDM_PROC3_EPT_PAGING_WRITE | SDM_PROC3_GUEST_PAGING_VERIFICATION |
	  SDM_PROC3_IPI_VIRTUALIZATION },
	{ SET, VMCS_VM_FUNCTION_CONTROLS, SDM_VMFUNC_EPTP_SWITCHING },
	{ SET, VMCS_TSC_MULTIPLIER, 1 },
	{ ADD, VMCS_EXIT_CONTROLS, SDM_EXIT_CLEAR_RTIT_CTL |
	  SDM_EXIT_LOAD_CET | SDM_EXIT_LOAD_PKRS |
	  SDM_EXIT_LOAD_PERF_GLOBAL_CTRL | SDM_EXIT_SAVE_PREEMPTION_TIMER |
	  SDM_EXIT_SECONDARY_CONTROLS },
	{ ADD, VMCS_ENTRY_CONTROLS, SDM_ENTRY_LOAD_RTIT_CTL |
	  SDM_ENTRY_LOAD_CET | SDM_ENTRY_LOAD_PKRS | SDM_ENTRY_LOAD_LBR_CTL |
	  SDM_ENTRY_LOAD_UINV | SDM_ENTRY_LOAD_BNDCFGS |
	  SDM_ENTRY_LOAD_PERF_GLOBAL_CTRL },
	{ SET, VMCS_POSTED_INTERRUPT_VECTOR, 0xf2 },
	{ SET, VMCS_POSTED_INTERRUPT_ADDRESS, 0x40 },
	{ SET, VMCS_EXIT_MSR_STORE_COUNT, 1 },
	{ SET, VMCS_EXIT_MSR_LOAD_COUNT, 1 },
	{ SET, VMCS_ENTRY_MSR_LOAD_COUNT, 1 },
	{ SET, VMCS_HOST_S_CET, BIT_ULL(2) },
	{ SET, VMCS_GUEST_S_CET, 0xffff800000000800 },
	{ SET, VMCS_GUEST_SSP, 0xffff800000000ff8 },
	{ SET, VMCS_GUEST_PERF_GLOBAL_CTRL, 0x70000000f },
	{ END }
};

struct vmr_vmcs_state good_state(const struct change *guest)
{
	static const struct change none = { END };
	struct vmr_vmcs_state state = {
		.physical_width = PHYSICAL_WIDTH,
		.linear_width = 48,
		.vmcs = VMCS_ITSELF,
		.host_efer = SDM_EFER_LMA | SDM_EFER_LME,
		.perf_global_ctrl = 0x70000000f,
		.has_sgx = true,
		.has_rtm = true,
		.has_bus_lock_debug = true,
	};
	struct vmr_caps caps = rich_cpu();
	static const struct {
		u32 field;
		enum vmr_caps_word word;
	} words[] = {
		{ VMCS_PIN_CONTROLS, VMR_CAPS_PIN },
		{ VMCS_PROC_CONTROLS, VMR_CAPS_PROC },
		{ VMCS_EXIT_CONTROLS, VMR_CAPS_EXIT },
		{ VMCS_ENTRY_CONTROLS, VMR_CAPS_ENTRY },
	};
	unsigned int i;

	apply(&state, sixty_four_bits);
	for (i = 0; i < ARRAY_SIZE(words); i++) {
		u32 must = vmr_caps_word(&caps, words[i].word);
		u64 value = vmr_vmcs_state_get(&state, words[i].field);

		vmr_vmcs_state_set(&state, words[i].field, value | must);
	}
	apply(&state, guest ? guest : &none);
	return state;
}

void expect_good(const struct change *guest)
{
	struct vmr_vmcs_state state = good_state(guest);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { 1, "untouched" };

	EXPECT(vmr_vmcs_check(&state, &caps, &fault));
	EXPECT_EQ(fault.field, 1);
	EXPECT_STR(fault.rule, "untouched");
}

void expect_fault(const struct vmr_vmcs_state *state, u32 field,
		  const char *rule)
{
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { 0, "none" };

	EXPECT(!vmr_vmcs_check(state, &caps, &fault));
	EXPECT_STR(vmr_vmcs_field_name(fault.field), vmr_vmcs_field_name(field));
	EXPECT_STR(fault.rule, rule);
}

void expect_rows(const struct change *guest, const struct row *row)
{
	expect_good(guest);
	for (; row->rule; row++) {
		struct vmr_vmcs_state state = good_state(guest);

		apply(&state, row->changes);
		expect_fault(&state, row->field ?: row->changes[0].field,
			     row->rule);
	}
}

/* A field with the address of a page. */
void expect_page(const struct change *guest, u32 field)
{
	const struct row rows[] = {
		ROW(SET, field, NOT_IN_PAGE, PAGE),
		ROW(SET, field, BEYOND, WIDTH),
		{ }
	};

	expect_rows(guest, rows);
}
