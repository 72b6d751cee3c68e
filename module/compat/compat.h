/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the differences between the kernels that vmring supports: the rest of
 * the module is written for the newest one, and what an older one lacks is
 * supplied here. The VMR_HAVE_ macros come from probe.mk, which looks into the
 * kernel's headers, because distributions take patches back.
 */
#ifndef VMR_COMPAT_COMPAT_H
#define VMR_COMPAT_COMPAT_H

#include <linux/cpuhotplug.h>
#ifdef VMR_HAVE_ENTRY_VIRT_H
#include <linux/entry-virt.h>
#else
#include <linux/entry-kvm.h>
#endif
#include <linux/eventfd.h>
#include <linux/hardirq.h>
#include <linux/hrtimer.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/nospec-branch.h>
#include <asm/reboot.h>

/*
 * KVM's own CPU-hotplug state. Up to 6.1 it is one of the STARTING states,
 * whose callbacks run with interrupts off and can't fail.
 */
#ifdef VMR_HAVE_CPUHP_AP_KVM_ONLINE
#define VMR_CPUHP_CAN_FAIL		true
#else
#define CPUHP_AP_KVM_ONLINE		CPUHP_AP_KVM_STARTING
#define VMR_CPUHP_CAN_FAIL		false
#endif

#ifndef VMR_HAVE_RDMSRQ
#define rdmsrq_safe(msr, value)		rdmsrl_safe(msr, value)
#define rdmsrq(msr, value)		rdmsrl(msr, value)
#define wrmsrq(msr, value)		wrmsrl(msr, value)
#define native_wrmsrq(msr, value)	native_wrmsrl(msr, value)
#endif

/* Flags of a mapping that is being made. */
#ifndef VMR_HAVE_VM_FLAGS_SET
static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}
#endif

/*
 * Kernels without the callback leave VMX operation by themselves in a crash or
 * an emergency reboot, on every CPU whose CR4.VMXE is set.
 */
#ifndef VMR_HAVE_EMERGENCY_VIRT_CALLBACK
typedef void (cpu_emergency_virt_cb)(void);

static inline void
cpu_emergency_register_virt_callback(cpu_emergency_virt_cb *callback)
{
}

static inline void
cpu_emergency_unregister_virt_callback(cpu_emergency_virt_cb *callback)
{
}
#endif

/* Without it only a deadly signal ends the wait for a page. */
#ifndef VMR_HAVE_FOLL_INTERRUPTIBLE
#define FOLL_INTERRUPTIBLE		0
#endif

/* Older ones look at a page as an access does, whatever they are asked. */
#ifndef VMR_HAVE_FOLL_HONOR_NUMA_FAULT
#define FOLL_HONOR_NUMA_FAULT		0
#endif

/* Older ones have a count, and tell whether it was added. */
#ifndef VMR_HAVE_EVENTFD_SIGNAL_ONE
#define eventfd_signal(ctx)		eventfd_signal(ctx, 1)
#endif

#ifndef VMR_HAVE_HRTIMER_SETUP
static inline void hrtimer_setup(struct hrtimer *timer,
				 enum hrtimer_restart (*function)(struct hrtimer *),
				 clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* Whether the host wants a barrier between guests; older ones ask that in the barrier, too. */
#ifdef VMR_HAVE_SWITCH_VCPU_IBPB
#define vmr_wants_ibpb()		static_branch_unlikely(&switch_vcpu_ibpb)
#else
#define vmr_wants_ibpb()		static_cpu_has(X86_FEATURE_USE_IBPB)
#endif

/* Kernels without KVM for Intel don't note what interrupts leave in the L1 data cache. */
#if !IS_ENABLED(CONFIG_KVM_INTEL)
static __always_inline bool kvm_get_cpu_l1tf_flush_l1d(void)
{
	return true;
}

static __always_inline void kvm_clear_cpu_l1tf_flush_l1d(void)
{
}
#endif

#endif
