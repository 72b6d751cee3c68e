// SPDX-License-Identifier: GPL-2.0
/*
 * The tours of an OUT and of a posted write: what docs/tour.md says is what happens. Its
 * table is read, each stop gets a probe (an event of vmring's own is one already), a guest
 * executes the OUT, and the trace has to pass the stops in their order. Those in vmrun,
 * which isn't there, are left out.
 *
 * A function that the compiler has made part of another has no place for a probe: then
 * the functions that the stop's text names stand for it. A stop in assembly lies between
 * two events, and shows by them.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "vm_test.h"

#define TRACEFS		"/sys/kernel/tracing/"
#define STOPS		10
#define MARKS		4	/* of a stop, in the trace */
#define NAME		64
#define WORDS		512

struct stop {
	char file[WORDS];
	char function[WORDS];
	char text[WORDS];
	char event[WORDS];
	char mark[MARKS][NAME + 8];
	unsigned int marks;
};

/* ---- docs/tour.md, which lies beside this program ---- */

static FILE *open_tour(void)
{
	char path[512];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 16);

	if (length < 0)
		return NULL;
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, "tour.md");
	return fopen(path, "r");
}

/* What lies between the table's bars, without blanks at both ends; false: no more. */
static bool cell(char **line, char *to)
{
	char *end = strchr(*line, '|');
	size_t size;

	if (!end)
		return false;
	while (**line == ' ')
		(*line)++;
	size = end - *line;
	while (size && (*line)[size - 1] == ' ')
		size--;
	if (size >= WORDS)
		return false;
	memcpy(to, *line, size);
	to[size] = '\0';
	*line = end + 1;
	return true;
}

static bool parse_stop(char *line, unsigned int number, struct stop *stop)
{
	char counted[WORDS], wanted[16];

	snprintf(wanted, sizeof(wanted), "%u", number);
	return *line++ == '|' && cell(&line, counted) && !strcmp(wanted, counted) &&
	       cell(&line, stop->file) && cell(&line, stop->function) &&
	       cell(&line, stop->text) && cell(&line, stop->event);
}

/* How many stops the tour under this heading has. */
static unsigned int read_tour(const char *heading, struct stop *stops)
{
	unsigned int count = 0;
	bool is_there = false;
	char line[4 * WORDS];
	FILE *f = open_tour();

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, "## ", 3))
			is_there = !strcmp(line, heading);
		if (is_there && count < STOPS && parse_stop(line, count + 1, &stops[count]))
			count++;
	}
	if (f)
		fclose(f);
	return count;
}

/* The next "`NAME()`" of a text; NULL if there is none. */
static const char *next_function(const char *text, char *name)
{
	const char *at, *end;

	for (at = strchr(text, '`'); at; at = strchr(end + 1, '`')) {
		at++;
		end = strchr(at, '`');
		if (!end)
			return NULL;
		if (end - at < 3 || end - at - 2 >= NAME || strncmp(end - 2, "()", 2))
			continue;
		memcpy(name, at, end - at - 2);
		name[end - at - 2] = '\0';
		return end + 1;
	}
	return NULL;
}

/* ---- probes ---- */

/* Not by stdio, which seeks to the end of what it appends to: there is none. */
static bool put(const char *name, int how, const char *text)
{
	size_t size = strlen(text);
	char path[100];
	bool done;
	int fd;

	snprintf(path, sizeof(path), TRACEFS "%s", name);
	fd = open(path, O_WRONLY | how);
	if (fd < 0)
		return false;
	done = write(fd, text, size) == (ssize_t)size;
	return !close(fd) && done;
}

static void add_mark(struct stop *stop, const char *name)
{
	if (stop->marks < MARKS)
		snprintf(stop->mark[stop->marks++], NAME + 8, " %s:", name);
}

