// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the record of what guests did, by which two backends are compared
 * (scripts/compare-records):
 *
 * VMR_TEST_RECORD=FILE in the environment: each exit, and at a vCPU's end its
 * registers, a line each:
 *
 *	PROGRAM TEST VM.VCPU exit out PORT SIZE DATA	(likewise in, with a count)
 *	PROGRAM TEST VM.VCPU exit write ADDRESS SIZE DATA	(likewise read)
 *	PROGRAM TEST VM.VCPU exit NAME
 *	PROGRAM TEST VM.VCPU end REGISTER=VALUE...
 *
 * Ends of RUN by a signal or a kick are left out: when they come is chance.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vm.h"

#define PIECE	8	/* of device memory; KVM has exits for no more at once */
#define LINE	(2 * 4096 + 256)
#define FINISHED 64	/* exits of one instruction, at most */

static const char *test = "-";
static __thread bool paused;

struct line {
	char text[LINE];
	size_t used;
};

static const char *path(void)
{
	return getenv("VMR_TEST_RECORD");
}

bool vm_for_both(void)
{
	return vm_is_kvm() || path();
}

void vm_record_test(const char *fixture, const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s.%s", fixture, name);
	test = text;
}

static void __attribute__((format(printf, 2, 3))) add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list args;
	int more;

	va_start(args, format);
	more = vsnprintf(line->text + line->used, room, format, args);
	va_end(args);
	errno = E2BIG;
	if (more < 0 || (size_t)more >= room)
		vm_die("a line of VMR_TEST_RECORD");
	line->used += more;
}

static void add_data(struct line *line, const volatile uint8_t *data, size_t size)
{
	size_t i;

	add(line, " ");
	for (i = 0; i < size; i++)
		add(line, "%02x", data[i]);
}

static void begin(struct line *line, const struct vcpu *cpu, const char *what)
{
	line->used = 0;
	add(line, "%s %s %u.%u %s", program_invocation_short_name, test, cpu->vm->serial,
	    cpu->id, what);
}

/* In one write: threads have vCPUs of their own, and the file is theirs together. */
static void put(struct line *line)
{
	static int fd = -1;

	if (fd < 0)
		fd = open(path(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	add(line, "\n");
	if (fd < 0 || write(fd, line->text, line->used) != (ssize_t)line->used)
		vm_die(path());
}

static void put_port(struct line *line, const struct vcpu *cpu)
{
	const struct vmr_exit *exit = &cpu->exit;
	bool is_string = exit->flags & VMR_EXIT_STRING;
	unsigned int count = is_string ? exit->count : 1;

	add(line, " %s 0x%llx %u", exit->flags & VMR_EXIT_WRITE ? "out" : "in",
	    (unsigned long long)exit->addr, exit->size);
	if (exit->flags & VMR_EXIT_WRITE)
		add_data(line, is_string ? cpu->bulk : exit->data, count * exit->size);
	else
		add(line, " %u", count);
	put(line);
}

static void put_memory(struct line *line, const struct vcpu *cpu)
{
	const struct vmr_exit *exit = &cpu->exit;
	unsigned int at = 0, size;
	bool is_write = exit->flags & VMR_EXIT_WRITE;

	do {
		size = exit->size - at < PIECE ? exit->size - at : PIECE;
		begin(line, cpu, "exit");
		add(line, " %s 0x%llx %u", is_write ? "write" : "read",
		    (unsigned long long)exit->addr + at, size);
		if (is_write)
			add_data(line, exit->data + at, size);
		put(line);
		at += size;
	} while (at < exit->size);
}

void vm_record_exit(const struct vcpu *cpu)
{
	static __thread struct line line;

	if (!path() || paused)
		return;
	begin(&line, cpu, "exit");
	switch (cpu->exit.reason) {
	case VMR_EXIT_INTERRUPTED:
	case VMR_EXIT_KICKED:
		return;
	case VMR_EXIT_IO:
		put_port(&line, cpu);
		return;
	case VMR_EXIT_MMIO:
		put_memory(&line, cpu);
		return;
	}
	add(&line, " %s", exit_name(&cpu->exit));
	put(&line);
}

static void add_segment(struct line *line, const char *name, const struct vmr_segment *segment)
{
	add(line, " %s=%x", name, segment->selector);
	if (segment->access & VMR_SEGMENT_UNUSABLE)
		add(line, " %s.access=unusable", name);
	else
		add(line, " %s.base=%llx %s.limit=%x %s.access=%x", name,
		    (unsigned long long)segment->base, name, segment->limit, name,
		    segment->access);
}

static void add_registers(struct line *line, const struct vmr_state *s)
{
	static const char *const gprs[VMR_GPRS] = {
		"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
		"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
	};
	static const char *const segments[VMR_SEGMENTS] = {
		"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr",
	};
	const struct {
		const char *name;
		uint64_t value;
	} others[] = {
		{ "rip", s->rip }, { "rflags", s->rflags },
		{ "cr0", s->cr0 }, { "cr2", s->cr2 }, { "cr3", s->cr3 }, { "cr4", s->cr4 },
		{ "cr8", s->cr8 }, { "efer", s->efer }, { "xcr0", s->xcr0 },
		{ "gdtr.base", s->gdtr.base }, { "gdtr.limit", s->gdtr.limit },
		{ "idtr.base", s->idtr.base }, { "idtr.limit", s->idtr.limit },
		{ "dr0", s->dr[0] }, { "dr1", s->dr[1] }, { "dr2", s->dr[2] },
		{ "dr3", s->dr[3] }, { "dr6", s->dr6 }, { "dr7", s->dr7 },
		{ "shadows", s->events.flags & (VMR_EVENT_STI_SHADOW | VMR_EVENT_SS_SHADOW) },
		{ "nmi-blocked", !!(s->events.flags & VMR_EVENT_NMI_BLOCKED) },
	};
	unsigned int i;

	for (i = 0; i < VMR_GPRS; i++)
		add(line, " %s=%llx", gprs[i], (unsigned long long)s->gpr[i]);
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		add(line, " %s=%llx", others[i].name, (unsigned long long)others[i].value);
	for (i = 0; i < VMR_SEGMENTS; i++)
		add_segment(line, segments[i], &s->segment[i]);
}

/*
 * The last instruction is finished, with zeroes for what it wants to know: within one,
 * backends differ in what is done first.
 */
static void finish(struct vcpu *cpu)
{
	unsigned int i, flags;

	paused = true;
	cpu->control->immediate_exit = 1;
	for (i = 0; cpu->waits && i < FINISHED; i++) {
		flags = cpu->exit.reason == VMR_EXIT_MMIO && !cpu->exit.size ? VMR_REPLY_RETRY : 0;
		if (!cpu->answered)
			vcpu_answer_flags(cpu, flags, 0);
		if (vcpu_run(cpu) == EPROTO)
			break;
	}
	cpu->control->immediate_exit = 0;
	paused = false;
}

void vm_record_end(struct vcpu *cpu)
{
	struct vmr_state state;
	struct line line;

	if (!path())
		return;
	finish(cpu);
	vcpu_get(cpu, &state);
	begin(&line, cpu, "end");
	add_registers(&line, &state);
	put(&line);
}
