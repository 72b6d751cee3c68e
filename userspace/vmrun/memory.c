// SPDX-License-Identifier: GPL-2.0
/* Owns the guest's RAM. One thread creates it; anyone may look. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "memory.h"
#include "say.h"

#define LARGE		(2ull << 20)
#define EBDA		0x9fc00u	/* where base memory ends for a system */

static void add_part(struct memory *memory, uint64_t gpa, uint64_t size, uint8_t *host)
{
	memory->part[memory->count++] = (struct memory_part){
		.gpa = gpa, .size = size, .host = host,
	};
}

static void divide(struct memory *memory, uint64_t size, uint8_t *host)
{
	memory->below_4g = size < MEMORY_BELOW_MOST ? size : MEMORY_BELOW_MOST;
	memory->above_4g = size - memory->below_4g;
	add_part(memory, 0, MEMORY_HOLE, host);
	add_part(memory, MEMORY_HOLE_END, memory->below_4g - MEMORY_HOLE_END,
		 host + MEMORY_HOLE_END);
	if (memory->above_4g)
		add_part(memory, MEMORY_4G, memory->above_4g, host + memory->below_4g);
}

static int check_size(uint64_t size)
{
	uint64_t there = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

	if (size <= there)
		return 0;
	return fail("--mem: the guest can't have %llu MB, this machine has %llu MB in all",
		    (unsigned long long)size >> 20, (unsigned long long)there >> 20);
}

static int map_hugetlb(struct memory *memory, uint64_t size)
{
	memory->map_size = (size + LARGE - 1) & -LARGE;
	memory->map = mmap(NULL, memory->map_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (memory->map != MAP_FAILED)
		return 0;
	return fail("--pages hugetlb: %s: 'sysctl vm.nr_hugepages=%llu' makes room",
		    strerror(errno), (unsigned long long)(memory->map_size / LARGE));
}

/* Large pages need an address that is a multiple of theirs. */
static int map_plain(struct memory *memory, uint64_t size)
{
	memory->map_size = size + LARGE;
	memory->map = mmap(NULL, memory->map_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory->map != MAP_FAILED)
		return 0;
	return fail("--mem: %llu MB for the guest: %s; give it less",
		    (unsigned long long)size >> 20, strerror(errno));
}

int memory_create(struct memory *memory, uint64_t size, enum memory_pages pages)
{
	uint8_t *host;

	memset(memory, 0, sizeof(*memory));
	if (check_size(size))
		return -1;
	if (pages == MEMORY_HUGETLB ? map_hugetlb(memory, size) : map_plain(memory, size))
		return -1;
	host = (uint8_t *)(((uintptr_t)memory->map + LARGE - 1) & -LARGE);
	/* A kernel without large pages refuses either, and gives small ones. */
	if (pages != MEMORY_HUGETLB)
		(void)madvise(host, size, pages == MEMORY_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	divide(memory, size, host);
	return 0;
}

void memory_destroy(struct memory *memory)
{
	if (memory->map && memory->map != MAP_FAILED)
		munmap(memory->map, memory->map_size);
	memory->map = NULL;
}

void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++) {
		const struct memory_part *part = &memory->part[i];
		uint64_t offset = gpa - part->gpa;

		if (gpa >= part->gpa && offset < part->size && size <= part->size - offset)
			return part->host + offset;
	}
	return NULL;
}

bool memory_overlaps(const struct memory *memory, uint64_t gpa, uint64_t size)
{
	unsigned int i;

	for (i = 0; i < memory->count; i++) {
		const struct memory_part *part = &memory->part[i];

		if (gpa >= part->gpa ? gpa - part->gpa < part->size : part->gpa - gpa < size)
			return true;
	}
	return false;
}

unsigned int memory_e820(const struct memory *memory, struct e820_entry *map)
{
	unsigned int count = 0;

	map[count++] = (struct e820_entry){ 0, EBDA, E820_RAM };
	map[count++] = (struct e820_entry){ EBDA, MEMORY_HOLE - EBDA, E820_RESERVED };
	map[count++] = (struct e820_entry){
		MEMORY_TABLES, MEMORY_1M - MEMORY_TABLES, E820_RESERVED,
	};
	map[count++] = (struct e820_entry){ MEMORY_1M, memory->below_4g - MEMORY_1M, E820_RAM };
	if (memory->above_4g)
		map[count++] = (struct e820_entry){ MEMORY_4G, memory->above_4g, E820_RAM };
	return count;
}
