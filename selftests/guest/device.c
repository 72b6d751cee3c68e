// SPDX-License-Identifier: GPL-2.0
/*
 * Each instruction that is decoded, on a device. The oracle is the CPU: the same code
 * runs once on RAM and once on a device that remembers what is written to it, and
 * what comes of it must be the same, in registers, flags, vectors and memory.
 */
#include <cpuid.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define FAR		0x30000000
#define PAGES		3
#define SIZE		(PAGES * 4096)
#define ALL_FLAGS	0xcd5
#define NO_AF		(ALL_FLAGS & ~0x10)
#define NO_AF_OF	(ALL_FLAGS & ~0x810)
#define ONLY_CF_ZF	0x41

/* A device like memory; it knows what it was asked for. */
struct device {
	uint8_t bytes[SIZE];
	unsigned int reads, writes;
	unsigned int largest;
	bool strange;		/* an access that there mustn't be */
};

static void fill(uint8_t *at, size_t size, unsigned int seed)
{
	size_t i;

	for (i = 0; i < size; i++)
		at[i] = i * 7 + (i >> 8) + seed;
}

static void access_device(struct vcpu *cpu, struct device *device)
{
	uint64_t at = cpu->exit.addr - FAR;
	unsigned int size = cpu->exit.size;

	if (at >= SIZE || size < 1 || size > 32 || at % 4096 + size > 4096 || cpu->exit.count) {
		device->strange = true;
		vcpu_answer(cpu, NULL, 0);
		return;
	}
	if (size > device->largest)
		device->largest = size;
	if (cpu->exit.flags & VMR_EXIT_WRITE) {
		memcpy(device->bytes + at, cpu->exit.data, size);
		device->writes++;
		vcpu_answer(cpu, NULL, 0);
	} else {
		device->reads++;
		vcpu_answer(cpu, device->bytes + at, size);
	}
}

/* To the first exit that isn't an access: its name. */
static const char *serve(struct vcpu *cpu, struct device *device)
{
	const char *name = vcpu_next(cpu);

	while (!strcmp("mmio", name) && cpu->exit.size) {
		access_device(cpu, device);
		name = vcpu_next(cpu);
	}
	return name;
}

/* ---- code on RAM, and on a device ---- */

struct snippet {
	const char *name;
	const uint8_t *code;
	const uint8_t *end;
	uint64_t flags;		/* those that are defined */
	enum guest_mode mode;
	unsigned int largest;	/* of its accesses in bytes; 0: up to 8 */
	int silent;		/* 1: it only reads or only writes; 2: neither */
};

/* What is left when a snippet is through. */
struct outcome {
	const char *name;
	struct vmr_state state;
	uint8_t far[SIZE];
	uint8_t data[4096];
};

/* RDI: the device, RSI: RAM; the others have values that tell what is whose. */
static void begin(struct vcpu *cpu, const struct snippet *snippet)
{
	struct vmr_state s;
	int i;

	vcpu_start(cpu, snippet->mode, snippet->code, snippet->end - snippet->code);
	fill(cpu->vm->ram + GUEST_DATA, 4096, 0x55);
	vcpu_get(cpu, &s);
	for (i = VMR_RAX; i <= VMR_R15; i++)
		if (i != VMR_RSP)
			s.gpr[i] = 0x0102030405060708ull * (i + 1) ^ 0xf0f0;
	s.gpr[VMR_RSI] = GUEST_DATA + 0x200;
	s.gpr[VMR_RDI] = FAR + 0x200;
	if (snippet->mode == GUEST_LONG) {
		s.cr4 |= 0x40000;
		s.segment[VMR_FS].base = FAR;
	} else {
		for (i = 0; i <= VMR_R15; i++)
			s.gpr[i] &= 0xffffffff;
	}
	if (snippet->mode == GUEST_REAL) {
		s.segment[VMR_ES].base = FAR;
		s.segment[VMR_FS].base = GUEST_DATA;
		s.gpr[VMR_RDI] = 0x200;
		s.gpr[VMR_RSI] = 0x200;
	}
	vcpu_set(cpu, VMR_STATE_ALL, &s);
}

static bool cpu_has_avx2(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && b >> 5 & 1;
}

static void on_ram(struct vcpu *cpu, const struct snippet *snippet, uint8_t *memory,
		   struct outcome *outcome)
{
	begin(cpu, snippet);
	fill(memory, SIZE, 0);
	if (vm_slot(cpu->vm, 1, FAR, memory, SIZE, 0))
		vm_die("VMR_SET_SLOT");
	outcome->name = vcpu_next(cpu);
	memcpy(outcome->far, memory, SIZE);
	memcpy(outcome->data, cpu->vm->ram + GUEST_DATA, 4096);
	vcpu_get(cpu, &outcome->state);
	if (vm_slot(cpu->vm, 1, FAR, memory, 0, 0))
		vm_die("VMR_SET_SLOT of nothing");
}

static void on_device(struct vcpu *cpu, const struct snippet *snippet, struct device *device,
		      struct outcome *outcome)
{
	memset(device, 0, sizeof(*device));
	fill(device->bytes, SIZE, 0);
	begin(cpu, snippet);
	outcome->name = serve(cpu, device);
	memcpy(outcome->far, device->bytes, SIZE);
	memcpy(outcome->data, cpu->vm->ram + GUEST_DATA, 4096);
	vcpu_get(cpu, &outcome->state);
}

