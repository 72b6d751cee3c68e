// SPDX-License-Identifier: GPL-2.0
/*
 * What the process does with its memory, the guest sees; what the process can't
 * have, the guest can't either, and user space is told why.
 */
#include <stdlib.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "ept_test.h"

static void *slot_of(struct __test_metadata *_metadata, struct vm *vm, size_t size)
{
	void *memory = memory_get(size, PAGE);

	ASSERT_ERRNO(0, vm_slot(vm, 1, FAR, memory, size, 0));
	return memory;
}

/* A fault that user space is told about, and nothing else happens. */
#define EXPECT_FAULT(cause, write, call)					\
	do {									\
		EXPECT_STREQ("memory-fault", call) { vcpu_tell(&self->cpu); }	\
		EXPECT_EQ(cause, self->cpu.exit.count);				\
		EXPECT_EQ(FAR, self->cpu.exit.addr & ~(PAGE - 1));		\
		EXPECT_EQ((write) ? VMR_EXIT_WRITE : 0, self->cpu.exit.flags);	\
	} while (0)

TEST_F(vm, demand_faults)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 64 * PAGE);
	uint64_t value;
	int i;

	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 64));
	EXPECT_EQ(0, missing(&self->cpu, FAR, 64));
	for (i = 0; i < 64; i++) {
		EXPECT_EQ(FAR + i * PAGE, *word(memory, i * PAGE));
	}
	/* And the other way. */
	*word(memory, 5 * PAGE) = 0x5555;
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 5 * PAGE, &value));
	EXPECT_EQ(0x5555, value);
}

/* Read first, the guest has the zero page; what it writes is its own all the same. */
TEST_F(vm, read_then_write)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 2 * PAGE);
	uint64_t value = 1;

	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0x77));
	EXPECT_EQ(0x77, *word(memory, 0));
	EXPECT_EQ(0, *word(memory, PAGE));
	/* The process writes first; the guest must not go on with the zero page. */
	*word(memory, PAGE) = 0x88;
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	EXPECT_EQ(0x88, value);
}

TEST_F(vm, unmapped)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 2 * PAGE);
	uint64_t value;

	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	ASSERT_EQ(0, munmap(memory, PAGE));
	EXPECT_FAULT(VMR_FAULT_HOLE, false, reads(&self->cpu, FAR, &value));
	EXPECT_FAULT(VMR_FAULT_HOLE, false, vcpu_next(&self->cpu));
	EXPECT_FAULT(VMR_FAULT_HOLE, true, writes(&self->cpu, FAR, 1));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	EXPECT_EQ(FAR + PAGE, value);
	/* It comes back, and the access is tried again. */
	EXPECT_FAULT(VMR_FAULT_HOLE, true, writes(&self->cpu, FAR, 0x1234));
	ASSERT_EQ(memory, mmap(memory, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1234, *word(memory, 0));
}

/* Never there at all. */
TEST_F(vm, slot_of_nothing)
{
	uint64_t *memory = memory_get(PAGE, PAGE);
	uint64_t value;

	ASSERT_EQ(0, munmap(memory, PAGE));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	EXPECT_FAULT(VMR_FAULT_HOLE, false, reads(&self->cpu, FAR, &value));
}

TEST_F(vm, fetch_from_a_hole)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, PAGE);

	ASSERT_EQ(0, munmap(memory, PAGE));
	vcpu_start(&self->cpu, GUEST_LONG, guest(guest_read));
	vcpu_set_rip(&self->cpu, FAR);
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(VMR_EXIT_FETCH, self->cpu.exit.flags);
}

TEST_F(vm, protected)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, PAGE);
	uint64_t value;

	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 1));
	ASSERT_EQ(0, mprotect(memory, PAGE, PROT_READ));
	EXPECT_FAULT(VMR_FAULT_PROTECTED, true, writes(&self->cpu, FAR, 2));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(1, value);
	EXPECT_EQ(1, *word(memory, 0));
	ASSERT_EQ(0, mprotect(memory, PAGE, PROT_NONE));
	EXPECT_STREQ("memory-fault", reads(&self->cpu, FAR, &value));
	ASSERT_EQ(0, mprotect(memory, PAGE, PROT_READ | PROT_WRITE));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 3));
	EXPECT_EQ(3, *word(memory, 0));
}

