// SPDX-License-Identifier: GPL-2.0
/*
 * Events that user space brings in: interrupts, NMIs, exceptions, the ExtINT line.
 * Each arrives once, when the guest can take it and no sooner; HLT waits for them.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define VECTOR		0x30
#define IF		0x200
#define TF		0x100

#define BTF		2	/* of DEBUGCTL */
#define DEBUGCTL	0x1d9

static void set_flags(struct vcpu *cpu, uint64_t flags)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.rflags |= flags;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

static void set_events(struct vcpu *cpu, uint32_t flags)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.events.flags |= flags;
	vcpu_set(cpu, VMR_STATE_EVENTS, &s);
}

/* ---- interrupts ---- */

GUEST64(three_nops, "nop; nop; nop; hlt");

TEST_F(vm, interrupt_at_once)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	traps->resume[VECTOR] = 1;
	set_flags(&self->cpu, IF);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(GUEST_CODE, traps->rip);
	EXPECT_EQ(GUEST_CODE + 4, vcpu_rip(&self->cpu));
}

TEST_F(vm, every_vector)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	int vector;

	for (vector = 32; vector < 256; vector++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
		traps->resume[vector] = 1;
		set_flags(&self->cpu, IF);
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, vector));
		ASSERT_EXIT("hlt", &self->cpu);
		ASSERT_EQ(1, traps->count[vector]);
	}
}

/* IF is 0: it waits, also across exits; STI lets one instruction more go by. */
GUEST64(window, "nop; out %al, $0x80; sti; nop; nop; hlt");

TEST_F(vm, interrupt_window)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(window));
	traps->resume[VECTOR] = 1;
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_OUT(0x80, 0, &self->cpu);
	EXPECT_EQ(0, traps->count[VECTOR]);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(GUEST_CODE + 5, traps->rip);
}

/* POPF has no shadow. */
GUEST64(popf_window, "push $0x202; popf; nop; hlt");

TEST_F(vm, interrupt_after_popf)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(popf_window));
	traps->resume[VECTOR] = 1;
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(popf_window_end - popf_window - 2, (int)(traps->rip - GUEST_CODE));
}

/* An instruction that exits is one, too: the interrupt comes right behind it. */
GUEST64(sti_cpuid, "sti; cpuid; nop; hlt");
GUEST64(sti_out, "sti; out %al, $0x80; nop; hlt");
GUEST64(sti_rdtsc, "sti; rdtsc; nop; hlt");

TEST_F(vm, shadow_ends_with_a_skipped_instruction)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	const struct {
		const uint8_t *code;
		size_t size;
	} codes[] = { { guest(sti_cpuid) }, { guest(sti_out) }, { guest(sti_rdtsc) } };
	const char *name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, codes[i].code, codes[i].size);
		traps->resume[VECTOR] = 1;
		traps->count[VECTOR] = 0;
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
		name = vcpu_next(&self->cpu);
		if (!strcmp(name, "io")) {
			vcpu_answer(&self->cpu, NULL, 0);
			name = vcpu_next(&self->cpu);
		}
		ASSERT_STREQ("hlt", name) { vcpu_tell(&self->cpu); }
		EXPECT_EQ(1, traps->count[VECTOR]);
		EXPECT_EQ(GUEST_CODE + codes[i].size - 2, traps->rip)
			TH_LOG("code %zu", i);
	}
}

GUEST64(cpuid_nop, "cpuid; nop; hlt");
GUEST64(nop_nop, "nop; nop; nop; hlt");

TEST_F(vm, shadows_are_state)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	const uint32_t shadows[] = { 0, VMR_EVENT_STI_SHADOW, VMR_EVENT_SS_SHADOW };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shadows); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(cpuid_nop));
		traps->resume[VECTOR] = 1;
		set_flags(&self->cpu, IF);
		set_events(&self->cpu, shadows[i]);
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(GUEST_CODE + (shadows[i] ? 2 : 0), traps->rip);

		vcpu_start(&self->cpu, GUEST_LONG, guest(nop_nop));
		set_flags(&self->cpu, IF);
		set_events(&self->cpu, shadows[i]);
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(GUEST_CODE + (shadows[i] ? 1 : 0), traps->rip);
	}
}

