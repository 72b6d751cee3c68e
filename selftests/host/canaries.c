// SPDX-License-Identifier: GPL-2.0
/*
 * Canaries: registers of the process that runs a guest, and of the CPU, that a
 * guest has changed for itself. They are looked at after each kind of exit, with
 * interrupts and, where there are several CPUs, NMIs arriving all the time.
 *
 * GS is the test's own (a 64-bit program's C library uses FS).
 */
#include <asm/prctl.h>
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "module.h"

#define STATE_FILE	"/sys/kernel/debug/vmrprobe/state"
#define NMI_FILE	"/sys/kernel/debug/vmrprobe/nmi"

/*
 * The guest first makes all that is to be kept its own: MSRs, GDT and IDT, debug
 * registers, XCR0, vector registers, segments, PKRU's and CR4's neighbours.
 */
#define WRMSR(index, low)						\
	"mov $" #index ", %ecx; mov $" #low ", %eax; xor %edx, %edx; wrmsr;"

#define MAKE_OWN							\
	"mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"		\
	"xor %ecx, %ecx; mov $3, %eax; xor %edx, %edx; xsetbv;"		\
	WRMSR(0xc0000081, 0x11111111) WRMSR(0xc0000082, 0x22222222)	\
	WRMSR(0xc0000083, 0x33333333) WRMSR(0xc0000084, 0x00000700)	\
	WRMSR(0xc0000102, 0x55555555) WRMSR(0xc0000103, 0x66666666)	\
	WRMSR(0x174, 0x77) WRMSR(0x175, 0x8888) WRMSR(0x176, 0x9999)	\
	WRMSR(0x277, 0x00070406)					\
	"mov $0x10, %eax; mov %ax, %ds; mov %ax, %es; mov %ax, %fs; mov %ax, %gs;" \
	WRMSR(0xc0000100, 0xaaaa0) WRMSR(0xc0000101, 0xbbbb0)		\
	"mov $0x80000, %eax; mov %rax, %dr0; mov $0x90403, %eax; mov %rax, %dr7;" \
	"pcmpeqb %xmm0, %xmm0; pcmpeqb %xmm7, %xmm7; pcmpeqb %xmm15, %xmm15;" \
	"fninit; fldpi;"						\
	"mov $-1, %rbx;"

GUEST64(to_out, MAKE_OWN "1: out %al, $0x80; jmp 1b");
GUEST64(to_in, MAKE_OWN "1: in $0x80, %al; jmp 1b");
GUEST64(to_hlt, MAKE_OWN "1: hlt; jmp 1b");
GUEST64(to_vmcall, MAKE_OWN "1: xor %eax, %eax; vmcall; jmp 1b");
GUEST64(to_mmio, MAKE_OWN "1: mov 0x30000000, %eax; jmp 1b");
GUEST64(to_shutdown, MAKE_OWN "lidt 1f(%rip); ud2; 1: .word 0; .quad 0");
GUEST64(to_signal, MAKE_OWN "1: cpuid; rdtsc; pause; jmp 1b");

static const struct way {
	const char *exit;	/* what it ends with each time */
	const uint8_t *code;
	const uint8_t *end;
} ways[] = {
	{ "io", to_out, to_out_end },
	{ "io", to_in, to_in_end },
	{ "hlt", to_hlt, to_hlt_end },
	{ "hypercall", to_vmcall, to_vmcall_end },
	{ "mmio", to_mmio, to_mmio_end },
	{ "shutdown", to_shutdown, to_shutdown_end },
	{ "interrupted", to_signal, to_signal_end },
};

static void on_alarm(int signal)
{
}

