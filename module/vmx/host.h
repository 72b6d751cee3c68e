/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a guest displaces of the host that the VMCS doesn't put back: system-call
 * MSRs, KERNEL_GS_BASE, segment selectors, descriptor-table limits, debug registers,
 * XCR0. Also the hand-over of interrupts, NMIs and machine checks. For vmx/run.c and
 * vmx/cpu.c.
 *
 *	per thread	vmr_host_load() .. vmr_host_put(): before the first entry after
 *			RUN or a context switch; at RUN's end or the context switch
 *	per CPU		vmr_host_msrs_load() .. the next return to user space there
 *	per burst	vmr_host_burst_begin() .. vmr_host_burst_end()
 */
#ifndef VMR_VMX_HOST_H
#define VMR_VMX_HOST_H

#include <linux/types.h>

struct vmr_msr_values;

/**
 * struct vmr_host - what a vCPU's thread had in the CPU before its guest came
 * @loaded: the guest's are in the CPU: the rest counts
 *
 * Only by the vCPU's thread, with interrupts off.
 */
struct vmr_host {
	bool loaded;
	u64 kernel_gs_base;
	u64 fs_base;
	u16 fs;
	u16 gs;
	u16 ds;
	u16 es;
	u16 ldt;
};

/**
 * vmr_host_init() - learn what every CPU of this host has in common
 *
 * Context: Process, once, at load.
 */
void vmr_host_init(void);

/**
 * vmr_host_xcr0() - the features that the host has enabled in XCR0
 *
 * Context: Any.
 * Return: XCR0, 0 if the CPU has none.
 */
u64 vmr_host_xcr0(void);

/**
 * vmr_host_load() - put the thread's own state aside, and the guest's into the CPU
 * @host: where to
 * @kernel_gs_base: the guest's
 *
 * Context: The vCPU's thread, interrupts off, not loaded.
 */
void vmr_host_load(struct vmr_host *host, u64 kernel_gs_base);

/**
 * vmr_host_put() - the way back
 * @host: from vmr_host_load(), on the same CPU
 * @kernel_gs_base: the guest's, as it is now
 *
 * Context: The vCPU's thread, interrupts off, loaded; also from the scheduler.
 */
void vmr_host_put(struct vmr_host *host, u64 *kernel_gs_base);

/**
 * vmr_host_msrs_load() - load a guest's system-call MSRs and TSC_AUX
 * @guest: the guest's
 * @syscall: the guest can execute SYSCALL
 *
 * They stay the guest's until a thread returns to user space on this CPU.
 *
 * Context: The vCPU's thread, interrupts off.
 * Return: how many MSRs were written.
 */
unsigned int vmr_host_msrs_load(const struct vmr_msr_values *guest,
				bool syscall);

/**
 * vmr_host_leave() - have the host's MSRs on this CPU, whatever was loaded
 *
 * Context: On that CPU, interrupts off; no guest runs there.
 */
void vmr_host_leave(void);

/**
 * vmr_host_burst_begin() - load what the guest needs while it runs
 * @xcr0: the guest's
 * @dr: its breakpoints; NULL if none is enabled
 * @debugctl: the host's IA32_DEBUGCTL
 *
 * Context: In a burst.
 */
void vmr_host_burst_begin(u64 xcr0, const u64 *dr, u64 *debugctl);

/**
 * vmr_host_burst_end() - have the host's again
 * @xcr0: the guest's
 * @dr: as at the beginning
 * @debugctl: from the beginning
 *
 * Context: In a burst, before anything of the host may run there.
 */
void vmr_host_burst_end(u64 xcr0, const u64 *dr, u64 debugctl);

/**
 * vmr_host_interrupt() - let the host handle an interrupt that an exit acknowledged
 * @vector: which
 *
 * Context: Interrupts off.
 */
void vmr_host_interrupt(u8 vector);

/* Let the host handle the NMI or machine check for which the guest was left. */
static __always_inline void vmr_host_nmi(void)
{
	asm volatile("int $2" : : : "memory");
}

void vmr_host_machine_check(void);

#endif
