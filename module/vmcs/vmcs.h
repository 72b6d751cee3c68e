/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the life of a VMCS: its memory, on which CPU it is, and the bursts in
 * which its fields may be touched. For the thread of the vCPU that it belongs
 * to.
 */
#ifndef VMR_VMCS_VMCS_H
#define VMR_VMCS_VMCS_H

#include <linux/compiler.h>
#include <linux/types.h>

#include "vmcs/access.h"
#include "vmx/active.h"
#include "vmx/sdm.h"

/**
 * struct vmr_vmcs_host - what the host fields that may change hold
 * @cpu: the CPU whose tables and stacks they name, -1: none's
 * @cr3: HOST_CR3
 * @cr4: HOST_CR4
 * @fs_base: HOST_FS_BASE
 *
 * Only vmcs/host.c and host.h write it.
 */
struct vmr_vmcs_host {
	int cpu;
	unsigned long cr3;
	unsigned long cr4;
	unsigned long fs_base;
};

/**
 * struct vmr_vmcs - a VMCS
 * @region: its memory; constant from create to destroy. The CPU's own
 * @active: its physical address and the CPU that it is active on; vmx/active.c's
 * @cleared: it has been VMCLEARed at least once
 * @launched: it has been launched since it was cleared: VMRESUME it. Set by the
 *	      run loop after a VMLAUNCH, cleared by vmr_vmcs_load() when the VMCS
 *	      was clear, so it is right within a burst only
 * @host: what the host fields hold; vmcs/host.c's
 *
 * All but @active is touched by the vCPU's thread only. struct vmr_active draws
 * its states.
 */
struct vmr_vmcs {
	struct sdm_vmx_region *region;
	struct vmr_active active;
	bool cleared;
	bool launched;
	struct vmr_vmcs_host host;
};

/**
 * vmr_vmcs_create() - allocate a VMCS
 * @vmcs: the VMCS
 *
 * It is clear, and its fields have no defined values yet.
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_vmcs_create(struct vmr_vmcs *vmcs);

/**
 * vmr_vmcs_destroy() - clear a VMCS wherever it is active, and free it
 * @vmcs: the VMCS; one that was never created (all zeroes) will do
 *
 * Context: Process, interrupts on.
 */
void vmr_vmcs_destroy(struct vmr_vmcs *vmcs);

/**
 * vmr_vmcs_bring_slowly() - clear a VMCS that is active on another CPU
 * @vmcs: the VMCS
 *
 * Context: As vmr_vmcs_bring().
 */
void vmr_vmcs_bring_slowly(struct vmr_vmcs *vmcs);

/**
 * vmr_vmcs_bring() - see to it that a VMCS can be loaded on this CPU
 * @vmcs: the VMCS
 *
 * Context: Preemption off until the burst is over, interrupts on: waits for
 * another CPU if the VMCS is active there.
 */
static inline void vmr_vmcs_bring(struct vmr_vmcs *vmcs)
{
	if (unlikely(READ_ONCE(vmcs->active.cpu) != raw_smp_processor_id()))
		vmr_vmcs_bring_slowly(vmcs);
}

/**
 * vmr_vmcs_load_slowly() - make a VMCS current that isn't
 * @vmcs: the VMCS
 *
 * Context: As vmr_vmcs_load().
 * Return: as vmr_vmcs_load().
 */
int vmr_vmcs_load_slowly(struct vmr_vmcs *vmcs);

#ifdef VMR_DEBUG
/**
 * vmr_vmcs_note_burst() - tell the assertions which VMCS may be accessed here
 * @vmcs: the VMCS, NULL: none
 *
 * Context: Interrupts off.
 */
void vmr_vmcs_note_burst(const struct vmr_vmcs *vmcs);
#else
static __always_inline void vmr_vmcs_note_burst(const struct vmr_vmcs *vmcs)
{
}
#endif

/**
 * vmr_vmcs_load() - begin a burst: from here on VMREAD and VMWRITE mean a VMCS
 * @vmcs: the VMCS, brought here by vmr_vmcs_bring()
 *
 * Context: Interrupts off, and they stay so until vmr_vmcs_put(). No bursts
 * within a burst.
 * Return: 0, or -EIO if VMX is off on this CPU: there is no burst then.
 */
static __always_inline int vmr_vmcs_load(struct vmr_vmcs *vmcs)
{
	if (unlikely(!vmr_active_is_current(&vmcs->active))) {
		int err = vmr_vmcs_load_slowly(vmcs);

		if (err)
			return err;
	}
	vmr_vmcs_note_burst(vmcs);
	return 0;
}

/**
 * vmr_vmcs_put() - end a burst
 * @vmcs: the VMCS; it stays current
 *
 * Context: Interrupts still off.
 */
static __always_inline void vmr_vmcs_put(struct vmr_vmcs *vmcs)
{
	vmr_vmcs_note_burst(NULL);
}

#endif