/* An NMI waits for their end, too, which no other exit tells. */
TEST_F(vm, nmi_after_a_shadow)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	const uint32_t shadows[] = { 0, VMR_EVENT_STI_SHADOW, VMR_EVENT_SS_SHADOW };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shadows); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(nop_nop));
		traps->resume[2] = 1;
		traps->count[2] = 0;
		set_flags(&self->cpu, IF);
		set_events(&self->cpu, shadows[i]);
		ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(1, traps->count[2]);
		EXPECT_EQ(GUEST_CODE + (shadows[i] ? 1 : 0), traps->rip);
	}
}

/* MOV SS: neither an interrupt nor TF's #DB comes before the next instruction. */
GUEST64(mov_ss, "mov %ss, %ax; mov %ax, %ss; out %al, $0x80; nop; hlt");

TEST_F(vm, mov_ss_then_out)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(mov_ss));
	traps->resume[VECTOR] = 1;
	set_flags(&self->cpu, IF);
	ASSERT_EXIT("io", &self->cpu);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(GUEST_CODE + mov_ss_end - mov_ss - 2, traps->rip);
}

GUEST16(real_nops, "nop; nop; hlt");

TEST_F(vm, interrupt_in_real_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_REAL, guest(real_nops));
	traps->resume[VECTOR] = 1;
	set_flags(&self->cpu, IF);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(0, traps->rip);
}

/* One waits at a time; then the next can. */
TEST_F(vm, one_interrupt_waits)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(window));
	traps->resume[VECTOR] = 1;
	traps->resume[VECTOR + 1] = 1;
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	EXPECT_ERRNO(EEXIST, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR + 1));
	EXPECT_ERRNO(EEXIST, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_INTERRUPT, s.events.flags & VMR_EVENT_INTERRUPT);
	EXPECT_EQ(VECTOR, s.events.interrupt);
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(0, traps->count[VECTOR + 1]);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.events.flags & VMR_EVENT_INTERRUPT);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR + 1));
}

/* ---- NMIs ---- */

TEST_F(vm, nmi_needs_no_if)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	traps->resume[2] = 1;
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[2]);
	EXPECT_EQ(GUEST_CODE, traps->rip);
}

/* Blocked until the handler's IRET; one more waits, others are merged into it. */
TEST_F(vm, nmi_in_the_handler)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_TRAP(2, &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_NMI_BLOCKED, s.events.flags & VMR_EVENT_NMI_BLOCKED);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(2, &self->cpu);
	EXPECT_EQ(2, traps->count[2]);
	EXPECT_EQ(GUEST_CODE, traps->rip);	/* right behind the IRET */
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(2, traps->count[2]);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.events.flags & VMR_EVENT_NMI_BLOCKED);
}

/* An exception in the handler, whose IRET unblocks NMIs, as on hardware. */
TEST_F(vm, blocking_is_state)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	traps->resume[2] = 1;
	set_events(&self->cpu, VMR_EVENT_NMI_BLOCKED);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, traps->count[2]);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_NMI_BLOCKED, s.events.flags & VMR_EVENT_NMI_BLOCKED);
	EXPECT_EQ(VMR_EVENT_NMI, s.events.flags & VMR_EVENT_NMI);
}

TEST_F(vm, nmi_before_interrupt)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	set_flags(&self->cpu, IF);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	ASSERT_EXIT("trap", &self->cpu);
	if (vm_for_both())
		SKIP(return, "the order there is KVM's");
	EXPECT_EQ(2, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(VECTOR, &self->cpu);
	EXPECT_EQ(GUEST_CODE, traps->rip);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
}

/* ---- exceptions ---- */

TEST_F(vm, exceptions)
{
	const struct {
		uint32_t vector;
		bool has_error;
		uint32_t error;
	} exceptions[] = {
		{ 0, false, 0 }, { 6, false, 0 }, { 13, true, 0x1234 }, { 14, true, 5 },
		{ 17, true, 0 },
	};
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	size_t i;
	int err;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(exceptions); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
		if (exceptions[i].has_error)
			err = vcpu_inject_error(&self->cpu, exceptions[i].vector,
						exceptions[i].error);
		else
			err = vcpu_inject(&self->cpu, VMR_INJECT_EXCEPTION, exceptions[i].vector);
		ASSERT_ERRNO(0, err);
		ASSERT_TRAP(exceptions[i].vector, &self->cpu);
		EXPECT_EQ(exceptions[i].error, traps->error);
		EXPECT_EQ(GUEST_CODE, traps->rip);
		/* A fault: RF keeps a breakpoint from hitting that instruction again. */
		EXPECT_EQ(RFLAGS_RF, traps->rflags & RFLAGS_RF);
		vcpu_answer(&self->cpu, NULL, 0);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(1, traps->count[exceptions[i].vector]);
	}
	EXPECT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXCEPTION, 0));
	EXPECT_ERRNO(EEXIST, vcpu_inject(&self->cpu, VMR_INJECT_EXCEPTION, 6));
}

