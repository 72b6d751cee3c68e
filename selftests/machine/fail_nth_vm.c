// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a VM again and again, and each time one more of the allocations that the kernel
 * makes for it succeeds before one fails (CONFIG_FAULT_INJECTION,
 * /proc/thread-self/fail-nth), until none fails any more:
 *
 *   fail_nth_vm [FIRST]
 *
 * Making it: VM, vCPU, its area, CPUID, MSR policy, regions, slots with and without a log, runs
 * that map small and large memory and use a log, slots that change. A call that fails
 * says so by an errno that means it, has changed nothing, and succeeds when it is made
 * again. Nothing may be left in the end, nor in the kernel's log.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "klog.h"
#include "vm.h"

#define MOST	2000
#define FAR	0x40000000ul
#define PAGE	4096ul
#define PAGES	24

/* Open all the time: to open it is to allocate. */
static int nth_file = -1;

static void set_nth(int n)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d", n);

	if (pwrite(nth_file, text, size, 0) != size)
		vm_die("fail-nth");
}

/* How many allocations are left until one would have failed; 0: it did. */
static int get_nth(void)
{
	char text[16] = "";

	if (pread(nth_file, text, sizeof(text) - 1, 0) <= 0)
		vm_die("fail-nth");
	return atoi(text);
}

/* How many hold the module: one for each file of the device and for each VM. */
static int references(void)
{
	FILE *f = fopen("/sys/module/vmring/refcnt", "r");
	int count;

	if (!f || fscanf(f, "%d", &count) != 1)
		vm_die("/sys/module/vmring/refcnt");
	fclose(f);
	return count;
}

/* What is being made, and which allocation is to fail while it is. */
static struct {
	struct vm vm;
	struct vcpu cpu;
	uint8_t *memory;
	int nth;		/* 0: it has failed, or none will */
	const char *failed;	/* which call it was of */
	int err;
} round_;

/* Calls under fault injection; one that has failed is made again without. */
static int call(const char *name, int fd, unsigned long cmd, void *arg)
{
	unsigned char before[256];
	int result, err;
	size_t size = _IOC_SIZE(cmd);

	if (arg && size <= sizeof(before))
		memcpy(before, arg, size);
	set_nth(round_.nth);
	result = ioctl(fd, cmd, arg);
	err = errno;
	if (round_.nth) {
		round_.nth = get_nth();
		if (!round_.nth) {
			round_.failed = name;
			round_.err = result < 0 ? err : 0;
		}
	}
	set_nth(0);
	if (result >= 0)
		return result;
	if (round_.failed != name || err != ENOMEM || cmd == VMR_RUN) {
		printf("%s: %s, and the allocation that failed was in %s\n", name, strerror(err),
		       round_.failed ? round_.failed : "none");
		exit(1);
	}
	if (arg && size <= sizeof(before))
		memcpy(arg, before, size);
	result = ioctl(fd, cmd, arg);
	if (result < 0) {
		printf("%s: %s, when it was made again\n", name, strerror(errno));
		exit(1);
	}
	return result;
}

#define CALL(fd, cmd, arg)	call(#cmd, fd, cmd, arg)

static void *map(size_t size, int prot, uint64_t offset)
{
	void *at;

	set_nth(round_.nth);
	at = mmap(NULL, size, prot, MAP_SHARED, round_.cpu.fd, offset);
	if (round_.nth) {
		round_.nth = get_nth();
		if (!round_.nth)
			round_.failed = "mmap of the area";
	}
	set_nth(0);
	if (at == MAP_FAILED)
		at = mmap(NULL, size, prot, MAP_SHARED, round_.cpu.fd, offset);
	if (at == MAP_FAILED)
		vm_die("mmap of the area");
	return at;
}

