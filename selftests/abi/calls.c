// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of VMs and vCPUs: whatever is wrong with their arguments gets its
 * errno, changes nothing, and nothing of the kernel's comes back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "args.h"

#define PAGE	4096

/* ---- what all of them have in common ---- */

/* Each one as it is succeeds: or the tests below would prove nothing. */
TEST_F(vm, good_arguments)
{
	union args args;
	size_t i;
	int result;

	for (i = 0; i < CALLS; i++) {
		good_args(&calls[i], &self->vm, &args);
		result = ioctl(fd_of(&calls[i], &self->cpu), calls[i].cmd, &args);
		EXPECT_LE(0, result)
			TH_LOG("%s: %s", calls[i].name, errno_name(errno));
		if (calls[i].answers) {
			EXPECT_EQ(calls[i].size, args.size);
		}
		if (calls[i].makes_file) {
			EXPECT_EQ(FD_CLOEXEC, fcntl(result, F_GETFD));
			close(result);
		} else {
			EXPECT_EQ(0, result);
		}
	}
}

static bool is_known(unsigned int nr)
{
	size_t i;

	for (i = 0; i < CALLS; i++)
		if (_IOC_NR(calls[i].cmd) == nr)
			return true;
	return false;
}

TEST_F(vm, unknown_numbers)
{
	const int fds[] = { self->vm.dev, self->vm.fd, self->cpu.fd };
	union args args;
	unsigned int nr, dir;
	size_t f;

	for (f = 0; f < ARRAY_SIZE(fds); f++) {
		for (nr = _IOC_NR(VMR_WAIT) + 1; nr < 256; nr++) {
			for (dir = 0; dir < 4; dir++) {
				if (is_known(nr) && dir == (_IOC_READ | _IOC_WRITE))
					continue;
				memset(&args, 0, sizeof(args));
				args.size = 24;
				ASSERT_ERRNO(ENOTTY,
					     ioctl_errno(fds[f], _IOC(dir, VMR_IOC_MAGIC, nr, 24),
							 &args))
					TH_LOG("number %u", nr);
			}
		}
	}
}

/* Each kind of file has its own, and no other. */
TEST_F(vm, wrong_kind_of_file)
{
	const int fds[] = { self->vm.dev, self->vm.fd, self->cpu.fd };
	union args args;
	size_t i, f;

	for (i = 0; i < CALLS; i++) {
		for (f = 0; f < ARRAY_SIZE(fds); f++) {
			if (f == calls[i].kind)
				continue;
			good_args(&calls[i], &self->vm, &args);
			EXPECT_ERRNO(ENOTTY, ioctl_errno(fds[f], calls[i].cmd, &args))
				TH_LOG("%s", calls[i].name);
		}
	}
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->vm.dev, VMR_RUN, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->vm.fd, VMR_RUN, NULL));
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->vm.fd, VMR_KICK, NULL));
	good_args(&calls[0], &self->vm, &args);
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->cpu.fd, VMR_GET_VERSION, &args));
	EXPECT_ERRNO(ENOTTY, ioctl_errno(self->vm.fd, VMR_GET_SUPPORTED, &args));
}

TEST_F(vm, bad_pointers)
{
	const uintptr_t pointers[] = {
		0, 1, 4095,
		(uintptr_t)mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		0x7ffffffff000, 0x800000000000, 0xdeadbeef00000000, 0xffff888000000000,
		UINTPTR_MAX - 7, UINTPTR_MAX,
	};
	size_t i, p;

	for (i = 0; i < CALLS; i++) {
		for (p = 0; p < ARRAY_SIZE(pointers); p++) {
			EXPECT_ERRNO(EFAULT, call_errno(&calls[i], &self->cpu,
							(void *)pointers[p]))
				TH_LOG("%s at 0x%lx", calls[i].name, (unsigned long)pointers[p]);
		}
	}
}

/* The struct ends where memory does: with all of it, and with a byte too few. */
TEST_F(vm, at_the_end_of_memory)
{
	uint8_t *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	union args args;
	size_t i;
	uint8_t *at;

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + PAGE, PAGE));
	for (i = 0; i < CALLS; i++) {
		at = pages + PAGE - calls[i].size;
		good_args(&calls[i], &self->vm, &args);
		memcpy(at + 1, &args, calls[i].size - 1);
		EXPECT_ERRNO(EFAULT, call_errno(&calls[i], &self->cpu, at + 1))
			TH_LOG("%s", calls[i].name);
		memcpy(at, &args, calls[i].size);
		EXPECT_ERRNO(0, call_errno(&calls[i], &self->cpu, at))
			TH_LOG("%s", calls[i].name);
	}
}

