// SPDX-License-Identifier: GPL-2.0
/*
 * MSRs: those that vmring has for a guest, #GP for all others, and what user
 * space asked for instead. A guest can reach no MSR of the host.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define TSC		0x10
#define SYSENTER_CS	0x174
#define SYSENTER_ESP	0x175
#define SYSENTER_EIP	0x176
#define PAT		0x277
#define EFER		0xc0000080
#define STAR		0xc0000081
#define LSTAR		0xc0000082
#define CSTAR		0xc0000083
#define FMASK		0xc0000084
#define FS_BASE		0xc0000100
#define GS_BASE		0xc0000101
#define KERNEL_GS_BASE	0xc0000102
#define TSC_AUX		0xc0000103

#define NOBODYS		0xc0001234
#define NOT_CANONICAL	0x800000000000

/* ECX, EAX, EDX come from the data page; RAX and RDX go back there. */
GUEST64(read_one,
	"1:	mov	" NUMBER(GUEST_DATA) ", %ecx;"
	"	rdmsr;"
	"	mov	%eax, " NUMBER(GUEST_DATA) " + 8;"
	"	mov	%edx, " NUMBER(GUEST_DATA) " + 12;"
	"	hlt;"
	"	jmp	1b");
GUEST64(write_one,
	"1:	mov	" NUMBER(GUEST_DATA) ", %ecx;"
	"	mov	" NUMBER(GUEST_DATA) " + 8, %eax;"
	"	mov	" NUMBER(GUEST_DATA) " + 12, %edx;"
	"	wrmsr;"
	"	hlt;"
	"	jmp	1b");

/* "hlt", or what else came of it; the value that was read is in the data page. */
static const char *guest_read(struct vcpu *cpu, uint32_t msr, uint64_t *value)
{
	const char *name;

	vcpu_start(cpu, GUEST_LONG, guest(read_one));
	vm_data(cpu->vm)[0] = msr;
	name = vcpu_next(cpu);
	*value = vm_data(cpu->vm)[1];
	return name;
}

static const char *guest_write(struct vcpu *cpu, uint32_t msr, uint64_t value)
{
	vcpu_start(cpu, GUEST_LONG, guest(write_one));
	vm_data(cpu->vm)[0] = msr;
	vm_data(cpu->vm)[1] = value;
	return vcpu_next(cpu);
}

static const uint32_t plain[] = {
	SYSENTER_CS, SYSENTER_ESP, SYSENTER_EIP, STAR, LSTAR, CSTAR, FMASK,
	FS_BASE, GS_BASE, KERNEL_GS_BASE, TSC_AUX,
};

/* A value that each of them takes. */
static uint64_t sample(uint32_t msr, uint32_t seed)
{
	uint64_t value = 0x10203040 + seed * 0x1111;

	if (msr == LSTAR || msr == KERNEL_GS_BASE || msr == SYSENTER_EIP)
		value |= 0xffff800000000000;
	return value;
}

TEST_F(vm, guest_sees_what_user_space_set)
{
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		/* The segments' bases are part of the state that a start sets. */
		vcpu_start(&self->cpu, GUEST_LONG, guest(read_one));
		vm_data(&self->vm)[0] = plain[i];
		ASSERT_EQ(0, vcpu_set_msr(&self->cpu, plain[i], sample(plain[i], i)))
			TH_LOG("MSR 0x%x", plain[i]);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(sample(plain[i], i), vm_data(&self->vm)[1])
			TH_LOG("MSR 0x%x", plain[i]);
		ASSERT_EQ(0, vcpu_get_msr(&self->cpu, plain[i], &value));
		EXPECT_EQ(sample(plain[i], i), value);
	}
}

TEST_F(vm, user_space_sees_what_the_guest_set)
{
	struct vmr_state s;
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plain); i++) {
		ASSERT_STREQ("hlt", guest_write(&self->cpu, plain[i], sample(plain[i], i)))
			TH_LOG("MSR 0x%x", plain[i]);
		ASSERT_EQ(0, vcpu_get_msr(&self->cpu, plain[i], &value));
		EXPECT_EQ(sample(plain[i], i), value)
			TH_LOG("MSR 0x%x", plain[i]);
		vcpu_get(&self->cpu, &s);
		if (plain[i] == FS_BASE) {
			EXPECT_EQ(value, s.segment[VMR_FS].base);
		}
		if (plain[i] == GS_BASE) {
			EXPECT_EQ(value, s.segment[VMR_GS].base);
		}
	}
}