/* A signal every 5 ms ends what doesn't end by itself; the timer interrupts anyway. */
static void set_alarm(bool on)
{
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval timer = { { 0, on ? 5000 : 0 }, { 0, on ? 5000 : 0 } };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void stay_on(int number)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(number, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* From the first CPU to the others, on the last of which the test goes on. */
static void set_nmis(unsigned int period_us)
{
	FILE *f;

	stay_on(0);
	f = fopen(NMI_FILE, "w");
	if (f) {
		fprintf(f, "%u\n", period_us);
		fclose(f);
	}
	stay_on(sysconf(_SC_NPROCESSORS_ONLN) - 1);
}

static void begin(struct vcpu *cpu, const struct way *way)
{
	vcpu_start(cpu, GUEST_LONG, way->code, way->end - way->code);
	set_alarm(!strcmp("interrupted", way->exit));
}

/* One exit of a way, once it has begun. */
static const char *again(struct vcpu *cpu, const struct way *way)
{
	const char *name;

	if (!strcmp("shutdown", way->exit) && cpu->exit.reason == VMR_EXIT_SHUTDOWN)
		begin(cpu, way);
	if (cpu->waits)
		vcpu_answer_flags(cpu, cpu->exit.reason == VMR_EXIT_MMIO ? VMR_REPLY_RETRY : 0, 0);
	name = vcpu_next(cpu);
	return name;
}

FIXTURE(host) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
};

FIXTURE_SETUP(host)
{
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
	set_nmis(1000);
}

FIXTURE_TEARDOWN(host)
{
	set_nmis(0);
	set_alarm(false);
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* ---- the CPU, as the kernel sees it ---- */

static void read_state(char *text, size_t size)
{
	FILE *f = fopen(STATE_FILE, "r");
	size_t length = 0;

	if (f) {
		length = fread(text, 1, size - 1, f);
		fclose(f);
	}
	text[length] = '\0';
}

/* Prints each line that has changed; how many. */
static int differences(const char *before, const char *after)
{
	int count = 0;

	while (*before && *after) {
		size_t a = strcspn(before, "\n"), b = strcspn(after, "\n");

		if (a != b || memcmp(before, after, a)) {
			printf("# before: %.*s  after: %.*s\n", (int)a, before, (int)b, after);
			count++;
		}
		before += a + !!before[a];
		after += b + !!after[b];
	}
	fflush(stdout);
	return count + (*before || *after);
}

TEST_F(host, registers_of_the_kernel)
{
	static char before[16384], after[16384];
	const struct way *way;
	int i;

	if (!probe_load())
		SKIP(return, "the module vmrprobe is not here");
	read_state(before, sizeof(before));
	ASSERT_LT(100, strlen(before));
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		begin(&self->cpu, way);
		for (i = 0; i < 5; i++) {
			ASSERT_STREQ(way->exit, again(&self->cpu, way)) { vcpu_tell(&self->cpu); }
			read_state(after, sizeof(after));
			EXPECT_EQ(0, differences(before, after))
				TH_LOG("after %s", way->exit);
		}
		set_alarm(false);
		vcpu_settle(&self->cpu);
	}
}

/*
 * A guest's system-call MSRs that begin with the host's own values: what it writes
 * then mustn't stay.
 */
TEST_F(host, system_call_msrs_that_are_alike)
{
	static char before[16384], after[16384];
	unsigned long long values[4];
	const char *line;
	const struct {
		const char *name;
		uint32_t msr;
	} msrs[] = {
		{ "cpu 0 star ", 0xc0000081 }, { "cpu 0 lstar ", 0xc0000082 },
		{ "cpu 0 cstar ", 0xc0000083 }, { "cpu 0 fmask ", 0xc0000084 },
	};
	size_t i;

	if (!probe_load())
		SKIP(return, "the module vmrprobe is not here");
	stay_on(0);
	read_state(before, sizeof(before));
	begin(&self->cpu, &ways[2]);
	/* CSTAR alone first: the CPU can do without it, should it be wrong. */
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		line = strstr(before, msrs[i].name);
		ASSERT_NE(NULL, line);
		values[i] = strtoull(line + strlen(msrs[i].name), NULL, 16);
	}
	ASSERT_ERRNO(0, vcpu_set_msr(&self->cpu, msrs[2].msr, values[2]));
	ASSERT_EXIT("hlt", &self->cpu);
	read_state(after, sizeof(after));
	ASSERT_EQ(0, differences(before, after));
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		ASSERT_ERRNO(0, vcpu_set_msr(&self->cpu, msrs[i].msr, values[i]));
	}
	begin(&self->cpu, &ways[2]);
	ASSERT_EXIT("hlt", &self->cpu);
	read_state(after, sizeof(after));
	EXPECT_EQ(0, differences(before, after));
}

