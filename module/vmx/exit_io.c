// SPDX-License-Identifier: GPL-2.0
/*
 * Owns port I/O. Called by vmx/run.c, for strings in process context, and else in the
 * burst of the exit.
 *
 * The instruction is finished when user space has answered. A string instruction goes
 * to user space in pieces of up to one bulk page, and is executed again until it is
 * through: between two pieces its registers are what an interrupt would find.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "ept/slots.h"
#include "ring/area.h"
#include "ring/post.h"
#include "ring/region.h"
#include "vmcs/access.h"
#include "vmx/arch.h"
#include "vmx/burst.h"
#include "vmx/events.h"
#include "vmx/exit.h"
#include "vmx/memory.h"
#include "vmx/qual.h"
#include "vmx/state.h"
#include "vmx/walk.h"
#include "vmx/watch.h"

#define REGISTERS	(VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL)

static u64 size_mask(u8 bytes)
{
	return bytes == 8 ? ~0ULL : BIT_ULL(8 * bytes) - 1;
}

/* ---- one access ---- */

/* A breakpoint on the port: #DB comes behind the access. */
static void look_at_port(struct vmr_vcpu *vcpu)
{
	struct vmr_io io = vmr_qual_io(vcpu->exit.qualification);
	u64 hits;

	if (likely(!vmr_watch_any(&vcpu->state)) ||
	    vmr_burst_fetch(vcpu, VMR_STATE_CONTROL) ||
	    !(vcpu->state.cr4 & SDM_CR4_DE))
		return;
	hits = vmr_watch_hits(&vcpu->state, VMR_WATCH_PORT, io.port, io.size);
	if (hits)
		vmr_burst_note_debug(vcpu, hits);
}

static void finish_out(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	look_at_port(vcpu);
	vcpu->skip = true;
}

/* A 32-bit IN clears the upper half of RAX, a shorter one keeps the rest. */
static void put_in(struct vmr_vcpu *vcpu, u64 value, u8 size)
{
	u64 *rax = &vcpu->state.gpr[VMR_RAX];
	u64 mask = size_mask(size);

	*rax = mask == U32_MAX ? value : (*rax & ~mask) | value;
}

static void finish_in(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	u64 value;

	memcpy(&value, reply->data, sizeof(value));
	put_in(vcpu, value & size_mask(vcpu->outstanding.size), vcpu->outstanding.size);
	look_at_port(vcpu);
	vcpu->skip = true;
}

static struct vmr_exit *begin_one(struct vmr_vcpu *vcpu, const struct vmr_io *io)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_IO,
				io->in ? finish_in : finish_out,
				VMR_EXIT_NEEDS_REPLY |
				(io->in ? 0 : VMR_EXIT_WRITE));
	exit->addr = io->port;
	exit->region = vmr_post_region(vcpu, false, io->port, io->size);
	exit->size = io->size;
	exit->count = 1;
	vcpu->outstanding.size = io->size;
	return exit;
}

static enum vmr_verdict one(struct vmr_vcpu *vcpu, const struct vmr_io *io)
{
	struct vmr_exit *exit = begin_one(vcpu, io);

	if (!io->in)
		*(u64 *)exit->data = vcpu->state.gpr[VMR_RAX] & size_mask(io->size);
	return VMR_GO_USER;
}

/* ---- strings ---- */

/* A string instruction's operand, decoded again when user space has answered. */
struct string {
	struct vmr_io io;
	struct vmr_io_string memory;
	u8 index;		/* VMR_RSI or VMR_RDI */
	bool down;
	u64 mask;		/* of the address size */
};

static struct string decode(const struct vmr_vcpu *vcpu)
{
	struct string string = { .io = vmr_qual_io(vcpu->exit.qualification) };

	string.memory = vmr_info_io_string(vcpu->exit.instruction_info,
					   string.io.in);
	string.index = string.io.in ? VMR_RDI : VMR_RSI;
	string.down = vcpu->state.rflags & SDM_RFLAGS_DF;
	string.mask = size_mask(string.memory.address_size);
	return string;
}

