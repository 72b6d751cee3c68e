// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the suite: runs each case in each of its modes, and prints a line for each.
 *
 *	MODE | NAME | RESULT
 *
 * A case ends with a trap: the INT3 behind its code ("ok"), one where far transfers
 * lead ("lands"), or an exception, told with its error code and where it points to.
 * What follows are the registers, segments, flags and bytes at DATA that the body has
 * changed: a case with something to prepare runs a first time without its body.
 */
#include "image.h"

#define COUNT(table)	(sizeof(table) / sizeof((table)[0]))
#define INT3		0xcc
#define FILL		0x5a
#define CODE_MOST	256	/* bytes of a case's code */
#define VECTOR_DB	1
#define VECTOR_BP	3
#define VECTOR_PF	14
#define NO_FAULTS	0x4031e	/* #DB, NMI, #BP, #OF, #DF, 9 (none any more), #MC */
#define HOME_CR0	(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG)
#define HOME_CR4	CR4_PAE

struct mode {
	const char *name;
	u8 code;		/* which of a case's three */
	bool is_long;
	u16 cs;
	u16 ss;
	u16 data;
	u32 base;		/* of the segments */
};

static const struct mode modes[MODES] = {
	{ "real", 0, false, LOW_SEGMENT, LOW_SEGMENT, LOW_SEGMENT, LOW },
	{ "v86", 0, false, LOW_SEGMENT, LOW_SEGMENT, LOW_SEGMENT, LOW },
	{ "pm16-0", 0, false, CS16, DS16, DS16, LOW },
	{ "pm16-3", 0, false, USER_CS16, USER_DS16, USER_DS16, LOW },
	{ "pm32-0", 1, false, CS32, DS32, DS32, 0 },
	{ "pm32-3", 1, false, USER_CS32, USER_DS, USER_DS, 0 },
	{ "compat-0", 1, true, CS32, DS32, DS32, 0 },
	{ "compat-3", 1, true, USER_CS32, USER_DS, USER_DS, 0 },
	{ "long-0", 2, true, CS64, DS64, DS64, 0 },
	{ "long-3", 2, true, USER_CS64, USER_DS, USER_DS, 0 },
};

static const char *const names32[] = {
	"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi",
};

