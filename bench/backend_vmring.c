// SPDX-License-Identifier: GPL-2.0
/* Owns how the benchmark drives vmring. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vmring.h>
#include <vmring_ring.h>

#include "backend.h"

struct bench_vm {
	int dev, vm, vcpu;
	size_t ro_size, rw_size;
	const struct vmr_area_ro *ro;
	const struct vmr_exit *ring;
	struct vmr_area_rw *rw;

	struct vmr_state_args state;
	struct vmr_msr msrs[BENCH_MSRS];
	uint8_t image[8192];
	uint32_t image_length;
};

static void vmring_destroy(struct bench_vm *vm)
{
	if (vm->ro && vm->ro != MAP_FAILED)
		munmap((void *)vm->ro, vm->ro_size);
	if (vm->rw && vm->rw != MAP_FAILED)
		munmap(vm->rw, vm->rw_size);
	if (vm->vcpu >= 0)
		close(vm->vcpu);
	if (vm->vm >= 0)
		close(vm->vm);
	if (vm->dev >= 0)
		close(vm->dev);
	free(vm);
}

static int map_area(struct bench_vm *vm, const struct vmr_create_vcpu *made)
{
	vm->ro_size = made->area_ro_size;
	vm->rw_size = made->area_rw_size;
	vm->ro = mmap(NULL, vm->ro_size, PROT_READ, MAP_SHARED, vm->vcpu, VMR_AREA_RO);
	vm->rw = mmap(NULL, vm->rw_size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu,
		      VMR_AREA_RW);
	if (vm->ro == MAP_FAILED || vm->rw == MAP_FAILED)
		return -errno;
	vm->ring = (const void *)((const char *)vm->ro + vm->ro->header.ring_offset);
	return 0;
}

/* What a vCPU has by default is no CPUID at all, and none of what CPUID tells of. */
static int offer_everything(struct bench_vm *vm)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	struct vmr_cpuid cpuid = {
		.size = sizeof(cpuid), .entries = (uintptr_t)entries, .count = VMR_MAX_CPUID,
	};

	if (ioctl(vm->dev, VMR_GET_CPUID, &cpuid) || ioctl(vm->vcpu, VMR_SET_CPUID, &cpuid))
		return -errno;
	return 0;
}

static int open_all(struct bench_vm *vm)
{
	struct vmr_create_vm wanted = {
		.size = sizeof(wanted), .features = VMR_VM_HYPERCALLS,
	};
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu) };

	vm->dev = open("/dev/vmring", O_RDWR | O_CLOEXEC);
	if (vm->dev < 0)
		return -errno;
	vm->vm = ioctl(vm->dev, VMR_CREATE_VM, &wanted);
	if (vm->vm < 0)
		return -errno;
	vm->vcpu = ioctl(vm->vm, VMR_CREATE_VCPU, &vcpu);
	if (vm->vcpu < 0)
		return -errno;
	return map_area(vm, &vcpu);
}

static int vmring_create(struct bench_vm **made)
{
	struct bench_vm *vm = calloc(1, sizeof(*vm));
	int error;

	if (!vm)
		return -ENOMEM;
	vm->dev = -1;
	vm->vm = -1;
	vm->vcpu = -1;
	error = open_all(vm);
	if (error)
		vmring_destroy(vm);
	else
		*made = vm;
	return error;
}

static int vmring_map(struct bench_vm *vm, uint64_t gpa, void *memory, size_t size)
{
	struct vmr_slot slot = {
		.size = sizeof(slot), .gpa = gpa, .length = size, .hva = (uintptr_t)memory,
	};
	int error = offer_everything(vm);

	if (error)
		return error;

	return ioctl(vm->vm, VMR_SET_SLOT, &slot) ? -errno : 0;
}

static int vmring_slot(struct bench_vm *vm, unsigned int number, uint64_t gpa, void *memory,
		       size_t size, bool logs)
{
	struct vmr_slot slot = {
		.size = sizeof(slot), .slot = number, .gpa = gpa, .length = size,
		.hva = (uintptr_t)memory, .flags = logs ? VMR_SLOT_LOG_DIRTY : 0,
	};

	return ioctl(vm->vm, VMR_SET_SLOT, &slot) ? -errno : 0;
}

static int vmring_dirty(struct bench_vm *vm, unsigned int number, size_t pages, uint64_t *bitmap)
{
	struct vmr_dirty dirty = {
		.size = sizeof(dirty), .slot = number, .pages = pages,
		.bitmap = (uintptr_t)bitmap,
	};

	return ioctl(vm->vm, VMR_GET_DIRTY, &dirty) ? -errno : 0;
}

