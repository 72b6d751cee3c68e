/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how tests make virtual machines and run code in them: VMs, their memory,
 * vCPUs, exits and replies, and the guest's beginning in each mode. What must
 * work and doesn't ends the test with the call's and the errno's name; a call
 * that may fail returns its errno.
 *
 * VMR_TEST_MOVE=1 in the environment: each vCPU goes to a new VM at every exit.
 *
 * VMR_TEST_BACKEND=kvm in the environment: the same guest code under KVM, which
 * tells whether a test is right (selftests/guest only; no injected exceptions,
 * no MSR policy, no state area).
 *
 * VMR_TEST_RECORD=FILE in the environment: what guests do is recorded there
 * (vm_record.c), and what one backend alone can do is left out on both.
 *
 * VMR_TEST_CPUID=FILE in the environment: the CPUID table in there counts as what
 * the host offers; where there is no such file yet it is written, with what it does.
 */
#ifndef VMR_TEST_VM_H
#define VMR_TEST_VM_H

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vmring.h>
#include <vmring_ring.h>

#include "guest.h"

#define DEVICE	"/dev/vmring"

struct vm_backend;

struct vm {
	const struct vm_backend *backend;
	int dev;
	int fd;
	uint8_t *ram;		/* slot 0, at guest-physical 0 */
	size_t ram_size;
	unsigned int serial;	/* among the process's VMs, from 0 */

	/* What another VM needs to be the same; length 0: no slot. */
	uint64_t features;
	struct vmr_slot slots[VMR_MAX_SLOTS];
	struct vmr_region regions[VMR_MAX_REGIONS + 1];
	uint8_t *mirror;	/* vm_mirror() */
	struct vmr_msr_policy policy;
	struct vmr_msr_range ranges[VMR_MAX_MSR_RANGES];
	struct vcpu *cpus[VMR_MAX_VCPUS];
	unsigned int moves;
};

struct vcpu {
	struct vm *vm;
	int fd;
	int home;		/* the VM that it has moved to; -1: it hasn't */
	unsigned int id;
	struct vmr_cpuid_entry *cpuid;
	unsigned int cpuid_count;

	/* The shared area, or what plays its part under KVM. */
	uint8_t *ro;
	uint8_t *rw;
	size_t ro_size;
	size_t rw_size;
	unsigned int ring_entries;	/* as asked for, 0: the usual */
	const struct vmr_area_header *header;
	const volatile uint32_t *producer;
	const volatile struct vmr_exit *ring;
	volatile uint32_t *consumer;
	volatile struct vmr_reply *reply;
	volatile struct vmr_control *control;
	volatile struct vmr_state_area *area;
	volatile uint8_t *bulk;

	/* What was posted, in order: vcpu_run() and vcpu_next() consume it. */
	struct vmr_exit *posts;
	unsigned int post_count;
	unsigned int post_room;

	struct vmr_ring settings;	/* vcpu_set_ring(); size 0: none */
	struct vmr_exit exit;	/* the last synchronous one, as RUN left it */
	uint32_t seq;		/* its number */
	bool ran;
	bool waits;		/* for a reply to it */
	bool answered;
	void *data;		/* the backend's own */
};

/* Ends the test: "WHAT: ERRNO", after errno. */
void __attribute__((noreturn)) vm_die(const char *what);

/* The name of an errno, for a message; "0" if there is none. */
const char *errno_name(int err);

/* The errno of an ioctl, 0 if it succeeded. */
int ioctl_errno(int fd, unsigned long cmd, void *arg);

/* Whether this backend can be used here; else the reason. */
const char *vm_why_not(void);
bool vm_is_kvm(void);
/* Whether only what every backend can do is wanted. */
bool vm_for_both(void);

/* ---- VMs ---- */

void vm_create(struct vm *vm, uint64_t features);
/* A VM with memory of its own at 0, zeroed; a multiple of 4 KiB. */
void vm_create_with_ram(struct vm *vm, uint64_t features, size_t ram_size);
void vm_destroy(struct vm *vm);

/* Sets a slot; an errno. Length 0 deletes it. */
int vm_slot(struct vm *vm, unsigned int slot, uint64_t gpa, void *hva, uint64_t length,
	    uint32_t flags);
/* Sets a region; an errno. */
int vm_region(struct vm *vm, const struct vmr_region *region);
/* The mirror, mapped when it is asked for first. */
uint8_t *vm_mirror(struct vm *vm);
int vm_msr_policy(struct vm *vm, const struct vmr_msr_range *ranges, unsigned int count);

/* Anonymous memory, aligned (a power of two), untouched. */
void *memory_get(size_t size, size_t alignment);

/* ---- vCPUs ---- */

void vcpu_create(struct vm *vm, unsigned int id, struct vcpu *cpu);
void vcpu_create_ring(struct vm *vm, unsigned int id, unsigned int entries, struct vcpu *cpu);
void vcpu_destroy(struct vcpu *cpu);

/* RUN alone: its errno. The exit is in cpu->exit. */
int vcpu_run(struct vcpu *cpu);

/* Of VMR_SET_RING: an errno. */
int vcpu_set_ring(struct vcpu *cpu, uint32_t high_water, uint32_t delay_us);