static int open_files(void)
{
	int fd, count = 0;

	for (fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/*
 * Memory that can be read only. Nothing may come of a call that can't tell what it
 * did: above all no file that nobody knows of.
 */
TEST_F(vm, read_only_arguments)
{
	union args *page = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int before = open_files();
	size_t i;

	ASSERT_NE(MAP_FAILED, page);
	for (i = 0; i < CALLS; i++) {
		if (!calls[i].answers)
			continue;
		ASSERT_EQ(0, mprotect(page, 2 * PAGE, PROT_READ | PROT_WRITE));
		good_args(&calls[i], &self->vm, page);
		ASSERT_EQ(0, mprotect(page, 2 * PAGE, PROT_READ));
		EXPECT_ERRNO(EFAULT, call_errno(&calls[i], &self->cpu, page))
			TH_LOG("%s", calls[i].name);
		EXPECT_EQ(before, open_files())
			TH_LOG("%s", calls[i].name);
	}
}

TEST_F(vm, sizes)
{
	const uint32_t too_long[] = { 4097, 8192, 0x80000000, 0xffffffff };
	union args args, before;
	uint32_t size;
	size_t i, s;

	for (i = 0; i < CALLS; i++) {
		for (size = 0; size < 8; size++) {
			good_args(&calls[i], &self->vm, &args);
			args.size = size;
			before = args;
			EXPECT_ERRNO(EINVAL, call_errno(&calls[i], &self->cpu, &args))
				TH_LOG("%s with size %u", calls[i].name, size);
			EXPECT_EQ(0, memcmp(&args, &before, sizeof(args)));
		}
		for (s = 0; s < ARRAY_SIZE(too_long); s++) {
			good_args(&calls[i], &self->vm, &args);
			args.size = too_long[s];
			EXPECT_ERRNO(E2BIG, call_errno(&calls[i], &self->cpu, &args))
				TH_LOG("%s with size %u", calls[i].name, too_long[s]);
		}
	}
}

/* A struct of tomorrow: zeroes beyond what is known are fine, anything else isn't. */
TEST_F(vm, longer_structs)
{
	union args args;
	size_t i, b;
	int result;

	for (i = 0; i < CALLS; i++) {
		good_args(&calls[i], &self->vm, &args);
		args.size = calls[i].size + 64;
		result = ioctl(fd_of(&calls[i], &self->cpu), calls[i].cmd, &args);
		EXPECT_LE(0, result)
			TH_LOG("%s: %s", calls[i].name, errno_name(errno));
		if (calls[i].answers) {
			EXPECT_EQ(calls[i].size, args.size)
				TH_LOG("%s", calls[i].name);
		}
		for (b = calls[i].size; b < sizeof(args); b++) {
			ASSERT_EQ(0, args.bytes[b]);
		}
		if (calls[i].makes_file)
			close(result);
	}
}

TEST_F(vm, unknown_flags)
{
	union args args, before;
	unsigned int bit;
	size_t i;

	for (i = 0; i < CALLS; i++) {
		for (bit = 0; bit < 32; bit++) {
			if (calls[i].flags & 1u << bit)
				continue;
			good_args(&calls[i], &self->vm, &args);
			args.flags = 1u << bit;
			before = args;
			EXPECT_ERRNO(EINVAL, call_errno(&calls[i], &self->cpu, &args))
				TH_LOG("%s with flag %u", calls[i].name, bit);
			EXPECT_EQ(0, memcmp(&args, &before, sizeof(args)));
		}
	}
}

/* Of RUN and KICK the argument is a number. */
TEST_F(vm, arguments_without_a_struct)
{
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_RUN, (void *)2));
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_RUN, &self->cpu));
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_KICK, (void *)2));
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_KICK, &self->cpu));
}

/* ---- VMs and vCPUs ---- */

TEST_F(vm, unknown_features)
{
	struct vmr_create_vm args = { .size = sizeof(args) };
	int bit;

	for (bit = 0; bit < 64; bit++) {
		if (VMR_VM_FEATURES & 1ull << bit)
			continue;
		args.size = sizeof(args);
		args.features = 1ull << bit;
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.dev, VMR_CREATE_VM, &args))
			TH_LOG("feature %d", bit);
	}
}

