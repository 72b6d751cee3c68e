/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the list of cases: a name that begins with the instruction, the modes, what the
 * CPU is prepared with, what prepares (text), and what is tested (text). Memory is
 * reached by (%ebx) in all modes; far transfers lead to LAND, or LAND - LOW where the
 * segment begins at LOW. layout.inc is layout.h, as symbols.
 */
	.include "layout.inc"
	.section .note.GNU-stack, "", @progbits

.macro piece width, wanted, id, prep, body
begin\width\()_\id:
	.if	\wanted
	.code\width
	.set	bits, \width
	\prep
body\width\()_\id:
	\body
	.else
body\width\()_\id:
	.endif
end\width\()_\id:
.endm

.macro CASE name, modes, env, prep, body
	.pushsection .rodata
name_\@:
	.asciz	"\name"
	.popsection
	.pushsection .text
	piece	16, ((\modes)&BITS16), \@, "\prep", "\body"
	piece	32, ((\modes)&BITS32), \@, "\prep", "\body"
	piece	64, ((\modes)&BITS64), \@, "\prep", "\body"
	.popsection
	.pushsection .cases, "a"
	.long	name_\@, \modes, \env
	.long	begin16_\@, body16_\@, end16_\@
	.long	begin32_\@, body32_\@, end32_\@
	.long	begin64_\@, body64_\@, end64_\@
	.popsection
.endm

/* Registers as wide as the mode has them. */
.macro get_flags
	pushf
	.if	bits == 64
	pop	%rax
	.elseif	bits == 32
	pop	%eax
	.else
	pop	%ax
	.endif
.endm

.macro get what
	.if	bits == 64
	mov	%\what, %rax
	.else
	mov	%\what, %eax
	.endif
.endm

.macro put what
	.if	bits == 64
	mov	%rax, %\what
	.else
	mov	%eax, %\what
	.endif
.endm

.macro push_eax
	.if	bits == 64
	push	%rax
	.elseif	bits == 32
	push	%eax
	.else
	push	%ax
	.endif
.endm

/* The current value of a control register, with bits changed. */
.macro change what, set, clear
	get	\what
	and	$~(\clear), %eax
	or	$(\set), %eax
.endm

/* A pseudo-descriptor at 64(%ebx). */
.macro table limit, base
	movw	$\limit, 64(%ebx)
	movl	$\base, 66(%ebx)
	movl	$0, 70(%ebx)
.endm

/* ---- Robin and Irvine's: what tells the machine's state ---- */

.macro tells name, insn
	CASE	"\name", ALL, 0, "", "\insn"
	CASE	"\name, CR4.UMIP", ALL-REAL, E_UMIP, "", "\insn"
.endm

	tells	"sgdt memory", "sgdt (%ebx)"
	tells	"sidt memory", "sidt (%ebx)"
	tells	"sldt memory", "sldt (%ebx)"
	tells	"sldt register", "sldt %eax"
	tells	"str memory", "str (%ebx)"
	tells	"str register", "str %eax"
	tells	"smsw memory", "smsw (%ebx)"
	tells	"smsw register", "smsw %eax"
	CASE	"sldt without an LDT", PROTECTED, E_EMPTY_LDT, "", "sldt %eax"
	CASE	"smsw with CR0.TS", ALL, E_TS, "", "smsw %eax"

	CASE	"pushf", ALL, 0, "", "get_flags"
	CASE	"pushf, IF", ALL, E_IF, "", "get_flags"
	CASE	"pushf, IOPL 3", ALL, E_IOPL3|E_IF, "", "get_flags"
	CASE	"pushf, CR4.VME", V86, E_VME|E_VIF, "", "get_flags"
	CASE	"pushf, CR4.VME, VIP", V86, E_VME|E_VIF|E_VIP, "", "get_flags"
	CASE	"pushf, CR4.PVI", PM16_3|PM32_3, E_PVI|E_VIF, "", "get_flags"
	CASE	"pushf of 32 bits, CR4.VME", V86, E_VME, "", "pushfl; pop %eax"
	CASE	"pushf of 16 bits", BITS32|BITS64, E_IF, "", "pushfw; pop %ax"

.macro popf_cases text, env, value
	CASE	"popf \text", ALL, \env, "mov $\value, %eax; push_eax", "popf"
	CASE	"popf \text, IOPL 3", ALL, \env|E_IOPL3, "mov $\value, %eax; push_eax", "popf"
.endm

	popf_cases "clears all", E_IF, 0x2
	popf_cases "sets IF", 0, 0x202
	popf_cases "sets IOPL", 0, 0x3202
	popf_cases "sets NT", 0, 0x4002
	popf_cases "sets arithmetic flags", 0, 0x8d7
	CASE	"popf sets AC, ID", BITS32|BITS64, 0, "mov $0x240002, %eax; push_eax", "popf"
	CASE	"popf sets VM, RF", BITS32|BITS64, 0, "mov $0x30002, %eax; push_eax", "popf"
	CASE	"popf sets VIF, VIP", BITS32|BITS64, 0, "mov $0x180002, %eax; push_eax", "popf"
	CASE	"popf sets TF", ALL, E_DR, "mov $0x102, %eax; push_eax", "popf; nop; nop"
	CASE	"popf sets IF, CR4.VME", V86, E_VME, "mov $0x202, %eax; push_eax", "popf"
	CASE	"popf sets IF, CR4.VME, VIP", V86, E_VME|E_VIP, \
		"mov $0x202, %eax; push_eax", "popf"
	CASE	"popf clears IF, CR4.VME", V86, E_VME|E_VIF, "mov $2, %eax; push_eax", "popf"
	CASE	"popf sets TF, CR4.VME", V86, E_VME|E_DR, "mov $0x102, %eax; push_eax", "popf"
	CASE	"popf of 32 bits, CR4.VME", V86, E_VME, "pushl $0x202", "popfl"
	CASE	"popf sets IF, CR4.PVI", PM32_3, E_PVI, "mov $0x202, %eax; push_eax", "popf"

/* ---- selectors: LAR, LSL, VERR, VERW, and loading them ---- */

