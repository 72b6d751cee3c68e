// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log for shell tests:
 *
 *   klog mark              the number of the next record
 *   klog text MARK         what was written since then
 *   klog complaints MARK   the same, complaints only; exit status 1 if there are any
 *
 * Exit status 2: the log can't be read, or the mark has been overwritten.
 */
#include <stdlib.h>

#include "klog.h"

struct wanted {
	bool complaints;
	int found;
};

static bool show(const char *text, void *data)
{
	struct wanted *wanted = data;

	if (wanted->complaints && !klog_is_complaint(text))
		return false;
	wanted->found++;
	puts(text);
	return false;
}

static int failed(void)
{
	fprintf(stderr, "klog: /dev/kmsg: %s\n", strerror(errno));
	return 2;
}

int main(int argc, char **argv)
{
	struct wanted wanted = { .complaints = false };
	long long mark;

	if (argc == 2 && !strcmp(argv[1], "mark")) {
		mark = klog_mark();
		if (mark < 0)
			return failed();
		printf("%lld\n", mark);
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr, "usage: klog mark | klog text MARK | klog complaints MARK\n");
		return 2;
	}
	wanted.complaints = !strcmp(argv[1], "complaints");
	if (klog_read(atoll(argv[2]), show, &wanted) < 0)
		return failed();
	return wanted.complaints && wanted.found;
}
