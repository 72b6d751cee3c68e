// SPDX-License-Identifier: GPL-2.0
/*
 * Owns moving a vCPU: all that it holds goes to a new vCPU of a new VM, which then
 * is the test's vCPU, with the same file numbers and the same addresses of its area.
 * What was set is read back and compared.
 *
 * VMR_TEST_MOVE=1 in the environment: that is done at every exit, and no guest may
 * notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vm_backend.h"

#define TSC	0x10
#define EFER	0xc0000080

struct image {
	struct vmr_state state;
	struct vmr_msr msrs[VMR_MAX_MSRS];
	unsigned int msr_count;
	uint8_t *xsave;
	uint32_t xsave_length;
};

bool vm_moves(void)
{
	const char *wanted = getenv("VMR_TEST_MOVE");

	return wanted && !strcmp(wanted, "1") && !vm_is_kvm();
}

static void need(int err, const char *what)
{
	if (!err)
		return;
	errno = err;
	vm_die(what);
}

/* ---- what a vCPU holds ---- */

static int msrs_call(int fd, unsigned long cmd, struct vmr_msr *msrs, unsigned int count,
		     unsigned int *done)
{
	struct vmr_msrs args = {
		.size = sizeof(args), .msrs = (uintptr_t)msrs, .count = count,
	};
	int err = ioctl_errno(fd, cmd, &args);

	*done = cmd == VMR_LIST_MSRS ? args.count : args.done;
	return err;
}

/* Those that the vCPU has, by asking; not those that are registers or time as well. */
static void get_msrs(int dev, int fd, struct image *image)
{
	static struct vmr_msr all[VMR_MAX_MSRS];
	unsigned int i, count, done;

	need(msrs_call(dev, VMR_LIST_MSRS, all, VMR_MAX_MSRS, &count), "VMR_LIST_MSRS");
	image->msr_count = 0;
	for (i = 0; i < count; i++) {
		if (all[i].index == TSC || all[i].index == EFER)
			continue;
		if (!msrs_call(fd, VMR_GET_MSRS, &all[i], 1, &done))
			image->msrs[image->msr_count++] = all[i];
	}
}

static void get_xsave(int fd, struct image *image)
{
	struct vmr_xsave args = { .size = sizeof(args) };
	int err = ioctl_errno(fd, VMR_GET_XSAVE, &args);

	if (err != E2BIG)
		need(err ?: EINVAL, "VMR_GET_XSAVE of nothing");
	image->xsave_length = args.length;
	image->xsave = calloc(1, args.length);
	args.size = sizeof(args);
	args.image = (uintptr_t)image->xsave;
	need(ioctl_errno(fd, VMR_GET_XSAVE, &args), "VMR_GET_XSAVE");
}

static void get_state(int fd, struct vmr_state *state)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_ALL };

	need(ioctl_errno(fd, VMR_GET_STATE, &args), "VMR_GET_STATE");
	*state = args.state;
}

static void take_image(int dev, int fd, struct image *image)
{
	memset(image, 0, sizeof(*image));
	get_state(fd, &image->state);
	get_msrs(dev, fd, image);
	get_xsave(fd, image);
}

static void put_image(int fd, const struct image *image)
{
	struct vmr_state_args state = {
		.size = sizeof(state), .groups = VMR_STATE_ALL, .state = image->state,
	};
	struct vmr_xsave xsave = {
		.size = sizeof(xsave), .image = (uintptr_t)image->xsave,
		.length = image->xsave_length,
	};
	unsigned int done;

	need(ioctl_errno(fd, VMR_SET_XSAVE, &xsave), "VMR_SET_XSAVE");
	need(msrs_call(fd, VMR_SET_MSRS, (struct vmr_msr *)image->msrs, image->msr_count, &done),
	     "VMR_SET_MSRS of a new vCPU");
	need(ioctl_errno(fd, VMR_SET_STATE, &state), "VMR_SET_STATE of a new vCPU");
}

static void tell_difference(const char *what, const void *was, const void *is, size_t size)
{
	const uint8_t *a = was, *b = is;
	size_t i;

	for (i = 0; i < size && a[i] == b[i]; i++)
		;
	if (i == size)
		return;
	printf("# moved: %s at byte %zu is 0x%02x, was 0x%02x\n", what, i, b[i], a[i]);
	fflush(stdout);
	abort();
}

static void compare(const struct image *was, const struct image *is)
{
	tell_difference("the state", &was->state, &is->state, sizeof(was->state));
	tell_difference("an MSR", was->msrs, is->msrs, sizeof(was->msrs));
	tell_difference("the FPU", was->xsave, is->xsave, was->xsave_length);
}

