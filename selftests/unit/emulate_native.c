// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the comparison of the emulator with the CPU that the tests run on: drawn
 * instructions, each executed by both on equal registers and memory. For the
 * emulator any page may be a device's: what comes of an instruction mustn't depend
 * on it, and until an instruction is through nothing may have changed.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "insn_bytes.h"
#include "unit.h"
#include "vmx/arch.h"
#include "vmx/decode.h"
#include "vmx/emulate.h"

#define PAGE		4096
#define PAGES		4
#define MEMORY		(PAGES * PAGE)
#define GPA		0x123450000ULL		/* of the first page, for the emulator */
#define ALL_FLAGS	0xcd5UL			/* OF DF SF ZF AF PF CF */

/* native.S */
struct native {
	u64 gpr[VMR_GPRS];
	u64 rflags;
	u64 code;
	u64 own_stack;
	u64 pad;
	u8 vector[16][32];
};

static_assert(offsetof(struct native, vector) == 160);

struct native native;
void native_run(void);
void native_back(void);

/* Executable: an instruction, and behind it the way back. */
static u8 *code;
/* What the CPU works on, at an address of 32 bits; and the emulator's copy. */
static u8 *memory;
static u8 shadow[MEMORY];

static struct vmr_insn insn;
static u8 bytes[VMR_INSN_MOST + 1];

/* ---- the emulator's surroundings ---- */

struct world {
	struct vmr_state state;
	u8 vector[16][32];
	bool device[PAGES];
	u32 written;		/* how often RAM was */
};

static enum vmr_walk_verdict translate(void *ctx, u64 linear, u32 access,
				       struct vmr_walk_result *result)
{
	EXPECT(linear - (u64)memory < MEMORY);
	result->gpa = linear - (u64)memory + GPA;
	return VMR_WALK_DONE;
}

static bool is_memory(void *ctx, u64 gpa, bool write)
{
	return !((struct world *)ctx)->device[(gpa - GPA) / PAGE];
}

static int read_ram(void *ctx, u64 gpa, void *buf, u32 len)
{
	EXPECT(is_memory(ctx, gpa, false));
	EXPECT((gpa - GPA) % PAGE + len <= PAGE);
	memcpy(buf, shadow + gpa - GPA, len);
	return 0;
}

static int write_ram(void *ctx, u64 gpa, const void *buf, u32 len)
{
	EXPECT(is_memory(ctx, gpa, true));
	EXPECT((gpa - GPA) % PAGE + len <= PAGE);
	memcpy(shadow + gpa - GPA, buf, len);
	((struct world *)ctx)->written++;
	return 0;
}

static void read_vector(void *ctx, u8 reg, void *buf, u8 size)
{
	memcpy(buf, ((struct world *)ctx)->vector[reg], size);
}

static void write_vector(void *ctx, u8 reg, const void *buf, u8 size, bool vex)
{
	struct world *world = ctx;

	memcpy(world->vector[reg], buf, size);
	if (vex)
		memset(world->vector[reg] + size, 0, 32 - size);
}

static const struct vmr_emulate_ops ops = {
	.translate = translate,
	.is_memory = is_memory,
	.read = read_ram,
	.write = write_ram,
	.read_vector = read_vector,
	.write_vector = write_vector,
};

static const struct vmr_walk_mode mode = {
	.cr0 = SDM_CR0_PE | SDM_CR0_PG,
	.cr4 = SDM_CR4_PAE,
	.efer = SDM_EFER_LME | SDM_EFER_LMA,
	.cs_l = true,
	.cpl = 3,
};

/* Makes an access of a device, and notes it. */
static void access_device(const struct vmr_emulation *e, struct vmr_mmio_progress *progress)
{
	EXPECT(e->size >= 1 && e->size <= (insn.vector ? 32 : 8));
	EXPECT((e->gpa - GPA) % PAGE + e->size <= PAGE);
	EXPECT(progress->bytes + e->size <= sizeof(progress->data));
	if (e->write) {
		memcpy(shadow + e->gpa - GPA, e->data, e->size);
	} else {
		memcpy(progress->data + progress->bytes, shadow + e->gpa - GPA, e->size);
		progress->bytes += e->size;
	}
	progress->accesses++;
}

