/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the list of the ioctls that take a struct, with one of each that succeeds:
 * what the tests of bad arguments begin with.
 */
#ifndef VMR_TEST_ARGS_H
#define VMR_TEST_ARGS_H

#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

enum kind { OF_DEVICE, OF_VM, OF_VCPU };

union args {
	struct {
		uint32_t size;
		uint32_t flags;
	};
	struct vmr_create_vm create_vm;
	struct vmr_create_vcpu create_vcpu;
	struct vmr_slot slot;
	struct vmr_dirty dirty;
	struct vmr_msr_policy policy;
	struct vmr_cpuid cpuid;
	struct vmr_msrs msrs;
	struct vmr_state_args state;
	struct vmr_inject inject;
	struct vmr_region region;
	struct vmr_ring ring;
	struct vmr_xsave xsave;
	uint8_t bytes[8192];
};

struct call {
	const char *name;
	unsigned long cmd;
	uint32_t size;
	enum kind kind;
	uint32_t flags;		/* that have a meaning */
	bool answers;		/* through the struct */
	bool makes_file;	/* the result is a file */
};

#define CALL(cmd, type, kind, flags, answers, makes_file)	\
	{ #cmd, cmd, sizeof(struct type), kind, flags, answers, makes_file }

static const struct call calls[] = {
	CALL(VMR_CREATE_VM, vmr_create_vm, OF_DEVICE, 0, false, true),
	CALL(VMR_GET_CPUID, vmr_cpuid, OF_DEVICE, 0, true, false),
	CALL(VMR_LIST_MSRS, vmr_msrs, OF_DEVICE, 0, true, false),
	CALL(VMR_SET_CPUID, vmr_cpuid, OF_VCPU, 0, false, false),
	CALL(VMR_CREATE_VCPU, vmr_create_vcpu, OF_VM, 0, true, true),
	CALL(VMR_SET_SLOT, vmr_slot, OF_VM, VMR_SLOT_FLAGS, false, false),
	CALL(VMR_GET_DIRTY, vmr_dirty, OF_VM, 0, false, false),
	CALL(VMR_SET_MSR_POLICY, vmr_msr_policy, OF_VM, 0, false, false),
	CALL(VMR_SET_REGION, vmr_region, OF_VM, VMR_REGION_FLAGS, false, false),
	CALL(VMR_SET_RING, vmr_ring, OF_VCPU, VMR_RING_EVENTFD, false, false),
	CALL(VMR_GET_STATE, vmr_state_args, OF_VCPU, 0, true, false),
	CALL(VMR_SET_STATE, vmr_state_args, OF_VCPU, 0, false, false),
	CALL(VMR_GET_MSRS, vmr_msrs, OF_VCPU, 0, true, false),
	CALL(VMR_SET_MSRS, vmr_msrs, OF_VCPU, 0, true, false),
	CALL(VMR_GET_XSAVE, vmr_xsave, OF_VCPU, 0, true, false),
	CALL(VMR_SET_XSAVE, vmr_xsave, OF_VCPU, 0, false, false),
	CALL(VMR_INJECT, vmr_inject, OF_VCPU, VMR_INJECT_ERROR_CODE, false, false),
};

#define CALLS	(sizeof(calls) / sizeof(calls[0]))

/* One that would succeed, with its arrays in static memory. */
static inline void good_args(const struct call *call, struct vm *vm, union args *args)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	static struct vmr_msr msrs[VMR_MAX_MSRS];
	static uint64_t bitmap[1];
	struct vmr_slot logged = {
		.size = sizeof(logged),
		.flags = VMR_SLOT_LOG_DIRTY,
		.slot = 62,
		.gpa = 0x50000000,
		.length = 4096,
	};
	static struct vmr_msr_range range = { 0x40000000, 1, VMR_MSR_GP, VMR_MSR_GP, 0 };

	static uint8_t image[2][8192];

	memset(args, 0, sizeof(*args));
	args->size = call->size;
	switch (call->cmd) {
	case VMR_GET_CPUID:
		args->cpuid.entries = (uintptr_t)entries;
		args->cpuid.count = VMR_MAX_CPUID;
		break;
	case VMR_SET_CPUID:
		/* It has a PAT, which the calls for MSRs below want. */
		entries[0] = (struct vmr_cpuid_entry){ .leaf = 1, .edx = 1 << 16 };
		args->cpuid.entries = (uintptr_t)entries;
		args->cpuid.count = 1;
		break;
	case VMR_LIST_MSRS:
		args->msrs.msrs = (uintptr_t)msrs;
		args->msrs.count = VMR_MAX_MSRS;
		break;
	case VMR_GET_MSRS:
	case VMR_SET_MSRS:
		msrs[0] = (struct vmr_msr){ .index = 0x277, .value = 0x0007040600070406 };
		args->msrs.msrs = (uintptr_t)msrs;
		args->msrs.count = 1;
		break;
	case VMR_CREATE_VCPU:
		args->create_vcpu.id = 63;
		break;
	case VMR_SET_SLOT:
		args->slot.slot = 63;
		args->slot.gpa = 0x40000000;
		args->slot.length = 4096;
		args->slot.hva = (uintptr_t)vm->ram;
		break;
	case VMR_GET_DIRTY:
		logged.hva = (uintptr_t)vm->ram;
		(void)ioctl_errno(vm->fd, VMR_SET_SLOT, &logged);
		args->dirty.slot = logged.slot;
		args->dirty.pages = 1;
		args->dirty.bitmap = (uintptr_t)bitmap;
		break;
	case VMR_SET_REGION:
		args->region.region = 1;
		args->region.write = VMR_WRITE_POSTED;
		args->region.addr = 0x100;
		args->region.length = 1;
		break;
	case VMR_SET_RING:
		args->ring.high_water = 1;
		args->ring.delay_us = 1;
		break;
	case VMR_SET_MSR_POLICY:
		args->policy.ranges = (uintptr_t)&range;
		args->policy.count = 1;
		break;
	case VMR_GET_STATE:
		args->state.groups = VMR_STATE_ALL;
		break;
	case VMR_GET_XSAVE:
	case VMR_SET_XSAVE:
		memcpy(&image[1][24], &(uint32_t){ 0x1f80 }, 4);	/* MXCSR */
		args->xsave.image = (uintptr_t)image[call->cmd == VMR_SET_XSAVE];
		args->xsave.length = sizeof(image[0]);
		break;
	case VMR_INJECT:
		args->inject.kind = VMR_INJECT_NMI;
		break;
	}
}

/* A VM without vCPUs, which a policy is for. */
static inline int empty_vm(void)
{
	static struct vm empty;
	static pid_t owner;

	if (owner != getpid())
		vm_create(&empty, 0);
	owner = getpid();
	return empty.fd;
}

static inline int fd_of(const struct call *call, struct vcpu *cpu)
{
	if (call->cmd == VMR_SET_MSR_POLICY)
		return empty_vm();
	switch (call->kind) {
	case OF_DEVICE:
		return cpu->vm->dev;
	case OF_VM:
		return cpu->vm->fd;
	default:
		return cpu->fd;
	}
}

static inline int call_errno(const struct call *call, struct vcpu *cpu, void *args)
{
	return ioctl_errno(fd_of(call, cpu), call->cmd, args);
}

#endif
