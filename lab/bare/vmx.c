// SPDX-License-Identifier: GPL-2.0
/*
 * Owns VMX operation of the CPU that calls and the VMCS of the guest that it
 * created last.
 */
#include "vmx.h"

#define MSR_VMX_BASIC 0x480
#define MSR_VMX_PIN 0x481
#define MSR_VMX_PROC 0x482
#define MSR_VMX_EXIT 0x483
#define MSR_VMX_ENTRY 0x484
#define MSR_VMX_MISC 0x485
#define MSR_VMX_CR0_FIXED0 0x486
#define MSR_VMX_CR4_FIXED0 0x488
#define MSR_VMX_PROC2 0x48b

/* "Any VMX controls that default to 1 may be cleared to 0": newer MSRs tell. */
#define VMX_BASIC_TRUE BIT(55)
#define TRUE_DISTANCE 0xc

#define RIGHTS_CODE 0xa09b
#define RIGHTS_DATA 0xc093
#define RIGHTS_TSS 0x008b
#define RIGHTS_UNUSABLE 0x10000

enum segment { ES, CS, SS, DS, FS, GS, LDTR, TR, SEGMENTS };

struct table_register {
	u16 limit;
	u64 base;
} __attribute__((packed));

extern const u8 vmx_exit[];
u32 vmx_enter(struct guest *guest, bool launched);

u64 vmcs_read(enum vmcs_field field)
{
	u64 value;
	bool failed;

	asm volatile("vmread %2, %0"
		     : "=r"(value), "=@ccbe"(failed)
		     : "r"((u64)field) : "memory");
	if (failed)
		bail("VMREAD of field %x failed", field);
	return value;
}

void vmcs_write(enum vmcs_field field, u64 value)
{
	bool failed;

	asm volatile("vmwrite %1, %2"
		     : "=@ccbe"(failed)
		     : "r"(value), "r"((u64)field) : "memory");
	if (failed)
		bail("VMWRITE of field %x failed", field);
}

/* Set @bits in a field. */
void vmcs_set(enum vmcs_field field, u64 bits)
{
	vmcs_write(field, vmcs_read(field) | bits);
}

static void *revision_page(void)
{
	u32 *page = page_alloc();

	page[0] = rdmsr(MSR_VMX_BASIC) & 0x7fffffff;
	return page;
}

void vmx_on(void)
{
	u64 region = (u64)revision_page();
	bool failed;

	WRITE_REG(cr0, READ_REG(cr0) | rdmsr(MSR_VMX_CR0_FIXED0));
	WRITE_REG(cr4, READ_REG(cr4) | rdmsr(MSR_VMX_CR4_FIXED0));
	asm volatile("vmxon %1" : "=@ccbe"(failed) : "m"(region) : "memory");
	if (failed)
		bail("VMXON failed");
}

void vmx_off(void)
{
	asm volatile("vmxoff" : : : "cc", "memory");
}

static u64 capability(u32 msr)
{
	if (msr != MSR_VMX_PROC2 && rdmsr(MSR_VMX_BASIC) & VMX_BASIC_TRUE)
		msr += TRUE_DISTANCE;
	return rdmsr(msr);
}

/* What a capability MSR makes of the @wanted control bits. */
static u32 allowed(u32 msr, u64 wanted)
{
	u64 offered = capability(msr);

	if (wanted & ~(offered >> 32))
		bail("controls %lx are not offered (MSR %x is %lx)",
		     wanted, msr, offered);
	return wanted | (u32)offered;
}

bool vmx_has_proc2(u64 bits)
{
	return capability(MSR_VMX_PROC) >> 32 & PROC_SECONDARY &&
	       !(bits & ~(capability(MSR_VMX_PROC2) >> 32));
}

static void write_segment(enum segment segment, u16 selector, u64 base,
			  u32 limit, u32 rights)
{
	vmcs_write(VMCS_GUEST_ES + 2 * segment, selector);
	vmcs_write(VMCS_GUEST_ES_BASE + 2 * segment, base);
	vmcs_write(VMCS_GUEST_ES_LIMIT + 2 * segment, limit);
	vmcs_write(VMCS_GUEST_ES_RIGHTS + 2 * segment, rights);
}