/* Two guests in turn: neither sees the other's. */
GUEST64(read_msrs,
	"	mov $0xc0000081, %ecx; rdmsr; mov %eax, %r8d;"
	"	mov $0xc0000082, %ecx; rdmsr; mov %eax, %r9d;"
	"	mov $0xc0000083, %ecx; rdmsr; mov %eax, %r10d;"
	"	mov $0xc0000084, %ecx; rdmsr; mov %eax, %r11d;"
	"	mov $0xc0000102, %ecx; rdmsr; mov %eax, %r12d;"
	"	mov $0xc0000103, %ecx; rdmsr; mov %eax, %r13d;"
	"	hlt");

TEST_F(host, guests_do_not_see_each_other)
{
	struct vmr_state s;
	struct vcpu other;
	struct vm vm;
	int i, k;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &other);
	begin(&self->cpu, &ways[2]);
	for (i = 0; i < 3; i++) {
		ASSERT_EXIT("hlt", &self->cpu);
		vcpu_start(&other, GUEST_LONG, guest(read_msrs));
		ASSERT_EXIT("hlt", &other);
		vcpu_get(&other, &s);
		for (k = 8; k <= 13; k++) {
			EXPECT_EQ(0, s.gpr[k])
				TH_LOG("r%d", k);
		}
	}
	/* And the first one has its own again. */
	vcpu_start(&self->cpu, GUEST_LONG, guest(read_msrs));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x11111111, s.gpr[8]);
	EXPECT_EQ(0x22222222, s.gpr[9]);
	EXPECT_EQ(0x33333333, s.gpr[10]);
	EXPECT_EQ(0x700, s.gpr[11]);
	EXPECT_EQ(0x55555555, s.gpr[12]);
	EXPECT_EQ(0x66666666, s.gpr[13]);
	vcpu_destroy(&other);
	vm_destroy(&vm);
}

/* ---- vector registers, over RUN itself ---- */

struct vectors {
	uint8_t bytes[32][64];
	uint64_t masks[8];
	uint32_t mxcsr;
	uint16_t control;
};

static bool has_feature(unsigned int leaf, unsigned int bit_of_ebx)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(leaf, 0, &a, &b, &c, &d) && b >> bit_of_ebx & 1;
}

#define ZMM(_)	_(0) _(1) _(2) _(3) _(4) _(5) _(6) _(7) _(8) _(9) _(10) _(11) _(12) _(13) _(14) \
		_(15) _(16) _(17) _(18) _(19) _(20) _(21) _(22) _(23) _(24) _(25) _(26) _(27)	\
		_(28) _(29) _(30) _(31)
#define YMM(_)	_(0) _(1) _(2) _(3) _(4) _(5) _(6) _(7) _(8) _(9) _(10) _(11) _(12) _(13) _(14) \
		_(15)
#define LOAD_ZMM(n)	"vmovdqu64 64*" #n "(%[v]), %%zmm" #n ";"
#define SAVE_ZMM(n)	"vmovdqu64 %%zmm" #n ", 64*" #n "(%[v]);"
#define LOAD_YMM(n)	"vmovdqu 64*" #n "(%[v]), %%ymm" #n ";"
#define SAVE_YMM(n)	"vmovdqu %%ymm" #n ", 64*" #n "(%[v]);"
#define LOAD_XMM(n)	"movdqu 64*" #n "(%[v]), %%xmm" #n ";"
#define SAVE_XMM(n)	"movdqu %%xmm" #n ", 64*" #n "(%[v]);"

