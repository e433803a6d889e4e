// SPDX-License-Identifier: GPL-2.0-only
/* relay - between a serial line and four sockets that stand for ports */
#include "lib/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROUNDS 16 /* before it is others' turn */
#define LINE_READ 4096

static void close_port(struct kt_relay *r, int i)
{
	if (r->ports[i] >= 0)
		close(r->ports[i]);
	r->ports[i] = -1;
}

void kt_relay_close(struct kt_relay *r)
{
	for (int i = 0; r->connected && i < KT_MUX_NR; i++)
		close_port(r, i);
}

bool kt_relay_connect(struct kt_relay *r, int ours[KT_MUX_NR])
{
	const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

	for (int i = 0; i < KT_MUX_NR; i++) {
		int both[2];

		if (socketpair(AF_UNIX, type, 0, both)) {
			const int error = errno;

			while (i-- > 0) {
				close_port(r, i);
				close(ours[i]);
			}
			errno = error;
			return false;
		}
		ours[i] = both[0];
		r->ports[i] = both[1];
	}
	r->connected = true;
	return true;
}

void kt_relay_events(const struct kt_relay *r, struct pollfd fds[KT_RELAY_FDS])
{
	const struct kt_mux *m = &r->mux;

	fds[0] = (struct pollfd){ .fd = -1 };
	if (!r->ended && !m->broken)
		fds[0] = (struct pollfd){
			r->line, (short)(POLLIN | (m->out_len ? POLLOUT : 0)), 0
		};
	for (int i = 0; i < KT_MUX_NR; i++) {
		struct pollfd *p = &fds[1 + i];

		*p = (struct pollfd){ .fd = -1 };
		if (!r->connected)
			continue;
		if (!r->ended && kt_mux_room(m, (enum kt_mux_port)i))
			p->events |= POLLIN;
		if (m->stream[i].len)
			p->events |= POLLOUT;
		if (p->events)
			p->fd = r->ports[i];
	}
}

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

static bool read_line(struct kt_relay *r)
{
	char data[LINE_READ];
	ssize_t n;

	if (r->ended || r->mux.broken)
		return false;
	n = read(r->line, data, sizeof(data));
	if (n > 0)
		kt_mux_feed(&r->mux, data, (size_t)n);
	else if (!would_block(n))
		r->ended = true;
	return n > 0;
}

static bool write_line(struct kt_relay *r)
{
	struct kt_mux *m = &r->mux;
	ssize_t n;

	if (r->ended || !m->out_len)
		return false;
	n = send(r->line, m->out, m->out_len, MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(r->line, m->out, m->out_len);
	/* Whether it has ended is told by reading: there may be more to read. */
	if (n < 0 && !would_block(n))
		n = (ssize_t)m->out_len;
	if (n > 0)
		kt_mux_sent(m, (size_t)n);
	return n > 0;
}

/* To the port. What nobody wants any more goes nowhere. */
static bool deliver(struct kt_relay *r, enum kt_mux_port i)
{
	const struct kt_mux_stream *s = &r->mux.stream[i];
	ssize_t n = -1;

	if (!s->len)
		return false;
	if (r->ports[i] >= 0)
		n = send(r->ports[i], s->buf + s->off, s->len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (r->ports[i] >= 0 && would_block(n))
		return false;
	kt_mux_take(&r->mux, i, n > 0 ? (size_t)n : s->len);
	return true;
}

/* From the port. */
static bool collect(struct kt_relay *r, enum kt_mux_port i)
{
	const size_t room = kt_mux_room(&r->mux, i);
	char data[KT_MUX_CHUNK];
	ssize_t n;

	if (r->ended || !room || r->ports[i] < 0)
		return false;
	n = recv(r->ports[i], data, room, MSG_DONTWAIT);
	if (n > 0)
		kt_mux_put(&r->mux, i, data, (size_t)n);
	else if (!would_block(n))
		close_port(r, (int)i);
	return n > 0;
}

/* Control first, the others in turn: none of them can keep the line. */
static bool move(struct kt_relay *r)
{
	bool moved = read_line(r);

	if (r->connected) {
		for (int i = 0; i < KT_MUX_NR; i++)
			moved |= deliver(r, (enum kt_mux_port)i);
		moved |= collect(r, KT_MUX_CONTROL);
		for (unsigned int i = 0; i < KT_MUX_NR - 1; i++)
			moved |= collect(r, (enum kt_mux_port)(
						    1 + (r->turn +
							 i) % (KT_MUX_NR - 1)));
		r->turn++;
	}
	moved |= write_line(r);
	return moved;
}

void kt_relay_pump(struct kt_relay *r)
{
	int rounds = 0;

	while (rounds < ROUNDS && move(r))
		rounds++;
	for (int i = 0; r->connected && i < KT_MUX_NR; i++)
		if ((r->ended && !r->mux.stream[i].len) || r->mux.broken)
			close_port(r, i);
}

bool kt_relay_busy(const struct kt_relay *r)
{
	int waiting = 0;
	struct pollfd p = { .events = POLLIN };

	if (r->ended || r->mux.broken)
		return false;
	for (int i = 0; r->connected && i < KT_MUX_NR; i++) {
		p.fd = kt_mux_sends(&r->mux, (enum kt_mux_port)i) ?
			       r->ports[i] :
			       -1;
		waiting += poll(&p, 1, 0) > 0 && (p.revents & POLLIN);
	}
	return r->mux.out_len || waiting;
}
