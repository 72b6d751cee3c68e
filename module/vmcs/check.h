/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the rules by which a CPU judges a VMCS at VM entry: the manual's chapter
 * "VM Entries" from "Checks on VMX Controls" to "Checks on Guest
 * Page-Directory-Pointer-Table Entries", as a function of a VMCS's contents.
 * Pure: no state, no kernel dependency; selftests/unit compiles it in user
 * space.
 */
#ifndef VMR_VMCS_CHECK_H
#define VMR_VMCS_CHECK_H

#include <linux/types.h>

#include "vmcs/fields.h"
#include "vmx/caps.h"

/**
 * struct vmr_vmcs_state - a VMCS, and what else the rules look at
 * @value: the fields' values, in the order of vmr_vmcs_fields; 0 where
 *	   @exists is false
 * @exists: whether this CPU has that field
 * @physical_width: bits of a physical address (CPUID.80000008H:EAX[7:0])
 * @linear_width: bits of a linear address, 48 or 57, as the CPU supports it
 * @vmcs: physical address of the VMCS itself
 * @host_efer: IA32_EFER as it is now
 * @perf_global_ctrl: bits that IA32_PERF_GLOBAL_CTRL has, 0 without the MSR
 * @virtual_tpr: byte 80H of the virtual-APIC page, if it is used
 * @has_sgx: the CPU has SGX
 * @has_rtm: it has restricted transactional memory
 * @has_bus_lock_debug: it can raise #DB for a bus lock
 * @smm: the CPU is in system-management mode (never, with vmring)
 */
struct vmr_vmcs_state {
	u64 value[VMR_VMCS_FIELDS];
	bool exists[VMR_VMCS_FIELDS];
	u8 physical_width;
	u8 linear_width;
	u64 vmcs;
	u64 host_efer;
	u64 perf_global_ctrl;
	u8 virtual_tpr;
	bool has_sgx;
	bool has_rtm;
	bool has_bus_lock_debug;
	bool smm;
};

/**
 * vmr_vmcs_state_get() - look a field up
 * @state: where
 * @field: VMCS_...
 *
 * Context: Any.
 * Return: its value, 0 if it isn't there.
 */
u64 vmr_vmcs_state_get(const struct vmr_vmcs_state *state, u32 field);

/**
 * vmr_vmcs_state_set() - change a field
 * @state: where
 * @field: VMCS_..., must be one
 * @value: what
 *
 * Context: Any.
 */
void vmr_vmcs_state_set(struct vmr_vmcs_state *state, u32 field, u64 value);

/**
 * struct vmr_vmcs_fault - why a VM entry fails
 * @field: the field that is wrong, VMCS_...
 * @rule: the rule that it violates, a sentence
 */
struct vmr_vmcs_fault {
	u32 field;
	const char *rule;
};

/**
 * vmr_vmcs_check() - judge a VMCS as a VM entry does
 * @state: the VMCS
 * @caps: the CPU
 * @fault: the first violated rule, in the manual's order; untouched if there is
 *	   none
 *
 * Not judged is what depends on more than @state: memory that the VMCS points to
 * (MSR areas, the shadow VMCS, the page-directory pointers without EPT), MSRs of
 * Intel PT, and FRED, which vmring refuses.
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check(const struct vmr_vmcs_state *state,
		    const struct vmr_caps *caps, struct vmr_vmcs_fault *fault);

/**
 * vmr_vmcs_check_registers() - judge the guest's registers and event alone
 * @state: the VMCS: the control words, the event to inject, the guest-state area
 * @caps: the CPU
 * @fault: as vmr_vmcs_check()
 *
 * Context: Any.
 * Return: true if no rule is violated.
 */
bool vmr_vmcs_check_registers(const struct vmr_vmcs_state *state,
			      const struct vmr_caps *caps,
			      struct vmr_vmcs_fault *fault);

#endif
