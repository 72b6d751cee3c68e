// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of each size behind a guest's memory. With a large page one violation
 * brings all of it; parts of it can still go.
 */
#include <stdlib.h>

#include "kselftest_harness.h"
#include "ept_test.h"

#define MB2		(2ul << 20)
#define GB1		(1ul << 30)
#define HUGE_POOL	"/sys/kernel/mm/hugepages/hugepages-%lukB/nr_hugepages"

#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB	(21 << 26)
#define MAP_HUGE_1GB	(30 << 26)
#endif

static long huge_pool(size_t size, long wanted)
{
	char path[128];
	long now = -1;
	FILE *f;

	snprintf(path, sizeof(path), HUGE_POOL, size >> 10);
	f = fopen(path, "r+");
	if (!f)
		return -1;
	if (wanted >= 0) {
		fprintf(f, "%ld\n", wanted);
		fflush(f);
		rewind(f);
	}
	if (fscanf(f, "%ld", &now) != 1)
		now = -1;
	fclose(f);
	return now;
}

/* Large pages of a pool; NULL: there are none. */
static void *huge_memory(size_t size, int flag)
{
	void *at;

	if (huge_pool(size, -1) < 1 && huge_pool(size, 2) < 1)
		return NULL;
	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | flag, -1, 0);
	return at == MAP_FAILED ? NULL : at;
}

static bool cpu_has(struct vm *vm, int feature)
{
	struct vmr_supported supported = { .size = sizeof(supported) };

	if (ioctl(vm->dev, VMR_GET_SUPPORTED, &supported))
		vm_die("VMR_GET_SUPPORTED");
	return supported.features >> feature & 1;
}

TEST_F(vm, small_pages)
{
	uint8_t *memory = memory_get(MB2, MB2);
	uint64_t before;

	ASSERT_EQ(0, madvise(memory, MB2, MADV_NOHUGEPAGE));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, MB2, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 1));
	before = ept_violations(&self->cpu);
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	EXPECT_LE(511, ept_violations(&self->cpu) - before);
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
}

/* One of the pool: one violation, or as many as for small pages if the CPU has none. */
TEST_F(vm, pool_of_large_pages)
{
	uint8_t *memory = huge_memory(MB2, MAP_HUGE_2MB);
	uint64_t before, value;

	if (!memory)
		SKIP(return, "no 2 MB pages are to be had");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, MB2, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, GUEST_DATA, &value));
	before = ept_violations(&self->cpu);
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	if (cpu_has(&self->vm, VMR_FEATURE_EPT_2M)) {
		EXPECT_GE(4, ept_violations(&self->cpu) - before);
	}
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
	EXPECT_EQ(FAR + 17 * PAGE, *word(memory, 17 * PAGE));
	ASSERT_EQ(0, munmap(memory, MB2));
	EXPECT_STREQ("memory-fault", reads(&self->cpu, FAR + 17 * PAGE, &value));
	EXPECT_EQ(VMR_FAULT_HOLE, self->cpu.exit.count);
}

/* Where host and guest addresses aren't a multiple apart no large entry is possible. */
TEST_F(vm, large_page_at_an_odd_place)
{
	uint8_t *memory = huge_memory(MB2, MAP_HUGE_2MB);

	if (!memory)
		SKIP(return, "no 2 MB pages are to be had");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR + PAGE, memory, MB2, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR + PAGE, 512));
	EXPECT_EQ(0, missing(&self->cpu, FAR + PAGE, 512));
	EXPECT_EQ(FAR + PAGE, *word(memory, 0));
	EXPECT_EQ(FAR + 512 * PAGE, *word(memory, 511 * PAGE));
}

/* A slot that is part of a large page must not give the guest the rest of it. */
TEST_F(vm, part_of_a_large_page)
{
	uint8_t *memory = huge_memory(MB2, MAP_HUGE_2MB);
	uint64_t value;

	if (!memory)
		SKIP(return, "no 2 MB pages are to be had");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR + 16 * PAGE, memory + 16 * PAGE, 16 * PAGE, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR + 16 * PAGE, 16));
	EXPECT_STREQ("mmio", reads(&self->cpu, FAR, &value));
	EXPECT_STREQ("mmio", reads(&self->cpu, FAR + 15 * PAGE, &value));
	EXPECT_STREQ("mmio", writes(&self->cpu, FAR + 32 * PAGE, 1));
	EXPECT_EQ(0, *word(memory, 32 * PAGE));
}

static bool large_pages_are_executable(void)
{
	FILE *file = fopen("/sys/kernel/debug/vmring/mitigations", "r");
	char line[200];
	bool are = true;

	while (file && fgets(line, sizeof(line), file))
		if (!strcmp(line, "large pages: not executable\n"))
			are = false;
	if (file)
		fclose(file);
	return are;
}

