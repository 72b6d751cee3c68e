// SPDX-License-Identifier: GPL-2.0
/*
 * Memory under pressure while guests run on it: whatever the process and the kernel do
 * to pages, no write is lost and no old page is seen. Every page that could be free is
 * taken and filled with poison after each step, and looked at before it is given back:
 * one translation that has outlived its page shows on either side.
 */
#include <dirent.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <x86intrin.h>

#include "kselftest_harness.h"
#include "ept_test.h"

#define WORKERS		2
#define MB2		(2ul << 20)
#define POISON_PAGES	128ul
#define POISON		0xdeadbeefdeadbeefull

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25
#endif

/*
 * Goes through pages for ever, once a round: the first word is the page's own address,
 * the worker's word is the number of rounds, and becomes one more. A page that isn't so
 * ends it. R11 says how long it waits between pages.
 */
GUEST64(guest_rounds,
	"	xor	%r9d, %r9d;"
	"1:	mov	%rdi, %rsi;"
	"	mov	%rcx, %rdx;"
	"2:	cmp	%rsi, (%rsi);"
	"	jne	3f;"
	"	cmp	%r9, (%rsi, %r8);"
	"	jne	3f;"
	"	incq	(%rsi, %r8);"
	"	mov	%r11, %rax;"
	"4:	dec	%rax;"
	"	jns	4b;"
	"	add	$4096, %rsi;"
	"	dec	%rdx;"
	"	jnz	2b;"
	"	inc	%r9;"
	"	mov	%r9, " NUMBER(GUEST_DATA) "(%r8);"
	"	jmp	1b;"
	"3:	hlt");

struct worker {
	struct vcpu cpu;
	pthread_t thread;
	const char *ended_with;
};

static struct {
	struct vm *vm;
	uint8_t *memory;
	size_t pages;
	uint8_t *poison;
	struct worker worker[WORKERS];
	volatile bool stop;
	bool settled;		/* after the last step */
} load;

/* What a guest meets while its memory is away for a moment: it tries again. */
static bool tries_again(struct vcpu *cpu, const char *exit)
{
	if (!strcmp("mmio", exit)) {
		vcpu_answer_flags(cpu, VMR_REPLY_RETRY, 0);
		return true;
	}
	return !strcmp("memory-fault", exit) && (cpu->exit.count == VMR_FAULT_PROTECTED ||
						 cpu->exit.count == VMR_FAULT_HOLE);
}

static void *work(void *data)
{
	struct worker *worker = data;

	do {
		worker->ended_with = vcpu_next(&worker->cpu);
		sched_yield();
	} while (!load.stop && tries_again(&worker->cpu, worker->ended_with));
	return NULL;
}

static volatile uint64_t *rounds_of(unsigned int worker)
{
	return &vm_data(load.vm)[worker + 1];
}

/* Each worker has been at each page once more, at least, unless it has ended. */
static bool go_on(void)
{
	uint64_t before[WORKERS];
	unsigned int i;

	for (i = 0; i < WORKERS; i++)
		before[i] = *rounds_of(i);
	for (i = 0; i < WORKERS; i++) {
		while (*rounds_of(i) < before[i] + 2) {
			if (load.worker[i].ended_with &&
			    !strcmp("hlt", load.worker[i].ended_with))
				return false;
			sched_yield();
		}
	}
	return true;
}

static bool poison_is_whole(void)
{
	size_t i;

	for (i = 0; load.poison && i < POISON_PAGES * PAGE / 8; i++)
		if (((volatile uint64_t *)load.poison)[i] != POISON)
			return false;
	return true;
}

/* Takes what was freed, after having given back what it took before. */
static bool spread_poison(void)
{
	size_t i;

	if (!poison_is_whole())
		return false;
	if (load.poison)
		munmap(load.poison, POISON_PAGES * PAGE);
	load.poison = memory_get(POISON_PAGES * PAGE, PAGE);
	for (i = 0; i < POISON_PAGES * PAGE / 8; i++)
		((uint64_t *)load.poison)[i] = POISON;
	return true;
}

/*
 * A page that a guest asks for while it is on its way out stays; and guests that do
 * nothing else ask for each.
 */
static uint64_t wait_between;

static void begin(struct __test_metadata *_metadata, struct vm *vm, void *memory, size_t pages)
{
	struct vmr_state s;
	unsigned int i;
	size_t page;

	memset(&load, 0, sizeof(load));
	load.vm = vm;
	load.memory = memory;
	load.pages = pages;
	for (page = 0; page < pages; page++)
		*word(memory, page * PAGE) = FAR + page * PAGE;
	ASSERT_ERRNO(0, vm_slot(vm, 1, FAR, memory, pages * PAGE, 0));
	for (i = 0; i < WORKERS; i++) {
		struct vcpu *cpu = &load.worker[i].cpu;

		vcpu_create(vm, i + 1, cpu);
		vcpu_start(cpu, GUEST_LONG, guest(guest_rounds));
		vcpu_get(cpu, &s);
		s.gpr[VMR_RDI] = FAR;
		s.gpr[VMR_RCX] = pages;
		s.gpr[VMR_R8] = 8 * (i + 1);
		s.gpr[VMR_R8 + 3] = wait_between;
		vcpu_set(cpu, VMR_STATE_REGS, &s);
	}
	for (i = 0; i < WORKERS; i++)
		ASSERT_EQ(0, pthread_create(&load.worker[i].thread, NULL, work,
					    &load.worker[i]));
	ASSERT_TRUE(go_on());
}

