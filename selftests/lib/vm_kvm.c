// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how the tests' library calls KVM, which plays vmring's part there: its
 * exits become entries of a ring that is this process's own memory. As much as
 * the tests of selftests/guest need, to see that they are right.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm_backend.h"

#define CPUID_ENTRIES	VMR_MAX_CPUID
#define RUN_SIZE	0x3000

struct kvm_cpu {
	struct kvm_run *run;
	struct vmr_area_ro ro;
	struct vmr_exit entry;	/* the ring */
	struct vmr_area_rw rw;
	uint8_t bulk[4096];
	bool has_interrupt;
	uint32_t interrupt;
	bool in_reply;		/* the last exit wants data */
};

static void create(struct vm *vm, uint64_t features)
{
	vm->fd = ioctl(vm->dev, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		vm_die("KVM_CREATE_VM");
	if (ioctl(vm->fd, KVM_SET_TSS_ADDR, 0xfffbd000L))
		vm_die("KVM_SET_TSS_ADDR");
}

static int slot(struct vm *vm, int fd, struct vmr_slot *args)
{
	struct kvm_userspace_memory_region region = {
		.slot = args->slot,
		.flags = args->flags & VMR_SLOT_READONLY ? KVM_MEM_READONLY : 0,
		.guest_phys_addr = args->gpa,
		.memory_size = args->length,
		.userspace_addr = args->hva,
	};

	return ioctl_errno(fd, KVM_SET_USER_MEMORY_REGION, &region);
}

static void vcpu_create_(struct vcpu *cpu)
{
	struct kvm_cpu *k = calloc(1, sizeof(*k));

	cpu->fd = ioctl(cpu->vm->fd, KVM_CREATE_VCPU, cpu->id);
	if (cpu->fd < 0 || !k)
		vm_die("KVM_CREATE_VCPU");
	k->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd, 0);
	if (k->run == MAP_FAILED)
		vm_die("mmap of a KVM vCPU");
	k->ro.header.ring_entries = 1;
	cpu->data = k;
	cpu->header = &k->ro.header;
	cpu->producer = &k->ro.producer;
	cpu->ring = &k->entry;
	cpu->consumer = &k->rw.consumer;
	cpu->reply = &k->rw.reply;
	cpu->control = &k->rw.control;
	cpu->area = &k->rw.state;
	cpu->bulk = k->bulk;
}

static void vcpu_destroy_(struct vcpu *cpu)
{
	struct kvm_cpu *k = cpu->data;

	munmap(k->run, RUN_SIZE);
	close(cpu->fd);
	free(k);
}

/* ---- exits ---- */

static void publish_io(struct kvm_cpu *k, struct vmr_exit *exit)
{
	const struct kvm_run *run = k->run;
	const uint8_t *data = (const uint8_t *)run + run->io.data_offset;

	exit->reason = VMR_EXIT_IO;
	exit->flags = VMR_EXIT_NEEDS_REPLY;
	exit->addr = run->io.port;
	exit->size = run->io.size;
	exit->count = run->io.count;
	if (run->io.direction == KVM_EXIT_IO_OUT) {
		exit->flags |= VMR_EXIT_WRITE;
		memcpy(exit->data, data, run->io.size);
		memcpy(k->bulk, data, run->io.size * run->io.count);
	}
	if (run->io.count > 1)
		exit->flags |= VMR_EXIT_STRING;
}

/* False: nothing for the test, run again. */
static bool publish(struct kvm_cpu *k, int err, struct vmr_exit *exit)
{
	const struct kvm_run *run = k->run;

	memset(exit, 0, sizeof(*exit));
	if (err == EINTR) {
		exit->reason = VMR_EXIT_INTERRUPTED;
		return true;
	}
	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		publish_io(k, exit);
		break;
	case KVM_EXIT_MMIO:
		exit->reason = VMR_EXIT_MMIO;
		exit->addr = run->mmio.phys_addr;
		exit->size = run->mmio.len;
		exit->flags = VMR_EXIT_NEEDS_REPLY;
		if (run->mmio.is_write) {
			exit->flags |= VMR_EXIT_WRITE;
			memcpy(exit->data, run->mmio.data, run->mmio.len);
		}
		break;
	case KVM_EXIT_HLT:
		exit->reason = VMR_EXIT_HLT;
		break;
	case KVM_EXIT_SHUTDOWN:
		exit->reason = VMR_EXIT_SHUTDOWN;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		exit->reason = VMR_EXIT_FAILED_ENTRY;
		break;
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_SET_TPR:
		return false;
	default:
		exit->reason = VMR_EXIT_REFUSED;
		exit->count = run->exit_reason;
		exit->addr = run->internal.suberror;
		break;
	}
	return true;
}