TEST_F(vm, no_file_numbers_left)
{
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu), .id = 1 };
	struct vmr_create_vm vm = { .size = sizeof(vm) };
	struct rlimit limit = { open_files(), 256 };
	int fd;

	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	EXPECT_ERRNO(EMFILE, ioctl_errno(self->vm.dev, VMR_CREATE_VM, &vm));
	EXPECT_ERRNO(EMFILE, ioctl_errno(self->vm.fd, VMR_CREATE_VCPU, &vcpu));
	/* The number is not taken by that. */
	limit.rlim_cur = 256;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	vcpu.size = sizeof(vcpu);
	fd = ioctl(self->vm.fd, VMR_CREATE_VCPU, &vcpu);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(vm, vcpu_ids)
{
	const uint32_t beyond[] = { VMR_MAX_VCPUS, VMR_MAX_VCPUS + 1, 0x7fffffff, 0xffffffff };
	struct vmr_create_vcpu args;
	int fds[VMR_MAX_VCPUS];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		args = (struct vmr_create_vcpu){ .size = sizeof(args), .id = beyond[i] };
		EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.fd, VMR_CREATE_VCPU, &args));
	}
	args = (struct vmr_create_vcpu){ .size = sizeof(args), .id = 0 };
	EXPECT_ERRNO(EEXIST, ioctl_errno(self->vm.fd, VMR_CREATE_VCPU, &args));
	for (i = 1; i < VMR_MAX_VCPUS; i++) {
		args = (struct vmr_create_vcpu){ .size = sizeof(args), .id = i };
		fds[i] = ioctl(self->vm.fd, VMR_CREATE_VCPU, &args);
		ASSERT_LE(0, fds[i])
			TH_LOG("vCPU %u: %s", i, errno_name(errno));
		ASSERT_EQ(0, args.area_ro_size % PAGE);
		ASSERT_EQ(0, args.area_rw_size % PAGE);
		ASSERT_LT(0, args.area_ro_size);
		ASSERT_LE(3 * PAGE / 2, args.area_rw_size);
	}
	for (i = 1; i < VMR_MAX_VCPUS; i++)
		close(fds[i]);
}

TEST_F(vm, ring_sizes)
{
	const uint32_t good[] = { 0, 2, 4, 64, 128, VMR_RING_MOST };
	const uint32_t bad[] = { 1, 3, 6, 63, 65, VMR_RING_MOST - 1 };
	const uint32_t beyond[] = { VMR_RING_MOST + 1, 2 * VMR_RING_MOST, 0x80000000, 0xffffffff };
	struct vmr_create_vcpu args;
	unsigned int i, id = 1;
	struct vcpu other;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		args = (struct vmr_create_vcpu){
			.size = sizeof(args), .id = 1, .ring_entries = bad[i],
		};
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.fd, VMR_CREATE_VCPU, &args))
			TH_LOG("%u entries", bad[i]);
	}
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		args = (struct vmr_create_vcpu){
			.size = sizeof(args), .id = 1, .ring_entries = beyond[i],
		};
		EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.fd, VMR_CREATE_VCPU, &args))
			TH_LOG("%u entries", beyond[i]);
	}
	for (i = 0; i < ARRAY_SIZE(good); i++) {
		vcpu_create_ring(&self->vm, id++, good[i], &other);
		EXPECT_EQ(good[i] ? good[i] : VMR_RING_USUAL, other.header->ring_entries);
		EXPECT_LE(other.header->ring_offset + 64ul * other.header->ring_entries,
			  other.ro_size);
		/* All of it is there to be read, and is nothing yet. */
		EXPECT_EQ(0, other.ring[other.header->ring_entries - 1].reason);
		vcpu_destroy(&other);
	}
}

/* ---- slots ---- */

static uint64_t most_memory(int dev)
{
	struct vmr_supported supported = { .size = sizeof(supported) };

	if (ioctl(dev, VMR_GET_SUPPORTED, &supported))
		vm_die("VMR_GET_SUPPORTED");
	return 1ull << supported.phys_bits;
}