/* RUN with these registers, and what is in them after it. Nothing comes between. */
#define RUN_WITH(before, load, save, after)						\
	asm volatile(before load "syscall;" save after					\
		     : "+a"(result)							\
		     : [v] "r"(vectors), "D"((long)fd), "S"((long)VMR_RUN), "d"(0L)	\
		     : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",	\
		       "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
		       "xmm13", "xmm14", "xmm15")

static long run_with(int fd, struct vectors *vectors)
{
	long result = SYS_ioctl;

	if (has_feature(7, 16))
		RUN_WITH("kmovw 2048(%[v]), %%k1; kmovw 2056(%[v]), %%k7;", ZMM(LOAD_ZMM),
			 ZMM(SAVE_ZMM), "kmovw %%k1, 2048(%[v]); kmovw %%k7, 2056(%[v]);");
	else if (has_feature(7, 5))
		RUN_WITH("", YMM(LOAD_YMM), YMM(SAVE_YMM), "");
	else
		RUN_WITH("", YMM(LOAD_XMM), YMM(SAVE_XMM), "");
	return result;
}

static size_t vector_size(void)
{
	return has_feature(7, 16) ? 64 : has_feature(7, 5) ? 32 : 16;
}

/* What vcpu_run() does after RUN. */
static void take_exit(struct vcpu *cpu)
{
	uint32_t last = (*cpu->producer - 1) & (cpu->header->ring_entries - 1);

	memcpy(&cpu->exit, (void *)&cpu->ring[last], sizeof(cpu->exit));
	cpu->waits = cpu->exit.flags & VMR_EXIT_NEEDS_REPLY;
	if (!cpu->waits)
		*cpu->consumer = *cpu->producer;
}

TEST_F(host, vector_registers)
{
	static struct vectors vectors, wanted;
	size_t size = vector_size();
	int count = has_feature(7, 16) ? 32 : 16;
	const struct way *way;
	long result;
	int i, k;
	size_t b;

	for (i = 0; i < 32; i++)
		for (b = 0; b < 64; b++)
			wanted.bytes[i][b] = i * 7 + b * 3 + 1;
	wanted.masks[0] = 0x1234;
	wanted.masks[1] = 0x5678;
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		begin(&self->cpu, way);
		for (k = 0; k < 5; k++) {
			if (self->cpu.waits)
				vcpu_answer_flags(&self->cpu, self->cpu.exit.reason ==
						  VMR_EXIT_MMIO ? VMR_REPLY_RETRY : 0, 0);
			vectors = wanted;
			result = run_with(self->cpu.fd, &vectors);
			ASSERT_TRUE(!result || result == -EINTR);
			take_exit(&self->cpu);
			self->cpu.answered = false;
			self->cpu.seq = self->cpu.exit.seq;
			ASSERT_STREQ(way->exit, exit_name(&self->cpu.exit));
			for (i = 0; i < count; i++) {
				ASSERT_EQ(0, memcmp(vectors.bytes[i], wanted.bytes[i], size))
					TH_LOG("register %d after %s", i, way->exit);
			}
			if (count == 32) {
				EXPECT_EQ(wanted.masks[0], vectors.masks[0]);
				EXPECT_EQ(wanted.masks[1], vectors.masks[1]);
			}
			if (!strcmp("shutdown", way->exit))
				begin(&self->cpu, way);
		}
		set_alarm(false);
		vcpu_settle(&self->cpu);
	}
}

/* ---- what else a process has ---- */

struct own {
	uint64_t fs_base;
	uint64_t gs_base;
	uint64_t xcr0;
	uint16_t selectors[6];
	uint16_t control;
	uint32_t mxcsr;
	uint32_t pkru;
};

