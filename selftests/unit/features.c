// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the feature table and of the line that tells of it. */
#include <string.h>

#include <linux/kernel.h>
#include <vmring.h>

#include "models.h"
#include "unit.h"
#include "vmx/ctls.h"
#include "vmx/features.h"

#define ALL	(BIT_ULL(VMR_FEATURE_COUNT) - 1)

static struct vmr_caps everything(void)
{
	struct vmr_caps caps;

	memset(&caps, 0xff, sizeof(caps));
	return caps;
}

/* Features that one bit makes, by the manual's numbers, not by our names. */
void features_each_bit(void)
{
	static const struct {
		unsigned int feature;
		u32 msr;
		unsigned int bit;
	} rows[] = {
		{ VMR_FEATURE_EPT, 0x48b, 33 },
		{ VMR_FEATURE_EPT_AD, 0x48c, 21 },
		{ VMR_FEATURE_EPT_2M, 0x48c, 16 },
		{ VMR_FEATURE_EPT_1G, 0x48c, 17 },
		{ VMR_FEATURE_EPT_EXEC_ONLY, 0x48c, 0 },
		{ VMR_FEATURE_EPT_5LEVEL, 0x48c, 7 },
		{ VMR_FEATURE_EPT_MODE_BASED_EXEC, 0x48b, 54 },
		{ VMR_FEATURE_EPT_VIOLATION_VE, 0x48b, 50 },
		{ VMR_FEATURE_PML, 0x48b, 49 },
		{ VMR_FEATURE_VPID, 0x48b, 37 },
		{ VMR_FEATURE_UNRESTRICTED_GUEST, 0x48b, 39 },
		{ VMR_FEATURE_TPR_SHADOW, 0x48e, 53 },
		{ VMR_FEATURE_APIC_ACCESS, 0x48b, 32 },
		{ VMR_FEATURE_APIC_REGISTER_VIRT, 0x48b, 40 },
		{ VMR_FEATURE_VIRTUAL_INTERRUPT_DELIVERY, 0x48b, 41 },
		{ VMR_FEATURE_X2APIC_MODE, 0x48b, 36 },
		{ VMR_FEATURE_POSTED_INTERRUPTS, 0x48d, 39 },
		{ VMR_FEATURE_IPI_VIRT, 0x492, 4 },
		{ VMR_FEATURE_PREEMPTION_TIMER, 0x48d, 38 },
		{ VMR_FEATURE_SAVE_PREEMPTION_TIMER, 0x48f, 54 },
		{ VMR_FEATURE_MONITOR_TRAP_FLAG, 0x48e, 59 },
		{ VMR_FEATURE_VIRTUAL_NMIS, 0x48d, 37 },
		{ VMR_FEATURE_MSR_BITMAPS, 0x48e, 60 },
		{ VMR_FEATURE_ACK_ON_EXIT, 0x48f, 47 },
		{ VMR_FEATURE_PAUSE_LOOP_EXITING, 0x48b, 42 },
		{ VMR_FEATURE_TSC_SCALING, 0x48b, 57 },
		{ VMR_FEATURE_RDTSCP, 0x48b, 35 },
		{ VMR_FEATURE_INVPCID, 0x48b, 44 },
		{ VMR_FEATURE_XSAVES, 0x48b, 52 },
		{ VMR_FEATURE_UMWAIT, 0x48b, 58 },
		{ VMR_FEATURE_VMFUNC, 0x48b, 45 },
		{ VMR_FEATURE_SHADOW_VMCS, 0x48b, 46 },
		{ VMR_FEATURE_DESCRIPTOR_EXITING, 0x48b, 34 },
		{ VMR_FEATURE_LOAD_EFER, 0x48f, 52 },
		{ VMR_FEATURE_LOAD_EFER, 0x48f, 53 },
		{ VMR_FEATURE_LOAD_EFER, 0x490, 47 },
		{ VMR_FEATURE_LOAD_PAT, 0x48f, 50 },
		{ VMR_FEATURE_LOAD_PAT, 0x48f, 51 },
		{ VMR_FEATURE_LOAD_PAT, 0x490, 46 },
		{ VMR_FEATURE_LOAD_PERF_GLOBAL_CTRL, 0x48f, 44 },
		{ VMR_FEATURE_LOAD_PERF_GLOBAL_CTRL, 0x490, 45 },
		{ VMR_FEATURE_LOAD_CET, 0x48f, 60 },
		{ VMR_FEATURE_LOAD_CET, 0x490, 52 },
		{ VMR_FEATURE_LOAD_PKRS, 0x48f, 61 },
		{ VMR_FEATURE_LOAD_PKRS, 0x490, 54 },
		{ VMR_FEATURE_VIRT_SPEC_CTRL, 0x492, 7 },
		{ VMR_FEATURE_BUS_LOCK_EXITING, 0x48b, 62 },
		{ VMR_FEATURE_INSTRUCTION_TIMEOUT, 0x48b, 63 },
		{ VMR_FEATURE_ENTER_HALTED, 0x485, 6 },
	};
	u64 seen = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmr_caps caps = everything();

		EXPECT_EQ(vmr_features_found(&caps), ALL);
		caps.msr[rows[i].msr - VMR_CAPS_FIRST_MSR] &=
			~BIT_ULL(rows[i].bit);
		EXPECT_EQ(vmr_features_found(&caps),
			  ALL & ~BIT_ULL(rows[i].feature));
		seen |= BIT_ULL(rows[i].feature);
	}
	EXPECT_EQ(seen, ALL);
}

