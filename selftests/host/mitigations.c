// SPDX-License-Identifier: GPL-2.0
/*
 * The measures against bugs of CPUs do what vmring says that it has chosen. The cases
 * mitigations-... look at the choices themselves.
 */
#include <stdio.h>
#include <string.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define CHOICES		"/sys/kernel/debug/vmring/mitigations"
#define L1D		"L1 data cache at VM entry: "

GUEST64(fast_exits, "xor %eax, %eax; cpuid; xor %eax, %eax; cpuid; xor %eax, %eax; cpuid;"
	"xor %eax, %eax; out %al, $0x80; hlt");

/* What follows the name in its line; NULL: there is no such line. */
static const char *choice(const char *name, char line[200])
{
	FILE *file = fopen(CHOICES, "r");
	const char *found = NULL;

	while (file && !found && fgets(line, 200, file))
		if (!strncmp(line, name, strlen(name)))
			found = line + strlen(name);
	if (file)
		fclose(file);
	return found;
}

static long long entries(const struct vcpu *cpu)
{
	return vcpu_counter(cpu, "cpuid") + vcpu_counter(cpu, "io-instruction") +
	       vcpu_counter(cpu, "hlt") + vcpu_counter(cpu, "ept-violation") +
	       vcpu_counter(cpu, "external-interrupt") +
	       vcpu_counter(cpu, "exception-or-nmi");
}

TEST_F(vm, l1d_flushes)
{
	long long bursts, flushes;
	const char *chosen;
	char line[200];

	SKIP_ON_KVM();
	if (access(CHOICES, F_OK))
		SKIP(return, "debugfs is not mounted");
	chosen = choice(L1D, line);
	ASSERT_NE(NULL, chosen);
	vcpu_start(&self->cpu, GUEST_LONG, guest(fast_exits));
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);

	flushes = vcpu_counter(&self->cpu, "l1d-flushes");
	bursts = vcpu_counter(&self->cpu, "bursts") -
		 vcpu_counter(&self->cpu, "bursts-ended-by-request");
	EXPECT_LE(bursts + 3, entries(&self->cpu));
	if (!strncmp(chosen, "flushed at each VM entry", 24)) {
		EXPECT_EQ(entries(&self->cpu), flushes);
	} else if (!strncmp(chosen, "flushed at the first VM entry of a burst", 40)) {
		EXPECT_EQ(bursts, flushes);
	} else {
		EXPECT_EQ(0, flushes);
	}
}

TEST_HARNESS_MAIN
