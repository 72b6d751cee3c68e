/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns one CPU's VMX operation: its VMXON region, whether VMX is on there, and
 * why not. vmx/cpu.c decides when; everyone may ask.
 */
#ifndef VMR_VMX_VMXON_H
#define VMR_VMX_VMXON_H

#include <linux/types.h>

/* Long enough for vmr_vmxon_describe(). */
#define VMR_VMXON_LINE		200

/**
 * enum vmr_vmxon_state - a CPU and VMX operation
 * @VMR_VMXON_OFF: never entered, or left in good order
 * @VMR_VMXON_ON: this CPU can run a guest
 * @VMR_VMXON_UNLOCKED: IA32_FEATURE_CONTROL isn't locked
 * @VMR_VMXON_LOCKED_OFF: IA32_FEATURE_CONTROL is locked with VMX off
 * @VMR_VMXON_HELD: CR4.VMXE was set already
 * @VMR_VMXON_FRED: CR4.FRED is set
 * @VMR_VMXON_UNREADABLE: an MSR couldn't be read
 * @VMR_VMXON_DIFFERENT: other capabilities than the first CPU's
 * @VMR_VMXON_BAD_CR0: CR0 has a bit that VMX operation doesn't allow
 * @VMR_VMXON_BAD_CR4: the same of CR4
 * @VMR_VMXON_FAULT: VMXON raised an exception
 * @VMR_VMXON_FAILED: VMXON said VMfail
 * @VMR_VMXON_STATES: how many there are
 *
 *	OFF or any failure -enter-> ON, or a failure ; ON -leave-> OFF
 */
enum vmr_vmxon_state {
	VMR_VMXON_OFF,
	VMR_VMXON_ON,
	VMR_VMXON_UNLOCKED,
	VMR_VMXON_LOCKED_OFF,
	VMR_VMXON_HELD,
	VMR_VMXON_FRED,
	VMR_VMXON_UNREADABLE,
	VMR_VMXON_DIFFERENT,
	VMR_VMXON_BAD_CR0,
	VMR_VMXON_BAD_CR4,
	VMR_VMXON_FAULT,
	VMR_VMXON_FAILED,
	VMR_VMXON_STATES,
};

/**
 * vmr_vmxon_init() - allocate the VMXON regions of all CPUs
 *
 * Of possible CPUs, not only of those present: on 6.1 a CPU comes online
 * through a callback that can't allocate.
 *
 * Context: Process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmr_vmxon_init(void);

/**
 * vmr_vmxon_exit() - free the VMXON regions
 *
 * Context: Process; VMX is off on every CPU.
 */
void vmr_vmxon_exit(void);

/**
 * vmr_vmxon_enter() - enter VMX operation on this CPU
 *
 * Does nothing where it is on already.
 *
 * Context: Any but NMI, not to be migrated.
 * Return: VMR_VMXON_ON or the reason why not, which is kept for
 *	   vmr_vmxon_describe().
 */
enum vmr_vmxon_state vmr_vmxon_enter(void);

/**
 * vmr_vmxon_leave() - leave VMX operation on this CPU
 *
 * Does nothing where vmring didn't enter it.
 *
 * Context: Any but NMI, not to be migrated.
 */
void vmr_vmxon_leave(void);

/**
 * vmr_vmxon_emergency() - leave VMX operation whatever happened before
 *
 * Trusts the hardware only: the CPU may have been stopped anywhere, in the
 * middle of vmr_vmxon_enter() too.
 *
 * Context: Any, NMI too; the machine is about to be stopped.
 */
void vmr_vmxon_emergency(void);

/**
 * vmr_vmxon_state() - ask for a CPU's state
 * @cpu: which
 *
 * Context: Any. Unless it is asked on that CPU with interrupts off, the answer
 * may be old.
 * Return: its state.
 */
enum vmr_vmxon_state vmr_vmxon_state(unsigned int cpu);

/**
 * vmr_vmxon_errno() - the errno for a state
 * @state: any
 *
 * Context: Any.
 * Return: 0 for VMR_VMXON_ON, else a negative errno.
 */
int vmr_vmxon_errno(enum vmr_vmxon_state state);

/**
 * vmr_vmxon_describe() - say how it stands with VMX on a CPU, and what helps
 * @cpu: which
 * @line: where to, VMR_VMXON_LINE bytes do
 * @size: of @line
 *
 * Context: Any.
 */
void vmr_vmxon_describe(unsigned int cpu, char *line, int size);

#endif
