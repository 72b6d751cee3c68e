// SPDX-License-Identifier: GPL-2.0
/*
 * What CPUID answers a guest: the table that user space has set, the bits that
 * follow the guest's own state, and nothing of what vmring doesn't switch.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define LOCAL_APIC	(1u << 9)
#define OSXSAVE		(1u << 27)
#define APIC_ID		0xff000000
#define OSPKE		(1u << 4)
#define SYSCALL		(1u << 11)

/* The leaf and subleaf come from the data page, the answer goes there. */
GUEST64(ask,
	"1:	mov	" NUMBER(GUEST_DATA) ", %eax;"
	"	mov	" NUMBER(GUEST_DATA) " + 4, %ecx;"
	"	mov	$-1, %rbx; mov $-1, %rdx;"
	"	cpuid;"
	"	mov	%rax, " NUMBER(GUEST_DATA) " + 8;"
	"	mov	%rbx, " NUMBER(GUEST_DATA) " + 16;"
	"	mov	%rcx, " NUMBER(GUEST_DATA) " + 24;"
	"	mov	%rdx, " NUMBER(GUEST_DATA) " + 32;"
	"	hlt;"
	"	jmp	1b");

struct answer {
	uint64_t eax;
	uint64_t ebx;
	uint64_t ecx;
	uint64_t edx;
};

/* False: it came to something else than an answer. */
static bool cpuid(struct vcpu *cpu, uint32_t leaf, uint32_t subleaf, struct answer *answer)
{
	if (!cpu->ran)
		vcpu_start(cpu, GUEST_LONG, guest(ask));
	vm_data(cpu->vm)[0] = leaf | (uint64_t)subleaf << 32;
	if (strcmp("hlt", vcpu_next(cpu)))
		return false;
	memcpy(answer, (void *)&vm_data(cpu->vm)[1], sizeof(*answer));
	return true;
}

/*
 * Sets this table, and beside it the leaves that say that there are 64 bits, paging
 * and SSE: without them the registers of a 64-bit guest are refused.
 */
static bool set(struct vcpu *cpu, const struct vmr_cpuid_entry *entries, unsigned int count)
{
	static struct vmr_cpuid_entry all[VMR_MAX_CPUID], offered[VMR_MAX_CPUID];
	unsigned int i, offers = cpuid_offered(cpu->vm->dev, offered);

	memcpy(all, entries, count * sizeof(*entries));
	for (i = 0; i < offers; i++)
		if (offered[i].leaf == 1 || offered[i].leaf == 0x80000001)
			all[count++] = offered[i];
	return !vcpu_set_cpuid(cpu, all, count);
}

TEST_F(vm, what_the_host_offers)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	unsigned int i, count = cpuid_offered(self->vm.dev, entries);
	struct answer a;

	ASSERT_LT(10, count);
	for (i = 0; i < count; i++) {
		const struct vmr_cpuid_entry *e = &entries[i];
		uint32_t ebx = ~0, ecx = ~0, edx = ~0;

		if (e->leaf == 1) {
			ebx = ~APIC_ID;
			ecx = ~OSXSAVE;
		} else if (e->leaf == 7 && !e->subleaf) {
			ecx = ~OSPKE;
		} else if (e->leaf == 0xd && e->subleaf < 2) {
			ebx = 0;
		}
		if (vm_is_kvm() && e->leaf == 7)
			ecx = 0;
		/* Set by KVM itself, by IA32_APIC_BASE. */
		if (vm_is_kvm() && e->leaf == 1)
			edx = ~LOCAL_APIC;
		ASSERT_TRUE(cpuid(&self->cpu, e->leaf, e->subleaf, &a));
		EXPECT_EQ(e->eax, a.eax)
			TH_LOG("EAX of leaf 0x%x.%u", e->leaf, e->subleaf);
		EXPECT_EQ(e->ebx & ebx, a.ebx & (ebx | 0xffffffff00000000))
			TH_LOG("EBX of leaf 0x%x.%u", e->leaf, e->subleaf);
		EXPECT_EQ(e->ecx & ecx, a.ecx & (ecx | 0xffffffff00000000))
			TH_LOG("ECX of leaf 0x%x.%u", e->leaf, e->subleaf);
		EXPECT_EQ(e->edx & edx, a.edx & (edx | 0xffffffff00000000))
			TH_LOG("EDX of leaf 0x%x.%u", e->leaf, e->subleaf);
	}
}

