/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns VMs: their files, their life, their ioctls. For core/.
 */
#ifndef VMR_CORE_VM_H
#define VMR_CORE_VM_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct vmr_vm;

/**
 * vmr_vm_create() - VMR_CREATE_VM
 * @arg: struct vmr_create_vm in user space
 *
 * Context: Process.
 * Return: the VM's file descriptor, or a negative errno.
 */
long vmr_vm_create(void __user *arg);

/**
 * vmr_vm_get() - hold a VM
 * @vm: held by the caller otherwise
 *
 * Context: Any.
 */
void vmr_vm_get(struct vmr_vm *vm);

/**
 * vmr_vm_put() - let go of a VM; the last one destroys it
 * @vm: the VM
 *
 * Context: Process, may sleep.
 */
void vmr_vm_put(struct vmr_vm *vm);

/**
 * vmr_vm_is_ours() - whether the calling process may use a VM
 * @vm: the VM
 *
 * Context: Process.
 * Return: true if it made the VM.
 */
bool vmr_vm_is_ours(const struct vmr_vm *vm);

#endif