static const char *const names64[] = {
	"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};

static const char *const segment_names[] = { "cs", "ss", "ds", "es", "fs", "gs" };

static const char *const exceptions[32] = {
	"#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", NULL, "#TS", "#NP", "#SS",
	"#GP", "#PF", NULL, "#MF", "#AC", "#MC", "#XM", "#VE", "#CP",
};

/* All about a case's end that its registers don't tell. */
struct result {
	struct registers r;
	u8 data[DATA_SEEN];
	u32 cr2;
	u32 dr6;
};

static bool has_leaf(u32 leaf, u32 subleaf, int reg, u32 bit)
{
	u32 answer[4];

	cpuid(leaf & 0x80000000, 0, answer);
	if (answer[0] < leaf)
		return false;
	cpuid(leaf, subleaf, answer);
	return answer[reg] & bit;
}

/* What of a case's env this CPU may lack. */
static const struct {
	u32 env;
	u32 leaf;
	int reg;
	u32 bit;
} optional[] = {
	{ E_UMIP, 7, 2, 1 << 2 },
	{ E_FSGSBASE, 7, 1, 1 << 0 },
	{ E_OSXSAVE, 1, 2, 1 << 26 },
	{ E_RDTSCP, 0x80000001, 3, 1 << 27 },
};

static u32 there;	/* of these */

static void look_what_is_there(void)
{
	u32 i;

	for (i = 0; i < COUNT(optional); i++)
		if (has_leaf(optional[i].leaf, 0, optional[i].reg, optional[i].bit))
			there |= optional[i].env;
}

static bool is_there(u32 env)
{
	return !(env & (E_UMIP | E_FSGSBASE | E_OSXSAVE | E_RDTSCP) & ~there);
}

struct env_bit {
	u32 env;
	u32 bit;
};

static const struct env_bit flag_bits[] = {
	{ E_IF, FLAG_IF }, { E_IOPL3, FLAG_IOPL3 }, { E_TF, FLAG_TF }, { E_VIF, FLAG_VIF },
	{ E_VIP, FLAG_VIP }, { E_AC, FLAG_AC },
};

static const struct env_bit cr4_bits[] = {
	{ E_VME, CR4_VME }, { E_PVI, CR4_PVI }, { E_TSD, CR4_TSD }, { E_DE, CR4_DE },
	{ E_PCE, CR4_PCE }, { E_UMIP, CR4_UMIP }, { E_FSGSBASE, CR4_FSGSBASE },
	{ E_OSXSAVE, CR4_OSXSAVE },
};

static u32 bits(const struct env_bit *table, u32 count, u32 env)
{
	u32 value = 0;

	for (; count--; table++)
		if (env & table->env)
			value |= table->bit;
	return value;
}

static void set_msrs(u32 env)
{
	wrmsr(MSR_SYSENTER_CS, env & E_MSR_CS0 ? 0 : CS32);
	wrmsr(MSR_SYSENTER_ESP, TEST_STACK - 64);
	wrmsr(MSR_SYSENTER_EIP, LAND);
	if (!has_leaf(0x80000001, 0, 3, 1 << 29))
		return;
	/* SYSRET: 16 behind this is USER_CS64, 8 behind USER_DS. */
	wrmsr(MSR_STAR, (u64)(USER_CS64 - 16) << 48 | (u64)CS64 << 32);
	wrmsr(MSR_LSTAR, LAND);
	wrmsr(MSR_CSTAR, LAND);
	wrmsr(MSR_FMASK, FLAG_IF);
	wrmsr(MSR_FS_BASE, 0);
	wrmsr(MSR_GS_BASE, 0);
	wrmsr(MSR_KERNEL_GS_BASE, 0x12345000);
	wrmsr(MSR_PAT, 0x0007040600070406ull);
	if (there & E_RDTSCP)
		wrmsr(MSR_TSC_AUX, 0xabcd1234);
}

static void set_debug_registers(u32 env)
{
	WRITE_REG(dr7, 0x400);
	WRITE_REG(dr0, 0x1000);
	WRITE_REG(dr1, 0x1001);
	WRITE_REG(dr2, 0x1002);
	WRITE_REG(dr3, 0x1003);
	WRITE_REG(dr6, 0xffff0ff0);
	if (env & E_GD)
		WRITE_REG(dr7, 0x2400);
}

/* One tick of the first timer soon, and its interrupt at IRQ0. */
static void start_timer(void)
{
	static const u8 words[][2] = {
		{ 0x20, 0x11 }, { 0x21, IRQ0 }, { 0x21, 4 }, { 0x21, 1 }, { 0x21, 0xfe },
		{ 0xa1, 0xff }, { 0x43, 0x30 }, { 0x40, 0x00 }, { 0x40, 0x01 },
	};
	u32 i;

	for (i = 0; i < COUNT(words); i++)
		out8(words[i][0], words[i][1]);
}

static void stop_timer(void)
{
	out8(0x20, 0x20);
	out8(0x21, 0xff);
}

static void set_env(const struct mode *mode, u32 env)
{
	u32 cr4 = HOME_CR4 | bits(cr4_bits, COUNT(cr4_bits), env);

	tables_reset(env, mode->is_long);
	if (env & E_MSRS)
		set_msrs(env);
	if (env & E_TIMER)
		start_timer();
	if (READ_REG(cr4) != cr4)
		WRITE_REG(cr4, cr4);
	if (env & E_TS)
		WRITE_REG(cr0, HOME_CR0 | CR0_TS);
	/* The last, for what follows mustn't touch them. */
	WRITE_REG(cr2, 0);
	if (env & (E_DR | E_GD | E_TF))
		set_debug_registers(env);
}

static void set_registers(const struct mode *mode, u32 env)
{
	volatile struct registers *in = FIELD_IN;
	u32 i;

	for (i = 0; i < GPRS; i++)
		in->gpr[i] = 0x10001000 * i + 0x100 + i;
	in->gpr[RBX] = DATA - mode->base;
	in->gpr[RSP] = TEST_STACK - mode->base;
	in->rip = CODE - mode->base;
	in->rflags = FLAG_ONE | bits(flag_bits, COUNT(flag_bits), env);
	if (mode == &modes[1])
		in->rflags |= FLAG_VM;
	in->segment[SEGMENT_CS] = mode->cs;
	in->segment[SEGMENT_SS] = mode->ss;
	for (i = SEGMENT_DS; i <= SEGMENT_GS; i++)
		in->segment[i] = mode->data;
	for (i = 0; i < sizeof(struct registers) / 4; i++)
		((volatile u32 *)FIELD_OUT)[i] = 0;
}

static u8 *copy(u8 *to, const u8 *from, const u8 *end)
{
	while (from < end)
		*to++ = *from++;
	return to;
}

static void put_home_back(u32 env)
{
	if (READ_REG(cr0) != HOME_CR0)
		WRITE_REG(cr0, HOME_CR0);
	if (READ_REG(cr4) != HOME_CR4)
		WRITE_REG(cr4, HOME_CR4);
	if (READ_REG(cr3) != pdpt_address)
		WRITE_REG(cr3, pdpt_address);
	if (env & E_TIMER)
		stop_timer();
	tables_reset(0, false);
}

/* DR7.GD lets no debug register be written; the #DB of an attempt clears it. */
static void clear_general_detect(struct result *result)
{
	static const u8 mov_from_dr0[] = { 0x0f, 0x21, 0xc0 };

	result->r = *FIELD_OUT;
	put_home_back(0);
	set_registers(&modes[4], 0);
	copy((u8 *)CODE, mov_from_dr0, mov_from_dr0 + sizeof(mov_from_dr0));
	enter_32(0);
}

static void fill(u32 at, u8 value, u32 size)
{
	asm volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(value) : "memory");
}

