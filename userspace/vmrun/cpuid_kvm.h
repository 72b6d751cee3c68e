/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what a guest on KVM is offered: what vmring would offer on the same CPU, as far as
 * KVM has it, too.
 */
#ifndef VMRUN_CPUID_KVM_H
#define VMRUN_CPUID_KVM_H

#include <vmx/cpuid.h>	/* the module's: its list is the one list of what is offered */

/**
 * cpuid_for_kvm() - offer the same as vmring
 * @entries: what KVM supports; then what is offered; room for VMR_MAX_CPUID
 * @count: how many KVM supports
 * @read: executes CPUID
 *
 * Return: how many are offered.
 */
unsigned int cpuid_for_kvm(struct vmr_cpuid_entry *entries, unsigned int count,
			   vmr_cpuid_read read);

#endif
