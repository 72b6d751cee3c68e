// SPDX-License-Identifier: GPL-2.0
/* Owns what a test says: lines on standard output, and the exit status. */
#include "bare.h"

static unsigned int planned;
static unsigned int done;
static unsigned int failed;

static void put(char c)
{
	out8(LAB_DATA(LAB_STDOUT), c);
}

static void put_string(const char *s)
{
	while (*s)
		put(*s++);
}

static void put_number(u64 value, unsigned int base)
{
	char digits[24];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		put(digits[--n]);
}

/* Knows %s, %c, %d, %u, %x, with an l where the argument is 64 bits wide. */
static void print_args(const char *format, va_list args)
{
	for (; *format; format++) {
		bool wide;
		u64 value;

		if (*format != '%') {
			put(*format);
			continue;
		}
		wide = *++format == 'l';
		if (wide)
			format++;
		switch (*format) {
		case 's':
			put_string(va_arg(args, const char *));
			break;
		case 'c':
			put(va_arg(args, int));
			break;
		case 'd':
			value = wide ? va_arg(args, long) : va_arg(args, int);
			if ((long)value < 0) {
				put('-');
				value = -value;
			}
			put_number(value, 10);
			break;
		case 'u':
		case 'x':
			value = wide ? va_arg(args, u64) : va_arg(args, u32);
			put_number(value, *format == 'x' ? 16 : 10);
			break;
		default:
			put(*format);
		}
	}
}

void print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_args(format, args);
	va_end(args);
}

void plan(unsigned int tests)
{
	planned = tests;
	print("KTAP version 1\n1..%u\n", tests);
}

/* One line of the report. */
bool check(bool good, const char *format, ...)
{
	va_list args;

	print("%sok %u - ", good ? "" : "not ", ++done);
	va_start(args, format);
	print_args(format, args);
	va_end(args);
	put('\n');
	if (!good)
		failed++;
	return good;
}

void bail(const char *format, ...)
{
	va_list args;

	print("Bail out! ");
	va_start(args, format);
	print_args(format, args);
	va_end(args);
	put('\n');
	failed++;
	finish();
}

void finish(void)
{
	if (done != planned)
		print("# %u of %u tests were run\n", done, planned);
	out8(LAB_EXIT, failed || done != planned);
	for (;;)
		asm volatile("cli; hlt");
}