/* The short way, where that was the last access. */
static bool finish(struct world *world, const struct vmr_mmio_progress *progress,
		   const struct vmr_emulation *e, bool *repeat)
{
	u64 value = 0;

	EXPECT(e->size <= sizeof(value));
	if (!e->write)
		memcpy(&value, progress->data, e->size);
	vmr_emulate_finish(&insn, &world->state, value);
	world->state.rip += insn.length;
	*repeat = false;
	return true;
}

/* One instruction, or one iteration; false: not done. */
static bool emulate_once(struct world *world, bool *repeat)
{
	struct vmr_mmio_progress progress = {};
	struct vmr_emulation e = {
		.state = &world->state, .mode = &mode, .insn = &insn,
		.progress = &progress, .ops = &ops, .ctx = world,
	};
	struct vmr_state before = world->state;
	enum vmr_emulate_verdict verdict;

	world->written = 0;
	for (;;) {
		verdict = vmr_emulate(&e);
		if (verdict != VMR_EMULATE_DEVICE)
			break;
		EXPECT(!world->written);
		EXPECT(!memcmp(&before, &world->state, sizeof(before)));
		EXPECT(progress.accesses < 16);
		access_device(&e, &progress);
		if (e.last && progress.accesses == 1)
			return finish(world, &progress, &e, repeat);
	}
	EXPECT_EQ(verdict, VMR_EMULATE_DONE);
	EXPECT_EQ(e.devices, progress.accesses);
	*repeat = e.repeat;
	EXPECT_EQ(!(world->state.rflags & SDM_RFLAGS_RF), !e.repeat);
	before.rflags ^= (before.rflags ^ world->state.rflags) & SDM_RFLAGS_RF;
	EXPECT(e.registers || (before.rflags == world->state.rflags &&
			       before.gpr[VMR_RSP] == world->state.gpr[VMR_RSP] &&
			       e.rip == before.rip + insn.length));
	world->state.rip = e.rip;
	return verdict == VMR_EMULATE_DONE;
}

static bool emulate(struct world *world)
{
	bool repeat;
	u32 i;

	for (i = 0; i < 20; i++) {
		if (!emulate_once(world, &repeat))
			return false;
		if (!repeat)
			return true;
	}
	EXPECT(!"an end of the string instruction");
	return false;
}

/* ---- what the drawn instructions are ---- */

static bool is_string(void)
{
	return insn.op >= VMR_OP_MOVS && insn.op <= VMR_OP_SCAS;
}

static bool is_bit_in_register(void)
{
	return insn.op >= VMR_OP_BT && insn.op <= VMR_OP_BTC &&
	       insn.other == VMR_OTHER_REG;
}

static bool uses_stack(void)
{
	return insn.op >= VMR_OP_PUSH && insn.op <= VMR_OP_RET && insn.op != VMR_OP_JMP;
}

static bool is_branch(void)
{
	return insn.op == VMR_OP_CALL || insn.op == VMR_OP_JMP || insn.op == VMR_OP_RET;
}

static bool this_cpu_has_it(void)
{
	if (insn.op == VMR_OP_MOVBE)
		return __builtin_cpu_supports("movbe");
	return !insn.vex || __builtin_cpu_supports("avx2");
}

/* Of those that the test can't lay out: other segments, and addresses of its own. */
static bool is_suitable(void)
{
	if (insn.segment >= VMR_FS || !this_cpu_has_it())
		return false;
	if (insn.op == VMR_OP_CALL && !insn.memory)
		return false;
	/* A prefix that one maker's CPUs heed and the other's don't. */
	if (is_branch() && memchr(bytes, 0x66, insn.length))
		return false;
	if (!insn.memory)
		return true;
	if (insn.base == VMR_INSN_RIP)
		return false;
	if (insn.base == VMR_INSN_NO_REG && insn.index == VMR_INSN_NO_REG)
		return false;
	if (insn.base == insn.index && insn.scale != 1)
		return insn.scale == 1;
	/* The operand and the stack have to be in the same memory then. */
	if (uses_stack() && insn.base == VMR_RSP)
		return insn.op != VMR_OP_CALL && insn.address_size == 8 &&
		       insn.index == VMR_INSN_NO_REG && insn.displacement >= -128 &&
		       insn.displacement < 128;
	return !is_bit_in_register() ||
	       (insn.reg != insn.base && insn.reg != insn.index);
}

/* Somewhere in memory, often across pages, with room on both sides. */
static u64 draw_place(u64 *seed)
{
	u64 place = 0x800 + (draw(seed) >> 32) % 0x2800;

	if (draw(seed) >> 63)
		place = (1 + (draw(seed) >> 32) % 3) * PAGE - (draw(seed) >> 32) % 40;
	if (insn.aligned || insn.op == VMR_OP_CMPXCHG8B)
		place &= ~31ULL;
	return (u64)memory + place;
}

