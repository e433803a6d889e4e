// SPDX-License-Identifier: GPL-2.0-only
/* session-stream - bytes between descriptors, of a session and its job */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/stop.h"
#include "lib/vm/session-parts.h"
#include "lib/vm/terminal.h"

void kt_session_watch(struct kt_session_state *s, int fd, short events,
		      short *got)
{
	*got = 0;
	if (fd < 0)
		return;
	s->fds[s->nr] = (struct pollfd){ .fd = fd, .events = events };
	s->got[s->nr++] = got;
}

/* A full stream is only written, an empty one only read. */
static void watch_stream(struct kt_session_state *s, struct kt_stream *st)
{
	st->in = 0;
	if (st->len)
		kt_session_watch(s, st->to, POLLOUT, &s->ignored);
	else if (!st->ended)
		kt_session_watch(s, st->from, POLLIN, &st->in);
}

static void fill(struct kt_session_state *s, struct kt_stream *st, size_t max)
{
	ssize_t n;

	if (!st->in)
		return;
	n = read(st->from, st->buf, max);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		st->ended = true;
		return;
	}
	st->off = 0;
	st->len = (size_t)n;
	st->total += (uint64_t)n;
	s->progress_ns = kt_clock_ns();
}

/* Or broken, and then write() says why. */
static bool is_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1;
}

/*
 * To a descriptor of the user's, which may not be made non-blocking, for it is
 * shared with others. POLLOUT promises PIPE_BUF bytes (pipe(7)) until the next
 * write, and another stream's may go to the same pipe; a file takes any number.
 */
static enum kt_status drain(struct kt_session_state *s, struct kt_stream *st,
			    struct kt_error *err)
{
	const size_t most = st->whole ? KT_STREAM_BYTES : PIPE_BUF;

	while (st->len && is_writable(st->to)) {
		const size_t len = st->len < most ? st->len : most;
		const ssize_t n = write(st->to, st->buf + st->off, len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return KT_OK;
		if (n < 0)
			return kt_fail_errno(err, "cannot write to %s",
					     st->what);
		st->off += (size_t)n;
		st->len -= (size_t)n;
		s->progress_ns = kt_clock_ns();
	}
	return KT_OK;
}

/* Of a hostile guest's stdout, no more than was asked for. */
static void check_size(struct kt_session_state *s)
{
	const struct kt_task *task = s->job.task;

	if (!task || !task->max_out || s->output[KT_OUT].total <= task->max_out)
		return;
	kt_error_set(&s->why, KT_DATA, "the guest sent more than %llu bytes",
		     (unsigned long long)task->max_out);
	kt_session_decide(s, KT_REASON_ENGINE_ERROR);
}

/* The most that is read from the guest may have been announced already. */
static void check_eof(struct kt_session_state *s, int i)
{
	if (!s->guest.has_eof[i] || s->output[i].total <= s->guest.eof[i])
		return;
	kt_error_set(&s->why, KT_DATA, "the guest sent more %s than it said",
		     i == KT_OUT ? "stdout" : "stderr");
	kt_session_decide(s, KT_REASON_ENGINE_ERROR);
}

/* Of what has just been read, drop what nobody wants. */
static void clip(struct kt_stream *st)
{
	if (st->to < 0)
		st->len = 0;
	else if (st->len > st->room)
		st->len = (size_t)st->room;
	st->room -= st->len;
}

static enum kt_status pump_output(struct kt_session_state *s, int i,
				  struct kt_error *err)
{
	struct kt_stream *st = &s->output[i];
	const uint64_t before = st->total;
	const size_t waited = st->len;
	enum kt_status status;

