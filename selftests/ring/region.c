// SPDX-License-Identifier: GPL-2.0
/*
 * VMR_SET_REGION: what it takes and what it refuses, and regions that change while
 * guests run.
 */
#include <sys/eventfd.h>

#include "kselftest_harness.h"
#include "ring_test.h"

static int set(struct vm *vm, struct vmr_region region)
{
	return vm_region(vm, &region);
}

TEST_F(vm, numbers)
{
	struct vm *vm = &self->vm;
	uint32_t i;

	EXPECT_ERRNO(EINVAL, set(vm, POSTED_PORTS(0, 0x100, 1)));
	EXPECT_ERRNO(E2BIG, set(vm, POSTED_PORTS(VMR_MAX_REGIONS + 1, 0x100, 1)));
	EXPECT_ERRNO(E2BIG, set(vm, POSTED_PORTS(0xffffffff, 0x100, 1)));
	EXPECT_ERRNO(ENOENT, set(vm, (struct vmr_region){ .region = 1 }));
	EXPECT_ERRNO(E2BIG, set(vm, (struct vmr_region){ .region = VMR_MAX_REGIONS + 1 }));
	EXPECT_ERRNO(EINVAL, set(vm, (struct vmr_region){ .region = 0 }));
	for (i = 1; i <= VMR_MAX_REGIONS; i++)
		ASSERT_ERRNO(0, set(vm, POSTED_PORTS(i, 16 * i, 16)));
	/* Whatever the rest is. */
	for (i = 1; i <= VMR_MAX_REGIONS; i++)
		ASSERT_ERRNO(0, set(vm, (struct vmr_region){
			.region = i, .write = 77, .read = 88, .addr = ~0ull, .eventfd = -1,
		}));
	EXPECT_ERRNO(ENOENT, set(vm, (struct vmr_region){ .region = 1 }));
}

/* The rules are selftests/unit's to try; here, that they are asked. */
TEST_F(vm, refused)
{
	const struct vmr_region good = POSTED_PORTS(1, 0x100, 4);
	struct vmr_region bad[] = { good, good, good, good, good, good, good, good };
	struct vm *vm = &self->vm;
	unsigned int i;

	bad[0].write = 3;
	bad[1].read = 2;
	bad[2].flags = VMR_REGION_FLAGS + 1;
	bad[3].reserved = 1;
	bad[4].addr = 0xffff;
	bad[5].mirror = 1;
	bad[6].eventfd = 1;
	bad[7].flags = VMR_REGION_MMIO;
	bad[7].addr = 1ull << 52;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		EXPECT_ERRNO(EINVAL, set(vm, bad[i]))
			TH_LOG("%u", i);
	EXPECT_ERRNO(0, set(vm, good));
}

TEST_F(vm, eventfds)
{
	struct vmr_region region = {
		.region = 1, .write = VMR_WRITE_DOORBELL, .addr = 0x100, .length = 4,
	};
	struct vm *vm = &self->vm;

	region.eventfd = -1;
	EXPECT_ERRNO(EBADF, set(vm, region));
	region.eventfd = 9999;
	EXPECT_ERRNO(EBADF, set(vm, region));
	region.eventfd = vm->fd;
	EXPECT_ERRNO(EINVAL, set(vm, region));
	region.eventfd = eventfd(0, EFD_CLOEXEC);
	EXPECT_ERRNO(0, set(vm, region));
	/* Set again, it holds the new one, and lets the old one go. */
	close(region.eventfd);
	region.eventfd = eventfd(0, EFD_CLOEXEC);
	EXPECT_ERRNO(0, set(vm, region));
}

TEST_F(vm, overlaps)
{
	struct vm *vm = &self->vm;

	ASSERT_ERRNO(0, set(vm, POSTED_PORTS(1, 0x100, 8)));
	ASSERT_ERRNO(0, set(vm, POSTED_PORTS(2, 0x110, 8)));
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_PORTS(3, 0x107, 1)));
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_PORTS(3, 0xff, 2)));
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_PORTS(3, 0, 0x10000)));
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_PORTS(3, 0x108, 9)));
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_PORTS(1, 0x108, 9)));
	EXPECT_ERRNO(0, set(vm, POSTED_PORTS(3, 0x108, 8)));
	/* Memory is another space. */
	EXPECT_ERRNO(0, set(vm, POSTED_MMIO(4, 0x100, 0x1000)));
	/* A region may overlap what it was. */
	EXPECT_ERRNO(0, set(vm, POSTED_PORTS(1, 0x101, 7)));
	EXPECT_ERRNO(0, set(vm, (struct vmr_region){ .region = 3 }));
	EXPECT_ERRNO(0, set(vm, POSTED_PORTS(1, 0x101, 0xf)));
	/* And may become the other kind. */
	EXPECT_ERRNO(EEXIST, set(vm, POSTED_MMIO(1, 0x101, 0xf)));
	EXPECT_ERRNO(0, set(vm, POSTED_MMIO(1, 0x1100, 0xf)));
	EXPECT_ERRNO(0, set(vm, POSTED_PORTS(3, 0x101, 0xf)));
}

