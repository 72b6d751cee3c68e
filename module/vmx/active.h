/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns which VMCSs are active on which CPU, and which one is current there.
 * vmcs/vmcs.c makes them active and clear, vmx/vmxon.c clears what is left
 * before a CPU leaves VMX operation.
 */
#ifndef VMR_VMX_ACTIVE_H
#define VMR_VMX_ACTIVE_H

#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/types.h>

/**
 * struct vmr_active - a VMCS as the CPU that it is active on knows it
 * @phys: physical address of the VMCS; constant after vmr_active_init()
 * @cpu: where it is active, -1 if it is clear. Written by that CPU with
 *	 interrupts off, when it becomes active and when it is cleared
 * @node: in that CPU's list; by the same
 *
 *	CLEAR -load on a CPU-> CURRENT -another is loaded-> ACTIVE
 *	CURRENT or ACTIVE -clear, on that CPU-> CLEAR
 *
 * "Software Use of Virtual-Machine Control Structures".
 */
struct vmr_active {
	phys_addr_t phys;
	int cpu;
	struct list_head node;
};

/* Read and written by the CPU itself, through the functions below. */
DECLARE_PER_CPU(struct vmr_active *, vmr_active_current);

/**
 * vmr_active_start() - have no VMCS active on any CPU
 *
 * Context: Process, once, before VMX is turned on anywhere.
 */
void vmr_active_start(void);

/**
 * vmr_active_init() - make a VMCS known, as a clear one
 * @active: the VMCS
 * @phys: its physical address
 *
 * Context: Any.
 */
void vmr_active_init(struct vmr_active *active, phys_addr_t phys);

/**
 * vmr_active_is_current() - whether a VMCS is this CPU's current one
 * @active: the VMCS
 *
 * Context: Interrupts off.
 * Return: true if VMREAD and VMWRITE on this CPU mean it.
 */
static __always_inline bool
vmr_active_is_current(const struct vmr_active *active)
{
	return this_cpu_read(vmr_active_current) == active;
}

/**
 * vmr_active_load() - make a VMCS active and current on this CPU
 * @active: the VMCS, clear or active here; VMCLEARed at least once
 *
 * Context: Interrupts off.
 * Return: 0, or -EIO if VMX is off here (or the VMCS is none); it is clear then.
 */
int vmr_active_load(struct vmr_active *active);

/**
 * vmr_active_clear() - clear a VMCS, on the CPU that it is active on
 * @active: the VMCS; its user is the caller, who doesn't load it meanwhile
 *
 * Context: Interrupts on; waits for the other CPU.
 */
void vmr_active_clear(struct vmr_active *active);

/**
 * vmr_active_clear_here() - clear every VMCS that is active on this CPU
 *
 * What the CPU holds of them goes back to memory. Called before VMXOFF: in an
 * emergency too, where it may have interrupted any other function of this file.
 *
 * Context: Interrupts off, or NMI.
 */
void vmr_active_clear_here(void);

#endif
