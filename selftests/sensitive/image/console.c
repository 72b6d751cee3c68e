// SPDX-License-Identifier: GPL-2.0
/*
 * Owns what the image prints: whole lines, by the lab's port, each by one instruction,
 * which as a guest is one exit.
 */
#include "../../../lab/lib/port.h"
#include "image.h"

static char line[4096];
static u32 length;

void flush(void)
{
	const char *at = line;

	asm volatile("rep outsb" : "+S"(at), "+c"(length) : "d"(LAB_DATA(LAB_STDOUT)) : "memory");
}

static void put_char(char c)
{
	if (length == sizeof(line))
		flush();
	line[length++] = c;
	if (c == '\n' && length > sizeof(line) / 2)
		flush();
}

void put(const char *text)
{
	while (*text)
		put_char(*text++);
}

void put_hex(u64 value)
{
	int shift = 60;

	while (shift && !(value >> shift))
		shift -= 4;
	for (; shift >= 0; shift -= 4)
		put_char("0123456789abcdef"[value >> shift & 15]);
}

/* A small distance: +n or -n, decimal. */
void put_signed(u64 value)
{
	u32 n = (int64_t)value < 0 ? -value : value;
	char digits[12];
	int count = 0;

	put_char((int64_t)value < 0 ? '-' : '+');
	do {
		digits[count++] = '0' + n % 10;
		n /= 10;
	} while (n);
	while (count)
		put_char(digits[--count]);
}

void leave(u8 status)
{
	flush();
	out8(LAB_EXIT, status);
	for (;;)
		asm volatile("cli; hlt");
}
