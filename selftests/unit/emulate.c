// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of what stops an emulated instruction: its faults, in their order,
 * memory that isn't there, and notes of accesses that aren't its own, or too many. What
 * instructions do is compared with a CPU in emulate_native.c.
 */
#include <string.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "insn_bytes.h"
#include "random.h"
#include "unit.h"
#include "vmx/arch.h"
#include "vmx/decode.h"
#include "vmx/emulate.h"

#define RAM		0x1000ULL	/* linear and guest-physical, one page */
#define DEVICE		0x2000ULL	/* one page */
#define ABSENT		0x3000ULL	/* no translation, one page; then RAM again */
#define GONE		0x5000ULL	/* RAM that can't be had */

#define NO_VECTOR	0xff
#define AT(...)		(const u8 []){ __VA_ARGS__ }

/* Everything in which an instruction runs. */
struct world {
	struct vmr_state state;
	struct vmr_walk_mode mode;
	struct vmr_mmio_progress progress;
	struct vmr_emulation e;
	bool only_devices;
	u8 bits;
	u32 reads, writes;
	u64 second;		/* where the last translation was */
};

static enum vmr_walk_verdict translate(void *ctx, u64 linear, u32 access,
				       struct vmr_walk_result *result)
{
	((struct world *)ctx)->second = linear;
	if ((linear & ~0xfffULL) == ABSENT) {
		result->error_code = access & VMR_WALK_WRITE ? SDM_PF_WRITE : 0;
		return VMR_WALK_FAULT;
	}
	result->gpa = linear;
	return VMR_WALK_DONE;
}

static bool is_memory(void *ctx, u64 gpa, bool write)
{
	return !((struct world *)ctx)->only_devices && (gpa & ~0xfffULL) != DEVICE;
}

static int read_ram(void *ctx, u64 gpa, void *buf, u32 len)
{
	((struct world *)ctx)->reads++;
	memset(buf, 0x11, len);
	return (gpa & ~0xfffULL) == GONE;
}

static int write_ram(void *ctx, u64 gpa, const void *buf, u32 len)
{
	((struct world *)ctx)->writes++;
	return (gpa & ~0xfffULL) == GONE;
}

static void read_vector(void *ctx, u8 reg, void *buf, u8 size)
{
	memset(buf, 0x22, size);
}

static void write_vector(void *ctx, u8 reg, const void *buf, u8 size, bool vex)
{
}

static const struct vmr_emulate_ops ops = {
	.translate = translate,
	.is_memory = is_memory,
	.read = read_ram,
	.write = write_ram,
	.read_vector = read_vector,
	.write_vector = write_vector,
};

static void prepare(struct world *world, u8 bits)
{
	u32 i;

	*world = (struct world){ .bits = bits };
	world->mode = (struct vmr_walk_mode){
		.cr0 = SDM_CR0_PE, .cpl = 3, .cs_l = bits == 64,
		.efer = bits == 64 ? SDM_EFER_LMA : 0,
	};
	world->state.cr0 = SDM_CR0_PE;
	world->state.cr4 = SDM_CR4_OSFXSR | SDM_CR4_OSXSAVE;
	world->state.xcr0 = 7;
	world->state.gpr[VMR_RSP] = RAM + 0x800;
	for (i = VMR_ES; i <= VMR_GS; i++)
		world->state.segment[i] = (struct vmr_segment){
			.limit = 0xffff,
			.access = 0xf3 | (bits == 32 ? SDM_SEGMENT_DB : 0),
		};
	world->state.segment[VMR_CS].access = 0xfb;
}

/* The instruction at EAX (RSI and RDI too); registers don't change unless it's done. */
static enum vmr_emulate_verdict run(struct world *world, const u8 *bytes, u64 at)
{
	struct vmr_state before;
	enum vmr_emulate_verdict verdict;
	struct vmr_insn insn;

	EXPECT_EQ(vmr_decode(bytes, VMR_INSN_MOST, world->bits, &insn), VMR_DECODE_DONE);
	world->state.gpr[VMR_RAX] = at;
	world->mode.rflags = world->state.rflags;
	world->e.state = &world->state;
	world->e.mode = &world->mode;
	world->e.insn = &insn;
	world->e.progress = &world->progress;
	world->e.ops = &ops;
	world->e.ctx = world;
	world->reads = 0;
	world->writes = 0;
	before = world->state;
	verdict = vmr_emulate(&world->e);
	if (verdict != VMR_EMULATE_DONE)
		EXPECT(!memcmp(&before, &world->state, sizeof(before)));
	if (verdict == VMR_EMULATE_FAULT)
		EXPECT(!world->writes);
	return verdict;
}

