// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how the tests' library calls vmring.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm_backend.h"

static void create(struct vm *vm, uint64_t features)
{
	struct vmr_create_vm args = { .size = sizeof(args), .features = features };

	vm->fd = ioctl(vm->dev, VMR_CREATE_VM, &args);
	if (vm->fd < 0)
		vm_die("VMR_CREATE_VM");
}

static int slot(struct vm *vm, int fd, struct vmr_slot *args)
{
	args->size = sizeof(*args);
	return ioctl_errno(fd, VMR_SET_SLOT, args);
}

static void map_area(struct vcpu *cpu)
{
	const struct vmr_area_header *header;

	cpu->ro = mmap(NULL, cpu->ro_size, PROT_READ, MAP_SHARED, cpu->fd, VMR_AREA_RO);
	if (cpu->ro == MAP_FAILED)
		vm_die("mmap of VMR_AREA_RO");
	cpu->rw = mmap(NULL, cpu->rw_size, PROT_READ | PROT_WRITE, MAP_SHARED, cpu->fd,
		       VMR_AREA_RW);
	if (cpu->rw == MAP_FAILED)
		vm_die("mmap of VMR_AREA_RW");
	header = (const void *)cpu->ro;
	cpu->header = header;
	cpu->producer = (const void *)(cpu->ro + header->producer_offset);
	cpu->ring = (const void *)(cpu->ro + header->ring_offset);
	cpu->consumer = (void *)(cpu->rw + header->consumer_offset);
	cpu->reply = (void *)(cpu->rw + header->reply_offset);
	cpu->control = (void *)(cpu->rw + header->control_offset);
	cpu->area = (void *)(cpu->rw + header->state_offset);
	cpu->bulk = cpu->rw + header->bulk_offset;
}

static void vcpu_create_(struct vcpu *cpu)
{
	struct vmr_create_vcpu args = {
		.size = sizeof(args), .id = cpu->id, .ring_entries = cpu->ring_entries,
	};

	cpu->fd = ioctl(cpu->vm->fd, VMR_CREATE_VCPU, &args);
	if (cpu->fd < 0)
		vm_die("VMR_CREATE_VCPU");
	cpu->ro_size = args.area_ro_size;
	cpu->rw_size = args.area_rw_size;
	map_area(cpu);
}

static void vcpu_destroy_(struct vcpu *cpu)
{
	munmap(cpu->ro, cpu->ro_size);
	munmap(cpu->rw, cpu->rw_size);
	close(cpu->fd);
}

static int run(struct vcpu *cpu)
{
	return ioctl_errno(cpu->fd, VMR_RUN, NULL);
}

static int get(struct vcpu *cpu, struct vmr_state *state)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_ALL };
	int err = ioctl_errno(cpu->fd, VMR_GET_STATE, &args);

	*state = args.state;
	return err;
}

static int set(struct vcpu *cpu, uint64_t groups, const struct vmr_state *state)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = groups, .state = *state };

	return ioctl_errno(cpu->fd, VMR_SET_STATE, &args);
}

static int inject(struct vcpu *cpu, struct vmr_inject *args)
{
	args->size = sizeof(*args);
	return ioctl_errno(cpu->fd, VMR_INJECT, args);
}

static int msr(struct vcpu *cpu, unsigned long cmd, struct vmr_msr *msr)
{
	struct vmr_msrs args = { .size = sizeof(args), .msrs = (uintptr_t)msr, .count = 1 };

	return ioctl_errno(cpu->fd, cmd, &args);
}

static int get_msr(struct vcpu *cpu, struct vmr_msr *args)
{
	return msr(cpu, VMR_GET_MSRS, args);
}

static int set_msr(struct vcpu *cpu, struct vmr_msr *args)
{
	return msr(cpu, VMR_SET_MSRS, args);
}

static unsigned int cpuid(int dev, struct vmr_cpuid_entry *entries)
{
	struct vmr_cpuid args = {
		.size = sizeof(args),
		.entries = (uintptr_t)entries,
		.count = VMR_MAX_CPUID,
	};

	if (ioctl(dev, VMR_GET_CPUID, &args))
		vm_die("VMR_GET_CPUID");
	return args.count;
}

static int set_cpuid(struct vcpu *cpu, const struct vmr_cpuid_entry *entries, unsigned int count)
{
	struct vmr_cpuid args = {
		.size = sizeof(args),
		.entries = (uintptr_t)entries,
		.count = count,
	};

	return ioctl_errno(cpu->fd, VMR_SET_CPUID, &args);
}

const struct vm_backend vmring_backend = {
	.device = DEVICE,
	.create = create,
	.slot = slot,
	.vcpu_create = vcpu_create_,
	.vcpu_destroy = vcpu_destroy_,
	.run = run,
	.get = get,
	.set = set,
	.inject = inject,
	.get_msr = get_msr,
	.set_msr = set_msr,
	.cpuid = cpuid,
	.set_cpuid = set_cpuid,
};
