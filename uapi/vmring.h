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

#include <linux/const.h>
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

/*
 * Virtual machines.
 *
 * /dev/vmring -VMR_CREATE_VM-> VM file -VMR_CREATE_VCPU-> vCPU file. A VM belongs to
 * the process (its address space) that made it: another process gets EPERM for
 * every ioctl on the VM and its vCPUs, whichever way the file reached it. The last
 * close of a VM and of all of its vCPUs destroys it.
 */

/* Exit types that are delivered only where they were asked for. */
#define VMR_VM_HLT_EXITS	_BITULL(0)	/* HLT is VMR_EXIT_HLT instead of blocking in RUN */
#define VMR_VM_HYPERCALLS	_BITULL(1)	/* VMCALL is VMR_EXIT_HYPERCALL instead of #UD */
#define VMR_VM_FEATURES		(VMR_VM_HLT_EXITS | VMR_VM_HYPERCALLS)

/*
 * With VMR_VM_HYPERCALLS, what VMCALL with this number in EAX does is vmring's own
 * business; other numbers are the exit. VMCALL beyond CPL 0 answers -EPERM.
 */
#define VMR_HYPERCALL_NOP	0x766d0000	/* answers 0 */

/* The ioctl's result is the VM's file descriptor. */
struct vmr_create_vm {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 features;		/* in: VMR_VM_..., unknown bits are EINVAL */
};

static_assert(sizeof(struct vmr_create_vm) == 16, "vmr_create_vm");

#define VMR_MAX_VCPUS		64

/* The ioctl's result is the vCPU's file descriptor. */
struct vmr_create_vcpu {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u32 id;		/* in: below VMR_MAX_VCPUS, not taken yet */
	__u32 area_ro_size;	/* out: bytes to map at VMR_AREA_RO, read-only */
	__u32 area_rw_size;	/* out: bytes to map at VMR_AREA_RW */
	__u32 ring_entries;	/* in: a power of two, 2 to VMR_RING_MOST, or 0; out: it */
};

static_assert(sizeof(struct vmr_create_vcpu) == 24, "vmr_create_vcpu");

#define VMR_RING_USUAL		64	/* for 0 */
#define VMR_RING_MOST		4096

/*
 * One range of guest-physical memory, backed by the process's own. The memory is
 * not pinned: what the process does with it, the guest sees. A slot is replaced as
 * a whole by setting it again (flags, address, place or length changed); length 0
 * deletes it, whatever gpa and hva are.
 */
#define VMR_SLOT_READONLY	_BITUL(0)	/* writes are VMR_EXIT_MMIO */
#define VMR_SLOT_LOG_DIRTY	_BITUL(1)	/* what is written, VMR_GET_DIRTY tells */
#define VMR_SLOT_FLAGS		(VMR_SLOT_READONLY | VMR_SLOT_LOG_DIRTY)
#define VMR_MAX_SLOTS		64

struct vmr_slot {
	__u32 size;
	__u32 flags;		/* in: VMR_SLOT_... */
	__u32 slot;		/* in: below VMR_MAX_SLOTS */
	__u32 reserved;		/* in: must be 0 */
	__u64 gpa;		/* in: guest-physical address, page-aligned */
	__u64 length;		/* in: bytes, page-aligned */
	__u64 hva;		/* in: address in the process, page-aligned */
};

static_assert(sizeof(struct vmr_slot) == 40, "vmr_slot");

/*
 * Which pages of a slot with VMR_SLOT_LOG_DIRTY have been written, by guests or by
 * vmring for them, since the log began or they were told of last; telling forgets.
 * bitmap has u64[(pages + 63) / 64]: bit i % 64 of word i / 64 is page first_page + i
 * of the slot. Pages are of 4 KiB.
 */
struct vmr_dirty {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u32 slot;		/* in: number of the slot */
	__u32 reserved;		/* in: must be 0 */
	__u64 first_page;	/* in: a multiple of 64 */
	__u64 pages;		/* in: a multiple of 64, or up to the slot's end; not 0 */
	__u64 bitmap;		/* in: address of the bitmap */
};

