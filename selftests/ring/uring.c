// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for entries by way of io_uring: more waits than it has threads for, waits that
 * are cancelled, whose ring is closed, or whose process is killed.
 */
#include <dirent.h>
#include <stdint.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "served.h"
#include "uring.h"

#define WAITS	24
#define FOLDER	"/sys/kernel/debug/vmring"

GUEST64(counts, "xor %eax, %eax; 1: inc %eax; out %eax, $0x80; jmp 1b");

TEST_F(vm, there_already)
{
	struct vcpu *cpu = &self->cpu;
	struct io_uring ring;
	uint64_t id = 0;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_EXIT("io", cpu);
	uring_wait(&ring, cpu->fd, *cpu->producer - 1, 0, 7);
	EXPECT_EQ(1, uring_result(&ring, &id));
	EXPECT_EQ(7, id);
	uring_wait(&ring, cpu->fd, *cpu->producer + 1, 0, 8);
	EXPECT_EQ(0x7fffffff, uring_result(&ring, &id));
	EXPECT_EQ(8, id);
	io_uring_queue_exit(&ring);
}

/* Those that no thread is left for get theirs when another has ended. */
TEST_F(vm, more_waits_than_threads)
{
	unsigned int limits[2] = { 2, 2 }, seen[WAITS] = {};
	struct vcpu *cpu = &self->cpu;
	struct served served;
	struct io_uring ring;
	uint64_t id;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	ASSERT_EQ(0, io_uring_register_iowq_max_workers(&ring, limits));
	for (i = 0; i < WAITS; i++)
		uring_wait(&ring, cpu->fd, *cpu->producer, 0, i);
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	served_begin(&served, cpu);
	for (i = 0; i < WAITS; i++) {
		ASSERT_EQ(1, uring_result(&ring, &id));
		ASSERT_GT(WAITS, id);
		seen[id]++;
	}
	for (i = 0; i < WAITS; i++)
		EXPECT_EQ(1, seen[i]);
	ASSERT_SERVED_OUT(0x80, 1, cpu);
	ASSERT_SERVED("io", cpu);
	EXPECT_ERRNO(EAGAIN, served_stop(&served));
	io_uring_queue_exit(&ring);
}

/* The payload counts as it was when the command was submitted. */
static void overwrite_payload(struct __test_metadata *_metadata, struct vcpu *cpu, int flags)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	sqe = uring_prepare(&ring, cpu->fd, *cpu->producer, 0, 0);
	sqe->flags = flags;
	uring_submit(&ring);
	memset(uring_payload(sqe), 0xff, 16);
	ASSERT_EXIT("io", cpu);
	EXPECT_EQ(1, uring_result(&ring, NULL));
	io_uring_queue_exit(&ring);
}

TEST_F(vm, payload_is_copied)
{
	overwrite_payload(_metadata, &self->cpu, 0);
}

TEST_F(vm, payload_is_copied_for_a_worker)
{
	overwrite_payload(_metadata, &self->cpu, IOSQE_ASYNC);
}

/* The second of two is issued by whoever ends the first: a worker, for the first time. */
static void wait_twice(struct __test_metadata *_metadata, struct vcpu *cpu, int flags)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	uint64_t id = 0;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	sqe = uring_prepare(&ring, cpu->fd, *cpu->producer, 0, 1);
	sqe->flags = IOSQE_IO_LINK | flags;
	uring_prepare(&ring, cpu->fd, *cpu->producer, 0, 2);
	uring_submit(&ring);
	ASSERT_EXIT("io", cpu);
	for (i = 1; i <= 2; i++) {
		EXPECT_EQ(1, uring_result(&ring, &id));
		EXPECT_EQ(i, id);
	}
	io_uring_queue_exit(&ring);
}

TEST_F(vm, one_behind_the_other)
{
	wait_twice(_metadata, &self->cpu, 0);
}

TEST_F(vm, one_behind_the_other_in_a_worker)
{
	wait_twice(_metadata, &self->cpu, IOSQE_ASYNC);
}

static void cancel(struct io_uring *ring, uint64_t whose)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_cancel64(sqe, whose, 0);
	sqe->user_data = 1000;
	uring_submit(ring);
}

