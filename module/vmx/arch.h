/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the names of the architecture that a guest sees: control, debug and flag
 * registers, MSRs, CPUID bits, segments, page-table entries, as the Software
 * Developer's Manual (SDM) has them. VT-x itself is sdm.h. Constants only;
 * everyone may include it.
 *
 * SDM_<REGISTER>_<BIT>; single bits as masks, positions are never used bare.
 */
#ifndef VMR_VMX_ARCH_H
#define VMR_VMX_ARCH_H

#include <linux/bits.h>

#include "vmx/sdm.h"

/* CR0, "Control Registers" */
#define SDM_CR0_PE				BIT_ULL(0)
#define SDM_CR0_MP				BIT_ULL(1)
#define SDM_CR0_EM				BIT_ULL(2)
#define SDM_CR0_TS				BIT_ULL(3)
#define SDM_CR0_ET				BIT_ULL(4)
#define SDM_CR0_NE				BIT_ULL(5)
#define SDM_CR0_WP				BIT_ULL(16)
#define SDM_CR0_AM				BIT_ULL(18)
#define SDM_CR0_NW				BIT_ULL(29)
#define SDM_CR0_CD				BIT_ULL(30)
#define SDM_CR0_PG				BIT_ULL(31)

/* CR3 */
#define SDM_CR3_PCID				GENMASK_ULL(11, 0)
#define SDM_CR3_NO_FLUSH			BIT_ULL(63)

/* CR4; VMXE and FRED are in sdm.h */
#define SDM_CR4_VME				BIT_ULL(0)
#define SDM_CR4_PVI				BIT_ULL(1)
#define SDM_CR4_TSD				BIT_ULL(2)
#define SDM_CR4_DE				BIT_ULL(3)
#define SDM_CR4_PSE				BIT_ULL(4)
#define SDM_CR4_PAE				BIT_ULL(5)
#define SDM_CR4_MCE				BIT_ULL(6)
#define SDM_CR4_PGE				BIT_ULL(7)
#define SDM_CR4_PCE				BIT_ULL(8)
#define SDM_CR4_OSFXSR				BIT_ULL(9)
#define SDM_CR4_OSXMMEXCPT			BIT_ULL(10)
#define SDM_CR4_UMIP				BIT_ULL(11)
#define SDM_CR4_LA57				BIT_ULL(12)
#define SDM_CR4_SMXE				BIT_ULL(14)
#define SDM_CR4_FSGSBASE			BIT_ULL(16)
#define SDM_CR4_PCIDE				BIT_ULL(17)
#define SDM_CR4_OSXSAVE				BIT_ULL(18)
#define SDM_CR4_KL				BIT_ULL(19)
#define SDM_CR4_SMEP				BIT_ULL(20)
#define SDM_CR4_SMAP				BIT_ULL(21)
#define SDM_CR4_PKE				BIT_ULL(22)
#define SDM_CR4_CET				BIT_ULL(23)
#define SDM_CR4_PKS				BIT_ULL(24)
#define SDM_CR4_UINTR				BIT_ULL(25)
#define SDM_CR4_LASS				BIT_ULL(27)
#define SDM_CR4_LAM_SUP				BIT_ULL(28)

/* IA32_EFER, "Extended Feature Enables" */
#define SDM_EFER_SCE				BIT_ULL(0)
#define SDM_EFER_LME				BIT_ULL(8)
#define SDM_EFER_LMA				BIT_ULL(10)
#define SDM_EFER_NXE				BIT_ULL(11)

/* RFLAGS, "EFLAGS Register" */
#define SDM_RFLAGS_CF				BIT_ULL(0)
#define SDM_RFLAGS_FIXED			BIT_ULL(1)
#define SDM_RFLAGS_PF				BIT_ULL(2)
#define SDM_RFLAGS_AF				BIT_ULL(4)
#define SDM_RFLAGS_ZF				BIT_ULL(6)
#define SDM_RFLAGS_SF				BIT_ULL(7)
#define SDM_RFLAGS_TF				BIT_ULL(8)
#define SDM_RFLAGS_IF				BIT_ULL(9)
#define SDM_RFLAGS_DF				BIT_ULL(10)
#define SDM_RFLAGS_OF				BIT_ULL(11)
#define SDM_RFLAGS_IOPL				GENMASK_ULL(13, 12)
#define SDM_RFLAGS_NT				BIT_ULL(14)
#define SDM_RFLAGS_RF				BIT_ULL(16)
#define SDM_RFLAGS_VM				BIT_ULL(17)
#define SDM_RFLAGS_AC				BIT_ULL(18)
#define SDM_RFLAGS_VIF				BIT_ULL(19)
#define SDM_RFLAGS_VIP				BIT_ULL(20)
#define SDM_RFLAGS_ID				BIT_ULL(21)