static int vmring_add_vcpu(struct bench_vm *vm, unsigned int id)
{
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu), .id = id };
	int fd = ioctl(vm->vm, VMR_CREATE_VCPU, &vcpu);

	return fd < 0 ? -errno : fd;
}

/* After creation all segments but the code's are at 0 already. */
static int vmring_set_regs(struct bench_vm *vm, const struct bench_regs *from)
{
	struct vmr_state_args args = {
		.size = sizeof(args), .groups = VMR_STATE_REGS | VMR_STATE_SEGMENTS,
	};
	struct vmr_state *state = &args.state;

	if (ioctl(vm->vcpu, VMR_GET_STATE, &args))
		return -errno;
	state->segment[VMR_CS].base = 0;
	state->segment[VMR_CS].selector = 0;
	state->segment[VMR_FS].limit = ~0u;
	state->segment[VMR_FS].access |= 0x8000;
	state->rip = from->rip;
	state->gpr[VMR_RBX] = from->rbx;
	state->gpr[VMR_RBP] = from->rbp;
	state->gpr[VMR_RDI] = from->rdi;
	return ioctl(vm->vcpu, VMR_SET_STATE, &args) ? -errno : 0;
}

/* An exit is answered at once; what an IN reads is stored before the next run(). */
static int vmring_run(struct bench_vm *vm, struct bench_exit *exit)
{
	const struct vmr_exit *entry;

	while (ioctl(vm->vcpu, VMR_RUN, 0))
		if (errno != EINTR)
			return -errno;
	entry = &vm->ring[(vm->ro->producer - 1) & (vm->ro->header.ring_entries - 1)];
	vm->rw->reply.seq = entry->seq;
	__atomic_store_n(&vm->rw->consumer, vm->ro->producer, __ATOMIC_RELEASE);

	exit->kind = BENCH_STOPPED;
	exit->code = entry->reason;
	if (entry->reason == VMR_EXIT_IO) {
		exit->kind = entry->flags & VMR_EXIT_WRITE ? BENCH_OUT : BENCH_IN;
		exit->port = entry->addr;
	} else if (entry->reason == VMR_EXIT_MMIO && entry->size) {
		exit->kind = entry->flags & VMR_EXIT_WRITE ? BENCH_OUT : BENCH_IN;
		exit->port = 0;
	}
	return 0;
}

static void vmring_reply(struct bench_vm *vm, uint32_t value)
{
	memcpy(vm->rw->reply.data, &value, sizeof(value));
}

static int call_state(struct bench_vm *vm, unsigned long state, unsigned long msrs,
		      unsigned long fpu)
{
	struct vmr_msrs list = {
		.size = sizeof(list), .msrs = (uintptr_t)vm->msrs, .count = BENCH_MSRS,
	};
	struct vmr_xsave xsave = {
		.size = sizeof(xsave), .image = (uintptr_t)vm->image, .length = vm->image_length,
	};
	int error;

	vm->state.size = sizeof(vm->state);
	vm->state.groups = VMR_STATE_ALL;
	error = ioctl(vm->vcpu, state, &vm->state) || ioctl(vm->vcpu, msrs, &list) ||
		ioctl(vm->vcpu, fpu, &xsave);
	vm->image_length = xsave.length;
	return error ? -errno : 0;
}

static int vmring_get_state(struct bench_vm *vm)
{
	for (unsigned int i = 0; i < BENCH_MSRS; i++)
		vm->msrs[i].index = bench_msrs[i];
	vm->image_length = sizeof(vm->image);
	return call_state(vm, VMR_GET_STATE, VMR_GET_MSRS, VMR_GET_XSAVE);
}

static int vmring_set_state(struct bench_vm *vm)
{
	return call_state(vm, VMR_SET_STATE, VMR_SET_MSRS, VMR_SET_XSAVE);
}

const struct bench_backend backend_vmring = {
	.name = "vmring",
	.hypercall = VMR_HYPERCALL_NOP,
	.create = vmring_create,
	.destroy = vmring_destroy,
	.map = vmring_map,
	.slot = vmring_slot,
	.dirty = vmring_dirty,
	.add_vcpu = vmring_add_vcpu,
	.set_regs = vmring_set_regs,
	.run = vmring_run,
	.get_state = vmring_get_state,
	.set_state = vmring_set_state,
	.reply = vmring_reply,
};