.macro for_selectors name, modes, insn
	CASE	"\name null", \modes, 0, "mov $0, %eax", "\insn"
	CASE	"\name null with RPL 3", \modes, 0, "mov $3, %eax", "\insn"
	CASE	"\name code, ring 0", \modes, 0, "mov $CS32, %eax", "\insn"
	CASE	"\name data, ring 0", \modes, 0, "mov $DS32, %eax", "\insn"
	CASE	"\name data, ring 0, RPL 3", \modes, 0, "mov $DS32 + 3, %eax", "\insn"
	CASE	"\name data, 16 bits", \modes, 0, "mov $USER_DS16, %eax", "\insn"
	CASE	"\name code, 64 bits", \modes, 0, "mov $USER_CS64, %eax", "\insn"
	CASE	"\name code, ring 3", \modes, 0, "mov $USER_CS32, %eax", "\insn"
	CASE	"\name data, ring 3", \modes, 0, "mov $USER_DS, %eax", "\insn"
	CASE	"\name data in the LDT", \modes, 0, "mov $IN_LDT_DATA, %eax", "\insn"
	CASE	"\name data in no LDT", \modes, E_EMPTY_LDT, "mov $IN_LDT_DATA, %eax", "\insn"
	CASE	"\name absent data", \modes, 0, "mov $ABSENT_DATA + 3, %eax", "\insn"
	CASE	"\name absent code", \modes, 0, "mov $ABSENT_CODE + 3, %eax", "\insn"
	CASE	"\name conforming code", \modes, 0, "mov $CONFORMING + 3, %eax", "\insn"
	CASE	"\name execute-only code", \modes, 0, "mov $EXECUTE_ONLY + 3, %eax", "\insn"
	CASE	"\name read-only data", \modes, 0, "mov $READ_ONLY + 3, %eax", "\insn"
	CASE	"\name a TSS", \modes, 0, "mov $TSS_AVAILABLE, %eax", "\insn"
	CASE	"\name an LDT", \modes, 0, "mov $LDT32, %eax", "\insn"
	CASE	"\name a call gate", \modes, 0, "mov $CALL_GATE + 3, %eax", "\insn"
	CASE	"\name a call gate, 64 bits", \modes, 0, "mov $CALL_GATE_64 + 3, %eax", "\insn"
	CASE	"\name beyond the limit", \modes, 0, "mov $BEYOND, %eax", "\insn"
.endm

	for_selectors "lar", PROTECTED, "lar %eax, %ecx"
	for_selectors "lsl", PROTECTED, "lsl %eax, %ecx"
	for_selectors "verr", PROTECTED, "verr %ax"
	for_selectors "verw", PROTECTED, "verw %ax"
	CASE	"lar data that expands down", PROTECTED, 0, "mov $EXPAND_DOWN, %eax", \
		"lar %eax, %ecx"
	CASE	"lsl data that expands down", PROTECTED, 0, "mov $EXPAND_DOWN, %eax", \
		"lsl %eax, %ecx"
	CASE	"lar", REAL|V86, 0, "mov $DS32, %eax", "lar %eax, %ecx"
	CASE	"lsl", REAL|V86, 0, "mov $DS32, %eax", "lsl %eax, %ecx"
	CASE	"verr", REAL|V86, 0, "mov $DS32, %eax", "verr %ax"
	CASE	"verw", REAL|V86, 0, "mov $DS32, %eax", "verw %ax"

	for_selectors "mov to ds", PROTECTED, "mov %ax, %ds"
	for_selectors "mov to fs", PROTECTED, "mov %ax, %fs"
	for_selectors "mov to ss", PROTECTED, "mov %ax, %ss"
	CASE	"mov to ds, and a read", REAL|V86, 0, "mov $0x1100, %eax", \
		"mov %ax, %ds; mov (0), %cx"
	CASE	"mov to es", ALL, 0, "xor %eax, %eax", "mov %ax, %es"
	CASE	"mov to ss", REAL|V86, 0, "mov $0x1100, %eax; mov $0x1000, %esp", "mov %ax, %ss"
	CASE	"mov to cs", ALL, 0, "mov $CS32, %eax", ".byte 0x8e, 0xc8"
	CASE	"mov to a seventh segment", ALL, 0, "", ".byte 0x8e, 0xf0"

.macro for_segments name, modes, before, after
	CASE	"\name cs", \modes, 0, "", "\before %cs\after"
	CASE	"\name ss", \modes, 0, "", "\before %ss\after"
	CASE	"\name ds", \modes, 0, "", "\before %ds\after"
	CASE	"\name fs", \modes, 0, "", "\before %fs\after"
.endm

	for_segments "mov from", ALL, "mov", ", %eax"
	CASE	"mov from ds to memory", ALL, 0, "", "mov %ds, (%ebx)"
	CASE	"mov from a seventh segment", ALL, 0, "", ".byte 0x8c, 0xf0"

.macro pushed segment
	push	%\segment
	.if	bits == 64
	pop	%rax
	.else
	pop	%eax
	.endif
.endm

	CASE	"push cs", NOT64, 0, "", "pushl %cs; pop %eax"
	CASE	"push ss", NOT64, 0, "", "pushl %ss; pop %eax"
	CASE	"push ds", NOT64, 0, "", "pushl %ds; pop %eax"
	CASE	"push fs", ALL, 0, "", \
		".if bits == 16; pushl %fs; pop %eax; .else; pushed fs; .endif"
	CASE	"push cs", BITS64, 0, "", ".byte 0x0e"
	CASE	"push ds", BITS64, 0, "", ".byte 0x1e"
	CASE	"push and pop gs", ALL, 0, "", "push %gs; pop %gs"
	CASE	"pop ds", BITS64, 0, "", ".byte 0x1f"
	CASE	"pop ss", BITS64, 0, "", ".byte 0x17"

.macro pop_cases segment, modes
	CASE	"pop \segment, data, ring 3", \modes, 0, "mov $USER_DS, %eax; push_eax", \
		"pop %\segment"
	CASE	"pop \segment, data, ring 0", \modes, 0, "mov $DS32, %eax; push_eax", \
		"pop %\segment"
	CASE	"pop \segment, null", \modes, 0, "mov $0, %eax; push_eax", "pop %\segment"
	CASE	"pop \segment, absent", \modes, 0, "mov $ABSENT_DATA + 3, %eax; push_eax", \
		"pop %\segment"
	CASE	"pop \segment, beyond the limit", \modes, 0, "mov $BEYOND, %eax; push_eax", \
		"pop %\segment"
.endm

	pop_cases ds, PROTECTED&NOT64
	pop_cases ss, PROTECTED&NOT64
	pop_cases fs, PROTECTED
	CASE	"pop ds", REAL|V86, 0, "mov $0x1100, %eax; push_eax", "pop %ds"
	CASE	"pop of a 16-bit register", ALL, 0, "pushw $0x1234", "pop %ax"

/* ---- far transfers ---- */

	CASE	"call far, same code", REAL|V86, 0, "", "lcall $LOW_SEGMENT, $LAND - LOW"
	CASE	"jmp far, same code", REAL|V86, 0, "", "ljmp $LOW_SEGMENT, $LAND - LOW"
	CASE	"jmp far, another segment", REAL|V86, 0, "", \
		"ljmp $LOW_SEGMENT - 0x10, $LAND - LOW + 0x100"

.macro far name, modes, selector, offset
	CASE	"call far, \name", \modes, 0, "", "lcall $\selector, $\offset"
	CASE	"jmp far, \name", \modes, 0, "", "ljmp $\selector, $\offset"
.endm

.macro far_cases modes, l
	far	"code, ring 0", \modes, CS32, LAND
	far	"code, ring 3", \modes, USER_CS32, LAND
	far	"conforming code", \modes, CONFORMING, LAND
	far	"absent code", \modes, ABSENT_CODE, LAND
	far	"data", \modes, DS32, LAND
	far	"null", \modes, 0, LAND
	far	"beyond the limit", \modes, BEYOND, LAND
	far	"call gate", \modes, CALL_GATE, 0
	far	"call gate for ring 0", \modes, CALL_GATE_0, 0
	far	"call gate, 64 bits", \modes, CALL_GATE_64, 0
	far	"an LDT", \modes, LDT32, 0