/* Writes at FAR, calls what is at FAR + 5 pages, writes there and behind. */
GUEST64(calls_far,
	"mov $0x40000000, %ecx; movq $1, (%rcx); lea 0x5000(%rcx), %rax; call *%rax;"
	"movq $2, 8(%rax); movq $3, 0x6000(%rcx); hlt");

/* On a CPU with the iTLB multihit bug a page that is executed is cut out. */
TEST_F(vm, code_in_a_large_page)
{
	uint8_t *memory = huge_memory(MB2, MAP_HUGE_2MB);
	long long small;

	if (!memory)
		SKIP(return, "no 2 MB pages are to be had");
	memory[5 * PAGE] = 0xc3;
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, MB2, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(calls_far));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, *word(memory, 0));
	EXPECT_EQ(2, *word(memory, 5 * PAGE + 8));
	EXPECT_EQ(3, *word(memory, 6 * PAGE));
	if (!cpu_has(&self->vm, VMR_FEATURE_EPT_2M))
		return;

	/* Once more, when all that surrounds it is mapped. */
	small = vcpu_counter(&self->cpu, "ept-faults-4k");
	ASSERT_EQ(0, madvise(memory, MB2, MADV_DONTNEED));
	memory[5 * PAGE] = 0xc3;
	vcpu_start(&self->cpu, GUEST_LONG, guest(calls_far));
	ASSERT_EXIT("hlt", &self->cpu);
	small = vcpu_counter(&self->cpu, "ept-faults-4k") - small;
	EXPECT_EQ(large_pages_are_executable(), !small);
}

static long anon_huge_kb(void)
{
	char line[256];
	long kb, sum = 0;
	FILE *f = fopen("/proc/self/smaps", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "AnonHugePages: %ld kB", &kb) == 1)
			sum += kb;
	if (f)
		fclose(f);
	return sum;
}

/* The kernel leaves them off where there is little memory. */
BEFORE_THE_HARNESS allow_transparent_pages(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "w");

	if (!f)
		return;
	fputs("madvise\n", f);
	fclose(f);
}

/* The kernel's own large pages: split when a part goes; the rest keeps what it has. */
TEST_F(vm, transparent_large_pages)
{
	uint8_t *memory = memory_get(MB2, MB2);
	uint64_t before, value;

	if (madvise(memory, MB2, MADV_HUGEPAGE))
		SKIP(return, "this kernel has no transparent large pages");
	memory[0] = 1;
	if (anon_huge_kb() < 2048)
		SKIP(return, "no transparent large page was to be had");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, MB2, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, GUEST_DATA, &value));
	before = ept_violations(&self->cpu);
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	if (cpu_has(&self->vm, VMR_FEATURE_EPT_2M)) {
		EXPECT_GE(4, ept_violations(&self->cpu) - before);
	}
	ASSERT_EQ(0, madvise(memory + 100 * PAGE, PAGE, MADV_DONTNEED));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 100 * PAGE, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + 100 * PAGE, FAR + 100 * PAGE));
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
	/* A part that may not be written. */
	ASSERT_EQ(0, mprotect(memory + 200 * PAGE, PAGE, PROT_READ));
	EXPECT_STREQ("memory-fault", writes(&self->cpu, FAR + 200 * PAGE, 1));
	EXPECT_EQ(VMR_FAULT_PROTECTED, self->cpu.exit.count);
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + 201 * PAGE, FAR + 201 * PAGE));
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
}

/* Small pages first, then the kernel makes a large one of them. */
TEST_F(vm, collapsed_pages)
{
	uint8_t *memory = memory_get(MB2, MB2);
	uint64_t value;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, MB2, 0));
	ASSERT_EQ(0, madvise(memory, MB2, MADV_NOHUGEPAGE));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	ASSERT_EQ(0, madvise(memory, MB2, MADV_HUGEPAGE));
	if (madvise(memory, MB2, 25))	/* MADV_COLLAPSE */
		SKIP(return, "this kernel can't collapse pages on demand");
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
	*word(memory, 7 * PAGE) = 0x7777;
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 7 * PAGE, &value));
	EXPECT_EQ(0x7777, value);
}

TEST_F(vm, huge_pages)
{
	uint8_t *memory = huge_memory(GB1, MAP_HUGE_1GB);
	uint64_t before, value;

	if (!memory)
		SKIP(return, "no 1 GB pages are to be had");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, GB1, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, GUEST_DATA, &value));
	before = ept_violations(&self->cpu);
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR + 10 * MB2 - 8 * PAGE, 16));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR + 500 * MB2, 16));
	if (cpu_has(&self->vm, VMR_FEATURE_EPT_1G)) {
		EXPECT_GE(4, ept_violations(&self->cpu) - before);
	}
	EXPECT_EQ(FAR + 500 * MB2, *word(memory, 500 * MB2));
	ASSERT_EQ(0, munmap(memory, GB1));
	EXPECT_STREQ("memory-fault", reads(&self->cpu, FAR + 500 * MB2, &value));
}

TEST_HARNESS_MAIN
