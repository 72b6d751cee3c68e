// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: every size and direction, and the string forms with their memory operand
 * in the guest's own address space: each element once, in order, whatever faults
 * in between.
 */
#include <stdint.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define PORT		0x500
#define PAGES		0x40000000	/* where small pages are mapped */
#define PAGE_TABLE	0x90000
#define FIRST_PAGE	0xa1000
#define SECOND_PAGE	0x98000

/* ---- one element ---- */

GUEST64(out_sizes,
	"	mov	$0x1122334455667788, %rax;"
	"	mov	$0x500, %edx;"
	"	out	%al, %dx;"
	"	out	%ax, %dx;"
	"	out	%eax, %dx;"
	"	out	%al, $0x80;"
	"	out	%ax, $0x81;"
	"	out	%eax, $0x82;"
	"	mov	$0xffff, %edx;"
	"	out	%al, %dx;"
	"	hlt");

TEST_F(vm, out)
{
	vcpu_start(&self->cpu, GUEST_LONG, guest(out_sizes));
	ASSERT_OUT(PORT, 0x88, &self->cpu);
	EXPECT_EQ(1, self->cpu.exit.size);
	EXPECT_EQ(1, self->cpu.exit.count);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY | VMR_EXIT_WRITE, self->cpu.exit.flags);
	ASSERT_OUT(PORT, 0x7788, &self->cpu);
	EXPECT_EQ(2, self->cpu.exit.size);
	ASSERT_OUT(PORT, 0x55667788, &self->cpu);
	EXPECT_EQ(4, self->cpu.exit.size);
	ASSERT_OUT(0x80, 0x88, &self->cpu);
	ASSERT_OUT(0x81, 0x7788, &self->cpu);
	ASSERT_OUT(0x82, 0x55667788, &self->cpu);
	ASSERT_OUT(0xffff, 0x88, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);
}

GUEST64(in_sizes,
	"	mov	$-1, %rax; mov $0x500, %edx;"
	"	in	%dx, %al; mov %rax, %r8; mov $-1, %rax;"
	"	in	%dx, %ax; mov %rax, %r9; mov $-1, %rax;"
	"	in	%dx, %eax; mov %rax, %r10; mov $-1, %rax;"
	"	in	$0x80, %al; mov %rax, %r11;"
	"	hlt");

TEST_F(vm, in)
{
	struct vmr_state s;
	int i;

	vcpu_start(&self->cpu, GUEST_LONG, guest(in_sizes));
	for (i = 0; i < 4; i++) {
		ASSERT_EXIT("io", &self->cpu);
		EXPECT_EQ(i < 3 ? PORT : 0x80, self->cpu.exit.addr);
		EXPECT_EQ(i < 3 ? 1 << i : 1, self->cpu.exit.size);
		EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, self->cpu.exit.flags);
		/* More than was asked for: it must not get through. */
		vcpu_answer_u64(&self->cpu, 0x1122334455667788);
	}
	ASSERT_EXIT("hlt", &self->cpu);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(0xffffffffffffff88, s.gpr[8]);
	EXPECT_EQ(0xffffffffffff7788, s.gpr[9]);
	EXPECT_EQ(0x55667788, s.gpr[10]);
	EXPECT_EQ(0xffffffffffffff88, s.gpr[11]);
}

GUEST16(real_io,
	"	mov	$0x1234, %ax;"
	"	mov	$0x500, %dx;"
	"	out	%ax, %dx;"
	"	in	%dx, %al;"
	"	mov	%ax, %bx;"
	"	hlt");

