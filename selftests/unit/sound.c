// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the rules for registers that user space sets. */
#include <stddef.h>
#include <string.h>

#include <linux/kernel.h>

#include <vmring_ring.h>

#include "check_state.h"
#include "unit.h"
#include "vmx/cr.h"
#include "vmx/features.h"
#include "vmx/sound.h"

static const struct vmr_controls controls = {
	.word = {
		[VMR_CAPS_PIN] = SDM_PIN_VIRTUAL_NMIS,
		[VMR_CAPS_PROC] = SDM_PROC_SECONDARY_CONTROLS,
		[VMR_CAPS_PROC2] = SDM_PROC2_EPT | SDM_PROC2_UNRESTRICTED_GUEST,
		[VMR_CAPS_ENTRY] = SDM_ENTRY_LOAD_DEBUG_CONTROLS | SDM_ENTRY_LOAD_EFER,
	},
};

static const struct vmr_cr_limits limits = {
	.cr0_must = 0x20,
	.cr4_must = 0x2040,
	.cr4_allowed = 0x3707ff,
	.efer_allowed = 0xd01,
	.xcr0_allowed = 0xe7,
	.phys_bits = 39,
	.linear_bits = 48,
};

static void set_segment(struct vmr_segment *segment, u16 selector, u32 access, u32 limit)
{
	*segment = (struct vmr_segment) {
		.selector = selector, .access = access, .limit = limit,
	};
}

static struct vmr_state flat(u32 code, u32 data)
{
	struct vmr_state s = {
		.rip = 0x1000, .rflags = 2, .cr0 = 0x33, .xcr0 = 1,
		.dr6 = 0xffff0ff0, .dr7 = 0x400,
		.gdtr.limit = 0xffff, .idtr.limit = 0xffff,
	};
	unsigned int i;

	for (i = VMR_ES; i <= VMR_GS; i++)
		set_segment(&s.segment[i], 0x10, data, 0xffffffff);
	set_segment(&s.segment[VMR_CS], 0x08, code, 0xffffffff);
	set_segment(&s.segment[VMR_LDTR], 0, VMR_SEGMENT_UNUSABLE, 0);
	set_segment(&s.segment[VMR_TR], 0x30, 0x8b, 0x67);
	return s;
}

static struct vmr_state long_mode(void)
{
	struct vmr_state s = flat(0xa09b, 0xc093);

	s.cr0 |= 0x80010000;
	s.cr4 = 0x20;
	s.efer = 0x501;
	s.cr3 = 0x3000;
	return s;
}

static struct vmr_state pae(void)
{
	struct vmr_state s = flat(0xc09b, 0xc093);

	s.cr0 |= 0x80000000;
	s.cr4 = 0x20;
	s.pdpte[0] = 0x4001;
	s.pdpte[3] = 0x7001;
	return s;
}

static struct vmr_state sixteen_bits(void)
{
	struct vmr_state s = flat(0x9b, 0x93);
	unsigned int i;

	s.cr0 = 0x60000010;
	for (i = VMR_ES; i <= VMR_GS; i++)
		s.segment[i].limit = 0xffff;
	return s;
}

static const char *judge(u64 groups, const struct vmr_state *s, u64 debugctl, u32 *field)
{
	static struct vmr_vmcs_state scratch;
	struct vmr_caps caps = rich_cpu();
	struct vmr_sound_cpu cpu = {
		.caps = &caps, .controls = &controls, .limits = &limits,
		.debugctl = debugctl,
	};
	struct vmr_vmcs_fault fault = {};

	*field = 0;
	if (!vmr_sound_values(&limits, groups, s))
		return "values";
	if (vmr_sound_whole(&cpu, s, &scratch, &fault))
		return "good";
	*field = fault.field;
	return fault.rule;
}

void sound_modes(void)
{
	const struct vmr_state modes[] = {
		flat(0xc09b, 0xc093), long_mode(), pae(), sixteen_bits(),
	};
	unsigned int i;
	u32 field;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		EXPECT_STR(judge(VMR_STATE_ALL, &modes[i], 0, &field), "good");
}

