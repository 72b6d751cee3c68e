/* SPDX-License-Identifier: GPL-2.0 */
/* Owns what of the hypervisor's CPUID a guest of vmrun sees. */
#ifndef VMRUN_CPUID_H
#define VMRUN_CPUID_H

#include <stdint.h>

#include <vmring.h>

/**
 * cpuid_adjust() - one CPU without an APIC, and with a known frequency
 * @entries: what the hypervisor offers; room for VMR_MAX_CPUID
 * @count: how many there are
 * @tsc_khz: of the guest's time-stamp counter, 0: unknown
 *
 * Return: how many there are now.
 */
unsigned int cpuid_adjust(struct vmr_cpuid_entry *entries, unsigned int count, uint32_t tsc_khz);

#endif