TEST_F(vm, bad_slots)
{
	const uint64_t most = most_memory(self->vm.dev), hva = (uintptr_t)self->vm.ram;
	const uint64_t at = 0x40000000;
	const struct {
		const char *what;
		uint64_t gpa;
		uint64_t length;
		uint64_t hva;
	} bad[] = {
		{ "gpa not aligned", at + 1, PAGE, hva },
		{ "gpa at half a page", at + 2048, PAGE, hva },
		{ "length not aligned", at, PAGE + 1, hva },
		{ "length of a byte", at, 1, hva },
		{ "hva not aligned", at, PAGE, hva + 8 },
		{ "gpa wraps", -(uint64_t)PAGE, 2 * PAGE, hva },
		{ "gpa ends at 2^64", -(uint64_t)PAGE, PAGE, hva },
		{ "length wraps", at, -(uint64_t)PAGE, hva },
		{ "above MAXPHYADDR", most, PAGE, hva },
		{ "across MAXPHYADDR", most - PAGE, 2 * PAGE, hva },
		{ "the kernel's memory", at, PAGE, 0xffff888000000000 },
		{ "the end of user space", at, 2 * PAGE, 0x7ffffffff000 },
		{ "not canonical", at, PAGE, 0x800000000000000 },
		{ "hva wraps", at, 2 * PAGE, -(uint64_t)PAGE },
	};
	struct vmr_slot slot = { .slot = 1, .gpa = at, .length = PAGE, .hva = hva };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, vm_slot(&self->vm, 1, bad[i].gpa, (void *)bad[i].hva,
					     bad[i].length, 0))
			TH_LOG("%s", bad[i].what);
	}
	EXPECT_ERRNO(EINVAL, vm_slot(&self->vm, 1, at, self->vm.ram, PAGE, 4));
	EXPECT_ERRNO(EINVAL, vm_slot(&self->vm, 1, at, self->vm.ram, PAGE, 1u << 31));
	slot.size = sizeof(slot);
	slot.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.fd, VMR_SET_SLOT, &slot));
	EXPECT_ERRNO(E2BIG, vm_slot(&self->vm, VMR_MAX_SLOTS, at, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(E2BIG, vm_slot(&self->vm, 0xffffffff, at, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(ENOENT, vm_slot(&self->vm, 1, 0, NULL, 0, 0));
	/* And the last page is one. */
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, most - PAGE, self->vm.ram, PAGE, 0));
}

TEST_F(vm, overlapping_slots)
{
	const uint64_t at = 0x40000000;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, at, self->vm.ram, 4 * PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 2, at, self->vm.ram, 4 * PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 2, at + 3 * PAGE, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 2, at - PAGE, self->vm.ram, 2 * PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 2, at - PAGE, self->vm.ram, 8 * PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 2, at + PAGE, self->vm.ram, PAGE, 0));
	/* Neighbours, and itself, are no overlap. */
	EXPECT_ERRNO(0, vm_slot(&self->vm, 2, at + 4 * PAGE, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 3, at - PAGE, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, at, self->vm.ram, 2 * PAGE, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, at + PAGE, self->vm.ram, 3 * PAGE, 0));
	/* Onto another one: refused, and it is where it was. */
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 1, at + 4 * PAGE, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(EEXIST, vm_slot(&self->vm, 4, at + PAGE, self->vm.ram, PAGE, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 4, at, self->vm.ram, PAGE, 0));
	/* Gone, its place is free; nowhere and unaligned is as good as anywhere. */
	EXPECT_ERRNO(0, vm_slot(&self->vm, 1, -1ull, (void *)-1l, 0, 0));
	EXPECT_ERRNO(ENOENT, vm_slot(&self->vm, 1, 0, NULL, 0, 0));
	EXPECT_ERRNO(0, vm_slot(&self->vm, 5, at + PAGE, self->vm.ram, 3 * PAGE, 0));
}

TEST_F(vm, all_slots)
{
	unsigned int i;

	for (i = 1; i < VMR_MAX_SLOTS; i++) {
		ASSERT_ERRNO(0, vm_slot(&self->vm, i, i * 0x10000000ull, self->vm.ram, PAGE, 0))
			TH_LOG("slot %u", i);
	}
}

/* ---- MSRs ---- */