static_assert(sizeof(struct vmr_dirty) == 40, "vmr_dirty");

/*
 * What a guest's access to a range of ports, or of guest-physical addresses without
 * memory, comes to. An access that isn't wholly in one region is SYNC and of none. A
 * region is replaced as a whole by setting it again; length 0 deletes it. When the
 * ioctl returns no vCPU uses what was before.
 */
#define VMR_REGION_MMIO		_BITUL(0)	/* guest-physical addresses; else ports */
#define VMR_REGION_RELAXED	_BITUL(1)	/* MIRROR answers though posted entries wait */
#define VMR_REGION_MATCH	_BITUL(2)	/* DOORBELL: match and match_size count */
#define VMR_REGION_FLAGS	(_BITUL(3) - 1)
#define VMR_MAX_REGIONS		128

/* vmr_region.write */
#define VMR_WRITE_SYNC		0	/* an exit; the vCPU waits for the reply */
#define VMR_WRITE_POSTED	1	/* an entry with VMR_EXIT_POSTED; the guest goes on */
#define VMR_WRITE_DOORBELL	2	/* eventfd is signalled, no entry; the guest goes on */

/* vmr_region.read */
#define VMR_READ_SYNC		0
/*
 * From the mirror: VMR_MIRROR_SIZE bytes of the VM, mapped from its file at offset 0. If
 * posted entries of any vCPU of the VM wait, and not RELAXED: as SYNC.
 */
#define VMR_READ_MIRROR		1
#define VMR_MIRROR_SIZE		16384

/*
 * Regions of one kind don't overlap (EEXIST), but doorbells of the same range with
 * different matches: the write rings the one that matches. One that matches none is SYNC.
 */
struct vmr_region {
	__u32 size;
	__u32 flags;		/* in: VMR_REGION_... */
	__u32 region;		/* in: 1 to VMR_MAX_REGIONS; what vmr_exit.region tells */
	__u8 write;		/* in: VMR_WRITE_... */
	__u8 read;		/* in: VMR_READ_... */
	__u8 match_size;	/* in: bytes that the write must have, 1, 2, 4, 8; 0: any */
	__u8 reserved;		/* in: must be 0 */
	__u64 addr;		/* in: the first */
	__u64 length;		/* in: bytes; 0 deletes, whatever the rest is */
	__u64 match;		/* in: what the write must write */
	__u32 mirror;		/* in: MIRROR: offset in the mirror of addr's byte */
	__s32 eventfd;		/* in: DOORBELL, else 0 */
};

static_assert(sizeof(struct vmr_region) == 48, "vmr_region");

/*
 * How a vCPU's ring is consumed. What VMR_CREATE_VCPU leaves: no eventfd, half of the
 * entries, VMR_RING_DELAY_US, VMR_RING_SPIN_NS.
 */
#define VMR_RING_EVENTFD	_BITUL(0)	/* flags: eventfd counts; else there is none */
#define VMR_RING_DELAY_US	1000
#define VMR_RING_SPIN_NS	50000

struct vmr_ring {
	__u32 size;
	__u32 flags;		/* in: VMR_RING_... */
	__s32 eventfd;		/* in: signalled for a consumer that has said need_wakeup */
	__u32 high_water;	/* in: inline, RUN returns with so many; 1 to entries - 1 */
	__u32 delay_us;		/* in: inline, RUN returns when one waits so long; 1 to 1000000 */
	__u32 spin_ns;		/* in: most that a served vCPU spins before it sleeps; to 1000000 */
};

static_assert(sizeof(struct vmr_ring) == 24, "vmr_ring");

/*
 * Wait until the producer's index is another than seen; from any thread. The result is
 * how far it is beyond, at most INT_MAX. The same struct is the payload of an
 * IORING_OP_URING_CMD on the vCPU's file with cmd_op VMR_WAIT.
 */
#define VMR_WAIT_WAKE		_BITUL(0)	/* flags: VMR_KICK_WAKE first, if need_kick */

