// SPDX-License-Identifier: GPL-2.0
/*
 * The log of what is written to a guest's memory: exactly that is told, once, and
 * nothing is lost, whatever else goes on.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "ept_test.h"

#define SLOT	1
#define PAGES	(64 + 10)
#define MB2	(2ul << 20)

static int dirty(struct vm *vm, uint64_t first, uint64_t pages, void *bitmap)
{
	struct vmr_dirty args = {
		.size = sizeof(args),
		.slot = SLOT,
		.first_page = first,
		.pages = pages,
		.bitmap = (uintptr_t)bitmap,
	};

	return ioctl_errno(vm->fd, VMR_GET_DIRTY, &args);
}

static uint8_t *logged_slot(struct __test_metadata *_metadata, struct vm *vm, size_t pages)
{
	uint8_t *memory = memory_get(pages * PAGE, MB2);

	ASSERT_EQ(0, madvise(memory, pages * PAGE, MADV_NOHUGEPAGE));
	ASSERT_ERRNO(0, vm_slot(vm, SLOT, FAR, memory, pages * PAGE, VMR_SLOT_LOG_DIRTY));
	return memory;
}

/* The two words of a slot of PAGES. */
#define EXPECT_DIRTY(word0, word1)						\
	do {									\
		uint64_t told[2] = { 0x5a5a, 0x5a5a };				\
										\
		ASSERT_ERRNO(0, dirty(&self->vm, 0, PAGES, told));		\
		EXPECT_EQ(word0, told[0]);					\
		EXPECT_EQ(word1, told[1]);					\
	} while (0)

#define WRITE_PAGE(page)							\
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + (page) * PAGE + 8, page))

TEST_F(vm, what_is_written_is_told)
{
	int i;

	logged_slot(_metadata, &self->vm, PAGES);
	EXPECT_DIRTY(0, 0);
	for (i = 0; i < 3; i++) {
		WRITE_PAGE(0);
		WRITE_PAGE(5);
		WRITE_PAGE(63);
		WRITE_PAGE(64);
		WRITE_PAGE(PAGES - 1);
		WRITE_PAGE(PAGES - 1);
		EXPECT_DIRTY(1 | 1 << 5 | 1ull << 63, 1 | 1 << 9);
		EXPECT_DIRTY(0, 0);
	}
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, PAGES));
	EXPECT_DIRTY(~0ull, 0x3ff);
	EXPECT_DIRTY(0, 0);
}

/* Also where the page could be written already, when it was read. */
TEST_F(vm, what_is_read_is_not)
{
	uint8_t *memory = logged_slot(_metadata, &self->vm, PAGES);
	uint64_t value;
	int i;

	for (i = 0; i < PAGES; i += 2)
		*word(memory, i * PAGE) = i;
	for (i = 0; i < PAGES; i++)
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + i * PAGE, &value));
	EXPECT_DIRTY(0, 0);
	WRITE_PAGE(2);
	WRITE_PAGE(3);
	EXPECT_DIRTY(1 << 2 | 1 << 3, 0);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 2 * PAGE, &value));
	EXPECT_DIRTY(0, 0);
	/* Gone and there again it is clean again. */
	ASSERT_EQ(0, madvise(memory, PAGES * PAGE, MADV_DONTNEED));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 2 * PAGE, &value));
	EXPECT_DIRTY(0, 0);
	WRITE_PAGE(2);
	EXPECT_DIRTY(1 << 2, 0);
}

TEST_F(vm, a_part_of_it)
{
	uint64_t told[2] = { 0x5a5a, 0x5a5a };

	logged_slot(_metadata, &self->vm, PAGES);
	WRITE_PAGE(1);
	WRITE_PAGE(65);
	ASSERT_ERRNO(0, dirty(&self->vm, 64, PAGES - 64, told));
	EXPECT_EQ(2, told[0]);
	EXPECT_EQ(0x5a5a, told[1]);
	ASSERT_ERRNO(0, dirty(&self->vm, 0, 64, told));
	EXPECT_EQ(2, told[0]);
	EXPECT_EQ(0x5a5a, told[1]);
	EXPECT_DIRTY(0, 0);
}

