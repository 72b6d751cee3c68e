// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the table of VT-x features. Pure: callable from anywhere, compiled a
 * second time by selftests/unit.
 *
 * The capability of loading IA32_PERF_GLOBAL_CTRL promises nothing about the
 * MSR itself (the lab's simulator has the one without the other): who is going
 * to switch it reads the MSR first.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <vmring.h>

#include "vmx/ctls.h"
#include "vmx/features.h"

/* How much vmring needs a feature, and what becomes of its control bits. */
enum need {
	SHOWN,		/* told only; set by the part that uses it */
	WANTED,		/* set where the CPU has it */
	PRESENT,	/* no load without it; set while it is used */
	REQUIRED,	/* no load without it; always set */
};

#define MOST_BITS	3

struct feature {
	const char *name;
	enum need need;
	struct {
		enum vmr_caps_word word;
		u64 bit;
	} bits[MOST_BITS];	/* all of them; a bit of 0 is no bit */
};

static const struct feature features[] = {
	[VMR_FEATURE_EPT] = { "ept", REQUIRED, {
		{ VMR_CAPS_PROC2, SDM_PROC2_EPT },
	} },
	[VMR_FEATURE_EPT_AD] = { "ept-ad", SHOWN, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_ACCESSED_DIRTY },
	} },
	[VMR_FEATURE_EPT_2M] = { "ept-2m", SHOWN, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_PAGE_2M },
	} },
	[VMR_FEATURE_EPT_1G] = { "ept-1g", SHOWN, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_PAGE_1G },
	} },
	[VMR_FEATURE_EPT_EXEC_ONLY] = { "ept-exec-only", SHOWN, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_EXECUTE_ONLY },
	} },
	[VMR_FEATURE_EPT_5LEVEL] = { "ept-5level", SHOWN, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_WALK_LENGTH_5 },
	} },
	[VMR_FEATURE_EPT_MODE_BASED_EXEC] = { "ept-mode-based-exec", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_MODE_BASED_EXECUTE },
	} },
	[VMR_FEATURE_EPT_VIOLATION_VE] = { "ept-violation-ve", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_EPT_VIOLATION_VE },
	} },
	[VMR_FEATURE_PML] = { "pml", WANTED, {
		{ VMR_CAPS_PROC2, SDM_PROC2_PML },
	} },
	[VMR_FEATURE_VPID] = { "vpid", WANTED, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VPID },
	} },
	[VMR_FEATURE_UNRESTRICTED_GUEST] = { "unrestricted-guest", REQUIRED, {
		{ VMR_CAPS_PROC2, SDM_PROC2_UNRESTRICTED_GUEST },
	} },
	[VMR_FEATURE_TPR_SHADOW] = { "tpr-shadow", SHOWN, {
		{ VMR_CAPS_PROC, SDM_PROC_TPR_SHADOW },
	} },
	[VMR_FEATURE_APIC_ACCESS] = { "apic-access", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VIRTUALIZE_APIC_ACCESSES },
	} },
	[VMR_FEATURE_APIC_REGISTER_VIRT] = { "apic-register-virt", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_APIC_REGISTER_VIRTUALIZATION },
	} },
	[VMR_FEATURE_VIRTUAL_INTERRUPT_DELIVERY] = { "virtual-interrupt-delivery", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VIRTUAL_INTERRUPT_DELIVERY },
	} },
	[VMR_FEATURE_X2APIC_MODE] = { "x2apic-mode", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VIRTUALIZE_X2APIC },
	} },
	[VMR_FEATURE_POSTED_INTERRUPTS] = { "posted-interrupts", SHOWN, {
		{ VMR_CAPS_PIN, SDM_PIN_POSTED_INTERRUPTS },
	} },
	[VMR_FEATURE_IPI_VIRT] = { "ipi-virt", SHOWN, {
		{ VMR_CAPS_PROC3, SDM_PROC3_IPI_VIRTUALIZATION },
	} },
	[VMR_FEATURE_PREEMPTION_TIMER] = { "preemption-timer", SHOWN, {
		{ VMR_CAPS_PIN, SDM_PIN_PREEMPTION_TIMER },
	} },
	[VMR_FEATURE_SAVE_PREEMPTION_TIMER] = { "save-preemption-timer", SHOWN, {
		{ VMR_CAPS_EXIT, SDM_EXIT_SAVE_PREEMPTION_TIMER },
	} },
	[VMR_FEATURE_MONITOR_TRAP_FLAG] = { "monitor-trap-flag", SHOWN, {
		{ VMR_CAPS_PROC, SDM_PROC_MONITOR_TRAP_FLAG },
	} },
	[VMR_FEATURE_VIRTUAL_NMIS] = { "virtual-nmis", REQUIRED, {
		{ VMR_CAPS_PIN, SDM_PIN_VIRTUAL_NMIS },
	} },
	[VMR_FEATURE_MSR_BITMAPS] = { "msr-bitmaps", REQUIRED, {
		{ VMR_CAPS_PROC, SDM_PROC_USE_MSR_BITMAPS },
	} },
	[VMR_FEATURE_ACK_ON_EXIT] = { "ack-on-exit", REQUIRED, {
		{ VMR_CAPS_EXIT, SDM_EXIT_ACKNOWLEDGE_INTERRUPT },
	} },
	[VMR_FEATURE_PAUSE_LOOP_EXITING] = { "pause-loop-exiting", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_PAUSE_LOOP_EXITING },
	} },
	[VMR_FEATURE_TSC_SCALING] = { "tsc-scaling", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_TSC_SCALING },
	} },
	[VMR_FEATURE_RDTSCP] = { "rdtscp", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_RDTSCP },
	} },
	[VMR_FEATURE_INVPCID] = { "invpcid", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_INVPCID },
	} },
	[VMR_FEATURE_XSAVES] = { "xsaves", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_XSAVES },
	} },
	[VMR_FEATURE_UMWAIT] = { "umwait", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_USER_WAIT_PAUSE },
	} },
	[VMR_FEATURE_VMFUNC] = { "vmfunc", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VM_FUNCTIONS },
	} },
	[VMR_FEATURE_SHADOW_VMCS] = { "shadow-vmcs", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_VMCS_SHADOWING },
	} },
	[VMR_FEATURE_DESCRIPTOR_EXITING] = { "descriptor-exiting", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_DESCRIPTOR_TABLE_EXITING },
	} },
	[VMR_FEATURE_LOAD_EFER] = { "load-efer", REQUIRED, {
		{ VMR_CAPS_EXIT, SDM_EXIT_SAVE_EFER },
		{ VMR_CAPS_EXIT, SDM_EXIT_LOAD_EFER },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_EFER },
	} },
	[VMR_FEATURE_LOAD_PAT] = { "load-pat", REQUIRED, {
		{ VMR_CAPS_EXIT, SDM_EXIT_SAVE_PAT },
		{ VMR_CAPS_EXIT, SDM_EXIT_LOAD_PAT },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_PAT },
	} },
	[VMR_FEATURE_LOAD_PERF_GLOBAL_CTRL] = { "load-perf-global-ctrl", SHOWN, {
		{ VMR_CAPS_EXIT, SDM_EXIT_LOAD_PERF_GLOBAL_CTRL },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_PERF_GLOBAL_CTRL },
	} },
	[VMR_FEATURE_LOAD_CET] = { "load-cet", SHOWN, {
		{ VMR_CAPS_EXIT, SDM_EXIT_LOAD_CET },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_CET },
	} },
	[VMR_FEATURE_LOAD_PKRS] = { "load-pkrs", SHOWN, {
		{ VMR_CAPS_EXIT, SDM_EXIT_LOAD_PKRS },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_PKRS },
	} },
	[VMR_FEATURE_VIRT_SPEC_CTRL] = { "virt-spec-ctrl", SHOWN, {
		{ VMR_CAPS_PROC3, SDM_PROC3_VIRTUALIZE_SPEC_CTRL },
	} },
	[VMR_FEATURE_BUS_LOCK_EXITING] = { "bus-lock-exiting", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_BUS_LOCK_EXITING },
	} },
	[VMR_FEATURE_INSTRUCTION_TIMEOUT] = { "instruction-timeout", SHOWN, {
		{ VMR_CAPS_PROC2, SDM_PROC2_INSTRUCTION_TIMEOUT },
	} },
	[VMR_FEATURE_ENTER_HALTED] = { "enter-halted", SHOWN, {
		{ VMR_CAPS_MISC, SDM_MISC_ACTIVITY_HLT },
	} },
};

