// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses outside of the guest's memory, and writes to read-only slots: an exit
 * each, with address, size and data. What can't be decoded is an exit with the
 * instruction's bytes: user space does its work, or changes the memory and has it
 * tried again. What each instruction does to devices is device.c.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define FAR	0x30000000	/* nothing is there */

GUEST64(reads, "1: mov 0x30000008, %eax; 2: mov %rax, %rbx; hlt");
GUEST64(writes, "1: movl $0x12345678, 0x30000010; 2: mov $1, %ebx; hlt");
/* No arithmetic of the FPU's is decoded. */
GUEST64(stores_status, "1: fnstsw 0x30000010; nop; nop; nop; nop; 2: mov $1, %ebx; hlt");
GUEST64(fetches, "mov $0x30000000, %eax; jmp *%rax");

TEST_F(vm, read)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(reads));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 8, self->cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, self->cpu.exit.flags);
	EXPECT_EQ(4, self->cpu.exit.size);
	EXPECT_EQ(0, self->cpu.exit.count);
	EXPECT_EQ(GUEST_CODE, vcpu_rip(&self->cpu));
	/* The rest of what is answered counts for nothing. */
	vcpu_answer_u64(&self->cpu, 0x123456789abcdef);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x89abcdef, vcpu_gpr(&self->cpu, VMR_RBX));
}

TEST_F(vm, write)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(writes));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x10, self->cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, self->cpu.exit.flags);
	EXPECT_EQ(4, self->cpu.exit.size);
	EXPECT_EQ(0, self->cpu.exit.count);
	EXPECT_EQ(0x12345678, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* User space gets the instruction, and says how long it is. */
TEST_F(vm, not_decoded)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(stores_status));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x10, self->cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, self->cpu.exit.flags);
	EXPECT_EQ(0, self->cpu.exit.size);
	EXPECT_EQ(GUEST_CODE, vcpu_rip(&self->cpu));
	ASSERT_LE(7, self->cpu.exit.count);
	ASSERT_GE(15, self->cpu.exit.count);
	EXPECT_EQ(0, memcmp(self->cpu.exit.data, stores_status, 7));
	vcpu_answer_flags(&self->cpu, VMR_REPLY_SKIP, 11);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* Or does it with registers of its own making, and RIP with them. */
TEST_F(vm, done_by_user_space)
{
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(reads));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_get(&self->cpu, &s);
	s.gpr[VMR_RAX] = 0xabcd;
	s.rip += 7;
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0xabcd, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* What doesn't go with an access that was decoded: a length to skip. */
TEST_F(vm, skip_of_what_is_decoded)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(writes));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_SKIP, 11);
	EXPECT_ERRNO(EPROTO, vcpu_run(&self->cpu));
	self->cpu.waits = true;
	vcpu_answer_flags(&self->cpu, 0, 0);
	ASSERT_EXIT("hlt", &self->cpu);
}

TEST_F(vm, fetch)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(fetches));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR, self->cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_FETCH, self->cpu.exit.flags & (VMR_EXIT_FETCH | VMR_EXIT_WRITE));
}

/* Memory comes, and the instruction is run again: once. */
GUEST64(increments, "lock incl 0x30000000; mov 0x30000000, %eax; hlt");

TEST_F(vm, memory_that_comes_later)
{
	uint32_t *memory = memory_get(4096, 4096);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(increments));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR, self->cpu.exit.addr);
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, 4096, 0));
	*memory = 41;
	vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(42, vcpu_gpr(&self->cpu, VMR_RAX));
	EXPECT_EQ(42, *memory);
}

/* A read-only slot: reads are memory, writes are exits, and some are both. */
GUEST64(read_then_write,
	"mov 0x30000000, %ebx; movl $7, 0x30000000; addl $2, 0x30000000;"
	"mov 0x30000000, %ecx; hlt");

TEST_F(vm, read_only_slot)
{
	uint32_t *memory = memory_get(4096, 4096);
	struct vmr_state s;

	*memory = 0x1234;
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, 4096, VMR_SLOT_READONLY));
	vcpu_start(&self->cpu, GUEST_LONG, guest(read_then_write));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, self->cpu.exit.flags);
	EXPECT_EQ(FAR, self->cpu.exit.addr);
	EXPECT_EQ(4, self->cpu.exit.size);
	EXPECT_EQ(7, exit_value(&self->cpu));
	EXPECT_EQ(0x1234, vcpu_gpr(&self->cpu, VMR_RBX));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(0x1236, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0x1234, s.gpr[VMR_RCX]);
	EXPECT_EQ(0x1234, *memory);
}

/* A skipped instruction is one with TF, too. */
TEST_F(vm, skip_single_steps)
{
	struct vmr_state s;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(stores_status));
	vcpu_get(&self->cpu, &s);
	s.rflags |= 0x100;
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_SKIP, 11);
	ASSERT_TRAP(1, &self->cpu);
	EXPECT_EQ(GUEST_CODE + 11, vm_traps(&self->vm)->rip);
	EXPECT_EQ(0x4000, vm_traps(&self->vm)->dr6 & 0x4000);
}

/* REPLY_GP: a bus that answers with an exception. */
TEST_F(vm, refused)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(reads));
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_flags(&self->cpu, VMR_REPLY_GP, 0);
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(GUEST_CODE, vm_traps(&self->vm)->rip);
}

/* The instruction's last bytes are on another page, or out of memory altogether. */
TEST_F(vm, instruction_across_pages)
{
	uint8_t *ram = self->vm.ram;
	uint64_t *table = (uint64_t *)(ram + 0x90000);

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(stores_status));
	((uint64_t *)(ram + GUEST_PD))[0x40000000 >> 21] = 0x90007;
	table[0] = 0xa1007;
	table[1] = 0x98007;
	memcpy(ram + 0xa1ffd, stores_status, 3);
	memcpy(ram + 0x98000, stores_status + 3, stores_status_end - stores_status - 3);
	vcpu_set_rip(&self->cpu, 0x40000ffd);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x10, self->cpu.exit.addr);
	ASSERT_LE(7, self->cpu.exit.count);
	EXPECT_EQ(0, memcmp(self->cpu.exit.data, stores_status, 7));
	vcpu_answer_flags(&self->cpu, VMR_REPLY_SKIP, 7);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* Page tables that lie where no memory is: told, not a loop. */
GUEST64(lost_tables, "mov $0x30000000, %eax; mov %rax, %cr3; nop; hlt");

TEST_F(vm, page_tables_outside_of_memory)
{
	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(lost_tables));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR, self->cpu.exit.addr & ~0xfffull);
}

TEST_HARNESS_MAIN
