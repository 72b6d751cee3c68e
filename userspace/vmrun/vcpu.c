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

/* Its registers are shown by its own thread, when it is out of RUN. */
static void ended_badly(struct vcpu *vcpu, enum status status, const char *what, const char *words)
{
	if (vcpu->vm->ended)
		return;
	say("%s%s%s", what, *words ? ": " : "", words);
	vcpu->dump = true;
	vm_end(vcpu->vm, status);
}

static void access_bus(struct bus *bus, struct exit *exit)
{
	const struct vmr_exit *entry = exit->entry;
	uint8_t *data = exit->data;
	unsigned int i;

	for (i = 0; i < exit->count; i++, data += entry->size) {
		if (entry->flags & VMR_EXIT_WRITE)
			bus_write(bus, entry->addr, data, entry->size);
		else
			bus_read(bus, entry->addr, data, entry->size);
	}
}

static enum verdict handle_io(struct vcpu *vcpu, struct exit *exit)
{
	access_bus(&vcpu->vm->ports, exit);
	return EXIT_TAKEN;
}

static enum verdict handle_mmio(struct vcpu *vcpu, struct exit *exit)
{
	char words[64];

	if (exit->entry->size) {
		access_bus(&vcpu->vm->mmio, exit);
		return EXIT_TAKEN;
	}
	snprintf(words, sizeof(words), "address %#llx", (unsigned long long)exit->entry->addr);
	ended_badly(vcpu, STATUS_INTERNAL,
		    "an instruction that touched a device couldn't be decoded", words);
	return EXIT_STANDS;
}

/* With interrupts off nothing will ever wake it: of NMIs there are none. */
static enum verdict handle_hlt(struct vcpu *vcpu, struct exit *exit)
{
	uint64_t rflags;

	if (vcpu->backend_ops->rflags(vcpu->backend, &rflags)) {
		vm_end(vcpu->vm, STATUS_INTERNAL);
		return EXIT_STANDS;
	}
	if (!(rflags & RFLAGS_IF)) {
		say("the guest has halted for ever: HLT with interrupts off");
		vm_end(vcpu->vm, STATUS_HALTED);
		return EXIT_STANDS;
	}
	if (vcpu->intr)
		return EXIT_TAKEN;
	vcpu->halted = true;
	return EXIT_STANDS;
}

static enum verdict handle_shutdown(struct vcpu *vcpu, struct exit *exit)
{
	ended_badly(vcpu, STATUS_TRIPLE_FAULT, "the guest had a triple fault", "");
	return EXIT_TAKEN;
}

static enum verdict handle_intack(struct vcpu *vcpu, struct exit *exit)
{
	*(uint8_t *)exit->data = irq_acknowledge(&vcpu->vm->irq);
	return EXIT_TAKEN;
}

static enum verdict handle_failed_entry(struct vcpu *vcpu, struct exit *exit)
{
	char words[BACKEND_WORDS];

	vcpu->backend_ops->describe(vcpu->backend, exit->entry, words);
	ended_badly(vcpu, STATUS_FAILED_ENTRY, "the CPU refused to enter the guest", words);
	return EXIT_TAKEN;
}

static enum verdict handle_fatal(struct vcpu *vcpu, struct exit *exit)
{
	char words[BACKEND_WORDS];

	vcpu->backend_ops->describe(vcpu->backend, exit->entry, words);
	ended_badly(vcpu, STATUS_INTERNAL, "the guest can't go on", words);
	return EXIT_STANDS;
}

static enum verdict handle_drain(struct vcpu *vcpu, struct exit *exit)
{
	if (exit->entry->count <= VMR_DRAIN_HALT)
		vcpu->drains[exit->entry->count]++;
	return EXIT_TAKEN;
}

static enum verdict handle_nothing(struct vcpu *vcpu, struct exit *exit)
{
	return EXIT_TAKEN;
}

static const struct {
	const char *name;
	enum verdict (*handle)(struct vcpu *vcpu, struct exit *exit);
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
	[VMR_EXIT_DRAIN]	 = { "drain", handle_drain },
};

static enum verdict act(void *arg, struct exit *exit)
{
	unsigned int reason = exit->entry->reason;
	struct vcpu *vcpu = arg;

	if (reason >= VMR_EXIT_REASONS || !exits[reason].handle) {
		say("exit %u, which this vmrun doesn't know", reason);
		vm_end(vcpu->vm, STATUS_INTERNAL);
		return EXIT_STANDS;
	}
	if (exit->entry->flags & VMR_EXIT_POSTED)
		vcpu->posted[reason]++;
	else
		vcpu->synchronous[reason]++;
	return exits[reason].handle(vcpu, exit);
}

/* ---- its thread ---- */

static void collect(void *arg)
{
	struct vcpu *vcpu = arg;

	vcpu->backend_ops->collect(vcpu->backend);
}

static void wake(void *arg)
{
	struct vcpu *vcpu = arg;

	if (!consumer_wake(&vcpu->vm->consumer, &vcpu->exits))
		vcpu->backend_ops->wake(vcpu->backend);
}