/* DR6 and DR7, "Debug Registers" */
#define SDM_DR6_HITS				GENMASK_ULL(3, 0)
#define SDM_DR6_BLD				BIT_ULL(11)
#define SDM_DR6_BD				BIT_ULL(13)
#define SDM_DR6_BS				BIT_ULL(14)
#define SDM_DR6_BT				BIT_ULL(15)
#define SDM_DR6_RTM				BIT_ULL(16)
#define SDM_DR6_ONES				0xffff0ff0ULL	/* always set */
#define SDM_DR7_ENABLES				GENMASK_ULL(7, 0)
#define SDM_DR7_LE				BIT_ULL(8)
#define SDM_DR7_GE				BIT_ULL(9)
#define SDM_DR7_ONES				BIT_ULL(10)
#define SDM_DR7_RTM				BIT_ULL(11)
#define SDM_DR7_GD				BIT_ULL(13)
#define SDM_DR7_CONDITIONS			GENMASK_ULL(31, 16)

/* XCR0, "Extended Control Registers" */
#define SDM_XCR0_X87				BIT_ULL(0)
#define SDM_XCR0_SSE				BIT_ULL(1)
#define SDM_XCR0_AVX				BIT_ULL(2)
#define SDM_XCR0_AVX512				GENMASK_ULL(7, 5)

/* Exceptions, "Exception and Interrupt Vectors" */
#define SDM_VECTOR_DE				0
#define SDM_VECTOR_DB				1
#define SDM_VECTOR_NMI				2
#define SDM_VECTOR_BP				3
#define SDM_VECTOR_OF				4
#define SDM_VECTOR_BR				5
#define SDM_VECTOR_UD				6
#define SDM_VECTOR_NM				7
#define SDM_VECTOR_DF				8
#define SDM_VECTOR_TS				10
#define SDM_VECTOR_NP				11
#define SDM_VECTOR_SS				12
#define SDM_VECTOR_GP				13
#define SDM_VECTOR_PF				14
#define SDM_VECTOR_MF				16
#define SDM_VECTOR_AC				17
#define SDM_VECTOR_MC				18
#define SDM_VECTOR_XM				19
#define SDM_VECTOR_VE				20
#define SDM_VECTOR_CP				21

/* The error code of #PF, "Page-Fault Exceptions" */
#define SDM_PF_PRESENT				BIT(0)
#define SDM_PF_WRITE				BIT(1)
#define SDM_PF_USER				BIT(2)
#define SDM_PF_RESERVED				BIT(3)
#define SDM_PF_FETCH				BIT(4)

/* Entries of the paging structures, "Hierarchical Paging Structures" */
#define SDM_PTE_PRESENT				BIT_ULL(0)
#define SDM_PTE_WRITE				BIT_ULL(1)
#define SDM_PTE_USER				BIT_ULL(2)
#define SDM_PTE_ACCESSED			BIT_ULL(5)
#define SDM_PTE_DIRTY				BIT_ULL(6)
#define SDM_PTE_LARGE				BIT_ULL(7)
#define SDM_PTE_ADDRESS				GENMASK_ULL(51, 12)
#define SDM_PTE_NO_EXECUTE			BIT_ULL(63)

/* Access rights of a segment as the VMCS has them, "Guest Register State" */
#define SDM_SEGMENT_ACCESSED			BIT(0)	/* code and data */
#define SDM_SEGMENT_WRITABLE			BIT(1)	/* data */
#define SDM_SEGMENT_READABLE			BIT(1)	/* code */
#define SDM_SEGMENT_EXPAND_DOWN			BIT(2)	/* data */
#define SDM_SEGMENT_CONFORMING			BIT(2)	/* code */
#define SDM_SEGMENT_CODE			BIT(3)
#define SDM_SEGMENT_TSS_32			BIT(3)	/* a TSS, of 32 or 64 bits */
#define SDM_SEGMENT_TYPE			GENMASK(3, 0)
#define SDM_SEGMENT_S				BIT(4)	/* code or data */
#define SDM_SEGMENT_DPL				GENMASK(6, 5)
#define SDM_SEGMENT_PRESENT			BIT(7)
#define SDM_SEGMENT_L				BIT(13)
#define SDM_SEGMENT_DB				BIT(14)
#define SDM_SEGMENT_G				BIT(15)
#define SDM_SEGMENT_UNUSABLE			BIT(16)

