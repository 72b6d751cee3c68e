// SPDX-License-Identifier: GPL-2.0
/*
 * Files of VMs and vCPUs in other hands: another process gets EPERM, whichever way
 * it came by them, and files may be closed in any order, at any time, and be gone
 * with their process.
 */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vm_test.h"
#include "args.h"

GUEST64(for_ever, "1: incq " NUMBER(GUEST_DATA) "; jmp 1b");
GUEST64(only_halt, "1: hlt; jmp 1b");

/* How many of the calls don't answer EPERM. */
static int calls_not_refused(struct vcpu *cpu)
{
	struct vmr_version version = { .size = sizeof(version) };
	union args args;
	int wrong = 0;
	size_t i;

	for (i = 0; i < CALLS; i++) {
		if (calls[i].kind == OF_DEVICE || calls[i].cmd == VMR_SET_MSR_POLICY)
			continue;
		good_args(&calls[i], cpu->vm, &args);
		if (call_errno(&calls[i], cpu, &args) != EPERM) {
			printf("# %s is not EPERM\n", calls[i].name);
			wrong++;
		}
	}
	wrong += vm_msr_policy(cpu->vm, NULL, 0) != EPERM;
	wrong += ioctl_errno(cpu->fd, VMR_RUN, NULL) != EPERM;
	wrong += ioctl_errno(cpu->fd, VMR_KICK, NULL) != EPERM;
	/* The device itself is anybody's who has it open. */
	wrong += ioctl_errno(cpu->vm->dev, VMR_GET_VERSION, &version) != 0;
	fflush(stdout);
	return wrong;
}

TEST_F(vm, child)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(calls_not_refused(&self->cpu));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &self->cpu);
}

/* The child can't map the area anew, either. */
TEST_F(vm, child_maps)
{
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		void *at = mmap(NULL, self->cpu.ro_size, PROT_READ, MAP_SHARED, self->cpu.fd,
				VMR_AREA_RO);

		_exit(at != MAP_FAILED || errno != EPERM);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A child that has the area after all, and writes there: as if the process had done so. */
GUEST64(out_and_halt, "out %eax, $0x80; hlt");

TEST_F(vm, child_with_the_area)
{
	struct vcpu *cpu = &self->cpu;
	int status;
	pid_t pid;

	ASSERT_EQ(0, madvise(cpu->ro, cpu->ro_size, MADV_DOFORK));
	ASSERT_EQ(0, madvise(cpu->rw, cpu->rw_size, MADV_DOFORK));
	vcpu_start(cpu, GUEST_LONG, guest(out_and_halt));
	ASSERT_EXIT("io", cpu);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		*cpu->consumer = *cpu->producer + 1;
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_EQ(0, status);
	EXPECT_EQ(*cpu->producer + 1, *cpu->consumer);
	EXPECT_ERRNO(EPROTO, ioctl_errno(cpu->fd, VMR_RUN, NULL));
	vcpu_answer(cpu, NULL, 0);
	ASSERT_EXIT("hlt", cpu);
}

static int send_fd(int socket, int fd)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec byte = { .iov_base = "", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &fd, sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static int receive_fd(int socket)
{
	char control[CMSG_SPACE(sizeof(int))] = "", data;
	struct iovec byte = { .iov_base = &data, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &byte, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return fd;
}

/* A VM that a child has made and passed on; the child may be gone by then. */
static void received(struct __test_metadata *_metadata, bool child_lives)
{
	struct vcpu cpu = { };
	struct vm vm = { };
	int pair[2], status;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		vcpu_start(&cpu, GUEST_LONG, guest(only_halt));
		if (strcmp("hlt", vcpu_next(&cpu)) || send_fd(pair[0], vm.dev) ||
		    send_fd(pair[0], vm.fd) || send_fd(pair[0], cpu.fd))
			_exit(1);
		close(pair[1]);
		if (child_lives)
			status = recv(pair[0], &status, 1, 0);
		_exit(0);
	}
	close(pair[0]);
	vm.dev = receive_fd(pair[1]);
	vm.fd = receive_fd(pair[1]);
	cpu.fd = receive_fd(pair[1]);
	cpu.vm = &vm;
	ASSERT_LE(0, cpu.fd);
	if (!child_lives) {
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0, calls_not_refused(&cpu));
	close(pair[1]);
	if (child_lives) {
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
	}
	close(vm.fd);
	close(cpu.fd);
	close(vm.dev);
}

TEST_F(vm, passed_to_another_process)
{
	received(_metadata, true);
}

TEST_F(vm, passed_on_by_one_who_is_gone)
{
	received(_metadata, false);
}

/* exec: the same process number, another memory. */
TEST_F(vm, exec)
{
	char vm_fd[16], cpu_fd[16], dev_fd[16];
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		fcntl(vm.dev, F_SETFD, 0);
		fcntl(vm.fd, F_SETFD, 0);
		fcntl(cpu.fd, F_SETFD, 0);
		snprintf(dev_fd, sizeof(dev_fd), "%d", vm.dev);
		snprintf(vm_fd, sizeof(vm_fd), "%d", vm.fd);
		snprintf(cpu_fd, sizeof(cpu_fd), "%d", cpu.fd);
		setenv("VMR_TEST_EXECED", dev_fd, 1);
		execl("/proc/self/exe", "process", dev_fd, vm_fd, cpu_fd, NULL);
		_exit(99);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* What the program is after that exec. */
static void __attribute__((constructor)) execed(int argc, char **argv)
{
	struct vm vm = { };
	struct vcpu cpu = { .vm = &vm };

	if (argc != 4 || !getenv("VMR_TEST_EXECED"))
		return;
	vm.dev = atoi(argv[1]);
	vm.fd = atoi(argv[2]);
	cpu.fd = atoi(argv[3]);
	_exit(calls_not_refused(&cpu));
}

/* ---- closing ---- */

TEST_F(vm, vm_closed_first)
{
	struct vcpu cpu;
	struct vm vm;

	vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&vm, 0, &cpu);
	close(vm.dev);
	close(vm.fd);
	vcpu_start(&cpu, GUEST_LONG, guest(only_halt));
	ASSERT_EXIT("hlt", &cpu);
	vcpu_destroy(&cpu);
}

TEST_F(vm, every_order)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
	};
	struct vcpu first, second;
	struct vm vm;
	int fds[3], i, k;

	for (i = 0; i < 6; i++) {
		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &first);
		vcpu_create(&vm, 1, &second);
		vcpu_start(&first, GUEST_LONG, guest(only_halt));
		ASSERT_EXIT("hlt", &first);
		fds[0] = vm.fd;
		fds[1] = first.fd;
		fds[2] = second.fd;
		for (k = 0; k < 3; k++)
			close(fds[orders[i][k]]);
		munmap(vm.ram, vm.ram_size);
		munmap(first.ro, first.ro_size);
		munmap(first.rw, first.rw_size);
		munmap(second.rw, second.rw_size);
		munmap(second.ro, second.ro_size);
		close(vm.dev);
	}
}

