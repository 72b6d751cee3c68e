/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the way into an instruction that is executed with registers of a test's
 * choice, all of them, and back: native_run() loads struct native, goes to its code,
 * and stores what came of it when that arrives at native_back.
 */
#define GPR(n)		native + 8 * (n)(%rip)
#define RFLAGS		native + 128(%rip)
#define CODE		native + 136(%rip)
#define OWN_STACK	native + 144(%rip)
#define VECTORS		native + 160(%rip)

	.text
	.globl native_run, native_back

native_run:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	pushf
	mov	%rsp, OWN_STACK
	lea	VECTORS, %rax
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqu	32 * \n(%rax), %ymm\n
	.endr
	push	RFLAGS
	popf
	mov	GPR(0), %rax
	mov	GPR(1), %rcx
	mov	GPR(2), %rdx
	mov	GPR(3), %rbx
	mov	GPR(5), %rbp
	mov	GPR(6), %rsi
	mov	GPR(7), %rdi
	mov	GPR(8), %r8
	mov	GPR(9), %r9
	mov	GPR(10), %r10
	mov	GPR(11), %r11
	mov	GPR(12), %r12
	mov	GPR(13), %r13
	mov	GPR(14), %r14
	mov	GPR(15), %r15
	mov	GPR(4), %rsp
	jmp	*CODE

native_back:
	mov	%rsp, GPR(4)
	mov	OWN_STACK, %rsp
	mov	%rax, GPR(0)
	mov	%rcx, GPR(1)
	mov	%rdx, GPR(2)
	mov	%rbx, GPR(3)
	mov	%rbp, GPR(5)
	mov	%rsi, GPR(6)
	mov	%rdi, GPR(7)
	mov	%r8, GPR(8)
	mov	%r9, GPR(9)
	mov	%r10, GPR(10)
	mov	%r11, GPR(11)
	mov	%r12, GPR(12)
	mov	%r13, GPR(13)
	mov	%r14, GPR(14)
	mov	%r15, GPR(15)
	pushf
	pop	RFLAGS
	lea	VECTORS, %rax
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	vmovdqu	%ymm\n, 32 * \n(%rax)
	.endr
	vzeroupper
	popf
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
