// SPDX-License-Identifier: GPL-2.0
/*
 * Owns how user space waits for entries of a ring. Called by user space, from any thread
 * of the process, also while another one is in RUN.
 */
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/string.h>

#include <vmring.h>

#include "compat/uring.h"
#include "core/abi.h"
#include "core/vm.h"
#include "core/vmring.h"
#include "core/wait.h"
#include "ring/wake.h"

/* Its writer has written the consumer's index before, but needn't have a barrier. */
static void wake_if_asked(struct vmr_vcpu *vcpu, u32 flags)
{
	if (!(flags & VMR_WAIT_WAKE))
		return;
	/* Pairs with the one between need_kick and the consumer in ring/wake.c. */
	smp_mb();
	if (READ_ONCE(vcpu->area.ro->need_kick))
		vmr_wake_vcpu(vcpu);
}

long vmr_wait(struct vmr_vcpu *vcpu, void __user *arg)
{
	struct vmr_wait wait = {};
	int err;

	err = vmr_abi_get(arg, VMR_WAIT_WAKE, &wait, sizeof(wait));
	if (err)
		return err;
	if (wait.reserved)
		return -EINVAL;
	wake_if_asked(vcpu, wait.flags);
	return vmr_wake_await_entries(vcpu, wait.seen);
}

/*
 * A command's payload is kept over -EAGAIN: the submission entry may be another command's
 * when a worker issues the command again. A command's own bytes are left over from
 * earlier commands of any kind: vmr_uring_is_kept() tells what this one has kept.
 */
static_assert(sizeof(struct vmr_wait) <= sizeof_field(struct io_uring_cmd, pdu));

static void keep_payload(struct io_uring_cmd *cmd, const struct vmr_wait *wait)
{
	memcpy(cmd->pdu, wait, sizeof(*wait));
	vmr_uring_set_kept(cmd);
}

/* Where a command comes from is no user memory, but user space may write there. */
static int take_payload(struct io_uring_cmd *cmd, struct vmr_wait *wait)
{
	const struct vmr_wait *payload = vmr_uring_payload(cmd);

	wait->size = READ_ONCE(payload->size);
	wait->flags = READ_ONCE(payload->flags);
	wait->seen = READ_ONCE(payload->seen);
	wait->reserved = READ_ONCE(payload->reserved);
	if (wait->size > sizeof(*wait))
		return -E2BIG;
	if (wait->size < sizeof(*wait) || wait->flags & ~VMR_WAIT_WAKE ||
	    wait->reserved)
		return -EINVAL;
	return 0;
}

int vmr_wait_uring(struct io_uring_cmd *cmd, unsigned int issue_flags)
{
	struct vmr_vcpu *vcpu = cmd->file->private_data;
	struct vmr_wait wait;
	long entries;
	int err = 0;

	if (!vmr_abi_is(cmd->cmd_op, VMR_WAIT))
		return -ENOTTY;
	if (!vmr_vm_is_ours(vcpu->vm))
		return -EPERM;
	if (vmr_uring_is_kept(cmd))
		memcpy(&wait, cmd->pdu, sizeof(wait));
	else
		err = take_payload(cmd, &wait);
	if (err)
		return err;
	wake_if_asked(vcpu, wait.flags);
	entries = vmr_wake_entries_since(vcpu, wait.seen);
	if (!entries && issue_flags & IO_URING_F_NONBLOCK) {
		keep_payload(cmd, &wait);
		return -EAGAIN;
	}
	if (!entries)
		entries = vmr_wake_await_entries(vcpu, wait.seen);
	return entries < 0 ? entries : vmr_uring_done(cmd, entries, issue_flags);
}

__poll_t vmr_wait_poll(struct file *file, struct poll_table_struct *table)
{
	struct vmr_vcpu *vcpu = file->private_data;

	if (!vmr_vm_is_ours(vcpu->vm))
		return EPOLLERR;
	return vmr_wake_poll(vcpu, file, table);
}