TEST_F(vm, real_mode)
{
	vcpu_start(&self->cpu, GUEST_REAL, guest(real_io));
	ASSERT_OUT(PORT, 0x1234, &self->cpu);
	ASSERT_EXIT("io", &self->cpu);
	vcpu_answer_u64(&self->cpu, 0x77);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1277, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* Ring 3 may not, unless IOPL or the TSS's bitmap say so: that is no exit. */
GUEST64(user_out,
	"	mov	$0xc0000081, %ecx; xor %eax, %eax; mov $0x001b0018, %edx; wrmsr;"
	"	lea	1f(%rip), %rcx;"
	"	sysretq;"
	"1:	mov	$0x500, %edx;"
	"	out	%al, %dx;"
	"	hlt");

TEST_F(vm, user_mode)
{
	struct vmr_state s;

	vcpu_start(&self->cpu, GUEST_LONG, guest(user_out));
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(0, vm_traps(&self->vm)->error);

	vcpu_start(&self->cpu, GUEST_LONG, guest(user_out));
	vcpu_get(&self->cpu, &s);
	s.gpr[11] = 0x3002;	/* the flags after SYSRET: IOPL 3 */
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	ASSERT_OUT(PORT, 0, &self->cpu);
	ASSERT_TRAP(13, &self->cpu);	/* HLT */
}

/* ---- strings ---- */

/* What went out, or what is to come in. */
struct stream {
	uint8_t bytes[16384];
	size_t used;
	unsigned int exits;
	bool broken;
};

static void serve_one(struct vcpu *cpu, struct stream *stream)
{
	const struct vmr_exit *exit = &cpu->exit;
	size_t size = (size_t)exit->size * exit->count;
	bool write = exit->flags & VMR_EXIT_WRITE;
	uint8_t data[32] = "";

	stream->exits++;
	if (exit->addr != PORT || !exit->count || size > 4096 ||
	    stream->used + size > sizeof(stream->bytes) ||
	    (!(exit->flags & VMR_EXIT_STRING) && exit->count != 1)) {
		stream->broken = true;
		size = 0;
	}
	if (!(exit->flags & VMR_EXIT_STRING)) {
		if (write)
			memcpy(stream->bytes + stream->used, exit->data, size);
		else
			memcpy(data, stream->bytes + stream->used, size);
	} else if (write) {
		memcpy(stream->bytes + stream->used, (void *)cpu->bulk, size);
	} else {
		memset((void *)cpu->bulk, 0xee, 4096);
		memcpy((void *)cpu->bulk, stream->bytes + stream->used, size);
	}
	stream->used += size;
	vcpu_answer(cpu, data, sizeof(data));
}

/* Plays the device at PORT until something else happens. */
static const char *serve(struct vcpu *cpu, struct stream *stream)
{
	const char *name;

	for (;;) {
		name = vcpu_next(cpu);
		if (strcmp(name, "io"))
			return name;
		serve_one(cpu, stream);
	}
}

/* byte(i): no two neighbours alike, no period of a page. */
static uint8_t byte(size_t i)
{
	return i * 7 + i / 251 + 1;
}

static void fill(void *at, size_t size)
{
	uint8_t *bytes = at;
	size_t i;

	for (i = 0; i < size; i++)
		bytes[i] = byte(i);
}

/* The first difference from fill()'s, or size. */
static size_t matching(const void *at, size_t size)
{
	const uint8_t *bytes = at;
	size_t i;

	for (i = 0; i < size && bytes[i] == byte(i); i++)
		;
	return i;
}

FIXTURE(strings) {
	struct vm vm;
	struct vcpu cpu;
	long long mark;
	struct stream stream;
	uint64_t *table;	/* of the small pages at PAGES */
};

FIXTURE_SETUP(strings)
{
	RECORD_AS_THIS_TEST();
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
	self->table = (uint64_t *)(self->vm.ram + PAGE_TABLE);
}

FIXTURE_TEARDOWN(strings)
{
	EXPECT_FALSE(self->stream.broken);
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* Two pages at PAGES, in guest-physical memory the other way round, apart. */
static void map_pages(struct vm *vm)
{
	uint64_t *pd = (uint64_t *)(vm->ram + GUEST_PD);
	uint64_t *table = (uint64_t *)(vm->ram + PAGE_TABLE);

	pd[PAGES >> 21] = PAGE_TABLE | 7;
	table[0] = FIRST_PAGE | 7;
	table[1] = SECOND_PAGE | 7;
}

GUEST64(outsb, "rep outsb; hlt");
GUEST64(outsw, "rep outsw; hlt");
GUEST64(outsl, "rep outsl; hlt");
GUEST64(outsb_once, "outsb; outsw; outsl; hlt");
GUEST64(outsb_down, "std; rep outsb; hlt");
GUEST64(outsl_down, "std; rep outsl; hlt");
GUEST64(outsb_fs, "rep outsb %fs:(%rsi), %dx; hlt");
GUEST64(outsb_addr32, "addr32 rep outsb; hlt");
GUEST64(insb, "rep insb; hlt");
GUEST64(insw, "rep insw; hlt");
GUEST64(insl, "rep insl; hlt");
GUEST64(insb_once, "insb; insw; insl; hlt");
GUEST64(insb_down, "std; rep insb; hlt");
GUEST64(insb_addr32, "addr32 rep insb; hlt");

/* Starts with the string registers set. */
static void start(struct vcpu *cpu, enum guest_mode mode, const uint8_t *code, size_t size,
		  uint64_t address, uint64_t count)
{
	struct vmr_state s;

	vcpu_start(cpu, mode, code, size);
	vcpu_get(cpu, &s);
	s.gpr[VMR_RSI] = address;
	s.gpr[VMR_RDI] = address;
	s.gpr[VMR_RCX] = count;
	s.gpr[VMR_RDX] = PORT;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
}

TEST_F(strings, out_of_each_size)
{
	const struct {
		const uint8_t *code;
		size_t length;
		size_t size;
	} forms[] = { { guest(outsb), 1 }, { guest(outsw), 2 }, { guest(outsl), 4 } };
	struct vmr_state s;
	size_t i;

	fill(self->vm.ram + GUEST_DATA, 4096);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		self->stream.used = 0;
		start(&self->cpu, GUEST_LONG, forms[i].code, forms[i].length, GUEST_DATA, 300);
		ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
		EXPECT_EQ(300 * forms[i].size, self->stream.used);
		EXPECT_EQ(self->stream.used, matching(self->stream.bytes, self->stream.used));
		vcpu_get(&self->cpu, &s);
		EXPECT_EQ(GUEST_DATA + 300 * forms[i].size, s.gpr[VMR_RSI]);
		EXPECT_EQ(GUEST_DATA, s.gpr[VMR_RDI]);
		EXPECT_EQ(0, s.gpr[VMR_RCX]);
	}
}

TEST_F(strings, in_of_each_size)
{
	const struct {
		const uint8_t *code;
		size_t length;
		size_t size;
	} forms[] = { { guest(insb), 1 }, { guest(insw), 2 }, { guest(insl), 4 } };
	struct vmr_state s;
	size_t i, whole;

	fill(self->stream.bytes, 4096);
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		whole = 300 * forms[i].size;
		self->stream.used = 0;
		memset(self->vm.ram + GUEST_DATA, 0, 8192);
		start(&self->cpu, GUEST_LONG, forms[i].code, forms[i].length, GUEST_DATA, 300);
		ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
		EXPECT_EQ(whole, self->stream.used);
		EXPECT_EQ(whole, matching(self->vm.ram + GUEST_DATA, whole));
		EXPECT_EQ(0, self->vm.ram[GUEST_DATA + whole]);
		vcpu_get(&self->cpu, &s);
		EXPECT_EQ(GUEST_DATA + whole, s.gpr[VMR_RDI]);
		EXPECT_EQ(GUEST_DATA, s.gpr[VMR_RSI]);
		EXPECT_EQ(0, s.gpr[VMR_RCX]);
	}
}

