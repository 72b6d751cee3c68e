// SPDX-License-Identifier: GPL-2.0
/* Owns the tests of the serial port. */
#include <string.h>

#include "dev/uart.h"
#include "harness.h"

#define BASE	0x3f8
#define DATA	(BASE + 0)
#define IER	(BASE + 1)
#define IIR	(BASE + 2)
#define FCR	(BASE + 2)
#define LCR	(BASE + 3)
#define MCR	(BASE + 4)
#define LSR	(BASE + 5)
#define MSR	(BASE + 6)
#define SCR	(BASE + 7)

struct end {
	uint8_t got[256];
	unsigned int count, room;
	bool deaf;
};

static bool take(void *arg, uint8_t byte)
{
	struct end *end = arg;

	if (end->deaf)
		return false;
	end->got[end->count++] = byte;
	return true;
}

static void room(void *arg)
{
	struct end *end = arg;

	end->room++;
}

static void set_up(struct bench *bench, struct uart *uart, struct end *end)
{
	bench_init(bench);
	memset(end, 0, sizeof(*end));
	memset(uart, 0, sizeof(*uart));
	uart->send = take;
	uart->room = room;
	uart->arg = end;
	uart->irq = &bench->irq;
	uart->line = 4;
	EXPECT_EQ(uart_init(uart, &bench->ports, BASE), 0);
}

static void enable(struct bench *bench, uint8_t ier, uint8_t fcr)
{
	out8(bench, FCR, fcr);
	out8(bench, MCR, 0x0b);
	out8(bench, IER, ier);
}

TEST(uart_found_as_16550a)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	out8(&bench, SCR, 0x5a);
	EXPECT_EQ(in8(&bench, SCR), 0x5a);
	out8(&bench, IER, 0xff);
	EXPECT_EQ(in8(&bench, IER), 0x0f);
	out8(&bench, IER, 0);
	EXPECT_EQ(in8(&bench, IIR), 0x01);
	out8(&bench, FCR, 0x01);
	EXPECT_EQ(in8(&bench, IIR), 0xc1);
	EXPECT_EQ(in8(&bench, LSR), 0x60);
	EXPECT_EQ(in8(&bench, MSR) & 0xf0, 0xb0);
}

TEST(uart_divisor)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	out8(&bench, LCR, 0x83);
	out16(&bench, DATA, 0x0c01);
	EXPECT_EQ(in8(&bench, DATA), 0x01);
	EXPECT_EQ(in8(&bench, IER), 0x0c);
	out8(&bench, LCR, 0x03);
	EXPECT_EQ(in8(&bench, IER), 0x00);
	EXPECT_EQ(end.count, 0);
}

TEST(uart_sends)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	out8(&bench, DATA, 'o');
	out8(&bench, DATA, 'k');
	EXPECT_EQ(end.count, 2);
	EXPECT(!memcmp(end.got, "ok", 2));
	EXPECT(!bench.intr);
}

TEST(uart_transmitter_interrupt)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x02, 0x01);
	EXPECT(bench.irq.level[4]);	/* it is empty already */
	EXPECT_EQ(in8(&bench, IIR), 0xc2);
	EXPECT(!bench.irq.level[4]);	/* reading that was enough */
	EXPECT_EQ(in8(&bench, IIR), 0xc1);
	out8(&bench, DATA, 'x');
	EXPECT(bench.irq.level[4]);
	out8(&bench, IER, 0x00);
	EXPECT(!bench.irq.level[4]);
	/* Asked again, it tells again. */
	out8(&bench, IER, 0x02);
	EXPECT(bench.irq.level[4]);
}

TEST(uart_other_end_is_slow)
{
	struct bench bench;
	struct uart uart;
	struct end end;
	unsigned int i;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x02, 0x01);
	in8(&bench, IIR);
	end.deaf = true;
	for (i = 0; i < 16; i++)
		out8(&bench, DATA, 'a' + i);
	EXPECT_EQ(in8(&bench, LSR) & 0x60, 0);
	EXPECT(!bench.irq.level[4]);
	uart_writable(&uart);		/* still deaf */
	EXPECT_EQ(in8(&bench, LSR) & 0x60, 0);
	end.deaf = false;
	uart_writable(&uart);
	EXPECT_EQ(end.count, 16);
	EXPECT(!memcmp(end.got, "abcdefghijklmnop", 16));
	EXPECT_EQ(in8(&bench, LSR) & 0x60, 0x60);
	EXPECT(bench.irq.level[4]);
}