static_assert(ARRAY_SIZE(features) == VMR_FEATURE_COUNT);

/*
 * What every VT-x with the features above has: named only if nothing above is
 * missing and yet one of these is.
 */
static const struct feature basics[] = {
	{ "external-interrupt-exiting", REQUIRED, {
		{ VMR_CAPS_PIN, SDM_PIN_EXTERNAL_INTERRUPT_EXITING },
	} },
	{ "nmi-exiting", REQUIRED, {
		{ VMR_CAPS_PIN, SDM_PIN_NMI_EXITING },
	} },
	{ "hlt-exiting", REQUIRED, {
		{ VMR_CAPS_PROC, SDM_PROC_HLT_EXITING },
	} },
	{ "io-exiting", REQUIRED, {
		{ VMR_CAPS_PROC, SDM_PROC_UNCONDITIONAL_IO_EXITING },
	} },
	{ "interrupt-window-exiting", PRESENT, {
		{ VMR_CAPS_PROC, SDM_PROC_INTERRUPT_WINDOW_EXITING },
	} },
	{ "nmi-window-exiting", PRESENT, {
		{ VMR_CAPS_PROC, SDM_PROC_NMI_WINDOW_EXITING },
	} },
	{ "tsc-offsetting", PRESENT, {
		{ VMR_CAPS_PROC, SDM_PROC_USE_TSC_OFFSETTING },
	} },
	{ "secondary-controls", REQUIRED, {
		{ VMR_CAPS_PROC, SDM_PROC_SECONDARY_CONTROLS },
	} },
	{ "64-bit-host", REQUIRED, {
		{ VMR_CAPS_EXIT, SDM_EXIT_HOST_ADDRESS_SPACE_SIZE },
	} },
	{ "64-bit-guest", REQUIRED, {
		{ VMR_CAPS_ENTRY, SDM_ENTRY_IA32E_MODE_GUEST },
	} },
	{ "debug-controls", REQUIRED, {
		{ VMR_CAPS_EXIT, SDM_EXIT_SAVE_DEBUG_CONTROLS },
		{ VMR_CAPS_ENTRY, SDM_ENTRY_LOAD_DEBUG_CONTROLS },
	} },
	{ "ins-outs-info", REQUIRED, {
		{ VMR_CAPS_BASIC, SDM_BASIC_INS_OUTS_INFO },
	} },
	{ "ept-4level", REQUIRED, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_WALK_LENGTH_4 },
	} },
	{ "ept-write-back", REQUIRED, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_MEMORY_TYPE_WB },
	} },
	{ "invept", REQUIRED, {
		{ VMR_CAPS_EPT_VPID, SDM_EPT_INVEPT },
		{ VMR_CAPS_EPT_VPID, SDM_EPT_INVEPT_ALL },
	} },
};