static void probe_module(struct stop *stop, unsigned int number, const char *function)
{
	char name[NAME], text[3 * NAME];

	snprintf(name, sizeof(name), "stop%u_%.40s", number, function);
	snprintf(text, sizeof(text), "p:tour/%s vmring:%s\n", name, function);
	if (put("kprobe_events", O_APPEND, text))
		add_mark(stop, name);
}

/* The user space of the tour is this program. */
static const struct {
	const char *name;
	void *at;
} own[] = {
	{ "vcpu_answer", vcpu_answer },
};

/* Where an address of this program is in its file; 0: nowhere. */
static unsigned long file_offset(const void *address)
{
	unsigned long start, end, offset, at = (uintptr_t)address;
	unsigned long found = 0;
	char line[1024];
	FILE *f = fopen("/proc/self/maps", "r");

	while (f && !found && fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx %*s %lx", &start, &end, &offset) == 3 &&
		    start <= at && at < end)
			found = at - start + offset;
	if (f)
		fclose(f);
	return found;
}

static void probe_own(struct stop *stop, unsigned int number, const char *function)
{
	char name[NAME], text[1024], path[512];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(own) && length > 0; i++) {
		if (strcmp(own[i].name, function))
			continue;
		path[length] = '\0';
		snprintf(name, sizeof(name), "stop%u_%.40s", number, function);
		snprintf(text, sizeof(text), "p:tour/%s %s:0x%lx\n", name, path,
			 file_offset(own[i].at));
		if (put("uprobe_events", O_APPEND, text))
			add_mark(stop, name);
	}
}

static void probe_event(struct stop *stop)
{
	char name[NAME];

	if (sscanf(stop->event, "`vmring:%50[a-z_]`", name) == 1)
		add_mark(stop, name);
}

static void probe_stop(struct stop *stop, unsigned int number)
{
	const char *text = stop->text;
	char name[NAME];

	probe_event(stop);
	if (!next_function(stop->function, name))
		return;
	if (strncmp(stop->file, "module/", 7)) {
		probe_own(stop, number, name);
		return;
	}
	probe_module(stop, number, name);
	while (!stop->marks && (text = next_function(text, name)))
		probe_module(stop, number, name);
}

static bool is_assembly(const struct stop *stop)
{
	return !strcmp(stop->file + strlen(stop->file) - 2, ".S");
}

static bool is_in_vmrun(const struct stop *stop)
{
	return !strncmp(stop->file, "userspace/vmrun/", 16);
}

static void probe_stops(struct stop *stops)
{
	unsigned int i;

	for (i = 0; i < STOPS; i++)
		if (!is_in_vmrun(&stops[i]))
			probe_stop(&stops[i], i + 1);
}

static bool begin_trace(void)
{
	return put("trace", O_TRUNC, "") && put("events/vmring/enable", O_TRUNC, "1") &&
	       put("events/tour/enable", O_TRUNC, "1");
}

static void remove_probes(void)
{
	put("events/tour/enable", O_TRUNC, "0");
	put("events/vmring/enable", O_TRUNC, "0");
	put("kprobe_events", O_APPEND, "-:tour/\n");
	put("uprobe_events", O_APPEND, "-:tour/\n");
}

/* ---- the trace ---- */

static void take_trace(char *text, size_t size)
{
	FILE *f = fopen(TRACEFS "trace", "r");
	size_t used = f ? fread(text, 1, size - 1, f) : 0;

	text[used] = '\0';
	if (f)
		fclose(f);
}

/* Behind the last of this stop's marks, all of which come after at; else NULL. */
static const char *pass(const struct stop *stop, const char *at)
{
	const char *last = at, *found;
	unsigned int i;

	for (i = 0; i < stop->marks; i++) {
		found = strstr(at, stop->mark[i]);
		if (!found)
			return NULL;
		if (found > last)
			last = found;
	}
	return last;
}

static bool has_probes(void)
{
	return !access(TRACEFS "kprobe_events", W_OK) && !access(TRACEFS "uprobe_events", W_OK);
}