/* A member of the state, what it becomes, and the field that entry would blame. */
struct spoil {
	size_t offset;
	size_t size;
	u64 value;
	u32 field;		/* 0: the value is bad by itself */
};

#define SPOIL(member, value, field)					\
	{ offsetof(struct vmr_state, member), sizeof(((struct vmr_state *)0)->member), \
	  value, field }

static void expect_spoilt(const struct vmr_state *good, const struct spoil *rows,
			  unsigned int count)
{
	unsigned int i;
	u32 field;

	for (i = 0; i < count; i++) {
		struct vmr_state s = *good;
		const char *verdict;

		memcpy((u8 *)&s + rows[i].offset, &rows[i].value, rows[i].size);
		verdict = judge(VMR_STATE_ALL, &s, 0, &field);
		if (!unit_differ(verdict, "good") || field != rows[i].field)
			unit_fail(__FILE__, __LINE__, "row %u: %s, field 0x%x", i, verdict,
				  field);
	}
}

void sound_refused(void)
{
	static const struct spoil rows[] = {
		SPOIL(rip, 1ULL << 60, VMCS_GUEST_RIP),
		SPOIL(rflags, 0, VMCS_GUEST_RFLAGS),
		SPOIL(rflags, 0x8002, VMCS_GUEST_RFLAGS),
		SPOIL(rflags, 1ULL << 32 | 2, VMCS_GUEST_RFLAGS),
		SPOIL(rflags, 0x20002, VMCS_GUEST_CS_BASE),
		SPOIL(segment[VMR_CS].access, 0xe09b, VMCS_GUEST_CS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_CS].access, 0xa091, VMCS_GUEST_CS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_CS].access, 0xa0fb, VMCS_GUEST_CS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_CS].base, 1ULL << 32, VMCS_GUEST_CS_BASE),
		SPOIL(segment[VMR_CS].limit, 0xfffff000, VMCS_GUEST_CS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_SS].access, 0xc09b, VMCS_GUEST_SS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_SS].base, 1ULL << 40, VMCS_GUEST_SS_BASE),
		SPOIL(segment[VMR_DS].access, 0xc013, VMCS_GUEST_DS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_DS].access, 0xc092, VMCS_GUEST_DS_ACCESS_RIGHTS),
		SPOIL(segment[VMR_ES].access, 0xc099, VMCS_GUEST_ES_ACCESS_RIGHTS),
		SPOIL(segment[VMR_FS].base, NOT_CANONICAL, VMCS_GUEST_FS_BASE),
		SPOIL(segment[VMR_GS].base, NOT_CANONICAL, VMCS_GUEST_GS_BASE),
		SPOIL(segment[VMR_TR].access, 0x89, VMCS_GUEST_TR_ACCESS_RIGHTS),
		SPOIL(segment[VMR_TR].access, 0x1008b, VMCS_GUEST_TR_ACCESS_RIGHTS),
		SPOIL(segment[VMR_TR].selector, 0x34, VMCS_GUEST_TR_SELECTOR),
		SPOIL(segment[VMR_TR].base, NOT_CANONICAL, VMCS_GUEST_TR_BASE),
		SPOIL(segment[VMR_LDTR].access, 0x83, VMCS_GUEST_LDTR_ACCESS_RIGHTS),
		SPOIL(segment[VMR_LDTR].access, 0x20000, 0),
		SPOIL(segment[VMR_ES].access, 0x10100, 0),
		SPOIL(segment[VMR_GS].reserved[2], 1, 0),
		SPOIL(gdtr.base, NOT_CANONICAL, VMCS_GUEST_GDTR_BASE),
		SPOIL(idtr.base, NOT_CANONICAL, VMCS_GUEST_IDTR_BASE),
		SPOIL(gdtr.reserved[0], 1, 0),
		SPOIL(idtr.reserved[1], 1, 0),
		SPOIL(cr0, 0x80010032, 0),
		SPOIL(cr0, 0xa0010033, 0),
		SPOIL(cr3, BEYOND, 0),
		SPOIL(cr4, 0, 0),
		SPOIL(cr4, 0x2020, 0),
		SPOIL(cr8, 16, 0),
		SPOIL(efer, 0x101, 0),
		SPOIL(efer, 0x503, 0),
		SPOIL(xcr0, 0, 0),
		SPOIL(xcr0, 0x201, 0),
		SPOIL(dr6, 0, 0),
		SPOIL(dr6, 0x1ffff0ff0, 0),
		SPOIL(dr7, 0, 0),
		SPOIL(dr7, 0x100000400, 0),
		SPOIL(dr7, 0x8400, 0),
		SPOIL(pdpte[2], 0x1001, VMCS_GUEST_PDPTE0),
		SPOIL(events.flags, VMR_EVENT_FLAGS + 1, 0),
		SPOIL(events.flags, VMR_EVENT_HAS_ERROR, 0),
		SPOIL(events.flags, VMR_EVENT_STI_SHADOW, VMCS_GUEST_INTERRUPTIBILITY),
		SPOIL(events.flags, VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW,
		      VMCS_GUEST_INTERRUPTIBILITY),
		SPOIL(events.flags, VMR_EVENT_HALTED | VMR_EVENT_SS_SHADOW,
		      VMCS_GUEST_ACTIVITY),
		SPOIL(events.flags, VMR_EVENT_INTERRUPT, 0),
		SPOIL(events.flags, VMR_EVENT_REDELIVER, 0),
		SPOIL(events.redeliver, 0x80000020, 0),
		SPOIL(events.redeliver_length, 1, 0),
		SPOIL(events.reserved[3], 1, 0),
		SPOIL(events.pending_debug, 1 << 5, 0),
		SPOIL(events.pending_debug, 1 << 16, 0),
	};
	struct vmr_state s = long_mode();

	expect_spoilt(&s, rows, ARRAY_SIZE(rows));
}