/* One that a thread waits in, and one that waits for a thread. */
TEST_F(vm, cancelled)
{
	unsigned int limits[2] = { 1, 1 };
	struct vcpu *cpu = &self->cpu;
	struct io_uring ring;
	uint64_t id = 0;
	int result, i, whose;

	ASSERT_EQ(0, io_uring_queue_init(8, &ring, 0));
	ASSERT_EQ(0, io_uring_register_iowq_max_workers(&ring, limits));
	uring_wait(&ring, cpu->fd, *cpu->producer, 0, 1);
	uring_wait(&ring, cpu->fd, *cpu->producer, 0, 2);
	for (whose = 2; whose >= 1; whose--) {
		cancel(&ring, whose);
		for (i = 0; i < 2; i++) {
			result = uring_result(&ring, &id);
			if (id == 1000) {
				EXPECT_TRUE(!result || result == -EALREADY)
					TH_LOG("%d", result);
			} else {
				EXPECT_EQ(whose, id);
				EXPECT_TRUE(result == -ECANCELED || result == -EINTR)
					TH_LOG("%d", result);
			}
		}
	}
	io_uring_queue_exit(&ring);
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_EXIT("io", cpu);
}

/* More than the kernel frees before it uses any again, and than it has new ones ready. */
#define USED_BEFORE	64
#define USED_AGAIN	16
#define SAME_ID		7

/*
 * Leaves memory behind in which the kernel will put other commands: of ones that had to
 * wait, and for which there was no thread before they were cancelled.
 */
static void leave_waits_behind(struct __test_metadata *_metadata, struct io_uring *ring,
			       struct vcpu *cpu)
{
	unsigned int limits[2] = { 1, 1 };
	struct io_uring_sqe *sqe;
	uint64_t id;
	int i;

	ASSERT_EQ(0, io_uring_register_iowq_max_workers(ring, limits));
	for (i = 0; i < USED_BEFORE; i++)
		uring_wait(ring, cpu->fd, *cpu->producer, 0, SAME_ID);
	sqe = io_uring_get_sqe(ring);
	ASSERT_NE(NULL, sqe);
	io_uring_prep_cancel64(sqe, SAME_ID, IORING_ASYNC_CANCEL_ALL);
	sqe->user_data = 1000;
	uring_submit(ring);
	for (i = 0; i < USED_BEFORE + 1; i++) {
		int result = uring_result(ring, &id);

		if (id == SAME_ID)
			EXPECT_TRUE(result == -ECANCELED || result == -EINTR)
				TH_LOG("%d", result);
	}
}

/*
 * What such a one has waited for counts for no other, though it's called the same: not for
 * those that go to a thread first, nor for those that a thread comes to by a link.
 */
static void wait_anew(struct __test_metadata *_metadata, struct vcpu *cpu, bool linked)
{
	struct io_uring_sqe *sqe;
	struct io_uring ring;
	uint64_t id = 0;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(USED_BEFORE, &ring, 0));
	vcpu_start(cpu, GUEST_LONG, guest(counts));
	ASSERT_EXIT("io", cpu);
	leave_waits_behind(_metadata, &ring, cpu);
	for (i = 0; i < USED_AGAIN; i++) {
		sqe = uring_prepare(&ring, cpu->fd, *cpu->producer - 1, 0, SAME_ID);
		sqe->flags = !linked || !i ? IOSQE_ASYNC : 0;
		if (linked && i < USED_AGAIN - 1)
			sqe->flags |= IOSQE_IO_LINK;
	}
	uring_submit(&ring);
	for (i = 0; i < USED_AGAIN; i++) {
		ASSERT_EQ(1, uring_result(&ring, &id));
		EXPECT_EQ(SAME_ID, id);
	}
	io_uring_queue_exit(&ring);
}

TEST_F(vm, after_cancelled_ones)
{
	wait_anew(_metadata, &self->cpu, false);
}

TEST_F(vm, after_cancelled_ones_behind_another)
{
	wait_anew(_metadata, &self->cpu, true);
}

