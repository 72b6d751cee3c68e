/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what CPUs have cached of a guest's translations, and VPIDs. For the files
 * of module/ept and those to their left.
 */
#ifndef VMR_EPT_TLB_H
#define VMR_EPT_TLB_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "ept/ept.h"

/**
 * vmr_ept_flush_here() - drop what this CPU has cached; for vmr_ept_sync()
 * @ept: whose
 *
 * Context: Interrupts off.
 */
void vmr_ept_flush_here(struct vmr_ept *ept);

/**
 * vmr_ept_sync() - drop what this CPU has cached, if something was taken away
 * @ept: whose
 *
 * To be called before each burst that enters the guest: after VMR_REQ_TLB was taken
 * (with a full barrier, as test_and_clear_bit() has it), before vmr_kick_enter().
 *
 * Context: Interrupts off, VMX on.
 * Return: true if it had to.
 */
static inline bool vmr_ept_sync(struct vmr_ept *ept)
{
	if (likely(READ_ONCE(ept->generation) == this_cpu_read(*ept->seen)))
		return false;
	vmr_ept_flush_here(ept);
	return true;
}

/**
 * vmr_ept_flush() - see to it that no vCPU uses what was taken away so far
 * @ept: whose
 *
 * Costs nothing if that is so already. Until it returns, pages and tables that were
 * taken out are still in use.
 *
 * Context: Interrupts on, without the lock; may hold other spinlocks.
 */
void vmr_ept_flush(struct vmr_ept *ept);

/**
 * vmr_vpid_get() - take a VPID for a vCPU
 *
 * CPUs may have cached translations of whoever had it before: the vCPU has to call
 * vmr_vpid_flush() on each CPU that it comes to, the first one included.
 *
 * Context: Process, may sleep.
 * Return: the VPID; 0 if none is left or this machine has none: run without.
 */
u16 vmr_vpid_get(void);

/**
 * vmr_vpid_put() - give a VPID back
 * @vpid: what vmr_vpid_get() returned, 0 included
 *
 * Context: Process.
 */
void vmr_vpid_put(u16 vpid);

/**
 * vmr_vpid_flush() - drop what this CPU has cached for a VPID
 * @vpid: what vmr_vpid_get() returned, 0 included
 *
 * Context: Interrupts off, VMX on.
 */
void vmr_vpid_flush(u16 vpid);

#endif
