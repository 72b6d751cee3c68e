// SPDX-License-Identifier: GPL-2.0
/*
 * Order between vCPUs, inline and served. One vCPU posts and then tells another by memory; the
 * other makes an access that user space has to answer. Whoever answers it and takes all
 * entries of the VM with earlier stamps has taken what was posted.
 */
#include <pthread.h>

#include "kselftest_harness.h"
#include "ring_test.h"
#include "served.h"

#define ROUNDS	150
#define ANSWER	0x310	/* the port of the other vCPU's access */

/* Posts n, then says so in memory, and waits until it is taken. */
GUEST64(post_and_tell,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	xor	%eax, %eax;"
	"1:	inc	%eax;"
	"	out	%eax, (%dx);"
	"	mov	%rax, (%rdi);"
	"2:	pause;"
	"	cmp	%rax, 8(%rdi);"
	"	jne	2b;"
	"	cmp	%eax, %ecx;"
	"	jne	1b;"
	"	hlt");

/* Waits for n, reads, and takes it. */
GUEST64(hear_and_ask,
	"	mov	" IMM(ANSWER) ", %edx;"
	"	mov	" IMM(GUEST_DATA) ", %edi;"
	"	xor	%ebx, %ebx;"
	"1:	inc	%ebx;"
	"2:	pause;"
	"	cmp	%rbx, (%rdi);"
	"	jne	2b;"
	"	in	(%dx), %eax;"
	"	add	%rax, 16(%rdi);"
	"	mov	%rbx, 8(%rdi);"
	"	cmp	%ebx, %ecx;"
	"	jne	1b;"
	"	hlt");

/* A machine of one device, whose state is the number that was posted last. */
struct machine {
	struct vm *vm;
	struct vcpu cpus[2];
	pthread_mutex_t lock;
	uint64_t number;
	unsigned int wrong;
	unsigned int asked;
	volatile uint32_t *mirror;
};

struct thread {
	struct machine *machine;
	struct vcpu *cpu;
	pthread_t thread;
	int err;
};

static const struct vmr_exit *next_entry(struct vcpu *cpu)
{
	uint32_t index = *cpu->consumer;

	if (__atomic_load_n(cpu->producer, __ATOMIC_ACQUIRE) == index)
		return NULL;
	return (const struct vmr_exit *)&cpu->ring[index & (cpu->header->ring_entries - 1)];
}

static void take(struct machine *machine, struct vcpu *cpu, const struct vmr_exit *entry)
{
	if (entry->reason == VMR_EXIT_IO)
		machine->number = post_value(entry);
	if (machine->mirror)
		*machine->mirror = machine->number;
	__atomic_store_n(cpu->consumer, *cpu->consumer + 1, __ATOMIC_RELEASE);
}

/* All posted entries of the VM up to a stamp, in the order of their stamps. */
static void take_before(struct machine *machine, uint64_t stamp)
{
	const struct vmr_exit *entry[2];
	int i;

	for (;;) {
		for (i = 0; i < 2; i++) {
			entry[i] = next_entry(&machine->cpus[i]);
			if (entry[i] && (!(entry[i]->flags & VMR_EXIT_POSTED) ||
					 entry[i]->stamp > stamp))
				entry[i] = NULL;
		}
		if (!entry[0] && !entry[1])
			return;
		i = !entry[0] || (entry[1] && entry[1]->stamp < entry[0]->stamp);
		take(machine, &machine->cpus[i], entry[i]);
	}
}

/* The consumer's index is at it now. */
static void answer(struct machine *machine, struct vcpu *cpu, const struct vmr_exit *entry)
{
	uint64_t told = vm_data(machine->vm)[0];

	if (entry->reason == VMR_EXIT_IO) {
		machine->asked++;
		/* The guest has heard of it, so the device has. */
		if (machine->number != told)
			machine->wrong++;
		*(volatile uint64_t *)cpu->reply->data = machine->number;
		cpu->reply->seq = entry->seq;
	}
	__atomic_store_n(cpu->consumer, *cpu->consumer + 1, __ATOMIC_RELEASE);
}

static void *serve(void *data)
{
	struct thread *t = data;
	struct machine *machine = t->machine;
	struct vcpu *cpu = t->cpu;
	const struct vmr_exit *last;

	do {
		t->err = run_errno(cpu);
		if (t->err)
			return NULL;
		last = (const struct vmr_exit *)
		       &cpu->ring[(*cpu->producer - 1) & (cpu->header->ring_entries - 1)];
		pthread_mutex_lock(&machine->lock);
		take_before(machine, last->stamp);
		answer(machine, cpu, last);
		pthread_mutex_unlock(&machine->lock);
	} while (last->reason != VMR_EXIT_HLT);
	return NULL;
}

static void begin_machine(struct __test_metadata *_metadata, struct vm *vm,
			  struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine->vm = vm;
	pthread_mutex_init(&machine->lock, NULL);
	vcpu_create(vm, 1, &machine->cpus[0]);
	vcpu_create(vm, 2, &machine->cpus[1]);
	ASSERT_REGION(vm, POSTED_PORTS(1, PORT, 4));
	begin(&machine->cpus[0], guest(post_and_tell), ROUNDS, 0);
	begin(&machine->cpus[1], guest(hear_and_ask), ROUNDS, 0);
	memset((void *)vm_data(vm), 0, 24);
}

