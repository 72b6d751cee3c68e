// SPDX-License-Identifier: GPL-2.0
/*
 * RUN and the shared area: what is in it, replies that count and replies that
 * don't, registers that cross through it, and entries that fail.
 */
#include <stdint.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define PAGE	4096

GUEST64(out_out, "out %al, $0x80; mov $7, %al; out %al, $0x81; hlt");
GUEST64(in_once, "in $0x80, %al; hlt");
GUEST64(only_halt, "1: hlt; jmp 1b");
/* 7 bytes that vmring doesn't decode. */
GUEST64(read_far, "fnstsw 0x30000000; hlt");

/* ---- the area ---- */

static bool within(uint32_t offset, uint32_t size, size_t area, uint32_t alignment)
{
	return offset % alignment == 0 && offset <= area && size <= area - offset;
}

TEST_F(vm, header)
{
	const struct vmr_area_header *h = self->cpu.header;
	const char *names;
	uint32_t i, j;

	EXPECT_EQ(VMR_AREA_MAGIC, h->magic);
	EXPECT_EQ(VMR_AREA_VERSION, h->version);
	EXPECT_EQ(self->cpu.ro_size, h->ro_size);
	EXPECT_EQ(self->cpu.rw_size, h->rw_size);
	EXPECT_EQ(VMR_RING_USUAL, h->ring_entries);
	EXPECT_EQ(0, h->ring_entries & (h->ring_entries - 1));
	EXPECT_TRUE(within(h->producer_offset, 4, h->ro_size, 4));
	EXPECT_TRUE(within(h->need_kick_offset, 4, h->ro_size, 4));
	EXPECT_TRUE(within(h->ring_offset, 64 * h->ring_entries, h->ro_size, 64));
	EXPECT_TRUE(within(h->stats_offset, 8 * h->stats_count, h->ro_size, 8));
	EXPECT_TRUE(within(h->names_offset, VMR_STAT_NAME * h->stats_count, h->ro_size, 1));
	EXPECT_TRUE(within(h->consumer_offset, 4, h->rw_size, 4));
	EXPECT_TRUE(within(h->reply_offset, sizeof(struct vmr_reply), h->rw_size, 8));
	EXPECT_TRUE(within(h->control_offset, sizeof(struct vmr_control), h->rw_size, 4));
	EXPECT_TRUE(within(h->state_offset, sizeof(struct vmr_state_area), h->rw_size, 8));
	EXPECT_TRUE(within(h->bulk_offset, PAGE, h->rw_size, PAGE));
	/* The producer's and the consumer's indices have cache lines of their own. */
	EXPECT_NE(h->producer_offset / 64, h->ring_offset / 64);
	EXPECT_NE(h->consumer_offset / 64, h->reply_offset / 64);

	/* Counters: each name once, and all end within their room. */
	ASSERT_LE(VMR_STAT_REASONS, h->stats_count);
	names = (const char *)self->cpu.ro + h->names_offset;
	for (i = 0; i < h->stats_count; i++) {
		const char *name = names + i * VMR_STAT_NAME;

		ASSERT_NE(NULL, memchr(name, '\0', VMR_STAT_NAME));
		for (j = 0; j < i && name[0]; j++) {
			ASSERT_STRNE(name, names + j * VMR_STAT_NAME);
		}
	}
}

/* A new area is all zeroes but for the header and the names. */
TEST_F(vm, new_area)
{
	size_t i;

	for (i = 0; i < self->cpu.rw_size; i++) {
		ASSERT_EQ(0, self->cpu.rw[i]);
	}
	EXPECT_EQ(0, *self->cpu.producer);
	for (i = 0; i < sizeof(struct vmr_exit); i++) {
		ASSERT_EQ(0, ((const volatile uint8_t *)self->cpu.ring)[i]);
	}
}

static uint64_t counter(struct vcpu *cpu, const char *wanted)
{
	const char *names = (const char *)cpu->ro + cpu->header->names_offset;
	const volatile uint64_t *values = (const void *)(cpu->ro + cpu->header->stats_offset);
	uint32_t i;

	for (i = 0; i < cpu->header->stats_count; i++)
		if (!strcmp(wanted, names + i * VMR_STAT_NAME))
			return values[i];
	return -1;
}

