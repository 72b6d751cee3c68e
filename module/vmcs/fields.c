// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of VMCS fields. Pure: callable from anywhere, compiled a second
 * time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/fields.h"

#define FIELD(name)	{ VMCS_##name, #name }
const struct vmr_vmcs_field vmr_vmcs_fields[] = {
#include "vmcs/fields.inc"
};

#undef FIELD

static_assert(ARRAY_SIZE(vmr_vmcs_fields) == VMR_VMCS_FIELDS);
static_assert(VMR_VMCS_FIELDS <= 256);

#define FIELD(name)	NUMBER_##name
enum {
#include "vmcs/fields.inc"
};

#undef FIELD

/* By width and type of an encoding, and its index: the field that may be there. */
#define FIELD(name)	\
	[VMCS_##name >> 10][VMCS_##name >> 1 & 63] = NUMBER_##name
static const u8 numbers[32][64] = {
#include "vmcs/fields.inc"
};

#undef FIELD

int vmr_vmcs_field_index(u32 field)
{
	u8 number = numbers[field >> 10 & 31][field >> 1 & 63];

	return vmr_vmcs_fields[number].encoding == field ? number : -1;
}

const char *vmr_vmcs_field_name(u32 field)
{
	int index = vmr_vmcs_field_index(field);

	return index < 0 ? "no field" : vmr_vmcs_fields[index].name;
}
