// SPDX-License-Identifier: GPL-2.0
/*
 * An image larger than the simulator's memory blocks arrives in RAM whole:
 * each of these words holds its own number.
 */
#include "bare.h"

#define WORDS (1024 * 1024 / 4)

extern const u32 words[WORDS];

asm(".pushsection .data\n"
	"	.balign 4096\n"
	"words:\n"
	"	number = 0\n"
	"	.rept 1024 * 1024 / 4\n"
	"	.long number\n"
	"	number = number + 1\n"
	"	.endr\n"
	".popsection");

int main(void)
{
	u32 wrong = 0, first = 0;

	plan(1);
	for (u32 n = 0; n < WORDS; n++)
		if (words[n] != n && !wrong++)
			first = n;
	check(!wrong, "1 MiB of data (%u words wrong, the first at %x)", wrong,
	      first * 4);
	return 0;
}
