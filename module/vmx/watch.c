// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the meaning of DR7, "Debug Control Register (DR7)". Pure: callable from
 * anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmx/sdm.h"
#include "vmx/watch.h"

#define BREAKPOINTS	4

/* R/W: what a breakpoint is for; 0 is the execution of an instruction. */
#define ON_WRITES	1
#define ON_PORTS	2
#define ON_ACCESSES	3

static bool is_enabled(u64 dr7, unsigned int n)
{
	return dr7 >> 2 * n & 3;
}

static bool is_for(u64 dr7, unsigned int n, enum vmr_watch what)
{
	switch (dr7 >> (16 + 4 * n) & 3) {
	case ON_WRITES:
		return what == VMR_WATCH_WRITE;
	case ON_PORTS:
		return what == VMR_WATCH_PORT;
	case ON_ACCESSES:
		return what != VMR_WATCH_PORT;
	default:
		return false;
	}
}

/* An address that isn't aligned to the length is rounded down. */
static bool meets(const struct vmr_state *state, unsigned int n, u64 at, u32 size)
{
	static const u8 lengths[] = { 1, 2, 8, 4 };
	u8 length = lengths[state->dr7 >> (18 + 4 * n) & 3];
	u64 first = state->dr[n] & ~(length - 1ULL);

	return at - first < length || first - at < size;
}

u64 vmr_watch_hits(const struct vmr_state *state, enum vmr_watch what, u64 at,
		   u32 size)
{
	u64 hits = 0;
	unsigned int n;

	for (n = 0; n < BREAKPOINTS; n++)
		if (is_enabled(state->dr7, n) && is_for(state->dr7, n, what) &&
		    meets(state, n, at, size))
			hits |= BIT_ULL(n);
	return hits ? hits | SDM_PENDING_ENABLED_BREAKPOINT : 0;
}