static u64 tss_base(u64 gdt)
{
	const u64 *tss = (const u64 *)(gdt + SEL_TSS);

	return (tss[0] >> 16 & 0xffffff) | (tss[0] >> 56) << 24 | tss[1] << 32;
}

static void write_controls(void)
{
	/* Old CPUs can't switch EFER; host and guest have the same one here. */
	bool efer = capability(MSR_VMX_EXIT) >> 32 & EXIT_LOAD_EFER;

	vmcs_write(VMCS_PIN, allowed(MSR_VMX_PIN, 0));
	vmcs_write(VMCS_PROC, allowed(MSR_VMX_PROC, PROC_MSR_BITMAP));
	vmcs_write(VMCS_EXIT, allowed(MSR_VMX_EXIT, EXIT_HOST_64 |
				      (efer ? EXIT_LOAD_EFER : 0)));
	vmcs_write(VMCS_ENTRY, allowed(MSR_VMX_ENTRY, ENTRY_GUEST_64 |
				       (efer ? ENTRY_LOAD_EFER : 0)));
	if (efer) {
		vmcs_write(VMCS_HOST_EFER, rdmsr(MSR_EFER));
		vmcs_write(VMCS_GUEST_EFER, rdmsr(MSR_EFER));
	}
	vmcs_write(VMCS_MSR_BITMAP, (u64)page_alloc());
	vmcs_write(VMCS_LINK, ~0ull);
}

static void write_host(const struct table_register *gdtr,
		       const struct table_register *idtr)
{
	vmcs_write(VMCS_HOST_CR0, READ_REG(cr0));
	vmcs_write(VMCS_HOST_CR3, READ_REG(cr3));
	vmcs_write(VMCS_HOST_CR4, READ_REG(cr4));
	vmcs_write(VMCS_HOST_CS, SEL_CODE);
	vmcs_write(VMCS_HOST_ES, SEL_DATA);
	vmcs_write(VMCS_HOST_SS, SEL_DATA);
	vmcs_write(VMCS_HOST_DS, SEL_DATA);
	vmcs_write(VMCS_HOST_FS, 0);
	vmcs_write(VMCS_HOST_GS, 0);
	vmcs_write(VMCS_HOST_TR, SEL_TSS);
	vmcs_write(VMCS_HOST_FS_BASE, rdmsr(MSR_FS_BASE));
	vmcs_write(VMCS_HOST_GS_BASE, rdmsr(MSR_GS_BASE));
	vmcs_write(VMCS_HOST_TR_BASE, tss_base(gdtr->base));
	vmcs_write(VMCS_HOST_GDTR_BASE, gdtr->base);
	vmcs_write(VMCS_HOST_IDTR_BASE, idtr->base);
	vmcs_write(VMCS_HOST_RIP, (u64)vmx_exit);
}

static void write_guest(const struct table_register *gdtr,
			const struct table_register *idtr)
{
	vmcs_write(VMCS_GUEST_CR0, READ_REG(cr0));
	vmcs_write(VMCS_GUEST_CR3, READ_REG(cr3));
	vmcs_write(VMCS_GUEST_CR4, READ_REG(cr4));
	vmcs_write(VMCS_GUEST_DR7, 0x400);
	write_segment(ES, SEL_DATA, 0, 0xffffffff, RIGHTS_DATA);
	write_segment(CS, SEL_CODE, 0, 0xffffffff, RIGHTS_CODE);
	write_segment(SS, SEL_DATA, 0, 0xffffffff, RIGHTS_DATA);
	write_segment(DS, SEL_DATA, 0, 0xffffffff, RIGHTS_DATA);
	write_segment(FS, 0, 0, 0, RIGHTS_UNUSABLE);
	write_segment(GS, 0, 0, 0, RIGHTS_UNUSABLE);
	write_segment(LDTR, 0, 0, 0, RIGHTS_UNUSABLE);
	write_segment(TR, SEL_TSS, tss_base(gdtr->base), 103, RIGHTS_TSS);
	vmcs_write(VMCS_GUEST_GDTR_BASE, gdtr->base);
	vmcs_write(VMCS_GUEST_GDTR_LIMIT, gdtr->limit);
	vmcs_write(VMCS_GUEST_IDTR_BASE, idtr->base);
	vmcs_write(VMCS_GUEST_IDTR_LIMIT, idtr->limit);
}

