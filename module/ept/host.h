/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns getting a page of the process, and finding out how the host maps it. For
 * the files of module/ept alone.
 */
#ifndef VMR_EPT_HOST_H
#define VMR_EPT_HOST_H

#include <linux/types.h>

struct page;

/**
 * struct vmr_host_page - a page of the process
 * @page: it, with a reference
 * @level: how large the page is that the host maps there: VMR_EPT_4K and so on
 * @writable: it may be mapped writable
 *
 * True when it was got; whether it still is, the notifier knows.
 */
struct vmr_host_page {
	struct page *page;
	unsigned int level;
	bool writable;
};

/**
 * vmr_host_get() - get a page of the calling process, as an access would
 * @hva: its address, page-aligned
 * @write: the access is a write
 * @host: the page; put_page() when it is mapped
 * @cause: why it can't be had, VMR_FAULT_..., if -EFAULT
 *
 * Context: Process, may sleep.
 * Return: 0; -EAGAIN: try again, after a look at pending signals; -EFAULT.
 */
int vmr_host_get(u64 hva, bool write, struct vmr_host_page *host, u32 *cause);

#endif
