// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells: who is signalled by which write, that there is no exit then, and that the
 * entries that were posted before are there.
 */
#include <poll.h>
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "ring_test.h"

static struct vmr_region bell(uint32_t number, uint64_t addr, uint32_t length, int fd)
{
	return (struct vmr_region){
		.region = number, .write = VMR_WRITE_DOORBELL, .addr = addr,
		.length = length, .eventfd = fd,
	};
}

static struct vmr_region matching(struct vmr_region region, uint64_t match, uint8_t size)
{
	region.flags |= VMR_REGION_MATCH;
	region.match = match;
	region.match_size = size;
	return region;
}

static struct vmr_region mmio(struct vmr_region region)
{
	region.flags |= VMR_REGION_MMIO;
	return region;
}

/* How often it was signalled since the last look. */
static uint64_t rings(int fd)
{
	uint64_t count = 0;

	return read(fd, &count, sizeof(count)) == sizeof(count) ? count : 0;
}

static int new_bell(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		vm_die("eventfd");
	return fd;
}

#define ASSERT_SET(vm, ...)						\
	do {								\
		struct vmr_region region_ = __VA_ARGS__;		\
									\
		ASSERT_ERRNO(0, vm_region(vm, &region_));		\
	} while (0)

GUEST64(out_three,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	$5, %eax;"
	"	out	%al, (%dx);"
	"	out	%ax, (%dx);"
	"	out	%eax, (%dx);"
	"	hlt");

TEST_F(vm, any_write)
{
	struct vcpu *cpu = &self->cpu;
	int fd = new_bell();

	ASSERT_SET(&self->vm, bell(1, PORT, 4, fd));
	vcpu_start(cpu, GUEST_LONG, guest(out_three));
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(3, rings(fd));
	EXPECT_EQ(0, cpu->post_count);
	if (!vm_moves())
		EXPECT_EQ(3, vcpu_counter(cpu, "doorbells"));
	close(fd);
}

/* The region holds the eventfd: closing it here is nothing to it. */
TEST_F(vm, closed)
{
	struct vcpu *cpu = &self->cpu;
	int fd = new_bell();
	int other = dup(fd);

	SKIP_IF_IT_MOVES();
	ASSERT_SET(&self->vm, bell(1, PORT, 4, fd));
	close(fd);
	vcpu_start(cpu, GUEST_LONG, guest(out_three));
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(3, rings(other));
	close(other);
	/* Nor is it when nobody can hear it any more. */
	vcpu_start(cpu, GUEST_LONG, guest(out_three));
	ASSERT_EXIT("hlt", cpu);
	ASSERT_SET(&self->vm, (struct vmr_region){ .region = 1 });
	vcpu_start(cpu, GUEST_LONG, guest(out_three));
	ASSERT_EXIT("io", cpu);
}

GUEST64(out_values,
	"	mov	" IMM(PORT) ", %edx;"
	"	xor	%eax, %eax;"
	"1:	inc	%eax;"
	"	out	%al, (%dx);"
	"	out	%eax, (%dx);"
	"	cmp	$6, %eax;"
	"	jne	1b;"
	"	hlt");

/* 1 of any size, 2 of one byte, 3 of four; the rest is nobody's. */
TEST_F(vm, matches)
{
	struct vcpu *cpu = &self->cpu;
	int one = new_bell(), two = new_bell(), three = new_bell();
	unsigned int exits = 0, value;

	ASSERT_SET(&self->vm, matching(bell(5, PORT, 4, one), 1, 0));
	ASSERT_SET(&self->vm, matching(bell(3, PORT, 4, two), 2, 1));
	ASSERT_SET(&self->vm, matching(bell(9, PORT, 4, three), 3, 4));
	vcpu_start(cpu, GUEST_LONG, guest(out_values));
	while (strcmp("hlt", vcpu_next(cpu))) {
		ASSERT_STREQ("io", exit_name(&cpu->exit));
		EXPECT_EQ(3, cpu->exit.region);
		value = exit_value(cpu);
		EXPECT_TRUE(value >= 4 || (value == 2 && cpu->exit.size == 4) ||
			    (value == 3 && cpu->exit.size == 1));
		vcpu_answer(cpu, NULL, 0);
		exits++;
	}
	EXPECT_EQ(12 - 4, exits);
	EXPECT_EQ(2, rings(one));
	EXPECT_EQ(1, rings(two));
	EXPECT_EQ(1, rings(three));
	close(one);
	close(two);
	close(three);
}

