// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how what KVM supports narrows vmring's list, bit by bit, and what of it doesn't:
 * what only describes the CPU is the CPU's, though KVM leaves it out. Pure.
 */
#include <stdint.h>
#include <string.h>

#include <vmx/arch.h>
#include <vmx/features.h>

#include "cpuid_kvm.h"

/* As vmring: the controls that it turns on, and the width of EPT's four levels. */
#define PROC2		SDM_PROC2_RDTSCP
#define PHYS_BITS_MOST	48

#define XSAVE_FIXED	576	/* legacy region and header */

/* Which registers hold one bit for each feature. */
static const struct {
	uint32_t leaf, subleaf;
	bool eax, ebx, ecx, edx;
} features[] = {
	{ .leaf = 1, .ecx = true, .edx = true },
	{ .leaf = 6, .eax = true },
	{ .leaf = 7, .ebx = true, .ecx = true, .edx = true },
	{ .leaf = 7, .subleaf = 1, .eax = true, .edx = true },
	{ .leaf = 7, .subleaf = 2, .edx = true },
	{ .leaf = 0xd, .subleaf = 1, .eax = true },
	{ .leaf = 0x80000001, .ecx = true, .edx = true },
	{ .leaf = 0x80000007, .edx = true },
	{ .leaf = 0x80000008, .ebx = true },
};

static const struct vmr_cpuid_entry *find(const struct vmr_cpuid_entry *entries,
					  unsigned int count, uint32_t leaf, uint32_t subleaf)
{
	static const struct vmr_cpuid_entry nothing;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (entries[i].leaf == leaf && entries[i].subleaf == subleaf)
			return &entries[i];
	return &nothing;
}

/* KVM leaves it to its user to say that there is a hypervisor. */
static void narrow(struct vmr_cpuid_entry *entry, const struct vmr_cpuid_entry *kvm,
		   unsigned int count)
{
	const struct vmr_cpuid_entry *by;
	unsigned int i;

	for (i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		if (features[i].leaf != entry->leaf || features[i].subleaf != entry->subleaf)
			continue;
		by = find(kvm, count, entry->leaf, entry->subleaf);
		if (features[i].eax)
			entry->eax &= by->eax;
		if (features[i].ebx)
			entry->ebx &= by->ebx;
		if (features[i].ecx)
			entry->ecx &= by->ecx | (entry->leaf == 1 ? SDM_CPUID_1_ECX_HYPERVISOR : 0);
		if (features[i].edx)
			entry->edx &= by->edx;
	}
}

/* Leaf 0DH: the room for all components that are offered, in the standard form. */
static uint32_t xsave_room(const struct vmr_cpuid_entry *entries, unsigned int count)
{
	uint32_t room = XSAVE_FIXED;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (entries[i].leaf == 0xd && entries[i].subleaf > 1 &&
		    entries[i].ebx + entries[i].eax > room)
			room = entries[i].ebx + entries[i].eax;
	return room;
}

static void adjust(struct vmr_cpuid_entry *entries, unsigned int count,
		   const struct vmr_cpuid_entry *kvm, unsigned int supported)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		narrow(&entries[i], kvm, supported);
		if (entries[i].leaf == 0xd && !entries[i].subleaf)
			entries[i].ecx = xsave_room(entries, count);
	}
}

unsigned int cpuid_for_kvm(struct vmr_cpuid_entry *entries, unsigned int count,
			   vmr_cpuid_read read)
{
	const struct vmr_controls controls = { .word[VMR_CAPS_PROC2] = PROC2 };
	const struct vmr_cpuid_entry *xsave = find(entries, count, 0xd, 0);
	uint8_t width = find(entries, count, 0x80000008, 0)->eax;
	const struct vmr_cpuid_host host = {
		.controls = &controls,
		.xcr0 = (uint64_t)xsave->edx << 32 | xsave->eax,
		.phys_bits = width < PHYS_BITS_MOST ? width : PHYS_BITS_MOST,
	};
	struct vmr_cpuid_entry offered[VMR_MAX_CPUID];
	unsigned int offers;

	offers = vmr_cpuid_offer(offered, VMR_MAX_CPUID, &host, read);
	if (offers > VMR_MAX_CPUID)
		offers = VMR_MAX_CPUID;
	adjust(offered, offers, entries, count);
	memcpy(entries, offered, offers * sizeof(*entries));
	return offers;
}
