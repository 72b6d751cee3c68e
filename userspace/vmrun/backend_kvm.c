// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how vmrun drives KVM: without any of its interrupt controllers, and with its exits
 * and registers in vmring's form. What the guest writes to coalesced ranges is posted.
 */
#include <assert.h>
#include <errno.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "bus.h"
#include "cpuid_kvm.h"
#include "ring.h"
#include "say.h"

#define DEVICE		"/dev/kvm"
#define TSS_ADDRESS	0xfffbd000ul	/* three pages that old CPUs need somewhere */
#define KICK_SIGNAL	SIGUSR1

#define APIC_BASE_ENABLE	(1ull << 11)
#define MSR_BIOS_SIGN_ID	0x8b
#define MSR_PLATFORM_INFO	0xce
#define MSR_MISC_ENABLE		0x1a0
#define MISC_ENABLE_FAST_STRING	1

#define PAGE		4096u
#define RFLAGS_IF	(1u << 9)
#define RING_ENTRIES	256

#define COALESCED_MOST	((PAGE - sizeof(struct kvm_coalesced_mmio_ring)) / \
			 sizeof(struct kvm_coalesced_mmio))

static_assert(COALESCED_MOST < RING_ENTRIES, "all of them have room, and an exit behind them");

struct backend_vm {
	int dev, fd;
	unsigned int coalesced;	/* the ring's page in a vCPU's mapping, 0: there is none */
	bool coalesced_ports;
};

/* What a vCPU's area has with vmring, in ordinary memory. */
struct area {
	struct vmr_exit entries[RING_ENTRIES];
	uint32_t producer, need_kick;
	uint32_t consumer, need_wakeup;
	struct vmr_reply reply;
};

struct backend_vcpu {
	struct backend_vm *vm;
	int fd;
	size_t run_size;
	struct kvm_run *run;
	struct kvm_coalesced_mmio_ring *coalesced;
	struct area area;
	struct ring ring;		/* in that */
	struct vmr_exit exit;		/* the last one that isn't posted */
	atomic_bool has_exit;		/* it isn't in the ring yet */
	bool wants_answer;		/* KVM's memory is to get its reply */
	char words[BACKEND_WORDS];	/* about it */
	pthread_t thread;		/* that runs it, once there is one */
	atomic_bool has_thread;
	atomic_bool intr;		/* the PIC's wire */
	atomic_bool kicked;
	uint64_t windows, injected;
};

static int open_device(void)
{
	return backend_open(DEVICE, "is KVM loaded? try 'modprobe kvm_intel'",
			    "be root, or in the group that owns it");
}

/* A signal ends KVM_RUN; that it came is all. */
static void kick_arrived(int number)
{
}

static int take_signal(void)
{
	struct sigaction action = { .sa_handler = kick_arrived };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	if (sigaction(KICK_SIGNAL, &action, NULL) || pthread_sigmask(SIG_UNBLOCK, &set, NULL))
		return fail("sigaction: %s", strerror(errno));
	return 0;
}

static int create_vm(struct backend_vm *vm)
{
	if (ioctl(vm->dev, KVM_GET_API_VERSION, 0) != KVM_API_VERSION ||
	    ioctl(vm->dev, KVM_CHECK_EXTENSION, KVM_CAP_IMMEDIATE_EXIT) <= 0)
		return fail(DEVICE ": this KVM is too old");
	vm->fd = BACKEND_CALL(vm->dev, KVM_CREATE_VM, 0);
	if (vm->fd < 0)
		return -1;
	vm->coalesced = ioctl(vm->dev, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	vm->coalesced_ports = ioctl(vm->dev, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_PIO) > 0;
	return BACKEND_CALL(vm->fd, KVM_SET_TSS_ADDR, (void *)TSS_ADDRESS);
}

static void kvm_destroy(struct backend_vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->dev >= 0)
		close(vm->dev);
	free(vm);
}

