/* SPDX-License-Identifier: GPL-2.0 */
/* Owns a 16550A serial port. */
#ifndef VMRUN_DEV_UART_H
#define VMRUN_DEV_UART_H

#include <stdbool.h>
#include <stdint.h>

struct bus;
struct irq;

#define UART_FIFO	16

/* By the devices' lock. */
struct uart {
	/* Where the line leads; false: not now, uart_writable() says when. */
	bool (*send)(void *arg, uint8_t byte);
	void (*room)(void *arg);	/* it takes input again */
	void *arg;
	struct irq *irq;
	unsigned int line;
	/* of uart.c */
	uint8_t ier, fcr, lcr, mcr, scratch;
	uint8_t errors;			/* LSR's bits 4:1, until they are read */
	uint16_t divisor;
	uint8_t in[UART_FIFO], out[UART_FIFO];
	unsigned int in_count, out_count;
	bool sent;			/* the transmitter ran empty, and nobody has been told */
	uint8_t modem, modem_changed;	/* MSR's halves */
};

/**
 * uart_init() - a port with nothing in its FIFOs, at its addresses
 * @uart: send, room, arg, irq and line are set
 * @ports: the bus
 * @base: its first port
 *
 * Return: 0, or -1.
 */
int uart_init(struct uart *uart, struct bus *ports, uint16_t base);

/**
 * uart_receive() - a byte comes in over the line
 * @uart: the port
 * @byte: what
 *
 * Return: whether there was room; if not, room() will be called.
 */
bool uart_receive(struct uart *uart, uint8_t byte);

/**
 * uart_receive_break() - the line is held low for longer than a byte
 * @uart: the port
 */
void uart_receive_break(struct uart *uart);

/**
 * uart_writable() - send() will take bytes again
 * @uart: the port
 */
void uart_writable(struct uart *uart);

#endif
