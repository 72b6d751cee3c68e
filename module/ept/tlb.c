// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what CPUs have cached of a guest's translations. Called by module/ept, and
 * with interrupts off by the run loop.
 *
 * What is taken away counts up the generation. A CPU flushes when it enters the
 * guest and hasn't for this generation; vmr_ept_flush() makes those leave that are
 * in the guest. Who finds nothing to take away may still have to wait for another
 * to be flushed: so it is the generation that says whether all is done.
 */
#include <linux/idr.h>

#include "ept/tlb.h"
#include "vmx/caps.h"
#include "vmx/insn.h"
#include "vmx/kick.h"

#define VPIDS	0x10000

static DEFINE_IDA(vpids);

static bool can(u64 capability)
{
	return vmr_caps_word(vmr_caps, VMR_CAPS_EPT_VPID) & capability;
}

void vmr_ept_flush_here(struct vmr_ept *ept)
{
	/* Pairs with the smp_store_release() in outdate(). */
	u64 generation = smp_load_acquire(&ept->generation);
	unsigned long extent = can(SDM_EPT_INVEPT_SINGLE) ? SDM_INVEPT_SINGLE :
							    SDM_INVEPT_ALL;

	/* If VMX is off here there is no entry either, and this is done again. */
	if (vmr_insn_invept(extent, ept->pointer) == VMR_INSN_OK)
		this_cpu_write(*ept->seen, generation);
}

void vmr_ept_flush(struct vmr_ept *ept)
{
	unsigned int interrupted;
	u64 generation, flushed;

	spin_lock(&ept->lock);
	generation = ept->generation;
	flushed = ept->flushed;
	spin_unlock(&ept->lock);
	if (flushed == generation)
		return;

	interrupted = vmr_kick_all(ept->kicks, VMR_REQ_TLB);

	spin_lock(&ept->lock);
	ept->flushed = max(ept->flushed, generation);
	ept->flushes++;
	ept->interrupted += interrupted;
	spin_unlock(&ept->lock);
}

static bool have_vpids(void)
{
	return vmr_caps_may(vmr_caps, VMR_CAPS_PROC2) & SDM_PROC2_VPID &&
	       can(SDM_VPID_INVVPID) &&
	       can(SDM_VPID_INVVPID_SINGLE | SDM_VPID_INVVPID_ALL);
}

u16 vmr_vpid_get(void)
{
	int vpid;

	if (!have_vpids())
		return 0;
	vpid = ida_alloc_range(&vpids, 1, VPIDS - 1, GFP_KERNEL_ACCOUNT);
	return max(vpid, 0);
}

void vmr_vpid_put(u16 vpid)
{
	if (vpid)
		ida_free(&vpids, vpid);
}

void vmr_vpid_flush(u16 vpid)
{
	unsigned long extent = can(SDM_VPID_INVVPID_SINGLE) ?
				       SDM_INVVPID_SINGLE :
				       SDM_INVVPID_ALL;

	/* If VMX is off here there is no entry either. */
	if (vpid)
		(void)vmr_insn_invvpid(extent, vpid, 0);
}
