// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the rules for the guest's segment registers: the manual's "Checks on Guest
 * Segment Registers". Pure: called by vmcs/check_guest.c, compiled a second time
 * by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/check_rules.h"

#define V8086_LIMIT	0xffff
#define V8086_RIGHTS	0xf3

#define SELECTOR_RPL	GENMASK(1, 0)
#define SELECTOR_TI	BIT(2)

/* Types of system segments. */
#define LDT		2
#define BUSY_TSS_16	3
#define BUSY_TSS	11
/* Types of code and data segments that rules name. */
#define DATA		3	/* writable, accessed, expand-up */
#define DATA_DOWN	7	/* the same, expand-down */
#define CODE		9	/* accessed; readable is 2 more */
#define CONFORMING	13	/* the same, conforming */
#define READABLE	2

/* A segment register: its fields, and what they hold. */
struct segment {
	u32 selector_field;
	u32 base_field;
	u32 limit_field;
	u32 rights_field;
	u16 selector;
	u64 base;
	u32 limit;
	u32 rights;
};

#define SEGMENT(c, name)						\
	read_segment(c, (struct segment){				\
		.selector_field = VMCS_GUEST_##name##_SELECTOR,		\
		.base_field = VMCS_GUEST_##name##_BASE,			\
		.limit_field = VMCS_GUEST_##name##_LIMIT,		\
		.rights_field = VMCS_GUEST_##name##_ACCESS_RIGHTS,	\
	})

static struct segment read_segment(const struct vmr_vmcs_case *c,
				   struct segment segment)
{
	segment.selector = get(c, segment.selector_field);
	segment.base = get(c, segment.base_field);
	segment.limit = get(c, segment.limit_field);
	segment.rights = get(c, segment.rights_field);
	return segment;
}

static bool is_usable(const struct segment *segment)
{
	return !(segment->rights & SDM_SEGMENT_UNUSABLE);
}

static u32 type_of(const struct segment *segment)
{
	return segment->rights & SDM_SEGMENT_TYPE;
}

static u32 dpl_of(const struct segment *segment)
{
	return (segment->rights & SDM_SEGMENT_DPL) >> 5;
}

static u32 rpl_of(const struct segment *segment)
{
	return segment->selector & SELECTOR_RPL;
}

static bool is_unrestricted(const struct vmr_vmcs_case *c)
{
	return c->proc2 & SDM_PROC2_UNRESTRICTED_GUEST;
}

static bool is_v8086(const struct vmr_vmcs_case *c)
{
	return get(c, VMCS_GUEST_RFLAGS) & SDM_RFLAGS_VM;
}

/* All bits 11:0 of the limit are 1 in pages, bits 31:20 are 0 in bytes. */
static bool is_granular(const struct segment *segment)
{
	bool pages = segment->rights & SDM_SEGMENT_G;

	return implies(pages, (segment->limit & 0xfff) == 0xfff) &&
	       implies(!pages, !(segment->limit >> 20));
}

/* What the rights of every usable segment have in common. */
static bool check_rights(const struct vmr_vmcs_case *c,
			 const struct segment *segment)
{
	return demand(c, segment->rights & SDM_SEGMENT_PRESENT,
		      segment->rights_field, "must be present") &&
	       demand(c, !(segment->rights & GENMASK(11, 8)),
		      segment->rights_field, "must have bits 11:8 clear") &&
	       demand(c, is_granular(segment), segment->rights_field,
		      "must have the granularity that the limit asks for") &&
	       demand(c, !(segment->rights & GENMASK(31, 17)),
		      segment->rights_field, "must have bits 31:17 clear");
}

static bool demand_low_base(const struct vmr_vmcs_case *c,
			    const struct segment *segment)
{
	return demand(c, !(segment->base >> 32), segment->base_field,
		      "must have bits 63:32 clear");
}

static bool check_v8086_segment(const struct vmr_vmcs_case *c,
				const struct segment *segment)
{
	return demand(c, segment->base == (u64)segment->selector << 4,
		      segment->base_field,
		      "must be the selector times 16 in virtual-8086 mode") &&
	       demand(c, segment->limit == V8086_LIMIT, segment->limit_field,
		      "must be 0xffff in virtual-8086 mode") &&
	       demand(c, segment->rights == V8086_RIGHTS,
		      segment->rights_field,
		      "must be 0xf3 in virtual-8086 mode");
}

static bool is_cs_type(const struct vmr_vmcs_case *c, u32 type)
{
	if (type == DATA)
		return is_unrestricted(c);
	return (type & SDM_SEGMENT_CODE) && (type & SDM_SEGMENT_ACCESSED);
}

static bool is_cs_dpl(const struct segment *cs, const struct segment *ss)
{
	switch (type_of(cs)) {
	case DATA:
		return !dpl_of(cs);
	case CODE:
	case CODE | READABLE:
		return dpl_of(cs) == dpl_of(ss);
	default:
		return dpl_of(cs) <= dpl_of(ss);
	}
}

static bool check_cs(const struct vmr_vmcs_case *c, const struct segment *cs,
		     const struct segment *ss)
{
	bool long_mode = c->entry & SDM_ENTRY_IA32E_MODE_GUEST &&
			 cs->rights & SDM_SEGMENT_L;

	return demand_low_base(c, cs) &&
	       demand(c, is_cs_type(c, type_of(cs)), cs->rights_field,
		      "must have the type of an accessed code segment") &&
	       demand(c, cs->rights & SDM_SEGMENT_S, cs->rights_field,
		      "must be no system segment") &&
	       demand(c, is_cs_dpl(cs, ss), cs->rights_field,
		      "must have a DPL that goes with the type and with SS") &&
	       check_rights(c, cs) &&
	       demand_if(c, long_mode, !(cs->rights & SDM_SEGMENT_DB),
			 cs->rights_field, "may not have both L and D set");
}

