// SPDX-License-Identifier: GPL-2.0
/*
 * The counters: in the area that the process has mapped, and the same in debugfs.
 */
#include <glob.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "vm_test.h"

GUEST64(three_cpuids, "cpuid; xor %eax, %eax; cpuid; xor %eax, %eax; cpuid;"
	"xor %eax, %eax; out %al, $0x80; hlt");

TEST_F(vm, each_exit_is_counted)
{
	SKIP_IF_IT_MOVES();
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(three_cpuids));
	EXPECT_EQ(0, vcpu_counter(&self->cpu, "cpuid"));
	ASSERT_OUT(0x80, 0, &self->cpu);
	EXPECT_EQ(3, vcpu_counter(&self->cpu, "cpuid"));
	EXPECT_EQ(1, vcpu_counter(&self->cpu, "io-instruction"));
	EXPECT_EQ(0, vcpu_counter(&self->cpu, "hlt"));
	EXPECT_EQ(1, vcpu_counter(&self->cpu, "exits-to-user"));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, vcpu_counter(&self->cpu, "hlt"));
	EXPECT_EQ(2, vcpu_counter(&self->cpu, "exits-to-user"));
	EXPECT_LE(1, vcpu_counter(&self->cpu, "ept-faults-4k") +
		     vcpu_counter(&self->cpu, "ept-faults-2m"));
	EXPECT_EQ(-1, vcpu_counter(&self->cpu, "no such counter"));
}

/*
 * What belongs to the thread, or to memory, isn't touched by exits that the kernel
 * answers. Another thread may run in between now and then.
 */
GUEST64(many_cpuids,
	"	out	%al, $0x80;"
	"	mov	$300, %esi;"
	"1:	xor	%eax, %eax;"
	"	cpuid;"
	"	dec	%esi;"
	"	jnz	1b;"
	"	out	%al, $0x81;"
	"	hlt");

TEST_F(vm, exits_in_the_kernel_swap_nothing)
{
	static const char *const names[] = {
		"fpu-reloads", "msr-swaps", "tlb-flushes", "moves-to-another-cpu", "bursts",
	};
	long long before[ARRAY_SIZE(names)], swaps;
	size_t i;

	SKIP_ON_KVM();
	SKIP_IF_IT_MOVES();
	vcpu_start(&self->cpu, GUEST_LONG, guest(many_cpuids));
	ASSERT_EXIT("io", &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		before[i] = vcpu_counter(&self->cpu, names[i]);
		ASSERT_LE(0, before[i]);
	}
	swaps = vcpu_counter(&self->cpu, "fpu-swaps");
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(300, vcpu_counter(&self->cpu, "cpuid"));
	EXPECT_EQ(swaps + 1, vcpu_counter(&self->cpu, "fpu-swaps"));
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		EXPECT_GT(before[i] + 30, vcpu_counter(&self->cpu, names[i]))
			TH_LOG("%s", names[i]);
	}
}

/* Translations are flushed when memory is taken away, and only then. */
GUEST64(read_and_halt,
	"1:	mov	0x40000000, %eax;"
	"	hlt;"
	"	jmp	1b");

TEST_F(vm, flushes_follow_memory)
{
	void *memory = memory_get(4096, 4096);
	long long flushes;
	cpu_set_t first;
	int i;

	SKIP_ON_KVM();
	SKIP_IF_IT_MOVES();
	CPU_ZERO(&first);
	CPU_SET(0, &first);
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(first), &first));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0x40000000, memory, 4096, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(read_and_halt));
	ASSERT_EXIT("hlt", &self->cpu);
	flushes = vcpu_counter(&self->cpu, "tlb-flushes");
	for (i = 0; i < 5; i++)
		ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(flushes, vcpu_counter(&self->cpu, "tlb-flushes"));
	memset(memory, 1, 4096);	/* it was mapped as it is: nothing to take away */
	ASSERT_EQ(0, madvise(memory, 4096, MADV_DONTNEED));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_LT(flushes, vcpu_counter(&self->cpu, "tlb-flushes"));
}

/* Opens the one file of this process's VMs that has this name. */
static FILE *open_in_debugfs(const char *name)
{
	char pattern[100];
	FILE *file = NULL;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "/sys/kernel/debug/vmring/%d-*/%s", getpid(), name);
	if (!glob(pattern, 0, NULL, &found) && found.gl_pathc == 1)
		file = fopen(found.gl_pathv[0], "r");
	globfree(&found);
	return file;
}

TEST_F(vm, debugfs_tells_the_same)
{
	long long value;
	char name[64];
	int lines = 0;
	FILE *file;

	SKIP_IF_IT_MOVES();
	SKIP_ON_KVM();
	if (access("/sys/kernel/debug/vmring", F_OK))
		SKIP(return, "debugfs is not mounted");
	vcpu_start(&self->cpu, GUEST_LONG, guest(three_cpuids));
	ASSERT_OUT(0x80, 0, &self->cpu);
	file = open_in_debugfs("vcpu0");
	ASSERT_NE(NULL, file);
	while (fscanf(file, "%63s %lld", name, &value) == 2) {
		EXPECT_EQ(vcpu_counter(&self->cpu, name), value)
			TH_LOG("%s", name);
		lines++;
	}
	fclose(file);
	EXPECT_LT(50, lines);
}

TEST_F(vm, debugfs_tells_of_memory)
{
	long long mapped_4k, mapped_2m;
	FILE *file;

	SKIP_IF_IT_MOVES();
	SKIP_ON_KVM();
	if (access("/sys/kernel/debug/vmring", F_OK))
		SKIP(return, "debugfs is not mounted");
	vcpu_start(&self->cpu, GUEST_LONG, guest(three_cpuids));
	ASSERT_OUT(0x80, 0, &self->cpu);
	file = open_in_debugfs("memory");
	ASSERT_NE(NULL, file);
	ASSERT_EQ(2, fscanf(file, "mapped-4k %lld mapped-2m %lld", &mapped_4k, &mapped_2m));
	fclose(file);
	EXPECT_EQ(mapped_4k, vcpu_counter(&self->cpu, "ept-faults-4k"));
	EXPECT_EQ(mapped_2m, vcpu_counter(&self->cpu, "ept-faults-2m"));
}

TEST(nothing_is_left_in_debugfs)
{
	struct vcpu cpu;
	struct vm vm;
	FILE *file;

	SKIP_ON_KVM();
	if (access("/sys/kernel/debug/vmring", F_OK))
		SKIP(return, "debugfs is not mounted");
	vm_create(&vm, VMR_VM_FEATURES);
	vcpu_create(&vm, 0, &cpu);
	file = open_in_debugfs("vcpu0");
	ASSERT_NE(NULL, file);
	fclose(file);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
	ASSERT_EQ(NULL, open_in_debugfs("vcpu0"));
}

TEST_HARNESS_MAIN
