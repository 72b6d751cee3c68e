// SPDX-License-Identifier: GPL-2.0
/*
 * Owns a vCPU's thread. One handler for each exit, by the devices' lock, which the thread
 * doesn't hold while the guest runs.
 */
#include <errno.h>
#include <string.h>

#include "cpuid.h"
#include "say.h"
#include "vcpu.h"
#include "vm.h"

#define RFLAGS_IF	(1u << 9)

/* ---- exits ---- */

static void ended_badly(struct vcpu *vcpu, enum status status, const char *what, const char *words)
{
	say("%s%s%s", what, *words ? ": " : "", words);
	vcpu_dump(vcpu);
	vm_end(vcpu->vm, status);
}

static void access_bus(struct bus *bus, struct exit *exit)
{
	uint8_t *data = exit->data;
	unsigned int i;

	for (i = 0; i < exit->count; i++, data += exit->size) {
		if (exit->write)
			bus_write(bus, exit->addr, data, exit->size);
		else
			bus_read(bus, exit->addr, data, exit->size);
	}
}

static void handle_io(struct vcpu *vcpu, struct exit *exit)
{
	access_bus(&vcpu->vm->ports, exit);
}

static void handle_mmio(struct vcpu *vcpu, struct exit *exit)
{
	char words[64];

	if (exit->size) {
		access_bus(&vcpu->vm->mmio, exit);
		return;
	}
	snprintf(words, sizeof(words), "address %#llx", (unsigned long long)exit->addr);
	ended_badly(vcpu, STATUS_INTERNAL,
		    "an instruction that touched a device couldn't be decoded", words);
}

/* With interrupts off nothing will ever wake it: of NMIs there are none. */
static void handle_hlt(struct vcpu *vcpu, struct exit *exit)
{
	struct vmr_state state;

	if (vcpu->backend_ops->get_state(vcpu->backend, &state)) {
		vm_end(vcpu->vm, STATUS_INTERNAL);
		return;
	}
	if (!(state.rflags & RFLAGS_IF)) {
		say("the guest has halted for ever: HLT with interrupts off");
		vm_end(vcpu->vm, STATUS_HALTED);
		return;
	}
	while (!vcpu->intr && !vcpu->vm->ended)
		pthread_cond_wait(&vcpu->wake, loop_lock(vcpu->vm->loop));
}

static void handle_shutdown(struct vcpu *vcpu, struct exit *exit)
{
	ended_badly(vcpu, STATUS_TRIPLE_FAULT, "the guest had a triple fault", "");
}

static void handle_intack(struct vcpu *vcpu, struct exit *exit)
{
	*(uint8_t *)exit->data = irq_acknowledge(&vcpu->vm->irq);
}

static void handle_failed_entry(struct vcpu *vcpu, struct exit *exit)
{
	ended_badly(vcpu, STATUS_FAILED_ENTRY, "the CPU refused to enter the guest", exit->words);
}

static void handle_fatal(struct vcpu *vcpu, struct exit *exit)
{
	ended_badly(vcpu, STATUS_INTERNAL, "the guest can't go on", exit->words);
}

static void handle_nothing(struct vcpu *vcpu, struct exit *exit)
{
}

static const struct {
	const char *name;
	void (*handle)(struct vcpu *vcpu, struct exit *exit);
} exits[VMR_EXIT_REASONS] = {
	[VMR_EXIT_IO]		 = { "io", handle_io },
	[VMR_EXIT_MMIO]		 = { "mmio", handle_mmio },
	[VMR_EXIT_HYPERCALL]	 = { "hypercall", handle_fatal },
	[VMR_EXIT_MSR]		 = { "msr", handle_fatal },
	[VMR_EXIT_HLT]		 = { "hlt", handle_hlt },
	[VMR_EXIT_SHUTDOWN]	 = { "shutdown", handle_shutdown },
	[VMR_EXIT_INTERRUPTED]	 = { "interrupted", handle_nothing },
	[VMR_EXIT_KICKED]	 = { "kicked", handle_nothing },
	[VMR_EXIT_INTACK]	 = { "intack", handle_intack },
	[VMR_EXIT_MEMORY_FAULT]	 = { "memory-fault", handle_fatal },
	[VMR_EXIT_FAILED_ENTRY]	 = { "failed-entry", handle_failed_entry },
	[VMR_EXIT_REFUSED]	 = { "refused", handle_fatal },
};

static void act(struct vcpu *vcpu, struct exit *exit)
{
	if (exit->reason >= VMR_EXIT_REASONS || !exits[exit->reason].handle) {
		say("exit %u, which this vmrun doesn't know", exit->reason);
		vm_end(vcpu->vm, STATUS_INTERNAL);
		return;
	}
	vcpu->exits[exit->reason]++;
	exits[exit->reason].handle(vcpu, exit);
}

