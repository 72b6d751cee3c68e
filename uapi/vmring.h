/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The ioctl ABI of /dev/vmring. This header is the specification; docs/abi.md
 * tells the same with words and lists every errno.
 *
 * Each ioctl takes one struct that begins with its size. User space sets size
 * to sizeof() of the struct it was compiled with. The kernel fills as much of
 * the struct as both sides know, zeroes the rest of what user space has, and
 * stores in size how much the kernel knows. Structs grow at their end only.
 * Input bits and input fields without a meaning must be zero.
 */
#ifndef _UAPI_VMRING_H
#define _UAPI_VMRING_H

#include <linux/ioctl.h>
#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#else
#include <assert.h>
#endif

#define VMR_IOC_MAGIC		0xBA

/* Counts incompatible changes; 0 while the ABI is not promised to stay. */
#define VMR_ABI_VERSION		0

/* Out: which ABI and which release this module is. */
struct vmr_version {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u32 abi;		/* VMR_ABI_VERSION */
	__u32 major;		/* the release, as modinfo prints it */
	__u32 minor;
	__u32 patch;
};

static_assert(sizeof(struct vmr_version) == 24, "vmr_version");

/*
 * What a CPU can have, as bit numbers of vmr_supported.features. The names in
 * the capability report are these, in small letters and with dashes.
 */
#define VMR_FEATURE_EPT				0
#define VMR_FEATURE_EPT_AD			1
#define VMR_FEATURE_EPT_2M			2
#define VMR_FEATURE_EPT_1G			3
#define VMR_FEATURE_EPT_EXEC_ONLY		4
#define VMR_FEATURE_EPT_5LEVEL			5
#define VMR_FEATURE_EPT_MODE_BASED_EXEC		6
#define VMR_FEATURE_EPT_VIOLATION_VE		7
#define VMR_FEATURE_PML				8
#define VMR_FEATURE_VPID			9
#define VMR_FEATURE_UNRESTRICTED_GUEST		10
#define VMR_FEATURE_TPR_SHADOW			11
#define VMR_FEATURE_APIC_ACCESS			12
#define VMR_FEATURE_APIC_REGISTER_VIRT		13
#define VMR_FEATURE_VIRTUAL_INTERRUPT_DELIVERY	14
#define VMR_FEATURE_X2APIC_MODE			15
#define VMR_FEATURE_POSTED_INTERRUPTS		16
#define VMR_FEATURE_IPI_VIRT			17
#define VMR_FEATURE_PREEMPTION_TIMER		18
#define VMR_FEATURE_SAVE_PREEMPTION_TIMER	19
#define VMR_FEATURE_MONITOR_TRAP_FLAG		20
#define VMR_FEATURE_VIRTUAL_NMIS		21
#define VMR_FEATURE_MSR_BITMAPS			22
#define VMR_FEATURE_ACK_ON_EXIT			23
#define VMR_FEATURE_PAUSE_LOOP_EXITING		24
#define VMR_FEATURE_TSC_SCALING			25
#define VMR_FEATURE_RDTSCP			26
#define VMR_FEATURE_INVPCID			27
#define VMR_FEATURE_XSAVES			28
#define VMR_FEATURE_UMWAIT			29
#define VMR_FEATURE_VMFUNC			30
#define VMR_FEATURE_SHADOW_VMCS			31
#define VMR_FEATURE_DESCRIPTOR_EXITING		32
#define VMR_FEATURE_LOAD_EFER			33
#define VMR_FEATURE_LOAD_PAT			34
#define VMR_FEATURE_LOAD_PERF_GLOBAL_CTRL	35
#define VMR_FEATURE_LOAD_CET			36
#define VMR_FEATURE_LOAD_PKRS			37
#define VMR_FEATURE_VIRT_SPEC_CTRL		38
#define VMR_FEATURE_BUS_LOCK_EXITING		39
#define VMR_FEATURE_INSTRUCTION_TIMEOUT		40
#define VMR_FEATURE_ENTER_HALTED		41
#define VMR_FEATURE_COUNT			42

static_assert(VMR_FEATURE_COUNT <= 64, "vmr_supported.features");

/*
 * Out: what this CPU and this kernel can do. A control word is told as its
 * capability MSR tells it (the TRUE_ one where there is one): bits 31:0 must
 * be 1, bits 63:32 may be 1; ctl_proc3 has no bits that must be 1, and all 64
 * may be 1.
 */
struct vmr_supported {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 features;		/* 1 << VMR_FEATURE_... */
	__u64 ctl_pin;
	__u64 ctl_proc;
	__u64 ctl_proc2;
	__u64 ctl_proc3;
	__u64 ctl_exit;
	__u64 ctl_entry;
	__u64 ept_vpid;		/* IA32_VMX_EPT_VPID_CAP */
	__u64 vmx_misc;		/* IA32_VMX_MISC */
	__u32 vmcs_revision;
	__u32 phys_bits;	/* width of a physical address */
	__u32 virt_bits;	/* width of a linear address */
	__u32 tsc_khz;		/* of the host; 0: unknown */
	__u32 cpus_online;
	__u32 cpus_vmx;		/* of these, how many can run a guest */
};

static_assert(sizeof(struct vmr_supported) == 104, "vmr_supported");

#define VMR_GET_VERSION		_IOWR(VMR_IOC_MAGIC, 0, struct vmr_version)
#define VMR_GET_SUPPORTED	_IOWR(VMR_IOC_MAGIC, 1, struct vmr_supported)

#endif
