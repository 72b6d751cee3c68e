/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what every part may know: the release's number, struct vmr_vm and struct
 * vmr_vcpu, and the order of locks. The one header of core/ that files to its right
 * may include.
 */
#ifndef VMR_CORE_VMRING_H
#define VMR_CORE_VMRING_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/stringify.h>
#include <linux/types.h>
#include <asm/fpu/types.h>

#include <vmring.h>

#include "ept/dirty.h"
#include "ept/ept.h"
#include "ept/fault.h"
#include "ring/area.h"
#include "ring/drain.h"
#include "ring/region.h"
#include "ring/wake.h"
#include "vmcs/vmcs.h"
#include "vmx/cpuid.h"
#include "vmx/cr.h"
#include "vmx/decode.h"
#include "vmx/host.h"
#include "vmx/kick.h"
#include "vmx/msr.h"
#include "vmx/turn.h"

/* The release, VMR_VERSION_MAJOR and so on, is Kbuild's: from the file VERSION. */
#define VMR_VERSION			\
	__stringify(VMR_VERSION_MAJOR) "."	\
	__stringify(VMR_VERSION_MINOR) "."	\
	__stringify(VMR_VERSION_PATCH)

/*
 * The order of locks: one further down is taken while one further up is held,
 * never the other way round. What isn't listed is a leaf. docs/locking.md says
 * what each is for.
 *
 *	the kernel's reboot notifier chain	around vmx/cpu.c reboot()
 *	vcpu->mutex				the vCPU's ioctls, RUN for its whole length
 *	vm->mutex				creating vCPUs, the VM's settings
 *	cpus_read_lock()			vmx/cpu.c, load and unload
 *	vmr_ept.slots_lock			ept/slots.c
 *	the process's mmap_lock and below	ept/host.c; around ept/notifier.c
 *	vmr_ept.lock				ept/
 *	vcpu->inbox.lock			vmx/events.c, interrupts off
 *	interrupts off on one CPU		a burst; vmx/vmxon.c, enter and leave
 */

struct vmr_vm {
	/* Constant after create. */
	u64 features;			/* VMR_VM_... */
	struct mm_struct *mm;		/* whose VM it is; held by ept */
	struct dentry *folder;		/* in debugfs */

	/* By its own rules, see there. */
	struct kref refs;		/* the VM's file and each vCPU */
	struct vmr_ept ept;
	struct vmr_kick_group kicks;
	unsigned int last_turn;		/* vmx/turn.c: a hint, any value will do */
	struct vmr_regions regions;
	atomic64_t stamps;		/* ring/area.h: of entries, where the TSC is none */

	struct mutex mutex;		/* for what follows */

	struct vmr_vcpu *vcpus[VMR_MAX_VCPUS];
	unsigned int vcpu_count;

	/* Under mutex until the first vCPU is there, constant from then on. */
	struct vmr_msr_range msr_ranges[VMR_MAX_MSR_RANGES];
	u32 msr_range_count;
	void *msr_bitmap;		/* one page */
};

/**
 * struct vmr_exit_info - what VT-x tells of a VM exit
 * @reason: basic exit reason, read at each exit
 * @row: of vmx/exit.c's table, for a slow handler
 * @full_reason: the whole field; bit 31: an entry failed
 * @error: VM-instruction error, of an entry that caused no exit
 * @interruption: read for exceptions and interrupts
 *
 * The others are read before the burst is left, if the row of the exit reason in
 * vmx/exit.c asks for them.
 */
struct vmr_exit_info {
	u16 reason;
	const struct vmr_exit_row *row;
	u32 full_reason;
	u32 error;
	u32 length;
	u32 instruction_info;
	u32 interruption;
	u64 qualification;
	u64 gpa;
	unsigned long gla;
};

/**
 * struct vmr_inbox - events for a vCPU, which any thread may bring
 * @lock: for the others
 * @flags: VMR_EVENT_EXCEPTION, _HAS_ERROR, _INTERRUPT, _NMI, _EXTINT, _ACKNOWLEDGED
 * @error_code: of the exception
 * @exception: its vector
 * @interrupt: the interrupt's vector
 * @acknowledged: the vector that user space has told for the ExtINT line
 *
 * An event stays here until VM entry injects it. The vCPU's thread looks at flags
 * without the lock first.
 */
struct vmr_inbox {
	spinlock_t lock;	/* for all of it; interrupts off */
	u32 flags;
	u32 error_code;
	u8 exception;
	u8 interrupt;
	u8 acknowledged;
};

