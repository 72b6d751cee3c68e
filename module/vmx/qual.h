/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the decoding of what the CPU tells about an exit: exit qualifications,
 * VM-exit instruction information, interruption information. Pure: no state, no
 * kernel dependency; selftests/unit compiles it in user space. Nothing here can
 * fail: a reserved bit is not looked at, and an index fits its table.
 */
#ifndef VMR_VMX_QUAL_H
#define VMR_VMX_QUAL_H

#include <linux/bits.h>
#include <linux/types.h>

/* The bits of a port access's exit qualification, and of its instruction information. */
#define VMR_QUAL_IO_BITS	0xffff007fULL
#define VMR_INFO_IO_BITS	0x00038380U
/* The bits of an EPT violation's. */
#define VMR_QUAL_EPT_BITS	0x1ffffULL

/**
 * struct vmr_io - an IN, OUT, INS or OUTS
 * @port: the port
 * @size: bytes of one element: 1, 2 or 4
 * @in: the guest reads
 * @string: INS or OUTS
 * @rep: with a REP prefix
 * @imm: the port is in the instruction, not in DX
 */
struct vmr_io {
	u16 port;
	u8 size;
	bool in;
	bool string;
	bool rep;
	bool imm;
};

/**
 * vmr_qual_io() - decode the qualification of an I/O instruction
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what the guest does.
 */
static inline struct vmr_io vmr_qual_io(u64 qual)
{
	return (struct vmr_io){
		.port = qual >> 16,
		.size = (qual & 7) + 1,
		.in = qual >> 3 & 1,
		.string = qual >> 4 & 1,
		.rep = qual >> 5 & 1,
		.imm = qual >> 6 & 1,
	};
}

/**
 * struct vmr_io_string - the memory operand of INS or OUTS
 * @address_size: bytes of the index register that count: 2, 4 or 8
 * @segment: of OUTS, a number as in VMR_ES and so on; INS uses ES
 */
struct vmr_io_string {
	u8 address_size;
	u8 segment;
};

/**
 * vmr_info_io_string() - decode the instruction information of INS and OUTS
 * @info: VM-exit instruction information
 * @in: INS, whose segment is ES whatever @info says
 *
 * Context: Any.
 * Return: the operand; an undefined segment number becomes DS.
 */
struct vmr_io_string vmr_info_io_string(u32 info, bool in);

/* struct vmr_cr_access.type, as the qualification has it */
enum vmr_cr_type {
	VMR_CR_MOV_TO,
	VMR_CR_MOV_FROM,
	VMR_CR_CLTS,
	VMR_CR_LMSW,
};

/**
 * struct vmr_cr_access - an access to a control register
 * @cr: number of the control register (0 for CLTS and LMSW)
 * @type: which instruction
 * @gpr: the general register, VMR_RAX and so on, of a MOV
 * @lmsw_memory: LMSW's operand is in memory
 * @lmsw_source: the operand's value
 */
struct vmr_cr_access {
	u8 cr;
	enum vmr_cr_type type;
	u8 gpr;
	bool lmsw_memory;
	u16 lmsw_source;
};

/**
 * vmr_qual_cr() - decode the qualification of a control-register access
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what the guest does.
 */
struct vmr_cr_access vmr_qual_cr(u64 qual);

/**
 * struct vmr_dr_access - a MOV from or to a debug register
 * @dr: its number, 4 and 5 as they are
 * @gpr: the general register
 * @read: MOV from the debug register
 */
struct vmr_dr_access {
	u8 dr;
	u8 gpr;
	bool read;
};

/**
 * vmr_qual_dr() - decode the qualification of MOV DR
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what the guest does.
 */
struct vmr_dr_access vmr_qual_dr(u64 qual);

/* The qualification of an EPT violation: masks, it is looked at as it is. */
#define SDM_EPT_QUAL_READ		BIT_ULL(0)
#define SDM_EPT_QUAL_WRITE		BIT_ULL(1)
#define SDM_EPT_QUAL_FETCH		BIT_ULL(2)
#define SDM_EPT_QUAL_READABLE		BIT_ULL(3)
#define SDM_EPT_QUAL_WRITABLE		BIT_ULL(4)
#define SDM_EPT_QUAL_EXECUTABLE		BIT_ULL(5)
#define SDM_EPT_QUAL_USER_EXECUTABLE	BIT_ULL(6)
#define SDM_EPT_QUAL_LINEAR_VALID	BIT_ULL(7)
#define SDM_EPT_QUAL_TRANSLATED		BIT_ULL(8)	/* else: a guest page-table access */
#define SDM_EPT_QUAL_NMI_UNBLOCKED	BIT_ULL(12)	/* by an IRET that didn't complete */
#define SDM_EPT_QUAL_ASYNCHRONOUS	BIT_ULL(16)

/**
 * struct vmr_ept_access - an access that the EPT doesn't allow
 * @read: reads, as does a page walk that sets no flag
 * @write: writes, as does one that sets accessed and dirty flags
 * @fetch: fetches an instruction
 * @mapped: the EPT allows some other access there
 * @linear_valid: the linear address is one
 * @walk: the access is to a paging-structure entry on the way
 * @nmi_unblocked: an IRET had ended the blocking of NMIs already
 * @asynchronous: nothing that the current instruction did (a trace, for example)
 */
struct vmr_ept_access {
	bool read;
	bool write;
	bool fetch;
	bool mapped;
	bool linear_valid;
	bool walk;
	bool nmi_unblocked;
	bool asynchronous;
};

/**
 * vmr_qual_ept() - decode the qualification of an EPT violation
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what was tried.
 */
