// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the order in which the rules for VM entry are looked at. Pure: callable
 * from anywhere, compiled a second time by selftests/unit.
 */
#include <linux/kernel.h>

#include "vmcs/check.h"
#include "vmcs/check_rules.h"

u64 vmr_vmcs_state_get(const struct vmr_vmcs_state *state, u32 field)
{
	int index = vmr_vmcs_field_index(field);

	return index < 0 ? 0 : state->value[index];
}

void vmr_vmcs_state_set(struct vmr_vmcs_state *state, u32 field, u64 value)
{
	int index = vmr_vmcs_field_index(field);

	if (index < 0)
		return;
	state->value[index] = value;
	state->exists[index] = true;
}

static struct vmr_vmcs_case make_case(const struct vmr_vmcs_state *state,
				      const struct vmr_caps *caps,
				      struct vmr_vmcs_fault *fault)
{
	struct vmr_vmcs_case c = { .state = state, .caps = caps, .fault = fault };

	c.pin = get(&c, VMCS_PIN_CONTROLS);
	c.proc = get(&c, VMCS_PROC_CONTROLS);
	if (c.proc & SDM_PROC_SECONDARY_CONTROLS)
		c.proc2 = get(&c, VMCS_PROC2_CONTROLS);
	if (c.proc & SDM_PROC_TERTIARY_CONTROLS)
		c.proc3 = get(&c, VMCS_PROC3_CONTROLS);
	c.exit = get(&c, VMCS_EXIT_CONTROLS);
	c.entry = get(&c, VMCS_ENTRY_CONTROLS);
	if (get(&c, VMCS_ENTRY_INTERRUPTION_INFO) & SDM_EVENT_VALID)
		c.event = get(&c, VMCS_ENTRY_INTERRUPTION_INFO);
	return c;
}

bool vmr_vmcs_check(const struct vmr_vmcs_state *state,
		    const struct vmr_caps *caps, struct vmr_vmcs_fault *fault)
{
	struct vmr_vmcs_case c = make_case(state, caps, fault);

	return vmr_vmcs_check_controls(&c) && vmr_vmcs_check_host(&c) &&
	       vmr_vmcs_check_guest(&c);
}

bool vmr_vmcs_check_registers(const struct vmr_vmcs_state *state,
			      const struct vmr_caps *caps,
			      struct vmr_vmcs_fault *fault)
{
	struct vmr_vmcs_case c = make_case(state, caps, fault);

	return vmr_vmcs_check_event(&c) && vmr_vmcs_check_guest(&c);
}
