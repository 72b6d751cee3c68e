// SPDX-License-Identifier: GPL-2.0
/*
 * The ioctls of /dev/vmring: the answers hold together, structs of every length
 * are served as uapi/vmring.h says, and every misuse gets its errno and changes
 * nothing.
 *
 * Each EXPECT and ASSERT is more than one statement: braces around them.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "kselftest_harness.h"
#include "vmring_test.h"

static const struct {
	const char *name;
	unsigned long cmd;
	uint32_t size;
} ioctls[] = {
	{ "VMR_GET_VERSION", VMR_GET_VERSION, sizeof(struct vmr_version) },
	{ "VMR_GET_SUPPORTED", VMR_GET_SUPPORTED, sizeof(struct vmr_supported) },
};

#define IOCTLS	(sizeof(ioctls) / sizeof(ioctls[0]))

union answer {
	struct {
		uint32_t size;
		uint32_t flags;
	};
	struct vmr_version version;
	struct vmr_supported supported;
	uint8_t bytes[8192];
};

static bool is_known(unsigned int nr)
{
	size_t i;

	for (i = 0; i < IOCTLS; i++)
		if (_IOC_NR(ioctls[i].cmd) == nr)
			return true;
	/* vm.c has these. */
	return nr == _IOC_NR(VMR_CREATE_VM) || nr == _IOC_NR(VMR_GET_CPUID) ||
	       nr == _IOC_NR(VMR_LIST_MSRS);
}