TEST_F(strings, without_rep)
{
	fill(self->vm.ram + GUEST_DATA, 7);
	start(&self->cpu, GUEST_LONG, guest(outsb_once), GUEST_DATA, 99);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(7, self->stream.used);
	EXPECT_EQ(7, matching(self->stream.bytes, 7));
	EXPECT_EQ(99, vcpu_gpr(&self->cpu, VMR_RCX));

	self->stream.used = 0;
	memset(self->vm.ram + GUEST_DATA, 0, 16);
	start(&self->cpu, GUEST_LONG, guest(insb_once), GUEST_DATA, 99);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(7, self->stream.used);
	EXPECT_EQ(7, matching(self->vm.ram + GUEST_DATA, 7));
	EXPECT_EQ(99, vcpu_gpr(&self->cpu, VMR_RCX));
}

TEST_F(strings, nothing)
{
	start(&self->cpu, GUEST_LONG, guest(outsb), GUEST_DATA, 0);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	start(&self->cpu, GUEST_LONG, guest(insl), 0xdead00000000, 0);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(0, self->stream.exits);
}

/* More than the bulk page holds. */
TEST_F(strings, many)
{
	fill(self->vm.ram + GUEST_DATA, 10000);
	start(&self->cpu, GUEST_LONG, guest(outsb), GUEST_DATA, 10000);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(10000, self->stream.used);
	EXPECT_EQ(10000, matching(self->stream.bytes, 10000));

	self->stream.used = 0;
	memset(self->vm.ram + GUEST_DATA, 0, 12000);
	start(&self->cpu, GUEST_LONG, guest(insl), GUEST_DATA + 1, 2500);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(10000, self->stream.used);
	EXPECT_EQ(10000, matching(self->vm.ram + GUEST_DATA + 1, 10000));
	EXPECT_EQ(0, self->vm.ram[GUEST_DATA + 10001]);
}

