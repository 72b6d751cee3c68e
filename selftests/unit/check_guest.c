// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the rules for host-state and guest-state fields. */
#include "check_state.h"
#include "unit.h"

#define FIXED_1	"must set the bits that VMX operation fixes to 1"
#define FIXED_0	"may not set bits that VMX operation fixes to 0"
#define PAT	"must have a memory type in each byte"

void check_host_registers(void)
{
	static const struct row rows[] = {
		ROW(TAKE, VMCS_HOST_CR0, SDM_CR0_NE, FIXED_1),
		ROW(ADD, VMCS_HOST_CR0, BIT_ULL(32), FIXED_0),
		ROW(TAKE, VMCS_HOST_CR4, SDM_CR4_VMXE, FIXED_1),
		ROW(ADD, VMCS_HOST_CR4, BIT_ULL(15), FIXED_0),
		{ { { TAKE, VMCS_HOST_CR0, SDM_CR0_WP },
		    { ADD, VMCS_HOST_CR4, SDM_CR4_CET } },
		  VMCS_HOST_CR4, "may have CET set only with CR0.WP" },
		ROW(SET, VMCS_HOST_CR3, BEYOND, WIDTH),
		ROW(SET, VMCS_HOST_CR3, SDM_CR3_NO_FLUSH, WIDTH),
		ROW(SET, VMCS_HOST_CR3, BIT_ULL(61), WIDTH),
		ROW(SET, VMCS_HOST_SYSENTER_ESP, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_SYSENTER_EIP, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_PERF_GLOBAL_CTRL, 0x10, RESERVED),
		ROW(SET, VMCS_HOST_PAT, 0x0407050600070206, PAT),
		ROW(SET, VMCS_HOST_PAT, 0x0307050600070106, PAT),
		ROW(SET, VMCS_HOST_PAT, 0x8007050600070106, PAT),
		ROW(ADD, VMCS_HOST_EFER, BIT_ULL(1), RESERVED),
		ROW(TAKE, VMCS_HOST_EFER, SDM_EFER_LMA,
		    "must have LMA and LME as the host address-space size has it"),
		ROW(TAKE, VMCS_HOST_EFER, SDM_EFER_LME,
		    "must have LMA and LME as the host address-space size has it"),
		ROW(SET, VMCS_HOST_S_CET, BIT_ULL(6), RESERVED),
		ROW(SET, VMCS_HOST_S_CET, 0xc00,
		    "may not have both SUPPRESS and TRACKER set"),
		ROW(SET, VMCS_HOST_S_CET, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_SSP_TABLE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_SSP, 2, BITS("1:0")),
		ROW(SET, VMCS_HOST_SSP, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_PKRS, BIT_ULL(32), BITS("63:32")),
		{ }
	};
	struct vmr_vmcs_state state = good_state(NULL);
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault = { };

	expect_rows(everything, rows);

	/* A CPU with linear-address masking. */
	CAP(CR4_FIXED1) |= SDM_CR4_LAM_SUP;
	vmr_vmcs_state_set(&state, VMCS_HOST_CR3, BIT_ULL(61));
	EXPECT(vmr_vmcs_check(&state, &caps, &fault));
}