TEST_F(vm, page_attributes)
{
	uint64_t value;

	ASSERT_STREQ("hlt", guest_write(&self->cpu, PAT, 0x0007040600070406));
	ASSERT_STREQ("hlt", guest_read(&self->cpu, PAT, &value));
	EXPECT_EQ(0x0007040600070406, value);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, PAT, &value));
	EXPECT_EQ(0x0007040600070406, value);
	ASSERT_STREQ("trap", guest_write(&self->cpu, PAT, 0x0007040600070402));
	EXPECT_EQ(13, exit_value(&self->cpu));
}

TEST_F(vm, time_stamp_counter)
{
	uint64_t first, second;

	ASSERT_STREQ("hlt", guest_read(&self->cpu, TSC, &first));
	ASSERT_STREQ("hlt", guest_read(&self->cpu, TSC, &second));
	EXPECT_LT(first, second);
}

/* What the manual's WRMSR refuses, a guest and user space are refused. */
TEST_F(vm, bad_values)
{
	const struct {
		uint32_t msr;
		uint64_t value;
	} bad[] = {
		{ LSTAR, NOT_CANONICAL }, { CSTAR, NOT_CANONICAL },
		{ KERNEL_GS_BASE, NOT_CANONICAL },
		{ FS_BASE, NOT_CANONICAL }, { GS_BASE, NOT_CANONICAL },
		{ SYSENTER_EIP, NOT_CANONICAL }, { SYSENTER_ESP, NOT_CANONICAL },
		{ PAT, 2 }, { PAT, 0xff00000000000000 }, { TSC_AUX, 1ull << 32 },
		{ EFER, 1ull << 63 }, { EFER, 1 << 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		EXPECT_STREQ("trap", guest_write(&self->cpu, bad[i].msr, bad[i].value))
			TH_LOG("MSR 0x%x", bad[i].msr);
		EXPECT_EQ(13, exit_value(&self->cpu));
		EXPECT_EQ(0, vm_traps(&self->vm)->error);
		vcpu_answer(&self->cpu, NULL, 0);
		/* EFER is the state's. */
		if (bad[i].msr != EFER && !vm_is_kvm()) {
			EXPECT_ERRNO(EINVAL, vcpu_set_msr(&self->cpu, bad[i].msr, bad[i].value))
				TH_LOG("MSR 0x%x", bad[i].msr);
		}
	}
}

TEST_F(vm, efer)
{
	struct vmr_state s;
	uint64_t value;

	ASSERT_STREQ("hlt", guest_read(&self->cpu, EFER, &value));
	EXPECT_EQ(0xd01, value);
	/* LME can't change while there is paging; LMA is not written. */
	ASSERT_STREQ("trap", guest_write(&self->cpu, EFER, 0xc01));
	EXPECT_EQ(13, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_STREQ("hlt", guest_write(&self->cpu, EFER, 0x501));
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x501, s.efer);
}

TEST_F(vm, unknown_msrs)
{
	const uint32_t msrs[] = { NOBODYS, 0x1fff, 0x2000, 0x40000000, 0xbfffffff, 0xc0002000,
				  0xffffffff };
	uint64_t value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		EXPECT_STREQ("trap", guest_read(&self->cpu, msrs[i], &value))
			TH_LOG("MSR 0x%x", msrs[i]);
		EXPECT_EQ(13, exit_value(&self->cpu));
		EXPECT_EQ(0, vm_traps(&self->vm)->error);
		vcpu_answer(&self->cpu, NULL, 0);
		EXPECT_STREQ("trap", guest_write(&self->cpu, msrs[i], 1));
		EXPECT_EQ(13, exit_value(&self->cpu));
		vcpu_answer(&self->cpu, NULL, 0);
		if (!vm_is_kvm()) {
			EXPECT_ERRNO(EINVAL, vcpu_get_msr(&self->cpu, msrs[i], &value));
			EXPECT_ERRNO(EINVAL, vcpu_set_msr(&self->cpu, msrs[i], 0));
		}
	}
}

GUEST64(user_mode,
	"	mov	$0xc0000081, %ecx; xor %eax, %eax; mov $0x001b0018, %edx; wrmsr;"
	"	lea	1f(%rip), %rcx; xor %r11d, %r11d; sysretq;"
	"1:	mov	$0x10, %ecx; rdmsr; hlt");

