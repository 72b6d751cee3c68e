// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the execution of an instruction on a vCPU's registers. Pure: callable from
 * anywhere, compiled a second time by selftests/unit.
 *
 * Each instruction finds all its operands first, which is where it can fault; then
 * it reads, computes and writes.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/cr.h"
#include "vmx/emulate.h"
#include "vmx/watch.h"

#define PAGE_BYTES	4096

/* An operand in memory: a piece for each page. */
struct operand {
	u8 size;
	u8 pieces;
	struct {
		u64 gpa;
		u8 size;
	} piece[2];
};

static enum vmr_emulate_verdict raise(struct vmr_emulation *e, u8 vector)
{
	e->vector = vector;
	e->error = 0;
	return VMR_EMULATE_FAULT;
}

/* ---- general registers ---- */

static u64 get(const struct vmr_emulation *e, u8 reg, u8 size)
{
	return e->state->gpr[reg] & vmr_size_mask(size);
}

/* 32 bits clear the upper half, fewer leave the rest alone. */
static void put_gpr(u64 *gpr, u8 size, u64 value)
{
	u64 mask = vmr_size_mask(size);
	u64 keep = size == 4 ? 0 : ~mask;

	*gpr = (*gpr & keep) | (value & mask);
}

static void put(struct vmr_emulation *e, u8 reg, u8 size, u64 value)
{
	put_gpr(&e->state->gpr[reg], size, value);
	if (reg == VMR_RSP)
		e->registers = true;
}

/* The instruction's other operand. */
static u64 other(const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;

	if (insn->other == VMR_OTHER_IMM)
		return insn->immediate;
	if (insn->high)
		return e->state->gpr[insn->reg] >> 8 & 0xff;
	return get(e, insn->reg, insn->reg_size);
}

static void put_operand(const struct vmr_insn *insn, u64 *gpr, u64 value)
{
	if (insn->high)
		*gpr = (*gpr & ~0xff00ULL) | (value & 0xff) << 8;
	else
		put_gpr(gpr, insn->reg_size, value);
}

static void put_other(struct vmr_emulation *e, u64 value)
{
	const struct vmr_insn *insn = e->insn;

	put_operand(insn, &e->state->gpr[insn->reg], value);
	if (insn->reg == VMR_RSP && !insn->high)
		e->registers = true;
}

static void put_flags(struct vmr_emulation *e, u64 flags)
{
	e->state->rflags = flags;
	e->registers = true;
}

/* ---- memory ---- */

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
		return raise(e, SDM_VECTOR_GP);
	if (insn->op != VMR_OP_VECTOR && checks_alignment(e))
		return raise(e, SDM_VECTOR_AC);
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
					    u32 access, struct operand *at)
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

/* Goes through segment and page tables, with all that can be wrong on the way. */
static enum vmr_emulate_verdict find(struct vmr_emulation *e, u8 segment,
				     u64 offset, u8 size, u32 access,
				     struct operand *at)
{
	u64 linear;
	enum vmr_emulate_verdict v;

