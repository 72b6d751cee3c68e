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

/*
 * What an access may come to instead of an exit that the guest waits for: where the
 * hypervisor can, it does so. A guest sees the same.
 */
#define BUS_POSTED	1	/* writes: the device hears of them a little later, in order */
#define BUS_MIRRORED	2	/* reads: they have no effect, and bus_show() told the answer */

struct bus_policy {
	uint64_t base, size;
	bool posted, mirrored;
	unsigned int mirror;	/* where in the mirror its first byte is */
};

#define BUS_REGIONS	32
#define BUS_POLICIES	16
#define BUS_MIRROR	64	/* bytes */

/* By the devices' lock, and so is whatever a device does. */
struct bus {
	struct bus_region region[BUS_REGIONS];	/* by address */
	unsigned int count;
	unsigned int last;			/* the one that was found last */
	uint64_t unassigned_reads, unassigned_writes;
	uint64_t first_unassigned;		/* where the first of these was */
	struct bus_policy policy[BUS_POLICIES];
	unsigned int policies;
	uint8_t own_mirror[BUS_MIRROR];
	uint8_t *mirror;			/* that one, or the hypervisor's */
	unsigned int mirrored;			/* how much of it is used */
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
 * bus_allow() - accesses there needn't wait for the device
 * @bus: where
 * @base: first address
 * @size: how many; an access that isn't wholly in there is as all others
 * @what: BUS_POSTED, BUS_MIRRORED
 *
 * Return: 0, or -1 (said why): something was said of these addresses, or of too many.
 */
int bus_allow(struct bus *bus, uint64_t base, uint64_t size, unsigned int what);

/**
 * bus_show() - what mirrored reads find from now on
 * @bus: where
 * @addr: address that bus_allow() mirrors
 * @value: the byte
 */
void bus_show(struct bus *bus, uint64_t addr, uint8_t value);

/**
 * bus_use_mirror() - the hypervisor has memory for the mirror
 * @bus: whose; what was shown is copied there
 * @memory: BUS_MIRROR bytes at least
 */
void bus_use_mirror(struct bus *bus, uint8_t *memory);

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
