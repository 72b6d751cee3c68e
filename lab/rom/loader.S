/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Option ROM: enters a 64-bit image that the simulator has put into memory
 * before reset, so that no boot loader, disk or decompression costs time. The
 * BIOS calls it late in POST, when E820 and ACPI are there. A second call means
 * that the machine was reset: that is told to the host, and the simulator ends.
 */
#include "../lib/port.h"

#define CMOS_INDEX	0x70
#define CMOS_DATA	0x71
#define CMOS_SEEN	0x7e	/* survives a reset, zero in a new process */
#define SEEN		0xa5
#define E820_BUFFER	0x8000
#define E820_SIZE	20
#define ZP_E820_COUNT	0x1e8
#define ZP_E820		0x2d0
#define SMAP		0x534d4150
#define EFER		0xc0000080

	.code16
	.globl _start
_start:
	.byte 0x55, 0xaa, LAB_ROM_SIZE / 512
	jmp start

	.balign 16
gdt:	.quad 0, 0
	.quad 0x00af9a000000ffff	/* 0x10: 64-bit code */
	.quad 0x00cf92000000ffff	/* 0x18: data */
gdtr:	.word gdtr - gdt - 1
	.long LAB_ROM + gdt

start:
	cli
	cld
	xorw %ax, %ax
	movw %ax, %ds
	movw %ax, %es
	movw %ax, %ss
	movw $0x7c00, %sp

	movb $CMOS_SEEN, %al
	outb %al, $CMOS_INDEX
	inb $CMOS_DATA, %al
	cmpb $SEEN, %al
	je was_reset
	movb $CMOS_SEEN, %al
	outb %al, $CMOS_INDEX
	movb $SEEN, %al
	outb %al, $CMOS_DATA

	xorl %ebx, %ebx			/* E820, one entry at a time */
	xorw %bp, %bp
	movw $E820_BUFFER, %di
1:	movl $0xe820, %eax
	movl $E820_SIZE, %ecx
	movl $SMAP, %edx
	int $0x15
	jc 2f
	cmpl $SMAP, %eax
	jne 2f
	addw $E820_SIZE, %di
	incw %bp
	testl %ebx, %ebx
	jnz 1b
2:
	cli
	inb $0x92, %al			/* A20 */
	orb $2, %al
	andb $0xfe, %al
	outb %al, $0x92
	movb $0xff, %al			/* both PICs quiet */
	outb %al, $0xa1
	outb %al, $0x21

	lgdtl %cs:gdtr
	movzwl %bp, %ebp
	movl $0x20, %eax		/* PAE */
	movl %eax, %cr4
	movl $LAB_TABLES, %eax
	movl %eax, %cr3
	movl $EFER, %ecx
	rdmsr
	orl $0x100, %eax		/* LME */
	wrmsr
	movl $0x80000011, %eax		/* PG, ET, PE */
	movl %eax, %cr0
	ljmpl $0x10, $(LAB_ROM + long_mode)

was_reset:
	movw %cs, %ax
	movw %ax, %ds
	movw $reset_word, %si
	movw $LAB_DATA(LAB_CONTROL), %dx
	movw $(reset_end - reset_word), %cx
	rep outsb
	movw $LAB_FLUSH, %dx
	movb $LAB_CONTROL, %al
	outb %al, %dx
	movw $LAB_EXIT, %dx
	xorb %al, %al
	outb %al, %dx
3:	hlt
	jmp 3b
reset_word:
	.ascii "reset\n"
reset_end:

	.code64
long_mode:
	movl $0x18, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	movl $LAB_ZEROPAGE, %eax
	movb %bpl, ZP_E820_COUNT(%rax)
	leal ZP_E820(%rax), %edi
	movl $E820_BUFFER, %esi
	imull $E820_SIZE, %ebp, %ecx
	rep movsb
	movl $0x7c00, %esp
	movl $LAB_ZEROPAGE, %esi
	xorl %ebp, %ebp
	xorl %edi, %edi
	xorl %ebx, %ebx
	movl $LAB_ENTRY, %eax
	jmp *(%rax)

	.org LAB_ROM_SIZE - 1
checksum:
	.byte 0			/* lab/host/mkrom makes the sum of all bytes zero */
