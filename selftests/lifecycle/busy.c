// SPDX-License-Identifier: GPL-2.0
/*
 * Whoever has /dev/vmring open holds the module, however the file came to him:
 * as a copy, by inheritance, or still on its way in a socket.
 */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include <vmring.h>
#include "klog.h"
#include "module.h"
#include "skip.h"

BEFORE_THE_HARNESS skip_where_useless(void)
{
	skip_all(module_why_not());
}

static int works(int fd)
{
	struct vmr_version version = { .size = sizeof(version) };

	return !ioctl(fd, VMR_GET_VERSION, &version);
}

FIXTURE(busy) {
	int fd;
	long long mark;
};

FIXTURE_SETUP(busy)
{
	self->mark = klog_mark();
	self->fd = open("/dev/vmring", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(busy)
{
	/* Nobody is left: now it can be unloaded. */
	EXPECT_EQ(0, vmring_unload());
	EXPECT_FALSE(module_is_loaded("vmring"));
	EXPECT_EQ(0, vmring_load());
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

TEST_F(busy, open_file)
{
	EXPECT_EQ(EAGAIN, vmring_unload());
	EXPECT_TRUE(works(self->fd));
	close(self->fd);
}

TEST_F(busy, copy)
{
	int copy = dup(self->fd);

	ASSERT_LE(0, copy);
	close(self->fd);
	EXPECT_EQ(EAGAIN, vmring_unload());
	EXPECT_TRUE(works(copy));
	close(copy);
}

TEST_F(busy, child)
{
	int go[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(go));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		close(go[1]);
		_exit(read(go[0], &byte, 1) == 1 && works(self->fd) ? 0 : 1);
	}
	close(go[0]);
	close(self->fd);
	EXPECT_EQ(EAGAIN, vmring_unload());
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(go[1]);
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

TEST_F(busy, in_a_socket)
{
	int pair[2], fd;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, send_fd(pair[0], self->fd));
	close(self->fd);
	EXPECT_EQ(EAGAIN, vmring_unload());
	fd = receive_fd(pair[1]);
	ASSERT_LE(0, fd);
	EXPECT_TRUE(works(fd));
	EXPECT_EQ(EAGAIN, vmring_unload());
	close(fd);
	close(pair[0]);
	close(pair[1]);
}

/* Never received: it goes with the socket. */
TEST_F(busy, lost_in_a_socket)
{
	int pair[2];

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	ASSERT_EQ(0, send_fd(pair[0], self->fd));
	close(self->fd);
	EXPECT_EQ(EAGAIN, vmring_unload());
	close(pair[0]);
	close(pair[1]);
}

TEST_F(busy, killed_owner)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(self->fd);
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	EXPECT_EQ(EAGAIN, vmring_unload());
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	close(ready[0]);
	close(ready[1]);
}

TEST_HARNESS_MAIN
