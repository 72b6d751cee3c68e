// SPDX-License-Identifier: GPL-2.0
/*
 * With two CPUs, a fault or a VM exit on the first instruction of an
 * exception handler happens at that instruction, on the handler's stack.
 */
#include "vmx.h"

/* Beyond what the loader maps, and a page that EPT doesn't map. */
#define UNMAPPED 0x8000000000ul
#define NO_MEMORY 0x60000000ul

extern const u8 ud_handler[], ud_instruction[];

asm(".pushsection .text\n"
	"ud_handler:\n"
	"	mov	(%rax), %rax\n"
	"	addq	$8, (%rsp)\n"		/* past the UD2 and its padding */
	"	iretq\n"
	".popsection");

static u64 fault_rip, fault_rsp;

static void page_fault(struct trap_frame *frame)
{
	fault_rip = frame->rip;
	fault_rsp = frame->rsp;
	frame->rax = (u64)&fault_rip;	/* now it can be read */
}

/* Raise #UD with RAX for the handler's access; returns RSP before. */
static u64 raise_ud(u64 address)
{
	u64 rsp;

	asm volatile("mov %%rsp, %0\n"
		     "	.globl ud_instruction\n"
		     "ud_instruction:\n"
		     "	ud2\n"
		     "	.fill 6, 1, 0x90\n"
		     : "=&r"(rsp), "+a"(address) : : "memory");
	return rsp;
}

static void guest_main(void)
{
	u64 address = NO_MEMORY;

	asm volatile("ud2" : "+a"(address) : : "memory");
}

int main(void)
{
	struct guest guest;
	u64 rsp;
	int reason;

	plan(5);
	cpu_start(1);
	trap_set_gate(VECTOR_UD, ud_handler);
	trap_set(VECTOR_PF, page_fault);

	rsp = raise_ud(UNMAPPED);
	check(fault_rip == (u64)ud_handler,
	      "page fault: at the handler's first instruction (%lx, not %lx)",
	      fault_rip, (u64)ud_instruction);
	/* In 64-bit mode five words are pushed on an aligned stack. */
	check(fault_rsp == (rsp & ~15ul) - 40,
	      "page fault: on the handler's stack (%lx below)",
	      (rsp & ~15ul) - fault_rsp);

	vmx_on();
	guest_create(&guest, guest_main);
	ept_create(0);
	*ept_entry(NO_MEMORY, EPT_2M) = 0;
	ept_flush();
	reason = guest_run(&guest);
	check(reason == REASON_EPT_VIOLATION, "guest: EPT violation (reason %d)",
	      reason);
	check(vmcs_read(VMCS_GUEST_RIP) == (u64)ud_handler,
	      "guest: at the handler's first instruction (%lx)",
	      vmcs_read(VMCS_GUEST_RIP));
	check(guest.physical == NO_MEMORY, "guest: for its access (%lx)",
	      guest.physical);
	return 0;
}