TEST_F(vm, what_is_refused)
{
	static const struct {
		uint64_t first, pages;
	} bad[] = {
		{ 0, 0 }, { 0, PAGES + 1 }, { 0, PAGES - 1 }, { 1, PAGES - 1 }, { 0, 63 },
		{ 64, 0 }, { 64, 11 }, { 64, 9 }, { 128, 64 }, { 1ull << 63, 64 },
		{ 64, ~0ull }, { 64, ~0ull - 63 }, { 0, ~0ull }, { ~63ull, 64 },
	};
	struct vmr_dirty args = { .size = sizeof(args), .pages = 64 };
	uint64_t told[2];
	unsigned int i;
	uint8_t *memory;

	memory = logged_slot(_metadata, &self->vm, PAGES);
	WRITE_PAGE(3);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		EXPECT_ERRNO(EINVAL, dirty(&self->vm, bad[i].first, bad[i].pages, told))
			TH_LOG("%llx + %llx", (unsigned long long)bad[i].first,
			       (unsigned long long)bad[i].pages);
	args.bitmap = (uintptr_t)told;
	/* The guest's RAM keeps no log. */
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.fd, VMR_GET_DIRTY, &args));
	args.slot = 2;
	EXPECT_ERRNO(ENOENT, ioctl_errno(self->vm.fd, VMR_GET_DIRTY, &args));
	args.slot = VMR_MAX_SLOTS;
	EXPECT_ERRNO(E2BIG, ioctl_errno(self->vm.fd, VMR_GET_DIRTY, &args));
	args.slot = SLOT;
	args.reserved = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.fd, VMR_GET_DIRTY, &args));
	args.reserved = 0;
	args.flags = 1;
	EXPECT_ERRNO(EINVAL, ioctl_errno(self->vm.fd, VMR_GET_DIRTY, &args));
	EXPECT_DIRTY(1 << 3, 0);

	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, PAGES * PAGE, 0));
	EXPECT_ERRNO(EINVAL, dirty(&self->vm, 0, PAGES, told));
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, 0, NULL, 0, 0));
	EXPECT_ERRNO(ENOENT, dirty(&self->vm, 0, PAGES, told));
}

/* What can't be delivered isn't forgotten: nowhere at all, and after some of it. */
TEST_F(vm, a_bitmap_that_is_not_there)
{
	const size_t many = 64 * 64 * 2;
	uint8_t *here = memory_get(2 * PAGE, PAGE);
	static uint64_t told[64 * 2];

	logged_slot(_metadata, &self->vm, many);
	WRITE_PAGE(7);
	WRITE_PAGE(many - 64);
	EXPECT_ERRNO(EFAULT, dirty(&self->vm, 0, many, NULL));
	EXPECT_ERRNO(EFAULT, dirty(&self->vm, 0, many, (void *)~0xffful));
	ASSERT_EQ(0, munmap(here + PAGE, PAGE));
	EXPECT_ERRNO(EFAULT, dirty(&self->vm, 0, many, here + PAGE - 64 * 8));
	EXPECT_EQ(1 << 7, *word(here, PAGE - 64 * 8));
	ASSERT_ERRNO(0, dirty(&self->vm, 0, many, told));
	EXPECT_EQ(0, told[0]);
	EXPECT_EQ(1, told[127]);
	/* And it is armed: the next write is heard of. */
	WRITE_PAGE(7);
	ASSERT_ERRNO(0, dirty(&self->vm, 0, many, told));
	EXPECT_EQ(1 << 7, told[0]);
	EXPECT_EQ(0, told[127]);
}

/* More writes than the CPU has room for in its own log. */
TEST_F(vm, more_than_the_cpu_logs)
{
	const size_t many = 1600;
	static uint64_t told[25];
	struct vmr_supported supported = { .size = sizeof(supported) };
	const volatile uint64_t *stats =
		(const volatile uint64_t *)(self->cpu.ro + self->cpu.header->stats_offset);
	int round, i;

	logged_slot(_metadata, &self->vm, many);
	for (round = 0; round < 2; round++) {
		ASSERT_STREQ("hlt", fills(&self->cpu, FAR, many));
		ASSERT_ERRNO(0, dirty(&self->vm, 0, many, told));
		for (i = 0; i < 25; i++)
			EXPECT_EQ(~0ull, told[i]);
	}
	ASSERT_EQ(0, ioctl(self->vm.dev, VMR_GET_SUPPORTED, &supported));
	EXPECT_EQ(supported.features >> VMR_FEATURE_PML & 1 ? 3 : 0, stats[62]);
}

/* What vmring writes for the guest: a string that comes in from a port. */
GUEST64(guest_ins,
	"mov $0x40003ffe, %edi; mov $4, %ecx; mov $0x77, %edx; cld; rep insb; hlt");

TEST_F(vm, what_vmring_writes)
{
	uint8_t *memory = logged_slot(_metadata, &self->vm, PAGES);
	const char *name;

	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_ins));
	while (!strcmp("io", name = vcpu_next(&self->cpu))) {
		memset((void *)self->cpu.bulk, 0x33, 4);
		vcpu_answer(&self->cpu, NULL, 0);
	}
	ASSERT_STREQ("hlt", name);
	EXPECT_EQ(0x3333, *(uint16_t *)(memory + 4 * PAGE));
	EXPECT_DIRTY(1 << 3 | 1 << 4, 0);
}

