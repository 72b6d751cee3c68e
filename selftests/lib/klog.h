/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how tests read the kernel's log: from a mark on, looking for what a
 * healthy kernel doesn't write. complaints.h is made from lab/complaints.
 */
#ifndef VMR_TEST_KLOG_H
#define VMR_TEST_KLOG_H

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const klog_complaints[] = {
#include "complaints.h"
};

#define KLOG_COMPLAINTS	(sizeof(klog_complaints) / sizeof(klog_complaints[0]))

/* What to do with a record's text; true stops the reading. */
typedef bool klog_visitor(const char *text, void *data);

/*
 * Reads the records from number first on; -1 if that can't be done, else the
 * number that the next record will have. A record that was overwritten before
 * it could be read is an error too: nobody knows what it said.
 */
static inline long long klog_read(long long first, klog_visitor *visit, void *data)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	long long next = 0;
	char record[8192];
	ssize_t size;

	if (fd < 0)
		return -1;
	for (;;) {
		long long number;
		char *text;

		size = read(fd, record, sizeof(record) - 1);
		if (size < 0 && (errno == EPIPE || errno == EINTR))
			continue;
		if (size <= 0)
			break;
		record[size] = '\0';
		text = strchr(record, ';');
		if (!text || sscanf(record, "%*u,%lld,", &number) != 1)
			continue;
		if (visit && number > (next > first ? next : first)) {
			errno = EOVERFLOW;
			close(fd);
			return -1;
		}
		next = number + 1;
		if (number < first || !visit)
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (visit(text + 1, data))
			break;
	}
	close(fd);
	return next;
}

/* The number of the record that comes next. */
static inline long long klog_mark(void)
{
	return klog_read(0, NULL, NULL);
}

static inline bool klog_is_complaint(const char *text)
{
	static regex_t regex[KLOG_COMPLAINTS];
	static bool ready;
	size_t i;

	for (i = 0; i < KLOG_COMPLAINTS && !ready; i++)
		if (regcomp(&regex[i], klog_complaints[i], REG_EXTENDED | REG_NOSUB))
			fprintf(stderr, "klog: bad pattern: %s\n", klog_complaints[i]);
	ready = true;
	for (i = 0; i < KLOG_COMPLAINTS; i++)
		if (!regexec(&regex[i], text, 0, NULL, 0))
			return true;
	return false;
}

static inline bool klog_tell_complaint(const char *text, void *data)
{
	int *count = data;

	if (klog_is_complaint(text)) {
		printf("# kernel: %s\n", text);
		(*count)++;
	}
	return false;
}

/* How many complaints there are since the mark, which are told; -1: unknown. */
static inline int klog_tell_complaints(long long mark)
{
	int count = 0;

	if (klog_read(mark, klog_tell_complaint, &count) < 0)
		return -1;
	return count;
}

#endif
