// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the ring by two real threads over ordinary memory: KTAP on stdout.
 * Built for TSan it finds what isn't ordered, at full speed what is lost.
 *
 *	ring-threads			all tests
 *	ring-threads --without PART	one run in which the kernel's side leaves a barrier out
 *
 * RING_ROUNDS=N in the environment: N times as many accesses.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/kernel.h>

#include "threads.h"

/* So many seconds without progress, and a wake-up was lost. */
#define PATIENCE	60

#define TSAN_STATUS	66

#ifdef __SANITIZE_THREAD__
#define ACCESSES	10000
#define HAVE_TSAN	true
#else
#define ACCESSES	50000
#define HAVE_TSAN	false
#endif

static const struct test tests[] = {
	{ "ring_of_2_mixed", 2, ACCESSES, 3, 100, 100 },
	{ "ring_of_4_mixed", 4, ACCESSES, 3, 100, 100 },
	{ "ring_of_64_mixed", 64, ACCESSES, 7, 100, 100 },
	{ "ring_of_2_posted", 2, ACCESSES, 0, 100, 100 },
	{ "ring_of_64_posted", 64, ACCESSES, 0, 100, 100 },
	{ "ring_of_2_synchronous", 2, ACCESSES, 1, 1000, 1000 },
	{ "both_sleep_soon", 2, ACCESSES, 1, 40, 40 },
	{ "vcpu_sleeps_soon", 2, ACCESSES, 1, 40, 1000 },
	{ "consumer_sleeps_soon", 2, ACCESSES, 1, 1000, 40 },
	{ "both_sleep_at_once", 2, ACCESSES, 2, 0, 0 },
	{ "vcpu_sleeps_at_once", 4, ACCESSES, 2, 0, 1000 },
	{ "consumer_sleeps_at_once", 4, ACCESSES, 2, 1000, 0 },
	{ "consumer_sleeps_posted", 64, ACCESSES, 0, 0, 0 },
};

/* Without these TSan has to complain. Nobody sleeps: a wake-up would order what they don't. */
static const struct {
	const char *name;
	enum part part;
	u32 entries;
	unsigned int synchronous;
} parts[] = {
	{ "entry_release", ENTRY_RELEASE, 64, 0 },
	{ "slot_acquire", SLOT_ACQUIRE, 64, 0 },
	{ "reply_acquire", REPLY_ACQUIRE, 2, 1 },
};

static struct area *area_create(u32 entries)
{
	size_t size = sizeof(struct area) + entries * sizeof(struct vmr_exit);
	struct area *area = aligned_alloc(4096, (size + 4095) & ~4095ul);

	if (!area)
		return NULL;
	memset(area, 0, size);
	area->ro.header = (struct vmr_area_header){
		.magic = VMR_AREA_MAGIC,
		.version = VMR_AREA_VERSION,
		.producer_offset = offsetof(struct vmr_area_ro, producer),
		.need_kick_offset = offsetof(struct vmr_area_ro, need_kick),
		.ring_offset = offsetof(struct area, ring),
		.ring_entries = entries,
		.consumer_offset = offsetof(struct vmr_area_rw, consumer),
		.reply_offset = offsetof(struct vmr_area_rw, reply),
		.control_offset = offsetof(struct vmr_area_rw, control),
	};
	area->ro.producer = FIRST_INDEX;
	area->rw.consumer = FIRST_INDEX;
	return area;
}

static const char *what_is_wrong(const struct run *run)
{
	return __atomic_load_n(&run->wrong, __ATOMIC_ACQUIRE);
}

/* Two threads that get nowhere for so long won't any more. */
static bool join(struct run *run, pthread_t thread)
{
	unsigned long before = 0, now;
	struct timespec until;
	int waited = 0;

	while (!what_is_wrong(run)) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec++;
		if (!pthread_timedjoin_np(thread, NULL, &until))
			return !what_is_wrong(run);
		now = __atomic_load_n(&run->progress, __ATOMIC_RELAXED);
		waited = now == before ? waited + 1 : 0;
		before = now;
		if (waited == PATIENCE)
			return run_is_wrong(run, "nobody can go on: a wake-up was lost");
	}
	return false;
}

static bool run_threads(struct run *run)
{
	pthread_t kernel, user;

	if (pthread_create(&user, NULL, user_run, run) ||
	    pthread_create(&kernel, NULL, kernel_run, run))
		return run_is_wrong(run, "no threads");
	if (!join(run, kernel) || !join(run, user))
		return false;
	if (run->taken != run->test->accesses || run->taken - run->answered != run->posted)
		return run_is_wrong(run, "not each was taken, or not each that waited answered");
	return true;
}

/* What a test that fails leaves behind its threads may still use: the program ends soon. */
static bool run_test(const struct test *test)
{
	struct run *run = calloc(1, sizeof(*run));

	if (!run)
		return false;
	run->test = test;
	run->area = area_create(test->entries);
	run->eventfd = eventfd(0, EFD_CLOEXEC);
	if (!run->area || run->eventfd < 0 || !run_threads(run)) {
		printf("# %s\n", what_is_wrong(run) ?: "no memory or no eventfd");
		return false;
	}
	printf("# %lu posted, %lu answered, %lu of them for a full ring\n", run->posted,
	       run->answered, run->made_synchronous);
	printf("# slept: the vCPU %lu times, %lu kicks; the consumer %lu times, %lu signals\n",
	       run->kernel_slept, run->kicks, run->user_slept, run->signals);
	close(run->eventfd);
	free(run->area);
	free(run);
	return true;
}

static int run_without(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		struct test test = {
			.entries = parts[i].entries,
			.accesses = 2000,
			.synchronous = parts[i].synchronous,
			.kernel_spins = NEVER_SLEEP,
			.user_spins = NEVER_SLEEP,
			.without = parts[i].part,
		};

		if (!strcmp(name, parts[i].name))
			return run_test(&test) ? 0 : 1;
	}
	fprintf(stderr, "there is no part %s\n", name);
	return 2;
}

/* In a process of its own: TSan ends it with a status that says so. */
static bool tsan_tells(const char *part)
{
	int status, null;
	pid_t pid = fork();

	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execl("/proc/self/exe", "ring-threads", "--without", part, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == TSAN_STATUS;
}

static unsigned int told, failed;

static void tell(const char *prefix, const char *name, bool ok)
{
	told++;
	failed += !ok;
	printf("%s %u %s%s\n", ok ? "ok" : "not ok", told, prefix, name);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	const char *rounds = getenv("RING_ROUNDS");
	unsigned int i;

	if (argc == 3 && !strcmp(argv[1], "--without"))
		return run_without(argv[2]);
	if (argc != 1) {
		fprintf(stderr, "usage: ring-threads [--without PART]\n");
		return 2;
	}
	printf("KTAP version 1\n1..%zu\n",
	       ARRAY_SIZE(tests) + (HAVE_TSAN ? ARRAY_SIZE(parts) : 0));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		static struct test test;

		test = tests[i];
		test.accesses *= rounds ? strtoul(rounds, NULL, 10) : 1;
		tell("", test.name, run_test(&test));
		if (failed)
			break;
	}
	for (i = 0; HAVE_TSAN && i < ARRAY_SIZE(parts); i++)
		tell("tsan_tells_without_", parts[i].name, tsan_tells(parts[i].name));
	printf("%u passed, %u failed\n", told - failed, failed);
	return failed ? 1 : 0;
}