static const char *difference(const struct outcome *a, const struct outcome *b, uint64_t flags)
{
	if (strcmp(a->name, b->name))
		return b->name;
	if (memcmp(a->state.gpr, b->state.gpr, sizeof(a->state.gpr)))
		return "a register";
	if (a->state.rip != b->state.rip)
		return "RIP";
	if ((a->state.rflags ^ b->state.rflags) & flags)
		return "a flag";
	if (memcmp(a->far, b->far, SIZE))
		return "the device";
	if (memcmp(a->data, b->data, 4096))
		return "RAM";
	return "nothing";
}

/* What comes of a snippet on a device differs in this from what the CPU does. */
static const char *differs_in(struct vcpu *cpu, const struct snippet *snippet,
			      struct device *device)
{
	static struct outcome ram, far;
	static uint8_t *memory;

	if (!memory)
		memory = memory_get(SIZE, 4096);
	on_ram(cpu, snippet, memory, &ram);
	on_device(cpu, snippet, device, &far);
	if (strcmp("hlt", ram.name))
		return "the test itself";
	/* KVM can't do each of them. */
	if (vm_is_kvm() && !strcmp("refused", far.name))
		return "nothing";
	/* Not one by one where it can be more at once; never more than 8 bytes else. */
	if (device->strange || !device->reads + !device->writes != snippet->silent)
		return "the accesses";
	if (!vm_is_kvm() && device->largest > (snippet->largest ?: 8))
		return "the accesses' size";
	return difference(&ram, &far, snippet->flags);
}

/* How many snippets differ; each is told. */
static unsigned int differing(struct vcpu *cpu, const struct snippet *snippets, size_t count)
{
	static struct device device;
	unsigned int differ = 0;
	const char *what;
	size_t i;

	for (i = 0; i < count; i++) {
		what = differs_in(cpu, &snippets[i], &device);
		if (!strcmp("nothing", what))
			continue;
		printf("# %s: differs in %s\n", snippets[i].name, what);
		vcpu_tell(cpu);
		differ++;
	}
	return differ;
}

#define EACH(snippets)	EXPECT_EQ(0, differing(&self->cpu, snippets, ARRAY_SIZE(snippets)))

#define SNIPPET(label, which, ...)					\
	{								\
		.name = #label, .code = label, .end = label##_end,	\
		.flags = which, .mode = GUEST_LONG, __VA_ARGS__		\
	}

/* ---- 64 bits ---- */

GUEST64(mov, "mov (%rdi), %al; mov 1(%rdi), %bh; mov 2(%rdi), %cx; mov 4(%rdi), %r8d;"
	"mov 8(%rdi), %r9; mov %dl, 16(%rdi); mov %ch, 17(%rdi); mov %r10w, 18(%rdi);"
	"mov %ebp, 20(%rdi); mov %r11, 24(%rdi); movb $0x12, 32(%rdi); movw $0x3456, 34(%rdi);"
	"movl $0x789abcde, 36(%rdi); movq $-5, 40(%rdi); mov %r12b, 48(%rdi); hlt");
GUEST64(addresses, "mov $3, %ecx; mov 8(%rdi, %rcx, 8), %rax; mov $-2, %rcx;"
	"mov %rax, (%rdi, %rcx, 4); movabs 0x30000010, %al; movabs %eax, 0x30000020;"
	"mov %fs:0x30, %edx; mov %edx, %fs:0x40(, %rcx, 8); mov 0x30000050, %ebx;"
	"mov %ebx, 4(%edi, %ecx, 2); lea 0x800(%rdi), %rbp; mov %ax, -4(%rbp, %rcx); hlt");
GUEST64(extensions, "movzbl (%rdi), %eax; movzwq 2(%rdi), %rbx; movsbw 131(%rdi), %cx;"
	"movswl 200(%rdi), %edx; movslq 204(%rdi), %r8; movsbq 150(%rdi), %r9; hlt");
GUEST64(movbe_, "movbe (%rdi), %rax; movbe 8(%rdi), %ebx; movbe %cx, 16(%rdi);"
	"movbe %rdx, 24(%rdi); hlt");
GUEST64(movnti_, "movnti %eax, (%rdi); movnti %r9, 8(%rdi); hlt");
GUEST64(selectors, "mov %ds, (%rdi); mov %cs, 2(%rdi); hlt");

static const struct snippet moves[] = {
	SNIPPET(mov, ALL_FLAGS), SNIPPET(addresses, ALL_FLAGS),
	SNIPPET(extensions, ALL_FLAGS, .silent = 1),
	SNIPPET(movnti_, ALL_FLAGS, .silent = 1),
	SNIPPET(selectors, ALL_FLAGS, .silent = 1),
};

static const struct snippet swaps[] = { SNIPPET(movbe_, ALL_FLAGS) };

static bool cpu_has_movbe(void)
{
	unsigned int a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && c >> 22 & 1;
}

TEST_F(vm, plain_moves)
{
	EACH(moves);
	if (cpu_has_movbe())
		EACH(swaps);
}

