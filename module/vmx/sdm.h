/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the names of Intel's architecture: MSRs, capability bits and control
 * bits, as the Software Developer's Manual (SDM) has them. Constants only, no
 * kernel dependency beyond bit macros; everyone may include it.
 *
 * SDM_<REGISTER>_<BIT>; single bits as masks, positions are never used bare.
 */
#ifndef VMR_VMX_SDM_H
#define VMR_VMX_SDM_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

/* CPUID.01H:ECX, "Feature Information Returned in the ECX Register" */
#define SDM_CPUID_1_ECX_VMX			BIT(5)

/* CPUID.(07H, 0): what VM entry asks the CPU for */
#define SDM_CPUID_7_EBX_SGX			BIT(2)
#define SDM_CPUID_7_EBX_RTM			BIT(11)
#define SDM_CPUID_7_ECX_BUS_LOCK_DETECT		BIT(24)

/* CR4, "Control Registers" */
#define SDM_CR4_VMXE				BIT_ULL(13)
#define SDM_CR4_FRED				BIT_ULL(32)

/* MSRs that an exit can load, "Architectural MSRs" */
#define SDM_IA32_PERF_GLOBAL_CTRL		0x38f
#define SDM_IA32_S_CET				0x6a2
#define SDM_IA32_INTERRUPT_SSP_TABLE		0x6a8
#define SDM_IA32_PKRS				0x6e1

/* IA32_FEATURE_CONTROL, "Enabling and Entering VMX Operation" */
#define SDM_IA32_FEATURE_CONTROL		0x03a
#define SDM_FEATURE_CONTROL_LOCK		BIT_ULL(0)
#define SDM_FEATURE_CONTROL_VMX_IN_SMX		BIT_ULL(1)
#define SDM_FEATURE_CONTROL_VMX_OUTSIDE_SMX	BIT_ULL(2)

/* The capability MSRs, "VMX Capability Reporting Facility": one block. */
#define SDM_IA32_VMX_BASIC			0x480
#define SDM_IA32_VMX_PINBASED_CTLS		0x481
#define SDM_IA32_VMX_PROCBASED_CTLS		0x482
#define SDM_IA32_VMX_EXIT_CTLS			0x483
#define SDM_IA32_VMX_ENTRY_CTLS			0x484
#define SDM_IA32_VMX_MISC			0x485
#define SDM_IA32_VMX_CR0_FIXED0			0x486
#define SDM_IA32_VMX_CR0_FIXED1			0x487
#define SDM_IA32_VMX_CR4_FIXED0			0x488
#define SDM_IA32_VMX_CR4_FIXED1			0x489
#define SDM_IA32_VMX_VMCS_ENUM			0x48a
#define SDM_IA32_VMX_PROCBASED_CTLS2		0x48b
#define SDM_IA32_VMX_EPT_VPID_CAP		0x48c
#define SDM_IA32_VMX_TRUE_PINBASED_CTLS		0x48d
#define SDM_IA32_VMX_TRUE_PROCBASED_CTLS	0x48e
#define SDM_IA32_VMX_TRUE_EXIT_CTLS		0x48f
#define SDM_IA32_VMX_TRUE_ENTRY_CTLS		0x490
#define SDM_IA32_VMX_VMFUNC			0x491
#define SDM_IA32_VMX_PROCBASED_CTLS3		0x492
#define SDM_IA32_VMX_EXIT_CTLS2			0x493

/* IA32_VMX_BASIC, "Basic VMX Information" */
#define SDM_BASIC_REVISION			GENMASK_ULL(30, 0)
#define SDM_BASIC_REGION_SIZE			GENMASK_ULL(44, 32)
#define SDM_BASIC_32BIT_ADDRESSES		BIT_ULL(48)
#define SDM_BASIC_MEMORY_TYPE			GENMASK_ULL(53, 50)
#define SDM_BASIC_INS_OUTS_INFO			BIT_ULL(54)
#define SDM_BASIC_TRUE_CTLS			BIT_ULL(55)
#define SDM_BASIC_ANY_ERROR_CODE		BIT_ULL(56)
#define SDM_MEMORY_TYPE_WB			6

