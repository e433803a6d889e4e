// SPDX-License-Identifier: GPL-2.0-only
/* verify-end - what it means how a scheduler ended */
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/verifier/log.h"
#include "lib/verifier/verify-parts.h"

/* Did the verifier refuse a program? Its log then says so. */
static bool rejected(const struct kt_verified *v, const struct kt_outcome *o)
{
	struct kt_load_log_at at = { 0 };
	struct kt_load_log log;

	return !o->attached && v->log.len &&
	       kt_load_log_next(v->log.data, v->log.len, &at, &log);
}

static void ended_by_itself(const struct kt_outcome *o, struct kt_error *why)
{
	const char *when =
		o->attached ? "after it had attached" : "before it attached";
	const char *name =
		o->exit_code > 128 ? sigabbrev_np(o->exit_code - 128) : NULL;

	if (name)
		kt_error_set(why, KT_FAIL, "the scheduler died of SIG%s %s",
			     name, when);
	else
		kt_error_set(why, KT_FAIL,
			     "the scheduler ended with status %d %s",
			     o->exit_code, when);
}

/* What went wrong, if anything did. */
static void explain(const struct kt_verified *v, const struct kt_outcome *o,
		    uint64_t timeout_ns, const struct kt_error *sample,
		    struct kt_error *why)
{
	if (o->reason == KT_REASON_TIMEOUT && !o->attached)
		kt_error_set(why, KT_FAIL,
			     "the scheduler did not attach in %llu s",
			     (unsigned long long)(timeout_ns / KT_NS_PER_S));
	else if (o->reason != KT_REASON_EXIT || !o->started)
		*why = o->why;
	else if (!o->stopped)
		ended_by_itself(o, why);
	else if (o->scx_exit[0])
		kt_error_set(why, KT_FAIL, "the scheduler was ended");
	else if (sample->status)
		*why = *sample;
	else if (!v->nr)
		kt_error_set(why, KT_FAIL,
			     "no struct_ops program is in the guest");
	if (why->status && o->scx_exit[0]) {
		const struct kt_error first = *why;

		kt_error_set(why, KT_FAIL, "%s: sched_ext: %s", first.msg,
			     o->scx_exit);
	}
}

void kt_verify_judge(struct kt_verified *v, const struct kt_outcome *o,
		     uint64_t timeout_ns, const struct kt_error *sample)
{
	if (o->reason == KT_REASON_EXIT && o->started && rejected(v, o)) {
		v->verdict = KT_VERDICT_REJECTED;
		kt_error_set(&v->why, KT_FAIL,
			     "the verifier rejected a program");
		return;
	}
	explain(v, o, timeout_ns, sample, &v->why);
	v->verdict = v->why.status ? KT_VERDICT_FAILED : KT_VERDICT_OK;
}