static void make_vcpu(void)
{
	struct vmr_create_vcpu args = { .size = sizeof(args) };
	struct vcpu *cpu = &round_.cpu;

	memset(cpu, 0, sizeof(*cpu));
	cpu->vm = &round_.vm;
	cpu->fd = CALL(round_.vm.fd, VMR_CREATE_VCPU, &args);
	cpu->ro_size = args.area_ro_size;
	cpu->rw_size = args.area_rw_size;
	cpu->ro = map(cpu->ro_size, PROT_READ, VMR_AREA_RO);
	cpu->rw = map(cpu->rw_size, PROT_READ | PROT_WRITE, VMR_AREA_RW);
	cpu->header = (const void *)cpu->ro;
	cpu->ring = (const void *)(cpu->ro + cpu->header->ring_offset);
	cpu->producer = (const void *)(cpu->ro + cpu->header->producer_offset);
	cpu->consumer = (void *)(cpu->rw + cpu->header->consumer_offset);
}

static void offer_cpuid(void)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	struct vmr_cpuid args = {
		.size = sizeof(args), .entries = (uintptr_t)entries, .count = VMR_MAX_CPUID,
	};

	CALL(round_.vm.dev, VMR_GET_CPUID, &args);
	args.size = sizeof(args);
	CALL(round_.cpu.fd, VMR_SET_CPUID, &args);
}

static void set_slot(unsigned int number, uint64_t gpa, void *hva, size_t size, uint32_t flags)
{
	struct vmr_slot args = {
		.size = sizeof(args), .flags = flags, .slot = number, .gpa = gpa,
		.length = size, .hva = (uintptr_t)hva,
	};

	CALL(round_.vm.fd, VMR_SET_SLOT, &args);
}

static uint64_t get_dirty(void)
{
	uint64_t told = 0;
	struct vmr_dirty args = {
		.size = sizeof(args), .slot = 1, .pages = PAGES, .bitmap = (uintptr_t)&told,
	};

	CALL(round_.vm.fd, VMR_GET_DIRTY, &args);
	return told;
}

/* A word into each page, from the first on. */
GUEST64(guest_write_pages,
	"	mov	$0x40000000, %edi;"
	"	mov	$24, %ecx;"
	"1:	incq	(%rdi);"
	"	add	$4096, %rdi;"
	"	dec	%ecx;"
	"	jnz	1b;"
	"	hlt");

/*
 * Runs the guest from its beginning to HLT. Without memory for a table RUN succeeds and
 * says so by an exit; without memory for the guest's own page as well.
 */
static void run(void)
{
	struct vcpu *cpu = &round_.cpu;
	struct vmr_state_args args = {
		.size = sizeof(args), .groups = VMR_STATE_ALL,
	};
	const volatile struct vmr_exit *exit_;

	guest_state(cpu, GUEST_LONG, &args.state);
	CALL(cpu->fd, VMR_SET_STATE, &args);
	for (;;) {
		CALL(cpu->fd, VMR_RUN, NULL);
		exit_ = &cpu->ring[(*cpu->producer - 1) & (cpu->header->ring_entries - 1)];
		__atomic_store_n(cpu->consumer, *cpu->producer, __ATOMIC_RELEASE);
		if (exit_->reason == VMR_EXIT_HLT)
			return;
		if (exit_->reason != VMR_EXIT_MEMORY_FAULT ||
		    exit_->count != VMR_FAULT_NO_MEMORY || !round_.failed ||
		    strcmp(round_.failed, "VMR_RUN")) {
			printf("the guest ended with exit %u (%u) after a failure in %s\n",
			       exit_->reason, exit_->count,
			       round_.failed ? round_.failed : "none");
			exit(1);
		}
	}
}

static void set_region(uint32_t number, uint8_t write, uint8_t read, uint64_t addr)
{
	struct vmr_region args = {
		.size = sizeof(args), .region = number, .write = write, .read = read,
		.addr = addr, .length = 4,
	};

	CALL(round_.vm.fd, VMR_SET_REGION, &args);
}

/* Also the mirror; then one that is replaced. */
static void set_regions(void)
{
	set_region(1, VMR_WRITE_POSTED, VMR_READ_SYNC, 0x100);
	set_region(2, VMR_WRITE_SYNC, VMR_READ_MIRROR, 0x104);
	set_region(1, VMR_WRITE_POSTED, VMR_READ_MIRROR, 0x100);
}

