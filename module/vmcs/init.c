// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the first contents of VMCSs. Called by a vCPU's thread in a burst.
 */
#include <linux/kernel.h>

#include "vmcs/access.h"
#include "vmcs/fields.h"
#include "vmcs/init.h"
#include "vmx/arch.h"
#include "vmx/caps.h"
#include "vmx/sdm.h"

#define CODE_RIGHTS	0x9b	/* present, code, readable, accessed */
#define DATA_RIGHTS	0x93	/* present, data, writable, accessed */
#define LDT_RIGHTS	0x82
#define TSS_RIGHTS	0x8b	/* busy */
#define RESET_LIMIT	0xffff

/* "Processor State After Power-Up or Reset"; what isn't here is 0. */
static const struct {
	u32 field;
	u64 value;
} after_reset[] = {
	{ VMCS_GUEST_LINK_POINTER, ~0ULL },
	{ VMCS_GUEST_PAT, 0x0007040600070406 },
	{ VMCS_GUEST_DR7, 0x400 },
	{ VMCS_GUEST_RIP, 0xfff0 },
	{ VMCS_GUEST_RFLAGS, SDM_RFLAGS_FIXED },
	{ VMCS_GUEST_CS_SELECTOR, 0xf000 },
	{ VMCS_GUEST_CS_BASE, 0xffff0000 },
	{ VMCS_GUEST_CS_ACCESS_RIGHTS, CODE_RIGHTS },
	{ VMCS_GUEST_SS_ACCESS_RIGHTS, DATA_RIGHTS },
	{ VMCS_GUEST_DS_ACCESS_RIGHTS, DATA_RIGHTS },
	{ VMCS_GUEST_ES_ACCESS_RIGHTS, DATA_RIGHTS },
	{ VMCS_GUEST_FS_ACCESS_RIGHTS, DATA_RIGHTS },
	{ VMCS_GUEST_GS_ACCESS_RIGHTS, DATA_RIGHTS },
	{ VMCS_GUEST_LDTR_ACCESS_RIGHTS, LDT_RIGHTS },
	{ VMCS_GUEST_TR_ACCESS_RIGHTS, TSS_RIGHTS },
	{ VMCS_GUEST_CS_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_SS_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_DS_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_ES_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_FS_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_GS_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_LDTR_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_TR_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_GDTR_LIMIT, RESET_LIMIT },
	{ VMCS_GUEST_IDTR_LIMIT, RESET_LIMIT },
};

#define CR0_AFTER_RESET	(SDM_CR0_CD | SDM_CR0_NW | SDM_CR0_ET)

/* CPUs differ in which fields they have: those that aren't there are passed over. */
static void zero_all(void)
{
	unsigned int i;

	for (i = 0; i < VMR_VMCS_FIELDS; i++) {
		u32 field = vmr_vmcs_fields[i].encoding;
		u32 type = field & VMCS_FIELD_TYPE;

		if (type == VMCS_TYPE_CONTROL || type == VMCS_TYPE_GUEST)
			vmr_vmcs_try_write(field, 0);
	}
}

static void reset_guest(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(after_reset); i++)
		vmr_vmcs_write_any(after_reset[i].field, after_reset[i].value);
}

/* Bits that VMX operation wants set; PE and PG are the unrestricted guest's. */
static void write_control_registers(const struct vmr_vmcs_setup *setup)
{
	u64 cr0 = vmr_caps_get(vmr_caps, SDM_IA32_VMX_CR0_FIXED0) &
		  ~(SDM_CR0_PE | SDM_CR0_PG);
	u64 cr4 = vmr_caps_get(vmr_caps, SDM_IA32_VMX_CR4_FIXED0);

	vmr_vmcs_write(VMCS_GUEST_CR0, CR0_AFTER_RESET | cr0);
	vmr_vmcs_write(VMCS_CR0_SHADOW, CR0_AFTER_RESET);
	vmr_vmcs_write(VMCS_CR0_MASK, ~setup->cr0_guest_owned);
	vmr_vmcs_write(VMCS_GUEST_CR4, cr4);
	vmr_vmcs_write(VMCS_CR4_SHADOW, 0);
	vmr_vmcs_write(VMCS_CR4_MASK, ~setup->cr4_guest_owned);
}

static void write_control_words(const struct vmr_controls *controls)
{
	const u32 *word = controls->word;

	vmr_vmcs_write32(VMCS_PIN_CONTROLS, word[VMR_CAPS_PIN]);
	vmr_vmcs_write32(VMCS_PROC_CONTROLS, word[VMR_CAPS_PROC]);
	if (word[VMR_CAPS_PROC] & SDM_PROC_SECONDARY_CONTROLS)
		vmr_vmcs_write32(VMCS_PROC2_CONTROLS, word[VMR_CAPS_PROC2]);
	if (word[VMR_CAPS_PROC] & SDM_PROC_TERTIARY_CONTROLS)
		vmr_vmcs_write64(VMCS_PROC3_CONTROLS, controls->proc3);
	vmr_vmcs_write32(VMCS_EXIT_CONTROLS, word[VMR_CAPS_EXIT]);
	vmr_vmcs_write32(VMCS_ENTRY_CONTROLS, word[VMR_CAPS_ENTRY]);
}

static void write_proc(const struct vmr_vmcs_setup *setup, u32 proc)
{
	vmr_vmcs_write32(VMCS_EXCEPTION_BITMAP, setup->exception_bitmap);
	if (proc & SDM_PROC_USE_TSC_OFFSETTING)
		vmr_vmcs_write64(VMCS_TSC_OFFSET, setup->tsc_offset);
	if (proc & SDM_PROC_USE_MSR_BITMAPS)
		vmr_vmcs_write64(VMCS_MSR_BITMAP, setup->msr_bitmap);
}

static void write_proc2(const struct vmr_vmcs_setup *setup, u32 proc2)
{
	if (proc2 & SDM_PROC2_EPT)
		vmr_vmcs_write64(VMCS_EPT_POINTER, setup->eptp);
	if (proc2 & SDM_PROC2_VPID)
		vmr_vmcs_write16(VMCS_VPID, setup->vpid);
	if (proc2 & SDM_PROC2_PAUSE_LOOP_EXITING) {
		vmr_vmcs_write32(VMCS_PLE_GAP, setup->ple_gap);
		vmr_vmcs_write32(VMCS_PLE_WINDOW, setup->ple_window);
	}
	if (proc2 & SDM_PROC2_XSAVES)
		vmr_vmcs_write64(VMCS_XSS_EXIT_BITMAP, setup->xss_exit_bitmap);
	if (proc2 & SDM_PROC2_TSC_SCALING)
		vmr_vmcs_write64(VMCS_TSC_MULTIPLIER, setup->tsc_multiplier);
	if (proc2 & SDM_PROC2_ENCLS_EXITING)
		vmr_vmcs_write64(VMCS_ENCLS_EXIT_BITMAP, ~0ULL);
	if (proc2 & SDM_PROC2_PML) {
		vmr_vmcs_write64(VMCS_PML_ADDRESS, setup->pml);
		vmr_vmcs_write16(VMCS_PML_INDEX, setup->pml_index);
	}
}

void vmr_vmcs_init(const struct vmr_vmcs_setup *setup)
{
	const u32 *word = setup->controls.word;

	zero_all();
	reset_guest();
	write_control_registers(setup);
	write_control_words(&setup->controls);
	write_proc(setup, word[VMR_CAPS_PROC]);
	if (word[VMR_CAPS_PROC] & SDM_PROC_SECONDARY_CONTROLS)
		write_proc2(setup, word[VMR_CAPS_PROC2]);
}
