// SPDX-License-Identifier: GPL-2.0
/*
 * Owns the 16550A. A byte takes no time on the line: the transmitter is empty as long as
 * the other end keeps up, and the receiver's time-out is over at once. Callers hold the
 * devices' lock.
 */
#include <string.h>

#include "../bus.h"
#include "../irq.h"
#include "uart.h"

#define IER_RX		0x01
#define IER_TX		0x02
#define IER_LINE	0x04
#define IER_MODEM	0x08

#define IIR_NONE	0x01
#define IIR_MODEM	0x00
#define IIR_TX		0x02
#define IIR_RX		0x04
#define IIR_LINE	0x06
#define IIR_TIMEOUT	0x0c
#define IIR_FIFOS	0xc0

#define FCR_ENABLE	0x01
#define FCR_CLEAR_RX	0x02
#define FCR_CLEAR_TX	0x04

#define LCR_DLAB	0x80

#define MCR_DTR		0x01
#define MCR_RTS		0x02
#define MCR_OUT1	0x04
#define MCR_OUT2	0x08
#define MCR_LOOP	0x10

#define LSR_DATA	0x01
#define LSR_OVERRUN	0x02
#define LSR_BREAK	0x10
#define LSR_THR_EMPTY	0x20
#define LSR_EMPTY	0x40

#define MSR_CTS		0x10
#define MSR_DSR		0x20
#define MSR_RI		0x40
#define MSR_DCD		0x80
#define MSR_RI_ENDED	0x04

static bool fifos(const struct uart *uart)
{
	return uart->fcr & FCR_ENABLE;
}

static unsigned int depth(const struct uart *uart)
{
	return fifos(uart) ? UART_FIFO : 1;
}

static unsigned int trigger(const struct uart *uart)
{
	static const uint8_t levels[4] = { 1, 4, 8, 14 };

	return fifos(uart) ? levels[uart->fcr >> 6] : 1;
}

/* The interrupt of highest priority. */
static uint8_t cause(const struct uart *uart)
{
	if (uart->ier & IER_LINE && uart->errors)
		return IIR_LINE;
	if (uart->ier & IER_RX && uart->in_count)
		return uart->in_count >= trigger(uart) ? IIR_RX : IIR_TIMEOUT;
	if (uart->ier & IER_TX && uart->sent)
		return IIR_TX;
	if (uart->ier & IER_MODEM && uart->modem_changed)
		return IIR_MODEM;
	return IIR_NONE;
}