static void fetch_msrs(void)
{
	struct vmr_msr msr = { .index = 0x277, .value = 0x0007040600070406 };
	struct vmr_msrs args = {
		.size = sizeof(args), .msrs = (uintptr_t)&msr, .count = 1,
	};

	CALL(round_.cpu.fd, VMR_GET_MSRS, &args);
	args.size = sizeof(args);
	args.done = 0;
	CALL(round_.cpu.fd, VMR_SET_MSRS, &args);
}

static void expect(const char *what, uint64_t wanted, uint64_t found)
{
	if (wanted == found)
		return;
	printf("%s: 0x%llx instead of 0x%llx after a failure in %s\n", what,
	       (unsigned long long)found, (unsigned long long)wanted,
	       round_.failed ? round_.failed : "none");
	exit(1);
}

static void make_all(void)
{
	static struct vmr_msr_range range = { 0x40000000, 1, VMR_MSR_GP, VMR_MSR_GP, 0 };
	struct vmr_create_vm create = { .size = sizeof(create), .features = VMR_VM_FEATURES };
	struct vmr_msr_policy policy = {
		.size = sizeof(policy), .ranges = (uintptr_t)&range, .count = 1,
	};
	const uint64_t all = (1ull << PAGES) - 1;
	struct vm *vm = &round_.vm;
	unsigned int i;

	vm->fd = CALL(vm->dev, VMR_CREATE_VM, &create);
	CALL(vm->fd, VMR_SET_MSR_POLICY, &policy);
	make_vcpu();
	offer_cpuid();
	set_slot(0, 0, vm->ram, GUEST_RAM, 0);
	set_slot(1, FAR, round_.memory, PAGES * PAGE, VMR_SLOT_LOG_DIRTY);
	set_regions();
	fetch_msrs();
	run();
	expect("the log", all, get_dirty());
	run();
	expect("the log, the second time", all, get_dirty());
	/* Another log, and none. */
	set_slot(1, FAR, round_.memory, PAGES * PAGE, 0);
	set_slot(1, FAR, round_.memory, PAGES * PAGE, VMR_SLOT_LOG_DIRTY);
	run();
	expect("the other log", all, get_dirty());
	set_slot(1, 0, NULL, 0, 0);
	set_slot(1, FAR, round_.memory, PAGES * PAGE, 0);
	run();
	for (i = 0; i < PAGES; i++)
		expect("what the guest has counted", 4, *(uint64_t *)(round_.memory + i * PAGE));
}

static void take_down(void)
{
	munmap(round_.cpu.ro, round_.cpu.ro_size);
	munmap(round_.cpu.rw, round_.cpu.rw_size);
	close(round_.cpu.fd);
	close(round_.vm.fd);
}

/* Memory and the guest's code, before anything fails. */
static void prepare(void)
{
	struct vcpu cpu;

	vm_create_with_ram(&round_.vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&round_.vm, 0, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(guest_write_pages));
	vcpu_destroy(&cpu);
	close(round_.vm.fd);
	round_.memory = memory_get(PAGES * PAGE, PAGE);
}

int main(int argc, char **argv)
{
	int first = argc == 2 ? atoi(argv[1]) : 1, n, done = 0, before;
	long long mark = klog_mark();

	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_file < 0) {
		perror("/proc/thread-self/fail-nth");
		return 2;
	}
	prepare();
	before = references();
	for (n = first; n < MOST; n++) {
		/* Its pages are there: what fails is vmring's. */
		memset(round_.memory, 0, PAGES * PAGE);
		round_.nth = n;
		round_.failed = NULL;
		make_all();
		take_down();
		expect("references to the module", before, references());
		if (!round_.failed)
			break;
		done += !round_.err;
		if (klog_tell_complaints(mark)) {
			printf("allocation %d failed, in %s, and there was a complaint\n", n,
			       round_.failed);
			return 1;
		}
		mark = klog_mark();
	}
	if (n == MOST || n == first) {
		printf("no end after %d allocations\n", n - first);
		return 1;
	}
	printf("%d allocations failed, one at a time; %d of the calls succeeded without\n",
	       n - first, done);
	return 0;
}