/* ---- a new home ---- */

static int make_vm(struct vm *vm)
{
	struct vmr_create_vm args = { .size = sizeof(args), .features = vm->features };
	unsigned int i;
	int fd;

	/* A signal that comes meanwhile is one that the guest doesn't notice either. */
	do
		fd = ioctl(vm->dev, VMR_CREATE_VM, &args);
	while (fd < 0 && errno == EINTR);
	if (fd < 0)
		vm_die("VMR_CREATE_VM");
	for (i = 0; i < VMR_MAX_SLOTS; i++)
		if (vm->slots[i].length)
			need(ioctl_errno(fd, VMR_SET_SLOT, &vm->slots[i]), "VMR_SET_SLOT");
	for (i = 1; i <= VMR_MAX_REGIONS; i++)
		if (vm->regions[i].length)
			need(ioctl_errno(fd, VMR_SET_REGION, &vm->regions[i]), "VMR_SET_REGION");
	if (vm->policy.count)
		need(ioctl_errno(fd, VMR_SET_MSR_POLICY, &vm->policy), "VMR_SET_MSR_POLICY");
	return fd;
}

static int make_vcpu(struct vcpu *cpu, int vm)
{
	struct vmr_create_vcpu args = {
		.size = sizeof(args), .id = cpu->id, .ring_entries = cpu->ring_entries,
	};
	struct vmr_cpuid cpuid = {
		.size = sizeof(cpuid), .entries = (uintptr_t)cpu->cpuid, .count = cpu->cpuid_count,
	};
	int fd = ioctl(vm, VMR_CREATE_VCPU, &args);

	if (fd < 0)
		vm_die("VMR_CREATE_VCPU");
	need(ioctl_errno(fd, VMR_SET_CPUID, &cpuid), "VMR_SET_CPUID");
	if (cpu->settings.size)
		need(ioctl_errno(fd, VMR_SET_RING, &cpu->settings), "VMR_SET_RING");
	return fd;
}

/* The new area takes the old one's addresses, and what user space had written there. */
static void move_area(struct vcpu *cpu, int fd)
{
	uint8_t *page = malloc(cpu->rw_size);

	memcpy(page, cpu->rw, cpu->rw_size);
	if (mmap(cpu->ro, cpu->ro_size, PROT_READ, MAP_SHARED | MAP_FIXED, fd, VMR_AREA_RO) ==
	    MAP_FAILED ||
	    mmap(cpu->rw, cpu->rw_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 VMR_AREA_RW) == MAP_FAILED)
		vm_die("mmap of a new vCPU's area");
	memcpy(cpu->rw, page, cpu->rw_size);
	free(page);
}

/* The same of the mirror, for a VM of one vCPU. */
static void move_mirror(struct vm *vm, int fd)
{
	uint8_t *copy = malloc(VMR_MIRROR_SIZE);

	memcpy(copy, vm->mirror, VMR_MIRROR_SIZE);
	if (mmap(vm->mirror, VMR_MIRROR_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		 0) == MAP_FAILED)
		vm_die("mmap of a new VM's mirror");
	memcpy(vm->mirror, copy, VMR_MIRROR_SIZE);
	free(copy);
}

static void replace(int new, int *old)
{
	if (*old < 0) {
		*old = new;
		return;
	}
	if (dup3(new, *old, O_CLOEXEC) < 0)
		vm_die("dup3");
	close(new);
}

/* The exit as the new vCPU has it; one that needs no reply is over there. */
static void move_exit(struct vcpu *cpu)
{
	cpu->seq = *cpu->producer;
	*cpu->consumer = 0;
	if (!cpu->waits)
		return;
	tell_difference("the exit's place", &(uint32_t){ 1 }, (void *)cpu->producer, 4);
	cpu->exit.seq = cpu->ring[0].seq;
	cpu->exit.stamp = cpu->ring[0].stamp;
	tell_difference("the exit", &cpu->exit, (void *)cpu->ring, sizeof(cpu->exit));
}

void vcpu_move(struct vcpu *cpu)
{
	struct vm *vm = cpu->vm;
	struct image was, is;
	int home, fd;

	take_image(vm->dev, cpu->fd, &was);
	home = make_vm(vm);
	fd = make_vcpu(cpu, home);
	put_image(fd, &was);
	take_image(vm->dev, fd, &is);
	compare(&was, &is);
	free(was.xsave);
	free(is.xsave);

	move_area(cpu, fd);
	if (vm->mirror)
		move_mirror(vm, home);
	replace(fd, &cpu->fd);
	replace(home, &cpu->home);
	move_exit(cpu);
	vm->moves++;
}
