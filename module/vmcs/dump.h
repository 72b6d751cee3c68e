/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how a VMCS is told to a person: read whole, its errors named.
 * Reading is for the vCPU's thread in a burst; the rest for everyone.
 */
#ifndef VMR_VMCS_DUMP_H
#define VMR_VMCS_DUMP_H

#include <linux/types.h>

struct vmr_vmcs_state;

/**
 * vmr_vmcs_dump() - read the current VMCS, all of it
 * @state: where to; big: not for the stack
 *
 * Context: In a burst.
 */
void vmr_vmcs_dump(struct vmr_vmcs_state *state);

/**
 * vmr_vmcs_print() - write a VMCS to the kernel's log, in one block
 * @state: the VMCS
 *
 * Context: Any but NMI; does something in debug builds only, because a guest
 * may be the reason.
 */
#ifdef VMR_DEBUG
void vmr_vmcs_print(const struct vmr_vmcs_state *state);
#else
static inline void vmr_vmcs_print(const struct vmr_vmcs_state *state)
{
}
#endif

/**
 * vmr_vmcs_error_text() - say what a VM-instruction error means
 * @vm_instruction_error: the value of VMCS_INSTRUCTION_ERROR
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *vmr_vmcs_error_text(u32 vm_instruction_error);

#endif
