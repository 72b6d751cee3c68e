// SPDX-License-Identifier: GPL-2.0
/*
 * A consumer that means harm, or is broken: the guest may suffer, RUN answers what
 * docs/abi.md says, and the host doesn't notice. VMR_TEST_ROUNDS and VMR_TEST_SECONDS in
 * the environment say how long it goes on, VMR_TEST_SEED how it begins.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "ring_test.h"
#include "served.h"
#include "uring.h"

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *wanted = getenv(name);

	return wanted ? strtoull(wanted, NULL, 0) : otherwise;
}

/* Exits of several kinds, strings and device memory among them, for ever. */
GUEST64(busy,
	"1:	out	%eax, $0x80;"
	"	in	$0x81, %eax;"
	"	mov	$0x500, %edx; mov $" NUMBER(GUEST_DATA) ", %edi; mov $8, %ecx; cld;"
	"	rep	insb;"
	"	mov	$0x30000000, %esi;"
	"	mov	(%rsi), %rax;"
	"	addl	$1, 8(%rsi);"
	"	movups	(%rsi), %xmm0;"
	"	fnstsw	24(%rsi);"
	"	vmcall;"
	"	hlt;"
	"	jmp	1b");

struct garbage {
	struct vcpu *cpu;
	pthread_t thread;
	uint64_t seed;
	volatile uint64_t stop;
	uint64_t written;
};

static uint64_t any(struct garbage *g)
{
	g->seed = g->seed * 6364136223846793005ull + 1442695040888963407ull;
	return g->seed >> 16 ^ g->seed << 40;
}

/*
 * Half of it is right, so that the guest gets on. By a thread of its own, at any moment, and
 * by the one in RUN, before it: on one CPU the other's may never be there then.
 */
static void write_something(struct garbage *g)
{
	struct vcpu *cpu = g->cpu;
	uint32_t words = cpu->rw_size / 4;

	switch (any(g) % 8) {
	case 0:
		((volatile uint32_t *)cpu->rw)[any(g) % words] = any(g);
		break;
	case 1:
		/* The first page has all that counts but the bulk data. */
		((volatile uint32_t *)cpu->rw)[any(g) % 256] = any(g) % 64;
		break;
	case 2:
		*cpu->consumer = *cpu->producer + any(g) % 8 - 4;
		break;
	case 3:
		cpu->reply->flags = any(g) % 16;
		cpu->reply->length = any(g) % 20;
		break;
	default:
		cpu->reply->seq = *cpu->producer;
		cpu->reply->reserved = 0;
		cpu->reply->flags = any(g) % 2 ? 0 : cpu->reply->flags;
		cpu->control->immediate_exit = 0;
		if (any(g) % 2)
			cpu->area->dirty = 0;
		__atomic_store_n(cpu->consumer, *cpu->producer, __ATOMIC_RELEASE);
	}
	ioctl(cpu->fd, VMR_KICK, VMR_KICK_WAKE);
	g->written++;
}

static void *garbage_thread(void *data)
{
	struct garbage *g = data;

	while (!g->stop)
		write_something(g);
	return NULL;
}

static bool is_documented(int err)
{
	switch (err) {
	case 0:
	case EINTR:
	case EAGAIN:
	case EPROTO:
	case EINVAL:
	case ENOSPC:
		return true;
	default:
		return false;
	}
}

