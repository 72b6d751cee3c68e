/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the guest's RAM: where it lies in guest-physical memory, and where in ours.
 *
 *	0 ... 0xa0000			base memory
 *	0xc0000 ... at most 3 GB	the rest, as far as it goes below the devices
 *	4 GB ...			what is more than that
 */
#ifndef VMRUN_MEMORY_H
#define VMRUN_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEMORY_HOLE		0xa0000u	/* a display's, which there isn't */
#define MEMORY_HOLE_END		0xc0000u
#define MEMORY_TABLES		0xf0000u	/* where firmware has its tables, up to 1 MB */
#define MEMORY_1M		0x100000u
#define MEMORY_BELOW_MOST	0xc0000000u
#define MEMORY_4G		0x100000000ull
#define MEMORY_LEAST		(2ull << 20)
#define MEMORY_PARTS		3

enum memory_pages {
	MEMORY_THP,		/* ask for large pages, take what comes */
	MEMORY_SMALL,
	MEMORY_HUGETLB,		/* from the pool that the administrator filled */
};

struct memory_part {
	uint64_t gpa, size;
	uint8_t *host;
};

/* Constant after memory_create(). */
struct memory {
	struct memory_part part[MEMORY_PARTS];
	unsigned int count;
	uint64_t below_4g, above_4g;	/* sizes; below counts from 0, holes included */
	void *map;
	size_t map_size;
};

#define E820_RAM	1
#define E820_RESERVED	2
#define E820_MOST	8

struct e820_entry {
	uint64_t addr, size;
	uint32_t type;
} __attribute__((packed));

/**
 * memory_create() - get the RAM
 * @memory: what is filled in
 * @size: bytes, a multiple of 1 MB
 * @pages: which kind of pages
 *
 * Return: 0, or -1 (said why).
 */
int memory_create(struct memory *memory, uint64_t size, enum memory_pages pages);

/**
 * memory_destroy() - give it back
 * @memory: from memory_create()
 */
void memory_destroy(struct memory *memory);

/**
 * memory_at() - where guest-physical memory is
 * @memory: the RAM
 * @gpa: address
 * @size: how many bytes, which must all be in one part
 *
 * Return: the first byte, or NULL if that isn't all RAM.
 */
void *memory_at(const struct memory *memory, uint64_t gpa, uint64_t size);

/**
 * memory_overlaps() - is any of it RAM?
 * @memory: the RAM
 * @gpa: address
 * @size: how many bytes
 *
 * Return: whether one byte of these is.
 */
bool memory_overlaps(const struct memory *memory, uint64_t gpa, uint64_t size);

/**
 * memory_e820() - the memory map as firmware tells it
 * @memory: the RAM
 * @map: room for E820_MOST entries
 *
 * Return: how many there are, by address.
 */
unsigned int memory_e820(const struct memory *memory, struct e820_entry *map);

#endif
