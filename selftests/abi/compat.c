// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of /dev/vmring from a 32-bit process, which has no C library here.
 * The exit status is 0, or the number of the step that failed.
 */
#include <asm/unistd.h>
#include <asm-generic/errno.h>
#include <linux/fcntl.h>

#include <vmring.h>

static int syscall3(int nr, long a, long b, long c)
{
	int result;

	asm volatile("int $0x80" : "=a"(result) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return result;
}

static int vmr_ioctl(int fd, unsigned int cmd, void *arg)
{
	return syscall3(__NR_ioctl, fd, cmd, (long)arg);
}

static int run(void)
{
	struct vmr_supported supported = { .size = sizeof(supported) };
	struct vmr_version version = { .size = sizeof(version) };
	int fd;

	fd = syscall3(__NR_open, (long)"/dev/vmring", O_RDWR, 0);
	if (fd < 0)
		return 1;
	if (vmr_ioctl(fd, VMR_GET_VERSION, &version) || version.size != sizeof(version))
		return 2;
	if (version.abi != VMR_ABI_VERSION)
		return 3;
	if (vmr_ioctl(fd, VMR_GET_SUPPORTED, &supported) || supported.size != sizeof(supported))
		return 4;
	if (!supported.cpus_online || supported.cpus_vmx != supported.cpus_online)
		return 5;
	if (!(supported.features & 1ULL << VMR_FEATURE_EPT) || !supported.phys_bits)
		return 6;
	version.flags = 1;
	if (vmr_ioctl(fd, VMR_GET_VERSION, &version) != -EINVAL)
		return 7;
	if (vmr_ioctl(fd, VMR_GET_VERSION, (void *)0xfffff000) != -EFAULT)
		return 8;
	if (vmr_ioctl(fd, _IOWR(VMR_IOC_MAGIC, 255, struct vmr_version), &version) != -ENOTTY)
		return 9;
	return 0;
}

void _start(void)
{
	/* The kernel starts a process with the stack aligned to 16, not as after a call. */
	asm volatile("andl $-16, %esp");
	syscall3(__NR_exit, run(), 0, 0);
	__builtin_unreachable();
}