TEST_F(vm, garbage_in_every_field)
{
	uint64_t rounds = setting("VMR_TEST_ROUNDS", 300);
	struct vcpu *cpu = &self->cpu;
	struct garbage garbage = { .cpu = cpu }, before = { .cpu = cpu };
	int err, file = eventfd(0, EFD_CLOEXEC);
	unsigned int counts[134] = {};
	uint64_t i;

	garbage.seed = setting("VMR_TEST_SEED", time(NULL));
	before.seed = ~garbage.seed;
	TH_LOG("VMR_TEST_SEED=%llu", (unsigned long long)garbage.seed);
	vcpu_start(cpu, GUEST_LONG, guest(busy));
	ASSERT_ERRNO(0, set_ring(cpu, file, 10000));
	ASSERT_EQ(0, pthread_create(&garbage.thread, NULL, garbage_thread, &garbage));
	for (i = 0; i < rounds; i++) {
		write_something(&before);
		err = ioctl_errno(cpu->fd, VMR_RUN, (void *)(i % 4 ? VMR_RUN_SERVED : 0L));
		ASSERT_TRUE(is_documented(err))
			TH_LOG("RUN is %s", errno_name(err));
		counts[err]++;
		/* A guest whose registers are garbage may be over: it begins again. */
		if (cpu->ring[(*cpu->producer - 1) & (cpu->header->ring_entries - 1)].reason ==
		    VMR_EXIT_SHUTDOWN) {
			cpu->waits = false;
			vcpu_set_rip(cpu, GUEST_CODE);
		}
	}
	garbage.stop = 1;
	pthread_join(garbage.thread, NULL);
	EXPECT_LT(0, garbage.written);
	EXPECT_LT(0, counts[EPROTO]);
	close(file);
}

/* ---- one that does so everywhere at once ---- */

#define VCPUS		2
#define WAITS		24	/* and two threads of io_uring for them */
#define MIRROR_PORT	0x380
#define LEAST_MS	100
#define PATIENCE_MS	60000

/* Posts to ports and to memory, reads a mirror, and has to be answered now and then. */
GUEST64(posts,
	"1:	mov	" IMM(PORT) ", %edx;"
	"	mov	$64, %ecx;"
	"2:	inc	%eax;"
	"	out	%eax, (%dx);"
	"	loop	2b;"
	"	mov	$0x30000000, %esi;"
	"	mov	%eax, (%rsi);"
	"	mov	%rax, 8(%rsi);"
	"	mov	" IMM(MIRROR_PORT) ", %edx;"
	"	in	(%dx), %eax;"
	"	in	$0x81, %eax;"
	"	jmp	1b");

struct victim {
	struct vcpu cpu;
	struct garbage garbage;
	pthread_t thread;
	const uint8_t *code;
	size_t size;
	volatile uint64_t stop;
	uint64_t runs;
	int undocumented;	/* errno of a RUN, or 0 */
};

/* A guest whose registers are garbage may be anywhere: it begins again. */
static void *victim_thread(void *data)
{
	struct victim *victim = data;
	struct vcpu *cpu = &victim->cpu;
	int err;

	for (; !victim->stop; victim->runs++) {
		err = ioctl_errno(cpu->fd, VMR_RUN,
				  (void *)(victim->runs % 4 ? VMR_RUN_SERVED : 0L));
		if (!is_documented(err))
			victim->undocumented = err;
		if (victim->runs % 16 == 15) {
			cpu->waits = false;
			vcpu_start(cpu, GUEST_LONG, victim->code, victim->size);
		}
	}
	return NULL;
}

static void begin_victim(struct __test_metadata *_metadata, struct vm *vm,
			 struct victim *victim, unsigned int id, uint64_t seed)
{
	*victim = (struct victim){
		.code = id == 1 ? posts : busy,
		.size = id == 1 ? posts_end - posts : busy_end - busy,
	};
	vcpu_create(vm, id, &victim->cpu);
	victim->garbage.cpu = &victim->cpu;
	victim->garbage.seed = seed + id;
	vcpu_start(&victim->cpu, GUEST_LONG, victim->code, victim->size);
	ASSERT_ERRNO(0, set_ring(&victim->cpu, -1, 10000));
	ASSERT_EQ(0, pthread_create(&victim->thread, NULL, victim_thread, victim));
	ASSERT_EQ(0, pthread_create(&victim->garbage.thread, NULL, garbage_thread,
				    &victim->garbage));
}