/* The exception that it raises, or NO_VECTOR. */
static u8 raises(struct world *world, const u8 *bytes, u64 at)
{
	return run(world, bytes, at) == VMR_EMULATE_FAULT ? world->e.vector : NO_VECTOR;
}

#define MOV_LOAD	AT(0x8b, 0x08, [15] = 0)		/* mov (%rax), %ecx */
#define MOV_FS_LOAD	AT(0x64, 0x8b, 0x08, [15] = 0)		/* mov %fs:(%rax), %ecx */
#define MOV_BYTE	AT(0x8a, 0x08, [15] = 0)
#define MOVAPS		AT(0x0f, 0x28, 0x00, [15] = 0)
#define MOVUPS		AT(0x0f, 0x10, 0x00, [15] = 0)
#define VMOVAPS_YMM	AT(0xc5, 0xfc, 0x28, 0x00, [15] = 0)
#define CMPXCHG16B	AT(0x48, 0x0f, 0xc7, 0x08, [15] = 0)
#define ADD_LONG	AT(0x48, 0x01, 0x08, [15] = 0)		/* add %rcx, (%rax) */
#define PUSH_AX		AT(0x50, [15] = 0)
#define JMP_TO		AT(0xff, 0x20, [15] = 0)
#define MOVSQ		AT(0x48, 0xa5, [15] = 0)

void emulate_alignment(void)
{
	struct world world;

	prepare(&world, 64);
	EXPECT_EQ(raises(&world, MOVAPS, DEVICE + 8), SDM_VECTOR_GP);
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE + 8), NO_VECTOR);
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE + 16), SDM_VECTOR_GP);
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE + 32), NO_VECTOR);
	EXPECT_EQ(raises(&world, CMPXCHG16B, DEVICE + 8), SDM_VECTOR_GP);

	/* #AC: the guest, the program and its privilege have to want it. */
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE + 2), NO_VECTOR);
	world.mode.cr0 |= SDM_CR0_AM;
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE + 2), NO_VECTOR);
	world.state.rflags = SDM_RFLAGS_AC;
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE + 2), SDM_VECTOR_AC);
	EXPECT_EQ(world.e.error, 0);
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE + 4), NO_VECTOR);
	EXPECT_EQ(raises(&world, MOV_BYTE, DEVICE + 3), NO_VECTOR);
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE + 3), NO_VECTOR);
	world.mode.cpl = 0;
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE + 2), NO_VECTOR);
}

/* The short way for a plain move: false if it isn't one. */
static bool is_plain(struct world *world, const u8 *bytes, u64 at, u64 *linear)
{
	struct vmr_insn insn;

	EXPECT_EQ(vmr_decode(bytes, VMR_INSN_MOST, world->bits, &insn), VMR_DECODE_DONE);
	world->state.gpr[VMR_RAX] = at;
	world->e.state = &world->state;
	world->e.mode = &world->mode;
	world->e.insn = &insn;
	return vmr_emulate_plain(&world->e, linear);
}

/* What is plain is the same access as by the long way, and the only one. */
static void expect_plain(struct world *world, const u8 *bytes, u64 at)
{
	struct vmr_emulation *e = &world->e, slow;
	u64 linear = 0;

	EXPECT_EQ(run(world, bytes, at), VMR_EMULATE_DEVICE);
	slow = *e;
	memset(e, 0xff, sizeof(*e));
	EXPECT(is_plain(world, bytes, at, &linear));
	EXPECT_EQ(linear, slow.gpa);
	EXPECT_EQ(e->size, slow.size);
	EXPECT_EQ(e->write, slow.write);
	EXPECT_EQ(e->last, slow.last);
	if (slow.write)
		EXPECT(!memcmp(e->data, slow.data, slow.size));
}

#define RSP_LOAD	AT(0x48, 0x8b, 0x20, [15] = 0)	/* mov (%rax), %rsp */
#define CMOV		AT(0x0f, 0x44, 0x08, [15] = 0)
#define SETE		AT(0x0f, 0x94, 0x00, [15] = 0)
#define STORE_SEGMENT	AT(0x8c, 0x18, [15] = 0)

