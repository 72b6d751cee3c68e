/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's handlers of all 256 vectors, for each mode: copied to GUEST_STUBS
 * as they are. Each stub is 16 bytes; what the handlers do is in guest.h.
 */
#include "guest.h"

#define LAST(n)		(GUEST_TRAPS + TRAP_LAST + 8 * (n))

	.section .note.GNU-stack, "", @progbits
	.section .guest, "a", @progbits

/* A stub leaves the error code (or 0) and the vector on the stack. */
.macro stubs common, push
	vector = 0
	.rept 256
	.balign 16
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
	\push	$0
	.endif
	.if vector < 128
	\push	$vector
	.else
	\push	$(vector - 256)
	.endif
	jmp	\common
	vector = vector + 1
	.endr
	.balign 16
.endm

	.code64
	.balign 16
	.globl guest_traps64, guest_traps64_end
guest_traps64:
	stubs	1f, push
1:	push	%rax
	push	%rcx
	movzbl	16(%rsp), %eax
	lock incl GUEST_TRAPS(, %rax, 4)
	mov	%rax, LAST(0)
	mov	24(%rsp), %rcx
	mov	%rcx, LAST(1)
	mov	32(%rsp), %rcx
	mov	%rcx, LAST(2)
	mov	40(%rsp), %rcx
	mov	%rcx, LAST(3)
	mov	48(%rsp), %rcx
	mov	%rcx, LAST(4)
	mov	56(%rsp), %rcx
	mov	%rcx, LAST(5)
	mov	%cr2, %rcx
	mov	%rcx, LAST(6)
	cmp	$1, %eax
	jne	2f
	mov	%dr6, %rcx
	mov	%rcx, LAST(7)
2:	movzbl	GUEST_TRAPS + TRAP_RESUME(%rax), %ecx
	sub	$1, %ecx
	jb	4f
	add	%rcx, 32(%rsp)
3:	pop	%rcx
	pop	%rax
	add	$16, %rsp
	iretq
4:	mov	(%rsp), %rcx
	push	%rdx
	mov	$TRAP_PORT, %edx
	out	%eax, %dx
	pop	%rdx
	jmp	3b
guest_traps64_end:

	.code32
	.balign 16
	.globl guest_traps32, guest_traps32_end
guest_traps32:
	stubs	1f, pushl
	/* By way of SS: virtual-8086 mode leaves no segment in DS. */
1:	push	%eax
	push	%ecx
	movzbl	8(%esp), %eax
	lock incl %ss:GUEST_TRAPS(, %eax, 4)
	mov	%eax, %ss:LAST(0)
	mov	12(%esp), %ecx
	mov	%ecx, %ss:LAST(1)
	mov	16(%esp), %ecx
	mov	%ecx, %ss:LAST(2)
	mov	20(%esp), %ecx
	mov	%ecx, %ss:LAST(3)
	mov	24(%esp), %ecx
	mov	%ecx, %ss:LAST(4)
	lea	28(%esp), %ecx
	mov	%ecx, %ss:LAST(5)
	mov	%cr2, %ecx
	mov	%ecx, %ss:LAST(6)
	cmp	$1, %eax
	jne	2f
	mov	%dr6, %ecx
	mov	%ecx, %ss:LAST(7)
2:	movzbl	%ss:GUEST_TRAPS + TRAP_RESUME(%eax), %ecx
	sub	$1, %ecx
	jb	4f
	add	%ecx, 16(%esp)
3:	pop	%ecx
	pop	%eax
	add	$8, %esp
	iret
4:	mov	(%esp), %ecx
	push	%edx
	mov	$TRAP_PORT, %edx
	out	%eax, %dx
	pop	%edx
	jmp	3b
guest_traps32_end:

/* Real mode: no error codes; a whole 32-bit register of the last trap is kept. */
.macro stubs16 common
	vector = 0
	.rept 256
	.balign 16
	push	%eax
	mov	$vector, %eax
	jmp	\common
	vector = vector + 1
	.endr
	.balign 16
.endm

	.code16
	.balign 16
	.globl guest_traps16, guest_traps16_end
guest_traps16:
	stubs16	1f
1:	push	%ds
	push	%ecx
	push	%bp
	mov	%sp, %bp
	xor	%cx, %cx
	mov	%cx, %ds
	addr32 incl GUEST_TRAPS(, %eax, 4)
	mov	%eax, LAST(0)
	movzwl	12(%bp), %ecx
	mov	%ecx, LAST(2)
	movzwl	14(%bp), %ecx
	mov	%ecx, LAST(3)
	movzwl	16(%bp), %ecx
	mov	%ecx, LAST(4)
	addr32 movzbl GUEST_TRAPS + TRAP_RESUME(%eax), %ecx
	sub	$1, %cx
	jb	4f
	add	%cx, 12(%bp)
3:	pop	%bp
	pop	%ecx
	pop	%ds
	pop	%eax
	iret
4:	mov	2(%bp), %ecx
	push	%dx
	mov	$TRAP_PORT, %dx
	out	%eax, %dx
	pop	%dx
	jmp	3b
guest_traps16_end:
	.code64
