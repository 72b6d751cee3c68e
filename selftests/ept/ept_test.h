/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the memory tests have in common: a guest that reads and writes where
 * it is told to. Included after kselftest_harness.h.
 */
#ifndef VMR_TEST_EPT_TEST_H
#define VMR_TEST_EPT_TEST_H

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "vm_test.h"

#define PAGE	4096ul
#define FAR	0x40000000ul	/* slot 1 begins there */

GUEST64(guest_read, "mov (%rdi), %rax; hlt");
GUEST64(guest_write, "mov %rax, (%rdi); hlt");
/* Each page its own address; then all of them again, which must be there. */
GUEST64(guest_fill, "1: mov %rdi, (%rdi); add $4096, %rdi; dec %rcx; jnz 1b; hlt");
GUEST64(guest_check,
	"1:	cmp	%rdi, (%rdi);"
	"	jne	2f;"
	"	add	$4096, %rdi;"
	"	dec	%rcx;"
	"	jnz	1b;"
	"2:	hlt");

static inline void guest_begin(struct vcpu *cpu, const uint8_t *code, size_t size,
			       uint64_t address, uint64_t value, uint64_t count)
{
	struct vmr_state s;

	vcpu_start(cpu, GUEST_LONG, code, size);
	vcpu_get(cpu, &s);
	s.gpr[VMR_RDI] = address;
	s.gpr[VMR_RAX] = value;
	s.gpr[VMR_RCX] = count;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

/* The exit's name; "hlt" if the access went well. */
static inline const char *reads(struct vcpu *cpu, uint64_t address, uint64_t *value)
{
	const char *name;

	guest_begin(cpu, guest(guest_read), address, 0, 0);
	name = vcpu_next(cpu);
	*value = vcpu_gpr(cpu, VMR_RAX);
	return name;
}

static inline const char *writes(struct vcpu *cpu, uint64_t address, uint64_t value)
{
	guest_begin(cpu, guest(guest_write), address, value, 0);
	return vcpu_next(cpu);
}

static inline const char *fills(struct vcpu *cpu, uint64_t address, uint64_t pages)
{
	guest_begin(cpu, guest(guest_fill), address, 0, pages);
	return vcpu_next(cpu);
}

/* How many pages don't hold their own address, as the guest sees them. */
static inline uint64_t missing(struct vcpu *cpu, uint64_t address, uint64_t pages)
{
	guest_begin(cpu, guest(guest_check), address, 0, pages);
	if (strcmp("hlt", vcpu_next(cpu)))
		return pages;
	return vcpu_gpr(cpu, VMR_RCX);
}

/* How many VM exits there were because of memory. */
static inline uint64_t ept_violations(struct vcpu *cpu)
{
	return ((const volatile uint64_t *)(cpu->ro + cpu->header->stats_offset))[48];
}

static inline volatile uint64_t *word(void *memory, size_t offset)
{
	return (volatile uint64_t *)((uint8_t *)memory + offset);
}

#endif
