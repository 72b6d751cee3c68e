// SPDX-License-Identifier: GPL-2.0
/*
 * vmrun on a terminal, which is a pseudo-terminal of this test: what is typed reaches
 * the guest and comes back, the escape key and its commands, signals, and the modes,
 * which are as they were however vmrun ends. The guest echoes what its serial port
 * receives; VMRUN_BACKEND says who runs it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "klog.h"
#include "skip.h"

#define ESCAPE		"\035"	/* Ctrl-] */
#define PATIENCE_MS	20000
#define STATUS_QUIT	14

static const char *backend(void)
{
	return getenv("VMRUN_BACKEND") ?: "vmring";
}

BEFORE_THE_HARNESS skip_without_it(void)
{
	const char *device = strcmp(backend(), "kvm") ? "/dev/vmring" : "/dev/kvm";

	setvbuf(stdout, NULL, _IOLBF, 0);	/* of a test that hangs, too */
	if (access(device, R_OK | W_OK))
		skip_all("there is no device of this backend");
}

FIXTURE(terminal) {
	int master;
	int slave;		/* kept open, to see the modes */
	pid_t vmrun;
	struct termios before;
	char screen[65536];
	size_t used;
	long long mark;
};

/* Beside this program. */
static void guest_path(char *path, size_t size)
{
	ssize_t length = readlink("/proc/self/exe", path, size - 32);

	path[length < 0 ? 0 : length] = '\0';
	strcpy(strrchr(path, '/') + 1, "echo.bin@0x7c00");
}

static const struct winsize window = { .ws_row = 33, .ws_col = 99 };
static const struct winsize larger = { .ws_row = 50, .ws_col = 120 };
static const struct winsize none;

/* With two more words for vmrun, or none. */
static void exec_vmrun(int slave, int errors, const char *option, const char *value)
{
	char guest[512];

	guest_path(guest, sizeof(guest));
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(errors, STDERR_FILENO);
	execlp("vmrun", "vmrun", "--backend", backend(), "--mem", "16", "--flat", guest,
	       "--debug-exit", "0xf4", option, value, (char *)NULL);
	_exit(127);
}

FIXTURE_SETUP(terminal)
{
	self->mark = klog_mark();
	ASSERT_EQ(0, openpty(&self->master, &self->slave, NULL, NULL, &window));
	/* The last one who has the terminal's other end is this test. */
	fcntl(self->master, F_SETFD, FD_CLOEXEC);
	fcntl(self->slave, F_SETFD, FD_CLOEXEC);
	ASSERT_EQ(0, tcgetattr(self->slave, &self->before));
	self->vmrun = fork();
	if (!self->vmrun)
		exec_vmrun(self->slave, self->slave, "--stats", NULL);
	ASSERT_LT(0, self->vmrun);
}

FIXTURE_TEARDOWN(terminal)
{
	if (self->vmrun > 0) {
		kill(self->vmrun, SIGKILL);
		waitpid(self->vmrun, NULL, 0);
	}
	close(self->slave);
	if (self->master >= 0)
		close(self->master);
	EXPECT_EQ(0, klog_tell_complaints(self->mark));
}

#define TERMINAL	FIXTURE_DATA(terminal)

static void type(TERMINAL *self, const char *text)
{
	size_t size = strlen(text);

	if (write(self->master, text, size) != (ssize_t)size)
		abort();
}

static bool reads_more(TERMINAL *self)
{
	struct pollfd on = { .fd = self->master, .events = POLLIN };
	ssize_t size;

	if (poll(&on, 1, PATIENCE_MS) <= 0)
		return false;
	size = read(self->master, self->screen + self->used,
		    sizeof(self->screen) - 1 - self->used);
	if (size <= 0)
		return false;
	self->used += size;
	self->screen[self->used] = '\0';
	return true;
}

/* Whether the screen comes to show it, from its beginning or what shown() has passed. */
static bool shows(TERMINAL *self, const char *text)
{
	char *at;

	do {
		self->screen[self->used] = '\0';
		at = strstr(self->screen, text);
		if (at) {
			self->used -= at + strlen(text) - self->screen;
			memmove(self->screen, at + strlen(text), self->used + 1);
			return true;
		}
	} while (reads_more(self));
	printf("# the screen doesn't show '%s', but '%s'\n", text, self->screen);
	return false;
}