/* What each page holds is what the guests have written, as the process sees it. */
static void end(struct __test_metadata *_metadata)
{
	uint64_t rounds, there;
	unsigned int i;
	size_t page;

	load.stop = true;
	for (i = 0; i < WORKERS; i++) {
		struct worker *worker = &load.worker[i];

		vcpu_kick(&worker->cpu);
		pthread_join(worker->thread, NULL);
		EXPECT_STRNE("hlt", worker->ended_with) { vcpu_tell(&worker->cpu); }
		rounds = *rounds_of(i);
		for (page = 0; page < load.pages; page++) {
			there = *word(load.memory, page * PAGE + 8 * (i + 1));
			if (there != rounds && there != rounds + 1)
				break;
		}
		EXPECT_EQ(load.pages, page)
			TH_LOG("worker %u did %llu rounds, page %zu says %llu", i,
			       (unsigned long long)rounds, page, (unsigned long long)there);
		vcpu_destroy(&worker->cpu);
	}
	EXPECT_TRUE(load.settled);
	EXPECT_TRUE(poison_is_whole());
}

static long rounds(long usual)
{
	const char *wanted = getenv("VMR_TEST_ROUNDS");

	return wanted ? atol(wanted) : usual;
}

/* The guests have gone on, with what is there now; all that was freed is poisoned. */
static bool settled(void)
{
	load.settled = spread_poison() && go_on();
	return load.settled;
}

/* One step after the other, with the guests at work in between. */
#define UNDER_LOAD(usual)	for (long left = rounds(usual); settled() && left; left--)

static void *small_pages(size_t pages)
{
	void *memory = memory_get(pages * PAGE, MB2);

	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);
	return memory;
}

/* A file in memory, mapped as often as one likes. */
static int shared_file(size_t pages, unsigned int flags)
{
	int fd = memfd_create("guest", MFD_CLOEXEC | flags);

	if (fd >= 0 && ftruncate(fd, pages * PAGE))
		vm_die("ftruncate");
	return fd;
}

static void *map_shared(int fd, size_t pages)
{
	return mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

/* ---- what the process does ---- */

TEST_F(vm, protection)
{
	begin(_metadata, &self->vm, small_pages(16), 16);
	UNDER_LOAD(10) {
		ASSERT_EQ(0, mprotect(load.memory + PAGE, 8 * PAGE, PROT_READ));
		sched_yield();
		ASSERT_EQ(0, mprotect(load.memory + PAGE, 8 * PAGE, PROT_NONE));
		sched_yield();
		ASSERT_EQ(0, mprotect(load.memory + PAGE, 8 * PAGE, PROT_READ | PROT_WRITE));
	}
	end(_metadata);
}

/* What the child has it fills with poison: it must be its own. */
static void poisoning_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		vm_die("fork");
	if (!pid) {
		memset(load.memory, 0xbd, load.pages * PAGE);
		_exit(0);
	}
	waitpid(pid, &status, 0);
}

TEST_F(vm, children)
{
	begin(_metadata, &self->vm, small_pages(16), 16);
	UNDER_LOAD(10)
		poisoning_child();
	end(_metadata);
}

/* The pages go elsewhere, others come, and they come back. */
TEST_F(vm, moving_away_and_back)
{
	uint8_t *elsewhere = memory_get(16 * PAGE, PAGE);
	uint8_t *memory = small_pages(16);

	begin(_metadata, &self->vm, memory, 16);
	UNDER_LOAD(10) {
		ASSERT_EQ(elsewhere, mremap(memory, 16 * PAGE, 16 * PAGE,
					    MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
		sched_yield();
		ASSERT_EQ(memory, mremap(elsewhere, 16 * PAGE, 16 * PAGE,
					 MREMAP_MAYMOVE | MREMAP_FIXED, memory));
	}
	end(_metadata);
}

TEST_F(vm, locked_and_unlocked)
{
	begin(_metadata, &self->vm, small_pages(16), 16);
	UNDER_LOAD(5) {
		ASSERT_EQ(0, mlock(load.memory, 16 * PAGE));
		ASSERT_EQ(0, munlock(load.memory, 16 * PAGE));
	}
	end(_metadata);
}

/* A file's pages stay while their mappings go. */
TEST_F(vm, shared_memory_unmapped)
{
	int fd = shared_file(16, 0);

	begin(_metadata, &self->vm, map_shared(fd, 16), 16);
	UNDER_LOAD(10) {
		ASSERT_EQ(0, madvise(load.memory, 16 * PAGE, MADV_DONTNEED));
		sched_yield();
		ASSERT_EQ(load.memory, mmap(load.memory, 16 * PAGE, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_FIXED, fd, 0));
	}
	end(_metadata);
	close(fd);
}

TEST_F(vm, shared_pool_of_large_pages)
{
	int fd;

	write_file("/proc/sys/vm/nr_hugepages", "2");
	fd = shared_file(512, MFD_HUGETLB);
	if (fd < 0)
		SKIP(return, "this kernel has no large pages in files");
	load.memory = map_shared(fd, 512);
	if (load.memory == MAP_FAILED)
		SKIP(return, "no 2 MB pages are to be had");
	begin(_metadata, &self->vm, load.memory, 512);
	UNDER_LOAD(3) {
		ASSERT_EQ(0, mprotect(load.memory, MB2, PROT_READ));
		sched_yield();
		ASSERT_EQ(0, mprotect(load.memory, MB2, PROT_READ | PROT_WRITE));
		ASSERT_EQ(load.memory, mmap(load.memory, MB2, PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_FIXED, fd, 0));
	}
	end(_metadata);
	close(fd);
}

/* MADV_FREE: the page has what was written last, or nothing at all; once nothing, so. */
TEST_F(vm, free_to_take)
{
	uint64_t *memory = small_pages(4);
	uint64_t value, before;
	int i;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 4 * PAGE, 0));
	for (i = 0; i < 5; i++) {
		ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 4));
		ASSERT_EQ(0, madvise(memory, 4 * PAGE, MADV_FREE));
		if (i & 1)
			madvise(memory, 4 * PAGE, MADV_PAGEOUT);
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &before));
		ASSERT_TRUE(!before || before == FAR + PAGE);
		EXPECT_EQ(before, *word(memory, PAGE));
		/* What is written after it stays. */
		ASSERT_STREQ("hlt", writes(&self->cpu, FAR + 2 * PAGE, 0x4444 + i));
		madvise(memory + PAGE / 8, PAGE, MADV_PAGEOUT);
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 2 * PAGE, &value));
		EXPECT_EQ(0x4444 + i, value);
		EXPECT_EQ(value, *word(memory, 2 * PAGE));
	}
}