static int kvm_create(struct backend_vm **made)
{
	struct backend_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return fail("no memory");
	vm->fd = -1;
	vm->dev = open_device();
	if (vm->dev < 0 || create_vm(vm) || take_signal()) {
		kvm_destroy(vm);
		return -1;
	}
	*made = vm;
	return 0;
}

static int kvm_map(struct backend_vm *vm, unsigned int slot, uint64_t gpa, void *host,
		   uint64_t size)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot, .guest_phys_addr = gpa, .memory_size = size,
		.userspace_addr = (uintptr_t)host,
	};

	return BACKEND_CALL(vm->fd, KVM_SET_USER_MEMORY_REGION, &region);
}

/* It has nothing like a mirror: those reads are exits. */
static int kvm_set_policy(struct backend_vm *vm, unsigned int number, bool is_mmio,
			  const struct bus_policy *policy)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = policy->base, .size = policy->size, .pio = !is_mmio,
	};

	if (!policy->posted || !vm->coalesced || (!is_mmio && !vm->coalesced_ports))
		return 0;
	return BACKEND_CALL(vm->fd, KVM_REGISTER_COALESCED_MMIO, &zone);
}

/* ---- CPUID ---- */

static struct kvm_cpuid2 *cpuid_table(unsigned int count)
{
	struct kvm_cpuid2 *table = calloc(1, sizeof(*table) + count * sizeof(table->entries[0]));

	if (table)
		table->nent = count;
	else
		fail("no memory");
	return table;
}

static void read_cpuid(u32 leaf, u32 subleaf, struct vmr_cpuid_answer *answer)
{
	__asm__ volatile("cpuid" : "=a" (answer->eax), "=b" (answer->ebx), "=c" (answer->ecx),
			 "=d" (answer->edx) : "a" (leaf), "c" (subleaf));
}

static int kvm_cpuid(struct backend_vm *vm, struct vmr_cpuid_entry *entries, unsigned int *count)
{
	struct kvm_cpuid2 *table = cpuid_table(*count);
	unsigned int i;

	if (!table)
		return -1;
	if (BACKEND_CALL(vm->dev, KVM_GET_SUPPORTED_CPUID, table)) {
		free(table);
		return -1;
	}
	for (i = 0; i < table->nent; i++) {
		const struct kvm_cpuid_entry2 *from = &table->entries[i];

		entries[i] = (struct vmr_cpuid_entry){
			.leaf = from->function, .subleaf = from->index,
			.flags = from->flags & KVM_CPUID_FLAG_SIGNIFCANT_INDEX ?
				 VMR_CPUID_SUBLEAF : 0,
			.eax = from->eax, .ebx = from->ebx, .ecx = from->ecx, .edx = from->edx,
		};
	}
	*count = cpuid_for_kvm(entries, table->nent, read_cpuid);
	free(table);
	return 0;
}

