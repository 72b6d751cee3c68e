// SPDX-License-Identifier: GPL-2.0
/*
 * Owns VMX on the machine as a whole: the bracket in which vmring has VMX, and
 * every hook by which a CPU or the kernel comes and goes meanwhile. Called by
 * core/main.c in process context; the hooks say themselves where they run.
 *
 * docs/lifecycle.md has the table of hooks, docs/adr/0001 and 0002 the reasons.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/kconfig.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/smp.h>

#include "compat/compat.h"
#include "compat/syscore.h"
#include "vmx/cpu.h"
#include "vmx/host.h"
#include "vmx/vmxon.h"

bool vmr_cpu_vmx_on(unsigned int cpu)
{
	return vmr_vmxon_state(cpu) == VMR_VMXON_ON;
}

/* A CPU comes online; on that CPU. */
static int cpu_up(unsigned int cpu)
{
	enum vmr_vmxon_state state = vmr_vmxon_enter();
	char line[VMR_VMXON_LINE];

	if (state == VMR_VMXON_ON)
		return 0;
	vmr_vmxon_describe(cpu, line, sizeof(line));
	if (VMR_CPUHP_CAN_FAIL) {
		pr_warn("CPU %u can't come online while vmring is loaded: %s\n",
			cpu, line);
		return vmr_vmxon_errno(state);
	}
	pr_warn("CPU %u comes online without VMX, no guest can run there: %s\n",
		cpu, line);
	return 0;
}

/* Any context but NMI, not to be migrated. */
static void leave_here(void *unused)
{
	unsigned long flags;

	local_irq_save(flags);
	vmr_host_leave();
	vmr_vmxon_leave();
	local_irq_restore(flags);
}

/* A CPU goes offline; on that CPU. */
static int cpu_down(unsigned int cpu)
{
	leave_here(NULL);
	return 0;
}

/* The last CPU, with interrupts off. */
static void resume(void)
{
	char line[VMR_VMXON_LINE];

	if (vmr_vmxon_enter() == VMR_VMXON_ON)
		return;
	vmr_vmxon_describe(smp_processor_id(), line, sizeof(line));
	pr_err("CPU %u woke up without VMX, no guest can run there: %s\n",
	       smp_processor_id(), line);
}

static void leave_last(void)
{
	leave_here(NULL);
}

static const struct vmr_syscore syscore = {
	.suspend = leave_last,
	.resume = resume,
	.shutdown = leave_last,
};

/* Set once, by the reboot notifier: nobody enters VMX operation any more. */
static bool going_down;

/* IPI, interrupts off. */
static void enter_here(void *unused)
{
	if (!READ_ONCE(going_down))
		vmr_vmxon_enter();
}

/*
 * An orderly reboot or kexec. 6.1's kexec calls no syscore shutdown, and the
 * CPU that jumps isn't among those that the kernel stops.
 */
static int reboot(struct notifier_block *block, unsigned long action,
		  void *unused)
{
	/* A load that is just under way fails: "VMX is off". */
	WRITE_ONCE(going_down, true);
	on_each_cpu(leave_here, NULL, true);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = { .notifier_call = reboot };

/*
 * Tells of the first CPU that failed, and how many shared its fate.
 *
 * Return: what the load fails with, 0 if no CPU failed.
 */
static int judge_online_cpus(void)
{
	enum vmr_vmxon_state state = VMR_VMXON_ON;
	unsigned int cpu, first = 0, same = 0;
	char line[VMR_VMXON_LINE];

	for_each_online_cpu(cpu) {
		if (state == VMR_VMXON_ON) {
			first = cpu;
			state = vmr_vmxon_state(cpu);
		}
		if (state != VMR_VMXON_ON && vmr_vmxon_state(cpu) == state)
			same++;
	}
	if (state == VMR_VMXON_ON)
		return 0;

	vmr_vmxon_describe(first, line, sizeof(line));
	if (same == num_online_cpus())
		pr_err("every CPU: %s\n", line);
	else if (same > 1)
		pr_err("CPU %u and %u more: %s\n", first, same - 1, line);
	else
		pr_err("CPU %u: %s\n", first, line);
	return vmr_vmxon_errno(state);
}

/*
 * KVM's own hotplug state is the token of who has VMX: whoever holds it keeps
 * the other out. It is taken without calls, because a callback's failure
 * would be the kernel's to report, and 6.1's may not fail.
 */
static int take_vmx(void)
{
	int err;

	err = cpuhp_setup_state_nocalls_cpuslocked(CPUHP_AP_KVM_ONLINE,
						   "vmring:online",
						   cpu_up, cpu_down);
	if (err == -EBUSY)
		pr_err("KVM has VT-x: %s\n", IS_BUILTIN(CONFIG_KVM_INTEL) ?
		       "it is built into this kernel, and vmring can't run beside it yet" :
		       "unload it (modprobe -r kvm_intel kvm), then load vmring again");
	return err;
}

static void give_vmx_back(void)
{
	cpuhp_remove_state_nocalls_cpuslocked(CPUHP_AP_KVM_ONLINE);
}

static int enter_everywhere(void)
{
	int err;

	cpus_read_lock();
	err = take_vmx();
	if (err)
		goto err_unlock;
	cpu_emergency_register_virt_callback(vmr_vmxon_emergency);
	on_each_cpu(enter_here, NULL, true);
	err = judge_online_cpus();
	if (err)
		goto err_leave;
	cpus_read_unlock();
	return 0;

err_leave:
	on_each_cpu(leave_here, NULL, true);
	cpu_emergency_unregister_virt_callback(vmr_vmxon_emergency);
	give_vmx_back();
err_unlock:
	cpus_read_unlock();
	return err;
}

static void leave_everywhere(void)
{
	cpus_read_lock();
	on_each_cpu(leave_here, NULL, true);
	cpu_emergency_unregister_virt_callback(vmr_vmxon_emergency);
	give_vmx_back();
	cpus_read_unlock();
}

/*
 * The hooks come first: each of them does nothing on a CPU where VMX is off,
 * and no task that suspends can overtake a module that is being loaded.
 */
int vmr_cpu_init(void)
{
	int err;

	err = vmr_vmxon_init();
	if (err)
		return err;
	err = register_reboot_notifier(&reboot_notifier);
	if (err)
		goto err_exit_vmxon;
	vmr_syscore_register(&syscore);
	err = enter_everywhere();
	if (err)
		goto err_unregister;
	return 0;

err_unregister:
	vmr_syscore_unregister();
	unregister_reboot_notifier(&reboot_notifier);
err_exit_vmxon:
	vmr_vmxon_exit();
	return err;
}

void vmr_cpu_exit(void)
{
	leave_everywhere();
	vmr_syscore_unregister();
	unregister_reboot_notifier(&reboot_notifier);
	vmr_vmxon_exit();
}