void check_host_segments(void)
{
	static const struct row rows[] = {
#define RPL_TI	"must have RPL and TI clear"
		ROW(ADD, VMCS_HOST_CS_SELECTOR, 1, RPL_TI),
		ROW(ADD, VMCS_HOST_SS_SELECTOR, 2, RPL_TI),
		ROW(ADD, VMCS_HOST_DS_SELECTOR, 4, RPL_TI),
		ROW(ADD, VMCS_HOST_ES_SELECTOR, 3, RPL_TI),
		ROW(ADD, VMCS_HOST_FS_SELECTOR, 3, RPL_TI),
		ROW(ADD, VMCS_HOST_GS_SELECTOR, 4, RPL_TI),
		ROW(ADD, VMCS_HOST_TR_SELECTOR, 4, RPL_TI),
		ROW(SET, VMCS_HOST_CS_SELECTOR, 0, "may not be 0"),
		ROW(SET, VMCS_HOST_TR_SELECTOR, 0, "may not be 0"),
		ROW(SET, VMCS_HOST_FS_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_GS_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_GDTR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_IDTR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_HOST_TR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(TAKE, VMCS_HOST_CR4, SDM_CR4_PAE,
		    "must have PAE for a 64-bit host"),
		ROW(SET, VMCS_HOST_RIP, NOT_CANONICAL, CANONICAL),
		{ }
	};

	expect_rows(NULL, rows);
}

/* A host outside IA-32e mode: not ours, but the rules know it. */
void check_host_of_32_bits(void)
{
	static const struct change small[] = {
		{ TAKE, VMCS_EXIT_CONTROLS, SDM_EXIT_HOST_ADDRESS_SPACE_SIZE |
		  SDM_EXIT_LOAD_EFER },
		{ TAKE, VMCS_HOST_CR4, SDM_CR4_PCIDE },
		{ SET, VMCS_HOST_RIP, 0xc0000000 },
		{ SET, VMCS_HOST_SS_SELECTOR, 0x18 },
		{ END }
	};
	static const struct row rows[] = {
		ROW(SET, VMCS_HOST_SS_SELECTOR, 0,
		    "may not be 0 for a 32-bit host"),
		ROW(ADD, VMCS_HOST_CR4, SDM_CR4_PCIDE,
		    "may have PCIDE only for a 64-bit host"),
		ROW(SET, VMCS_HOST_RIP, BIT_ULL(32),
		    "must have bits 63:32 clear for a 32-bit host"),
		ROW(ADD, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST,
		    "may have an IA-32e mode guest only in IA-32e mode"),
		ROW(ADD, VMCS_EXIT_CONTROLS, SDM_EXIT_HOST_ADDRESS_SPACE_SIZE,
		    "may have the large host address-space size only in IA-32e mode"),
		{ }
	};
	struct vmr_vmcs_state state;
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault;
	unsigned int i;

	for (i = 0; rows[i].rule; i++) {
		state = good_state(no_paging);
		apply(&state, small);
		state.host_efer = 0;
		EXPECT(vmr_vmcs_check(&state, &caps, &fault));
		apply(&state, rows[i].changes);
		expect_fault(&state, rows[i].changes[0].field, rows[i].rule);
	}

	state = good_state(no_paging);
	apply(&state, small);
	expect_fault(&state, VMCS_EXIT_CONTROLS,
		     "must have the host address-space size of the 64-bit host");
}

void check_guest_registers(void)
{
	static const struct row rows[] = {
		ROW(TAKE, VMCS_GUEST_CR0, SDM_CR0_NE, FIXED_1),
		ROW(ADD, VMCS_GUEST_CR0, BIT_ULL(32), FIXED_0),
		ROW(TAKE, VMCS_GUEST_CR0, SDM_CR0_PE,
		    "may have PG set only with PE"),
		ROW(TAKE, VMCS_GUEST_CR4, SDM_CR4_VMXE, FIXED_1),
		ROW(ADD, VMCS_GUEST_CR4, BIT_ULL(15), FIXED_0),
		ROW(ADD, VMCS_GUEST_CR4, SDM_CR4_CET,
		    "may have CET set only with CR0.WP"),
		ROW(TAKE, VMCS_GUEST_CR0, SDM_CR0_PG,
		    "must have PG set in IA-32e mode"),
		ROW(TAKE, VMCS_GUEST_CR4, SDM_CR4_PAE,
		    "must have PAE set in IA-32e mode"),
		ROW(SET, VMCS_GUEST_CR3, BEYOND, WIDTH),
		ROW(SET, VMCS_GUEST_DEBUGCTL, BIT_ULL(3), RESERVED),
		ROW(SET, VMCS_GUEST_DEBUGCTL, BIT_ULL(16), RESERVED),
		ROW(SET, VMCS_GUEST_DR7, BIT_ULL(32), BITS("63:32")),
		ROW(SET, VMCS_GUEST_SYSENTER_ESP, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_SYSENTER_EIP, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_PERF_GLOBAL_CTRL, 0x10, RESERVED),
		ROW(SET, VMCS_GUEST_PAT, 2, PAT),
		ROW(ADD, VMCS_GUEST_EFER, BIT_ULL(12), RESERVED),
		ROW(SET, VMCS_GUEST_EFER, SDM_EFER_LME,
		    "must have LMA as the IA-32e mode guest control has it"),
		ROW(SET, VMCS_GUEST_EFER, SDM_EFER_LMA,
		    "must have LME equal to LMA while paging is on"),
		ROW(SET, VMCS_GUEST_BNDCFGS, 4, BITS("11:2")),
		ROW(SET, VMCS_GUEST_BNDCFGS, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_S_CET, BIT_ULL(9), RESERVED),
		ROW(SET, VMCS_GUEST_S_CET, 0xc00,
		    "may not have both SUPPRESS and TRACKER set"),
		ROW(SET, VMCS_GUEST_S_CET, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_SSP_TABLE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_LBR_CTL, BIT_ULL(4), RESERVED),
		ROW(SET, VMCS_GUEST_PKRS, BIT_ULL(32), BITS("63:32")),
		ROW(SET, VMCS_GUEST_UINV, 0x100, BITS("15:8")),
		ROW(SET, VMCS_GUEST_SSP, 1, BITS("1:0")),
		ROW(SET, VMCS_GUEST_SSP, BIT_ULL(48),
		    "must have the same bits beyond the linear-address width"),
		{ }
	};
	static const struct row small[] = {
		ROW(ADD, VMCS_GUEST_CR4, SDM_CR4_PCIDE,
		    "may have PCIDE set only in IA-32e mode"),
		ROW(SET, VMCS_GUEST_EFER, SDM_EFER_LMA,
		    "must have LMA as the IA-32e mode guest control has it"),
		{ }
	};
	static const struct row restricted[] = {
		ROW(TAKE, VMCS_GUEST_CR0, SDM_CR0_PE, FIXED_1),
		ROW(TAKE, VMCS_GUEST_CR0, SDM_CR0_PG, FIXED_1),
		{ }
	};

	expect_rows(everything, rows);
	expect_rows(no_paging, small);
	expect_rows(user_mode, restricted);
}

#define RIGHTS(name)	VMCS_GUEST_##name##_ACCESS_RIGHTS
#define HIGH_BASE	"must have bits 63:32 clear"
#define PRESENT		"must be present"
#define GRANULARITY	"must have the granularity that the limit asks for"
#define NO_SYSTEM	"must be no system segment"

/* What is wanted of the rights of each usable segment. */
static void expect_rights(u32 rights, u32 limit)
{
	const struct row rows[] = {
		ROW(TAKE, rights, SDM_SEGMENT_PRESENT, PRESENT),
		ROW(ADD, rights, BIT(8), BITS("11:8")),
		ROW(ADD, rights, BIT(11), BITS("11:8")),
		ROW(ADD, rights, BIT(17), BITS("31:17")),
		ROW(ADD, rights, BIT(31), BITS("31:17")),
		{ { { ADD, rights, SDM_SEGMENT_G }, { SET, limit, 0xffff0 } },
		  rights, GRANULARITY },
		{ { { TAKE, rights, SDM_SEGMENT_G }, { SET, limit, 0x100fff } },
		  rights, GRANULARITY },
		{ }
	};

	expect_rows(NULL, rows);
}

void check_guest_segment_rights(void)
{
	expect_rights(RIGHTS(CS), VMCS_GUEST_CS_LIMIT);
	expect_rights(RIGHTS(SS), VMCS_GUEST_SS_LIMIT);
	expect_rights(RIGHTS(DS), VMCS_GUEST_DS_LIMIT);
	expect_rights(RIGHTS(FS), VMCS_GUEST_FS_LIMIT);
	expect_rights(RIGHTS(TR), VMCS_GUEST_TR_LIMIT);
	expect_rights(RIGHTS(LDTR), VMCS_GUEST_LDTR_LIMIT);
}

void check_guest_segments(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_CS_BASE, BIT_ULL(32), HIGH_BASE),
		ROW(SET, VMCS_GUEST_SS_BASE, BIT_ULL(32), HIGH_BASE),
		ROW(SET, VMCS_GUEST_DS_BASE, BIT_ULL(32), HIGH_BASE),
		ROW(SET, VMCS_GUEST_FS_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_GS_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_TR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_LDTR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_TR_SELECTOR, 4, "must have TI clear"),
		ROW(SET, VMCS_GUEST_LDTR_SELECTOR, 4, "must have TI clear"),
		ROW(SET, RIGHTS(TR), 0x89, "must have the type of a busy TSS"),
		ROW(SET, RIGHTS(TR), 0x83, "must have the type of a busy TSS"),
		ROW(SET, RIGHTS(LDTR), 0x83, "must have the type of an LDT"),
		ROW(ADD, RIGHTS(TR), SDM_SEGMENT_S, "must be a system segment"),
		ROW(ADD, RIGHTS(LDTR), SDM_SEGMENT_S,
		    "must be a system segment"),
		ROW(ADD, RIGHTS(TR), SDM_SEGMENT_UNUSABLE, "must be usable"),
		ROW(TAKE, RIGHTS(CS), SDM_SEGMENT_S, NO_SYSTEM),
		ROW(TAKE, RIGHTS(SS), SDM_SEGMENT_S, NO_SYSTEM),
		ROW(TAKE, RIGHTS(DS), SDM_SEGMENT_S, NO_SYSTEM),
		ROW(TAKE, RIGHTS(CS), SDM_SEGMENT_ACCESSED,
		    "must have the type of an accessed code segment"),
		ROW(SET, RIGHTS(CS), 0xa097,
		    "must have the type of an accessed code segment"),
		ROW(ADD, RIGHTS(CS), SDM_SEGMENT_DB,
		    "may not have both L and D set"),
		ROW(TAKE, RIGHTS(SS), SDM_SEGMENT_WRITABLE,
		    "must have the type of an accessed, writable data segment"),
		ROW(ADD, RIGHTS(SS), SDM_SEGMENT_CODE,
		    "must have the type of an accessed, writable data segment"),
		ROW(TAKE, RIGHTS(DS), SDM_SEGMENT_ACCESSED, "must be accessed"),
		ROW(SET, RIGHTS(DS), 0x4099,
		    "must be readable if it is a code segment"),
		{ }
	};

	expect_rows(NULL, rows);
}

