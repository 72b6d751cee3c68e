/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what becomes of an access where a region says that user space needn't be waited
 * for: an entry, a doorbell, an answer from the mirror. For vmx/exit_io.c and
 * vmx/exit_mmio.c.
 */
#ifndef VMR_RING_POST_H
#define VMR_RING_POST_H

#include <linux/types.h>

struct vmr_vcpu;

/* What an access of more than eight bytes has, the first eight included. */
#define VMR_POST_WORDS	4

/**
 * vmr_post_write() - do what a region says of a write
 * @vcpu: the calling thread's vCPU
 * @mmio: it is one to a guest-physical address, else to a port
 * @addr: its first
 * @size: bytes, 1 to 32
 * @value: its first eight bytes, zeroes behind
 * @wide: all of its bytes, zeroes behind up to VMR_POST_WORDS; NULL for up to eight
 *
 * Context: In a burst, or under rcu_read_lock().
 * Return: true if it is done; false: it is a synchronous exit.
 */
bool vmr_post_write(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size, u64 value,
		    const u64 *wide);

/**
 * vmr_post_read() - do what a region says of a read
 * @vcpu: the calling thread's vCPU
 * @mmio: it is one to a guest-physical address, else to a port
 * @addr: its first
 * @size: bytes, 1 to 32
 * @data: VMR_POST_WORDS zeroes; gets what is read
 *
 * Context: In a burst, or under rcu_read_lock().
 * Return: true if it is answered; false: it is a synchronous exit.
 */
bool vmr_post_read(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size, u64 *data);

/**
 * vmr_post_region() - in which region an access is
 * @vcpu: the calling thread's vCPU
 * @mmio: it is one to a guest-physical address, else to a port
 * @addr: its first
 * @size: bytes
 *
 * Context: Process.
 * Return: the region's number, 0 for none.
 */
u32 vmr_post_region(struct vmr_vcpu *vcpu, bool mmio, u64 addr, u8 size);

#endif