void emulate_plain(void)
{
	static const u8 moves[][16] = {
		{ 0x8a, 0x08 }, { 0x8b, 0x08 }, { 0x66, 0x8b, 0x08 }, { 0x48, 0x8b, 0x08 },
		{ 0x88, 0x08 }, { 0x89, 0x08 }, { 0x66, 0x89, 0x08 }, { 0x48, 0x89, 0x08 },
		{ 0x88, 0x28 }, { 0x8a, 0x28 }, { 0xc7, 0x00, 0x78, 0x56, 0x34, 0x12 },
		{ 0x48, 0xc7, 0x00, 0xfb, 0xff, 0xff, 0xff }, { 0x0f, 0xb6, 0x08 },
		{ 0x0f, 0xbe, 0x08 }, { 0x0f, 0xb7, 0x08 }, { 0x48, 0x63, 0x08 },
		{ 0x8b, 0x48, 0x08 }, { 0x89, 0x4c, 0x10, 0x10 }, { 0x64, 0x89, 0x08 },
	};
	const u8 *const others[] = {
		MOVUPS, ADD_LONG, RSP_LOAD, CMOV, SETE, STORE_SEGMENT, JMP_TO,
	};
	struct world world;
	u64 linear;
	u32 i;

	prepare(&world, 64);
	world.state.gpr[VMR_RCX] = 0x1122334455667788;
	world.state.gpr[VMR_RDX] = 0x20;
	world.state.segment[VMR_FS].base = 0x40;
	for (i = 0; i < ARRAY_SIZE(moves); i++)
		expect_plain(&world, moves[i], DEVICE + 8);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		EXPECT(!is_plain(&world, others[i], DEVICE + 16, &linear));

	/* Across a page, or only misaligned. */
	EXPECT(!is_plain(&world, MOV_LOAD, DEVICE + 0xffe, &linear));
	EXPECT(!is_plain(&world, MOV_LOAD, DEVICE + 2, &linear));
	EXPECT(!is_plain(&world, MOV_LOAD, 1ULL << 60, &linear));

	/* A breakpoint that is on, wherever. */
	world.state.dr7 = 1;
	EXPECT(!is_plain(&world, MOV_LOAD, DEVICE, &linear));

	prepare(&world, 32);
	world.state.segment[VMR_DS].base = 0x1000;
	expect_plain(&world, MOV_LOAD, DEVICE - 0x1000);
	EXPECT(!is_plain(&world, MOV_LOAD, 0x10000, &linear));
	world.state.segment[VMR_DS].access = 0xf1;	/* read-only */
	EXPECT(is_plain(&world, MOV_LOAD, DEVICE, &linear));
	EXPECT(!is_plain(&world, AT(0x89, 0x08, [15] = 0), DEVICE, &linear));
}

void emulate_vector_units(void)
{
	struct world world;

	prepare(&world, 64);
	world.state.cr0 |= SDM_CR0_TS;
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE), SDM_VECTOR_NM);
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE), SDM_VECTOR_NM);
	EXPECT_EQ(raises(&world, MOV_LOAD, DEVICE), NO_VECTOR);
	world.state.cr4 = SDM_CR4_OSXSAVE;
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE), SDM_VECTOR_UD);
	world.state.cr4 = SDM_CR4_OSFXSR;
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE), SDM_VECTOR_UD);
	prepare(&world, 64);
	world.state.xcr0 = 3;
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE), SDM_VECTOR_UD);
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE), NO_VECTOR);
	world.state.cr0 |= SDM_CR0_EM;
	EXPECT_EQ(raises(&world, MOVUPS, DEVICE), SDM_VECTOR_UD);
	prepare(&world, 32);
	world.state.rflags = SDM_RFLAGS_VM;
	EXPECT_EQ(raises(&world, VMOVAPS_YMM, DEVICE), SDM_VECTOR_UD);
}

/* The second page's fault comes before the first page's device is asked. */
void emulate_page_faults(void)
{
	struct world world;

	prepare(&world, 64);
	EXPECT_EQ(raises(&world, MOV_LOAD, ABSENT - 2), SDM_VECTOR_PF);
	EXPECT_EQ(world.e.address, ABSENT);
	EXPECT_EQ(world.e.error, 0);
	EXPECT_EQ(raises(&world, ADD_LONG, ABSENT + 0xffc), SDM_VECTOR_PF);
	EXPECT_EQ(world.e.address, ABSENT + 0xffc);
	EXPECT_EQ(world.e.error, SDM_PF_WRITE);
	EXPECT_EQ(world.e.devices, 0);

	/* A string's destination, before its source is read; and its source first. */
	world.state.gpr[VMR_RSI] = DEVICE;
	world.state.gpr[VMR_RDI] = ABSENT + 8;
	EXPECT_EQ(raises(&world, MOVSQ, 0), SDM_VECTOR_PF);
	EXPECT_EQ(world.e.address, ABSENT + 8);
	EXPECT_EQ(world.e.error, SDM_PF_WRITE);
	world.state.gpr[VMR_RSI] = ABSENT + 16;
	EXPECT_EQ(raises(&world, MOVSQ, 0), SDM_VECTOR_PF);
	EXPECT_EQ(world.e.address, ABSENT + 16);
}

