// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of which breakpoints an access hits. The model looks at each byte by
 * itself: one that both have is a hit.
 */
#include <linux/kernel.h>
#include <vmring.h>

#include "random.h"
#include "unit.h"
#include "vmx/watch.h"

static const u32 lengths[] = { 1, 2, 8, 4 };

static bool share_a_byte(u64 first, u32 length, u64 at, u32 size)
{
	u32 i;

	for (i = 0; i < size; i++)
		if (at + i >= first && at + i < first + length)
			return true;
	return false;
}

static u64 model(const struct vmr_state *state, enum vmr_watch what, u64 at, u32 size)
{
	u64 hits = 0;
	int n;

	for (n = 0; n < 4; n++) {
		u32 field = state->dr7 >> (16 + 4 * n) & 15;
		u32 length = lengths[field >> 2];
		u64 first = state->dr[n] - state->dr[n] % length;
		bool enabled = state->dr7 >> 2 * n & 1 || state->dr7 >> (2 * n + 1) & 1;
		bool wanted = (field & 3) == 1 ? what == VMR_WATCH_WRITE :
			      (field & 3) == 2 ? what == VMR_WATCH_PORT :
			      (field & 3) == 3 ? what != VMR_WATCH_PORT : false;

		if (enabled && wanted && share_a_byte(first, length, at, size))
			hits |= 1ULL << n;
	}
	return hits ? hits | 0x1000 : 0;
}

/* Everything close together, so that much of it meets; each breakpoint does. */
void watch_like_the_manual(void)
{
	struct vmr_state state = {};
	u64 all = 0, none = 0;
	u64 seed = 7;
	unsigned int i;
	int n;

	for (i = 0; i < unit_rounds(20000); i++) {
		u64 base = draw(&seed) & 1 ? 0xffff800000001000ULL : 0x1000;
		enum vmr_watch what = draw(&seed) % 3;
		u64 at = base + draw(&seed) % 32, want;
		u32 size = 1 + draw(&seed) % 32;

		for (n = 0; n < 4; n++)
			state.dr[n] = base + draw(&seed) % 32;
		state.dr7 = (u32)draw(&seed);
		want = model(&state, what, at, size);
		EXPECT_EQ(vmr_watch_hits(&state, what, at, size), want);
		all |= want;
		none += !want;
	}
	EXPECT_EQ(all, 0x100f);
	EXPECT(none > i / 10);
}

void watch_any(void)
{
	struct vmr_state state = { .dr7 = 0xffffff00 };

	EXPECT(!vmr_watch_any(&state));
	state.dr7 = 0x80;
	EXPECT(vmr_watch_any(&state));
}
