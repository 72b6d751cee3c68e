/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns what the ABI tests have in common: the open device, and the kernel's log
 * read after each test. Included after kselftest_harness.h.
 */
#ifndef VMR_TEST_H
#define VMR_TEST_H

#include <sys/ioctl.h>
#include <sys/mman.h>

#include <vmring.h>

#include "klog.h"
#include "skip.h"

#define DEVICE	"/dev/vmring"

static inline const char *why_not(void)
{
	int fd = open(DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return NULL;
	}
	if (errno == ENOENT)
		return "vmring is not loaded";
	return errno == EACCES ? DEVICE " may not be opened by this user" : NULL;
}

BEFORE_THE_HARNESS skip_where_useless(void)
{
	skip_all(why_not());
}

/* The errno of an ioctl, 0 if it succeeded. */
static inline int ioctl_errno(int fd, unsigned long cmd, void *arg)
{
	return ioctl(fd, cmd, arg) < 0 ? errno : 0;
}

FIXTURE(device) {
	int fd;
	long long mark;
	size_t page;
};

FIXTURE_SETUP(device)
{
	self->page = sysconf(_SC_PAGESIZE);
	self->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->fd);
	self->mark = klog_mark();
	ASSERT_LE(0, self->mark);
}

FIXTURE_TEARDOWN(device)
{
	close(self->fd);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

#endif
