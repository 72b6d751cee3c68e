/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what tests with virtual machines have in common: a VM with one vCPU, the
 * kernel's log read after each test, and the harness's checks on exits. Included
 * after kselftest_harness.h.
 */
#ifndef VMR_TEST_VM_TEST_H
#define VMR_TEST_VM_TEST_H

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "klog.h"
#include "skip.h"
#include "vm.h"

BEFORE_THE_HARNESS skip_without_vm(void)
{
	skip_all(vm_why_not());
}

/* For each fixture's setup. */
#define RECORD_AS_THIS_TEST()	vm_record_test(_metadata->fixture->name, _metadata->name)

FIXTURE(vm) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
};

FIXTURE_SETUP(vm)
{
	RECORD_AS_THIS_TEST();
	self->mark = klog_mark();
	ASSERT_LE(0, self->mark);
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(vm)
{
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* The next exit is of this name, or the test ends and tells what it was. */
#define ASSERT_EXIT(name, cpu)	ASSERT_STREQ(name, vcpu_next(cpu)) { vcpu_tell(cpu); }
#define EXPECT_EXIT(name, cpu)	EXPECT_STREQ(name, vcpu_next(cpu)) { vcpu_tell(cpu); }

/* The next exit is a guest's trap of this vector that no test asked to resume. */
#define ASSERT_TRAP(vector, cpu)					\
	do {								\
		ASSERT_EXIT("trap", cpu);				\
		ASSERT_EQ(vector, exit_value(cpu)) { vcpu_tell(cpu); }	\
	} while (0)

/* The next exit is a guest's write of this value to this port; answered. */
#define ASSERT_OUT(port, value, cpu)					\
	do {								\
		ASSERT_EXIT("io", cpu);					\
		ASSERT_EQ(port, (cpu)->exit.addr) { vcpu_tell(cpu); }	\
		ASSERT_EQ(value, exit_value(cpu)) { vcpu_tell(cpu); }	\
		vcpu_answer(cpu, NULL, 0);				\
	} while (0)

/* An errno by its name: "Expected 'EINVAL' == 'none'". */
#define EXPECT_ERRNO(wanted, err)	EXPECT_STREQ(#wanted, errno_name(err))
#define ASSERT_ERRNO(wanted, err)	ASSERT_STREQ(#wanted, errno_name(err))

#define SKIP_ON_KVM()							\
	do {								\
		if (vm_for_both())					\
			SKIP(return, "this is vmring's alone");		\
	} while (0)

/* What is told of a vCPU and stays behind, or of user space's part in it. */
#define SKIP_IF_IT_MOVES()						\
	do {								\
		if (vm_moves())						\
			SKIP(return, "a vCPU that moves leaves it behind"); \
	} while (0)

#endif