	fill(s, st, KT_STREAM_BYTES);
	if (st->total != before)
		clip(st);
	check_eof(s, i);
	status = drain(s, st, err);
	if (waited)
		s->reader_ns = kt_clock_ns();
	if (st->total != before || st->len != waited)
		s->output_ns = kt_clock_ns();
	return status;
}

void kt_session_open_streams(struct kt_session_state *s)
{
	const struct kt_task *task = s->job.task;

	s->in.from = task->in;
	s->in.ended = task->in < 0;
	s->in.total = s->in.len = 0;
	s->output[KT_OUT].to = task->out;
	s->output[KT_OUT].what =
		task->out_name ? task->out_name : "standard output";
	s->output[KT_ERR].to = task->err;
	s->output[KT_ERR].what =
		task->err_name ? task->err_name : "standard error";
	for (int i = KT_OUT; i <= KT_ERR; i++) {
		struct kt_stream *st = &s->output[i];
		struct stat sb;

		st->total = st->len = 0;
		st->whole = !fstat(st->to, &sb) && S_ISREG(sb.st_mode);
		st->room = task->keep_out ? task->keep_out : UINT64_MAX;
	}
}

/* What the guest has not been given is not the job's. */
void kt_session_end_stdin(struct kt_session_state *s)
{
	struct kt_stream *st = &s->in;

	if (s->job.asked_eof)
		return;
	s->job.asked_eof = true;
	kt_guest_stdin_eof(&s->guest, st->total - st->len);
	st->ended = true;
	st->len = 0;
}

/* The guest's end takes what it can; the rest waits in the buffer. */
static void pump_stdin(struct kt_session_state *s)
{
	struct kt_stream *st = &s->in;
	ssize_t n;

	if (s->job.task && s->job.task->job.terminal)
		kt_session_read_keys(s);
	else
		fill(s, st, KT_STREAM_BYTES);
	while (st->len && s->guest.stage == KT_GUEST_RUNNING) {
		n = send(st->to, st->buf + st->off, st->len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			st->len = 0;
			st->ended = true;
		}
		if (n < 0)
			break;
		st->off += (size_t)n;
		st->len -= (size_t)n;
	}
	if (st->ended && !st->len && s->guest.stage == KT_GUEST_RUNNING)
		kt_session_end_stdin(s);
}

/* Of what has just been read, leave what a terminal may get. */
static void clean(struct kt_session_state *s, struct kt_stream *st)
{
	if (st->to < 0)
		st->len = 0;
	else
		st->len = kt_console_clean(&s->begun, st->buf, st->len);
}

static enum kt_status pump_console(struct kt_session_state *s,
				   struct kt_error *err)
{
	struct kt_stream *st = &s->console;
	const uint64_t before = st->total;
	enum kt_status status;