/* The rules for SS's DPL hold whether it is usable or not. */
static bool check_ss(const struct vmr_vmcs_case *c, const struct segment *ss,
		     const struct segment *cs)
{
	bool real = !(get(c, VMCS_GUEST_CR0) & SDM_CR0_PE);

	if (!demand_if(c, !is_unrestricted(c), rpl_of(ss) == rpl_of(cs),
		       ss->selector_field, "must have the RPL of CS") ||
	    !demand_if(c, !is_unrestricted(c), dpl_of(ss) == rpl_of(ss),
		       ss->rights_field, "must have a DPL equal to the RPL") ||
	    !demand_if(c, real || type_of(cs) == DATA, !dpl_of(ss),
		       ss->rights_field,
		       "must have DPL 0 in real mode, or if CS is a data segment"))
		return false;
	if (!is_usable(ss))
		return true;
	return demand_low_base(c, ss) &&
	       demand(c, type_of(ss) == DATA || type_of(ss) == DATA_DOWN,
		      ss->rights_field,
		      "must have the type of an accessed, writable data segment") &&
	       demand(c, ss->rights & SDM_SEGMENT_S, ss->rights_field,
		      "must be no system segment") &&
	       check_rights(c, ss);
}

/* DS, ES, FS and GS */
static bool check_data(const struct vmr_vmcs_case *c,
		       const struct segment *segment)
{
	u32 type = type_of(segment);

	if (!is_usable(segment))
		return true;
	return demand(c, type & SDM_SEGMENT_ACCESSED, segment->rights_field,
		      "must be accessed") &&
	       demand_if(c, type & SDM_SEGMENT_CODE,
			 type & SDM_SEGMENT_READABLE, segment->rights_field,
			 "must be readable if it is a code segment") &&
	       demand(c, segment->rights & SDM_SEGMENT_S,
		      segment->rights_field, "must be no system segment") &&
	       demand_if(c, !is_unrestricted(c) && type < CONFORMING - 1,
			 dpl_of(segment) >= rpl_of(segment),
			 segment->rights_field,
			 "must have a DPL not below the RPL") &&
	       check_rights(c, segment);
}

static bool check_ds(const struct vmr_vmcs_case *c,
		     const struct segment *segment)
{
	return (!is_usable(segment) || demand_low_base(c, segment)) &&
	       check_data(c, segment);
}

static bool check_fs(const struct vmr_vmcs_case *c,
		     const struct segment *segment)
{
	return demand_canonical(c, segment->base_field) &&
	       check_data(c, segment);
}

static bool check_tr(const struct vmr_vmcs_case *c, const struct segment *tr)
{
	bool small = !(c->entry & SDM_ENTRY_IA32E_MODE_GUEST) &&
		     type_of(tr) == BUSY_TSS_16;

	return demand(c, !(tr->selector & SELECTOR_TI), tr->selector_field,
		      "must have TI clear") &&
	       demand_canonical(c, tr->base_field) &&
	       demand(c, type_of(tr) == BUSY_TSS || small, tr->rights_field,
		      "must have the type of a busy TSS") &&
	       demand(c, !(tr->rights & SDM_SEGMENT_S), tr->rights_field,
		      "must be a system segment") &&
	       check_rights(c, tr) &&
	       demand(c, is_usable(tr), tr->rights_field, "must be usable");
}

static bool check_ldtr(const struct vmr_vmcs_case *c,
		       const struct segment *ldtr)
{
	if (!is_usable(ldtr))
		return true;
	return demand(c, !(ldtr->selector & SELECTOR_TI),
		      ldtr->selector_field, "must have TI clear") &&
	       demand_canonical(c, ldtr->base_field) &&
	       demand(c, type_of(ldtr) == LDT, ldtr->rights_field,
		      "must have the type of an LDT") &&
	       demand(c, !(ldtr->rights & SDM_SEGMENT_S), ldtr->rights_field,
		      "must be a system segment") &&
	       check_rights(c, ldtr);
}

bool vmr_vmcs_check_segments(const struct vmr_vmcs_case *c)
{
	struct segment cs = SEGMENT(c, CS), ss = SEGMENT(c, SS);
	struct segment ds = SEGMENT(c, DS), es = SEGMENT(c, ES);
	struct segment fs = SEGMENT(c, FS), gs = SEGMENT(c, GS);
	struct segment tr = SEGMENT(c, TR), ldtr = SEGMENT(c, LDTR);

	if (!check_tr(c, &tr) || !check_ldtr(c, &ldtr))
		return false;
	if (is_v8086(c))
		return check_v8086_segment(c, &cs) &&
		       check_v8086_segment(c, &ss) &&
		       check_v8086_segment(c, &ds) &&
		       check_v8086_segment(c, &es) &&
		       check_v8086_segment(c, &fs) &&
		       check_v8086_segment(c, &gs);
	return check_cs(c, &cs, &ss) && check_ss(c, &ss, &cs) &&
	       check_ds(c, &ds) && check_ds(c, &es) &&
	       check_fs(c, &fs) && check_fs(c, &gs);
}
