/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the entry into the image: from a multiboot loader in 32 bits, from the lab's
 * loader in 64 bits.
 */
	.section .note.GNU-stack, "", @progbits

#define MAGIC	0x1badb002
#define FLAGS	0x00000003
#define EFER	0xc0000080
#define LME	0x100
#define PG	0x80000000

	.section .text.start, "ax"
	.code32
	.balign 4
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)

	.globl	_start
_start:
	cli
	cld
	xor	%edx, %edx
	/* INC %edx and NOP; in 64 bits a prefix, and NOP. */
	.byte	0x42, 0x90
	test	%edx, %edx
	jnz	1f

	.code64
	mov	$gdtr, %eax
	lgdt	(%rax)
	mov	$stack_end, %esp
	push	$8
	mov	$from_64, %eax
	push	%rax
	lretq
	.code32
from_64:
	mov	%cr0, %eax
	and	$~PG, %eax
	mov	%eax, %cr0
	mov	$EFER, %ecx
	rdmsr
	and	$~LME, %eax
	wrmsr

1:	lgdt	gdtr
	ljmp	$8, $2f
2:	mov	$0x10, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	mov	%eax, %cr4
	mov	$stack_end, %esp
	mov	$bss_start, %edi
	mov	$bss_end, %ecx
	sub	%edi, %ecx
	rep stosb
	call	main
	ud2

	.section .rodata
	.balign	8
gdt:	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:	.word	gdtr - gdt - 1
	.long	gdt, 0

	/* Not in .bss, which is zeroed while this is in use already. */
	.data
	.balign	16
	.skip	16384
stack_end:
