// SPDX-License-Identifier: GPL-2.0
/* Owns what the backends have in common: how a device is opened, asked and mapped. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "backend.h"
#include "say.h"

int backend_open(const char *device, const char *advice, const char *rights)
{
	int fd = open(device, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return fail("%s: no such device: %s", device, advice);
	case EACCES:
	case EPERM:
		return fail("%s: permission denied: %s", device, rights);
	}
	return fail("%s: %s", device, strerror(errno));
}

int backend_call(int fd, unsigned long request, const char *name, void *arg)
{
	int result = ioctl(fd, request, arg);

	return result < 0 ? fail("%s: %s", name, strerror(errno)) : result;
}

void *backend_map(int fd, uint64_t offset, uint64_t size, bool writable)
{
	int rights = writable ? PROT_READ | PROT_WRITE : PROT_READ;
	void *map = mmap(NULL, size, rights, MAP_SHARED, fd, offset);

	if (map != MAP_FAILED)
		return map;
	fail("mmap of a vCPU's shared area: %s", strerror(errno));
	return NULL;
}