static u64 left(const struct vmr_vcpu *vcpu, const struct string *string)
{
	return string->io.rep ? vcpu->state.gpr[VMR_RCX] & string->mask : 1;
}

/* A register that an address size of 32 bits writes loses its upper half. */
static void put(const struct string *string, u64 *gpr, u64 value)
{
	u64 keep = string->memory.address_size == 2 ? ~string->mask : 0;

	*gpr = (*gpr & keep) | (value & string->mask);
}

/* #DB comes behind the element that it is of. */
static bool one_by_one(const struct vmr_state *state)
{
	return state->rflags & SDM_RFLAGS_TF || vmr_watch_any(state);
}

/* How many elements go at once: to the end of the page, in their direction. */
static u32 piece(const struct vmr_vcpu *vcpu, const struct string *string)
{
	u64 offset = vcpu->state.gpr[string->index] & string->mask;
	u64 linear = vcpu->state.segment[string->memory.segment].base + offset;
	u32 size = string->io.size;
	u32 fit = string->down ? offset_in_page(linear) / size + 1 :
		  (PAGE_SIZE - offset_in_page(linear)) / size;

	if (one_by_one(&vcpu->state))
		return 1;
	return min_t(u64, max(fit, 1U), left(vcpu, string));
}

static struct vmr_operand_at element(const struct vmr_vcpu *vcpu,
				     const struct string *string, u32 number)
{
	u64 step = (u64)number * string->io.size;
	u64 offset = vcpu->state.gpr[string->index];

	offset = string->down ? offset - step : offset + step;
	return (struct vmr_operand_at) {
		.segment = string->memory.segment,
		.offset = offset & string->mask,
		.length = string->io.size,
	};
}

static void advance(struct vmr_vcpu *vcpu, const struct string *string, u32 count)
{
	u64 *index = &vcpu->state.gpr[string->index];
	u64 step;

	/* While the exit waited, RCX may have been set. */
	count = min_t(u64, count, left(vcpu, string));
	step = (u64)count * string->io.size;

	put(string, index, string->down ? *index - step : *index + step);
	if (string->io.rep)
		put(string, &vcpu->state.gpr[VMR_RCX],
		    left(vcpu, string) - count);
	vcpu->skip = true;
	if (!string->io.rep || !left(vcpu, string))
		return;
	/* Between two elements: it goes on here, and a breakpoint on it has been hit. */
	vcpu->exit.length = 0;
	vcpu->state.rflags |= SDM_RFLAGS_RF;
	vmr_state_changed(vcpu, VMR_STATE_REGS);
}

/* Breakpoints on the memory of the one element; and on its port. */
static void look_at_element(struct vmr_vcpu *vcpu, const struct string *string)
{
	struct vmr_operand_at at = element(vcpu, string, 0);
	u32 access = string->io.in ? VMR_WALK_WRITE : VMR_WALK_READ;
	struct vmr_walk_mode mode;
	u64 linear, hits;

	look_at_port(vcpu);
	if (likely(!vmr_watch_any(&vcpu->state)))
		return;
	vmr_state_walk_mode(vcpu, &mode);
	if (vmr_linear(&mode, &vcpu->state.segment[at.segment], at.segment,
		       at.offset, at.length, access, &linear))
		return;
	hits = vmr_watch_hits(&vcpu->state, string->io.in ? VMR_WATCH_WRITE :
			      VMR_WATCH_READ, linear, at.length);
	if (hits)
		vmr_burst_note_debug(vcpu, hits);
}

/* The exit may be one that user space has given a vCPU of other registers. */
static bool begin_to_finish(struct vmr_vcpu *vcpu, struct string *string)
{
	if (vmr_burst_fetch(vcpu, REGISTERS)) {
		vcpu->vmx_lost = true;
		return false;
	}
	*string = decode(vcpu);
	return true;
}

