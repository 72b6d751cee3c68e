// SPDX-License-Identifier: GPL-2.0
/* Owns how the benchmark drives KVM. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/kvm.h>

#include "backend.h"

struct bench_vm {
	int kvm, vm, vcpu;
	size_t run_size;
	struct kvm_run *run;
	struct kvm_coalesced_mmio_ring *coalesced;

	struct kvm_regs regs;
	struct kvm_sregs sregs;
	struct kvm_debugregs debug;
	struct kvm_vcpu_events events;
	struct kvm_xsave xsave;
	struct kvm_xcrs xcrs;
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[BENCH_MSRS];
	} msrs;
};

static void kvm_destroy(struct bench_vm *vm)
{
	if (vm->run && vm->run != MAP_FAILED)
		munmap(vm->run, vm->run_size);
	if (vm->vcpu >= 0)
		close(vm->vcpu);
	if (vm->vm >= 0)
		close(vm->vm);
	if (vm->kvm >= 0)
		close(vm->kvm);
	free(vm);
}

/*
 * With the local APIC in the kernel, as every user of KVM has it; without it KVM
 * patches its own code at the creation of a vCPU, and shows five times the time.
 */
static int open_all(struct bench_vm *vm)
{
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { 24 } };
	int size, page;

	vm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vm->kvm < 0)
		return -errno;
	vm->vm = ioctl(vm->kvm, KVM_CREATE_VM, 0);
	if (vm->vm < 0)
		return -errno;
	if (ioctl(vm->vm, KVM_ENABLE_CAP, &split))
		return -errno;
	vm->vcpu = ioctl(vm->vm, KVM_CREATE_VCPU, 0);
	size = ioctl(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (vm->vcpu < 0 || size < 0)
		return -errno;
	vm->run_size = size;
	vm->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vm->vcpu, 0);
	if (vm->run == MAP_FAILED)
		return -errno;
	/* The answer is the number of the page, of those just mapped. */
	page = ioctl(vm->kvm, KVM_CHECK_EXTENSION, KVM_CAP_COALESCED_MMIO);
	vm->coalesced = (void *)((char *)vm->run + page * 4096);
	return page > 0 ? 0 : -ENOTSUP;
}

static int kvm_create(struct bench_vm **made)
{
	struct bench_vm *vm = calloc(1, sizeof(*vm));
	int error;

	if (!vm)
		return -ENOMEM;
	vm->kvm = -1;
	vm->vm = -1;
	vm->vcpu = -1;
	error = open_all(vm);
	if (error)
		kvm_destroy(vm);
	else
		*made = vm;
	return error;
}

/* As with vmring: the guest has all that can be offered, and that is asked once. */
static int offer_everything(struct bench_vm *vm)
{
	static struct {
		struct kvm_cpuid2 head;
		struct kvm_cpuid_entry2 entries[256];
	} cpuid = { .head.nent = 256 };
	static bool asked;

	if (!asked && ioctl(vm->kvm, KVM_GET_SUPPORTED_CPUID, &cpuid))
		return -errno;
	asked = true;
	return ioctl(vm->vcpu, KVM_SET_CPUID2, &cpuid) ? -errno : 0;
}

static int kvm_map(struct bench_vm *vm, uint64_t gpa, void *memory, size_t size)
{
	struct kvm_userspace_memory_region slot = {
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};
	int error = offer_everything(vm);

	if (error)
		return error;
	return ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &slot) ? -errno : 0;
}

static int kvm_slot(struct bench_vm *vm, unsigned int number, uint64_t gpa, void *memory,
		    size_t size, bool logs)
{
	struct kvm_userspace_memory_region slot = {
		.slot = number,
		.flags = logs ? KVM_MEM_LOG_DIRTY_PAGES : 0,
		.guest_phys_addr = gpa,
		.memory_size = size,
		.userspace_addr = (uintptr_t)memory,
	};

	return ioctl(vm->vm, KVM_SET_USER_MEMORY_REGION, &slot) ? -errno : 0;
}

static int coalesce(struct bench_vm *vm, const struct bench_place *place)
{
	struct kvm_coalesced_mmio_zone zone = {
		.addr = place->addr, .size = place->length, .pio = !place->memory,
	};

	return ioctl(vm->vm, KVM_REGISTER_COALESCED_MMIO, &zone) ? -errno : 0;
}

static int ring_at(struct bench_vm *vm, const struct bench_place *place)
{
	struct kvm_ioeventfd ioeventfd = {
		.addr = place->addr, .len = place->length, .fd = place->eventfd,
		.flags = place->memory ? 0 : KVM_IOEVENTFD_FLAG_PIO,
	};

	return ioctl(vm->vm, KVM_IOEVENTFD, &ioeventfd) ? -errno : 0;
}

static bool kvm_has_policy(enum bench_policy policy)
{
	return policy != BENCH_MIRROR;
}

static int kvm_place(struct bench_vm *vm, const struct bench_place *place)
{
	return place->policy == BENCH_POSTED ? coalesce(vm, place) : ring_at(vm, place);
}

