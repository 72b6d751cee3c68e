/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the host-state fields of a VMCS but HOST_RSP: what a VM exit loads. For
 * the vCPU's thread, in a burst.
 */
#ifndef VMR_VMCS_HOST_H
#define VMR_VMCS_HOST_H

#include <linux/compiler.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/fsgsbase.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#include "vmcs/access.h"
#include "vmcs/vmcs.h"
#include "vmx/arch.h"

/**
 * vmr_vmcs_host_move() - write the host fields that name a CPU's own
 * @vmcs: the current VMCS
 *
 * Context: As vmr_vmcs_host_refresh().
 */
void vmr_vmcs_host_move(struct vmr_vmcs *vmcs);

/**
 * vmr_vmcs_host_init() - write the host fields, HOST_RSP excepted
 * @vmcs: the current VMCS; VMCS_EXIT_CONTROLS is written already
 * @host_rip: where a VM exit goes
 *
 * Context: In a burst, once, after vmr_vmcs_init().
 */
void vmr_vmcs_host_init(struct vmr_vmcs *vmcs, unsigned long host_rip);

/**
 * vmr_vmcs_host_fs_base() - the FS base of this thread, as the CPU has it
 *
 * Context: Not to be migrated.
 * Return: the base.
 */
static __always_inline unsigned long vmr_vmcs_host_fs_base(void)
{
	if (static_cpu_has(X86_FEATURE_FSGSBASE))
		return rdfsbase();
	return native_read_msr(SDM_IA32_FS_BASE);
}

/**
 * vmr_vmcs_host_refresh() - bring the host fields up to date before an entry
 * @vmcs: the current VMCS
 *
 * Writes what differs from what was written last: a thread that stays on its CPU
 * and does nothing special changes nothing.
 *
 * Context: In a burst; nothing that changes CR3, CR4 or the FS base comes
 * between this and the entry.
 */
static __always_inline void vmr_vmcs_host_refresh(struct vmr_vmcs *vmcs)
{
	struct vmr_vmcs_host *host = &vmcs->host;
	unsigned long cr3 = __native_read_cr3();
	unsigned long cr4 = native_read_cr4();
	unsigned long fs_base = vmr_vmcs_host_fs_base();

	if (unlikely(host->cpu != raw_smp_processor_id()))
		vmr_vmcs_host_move(vmcs);
	if (unlikely(host->cr3 != cr3)) {
		vmr_vmcs_write(VMCS_HOST_CR3, cr3);
		host->cr3 = cr3;
	}
	if (unlikely(host->cr4 != cr4)) {
		vmr_vmcs_write(VMCS_HOST_CR4, cr4);
		host->cr4 = cr4;
	}
	if (unlikely(host->fs_base != fs_base)) {
		vmr_vmcs_write(VMCS_HOST_FS_BASE, fs_base);
		host->fs_base = fs_base;
	}
}

#endif
