// SPDX-License-Identifier: GPL-2.0
//
// Owns what lab/profile knows: what the CPUs of the simulated machine do in the
// windows between a VM exit and the next VM entry, by exit reason and function.
// The simulator calls the profile_ functions; lab/bochs/instrument/watch.c, in
// the machine, says when to begin and end, and hands over the kernel's symbols.
//
// A window is clean if no host interrupt, exception or other task came between;
// only clean ones are taken apart. The result is a file of lines with tabs
// (its name is in VMRING_PROFILE), which lab/profile turns into what a person
// reads. At the end of this file is what the lines are.

#include "bochs.h"
#include "cpu/cpu.h"
#include "cpu/decoder/ia_opcodes.h"

#include <algorithm>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "port.h"

#define USER_CODE	0	// the address that stands for all user space
#define STACK_SIZE	16384	// of a task in the kernel, and its alignment
#define ENTRY_AREA	0xfffffe0000000000ull	// of all CPUs, in Linux on x86-64

// ---- what is counted ----

enum kind {
	INSTRUCTIONS, USER, VMREAD, VMWRITE, RDMSR, WRMSR, CR_READ, CR_WRITE,
	DEBUG_REG, CPUID, XCR, INVALIDATE, FPU, IRET, SYSRET, VMCS, TABLES, LOCKED,
	KINDS
};

static const char *const kind_names[KINDS] = {
	"instructions", "user", "vmread", "vmwrite", "rdmsr", "wrmsr", "cr-read",
	"cr-write", "debug-reg", "cpuid", "xcr", "invalidate", "fpu", "iret",
	"sysret", "vmcs", "tables", "locked",
};

static kind kind_of(bxInstruction_c *i)
{
	switch (i->getIaOpcode()) {
	case BX_IA_VMREAD_EdGd: case BX_IA_VMREAD_EqGq:
		return VMREAD;
	case BX_IA_VMWRITE_GdEd: case BX_IA_VMWRITE_GqEq:
		return VMWRITE;
	case BX_IA_RDMSR:
		return RDMSR;
	case BX_IA_WRMSR: case BX_IA_WRMSRNS:
		return WRMSR;
	case BX_IA_MOV_RqCR0: case BX_IA_MOV_RqCR2: case BX_IA_MOV_RqCR3: case BX_IA_MOV_RqCR4:
	case BX_IA_SMSW_Ew:
		return CR_READ;
	case BX_IA_MOV_CR0Rq: case BX_IA_MOV_CR2Rq: case BX_IA_MOV_CR3Rq: case BX_IA_MOV_CR4Rq:
	case BX_IA_LMSW_Ew: case BX_IA_CLTS:
		return CR_WRITE;
	case BX_IA_MOV_RqDq: case BX_IA_MOV_DqRq:
		return DEBUG_REG;
	case BX_IA_CPUID:
		return CPUID;
	case BX_IA_XGETBV: case BX_IA_XSETBV:
		return XCR;
	case BX_IA_INVEPT: case BX_IA_INVVPID: case BX_IA_INVPCID: case BX_IA_INVLPG:
	case BX_IA_WBINVD:
		return INVALIDATE;
	case BX_IA_FXSAVE: case BX_IA_FXRSTOR: case BX_IA_XSAVE: case BX_IA_XSAVEOPT:
	case BX_IA_XSAVEC: case BX_IA_XSAVES: case BX_IA_XRSTOR: case BX_IA_XRSTORS:
		return FPU;
	case BX_IA_IRET_Op16: case BX_IA_IRET_Op32: case BX_IA_IRET_Op64:
		return IRET;
	case BX_IA_SYSRET: case BX_IA_SYSEXIT:
		return SYSRET;
	case BX_IA_VMPTRLD_Mq: case BX_IA_VMPTRST_Mq: case BX_IA_VMCLEAR_Mq:
		return VMCS;
	case BX_IA_LGDT_Op64_Ms: case BX_IA_LIDT_Op64_Ms: case BX_IA_SGDT_Op64_Ms:
	case BX_IA_SIDT_Op64_Ms: case BX_IA_LTR_Ew: case BX_IA_LLDT_Ew:
		return TABLES;
	}
	return i->getLock() ? LOCKED : INSTRUCTIONS;
}