struct vmr_wait {
	__u32 size;
	__u32 flags;		/* in: VMR_WAIT_... */
	__u32 seen;		/* in: a producer's index */
	__u32 reserved;		/* in: must be 0 */
};

static_assert(sizeof(struct vmr_wait) == 16, "vmr_wait");

/* VMR_RUN's argument: 0, inline; or */
#define VMR_RUN_SERVED		1

/* VMR_KICK's argument: 0, RUN returns; or */
#define VMR_KICK_WAKE		1	/* a vCPU that sleeps for a reply looks for it */

/*
 * What happens at RDMSR and WRMSR. Ranges of the one list that VMR_SET_MSR_POLICY
 * sets; the first that contains an MSR counts. An MSR in no range is the kernel's
 * if vmring virtualizes it, and else #GP.
 */
#define VMR_MSR_GP		0	/* the guest gets #GP */
#define VMR_MSR_USER		1	/* VMR_EXIT_MSR */
#define VMR_MSR_ZERO		2	/* reads 0, writes are dropped */
#define VMR_MSR_KERNEL		3	/* as if it were in no range */
#define VMR_MAX_MSR_RANGES	64

struct vmr_msr_range {
	__u32 first;
	__u32 count;		/* at least 1 */
	__u16 on_read;		/* VMR_MSR_... */
	__u16 on_write;		/* VMR_MSR_... */
	__u32 reserved;		/* must be 0 */
};

static_assert(sizeof(struct vmr_msr_range) == 16, "vmr_msr_range");

struct vmr_msr_policy {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 ranges;		/* in: address of struct vmr_msr_range[count] */
	__u32 count;		/* in: at most VMR_MAX_MSR_RANGES */
	__u32 reserved;		/* in: must be 0 */
};

static_assert(sizeof(struct vmr_msr_policy) == 24, "vmr_msr_policy");

/*
 * What CPUID answers. A leaf whose answer depends on ECX has an entry for each
 * subleaf, with VMR_CPUID_SUBLEAF set. Bits that depend on the guest's state
 * (OSXSAVE, OSPKE, SYSCALL) are kept right by the kernel, and what vmring doesn't switch
 * is hidden, whatever the table says. A leaf that is not in the table is answered
 * as the manual has it: the highest basic leaf's data above that, else zeroes.
 */
#define VMR_CPUID_SUBLEAF	_BITUL(0)
#define VMR_MAX_CPUID		256

struct vmr_cpuid_entry {
	__u32 leaf;
	__u32 subleaf;
	__u32 flags;		/* VMR_CPUID_... */
	__u32 eax;
	__u32 ebx;
	__u32 ecx;
	__u32 edx;
	__u32 reserved;		/* must be 0 */
};

static_assert(sizeof(struct vmr_cpuid_entry) == 32, "vmr_cpuid_entry");

/*
 * VMR_GET_CPUID (of /dev/vmring) answers what this host can offer a guest;
 * VMR_SET_CPUID (of a vCPU that hasn't run yet) sets the table. A count that is too
 * small is E2BIG, with the right one stored.
 */
struct vmr_cpuid {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 entries;		/* in: address of struct vmr_cpuid_entry[count] */
	__u32 count;		/* in, of VMR_GET_CPUID out too */
	__u32 reserved;		/* in: must be 0 */
};

static_assert(sizeof(struct vmr_cpuid) == 24, "vmr_cpuid");

struct vmr_msr {
	__u32 index;
	__u32 reserved;		/* must be 0 */
	__u64 value;
};

static_assert(sizeof(struct vmr_msr) == 16, "vmr_msr");

/*
 * VMR_GET_MSRS and VMR_SET_MSRS of a vCPU. They stop at the first MSR that vmring
 * doesn't virtualize or that doesn't take the value: EINVAL, with done saying how
 * many were dealt with before. VMR_LIST_MSRS (of /dev/vmring) fills in the indices
 * of those that a vCPU has which has all that VMR_GET_CPUID offers; a count that is
 * too small is E2BIG, with the right one stored.
 */
#define VMR_MAX_MSRS		512

