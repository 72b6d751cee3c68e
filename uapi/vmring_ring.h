/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The ABI of a vCPU's shared area: two mappings of its file, through which exits,
 * replies and registers cross without a system call of their own. This header is
 * the specification; docs/abi.md tells the same with words.
 *
 * VMR_AREA_RO	written by the kernel: header, producer's index, need_kick, exit ring,
 *		counters
 * VMR_AREA_RW	written by user space: consumer's index, reply slot, control words,
 *		state area (by both, see there), bulk page
 *
 * An entry is one of two kinds. A posted one (VMR_EXIT_POSTED) tells what the guest
 * has done; the guest has gone on. After a synchronous one, which is any other, the
 * vCPU stands still. The indices count up for ever; entry i is ring[i & (entries - 1)],
 * and its seq is i + 1, the producer's index once it is there.
 *
 *	          kernel fills it, producer + 1          user space reads it
 *	  FREE ------------------------------> PUBLISHED --------------------> TAKEN
 *	   ^                                                                     |
 *	   |                consumer's index passes it: the kernel's again       |
 *	   +---------------------------------------------------------------------+
 *
 *	  synchronous: the reply, and registers, are written before the index passes it;
 *	  the vCPU goes on after that
 *
 * FREE: only the kernel may touch the entry. PUBLISHED and TAKEN: only user space; the
 * kernel never reads back what it has written. Reply slot, state area and bulk page are
 * user space's from PUBLISHED of a synchronous entry until the index passes it, and the
 * kernel's for the rest.
 *
 * One slot of the ring is never taken by a posted entry: it is left for the synchronous
 * one. A posted access that finds no other becomes a synchronous exit.
 *
 * There are two ways to run a vCPU, by VMR_RUN's argument:
 *
 *	inline	RUN returns at each synchronous entry; the same thread answers, and calls
 *		RUN again. With only posted entries waiting it returns for VMR_EXIT_DRAIN.
 *	served	RUN stays in the kernel and waits there until another thread has answered.
 *		It returns only after publishing VMR_EXIT_SHUTDOWN, _FAILED_ENTRY, _KICKED or
 *		_INTERRUPTED; or with EINTR (a signal) or EAGAIN (VMR_KICK) while an exit waits
 *		for its answer, which may then be given and RUN called again, either way.
 *
 * An exit whose flags have VMR_EXIT_NEEDS_REPLY is answered when the consumer's index
 * has passed it and reply.seq is its seq: index first without that is EPROTO. Others
 * are over when RUN is called again; but one that a served RUN has waited for, and
 * hasn't returned with, only inline: served, when the consumer's index has passed it.
 * RUN with no room for the next synchronous entry is ENOSPC, with a consumer's index
 * that can't be EPROTO: nothing has happened then.
 *
 * Barriers, and their partners (S: store, L: load, F: full barrier):
 *
 *	kernel				user space
 *	S entry, S-release producer	L-acquire producer, L entry
 *	L-acquire consumer, S entry	L entry, S-release consumer
 *	L-acquire consumer, L reply	S reply, S-release consumer
 *	S producer, F, L need_wakeup	S need_wakeup = 1, F, L producer, sleep
 *	S need_kick = 1, F, L consumer,	S consumer, F, L need_kick, VMR_KICK if it is 1
 *	  sleep
 *
 * need_wakeup is taken (exchanged for 0) by the kernel when it wakes the consumer, by
 * the eventfd of VMR_SET_RING, and left alone without one; poll(), VMR_WAIT and its
 * uring_cmd don't need it. VMR_WAIT_WAKE has the barrier before need_kick.
 */
#ifndef _UAPI_VMRING_RING_H
#define _UAPI_VMRING_RING_H

#include <vmring.h>

/* Offsets for mmap() of the vCPU's file; VMR_CREATE_VCPU tells the lengths. */
#define VMR_AREA_RO		0x0
#define VMR_AREA_RW		0x1000000

#define VMR_AREA_MAGIC		0x52676d76	/* "vmgR" */
#define VMR_AREA_VERSION	0

/*
 * Why RUN returned: vmr_exit.reason. What addr, size, count and data mean is said
 * here; a field that isn't mentioned is 0.
 */
#define VMR_EXIT_NONE		0
/*
 * addr: port; size: 1, 2 or 4; count: elements; data: what a write writes. With
 * VMR_EXIT_STRING the elements are in the bulk page. A read's reply has its data in
 * reply.data or, for a string, the bulk page.
 */
