// SPDX-License-Identifier: GPL-2.0-only
/* session-end - telling how a session and its job ended */
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/stop.h"
#include "lib/vm/session-parts.h"

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
	case KT_REASON_ESCAPE:
		return "escape";
	case KT_REASON_SIGNAL:
		return "signal";
	case KT_REASON_ENGINE_ERROR:
		return "engine-error";
	}
	abort();
}

void kt_outcome_release(struct kt_outcome *o)
{
	kt_buf_release(&o->tail);
}

static unsigned long long seconds(uint64_t ns)
{
	return ns / KT_NS_PER_S;
}

/* What the job at hand is given, of the one kind or the other. */
static uint64_t patience(const struct kt_task *task)
{
	return task->idle_ns ? task->idle_ns : task->timeout_ns;
}

static void explain_timeout(const struct kt_session_state *s,
			    struct kt_error *why)
{
	const struct kt_task *task = s->job.task;
	const char *what = "the command did not end";

	if (s->guest.stage == KT_GUEST_ENDED && !s->job.timed_out)
		what = "the command's output did not end";
	else if (task->idle_ns)
		what = "the command wrote nothing";
	kt_error_set(why, KT_FAIL, "%s in %llu s", what,
		     seconds(patience(task)));
}

static void explain_hang(const struct kt_session_state *s, struct kt_error *why)
{
	if (s->job.killed_ns)
		kt_error_set(why, KT_FAIL,
			     "the guest hangs: SIGKILL does not end the "
			     "command");
	else if (s->job.pinged_ns)
		kt_error_set(why, KT_FAIL,
			     "the guest hangs: no answer after %llu s",
			     seconds(patience(s->job.task)));
	else
		kt_error_set(why, KT_FAIL,
			     "the guest hangs: its init did not come up in "
			     "%llu s",
			     seconds(s->how->limits.hello_ns));
}

static void explain(const struct kt_session_state *s, enum kt_reason reason,
		    struct kt_error *why)
{
	switch (reason) {
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
		kt_error_set(why, KT_FAIL, "the guest rebooted before %s",
			     s->guest.hello_ns ? "the command ended" :
						 "its init was ready");
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
		explain_hang(s, why);
		break;
	case KT_REASON_TIMEOUT:
		explain_timeout(s, why);
		break;
	case KT_REASON_ESCAPE:
		kt_error_set(why, KT_FAIL, "left by Ctrl-A x");
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

/* Is the console the one who knows why? */
static bool console_tells(const struct kt_session_state *s,
			  enum kt_reason reason)
{
	switch (reason) {
	case KT_REASON_PANIC:
	case KT_REASON_HANG:
	case KT_REASON_TRIPLE_FAULT:
	case KT_REASON_ENGINE_ERROR:
		return true;
	case KT_REASON_POWEROFF:
	case KT_REASON_RESET:
		/* An init that cannot start says so, and reboots. */
		return !s->guest.hello_ns;
	case KT_REASON_EXIT:
	case KT_REASON_TIMEOUT:
	case KT_REASON_ESCAPE:
	case KT_REASON_SIGNAL:
		break;
	}
	return false;
}

void kt_session_report(const struct kt_session_state *s, enum kt_reason reason,
		       struct kt_outcome *out)
{
	const struct kt_guest *g = &s->guest;

	*out = (struct kt_outcome){
		.reason = reason,
		.exit_code = reason == KT_REASON_EXIT ? g->status : -1,
		.started = g->started_ns,
		.attached = g->attached,
		.stopped = s->job.stopped_ns,
		.serial = s->serial.connected,
	};
	memcpy(out->scx_exit, kt_console_scx(s->con), sizeof(out->scx_exit));
	if (g->attached)
		memcpy(out->ops, g->ops, sizeof(out->ops));
	if (g->hello_ns)
		out->boot_ns = g->hello_ns - s->how->started_ns;
	if (g->ended_ns)
		out->run_ns = g->ended_ns - g->started_ns;
	explain(s, reason, &out->why);
	if (console_tells(s, reason))
		kt_console_tail(s->con, &out->tail);
}
