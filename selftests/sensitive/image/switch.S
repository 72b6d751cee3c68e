/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the ways from C, which runs in 32-bit protected mode with paging (PAE), into a
 * case's code in each mode, and back by the trap that ends it. In: the registers at
 * CONTEXT + IN. Out: those of the trap at CONTEXT + OUT; tables and control registers
 * are the caller's to put back.
 */
#include "layout.h"

#define GPR(n)		(8 * (n))
#define TO(x)		CONTEXT + IN + x
#define FROM(x)		CONTEXT + OUT + x
#define EFLAGS_VM	0x20000
#define PG		0x80000000
#define EFER		0xc0000080
#define EFER_ON		0x901		/* NXE, LME, SCE */
#define LME		0x100
#define CR4_PCIDE	0x20000

	.section .note.GNU-stack, "", @progbits
	.text
	.code32

.macro has_error vector
	.set	pushes, \vector == 8 || (\vector >= 10 && \vector <= 14) || \vector == 17
.endm

.macro leave_c
	push	%ebp
	push	%ebx
	push	%esi
	push	%edi
	mov	%esp, CONTEXT + HOME_ESP
.endm

.macro return_to_c
	mov	$DS32, %eax
	mov	%eax, %ss
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	CONTEXT + HOME_ESP, %esp
	pop	%edi
	pop	%esi
	pop	%ebx
	pop	%ebp
	cld
	ret
.endm

/* All but ESP, by way of a segment that is flat. */
.macro load_gprs32 via
	mov	\via:TO(GPR(0)), %eax
	mov	\via:TO(GPR(1)), %ecx
	mov	\via:TO(GPR(2)), %edx
	mov	\via:TO(GPR(3)), %ebx
	mov	\via:TO(GPR(5)), %ebp
	mov	\via:TO(GPR(6)), %esi
	mov	\via:TO(GPR(7)), %edi
.endm

/* void enter_32(u32 stack_base): 16 and 32 bits, virtual-8086 mode */
	.globl	enter_32
enter_32:
	mov	4(%esp), %edx
	leave_c
	testl	$EFLAGS_VM, TO(RFLAGS)
	jnz	1f
	testl	$3, TO(SEG_CS)
	jz	2f
	/* To another ring: the stack is part of what IRET takes. */
	push	TO(SEG_SS)
	push	TO(GPR(4))
	push	TO(RFLAGS)
	push	TO(SEG_CS)
	push	TO(RIP)
	jmp	3f
1:	push	TO(SEG_GS)
	push	TO(SEG_FS)
	push	TO(SEG_DS)
	push	TO(SEG_ES)
	push	TO(SEG_SS)
	push	TO(GPR(4))
	push	TO(RFLAGS)
	push	TO(SEG_CS)
	push	TO(RIP)
	load_gprs32 %cs
	iret
	/* To ring 0: what IRET takes is on the case's own stack. */
2:	mov	TO(GPR(4)), %ecx
	sub	$12, %ecx
	mov	TO(RIP), %eax
	mov	%eax, (%edx, %ecx)
	mov	TO(SEG_CS), %eax
	mov	%eax, 4(%edx, %ecx)
	mov	TO(RFLAGS), %eax
	mov	%eax, 8(%edx, %ecx)
	mov	TO(SEG_SS), %eax
	mov	%eax, %ss
	mov	%ecx, %esp
3:	mov	TO(SEG_ES), %eax
	mov	%eax, %es
	mov	TO(SEG_FS), %eax
	mov	%eax, %fs
	mov	TO(SEG_GS), %eax
	mov	%eax, %gs
	mov	TO(SEG_DS), %eax
	mov	%eax, %ds
	load_gprs32 %cs
	iret

/* Sixteen bytes for each vector; they leave error code and vector on the stack. */
	.balign	16
	.globl	stubs32
stubs32:
	vector = 0
	.rept	256
	.balign	16
	has_error vector
	.if !pushes
	push	$0
	.endif
	push	$vector
	jmp	trap32
	vector = vector + 1
	.endr

/*
 * On the stack: DS, EAX, vector, error, EIP, CS, EFLAGS, and from another ring ESP,
 * SS. A case in ring 0 traps on its own stack, in whatever SS it has left.
 */
trap32:
	push	%eax
	push	%ds
	mov	$DS32, %eax
	mov	%eax, %ds
	mov	%ecx, FROM(GPR(1))
	mov	%edx, FROM(GPR(2))
	mov	%ebx, FROM(GPR(3))
	mov	%ebp, FROM(GPR(5))
	mov	%esi, FROM(GPR(6))
	mov	%edi, FROM(GPR(7))
	mov	%es, FROM(SEG_ES)
	mov	%fs, FROM(SEG_FS)
	mov	%gs, FROM(SEG_GS)
	mov	%ss, FROM(SEG_SS)
	mov	%ss:(%esp), %eax
	mov	%ax, FROM(SEG_DS)
	mov	%ss:4(%esp), %eax
	mov	%eax, FROM(GPR(0))
	mov	%ss:8(%esp), %eax
	movzbl	%al, %eax
	mov	%eax, FROM(VECTOR)
	mov	%ss:12(%esp), %eax
	mov	%eax, FROM(ERROR)
	mov	%ss:16(%esp), %eax
	mov	%eax, FROM(RIP)
	mov	%ss:20(%esp), %eax
	mov	%ax, FROM(SEG_CS)
	mov	%ss:24(%esp), %eax
	mov	%eax, FROM(RFLAGS)
	test	$EFLAGS_VM, %eax
	jnz	1f
	testl	$3, FROM(SEG_CS)
	jnz	2f
	lea	28(%esp), %eax
	mov	%eax, FROM(GPR(4))
	return_to_c
