// SPDX-License-Identifier: GPL-2.0
/* Owns how vmrun drives vmring. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "say.h"

#define DEVICE	"/dev/vmring"

struct backend_vm {
	int dev, fd;
	uint32_t tsc_khz;
};

struct backend_vcpu {
	struct backend_vm *vm;
	int fd;
	uint32_t ro_size, rw_size;
	const uint8_t *ro;
	uint8_t *rw;
	/* in these two: */
	const uint32_t *producer;
	const struct vmr_exit *ring;
	uint32_t mask;
	uint32_t *consumer;
	struct vmr_reply *reply;
	uint8_t *bulk;
	bool waits;		/* the last exit needs its reply */
};

static int open_device(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return fail(DEVICE ": no such device: is the module loaded? try 'modprobe vmring'");
	case EACCES:
	case EPERM:
		return fail(DEVICE ": permission denied: be root, or see 'make install-udev'");
	}
	return fail(DEVICE ": %s", strerror(errno));
}

static int check_version(int dev)
{
	struct vmr_version version = { .size = sizeof(version) };

	if (ioctl(dev, VMR_GET_VERSION, &version))
		return fail("VMR_GET_VERSION: %s", strerror(errno));
	if (version.abi != VMR_ABI_VERSION)
		return fail("the module speaks ABI %u, this vmrun %u: build both anew",
			    version.abi, VMR_ABI_VERSION);
	return 0;
}

static int read_supported(struct backend_vm *vm)
{
	struct vmr_supported supported = { .size = sizeof(supported) };

	if (ioctl(vm->dev, VMR_GET_SUPPORTED, &supported))
		return fail("VMR_GET_SUPPORTED: %s", strerror(errno));
	vm->tsc_khz = supported.tsc_khz;
	return 0;
}

static int create_vm(struct backend_vm *vm)
{
	struct vmr_create_vm args = { .size = sizeof(args), .features = VMR_VM_HLT_EXITS };

	vm->fd = ioctl(vm->dev, VMR_CREATE_VM, &args);
	if (vm->fd < 0)
		return fail("VMR_CREATE_VM: %s", strerror(errno));
	return 0;
}

static void vmring_destroy(struct backend_vm *vm)
{
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

	if (ioctl(vm->fd, VMR_SET_SLOT, &args))
		return fail("VMR_SET_SLOT: %s", strerror(errno));
	return 0;
}

static int vmring_cpuid(struct backend_vm *vm, struct vmr_cpuid_entry *entries,
			unsigned int *count)
{
	struct vmr_cpuid args = {
		.size = sizeof(args), .entries = (uintptr_t)entries, .count = *count,
	};

	if (ioctl(vm->dev, VMR_GET_CPUID, &args))
		return fail("VMR_GET_CPUID: %s", strerror(errno));
	*count = args.count;
	return 0;
}

/* ---- vCPUs ---- */

static int map_area(struct backend_vcpu *vcpu)
{
	const struct vmr_area_header *header;

	vcpu->ro = mmap(NULL, vcpu->ro_size, PROT_READ, MAP_SHARED, vcpu->fd, VMR_AREA_RO);
	vcpu->rw = mmap(NULL, vcpu->rw_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd,
			VMR_AREA_RW);
	if (vcpu->ro == MAP_FAILED || vcpu->rw == MAP_FAILED)
		return fail("the vCPU's shared area can't be mapped: %s", strerror(errno));
	header = (const void *)vcpu->ro;
	if (header->magic != VMR_AREA_MAGIC || header->version != VMR_AREA_VERSION)
		return fail("the vCPU's shared area is of another version");
	vcpu->producer = (const void *)(vcpu->ro + header->producer_offset);
	vcpu->ring = (const void *)(vcpu->ro + header->ring_offset);
	vcpu->mask = header->ring_entries - 1;
	vcpu->consumer = (void *)(vcpu->rw + header->consumer_offset);
	vcpu->reply = (void *)(vcpu->rw + header->reply_offset);
	vcpu->bulk = vcpu->rw + header->bulk_offset;
	return 0;
}

static void vmring_vcpu_destroy(struct backend_vcpu *vcpu)
{
	if (vcpu->ro && vcpu->ro != MAP_FAILED)
		munmap((void *)vcpu->ro, vcpu->ro_size);
	if (vcpu->rw && vcpu->rw != MAP_FAILED)
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
	vcpu->fd = ioctl(vm->fd, VMR_CREATE_VCPU, &args);
	vcpu->ro_size = args.area_ro_size;
	vcpu->rw_size = args.area_rw_size;
	if (vcpu->fd < 0)
		fail("VMR_CREATE_VCPU: %s", strerror(errno));
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

	if (ioctl(vcpu->fd, VMR_SET_CPUID, &args))
		return fail("VMR_SET_CPUID: %s", strerror(errno));
	return 0;
}

static int vmring_get_state(struct backend_vcpu *vcpu, struct vmr_state *state)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_ALL };

	if (ioctl(vcpu->fd, VMR_GET_STATE, &args))
		return fail("VMR_GET_STATE: %s", strerror(errno));
	*state = args.state;
	return 0;
}

