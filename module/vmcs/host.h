/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the host-state fields of a VMCS but HOST_RSP: what a VM exit loads. For
 * the vCPU's thread, in a burst.
 */
#ifndef VMR_VMCS_HOST_H
#define VMR_VMCS_HOST_H

#include <linux/compiler.h>
#include <linux/types.h>

struct vmr_vmcs;

/**
 * struct vmr_vmcs_host - what the host fields that may change hold
 * @cpu: the CPU whose tables and stacks they name, -1: none's
 * @cr3: HOST_CR3
 * @cr4: HOST_CR4
 * @fs_base: HOST_FS_BASE
 *
 * Only vmcs/host.c writes it.
 */
struct vmr_vmcs_host {
	int cpu;
	unsigned long cr3;
	unsigned long cr4;
	unsigned long fs_base;
};

/**
 * vmr_vmcs_host_init() - write the host fields, HOST_RSP excepted
 * @vmcs: the current VMCS; VMCS_EXIT_CONTROLS is written already
 * @host_rip: where a VM exit goes
 *
 * Context: In a burst, once, after vmr_vmcs_init().
 */
void vmr_vmcs_host_init(struct vmr_vmcs *vmcs, unsigned long host_rip);

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
void vmr_vmcs_host_refresh(struct vmr_vmcs *vmcs);

#endif