/* KVM shows the guest an APIC, whatever its table says, unless that is turned off. */
static int turn_apic_off(struct backend_vcpu *vcpu)
{
	struct kvm_sregs sregs;

	if (BACKEND_CALL(vcpu->fd, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.apic_base &= ~APIC_BASE_ENABLE;
	return BACKEND_CALL(vcpu->fd, KVM_SET_SREGS, &sregs);
}

static int kvm_set_cpuid(struct backend_vcpu *vcpu, const struct vmr_cpuid_entry *entries,
			 unsigned int count)
{
	struct kvm_cpuid2 *table = cpuid_table(count);
	unsigned int i;
	int error;

	if (!table)
		return -1;
	for (i = 0; i < count; i++)
		table->entries[i] = (struct kvm_cpuid_entry2){
			.function = entries[i].leaf, .index = entries[i].subleaf,
			.flags = entries[i].flags & VMR_CPUID_SUBLEAF ?
				 KVM_CPUID_FLAG_SIGNIFCANT_INDEX : 0,
			.eax = entries[i].eax, .ebx = entries[i].ebx,
			.ecx = entries[i].ecx, .edx = entries[i].edx,
		};
	error = BACKEND_CALL(vcpu->fd, KVM_SET_CPUID2, table);
	free(table);
	return error ? error : turn_apic_off(vcpu);
}

/* ---- vCPUs ---- */

/*
 * Where KVM's own values aren't what a guest of vmring finds: string instructions are
 * fast, CPUID can't be made to fault, and no microcode has been loaded.
 */
static int set_msrs(struct backend_vcpu *vcpu)
{
	static const struct kvm_msr_entry values[] = {
		{ .index = MSR_MISC_ENABLE, .data = MISC_ENABLE_FAST_STRING },
		{ .index = MSR_PLATFORM_INFO, .data = 0 },
		{ .index = MSR_BIOS_SIGN_ID, .data = 0 },
	};
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry[sizeof(values) / sizeof(values[0])];
	} msrs = { .head.nmsrs = sizeof(values) / sizeof(values[0]) };
	int set;

	memcpy(msrs.entry, values, sizeof(values));
	set = ioctl(vcpu->fd, KVM_SET_MSRS, &msrs);
	if (set == (int)msrs.head.nmsrs)
		return 0;
	if (set < 0)
		return fail("KVM_SET_MSRS: %s", strerror(errno));
	return fail("KVM_SET_MSRS: KVM refuses MSR %#x", values[set].index);
}

static void make_ring(struct backend_vcpu *vcpu)
{
	struct area *area = &vcpu->area;

	vcpu->ring = (struct ring){
		.entries = area->entries, .mask = RING_ENTRIES - 1,
		.producer = &area->producer, .need_kick = &area->need_kick,
		.consumer = &area->consumer, .need_wakeup = &area->need_wakeup,
		.reply = &area->reply,
	};
}

static int open_vcpu(struct backend_vcpu *vcpu)
{
	int size = BACKEND_CALL(vcpu->vm->dev, KVM_GET_VCPU_MMAP_SIZE, 0);

	vcpu->fd = BACKEND_CALL(vcpu->vm->fd, KVM_CREATE_VCPU, 0);
	if (vcpu->fd < 0 || size < 0)
		return -1;
	vcpu->run_size = size;
	vcpu->run = backend_map(vcpu->fd, 0, size, true);
	if (!vcpu->run)
		return -1;
	if (vcpu->vm->coalesced)
		vcpu->coalesced = (void *)((uint8_t *)vcpu->run + vcpu->vm->coalesced * PAGE);
	make_ring(vcpu);
	return set_msrs(vcpu);
}

static void kvm_vcpu_destroy(struct backend_vcpu *vcpu)
{
	if (vcpu->run)
		munmap(vcpu->run, vcpu->run_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	free(vcpu);
}

static int kvm_vcpu_create(struct backend_vm *vm, struct backend_vcpu **made)
{
	struct backend_vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		return fail("no memory");
	vcpu->vm = vm;
	vcpu->fd = -1;
	if (open_vcpu(vcpu)) {
		kvm_vcpu_destroy(vcpu);
		return -1;
	}
	*made = vcpu;
	return 0;
}

static uint32_t kvm_tsc_khz(struct backend_vcpu *vcpu)
{
	int khz = ioctl(vcpu->fd, KVM_GET_TSC_KHZ, 0);

	return khz < 0 ? 0 : khz;
}

/* ---- registers ---- */

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

static void get_segment(struct vmr_segment *to, const struct kvm_segment *from)
{
	*to = (struct vmr_segment){
		.base = from->base, .limit = from->limit, .selector = from->selector,
		.access = from->type | from->s << 4 | from->dpl << 5 | from->present << 7 |
			  from->avl << 12 | from->l << 13 | from->db << 14 | from->g << 15 |
			  (from->unusable ? VMR_SEGMENT_UNUSABLE : 0),
	};
}

static void set_segment(struct kvm_segment *to, const struct vmr_segment *from)
{
	*to = (struct kvm_segment){
		.base = from->base, .limit = from->limit, .selector = from->selector,
		.type = from->access & 15, .s = from->access >> 4 & 1,
		.dpl = from->access >> 5 & 3, .present = from->access >> 7 & 1,
		.avl = from->access >> 12 & 1, .l = from->access >> 13 & 1,
		.db = from->access >> 14 & 1, .g = from->access >> 15 & 1,
		.unusable = !!(from->access & VMR_SEGMENT_UNUSABLE),
	};
}

static int kvm_get_state(struct backend_vcpu *vcpu, struct vmr_state *state)
{
	struct kvm_sregs sregs;
	struct kvm_regs regs;
	unsigned int i;

	memset(state, 0, sizeof(*state));
	if (BACKEND_CALL(vcpu->fd, KVM_GET_REGS, &regs) ||
	    BACKEND_CALL(vcpu->fd, KVM_GET_SREGS, &sregs))
		return -1;
	for (i = 0; i < VMR_GPRS; i++)
		memcpy(&state->gpr[i], (const uint8_t *)&regs + gprs[i], sizeof(uint64_t));
	state->rip = regs.rip;
	state->rflags = regs.rflags;
	for (i = 0; i < VMR_SEGMENTS; i++)
		get_segment(&state->segment[i],
			    (const void *)((const uint8_t *)&sregs + segments[i]));
	state->gdtr.base = sregs.gdt.base;
	state->gdtr.limit = sregs.gdt.limit;
	state->idtr.base = sregs.idt.base;
	state->idtr.limit = sregs.idt.limit;
	state->cr0 = sregs.cr0;
	state->cr2 = sregs.cr2;
	state->cr3 = sregs.cr3;
	state->cr4 = sregs.cr4;
	state->cr8 = sregs.cr8;
	state->efer = sregs.efer;
	return 0;
}

static int set_regs(struct backend_vcpu *vcpu, const struct vmr_state *state)
{
	struct kvm_regs regs = { .rip = state->rip, .rflags = state->rflags };
	unsigned int i;

	for (i = 0; i < VMR_GPRS; i++)
		memcpy((uint8_t *)&regs + gprs[i], &state->gpr[i], sizeof(uint64_t));
	return BACKEND_CALL(vcpu->fd, KVM_SET_REGS, &regs);
}

static void put_segments(struct kvm_sregs *sregs, const struct vmr_state *state)
{
	unsigned int i;

	for (i = 0; i < VMR_SEGMENTS; i++)
		set_segment((void *)((uint8_t *)sregs + segments[i]), &state->segment[i]);
	sregs->gdt.base = state->gdtr.base;
	sregs->gdt.limit = state->gdtr.limit;
	sregs->idt.base = state->idtr.base;
	sregs->idt.limit = state->idtr.limit;
}

static void put_control(struct kvm_sregs *sregs, const struct vmr_state *state)
{
	sregs->cr0 = state->cr0;
	sregs->cr2 = state->cr2;
	sregs->cr3 = state->cr3;
	sregs->cr4 = state->cr4;
	sregs->cr8 = state->cr8;
	sregs->efer = state->efer;
}

static int kvm_set_state(struct backend_vcpu *vcpu, uint64_t groups,
			 const struct vmr_state *state)
{
	struct kvm_sregs sregs;

	if (groups & (VMR_STATE_SEGMENTS | VMR_STATE_CONTROL)) {
		if (BACKEND_CALL(vcpu->fd, KVM_GET_SREGS, &sregs))
			return -1;
		if (groups & VMR_STATE_SEGMENTS)
			put_segments(&sregs, state);
		if (groups & VMR_STATE_CONTROL)
			put_control(&sregs, state);
		if (BACKEND_CALL(vcpu->fd, KVM_SET_SREGS, &sregs))
			return -1;
	}
	return groups & VMR_STATE_REGS ? set_regs(vcpu, state) : 0;
}

/* ---- exits ---- */

static struct ring *kvm_ring(struct backend_vcpu *vcpu)
{
	return &vcpu->ring;
}

/* What KVM's memory has of an access, or is to get: the same place for both. */
static void *kvm_data(struct backend_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	if (run->exit_reason == KVM_EXIT_IO)
		return (uint8_t *)run + run->io.data_offset;
	return run->mmio.data;
}

static void access_exit(struct backend_vcpu *vcpu, bool is_write)
{
	struct vmr_exit *exit = &vcpu->exit;

	exit->flags = is_write ? VMR_EXIT_WRITE : VMR_EXIT_NEEDS_REPLY;
	if (exit->count > 1) {		/* in place, both ways */
		exit->flags |= VMR_EXIT_STRING;
		vcpu->ring.bulk = kvm_data(vcpu);
	} else if (is_write) {
		memcpy(exit->data, kvm_data(vcpu), exit->size);
	} else {
		vcpu->wants_answer = true;
	}
}

static void io_exit(struct backend_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	vcpu->exit = (struct vmr_exit){
		.reason = VMR_EXIT_IO, .addr = run->io.port, .size = run->io.size,
		.count = run->io.count,
	};
	access_exit(vcpu, run->io.direction == KVM_EXIT_IO_OUT);
}

static void mmio_exit(struct backend_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;

	vcpu->exit = (struct vmr_exit){
		.reason = VMR_EXIT_MMIO, .addr = run->mmio.phys_addr, .size = run->mmio.len,
		.count = 1,
	};
	access_exit(vcpu, run->mmio.is_write);
}

static void failed_entry(struct backend_vcpu *vcpu)
{
	vcpu->exit.reason = VMR_EXIT_FAILED_ENTRY;
	snprintf(vcpu->words, sizeof(vcpu->words), "hardware's reason %#llx",
		 (unsigned long long)vcpu->run->fail_entry.hardware_entry_failure_reason);
}

static void refused(struct backend_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;

	vcpu->exit.reason = VMR_EXIT_REFUSED;
	if (run->exit_reason == KVM_EXIT_INTERNAL_ERROR)
		snprintf(vcpu->words, sizeof(vcpu->words), "KVM can't go on: internal error %u",
			 run->internal.suberror);
	else
		snprintf(vcpu->words, sizeof(vcpu->words),
			 "KVM exit %u, which nobody asked for", run->exit_reason);
}

static void translate(struct backend_vcpu *vcpu)
{
	vcpu->exit = (struct vmr_exit){ 0 };
	vcpu->words[0] = '\0';
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_IO:
		io_exit(vcpu);
		break;
	case KVM_EXIT_MMIO:
		mmio_exit(vcpu);
		break;
	case KVM_EXIT_HLT:
		vcpu->exit.reason = VMR_EXIT_HLT;
		break;
	case KVM_EXIT_SHUTDOWN:
		vcpu->exit.reason = VMR_EXIT_SHUTDOWN;
		break;
	case KVM_EXIT_FAIL_ENTRY:
		failed_entry(vcpu);
		break;
	default:
		refused(vcpu);
		break;
	}
}

static void kvm_describe(struct backend_vcpu *vcpu, const struct vmr_exit *entry,
			 char words[BACKEND_WORDS])
{
	memcpy(words, vcpu->words, BACKEND_WORDS);
}

static int kvm_rflags(struct backend_vcpu *vcpu, uint64_t *rflags)
{
	*rflags = vcpu->run->if_flag ? RFLAGS_IF : 0;
	return 0;
}

/* ---- what KVM has, put into the ring ---- */

static void publish(struct backend_vcpu *vcpu, const struct vmr_exit *exit)
{
	struct area *area = &vcpu->area;
	struct vmr_exit *entry = &area->entries[area->producer & (RING_ENTRIES - 1)];

	*entry = *exit;
	entry->seq = area->producer + 1;
	entry->stamp = entry->seq;	/* there is one vCPU */
	__atomic_store_n(&area->producer, area->producer + 1, __ATOMIC_RELEASE);
}

static void publish_coalesced(struct backend_vcpu *vcpu)
{
	struct kvm_coalesced_mmio_ring *ring = vcpu->coalesced;

	/* KVM has written the entry before. */
	while (ring && ring->first != __atomic_load_n(&ring->last, __ATOMIC_ACQUIRE)) {
		const struct kvm_coalesced_mmio *from = &ring->coalesced_mmio[ring->first];
		struct vmr_exit exit = {
			.reason = from->pio ? VMR_EXIT_IO : VMR_EXIT_MMIO,
			.flags = VMR_EXIT_POSTED | VMR_EXIT_WRITE,
			.addr = from->phys_addr, .size = from->len, .count = 1,
		};

		if (vcpu->area.producer - vcpu->ring.taken == RING_ENTRIES - 1)
			return;
		memcpy(exit.data, from->data, sizeof(from->data));
		publish(vcpu, &exit);
		/* KVM may write there again. */
		__atomic_store_n(&ring->first, (ring->first + 1) % COALESCED_MOST,
				 __ATOMIC_RELEASE);
	}
}

/* Whether there is an exit is looked at first: all coalesced before it come before it. */
static void kvm_collect(struct backend_vcpu *vcpu)
{
	bool has_exit = atomic_load(&vcpu->has_exit);

	publish_coalesced(vcpu);
	if (!has_exit)
		return;
	atomic_store(&vcpu->has_exit, false);
	publish(vcpu, &vcpu->exit);
}

/* ---- running ---- */

/* To where the last exit wanted it. */
static int take_answer(struct backend_vcpu *vcpu)
{
	const uint8_t *data = vcpu->area.reply.data;
	struct kvm_interrupt interrupt = { .irq = data[0] };

	if (vcpu->exit.reason != VMR_EXIT_INTACK) {
		if (vcpu->wants_answer)
			memcpy(kvm_data(vcpu), data, vcpu->exit.size);
		vcpu->wants_answer = false;
		return 0;
	}
	vcpu->exit.reason = VMR_EXIT_NONE;
	vcpu->injected++;
	vcpu->run->ready_for_interrupt_injection = 0;	/* that was before */
	return BACKEND_CALL(vcpu->fd, KVM_INTERRUPT, &interrupt);
}

static bool without_entry(struct backend_vcpu *vcpu, unsigned int reason, unsigned int flags)
{
	vcpu->exit = (struct vmr_exit){ .reason = reason, .flags = flags };
	return true;
}

/* True: nothing to run for, the exit is there already. */
static bool before_entry(struct backend_vcpu *vcpu)
{
	/* First this, then look: whoever changes what is looked at sets it afterwards. */
	vcpu->run->immediate_exit = 0;
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_exchange(&vcpu->kicked, false))
		return without_entry(vcpu, VMR_EXIT_KICKED, 0);
	vcpu->run->request_interrupt_window = 0;
	if (!atomic_load(&vcpu->intr))
		return false;
	if (vcpu->run->ready_for_interrupt_injection)
		return without_entry(vcpu, VMR_EXIT_INTACK, VMR_EXIT_NEEDS_REPLY);
	vcpu->run->request_interrupt_window = 1;
	return false;
}