.endm

	far_cases BITS32
	far	"code, 16 bits, ring 0", PM16_0|PM16_3, CS16, LAND-LOW
	far	"code, 16 bits, ring 3", PM16_0|PM16_3, USER_CS16, LAND-LOW
	far	"data", PM16_0|PM16_3, DS16, LAND-LOW
	far	"null", PM16_0|PM16_3, 0, LAND-LOW

/* By way of memory, which is the only way in 64 bits. */
.macro far_pointer selector, offset
	movl	$\offset, 64(%ebx)
	movw	$\selector, 68(%ebx)
.endm

.macro far_by_memory name, selector
	CASE	"call far, \name", BITS64, 0, "far_pointer \selector, LAND", "lcall *64(%ebx)"
	CASE	"jmp far, \name", BITS64, 0, "far_pointer \selector, LAND", "ljmp *64(%ebx)"
.endm

	far_by_memory "code, 64 bits, ring 0", CS64
	far_by_memory "code, 64 bits, ring 3", USER_CS64
	far_by_memory "code, ring 0", CS32
	far_by_memory "code, ring 3", USER_CS32
	far_by_memory "conforming code", CONFORMING
	far_by_memory "absent code", ABSENT_CODE
	far_by_memory "data", DS32
	far_by_memory "null", 0
	far_by_memory "beyond the limit", BEYOND
	far_by_memory "call gate", CALL_GATE
	far_by_memory "call gate, 64 bits", CALL_GATE_64

/* What RET and IRET take, in pieces as wide as the mode has them. */
.macro pushed_value value
	mov	$\value, %eax
	push_eax
.endm

.macro ret_frame cs, ip
	pushed_value \cs
	pushed_value \ip
.endm

.macro outer_frame ss, sp, cs, ip
	pushed_value \ss
	pushed_value \sp
	ret_frame \cs, \ip
.endm

.macro lret_wide
	.if	bits == 64
	lretq
	.else
	lret
	.endif
.endm

.macro ret_cases name, modes, prep
	CASE	"ret far, \name", \modes, 0, "\prep", "lret_wide"
.endm

	CASE	"ret near", BITS16, 0, "pushed_value LAND-LOW", "ret $8"
	CASE	"ret near", BITS32|BITS64, 0, "pushed_value LAND", "ret $8"
	ret_cases "same code", REAL|V86, "ret_frame LOW_SEGMENT, LAND-LOW"
	ret_cases "code, 16 bits, ring 0", PM16_0|PM16_3, "ret_frame CS16, LAND-LOW"
	ret_cases "code, 16 bits, ring 3", PM16_3, "ret_frame USER_CS16, LAND-LOW"
	ret_cases "to ring 3, 16 bits", PM16_0, \
		"outer_frame USER_DS16, TEST_STACK-LOW, USER_CS16, LAND-LOW"
	ret_cases "code, ring 0", BITS32|BITS64, "ret_frame CS32, LAND"
	ret_cases "code, ring 3", RING3&(BITS32|BITS64), "ret_frame USER_CS32, LAND"
	ret_cases "code, 64 bits, ring 0", BITS32|BITS64, "ret_frame CS64, LAND"
	ret_cases "conforming code", BITS32|BITS64, "ret_frame CONFORMING+3, LAND"
	ret_cases "absent code", BITS32|BITS64, "ret_frame ABSENT_CODE+3, LAND"
	ret_cases "data", BITS32|BITS64, "ret_frame DS32, LAND"
	ret_cases "null", BITS32|BITS64, "ret_frame 0, LAND"
	ret_cases "beyond the limit", BITS32|BITS64, "ret_frame BEYOND, LAND"
	ret_cases "to ring 1", PM32_0, "outer_frame RING1_DS, TEST_STACK, RING1_CS, LAND"
	ret_cases "to ring 2", PM32_0, "outer_frame RING2_DS, TEST_STACK, RING2_CS, LAND"
	ret_cases "to ring 3", PM32_0|COMPAT_0|LONG_0, \
		"outer_frame USER_DS, TEST_STACK, USER_CS32, LAND"
	ret_cases "to ring 3 with a stack of ring 0", PM32_0|COMPAT_0|LONG_0, \
		"outer_frame DS32, TEST_STACK, USER_CS32, LAND"
	ret_cases "to ring 3, 64 bits", LONG_0, \
		"outer_frame USER_DS, TEST_STACK, USER_CS64, LAND"

.macro iret_wide
	.if	bits == 64
	iretq
	.else
	iret
	.endif
.endm

/* In 64 bits IRET takes a stack in any case. */
.macro iret_frame flags, cs, ip
	.if	bits == 64
	mov	%ss, %eax
	push	%rax
	pushed_value TEST_STACK
	.endif
	pushed_value \flags
	ret_frame \cs, \ip
.endm

.macro outer_iret_frame ss, sp, flags, cs, ip
	pushed_value \ss
	pushed_value \sp
	pushed_value \flags
	ret_frame \cs, \ip
.endm

.macro iret_cases name, modes, env, prep
	CASE	"iret \name", \modes, \env, "\prep", "iret_wide"
.endm

	iret_cases "same code", REAL|V86, 0, "iret_frame 0x202, LOW_SEGMENT, LAND-LOW"
	iret_cases "same code, IOPL 3", V86, E_IOPL3, "iret_frame 0x202, LOW_SEGMENT, LAND-LOW"
	iret_cases "same code, CR4.VME", V86, E_VME, "iret_frame 0x202, LOW_SEGMENT, LAND-LOW"
	iret_cases "same code, CR4.VME, VIP", V86, E_VME|E_VIP, \
		"iret_frame 0x202, LOW_SEGMENT, LAND-LOW"
	iret_cases "sets TF", REAL, E_DR, "iret_frame 0x102, LOW_SEGMENT, LAND-LOW-4"
	iret_cases "same code, 16 bits", PM16_0, 0, "iret_frame 0x202, CS16, LAND-LOW"
	iret_cases "same code, 16 bits", PM16_3, 0, "iret_frame 0x202, USER_CS16, LAND-LOW"
	iret_cases "code, ring 0", BITS32|BITS64, 0, "iret_frame 0x202, CS32, LAND"
	iret_cases "code, ring 0, sets IOPL", BITS32|BITS64, 0, "iret_frame 0x3202, CS32, LAND"
	iret_cases "code, ring 3", RING3&(BITS32|BITS64), 0, "iret_frame 0x3202, USER_CS32, LAND"
	iret_cases "code, ring 3, IOPL 3", RING3&(BITS32|BITS64), E_IOPL3, \
		"iret_frame 0x3202, USER_CS32, LAND"
	iret_cases "code, ring 3, CR4.PVI", PM32_3, E_PVI, "iret_frame 0x202, USER_CS32, LAND"
	iret_cases "code, 64 bits, ring 0", LONG_0|LONG_3, 0, "iret_frame 2, CS64, LAND"
	iret_cases "code, 64 bits, ring 3", LONG_3, 0, "iret_frame 2, USER_CS64, LAND"
	iret_cases "conforming code", BITS32, 0, "iret_frame 2, CONFORMING+3, LAND"
	iret_cases "absent code", BITS32|BITS64, 0, "iret_frame 2, ABSENT_CODE+3, LAND"
	iret_cases "data", BITS32|BITS64, 0, "iret_frame 2, DS32, LAND"
	iret_cases "null", BITS32|BITS64, 0, "iret_frame 2, 0, LAND"
	iret_cases "sets RF", BITS32|BITS64, 0, "iret_frame 0x10002, CS32, LAND"
	iret_cases "sets TF", PM32_0|COMPAT_0|LONG_0, E_DR, "iret_frame 0x102, CS32, LAND-4"
	iret_cases "to ring 1", PM32_0|COMPAT_0|LONG_0, 0, \
		"outer_iret_frame RING1_DS, TEST_STACK, 2, RING1_CS, LAND"
	iret_cases "to ring 2", PM32_0|COMPAT_0|LONG_0, 0, \
		"outer_iret_frame RING2_DS, TEST_STACK, 2, RING2_CS, LAND"
	iret_cases "to ring 3", PM32_0|COMPAT_0|LONG_0, 0, \
		"outer_iret_frame USER_DS, TEST_STACK, 0x202, USER_CS32, LAND"
	iret_cases "to ring 3, 16 bits", PM32_0|PM16_0|COMPAT_0|LONG_0, 0, \
		"outer_iret_frame USER_DS16, TEST_STACK-LOW, 2, USER_CS16, LAND-LOW"
	iret_cases "to ring 3, 64 bits", LONG_0, 0, \
		"outer_iret_frame USER_DS, TEST_STACK, 2, USER_CS64, LAND"
	iret_cases "to ring 3 with a stack of ring 0", PM32_0|COMPAT_0|LONG_0, 0, \
		"outer_iret_frame DS32, TEST_STACK, 2, USER_CS32, LAND"
	iret_cases "to ring 0, RPL 0 of a code of ring 3", PM32_0|LONG_0, 0, \
		"iret_frame 2, USER_CS32-3, LAND"
	iret_cases "with NT", BITS64, 0, "pushed_value 0x4002; popf; iret_frame 2, CS64, LAND"

