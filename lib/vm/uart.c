// SPDX-License-Identifier: GPL-2.0-only
/* uart - a 16550A, as far as a kernel looks */
#include "lib/vm/uart.h"

#include <string.h>

/* Registers by offset; the first two are the divisor while LCR_DLAB is set. */
enum { DATA, IER, IIR_FCR, LCR, MCR, LSR, MSR, SCR };

enum {
	IER_RECEIVED = 0x01,
	IER_EMPTY = 0x02,
	IER_MASK = 0x0f,
	IIR_NONE = 0x01,
	IIR_EMPTY = 0x02,
	IIR_RECEIVED = 0x04,
	IIR_FIFO = 0xc0,
	FCR_ENABLE = 0x01,
	FCR_CLEAR_RECEIVER = 0x02,
	LCR_DLAB = 0x80,
	MCR_DTR = 0x01,
	MCR_RTS = 0x02,
	MCR_OUT1 = 0x04,
	MCR_OUT2 = 0x08,
	MCR_LOOP = 0x10,
	MCR_MASK = 0x1f,
	LSR_DATA = 0x01,
	LSR_OVERRUN = 0x02,
	LSR_EMPTY = 0x60, /* holding register and shifter */
	MSR_CTS = 0x10,
	MSR_DSR = 0x20,
	MSR_RI = 0x40,
	MSR_DCD = 0x80,
};

void kt_uart_reset(struct kt_uart *u)
{
	*u = (struct kt_uart){
		.put = u->put,
		.irq = u->irq,
		.ctx = u->ctx,
		.lcr = 3,
		.mcr = MCR_OUT2,
		.divisor = { 12, 0 }, /* 9600 baud */
	};
}

/* A cause appears; the line rises unless it is high for it already. */
static void raise_cause(struct kt_uart *u, bool *cause, uint8_t enable)
{
	const bool was = *cause;

	*cause = true;
	if (!was && (u->ier & enable) && u->irq)
		u->irq(u->ctx);
}

static uint8_t modem_status(const struct kt_uart *u)
{
	uint8_t msr = 0;

	if (!(u->mcr & MCR_LOOP))
		return MSR_CTS | MSR_DSR | MSR_DCD;
	msr |= u->mcr & MCR_DTR ? MSR_DSR : 0;
	msr |= u->mcr & MCR_RTS ? MSR_CTS : 0;
	msr |= u->mcr & MCR_OUT1 ? MSR_RI : 0;
	msr |= u->mcr & MCR_OUT2 ? MSR_DCD : 0;
	return msr;
}

/* Looking is what clears "empty"; "received" stays while there is data. */
static uint8_t identify(struct kt_uart *u)
{
	const uint8_t fifo = u->fcr & FCR_ENABLE ? IIR_FIFO : 0;

	if (u->received && (u->ier & IER_RECEIVED))
		return fifo | IIR_RECEIVED;
	if (u->empty && (u->ier & IER_EMPTY)) {
		u->empty = false;
		return fifo | IIR_EMPTY;
	}
	return fifo | IIR_NONE;
}

static uint8_t take(struct kt_uart *u)
{
	uint8_t byte = 0;

	if (u->len) {
		byte = u->fifo[u->head];
		u->head = (u->head + 1) % KT_UART_FIFO;
		u->len--;
	}
	/* What is left has not been told: the edge was for all of it. */
	u->received = u->len > 0;
	return byte;
}

static uint8_t line_status(struct kt_uart *u)
{
	const uint8_t lsr = LSR_EMPTY | (u->len ? LSR_DATA : 0) |
			    (u->overrun ? LSR_OVERRUN : 0);

	u->overrun = false;
	return lsr;
}

uint8_t kt_uart_read(struct kt_uart *u, unsigned int offset)
{
	if ((u->lcr & LCR_DLAB) && offset <= IER)
		return u->divisor[offset];
	switch (offset) {
	case DATA:
		return take(u);
	case IER:
		return u->ier;
	case IIR_FCR:
		return identify(u);
	case LCR:
		return u->lcr;
	case MCR:
		return u->mcr;
	case LSR:
		return line_status(u);
	case MSR:
		return modem_status(u);
	case SCR:
		return u->scr;
	default:
		return 0xff;
	}
}

size_t kt_uart_room(const struct kt_uart *u)
{
	return u->mcr & MCR_LOOP ? 0 : KT_UART_FIFO - u->len;
}

static void push(struct kt_uart *u, uint8_t byte)
{
	if (u->len == KT_UART_FIFO) {
		u->overrun = true;
		return;
	}
	u->fifo[(u->head + u->len++) % KT_UART_FIFO] = byte;
	raise_cause(u, &u->received, IER_RECEIVED);
}

void kt_uart_receive(struct kt_uart *u, uint8_t byte)
{
	if (!(u->mcr & MCR_LOOP))
		push(u, byte);
}

static void send(struct kt_uart *u, uint8_t byte)
{
	if (u->mcr & MCR_LOOP)
		push(u, byte);
	else if (u->put)
		u->put(byte, u->ctx);
	raise_cause(u, &u->empty, IER_EMPTY);
}

/* A cause that is enabled while it holds interrupts at once. */
static void enable(struct kt_uart *u, uint8_t val)
{
	const uint8_t fresh = (val & IER_MASK) & ~u->ier;

	u->ier = val & IER_MASK;
	if (fresh & IER_EMPTY)
		u->empty = true;
	if (((fresh & IER_EMPTY) || ((fresh & IER_RECEIVED) && u->received)) &&
	    u->irq)
		u->irq(u->ctx);
}

static void control_fifo(struct kt_uart *u, uint8_t val)
{
	if (val & FCR_CLEAR_RECEIVER || (val ^ u->fcr) & FCR_ENABLE) {
		u->len = 0;
		u->received = false;
	}
	u->fcr = val & FCR_ENABLE;
}

void kt_uart_write(struct kt_uart *u, unsigned int offset, uint8_t val)
{
	if ((u->lcr & LCR_DLAB) && offset <= IER) {
		u->divisor[offset] = val;
		return;
	}
	switch (offset) {
	case DATA:
		send(u, val);
		break;
	case IER:
		enable(u, val);
		break;
	case IIR_FCR:
		control_fifo(u, val);
		break;
	case LCR:
		u->lcr = val;
		break;
	case MCR:
		u->mcr = val & MCR_MASK;
		break;
	case SCR:
		u->scr = val;
		break;
	default:
		break;
	}
}
