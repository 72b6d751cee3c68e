// SPDX-License-Identifier: GPL-2.0
/* Owns how the benchmark drives vmring. */
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
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
	int eventfd;		/* of who takes exits; -1: none */
	struct io_uring uring;	/* only in that thread */

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
	if (vm->eventfd >= 0)
		close(vm->eventfd);
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

/*
 * What a vCPU has by default is no CPUID at all, and none of what CPUID tells of. What
 * can be offered is asked once.
 */
static int offer_everything(struct bench_vm *vm)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	static struct vmr_cpuid cpuid = {
		.size = sizeof(cpuid), .entries = (uintptr_t)entries, .count = VMR_MAX_CPUID,
	};
	static bool asked;

	if (!asked && ioctl(vm->dev, VMR_GET_CPUID, &cpuid))
		return -errno;
	asked = true;
	return ioctl(vm->vcpu, VMR_SET_CPUID, &cpuid) ? -errno : 0;
}

static int open_all(struct bench_vm *vm, unsigned int entries)
{
	struct vmr_create_vm wanted = {
		.size = sizeof(wanted), .features = VMR_VM_HYPERCALLS,
	};
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu), .ring_entries = entries };

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

static int create_with(struct bench_vm **made, unsigned int entries)
{
	struct bench_vm *vm = calloc(1, sizeof(*vm));
	int error;

	if (!vm)
		return -ENOMEM;
	vm->dev = -1;
	vm->vm = -1;
	vm->vcpu = -1;
	vm->eventfd = -1;
	error = open_all(vm, entries);
	if (error)
		vmring_destroy(vm);
	else
		*made = vm;
	return error;
}

static int vmring_create(struct bench_vm **made)
{
	return create_with(made, 0);
}