/* Takes "found: NAME..." apart, up to "; missing:". */
static void check_found(const struct model *model)
{
	struct vmr_caps caps = model_read(model);
	char line[VMR_FEATURES_LINE];
	const char *rest;
	int i;

	vmr_features_line(&caps, line, sizeof(line));
	EXPECT(!strncmp(line, "found:", strlen("found:")));
	rest = line + strlen("found:");
	for (i = 0; i < VMR_FEATURE_COUNT && model->found[i]; i++) {
		int length = strlen(model->found[i]);

		EXPECT_EQ(*rest, ' ');
		if (strncmp(rest + 1, model->found[i], length))
			unit_fail(__FILE__, __LINE__, "%s: %s, not %s",
				  model->name, rest, model->found[i]);
		rest += 1 + length;
	}
	EXPECT(!strncmp(rest, "; missing:", strlen("; missing:")));
}

void features_models(void)
{
	char names[VMR_FEATURES_LINE];
	int i;

	for (i = 0; i < model_count; i++) {
		struct vmr_caps caps = model_read(&models[i]);

		check_found(&models[i]);
		vmr_features_lacking(&caps, names, sizeof(names));
		EXPECT_STR(names, models[i].lacking);
	}
}

static unsigned int count(const char *line, char what)
{
	unsigned int n = 0;

	for (; *line; line++)
		n += *line == what;
	return n;
}

/* Each feature is named once, and each name comes before or after "missing". */
void features_line(void)
{
	char line[VMR_FEATURES_LINE];
	struct vmr_caps caps = {};
	int length;

	length = vmr_features_line(&caps, line, sizeof(line));
	EXPECT_EQ(length, strlen(line));
	EXPECT(!strncmp(line, "found:; missing: ept ept-ad ", 28));
	EXPECT_EQ(count(line, ' '), 1 + VMR_FEATURE_COUNT);

	caps = everything();
	vmr_features_line(&caps, line, sizeof(line));
	EXPECT(!strncmp(line, "found: ept ept-ad ", 18));
	EXPECT_EQ(count(line, ' '), 1 + VMR_FEATURE_COUNT);
	EXPECT_STR(strchr(line, ';'), "; missing:");
}

/* A kernel log line holds it all: 1024 bytes less the kernel's own share. */
void features_line_fits(void)
{
	struct vmr_caps caps = everything();
	char line[2 * VMR_FEATURES_LINE];

	EXPECT(vmr_features_line(&caps, line, sizeof(line)) <
	       VMR_FEATURES_LINE);
	EXPECT(VMR_FEATURES_LINE <= 900);
}

void features_line_is_cut(void)
{
	struct vmr_caps caps = everything();
	char line[VMR_FEATURES_LINE];
	int size;

	for (size = 1; size < 64; size++) {
		memset(line, '#', sizeof(line));
		EXPECT_EQ(vmr_features_line(&caps, line, size), size - 1);
		EXPECT_EQ(strlen(line), size - 1);
		EXPECT_EQ(line[size], '#');
	}
}

/* Nothing at all lacks, or what is most telling is named. */
void features_lacking(void)
{
	struct vmr_caps caps = everything();
	char line[VMR_FEATURES_LINE];

	EXPECT_EQ(vmr_features_lacking(&caps, line, sizeof(line)), 0);
	EXPECT_STR(line, "");

	caps.msr[0x48c - VMR_CAPS_FIRST_MSR] &= ~BIT_ULL(14);
	EXPECT(vmr_features_lacking(&caps, line, sizeof(line)) > 0);
	EXPECT_STR(line, " ept-write-back");

	caps.msr[0x48b - VMR_CAPS_FIRST_MSR] &= ~BIT_ULL(33);
	vmr_features_lacking(&caps, line, sizeof(line));
	EXPECT_STR(line, " ept");
}

/* What the CPU accepts, with EPT and unrestricted guest, without windows. */
void features_controls(void)
{
	int i;

	for (i = 0; i < model_count; i++) {
		struct vmr_caps caps = model_read(&models[i]);
		struct vmr_controls controls = {};
		enum vmr_caps_word word;

		if (*models[i].lacking) {
			EXPECT(vmr_features_controls(&caps, &controls) < 0);
			continue;
		}
		EXPECT_EQ(vmr_features_controls(&caps, &controls), 0);
		for (word = 0; word < VMR_CAPS_CTLS; word++) {
			u64 cap = vmr_caps_word(&caps, word);

			EXPECT_EQ(controls.word[word] & ~vmr_ctls_may(cap), 0);
			EXPECT_EQ(~controls.word[word] & vmr_ctls_must(cap), 0);
		}
		/* Page-modification logging where it is. */
		EXPECT_EQ(controls.word[VMR_CAPS_PROC2],
			  0xa2 | (vmr_caps_may(&caps, VMR_CAPS_PROC2) & BIT(17)));
		EXPECT_EQ(controls.word[VMR_CAPS_PROC] & (BIT(2) | BIT(22)), 0);
	}
}