TEST_F(vm, thrown_away)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 4 * PAGE);
	uint64_t value = 1;

	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 4));
	ASSERT_EQ(0, madvise(memory + PAGE / 8, PAGE, MADV_DONTNEED));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(FAR, value);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 2 * PAGE, &value));
	EXPECT_EQ(FAR + 2 * PAGE, value);
}

TEST_F(vm, moved_away)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, PAGE);
	uint64_t *elsewhere, value;

	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0x99));
	elsewhere = mremap(memory, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
			   memory_get(PAGE, PAGE));
	ASSERT_NE(MAP_FAILED, elsewhere);
	EXPECT_FAULT(VMR_FAULT_HOLE, false, reads(&self->cpu, FAR, &value));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, elsewhere, PAGE, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0x99, value);
}

/* ---- files ---- */

TEST_F(vm, beyond_the_end_of_a_file)
{
	int fd = memfd_create("short", MFD_CLOEXEC);
	uint64_t *memory, value;

	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE));
	memory = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 2 * PAGE, 0));
	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	ASSERT_EQ(0, ftruncate(fd, 0));
	EXPECT_FAULT(VMR_FAULT_SIGBUS, false, reads(&self->cpu, FAR, &value));
	EXPECT_FAULT(VMR_FAULT_SIGBUS, true, writes(&self->cpu, FAR, 1));
	ASSERT_EQ(0, ftruncate(fd, 2 * PAGE));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0, value);
	close(fd);
}

/* What the guest writes into a shared mapping is in the file. */
TEST_F(vm, shared_file)
{
	int fd = memfd_create("shared", MFD_CLOEXEC);
	uint64_t *memory, value = 0;

	ASSERT_EQ(0, ftruncate(fd, PAGE));
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0xabcd));
	ASSERT_EQ(8, pread(fd, &value, 8, 0));
	EXPECT_EQ(0xabcd, value);
	value = 0xdcba;
	ASSERT_EQ(8, pwrite(fd, &value, 8, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0xdcba, value);
	close(fd);
}

/* And what it writes into a private one is not. */
TEST_F(vm, private_file)
{
	int fd = memfd_create("private", MFD_CLOEXEC);
	uint64_t *memory, value = 0x1111;

	ASSERT_EQ(0, ftruncate(fd, PAGE));
	ASSERT_EQ(8, pwrite(fd, &value, 8, 0));
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0x1111, value);
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0x2222));
	ASSERT_EQ(8, pread(fd, &value, 8, 0));
	EXPECT_EQ(0x1111, value);
	EXPECT_EQ(0x2222, *word(memory, 0));
	close(fd);
}

/* A file that can only be read. */
TEST_F(vm, read_only_mapping)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t *memory, value = 0;

	memory = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	ASSERT_NE(MAP_FAILED, memory);
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(*word(memory, 0), value);
	EXPECT_FAULT(VMR_FAULT_PROTECTED, true, writes(&self->cpu, FAR, 1));
	close(fd);
}

/* ---- memory that has no pages ---- */

/* The kernel's own clock page is mapped into each process as a device's memory is. */
static void *special_memory(void)
{
	unsigned long from = 0;
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "r");

	while (maps && fgets(line, sizeof(line), maps))
		if (strstr(line, "[vvar]"))
			sscanf(line, "%lx-", &from);
	if (maps)
		fclose(maps);
	return (void *)from;
}

TEST_F(vm, special_memory)
{
	void *vvar = special_memory();
	uint64_t value;

	if (!vvar)
		SKIP(return, "this process has no vvar page");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, vvar, PAGE, 0));
	EXPECT_FAULT(VMR_FAULT_SPECIAL, false, reads(&self->cpu, FAR, &value));
	EXPECT_FAULT(VMR_FAULT_SPECIAL, false, vcpu_next(&self->cpu));
}

