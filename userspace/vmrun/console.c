// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the console's files and the terminal's modes. Output gathers for a millisecond
 * before it is written. Callers hold the devices' lock, but for create and destroy.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "console.h"
#include "say.h"

#define GATHER_NS	1000000
#define ESCAPE		0x1d	/* Ctrl-] */

/* ---- the terminal, of which a process has one ---- */

static struct termios before;
static volatile sig_atomic_t is_raw;

static void restore(void)
{
	if (!is_raw)
		return;
	is_raw = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* Only what a handler may do: the modes, then the signal once more, to die of it. */
static void died(int number)
{
	restore();
	signal(number, SIG_DFL);
	raise(number);
}

/* Where the one who began vmrun ignores a signal, it goes on being ignored. */
static void restore_at(int number)
{
	struct sigaction action;

	if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_IGN)
		signal(number, died);
}

/* All that would end vmrun and that main.c doesn't take; KVM's kick isn't one any more then. */
static void restore_whatever_happens(void)
{
	static const int deadly[] = {
		SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP, SIGQUIT, SIGXCPU,
		SIGXFSZ, SIGPIPE, SIGALRM, SIGVTALRM, SIGPROF, SIGIO, SIGPWR, SIGSTKFLT,
		SIGUSR1, SIGUSR2,
	};
	static bool done;
	unsigned int i;
	int number;

	if (done)
		return;
	done = true;
	atexit(restore);
	for (i = 0; i < sizeof(deadly) / sizeof(deadly[0]); i++)
		restore_at(deadly[i]);
	for (number = SIGRTMIN; number <= SIGRTMAX; number++)
		restore_at(number);
}

static void set_raw(void)
{
	struct termios raw = before;

	cfmakeraw(&raw);
	is_raw = 1;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void make_raw(struct console *console)
{
	if (tcgetattr(STDIN_FILENO, &before))
		return;
	restore_whatever_happens();
	set_raw();
	console->raw = true;
	say("Ctrl-] is the escape key, Ctrl-] h says what for");
}

/* For words of ours, which begin on a line of their own. */
void console_pause(struct console *console)
{
	if (!console->raw)
		return;
	restore();
	dprintf(STDOUT_FILENO, "\n");
}

void console_continued(struct console *console)
{
	if (console->raw)
		set_raw();
}

void console_stopped(struct console *console)
{
	if (console->raw)
		restore();
}

/* ---- the window ---- */

/* That of the terminal that vmrun was begun on, whichever of its files that still is. */
static bool window_size(struct winsize *size)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (!ioctl(fd, TIOCGWINSZ, size))
			return true;
	return false;
}

void console_resized(struct console *console)
{
	struct winsize size;

	if (console->close_in && window_size(&size))
		ioctl(console->in, TIOCSWINSZ, &size);
}

static unsigned int room(const struct console *console)
{
	return sizeof(console->held) - console->held_count;
}

/*
 * A serial port has no size that a guest could ask for: it is told by a command of the
 * guest's shell, as if it had been typed. What was read behind the escape has room, too.
 */
static void type_size(struct console *console)
{
	char command[CONSOLE_COMMAND];
	struct winsize size;
	unsigned int length;

	if (!window_size(&size) || !size.ws_row || !size.ws_col) {
		say("this terminal tells no size");
		return;
	}
	length = snprintf(command, sizeof(command), "stty rows %hu cols %hu\r", size.ws_row,
			  size.ws_col);
	if (room(console) < length + CONSOLE_READ)
		return;
	memcpy(console->held + console->held_count, command, length);
	console->held_count += length;
}

/* ---- input ---- */

static void help(void)
{
	say("Ctrl-] then  q: quit  r: reset  p: press the power button  b: send a break");
	say("             s: type a command that tells the guest's shell the window's size");
	say("             Ctrl-]: send Ctrl-]  h: this");
}