GUEST64(arithmetic, "add %eax, (%rdi); adc 4(%rdi), %ebx; sbb %cl, 8(%rdi); sub 16(%rdi), %r9;"
	"cmp %rdx, 24(%rdi); pushf; cmp 32(%rdi), %bp; pushf; addl $-1, 36(%rdi);"
	"adcq $0x12345678, 40(%rdi); subb $7, 48(%rdi); sbbw $0x7654, 50(%rdi);"
	"cmpl $5, 52(%rdi); pushf; incb 56(%rdi); decq 64(%rdi); negl 72(%rdi); pushf;"
	"xadd %eax, 76(%rdi); xadd %bl, 80(%rdi); lock addl $3, 84(%rdi); pop %r12; pop %r13;"
	"pop %r14; pop %r15; hlt");
GUEST64(logic, "or %al, (%rdi); and 4(%rdi), %ebx; xor %rcx, 8(%rdi); notw 16(%rdi);"
	"orl $0x10, 20(%rdi); andq $-16, 24(%rdi); xorb $0x5a, 32(%rdi); test %edx, 36(%rdi);"
	"sets 40(%rdi); setp 41(%rdi); testb $0x41, 44(%rdi); cmovz 48(%rdi), %r8;"
	"cmovnz 56(%rdi), %r9d; testl $0x10, 60(%rdi); lock xorl $1, 64(%rdi); hlt");
GUEST64(shifts, "shll (%rdi); shrw $3, 4(%rdi); mov $5, %cl; sarq %cl, 8(%rdi);"
	"rolb $3, 16(%rdi); rorl %cl, 20(%rdi); rclw $7, 24(%rdi); rcrq $9, 32(%rdi); hlt");
GUEST64(exchanges, "xchg %eax, (%rdi); xchg %bh, 4(%rdi); lock xchg %r9, 8(%rdi);"
	"cmpxchg %ebx, 16(%rdi); mov 32(%rdi), %rax; cmpxchg %rcx, 32(%rdi);"
	"cmpxchg8b 40(%rdi); mov 48(%rdi), %eax; mov 52(%rdi), %edx; lock cmpxchg8b 48(%rdi);"
	"mov 64(%rdi), %rax; mov 72(%rdi), %rdx; cmpxchg16b 64(%rdi); cmpxchg16b 80(%rdi); hlt");
GUEST64(bits, "btl $5, (%rdi); setc %al; btsq $60, 8(%rdi); btrw $3, 16(%rdi);"
	"btcl $31, 20(%rdi); mov $1000, %ebx; bt %rbx, (%rdi); setc %ah; mov $-77, %rcx;"
	"bts %rcx, (%rdi); mov $-900, %edx; lock btc %edx, (%rdi); mov $333, %ebp;"
	"btr %bp, (%rdi); hlt");

static const struct snippet calculations[] = {
	SNIPPET(arithmetic, ALL_FLAGS), SNIPPET(logic, NO_AF), SNIPPET(shifts, NO_AF_OF),
	SNIPPET(exchanges, ALL_FLAGS), SNIPPET(bits, ONLY_CF_ZF),
};

TEST_F(vm, calculations)
{
	EACH(calculations);
}

GUEST64(movs, "movsq; xchg %rsi, %rdi; movsl; xchg %rsi, %rdi; mov $5, %ecx; rep movsb;"
	"lea 64(%rdi), %rsi; mov $3, %ecx; rep movsw; std; mov $4, %ecx; rep movsl; cld; hlt");
GUEST64(movs_short, "mov $3, %ecx; bts $40, %rcx; addr32 rep movsb; addr32 lodsw; hlt");
GUEST64(stos, "stosb; stosq; mov $4, %ecx; rep stosl; std; stosw; cld; hlt");
GUEST64(lods, "mov %rdi, %rsi; lodsb; lodsw; mov $3, %ecx; rep lodsq; hlt");
GUEST64(cmps, "mov $9, %ecx; repe cmpsb; pushf; pop %rax; movl $0x11223344, (%rsi);"
	"movl $0x11223344, (%rdi); mov $9, %ecx; repe cmpsw; pushf; pop %rbx;"
	"mov $3, %ecx; repne cmpsl; hlt");
GUEST64(scas, "mov 20(%rdi), %al; mov $200, %ecx; repne scasb; pushf; pop %rbx; scasl;"
	"mov $2, %ecx; repe scasw; hlt");
GUEST64(none, "xor %ecx, %ecx; rep movsb; repe cmpsb; rep stosq; hlt");

static const struct snippet strings[] = {
	SNIPPET(movs, ALL_FLAGS),
	SNIPPET(movs_short, ALL_FLAGS, .silent = 1),
	SNIPPET(stos, ALL_FLAGS, .silent = 1),
	SNIPPET(lods, ALL_FLAGS, .silent = 1),
	SNIPPET(cmps, ALL_FLAGS),
	SNIPPET(scas, ALL_FLAGS, .silent = 1),
	SNIPPET(none, ALL_FLAGS, .silent = 2),
};

TEST_F(vm, strings)
{
	EACH(strings);
}

/* The operand on the device, then the stack as a whole. */
GUEST64(stack, "push (%rdi); popw 8(%rdi); popw 16(%rdi); popw 24(%rdi); popw 30(%rdi);"
	"push %rsp; pop 40(%rdi); lea 1f(%rip), %rax; mov %rax, 48(%rdi); call *48(%rdi);"
	"1: pop 56(%rdi); lea 2f(%rip), %rax; mov %rax, 64(%rdi); jmp *64(%rdi); nop; 2: hlt");
