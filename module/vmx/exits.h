/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the names of the basic exit reasons, as the manual's appendix "VMX Basic
 * Exit Reasons" has them. Pure: no state, no kernel dependency; selftests/unit
 * compiles it in user space.
 */
#ifndef VMR_VMX_EXITS_H
#define VMR_VMX_EXITS_H

#include <linux/types.h>

/* Basic exit reasons: bits 15:0 of the exit reason. */
#define SDM_REASON_EXCEPTION_OR_NMI		0
#define SDM_REASON_EXTERNAL_INTERRUPT		1
#define SDM_REASON_TRIPLE_FAULT			2
#define SDM_REASON_INIT				3
#define SDM_REASON_SIPI				4
#define SDM_REASON_IO_SMI			5
#define SDM_REASON_OTHER_SMI			6
#define SDM_REASON_INTERRUPT_WINDOW		7
#define SDM_REASON_NMI_WINDOW			8
#define SDM_REASON_TASK_SWITCH			9
#define SDM_REASON_CPUID			10
#define SDM_REASON_GETSEC			11
#define SDM_REASON_HLT				12
#define SDM_REASON_INVD				13
#define SDM_REASON_INVLPG			14
#define SDM_REASON_RDPMC			15
#define SDM_REASON_RDTSC			16
#define SDM_REASON_RSM				17
#define SDM_REASON_VMCALL			18
#define SDM_REASON_VMCLEAR			19
#define SDM_REASON_VMLAUNCH			20
#define SDM_REASON_VMPTRLD			21
#define SDM_REASON_VMPTRST			22
#define SDM_REASON_VMREAD			23
#define SDM_REASON_VMRESUME			24
#define SDM_REASON_VMWRITE			25
#define SDM_REASON_VMXOFF			26
#define SDM_REASON_VMXON			27
#define SDM_REASON_CR_ACCESS			28
#define SDM_REASON_MOV_DR			29
#define SDM_REASON_IO_INSTRUCTION		30
#define SDM_REASON_RDMSR			31
#define SDM_REASON_WRMSR			32
#define SDM_REASON_ENTRY_GUEST_STATE		33
#define SDM_REASON_ENTRY_MSR_LOADING		34
#define SDM_REASON_MWAIT			36
#define SDM_REASON_MONITOR_TRAP_FLAG		37
#define SDM_REASON_MONITOR			39
#define SDM_REASON_PAUSE			40
#define SDM_REASON_ENTRY_MACHINE_CHECK		41
#define SDM_REASON_TPR_BELOW_THRESHOLD		43
#define SDM_REASON_APIC_ACCESS			44
#define SDM_REASON_VIRTUALIZED_EOI		45
#define SDM_REASON_GDTR_IDTR_ACCESS		46
#define SDM_REASON_LDTR_TR_ACCESS		47
#define SDM_REASON_EPT_VIOLATION		48
#define SDM_REASON_EPT_MISCONFIGURATION		49
#define SDM_REASON_INVEPT			50
#define SDM_REASON_RDTSCP			51
#define SDM_REASON_PREEMPTION_TIMER		52
#define SDM_REASON_INVVPID			53
#define SDM_REASON_WBINVD			54
#define SDM_REASON_XSETBV			55
#define SDM_REASON_APIC_WRITE			56
#define SDM_REASON_RDRAND			57
#define SDM_REASON_INVPCID			58
#define SDM_REASON_VMFUNC			59
#define SDM_REASON_ENCLS			60
#define SDM_REASON_RDSEED			61
#define SDM_REASON_PML_FULL			62
#define SDM_REASON_XSAVES			63
#define SDM_REASON_XRSTORS			64
#define SDM_REASON_PCONFIG			65
#define SDM_REASON_SPP				66
#define SDM_REASON_UMWAIT			67
#define SDM_REASON_TPAUSE			68
#define SDM_REASON_LOADIWKEY			69
#define SDM_REASON_ENCLV			70
#define SDM_REASON_ENQCMD			72
#define SDM_REASON_ENQCMDS			73
#define SDM_REASON_BUS_LOCK			74
#define SDM_REASON_INSTRUCTION_TIMEOUT		75
#define SDM_REASON_SEAMCALL			76
#define SDM_REASON_TDCALL			77
#define SDM_REASON_RDMSRLIST			78
#define SDM_REASON_WRMSRLIST			79

/* How many numbers the tables go up to: VMR_STAT_REASONS of the ABI. */
#define VMR_EXIT_NUMBERS			80

/**
 * vmr_exit_name() - the manual's name of a basic exit reason
 * @reason: bits 15:0 of the exit reason
 *
 * Context: Any.
 * Return: a constant string; "unknown" for a number without a meaning.
 */
const char *vmr_exit_name(u16 reason);

/**
 * vmr_exit_id() - the short name of a basic exit reason
 * @reason: bits 15:0 of the exit reason
 *
 * Statistics and documents call a reason so: small letters, digits and dashes,
 * shorter than VMR_STAT_NAME.
 *
 * Context: Any.
 * Return: a constant string; "" for a number without a meaning.
 */
const char *vmr_exit_id(u16 reason);

#endif
