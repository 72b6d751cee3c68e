/* SPDX-License-Identifier: GPL-2.0 */
/* Owns the switch to a guest and back. */

	.macro	each_register op
	\op	%rax, 0
	\op	%rbx, 8
	\op	%rcx, 16
	\op	%rdx, 24
	\op	%rsi, 32
	\op	%rbp, 48
	\op	%r8, 56
	\op	%r9, 64
	\op	%r10, 72
	\op	%r11, 80
	\op	%r12, 88
	\op	%r13, 96
	\op	%r14, 104
	\op	%r15, 112
	.endm

	.macro	load_register reg, offset
	mov	\offset(%rdi), \reg
	.endm

	.macro	store_register reg, offset
	mov	\reg, \offset(%rdi)
	.endm

/*
 * u32 vmx_enter(struct guest *guest, bool launched)
 * Returns 0 after an exit, 1 or 2 when the entry failed without or with an
 * error number in the VMCS.
 */
	.text
	.globl	vmx_enter, vmx_exit
vmx_enter:
	.irp	reg, rbx, rbp, r12, r13, r14, r15, rdi
	push	%\reg
	.endr
	mov	$0x6c14, %eax		/* VMCS_HOST_RSP */
	vmwrite	%rsp, %rax
	test	%sil, %sil
	each_register load_register
	mov	40(%rdi), %rdi
	jnz	1f
	vmlaunch
	jmp	2f
1:	vmresume
2:	pop	%rdi
	mov	$2, %eax
	jz	3f
	mov	$1, %eax
3:	jmp	4f

vmx_exit:
	push	%rdi
	mov	8(%rsp), %rdi
	each_register store_register
	pop	40(%rdi)
	pop	%rdi
	xor	%eax, %eax
4:	.irp	reg, r15, r14, r13, r12, rbp, rbx
	pop	%\reg
	.endr
	ret
	.section .note.GNU-stack, "", @progbits