/* Memory that vmrprobe maps with a type other than write-back: of these, as it counts. */
enum { WRITE_BACK, UNCACHED, WRITE_COMBINING, WRITE_THROUGH, TYPES };

static int probe_memory(void)
{
	const char *const name = "/sys/kernel/debug/vmrprobe/memory";

	if (access(name, F_OK) && system("modprobe vmrprobe 2>/dev/null"))
		return -1;
	return open(name, O_RDWR);
}

/* The guest has no page otherwise than write-back: it would be of two types at once. */
TEST_F(vm, other_memory_types)
{
	int fd = probe_memory();
	uint64_t value;
	void *memory;
	off_t type;

	if (fd < 0)
		SKIP(return, "the module vmrprobe is not here");
	for (type = WRITE_BACK; type < TYPES; type++) {
		memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, type * PAGE);
		ASSERT_NE(MAP_FAILED, memory);
		*word(memory, 0) = 0x1000 + type;
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
		if (type == WRITE_BACK) {
			EXPECT_STREQ("hlt", reads(&self->cpu, FAR, &value));
			EXPECT_EQ(0x1000, value);
			EXPECT_STREQ("hlt", writes(&self->cpu, FAR, 7));
			EXPECT_EQ(7, *word(memory, 0));
		} else {
			EXPECT_FAULT(VMR_FAULT_SPECIAL, false, reads(&self->cpu, FAR, &value));
			EXPECT_FAULT(VMR_FAULT_SPECIAL, true, writes(&self->cpu, FAR, 7));
			EXPECT_EQ(0x1000 + type, *word(memory, 0));
		}
		ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, 0, 0));
		munmap(memory, PAGE);
	}
	close(fd);
}

/* Newer kernels tell who told them of broken memory at once that it is broken. */
static void told_of_it(int signal)
{
}

/* A page that the hardware has given up, as the kernel was told. */
TEST_F(vm, broken_memory)
{
	const struct sigaction action = { .sa_handler = told_of_it };
	uint64_t *memory = slot_of(_metadata, &self->vm, PAGE);
	uint64_t value;

	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 1));
	ASSERT_EQ(0, sigaction(SIGBUS, &action, NULL));
	if (madvise(memory, PAGE, MADV_HWPOISON))
		SKIP(return, "this kernel can't be told of broken memory");
	EXPECT_FAULT(VMR_FAULT_POISON, false, reads(&self->cpu, FAR, &value));
	/* Another page in its place. */
	ASSERT_EQ(memory, mmap(memory, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vcpu_gpr(&self->cpu, VMR_RAX));
}

/* ---- fork ---- */

/* Copied when the guest writes: the child keeps what was there. */
TEST_F(vm, fork_and_write)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 2 * PAGE);
	int go[2], status;
	uint64_t value;
	char byte;
	pid_t pid;

	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (read(go[0], &byte, 1) != 1)
			_exit(1);
		_exit(*word(memory, 0) == FAR && *word(memory, PAGE) == FAR + PAGE ? 0 : 2);
	}
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0x1111));
	*word(memory, PAGE) = 0x2222;
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE, &value));
	EXPECT_EQ(0x2222, value);
	EXPECT_EQ(0x1111, *word(memory, 0));
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0x1111, value);
}

/* ---- slots ---- */

