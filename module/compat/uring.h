/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the differences between kernels in commands that come by way of io_uring. For
 * core/wait.c.
 */
#ifndef VMR_COMPAT_URING_H
#define VMR_COMPAT_URING_H

#include <linux/io_uring_types.h>
#ifdef VMR_HAVE_IO_URING_CMD_H
#include <linux/io_uring/cmd.h>
#else
#include <linux/io_uring.h>
#endif

/**
 * vmr_uring_payload() - find what user space says beside the command's number
 * @cmd: the command
 *
 * Context: Process, while the command is issued and vmr_uring_is_again() is false.
 * Return: 16 bytes, which user space may write at any time.
 */
static inline const void *vmr_uring_payload(const struct io_uring_cmd *cmd)
{
#ifdef VMR_HAVE_IO_URING_CMD_CMD
	return cmd->cmd;
#else
	return cmd->sqe->cmd;
#endif
}

/**
 * vmr_uring_is_again() - tell whether a command has answered -EAGAIN before
 * @cmd: the command
 * @issue_flags: as ->uring_cmd() got them
 *
 * Then its payload has to come from @cmd->pdu, where it was kept: the submission entry
 * may be another command's by now, and some kernels (6.12 is one) copy it, but go on
 * telling of the entry.
 *
 * Context: Process, while the command is issued.
 * Return: true if so.
 */
static inline bool vmr_uring_is_again(struct io_uring_cmd *cmd,
				      unsigned int issue_flags)
{
	const struct io_kiocb *request = cmd_to_io_kiocb(cmd);

	/* Those that begin in a worker have been copied when they were submitted. */
	return !(issue_flags & IO_URING_F_NONBLOCK) &&
	       !(request->flags & REQ_F_FORCE_ASYNC);
}

/**
 * vmr_uring_done() - end a command that is being issued, with a result
 * @cmd: the command, gone when this returns
 * @result: not an errno
 * @issue_flags: as ->uring_cmd() got them
 *
 * Context: Process.
 * Return: what ->uring_cmd() has to return. A result that isn't 0 can't be returned
 *	   itself: kernel 6.1 takes it for something else, and never ends the command.
 */
static inline int vmr_uring_done(struct io_uring_cmd *cmd, int result,
				 unsigned int issue_flags)
{
#ifdef VMR_HAVE_IO_URING_CMD_DONE32
	io_uring_cmd_done(cmd, result, issue_flags);
#else
	io_uring_cmd_done(cmd, result, 0, issue_flags);
#endif
	return -EIOCBQUEUED;
}

#endif