/* MSRs, "Architectural MSRs" */
#define SDM_IA32_P5_MC_ADDR			0x000
#define SDM_IA32_P5_MC_TYPE			0x001
#define SDM_IA32_TSC				0x010
#define SDM_IA32_PLATFORM_ID			0x017
#define SDM_IA32_APIC_BASE			0x01b
#define SDM_IA32_TSC_ADJUST			0x03b
#define SDM_IA32_SPEC_CTRL			0x048
#define SDM_IA32_BIOS_UPDT_TRIG			0x079
#define SDM_IA32_BIOS_SIGN_ID			0x08b
#define SDM_PLATFORM_INFO			0x0ce
#define SDM_IA32_MTRRCAP			0x0fe
#define SDM_IA32_ARCH_CAPABILITIES		0x10a
#define  SDM_ARCH_CAP_SKIP_L1DFL_VMENTRY	BIT_ULL(3)
#define SDM_IA32_FLUSH_CMD			0x10b
#define  SDM_FLUSH_CMD_L1D			1
#define SDM_IA32_SYSENTER_CS			0x174
#define SDM_IA32_SYSENTER_ESP			0x175
#define SDM_IA32_SYSENTER_EIP			0x176
#define SDM_IA32_MCG_CAP			0x179
#define SDM_IA32_MCG_STATUS			0x17a
#define SDM_IA32_MISC_ENABLE			0x1a0
#define SDM_IA32_DEBUGCTL			0x1d9
#define SDM_IA32_MTRR_PHYSBASE0			0x200
#define SDM_IA32_MTRR_PHYSMASK0			0x201
#define SDM_IA32_MTRR_FIX64K_00000		0x250
#define SDM_IA32_MTRR_FIX16K_80000		0x258
#define SDM_IA32_MTRR_FIX16K_A0000		0x259
#define SDM_IA32_MTRR_FIX4K_C0000		0x268
#define SDM_IA32_PAT				0x277
#define SDM_IA32_MTRR_DEF_TYPE			0x2ff
#define SDM_IA32_EFER				0xc0000080
#define SDM_IA32_STAR				0xc0000081
#define SDM_IA32_LSTAR				0xc0000082
#define SDM_IA32_CSTAR				0xc0000083
#define SDM_IA32_FMASK				0xc0000084
#define SDM_IA32_FS_BASE			0xc0000100
#define SDM_IA32_GS_BASE			0xc0000101
#define SDM_IA32_KERNEL_GS_BASE			0xc0000102
#define SDM_IA32_TSC_AUX			0xc0000103

#define SDM_APIC_BASE_BSP			BIT_ULL(8)
#define SDM_APIC_BASE_X2APIC			BIT_ULL(10)
#define SDM_APIC_BASE_ENABLE			BIT_ULL(11)
#define SDM_DEBUGCTL_BTF			BIT_ULL(1)
#define SDM_MISC_ENABLE_FAST_STRINGS		BIT_ULL(0)
#define SDM_MISC_ENABLE_BTS_UNAVAILABLE		BIT_ULL(11)
#define SDM_MISC_ENABLE_PEBS_UNAVAILABLE	BIT_ULL(12)
#define SDM_MTRRCAP_FIXED			BIT_ULL(8)
#define SDM_MTRRCAP_WC				BIT_ULL(10)
#define SDM_MTRR_DEF_FIXED			BIT_ULL(10)
#define SDM_MTRR_DEF_ENABLE			BIT_ULL(11)
#define SDM_MTRR_MASK_VALID			BIT_ULL(11)
#define SDM_MCG_STATUS_BITS			GENMASK_ULL(2, 0)

/* CPUID.01H, "CPUID - CPU Identification" */
#define SDM_CPUID_1_ECX_SSE3			BIT(0)
#define SDM_CPUID_1_ECX_PCLMULQDQ		BIT(1)
#define SDM_CPUID_1_ECX_SSSE3			BIT(9)
#define SDM_CPUID_1_ECX_FMA			BIT(12)
#define SDM_CPUID_1_ECX_CX16			BIT(13)
#define SDM_CPUID_1_ECX_PCID			BIT(17)
#define SDM_CPUID_1_ECX_SSE4_1			BIT(19)
#define SDM_CPUID_1_ECX_SSE4_2			BIT(20)
#define SDM_CPUID_1_ECX_MOVBE			BIT(22)
#define SDM_CPUID_1_ECX_POPCNT			BIT(23)
#define SDM_CPUID_1_ECX_AES			BIT(25)
#define SDM_CPUID_1_ECX_XSAVE			BIT(26)
#define SDM_CPUID_1_ECX_OSXSAVE			BIT(27)
#define SDM_CPUID_1_ECX_AVX			BIT(28)
#define SDM_CPUID_1_ECX_F16C			BIT(29)
#define SDM_CPUID_1_ECX_RDRAND			BIT(30)
#define SDM_CPUID_1_ECX_HYPERVISOR		BIT(31)

