// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of what is decoded of an exit. Each encodes by the manual's bit
 * numbers, with every bit that has no meaning set, and expects to get it back.
 */
#include <string.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "unit.h"
#include "vmx/exits.h"
#include "vmx/qual.h"

static const u8 sizes[] = { 2, 4, 8 };

void qual_io(void)
{
	static const u16 ports[] = { 0, 0x60, 0x3f8, 0xcf8, 0xffff };
	static const u8 encoded[] = { 0, 1, 3 };
	u32 port, size, bits;

	for (port = 0; port < ARRAY_SIZE(ports); port++)
		for (size = 0; size < 3; size++)
			for (bits = 0; bits < 16; bits++) {
				u64 qual = 0xffffffff0000ff80ULL | encoded[size] |
					   bits << 3 | (u64)ports[port] << 16;
				struct vmr_io io = vmr_qual_io(qual);

				EXPECT_EQ(io.port, ports[port]);
				EXPECT_EQ(io.size, 1 << size);
				EXPECT_EQ(io.in, bits & 1);
				EXPECT_EQ(io.string, bits >> 1 & 1);
				EXPECT_EQ(io.rep, bits >> 2 & 1);
				EXPECT_EQ(io.imm, bits >> 3 & 1);
			}
}

void qual_io_string(void)
{
	static const u8 segments[] = {
		VMR_ES, VMR_CS, VMR_SS, VMR_DS, VMR_FS, VMR_GS, VMR_DS, VMR_DS,
	};
	u32 size, segment;

	for (size = 0; size < 3; size++)
		for (segment = 0; segment < 8; segment++) {
			u32 info = 0xfffc7c7f | size << 7 | segment << 15;
			struct vmr_io_string string = vmr_info_io_string(info, false);

			EXPECT_EQ(string.address_size, sizes[size]);
			EXPECT_EQ(string.segment, segments[segment]);
			string = vmr_info_io_string(info, true);
			EXPECT_EQ(string.address_size, sizes[size]);
			EXPECT_EQ(string.segment, VMR_ES);
		}
}

void qual_cr(void)
{
	static const enum vmr_cr_type types[] = {
		VMR_CR_MOV_TO, VMR_CR_MOV_FROM, VMR_CR_CLTS, VMR_CR_LMSW,
	};
	u32 cr, type, gpr, memory;

	for (cr = 0; cr < 16; cr++)
		for (type = 0; type < 4; type++)
			for (gpr = 0; gpr < VMR_GPRS; gpr++)
				for (memory = 0; memory < 2; memory++) {
					u64 qual = 0xffffffff5aa5f080ULL | cr | type << 4 |
						   memory << 6 | gpr << 8;
					struct vmr_cr_access got = vmr_qual_cr(qual);

					EXPECT_EQ(got.cr, cr);
					EXPECT_EQ(got.type, types[type]);
					EXPECT_EQ(got.gpr, gpr);
					EXPECT_EQ(got.lmsw_memory, memory);
					EXPECT_EQ(got.lmsw_source, 0x5aa5);
				}
}

void qual_dr(void)
{
	u32 dr, gpr, read;

	for (dr = 0; dr < 8; dr++)
		for (gpr = 0; gpr < VMR_GPRS; gpr++)
			for (read = 0; read < 2; read++) {
				u64 qual = 0xfffffffffffff0e8ULL | dr | read << 4 | gpr << 8;
				struct vmr_dr_access got = vmr_qual_dr(qual);

				EXPECT_EQ(got.dr, dr);
				EXPECT_EQ(got.gpr, gpr);
				EXPECT_EQ(got.read, read);
			}
}

/* All 2^17 combinations of the bits that have a meaning. */
void qual_ept(void)
{
	u64 qual;

	for (qual = 0; qual < 1 << 17; qual++) {
		struct vmr_ept_access got = vmr_qual_ept(qual | ~0ULL << 17);

		if (got.read != (qual & 1) || got.write != (qual >> 1 & 1) ||
		    got.fetch != (qual >> 2 & 1) ||
		    got.mapped != ((qual >> 3 & 0xf) != 0) ||
		    got.linear_valid != (qual >> 7 & 1) ||
		    got.walk != ((qual >> 7 & 3) == 1) ||
		    got.nmi_unblocked != (qual >> 12 & 1) ||
		    got.asynchronous != (qual >> 16 & 1))
			unit_fail(__FILE__, __LINE__, "qualification 0x%llx", qual);
	}
}

void qual_task_and_apic(void)
{
	static const enum vmr_task_source sources[] = {
		VMR_TASK_CALL, VMR_TASK_IRET, VMR_TASK_JMP, VMR_TASK_GATE,
	};
	u64 i;

	for (i = 0; i < 4; i++) {
		struct vmr_task_switch got =
			vmr_qual_task(0xffffffff3fff0000ULL | i << 30 | 0xbeef);

		EXPECT_EQ(got.selector, 0xbeef);
		EXPECT_EQ(got.source, sources[i]);
	}
	for (i = 0; i < 16; i++) {
		struct vmr_apic_access got = vmr_qual_apic(~0ULL << 16 | i << 12 | 0x3b0);

		EXPECT_EQ(got.offset, 0x3b0);
		EXPECT_EQ(got.type, i);
	}
}

static const struct vmr_operand no_operand = {
	.index = VMR_OPERAND_NONE,
	.base = VMR_OPERAND_NONE,
};