void emulate_segments(void)
{
	struct world world;

	prepare(&world, 64);
	EXPECT_EQ(raises(&world, MOV_LOAD, 1ULL << 47), SDM_VECTOR_GP);
	world.state.gpr[VMR_RSP] = 1ULL << 63;
	EXPECT_EQ(raises(&world, PUSH_AX, 0), SDM_VECTOR_SS);

	prepare(&world, 32);
	EXPECT_EQ(raises(&world, MOV_LOAD, 0xfffd), SDM_VECTOR_GP);
	EXPECT_EQ(raises(&world, MOV_LOAD, 0xfffc), NO_VECTOR);
	world.state.gpr[VMR_RSP] = 0x20000;
	EXPECT_EQ(raises(&world, PUSH_AX, 0), SDM_VECTOR_SS);
	/* All that is read is 0x11: that far the code doesn't go. */
	EXPECT_EQ(raises(&world, JMP_TO, RAM), SDM_VECTOR_GP);
	world.state.segment[VMR_CS].limit = 0xffffffff;
	EXPECT_EQ(raises(&world, JMP_TO, RAM), NO_VECTOR);
	EXPECT_EQ(world.e.rip, 0x11111111);

	/* A stack of 16 bits goes around, and keeps the rest of ESP. */
	prepare(&world, 16);
	world.state.gpr[VMR_RSP] = 0xabcd0000;
	EXPECT_EQ(run(&world, PUSH_AX, 0), VMR_EMULATE_DONE);
	EXPECT_EQ(world.state.gpr[VMR_RSP], 0xabcdfffe);
	EXPECT(world.e.registers);
}

/* Addresses go around at 4 GiB, in compatibility mode too. */
void emulate_wraps(void)
{
	struct world world;
	int long_mode;

	for (long_mode = 0; long_mode < 2; long_mode++) {
		prepare(&world, 32);
		world.mode.efer = long_mode ? SDM_EFER_LMA : 0;
		world.state.segment[VMR_DS].base = 0xffff0000;
		EXPECT_EQ(run(&world, MOV_LOAD, 0xfffc), VMR_EMULATE_DONE);
		EXPECT_EQ(world.second, 0xfffffffc);
		world.state.segment[VMR_DS].base = 0xffff0002;
		EXPECT_EQ(run(&world, MOV_LOAD, 0xfffc), VMR_EMULATE_DONE);
		EXPECT_EQ(world.second, 0);
	}
	prepare(&world, 64);
	world.state.segment[VMR_FS].base = 0xfffff000;
	EXPECT_EQ(run(&world, MOV_FS_LOAD, 0xffe), VMR_EMULATE_DONE);
	EXPECT_EQ(world.second, 0x100000000);
}

void emulate_missing_memory(void)
{
	struct world world;

	prepare(&world, 64);
	EXPECT_EQ(run(&world, MOV_LOAD, GONE + 4), VMR_EMULATE_MISSING);
	EXPECT_EQ(world.e.gpa, GONE + 4);
	EXPECT(!world.e.write && !world.e.table);
	/* What a device has given is there when the instruction comes again. */
	world.state.gpr[VMR_RSI] = DEVICE;
	world.state.gpr[VMR_RDI] = GONE;
	EXPECT_EQ(run(&world, MOVSQ, 0), VMR_EMULATE_DEVICE);
	EXPECT_EQ(world.e.gpa, DEVICE);
	EXPECT_EQ(world.e.size, 8);
	EXPECT(!world.e.write && !world.e.last);
	world.progress = (struct vmr_mmio_progress){ .accesses = 1, .bytes = 8 };
	EXPECT_EQ(run(&world, MOVSQ, 0), VMR_EMULATE_MISSING);
	EXPECT_EQ(world.e.gpa, GONE);
	EXPECT(world.e.write);
	world.state.gpr[VMR_RDI] = RAM;
	EXPECT_EQ(run(&world, MOVSQ, 0), VMR_EMULATE_DONE);
	EXPECT_EQ(world.writes, 1);
	EXPECT_EQ(world.e.devices, 1);
}

