/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the counters of VMs and vCPUs in debugfs. For core/vm.c and core/vcpu.c.
 *
 *	vmring/PID-NUMBER/memory	of the VM's EPT
 *	vmring/PID-NUMBER/vcpuID	what the read-only part of the area has, too
 */
#ifndef VMR_CORE_STATS_H
#define VMR_CORE_STATS_H

struct vmr_vcpu;
struct vmr_vm;

/**
 * vmr_stats_add_vm() - make a VM's folder appear
 * @vm: a new VM of the calling process
 *
 * A kernel without debugfs, or a debugfs that fails, costs the folder only.
 *
 * Context: Process, may sleep.
 */
void vmr_stats_add_vm(struct vmr_vm *vm);

/**
 * vmr_stats_add_vcpu() - make a vCPU's file appear in it
 * @vcpu: a new vCPU
 *
 * Context: Process, may sleep.
 */
void vmr_stats_add_vcpu(struct vmr_vcpu *vcpu);

/**
 * vmr_stats_remove_vm() - make the folder and all in it disappear
 * @vm: the VM, about to be destroyed
 *
 * Context: Process; waits for readers.
 */
void vmr_stats_remove_vm(struct vmr_vm *vm);

#endif