/* A segment that isn't usable may hold nearly anything. */
void check_guest_unusable_segments(void)
{
	static const struct change unusable[] = {
		{ SET, RIGHTS(SS), SDM_SEGMENT_UNUSABLE | 0xf80 },
		{ SET, VMCS_GUEST_SS_BASE, ~0ULL },
		{ SET, RIGHTS(DS), SDM_SEGMENT_UNUSABLE | 0xf02 },
		{ SET, VMCS_GUEST_DS_BASE, NOT_CANONICAL },
		{ SET, RIGHTS(LDTR), SDM_SEGMENT_UNUSABLE },
		{ SET, VMCS_GUEST_LDTR_BASE, NOT_CANONICAL },
		{ SET, VMCS_GUEST_LDTR_SELECTOR, 4 },
		{ END }
	};
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_FS_BASE, NOT_CANONICAL, CANONICAL),
		{ }
	};

	expect_rows(unusable, rows);
}

#define CS_DPL	"must have a DPL that goes with the type and with SS"

void check_guest_privilege(void)
{
	static const struct row unrestricted[] = {
		ROW(SET, RIGHTS(CS), 0xa0fb, CS_DPL),
		ROW(SET, RIGHTS(CS), 0xa0fd, CS_DPL),
		ROW(SET, RIGHTS(CS), 0xa0f3, CS_DPL),
		{ { { SET, RIGHTS(CS), 0xa093 }, { SET, RIGHTS(SS), 0xc0f3 } },
		  RIGHTS(SS),
		  "must have DPL 0 in real mode, or if CS is a data segment" },
		{ }
	};
	static const struct row real[] = {
		ROW(SET, RIGHTS(SS), 0xc0f3,
		    "must have DPL 0 in real mode, or if CS is a data segment"),
		{ }
	};
	static const struct row restricted[] = {
		ROW(SET, RIGHTS(CS), 0xa093,
		    "must have the type of an accessed code segment"),
		ROW(SET, VMCS_GUEST_SS_SELECTOR, 0x28,
		    "must have the RPL of CS"),
		{ { { SET, RIGHTS(SS), 0xc0d3 } }, RIGHTS(CS), CS_DPL },
		{ { { SET, RIGHTS(SS), 0xc0d3 }, { SET, RIGHTS(CS), 0xa0db } },
		  RIGHTS(SS), "must have a DPL equal to the RPL" },
		{ { { SET, RIGHTS(DS), 0x40d3 } }, RIGHTS(DS),
		  "must have a DPL not below the RPL" },
		{ { { SET, RIGHTS(DS), 0x40db } }, RIGHTS(DS),
		  "must have a DPL not below the RPL" },
		/* Conforming code may be had from everywhere. */
		{ { { SET, RIGHTS(DS), 0x409f },
		    { SET, VMCS_GUEST_RFLAGS, 0 } },
		  VMCS_GUEST_RFLAGS, "must have bit 1 set" },
		{ }
	};

	expect_rows(NULL, unrestricted);
	expect_rows(real_mode, real);
	expect_rows(user_mode, restricted);
}

