// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-vmm - run a command on a kernel, in a virtual machine */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/stop.h"
#include "lib/tool.h"
#include "lib/vm/run.h"
#include "lib/vm/terminal.h"
#include "lib/xalloc.h"
#include "tools/vmm/setup.h"

#define MAX_TIMEOUT_S (UINT64_C(366) * 24 * 3600)
#define EXIT_TIMEOUT 124 /* as timeout(1) has it */
#define EXIT_OURS 125

/* What programs on a terminal want to know of it. */
static const char *const term_names[] = { "TERM", "COLORTERM" };
#define NR_TERM (sizeof(term_names) / sizeof(term_names[0]))

static const struct kt_option options[] = {
	{ .name = "append",
	  .value = "WORDS",
	  .arg = KT_ARG_STRING,
	  .repeat = true,
	  .help = "add WORDS to the kernel's command line" },
	{ .name = "boot-timeout",
	  .value = "SECONDS",
	  .arg = KT_ARG_NUMBER,
	  .min = 1,
	  .max = MAX_TIMEOUT_S,
	  .help = "how long it may take to come up (default: 60, and 1 more "
		  "for each further CPU)" },
	{ .name = "cwd",
	  .value = "DIR",
	  .arg = KT_ARG_STRING,
	  .help = "start the command in the guest's directory DIR" },
	{ .name = "dmesg",
	  .help = "show all of the guest's console on stderr" },
	{ .name = "env",
	  .value = "NAME=VALUE",
	  .arg = KT_ARG_STRING,
	  .repeat = true,
	  .help = "set a variable for the command" },
	{ .name = "out",
	  .value = "GUESTPATH:HOSTDIR",
	  .arg = KT_ARG_STRING,
	  .repeat = true,
	  .help = "afterwards, put what is at GUESTPATH into HOSTDIR" },
	{ .name = "spec",
	  .value = "FILE",
	  .arg = KT_ARG_PATH,
	  .help = "read the record from FILE; stdin is the command's" },
	{ .name = "text",
	  .letter = 't',
	  .help = "behave as the command does, and write no record" },
	{ .name = "timeout",
	  .setting = true,
	  .value = "SECONDS",
	  .arg = KT_ARG_NUMBER,
	  .max = MAX_TIMEOUT_S,
	  .help = "end it after SECONDS, 0: never (default: 0 with --text, "
		  "else 120, or 60 past --boot-timeout)" },
	{ .name = "tty", .help = "give the command a terminal: ours" },
	{ 0 },
};

struct vmm {
	const struct kt_args *args;
	struct kt_run run;
	struct kt_setup setup;
	bool text; /* no record is written */
	int tty;   /* the command's terminal that we have opened, or -1 */
	char *term[NR_TERM]; /* NAME=VALUE, or NULL */
	struct kt_out *outs;
	uint64_t nr_runs, nr_bad;
};

/* On a terminal that may be the guest's: on a line of its own, and whole. */
static void warn(const char *text, void *ctx)
{
	const struct vmm *v = ctx;

	if (v->run.job.terminal)
		fputs("\r\n", stderr);
	kt_note("guest: %s", text);
	if (v->run.job.terminal)
		fputs("\r", stderr);
}

static void report(const struct kt_error *why, void *ctx KT_UNUSED)
{
	kt_tool_report(why);
}

/* The values of repeatable option @name, ended by NULL; the caller frees. */
static const char **values(const struct kt_args *args, const char *name)
{
	const size_t nr = kt_args_count(args, name);
	const char **vals = kt_xcalloc(nr + 1, sizeof(*vals));

	for (size_t i = 0; i < nr; i++)
		vals[i] = kt_args_nth(args, name, i);
	return vals;
}

/* The same of --env, behind what a terminal is here. */
static const char **env_values(const struct kt_args *args, char *const *term)
{
	const size_t nr = kt_args_count(args, "env");
	const char **vals = kt_xcalloc(nr + NR_TERM + 1, sizeof(*vals));
	size_t at = 0;

	for (size_t i = 0; i < NR_TERM; i++)
		if (term[i])
			vals[at++] = term[i];
	for (size_t i = 0; i < nr; i++)
		vals[at++] = kt_args_nth(args, "env", i);
	return vals;
}

static void values_freep(const char ***vals)
{
	free(*vals);
}

static enum kt_status check_env(const char *const *env, struct kt_error *err)
{
	for (; *env; env++)
		if (**env == '=' || !strchr(*env, '='))
			return kt_fail(err, KT_USAGE,
				       "--env: \"%s\" is not NAME=VALUE", *env);
	return KT_OK;
}

/* One record in, one out; how the guest fared is told on stderr as well. */
static enum kt_status run_one(struct kt_record *rec, FILE *out, void *ctx,
			      struct kt_error *err)
{
	struct vmm *v = ctx;
	char *logs KT_CLEANUP(kt_freep) = NULL;
	struct kt_record *result KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_outcome end KT_CLEANUP(kt_outcome_release) = { 0 };
	struct kt_vm_stats stats KT_CLEANUP(kt_vm_stats_release) = { 0 };
	int lock KT_CLEANUP(kt_closep) = -1;
	size_t nr_missing = 0;
	enum kt_status st =
		kt_setup_logs(v->args, ++v->nr_runs, &logs, &lock, err);

