// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls from several threads at once, of every ioctl, with arguments that are
 * nearly right or nothing of the kind. Nothing may hang, leak, or be found in the
 * kernel's log. VMR_TEST_SEED and VMR_TEST_ROUNDS in the environment choose what is
 * called, and how often; which thread is when isn't repeatable.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "args.h"

#define THREADS		3
#define VMS		2
#define VCPUS		4		/* half of them in each VM */
#define MEMORY		0x400000
#define FOLDER		"/sys/kernel/debug/vmring"

struct fuzzer {
	pthread_t thread;
	uint64_t seed;
	unsigned int rounds;
	volatile bool done;
};

static int dev;
static int vms[VMS];
static int vcpus[VCPUS];
static uint8_t *areas[VCPUS];
static size_t area_size;
static int bell;
static uint8_t *memory;
static struct vmr_cpuid_entry offered[VMR_MAX_CPUID];
static unsigned int offered_count;
static struct vmr_msr listed[VMR_MAX_MSRS];
static unsigned int listed_count;

static uint64_t any(struct fuzzer *f)
{
	f->seed = f->seed * 6364136223846793005ull + 1442695040888963407ull;
	return f->seed >> 16 ^ f->seed << 40;
}

static bool one_in(struct fuzzer *f, unsigned int n)
{
	return any(f) % n == 0;
}

/* Numbers at which something often changes. */
static uint64_t interesting(struct fuzzer *f)
{
	switch (any(f) % 8) {
	case 0:
		return 0;
	case 1:
		return any(f) % 16;
	case 2:
		return 1ull << any(f) % 64;
	case 3:
		return (1ull << any(f) % 64) - 1;
	case 4:
		return -(1ull << any(f) % 64);
	case 5:
		return any(f) & 0xfffffffffffff000;
	case 6:
		return (uintptr_t)memory + any(f) % MEMORY;
	default:
		return any(f);
	}
}

/* Some bytes of something become others. */
static void spoil(struct fuzzer *f, void *what, size_t size)
{
	unsigned int i, times = any(f) % 4;
	uint64_t value;
	size_t at, length;

	for (i = 0; i < times; i++) {
		length = 1ull << any(f) % 4;
		at = any(f) % size & ~(length - 1);
		value = interesting(f);
		if (at + length <= size)
			memcpy((uint8_t *)what + at, &value, length);
	}
}

static int any_vcpu(struct fuzzer *f)
{
	return vcpus[any(f) % VCPUS];
}

/* ---- calls, each nearly right ---- */

static void fuzz_state(struct fuzzer *f)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_ALL };
	int fd = any_vcpu(f);

	ioctl(fd, VMR_GET_STATE, &args);
	args.groups = any(f) & (one_in(f, 8) ? ~0ull : VMR_STATE_ALL);
	args.size = sizeof(args);
	spoil(f, &args.state, sizeof(args.state));
	if (one_in(f, 8))
		spoil(f, &args, sizeof(args));
	ioctl(fd, VMR_SET_STATE, &args);
}

static void fuzz_msrs(struct fuzzer *f)
{
	struct vmr_msr msrs[8];
	struct vmr_msrs args = {
		.size = sizeof(args), .msrs = (uintptr_t)msrs, .count = any(f) % 9,
	};
	unsigned int i;

	for (i = 0; i < 8; i++) {
		msrs[i] = listed[any(f) % listed_count];
		msrs[i].value = interesting(f);
	}
	spoil(f, msrs, one_in(f, 4) ? sizeof(msrs) : 1);
	if (one_in(f, 8))
		spoil(f, &args, sizeof(args));
	ioctl(any_vcpu(f), one_in(f, 2) ? VMR_SET_MSRS : VMR_GET_MSRS, &args);
}

static void fuzz_cpuid(struct fuzzer *f)
{
	struct vmr_cpuid_entry *entries = malloc(sizeof(offered));
	struct vmr_cpuid args = {
		.size = sizeof(args), .entries = (uintptr_t)entries, .count = offered_count,
	};

	memcpy(entries, offered, sizeof(offered));
	spoil(f, entries, sizeof(*entries) * offered_count);
	if (one_in(f, 8))
		spoil(f, &args, sizeof(args));
	ioctl(any_vcpu(f), VMR_SET_CPUID, &args);
	free(entries);
}

