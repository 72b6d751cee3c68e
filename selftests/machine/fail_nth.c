// SPDX-License-Identifier: GPL-2.0
/*
 * Loads a module again and again, and each time one more of the allocations
 * that the kernel makes for it succeeds before one fails (CONFIG_FAULT_INJECTION,
 * /proc/thread-self/fail-nth), until none fails any more:
 *
 *   fail_nth
 *
 * It begins with the first that vmring makes itself.
 *
 * After each load nothing may be left; one that succeeded although an allocation
 * failed is unloaded first.
 */
#include "klog.h"
#include "module.h"

#define MOST	5000

/* Open all the time: to open it is to allocate. */
static int nth_file = -1;

static int write_nth(int n)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d", n);

	return pwrite(nth_file, text, size, 0) != size;
}

/* How many allocations are left until one would have failed; 0: it did. */
static int read_nth(void)
{
	char text[16] = "";

	if (pread(nth_file, text, sizeof(text) - 1, 0) <= 0)
		return -1;
	return atoi(text);
}

static bool log_is_clean(void)
{
	static long long mark;
	int complaints = mark ? klog_tell_complaints(mark) : 0;

	mark = klog_mark();
	return !complaints && mark >= 0;
}

/*
 * How many allocations the kernel makes before vmring's own code runs, which refuses
 * this parameter at once. Where one of these fails the kernel warns: it can't show the
 * module's trace events.
 */
static int before_init(int module)
{
	int left;

	if (write_nth(MOST) || !syscall(SYS_finit_module, module, "vmx=nothing", 0))
		return -1;
	left = read_nth();
	if (write_nth(0) || left <= 0)
		return -1;
	return MOST - left;
}

int main(void)
{
	const char *file = module_file("vmring", "VMR_MODULE"), *remains;
	int module, first, n, left, err = 0, loaded = 0;

	module = open(file, O_RDONLY | O_CLOEXEC);
	if (module < 0) {
		perror(file);
		return 2;
	}
	nth_file = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (nth_file < 0) {
		perror("/proc/thread-self/fail-nth");
		return 2;
	}
	first = before_init(module) + 1;
	if (first <= 0) {
		printf("the kernel's own allocations can't be counted\n");
		return 2;
	}
	for (n = first; n < MOST; n++) {
		if (write_nth(n)) {
			perror("/proc/thread-self/fail-nth");
			return 2;
		}
		err = syscall(SYS_finit_module, module, "", 0) ? errno : 0;
		left = read_nth();
		if (write_nth(0) || left < 0) {
			perror("fail-nth");
			return 2;
		}
		if (!err)
			err = -vmring_unload();
		if (err < 0) {
			printf("allocation %d failed, the load succeeded, the unload didn't: %s\n",
			       n, strerror(-err));
			return 1;
		}
		if (left)
			break;
		loaded += !err;
		remains = log_is_clean() ? vmring_remains() : "a complaint";
		if (remains) {
			printf("allocation %d failed, the load said '%s', and this was left: %s\n",
			       n, strerror(err), remains);
			return 1;
		}
	}
	if (n == MOST || n == first || err) {
		printf("no end after %d allocations: %s\n", n - first, strerror(err));
		return 1;
	}
	printf("%d allocations failed, one at a time; %d of the loads succeeded without\n",
	       n - first, loaded);
	return 0;
}
