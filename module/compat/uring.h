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
 * Context: Process, while the command is issued; not again after -EAGAIN.
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
 * vmr_uring_user_data() - find what user space calls a command
 * @cmd: the command
 *
 * Context: Process, while the command is issued.
 * Return: the submission entry's user_data.
 */
static inline u64 vmr_uring_user_data(struct io_uring_cmd *cmd)
{
	return cmd_to_io_kiocb(cmd)->cqe.user_data;
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
