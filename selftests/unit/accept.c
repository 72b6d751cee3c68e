// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the decision whether a CPU's VT-x will do. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "models.h"
#include "unit.h"
#include "vmx/accept.h"
#include "vmx/caps.h"

static struct vmr_caps good(void)
{
	return model_read(model_called("corei7_skylake_x"));
}

static u64 *msr(struct vmr_caps *caps, u32 number)
{
	return &caps->msr[number - VMR_CAPS_FIRST_MSR];
}

/* Each is taken, or refused with what it lacks. */
void accept_models(void)
{
	char reason[VMR_ACCEPT_REASON], wanted[VMR_ACCEPT_REASON];
	int i;

	for (i = 0; i < model_count; i++) {
		struct vmr_caps caps = model_read(&models[i]);
		int err = vmr_accept_caps(&caps, reason, sizeof(reason));

		if (!*models[i].lacking) {
			EXPECT_EQ(err, 0);
			EXPECT_STR(reason, "");
			continue;
		}
		snprintf(wanted, sizeof(wanted),
			 "this CPU's VT-x lacks what vmring can't do without for now:%s",
			 models[i].lacking);
		EXPECT_EQ(err, -EOPNOTSUPP);
		EXPECT_STR(reason, wanted);
	}
}

/* Uncached regions, such above a page, such below 4 GB, by the bits' numbers. */
void accept_regions(void)
{
	static const struct {
		u64 clear;
		u64 set;
		int err;
	} rows[] = {
		{ 0xfull << 50, 0, -EOPNOTSUPP },
		{ 0x1fffull << 32, 0x1001ull << 32, -EOPNOTSUPP },
		{ 0, BIT_ULL(48), -EOPNOTSUPP },
		{ 0x1fffull << 32, 0x400ull << 32, 0 },
	};
	char reason[VMR_ACCEPT_REASON], wanted[VMR_ACCEPT_REASON];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct vmr_caps caps = good();
		u64 *basic = msr(&caps, 0x480);

		*basic = (*basic & ~rows[i].clear) | rows[i].set;
		snprintf(wanted, sizeof(wanted),
			 "this CPU wants VMX regions that no 64-bit CPU wants (IA32_VMX_BASIC is 0x%llx)",
			 (unsigned long long)*basic);
		EXPECT_EQ(vmr_accept_caps(&caps, reason, sizeof(reason)),
			  rows[i].err);
		EXPECT_STR(reason, rows[i].err ? wanted : "");
	}
}

/* A pin-based control that has to be 1 and must not. */
void accept_contradiction(void)
{
	char reason[VMR_ACCEPT_REASON];
	struct vmr_caps caps = good();

	*msr(&caps, 0x48d) |= BIT_ULL(20);
	EXPECT_EQ(vmr_accept_caps(&caps, reason, sizeof(reason)), -EIO);
	EXPECT_STR(reason,
		   "this CPU's VT-x contradicts itself: no control words suit it");
}

/* Never written past its end; the decision and its words stay the same. */
void accept_reason_is_cut(void)
{
	struct vmr_caps none = {}, old;
	char reason[VMR_ACCEPT_REASON], whole[VMR_ACCEPT_REASON];
	int size;

	EXPECT_EQ(vmr_accept_caps(&none, reason, sizeof(reason)), -EOPNOTSUPP);
	EXPECT(strlen(reason) < sizeof(reason) - 1);

	old = model_read(model_called("core2_penryn_t9600"));
	vmr_accept_caps(&old, whole, sizeof(whole));
	for (size = 1; size < 80; size++) {
		memset(reason, '#', sizeof(reason));
		EXPECT_EQ(vmr_accept_caps(&old, reason, size), -EOPNOTSUPP);
		EXPECT_EQ(strlen(reason), size - 1);
		EXPECT(!memcmp(reason, whole, size - 1));
		EXPECT_EQ(reason[size], '#');
	}
}
