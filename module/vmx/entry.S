/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the instructions around VM entry and VM exit. Called by run.c, interrupts
 * off.
 */
#include <linux/linkage.h>
#include <asm/alternative.h>
#include <asm/asm.h>
#include <asm/cpufeatures.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include "compat/asm.h"
#include "vmcs/fields.h"
#include "vmx/entry.h"

#define GPR(number)	VMR_ENTRY_GPR(number)(%rdi)

.section .noinstr.text, "ax"

/*
 * int vmr_entry(struct vmr_vcpu *vcpu (rdi), bool launched (sil))
 *
 * The stack while the guest runs, from the top: vcpu, then what a C function has
 * to preserve. HOST_RSP is written only when the stack has moved.
 */
SYM_FUNC_START(vmr_entry)
	push	%rbp
	push	%r15
	push	%r14
	push	%r13
	push	%r12
	push	%rbx
	push	%rdi

	cmp	%rsp, VMR_ENTRY_HOST_RSP(%rdi)
	je	.Lrsp_is_known
	mov	$VMCS_HOST_RSP, %eax
.Lwrite_rsp:
	vmwrite	%rsp, %rax
	jbe	.Lfailed
	mov	%rsp, VMR_ENTRY_HOST_RSP(%rdi)

.Lrsp_is_known:
	/* ZF decides below: MOV leaves the flags alone, and VERW is the first use. */
	testb	%sil, %sil
	mov	GPR(0), %rax
	mov	GPR(1), %rcx
	mov	GPR(2), %rdx
	mov	GPR(3), %rbx
	mov	GPR(5), %rbp
	mov	GPR(6), %rsi
	mov	GPR(8), %r8
	mov	GPR(9), %r9
	mov	GPR(10), %r10
	mov	GPR(11), %r11
	mov	GPR(12), %r12
	mov	GPR(13), %r13
	mov	GPR(14), %r14
	mov	GPR(15), %r15
	mov	GPR(7), %rdi
	jz	.Llaunch

	VMR_CLEAR_CPU_BUFFERS
.Lresume:
	vmresume
	jmp	.Lfailed_with_guest_registers

.Llaunch:
	VMR_CLEAR_CPU_BUFFERS
.Lvmlaunch:
	vmlaunch

.Lfailed_with_guest_registers:
	mov	$VMR_ENTRY_FAILED, %eax
	jmp	.Lreturn
.Lfailed:
	mov	$VMR_ENTRY_FAILED, %eax
	jmp	.Lreturn
.Lfault:
	mov	$VMR_ENTRY_FAULT, %eax
.Lreturn:
	/* What the guest could have left must not steer speculation in the host. */
	xor	%ecx, %ecx
	xor	%edx, %edx
	xor	%esi, %esi
	xor	%r8d, %r8d
	xor	%r9d, %r9d
	xor	%r10d, %r10d
	xor	%r11d, %r11d
	UNWIND_HINT_SAVE
	pop	%rdi
	pop	%rbx
	pop	%r12
	pop	%r13
	pop	%r14
	pop	%r15
	pop	%rbp
	RET

	/* A VM exit arrives here, with HOST_RSP, and the guest's other registers. */
SYM_INNER_LABEL_ALIGN(vmr_entry_arrival, SYM_L_GLOBAL)
	VMR_NOENDBR
	UNWIND_HINT_RESTORE
	push	%rdi
	mov	8(%rsp), %rdi
	mov	%rax, GPR(0)
	mov	%rcx, GPR(1)
	mov	%rdx, GPR(2)
	mov	%rbx, GPR(3)
	mov	%rbp, GPR(5)
	mov	%rsi, GPR(6)
	mov	%r8, GPR(8)
	mov	%r9, GPR(9)
	mov	%r10, GPR(10)
	mov	%r11, GPR(11)
	mov	%r12, GPR(12)
	mov	%r13, GPR(13)
	mov	%r14, GPR(14)
	mov	%r15, GPR(15)
	pop	GPR(7)

	/*
	 * Before the first RET: the guest may have filled the return predictor. A
	 * kernel that sets IBRS fills it at exits, too: so where there is nothing to
	 * do, one jump passes both by.
	 */
	ALTERNATIVE_2 "jmp .Lpredictors_are_right", \
		"", X86_FEATURE_RSB_VMEXIT, "", X86_FEATURE_RSB_VMEXIT_LITE
	FILL_RETURN_BUFFER %rcx, RSB_CLEAR_LOOPS, X86_FEATURE_RSB_VMEXIT, \
			   X86_FEATURE_RSB_VMEXIT_LITE
	/*
	 * IBRS counts from when it is set in the more privileged mode, so that it is
	 * set again where it stayed set.
	 */
	ALTERNATIVE "jmp .Lpredictors_are_right", "", X86_FEATURE_KERNEL_IBRS
	mov	$VMR_ENTRY_SPEC_CTRL, %ecx
	mov	PER_CPU_VAR(x86_spec_ctrl_current), %rax
	mov	%rax, %rdx
	shr	$32, %rdx
	wrmsr
.Lpredictors_are_right:
	VMR_CLEAR_BRANCH_HISTORY
	xor	%eax, %eax
	jmp	.Lreturn

	_ASM_EXTABLE(.Lwrite_rsp, .Lfault)
	_ASM_EXTABLE(.Lresume, .Lfault)
	_ASM_EXTABLE(.Lvmlaunch, .Lfault)
SYM_FUNC_END(vmr_entry)