GUEST64(device_stack, "xchg %rsp, %rdi; push %rax; pushw $0x1234; push $-3; pop %rbx; popw %cx;"
	"call 1f; mov %rsp, %rdx; push $7; pop %rsp; mov %rdx, %rsp; xchg %rsp, %rdi; hlt;"
	"1: pushq 8(%rsi); popq -64(%rsp); ret $16");

static const struct snippet stacks[] = {
	SNIPPET(stack, ALL_FLAGS), SNIPPET(device_stack, ALL_FLAGS),
};

TEST_F(vm, stacks)
{
	EACH(stacks);
}

GUEST64(sse, "movups (%rdi), %xmm0; movaps 16(%rdi), %xmm1; movdqa 32(%rdi), %xmm2;"
	"movdqu 49(%rdi), %xmm13; movss 68(%rdi), %xmm4; movsd 72(%rdi), %xmm5;"
	"movups (%rdi), %xmm6; movlps 80(%rdi), %xmm6; movhpd 88(%rdi), %xmm6;"
	"movd 96(%rdi), %xmm7; movq 104(%rdi), %xmm8; movntdqa 112(%rdi), %xmm9;"
	"lddqu 129(%rdi), %xmm10; movupd %xmm0, 144(%rdi); movapd %xmm1, 160(%rdi);"
	"movdqa %xmm2, 176(%rdi); movdqu %xmm13, 193(%rdi); movss %xmm4, 212(%rdi);"
	"movsd %xmm5, 216(%rdi); movlpd %xmm6, 224(%rdi); movhps %xmm6, 232(%rdi);"
	"movd %xmm7, 240(%rdi); movq %xmm8, 248(%rdi); movntps %xmm9, 256(%rdi);"
	"movntdq %xmm10, 272(%rdi); movups %xmm4, (%rsi); movups %xmm6, 16(%rsi);"
	"movups %xmm8, 32(%rsi); hlt");
GUEST64(avx, "xor %ecx, %ecx; xor %edx, %edx; mov $7, %eax; xsetbv;"
	"vmovups (%rdi), %ymm0; vmovaps 32(%rdi), %ymm1; vmovdqu 65(%rdi), %ymm12;"
	"vmovdqu (%rdi), %ymm3; vmovdqu 99(%rdi), %xmm3; vmovdqu (%rdi), %ymm4;"
	"vmovss 120(%rdi), %xmm4; vmovlps 128(%rdi), %xmm0, %xmm5; vmovhps 136(%rdi), %xmm12, %xmm6;"
	"vmovd 144(%rdi), %xmm7; vmovdqa %ymm1, 160(%rdi); vmovups %ymm12, 193(%rdi);"
	"vmovntdq %ymm0, 256(%rdi); vmovdqu %xmm5, 288(%rdi); vmovsd %xmm6, 304(%rdi);"
	"vmovups %ymm3, (%rsi); vmovups %ymm4, 32(%rsi); vmovups %ymm5, 64(%rsi);"
	"vmovups %ymm6, 96(%rsi); vmovups %ymm7, 128(%rsi);"
	"vmovups (%rdi), %ymm8; movups 3(%rdi), %xmm8; movss 5(%rdi), %xmm8;"
	"vmovups %ymm8, 160(%rsi); hlt");

static const struct snippet sse_moves[] = { SNIPPET(sse, ALL_FLAGS, .largest = 16) };
static const struct snippet avx_moves[] = { SNIPPET(avx, ALL_FLAGS, .largest = 32) };

TEST_F(vm, vectors)
{
	if (!cpu_has_avx2())
		SKIP(return, "this CPU has no AVX");
	EACH(sse_moves);
	EACH(avx_moves);
}

/* From one page of the device to the next. */
GUEST64(across, "lea 0xdfd(%rdi), %rdi; mov (%rdi), %rax; mov %rbx, (%rdi); add %ecx, 1(%rdi);"
	"movw $0x1234, 2(%rdi); movups -5(%rdi), %xmm1; movups %xmm1, -9(%rdi); xchg %rdx, (%rdi);"
	"mov $3, %ecx; rep movsq; hlt");

static const struct snippet crossings[] = { SNIPPET(across, ALL_FLAGS, .largest = 16) };

TEST_F(vm, across_pages)
{
	EACH(crossings);
}

/* ---- 32 and 16 bits ---- */

GUEST32(code32, "mov (%edi), %eax; mov %bl, 4(%edi); addw $5, 8(%edi); mov $2, %ecx;"
	"xor %edx, 4(%edi, %ecx, 8); push 28(%edi); pop 32(%edi); movups 40(%edi), %xmm0;"
	"movups %xmm0, 57(%edi); rep movsl; xchg %esp, %edi; push %eax; call 1f; xchg %esp, %edi;"
	"hlt; 1: ret");
GUEST16(code16, "mov %es:(%di), %ax; mov %al, %es:2(%di); addl $7, %es:4(%di);"
	"mov $2, %cx; mov %di, %bx; xor %si, %si; xor %cx, %es:8(%bx, %si); mov %es:0x210, %edx;"
	"addr32 mov %edx, %es:0x20(%edi); fs movsb (%si), %es:(%di); movw $2, %cx;"
	"rep; fs movsl (%si), %es:(%di); pushw %es:0x40(%bx); popl %es:0x44(%bx); hlt");

