// SPDX-License-Identifier: GPL-2.0
/* Owns the order in which things come up and end, and the signals. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "vm.h"

/* By the loop's thread. */
struct session {
	struct options options;
	struct loop *loop;
	struct console console;
	struct vm vm;
	bool running;		/* there is a machine that a signal ends */
	sigset_t wanted;	/* signals that are blocked, for the loop takes them */
	int signals;		/* signalfd */
	int fatal;		/* the signal that ended it, or 0 */
	struct loop_op signal_op;
};

/* The others' terminal meanwhile; SIGCONT will come. */
static void stop(struct session *session)
{
	console_stopped(&session->console);
	raise(SIGSTOP);
}

static void act_on_signal(struct session *session, int number)
{
	switch (number) {
	case SIGTSTP:
		stop(session);
		return;
	case SIGCONT:
		console_continued(&session->console);
		return;
	case SIGWINCH:
		console_resized(&session->console);
		return;
	}
	session->fatal = number;
	if (session->running)
		vm_end(&session->vm, STATUS_QUIT);
	console_hurry(&session->console);
}

static void signal_came(void *arg, int result)
{
	struct session *session = arg;
	struct signalfd_siginfo info;

	if (read(session->signals, &info, sizeof(info)) == sizeof(info))
		act_on_signal(session, info.ssi_signo);
	loop_readable(session->loop, &session->signal_op, session->signals);
}

/* What is ignored, by nohup(1) or a shell's &, is left at that. */
static void wanted_signals(sigset_t *set)
{
	static const int wanted[] = { SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGCONT, SIGWINCH };
	struct sigaction action;
	unsigned int i;

	sigemptyset(set);
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!sigaction(wanted[i], NULL, &action) && action.sa_handler != SIG_IGN)
			sigaddset(set, wanted[i]);
}

/* Before there are threads: they inherit the mask. */
static int take_signals(struct session *session)
{
	wanted_signals(&session->wanted);
	if (sigprocmask(SIG_BLOCK, &session->wanted, NULL))
		return fail("sigprocmask: %s", strerror(errno));
	session->signals = signalfd(-1, &session->wanted, SFD_CLOEXEC | SFD_NONBLOCK);
	if (session->signals < 0)
		return fail("signalfd: %s", strerror(errno));
	session->signal_op = (struct loop_op){ .done = signal_came, .arg = session };
	loop_readable(session->loop, &session->signal_op, session->signals);
	return 0;
}

static void let_die_of(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	signal(number, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/*
 * A terminal in raw mode would make a staircase of them. If nobody takes them, a signal
 * is the end, be it the second one.
 */
static void tell_stats(struct session *session)
{
	console_stopped(&session->console);
	sigprocmask(SIG_UNBLOCK, &session->wanted, NULL);
	console_pause(&session->console);
	say_wait();
	vm_stats(&session->vm, stderr);
	sigprocmask(SIG_BLOCK, &session->wanted, NULL);
	if (!session->fatal)
		console_continued(&session->console);
}

/* One machine, from its first instruction to its last. */
static int run_once(struct session *session)
{
	struct vm *vm = &session->vm;
	int status;

	status = vm_create(vm, &session->options, session->loop, &session->console);
	if (status == STATUS_OFF) {
		session->running = true;
		status = vm_run(vm);
		session->running = false;
		console_flush(&session->console);
		loop_drain(session->loop, &session->console.writes);
		if (session->options.stats)
			tell_stats(session);
	}
	vm_destroy(vm);
	return status;
}

static int run(struct session *session)
{
	int status;

	do {
		status = run_once(session);
	} while (session->vm.begins_again && !session->fatal);
	return status;
}

static int with_loop(struct session *session)
{
	int status = STATUS_HOST;

	if (!take_signals(session) && !say_start() &&
	    !console_create(&session->console, session->loop, session->options.console,
			    session->options.console_path))
		status = run(session);
	loop_destroy(session->loop);
	console_destroy(&session->console);
	return status;
}

/* A file that vmrun opens isn't to become one of the three that have a meaning. */
static void have_three_files(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int main(int argc, char **argv)
{
	static struct session session;
	int status;

	have_three_files();
	status = opts_parse(&session.options, argc, argv);
	if (status >= 0)
		return status;
	session.console.in = -1;
	session.console.out = -1;
	if (loop_create(&session.loop))
		return STATUS_HOST;
	status = with_loop(&session);
	/* Whoever waits for vmrun is to see that a signal ended it. */
	if (session.fatal) {
		say_wait_a_moment();
		let_die_of(session.fatal);
		raise(session.fatal);
	}
	sigprocmask(SIG_UNBLOCK, &session.wanted, NULL);
	say_wait();
	return status;
}