TEST_F(vm, copies)
{
	struct vcpu copy = self->cpu;

	copy.fd = dup(self->cpu.fd);
	ASSERT_LE(0, copy.fd);
	vcpu_start(&self->cpu, GUEST_LONG, guest(only_halt));
	close(self->cpu.fd);
	ASSERT_EXIT("hlt", &copy);
	self->cpu.fd = copy.fd;
}

/* The file that RUN is called on is closed under it. */
TEST_F(vm, closed_while_running)
{
	struct runner runner;
	int copy;

	vcpu_start(&self->cpu, GUEST_LONG, guest(for_ever));
	runner_begin(&runner, &self->cpu);
	wait_while(vm_data(&self->vm), 0);
	copy = dup(self->cpu.fd);
	close(self->cpu.fd);
	close(self->vm.fd);
	self->vm.fd = -1;
	self->cpu.fd = copy;
	ASSERT_ERRNO(0, vcpu_kick(&self->cpu));
	EXPECT_ERRNO(0, runner_end(&runner));
	EXPECT_STREQ("kicked", exit_name(&self->cpu.exit));
}

/* The process ends, or becomes another, while its vCPUs run. */
static void ended_while_running(struct __test_metadata *_metadata, void (*end)(void))
{
	int status, i;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct runner runners[3];
		struct vcpu cpus[3];
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		for (i = 0; i < 3; i++) {
			vcpu_create(&vm, i, &cpus[i]);
			vcpu_start(&cpus[i], GUEST_LONG, guest(for_ever));
			runner_begin(&runners[i], &cpus[i]);
		}
		wait_while(vm_data(&vm), 0);
		end();
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) ? !WEXITSTATUS(status) : WTERMSIG(status) == SIGKILL);
}

static void end_by_exit(void)
{
	_exit(0);
}

static void end_by_exec(void)
{
	execl("/bin/true", "true", NULL);
	_exit(errno == ENOENT ? 0 : 99);
}

static void end_by_kill(void)
{
	kill(getpid(), SIGKILL);
}

TEST_F(vm, exit_while_running)
{
	ended_while_running(_metadata, end_by_exit);
}

TEST_F(vm, exec_while_running)
{
	ended_while_running(_metadata, end_by_exec);
}

TEST_F(vm, kill_while_running)
{
	ended_while_running(_metadata, end_by_kill);
}

/* A child that holds the files only keeps them; its parent is gone. */
TEST_F(vm, child_that_lives_longer)
{
	int ready[2], done[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	ASSERT_EQ(0, pipe(done));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct vcpu cpu;
		struct vm vm;

		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		vcpu_start(&cpu, GUEST_LONG, guest(only_halt));
		vcpu_next(&cpu);
		if (!fork()) {
			close(ready[1]);
			/* The end of the pipe: the parent is gone, and its memory. */
			byte = read(ready[0], &byte, 1);
			byte = calls_not_refused(&cpu) ? 1 : 0;
			_exit(write(done[1], &byte, 1) != 1);
		}
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(ready[1]);
	ASSERT_EQ(1, read(done[0], &byte, 1));
	EXPECT_EQ(0, byte);
}

/* Many, one after the other: what is left behind would show. */
TEST_F(vm, many_vms)
{
	struct vcpu cpu;
	struct vm vm;
	int i;

	for (i = 0; i < 50; i++) {
		vm_create_with_ram(&vm, VMR_VM_FEATURES, GUEST_RAM);
		vcpu_create(&vm, 0, &cpu);
		vcpu_start(&cpu, GUEST_LONG, guest(only_halt));
		ASSERT_EXIT("hlt", &cpu);
		vcpu_destroy(&cpu);
		vm_destroy(&vm);
	}
}

TEST_HARNESS_MAIN