static void note_thread(struct backend_vcpu *vcpu)
{
	if (atomic_load(&vcpu->has_thread))
		return;
	vcpu->thread = pthread_self();
	atomic_store(&vcpu->has_thread, true);
}

/* -1: it failed; else whether the guest has stopped. */
static int enter(struct backend_vcpu *vcpu)
{
	if (ioctl(vcpu->fd, KVM_RUN, 0)) {
		if (errno == EINTR || errno == EAGAIN)
			return 0;
		return fail("KVM_RUN: %s", strerror(errno));
	}
	if (vcpu->run->exit_reason == KVM_EXIT_IRQ_WINDOW_OPEN) {
		vcpu->windows++;
		return 0;
	}
	translate(vcpu);
	return 1;
}

static int kvm_run(struct backend_vcpu *vcpu)
{
	int stopped = 0;

	note_thread(vcpu);
	if (take_answer(vcpu))
		return -1;
	while (!stopped)
		stopped = before_entry(vcpu) ? 1 : enter(vcpu);
	if (stopped < 0)
		return -1;
	atomic_store(&vcpu->has_exit, true);
	return 0;
}

/* Ends KVM_RUN; not needed by the thread that would be in it. */
static void interrupt_run(struct backend_vcpu *vcpu)
{
	if (!atomic_load(&vcpu->has_thread) || pthread_equal(vcpu->thread, pthread_self()))
		return;
	atomic_thread_fence(memory_order_seq_cst);
	vcpu->run->immediate_exit = 1;
	pthread_kill(vcpu->thread, KICK_SIGNAL);
}