/* Gives base and index values that add up to a place. */
static bool point(u64 *gpr, u64 place)
{
	u64 rest = place - insn.displacement;

	if (insn.base == VMR_INSN_NO_REG) {
		gpr[insn.index] = rest / insn.scale;
		return !(rest % insn.scale) && (insn.address_size == 8 || rest < 1ULL << 32);
	}
	if (insn.index == insn.base) {
		gpr[insn.base] = rest / 2;
		return !(rest & 1);
	}
	if (insn.index != VMR_INSN_NO_REG)
		rest -= gpr[insn.index] * insn.scale;
	if (insn.op == VMR_OP_POP && insn.base == VMR_RSP)
		rest -= insn.size;
	gpr[insn.base] = rest;
	/* The upper halves don't count with an address of 32 bits. */
	if (insn.address_size == 4 && insn.base != VMR_RSP)
		gpr[insn.base] ^= 0x5a5a5a5aULL << 32;
	return true;
}

static void aim_branch(u64 *gpr)
{
	u64 back = (u64)code + insn.length;
	u64 at = insn.op == VMR_OP_RET ? gpr[VMR_RSP] : insn.displacement;

	if (insn.memory) {
		if (insn.base != VMR_INSN_NO_REG)
			at += gpr[insn.base];
		if (insn.index != VMR_INSN_NO_REG)
			at += gpr[insn.index] * insn.scale;
		at &= insn.address_size == 4 ? 0xffffffff : ~0ULL;
	}
	memcpy((void *)at, &back, 8);
}

static bool lay_out(u64 *seed)
{
	u64 *gpr = native.gpr;
	u32 i;

	for (i = 0; i < VMR_GPRS; i++)
		gpr[i] = draw(seed);
	for (i = 0; i < sizeof(native.vector) / 8; i++)
		((u64 *)native.vector)[i] = draw(seed);
	for (i = 0; i < MEMORY / 8; i++)
		((u64 *)memory)[i] = draw(seed);
	native.rflags = 0x202 | (draw(seed) & ALL_FLAGS);
	/* A quarter of all values is equal, or next to it, so that comparisons meet. */
	if (!(draw(seed) >> 62))
		for (i = 0; i < MEMORY / 8; i++)
			((u64 *)memory)[i] = gpr[VMR_RAX];
	if (!(draw(seed) >> 62))
		gpr[VMR_RDX] = gpr[VMR_RAX];

	if (is_string()) {
		gpr[VMR_RSI] = draw_place(seed);
		gpr[VMR_RDI] = draw_place(seed);
		gpr[VMR_RCX] = (draw(seed) >> 32) % 6;
		if (insn.address_size == 4)
			gpr[VMR_RCX] |= 1ULL << 40;
	}
	if (uses_stack())
		gpr[VMR_RSP] = draw_place(seed);
	if (is_bit_in_register())
		gpr[insn.reg] = (s64)(draw(seed) % 8192) - 4096;
	if (insn.memory && !point(gpr, draw_place(seed)))
		return false;
	if (is_branch())
		aim_branch(gpr);
	return true;
}

/* ---- comparing ---- */

static u8 shift_count(u64 rcx)
{
	u64 by = insn.other == VMR_OTHER_IMM ? insn.immediate : rcx;

	return by & (insn.size == 8 ? 63 : 31);
}

/* The flags that the manual defines; the others may be anything. */
static u64 defined_flags(u64 rcx)
{
	u64 undefined = 0;
	u8 by;

	switch (insn.op) {
	case VMR_OP_OR:
	case VMR_OP_AND:
	case VMR_OP_XOR:
	case VMR_OP_TEST:
		undefined = SDM_RFLAGS_AF;
		break;
	case VMR_OP_BT ... VMR_OP_BTC:
		undefined = SDM_RFLAGS_OF | SDM_RFLAGS_SF | SDM_RFLAGS_AF | SDM_RFLAGS_PF;
		break;
	case VMR_OP_ROL ... VMR_OP_SAR:
		by = shift_count(rcx);
		if (!by)
			break;
		if (insn.op >= VMR_OP_SHL)
			undefined = SDM_RFLAGS_AF;
		if (by != 1)
			undefined |= SDM_RFLAGS_OF;
		if (insn.op >= VMR_OP_SHL && insn.op != VMR_OP_SAR && by >= 8 * insn.size)
			undefined |= SDM_RFLAGS_CF;
		break;
	default:
		break;
	}
	return ALL_FLAGS & ~undefined;
}