TEST_F(vm, not_from_user_mode)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(user_mode));
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(GUEST_USER_CS, vm_traps(&self->vm)->cs);
}

/* All that is listed can be read by user space and by the guest, the same. */
TEST_F(vm, the_list)
{
	static uint32_t list[VMR_MAX_MSRS];
	static struct vmr_msr msrs[VMR_MAX_MSRS];
	struct vmr_msrs args = {
		.size = sizeof(args), .msrs = (uintptr_t)msrs, .count = VMR_MAX_MSRS,
	};
	uint64_t value, seen;
	unsigned int i, p, found = 0;

	SKIP_ON_KVM();
	ASSERT_ERRNO(0, ioctl_errno(self->vm.dev, VMR_LIST_MSRS, &args));
	ASSERT_LE(ARRAY_SIZE(plain), args.count);
	for (i = 0; i < args.count; i++)
		list[i] = msrs[i].index;
	for (i = 0; i < args.count; i++) {
		for (p = 0; p < ARRAY_SIZE(plain); p++)
			found += list[i] == plain[p];
		EXPECT_ERRNO(0, vcpu_get_msr(&self->cpu, list[i], &value))
			TH_LOG("MSR 0x%x", list[i]);
		EXPECT_STREQ("hlt", guest_read(&self->cpu, list[i], &seen)) {
			TH_LOG("MSR 0x%x", list[i]);
			vcpu_answer(&self->cpu, NULL, 0);
		}
		if (list[i] == FS_BASE || list[i] == GS_BASE || list[i] == TSC || list[i] == EFER)
			continue;	/* time goes on, and a start sets the others */
		EXPECT_EQ(value, seen)
			TH_LOG("MSR 0x%x", list[i]);
	}
	EXPECT_EQ(ARRAY_SIZE(plain), found);
}

/*
 * All the numbers that CPUs have MSRs at: read, and written with what no MSR
 * takes. What comes of it is the guest's own affair; the kernel's log shows
 * whether it became the host's.
 */
GUEST64(sweep,
	"	xor	%ecx, %ecx;"
	"1:	rdmsr;"
	"	mov	$-1, %eax;"
	"	mov	$-1, %edx;"
	"	wrmsr;"
	"	inc	%ecx;"
	"	cmp	$0x2000, %ecx;"
	"	jne	2f;"
	"	mov	$0xc0000000, %ecx;"
	"2:	cmp	$0xc0001000, %ecx;"
	"	jne	1b;"
	"	hlt");

TEST_F(vm, every_msr)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(sweep));
	vm_traps(&self->vm)->resume[13] = 3;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_LT(0x2000, vm_traps(&self->vm)->count[13]);
}

/* ---- what user space asked for ---- */

FIXTURE(policy) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
};

FIXTURE_SETUP(policy)
{
	const struct vmr_msr_range ranges[] = {
		{ LSTAR, 1, VMR_MSR_KERNEL, VMR_MSR_KERNEL, 0 },
		{ STAR, 4, VMR_MSR_USER, VMR_MSR_USER, 0 },
		{ 0x1000, 16, VMR_MSR_USER, VMR_MSR_GP, 0 },
		{ 0x1008, 16, VMR_MSR_ZERO, VMR_MSR_ZERO, 0 },
		{ 0x40000000, 256, VMR_MSR_USER, VMR_MSR_USER, 0 },
		{ 0xc0001000, 1, VMR_MSR_ZERO, VMR_MSR_USER, 0 },
		{ SYSENTER_CS, 1, VMR_MSR_GP, VMR_MSR_KERNEL, 0 },
		{ PAT, 1, VMR_MSR_USER, VMR_MSR_ZERO, 0 },
		{ 0xffffffff, 1, VMR_MSR_ZERO, VMR_MSR_ZERO, 0 },
	};

	if (vm_for_both())
		SKIP(return, "this is vmring's alone");
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	ASSERT_ERRNO(0, vm_msr_policy(&self->vm, ranges, ARRAY_SIZE(ranges)));
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(policy)
{
	if (vm_for_both())
		return;
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

TEST_F(policy, user_reads)
{
	const uint32_t msrs[] = { STAR, CSTAR, FMASK, 0x1000, 0x1007, 0x100f, 0x40000000, PAT,
				  0x400000ff };
	size_t i;
	uint64_t value;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		ASSERT_STREQ("msr", guest_read(&self->cpu, msrs[i], &value))
			TH_LOG("MSR 0x%x", msrs[i]);
		EXPECT_EQ(msrs[i], self->cpu.exit.addr);
		EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, self->cpu.exit.flags);
		EXPECT_EQ(0, exit_value(&self->cpu));
		vcpu_answer_u64(&self->cpu, 0x1122334455667788 + i);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(0x1122334455667788 + i, vm_data(&self->vm)[1]);
	}
}