/* The same into a page whose table is in the slot: vmring sets the flags there. */
GUEST64(guest_ins_far,
	"mov $0x50000000, %edi; mov $1, %ecx; mov $0x77, %edx; cld; rep insb; hlt");

TEST_F(vm, flags_that_vmring_sets)
{
	uint8_t *memory = logged_slot(_metadata, &self->vm, PAGES);
	const char *name;

	*word(memory, PAGE) = GUEST_DATA | 7;
	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_ins_far));
	((uint64_t *)(self->vm.ram + GUEST_PD))[0x50000000 >> 21] = (FAR + PAGE) | 7;
	while (!strcmp("io", name = vcpu_next(&self->cpu)))
		vcpu_answer(&self->cpu, "\x33", 1);
	ASSERT_STREQ("hlt", name) { vcpu_tell(&self->cpu); }
	EXPECT_EQ(GUEST_DATA | 0x67, *word(memory, PAGE));
	EXPECT_DIRTY(1 << 1, 0);
}

/* ---- slots that change ---- */

TEST_F(vm, flags_that_come_and_go)
{
	uint8_t *memory = logged_slot(_metadata, &self->vm, PAGES);
	const size_t size = PAGES * PAGE;

	WRITE_PAGE(1);
	/* Another flag: the log goes on. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, size,
				VMR_SLOT_LOG_DIRTY | VMR_SLOT_READONLY));
	EXPECT_STREQ("mmio", writes(&self->cpu, FAR + 2 * PAGE, 1));
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, size, VMR_SLOT_LOG_DIRTY));
	EXPECT_DIRTY(1 << 1, 0);
	WRITE_PAGE(2);
	EXPECT_DIRTY(1 << 2, 0);
	/* Switched off and on: it begins anew. */
	WRITE_PAGE(3);
	EXPECT_DIRTY(1 << 3, 0);
	WRITE_PAGE(3);
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, size, 0));
	WRITE_PAGE(4);
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, size, VMR_SLOT_LOG_DIRTY));
	EXPECT_DIRTY(0, 0);
	WRITE_PAGE(4);
	WRITE_PAGE(5);
	EXPECT_DIRTY(1 << 4 | 1 << 5, 0);
	/* Other memory, another log. */
	WRITE_PAGE(6);
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory_get(size, PAGE), size,
				VMR_SLOT_LOG_DIRTY));
	EXPECT_DIRTY(0, 0);
}

/* Large pages are cut by the first write, and are large again without the log. */
TEST_F(vm, large_pages)
{
	struct vmr_supported supported = { .size = sizeof(supported) };
	uint8_t *memory = mmap(NULL, MB2, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	uint64_t told[8], before, value;
	int i;

	ASSERT_EQ(0, ioctl(self->vm.dev, VMR_GET_SUPPORTED, &supported));
	if (memory == MAP_FAILED)
		SKIP(return, "no 2 MB pages are to be had");
	if (!(supported.features >> VMR_FEATURE_EPT_2M & 1))
		SKIP(return, "this CPU's EPT has no 2 MB pages");
	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, MB2, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));

	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, MB2, VMR_SLOT_LOG_DIRTY));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	before = ept_violations(&self->cpu);
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
	EXPECT_EQ(before, ept_violations(&self->cpu));
	WRITE_PAGE(100);
	ASSERT_ERRNO(0, dirty(&self->vm, 0, 512, told));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i == 1 ? 1ull << 36 : 0, told[i]);
	EXPECT_EQ(0, missing(&self->cpu, FAR, 512));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	ASSERT_ERRNO(0, dirty(&self->vm, 0, 512, told));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(~0ull, told[i]);

	ASSERT_ERRNO(0, vm_slot(&self->vm, SLOT, FAR, memory, MB2, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	before = ept_violations(&self->cpu);
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 512));
	EXPECT_GE(1, ept_violations(&self->cpu) - before);
}

BEFORE_THE_HARNESS large_pages_in_the_pool(void)
{
	FILE *f = fopen("/proc/sys/vm/nr_hugepages", "w");

	if (!f)
		return;
	fputs("2\n", f);
	fclose(f);
}

/* ---- nothing is lost ---- */

#define WRITERS		3
#define GETTERS		2
#define MANY		256ul
#define AREA		(MANY * PAGE)

