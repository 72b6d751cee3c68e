// SPDX-License-Identifier: GPL-2.0
/* Owns the tables of the buses. Callers hold the devices' lock. */
#include <string.h>

#include "bus.h"
#include "say.h"

static bool overlap(uint64_t one, uint64_t one_size, uint64_t other, uint64_t other_size)
{
	return one <= other + (other_size - 1) && other <= one + (one_size - 1);
}

int bus_add(struct bus *bus, const char *name, uint64_t base, uint64_t size,
	    const struct bus_ops *ops, void *dev)
{
	unsigned int at;

	if (!size || base + (size - 1) < base)
		return fail("%s: a range of %#llx bytes at %#llx can't be", name,
			    (unsigned long long)size, (unsigned long long)base);
	for (at = 0; at < bus->count; at++)
		if (overlap(bus->region[at].base, bus->region[at].size, base, size))
			return fail("%s at %#llx is in the way of %s", bus->region[at].name,
				    (unsigned long long)bus->region[at].base, name);
	if (bus->count == BUS_REGIONS)
		return fail("%s: there are too many devices already", name);
	for (at = bus->count; at && bus->region[at - 1].base > base; at--)
		bus->region[at] = bus->region[at - 1];
	bus->region[at] = (struct bus_region){
		.name = name, .base = base, .size = size, .ops = ops, .dev = dev,
	};
	bus->count++;
	return 0;
}

/* ---- policies ---- */

int bus_allow(struct bus *bus, uint64_t base, uint64_t size, unsigned int what)
{
	unsigned int mirror = what & BUS_MIRRORED ? size : 0;
	unsigned int i;

	for (i = 0; i < bus->policies; i++)
		if (overlap(bus->policy[i].base, bus->policy[i].size, base, size))
			return fail("there is a policy for %#llx already",
				    (unsigned long long)base);
	if (bus->policies == BUS_POLICIES || bus->mirrored + mirror > BUS_MIRROR)
		return fail("there are too many policies already");
	bus->policy[bus->policies++] = (struct bus_policy){
		.base = base, .size = size, .posted = what & BUS_POSTED,
		.mirrored = what & BUS_MIRRORED, .mirror = bus->mirrored,
	};
	bus->mirrored += mirror;
	return 0;
}

/* The guest may be reading it. */
static void store(uint8_t *at, uint8_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
}

void bus_show(struct bus *bus, uint64_t addr, uint8_t value)
{
	uint8_t *mirror = bus->mirror ? bus->mirror : bus->own_mirror;
	unsigned int i;

	for (i = 0; i < bus->policies; i++) {
		const struct bus_policy *policy = &bus->policy[i];

		if (policy->mirrored && addr - policy->base < policy->size)
			store(mirror + policy->mirror + (addr - policy->base), value);
	}
}

void bus_use_mirror(struct bus *bus, uint8_t *memory)
{
	unsigned int i;

	for (i = 0; i < BUS_MIRROR; i++)
		store(memory + i, bus->own_mirror[i]);
	bus->mirror = memory;
}

/* ---- accesses ---- */

static bool within(const struct bus_region *region, uint64_t addr)
{
	return addr - region->base < region->size;
}

static struct bus_region *find(struct bus *bus, uint64_t addr)
{
	unsigned int low = 0, high = bus->count;

	if (bus->last < bus->count && within(&bus->region[bus->last], addr))
		return &bus->region[bus->last];
	while (low < high) {
		unsigned int middle = (low + high) / 2;

		if (within(&bus->region[middle], addr)) {
			bus->last = middle;
			return &bus->region[middle];
		}
		if (bus->region[middle].base > addr)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* A power of two: no more than what is asked, what the device takes, what it has. */
static unsigned int piece(const struct bus_region *region, uint64_t addr, size_t size)
{
	uint64_t left = region->size - (addr - region->base);
	unsigned int width = region->ops->unit;

	while (width > size || width > left)
		width /= 2;
	return width;
}

static void note_unassigned(struct bus *bus, uint64_t addr, bool *noted, uint64_t *counter)
{
	if (*noted)
		return;
	*noted = true;
	if (!bus->unassigned_reads && !bus->unassigned_writes)
		bus->first_unassigned = addr;
	++*counter;
}

void bus_read(struct bus *bus, uint64_t addr, void *data, size_t size)
{
	bool noted = false;
	uint8_t *to = data;

	while (size) {
		struct bus_region *region = find(bus, addr);
		unsigned int width = 1;
		uint64_t value = ~0ull;

		if (region) {
			width = piece(region, addr, size);
			region->reads++;
			value = region->ops->read(region->dev, addr - region->base, width);
		} else {
			note_unassigned(bus, addr, &noted, &bus->unassigned_reads);
		}
		memcpy(to, &value, width);
		to += width;
		addr += width;
		size -= width;
	}
}

void bus_write(struct bus *bus, uint64_t addr, const void *data, size_t size)
{
	const uint8_t *from = data;
	bool noted = false;

	while (size) {
		struct bus_region *region = find(bus, addr);
		unsigned int width = 1;
		uint64_t value = 0;

		if (region) {
			width = piece(region, addr, size);
			region->writes++;
			memcpy(&value, from, width);
			region->ops->write(region->dev, addr - region->base, width, value);
		} else {
			note_unassigned(bus, addr, &noted, &bus->unassigned_writes);
		}
		from += width;
		addr += width;
		size -= width;
	}
}