#define VMR_EXIT_IO		1
/*
 * addr: guest-physical. One access of an instruction: size: its bytes, 1 to 8, of a
 * vector up to 32; data: what a write writes; a read's reply has its data. An
 * instruction may make several, an exit each; RUN finishes it after the last.
 *
 * size 0: an instruction that isn't decoded, or no instruction's operand (a fetch, a
 * page table, the delivery of an event). count: how many instruction bytes data
 * holds. The reply's flags say what is to happen.
 */
#define VMR_EXIT_MMIO		2
#define VMR_EXIT_HYPERCALL	3	/* VMCALL, RIP is behind it; see the registers */
#define VMR_EXIT_MSR		4	/* addr: MSR; data: u64 to write; the reply's u64 */
#define VMR_EXIT_HLT		5	/* if VMR_VM_HLT_EXITS; RUN goes on after HLT */
#define VMR_EXIT_SHUTDOWN	6	/* triple fault */
#define VMR_EXIT_INTERRUPTED	7	/* RUN is EINTR: a signal, or immediate_exit */
#define VMR_EXIT_KICKED		8	/* VMR_KICK */
/*
 * The ExtINT line is up, and the guest would take an interrupt: reply.data[0] is its
 * vector. The line stays up until user space takes it down.
 */
#define VMR_EXIT_INTACK		9
/*
 * Guest memory that can't be had. addr: guest-physical; count: VMR_FAULT_...; flags
 * has VMR_EXIT_WRITE or VMR_EXIT_FETCH. RUN again tries again.
 */
#define VMR_EXIT_MEMORY_FAULT	10
/*
 * VM entry failed. addr: encoding of the VMCS field at fault, 0 if not found;
 * count: VM-instruction error, 0 if the failure is an exit; data: struct
 * vmr_entry_failure. The state can be repaired, and RUN called again.
 */
#define VMR_EXIT_FAILED_ENTRY	11
/*
 * What vmring refuses to do for a guest (docs/exits.md): a task switch, for example.
 * addr: the VM exit's qualification; count: its basic reason. RUN again runs into it
 * again, unless the state was changed.
 */
#define VMR_EXIT_REFUSED	12
/*
 * Inline only: posted entries are to be consumed. count: VMR_DRAIN_..., why now. RUN goes on.
 */
#define VMR_EXIT_DRAIN		13
#define VMR_EXIT_REASONS	14

/* vmr_exit.flags */
#define VMR_EXIT_NEEDS_REPLY	_BITUL(0)
#define VMR_EXIT_WRITE		_BITUL(1)	/* OUT, WRMSR, a write to memory */
#define VMR_EXIT_STRING		_BITUL(2)	/* INS, OUTS: data in the bulk page */
#define VMR_EXIT_FETCH		_BITUL(3)	/* an instruction was to be fetched there */
#define VMR_EXIT_POSTED		_BITUL(4)	/* a write; the guest has gone on */

/* vmr_exit.count of VMR_EXIT_DRAIN */
#define VMR_DRAIN_HIGH_WATER	1	/* vmr_ring.high_water entries wait */
#define VMR_DRAIN_DELAY		2	/* one has waited for vmr_ring.delay_us */
#define VMR_DRAIN_HALT		3	/* the guest is about to wait in HLT */

/* vmr_exit.count of VMR_EXIT_MEMORY_FAULT */
#define VMR_FAULT_HOLE		1	/* nothing is mapped at the slot's address */
#define VMR_FAULT_SIGBUS	2	/* beyond the end of a mapped file, and the like */
#define VMR_FAULT_POISON	3	/* broken memory */
#define VMR_FAULT_SPECIAL	4	/* memory of a device, which has no pages */
#define VMR_FAULT_PROTECTED	5	/* the process itself may not write there */
#define VMR_FAULT_GONE		6	/* the process has exited: the VM is dead */
#define VMR_FAULT_NO_MEMORY	7	/* the host is out of memory, or the limit is reached */

struct vmr_exit {
	__u64 stamp;		/* when: host's TSC, or a count of the VM's entries */
	__u64 addr;
	__u32 region;		/* vmr_region.region, 0 outside of all */
	__u16 reason;		/* VMR_EXIT_..., never VMR_EXIT_NONE */
	__u8 size;
	__u8 flags;		/* VMR_EXIT_NEEDS_REPLY and so on */
	__u32 count;
	__u32 seq;
	__u8 data[32];
};

