// SPDX-License-Identifier: GPL-2.0
/*
 * A field of the VMCS is spoilt just before VM entry, one after the other: entry
 * fails, and the exit names that field. For the debug build, run by corrupt.sh.
 *
 * Left out is what the simulator lets through although the manual doesn't
 * (docs/hardware-unverified.md), and host fields that it takes and must not have.
 */
#include <stdint.h>
#include <stdio.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define PARAMETER	"/sys/module/vmring/parameters/corrupt_field"
#define NOT_CANONICAL	0x800000000000ull
#define RESERVED_BIT	0x8000000000000000ull

struct way {
	const char *name;
	uint32_t field;
	uint64_t value;
};

static const struct way controls[] = {
	{ "pin controls", 0x4000, 0 },
	{ "processor controls", 0x4002, 0 },
	{ "secondary controls", 0x401e, 0xffffffff },
	{ "exit controls", 0x400c, 0 },
	{ "entry controls", 0x4012, 0 },
	{ "CR3 targets", 0x400a, 0x1ff },
	{ "MSR bitmap", 0x2004, 1 },
	{ "EPT pointer", 0x201a, 0 },
	{ "VPID", 0x0000, 0 },
	{ "event to inject", 0x4016, 0x80000100 },
};

static const struct way host[] = {
	{ "CR0", 0x6c00, 0 },
	{ "CR3", 0x6c02, RESERVED_BIT },
	{ "CR4", 0x6c04, 0 },
	{ "CS", 0x0c02, 0 },
	{ "SS", 0x0c04, 3 },
	{ "DS", 0x0c06, 3 },
	{ "ES", 0x0c00, 3 },
	{ "FS", 0x0c08, 3 },
	{ "GS", 0x0c0a, 3 },
	{ "TR", 0x0c0c, 0 },
	{ "FS base", 0x6c06, NOT_CANONICAL },
	{ "GS base", 0x6c08, NOT_CANONICAL },
	{ "TR base", 0x6c0a, NOT_CANONICAL },
	{ "GDTR base", 0x6c0c, NOT_CANONICAL },
	{ "IDTR base", 0x6c0e, NOT_CANONICAL },
	{ "SYSENTER_ESP", 0x6c10, NOT_CANONICAL },
	{ "SYSENTER_EIP", 0x6c12, NOT_CANONICAL },
	{ "RIP", 0x6c16, NOT_CANONICAL },
	{ "PAT", 0x2c00, 2 },
	{ "EFER", 0x2c02, 0 },
};

static const struct way guests[] = {
	{ "CR0", 0x6800, 0x80000000 },
	{ "CR3", 0x6802, RESERVED_BIT },
	{ "CR4", 0x6804, 0 },
	{ "DR7", 0x681a, 0x100000000 },
	{ "RFLAGS", 0x6820, 0 },
	{ "EFER", 0x2806, 2 },
	{ "PAT", 0x2804, 2 },
	{ "SYSENTER_ESP", 0x6824, NOT_CANONICAL },
	{ "SYSENTER_EIP", 0x6826, NOT_CANONICAL },
	{ "CS access", 0x4816, 0x93 },
	{ "SS access", 0x4818, 0x9b },
	{ "DS access", 0x481a, 0x13 },
	{ "ES access", 0x4814, 0x13 },
	{ "FS access", 0x481c, 0x13 },
	{ "GS access", 0x481e, 0x13 },
	{ "TR access", 0x4822, 0x89 },
	{ "FS base", 0x680e, NOT_CANONICAL },
	{ "GS base", 0x6810, NOT_CANONICAL },
	{ "TR base", 0x6814, NOT_CANONICAL },
	{ "GDTR base", 0x6816, NOT_CANONICAL },
	{ "IDTR base", 0x6818, NOT_CANONICAL },
	{ "GDTR limit", 0x4810, 0x10000 },
	{ "IDTR limit", 0x4812, 0x10000 },
	{ "activity", 0x4826, 9 },
	{ "interruptibility", 0x4824, 0x80000000 },
	{ "link pointer", 0x2800, 1 },
};

static bool spoil(const struct way *way)
{
	FILE *file = fopen(PARAMETER, "w");
	bool written;

	if (!file)
		return false;
	written = fprintf(file, "0x%x 0x%llx", way->field,
			  (unsigned long long)way->value) > 0;
	return !fclose(file) && written;
}

GUEST64(only_halt, "hlt");

/* A VM of its own for each: what isn't the guest's can't be repaired. */
static void try_one(struct __test_metadata *_metadata, const struct way *way)
{
	struct vcpu cpu;
	struct vm vm;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	vcpu_start(&cpu, GUEST_LONG, guest(only_halt));
	ASSERT_TRUE(spoil(way));
	EXPECT_STREQ("failed-entry", vcpu_next(&cpu))
		TH_LOG("%s", way->name);
	EXPECT_EQ(way->field, cpu.exit.addr)
		TH_LOG("%s", way->name);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

#define TRY_ALL(ways)							\
	do {								\
		size_t i;						\
									\
		if (access(PARAMETER, W_OK))				\
			SKIP(return, "this is no debug build");		\
		for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)	\
			try_one(_metadata, &(ways)[i]);			\
	} while (0)

TEST(control_fields) { TRY_ALL(controls); }
TEST(host_fields) { TRY_ALL(host); }
TEST(guest_fields) { TRY_ALL(guests); }

/* What was spoilt of the guest's is repaired by setting it. */
TEST_F(vm, repaired)
{
	struct vmr_state state;

	if (access(PARAMETER, W_OK))
		SKIP(return, "this is no debug build");
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	vcpu_get(&self->cpu, &state);
	ASSERT_TRUE(spoil(&(struct way){ "RFLAGS", 0x6820, 0 }));
	ASSERT_EXIT("failed-entry", &self->cpu);
	vcpu_set(&self->cpu, VMR_STATE_REGS, &state);
	ASSERT_EXIT("hlt", &self->cpu);
}

TEST_HARNESS_MAIN