TEST_F(vm, bad_policies)
{
	static struct vmr_msr_range many[VMR_MAX_MSR_RANGES + 1];
	const struct vmr_msr_range bad[] = {
		{ 0x1000, 0, 0, 0, 0 },		/* none */
		{ 0xffffffff, 2, 0, 0, 0 },	/* wraps */
		{ 1, 0xffffffff + 0u, 0, 0, 1 },
		{ 0x1000, 1, 4, 0, 0 },
		{ 0x1000, 1, 0, 4, 0 },
		{ 0x1000, 1, 0xffff, 0, 0 },
		{ 0x1000, 1, 0, 0, 1 },
	};
	struct vmr_msr_policy args = { .size = sizeof(args), .ranges = 8, .count = 1 };
	struct vm vm;
	size_t i;

	vm_create(&vm, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, vm_msr_policy(&vm, &bad[i], 1))
			TH_LOG("range %zu", i);
	}
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct vmr_msr_range){ 0x1000 + i, 1, 0, 0, 0 };
	EXPECT_ERRNO(0, vm_msr_policy(&vm, many, VMR_MAX_MSR_RANGES));
	EXPECT_ERRNO(E2BIG, vm_msr_policy(&vm, many, VMR_MAX_MSR_RANGES + 1));
	EXPECT_ERRNO(E2BIG, vm_msr_policy(&vm, many, 0xffffffff));
	EXPECT_ERRNO(EFAULT, ioctl_errno(vm.fd, VMR_SET_MSR_POLICY, &args));
	args.count = 0;
	args.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(vm.fd, VMR_SET_MSR_POLICY, &args));
	/* The whole range of numbers is one. */
	many[0] = (struct vmr_msr_range){ 1, 0xffffffff, VMR_MSR_ZERO, VMR_MSR_ZERO, 0 };
	EXPECT_ERRNO(0, vm_msr_policy(&vm, many, 1));
	vm_destroy(&vm);
}

/* Before the first vCPU, or not at all. */
TEST_F(vm, policy_that_comes_late)
{
	const struct vmr_msr_range range = { 0x1000, 1, VMR_MSR_ZERO, VMR_MSR_ZERO, 0 };

	EXPECT_ERRNO(EBUSY, vm_msr_policy(&self->vm, &range, 1));
}

TEST_F(vm, list_that_is_too_short)
{
	static struct vmr_msr msrs[VMR_MAX_MSRS];
	struct vmr_msrs args = { .size = sizeof(args), .msrs = (uintptr_t)msrs };
	uint32_t whole;

	EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.dev, VMR_LIST_MSRS, &args));
	whole = args.count;
	ASSERT_LT(10, whole);
	ASSERT_GE(VMR_MAX_MSRS, whole);
	args.size = sizeof(args);
	args.count = whole - 1;
	memset(msrs, 0x5a, sizeof(msrs));
	EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.dev, VMR_LIST_MSRS, &args));
	EXPECT_EQ(whole, args.count);
	EXPECT_EQ(0x5a5a5a5a, msrs[whole - 1].index);
	args.size = sizeof(args);
	EXPECT_ERRNO(0, ioctl_errno(self->vm.dev, VMR_LIST_MSRS, &args));
	EXPECT_EQ(whole, args.count);
	EXPECT_EQ(0x5a5a5a5a, msrs[whole].index);
	args.size = sizeof(args);
	args.msrs = 8;
	EXPECT_ERRNO(EFAULT, ioctl_errno(self->vm.dev, VMR_LIST_MSRS, &args));
}

TEST_F(vm, msrs_up_to_the_first_bad_one)
{
	struct vmr_msr msrs[4] = {
		{ .index = 0xc0000082, .value = 0x1000 }, { .index = 0xc0000083, .value = 0x2000 },
		{ .index = 0xc0001234 }, { .index = 0xc0000082, .value = 0x3000 },
	};
	struct vmr_msrs args = { .size = sizeof(args), .msrs = (uintptr_t)msrs, .count = 4 };
	uint64_t value;

	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_SET_MSRS, &args));
	EXPECT_EQ(2, args.done);
	EXPECT_EQ(0, vcpu_get_msr(&self->cpu, 0xc0000083, &value));
	EXPECT_EQ(0x2000, value);
	EXPECT_EQ(0, vcpu_get_msr(&self->cpu, 0xc0000082, &value));
	EXPECT_EQ(0x1000, value);
	args.size = sizeof(args);
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_GET_MSRS, &args));
	EXPECT_EQ(2, args.done);
	args.size = sizeof(args);
	args.count = 2;
	EXPECT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_GET_MSRS, &args));
	EXPECT_EQ(2, args.done);
	args.size = sizeof(args);
	args.count = 0;
	EXPECT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_GET_MSRS, &args));
	EXPECT_EQ(0, args.done);
}