/* Real mode pushes no error codes. */
TEST_F(vm, exception_in_real_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_REAL, guest(real_nops));
	traps->resume[13] = 1;
	ASSERT_ERRNO(0, vcpu_inject_error(&self->cpu, 13, 0x1234));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[13]);
	EXPECT_EQ(0, traps->rip);
	EXPECT_EQ(GUEST_CODE >> 4, traps->cs);
}

/* A trap and an interrupt together: the exception first. */
TEST_F(vm, exception_before_interrupt)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
	set_flags(&self->cpu, IF);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXCEPTION, 6));
	ASSERT_TRAP(6, &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_TRAP(VECTOR, &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
}

/* ---- the ExtINT line ---- */

TEST_F(vm, external_controller)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t vector = VECTOR + 1;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(window));
	traps->resume[VECTOR] = 1;
	traps->resume[VECTOR + 1] = 1;
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
	ASSERT_OUT(0x80, 0, &self->cpu);	/* IF is 0: nothing yet */
	ASSERT_EXIT("intack", &self->cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, self->cpu.exit.flags);
	vcpu_answer(&self->cpu, &vector, 1);
	ASSERT_EXIT("intack", &self->cpu);	/* still up, and IF is 1 again */
	EXPECT_EQ(1, traps->count[vector]);
	EXPECT_EQ(GUEST_CODE + 5, traps->rip);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
	vector = VECTOR;
	vcpu_answer(&self->cpu, &vector, 1);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(1, traps->count[VECTOR + 1]);
}

/* Up and down before the guest could take it: nothing comes. */
TEST_F(vm, external_line_goes_down)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(window));
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
	ASSERT_EXIT("hlt", &self->cpu);
}

/* User space closes the gate before it tells the vector: that comes when it's open. */
static void answer_too_late(struct vcpu *cpu, bool other)
{
	uint8_t vector = VECTOR;
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.rflags &= ~(uint64_t)IF;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	if (other && vcpu_inject(cpu, VMR_INJECT_INTERRUPT, VECTOR + 1))
		vm_die("VMR_INJECT of the other interrupt");
	vcpu_answer(cpu, &vector, 1);
}

TEST_F(vm, vector_for_a_closed_gate)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	int other;

	SKIP_ON_KVM();
	for (other = 0; other < 2; other++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(window));
		traps->resume[VECTOR] = 1;
		traps->resume[VECTOR + 1] = 1;
		traps->count[VECTOR] = 0;
		set_flags(&self->cpu, IF);
		ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
		ASSERT_EXIT("intack", &self->cpu);
		ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
		answer_too_late(&self->cpu, other);
		ASSERT_OUT(0x80, 0, &self->cpu);
		EXPECT_EQ(0, traps->count[VECTOR]);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(1, traps->count[VECTOR]);
		EXPECT_EQ(other, traps->count[VECTOR + 1]);
		EXPECT_EQ(GUEST_CODE + 5, traps->rip);
	}
}

/* Meanwhile: a device, a fault that vmring raises, a move. */
GUEST64(busy_window,
	"	mov	%eax, 0x30000000;"
	"	rdpmc;"
	"	out	%al, $0x80;"
	"	sti; nop; hlt");