static bool modes_are(TERMINAL *self, const struct termios *wanted)
{
	struct termios now;

	return !tcgetattr(self->slave, &now) && now.c_iflag == wanted->c_iflag &&
	       now.c_oflag == wanted->c_oflag && now.c_cflag == wanted->c_cflag &&
	       now.c_lflag == wanted->c_lflag && !memcmp(now.c_cc, wanted->c_cc, NCCS);
}

static bool is_raw(TERMINAL *self)
{
	struct termios raw = self->before;

	cfmakeraw(&raw);
	return modes_are(self, &raw);
}

static bool becomes_raw(TERMINAL *self)
{
	int left = PATIENCE_MS;

	while (!is_raw(self) && left-- > 0)
		usleep(1000);
	return is_raw(self);
}

/* How it ended, when it has. */
static int ended(TERMINAL *self)
{
	int status;

	waitpid(self->vmrun, &status, 0);
	self->vmrun = -1;
	return status;
}

/* In place of the one that there is, or was; its errors go there. */
static void begin_to(TERMINAL *self, int errors, const char *option, const char *value)
{
	if (self->vmrun > 0) {
		kill(self->vmrun, SIGKILL);
		ended(self);
	}
	tcsetattr(self->slave, TCSANOW, &self->before);
	tcflush(self->slave, TCIOFLUSH);
	self->used = 0;
	self->vmrun = fork();
	if (!self->vmrun)
		exec_vmrun(self->slave, errors, option, value);
}

static void begin_again(TERMINAL *self, const char *option, const char *value)
{
	begin_to(self, self->slave, option, value);
}

#define ASSERT_BEGUN()							\
	do {								\
		ASSERT_TRUE(shows(self, "Ctrl-] is the escape key"));	\
		ASSERT_TRUE(is_raw(self));				\
	} while (0)

/* The guest's echo has come back: it runs, and has nothing more to say. */
#define ASSERT_ANSWERS()						\
	do {								\
		type(self, "ping.");					\
		ASSERT_TRUE(shows(self, "ping."));			\
	} while (0)

TEST_F(terminal, keys_are_the_guests)
{
	ASSERT_BEGUN();
	ASSERT_ANSWERS();
	/* Those by which a terminal makes signals, edits lines and stops, too. */
	type(self, "a\003b\032c\034d\004e\177f\021\023g\r");
	ASSERT_TRUE(shows(self, "a\003b\032c\034d\004e\177f\021\023g\r"));
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
}

TEST_F(terminal, ends_with_the_guest)
{
	ASSERT_BEGUN();
	type(self, "\033");
	EXPECT_EQ(93 << 8, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
}

TEST_F(terminal, escape_and_quit)
{
	ASSERT_BEGUN();
	type(self, ESCAPE "h");
	ASSERT_TRUE(shows(self, "q: quit"));
	/* Twice, and the guest gets it. */
	type(self, ESCAPE ESCAPE "x");
	ASSERT_TRUE(shows(self, ESCAPE "x"));
	type(self, ESCAPE "q");
	/* In whole lines: the terminal is as it was. */
	ASSERT_TRUE(shows(self, "\r\nexits to vmrun"));
	ASSERT_TRUE(shows(self, "\r\n  io "));
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
}

/* Though --reboot isn't there: that is about the guest's own. */
TEST_F(terminal, escape_and_reset)
{
	ASSERT_BEGUN();
	ASSERT_ANSWERS();
	type(self, ESCAPE "r");
	ASSERT_TRUE(shows(self, "exits to vmrun"));
	ASSERT_ANSWERS();
	type(self, ESCAPE "q");
	ASSERT_TRUE(shows(self, "exits to vmrun"));
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
}

static const int endings[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
	SIGSYS, SIGPIPE, SIGALRM, SIGUSR2, SIGVTALRM, SIGIO, SIGXCPU, SIGPWR,
};

TEST_F(terminal, signals_end_it)
{
	int number;
	size_t i;

	for (i = 0; i <= ARRAY_SIZE(endings); i++) {
		number = i < ARRAY_SIZE(endings) ? endings[i] : SIGRTMIN + 3;
		ASSERT_BEGUN();
		ASSERT_ANSWERS();
		kill(self->vmrun, number);
		EXPECT_EQ(number, ended(self) & 0x7f);
		EXPECT_TRUE(modes_are(self, &self->before))
			TH_LOG("after signal %d", number);
		begin_again(self, "--stats", NULL);
	}
}

/* From before it is vmrun to when the guest runs: the later, the longer this waits. */
TEST_F(terminal, a_signal_at_any_moment)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT };
	int i, turns;

	for (i = 0; i < 20; i++) {
		begin_again(self, NULL, NULL);
		for (turns = 0; turns < 4 * i * i && !is_raw(self); turns++)
			sched_yield();
		kill(self->vmrun, numbers[i % 4]);
		EXPECT_EQ(numbers[i % 4], ended(self) & 0x7f);
		EXPECT_TRUE(modes_are(self, &self->before))
			TH_LOG("signal %d after %d turns", numbers[i % 4], turns);
	}
	for (i = 0; i < 4; i++) {
		begin_again(self, NULL, NULL);
		while (!is_raw(self))
			sched_yield();
		kill(self->vmrun, numbers[i % 4]);
		EXPECT_EQ(numbers[i % 4], ended(self) & 0x7f);
		EXPECT_TRUE(modes_are(self, &self->before))
			TH_LOG("signal %d as soon as it is raw", numbers[i % 4]);
	}
}