/* All of a file, as text; empty if it can't be read. */
static const char *slurp(const char *path)
{
	static char text[65536];
	size_t size = 0;
	FILE *f = fopen(path, "r");

	if (f) {
		size = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	text[size] = '\0';
	return text;
}

/*
 * Whether two answers agree in their first bytes. The kernel measures the TSC
 * more exactly a second after it has booted, so that may change meanwhile.
 */
static bool agree(const union answer *a, const union answer *b, unsigned int nr, uint32_t size)
{
	union answer x = *a, y = *b;

	if (nr == _IOC_NR(VMR_GET_SUPPORTED)) {
		x.supported.tsc_khz = 0;
		y.supported.tsc_khz = 0;
	}
	return !memcmp(&x, &y, size);
}

TEST_F(device, version)
{
	struct vmr_version version = { .size = sizeof(version) };
	char release[64];

	ASSERT_EQ(0, ioctl(self->fd, VMR_GET_VERSION, &version));
	EXPECT_EQ(sizeof(version), version.size);
	EXPECT_EQ(0, version.flags);
	EXPECT_EQ(VMR_ABI_VERSION, version.abi);
	snprintf(release, sizeof(release), "%u.%u.%u\n", version.major,
		 version.minor, version.patch);
	EXPECT_STREQ(slurp("/sys/module/vmring/version"), release);
}

TEST_F(device, supported)
{
	struct vmr_supported supported = { .size = sizeof(supported) };
	unsigned int phys_bits = 0, virt_bits = 0;
	int told;
	const char *sizes;

	ASSERT_EQ(0, ioctl(self->fd, VMR_GET_SUPPORTED, &supported));
	EXPECT_EQ(sizeof(supported), supported.size);
	EXPECT_EQ(0, supported.flags);
	EXPECT_EQ(sysconf(_SC_NPROCESSORS_ONLN), supported.cpus_online);
	EXPECT_EQ(supported.cpus_online, supported.cpus_vmx);
	EXPECT_NE(0, supported.vmcs_revision);

	sizes = strstr(slurp("/proc/cpuinfo"), "address sizes");
	ASSERT_NE(NULL, sizes);
	told = sscanf(sizes, "address sizes : %u bits physical, %u bits virtual",
		      &phys_bits, &virt_bits);
	ASSERT_EQ(2, told);
	EXPECT_EQ(phys_bits, supported.phys_bits);
	EXPECT_EQ(virt_bits, supported.virt_bits);
}

/* Features against the control words that carry them: bits of Intel's manual. */
TEST_F(device, features_match_controls)
{
	struct vmr_supported s = { .size = sizeof(s) };
	size_t i;

	ASSERT_EQ(0, ioctl(self->fd, VMR_GET_SUPPORTED, &s));

	const struct {
		int feature;
		uint64_t may;
		int bit;
	} pairs[] = {
		{ VMR_FEATURE_VIRTUAL_NMIS, s.ctl_pin >> 32, 5 },
		{ VMR_FEATURE_PREEMPTION_TIMER, s.ctl_pin >> 32, 6 },
		{ VMR_FEATURE_POSTED_INTERRUPTS, s.ctl_pin >> 32, 7 },
		{ VMR_FEATURE_TPR_SHADOW, s.ctl_proc >> 32, 21 },
		{ VMR_FEATURE_MONITOR_TRAP_FLAG, s.ctl_proc >> 32, 27 },
		{ VMR_FEATURE_MSR_BITMAPS, s.ctl_proc >> 32, 28 },
		{ VMR_FEATURE_APIC_ACCESS, s.ctl_proc2 >> 32, 0 },
		{ VMR_FEATURE_EPT, s.ctl_proc2 >> 32, 1 },
		{ VMR_FEATURE_RDTSCP, s.ctl_proc2 >> 32, 3 },
		{ VMR_FEATURE_X2APIC_MODE, s.ctl_proc2 >> 32, 4 },
		{ VMR_FEATURE_VPID, s.ctl_proc2 >> 32, 5 },
		{ VMR_FEATURE_UNRESTRICTED_GUEST, s.ctl_proc2 >> 32, 7 },
		{ VMR_FEATURE_APIC_REGISTER_VIRT, s.ctl_proc2 >> 32, 8 },
		{ VMR_FEATURE_VIRTUAL_INTERRUPT_DELIVERY, s.ctl_proc2 >> 32, 9 },
		{ VMR_FEATURE_PAUSE_LOOP_EXITING, s.ctl_proc2 >> 32, 10 },
		{ VMR_FEATURE_INVPCID, s.ctl_proc2 >> 32, 12 },
		{ VMR_FEATURE_SHADOW_VMCS, s.ctl_proc2 >> 32, 14 },
		{ VMR_FEATURE_PML, s.ctl_proc2 >> 32, 17 },
		{ VMR_FEATURE_XSAVES, s.ctl_proc2 >> 32, 20 },
		{ VMR_FEATURE_TSC_SCALING, s.ctl_proc2 >> 32, 25 },
		{ VMR_FEATURE_ACK_ON_EXIT, s.ctl_exit >> 32, 15 },
		{ VMR_FEATURE_EPT_2M, s.ept_vpid, 16 },
		{ VMR_FEATURE_EPT_1G, s.ept_vpid, 17 },
		{ VMR_FEATURE_EPT_AD, s.ept_vpid, 21 },
	};

	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		EXPECT_EQ(pairs[i].may >> pairs[i].bit & 1, s.features >> pairs[i].feature & 1)
			TH_LOG("feature %d, bit %d", pairs[i].feature, pairs[i].bit);
	}

	EXPECT_EQ(0, s.features >> VMR_FEATURE_COUNT);
	EXPECT_EQ(1, s.features >> VMR_FEATURE_EPT & 1);
	EXPECT_EQ(1, s.features >> VMR_FEATURE_UNRESTRICTED_GUEST & 1);
}

/* What must be 1 may be 1: or the MSR was taken apart the wrong way round. */
TEST_F(device, controls_hold_together)
{
	struct vmr_supported s = { .size = sizeof(s) };

	ASSERT_EQ(0, ioctl(self->fd, VMR_GET_SUPPORTED, &s));

	const uint64_t words[] = { s.ctl_pin, s.ctl_proc, s.ctl_proc2, s.ctl_exit, s.ctl_entry };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		EXPECT_NE(0, words[i] >> 32);
		EXPECT_EQ(0, words[i] & 0xffffffff & ~(words[i] >> 32));
	}
}