GUEST64(store_values,
	"	mov	$0x1122334455667788, %rax;"
	"	mov	%rax, (%rdi);"
	"	mov	%eax, (%rdi);"
	"	mov	%al, 7(%rdi);"
	"	hlt");

TEST_F(vm, memory)
{
	struct vcpu *cpu = &self->cpu;
	int wide = new_bell(), other = new_bell();

	ASSERT_SET(&self->vm, mmio(matching(bell(1, MMIO, 8, wide), 0x1122334455667788, 8)));
	ASSERT_SET(&self->vm, mmio(matching(bell(2, MMIO, 8, other), 0x88, 1)));
	begin(cpu, guest(store_values), 0, MMIO);
	ASSERT_EXIT("mmio", cpu);
	EXPECT_EQ(4, cpu->exit.size);
	EXPECT_EQ(1, cpu->exit.region);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	EXPECT_EQ(1, rings(wide));
	EXPECT_EQ(1, rings(other));
	close(wide);
	close(other);
}

/* Of a string each element rings; one that nobody hears ends it there. */
GUEST64(outs_values,
	"	mov	" IMM(PORT) ", %edx;"
	"	mov	%rdi, %rsi;"
	"	rep outsb;"
	"	hlt");

TEST_F(vm, strings)
{
	struct vcpu *cpu = &self->cpu;
	int fd = new_bell();

	memcpy(self->vm.ram + GUEST_DATA, "aaab", 4);
	ASSERT_SET(&self->vm, matching(bell(1, PORT, 1, fd), 'a', 0));
	begin(cpu, guest(outs_values), 4, GUEST_DATA);
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(3, rings(fd));
	EXPECT_EQ(1, cpu->exit.count);
	EXPECT_EQ('b', cpu->bulk[0]);
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
	close(fd);
}

/* The numbers 1, 2, ...: posted, and the bell is rung after each. */
GUEST64(post_and_ring,
	"	mov	" IMM(PORT) ", %edx;"
	"	xor	%eax, %eax;"
	"1:	inc	%eax;"
	"	out	%eax, (%dx);"
	"	out	%al, $0x80;"
	"	cmp	%eax, %ecx;"
	"	jne	1b;"
	"	hlt");

struct listener {
	struct vcpu *cpu;
	pthread_t thread;
	int fd;
	volatile bool stop;
	unsigned int heard;
	unsigned int early;
};

/* Who is signalled for the n-th time finds n numbers in the ring, or more. */
static void *listen_to_it(void *data)
{
	struct listener *l = data;
	struct pollfd p = { .fd = l->fd, .events = POLLIN };
	uint32_t rung = 0;

	while (!l->stop || rings(l->fd)) {
		if (poll(&p, 1, 10) <= 0)
			continue;
		rung += rings(l->fd);
		l->heard++;
		if (__atomic_load_n(l->cpu->producer, __ATOMIC_ACQUIRE) < rung)
			l->early++;
	}
	return NULL;
}

TEST_F(vm, behind_posts)
{
	struct listener l = { .fd = new_bell() };
	struct vcpu cpu;

	SKIP_IF_IT_MOVES();
	ASSERT_REGION(&self->vm, POSTED_PORTS(1, PORT, 4));
	ASSERT_SET(&self->vm, bell(2, 0x80, 1, l.fd));
	vcpu_create_ring(&self->vm, 1, 4096, &cpu);
	ASSERT_ERRNO(0, vcpu_set_ring(&cpu, 4095, 1000000));
	begin(&cpu, guest(post_and_ring), 2000, 0);
	l.cpu = &cpu;
	ASSERT_EQ(0, pthread_create(&l.thread, NULL, listen_to_it, &l));
	ASSERT_EXIT("hlt", &cpu);
	l.stop = true;
	pthread_join(l.thread, NULL);
	EXPECT_LT(0, l.heard);
	EXPECT_EQ(0, l.early);
	EXPECT_EQ(2000, cpu.post_count);
	vcpu_destroy(&cpu);
	close(l.fd);
}

TEST_HARNESS_MAIN