/* ---- what the kernel does ---- */

/* All zero but for two words: the guests' writes part what the kernel has merged. */
TEST_F(vm, merged_pages)
{
	const size_t pages = 32;
	uint8_t *memory = small_pages(pages), *same = small_pages(pages);
	uint64_t value, page;
	char text[32] = "";
	int fd, i;

	if (!write_file("/sys/kernel/mm/ksm/pages_to_scan", "10000"))
		SKIP(return, "this kernel merges no pages");
	write_file("/sys/kernel/mm/ksm/sleep_millisecs", "0");
	memset(same, 0x77, pages * PAGE);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + MB2, same, pages * PAGE, 0));
	for (page = 0; page < pages; page++)
		ASSERT_STREQ("hlt", writes(&self->cpu, FAR + MB2 + page * PAGE,
					   0x7777777777777777));
	ASSERT_EQ(0, madvise(same, pages * PAGE, MADV_MERGEABLE));
	begin(_metadata, &self->vm, memory, pages);
	ASSERT_EQ(0, madvise(memory, pages * PAGE, MADV_MERGEABLE));
	ASSERT_TRUE(write_file("/sys/kernel/mm/ksm/run", "1"));
	fd = open("/sys/kernel/mm/ksm/pages_sharing", O_RDONLY | O_CLOEXEC);
	for (i = 0; i < 2000 && pread(fd, text, sizeof(text) - 1, 0) > 0 &&
	     atoi(text) < (int)pages / 2; i++)
		ASSERT_TRUE(go_on());
	close(fd);
	EXPECT_LE(pages / 2, atoi(text));
	ASSERT_TRUE(settled());
	/* Merged, each is read as it was, and written alone. */
	for (page = 0; page < pages; page += 2)
		ASSERT_STREQ("hlt", writes(&self->cpu, FAR + MB2 + page * PAGE, page));
	for (page = 0; page < pages; page++) {
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + MB2 + page * PAGE, &value));
		EXPECT_EQ(page & 1 ? 0x7777777777777777 : page, value);
	}
	end(_metadata);
	/* 2: stop, and part all again. */
	write_file("/sys/kernel/mm/ksm/run", "2");
	for (page = 1; page < pages; page += 2) {
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + MB2 + page * PAGE, &value));
		EXPECT_EQ(0x7777777777777777, value);
	}
}

/* Made large and cut again, by a part that is protected and by one that is paged out. */
TEST_F(vm, collapsed_and_cut)
{
	uint8_t *memory = memory_get(MB2, MB2);

	write_file("/sys/kernel/mm/transparent_hugepage/enabled", "madvise");
	if (madvise(memory, MB2, MADV_HUGEPAGE))
		SKIP(return, "this kernel has no transparent large pages");
	memory[0] = 1;
	if (madvise(memory, MB2, MADV_COLLAPSE) && errno == EINVAL)
		SKIP(return, "this kernel can't collapse pages on demand");
	begin(_metadata, &self->vm, memory, 512);
	UNDER_LOAD(4) {
		ASSERT_EQ(0, mprotect(memory + 10 * PAGE, PAGE, PROT_READ));
		ASSERT_EQ(0, mprotect(memory + 10 * PAGE, PAGE, PROT_READ | PROT_WRITE));
		madvise(memory + 100 * PAGE, 50 * PAGE, MADV_PAGEOUT);
		ASSERT_TRUE(go_on());
		madvise(memory, MB2, MADV_COLLAPSE);
	}
	end(_metadata);
}

/* Where there are two memory nodes all pages go from one to the other; else together. */
static int migrate(int node)
{
	void *pages[64];
	int nodes[64], status[64];
	size_t i;
	int moved = 0;

	for (i = 0; i < load.pages; i++) {
		pages[i] = load.memory + i * PAGE;
		nodes[i] = node;
	}
	if (syscall(SYS_move_pages, 0, load.pages, pages, nodes, status, 2 /* MPOL_MF_MOVE */))
		return -1;
	for (i = 0; i < load.pages; i++)
		moved += status[i] == node;
	return moved;
}

TEST_F(vm, migration)
{
	long round = 0;
	int moved = 0;

	if (access("/sys/devices/system/node/node1", F_OK))
		SKIP(return, "this machine has one memory node");
	begin(_metadata, &self->vm, small_pages(64), 64);
	UNDER_LOAD(6)
		moved += migrate(++round & 1);
	end(_metadata);
	EXPECT_LT(64, moved);
}

