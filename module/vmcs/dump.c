// SPDX-License-Identifier: GPL-2.0
/*
 * Owns reading a VMCS whole, and telling of it. vmr_vmcs_dump() is called by a
 * vCPU's thread in a burst, the rest from anywhere.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/io.h>
#include <asm/processor.h>

#include "compat/compat.h"
#include "vmcs/access.h"
#include "vmcs/check.h"
#include "vmcs/dump.h"
#include "vmx/arch.h"
#include "vmx/insn.h"

#define VIRTUAL_TPR		0x80	/* in the virtual-APIC page */

/* CPUID.0AH: general counters in EAX[15:8], fixed ones in EDX[4:0]. */
static u64 perf_global_ctrl_bits(void)
{
	u32 eax, ebx, ecx, edx;
	u64 bits;

	if (cpuid_eax(0) < 0xa)
		return 0;
	cpuid(0xa, &eax, &ebx, &ecx, &edx);
	if ((eax & 0xff) < 2)
		return 0;
	bits = (1ULL << (eax >> 8 & 0xff)) - 1;
	return bits | ((1ULL << (edx & 0x1f)) - 1) << 32;
}

/* The address may be the very thing that is wrong. */
static u8 read_virtual_tpr(const struct vmr_vmcs_state *state)
{
	u64 proc = vmr_vmcs_state_get(state, VMCS_PROC_CONTROLS);
	u64 page = vmr_vmcs_state_get(state, VMCS_VIRTUAL_APIC_ADDRESS);
	u8 tpr;

	if (!(proc & SDM_PROC_TPR_SHADOW) || page >> state->physical_width ||
	    copy_from_kernel_nofault(&tpr, __va(page) + VIRTUAL_TPR, sizeof(tpr)))
		return 0;
	return tpr;
}

static void read_cpu(struct vmr_vmcs_state *state)
{
	u32 widths = cpuid_eax(0x80000008);

	state->physical_width = widths & 0xff;
	state->linear_width = widths >> 8 & 0xff;
	state->perf_global_ctrl = perf_global_ctrl_bits();
	rdmsrq_safe(SDM_IA32_EFER, &state->host_efer);
	if (cpuid_eax(0) < 7)
		return;
	state->has_sgx = cpuid_ebx(7) & SDM_CPUID_7_EBX_SGX;
	state->has_rtm = cpuid_ebx(7) & SDM_CPUID_7_EBX_RTM;
	state->has_bus_lock_debug = cpuid_ecx(7) &
				    SDM_CPUID_7_ECX_BUS_LOCK_DETECT;
}

void vmr_vmcs_dump(struct vmr_vmcs_state *state)
{
	phys_addr_t current_vmcs = ~0ULL;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	for (i = 0; i < VMR_VMCS_FIELDS; i++) {
		unsigned long value;

		state->exists[i] =
			vmr_vmcs_try_read(vmr_vmcs_fields[i].encoding, &value);
		state->value[i] = value;
	}
	vmr_insn_vmptrst(&current_vmcs);
	state->vmcs = current_vmcs;
	read_cpu(state);
	state->virtual_tpr = read_virtual_tpr(state);
}

static const char *const errors[] = {
	[0] = "no error",
	[1] = "VMCALL in VMX root operation",
	[2] = "VMCLEAR of no physical address",
	[3] = "VMCLEAR of the VMXON region",
	[4] = "VMLAUNCH of a VMCS that isn't clear",
	[5] = "VMRESUME of a VMCS that wasn't launched",
	[6] = "VMRESUME after VMXOFF",
	[7] = "VM entry with invalid control fields",
	[8] = "VM entry with invalid host-state fields",
	[9] = "VMPTRLD of no physical address",
	[10] = "VMPTRLD of the VMXON region",
	[11] = "VMPTRLD of another VMCS revision",
	[12] = "VMREAD or VMWRITE of a field that this CPU hasn't got",
	[13] = "VMWRITE of a read-only field",
	[15] = "VMXON in VMX root operation",
	[16] = "VM entry with an invalid executive-VMCS pointer",
	[17] = "VM entry with an executive VMCS that wasn't launched",
	[18] = "VM entry with an executive-VMCS pointer that isn't the VMXON pointer",
	[19] = "VMCALL of a VMCS that isn't clear",
	[20] = "VMCALL with invalid VM-exit controls",
	[22] = "VMCALL with another MSEG revision",
	[23] = "VMXOFF under dual-monitor treatment",
	[24] = "VMCALL with invalid SMM-monitor features",
	[25] = "VM entry with invalid execution controls in the executive VMCS",
	[26] = "VM entry while MOV SS blocks events",
	[28] = "INVEPT or INVVPID with an invalid operand",
};

const char *vmr_vmcs_error_text(u32 vm_instruction_error)
{
	if (vm_instruction_error >= ARRAY_SIZE(errors) ||
	    !errors[vm_instruction_error])
		return "an error that has no meaning";
	return errors[vm_instruction_error];
}

#ifdef VMR_DEBUG
#define FIELDS_IN_LINE		3
#define LINE			160

/* Zeroes say nothing, and are most of it. */
static bool is_shown(const struct vmr_vmcs_state *state, unsigned int i,
		     u32 type)
{
	return state->value[i] &&
	       (vmr_vmcs_fields[i].encoding & VMCS_FIELD_TYPE) == type;
}

static void print_group(const struct vmr_vmcs_state *state, u32 type,
			const char *title)
{
	unsigned int i, in_line = 0;
	char line[LINE];
	int len = 0;

	pr_info("%s:\n", title);
	for (i = 0; i < VMR_VMCS_FIELDS; i++) {
		if (!is_shown(state, i, type))
			continue;
		len += scnprintf(line + len, sizeof(line) - len, " %27s %-18llx",
				 vmr_vmcs_fields[i].name, state->value[i]);
		if (++in_line < FIELDS_IN_LINE)
			continue;
		pr_info("%s\n", line);
		in_line = 0;
		len = 0;
	}
	if (in_line)
		pr_info("%s\n", line);
}

void vmr_vmcs_print(const struct vmr_vmcs_state *state)
{
	pr_info("VMCS at 0x%llx, what isn't 0 of it:\n", state->vmcs);
	print_group(state, VMCS_TYPE_CONTROL, "controls");
	print_group(state, VMCS_TYPE_READ_ONLY, "exit");
	print_group(state, VMCS_TYPE_GUEST, "guest");
	print_group(state, VMCS_TYPE_HOST, "host");
}
#endif