TEST(uart_receives)
{
	struct bench bench;
	struct uart uart;
	struct end end;
	unsigned int i;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x01, 0x81);	/* at 8 bytes */
	EXPECT(uart_receive(&uart, 'A'));
	EXPECT(bench.irq.level[4]);
	EXPECT_EQ(in8(&bench, IIR), 0xcc);
	for (i = 1; i < 8; i++)
		EXPECT(uart_receive(&uart, 'A' + i));
	EXPECT_EQ(in8(&bench, IIR), 0xc4);
	for (; i < 16; i++)
		EXPECT(uart_receive(&uart, 'A' + i));
	EXPECT(!uart_receive(&uart, '!'));	/* no byte is lost: it is told to wait */
	EXPECT_EQ(in8(&bench, LSR), 0x61);
	for (i = 0; i < 16; i++)
		EXPECT_EQ(in8(&bench, DATA), 'A' + i);
	EXPECT_EQ(end.room, 16);
	EXPECT_EQ(in8(&bench, LSR), 0x60);
	EXPECT(!bench.irq.level[4]);
}

TEST(uart_without_fifos)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x01, 0x00);
	EXPECT(uart_receive(&uart, 'A'));
	EXPECT_EQ(in8(&bench, IIR), 0x04);
	EXPECT(!uart_receive(&uart, 'B'));
	/* Turning the FIFOs on empties them, and there is room. */
	out8(&bench, FCR, 0x01);
	EXPECT_EQ(in8(&bench, LSR), 0x60);
	EXPECT_EQ(end.room, 1);
}

TEST(uart_out2_wires_the_interrupt)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	out8(&bench, IER, 0x01);
	uart_receive(&uart, 'A');
	EXPECT(!bench.irq.level[4]);
	out8(&bench, MCR, 0x08);
	EXPECT(bench.irq.level[4]);
}

TEST(uart_loop)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	out8(&bench, FCR, 0x01);
	out8(&bench, MCR, 0x1a);	/* loop, RTS, OUT2 */
	EXPECT_EQ(in8(&bench, MSR) & 0xf0, 0x90);
	out8(&bench, DATA, 'L');
	EXPECT_EQ(end.count, 0);
	EXPECT_EQ(in8(&bench, LSR), 0x61);
	EXPECT_EQ(in8(&bench, DATA), 'L');
	end.room = 0;
	EXPECT(!uart_receive(&uart, 'x'));
	out8(&bench, IER, 0x02);
	EXPECT(!bench.irq.level[4]);
	EXPECT_EQ(end.room, 0);
	out8(&bench, MCR, 0x0b);	/* who was told to wait is told to go on */
	EXPECT_EQ(end.room, 1);
	EXPECT(uart_receive(&uart, 'x'));
}

TEST(uart_line_errors_come_first)
{
	struct bench bench;
	struct uart uart;
	struct end end;
	unsigned int i;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x05, 0x01);
	uart_receive_break(&uart);
	EXPECT_EQ(in8(&bench, IIR), 0xc6);
	EXPECT_EQ(in8(&bench, LSR), 0x71);
	EXPECT_EQ(in8(&bench, IIR), 0xc4);
	EXPECT_EQ(in8(&bench, LSR), 0x61);
	EXPECT_EQ(in8(&bench, DATA), 0);
	/* An overrun, in the loop where nobody can be told to wait. */
	out8(&bench, MCR, 0x10);
	for (i = 0; i < 17; i++)
		out8(&bench, DATA, i);
	EXPECT_EQ(in8(&bench, LSR), 0x63);
}

TEST(uart_modem_changes)
{
	struct bench bench;
	struct uart uart;
	struct end end;

	set_up(&bench, &uart, &end);
	enable(&bench, 0x08, 0x01);
	out8(&bench, MCR, 0x1b);
	EXPECT_EQ(in8(&bench, MSR) & 0x0f, 0);	/* the same lines as before */
	out8(&bench, MCR, 0x1e);		/* DTR away, RI there */
	EXPECT_EQ(in8(&bench, MSR), 0xd2);
	EXPECT_EQ(in8(&bench, MSR), 0xd0);
	out8(&bench, MCR, 0x1a);
	EXPECT_EQ(in8(&bench, MSR), 0x94);	/* the ring has ended */
	out8(&bench, MCR, 0x0b);		/* DSR comes back */
	EXPECT(bench.irq.level[4]);
	EXPECT_EQ(in8(&bench, IIR), 0xc0);
	EXPECT_EQ(in8(&bench, MSR) & 0x0f, 0x02);
	EXPECT(!bench.irq.level[4]);
}