static int vmring_set_state(struct backend_vcpu *vcpu, uint64_t groups,
			    const struct vmr_state *state)
{
	struct vmr_state_args args = {
		.size = sizeof(args), .groups = groups, .state = *state,
	};

	if (ioctl(vcpu->fd, VMR_SET_STATE, &args))
		return fail("VMR_SET_STATE: %s", strerror(errno));
	return 0;
}

/* ---- running ---- */

static const struct vmr_exit *last_exit(const struct backend_vcpu *vcpu)
{
	return &vcpu->ring[(*vcpu->producer - 1) & vcpu->mask];
}

static void answer(struct backend_vcpu *vcpu)
{
	if (vcpu->waits) {
		vcpu->waits = false;
		vcpu->reply->seq = last_exit(vcpu)->seq;
		vcpu->reply->flags = 0;
		vcpu->reply->length = 0;
	}
	/* Pairs with the kernel's reading of the consumer: the reply is there before. */
	__atomic_store_n(vcpu->consumer, *vcpu->producer, __ATOMIC_RELEASE);
}

static void failed_entry(const struct vmr_exit *entry, struct exit *exit)
{
	struct vmr_entry_failure failure;

	memcpy(&failure, entry->data, sizeof(failure));
	snprintf(exit->words, sizeof(exit->words),
		 "exit reason %#x, qualification %#llx, VM-instruction error %u; VMCS field %#llx is %#llx",
		 failure.exit_reason, (unsigned long long)failure.qualification, failure.error,
		 (unsigned long long)entry->addr, (unsigned long long)failure.value);
}

static void describe(const struct vmr_exit *entry, struct exit *exit)
{
	switch (entry->reason) {
	case VMR_EXIT_FAILED_ENTRY:
		failed_entry(entry, exit);
		break;
	case VMR_EXIT_MEMORY_FAULT:
		snprintf(exit->words, sizeof(exit->words),
			 "the memory behind guest address %#llx can't be had (cause %u)",
			 (unsigned long long)entry->addr, entry->count);
		break;
	case VMR_EXIT_REFUSED:
		snprintf(exit->words, sizeof(exit->words),
			 "vmring refuses VM exit %u, qualification %#llx", entry->count,
			 (unsigned long long)entry->addr);
		break;
	default:
		exit->words[0] = '\0';
		break;
	}
}

/* Where the data is, or is to go: what the guest writes is in the entry or the page. */
static void *data_of(const struct backend_vcpu *vcpu, const struct vmr_exit *entry)
{
	if (entry->flags & VMR_EXIT_STRING)
		return vcpu->bulk;
	if (entry->flags & VMR_EXIT_WRITE)
		return (void *)entry->data;
	return vcpu->reply->data;
}

static int vmring_run(struct backend_vcpu *vcpu, struct exit *exit)
{
	const struct vmr_exit *entry;

	answer(vcpu);
	if (ioctl(vcpu->fd, VMR_RUN, 0) && errno != EINTR)
		return fail("VMR_RUN: %s", strerror(errno));
	entry = last_exit(vcpu);
	vcpu->waits = entry->flags & VMR_EXIT_NEEDS_REPLY;
	exit->reason = entry->reason;
	exit->write = entry->flags & VMR_EXIT_WRITE;
	exit->size = entry->size;
	exit->count = entry->flags & VMR_EXIT_STRING ? entry->count : 1;
	exit->addr = entry->addr;
	exit->data = data_of(vcpu, entry);
	describe(entry, exit);
	return 0;
}

static void vmring_set_intr(struct backend_vcpu *vcpu, bool level)
{
	struct vmr_inject args = {
		.size = sizeof(args), .kind = VMR_INJECT_EXTINT, .vector = level,
	};

	if (ioctl(vcpu->fd, VMR_INJECT, &args))
		fail("VMR_INJECT: %s", strerror(errno));
}

static void vmring_kick(struct backend_vcpu *vcpu)
{
	if (ioctl(vcpu->fd, VMR_KICK, 0))
		fail("VMR_KICK: %s", strerror(errno));
}

static void vmring_stats(struct backend_vcpu *vcpu, FILE *to)
{
	const struct vmr_area_header *header = (const void *)vcpu->ro;
	const uint64_t *stats = (const void *)(vcpu->ro + header->stats_offset);
	const char *names = (const char *)vcpu->ro + header->names_offset;
	unsigned int i;

	for (i = 0; i < header->stats_count; i++, names += VMR_STAT_NAME)
		if (*names && stats[i])
			fprintf(to, "  %-32.*s %12llu\n", VMR_STAT_NAME, names,
				(unsigned long long)stats[i]);
}

const struct backend backend_vmring = {
	.name = "vmring",
	.create = vmring_create,
	.destroy = vmring_destroy,
	.map = vmring_map,
	.cpuid = vmring_cpuid,
	.vcpu_create = vmring_vcpu_create,
	.vcpu_destroy = vmring_vcpu_destroy,
	.tsc_khz = vmring_tsc_khz,
	.set_cpuid = vmring_set_cpuid,
	.get_state = vmring_get_state,
	.set_state = vmring_set_state,
	.run = vmring_run,
	.set_intr = vmring_set_intr,
	.kick = vmring_kick,
	.stats = vmring_stats,
};
