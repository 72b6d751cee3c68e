/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the measures against bugs of CPUs: which the host's kernel has chosen, and those
 * that are more than an instruction in entry.S. For everyone. docs/mitigations.md tells
 * them all.
 */
#ifndef VMR_VMX_MITIGATE_H
#define VMR_VMX_MITIGATE_H

#include <linux/jump_label.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/cpufeature.h>
#include <asm/nospec-branch.h>

#include "compat/compat.h"

struct seq_file;

/* When the L1 data cache is emptied: the first, and possibly the second. */
DECLARE_STATIC_KEY_FALSE(vmr_mitigate_l1d);
DECLARE_STATIC_KEY_FALSE(vmr_mitigate_l1d_always);

/**
 * vmr_mitigate_init() - find out what the host's kernel has chosen
 *
 * Context: Process, once, before any guest.
 * Return: 0 or -ENOMEM.
 */
int vmr_mitigate_init(void);

/**
 * vmr_mitigate_exit() - undo vmr_mitigate_init()
 *
 * Context: Process, after the last guest.
 */
void vmr_mitigate_exit(void);

/**
 * vmr_mitigate_show() - tell the choices, a line each
 * @file: where to
 *
 * Context: Process.
 */
void vmr_mitigate_show(struct seq_file *file);

/**
 * vmr_mitigate_large_fetch() - whether a large leaf of EPT may be executable
 *
 * A guest that fetches through one while it is changed stops CPUs with the iTLB
 * multihit bug.
 *
 * Context: Any.
 * Return: true if it may.
 */
bool vmr_mitigate_large_fetch(void);

/**
 * vmr_mitigate_flush_l1d() - leave nothing of the host in the L1 data cache
 *
 * Context: Directly before VM entry, interrupts off.
 */
void vmr_mitigate_flush_l1d(void);

/**
 * vmr_mitigate_other_guest() - keep a guest from steering the next one's branches
 *
 * Context: Interrupts off, when a VMCS becomes a CPU's current one.
 */
static __always_inline void vmr_mitigate_other_guest(void)
{
	if (vmr_wants_ibpb())
		indirect_branch_prediction_barrier();
}

/**
 * vmr_mitigate_guest_ran() - keep a guest from steering the branches of its own VMM
 *
 * The kernel issues the barrier on its way to user space.
 *
 * Context: Interrupts off, after the guest ran.
 */
static __always_inline void vmr_mitigate_guest_ran(void)
{
#ifdef VMR_HAVE_IBPB_EXIT_TO_USER
	if (static_cpu_has(X86_FEATURE_IBPB_EXIT_TO_USER))
		this_cpu_write(x86_ibpb_exit_to_user, true);
#endif
}

#endif