// The VMCS field or MSR that an instruction is about.
static Bit64u operand_of(BX_CPU_C *cpu, bxInstruction_c *i, kind what)
{
	switch (what) {
	case VMREAD:
		return cpu->get_reg64(i->src());
	case VMWRITE:
		return cpu->get_reg64(i->dst());
	case RDMSR: case WRMSR:
		return cpu->get_reg32(BX_32BIT_REG_ECX);
	default:
		return 0;
	}
}

// ---- the callers of a function ----

// A tree of call sites: a node is one way to come somewhere.
struct node {
	unsigned int parent;
	Bit64u site;
	std::vector<unsigned int> children;
};

static std::vector<node> nodes(1);

static unsigned int node_child(unsigned int parent, Bit64u site)
{
	for (unsigned int child : nodes[parent].children)
		if (nodes[child].site == site)
			return child;
	nodes.push_back({ parent, site, {} });
	nodes[parent].children.push_back(nodes.size() - 1);
	return nodes.size() - 1;
}

// A call that hasn't returned: the stack pointer in the function called.
struct frame {
	Bit64u sp;
	unsigned int node;
};

typedef std::vector<frame> shadow;

static std::unordered_map<Bit64u, shadow> shadows;	// by the stack's address

// ---- windows ----

struct step {
	unsigned int node;
	unsigned int times;
	Bit64u rip;
};

typedef std::pair<kind, Bit64u> operand;

struct window {
	bool open;		// since a VM exit
	bool entering;		// VMLAUNCH or VMRESUME was the last instruction
	bool interrupted;
	unsigned int reason;
	Bit64u stack;		// which the exit came on
	Bit64u count[KINDS];
	std::vector<step> steps;
	std::vector<operand> operands;
};

// All windows of one sort.
struct row {
	Bit64u windows, clean, interrupted, max;
	Bit64u sum[KINDS], least[KINDS];	// least: all counts of the shortest
	std::map<operand, Bit64u> operands;
	std::unordered_map<Bit64u, Bit64u> steps;	// by node and address
};

// What a window's sort is: the basic exit reason, and
#define SORT_IN		0x100	// a port was read
#define SORT_USER	0x200	// it went to user space
#define SORT_FAILED	0x400	// it was the entry that failed

static std::map<unsigned int, row> rows;

struct cpu_state {
	struct window window;
	Bit64u stack;
	shadow *frames;
	Bit64u call_site;	// 0: the last instruction was no call
	bool repeating;
	Bit64u rcx;		// before a repeated instruction
};

static cpu_state cpus[BX_MAX_SMP_THREADS_SUPPORTED];
static bool profiling;

static void window_open(cpu_state *c, unsigned int reason)
{
	window *w = &c->window;

	w->open = true;
	w->entering = false;
	w->interrupted = false;
	w->reason = reason;
	w->stack = 0;
	std::fill(w->count, w->count + KINDS, 0);
	w->steps.clear();
	w->operands.clear();
	c->repeating = false;
}

static void window_close(cpu_state *c)
{
	window *w = &c->window;
	row *r = &rows[w->reason | (w->count[USER] ? SORT_USER : 0)];

	w->open = false;
	r->windows++;
	if (w->interrupted) {
		r->interrupted++;
		return;
	}
	if (!r->clean++ || w->count[INSTRUCTIONS] < r->least[INSTRUCTIONS])
		std::copy(w->count, w->count + KINDS, r->least);
	r->max = std::max(r->max, w->count[INSTRUCTIONS]);
	for (int k = 0; k < KINDS; k++)
		r->sum[k] += w->count[k];
	for (const operand &o : w->operands)
		r->operands[o]++;
	for (const step &s : w->steps)
		r->steps[(Bit64u)s.node << 32 | (Bit32u)s.rip] += s.times;
}

static void window_interrupted(window *w)
{
	w->interrupted = true;
	w->steps.clear();
}

static void window_add(window *w, unsigned int times, bool user)
{
	w->count[INSTRUCTIONS] += times;
	if (user)
		w->count[USER] += times;
}

// A repeated instruction counts each of its rounds, as time does.
static void window_add_rounds(cpu_state *c, BX_CPU_C *cpu)
{
	window *w = &c->window;
	Bit64u rounds = c->rcx - cpu->get_reg64(BX_64BIT_REG_RCX);

	c->repeating = false;
	if (rounds < 2 || rounds > c->rcx)
		return;
	window_add(w, rounds - 1, !w->steps.empty() && w->steps.back().rip == USER_CODE);
	if (!w->steps.empty())
		w->steps.back().times += rounds - 1;
}