static const struct snippet other_modes[] = {
	{ "32 bits", code32, code32_end, ALL_FLAGS, GUEST_FLAT32, 16, 0 },
	{ "32 bits, paging", code32, code32_end, ALL_FLAGS, GUEST_PAGED32, 16, 0 },
	{ "32 bits, PAE", code32, code32_end, ALL_FLAGS, GUEST_PAE32, 16, 0 },
	{ "16 bits", code16, code16_end, ALL_FLAGS, GUEST_REAL, 0, 0 },
};

TEST_F(vm, other_modes)
{
	EACH(other_modes);
}

/* ---- parts, faults, and what comes between two accesses ---- */

#define WINDOW	0x40000000	/* four pages that a test maps as it likes */
#define TABLE	0x90000
#define RAM_PAGE 0xa1000

static volatile uint64_t *map_window(struct vcpu *cpu, uint64_t first, uint64_t second)
{
	uint64_t *table = (uint64_t *)(cpu->vm->ram + TABLE);

	((uint64_t *)(cpu->vm->ram + GUEST_PD))[WINDOW >> 21] = TABLE | 7;
	table[0] = first;
	table[1] = second;
	return table;
}

static void begin_code(struct vcpu *cpu, const uint8_t *code, size_t size)
{
	const struct snippet snippet = {
		.code = code, .end = code + size, .mode = GUEST_LONG,
	};

	begin(cpu, &snippet);
}

GUEST64(add_across, "mov $0x40000ffc, %edi; mov $0x1111111122222222, %rax; add %rax, (%rdi); hlt");

/* One half is RAM, the other the device's: an exit for its part, in both orders. */
TEST_F(vm, half_ram)
{
	uint8_t *page = self->vm.ram + RAM_PAGE;
	uint32_t value = 0xffffffff, *ram;
	int device_first;

	for (device_first = 0; device_first < 2; device_first++) {
		begin_code(&self->cpu, guest(add_across));
		map_window(&self->cpu, device_first ? FAR | 7 : RAM_PAGE | 7,
			   device_first ? RAM_PAGE | 7 : FAR | 7);
		ram = (uint32_t *)(page + (device_first ? 0 : 0xffc));
		*ram = 0xeeeeeeee;
		ASSERT_EXIT("mmio", &self->cpu);
		EXPECT_EQ(device_first ? FAR + 0xffc : FAR, self->cpu.exit.addr);
		EXPECT_EQ(4, self->cpu.exit.size);
		EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_WRITE);
		vcpu_answer(&self->cpu, &value, 4);
		ASSERT_EXIT("mmio", &self->cpu);
		EXPECT_EQ(VMR_EXIT_WRITE, self->cpu.exit.flags & VMR_EXIT_WRITE);
		EXPECT_EQ(device_first ? 0x22222221 : 0x11111112 - 1, exit_value(&self->cpu));
		if (!vm_is_kvm()) {
			EXPECT_EQ(0xeeeeeeee, *ram);
		}
		vcpu_answer(&self->cpu, NULL, 0);
		ASSERT_EXIT("hlt", &self->cpu);
		EXPECT_EQ(device_first ? 0x00000000 : 0x11111110, *ram);
	}
}

GUEST64(copy, "mov $0x40000000, %esi; mov $0x40001000, %edi; movsq; hlt");

/* The destination is looked at before the source is read: nothing is lost. */
TEST_F(vm, fault_of_the_second_operand)
{
	SKIP_ON_KVM();
	begin_code(&self->cpu, guest(copy));
	map_window(&self->cpu, FAR | 7, RAM_PAGE | 6);
	ASSERT_TRAP(14, &self->cpu);
	EXPECT_EQ(2, vm_traps(&self->vm)->error);
	EXPECT_EQ(WINDOW + 0x1000, vm_traps(&self->vm)->cr2);
	EXPECT_EQ(GUEST_CODE + 10, vm_traps(&self->vm)->rip);
}

/* The CPU never comes to the destination: accessed and dirty are set for it. */
TEST_F(vm, accessed_and_dirty)
{
	volatile uint64_t *table;

	begin_code(&self->cpu, guest(copy));
	table = map_window(&self->cpu, FAR | 7, RAM_PAGE | 7);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer_u64(&self->cpu, 0x1234567812345678);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x1234567812345678, *(uint64_t *)(self->vm.ram + RAM_PAGE));
	EXPECT_EQ(RAM_PAGE | 0x67, table[1]);
	EXPECT_EQ(0x20, table[0] & 0x60);
}

GUEST64(three, "mov $3, %ecx; 1: rep movsb; hlt");

/* Between two elements the registers are right, and interrupts come in. */
TEST_F(vm, interrupt_between_elements)
{
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	struct vmr_state s;

	SKIP_ON_KVM();
	begin_code(&self->cpu, guest(three));
	traps->resume[0x40] = 1;
	vcpu_get(&self->cpu, &s);
	s.rflags |= 0x200;
	vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x200, self->cpu.exit.addr);
	ASSERT_EQ(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, 0x40));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(1, traps->count[0x40]);
	EXPECT_EQ(GUEST_CODE + 5, traps->rip);
	vcpu_get(&self->cpu, &s);
	EXPECT_EQ(2, s.gpr[VMR_RCX]);
	EXPECT_EQ(FAR + 0x201, s.gpr[VMR_RDI]);
	EXPECT_EQ(GUEST_DATA + 0x201, s.gpr[VMR_RSI]);
	EXPECT_EQ(GUEST_CODE + 5, s.rip);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(1, traps->count[0x40]);
}

