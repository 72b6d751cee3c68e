// SPDX-License-Identifier: GPL-2.0
/*
 * Owns EPT violations: memory that is mapped, devices, and memory that can't be had.
 * Called by vmx/run.c in process context.
 *
 * An instruction that touches a device is decoded and executed here, access by
 * access: each is an exit for user space. Between two of them there is nothing but
 * vcpu->mmio, the accesses so far; after each answer the instruction is executed from
 * its beginning again. One that isn't known goes to user space as it is.
 */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "ept/fault.h"
#include "ept/slots.h"
#include "ring/area.h"
#include "ring/post.h"
#include "ring/region.h"
#include "vmcs/access.h"
#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/decode.h"
#include "vmx/emulate.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/exit_mmio.h"
#include "vmx/memory.h"
#include "vmx/qual.h"
#include "vmx/state.h"
#include "vmx/trace.h"
#include "vmx/vector.h"

/* The guest may change its code or tables meanwhile, but not for ever. */
#define MISSES_MOST	8

static u8 flags_of(u64 qualification)
{
	if (qualification & SDM_EPT_QUAL_FETCH)
		return VMR_EXIT_FETCH;
	return qualification & SDM_EPT_QUAL_WRITE ? VMR_EXIT_WRITE : 0;
}

static void forget(struct vmr_vcpu *vcpu)
{
	vcpu->decoded.valid = false;
	if (vcpu->mmio.accesses)
		vcpu->mmio = (struct vmr_mmio_progress) {};
}

static enum vmr_verdict lost(struct vmr_vcpu *vcpu)
{
	vcpu->vmx_lost = true;
	return VMR_GO_AGAIN;
}

/* ---- what can't be decoded ---- */

/* User space has done it, or has made it possible. */
static void finish_undecoded(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	if (reply->flags & VMR_REPLY_RETRY)
		return;
	if (reply->flags & VMR_REPLY_GP) {
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
	} else if (reply->flags & VMR_REPLY_SKIP) {
		vcpu->exit.length = reply->length;
		vcpu->skip = true;
	}
	forget(vcpu);
}

static struct vmr_exit *begin_undecoded(struct vmr_vcpu *vcpu, u8 flags)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MMIO, finish_undecoded,
				VMR_EXIT_NEEDS_REPLY | flags);
	vcpu->outstanding.reply_flags = VMR_REPLY_FLAGS;
	return exit;
}

enum vmr_verdict vmr_exit_undecoded(struct vmr_vcpu *vcpu, u64 gpa, u8 flags)
{
	struct vmr_exit *exit = begin_undecoded(vcpu, flags);
	struct vmr_walk_mode mode;

	vcpu->decoded.misses = 0;
	vmr_state_walk_mode(vcpu, &mode);
	exit->addr = gpa;
	exit->count = vmr_memory_fetch(vcpu, &mode, exit->data);
	return VMR_GO_USER;
}

/* ---- what can ---- */

/* Most instructions are through with their first access. */
static bool finish_last(struct vmr_vcpu *vcpu, u64 value)
{
	struct vmr_decoded *decoded = &vcpu->decoded;

	if (!decoded->valid || !decoded->last)
		return false;
	decoded->valid = false;
	vmr_emulate_finish(&decoded->insn, &vcpu->state, value);
	vcpu->exit.length = decoded->insn.length;
	vcpu->skip = true;
	return true;
}

/* One access more of the instruction is made, and has brought so many bytes. */
static bool note_access(struct vmr_vcpu *vcpu, const void *data, u8 bytes)
{
	if (likely(vmr_emulate_note(&vcpu->mmio, data, bytes)))
		return true;
	forget(vcpu);
	return false;
}

/* User space has made the access: it is noted, and RUN goes on from there. */
static void finish_access(struct vmr_vcpu *vcpu, const struct vmr_reply *reply,
			  u8 bytes)
{
	u64 value = 0;

	if (reply->flags & VMR_REPLY_GP) {
		vmr_events_raise(vcpu, SDM_VECTOR_GP);
		forget(vcpu);
	}
	if (reply->flags)
		return;
	memcpy(&value, reply->data, sizeof(value));
	value &= vmr_size_mask(min_t(u8, vcpu->outstanding.size, sizeof(value)));
	if (!finish_last(vcpu, value))
		note_access(vcpu, reply->data, bytes);
}

static void finish_write(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	finish_access(vcpu, reply, 0);
}

static void finish_read(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	finish_access(vcpu, reply, vcpu->outstanding.size);
}

