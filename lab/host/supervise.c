// SPDX-License-Identifier: GPL-2.0
/*
 * Owns one run of the simulator: starts it with the lab port's streams, follows
 * what the machine says on the control stream, keeps the time limits, and writes
 * what became of it into a verdict file:
 *
 *   supervise VERDICT BOOT-S COMMAND-S LOG KLOG FILES-FD SIMULATOR ARG...
 *
 * verdict (one line): exit N | reset | ended STATUS | timeout | boot-timeout |
 * interrupted SIGNAL | lost STREAM: REASON (the host didn't take it; where nobody
 * reads it any more that is SIGPIPE, as for any program), and in a second line
 * how far the machine came: power, boot, start or exit. The simulator dies with
 * its supervisor. LAB_PROGRESS in the environment: it says on standard error how far
 * the machine is, until the command starts.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "../lib/port.h"

#define STREAM_FD	20	/* the simulator finds stream s at this + s */

enum progress { POWER, BOOT, START, EXIT };

static const char *const progress_names[] = { "power", "boot", "start", "exit" };

/* What the machine writes for somebody else than its supervisor. */
static const char *const stream_names[LAB_STREAMS] = {
	[LAB_STDOUT] = "standard output",
	[LAB_STDERR] = "standard error",
	[LAB_KLOG] = "the kernel's log",
};

struct run {
	pid_t simulator;
	int control;			/* read end of the control stream */
	char line[64];
	size_t line_used;
	enum progress progress;
	bool was_reset;
	int command_status;
	unsigned int lost;		/* the stream that the host didn't take, or 0 */
	int lost_errno;
	long deadline_ms;
	long boot_ms, command_ms;
	bool tells;			/* how far it is, on standard error */
	long begun_ms;
};

static struct termios terminal_before;
static bool terminal_is_raw;

static void fail(const char *what)
{
	fprintf(stderr, "lab: %s: %s\n", what, strerror(errno));
	exit(125);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void terminal_restore(void)
{
	if (terminal_is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal_before);
	terminal_is_raw = false;
}

static void terminal_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &terminal_before))
		return;
	raw = terminal_before;
	cfmakeraw(&raw);
	terminal_is_raw = !tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	atexit(terminal_restore);
}

/* On a terminal a line that is written again, else one when the machine is on. */
static void tell_progress(struct run *run)
{
	static const char *const words[] = {
		[POWER] = "the simulated machine is on, its kernel boots",
		[BOOT] = "the simulated machine's kernel has booted, the module comes",
	};
	static bool told;

	if (!run->tells || run->progress > BOOT)
		return;
	if (isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "\r\033[Klab: %s ... %ld s", words[run->progress],
			(now_ms() - run->begun_ms) / 1000);
	else if (!told)
		dprintf(STDERR_FILENO, "lab: %s\n", words[run->progress]);
	told = true;
}

/* The line makes room for what the command says, or the end. */
static void end_progress(struct run *run)
{
	if (run->tells && isatty(STDERR_FILENO))
		dprintf(STDERR_FILENO, "\r\033[K");
	run->tells = false;
}

/* move_up FD: the same file at a number that no stream will want. */
static int move_up(int fd)
{
	int up = fcntl(fd, F_DUPFD, STREAM_FD + LAB_STREAMS);

	if (up < 0)
		fail("fcntl");
	return up;
}

static int open_log(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);

	if (fd < 0)
		fail(path);
	return fd;
}