static void *run(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;
	pthread_mutex_t *lock = loop_lock(vm->loop);
	struct exit exit = { 0 };
	bool failed;

	pthread_mutex_lock(lock);
	while (!vm->ended) {
		pthread_mutex_unlock(lock);
		failed = vcpu->backend_ops->run(vcpu->backend, &exit);
		pthread_mutex_lock(lock);
		if (failed)
			vm_end(vm, STATUS_INTERNAL);
		else
			act(vcpu, &exit);
	}
	pthread_mutex_unlock(lock);
	return NULL;
}

/* ---- from other threads ---- */

void vcpu_set_intr(struct vcpu *vcpu, bool level)
{
	vcpu->intr = level;
	vcpu->backend_ops->set_intr(vcpu->backend, level);
	if (level)
		pthread_cond_signal(&vcpu->wake);
}

void vcpu_kick(struct vcpu *vcpu)
{
	vcpu->backend_ops->kick(vcpu->backend);
	pthread_cond_signal(&vcpu->wake);
}

/* ---- its life ---- */

static int give_cpuid(struct vcpu *vcpu)
{
	const struct backend *ops = vcpu->backend_ops;
	struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	unsigned int count = VMR_MAX_CPUID;

	memset(entries, 0, sizeof(entries));
	if (ops->cpuid(vcpu->vm->backend, entries, &count))
		return -1;
	count = cpuid_adjust(entries, count, ops->tsc_khz(vcpu->backend));
	return ops->set_cpuid(vcpu->backend, entries, count);
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm)
{
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->vm = vm;
	vcpu->backend_ops = vm->options->backend;
	pthread_cond_init(&vcpu->wake, NULL);
	if (vcpu->backend_ops->vcpu_create(vm->backend, &vcpu->backend))
		return -1;
	return give_cpuid(vcpu);
}

void vcpu_destroy(struct vcpu *vcpu)
{
	if (vcpu->backend)
		vcpu->backend_ops->vcpu_destroy(vcpu->backend);
	vcpu->backend = NULL;
}

int vcpu_start(struct vcpu *vcpu)
{
	int error = pthread_create(&vcpu->thread, NULL, run, vcpu);

	return error ? fail("a thread for the vCPU: %s", strerror(error)) : 0;
}

void vcpu_join(struct vcpu *vcpu)
{
	pthread_join(vcpu->thread, NULL);
}

/* ---- for people ---- */

static void dump_segment(const char *name, const struct vmr_segment *segment)
{
	say("%s %04x  base %016llx  limit %08x  access %05x", name, segment->selector,
	    (unsigned long long)segment->base, segment->limit, segment->access);
}

void vcpu_dump(struct vcpu *vcpu)
{
	static const char *const gprs[VMR_GPRS] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8 ", "r9 ", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	static const char *const segments[VMR_SEGMENTS] = {
		"es  ", "cs  ", "ss  ", "ds  ", "fs  ", "gs  ", "ldtr", "tr  ",
	};
	struct vmr_state state;
	unsigned int i;

	if (vcpu->backend_ops->get_state(vcpu->backend, &state))
		return;
	say("rip %016llx  rflags %08llx", (unsigned long long)state.rip,
	    (unsigned long long)state.rflags);
	for (i = 0; i < VMR_GPRS; i += 4)
		say("%s %016llx  %s %016llx  %s %016llx  %s %016llx",
		    gprs[i], (unsigned long long)state.gpr[i],
		    gprs[i + 1], (unsigned long long)state.gpr[i + 1],
		    gprs[i + 2], (unsigned long long)state.gpr[i + 2],
		    gprs[i + 3], (unsigned long long)state.gpr[i + 3]);
	say("cr0 %016llx  cr2 %016llx  cr3 %016llx  cr4 %016llx", (unsigned long long)state.cr0,
	    (unsigned long long)state.cr2, (unsigned long long)state.cr3,
	    (unsigned long long)state.cr4);
	say("efer %llx  gdt %016llx+%04x  idt %016llx+%04x", (unsigned long long)state.efer,
	    (unsigned long long)state.gdtr.base, state.gdtr.limit,
	    (unsigned long long)state.idtr.base, state.idtr.limit);
	for (i = 0; i < VMR_SEGMENTS; i++)
		dump_segment(segments[i], &state.segment[i]);
}

void vcpu_stats(struct vcpu *vcpu, FILE *to)
{
	unsigned int i;

	fprintf(to, "exits to vmrun\n");
	for (i = 0; i < VMR_EXIT_REASONS; i++)
		if (vcpu->exits[i])
			fprintf(to, "  %-32s %12llu\n", exits[i].name,
				(unsigned long long)vcpu->exits[i]);
	fprintf(to, "%s\n", vcpu->backend_ops->name);
	vcpu->backend_ops->stats(vcpu->backend, to);
}