/* OSPKE: the CPU has protection keys, and the kernel uses them. */
static bool has_keys(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && c & 1u << 4;
}

static uint32_t read_pkru(void)
{
	uint32_t pkru, edx;

	asm volatile("rdpkru" : "=a"(pkru), "=d"(edx) : "c"(0));
	return pkru;
}

static void write_pkru(uint32_t pkru)
{
	asm volatile("wrpkru" : : "a"(pkru), "c"(0), "d"(0) : "memory");
}

static void look(struct own *own)
{
	uint32_t low, high;

	memset(own, 0, sizeof(*own));
	syscall(SYS_arch_prctl, ARCH_GET_FS, &own->fs_base);
	syscall(SYS_arch_prctl, ARCH_GET_GS, &own->gs_base);
	asm volatile("mov %%cs, %0" : "=r"(own->selectors[0]));
	asm volatile("mov %%ds, %0" : "=r"(own->selectors[1]));
	asm volatile("mov %%es, %0" : "=r"(own->selectors[2]));
	asm volatile("mov %%fs, %0" : "=r"(own->selectors[3]));
	asm volatile("mov %%gs, %0" : "=r"(own->selectors[4]));
	asm volatile("mov %%ss, %0" : "=r"(own->selectors[5]));
	asm volatile("fnstcw %0" : "=m"(own->control));
	asm volatile("stmxcsr %0" : "=m"(own->mxcsr));
	if (has_keys())
		own->pkru = read_pkru();
	if (has_feature(7, 5)) {
		asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
		own->xcr0 = low | (uint64_t)high << 32;
	}
}

static void exit_in_every_way(struct __test_metadata *_metadata, struct vcpu *cpu)
{
	struct own before, after;
	const struct way *way;
	int i;

	look(&before);
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		begin(cpu, way);
		for (i = 0; i < 3; i++) {
			ASSERT_STREQ(way->exit, again(cpu, way)) { vcpu_tell(cpu); }
			look(&after);
			EXPECT_EQ(before.fs_base, after.fs_base);
			EXPECT_EQ(before.gs_base, after.gs_base);
			EXPECT_EQ(before.xcr0, after.xcr0);
			EXPECT_EQ(before.control, after.control);
			EXPECT_EQ(before.mxcsr, after.mxcsr);
			EXPECT_EQ(before.pkru, after.pkru);
			EXPECT_EQ(0, memcmp(before.selectors, after.selectors,
					    sizeof(before.selectors)))
				TH_LOG("selectors after %s", way->exit);
		}
		set_alarm(false);
		vcpu_settle(cpu);
	}
}

TEST_F(host, bases_and_modes)
{
	uint32_t mxcsr = 0x7f80;
	uint16_t control = 0x0f7f;

	ASSERT_EQ(0, syscall(SYS_arch_prctl, ARCH_SET_GS, 0x123456789000));
	asm volatile("fldcw %0" : : "m"(control));
	asm volatile("ldmxcsr %0" : : "m"(mxcsr));
	exit_in_every_way(_metadata, &self->cpu);
}

/* The TSS has the bitmap that says which ports a process may use. */
TEST_F(host, io_permissions)
{
	const struct way *way;
	int i;

	if (ioperm(0x80, 1, 1))
		SKIP(return, "this kernel gives no ports to processes");
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		begin(&self->cpu, way);
		for (i = 0; i < 3; i++) {
			ASSERT_STREQ(way->exit, again(&self->cpu, way));
			outb(0, 0x80);	/* SIGSEGV without the bitmap */
		}
		set_alarm(false);
		vcpu_settle(&self->cpu);
	}
}

