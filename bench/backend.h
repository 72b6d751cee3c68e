/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the benchmark wants from a hypervisor: a dozen lines per backend, so that
 * what is measured is the hypervisor and not the client. One VM has one vCPU.
 */
#ifndef BENCH_BACKEND_H
#define BENCH_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bench_vm;	/* each backend's own */

/* Where a vCPU begins: in real mode, all segments at 0, FS of 4 GiB, interrupts off. */
struct bench_regs {
	uint64_t rip, rbx, rbp, rdi;
};

enum bench_exit_kind {
	BENCH_OUT,	/* the guest wrote to a port or to a device's memory */
	BENCH_IN,	/* it reads there and waits for reply() */
	BENCH_STOPPED,	/* anything else; code says what, in the backend's own words */
};

struct bench_exit {
	enum bench_exit_kind kind;
	uint16_t port;		/* 0 for memory */
	unsigned int code;
};

/* What is to become of the guest's accesses to a place, without user space's waiting. */
enum bench_policy {
	BENCH_POSTED,	/* writes are noted, and the guest goes on */
	BENCH_DOORBELL,	/* writes are counted by an eventfd */
	BENCH_MIRROR,	/* reads are answered from a page of user space's */
};

/* Who takes exits, and how. */
enum bench_consumer {
	BENCH_INLINE,	/* the vCPU's own thread, by run() */
	BENCH_POLLS,	/* another one, which does nothing else */
	BENCH_EVENTFD,	/* another one, which sleeps until an eventfd is signalled */
	BENCH_URING,	/* another one, which sleeps until a command of io_uring is done */
};

struct bench_place {
	enum bench_policy policy;
	bool memory;	/* addr is guest-physical, else a port */
	uint64_t addr, length;
	int eventfd;	/* BENCH_DOORBELL */
};

/*
 * Those that can fail return 0 or a negative errno, having undone all. Only one
 * thread calls them, but where it is said.
 */
struct bench_backend {
	const char *name;
	uint32_t hypercall;	/* a number that the kernel answers, if only with no */

	/* A VM with one vCPU, ready for map() and set_regs(). */
	int (*create)(struct bench_vm **vm);
	/*
	 * The same with room for at least 128 posted writes, of which user space needn't
	 * hear at once.
	 */
	int (*create_posting)(struct bench_vm **vm);
	void (*destroy)(struct bench_vm *vm);

	/* Guest-physical memory; page aligned, one slot, before the first run(). */
	int (*map)(struct bench_vm *vm, uint64_t gpa, void *memory, size_t size);
	int (*set_regs)(struct bench_vm *vm, const struct bench_regs *regs);

	/* Another slot than map()'s, set, changed or (size 0) deleted at any time. */
	int (*slot)(struct bench_vm *vm, unsigned int number, uint64_t gpa, void *memory,
		    size_t size, bool logs);
	bool (*has_policy)(enum bench_policy policy);
	int (*place)(struct bench_vm *vm, const struct bench_place *place);
	/* Which pages of a slot that logs were written, forgotten from then on. */
	int (*dirty)(struct bench_vm *vm, unsigned int number, size_t pages, uint64_t *bitmap);
	/* One more vCPU, which only uses memory: its file, which the caller closes. */
	int (*add_vcpu)(struct bench_vm *vm, unsigned int id);

	/* Until the next exit that waits for user space; what was posted has been taken. */
	int (*run)(struct bench_vm *vm, struct bench_exit *exit);

	/*
	 * The same with another thread, on that CPU, that answers each exit at once. It
	 * calls prepare_consumer() before, and consume() while, the vCPU's thread calls
	 * run_served(), which returns when consume() has seen the guest write to the
	 * port. All NULL: there is only run().
	 */
	int (*prepare_consumer)(struct bench_vm *vm, enum bench_consumer how, int cpu);
	int (*run_served)(struct bench_vm *vm);
	int (*consume)(struct bench_vm *vm, enum bench_consumer how, uint16_t port);

	/*
	 * All that the vCPU holds, into the backend's own memory and back: registers,
	 * events, the MSRs of bench_msrs, the FPU.
	 */
	int (*get_state)(struct bench_vm *vm);
	int (*set_state)(struct bench_vm *vm);

	/* The value that the guest's IN reads; the next run() goes on there. */
	void (*reply)(struct bench_vm *vm, uint32_t value);
};

/* MSRs that both hypervisors have for every guest. */
#define BENCH_MSRS	40
extern const uint32_t bench_msrs[BENCH_MSRS];

extern const struct bench_backend backend_kvm;
extern const struct bench_backend backend_vmring;

#endif
