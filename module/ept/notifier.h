/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns hearing of what the process does with its memory. For the files of
 * module/ept alone.
 */
#ifndef VMR_EPT_NOTIFIER_H
#define VMR_EPT_NOTIFIER_H

#include <linux/types.h>

struct vmr_ept;

/**
 * vmr_notifier_register() - hear of the calling process's memory from now on
 * @ept: everything else in it is ready
 *
 * Context: Process, may sleep.
 * Return: 0; -ENOMEM; -EINTR if the process is being killed.
 */
int vmr_notifier_register(struct vmr_ept *ept);

/**
 * vmr_notifier_unregister() - hear no longer
 * @ept: it is dead and without translations afterwards
 *
 * Context: Process, may sleep (for a grace period).
 */
void vmr_notifier_unregister(struct vmr_ept *ept);

/**
 * vmr_notifier_is_stale() - whether a page that was got may not be mapped any more
 * @ept: whose
 * @sequence: what @ept->sequence was before the page was got
 * @start: where the memory is in the process
 * @end: first address behind
 *
 * Context: @ept->lock held.
 * Return: true if it has to be got again.
 */
bool vmr_notifier_is_stale(const struct vmr_ept *ept, u64 sequence, u64 start,
			   u64 end);

#endif