/* A single step is an element, as on RAM. */
TEST_F(vm, single_steps)
{
	const struct snippet snippet = SNIPPET(three, 0);
	volatile struct guest_traps *traps = vm_traps(&self->vm);
	uint8_t *memory = memory_get(SIZE, 4096);
	static struct device device;
	uint32_t steps[2];
	struct vmr_state s;
	int far;

	SKIP_ON_KVM();
	for (far = 0; far < 2; far++) {
		begin(&self->cpu, &snippet);
		ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, SIZE, 0));
		if (far)
			ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, 0, 0));
		traps->resume[1] = 1;
		traps->count[1] = 0;
		vcpu_get(&self->cpu, &s);
		s.rflags |= 0x100;
		vcpu_set(&self->cpu, VMR_STATE_REGS, &s);
		ASSERT_STREQ("hlt", serve(&self->cpu, &device)) { vcpu_tell(&self->cpu); }
		steps[far] = traps->count[1];
	}
	EXPECT_EQ(steps[0], steps[1]);
	EXPECT_LE(4, steps[1]);
}

/* ---- breakpoints on data ---- */

GUEST64(watched, "mov (%rdi), %eax; nop; mov %eax, 8(%rdi); nop; add %al, 9(%rdi); nop;"
	"cmp 0x206(%rsi), %bl; push 0x10(%rdi); nop; mov $4, %ecx; add $0x18, %rdi; rep movsb;"
	"movups (%rdi), %xmm1; nop; hlt");

/* Each #DB of a snippet, in order: which breakpoints, and where the guest was. */
struct hits {
	unsigned int count;
	struct {
		uint64_t dr6, rip, rcx;
	} hit[16];
};

static const char *take_hits(struct vcpu *cpu, struct device *device, struct hits *hits)
{
	volatile struct guest_traps *traps = vm_traps(cpu->vm);
	const char *name = serve(cpu, device);

	for (hits->count = 0; !strcmp("trap", name); hits->count++) {
		if (traps->vector != 1 || hits->count == ARRAY_SIZE(hits->hit))
			return name;
		hits->hit[hits->count].dr6 = traps->dr6;
		hits->hit[hits->count].rip = traps->rip;
		hits->hit[hits->count].rcx = vcpu_gpr(cpu, VMR_RCX);
		vcpu_answer(cpu, NULL, 0);
		name = serve(cpu, device);
	}
	return name;
}

/* Reads and writes of a device, and of RAM beside it, hit what they hit on RAM alone. */
TEST_F(vm, breakpoints)
{
	const struct snippet snippet = SNIPPET(watched, 0);
	uint8_t *memory = memory_get(SIZE, 4096);
	static struct device device;
	struct hits hits[2] = {};
	struct vmr_state s;
	unsigned int i;
	int far;

	SKIP_ON_KVM();
	for (far = 0; far < 2; far++) {
		begin(&self->cpu, &snippet);
		ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, SIZE, 0));
		if (far)
			ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR, memory, 0, 0));
		vcpu_get(&self->cpu, &s);
		s.dr[0] = FAR + 0x203;		/* read or written, 1 byte */
		s.dr[1] = FAR + 0x208;		/* written, 2 bytes */
		s.dr[2] = FAR + 0x210;		/* read or written, 8 bytes */
		s.dr[3] = FAR + 0x219;		/* written, 1 byte */
		s.dr7 = 0x1b5304ff;
		vcpu_set(&self->cpu, VMR_STATE_DEBUG, &s);
		ASSERT_STREQ("hlt", take_hits(&self->cpu, &device, &hits[far])) {
			vcpu_tell(&self->cpu);
		}
	}
	ASSERT_EQ(hits[0].count, hits[1].count);
	for (i = 0; i < hits[0].count; i++) {
		EXPECT_EQ(hits[0].hit[i].dr6, hits[1].hit[i].dr6) TH_LOG("#DB %u", i);
		EXPECT_EQ(hits[0].hit[i].rip, hits[1].hit[i].rip) TH_LOG("#DB %u", i);
		EXPECT_EQ(hits[0].hit[i].rcx, hits[1].hit[i].rcx) TH_LOG("#DB %u", i);
	}
	EXPECT_EQ(5, hits[1].count);
}

GUEST64(store_two, "mov $2, %ecx; 1: rep stosb; hlt");

