/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what lies between vm.c and a hypervisor: one table of calls for each.
 * They have vmring's meaning and answer an errno, or end the test.
 */
#ifndef VMR_TEST_VM_BACKEND_H
#define VMR_TEST_VM_BACKEND_H

#include "vm.h"

struct vm_backend {
	const char *device;
	void (*create)(struct vm *vm, uint64_t features);
	int (*slot)(struct vm *vm, int fd, struct vmr_slot *slot);
	void (*vcpu_create)(struct vcpu *cpu);
	void (*vcpu_destroy)(struct vcpu *cpu);
	int (*run)(struct vcpu *cpu);
	int (*get)(struct vcpu *cpu, struct vmr_state *state);
	int (*set)(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state);
	int (*inject)(struct vcpu *cpu, struct vmr_inject *inject);
	int (*get_msr)(struct vcpu *cpu, struct vmr_msr *msr);
	int (*set_msr)(struct vcpu *cpu, struct vmr_msr *msr);
	unsigned int (*cpuid)(int dev, struct vmr_cpuid_entry *entries);
	int (*set_cpuid)(struct vcpu *cpu, const struct vmr_cpuid_entry *entries,
			 unsigned int count);
};

extern const struct vm_backend vmring_backend;
extern const struct vm_backend kvm_backend;

#endif
