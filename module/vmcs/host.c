// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the host-state fields of VMCSs but HOST_RSP. Called by a vCPU's thread in
 * a burst.
 *
 * Selectors of host-state fields have neither RPL nor TI, and a VM exit gives the
 * loaded segments fixed limits and rights: so DS, ES, FS and GS, whose user-space
 * selectors have an RPL, are null here, and vmx/host.c puts them back.
 */
#include <linux/smp.h>
#include <asm/cpu_entry_area.h>
#include <asm/desc.h>
#include <asm/segment.h>

#include "compat/compat.h"
#include "vmcs/access.h"
#include "vmcs/host.h"
#include "vmcs/vmcs.h"
#include "vmx/arch.h"
#include "vmx/sdm.h"

/* The MSR's value, 0 if this CPU doesn't have it. */
static u64 read_msr(u32 msr)
{
	u64 value;

	return rdmsrq_safe(msr, &value) ? 0 : value;
}

static void write_selectors(void)
{
	vmr_vmcs_write16(VMCS_HOST_CS_SELECTOR, __KERNEL_CS);
	vmr_vmcs_write16(VMCS_HOST_SS_SELECTOR, __KERNEL_DS);
	vmr_vmcs_write16(VMCS_HOST_DS_SELECTOR, 0);
	vmr_vmcs_write16(VMCS_HOST_ES_SELECTOR, 0);
	vmr_vmcs_write16(VMCS_HOST_FS_SELECTOR, 0);
	vmr_vmcs_write16(VMCS_HOST_GS_SELECTOR, 0);
	vmr_vmcs_write16(VMCS_HOST_TR_SELECTOR, GDT_ENTRY_TSS * 8);
}

static void write_idtr(void)
{
	struct desc_ptr idtr;

	store_idt(&idtr);
	vmr_vmcs_write(VMCS_HOST_IDTR_BASE, idtr.address);
}

/* Linux has no supervisor shadow stack, so SSP is of no use to it. */
static void write_cet(void)
{
	vmr_vmcs_write(VMCS_HOST_S_CET, read_msr(SDM_IA32_S_CET));
	vmr_vmcs_write(VMCS_HOST_SSP, 0);
	vmr_vmcs_write(VMCS_HOST_SSP_TABLE,
		       read_msr(SDM_IA32_INTERRUPT_SSP_TABLE));
}

/* What is the same on every CPU, and stays so. */
static void write_msrs(u32 exit_controls)
{
	vmr_vmcs_write32(VMCS_HOST_SYSENTER_CS,
			 read_msr(SDM_IA32_SYSENTER_CS));
	vmr_vmcs_write(VMCS_HOST_SYSENTER_EIP,
		       read_msr(SDM_IA32_SYSENTER_EIP));
	if (exit_controls & SDM_EXIT_LOAD_EFER)
		vmr_vmcs_write64(VMCS_HOST_EFER, read_msr(SDM_IA32_EFER));
	if (exit_controls & SDM_EXIT_LOAD_PAT)
		vmr_vmcs_write64(VMCS_HOST_PAT, read_msr(SDM_IA32_PAT));
	if (exit_controls & SDM_EXIT_LOAD_PERF_GLOBAL_CTRL)
		vmr_vmcs_write64(VMCS_HOST_PERF_GLOBAL_CTRL,
				 read_msr(SDM_IA32_PERF_GLOBAL_CTRL));
	if (exit_controls & SDM_EXIT_LOAD_PKRS)
		vmr_vmcs_write64(VMCS_HOST_PKRS, read_msr(SDM_IA32_PKRS));
	if (exit_controls & SDM_EXIT_LOAD_CET)
		write_cet();
}

static void write_changing(struct vmr_vmcs_host *host)
{
	host->cr3 = __native_read_cr3();
	host->cr4 = native_read_cr4();
	host->fs_base = vmr_vmcs_host_fs_base();
	vmr_vmcs_write(VMCS_HOST_CR3, host->cr3);
	vmr_vmcs_write(VMCS_HOST_CR4, host->cr4);
	vmr_vmcs_write(VMCS_HOST_FS_BASE, host->fs_base);
}

void vmr_vmcs_host_init(struct vmr_vmcs *vmcs, unsigned long host_rip)
{
	write_selectors();
	write_idtr();
	write_msrs(vmr_vmcs_read32(VMCS_EXIT_CONTROLS));
	vmr_vmcs_write(VMCS_HOST_CR0, read_cr0());
	vmr_vmcs_write(VMCS_HOST_RIP, host_rip);
	write_changing(&vmcs->host);
	vmr_vmcs_host_move(vmcs);
}

/*
 * The GDT that a CPU uses is its read-only alias. SYSENTER's stack and the TSS
 * are in the CPU's entry area too.
 */
void vmr_vmcs_host_move(struct vmr_vmcs *vmcs)
{
	int cpu = smp_processor_id();

	vmr_vmcs_write(VMCS_HOST_TR_BASE,
		       (unsigned long)&get_cpu_entry_area(cpu)->tss.x86_tss);
	vmr_vmcs_write(VMCS_HOST_GDTR_BASE,
		       (unsigned long)get_cpu_gdt_ro(cpu));
	vmr_vmcs_write(VMCS_HOST_GS_BASE, read_msr(SDM_IA32_GS_BASE));
	vmr_vmcs_write(VMCS_HOST_SYSENTER_ESP,
		       read_msr(SDM_IA32_SYSENTER_ESP));
	vmcs->host.cpu = cpu;
}