/* ---- while a guest runs ---- */

struct changer {
	struct vm *vm;
	pthread_t thread;
	volatile bool stop;
	unsigned int changes;
	int err;
};

/* Posted, synchronous, none, and with neighbours that come and go. */
static void *change(void *data)
{
	struct changer *c = data;
	unsigned int i;

	for (i = 0; !c->stop && !c->err; i++) {
		switch (i % 5) {
		case 0:
			c->err = set(c->vm, POSTED_PORTS(1, PORT, 4));
			break;
		case 1:
			c->err = set(c->vm, POSTED_PORTS(2, PORT - 8, 8));
			break;
		case 2:
			c->err = set(c->vm, (struct vmr_region){
				.region = 1, .addr = PORT, .length = 4,
			});
			break;
		case 3:
			c->err = set(c->vm, (struct vmr_region){ .region = 1 });
			break;
		default:
			c->err = set(c->vm, (struct vmr_region){ .region = 2 });
			break;
		}
		c->changes++;
	}
	return NULL;
}

/* Each number comes once, and in order, as the one or the other. */
TEST_F(vm, changed_while_it_runs)
{
	struct changer changer = { .vm = &self->vm };
	struct vcpu *cpu = &self->cpu;
	unsigned int posted = 0, sync = 0, wrong = 0, i;
	const char *name;
	uint64_t last = 0;

	SKIP_IF_IT_MOVES();
	begin(cpu, guest(post_numbers), 20000, 0);
	ASSERT_EQ(0, pthread_create(&changer.thread, NULL, change, &changer));
	do {
		name = vcpu_next(cpu);
		for (i = 0; i < cpu->post_count; i++)
			wrong += post_value(&cpu->posts[i]) != ++last;
		posted += cpu->post_count;
		cpu->post_count = 0;
		if (!strcmp(name, "io")) {
			wrong += exit_value(cpu) != ++last;
			sync++;
			vcpu_answer(cpu, NULL, 0);
		}
	} while (strcmp(name, "hlt"));
	changer.stop = true;
	pthread_join(changer.thread, NULL);
	ASSERT_ERRNO(0, changer.err);
	EXPECT_EQ(20000, last);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(20000, posted + sync);
	TH_LOG("%u posted, %u not, %u changes", posted, sync, changer.changes);
	EXPECT_LT(0, posted);
	EXPECT_LT(0, sync);
}

GUEST64(ring_for_ever,
	"	mov	" IMM(PORT) ", %edx;"
	"1:	out	%al, (%dx);"
	"	incq	" NUMBER(GUEST_DATA) ";"
	"	jmp	1b");

/* When the call returns, nobody uses what was before. */
TEST_F(vm, gone_on_return)
{
	struct vmr_region bell = {
		.region = 1, .write = VMR_WRITE_DOORBELL, .addr = PORT, .length = 4,
	};
	struct vcpu *cpu = &self->cpu;
	struct runner runner;
	uint64_t count = 0;
	int old = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int new = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int round;

	SKIP_IF_IT_MOVES();
	bell.eventfd = old;
	ASSERT_ERRNO(0, set(&self->vm, bell));
	vcpu_start(cpu, GUEST_LONG, guest(ring_for_ever));
	runner_begin(&runner, cpu);
	for (round = 0; round < 10; round++) {
		*vm_data(&self->vm) = 0;
		wait_while(vm_data(&self->vm), 0);
		bell.eventfd = new;
		ASSERT_ERRNO(0, set(&self->vm, bell));
		EXPECT_EQ(sizeof(count), read(old, &count, sizeof(count)));
		*vm_data(&self->vm) = 0;
		wait_while(vm_data(&self->vm), 0);
		EXPECT_EQ(-1, read(old, &count, sizeof(count)));
		bell.eventfd = old;
		ASSERT_ERRNO(0, set(&self->vm, bell));
		EXPECT_EQ(sizeof(count), read(new, &count, sizeof(count)));
	}
	ASSERT_ERRNO(0, vcpu_kick(cpu));
	EXPECT_ERRNO(0, runner_end(&runner));
	close(old);
	close(new);
}

TEST_HARNESS_MAIN