/*
 * Whatever RUN left in the ring is taken here, whoever else takes exits: with RUN over
 * nobody else may look. Served, it waits for the end of HLT in the kernel.
 */
static void take_exits(struct vcpu *vcpu)
{
	while (exitq_take(&vcpu->vm->exitq))
		;
	while (vcpu->halted && !vcpu->served && !vcpu->vm->ended)
		pthread_cond_wait(&vcpu->wake, loop_lock(vcpu->vm->loop));
}

static void *run(void *arg)
{
	struct vcpu *vcpu = arg;
	struct vm *vm = vcpu->vm;
	pthread_mutex_t *lock = loop_lock(vm->loop);
	bool failed;

	pthread_mutex_lock(lock);
	while (!vm->ended) {
		pthread_mutex_unlock(lock);
		failed = vcpu->backend_ops->run(vcpu->backend);
		pthread_mutex_lock(lock);
		if (failed)
			vm_end(vm, STATUS_INTERNAL);
		take_exits(vcpu);
	}
	if (vcpu->dump)
		vcpu_dump(vcpu);
	pthread_mutex_unlock(lock);
	return NULL;
}

/* ---- from other threads ---- */

void vcpu_set_intr(struct vcpu *vcpu, bool level)
{
	vcpu->intr = level;
	vcpu->backend_ops->set_intr(vcpu->backend, level);
	if (!level || !vcpu->halted)
		return;
	vcpu->halted = false;
	exitq_finish(&vcpu->exits);
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

/* Its exits come into the VM's queue. */
static int connect_exits(struct vcpu *vcpu)
{
	const struct backend *ops = vcpu->backend_ops;
	struct vm *vm = vcpu->vm;

	vcpu->served = vm->consumer.mode != EXITS_INLINE;
	vcpu->exits = (struct exitq_source){
		.ring = ops->ring(vcpu->backend), .act = act, .arg = vcpu,
		.collect = ops->collect ? collect : NULL, .wake = vcpu->served ? wake : NULL,
	};
	exitq_add(&vm->exitq, &vcpu->exits);
	if (!vcpu->served)
		return 0;
	consumer_add(&vm->consumer, &vcpu->exits, ops->file(vcpu->backend));
	return ops->serve(vcpu->backend, vm->consumer.eventfd);
}

int vcpu_create(struct vcpu *vcpu, struct vm *vm)
{
	memset(vcpu, 0, sizeof(*vcpu));
	vcpu->vm = vm;
	vcpu->backend_ops = vm->options->backend;
	pthread_cond_init(&vcpu->wake, NULL);
	if (vcpu->backend_ops->vcpu_create(vm->backend, &vcpu->backend))
		return -1;
	return give_cpuid(vcpu) || connect_exits(vcpu) ? -1 : 0;
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

static uint64_t counter(const struct vcpu *vcpu, const char *name)
{
	const struct backend *ops = vcpu->backend_ops;

	return ops->counter ? ops->counter(vcpu->backend, name) : 0;
}

static void ring_stats(const struct vcpu *vcpu, FILE *to)
{
	const struct consumer *consumer = &vcpu->vm->consumer;
	const struct {
		const char *name;
		uint64_t value;
	} row[] = {
		{ "posted", vcpu->exits.posted },
		{ "synchronous", vcpu->exits.synchronous },
		{ "synchronous, the ring being full", counter(vcpu, "posts-without-room") },
		{ "reads from the mirror", counter(vcpu, "mirror-reads") },
		{ "times that some were taken", vcpu->vm->exitq.batches },
		{ "drains at the high-water mark", vcpu->drains[VMR_DRAIN_HIGH_WATER] },
		{ "drains after the delay", vcpu->drains[VMR_DRAIN_DELAY] },
		{ "drains before HLT", vcpu->drains[VMR_DRAIN_HALT] },
		{ "sleeps of the consumer", consumer->sleeps },
		{ "wake-ups of the consumer", consumer->woken },
		{ "wake-ups of the vCPU", vcpu->exits.wakes },
		{ "answers that the vCPU spun for", counter(vcpu, "reply-spins") },
		{ "answers that it slept for", counter(vcpu, "reply-sleeps") },
	};
	unsigned int i;

	fprintf(to, "%-34s %12s\n", "ring", exits_mode_names[consumer->mode]);
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		fprintf(to, "  %-32s %12llu\n", row[i].name, (unsigned long long)row[i].value);
}

void vcpu_stats(struct vcpu *vcpu, FILE *to)
{
	unsigned int i;

	fprintf(to, "%-34s %12s %12s\n", "exits to vmrun", "synchronous", "posted");
	for (i = 0; i < VMR_EXIT_REASONS; i++)
		if (vcpu->synchronous[i] || vcpu->posted[i])
			fprintf(to, "  %-32s %12llu %12llu\n", exits[i].name,
				(unsigned long long)vcpu->synchronous[i],
				(unsigned long long)vcpu->posted[i]);
	ring_stats(vcpu, to);
	vcpu->backend_ops->stats(vcpu->backend, to);
}
