/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns how user space waits for entries of a ring: VMR_WAIT as an ioctl and by way of
 * io_uring, and poll(). For core/vcpu.c.
 */
#ifndef VMR_CORE_WAIT_H
#define VMR_CORE_WAIT_H

#include <linux/compiler_types.h>
#include <linux/types.h>

struct file;
struct io_uring_cmd;
struct poll_table_struct;
struct vmr_vcpu;

/**
 * vmr_wait() - VMR_WAIT
 * @vcpu: the vCPU; its mutex isn't needed
 * @arg: struct vmr_wait in user space
 *
 * Context: Process, any thread.
 * Return: how many entries there are, or a negative errno.
 */
long vmr_wait(struct vmr_vcpu *vcpu, void __user *arg);

/**
 * vmr_wait_uring() - the same as a command of io_uring
 * @cmd: the command, of a vCPU's file
 * @issue_flags: io_uring's
 *
 * Waits only where io_uring has a thread for that, and ends with the thread: nothing is
 * kept anywhere that would have to be cancelled.
 *
 * Context: Process, any thread.
 * Return: as io_uring wants it.
 */
int vmr_wait_uring(struct io_uring_cmd *cmd, unsigned int issue_flags);

/**
 * vmr_wait_poll() - poll()
 * @file: a vCPU's
 * @table: who polls
 *
 * Context: Process, any thread.
 * Return: EPOLLIN if there are entries; EPOLLERR for another process.
 */
__poll_t vmr_wait_poll(struct file *file, struct poll_table_struct *table);

#endif
