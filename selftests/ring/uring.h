/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how tests wait for entries by way of io_uring.
 */
#ifndef VMR_TEST_URING_H
#define VMR_TEST_URING_H

#include <errno.h>
#include <liburing.h>
#include <string.h>

#include "vm.h"

/* liburing 2.3 has no name for the place of the payload. */
static inline void *uring_payload(struct io_uring_sqe *sqe)
{
	return (uint8_t *)sqe + 48;
}

static inline struct io_uring_sqe *uring_prepare(struct io_uring *ring, int fd, uint32_t seen,
						 uint32_t flags, uint64_t id)
{
	const struct vmr_wait wait = { .size = sizeof(wait), .flags = flags, .seen = seen };
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	errno = EBUSY;
	if (!sqe)
		vm_die("io_uring_get_sqe");
	io_uring_prep_rw(IORING_OP_URING_CMD, sqe, fd, NULL, 0, 0);
	sqe->cmd_op = VMR_WAIT;
	sqe->user_data = id;
	memcpy(uring_payload(sqe), &wait, sizeof(wait));
	return sqe;
}

static inline void uring_submit(struct io_uring *ring)
{
	int result = io_uring_submit(ring);

	errno = -result;
	if (result < 0)
		vm_die("io_uring_submit");
}

static inline void uring_wait(struct io_uring *ring, int fd, uint32_t seen, uint32_t flags,
			      uint64_t id)
{
	uring_prepare(ring, fd, seen, flags, id);
	uring_submit(ring);
}

/* The next completion's result and, if wanted, whose it is; ends the test in time. */
static inline int uring_result(struct io_uring *ring, uint64_t *id)
{
	struct __kernel_timespec patience = { .tv_sec = 20 };
	struct io_uring_cqe *cqe;
	int result;

	do {
		result = io_uring_wait_cqe_timeout(ring, &cqe, &patience);
	} while (result == -EINTR);
	errno = -result;
	if (result)
		vm_die("io_uring_wait_cqe_timeout");
	result = cqe->res;
	if (id)
		*id = cqe->user_data;
	io_uring_cqe_seen(ring, cqe);
	return result;
}

#endif
