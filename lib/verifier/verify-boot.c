// SPDX-License-Identifier: GPL-2.0-only
/* verify-boot - boots, one after another, until all profiles have run */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/verifier/dump.h"
#include "lib/verifier/verify-parts.h"
#include "lib/vm/logs.h"
#include "lib/xalloc.h"

#define MAX_TRIES 2 /* of an item that a boot ended before */

/* What a boot is at. */
enum task {
	TASK_ASK,  /* the question for the flags */
	TASK_ITEM, /* a profile */
	TASK_DUMP, /* what sched_ext dumped of it */
};

/* One boot at work. */
struct boot {
	struct kt_verify_state *s;
	enum task at;
	struct kt_verify_item *item; /* that is run */
	bool want_dump;		     /* of it, next */
	struct kt_task task;
	const char **argv;
	int out; /* what it prints */
	uint64_t attached_ns;
	struct kt_bpf_programs programs;
	struct kt_error sample; /* why there are none */
	uint32_t old;  /* programs up to this id are of schedulers before it */
	bool progress; /* this boot has run something */
};

static void end_task(struct boot *b)
{
	free(b->argv);
	b->argv = NULL;
	kt_closep(&b->out);
	b->out = -1;
	kt_bpf_programs_release(&b->programs);
}

static bool set_task(struct boot *b, const char *log, uint64_t max)
{
	const struct kt_verify *how = b->s->how;
	struct kt_error err;
	enum kt_status st = kt_logs_open(how->run->logs, log, &b->out, &err);

	if (st) {
		kt_verify_end(b->s, st, &err);
		return false;
	}
	b->task = (struct kt_task){
		.job = { .argv = b->argv,
			 .join = b->at == TASK_ITEM,
			 .attach = b->at == TASK_ITEM },
		.in = -1,
		.out = b->out,
		.out_name = how->run->logs,
		.err = -1,
		.keep_out = max,
		.timeout_ns = b->at == TASK_ITEM ? how->timeout_ns :
						   KT_VERIFIER_ASK_NS,
		.after_boot = true,
		.grace_ns = KT_VERIFIER_GRACE_NS,
	};
	b->attached_ns = 0;
	b->sample = (struct kt_error){ 0 };
	return true;
}

static const struct kt_task *ask(struct boot *b)
{
	b->at = TASK_ASK;
	b->argv = kt_xcalloc(3, sizeof(*b->argv));
	b->argv[0] = b->s->how->program;
	b->argv[1] = "--ktstr-list-flags";
	return set_task(b, "flags", KT_FLAGS_MAX_BYTES + 1) ? &b->task : NULL;
}

static const struct kt_task *fetch_dump(struct boot *b)
{
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s.trace", kt_path_base(b->item->log_path));

	b->at = TASK_DUMP;
	b->want_dump = false;
	b->argv = kt_xcalloc(4, sizeof(*b->argv));
	b->argv[0] = "sh";
	b->argv[1] = "-c";
	b->argv[2] = KT_DUMP_COMMAND;
	return set_task(b, name, KT_DUMP_MAX_BYTES) ? &b->task : NULL;
}

static const struct kt_task *next(void *ctx)
{
	struct boot *b = ctx;

	if (b->want_dump)
		return fetch_dump(b);
	if (kt_verify_is_over(b->s))
		return NULL;
	if (!b->s->asked)
		return ask(b);
	b->item = kt_verify_next(b->s);
	if (!b->item)
		return NULL;
	b->at = TASK_ITEM;
	b->argv = kt_profile_argv(&b->s->flags, b->item->profile,
				  b->s->how->program, b->s->how->args);
	return set_task(b, kt_path_base(b->item->log_path),
			KT_VERIFIER_MAX_LOG) ?
		       &b->task :
		       NULL;
}

static enum kt_status list_programs(const struct boot *b, struct kt_vm *vm,
				    struct kt_bpf_programs *out,
				    struct kt_error *err)
{
	struct kt_ram *ram = kt_xcalloc(1, sizeof(*ram));
	enum kt_status st = b->s->how->run->engine->ram(vm, ram, err);

	if (!st)
		st = kt_bpf_programs(b->s->kernel, ram, out, err);
	free(ram);
	return st;
}

/*
 * A scheduler that has ended leaves its programs for a while, until nothing can
 * be running them any more. Ids are given in order, so those of the next one
 * are above all that are there when nothing runs.
 */
static void learn_old(struct boot *b, struct kt_vm *vm)
{
	struct kt_bpf_programs list = { 0 };
	struct kt_error ignored;

	if (list_programs(b, vm, &list, &ignored))
		return;
	for (size_t i = 0; i < list.nr; i++)
		if (list.list[i].id > b->old)
			b->old = list.list[i].id;
	kt_bpf_programs_release(&list);
}

static void sample(struct boot *b, struct kt_vm *vm)
{
	struct kt_bpf_programs list = { 0 };
	struct kt_error err;

	if (list_programs(b, vm, &list, &err)) {
		b->sample = err;
		return;
	}
	/* Of two looks the later counts, for it has the higher run counts. */
	kt_bpf_programs_release(&b->programs);
	b->programs = list;
	b->sample = (struct kt_error){ 0 };
}

/* Twice: at once, for it may die, and when it has run for a while. */
static uint64_t attached(const char *ops KT_UNUSED, struct kt_vm *vm, void *ctx)
{
	struct boot *b = ctx;
	const uint64_t now = kt_clock_ns();

	sample(b, vm);
	if (b->attached_ns || !b->s->how->observe_ns)
		return 0;
	b->attached_ns = now;
	/* Its time was to attach in; the session sees that there is more. */
	b->task.timeout_ns += b->s->how->observe_ns;
	return now + b->s->how->observe_ns;
}

