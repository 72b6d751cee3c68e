// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how an instruction's operands in memory are found, read and written. Pure:
 * callable from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/emulate_operand.h"
#include "vmx/watch.h"

#define PAGE_BYTES	4096

enum vmr_emulate_verdict vmr_emulate_raise(struct vmr_emulation *e, u8 vector)
{
	e->vector = vector;
	e->error = 0;
	return VMR_EMULATE_FAULT;
}

/* A misaligned access of user code is a fault if the guest wants it so. */
static bool checks_alignment(const struct vmr_emulation *e)
{
	return e->mode->cr0 & SDM_CR0_AM && e->mode->rflags & SDM_RFLAGS_AC &&
	       e->mode->cpl == 3;
}

static enum vmr_emulate_verdict misaligned(struct vmr_emulation *e, u64 linear,
					   u8 size)
{
	const struct vmr_insn *insn = e->insn;

	if (!(linear & (size - 1)))
		return VMR_EMULATE_DONE;
	if (insn->aligned || (insn->op == VMR_OP_CMPXCHG8B && size == 16))
		return vmr_emulate_raise(e, SDM_VECTOR_GP);
	if (insn->op != VMR_OP_VECTOR && checks_alignment(e))
		return vmr_emulate_raise(e, SDM_VECTOR_AC);
	return VMR_EMULATE_DONE;
}

static enum vmr_emulate_verdict translate(struct vmr_emulation *e, u64 linear,
					  u32 access, u64 *gpa)
{
	struct vmr_walk_result result;

	switch (e->ops->translate(e->ctx, linear, access, &result)) {
	case VMR_WALK_FAULT:
		e->address = linear;
		e->vector = SDM_VECTOR_PF;
		e->error = result.error_code;
		return VMR_EMULATE_FAULT;
	case VMR_WALK_NO_TABLE:
		e->gpa = result.gpa;
		e->write = access & VMR_WALK_WRITE;
		e->table = true;
		return VMR_EMULATE_MISSING;
	default:
		*gpa = result.gpa;
		return VMR_EMULATE_DONE;
	}
}

static enum vmr_emulate_verdict find_pieces(struct vmr_emulation *e, u64 linear,
					    u32 access,
					    struct vmr_emulate_operand *at)
{
	u8 done = 0;

	for (at->pieces = 0; done < at->size; at->pieces++) {
		u64 here = vmr_linear_next(e->mode, linear, done);
		u32 room;
		enum vmr_emulate_verdict v;

		room = PAGE_BYTES - (here & (PAGE_BYTES - 1));
		at->piece[at->pieces].size = at->size - done < room ?
					     at->size - done : room;
		v = translate(e, here, access, &at->piece[at->pieces].gpa);
		if (v)
			return v;
		done += at->piece[at->pieces].size;
	}
	return VMR_EMULATE_DONE;
}

enum vmr_emulate_verdict vmr_emulate_find(struct vmr_emulation *e, u8 segment,
					  u64 offset, u8 size, u32 access,
					  struct vmr_emulate_operand *at)
{
	u64 linear;
	enum vmr_emulate_verdict v;

	at->size = size;
	switch (vmr_linear(e->mode, &e->state->segment[segment], segment, offset,
			   size, access, &linear)) {
	case VMR_LINEAR_GP:
		return vmr_emulate_raise(e, SDM_VECTOR_GP);
	case VMR_LINEAR_SS:
		return vmr_emulate_raise(e, SDM_VECTOR_SS);
	default:
		break;
	}
	if (vmr_watch_any(e->state))
		e->hits |= vmr_watch_hits(e->state, access & VMR_WALK_WRITE ?
					  VMR_WATCH_WRITE : VMR_WATCH_READ,
					  linear, size);
	v = misaligned(e, linear, size);
	return v ?: find_pieces(e, linear, access, at);
}

u64 vmr_emulate_address(const struct vmr_emulation *e, u8 pop)
{
	const struct vmr_insn *insn = e->insn;
	const struct vmr_state *state = e->state;
	u64 at = insn->displacement;

	if (insn->base == VMR_INSN_RIP)
		at += state->rip + insn->length;
	else if (insn->base != VMR_INSN_NO_REG)
		at += state->gpr[insn->base] + (insn->base == VMR_RSP ? pop : 0);
	if (insn->index != VMR_INSN_NO_REG)
		at += state->gpr[insn->index] * insn->scale;
	return at & vmr_size_mask(insn->address_size);
}

enum vmr_emulate_verdict vmr_emulate_find_memory(struct vmr_emulation *e,
						 struct vmr_emulate_operand *at)
{
	const struct vmr_insn *insn = e->insn;