/* "Pin-Based VM-Execution Controls" */
#define SDM_PIN_EXTERNAL_INTERRUPT_EXITING	BIT(0)
#define SDM_PIN_NMI_EXITING			BIT(3)
#define SDM_PIN_VIRTUAL_NMIS			BIT(5)
#define SDM_PIN_PREEMPTION_TIMER		BIT(6)
#define SDM_PIN_POSTED_INTERRUPTS		BIT(7)

/* "Processor-Based VM-Execution Controls", primary */
#define SDM_PROC_INTERRUPT_WINDOW_EXITING	BIT(2)
#define SDM_PROC_USE_TSC_OFFSETTING		BIT(3)
#define SDM_PROC_HLT_EXITING			BIT(7)
#define SDM_PROC_MWAIT_EXITING			BIT(10)
#define SDM_PROC_RDPMC_EXITING			BIT(11)
#define SDM_PROC_CR8_LOAD_EXITING		BIT(19)
#define SDM_PROC_CR8_STORE_EXITING		BIT(20)
#define SDM_PROC_TPR_SHADOW			BIT(21)
#define SDM_PROC_NMI_WINDOW_EXITING		BIT(22)
#define SDM_PROC_MOV_DR_EXITING			BIT(23)
#define SDM_PROC_UNCONDITIONAL_IO_EXITING	BIT(24)
#define SDM_PROC_USE_IO_BITMAPS			BIT(25)
#define SDM_PROC_MONITOR_TRAP_FLAG		BIT(27)
#define SDM_PROC_USE_MSR_BITMAPS		BIT(28)
#define SDM_PROC_MONITOR_EXITING		BIT(29)
#define SDM_PROC_TERTIARY_CONTROLS		BIT(17)
#define SDM_PROC_SECONDARY_CONTROLS		BIT(31)

/* The same, secondary */
#define SDM_PROC2_VIRTUALIZE_APIC_ACCESSES	BIT(0)
#define SDM_PROC2_EPT				BIT(1)
#define SDM_PROC2_DESCRIPTOR_TABLE_EXITING	BIT(2)
#define SDM_PROC2_RDTSCP			BIT(3)
#define SDM_PROC2_VIRTUALIZE_X2APIC		BIT(4)
#define SDM_PROC2_VPID				BIT(5)
#define SDM_PROC2_WBINVD_EXITING		BIT(6)
#define SDM_PROC2_UNRESTRICTED_GUEST		BIT(7)
#define SDM_PROC2_APIC_REGISTER_VIRTUALIZATION	BIT(8)
#define SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY	BIT(9)
#define SDM_PROC2_PAUSE_LOOP_EXITING		BIT(10)
#define SDM_PROC2_INVPCID			BIT(12)
#define SDM_PROC2_VM_FUNCTIONS			BIT(13)
#define SDM_PROC2_VMCS_SHADOWING		BIT(14)
#define SDM_PROC2_ENCLS_EXITING			BIT(15)
#define SDM_PROC2_PML				BIT(17)
#define SDM_PROC2_EPT_VIOLATION_VE		BIT(18)
#define SDM_PROC2_XSAVES			BIT(20)
#define SDM_PROC2_PASID_TRANSLATION		BIT(21)
#define SDM_PROC2_MODE_BASED_EXECUTE		BIT(22)
#define SDM_PROC2_SUB_PAGE_WRITE		BIT(23)
#define SDM_PROC2_PT_GUEST_PHYSICAL		BIT(24)
#define SDM_PROC2_TSC_SCALING			BIT(25)
#define SDM_PROC2_USER_WAIT_PAUSE		BIT(26)
#define SDM_PROC2_BUS_LOCK_EXITING		BIT(30)
#define SDM_PROC2_INSTRUCTION_TIMEOUT		BIT(31)

