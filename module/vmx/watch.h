/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which breakpoints of the debug registers an access hits that the CPU doesn't
 * make itself. Pure: no state, no kernel dependency; selftests/unit compiles it in
 * user space.
 */
#ifndef VMR_VMX_WATCH_H
#define VMR_VMX_WATCH_H

#include <linux/types.h>

#include <vmring.h>

#include "vmx/arch.h"

/* What an access is. */
enum vmr_watch {
	VMR_WATCH_READ,
	VMR_WATCH_WRITE,	/* or a read and a write */
	VMR_WATCH_PORT,
};

/**
 * vmr_watch_any() - whether any breakpoint is enabled
 * @state: the debug registers
 *
 * Context: Any.
 * Return: false: vmr_watch_hits() needn't be asked.
 */
static inline bool vmr_watch_any(const struct vmr_state *state)
{
	return state->dr7 & SDM_DR7_ENABLES;
}

/**
 * vmr_watch_hits() - find the breakpoints that an access hits
 * @state: the debug registers
 * @what: the access
 * @at: linear address, or port number
 * @size: bytes
 *
 * Breakpoints on ports exist with CR4.DE only, which is the caller's to see.
 *
 * Context: Any.
 * Return: as the pending debug exceptions have it, 0 if there is none.
 */
u64 vmr_watch_hits(const struct vmr_state *state, enum vmr_watch what, u64 at,
		   u32 size);

#endif
