// SPDX-License-Identifier: GPL-2.0-only
/* session - a guest at work: one loop that moves bytes and watches */
#include "lib/vm/session.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/vm/console.h"
#include "lib/xalloc.h"

#define STREAM_BYTES ((size_t)64 << 10)
#define MAX_POLL 24
#define PANIC_NS KT_NS_PER_S /* for the reset that follows a panic to come */
#define DRAIN_NS KT_NS_PER_S /* without progress, once the machine is gone */

/* Bytes on their way from one descriptor to another. */
struct stream {
	int from, to;  /* to -1: nobody wants them */
	short in, out; /* what poll() said of each */
	bool ended;    /* from has no more */
	uint64_t total;
	size_t off, len;
	const char *what;
	char buf[STREAM_BYTES];
};

enum { OUT, ERR };

struct state {
	const struct kt_session *how;
	struct kt_vm *vm; /* NULL: it has ended */
	enum kt_vm_state ended;
	struct kt_error why;
	struct kt_guest guest;
	struct kt_console *con;
	struct stream in, output[2], console;
	short control_in, ignored;
	bool control_ended, asked_eof;
	bool decided;
	enum kt_reason reason;
	uint64_t progress_ns, panic_ns, pinged_ns;
	struct pollfd fds[MAX_POLL];
	short *got[MAX_POLL];
	nfds_t nr;
};

const char *kt_reason_name(enum kt_reason reason)
{
	switch (reason) {
	case KT_REASON_EXIT:
		return "exit";
	case KT_REASON_POWEROFF:
		return "poweroff";
	case KT_REASON_RESET:
		return "reset";
	case KT_REASON_PANIC:
		return "panic";
	case KT_REASON_TRIPLE_FAULT:
		return "triple-fault";
	case KT_REASON_HANG:
		return "hang";
	case KT_REASON_TIMEOUT:
		return "timeout";
	case KT_REASON_SIGNAL:
		return "signal";
	case KT_REASON_ENGINE_ERROR:
		return "engine-error";
	}
	abort();
}

struct kt_limits kt_limits_default(unsigned int cpus)
{
	return (struct kt_limits){
		.hello_ns = (59 + cpus) * KT_NS_PER_S,
		.pong_ns = 2 * KT_NS_PER_S,
		.linger_ns = 5 * KT_NS_PER_S,
	};
}

void kt_outcome_release(struct kt_outcome *o)
{
	kt_buf_release(&o->tail);
}

static void decide(struct state *s, enum kt_reason reason)
{
	if (!s->decided)
		s->reason = reason;
	s->decided = true;
}

/* Poll @fd and put what came into *got, which is 0 until then. */
static void watch(struct state *s, int fd, short events, short *got)
{
	*got = 0;
	if (fd < 0)
		return;
	s->fds[s->nr] = (struct pollfd){ .fd = fd, .events = events };
	s->got[s->nr++] = got;
}

/* A full stream is only written, an empty one only read. */
static void watch_stream(struct state *s, struct stream *st)
{
	st->in = st->out = 0;
	if (st->len)
		watch(s, st->to, POLLOUT, &st->out);
	else if (!st->ended)
		watch(s, st->from, POLLIN, &st->in);
}

