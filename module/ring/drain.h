/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns when an inline RUN returns for posted entries alone: at the high-water mark, after
 * a time, before HLT waits. For core/vcpu.c, vmx/run.c and ring/post.c.
 */
#ifndef VMR_RING_DRAIN_H
#define VMR_RING_DRAIN_H

#include <linux/hrtimer.h>
#include <linux/types.h>

#include <vmring.h>

struct vmr_vcpu;

/**
 * struct vmr_drain - when posted entries have to be consumed
 * @timer: ends the guest's time when an entry has waited for long enough
 * @armed: the timer runs, or is about to
 * @high_water: so many entries are enough
 * @delay_ns: so long may one wait
 * @inlined: RUN in progress is inline
 *
 * Who sets @armed sets the timer: the vCPU's thread, or the timer itself, which clears
 * it. The rest is the vCPU thread's, of which the timer reads @delay_ns.
 */
struct vmr_drain {
	struct hrtimer timer;
	int armed;
	u32 high_water;
	u32 delay_ns;
	bool inlined;
};

/**
 * vmr_drain_init() - begin as uapi/vmring.h says
 * @vcpu: a new vCPU, with its area
 *
 * Context: Process.
 */
void vmr_drain_init(struct vmr_vcpu *vcpu);

/**
 * vmr_drain_destroy() - stop the timer
 * @vcpu: a vCPU that nobody uses
 *
 * Context: Process, may sleep.
 */
void vmr_drain_destroy(struct vmr_vcpu *vcpu);

/**
 * vmr_drain_check() - whether user space may ask for that
 * @vcpu: the vCPU
 * @ring: from user space
 *
 * Context: Process.
 * Return: 0; -EINVAL for a mark or a time that can't be.
 */
int vmr_drain_check(const struct vmr_vcpu *vcpu, const struct vmr_ring *ring);

/**
 * vmr_drain_set() - take what VMR_SET_RING says of draining
 * @vcpu: the vCPU
 * @ring: from user space, with what vmr_drain_check() takes
 *
 * Context: Process, the vCPU's mutex held.
 */
void vmr_drain_set(struct vmr_vcpu *vcpu, const struct vmr_ring *ring);

/**
 * vmr_drain_begin() - RUN begins
 * @vcpu: the vCPU, after vmr_area_look()
 * @inlined: it is an inline one
 *
 * Context: The vCPU's thread.
 */
void vmr_drain_begin(struct vmr_vcpu *vcpu, bool inlined);

/**
 * vmr_drain_posted() - an entry was posted
 * @vcpu: the vCPU, after vmr_wake_is_due(), which has the full barrier
 *
 * Inline, it sees to it that RUN ends in time: VMR_REQ_DRAIN.
 *
 * Context: The vCPU's thread; may be in a burst.
 */
void vmr_drain_posted(struct vmr_vcpu *vcpu);

/**
 * vmr_drain_due() - why RUN has to return now, after VMR_REQ_DRAIN
 * @vcpu: the vCPU
 *
 * Context: The vCPU's thread, process.
 * Return: VMR_DRAIN_..., or 0: there is no need any more.
 */
u32 vmr_drain_due(struct vmr_vcpu *vcpu);

/**
 * vmr_drain_before_halt() - whether RUN has to return before the vCPU waits in HLT
 * @vcpu: the vCPU
 *
 * Context: The vCPU's thread, process.
 * Return: true if so.
 */
bool vmr_drain_before_halt(struct vmr_vcpu *vcpu);

#endif
