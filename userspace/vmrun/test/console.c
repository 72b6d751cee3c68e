// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the tests of the console, by a pty whose other end types. On a terminal there is
 * the escape key, and so there is here.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "console.h"
#include "fake_loop.h"
#include "harness.h"

static struct loop loop;
static struct console console;
static int keyboard;
static bool guest_reads;
static uint8_t got[2 * CONSOLE_BUFFER];
static unsigned int got_count;
static char commands[16];

static bool input(void *arg, uint8_t byte)
{
	if (guest_reads)
		got[got_count++] = byte;
	return guest_reads;
}

static void writable(void *arg)
{
}

static void command(void *arg, enum console_command what)
{
	const char key[] = { "qrpb"[what], '\0' };

	strcat(commands, key);
}

static int create(enum console_kind kind, const char *path)
{
	fake_loop_init(&loop);
	memset(&console, 0, sizeof(console));
	console.input = input;
	console.writable = writable;
	console.command = command;
	guest_reads = false;
	got_count = 0;
	commands[0] = '\0';
	return console_create(&console, &loop, kind, path);
}

static void set_up(void)
{
	char name[64];

	EXPECT_EQ(create(CONSOLE_PTY, NULL), 0);
	EXPECT_SAID("the console is");
	EXPECT_EQ(ptsname_r(console.in, name, sizeof(name)), 0);
	keyboard = open(name, O_RDWR | O_NOCTTY);
	EXPECT(keyboard >= 0);
	console.raw = true;
}

static void tear_down(void)
{
	console.raw = false;
	close(keyboard);
	console_destroy(&console);
}

static void type(const char *keys)
{
	EXPECT_EQ(write(keyboard, keys, strlen(keys)), strlen(keys));
	while (fake_loop_step(&loop, 0))
		;
}

static void read_on(void)
{
	guest_reads = true;
	console_more(&console);
	timers_run(&loop.timers);
	while (fake_loop_step(&loop, 0))
		;
}

/* Whatever lies before it, and however often something did before. */
TEST(console_escape_of_a_deaf_guest)
{
	set_up();
	type("ab\035pc");
	EXPECT(!strcmp(commands, "p"));
	type("d");
	type("\035");
	type("b");
	type("e\035\035f\035q");
	EXPECT(!strcmp(commands, "pbq"));
	EXPECT_EQ(got_count, 0);
	read_on();
	EXPECT_EQ(got_count, 7);
	EXPECT(!memcmp(got, "abcde\035f", 7));
	type("g");
	EXPECT_EQ(got_count, 8);
	tear_down();
}

/* More than can be held waits in the terminal, and nothing is lost. */
TEST(console_many_keys)
{
	static char keys[1000];
	unsigned int typed, i;

	set_up();
	fcntl(keyboard, F_SETFL, O_NONBLOCK);
	memset(keys, 'k', sizeof(keys));
	for (typed = 0; typed < 2 * CONSOLE_BUFFER - 1; typed++) {
		keys[0] = typed % 251 + (typed % 251 >= 0x1d);
		if (write(keyboard, keys, 1) != 1)
			break;
		fake_loop_step(&loop, 0);
	}
	EXPECT(typed >= CONSOLE_HELD - CONSOLE_READ);
	EXPECT(typed < 2 * CONSOLE_BUFFER - 1);
	read_on();
	EXPECT_EQ(got_count, typed);
	for (i = 0; i < typed; i++)
		EXPECT_EQ(got[i], i % 251 + (i % 251 >= 0x1d));
	tear_down();
}

/* What isn't a terminal is read no further than the guest has come. */
TEST(console_reads_no_further)
{
	set_up();
	console.raw = false;
	type("a\035q");
	type("b");
	EXPECT_EQ(console.held_count - console.held_at, 3);
	EXPECT(!*commands);
	read_on();
	EXPECT_EQ(got_count, 4);
	EXPECT(!memcmp(got, "a\035qb", 4));
	tear_down();
}

static void say_x(void)
{
	EXPECT(console_write(&console, 'x'));
	console_flush(&console);
	while (fake_loop_step(&loop, 0))
		;
}

/* What a full disk costs is told, once. */
TEST(console_full_disk)
{
	EXPECT_EQ(create(CONSOLE_FILE, "/dev/full"), 0);
	say_x();
	EXPECT_SAID("/dev/full: No space left on device: what the guest says is lost");
	say_x();
	console_destroy(&console);
}

/* Nobody waits for a reader who may never come. */
TEST(console_fifo)
{
	char path[] = "/tmp/vmrun-test.XXXXXX", fifo[sizeof(path) + 8];
	int reader;
	char byte;

	EXPECT(mkdtemp(path));
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	EXPECT_EQ(mkfifo(fifo, 0600), 0);
	EXPECT_EQ(create(CONSOLE_FILE, fifo), -1ull);
	EXPECT_SAID("nobody reads that FIFO");
	console_destroy(&console);
	reader = open(fifo, O_RDONLY | O_NONBLOCK);
	EXPECT_EQ(create(CONSOLE_FILE, fifo), 0);
	EXPECT_EQ(fcntl(console.out, F_GETFL) & O_NONBLOCK, 0);
	say_x();
	EXPECT_EQ(read(reader, &byte, 1), 1);
	close(reader);
	/* Who has gone isn't told, nor is a terminal that has. */
	signal(SIGPIPE, SIG_IGN);
	say_x();
	signal(SIGPIPE, SIG_DFL);
	console_destroy(&console);
	unlink(fifo);
	rmdir(path);
}