/* Notes that can't be of this instruction, and an instruction without a device. */
void emulate_notes(void)
{
	struct world world;

	prepare(&world, 64);
	world.progress = (struct vmr_mmio_progress){ .accesses = 1, .bytes = 3 };
	EXPECT_EQ(run(&world, MOV_LOAD, DEVICE), VMR_EMULATE_AGAIN);
	world.progress = (struct vmr_mmio_progress){ .accesses = 1, .bytes = 255 };
	EXPECT_EQ(run(&world, MOV_LOAD, DEVICE), VMR_EMULATE_AGAIN);
	world.progress = (struct vmr_mmio_progress){};
	world.e.needs_device = true;
	EXPECT_EQ(run(&world, ADD_LONG, RAM), VMR_EMULATE_AGAIN);
	EXPECT_EQ(world.writes, 0);
	EXPECT_EQ(run(&world, MOV_LOAD, RAM), VMR_EMULATE_DONE);
	EXPECT_EQ(world.state.gpr[VMR_RCX], 0x11111111);
	EXPECT_EQ(run(&world, ADD_LONG, DEVICE), VMR_EMULATE_DEVICE);
}

/* Progress that user space has set has as much in it as it likes. */
void emulate_notes_full(void)
{
	const u8 data[VMR_DEVICE_MOST_VECTOR] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	struct vmr_mmio_progress progress = {}, before;
	u8 bytes;

	EXPECT(vmr_emulate_note(&progress, data, 9));
	EXPECT(vmr_emulate_note(&progress, data, 0));
	EXPECT_EQ(progress.accesses, 2);
	EXPECT_EQ(progress.bytes, 9);
	EXPECT(!memcmp(progress.data, data, 9));
	for (bytes = 1; bytes <= VMR_DEVICE_MOST_VECTOR; bytes++) {
		progress.bytes = sizeof(progress.data) - bytes + 1;
		before = progress;
		EXPECT(!vmr_emulate_note(&progress, data, bytes));
		EXPECT(!memcmp(&before, &progress, sizeof(before)));
		progress.bytes--;
		EXPECT(vmr_emulate_note(&progress, data, bytes));
		EXPECT_EQ(progress.bytes, sizeof(progress.data));
		progress.accesses = 2;
	}
	progress = (struct vmr_mmio_progress){ .accesses = VMR_DEVICE_ACCESSES - 1 };
	EXPECT(vmr_emulate_note(&progress, data, 1));
	before = progress;
	EXPECT(!vmr_emulate_note(&progress, data, 0));
	EXPECT(!memcmp(&before, &progress, sizeof(before)));
}

/* All its accesses are a device's: how many they are, or 0 if it doesn't come to its end. */
static u8 accesses_of(struct world *world)
{
	const u8 zeroes[VMR_DEVICE_MOST_VECTOR] = {};
	enum vmr_emulate_verdict verdict;
	struct vmr_state before = world->state;

	for (;;) {
		world->state = before;
		verdict = vmr_emulate(&world->e);
		if (verdict != VMR_EMULATE_DEVICE)
			return verdict == VMR_EMULATE_DONE ? world->e.devices : 0;
		EXPECT(vmr_emulate_note(&world->progress, zeroes,
					world->e.write ? 0 : world->e.size));
	}
}

/* No instruction that is decoded makes more accesses than are noted. */
void emulate_has_room(void)
{
	u64 seed = 0xacce55;
	struct vmr_insn insn;
	struct world world;
	u8 bytes[VMR_INSN_MOST + 1], count, most = 0;
	u32 i, reg;

	for (i = 0; i < 200000; i++) {
		prepare(&world, 64);
		insn_draw(&seed, 64, bytes);
		if (vmr_decode(bytes, VMR_INSN_MOST, 64, &insn) != VMR_DECODE_DONE)
			continue;
		/* Operands that go on in the next page. */
		for (reg = 0; reg < VMR_GPRS; reg++)
			world.state.gpr[reg] = DEVICE - 3;
		insn.displacement = 0;
		insn.index = VMR_INSN_NO_REG;
		world.only_devices = true;
		world.mode.cpl = 0;
		world.e = (struct vmr_emulation){
			.state = &world.state, .mode = &world.mode, .insn = &insn,
			.progress = &world.progress, .ops = &ops, .ctx = &world,
		};
		count = accesses_of(&world);
		if (count > most)
			most = count;
	}
	/* Two of each page. */
	EXPECT_EQ(most, 4);
}