TEST_F(vm, bad_msrs)
{
	static struct vmr_msr msrs[VMR_MAX_MSRS + 1];
	struct vmr_msrs args = { .size = sizeof(args), .msrs = (uintptr_t)msrs };
	const unsigned long cmds[] = { VMR_GET_MSRS, VMR_SET_MSRS };
	size_t i;

	for (i = 0; i < 2; i++) {
		args.size = sizeof(args);
		args.msrs = (uintptr_t)msrs;
		args.count = VMR_MAX_MSRS + 1;
		EXPECT_ERRNO(E2BIG, ioctl_errno(self->cpu.fd, cmds[i], &args));
		args.size = sizeof(args);
		args.count = 0xffffffff;
		EXPECT_ERRNO(E2BIG, ioctl_errno(self->cpu.fd, cmds[i], &args));
		args.size = sizeof(args);
		args.count = 1;
		args.msrs = 8;
		EXPECT_ERRNO(EFAULT, ioctl_errno(self->cpu.fd, cmds[i], &args));
		msrs[0] = (struct vmr_msr){ .index = 0x277, .reserved = 1 };
		args.size = sizeof(args);
		args.msrs = (uintptr_t)msrs;
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, cmds[i], &args));
	}
}

/* ---- CPUID ---- */

TEST_F(vm, table_that_is_too_short)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	struct vmr_cpuid args = { .size = sizeof(args), .entries = (uintptr_t)entries };
	uint32_t whole;

	EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.dev, VMR_GET_CPUID, &args));
	whole = args.count;
	ASSERT_LT(10, whole);
	ASSERT_GE(VMR_MAX_CPUID, whole);
	args.size = sizeof(args);
	args.count = whole - 1;
	memset(entries, 0x5a, sizeof(entries));
	EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.dev, VMR_GET_CPUID, &args));
	EXPECT_EQ(whole, args.count);
	EXPECT_EQ(0x5a5a5a5a, entries[0].leaf);
	args.size = sizeof(args);
	EXPECT_ERRNO(0, ioctl_errno(self->vm.dev, VMR_GET_CPUID, &args));
	EXPECT_EQ(0, entries[whole - 1].reserved);
	if (whole < VMR_MAX_CPUID) {
		EXPECT_EQ(0x5a5a5a5a, entries[whole].leaf);
	}
	args.size = sizeof(args);
	args.count = VMR_MAX_CPUID;
	args.entries = 8;
	EXPECT_ERRNO(EFAULT, ioctl_errno(self->vm.dev, VMR_GET_CPUID, &args));
	args.size = sizeof(args);
	args.entries = (uintptr_t)entries;
	args.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.dev, VMR_GET_CPUID, &args));
}

TEST_F(vm, bad_cpuid_tables)
{
	static struct vmr_cpuid_entry many[VMR_MAX_CPUID + 1];
	const struct vmr_cpuid_entry bad[][2] = {
		{ { .leaf = 1 }, { .leaf = 1 } },			/* twice */
		{ { .leaf = 4, .flags = 1 }, { .leaf = 4, .flags = 1 } },
		{ { .leaf = 4, .flags = 1 }, { .leaf = 4 } },		/* with and without */
		{ { .leaf = 1, .flags = 2 }, { .leaf = 2 } },
		{ { .leaf = 1, .reserved = 1 }, { .leaf = 2 } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_ERRNO(EINVAL, vcpu_set_cpuid(&self->cpu, bad[i], 2))
			TH_LOG("table %zu", i);
	}
	for (i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct vmr_cpuid_entry){ .leaf = 4, .subleaf = i, .flags = 1 };
	EXPECT_ERRNO(E2BIG, vcpu_set_cpuid(&self->cpu, many, VMR_MAX_CPUID + 1));
	EXPECT_ERRNO(E2BIG, vcpu_set_cpuid(&self->cpu, many, 0xffffffff));
	EXPECT_ERRNO(EFAULT, vcpu_set_cpuid(&self->cpu, (void *)8, 1));
	EXPECT_ERRNO(0, vcpu_set_cpuid(&self->cpu, many, VMR_MAX_CPUID));
}

GUEST64(only_halt, "1: hlt; jmp 1b");

TEST_F(vm, cpuid_of_a_vcpu_that_has_run)
{
	const struct vmr_cpuid_entry entry = { .leaf = 0x40000000 };

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_ERRNO(EBUSY, vcpu_set_cpuid(&self->cpu, &entry, 1));
}

/* Until then it can be set again, whatever else was asked of the vCPU. */
TEST_F(vm, cpuid_of_a_vcpu_that_was_looked_at)
{
	static struct vmr_cpuid_entry offered[VMR_MAX_CPUID];
	const unsigned int count = cpuid_offered(self->vm.dev, offered);
	const struct vmr_cpuid_entry poor = { .leaf = 0x40000000 };
	struct vmr_state s;
	uint64_t value;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, 0x10, &value));
	ASSERT_EQ(0, vcpu_set_msr(&self->cpu, 0xc0000082, 0x1000));
	/* Long mode isn't offered there, and is what the registers are in. */
	EXPECT_ERRNO(EINVAL, vcpu_set_cpuid(&self->cpu, &poor, 1));
	EXPECT_ERRNO(0, vcpu_set_cpuid(&self->cpu, offered, count));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x500, s.efer & 0x500);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, 0xc0000082, &value));
	EXPECT_EQ(0x1000, value);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_ERRNO(EBUSY, vcpu_set_cpuid(&self->cpu, offered, count));
}