struct vmr_msrs {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 msrs;		/* in: address of struct vmr_msr[count] */
	__u32 count;		/* in, of VMR_LIST_MSRS out too */
	__u32 done;		/* out */
};

static_assert(sizeof(struct vmr_msrs) == 24, "vmr_msrs");

/*
 * A vCPU's registers, in groups. One struct for VMR_GET_STATE, VMR_SET_STATE and
 * the state area.
 */
#define VMR_STATE_REGS		_BITULL(0)	/* gpr, rip, rflags */
#define VMR_STATE_SEGMENTS	_BITULL(1)	/* segment, gdtr, idtr */
#define VMR_STATE_CONTROL	_BITULL(2)	/* cr0 to efer, xcr0 */
#define VMR_STATE_DEBUG		_BITULL(3)	/* dr0 to dr7 */
#define VMR_STATE_EVENTS	_BITULL(4)	/* events */
#define VMR_STATE_PDPTES	_BITULL(5)	/* pdpte */
#define VMR_STATE_TIME		_BITULL(6)	/* tsc_offset */
#define VMR_STATE_EXIT		_BITULL(7)	/* exit; not by way of the state area */
#define VMR_STATE_GROUPS	8
#define VMR_STATE_ALL		(_BITULL(VMR_STATE_GROUPS) - 1)

/* Numbers of general registers, as instructions encode them. */
#define VMR_RAX			0
#define VMR_RCX			1
#define VMR_RDX			2
#define VMR_RBX			3
#define VMR_RSP			4
#define VMR_RBP			5
#define VMR_RSI			6
#define VMR_RDI			7
#define VMR_R8			8
#define VMR_R15			15
#define VMR_GPRS		16

/* Numbers of segment registers, as instructions encode them; then LDTR and TR. */
#define VMR_ES			0
#define VMR_CS			1
#define VMR_SS			2
#define VMR_DS			3
#define VMR_FS			4
#define VMR_GS			5
#define VMR_LDTR		6
#define VMR_TR			7
#define VMR_SEGMENTS		8

/*
 * access is as VT-x has it: the descriptor's type, S, DPL and P in bits 7:0, AVL, L,
 * D/B and G in bits 15:12, and bit 16 set for a register that holds no usable segment.
 */
#define VMR_SEGMENT_UNUSABLE	_BITUL(16)

struct vmr_segment {
	__u64 base;
	__u32 limit;		/* in bytes, whatever G says */
	__u32 access;
	__u16 selector;
	__u16 reserved[3];	/* must be 0 */
};

static_assert(sizeof(struct vmr_segment) == 24, "vmr_segment");

struct vmr_table {
	__u64 base;
	__u16 limit;
	__u16 reserved[3];	/* must be 0 */
};

static_assert(sizeof(struct vmr_table) == 16, "vmr_table");

/* vmr_events.flags */
#define VMR_EVENT_EXCEPTION	_BITUL(0)	/* exception is pending */
#define VMR_EVENT_HAS_ERROR	_BITUL(1)	/* it pushes error_code */
#define VMR_EVENT_INTERRUPT	_BITUL(2)	/* interrupt is pending */
#define VMR_EVENT_NMI		_BITUL(3)	/* an NMI is pending */
#define VMR_EVENT_NMI_BLOCKED	_BITUL(4)	/* until the next IRET */
#define VMR_EVENT_STI_SHADOW	_BITUL(5)	/* the instruction after STI */
#define VMR_EVENT_SS_SHADOW	_BITUL(6)	/* the instruction after MOV SS or POP SS */
#define VMR_EVENT_EXTINT	_BITUL(7)	/* the ExtINT line is up */
#define VMR_EVENT_HALTED	_BITUL(8)	/* waits in HLT */
#define VMR_EVENT_REDELIVER	_BITUL(9)	/* the fields redeliver... count */
#define VMR_EVENT_ACKNOWLEDGED	_BITUL(10)	/* acknowledged is pending */
#define VMR_EVENT_FLAGS		(_BITUL(11) - 1)