/* A thread of the kernel's own, for io_uring: it takes no signals. */
static bool is_worker(TERMINAL *self, pid_t tid)
{
	char path[64], name[16] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/comm", self->vmrun, tid);
	file = fopen(path, "r");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '\0';
	if (file)
		fclose(file);
	return !strncmp(name, "iou-", 4);
}

/* The number of threads; and a signal to one of them. */
static int threads(TERMINAL *self, int which, int number)
{
	struct dirent *entry;
	char path[64];
	int count = 0;
	DIR *tasks;
	pid_t tid;

	snprintf(path, sizeof(path), "/proc/%d/task", self->vmrun);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		tid = atoi(entry->d_name);
		if (!tid || is_worker(self, tid))
			continue;
		if (count++ == which)
			syscall(SYS_tgkill, self->vmrun, tid, number);
	}
	if (tasks)
		closedir(tasks);
	return count;
}

TEST_F(terminal, a_crash_of_each_thread)
{
	int i, count = 1;

	for (i = 0; i < count; i++) {
		ASSERT_BEGUN();
		ASSERT_ANSWERS();
		count = threads(self, i, i % 2 ? SIGABRT : SIGSEGV);
		EXPECT_LE(2, count);
		EXPECT_EQ(i % 2 ? SIGABRT : SIGSEGV, ended(self) & 0x7f);
		EXPECT_TRUE(modes_are(self, &self->before))
			TH_LOG("thread %d of %d", i, count);
		begin_again(self, NULL, NULL);
	}
}

