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

/*
 * Those that can fail return 0 or a negative errno, having undone all. Only one
 * thread calls them.
 */
struct bench_backend {
	const char *name;
	uint32_t hypercall;	/* a number that the kernel answers, if only with no */

	/* A VM with one vCPU, ready for map() and set_regs(). */
	int (*create)(struct bench_vm **vm);
	void (*destroy)(struct bench_vm *vm);

	/* Guest-physical memory; page aligned, one slot, before the first run(). */
	int (*map)(struct bench_vm *vm, uint64_t gpa, void *memory, size_t size);
	int (*set_regs)(struct bench_vm *vm, const struct bench_regs *regs);

	/* Another slot than map()'s, set, changed or (size 0) deleted at any time. */
	int (*slot)(struct bench_vm *vm, unsigned int number, uint64_t gpa, void *memory,
		    size_t size, bool logs);
	/* Which pages of a slot that logs were written, forgotten from then on. */
	int (*dirty)(struct bench_vm *vm, unsigned int number, size_t pages, uint64_t *bitmap);
	/* One more vCPU, which only uses memory: its file, which the caller closes. */
	int (*add_vcpu)(struct bench_vm *vm, unsigned int id);

	/* Until the next exit that is for user space. */
	int (*run)(struct bench_vm *vm, struct bench_exit *exit);

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