/* The same, tertiary (64 bits, all of them optional) */
#define SDM_PROC3_HLAT				BIT_ULL(1)
#define SDM_PROC3_EPT_PAGING_WRITE		BIT_ULL(2)
#define SDM_PROC3_GUEST_PAGING_VERIFICATION	BIT_ULL(3)
#define SDM_PROC3_IPI_VIRTUALIZATION		BIT_ULL(4)
#define SDM_PROC3_VIRTUALIZE_SPEC_CTRL		BIT_ULL(7)

/* "VM-Exit Controls" */
#define SDM_EXIT_SAVE_DEBUG_CONTROLS		BIT(2)
#define SDM_EXIT_HOST_ADDRESS_SPACE_SIZE	BIT(9)
#define SDM_EXIT_LOAD_PERF_GLOBAL_CTRL		BIT(12)
#define SDM_EXIT_ACKNOWLEDGE_INTERRUPT		BIT(15)
#define SDM_EXIT_SAVE_PAT			BIT(18)
#define SDM_EXIT_LOAD_PAT			BIT(19)
#define SDM_EXIT_SAVE_EFER			BIT(20)
#define SDM_EXIT_LOAD_EFER			BIT(21)
#define SDM_EXIT_SAVE_PREEMPTION_TIMER		BIT(22)
#define SDM_EXIT_CLEAR_RTIT_CTL			BIT(25)
#define SDM_EXIT_LOAD_CET			BIT(28)
#define SDM_EXIT_LOAD_PKRS			BIT(29)
#define SDM_EXIT_SECONDARY_CONTROLS		BIT(31)

/* "VM-Entry Controls" */
#define SDM_ENTRY_LOAD_DEBUG_CONTROLS		BIT(2)
#define SDM_ENTRY_IA32E_MODE_GUEST		BIT(9)
#define SDM_ENTRY_TO_SMM			BIT(10)
#define SDM_ENTRY_END_DUAL_MONITOR		BIT(11)
#define SDM_ENTRY_LOAD_PERF_GLOBAL_CTRL		BIT(13)
#define SDM_ENTRY_LOAD_PAT			BIT(14)
#define SDM_ENTRY_LOAD_EFER			BIT(15)
#define SDM_ENTRY_LOAD_BNDCFGS			BIT(16)
#define SDM_ENTRY_LOAD_RTIT_CTL			BIT(18)
#define SDM_ENTRY_LOAD_UINV			BIT(19)
#define SDM_ENTRY_LOAD_CET			BIT(20)
#define SDM_ENTRY_LOAD_LBR_CTL			BIT(21)
#define SDM_ENTRY_LOAD_PKRS			BIT(22)

/* IA32_VMX_MISC, "Miscellaneous Data" */
#define SDM_MISC_ACTIVITY_HLT			BIT_ULL(6)
#define SDM_MISC_ACTIVITY_SHUTDOWN		BIT_ULL(7)
#define SDM_MISC_ACTIVITY_WAIT_FOR_SIPI		BIT_ULL(8)
#define SDM_MISC_INTEL_PT			BIT_ULL(14)
#define SDM_MISC_CR3_TARGETS			GENMASK_ULL(24, 16)
#define SDM_MISC_EMPTY_SOFTWARE_EVENT		BIT_ULL(30)