/* The guest's code is changed between two elements: the rest is done by what is there then. */
TEST_F(vm, another_instruction_between_elements)
{
	uint8_t *code = self->vm.ram + GUEST_CODE;

	SKIP_ON_KVM();
	begin_code(&self->cpu, guest(store_two));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(0xf8, exit_value(&self->cpu));
	ASSERT_EQ(0, vcpu_kick(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("kicked", &self->cpu);
	ASSERT_EQ(0xaa, code[6]);
	code[6] = 0xa4;		/* rep movsb */
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x201, self->cpu.exit.addr);
	EXPECT_EQ(self->vm.ram[GUEST_DATA + 0x200], exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(GUEST_DATA + 0x201, vcpu_gpr(&self->cpu, VMR_RSI));
}

GUEST64(pair, "cmpxchg16b (%rdi); 1: mov 16(%rdi), %rbx; hlt");

/* To the second of the four accesses that it makes. */
#define TO_THE_SECOND()							\
	do {								\
		SKIP_ON_KVM();						\
		begin_code(&self->cpu, guest(pair));			\
		ASSERT_EXIT("mmio", &self->cpu);			\
		ASSERT_EQ(FAR + 0x200, self->cpu.exit.addr);		\
		ASSERT_EQ(8, self->cpu.exit.size);			\
		vcpu_answer_u64(&self->cpu, 0x1111);			\
		ASSERT_EXIT("mmio", &self->cpu);			\
		ASSERT_EQ(FAR + 0x208, self->cpu.exit.addr);		\
		ASSERT_EQ(GUEST_CODE, vcpu_rip(&self->cpu));		\
	} while (0)

/* The instruction is left for another: what it had read is forgotten. */
TEST_F(vm, left_in_the_middle)
{
	TO_THE_SECOND();
	vcpu_set_rip(&self->cpu, GUEST_CODE + 4);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x210, self->cpu.exit.addr);
	vcpu_answer_u64(&self->cpu, 0x2222);
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x2222, vcpu_gpr(&self->cpu, VMR_RBX));
}

/* Not yet: the same access again; the first isn't. */
TEST_F(vm, tried_again_in_the_middle)
{
	int i;

	TO_THE_SECOND();
	for (i = 0; i < 2; i++) {
		vcpu_answer_flags(&self->cpu, VMR_REPLY_RETRY, 0);
		ASSERT_EXIT("mmio", &self->cpu);
		EXPECT_EQ(FAR + 0x208, self->cpu.exit.addr);
		EXPECT_EQ(0, self->cpu.exit.flags & VMR_EXIT_WRITE);
	}
	vcpu_answer_u64(&self->cpu, 0x2222);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x200, self->cpu.exit.addr);
	EXPECT_EQ(VMR_EXIT_WRITE, self->cpu.exit.flags & VMR_EXIT_WRITE);
	EXPECT_EQ(0x1111, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(0x2222, exit_value(&self->cpu));
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x210, self->cpu.exit.addr);
	EXPECT_EQ(0x1111, vcpu_gpr(&self->cpu, VMR_RAX));
	EXPECT_EQ(0x2222, vcpu_gpr(&self->cpu, VMR_RDX));
}

TEST_F(vm, refused_in_the_middle)
{
	TO_THE_SECOND();
	vcpu_answer_flags(&self->cpu, VMR_REPLY_GP, 0);
	ASSERT_TRAP(13, &self->cpu);
	EXPECT_EQ(GUEST_CODE, vm_traps(&self->vm)->rip);
	/* And then it is a new one. */
	vcpu_set_rip(&self->cpu, GUEST_CODE);
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x200, self->cpu.exit.addr);
}

/* immediate_exit has to wait for the accesses, but for nothing else. */
TEST_F(vm, immediate_exit_in_the_middle)
{
	int i;

	TO_THE_SECOND();
	self->cpu.control->immediate_exit = 1;
	for (i = 0; i < 2; i++) {
		vcpu_answer_u64(&self->cpu, 0x2222);
		ASSERT_EXIT("mmio", &self->cpu);
	}
	vcpu_answer(&self->cpu, NULL, 0);
	ASSERT_EXIT("interrupted", &self->cpu);
	EXPECT_EQ(0x2222, vcpu_gpr(&self->cpu, VMR_RDX));
	EXPECT_EQ(GUEST_CODE + 4, vcpu_rip(&self->cpu));
	self->cpu.control->immediate_exit = 0;
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR + 0x210, self->cpu.exit.addr);
}

/* RAM that has gone, behind a device: told, and the device isn't asked twice. */
TEST_F(vm, hole_behind_a_device)
{
	uint8_t *memory = memory_get(4096, 4096);

	SKIP_ON_KVM();
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR + 0x100000, memory, 4096, 0));
	begin_code(&self->cpu, guest(copy));
	map_window(&self->cpu, FAR | 7, (FAR + 0x100000) | 7);
	ASSERT_EXIT("mmio", &self->cpu);
	ASSERT_EQ(0, munmap(memory, 4096));
	vcpu_answer_u64(&self->cpu, 0x5555);
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(FAR + 0x100000, self->cpu.exit.addr);
	EXPECT_EQ(VMR_FAULT_HOLE, self->cpu.exit.count);
	EXPECT_EQ(VMR_EXIT_WRITE, self->cpu.exit.flags & VMR_EXIT_WRITE);
	ASSERT_EQ(memory, mmap(memory, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x5555, *(uint64_t *)memory);
}