/* Adds to words of pages without an order that could be guessed. */
GUEST64(guest_scatter,
	"	mov	$0x40000000, %esi;"
	"1:	imul	$1103515245, %eax;"
	"	add	$12345, %eax;"
	"	mov	%eax, %edx;"
	"	shr	$8, %edx;"
	"	and	$0xff, %edx;"
	"	shl	$12, %edx;"
	"	lock incq (%rsi, %rdx);"
	"	add	%rax, 8(%rsi, %rdx);"
	"	lock incq " NUMBER(GUEST_DATA) ";"
	"	jmp	1b");

static struct storm {
	struct vm *vm;
	uint8_t *memory;
	uint8_t *copy;
	pthread_mutex_t copying;
	volatile bool stop;
	volatile uint64_t told;
	volatile int err;
} storm = { .copying = PTHREAD_MUTEX_INITIALIZER };

/* The copy of a page is never older than what made it dirty. */
static int bring_up_to_date(void)
{
	uint64_t told[MANY / 64], page;
	int err = dirty(storm.vm, 0, MANY, told);

	if (err)
		return err;
	for (page = 0; page < MANY; page++) {
		if (!(told[page / 64] >> page % 64 & 1))
			continue;
		pthread_mutex_lock(&storm.copying);
		memcpy(storm.copy + page * PAGE, storm.memory + page * PAGE, PAGE);
		storm.told++;
		pthread_mutex_unlock(&storm.copying);
	}
	return 0;
}

static void *get_again_and_again(void *unused)
{
	while (!storm.stop && !storm.err)
		storm.err = bring_up_to_date();
	return NULL;
}

/* What else there is: the pages stay what they are, their mappings don't. */
static void disturb(int round)
{
	uint8_t *at = storm.memory + round * 7 % (MANY - 16) * PAGE;
	int status;
	pid_t pid;

	switch (round % 4) {
	case 0:
		mprotect(at, 16 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
		mprotect(at, 16 * PAGE, PROT_READ | PROT_WRITE);
		break;
	case 1:
		madvise(storm.memory, AREA, MADV_MERGEABLE);
		break;
	case 2:
		madvise(storm.memory, AREA, MADV_UNMERGEABLE);
		madvise(at, 16 * PAGE, MADV_PAGEOUT);
		break;
	case 3:
		pid = fork();
		if (!pid)
			_exit(0);
		if (pid > 0)
			waitpid(pid, &status, 0);
	}
}

static long storm_rounds(void)
{
	const char *wanted = getenv("VMR_TEST_ROUNDS");

	return wanted ? atol(wanted) : 40;
}

TEST_F(vm, nothing_is_lost)
{
	struct runner runners[WRITERS];
	pthread_t getters[GETTERS];
	struct vcpu cpus[WRITERS];
	uint64_t page, before;
	struct vmr_state s;
	int i, lost = 0;

	storm.vm = &self->vm;
	storm.memory = logged_slot(_metadata, &self->vm, MANY);
	storm.copy = memory_get(AREA, PAGE);
	for (i = 0; i < WRITERS; i++) {
		vcpu_create(&self->vm, i + 1, &cpus[i]);
		vcpu_start(&cpus[i], GUEST_LONG, guest(guest_scatter));
		vcpu_get(&cpus[i], &s);
		s.gpr[VMR_RAX] = i * 77777;
		vcpu_set(&cpus[i], VMR_STATE_REGS, &s);
	}
	for (i = 0; i < WRITERS; i++)
		runner_begin(&runners[i], &cpus[i]);
	for (i = 0; i < GETTERS; i++)
		ASSERT_EQ(0, pthread_create(&getters[i], NULL, get_again_and_again, NULL));
	for (i = 0; i < storm_rounds(); i++) {
		before = *vm_data(&self->vm);
		disturb(i);
		wait_while(vm_data(&self->vm), before);
	}
	storm.stop = true;
	for (i = 0; i < GETTERS; i++)
		pthread_join(getters[i], NULL);
	EXPECT_ERRNO(0, storm.err);
	for (i = 0; i < WRITERS; i++) {
		ASSERT_ERRNO(0, vcpu_kick(&cpus[i]));
		EXPECT_ERRNO(0, runner_end(&runners[i]));
		EXPECT_STREQ("kicked", exit_name(&cpus[i].exit)) { vcpu_tell(&cpus[i]); }
		vcpu_destroy(&cpus[i]);
	}
	ASSERT_ERRNO(0, bring_up_to_date());
	for (page = 0; page < MANY; page++)
		if (memcmp(storm.copy + page * PAGE, storm.memory + page * PAGE, PAGE)) {
			TH_LOG("page %llu was written without being told",
			       (unsigned long long)page);
			lost++;
		}
	EXPECT_EQ(0, lost);
	EXPECT_LT(0, storm.told);
	EXPECT_LT(0, *word(storm.memory, 0));
}

TEST_HARNESS_MAIN