static struct vmr_exit *begin_access(struct vmr_vcpu *vcpu, u8 size, bool write)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MMIO,
				write ? finish_write : finish_read,
				VMR_EXIT_NEEDS_REPLY |
				(write ? VMR_EXIT_WRITE : 0));
	vcpu->outstanding.reply_flags = VMR_REPLY_GP | VMR_REPLY_RETRY;
	vcpu->outstanding.size = size;
	return exit;
}

struct vmr_exit *vmr_exit_mmio_again(struct vmr_vcpu *vcpu,
				     const struct vmr_exit_state *from)
{
	struct vmr_exit *exit;

	if (!from->size)
		return begin_undecoded(vcpu, from->flags);
	exit = begin_access(vcpu, from->size, from->flags & VMR_EXIT_WRITE);
	exit->region = vmr_post_region(vcpu, true, from->addr, from->size);
	return exit;
}

enum vmr_verdict vmr_exit_mmio_access(struct vmr_vcpu *vcpu,
				      const struct vmr_emulation *e)
{
	struct vmr_exit *exit = begin_access(vcpu, e->size, e->write);

	vcpu->decoded.misses = 0;
	vcpu->decoded.last = e->last;
	exit->addr = e->gpa;
	exit->region = vmr_post_region(vcpu, true, e->gpa, e->size);
	exit->size = e->size;
	if (e->write)
		memcpy(exit->data, e->data, e->size);
	return VMR_GO_USER;
}

/* A region says that user space needn't be waited for; @data: what was read. */
static bool is_posted(struct vmr_vcpu *vcpu, const struct vmr_emulation *e,
		      u64 data[VMR_POST_WORDS])
{
	bool done;

	memset(data, 0, VMR_POST_WORDS * sizeof(*data));
	rcu_read_lock();
	if (e->write) {
		memcpy(data, e->data, e->size);
		done = vmr_post_write(vcpu, true, e->gpa, e->size, data[0], data);
	} else {
		done = vmr_post_read(vcpu, true, e->gpa, e->size, data);
	}
	rcu_read_unlock();
	return done;
}

/* The access is made. False: the instruction isn't under way any more. */
static bool note_posted(struct vmr_vcpu *vcpu, const struct vmr_emulation *e,
			const u64 *data)
{
	vcpu->decoded.misses = 0;
	vcpu->decoded.last = e->last;
	return !finish_last(vcpu, data[0]) &&
	       note_access(vcpu, data, e->write ? 0 : e->size);
}

/* What an emulation needs of its surroundings. */
struct surroundings {
	struct vmr_vcpu *vcpu;
	bool fresh;		/* the exit is the instruction's first */
	struct vmr_walk_mode mode;
};

static struct vmr_ept *ept_of(void *ctx)
{
	return &((struct surroundings *)ctx)->vcpu->vm->ept;
}

static enum vmr_walk_verdict translate(void *ctx, u64 linear, u32 access,
				       struct vmr_walk_result *result)
{
	struct surroundings *here = ctx;

	if (!(here->mode.cr0 & SDM_CR0_PG)) {
		result->gpa = linear;
		return VMR_WALK_DONE;
	}
	return vmr_memory_translate(here->vcpu, &here->mode, linear, access, result);
}

bool vmr_exit_mmio_is_at(const struct vmr_vcpu *vcpu, u64 gpa, bool write)
{
	const struct vmr_exit_info *exit = &vcpu->exit;

	return !((gpa ^ exit->gpa) & PAGE_MASK) &&
	       (write || !(exit->qualification & SDM_EPT_QUAL_WRITE));
}

static bool is_memory(void *ctx, u64 gpa, bool write)
{
	const struct surroundings *here = ctx;

	/* What the exit has just told doesn't have to be looked up. */
	if (here->fresh && vmr_exit_mmio_is_at(here->vcpu, gpa, write))
		return false;
	return vmr_ept_is_memory(ept_of(ctx), gpa, write);
}

static int read_ram(void *ctx, u64 gpa, void *buf, u32 len)
{
	return vmr_ept_read(ept_of(ctx), gpa, buf, len);
}

static int write_ram(void *ctx, u64 gpa, const void *buf, u32 len)
{
	return vmr_ept_write(ept_of(ctx), gpa, buf, len);
}

static void read_vector(void *ctx, u8 reg, void *buf, u8 size)
{
	vmr_vector_read(reg, buf, size);
}

static void write_vector(void *ctx, u8 reg, const void *buf, u8 size, bool vex)
{
	vmr_vector_write(reg, buf, size, vex);
}

static const struct vmr_emulate_ops ops = {
	.translate = translate,
	.is_memory = is_memory,
	.read = read_ram,
	.write = write_ram,
	.read_vector = read_vector,
	.write_vector = write_vector,
};

