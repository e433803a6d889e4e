// SPDX-License-Identifier: GPL-2.0-only
/* session - a guest at work: one loop that moves bytes and watches */
#include "lib/vm/session.h"

#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/stop.h"
#include "lib/vm/session-parts.h"
#include "lib/xalloc.h"

#define COMMAND_NS (120 * KT_NS_PER_S)
#define DRAIN_NS KT_NS_PER_S /* without progress, once the machine is gone */

struct kt_limits kt_limits_default(unsigned int cpus)
{
	return (struct kt_limits){
		.hello_ns = (59 + cpus) * KT_NS_PER_S,
		.pong_ns = 2 * KT_NS_PER_S,
		.linger_ns = 5 * KT_NS_PER_S,
	};
}

uint64_t kt_limits_timeout(const struct kt_limits *l)
{
	const uint64_t late_ns = l->hello_ns + 60 * KT_NS_PER_S;

	return late_ns > COMMAND_NS ? late_ns : COMMAND_NS;
}

void kt_session_decide(struct kt_session_state *s, enum kt_reason reason)
{
	if (!s->decided)
		s->reason = reason;
	s->decided = true;
}

/* True if there is a job now. */
static bool take_job(struct kt_session_state *s)
{
	const struct kt_session *how = s->how;

	s->job = (struct kt_session_job){
		.task = how->hooks->next(how->hooks_ctx),
		.asked_ns = kt_clock_ns(),
	};
	kt_console_begin_job(s->con);
	if (s->job.task)
		kt_session_open_streams(s);
	else
		kt_session_decide(s, KT_REASON_EXIT);
	return s->job.task;
}

static void tell_end(const struct kt_session_state *s,
		     const struct kt_outcome *o)
{
	if (s->how->hooks->ended)
		s->how->hooks->ended(o, s->vm, s->how->hooks_ctx);
}

/* The job has ended, and all it wrote is written. */
static enum kt_status end_job(struct kt_session_state *s, struct kt_error *err)
{
	enum kt_status st = kt_session_take_terminal(s, err);

	if (st)
		return st;
	kt_session_end_stdin(s);
	kt_outcome_release(&s->last);
	kt_session_report(s,
			  s->job.timed_out ? KT_REASON_TIMEOUT : KT_REASON_EXIT,
			  &s->last);
	tell_end(s, &s->last);
	if (!take_job(s))
		return KT_OK;
	return kt_guest_again(&s->guest, &s->job.task->job, err);
}

static enum kt_status check_guest(struct kt_session_state *s,
				  struct kt_error *err)
{
	enum kt_status st;

	if (s->decided)
		return KT_OK;
	st = kt_session_give_terminal(s, err);
	if (st)
		return st;
	if (s->guest.stage == KT_GUEST_FAILED ||
	    (s->guest.stage == KT_GUEST_ENDED && kt_session_output_done(s)))
		return end_job(s, err);
	/* It may have ended while the ping was on its way. */
	if (!s->guest.ponged || s->guest.stage == KT_GUEST_ENDED)
		return KT_OK;
	if (!s->job.task->grace_ns)
		kt_session_decide(s, KT_REASON_TIMEOUT);
	s->job.timed_out = true;
	kt_session_stop_job(s);
	return KT_OK;
}

static void end_machine(struct kt_session_state *s)
{
	if (s->vm)
		s->how->engine->kill(s->vm);
	s->vm = NULL;
}

static void check_machine(struct kt_session_state *s)
{
	if (s->vm) {
		s->ended = s->how->engine->state(s->vm, &s->why);
		if (s->ended == KT_VM_RUNNING)
			return;
		end_machine(s);
	}
	if (!kt_session_all_done(s))
		return;
	if (kt_console_panicked(s->con)) {
		kt_session_decide(s, KT_REASON_PANIC);
		return;
	}
	switch (s->ended) {
	case KT_VM_POWEROFF:
		kt_session_decide(s, KT_REASON_POWEROFF);
		break;
	case KT_VM_RESET:
		kt_session_decide(s, KT_REASON_RESET);
		break;
	case KT_VM_TRIPLE_FAULT:
		kt_session_decide(s, KT_REASON_TRIPLE_FAULT);
		break;
	case KT_VM_RUNNING:
	case KT_VM_FAILED:
		kt_session_decide(s, KT_REASON_ENGINE_ERROR);
		break;
	}
}

