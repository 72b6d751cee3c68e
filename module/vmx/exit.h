/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what is done about each VM exit: the table of handlers, and what they share.
 * For vmx/run.c and the vmx/exit_*.c files, each of which owns some handlers.
 */
#ifndef VMR_VMX_EXIT_H
#define VMR_VMX_EXIT_H

#include <linux/types.h>

#include "core/vmring.h"
#include "ring/area.h"

/**
 * enum vmr_verdict - how it goes on after a handler
 * @VMR_GO_RESUME: enter the guest again, at once
 * @VMR_GO_INJECT: the same, but look for events first
 * @VMR_GO_AGAIN: leave the burst, do what work there is, enter again
 * @VMR_GO_SLOW: leave the burst, and call the slow handler
 * @VMR_GO_USER: the exit in the area's slot is for user space
 *
 * A fast handler answers any, a slow one VMR_GO_AGAIN or VMR_GO_USER.
 */
enum vmr_verdict {
	VMR_GO_RESUME,
	VMR_GO_INJECT,
	VMR_GO_AGAIN,
	VMR_GO_SLOW,
	VMR_GO_USER,
};

/* Fields that are read into vcpu->exit before a burst is left for a slow handler. */
#define VMR_READ_LENGTH		0x01
#define VMR_READ_QUALIFICATION	0x02
#define VMR_READ_INFO		0x04
#define VMR_READ_ADDRESSES	0x08	/* guest-physical and linear */

/**
 * struct vmr_exit_row - what is done about one exit reason
 * @fast: called in the burst, or NULL: VMR_GO_SLOW
 * @slow: called in process context after VMR_GO_SLOW
 * @reads: VMR_READ_..., for @slow
 * @vectoring: an event may have been on its way: keep it
 */
struct vmr_exit_row {
	enum vmr_verdict (*fast)(struct vmr_vcpu *vcpu);
	enum vmr_verdict (*slow)(struct vmr_vcpu *vcpu);
	u8 reads;
	bool vectoring;
};

/**
 * vmr_exit_fast() - deal with an exit in the burst, if that can be done
 * @vcpu: the vCPU, with exit.reason set
 *
 * Context: In a burst.
 * Return: the verdict.
 */
enum vmr_verdict vmr_exit_fast(struct vmr_vcpu *vcpu);

/**
 * vmr_exit_read() - read what the slow handler needs
 * @vcpu: the vCPU
 *
 * Context: In the burst of the exit.
 */
void vmr_exit_read(struct vmr_vcpu *vcpu);

/**
 * vmr_exit_slow() - deal with an exit in process context
 * @vcpu: the vCPU
 *
 * Context: Process, may sleep.
 * Return: VMR_GO_AGAIN or VMR_GO_USER.
 */
enum vmr_verdict vmr_exit_slow(struct vmr_vcpu *vcpu);

/**
 * vmr_exit_skip() - go past the instruction that exited
 * @vcpu: the vCPU
 *
 * Ends the shadow of STI and MOV SS, and raises TF's #DB.
 *
 * Context: In the burst of the exit.
 * Return: VMR_GO_RESUME.
 */
enum vmr_verdict vmr_exit_skip(struct vmr_vcpu *vcpu);

/**
 * vmr_exit_skip_by() - the same for an instruction of known length
 * @vcpu: the vCPU
 * @length: of the instruction; 0: RIP and RF are right already
 *
 * Context: In a burst.
 */
void vmr_exit_skip_by(struct vmr_vcpu *vcpu, u32 length);

/**
 * vmr_exit_raise() - have the instruction raise an exception, with error code 0
 * @vcpu: the vCPU
 * @vector: the exception
 *
 * Context: The vCPU's thread.
 * Return: VMR_GO_INJECT.
 */
enum vmr_verdict vmr_exit_raise(struct vmr_vcpu *vcpu, u8 vector);

/**
 * vmr_exit_to_user() - begin an exit for user space
 * @vcpu: the vCPU
 * @reason: VMR_EXIT_...
 * @complete: what finishes it at the next RUN, with the reply if one is needed;
 *	      NULL: nothing
 * @flags: VMR_EXIT_NEEDS_REPLY and so on
 *
 * Context: The vCPU's thread, process.
 * Return: the entry, to be filled in.
 */