	at->size = size;
	switch (vmr_linear(e->mode, &e->state->segment[segment], segment, offset,
			   size, access, &linear)) {
	case VMR_LINEAR_GP:
		return raise(e, SDM_VECTOR_GP);
	case VMR_LINEAR_SS:
		return raise(e, SDM_VECTOR_SS);
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

/* The effective address; @pop: RSP counts as it is afterwards. */
static u64 address(const struct vmr_emulation *e, u8 pop)
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

/* The memory operand that the instruction's encoding tells. */
static enum vmr_emulate_verdict find_memory(struct vmr_emulation *e,
					    struct operand *at)
{
	const struct vmr_insn *insn = e->insn;

	return find(e, insn->segment, address(e, 0), insn->size,
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

static enum vmr_emulate_verdict load(struct vmr_emulation *e,
				     const struct operand *at, void *value)
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
				      const struct operand *at, void *value)
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

static enum vmr_emulate_verdict store_and_commit(struct vmr_emulation *e,
						 const struct operand *at,
						 void *value)
{
	return store(e, at, value) ?: commit(e);
}

/* ---- what instructions do ---- */

static enum vmr_emulate_verdict load_memory(struct vmr_emulation *e,
					    struct operand *at, u64 *value)
{
	*value = 0;
	return find_memory(e, at) ?: load(e, at, value);
}

static enum vmr_emulate_verdict alu(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, result;
	struct operand at;
	enum vmr_emulate_verdict v;

	v = load_memory(e, &at, &memory);
	if (v)
		return v;
	if (insn->to_register)
		result = vmr_alu(insn->op, insn->size, other(e), memory, &flags);
	else
		result = vmr_alu(insn->op, insn->size, memory,
				 insn->other ? other(e) : 0, &flags);
	if (insn->to_memory)
		v = store_and_commit(e, &at, &result);
	else if (insn->to_register && insn->op != VMR_OP_CMP)
		put_other(e, result);
	if (!v)
		put_flags(e, flags);
	return v;
}

/* The bit's number in a register counts on beyond the operand, both ways. */
static enum vmr_emulate_verdict bit(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u8 spare = 64 - 8 * insn->size, number;
	s64 index = (s64)(other(e) << spare) >> spare;
	u64 flags = e->state->rflags, value = 0, mask, offset = address(e, 0);
	struct operand at;
	enum vmr_emulate_verdict v;

	number = index & (8 * insn->size - 1);
	if (insn->other == VMR_OTHER_REG)
		offset += (index - number) / 8;
	v = find(e, insn->segment, offset & vmr_size_mask(insn->address_size),
		 insn->size, insn->to_memory ? VMR_WALK_WRITE : VMR_WALK_READ, &at);
	if (!v)
		v = load(e, &at, &value);
	if (v)
		return v;
	mask = BIT_ULL(number);
	flags = value & mask ? flags | SDM_RFLAGS_CF : flags & ~SDM_RFLAGS_CF;
	if (insn->op == VMR_OP_BTS)
		value |= mask;
	else if (insn->op == VMR_OP_BTR)
		value &= ~mask;
	else if (insn->op == VMR_OP_BTC)
		value ^= mask;
	if (insn->to_memory)
		v = store_and_commit(e, &at, &value);
	if (!v)
		put_flags(e, flags);
	return v;
}

static u64 swap_bytes(u64 value, u8 size)
{
	return __builtin_bswap64(value) >> (64 - 8 * size);
}

/* Nothing but the answer is missing then. */
static bool one_access(const struct vmr_emulation *e, const struct operand *at)
{
	return at->pieces == 1 && at->size <= VMR_DEVICE_MOST && !e->hits;
}

static enum vmr_emulate_verdict move_to_memory(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct operand at;
	u64 value;
	enum vmr_emulate_verdict v;

	switch (insn->op) {
	case VMR_OP_MOV_SEGMENT:
		value = e->state->segment[insn->reg].selector;
		break;
	case VMR_OP_SETCC:
		value = vmr_condition(insn->condition, e->state->rflags);
		break;
	case VMR_OP_MOVBE:
		value = swap_bytes(other(e), insn->size);
		break;
	default:
		value = other(e);
		break;
	}
	v = find_memory(e, &at);
	if (v)
		return v;
	e->last = one_access(e, &at);
	return store_and_commit(e, &at, &value);
}

static u64 extend(const struct vmr_insn *insn, u64 value)
{
	u8 spare = 64 - 8 * insn->size;

	if (insn->op == VMR_OP_MOVSX)
		return (s64)(value << spare) >> spare;
	if (insn->op == VMR_OP_MOVBE)
		return swap_bytes(value, insn->size);
	return value;
}

static enum vmr_emulate_verdict move_to_register(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct operand at;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	v = find_memory(e, &at);
	if (v)
		return v;
	e->last = one_access(e, &at) && insn->op != VMR_OP_CMOVCC &&
		  insn->reg != VMR_RSP;
	v = load(e, &at, &value);
	if (v)
		return v;
	value = extend(insn, value);
	if (insn->op == VMR_OP_CMOVCC &&
	    !vmr_condition(insn->condition, e->state->rflags))
		value = other(e);
	put_other(e, value);
	return v;
}

void vmr_emulate_finish(const struct vmr_insn *insn, struct vmr_state *state,
			u64 value)
{
	if (!insn->to_memory)
		put_operand(insn, &state->gpr[insn->reg], extend(insn, value));
}

static enum vmr_emulate_verdict move(struct vmr_emulation *e)
{
	return e->insn->to_memory ? move_to_memory(e) : move_to_register(e);
}

static enum vmr_emulate_verdict exchange(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, value = other(e);
	struct operand at;
	enum vmr_emulate_verdict v;

	v = load_memory(e, &at, &memory);
	if (v)
		return v;
	if (insn->op == VMR_OP_XADD)
		value = vmr_alu(VMR_OP_ADD, insn->size, memory, value, &flags);
	v = store_and_commit(e, &at, &value);
	if (v)
		return v;
	put_other(e, memory);
	if (insn->op == VMR_OP_XADD)
		put_flags(e, flags);
	return v;
}

/* Memory is written either way, if only with what it was. */
static enum vmr_emulate_verdict compare_exchange(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 flags = e->state->rflags, memory, value;
	struct operand at;
	enum vmr_emulate_verdict v;

	v = load_memory(e, &at, &memory);
	if (v)
		return v;
	vmr_alu(VMR_OP_CMP, insn->size, get(e, VMR_RAX, insn->size), memory, &flags);
	value = flags & SDM_RFLAGS_ZF ? other(e) : memory;
	v = store_and_commit(e, &at, &value);
	if (v)
		return v;
	if (!(flags & SDM_RFLAGS_ZF))
		put(e, VMR_RAX, insn->size, memory);
	put_flags(e, flags);
	return v;
}

/* CMPXCHG8B and CMPXCHG16B: a pair of registers against two halves. */
static enum vmr_emulate_verdict compare_exchange_pair(struct vmr_emulation *e)
{
	u8 half = e->insn->size / 2;
	u64 old[2] = {}, value[2] = {};
	struct operand at;
	u8 data[16];
	bool equal;
	enum vmr_emulate_verdict v;

	v = find_memory(e, &at) ?: load(e, &at, data);
	if (v)
		return v;
	memcpy(&old[0], data, half);
	memcpy(&old[1], data + half, half);
	equal = old[0] == get(e, VMR_RAX, half) && old[1] == get(e, VMR_RDX, half);
	value[0] = equal ? get(e, VMR_RBX, half) : old[0];
	value[1] = equal ? get(e, VMR_RCX, half) : old[1];
	memcpy(data, &value[0], half);
	memcpy(data + half, &value[1], half);
	v = store_and_commit(e, &at, data);
	if (v)
		return v;
	if (!equal) {
		put(e, VMR_RAX, half, old[0]);
		put(e, VMR_RDX, half, old[1]);
	}
	put_flags(e, equal ? e->state->rflags | SDM_RFLAGS_ZF :
			     e->state->rflags & ~SDM_RFLAGS_ZF);
	return v;
}

/* ---- the stack, and where it goes on ---- */

static u8 stack_size(const struct vmr_emulation *e)
{
	if (e->insn->bits == 64)
		return 8;
	return e->state->segment[VMR_SS].access & SDM_SEGMENT_DB ? 4 : 2;
}

static void move_stack(struct vmr_emulation *e, s64 by)
{
	put(e, VMR_RSP, stack_size(e), e->state->gpr[VMR_RSP] + by);
}

static enum vmr_emulate_verdict find_stack(struct vmr_emulation *e, s64 by,
					   u32 access, struct operand *at)
{
	u64 offset = e->state->gpr[VMR_RSP] + by;

	return find(e, VMR_SS, offset & vmr_size_mask(stack_size(e)),
		    e->insn->size, access, at);
}

static enum vmr_emulate_verdict push(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct operand from, to;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	if (insn->memory) {
		v = find_memory(e, &from);
		if (v)
			return v;
	}
	v = find_stack(e, -insn->size, VMR_WALK_WRITE, &to);
	if (!v && insn->memory)
		v = load(e, &from, &value);
	else if (!v)
		value = other(e);
	v = v ?: store_and_commit(e, &to, &value);
	if (!v)
		move_stack(e, -insn->size);
	return v;
}

static enum vmr_emulate_verdict pop(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct operand from, to;
	u64 value = 0;
	enum vmr_emulate_verdict v;

	v = find_stack(e, 0, VMR_WALK_READ, &from);
	if (!v && insn->memory)
		v = find(e, insn->segment, address(e, insn->size), insn->size,
			 VMR_WALK_WRITE, &to);
	v = v ?: load(e, &from, &value);
	if (!v && insn->memory)
		v = store_and_commit(e, &to, &value);
	if (v)
		return v;
	move_stack(e, insn->size);
	if (!insn->memory)
		put_other(e, value);
	return v;
}

static void go_to(struct vmr_emulation *e, u64 target)
{
	e->rip = target;
	e->branch = true;
	e->registers = true;
}

/* Where a near branch goes, if it may. */
static enum vmr_emulate_verdict check_target(struct vmr_emulation *e,
					     u64 *target)
{
	if (e->insn->bits == 64) {
		u8 bits = e->mode->cr4 & SDM_CR4_LA57 ? 57 : 48;

		return vmr_canonical(*target, bits) ? VMR_EMULATE_DONE :
						      raise(e, SDM_VECTOR_GP);
	}
	*target &= vmr_size_mask(e->insn->size);
	return *target <= e->state->segment[VMR_CS].limit ? VMR_EMULATE_DONE :
							    raise(e, SDM_VECTOR_GP);
}

static enum vmr_emulate_verdict jump(struct vmr_emulation *e)
{
	struct operand at;
	u64 target;
	enum vmr_emulate_verdict v;

	v = load_memory(e, &at, &target);
	v = v ?: check_target(e, &target);
	if (v)
		return v;
	go_to(e, target);
	return v;
}

static enum vmr_emulate_verdict call(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u64 target = e->rip + insn->immediate, back = e->rip;
	struct operand from, to;
	enum vmr_emulate_verdict v;

	if (insn->memory) {
		target = 0;
		v = find_memory(e, &from);
		if (v)
			return v;
	}
	v = find_stack(e, -insn->size, VMR_WALK_WRITE, &to);
	if (!v && insn->memory)
		v = load(e, &from, &target);
	v = v ?: check_target(e, &target);
	v = v ?: store_and_commit(e, &to, &back);
	if (v)
		return v;
	move_stack(e, -insn->size);
	go_to(e, target);
	return v;
}

static enum vmr_emulate_verdict ret(struct vmr_emulation *e)
{
	struct operand from;
	u64 target = 0;
	enum vmr_emulate_verdict v;

	v = find_stack(e, 0, VMR_WALK_READ, &from);
	v = v ?: load(e, &from, &target);
	v = v ?: check_target(e, &target);
	if (v)
		return v;
	move_stack(e, e->insn->size + (e->insn->immediate & 0xffff));
	go_to(e, target);
	return v;
}

/* ---- strings ---- */

static enum vmr_emulate_verdict find_string(struct vmr_emulation *e, u8 index,
					    u32 access, struct operand *at)
{
	u8 segment = index == VMR_RDI ? VMR_ES : e->insn->segment;

	return find(e, segment, get(e, index, e->insn->address_size),
		    e->insn->size, access, at);
}

static void advance(struct vmr_emulation *e, u8 index)
{
	s64 step = e->state->rflags & SDM_RFLAGS_DF ? -(s64)e->insn->size :
						      e->insn->size;

	put(e, index, e->insn->address_size, e->state->gpr[index] + step);
}

/* One element, and its registers moved. */
static enum vmr_emulate_verdict element(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	bool source = insn->op == VMR_OP_MOVS || insn->op == VMR_OP_CMPS ||
		      insn->op == VMR_OP_LODS;
	bool destination = insn->op != VMR_OP_LODS;
	u64 flags = e->state->rflags, a = get(e, VMR_RAX, insn->size), b = 0;
	struct operand from, to;
	enum vmr_emulate_verdict v = VMR_EMULATE_DONE;

	if (source)
		v = find_string(e, VMR_RSI, VMR_WALK_READ, &from);
	if (!v && destination)
		v = find_string(e, VMR_RDI, insn->to_memory ? VMR_WALK_WRITE :
				VMR_WALK_READ, &to);
	if (!v && source)
		v = load(e, &from, &a);
	if (!v && insn->to_memory)
		v = store_and_commit(e, &to, &a);
	else if (!v && destination)
		v = load(e, &to, &b);
	if (v)
		return v;

	if (insn->op == VMR_OP_LODS) {
		put(e, VMR_RAX, insn->size, a);
	} else if (!insn->to_memory) {
		vmr_alu(VMR_OP_CMP, insn->size, a, b, &flags);
		put_flags(e, flags);
	}
	if (source)
		advance(e, VMR_RSI);
	if (destination)
		advance(e, VMR_RDI);
	return v;
}

static bool goes_on(const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	bool zero = e->state->rflags & SDM_RFLAGS_ZF;

	if (!get(e, VMR_RCX, insn->address_size))
		return false;
	if (insn->op != VMR_OP_CMPS && insn->op != VMR_OP_SCAS)
		return true;
	return zero == (insn->rep == VMR_INSN_REP);
}

static enum vmr_emulate_verdict string(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	enum vmr_emulate_verdict v;

	if (insn->rep && !get(e, VMR_RCX, insn->address_size))
		return VMR_EMULATE_DONE;
	v = element(e);
	if (v || !insn->rep)
		return v;
	put(e, VMR_RCX, insn->address_size, e->state->gpr[VMR_RCX] - 1);
	e->repeat = goes_on(e);
	if (e->repeat) {
		e->rip = e->state->rip;
		e->registers = true;
	}
	return v;
}

/* ---- vectors ---- */

/* Whether the guest may use vector registers, "Exceptions Type 1" and on. */
static enum vmr_emulate_verdict may_use_vectors(struct vmr_emulation *e)
{
	const struct vmr_state *state = e->state;
	u64 avx = SDM_XCR0_SSE | SDM_XCR0_AVX;
	bool there;

	if (e->insn->vex)
		there = state->cr4 & SDM_CR4_OSXSAVE && (state->xcr0 & avx) == avx &&
			state->cr0 & SDM_CR0_PE && !(state->rflags & SDM_RFLAGS_VM);
	else
		there = state->cr4 & SDM_CR4_OSFXSR && !(state->cr0 & SDM_CR0_EM);
	if (!there)
		return raise(e, SDM_VECTOR_UD);
	return state->cr0 & SDM_CR0_TS ? raise(e, SDM_VECTOR_NM) : VMR_EMULATE_DONE;
}

static enum vmr_emulate_verdict vector_to_memory(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	struct operand at;
	u8 value[32];
	enum vmr_emulate_verdict v;

	v = find_memory(e, &at);
	if (v)
		return v;
	e->ops->read_vector(e->ctx, insn->reg, value, insn->vector);
	return store_and_commit(e, &at, insn->half == VMR_HALF_LOW ? value + 8 : value);
}

/* What is shorter than the register is followed by zeroes, or keeps a half. */
static enum vmr_emulate_verdict memory_to_vector(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	u8 value[32] = {}, *to = value;
	struct operand at;
	enum vmr_emulate_verdict v;

	v = find_memory(e, &at);
	if (v)
		return v;
	if (insn->half)
		e->ops->read_vector(e->ctx, insn->source, value, 16);
	if (insn->half == VMR_HALF_LOW)
		to += 8;
	v = load(e, &at, to);
	if (v)
		return v;
	e->ops->write_vector(e->ctx, insn->reg, value, insn->vector, insn->vex);
	return v;
}

static enum vmr_emulate_verdict vector(struct vmr_emulation *e)
{
	enum vmr_emulate_verdict v = may_use_vectors(e);

	if (v)
		return v;
	return e->insn->to_memory ? vector_to_memory(e) : memory_to_vector(e);
}

static enum vmr_emulate_verdict execute(struct vmr_emulation *e)
{
	switch (e->insn->op) {
	case VMR_OP_ADD ... VMR_OP_SAR:
	case VMR_OP_TEST ... VMR_OP_NEG:
		return alu(e);
	case VMR_OP_BT ... VMR_OP_BTC:
		return bit(e);
	case VMR_OP_XCHG:
	case VMR_OP_XADD:
		return exchange(e);
	case VMR_OP_CMPXCHG:
		return compare_exchange(e);
	case VMR_OP_CMPXCHG8B:
		return compare_exchange_pair(e);
	case VMR_OP_PUSH:
		return push(e);
	case VMR_OP_POP:
		return pop(e);
	case VMR_OP_CALL:
		return call(e);
	case VMR_OP_JMP:
		return jump(e);
	case VMR_OP_RET:
		return ret(e);
	case VMR_OP_MOVS ... VMR_OP_SCAS:
		return string(e);
	case VMR_OP_VECTOR:
		return vector(e);
	default:
		return move(e);
	}
}

/* "Instruction-Breakpoint Exception Condition": between two iterations RF is set. */
static void end(struct vmr_emulation *e)
{
	if (e->repeat)
		e->state->rflags |= SDM_RFLAGS_RF;
	else
		e->state->rflags &= ~SDM_RFLAGS_RF;
}

enum vmr_emulate_verdict vmr_emulate(struct vmr_emulation *e)
{
	const struct vmr_insn *insn = e->insn;
	enum vmr_emulate_verdict verdict;

	e->repeat = false;
	e->branch = false;
	e->hits = 0;
	e->registers = false;
	e->last = false;
	e->devices = 0;
	e->replayed = 0;
	e->writes = 0;
	e->rip = e->state->rip + insn->length;
	if (insn->bits != 64)
		e->rip = (u32)e->rip;
	verdict = execute(e);
	if (verdict == VMR_EMULATE_DONE)
		end(e);
	return verdict;
}