.macro v86_frame flags
	.rept	4
	push	$LOW_SEGMENT
	.endr
	outer_iret_frame LOW_SEGMENT, TEST_STACK-LOW, \flags, LOW_SEGMENT, LAND-LOW
.endm

	iret_cases "to virtual-8086 mode", PM32_0, 0, "v86_frame 0x20202"
	iret_cases "to virtual-8086 mode, IOPL 3", PM32_0, 0, "v86_frame 0x23202"
	iret_cases "sets VM", PM32_3|COMPAT_0, 0, "iret_frame 0x20202, USER_CS32, LAND"

/* ---- software interrupts ---- */

	CASE	"int 3", ALL, 0, "", ".byte 0xcd, 3; nop; nop"
	CASE	"int3", ALL, 0, "", "int3; nop; nop"
	CASE	"into, OF clear", NOT64, 0, "", "into"
	CASE	"into, OF set", NOT64, 0, "mov $0x7f, %al; add $1, %al", "into"
	CASE	"into", BITS64, 0, "", ".byte 0xce"
	CASE	"int1", ALL, E_DR, "", ".byte 0xf1"
	CASE	"int n, a gate for ring 3", ALL, 0, "", "int $INT_USER"
	CASE	"int n, a gate for ring 3, IOPL 3", ALL, E_IOPL3, "", "int $INT_USER"
	CASE	"int n, a gate for ring 0", ALL, E_IOPL3, "", "int $INT_KERNEL"
	CASE	"int n, an absent gate", PROTECTED, 0, "", "int $INT_ABSENT"
	CASE	"int n, redirected by CR4.VME", V86, E_VME, "", "int $INT_REDIRECTED"
	CASE	"int n, redirected by CR4.VME, IF", V86, E_VME|E_IF|E_VIF, "", \
		"int $INT_REDIRECTED"
	CASE	"int n, redirected by CR4.VME, IOPL 3", V86, E_VME|E_IOPL3|E_IF, "", \
		"int $INT_REDIRECTED"
	CASE	"int n, not redirected, CR4.VME", V86, E_VME, "", "int $INT_USER"
	CASE	"int n, number of an exception", ALL, E_IOPL3, "", "int $9"

/* ---- the interrupt flag, HLT ---- */

.macro interrupt_flag insn, env
	CASE	"\insn", ALL, \env, "", "\insn"
	CASE	"\insn, IOPL 3", ALL, \env|E_IOPL3, "", "\insn"
	CASE	"\insn, CR4.VME", V86, E_VME|\env, "", "\insn"
	CASE	"\insn, CR4.VME, VIF", V86, E_VME|E_VIF|\env, "", "\insn"
	CASE	"\insn, CR4.VME, VIP", V86, E_VME|E_VIP|\env, "", "\insn"
	CASE	"\insn, CR4.PVI", PM16_3|PM32_3|COMPAT_3|LONG_3, E_PVI|\env, "", "\insn"
	CASE	"\insn, CR4.PVI, VIF", PM16_3|PM32_3|COMPAT_3|LONG_3, \
		E_PVI|E_VIF|\env, "", "\insn"
	CASE	"\insn, CR4.PVI, VIP", PM16_3|PM32_3|COMPAT_3|LONG_3, \
		E_PVI|E_VIP|\env, "", "\insn"
	CASE	"\insn, CR4.PVI", PM32_0|LONG_0, E_PVI|\env, "", "\insn"
.endm

	interrupt_flag cli, E_IF
	interrupt_flag sti, 0
	CASE	"hlt", RING3, 0, "", "hlt"
	CASE	"hlt, IOPL 3", RING3, E_IOPL3, "", "hlt"
	CASE	"hlt until the timer", RING0, E_TIMER, "", "sti; hlt"

/* ---- descriptor tables, the task ---- */

	CASE	"lgdt", ALL, 0, "table GDT_LIMIT+0x100, GDT", "lgdt 64(%ebx); sgdt (%ebx)"
	CASE	"lgdt, not canonical", LONG_0, 0, "table GDT_LIMIT, GDT; movl $0x8000, 70(%ebx)", \
		"lgdt 64(%ebx)"
	CASE	"lidt", RING0-REAL-LONG_0-COMPAT_0, 0, "table 0x7fe, IDT32", \
		"lidt 64(%ebx); sidt (%ebx)"
	CASE	"lidt", LONG_0|COMPAT_0, 0, "table 0xffe, IDT64", "lidt 64(%ebx); sidt (%ebx)"
	CASE	"lidt", REAL, 0, "table 0x3ff, IVT", "lidt 64(%ebx); sidt (%ebx)"
	CASE	"lidt", RING3, E_IOPL3, "table 0x7fe, IDT32", "lidt 64(%ebx)"
	CASE	"lidt, not canonical", LONG_0, 0, "table 0xfff, IDT64; movl $0x8000, 70(%ebx)", \
		"lidt 64(%ebx)"

.macro lldt_cases name, selector
	CASE	"lldt \name", PROTECTED, 0, "mov $\selector, %eax", "lldt %ax; sldt %ecx"
.endm

	lldt_cases "an LDT", LDT32
	lldt_cases "null", 0
	lldt_cases "an absent LDT", LDT_ABSENT
	lldt_cases "data", DS32
	lldt_cases "beyond the limit", BEYOND
	lldt_cases "in the LDT", IN_LDT_DATA
	CASE	"lldt an LDT, 64 bits", COMPAT_0|LONG_0, 0, "mov $LDT64, %eax", \
		"lldt %ax; sldt %ecx"
	CASE	"lldt", REAL|V86, 0, "mov $LDT32, %eax", "lldt %ax"

