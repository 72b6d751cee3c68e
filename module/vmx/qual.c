// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the decoding of what the CPU tells about an exit, "Information for VM Exits
 * Due to Instruction Execution" and the tables of exit qualifications. Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include <vmring.h>

#include "vmx/arch.h"
#include "vmx/exits.h"
#include "vmx/qual.h"

/* Bits @low and up of @word, @width of them. */
static u32 field(u64 word, u32 low, u32 width)
{
	return (word >> low) & ((1U << width) - 1);
}

static bool bit(u64 word, u32 number)
{
	return field(word, number, 1);
}

/* An address or operand size of 2 bits; the fourth value has no meaning. */
static u8 size_of(u32 encoded)
{
	return encoded > 2 ? 8 : 2 << encoded;
}

/* Numbers 6 and 7 of a segment register have no meaning. */
static u8 segment_of(u32 encoded)
{
	return encoded > VMR_GS ? VMR_DS : encoded;
}

struct vmr_io_string vmr_info_io_string(u32 info, bool in)
{
	return (struct vmr_io_string){
		.address_size = size_of(field(info, 7, 2)),
		.segment = in ? VMR_ES : segment_of(field(info, 15, 3)),
	};
}

/* "Exit Qualification for Control-Register Accesses" */
struct vmr_cr_access vmr_qual_cr(u64 qual)
{
	return (struct vmr_cr_access){
		.cr = field(qual, 0, 4),
		.type = field(qual, 4, 2),
		.gpr = field(qual, 8, 4),
		.lmsw_memory = bit(qual, 6),
		.lmsw_source = field(qual, 16, 16),
	};
}

/* "Exit Qualification for MOV DR" */
struct vmr_dr_access vmr_qual_dr(u64 qual)
{
	return (struct vmr_dr_access){
		.dr = field(qual, 0, 3),
		.gpr = field(qual, 8, 4),
		.read = bit(qual, 4),
	};
}

#define EPT_QUAL_PERMISSIONS	(SDM_EPT_QUAL_READABLE | SDM_EPT_QUAL_WRITABLE | \
				 SDM_EPT_QUAL_EXECUTABLE | \
				 SDM_EPT_QUAL_USER_EXECUTABLE)

/* "Exit Qualification for EPT Violations" */
struct vmr_ept_access vmr_qual_ept(u64 qual)
{
	bool linear_valid = qual & SDM_EPT_QUAL_LINEAR_VALID;

	return (struct vmr_ept_access){
		.read = qual & SDM_EPT_QUAL_READ,
		.write = qual & SDM_EPT_QUAL_WRITE,
		.fetch = qual & SDM_EPT_QUAL_FETCH,
		.mapped = qual & EPT_QUAL_PERMISSIONS,
		.linear_valid = linear_valid,
		.walk = linear_valid && !(qual & SDM_EPT_QUAL_TRANSLATED),
		.nmi_unblocked = qual & SDM_EPT_QUAL_NMI_UNBLOCKED,
		.asynchronous = qual & SDM_EPT_QUAL_ASYNCHRONOUS,
	};
}

/* "Exit Qualification for Task Switches" */
struct vmr_task_switch vmr_qual_task(u64 qual)
{
	return (struct vmr_task_switch){
		.selector = field(qual, 0, 16),
		.source = field(qual, 30, 2),
	};
}

/* "Exit Qualification for APIC-Access VM Exits from Linear Accesses ..." */
struct vmr_apic_access vmr_qual_apic(u64 qual)
{
	return (struct vmr_apic_access){
		.offset = field(qual, 0, 12),
		.type = field(qual, 12, 4),
	};
}

/* What an instruction-information field holds, by instruction. */
enum has {
	HAS_MEMORY = 1,		/* an address, always */
	HAS_EITHER = 2,		/* a register instead, if bit 10 is set */
	HAS_REG = 4,		/* a register in bits 6:3 */
	HAS_REG2 = 8,		/* another in bits 31:28 */
	HAS_SIZE = 16,		/* the operand's size in bits 12:11 */
	HAS_WIDE = 32,		/* bit 11: 32 bits rather than 16 */
	HAS_WHICH = 64,		/* the instruction in bits 29:28 */
};

static u32 layout_of(u16 reason)
{
	switch (reason) {
	case SDM_REASON_VMCLEAR:
	case SDM_REASON_VMPTRLD:
	case SDM_REASON_VMPTRST:
	case SDM_REASON_VMXON:
	case SDM_REASON_XSAVES:
	case SDM_REASON_XRSTORS:
		return HAS_MEMORY;
	case SDM_REASON_INVEPT:
	case SDM_REASON_INVVPID:
	case SDM_REASON_INVPCID:
		return HAS_MEMORY | HAS_REG2;
	case SDM_REASON_VMREAD:
	case SDM_REASON_VMWRITE:
		return HAS_EITHER | HAS_REG2;
	case SDM_REASON_GDTR_IDTR_ACCESS:
		return HAS_MEMORY | HAS_WIDE | HAS_WHICH;
	case SDM_REASON_LDTR_TR_ACCESS:
		return HAS_EITHER | HAS_WHICH;
	case SDM_REASON_RDRAND:
	case SDM_REASON_RDSEED:
	case SDM_REASON_UMWAIT:
	case SDM_REASON_TPAUSE:
		return HAS_REG | HAS_SIZE;
	case SDM_REASON_LOADIWKEY:
		return HAS_REG | HAS_REG2;
	default:
		return 0;
	}
}

static void decode_address(struct vmr_operand *operand, u32 info)
{
	operand->memory = true;
	operand->scale = field(info, 0, 2);
	operand->address_size = size_of(field(info, 7, 2));
	operand->segment = segment_of(field(info, 15, 3));
	if (!bit(info, 22))
		operand->index = field(info, 18, 4);
	if (!bit(info, 27))
		operand->base = field(info, 23, 4);
}

struct vmr_operand vmr_info_operand(u32 info, u16 reason)
{
	struct vmr_operand operand = {
		.index = VMR_OPERAND_NONE,
		.base = VMR_OPERAND_NONE,
	};
	u32 has = layout_of(reason);

	if (has & HAS_EITHER)
		has |= bit(info, 10) ? HAS_REG : HAS_MEMORY;
	if (has & HAS_MEMORY)
		decode_address(&operand, info);
	if (has & HAS_REG)
		operand.reg = field(info, 3, 4);
	if (has & HAS_REG2)
		operand.reg2 = field(info, 28, 4);
	if (has & HAS_SIZE)
		operand.operand_size = size_of(field(info, 11, 2));
	if (has & HAS_WIDE)
		operand.operand_size = bit(info, 11) ? 4 : 2;
	if (has & HAS_WHICH)
		operand.which = field(info, 28, 2);
	return operand;
}

bool vmr_event_pushes_error(u8 vector)
{
	switch (vector) {
	case SDM_VECTOR_DF:
	case SDM_VECTOR_TS:
	case SDM_VECTOR_NP:
	case SDM_VECTOR_SS:
	case SDM_VECTOR_GP:
	case SDM_VECTOR_PF:
	case SDM_VECTOR_AC:
	case SDM_VECTOR_CP:
		return true;
	default:
		return false;
	}
}
