/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the execution of one decoded instruction on a vCPU's registers, where its
 * memory is a device's, or partly so. Pure: no state, no kernel dependency;
 * selftests/unit compiles it in user space.
 *
 * It runs from the beginning each time. Accesses to devices that have been made are
 * in struct vmr_mmio_progress: reads are answered from there. The first that isn't
 * there ends the run; when it has been made, and noted, the instruction is run
 * again. RAM is written when nothing can stop the instruction any more, and
 * registers are after that.
 */
#ifndef VMR_VMX_EMULATE_H
#define VMR_VMX_EMULATE_H

#include <linux/types.h>

#include <vmring.h>

#include "vmx/decode.h"
#include "vmx/walk.h"

/* The longest access to a device, and the longest of a vector instruction. */
#define VMR_DEVICE_MOST		8
#define VMR_DEVICE_MOST_VECTOR	32

/* More than any instruction makes. */
#define VMR_DEVICE_ACCESSES	16

enum vmr_emulate_verdict {
	VMR_EMULATE_DONE,	/* it has been executed */
	VMR_EMULATE_DEVICE,	/* an access to a device comes next: gpa, size, ... */
	VMR_EMULATE_FAULT,	/* it raises an exception: vector, error, address */
	VMR_EMULATE_MISSING,	/* memory can't be had at gpa */
	VMR_EMULATE_AGAIN,	/* it isn't an instruction with these accesses */
};

/**
 * struct vmr_emulate_ops - what an emulation needs of its surroundings
 * @translate: linear address to guest-physical, as vmr_walk() does
 * @is_memory: whether an address is RAM, for a read or for a write
 * @read: read RAM that doesn't cross a page; 0 if it was read
 * @write: write it
 * @read_vector: the first @size bytes of a vector register, 16 or 32
 * @write_vector: write them; @vex: zero what is above, else leave it
 *
 * Each has the caller's context first.
 */
struct vmr_emulate_ops {
	enum vmr_walk_verdict (*translate)(void *ctx, u64 linear, u32 access,
					   struct vmr_walk_result *result);
	bool (*is_memory)(void *ctx, u64 gpa, bool write);
	int (*read)(void *ctx, u64 gpa, void *buf, u32 len);
	int (*write)(void *ctx, u64 gpa, const void *buf, u32 len);
	void (*read_vector)(void *ctx, u8 reg, void *buf, u8 size);
	void (*write_vector)(void *ctx, u8 reg, const void *buf, u8 size, bool vex);
};

/* A write to RAM that waits until nothing can go wrong any more. */
struct vmr_emulate_write {
	u64 gpa;
	u8 size;
	u8 data[32];
};

#define VMR_EMULATE_WRITES	4

/**
 * struct vmr_emulation - one instruction, and what came of it
 * @state: registers, segments and control registers; changed with
 *	   VMR_EMULATE_DONE only, and RIP isn't even then
 * @mode: how addresses are translated
 * @insn: the instruction
 * @progress: the accesses to devices that have been made
 * @ops: the surroundings
 * @ctx: for @ops
 * @needs_device: an instruction that touches no device, and would write memory, is
 *		  VMR_EMULATE_AGAIN: a CPU does that better, with a LOCK above all
 *
 * The caller sets these. Then, by the verdict:
 *
 * @rip: DONE: of the next instruction, or of the same if it isn't through
 * @repeat: DONE: a string instruction has iterations left
 * @branch: DONE: it was a branch
 * @hits: DONE: the breakpoints on data that it hits, as vmr_watch_hits() tells
 * @registers: DONE: RSP or RFLAGS changed (RFLAGS.RF, which ends with each instruction
 *	       and is set between two iterations, doesn't count), or @rip isn't just
 *	       behind the instruction
 * @devices: accesses to devices that were met
 * @gpa: DEVICE and MISSING: where
 * @size: DEVICE: of the access
 * @write: DEVICE and MISSING: it is a write
 * @last: DEVICE: vmr_emulate_finish() is all that is left when it has been made
 * @table: MISSING: a paging structure is, not the operand
 * @data: DEVICE: what is to be written
 * @vector: FAULT: the exception
 * @error: FAULT: its error code, if it has one
 * @address: FAULT: for CR2, if it is #PF
 */
struct vmr_emulation {
	struct vmr_state *state;
	const struct vmr_walk_mode *mode;
	const struct vmr_insn *insn;
	const struct vmr_mmio_progress *progress;
	const struct vmr_emulate_ops *ops;
	void *ctx;
	bool needs_device;

	u64 rip;
	bool repeat;
	bool branch;
	u64 hits;
	bool registers;
	u8 devices;
	u64 gpa;
	u8 size;
	bool write;
	bool last;
	bool table;
	u8 data[VMR_DEVICE_MOST_VECTOR];
	u8 vector;
	u32 error;
	u64 address;

	/* Only by emulate.c and emulate_operand.c. */
	u8 replayed;
	u8 writes;
	struct vmr_emulate_write pending[VMR_EMULATE_WRITES];
};

/**
 * vmr_emulate() - execute an instruction, or one iteration of a string instruction
 * @emulation: all about it
 *
 * Context: as the ops.
 * Return: the verdict.
 */
enum vmr_emulate_verdict vmr_emulate(struct vmr_emulation *emulation);

/**
 * vmr_emulate_note() - note an access to a device that has been made
 * @progress: of the instruction; nothing is noted that it has no room for
 * @data: what it has brought
 * @bytes: how much; 0 for a write
 *
 * There is room for all that one instruction does, unless user space says otherwise.
 *
 * Context: Any.
 * Return: false without room: the instruction has to begin anew.
 */
bool vmr_emulate_note(struct vmr_mmio_progress *progress, const void *data, u8 bytes);

/**
 * vmr_emulate_plain() - find the one access of a plain move
 * @e: the instruction; state, mode and insn are set, nothing else is needed
 * @linear: where it is; its translation is the caller's to make
 *
 * A short way for what most instructions that touch devices are. There is no breakpoint
 * on data and nothing wrong with the segment, and the access is aligned, so that it lies
 * in one page.
 *
 * Context: Any.
 * Return: true: size, write, last and data are as with VMR_EMULATE_DEVICE; false:
 *	   vmr_emulate() has to be asked.
 */
bool vmr_emulate_plain(struct vmr_emulation *e, u64 *linear);

/**
 * vmr_emulate_finish() - finish an instruction whose last access has been made
 * @insn: the instruction
 * @state: registers; RSP, RIP and RFLAGS don't change, not even RFLAGS.RF
 * @value: what was read, zero-extended; of no use for a write
 *
 * For most that touch devices this saves running them again.
 *
 * Context: Any.
 */
void vmr_emulate_finish(const struct vmr_insn *insn, struct vmr_state *state,
			u64 value);

#endif
