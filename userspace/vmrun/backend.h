/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what vmrun wants from a hypervisor. Two have it: vmring, and KVM beside it. Exits
 * and registers are vmring's own (uapi/); KVM's are put into that form, its exits into a
 * ring in ordinary memory.
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
struct bus_policy;
struct ring;

#define BACKEND_WORDS	128

/*
 * Those that can fail return 0 or -1, having said why. map() and the vcpu's own are for
 * the thread that runs it, but for what says another.
 */
struct backend {
	const char *name;

	int (*create)(struct backend_vm **vm);
	void (*destroy)(struct backend_vm *vm);

	/* Guest-physical memory; each slot once, before the first run(). */
	int (*map)(struct backend_vm *vm, unsigned int slot, uint64_t gpa, void *host,
		   uint64_t size);

	/* Before the first run(): what may be done without asking the device at once; number
	 * counts up from 1. The backend does of it what it can.
	 */
	int (*set_policy)(struct backend_vm *vm, unsigned int number, bool is_mmio,
			  const struct bus_policy *policy);

	/* Memory of VMR_MIRROR_SIZE that policies' mirrors are in; NULL: it has none. */
	uint8_t *(*mirror)(struct backend_vm *vm);

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

	/* Where its exits are, and the answers go. */
	struct ring *(*ring)(struct backend_vcpu *vcpu);

	/* NULL, or: put what the hypervisor has into that ring; by the devices' lock, by any
	 * thread. It may have something while run() is in progress: others look now and then.
	 */
	void (*collect)(struct backend_vcpu *vcpu);

	/* The guest runs, until there is something in the ring for collect() or without. Those
	 * that can serve don't return then, but wait until another thread has answered.
	 */
	int (*run)(struct backend_vcpu *vcpu);

	/* NULL, or: from now on run() serves, and signals eventfd (-1: none) to a consumer
	 * that sleeps. Its file is what VMR_WAIT is for.
	 */
	int (*serve)(struct backend_vcpu *vcpu, int eventfd);
	int (*file)(struct backend_vcpu *vcpu);

	/* A vCPU that is served sleeps for an answer that it has; any thread. */
	void (*wake)(struct backend_vcpu *vcpu);

	/* At VMR_EXIT_HLT, by the devices' lock. */
	int (*rflags)(struct backend_vcpu *vcpu, uint64_t *rflags);

	/* What can be said of an exit that can't be answered; any thread. */
	void (*describe)(struct backend_vcpu *vcpu, const struct vmr_exit *entry,
			 char words[BACKEND_WORDS]);

	/* The PIC's wire, for any thread, by the devices' lock. While it is up and the guest
	 * can take an interrupt, there is an INTACK.
	 */
	void (*set_intr)(struct backend_vcpu *vcpu, bool level);

	/* The run() that is in progress, or the next, returns. Any thread. */
	void (*kick)(struct backend_vcpu *vcpu);

	/* NULL, or: one of the area's counters, 0 if there is none of that name. */
	uint64_t (*counter)(struct backend_vcpu *vcpu, const char *name);

	/* What it counted, a line each; by any thread while the vcpu doesn't run. */
	void (*stats)(struct backend_vcpu *vcpu, FILE *to);
};

extern const struct backend backend_vmring;
extern const struct backend backend_kvm;

/* What the two have in common. */

/**
 * backend_open() - open the hypervisor's device
 * @device: its path
 * @advice: what to do if it isn't there
 * @rights: what to do if it may not be opened
 *
 * Return: a file, or -1 (said why).
 */
int backend_open(const char *device, const char *advice, const char *rights);

/**
 * backend_call() - an ioctl that is expected to succeed
 * @fd: the file
 * @request: which
 * @name: of it, for people
 * @arg: its argument
 *
 * Return: its result, or -1 (said why).
 */
int backend_call(int fd, unsigned long request, const char *name, void *arg);

#define BACKEND_CALL(fd, request, arg)	backend_call(fd, request, #request, arg)

/**
 * backend_map() - map a part of a vCPU's file
 * @fd: the file
 * @offset: the part
 * @size: its length
 * @writable: or only to be read
 *
 * Return: the mapping, or NULL (said why).
 */
void *backend_map(int fd, uint64_t offset, uint64_t size, bool writable);

#endif