/* What was read may be what was decoded last. */
static bool is_the_same(const struct vmr_decoded *decoded,
			const u8 bytes[VMR_DECODED_BYTES], u32 count, u8 bits)
{
	return decoded->insn.length && decoded->insn.bits == bits &&
	       decoded->insn.length <= count &&
	       !memcmp(bytes, decoded->bytes, VMR_DECODED_BYTES);
}

enum vmr_decode_verdict vmr_exit_mmio_decode(struct vmr_vcpu *vcpu,
					     const u8 bytes[VMR_DECODED_BYTES],
					     u32 count)
{
	struct vmr_decoded *decoded = &vcpu->decoded;
	u8 bits = vmr_state_bits(vcpu);
	enum vmr_decode_verdict verdict;

	decoded->rip = vcpu->state.rip;
	decoded->valid = is_the_same(decoded, bytes, count, bits);
	if (likely(decoded->valid))
		return VMR_DECODE_DONE;
	memcpy(decoded->bytes, bytes, sizeof(decoded->bytes));
	verdict = vmr_decode(bytes, count, bits, &decoded->insn);
	decoded->valid = verdict == VMR_DECODE_DONE;
	if (!decoded->valid)
		decoded->insn.length = 0;
	return verdict;
}

static enum vmr_decode_verdict decode(struct vmr_vcpu *vcpu,
				      const struct vmr_walk_mode *mode)
{
	u8 bytes[VMR_DECODED_BYTES] __aligned(sizeof(u64)) = {};
	u32 count;

	if (vcpu->decoded.valid && vcpu->decoded.rip == vcpu->state.rip)
		return VMR_DECODE_DONE;
	count = vmr_memory_fetch(vcpu, mode, bytes);
	return vmr_exit_mmio_decode(vcpu, bytes, count);
}

/*
 * The instruction isn't one that touches a device: the guest has changed its code,
 * its tables, or user space the slots. The CPU knows better what it is now.
 */
static enum vmr_verdict missed(struct vmr_vcpu *vcpu)
{
	forget(vcpu);
	if (++vcpu->decoded.misses < MISSES_MOST)
		return VMR_GO_AGAIN;
	return vmr_exit_undecoded(vcpu, vcpu->exit.gpa,
				  flags_of(vcpu->exit.qualification));
}

static enum vmr_verdict fault(struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	forget(vcpu);
	if (e->vector == SDM_VECTOR_PF)
		vcpu->state.cr2 = e->address;
	vmr_events_raise_error(vcpu, e->vector, e->error);
	return VMR_GO_AGAIN;
}

/* A paging structure may be a device's; else RUN again tries again, from where it is. */
static enum vmr_verdict hole(struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	if (e->table && !vmr_ept_is_memory(&vcpu->vm->ept, e->gpa, e->write))
		return vmr_exit_undecoded(vcpu, e->gpa, e->write ? VMR_EXIT_WRITE : 0);
	return vmr_exit_hole(vcpu, e->gpa, e->write);
}

/* Whether the next iteration has to wait for what is due between instructions. */
static bool something_is_due(const struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	return e->hits || vcpu->state.rflags & SDM_RFLAGS_TF || vmr_events_pending(vcpu) ||
	       READ_ONCE(vcpu->kick.requests) || signal_pending(current) ||
	       need_resched();
}

/* What nobody else tells: breakpoints, and the single step that a branch is with BTF. */
static u64 debug_conditions(const struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	if (e->branch && vcpu->state.rflags & SDM_RFLAGS_TF)
		return e->hits | SDM_PENDING_SINGLE_STEP;
	return e->hits;
}

/*
 * Done, or an iteration is. Registers that the VMCS has are written as a whole, RIP
 * with them: then only the rest of what going past an instruction means is left.
 */
static void finish(struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	u64 debug = debug_conditions(vcpu, e);

	if (unlikely(debug))
		vmr_burst_note_debug(vcpu, debug);
	vcpu->exit.length = e->registers ? 0 : e->insn->length;
	vcpu->skip = true;
	if (e->registers) {
		vcpu->state.rip = e->rip;
		vmr_state_changed(vcpu, VMR_STATE_REGS);
	}
	vcpu->decoded.misses = 0;
	vcpu->decoded.valid = e->repeat;
	if (vcpu->mmio.accesses)
		vcpu->mmio = (struct vmr_mmio_progress) {};
}

/* @fresh: vcpu->exit is of the instruction's first access. */
static enum vmr_verdict emulate(struct vmr_vcpu *vcpu, bool fresh)
{
	bool has_regions = vmr_regions_exist(&vcpu->vm->regions);
	struct surroundings here __uninitialized;
	struct vmr_emulation e __uninitialized;
	u64 data[VMR_POST_WORDS] __uninitialized;

