// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what of an access to a device is done in the burst of the exit. Called by
 * vmx/run.c.
 *
 * It is what is done in process context, by the same functions, with one difference:
 * whatever would have to wait, or would change anything but the register of a plain
 * move, ends it before something has happened. So the instruction is read and decoded
 * anew, its operand goes through segment and page tables, and a flag that would have to
 * be set in them, a breakpoint, an access of two pages, memory that isn't there are for
 * process context.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "ept/slots.h"
#include "ring/post.h"
#include "ring/region.h"
#include "vmcs/access.h"
#include "vmx/alu.h"
#include "vmx/arch.h"
#include "vmx/decode.h"
#include "vmx/emulate.h"
#include "vmx/exit.h"
#include "vmx/exit_mmio.h"
#include "vmx/memory.h"
#include "vmx/qual.h"
#include "vmx/state.h"

struct surroundings {
	struct vmr_vcpu *vcpu;
	struct vmr_walk_mode mode;
};

static enum vmr_walk_verdict translate(void *ctx, u64 linear, u32 access,
				       struct vmr_walk_result *result)
{
	struct surroundings *here = ctx;

	if (!(here->mode.cr0 & SDM_CR0_PG)) {
		result->gpa = linear;
		return VMR_WALK_DONE;
	}
	return vmr_memory_peek_translate(here->vcpu, &here->mode, linear, access, result);
}

/* Elsewhere than the exit says, the access is for process context: refuse() below. */
static bool is_memory(void *ctx, u64 gpa, bool write)
{
	return !vmr_exit_mmio_is_at(((struct surroundings *)ctx)->vcpu, gpa, write);
}

static int refuse(void *ctx, u64 gpa, void *buf, u32 len)
{
	return -EAGAIN;
}

static int refuse_write(void *ctx, u64 gpa, const void *buf, u32 len)
{
	return -EAGAIN;
}

/* Nothing else of the operations is used by what is_move() lets through. */
static const struct vmr_emulate_ops ops = {
	.translate = translate,
	.is_memory = is_memory,
	.read = refuse,
	.write = refuse_write,
};

/* Between memory and a general register, or from an immediate. */
static bool is_move(const struct vmr_insn *insn)
{
	return insn->op >= VMR_OP_MOV && insn->op <= VMR_OP_MOVBE;
}

static bool is_told_of(const struct vmr_vcpu *vcpu, struct vmr_emulation *e, u64 gpa)
{
	e->gpa = gpa;
	return vmr_exit_mmio_is_at(vcpu, gpa, e->write);
}

/* The access that comes next; false: process context has to see to it. */
static bool find_access(struct surroundings *here, struct vmr_emulation *e)
{
	u8 bytes[VMR_DECODED_BYTES] __aligned(sizeof(u64)) = {};
	struct vmr_walk_result result __uninitialized;
	struct vmr_vcpu *vcpu = here->vcpu;
	const struct vmr_insn *insn = &vcpu->decoded.insn;
	u64 linear;
	u32 count;

	if (vmr_ept_peek_is_memory(&vcpu->vm->ept, vcpu->exit.gpa,
				   vcpu->exit.qualification & SDM_EPT_QUAL_WRITE))
		return false;
	count = vmr_memory_peek_fetch(vcpu, &here->mode, bytes);
	if (vmr_exit_mmio_decode(vcpu, bytes, count) || !is_move(insn))
		return false;
	vmr_state_read_segment(vcpu, insn->segment);
	e->state = &vcpu->state;
	e->mode = &here->mode;
	e->insn = insn;
	e->progress = &vcpu->mmio;
	e->ops = &ops;
	e->ctx = here;
	e->needs_device = true;
	if (vmr_emulate_plain(e, &linear))
		return !translate(here, linear, e->write ? VMR_WALK_WRITE : VMR_WALK_READ,
				  &result) && is_told_of(vcpu, e, result.gpa);
	return vmr_emulate(e) == VMR_EMULATE_DEVICE && e->last;
}

/* A region says that user space needn't be waited for. */
static bool is_posted(struct vmr_vcpu *vcpu, const struct vmr_emulation *e, u64 *value)
{
	u64 data[VMR_POST_WORDS] __uninitialized;

	if (e->write) {
		memcpy(value, e->data, sizeof(*value));
		return vmr_post_write(vcpu, true, e->gpa, e->size,
				      *value & vmr_size_mask(e->size), NULL);
	}
	data[0] = 0;
	if (!vmr_post_read(vcpu, true, e->gpa, e->size, data))
		return false;
	*value = data[0];
	return true;
}

static enum vmr_verdict make_access(struct vmr_vcpu *vcpu, const struct vmr_emulation *e)
{
	const struct vmr_insn *insn = &vcpu->decoded.insn;
	u64 value;

	if (!vmr_regions_exist(&vcpu->vm->regions) || !is_posted(vcpu, e, &value)) {
		vcpu->exit.gla = vmr_vmcs_read(VMCS_GUEST_LINEAR_ADDRESS);
		return vmr_exit_mmio_access(vcpu, e);
	}
	vcpu->decoded.misses = 0;
	vcpu->decoded.valid = false;
	vmr_emulate_finish(insn, &vcpu->state, value);
	vmr_exit_skip_by(vcpu, insn->length);
	vcpu->known &= ~(VMR_STATE_REGS | VMR_STATE_EVENTS);
	/* Who has waited for the slots may be due here: nobody else tells of that. */
	return need_resched() ? VMR_GO_AGAIN : VMR_GO_RESUME;
}

/* VMR_GO_SLOW: nothing has happened. */
static enum vmr_verdict mmio_fast(struct vmr_vcpu *vcpu)
{
	struct surroundings here __uninitialized;
	struct vmr_emulation e __uninitialized;
	bool found;

	if (vcpu->mmio.accesses || !vmr_exit_mmio_is_operand(vcpu))
		return VMR_GO_SLOW;
	if (!vmr_ept_peek_begin(&vcpu->vm->ept))
		return VMR_GO_SLOW;
	vcpu->exit.gpa = vmr_vmcs_read64(VMCS_GUEST_PHYSICAL_ADDRESS);
	vmr_state_read(vcpu, VMR_STATE_REGS);
	vmr_state_read_paging(vcpu);
	vmr_state_read_code(vcpu);
	here.vcpu = vcpu;
	vmr_state_walk_mode(vcpu, &here.mode);
	found = find_access(&here, &e);
	vmr_ept_peek_end(&vcpu->vm->ept);
	return found ? make_access(vcpu, &e) : VMR_GO_SLOW;
}

enum vmr_verdict vmr_exit_ept_violation_fast(struct vmr_vcpu *vcpu)
{
	enum vmr_verdict verdict;

	vmr_exit_ept_event(vcpu);
	if (!vcpu->decoded.likely)
		return VMR_GO_SLOW;
	verdict = mmio_fast(vcpu);
	/* What decides on an access: a burst of its own costs more. */
	if (verdict == VMR_GO_SLOW)
		vmr_state_read(vcpu, VMR_MMIO_REGISTERS);
	return verdict;
}
