// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the names of the basic exit reasons. Pure: callable from anywhere, compiled a
 * second time by selftests/unit.
 */
#include <linux/kernel.h>

#include <vmring_ring.h>

#include "vmx/exits.h"

struct reason {
	const char *id;
	const char *name;
};

static const struct reason reasons[] = {
	[SDM_REASON_EXCEPTION_OR_NMI] = {
		"exception-or-nmi", "Exception or non-maskable interrupt (NMI)",
	},
	[SDM_REASON_EXTERNAL_INTERRUPT] = { "external-interrupt", "External interrupt" },
	[SDM_REASON_TRIPLE_FAULT] = { "triple-fault", "Triple fault" },
	[SDM_REASON_INIT] = { "init", "INIT signal" },
	[SDM_REASON_SIPI] = { "sipi", "Start-up IPI (SIPI)" },
	[SDM_REASON_IO_SMI] = { "io-smi", "I/O system-management interrupt (SMI)" },
	[SDM_REASON_OTHER_SMI] = { "other-smi", "Other SMI" },
	[SDM_REASON_INTERRUPT_WINDOW] = { "interrupt-window", "Interrupt window" },
	[SDM_REASON_NMI_WINDOW] = { "nmi-window", "NMI window" },
	[SDM_REASON_TASK_SWITCH] = { "task-switch", "Task switch" },
	[SDM_REASON_CPUID] = { "cpuid", "CPUID" },
	[SDM_REASON_GETSEC] = { "getsec", "GETSEC" },
	[SDM_REASON_HLT] = { "hlt", "HLT" },
	[SDM_REASON_INVD] = { "invd", "INVD" },
	[SDM_REASON_INVLPG] = { "invlpg", "INVLPG" },
	[SDM_REASON_RDPMC] = { "rdpmc", "RDPMC" },
	[SDM_REASON_RDTSC] = { "rdtsc", "RDTSC" },
	[SDM_REASON_RSM] = { "rsm", "RSM" },
	[SDM_REASON_VMCALL] = { "vmcall", "VMCALL" },
	[SDM_REASON_VMCLEAR] = { "vmclear", "VMCLEAR" },
	[SDM_REASON_VMLAUNCH] = { "vmlaunch", "VMLAUNCH" },
	[SDM_REASON_VMPTRLD] = { "vmptrld", "VMPTRLD" },
	[SDM_REASON_VMPTRST] = { "vmptrst", "VMPTRST" },
	[SDM_REASON_VMREAD] = { "vmread", "VMREAD" },
	[SDM_REASON_VMRESUME] = { "vmresume", "VMRESUME" },
	[SDM_REASON_VMWRITE] = { "vmwrite", "VMWRITE" },
	[SDM_REASON_VMXOFF] = { "vmxoff", "VMXOFF" },
	[SDM_REASON_VMXON] = { "vmxon", "VMXON" },
	[SDM_REASON_CR_ACCESS] = { "cr-access", "Control-register accesses" },
	[SDM_REASON_MOV_DR] = { "mov-dr", "MOV DR" },
	[SDM_REASON_IO_INSTRUCTION] = { "io-instruction", "I/O instruction" },
	[SDM_REASON_RDMSR] = { "rdmsr", "RDMSR" },
	[SDM_REASON_WRMSR] = { "wrmsr", "WRMSR" },
	[SDM_REASON_ENTRY_GUEST_STATE] = {
		"entry-guest-state", "VM-entry failure due to invalid guest state",
	},
	[SDM_REASON_ENTRY_MSR_LOADING] = {
		"entry-msr-loading", "VM-entry failure due to MSR loading",
	},
	[SDM_REASON_MWAIT] = { "mwait", "MWAIT" },
	[SDM_REASON_MONITOR_TRAP_FLAG] = { "monitor-trap-flag", "Monitor trap flag" },
	[SDM_REASON_MONITOR] = { "monitor", "MONITOR" },
	[SDM_REASON_PAUSE] = { "pause", "PAUSE" },
	[SDM_REASON_ENTRY_MACHINE_CHECK] = {
		"entry-machine-check", "VM-entry failure due to machine-check event",
	},
	[SDM_REASON_TPR_BELOW_THRESHOLD] = {
		"tpr-below-threshold", "TPR below threshold",
	},
	[SDM_REASON_APIC_ACCESS] = { "apic-access", "APIC access" },
	[SDM_REASON_VIRTUALIZED_EOI] = { "virtualized-eoi", "Virtualized EOI" },
	[SDM_REASON_GDTR_IDTR_ACCESS] = { "gdtr-idtr-access", "Access to GDTR or IDTR" },
	[SDM_REASON_LDTR_TR_ACCESS] = { "ldtr-tr-access", "Access to LDTR or TR" },
	[SDM_REASON_EPT_VIOLATION] = { "ept-violation", "EPT violation" },
	[SDM_REASON_EPT_MISCONFIGURATION] = {
		"ept-misconfiguration", "EPT misconfiguration",
	},
	[SDM_REASON_INVEPT] = { "invept", "INVEPT" },
	[SDM_REASON_RDTSCP] = { "rdtscp", "RDTSCP" },
	[SDM_REASON_PREEMPTION_TIMER] = {
		"preemption-timer", "VMX-preemption timer expired",
	},
	[SDM_REASON_INVVPID] = { "invvpid", "INVVPID" },
	[SDM_REASON_WBINVD] = { "wbinvd", "WBINVD or WBNOINVD" },
	[SDM_REASON_XSETBV] = { "xsetbv", "XSETBV" },
	[SDM_REASON_APIC_WRITE] = { "apic-write", "APIC write" },
	[SDM_REASON_RDRAND] = { "rdrand", "RDRAND" },
	[SDM_REASON_INVPCID] = { "invpcid", "INVPCID" },
	[SDM_REASON_VMFUNC] = { "vmfunc", "VMFUNC" },
	[SDM_REASON_ENCLS] = { "encls", "ENCLS" },
	[SDM_REASON_RDSEED] = { "rdseed", "RDSEED" },
	[SDM_REASON_PML_FULL] = { "pml-full", "Page-modification log full" },
	[SDM_REASON_XSAVES] = { "xsaves", "XSAVES" },
	[SDM_REASON_XRSTORS] = { "xrstors", "XRSTORS" },
	[SDM_REASON_PCONFIG] = { "pconfig", "PCONFIG" },
	[SDM_REASON_SPP] = { "spp", "SPP-related event" },
	[SDM_REASON_UMWAIT] = { "umwait", "UMWAIT" },
	[SDM_REASON_TPAUSE] = { "tpause", "TPAUSE" },
	[SDM_REASON_LOADIWKEY] = { "loadiwkey", "LOADIWKEY" },
	[SDM_REASON_ENCLV] = { "enclv", "ENCLV" },
	[SDM_REASON_ENQCMD] = { "enqcmd", "ENQCMD PASID translation failure" },
	[SDM_REASON_ENQCMDS] = { "enqcmds", "ENQCMDS PASID translation failure" },
	[SDM_REASON_BUS_LOCK] = { "bus-lock", "Bus lock" },
	[SDM_REASON_INSTRUCTION_TIMEOUT] = {
		"instruction-timeout", "Instruction timeout",
	},
	[SDM_REASON_SEAMCALL] = { "seamcall", "SEAMCALL" },
	[SDM_REASON_TDCALL] = { "tdcall", "TDCALL" },
	[SDM_REASON_RDMSRLIST] = { "rdmsrlist", "RDMSRLIST" },
	[SDM_REASON_WRMSRLIST] = { "wrmsrlist", "WRMSRLIST" },
};

static_assert(ARRAY_SIZE(reasons) == VMR_EXIT_NUMBERS);
static_assert(VMR_EXIT_NUMBERS == VMR_STAT_REASONS);

/* NULL for a number without a meaning. */
static const struct reason *find(u16 reason)
{
	if (reason >= ARRAY_SIZE(reasons) || !reasons[reason].id)
		return NULL;
	return &reasons[reason];
}

const char *vmr_exit_name(u16 reason)
{
	const struct reason *found = find(reason);

	return found ? found->name : "unknown";
}

const char *vmr_exit_id(u16 reason)
{
	const struct reason *found = find(reason);

	return found ? found->id : "";
}
