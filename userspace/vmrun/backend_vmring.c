// SPDX-License-Identifier: GPL-2.0
/* Owns how vmrun drives vmring. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "bus.h"
#include "ring.h"
#include "say.h"

#define DEVICE	"/dev/vmring"

struct backend_vm {
	int dev, fd;
	uint32_t tsc_khz;
	uint8_t *mirror;	/* once it was asked for */
};

struct backend_vcpu {
	struct backend_vm *vm;
	int fd;
	uint32_t ro_size, rw_size, entries;
	const uint8_t *ro;
	uint8_t *rw;
	struct ring ring;			/* in these two */
	struct vmr_state_area *state;		/* the same */
	bool served;
};

static int open_device(void)
{
	return backend_open(DEVICE, "is the module loaded? try 'modprobe vmring'",
			    "be root, or see 'make install-udev'");
}

static int check_version(int dev)
{
	struct vmr_version version = { .size = sizeof(version) };

	if (BACKEND_CALL(dev, VMR_GET_VERSION, &version))
		return -1;
	if (version.abi != VMR_ABI_VERSION)
		return fail("the module speaks ABI %u, this vmrun %u: build both anew",
			    version.abi, VMR_ABI_VERSION);
	return 0;
}

static int read_supported(struct backend_vm *vm)
{
	struct vmr_supported supported = { .size = sizeof(supported) };

	if (BACKEND_CALL(vm->dev, VMR_GET_SUPPORTED, &supported))
		return -1;
	vm->tsc_khz = supported.tsc_khz;
	return 0;
}

/* What the loop of the machine before left to be done for this thread ends the first try. */
static int create_vm(struct backend_vm *vm)
{
	struct vmr_create_vm args = { .size = sizeof(args), .features = VMR_VM_HLT_EXITS };

	do {
		vm->fd = ioctl(vm->dev, VMR_CREATE_VM, &args);
	} while (vm->fd < 0 && errno == EINTR);
	return vm->fd < 0 ? fail("VMR_CREATE_VM: %s", strerror(errno)) : 0;
}

static void vmring_destroy(struct backend_vm *vm)
{
	if (vm->mirror)
		munmap(vm->mirror, VMR_MIRROR_SIZE);
	if (vm->fd >= 0)
		close(vm->fd);
	if (vm->dev >= 0)
		close(vm->dev);
	free(vm);
}

static int vmring_create(struct backend_vm **made)
{
	struct backend_vm *vm = calloc(1, sizeof(*vm));

	if (!vm)
		return fail("no memory");
	vm->fd = -1;
	vm->dev = open_device();
	if (vm->dev < 0 || check_version(vm->dev) || read_supported(vm) || create_vm(vm)) {
		vmring_destroy(vm);
		return -1;
	}
	*made = vm;
	return 0;
}

static int vmring_map(struct backend_vm *vm, unsigned int slot, uint64_t gpa, void *host,
		      uint64_t size)
{
	struct vmr_slot args = {
		.size = sizeof(args), .slot = slot, .gpa = gpa, .length = size,
		.hva = (uintptr_t)host,
	};

	return BACKEND_CALL(vm->fd, VMR_SET_SLOT, &args);
}

static uint8_t *vmring_mirror(struct backend_vm *vm)
{
	if (!vm->mirror)
		vm->mirror = backend_map(vm->fd, 0, VMR_MIRROR_SIZE, true);
	return vm->mirror;
}

static int vmring_set_policy(struct backend_vm *vm, unsigned int number, bool is_mmio,
			     const struct bus_policy *policy)
{
	struct vmr_region args = {
		.size = sizeof(args), .flags = is_mmio ? VMR_REGION_MMIO : 0, .region = number,
		.write = policy->posted ? VMR_WRITE_POSTED : VMR_WRITE_SYNC,
		.read = policy->mirrored ? VMR_READ_MIRROR : VMR_READ_SYNC,
		.addr = policy->base, .length = policy->size,
		.mirror = policy->mirrored ? policy->mirror : 0,
	};

	return BACKEND_CALL(vm->fd, VMR_SET_REGION, &args);
}

static int vmring_cpuid(struct backend_vm *vm, struct vmr_cpuid_entry *entries,
			unsigned int *count)
{
	struct vmr_cpuid args = {
		.size = sizeof(args), .entries = (uintptr_t)entries, .count = *count,
	};

	if (BACKEND_CALL(vm->dev, VMR_GET_CPUID, &args))
		return -1;
	*count = args.count;
	return 0;
}

/* ---- vCPUs ---- */

