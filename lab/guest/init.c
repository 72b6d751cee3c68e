// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the simulated machine's user space: the first process. It unpacks what
 * the host sends into the root folder, loads the module, runs the one command,
 * passes its streams and the kernel's log to the host, and ends the machine.
 */

#define _GNU_SOURCE
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "../lib/port.h"

#define CHUNK		65536
#define PAGE		4096
#define PAGEMAP_PRESENT	(1ull << 63)
#define STDIN_POLL_MS	10
#define LAB_FAILED	125

/* ---- the lab port ---- */

static void port_send(unsigned int stream, const void *data, size_t size)
{
	const void *from = data;
	size_t words = size / 4, bytes = size % 4;

	asm volatile("rep outsl" : "+S"(from), "+c"(words) : "d"(LAB_DATA(stream)) : "memory");
	asm volatile("rep outsb" : "+S"(from), "+c"(bytes) : "d"(LAB_DATA(stream)) : "memory");
}

static void port_receive(unsigned int stream, void *data, size_t size)
{
	void *to = data;
	size_t words = size / 4, bytes = size % 4;

	asm volatile("rep insl" : "+D"(to), "+c"(words) : "d"(LAB_DATA(stream)) : "memory");
	asm volatile("rep insb" : "+D"(to), "+c"(bytes) : "d"(LAB_DATA(stream)) : "memory");
}

static void port_flush(unsigned int stream)
{
	outb(stream, LAB_FLUSH);
}

static void control(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void control(const char *format, ...)
{
	char line[64];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	port_send(LAB_CONTROL, line, size);
	port_flush(LAB_CONTROL);
}

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
	char line[512];
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (size >= (int)sizeof(line))
		size = sizeof(line) - 1;
	port_send(LAB_STDERR, line, size);
	port_flush(LAB_STDERR);
}

/* ---- the kernel's log ---- */

static int kmsg = -1;

/* klog_record: "priority,sequence,microseconds,flags;text" as dmesg would show it. */
static void klog_record(char *record, ssize_t size)
{
	char line[8192 + 32];
	unsigned long long time_us;
	char *text, *end;
	int used;

	record[size] = '\0';
	text = strchr(record, ';');
	if (!text || sscanf(record, "%*u,%*u,%llu,", &time_us) != 1)
		return;
	*text++ = '\0';
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	used = snprintf(line, sizeof(line), "[%5llu.%06llu] %s\n",
			time_us / 1000000, time_us % 1000000, text);
	port_send(LAB_KLOG, line, used);
}

/* The kernel's buffer was faster than we: a complaint may have been there. */
static void klog_lost(void)
{
	static const char line[] = "[    0.000000] lab: BUG: lines of the kernel's log were lost\n";

	port_send(LAB_KLOG, line, sizeof(line) - 1);
}

static void klog_forward(void)
{
	char record[8192];
	ssize_t size;

	for (;;) {
		size = read(kmsg, record, sizeof(record) - 1);
		if (size > 0)
			klog_record(record, size);
		else if (size < 0 && errno == EPIPE)
			klog_lost();
		else
			break;
	}
	port_flush(LAB_KLOG);
}

static void end_machine(int status) __attribute__((noreturn));
static void end_machine(int status)
{
	klog_forward();
	control("exit %d\n", status);
	for (;;)
		outb(0, LAB_EXIT);
}

static void lab_failed(const char *what, const char *name) __attribute__((noreturn));
static void lab_failed(const char *what, const char *name)
{
	complain("lab: in the simulated machine: %s %s: %s\n", what, name, strerror(errno));
	end_machine(LAB_FAILED);
}

/* ---- what the host sends ---- */

/*
 * The host's bytes come a page at a time, straight into memory: word by word
 * through a port would take longer than the boot. The page must stay where it
 * is in physical memory; a pipe that refers to it sees to that.
 */
static char files[PAGE] __attribute__((aligned(PAGE)));
static size_t files_next, files_have;
static uint32_t files_page;

static void files_pin(void)
{
	struct iovec page = { .iov_base = files, .iov_len = sizeof(files) };
	off_t at = (uintptr_t)files / PAGE * sizeof(uint64_t);
	int map = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC), pipe_fds[2];
	uint64_t entry = 0;

	memset(files, 0, sizeof(files));
	if (pipe2(pipe_fds, O_CLOEXEC) || vmsplice(pipe_fds[1], &page, 1, 0) != PAGE)
		lab_failed("pinning", "a page");
	if (pread(map, &entry, sizeof(entry), at) != sizeof(entry) || !(entry & PAGEMAP_PRESENT))
		lab_failed("reading", "/proc/self/pagemap");
	files_page = (uint32_t)entry;
	close(map);
}

static bool files_fill(void)
{
	if (files_next < files_have)
		return true;
	outl(files_page, LAB_PAGE);
	files_have = inl(LAB_PAGE);
	files_next = 0;
	return files_have > 0;
}