/* From the beginning to the trap; the code is from begin to end, then INT3. */
static void run(const struct mode *mode, u32 env, const u8 *begin, const u8 *end,
		struct result *result)
{
	fill(CODE, INT3, CODE_MOST);
	fill(DATA, FILL, 256);
	fill(TEST_STACK - 256, FILL, 512);
	copy((u8 *)CODE, begin, end);
	set_env(mode, env);
	set_registers(mode, env);
	if (mode == &modes[0])
		enter_real(pdpt_address);
	else if (mode->is_long)
		enter_64(pml4_address, pdpt_address);
	else
		enter_32(mode->base);
	if (mode->code == 0)
		FIELD_OUT->gpr[RSP] &= 0xffff;	/* the rest is of the stack before */
	result->cr2 = READ_REG(cr2);
	/* Before anything here meets the case's breakpoints. */
	if (env & E_GD && FIELD_OUT->vector != VECTOR_DB)
		clear_general_detect(result);
	else
		result->r = *FIELD_OUT;
	result->dr6 = result->r.vector == VECTOR_DB ? READ_REG(dr6) : 0;
	if (env & E_DR)
		set_debug_registers(0);
	copy(result->data, (const u8 *)DATA, (const u8 *)DATA + DATA_SEEN);
	put_home_back(env);
}

static void put_value(const char *name, u64 value)
{
	put(" ");
	put(name);
	put("=");
	put_hex(value);
}

static void put_vector(u32 vector)
{
	if (vector < 32 && exceptions[vector]) {
		put(exceptions[vector]);
		return;
	}
	put("vector ");
	put_hex(vector);
}

/* How it ended. */
static void put_end(const struct mode *mode, const struct code *code, const struct result *result)
{
	u32 vector = result->r.vector;
	u64 body = CODE - mode->base + (code->body - code->begin);
	u64 rip = result->r.rip;

	if (vector == VECTOR_BP && rip == body + (code->end - code->body) + 1) {
		put("ok");
		return;
	}
	if (vector == VECTOR_BP && (rip == LAND + 1 || rip == LAND - LOW + 1)) {
		put("lands");
		return;
	}
	put_vector(vector);
	if (vector == 8 || (vector >= 10 && vector <= 14) || vector == 17) {
		put("(");
		put_hex(result->r.error);
		put(")");
	}
	if (rip - body > 32 && body - rip > 32)
		put_value(mode->code == 2 ? "rip" : "eip", rip);
	else if (rip != body)
		put(" at "), put_signed(rip - body);
	if (vector == VECTOR_PF)
		put_value("cr2", result->cr2);
	if (vector == VECTOR_DB)
		put_value("dr6", result->dr6);
}