/* The MSRs, read by the kernel's own driver. */
TEST_F(device, words_are_the_msrs)
{
	struct vmr_supported s = { .size = sizeof(s) };
	uint64_t basic, value;
	int msr;

	if (access("/dev/cpu/0/msr", F_OK) && system("modprobe -q msr"))
		SKIP(return, "this kernel has no msr driver");
	msr = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC);
	if (msr < 0 && errno == EPERM)
		SKIP(return, "this kernel is locked down, MSRs can't be read");
	ASSERT_LE(0, msr);
	ASSERT_EQ(0, ioctl(self->fd, VMR_GET_SUPPORTED, &s));
	ASSERT_EQ(8, pread(msr, &basic, 8, 0x480));

	const struct {
		uint32_t msr;
		uint64_t told;
	} pairs[] = {
		{ basic >> 55 & 1 ? 0x48d : 0x481, s.ctl_pin },
		{ basic >> 55 & 1 ? 0x48e : 0x482, s.ctl_proc },
		{ basic >> 55 & 1 ? 0x48f : 0x483, s.ctl_exit },
		{ basic >> 55 & 1 ? 0x490 : 0x484, s.ctl_entry },
		{ 0x485, s.vmx_misc },
		{ 0x48b, s.ctl_proc2 },
		{ 0x48c, s.ept_vpid },
	};

	EXPECT_EQ(basic & 0x7fffffff, s.vmcs_revision);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		ASSERT_EQ(8, pread(msr, &value, 8, pairs[i].msr));
		EXPECT_EQ(value, pairs[i].told)
			TH_LOG("MSR 0x%x", pairs[i].msr);
	}
	close(msr);
}

TEST_F(device, unknown_number)
{
	union answer a;
	unsigned int nr, dir;

	for (nr = 0; nr < 256; nr++) {
		if (is_known(nr))
			continue;
		for (dir = 0; dir < 4; dir++) {
			memset(&a, 0x5a, sizeof(a));
			a.size = 24;
			a.flags = 0;
			EXPECT_EQ(ENOTTY,
				  ioctl_errno(self->fd,
					      _IOC(dir, VMR_IOC_MAGIC, nr, 24),
					      &a))
			TH_LOG("number %u, direction %u", nr, dir);
			EXPECT_EQ(0x5a, a.bytes[8]);
		}
	}
}

TEST_F(device, wrong_type)
{
	unsigned int type, cmd;
	union answer a;
	size_t i;

	for (type = 0; type < 256; type++) {
		if (type == VMR_IOC_MAGIC)
			continue;
		for (i = 0; i < IOCTLS; i++) {
			a.size = ioctls[i].size;
			a.flags = 0;
			cmd = _IOWR(type, _IOC_NR(ioctls[i].cmd),
				    struct vmr_supported);
			EXPECT_EQ(ENOTTY, ioctl_errno(self->fd, cmd, &a))
				TH_LOG("%s with type 0x%x", ioctls[i].name, type);
		}
	}
}

TEST_F(device, wrong_direction)
{
	union answer a;
	unsigned int dir;
	size_t i;

	for (i = 0; i < IOCTLS; i++) {
		for (dir = 0; dir < (_IOC_READ | _IOC_WRITE); dir++) {
			a.size = ioctls[i].size;
			a.flags = 0;
			EXPECT_EQ(ENOTTY,
				  ioctl_errno(self->fd,
					      _IOC(dir, VMR_IOC_MAGIC,
						   _IOC_NR(ioctls[i].cmd),
						   a.size),
					      &a))
			TH_LOG("%s with direction %u", ioctls[i].name, dir);
		}
	}
}

/* The struct says itself how long it is. */
TEST_F(device, size_in_command_is_no_matter)
{
	union answer a;
	size_t i;
	unsigned int size;

	for (i = 0; i < IOCTLS; i++) {
		for (size = 0; size < 1 << _IOC_SIZEBITS; size += 1021) {
			memset(&a, 0, sizeof(a));
			a.size = ioctls[i].size;
			EXPECT_EQ(0, ioctl_errno(self->fd,
						 _IOC(_IOC_READ | _IOC_WRITE,
						      VMR_IOC_MAGIC,
						      _IOC_NR(ioctls[i].cmd),
						      size),
						 &a));
			EXPECT_EQ(ioctls[i].size, a.size);
		}
	}
}

