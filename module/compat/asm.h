/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the differences between kernels' macros for assembly. For vmx/entry.S.
 */
#ifndef VMR_COMPAT_ASM_H
#define VMR_COMPAT_ASM_H

#include <linux/objtool.h>
#include <asm/nospec-branch.h>

/* A label that is never the target of an indirect branch. */
#define VMR_NOENDBR			ANNOTATE_NOENDBR

/*
 * Before the guest runs: what the CPU's buffers hold of the host (VERW). For Intel's
 * CPUs some kernels mean the first of these, some the second, and some have only one.
 */
#ifdef __ASSEMBLY__
.macro VMR_CLEAR_CPU_BUFFERS
#ifdef VMR_HAVE_CLEAR_CPU_BUFFERS
	CLEAR_CPU_BUFFERS
#endif
#ifdef VMR_HAVE_VM_CLEAR_CPU_BUFFERS
	VM_CLEAR_CPU_BUFFERS
#endif
.endm
#endif

/* After the guest ran: the branch history that it left. */
#ifdef VMR_HAVE_CLEAR_BRANCH_HISTORY_VMEXIT
#define VMR_CLEAR_BRANCH_HISTORY	CLEAR_BRANCH_HISTORY_VMEXIT
#elif defined(VMR_HAVE_CLEAR_BRANCH_HISTORY)
#define VMR_CLEAR_BRANCH_HISTORY	CLEAR_BRANCH_HISTORY
#else
#define VMR_CLEAR_BRANCH_HISTORY
#endif

#endif