static int map_area(struct backend_vcpu *vcpu)
{
	const struct vmr_area_header *header;

	vcpu->ro = backend_map(vcpu->fd, VMR_AREA_RO, vcpu->ro_size, false);
	vcpu->rw = backend_map(vcpu->fd, VMR_AREA_RW, vcpu->rw_size, true);
	if (!vcpu->ro || !vcpu->rw)
		return -1;
	if (!ring_attach(&vcpu->ring, vcpu->ro, vcpu->rw))
		return fail("the vCPU's shared area is of another version: build both anew");
	header = (const void *)vcpu->ro;
	vcpu->state = (void *)(vcpu->rw + header->state_offset);
	vcpu->entries = header->ring_entries;
	return 0;
}

static void vmring_vcpu_destroy(struct backend_vcpu *vcpu)
{
	if (vcpu->ro)
		munmap((void *)vcpu->ro, vcpu->ro_size);
	if (vcpu->rw)
		munmap(vcpu->rw, vcpu->rw_size);
	if (vcpu->fd >= 0)
		close(vcpu->fd);
	free(vcpu);
}

static int vmring_vcpu_create(struct backend_vm *vm, struct backend_vcpu **made)
{
	struct vmr_create_vcpu args = { .size = sizeof(args) };
	struct backend_vcpu *vcpu = calloc(1, sizeof(*vcpu));

	if (!vcpu)
		return fail("no memory");
	vcpu->vm = vm;
	vcpu->fd = BACKEND_CALL(vm->fd, VMR_CREATE_VCPU, &args);
	vcpu->ro_size = args.area_ro_size;
	vcpu->rw_size = args.area_rw_size;
	if (vcpu->fd < 0 || map_area(vcpu)) {
		vmring_vcpu_destroy(vcpu);
		return -1;
	}
	*made = vcpu;
	return 0;
}

static uint32_t vmring_tsc_khz(struct backend_vcpu *vcpu)
{
	return vcpu->vm->tsc_khz;
}

static int vmring_set_cpuid(struct backend_vcpu *vcpu, const struct vmr_cpuid_entry *entries,
			    unsigned int count)
{
	struct vmr_cpuid args = {
		.size = sizeof(args), .entries = (uintptr_t)entries, .count = count,
	};

	return BACKEND_CALL(vcpu->fd, VMR_SET_CPUID, &args);
}

/* ---- registers ---- */

static int get_groups(struct backend_vcpu *vcpu, uint64_t groups, struct vmr_state *state)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = groups };

	if (BACKEND_CALL(vcpu->fd, VMR_GET_STATE, &args))
		return -1;
	*state = args.state;
	return 0;
}

/* The exit that waits is in the ring: it isn't asked for. */
static int vmring_get_state(struct backend_vcpu *vcpu, struct vmr_state *state)
{
	return get_groups(vcpu, VMR_STATE_ALL & ~VMR_STATE_EXIT, state);
}

static int vmring_set_state(struct backend_vcpu *vcpu, uint64_t groups,
			    const struct vmr_state *state)
{
	struct vmr_state_args args = {
		.size = sizeof(args), .groups = groups, .state = *state,
	};

	return BACKEND_CALL(vcpu->fd, VMR_SET_STATE, &args);
}

/* Served, RUN is in progress: they come with the exit. */
static int vmring_rflags(struct backend_vcpu *vcpu, uint64_t *rflags)
{
	struct vmr_state state;

	if (vcpu->served) {
		*rflags = vcpu->state->state.rflags;
		return 0;
	}
	if (get_groups(vcpu, VMR_STATE_REGS, &state))
		return -1;
	*rflags = state.rflags;
	return 0;
}

/* ---- exits ---- */

static void failed_entry(const struct vmr_exit *entry, char words[BACKEND_WORDS])
{
	struct vmr_entry_failure failure;

	memcpy(&failure, entry->data, sizeof(failure));
	snprintf(words, BACKEND_WORDS,
		 "exit reason %#x, qualification %#llx, VM-instruction error %u; VMCS field %#llx is %#llx",
		 failure.exit_reason, (unsigned long long)failure.qualification, failure.error,
		 (unsigned long long)entry->addr, (unsigned long long)failure.value);
}

static void vmring_describe(struct backend_vcpu *vcpu, const struct vmr_exit *entry,
			    char words[BACKEND_WORDS])
{
	switch (entry->reason) {
	case VMR_EXIT_FAILED_ENTRY:
		failed_entry(entry, words);
		break;
	case VMR_EXIT_MEMORY_FAULT:
		snprintf(words, BACKEND_WORDS,
			 "the memory behind guest address %#llx can't be had (cause %u)",
			 (unsigned long long)entry->addr, entry->count);
		break;
	case VMR_EXIT_REFUSED:
		snprintf(words, BACKEND_WORDS, "vmring refuses VM exit %u, qualification %#llx",
			 entry->count, (unsigned long long)entry->addr);
		break;
	default:
		words[0] = '\0';
		break;
	}
}