.macro ltr_cases name, modes, selector
	CASE	"ltr \name", \modes, 0, "mov $\selector, %eax", "ltr %ax; str %ecx"
.endm

	ltr_cases "a TSS", PROTECTED&NOT64&~(COMPAT_0|COMPAT_3), TSS_AVAILABLE
	ltr_cases "a TSS, 64 bits", COMPAT_0|BITS64, TSS64_AVAILABLE
	ltr_cases "a busy TSS", PROTECTED&NOT64&~(COMPAT_0|COMPAT_3), TR32
	ltr_cases "a busy TSS", COMPAT_0|BITS64, TR64
	ltr_cases "null", PROTECTED, 0
	ltr_cases "data", PROTECTED, DS32
	ltr_cases "beyond the limit", PROTECTED, BEYOND
	CASE	"ltr", REAL|V86, 0, "mov $TR32, %eax", "ltr %ax"

/* ---- control registers ---- */

	CASE	"lmsw sets TS", ALL, 0, "smsw %eax; or $8, %eax", "lmsw %ax; smsw %ecx"
	CASE	"lmsw clears PE", PROTECTED, 0, "smsw %eax; and $~1, %eax", "lmsw %ax; smsw %ecx"
	CASE	"lmsw clears MP, sets EM", ALL, 0, "smsw %eax; xor $6, %eax", "lmsw %ax; smsw %ecx"
	CASE	"lmsw of memory", ALL, 0, "smsw %eax; or $8, %eax; mov %ax, 64(%ebx)", \
		"lmsw 64(%ebx); smsw %ecx"
	CASE	"lmsw leaves NE alone", RING0, 0, "smsw %eax; and $~0x20, %eax", \
		"lmsw %ax; smsw %ecx"
	CASE	"clts", ALL, E_TS, "", "clts; smsw %eax"
	CASE	"clts, TS clear", ALL, 0, "", "clts; smsw %eax"

.macro reads what, modes
	CASE	"mov from \what", \modes, 0, "", "get \what"
.endm

	reads	cr0, ALL
	reads	cr2, ALL
	reads	cr4, ALL
	CASE	"mov from cr3", RING0-REAL, 0, "", "get cr3; and $0xfff, %eax"
	CASE	"mov from cr3", RING3, E_IOPL3, "", "get cr3"
	CASE	"mov from cr1", ALL, 0, "", ".byte 0x0f, 0x20, 0xc8"
	CASE	"mov from cr5", ALL, 0, "", ".byte 0x0f, 0x20, 0xe8"
	CASE	"mov from cr7", ALL, 0, "", ".byte 0x0f, 0x20, 0xf8"
	CASE	"mov from cr8", BITS64, 0, "", "mov %cr8, %rax"

.macro writes name, what, modes, set, clear
	CASE	"mov to \what, \name", \modes, 0, "change \what, \set, \clear", \
		"put \what; get \what; mov %eax, %ecx"
.endm

/* The value is prepared in ring 3 too, where it can't be read. */
.macro refused name, what, value
	CASE	"mov to \what, \name", RING3, E_IOPL3, "mov $\value, %eax", "put \what"
.endm

	writes	"same", cr0, RING0, 0, 0
	writes	"sets TS", cr0, RING0, 0x8, 0
	writes	"sets EM, clears MP", cr0, RING0, 0x4, 0x2
	writes	"clears NE", cr0, RING0, 0, 0x20
	writes	"clears WP, sets AM", cr0, RING0, 0x40000, 0x10000
	writes	"clears ET", cr0, RING0, 0, 0x10
	writes	"sets a reserved bit", cr0, RING0, 0x100, 0
	writes	"sets CD", cr0, RING0, 0x40000000, 0
	writes	"sets CD, NW", cr0, RING0, 0x60000000, 0
	writes	"sets NW", cr0, RING0, 0x20000000, 0
	writes	"clears PE", cr0, RING0-REAL, 0, 1
	writes	"clears PG", cr0, PM16_0|PM32_0|LONG_0, 0, 0x80000000
	writes	"sets PG without PE", cr0, REAL, 0x80000000, 0
	refused	"any", cr0, 0x80000031
	CASE	"mov to cr0, beyond 32 bits", LONG_0, 0, "mov $0x180000031, %rax", "mov %rax, %cr0"

	CASE	"mov to cr2", RING0, 0, "mov $0x12345678, %eax", "put cr2; get cr2; mov %eax, %ecx"
	refused	"any", cr2, 0
	CASE	"mov to cr3, same", RING0-REAL, 0, "get cr3", "put cr3"
	CASE	"mov to cr3, reserved bits", LONG_0, 0, "mov $0x7ff0000000000000, %rax", \
		"mov %rax, %cr3"
	CASE	"mov to cr3, PCD, PWT", RING0-REAL, 0, "get cr3; or $0x18, %eax", \
		"put cr3; get cr3; and $0xfff, %eax"
	refused	"any", cr3, 0

	writes	"same", cr4, RING0, 0, 0
	writes	"sets VME, PVI, TSD, DE", cr4, RING0, 0xf, 0
	writes	"sets PSE, MCE, PGE, PCE", cr4, RING0, 0x1d0, 0
	writes	"sets OSFXSR, OSXMMEXCPT", cr4, RING0, 0x600, 0
	writes	"sets VMXE", cr4, RING0, 0x2000, 0
	writes	"sets SMXE", cr4, RING0, 0x4000, 0
	writes	"sets LA57", cr4, RING0, 0x1000, 0
	writes	"sets PCIDE", cr4, RING0, 0x20000, 0
	writes	"sets PKE", cr4, RING0, 0x400000, 0
	writes	"sets CET", cr4, RING0, 0x800000, 0
	writes	"sets a reserved bit", cr4, RING0, 0x8000, 0
	writes	"clears PAE", cr4, COMPAT_0|LONG_0, 0, 0x20
	refused	"any", cr4, 0x20
	CASE	"mov to cr4, beyond 32 bits", LONG_0, 0, "mov $0x100000020, %rax", "mov %rax, %cr4"
	CASE	"mov to cr8", LONG_0, 0, "mov $5, %eax", \
		"mov %rax, %cr8; mov %cr8, %rcx; xor %eax, %eax; mov %rax, %cr8"
	CASE	"mov to cr8, above 15", LONG_0, 0, "mov $16, %eax", "mov %rax, %cr8"
	CASE	"mov to cr8", LONG_3, 0, "mov $5, %eax", "mov %rax, %cr8"
	CASE	"mov to cr1", ALL, 0, "", ".byte 0x0f, 0x22, 0xc8"

	CASE	"invlpg", ALL, 0, "", "invlpg (%ebx)"
	CASE	"invlpg, not canonical", LONG_0, 0, "mov $0x8000000000000000, %rax", "invlpg (%rax)"
	CASE	"invlpg of a register", ALL, 0, "", ".byte 0x0f, 0x01, 0xfb"

/* ---- debug registers ---- */

.macro dr_cases number
	CASE	"mov from dr\number", ALL, E_DR, "", "get dr\number"
	CASE	"mov to dr\number", RING3, E_DR|E_IOPL3, "mov $0x400, %eax", "put dr\number"