	if (st)
		return st;
	v->run.engine = kt_setup_engine(v->args, rec);
	v->run.logs = logs;
	v->run.stats = &stats;
	st = kt_run_record(&v->run, rec, &result, &end, &nr_missing, err);
	if (st)
		return st;
	if (end.why.msg[0])
		kt_tool_report(&end.why);
	v->nr_bad += nr_missing || (end.reason != KT_REASON_EXIT &&
				    end.reason != KT_REASON_POWEROFF);
	return kt_record_write(out, result, err);
}

static enum kt_status run_records(struct vmm *v, FILE *in, struct kt_error *err)
{
	enum kt_status st =
		kt_tool_filter_file(in, KT_SCHEMA_KERNEL, run_one, v, err);

	if (!st && v->nr_bad)
		return kt_fail(err, KT_FAIL, "%s", "");
	return st;
}

static enum kt_status take_one(struct kt_record *rec, FILE *out KT_UNUSED,
			       void *ctx, struct kt_error *err)
{
	struct kt_record **kept = ctx;

	if (*kept)
		return kt_fail(err, KT_DATA, "more than one kernel record");
	*kept = kt_record_copy(rec);
	return KT_OK;
}

/* The one kernel record there is to be; anything else ends in an error. */
static enum kt_status read_one(FILE *in, struct kt_record **out,
			       struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	/* With --text nothing of it reaches stdout. */
	enum kt_status st =
		kt_tool_filter_file(in, KT_SCHEMA_KERNEL, take_one, &rec, err);

	if (!st && !rec)
		st = kt_fail(err, KT_DATA, "no kernel record");
	if (st == KT_DATA)
		return kt_hint(err, st,
			       "records come from ktstr-initramfs through a "
			       "pipe, or from a file by --spec");
	if (st)
		return st;
	*out = rec;
	rec = NULL;
	return KT_OK;
}

static int text_status(const struct kt_outcome *end)
{
	switch (end->reason) {
	case KT_REASON_EXIT:
		return end->exit_code;
	case KT_REASON_ESCAPE:
		return 0;
	case KT_REASON_TIMEOUT:
	case KT_REASON_HANG:
		return EXIT_TIMEOUT;
	case KT_REASON_POWEROFF:
	case KT_REASON_RESET:
	case KT_REASON_PANIC:
	case KT_REASON_TRIPLE_FAULT:
	case KT_REASON_SIGNAL:
	case KT_REASON_ENGINE_ERROR:
		break;
	}
	return EXIT_OURS;
}

/* The terminal is the guest's for as long as the machine runs. */
static enum kt_status run_in_terminal(struct vmm *v,
				      const struct kt_record *rec,
				      struct kt_outcome *end,
				      size_t *nr_missing, struct kt_error *err)
{
	struct kt_terminal_size size;
	enum kt_status st = kt_terminal_take(v->run.in, err);

	if (st)
		return st;
	size = kt_terminal_size();
	v->run.job.cols = size.cols;
	v->run.job.rows = size.rows;
	st = kt_run_text(&v->run, rec, STDOUT_FILENO, STDERR_FILENO, end,
			 nr_missing, err);
	kt_terminal_release();
	/* Behind the prompt, or whatever else stands there. */
	if (!st && end->reason != KT_REASON_EXIT)
		fputs("\n", stderr);
	return st;
}

static enum kt_status run_text(struct vmm *v, FILE *in, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_outcome end KT_CLEANUP(kt_outcome_release) = { 0 };
	char *logs KT_CLEANUP(kt_freep) = NULL;
	int lock KT_CLEANUP(kt_closep) = -1;
	size_t nr_missing = 0;
	enum kt_status st = read_one(in, &rec, err);

	if (!st)
		st = kt_setup_logs(v->args, ++v->nr_runs, &logs, &lock, err);
	if (st)
		return st;
	v->run.engine = kt_setup_engine(v->args, rec);
	v->run.logs = logs;
	if (v->run.job.terminal)
		st = run_in_terminal(v, rec, &end, &nr_missing, err);
	else
		st = kt_run_text(&v->run, rec, STDOUT_FILENO, STDERR_FILENO,
				 &end, &nr_missing, err);
	if (st)
		return st;
	if (end.tail.len && v->run.dmesg < 0)
		fputs(end.tail.data, stderr);
	if (end.why.msg[0] && !end.why.hint[0] && end.exit_code < 0 &&
	    end.reason != KT_REASON_ESCAPE)
		kt_error_hint(&end.why, "%s/console.log has all it said", logs);
	kt_tool_report(&end.why);
	/* The command's failure is the more telling one. */
	kt_tool_exit_with(nr_missing && !text_status(&end) ? EXIT_OURS :
							     text_status(&end));
	return KT_OK;
}

static enum kt_status run_input(struct vmm *v, const struct kt_args *args,
				struct kt_error *err)
{
	const char *spec = kt_args_str(args, "spec");
	FILE *file = spec ? fopen(spec, "re") : NULL;
	FILE *in = spec ? file : stdin;
	enum kt_status st;