static void escape(struct console *console, uint8_t byte)
{
	switch (byte) {
	case 'q':
		console->command(console->arg, CONSOLE_QUIT);
		break;
	case 'r':
		console->command(console->arg, CONSOLE_RESET);
		break;
	case 'p':
		console->command(console->arg, CONSOLE_BUTTON);
		break;
	case 'b':
		console->command(console->arg, CONSOLE_BREAK);
		break;
	case 's':
		type_size(console);
		break;
	default:
		help();
		break;
	}
}

/* The escape key counts at once, whatever the guest hasn't taken yet. */
static void key(struct console *console, uint8_t byte)
{
	bool escaped = console->escaped;

	console->escaped = console->raw && !escaped && byte == ESCAPE;
	if (console->escaped)
		return;
	if (escaped && byte != ESCAPE)
		escape(console, byte);
	else
		console->held[console->held_count++] = byte;
}

static void hand_on(struct console *console)
{
	while (console->held_at < console->held_count &&
	       console->input(console->arg, console->held[console->held_at]))
		console->held_at++;
}

/* A terminal is read before the guest has taken all, for its escape key. */
static bool wants_input(struct console *console)
{
	unsigned int rest = console->held_count - console->held_at;

	if (rest && !console->raw)
		return false;
	memmove(console->held, console->held + console->held_at, rest);
	console->held_at = 0;
	console->held_count = rest;
	return room(console) >= CONSOLE_READ;
}

static void wait_for_input(struct console *console)
{
	if (console->in < 0 || console->waits_for_input || !wants_input(console))
		return;
	console->waits_for_input = true;
	loop_readable(console->loop, &console->in_op, console->in);
}

static void readable(void *arg, int result)
{
	struct console *console = arg;
	uint8_t keys[CONSOLE_READ];
	ssize_t size, i;

	console->waits_for_input = false;
	size = read(console->in, keys, sizeof(keys));
	if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
		wait_for_input(console);
		return;
	}
	if (size <= 0) {	/* nothing will ever come from there */
		console->in = -1;
		return;
	}
	for (i = 0; i < size; i++)
		key(console, keys[i]);
	hand_on(console);
	wait_for_input(console);
}

/*
 * The guest read a byte, in its own thread: what is held is handed on by the loop's, for
 * only that one may make requests of the loop.
 */
void console_more(struct console *console)
{
	if (console->held_at < console->held_count)
		timer_set(loop_timers(console->loop), &console->flush, 0);
}

/* ---- output ---- */

static void start_writing(struct console *console)
{
	uint8_t *other = console->writing;

	if (console->writes || !console->used)
		return;
	console->writes = true;
	console->writing = console->buffer;
	console->writing_size = console->used;
	console->buffer = other;
	console->used = 0;
	loop_write(console->loop, &console->out_op, console->out, console->writing,
		   console->writing_size);
	if (console->was_full) {
		console->was_full = false;
		console->writable(console->arg);
	}
}

static void write_again(struct console *console)
{
	console->retries = false;
	loop_write(console->loop, &console->out_op, console->out, console->writing,
		   console->writing_size);
}

/* Once, and not if nobody is there any more to see it. */
static void tell_loss(struct console *console, int error)
{
	if (console->told_loss || error == EPIPE || error == EIO)
		return;
	console->told_loss = true;
	say("%s: %s: what the guest says is lost", console->path ? console->path : "the console",
	    strerror(error));
}

static void written(void *arg, int result)
{
	struct console *console = arg;
	struct timers *timers = loop_timers(console->loop);

	if (result == -EINTR || result == -EAGAIN) {
		console->retries = true;
		timer_set(timers, &console->flush, timers_now(timers) + GATHER_NS);
		return;
	}
	/* It is dropped, and the guest goes on. */
	if (result < 0) {
		tell_loss(console, -result);
		result = console->writing_size;
	}
	memmove(console->writing, console->writing + result, console->writing_size - result);
	console->writing_size -= result;
	if (console->writing_size) {
		write_again(console);
		return;
	}
	console->writes = false;
	start_writing(console);
}

