/* SPDX-License-Identifier: GPL-2.0 */
/* Owns a vCPU's thread: runs the guest, and acts on its exits. */
#ifndef VMRUN_VCPU_H
#define VMRUN_VCPU_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "backend.h"
#include "exitq.h"

struct vm;

struct vcpu {
	/* Constant after vcpu_create() */
	struct vm *vm;
	const struct backend *backend_ops;
	struct backend_vcpu *backend;
	bool served;			/* another thread takes its exits */
	pthread_t thread;
	pthread_cond_t wake;
	/* By the devices' lock */
	struct exitq_source exits;
	bool intr;			/* the PIC's wire */
	bool halted;			/* its exit is a HLT, which stands */
	bool dump;			/* its registers are to be shown when it has stopped */
	uint64_t synchronous[VMR_EXIT_REASONS], posted[VMR_EXIT_REASONS];
	uint64_t drains[VMR_DRAIN_HALT + 1];
};

/**
 * vcpu_create() - a vCPU that has its CPUID, and doesn't run yet
 * @vcpu: what is filled in
 * @vm: whose
 *
 * Return: 0, or -1.
 */
int vcpu_create(struct vcpu *vcpu, struct vm *vm);

/**
 * vcpu_destroy() - the end of it
 * @vcpu: not running
 */
void vcpu_destroy(struct vcpu *vcpu);

/**
 * vcpu_start() - run it in a thread of its own, until the VM ends
 * @vcpu: its registers are set
 *
 * Return: 0, or -1.
 */
int vcpu_start(struct vcpu *vcpu);

/**
 * vcpu_join() - wait until its thread is gone
 * @vcpu: whose VM has ended
 */
void vcpu_join(struct vcpu *vcpu);

/**
 * vcpu_set_intr() - the PIC's wire changes
 * @vcpu: where it leads
 * @level: what is on it
 *
 * Context: any thread, by the devices' lock.
 */
void vcpu_set_intr(struct vcpu *vcpu, bool level);

/**
 * vcpu_kick() - have it look whether the VM has ended
 * @vcpu: the vCPU
 *
 * Context: any thread, by the devices' lock.
 */
void vcpu_kick(struct vcpu *vcpu);

/**
 * vcpu_dump() - its registers, for a person
 * @vcpu: not in RUN
 */
void vcpu_dump(struct vcpu *vcpu);

/**
 * vcpu_stats() - its exits, for a person
 * @vcpu: not running
 * @to: where they are printed
 */
void vcpu_stats(struct vcpu *vcpu, FILE *to);

#endif
