// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the arithmetic of VMX control words. Pure: callable from anywhere,
 * compiled a second time by selftests/unit.
 */
#include <linux/errno.h>

#include "vmx/ctls.h"

int vmr_ctls_choose(u64 cap, u32 required, u32 wanted, u32 *value)
{
	u32 must = vmr_ctls_must(cap);
	u32 may = vmr_ctls_may(cap);

	if (must & ~may)
		return -EIO;
	if (required & ~may)
		return -EOPNOTSUPP;
	*value = must | required | (wanted & may);
	return 0;
}
