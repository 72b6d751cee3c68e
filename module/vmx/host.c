// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what a guest displaces of the host that the VMCS doesn't put back. Called by
 * vmx/run.c in the vCPU's thread and from its preemption notifiers, by vmx/cpu.c when
 * a CPU goes, and by the kernel on its way to user space.
 */
#include <linux/container_of.h>
#include <linux/hw_breakpoint.h>
#include <linux/kernel.h>
#include <linux/linkage.h>
#include <linux/panic.h>
#include <linux/percpu.h>
#include <linux/ptrace.h>
#include <linux/user-return-notifier.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/fsgsbase.h>
#include <asm/mce.h>
#include <asm/msr.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>

#include "compat/compat.h"
#include "vmx/arch.h"
#include "vmx/host.h"
#include "vmx/msr.h"
#include "vmx/sdm.h"

/* TSC_AUX first: the others count only for a guest that can execute SYSCALL. */
static const struct {
	u32 index;
	enum vmr_msr_slot slot;
} switched[] = {
	{ SDM_IA32_TSC_AUX, VMR_MSR_TSC_AUX },
	{ SDM_IA32_STAR, VMR_MSR_STAR },
	{ SDM_IA32_LSTAR, VMR_MSR_LSTAR },
	{ SDM_IA32_CSTAR, VMR_MSR_CSTAR },
	{ SDM_IA32_FMASK, VMR_MSR_FMASK },
};

#define SWITCHED	ARRAY_SIZE(switched)

/* By this CPU, interrupts off. */
struct msrs {
	struct user_return_notifier notifier;
	bool registered;
	bool known;		/* host and now are filled in */
	u64 host[SWITCHED];
	u64 now[SWITCHED];
};

static DEFINE_PER_CPU(struct msrs, msrs);

/* gate.S: goes through the gate of a vector, whose handler is at this address. */
asmlinkage void vmr_gate(unsigned long handler);

/* Constant after vmr_host_init(). */
static struct desc_ptr idt;
static u64 host_xcr0;
static bool has_rdtscp;

void vmr_host_init(void)
{
	asm volatile("sidt %0" : "=m" (idt));
	host_xcr0 = boot_cpu_has(X86_FEATURE_XSAVE) ?
		    xgetbv(XCR_XFEATURE_ENABLED_MASK) : 0;
	has_rdtscp = boot_cpu_has(X86_FEATURE_RDTSCP) ||
		     boot_cpu_has(X86_FEATURE_RDPID);
}

u64 vmr_host_xcr0(void)
{
	return host_xcr0;
}

static void restore(struct msrs *here)
{
	unsigned int i;

	for (i = 0; i < SWITCHED; i++) {
		if (here->now[i] == here->host[i])
			continue;
		wrmsrq(switched[i].index, here->host[i]);
		here->now[i] = here->host[i];
	}
	here->registered = false;
	user_return_notifier_unregister(&here->notifier);
}

/* Any thread of this CPU returns to user space; an IPI may come between. */
static void returns_to_user(struct user_return_notifier *notifier)
{
	unsigned long flags;

	local_irq_save(flags);
	restore(container_of(notifier, struct msrs, notifier));
	local_irq_restore(flags);
}

static void learn(struct msrs *here)
{
	unsigned int i;

	for (i = 0; i < SWITCHED; i++) {
		if (!i && !has_rdtscp)
			continue;
		rdmsrq(switched[i].index, here->host[i]);
		here->now[i] = here->host[i];
	}
	here->notifier.on_user_return = returns_to_user;
	here->known = true;
}

unsigned int vmr_host_msrs_load(const struct vmr_msr_values *guest,
				bool syscall)
{
	struct msrs *here = this_cpu_ptr(&msrs);
	unsigned int i, written = 0;

	if (!here->known)
		learn(here);
	for (i = has_rdtscp ? 0 : 1; i < (syscall ? SWITCHED : 1); i++) {
		u64 value = guest->slot[switched[i].slot];

		if (here->now[i] == value)
			continue;
		wrmsrq(switched[i].index, value);
		here->now[i] = value;
		written++;
	}
	if (written && !here->registered) {
		here->registered = true;
		user_return_notifier_register(&here->notifier);
	}
	return written;
}

void vmr_host_leave(void)
{
	struct msrs *here = this_cpu_ptr(&msrs);

	if (here->registered)
		restore(here);
	/* A CPU that comes back may have other values. */
	here->known = false;
}