/* The reasons' places are their numbers. */
TEST_F(vm, counters)
{
	const volatile uint64_t *reasons = (const void *)(self->cpu.ro +
							  self->cpu.header->stats_offset);

	vcpu_start(&self->cpu, GUEST_LONG, guest(out_out));
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_OUT(0x81, 7, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(2, reasons[30]);
	EXPECT_EQ(1, reasons[12]);
	EXPECT_LE(1, reasons[48]);
	EXPECT_EQ(-1, counter(&self->cpu, "no such counter"));
}

TEST_F(vm, mappings)
{
	const int fd = self->cpu.fd;
	const size_t ro = self->cpu.ro_size, rw = self->cpu.rw_size;
	void *at;

	/* Read-only is that, also later and by another way. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, ro, PROT_READ | PROT_WRITE, MAP_SHARED, fd, VMR_AREA_RO));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, ro, PROT_READ | PROT_EXEC, MAP_SHARED, fd, VMR_AREA_RO));
	EXPECT_EQ(-1, mprotect(self->cpu.ro, ro, PROT_READ | PROT_WRITE));
	EXPECT_EQ(EACCES, errno);
	EXPECT_EQ(-1, mprotect(self->cpu.ro, PAGE, PROT_READ | PROT_EXEC));
	EXPECT_EQ(-1, mprotect(self->cpu.rw, PAGE, PROT_READ | PROT_EXEC));
	at = mmap(NULL, ro, PROT_READ, MAP_SHARED, fd, VMR_AREA_RO);
	EXPECT_NE(MAP_FAILED, at);
	EXPECT_EQ(0, memcmp(at, self->cpu.ro, sizeof(struct vmr_area_header)));
	EXPECT_EQ(0, munmap(at, ro));
	/* A private copy would be one that the kernel never hears of. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, rw, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, VMR_AREA_RW));
	/* Wrong places and lengths. */
	EXPECT_EQ(MAP_FAILED, mmap(NULL, ro + PAGE, PROT_READ, MAP_SHARED, fd, VMR_AREA_RO));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, rw + PAGE, PROT_READ, MAP_SHARED, fd, VMR_AREA_RW));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, VMR_AREA_RO + ro));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, VMR_AREA_RW + rw));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, VMR_AREA_RW - PAGE));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0x7ffffffff000));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, self->vm.fd, 0));
	/* They don't grow. */
	EXPECT_EQ(MAP_FAILED, mremap(self->cpu.rw, rw, rw + PAGE, MREMAP_MAYMOVE));
	EXPECT_EQ(MAP_FAILED, mremap(self->cpu.ro, ro, ro + PAGE, MREMAP_MAYMOVE));
}

/* They outlive the file's last descriptor, and hold the vCPU. */
TEST_F(vm, mapping_without_a_file)
{
	struct vcpu other;

	vcpu_create(&self->vm, 1, &other);
	vcpu_start(&other, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &other);
	close(other.fd);
	EXPECT_EQ(VMR_AREA_MAGIC, other.header->magic);
	EXPECT_EQ(VMR_EXIT_HLT, other.ring[0].reason);
	memset(other.rw, 0xff, other.rw_size);
	munmap(other.ro, other.ro_size);
	munmap(other.rw, other.rw_size);
}

/* ---- replies ---- */

static int run_errno(struct vcpu *cpu)
{
	return ioctl_errno(cpu->fd, VMR_RUN, NULL);
}

TEST_F(vm, no_reply)
{
	struct vcpu *cpu = &self->cpu;

	vcpu_start(cpu, GUEST_LONG, guest(out_out));
	ASSERT_EXIT("io", cpu);
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	/* The reply is there, but the index hasn't passed the exit. */
	cpu->reply->seq = cpu->exit.seq;
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	/* The index has, but the reply is another exit's. */
	*cpu->consumer = *cpu->producer;
	cpu->reply->seq = cpu->exit.seq + 1;
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	cpu->reply->seq = cpu->exit.seq - 1;
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	/* The index is beyond what there is. */
	cpu->reply->seq = cpu->exit.seq;
	*cpu->consumer = *cpu->producer + 1;
	EXPECT_ERRNO(EPROTO, run_errno(cpu));
	/* None of it has changed anything. */
	EXPECT_EQ(1, *cpu->producer);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_OUT(0x81, 7, cpu);
	ASSERT_EXIT("hlt", cpu);
}