static_assert(sizeof(struct vmr_exit) == 64, "vmr_exit");

struct vmr_entry_failure {
	__u32 exit_reason;	/* as VT-x has it */
	__u32 error;		/* VM-instruction error */
	__u64 qualification;
	__u64 value;		/* of the field at fault */
	__u64 reserved;
};

static_assert(sizeof(struct vmr_entry_failure) == 32, "vmr_entry_failure");

/*
 * vmr_reply.flags, one at most: of VMR_EXIT_MSR GP, of VMR_EXIT_MMIO GP and RETRY, with
 * size 0 each. 0: done; with size 0 the same as RETRY.
 */
#define VMR_REPLY_GP		_BITUL(0)	/* the instruction raises #GP(0) */
#define VMR_REPLY_SKIP		_BITUL(1)	/* MMIO: user space did it, go past it */
#define VMR_REPLY_RETRY		_BITUL(2)	/* MMIO: not done, make the access again */
#define VMR_REPLY_FLAGS		(_BITUL(3) - 1)

/* Written by user space before it lets the consumer's index pass the exit. */
struct vmr_reply {
	__u32 seq;		/* of the exit that is answered */
	__u32 flags;		/* VMR_REPLY_... */
	__u32 length;		/* VMR_REPLY_SKIP: of the instruction, 1 to 15 */
	__u32 reserved;		/* must be 0 */
	__u8 data[32];
};

static_assert(sizeof(struct vmr_reply) == 48, "vmr_reply");

/* Offsets count from the beginning of the mapping that the part is in. */
struct vmr_area_header {
	__u32 magic;
	__u32 version;
	__u32 ro_size;
	__u32 rw_size;
	__u32 producer_offset;	/* RO: u32 */
	__u32 ring_offset;	/* RO: struct vmr_exit[ring_entries] */
	__u32 ring_entries;	/* a power of two */
	__u32 stats_offset;	/* RO: u64[stats_count] */
	__u32 names_offset;	/* RO: char[stats_count][VMR_STAT_NAME], "" for none */
	__u32 stats_count;
	__u32 consumer_offset;	/* RW: u32 */
	__u32 reply_offset;	/* RW: struct vmr_reply */
	__u32 control_offset;	/* RW: struct vmr_control */
	__u32 state_offset;	/* RW: struct vmr_state_area */
	__u32 bulk_offset;	/* RW: 4096 bytes */
	__u32 need_kick_offset;	/* RO: u32 */
};

static_assert(sizeof(struct vmr_area_header) == 64, "vmr_area_header");

struct vmr_control {
	__u32 immediate_exit;	/* nonzero: RUN returns EINTR before the guest runs */
	__u32 need_wakeup;	/* 1: the consumer sleeps, signal its eventfd */
	__u32 reserved[2];
};

/*
 * Registers that cross with the synchronous exit. Owned by user space while the exit
 * is, and while RUN is not in progress; by the kernel else. At each such exit the kernel
 * stores the groups in wanted, and sets valid to what it stored; at RUN, or when a served
 * exit is answered, it takes the groups in dirty as VMR_SET_STATE would, zeroes dirty, and
 * then finishes the instruction that exited by the reply. If it refuses them, RUN has
 * VMR_SET_STATE's errno and nothing has changed.
 *
 * Registers may be changed while an exit waits: the instruction is finished on what
 * they are then. Another RIP means that it isn't finished at all: the exit is over.
 * VMR_STATE_EXIT can be wanted, but not be dirty.
 */
struct vmr_state_area {
	__u64 wanted;
	__u64 valid;
	__u64 dirty;
	__u64 reserved;
	struct vmr_state state;
};

/*
 * Counters: VM exits by basic reason first, then what vmring did. The area has a
 * name for each; tools go by the names.
 */
#define VMR_STAT_NAME		32
#define VMR_STAT_REASONS	80

/* How the two parts begin. What follows is found by the header's offsets. */
struct vmr_area_ro {
	struct vmr_area_header header;
	__u32 producer;
	__u32 need_kick;	/* 1: the vCPU sleeps until VMR_KICK */
	__u32 pad[14];
};

static_assert(sizeof(struct vmr_area_ro) == 128, "vmr_area_ro");

struct vmr_area_rw {
	__u32 consumer;
	__u32 pad[15];
	struct vmr_reply reply;
	struct vmr_control control;
	struct vmr_state_area state;
};

#endif