static bool files_line(char *line, size_t room)
{
	size_t used = 0;

	while (files_fill()) {
		char c = files[files_next++];

		if (c == '\n') {
			line[used] = '\0';
			return true;
		}
		if (used < room - 1)
			line[used++] = c;
	}
	return false;
}

static void make_folders(char *path)
{
	char *slash = path;

	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
}

static void file_content(int fd, unsigned long long size, const char *path)
{
	while (size) {
		size_t part;
		ssize_t done;

		if (!files_fill()) {
			errno = EPIPE;
			lab_failed("receiving", path);
		}
		part = files_have - files_next;
		if (part > size)
			part = size;
		done = write(fd, files + files_next, part);
		if (done <= 0)
			lab_failed("writing (more --mem may help)", path);
		files_next += done;
		size -= done;
	}
}

/*
 * A file: "F MODE SIZE PATH", then its bytes. A link: "L TARGET PATH". "E" at the
 * end: without it, something was longer or shorter than announced. No stream at
 * all: a second kernel, whose root has everything.
 */
static void files_receive(void)
{
	char line[4096 + 64] = "";
	bool any = false;

	files_pin();
	while (files_line(line, sizeof(line))) {
		unsigned long long size;
		unsigned int mode;
		int at = 0, fd;
		char *path;

		if (sscanf(line, "F %o %llu %n", &mode, &size, &at) == 2 && at) {
			path = line + at;
			make_folders(path);
			unlink(path);
			fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
			if (fd < 0)
				lab_failed("creating", path);
			file_content(fd, size, path);
			fchmod(fd, mode);
			close(fd);
		} else if (!strcmp(line, "E")) {
			return;
		} else if (!strncmp(line, "L ", 2) && strchr(line + 2, ' ')) {
			char *target = line + 2;

			path = strchr(target, ' ');
			*path++ = '\0';
			make_folders(path);
			unlink(path);
			if (symlink(target, path))
				lab_failed("linking", path);
		} else {
			break;
		}
		any = true;
	}
	if (any || line[0]) {
		errno = EPROTO;
		lab_failed("a file changed while it was sent; not understood:", line);
	}
}

/* ---- the machine's folders ---- */

static const struct {
	const char *type, *at;
	bool needed;
} mounts[] = {
	{ "proc", "/proc", true },
	{ "sysfs", "/sys", true },
	{ "devtmpfs", "/dev", true },
	{ "debugfs", "/sys/kernel/debug", false },
	{ "tracefs", "/sys/kernel/tracing", false },
	{ "devpts", "/dev/pts", false },
	{ "tmpfs", "/dev/shm", false },
	{ "tmpfs", "/tmp", true },
};

static void mount_all(void)
{
	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		const char *type = mounts[i].type, *at = mounts[i].at;

		mkdir(at, 0755);
		if (mount(type, at, type, 0, NULL) && mounts[i].needed)
			lab_failed("mounting", at);
	}
	symlink("/proc/self/fd", "/dev/fd");
	symlink("fd/0", "/dev/stdin");
	symlink("fd/1", "/dev/stdout");
	symlink("fd/2", "/dev/stderr");
	mkdir("/root", 0700);
	mkdir("/run", 0755);
}

static int wait_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- the command ---- */

struct command {
	pid_t pid;
	int in, out, err;	/* our ends; in and out are one pty when interactive */
	bool interactive;
	bool finished;
	int status;
};

/* command_words: NUL-separated words of a file, as an argument vector. */
static char **command_words(const char *path)
{
	static char text[131072];
	char **words;
	size_t count = 0, size;
	FILE *f = fopen(path, "r");

	if (!f)
		lab_failed("reading", path);
	size = fread(text, 1, sizeof(text), f);
	if (size == sizeof(text)) {
		errno = E2BIG;
		lab_failed("reading", path);
	}
	fclose(f);
	for (size_t i = 0; i < size; i++)
		count += !text[i];
	words = calloc(count + 1, sizeof(*words));
	for (size_t i = 0, w = 0; i < size && w < count; i += strlen(text + i) + 1)
		words[w++] = text + i;
	return words;
}

static void exec_command(char **words)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(words[0], words);
	dprintf(STDERR_FILENO, "lab: %s: %s\n", words[0],
		errno == ENOENT ? "not found in the simulated machine" : strerror(errno));
	_exit(errno == ENOENT ? 127 : 126);
}

static void start_on_pipes(struct command *c, char **words)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		lab_failed("making", "pipes");
	c->pid = fork();
	if (!c->pid) {
		setsid();
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		exec_command(words);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	c->in = in[1];
	c->out = out[0];
	c->err = err[0];
}