/* How many VMs there are in debugfs, -1 without it. */
static int count_vms(void)
{
	DIR *folder = opendir(FOLDER);
	struct dirent *entry;
	int count = 0;

	if (!folder)
		return -1;
	while ((entry = readdir(folder)))
		count += !!strchr(entry->d_name, '-');
	closedir(folder);
	return count;
}

static void wait_for_vms(int count)
{
	struct timespec began, now;

	clock_gettime(CLOCK_MONOTONIC, &began);
	while (count_vms() != count) {
		sched_yield();
		clock_gettime(CLOCK_MONOTONIC, &now);
		errno = ETIMEDOUT;
		if (now.tv_sec - began.tv_sec > PATIENCE_SECONDS)
			vm_die("waiting for VMs to go");
	}
}

/* All is closed with waits under way: nothing stays behind. */
TEST_F(vm, closed_while_waiting)
{
	int before = count_vms(), i;
	struct io_uring ring;
	struct vcpu cpu;
	struct vm vm;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	for (i = 0; i < WAITS; i++)
		uring_wait(&ring, cpu.fd, 0, 0, i);
	/* The waits hold the vCPU's file. */
	vcpu_destroy(&cpu);
	vm_destroy(&vm);
	if (before >= 0)
		EXPECT_EQ(before + 1, count_vms());
	io_uring_queue_exit(&ring);
	wait_for_vms(before);
}

static void consume_for_ever(int ready)
{
	struct served served;
	struct io_uring ring;
	struct vcpu cpu;
	struct vm vm;
	int i;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	if (io_uring_queue_init(4, &ring, 0))
		_exit(1);
	vcpu_start(&cpu, GUEST_LONG, guest(counts));
	served_begin(&served, &cpu);
	for (i = 1; ; i++) {
		uring_wait(&ring, cpu.fd, *cpu.consumer, VMR_WAIT_WAKE, 0);
		if (uring_result(&ring, NULL) < 0)
			_exit(2);
		served_take(&cpu);
		if (i == 20 && write(ready, "", 1) != 1)
			_exit(3);
		vcpu_answer(&cpu, NULL, 0);
	}
}

/* Whatever it was doing: kill -9 leaves nothing behind. */
TEST_F(vm, consumer_is_killed)
{
	int before = count_vms(), status, ready[2], i;
	char byte;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			consume_for_ever(ready[1]);
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &byte, 1));
		close(ready[0]);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		wait_for_vms(before);
	}
}

TEST_F(vm, bad_commands)
{
	const struct vmr_wait good = { .size = sizeof(good), .seen = 1 };
	struct vcpu *cpu = &self->cpu;
	struct io_uring_sqe *sqe;
	struct vmr_wait payload;
	struct io_uring ring;
	int i;

	ASSERT_EQ(0, io_uring_queue_init(4, &ring, 0));
	for (i = 0; i < 8; i++) {
		const int wanted[] = { -EINVAL, -EINVAL, -EINVAL, -E2BIG, -ENOTTY, -ENOTTY,
				       -EOPNOTSUPP, 0x7fffffff };

		sqe = uring_prepare(&ring, i == 6 ? self->vm.fd : cpu->fd, 1, 0, 0);
		payload = good;
		switch (i) {
		case 0:
			payload.flags = 2;
			break;
		case 1:
			payload.reserved = 1;
			break;
		case 2:
			payload.size = 15;
			break;
		case 3:
			payload.size = 17;
			break;
		case 4:
			sqe->cmd_op = VMR_KICK;
			break;
		case 5:
			sqe->cmd_op = 0;
			break;
		}
		memcpy(uring_payload(sqe), &payload, sizeof(payload));
		uring_submit(&ring);
		EXPECT_EQ(wanted[i], uring_result(&ring, NULL))
			TH_LOG("command %d", i);
	}
	io_uring_queue_exit(&ring);
}

/* A ring of another process, and a file that came to it by fork(). */
TEST_F(vm, another_process)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct io_uring ring;

		if (io_uring_queue_init(4, &ring, 0))
			_exit(1);
		uring_wait(&ring, self->cpu.fd, 1, 0, 0);
		_exit(uring_result(&ring, NULL) == -EPERM ? 0 : 2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
