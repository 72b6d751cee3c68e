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

static const char *cpu_file(int cpu)
{
	static char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	return path;
}

static int cpu_set_online(int cpu, bool online)
{
	int fd = open(cpu_file(cpu), O_WRONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, online ? "1" : "0", 1) != 1)
		err = errno;
	close(fd);
	return err;
}

/* The last CPU that is online and can go offline, 0 if there is none. */
static int last_cpu(void)
{
	int cpu;

	for (cpu = sysconf(_SC_NPROCESSORS_CONF) - 1; cpu > 0; cpu--)
		if (!access(cpu_file(cpu), W_OK) && lines_with(cpu_file(cpu), "1") == 1)
			return cpu;
	return 0;
}

FIXTURE(rounds) {
	long long mark;
	int cpus;
	int cpu;	/* goes and comes; 0: there is none */
};

FIXTURE_SETUP(rounds)
{
	self->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	self->cpu = last_cpu();
	self->mark = klog_mark();
	ASSERT_LE(0, self->mark);
}

/* Everything as it was, also after a round that failed. */
FIXTURE_TEARDOWN(rounds)
{
	if (self->cpu && lines_with(cpu_file(self->cpu), "0")) {
		EXPECT_EQ(0, cpu_set_online(self->cpu, true));
	}
	if (!module_is_loaded("vmring")) {
		EXPECT_EQ(0, vmring_load());
	}
	EXPECT_EQ(self->cpus, cpus_with_vmxe(true));
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/*
 * What is wrong after a step; NULL if nothing is. A failing ASSERT would end the
 * test without its teardown, so these steps only tell.
 */
static const char *unload_wholly(int cpus)
{
	const char *remains;

	if (vmring_unload())
		return "the unload is refused";
	remains = vmring_remains();
	if (remains)
		return remains;
	return cpus_with_vmxe(false) == cpus ? NULL : "CR4.VMXE isn't clear on every CPU";
}

static const char *load_wholly(int cpus)
{
	if (vmring_load())
		return "the load is refused";
	if (access("/dev/vmring", F_OK))
		return "/dev/vmring isn't there";
	if (lines_with(HOTPLUG_STATES, "vmring:online") != 1)
		return "the hotplug state isn't taken";
	return cpus_with_vmxe(true) == cpus ? NULL : "CR4.VMXE isn't set on every CPU";
}

static const char *plug(int cpu, bool online, int vmx_cpus)
{
	if (cpu_set_online(cpu, online))
		return online ? "the CPU can't come online" : "the CPU can't go offline";
	return cpus_with_vmxe(true) == vmx_cpus ? NULL : "CR4.VMXE isn't as it should be";
}

/* One of many rounds is over: the log holds only so much. */
static const char *judge_log(long long *mark)
{
	if (klog_tell_complaints(*mark))
		return "the kernel complained";
	*mark = klog_mark();
	return NULL;
}

TEST_F_TIMEOUT(rounds, load_unload, 1200)
{
	const char *wrong = NULL;
	int i;

	for (i = 0; i < rounds() && !wrong; i++) {
		wrong = unload_wholly(self->cpus);
		if (!wrong)
			wrong = load_wholly(self->cpus);
		if (!wrong)
			wrong = judge_log(&self->mark);
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("round %d: %s", i, wrong);
}

TEST_F_TIMEOUT(rounds, offline_online, 1200)
{
	const char *wrong = NULL;
	int i;

	if (!self->cpu)
		SKIP(return, "there is no CPU that could go offline");
	for (i = 0; i < rounds() && !wrong; i++) {
		wrong = plug(self->cpu, false, self->cpus - 1);
		if (!wrong)
			wrong = plug(self->cpu, true, self->cpus);
		if (!wrong)
			wrong = judge_log(&self->mark);
	}
	EXPECT_EQ(NULL, wrong)
		TH_LOG("round %d: %s", i, wrong);
}

/* Load and unload with a CPU offline, which comes back afterwards. */
TEST_F(rounds, offline_meanwhile)
{
	const char *wrong;

	if (!self->cpu)
		SKIP(return, "there is no CPU that could go offline");
	wrong = plug(self->cpu, false, self->cpus - 1);
	if (!wrong)
		wrong = unload_wholly(self->cpus - 1);
	if (!wrong)
		wrong = plug(self->cpu, true, 0);
	if (!wrong)
		wrong = plug(self->cpu, false, 0);
	if (!wrong)
		wrong = load_wholly(self->cpus - 1);
	if (!wrong)
		wrong = plug(self->cpu, true, self->cpus);
	EXPECT_EQ(NULL, wrong)
		TH_LOG("%s", wrong);
}

TEST_HARNESS_MAIN
