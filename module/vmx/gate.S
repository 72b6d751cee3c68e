/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the hand-over of an interrupt that a VM exit has acknowledged. Called by
 * host.c, interrupts off.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>

.section .noinstr.text, "ax"

/*
 * void vmr_gate(unsigned long handler (rdi))
 *
 * Makes the frame that the CPU makes for an interrupt. The handler's IRET returns
 * behind the call, with the stack as it was.
 */
SYM_FUNC_START(vmr_gate)
	push	%rbp
	mov	%rsp, %rbp
	and	$-16, %rsp
	push	$__KERNEL_DS
	push	%rbp
	pushf
	push	$__KERNEL_CS
	CALL_NOSPEC rdi
	/* IRET has done it; objtool doesn't know. */
	mov	%rbp, %rsp
	pop	%rbp
	RET
SYM_FUNC_END(vmr_gate)
