// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM takes of the kernel's memory is its process's: it counts in the process's
 * control group, whose limit is an errno or an exit, and nothing is left behind.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kselftest_harness.h"
#include "ept_test.h"

#define MB		(1ll << 20)
#define REGION		(2ul << 20)	/* of which one table of EPT tells */
#define REGIONS		1024ul
#define FAR_LENGTH	(REGIONS * REGION)
#define VCPUS		64
/* The kernel charges this much too much for each CPU, so as to charge seldom. */
#define SLACK		(MB)
#define NO_LIMIT	"max"

GUEST64(touch_regions, "1: mov %rdi, (%rdi); add $0x200000, %rdi; dec %rcx; jnz 1b; hlt");

FIXTURE(charged) {
	char root[32];
	char group[64];
	bool joined;
	long long mark;
};

/* Into a file of a group; what there is to write is written at once, or not at all. */
static bool put(const char *folder, const char *file, const char *text)
{
	char path[128];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return done;
}

static long long current_of(const char *group)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/memory.current", group);
	fd = open(path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 1)
		vm_die("memory.current");
	close(fd);
	return atoll(text);
}

/* The limit's file stays open: a file can't be had either where there is no memory. */
static int limits = -1;

static void limit(const char *group, long long more)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", current_of(group) + more);
	if (write(limits, text, strlen(text)) != (ssize_t)strlen(text))
		vm_die("memory.max");
}

static bool lift_limit(void)
{
	return write(limits, NO_LIMIT, strlen(NO_LIMIT)) == (ssize_t)strlen(NO_LIMIT);
}

static bool open_limits(const char *group)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/memory.max", group);
	limits = open(path, O_WRONLY | O_CLOEXEC);
	return limits >= 0;
}

/* A group of its own for this process, which nobody chooses when memory is short. */
FIXTURE_SETUP(charged)
{
	self->mark = klog_mark();
	strcpy(self->root, "/tmp/vmring-XXXXXX");
	ASSERT_NE(NULL, mkdtemp(self->root));
	ASSERT_EQ(0, mount("none", self->root, "cgroup2", 0, NULL));
	snprintf(self->group, sizeof(self->group), "%s/vmring", self->root);
	self->joined = put(self->root, "cgroup.subtree_control", "+memory") &&
		       !mkdir(self->group, 0755) && open_limits(self->group) &&
		       put(self->group, "cgroup.procs", "0") &&
		       put("/proc/self", "oom_score_adj", "-1000");
}

FIXTURE_TEARDOWN(charged)
{
	if (self->joined) {
		put(self->root, "cgroup.procs", "0");
		close(limits);
		rmdir(self->group);
	}
	EXPECT_EQ(0, umount(self->root));
	rmdir(self->root);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

#define NEED_A_GROUP()							\
	do {								\
		if (!self->joined)					\
			SKIP(return, "this kernel charges no memory to groups"); \
	} while (0)

/* The process has a page in each region, but the guest hasn't yet. */
static void begin_regions(struct vm *vm, struct vcpu *cpu)
{
	uint8_t *far = mmap(NULL, FAR_LENGTH, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	size_t i;

	if (far == MAP_FAILED || madvise(far, FAR_LENGTH, MADV_NOHUGEPAGE) ||
	    vm_slot(vm, 1, FAR, far, FAR_LENGTH, 0))
		vm_die("the regions");
	for (i = 0; i < REGIONS; i++)
		far[i * REGION] = 1;
	guest_begin(cpu, guest(touch_regions), FAR, 0, REGIONS);
}

TEST_F(charged, tables_and_vcpus)
{
	struct vcpu cpu[VCPUS];
	long long before;
	struct vm vm;
	int i;

	NEED_A_GROUP();
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu[0]);
	begin_regions(&vm, &cpu[0]);
	before = current_of(self->group);
	ASSERT_EXIT("hlt", &cpu[0]);
	EXPECT_LE(4 * MB - SLACK, current_of(self->group) - before);

	before = current_of(self->group);
	for (i = 1; i < VCPUS; i++)
		vcpu_create(&vm, i, &cpu[i]);
	EXPECT_LE(2 * MB - SLACK, current_of(self->group) - before);
	for (i = 0; i < VCPUS; i++)
		vcpu_destroy(&cpu[i]);
	vm_destroy(&vm);
}

static int create_vcpu(int vm, unsigned int id)
{
	struct vmr_create_vcpu args = { .size = sizeof(args), .id = id };

	return ioctl(vm, VMR_CREATE_VCPU, &args);
}

/* While there is a limit, nothing new is touched here: that would be refused, too. */
TEST_F(charged, no_vcpu_beyond_the_limit)
{
	int fd[VCPUS], count, err, again;
	struct vm vm;
	int i;

	NEED_A_GROUP();
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	fd[0] = create_vcpu(vm.fd, 0);
	ASSERT_LE(0, fd[0]);
	limit(self->group, MB);
	for (count = 1, err = 0; count < VCPUS; count++) {
		fd[count] = create_vcpu(vm.fd, count);
		if (fd[count] < 0) {
			err = errno;
			break;
		}
	}
	again = count < VCPUS ? create_vcpu(vm.fd, count) : 0;
	ASSERT_TRUE(lift_limit());
	EXPECT_ERRNO(ENOMEM, err);
	EXPECT_EQ(-1, again);
	ASSERT_GT(VCPUS, count);
	fd[count] = create_vcpu(vm.fd, count);
	EXPECT_LE(0, fd[count]);
	for (i = 0; i <= count; i++)
		close(fd[i]);
	vm_destroy(&vm);
}

/* A guest that would need more tables: an exit, and it goes on when there is room. */
TEST_F(charged, no_tables_beyond_the_limit)
{
	struct vcpu cpu;
	struct vm vm;
	const char *name;

	NEED_A_GROUP();
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	begin_regions(&vm, &cpu);
	/* Once without a limit: later a page of this program's own couldn't be had either. */
	guest_begin(&cpu, guest(touch_regions), FAR, 0, 1);
	ASSERT_EXIT("hlt", &cpu);
	ASSERT_TRUE(lift_limit());
	guest_begin(&cpu, guest(touch_regions), FAR, 0, REGIONS);
	limit(self->group, MB);
	name = vcpu_next(&cpu);
	ASSERT_TRUE(lift_limit());
	ASSERT_STREQ("memory-fault", name) { vcpu_tell(&cpu); }
	EXPECT_EQ(VMR_FAULT_NO_MEMORY, cpu.exit.count);
	ASSERT_EXIT("hlt", &cpu);
	EXPECT_EQ(0, vcpu_gpr(&cpu, VMR_RCX));
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

TEST_HARNESS_MAIN