TEST_F(device, bad_pointer)
{
	const uintptr_t pointers[] = {
		0, 1, 4095,
		(uintptr_t)mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
		0x7ffffffffffc, 0x7ffffffff000, 0x800000000000,	/* the end of user space */
		0xdeadbeef00000000,				/* not canonical */
		0xffff888000000000, 0xffffffff81000000,		/* the kernel's */
		UINTPTR_MAX - 7, UINTPTR_MAX,
	};
	size_t i, p;

	for (i = 0; i < IOCTLS; i++) {
		for (p = 0; p < sizeof(pointers) / sizeof(pointers[0]); p++) {
			EXPECT_EQ(EFAULT, ioctl_errno(self->fd, ioctls[i].cmd, (void *)pointers[p]))
				TH_LOG("%s at 0x%lx", ioctls[i].name, (unsigned long)pointers[p]);
		}
	}
}

/* two_pages: the second has no memory behind it. */
static uint8_t *two_pages(size_t page)
{
	uint8_t *at = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || munmap(at + page, page))
		return NULL;
	return at;
}

/* A struct of which some bytes at its beginning exist, and no more. */
TEST_F(device, straddles_the_end_of_memory)
{
	uint8_t *pages = two_pages(self->page);
	uint32_t head[2], there;
	size_t i;

	ASSERT_NE(NULL, pages);
	for (i = 0; i < IOCTLS; i++) {
		for (there = 1; there < ioctls[i].size; there++) {
			uint8_t *at = pages + self->page - there;

			head[0] = ioctls[i].size;
			head[1] = 0;
			memcpy(at, head, there < 8 ? there : 8);
			EXPECT_EQ(EFAULT, ioctl_errno(self->fd, ioctls[i].cmd, at))
				TH_LOG("%s with %u bytes", ioctls[i].name, there);
		}
		/* All of it, up to the very end, is enough. */
		memcpy(pages + self->page - ioctls[i].size, head, 8);
		EXPECT_EQ(0, ioctl_errno(self->fd, ioctls[i].cmd,
					 pages + self->page - ioctls[i].size));
	}
}

TEST_F(device, longer_than_memory)
{
	uint8_t *pages = two_pages(self->page);
	size_t i;

	ASSERT_NE(NULL, pages);
	for (i = 0; i < IOCTLS; i++) {
		uint32_t head[2] = { ioctls[i].size + 64, 0 };
		uint8_t *at = pages + self->page - ioctls[i].size - 32;

		memcpy(at, head, sizeof(head));
		EXPECT_EQ(EFAULT, ioctl_errno(self->fd, ioctls[i].cmd, at));
	}
}

TEST_F(device, read_only_memory)
{
	uint8_t *page = mmap(NULL, self->page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i, b;

	ASSERT_NE(MAP_FAILED, page);
	for (i = 0; i < IOCTLS; i++) {
		uint32_t head[2] = { ioctls[i].size, 0 };

		ASSERT_EQ(0, mprotect(page, self->page, PROT_READ | PROT_WRITE));
		memset(page, 0x5a, self->page);
		memcpy(page, head, sizeof(head));
		ASSERT_EQ(0, mprotect(page, self->page, PROT_READ));
		EXPECT_EQ(EFAULT, ioctl_errno(self->fd, ioctls[i].cmd, page));
		for (b = sizeof(head); b < self->page; b++) {
			ASSERT_EQ(0x5a, page[b]);
		}
	}
}

TEST_F(device, too_short)
{
	union answer a;
	size_t i, b;
	uint32_t size;

	for (i = 0; i < IOCTLS; i++) {
		for (size = 0; size < 8; size++) {
			memset(&a, 0x5a, sizeof(a));
			a.size = size;
			a.flags = 0;
			EXPECT_EQ(EINVAL, ioctl_errno(self->fd, ioctls[i].cmd, &a))
				TH_LOG("%s with size %u", ioctls[i].name, size);
			EXPECT_EQ(size, a.size);
			for (b = 8; b < sizeof(a); b++) {
				ASSERT_EQ(0x5a, a.bytes[b]);
			}
		}
	}
}

TEST_F(device, too_long)
{
	const uint32_t sizes[] = { 4097, 4104, 8192, 0x7fffffff, 0x80000000, 0xffffffff };
	union answer a;
	size_t i, s, b;

	for (i = 0; i < IOCTLS; i++) {
		for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			memset(&a, 0x5a, sizeof(a));
			a.size = sizes[s];
			a.flags = 0;
			EXPECT_EQ(E2BIG, ioctl_errno(self->fd, ioctls[i].cmd, &a))
				TH_LOG("%s with size %u", ioctls[i].name, sizes[s]);
			for (b = 8; b < sizeof(a); b++) {
				ASSERT_EQ(0x5a, a.bytes[b]);
			}
		}
	}
}

