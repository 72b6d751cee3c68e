/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the small guests that show what vmrun does: each a section of its own, which is
 * cut out and loaded as a flat binary. They end by writing to port 0xf4.
 */

#define EXIT		0xf4
#define CONSOLE		0xe9
#define PM1A_CONTROL	0x604
#define LATCH		0x500
#define WINDOW		0xd0000000

	.macro guest name
	.section .text.\name, "ax"
	.endm

	guest exit16
	.code16
	mov $'h', %al
	out %al, $CONSOLE
	mov $'i', %al
	out %al, $CONSOLE
	mov $42, %al
	out %al, $EXIT

	guest exit32
	.code32
	mov $43, %eax
	out %eax, $EXIT

	guest exit64
	.code64
	mov $0x2c00000000, %rax
	shr $32, %rax
	out %eax, $EXIT

	guest off
	.code16
	mov $PM1A_CONTROL, %dx
	mov $0x3400, %ax
	out %ax, %dx
	hlt

	guest reset
	.code16
	mov $'r', %al
	out %al, $CONSOLE
	mov $0xcf9, %dx
	mov $0x06, %al
	out %al, %dx
	hlt

	guest keyboard_reset
	.code16
	mov $0xfe, %al
	out %al, $0x64
	hlt

	guest fast_reset
	.code16
	in $0x92, %al
	or $0x01, %al
	out %al, $0x92
	hlt

	guest halt
	.code16
	cli
	hlt

	guest triple
	.code32
	/* An empty table: neither #BP nor #DF has a gate. */
	call 2f
2:	pop %eax
	lidt 1f - 2b(%eax)
	int3
1:	.word 0
	.long 0

	/* A string to the latch, by bytes, and from it, by words. */
	guest strings
	.code16
	mov %cs, %ax
	mov %ax, %ds
	mov $0x1000, %ax
	mov %ax, %es
	cld
	mov $LATCH, %dx
	mov $4, %cx
	call 2f
2:	pop %si
	add $1f - 2b, %si
	rep outsb
	xor %di, %di
	mov $2, %cx
	rep insw
	mov %es:2, %al		/* the latch's low byte once more: the last one out */
	out %al, $EXIT
1:	.byte 1, 2, 3, 45

	/* Ten ticks of the PIT, each out of HLT. */
	guest timer
	.code16
	xor %ax, %ax
	mov %ax, %ds
	call 0f
0:	pop %bx
	add $tick - 0b, %bx
	mov %bx, 0x20 * 4
	mov %cs, 0x20 * 4 + 2
	mov $0x11, %al
	out %al, $0x20
	mov $0x20, %al
	out %al, $0x21
	mov $0x04, %al
	out %al, $0x21
	mov $0x01, %al
	out %al, $0x21
	mov $0xfe, %al
	out %al, $0x21
	mov $0x34, %al
	out %al, $0x43
	mov $0xa9, %al		/* 1193 Hz / 4: every 4 ms */
	out %al, $0x40
	mov $0x12, %al
	out %al, $0x40
	xor %cx, %cx
1:	sti
	hlt
	cli
	cmp $10, %cx
	jb 1b
	mov %cl, %al
	out %al, $EXIT
tick:	inc %cx
	mov $0x20, %al
	out %al, $0x20
	iret

	/* Every size, across the window's words. */
	guest mmio
	.code64
	mov $WINDOW, %ebx
	movabs $0x8877665544332211, %rax
	mov %rax, 3(%rbx)
	movb $0x99, 4(%rbx)
	movw $0xbbaa, 5(%rbx)
	movl $0xffeeddcc, 7(%rbx)
	mov 3(%rbx), %rcx
	movabs $0xffeeddccbbaa9911, %rdx
	mov $1, %eax
	cmp %rcx, %rdx
	jne 0f
	inc %eax
	movzbl 10(%rbx), %ecx
	cmp $0xff, %ecx
	jne 0f
	inc %eax
	movzwl 5(%rbx), %ecx
	cmp $0xbbaa, %ecx
	jne 0f
	inc %eax
	mov 0x2000(%rbx), %rcx	/* where nobody is */
	cmp $-1, %rcx
	jne 0f
	mov $50, %eax
0:	out %eax, $EXIT

	/* Where nobody is, all ones are read. */
	guest nobody
	.code16
	in $0x99, %al
	cmp $0xff, %al
	jne 0f
	mov $0x5658, %dx
	in %dx, %eax
	cmp $-1, %eax
	jne 0f
	out %al, $0x99
	mov $53, %al
0:	out %al, $EXIT

	/* Goes on where a device is: no instruction is to be had there. */
	guest astray
	.code32
	mov $WINDOW, %eax
	jmp *%eax

	/* The first item of the firmware configuration device, by DMA: a signature. */
	guest dma
	.code32
	call 1f
1:	pop %ebp
	lea 3f - 1b(%ebp), %eax
	bswap %eax
	mov %eax, 2f + 12 - 1b(%ebp)
	lea 2f - 1b(%ebp), %eax
	bswap %eax
	mov $0x518, %edx
	out %eax, %dx
	mov 2f - 1b(%ebp), %eax
	test %eax, %eax			/* over, and well */
	jnz 0f
	lea 3f - 1b(%ebp), %esi
	mov $4, %ecx
	mov $CONSOLE, %edx
	cld
	rep outsb
	mov $54, %eax
0:	out %eax, $EXIT
	.balign 8
2:	.byte 0, 0, 0, 0x0a, 0, 0, 0, 4	/* select 0 and read, 4 bytes; big-endian */
	.quad 0
