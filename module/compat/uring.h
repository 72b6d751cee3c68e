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

/*
 * A flag of a command: user space can't set it, as the kernel refuses those that it doesn't
 * know. The upper 8 are for the kernel's own use, which begins at the other end.
 */
#define VMR_URING_KEPT		BIT(24)
#ifdef IORING_URING_CMD_MASK
static_assert(!(VMR_URING_KEPT & IORING_URING_CMD_MASK));
#endif

/**
 * vmr_uring_set_kept() - note that a command's own bytes hold something of its own
 * @cmd: the command, which is to be issued again
 *
 * Context: Process, while the command is issued.
 */
static inline void vmr_uring_set_kept(struct io_uring_cmd *cmd)
{
	cmd->flags |= VMR_URING_KEPT;
}

/**
 * vmr_uring_is_kept() - tell whether that was noted
 * @cmd: the command
 *
 * Context: Process, while the command is issued.
 * Return: false for a command that is issued for the first time, wherever it lies:
 *	   flags are set anew for each, its own bytes are not.
 */
static inline bool vmr_uring_is_kept(const struct io_uring_cmd *cmd)
{
	return cmd->flags & VMR_URING_KEPT;
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