struct vmr_events {
	__u32 flags;		/* VMR_EVENT_... */
	__u32 error_code;	/* of exception */
	__u8 exception;		/* vector */
	__u8 interrupt;		/* vector */
	__u8 redeliver_length;	/* of the instruction, for INT n, INT3, INTO, INT1 */
	__u8 acknowledged;	/* vector, told for INTACK, that can't go in yet */
	__u8 reserved[4];	/* must be 0 */
	__u32 redeliver;	/* an event whose delivery an exit interrupted, as VT-x has it */
	__u32 redeliver_error;
	__u64 pending_debug;	/* the pending debug exceptions, as VT-x has them */
};

static_assert(sizeof(struct vmr_events) == 32, "vmr_events");

/*
 * An instruction under way that touches devices: what its accesses have come to so
 * far. It runs from the beginning each time, with the reads answered from here, and
 * ends at the first access that isn't: the next exit. All zero if none is under way.
 */
struct vmr_mmio_progress {
	__u8 accesses;		/* to devices, done */
	__u8 bytes;		/* of data, which reads have brought */
	__u8 reserved[6];	/* must be 0 */
	__u8 data[64];
};

static_assert(sizeof(struct vmr_mmio_progress) == 72, "vmr_mmio_progress");

/*
 * The exit that waits for a reply; reason VMR_EXIT_NONE and zeroes if none does. Set, it
 * is published in the area as an exit of this vCPU, and waits there. What is in the bulk
 * page of a string isn't here: user space copies it.
 */
struct vmr_exit_state {
	__u16 reason;		/* these are as in struct vmr_exit */
	__u8 size;
	__u8 flags;
	__u32 count;
	__u64 addr;
	__u8 data[32];
	/* What finishes the instruction looks at, as VT-x has it; 0 where it doesn't. */
	__u32 length;		/* IO, MSR: of the instruction */
	__u32 info;		/* IO with VMR_EXIT_STRING: address size, segment */
	__u64 qualification;	/* IO, MMIO */
	__u64 gpa;		/* MMIO */
	__u64 gla;		/* MMIO */
	struct vmr_mmio_progress mmio;	/* also while no exit waits */
};

static_assert(sizeof(struct vmr_exit_state) == 152, "vmr_exit_state");

struct vmr_state {
	/* VMR_STATE_REGS */
	__u64 gpr[VMR_GPRS];
	__u64 rip;
	__u64 rflags;
	/* VMR_STATE_SEGMENTS */
	struct vmr_segment segment[VMR_SEGMENTS];
	struct vmr_table gdtr;
	struct vmr_table idtr;
	/* VMR_STATE_CONTROL */
	__u64 cr0;
	__u64 cr2;
	__u64 cr3;
	__u64 cr4;
	__u64 cr8;
	__u64 efer;
	__u64 xcr0;
	/* VMR_STATE_DEBUG */
	__u64 dr[4];
	__u64 dr6;
	__u64 dr7;
	/* VMR_STATE_EVENTS */
	struct vmr_events events;
	/* VMR_STATE_PDPTES: PAE's four entries as the CPU holds them; 0 without PAE paging */
	__u64 pdpte[4];
	/* VMR_STATE_TIME: the guest's TSC less the host's */
	__u64 tsc_offset;
	/* VMR_STATE_EXIT */
	struct vmr_exit_state exit;
};

static_assert(sizeof(struct vmr_state) == 696, "vmr_state");

struct vmr_state_args {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 groups;		/* in: VMR_STATE_..., which to get or set */
	struct vmr_state state;
};

static_assert(sizeof(struct vmr_state_args) == 712, "vmr_state_args");

/* Bring an event in, from any thread, at any time. */
#define VMR_INJECT_INTERRUPT	0	/* vector 16 to 255; EEXIST while one waits */
#define VMR_INJECT_NMI		1	/* one more than one waiting is merged */
#define VMR_INJECT_EXCEPTION	2	/* vector 0 to 31; EEXIST while one waits */
/*
 * The ExtINT line: vector is its level, 0 or 1. It is a level: it stays up after
 * VMR_EXIT_INTACK, and asks again, until it is taken down.
 */
