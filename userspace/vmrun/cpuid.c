// SPDX-License-Identifier: GPL-2.0
/* Owns what of CPUID a guest sees: the same on both backends. Pure. */
#include "cpuid.h"

#define LEAF_TSC	0x15
#define LEAF_FREQUENCY	0x16
#define LEAF_HYPERVISOR	0x40000000u
#define LEAF_EXTENDED	0x80000000u

#define ECX_MONITOR	(1u << 3)
#define ECX_X2APIC	(1u << 21)
#define ECX_DEADLINE	(1u << 24)
#define EDX_APIC	(1u << 9)
#define EDX_HTT		(1u << 28)
#define BUS_MHZ		100
#define CRYSTAL_HZ	1000000

/* The hypervisor's own words, and what depends on the host's frequencies and topology. */
static int dropped(uint32_t leaf)
{
	return (leaf >= LEAF_HYPERVISOR && leaf < LEAF_EXTENDED) || leaf == LEAF_TSC ||
	       leaf == LEAF_FREQUENCY || leaf == 0x0b || leaf == 0x1f;
}

static void adjust(struct vmr_cpuid_entry *entry, uint32_t tsc_khz)
{
	switch (entry->leaf) {
	case 0:
		if (tsc_khz && entry->eax < LEAF_FREQUENCY)
			entry->eax = LEAF_FREQUENCY;
		break;
	case 1:
		entry->ebx = (entry->ebx & 0xff00) | 1 << 16;	/* one CPU, APIC ID 0 */
		entry->ecx &= ~(ECX_MONITOR | ECX_X2APIC | ECX_DEADLINE);
		entry->edx &= ~(EDX_APIC | EDX_HTT);
		break;
	case 4:
		entry->eax &= 0x3fff;	/* one CPU shares the cache, one core is there */
		break;
	}
}

unsigned int cpuid_adjust(struct vmr_cpuid_entry *entries, unsigned int count, uint32_t tsc_khz)
{
	unsigned int i, kept = 0;

	for (i = 0; i < count; i++) {
		if (dropped(entries[i].leaf))
			continue;
		entries[kept] = entries[i];
		adjust(&entries[kept], tsc_khz);
		kept++;
	}
	if (!tsc_khz || kept + 2 > VMR_MAX_CPUID)
		return kept;
	/* The crystal's frequency times EBX / EAX is the counter's. */
	entries[kept++] = (struct vmr_cpuid_entry){
		.leaf = LEAF_TSC, .eax = CRYSTAL_HZ / 1000, .ebx = tsc_khz, .ecx = CRYSTAL_HZ,
	};
	entries[kept++] = (struct vmr_cpuid_entry){
		.leaf = LEAF_FREQUENCY, .eax = tsc_khz / 1000, .ebx = tsc_khz / 1000,
		.ecx = BUS_MHZ,
	};
	return kept;
}