static void finish_outs(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	struct string string;

	if (!begin_to_finish(vcpu, &string))
		return;
	look_at_element(vcpu, &string);
	advance(vcpu, &string, vcpu->outstanding.count);
}

/* The memory was writable when the ports were read; what isn't any more is lost. */
static void finish_ins(struct vmr_vcpu *vcpu, const struct vmr_reply *reply)
{
	const u8 *bulk = vmr_area_bulk(&vcpu->area);
	struct string string;
	u32 i;

	if (!begin_to_finish(vcpu, &string))
		return;
	for (i = 0; i < vcpu->outstanding.count; i++) {
		struct vmr_operand_at at = element(vcpu, &string, i);
		u32 value;
		u64 gpa;

		memcpy(&value, bulk + i * string.io.size, string.io.size);
		if (vmr_memory_write(vcpu, &at, &value, &gpa))
			break;
	}
	/* The first one's own fault is the instruction's: it isn't through. */
	if (!i)
		return;
	look_at_element(vcpu, &string);
	advance(vcpu, &string, i);
}

/*
 * The operand of the next element isn't in RAM. In a slot, that is a memory fault. As a
 * device's it would take exits of two kinds for each element: user space may execute it.
 */
static enum vmr_verdict no_memory(struct vmr_vcpu *vcpu, u64 gpa, bool write)
{
	if (vmr_ept_is_memory(&vcpu->vm->ept, gpa, write))
		return vmr_exit_hole(vcpu, gpa, write);
	return vmr_exit_undecoded(vcpu, gpa, write ? VMR_EXIT_WRITE : 0);
}

/*
 * How many elements can be moved before one faults. Those of OUTS are read into the
 * bulk page, those of INS only looked at.
 */
static u32 move(struct vmr_vcpu *vcpu, const struct string *string, u32 count,
		enum vmr_memory_verdict *verdict, u64 *gpa)
{
	u8 *bulk = vmr_area_bulk(&vcpu->area);
	u32 i;

	for (i = 0; i < count; i++) {
		struct vmr_operand_at at = element(vcpu, string, i);

		*verdict = string->io.in ?
			vmr_memory_write(vcpu, &at, NULL, gpa) :
			vmr_memory_read(vcpu, &at, bulk + i * string->io.size, gpa);
		if (*verdict)
			break;
	}
	return i;
}

static struct vmr_exit *begin_many(struct vmr_vcpu *vcpu, const struct vmr_io *io,
				   u32 count)
{
	struct vmr_exit *exit;

	exit = vmr_exit_to_user(vcpu, VMR_EXIT_IO,
				io->in ? finish_ins : finish_outs,
				VMR_EXIT_NEEDS_REPLY | VMR_EXIT_STRING |
				(io->in ? 0 : VMR_EXIT_WRITE));
	exit->addr = io->port;
	exit->region = vmr_post_region(vcpu, false, io->port, io->size);
	exit->size = io->size;
	exit->count = count;
	vcpu->outstanding.count = count;
	return exit;
}

/* How many elements of an OUTS need no answer; the next one does, when it is its turn. */
static u32 post_many(struct vmr_vcpu *vcpu, const struct vmr_io *io, u32 count)
{
	const u8 *bulk = vmr_area_bulk(&vcpu->area);
	u64 value = 0;
	u32 i;

	if (io->in || !vmr_regions_exist(&vcpu->vm->regions))
		return 0;
	rcu_read_lock();
	for (i = 0; i < count; i++) {
		memcpy(&value, bulk + i * io->size, io->size);
		if (!vmr_post_write(vcpu, false, io->port, io->size, value, NULL))
			break;
	}
	rcu_read_unlock();
	return i;
}

static enum vmr_verdict many(struct vmr_vcpu *vcpu)
{
	enum vmr_memory_verdict verdict = VMR_MEMORY_DONE;
	struct string string = decode(vcpu);
	u64 cr2 = vcpu->state.cr2;
	u32 count, done;
	u64 gpa = 0;

