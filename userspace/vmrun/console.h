/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Owns the other end of the serial port: a terminal, files, or a pty. A terminal is put
 * into raw mode, and restored however vmrun ends.
 */
#ifndef VMRUN_CONSOLE_H
#define VMRUN_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "timer.h"

enum console_kind {
	CONSOLE_STDIO,
	CONSOLE_FILE,
	CONSOLE_PTY,
};

/* What a person asks for with the escape key. */
enum console_command {
	CONSOLE_QUIT,
	CONSOLE_RESET,
	CONSOLE_BUTTON,		/* the power button */
	CONSOLE_BREAK,
};

#define CONSOLE_BUFFER	65536
#define CONSOLE_READ	256	/* at once */
#define CONSOLE_HELD	16384	/* for a guest that doesn't read */
#define CONSOLE_COMMAND	32	/* what vmrun types itself */

/* By the devices' lock. */
struct console {
	/* Who is called, by the loop's thread. */
	bool (*input)(void *arg, uint8_t byte);		/* false: not now, console_more() */
	void (*writable)(void *arg);			/* after console_write() had no room */
	void (*command)(void *arg, enum console_command command);
	void *arg;
	/* of console.c */
	int in, out;			/* -1: none */
	const char *path;		/* of CONSOLE_FILE */
	bool close_in, close_out;
	bool raw, escaped;
	bool was_full;			/* console_write() had no room */
	bool waits_for_input;
	bool writes;			/* a write is in progress */
	bool told_loss;			/* that what was to be written is lost */
	bool retries;			/* it is to be made again, a little later */
	uint8_t held[CONSOLE_HELD];	/* not taken yet */
	unsigned int held_at, held_count;
	uint8_t *buffer, *writing;
	size_t used, writing_size;
	struct loop *loop;
	struct loop_op in_op, out_op;
	struct timer flush;
};

/**
 * console_create() - open it, and put a terminal into raw mode
 * @console: the calls and arg are set
 * @loop: who waits for it
 * @kind: what it is
 * @path: of CONSOLE_FILE
 *
 * Return: 0, or -1 (said why).
 */
int console_create(struct console *console, struct loop *loop, enum console_kind kind,
		   const char *path);

/**
 * console_flush() - begin to write what is left, whose end is that of console->writes
 * @console: by the loop's thread
 */
void console_flush(struct console *console);

/**
 * console_hurry() - wait for nobody who doesn't take what is written; for good
 * @console: a write may be in progress
 */
void console_hurry(struct console *console);

/**
 * console_destroy() - restore the terminal, close the files
 * @console: its loop has ended for good, and no write is in progress
 */
void console_destroy(struct console *console);

/**
 * console_write() - a byte for the person
 * @console: where
 * @byte: what
 *
 * Return: whether there was room; if not, writable() will be called.
 */
bool console_write(struct console *console, uint8_t byte);

/**
 * console_more() - input() takes bytes again
 * @console: the console
 */
void console_more(struct console *console);

/**
 * console_pause() - the terminal is for words of vmrun's, until console_continued()
 * @console: the console
 */
void console_pause(struct console *console);

/**
 * console_stopped() - vmrun will be stopped: the terminal is for others
 * @console: the console
 */
void console_stopped(struct console *console);

/**
 * console_resized() - the window of vmrun's terminal may have another size
 * @console: the console
 */
void console_resized(struct console *console);

/**
 * console_continued() - vmrun was stopped and goes on: the terminal may be changed
 * @console: the console
 */
void console_continued(struct console *console);

#endif