static void fuzz_xsave(struct fuzzer *f)
{
	static __thread uint8_t image[8192];
	struct vmr_xsave args = {
		.size = sizeof(args), .image = (uintptr_t)image, .length = sizeof(image),
	};
	int fd = any_vcpu(f);

	ioctl(fd, VMR_GET_XSAVE, &args);
	args.size = sizeof(args);
	spoil(f, image, one_in(f, 2) ? 640 : sizeof(image));
	if (one_in(f, 8))
		spoil(f, &args, sizeof(args));
	ioctl(fd, VMR_SET_XSAVE, &args);
}

static void fuzz_slot(struct fuzzer *f)
{
	struct vmr_slot args = {
		.size = sizeof(args), .slot = any(f) % 6, .flags = any(f) % 2,
		.gpa = any(f) % 64 << 16, .length = any(f) % 32 << 12,
		.hva = (uintptr_t)memory + (any(f) % 256 << 12),
	};

	if (one_in(f, 4))
		spoil(f, &args, sizeof(args));
	/* Memory of this process but for its own. */
	if (args.hva - (uintptr_t)memory > MEMORY / 2 || args.length > MEMORY / 2)
		args.hva = (uintptr_t)memory | 1ull << 63;
	ioctl(vms[any(f) % VMS], VMR_SET_SLOT, &args);
}

static void fuzz_region(struct fuzzer *f)
{
	struct vmr_region args = {
		.size = sizeof(args), .region = any(f) % 6, .flags = any(f) % 4,
		.write = any(f) % 3, .read = any(f) % 2, .addr = any(f) % 0x1000,
		.length = any(f) % 0x400,
	};

	if (args.write == VMR_WRITE_DOORBELL)
		args.eventfd = bell;
	if (!args.read)
		args.flags &= ~VMR_REGION_RELAXED;
	if (one_in(f, 4))
		spoil(f, &args, sizeof(args));
	ioctl(vms[any(f) % VMS], VMR_SET_REGION, &args);
}

static void fuzz_inject(struct fuzzer *f)
{
	struct vmr_inject args = {
		.size = sizeof(args), .kind = any(f) % 5, .vector = any(f) % 300,
	};

	if (one_in(f, 2))
		spoil(f, &args, sizeof(args));
	ioctl(any_vcpu(f), VMR_INJECT, &args);
}

/* What is in the area may be anything at any time; that RUN ends is for kicks. */
static void fuzz_run(struct fuzzer *f)
{
	unsigned int i = any(f) % VCPUS;
	struct vmr_area_rw *rw = (void *)areas[i];
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_EXIT };

	if (!ioctl(vcpus[i], VMR_GET_STATE, &args) && !one_in(f, 4)) {
		rw->reply.seq++;
		rw->consumer++;
	}
	if (one_in(f, 2))
		spoil(f, rw, sizeof(*rw));
	ioctl(vcpus[i], VMR_RUN, one_in(f, 16) ? interesting(f) : any(f) % 2);
	if (one_in(f, 4))
		memset(rw, 0, sizeof(*rw));
}

/* No index is that high: a wait is over at once. */
static void fuzz_ring(struct fuzzer *f)
{
	struct vmr_ring ring = {
		.size = sizeof(ring), .flags = one_in(f, 2), .eventfd = any(f) % 32,
		.high_water = any(f) % 70, .delay_us = 1 + any(f) % 100, .spin_ns = any(f) % 1000,
	};
	struct vmr_wait wait = {
		.size = sizeof(wait), .flags = any(f) % 3, .seen = any(f) | 1u << 31,
	};

	if (one_in(f, 8))
		spoil(f, &ring, sizeof(ring));
	ioctl(any_vcpu(f), VMR_SET_RING, &ring);
	ioctl(any_vcpu(f), VMR_WAIT, &wait);
	ioctl(any_vcpu(f), VMR_KICK, VMR_KICK_WAKE);
}