static const struct vmr_cpuid_entry own[] = {
	{ 0, 0, 0, 4, 0x11, 0x22, 0x33, 0 },
	{ 4, 0, VMR_CPUID_SUBLEAF, 0x40, 0x41, 0x42, 0x43, 0 },
	{ 4, 2, VMR_CPUID_SUBLEAF, 0x50, 0x51, 0x52, 0x53, 0 },
	{ 2, 0, 0, 0x21, 0x22, 0x23, 0x24, 0 },
	{ 0x40000000, 0, 0, 0x40000001, 0x676e6972, 0x676e6972, 0x676e6972, 0 },
	{ 0x40000001, 0, 0, 1, 2, 3, 4, 0 },
	{ 0x80000000, 0, 0, 0x80000004, 0, 0, 0, 0 },
	{ 0x80000004, 0, 0, 0x61, 0x62, 0x63, 0x64, 0 },
};

TEST_F(vm, own_table)
{
	struct answer a;
	size_t i;

	ASSERT_TRUE(set(&self->cpu, own, ARRAY_SIZE(own)));
	for (i = 0; i < ARRAY_SIZE(own); i++) {
		ASSERT_TRUE(cpuid(&self->cpu, own[i].leaf, own[i].subleaf, &a));
		EXPECT_EQ(own[i].eax, a.eax)
			TH_LOG("leaf 0x%x.%u", own[i].leaf, own[i].subleaf);
		EXPECT_EQ(own[i].ebx, a.ebx);
		EXPECT_EQ(own[i].ecx, a.ecx);
		EXPECT_EQ(own[i].edx, a.edx);
	}
	/* ECX doesn't matter where the leaf has no subleaves. */
	ASSERT_TRUE(cpuid(&self->cpu, 2, 77, &a));
	EXPECT_EQ(0x21, a.eax);
}

TEST_F(vm, what_is_not_in_the_table)
{
	const uint32_t beyond[] = { 5, 0x1000, 0x3fffffff };
	struct answer a;
	size_t i;

	ASSERT_TRUE(set(&self->cpu, own, ARRAY_SIZE(own)));
	/* Within the range, not there: zeroes. A subleaf that isn't there: zeroes. */
	ASSERT_TRUE(cpuid(&self->cpu, 3, 0, &a));
	EXPECT_EQ(0, a.eax | a.ebx | a.ecx | a.edx);
	ASSERT_TRUE(cpuid(&self->cpu, 4, 1, &a));
	EXPECT_EQ(0, a.eax | a.ebx | a.ecx | a.edx);
	ASSERT_TRUE(cpuid(&self->cpu, 0x80000002, 0, &a));
	EXPECT_EQ(0, a.eax | a.ebx | a.ecx | a.edx);
	/* Beyond: the highest basic leaf's, with the same ECX. */
	for (i = 0; i < ARRAY_SIZE(beyond); i++) {
		ASSERT_TRUE(cpuid(&self->cpu, beyond[i], 2, &a));
		EXPECT_EQ(0x50, a.eax)
			TH_LOG("leaf 0x%x", beyond[i]);
		EXPECT_EQ(0x53, a.edx);
	}
	ASSERT_TRUE(cpuid(&self->cpu, 0x80000005, 0, &a));
	EXPECT_EQ(0x40, a.eax);
	ASSERT_TRUE(cpuid(&self->cpu, 0xffffffff, 0, &a));
	EXPECT_EQ(0x40, a.eax);
}