void sound_pdptes(void)
{
	static const struct spoil rows[] = {
		SPOIL(pdpte[0], 0x4003, VMCS_GUEST_PDPTE0),
		SPOIL(pdpte[1], 0x4101, VMCS_GUEST_PDPTE1),
		SPOIL(pdpte[2], BEYOND | 1, VMCS_GUEST_PDPTE2),
		SPOIL(pdpte[3], 1ULL << 63 | 1, VMCS_GUEST_PDPTE3),
	};
	struct vmr_state s = pae();

	expect_spoilt(&s, rows, ARRAY_SIZE(rows));
}

static const char *judge_event(u32 flags, u8 vector, u32 error)
{
	struct vmr_state s = long_mode();
	u32 field;

	s.events.flags = VMR_EVENT_EXCEPTION | flags;
	s.events.exception = vector;
	s.events.error_code = error;
	return judge(VMR_STATE_EVENTS, &s, 0, &field);
}

/* What waits is what VMR_INJECT would have taken. */
void sound_exceptions(void)
{
	EXPECT_STR(judge_event(0, 6, 0), "good");
	EXPECT_STR(judge_event(VMR_EVENT_HAS_ERROR, 13, 0xffff), "good");
	EXPECT_STR(judge_event(VMR_EVENT_HAS_ERROR, 13, 0x10000), "values");
	EXPECT_STR(judge_event(VMR_EVENT_HAS_ERROR, 6, 0), "values");
	EXPECT_STR(judge_event(0, 13, 0), "values");
	EXPECT_STR(judge_event(0, 6, 1), "values");
	EXPECT_STR(judge_event(0, 2, 0), "values");
	EXPECT_STR(judge_event(0, 32, 0), "values");
}

static u32 field_of_redelivery(u32 event, u8 length, u64 rflags, u32 flags)
{
	struct vmr_state s = long_mode();
	u32 field;

	s.rflags = rflags;
	s.events.flags = VMR_EVENT_REDELIVER | flags;
	s.events.redeliver = event;
	s.events.redeliver_length = length;
	if (!unit_differ(judge(VMR_STATE_ALL, &s, 0, &field), "values"))
		return ~0U;
	return field;
}