1:	mov	%ss:36(%esp), %eax
	mov	%ax, FROM(SEG_ES)
	mov	%ss:40(%esp), %eax
	mov	%ax, FROM(SEG_DS)
	mov	%ss:44(%esp), %eax
	mov	%ax, FROM(SEG_FS)
	mov	%ss:48(%esp), %eax
	mov	%ax, FROM(SEG_GS)
2:	mov	%ss:28(%esp), %eax
	mov	%eax, FROM(GPR(4))
	mov	%ss:32(%esp), %eax
	mov	%ax, FROM(SEG_SS)
	return_to_c

/* void enter_64(u32 pml4, u32 pdpt): 64 bits and compatibility mode */
	.globl	enter_64
enter_64:
	mov	4(%esp), %edx
	mov	8(%esp), %eax
	mov	%eax, home_cr3
	leave_c
	mov	%cr0, %ebx
	mov	%ebx, %eax
	and	$~PG, %eax
	mov	%eax, %cr0
	mov	%edx, %cr3
	mov	$EFER, %ecx
	rdmsr
	or	$EFER_ON, %eax
	wrmsr
	mov	%ebx, %cr0
	lidt	idtr64
	mov	$TR64, %eax
	ltr	%ax
	mov	ldt_of_case, %eax
	lldt	%ax
	ljmp	$CS64, $1f
	.code64
1:	mov	TO(SEG_ES), %eax
	mov	%eax, %es
	mov	TO(SEG_FS), %eax
	mov	%eax, %fs
	mov	TO(SEG_GS), %eax
	mov	%eax, %gs
	mov	TO(SEG_DS), %eax
	mov	%eax, %ds
	mov	%esp, %esp
	push	TO(SEG_SS)
	push	TO(GPR(4))
	push	TO(RFLAGS)
	push	TO(SEG_CS)
	push	TO(RIP)
	mov	TO(GPR(0)), %rax
	mov	TO(GPR(1)), %rcx
	mov	TO(GPR(2)), %rdx
	mov	TO(GPR(3)), %rbx
	mov	TO(GPR(5)), %rbp
	mov	TO(GPR(6)), %rsi
	mov	TO(GPR(7)), %rdi
	mov	TO(GPR(8)), %r8
	mov	TO(GPR(9)), %r9
	mov	TO(GPR(10)), %r10
	mov	TO(GPR(11)), %r11
	mov	TO(GPR(12)), %r12
	mov	TO(GPR(13)), %r13
	mov	TO(GPR(14)), %r14
	mov	TO(GPR(15)), %r15
	iretq

	.balign	16
	.globl	stubs64
stubs64:
	vector = 0
	.rept	256
	.balign	16
	has_error vector
	.if !pushes
	push	$0
	.endif
	push	$vector
	jmp	trap64
	vector = vector + 1
	.endr

/* On the stack: vector, error, RIP, CS, RFLAGS, RSP, SS. */
trap64:
	mov	%rax, FROM(GPR(0))
	mov	%rcx, FROM(GPR(1))
	mov	%rdx, FROM(GPR(2))
	mov	%rbx, FROM(GPR(3))
	mov	%rbp, FROM(GPR(5))
	mov	%rsi, FROM(GPR(6))
	mov	%rdi, FROM(GPR(7))
	mov	%r8, FROM(GPR(8))
	mov	%r9, FROM(GPR(9))
	mov	%r10, FROM(GPR(10))
	mov	%r11, FROM(GPR(11))
	mov	%r12, FROM(GPR(12))
	mov	%r13, FROM(GPR(13))
	mov	%r14, FROM(GPR(14))
	mov	%r15, FROM(GPR(15))
	mov	%ds, %eax
	mov	%eax, FROM(SEG_DS)
	mov	%es, %eax
	mov	%eax, FROM(SEG_ES)
	mov	%fs, %eax
	mov	%eax, FROM(SEG_FS)
	mov	%gs, %eax
	mov	%eax, FROM(SEG_GS)
	pop	%rax
	movzbl	%al, %eax
	mov	%rax, FROM(VECTOR)
	pop	FROM(ERROR)
	pop	FROM(RIP)
	pop	FROM(SEG_CS)
	pop	FROM(RFLAGS)
	pop	FROM(GPR(4))
	pop	FROM(SEG_SS)
	push	$CS32
	mov	$1f, %eax
	push	%rax
	lretq
	.code32