/* Outside IA-32e mode the TSS may have 16 bits. */
void check_guest_small_tss(void)
{
	static const struct row rows[] = {
		{ { { SET, RIGHTS(TR), 0x83 },
		    { SET, VMCS_GUEST_RFLAGS, 0 } },
		  VMCS_GUEST_RFLAGS, "must have bit 1 set" },
		ROW(SET, RIGHTS(TR), 0x81, "must have the type of a busy TSS"),
		{ }
	};

	expect_rows(no_paging, rows);
}

void check_guest_v8086(void)
{
	static const struct row rows[] = {
#define V8086_ROWS(name)						\
		ROW(SET, VMCS_GUEST_##name##_BASE, 0x12341,		\
		    "must be the selector times 16 in virtual-8086 mode"), \
		ROW(SET, VMCS_GUEST_##name##_LIMIT, 0x1ffff,		\
		    "must be 0xffff in virtual-8086 mode"),		\
		ROW(SET, RIGHTS(name), 0x93,				\
		    "must be 0xf3 in virtual-8086 mode")
		V8086_ROWS(CS),
		V8086_ROWS(SS),
		V8086_ROWS(DS),
		V8086_ROWS(ES),
		V8086_ROWS(FS),
		V8086_ROWS(GS),
		{ }
	};

	expect_rows(v8086, rows);
}