/*
 * Every length that can be served: the beginning of the same answer, the size
 * that the kernel knows, zeroes after it, and nothing outside.
 */
TEST_F(device, every_length)
{
	union answer whole, a;
	uint32_t size, both, b;
	size_t i;

	for (i = 0; i < IOCTLS; i++) {
		memset(&whole, 0, sizeof(whole));
		whole.size = ioctls[i].size;
		ASSERT_EQ(0, ioctl(self->fd, ioctls[i].cmd, &whole));
		for (size = 8; size <= 4096; size += size < ioctls[i].size + 8 ? 1 : 511) {
			memset(&a, 0x5a, sizeof(a));
			a.size = size;
			a.flags = 0;
			ASSERT_EQ(0, ioctl_errno(self->fd, ioctls[i].cmd, &a))
				TH_LOG("%s with size %u", ioctls[i].name, size);
			ASSERT_EQ(ioctls[i].size, a.size);
			both = size < ioctls[i].size ? size : ioctls[i].size;
			ASSERT_TRUE(agree(&a, &whole, _IOC_NR(ioctls[i].cmd), both))
			TH_LOG("%s with size %u", ioctls[i].name, size);
			for (b = ioctls[i].size; b < size; b++) {
				ASSERT_EQ(0, a.bytes[b]);
			}
			for (b = size; b < sizeof(a); b++) {
				ASSERT_EQ(0x5a, a.bytes[b]);
			}
		}
	}
}

TEST_F(device, unknown_flags)
{
	union answer a;
	unsigned int bit;
	size_t i, b;

	for (i = 0; i < IOCTLS; i++) {
		for (bit = 0; bit < 32; bit++) {
			memset(&a, 0x5a, sizeof(a));
			a.size = ioctls[i].size;
			a.flags = 1U << bit;
			EXPECT_EQ(EINVAL, ioctl_errno(self->fd, ioctls[i].cmd, &a))
				TH_LOG("%s with flag %u", ioctls[i].name, bit);
			for (b = 8; b < sizeof(a); b++) {
				ASSERT_EQ(0x5a, a.bytes[b]);
			}
		}
	}
}

/* Misaligned structs are served as well as others. */
TEST_F(device, any_alignment)
{
	union answer whole, a;
	uint8_t room[sizeof(struct vmr_supported) + 16];
	size_t i, shift;

	for (i = 0; i < IOCTLS; i++) {
		whole.size = ioctls[i].size;
		whole.flags = 0;
		ASSERT_EQ(0, ioctl(self->fd, ioctls[i].cmd, &whole));
		for (shift = 0; shift < 16; shift++) {
			uint32_t head[2] = { ioctls[i].size, 0 };

			memcpy(room + shift, head, sizeof(head));
			ASSERT_EQ(0, ioctl(self->fd, ioctls[i].cmd, room + shift));
			memcpy(&a, room + shift, ioctls[i].size);
			EXPECT_TRUE(agree(&a, &whole, _IOC_NR(ioctls[i].cmd), ioctls[i].size));
		}
	}
}

/* A 32-bit process gets the same structs. The program checks them itself. */
TEST_F(device, compat)
{
	const char *program = "./compat";
	int status;
	pid_t pid;

	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		execl(program, program, NULL);
		_exit(errno == ENOEXEC ? 100 : 101);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100)
		SKIP(return, "this kernel runs no 32-bit programs");
	ASSERT_NE(101, WEXITSTATUS(status));
	EXPECT_EQ(0, WEXITSTATUS(status))
		TH_LOG("step %d of compat.c failed", WEXITSTATUS(status));
}

TEST_HARNESS_MAIN