	if (!left(vcpu, &string)) {
		vcpu->skip = true;
		return VMR_GO_AGAIN;
	}
	count = move(vcpu, &string, piece(vcpu, &string), &verdict, &gpa);
	if (!count)
		return verdict == VMR_MEMORY_NONE ?
		       no_memory(vcpu, gpa, string.io.in) : VMR_GO_AGAIN;
	/* What faults comes after what doesn't: it is found again. */
	vcpu->redeliver = 0;
	vcpu->state.cr2 = cr2;

	done = post_many(vcpu, &string.io, count);
	if (done) {
		look_at_element(vcpu, &string);
		advance(vcpu, &string, done);
		return VMR_GO_AGAIN;
	}
	begin_many(vcpu, &string.io, count);
	return VMR_GO_USER;
}

struct vmr_exit *vmr_exit_io_again(struct vmr_vcpu *vcpu,
				   const struct vmr_exit_state *from)
{
	struct vmr_io io = vmr_qual_io(from->qualification);

	return io.string ? begin_many(vcpu, &io, from->count) : begin_one(vcpu, &io);
}

enum vmr_verdict vmr_exit_io(struct vmr_vcpu *vcpu)
{
	if (vmr_burst_fetch(vcpu, REGISTERS)) {
		vcpu->vmx_lost = true;
		return VMR_GO_AGAIN;
	}
	return many(vcpu);
}

static noinline bool in_at_once(struct vmr_vcpu *vcpu, u16 port, u8 size)
{
	u64 data[VMR_POST_WORDS] = {};

	if (!vmr_post_read(vcpu, false, port, size, data))
		return false;
	put_in(vcpu, data[0], size);
	return true;
}

static bool out_at_once(struct vmr_vcpu *vcpu, u16 port, u8 size)
{
	return vmr_post_write(vcpu, false, port, size,
			      vcpu->state.gpr[VMR_RAX] & size_mask(size), NULL);
}

/* The same as look_at_port(), in the burst of the exit. */
static void look_at_fast_port(struct vmr_vcpu *vcpu, const struct vmr_io *io)
{
	u64 hits;

	if (likely(!vmr_watch_any(&vcpu->state)))
		return;
	vmr_state_read(vcpu, VMR_STATE_CONTROL);
	hits = vmr_watch_hits(&vcpu->state, VMR_WATCH_PORT, io->port, io->size);
	if (hits && vcpu->state.cr4 & SDM_CR4_DE)
		vmr_vmcs_write(VMCS_GUEST_PENDING_DEBUG,
			       vmr_vmcs_read(VMCS_GUEST_PENDING_DEBUG) | hits);
}

/* Not inlined: what it takes mustn't be the burden of an access that is posted. */
static noinline enum vmr_verdict ask_user(struct vmr_vcpu *vcpu, u64 qualification)
{
	struct vmr_io io = vmr_qual_io(qualification);

	if (unlikely(io.string))
		return VMR_GO_SLOW;
	vcpu->exit.qualification = qualification;
	vcpu->exit.length = vmr_vmcs_read32(VMCS_EXIT_INSTRUCTION_LENGTH);
	return one(vcpu, &io);
}

/* In the burst of the exit: one access, for which a region may need no user space. */
enum vmr_verdict vmr_exit_io_fast(struct vmr_vcpu *vcpu)
{
	u64 qualification = vmr_vmcs_read(VMCS_EXIT_QUALIFICATION);
	struct vmr_io io;
	bool done;

	if (likely(!vmr_regions_exist(&vcpu->vm->regions)))
		return ask_user(vcpu, qualification);
	io = vmr_qual_io(qualification);
	if (io.string)
		return VMR_GO_SLOW;
	done = io.in ? in_at_once(vcpu, io.port, io.size) :
		       out_at_once(vcpu, io.port, io.size);
	if (!done)
		return ask_user(vcpu, qualification);
	look_at_fast_port(vcpu, &io);
	return vmr_exit_skip(vcpu);
}
