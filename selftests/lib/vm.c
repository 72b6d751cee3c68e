// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests' library of virtual machines, as vm.h describes it, apart from
 * what is a backend's own.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "vm_backend.h"

#define GRACE_SECONDS	20

/* ---- errors ---- */

const char *errno_name(int err)
{
	const char *name = strerrorname_np(err);

	return name ? name : "unknown";
}

void vm_die(const char *what)
{
	printf("# %s: %s\n", what, errno_name(errno));
	fflush(stdout);
	abort();
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	errno = err;
	vm_die(what);
}

int ioctl_errno(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

bool vm_is_kvm(void)
{
	const char *wanted = getenv("VMR_TEST_BACKEND");

	return wanted && !strcmp(wanted, "kvm");
}

static const struct vm_backend *backend(void)
{
	return vm_is_kvm() ? &kvm_backend : &vmring_backend;
}

const char *vm_why_not(void)
{
	int fd = open(backend()->device, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	if (errno == ENOENT)
		return vm_is_kvm() ? "KVM is not loaded" : "vmring is not loaded";
	return errno == EACCES ? "the device may not be opened by this user" : NULL;
}

/* ---- VMs ---- */

void vm_create(struct vm *vm, uint64_t features)
{
	static unsigned int made;

	memset(vm, 0, sizeof(*vm));
	vm->backend = backend();
	vm->serial = __atomic_fetch_add(&made, 1, __ATOMIC_RELAXED);
	vm->features = features;
	vm->dev = open(vm->backend->device, O_RDWR | O_CLOEXEC);
	if (vm->dev < 0)
		vm_die(vm->backend->device);
	vm->backend->create(vm, features);
}

void vm_create_with_ram(struct vm *vm, uint64_t features, size_t ram_size)
{
	vm_create(vm, features);
	vm->ram_size = ram_size;
	vm->ram = memory_get(ram_size, 4096);
	must(vm_slot(vm, 0, 0, vm->ram, ram_size, 0), "VMR_SET_SLOT of the RAM");
}

void vm_destroy(struct vm *vm)
{
	close(vm->fd);
	close(vm->dev);
	if (vm->ram)
		munmap(vm->ram, vm->ram_size);
	if (vm->mirror)
		munmap(vm->mirror, VMR_MIRROR_SIZE);
	vm->mirror = NULL;
	vm->fd = -1;
	vm->dev = -1;
	vm->ram = NULL;
}

int vm_slot(struct vm *vm, unsigned int slot, uint64_t gpa, void *hva, uint64_t length,
	    uint32_t flags)
{
	struct vmr_slot args = {
		.flags = flags,
		.slot = slot,
		.gpa = gpa,
		.length = length,
		.hva = (uintptr_t)hva,
	};
	int err = vm->backend->slot(vm, vm->fd, &args);
	unsigned int i;

	if (err || slot >= VMR_MAX_SLOTS)
		return err;
	vm->slots[slot] = args;
	for (i = 0; i < VMR_MAX_VCPUS; i++)
		if (vm->cpus[i] && vm->cpus[i]->home >= 0)
			must(vm->backend->slot(vm, vm->cpus[i]->home, &args), "VMR_SET_SLOT");
	return 0;
}

int vm_region(struct vm *vm, const struct vmr_region *region)
{
	struct vmr_region args = *region;
	unsigned int i;
	int err;

	args.size = sizeof(args);
	err = ioctl_errno(vm->fd, VMR_SET_REGION, &args);
	if (err || args.region > VMR_MAX_REGIONS)
		return err;
	vm->regions[args.region] = args;
	for (i = 0; i < VMR_MAX_VCPUS; i++)
		if (vm->cpus[i] && vm->cpus[i]->home >= 0)
			must(ioctl_errno(vm->cpus[i]->home, VMR_SET_REGION, &args),
			     "VMR_SET_REGION");
	return 0;
}

uint8_t *vm_mirror(struct vm *vm)
{
	if (vm->mirror)
		return vm->mirror;
	vm->mirror = mmap(NULL, VMR_MIRROR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, vm->fd, 0);
	if (vm->mirror == MAP_FAILED)
		vm_die("mmap of the mirror");
	return vm->mirror;
}

int vm_msr_policy(struct vm *vm, const struct vmr_msr_range *ranges, unsigned int count)
{
	struct vmr_msr_policy args = {
		.size = sizeof(args),
		.ranges = (uintptr_t)ranges,
		.count = count,
	};

	int err = ioctl_errno(vm->fd, VMR_SET_MSR_POLICY, &args);

	if (err)
		return err;
	memcpy(vm->ranges, ranges, count * sizeof(*ranges));
	vm->policy = args;
	vm->policy.ranges = (uintptr_t)vm->ranges;
	return 0;
}

void *memory_get(size_t size, size_t alignment)
{
	size_t whole = size + alignment;
	uint8_t *at = mmap(NULL, whole, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t before;

	if (at == MAP_FAILED)
		vm_die("mmap");
	before = -(uintptr_t)at & (alignment - 1);
	if (before)
		munmap(at, before);
	munmap(at + before + size, whole - before - size);
	return at + before;
}

/* ---- vCPUs ---- */

/* False: there is none yet. */
static bool read_cpuid(const char *path, struct vmr_cpuid_entry *entries, unsigned int *count)
{
	FILE *f = fopen(path, "r");

	if (!f)
		return false;
	*count = fread(entries, sizeof(*entries), VMR_MAX_CPUID, f);
	fclose(f);
	return true;
}

static void write_cpuid(const char *path, const struct vmr_cpuid_entry *entries,
			unsigned int count)
{
	FILE *f = fopen(path, "w");

	if (!f || fwrite(entries, sizeof(*entries), count, f) != count || fclose(f))
		vm_die(path);
}

unsigned int cpuid_offered(int dev, struct vmr_cpuid_entry *entries)
{
	const char *path = getenv("VMR_TEST_CPUID");
	unsigned int count;

	if (path && read_cpuid(path, entries, &count))
		return count;
	count = backend()->cpuid(dev, entries);
	if (path)
		write_cpuid(path, entries, count);
	return count;
}

int vcpu_set_cpuid(struct vcpu *cpu, const struct vmr_cpuid_entry *entries, unsigned int count)
{
	int err = cpu->vm->backend->set_cpuid(cpu, entries, count);

	if (err)
		return err;
	cpu->cpuid = realloc(cpu->cpuid, (count + 1) * sizeof(*entries));
	memcpy(cpu->cpuid, entries, count * sizeof(*entries));
	cpu->cpuid_count = count;
	return 0;
}

/* Asked for once in each process: it is the same for all. */
static void set_offered_cpuid(struct vcpu *cpu)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	static unsigned int count;
	static pid_t asked;

	if (asked != getpid())
		count = cpuid_offered(cpu->vm->dev, entries);
	asked = getpid();
	must(vcpu_set_cpuid(cpu, entries, count), "VMR_SET_CPUID");
}

void vcpu_create(struct vm *vm, unsigned int id, struct vcpu *cpu)
{
	vcpu_create_ring(vm, id, 0, cpu);
}

void vcpu_create_ring(struct vm *vm, unsigned int id, unsigned int entries, struct vcpu *cpu)
{
	memset(cpu, 0, sizeof(*cpu));
	cpu->vm = vm;
	cpu->id = id;
	cpu->home = -1;
	cpu->ring_entries = entries;
	vm->backend->vcpu_create(cpu);
	vm->cpus[id] = cpu;
	set_offered_cpuid(cpu);
}

void vcpu_destroy(struct vcpu *cpu)
{
	vm_record_end(cpu);
	cpu->vm->backend->vcpu_destroy(cpu);
	cpu->vm->cpus[cpu->id] = NULL;
	if (cpu->home >= 0)
		close(cpu->home);
	cpu->home = -1;
	free(cpu->cpuid);
	cpu->cpuid = NULL;
	free(cpu->posts);
	cpu->posts = NULL;
}

/* The kernel's again: all entries. */
static void consume(struct vcpu *cpu)
{
	__atomic_store_n(cpu->consumer, *cpu->producer, __ATOMIC_RELEASE);
}

int vcpu_set_ring(struct vcpu *cpu, uint32_t high_water, uint32_t delay_us)
{
	struct vmr_ring args = {
		.size = sizeof(args), .high_water = high_water, .delay_us = delay_us,
		.spin_ns = VMR_RING_SPIN_NS,
	};
	int err = ioctl_errno(cpu->fd, VMR_SET_RING, &args);

	if (!err)
		cpu->settings = args;
	return err;
}

static void keep(struct vcpu *cpu, const volatile struct vmr_exit *entry)
{
	if (cpu->post_count == cpu->post_room) {
		cpu->post_room = 2 * cpu->post_room + 64;
		cpu->posts = realloc(cpu->posts, cpu->post_room * sizeof(*cpu->posts));
		if (!cpu->posts)
			vm_die("realloc");
	}
	memcpy(&cpu->posts[cpu->post_count++], (const void *)entry, sizeof(*entry));
}

static const volatile struct vmr_exit *entry_of(const struct vcpu *cpu, uint32_t index)
{
	return &cpu->ring[index & (cpu->header->ring_entries - 1)];
}

void vcpu_take_posts(struct vcpu *cpu, uint32_t end)
{
	uint32_t index = *cpu->consumer;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	for (; index != end; index++)
		if (entry_of(cpu, index)->flags & VMR_EXIT_POSTED)
			keep(cpu, entry_of(cpu, index));
	__atomic_store_n(cpu->consumer, end, __ATOMIC_RELEASE);
}

static int run_here(struct vcpu *cpu)
{
	int err = cpu->vm->backend->run(cpu);
	uint32_t end = *cpu->producer;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(&cpu->exit, (const void *)entry_of(cpu, end - 1), sizeof(cpu->exit));
	if (err && err != EINTR)
		return err;
	vcpu_take_posts(cpu, end - 1);
	cpu->waits = cpu->exit.flags & VMR_EXIT_NEEDS_REPLY;
	cpu->answered = false;
	cpu->seq = cpu->exit.seq;
	cpu->ran = true;
	/* Of one that needs no reply there is nothing left to say. */
	if (!cpu->waits)
		consume(cpu);
	return err;
}

static void move_on(struct vcpu *cpu, int err)
{
	if (err && err != EINTR)
		return;
	vm_record_exit(cpu);
	if (vm_moves())
		vcpu_move(cpu);
}

int vcpu_run(struct vcpu *cpu)
{
	int err = run_here(cpu);

	move_on(cpu, err);
	return err;
}

static void inconsistent(struct vcpu *cpu, const char *what)
{
	printf("# after RUN: %s\n", what);
	vcpu_tell(cpu);
	fflush(stdout);
	abort();
}

const char *vcpu_next(struct vcpu *cpu)
{
	unsigned int posts = cpu->post_count;
	uint32_t before = *cpu->producer, next = cpu->seq + 1;
	bool ran = cpu->ran, interrupted;
	int err = run_here(cpu);

	if (err && err != EINTR)
		must(err, "VMR_RUN");
	if (!ran)
		next = cpu->exit.seq - (cpu->post_count - posts);
	if (*cpu->producer != before + 1 + cpu->post_count - posts)
		inconsistent(cpu, "not exactly one synchronous entry was published");
	for (; posts < cpu->post_count; posts++, next++)
		if (cpu->posts[posts].seq != next)
			inconsistent(cpu, "a posted entry's number is not the next");
	if (cpu->exit.seq != next)
		inconsistent(cpu, "the entry's number is not the next");
	interrupted = cpu->exit.reason == VMR_EXIT_INTERRUPTED;
	if (interrupted != !!err)
		inconsistent(cpu, "EINTR and VMR_EXIT_INTERRUPTED come together");
	if (cpu->exit.region > VMR_MAX_REGIONS)
		inconsistent(cpu, "there is no such region");
	move_on(cpu, err);
	return exit_name(&cpu->exit);
}

const char *exit_name(const struct vmr_exit *exit)
{
	static const char *const names[VMR_EXIT_REASONS] = {
		[VMR_EXIT_NONE] = "none",
		[VMR_EXIT_IO] = "io",
		[VMR_EXIT_MMIO] = "mmio",
		[VMR_EXIT_HYPERCALL] = "hypercall",
		[VMR_EXIT_MSR] = "msr",
		[VMR_EXIT_HLT] = "hlt",
		[VMR_EXIT_SHUTDOWN] = "shutdown",
		[VMR_EXIT_INTERRUPTED] = "interrupted",
		[VMR_EXIT_KICKED] = "kicked",
		[VMR_EXIT_INTACK] = "intack",
		[VMR_EXIT_MEMORY_FAULT] = "memory-fault",
		[VMR_EXIT_FAILED_ENTRY] = "failed-entry",
		[VMR_EXIT_REFUSED] = "refused",
		[VMR_EXIT_DRAIN] = "drain",
	};

	if (exit->reason == VMR_EXIT_IO && exit->addr == TRAP_PORT)
		return "trap";
	return exit->reason < VMR_EXIT_REASONS ? names[exit->reason] : "unknown";
}

static void tell_traps(struct vm *vm)
{
	volatile struct guest_traps *traps = vm_traps(vm);
	int i;

	for (i = 0; i < 256; i++)
		if (traps->count[i])
			printf("#   vector %d came %u times\n", i, traps->count[i]);
	printf("#   last: vector %llu error 0x%llx cs 0x%llx rip 0x%llx rflags 0x%llx cr2 0x%llx\n",
	       (unsigned long long)traps->vector, (unsigned long long)traps->error,
	       (unsigned long long)traps->cs, (unsigned long long)traps->rip,
	       (unsigned long long)traps->rflags, (unsigned long long)traps->cr2);
}

void vcpu_tell(struct vcpu *cpu)
{
	const struct vmr_exit *exit = &cpu->exit;
	struct vmr_state s;
	int i;

	printf("# vCPU %u: exit %s seq %u addr 0x%llx size %u flags 0x%x count %u data",
	       cpu->id, exit_name(exit), exit->seq, (unsigned long long)exit->addr,
	       exit->size, exit->flags, exit->count);
	for (i = 0; i < 32; i++)
		printf(" %02x", exit->data[i]);
	printf("\n");
	if (!cpu->vm->backend->get(cpu, &s)) {
		printf("#   rip 0x%llx cs 0x%x rflags 0x%llx events 0x%x\n",
		       (unsigned long long)s.rip, s.segment[VMR_CS].selector,
		       (unsigned long long)s.rflags, s.events.flags);
		printf("#   cr0 0x%llx cr3 0x%llx cr4 0x%llx efer 0x%llx\n",
		       (unsigned long long)s.cr0, (unsigned long long)s.cr3,
		       (unsigned long long)s.cr4, (unsigned long long)s.efer);
		for (i = 0; i < VMR_GPRS; i++)
			printf("%s%llx%s", i % 8 ? " " : "#   gpr ",
			       (unsigned long long)s.gpr[i], i % 8 == 7 ? "\n" : "");
	}
	if (cpu->vm->ram)
		tell_traps(cpu->vm);
	fflush(stdout);
}

static void pass(struct vcpu *cpu)
{
	cpu->answered = true;
	cpu->reply->seq = cpu->exit.seq;
	consume(cpu);
}

void vcpu_answer(struct vcpu *cpu, const void *data, size_t size)
{
	cpu->reply->flags = 0;
	cpu->reply->length = 0;
	cpu->reply->reserved = 0;
	memset((void *)cpu->reply->data, 0, sizeof(cpu->reply->data));
	if (size)
		memcpy((void *)cpu->reply->data, data, size);
	pass(cpu);
}

void vcpu_answer_u64(struct vcpu *cpu, uint64_t value)
{
	vcpu_answer(cpu, &value, sizeof(value));
}

void vcpu_answer_flags(struct vcpu *cpu, uint32_t flags, uint32_t length)
{
	memset((void *)cpu->reply->data, 0, sizeof(cpu->reply->data));
	cpu->reply->flags = flags;
	cpu->reply->length = length;
	cpu->reply->reserved = 0;
	pass(cpu);
}

void vcpu_settle(struct vcpu *cpu)
{
	bool undecoded, goes_on;

	cpu->control->immediate_exit = 1;
	while (cpu->waits) {
		undecoded = cpu->exit.reason == VMR_EXIT_MMIO && !cpu->exit.size;
		goes_on = cpu->exit.reason == VMR_EXIT_MMIO && cpu->exit.size;
		if (!cpu->answered)
			vcpu_answer_flags(cpu, undecoded ? VMR_REPLY_RETRY : 0, 0);
		if (strcmp(goes_on ? "mmio" : "", vcpu_next(cpu)) &&
		    cpu->exit.reason != VMR_EXIT_INTERRUPTED)
			inconsistent(cpu, "the guest ran in spite of immediate_exit");
	}
	cpu->control->immediate_exit = 0;
}

uint64_t exit_value(const struct vcpu *cpu)
{
	size_t size = cpu->exit.reason == VMR_EXIT_MSR ? 8 : cpu->exit.size;
	uint64_t value = 0;

	memcpy(&value, cpu->exit.data, size < 8 ? size : 8);
	return value;
}

long long vcpu_counter(const struct vcpu *cpu, const char *name)
{
	const char (*names)[VMR_STAT_NAME] = (void *)(cpu->ro + cpu->header->names_offset);
	const uint64_t *values = (void *)(cpu->ro + cpu->header->stats_offset);
	uint32_t i;

	for (i = 0; i < cpu->header->stats_count; i++)
		if (!strcmp(names[i], name))
			return values[i];
	return -1;
}

void vcpu_get(struct vcpu *cpu, struct vmr_state *state)
{
	must(cpu->vm->backend->get(cpu, state), "VMR_GET_STATE");
}

int vcpu_set_errno(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state)
{
	return cpu->vm->backend->set(cpu, groups, state);
}

void vcpu_set(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state)
{
	must(vcpu_set_errno(cpu, groups, state), "VMR_SET_STATE");
}

uint64_t vcpu_gpr(struct vcpu *cpu, unsigned int number)
{
	struct vmr_state state;

	vcpu_get(cpu, &state);
	return state.gpr[number];
}

uint64_t vcpu_rip(struct vcpu *cpu)
{
	struct vmr_state state;

	vcpu_get(cpu, &state);
	return state.rip;
}

void vcpu_set_rip(struct vcpu *cpu, uint64_t rip)
{
	struct vmr_state state;

	vcpu_get(cpu, &state);
	state.rip = rip;
	vcpu_set(cpu, VMR_STATE_REGS, &state);
}

int vcpu_inject(struct vcpu *cpu, uint32_t kind, uint32_t vector)
{
	struct vmr_inject args = { .kind = kind, .vector = vector };

	return cpu->vm->backend->inject(cpu, &args);
}

int vcpu_inject_error(struct vcpu *cpu, uint32_t vector, uint32_t error_code)
{
	struct vmr_inject args = {
		.flags = VMR_INJECT_ERROR_CODE,
		.kind = VMR_INJECT_EXCEPTION,
		.vector = vector,
		.error_code = error_code,
	};

	return cpu->vm->backend->inject(cpu, &args);
}

int vcpu_kick(struct vcpu *cpu)
{
	return ioctl_errno(cpu->fd, VMR_KICK, NULL);
}

int vcpu_get_msr(struct vcpu *cpu, uint32_t index, uint64_t *value)
{
	struct vmr_msr msr = { .index = index };
	int err = cpu->vm->backend->get_msr(cpu, &msr);

	*value = msr.value;
	return err;
}

int vcpu_set_msr(struct vcpu *cpu, uint32_t index, uint64_t value)
{
	struct vmr_msr msr = { .index = index, .value = value };

	return cpu->vm->backend->set_msr(cpu, &msr);
}

/* ---- threads ---- */

static void *run_once(void *data)
{
	struct runner *runner = data;

	runner->tid = syscall(SYS_gettid);
	if (runner->together)
		pthread_barrier_wait(runner->together);
	runner->err = run_here(runner->cpu);
	return NULL;
}

void runner_begin(struct runner *runner, struct vcpu *cpu)
{
	runner_begin_together(runner, cpu, NULL);
}

void runner_begin_together(struct runner *runner, struct vcpu *cpu, pthread_barrier_t *together)
{
	memset(runner, 0, sizeof(*runner));
	runner->cpu = cpu;
	runner->together = together;
	must(pthread_create(&runner->thread, NULL, run_once, runner), "pthread_create");
	while (!runner->tid)
		sched_yield();
}

int runner_end(struct runner *runner)
{
	must(pthread_join(runner->thread, NULL), "pthread_join");
	/* Not in its thread: others may kick it, or inject, until here. */
	move_on(runner->cpu, runner->err);
	return runner->err;
}

static bool is_late(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - began->tv_sec > GRACE_SECONDS;
}

static void wait_for(volatile uint64_t *word, uint64_t value, bool equal)
{
	struct timespec began;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while ((*word == value) != equal) {
		sched_yield();
		errno = ETIMEDOUT;
		if (is_late(&began))
			vm_die("waiting for the guest");
	}
}

void wait_until(volatile uint64_t *word, uint64_t value)
{
	wait_for(word, value, true);
}

void wait_while(volatile uint64_t *word, uint64_t value)
{
	wait_for(word, value, false);
}

static char thread_state(pid_t tid)
{
	char path[64], text[512] = "";
	const char *after;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	f = fopen(path, "r");
	if (!f)
		return '\0';
	if (!fgets(text, sizeof(text), f))
		text[0] = '\0';
	fclose(f);
	after = strrchr(text, ')');
	return after ? after[2] : '\0';
}

void wait_asleep(pid_t tid)
{
	struct timespec began;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while (thread_state(tid) != 'S') {
		sched_yield();
		errno = ETIMEDOUT;
		if (is_late(&began))
			vm_die("waiting for a thread to sleep");
	}
}
