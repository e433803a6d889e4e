// SPDX-License-Identifier: GPL-2.0-only
/* once - one command in a guest, and the files that are wanted of it */
#include "lib/vm/once.h"

#include <stdlib.h>

#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/xalloc.h"

#define PARTLY 1 /* ktstr-init --tar: things were left out, as it said */

enum kt_status kt_once_init(struct kt_once *o, const char *dir,
			    struct kt_error *err)
{
	o->archives = kt_xcalloc(o->nr_outs, sizeof(*o->archives));
	o->statuses = kt_xcalloc(o->nr_outs, sizeof(*o->statuses));
	for (size_t i = 0; i < o->nr_outs; i++)
		o->archives[i] = o->statuses[i] = -1;
	for (size_t i = 0; i < o->nr_outs; i++) {
		enum kt_status st = kt_fd_nameless(dir, &o->archives[i], err);

		if (st)
			return st;
	}
	if (o->nr_outs && o->task.timeout_ns)
		o->task.grace_ns = KT_ONCE_GRACE_NS;
	return KT_OK;
}

void kt_once_release(struct kt_once *o)
{
	for (size_t i = 0; o->archives && i < o->nr_outs; i++)
		kt_closep(&o->archives[i]);
	free(o->archives);
	free(o->statuses);
}

static const struct kt_task *next(void *ctx)
{
	struct kt_once *o = ctx;
	const size_t nr = o->asked++;

	if (!nr)
		return &o->task;
	if (nr > o->nr_outs)
		return NULL;
	kt_out_argv(&o->outs[nr - 1], o->argv);
	o->fetch = (struct kt_task){
		.job = { .argv = o->argv, .cwd = o->task.job.cwd },
		.in = -1,
		.out = o->archives[nr - 1],
		.out_name = "the archive of --out",
		.err = o->task.err,
		.err_name = o->task.err_name,
		.max_out = KT_OUT_MAX_BYTES,
		.idle_ns = KT_ONCE_IDLE_NS,
		.grace_ns = KT_ONCE_GRACE_NS,
	};
	return &o->fetch;
}

static void ended(const struct kt_outcome *end, struct kt_vm *vm, void *ctx)
{
	struct kt_once *o = ctx;

	o->well = vm || end->reason == KT_REASON_EXIT;
	if (o->asked > 1) {
		o->statuses[o->asked - 2] = end->exit_code;
		return;
	}
	o->has_ended = true;
	o->end = *end;
	/* That one is borrowed, and there is none at a good end. */
	o->end.tail = (struct kt_buf){ 0 };
}

const struct kt_session_hooks kt_once_hooks = { .next = next, .ended = ended };

bool kt_once_is_fetching(const struct kt_once *o)
{
	return o->well && o->asked > 1 && o->asked <= o->nr_outs + 1;
}

void kt_once_settle(struct kt_once *o, struct kt_outcome *end)
{
	if (!o->well || !o->has_ended || o->asked < 2)
		return;
	kt_outcome_release(end);
	*end = o->end;
}

static enum kt_status store(const struct kt_once *o, size_t i,
			    struct kt_error *err)
{
	const struct kt_out *out = &o->outs[i];

	if (o->statuses[i] != 0 && o->statuses[i] != PARTLY)
		return kt_fail(err, KT_FAIL, "the guest has not sent it");
	return kt_out_store(out, o->archives[i], err);
}

enum kt_status kt_once_store(const struct kt_once *o, kt_once_report_fn *report,
			     void *ctx, size_t *nr_failed, struct kt_error *err)
{
	*nr_failed = 0;
	for (size_t i = 0; i < o->nr_outs; i++) {
		struct kt_error why = { 0 };
		enum kt_status st = kt_stop_check(err);

		if (st)
			return st;
		st = store(o, i, &why);
		*nr_failed += st || o->statuses[i] == PARTLY;
		if (!st)
			continue;
		kt_error_within(&why, "--out %s", o->outs[i].guest);
		report(&why, ctx);
	}
	return KT_OK;
}