/* What the guest owns of CR4 goes by the last table: PGE isn't in the first. */
GUEST64(toggle_pge, "mov %cr4, %rax; xor $0x80, %rax; mov %rax, %cr4; mov %cr4, %rbx; hlt");

TEST_F(vm, cpuid_set_again)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	const unsigned int count = cpuid_offered(self->vm.dev, entries);
	const struct vmr_cpuid_entry poor = { .leaf = 0x40000000 };
	uint64_t value;

	ASSERT_ERRNO(0, vcpu_set_cpuid(&self->cpu, &poor, 1));
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, 0x10, &value));
	ASSERT_ERRNO(0, vcpu_set_cpuid(&self->cpu, entries, count));
	vcpu_start(&self->cpu, GUEST_LONG, guest(toggle_pge));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x6a0, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* ---- events ---- */

TEST_F(vm, bad_events)
{
	const struct vmr_inject bad[] = {
		{ .kind = 4 },
		{ .kind = 0xffffffff },
		{ .kind = VMR_INJECT_INTERRUPT, .vector = 15 },
		{ .kind = VMR_INJECT_INTERRUPT, .vector = 256 },
		{ .kind = VMR_INJECT_INTERRUPT, .vector = 0xffffffff },
		{ .kind = VMR_INJECT_EXCEPTION, .vector = 32 },
		{ .kind = VMR_INJECT_EXCEPTION, .vector = 0xffffffff },
		{ .kind = VMR_INJECT_EXTINT, .vector = 2 },
		{ .kind = VMR_INJECT_NMI, .flags = VMR_INJECT_ERROR_CODE },
		{ .kind = VMR_INJECT_INTERRUPT, .vector = 32, .flags = VMR_INJECT_ERROR_CODE },
		{ .kind = VMR_INJECT_NMI, .error_code = 1 },
		{ .kind = VMR_INJECT_EXCEPTION, .vector = 13, .error_code = 1 },
		{ .kind = VMR_INJECT_NMI, .reserved = 1 },
	};
	struct vmr_inject args;
	struct vmr_state s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		args = bad[i];
		args.size = sizeof(args);
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_INJECT, &args))
			TH_LOG("event %zu", i);
	}
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.events.flags);
}

/* ---- state ---- */

TEST_F(vm, unknown_groups)
{
	struct vmr_state_args args;
	int bit;

	for (bit = VMR_STATE_GROUPS; bit < 64; bit++) {
		memset(&args, 0, sizeof(args));
		args.size = sizeof(args);
		args.groups = 1ull << bit;
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_GET_STATE, &args));
		EXPECT_ERRNO(EINVAL, ioctl_errno(self->cpu.fd, VMR_SET_STATE, &args));
	}
}

/* Where each group lies in struct vmr_state. */
static const struct {
	uint64_t group;
	size_t from;
	size_t to;
} groups[] = {
	{ VMR_STATE_REGS, 0, offsetof(struct vmr_state, segment) },
	{ VMR_STATE_SEGMENTS, offsetof(struct vmr_state, segment),
	  offsetof(struct vmr_state, cr0) },
	{ VMR_STATE_CONTROL, offsetof(struct vmr_state, cr0), offsetof(struct vmr_state, dr) },
	{ VMR_STATE_DEBUG, offsetof(struct vmr_state, dr), offsetof(struct vmr_state, events) },
	{ VMR_STATE_EVENTS, offsetof(struct vmr_state, events), offsetof(struct vmr_state, pdpte) },
	{ VMR_STATE_PDPTES, offsetof(struct vmr_state, pdpte),
	  offsetof(struct vmr_state, tsc_offset) },
	{ VMR_STATE_TIME, offsetof(struct vmr_state, tsc_offset),
	  offsetof(struct vmr_state, exit) },
	{ VMR_STATE_EXIT, offsetof(struct vmr_state, exit), sizeof(struct vmr_state) },
};