static void kvm_set_intr(struct backend_vcpu *vcpu, bool level)
{
	atomic_store(&vcpu->intr, level);
	if (level)
		interrupt_run(vcpu);
}

static void kvm_kick(struct backend_vcpu *vcpu)
{
	atomic_store(&vcpu->kicked, true);
	interrupt_run(vcpu);
}

/* ---- what KVM counts ---- */

#define STAT_NAME	128	/* more than KVM's names take */

struct stat_desc {
	struct kvm_stats_desc desc;
	char name[STAT_NAME];
};

/* Plain counters: no histogram, and nothing that goes down again. */
static bool is_counter(const struct kvm_stats_desc *desc)
{
	return (desc->flags & KVM_STATS_TYPE_MASK) == KVM_STATS_TYPE_CUMULATIVE &&
	       (desc->flags & KVM_STATS_UNIT_MASK) == KVM_STATS_UNIT_NONE && desc->size == 1;
}

static void print_counter(int fd, const struct kvm_stats_header *header, unsigned int number,
			  FILE *to)
{
	const size_t size = sizeof(struct kvm_stats_desc) + header->name_size;
	struct stat_desc stat = { 0 };
	uint64_t value;

	if (pread(fd, &stat, size, header->desc_offset + number * size) != (ssize_t)size ||
	    !is_counter(&stat.desc))
		return;
	if (pread(fd, &value, sizeof(value), header->data_offset + stat.desc.offset) ==
	    sizeof(value) && value)
		fprintf(to, "  %-32s %12llu\n", stat.desc.name, (unsigned long long)value);
}

