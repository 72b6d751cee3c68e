// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the vector registers of a guest. Called in the vCPU's thread, between the
 * beginning and the end of RUN.
 */
#include <linux/sched.h>
#include <linux/thread_info.h>
#include <asm/fpu/api.h>

#include "vmx/vector.h"

/* With fpregs_lock() no other code touches the registers, once they are loaded. */
static void lock(void)
{
	fpregs_lock();
	if (test_thread_flag(TIF_NEED_FPU_LOAD))
		switch_fpu_return();
}

/* The register's number is part of the instruction: one of 16. */
#define ON_REGISTER(instruction)					\
	".irp number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t" \
	"cmpb $\\number, %[reg]\n\t"					\
	"jne 1f\n\t"							\
	instruction "\n"						\
	"1:\n\t"							\
	".endr"

static void read_16(u8 reg, u8 (*to)[16])
{
	asm volatile(ON_REGISTER("movups %%xmm\\number, %[to]")
		     : [to] "=m" (*to) : [reg] "q" (reg) : "cc");
}

static void read_32(u8 reg, u8 (*to)[32])
{
	asm volatile(ON_REGISTER("vmovups %%ymm\\number, %[to]")
		     : [to] "=m" (*to) : [reg] "q" (reg) : "cc");
}

static void write_16(u8 reg, const u8 (*from)[16])
{
	asm volatile(ON_REGISTER("movups %[from], %%xmm\\number")
		     : : [from] "m" (*from), [reg] "q" (reg) : "cc");
}

static void write_16_vex(u8 reg, const u8 (*from)[16])
{
	asm volatile(ON_REGISTER("vmovups %[from], %%xmm\\number")
		     : : [from] "m" (*from), [reg] "q" (reg) : "cc");
}

static void write_32(u8 reg, const u8 (*from)[32])
{
	asm volatile(ON_REGISTER("vmovups %[from], %%ymm\\number")
		     : : [from] "m" (*from), [reg] "q" (reg) : "cc");
}

void vmr_vector_read(u8 reg, void *buf, u8 size)
{
	lock();
	if (size == 32)
		read_32(reg, buf);
	else
		read_16(reg, buf);
	fpregs_unlock();
}

void vmr_vector_write(u8 reg, const void *buf, u8 size, bool vex)
{
	lock();
	if (size == 32)
		write_32(reg, buf);
	else if (vex)
		write_16_vex(reg, buf);
	else
		write_16(reg, buf);
	fpregs_unlock();
}
