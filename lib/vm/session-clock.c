// SPDX-License-Identifier: GPL-2.0-only
/* session-clock - the deadlines of a session and its job */
#include <signal.h>

#include "lib/clock.h"
#include "lib/vm/session-parts.h"

#define PANIC_NS KT_NS_PER_S /* for the reset that follows a panic to come */
/*
 * A ping stands behind up to KT_MUX_WINDOW bytes of stdin, and where the
 * processor is emulated the line takes 2 seconds for these.
 */
#define SERIAL_PONGS 5

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool reader_is_slow(const struct kt_session_state *s)
{
	return s->output[KT_OUT].len || s->output[KT_ERR].len;
}

/*
 * After the command's end, for a byte of output or the word that it was the
 * last. What else a guest says then, its kernel above all, is no sign that its
 * init lives.
 */
static uint64_t linger_deadline(const struct kt_session_state *s)
{
	const struct kt_guest *g = &s->guest;

	if (g->stage != KT_GUEST_ENDED || reader_is_slow(s))
		return 0;
	return later(s->output_ns, later(g->ended_ns, g->eof_ns)) +
	       s->how->limits.linger_ns;
}

/* For all of that output: that, and as long again as the command had. */
static uint64_t rest_deadline(const struct kt_session_state *s)
{
	const uint64_t timeout_ns = s->job.task->timeout_ns;

	if (s->guest.stage != KT_GUEST_ENDED || !timeout_ns ||
	    reader_is_slow(s))
		return 0;
	return later(s->guest.ended_ns, s->reader_ns) + timeout_ns +
	       s->how->limits.linger_ns;
}

static uint64_t hello_deadline(const struct kt_session_state *s)
{
	if (s->guest.stage != KT_GUEST_BOOTING)
		return 0;
	return s->how->started_ns + s->how->limits.hello_ns;
}

static uint64_t pong_ns(const struct kt_session_state *s)
{
	return s->how->limits.pong_ns *
	       (s->serial.connected ? SERIAL_PONGS : 1);
}

/* When the time began that the command has; 0: not yet. */
static uint64_t timeout_start(const struct kt_session_state *s)
{
	if (!s->job.task->after_boot)
		return s->job.asked_ns;
	return s->guest.hello_ns ? later(s->job.asked_ns, s->guest.hello_ns) :
				   0;
}

/* For the command to end; and when it has not, for an answer. */
static uint64_t timeout_deadline(const struct kt_session_state *s)
{
	const struct kt_session_job *job = &s->job;

	if (job->stopped_ns || s->guest.stage >= KT_GUEST_ENDED)
		return 0;
	if (job->pinged_ns)
		return job->pinged_ns + pong_ns(s);
	if (job->task->idle_ns)
		return reader_is_slow(s) ? 0 :
					   later(job->asked_ns, s->output_ns) +
						   job->task->idle_ns;
	if (!job->task->timeout_ns || !timeout_start(s))
		return 0;
	return timeout_start(s) + job->task->timeout_ns;
}

/* For the command to heed a signal. */
static uint64_t stop_deadline(const struct kt_session_state *s)
{
	const struct kt_session_job *job = &s->job;

	if (!job->stopped_ns || s->guest.stage >= KT_GUEST_ENDED)
		return 0;
	if (job->killed_ns)
		return job->killed_ns + s->how->limits.hello_ns;
	return job->stopped_ns + job->task->grace_ns;
}

/* For what the owner wants to see while its scheduler is attached. */
static uint64_t again_deadline(const struct kt_session_state *s)
{
	if (s->job.stopped_ns || s->guest.stage != KT_GUEST_RUNNING)
		return 0;
	return s->job.again_ns;
}

static uint64_t panic_deadline(const struct kt_session_state *s)
{
	return s->panic_ns ? s->panic_ns + PANIC_NS : 0;
}

static bool passed(uint64_t deadline, uint64_t now)
{
	return deadline && now >= deadline;
}

void kt_session_stop_job(struct kt_session_state *s)
{
	if (s->job.stopped_ns)
		return;
	s->job.stopped_ns = kt_clock_ns();
	kt_guest_signal(&s->guest, SIGTERM);
}

static void check_stop(struct kt_session_state *s, uint64_t now)
{
	if (!passed(stop_deadline(s), now))
		return;
	if (s->job.killed_ns) {
		kt_session_decide(s, KT_REASON_HANG);
		return;
	}
	s->job.killed_ns = now;
	kt_guest_signal(&s->guest, SIGKILL);
}

static void check_attached(struct kt_session_state *s, uint64_t now)
{
	const struct kt_session *how = s->how;

	if (s->guest.attached && !s->job.attached) {
		s->job.attached = true;
		s->job.again_ns = now;
	}
	if (!passed(again_deadline(s), now))
		return;
	s->job.again_ns =
		how->hooks->attached(s->guest.ops, s->vm, how->hooks_ctx);
	if (!s->job.again_ns)
		kt_session_stop_job(s);
}

static void check_timeout(struct kt_session_state *s, uint64_t now)
{
	if (!passed(timeout_deadline(s), now))
		return;
	if (s->job.pinged_ns) {
		kt_session_decide(s, KT_REASON_HANG);
	} else {
		s->job.pinged_ns = now;
		kt_guest_ping(&s->guest);
	}
}

static void check_end(struct kt_session_state *s, uint64_t now)
{
	const bool *told = s->guest.has_eof;

	if (passed(linger_deadline(s), now)) {
		kt_error_set(&s->why, KT_DATA,
			     told[KT_OUT] && told[KT_ERR] ?
				     "the guest announced more output than it "
				     "sent" :
				     "the guest did not say where the "
				     "command's output ends");
		kt_session_decide(s, KT_REASON_ENGINE_ERROR);
	}
	if (passed(rest_deadline(s), now))
		kt_session_decide(s, KT_REASON_TIMEOUT);
}

void kt_session_check_clock(struct kt_session_state *s)
{
	const uint64_t now = kt_clock_ns();

	if (!s->vm || s->decided)
		return;
	if (passed(panic_deadline(s), now))
		kt_session_decide(s, KT_REASON_PANIC);
	if (passed(hello_deadline(s), now))
		kt_session_decide(s, KT_REASON_HANG);
	check_end(s, now);
	check_attached(s, now);
	check_timeout(s, now);
	check_stop(s, now);
}

uint64_t kt_session_deadline(const struct kt_session_state *s)
{
	uint64_t first = 0;

	if (!s->vm)
		return 0;
	first = kt_deadline_min(first, panic_deadline(s));
	first = kt_deadline_min(first, hello_deadline(s));
	first = kt_deadline_min(first, linger_deadline(s));
	first = kt_deadline_min(first, rest_deadline(s));
	first = kt_deadline_min(first, again_deadline(s));
	first = kt_deadline_min(first, stop_deadline(s));
	return kt_deadline_min(first, timeout_deadline(s));
}
