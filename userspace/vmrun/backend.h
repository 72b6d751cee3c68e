/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what vmrun wants from a hypervisor. Two have it: vmring, and KVM beside it. Exits
 * and registers are vmring's own (uapi/); KVM's are put into that form.
 */
#ifndef VMRUN_BACKEND_H
#define VMRUN_BACKEND_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <vmring.h>
#include <vmring_ring.h>

struct backend_vm;	/* each backend's own */
struct backend_vcpu;

#define EXIT_WORDS	128

/*
 * Why the guest stopped. An answer is written to data before the next run(): by IO and
 * MMIO that read count elements of size bytes, by INTACK the vector.
 */
struct exit {
	unsigned int reason;	/* VMR_EXIT_... */
	bool write;
	unsigned int size;	/* of an element; 0: the hypervisor couldn't tell */
	unsigned int count;	/* of elements; 1 but for strings */
	uint64_t addr;		/* port or guest-physical */
	void *data;
	char words[EXIT_WORDS];	/* of what can't go on: what the hypervisor says about it */
};

/*
 * Those that can fail return 0 or -1, having said why. map() and the vcpu's own are for
 * the thread that runs it, but for set_intr() and kick().
 */
struct backend {
	const char *name;

	int (*create)(struct backend_vm **vm);
	void (*destroy)(struct backend_vm *vm);

	/* Guest-physical memory; each slot once, before the first run(). */
	int (*map)(struct backend_vm *vm, unsigned int slot, uint64_t gpa, void *host,
		   uint64_t size);

	/* What a guest may see. In count: room for them; out: how many. */
	int (*cpuid)(struct backend_vm *vm, struct vmr_cpuid_entry *entries, unsigned int *count);

	int (*vcpu_create)(struct backend_vm *vm, struct backend_vcpu **vcpu);
	void (*vcpu_destroy)(struct backend_vcpu *vcpu);
	uint32_t (*tsc_khz)(struct backend_vcpu *vcpu);		/* 0: unknown */
	int (*set_cpuid)(struct backend_vcpu *vcpu, const struct vmr_cpuid_entry *entries,
			 unsigned int count);
	int (*get_state)(struct backend_vcpu *vcpu, struct vmr_state *state);
	int (*set_state)(struct backend_vcpu *vcpu, uint64_t groups,
			 const struct vmr_state *state);

	/* Until the next exit; what the last one asked for is in its data. */
	int (*run)(struct backend_vcpu *vcpu, struct exit *exit);

	/* The PIC's wire, for any thread, by the devices' lock. While it is up and the guest
	 * can take an interrupt, run() returns INTACK.
	 */
	void (*set_intr)(struct backend_vcpu *vcpu, bool level);

	/* The run() that is in progress, or the next, returns KICKED or INTERRUPTED. */
	void (*kick)(struct backend_vcpu *vcpu);

	/* What it counted, a line each; by any thread while the vcpu doesn't run. */
	void (*stats)(struct backend_vcpu *vcpu, FILE *to);
};

extern const struct backend backend_vmring;
extern const struct backend backend_kvm;

#endif
