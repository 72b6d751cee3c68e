/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns VMX for bare images: one VMCS at a time per guest, with defaults that
 * let a function of the image run as the guest. The guest shares the host's
 * address space, segments and IDT, so a test is plain C on both sides.
 */
#ifndef BARE_VMX_H
#define BARE_VMX_H

#include "bare.h"

/* Fields of the VMCS that are used here. */
enum vmcs_field {
	VMCS_VPID = 0x0000,
	VMCS_POSTED_VECTOR = 0x0002,
	VMCS_GUEST_ES = 0x0800,		/* ES CS SS DS FS GS LDTR TR */
	VMCS_GUEST_INTR_STATUS = 0x0810,
	VMCS_HOST_ES = 0x0c00,
	VMCS_HOST_CS = 0x0c02,
	VMCS_HOST_SS = 0x0c04,
	VMCS_HOST_DS = 0x0c06,
	VMCS_HOST_FS = 0x0c08,
	VMCS_HOST_GS = 0x0c0a,
	VMCS_HOST_TR = 0x0c0c,
	VMCS_MSR_BITMAP = 0x2004,
	VMCS_EXIT_MSR_STORE = 0x2006,
	VMCS_TSC_OFFSET = 0x2010,
	VMCS_VIRTUAL_APIC = 0x2012,
	VMCS_POSTED_DESC = 0x2016,
	VMCS_EPTP = 0x201a,
	VMCS_EOI_EXIT0 = 0x201c,
	VMCS_GUEST_PHYSICAL = 0x2400,
	VMCS_LINK = 0x2800,
	VMCS_GUEST_EFER = 0x2806,
	VMCS_HOST_EFER = 0x2c02,
	VMCS_PIN = 0x4000,
	VMCS_PROC = 0x4002,
	VMCS_EXIT = 0x400c,
	VMCS_EXIT_MSR_STORE_COUNT = 0x400e,
	VMCS_ENTRY = 0x4012,
	VMCS_PROC2 = 0x401e,
	VMCS_ERROR = 0x4400,
	VMCS_REASON = 0x4402,
	VMCS_EXIT_LENGTH = 0x440c,
	VMCS_GUEST_ES_LIMIT = 0x4800,
	VMCS_GUEST_GDTR_LIMIT = 0x4810,
	VMCS_GUEST_IDTR_LIMIT = 0x4812,
	VMCS_GUEST_ES_RIGHTS = 0x4814,
	VMCS_GUEST_ACTIVITY = 0x4826,
	VMCS_PREEMPTION_TIMER = 0x482e,
	VMCS_QUALIFICATION = 0x6400,
	VMCS_GUEST_CR0 = 0x6800,
	VMCS_GUEST_CR3 = 0x6802,
	VMCS_GUEST_CR4 = 0x6804,
	VMCS_GUEST_ES_BASE = 0x6806,
	VMCS_GUEST_GDTR_BASE = 0x6816,
	VMCS_GUEST_IDTR_BASE = 0x6818,
	VMCS_GUEST_DR7 = 0x681a,
	VMCS_GUEST_RSP = 0x681c,
	VMCS_GUEST_RIP = 0x681e,
	VMCS_GUEST_RFLAGS = 0x6820,
	VMCS_HOST_CR0 = 0x6c00,
	VMCS_HOST_CR3 = 0x6c02,
	VMCS_HOST_CR4 = 0x6c04,
	VMCS_HOST_FS_BASE = 0x6c06,
	VMCS_HOST_GS_BASE = 0x6c08,
	VMCS_HOST_TR_BASE = 0x6c0a,
	VMCS_HOST_GDTR_BASE = 0x6c0c,
	VMCS_HOST_IDTR_BASE = 0x6c0e,
	VMCS_HOST_RSP = 0x6c14,
	VMCS_HOST_RIP = 0x6c16,
};

#define PIN_EXTERNAL_INTERRUPT BIT(0)
#define PIN_PREEMPTION_TIMER BIT(6)
#define PIN_POSTED_INTERRUPTS BIT(7)

#define PROC_INTERRUPT_WINDOW BIT(2)
#define PROC_TSC_OFFSET BIT(3)
#define PROC_TPR_SHADOW BIT(21)
#define PROC_MSR_BITMAP BIT(28)
#define PROC_SECONDARY BIT(31)

#define PROC2_EPT BIT(1)
#define PROC2_X2APIC BIT(4)
#define PROC2_APIC_REGISTERS BIT(8)
#define PROC2_VIRTUAL_INTERRUPTS BIT(9)
#define PROC2_MODE_BASED_EXECUTE BIT(22)

#define EXIT_HOST_64 BIT(9)
#define EXIT_ACKNOWLEDGE BIT(15)
#define EXIT_LOAD_EFER BIT(21)
#define ENTRY_GUEST_64 BIT(9)
#define ENTRY_LOAD_EFER BIT(15)

enum exit_reason {
	REASON_EXTERNAL_INTERRUPT = 1,
	REASON_INIT = 3,
	REASON_INTERRUPT_WINDOW = 7,
	REASON_VMCALL = 18,
	REASON_EPT_VIOLATION = 48,
	REASON_EPT_MISCONFIGURATION = 49,
	REASON_PREEMPTION_TIMER = 52,
	REASON_ENTRY_FAILED = -1,	/* no exit: see guest.error */
};

#define ACTIVITY_ACTIVE 0
#define ACTIVITY_HLT 1

/* "VM entry with invalid control field(s)" */
#define VMX_ERROR_CONTROLS 7

#define EPT_READ BIT(0)
#define EPT_WRITE BIT(1)
#define EPT_EXECUTE BIT(2)
#define EPT_WRITE_BACK (6 << 3)
#define EPT_LARGE BIT(7)
#define EPT_USER_EXECUTE BIT(10)
#define EPT_AD_ENABLE BIT(6)	/* in the pointer */

/* Exit qualification of an EPT violation */
#define QUAL_READ BIT(0)
#define QUAL_WRITE BIT(1)
#define QUAL_FETCH BIT(2)
#define QUAL_MAY_EXECUTE BIT(5)
#define QUAL_MAY_USER_EXECUTE BIT(6)
#define QUAL_LINEAR BIT(7)
#define QUAL_FINAL BIT(8)	/* not the access of a page walk */

struct guest {
	/* vmenter.S knows the order of these. */
	u64 rax, rbx, rcx, rdx, rsi, rdi, rbp, r8;
	u64 r9, r10, r11, r12, r13, r14, r15;

	void *vmcs;
	bool launched;

	/* after an entry that failed: 0 if there was no current VMCS */
	u32 error;
	/* after an exit */
	u64 qualification;
	u64 physical;
};

void vmx_on(void);
void vmx_off(void);

u64 vmcs_read(enum vmcs_field field);
void vmcs_write(enum vmcs_field field, u64 value);
void vmcs_set(enum vmcs_field field, u64 bits);

bool vmx_has_proc2(u64 bits);

void guest_create(struct guest *guest, void (*entry)(void));
void guest_goto(void (*entry)(void));
void guest_secondary(u64 bits);
int guest_run(struct guest *guest);
void guest_skip(void);
void guest_limit(u32 ticks);
void *guest_virtual_apic(void);

static inline void vmcall(void)
{
	asm volatile("vmcall" : : : "memory");
}

/* ept.c: one map, which is the identity for the first 4 GiB */
enum ept_level { EPT_4K = 1, EPT_2M, EPT_1G };

void ept_create(u64 pointer_bits);
u64 *ept_entry(u64 gpa, enum ept_level level);
void ept_flush(void);

#endif