/* A new VMCS, current afterwards, for a guest that begins at @entry. */
void guest_create(struct guest *guest, void (*entry)(void))
{
	struct table_register gdtr, idtr;
	u64 vmcs = (u64)revision_page();
	bool failed;

	memset(guest, 0, sizeof(*guest));
	guest->vmcs = (void *)vmcs;
	asm volatile("vmclear %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
	if (failed)
		bail("VMCLEAR failed");
	asm volatile("vmptrld %1" : "=@ccbe"(failed) : "m"(vmcs) : "memory");
	if (failed)
		bail("VMPTRLD failed");
	asm volatile("sgdt %0" : "=m"(gdtr));
	asm volatile("sidt %0" : "=m"(idtr));
	write_controls();
	write_host(&gdtr, &idtr);
	write_guest(&gdtr, &idtr);
	guest_goto(entry);
}

/* Let the guest begin anew at @entry: active, interrupts off, empty stack. */
void guest_goto(void (*entry)(void))
{
	/* Two pages, and the stack as it is when a function has been called. */
	static u64 stack[1024] __attribute__((aligned(16)));

	vmcs_write(VMCS_GUEST_RIP, (u64)entry);
	vmcs_write(VMCS_GUEST_RSP, (u64)&stack[ARRAY_SIZE(stack) - 1]);
	vmcs_write(VMCS_GUEST_RFLAGS, 2);
	vmcs_write(VMCS_GUEST_ACTIVITY, ACTIVITY_ACTIVE);
}

/* Turn secondary controls on. */
void guest_secondary(u64 bits)
{
	vmcs_set(VMCS_PROC, PROC_SECONDARY);
	vmcs_set(VMCS_PROC2, allowed(MSR_VMX_PROC2, bits));
}

/* Enter the guest. Returns its exit reason or REASON_ENTRY_FAILED. */
int guest_run(struct guest *guest)
{
	u32 failed = vmx_enter(guest, guest->launched);

	guest->error = 0;
	if (failed) {
		if (failed == 2)
			guest->error = vmcs_read(VMCS_ERROR);
		return REASON_ENTRY_FAILED;
	}
	guest->launched = true;
	guest->qualification = vmcs_read(VMCS_QUALIFICATION);
	guest->physical = 0;
	if (vmx_has_proc2(PROC2_EPT))
		guest->physical = vmcs_read(VMCS_GUEST_PHYSICAL);
	return vmcs_read(VMCS_REASON);
}

/* Move the guest past the instruction that caused the exit. */
void guest_skip(void)
{
	vmcs_write(VMCS_GUEST_RIP, vmcs_read(VMCS_GUEST_RIP) +
		   vmcs_read(VMCS_EXIT_LENGTH));
}

/*
 * An exit after about @ticks whatever the guest does: the way out of a guest
 * that a bug keeps asleep.
 */
void guest_limit(u32 ticks)
{
	u32 shift = rdmsr(MSR_VMX_MISC) & 31;

	vmcs_set(VMCS_PIN, PIN_PREEMPTION_TIMER);
	vmcs_write(VMCS_PREEMPTION_TIMER, (ticks >> shift) + 1);
}

/* Virtualize TPR and x2APIC registers, and deliver virtual interrupts. */
void *guest_virtual_apic(void)
{
	void *page = page_alloc();

	vmcs_set(VMCS_PROC, PROC_TPR_SHADOW);
	guest_secondary(PROC2_X2APIC | PROC2_APIC_REGISTERS |
			PROC2_VIRTUAL_INTERRUPTS);
	/* Virtual-interrupt delivery goes with exits for real interrupts. */
	vmcs_set(VMCS_PIN, PIN_EXTERNAL_INTERRUPT);
	vmcs_write(VMCS_VIRTUAL_APIC, (u64)page);
	for (u32 n = 0; n < 4; n++)
		vmcs_write(VMCS_EOI_EXIT0 + 2 * n, 0);
	return page;
}