3:	.long 0

	/*
	 * A multiboot image by its header's addresses: what it is told, and what its
	 * module holds, goes to the debug console.
	 */
	guest multiboot
	.code32
	jmp 1f
	.balign 4
0:	.long 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
	.long 0x200000 + 0b - .text.multiboot, 0x200000, 0, 0, 0x200000
1:	cmp $0x2badb002, %eax
	jne 9f
	mov 16(%ebx), %esi		/* its command line, to the end */
2:	lodsb
	test %al, %al
	jz 3f
	out %al, $CONSOLE
	jmp 2b
3:	mov $'/', %al
	out %al, $CONSOLE
	cmpl $1, 20(%ebx)
	jne 9f
	mov 24(%ebx), %ebx
	mov (%ebx), %esi		/* the module, as long as it is */
	mov 4(%ebx), %ecx
	sub %esi, %ecx
	mov $CONSOLE, %edx
	cld
	rep outsb
	mov $47, %al
	out %al, $EXIT
9:	mov $1, %al
	out %al, $EXIT

	/*
	 * A line for each leaf and subleaf of CPUID: as after a reset, and again with
	 * OSXSAVE and all that XCR0 can have.
	 */
	.macro each_leaf bits
	.code\bits
	call 1f
	.if \bits == 64
1:	pop %rbp
	.else
1:	pop %ebp
	.endif
	cld
2:	lea 90f - 1b(%ebp), %eax
	mov %eax, 80f - 1b(%ebp)		/* the row */
3:	mov 80f - 1b(%ebp), %ebx
	mov (%ebx), %eax
	mov %eax, 81f - 1b(%ebp)		/* the leaf */
4:	movl $0, 82f - 1b(%ebp)			/* the subleaf */
5:	mov 81f - 1b(%ebp), %eax
	mov 82f - 1b(%ebp), %ecx
	cpuid
	mov %eax, 83f - 1b(%ebp)
	mov %ebx, 84f - 1b(%ebp)
	mov %ecx, 85f - 1b(%ebp)
	mov %edx, 86f - 1b(%ebp)
	lea 91f - 1b(%ebp), %edi
	lea 81f - 1b(%ebp), %esi
6:	lodsl					/* six words, in hexadecimal digits */
	mov %eax, %edx
	mov $8, %ecx
7:	rol $4, %edx
	mov %edx, %eax
	and $15, %eax
	cmp $10, %al
	jb 8f
	add $'a' - '9' - 1, %al
8:	add $'0', %al
	stosb
	loop 7b
	mov $' ', %al
	stosb
	lea 87f - 1b(%ebp), %eax
	cmp %eax, %esi
	jb 6b
	movb $'\n', -1(%edi)
	lea 91f - 1b(%ebp), %esi
	mov %edi, %ecx
	sub %esi, %ecx
	mov $CONSOLE, %edx
	rep outsb
	mov 80f - 1b(%ebp), %ebx
	incl 82f - 1b(%ebp)
	mov 82f - 1b(%ebp), %eax
	cmp 8(%ebx), %eax
	jbe 5b
	mov 81f - 1b(%ebp), %eax
	incl 81f - 1b(%ebp)
	cmp 4(%ebx), %eax
	jne 4b
	addl $12, 80f - 1b(%ebp)
	cmpl $0, 12 + 8(%ebx)
	jne 3b
	mov $1, %eax
	cpuid
	test $1 << 26, %ecx			/* XSAVE */
	jz 9f
	test $1 << 27, %ecx			/* OSXSAVE: it was the second time */
	jnz 9f
	.if \bits == 64
	mov %cr4, %rax
	or $1 << 18, %eax
	mov %rax, %cr4
	.else
	mov %cr4, %eax
	or $1 << 18, %eax
	mov %eax, %cr4
	.endif
	mov $0xd, %eax
	xor %ecx, %ecx
	cpuid
	xor %ecx, %ecx
	xsetbv
	jmp 2b
9:	mov $51, %eax
	out %eax, $EXIT
	.balign 4
80:	.long 0
81:	.long 0
82:	.long 0
83:	.long 0
84:	.long 0
85:	.long 0
86:	.long 0
87:	/* First and last leaf, last subleaf: each range, and what is in none. */
90:	.long 0, 0x0c, 5
	.long 0x0d, 0x0d, 63
	.long 0x0e, 0x24, 5
	.long 0x1fffffff, 0x20000000, 1
	.long 0x40000000, 0x40000012, 1
	.long 0x40000100, 0x40000101, 1
	.long 0x80000000, 0x80000022, 1
	.long 0x8000ffff, 0x8000ffff, 1
	.long 0xc0000000, 0xc0000001, 1
	.long 0xffffffff, 0xffffffff, 1
	.long 0, 0, 0
91:	.fill 6 * 9
	.endm

	guest cpuid32
	each_leaf 32

	guest cpuid64
	each_leaf 64

	/* Says something, and goes on for ever: it is heard though nothing stops it. */
	guest spin
	.code16
	mov $'s', %al
	out %al, $CONSOLE
0:	jmp 0b

	/* What comes in over the serial port goes out again, until an escape. */
	guest echo
	.code16
0:	mov $0x3fd, %dx
	in %dx, %al
	test $1, %al
	jz 0b
	mov $0x3f8, %dx
	in %dx, %al
	cmp $27, %al
	je 1f
	out %al, %dx
	jmp 0b
1:	mov $46, %al
	out %al, $EXIT