/* A table with everything in it: what the guest can't have is hidden all the same. */
TEST_F(vm, hidden)
{
	static struct vmr_cpuid_entry entries[VMR_MAX_CPUID];
	unsigned int i, count = cpuid_offered(self->vm.dev, entries);
	struct answer a;

	SKIP_ON_KVM();
	for (i = 0; i < count; i++) {
		if (entries[i].leaf == 1 || (entries[i].leaf == 7 && !entries[i].subleaf)) {
			entries[i].ebx |= entries[i].leaf == 7 ? 0xffffffff : 0;
			entries[i].ecx = 0xffffffff;
			entries[i].edx = 0xffffffff;
		}
		if (entries[i].leaf == 0xa)
			entries[i].eax = 0xffffffff;
	}
	ASSERT_EQ(0, vcpu_set_cpuid(&self->cpu, entries, count));
	ASSERT_TRUE(cpuid(&self->cpu, 1, 0, &a));
	/* MONITOR, DS-CPL, VMX, SMX, PDCM, PCID, x2APIC, TSC deadline, OSXSAVE */
	EXPECT_EQ(0, a.ecx & (1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 15 | 1 << 17 | 1 << 21 |
			      1 << 24 | 1 << 27))
		TH_LOG("ECX of leaf 1: 0x%lx", (unsigned long)a.ecx);
	/* DS */
	EXPECT_EQ(0, a.edx & 1 << 21);
	/* FPU, PSE, TSC, MSR, PAE, CX8, SEP, PGE, CMOV, MMX, FXSR, SSE, SSE2 */
	EXPECT_EQ(0x0780a979, a.edx & 0x0780a979);
	if (cpuid(&self->cpu, 7, 0, &a) && a.ebx) {
		/* SGX, HLE, RTM, RDT, Intel PT */
		EXPECT_EQ(0, a.ebx & (1 << 2 | 1 << 4 | 1 << 11 | 1 << 12 | 1 << 15 | 1 << 25))
			TH_LOG("EBX of leaf 7: 0x%lx", (unsigned long)a.ebx);
		/* PKU, OSPKE, WAITPKG, CET_SS, LA57 */
		EXPECT_EQ(0, a.ecx & (1 << 3 | 1 << 4 | 1 << 5 | 1 << 7 | 1 << 16))
			TH_LOG("ECX of leaf 7: 0x%lx", (unsigned long)a.ecx);
		/* UINTR, CET_IBT, AMX, SPEC_CTRL, STIBP, L1D_FLUSH, ARCH_CAPABILITIES, SSBD */
		EXPECT_EQ(0, a.edx & (1u << 5 | 1u << 20 | 1u << 22 | 1u << 24 | 1u << 25 |
				      1u << 26 | 1u << 27 | 1u << 28 | 1u << 29 | 1u << 31))
			TH_LOG("EDX of leaf 7: 0x%lx", (unsigned long)a.edx);
	}
	ASSERT_TRUE(cpuid(&self->cpu, 0xa, 0, &a));
	EXPECT_EQ(0, a.eax);
}

/* OSXSAVE is CR4's bit; XSAVE's size is XCR0's. */
GUEST64(state_bits,
	"	mov	$1, %eax; cpuid; mov %ecx, %r8d;"
	"	mov	%cr4, %rax; or $0x40000, %rax; mov %rax, %cr4;"
	"	mov	$1, %eax; cpuid; mov %ecx, %r9d;"
	"	mov	$0xd, %eax; xor %ecx, %ecx; cpuid; mov %ebx, %r10d;"
	"	mov	$7, %eax; xor %ecx, %ecx; xor %edx, %edx; xsetbv;"
	"	mov	$0xd, %eax; xor %ecx, %ecx; cpuid; mov %ebx, %r11d;"
	"	hlt;"
	"	mov	%cr4, %rax; and $~0x40000, %rax; mov %rax, %cr4;"
	"	mov	$1, %eax; cpuid; mov %ecx, %r12d;"
	"	hlt");

TEST_F(vm, bits_of_the_guests_state)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(state_bits));
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0, s.gpr[8] & OSXSAVE);
	EXPECT_EQ(OSXSAVE, s.gpr[9] & OSXSAVE);
	EXPECT_EQ(576, s.gpr[10]);
	EXPECT_EQ(832, s.gpr[11]);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vcpu_gpr(&self->cpu, 12) & OSXSAVE);
	/* And so it is if user space changes CR4. */
	vcpu_start(&self->cpu, GUEST_LONG, guest(state_bits));
	vcpu_get(&self->cpu, &s);
	s.cr4 |= 0x40000;
	vcpu_set(&self->cpu, VMR_STATE_CONTROL, &s);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(OSXSAVE, vcpu_gpr(&self->cpu, 8) & OSXSAVE);
}

/* The same from ring 3 and in real mode. */
GUEST64(ask_syscall, "mov $0x80000001, %eax; cpuid; hlt");
GUEST32(ask_syscall32, "mov $0x80000001, %eax; cpuid; hlt");

/* SYSCALL is there in 64-bit mode, and told of there alone. */
TEST_F(vm, syscall_in_each_mode)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(ask_syscall));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(SYSCALL, vcpu_gpr(&self->cpu, VMR_RDX) & SYSCALL);
	vcpu_start(&self->cpu, GUEST_FLAT32, guest(ask_syscall32));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, vcpu_gpr(&self->cpu, VMR_RDX) & SYSCALL);
	EXPECT_NE(0, vcpu_gpr(&self->cpu, VMR_RDX));
}

GUEST16(real_cpuid, "mov $0x40000000, %eax; cpuid; hlt");

TEST_F(vm, in_real_mode)
{
	ASSERT_TRUE(set(&self->cpu, own, ARRAY_SIZE(own)));
	vcpu_start(&self->cpu, GUEST_REAL, guest(real_cpuid));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x676e6972, vcpu_gpr(&self->cpu, VMR_RBX));
}

TEST_HARNESS_MAIN