TEST_F(vm, vector_outlasts_what_comes_meanwhile)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(busy_window));
	traps->resume[13] = 1 + 2;	/* RDPMC has two bytes */
	traps->resume[VECTOR] = 1;
	traps->resume[VECTOR + 1] = 1;
	set_flags(&self->cpu, IF);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
	ASSERT_EXIT("intack", &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
	answer_too_late(&self->cpu, true);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(4, self->cpu.exit.size);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(1, traps->count[13]);
	EXPECT_EQ(GUEST_CODE + 7, traps->rip);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_INTERRUPT | VMR_EVENT_ACKNOWLEDGED, s.events.flags);
	EXPECT_EQ(VECTOR + 1, s.events.interrupt);
	EXPECT_EQ(VECTOR, s.events.acknowledged);
	vcpu_move(&self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[13]);
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(1, traps->count[VECTOR + 1]);
	EXPECT_EQ(GUEST_CODE + busy_window_end - busy_window - 1, (long)traps->rip);
}

/* ---- single step ---- */

/* Each is one instruction, and HLT behind it. */
GUEST64(step_nop, "nop; hlt");
GUEST64(step_cpuid, "cpuid; hlt");
GUEST64(step_rdtsc, "rdtsc; hlt");
GUEST64(step_out, "out %al, $0x80; hlt");
GUEST64(step_in, "in $0x80, %al; hlt");
GUEST64(step_rdmsr, "rdmsr; hlt");
GUEST64(step_wrmsr, "wrmsr; hlt");
GUEST64(step_cr0, "mov %cr0, %rax; hlt");
GUEST64(step_cr8, "mov %rbx, %cr8; hlt");
GUEST64(step_clts, "clts; hlt");
GUEST64(step_lmsw, "lmsw %bp; hlt");
GUEST64(step_wbinvd, "wbinvd; hlt");
GUEST64(step_invd, "invd; hlt");
GUEST64(step_pause, "pause; hlt");
GUEST64(step_vmcall, "vmcall; hlt");
GUEST64(step_dr, "mov %dr0, %rax; hlt");
GUEST64(step_invlpg, "invlpg (%rsp); hlt");
GUEST64(step_hlt, "hlt; hlt");

TEST_F(vm, single_step_over_exits)
{
	const struct {
		const char *name;
		const uint8_t *code;
		size_t size;
	} codes[] = {
		{ "nop", guest(step_nop) }, { "cpuid", guest(step_cpuid) },
		{ "rdtsc", guest(step_rdtsc) }, { "out", guest(step_out) },
		{ "in", guest(step_in) }, { "rdmsr", guest(step_rdmsr) },
		{ "wrmsr", guest(step_wrmsr) }, { "mov cr0", guest(step_cr0) },
		{ "mov cr8", guest(step_cr8) }, { "clts", guest(step_clts) },
		{ "lmsw", guest(step_lmsw) }, { "wbinvd", guest(step_wbinvd) },
		{ "invd", guest(step_invd) }, { "pause", guest(step_pause) },
		{ "vmcall", guest(step_vmcall) }, { "mov dr", guest(step_dr) },
		{ "invlpg", guest(step_invlpg) }, { "hlt", guest(step_hlt) },
	};
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;
	const char *name;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		if (vm_for_both() && !strcmp(codes[i].name, "hlt"))
			continue;	/* forgotten there */
		vcpu_start(&self->cpu, GUEST_LONG, codes[i].code, codes[i].size);
		vcpu_get(&self->cpu, &s);
		s.rflags |= TF;
		s.gpr[VMR_RCX] = 0xc0000102;
		s.gpr[VMR_RBP] = 0x33;
		vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
		for (;;) {
			name = vcpu_next(&self->cpu);
			if (!strcmp(name, "trap") || self->cpu.exit.seq > 1000)
				break;
			if (!strcmp(name, "hlt") && strcmp(codes[i].name, "hlt"))
				break;
			vcpu_answer(&self->cpu, NULL, 0);
		}
		EXPECT_STREQ("trap", name) { TH_LOG("%s", codes[i].name); }
		EXPECT_EQ(1, exit_value(&self->cpu))
			TH_LOG("%s", codes[i].name);
		EXPECT_EQ(GUEST_CODE + codes[i].size - 1, traps->rip)
			TH_LOG("%s", codes[i].name);
		EXPECT_EQ(0x4000, traps->dr6 & 0x400f)
			TH_LOG("%s", codes[i].name);
		vcpu_answer(&self->cpu, NULL, 0);
	}
}

/* ---- single steps on branches ---- */

GUEST64(no_branch, "cpuid; in $0x80, %al; mov 0x30000000, %ebx; hlt");
GUEST64(far_branch, "jmp *0x30000000; hlt; nop; hlt");