/**
 * struct vmr_outstanding - the exit that user space has to deal with
 * @complete: what finishes it at the next RUN; NULL: nothing
 * @needs_reply: it isn't over before user space has replied
 * @served: nor, in a served RUN, before the consumer has passed it
 * @reply_flags: the VMR_REPLY_... that the reply may have
 * @count: elements of a string access
 * @size: bytes of a port access
 */
struct vmr_outstanding {
	void (*complete)(struct vmr_vcpu *vcpu, const struct vmr_reply *reply);
	bool needs_reply;
	bool served;
	u32 reply_flags;
	u8 size;
	u32 count;
};

/**
 * struct vmr_decoded - the instruction that touches devices, as it was decoded
 * @valid: it is the one at @rip, read since the guest ran
 * @last: the access that waits is its last: vmr_emulate_finish()
 * @rip: where it is
 * @insn: it; also of one before, if its length isn't 0
 * @bytes: what @insn was decoded from
 * @misses: how often in a row there was nothing for a device to do
 * @likely: the last EPT violation was a device's
 */
#define VMR_DECODED_BYTES	16	/* VMR_INSN_MOST, and a zero */

struct vmr_decoded {
	bool valid;
	bool last;
	u64 rip;
	struct vmr_insn insn;
	u8 bytes[VMR_DECODED_BYTES] __aligned(sizeof(u64));
	u8 misses;
	bool likely;
};

struct vmr_vcpu {
	/*
	 * Only by whoever holds mutex: the thread in RUN, or one in another ioctl.
	 * First, because entry.S finds state.gpr there. What of state lives in the
	 * VMCS while the vCPU runs: groups that are neither in known nor in dirty.
	 */
	struct vmr_state state;
	unsigned long host_rsp;		/* what the VMCS has; by entry.S */
	u64 known;			/* VMR_STATE_...: state is what the VMCS has */
	u64 dirty;			/* VMR_STATE_...: state is newer than the VMCS */
	bool skip;			/* go past the instruction that exited */
	bool halted;
	bool vmx_lost;			/* VMX is off on this CPU: RUN ends */
	bool acknowledged;		/* exit.interruption is the host's interrupt */
	bool spins;			/* the guest does: let others run */
	bool vmcs_ready;		/* first contents are written */
	bool ran;			/* RUN got as far as the guest: CPUID stays */
	bool pdptes_stale;		/* user space has set CR3: state.pdpte is to be loaded */
	bool intack;			/* user space is asked for the ExtINT's vector */
	bool l1d_is_host;		/* no VM entry yet in this burst */
	u32 proc_ctls;			/* what the VMCS has */
	u32 entry_ctls;			/* the same */
	u32 redeliver;			/* event to inject again, as VT-x has it; 0: none */
	u32 redeliver_error;
	u32 redeliver_length;
	u32 storm;			/* #DB or #AC in a row, for the statistics */
	u32 ple_window;
	u32 ple_window_written;
	struct vmr_exit_info exit;
	struct vmr_outstanding outstanding;
	struct vmr_mmio_progress mmio;	/* by vmx/exit_mmio.c */
	struct vmr_decoded decoded;	/* the same */
	struct vmr_vmcs vmcs;
	struct vmr_host host;		/* the thread's own, while the guest's is loaded */
	struct vmr_msr_values msrs;
	struct vmr_cpuid_table *cpuid;
	struct vmr_cr_limits limits;
	struct vmr_ept_cache ept_cache;
	struct fpu_guest fpu;
	u64 *stats;			/* in the area */
	u32 region_hint[2];		/* where ring/post.c found one last: ports, memory */
	u32 slot_hint;			/* where vmx/memory.c found memory last */

	/* Constant after create. */
	struct vmr_vm *vm;
	u32 id;
	u16 vpid;			/* 0: none */
	int vpid_cpu;			/* the one CPU with none but current translations */
	struct vmr_dirty_buffer dirty_buffer;	/* by its own rules */
	struct vmr_area area;
	struct vmr_drain drain;		/* by its own rules */
	struct vmr_wake wake;		/* by its own rules */
	struct preempt_notifier preempt;

	struct mutex mutex;		/* taken without waiting: EBUSY */

	/* Anyone, by their own rules. */
	struct vmr_kick kick;
	struct vmr_turn turn;
	struct vmr_inbox inbox;
};

#endif