/* RF is set by faults and clear otherwise; only what isn't so is worth a word. */
static bool wrong_rf(const struct result *result)
{
	u32 vector = result->r.vector;
	bool is_fault = vector < 32 && !(1u << vector & NO_FAULTS);

	return is_fault != !!(result->r.rflags & FLAG_RF);
}

static void put_flags(const struct mode *mode, const struct result *before,
		      const struct result *after)
{
	u64 mask = mode == &modes[0] ? 0xffff : ~(u64)FLAG_RF;

	if ((before->r.rflags ^ after->r.rflags) & mask)
		put_value("flags", after->r.rflags & mask);
	if (mode != &modes[0] && wrong_rf(after))
		put(after->r.rflags & FLAG_RF ? " rf=1" : " rf=0");
}

static void put_data(const struct result *before, const struct result *after)
{
	u32 i, end = DATA_SEEN;

	while (end && before->data[end - 1] == after->data[end - 1])
		end--;
	if (!end)
		return;
	put(" mem=");
	for (i = 0; i < end; i++) {
		put_hex(after->data[i] >> 4);
		put_hex(after->data[i] & 15);
	}
}

static void put_changes(const struct mode *mode, const struct result *before,
			const struct result *after)
{
	bool wide = mode->code == 2;
	u32 i;

	for (i = 0; i < (wide ? GPRS : 8); i++)
		if (before->r.gpr[i] != after->r.gpr[i])
			put_value(wide ? names64[i] : names32[i], after->r.gpr[i]);
	for (i = 0; i < SEGMENTS; i++)
		if (before->r.segment[i] != after->r.segment[i])
			put_value(segment_names[i], after->r.segment[i]);
	put_flags(mode, before, after);
	put_data(before, after);
}

/* What a case without anything to prepare is compared with. */
static void untouched(const struct mode *mode, u32 env, struct result *result)
{
	set_registers(mode, env);
	result->r = *FIELD_IN;
	fill(DATA, FILL, DATA_SEEN);
	copy(result->data, (const u8 *)DATA, (const u8 *)DATA + DATA_SEEN);
}

static void run_case(const struct test *test, const struct mode *mode)
{
	const struct code *code = &test->code[mode->code];
	struct result before, after;

	put(mode->name);
	put(" | ");
	put(test->name);
	put(" | ");
	if (!is_there(test->env)) {
		put("not there\n");
		return;
	}
	if (code->begin != code->body)
		run(mode, test->env, code->begin, code->body, &before);
	else
		untouched(mode, test->env, &before);
	run(mode, test->env, code->begin, code->end, &after);
	put_end(mode, code, &after);
	put_changes(mode, &before, &after);
	put("\n");
}

/*
 * A guest's memory may be mapped at its first touch only, which a hypervisor sees in
 * the midst of an instruction, and the simulator leaves RF set then.
 */
static void touch_memory(void)
{
	volatile u8 *at;

	for (at = (volatile u8 *)4096; at < (volatile u8 *)STACK_IST; at += 4096)
		if ((u32)at != PAGE_NONE && (u32)at != PAGE_READ)
			*at = *at;
}

void main(void)
{
	const struct test *test;
	u32 i;

	tables_init();
	touch_memory();
	fill(CODE, INT3, DATA - CODE);
	look_what_is_there();
	for (test = cases_begin; test < cases_end; test++)
		for (i = 0; i < MODES; i++)
			if (test->modes & 1u << i)
				run_case(test, &modes[i]);
	leave(0);
}

/* The compiler's own. */
void *memcpy(void *to, const void *from, size_t size)
{
	copy(to, from, (const u8 *)from + size);
	return to;
}

void *memset(void *to, int value, size_t size)
{
	fill((u32)to, value, size);
	return to;
}
