// SPDX-License-Identifier: GPL-2.0-only
/* session-tty - the terminal of a job that has one */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/vm/session-parts.h"
#include "lib/vm/terminal.h"

#define KEYS 4096 /* bytes at a time */

bool kt_session_wants_keys(const struct kt_session_state *s)
{
	return !s->in.ended && s->in.len + KEYS < KT_STREAM_BYTES;
}

/*
 * Whether the guest takes its input or not: the keys that leave it must be seen
 * in any case.
 */
void kt_session_read_keys(struct kt_session_state *s)
{
	struct kt_stream *st = &s->in;
	char typed[KEYS];
	ssize_t n;

	if (!st->in)
		return;
	n = read(st->from, typed, sizeof(typed));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		st->ended = true;
		return;
	}
	memmove(st->buf, st->buf + st->off, st->len);
	st->off = 0;
	n = (ssize_t)kt_escape_feed(&s->job.escape, typed, (size_t)n,
				    st->buf + st->len);
	st->len += (size_t)n;
	st->total += (uint64_t)n;
	if (s->job.escape.left)
		kt_session_decide(s, KT_REASON_ESCAPE);
}

void kt_session_resize(struct kt_session_state *s)
{
	const struct kt_terminal_size size = kt_terminal_size();

	if (s->vm && s->how->engine->resize)
		s->how->engine->resize(s->vm, size.cols, size.rows);
	kt_guest_winsize(&s->guest, size.cols, size.rows);
}

enum kt_status kt_session_give_terminal(struct kt_session_state *s,
					struct kt_error *err)
{
	enum kt_status st;

	if (s->job.raw || s->guest.stage != KT_GUEST_RUNNING ||
	    !s->job.task->job.terminal)
		return KT_OK;
	st = kt_terminal_set(KT_TERMINAL_RAW, err);
	if (st)
		return st;
	s->job.raw = true;
	/* It may have changed while the guest came up. */
	kt_session_resize(s);
	return KT_OK;
}

enum kt_status kt_session_take_terminal(struct kt_session_state *s,
					struct kt_error *err)
{
	enum kt_status st =
		s->job.raw ? kt_terminal_set(KT_TERMINAL_KEYS, err) : KT_OK;

	s->job.raw = false;
	return st;
}

size_t kt_session_end_lines(char *data, size_t len)
{
	size_t more = 0, at;

	for (size_t i = 0; i < len; i++)
		more += data[i] == '\n';
	at = len + more;
	for (size_t i = len; i-- > 0;) {
		data[--at] = data[i];
		if (data[i] == '\n')
			data[--at] = '\r';
	}
	return len + more;
}
