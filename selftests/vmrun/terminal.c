// SPDX-License-Identifier: GPL-2.0
/*
 * vmrun on a terminal, which is a pseudo-terminal of this test: what is typed reaches
 * the guest and comes back, the escape key and its commands, signals, and the modes,
 * which are as they were however vmrun ends. The guest echoes what its serial port
 * receives; VMRUN_BACKEND says who runs it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
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

static void exec_vmrun(int slave)
{
	char guest[512];

	guest_path(guest, sizeof(guest));
	setsid();
	ioctl(slave, TIOCSCTTY, 0);
	dup2(slave, STDIN_FILENO);
	dup2(slave, STDOUT_FILENO);
	dup2(slave, STDERR_FILENO);
	execlp("vmrun", "vmrun", "--backend", backend(), "--mem", "16", "--flat", guest,
	       "--debug-exit", "0xf4", "--stats", (char *)NULL);
	_exit(127);
}

FIXTURE_SETUP(terminal)
{
	const struct winsize size = { .ws_row = 33, .ws_col = 99 };

	self->mark = klog_mark();
	ASSERT_EQ(0, openpty(&self->master, &self->slave, NULL, NULL, &size));
	ASSERT_EQ(0, tcgetattr(self->slave, &self->before));
	self->vmrun = fork();
	if (!self->vmrun)
		exec_vmrun(self->slave);
	ASSERT_LT(0, self->vmrun);
}

FIXTURE_TEARDOWN(terminal)
{
	if (self->vmrun > 0) {
		kill(self->vmrun, SIGKILL);
		waitpid(self->vmrun, NULL, 0);
	}
	close(self->slave);
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

/* Whether the screen comes to show it, from its beginning or what shown() has passed. */
static bool shows(TERMINAL *self, const char *text)
{
	struct pollfd on = { .fd = self->master, .events = POLLIN };
	ssize_t size;
	char *at;

	for (;;) {
		self->screen[self->used] = '\0';
		at = strstr(self->screen, text);
		if (at) {
			self->used -= at + strlen(text) - self->screen;
			memmove(self->screen, at + strlen(text), self->used);
			return true;
		}
		if (poll(&on, 1, PATIENCE_MS) <= 0)
			break;
		size = read(self->master, self->screen + self->used,
			    sizeof(self->screen) - 1 - self->used);
		if (size <= 0)
			break;
		self->used += size;
	}
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

static const int endings[] = { SIGTERM, SIGINT, SIGHUP, SIGSEGV, SIGABRT };

TEST_F(terminal, signals_end_it)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		ASSERT_BEGUN();
		ASSERT_ANSWERS();
		kill(self->vmrun, endings[i]);
		EXPECT_EQ(endings[i], ended(self) & 0x7f);
		EXPECT_TRUE(modes_are(self, &self->before))
			TH_LOG("after signal %d", endings[i]);
		self->vmrun = fork();
		if (!self->vmrun)
			exec_vmrun(self->slave);
	}
}

/* The window's size is none of a serial port's business, nor the end of anything. */
TEST_F(terminal, the_window_changes)
{
	const struct winsize size = { .ws_row = 50, .ws_col = 120 };

	ASSERT_BEGUN();
	ASSERT_EQ(0, ioctl(self->master, TIOCSWINSZ, &size));
	kill(self->vmrun, SIGWINCH);
	ASSERT_ANSWERS();
	type(self, ESCAPE "q");
	EXPECT_EQ(STATUS_QUIT << 8, ended(self));
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

TEST_HARNESS_MAIN