/* IA32_VMX_EPT_VPID_CAP, "VPID and EPT Capabilities" */
#define SDM_EPT_EXECUTE_ONLY			BIT_ULL(0)
#define SDM_EPT_WALK_LENGTH_4			BIT_ULL(6)
#define SDM_EPT_WALK_LENGTH_5			BIT_ULL(7)
#define SDM_EPT_MEMORY_TYPE_UC			BIT_ULL(8)
#define SDM_EPT_MEMORY_TYPE_WB			BIT_ULL(14)
#define SDM_EPT_PAGE_2M				BIT_ULL(16)
#define SDM_EPT_PAGE_1G				BIT_ULL(17)
#define SDM_EPT_INVEPT				BIT_ULL(20)
#define SDM_EPT_ACCESSED_DIRTY			BIT_ULL(21)
#define SDM_EPT_SUPERVISOR_SHADOW_STACK		BIT_ULL(23)
#define SDM_EPT_INVEPT_SINGLE			BIT_ULL(25)
#define SDM_EPT_INVEPT_ALL			BIT_ULL(26)
#define SDM_VPID_INVVPID			BIT_ULL(32)
#define SDM_VPID_INVVPID_ADDRESS		BIT_ULL(40)
#define SDM_VPID_INVVPID_SINGLE			BIT_ULL(41)
#define SDM_VPID_INVVPID_ALL			BIT_ULL(42)

/* "Extended-Page-Table Pointer (EPTP)" */
#define SDM_EPTP_MEMORY_TYPE			GENMASK_ULL(2, 0)
#define SDM_EPTP_MEMORY_TYPE_UC			0
#define SDM_EPTP_MEMORY_TYPE_WB			6
#define SDM_EPTP_WALK_LENGTH			GENMASK_ULL(5, 3)	/* less 1 */
#define SDM_EPTP_WALK_LENGTH_4			(3 << 3)
#define SDM_EPTP_WALK_LENGTH_5			(4 << 3)
#define SDM_EPTP_ACCESSED_DIRTY			BIT_ULL(6)
#define SDM_EPTP_SUPERVISOR_SHADOW_STACK	BIT_ULL(7)

/* IA32_VMX_VMFUNC, "VM-Function Controls" */
#define SDM_VMFUNC_EPTP_SWITCHING		BIT_ULL(0)

/* "Guest Non-Register State" */
#define SDM_ACTIVITY_ACTIVE			0
#define SDM_ACTIVITY_HLT			1
#define SDM_ACTIVITY_SHUTDOWN			2
#define SDM_ACTIVITY_WAIT_FOR_SIPI		3
#define SDM_BLOCKING_STI			BIT(0)
#define SDM_BLOCKING_MOV_SS			BIT(1)
#define SDM_BLOCKING_SMI			BIT(2)
#define SDM_BLOCKING_NMI			BIT(3)
#define SDM_ENCLAVE_INTERRUPTION		BIT(4)
#define SDM_PENDING_BREAKPOINTS			GENMASK_ULL(3, 0)
#define SDM_PENDING_BUS_LOCK			BIT_ULL(11)
#define SDM_PENDING_ENABLED_BREAKPOINT		BIT_ULL(12)
#define SDM_PENDING_SINGLE_STEP			BIT_ULL(14)
#define SDM_PENDING_RTM				BIT_ULL(16)

/* "INVEPT", "INVVPID": how much is invalidated */
#define SDM_INVEPT_SINGLE			1
#define SDM_INVEPT_ALL				2
#define SDM_INVVPID_ADDRESS			0
#define SDM_INVVPID_SINGLE			1
#define SDM_INVVPID_ALL				2

#define SDM_VMX_REGION_SIZE			4096

/**
 * struct sdm_vmx_region - a VMXON region or a VMCS
 * @revision: VMCS revision identifier, bit 31 clear
 * @abort: VMX-abort indicator
 * @data: known to the CPU only
 *
 * "Format of the VMCS Region", "VMXON Region".
 */
struct sdm_vmx_region {
	u32 revision;
	u32 abort;
	u8 data[SDM_VMX_REGION_SIZE - 8];
};

static_assert(sizeof(struct sdm_vmx_region) == SDM_VMX_REGION_SIZE);

/**
 * struct sdm_inv_descriptor - the memory operand of INVEPT and INVVPID
 * @context: EPT pointer, or the VPID in bits 15:0
 * @address: linear address (INVVPID by address), else 0
 */
struct sdm_inv_descriptor {
	u64 context;
	u64 address;
};

static_assert(sizeof(struct sdm_inv_descriptor) == 16);

#endif
