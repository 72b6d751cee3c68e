// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of VMCS fields. Pure: callable from anywhere, compiled a second
 * time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/fields.h"

#define FIELD(name)	{ VMCS_##name, #name }
const struct vmr_vmcs_field vmr_vmcs_fields[] = {
#include "vmcs/fields_list.h"
};

#undef FIELD

static_assert(ARRAY_SIZE(vmr_vmcs_fields) == VMR_VMCS_FIELDS);
static_assert(VMR_VMCS_FIELDS <= 256);

#define FIELD(name)	NUMBER_##name
enum {
#include "vmcs/fields_list.h"
};

#undef FIELD

#define FIELD(name)	\
	[VMCS_##name >> 10][VMCS_##name >> 1 & 63] = NUMBER_##name
const u8 vmr_vmcs_numbers[32][64] = {
#include "vmcs/fields_list.h"
};

#undef FIELD

int vmr_vmcs_field_index(u32 field)
{
	u8 number = vmr_vmcs_number(field);

	return vmr_vmcs_fields[number].encoding == field ? number : -1;
}

const char *vmr_vmcs_field_name(u32 field)
{
	int index = vmr_vmcs_field_index(field);

	return index < 0 ? "no field" : vmr_vmcs_fields[index].name;
}