/* start_on_terminal: "ROWS COLUMNS" of the host's terminal come in a file. */
static void start_on_terminal(struct command *c, char **words)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int master = posix_openpt(O_RDWR | O_CLOEXEC | O_NOCTTY), slave;
	FILE *f = fopen("/lab/terminal", "r");

	if (f) {
		if (fscanf(f, "%hu %hu", &size.ws_row, &size.ws_col) != 2)
			size.ws_row = 24;
		fclose(f);
	}
	if (master < 0 || grantpt(master) || unlockpt(master))
		lab_failed("opening", "a terminal");
	ioctl(master, TIOCSWINSZ, &size);
	c->pid = fork();
	if (!c->pid) {
		setsid();
		slave = open(ptsname(master), O_RDWR);
		ioctl(slave, TIOCSCTTY, 0);
		dup2(slave, STDIN_FILENO);
		dup2(slave, STDOUT_FILENO);
		dup2(slave, STDERR_FILENO);
		exec_command(words);
	}
	c->in = master;
	c->out = master;
	c->err = -1;
	c->interactive = true;
}

/* pass_output: everything that can be read now; false at its end. */
static bool pass_output(int fd, unsigned int stream)
{
	static char data[CHUNK];
	ssize_t size;
	bool open = true;

	for (;;) {
		size = read(fd, data, sizeof(data));
		if (size <= 0) {
			open = size < 0 && (errno == EAGAIN || errno == EINTR);
			break;
		}
		port_send(stream, data, size);
	}
	port_flush(stream);
	return open;
}

/* pass_input: as much as the host has and the command takes; false at its end. */
static bool pass_input(int fd)
{
	static char data[4096];
	static size_t next, have;

	for (;;) {
		if (next == have) {
			uint32_t ready = inl(LAB_STDIN_READY);

			if (ready == LAB_EOF)
				return false;
			if (!ready)
				return true;
			next = 0;
			have = ready < sizeof(data) ? ready : sizeof(data);
			port_receive(LAB_STDIN, data, have);
		}
		while (next < have) {
			ssize_t done = write(fd, data + next, have - next);

			if (done < 0)
				return errno == EAGAIN || errno == EINTR;
			next += done;
		}
	}
}

static void close_input(struct command *c)
{
	if (c->in >= 0 && !c->interactive)
		close(c->in);
	c->in = -1;
}

static void reap(struct command *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == c->pid) {
			c->finished = true;
			c->status = wait_status(status);
		}
	}
}

static void drain_signals(int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info))
		;
}

static void nonblocking(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* attend: pass everything on until the command has ended. */
static void attend(struct command *c, int signals)
{
	nonblocking(c->in);
	nonblocking(c->out);
	nonblocking(c->err);
	while (!c->finished) {
		struct pollfd on[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = kmsg, .events = POLLIN },
			{ .fd = c->out, .events = POLLIN },
			{ .fd = c->err, .events = POLLIN },
		};

		if (c->in >= 0 && !pass_input(c->in))
			close_input(c);
		poll(on, 4, c->in >= 0 ? STDIN_POLL_MS : -1);
		if (on[0].revents)
			drain_signals(signals);
		reap(c);
		if (on[1].revents)
			klog_forward();
		if (c->out >= 0 && !pass_output(c->out, LAB_STDOUT) && !c->interactive)
			c->out = -1;
		if (c->err >= 0 && !pass_output(c->err, LAB_STDERR))
			c->err = -1;
	}
}

/* run: one program to its end, its output on the given streams' ports. */
static int run_words(char **words, bool interactive, int signals)
{
	struct command c = { .in = -1, .out = -1, .err = -1 };

	if (interactive)
		start_on_terminal(&c, words);
	else
		start_on_pipes(&c, words);
	if (c.pid < 0)
		lab_failed("starting", words[0]);
	attend(&c, signals);
	return c.status;
}

/* run_prepare: a line of /lab/prepare each, before the command: what the lab loads. */
static void run_prepare(void)
{
	char line[1024];
	FILE *f = fopen("/lab/prepare", "r");

	while (f && fgets(line, sizeof(line), f)) {
		char told[2048] = "";
		FILE *out;
		size_t size;
		int status;

		line[strcspn(line, "\n")] = '\0';
		setenv("LAB_PREPARE", line, 1);
		out = popen("exec 2>&1; eval \"$LAB_PREPARE\"", "r");
		size = out ? fread(told, 1, sizeof(told) - 1, out) : 0;
		told[size] = '\0';
		status = out ? pclose(out) : -1;
		if (status) {
			klog_forward();
			complain("lab: in the simulated machine: '%s' failed\n%s", line, told);
			end_machine(LAB_FAILED);
		}
	}
	unsetenv("LAB_PREPARE");
	if (f)
		fclose(f);
}

int main(void)
{
	sigset_t child;
	int signals;
	char **words;

	iopl(3);
	control("boot\n");
	mkdir("/proc", 0755);
	mount_all();
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	files_receive();

	clearenv();
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin:/lab/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("TERM", "linux", 1);
	if (chdir("/root"))
		lab_failed("entering", "/root");

	run_prepare();
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	signal(SIGPIPE, SIG_IGN);

	words = command_words("/lab/command");
	klog_forward();
	control("start\n");
	end_machine(run_words(words, !access("/lab/terminal", R_OK), signals));
}