static void run_machine(struct __test_metadata *_metadata, struct machine *machine)
{
	struct thread threads[2];
	int i;

	for (i = 0; i < 2; i++) {
		threads[i] = (struct thread){ .machine = machine, .cpu = &machine->cpus[i] };
		ASSERT_EQ(0, pthread_create(&threads[i].thread, NULL, serve, &threads[i]));
	}
	for (i = 0; i < 2; i++) {
		pthread_join(threads[i].thread, NULL);
		EXPECT_ERRNO(0, threads[i].err);
	}
	EXPECT_EQ(0, machine->wrong);
	EXPECT_EQ(ROUNDS, vm_data(machine->vm)[0]);
	EXPECT_EQ(ROUNDS * (ROUNDS + 1) / 2, vm_data(machine->vm)[2]);
}

static void end_machine(struct machine *machine)
{
	vcpu_destroy(&machine->cpus[0]);
	vcpu_destroy(&machine->cpus[1]);
	pthread_mutex_destroy(&machine->lock);
}

static bool kernel_was_told(const char *word)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/cmdline", "r");

	if (f && !fgets(line, sizeof(line), f))
		line[0] = 0;
	if (f)
		fclose(f);
	return strstr(line, word);
}

/* Stamps are of the TSC, or where that is no clock a count of the VM's entries. */
TEST_F(vm, stamps)
{
	struct vcpu *cpu = &self->cpu;
	unsigned int i;
	bool counts;

	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_ERRNO(0, vcpu_set_ring(cpu, 32, 1000000));
	begin(cpu, guest(post_numbers), 20, 0);
	ASSERT_EXIT("hlt", cpu);
	ASSERT_EQ(20, cpu->post_count);
	counts = cpu->posts[0].stamp >> 63;
	if (kernel_was_told("tsc=unstable")) {
		EXPECT_TRUE(counts);
	}
	for (i = 1; i < 20; i++) {
		EXPECT_LT(cpu->posts[i - 1].stamp, cpu->posts[i].stamp);
		if (counts)
			EXPECT_EQ(cpu->posts[i - 1].stamp + 1, cpu->posts[i].stamp);
	}
}

TEST_F(vm, synchronous_read)
{
	struct machine machine;

	SKIP_IF_IT_MOVES();
	begin_machine(_metadata, &self->vm, &machine);
	run_machine(_metadata, &machine);
	EXPECT_EQ(ROUNDS, machine.asked);
	end_machine(&machine);
}

/* The read's region has a mirror: it answers only what the device knows already. */
TEST_F(vm, mirror_read)
{
	struct machine machine;

	SKIP_IF_IT_MOVES();
	begin_machine(_metadata, &self->vm, &machine);
	machine.mirror = (volatile uint32_t *)vm_mirror(&self->vm);
	ASSERT_REGION(&self->vm, {
		.region = 2, .addr = ANSWER, .length = 4, .read = VMR_READ_MIRROR,
	});
	run_machine(_metadata, &machine);
	end_machine(&machine);
}

/* The one entry that a vCPU waits with, behind what it has posted. */
static const struct vmr_exit *waiting_entry(struct vcpu *cpu)
{
	uint32_t last = __atomic_load_n(cpu->producer, __ATOMIC_ACQUIRE);
	const struct vmr_exit *entry;

	if (last == *cpu->consumer)
		return NULL;
	entry = (const struct vmr_exit *)&cpu->ring[(last - 1) & (cpu->header->ring_entries - 1)];
	return entry->flags & VMR_EXIT_POSTED ? NULL : entry;
}

/* One thread serves both, and looks at nothing before it has to answer. */
TEST_F(vm, served)
{
	struct machine machine;
	struct served served[2];
	const struct vmr_exit *entry;
	bool halted[2] = {};
	int i;

	SKIP_IF_IT_MOVES();
	begin_machine(_metadata, &self->vm, &machine);
	for (i = 0; i < 2; i++)
		served_begin(&served[i], &machine.cpus[i]);
	for (i = 0; !halted[0] || !halted[1]; i = !i) {
		entry = halted[i] ? NULL : waiting_entry(&machine.cpus[i]);
		if (!entry)
			continue;
		take_before(&machine, entry->stamp);
		halted[i] = entry->reason == VMR_EXIT_HLT;
		if (halted[i])
			continue;
		answer(&machine, &machine.cpus[i], entry);
		served_wake(&machine.cpus[i]);
	}
	for (i = 0; i < 2; i++)
		EXPECT_ERRNO(EAGAIN, served_stop(&served[i]));
	EXPECT_EQ(0, machine.wrong);
	EXPECT_EQ(ROUNDS, machine.asked);
	EXPECT_EQ(ROUNDS, vm_data(&self->vm)[0]);
	EXPECT_EQ(ROUNDS * (ROUNDS + 1) / 2, vm_data(&self->vm)[2]);
	end_machine(&machine);
}

TEST_HARNESS_MAIN
