// SPDX-License-Identifier: GPL-2.0
/*
 * Owns one CPU's VMX operation: the per-CPU region and state. Entered and left
 * on the CPU itself, by vmx/cpu.c only.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/topology.h>
#include <asm/io.h>
#include <asm/perf_event.h>
#include <asm/special_insns.h>
#include <asm/tlbflush.h>

#include "compat/compat.h"
#include "vmx/active.h"
#include "vmx/caps.h"
#include "vmx/insn.h"
#include "vmx/vmxon.h"

struct vmxon {
	/* Constant between vmr_vmxon_init() and vmr_vmxon_exit(). */
	struct sdm_vmx_region *region;

	/* Written by this CPU with interrupts off; READ_ONCE() elsewhere. */
	enum vmr_vmxon_state state;
	u64 value;		/* the register that explains state */
	u32 msr;		/* VMR_VMXON_DIFFERENT: which MSR */
};

static DEFINE_PER_CPU(struct vmxon, vmxon);

/* What each state means to the caller and to a person. */
static const struct {
	int err;
	const char *text;
	const char *value;	/* which register struct vmxon.value shows */
} states[VMR_VMXON_STATES] = {
	[VMR_VMXON_OFF] = { -EIO, "VMX is off" },
	[VMR_VMXON_ON] = { 0, "VMX is on" },
	[VMR_VMXON_UNLOCKED] = {
		-EOPNOTSUPP,
		"neither the firmware nor Linux has set VT-x up, switch it on in the firmware's setup",
		"unlocked IA32_FEATURE_CONTROL"
	},
	[VMR_VMXON_LOCKED_OFF] = {
		-EOPNOTSUPP,
		"VT-x is locked off by the firmware, switch it on in the firmware's setup",
		"IA32_FEATURE_CONTROL"
	},
	[VMR_VMXON_HELD] = {
		-EBUSY,
		"another hypervisor than KVM holds VT-x, unload it first",
		"CR4"
	},
	[VMR_VMXON_FRED] = {
		-EOPNOTSUPP,
		"FRED is on, which vmring can't handle yet, boot with fred=off",
		"CR4"
	},
	[VMR_VMXON_UNREADABLE] = {
		-EIO, "the MSRs of VT-x can't be read"
	},
	[VMR_VMXON_DIFFERENT] = {
		-EOPNOTSUPP,
		"its VT-x is not the same as that of the first CPU",
		/* which register: struct vmxon.msr */
	},
	[VMR_VMXON_BAD_CR0] = {
		-EOPNOTSUPP, "VMX operation doesn't allow its CR0", "CR0"
	},
	[VMR_VMXON_BAD_CR4] = {
		-EOPNOTSUPP, "VMX operation doesn't allow its CR4", "CR4"
	},
	[VMR_VMXON_FAULT] = {
		-EIO, "VMXON raised an exception", "IA32_FEATURE_CONTROL"
	},
	[VMR_VMXON_FAILED] = { -EIO, "VMXON failed" },
};

#ifdef VMR_DEBUG
static int fail_vmxon_cpu = -1;
module_param(fail_vmxon_cpu, int, 0600);
MODULE_PARM_DESC(fail_vmxon_cpu,
		 "debug builds: the CPU on which VMXON fails (-1: none)");

static bool vmxon_is_to_fail(void)
{
	return smp_processor_id() == READ_ONCE(fail_vmxon_cpu);
}
#else
static bool vmxon_is_to_fail(void)
{
	return false;
}
#endif

int vmr_vmxon_init(void)
{
	unsigned int cpu;

	vmr_active_start();
	for_each_possible_cpu(cpu) {
		struct page *page;

		page = alloc_pages_node(cpu_to_node(cpu),
					GFP_KERNEL | __GFP_ZERO, 0);
		if (!page)
			goto err_free;
		per_cpu(vmxon, cpu).region = page_address(page);
		per_cpu(vmxon, cpu).region->revision =
			vmr_caps_get(vmr_caps, SDM_IA32_VMX_BASIC) &
			SDM_BASIC_REVISION;
	}
	return 0;

err_free:
	vmr_vmxon_exit();
	return -ENOMEM;
}

void vmr_vmxon_exit(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		WARN_ON_ONCE(vmr_vmxon_state(cpu) == VMR_VMXON_ON);
		free_page((unsigned long)per_cpu(vmxon, cpu).region);
		per_cpu(vmxon, cpu).region = NULL;
	}
}

static enum vmr_vmxon_state explain(struct vmxon *here,
				    enum vmr_vmxon_state state, u64 value)
{
	here->value = value;
	return state;
}

/* These checks answer VMR_VMXON_OFF if nothing stands in the way. */
static enum vmr_vmxon_state check_feature_control(struct vmxon *here)
{
	u64 control;

	if (rdmsrq_safe(SDM_IA32_FEATURE_CONTROL, &control))
		return VMR_VMXON_UNREADABLE;
	if (!(control & SDM_FEATURE_CONTROL_LOCK))
		return explain(here, VMR_VMXON_UNLOCKED, control);
	if (!(control & SDM_FEATURE_CONTROL_VMX_OUTSIDE_SMX))
		return explain(here, VMR_VMXON_LOCKED_OFF, control);
	return VMR_VMXON_OFF;
}

static enum vmr_vmxon_state check_caps(struct vmxon *here)
{
	struct vmr_caps caps;

	if (vmr_caps_read(&caps))
		return VMR_VMXON_UNREADABLE;
	here->msr = vmr_caps_difference(&caps, vmr_caps);
	if (here->msr)
		return explain(here, VMR_VMXON_DIFFERENT,
			       vmr_caps_get(&caps, here->msr));
	return VMR_VMXON_OFF;
}