	/* Half of the room, for ends of lines, and less for what has begun. */
	fill(s, st, KT_STREAM_BYTES / 2 - sizeof(s->begun.bytes));
	if (st->total != before) {
		status = kt_console_feed(s->con, st->buf, st->len, err);
		if (status)
			return status;
		if (kt_console_panicked(s->con) && !s->panic_ns)
			s->panic_ns = kt_clock_ns();
		clean(s, st);
		if (s->job.raw)
			st->len = kt_session_end_lines(st->buf, st->len);
	}
	return drain(s, st, err);
}

static void send_control(struct kt_session_state *s)
{
	struct kt_buf *out = &s->guest.out;
	ssize_t n;

	if (!out->len || s->control_ended)
		return;
	n = send(s->ports[KT_PORT_CONTROL], out->data, out->len,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		kt_buf_consume(out, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		s->control_ended = true;
}

/*
 * Nobody is at the other end of hvc0, but who writes to it would keep a CPU of
 * the guest until somebody takes it (lib/guest/pty.h).
 */
static void pump_hvc0(struct kt_session_state *s)
{
	char drop[4096];
	ssize_t n;

	if (!s->hvc0_in)
		return;
	n = recv(s->ports[KT_PORT_TTY], drop, sizeof(drop), MSG_DONTWAIT);
	s->hvc0_ended = !n || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static void pump_control(struct kt_session_state *s)
{
	char chunk[16384];
	ssize_t n;

	if (s->control_in & ~POLLOUT) {
		n = recv(s->ports[KT_PORT_CONTROL], chunk, sizeof(chunk),
			 MSG_DONTWAIT);
		/* Nobody listens any more once it is decided. */
		if (n > 0 && !s->decided &&
		    kt_guest_feed(&s->guest, chunk, (size_t)n, &s->why))
			kt_session_decide(s, KT_REASON_ENGINE_ERROR);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			s->control_ended = true;
		s->progress_ns = kt_clock_ns();
	}
	for (int i = KT_OUT; i <= KT_ERR; i++)
		check_eof(s, i);
	check_size(s);
	if (s->resized)
		kt_session_resize(s);
	send_control(s);
}

/* Read from the beginning, and written when there is somebody to read it. */
static void watch_terminal(struct kt_session_state *s)
{
	if (s->decided)
		return;
	if (kt_session_wants_keys(s))
		kt_session_watch(s, s->in.from, POLLIN, &s->in.in);
	if (s->guest.stage != KT_GUEST_RUNNING)
		return;
	kt_session_watch(s, kt_terminal_fd(), POLLIN, &s->resized);
	if (s->in.len)
		kt_session_watch(s, s->in.to, POLLOUT, &s->ignored);
}

static void watch_all(struct kt_session_state *s)
{
	int fds[KT_VM_MAX_FDS];
	const size_t nr = s->vm ? s->how->engine->fds(s->vm, fds) : 0;

	s->nr = 0;
	for (size_t i = 0; i < nr; i++)
		kt_session_watch(s, fds[i], POLLIN, &s->ignored);
	kt_session_watch(s, s->decided ? -1 : kt_stop_fd(), POLLIN,
			 &s->ignored);
	kt_session_watch(s, s->control_ended ? -1 : s->ports[KT_PORT_CONTROL],
			 (short)(POLLIN | (s->guest.out.len ? POLLOUT : 0)),
			 &s->control_in);
	kt_session_watch(s, s->hvc0_ended ? -1 : s->ports[KT_PORT_TTY], POLLIN,
			 &s->hvc0_in);
	kt_session_watch_serial(s);
	s->in.in = s->resized = 0;
	if (s->vm && s->job.task && s->job.task->job.terminal)
		watch_terminal(s);
	else if (s->vm && s->guest.stage == KT_GUEST_RUNNING)
		watch_stream(s, &s->in);
	watch_stream(s, &s->output[KT_OUT]);
	watch_stream(s, &s->output[KT_ERR]);
	watch_stream(s, &s->console);
}

enum kt_status kt_session_pump(struct kt_session_state *s, uint64_t deadline,
			       struct kt_error *err)
{
	enum kt_status st;

	watch_all(s);
	if (poll(s->fds, s->nr, kt_deadline_poll_ms(deadline)) < 0) {
		if (errno == EINTR)
			return KT_OK;
		return kt_fail_errno(err, "cannot poll");
	}
	for (nfds_t i = 0; i < s->nr; i++)
		*s->got[i] = s->fds[i].revents;
	kt_session_pump_serial(s);
	pump_control(s);
	pump_hvc0(s);
	pump_stdin(s);
	st = pump_output(s, KT_OUT, err);
	if (!st)
		st = pump_output(s, KT_ERR, err);
	return st ? st : pump_console(s, err);
}

/* All that was announced is here, and is written. */
bool kt_session_output_done(const struct kt_session_state *s)
{
	for (int i = KT_OUT; i <= KT_ERR; i++)
		if (!s->guest.has_eof[i] || s->output[i].len ||
		    s->output[i].total != s->guest.eof[i])
			return false;
	return true;
}

static bool stream_done(const struct kt_stream *st)
{
	return st->ended && !st->len;
}

/* What the machine sent before it ended is all here, and is written. */
bool kt_session_all_done(const struct kt_session_state *s)
{
	return s->control_ended && stream_done(&s->output[KT_OUT]) &&
	       stream_done(&s->output[KT_ERR]) && stream_done(&s->console);
}