/* Files that come and go. */
static void fuzz_life(struct fuzzer *f)
{
	struct vmr_create_vm vm = { .size = sizeof(vm), .features = any(f) % 4 };
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu), .id = any(f) % 70 };
	struct vmr_msr_range range = { any(f), any(f) % 4, any(f) % 5, any(f) % 5, 0 };
	struct vmr_msr_policy policy = {
		.size = sizeof(policy), .ranges = (uintptr_t)&range, .count = 1,
	};
	int new = ioctl(dev, VMR_CREATE_VM, &vm), cpu;

	if (new < 0)
		return;
	ioctl(new, VMR_SET_MSR_POLICY, &policy);
	cpu = ioctl(new, VMR_CREATE_VCPU, &vcpu);
	if (one_in(f, 2))
		close(new);
	if (cpu >= 0) {
		/* There is no memory: an exit, at once. */
		ioctl(cpu, VMR_RUN, 0);
		close(cpu);
	}
	close(new);
}

static void fuzz_device(struct fuzzer *f)
{
	union args args;
	struct vm vm = { .ram = memory };

	good_args(&calls[any(f) % 3], &vm, &args);
	spoil(f, &args, 64);
	if (args.cpuid.entries - (uintptr_t)memory > MEMORY)
		args.cpuid.entries = one_in(f, 2) ? 0 : (uintptr_t)memory;
	ioctl(dev, one_in(f, 2) ? VMR_GET_CPUID : VMR_LIST_MSRS, &args);
}

/* And none of that: any number, any bytes, any file; no memory of the process's own. */
static void fuzz_anything(struct fuzzer *f)
{
	uint8_t *args = memory + MEMORY / 2 + (any(f) % 512 << 3);
	unsigned int nr = any(f) % 24;
	int fd;

	switch (any(f) % 3) {
	case 0:
		fd = dev;
		break;
	case 1:
		fd = vms[any(f) % VMS];
		break;
	default:
		fd = any_vcpu(f);
	}
	memset(args, 0, 1024);
	*(uint32_t *)args = any(f) % 1100;
	spoil(f, args, 64);
	spoil(f, args, 1024);
	/* Files that nobody would close, and addresses that are ours. */
	if (nr == _IOC_NR(VMR_CREATE_VM) || nr == _IOC_NR(VMR_CREATE_VCPU) ||
	    nr == _IOC_NR(VMR_SET_SLOT))
		return;
	/* What nobody would end. */
	if (nr == _IOC_NR(VMR_WAIT))
		return;
	*(uint64_t *)(args + 8) = one_in(f, 2) ? (uintptr_t)memory + MEMORY / 2 : 8;
	ioctl(fd, _IOC(any(f) % 4, VMR_IOC_MAGIC, nr, any(f) % 1024), args);
}

static void (*const fuzzes[])(struct fuzzer *f) = {
	fuzz_state, fuzz_state, fuzz_state, fuzz_msrs, fuzz_cpuid, fuzz_xsave, fuzz_slot,
	fuzz_region, fuzz_inject, fuzz_run, fuzz_run, fuzz_run, fuzz_ring, fuzz_life, fuzz_device,
	fuzz_anything,
};

static void *fuzz(void *data)
{
	struct fuzzer *f = data;
	unsigned int i;

	for (i = 0; i < f->rounds; i++)
		fuzzes[any(f) % ARRAY_SIZE(fuzzes)](f);
	f->done = true;
	return NULL;
}

/* ---- around it ---- */

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* How many VMs there are in debugfs, -1 without it. */
static int count_vms(void)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	int count = 0;

	if (!folder)
		return -1;
	while ((entry = readdir(folder)))
		count += !!strchr(entry->d_name, '-');
	closedir(folder);
	return count;
}