.endm

	dr_cases 0
	dr_cases 3
	dr_cases 6
	dr_cases 7
	CASE	"mov from dr4", ALL, E_DR, "", ".byte 0x0f, 0x21, 0xe0"
	CASE	"mov from dr4, CR4.DE", ALL, E_DR|E_DE, "", ".byte 0x0f, 0x21, 0xe0"
	CASE	"mov from dr5, CR4.DE", ALL, E_DR|E_DE, "", ".byte 0x0f, 0x21, 0xe8"
	CASE	"mov to dr5", RING0, E_DR, "mov $0x400, %eax", ".byte 0x0f, 0x23, 0xe8"
	CASE	"mov to dr2", RING0, E_DR, "mov $0x12345678, %eax", \
		"put dr2; get dr2; mov %eax, %ecx"
	CASE	"mov to dr6", RING0, E_DR, "mov $0xffffffff, %eax", "put dr6; get dr6"
	CASE	"mov to dr6, zero", RING0, E_DR, "mov $0, %eax", "put dr6; get dr6"
	CASE	"mov to dr6, beyond 32 bits", LONG_0, E_DR, "mov $0x100000000, %rax", "put dr6"
	CASE	"mov to dr7", RING0, E_DR, "mov $0x00000300, %eax", "put dr7; get dr7"
	CASE	"mov to dr7, beyond 32 bits", LONG_0, E_DR, "mov $0x100000000, %rax", "put dr7"
	CASE	"mov from dr0, DR7.GD", ALL, E_DR|E_GD, "", "get dr0"
	CASE	"mov to dr6, DR7.GD", ALL, E_DR|E_GD, "", "put dr6"
	CASE	"mov from dr4, DR7.GD, CR4.DE", RING0, E_DR|E_GD|E_DE, "", ".byte 0x0f, 0x21, 0xe0"

/* A breakpoint on what EBX points to, of four bytes. */
.macro watch kind, length
	.if	bits == 64
	mov	$DATA, %eax
	mov	%rax, %dr1
	mov	$0x404 + (\kind << 20) + (\length << 22), %eax
	mov	%rax, %dr7
	.else
	mov	$DATA, %eax
	mov	%eax, %dr1
	mov	$0x404 + (\kind << 20) + (\length << 22), %eax
	mov	%eax, %dr7
	.endif
.endm

	CASE	"mov, a breakpoint on writes", RING0, E_DR, "watch 1, 3", "mov %ecx, (%ebx); nop"
	CASE	"mov, a breakpoint on writes, read", RING0, E_DR, "watch 1, 3", \
		"mov (%ebx), %ecx; nop"
	CASE	"mov, a breakpoint on accesses", RING0, E_DR, "watch 3, 0", "mov (%ebx), %ecx; nop"
	CASE	"mov ss, a breakpoint on accesses, then int3", RING0, E_DR, \
		"watch 3, 1; mov %ss, (%ebx)", "mov (%ebx), %ss; nop; nop"

/* ---- MSRs, counters ---- */

.macro rdmsr_case name, number
	CASE	"rdmsr \name", ALL, E_MSRS, "mov $\number, %ecx", "rdmsr"
.endm

.macro wrmsr_case name, number, high, low
	CASE	"wrmsr \name", RING0, E_MSRS, \
		"mov $\number, %ecx; mov $\low, %eax; mov $\high, %edx", \
		"wrmsr; xor %eax, %eax; xor %edx, %edx; rdmsr"
.endm

	rdmsr_case "IA32_SYSENTER_CS", 0x174
	rdmsr_case "IA32_SYSENTER_EIP", 0x176
	rdmsr_case "IA32_APIC_BASE", 0x1b
	rdmsr_case "IA32_MTRRCAP", 0xfe
	rdmsr_case "IA32_MISC_ENABLE", 0x1a0
	rdmsr_case "IA32_DEBUGCTL", 0x1d9
	rdmsr_case "IA32_PAT", 0x277
	rdmsr_case "IA32_MTRR_DEF_TYPE", 0x2ff
	rdmsr_case "IA32_EFER", 0xc0000080
	rdmsr_case "IA32_STAR", 0xc0000081
	rdmsr_case "IA32_LSTAR", 0xc0000082
	rdmsr_case "IA32_FMASK", 0xc0000084
	rdmsr_case "IA32_FS_BASE", 0xc0000100
	rdmsr_case "IA32_GS_BASE", 0xc0000101
	rdmsr_case "IA32_KERNEL_GS_BASE", 0xc0000102
	CASE	"rdmsr IA32_TSC_AUX", ALL, E_MSRS|E_RDTSCP, "mov $0xc0000103, %ecx", "rdmsr"
	rdmsr_case "IA32_FEATURE_CONTROL", 0x3a
	rdmsr_case "IA32_VMX_BASIC", 0x480
	rdmsr_case "an unknown one", 0x12345
	CASE	"wrmsr", RING3, E_IOPL3, "mov $0x174, %ecx", "wrmsr"
	wrmsr_case "IA32_SYSENTER_CS", 0x174, 0, 0x28
	wrmsr_case "IA32_SYSENTER_ESP", 0x175, 0, 0x12345678
	wrmsr_case "IA32_SYSENTER_ESP, not canonical", 0x175, 0x8000, 0
	wrmsr_case "IA32_SYSENTER_EIP, not canonical", 0x176, 0x80000000, 0
	wrmsr_case "IA32_PAT", 0x277, 0x00070406, 0x00070401
	wrmsr_case "IA32_PAT, a type that there isn't", 0x277, 0, 0x02
	wrmsr_case "IA32_EFER, a reserved bit", 0xc0000080, 0, 0x2
	wrmsr_case "IA32_STAR", 0xc0000081, 0x12345678, 0x9abcdef0
	wrmsr_case "IA32_LSTAR", 0xc0000082, 0xffff8000, 0x1234
	wrmsr_case "IA32_LSTAR, not canonical", 0xc0000082, 0x8000, 0
	wrmsr_case "IA32_FMASK", 0xc0000084, 0, 0xffffffff
	wrmsr_case "IA32_FMASK, beyond 32 bits", 0xc0000084, 1, 0
	wrmsr_case "IA32_KERNEL_GS_BASE", 0xc0000102, 0xffffffff, 0x80000000
	wrmsr_case "IA32_KERNEL_GS_BASE, not canonical", 0xc0000102, 0x8000, 0
	wrmsr_case "IA32_FS_BASE, not canonical", 0xc0000100, 0x8000, 0
	wrmsr_case "IA32_DEBUGCTL, a reserved bit", 0x1d9, 0x80000000, 0
	wrmsr_case "IA32_MTRRCAP", 0xfe, 0, 0
	wrmsr_case "IA32_APIC_BASE, a reserved bit", 0x1b, 0, 0xfee00001
	wrmsr_case "an unknown one", 0x12345, 0, 1
	CASE	"wrmsr IA32_EFER clears LME with paging", LONG_0, E_MSRS, \
		"mov $0xc0000080, %ecx; mov $0x801, %eax; xor %edx, %edx", "wrmsr"
	CASE	"wrmsr IA32_EFER sets LME with paging", PM32_0, E_MSRS, \
		"mov $0xc0000080, %ecx; mov $0x100, %eax; xor %edx, %edx", "wrmsr"
	CASE	"wrmsr IA32_FS_BASE", LONG_0, E_MSRS, \
		"mov $0xc0000100, %ecx; mov $DATA, %eax; xor %edx, %edx", \
		"wrmsr; mov %fs:(0), %esi; xor %eax, %eax; wrmsr"
	CASE	"wrmsr IA32_TSC goes on from there", RING0, E_MSRS, \
		"mov $0x10, %ecx; xor %eax, %eax; mov $0x100, %edx", \
		"wrmsr; rdtsc; and $~0, %edx; mov $0, %eax"