/* What is written to the terminal stays where it is: it has been stopped. */
TEST_F(terminal, nobody_takes_its_words)
{
	int status;

	begin_again(self, NULL, NULL);
	ASSERT_BEGUN();
	ASSERT_ANSWERS();
	ASSERT_EQ(0, tcflow(self->slave, TCOOFF));
	type(self, "pong.");
	kill(self->vmrun, SIGTERM);
	EXPECT_EQ(SIGTERM, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
	ASSERT_EQ(0, tcflow(self->slave, TCOON));

	/* Even if it has statistics to tell, which the first signal leaves it time for. */
	begin_again(self, "--stats", NULL);
	ASSERT_BEGUN();
	ASSERT_EQ(0, tcflow(self->slave, TCOOFF));
	do {
		kill(self->vmrun, SIGTERM);
		sched_yield();
	} while (!waitpid(self->vmrun, &status, WNOHANG));
	self->vmrun = -1;
	EXPECT_EQ(SIGTERM, status);
	EXPECT_TRUE(modes_are(self, &self->before));
	ASSERT_EQ(0, tcflow(self->slave, TCOON));
}

/* ---- standard error is a pipe that nobody reads ---- */

#define LINES_OF_HELP	3

/* Its other end can't take a byte more. */
static int make_full_pipe(int *other)
{
	static const char zeros[4096];
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		return -1;
	while (write(fds[1], zeros, sizeof(zeros)) > 0)
		;
	fcntl(fds[0], F_SETFL, 0);
	fcntl(fds[1], F_SETFL, 0);
	*other = fds[1];
	return fds[0];
}

/* Its next line, without the zeros before it. */
static bool next_line(int fd, char *line, size_t size)
{
	struct pollfd on = { .fd = fd, .events = POLLIN };
	size_t used = 0;
	char byte = 0;

	while (byte != '\n' && used < size - 1) {
		if (poll(&on, 1, PATIENCE_MS) <= 0 || read(fd, &byte, 1) != 1)
			return false;
		if (byte)
			line[used++] = byte;
	}
	line[used] = '\0';
	return true;
}

/* The guest goes on, and what was said before nobody took it is counted, line by line. */
TEST_F(terminal, nobody_reads_its_errors)
{
	int errors, other, i, lines = 0, lost = 0;
	const int helps = 200;
	char line[1024];

	errors = make_full_pipe(&other);
	ASSERT_LE(0, errors);
	begin_to(self, other, NULL, NULL);
	ASSERT_TRUE(becomes_raw(self));
	for (i = 0; i < helps; i++)
		type(self, ESCAPE "h");
	ASSERT_ANSWERS();
	while (lines < 1 + LINES_OF_HELP * helps) {
		ASSERT_TRUE(next_line(errors, line, sizeof(line)))
			TH_LOG("only %d lines", lines);
		if (sscanf(line, "vmrun: lines lost because nobody read them: %d",
			   &lost) == 1)
			lines += lost;
		else
			lines++;
	}
	EXPECT_EQ(1 + LINES_OF_HELP * helps, lines);
	EXPECT_LT(0, lost);
	type(self, ESCAPE "h");
	ASSERT_TRUE(next_line(errors, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "q: quit"));
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
	close(errors);
	close(other);
}

TEST_F(terminal, a_signal_ends_it_though_nobody_reads_its_errors)
{
	int errors, other, i;

	errors = make_full_pipe(&other);
	ASSERT_LE(0, errors);
	for (i = 0; i < 2; i++) {
		begin_to(self, other, i ? "--stats" : NULL, NULL);
		ASSERT_TRUE(becomes_raw(self));
		type(self, ESCAPE "h");
		ASSERT_ANSWERS();
		/* Without a signal it waits with what it has to say at the end. */
		if (i)
			type(self, ESCAPE "q");
		while (i && !modes_are(self, &self->before))
			sched_yield();
		kill(self->vmrun, SIGTERM);
		EXPECT_EQ(SIGTERM, ended(self));
		EXPECT_TRUE(modes_are(self, &self->before));
	}
	close(errors);
	close(other);
}

TEST_F(terminal, its_last_words_wait_for_a_reader)
{
	int errors, other, status;
	char line[1024];

	errors = make_full_pipe(&other);
	ASSERT_LE(0, errors);
	begin_to(self, other, "--no-such-option", NULL);
	ASSERT_TRUE(next_line(errors, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "there is no option --no-such-option"));
	EXPECT_EQ(2 << 8, ended(self));
	begin_to(self, other, "--console", "file:/no/such/folder/console");
	ASSERT_TRUE(next_line(errors, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "No such file or directory"));
	EXPECT_EQ(12 << 8, ended(self));
	close(errors);
	errors = make_full_pipe(&other);
	ASSERT_LE(0, errors);
	begin_to(self, other, "--stats", NULL);
	ASSERT_TRUE(becomes_raw(self));
	type(self, ESCAPE "q");
	while (!modes_are(self, &self->before))
		sched_yield();
	EXPECT_EQ(0, waitpid(self->vmrun, &status, WNOHANG));
	ASSERT_TRUE(next_line(errors, line, sizeof(line)));
	EXPECT_NE(NULL, strstr(line, "Ctrl-] is the escape key"));
	do {
		ASSERT_TRUE(next_line(errors, line, sizeof(line)));
	} while (strcmp(line, "interrupt lines\n"));
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
	close(errors);
	close(other);
}

/* As a connection that breaks. */
TEST_F(terminal, the_terminal_goes_away)
{
	ASSERT_BEGUN();
	ASSERT_ANSWERS();
	close(self->master);
	self->master = -1;
	EXPECT_EQ(SIGHUP, ended(self));
}

/* nohup(1), or a shell's &. */
TEST_F(terminal, ignored_signals_stay_ignored)
{
	static const int ignored[] = { SIGHUP, SIGINT, SIGQUIT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_IGN);
	begin_again(self, NULL, NULL);
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		signal(ignored[i], SIG_DFL);
	ASSERT_BEGUN();
	for (i = 0; i < ARRAY_SIZE(ignored); i++)
		kill(self->vmrun, ignored[i]);
	ASSERT_ANSWERS();
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
}

/* A serial port has no size. It is no end of anything, and can be told by a command. */
TEST_F(terminal, the_window_changes)
{
	ASSERT_BEGUN();
	type(self, ESCAPE "s");
	ASSERT_TRUE(shows(self, "stty rows 33 cols 99\r"));
	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &larger));
	ASSERT_ANSWERS();
	/* Before what was typed behind it. */
	type(self, "before." ESCAPE "sbehind.");
	ASSERT_TRUE(shows(self, "before.stty rows 50 cols 120\rbehind."));
	/* busybox's stty takes no zeros. */
	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &none));
	type(self, ESCAPE "s");
	ASSERT_TRUE(shows(self, "this terminal tells no size\r\n"));
	ASSERT_ANSWERS();
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
}

