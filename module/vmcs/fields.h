/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the names of the VMCS fields: their encodings, as the manual's appendix
 * "Field Encoding in VMCS" lists them, and what an encoding tells of its field.
 * No kernel dependency; everyone may include it.
 *
 * The upper half of a 64-bit field has an encoding of its own (the field's + 1);
 * a 64-bit host never needs it.
 */
#ifndef VMR_VMCS_FIELDS_H
#define VMR_VMCS_FIELDS_H

/* What the bits of an encoding mean. */
#define VMCS_FIELD_HIGH			0x0001	/* upper half of a 64-bit field */
#define VMCS_FIELD_INDEX		0x03fe
#define VMCS_FIELD_TYPE			0x0c00
#define VMCS_TYPE_CONTROL		0x0000
#define VMCS_TYPE_READ_ONLY		0x0400
#define VMCS_TYPE_GUEST			0x0800
#define VMCS_TYPE_HOST			0x0c00
#define VMCS_FIELD_WIDTH		0x6000

/**
 * VMCS_WIDTH() - the width of a field
 * @field: VMCS_...
 *
 * Return: one of VMCS_WIDTH_...; a constant if @field is one.
 */
#define VMCS_WIDTH(field)		((field) & VMCS_FIELD_WIDTH)
#define VMCS_WIDTH_16			0x0000
#define VMCS_WIDTH_64			0x2000
#define VMCS_WIDTH_32			0x4000
#define VMCS_WIDTH_NATURAL		0x6000

/* 16-bit control fields */
#define VMCS_VPID			0x0000
#define VMCS_POSTED_INTERRUPT_VECTOR	0x0002
#define VMCS_EPTP_INDEX			0x0004
#define VMCS_HLAT_PREFIX_SIZE		0x0006
#define VMCS_LAST_PID_POINTER_INDEX	0x0008

/* 16-bit guest-state fields */
#define VMCS_GUEST_ES_SELECTOR		0x0800
#define VMCS_GUEST_CS_SELECTOR		0x0802
#define VMCS_GUEST_SS_SELECTOR		0x0804
#define VMCS_GUEST_DS_SELECTOR		0x0806
#define VMCS_GUEST_FS_SELECTOR		0x0808
#define VMCS_GUEST_GS_SELECTOR		0x080a
#define VMCS_GUEST_LDTR_SELECTOR	0x080c
#define VMCS_GUEST_TR_SELECTOR		0x080e
#define VMCS_GUEST_INTERRUPT_STATUS	0x0810
#define VMCS_PML_INDEX			0x0812
#define VMCS_GUEST_UINV			0x0814

/* 16-bit host-state fields */
#define VMCS_HOST_ES_SELECTOR		0x0c00
#define VMCS_HOST_CS_SELECTOR		0x0c02
#define VMCS_HOST_SS_SELECTOR		0x0c04
#define VMCS_HOST_DS_SELECTOR		0x0c06
#define VMCS_HOST_FS_SELECTOR		0x0c08
#define VMCS_HOST_GS_SELECTOR		0x0c0a
#define VMCS_HOST_TR_SELECTOR		0x0c0c

/* 64-bit control fields */
#define VMCS_IO_BITMAP_A		0x2000
#define VMCS_IO_BITMAP_B		0x2002
#define VMCS_MSR_BITMAP			0x2004
#define VMCS_EXIT_MSR_STORE_ADDRESS	0x2006
#define VMCS_EXIT_MSR_LOAD_ADDRESS	0x2008
#define VMCS_ENTRY_MSR_LOAD_ADDRESS	0x200a
#define VMCS_EXECUTIVE_POINTER		0x200c
#define VMCS_PML_ADDRESS		0x200e
#define VMCS_TSC_OFFSET			0x2010
#define VMCS_VIRTUAL_APIC_ADDRESS	0x2012
#define VMCS_APIC_ACCESS_ADDRESS	0x2014
#define VMCS_POSTED_INTERRUPT_ADDRESS	0x2016
#define VMCS_VM_FUNCTION_CONTROLS	0x2018
#define VMCS_EPT_POINTER		0x201a
#define VMCS_EOI_EXIT_BITMAP0		0x201c
#define VMCS_EOI_EXIT_BITMAP1		0x201e
#define VMCS_EOI_EXIT_BITMAP2		0x2020
#define VMCS_EOI_EXIT_BITMAP3		0x2022
#define VMCS_EPTP_LIST_ADDRESS		0x2024
#define VMCS_VMREAD_BITMAP		0x2026
#define VMCS_VMWRITE_BITMAP		0x2028
#define VMCS_VE_INFORMATION_ADDRESS	0x202a
#define VMCS_XSS_EXIT_BITMAP		0x202c
#define VMCS_ENCLS_EXIT_BITMAP		0x202e
#define VMCS_SPP_TABLE_POINTER		0x2030
#define VMCS_TSC_MULTIPLIER		0x2032
#define VMCS_PROC3_CONTROLS		0x2034
#define VMCS_ENCLV_EXIT_BITMAP		0x2036
#define VMCS_LOW_PASID_DIRECTORY	0x2038
#define VMCS_HIGH_PASID_DIRECTORY	0x203a
#define VMCS_SHARED_EPT_POINTER		0x203c
#define VMCS_PCONFIG_EXIT_BITMAP	0x203e
#define VMCS_HLAT_POINTER		0x2040
#define VMCS_PID_POINTER_TABLE		0x2042
#define VMCS_EXIT2_CONTROLS		0x2044
#define VMCS_SPEC_CTRL_MASK		0x204a
#define VMCS_SPEC_CTRL_SHADOW		0x204c
#define VMCS_INJECTED_EVENT_DATA	0x2052

/* 64-bit read-only data fields */
#define VMCS_GUEST_PHYSICAL_ADDRESS	0x2400
#define VMCS_EXIT_MSR_DATA		0x2402
#define VMCS_ORIGINAL_EVENT_DATA	0x2404

/* 64-bit guest-state fields */
#define VMCS_GUEST_LINK_POINTER		0x2800
#define VMCS_GUEST_DEBUGCTL		0x2802
#define VMCS_GUEST_PAT			0x2804
#define VMCS_GUEST_EFER			0x2806
#define VMCS_GUEST_PERF_GLOBAL_CTRL	0x2808
#define VMCS_GUEST_PDPTE0		0x280a
#define VMCS_GUEST_PDPTE1		0x280c
#define VMCS_GUEST_PDPTE2		0x280e
#define VMCS_GUEST_PDPTE3		0x2810
#define VMCS_GUEST_BNDCFGS		0x2812
#define VMCS_GUEST_RTIT_CTL		0x2814
#define VMCS_GUEST_LBR_CTL		0x2816
#define VMCS_GUEST_PKRS			0x2818
#define VMCS_GUEST_FRED_CONFIG		0x281a
#define VMCS_GUEST_FRED_RSP1		0x281c
#define VMCS_GUEST_FRED_RSP2		0x281e
#define VMCS_GUEST_FRED_RSP3		0x2820
#define VMCS_GUEST_FRED_STKLVLS		0x2822
#define VMCS_GUEST_FRED_SSP1		0x2824
#define VMCS_GUEST_FRED_SSP2		0x2826
#define VMCS_GUEST_FRED_SSP3		0x2828

/* 64-bit host-state fields */
#define VMCS_HOST_PAT			0x2c00
#define VMCS_HOST_EFER			0x2c02
#define VMCS_HOST_PERF_GLOBAL_CTRL	0x2c04
#define VMCS_HOST_PKRS			0x2c06
#define VMCS_HOST_FRED_CONFIG		0x2c08
#define VMCS_HOST_FRED_RSP1		0x2c0a
#define VMCS_HOST_FRED_RSP2		0x2c0c
#define VMCS_HOST_FRED_RSP3		0x2c0e
#define VMCS_HOST_FRED_STKLVLS		0x2c10
#define VMCS_HOST_FRED_SSP1		0x2c12
#define VMCS_HOST_FRED_SSP2		0x2c14
#define VMCS_HOST_FRED_SSP3		0x2c16

/* 32-bit control fields */
#define VMCS_PIN_CONTROLS		0x4000
#define VMCS_PROC_CONTROLS		0x4002
#define VMCS_EXCEPTION_BITMAP		0x4004
#define VMCS_PAGE_FAULT_ERROR_MASK	0x4006
#define VMCS_PAGE_FAULT_ERROR_MATCH	0x4008
#define VMCS_CR3_TARGET_COUNT		0x400a
#define VMCS_EXIT_CONTROLS		0x400c
#define VMCS_EXIT_MSR_STORE_COUNT	0x400e
#define VMCS_EXIT_MSR_LOAD_COUNT	0x4010
#define VMCS_ENTRY_CONTROLS		0x4012
#define VMCS_ENTRY_MSR_LOAD_COUNT	0x4014
#define VMCS_ENTRY_INTERRUPTION_INFO	0x4016
#define VMCS_ENTRY_EXCEPTION_ERROR	0x4018
#define VMCS_ENTRY_INSTRUCTION_LENGTH	0x401a
#define VMCS_TPR_THRESHOLD		0x401c
#define VMCS_PROC2_CONTROLS		0x401e
#define VMCS_PLE_GAP			0x4020
#define VMCS_PLE_WINDOW			0x4022
#define VMCS_INSTRUCTION_TIMEOUT	0x4024

/* 32-bit read-only data fields */
#define VMCS_INSTRUCTION_ERROR		0x4400
#define VMCS_EXIT_REASON		0x4402
#define VMCS_EXIT_INTERRUPTION_INFO	0x4404
#define VMCS_EXIT_INTERRUPTION_ERROR	0x4406
#define VMCS_IDT_VECTORING_INFO		0x4408
#define VMCS_IDT_VECTORING_ERROR	0x440a
#define VMCS_EXIT_INSTRUCTION_LENGTH	0x440c
#define VMCS_EXIT_INSTRUCTION_INFO	0x440e

/* 32-bit guest-state fields */
#define VMCS_GUEST_ES_LIMIT		0x4800
#define VMCS_GUEST_CS_LIMIT		0x4802
#define VMCS_GUEST_SS_LIMIT		0x4804
#define VMCS_GUEST_DS_LIMIT		0x4806
#define VMCS_GUEST_FS_LIMIT		0x4808
#define VMCS_GUEST_GS_LIMIT		0x480a
#define VMCS_GUEST_LDTR_LIMIT		0x480c
#define VMCS_GUEST_TR_LIMIT		0x480e
#define VMCS_GUEST_GDTR_LIMIT		0x4810
#define VMCS_GUEST_IDTR_LIMIT		0x4812
#define VMCS_GUEST_ES_ACCESS_RIGHTS	0x4814
#define VMCS_GUEST_CS_ACCESS_RIGHTS	0x4816
#define VMCS_GUEST_SS_ACCESS_RIGHTS	0x4818
#define VMCS_GUEST_DS_ACCESS_RIGHTS	0x481a
#define VMCS_GUEST_FS_ACCESS_RIGHTS	0x481c
#define VMCS_GUEST_GS_ACCESS_RIGHTS	0x481e
#define VMCS_GUEST_LDTR_ACCESS_RIGHTS	0x4820
#define VMCS_GUEST_TR_ACCESS_RIGHTS	0x4822
#define VMCS_GUEST_INTERRUPTIBILITY	0x4824
#define VMCS_GUEST_ACTIVITY		0x4826
#define VMCS_GUEST_SMBASE		0x4828
#define VMCS_GUEST_SYSENTER_CS		0x482a
#define VMCS_PREEMPTION_TIMER		0x482e

/* 32-bit host-state field */
#define VMCS_HOST_SYSENTER_CS		0x4c00

/* Natural-width control fields */
#define VMCS_CR0_MASK			0x6000
#define VMCS_CR4_MASK			0x6002
#define VMCS_CR0_SHADOW			0x6004
#define VMCS_CR4_SHADOW			0x6006
#define VMCS_CR3_TARGET0		0x6008
#define VMCS_CR3_TARGET1		0x600a
#define VMCS_CR3_TARGET2		0x600c
#define VMCS_CR3_TARGET3		0x600e

/* Natural-width read-only data fields */
#define VMCS_EXIT_QUALIFICATION		0x6400
#define VMCS_IO_RCX			0x6402
#define VMCS_IO_RSI			0x6404
#define VMCS_IO_RDI			0x6406
#define VMCS_IO_RIP			0x6408
#define VMCS_GUEST_LINEAR_ADDRESS	0x640a

/* Natural-width guest-state fields */
#define VMCS_GUEST_CR0			0x6800
#define VMCS_GUEST_CR3			0x6802
#define VMCS_GUEST_CR4			0x6804
#define VMCS_GUEST_ES_BASE		0x6806
#define VMCS_GUEST_CS_BASE		0x6808
#define VMCS_GUEST_SS_BASE		0x680a
#define VMCS_GUEST_DS_BASE		0x680c
#define VMCS_GUEST_FS_BASE		0x680e
#define VMCS_GUEST_GS_BASE		0x6810
#define VMCS_GUEST_LDTR_BASE		0x6812
#define VMCS_GUEST_TR_BASE		0x6814
#define VMCS_GUEST_GDTR_BASE		0x6816
#define VMCS_GUEST_IDTR_BASE		0x6818
#define VMCS_GUEST_DR7			0x681a
#define VMCS_GUEST_RSP			0x681c
#define VMCS_GUEST_RIP			0x681e
#define VMCS_GUEST_RFLAGS		0x6820
#define VMCS_GUEST_PENDING_DEBUG	0x6822
#define VMCS_GUEST_SYSENTER_ESP		0x6824
#define VMCS_GUEST_SYSENTER_EIP		0x6826
#define VMCS_GUEST_S_CET		0x6828
#define VMCS_GUEST_SSP			0x682a
#define VMCS_GUEST_SSP_TABLE		0x682c

/* Natural-width host-state fields */
#define VMCS_HOST_CR0			0x6c00
#define VMCS_HOST_CR3			0x6c02
#define VMCS_HOST_CR4			0x6c04
#define VMCS_HOST_FS_BASE		0x6c06
#define VMCS_HOST_GS_BASE		0x6c08
#define VMCS_HOST_TR_BASE		0x6c0a
#define VMCS_HOST_GDTR_BASE		0x6c0c
#define VMCS_HOST_IDTR_BASE		0x6c0e
#define VMCS_HOST_SYSENTER_ESP		0x6c10
#define VMCS_HOST_SYSENTER_EIP		0x6c12
#define VMCS_HOST_RSP			0x6c14
#define VMCS_HOST_RIP			0x6c16
#define VMCS_HOST_S_CET			0x6c18
#define VMCS_HOST_SSP			0x6c1a
#define VMCS_HOST_SSP_TABLE		0x6c1c

/* How many fields there are. */
#define VMR_VMCS_FIELDS			200

#ifndef __ASSEMBLY__

#include <linux/types.h>

/**
 * struct vmr_vmcs_field - a field of the VMCS
 * @encoding: VMCS_...
 * @name: the same without VMCS_
 */
struct vmr_vmcs_field {
	u32 encoding;
	const char *name;
};

/* All of them, in the order of their encodings. */
extern const struct vmr_vmcs_field vmr_vmcs_fields[VMR_VMCS_FIELDS];

/* By width and type of an encoding, and its index: the field that may be there. */
extern const u8 vmr_vmcs_numbers[32][64];

/**
 * vmr_vmcs_number() - the place in vmr_vmcs_fields of a field that there is
 * @field: VMCS_...
 *
 * Context: Any.
 * Return: its index; of anything else that of another field.
 */
static inline u8 vmr_vmcs_number(u32 field)
{
	return vmr_vmcs_numbers[field >> 10 & 31][field >> 1 & 63];
}

/**
 * vmr_vmcs_field_index() - find a field in vmr_vmcs_fields
 * @field: VMCS_..., or anything
 *
 * Context: Any.
 * Return: its index, -1 if there is no such field.
 */
int vmr_vmcs_field_index(u32 field);

/**
 * vmr_vmcs_field_name() - the name of a field
 * @field: VMCS_..., or anything
 *
 * Context: Any.
 * Return: a constant string, "no field" if there is none.
 */
const char *vmr_vmcs_field_name(u32 field);

#endif
#endif
