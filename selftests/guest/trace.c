// SPDX-License-Identifier: GPL-2.0
/*
 * The trace events: what docs/tour.md names comes, in the order of its stops.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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
		"vmring_reply: vcpu 0 seq 1 flags 0x0\n",
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

/* A trace event that reads the process's memory faults there, on the host's CR2. */
GUEST64(keeps_cr2,
	"	mov	$0x12345000, %rbx;"
	"	mov	%rbx, %cr2;"
	"	push	%rbx;"
	"	xor	%eax, %eax;"
	"	cpuid;"
	"	pop	%rbx;"
	"	mov	%cr2, %rax;"
	"	hlt");

static long run_with_frame(int fd, void *frame)
{
	long result;

	asm volatile("push %%rbp; mov %[frame], %%rbp; syscall; pop %%rbp"
		     : "=a" (result)
		     : "a" (SYS_ioctl), "D" ((long)fd), "S" ((unsigned long)VMR_RUN),
		       "d" (0l), [frame] "r" (frame)
		     : "rcx", "r11", "memory");
	return result;
}

TEST_F(vm, cr2_while_user_stacks_are_traced)
{
	void *gone = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	long result;

	SKIP_ON_KVM();
	if (access(TRACEFS "events/vmring/vmring_exit/enable", W_OK) ||
	    !put("options/userstacktrace", "1"))
		SKIP(return, "this kernel doesn't trace user stacks");
	vcpu_start(&self->cpu, GUEST_LONG, guest(keeps_cr2));
	ASSERT_TRUE(put("events/vmring/vmring_exit/enable", "1"));
	result = run_with_frame(self->cpu.fd, gone);
	EXPECT_TRUE(put("events/vmring/vmring_exit/enable", "0"));
	EXPECT_TRUE(put("options/userstacktrace", "0"));
	EXPECT_TRUE(put("trace", ""));
	ASSERT_EQ(0, result);
	EXPECT_EQ(0x12345000, vcpu_gpr(&self->cpu, VMR_RBX));
	EXPECT_EQ(0x12345000, vcpu_gpr(&self->cpu, VMR_RAX));
}

TEST_HARNESS_MAIN