TEST_F(vm, compaction)
{
	if (access("/proc/sys/vm/compact_memory", W_OK))
		SKIP(return, "this kernel compacts no memory on demand");
	begin(_metadata, &self->vm, small_pages(64), 64);
	UNDER_LOAD(3)
		ASSERT_TRUE(write_file("/proc/sys/vm/compact_memory", "1"));
	end(_metadata);
}

/* A swap area's header, as mkswap writes it. */
static bool make_swap(const char *path, size_t bytes)
{
	static uint8_t header[PAGE];
	uint32_t info[3] = { 1, bytes / PAGE - 1, 0 };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool made;

	if (fd < 0)
		return false;
	memcpy(header + 1024, info, sizeof(info));
	memcpy(header + PAGE - 10, "SWAPSPACE2", 10);
	made = write(fd, header, PAGE) == (ssize_t)PAGE;
	close(fd);
	return made;
}

static long paged_out(void)
{
	char line[128];
	long count = -1;
	FILE *f = fopen("/proc/vmstat", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "pswpout %ld", &count) == 1)
			break;
	if (f)
		fclose(f);
	return count;
}

/*
 * How long the guests have to wait between two pages, in rounds of their loop, so that
 * the kernel finds most of 64 pages as old as it left them: its work takes ten times as
 * long on a kernel that checks itself.
 */
static uint64_t longer_than_paging_out(void)
{
	uint8_t *memory = small_pages(64);
	uint64_t began;

	memset(memory, 1, 64 * PAGE);
	began = __rdtsc();
	madvise(memory, 64 * PAGE, MADV_PAGEOUT);
	began = __rdtsc() - began;
	munmap(memory, 64 * PAGE);
	return began / 32;
}

#define SWAP	"/dev/zram0"

static bool swap_on(void)
{
	return write_file("/sys/block/zram0/disksize", "16M") && make_swap(SWAP, 16 << 20) &&
	       !syscall(SYS_swapon, SWAP, 0);
}

static void swap_off(void)
{
	syscall(SYS_swapoff, SWAP);
	write_file("/sys/block/zram0/reset", "1");
}

/* Each round takes the guests through all pages, and the pages out: a storm of them is long. */
TEST_F_TIMEOUT(vm, swapping, 300)
{
	long before;
	int i;

	if (!swap_on())
		SKIP(return, "there is nothing to swap to");
	wait_between = longer_than_paging_out();
	before = paged_out();
	begin(_metadata, &self->vm, small_pages(64), 64);
	UNDER_LOAD(4) {
		/* What the guest has used is spared, and old the next time. */
		for (i = 0; i < 3; i++)
			ASSERT_EQ(0, madvise(load.memory, 64 * PAGE, MADV_PAGEOUT));
	}
	end(_metadata);
	EXPECT_LT(before + 64, paged_out());
	swap_off();
}

/* Which pages were used since it was last asked: a bit each, by number of the frame. */
static bool is_young(int bitmap, uint64_t frame, bool clear)
{
	uint64_t bits = 0, bit = 1ull << frame % 64;

	if (pread(bitmap, &bits, 8, frame / 64 * 8) != 8)
		vm_die("page_idle/bitmap");
	if (clear && pwrite(bitmap, &bit, 8, frame / 64 * 8) != 8)
		vm_die("page_idle/bitmap");
	return !(bits & bit);
}

static uint64_t pagemap_of(void *at)
{
	uint64_t entry = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (pread(fd, &entry, 8, (uintptr_t)at / PAGE * 8) != 8)
		vm_die("pagemap");
	close(fd);
	return entry;
}

static uint64_t frame_of(void *at)
{
	return pagemap_of(at) & ((1ull << 55) - 1);
}

static bool is_paged_out(void *at)
{
	return pagemap_of(at) >> 62 & 1;
}

#define ROUNDS_TO_AGE	20

/*
 * The same by what the kernel does with it: paging out spares what the guest has used
 * since the last time, and takes what it hasn't.
 */
TEST_F(vm, ageing_by_paging_out)
{
	uint8_t *memory = small_pages(2);
	uint64_t value;
	int i;

	if (!swap_on())
		SKIP(return, "there is nothing to swap to");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 2 * PAGE, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	for (i = 0; i < ROUNDS_TO_AGE && !is_paged_out(memory + PAGE); i++) {
		/* Ageing doesn't flush; a change of slots does. */
		ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + MB2, memory, PAGE, 0));
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + MB2, &value));
		ASSERT_ERRNO(0, vm_slot(&self->vm, 2, 0, NULL, 0, 0));
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
		EXPECT_EQ(FAR, value);
		ASSERT_EQ(0, madvise(memory, 2 * PAGE, MADV_PAGEOUT));
		EXPECT_FALSE(is_paged_out(memory)) TH_LOG("round %d", i);
	}
	EXPECT_LT(0, i);
	EXPECT_TRUE(is_paged_out(memory + PAGE));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	EXPECT_EQ(FAR + PAGE, value);
	swap_off();
}

