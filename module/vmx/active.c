// SPDX-License-Identifier: GPL-2.0
/*
 * Owns each CPU's list of active VMCSs, and which of them is current. A list is
 * changed on its own CPU with interrupts off.
 *
 * An emergency (an NMI) may interrupt a change anywhere. That is why a VMCS is in
 * the list before the CPU can hold anything of it, leaves it after VMCLEAR, and
 * the list is changed so that who follows the next pointers always gets to its
 * end (list_add_rcu(), list_del_rcu()).
 */
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/lockdep.h>
#include <linux/rculist.h>
#include <linux/smp.h>

#include "vmx/active.h"
#include "vmx/insn.h"

DEFINE_PER_CPU(struct vmr_active *, vmr_active_current);
static DEFINE_PER_CPU(struct list_head, list);

void vmr_active_start(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		INIT_LIST_HEAD(per_cpu_ptr(&list, cpu));
		per_cpu(vmr_active_current, cpu) = NULL;
	}
}

void vmr_active_init(struct vmr_active *active, phys_addr_t phys)
{
	active->phys = phys;
	active->cpu = -1;
}

static void add(struct vmr_active *active, int here)
{
	list_add_rcu(&active->node, this_cpu_ptr(&list));
	WRITE_ONCE(active->cpu, here);
}

static void remove(struct vmr_active *active)
{
	if (vmr_active_is_current(active))
		this_cpu_write(vmr_active_current, NULL);
	list_del_rcu(&active->node);
	/* Pairs with the smp_load_acquire() in vmr_active_clear(). */
	smp_store_release(&active->cpu, -1);
}

int vmr_active_load(struct vmr_active *active)
{
	int here = smp_processor_id();

	lockdep_assert_irqs_disabled();
	if (active->cpu != here) {
		if (WARN_ON_ONCE(active->cpu >= 0))
			return -EIO;
		add(active, here);
	}
	if (vmr_insn_vmptrld(active->phys) != VMR_INSN_OK) {
		remove(active);
		return -EIO;
	}
	this_cpu_write(vmr_active_current, active);
	return 0;
}

/* On the CPU where it was active; that one may have left VMX meanwhile. */
static void clear_here(void *argument)
{
	struct vmr_active *active = argument;

	if (active->cpu != smp_processor_id())
		return;
	WARN_ON_ONCE(vmr_insn_vmclear(active->phys) != VMR_INSN_OK);
	remove(active);
}

void vmr_active_clear(struct vmr_active *active)
{
	/* Pairs with the smp_store_release() of whoever cleared it. */
	int cpu = smp_load_acquire(&active->cpu);

	if (cpu < 0)
		return;
	/* A CPU that went offline has cleared it before. */
	if (smp_call_function_single(cpu, clear_here, active, true))
		WARN_ON_ONCE(READ_ONCE(active->cpu) >= 0);
}

/*
 * Goes by the next pointers alone, and doesn't care about success: in an
 * emergency VMX may be off already.
 */
void vmr_active_clear_here(void)
{
	struct list_head *here = this_cpu_ptr(&list);
	struct list_head *node, *next;

	for (node = READ_ONCE(here->next); node != here; node = next) {
		struct vmr_active *active;

		next = READ_ONCE(node->next);
		active = list_entry(node, struct vmr_active, node);
		vmr_insn_vmclear(active->phys);
		/* Pairs with the smp_load_acquire() in vmr_active_clear(). */
		smp_store_release(&active->cpu, -1);
	}
	INIT_LIST_HEAD(here);
	this_cpu_write(vmr_active_current, NULL);
}