static void begin_branch_steps(struct vcpu *cpu, const uint8_t *code, size_t size)
{
	vcpu_start(cpu, GUEST_LONG, code, size);
	set_flags(cpu, TF);
	if (vcpu_set_msr(cpu, DEBUGCTL, BTF))
		vm_die("VMR_SET_MSRS of IA32_DEBUGCTL");
}

/* What vmring executes for the guest is no step: it is no branch. */
TEST_F(vm, no_step_without_a_branch)
{
	SKIP_ON_KVM();
	begin_branch_steps(&self->cpu, guest(no_branch));
	ASSERT_EXIT("io", &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vm_traps(&self->vm)->count[1]);
}

/* What is one; and with the #DB that is over. */
TEST_F(vm, step_of_a_branch)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint64_t value;

	SKIP_ON_KVM();
	begin_branch_steps(&self->cpu, guest(far_branch));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_u64(&self->cpu, GUEST_CODE + 9);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(GUEST_CODE + 9, traps->rip);
	EXPECT_EQ(0x4000, traps->dr6 & 0x400f);
	EXPECT_EQ(0, vcpu_get_msr(&self->cpu, DEBUGCTL, &value));
	EXPECT_EQ(0, value);
}

/* ---- HLT that waits ---- */

FIXTURE(halting) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
};

FIXTURE_SETUP(halting)
{
	if (vm_for_both())
		SKIP(return, "this is vmring's alone");
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, 0, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(halting)
{
	if (vm_for_both())
		return;
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

GUEST64(wait_enabled, "sti; hlt; mov $1, %al; out %al, $0x80");
GUEST64(wait_disabled, "cli; hlt; mov $1, %al; out %al, $0x80");

/* RUN in a thread, which now sleeps in HLT. */
static void halt(struct runner *runner, struct vcpu *cpu)
{
	runner_begin(runner, cpu);
	wait_asleep(runner->tid);
}

TEST_F(halting, interrupt_wakes)
{
	volatile struct guest_traps *traps;
	struct runner runner;

	SKIP_ON_KVM();
	traps = vm_traps(&self->vm);
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_enabled));
	traps->resume[VECTOR] = 1;
	halt(&runner, &self->cpu);
	EXPECT_EQ(0, traps->count[VECTOR]);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("io", exit_name(&self->cpu.exit));
	EXPECT_EQ(1, traps->count[VECTOR]);
	EXPECT_EQ(GUEST_CODE + 2, traps->rip);
}

TEST_F(halting, nmi_wakes)
{
	struct runner runner;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_disabled));
	vm_traps(&self->vm)->resume[2] = 1;
	halt(&runner, &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_NMI, 0));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("io", exit_name(&self->cpu.exit));
	EXPECT_EQ(1, vm_traps(&self->vm)->count[2]);
}

TEST_F(halting, external_line_wakes)
{
	struct runner runner;
	uint8_t vector = VECTOR;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_enabled));
	vm_traps(&self->vm)->resume[VECTOR] = 1;
	halt(&runner, &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1));
	EXPECT_ERRNO(0, runner_end(&runner));
	ASSERT_STREQ("intack", exit_name(&self->cpu.exit));
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0));
	vcpu_answer(&self->cpu, &vector, 1);
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(1, vm_traps(&self->vm)->count[VECTOR]);
}

/* So does a #DB that is pending, as for a CPU that is given such a state. */
TEST_F(halting, pending_debug_exception_wakes)
{
	const uint64_t pending[] = { 0x4000, 0x1001 };
	struct vmr_state s;
	size_t i;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(pending); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(three_nops));
		vcpu_get(&self->cpu, &s);
		s.rflags |= i ? 0 : TF;
		s.events.flags |= VMR_EVENT_HALTED;
		s.events.pending_debug = pending[i];
		vcpu_set(&self->cpu, VMR_STATE_REGS | VMR_STATE_EVENTS, &s);
		ASSERT_TRAP(1, &self->cpu);
		EXPECT_EQ(pending[i] & 0x400f, vm_traps(&self->vm)->dr6 & 0x400f);
		EXPECT_EQ(GUEST_CODE, vm_traps(&self->vm)->rip);
	}
}