/* A reply that is none: refused, the guest hasn't run, a better one may follow. */
static bool is_refused(struct vcpu *cpu)
{
	uint32_t before = *cpu->producer;
	int err = run_errno(cpu);

	return (err == EINVAL || err == EPROTO) && *cpu->producer == before;
}

TEST_F(vm, bad_replies)
{
	const uint32_t lengths[] = { 0, 16, 0xffffffff };
	struct vcpu *cpu = &self->cpu;
	unsigned int bit;
	size_t i;

	vcpu_start(cpu, GUEST_LONG, guest(read_far));
	ASSERT_EXIT("mmio", cpu);
	for (bit = 3; bit < 32; bit++) {
		vcpu_answer_flags(cpu, 1u << bit, 0);
		EXPECT_TRUE(is_refused(cpu))
			TH_LOG("flag %u", bit);
	}
	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		vcpu_answer_flags(cpu, VMR_REPLY_SKIP, lengths[i]);
		EXPECT_TRUE(is_refused(cpu))
			TH_LOG("length %u", lengths[i]);
	}
	vcpu_answer_flags(cpu, VMR_REPLY_SKIP | VMR_REPLY_RETRY, 7);
	EXPECT_TRUE(is_refused(cpu));
	vcpu_answer_flags(cpu, VMR_REPLY_SKIP, 7);
	cpu->reply->reserved = 1;
	EXPECT_TRUE(is_refused(cpu));
	/* And a good one is still taken. */
	vcpu_answer_flags(cpu, VMR_REPLY_SKIP, 7);
	ASSERT_EXIT("hlt", cpu);
}

/* Flags that mean nothing for a port. */
TEST_F(vm, bad_replies_to_a_port)
{
	struct vcpu *cpu = &self->cpu;

	vcpu_start(cpu, GUEST_LONG, guest(in_once));
	ASSERT_EXIT("io", cpu);
	vcpu_answer_flags(cpu, VMR_REPLY_SKIP, 2);
	EXPECT_TRUE(is_refused(cpu));
	vcpu_answer_flags(cpu, VMR_REPLY_RETRY, 0);
	EXPECT_TRUE(is_refused(cpu));
	vcpu_answer_u64(cpu, 0x33);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0x33, vcpu_gpr(cpu, VMR_RAX));
}

/* An exit that needs none goes on whatever the reply says. */
TEST_F(vm, reply_that_nobody_asked_for)
{
	struct vcpu *cpu = &self->cpu;

	vcpu_start(cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", cpu);
	memset((void *)cpu->reply, 0xff, sizeof(*cpu->reply));
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EXIT("hlt", cpu);
}

/* The consumer's index goes forward, and no further than the producer's. */
TEST_F(vm, impossible_index)
{
	const uint32_t wrong[] = { 0, 1, 4, 5, 0x7fffffff, 0x80000000, 0xffffffff };
	struct vcpu *cpu = &self->cpu;
	unsigned int i;

	SKIP_IF_IT_MOVES();
	vcpu_start(cpu, GUEST_LONG, guest(only_halt));
	for (i = 0; i < 3; i++)
		ASSERT_ERRNO(0, run_errno(cpu));
	*cpu->consumer = 2;
	ASSERT_ERRNO(0, run_errno(cpu));
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		*cpu->consumer = wrong[i];
		if (wrong[i] == 4)
			continue;
		EXPECT_ERRNO(EPROTO, run_errno(cpu))
			TH_LOG("%u of 2 to 4", wrong[i]);
	}
	EXPECT_EQ(4, *cpu->producer);
	*cpu->consumer = 3;
	EXPECT_ERRNO(0, run_errno(cpu));
	EXPECT_EQ(5, *cpu->producer);
}

