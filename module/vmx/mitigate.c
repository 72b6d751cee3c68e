// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the choice of measures against bugs of CPUs, and the L1 data cache. Called at
 * load, by vmx/run.c before VM entry, and by ept/ about large leaves.
 */
#include <linux/cpu.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <asm/barrier.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "compat/compat.h"
#include "vmx/arch.h"
#include "vmx/mitigate.h"

DEFINE_STATIC_KEY_FALSE(vmr_mitigate_l1d);
DEFINE_STATIC_KEY_FALSE(vmr_mitigate_l1d_always);

/* Twice the largest L1 data cache, which doesn't replace its lines in order. */
#define FILL_SIZE		(64 * 1024)
#define LINE			64

/* Constant after vmr_mitigate_init(). NULL: there is an MSR that does it. */
static u8 *fill;

static bool l1d_is_safe(void)
{
	u64 caps;

	if (!boot_cpu_has_bug(X86_BUG_L1TF) ||
	    l1tf_mitigation == L1TF_MITIGATION_OFF)
		return true;
	if (!boot_cpu_has(X86_FEATURE_ARCH_CAPABILITIES))
		return false;
	/* A hypervisor below this one says that it does it at its own entries. */
	rdmsrq(SDM_IA32_ARCH_CAPABILITIES, caps);
	return caps & SDM_ARCH_CAP_SKIP_L1DFL_VMENTRY;
}

/* Pages that differ, lest a hypervisor below makes one of them all. */
static int prepare_fill(void)
{
	unsigned int i;

	if (boot_cpu_has(X86_FEATURE_FLUSH_L1D))
		return 0;
	fill = alloc_pages_exact(FILL_SIZE, GFP_KERNEL);
	if (!fill)
		return -ENOMEM;
	for (i = 0; i < FILL_SIZE / PAGE_SIZE; i++)
		memset(fill + i * PAGE_SIZE, i + 1, PAGE_SIZE);
	return 0;
}

int vmr_mitigate_init(void)
{
	int err;

	if (l1d_is_safe())
		return 0;
	err = prepare_fill();
	if (err)
		return err;
	static_branch_enable(&vmr_mitigate_l1d);
	if (l1tf_mitigation >= L1TF_MITIGATION_FULL)
		static_branch_enable(&vmr_mitigate_l1d_always);
	return 0;
}

void vmr_mitigate_exit(void)
{
	if (fill)
		free_pages_exact(fill, FILL_SIZE);
	fill = NULL;
}

bool vmr_mitigate_large_fetch(void)
{
	return !boot_cpu_has_bug(X86_BUG_ITLB_MULTIHIT) || cpu_mitigations_off();
}

static __always_inline u8 look(const u8 *byte)
{
	return READ_ONCE(*byte);
}

/* The translations first: lines that a page walk reads come before, not between. */
noinstr void vmr_mitigate_flush_l1d(void)
{
	unsigned int i;

	if (!fill) {
		native_wrmsrq(SDM_IA32_FLUSH_CMD, SDM_FLUSH_CMD_L1D);
		return;
	}
	for (i = 0; i < FILL_SIZE; i += PAGE_SIZE)
		look(fill + i);
	/* Not a load of what follows begins before. */
	rmb();
	for (i = 0; i < FILL_SIZE; i += LINE)
		look(fill + i);
	/* All are there before the guest is. */
	rmb();
}

static const char *l1d_choice(void)
{
	if (static_branch_unlikely(&vmr_mitigate_l1d_always))
		return "flushed at each VM entry";
	if (static_branch_unlikely(&vmr_mitigate_l1d))
		return "flushed at the first VM entry of a burst";
	return "not flushed";
}

static const char *l1d_means(void)
{
	if (!static_branch_unlikely(&vmr_mitigate_l1d))
		return "";
	return fill ? ", by reading 64 KiB" : ", by IA32_FLUSH_CMD";
}

static const char *buffers(void)
{
#ifdef VMR_HAVE_VM_CLEAR_CPU_BUFFERS
	if (boot_cpu_has(X86_FEATURE_CLEAR_CPU_BUF_VM))
		return "cleared";
#endif
#ifdef VMR_HAVE_CLEAR_CPU_BUFFERS
	return boot_cpu_has(X86_FEATURE_CLEAR_CPU_BUF) ? "cleared" : "left";
#else
	return "left, because this kernel has nothing for it";
#endif
}

static const char *return_predictor(void)
{
	if (boot_cpu_has(X86_FEATURE_RSB_VMEXIT))
		return "filled";
	return boot_cpu_has(X86_FEATURE_RSB_VMEXIT_LITE) ? "filled with one entry" :
							     "left";
}

static const char *branch_history(void)
{
#ifdef X86_FEATURE_CLEAR_BHB_LOOP_ON_VMEXIT
	if (boot_cpu_has(X86_FEATURE_CLEAR_BHB_LOOP_ON_VMEXIT))
		return "cleared by a loop";
#endif
#ifdef X86_FEATURE_CLEAR_BHB_HW
	if (boot_cpu_has(X86_FEATURE_CLEAR_BHB_HW))
		return "the CPU's own business (BHI_DIS_S)";
#endif
	return "left";
}

static const char *to_user(void)
{
#ifdef VMR_HAVE_IBPB_EXIT_TO_USER
	if (boot_cpu_has(X86_FEATURE_IBPB_EXIT_TO_USER))
		return "barrier";
#endif
	return "no barrier";
}

void vmr_mitigate_show(struct seq_file *file)
{
	seq_printf(file, "L1 data cache at VM entry: %s%s\n", l1d_choice(),
		   l1d_means());
	seq_printf(file, "CPU buffers at VM entry: %s\n", buffers());
	seq_printf(file, "return predictor at VM exit: %s\n", return_predictor());
	seq_printf(file, "branch history at VM exit: %s\n", branch_history());
	seq_printf(file, "IBRS at VM exit: %s\n",
		   boot_cpu_has(X86_FEATURE_KERNEL_IBRS) ? "set again" : "as it is");
	seq_printf(file, "branch predictors between guests: %s\n",
		   vmr_wants_ibpb() ? "barrier" : "no barrier");
	seq_printf(file, "branch predictors before the VMM: %s\n", to_user());
	seq_printf(file, "large pages: %s\n", vmr_mitigate_large_fetch() ?
		   "executable" : "not executable");
}