static struct ring *vmring_ring(struct backend_vcpu *vcpu)
{
	return &vcpu->ring;
}

/* ---- running ---- */

/* A signal or a kick ends it with EINTR or EAGAIN; what there is, the ring has. */
static int vmring_run(struct backend_vcpu *vcpu)
{
	if (!ioctl(vcpu->fd, VMR_RUN, vcpu->served ? VMR_RUN_SERVED : 0) || errno == EINTR ||
	    errno == EAGAIN)
		return 0;
	return fail("VMR_RUN: %s", strerror(errno));
}

static int vmring_serve(struct backend_vcpu *vcpu, int eventfd)
{
	struct vmr_ring args = {
		.size = sizeof(args), .flags = eventfd < 0 ? 0 : VMR_RING_EVENTFD,
		.eventfd = eventfd < 0 ? 0 : eventfd, .high_water = vcpu->entries / 2,
		.delay_us = VMR_RING_DELAY_US, .spin_ns = VMR_RING_SPIN_NS,
	};

	vcpu->served = true;
	vcpu->state->wanted = VMR_STATE_REGS;
	return BACKEND_CALL(vcpu->fd, VMR_SET_RING, &args);
}

static int vmring_file(struct backend_vcpu *vcpu)
{
	return vcpu->fd;
}

static void kick(struct backend_vcpu *vcpu, unsigned long how)
{
	if (ioctl(vcpu->fd, VMR_KICK, how))
		fail("VMR_KICK: %s", strerror(errno));
}

static void vmring_wake(struct backend_vcpu *vcpu)
{
	kick(vcpu, VMR_KICK_WAKE);
}

static void vmring_kick(struct backend_vcpu *vcpu)
{
	kick(vcpu, 0);
}

static void vmring_set_intr(struct backend_vcpu *vcpu, bool level)
{
	struct vmr_inject args = {
		.size = sizeof(args), .kind = VMR_INJECT_EXTINT, .vector = level,
	};

	BACKEND_CALL(vcpu->fd, VMR_INJECT, &args);
}

/* ---- counters ---- */

static const struct vmr_area_header *header_of(const struct backend_vcpu *vcpu)
{
	return (const void *)vcpu->ro;
}

static const char *counter_name(const struct backend_vcpu *vcpu, unsigned int number)
{
	return (const char *)vcpu->ro + header_of(vcpu)->names_offset + number * VMR_STAT_NAME;
}

static uint64_t counter_value(const struct backend_vcpu *vcpu, unsigned int number)
{
	const uint64_t *stats = (const void *)(vcpu->ro + header_of(vcpu)->stats_offset);

	return stats[number];
}

static uint64_t vmring_counter(struct backend_vcpu *vcpu, const char *name)
{
	unsigned int i;

	for (i = 0; i < header_of(vcpu)->stats_count; i++)
		if (!strncmp(counter_name(vcpu, i), name, VMR_STAT_NAME))
			return counter_value(vcpu, i);
	return 0;
}

static void print_counters(struct backend_vcpu *vcpu, const char *head, unsigned int first,
			   unsigned int end, FILE *to)
{
	unsigned int i;

	fprintf(to, "%s\n", head);
	for (i = first; i < end; i++)
		if (*counter_name(vcpu, i) && counter_value(vcpu, i))
			fprintf(to, "  %-32.*s %12llu\n", VMR_STAT_NAME, counter_name(vcpu, i),
				(unsigned long long)counter_value(vcpu, i));
}

static void vmring_stats(struct backend_vcpu *vcpu, FILE *to)
{
	print_counters(vcpu, "VM exits to vmring", 0, VMR_STAT_REASONS, to);
	print_counters(vcpu, "what vmring did", VMR_STAT_REASONS, header_of(vcpu)->stats_count, to);
}

const struct backend backend_vmring = {
	.name = "vmring",
	.create = vmring_create,
	.destroy = vmring_destroy,
	.map = vmring_map,
	.set_policy = vmring_set_policy,
	.mirror = vmring_mirror,
	.cpuid = vmring_cpuid,
	.vcpu_create = vmring_vcpu_create,
	.vcpu_destroy = vmring_vcpu_destroy,
	.tsc_khz = vmring_tsc_khz,
	.set_cpuid = vmring_set_cpuid,
	.get_state = vmring_get_state,
	.set_state = vmring_set_state,
	.ring = vmring_ring,
	.run = vmring_run,
	.serve = vmring_serve,
	.file = vmring_file,
	.wake = vmring_wake,
	.rflags = vmring_rflags,
	.describe = vmring_describe,
	.set_intr = vmring_set_intr,
	.kick = vmring_kick,
	.counter = vmring_counter,
	.stats = vmring_stats,
};
