// SPDX-License-Identifier: GPL-2.0
/*
 * Owns when an inline RUN returns for posted entries alone. Called by the vCPU's thread;
 * the timer's callback is called with interrupts off, anywhere.
 *
 * The timer is started by the first entry that is posted while it doesn't run, and looks
 * then how long the oldest one has waited: it is set at most once in delay_us, however
 * many are posted.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/hrtimer.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include <asm/tsc.h>

#include "compat/compat.h"
#include "core/vmring.h"
#include "ring/area.h"
#include "ring/drain.h"
#include "ring/index.h"
#include "vmx/kick.h"

/* Nothing to be precise about, where a stamp isn't a time. */
static u64 waited_ns(u64 stamp)
{
	u64 now = rdtsc();

	if (stamp & VMR_STAMP_COUNT || !tsc_khz || now < stamp)
		return U64_MAX;
	return mul_u64_u32_div(now - stamp, NSEC_PER_MSEC, tsc_khz);
}

static enum hrtimer_restart fire(struct hrtimer *timer)
{
	struct vmr_drain *drain = container_of(timer, struct vmr_drain, timer);
	struct vmr_vcpu *vcpu = container_of(drain, struct vmr_vcpu, drain);
	u64 stamp, waited, delay = READ_ONCE(drain->delay_ns);

	if (!vmr_area_oldest(&vcpu->area, &stamp)) {
		WRITE_ONCE(drain->armed, 0);
		/* Pairs with those before start(). */
		smp_mb();
		if (!vmr_area_oldest(&vcpu->area, &stamp) || xchg(&drain->armed, 1))
			return HRTIMER_NORESTART;
	}
	waited = waited_ns(stamp);
	if (waited < delay) {
		hrtimer_forward_now(timer, ns_to_ktime(delay - waited));
		return HRTIMER_RESTART;
	}
	WRITE_ONCE(drain->armed, 0);
	vmr_kick_request(&vcpu->kick, VMR_REQ_DRAIN);
	return HRTIMER_NORESTART;
}

void vmr_drain_init(struct vmr_vcpu *vcpu)
{
	hrtimer_setup(&vcpu->drain.timer, fire, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	vcpu->drain.high_water = vcpu->area.entries / 2;
	vcpu->drain.delay_ns = VMR_RING_DELAY_US * NSEC_PER_USEC;
}

void vmr_drain_destroy(struct vmr_vcpu *vcpu)
{
	hrtimer_cancel(&vcpu->drain.timer);
}

int vmr_drain_check(const struct vmr_vcpu *vcpu, const struct vmr_ring *ring)
{
	if (!ring->high_water || ring->high_water >= vcpu->area.entries)
		return -EINVAL;
	return ring->delay_us && ring->delay_us <= USEC_PER_SEC ? 0 : -EINVAL;
}

void vmr_drain_set(struct vmr_vcpu *vcpu, const struct vmr_ring *ring)
{
	vcpu->drain.high_water = ring->high_water;
	WRITE_ONCE(vcpu->drain.delay_ns, ring->delay_us * NSEC_PER_USEC);
	/* It was set for the delay of before; RUN starts it anew if entries wait. */
	hrtimer_cancel(&vcpu->drain.timer);
	WRITE_ONCE(vcpu->drain.armed, 0);
}

/*
 * The entry is published, and a full barrier lies between that and this, which pairs with
 * the one in fire(): either the timer sees the entry, or this sees the timer gone.
 */
static void start(struct vmr_drain *drain)
{
	if (likely(READ_ONCE(drain->armed)) || xchg(&drain->armed, 1))
		return;
	hrtimer_start(&drain->timer, ns_to_ktime(drain->delay_ns), HRTIMER_MODE_REL);
}

void vmr_drain_begin(struct vmr_vcpu *vcpu, bool inlined)
{
	vcpu->drain.inlined = inlined;
	if (!inlined || likely(vmr_index_passed(vcpu->area.consumed,
						vcpu->area.posted)))
		return;
	/* Pairs with the one in fire(). */
	smp_mb();
	start(&vcpu->drain);
}

/* Another thread may be consuming all the time. */
static bool is_high(struct vmr_vcpu *vcpu)
{
	const struct vmr_area *area = &vcpu->area;

	if (likely(vmr_index_used(area->produced, area->consumed) <
		   vcpu->drain.high_water))
		return false;
	/* An index that can't be is for the next RUN to complain about. */
	(void)vmr_area_look(&vcpu->area);
	return vmr_index_used(area->produced, area->consumed) >= vcpu->drain.high_water;
}

void vmr_drain_posted(struct vmr_vcpu *vcpu)
{
	if (!vcpu->drain.inlined)
		return;
	if (unlikely(is_high(vcpu)))
		set_bit(VMR_REQ_DRAIN, &vcpu->kick.requests);
	else
		start(&vcpu->drain);
}

static bool entries_wait(struct vmr_vcpu *vcpu)
{
	if (!vcpu->drain.inlined)
		return false;
	(void)vmr_area_look(&vcpu->area);
	return !vmr_index_passed(vcpu->area.consumed, vcpu->area.posted);
}

u32 vmr_drain_due(struct vmr_vcpu *vcpu)
{
	if (!entries_wait(vcpu))
		return 0;
	if (is_high(vcpu)) {
		vcpu->stats[VMR_STAT_DRAINS_HIGH]++;
		return VMR_DRAIN_HIGH_WATER;
	}
	vcpu->stats[VMR_STAT_DRAINS_DELAY]++;
	return VMR_DRAIN_DELAY;
}

bool vmr_drain_before_halt(struct vmr_vcpu *vcpu)
{
	if (!entries_wait(vcpu))
		return false;
	vcpu->stats[VMR_STAT_DRAINS_HALT]++;
	return true;
}