static void expect_operand(u32 info, u16 reason, struct vmr_operand want)
{
	struct vmr_operand got = vmr_info_operand(info, reason);

	if (got.memory != want.memory || got.reg != want.reg ||
	    got.reg2 != want.reg2 || got.address_size != want.address_size ||
	    got.operand_size != want.operand_size || got.segment != want.segment ||
	    got.scale != want.scale || got.index != want.index ||
	    got.base != want.base || got.which != want.which)
		unit_fail(__FILE__, __LINE__, "%s with information 0x%x",
			  vmr_exit_id(reason), info);
}

#define SCALE(n)	((n) << 0)
#define REG1(n)		((n) << 3)
#define ADDRESS(n)	((n) << 7)
#define REGISTER	(1 << 10)
#define SIZE(n)		((n) << 11)
#define SEGMENT(n)	((n) << 15)
#define INDEX(n)	((n) << 18)
#define NO_INDEX	(1 << 22)
#define BASE(n)		((n) << 23)
#define NO_BASE		(1 << 27)
#define REG2(n)		((u32)(n) << 28)

void qual_operand_memory(void)
{
	static const u16 plain[] = {
		SDM_REASON_VMCLEAR, SDM_REASON_VMPTRLD, SDM_REASON_VMPTRST,
		SDM_REASON_VMXON, SDM_REASON_XSAVES, SDM_REASON_XRSTORS,
	};
	static const u16 with_reg2[] = {
		SDM_REASON_INVEPT, SDM_REASON_INVVPID, SDM_REASON_INVPCID,
		SDM_REASON_VMREAD, SDM_REASON_VMWRITE,
	};
	u32 info = SCALE(3) | REG1(5) | ADDRESS(2) | SIZE(2) | SEGMENT(4) | INDEX(9) |
		   BASE(12) | REG2(14);
	struct vmr_operand want = {
		.memory = true, .address_size = 8, .segment = VMR_FS, .scale = 3,
		.index = 9, .base = 12,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(plain); i++)
		expect_operand(info, plain[i], want);
	want.reg2 = 14;
	for (i = 0; i < ARRAY_SIZE(with_reg2); i++)
		expect_operand(info, with_reg2[i], want);

	want.index = VMR_OPERAND_NONE;
	expect_operand(info | NO_INDEX, SDM_REASON_INVEPT, want);
	want.base = VMR_OPERAND_NONE;
	expect_operand(info | NO_INDEX | NO_BASE, SDM_REASON_INVEPT, want);
	want.index = 9;
	expect_operand(info | NO_BASE, SDM_REASON_INVEPT, want);
}

void qual_operand_registers(void)
{
	u32 info = SCALE(1) | REG1(11) | ADDRESS(1) | REGISTER | SEGMENT(5) | INDEX(1) |
		   BASE(2) | REG2(6);
	struct vmr_operand want = no_operand;
	u32 i;

	want.reg = 11;
	want.which = 2;		/* bits 29:28 of REG2(6) */
	expect_operand(info, SDM_REASON_LDTR_TR_ACCESS, want);
	want.which = 0;
	want.reg2 = 6;
	expect_operand(info, SDM_REASON_VMREAD, want);
	expect_operand(info, SDM_REASON_LOADIWKEY, want);
	want.reg2 = 0;
	for (i = 0; i < 3; i++) {
		want.operand_size = sizes[i];
		expect_operand(info | SIZE(i), SDM_REASON_RDRAND, want);
		expect_operand(info | SIZE(i), SDM_REASON_RDSEED, want);
		expect_operand(info | SIZE(i), SDM_REASON_UMWAIT, want);
		expect_operand(info | SIZE(i), SDM_REASON_TPAUSE, want);
	}
	expect_operand(~0U, SDM_REASON_CPUID, no_operand);
	expect_operand(~0U, 0xffff, no_operand);
}

void qual_operand_tables(void)
{
	u32 info = SCALE(2) | ADDRESS(1) | SEGMENT(1) | INDEX(15) | BASE(0);
	struct vmr_operand want = {
		.memory = true, .address_size = 4, .segment = VMR_CS, .scale = 2,
		.index = 15, .base = 0,
	};
	u32 which;

	for (which = 0; which < 4; which++) {
		want.which = which;
		want.operand_size = 2;
		expect_operand(info | which << 28, SDM_REASON_GDTR_IDTR_ACCESS, want);
		want.operand_size = 4;
		expect_operand(info | SIZE(1) | which << 28, SDM_REASON_GDTR_IDTR_ACCESS,
			       want);
		want.operand_size = 0;
		expect_operand(info | which << 28, SDM_REASON_LDTR_TR_ACCESS, want);
	}
}

void qual_events(void)
{
	static const u8 lengthy[] = { 0, 0, 0, 0, 1, 1, 1, 0 };
	static const u32 with_error = 0x227d00;	/* vectors 8, 10 to 14, 17, 21 */
	u32 type, vector;

	for (type = 0; type < 8; type++)
		for (vector = 0; vector < 256; vector++) {
			u32 info = vmr_event(type, vector, false);

			EXPECT_EQ(info, 0x80000000 | type << 8 | vector);
			EXPECT_EQ(vmr_event(type, vector, true), info | 0x800);
			EXPECT_EQ(vmr_event_vector(info | 0x1800), vector);
			EXPECT_EQ(vmr_event_type(info | 0x1800), type);
			EXPECT_EQ(vmr_event_has_length(info), lengthy[type]);
		}
	for (vector = 0; vector < 256; vector++)
		EXPECT_EQ(vmr_event_pushes_error(vector),
			  vector < 32 && with_error >> vector & 1);
}
