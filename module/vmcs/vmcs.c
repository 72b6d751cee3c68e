// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the memory of VMCSs and the brackets around their use. Called by a vCPU's
 * thread; create and destroy in process context.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <asm/io.h>

#include "vmcs/access.h"
#include "vmcs/fields.h"
#include "vmcs/vmcs.h"
#include "vmx/caps.h"
#include "vmx/insn.h"
#include "vmx/mitigate.h"

int vmr_vmcs_create(struct vmr_vmcs *vmcs)
{
	struct sdm_vmx_region *region;

	region = (void *)__get_free_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!region)
		return -ENOMEM;
	region->revision = vmr_caps_get(vmr_caps, SDM_IA32_VMX_BASIC) &
			   SDM_BASIC_REVISION;
	*vmcs = (struct vmr_vmcs){ .region = region, .host.cpu = -1 };
	vmr_active_init(&vmcs->active, __pa(region));
	return 0;
}

void vmr_vmcs_destroy(struct vmr_vmcs *vmcs)
{
	if (!vmcs->region)
		return;
	vmr_active_clear(&vmcs->active);
	free_page((unsigned long)vmcs->region);
	vmcs->region = NULL;
}

void vmr_vmcs_bring_slowly(struct vmr_vmcs *vmcs)
{
	lockdep_assert_preemption_disabled();
	vmr_active_clear(&vmcs->active);
}

/*
 * The first VMCLEAR of a VMCS waits until here, because not every CPU that can
 * create one has VMX on.
 */
int vmr_vmcs_load_slowly(struct vmr_vmcs *vmcs)
{
	lockdep_assert_irqs_disabled();
	if (!vmcs->cleared) {
		if (vmr_insn_vmclear(vmcs->active.phys) != VMR_INSN_OK)
			return -EIO;
		vmcs->cleared = true;
	}
	if (vmcs->active.cpu < 0)
		vmcs->launched = false;
	vmr_mitigate_other_guest();
	return vmr_active_load(&vmcs->active);
}

static unsigned long instruction_error(void)
{
	unsigned long error;

	vmr_vmcs_try_read(VMCS_INSTRUCTION_ERROR, &error);
	return error;
}

void vmr_vmcs_read_failed(u32 field)
{
	WARN_ONCE(1, "vmring: VMREAD of %s (0x%x) failed, error %lu\n",
		  vmr_vmcs_field_name(field), field, instruction_error());
}

void vmr_vmcs_write_failed(u32 field, unsigned long value)
{
	WARN_ONCE(1, "vmring: VMWRITE of 0x%lx to %s (0x%x) failed, error %lu\n",
		  value, vmr_vmcs_field_name(field), field,
		  instruction_error());
}

#ifdef VMR_DEBUG
static DEFINE_PER_CPU(const struct vmr_vmcs *, burst);

void vmr_vmcs_note_burst(const struct vmr_vmcs *vmcs)
{
	WARN_ON_ONCE(!irqs_disabled());
	/* It begins and ends, and begins nothing within. */
	WARN_ON_ONCE(!vmcs == !this_cpu_read(burst));
	this_cpu_write(burst, vmcs);
}

void vmr_vmcs_assert_burst(void)
{
	const struct vmr_vmcs *vmcs;

	if (WARN_ON_ONCE(!irqs_disabled()))
		return;
	vmcs = this_cpu_read(burst);
	if (!WARN_ON_ONCE(!vmcs))
		WARN_ON_ONCE(!vmr_active_is_current(&vmcs->active));
}
#endif
