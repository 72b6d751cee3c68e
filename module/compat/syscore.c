// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the one registration with the kernel's syscore operations. Called by
 * vmx/cpu.c in process context; the kernel calls back on the last CPU.
 */
#include <linux/syscore_ops.h>

#include "compat/syscore.h"

/* Constant between register and unregister. */
static const struct vmr_syscore *registered;

#ifdef VMR_HAVE_STRUCT_SYSCORE
#define VMR_SYSCORE_ARGUMENT	void *data
#else
#define VMR_SYSCORE_ARGUMENT	void
#endif

static int syscore_suspended(VMR_SYSCORE_ARGUMENT)
{
	registered->suspend();
	return 0;
}

static void syscore_resumed(VMR_SYSCORE_ARGUMENT)
{
	registered->resume();
}

static void syscore_shut_down(VMR_SYSCORE_ARGUMENT)
{
	registered->shutdown();
}

#ifdef VMR_HAVE_STRUCT_SYSCORE
static const struct syscore_ops ops = {
	.suspend = syscore_suspended,
	.resume = syscore_resumed,
	.shutdown = syscore_shut_down,
};

static struct syscore syscore = { .ops = &ops };
#else
static struct syscore_ops syscore = {
	.suspend = syscore_suspended,
	.resume = syscore_resumed,
	.shutdown = syscore_shut_down,
};

static void register_syscore(struct syscore_ops *operations)
{
	register_syscore_ops(operations);
}

static void unregister_syscore(struct syscore_ops *operations)
{
	unregister_syscore_ops(operations);
}
#endif

void vmr_syscore_register(const struct vmr_syscore *calls)
{
	registered = calls;
	register_syscore(&syscore);
}

void vmr_syscore_unregister(void)
{
	unregister_syscore(&syscore);
	registered = NULL;
}