/* RUN may have nobody else who ends it. */
static void end_victim(struct victim *victim)
{
	victim->stop = 1;
	while (pthread_tryjoin_np(victim->thread, NULL)) {
		ioctl(victim->cpu.fd, VMR_KICK, 0);
		sched_yield();
	}
	victim->garbage.stop = 1;
	pthread_join(victim->garbage.thread, NULL);
}

static void wait_again(struct io_uring *ring, struct victim *victims, struct garbage *g,
		       uint64_t id)
{
	struct vcpu *cpu = &victims[id % VCPUS].cpu;
	uint32_t seen = any(g) % 2 ? *cpu->producer : any(g);

	uring_wait(ring, cpu->fd, seen, any(g) % 2 ? VMR_WAIT_WAKE : 0, id);
}

/* Whatever has come is waited for once more. Returns how many; -1: an unknown result. */
static int take_waits(struct io_uring *ring, struct victim *victims, struct garbage *g)
{
	struct io_uring_cqe *cqe;
	int result, count = 0;
	uint64_t id;

	while (!io_uring_peek_cqe(ring, &cqe)) {
		result = cqe->res;
		id = cqe->user_data;
		io_uring_cqe_seen(ring, cqe);
		if (result < 0 && result != -EINTR && result != -EAGAIN)
			return -1;
		wait_again(ring, victims, g, id);
		count++;
	}
	return count;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

TEST_F_TIMEOUT(vm, garbage_everywhere, 600)
{
	uint64_t end = now_ms() + LEAST_MS + 1000 * setting("VMR_TEST_SECONDS", 0);
	struct garbage garbage = { .seed = setting("VMR_TEST_SEED", time(NULL)) };
	unsigned int limits[2] = { 2, 2 };
	struct victim victims[VCPUS];
	volatile uint32_t *mirror;
	struct io_uring ring;
	long waited = 0;
	int i, taken;

	SKIP_IF_IT_MOVES();
	TH_LOG("VMR_TEST_SEED=%llu", (unsigned long long)garbage.seed);
	mirror = (volatile uint32_t *)vm_mirror(&self->vm);
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_REGION(&self->vm, POSTED_MMIO(2, MMIO, 16));
	ASSERT_REGION(&self->vm, {
		.region = 3, .addr = MIRROR_PORT, .length = 4, .read = VMR_READ_MIRROR,
	});
	for (i = 0; i < VCPUS; i++)
		begin_victim(_metadata, &self->vm, &victims[i], i + 1, garbage.seed);
	ASSERT_EQ(0, io_uring_queue_init(WAITS, &ring, 0));
	ASSERT_EQ(0, io_uring_register_iowq_max_workers(&ring, limits));
	for (i = 0; i < WAITS; i++)
		wait_again(&ring, victims, &garbage, i);
	/* For so long, and until something was posted and a wait has ended, if they ever do. */
	while (now_ms() < end || (now_ms() < end + PATIENCE_MS &&
				  (!waited || !vcpu_counter(&victims[0].cpu, "posts")))) {
		mirror[any(&garbage) % 1024] = any(&garbage);
		taken = take_waits(&ring, victims, &garbage);
		ASSERT_LE(0, taken);
		waited += taken;
		if (!(any(&garbage) % 64))
			ioctl(victims[any(&garbage) % VCPUS].cpu.fd, VMR_KICK, 0);
		sched_yield();
	}
	for (i = 0; i < VCPUS; i++)
		end_victim(&victims[i]);
	io_uring_queue_exit(&ring);
	EXPECT_LT(0, waited);
	for (i = 0; i < VCPUS; i++) {
		EXPECT_ERRNO(0, victims[i].undocumented);
		EXPECT_LT(16, victims[i].runs);
		EXPECT_LT(0, victims[i].garbage.written);
		vcpu_destroy(&victims[i].cpu);
	}
	/* And the VM is as good as ever. */
	vcpu_start(&self->cpu, GUEST_LONG, guest(posts));
	ASSERT_ERRNO(0, run_errno(&self->cpu));
}

/* ---- one that goes away ---- */

GUEST64(counts, "xor %eax, %eax; 1: inc %eax; out %eax, $0x80; jmp 1b");

TEST_F(vm, area_is_unmapped)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	pid_t tid;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	ASSERT_SERVED("io", cpu);
	ASSERT_EQ(0, munmap(cpu->ro, cpu->ro_size));
	ASSERT_EQ(0, munmap(cpu->rw, cpu->rw_size));
	tid = served.tid;
	wait_asleep(tid);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	/* It is there again when it is mapped again. */
	cpu->ro = mmap(cpu->ro, cpu->ro_size, PROT_READ, MAP_SHARED | MAP_FIXED, cpu->fd,
		       VMR_AREA_RO);
	ASSERT_NE(MAP_FAILED, cpu->ro);
	cpu->rw = mmap(cpu->rw, cpu->rw_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		       cpu->fd, VMR_AREA_RW);
	ASSERT_NE(MAP_FAILED, cpu->rw);
	served_begin(&served, cpu);
	served_answer(cpu, NULL, 0);
	ASSERT_SERVED_OUT(0x80, 2, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

TEST_F(vm, eventfd_is_closed)
{
	int file = eventfd(0, EFD_CLOEXEC);
	struct vcpu *cpu = &self->cpu;
	struct served served;
	int i;

	ASSERT_ERRNO(0, set_ring(cpu, file, 0));
	close(file);
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 1; i <= 5; i++) {
		cpu->control->need_wakeup = 1;
		ASSERT_SERVED_OUT(0x80, i, cpu);
	}
	ASSERT_SERVED("io", cpu);
	EXPECT_LT(0, vcpu_counter(cpu, "eventfd-wakes"));
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

/* A counter that is full stays full, and nobody waits for it to be read. */
TEST_F(vm, eventfd_is_full)
{
	uint64_t most = 0xfffffffffffffffe;
	int file = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct vcpu *cpu = &self->cpu;
	struct served served;
	int i;

	ASSERT_EQ(8, write(file, &most, sizeof(most)));
	ASSERT_ERRNO(0, set_ring(cpu, file, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 1; i <= 5; i++) {
		cpu->control->need_wakeup = 1;
		ASSERT_SERVED_OUT(0x80, i, cpu);
	}
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	close(file);
}

/* A process of its own that shares the memory, and nothing else. */
static int consume_some(void *data)
{
	struct vcpu *cpu = data;
	int i;

	for (i = 0; i < 5; i++) {
		while (*cpu->producer == *cpu->consumer)
			sched_yield();
		served_take(cpu);
		vcpu_answer(cpu, NULL, 0);
		served_wake(cpu);
	}
	while (*cpu->producer == *cpu->consumer)
		sched_yield();
	/* In the middle of an answer. */
	cpu->reply->seq = 0;
	while (pause())
		;
	return 0;
}

TEST_F(vm, consumer_dies)
{
	struct vcpu *cpu = &self->cpu;
	struct served served;
	void *stack = memory_get(0x10000, 4096);
	int status;
	pid_t pid;

	vcpu_start(cpu, GUEST_LONG, guest(counts));
	cpu->reply->seq = 1000;
	served_begin(&served, cpu);
	pid = clone(consume_some, (char *)stack + 0x10000, CLONE_VM | CLONE_FILES | SIGCHLD, cpu);
	ASSERT_LT(0, pid);
	wait_u32((void *)cpu->producer, 6, true, "waiting for five answers");
	wait_u32((void *)&cpu->reply->seq, 0, true, "waiting for half an answer");
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	/* The vCPU waits on, and another may answer. */
	EXPECT_EQ(0, served.done);
	ASSERT_SERVED_OUT(0x80, 6, cpu);
	ASSERT_SERVED_OUT(0x80, 7, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
}

TEST_HARNESS_MAIN