/* With DF set, downwards; each element the right way round all the same. */
TEST_F(strings, downwards)
{
	uint32_t words[100];
	size_t i;

	fill(self->vm.ram + GUEST_DATA, 400);
	start(&self->cpu, GUEST_LONG, guest(outsb_down), GUEST_DATA + 399, 400);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	ASSERT_EQ(400, self->stream.used);
	for (i = 0; i < 400; i++) {
		ASSERT_EQ(byte(399 - i), self->stream.bytes[i]);
	}
	EXPECT_EQ(GUEST_DATA - 1, vcpu_gpr(&self->cpu, VMR_RSI));

	self->stream.used = 0;
	start(&self->cpu, GUEST_LONG, guest(outsl_down), GUEST_DATA + 396, 100);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	ASSERT_EQ(400, self->stream.used);
	memcpy(words, self->vm.ram + GUEST_DATA, 400);
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(words[99 - i], ((uint32_t *)self->stream.bytes)[i]);
	}

	self->stream.used = 0;
	fill(self->stream.bytes, 400);
	memset(self->vm.ram + GUEST_DATA - 1, 0, 402);
	start(&self->cpu, GUEST_LONG, guest(insb_down), GUEST_DATA + 399, 400);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	for (i = 0; i < 400; i++) {
		ASSERT_EQ(byte(399 - i), self->vm.ram[GUEST_DATA + i]);
	}
	EXPECT_EQ(0, self->vm.ram[GUEST_DATA - 1]);
	EXPECT_EQ(0, self->vm.ram[GUEST_DATA + 400]);
}

TEST_F(strings, segment_override)
{
	struct vmr_state s;

	fill(self->vm.ram + GUEST_DATA, 100);
	start(&self->cpu, GUEST_LONG, guest(outsb_fs), 0x100, 100);
	vcpu_get(&self->cpu, &s);
	s.segment[VMR_FS].base = GUEST_DATA - 0x100;
	vcpu_set(&self->cpu, VMR_STATE_SEGMENTS, &s);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(self->stream.bytes, 100));
}

/* 32-bit addresses in 64-bit code: the upper halves don't count. */
TEST_F(strings, short_addresses)
{
	fill(self->vm.ram + GUEST_DATA, 100);
	start(&self->cpu, GUEST_LONG, guest(outsb_addr32), 0xabcd00000000 + GUEST_DATA,
	      0xabcd00000064);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, self->stream.used);
	EXPECT_EQ(100, matching(self->stream.bytes, 100));
	EXPECT_EQ(GUEST_DATA + 100, (uint32_t)vcpu_gpr(&self->cpu, VMR_RSI));
	EXPECT_EQ(0, (uint32_t)vcpu_gpr(&self->cpu, VMR_RCX));

	self->stream.used = 0;
	memset(self->vm.ram + GUEST_DATA, 0, 100);
	start(&self->cpu, GUEST_LONG, guest(insb_addr32), 0xabcd00000000 + GUEST_DATA,
	      0xabcd00000064);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(self->vm.ram + GUEST_DATA, 100));
}