static void make_all(struct __test_metadata *_metadata)
{
	struct vmr_create_vm vm = { .size = sizeof(vm) };
	struct vmr_create_vcpu vcpu = { .size = sizeof(vcpu) };
	struct vmr_cpuid cpuid = { .size = sizeof(cpuid), .entries = (uintptr_t)offered };
	struct vmr_msrs msrs = {
		.size = sizeof(msrs), .msrs = (uintptr_t)listed, .count = VMR_MAX_MSRS,
	};
	struct vmr_slot slot = {
		.size = sizeof(slot), .length = MEMORY / 2, .hva = (uintptr_t)memory,
	};
	int i;

	dev = open(DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, dev);
	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ASSERT_LE(0, bell);
	ASSERT_ERRNO(0, ioctl_errno(dev, VMR_LIST_MSRS, &msrs));
	listed_count = msrs.count;
	offered_count = cpuid_offered(dev, offered);
	cpuid.count = offered_count;
	for (i = 0; i < VMS; i++) {
		vm.size = sizeof(vm);
		vm.features = i ? VMR_VM_FEATURES : 0;
		vms[i] = ioctl(dev, VMR_CREATE_VM, &vm);
		ASSERT_LE(0, vms[i]);
		ASSERT_ERRNO(0, ioctl_errno(vms[i], VMR_SET_SLOT, &slot));
	}
	for (i = 0; i < VCPUS; i++) {
		vcpu.size = sizeof(vcpu);
		vcpu.id = i;
		vcpus[i] = ioctl(vms[i % VMS], VMR_CREATE_VCPU, &vcpu);
		ASSERT_LE(0, vcpus[i]);
		area_size = vcpu.area_rw_size;
		areas[i] = mmap(NULL, area_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpus[i],
				VMR_AREA_RW);
		ASSERT_NE(MAP_FAILED, areas[i]);
		ASSERT_ERRNO(0, ioctl_errno(vcpus[i], VMR_SET_CPUID, &cpuid));
	}
}

static void destroy_all(void)
{
	int i;

	for (i = 0; i < VCPUS; i++) {
		munmap(areas[i], area_size);
		close(vcpus[i]);
	}
	for (i = 0; i < VMS; i++)
		close(vms[i]);
	close(bell);
	close(dev);
}

/* A guest may loop, or wait for ever: each RUN is ended sooner or later. */
static void kick_until_done(struct fuzzer *fuzzers)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	bool done;
	int i;

	do {
		nanosleep(&pause, NULL);
		for (i = 0; i < VCPUS; i++)
			ioctl(vcpus[i], VMR_KICK, 0);
		done = true;
		for (i = 0; i < THREADS; i++)
			done = done && fuzzers[i].done;
	} while (!done);
}

TEST(random_calls)
{
	uint64_t seed = setting("VMR_TEST_SEED", time(NULL));
	unsigned int rounds = setting("VMR_TEST_ROUNDS", 300);
	struct fuzzer fuzzers[THREADS];
	int i, before = count_vms();
	long long mark = klog_mark();
	uint64_t *word;

	TH_LOG("VMR_TEST_SEED=%llu VMR_TEST_ROUNDS=%u", (unsigned long long)seed, rounds);
	/* And some more, for what begins at its end. */
	memory = mmap(NULL, MEMORY + 0x10000, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, memory);
	fuzzers[0].seed = seed;
	for (word = (uint64_t *)memory; word < (uint64_t *)(memory + 0x10000); word++)
		*word = any(&fuzzers[0]);
	make_all(_metadata);
	for (i = 0; i < THREADS; i++) {
		fuzzers[i] = (struct fuzzer){ .seed = seed * THREADS + i, .rounds = rounds };
		ASSERT_EQ(0, pthread_create(&fuzzers[i].thread, NULL, fuzz, &fuzzers[i]));
	}
	kick_until_done(fuzzers);
	for (i = 0; i < THREADS; i++)
		pthread_join(fuzzers[i].thread, NULL);
	destroy_all();
	EXPECT_EQ(before, count_vms());
	EXPECT_EQ(0, klog_tell_complaints(mark));
}

TEST_HARNESS_MAIN