/* RUN returns when half of the ring is full. */
static int vmring_create_posting(struct bench_vm **made)
{
	return create_with(made, 256);
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

static bool vmring_has_policy(enum bench_policy policy)
{
	(void)policy;
	return true;
}

static int vmring_place(struct bench_vm *vm, const struct bench_place *place)
{
	struct vmr_region region = {
		.size = sizeof(region), .flags = place->memory ? VMR_REGION_MMIO : 0,
		.region = 1, .addr = place->addr, .length = place->length,
	};

	if (place->policy == BENCH_POSTED)
		region.write = VMR_WRITE_POSTED;
	if (place->policy == BENCH_MIRROR)
		region.read = VMR_READ_MIRROR;
	if (place->policy == BENCH_DOORBELL) {
		region.write = VMR_WRITE_DOORBELL;
		region.eventfd = place->eventfd;
	}
	return ioctl(vm->vm, VMR_SET_REGION, &region) ? -errno : 0;
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

/* The entries are passed at once; what an IN reads is stored before the next run(). */
static const struct vmr_exit *take_entries(struct bench_vm *vm)
{
	uint32_t producer = __atomic_load_n(&vm->ro->producer, __ATOMIC_ACQUIRE);
	const struct vmr_exit *last = &vm->ring[(producer - 1) & (vm->ro->header.ring_entries - 1)];

	vm->rw->reply.seq = last->seq;
	__atomic_store_n(&vm->rw->consumer, producer, __ATOMIC_RELEASE);
	return last;
}

static int vmring_run(struct bench_vm *vm, struct bench_exit *exit)
{
	const struct vmr_exit *entry;

	do {
		while (ioctl(vm->vcpu, VMR_RUN, 0))
			if (errno != EINTR)
				return -errno;
		entry = take_entries(vm);
	} while (entry->reason == VMR_EXIT_DRAIN);

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

/* ---- another thread takes the exits ---- */

static int prepare_eventfd(struct bench_vm *vm)
{
	struct vmr_ring ring = {
		.size = sizeof(ring), .flags = VMR_RING_EVENTFD, .high_water = 1,
		.delay_us = VMR_RING_DELAY_US, .spin_ns = VMR_RING_SPIN_NS,
	};

	vm->eventfd = eventfd(0, EFD_CLOEXEC);
	if (vm->eventfd < 0)
		return -errno;
	ring.eventfd = vm->eventfd;
	return ioctl(vm->vcpu, VMR_SET_RING, &ring) ? -errno : 0;
}

/* The kernel's threads that wait for us must not take the vCPU's CPU. */
static int prepare_uring(struct bench_vm *vm, int cpu)
{
	cpu_set_t set;
	int error = io_uring_queue_init(4, &vm->uring, 0);

	if (error)
		return error;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return io_uring_register_iowq_aff(&vm->uring, sizeof(set), &set);
}

static int vmring_prepare_consumer(struct bench_vm *vm, enum bench_consumer how, int cpu)
{
	if (how == BENCH_EVENTFD)
		return prepare_eventfd(vm);
	return how == BENCH_URING ? prepare_uring(vm, cpu) : 0;
}

/* VMR_KICK ends it. */
static int vmring_run_served(struct bench_vm *vm)
{
	int result;

	do {
		result = ioctl(vm->vcpu, VMR_RUN, VMR_RUN_SERVED);
	} while (result && errno == EINTR);
	if (!result)
		return -EIO;
	return errno == EAGAIN ? 0 : -errno;
}

/* Nothing is there up to that index of the producer. */
static bool nothing_since(const struct bench_vm *vm, uint32_t seen)
{
	return __atomic_load_n(&vm->ro->producer, __ATOMIC_ACQUIRE) == seen;
}

static int await_by_polling(struct bench_vm *vm, uint32_t seen)
{
	while (nothing_since(vm, seen))
		__builtin_ia32_pause();
	return 0;
}

static int await_by_eventfd(struct bench_vm *vm, uint32_t seen)
{
	uint64_t signals;

	while (nothing_since(vm, seen)) {
		__atomic_store_n(&vm->rw->control.need_wakeup, 1, __ATOMIC_RELAXED);
		/* Pairs with the kernel's, between the producer's index and need_wakeup. */
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (nothing_since(vm, seen) && read(vm->eventfd, &signals, sizeof(signals)) < 0)
			return -errno;
	}
	return 0;
}

/* The command wakes the vCPU, if need be, and waits for what it does then. */
static int await_by_uring(struct bench_vm *vm, uint32_t seen)
{
	const struct vmr_wait wait = {
		.size = sizeof(wait), .flags = VMR_WAIT_WAKE, .seen = seen,
	};
	struct io_uring_sqe *sqe = io_uring_get_sqe(&vm->uring);
	struct io_uring_cqe *cqe;
	int result;

	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, vm->vcpu, NULL, 0, 0);
	sqe->cmd_op = VMR_WAIT;
	/* liburing 2.3 has no name for where the payload is. */
	memcpy((char *)sqe + 48, &wait, sizeof(wait));
	result = io_uring_submit_and_wait(&vm->uring, 1);
	if (result >= 0)
		result = io_uring_wait_cqe(&vm->uring, &cqe);
	if (result < 0)
		return result;
	result = cqe->res;
	io_uring_cqe_seen(&vm->uring, cqe);
	return result < 0 ? result : 0;
}

/* The exit is answered with what the reply slot holds. */
static void answer(struct bench_vm *vm, const struct vmr_exit *entry, enum bench_consumer how)
{
	vm->rw->reply.seq = entry->seq;
	__atomic_store_n(&vm->rw->consumer, entry->seq, __ATOMIC_RELEASE);
	if (how == BENCH_URING)
		return;
	/* Pairs with the kernel's, between need_kick and the consumer's index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&vm->ro->need_kick, __ATOMIC_RELAXED))
		ioctl(vm->vcpu, VMR_KICK, VMR_KICK_WAKE);
}

static int await_entries(struct bench_vm *vm, enum bench_consumer how, uint32_t seen)
{
	switch (how) {
	case BENCH_EVENTFD:
		return await_by_eventfd(vm, seen);
	case BENCH_URING:
		return await_by_uring(vm, seen);
	default:
		return await_by_polling(vm, seen);
	}
}

static int take_exits(struct bench_vm *vm, enum bench_consumer how, uint16_t port)
{
	const struct vmr_exit *entry;
	uint32_t seen = vm->rw->consumer;
	int error;

	for (;; seen++) {
		error = await_entries(vm, how, seen);
		if (error)
			return error;
		entry = &vm->ring[seen & (vm->ro->header.ring_entries - 1)];
		if (entry->reason == VMR_EXIT_IO && entry->addr == port)
			return ioctl(vm->vcpu, VMR_KICK, 0) ? -errno : 0;
		if (entry->reason != VMR_EXIT_IO && entry->reason != VMR_EXIT_MMIO)
			return -EPROTO;
		answer(vm, entry, how);
	}
}

static int vmring_consume(struct bench_vm *vm, enum bench_consumer how, uint16_t port)
{
	int error = take_exits(vm, how, port);

	if (how == BENCH_URING)
		io_uring_queue_exit(&vm->uring);
	return error;
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
	.create_posting = vmring_create_posting,
	.destroy = vmring_destroy,
	.map = vmring_map,
	.slot = vmring_slot,
	.has_policy = vmring_has_policy,
	.place = vmring_place,
	.dirty = vmring_dirty,
	.add_vcpu = vmring_add_vcpu,
	.set_regs = vmring_set_regs,
	.run = vmring_run,
	.prepare_consumer = vmring_prepare_consumer,
	.run_served = vmring_run_served,
	.consume = vmring_consume,
	.get_state = vmring_get_state,
	.set_state = vmring_set_state,
	.reply = vmring_reply,
};
