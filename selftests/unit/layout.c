// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the layouts that user space or the CPU relies on. */
#include <stddef.h>

#include <vmring.h>

#include "unit.h"
#include "vmx/sdm.h"

/* The numbers are the ABI: a failure here means that it has been broken. */
void layout_abi(void)
{
	EXPECT_EQ(VMR_GET_VERSION, 0xc018ba00);
	EXPECT_EQ(VMR_GET_SUPPORTED, 0xc068ba01);

	EXPECT_EQ(offsetof(struct vmr_version, abi), 8);
	EXPECT_EQ(offsetof(struct vmr_version, patch), 20);

	EXPECT_EQ(offsetof(struct vmr_supported, flags), 4);
	EXPECT_EQ(offsetof(struct vmr_supported, features), 8);
	EXPECT_EQ(offsetof(struct vmr_supported, ctl_entry), 56);
	EXPECT_EQ(offsetof(struct vmr_supported, vmcs_revision), 80);
	EXPECT_EQ(offsetof(struct vmr_supported, cpus_vmx), 100);
}

void layout_vmx(void)
{
	EXPECT_EQ(offsetof(struct sdm_vmx_region, data), 8);
	EXPECT_EQ(sizeof(struct sdm_vmx_region), 4096);
	EXPECT_EQ(offsetof(struct sdm_inv_descriptor, address), 8);
}