void sound_redelivery(void)
{
	EXPECT_EQ(field_of_redelivery(EVENT(0, 0x20), 0, 0x202, 0), 0);
	EXPECT_EQ(field_of_redelivery(EVENT(0, 0x20), 0, 2, 0), VMCS_GUEST_RFLAGS);
	EXPECT_EQ(field_of_redelivery(EVENT(0, 0x20), 0, 0x202, VMR_EVENT_STI_SHADOW),
		  VMCS_GUEST_INTERRUPTIBILITY);
	EXPECT_EQ(field_of_redelivery(EVENT(1, 0x20), 0, 2, 0),
		  VMCS_ENTRY_INTERRUPTION_INFO);
	EXPECT_EQ(field_of_redelivery(EVENT(2, 2), 0, 2, 0), 0);
	EXPECT_EQ(field_of_redelivery(EVENT(2, 2), 0, 2, VMR_EVENT_NMI_BLOCKED),
		  VMCS_GUEST_INTERRUPTIBILITY);
	EXPECT_EQ(field_of_redelivery(EVENT(2, 3), 0, 2, 0), VMCS_ENTRY_INTERRUPTION_INFO);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 13) | SDM_EVENT_HAS_ERROR, 0, 2, 0), 0);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 13), 0, 2, 0), VMCS_ENTRY_INTERRUPTION_INFO);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 40), 0, 2, 0), VMCS_ENTRY_INTERRUPTION_INFO);
	EXPECT_EQ(field_of_redelivery(EVENT(4, 0x80), 2, 2, 0), 0);
	EXPECT_EQ(field_of_redelivery(EVENT(4, 0x80), 16, 2, 0),
		  VMCS_ENTRY_INSTRUCTION_LENGTH);
	EXPECT_EQ(field_of_redelivery(EVENT(7, 0), 0, 2, 0), ~0U);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 6), 2, 2, 0), ~0U);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 6) | 1 << 12, 0, 2, 0), ~0U);
	EXPECT_EQ(field_of_redelivery(EVENT(3, 6), 0, 2, VMR_EVENT_HALTED),
		  VMCS_GUEST_ACTIVITY);
}

/* A single step that something holds up, and that BTF makes a matter of branches. */
void sound_single_step(void)
{
	struct vmr_state s = long_mode();
	u32 field;

	s.rflags = 0x302;
	s.events.flags = VMR_EVENT_STI_SHADOW;
	judge(VMR_STATE_ALL, &s, 0, &field);
	EXPECT_EQ(field, VMCS_GUEST_PENDING_DEBUG);
	EXPECT_STR(judge(VMR_STATE_ALL, &s, SDM_DEBUGCTL_BTF, &field), "good");
	s.events.pending_debug = 1 << 14;
	EXPECT_STR(judge(VMR_STATE_ALL, &s, 0, &field), "good");
	judge(VMR_STATE_ALL, &s, SDM_DEBUGCTL_BTF, &field);
	EXPECT_EQ(field, VMCS_GUEST_PENDING_DEBUG);
}

static const struct vmr_exit_state out_ = {
	.reason = VMR_EXIT_IO, .size = 1, .flags = VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE,
	.count = 1, .addr = 0x80, .data = { 7 }, .length = 2, .qualification = 0x800000,
};

static const struct vmr_exit_state rep_insw = {
	.reason = VMR_EXIT_IO, .size = 2, .flags = VMR_EXIT_NEEDS_REPLY | VMR_EXIT_STRING,
	.count = 2048, .addr = 0x1f0, .length = 3, .info = 0x100, .qualification = 0x1f00039,
};

static const struct vmr_exit_state rdmsr = {
	.reason = VMR_EXIT_MSR, .size = 8, .flags = VMR_EXIT_NEEDS_REPLY, .addr = 0xffffffff,
	.length = 2,
};

static const struct vmr_exit_state mmio_read = {
	.reason = VMR_EXIT_MMIO, .flags = VMR_EXIT_NEEDS_REPLY, .count = 15,
	.addr = 0xfee00000, .gpa = 0xfee00000, .gla = ~0ULL, .qualification = 0x181,
	.mmio = { .accesses = 2, .bytes = 64 },
};

