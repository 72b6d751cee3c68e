/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns vCPUs: their files, their life, their ioctls. For core/.
 */
#ifndef VMR_CORE_VCPU_H
#define VMR_CORE_VCPU_H

#include <linux/compiler_types.h>

struct vmr_vm;

/**
 * vmr_vcpu_create() - VMR_CREATE_VCPU
 * @vm: the caller's VM
 * @arg: struct vmr_create_vcpu in user space
 *
 * Context: Process.
 * Return: the vCPU's file descriptor, or a negative errno.
 */
long vmr_vcpu_create(struct vmr_vm *vm, void __user *arg);

/**
 * vmr_vcpus_free() - free the vCPUs of a VM that nobody uses any more
 * @vm: the VM
 *
 * Context: Process; all of their files are closed.
 */
void vmr_vcpus_free(struct vmr_vm *vm);

#endif