/* What only the guest uses counts as used, and what it doesn't use does not. */
TEST_F(vm, ageing)
{
	int bitmap = open("/sys/kernel/mm/page_idle/bitmap", O_RDWR | O_CLOEXEC);
	uint64_t *memory = small_pages(2);
	uint64_t frame[2], value;
	int i;

	if (bitmap < 0)
		SKIP(return, "this kernel doesn't track idle pages");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 2 * PAGE, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	frame[0] = frame_of(memory);
	frame[1] = frame_of(memory + PAGE / 8);
	for (i = 0; i < 6; i++) {
		is_young(bitmap, frame[0], true);
		is_young(bitmap, frame[1], true);
		/* Ageing doesn't flush; a change of slots does. */
		ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + MB2, memory, PAGE, 0));
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + MB2, &value));
		ASSERT_ERRNO(0, vm_slot(&self->vm, 2, 0, NULL, 0, 0));
		is_young(bitmap, frame[0], true);
		EXPECT_FALSE(is_young(bitmap, frame[0], false));
		EXPECT_FALSE(is_young(bitmap, frame[1], false));
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR + (i & 1) * PAGE, &value));
		EXPECT_TRUE(is_young(bitmap, frame[i & 1], false));
		EXPECT_FALSE(is_young(bitmap, frame[!(i & 1)], false));
	}
	close(bitmap);
}

/* And under load: pages lose their accessed flags, or their mappings, all the time. */
TEST_F(vm, ageing_under_load)
{
	int bitmap = open("/sys/kernel/mm/page_idle/bitmap", O_RDWR | O_CLOEXEC);
	size_t page;

	if (bitmap < 0)
		SKIP(return, "this kernel doesn't track idle pages");
	begin(_metadata, &self->vm, small_pages(16), 16);
	UNDER_LOAD(5) {
		for (page = 0; page < 16; page++)
			is_young(bitmap, frame_of(load.memory + page * PAGE), true);
		write_file("/proc/self/clear_refs", "1");
		write_file("/proc/self/clear_refs", "4");
	}
	end(_metadata);
	close(bitmap);
}

/* ---- balancing of memory nodes ---- */

#define NUMA	"/sys/kernel/debug/sched/numa_balancing/"
#define HINTS	64	/* mappings taken away, so that who uses the page is noticed */

static volatile bool balanced_enough;

/* A process with one thread isn't looked at as closely. */
static void *use_another_page(void *page)
{
	while (!balanced_enough)
		++*(volatile char *)page;
	return NULL;
}

/* How many mappings the kernel has taken away so far; -1: it doesn't do that. */
static long long hints(void)
{
	FILE *file = fopen("/proc/vmstat", "r");
	long long count = -1;
	char line[128];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "numa_pte_updates %lld", &count) == 1)
			break;
	if (file)
		fclose(file);
	return count;
}

static bool balance_all_the_time(void)
{
	return write_file(NUMA "scan_delay_ms", "1") &&
	       write_file(NUMA "scan_period_min_ms", "1") &&
	       write_file(NUMA "scan_period_max_ms", "1") &&
	       write_file("/proc/sys/kernel/numa_balancing", "1");
}

/* An instruction for a device, on a page that the process itself can't read now. */
GUEST64(read_device, "1: mov (%rdi), %rax; jmp 1b");

TEST_F(vm, nodes_are_balanced)
{
	long long until = hints() + HINTS;
	pthread_t thread;
	int more;

	if (until < HINTS || !balance_all_the_time())
		SKIP(return, "this kernel doesn't balance memory nodes");
	ASSERT_EQ(0, pthread_create(&thread, NULL, use_another_page, small_pages(1)));
	guest_begin(&self->cpu, guest(read_device), FAR, 0, 0);
	for (more = 0; more < 100; more += hints() >= until) {
		ASSERT_EXIT("mmio", &self->cpu);
		EXPECT_EQ(FAR, self->cpu.exit.addr);
		EXPECT_EQ(8, self->cpu.exit.size);
		vcpu_answer_u64(&self->cpu, 0);
	}
	balanced_enough = true;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	write_file("/proc/sys/kernel/numa_balancing", "0");
}

/* ---- userfaultfd ---- */

static struct {
	int fd;
	uint8_t *memory;	/* what is registered */
	volatile uint64_t answered;
} pager;

static bool registered(void *memory, size_t size, uint64_t mode, uint64_t feature)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)memory, size }, .mode = mode,
	};
	struct uffdio_api api = { .api = UFFD_API, .features = feature };

	pager.fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	pager.memory = memory;
	pager.answered = 0;
	return pager.fd >= 0 && !ioctl(pager.fd, UFFDIO_API, &api) &&
	       !ioctl(pager.fd, UFFDIO_REGISTER, &reg);
}

/* Whether a page is wanted, within so many milliseconds. */
static bool is_asked(int timeout)
{
	struct pollfd asked = { .fd = pager.fd, .events = POLLIN };

	return poll(&asked, 1, timeout) == 1 && asked.revents == POLLIN;
}

/* Missing: the page's guest-physical address; minor: what is in the file. */
static void *answer_faults(void *unused)
{
	static uint64_t page[512] __attribute__((aligned(4096)));
	struct uffd_msg msg;

	while (is_asked(-1) && read(pager.fd, &msg, sizeof(msg)) == sizeof(msg)) {
		uint64_t at = msg.arg.pagefault.address & ~(PAGE - 1);
		uint64_t flags = msg.arg.pagefault.flags;

		pager.answered++;
		if (flags & UFFD_PAGEFAULT_FLAG_WP) {
			struct uffdio_writeprotect wp = { .range = { at, PAGE } };

			ioctl(pager.fd, UFFDIO_WRITEPROTECT, &wp);
		} else if (flags & UFFD_PAGEFAULT_FLAG_MINOR) {
			struct uffdio_continue go = { .range = { at, PAGE } };

			ioctl(pager.fd, UFFDIO_CONTINUE, &go);
		} else {
			struct uffdio_copy copy = {
				.dst = at, .src = (uintptr_t)page, .len = PAGE,
			};

			page[0] = FAR + (at - (uintptr_t)pager.memory);
			ioctl(pager.fd, UFFDIO_COPY, &copy);
		}
	}
	return NULL;
}

