/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the entries into the image: from the loader, from the start-up IPI,
 * and from every interrupt vector.
 */
#include "../lib/port.h"

	.section .text.start, "ax"
	.globl	_start
_start:
	cld
	mov	$bss_start, %edi
	mov	$bss_end, %ecx
	sub	%edi, %ecx
	xor	%eax, %eax
	rep stosb
	mov	$boot_stack_end, %esp
	xor	%ebp, %ebp
	call	bare_main
	ud2

	.bss
	.balign	16
	.skip	16384
boot_stack_end:

/*
 * A started CPU begins in real mode at a page below 1 MiB, where smp.c puts
 * this piece. It takes the first CPU's page tables and goes to 64-bit mode at
 * once.
 */
#define TRAMPOLINE 0x8000
#define HERE(label) (TRAMPOLINE + (label) - trampoline)

	.section .rodata
	.globl	trampoline, trampoline_end
	.code16
trampoline:
	cli
	cld
	xor	%ax, %ax
	mov	%ax, %ds
	lgdtl	HERE(tramp_gdtr)
	mov	$0x20, %eax		/* PAE */
	mov	%eax, %cr4
	mov	$LAB_TABLES, %eax	/* the loader's page tables */
	mov	%eax, %cr3
	mov	$0xc0000080, %ecx	/* IA32_EFER */
	rdmsr
	or	$0x100, %eax		/* LME */
	wrmsr
	mov	$0x80000011, %eax	/* PG, ET, PE */
	mov	%eax, %cr0
	ljmpl	$0x10, $HERE(tramp_64)
	.code64
tramp_64:
	mov	$0x18, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	started_stack, %rsp
	mov	$started_main, %eax
	xor	%ebp, %ebp
	call	*%rax
	ud2
	.balign	16
tramp_gdt:
	.quad	0, 0, 0x00af9b000000ffff, 0x00cf93000000ffff
tramp_gdtr:
	.word	. - tramp_gdt - 1
	.long	HERE(tramp_gdt)
trampoline_end:

/*
 * Sixteen bytes per vector; each pushes an error code if the CPU doesn't, and
 * its number.
 */
	.text
	.balign	16
	.globl	trap_stubs
trap_stubs:
	vector = 0
	.rept	256
	.balign	16
	.if	!(vector == 8 || (vector >= 10 && vector <= 14) || \
		  vector == 17 || vector == 21)
	push	$0
	.endif
	push	$vector
	jmp	trap_common
	vector = vector + 1
	.endr

trap_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	.irp	reg, r8, r9, r10, r11, r12, r13, r14, r15
	push	%\reg
	.endr
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap
	mov	%rbp, %rsp
	.irp	reg, r15, r14, r13, r12, r11, r10, r9, r8
	pop	%\reg
	.endr
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	iretq
	.section .note.GNU-stack, "", @progbits
