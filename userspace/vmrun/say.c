// SPDX-License-Identifier: GPL-2.0
/* Owns how vmrun speaks: a line at a time, in one write. Any thread may call. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "say.h"

#define LINE	1024

static void line(const char *format, va_list args)
{
	static const char head[] = "vmrun: ";
	char text[LINE];
	int used = sizeof(head) - 1;
	int more;

	snprintf(text, sizeof(text), "%s", head);
	/* Two characters are left: the terminal may be in raw mode. */
	more = vsnprintf(text + used, sizeof(text) - used - 2, format, args);
	if (more > 0)
		used += more < (int)sizeof(text) - used - 3 ? more : (int)sizeof(text) - used - 3;
	if (isatty(STDERR_FILENO))
		text[used++] = '\r';
	text[used++] = '\n';
	if (write(STDERR_FILENO, text, used) < 0)
		return;		/* there is nobody to tell it to */
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(format, args);
	va_end(args);
}

int fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(format, args);
	va_end(args);
	return -1;
}
