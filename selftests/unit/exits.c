// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the exit reasons' names. */
#include <string.h>

#include <linux/kernel.h>
#include <vmring_ring.h>

#include "unit.h"
#include "vmx/exits.h"

/* The manual's numbers. */
void exits_numbers(void)
{
	static const struct {
		u16 number;
		const char *id;
	} known[] = {
		{ 0, "exception-or-nmi" }, { 1, "external-interrupt" },
		{ 2, "triple-fault" }, { 7, "interrupt-window" },
		{ 9, "task-switch" }, { 10, "cpuid" }, { 12, "hlt" },
		{ 13, "invd" }, { 18, "vmcall" }, { 19, "vmclear" },
		{ 27, "vmxon" }, { 28, "cr-access" }, { 29, "mov-dr" },
		{ 30, "io-instruction" }, { 31, "rdmsr" }, { 32, "wrmsr" },
		{ 33, "entry-guest-state" }, { 34, "entry-msr-loading" },
		{ 36, "mwait" }, { 37, "monitor-trap-flag" }, { 39, "monitor" },
		{ 40, "pause" }, { 41, "entry-machine-check" },
		{ 43, "tpr-below-threshold" }, { 48, "ept-violation" },
		{ 49, "ept-misconfiguration" }, { 50, "invept" }, { 51, "rdtscp" },
		{ 52, "preemption-timer" }, { 53, "invvpid" }, { 54, "wbinvd" },
		{ 55, "xsetbv" }, { 56, "apic-write" }, { 58, "invpcid" },
		{ 62, "pml-full" }, { 63, "xsaves" }, { 67, "umwait" },
		{ 70, "enclv" }, { 72, "enqcmd" }, { 74, "bus-lock" },
		{ 75, "instruction-timeout" }, { 79, "wrmsrlist" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(known); i++)
		EXPECT_STR(vmr_exit_id(known[i].number), known[i].id);
	EXPECT_STR(vmr_exit_name(SDM_REASON_CPUID), "CPUID");
	EXPECT_STR(vmr_exit_name(54), "WBINVD or WBNOINVD");
}

void exits_without_meaning(void)
{
	static const u16 none[] = { 35, 38, 42, 71, 80, 81, 0x7fff, 0xffff };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(none); i++) {
		EXPECT_STR(vmr_exit_id(none[i]), "");
		EXPECT_STR(vmr_exit_name(none[i]), "unknown");
	}
}

/* An id is a counter's name in the ABI: short, plain, one of its kind. */
void exits_ids(void)
{
	unsigned int i, j, found = 0;

	for (i = 0; i < VMR_EXIT_NUMBERS; i++) {
		const char *id = vmr_exit_id(i);

		if (!*id)
			continue;
		found++;
		EXPECT(strlen(id) < VMR_STAT_NAME);
		EXPECT_EQ(strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-"),
			  strlen(id));
		EXPECT(*vmr_exit_name(i));
		for (j = 0; j < i; j++) {
			EXPECT(strcmp(id, vmr_exit_id(j)));
			EXPECT(!*vmr_exit_id(j) ||
			       strcmp(vmr_exit_name(i), vmr_exit_name(j)));
		}
	}
	EXPECT_EQ(found, 76);
}