/* With IF = 0 an interrupt is no reason to go on; a kick comes out of it. */
TEST_F(halting, interrupt_that_is_disabled)
{
	struct vmr_state s;
	struct runner runner;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_disabled));
	halt(&runner, &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("kicked", exit_name(&self->cpu.exit));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(VMR_EVENT_HALTED | VMR_EVENT_INTERRUPT, s.events.flags);
	EXPECT_EQ(GUEST_CODE + 2, s.rip);
	EXPECT_EQ(0, vm_traps(&self->vm)->count[VECTOR]);

	/* Still halted; then no more. */
	halt(&runner, &self->cpu);
	ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("kicked", exit_name(&self->cpu.exit));
	s.events.flags = 0;
	vcpu_set(&self->cpu, VMR_STATE_EVENTS, &s);
	ASSERT_EXIT("io", &self->cpu);
}

/* What was there before the HLT is not slept over. */
TEST_F(halting, interrupt_was_there_before)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_enabled));
	vm_traps(&self->vm)->resume[VECTOR] = 1;
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR));
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(1, vm_traps(&self->vm)->count[VECTOR]);
	EXPECT_EQ(GUEST_CODE + 2, vm_traps(&self->vm)->rip);
}

/* A hundred in a row, at any moment around the HLT. */
GUEST64(wait_often,
	"1:	cli;"
	"	cmpl	$100, " NUMBER(GUEST_TRAPS) " + 4 * 0x30;"
	"	jae	2f;"
	"	sti; hlt;"
	"	jmp	1b;"
	"2:	out	%al, $0x80");

TEST_F(halting, no_wake_up_is_lost)
{
	struct runner runner;
	int i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wait_often));
	vm_traps(&self->vm)->resume[VECTOR] = 1;
	runner_begin(&runner, &self->cpu);
	for (i = 0; i < 100;) {
		int err = vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, VECTOR);

		ASSERT_TRUE(!err || err == EEXIST);
		if (err)
			sched_yield();
		else
			i++;
	}
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_EQ(100, vm_traps(&self->vm)->count[VECTOR]);
}

/* A kick that comes with the open gate mustn't make a vector be asked for later. */
GUEST64(spin_with_interrupts, "sti; 1: pause; jmp 1b");

static void *kick_on_and_on(void *data)
{
	struct kicked {
		struct vcpu *cpu;
		volatile bool stop;
	} *kicked = data;

	while (!kicked->stop)
		vcpu_kick(kicked->cpu);
	return NULL;
}

static void begin_again(struct vcpu *cpu)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.rip = s.rip == GUEST_CODE ? GUEST_CODE + 1 : GUEST_CODE;
	s.rflags |= 0x200;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

TEST_F(vm, no_vector_is_asked_for_a_line_that_is_down)
{
	struct {
		struct vcpu *cpu;
		volatile bool stop;
	} kicked = { .cpu = &self->cpu };
	int i, stale = 0;
	pthread_t thread;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(spin_with_interrupts));
	begin_again(&self->cpu);
	ASSERT_EQ(0, pthread_create(&thread, NULL, kick_on_and_on, &kicked));
	for (i = 0; i < 500; i++) {
		vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 1);
		if (!strcmp("intack", vcpu_next(&self->cpu))) {
			vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0);
			begin_again(&self->cpu);
			continue;
		}
		vcpu_inject(&self->cpu, VMR_INJECT_EXTINT, 0);
		if (!strcmp("intack", vcpu_next(&self->cpu))) {
			stale++;
			begin_again(&self->cpu);
		}
	}
	kicked.stop = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(0, stale);
}

/* The #DB of a single step over HLT ends the wait; KVM as it is used here leaves HLT to us. */
GUEST64(step_over_hlt, "pushf; orl $0x100, (%rsp); popf; nop; hlt; nop; out %al, $0x80; hlt");

TEST_F(vm, single_step_over_hlt)
{
	volatile struct guest_traps *traps;
	struct vcpu cpu;
	struct vm vm;

	SKIP_ON_KVM();
	vm_create_with_ram(&vm, 0, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(step_over_hlt));
	traps = vm_traps(&vm);
	traps->resume[1] = 1;
	ASSERT_EXIT("io", &cpu);
	EXPECT_EQ(3, traps->count[1]);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
