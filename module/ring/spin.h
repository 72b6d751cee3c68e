/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how long a vCPU spins for an answer before it sleeps: not longer than is allowed,
 * and not at all for a consumer that takes longer anyway. Pure: no kernel dependency;
 * selftests/unit compiles it in user space. For ring/wake.c.
 */
#ifndef VMR_RING_SPIN_H
#define VMR_RING_SPIN_H

#include <linux/types.h>

/**
 * struct vmr_spin - the time for which a vCPU spins, in ticks of the TSC
 * @most: what is allowed
 * @now: what the next wait spins for, if it comes to that
 */
struct vmr_spin {
	u64 most;
	u64 now;
};

/**
 * vmr_spin_set() - allow a time
 * @spin: where to
 * @ns: the time
 * @tsc_khz: ticks in a millisecond; 0, not known, is no time at all
 *
 * Context: Any.
 */
void vmr_spin_set(struct vmr_spin *spin, u32 ns, u32 tsc_khz);

/**
 * vmr_spin_learn() - draw a conclusion from a wait
 * @spin: the time
 * @waited: ticks that the answer took, spinning and sleeping
 *
 * Context: Any.
 */
void vmr_spin_learn(struct vmr_spin *spin, u64 waited);

#endif