void check_guest_tables(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_GDTR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_IDTR_BASE, NOT_CANONICAL, CANONICAL),
		ROW(SET, VMCS_GUEST_GDTR_LIMIT, 0x10000, BITS("31:16")),
		ROW(SET, VMCS_GUEST_IDTR_LIMIT, 0x10000, BITS("31:16")),
		{ }
	};

	expect_rows(NULL, rows);
}

void check_guest_rip_and_rflags(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_RIP, BIT_ULL(48),
		    "must have the same bits beyond the linear-address width"),
		/* Bit 47 of RIP is nobody's business. */
		{ { { SET, VMCS_GUEST_RIP, NOT_CANONICAL },
		    { ADD, VMCS_GUEST_RFLAGS, BIT_ULL(3) } },
		  VMCS_GUEST_RFLAGS, RESERVED },
		ROW(ADD, VMCS_GUEST_RFLAGS, BIT_ULL(5), RESERVED),
		ROW(ADD, VMCS_GUEST_RFLAGS, BIT_ULL(15), RESERVED),
		ROW(ADD, VMCS_GUEST_RFLAGS, BIT_ULL(22), RESERVED),
		ROW(TAKE, VMCS_GUEST_RFLAGS, 2, "must have bit 1 set"),
		{ { { TAKE, VMCS_GUEST_RFLAGS, SDM_RFLAGS_IF },
		    { INJECT(EVENT(SDM_EVENT_EXTERNAL, 0x20)) } },
		  VMCS_GUEST_RFLAGS,
		  "must have IF set if an external interrupt is injected" },
		{ }
	};
	static const struct row small[] = {
		ROW(SET, VMCS_GUEST_RIP, BIT_ULL(32),
		    "must have bits 63:32 clear outside 64-bit mode"),
		{ }
	};
	static const struct row virtual_8086[] = {
		{ { { TAKE, VMCS_GUEST_CR0, SDM_CR0_PE | SDM_CR0_PG },
		    { SET, RIGHTS(SS), 0xf3 } },
		  VMCS_GUEST_RFLAGS,
		  "may have VM set only in protected mode outside IA-32e mode" },
		{ { { ADD, VMCS_ENTRY_CONTROLS, SDM_ENTRY_IA32E_MODE_GUEST },
		    { SET, VMCS_GUEST_EFER, SDM_EFER_LMA | SDM_EFER_LME } },
		  VMCS_GUEST_RFLAGS,
		  "may have VM set only in protected mode outside IA-32e mode" },
		{ }
	};

	expect_rows(NULL, rows);
	expect_rows(no_paging, small);
	expect_rows(v8086, virtual_8086);
}