/* OUT2 is what wires the interrupt to the machine's line; not in the loop. */
static void update(struct uart *uart)
{
	bool wired = (uart->mcr & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;

	irq_set(uart->irq, uart->line, wired && cause(uart) != IIR_NONE);
}

static void set_modem(struct uart *uart, uint8_t modem)
{
	uint8_t changed = (modem ^ uart->modem) >> 4;

	changed &= ~MSR_RI_ENDED;
	if (uart->modem & MSR_RI && !(modem & MSR_RI))
		changed |= MSR_RI_ENDED;
	uart->modem_changed |= changed;
	uart->modem = modem;
}

/* The other end is always there; in the loop our own outputs are our inputs. */
static void modem_inputs(struct uart *uart)
{
	uint8_t mcr = uart->mcr;

	if (mcr & MCR_LOOP)
		set_modem(uart, (mcr & MCR_RTS ? MSR_CTS : 0) | (mcr & MCR_DTR ? MSR_DSR : 0) |
				(mcr & MCR_OUT1 ? MSR_RI : 0) | (mcr & MCR_OUT2 ? MSR_DCD : 0));
	else
		set_modem(uart, MSR_CTS | MSR_DSR | MSR_DCD);
}

static void push_in(struct uart *uart, uint8_t byte)
{
	if (uart->in_count == depth(uart)) {
		uart->errors |= LSR_OVERRUN;
		return;
	}
	uart->in[uart->in_count++] = byte;
}

static bool pass_on(struct uart *uart, uint8_t byte)
{
	if (!(uart->mcr & MCR_LOOP))
		return uart->send(uart->arg, byte);
	push_in(uart, byte);
	return true;
}

static void drain(struct uart *uart)
{
	unsigned int done = 0;

	while (done < uart->out_count && pass_on(uart, uart->out[done]))
		done++;
	memmove(uart->out, uart->out + done, uart->out_count - done);
	uart->out_count -= done;
	if (done && !uart->out_count)
		uart->sent = true;
}

static void transmit(struct uart *uart, uint8_t byte)
{
	uart->sent = false;
	if (uart->out_count == depth(uart))
		uart->out_count--;	/* the guest didn't look: the last one is lost */
	uart->out[uart->out_count++] = byte;
	drain(uart);
}

static uint8_t take_in(struct uart *uart)
{
	uint8_t byte;

	if (!uart->in_count)
		return 0;
	byte = uart->in[0];
	memmove(uart->in, uart->in + 1, --uart->in_count);
	uart->room(uart->arg);
	return byte;
}

static uint8_t identify(struct uart *uart)
{
	uint8_t iir = cause(uart);

	if (iir == IIR_TX)
		uart->sent = false;
	return iir | (fifos(uart) ? IIR_FIFOS : 0);
}

static uint8_t line_status(struct uart *uart)
{
	uint8_t lsr = uart->errors;

	uart->errors = 0;
	if (uart->in_count)
		lsr |= LSR_DATA;
	if (!uart->out_count)
		lsr |= LSR_THR_EMPTY | LSR_EMPTY;
	return lsr;
}

static uint8_t modem_status(struct uart *uart)
{
	uint8_t msr = uart->modem | uart->modem_changed;

	uart->modem_changed = 0;
	return msr;
}

static uint8_t read_register(struct uart *uart, unsigned int number)
{
	switch (number) {
	case 0:
		return uart->lcr & LCR_DLAB ? uart->divisor : take_in(uart);
	case 1:
		return uart->lcr & LCR_DLAB ? uart->divisor >> 8 : uart->ier;
	case 2:
		return identify(uart);
	case 3:
		return uart->lcr;
	case 4:
		return uart->mcr;
	case 5:
		return line_status(uart);
	case 6:
		return modem_status(uart);
	default:
		return uart->scratch;
	}
}

static void set_enable(struct uart *uart, uint8_t value)
{
	/* Asking to be told of an empty transmitter tells of one that is. */
	if (value & ~uart->ier & IER_TX && !uart->out_count)
		uart->sent = true;
	uart->ier = value & 0x0f;
}

static void set_fifos(struct uart *uart, uint8_t value)
{
	bool change = (value ^ uart->fcr) & FCR_ENABLE;
	bool had = uart->in_count;

	if (change || (value & FCR_ENABLE && value & FCR_CLEAR_RX))
		uart->in_count = 0;
	if (change || (value & FCR_ENABLE && value & FCR_CLEAR_TX))
		uart->out_count = 0;
	uart->fcr = value & FCR_ENABLE ? value & 0xc1 : 0;
	if (had && !uart->in_count)
		uart->room(uart->arg);
}

/* While the loop was closed nothing came in: now it may. */
static void set_modem_control(struct uart *uart, uint8_t value)
{
	bool opened = uart->mcr & ~value & MCR_LOOP;

	uart->mcr = value;
	modem_inputs(uart);
	if (opened)
		uart->room(uart->arg);
}

static void write_register(struct uart *uart, unsigned int number, uint8_t value)
{
	bool dlab = uart->lcr & LCR_DLAB;

	switch (number) {
	case 0:
		if (dlab)
			uart->divisor = (uart->divisor & 0xff00) | value;
		else
			transmit(uart, value);
		break;
	case 1:
		if (dlab)
			uart->divisor = (uart->divisor & 0xff) | value << 8;
		else
			set_enable(uart, value);
		break;
	case 2:
		set_fifos(uart, value);
		break;
	case 3:
		uart->lcr = value;
		break;
	case 4:
		set_modem_control(uart, value & 0x1f);
		break;
	case 7:
		uart->scratch = value;
		break;
	}
}

static uint64_t uart_read(void *dev, uint64_t offset, unsigned int size)
{
	struct uart *uart = dev;
	uint8_t value = read_register(uart, offset);

	update(uart);
	return value;
}

static void uart_write(void *dev, uint64_t offset, unsigned int size, uint64_t value)
{
	struct uart *uart = dev;

	write_register(uart, offset, value);
	update(uart);
}

bool uart_receive(struct uart *uart, uint8_t byte)
{
	if (uart->mcr & MCR_LOOP || uart->in_count == depth(uart))
		return false;
	push_in(uart, byte);
	update(uart);
	return true;
}

void uart_receive_break(struct uart *uart)
{
	uart->errors |= LSR_BREAK;
	push_in(uart, 0);
	update(uart);
}

void uart_writable(struct uart *uart)
{
	drain(uart);
	update(uart);
}

static const struct bus_ops uart_ops = { .unit = 1, .read = uart_read, .write = uart_write };

int uart_init(struct uart *uart, struct bus *ports, uint16_t base)
{
	uart->divisor = 12;
	modem_inputs(uart);
	uart->modem_changed = 0;
	if (bus_add(ports, "uart", base, 8, &uart_ops, uart))
		return -1;
	/* What is sent, or the divisor. All that shows that it arrived is read elsewhere. */
	return bus_allow(ports, base, 1, BUS_POSTED);
}
