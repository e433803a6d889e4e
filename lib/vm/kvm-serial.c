// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvm-serial - the two serial lines of the kvm engine
 *
 * What a CPU writes is gathered and sent by that CPU's own thread, a line at a
 * time: waking another thread for each byte would cost more than all the rest
 * of it.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/vm/kvm-vm.h"
#include "lib/vm/layout.h"

#define LINE_WAIT_NS (20 * KT_NS_PER_MS) /* for the end of a line */

const uint16_t kt_kvm_serial_port[KT_NR_SERIALS] = {
	[KT_SERIAL_CONSOLE] = KT_PORT_COM1,
	[KT_SERIAL_DATA] = KT_PORT_COM2,
};

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* Send what the guest has written, as much as goes now. */
static void flush_out(struct kt_serial *s)
{
	ssize_t n = 0;

	if (s->out_len && !s->out_gone) {
		n = send(s->fd, s->out, s->out_len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (would_block(n))
			n = 0;
	}
	s->out_gone |= n < 0;
	if (s->out_gone)
		n = (ssize_t)s->out_len;
	s->out_len -= (size_t)n;
	memmove(s->out, s->out + n, s->out_len);
	s->out_blocked = s->out_len > 0;
}

/* One that is set already comes soon enough for this line, too. */
static void start_timer(struct kt_devices *dev)
{
	const struct itimerspec in = { .it_value.tv_nsec = LINE_WAIT_NS };

	if (!dev->timing)
		timerfd_settime(dev->timer, 0, &in, NULL);
	dev->timing = true;
}

static void kick(const struct kt_serial *s)
{
	kt_kvm_signal(s->vm->dev.kick);
}

/* A line is sent whole; the beginning of one only if its end does not come. */
static void put(uint8_t byte, void *ctx)
{
	struct kt_serial *s = ctx;

	if (s->out_len == sizeof(s->out))
		return;
	if (!s->out_len)
		start_timer(&s->vm->dev);
	s->out[s->out_len++] = (char)byte;
	if (byte == '\n' || s->out_len == sizeof(s->out))
		flush_out(s);
	if (s->out_blocked)
		kick(s);
}

static void interrupt(void *ctx)
{
	kt_kvm_signal(((struct kt_serial *)ctx)->irq);
}

void kt_serial_init(struct kt_serial *s, struct kt_vm *vm)
{
	s->vm = vm;
	s->uart = (struct kt_uart){ .put = put, .irq = interrupt, .ctx = s };
	kt_uart_reset(&s->uart);
}

uint8_t kt_serial_read(struct kt_serial *s, unsigned int offset)
{
	const uint8_t val = kt_uart_read(&s->uart, offset);

	if (s->in_blocked && kt_uart_room(&s->uart))
		kick(s);
	return val;
}

bool kt_serial_write(struct kt_serial *s, unsigned int offset, uint8_t val)
{
	kt_uart_write(&s->uart, offset, val);
	return s->out_len == sizeof(s->out);
}

void kt_serial_wait(struct kt_serial *s)
{
	struct kt_vm *vm = s->vm;
	bool full = true;

	while (full && !atomic_load(&vm->stopping)) {
		struct pollfd fds[] = { { s->fd, POLLOUT, 0 },
					{ vm->stop, POLLIN, 0 } };

		poll(fds, 2, -1);
		pthread_mutex_lock(&vm->dev.lock);
		flush_out(s);
		full = s->out_len == sizeof(s->out);
		pthread_mutex_unlock(&vm->dev.lock);
	}
}

struct pollfd kt_serial_events(const struct kt_serial *s, bool stopping)
{
	struct pollfd p = { .fd = -1 };

	if (s->out_blocked)
		p.events |= POLLOUT;
	if (!stopping && !s->in_ended && !s->in_blocked)
		p.events |= POLLIN;
	if (p.events)
		p.fd = s->fd;
	return p;
}

/* What comes goes into the FIFO, as far as there is room. */
static void receive(struct kt_serial *s)
{
	uint8_t bytes[KT_UART_FIFO];
	const size_t room = kt_uart_room(&s->uart);
	ssize_t n;

	s->in_blocked = !room;
	if (!room || s->in_ended)
		return;
	n = recv(s->fd, bytes, room, MSG_DONTWAIT);
	s->in_ended = !n || (n < 0 && !would_block(n));
	for (ssize_t i = 0; i < n; i++)
		kt_uart_receive(&s->uart, bytes[i]);
}

void kt_serial_pump(struct kt_serial *s, short revents, bool flush)
{
	if (flush || (revents & ~POLLIN))
		flush_out(s);
	if (revents & ~POLLOUT)
		receive(s);
	else if (s->in_blocked && kt_uart_room(&s->uart))
		s->in_blocked = false;
}