	return vmr_emulate_find(e, insn->segment, vmr_emulate_address(e, 0), insn->size,
				insn->to_memory ? VMR_WALK_WRITE : VMR_WALK_READ, at);
}

/* A device's turn: what has been noted, or the end of this run. */
static enum vmr_emulate_verdict device(struct vmr_emulation *e, u64 gpa,
				       u8 *data, u8 size, bool write)
{
	const struct vmr_mmio_progress *progress = e->progress;

	if (e->devices < progress->accesses) {
		e->devices++;
		if (write)
			return VMR_EMULATE_DONE;
		if (progress->bytes > sizeof(progress->data) ||
		    e->replayed + size > progress->bytes)
			return VMR_EMULATE_AGAIN;
		memcpy(data, progress->data + e->replayed, size);
		e->replayed += size;
		return VMR_EMULATE_DONE;
	}
	e->gpa = gpa;
	e->size = size;
	e->write = write;
	if (write)
		memcpy(e->data, data, size);
	return VMR_EMULATE_DEVICE;
}

static enum vmr_emulate_verdict device_parts(struct vmr_emulation *e, u64 gpa,
					     u8 *data, u8 size, bool write)
{
	u8 most = e->insn->op == VMR_OP_VECTOR ? VMR_DEVICE_MOST_VECTOR :
						 VMR_DEVICE_MOST;
	u8 done, part;

	for (done = 0; done < size; done += part) {
		enum vmr_emulate_verdict v;

		part = size - done < most ? size - done : most;
		v = device(e, gpa + done, data + done, part, write);
		if (v)
			return v;
	}
	return VMR_EMULATE_DONE;
}

static enum vmr_emulate_verdict missing(struct vmr_emulation *e, u64 gpa,
					bool write)
{
	e->gpa = gpa;
	e->write = write;
	e->table = false;
	return VMR_EMULATE_MISSING;
}

enum vmr_emulate_verdict vmr_emulate_load(struct vmr_emulation *e,
					  const struct vmr_emulate_operand *at,
					  void *value)
{
	u8 *data = value;
	enum vmr_emulate_verdict v;
	u8 i;

	for (i = 0; i < at->pieces; data += at->piece[i++].size) {
		u64 gpa = at->piece[i].gpa;

		if (!e->ops->is_memory(e->ctx, gpa, false)) {
			v = device_parts(e, gpa, data, at->piece[i].size, false);
			if (v)
				return v;
		} else if (e->ops->read(e->ctx, gpa, data, at->piece[i].size)) {
			return missing(e, gpa, false);
		}
	}
	return VMR_EMULATE_DONE;
}

static void write_later(struct vmr_emulation *e, u64 gpa, const u8 *data, u8 size)
{
	struct vmr_emulate_write *write = &e->pending[e->writes++];

	write->gpa = gpa;
	write->size = size;
	memcpy(write->data, data, size);
}

static enum vmr_emulate_verdict store(struct vmr_emulation *e,
				      const struct vmr_emulate_operand *at,
				      void *value)
{
	u8 *data = value;
	enum vmr_emulate_verdict v;
	u8 i;

	for (i = 0; i < at->pieces; data += at->piece[i++].size) {
		u64 gpa = at->piece[i].gpa;

		if (e->ops->is_memory(e->ctx, gpa, true)) {
			write_later(e, gpa, data, at->piece[i].size);
			continue;
		}
		v = device_parts(e, gpa, data, at->piece[i].size, true);
		if (v)
			return v;
	}
	return VMR_EMULATE_DONE;
}

/* Nothing stops the instruction any more, but memory that has gone meanwhile. */
static enum vmr_emulate_verdict commit(struct vmr_emulation *e)
{
	u8 i;

	if (e->needs_device && !e->devices)
		return VMR_EMULATE_AGAIN;
	for (i = 0; i < e->writes; i++) {
		const struct vmr_emulate_write *write = &e->pending[i];

		if (e->ops->write(e->ctx, write->gpa, write->data, write->size))
			return missing(e, write->gpa, true);
	}
	return VMR_EMULATE_DONE;
}

enum vmr_emulate_verdict vmr_emulate_store(struct vmr_emulation *e,
					   const struct vmr_emulate_operand *at,
					   void *value)
{
	return store(e, at, value) ?: commit(e);
}

enum vmr_emulate_verdict vmr_emulate_load_memory(struct vmr_emulation *e,
						 struct vmr_emulate_operand *at,
						 u64 *value)
{
	*value = 0;
	return vmr_emulate_find_memory(e, at) ?: vmr_emulate_load(e, at, value);
}