static void tell(const struct world *world, const char *what)
{
	char hex[3 * VMR_INSN_MOST + 1] = "";
	u32 i;

	for (i = 0; i < insn.length; i++)
		scnprintf(hex + 3 * i, 4, "%02x ", bytes[i]);
	unit_fail(__FILE__, __LINE__, "%s: %s differs (flags 0x%llx, not 0x%llx)", hex,
		  what, world->state.rflags, native.rflags);
}

static void compare(const struct world *world, u64 rcx)
{
	u64 flags = defined_flags(rcx);

	if (memcmp(world->state.gpr, native.gpr, sizeof(native.gpr)))
		tell(world, "a register");
	if ((world->state.rflags ^ native.rflags) & flags)
		tell(world, "a flag");
	if (memcmp(world->vector, native.vector, sizeof(native.vector)))
		tell(world, "a vector");
	if (memcmp(shadow, memory, MEMORY))
		tell(world, "memory");
	if (world->state.rip != (u64)code + insn.length)
		tell(world, "RIP");
}

/* The way back: jmp *0(%rip), and the address. */
static void put_code(void)
{
	static const u8 jump[] = { 0xff, 0x25, 0, 0, 0, 0 };
	u64 back = (u64)native_back;

	memcpy(code, bytes, insn.length);
	memcpy(code + insn.length, jump, sizeof(jump));
	memcpy(code + insn.length + sizeof(jump), &back, sizeof(back));
}

static void read_selectors(struct vmr_state *state)
{
	asm volatile("mov %%es, %0" : "=m" (state->segment[VMR_ES].selector));
	asm volatile("mov %%cs, %0" : "=m" (state->segment[VMR_CS].selector));
	asm volatile("mov %%ss, %0" : "=m" (state->segment[VMR_SS].selector));
	asm volatile("mov %%ds, %0" : "=m" (state->segment[VMR_DS].selector));
	asm volatile("mov %%fs, %0" : "=m" (state->segment[VMR_FS].selector));
	asm volatile("mov %%gs, %0" : "=m" (state->segment[VMR_GS].selector));
}

static bool run_both(u64 *seed)
{
	struct world world = {};
	u64 rcx;
	u32 i;

	if (!lay_out(seed))
		return false;
	put_code();
	for (i = 0; i < PAGES; i++)
		world.device[i] = draw(seed) >> 63;
	memcpy(world.state.gpr, native.gpr, sizeof(native.gpr));
	world.state.rflags = native.rflags;
	world.state.rip = (u64)code;
	world.state.cr0 = SDM_CR0_PE | SDM_CR0_PG;
	world.state.cr4 = SDM_CR4_OSFXSR | SDM_CR4_OSXSAVE;
	world.state.xcr0 = 7;
	read_selectors(&world.state);
	memcpy(world.vector, native.vector, sizeof(native.vector));
	memcpy(shadow, memory, MEMORY);
	rcx = native.gpr[VMR_RCX];

	native.code = (u64)code;
	native_run();
	if (emulate(&world))
		compare(&world, rcx);
	return true;
}

static bool get_memory(void)
{
	code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	return code != MAP_FAILED && memory != MAP_FAILED;
}

void emulate_like_this_cpu(void)
{
	u32 i, seen[VMR_OPS] = {}, rounds = unit_rounds(60000);
	u64 seed = 0x6e6174697665;

	if (!__builtin_cpu_supports("avx")) {
		unit_skip("this CPU has no AVX");
		return;
	}
	if (!get_memory()) {
		unit_skip("no memory is executable and writable");
		return;
	}
	for (i = 0; i < rounds; i++) {
		insn_draw(&seed, 64, bytes);
		if (vmr_decode(bytes, VMR_INSN_MOST, 64, &insn) || !is_suitable())
			continue;
		if (run_both(&seed))
			seen[insn.op]++;
	}
	for (i = VMR_OP_NONE + 1; i < VMR_OPS; i++)
		if (seen[i] < 5)
			unit_fail(__FILE__, __LINE__, "operation %u came up %u times", i,
				  seen[i]);
	munmap(code, PAGE);
	munmap(memory, MEMORY);
}
