// SPDX-License-Identifier: GPL-2.0
/* Owns the CPUs: their segments, and starting the others. */
#include "bare.h"

#define TRAMPOLINE 0x8000

struct cpu {
	u64 gdt[6];
	u32 tss[26];
	u8 stack[8192] __attribute__((aligned(16)));
	u32 starts;			/* how often it came up */
	void (*function)(void);		/* what it is to do; NULL: nothing */
};

extern const u8 trampoline[], trampoline_end[];

static struct cpu cpus[MAX_CPUS];

u64 started_stack;		/* of the CPU that is being started */
static u32 started_cpu;

_Noreturn void started_main(void);
void bare_main(void);
int main(void);

void cpu_init(u32 number)
{
	struct cpu *cpu = &cpus[number];
	u64 tss = (u64)cpu->tss;
	struct {
		u16 limit;
		u64 base;
	} __attribute__((packed)) gdtr = { sizeof(cpu->gdt) - 1, (u64)cpu->gdt };

	cpu->gdt[SEL_CODE32 / 8] = 0x00cf9b000000ffff;
	cpu->gdt[SEL_CODE / 8] = 0x00af9b000000ffff;
	cpu->gdt[SEL_DATA / 8] = 0x00cf93000000ffff;
	cpu->gdt[SEL_TSS / 8] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 |
				0x89ull << 40 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[SEL_TSS / 8 + 1] = tss >> 32;
	asm volatile("lgdt %0\n"
		     "ltr %w1\n"
		     "mov %2, %%ds\n"
		     "mov %2, %%es\n"
		     "mov %2, %%ss\n"
		     : : "m"(gdtr), "r"(SEL_TSS), "r"(SEL_DATA) : "memory");
	trap_init();
	apic_init();
}

void started_main(void)
{
	u32 number = started_cpu;
	struct cpu *cpu = &cpus[number];

	cpu_init(number);
	WRITE_ONCE(cpu->function, NULL);
	__atomic_fetch_add(&cpu->starts, 1, __ATOMIC_RELEASE);
	for (;;) {
		void (*function)(void) = __atomic_load_n(&cpu->function,
							 __ATOMIC_ACQUIRE);

		if (function) {
			function();
			WRITE_ONCE(cpu->function, NULL);
		}
		cpu_relax();
	}
}

/* Wait with a limit of @ticks for another CPU to write @value. */
bool wait_until(const volatile u32 *word, u32 value, u64 ticks)
{
	u64 end = rdtsc() + ticks;

	while (*word != value) {
		if (rdtsc() > end)
			return false;
		cpu_relax();
	}
	return true;
}

/*
 * Start CPU @number by INIT and start-up IPI. It says how often the CPU has
 * come up in all, for tests that start it again.
 */
u32 cpu_start(u32 number)
{
	struct cpu *cpu = &cpus[number];
	u32 starts = cpu->starts;

	memcpy((void *)TRAMPOLINE, trampoline, trampoline_end - trampoline);
	started_stack = (u64)cpu->stack + sizeof(cpu->stack);
	started_cpu = number;
	apic_ipi(number, APIC_INIT | APIC_ASSERT);
	apic_ipi(number, APIC_SIPI | TRAMPOLINE >> 12);
	if (!wait_until(&cpu->starts, starts + 1, 2000000))
		bail("CPU %u doesn't start", number);
	return cpu->starts;
}

/* Let a started CPU run @function; doesn't wait. */
void cpu_call(u32 number, void (*function)(void))
{
	__atomic_store_n(&cpus[number].function, function, __ATOMIC_RELEASE);
}

static void say_start(void)
{
	const char *word = "start\n";

	while (*word)
		out8(LAB_DATA(LAB_CONTROL), *word++);
	out8(LAB_FLUSH, LAB_CONTROL);
}

void bare_main(void)
{
	cpu_init(0);
	say_start();	/* the time limit counts from here */
	main();
	finish();
}