/* What nobody has consumed isn't overwritten: RUN says that there is no room. */
TEST_F(vm, no_room)
{
	struct vmr_state_args args = { .size = sizeof(args), .groups = VMR_STATE_EXIT };
	struct vcpu other;
	unsigned int i;

	SKIP_IF_IT_MOVES();
	vcpu_create_ring(&self->vm, 1, 4, &other);
	vcpu_start(&other, GUEST_LONG, guest(only_halt));
	for (i = 0; i < 4; i++)
		ASSERT_ERRNO(0, run_errno(&other));
	EXPECT_ERRNO(ENOSPC, run_errno(&other));
	EXPECT_ERRNO(ENOSPC, run_errno(&other));
	/* Nor is there any for an exit that is set. */
	args.state.exit.reason = VMR_EXIT_INTACK;
	args.state.exit.flags = VMR_EXIT_NEEDS_REPLY;
	EXPECT_ERRNO(ENOSPC, ioctl_errno(other.fd, VMR_SET_STATE, &args));
	EXPECT_EQ(4, *other.producer);
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(i + 1, other.ring[i].seq);
		EXPECT_EQ(VMR_EXIT_HLT, other.ring[i].reason);
	}
	*other.consumer = 1;
	EXPECT_ERRNO(0, run_errno(&other));
	EXPECT_EQ(5, other.ring[0].seq);
	EXPECT_ERRNO(ENOSPC, run_errno(&other));
	vcpu_destroy(&other);
}

/* User space overwrites the whole writable area at any time: its guest's trouble. */
TEST_F(vm, hostile_area)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int seed = 1, i;
	size_t b;
	int err;

	vcpu_start(cpu, GUEST_LONG, guest(out_out));
	for (i = 0; i < 50; i++) {
		for (b = 0; b < PAGE; b++) {
			seed = seed * 1103515245 + 12345;
			cpu->rw[b] = seed >> 16;
		}
		/* Beside an index that can't be nothing else is looked at. */
		if (i % 2)
			*cpu->consumer = *cpu->producer;
		err = run_errno(cpu);
		ASSERT_TRUE(!err || err == EPROTO || err == EINVAL || err == EINTR)
			TH_LOG("%s", errno_name(err));
	}
	memset(cpu->rw, 0, PAGE);
	vcpu_start(cpu, GUEST_LONG, guest(only_halt));
	memcpy(&cpu->exit, (void *)&cpu->ring[*cpu->producer ? *cpu->producer - 1 : 0],
	       sizeof(cpu->exit));
	vcpu_answer(cpu, NULL, 0);
	EXPECT_ERRNO(0, run_errno(cpu));
}

/* ---- registers through the area ---- */

TEST_F(vm, wanted)
{
	volatile struct vmr_state_area *area = self->cpu.area;
	struct vmr_state state;

	vcpu_start(&self->cpu, GUEST_LONG, guest(out_out));
	area->wanted = VMR_STATE_ALL;
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(VMR_STATE_ALL, area->valid);
	EXPECT_EQ(0, area->dirty);
	vcpu_get(&self->cpu, &state);
	EXPECT_EQ(0, memcmp(&state, (void *)&area->state, sizeof(state)));
	vcpu_answer(&self->cpu, NULL, 0);
	area->wanted = VMR_STATE_REGS;
	memset((void *)&area->state, 0, sizeof(area->state));
	ASSERT_EXIT("io", &self->cpu);
	EXPECT_EQ(VMR_STATE_REGS, area->valid);
	EXPECT_EQ(7, area->state.gpr[VMR_RAX]);
	EXPECT_EQ(0, area->state.cr0);
	vcpu_answer(&self->cpu, NULL, 0);
	area->wanted = 0;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, area->valid);
}

TEST_F(vm, dirty)
{
	volatile struct vmr_state_area *area = self->cpu.area;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	area->wanted = VMR_STATE_REGS;
	ASSERT_EXIT("hlt", &self->cpu);
	area->state.gpr[VMR_RBX] = 0x1234;
	area->state.rip = GUEST_CODE;
	area->dirty = VMR_STATE_REGS;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0, area->dirty);
	EXPECT_EQ(0x1234, area->state.gpr[VMR_RBX]);
	EXPECT_EQ(GUEST_CODE + 1, area->state.rip);
	EXPECT_EQ(0x1234, vcpu_gpr(&self->cpu, VMR_RBX));
	/* What isn't said to be dirty isn't looked at. */
	area->state.gpr[VMR_RBX] = 0x5678;
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1234, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* After the reply: it has the last word about what the instruction read. */
TEST_F(vm, dirty_after_the_reply)
{
	volatile struct vmr_state_area *area = self->cpu.area;

	vcpu_start(&self->cpu, GUEST_LONG, guest(in_once));
	area->wanted = VMR_STATE_SEGMENTS;
	ASSERT_EXIT("io", &self->cpu);
	area->state.segment[VMR_FS].base = 0x4321;
	area->dirty = VMR_STATE_SEGMENTS;
	vcpu_answer_u64(&self->cpu, 0x77);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x77, vcpu_gpr(&self->cpu, VMR_RAX));
	EXPECT_EQ(0x4321, area->state.segment[VMR_FS].base);
}

