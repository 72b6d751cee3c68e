// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how long a vCPU spins for an answer before it sleeps. Called by ring/wake.c.
 */
#include "ring/spin.h"

/* The shortest time that is worth it, as a part of the longest. */
#define PARTS		16

void vmr_spin_set(struct vmr_spin *spin, u32 ns, u32 tsc_khz)
{
	spin->most = (u64)ns * tsc_khz / 1000000;
	spin->now = spin->most;
}

/*
 * An answer that spinning could have waited for makes the time longer, one that it
 * couldn't shorter: a few slow answers end it, a few quick ones bring it back.
 */
void vmr_spin_learn(struct vmr_spin *spin, u64 waited)
{
	u64 least = spin->most / PARTS;

	if (waited <= spin->now)
		return;
	if (waited <= spin->most) {
		spin->now = spin->now < least ? least : spin->now * 2;
		if (spin->now > spin->most)
			spin->now = spin->most;
	} else {
		spin->now /= 2;
		if (spin->now < least)
			spin->now = 0;
	}
}