struct vmr_ept_access vmr_qual_ept(u64 qual);

enum vmr_task_source {
	VMR_TASK_CALL,
	VMR_TASK_IRET,
	VMR_TASK_JMP,
	VMR_TASK_GATE,		/* an event through the IDT */
};

/**
 * struct vmr_task_switch - a task switch
 * @selector: of the new task's TSS
 * @source: what started it
 */
struct vmr_task_switch {
	u16 selector;
	enum vmr_task_source source;
};

/**
 * vmr_qual_task() - decode the qualification of a task switch
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what the guest does.
 */
struct vmr_task_switch vmr_qual_task(u64 qual);

/**
 * struct vmr_apic_access - an access to the APIC-access page
 * @offset: in the page
 * @type: the manual's access type: 0 read, 1 write, 2 fetch, 3 in event delivery
 */
struct vmr_apic_access {
	u16 offset;
	u8 type;
};

/**
 * vmr_qual_apic() - decode the qualification of an APIC access
 * @qual: exit qualification
 *
 * Context: Any.
 * Return: what the guest does.
 */
struct vmr_apic_access vmr_qual_apic(u64 qual);

#define VMR_OPERAND_NONE	0xff

/**
 * struct vmr_operand - the operands of an instruction, as the hardware tells them
 * @memory: the first operand is in memory
 * @reg: the first operand, if it is a register
 * @reg2: the other operand, a register
 * @address_size: bytes of the address: 2, 4 or 8
 * @operand_size: bytes of the operand where this instruction's information has it
 *		  (RDRAND and RDSEED: 2, 4, 8; table registers: 2 or 4), else 0
 * @segment: number as in VMR_ES and so on
 * @scale: the index is shifted left by it
 * @index: a general register, or VMR_OPERAND_NONE
 * @base: a general register, or VMR_OPERAND_NONE
 * @which: of the table registers' exits the instruction: 0 SGDT or SLDT, 1 SIDT or
 *	   STR, 2 LGDT or LLDT, 3 LIDT or LTR
 */
struct vmr_operand {
	bool memory;
	u8 reg;
	u8 reg2;
	u8 address_size;
	u8 operand_size;
	u8 segment;
	u8 scale;
	u8 index;
	u8 base;
	u8 which;
};

/**
 * vmr_info_operand() - decode the VM-exit instruction information
 * @info: VM-exit instruction information
 * @reason: the basic exit reason, which decides on the layout: VMX instructions,
 *	    INVEPT, INVVPID, INVPCID, the table registers, RDRAND, RDSEED, UMWAIT,
 *	    TPAUSE, LOADIWKEY, XSAVES, XRSTORS
 *
 * The displacement of a memory operand is the exit qualification.
 *
 * Context: Any.
 * Return: the operands; all zeroes and VMR_OPERAND_NONE for another @reason.
 */
struct vmr_operand vmr_info_operand(u32 info, u16 reason);

/* Interruption type, "VM-Entry Controls for Event Injection" */
#define SDM_EVENT_EXTERNAL		0
#define SDM_EVENT_NMI			2
#define SDM_EVENT_EXCEPTION		3	/* by hardware */
#define SDM_EVENT_SOFTWARE		4	/* INT n */
#define SDM_EVENT_PRIVILEGED		5	/* INT1 */
#define SDM_EVENT_SOFTWARE_EXCEPTION	6	/* INT3, INTO */
#define SDM_EVENT_OTHER			7

#define SDM_EVENT_VECTOR		GENMASK(7, 0)
#define SDM_EVENT_TYPE			GENMASK(10, 8)
#define SDM_EVENT_HAS_ERROR		BIT(11)
#define SDM_EVENT_NMI_UNBLOCKED		BIT(12)	/* exits only */
#define SDM_EVENT_VALID			BIT(31)

/**
 * vmr_event_vector() - the vector of an interruption-information field
 * @info: the field, of an exit, of IDT vectoring or of an entry
 *
 * Context: Any.
 * Return: the vector.
 */
static inline u8 vmr_event_vector(u32 info)
{
	return info & SDM_EVENT_VECTOR;
}

/**
 * vmr_event_type() - the type of an interruption-information field
 * @info: the field
 *
 * Context: Any.
 * Return: SDM_EVENT_EXTERNAL and so on.
 */
static inline u8 vmr_event_type(u32 info)
{
	return (info & SDM_EVENT_TYPE) >> 8;
}

/**
 * vmr_event() - make an interruption-information field
 * @type: SDM_EVENT_EXTERNAL and so on
 * @vector: the vector
 * @has_error: an error code is pushed
 *
 * Context: Any.
 * Return: the field, valid.
 */
static inline u32 vmr_event(u8 type, u8 vector, bool has_error)
{
	return SDM_EVENT_VALID | (has_error ? SDM_EVENT_HAS_ERROR : 0) |
	       (u32)type << 8 | vector;
}

/**
 * vmr_event_has_length() - tell whether an event needs its instruction's length
 * @info: interruption-information field
 *
 * Context: Any.
 * Return: true for INT n, INT1, INT3 and INTO.
 */
static inline bool vmr_event_has_length(u32 info)
{
	u8 type = vmr_event_type(info);

	return type >= SDM_EVENT_SOFTWARE && type <= SDM_EVENT_SOFTWARE_EXCEPTION;
}

/**
 * vmr_event_pushes_error() - tell whether an exception has an error code
 * @vector: of the exception
 *
 * In real-address mode no exception has one.
 *
 * Context: Any.
 * Return: true for #DF, #TS, #NP, #SS, #GP, #PF, #AC and #CP.
 */
bool vmr_event_pushes_error(u8 vector);

#endif
