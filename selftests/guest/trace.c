// SPDX-License-Identifier: GPL-2.0
/*
 * The trace events: what docs/tour.md names comes, in the order of its stops.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define TRACEFS		"/sys/kernel/tracing/"

static bool put(const char *name, const char *text)
{
	char path[100];
	bool done;
	FILE *f;

	snprintf(path, sizeof(path), TRACEFS "%s", name);
	f = fopen(path, "w");
	if (!f)
		return false;
	fputs(text, f);
	done = !fclose(f);
	return done;
}

/* The trace's lines of this vCPU, in the order of time. */
static void take_trace(char *text, size_t size)
{
	char line[512], *event;
	size_t used = 0;
	FILE *f = fopen(TRACEFS "trace", "r");

	text[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		event = strstr(line, "vmring_");
		if (event && strstr(event, ": vcpu 0") && used + strlen(event) < size) {
			strcpy(text + used, event);
			used += strlen(event);
		}
	}
	if (f)
		fclose(f);
}

/* A page that isn't mapped yet, an OUT, and an interrupt. */
GUEST64(traced,
	"	mov	0x40000000, %eax;"
	"	out	%al, $0x80;"
	"	sti;"
	"	nop;"
	"	hlt");

TEST_F(vm, trace_events)
{
	static const char *const wanted[] = {
		"vmring_entry: vcpu 0\n",
		"vmring_exit: vcpu 0 reason 48\n",
		"vmring_ept_fault: vcpu 0 gpa 0x40000000 access 0x1 level ",
		"vmring_entry: vcpu 0\n",
		"vmring_exit: vcpu 0 reason 30\n",
		"vmring_user_exit: vcpu 0 reason 1 addr 0x80 seq 1\n",
		"vmring_inject: vcpu 0 vector 48 type 0\n",
		"vmring_entry: vcpu 0\n",
		"vmring_exit: vcpu 0 reason 12\n",
		"vmring_user_exit: vcpu 0 reason 5 addr 0x0 seq 2\n",
	};
	static char text[65536];
	const char *at = text;
	size_t i;

	SKIP_ON_KVM();
	if (access(TRACEFS "events/vmring/enable", W_OK))
		SKIP(return, "this kernel has no trace events");
	ASSERT_ERRNO(0, vm_slot(&self->vm, 1, 0x40000000, memory_get(4096, 4096), 4096, 0));
	vcpu_start(&self->cpu, GUEST_LONG, guest(traced));
	vm_traps(&self->vm)->resume[48] = 1;
	ASSERT_TRUE(put("trace", ""));
	ASSERT_TRUE(put("events/vmring/enable", "1"));
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_ERRNO(0, vcpu_inject(&self->cpu, VMR_INJECT_INTERRUPT, 48));
	ASSERT_EXIT("hlt", &self->cpu);
	ASSERT_TRUE(put("events/vmring/enable", "0"));
	take_trace(text, sizeof(text));
	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		at = strstr(at, wanted[i]);
		ASSERT_NE(NULL, at)
			TH_LOG("no (later) %s in:\n%s", wanted[i], text);
		at += strlen(wanted[i]);
	}
	EXPECT_EQ(1, vm_traps(&self->vm)->count[48]);
}

TEST_HARNESS_MAIN
