// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what is measured, and how: the time of a round trip from the guest to the
 * hypervisor and back, by the time-stamp counter. In the lab that counts
 * instructions, on real hardware cycles (of the counter's own clock).
 *
 *   bench BACKEND [PATH...]    a line each: the path and its figure
 *   bench --list               the backends, then the paths; those called "pair" take
 *                              two CPUs, those called "huge" a page of 1 GB
 *   bench --count NAME COMMAND [ARG...]
 *                              NAME and what the command takes (count.c)
 *
 * A path's guest runs batches of round trips and notes the time before each. The
 * figure is the median batch, less the median of the same loop without the
 * instruction that exits, divided by the batch's round trips. So the loop is not
 * in it, the exiting instruction is, and a batch that an interrupt of the host
 * fell into doesn't move it. "ept-fault-1g" is that of one batch with one such fault in
 * each of some VMs. "create", "first-exit", "get-state" and "set-state" are means of the
 * middle half of some VMs, "slot-add" and "slot-delete" medians of calls,
 * "dirty-log-page" is what a page costs more if its writes are logged; "vm-memory" and
 * "vcpu-memory" are bytes.
 * Pairs are in served.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/io.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>
#include <x86intrin.h>

#include "guest.h"
#include "measure.h"

#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB	(30 << 26)
#endif

#define LARGE_SIZE	((size_t)GUEST_LARGE * GUEST_ROUNDS * GUEST_LARGE_BATCHES)
#define VMS		32	/* how many "create", "first-exit" and the states' paths look at */
#define HUGE_VMS	5	/* and "ept-fault-1g" */

static const struct bench_backend *const backends[] = {
	&backend_vmring,
	&backend_kvm,
};

/* guest.S */
#define GUEST(name)	extern const char guest_##name[], guest_##name##_end[]
#define CODE(name)	{ guest_##name, guest_##name##_end }
GUEST(cpuid);
GUEST(cpuid_without);
GUEST(vmcall);
GUEST(vmcall_without);
GUEST(rdmsr);
GUEST(rdmsr_without);
GUEST(pio_out);
GUEST(pio_out_without);
GUEST(pio_in);
GUEST(pio_in_without);
GUEST(mmio_read);
GUEST(mmio_read_without);
GUEST(mmio_write);
GUEST(mmio_write_without);
GUEST(ept_fault);
GUEST(ept_fault_without);
GUEST(large_fault);
GUEST(large_fault_without);
GUEST(huge_fault);
GUEST(huge_fault_without);
GUEST(dirty);
GUEST(exit);

/* ---- helpers ---- */

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

uint64_t bench_median(uint64_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return values[count / 2];
}

/*
 * The mean of the middle half. The host's allocator gets a new page for one VM in some:
 * between those and the others a median would jump.
 */
static uint64_t middle_mean(uint64_t *values, size_t count)
{
	uint64_t sum = 0;

	qsort(values, count, sizeof(*values), compare);
	for (size_t i = count / 4; i < count - count / 4; i++)
		sum += values[i];
	return sum / (count - count / 4 * 2);
}

int bench_failed(const struct bench_backend *backend, const char *what, int error)
{
	fprintf(stderr, "bench: %s: %s: %s\n", backend->name, what, strerror(-error));
	return error;
}

/* All of it is there from the beginning, in small pages: the host has no part in a fault. */
char *bench_memory(void)
{
	char *memory = mmap(NULL, GUEST_MEMORY, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	madvise(memory, GUEST_MEMORY, MADV_NOHUGEPAGE);
	memset(memory, 0, GUEST_MEMORY);
	return memory;
}

/* Large pages of the pool, all of it there; NULL: there is no pool. */
static char *large_memory(size_t size)
{
	FILE *pool = fopen("/proc/sys/vm/nr_hugepages", "w");
	char *memory;

	if (pool) {
		fprintf(pool, "%zu\n", size / GUEST_LARGE + 1);
		fclose(pool);
	}
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	return memory == MAP_FAILED ? NULL : memory;
}

/* Answers exits until the guest says that it is done; returns how many there were. */
long bench_run_to_end(const struct bench_backend *backend, struct bench_vm *vm)
{
	struct bench_exit exit;
	long exits;
	int error;

	for (exits = 1;; exits++) {
		error = backend->run(vm, &exit);
		if (error)
			return bench_failed(backend, "running", error);
		if (exit.kind == BENCH_IN) {
			backend->reply(vm, 0);
		} else if (exit.kind == BENCH_STOPPED) {
			fprintf(stderr, "bench: %s: the guest stopped: %u\n",
				backend->name, exit.code);
			return -EIO;
		} else if (exit.port == GUEST_DONE) {
			return exits;
		}
	}
}

/* Ready to run; the memory is the caller's. */
int bench_prepare(const struct bench_backend *backend, struct bench_vm *vm, char *memory,
		  const struct code *code, unsigned int batches)
{
	const uint32_t before_first = GUEST_HIGH - GUEST_LARGE;
	const struct bench_regs regs = {
		.rip = GUEST_CODE,
		.rbx = GUEST_PAGES / 16 - 0x100,
		.rbp = batches,
		.rdi = GUEST_TIMES,
	};
	int error;

	memcpy(memory + GUEST_CODE, code->begin, code->end - code->begin);
	memcpy(memory + GUEST_HYPERCALL, &backend->hypercall, sizeof(backend->hypercall));
	memcpy(memory + GUEST_AT, &before_first, sizeof(before_first));
	error = backend->map(vm, 0, memory, GUEST_MEMORY);
	if (error)
		return bench_failed(backend, "mapping memory", error);
	error = backend->set_regs(vm, &regs);
	if (error)
		return bench_failed(backend, "setting registers", error);
	return 0;
}

/* ---- round trips ---- */

/* As many exits as are all right if the path has a place, where user space needn't act. */
#define FEW_EXITS	(GUEST_ROUNDS * GUEST_BATCHES / 16)

static int create_for(const struct bench_backend *backend, const struct bench_place *place,
		      struct bench_vm **vm)
{
	int error = place ? backend->create_posting(vm) : backend->create(vm);

	return error ? bench_failed(backend, "creating a VM", error) : 0;
}

/* From a VM just made to its end, with a place or (NULL) without. */
static int run_placed(const struct bench_backend *backend, struct bench_vm *vm, char *memory,
		      const struct path *path, const struct code *code,
		      const struct bench_place *place)
{
	long exits = bench_prepare(backend, vm, memory, code, path->batches);

	if (!exits && place)
		exits = backend->place(vm, place);
	if (!exits)
		exits = bench_run_to_end(backend, vm);
	if (exits < 0)
		return exits;
	if (place && exits > FEW_EXITS) {
		fprintf(stderr, "bench: %s: %s: user space saw %ld exits\n", backend->name,
			path->name, exits);
		return -EIO;
	}
	return 0;
}

static uint64_t median_batch(const char *memory, unsigned int batches)
{
	const uint32_t *stamps = (const uint32_t *)(memory + GUEST_TIMES);
	uint64_t times[GUEST_BATCHES];

	for (unsigned int i = 0; i < batches; i++)
		times[i] = stamps[i + 1] - stamps[i];
	return bench_median(times, batches);
}

/* The median batch of a guest of its own. */
static int measure_batch(const struct bench_backend *backend, const struct path *path,
			 const struct code *code, const struct bench_place *place,
			 char *high, uint64_t *batch)
{
	struct bench_vm *vm;
	char *memory = bench_memory();
	int error;

	if (!memory)
		return bench_failed(backend, "memory", -ENOMEM);
	error = create_for(backend, place, &vm);
	if (error)
		goto out_memory;
	if (high)
		error = backend->slot(vm, 1, GUEST_HIGH, high, LARGE_SIZE, false);
	if (!error)
		error = run_placed(backend, vm, memory, path, code, place);
	if (!error)
		*batch = median_batch(memory, path->batches);
	backend->destroy(vm);
out_memory:
	munmap(memory, GUEST_MEMORY);
	return error;
}

static int measure_trips(const struct bench_backend *backend, const struct path *path,
			 const struct bench_place *place, char *high, uint64_t *figure)
{
	uint64_t with, without;
	int error = measure_batch(backend, path, &path->with, place, high, &with);

	if (!error)
		error = measure_batch(backend, path, &path->without, place, high, &without);
	if (!error)
		*figure = (with - without + GUEST_ROUNDS / 2) / GUEST_ROUNDS;
	return error;
}

static int measure_round_trip(const struct bench_backend *backend, const struct path *path,
			      uint64_t *figure)
{
	return measure_trips(backend, path, NULL, NULL, figure);
}

/* What is in the place doesn't wait for user space; a hypervisor without is shown as it is. */
static int measure_placed(const struct bench_backend *backend, const struct path *path,
			  uint64_t *figure)
{
	struct bench_place place = path->place;
	int error;

	if (!backend->has_policy(place.policy))
		return measure_round_trip(backend, path, figure);
	place.eventfd = eventfd(0, EFD_CLOEXEC);
	if (place.eventfd < 0)
		return bench_failed(backend, "eventfd", -errno);
	error = measure_trips(backend, path, &place, NULL, figure);
	close(place.eventfd);
	return error;
}

static int measure_large_fault(const struct bench_backend *backend, const struct path *path,
			       uint64_t *figure)
{
	char *high = large_memory(LARGE_SIZE);
	int error;

	if (!high)
		return bench_failed(backend, "large pages", -ENOMEM);
	error = measure_trips(backend, path, NULL, high, figure);
	munmap(high, LARGE_SIZE);
	return error;
}

/* What the last batch of a guest took whose memory above is one page. */
static int time_huge_fault(const struct bench_backend *backend, const struct path *path,
			   const struct code *code, char *memory, char *huge, uint64_t *time)
{
	const uint32_t *last = (const uint32_t *)(memory + GUEST_TIMES) + path->batches - 1;
	struct bench_vm *vm;
	int error = backend->create(&vm);

	if (error)
		return bench_failed(backend, "creating a VM", error);
	error = backend->slot(vm, 1, GUEST_HIGH, huge, GUEST_HUGE, false);
	if (!error)
		error = run_placed(backend, vm, memory, path, code, NULL);
	if (!error)
		*time = last[1] - last[0];
	backend->destroy(vm);
	return error;
}

static int measure_huge_faults(const struct bench_backend *backend, const struct path *path,
			       char *memory, char *huge, uint64_t *figure)
{
	uint64_t with[HUGE_VMS], without[HUGE_VMS];
	int error = 0;

	for (unsigned int i = 0; i < HUGE_VMS && !error; i++) {
		error = time_huge_fault(backend, path, &path->with, memory, huge, &with[i]);
		if (!error)
			error = time_huge_fault(backend, path, &path->without, memory, huge,
						&without[i]);
	}
	if (!error)
		*figure = bench_median(with, HUGE_VMS) - bench_median(without, HUGE_VMS);
	return error;
}

/* The kernel has to have a page of 1 GB set aside, which it seldom can but at its boot. */
static int measure_huge_fault(const struct bench_backend *backend, const struct path *path,
			      uint64_t *figure)
{
	char *memory = bench_memory();
	char *huge = mmap(NULL, GUEST_HUGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_HUGE_1GB | MAP_POPULATE,
			  -1, 0);
	int error = -ENOMEM;

	if (huge == MAP_FAILED)
		bench_failed(backend, "a page of 1 GB (hugepagesz=1G hugepages=1)", error);
	else if (!memory)
		bench_failed(backend, "memory", error);
	else
		error = measure_huge_faults(backend, path, memory, huge, figure);
	if (huge != MAP_FAILED)
		munmap(huge, GUEST_HUGE);
	if (memory)
		munmap(memory, GUEST_MEMORY);
	return error;
}

/* ---- slots, and the log of one ---- */

#define CALLS		9
#define HIGH_SIZE	0x100000

enum slot_time { SLOT_ADD, SLOT_DELETE };

static int time_slots(const struct bench_backend *backend, struct bench_vm *vm, char *memory,
		      enum slot_time which, uint64_t *times)
{
	uint64_t began, added, deleted;
	int error;

	for (unsigned int i = 0; i < CALLS; i++) {
		began = __rdtsc();
		error = backend->slot(vm, 1, GUEST_HIGH, memory, HIGH_SIZE, false);
		added = __rdtsc();
		if (!error)
			error = backend->slot(vm, 1, GUEST_HIGH, memory, 0, false);
		deleted = __rdtsc();
		if (error)
			return bench_failed(backend, "setting a slot", error);
		times[i] = which == SLOT_ADD ? added - began : deleted - added;
	}
	return 0;
}

static int measure_slots(const struct bench_backend *backend, enum slot_time which,
			 uint64_t *figure)
{
	char *memory = bench_memory();
	uint64_t times[CALLS];
	struct bench_vm *vm;
	int error;

	if (!memory)
		return bench_failed(backend, "memory", -ENOMEM);
	error = backend->create(&vm);
	if (error) {
		bench_failed(backend, "creating a VM", error);
	} else {
		error = time_slots(backend, vm, memory, which, times);
		backend->destroy(vm);
	}
	munmap(memory, GUEST_MEMORY);
	if (!error)
		*figure = bench_median(times, CALLS);
	return error;
}

static int measure_slot_add(const struct bench_backend *backend, const struct path *path,
			    uint64_t *figure)
{
	(void)path;
	return measure_slots(backend, SLOT_ADD, figure);
}

static int measure_slot_delete(const struct bench_backend *backend, const struct path *path,
			       uint64_t *figure)
{
	(void)path;
	return measure_slots(backend, SLOT_DELETE, figure);
}

/* Rounds of writing all pages, and of asking for the log between them if there is one. */
static int time_rounds(const struct bench_backend *backend, struct bench_vm *vm, bool logs,
		       uint64_t *times)
{
	uint64_t bitmap[GUEST_MEMORY / 4096 / 64], began;
	int error = 0;

	for (unsigned int i = 0; i < CALLS && !error; i++) {
		began = __rdtsc();
		if (logs)
			error = backend->dirty(vm, 0, GUEST_MEMORY / 4096, bitmap);
		if (error)
			return bench_failed(backend, "asking for the log", error);
		error = bench_run_to_end(backend, vm) < 0 ? -EIO : 0;
		times[i] = __rdtsc() - began;
	}
	return error;
}

/* The median round of a VM of its own, with a log or without. */
static int measure_rounds(const struct bench_backend *backend, const struct path *path,
			  char *memory, bool logs, uint64_t *round)
{
	uint64_t times[CALLS];
	struct bench_vm *vm;
	int error = backend->create(&vm);

	if (error)
		return bench_failed(backend, "creating a VM", error);
	error = bench_prepare(backend, vm, memory, &path->with, 1);
	if (!error && logs)
		error = backend->slot(vm, 0, 0, memory, GUEST_MEMORY, true);
	if (!error)
		error = time_rounds(backend, vm, logs, times);
	backend->destroy(vm);
	if (!error)
		*round = bench_median(times, CALLS);
	return error;
}

static int measure_dirty(const struct bench_backend *backend, const struct path *path,
			 uint64_t *figure)
{
	char *memory = bench_memory();
	uint64_t with, without;
	int error;

	if (!memory)
		return bench_failed(backend, "memory", -ENOMEM);
	error = measure_rounds(backend, path, memory, true, &with);
	if (!error)
		error = measure_rounds(backend, path, memory, false, &without);
	munmap(memory, GUEST_MEMORY);
	if (!error)
		*figure = (with - without) / GUEST_DIRTY_PAGES;
	return error;
}

/* ---- the kernel's memory ---- */

#define MANY	32

static uint64_t free_memory(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kb = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemFree: %lu kB", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb * 1024ull;
}

/*
 * What one vCPU takes: of many, as the kernel hands memory out in larger pieces, and
 * behind others, which use up what the kernel has at hand and doesn't call free.
 */
static int measure_vcpu_memory(const struct bench_backend *backend, const struct path *path,
			       uint64_t *figure)
{
	int fds[2 * MANY - 1], count, error;
	uint64_t before = 0, after;
	struct bench_vm *vm;

	(void)path;
	error = backend->create(&vm);
	if (error)
		return bench_failed(backend, "creating a VM", error);
	for (count = 0; count < 2 * MANY - 1; count++) {
		if (count == MANY - 1)
			before = free_memory();
		fds[count] = backend->add_vcpu(vm, count + 1);
		if (fds[count] < 0) {
			error = bench_failed(backend, "adding a vCPU", fds[count]);
			break;
		}
	}
	after = free_memory();
	while (count)
		close(fds[--count]);
	backend->destroy(vm);
	*figure = (before - after) / MANY;
	return error;
}

/* What a VM with one vCPU takes, less what the vCPU does. */
static int measure_vm_memory(const struct bench_backend *backend, const struct path *path,
			     uint64_t *figure)
{
	uint64_t before = 0, after, vcpu;
	struct bench_vm *vms[2 * MANY];
	int count, error;

	error = measure_vcpu_memory(backend, path, &vcpu);
	if (error)
		return error;
	for (count = 0; count < 2 * MANY; count++) {
		if (count == MANY)
			before = free_memory();
		error = backend->create(&vms[count]);
		if (error) {
			bench_failed(backend, "creating a VM", error);
			break;
		}
	}
	after = free_memory();
	while (count)
		backend->destroy(vms[--count]);
	*figure = (before - after) / MANY - vcpu;
	return error;
}

/* ---- whole VMs ---- */

enum vm_time { CREATE, FIRST_EXIT, GET_STATE, SET_STATE, VM_TIMES };

const uint32_t bench_msrs[BENCH_MSRS] = {
	0x174, 0x175, 0x176,				/* SYSENTER */
	0x277, 0x1a0, 0x17a, 0x8b, 0x2ff,		/* PAT, MISC_ENABLE, MCG_STATUS ... */
	0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084,	/* SYSCALL */
	0xc0000102,					/* KERNEL_GS_BASE */
	0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207,
	0x208, 0x209, 0x20a, 0x20b, 0x20c, 0x20d, 0x20e, 0x20f,
	0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f,
};

/* The whole state of a vCPU that has just run, and the same set again. */
static int measure_state(const struct bench_backend *backend, struct bench_vm *vm,
			 uint64_t times[VM_TIMES])
{
	uint64_t began = __rdtsc(), got;
	int error = backend->get_state(vm);

	got = __rdtsc();
	if (error)
		return bench_failed(backend, "getting the state", error);
	error = backend->set_state(vm);
	times[SET_STATE] = __rdtsc() - got;
	times[GET_STATE] = got - began;
	return error ? bench_failed(backend, "setting the state", error) : 0;
}

/* One VM: how long its creation took, and from there to its first exit. */
static int measure_vm(const struct bench_backend *backend, const struct path *path,
		      char *memory, uint64_t times[VM_TIMES])
{
	struct bench_vm *vm;
	uint64_t began, made;
	int error;

	began = __rdtsc();
	error = backend->create(&vm);
	made = __rdtsc();
	if (error)
		return bench_failed(backend, "creating a VM", error);
	error = run_placed(backend, vm, memory, path, &path->with, NULL);
	times[FIRST_EXIT] = __rdtsc() - made;
	times[CREATE] = made - began;
	if (!error)
		error = measure_state(backend, vm, times);
	backend->destroy(vm);
	return error;
}

static int measure_vms(const struct bench_backend *backend, const struct path *path,
		       enum vm_time which, uint64_t *figure)
{
	uint64_t times[VM_TIMES], chosen[VMS];
	char *memory = bench_memory();
	int error = 0;

	if (!memory)
		return bench_failed(backend, "memory", -ENOMEM);
	for (unsigned int i = 0; i < VMS && !error; i++) {
		error = measure_vm(backend, path, memory, times);
		chosen[i] = times[which];
	}
	munmap(memory, GUEST_MEMORY);
	if (!error)
		*figure = middle_mean(chosen, VMS);
	return error;
}

static int measure_create(const struct bench_backend *backend, const struct path *path,
			  uint64_t *figure)
{
	return measure_vms(backend, path, CREATE, figure);
}

static int measure_first_exit(const struct bench_backend *backend, const struct path *path,
			      uint64_t *figure)
{
	return measure_vms(backend, path, FIRST_EXIT, figure);
}

static int measure_get_state(const struct bench_backend *backend, const struct path *path,
			     uint64_t *figure)
{
	return measure_vms(backend, path, GET_STATE, figure);
}

static int measure_set_state(const struct bench_backend *backend, const struct path *path,
			     uint64_t *figure)
{
	return measure_vms(backend, path, SET_STATE, figure);
}

/* ---- the paths ---- */

#define ROUND_TRIP(name, guest, count)	\
	{ name, measure_round_trip, CODE(guest), CODE(guest##_without), .batches = count }
#define PLACED(name, guest, how, is_memory, at, bytes)	\
	{ name, measure_placed, CODE(guest), CODE(guest##_without), .batches = GUEST_BATCHES,	\
	  .place = { .policy = how, .memory = is_memory, .addr = at, .length = bytes } }
#define PORT(name, guest, how)	\
	PLACED(name, guest, how, false, GUEST_PORT, 1)
#define DEVICE(name, guest, how)	\
	PLACED(name, guest, how, true, GUEST_DEVICE_AT, 4)
#define SERVED(name, guest, how)	\
	{ name, bench_served, CODE(guest), CODE(guest##_without), .batches = GUEST_BATCHES,	\
	  .consumer = how }
#define WHOLE_VM(name, measure)			\
	{ name, measure, CODE(exit), CODE(exit), .batches = 1 }

static const struct path paths[] = {
	ROUND_TRIP("cpuid", cpuid, GUEST_BATCHES),
	ROUND_TRIP("vmcall", vmcall, GUEST_BATCHES),
	ROUND_TRIP("rdmsr", rdmsr, GUEST_BATCHES),
	ROUND_TRIP("sync-pio-out", pio_out, GUEST_BATCHES),
	ROUND_TRIP("sync-pio-in", pio_in, GUEST_BATCHES),
	ROUND_TRIP("sync-mmio-read", mmio_read, GUEST_BATCHES),
	ROUND_TRIP("sync-mmio-write", mmio_write, GUEST_BATCHES),
	PORT("posted-pio", pio_out, BENCH_POSTED),
	DEVICE("posted-mmio", mmio_write, BENCH_POSTED),
	PORT("doorbell", pio_out, BENCH_DOORBELL),
	PORT("mirror-read", pio_in, BENCH_MIRROR),
	SERVED("inline-pio", pio_out, BENCH_INLINE),
	SERVED("served-pio", pio_out, BENCH_POLLS),
	SERVED("served-mmio", mmio_write, BENCH_POLLS),
	SERVED("served-eventfd", pio_out, BENCH_EVENTFD),
	SERVED("served-uring", pio_out, BENCH_URING),
	ROUND_TRIP("ept-fault-4k", ept_fault, GUEST_PAGE_BATCHES),
	{ "ept-fault-2m", measure_large_fault, CODE(large_fault), CODE(large_fault_without),
	  .batches = GUEST_LARGE_BATCHES },
	{ "ept-fault-1g", measure_huge_fault, CODE(huge_fault), CODE(huge_fault_without),
	  .batches = GUEST_HUGE_BATCHES },
	{ "dirty-log-page", measure_dirty, CODE(dirty), CODE(dirty), .batches = 1 },
	{ "slot-add", measure_slot_add, CODE(exit), CODE(exit), .batches = 1 },
	{ "slot-delete", measure_slot_delete, CODE(exit), CODE(exit), .batches = 1 },
	WHOLE_VM("create", measure_create),
	WHOLE_VM("first-exit", measure_first_exit),
	WHOLE_VM("get-state", measure_get_state),
	WHOLE_VM("set-state", measure_set_state),
	WHOLE_VM("vm-memory", measure_vm_memory),
	WHOLE_VM("vcpu-memory", measure_vcpu_memory),
};

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* Another thread takes the exits there. */
static bool needs_two_cpus(const struct path *path)
{
	return path->measure == bench_served;
}

/* The path's kind, as --list says it. */
static const char *kind_of(const struct path *path)
{
	if (needs_two_cpus(path))
		return "pair";
	return path->measure == measure_huge_fault ? "huge" : "path";
}

/* Whether this machine has what the path takes, as far as that can be told. */
static bool is_possible(const struct path *path)
{
	return path->measure != measure_huge_fault && (!needs_two_cpus(path) || get_nprocs() > 1);
}

static int list(void)
{
	for (size_t i = 0; i < COUNT(backends); i++)
		printf("backend %s\n", backends[i]->name);
	for (size_t i = 0; i < COUNT(paths); i++)
		printf("%s %s\n", kind_of(&paths[i]), paths[i].name);
	return 0;
}

static int measure(const struct bench_backend *backend, const struct path *path)
{
	uint64_t figure;

	if (path->measure(backend, path, &figure))
		return 1;
	printf("%s %llu\n", path->name, (unsigned long long)figure);
	fflush(stdout);
	return 0;
}

static const struct bench_backend *backend_named(const char *name)
{
	for (size_t i = 0; i < COUNT(backends); i++)
		if (!strcmp(backends[i]->name, name))
			return backends[i];
	return NULL;
}

static const struct path *path_named(const char *name)
{
	for (size_t i = 0; i < COUNT(paths); i++)
		if (!strcmp(paths[i].name, name))
			return &paths[i];
	return NULL;
}

static int usage(const char *what, const char *name)
{
	fprintf(stderr, "bench: %s%s\nusage: bench BACKEND [PATH...]\n       bench --list\n"
		"       bench --count NAME COMMAND [ARG...]\n",
		what, name);
	return 2;
}

/* All that an ordinary machine has, with its CPUs. */
static int measure_all(const struct bench_backend *backend)
{
	int status = 0;

	for (size_t i = 0; i < COUNT(paths) && !status; i++)
		if (is_possible(&paths[i]))
			status = measure(backend, &paths[i]);
	return status;
}

int main(int argc, char **argv)
{
	const struct bench_backend *backend;
	int status = 0;

	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list();
	if (argc > 3 && !strcmp(argv[1], "--count"))
		return bench_count_command(argv[2], &argv[3]);
	if (argc < 2)
		return usage("which backend?", "");
	/*
	 * The lab's programs may use ports, those that people measure may not: each
	 * return to them would load the TSS again for its I/O bitmap.
	 */
	iopl(0);
	backend = backend_named(argv[1]);
	if (!backend)
		return usage("there is no backend ", argv[1]);
	for (int i = 2; i < argc; i++)
		if (!path_named(argv[i]))
			return usage("there is no path ", argv[i]);
	if (argc == 2)
		return measure_all(backend);
	for (int i = 2; i < argc && !status; i++)
		status = measure(backend, path_named(argv[i]));
	return status;
}