/* Kernels before 5.14 have no such file. */
static void print_counters(const struct backend_vcpu *vcpu, FILE *to)
{
	int fd = ioctl(vcpu->fd, KVM_GET_STATS_FD, NULL);
	struct kvm_stats_header header;
	unsigned int i;

	if (fd < 0)
		return;
	fprintf(to, "what KVM counted\n");
	if (pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
	    header.name_size < STAT_NAME)
		for (i = 0; i < header.num_desc; i++)
			print_counter(fd, &header, i, to);
	close(fd);
}

static void kvm_stats(struct backend_vcpu *vcpu, FILE *to)
{
	fprintf(to, "what KVM was asked for\n");
	fprintf(to, "  %-32s %12llu\n", "interrupt-windows", (unsigned long long)vcpu->windows);
	fprintf(to, "  %-32s %12llu\n", "injected-interrupts", (unsigned long long)vcpu->injected);
	print_counters(vcpu, to);
}

const struct backend backend_kvm = {
	.name = "kvm",
	.create = kvm_create,
	.destroy = kvm_destroy,
	.map = kvm_map,
	.set_policy = kvm_set_policy,
	.cpuid = kvm_cpuid,
	.vcpu_create = kvm_vcpu_create,
	.vcpu_destroy = kvm_vcpu_destroy,
	.tsc_khz = kvm_tsc_khz,
	.set_cpuid = kvm_set_cpuid,
	.get_state = kvm_get_state,
	.set_state = kvm_set_state,
	.ring = kvm_ring,
	.collect = kvm_collect,
	.run = kvm_run,
	.rflags = kvm_rflags,
	.describe = kvm_describe,
	.set_intr = kvm_set_intr,
	.kick = kvm_kick,
	.stats = kvm_stats,
};
