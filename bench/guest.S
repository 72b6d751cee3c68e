/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the guest's side of each path: batches of round trips, the time before
 * each batch written down. Every path is there twice: with the instruction that
 * exits, and without it, to know what the loop and its preparations cost.
 *
 * The code is copied to GUEST_CODE: it must not refer to its own address. In:
 * BP batches, DI where the times go, BX what comes before the first segment.
 */
#include "guest.h"

#define COMMA ,

	.section .rodata
	.code16

.macro begin name, rounds=GUEST_ROUNDS
	.globl	guest_\name
guest_\name:
1:	rdtsc
	movl	%eax, (%di)
	addw	$4, %di
	movw	$\rounds, %si
2:
.endm

.macro end name
	decw	%si
	jnz	2b
	decw	%bp
	jnz	1b
	rdtsc
	movl	%eax, (%di)
	outb	%al, $GUEST_DONE
3:	hlt
	jmp	3b
	.globl	guest_\name\()_end
guest_\name\()_end:
.endm

#define PATH(name, prepare, instruction)	\
	begin name;				\
	prepare;				\
	instruction;				\
	end name;				\
	begin name##_without;			\
	prepare;				\
	end name##_without

PATH(cpuid, xorl %eax COMMA %eax, cpuid)
PATH(vmcall, movl GUEST_HYPERCALL COMMA %eax, vmcall)
PATH(rdmsr, movl $GUEST_PAT COMMA %ecx, rdmsr)
PATH(pio_out, movw $GUEST_PORT COMMA %dx, outb %al COMMA %dx)
PATH(pio_in, movw $GUEST_PORT COMMA %dx, inb %dx COMMA %al)
/* Real mode's last segment reaches beyond the guest's megabyte: nothing is there. */
PATH(mmio_read, movw $0xffff COMMA %cx; movw %cx COMMA %es, movl %es:GUEST_DEVICE COMMA %eax)
PATH(mmio_write, movw $0xffff COMMA %cx; movw %cx COMMA %es, movl %eax COMMA %es:GUEST_DEVICE)
PATH(ept_fault, addw $0x100 COMMA %bx; movw %bx COMMA %es, movb $1 COMMA %es:0)

/* A large page each time: where, is at GUEST_AT. */
PATH(large_fault, addl $GUEST_LARGE COMMA GUEST_AT; movl GUEST_AT COMMA %ecx,
     movb $1 COMMA %fs:(%ecx))

/*
 * The one page of 1 GB, in the last batch; those before it touch the first page, so that
 * all else that a batch needs is there.
 */
#define HUGE_PAGE	\
	movl $GUEST_HUGE_BATCHES COMMA %ecx; subl %ebp COMMA %ecx; shll $30 COMMA %ecx

	begin	huge_fault, 1
	HUGE_PAGE
	movb	$1, %fs:(%ecx)
	end	huge_fault
	begin	huge_fault_without, 1
	HUGE_PAGE
	end	huge_fault_without

/* Writes to each page, says so, and begins anew. */
	.globl	guest_dirty
guest_dirty:
1:	movw	$GUEST_PAGES / 16, %bx
	movw	$GUEST_DIRTY_PAGES, %cx
2:	movw	%bx, %es
	movb	$1, %es:0
	addw	$0x100, %bx
	decw	%cx
	jnz	2b
	outb	%al, $GUEST_DONE
	jmp	1b
	.globl	guest_dirty_end
guest_dirty_end:

/* The first exit of a VM, and its last. */
	.globl	guest_exit
guest_exit:
	outb	%al, $GUEST_DONE
	.globl	guest_exit_end
guest_exit_end:

	.section .note.GNU-stack, "", @progbits