/* "Restrictions on VMX Operation": bits that have to be 1, or 0. */
static bool is_allowed(u64 cr, u32 fixed0, u32 fixed1)
{
	u64 ones = vmr_caps_get(vmr_caps, fixed0);
	u64 zeroes = ~vmr_caps_get(vmr_caps, fixed1);

	return (cr & ones) == ones && !(cr & zeroes);
}

static enum vmr_vmxon_state check_registers(struct vmxon *here)
{
	u64 cr0 = read_cr0();
	u64 cr4 = __read_cr4();

	if (cr4 & SDM_CR4_FRED)
		return explain(here, VMR_VMXON_FRED, cr4);
	if (cr4 & SDM_CR4_VMXE)
		return explain(here, VMR_VMXON_HELD, cr4);
	if (!is_allowed(cr0, SDM_IA32_VMX_CR0_FIXED0, SDM_IA32_VMX_CR0_FIXED1))
		return explain(here, VMR_VMXON_BAD_CR0, cr0);
	if (!is_allowed(cr4 | SDM_CR4_VMXE, SDM_IA32_VMX_CR4_FIXED0,
			SDM_IA32_VMX_CR4_FIXED1))
		return explain(here, VMR_VMXON_BAD_CR4, cr4);
	return VMR_VMXON_OFF;
}

static enum vmr_vmxon_state check(struct vmxon *here)
{
	enum vmr_vmxon_state state;

	state = check_feature_control(here);
	if (state == VMR_VMXON_OFF)
		state = check_registers(here);
	if (state == VMR_VMXON_OFF)
		state = check_caps(here);
	return state;
}

static enum vmr_vmxon_state vmxon_here(struct vmxon *here)
{
	enum vmr_insn_result result = VMR_INSN_FAIL_INVALID;
	u64 control = 0;

	if (!vmxon_is_to_fail())
		result = vmr_insn_vmxon(__pa(here->region));
	switch (result) {
	case VMR_INSN_OK:
		return VMR_VMXON_ON;
	case VMR_INSN_FAULT:
		rdmsrq_safe(SDM_IA32_FEATURE_CONTROL, &control);
		return explain(here, VMR_VMXON_FAULT, control);
	default:
		return VMR_VMXON_FAILED;
	}
}

/*
 * CR4.VMXE is set before VMXON and cleared after VMXOFF, so that
 * vmr_vmxon_emergency() can go by it at any moment. Processor trace may have
 * to pause while VMX is on.
 */
static enum vmr_vmxon_state enter(struct vmxon *here)
{
	enum vmr_vmxon_state state;

	state = check(here);
	if (state != VMR_VMXON_OFF)
		return state;

	intel_pt_handle_vmx(1);
	cr4_update_irqsoff(SDM_CR4_VMXE, 0);
	state = vmxon_here(here);
	if (state == VMR_VMXON_ON)
		return state;

	cr4_update_irqsoff(0, SDM_CR4_VMXE);
	intel_pt_handle_vmx(0);
	return state;
}

enum vmr_vmxon_state vmr_vmxon_enter(void)
{
	enum vmr_vmxon_state state;
	struct vmxon *here;
	unsigned long flags;

	local_irq_save(flags);
	here = this_cpu_ptr(&vmxon);
	state = here->state;
	if (state != VMR_VMXON_ON) {
		state = enter(here);
		WRITE_ONCE(here->state, state);
	}
	local_irq_restore(flags);
	return state;
}

void vmr_vmxon_leave(void)
{
	struct vmxon *here;
	unsigned long flags;

	local_irq_save(flags);
	here = this_cpu_ptr(&vmxon);
	if (here->state == VMR_VMXON_ON) {
		vmr_active_clear_here();
		WARN_ON_ONCE(vmr_insn_vmxoff() != VMR_INSN_OK);
		cr4_update_irqsoff(0, SDM_CR4_VMXE);
		intel_pt_handle_vmx(0);
	}
	WRITE_ONCE(here->state, VMR_VMXON_OFF);
	local_irq_restore(flags);
}

void vmr_vmxon_emergency(void)
{
	unsigned long flags;

	if (!(__read_cr4() & SDM_CR4_VMXE))
		return;

	local_irq_save(flags);
	vmr_active_clear_here();
	vmr_insn_vmxoff();
	cr4_update_irqsoff(0, SDM_CR4_VMXE);
	this_cpu_write(vmxon.state, VMR_VMXON_OFF);
	local_irq_restore(flags);
}

enum vmr_vmxon_state vmr_vmxon_state(unsigned int cpu)
{
	return READ_ONCE(per_cpu(vmxon, cpu).state);
}

int vmr_vmxon_errno(enum vmr_vmxon_state state)
{
	return states[state].err;
}

void vmr_vmxon_describe(unsigned int cpu, char *line, int size)
{
	const struct vmxon *there = per_cpu_ptr(&vmxon, cpu);
	enum vmr_vmxon_state state = vmr_vmxon_state(cpu);
	int len;

	len = scnprintf(line, size, "%s", states[state].text);
	if (state == VMR_VMXON_DIFFERENT)
		scnprintf(line + len, size - len, " (%s is 0x%llx, not 0x%llx)",
			  vmr_caps_msr_name(there->msr), there->value,
			  vmr_caps_get(vmr_caps, there->msr));
	else if (states[state].value)
		scnprintf(line + len, size - len, " (%s is 0x%llx)",
			  states[state].value, there->value);
}