static void stop_answering(struct __test_metadata *_metadata, pthread_t thread)
{
	ASSERT_EQ(0, pthread_cancel(thread));
	pthread_join(thread, NULL);
	close(pager.fd);
}

/* Both vCPUs wait for pages that another thread brings. */
TEST_F(vm, pages_on_demand)
{
	uint8_t *memory = small_pages(32);
	struct runner runner;
	struct vcpu other;
	pthread_t thread;

	if (!registered(memory, 32 * PAGE, UFFDIO_REGISTER_MODE_MISSING, 0))
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 32 * PAGE, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_faults, NULL));
	vcpu_create(&self->vm, 1, &other);
	guest_begin(&other, guest(guest_check), FAR, 0, 32);
	runner_begin(&runner, &other);
	EXPECT_EQ(0, missing(&self->cpu, FAR, 32));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_EQ(0, vcpu_gpr(&other, VMR_RCX));
	EXPECT_LE(32, pager.answered);
	vcpu_destroy(&other);
	stop_answering(_metadata, thread);
}

/*
 * A vCPU that waits for a page that nobody brings: a signal ends that where the kernel
 * lets it (from 6.2 on); elsewhere the signal comes next when the pager goes.
 */
static void on_signal(int signal)
{
}

TEST_F(vm, a_page_that_never_comes)
{
	const struct sigaction action = { .sa_handler = on_signal };
	uint8_t *memory = small_pages(1);
	struct utsname kernel;
	struct runner runner;

	if (!registered(memory, PAGE, UFFDIO_REGISTER_MODE_MISSING, 0))
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	guest_begin(&self->cpu, guest(guest_write), FAR, 0x99, 0);
	runner_begin(&runner, &self->cpu);
	ASSERT_TRUE(is_asked(20000));
	/* Nobody else is held up meanwhile. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + MB2, memory, PAGE, 0));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, 0, NULL, 0, 0));
	ASSERT_EQ(0, pthread_kill(runner.thread, SIGUSR1));
	if (!uname(&kernel) && strverscmp(kernel.release, "6.2") < 0)
		close(pager.fd);
	EXPECT_ERRNO(EINTR, runner_end(&runner));
	close(pager.fd);
	/* Without the pager it is a page like others. */
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x99, *word(memory, 0));
}

/* The same for a page that vmring itself wants: the operand of OUTS. */
GUEST64(outs_far, "mov $0x40000000, %esi; mov $0x80, %edx; outsb; hlt");

TEST_F(vm, an_operand_that_never_comes)
{
	const struct sigaction action = { .sa_handler = on_signal };
	uint8_t *memory = small_pages(1);
	struct utsname kernel;
	struct runner runner;
	bool ends;
	int err;

	SKIP_ON_KVM();
	if (!registered(memory, PAGE, UFFDIO_REGISTER_MODE_MISSING, 0))
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	vcpu_start(&self->cpu, GUEST_LONG, guest(outs_far));
	runner_begin(&runner, &self->cpu);
	ASSERT_TRUE(is_asked(20000));
	/* Whoever brings pages may set slots meanwhile. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + MB2, memory, PAGE, 0));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, 0, NULL, 0, 0));
	ASSERT_EQ(0, pthread_kill(runner.thread, SIGUSR1));
	ends = !uname(&kernel) && strverscmp(kernel.release, "6.2") >= 0;
	if (!ends)
		close(pager.fd);
	err = runner_end(&runner);
	ASSERT_STREQ(ends ? "EINTR" : "0", errno_name(err));
	if (ends) {
		close(pager.fd);
		vcpu_next(&self->cpu);
	}
	ASSERT_STREQ("io", exit_name(&self->cpu.exit));
	EXPECT_EQ(1, self->cpu.exit.count);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
}

/* And for an operand of an instruction that has touched a device already. */
GUEST64(compare_with_device,
	"mov $0x30000000, %esi; mov $0x40000000, %edi; cmpsb; hlt");

TEST_F(vm, a_second_operand_that_never_comes)
{
	const struct sigaction action = { .sa_handler = on_signal };
	uint8_t *memory = small_pages(1);
	struct utsname kernel;
	struct runner runner;

	SKIP_ON_KVM();
	if (!registered(memory, PAGE, UFFDIO_REGISTER_MODE_MISSING, 0))
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_EQ(0, sigaction(SIGUSR1, &action, NULL));
	vcpu_start(&self->cpu, GUEST_LONG, guest(compare_with_device));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_u64(&self->cpu, 0);
	runner_begin(&runner, &self->cpu);
	ASSERT_TRUE(is_asked(20000));
	ASSERT_EQ(0, pthread_kill(runner.thread, SIGUSR1));
	if (!uname(&kernel) && strverscmp(kernel.release, "6.2") < 0)
		close(pager.fd);
	ASSERT_ERRNO(EINTR, runner_end(&runner));
	close(pager.fd);
	self->cpu.ran = false;	/* the exit of that RUN was looked at by nobody */
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x30000001, vcpu_gpr(&self->cpu, VMR_RSI));
	EXPECT_EQ(FAR + 1, vcpu_gpr(&self->cpu, VMR_RDI));
}

/* And for the bitmap that a log is told to: its second half isn't there. */
#define LOGGED		8192ul
#define BEHIND_LOGGED	(FAR + LOGGED * PAGE)

struct caller {
	struct vm *vm;
	void *memory;
	pthread_t thread;
	volatile uint64_t done;
	int err;
};