static const struct vmr_exit_state intack = {
	.reason = VMR_EXIT_INTACK, .flags = VMR_EXIT_NEEDS_REPLY,
};

static const struct vmr_exit_state none_ = { .mmio = { .accesses = 1 } };

static bool exit_passes(const struct vmr_exit_state *exit)
{
	struct vmr_state s = { .exit = *exit };

	return vmr_sound_values(&limits, VMR_STATE_EXIT, &s);
}

void sound_exits(void)
{
	const struct vmr_exit_state *good[] = {
		&out_, &rep_insw, &rdmsr, &mmio_read, &intack, &none_,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++)
		EXPECT(exit_passes(good[i]));
}

#define SPOIL_EXIT(of, member, value)					\
	{ of, offsetof(struct vmr_exit_state, member),			\
	  sizeof(((struct vmr_exit_state *)0)->member), value }

void sound_exits_refused(void)
{
	static const struct {
		const struct vmr_exit_state *of;
		size_t offset;
		size_t size;
		u64 value;
	} rows[] = {
		SPOIL_EXIT(&out_, reason, VMR_EXIT_HLT),
		SPOIL_EXIT(&out_, reason, VMR_EXIT_NONE),
		SPOIL_EXIT(&out_, reason, VMR_EXIT_REASONS),
		SPOIL_EXIT(&out_, flags, VMR_EXIT_WRITE),
		SPOIL_EXIT(&out_, flags, VMR_EXIT_NEEDS_REPLY),
		SPOIL_EXIT(&out_, size, 2),
		SPOIL_EXIT(&out_, count, 2),
		SPOIL_EXIT(&out_, addr, 0x81),
		SPOIL_EXIT(&out_, data[1], 1),
		SPOIL_EXIT(&out_, length, 0),
		SPOIL_EXIT(&out_, length, 16),
		SPOIL_EXIT(&out_, info, 0x100),
		SPOIL_EXIT(&out_, gpa, 1),
		SPOIL_EXIT(&out_, qualification, 0x800002),
		SPOIL_EXIT(&out_, qualification, 0x800007),
		SPOIL_EXIT(&out_, qualification, 0x800080),
		SPOIL_EXIT(&out_, mmio.reserved[5], 1),
		SPOIL_EXIT(&out_, mmio.bytes, 1),
		SPOIL_EXIT(&rep_insw, count, 0),
		SPOIL_EXIT(&rep_insw, count, 2049),
		SPOIL_EXIT(&rep_insw, info, 0x400),
		SPOIL_EXIT(&rep_insw, data[0], 1),
		SPOIL_EXIT(&rdmsr, addr, 1ULL << 32),
		SPOIL_EXIT(&rdmsr, size, 4),
		SPOIL_EXIT(&rdmsr, data[0], 1),
		SPOIL_EXIT(&rdmsr, qualification, 1),
		SPOIL_EXIT(&mmio_read, addr, 1ULL << 52),
		SPOIL_EXIT(&mmio_read, gpa, 1ULL << 52),
		SPOIL_EXIT(&mmio_read, size, 33),
		SPOIL_EXIT(&mmio_read, count, 16),
		SPOIL_EXIT(&mmio_read, length, 1),
		SPOIL_EXIT(&mmio_read, qualification, 1 << 17),
		SPOIL_EXIT(&mmio_read, mmio.bytes, 65),
		SPOIL_EXIT(&mmio_read, mmio.accesses, 0),
		SPOIL_EXIT(&intack, addr, 1),
		SPOIL_EXIT(&intack, size, 1),
		SPOIL_EXIT(&none_, mmio.data[0], 1),
		SPOIL_EXIT(&none_, mmio.accesses, 17),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmr_exit_state exit = *rows[i].of;

		memcpy((u8 *)&exit + rows[i].offset, &rows[i].value, rows[i].size);
		if (exit_passes(&exit))
			unit_fail(__FILE__, __LINE__, "row %u passes", i);
	}
}