#define SDM_CPUID_1_EDX_FPU			BIT(0)
#define SDM_CPUID_1_EDX_VME			BIT(1)
#define SDM_CPUID_1_EDX_DE			BIT(2)
#define SDM_CPUID_1_EDX_PSE			BIT(3)
#define SDM_CPUID_1_EDX_TSC			BIT(4)
#define SDM_CPUID_1_EDX_MSR			BIT(5)
#define SDM_CPUID_1_EDX_PAE			BIT(6)
#define SDM_CPUID_1_EDX_MCE			BIT(7)
#define SDM_CPUID_1_EDX_CX8			BIT(8)
#define SDM_CPUID_1_EDX_APIC			BIT(9)
#define SDM_CPUID_1_EDX_SEP			BIT(11)
#define SDM_CPUID_1_EDX_MTRR			BIT(12)
#define SDM_CPUID_1_EDX_PGE			BIT(13)
#define SDM_CPUID_1_EDX_MCA			BIT(14)
#define SDM_CPUID_1_EDX_CMOV			BIT(15)
#define SDM_CPUID_1_EDX_PAT			BIT(16)
#define SDM_CPUID_1_EDX_PSE36			BIT(17)
#define SDM_CPUID_1_EDX_CLFSH			BIT(19)
#define SDM_CPUID_1_EDX_MMX			BIT(23)
#define SDM_CPUID_1_EDX_FXSR			BIT(24)
#define SDM_CPUID_1_EDX_SSE			BIT(25)
#define SDM_CPUID_1_EDX_SSE2			BIT(26)
#define SDM_CPUID_1_EDX_SS			BIT(27)
#define SDM_CPUID_1_EDX_HTT			BIT(28)

/* CPUID.06H */
#define SDM_CPUID_6_EAX_ARAT			BIT(2)

/* CPUID.(07H, 0) */
#define SDM_CPUID_7_EBX_FSGSBASE		BIT(0)
#define SDM_CPUID_7_EBX_TSC_ADJUST		BIT(1)
#define SDM_CPUID_7_EBX_BMI1			BIT(3)
#define SDM_CPUID_7_EBX_AVX2			BIT(5)
#define SDM_CPUID_7_EBX_FDP_EXCPTN_ONLY		BIT(6)
#define SDM_CPUID_7_EBX_SMEP			BIT(7)
#define SDM_CPUID_7_EBX_BMI2			BIT(8)
#define SDM_CPUID_7_EBX_ERMS			BIT(9)
#define SDM_CPUID_7_EBX_INVPCID			BIT(10)
#define SDM_CPUID_7_EBX_NO_FCS_FDS		BIT(13)
#define SDM_CPUID_7_EBX_AVX512F			BIT(16)
#define SDM_CPUID_7_EBX_AVX512DQ		BIT(17)
#define SDM_CPUID_7_EBX_RDSEED			BIT(18)
#define SDM_CPUID_7_EBX_ADX			BIT(19)
#define SDM_CPUID_7_EBX_SMAP			BIT(20)
#define SDM_CPUID_7_EBX_AVX512_IFMA		BIT(21)
#define SDM_CPUID_7_EBX_CLFLUSHOPT		BIT(23)
#define SDM_CPUID_7_EBX_CLWB			BIT(24)
#define SDM_CPUID_7_EBX_AVX512PF		BIT(26)
#define SDM_CPUID_7_EBX_AVX512ER		BIT(27)
#define SDM_CPUID_7_EBX_AVX512CD		BIT(28)
#define SDM_CPUID_7_EBX_SHA			BIT(29)
#define SDM_CPUID_7_EBX_AVX512BW		BIT(30)
#define SDM_CPUID_7_EBX_AVX512VL		BIT(31)