	if (!in)
		return kt_fail_errno(err, "cannot open \"%s\"", spec);
	if (spec)
		v->run.in = STDIN_FILENO;
	else
		v->run.in = v->tty;
	st = v->text ? run_text(v, in, err) : run_records(v, in, err);
	if (file)
		fclose(file);
	return st;
}

/* With the record on stdin, the person is at the controlling terminal. */
static enum kt_status open_terminal(struct vmm *v, const struct kt_args *args,
				    struct kt_error *err)
{
	if (kt_args_has(args, "spec")) {
		if (isatty(STDIN_FILENO))
			return KT_OK;
		return kt_fail(err, KT_USAGE, "standard input is no terminal");
	}
	v->tty = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (v->tty < 0)
		return kt_fail(err, KT_USAGE, "there is no terminal: %s",
			       strerror(errno));
	return KT_OK;
}

/* The command, or a shell in its place. */
static enum kt_status set_command(struct vmm *v, const struct kt_args *args,
				  struct kt_error *err)
{
	const bool shell = !kt_args_has_rest(args) || !kt_args_rest(args)[0];
	enum kt_status st;

	v->run.job.argv = shell ? NULL : kt_args_rest(args);
	v->run.job.cwd = kt_args_str(args, "cwd");
	v->run.job.terminal = shell || kt_args_has(args, "tty");
	v->text = v->run.job.terminal || kt_args_has(args, "text");
	if (!v->run.job.terminal)
		return KT_OK;
	st = open_terminal(v, args, err);
	if (st && shell)
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "a command for the guest is missing, "
				       "and a shell needs a terminal"),
			       "write it behind \"--\": ktstr-vmm -t -- "
			       "uname -r");
	return st;
}

static enum kt_status set_run(struct vmm *v, const struct kt_args *args,
			      struct kt_error *err)
{
	struct kt_run *run = &v->run;
	enum kt_status st = set_command(v, args, err);

	if (st)
		return st;
	st = kt_setup_run(args, "1,1,1", run, &v->setup, err);
	if (st)
		return st;
	run->dmesg = kt_args_has(args, "dmesg") ? STDERR_FILENO : -1;
	run->warn = warn;
	run->report = report;
	run->ctx = v;
	if (kt_args_has(args, "boot-timeout"))
		run->limits.hello_ns =
			kt_args_u64(args, "boot-timeout", 0) * KT_NS_PER_S;
	if (kt_args_has(args, "timeout"))
		run->timeout_ns = kt_args_u64(args, "timeout", 0) * KT_NS_PER_S;
	else
		run->timeout_ns = v->text ? 0 : kt_limits_timeout(&run->limits);
	return KT_OK;
}

static void vmm_release(struct vmm *v)
{
	kt_closep(&v->tty);
	for (size_t i = 0; i < NR_TERM; i++)
		free(v->term[i]);
	for (size_t i = 0; i < v->run.nr_outs; i++)
		kt_out_release(&v->outs[i]);
	free(v->outs);
	kt_setup_release(&v->setup);
}

static enum kt_status set_outs(struct vmm *v, const struct kt_args *args,
			       struct kt_error *err)
{
	const size_t nr = kt_args_count(args, "out");
	enum kt_status st = KT_OK;

	if (nr > KT_ONCE_MAX_OUTS)
		return kt_fail(err, KT_USAGE, "--out: more than %d times",
			       KT_ONCE_MAX_OUTS);
	v->outs = kt_xcalloc(nr, sizeof(*v->outs));
	for (size_t i = 0; !st && i < nr; i++) {
		st = kt_out_parse(kt_args_nth(args, "out", i), &v->outs[i],
				  err);
		v->run.nr_outs += !st;
	}
	v->run.outs = v->outs;
	return st;
}

static void set_term(struct vmm *v)
{
	for (size_t i = 0; v->run.job.terminal && i < NR_TERM; i++) {
		const char *val = kt_getenv(term_names[i]);

		if (val)
			v->term[i] = kt_xasprintf("%s=%s", term_names[i], val);
	}
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	const char **append KT_CLEANUP(values_freep) = values(args, "append");
	const char **env KT_CLEANUP(values_freep) = NULL;
	struct vmm v KT_CLEANUP(vmm_release) = { .args = args, .tty = -1 };
	enum kt_status st = set_run(&v, args, err);

	set_term(&v);
	env = env_values(args, v.term);
	v.run.append = append;
	v.run.job.env = env;
	if (!st)
		st = check_env(env, err);
	if (!st)
		st = set_outs(&v, args, err);
	if (!st)
		st = kt_stop_catch(err);
	if (st)
		return st;
	st = run_input(&v, args, err);
	if (st && v.text)
		kt_tool_exit_with(EXIT_OURS);
	return st;
}

const struct kt_command kt_tool_vmm = {
	.name = "ktstr-vmm",
	.summary = "run a command on a kernel, in a virtual machine",
	.operands = "[-- COMMAND [ARG...]]",
	.options = options,
	.shared = kt_setup_options,
	.run = run,
	.rest = true,
};