static bool has(const struct vmr_caps *caps, const struct feature *feature)
{
	unsigned int i;

	for (i = 0; i < MOST_BITS; i++) {
		u64 bit = feature->bits[i].bit;

		if ((vmr_caps_may(caps, feature->bits[i].word) & bit) != bit)
			return false;
	}
	return true;
}

u64 vmr_features_found(const struct vmr_caps *caps)
{
	u64 found = 0;
	unsigned int i;

	for (i = 0; i < VMR_FEATURE_COUNT; i++)
		if (has(caps, &features[i]))
			found |= BIT_ULL(i);
	return found;
}

static int append_name(char *line, int len, int size, const char *name)
{
	return len + scnprintf(line + len, size - len, " %s", name);
}

/* Appends the names of the features whose bit in which is set. */
static int append_names(char *line, int len, int size, u64 which)
{
	unsigned int i;

	for (i = 0; i < VMR_FEATURE_COUNT; i++)
		if (which & BIT_ULL(i))
			len = append_name(line, len, size, features[i].name);
	return len;
}

int vmr_features_line(const struct vmr_caps *caps, char *line, int size)
{
	u64 found = vmr_features_found(caps);
	u64 missing = GENMASK_ULL(VMR_FEATURE_COUNT - 1, 0) & ~found;
	int len;

	len = scnprintf(line, size, "found:");
	len = append_names(line, len, size, found);
	len += scnprintf(line + len, size - len, "; missing:");
	return append_names(line, len, size, missing);
}

static int list_lacking(const struct vmr_caps *caps, char *line, int size,
			const struct feature *table, int count)
{
	int lacking = 0;
	int len = 0;
	int i;

	line[0] = '\0';
	for (i = 0; i < count; i++) {
		if (table[i].need < PRESENT || has(caps, &table[i]))
			continue;
		len = append_name(line, len, size, table[i].name);
		lacking++;
	}
	return lacking;
}

int vmr_features_lacking(const struct vmr_caps *caps, char *line, int size)
{
	int lacking;

	lacking = list_lacking(caps, line, size, features,
			       ARRAY_SIZE(features));
	if (lacking)
		return lacking;
	return list_lacking(caps, line, size, basics, ARRAY_SIZE(basics));
}

/* Collects the bits of one group that a table needs so much. */
static u64 bits_of(const struct feature *table, int count,
		   enum vmr_caps_word word, enum need need)
{
	u64 bits = 0;
	int i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < MOST_BITS; j++)
			if (table[i].need == need &&
			    table[i].bits[j].word == word)
				bits |= table[i].bits[j].bit;
	return bits;
}

static u64 bits_needed(enum vmr_caps_word word, enum need need)
{
	return bits_of(features, ARRAY_SIZE(features), word, need) |
	       bits_of(basics, ARRAY_SIZE(basics), word, need);
}

int vmr_features_controls(const struct vmr_caps *caps,
			  struct vmr_controls *controls)
{
	struct vmr_controls chosen = {};
	enum vmr_caps_word word;
	int err;

	for (word = 0; word < VMR_CAPS_CTLS; word++) {
		err = vmr_ctls_choose(vmr_caps_word(caps, word),
				      bits_needed(word, REQUIRED),
				      bits_needed(word, WANTED),
				      &chosen.word[word]);
		if (err)
			return err;
	}
	chosen.proc3 = bits_needed(VMR_CAPS_PROC3, WANTED) &
		       vmr_caps_may(caps, VMR_CAPS_PROC3);
	*controls = chosen;
	return 0;
}