GUEST16(real_outsb, "rep outsb; hlt");
GUEST16(real_insb, "rep insb; hlt");
GUEST16(real_outsb_es, "rep outsb %es:(%si), %dx; hlt");
GUEST32(outsb32, "rep outsb; hlt");
GUEST32(outsb_addr16, "addr16 rep outsb; hlt");
GUEST32(insl32, "rep insl; hlt");

/* 16-bit addresses wrap within their segment. */
TEST_F(strings, wraps_in_16_bits)
{
	uint8_t *ram = self->vm.ram;
	uint8_t text[16];

	fill(text, 16);
	memcpy(ram + GUEST_DATA + 0xfff8, text, 8);
	memcpy(ram + GUEST_DATA, text + 8, 8);
	start(&self->cpu, GUEST_REAL, guest(real_outsb_es), 0xfff8, 16);
	struct vmr_state s;

	vcpu_get(&self->cpu, &s);
	s.segment[VMR_ES].selector = GUEST_DATA >> 4;
	s.segment[VMR_ES].base = GUEST_DATA;
	vcpu_set(&self->cpu, VMR_STATE_SEGMENTS, &s);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(16, self->stream.used);
	EXPECT_EQ(16, matching(self->stream.bytes, 16));
	EXPECT_EQ(8, vcpu_gpr(&self->cpu, VMR_RSI) & 0xffff);

	/* And with a prefix in 32-bit code, at 0 and 64 KiB. */
	memcpy(ram + 0xfff8, text, 8);
	memcpy(ram, text + 8, 8);
	self->stream.used = 0;
	start(&self->cpu, GUEST_FLAT32, guest(outsb_addr16), 0x1fff8, 0x10010);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(16, self->stream.used);
	EXPECT_EQ(16, matching(self->stream.bytes, 16));
	EXPECT_EQ(0x10008, vcpu_gpr(&self->cpu, VMR_RSI));
	EXPECT_EQ(0x10000, vcpu_gpr(&self->cpu, VMR_RCX));
}

TEST_F(strings, other_modes)
{
	uint8_t *ram = self->vm.ram;

	fill(ram + 0x600, 100);
	start(&self->cpu, GUEST_REAL, guest(real_outsb), 0x600, 100);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(self->stream.bytes, 100));

	self->stream.used = 0;
	memset(ram + 0x600, 0, 100);
	start(&self->cpu, GUEST_REAL, guest(real_insb), 0x600, 100);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(ram + 0x600, 100));

	self->stream.used = 0;
	start(&self->cpu, GUEST_PAE32, guest(outsb32), 0x600, 100);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(self->stream.bytes, 100));

	self->stream.used = 0;
	memset(ram + 0x600, 0, 100);
	start(&self->cpu, GUEST_PAGED32, guest(insl32), 0x600, 25);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, matching(ram + 0x600, 100));
}

/* Elements that lie across two pages which are apart in physical memory. */
TEST_F(strings, across_pages)
{
	uint8_t *ram = self->vm.ram;
	uint8_t text[24];

	fill(text, 24);
	memcpy(ram + FIRST_PAGE + 4096 - 10, text, 10);
	memcpy(ram + SECOND_PAGE, text + 10, 14);
	start(&self->cpu, GUEST_LONG, guest(outsl), PAGES + 4096 - 10, 6);
	map_pages(&self->vm);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(24, self->stream.used);
	EXPECT_EQ(24, matching(self->stream.bytes, 24));

	self->stream.used = 0;
	memset(ram + FIRST_PAGE, 0, 4096);
	memset(ram + SECOND_PAGE, 0, 4096);
	start(&self->cpu, GUEST_LONG, guest(insl), PAGES + 4096 - 10, 6);
	map_pages(&self->vm);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(0, memcmp(ram + FIRST_PAGE + 4096 - 10, text, 10));
	EXPECT_EQ(0, memcmp(ram + SECOND_PAGE, text + 10, 14));
}

/*
 * The second page isn't there: what comes before is done once, the fault is the
 * guest's, and when it has brought the page the rest follows.
 */