TEST_F(vm, read_only_slot)
{
	uint64_t *memory = memory_get(PAGE, PAGE);
	uint64_t value;

	*word(memory, 0) = 1;
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, VMR_SLOT_READONLY));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(1, value);
	EXPECT_STREQ("mmio", writes(&self->cpu, FAR, 2));
	EXPECT_EQ(1, *word(memory, 0));
	*word(memory, 0) = 3;
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(3, value);
	/* The flag goes, and comes back, without the slot's going. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, 0));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 4));
	EXPECT_EQ(4, *word(memory, 0));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, memory, PAGE, VMR_SLOT_READONLY));
	EXPECT_STREQ("mmio", writes(&self->cpu, FAR, 5));
	EXPECT_EQ(4, *word(memory, 0));
}

TEST_F(vm, deleted_slot)
{
	uint64_t value;

	slot_of(_metadata, &self->vm, PAGE);
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 1));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0, NULL, 0, 0));
	EXPECT_STREQ("mmio", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(FAR, self->cpu.exit.addr);
	EXPECT_STREQ("mmio", writes(&self->cpu, FAR, 1));
}

TEST_F(vm, moved_slot)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, 2 * PAGE);
	uint64_t *other = memory_get(2 * PAGE, PAGE);
	uint64_t value;

	ASSERT_STREQ("hlt", fills(&self->cpu, FAR, 2));
	/* Other memory at the same place. */
	*word(other, 0) = 0x3333;
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, other, 2 * PAGE, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR, &value));
	EXPECT_EQ(0x3333, value);
	/* The same memory at another place. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR + 0x100000, memory, 2 * PAGE, 0));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 0x100000, &value));
	EXPECT_EQ(FAR, value);
	EXPECT_STREQ("mmio", reads(&self->cpu, FAR, &value));
	/* Shorter. */
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR + 0x100000, memory, PAGE, 0));
	EXPECT_STREQ("mmio", reads(&self->cpu, FAR + 0x100000 + PAGE, &value));
	/* What changes of the old memory concerns nobody any more. */
	ASSERT_EQ(0, munmap(other, 2 * PAGE));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 0x100000, &value));
	EXPECT_EQ(FAR, value);
}

/* The same memory twice in one VM, and in another VM as well. */
TEST_F(vm, aliases)
{
	uint64_t *memory = slot_of(_metadata, &self->vm, PAGE);
	struct vcpu cpu;
	uint64_t value;
	struct vm vm;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + 0x200000, memory, PAGE, 0));
	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	ASSERT_ERRNO(0, vm_slot(&vm, 1, FAR, memory, PAGE, 0));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR, 0x7777));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 0x200000, &value));
	EXPECT_EQ(0x7777, value);
	ASSERT_STREQ("hlt", reads(&cpu, FAR, &value));
	EXPECT_EQ(0x7777, value);
	/* It goes for all of them. */
	ASSERT_EQ(0, madvise(memory, PAGE, MADV_DONTNEED));
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + 0x200000, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("hlt", reads(&cpu, FAR, &value));
	EXPECT_EQ(0, value);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

/* An access that is half in one slot and half in the next. */
TEST_F(vm, across_slots)
{
	uint8_t *first = memory_get(PAGE, PAGE), *second = memory_get(PAGE, PAGE);
	uint64_t value;

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, FAR, first, PAGE, 0));
	ASSERT_ERRNO(0, vm_slot(&self->vm, 2, FAR + PAGE, second, PAGE, 0));
	ASSERT_STREQ("hlt", writes(&self->cpu, FAR + PAGE - 4, 0x1122334455667788));
	EXPECT_EQ(0x55667788, *(uint32_t *)(first + PAGE - 4));
	EXPECT_EQ(0x11223344, *(uint32_t *)second);
	ASSERT_STREQ("hlt", reads(&self->cpu, FAR + PAGE - 4, &value));
	EXPECT_EQ(0x1122334455667788, value);
}

/* The guest's own page tables, in memory that goes away. */
TEST_F(vm, page_tables_in_a_hole)
{
	uint8_t *memory = slot_of(_metadata, &self->vm, PAGE);
	uint64_t value;

	ASSERT_STREQ("hlt", reads(&self->cpu, GUEST_DATA, &value));
	guest_begin(&self->cpu, guest(guest_read), 0x50000000, 0, 0);
	((uint64_t *)(self->vm.ram + GUEST_PD))[0x50000000 >> 21] = FAR | 7;
	ASSERT_EQ(0, munmap(memory, PAGE));
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(FAR, self->cpu.exit.addr & ~(PAGE - 1));
	ASSERT_EQ(memory, mmap(memory, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	*word(memory, 0) = GUEST_DATA | 7;
	*vm_data(&self->vm) = 0x4242;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x4242, vcpu_gpr(&self->cpu, VMR_RAX));
}

TEST_HARNESS_MAIN