static void time_to_move(void *arg)
{
	struct console *console = arg;

	if (console->retries)
		write_again(console);
	start_writing(console);
	hand_on(console);
	wait_for_input(console);
}

bool console_write(struct console *console, uint8_t byte)
{
	struct timers *timers = loop_timers(console->loop);

	if (console->out < 0)
		return true;
	if (console->used == CONSOLE_BUFFER) {
		console->was_full = true;
		return false;
	}
	console->buffer[console->used++] = byte;
	if (!console->flush.set && !console->writes)
		timer_set(timers, &console->flush, timers_now(timers) + GATHER_NS);
	return true;
}

/* ---- its life ---- */

static int open_stdio(struct console *console)
{
	console->in = STDIN_FILENO;
	console->out = STDOUT_FILENO;
	if (isatty(STDIN_FILENO))
		make_raw(console);
	return 0;
}

/* Nobody waits for a FIFO's reader, but for one who is there and slow, as for any file. */
static int open_file(struct console *console, const char *path)
{
	console->out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
	if (console->out < 0 && errno == ENXIO)
		return fail("--console file:%s: nobody reads that FIFO", path);
	if (console->out < 0)
		return fail("--console file:%s: %s", path, strerror(errno));
	console->close_out = true;
	if (fcntl(console->out, F_SETFL, 0))
		return fail("--console file:%s: %s", path, strerror(errno));
	console->path = path;
	return 0;
}

static int open_pty(struct console *console)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	struct termios modes;
	char name[64];
	int slave;

	if (fd < 0 || grantpt(fd) || unlockpt(fd) || ptsname_r(fd, name, sizeof(name)))
		return fail("--console pty: %s", strerror(errno));
	console->in = fd;
	console->out = fd;
	console->close_in = true;
	/* Raw, and held open: or the first one to leave would end it for the next. */
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &modes))
		return fail("--console pty: %s: %s", name, strerror(errno));
	cfmakeraw(&modes);
	tcsetattr(slave, TCSANOW, &modes);
	console_resized(console);
	say("the console is %s", name);
	return 0;
}

static int open_files(struct console *console, enum console_kind kind, const char *path)
{
	switch (kind) {
	case CONSOLE_FILE:
		return open_file(console, path);
	case CONSOLE_PTY:
		return open_pty(console);
	default:
		return open_stdio(console);
	}
}

int console_create(struct console *console, struct loop *loop, enum console_kind kind,
		   const char *path)
{
	console->loop = loop;
	console->in = -1;
	console->out = -1;
	console->in_op = (struct loop_op){ .done = readable, .arg = console };
	console->out_op = (struct loop_op){ .done = written, .arg = console };
	console->flush.fire = time_to_move;
	console->flush.arg = console;
	console->buffer = malloc(CONSOLE_BUFFER);
	console->writing = malloc(CONSOLE_BUFFER);
	if (!console->buffer || !console->writing)
		return fail("no memory");
	if (open_files(console, kind, path))
		return -1;
	wait_for_input(console);
	return 0;
}

void console_flush(struct console *console)
{
	start_writing(console);
}

/* Only a file takes all at once, always. What is under way ends with the loop. */
void console_hurry(struct console *console)
{
	struct stat stat;

	if (console->out < 0 || (!fstat(console->out, &stat) && S_ISREG(stat.st_mode)))
		return;
	if (console->close_out)
		close(console->out);
	console->close_out = false;
	console->out = -1;
	console->used = 0;
	console->writes = false;
}

void console_destroy(struct console *console)
{
	if (console->raw)
		restore();
	if (console->close_out)
		close(console->out);
	if (console->close_in)
		close(console->in);
	free(console->buffer);
	free(console->writing);
}
