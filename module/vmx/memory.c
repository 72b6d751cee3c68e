// SPDX-License-Identifier: GPL-2.0
/*
 * Owns access to a guest's memory by its own addresses. Called by slow handlers, in
 * process context, and the vmr_memory_peek_... functions in bursts.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "ept/slots.h"
#include "vmx/arch.h"
#include "vmx/events.h"
#include "vmx/memory.h"
#include "vmx/state.h"
#include "vmx/walk.h"

#define INSTRUCTION_BYTES	15

static int read_memory(void *vcpu, u64 gpa, void *buf, u32 len)
{
	return vmr_ept_read(&((struct vmr_vcpu *)vcpu)->vm->ept, gpa, buf, len);
}

static int exchange(void *vcpu, u64 gpa, u64 old, u64 new, u32 len)
{
	return vmr_ept_exchange(&((struct vmr_vcpu *)vcpu)->vm->ept, gpa, old, new,
				len);
}

enum vmr_walk_verdict vmr_memory_translate(struct vmr_vcpu *vcpu,
					   const struct vmr_walk_mode *mode,
					   u64 linear, u32 access,
					   struct vmr_walk_result *result)
{
	enum vmr_walk_verdict verdict;
	int err;

	do {
		verdict = vmr_walk(mode, linear, access, read_memory, vcpu, result);
		if (verdict != VMR_WALK_DONE)
			return verdict;
		err = vmr_walk_mark(result, access, exchange, vcpu);
	} while (err == -EAGAIN);
	return err ? VMR_WALK_NO_TABLE : VMR_WALK_DONE;
}

/* What is done with each piece of an operand that lies in one page. */
struct access {
	u32 kind;		/* VMR_WALK_... */
	u8 *to;			/* read into it */
	const u8 *from;		/* or write from it; NULL both: only look */
};

static int touch(struct vmr_vcpu *vcpu, const struct access *access, u64 gpa,
		 u32 done, u32 len)
{
	struct vmr_ept *ept = &vcpu->vm->ept;

	if (access->to)
		return vmr_ept_read(ept, gpa, access->to + done, len);
	if (access->from)
		return vmr_ept_write(ept, gpa, access->from + done, len);
	return vmr_ept_bring(ept, gpa, access->kind == VMR_WALK_WRITE);
}

static void raise_page_fault(struct vmr_vcpu *vcpu, u64 linear, u32 error)
{
	vcpu->state.cr2 = linear;
	vmr_events_raise_error(vcpu, SDM_VECTOR_PF, error);
}

/* Page by page. */
static enum vmr_memory_verdict
walk_through(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode, u64 linear,
	     u32 length, const struct access *access, u64 *gpa)
{
	struct vmr_walk_result result;
	u32 done, piece;

	for (done = 0; done < length; done += piece) {
		u64 here = vmr_linear_next(mode, linear, done);

		piece = min_t(u32, length - done, PAGE_SIZE - offset_in_page(here));
		switch (vmr_memory_translate(vcpu, mode, here, access->kind,
					     &result)) {
		case VMR_WALK_FAULT:
			raise_page_fault(vcpu, here, result.error_code);
			return VMR_MEMORY_FAULT;
		case VMR_WALK_NO_TABLE:
			*gpa = result.gpa;
			return VMR_MEMORY_NONE;
		default:
			break;
		}
		if (touch(vcpu, access, result.gpa, done, piece)) {
			*gpa = result.gpa;
			return VMR_MEMORY_NONE;
		}
	}
	return VMR_MEMORY_DONE;
}

static enum vmr_memory_verdict go(struct vmr_vcpu *vcpu,
				  const struct vmr_operand_at *at,
				  const struct access *access, u64 *gpa)
{
	struct vmr_walk_mode mode;
	u64 linear;

	vmr_state_walk_mode(vcpu, &mode);
	switch (vmr_linear(&mode, &vcpu->state.segment[at->segment], at->segment,
			   at->offset, at->length, access->kind, &linear)) {
	case VMR_LINEAR_GP:
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
		return VMR_MEMORY_FAULT;
	case VMR_LINEAR_SS:
		vmr_events_raise(vcpu, SDM_VECTOR_SS);
		return VMR_MEMORY_FAULT;
	default:
		return walk_through(vcpu, &mode, linear, at->length, access, gpa);
	}
}

enum vmr_memory_verdict vmr_memory_read(struct vmr_vcpu *vcpu,
					const struct vmr_operand_at *at,
					void *buf, u64 *gpa)
{
	struct access access = { .kind = VMR_WALK_READ, .to = buf };

	return go(vcpu, at, &access, gpa);
}

enum vmr_memory_verdict vmr_memory_write(struct vmr_vcpu *vcpu,
					 const struct vmr_operand_at *at,
					 const void *buf, u64 *gpa)
{
	struct access access = { .kind = VMR_WALK_WRITE, .from = buf };

	return go(vcpu, at, &access, gpa);
}

/* @read is for instruction and tables. */
static __always_inline u32 fetch(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode,
				 u8 *buf, vmr_walk_read read)
{
	struct vmr_walk_result result __uninitialized;
	u32 done, piece;
	u64 linear;

	if (vmr_linear(mode, &vcpu->state.segment[VMR_CS], VMR_CS,
		       vcpu->state.rip, 1, VMR_WALK_FETCH, &linear))
		return 0;
	for (done = 0; done < INSTRUCTION_BYTES; done += piece) {
		u64 here = vmr_linear_next(mode, linear, done);

		piece = min_t(u32, INSTRUCTION_BYTES - done,
			      PAGE_SIZE - offset_in_page(here));
		if (!(mode->cr0 & SDM_CR0_PG))
			result.gpa = here;
		else if (vmr_walk(mode, here, VMR_WALK_FETCH, read, vcpu, &result))
			break;
		if (read(vcpu, result.gpa, buf + done, piece))
			break;
	}
	return done;
}

u32 vmr_memory_fetch(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode,
		     u8 *buf)
{
	return fetch(vcpu, mode, buf, read_memory);
}

/* ---- where nothing may wait ---- */

static int peek(void *ctx, u64 gpa, void *buf, u32 len)
{
	struct vmr_vcpu *vcpu = ctx;

	return vmr_ept_peek(&vcpu->vm->ept, &vcpu->slot_hint, gpa, buf, len);
}

static int refuse(void *vcpu, u64 gpa, u64 old, u64 new, u32 len)
{
	return -EBUSY;
}

u32 vmr_memory_peek_fetch(struct vmr_vcpu *vcpu, const struct vmr_walk_mode *mode,
			  u8 *buf)
{
	return fetch(vcpu, mode, buf, peek);
}

enum vmr_walk_verdict vmr_memory_peek_translate(struct vmr_vcpu *vcpu,
						const struct vmr_walk_mode *mode,
						u64 linear, u32 access,
						struct vmr_walk_result *result)
{
	enum vmr_walk_verdict verdict;

	verdict = vmr_walk(mode, linear, access, peek, vcpu, result);
	if (verdict != VMR_WALK_DONE)
		return verdict;
	return vmr_walk_mark(result, access, refuse, vcpu) ? VMR_WALK_NO_TABLE :
							     VMR_WALK_DONE;
}