#define VMR_INJECT_EXTINT	3

#define VMR_INJECT_ERROR_CODE	_BITUL(0)	/* flags: error_code is pushed */

struct vmr_inject {
	__u32 size;
	__u32 flags;		/* in: VMR_INJECT_ERROR_CODE or 0 */
	__u32 kind;		/* in: VMR_INJECT_... */
	__u32 vector;		/* in */
	__u32 error_code;	/* in */
	__u32 reserved;		/* in: must be 0 */
};

static_assert(sizeof(struct vmr_inject) == 24, "vmr_inject");

/*
 * The guest's FPU: an image as XSAVE writes it, in the standard format (not compacted).
 * Its components are those that the guest's XCR0 may have, and x87 and SSE in any case.
 * A length that is too small is E2BIG, with the right one stored.
 */
struct vmr_xsave {
	__u32 size;
	__u32 flags;		/* in: must be 0 */
	__u64 image;		/* in: address of length bytes */
	__u32 length;		/* in, of VMR_GET_XSAVE out too */
	__u32 reserved;		/* in: must be 0 */
};

static_assert(sizeof(struct vmr_xsave) == 24, "vmr_xsave");

/*
 * VMR_CREATE_VM, VMR_GET_CPUID and VMR_LIST_MSRS are of /dev/vmring; VMR_CREATE_VCPU,
 * VMR_SET_SLOT, VMR_SET_MSR_POLICY, VMR_GET_DIRTY and VMR_SET_REGION of a VM; the rest of
 * a vCPU.
 */
#define VMR_CREATE_VM		_IOWR(VMR_IOC_MAGIC, 2, struct vmr_create_vm)
#define VMR_GET_CPUID		_IOWR(VMR_IOC_MAGIC, 3, struct vmr_cpuid)
#define VMR_LIST_MSRS		_IOWR(VMR_IOC_MAGIC, 4, struct vmr_msrs)
#define VMR_CREATE_VCPU		_IOWR(VMR_IOC_MAGIC, 5, struct vmr_create_vcpu)
#define VMR_SET_SLOT		_IOWR(VMR_IOC_MAGIC, 6, struct vmr_slot)
#define VMR_SET_MSR_POLICY	_IOWR(VMR_IOC_MAGIC, 7, struct vmr_msr_policy)
#define VMR_RUN			_IO(VMR_IOC_MAGIC, 8)	/* argument: 0, VMR_RUN_SERVED */
#define VMR_GET_STATE		_IOWR(VMR_IOC_MAGIC, 9, struct vmr_state_args)
#define VMR_SET_STATE		_IOWR(VMR_IOC_MAGIC, 10, struct vmr_state_args)
#define VMR_GET_MSRS		_IOWR(VMR_IOC_MAGIC, 11, struct vmr_msrs)
#define VMR_SET_MSRS		_IOWR(VMR_IOC_MAGIC, 12, struct vmr_msrs)
#define VMR_SET_CPUID		_IOWR(VMR_IOC_MAGIC, 13, struct vmr_cpuid)
#define VMR_INJECT		_IOWR(VMR_IOC_MAGIC, 14, struct vmr_inject)
#define VMR_KICK		_IO(VMR_IOC_MAGIC, 15)	/* argument: 0, VMR_KICK_WAKE */
#define VMR_GET_XSAVE		_IOWR(VMR_IOC_MAGIC, 16, struct vmr_xsave)
#define VMR_SET_XSAVE		_IOWR(VMR_IOC_MAGIC, 17, struct vmr_xsave)
#define VMR_GET_DIRTY		_IOWR(VMR_IOC_MAGIC, 18, struct vmr_dirty)
#define VMR_SET_REGION		_IOWR(VMR_IOC_MAGIC, 19, struct vmr_region)
#define VMR_SET_RING		_IOWR(VMR_IOC_MAGIC, 20, struct vmr_ring)
#define VMR_WAIT		_IOWR(VMR_IOC_MAGIC, 21, struct vmr_wait)

#endif