static void become_simulator(char **argv, const char *log, int control, int klog, int files)
{
	int from[LAB_STREAMS] = {
		[LAB_STDIN] = STDIN_FILENO, [LAB_STDOUT] = STDOUT_FILENO,
		[LAB_STDERR] = STDERR_FILENO, [LAB_KLOG] = klog,
		[LAB_CONTROL] = control, [LAB_FILES] = files,
	};
	sigset_t blocked;
	char base[16];
	int null, out;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);	/* the terminal's Ctrl-C is for the supervisor */
	sigprocmask(SIG_SETMASK, &blocked, NULL);

	for (int s = 0; s < LAB_STREAMS; s++)
		from[s] = move_up(from[s]);
	null = open("/dev/null", O_RDONLY);
	out = open_log(log);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	for (int s = 0; s < LAB_STREAMS; s++)
		dup2(from[s], STREAM_FD + s);
	closefrom(STREAM_FD + LAB_STREAMS);

	snprintf(base, sizeof(base), "%d", STREAM_FD);
	setenv("VMRING_LAB_FD", base, 1);
	execv(argv[0], argv);
	dprintf(STREAM_FD + LAB_STDERR, "lab: %s can't be started: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static void control_word(struct run *run, const char *word)
{
	unsigned int stream;
	int error;

	if (!strcmp(word, "boot")) {
		if (run->progress == POWER)
			run->progress = BOOT;
	} else if (!strcmp(word, "start")) {
		end_progress(run);
		if (run->progress != START)
			run->deadline_ms = now_ms() + run->command_ms;
		run->progress = START;
	} else if (!strncmp(word, "exit ", 5)) {
		run->progress = EXIT;
		run->command_status = atoi(word + 5);
	} else if (!strcmp(word, "reset")) {
		run->was_reset = true;
	} else if (sscanf(word, "lost %u %d", &stream, &error) == 2) {
		if (stream < LAB_STREAMS && stream_names[stream]) {
			run->lost = stream;
			run->lost_errno = error;
		}
	}
}

/* control_read: take in whole lines; false at the end of the stream. */
static bool control_read(struct run *run)
{
	char c;

	for (;;) {
		ssize_t got = read(run->control, &c, 1);

		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return true;
		if (got <= 0)
			return false;
		if (c == '\n') {
			run->line[run->line_used] = '\0';
			control_word(run, run->line);
			run->line_used = 0;
		} else if (run->line_used < sizeof(run->line) - 1) {
			run->line[run->line_used++] = c;
		}
	}
}

/* end_simulator: let it pass on what the machine has printed, then insist. */
static void end_simulator(struct run *run)
{
	struct timespec patience = { .tv_sec = 3 };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	kill(run->simulator, SIGTERM);
	if (sigtimedwait(&child, NULL, &patience) < 0)
		kill(run->simulator, SIGKILL);
	waitpid(run->simulator, NULL, 0);
}

static void verdict(const char *path, const struct run *run, const char *what, int number)
{
	FILE *f = fopen(path, "w");

	if (!f)
		fail(path);
	if (number >= 0)
		fprintf(f, "%s %d\n", what, number);
	else
		fprintf(f, "%s\n", what);
	fprintf(f, "%s\n", progress_names[run->progress]);
	if (fclose(f))
		fail(path);
}

static void verdict_lost(const char *path, const struct run *run)
{
	char what[128];

	if (run->lost_errno == EPIPE) {
		verdict(path, run, "interrupted", SIGPIPE);
		return;
	}
	snprintf(what, sizeof(what), "lost %s: %s", stream_names[run->lost],
		 strerror(run->lost_errno));
	verdict(path, run, what, -1);
}

/* verdict_ended: the simulator has ended by itself. */
static void verdict_ended(const char *path, const struct run *run, int status)
{
	if (run->lost)
		verdict_lost(path, run);
	else if (run->was_reset)
		verdict(path, run, "reset", -1);
	else if (run->progress == EXIT)
		verdict(path, run, "exit", run->command_status);
	else
		verdict(path, run, "ended",
			WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* follow: wait for the end, whichever comes first; says it in the verdict. */
static void follow(struct run *run, int signals, const char *verdict_path)
{
	struct pollfd on[2] = {
		{ .fd = run->control, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		long left = run->deadline_ms - now_ms();

		if (left <= 0) {
			control_read(run);
			end_simulator(run);
			verdict(verdict_path, run,
				run->progress >= START ? "timeout" : "boot-timeout", -1);
			return;
		}
		tell_progress(run);
		if (poll(on, 2, run->tells && left > 1000 ? 1000 : (int)left) < 0 && errno != EINTR)
			fail("poll");
		if (on[0].revents && !control_read(run))
			on[0].fd = -1;
		if (run->lost) {
			end_simulator(run);
			verdict_lost(verdict_path, run);
			return;
		}
		if (!(on[1].revents & POLLIN))
			continue;
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD) {
			end_simulator(run);
			verdict(verdict_path, run, "interrupted", (int)info.ssi_signo);
			return;
		}
		if (waitpid(run->simulator, &status, WNOHANG) != run->simulator)
			continue;
		control_read(run);
		verdict_ended(verdict_path, run, status);
		return;
	}
}

int main(int argc, char **argv)
{
	struct run run = { 0 };
	int control[2], signals, klog;
	sigset_t wanted;

	if (argc < 8) {
		fputs("supervise: too few arguments; it is for lab/run\n", stderr);
		return 125;
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGINT, SIG_DFL);	/* a shell's background command ignores it */
	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGHUP);
	sigprocmask(SIG_BLOCK, &wanted, NULL);
	signals = signalfd(-1, &wanted, SFD_CLOEXEC);
	klog = open_log(argv[5]);
	if (signals < 0 || pipe2(control, O_CLOEXEC))
		fail("the lab's pipes");
	fcntl(control[0], F_SETFL, O_NONBLOCK);

	run.control = control[0];
	run.boot_ms = atol(argv[2]) * 1000;
	run.command_ms = atol(argv[3]) * 1000;
	run.begun_ms = now_ms();
	run.deadline_ms = run.begun_ms + run.boot_ms;
	run.tells = getenv("LAB_PROGRESS") && *getenv("LAB_PROGRESS");
	if (getenv("LAB_INTERACTIVE"))
		terminal_raw();

	run.simulator = fork();
	if (run.simulator < 0)
		fail("fork");
	if (!run.simulator)
		become_simulator(argv + 7, argv[4], control[1], klog, atoi(argv[6]));
	close(control[1]);
	close(klog);
	close(atoi(argv[6]));
	follow(&run, signals, argv[1]);
	end_progress(&run);
	return 0;
}