struct vmr_exit *vmr_exit_to_user(struct vmr_vcpu *vcpu, u16 reason,
				  void (*complete)(struct vmr_vcpu *vcpu,
						   const struct vmr_reply *reply),
				  u8 flags);

/**
 * vmr_exit_refuse() - tell user space that vmring doesn't do this for a guest
 * @vcpu: the vCPU
 *
 * Context: A slow handler, with VMR_READ_QUALIFICATION.
 * Return: VMR_GO_USER.
 */
enum vmr_verdict vmr_exit_refuse(struct vmr_vcpu *vcpu);

/**
 * vmr_exit_hole() - tell user space that what vmring itself needs can't be had, and why
 * @vcpu: the vCPU
 * @gpa: where
 * @write: it was to be written
 *
 * Context: The vCPU's thread, process.
 * Return: VMR_GO_USER; VMR_GO_AGAIN if a signal is pending.
 */
enum vmr_verdict vmr_exit_hole(struct vmr_vcpu *vcpu, u64 gpa, bool write);

/**
 * vmr_exit_no_pdptes() - the same for the table that CR3 points to in PAE paging
 * @vcpu: the vCPU
 * @cr3: CR3
 *
 * Context: The vCPU's thread, process.
 * Return: as vmr_exit_hole().
 */
enum vmr_verdict vmr_exit_no_pdptes(struct vmr_vcpu *vcpu, u64 cr3);

/* The table, by basic exit reason. */
extern const struct vmr_exit_row vmr_exit_rows[VMR_STAT_REASONS];

/* exit_cpuid.c */
enum vmr_verdict vmr_exit_cpuid(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_vmcall(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_vmcall_user(struct vmr_vcpu *vcpu);

/* exit_msr.c */
enum vmr_verdict vmr_exit_rdmsr(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_wrmsr(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_msr_user(struct vmr_vcpu *vcpu);

/* exit_cr.c */
enum vmr_verdict vmr_exit_cr(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_cr_load(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_dr(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_xsetbv(struct vmr_vcpu *vcpu);

/* exit_io.c */
enum vmr_verdict vmr_exit_io_fast(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_io(struct vmr_vcpu *vcpu);

/* exit_mmio.c */
void vmr_exit_ept_event(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_ept_violation(struct vmr_vcpu *vcpu);

/* exit_mmio_fast.c */
enum vmr_verdict vmr_exit_ept_violation_fast(struct vmr_vcpu *vcpu);

/* exit_pml.c */
enum vmr_verdict vmr_exit_pml(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_pml_full(struct vmr_vcpu *vcpu);
/* The same exits once more, for vmx/waiting.c: begun, to be filled in. */
struct vmr_exit *vmr_exit_io_again(struct vmr_vcpu *vcpu,
				   const struct vmr_exit_state *from);
struct vmr_exit *vmr_exit_msr_again(struct vmr_vcpu *vcpu,
				    const struct vmr_exit_state *from);
struct vmr_exit *vmr_exit_mmio_again(struct vmr_vcpu *vcpu,
				     const struct vmr_exit_state *from);

/**
 * vmr_exit_undecoded() - have user space execute an instruction that touches a device
 * @vcpu: the vCPU, with all groups of registers read
 * @gpa: the device's address
 * @flags: VMR_EXIT_WRITE, VMR_EXIT_FETCH or 0
 *
 * Context: The vCPU's thread, process.
 * Return: VMR_GO_USER.
 */
enum vmr_verdict vmr_exit_undecoded(struct vmr_vcpu *vcpu, u64 gpa, u8 flags);

/**
 * vmr_exit_mmio_go_on() - go on with an instruction that touches devices
 * @vcpu: the vCPU, with an instruction under way: mmio.accesses isn't 0
 *
 * Context: Process, may sleep; before the guest is entered.
 * Return: VMR_GO_AGAIN or VMR_GO_USER.
 */
enum vmr_verdict vmr_exit_mmio_go_on(struct vmr_vcpu *vcpu);

/* exit_event.c */
enum vmr_verdict vmr_exit_exception(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_split_lock(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_interrupt(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_window(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_hlt(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_hlt_user(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_pause(struct vmr_vcpu *vcpu);
enum vmr_verdict vmr_exit_shutdown(struct vmr_vcpu *vcpu);

/* exit_failure.c */
enum vmr_verdict vmr_exit_entry_failed(struct vmr_vcpu *vcpu);

#endif