static u64 read_fs_base(void)
{
	u64 base;

	if (boot_cpu_has(X86_FEATURE_FSGSBASE))
		return rdfsbase();
	rdmsrq(SDM_IA32_FS_BASE, base);
	return base;
}

static void write_fs_base(u64 base)
{
	if (boot_cpu_has(X86_FEATURE_FSGSBASE))
		wrfsbase(base);
	else
		wrmsrq(SDM_IA32_FS_BASE, base);
}

void vmr_host_load(struct vmr_host *host, u64 kernel_gs_base)
{
	WARN_ON_ONCE(host->loaded);
	savesegment(fs, host->fs);
	savesegment(gs, host->gs);
	savesegment(ds, host->ds);
	savesegment(es, host->es);
	asm volatile("sldt %0" : "=m" (host->ldt));
	if (unlikely(host->fs))
		host->fs_base = read_fs_base();
	host->kernel_gs_base = native_read_msr(SDM_IA32_KERNEL_GS_BASE);
	if (host->kernel_gs_base != kernel_gs_base)
		wrmsrq(SDM_IA32_KERNEL_GS_BASE, kernel_gs_base);
	host->loaded = true;
}

/* Only 32-bit and odd programs have any of these. */
static void put_selectors(const struct vmr_host *host)
{
	if (host->ldt)
		asm volatile("lldt %0" : : "m" (host->ldt));
	if (host->gs)
		load_gs_index(host->gs);
	if (host->fs) {
		loadsegment(fs, host->fs);
		write_fs_base(host->fs_base);
	}
	if (host->ds | host->es) {
		loadsegment(ds, host->ds);
		loadsegment(es, host->es);
	}
}

void vmr_host_put(struct vmr_host *host, u64 *kernel_gs_base)
{
	WARN_ON_ONCE(!host->loaded);
	host->loaded = false;
	*kernel_gs_base = native_read_msr(SDM_IA32_KERNEL_GS_BASE);

	/* VM exits leave limits of 64 KiB, and a TSS without I/O bitmap. */
	load_fixmap_gdt(raw_smp_processor_id());
	asm volatile("lidt %0" : : "m" (idt));
	invalidate_tss_limit();

	if (unlikely(host->fs | host->gs | host->ds | host->es | host->ldt))
		put_selectors(host);
	if (*kernel_gs_base != host->kernel_gs_base || host->gs)
		wrmsrq(SDM_IA32_KERNEL_GS_BASE, host->kernel_gs_base);
}

static void load_debug_registers(const u64 *dr)
{
	set_debugreg(dr[0], 0);
	set_debugreg(dr[1], 1);
	set_debugreg(dr[2], 2);
	set_debugreg(dr[3], 3);
}

void vmr_host_burst_begin(u64 xcr0, const u64 *dr, u64 *debugctl)
{
	*debugctl = native_read_msr(SDM_IA32_DEBUGCTL);
	if (unlikely(xcr0 != host_xcr0) && host_xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, xcr0);
	if (unlikely(dr)) {
		/* None of the host's may fire on the guest's addresses. */
		set_debugreg(0UL, 7);
		load_debug_registers(dr);
	}
}

void vmr_host_burst_end(u64 xcr0, const u64 *dr, u64 debugctl)
{
	if (unlikely(xcr0 != host_xcr0) && host_xcr0)
		xsetbv(XCR_XFEATURE_ENABLED_MASK, host_xcr0);
	/* A VM exit has switched off what the host had in DEBUGCTL and in DR7. */
	if (unlikely(debugctl))
		wrmsrq(SDM_IA32_DEBUGCTL, debugctl);
	if (unlikely(dr || hw_breakpoint_active()))
		hw_breakpoint_restore();
}

void vmr_host_interrupt(u8 vector)
{
	const gate_desc *gates = (const gate_desc *)idt.address;

	vmr_gate(gate_offset(&gates[vector]));
}

/*
 * As if it had come to the thread in user mode: a guest's memory is its process's, which
 * the kernel ends for it; but who meets broken memory in the kernel ends the kernel.
 */
noinstr void vmr_host_machine_check(void)
{
#ifdef CONFIG_X86_MCE
	struct pt_regs regs = { .cs = __USER_CS, .flags = X86_EFLAGS_IF };

	do_machine_check(&regs);
#else
	/* Without a guest the CPU would have shut down, as CR4.MCE is clear. */
	panic("vmring: a machine check, which this kernel is built without");
#endif
}