TEST_F(strings, page_fault_in_the_middle)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *ram = self->vm.ram;
	struct vmr_state s;
	uint8_t text[100];

	fill(text, 100);
	memcpy(ram + FIRST_PAGE + 4096 - 60, text, 60);
	memcpy(ram + SECOND_PAGE, text + 60, 40);
	start(&self->cpu, GUEST_LONG, guest(outsb), PAGES + 4096 - 60, 100);
	map_pages(&self->vm);
	self->table[1] = 0;
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(14, exit_value(&self->cpu));
	EXPECT_EQ(60, self->stream.used);
	EXPECT_EQ(PAGES + 4096, traps->cr2);
	EXPECT_EQ(0, traps->error);
	EXPECT_EQ(GUEST_CODE, traps->rip);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(PAGES + 4096, s.gpr[VMR_RSI]);
	self->table[1] = SECOND_PAGE | 7;
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, self->stream.used);
	EXPECT_EQ(100, matching(self->stream.bytes, 100));
	EXPECT_EQ(1, traps->count[14]);
}

TEST_F(strings, read_only_page_in_the_middle)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *ram = self->vm.ram;
	uint8_t text[100];

	SKIP_ON_KVM();	/* which reads ahead, and loses what it has read */
	fill(text, 100);
	fill(self->stream.bytes, 100);
	start(&self->cpu, GUEST_LONG, guest(insb), PAGES + 4096 - 60, 100);
	map_pages(&self->vm);
	self->table[1] = SECOND_PAGE | 5;
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(14, exit_value(&self->cpu));
	EXPECT_EQ(60, self->stream.used);	/* the device has lost nothing */
	EXPECT_EQ(PAGES + 4096, traps->cr2);
	EXPECT_EQ(3, traps->error);
	self->table[1] = SECOND_PAGE | 7;
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_STREQ("hlt", serve(&self->cpu, &self->stream));
	EXPECT_EQ(100, self->stream.used);
	EXPECT_EQ(0, memcmp(ram + FIRST_PAGE + 4096 - 60, text, 60));
	EXPECT_EQ(0, memcmp(ram + SECOND_PAGE, text + 60, 40));
}

/* An element of which half is missing is not begun. */
TEST_F(strings, fault_within_an_element)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	start(&self->cpu, GUEST_LONG, guest(outsl), PAGES + 4096 - 6, 2);
	map_pages(&self->vm);
	self->table[1] = 0;
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(4, self->stream.used);
	EXPECT_EQ(PAGES + 4096, traps->cr2);
	EXPECT_EQ(1, vcpu_gpr(&self->cpu, VMR_RCX));
}

/* From ring 3, into the kernel's page: the error code says who and why. */
GUEST64(user_strings,
	"	mov	$0xc0000081, %ecx; xor %eax, %eax; mov $0x001b0018, %edx; wrmsr;"
	"	lea	1f(%rip), %rcx;"
	"	mov	$0x3002, %r11d;"
	"	sysretq;"
	"1:	mov	$0x500, %edx;"
	"	mov	$10, %ecx;"
	"	rep insb;"
	"	hlt");

TEST_F(strings, user_mode)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);

	fill(self->stream.bytes, 20);
	start(&self->cpu, GUEST_LONG, guest(user_strings), PAGES, 0);
	map_pages(&self->vm);
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));	/* HLT */
	EXPECT_EQ(13, exit_value(&self->cpu));
	EXPECT_EQ(10, matching(self->vm.ram + FIRST_PAGE, 10));
	vcpu_answer(&self->cpu, NULL, 0);

	self->stream.used = 0;
	start(&self->cpu, GUEST_LONG, guest(user_strings), PAGES, 0);
	map_pages(&self->vm);
	self->table[0] = FIRST_PAGE | 3;
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(14, exit_value(&self->cpu));
	EXPECT_EQ(7, traps->error);
	EXPECT_EQ(vm_is_kvm() ? 10 : 0, self->stream.used);
}

TEST_F(strings, not_canonical)
{
	start(&self->cpu, GUEST_LONG, guest(outsb), 0x800000000000, 10);
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(13, exit_value(&self->cpu));
	EXPECT_EQ(0, vm_traps(&self->vm)->error);
	EXPECT_EQ(0, self->stream.exits);
}