	vmr_state_walk_mode(vcpu, &here.mode);
	switch (decode(vcpu, &here.mode)) {
	case VMR_DECODE_DONE:
		break;
	case VMR_DECODE_UNKNOWN:
		return vmr_exit_undecoded(vcpu, vcpu->exit.gpa,
					  flags_of(vcpu->exit.qualification));
	default:
		return missed(vcpu);
	}
	here.vcpu = vcpu;
	here.fresh = fresh;
	e.state = &vcpu->state;
	e.mode = &here.mode;
	e.insn = &vcpu->decoded.insn;
	e.progress = &vcpu->mmio;
	e.ops = &ops;
	e.ctx = &here;
	e.needs_device = true;
	for (;;) {
		switch (vmr_emulate(&e)) {
		case VMR_EMULATE_DEVICE:
			if (!has_regions || !is_posted(vcpu, &e, data))
				return vmr_exit_mmio_access(vcpu, &e);
			if (!note_posted(vcpu, &e, data))
				return VMR_GO_AGAIN;
			break;
		case VMR_EMULATE_FAULT:
			return fault(vcpu, &e);
		case VMR_EMULATE_MISSING:
			return hole(vcpu, &e);
		case VMR_EMULATE_AGAIN:
			return missed(vcpu);
		default:
			finish(vcpu, &e);
			here.fresh = false;
			if (!e.repeat || something_is_due(vcpu, &e))
				return VMR_GO_AGAIN;
			break;
		}
	}
}

enum vmr_verdict vmr_exit_mmio_go_on(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_fetch(vcpu, VMR_MMIO_REGISTERS))
		return lost(vcpu);
	return emulate(vcpu, false);
}

/*
 * Only the instruction's own accesses to its operands are its business: not fetches,
 * not page tables, not what the delivery of an event does.
 */
bool vmr_exit_mmio_is_operand(const struct vmr_vcpu *vcpu)
{
	u64 operand = SDM_EPT_QUAL_LINEAR_VALID | SDM_EPT_QUAL_TRANSLATED;

	return !vcpu->redeliver &&
	       (vcpu->exit.qualification & (operand | SDM_EPT_QUAL_FETCH)) == operand;
}

static enum vmr_verdict mmio(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_fetch(vcpu, VMR_MMIO_REGISTERS))
		return lost(vcpu);
	if (!vmr_exit_mmio_is_operand(vcpu))
		return vmr_exit_undecoded(vcpu, vcpu->exit.gpa,
					  flags_of(vcpu->exit.qualification));
	return emulate(vcpu, true);
}

static enum vmr_verdict memory_fault(struct vmr_vcpu *vcpu, u32 cause)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_MEMORY_FAULT, NULL,
				flags_of(vcpu->exit.qualification));
	exit->addr = vcpu->exit.gpa;
	exit->count = cause;
	return VMR_GO_USER;
}

/* In the burst: what the violation, or a full log, means for NMIs. */
void vmr_exit_ept_event(struct vmr_vcpu *vcpu)
{
	u64 qualification = vmr_vmcs_read(VMCS_EXIT_QUALIFICATION);

	vcpu->exit.qualification = qualification;
	if (unlikely(qualification & SDM_EPT_QUAL_NMI_UNBLOCKED))
		vmr_events_block_nmi(vcpu);
	/* The guest has run: what is there now may be another instruction. */
	vcpu->decoded.valid = false;
}

enum vmr_verdict vmr_exit_ept_violation(struct vmr_vcpu *vcpu)
{
	u32 access = vcpu->exit.qualification &
		     (SDM_EPT_QUAL_READ | SDM_EPT_QUAL_WRITE | SDM_EPT_QUAL_FETCH);
	struct vmr_ept_fault fault;

	switch (vmr_ept_fault(&vcpu->vm->ept, &vcpu->ept_cache, vcpu->exit.gpa,
			      access, &fault)) {
	case VMR_EPT_MAPPED:
		vcpu->decoded.likely = false;
		vcpu->stats[VMR_STAT_EPT_4K + fault.level]++;
		trace_vmring_ept_fault(vcpu->id, vcpu->exit.gpa, access,
				       fault.level);
		return VMR_GO_AGAIN;
	case VMR_EPT_RETRY:
		vcpu->stats[VMR_STAT_EPT_RETRIES]++;
		return VMR_GO_AGAIN;
	case VMR_EPT_MMIO:
		vcpu->decoded.likely = true;
		return mmio(vcpu);
	default:
		return memory_fault(vcpu, fault.cause);
	}
}
