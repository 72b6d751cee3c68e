// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the table of VMCS fields. */
#include <linux/kernel.h>

#include "unit.h"
#include "vmcs/fields.h"

void fields_are_in_order(void)
{
	unsigned int i;

	for (i = 1; i < VMR_VMCS_FIELDS; i++)
		EXPECT(vmr_vmcs_fields[i - 1].encoding <
		       vmr_vmcs_fields[i].encoding);
}

/* "Field Encoding": bits 31:15, 12 and 0 are 0 in each. */
void fields_are_encodings(void)
{
	unsigned int i;

	for (i = 0; i < VMR_VMCS_FIELDS; i++)
		EXPECT_EQ(vmr_vmcs_fields[i].encoding &
			  ~(VMCS_FIELD_WIDTH | VMCS_FIELD_TYPE |
			    VMCS_FIELD_INDEX), 0);
}

void fields_are_found(void)
{
	unsigned int i;

	for (i = 0; i < VMR_VMCS_FIELDS; i++)
		EXPECT_EQ(vmr_vmcs_field_index(vmr_vmcs_fields[i].encoding), i);
	EXPECT(vmr_vmcs_field_index(1) == -1);
	EXPECT(vmr_vmcs_field_index(0x6c20) == -1);
	EXPECT(vmr_vmcs_field_index(~0U) == -1);
	EXPECT_STR(vmr_vmcs_field_name(VMCS_GUEST_RIP), "GUEST_RIP");
	EXPECT_STR(vmr_vmcs_field_name(VMCS_VPID), "VPID");
	EXPECT_STR(vmr_vmcs_field_name(0x2001), "no field");
}

/* Some of each width and type, by the manual's appendix. */
void fields_have_widths(void)
{
	EXPECT_EQ(VMCS_WIDTH(VMCS_GUEST_TR_SELECTOR), VMCS_WIDTH_16);
	EXPECT_EQ(VMCS_WIDTH(VMCS_EPT_POINTER), VMCS_WIDTH_64);
	EXPECT_EQ(VMCS_WIDTH(VMCS_GUEST_EFER), VMCS_WIDTH_64);
	EXPECT_EQ(VMCS_WIDTH(VMCS_EXIT_REASON), VMCS_WIDTH_32);
	EXPECT_EQ(VMCS_WIDTH(VMCS_GUEST_CS_ACCESS_RIGHTS), VMCS_WIDTH_32);
	EXPECT_EQ(VMCS_WIDTH(VMCS_HOST_RIP), VMCS_WIDTH_NATURAL);
	EXPECT_EQ(VMCS_HOST_RIP & VMCS_FIELD_TYPE, VMCS_TYPE_HOST);
	EXPECT_EQ(VMCS_EXIT_REASON & VMCS_FIELD_TYPE, VMCS_TYPE_READ_ONLY);
	EXPECT_EQ(VMCS_GUEST_SSP & VMCS_FIELD_TYPE, VMCS_TYPE_GUEST);
	EXPECT_EQ(VMCS_CR4_MASK & VMCS_FIELD_TYPE, VMCS_TYPE_CONTROL);
}
