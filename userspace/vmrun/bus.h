/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which device answers at which address. A machine has two buses: ports, and
 * guest-physical memory that isn't RAM.
 */
#ifndef VMRUN_BUS_H
#define VMRUN_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a device does when it is accessed. It sees its own offsets, and no access that
 * is wider than @unit or reaches beyond its range: such are split.
 */
struct bus_ops {
	unsigned int unit;	/* 1, 2, 4 or 8 */
	uint64_t (*read)(void *dev, uint64_t offset, unsigned int size);
	void (*write)(void *dev, uint64_t offset, unsigned int size, uint64_t value);
};

struct bus_region {
	const char *name;
	uint64_t base, size;
	const struct bus_ops *ops;
	void *dev;
	uint64_t reads, writes;	/* how often it was asked, whatever the size */
};

#define BUS_REGIONS	32

/* By the devices' lock, and so is whatever a device does. */
struct bus {
	struct bus_region region[BUS_REGIONS];	/* by address */
	unsigned int count;
	unsigned int last;			/* the one that was found last */
	uint64_t unassigned_reads, unassigned_writes;
	uint64_t first_unassigned;		/* where the first of these was */
};

/**
 * bus_add() - have a device answer at a range of addresses
 * @bus: zeroed, or with regions already
 * @name: of the device, for people
 * @base: first address
 * @size: how many, at least one
 * @ops: what it does
 * @dev: the first argument of that
 *
 * Return: 0, or -1 (said why): another device is there, or the table is full.
 */
int bus_add(struct bus *bus, const char *name, uint64_t base, uint64_t size,
	    const struct bus_ops *ops, void *dev);

/**
 * bus_read() - what a guest reads
 * @bus: where
 * @addr: address of the first byte
 * @data: the answer, little-endian; all ones where nobody answers
 * @size: bytes, any number
 */
void bus_read(struct bus *bus, uint64_t addr, void *data, size_t size);

/**
 * bus_write() - what a guest writes
 * @bus: where
 * @addr: address of the first byte
 * @data: the bytes; they are dropped where nobody listens
 * @size: how many
 */
void bus_write(struct bus *bus, uint64_t addr, const void *data, size_t size);

#endif