TEST_F(strings, beyond_the_limit)
{
	struct vmr_state s;

	fill(self->vm.ram + 0x600, 100);
	start(&self->cpu, GUEST_FLAT32, guest(outsb32), 0x600, 100);
	vcpu_get(&self->cpu, &s);
	s.segment[VMR_DS].limit = 0x63f;
	s.segment[VMR_DS].access &= ~0x8000;
	vcpu_set(&self->cpu, VMR_STATE_SEGMENTS, &s);
	ASSERT_STREQ("trap", serve(&self->cpu, &self->stream));
	EXPECT_EQ(13, exit_value(&self->cpu));
	EXPECT_EQ(0x40, self->stream.used);
	EXPECT_EQ(0x640, vcpu_gpr(&self->cpu, VMR_RSI));
	EXPECT_EQ(100 - 0x40, vcpu_gpr(&self->cpu, VMR_RCX));
}

/* The operand is a device's: told with the instruction, which user space may execute. */
TEST_F(strings, operand_outside_of_memory)
{
	struct vcpu *cpu = &self->cpu;
	const char *name;

	start(cpu, GUEST_LONG, guest(outsb), 0x20000000, 10);
	name = serve(cpu, &self->stream);
	EXPECT_TRUE(!strcmp("mmio", name) || (vm_is_kvm() && !strcmp("refused", name)))
		TH_LOG("%s", name);
	EXPECT_EQ(0, self->stream.used);
	SKIP_ON_KVM();
	EXPECT_EQ(0x20000000, cpu->exit.addr);
	EXPECT_EQ(0, cpu->exit.size);
	EXPECT_EQ(VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	EXPECT_EQ(15, cpu->exit.count);
	EXPECT_EQ(0, memcmp(outsb, cpu->exit.data, 3));
	vcpu_answer_flags(cpu, VMR_REPLY_SKIP, 2);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(10, vcpu_gpr(cpu, VMR_RCX));
}

/* INS looks before it asks a device: what can't be stored isn't asked for. */
TEST_F(strings, ins_outside_of_memory)
{
	void *closed = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vcpu *cpu = &self->cpu;

	SKIP_ON_KVM();
	start(cpu, GUEST_LONG, guest(insb), 0x20000000, 4);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(0x20000000, cpu->exit.addr);
	EXPECT_EQ(VMR_EXIT_WRITE | VMR_EXIT_NEEDS_REPLY, cpu->exit.flags);
	EXPECT_EQ(4, vcpu_gpr(cpu, VMR_RCX));

	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0x20000000, closed, 4096, 0));
	vcpu_answer_flags(cpu, VMR_REPLY_RETRY, 0);
	ASSERT_EXIT("memory-fault", cpu);
	EXPECT_EQ(0x20000000, cpu->exit.addr);
	EXPECT_EQ(VMR_EXIT_WRITE, cpu->exit.flags);
	EXPECT_EQ(VMR_FAULT_PROTECTED, cpu->exit.count);
	EXPECT_EQ(4, vcpu_gpr(cpu, VMR_RCX));

	/* With memory there it goes on where it was. */
	ASSERT_EQ(0, mprotect(closed, 4096, PROT_READ | PROT_WRITE));
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(4, cpu->exit.count);
	memset((void *)cpu->bulk, 0x55, 4);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0x55555555, *(uint32_t *)closed);
}

/* RCX set below what was read: no more is stored, and it doesn't wrap. */
TEST_F(strings, count_set_while_the_exit_waits)
{
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	SKIP_ON_KVM();
	start(cpu, GUEST_LONG, guest(outsb), 0x600, 4);
	ASSERT_EXIT("io", cpu);
	vcpu_get(cpu, &s);
	s.gpr[VMR_RCX] = 2;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(0, vcpu_gpr(cpu, VMR_RCX));
	EXPECT_EQ(0x602, vcpu_gpr(cpu, VMR_RSI));
}

/* ---- debug exceptions ---- */

#define DE		0x8
#define TF		0x100

static void watch(struct vcpu *cpu, uint64_t at, uint64_t dr7)
{
	struct vmr_state s;

	vcpu_get(cpu, &s);
	s.dr[0] = at;
	s.dr7 = 0x400 | dr7;
	s.cr4 |= DE;
	vcpu_set(cpu, VMR_STATE_DEBUG | VMR_STATE_CONTROL, &s);
}

