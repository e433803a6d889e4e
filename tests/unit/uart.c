// SPDX-License-Identifier: GPL-2.0-only
/* uart: what a kernel's 8250 driver does to one, on a bus that only counts */
#include "lib/vm/uart.h"

#include "tests/unit/tap.h"

enum { DATA, IER, IIR, LCR, MCR, LSR, MSR, SCR };

struct bus {
	char out[64];
	size_t len;
	int irqs;
};

static void put(uint8_t byte, void *ctx)
{
	struct bus *bus = ctx;

	if (bus->len < sizeof(bus->out) - 1)
		bus->out[bus->len++] = (char)byte;
}

static void irq(void *ctx)
{
	((struct bus *)ctx)->irqs++;
}

static struct kt_uart fresh(struct bus *bus)
{
	struct kt_uart u = { .put = put, .irq = irq, .ctx = bus };

	*bus = (struct bus){ 0 };
	kt_uart_reset(&u);
	return u;
}

static void test_probe(void)
{
	struct bus bus;
	struct kt_uart u = fresh(&bus);
	uint8_t ier;

	same_u64(kt_uart_read(&u, LSR), 0x60, "the transmitter is empty");
	kt_uart_write(&u, IER, 0xff);
	same_u64(kt_uart_read(&u, IER), 0x0f, "four interrupts, no more");
	kt_uart_write(&u, IER, 0);
	kt_uart_write(&u, SCR, 0x5a);
	same_u64(kt_uart_read(&u, SCR), 0x5a, "there is a scratch register");
	kt_uart_write(&u, MCR, 0x10 | 0x0a);
	same_u64(kt_uart_read(&u, MSR), 0x90, "loopback: RTS, OUT2 come back");
	kt_uart_write(&u, MCR, 0x10 | 0x05);
	same_u64(kt_uart_read(&u, MSR), 0x60, "loopback: DTR, OUT1 come back");
	kt_uart_write(&u, MCR, 0x0b);
	same_u64(kt_uart_read(&u, MSR), 0xb0, "else somebody is there");
	same_u64(kt_uart_read(&u, IIR), 0x01, "without FIFO: an 8250");
	kt_uart_write(&u, IIR, 0x01);
	same_u64(kt_uart_read(&u, IIR), 0xc1, "with FIFO: a 16550A");
	kt_uart_write(&u, LCR, 0x80);
	ier = u.ier;
	kt_uart_write(&u, DATA, 0x01);
	kt_uart_write(&u, IER, 0x02);
	ok(kt_uart_read(&u, DATA) == 1 && kt_uart_read(&u, IER) == 2 &&
		   u.ier == ier && !bus.len,
	   "behind DLAB is the divisor, and nothing is sent");
	kt_uart_write(&u, LCR, 0x03);
	same_u64(kt_uart_read(&u, IER), ier, "and without it no more");
	same_u64(kt_uart_read(&u, 8), 0xff, "there is no ninth register");
}

static void test_polled(void)
{
	struct bus bus;
	struct kt_uart u = fresh(&bus);

	for (const char *p = "panic\n"; *p; p++)
		kt_uart_write(&u, DATA, (uint8_t)*p);
	same_str(bus.out, "panic\n", "what is written is sent");
	same_u64((unsigned int)bus.irqs, 0, "and nobody is interrupted");
	u.put = NULL;
	kt_uart_write(&u, DATA, 'x');
	same_u64(kt_uart_read(&u, LSR), 0x60, "a line that leads nowhere");
}

static void test_empty_irq(void)
{
	struct bus bus;
	struct kt_uart u = fresh(&bus);

	kt_uart_write(&u, IER, 0x02);
	same_u64((unsigned int)bus.irqs, 1, "enabling THRI interrupts at once");
	same_u64(kt_uart_read(&u, IIR) & 0xf, 0x2, "because it is empty");
	same_u64(kt_uart_read(&u, IIR) & 0xf, 0x1, "which is told once");
	kt_uart_write(&u, DATA, 'a');
	kt_uart_write(&u, DATA, 'b');
	same_u64((unsigned int)bus.irqs, 2, "two bytes are one edge");
	same_u64(kt_uart_read(&u, IIR) & 0xf, 0x2, "which is pending");
	kt_uart_write(&u, DATA, 'c');
	same_u64((unsigned int)bus.irqs, 3, "and after it another comes");
	kt_uart_write(&u, IER, 0);
	same_u64(kt_uart_read(&u, IIR) & 0xf, 0x1, "disabled, it is not told");
	kt_uart_write(&u, DATA, 'd');
	same_u64((unsigned int)bus.irqs, 3, "nor raised");
}

static void test_received(void)
{
	struct bus bus;
	struct kt_uart u = fresh(&bus);

	kt_uart_write(&u, IIR, 0x01);
	kt_uart_write(&u, IER, 0x01);
	same_u64(kt_uart_room(&u), KT_UART_FIFO, "the FIFO is empty");
	for (uint8_t i = 0; i < KT_UART_FIFO; i++)
		kt_uart_receive(&u, i);
	same_u64((unsigned int)bus.irqs, 1, "many bytes are one edge");
	same_u64(kt_uart_read(&u, IIR), 0xc4, "data is the first cause");
	same_u64(kt_uart_read(&u, LSR), 0x61, "and the line says so");
	same_u64(kt_uart_room(&u), 0, "it is full");
	kt_uart_receive(&u, 99);
	same_u64(kt_uart_read(&u, LSR), 0x63, "one more is an overrun");
	same_u64(kt_uart_read(&u, LSR), 0x61, "which is told once");
	for (uint8_t i = 0; i < KT_UART_FIFO; i++)
		if (kt_uart_read(&u, DATA) != i)
			ok(false, "byte %d is lost", i);
	same_u64(kt_uart_read(&u, LSR), 0x60, "all is read");
	same_u64(kt_uart_read(&u, IIR), 0xc1, "and no cause is left");
	same_u64(kt_uart_read(&u, DATA), 0, "there is no more");
	kt_uart_receive(&u, 'x');
	same_u64((unsigned int)bus.irqs, 2, "the next byte is an edge again");
	kt_uart_write(&u, IIR, 0x03);
	same_u64(kt_uart_read(&u, LSR), 0x60, "clearing the FIFO drops it");
	kt_uart_write(&u, MCR, 0x10);
	same_u64(kt_uart_room(&u), 0, "in loopback nothing comes in");
	kt_uart_receive(&u, 'y');
	kt_uart_write(&u, DATA, 'z');
	same_u64(kt_uart_read(&u, DATA), 'z', "but what goes out");
	same_u64(bus.len, 0, "which does not");
}

int main(void)
{
	test_probe();
	test_polled();
	test_empty_irq();
	test_received();
	return tap_end();
}