/* A time stamp is later than the one before; CF would tell if not. */
.macro two_stamps insn
	\insn
	mov	%eax, %esi
	mov	%edx, %edi
	\insn
	sub	%esi, %eax
	sbb	%edi, %edx
	mov	$0, %eax
	mov	$0, %edx
	mov	$0, %esi
	mov	$0, %edi
	setc	%al
	and	$0, %esi
.endm

	CASE	"rdtsc", ALL, 0, "", "two_stamps rdtsc"
	CASE	"rdtsc, CR4.TSD", ALL-REAL, E_TSD, "", "two_stamps rdtsc"
	CASE	"rdtscp", ALL, E_RDTSCP|E_MSRS, "", "two_stamps rdtscp"
	CASE	"rdtscp, CR4.TSD", ALL-REAL, E_RDTSCP|E_MSRS|E_TSD, "", "two_stamps rdtscp"
	CASE	"rdpmc", ALL, 0, "xor %ecx, %ecx", "rdpmc"
	CASE	"rdpmc, CR4.PCE", RING3, E_PCE, "xor %ecx, %ecx", "rdpmc"
	CASE	"rdpmc, a counter that there isn't", RING0, 0, "mov $0x1000, %ecx", "rdpmc"

/* ---- ports ---- */

/* An address size of 32 bits, for EBX. */
.macro a32 insn:vararg
	.if	bits == 32
	\insn
	.else
	addr32 \insn
	.endif
.endm

.macro port_cases name, prep, insn
	CASE	"\name", ALL, 0, "\prep", "\insn"
	CASE	"\name, IOPL 3", RING3, E_IOPL3, "\prep", "\insn"
	CASE	"\name, the bitmap permits it", RING3, E_PORTS, "\prep", "\insn"
.endm

	port_cases "in of 8 bits", "mov $PORT_IN, %edx", "in %dx, %al"
	port_cases "in of 16 bits", "mov $PORT_IN, %edx", "in %dx, %ax"
	port_cases "in of 32 bits", "mov $PORT_IN, %edx", "in %dx, %eax"
	port_cases "out of 8 bits", "mov $PORT_OUT, %edx", "out %al, %dx"
	port_cases "out of 8 bits, number", "", "out %al, $PORT_OUT"
	port_cases "out of 32 bits", "mov $PORT_OUT, %edx", "out %eax, %dx"
	port_cases "ins", "mov $PORT_IN, %edx; mov %ebx, %edi", "a32 insb"
	port_cases "rep ins", "mov $PORT_IN, %edx; mov %ebx, %edi; mov $6, %ecx", "a32 rep insw"
	port_cases "outs", "mov $PORT_OUT, %edx; mov %ebx, %esi", "a32 outsb"
	port_cases "rep outs", "mov $PORT_OUT, %edx; mov %ebx, %esi; mov $5, %ecx", \
		"a32 rep outsl"
	CASE	"in beyond the bitmap", RING3, E_PORTS, "mov $0xffff, %edx", "in %dx, %al"
	CASE	"ins, backwards", ALL, E_IOPL3, \
		"mov $PORT_IN, %edx; lea 16(%ebx), %edi; mov $3, %ecx; std", "a32 rep insl"
	CASE	"ins to a page that isn't there", PAGED-V86, E_IOPL3, \
		"mov $PORT_IN, %edx; lea PAGE_NONE - DATA - 2(%ebx), %edi; mov $3, %ecx", \
		"a32 rep insb"
	CASE	"ins to a read-only page", RING3, E_IOPL3, \
		"mov $PORT_IN, %edx; lea PAGE_READ - DATA(%ebx), %edi", "a32 insb"
	CASE	"outs from a page that isn't there", PAGED, E_IOPL3, \
		"mov $PORT_OUT, %edx; lea PAGE_NONE - DATA - 2(%ebx), %esi; mov $3, %ecx", \
		"a32 rep outsb"
	CASE	"outs from the supervisor's page", RING3, E_IOPL3, \
		"mov $PORT_OUT, %edx; lea PAGE_SUPERVISOR - DATA(%ebx), %esi", "a32 outsb"
	CASE	"rep outs, none", ALL, E_IOPL3, "mov $PORT_OUT, %edx; xor %ecx, %ecx", \
		"a32 rep outsb"

/* ---- CPUID ---- */

.macro cpuid_case name, modes, leaf, subleaf
	CASE	"cpuid \name", \modes, 0, "mov $\leaf, %eax; mov $\subleaf, %ecx", "cpuid"
.endm

	cpuid_case "0: vendor", ALL, 0, 0
	cpuid_case "1: features", PM32_0, 1, 0
	cpuid_case "2: caches", PM32_0, 2, 0
	cpuid_case "4.0: caches", PM32_0, 4, 0
	cpuid_case "4.3: caches", PM32_0, 4, 3
	cpuid_case "5: MONITOR", PM32_0, 5, 0
	cpuid_case "6: power", PM32_0, 6, 0
	cpuid_case "7.0: features", PM32_0, 7, 0
	cpuid_case "a: performance monitoring", PM32_0, 0xa, 0
	cpuid_case "b.0: topology", PM32_0, 0xb, 0
	cpuid_case "d.0: XSAVE", PM32_0, 0xd, 0
	cpuid_case "d.1: XSAVE", PM32_0, 0xd, 1
	cpuid_case "d.2: XSAVE", PM32_0, 0xd, 2
	cpuid_case "80000000: the highest", PM32_0, 0x80000000, 0
	cpuid_case "80000001: features", PM32_0, 0x80000001, 0
	cpuid_case "80000002: name", PM32_0, 0x80000002, 0
	cpuid_case "80000006: cache", PM32_0, 0x80000006, 0
	cpuid_case "80000007: time", PM32_0, 0x80000007, 0
	cpuid_case "80000008: addresses", PM32_0, 0x80000008, 0
	cpuid_case "40000000: hypervisors", PM32_0, 0x40000000, 0
	cpuid_case "beyond the highest", PM32_0, 0x7fffffff, 0

