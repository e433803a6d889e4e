/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/vm/uart.h - a 16550A, as far as a kernel looks (PC16550D data sheet)
 *
 * Pure: bytes that leave and interrupts go through two callbacks, and whoever
 * calls holds the lock. A byte has left as soon as it is written, so the
 * transmitter is always empty. The interrupt is an edge: it is raised when a
 * cause appears that was not pending, and again only after the guest has seen
 * it. Speed, parity and break are stored, and mean nothing.
 */
#ifndef KT_VM_UART_H
#define KT_VM_UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_UART_FIFO 16

struct kt_uart {
	void (*put)(uint8_t byte, void *ctx); /* NULL: bytes go nowhere */
	void (*irq)(void *ctx);		      /* NULL: polled only */
	void *ctx;

	uint8_t ier, fcr, lcr, mcr, scr;
	uint8_t divisor[2];
	bool overrun;	      /* LSR.OE, until it is read */
	bool empty, received; /* causes that are pending */
	uint8_t fifo[KT_UART_FIFO];
	unsigned int head, len;
};

/* As it is after a reset; the callbacks are kept. */
void kt_uart_reset(struct kt_uart *u);

/* Register @offset, 0 to 7. One byte, whatever the width of the access. */
uint8_t kt_uart_read(struct kt_uart *u, unsigned int offset);
void kt_uart_write(struct kt_uart *u, unsigned int offset, uint8_t val);

/* How many bytes can be received now; and receive one, which may be lost. */
size_t kt_uart_room(const struct kt_uart *u);
void kt_uart_receive(struct kt_uart *u, uint8_t byte);

#endif