// ---- following the kernel's stacks ----

// Between SYSCALL and the switch of stacks the kernel runs on the user's; its page
// tables may be on their way through the stack pointer then.
static bool is_kernel_address(Bit64u address)
{
	return address >> 56 == 0xff;
}

// The CPU's own small stacks: what comes from user space, and goes there, is for
// a few instructions on one of these.
static bool is_entry_stack(Bit64u sp)
{
	return sp >> 39 == ENTRY_AREA >> 39;
}

// An interrupt's stack begins with the pointer to the stack it came on, in its
// last word; any other change of stacks is a change of tasks.
static bool is_interrupt_stack(Bit64u sp)
{
	return (sp & (STACK_SIZE - 1)) == STACK_SIZE - 8;
}

static void follow_stack(cpu_state *c, Bit64u sp)
{
	Bit64u stack = (sp - 1) / STACK_SIZE;	// an empty one is at its end

	if (stack != c->stack) {
		window *w = &c->window;

		if (w->open && w->stack && stack != w->stack && !is_interrupt_stack(sp))
			window_interrupted(w);
		c->stack = stack;
		c->frames = &shadows[stack];
	}
	while (!c->frames->empty() && c->frames->back().sp < sp)
		c->frames->pop_back();
	if (c->call_site) {
		unsigned int caller = c->frames->empty() ? 0 : c->frames->back().node;

		c->frames->push_back({ sp, node_child(caller, c->call_site) });
		c->call_site = 0;
	}
}

// ---- what the simulator calls ----

static void window_instruction(cpu_state *c, BX_CPU_C *cpu, bxInstruction_c *i, bool user)
{
	window *w = &c->window;
	kind what = kind_of(i);

	if (!w->stack)
		w->stack = c->stack;
	if (c->repeating)
		window_add_rounds(c, cpu);
	w->entering = i->getIaOpcode() == BX_IA_VMRESUME || i->getIaOpcode() == BX_IA_VMLAUNCH;
	window_add(w, 1, user);
	if (what != INSTRUCTIONS) {
		w->count[what]++;
		if (what == VMREAD || what == VMWRITE || what == RDMSR || what == WRMSR)
			w->operands.push_back({ what, operand_of(cpu, i, what) });
	}
	if (!w->interrupted) {
		if (user)
			w->steps.push_back({ 0, 1, USER_CODE });
		else
			w->steps.push_back({ c->frames->empty() ? 0 : c->frames->back().node, 1,
				cpu->get_instruction_pointer() });
	}
	if (i->repUsedL()) {
		c->repeating = true;
		c->rcx = cpu->get_reg64(BX_64BIT_REG_RCX);
	}
}

void profile_instruction(unsigned int id, bxInstruction_c *i)
{
	cpu_state *c = &cpus[id];
	BX_CPU_C *cpu = BX_CPU(id);
	bool user;
	Bit64u sp;

	// The simulator's own mark for the end of a piece is no instruction.
	if (!profiling || i->getIaOpcode() == BX_INSERTED_OPCODE)
		return;
	if (cpu->in_vmx_guest) {
		if (c->window.open)
			window_close(c);
		c->call_site = 0;
		return;
	}
	user = cpu->sregs[BX_SEG_REG_CS].selector.rpl == 3;
	sp = cpu->get_reg64(BX_64BIT_REG_RSP);
	if (!user && is_kernel_address(sp) && !is_entry_stack(sp))
		follow_stack(c, sp);
	c->call_site = 0;
	if (c->window.open && c->frames)
		window_instruction(c, cpu, i, user);
}

void profile_call(unsigned int id, unsigned int what, bx_address from)
{
	if (what == BX_INSTR_IS_CALL || what == BX_INSTR_IS_CALL_INDIRECT)
		cpus[id].call_site = from;
}

void profile_event(unsigned int id)
{
	window *w = &cpus[id].window;

	if (w->open && !BX_CPU(id)->in_vmx_guest)
		window_interrupted(w);
}