1:	mov	$DS32, %eax
	mov	%eax, %ds
	/* Paging can't be switched off with it. */
	mov	%cr4, %eax
	test	$CR4_PCIDE, %eax
	jz	2f
	and	$~CR4_PCIDE, %eax
	mov	%eax, %cr4
2:	mov	%cr0, %ebx
	and	$~PG, %ebx
	mov	%ebx, %cr0
	mov	$EFER, %ecx
	rdmsr
	and	$~LME, %eax
	wrmsr
	mov	home_cr3, %eax
	mov	%eax, %cr3
	or	$PG, %ebx
	mov	%ebx, %cr0
	return_to_c

/* void enter_real(u32 pdpt) */
	.globl	enter_real
enter_real:
	mov	4(%esp), %eax
	mov	%eax, home_cr3
	leave_c
	mov	%cr0, %eax
	mov	%eax, home_cr0
	and	$~PG, %eax
	mov	%eax, %cr0
	lidt	ivtr
	ljmp	$CS16, $(REAL_CODE - LOW)

/* Copied to REAL_CODE. */
#define HERE(label)	(REAL_CODE - LOW + (label) - real_code)
#define REAL_TO(x)	(CONTEXT - LOW + IN + x)
#define REAL_FROM(x)	(CONTEXT - LOW + OUT + x)

	.globl	real_code, real_code_end
	.code16
real_code:
	mov	$DS16, %ax
	mov	%ax, %ds
	mov	%ax, %es
	mov	%ax, %ss
	mov	%ax, %fs
	mov	%ax, %gs
	mov	%cr0, %eax
	and	$~1, %al
	mov	%eax, %cr0
	ljmp	$LOW_SEGMENT, $HERE(1f)
1:	mov	$LOW_SEGMENT, %ax
	mov	%ax, %ds
	mov	REAL_TO(SEG_SS), %ss
	mov	REAL_TO(GPR(4)), %esp
	pushw	REAL_TO(RFLAGS)
	pushw	REAL_TO(SEG_CS)
	pushw	REAL_TO(RIP)
	mov	REAL_TO(SEG_ES), %es
	mov	REAL_TO(SEG_FS), %fs
	mov	REAL_TO(SEG_GS), %gs
	mov	REAL_TO(GPR(0)), %eax
	mov	REAL_TO(GPR(1)), %ecx
	mov	REAL_TO(GPR(2)), %edx
	mov	REAL_TO(GPR(3)), %ebx
	mov	REAL_TO(GPR(5)), %ebp
	mov	REAL_TO(GPR(6)), %esi
	mov	REAL_TO(GPR(7)), %edi
	mov	REAL_TO(SEG_DS), %ds
	iretw

	.balign	8
	.globl	real_stubs
real_stubs:
	vector = 0
	.rept	256
	.balign	8
	.if vector < 128
	pushw	$vector
	.else
	pushw	$(vector - 256)
	.endif
	jmp	trap16
	vector = vector + 1
	.endr

/* On the stack: DS, vector, IP, CS, flags. */
trap16:
	pushw	%ds
	pushw	%cs
	popw	%ds
	mov	%eax, REAL_FROM(GPR(0))
	mov	%ecx, REAL_FROM(GPR(1))
	mov	%edx, REAL_FROM(GPR(2))
	mov	%ebx, REAL_FROM(GPR(3))
	mov	%ebp, REAL_FROM(GPR(5))
	mov	%esi, REAL_FROM(GPR(6))
	mov	%edi, REAL_FROM(GPR(7))
	mov	%es, REAL_FROM(SEG_ES)
	mov	%fs, REAL_FROM(SEG_FS)
	mov	%gs, REAL_FROM(SEG_GS)
	mov	%ss, REAL_FROM(SEG_SS)
	popw	REAL_FROM(SEG_DS)
	popw	%ax
	movzbl	%al, %eax
	mov	%eax, REAL_FROM(VECTOR)
	popw	REAL_FROM(RIP)
	popw	REAL_FROM(SEG_CS)
	popw	REAL_FROM(RFLAGS)
	mov	%esp, REAL_FROM(GPR(4))
	lgdtl	HERE(real_gdtr)
	mov	%cr0, %eax
	or	$1, %al
	mov	%eax, %cr0
	ljmpl	$CS32, $from_real
	.balign	4
real_gdtr:
	.word	GDT_LIMIT
	.long	GDT
real_code_end:

	.code32
from_real:
	mov	$DS32, %eax
	mov	%eax, %ds
	mov	home_cr3, %eax
	mov	%eax, %cr3
	mov	home_cr0, %eax
	mov	%eax, %cr0
	return_to_c

	.section .rodata
	.balign	8
idtr64:	.word	0xfff
	.long	IDT64, 0
ivtr:	.word	0x3ff
	.long	IVT

	.bss
	.balign	4
home_cr3:
	.skip	4
home_cr0:
	.skip	4
	.globl	ldt_of_case
ldt_of_case:
	.skip	4