#define ACTIVITY(state)	SET, VMCS_GUEST_ACTIVITY, SDM_ACTIVITY_##state
#define SUPPORTED	"must be a state that this CPU supports"
#define MAY_COME	"must be one in which the injected event may come"

void check_guest_activity(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_ACTIVITY, 4, SUPPORTED),
		ROW(SET, VMCS_GUEST_ACTIVITY, SDM_ACTIVITY_WAIT_FOR_SIPI,
		    SUPPORTED),
		{ { { ACTIVITY(HLT) }, { SET, RIGHTS(SS), 0xc0f3 },
		    { SET, RIGHTS(CS), 0xa0fb } },
		  VMCS_GUEST_ACTIVITY, "may be HLT only if SS has DPL 0" },
		{ { { ACTIVITY(HLT) },
		    { SET, VMCS_GUEST_INTERRUPTIBILITY, SDM_BLOCKING_STI } },
		  VMCS_GUEST_ACTIVITY,
		  "must be active while STI or MOV SS blocks" },
		{ { { ACTIVITY(HLT) },
		    { SET, VMCS_GUEST_INTERRUPTIBILITY, SDM_BLOCKING_MOV_SS } },
		  VMCS_GUEST_ACTIVITY,
		  "must be active while STI or MOV SS blocks" },
		{ { { ACTIVITY(HLT) },
		    { INJECT(EVENT(SDM_EVENT_EXCEPTION, 6)) } },
		  VMCS_GUEST_ACTIVITY, MAY_COME },
		{ { { ACTIVITY(SHUTDOWN) },
		    { INJECT(EVENT(SDM_EVENT_EXTERNAL, 0x20)) } },
		  VMCS_GUEST_ACTIVITY, MAY_COME },
		{ }
	};

	expect_rows(NULL, rows);
}

/* Every event in every state, by the manual's list. */
void check_guest_activity_events(void)
{
	static const u32 events[] = {
		EVENT(SDM_EVENT_EXTERNAL, 0x20), EVENT(SDM_EVENT_NMI, 2),
		EVENT(SDM_EVENT_EXCEPTION, 1), EVENT(SDM_EVENT_EXCEPTION, 18),
		EVENT(SDM_EVENT_EXCEPTION, 6), EVENT(SDM_EVENT_SOFTWARE, 0x80),
		EVENT(SDM_EVENT_OTHER, 0), 0,
	};
	static const char *const allowed[] = {
		[SDM_ACTIVITY_ACTIVE] = "11111111",
		[SDM_ACTIVITY_HLT] = "11110011",
		[SDM_ACTIVITY_SHUTDOWN] = "01010001",
		[SDM_ACTIVITY_WAIT_FOR_SIPI] = "00000001",
	};
	struct vmr_caps caps = rich_cpu();
	struct vmr_vmcs_fault fault;
	unsigned int activity, i;

	CAP(MISC) |= SDM_MISC_ACTIVITY_WAIT_FOR_SIPI;
	for (activity = 0; activity < ARRAY_SIZE(allowed); activity++) {
		for (i = 0; i < ARRAY_SIZE(events); i++) {
			const struct change changes[] = {
				{ SET, VMCS_GUEST_ACTIVITY, activity },
				{ INJECT(events[i]) },
				{ SET, VMCS_ENTRY_INSTRUCTION_LENGTH, 2 },
				{ END }
			};
			struct vmr_vmcs_state state = good_state(NULL);

			apply(&state, changes);
			EXPECT_EQ(vmr_vmcs_check(&state, &caps, &fault),
				  allowed[activity][i] == '1');
		}
	}
}