/* Consumes what has been posted, all entries up to a producer's index. */
void vcpu_take_posts(struct vcpu *cpu, uint32_t end);

/*
 * Runs to the next exit and tells its name (exit_name()), after having seen that
 * the area holds together: one synchronous entry more, and posted ones before it,
 * their numbers the next.
 */
const char *vcpu_next(struct vcpu *cpu);
const char *exit_name(const struct vmr_exit *exit);

/* Prints what is known about a vCPU, for a test that has failed. */
void vcpu_tell(struct vcpu *cpu);

/* Answers the last exit: data (at most 32 bytes), or flags alone. */
void vcpu_answer(struct vcpu *cpu, const void *data, size_t size);
void vcpu_answer_u64(struct vcpu *cpu, uint64_t value);
void vcpu_answer_flags(struct vcpu *cpu, uint32_t flags, uint32_t length);

/*
 * Has the instruction of the last exit finished, without running the guest on:
 * what is set afterwards counts as it is.
 */
void vcpu_settle(struct vcpu *cpu);

/* What an exit's data or a string's element says. */
uint64_t exit_value(const struct vcpu *cpu);

void vcpu_get(struct vcpu *cpu, struct vmr_state *state);
void vcpu_set(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state);
int vcpu_set_errno(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state);
uint64_t vcpu_gpr(struct vcpu *cpu, unsigned int number);
uint64_t vcpu_rip(struct vcpu *cpu);
void vcpu_set_rip(struct vcpu *cpu, uint64_t rip);

/* One of the area's counters; -1: there is none of that name. */
long long vcpu_counter(const struct vcpu *cpu, const char *name);

int vcpu_inject(struct vcpu *cpu, uint32_t kind, uint32_t vector);
int vcpu_inject_error(struct vcpu *cpu, uint32_t vector, uint32_t error_code);
int vcpu_kick(struct vcpu *cpu);
int vcpu_get_msr(struct vcpu *cpu, uint32_t index, uint64_t *value);
int vcpu_set_msr(struct vcpu *cpu, uint32_t index, uint64_t value);

/* Whether vCPUs move at every exit; and doing it once. vmring's alone. */
bool vm_moves(void);
void vcpu_move(struct vcpu *cpu);

/* The table that the host offers, at most VMR_MAX_CPUID entries. */
unsigned int cpuid_offered(int dev, struct vmr_cpuid_entry *entries);
int vcpu_set_cpuid(struct vcpu *cpu, const struct vmr_cpuid_entry *entries, unsigned int count);

/* ---- the record ---- */

/* Whose the next lines are; before that, "-". */
void vm_record_test(const char *fixture, const char *name);
/* An exit that RUN has left in cpu->exit; and a vCPU's last state. */
void vm_record_exit(const struct vcpu *cpu);
void vm_record_end(struct vcpu *cpu);

/* ---- the guest's beginning ---- */

enum guest_mode {
	GUEST_REAL,	/* 16 bits, CS:IP is the code, all other bases 0 */
	GUEST_FLAT32,	/* protected, no paging, GDT, IDT, TSS, ring 0 */
	GUEST_PAGED32,	/* and 4 MB pages, all identical */
	GUEST_PAE32,	/* and 2 MB pages of PAE, all identical */
	GUEST_LONG,	/* 64 bits, 2 MB pages, all identical: 4 GiB */
};

/* Where the code of a vCPU goes. */
#define vcpu_code(cpu)	(GUEST_CODE + (cpu)->id * GUEST_CODE_SIZE)

/* Puts tables, handlers and code into memory, and the vCPU at its beginning. */
void vcpu_start(struct vcpu *cpu, enum guest_mode mode, const uint8_t *code, size_t size);

/* The state that vcpu_start() sets. */
void guest_state(struct vcpu *cpu, enum guest_mode mode, struct vmr_state *state);

static inline volatile struct guest_traps *vm_traps(struct vm *vm)
{
	return (volatile struct guest_traps *)(vm->ram + GUEST_TRAPS);
}

/* A u64 of the guest's data page. */
static inline volatile uint64_t *vm_data(struct vm *vm)
{
	return (volatile uint64_t *)(vm->ram + GUEST_DATA);
}

/* ---- threads that run a vCPU ---- */

struct runner {
	struct vcpu *cpu;
	pthread_barrier_t *together;	/* NULL: on its own */
	pthread_t thread;
	volatile pid_t tid;
	int err;		/* of RUN */
};

/* A thread that calls RUN once. */
void runner_begin(struct runner *runner, struct vcpu *cpu);
/* The same, but RUN comes when all who wait at the barrier are there. */
void runner_begin_together(struct runner *runner, struct vcpu *cpu, pthread_barrier_t *together);
/* Its RUN's errno, when it has ended. */
int runner_end(struct runner *runner);

/* Waits until a word of shared memory is (not) value; ends the test after 20 s. */
void wait_until(volatile uint64_t *word, uint64_t value);
void wait_while(volatile uint64_t *word, uint64_t value);

/* Waits until a thread sleeps in the kernel (state S). */
void wait_asleep(pid_t tid);

#endif