TEST_F(policy, user_writes)
{
	const uint32_t msrs[] = { STAR, CSTAR, FMASK, 0x40000080, 0xc0001000 };
	size_t i;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(msrs); i++) {
		ASSERT_STREQ("msr", guest_write(&self->cpu, msrs[i], 0x8877665544332211))
			TH_LOG("MSR 0x%x", msrs[i]);
		EXPECT_EQ(msrs[i], self->cpu.exit.addr);
		EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, self->cpu.exit.flags);
		EXPECT_EQ(0x8877665544332211, exit_value(&self->cpu));
		vcpu_answer(&self->cpu, NULL, 0);
		ASSERT_EXIT("hlt", &self->cpu);
	}
}

/* The upper halves of RAX and RDX are zero after a RDMSR that user space answered. */
GUEST64(wide_registers, "mov $-1, %rax; mov $-1, %rdx; mov $0x1000, %ecx; rdmsr; hlt");

TEST_F(policy, whole_registers)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(wide_registers));
	ASSERT_EXIT("msr", &self->cpu);
	vcpu_answer_u64(&self->cpu, 0x1122334455667788);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x55667788, vcpu_gpr(&self->cpu, VMR_RAX));
	EXPECT_EQ(0x11223344, vcpu_gpr(&self->cpu, VMR_RDX));
}

TEST_F(policy, user_refuses)
{
	uint64_t value;

	SKIP_ON_KVM();
	ASSERT_STREQ("msr", guest_read(&self->cpu, 0x1000, &value));
	vcpu_answer_flags(&self->cpu, VMR_REPLY_GP, 0);
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(0, vm_traps(&self->vm)->error);
	EXPECT_EQ(GUEST_CODE + 7, vm_traps(&self->vm)->rip);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_STREQ("msr", guest_write(&self->cpu, 0x40000000, 1));
	vcpu_answer_flags(&self->cpu, VMR_REPLY_GP, 0);
	ASSERT_TRAP(13, &self->cpu);
}

TEST_F(policy, the_first_range_counts)
{
	uint64_t value;

	SKIP_ON_KVM();
	ASSERT_STREQ("hlt", guest_write(&self->cpu, LSTAR, 0x1234));
	ASSERT_STREQ("hlt", guest_read(&self->cpu, LSTAR, &value));
	EXPECT_EQ(0x1234, value);
	ASSERT_STREQ("trap", guest_write(&self->cpu, 0x1008, 1));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_STREQ("hlt", guest_write(&self->cpu, 0x1010, 1));
	ASSERT_STREQ("hlt", guest_read(&self->cpu, 0x1010, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("trap", guest_read(&self->cpu, 0x1018, &value));
}

TEST_F(policy, zero)
{
	uint64_t value, before;

	SKIP_ON_KVM();
	ASSERT_STREQ("hlt", guest_read(&self->cpu, 0xc0001000, &value));
	EXPECT_EQ(0, value);
	ASSERT_STREQ("hlt", guest_read(&self->cpu, 0xffffffff, &value));
	EXPECT_EQ(0, value);
	/* A write that is dropped changes nothing. */
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, PAT, &before));
	ASSERT_STREQ("hlt", guest_write(&self->cpu, PAT, 0));
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, PAT, &value));
	EXPECT_EQ(before, value);
}

/* One that is passed through otherwise. */
TEST_F(policy, refused_to_read)
{
	uint64_t value;

	SKIP_ON_KVM();
	ASSERT_STREQ("hlt", guest_write(&self->cpu, SYSENTER_CS, 8));
	ASSERT_STREQ("trap", guest_read(&self->cpu, SYSENTER_CS, &value));
	EXPECT_EQ(13, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EQ(0, vcpu_get_msr(&self->cpu, SYSENTER_CS, &value));
	EXPECT_EQ(8, value);
}

TEST_HARNESS_MAIN