/* Of a whole slot, which is what pages says. */
static int kvm_dirty(struct bench_vm *vm, unsigned int number, size_t pages, uint64_t *bitmap)
{
	struct kvm_dirty_log log = { .slot = number, .dirty_bitmap = bitmap };

	(void)pages;
	return ioctl(vm->vm, KVM_GET_DIRTY_LOG, &log) ? -errno : 0;
}

static int kvm_add_vcpu(struct bench_vm *vm, unsigned int id)
{
	int fd = ioctl(vm->vm, KVM_CREATE_VCPU, id);

	return fd < 0 ? -errno : fd;
}

/* After creation all segments but the code's are at 0 already. */
static int kvm_set_regs(struct bench_vm *vm, const struct bench_regs *from)
{
	struct kvm_regs regs = {
		.rip = from->rip, .rbx = from->rbx, .rbp = from->rbp, .rdi = from->rdi, .rflags = 2,
	};
	struct kvm_sregs sregs;

	if (ioctl(vm->vcpu, KVM_GET_SREGS, &sregs))
		return -errno;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.fs.limit = ~0u;
	sregs.fs.g = 1;
	if (ioctl(vm->vcpu, KVM_SET_SREGS, &sregs) || ioctl(vm->vcpu, KVM_SET_REGS, &regs))
		return -errno;
	return 0;
}

/* The entries are passed at once. */
static void take_coalesced(struct bench_vm *vm)
{
	uint32_t last = __atomic_load_n(&vm->coalesced->last, __ATOMIC_ACQUIRE);

	__atomic_store_n(&vm->coalesced->first, last, __ATOMIC_RELEASE);
}

static int kvm_run(struct bench_vm *vm, struct bench_exit *exit)
{
	while (ioctl(vm->vcpu, KVM_RUN, 0))
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	take_coalesced(vm);
	exit->kind = BENCH_STOPPED;
	exit->code = vm->run->exit_reason;
	if (exit->code == KVM_EXIT_IO) {
		exit->kind = vm->run->io.direction == KVM_EXIT_IO_OUT ? BENCH_OUT : BENCH_IN;
		exit->port = vm->run->io.port;
	} else if (exit->code == KVM_EXIT_MMIO) {
		exit->kind = vm->run->mmio.is_write ? BENCH_OUT : BENCH_IN;
		exit->port = 0;
	}
	return 0;
}

static void kvm_reply(struct bench_vm *vm, uint32_t value)
{
	if (vm->run->exit_reason == KVM_EXIT_MMIO)
		memcpy(vm->run->mmio.data, &value, vm->run->mmio.len);
	else
		memcpy((char *)vm->run + vm->run->io.data_offset, &value, vm->run->io.size);
}

static int kvm_get_state(struct bench_vm *vm)
{
	vm->msrs.head.nmsrs = BENCH_MSRS;
	for (unsigned int i = 0; i < BENCH_MSRS; i++)
		vm->msrs.entries[i].index = bench_msrs[i];
	if (ioctl(vm->vcpu, KVM_GET_REGS, &vm->regs) ||
	    ioctl(vm->vcpu, KVM_GET_SREGS, &vm->sregs) ||
	    ioctl(vm->vcpu, KVM_GET_DEBUGREGS, &vm->debug) ||
	    ioctl(vm->vcpu, KVM_GET_VCPU_EVENTS, &vm->events) ||
	    ioctl(vm->vcpu, KVM_GET_XSAVE, &vm->xsave) ||
	    ioctl(vm->vcpu, KVM_GET_XCRS, &vm->xcrs))
		return -errno;
	return ioctl(vm->vcpu, KVM_GET_MSRS, &vm->msrs) == BENCH_MSRS ? 0 : -EINVAL;
}

static int kvm_set_state(struct bench_vm *vm)
{
	if (ioctl(vm->vcpu, KVM_SET_REGS, &vm->regs) ||
	    ioctl(vm->vcpu, KVM_SET_SREGS, &vm->sregs) ||
	    ioctl(vm->vcpu, KVM_SET_DEBUGREGS, &vm->debug) ||
	    ioctl(vm->vcpu, KVM_SET_VCPU_EVENTS, &vm->events) ||
	    ioctl(vm->vcpu, KVM_SET_XSAVE, &vm->xsave) ||
	    ioctl(vm->vcpu, KVM_SET_XCRS, &vm->xcrs))
		return -errno;
	return ioctl(vm->vcpu, KVM_SET_MSRS, &vm->msrs) == BENCH_MSRS ? 0 : -EINVAL;
}

const struct bench_backend backend_kvm = {
	.name = "kvm",
	.hypercall = 0x7fff,
	.create = kvm_create,
	.create_posting = kvm_create,
	.destroy = kvm_destroy,
	.map = kvm_map,
	.slot = kvm_slot,
	.has_policy = kvm_has_policy,
	.place = kvm_place,
	.dirty = kvm_dirty,
	.add_vcpu = kvm_add_vcpu,
	.set_regs = kvm_set_regs,
	.run = kvm_run,
	.get_state = kvm_get_state,
	.set_state = kvm_set_state,
	.reply = kvm_reply,
};
