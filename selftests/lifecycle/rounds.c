// SPDX-License-Identifier: GPL-2.0
/*
 * The two great loops: load and unload, and a CPU that goes offline and comes
 * online with vmring loaded. VMR_TEST_CYCLES says how often (20).
 */
#include "kselftest_harness.h"

#include "klog.h"
#include "module.h"
#include "skip.h"

BEFORE_THE_HARNESS skip_where_useless(void)
{
	skip_all(module_why_not());
}

static int rounds(void)
{
	const char *text = getenv("VMR_TEST_CYCLES");

	return text ? atoi(text) : 20;
}

static int cpu_set_online(int cpu, bool online)
{
	char path[PATH_MAX];
	int fd, err = 0;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (write(fd, online ? "1" : "0", 1) != 1)
		err = errno;
	close(fd);
	return err;
}

/* The last CPU that can go offline, 0 if there is none. */
static int last_cpu(void)
{
	char path[PATH_MAX];
	int cpu;

	for (cpu = sysconf(_SC_NPROCESSORS_CONF) - 1; cpu > 0; cpu--) {
		snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
		if (!access(path, W_OK))
			return cpu;
	}
	return 0;
}

FIXTURE(rounds) {
	long long mark;
	int cpus;
};

FIXTURE_SETUP(rounds)
{
	self->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	self->mark = klog_mark();
	ASSERT_LE(0, self->mark);
}

FIXTURE_TEARDOWN(rounds)
{
	EXPECT_EQ(self->cpus, cpus_with_vmxe(true));
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* One of many rounds is over: the log holds only so much. */
#define ROUND_IS_CLEAN()					\
	do {							\
		ASSERT_EQ(0, klog_tell_complaints(self->mark));	\
		self->mark = klog_mark();			\
	} while (0)

TEST_F_TIMEOUT(rounds, load_unload, 1200)
{
	int i;

	for (i = 0; i < rounds(); i++) {
		const char *remains;

		ASSERT_EQ(0, vmring_unload());
		remains = vmring_remains();
		ASSERT_EQ(NULL, remains)
			TH_LOG("round %d: %s", i, remains);
		ASSERT_EQ(self->cpus, cpus_with_vmxe(false));
		ASSERT_EQ(0, vmring_load());
		ASSERT_EQ(self->cpus, cpus_with_vmxe(true))
			TH_LOG("round %d", i);
		ASSERT_EQ(0, access("/dev/vmring", F_OK));
		ASSERT_EQ(1, lines_with(HOTPLUG_STATES, "vmring:online"));
		ROUND_IS_CLEAN();
	}
}

TEST_F_TIMEOUT(rounds, offline_online, 1200)
{
	int cpu = last_cpu(), i;

	if (!cpu)
		SKIP(return, "there is no CPU that could go offline");
	for (i = 0; i < rounds(); i++) {
		ASSERT_EQ(0, cpu_set_online(cpu, false));
		ASSERT_EQ(self->cpus - 1, cpus_with_vmxe(true));
		ASSERT_EQ(0, cpu_set_online(cpu, true))
			TH_LOG("round %d", i);
		ASSERT_EQ(self->cpus, cpus_with_vmxe(true))
			TH_LOG("round %d", i);
		ROUND_IS_CLEAN();
	}
}

/* Load and unload with a CPU offline, which comes back afterwards. */
TEST_F(rounds, offline_meanwhile)
{
	int cpu = last_cpu();

	if (!cpu)
		SKIP(return, "there is no CPU that could go offline");
	ASSERT_EQ(0, cpu_set_online(cpu, false));
	ASSERT_EQ(0, vmring_unload());
	EXPECT_EQ(0, cpus_with_vmxe(true));
	ASSERT_EQ(0, cpu_set_online(cpu, true));
	EXPECT_EQ(0, cpus_with_vmxe(true));
	ASSERT_EQ(0, cpu_set_online(cpu, false));
	ASSERT_EQ(0, vmring_load());
	EXPECT_EQ(self->cpus - 1, cpus_with_vmxe(true));
	ASSERT_EQ(0, cpu_set_online(cpu, true));
	EXPECT_EQ(self->cpus, cpus_with_vmxe(true));
}

TEST_HARNESS_MAIN