/* --console pty: that terminal is as large as vmrun's own. */
TEST_F(terminal, a_pty_has_the_windows_size)
{
	struct winsize size = {};
	int fd, left = PATIENCE_MS;
	char name[32] = "";

	begin_again(self, "--console", "pty");
	ASSERT_TRUE(shows(self, "the console is "));
	ASSERT_TRUE(shows(self, "/dev/pts/"));
	while (!strchr(self->screen, '\r'))
		ASSERT_TRUE(reads_more(self));
	snprintf(name, sizeof(name), "/dev/pts/%d", atoi(self->screen));
	fd = open(name, O_RDWR | O_NOCTTY);
	ASSERT_LE(0, fd) { printf("# %s\n", name); }
	ASSERT_EQ(0, ioctl(fd, TIOCGWINSZ, &size));
	EXPECT_EQ(window.ws_row, size.ws_row);
	EXPECT_EQ(window.ws_col, size.ws_col);
	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &larger));
	while (size.ws_row != larger.ws_row && left-- > 0) {
		usleep(1000);
		ASSERT_EQ(0, ioctl(fd, TIOCGWINSZ, &size));
	}
	EXPECT_EQ(larger.ws_row, size.ws_row);
	EXPECT_EQ(larger.ws_col, size.ws_col);
	close(fd);
	kill(self->vmrun, SIGTERM);
	EXPECT_EQ(SIGTERM, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
}

/* Whoever stopped it had the terminal meanwhile. */
TEST_F(terminal, stopped_and_continued)
{
	int status;

	ASSERT_BEGUN();
	kill(self->vmrun, SIGSTOP);
	ASSERT_EQ(self->vmrun, waitpid(self->vmrun, &status, WUNTRACED));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, tcsetattr(self->slave, TCSANOW, &self->before));
	kill(self->vmrun, SIGCONT);
	ASSERT_TRUE(becomes_raw(self));
	ASSERT_ANSWERS();
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
}

/* By SIGTSTP it leaves the terminal as it found it. */
TEST_F(terminal, stops_itself)
{
	int i, status;

	ASSERT_BEGUN();
	for (i = 0; i < 2; i++) {
		ASSERT_ANSWERS();
		kill(self->vmrun, SIGTSTP);
		ASSERT_EQ(self->vmrun, waitpid(self->vmrun, &status, WUNTRACED));
		ASSERT_TRUE(WIFSTOPPED(status));
		EXPECT_TRUE(modes_are(self, &self->before));
		if (i)
			kill(self->vmrun, SIGTERM);
		kill(self->vmrun, SIGCONT);
		if (!i)
			ASSERT_TRUE(becomes_raw(self));
	}
	EXPECT_EQ(SIGTERM, ended(self));
	EXPECT_TRUE(modes_are(self, &self->before));
}

TEST_HARNESS_MAIN