static void *get_log(void *data)
{
	struct caller *caller = data;
	struct vmr_dirty args = {
		.size = sizeof(args), .slot = 1, .pages = LOGGED,
		.bitmap = (uintptr_t)caller->memory,
	};

	caller->err = ioctl_errno(caller->vm->fd, VMR_GET_DIRTY, &args);
	caller->done = 1;
	return NULL;
}

static void *set_slot(void *data)
{
	struct caller *caller = data;

	caller->err = vm_slot(caller->vm, 2, BEHIND_LOGGED, caller->memory, PAGE, 0);
	caller->done = 1;
	return NULL;
}

static void begin_call(struct caller *caller, void *(*call)(void *), struct vm *vm,
		       void *memory)
{
	*caller = (struct caller){ .vm = vm, .memory = memory };
	errno = pthread_create(&caller->thread, NULL, call, caller);
	if (errno)
		vm_die("pthread_create");
}

static int end_call(struct caller *caller)
{
	wait_until(&caller->done, 1);
	pthread_join(caller->thread, NULL);
	return caller->err;
}

/* Two pages are written, and the log of one of them waits for its place in a bitmap. */
static uint64_t *half_told(struct __test_metadata *_metadata, struct vcpu *cpu,
			   struct caller *getter)
{
	uint8_t *memory = small_pages(LOGGED), *bitmap = small_pages(2);
	uint64_t *told = (uint64_t *)(bitmap + PAGE) - LOGGED / 64 / 2;

	if (!registered(bitmap + PAGE, PAGE, UFFDIO_REGISTER_MODE_MISSING, 0))
		return NULL;
	ASSERT_ERRNO(0, vm_slot(cpu->vm, 1, FAR, memory, LOGGED * PAGE, VMR_SLOT_LOG_DIRTY));
	ASSERT_STREQ("hlt", writes(cpu, FAR + 7 * PAGE, 7));
	ASSERT_STREQ("hlt", writes(cpu, FAR + (LOGGED - 64) * PAGE, 7));
	begin_call(getter, get_log, cpu->vm, told);
	ASSERT_TRUE(is_asked(20000));
	EXPECT_EQ(1 << 7, *(volatile uint64_t *)told);
	return told;
}

TEST_F(vm, a_bitmap_that_never_comes)
{
	struct caller getter, setter;
	pthread_t thread;
	uint64_t *told;
	int i;

	SKIP_ON_KVM();
	told = half_told(_metadata, &self->cpu, &getter);
	if (!told)
		SKIP(return, "this kernel has no userfaultfd");
	/* Nobody else is held up meanwhile, nor deaf. */
	begin_call(&setter, set_slot, &self->vm, small_pages(1));
	ASSERT_ERRNO(0, end_call(&setter));
	for (i = 0; i < 3; i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(compare_with_device));
		ASSERT_EXIT("mmio", &self->cpu);
		vcpu_answer_u64(&self->cpu, 0);
		ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
		ASSERT_EXIT("kicked", &self->cpu);
		ASSERT_EXIT("hlt", &self->cpu);
	}
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + 9 * PAGE, 9));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + (LOGGED - 1) * PAGE, 9));
	EXPECT_FALSE(getter.done);
	/* What was told stays so, the rest is told as it is now. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_faults, NULL));
	EXPECT_ERRNO(0, end_call(&getter));
	EXPECT_EQ(1 << 7, told[0]);
	for (i = 1; i < 127; i++)
		EXPECT_EQ(0, told[i]);
	EXPECT_EQ(1 | 1ull << 63, told[127]);
	begin_call(&getter, get_log, &self->vm, told);
	EXPECT_ERRNO(0, end_call(&getter));
	EXPECT_EQ(1 << 9, told[0]);
	EXPECT_EQ(0, told[127]);
	stop_answering(_metadata, thread);
}

/* The slot may be gone when its bitmap comes. */
TEST_F(vm, a_log_that_goes_meanwhile)
{
	struct caller getter;
	pthread_t thread;

	SKIP_ON_KVM();
	if (!half_told(_metadata, &self->cpu, &getter))
		SKIP(return, "this kernel has no userfaultfd");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0, NULL, 0, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_faults, NULL));
	EXPECT_ERRNO(ENOENT, end_call(&getter));
	stop_answering(_metadata, thread);
}

/* Who waits so can be killed. */
TEST_F(vm, killed_while_the_bitmap_comes)
{
	int status;
	pid_t pid;

	SKIP_ON_KVM();
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct caller getter;
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		if (!half_told(_metadata, &cpu, &getter))
			_exit(0);
		kill(getpid(), SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status) ? WTERMSIG(status) == SIGKILL : !WEXITSTATUS(status));
}

TEST_F(vm, write_protected_by_the_pager)
{
	uint8_t *memory = small_pages(16);
	pthread_t thread;

	if (!registered(memory, 16 * PAGE, UFFDIO_REGISTER_MODE_WP,
			UFFD_FEATURE_PAGEFAULT_FLAG_WP))
		SKIP(return, "this kernel's userfaultfd can't protect pages");
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_faults, NULL));
	begin(_metadata, &self->vm, memory, 16);
	UNDER_LOAD(5) {
		struct uffdio_writeprotect wp = {
			.range = { (uintptr_t)memory, 16 * PAGE },
			.mode = UFFDIO_WRITEPROTECT_MODE_WP,
		};

		ASSERT_EQ(0, ioctl(pager.fd, UFFDIO_WRITEPROTECT, &wp));
	}
	end(_metadata);
	EXPECT_LE(5 * 16, pager.answered);
	stop_answering(_metadata, thread);
}

