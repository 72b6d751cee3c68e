// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the decision whether a CPU's VT-x will do for vmring. Pure: callable
 * from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/bitfield.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "vmx/accept.h"
#include "vmx/caps.h"
#include "vmx/features.h"

static int check_features(const struct vmr_caps *caps, char *reason, int size)
{
	int len;

	len = scnprintf(reason, size,
			"this CPU's VT-x lacks what vmring can't do without for now:");
	if (!vmr_features_lacking(caps, reason + len, size - len))
		return 0;
	return -EOPNOTSUPP;
}

/* What no list of names can tell: the shape of the regions. */
static int check_regions(const struct vmr_caps *caps, char *reason, int size)
{
	u64 basic = vmr_caps_get(caps, SDM_IA32_VMX_BASIC);

	if (FIELD_GET(SDM_BASIC_MEMORY_TYPE, basic) == SDM_MEMORY_TYPE_WB &&
	    FIELD_GET(SDM_BASIC_REGION_SIZE, basic) <= SDM_VMX_REGION_SIZE &&
	    !(basic & SDM_BASIC_32BIT_ADDRESSES))
		return 0;
	scnprintf(reason, size,
		  "this CPU wants VMX regions that no 64-bit CPU wants (IA32_VMX_BASIC is 0x%llx)",
		  basic);
	return -EOPNOTSUPP;
}

/* With no feature lacking, this fails only where bits must be 1 and 0 at once. */
static int check_controls(const struct vmr_caps *caps, char *reason, int size)
{
	struct vmr_controls controls;
	int err;

	err = vmr_features_controls(caps, &controls);
	if (err)
		scnprintf(reason, size,
			  "this CPU's VT-x contradicts itself: no control words suit it");
	return err;
}

int vmr_accept_caps(const struct vmr_caps *caps, char *reason, int size)
{
	int err;

	err = check_features(caps, reason, size);
	if (!err)
		err = check_regions(caps, reason, size);
	if (!err)
		err = check_controls(caps, reason, size);
	if (!err)
		reason[0] = '\0';
	return err;
}