/* ---- system calls ---- */

	CASE	"sysenter", ALL, E_MSRS, "", "sysenter"
	CASE	"sysenter, IF, VM", V86, E_MSRS|E_IF, "", "sysenter"
	CASE	"sysenter, IA32_SYSENTER_CS is 0", ALL, E_MSRS|E_MSR_CS0, "", "sysenter"
	CASE	"sysexit", ALL, E_MSRS, "mov $TEST_STACK, %ecx; mov $LAND, %edx", ".byte 0x0f, 0x35"
	CASE	"sysexit, IA32_SYSENTER_CS is 0", RING0, E_MSRS|E_MSR_CS0, "", ".byte 0x0f, 0x35"
	CASE	"sysexit of 64 bits", LONG_0, E_MSRS, "mov $TEST_STACK, %ecx; mov $LAND, %edx", \
		".byte 0x48, 0x0f, 0x35"
	CASE	"sysexit of 64 bits, not canonical", LONG_0, E_MSRS, \
		"mov $TEST_STACK, %ecx; mov $0x8000000000000000, %rdx", ".byte 0x48, 0x0f, 0x35"
	CASE	"syscall", ALL, E_MSRS|E_IF, "", "syscall"
	CASE	"sysret", ALL, E_MSRS, "mov $LAND, %ecx; mov $0x3202, %esi", ".byte 0x0f, 0x07"
	CASE	"sysret of 64 bits", BITS64, E_MSRS, "mov $LAND, %ecx; mov $2, %r11d", "sysretq"
	CASE	"sysret of 64 bits, not canonical", LONG_0, E_MSRS, \
		"mov $0x8000000000000000, %rcx; mov $2, %r11d", "sysretq"

/* ---- the rest ---- */

	CASE	"swapgs", BITS64, E_MSRS, "mov $0xc0000101, %ecx", \
		"swapgs; rdmsr; mov %eax, %esi; swapgs; rdmsr"
	CASE	"rdfsbase", BITS64, E_MSRS, "", "rdfsbase %rax"
	CASE	"rdfsbase, CR4.FSGSBASE", BITS64, E_MSRS|E_FSGSBASE, "", "rdfsbase %rax"
	CASE	"wrgsbase, CR4.FSGSBASE", BITS64, E_MSRS|E_FSGSBASE, "mov $DATA, %eax", \
		"wrgsbase %rax; mov %gs:(0), %esi; rdgsbase %rcx"
	CASE	"wrgsbase, not canonical", BITS64, E_MSRS|E_FSGSBASE, \
		"mov $0x8000000000000000, %rax", "wrgsbase %rax"
	CASE	"invd", ALL, 0, "", "invd"
	CASE	"wbinvd", ALL, 0, "", "wbinvd"
	CASE	"xgetbv", ALL, 0, "xor %ecx, %ecx", "xgetbv"
	CASE	"xgetbv, CR4.OSXSAVE", ALL, E_OSXSAVE, "xor %ecx, %ecx", "xgetbv"
	CASE	"xgetbv, a register that there isn't", ALL, E_OSXSAVE, "mov $5, %ecx", "xgetbv"
	CASE	"xsetbv", ALL, 0, "mov $0, %ecx; mov $1, %eax; mov $0, %edx", "xsetbv"
	CASE	"xsetbv, CR4.OSXSAVE", ALL, E_OSXSAVE, \
		"mov $0, %ecx; mov $3, %eax; mov $0, %edx", \
		"xsetbv; xgetbv; mov %eax, %esi; mov $1, %eax; xsetbv"
	CASE	"xsetbv without x87", RING0, E_OSXSAVE, \
		"mov $0, %ecx; mov $2, %eax; mov $0, %edx", "xsetbv"
	CASE	"xsetbv, a register that there isn't", RING0, E_OSXSAVE, \
		"mov $1, %ecx; mov $1, %eax; mov $0, %edx", "xsetbv"
	CASE	"xsetbv, a reserved bit", RING0, E_OSXSAVE, \
		"mov $0, %ecx; mov $1, %eax; mov $0x80000000, %edx", "xsetbv"
	CASE	"monitor", ALL, 0, "mov %ebx, %eax; xor %ecx, %ecx; xor %edx, %edx", "monitor"
	CASE	"mwait", RING3, E_IOPL3, "xor %eax, %eax; xor %ecx, %ecx", "mwait"
	CASE	"vmcall", ALL, 0, "", "vmcall"
	CASE	"vmxoff", ALL, 0, "", "vmxoff"
	CASE	"vmlaunch", ALL, 0, "", "vmlaunch"
	CASE	"vmptrld", ALL, 0, "", "vmptrld (%ebx)"
	CASE	"getsec", ALL, 0, "", "getsec"
	CASE	"rsm", ALL, 0, "", "rsm"
	CASE	"invpcid", ALL, 0, "mov $5, %eax", ".byte 0x66, 0x67, 0x0f, 0x38, 0x82, 0x03"
	CASE	"ud2", ALL, 0, "", "ud2"
	CASE	"pause", ALL, 0, "", "pause"
	CASE	"fnop with CR0.TS", ALL, E_TS, "", "fnop"
	CASE	"mov to memory that isn't there", PAGED, 0, "lea PAGE_NONE - DATA(%ebx), %esi", \
		"mov %eax, (%esi)"
	CASE	"mov from memory that isn't there", PAGED, 0, "lea PAGE_NONE - DATA(%ebx), %esi", \
		"mov (%esi), %eax"
	CASE	"mov to read-only memory", PAGED, 0, "lea PAGE_READ - DATA(%ebx), %esi", \
		"mov %eax, (%esi)"
	CASE	"mov from the supervisor's memory", RING3, 0, \
		"lea PAGE_SUPERVISOR - DATA(%ebx), %esi", \
		"mov (%esi), %eax"
	CASE	"mov beyond the limit", PM16_0|PM16_3|V86|REAL, 0, "mov $0x10000, %esi", \
		"mov (%esi), %eax"
	CASE	"mov, not canonical", BITS64, 0, "mov $0x8000000000000000, %rsi", "mov (%rsi), %eax"
	CASE	"push, not canonical", BITS64, 0, "mov $0x8000000000000000, %rsp", "push %rax"

/* ---- single steps over what a hypervisor does for the guest ---- */

.macro step name, modes, insn
	CASE	"\name, TF", \modes, E_TF|E_DR, "", "\insn; nop"
	CASE	"\name behind mov ss, TF", (\modes)&RING0, E_DR, \
		"pushed_value 0x102; mov %ss, %eax", "popf; mov %ax, %ss; \insn; nop"
.endm

	step	"nop", ALL, "nop"
	step	"cpuid", PM32_0|PM32_3|LONG_0|LONG_3|REAL, \
		"cpuid; xor %eax, %eax; xor %ebx, %ebx; xor %ecx, %ecx; xor %edx, %edx"
	step	"in", RING0, "in $0x99, %al"
	step	"out", RING0, "out %al, $PORT_OUT"
	step	"mov to cr0", RING0, "get cr0; put cr0"
	step	"clts", RING0, "clts"
	step	"wbinvd", RING0, "wbinvd"
	step	"smsw and lmsw", RING0, "smsw %eax; lmsw %ax"
	step	"invlpg", RING0, "invlpg (%ebx)"
	step	"mov to cr3", RING0-REAL, "get cr3; put cr3"
	step	"mov from dr0", RING0, "get dr0"
	step	"pushf", ALL, "get_flags"
	step	"cli", RING0, "cli"
	step	"sti", RING0, "sti"
	step	"mov to ss", RING0, "mov %ss, %ax; mov %ax, %ss; nop"
	step	"int n", RING0, "int $INT_USER"
	step	"int3", RING0, "int3; nop"
	step	"ud2", RING0, "ud2"
