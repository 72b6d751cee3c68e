/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the ioctls that get and set a vCPU's FPU. For core/vcpu.c.
 */
#ifndef VMR_CORE_XSAVE_H
#define VMR_CORE_XSAVE_H

#include <linux/compiler_types.h>

struct vmr_vcpu;

/**
 * vmr_xsave_get() - VMR_GET_XSAVE
 * @vcpu: the vCPU
 * @arg: struct vmr_xsave
 *
 * Context: Process, vcpu->mutex held.
 * Return: the ioctl's.
 */
long vmr_xsave_get(struct vmr_vcpu *vcpu, void __user *arg);

/**
 * vmr_xsave_set() - VMR_SET_XSAVE
 * @vcpu: the vCPU
 * @arg: struct vmr_xsave
 *
 * Context: Process, vcpu->mutex held.
 * Return: the ioctl's.
 */
long vmr_xsave_set(struct vmr_vcpu *vcpu, void __user *arg);

#endif