/* The same for the tables that tell where its operands are. */
TEST_F(vm, hole_in_the_tables)
{
	const uint64_t entries[] = { FAR | 7, RAM_PAGE | 7 };
	uint8_t *memory = memory_get(4096, 4096);

	SKIP_ON_KVM();
	ASSERT_EQ(0, vm_slot(&self->vm, 1, FAR + 0x100000, memory, 4096, 0));
	begin_code(&self->cpu, guest(copy));
	((uint64_t *)(self->vm.ram + GUEST_PD))[WINDOW >> 21] = (FAR + 0x100000) | 7;
	memcpy(memory, entries, sizeof(entries));
	ASSERT_EXIT("mmio", &self->cpu);
	EXPECT_EQ(FAR, self->cpu.exit.addr);
	ASSERT_EQ(0, munmap(memory, 4096));
	vcpu_answer_u64(&self->cpu, 0x6666);
	ASSERT_EXIT("memory-fault", &self->cpu);
	EXPECT_EQ(FAR + 0x100000, self->cpu.exit.addr & ~0xfffull);
	EXPECT_EQ(VMR_FAULT_HOLE, self->cpu.exit.count);
	ASSERT_EQ(memory, mmap(memory, 4096, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	memcpy(memory, entries, sizeof(entries));
	ASSERT_EXIT("hlt", &self->cpu);
	EXPECT_EQ(0x6666, *(uint64_t *)(self->vm.ram + RAM_PAGE));
}

/* ---- while another vCPU looks ---- */

#define MOVES	300
#define STOP	8	/* of the data page's words: the other is to end */
#define HALF	9	/* what it has seen that nobody wrote */

GUEST64(move_words, "1: mov %r8, %rsi; mov %r9, %rdi; movsw; dec %ecx; jnz 1b; hlt");
GUEST64(move_longs, "1: mov %r8, %rsi; mov %r9, %rdi; movsl; dec %ecx; jnz 1b; hlt");
GUEST64(move_quads, "1: mov %r8, %rsi; mov %r9, %rdi; movsq; dec %ecx; jnz 1b; hlt");

/* Has all bits set and none, in turn. */
GUEST64(flip,
	"	xor	%eax, %eax;"
	"1:	not	%rax;"
	"	mov	%rax, " NUMBER(GUEST_DATA) ";"
	"	cmpl	$0, " NUMBER(GUEST_DATA) " + 64;"
	"	je	1b;"
	"	hlt");

/* Notes a word that has some bits set, with RBX those that count. */
GUEST64(look,
	"1:	mov	" NUMBER(GUEST_DATA) ", %rax;"
	"	and	%rbx, %rax;"
	"	jz	2f;"
	"	cmp	%rbx, %rax;"
	"	je	2f;"
	"	mov	%rax, " NUMBER(GUEST_DATA) " + 72;"
	"2:	cmpl	$0, " NUMBER(GUEST_DATA) " + 64;"
	"	je	1b;"
	"	hlt");

/* The device's words have all bits set and none, in turn, too: how many came with some. */
static int serve_words(struct vcpu *cpu)
{
	uint64_t value = 0, all;
	int halves = 0;

	while (!strcmp("mmio", vcpu_next(cpu))) {
		all = ~0ull >> (64 - 8 * cpu->exit.size);
		if (!(cpu->exit.flags & VMR_EXIT_WRITE))
			value = ~value;
		else if (exit_value(cpu) && exit_value(cpu) != all)
			halves++;
		vcpu_answer_u64(cpu, value);
	}
	return halves;
}

/* Moves words from one address to the other while another vCPU executes code. */
static int halves_moved(const struct snippet *words, uint64_t from, uint64_t to,
			const uint8_t *other_code, size_t size)
{
	struct vcpu cpu, other;
	struct runner runner;
	struct vmr_state s;
	struct vm vm;
	int halves;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	vcpu_create(&vm, 1, &other);
	vcpu_start(&other, GUEST_LONG, other_code, size);
	vcpu_get(&other, &s);
	s.gpr[VMR_RBX] = ~0ull >> (64 - 8 * words->largest);
	vcpu_set(&other, VMR_STATE_REGS, &s);
	vcpu_start(&cpu, GUEST_LONG, words->code, words->end - words->code);
	vcpu_get(&cpu, &s);
	s.gpr[VMR_RCX] = MOVES;
	s.gpr[VMR_R8] = from;
	s.gpr[VMR_R8 + 1] = to;
	vcpu_set(&cpu, VMR_STATE_REGS, &s);
	runner_begin(&runner, &other);
	halves = serve_words(&cpu);
	vm_data(&vm)[STOP] = 1;
	if (runner_end(&runner))
		vm_die("the other vCPU");
	halves += vm_data(&vm)[HALF] != 0;
	vcpu_destroy(&cpu);
	vcpu_destroy(&other);
	vm_destroy(&vm);
	return halves;
}

/*
 * What a CPU reads and writes at once is read and written at once when vmring does it for
 * the CPU: no other sees half of it.
 */
TEST(words_stay_whole)
{
	const struct snippet moves[] = {
		SNIPPET(move_words, 0, .largest = 2),
		SNIPPET(move_longs, 0, .largest = 4),
		SNIPPET(move_quads, 0, .largest = 8),
	};
	size_t i;

	SKIP_ON_KVM();
	SKIP_IF_IT_MOVES();
	for (i = 0; i < ARRAY_SIZE(moves); i++) {
		EXPECT_EQ(0, halves_moved(&moves[i], GUEST_DATA, FAR, guest(flip)))
			TH_LOG("%s to a device", moves[i].name);
		EXPECT_EQ(0, halves_moved(&moves[i], FAR, GUEST_DATA, guest(look)))
			TH_LOG("%s from a device", moves[i].name);
	}
}

TEST_HARNESS_MAIN
