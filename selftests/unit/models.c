// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the capability MSRs of some CPUs, as the lab's simulated ones have them
 * (the names are those of lab/run --cpu), from 0x480 up, and what has to come
 * of them.
 */
#include <stdlib.h>
#include <string.h>

#include "models.h"

const struct model models[] = {
	{
		.name = "core2_penryn_t9600",
		.msr = {
			0x00d810000000002b, 0x0000003f00000016, 0xf7f9fffe0401e172,
			0x4003ffff00036dff, 0x00003fff000011ff, 0x00000000000401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x00000000000427ff, 0x0000000000000050, 0x0000004100000000,
			0x0000000000000000, 0x0000003f00000016, 0xf7f9fffe04006172,
			0x4003ffff00036dfb, 0x00003fff000011fb, 0x0000000000000000,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"tpr-shadow", "apic-access", "virtual-nmis", "msr-bitmaps",
			"ack-on-exit", "load-perf-global-ctrl", "enter-halted",
		},
		.lacking = " ept unrestricted-guest load-efer load-pat",
	},
	{
		.name = "corei5_lynnfield_750",
		.msr = {
			0x00d810000000002b, 0x0000007f00000016, 0xfff9fffe0401e172,
			0x407fffff00036dff, 0x0000ffff000011ff, 0x00000000000401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x00000000000067ff, 0x0000000000000050, 0x0000007f00000000,
			0x00000f0106114141, 0x0000007f00000016, 0xfff9fffe04006172,
			0x407fffff00036dfb, 0x0000ffff000011fb, 0x0000000000000000,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"ept", "ept-2m", "ept-exec-only", "vpid", "tpr-shadow",
			"apic-access", "x2apic-mode", "preemption-timer",
			"save-preemption-timer", "monitor-trap-flag",
			"virtual-nmis", "msr-bitmaps", "ack-on-exit", "rdtscp",
			"descriptor-exiting", "load-efer", "load-pat",
			"load-perf-global-ctrl", "enter-halted",
		},
		.lacking = " unrestricted-guest",
	},
	{
		.name = "corei7_sandy_bridge_2600k",
		.msr = {
			0x00d810000000002b, 0x0000007f00000016, 0xfff9fffe0401e172,
			0x407fffff00036dff, 0x0000ffff000011ff, 0x00000000000401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x00000000000627ff, 0x0000000000000050, 0x000000ef00000000,
			0x00000f0106114141, 0x0000007f00000016, 0xfff9fffe04006172,
			0x407fffff00036dfb, 0x0000ffff000011fb, 0x0000000000000000,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"ept", "ept-2m", "ept-exec-only", "vpid",
			"unrestricted-guest", "tpr-shadow", "apic-access",
			"preemption-timer", "save-preemption-timer",
			"monitor-trap-flag", "virtual-nmis", "msr-bitmaps",
			"ack-on-exit", "rdtscp", "descriptor-exiting", "load-efer",
			"load-pat", "load-perf-global-ctrl", "enter-halted",
		},
		.lacking = "",
	},
	{
		.name = "corei7_haswell_4770",
		.msr = {
			0x00d810000000002b, 0x0000007f00000016, 0xfff9fffe0401e172,
			0x407fffff00036dff, 0x0000ffff000011ff, 0x00000000200401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x00000000001727ff, 0x0000000000000050, 0x00047fff00000000,
			0x00000f0106334141, 0x0000007f00000016, 0xfff9fffe04006172,
			0x407fffff00036dfb, 0x0000ffff000011fb, 0x0000000000000001,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"ept", "ept-ad", "ept-2m", "ept-1g", "ept-exec-only",
			"ept-violation-ve", "vpid", "unrestricted-guest",
			"tpr-shadow", "apic-access", "apic-register-virt",
			"virtual-interrupt-delivery", "x2apic-mode",
			"preemption-timer", "save-preemption-timer",
			"monitor-trap-flag", "virtual-nmis", "msr-bitmaps",
			"ack-on-exit", "pause-loop-exiting", "rdtscp", "invpcid",
			"vmfunc", "shadow-vmcs", "descriptor-exiting", "load-efer",
			"load-pat", "load-perf-global-ctrl", "enter-halted",
		},
		.lacking = "",
	},
	{
		.name = "corei3_cnl",
		.msr = {
			0x00d810000000002b, 0x0000007f00000016, 0xfff9fffe0401e172,
			0x407fffff00036dff, 0x0000ffff000011ff, 0x00000000600401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x0000000000772fff, 0x0000000000000050, 0x02557cff00000000,
			0x00000f0106734141, 0x0000007f00000016, 0xfff9fffe04006172,
			0x407fffff00036dfb, 0x0000ffff000011fb, 0x0000000000000001,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"ept", "ept-ad", "ept-2m", "ept-1g", "ept-exec-only",
			"ept-mode-based-exec", "ept-violation-ve", "vpid",
			"unrestricted-guest", "tpr-shadow", "apic-access",
			"x2apic-mode", "preemption-timer", "save-preemption-timer",
			"monitor-trap-flag", "virtual-nmis", "msr-bitmaps",
			"ack-on-exit", "pause-loop-exiting", "tsc-scaling",
			"rdtscp", "invpcid", "xsaves", "vmfunc", "shadow-vmcs",
			"descriptor-exiting", "load-efer", "load-pat",
			"load-perf-global-ctrl", "enter-halted",
		},
		.lacking = "",
	},
	{
		.name = "corei7_skylake_x",
		.msr = {
			0x00d810000000002b, 0x000000ff00000016, 0xfff9fffe0401e172,
			0x407fffff00036dff, 0x0000ffff000011ff, 0x00000000600401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x00000000003727ff, 0x0000000000000050, 0x02577fff00000000,
			0x00000f0106734141, 0x000000ff00000016, 0xfff9fffe04006172,
			0x407fffff00036dfb, 0x0000ffff000011fb, 0x0000000000000001,
			0x0000000000000000, 0x0000000000000000,
		},
		.found = {
			"ept", "ept-ad", "ept-2m", "ept-1g", "ept-exec-only",
			"ept-mode-based-exec", "ept-violation-ve", "pml", "vpid",
			"unrestricted-guest", "tpr-shadow", "apic-access",
			"apic-register-virt", "virtual-interrupt-delivery",
			"x2apic-mode", "posted-interrupts", "preemption-timer",
			"save-preemption-timer", "monitor-trap-flag",
			"virtual-nmis", "msr-bitmaps", "ack-on-exit",
			"pause-loop-exiting", "tsc-scaling", "rdtscp", "invpcid",
			"xsaves", "vmfunc", "shadow-vmcs", "descriptor-exiting",
			"load-efer", "load-pat", "load-perf-global-ctrl",
			"enter-halted",
		},
		.lacking = "",
	},
	{
		.name = "sapphire_rapids",
		.msr = {
			0x01d8100000000004, 0x000000ff00000016, 0xfffbfffe0401e172,
			0xf87fffff00036dff, 0x0058ffff000011ff, 0x00000000600401e0,
			0x0000000080000021, 0x00000000ffffffff, 0x0000000000002000,
			0x0000000003f73fff, 0x0000000000000050, 0x06d77fff00000000,
			0x00000f0106f34141, 0x000000ff00000016, 0xfffbfffe04006172,
			0xf87fffff00036dfb, 0x0058ffff000011fb, 0x0000000000000001,
			0x0000000000000080, 0x000000000100000c,
		},
		.found = {
			"ept", "ept-ad", "ept-2m", "ept-1g", "ept-exec-only",
			"ept-mode-based-exec", "ept-violation-ve", "pml", "vpid",
			"unrestricted-guest", "tpr-shadow", "apic-access",
			"apic-register-virt", "virtual-interrupt-delivery",
			"x2apic-mode", "posted-interrupts", "preemption-timer",
			"save-preemption-timer", "monitor-trap-flag",
			"virtual-nmis", "msr-bitmaps", "ack-on-exit",
			"pause-loop-exiting", "tsc-scaling", "rdtscp", "invpcid",
			"xsaves", "umwait", "vmfunc", "shadow-vmcs",
			"descriptor-exiting", "load-efer", "load-pat",
			"load-perf-global-ctrl", "load-cet", "load-pkrs",
			"virt-spec-ctrl", "enter-halted",
		},
		.lacking = "",
	},
};

const int model_count = ARRAY_SIZE(models);

struct vmr_caps model_read(const struct model *model)
{
	struct vmr_caps caps = {};
	u32 msr;

	for (msr = VMR_CAPS_FIRST_MSR; msr <= VMR_CAPS_LAST_MSR; msr++)
		if (vmr_caps_exists(&caps, msr))
			caps.msr[msr - VMR_CAPS_FIRST_MSR] =
				model->msr[msr - VMR_CAPS_FIRST_MSR];
	return caps;
}

const struct model *model_called(const char *name)
{
	int i;

	for (i = 0; i < model_count; i++)
		if (!strcmp(models[i].name, name))
			return &models[i];
	abort();
}