/* The exit is finished on registers that were set while it waited, and only once. */
GUEST64(out_in, "out %al, $0x10; in $0x11, %al; out %al, $0x12; hlt");

static void set_the_same(struct vcpu *cpu, uint64_t groups, bool in_area)
{
	volatile struct vmr_state_area *area = cpu->area;
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.gpr[VMR_RBX]++;
	if (in_area) {
		memcpy((void *)&area->state, &s, sizeof(s));
		area->dirty = groups;
	} else {
		vcpu_set(cpu, groups, &s);
	}
}

TEST_F(vm, registers_set_while_an_exit_waits)
{
	static const uint64_t groups[] = {
		VMR_STATE_REGS, VMR_STATE_EVENTS, VMR_STATE_REGS | VMR_STATE_EVENTS,
		VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_CONTROL,
	};
	size_t i;

	for (i = 0; i < 2 * ARRAY_SIZE(groups); i++) {
		uint64_t set = groups[i / 2];
		bool in_area = i % 2;

		vcpu_start(&self->cpu, GUEST_LONG, guest(out_in));
		ASSERT_OUT(0x10, 0, &self->cpu);
		set_the_same(&self->cpu, set, in_area);
		ASSERT_EXIT("io", &self->cpu);
		ASSERT_EQ(0x11, self->cpu.exit.addr);
		set_the_same(&self->cpu, set, in_area);
		vcpu_answer_u64(&self->cpu, 0x77);
		ASSERT_OUT(0x12, 0x77, &self->cpu);
		EXPECT_EQ(set & VMR_STATE_REGS ? 2 : 0, vcpu_gpr(&self->cpu, VMR_RBX));
		ASSERT_EXIT("hlt", &self->cpu);
	}
}

/* The same with a single step's #DB behind the instruction. */
GUEST64(step_over_out, "pushf; orl $0x100, (%rsp); popf; out %al, $0x10; nop; nop; hlt");

TEST_F(vm, events_set_while_a_stepped_exit_waits)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	vcpu_start(&self->cpu, GUEST_LONG, guest(step_over_out));
	traps->resume[1] = 1;
	ASSERT_EXIT("io", &self->cpu);
	set_the_same(&self->cpu, VMR_STATE_EVENTS, false);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(3, traps->count[1]);
}

TEST_F(vm, bad_dirty)
{
	volatile struct vmr_state_area *area = self->cpu.area;
	struct vmr_state before, after;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	area->wanted = VMR_STATE_ALL;
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &before);
	area->dirty = 1ull << VMR_STATE_GROUPS;
	EXPECT_ERRNO(EINVAL, run_errno(&self->cpu));
	area->state.gpr[VMR_RBX] = 0x9999;
	area->state.cr4 |= 1ull << 31;
	area->dirty = VMR_STATE_REGS | VMR_STATE_CONTROL;
	EXPECT_ERRNO(EINVAL, run_errno(&self->cpu));
	EXPECT_EQ(1, *self->cpu.producer);
	vcpu_get(&self->cpu, &after);
	EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)));
	area->dirty = 0;
	ASSERT_EXIT("hlt", &self->cpu);
}

/* Wants that have no meaning are none, or refused; nothing else happens. */
TEST_F(vm, bad_wanted)
{
	int err;

	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	self->cpu.area->wanted = ~0ull;
	err = run_errno(&self->cpu);
	EXPECT_TRUE(!err || err == EINVAL);
	if (!err) {
		EXPECT_EQ(VMR_STATE_ALL, self->cpu.area->valid);
	}
	self->cpu.area->wanted = 0;
	ASSERT_EXIT("hlt", &self->cpu);
}

/* ---- entries that would fail ---- */

static void break_cs(struct vmr_state *s)
{
	s->segment[VMR_CS].access = 0xa091;	/* data */
}