static void take_reply(struct vcpu *cpu, struct kvm_cpu *k)
{
	struct kvm_run *run = k->run;
	uint8_t *io = (uint8_t *)run + run->io.data_offset;

	if (!k->in_reply)
		return;
	if (run->exit_reason == KVM_EXIT_MMIO)
		memcpy(run->mmio.data, k->rw.reply.data, 8);
	else if (run->io.count > 1)
		memcpy(io, k->bulk, run->io.size * run->io.count);
	else
		memcpy(io, k->rw.reply.data, run->io.size);
	k->in_reply = false;
}

static void bring_interrupt(struct vcpu *cpu, struct kvm_cpu *k)
{
	struct kvm_interrupt interrupt = { .irq = k->interrupt };

	k->run->request_interrupt_window = 0;
	if (!k->has_interrupt)
		return;
	if (!k->run->ready_for_interrupt_injection) {
		k->run->request_interrupt_window = 1;
		return;
	}
	if (ioctl(cpu->fd, KVM_INTERRUPT, &interrupt))
		vm_die("KVM_INTERRUPT");
	k->has_interrupt = false;
}

static int run(struct vcpu *cpu)
{
	struct kvm_cpu *k = cpu->data;
	struct vmr_exit *exit = &k->entry;
	uint32_t seq = exit->seq + 1;
	int err;

	take_reply(cpu, k);
	do {
		bring_interrupt(cpu, k);
		k->run->immediate_exit = k->rw.control.immediate_exit;
		err = ioctl_errno(cpu->fd, KVM_RUN, NULL);
		if (err && err != EINTR)
			return err;
	} while (!publish(k, err, exit));
	exit->seq = seq;
	k->in_reply = exit->flags & VMR_EXIT_NEEDS_REPLY && !(exit->flags & VMR_EXIT_WRITE);
	k->ro.producer++;
	return err;
}

/* ---- state ---- */

static void get_segment(struct vmr_segment *to, const struct kvm_segment *from)
{
	memset(to, 0, sizeof(*to));
	to->selector = from->selector;
	to->base = from->base;
	to->limit = from->limit;
	to->access = from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
		     from->avl << 12 | from->l << 13 | from->db << 14 | from->g << 15 |
		     (from->unusable ? VMR_SEGMENT_UNUSABLE : 0);
}

static void set_segment(struct kvm_segment *to, const struct vmr_segment *from)
{
	memset(to, 0, sizeof(*to));
	to->selector = from->selector;
	to->base = from->base;
	to->limit = from->limit;
	to->type = from->access & 15;
	to->s = from->access >> 4 & 1;
	to->dpl = from->access >> 5 & 3;
	to->present = from->access >> 7 & 1;
	to->avl = from->access >> 12 & 1;
	to->l = from->access >> 13 & 1;
	to->db = from->access >> 14 & 1;
	to->g = from->access >> 15 & 1;
	to->unusable = !!(from->access & VMR_SEGMENT_UNUSABLE);
}

/* Where KVM has what vmring has at each number. */
static const size_t gprs[VMR_GPRS] = {
	[VMR_RAX] = offsetof(struct kvm_regs, rax), [VMR_RCX] = offsetof(struct kvm_regs, rcx),
	[VMR_RDX] = offsetof(struct kvm_regs, rdx), [VMR_RBX] = offsetof(struct kvm_regs, rbx),
	[VMR_RSP] = offsetof(struct kvm_regs, rsp), [VMR_RBP] = offsetof(struct kvm_regs, rbp),
	[VMR_RSI] = offsetof(struct kvm_regs, rsi), [VMR_RDI] = offsetof(struct kvm_regs, rdi),
	[8] = offsetof(struct kvm_regs, r8), [9] = offsetof(struct kvm_regs, r9),
	[10] = offsetof(struct kvm_regs, r10), [11] = offsetof(struct kvm_regs, r11),
	[12] = offsetof(struct kvm_regs, r12), [13] = offsetof(struct kvm_regs, r13),
	[14] = offsetof(struct kvm_regs, r14), [VMR_R15] = offsetof(struct kvm_regs, r15),
};

static const size_t segments[VMR_SEGMENTS] = {
	[VMR_ES] = offsetof(struct kvm_sregs, es), [VMR_CS] = offsetof(struct kvm_sregs, cs),
	[VMR_SS] = offsetof(struct kvm_sregs, ss), [VMR_DS] = offsetof(struct kvm_sregs, ds),
	[VMR_FS] = offsetof(struct kvm_sregs, fs), [VMR_GS] = offsetof(struct kvm_sregs, gs),
	[VMR_LDTR] = offsetof(struct kvm_sregs, ldt), [VMR_TR] = offsetof(struct kvm_sregs, tr),
};

