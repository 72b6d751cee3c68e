// SPDX-License-Identifier: GPL-2.0
/*
 * The file /dev/vmring: who may open it, and what doesn't work on it.
 */
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <grp.h>

#include "kselftest_harness.h"
#include "vmring_test.h"

TEST_F(device, is_not_for_everyone)
{
	struct stat st;
	int status;
	pid_t pid;

	ASSERT_EQ(0, fstat(self->fd, &st));
	EXPECT_TRUE(S_ISCHR(st.st_mode));
	EXPECT_EQ(0, st.st_mode & 0007);
	if (geteuid())
		SKIP(return, "only root can become somebody else");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (setgroups(0, NULL) || setgid(65534) || setuid(65534))
			_exit(2);
		_exit(open(DEVICE, O_RDONLY) < 0 && errno == EACCES ? 0 : 1);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_F(device, no_read_or_write)
{
	char bytes[64] = "";

	EXPECT_EQ(-1, read(self->fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->fd, bytes, sizeof(bytes)));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, pread(self->fd, bytes, sizeof(bytes), 0));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(device, no_seek)
{
	EXPECT_EQ(-1, lseek(self->fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
}

TEST_F(device, no_mmap)
{
	EXPECT_EQ(MAP_FAILED, mmap(NULL, self->page, PROT_READ, MAP_SHARED, self->fd, 0));
	EXPECT_EQ(ENODEV, errno);
}

TEST_F(device, many_files)
{
	struct vmr_version version;
	int fds[200];
	int i;

	for (i = 0; i < 200; i++) {
		fds[i] = open(DEVICE, O_RDWR | O_CLOEXEC);
		ASSERT_LE(0, fds[i]);
	}
	for (i = 0; i < 200; i++) {
		version.size = sizeof(version);
		version.flags = 0;
		EXPECT_EQ(0, ioctl(fds[i], VMR_GET_VERSION, &version));
		close(fds[i]);
	}
}

/* One thread asks while another takes the memory away and gives it back. */
static void *toggle(void *data)
{
	size_t page = sysconf(_SC_PAGESIZE);
	int i;

	for (i = 0; i < 300; i++) {
		mprotect(data, page,
			 i & 1	 ? PROT_READ | PROT_WRITE
			 : i & 2 ? PROT_READ
				 : PROT_NONE);
		sched_yield();
	}
	mprotect(data, page, PROT_READ | PROT_WRITE);
	return NULL;
}

TEST_F(device, memory_that_comes_and_goes)
{
	uint32_t *page = mmap(NULL, self->page, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	int i, err;

	ASSERT_NE(MAP_FAILED, page);
	page[0] = sizeof(struct vmr_supported);
	page[1] = 0;
	ASSERT_EQ(0, pthread_create(&thread, NULL, toggle, page));
	for (i = 0; i < 300; i++) {
		err = ioctl_errno(self->fd, VMR_GET_SUPPORTED, page);
		EXPECT_TRUE(!err || err == EFAULT)
			TH_LOG("errno %d", err);
		sched_yield();
	}
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, ioctl_errno(self->fd, VMR_GET_SUPPORTED, page));
}

TEST_HARNESS_MAIN
