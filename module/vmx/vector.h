/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the vector registers of a guest whose FPU state is the current thread's, as
 * between the beginning and the end of RUN. For vmx/exit_mmio.c.
 */
#ifndef VMR_VMX_VECTOR_H
#define VMR_VMX_VECTOR_H

#include <linux/types.h>

/**
 * vmr_vector_read() - read a vector register
 * @reg: which, 0 to 15
 * @buf: where to
 * @size: 16, or 32 where the CPU has AVX
 *
 * Context: Process, the vCPU's thread in RUN.
 */
void vmr_vector_read(u8 reg, void *buf, u8 size);

/**
 * vmr_vector_write() - write a vector register
 * @reg: which, 0 to 15
 * @buf: from where
 * @size: 16, or 32 where the CPU has AVX
 * @vex: what is above becomes 0, as a VEX-encoded instruction does; else it stays
 *
 * Context: Process, the vCPU's thread in RUN.
 */
void vmr_vector_write(u8 reg, const void *buf, u8 size, bool vex);

#endif