/* The CPU may have no XCR0: then there is nothing to set, or to get. */
static int set_xcr0(struct vcpu *cpu, uint64_t value)
{
	struct kvm_xcrs xcrs = { .nr_xcrs = 1, .xcrs[0].value = value };

	return value ? ioctl_errno(cpu->fd, KVM_SET_XCRS, &xcrs) : 0;
}

static uint64_t get_xcr0(struct vcpu *cpu)
{
	struct kvm_xcrs xcrs;

	if (ioctl(cpu->fd, KVM_GET_XCRS, &xcrs) || !xcrs.nr_xcrs)
		return 0;
	return xcrs.xcrs[0].value;
}

static int get_events(struct vcpu *cpu, struct vmr_events *events)
{
	struct kvm_vcpu_events e;
	int err = ioctl_errno(cpu->fd, KVM_GET_VCPU_EVENTS, &e);

	memset(events, 0, sizeof(*events));
	events->flags = (e.nmi.masked ? VMR_EVENT_NMI_BLOCKED : 0) |
			(e.nmi.pending ? VMR_EVENT_NMI : 0) |
			(e.interrupt.shadow & KVM_X86_SHADOW_INT_STI ? VMR_EVENT_STI_SHADOW : 0) |
			(e.interrupt.shadow & KVM_X86_SHADOW_INT_MOV_SS ? VMR_EVENT_SS_SHADOW : 0);
	return err;
}

static int get(struct vcpu *cpu, struct vmr_state *s)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	struct kvm_debugregs debug;
	int i;

	memset(s, 0, sizeof(*s));
	if (ioctl(cpu->fd, KVM_GET_REGS, &regs) || ioctl(cpu->fd, KVM_GET_SREGS, &sregs) ||
	    ioctl(cpu->fd, KVM_GET_DEBUGREGS, &debug))
		return errno;
	for (i = 0; i < VMR_GPRS; i++)
		memcpy(&s->gpr[i], (const uint8_t *)&regs + gprs[i], sizeof(uint64_t));
	s->rip = regs.rip;
	s->rflags = regs.rflags;
	for (i = 0; i < VMR_SEGMENTS; i++)
		get_segment(&s->segment[i], (const void *)((const uint8_t *)&sregs + segments[i]));
	s->gdtr.base = sregs.gdt.base;
	s->gdtr.limit = sregs.gdt.limit;
	s->idtr.base = sregs.idt.base;
	s->idtr.limit = sregs.idt.limit;
	s->cr0 = sregs.cr0;
	s->cr2 = sregs.cr2;
	s->cr3 = sregs.cr3;
	s->cr4 = sregs.cr4;
	s->cr8 = sregs.cr8;
	s->efer = sregs.efer;
	s->xcr0 = get_xcr0(cpu);
	memcpy(s->dr, debug.db, sizeof(s->dr));
	s->dr6 = debug.dr6;
	s->dr7 = debug.dr7;
	return get_events(cpu, &s->events);
}

static int set_regs(struct vcpu *cpu, const struct vmr_state *s)
{
	struct kvm_regs regs = { .rip = s->rip, .rflags = s->rflags };
	int i;

	for (i = 0; i < VMR_GPRS; i++)
		memcpy((uint8_t *)&regs + gprs[i], &s->gpr[i], sizeof(uint64_t));
	return ioctl_errno(cpu->fd, KVM_SET_REGS, &regs);
}

static int set_sregs(struct vcpu *cpu, uint64_t groups, const struct vmr_state *s)
{
	struct kvm_sregs sregs;
	int err = ioctl_errno(cpu->fd, KVM_GET_SREGS, &sregs);
	int i;

	if (err)
		return err;
	if (groups & VMR_STATE_SEGMENTS) {
		for (i = 0; i < VMR_SEGMENTS; i++)
			set_segment((void *)((uint8_t *)&sregs + segments[i]), &s->segment[i]);
		sregs.gdt.base = s->gdtr.base;
		sregs.gdt.limit = s->gdtr.limit;
		sregs.idt.base = s->idtr.base;
		sregs.idt.limit = s->idtr.limit;
	}
	if (groups & VMR_STATE_CONTROL) {
		sregs.cr0 = s->cr0;
		sregs.cr2 = s->cr2;
		sregs.cr3 = s->cr3;
		sregs.cr4 = s->cr4;
		sregs.cr8 = s->cr8;
		sregs.efer = s->efer;
	}
	return ioctl_errno(cpu->fd, KVM_SET_SREGS, &sregs);
}

static int set_debug(struct vcpu *cpu, const struct vmr_state *s)
{
	struct kvm_debugregs debug = { .dr6 = s->dr6, .dr7 = s->dr7 };

	memcpy(debug.db, s->dr, sizeof(s->dr));
	return ioctl_errno(cpu->fd, KVM_SET_DEBUGREGS, &debug);
}