static void fill(struct state *s, struct stream *st)
{
	ssize_t n;

	if (!st->in)
		return;
	n = read(st->from, st->buf, STREAM_BYTES);
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

/*
 * To a descriptor of the user's, which may not be made non-blocking, for it is
 * shared with others. POLLOUT promises PIPE_BUF bytes (pipe(7)).
 */
static enum kt_status drain(struct state *s, struct stream *st,
			    struct kt_error *err)
{
	const size_t len = st->len < PIPE_BUF ? st->len : PIPE_BUF;
	ssize_t n;

	if (!st->out || !st->len)
		return KT_OK;
	n = write(st->to, st->buf + st->off, len);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return KT_OK;
	if (n < 0)
		return kt_fail_errno(err, "cannot write to %s", st->what);
	st->off += (size_t)n;
	st->len -= (size_t)n;
	s->progress_ns = kt_clock_ns();
	return KT_OK;
}

/* The most that is read from the guest may have been announced already. */
static void check_eof(struct state *s, int i)
{
	if (!s->guest.has_eof[i] || s->output[i].total <= s->guest.eof[i])
		return;
	kt_error_set(&s->why, KT_DATA, "the guest sent more %s than it said",
		     i == OUT ? "stdout" : "stderr");
	decide(s, KT_REASON_ENGINE_ERROR);
}

static enum kt_status pump_output(struct state *s, int i, struct kt_error *err)
{
	struct stream *st = &s->output[i];

	fill(s, st);
	check_eof(s, i);
	return drain(s, st, err);
}

/* The guest's end takes what it can; the rest waits in the buffer. */
static void pump_stdin(struct state *s)
{
	struct stream *st = &s->in;
	ssize_t n;

	fill(s, st);
	while (st->len) {
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
	if (st->ended && !st->len && !s->asked_eof &&
	    s->guest.stage == KT_GUEST_RUNNING) {
		s->asked_eof = true;
		kt_guest_stdin_eof(&s->guest, st->total);
	}
}

static enum kt_status pump_console(struct state *s, struct kt_error *err)
{
	struct stream *st = &s->console;
	const uint64_t before = st->total;
	enum kt_status status;

	fill(s, st);
	if (st->total != before) {
		status = kt_console_feed(s->con, st->buf, st->len, err);
		if (status)
			return status;
		if (kt_console_panicked(s->con) && !s->panic_ns)
			s->panic_ns = kt_clock_ns();
		st->len = st->to < 0 ? 0 : kt_console_clean(st->buf, st->len);
	}
	return drain(s, st, err);
}

static void send_control(struct state *s)
{
	struct kt_buf *out = &s->guest.out;
	ssize_t n;

	if (!out->len || s->control_ended)
		return;
	n = send(s->how->ports[KT_PORT_CONTROL], out->data, out->len,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		kt_buf_consume(out, (size_t)n);
	else if (errno != EAGAIN && errno != EINTR)
		s->control_ended = true;
}

static void pump_control(struct state *s)
{
	char chunk[16384];
	ssize_t n;

	if (s->control_in & ~POLLOUT) {
		n = recv(s->how->ports[KT_PORT_CONTROL], chunk, sizeof(chunk),
			 MSG_DONTWAIT);
		/* Nobody listens any more once it is decided. */
		if (n > 0 && !s->decided &&
		    kt_guest_feed(&s->guest, chunk, (size_t)n, &s->why))
			decide(s, KT_REASON_ENGINE_ERROR);
		if (!n || (n < 0 && errno != EAGAIN && errno != EINTR))
			s->control_ended = true;
		s->progress_ns = kt_clock_ns();
	}
	for (int i = OUT; i <= ERR; i++)
		check_eof(s, i);
	send_control(s);
}

static void watch_all(struct state *s)
{
	int fds[KT_VM_MAX_FDS];
	const size_t nr = s->vm ? s->how->engine->fds(s->vm, fds) : 0;

	s->nr = 0;
	for (size_t i = 0; i < nr; i++)
		watch(s, fds[i], POLLIN, &s->ignored);
	watch(s, s->decided ? -1 : kt_stop_fd(), POLLIN, &s->ignored);
	watch(s, s->control_ended ? -1 : s->how->ports[KT_PORT_CONTROL],
	      (short)(POLLIN | (s->guest.out.len ? POLLOUT : 0)),
	      &s->control_in);
	s->in.in = s->in.out = 0;
	if (s->vm && s->guest.stage == KT_GUEST_RUNNING)
		watch_stream(s, &s->in);
	watch_stream(s, &s->output[OUT]);
	watch_stream(s, &s->output[ERR]);
	watch_stream(s, &s->console);
}

static enum kt_status pump(struct state *s, uint64_t deadline,
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
	pump_control(s);
	pump_stdin(s);
	st = pump_output(s, OUT, err);
	if (!st)
		st = pump_output(s, ERR, err);
	return st ? st : pump_console(s, err);
}

/* All that was announced is here, and is written. */
static bool output_done(const struct state *s)
{
	for (int i = OUT; i <= ERR; i++)
		if (!s->guest.has_eof[i] || s->output[i].len ||
		    s->output[i].total != s->guest.eof[i])
			return false;
	return true;
}

static bool stream_done(const struct stream *st)
{
	return st->ended && !st->len;
}

/* What the machine sent before it ended is all here, and is written. */
static bool all_done(const struct state *s)
{
	return s->control_ended && stream_done(&s->output[OUT]) &&
	       stream_done(&s->output[ERR]) && stream_done(&s->console);
}

static void end_machine(struct state *s)
{
	if (s->vm)
		s->how->engine->kill(s->vm);
	s->vm = NULL;
}

static void check_machine(struct state *s)
{
	if (s->vm) {
		s->ended = s->how->engine->state(s->vm, &s->why);
		if (s->ended == KT_VM_RUNNING)
			return;
		end_machine(s);
		s->progress_ns = kt_clock_ns();
	}
	if (!all_done(s))
		return;
	if (kt_console_panicked(s->con)) {
		decide(s, KT_REASON_PANIC);
		return;
	}
	switch (s->ended) {
	case KT_VM_POWEROFF:
		decide(s, KT_REASON_POWEROFF);
		break;
	case KT_VM_RESET:
		decide(s, KT_REASON_RESET);
		break;
	case KT_VM_TRIPLE_FAULT:
		decide(s, KT_REASON_TRIPLE_FAULT);
		break;
	case KT_VM_RUNNING:
	case KT_VM_FAILED:
		decide(s, KT_REASON_ENGINE_ERROR);
		break;
	}
}

static void check_guest(struct state *s)
{
	if (s->guest.stage == KT_GUEST_FAILED ||
	    (s->guest.stage == KT_GUEST_ENDED && output_done(s)))
		decide(s, KT_REASON_EXIT);
	else if (s->guest.ponged)
		decide(s, KT_REASON_TIMEOUT);
}

/* After the command's end, and not while it is our reader who is slow. */
static uint64_t linger_deadline(const struct state *s)
{
	if (s->guest.stage != KT_GUEST_ENDED || s->output[OUT].len ||
	    s->output[ERR].len)
		return 0;
	return s->progress_ns + s->how->limits.linger_ns;
}

static uint64_t hello_deadline(const struct state *s)
{
	if (s->guest.stage != KT_GUEST_BOOTING)
		return 0;
	return s->how->started_ns + s->how->limits.hello_ns;
}

/* For the command to end; and when it has not, for an answer. */
static uint64_t timeout_deadline(const struct state *s)
{
	const struct kt_limits *limits = &s->how->limits;

	if (s->pinged_ns)
		return s->pinged_ns + limits->pong_ns;
	if (!limits->timeout_ns || s->guest.stage >= KT_GUEST_ENDED)
		return 0;
	return s->how->started_ns + limits->timeout_ns;
}

static uint64_t panic_deadline(const struct state *s)
{
	return s->panic_ns ? s->panic_ns + PANIC_NS : 0;
}

static bool passed(uint64_t deadline, uint64_t now)
{
	return deadline && now >= deadline;
}

static void check_clock(struct state *s)
{
	const uint64_t now = kt_clock_ns();

	if (!s->vm)
		return;
	if (passed(panic_deadline(s), now))
		decide(s, KT_REASON_PANIC);
	if (passed(hello_deadline(s), now))
		decide(s, KT_REASON_HANG);
	if (passed(linger_deadline(s), now)) {
		kt_error_set(&s->why, KT_DATA,
			     "the guest announced more output than it sent");
		decide(s, KT_REASON_ENGINE_ERROR);
	}
	if (!passed(timeout_deadline(s), now))
		return;
	if (s->pinged_ns) {
		decide(s, KT_REASON_HANG);
	} else {
		s->pinged_ns = now;
		kt_guest_ping(&s->guest);
	}
}

static uint64_t next_deadline(const struct state *s)
{
	if (!s->vm)
		return 0;
	return kt_deadline_min(
		kt_deadline_min(panic_deadline(s), hello_deadline(s)),
		kt_deadline_min(linger_deadline(s), timeout_deadline(s)));
}

static enum kt_status work(struct state *s, struct kt_error *err)
{
	while (!s->decided) {
		struct kt_error ignored;
		enum kt_status st = pump(s, next_deadline(s), err);

		if (st)
			return st;
		check_guest(s);
		check_machine(s);
		check_clock(s);
		if (kt_stop_check(&ignored))
			decide(s, KT_REASON_SIGNAL);
	}
	return KT_OK;
}

/*
 * What is still in the sockets: the console for its log, and the output of a
 * command that did not end. Nobody waits long for a reader any more.
 */
static enum kt_status drain_rest(struct state *s, struct kt_error *err)
{
	s->progress_ns = kt_clock_ns();
	for (int i = OUT; i <= ERR && (s->reason == KT_REASON_EXIT ||
				       s->reason == KT_REASON_SIGNAL);
	     i++) {
		s->output[i].ended = true;
		s->output[i].len = 0;
	}
	while (!all_done(s)) {
		const uint64_t deadline = s->progress_ns + DRAIN_NS;
		enum kt_status st;

		if (kt_clock_ns() >= deadline)
			break;
		st = pump(s, deadline, err);
		if (st)
			return st;
	}
	return KT_OK;
}

static void explain(const struct state *s, struct kt_error *why)
{
	const struct kt_limits *limits = &s->how->limits;

	switch (s->reason) {
	case KT_REASON_EXIT:
		if (s->guest.stage == KT_GUEST_FAILED)
			kt_error_set(why, KT_FAIL,
				     "cannot run in the guest: %s",
				     s->guest.failure);
		break;
	case KT_REASON_POWEROFF:
		kt_error_set(why, KT_FAIL,
			     "the guest powered off before the command ended");
		break;
	case KT_REASON_RESET:
		kt_error_set(why, KT_FAIL,
			     "the guest rebooted before the command ended");
		break;
	case KT_REASON_PANIC:
		kt_error_set(why, KT_FAIL, "the guest's kernel panicked: %s",
			     kt_console_panic(s->con));
		break;
	case KT_REASON_TRIPLE_FAULT:
		kt_error_set(why, KT_FAIL,
			     "the guest's CPU ended in a triple fault");
		break;
	case KT_REASON_HANG:
		if (s->pinged_ns)
			kt_error_set(why, KT_FAIL,
				     "the guest hangs: no answer after %llu s",
				     (unsigned long long)(limits->timeout_ns /
							  KT_NS_PER_S));
		else
			kt_error_set(why, KT_FAIL,
				     "the guest hangs: its init did not come "
				     "up in %llu s",
				     (unsigned long long)(limits->hello_ns /
							  KT_NS_PER_S));
		break;
	case KT_REASON_TIMEOUT:
		kt_error_set(
			why, KT_FAIL, "the command did not end in %llu s",
			(unsigned long long)(limits->timeout_ns / KT_NS_PER_S));
		break;
	case KT_REASON_SIGNAL:
		kt_error_set(why, KT_FAIL, "interrupted by SIG%s",
			     sigabbrev_np(kt_stop_signal()));
		break;
	case KT_REASON_ENGINE_ERROR:
		*why = s->why;
		break;
	}
}

static void report(const struct state *s, struct kt_outcome *out)
{
	const struct kt_guest *g = &s->guest;

	*out = (struct kt_outcome){ .reason = s->reason, .exit_code = -1 };
	if (s->reason == KT_REASON_EXIT)
		out->exit_code = g->status;
	if (g->hello_ns)
		out->boot_ns = g->hello_ns - s->how->started_ns;
	if (g->ended_ns)
		out->run_ns = g->ended_ns - g->started_ns;
	explain(s, &out->why);
	if (s->reason == KT_REASON_PANIC || s->reason == KT_REASON_HANG ||
	    s->reason == KT_REASON_TRIPLE_FAULT ||
	    s->reason == KT_REASON_ENGINE_ERROR)
		kt_console_tail(s->con, &out->tail);
}

static void set_up(struct state *s, const struct kt_session *how)
{
	s->how = how;
	s->vm = how->vm;
	s->con = kt_console_new(how->log);
	s->in.from = how->in;
	s->in.to = how->ports[KT_PORT_STDIN];
	s->in.ended = how->in < 0;
	s->output[OUT].from = how->ports[KT_PORT_STDOUT];
	s->output[OUT].to = how->out;
	s->output[OUT].what = "standard output";
	s->output[ERR].from = how->ports[KT_PORT_STDERR];
	s->output[ERR].to = how->err;
	s->output[ERR].what = "standard error";
	s->console.from = how->console;
	s->console.to = how->dmesg;
	s->console.what = "standard error";
}

enum kt_status kt_session_run(const struct kt_session *how,
			      struct kt_outcome *out, struct kt_error *err)
{
	/* Too large for a stack. */
	struct state *s = kt_xcalloc(1, sizeof(*s));
	enum kt_status st;

	set_up(s, how);
	st = kt_guest_init(&s->guest, how->job, how->warn, how->ctx, err);
	if (!st)
		st = work(s, err);
	end_machine(s);
	if (!st)
		st = drain_rest(s, err);
	if (!st)
		report(s, out);
	kt_guest_release(&s->guest);
	kt_console_freep(&s->con);
	free(s);
	return st;
}
