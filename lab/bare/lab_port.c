// SPDX-License-Identifier: GPL-2.0
/*
 * The lab port moves bytes both ways in every width, in order, to the end of
 * the input, and counts instructions. lab/selftest prepares standard input and
 * compares what comes out of the other streams. (The control stream and the
 * files one are what every run of the lab depends on.)
 */
#include "bare.h"

/* Standard input: these, then PATTERN bytes that count from 0 to 250. */
static const u8 sample[] = "0123456789abcdef";
#define PATTERN 100000

static void say(u32 stream, const char *text)
{
	while (*text)
		out8(LAB_DATA(stream), *text++);
}

static void test_widths_out(void)
{
	static const char tail[] = "by string instruction\n";
	const char *at = tail;
	u64 count = sizeof(tail) - 1;

	out8(LAB_DATA(LAB_STDERR), 'a');
	out16(LAB_DATA(LAB_STDERR), 'b' | 'c' << 8);
	out32(LAB_DATA(LAB_STDERR), 'd' | 'e' << 8 | 'f' << 16 | '\n' << 24);
	asm volatile("rep outsb" : "+S"(at), "+c"(count)
		     : "d"(LAB_DATA(LAB_STDERR)) : "memory");
	at = "four by four, eight\n";
	count = 5;
	asm volatile("rep outsl" : "+S"(at), "+c"(count)
		     : "d"(LAB_DATA(LAB_STDERR)) : "memory");
	/* More than the simulator's buffer. */
	for (u32 n = 0; n < PATTERN; n++)
		out8(LAB_DATA(LAB_STDERR), n % 251);
	out8(LAB_FLUSH, LAB_STDERR);
	say(LAB_KLOG, "log line\n");
}

static void test_widths_in(void)
{
	u8 bytes[16];
	void *at = bytes + 7;
	u64 count = 5;
	bool same = true;

	bytes[0] = in8(LAB_DATA(LAB_STDIN));
	*(u16 *)(bytes + 1) = in16(LAB_DATA(LAB_STDIN));
	*(u32 *)(bytes + 3) = in32(LAB_DATA(LAB_STDIN));
	asm volatile("rep insb" : "+D"(at), "+c"(count)
		     : "d"(LAB_DATA(LAB_STDIN)) : "memory");
	count = 1;
	asm volatile("rep insl" : "+D"(at), "+c"(count)
		     : "d"(LAB_DATA(LAB_STDIN)) : "memory");
	for (u32 n = 0; n < sizeof(bytes); n++)
		same &= bytes[n] == sample[n];
	check(same, "input by 1, 2, 4 bytes and by string instructions");
}

/* The rest of the input, with the counts that the port gives. */
static void test_end_of_input(void)
{
	u32 seen = 0, wrong = 0, count;

	while ((count = in32(LAB_STDIN_READY)) != LAB_EOF) {
		while (count--) {
			u8 byte = in8(LAB_DATA(LAB_STDIN));

			wrong += byte != seen++ % 251;
		}
	}
	check(seen == PATTERN && !wrong, "%u bytes up to the end, %u wrong",
	      seen, wrong);
	check(!in32(LAB_DATA(LAB_STDIN)) && !in8(LAB_DATA(LAB_STDIN)),
	      "zeros beyond the end");
	check(in32(LAB_STDIN_READY) == LAB_EOF, "the end stays");
	check(in32(LAB_FILES_READY) == LAB_EOF && !in8(LAB_DATA(LAB_FILES)),
	      "nothing comes in as files, and the count says so");
}

static void test_wrong_direction(void)
{
	say(LAB_STDIN, "lost");
	check(!in32(LAB_DATA(LAB_STDOUT)), "an output stream reads as zero");
	out8(LAB_FLUSH, LAB_STDIN);
	out8(LAB_FLUSH, 200);
	check(in32(LAB_DATA(LAB_STDIN) + 1) == LAB_EOF,
	      "a port between two streams is unmapped");
}

static u64 icount(void)
{
	u64 low = in32(LAB_ICOUNT_LOW);

	return low | (u64)in32(LAB_ICOUNT_HIGH) << 32;
}

/* Instructions between the two reads of the counter, its loop included. */
static u64 count_loop(u64 rounds)
{
	u64 start = icount();

	asm volatile("1: dec %0\n"
		     "jnz 1b\n" : "+r"(rounds) : : "cc");
	return icount() - start;
}

static u64 other_count;
static u64 other_short, other_long;
static u32 other_done;

static void on_other_cpu(void)
{
	other_count = icount();
	other_short = count_loop(1000);
	other_long = count_loop(11000);
	WRITE_ONCE(other_done, 1);
}

static void test_icount(void)
{
	u64 count;

	check(count_loop(11000) - count_loop(1000) == 20000,
	      "10000 rounds of a loop are 20000 instructions");
	cpu_start(1);
	cpu_call(1, on_other_cpu);
	if (!wait_until(&other_done, 1, 10000000))
		bail("CPU 1 doesn't answer");
	count = icount();
	check(other_long - other_short == 20000, "on another CPU too (%lu)",
	      other_long - other_short);
	check(other_count < count / 2, "which has its own count (%lu, here %lu)",
	      other_count, count);
}

int main(void)
{
	plan(10);
	test_widths_out();
	test_widths_in();
	test_end_of_input();
	test_wrong_direction();
	test_icount();
	return 0;
}