static enum kt_status work(struct kt_session_state *s, struct kt_error *err)
{
	while (!s->decided) {
		struct kt_error ignored;
		enum kt_status st =
			kt_session_pump(s, kt_session_deadline(s), err);

		if (!st)
			st = check_guest(s, err);
		if (st)
			return st;
		check_machine(s);
		kt_session_check_clock(s);
		if (kt_stop_check(&ignored))
			kt_session_decide(s, KT_REASON_SIGNAL);
	}
	return KT_OK;
}

/*
 * What is still in the sockets: the console for its log, and the output of a
 * command that did not end. Nobody waits long for a reader any more.
 */
static enum kt_status drain_rest(struct kt_session_state *s,
				 struct kt_error *err)
{
	s->progress_ns = kt_clock_ns();
	for (int i = KT_OUT; i <= KT_ERR && (s->reason == KT_REASON_EXIT ||
					     s->reason == KT_REASON_ESCAPE ||
					     s->reason == KT_REASON_SIGNAL);
	     i++) {
		s->output[i].ended = true;
		s->output[i].len = 0;
	}
	while (!kt_session_all_done(s)) {
		const uint64_t deadline = s->progress_ns + DRAIN_NS;
		enum kt_status st;

		if (kt_clock_ns() >= deadline)
			break;
		st = kt_session_pump(s, deadline, err);
		if (st)
			return st;
	}
	return KT_OK;
}

static void set_up(struct kt_session_state *s, const struct kt_session *how)
{
	s->how = how;
	s->vm = how->vm;
	s->con = kt_console_new(how->log);
	s->in.from = -1;
	s->in.ended = true;
	memcpy(s->ports, how->ports, sizeof(s->ports));
	kt_mux_init(&s->serial.mux, false, 0);
	s->serial.line = how->serial;
	s->in.to = how->ports[KT_PORT_STDIN];
	s->output[KT_OUT].from = how->ports[KT_PORT_STDOUT];
	s->output[KT_ERR].from = how->ports[KT_PORT_STDERR];
	s->output[KT_OUT].to = s->output[KT_ERR].to = -1;
	s->console.from = how->console;
	s->console.to = how->dmesg;
	s->console.what = "standard error";
}

static enum kt_status run(struct kt_session_state *s, struct kt_error *err)
{
	enum kt_status st;

	if (!take_job(s))
		return KT_OK;
	st = kt_guest_init(&s->guest, &s->job.task->job, s->how->warn,
			   s->how->ctx, err);
	return st ? st : work(s, err);
}

/* A job that is not over ends as the session does. */
static void report(struct kt_session_state *s, struct kt_outcome *out)
{
	if (s->job.task) {
		kt_outcome_release(&s->last);
		kt_session_report(s, s->reason, &s->last);
		tell_end(s, &s->last);
	}
	*out = s->last;
	s->last.tail = (struct kt_buf){ 0 };
}

enum kt_status kt_session_run(const struct kt_session *how,
			      struct kt_outcome *out, struct kt_error *err)
{
	/* Too large for a stack. */
	struct kt_session_state *s = kt_xcalloc(1, sizeof(*s));
	enum kt_status st;

	set_up(s, how);
	st = run(s, err);
	end_machine(s);
	if (!st)
		st = drain_rest(s, err);
	if (!st)
		report(s, out);
	kt_session_close_serial(s);
	kt_outcome_release(&s->last);
	kt_guest_release(&s->guest);
	kt_console_freep(&s->con);
	free(s);
	return st;
}
