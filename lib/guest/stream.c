// SPDX-License-Identifier: GPL-2.0-only
/* stream - bytes between a port of the guest and a command's pipe */
#include "lib/guest/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PUMP_ROUNDS 16 /* buffers in a row before it is others' turn */

void kt_stream_close_pipe(struct kt_stream *s)
{
	if (s->pipe >= 0)
		close(s->pipe);
	s->pipe = -1;
}

void kt_stream_open(struct kt_stream *s, int pipe)
{
	struct kt_port *port = s->port;

	kt_stream_close_pipe(s);
	/* Not the buffer: that is large, and len says what of it counts. */
	memset(s, 0, offsetof(struct kt_stream, buf));
	s->port = port;
	s->pipe = pipe;
	s->limit = UINT64_MAX;
	s->done = pipe < 0;
}

static bool would_block(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/*
 * Take what is there from the port; false: nothing now. A port gives a page at
 * a time (virtio_console.c's fill_queue()), and a command is woken by each
 * write: so many pages make one write.
 */
static bool fill_from_port(struct kt_stream *s)
{
	s->off = 0;
	while (s->len < KT_STREAM_BYTES && s->total < s->limit) {
		const uint64_t left = s->limit - s->total;
		const size_t room = KT_STREAM_BYTES - s->len;
		const ssize_t n = read(s->port->fd, s->buf + s->len,
				       left < room ? (size_t)left : room);

		/* A host that has left sends no more, whatever it meant to. */
		if (n <= 0 && s->port->lost)
			s->limit = s->total;
		if (n <= 0)
			break;
		s->len += (size_t)n;
		s->total += (uint64_t)n;
	}
	return s->len;
}

void kt_stream_pump_in(struct kt_stream *s, bool more)
{
	for (int i = 0; i < PUMP_ROUNDS; i++) {
		ssize_t n;

		if (!s->len && (!more || !fill_from_port(s)))
			break;
		if (s->pipe < 0) {
			s->len = 0;
			continue;
		}
		n = write(s->pipe, s->buf + s->off, s->len);
		if (would_block(n))
			break;
		if (n < 0) {
			kt_stream_close_pipe(s);
			continue;
		}
		s->off += (size_t)n;
		s->len -= (size_t)n;
	}
	if (!s->len && s->total >= s->limit)
		kt_stream_close_pipe(s);
}

/* Take what is there from the command; false: nothing now. */
static bool fill_from_pipe(struct kt_stream *s)
{
	size_t want = KT_STREAM_BYTES;
	ssize_t n;

	if (s->pipe < 0)
		return false;
	if (s->capped && s->left < want)
		want = s->left;
	n = want ? read(s->pipe, s->buf, want) : 0;
	if (would_block(n))
		return false;
	if (n <= 0) {
		kt_stream_close_pipe(s);
		return false;
	}
	s->off = 0;
	s->len = (size_t)n;
	s->left -= s->capped ? (size_t)n : 0;
	return true;
}

bool kt_stream_pump_out(struct kt_stream *s)
{
	for (int i = 0; i < PUMP_ROUNDS && !s->done; i++) {
		ssize_t n;

		if (!s->len && !fill_from_pipe(s))
			break;
		n = write(s->port->fd, s->buf + s->off, s->len);
		if (s->port->lost || (n < 0 && !would_block(n))) {
			s->len = 0;
			kt_stream_close_pipe(s);
			break;
		}
		if (n < 0)
			break;
		s->off += (size_t)n;
		s->len -= (size_t)n;
		s->total += (uint64_t)n;
	}
	if (s->done || s->len || s->pipe >= 0)
		return false;
	s->done = true;
	return true;
}

bool kt_stream_cap(struct kt_stream *s)
{
	int left = 0;

	if (s->capped)
		return false;
	s->capped = true;
	if (s->pipe >= 0 && !ioctl(s->pipe, FIONREAD, &left))
		s->left = (size_t)left;
	return true;
}