/* Pages that are in the file, and only have to be let in. */
TEST_F(vm, let_in_by_the_pager)
{
	int fd = shared_file(16, 0);
	uint8_t *filled = map_shared(fd, 16), *memory = map_shared(fd, 16);
	pthread_t thread;
	int i;

	for (i = 0; i < 16; i++)
		*word(filled, i * PAGE) = FAR + i * PAGE;
	if (!registered(memory, 16 * PAGE, UFFDIO_REGISTER_MODE_MINOR,
			UFFD_FEATURE_MINOR_SHMEM))
		SKIP(return, "this kernel's userfaultfd can't let pages in");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 16 * PAGE, 0));
	ASSERT_EQ(0, pthread_create(&thread, NULL, answer_faults, NULL));
	EXPECT_EQ(0, missing(&self->cpu, FAR, 16));
	EXPECT_EQ(16, pager.answered);
	stop_answering(_metadata, thread);
	close(fd);
}

/* ---- slots ---- */

/* Two mappings of the same pages, another flag, gone and there again: in turn. */
static void change_slot(struct __test_metadata *_metadata, void *other, long round)
{
	void *memory = round & 1 ? load.memory : other;
	const size_t size = load.pages * PAGE;

	switch (round % 4) {
	case 0:
		ASSERT_ERRNO(0, vm_slot(load.vm, 1, 0, NULL, 0, 0));
		sched_yield();
		break;
	case 1:
		ASSERT_ERRNO(0, vm_slot(load.vm, 1, FAR, memory, size, VMR_SLOT_READONLY));
		sched_yield();
		break;
	case 2:
		ASSERT_ERRNO(0, vm_slot(load.vm, 1, FAR, memory, size, VMR_SLOT_LOG_DIRTY));
		ASSERT_TRUE(go_on());
		break;
	}
	ASSERT_ERRNO(0, vm_slot(load.vm, 1, FAR, memory, size, 0));
}

TEST_F(vm, slots_that_change)
{
	int fd = shared_file(16, 0);
	void *other = map_shared(fd, 16);
	long round = 0;

	begin(_metadata, &self->vm, map_shared(fd, 16), 16);
	UNDER_LOAD(12)
		change_slot(_metadata, other, round++);
	end(_metadata);
	close(fd);
}

/* ---- who is interrupted ---- */

/* A number of the VM's own in debugfs; the only VM of this process. */
static long long counter(const char *name)
{
	const char *top = "/sys/kernel/debug/vmring";
	DIR *dir = opendir(top);
	struct dirent *entry;
	long long value = -1;
	char path[512], line[128], own[32];
	FILE *f = NULL;

	snprintf(own, sizeof(own), "%d-", getpid());
	while (dir && !f && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, own, strlen(own)))
			continue;
		snprintf(path, sizeof(path), "%s/%s/memory", top, entry->d_name);
		f = fopen(path, "r");
	}
	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ' ')
			value = atoll(line + strlen(name));
	if (f)
		fclose(f);
	if (dir)
		closedir(dir);
	return value;
}

static void take_page_away(struct __test_metadata *_metadata, void *memory)
{
	ASSERT_EQ(0, madvise(memory, PAGE, MADV_DONTNEED));
}

TEST_F(vm, only_who_is_in_the_guest_is_interrupted)
{
	uint8_t *memory = small_pages(2);
	long long flushes, interrupted;
	struct runner runner;
	struct vmr_state s;
	struct vcpu other;
	uint64_t value;
	int i;

	if (counter("flushes") < 0)
		SKIP(return, "there is no debugfs");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 2 * PAGE, 0));
	vcpu_create(&self->vm, 1, &other);
	/* One has never run, the other one isn't in the guest: a flush, and nobody. */
	for (i = 0; i < 3; i++) {
		ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
		flushes = counter("flushes");
		interrupted = counter("interrupted");
		take_page_away(_metadata, memory);
		EXPECT_EQ(flushes + 1, counter("flushes"));
		/* Nothing is mapped there any more: not even that. */
		take_page_away(_metadata, memory);
		EXPECT_EQ(flushes + 1, counter("flushes"));
		/* Nor is anything of memory that is no slot's. */
		take_page_away(_metadata, memory_get(PAGE, PAGE));
		EXPECT_EQ(flushes + 1, counter("flushes"));
		EXPECT_EQ(interrupted, counter("interrupted"));
	}
	/* Several pages: one flush. */
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	flushes = counter("flushes");
	ASSERT_EQ(0, madvise(memory, 2 * PAGE, MADV_DONTNEED));
	EXPECT_EQ(flushes + 1, counter("flushes"));
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		/* One that is in the guest all the time is, and once for each. */
		*word(memory, 0) = FAR;
		guest_begin(&other, guest(guest_rounds), FAR, 0, 1);
		vcpu_get(&other, &s);
		s.gpr[VMR_R8] = 8;
		vcpu_set(&other, VMR_STATE_REGS, &s);
		runner_begin(&runner, &other);
		wait_while(&vm_data(&self->vm)[1], 0);
		interrupted = counter("interrupted");
		for (i = 0; i < 20 && counter("interrupted") == interrupted; i++)
			ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 2 * PAGE, 0));
		EXPECT_LT(interrupted, counter("interrupted"));
		EXPECT_GE(interrupted + i, counter("interrupted"));
		ASSERT_ERRNO(0, vcpu_kick(&other));
		EXPECT_ERRNO(0, runner_end(&runner));
	}
	vcpu_destroy(&other);
}

TEST_HARNESS_MAIN