static void read_output(struct boot *b, uint64_t max, struct kt_buf *out)
{
	struct kt_error err;

	if (lseek(b->out, 0, SEEK_SET) < 0 ||
	    kt_fd_read(b->out, (size_t)max, out, "the log", &err))
		kt_buf_release(out);
}

static void ended_ask(struct boot *b, const struct kt_outcome *o)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

	if (o->reason == KT_REASON_EXIT && !o->started) {
		kt_verify_end(b->s, KT_FAIL, &o->why);
	} else if (o->reason == KT_REASON_TIMEOUT) {
		kt_verify_note(b->s, "the scheduler does not answer "
				     "--ktstr-list-flags");
		kt_verify_answered(b->s, NULL, 0);
	} else if (o->reason == KT_REASON_EXIT && o->exit_code) {
		kt_verify_answered(b->s, NULL, 0);
	} else if (o->reason == KT_REASON_EXIT) {
		read_output(b, KT_FLAGS_MAX_BYTES + 1, &text);
		kt_verify_answered(b->s, text.data, text.len);
	}
}

/* What is wanted of the programs there were. */
static void take_programs(struct boot *b, struct kt_verified *v)
{
	v->program = kt_xcalloc(b->programs.nr + 1, sizeof(*v->program));
	for (size_t i = 0; i < b->programs.nr; i++)
		if (b->programs.list[i].type == KT_BPF_STRUCT_OPS &&
		    b->programs.list[i].id > b->old)
			v->program[v->nr++] = b->programs.list[i];
}

/* Whatever came of it, the profile is done. */
static void ended_dump(struct boot *b)
{
	struct kt_buf trace KT_CLEANUP(kt_buf_release) = { 0 };

	read_output(b, KT_DUMP_MAX_BYTES, &trace);
	kt_dump_last(trace.data, trace.len, &b->item->v.dump);
	kt_verify_done(b->s, b->item);
}

/* Is there a dump, and the scheduler has not printed it? */
static bool wants_dump(const struct kt_verified *v, const struct kt_outcome *o,
		       const struct kt_vm *vm)
{
	return vm && o->scx_exit[0] &&
	       !(v->log.len && memmem(v->log.data, v->log.len, KT_DUMP_MARK,
				      strlen(KT_DUMP_MARK)));
}

static void ended_item(struct boot *b, const struct kt_outcome *o,
		       const struct kt_vm *vm)
{
	struct kt_verify_item *item = b->item;
	struct kt_verified *v = &item->v;

	if (o->reason == KT_REASON_SIGNAL)
		return;
	/* What came before it did this. */
	if (o->reason != KT_REASON_EXIT && o->reason != KT_REASON_TIMEOUT &&
	    !o->started && b->progress && ++item->tries < MAX_TRIES) {
		kt_verify_again(b->s, item);
		return;
	}
	take_programs(b, v);
	read_output(b, KT_VERIFIER_MAX_LOG, &v->log);
	kt_buf_add(&v->console, o->tail.data ? o->tail.data : "", o->tail.len);
	kt_verify_judge(v, o, b->s->how->timeout_ns, &b->sample);
	b->want_dump = wants_dump(v, o, vm);
	if (!b->want_dump)
		kt_verify_done(b->s, item);
}

static void ended(const struct kt_outcome *o, struct kt_vm *vm, void *ctx)
{
	struct boot *b = ctx;

	switch (b->at) {
	case TASK_ASK:
		ended_ask(b, o);
		break;
	case TASK_ITEM:
		ended_item(b, o, vm);
		break;
	case TASK_DUMP:
		ended_dump(b);
		break;
	}
	end_task(b);
	if (vm)
		learn_old(b, vm);
	b->progress = true;
}

static const struct kt_session_hooks hooks = {
	.next = next,
	.attached = attached,
	.ended = ended,
};

static char *logs_of_boot(struct kt_verify_state *s)
{
	char name[64];

	pthread_mutex_lock(&s->lock);
	snprintf(name, sizeof(name), "boot-%zu", ++s->nr_boots);
	pthread_mutex_unlock(&s->lock);
	return kt_path_join(s->how->run->logs, name);
}

/* A boot that is over before the question was answered ends it all. */
static void check_boot(struct boot *b, enum kt_status st,
		       const struct kt_outcome *o, const struct kt_error *err)
{
	if (st)
		kt_verify_end(b->s, st, err);
	else if (o->reason == KT_REASON_SIGNAL || !b->s->asked)
		kt_verify_end(b->s, KT_FAIL, &o->why);
}

void kt_verify_boots(struct kt_verify_state *s)
{
	while (!kt_verify_is_over(s)) {
		struct kt_outcome o KT_CLEANUP(kt_outcome_release) = { 0 };
		struct kt_run run = *s->how->run;
		char *logs KT_CLEANUP(kt_freep) = logs_of_boot(s);
		struct boot b = { .s = s, .out = -1 };
		struct kt_error err;
		enum kt_status st = kt_mkdirs(logs, &err);

		run.logs = logs;
		if (!st)
			st = kt_run_jobs(&run, s->how->kernel, &hooks, &b, &o,
					 &err);
		check_boot(&b, st, &o, &err);
		end_task(&b);
	}
}