#define SDM_CPUID_7_ECX_PREFETCHWT1		BIT(0)
#define SDM_CPUID_7_ECX_AVX512_VBMI		BIT(1)
#define SDM_CPUID_7_ECX_UMIP			BIT(2)
#define SDM_CPUID_7_ECX_PKU			BIT(3)
#define SDM_CPUID_7_ECX_OSPKE			BIT(4)
#define SDM_CPUID_7_ECX_AVX512_VBMI2		BIT(6)
#define SDM_CPUID_7_ECX_GFNI			BIT(8)
#define SDM_CPUID_7_ECX_VAES			BIT(9)
#define SDM_CPUID_7_ECX_VPCLMULQDQ		BIT(10)
#define SDM_CPUID_7_ECX_AVX512_VNNI		BIT(11)
#define SDM_CPUID_7_ECX_AVX512_BITALG		BIT(12)
#define SDM_CPUID_7_ECX_AVX512_VPOPCNTDQ	BIT(14)
#define SDM_CPUID_7_ECX_RDPID			BIT(22)
#define SDM_CPUID_7_ECX_CLDEMOTE		BIT(25)
#define SDM_CPUID_7_ECX_MOVDIRI			BIT(27)
#define SDM_CPUID_7_ECX_MOVDIR64B		BIT(28)

#define SDM_CPUID_7_EDX_AVX512_4VNNIW		BIT(2)
#define SDM_CPUID_7_EDX_AVX512_4FMAPS		BIT(3)
#define SDM_CPUID_7_EDX_FSRM			BIT(4)
#define SDM_CPUID_7_EDX_AVX512_VP2INTERSECT	BIT(8)
#define SDM_CPUID_7_EDX_MD_CLEAR		BIT(10)
#define SDM_CPUID_7_EDX_SERIALIZE		BIT(14)
#define SDM_CPUID_7_EDX_AVX512_FP16		BIT(23)

/* CPUID.(07H, 1) and (07H, 2) */
#define SDM_CPUID_7_1_EAX_SHA512		BIT(0)
#define SDM_CPUID_7_1_EAX_SM3			BIT(1)
#define SDM_CPUID_7_1_EAX_SM4			BIT(2)
#define SDM_CPUID_7_1_EAX_AVX_VNNI		BIT(4)
#define SDM_CPUID_7_1_EAX_AVX512_BF16		BIT(5)
#define SDM_CPUID_7_1_EAX_CMPCCXADD		BIT(7)
#define SDM_CPUID_7_1_EAX_FZLRM			BIT(10)
#define SDM_CPUID_7_1_EAX_FSRS			BIT(11)
#define SDM_CPUID_7_1_EAX_FSRC			BIT(12)
#define SDM_CPUID_7_1_EAX_AVX_IFMA		BIT(23)
#define SDM_CPUID_7_1_EDX_AVX_VNNI_INT8		BIT(4)
#define SDM_CPUID_7_1_EDX_AVX_NE_CONVERT	BIT(5)
#define SDM_CPUID_7_1_EDX_AVX_VNNI_INT16	BIT(10)
#define SDM_CPUID_7_1_EDX_PREFETCHI		BIT(14)
#define SDM_CPUID_7_2_EDX_MCDT_NO		BIT(5)

/* CPUID.(0DH, 1) and those of the state components */
#define SDM_CPUID_D_1_EAX_XSAVEOPT		BIT(0)
#define SDM_CPUID_D_1_EAX_XSAVEC		BIT(1)
#define SDM_CPUID_D_1_EAX_XGETBV1		BIT(2)
#define SDM_CPUID_D_N_ECX_ALIGNED		BIT(1)

/* CPUID.80000001H, 80000007H and 80000008H */
#define SDM_CPUID_X1_ECX_LAHF			BIT(0)
#define SDM_CPUID_X1_ECX_LZCNT			BIT(5)
#define SDM_CPUID_X1_ECX_PREFETCHW		BIT(8)
#define SDM_CPUID_X1_EDX_SYSCALL		BIT(11)
#define SDM_CPUID_X1_EDX_NX			BIT(20)
#define SDM_CPUID_X1_EDX_PAGE1GB		BIT(26)
#define SDM_CPUID_X1_EDX_RDTSCP			BIT(27)
#define SDM_CPUID_X1_EDX_LM			BIT(29)
#define SDM_CPUID_X7_EDX_INVARIANT_TSC		BIT(8)
#define SDM_CPUID_X8_EAX_PHYS_BITS		GENMASK(7, 0)
#define SDM_CPUID_X8_EBX_WBNOINVD		BIT(9)

#endif