/* Only what was asked for comes back, and only that is set. */
TEST_F(vm, groups)
{
	struct vmr_state_args whole = { .size = sizeof(whole), .groups = VMR_STATE_ALL }, part;
	const uint8_t *bytes, *all = (const uint8_t *)&whole.state;
	size_t i, b;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
	ASSERT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_GET_STATE, &whole));
	for (i = 0; i < ARRAY_SIZE(groups); i++) {
		memset(&part, 0, sizeof(part));
		part.size = sizeof(part);
		part.groups = groups[i].group;
		ASSERT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_GET_STATE, &part));
		bytes = (const uint8_t *)&part.state;
		for (b = 0; b < sizeof(part.state); b++) {
			if (b >= groups[i].from && b < groups[i].to) {
				ASSERT_EQ(all[b], bytes[b]);
			} else {
				ASSERT_EQ(0, bytes[b]);
			}
		}
		/* The rest of this is nonsense, which nobody looks at. */
		memset(&part.state, 0x5a, sizeof(part.state));
		memcpy((uint8_t *)&part.state + groups[i].from, all + groups[i].from,
		       groups[i].to - groups[i].from);
		part.size = sizeof(part);
		ASSERT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_SET_STATE, &part))
			TH_LOG("group %zu", i);
		part.size = sizeof(part);
		part.groups = VMR_STATE_ALL;
		ASSERT_ERRNO(0, ioctl_errno(self->cpu.fd, VMR_GET_STATE, &part));
		EXPECT_EQ(0, memcmp(&part.state, &whole.state, sizeof(part.state)))
			TH_LOG("group %zu", i);
	}
}

/* What SET_STATE refuses, whatever else is in it, leaves all as it was. */
#define BAD(what, member, value)					\
	{ what, offsetof(struct vmr_state, member), sizeof(((struct vmr_state *)0)->member), value }

TEST_F(vm, bad_states)
{
	const struct {
		const char *what;
		size_t offset;
		size_t size;
		uint64_t value;
	} bad[] = {
		BAD("CR0.PG without PE", cr0, 0x80010032),
		BAD("CR0.NW without CD", cr0, 0xa0010033),
		BAD("CR0, upper half", cr0, 0x180010033),
		BAD("CR3, reserved bits", cr3, 1ull << 60),
		BAD("CR4.VMXE", cr4, 0x2620),
		BAD("CR4, reserved bits", cr4, 1ull << 31 | 0x620),
		BAD("CR4, long mode without PAE", cr4, 0x600),
		BAD("CR8", cr8, 16),
		BAD("EFER, reserved bits", efer, 1ull << 63 | 0xd01),
		BAD("EFER.LMA without paging's LME", efer, 0x401),
		BAD("XCR0 without x87", xcr0, 6),
		BAD("XCR0, reserved bits", xcr0, 1ull << 63 | 1),
		BAD("DR6, upper half", dr6, 1ull << 32),
		BAD("DR7, upper half", dr7, 1ull << 32),
		BAD("a segment's padding", segment[2].reserved[0], 1),
		BAD("GDTR's padding", gdtr.reserved[1], 1),
		BAD("IDTR's padding", idtr.reserved[2], 1),
		BAD("the events' padding", events.reserved[3], 1),
		BAD("unknown events", events.flags, VMR_EVENT_FLAGS + 1),
		BAD("unknown events, 31", events.flags, 1u << 31),
	};
	struct vmr_state good, state, now;
	size_t i;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	vcpu_get(&self->cpu, &good);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		state = good;
		state.gpr[VMR_RAX] = 0x1234;
		state.segment[VMR_FS].base = 0x5678;
		state.dr[0] = 0x9abc;
		memcpy((uint8_t *)&state + bad[i].offset, &bad[i].value, bad[i].size);
		EXPECT_ERRNO(EINVAL, vcpu_set_errno(&self->cpu, VMR_STATE_ALL, &state))
			TH_LOG("%s", bad[i].what);
		vcpu_get(&self->cpu, &now);
		EXPECT_EQ(0, memcmp(&good, &now, sizeof(good)))
			TH_LOG("%s: something was set", bad[i].what);
	}
	ASSERT_EXIT("hlt", &self->cpu);
}

TEST_HARNESS_MAIN