#define BLOCK(bits)	SET, VMCS_GUEST_INTERRUPTIBILITY, bits

void check_guest_interruptibility(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY, BIT(5), BITS("31:5")),
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY, BIT(31), BITS("31:5")),
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY, 3,
		    "may not block by STI and MOV SS at once"),
		{ { { BLOCK(SDM_BLOCKING_STI) },
		    { TAKE, VMCS_GUEST_RFLAGS, SDM_RFLAGS_IF } },
		  VMCS_GUEST_INTERRUPTIBILITY,
		  "may block by STI only with RFLAGS.IF set" },
		{ { { BLOCK(SDM_BLOCKING_STI) },
		    { INJECT(EVENT(SDM_EVENT_EXTERNAL, 0x20)) } },
		  VMCS_GUEST_INTERRUPTIBILITY,
		  "may not block the external interrupt that is injected" },
		{ { { BLOCK(SDM_BLOCKING_MOV_SS) },
		    { INJECT(EVENT(SDM_EVENT_EXTERNAL, 0x20)) } },
		  VMCS_GUEST_INTERRUPTIBILITY,
		  "may not block the external interrupt that is injected" },
		{ { { BLOCK(SDM_BLOCKING_MOV_SS) },
		    { INJECT(EVENT(SDM_EVENT_NMI, 2)) } },
		  VMCS_GUEST_INTERRUPTIBILITY,
		  "may not block by MOV SS the NMI that is injected" },
		{ { { BLOCK(SDM_BLOCKING_NMI) },
		    { INJECT(EVENT(SDM_EVENT_NMI, 2)) } },
		  VMCS_GUEST_INTERRUPTIBILITY,
		  "may not block the virtual NMI that is injected" },
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY, SDM_BLOCKING_SMI,
		    "may block SMIs only in SMM"),
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY,
		    SDM_ENCLAVE_INTERRUPTION | SDM_BLOCKING_MOV_SS,
		    "may not tell of an enclave and block by MOV SS at once"),
		{ }
	};

	expect_rows(NULL, rows);
}

#define PENDING(bits)	SET, VMCS_GUEST_PENDING_DEBUG, bits
#define IS_DUE		"must have BS set: a single step is held up"
#define NOT_DUE		"may not have BS set: no single step is due"