/* Keys that this thread may use; key 0 is everything's. */
TEST_F(host, protection_keys)
{
	if (!has_keys())
		SKIP(return, "there are no protection keys");
	write_pkru(0x1b4e1b4c);
	exit_in_every_way(_metadata, &self->cpu);
	EXPECT_EQ(0x1b4e1b4c, read_pkru());
	write_pkru(0);
	exit_in_every_way(_metadata, &self->cpu);
	EXPECT_EQ(0, read_pkru());
}

/* Selectors that aren't 0, as 32-bit and odd programs have them. */
TEST_F(host, selectors)
{
	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r"(0x2b));
	exit_in_every_way(_metadata, &self->cpu);
	asm volatile("mov %0, %%gs" : : "r"(0x2b));
	exit_in_every_way(_metadata, &self->cpu);
}

/* A descriptor table of the process's own, and a segment in it. */
TEST_F(host, local_descriptors)
{
	struct {
		uint32_t number;
		uint32_t base;
		uint32_t limit;
		uint32_t flags;
	} entry = { 0, 0, 0xfffff, 0x51 };	/* 32-bit data, pages, usable */
	static uint32_t canary = 0x1a2b3c4d;
	uint32_t seen;

	if (syscall(SYS_modify_ldt, 1, &entry, sizeof(entry)))
		SKIP(return, "this kernel has no descriptor tables of a process's own");
	asm volatile("mov %0, %%gs" : : "r"(7));
	exit_in_every_way(_metadata, &self->cpu);
	asm volatile("mov %%gs:(%1), %0" : "=r"(seen) : "r"(&canary));
	EXPECT_EQ(canary, seen);
}

/* ---- breakpoints that a debugger has set ---- */

static volatile uint64_t watched;

static void debuggee(struct __test_metadata *_metadata, struct vcpu *cpu)
{
	const struct way *way;
	int i;

	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raise(SIGSTOP);		/* the debugger sets the breakpoint */
	for (way = ways; way < ways + ARRAY_SIZE(ways); way++) {
		if (!strcmp("interrupted", way->exit))
			continue;
		begin(cpu, way);
		for (i = 0; i < 3; i++)
			if (strcmp(way->exit, again(cpu, way)))
				_exit(3);
		vcpu_settle(cpu);
		watched++;	/* it must still be there */
	}
	_exit(0);
}

TEST_F(host, breakpoints_of_the_host)
{
	const size_t dr = offsetof(struct user, u_debugreg);
	int status, hits = 0;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		debuggee(_metadata, &cpu);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid, dr, &watched));
	/* DR7: number 0, on, writes, 8 bytes. */
	ASSERT_EQ(0, ptrace(PTRACE_POKEUSER, pid, dr + 7 * 8, 0x90001));
	for (;;) {
		ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, NULL, NULL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) == SIGTRAP)
			hits++;
	}
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT_EQ(ARRAY_SIZE(ways) - 1, hits);
}

/* ---- NMIs ---- */

static unsigned long nmis_seen(void)
{
	unsigned long sum = 0, count;
	char line[128];
	FILE *f = fopen(NMI_FILE, "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cpu %*u nmis %lu", &count) == 1)
			sum += count;
	if (f)
		fclose(f);
	return sum;
}

/* They arrive in the guest, and each is the host's; the guest sees none of it. */
TEST_F(host, nmis_while_the_guest_runs)
{
	const volatile uint64_t *reasons = (const void *)(self->cpu.ro +
							  self->cpu.header->stats_offset);
	unsigned long before;
	struct vmr_state s;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU");
	if (!probe_load())
		SKIP(return, "the module vmrprobe is not here");
	set_nmis(1000);
	before = nmis_seen();
	begin(&self->cpu, &ways[6]);
	while (reasons[0] < 5) {
		ASSERT_STREQ("interrupted", vcpu_next(&self->cpu));
	}
	set_alarm(false);
	EXPECT_LE(before + 5, nmis_seen());
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.events.flags);
	EXPECT_EQ(0, vm_traps(&self->vm)->count[2]);
}

TEST_HARNESS_MAIN