GUEST64(out, "out %al, $0x80; hlt");

FIXTURE(tour) {
	struct vm vm;
	struct vcpu cpu;
	struct stop stops[STOPS];
	char trace[65536];
	long long mark;
};

FIXTURE_SETUP(tour)
{
	self->mark = klog_mark();
	vm_create_with_ram(&self->vm, VMR_VM_FEATURES, GUEST_RAM);
	vcpu_create(&self->vm, 0, &self->cpu);
}

FIXTURE_TEARDOWN(tour)
{
	remove_probes();
	vcpu_destroy(&self->cpu);
	vm_destroy(&self->vm);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

/* Where in the trace the last stop is behind, having passed each in turn. */
#define ASSERT_PASSES(stops)							\
	({									\
		const char *at_ = self->trace;					\
		const struct stop *stop_;					\
										\
		for (stop_ = stops; stop_ < stops + STOPS; stop_++) {		\
			if (is_in_vmrun(stop_))					\
				continue;					\
			EXPECT_TRUE(stop_->marks || is_assembly(stop_))		\
				TH_LOG("%s of %s can't be seen", stop_->function, stop_->file); \
			at_ = pass(stop_, at_);					\
			ASSERT_NE(NULL, at_)					\
				TH_LOG("%s of %s isn't passed (by then) in:\n%s", \
				       stop_->function, stop_->file, self->trace); \
		}								\
		at_;								\
	})

TEST_F(tour, passes_each_stop)
{
	const char *at;

	SKIP_ON_KVM();
	if (!has_probes())
		SKIP(return, "this kernel has no probes");
	ASSERT_EQ(STOPS, read_tour("## An OUT\n", self->stops));
	probe_stops(self->stops);
	vcpu_start(&self->cpu, GUEST_LONG, guest(out));
	ASSERT_TRUE(begin_trace());
	ASSERT_OUT(0x80, 0, &self->cpu);
	ASSERT_EXIT("hlt", &self->cpu);
	ASSERT_TRUE(put("events/tour/enable", O_TRUNC, "0"));
	take_trace(self->trace, sizeof(self->trace));

	at = ASSERT_PASSES(self->stops);
	/* Then it is stop 1 again. */
	EXPECT_NE(NULL, pass(&self->stops[0], at));
}

/* The next of these events; NULL if there is none. */
static const char *next_event(const char *at, const char *name)
{
	char mark[NAME];

	snprintf(mark, sizeof(mark), " %s:", name);
	return strstr(at, mark);
}

/* The guest enters once more before it leaves RUN. */
TEST_F(tour, passes_each_stop_of_a_posted_write)
{
	const struct vmr_region region = {
		.region = 1, .write = VMR_WRITE_POSTED, .addr = 0x80, .length = 1,
	};
	const char *at, *entry, *leave;

	SKIP_ON_KVM();
	if (!has_probes())
		SKIP(return, "this kernel has no probes");
	ASSERT_EQ(STOPS, read_tour("## A posted write\n", self->stops));
	probe_stops(self->stops);
	ASSERT_EQ(0, vm_region(&self->vm, &region));
	ASSERT_EQ(0, vcpu_set_ring(&self->cpu, 16, 1000000));
	vcpu_start(&self->cpu, GUEST_LONG, guest(out));
	ASSERT_TRUE(begin_trace());
	ASSERT_EXIT("hlt", &self->cpu);
	ASSERT_TRUE(put("events/tour/enable", O_TRUNC, "0"));
	take_trace(self->trace, sizeof(self->trace));

	at = ASSERT_PASSES(self->stops);
	entry = next_event(at, "vmring_entry");
	leave = next_event(at, "vmring_user_exit");
	ASSERT_NE(NULL, entry);
	ASSERT_NE(NULL, leave);
	EXPECT_LT(entry, leave)
		TH_LOG("the guest doesn't go on at once in:\n%s", self->trace);
}

TEST_HARNESS_MAIN