GUEST64(two_ports, "out %al, $0x81; in $0x81, %al; out %al, $0x80; nop; in $0x80, %eax; nop; hlt");

/* A breakpoint on a port: #DB comes behind the access, and behind no other. */
TEST_F(vm, breakpoint_on_a_port)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	const unsigned int where[] = { 6, 9 };
	unsigned int i;

	SKIP_ON_KVM();
	vcpu_start(&self->cpu, GUEST_LONG, guest(two_ports));
	watch(&self->cpu, 0x80, 0x20001);
	ASSERT_OUT(0x81, 0, &self->cpu);
	ASSERT_EXIT("io", &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	for (i = 0; i < ARRAY_SIZE(where); i++) {
		ASSERT_EXIT("io", &self->cpu);
		EXPECT_EQ(0x80, self->cpu.exit.addr);
		vcpu_answer(&self->cpu, NULL, 0);
		ASSERT_TRAP(1, &self->cpu);
		EXPECT_EQ(GUEST_CODE + where[i], traps->rip);
		EXPECT_EQ(1, traps->dr6 & 0x400f);
		vcpu_answer(&self->cpu, NULL, 0);
	}
	ASSERT_EXIT("hlt", &self->cpu);
}

/* In a string: behind the element, with registers that say which; and on it goes. */
TEST_F(strings, breakpoint_on_an_element)
{
	const struct {
		const uint8_t *code;
		size_t size;
		uint64_t dr7;
	} codes[] = {
		{ guest(outsb), 0x30001 },	/* reads */
		{ guest(insb), 0x10001 },	/* writes */
	};
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vcpu *cpu = &self->cpu;
	size_t i;

	SKIP_ON_KVM();
	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		start(cpu, GUEST_LONG, codes[i].code, codes[i].size, 0x600, 10);
		watch(cpu, 0x603, codes[i].dr7);
		self->stream.used = 0;
		ASSERT_STREQ("trap", serve(cpu, &self->stream));
		EXPECT_EQ(1, exit_value(cpu));
		EXPECT_EQ(4, self->stream.used);
		EXPECT_EQ(6, vcpu_gpr(cpu, VMR_RCX));
		EXPECT_EQ(GUEST_CODE, traps->rip);
		EXPECT_EQ(1, traps->dr6 & 0x400f);
		EXPECT_EQ(RFLAGS_RF, traps->rflags & RFLAGS_RF);
		vcpu_answer(cpu, NULL, 0);
		ASSERT_STREQ("hlt", serve(cpu, &self->stream));
		EXPECT_EQ(10, self->stream.used);
		EXPECT_EQ(0, vcpu_gpr(cpu, VMR_RCX));
	}
}

/* A single step is an element. */
TEST_F(strings, single_steps)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vcpu *cpu = &self->cpu;
	struct vmr_state s;

	SKIP_ON_KVM();
	start(cpu, GUEST_LONG, guest(outsb), 0x600, 5);
	traps->resume[1] = 1;
	vcpu_get(cpu, &s);
	s.rflags |= TF;
	vcpu_set(cpu, VMR_STATE_REGS, &s);
	ASSERT_STREQ("hlt", serve(cpu, &self->stream));
	EXPECT_EQ(5, self->stream.used);
	EXPECT_EQ(5, traps->count[1]);
}

/* INS that can't store after all: the fault is its own, and it comes again. */
TEST_F(strings, page_goes_while_the_exit_waits)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vcpu *cpu = &self->cpu;

	SKIP_ON_KVM();
	start(cpu, GUEST_LONG, guest(insb_once), PAGES, 1);
	map_pages(&self->vm);
	ASSERT_EXIT("io", cpu);
	self->table[0] = 0;
	vcpu_answer(cpu, NULL, 0);
	ASSERT_TRAP(14, cpu);
	EXPECT_EQ(GUEST_CODE, traps->rip);
	EXPECT_EQ(PAGES, traps->cr2);
}

TEST_HARNESS_MAIN