void profile_vmexit(unsigned int id, Bit32u reason, Bit64u qualification)
{
	cpu_state *c = &cpus[id];
	unsigned int sort = reason & 0xff;

	if (!profiling)
		return;
	// An entry that led to an exit before the guest's first instruction; or the
	// vCPU went on on another CPU.
	if (c->window.open) {
		if (!c->window.entering)
			window_interrupted(&c->window);
		window_close(c);
	}
	c->call_site = 0;
	if (sort == 30 && qualification & 8)
		sort |= SORT_IN;
	if (reason >> 31)
		sort |= SORT_FAILED;
	window_open(c, sort);
}

// ---- the result ----

static std::string symbol_text;
static std::vector<std::pair<Bit64u, std::string>> symbols;

// "ADDRESS TYPE NAME [MODULE]" a line; of several names for one address the first.
static void symbols_parse(void)
{
	size_t at = 0, end;

	while ((end = symbol_text.find('\n', at)) != std::string::npos) {
		std::string line = symbol_text.substr(at, end - at);
		char name[512], module[128] = "";
		unsigned long long address;

		at = end + 1;
		if (sscanf(line.c_str(), "%llx %*c %511s %127s", &address, name, module) < 2)
			continue;
		symbols.push_back({ address, module[0] ? std::string(name) + " " + module : name });
	}
	std::stable_sort(symbols.begin(), symbols.end(),
		[](const std::pair<Bit64u, std::string> &a, const std::pair<Bit64u, std::string> &b) {
			return a.first < b.first;
		});
	symbols.erase(std::unique(symbols.begin(), symbols.end(),
		[](const std::pair<Bit64u, std::string> &a, const std::pair<Bit64u, std::string> &b) {
			return a.first == b.first;
		}), symbols.end());
}

static std::string symbol_at(Bit64u address)
{
	auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
		[](Bit64u a, const std::pair<Bit64u, std::string> &s) { return a < s.first; });

	if (address == USER_CODE)
		return "[user space]";
	return after == symbols.begin() ? "[unknown]" : (after - 1)->second;
}

static std::string callers_of(unsigned int at)
{
	if (!at)
		return "";
	return callers_of(nodes[at].parent) + symbol_at(nodes[at].site) + ";";
}

static void result_row(FILE *out, unsigned int sort, const row &r)
{
	std::map<std::string, Bit64u> functions, stacks;

	fprintf(out, "row\t%u\t%u\t%llu\t%llu\t%llu\t%llu\n", sort & 0xff, sort >> 8,
		(unsigned long long)r.windows, (unsigned long long)r.clean,
		(unsigned long long)r.interrupted, (unsigned long long)r.max);
	for (int k = 0; k < KINDS; k++)
		fprintf(out, "kind\t%s\t%llu\t%llu\n", kind_names[k],
			(unsigned long long)r.least[k], (unsigned long long)r.sum[k]);
	for (const auto &o : r.operands)
		fprintf(out, "operand\t%s\t%#llx\t%llu\n", kind_names[o.first.first],
			(unsigned long long)o.first.second, (unsigned long long)o.second);
	for (const auto &s : r.steps) {
		Bit32u low = (Bit32u)s.first;
		std::string name = symbol_at(low ? 0xffffffff00000000ull | low : USER_CODE);

		functions[name] += s.second;
		stacks[callers_of(s.first >> 32) + name] += s.second;
	}
	for (const auto &f : functions)
		fprintf(out, "function\t%s\t%llu\n", f.first.c_str(), (unsigned long long)f.second);
	for (const auto &s : stacks)
		fprintf(out, "stack\t%s\t%llu\n", s.first.c_str(), (unsigned long long)s.second);
}

// The lines: "row REASON FLAGS WINDOWS CLEAN INTERRUPTED MAX" begins one (FLAGS
// are SORT_* / 256); then "kind NAME SHORTEST SUM", "operand KIND NUMBER SUM",
// "function NAME SUM" and "stack NAME;NAME... SUM" over its clean windows, and
// "end" closes the file.
static void result_write(void)
{
	const char *path = getenv("VMRING_PROFILE");
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	symbols_parse();
	for (const auto &r : rows)
		result_row(out, r.first, r.second);
	fprintf(out, "end\n");
	fclose(out);
}

void profile_port(Bit16u port, unsigned int size, unsigned int value)
{
	if (port == LAB_PROFILE_SYMBOLS) {
		for (unsigned int n = 0; n < size; n++)
			symbol_text += (char)(value >> (8 * n));
	} else if (port == LAB_PROFILE) {
		profiling = value == LAB_PROFILE_BEGIN;
		if (value == LAB_PROFILE_END)
			result_write();
	}
}