static int set_events(struct vcpu *cpu, const struct vmr_events *events)
{
	struct kvm_vcpu_events e;
	int err = ioctl_errno(cpu->fd, KVM_GET_VCPU_EVENTS, &e);

	if (err)
		return err;
	e.interrupt.shadow = (events->flags & VMR_EVENT_STI_SHADOW ? KVM_X86_SHADOW_INT_STI : 0) |
			     (events->flags & VMR_EVENT_SS_SHADOW ? KVM_X86_SHADOW_INT_MOV_SS : 0);
	e.nmi.masked = !!(events->flags & VMR_EVENT_NMI_BLOCKED);
	e.flags = KVM_VCPUEVENT_VALID_SHADOW;
	return ioctl_errno(cpu->fd, KVM_SET_VCPU_EVENTS, &e);
}

static int set(struct vcpu *cpu, uint64_t groups, const struct vmr_state *s)
{
	struct kvm_cpu *k = cpu->data;
	int err = 0;

	k->run->ready_for_interrupt_injection = 0;	/* that was before */
	if (groups & (VMR_STATE_SEGMENTS | VMR_STATE_CONTROL))
		err = set_sregs(cpu, groups, s);
	if (!err && groups & VMR_STATE_CONTROL) {
		k->run->cr8 = s->cr8;	/* which each KVM_RUN takes */
		err = set_xcr0(cpu, s->xcr0);
	}
	if (!err && groups & VMR_STATE_REGS)
		err = set_regs(cpu, s);
	if (!err && groups & VMR_STATE_DEBUG)
		err = set_debug(cpu, s);
	if (!err && groups & VMR_STATE_EVENTS)
		err = set_events(cpu, &s->events);
	return err;
}

/* ---- the rest ---- */

static int inject(struct vcpu *cpu, struct vmr_inject *args)
{
	struct kvm_cpu *k = cpu->data;

	switch (args->kind) {
	case VMR_INJECT_INTERRUPT:
		k->has_interrupt = true;
		k->interrupt = args->vector;
		return 0;
	case VMR_INJECT_NMI:
		return ioctl_errno(cpu->fd, KVM_NMI, NULL);
	}
	return EINVAL;
}

static int msr(struct vcpu *cpu, unsigned long cmd, struct vmr_msr *args)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = { .head.nmsrs = 1, .entry = { .index = args->index, .data = args->value } };
	int done = ioctl(cpu->fd, cmd, &msrs);

	args->value = msrs.entry.data;
	return done < 0 ? errno : done == 1 ? 0 : EINVAL;
}

static int get_msr(struct vcpu *cpu, struct vmr_msr *args)
{
	return msr(cpu, KVM_GET_MSRS, args);
}

static int set_msr(struct vcpu *cpu, struct vmr_msr *args)
{
	return msr(cpu, KVM_SET_MSRS, args);
}

struct kvm_table {
	struct kvm_cpuid2 head;
	struct kvm_cpuid_entry2 entries[CPUID_ENTRIES];
};

static unsigned int cpuid(int dev, struct vmr_cpuid_entry *entries)
{
	static struct kvm_table table;
	unsigned int i;

	table.head.nent = CPUID_ENTRIES;
	if (ioctl(dev, KVM_GET_SUPPORTED_CPUID, &table))
		vm_die("KVM_GET_SUPPORTED_CPUID");
	for (i = 0; i < table.head.nent; i++) {
		const struct kvm_cpuid_entry2 *e = &table.entries[i];

		entries[i] = (struct vmr_cpuid_entry){
			.leaf = e->function, .subleaf = e->index,
			.flags = e->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX ? VMR_CPUID_SUBLEAF : 0,
			.eax = e->eax, .ebx = e->ebx, .ecx = e->ecx, .edx = e->edx,
		};
	}
	return table.head.nent;
}

static int set_cpuid(struct vcpu *cpu, const struct vmr_cpuid_entry *entries, unsigned int count)
{
	static struct kvm_table table;
	unsigned int i;

	table.head.nent = count;
	for (i = 0; i < count; i++) {
		const struct vmr_cpuid_entry *e = &entries[i];

		table.entries[i] = (struct kvm_cpuid_entry2){
			.function = e->leaf, .index = e->subleaf,
			.flags = e->flags & VMR_CPUID_SUBLEAF ? KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
			.eax = e->eax, .ebx = e->ebx, .ecx = e->ecx, .edx = e->edx,
		};
	}
	return ioctl_errno(cpu->fd, KVM_SET_CPUID2, &table);
}

const struct vm_backend kvm_backend = {
	.device = "/dev/kvm",
	.create = create,
	.slot = slot,
	.vcpu_create = vcpu_create_,
	.vcpu_destroy = vcpu_destroy_,
	.run = run,
	.get = get,
	.set = set,
	.inject = inject,
	.get_msr = get_msr,
	.set_msr = set_msr,
	.cpuid = cpuid,
	.set_cpuid = set_cpuid,
};
