/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the guest's own address translation, done by software: segmentation
 * (vmr_linear()) and paging (vmr_walk()), with every check that the CPU makes, and
 * the accessed and dirty flags that it sets (vmr_walk_mark()).
 * Pure: no state, no kernel dependency; selftests/unit compiles it in user space.
 */
#ifndef VMR_VMX_WALK_H
#define VMR_VMX_WALK_H

#include <linux/types.h>

#include "vmx/arch.h"

struct vmr_segment;

/**
 * struct vmr_walk_mode - how a vCPU translates addresses
 * @cr0: as the guest sees it
 * @cr3: as it is
 * @cr4: as the guest sees it
 * @efer: as the guest sees it
 * @rflags: as it is
 * @pdpte: the PDPTE registers; count in PAE paging only
 * @has: VMR_HAS_PSE36 and VMR_HAS_PAGE1GB count (cr.h)
 * @phys_bits: width of a guest-physical address
 * @cpl: current privilege level
 * @cs_l: CS.L, which means 64-bit mode if EFER.LMA is set
 */
struct vmr_walk_mode {
	u64 cr0;
	u64 cr3;
	u64 cr4;
	u64 efer;
	u64 rflags;
	u64 pdpte[4];
	u32 has;
	u8 phys_bits;
	u8 cpl;
	bool cs_l;
};

/* An access: READ or a set of the others. */
#define VMR_WALK_READ		0
#define VMR_WALK_WRITE		0x1	/* INS, and what reads and writes */
#define VMR_WALK_FETCH		0x2	/* of an instruction */
#define VMR_WALK_IMPLICIT	0x4	/* of a descriptor table or TSS: as supervisor */

enum vmr_walk_verdict {
	VMR_WALK_DONE,
	VMR_WALK_FAULT,		/* #PF with vmr_walk_result.error_code, CR2 = linear */
	VMR_WALK_NO_TABLE,	/* a paging structure can't be read: gpa says where */
};

#define VMR_WALK_LEVELS		5

/**
 * struct vmr_walk_result - what a linear address is
 * @gpa: VMR_WALK_DONE: the guest-physical address; VMR_WALK_NO_TABLE: of the entry
 * @size: VMR_WALK_DONE: of the page; 0 without paging
 * @error_code: VMR_WALK_FAULT: what #PF pushes
 * @entries: how many entries were used, from the root on
 * @entry_size: of each, in bytes
 * @entry: they: where they are, and what they were
 */
struct vmr_walk_result {
	u64 gpa;
	u64 size;
	u32 error_code;
	u8 entries;
	u8 entry_size;
	struct {
		u64 gpa;
		u64 value;
	} entry[VMR_WALK_LEVELS];
};

/**
 * typedef vmr_walk_read - read guest-physical memory
 * @ctx: the caller's
 * @gpa: from where, aligned to @len
 * @buf: where to
 * @len: 4 or 8; to be read at once, not by halves
 *
 * Return: 0 if it was read.
 */
typedef int (*vmr_walk_read)(void *ctx, u64 gpa, void *buf, u32 len);

/**
 * vmr_walk() - translate a linear address as the guest's CPU would
 * @mode: how
 * @linear: the address: canonical in 64-bit mode, below 4 GiB outside of it, as
 *	    vmr_linear() makes them
 * @access: VMR_WALK_...
 * @read: reads the paging structures
 * @ctx: for @read
 * @result: what was found
 *
 * Context: as @read.
 * Return: the verdict.
 */
enum vmr_walk_verdict vmr_walk(const struct vmr_walk_mode *mode, u64 linear,
			       u32 access, vmr_walk_read read, void *ctx,
			       struct vmr_walk_result *result);

/**
 * typedef vmr_walk_exchange - change guest-physical memory, if it is as it was
 * @ctx: the caller's
 * @gpa: where, aligned to @len
 * @old: what it was
 * @new: what it is to be
 * @len: 4 or 8; at once, and for other CPUs too
 *
 * Return: 0 if it was changed, -EAGAIN if it was something else, another errno if it
 *	   can't be changed.
 */
typedef int (*vmr_walk_exchange)(void *ctx, u64 gpa, u64 old, u64 new, u32 len);

/**
 * vmr_walk_mark() - set the accessed and dirty flags of a translation
 * @result: of vmr_walk(), with VMR_WALK_DONE; gpa is the entry's if it fails
 * @access: VMR_WALK_..., as then
 * @exchange: changes the paging structures
 * @ctx: for @exchange
 *
 * Context: as @exchange.
 * Return: 0; -EAGAIN if an entry has changed: walk again; another errno of @exchange.
 */
int vmr_walk_mark(struct vmr_walk_result *result, u32 access,
		  vmr_walk_exchange exchange, void *ctx);

/**
 * vmr_linear_next() - go on from a linear address
 * @mode: how the guest translates addresses
 * @linear: the address
 * @by: how far
 *
 * Context: Any.
 * Return: the address there; outside of 64-bit mode that is 0 behind 4 GiB.
 */
static inline u64 vmr_linear_next(const struct vmr_walk_mode *mode, u64 linear,
				  u32 by)
{
	bool wide = mode->efer & SDM_EFER_LMA && mode->cs_l;

	return wide ? linear + by : (u32)(linear + by);
}

/**
 * vmr_pdpte_valid() - tell whether a PDPTE register may be given a value
 * @pdpte: the value
 * @phys_bits: width of a guest-physical address
 *
 * Context: Any.
 * Return: false: present, with a reserved bit set: #GP(0).
 */
bool vmr_pdpte_valid(u64 pdpte, u8 phys_bits);

enum vmr_linear_verdict {
	VMR_LINEAR_DONE,
	VMR_LINEAR_GP,		/* #GP(0) */
	VMR_LINEAR_SS,		/* #SS(0) */
};

/**
 * vmr_linear() - go through a segment as the guest's CPU would
 * @mode: how
 * @segment: the segment register
 * @number: which one: VMR_ES to VMR_GS
 * @offset: the effective address, cut to the address size
 * @size: of the access in bytes, 1 to 4096
 * @access: VMR_WALK_...
 * @linear: of the first byte; written on success only
 *
 * Outside of 64-bit mode the bytes behind 4 GiB are those from 0 on.
 *
 * Context: Any.
 * Return: the verdict.
 */
enum vmr_linear_verdict vmr_linear(const struct vmr_walk_mode *mode,
				   const struct vmr_segment *segment, u8 number,
				   u64 offset, u32 size, u32 access,
				   u64 *linear);

#endif