void check_guest_pending_debug(void)
{
	static const struct row rows[] = {
		{ { { PENDING(BIT_ULL(4)) } }, VMCS_GUEST_PENDING_DEBUG,
		  RESERVED },
		{ { { PENDING(BIT_ULL(13)) } }, VMCS_GUEST_PENDING_DEBUG,
		  RESERVED },
		{ { { PENDING(BIT_ULL(15)) } }, VMCS_GUEST_PENDING_DEBUG,
		  RESERVED },
		{ { { PENDING(BIT_ULL(17)) } }, VMCS_GUEST_PENDING_DEBUG,
		  RESERVED },
		{ { { BLOCK(SDM_BLOCKING_STI) },
		    { ADD, VMCS_GUEST_RFLAGS, SDM_RFLAGS_TF } },
		  VMCS_GUEST_PENDING_DEBUG, IS_DUE },
		{ { { BLOCK(SDM_BLOCKING_MOV_SS) },
		    { ADD, VMCS_GUEST_RFLAGS, SDM_RFLAGS_TF } },
		  VMCS_GUEST_PENDING_DEBUG, IS_DUE },
		{ { { ACTIVITY(HLT) },
		    { ADD, VMCS_GUEST_RFLAGS, SDM_RFLAGS_TF } },
		  VMCS_GUEST_PENDING_DEBUG, IS_DUE },
		{ { { ACTIVITY(HLT) }, { PENDING(SDM_PENDING_SINGLE_STEP) } },
		  VMCS_GUEST_PENDING_DEBUG, NOT_DUE },
		{ { { ACTIVITY(HLT) }, { PENDING(SDM_PENDING_SINGLE_STEP) },
		    { ADD, VMCS_GUEST_RFLAGS, SDM_RFLAGS_TF },
		    { SET, VMCS_GUEST_DEBUGCTL, SDM_DEBUGCTL_BTF } },
		  VMCS_GUEST_PENDING_DEBUG, NOT_DUE },
		{ { { PENDING(SDM_PENDING_RTM) } }, VMCS_GUEST_PENDING_DEBUG,
		  "must have bit 12 and no other set beside RTM" },
		{ { { PENDING(SDM_PENDING_RTM | BIT_ULL(12) | 1) } },
		  VMCS_GUEST_PENDING_DEBUG,
		  "must have bit 12 and no other set beside RTM" },
		{ { { PENDING(SDM_PENDING_RTM | BIT_ULL(12)) },
		    { BLOCK(SDM_BLOCKING_MOV_SS) } },
		  VMCS_GUEST_PENDING_DEBUG,
		  "may not have RTM set while MOV SS blocks" },
		{ }
	};

	expect_rows(NULL, rows);
}

/* What a CPU lacks is reserved there. */
void check_guest_by_cpu(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_DEBUGCTL, BIT_ULL(2), RESERVED),
		ROW(SET, VMCS_GUEST_DEBUGCTL, BIT_ULL(15), RESERVED),
		ROW(SET, VMCS_GUEST_PENDING_DEBUG, SDM_PENDING_BUS_LOCK,
		    RESERVED),
		ROW(SET, VMCS_GUEST_PENDING_DEBUG,
		    SDM_PENDING_RTM | SDM_PENDING_ENABLED_BREAKPOINT, RESERVED),
		ROW(SET, VMCS_GUEST_INTERRUPTIBILITY, SDM_ENCLAVE_INTERRUPTION,
		    "may tell of an enclave only on a CPU with SGX"),
		{ }
	};
	struct vmr_caps caps = rich_cpu();
	const struct row *row;

	for (row = rows; row->rule; row++) {
		struct vmr_vmcs_state state = good_state(NULL);
		struct vmr_vmcs_fault fault;

		apply(&state, row->changes);
		EXPECT(vmr_vmcs_check(&state, &caps, &fault));
		state.has_sgx = false;
		state.has_rtm = false;
		state.has_bus_lock_debug = false;
		expect_fault(&state, row->changes[0].field, row->rule);
	}
}

void check_guest_link_pointer(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_LINK_POINTER, VMCS_ITSELF,
		    "may not be the current VMCS"),
		{ }
	};

	expect_page(NULL, VMCS_GUEST_LINK_POINTER);
	expect_rows(NULL, rows);
}

void check_guest_pdptes(void)
{
	static const struct row rows[] = {
		ROW(SET, VMCS_GUEST_PDPTE0, 0x4003,
		    "may set no reserved bit if it is present"),
		ROW(SET, VMCS_GUEST_PDPTE1, 0x4021,
		    "may set no reserved bit if it is present"),
		ROW(SET, VMCS_GUEST_PDPTE2, 0x4101,
		    "may set no reserved bit if it is present"),
		ROW(SET, VMCS_GUEST_PDPTE3, BEYOND | 1,
		    "may set no reserved bit if it is present"),
		ROW(SET, VMCS_GUEST_PDPTE3, SDM_PTE_NO_EXECUTE | 1,
		    "may set no reserved bit if it is present"),
		{ }
	};

	expect_rows(pae_paging, rows);
}