static void break_ss(struct vmr_state *s)
{
	s->segment[VMR_SS].access = 0xc09b;	/* code */
}

static void break_ds(struct vmr_state *s)
{
	s->segment[VMR_DS].access = 0xc013;	/* not present */
}

static void break_tr(struct vmr_state *s)
{
	s->segment[VMR_TR].access = 0x89;	/* not busy */
}

static void break_tr_unusable(struct vmr_state *s)
{
	s->segment[VMR_TR].access |= VMR_SEGMENT_UNUSABLE;
}

static void break_ldtr(struct vmr_state *s)
{
	s->segment[VMR_LDTR].access = 0x83;
}

static void break_rip(struct vmr_state *s)
{
	s->rip = 1ull << 60;	/* bit 47 alone would pass */
}

static void break_rflags(struct vmr_state *s)
{
	s->rflags = 0x8002;
}

static void break_gdtr(struct vmr_state *s)
{
	s->gdtr.base = 0x800000000000;
}

static void break_idtr(struct vmr_state *s)
{
	s->idtr.base = 0x800000000000;
}

static void break_fs(struct vmr_state *s)
{
	s->segment[VMR_FS].base = 0x800000000000;
}

static void break_shadows(struct vmr_state *s)
{
	s->rflags = 0x202;
	s->events.flags = VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW;
}

/* What VM entry would refuse can't be set, and what can be set enters. */
TEST_F(vm, states_that_no_entry_takes)
{
	const struct {
		const char *what;
		void (*break_it)(struct vmr_state *s);
	} ways[] = {
		{ "CS is data", break_cs },
		{ "SS is code", break_ss },
		{ "DS is not present", break_ds },
		{ "TR is not busy", break_tr },
		{ "TR is unusable", break_tr_unusable },
		{ "LDTR is no LDT", break_ldtr },
		{ "RIP is not canonical", break_rip },
		{ "RFLAGS, reserved bit", break_rflags },
		{ "GDTR is not canonical", break_gdtr },
		{ "IDTR is not canonical", break_idtr },
		{ "FS is not canonical", break_fs },
		{ "both shadows", break_shadows },
	};
	volatile struct vmr_state_area *area = self->cpu.area;
	struct vmr_state good, bad, now;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
		vcpu_get(&self->cpu, &good);
		bad = good;
		ways[i].break_it(&bad);
		EXPECT_ERRNO(EINVAL, vcpu_set_errno(&self->cpu, VMR_STATE_ALL, &bad))
			TH_LOG("%s", ways[i].what);
		/* By way of the area it is the same. */
		memcpy((void *)&area->state, &bad, sizeof(bad));
		area->dirty = VMR_STATE_REGS | VMR_STATE_SEGMENTS | VMR_STATE_EVENTS;
		EXPECT_ERRNO(EINVAL, run_errno(&self->cpu))
			TH_LOG("%s", ways[i].what);
		area->dirty = 0;
		vcpu_get(&self->cpu, &now);
		EXPECT_EQ(0, memcmp(&good, &now, sizeof(good)))
			TH_LOG("%s", ways[i].what);
		EXPECT_STREQ("hlt", vcpu_next(&self->cpu))
			TH_LOG("after: %s", ways[i].what);
	}
}

/* ---- a VM with nothing in it ---- */

TEST_F(vm, no_memory_at_all)
{
	struct vcpu cpu;
	struct vm vm;

	vm_create(&vm, VMR_VM_FEATURES);
	vcpu_create(&vm, 0, &cpu);
	ASSERT_EXIT("mmio", &cpu);
	EXPECT_EQ(0xfffffff0, cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_FETCH, cpu.exit.flags & VMR_EXIT_FETCH);
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
}

/* And one whose vCPU was never told what CPUID is. */
TEST_F(vm, no_cpuid_table)
{
	struct vmr_create_vcpu args = { .size = sizeof(args), .id = 5 };
	struct vcpu cpu = self->cpu;

	cpu.ran = false;
	cpu.fd = ioctl(self->vm.fd, VMR_CREATE_VCPU, &args);
	ASSERT_LE(0, cpu.fd);
	EXPECT_ERRNO(0, run_errno(&cpu));
	close(cpu.fd);
}

TEST_HARNESS_MAIN
