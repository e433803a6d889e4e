// SPDX-License-Identifier: GPL-2.0-only
/*
 * verifier - cargo ktstr verifier: what the verifier pays for a scheduler
 *
 * The scheduler is built first if a package is named. Several kernels are asked
 * one after another, each under a heading of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cargo-build.h"
#include "lib/tool.h"
#include "lib/xalloc.h"
#include "tools/cargo-ktstr/front.h"

/* What stands for the program in a pipeline that is only shown. */
#define PLACE "KTSTR_SCHEDULER"

enum { GET, VERIFIER };

static const struct kt_borrow borrows[] = {
	[GET] = { .from = &kt_tool_cache, .sub = "get", .names = "" },
	[VERIFIER] = { .from = &kt_tool_verifier,
		       .except = "text heading fold-log" },
	{ 0 },
};

static const char *cargo_name(void)
{
	const char *cargo = kt_getenv("CARGO");

	return cargo ? cargo : "cargo";
}

static struct kt_pipeline *plan(const struct kt_args *args, const char *kernel,
				const char *program, bool heading)
{
	struct kt_pipeline *p = kt_pipeline_new();

	kt_front_stage(p, args, &borrows[GET]);
	if (kernel) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kernel);
	}
	kt_front_stage(p, args, &borrows[VERIFIER]);
	if (!kt_args_has(args, "csv") && !kt_args_has(args, "json")) {
		kt_pipeline_word(p, "--text");
		if (heading)
			kt_pipeline_word(p, "--heading");
	}
	if (program) {
		kt_pipeline_word(p, "--scheduler-bin");
		kt_pipeline_word(p, program);
	}
	kt_front_pass(p, args, &borrows[VERIFIER]);
	if (kt_args_has_rest(args)) {
		kt_pipeline_word(p, "--");
		for (const char *const *w = kt_args_rest(args); *w; w++)
			kt_pipeline_word(p, *w);
	}
	return p;
}

/* The command that prints the program's path, as kt_cargo_build() finds it. */
static void explain_build(const struct kt_args *args, struct kt_buf *out)
{
	const char **argv =
		kt_cargo_build_argv("cargo", kt_args_str(args, "scheduler"),
				    kt_args_has(args, "release"));

	kt_buf_adds(out, "scheduler=$(set -o pipefail; ");
	for (size_t i = 0; argv[i]; i++) {
		kt_pipeline_quote(argv[i], out);
		kt_buf_addc(out, ' ');
	}
	free(argv);
	kt_buf_adds(out,
		    "| sed -n '/\"compiler-artifact\"/{/\"kind\":\\[[^]]*"
		    "\"bin\"/{/\"test\":false},\"features\"/s/.*\"filenames\":"
		    "\\[\"\\([^\"]*\\)\".*/\\1/p}}' | sed 1q) &&\n");
}

static void explain_one(const struct kt_pipeline *p, struct kt_buf *out)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	const char *from, *place;

	kt_pipeline_explain(p, &text);
	text.data[--text.len] = '\0';
	from = text.data;
	while ((place = strstr(from, PLACE))) {
		kt_buf_add(out, from, (size_t)(place - from));
		kt_buf_adds(out, "\"$scheduler\"");
		from = place + strlen(PLACE);
	}
	kt_buf_adds(out, from);
}

/* The kernel that is asked @i-th, or NULL for the one that is found. */
static const char *kernel_nth(const struct kt_args *args, size_t i)
{
	return kt_args_count(args, "kernel") ? kt_args_nth(args, "kernel", i) :
					       NULL;
}

static void explain(const struct kt_args *args, size_t nr)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	const bool build = kt_args_has(args, "scheduler");

	if (build)
		explain_build(args, &out);
	if (nr > 1)
		kt_buf_adds(&out, "{\n\tstatus=0\n");
	for (size_t i = 0; i < nr; i++) {
		struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) =
			plan(args, kernel_nth(args, i), build ? PLACE : NULL,
			     nr > 1);

		if (nr > 1)
			kt_buf_addc(&out, '\t');
		explain_one(p, &out);
		kt_buf_adds(&out, nr > 1 ? " || status=$?\n" : "\n");
	}
	if (nr > 1)
		kt_buf_adds(&out, "\t(exit $status)\n}\n");
	fputs(out.data, stdout);
}

static enum kt_status check(const struct kt_args *args, struct kt_error *err)
{
	if (!kt_args_has(args, "scheduler") &&
	    !kt_args_has(args, "scheduler-bin"))
		return kt_hint(err,
			       kt_fail(err, KT_USAGE, "no scheduler is named"),
			       "--scheduler PKG builds one, --scheduler-bin "
			       "PATH is one");
	/* Each is asked by a process of its own, which begins a file. */
	if (kt_args_has(args, "csv") && kt_args_count(args, "kernel") > 1)
		return kt_hint(
			err,
			kt_fail(err, KT_USAGE, "--csv is for one --kernel"),
			"for several, pipe the records of ktstr-cache "
			"get into one ktstr-verifier --csv");
	return KT_OK;
}

static enum kt_status verifier(const struct kt_args *args, struct kt_error *err)
{
	const size_t given = kt_args_count(args, "kernel");
	const size_t nr = given ? given : 1;
	char *program KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = check(args, err);
	int status, last = 0;

	if (st)
		return st;
	if (kt_args_has(args, "explain")) {
		explain(args, nr);
		return KT_OK;
	}
	if (kt_args_has(args, "scheduler"))
		st = kt_cargo_build(
			cargo_name(), kt_args_str(args, "scheduler"),
			kt_args_has(args, "release"), &program, err);
	for (size_t i = 0; !st && i < nr; i++) {
		struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) =
			plan(args, kernel_nth(args, i), program, nr > 1);

		st = kt_front_execute(p, false, &status, err);
		if (!st && status)
			last = status;
	}
	if (!st)
		kt_tool_exit_with(last);
	return st;
}

static const struct kt_option options[] = {
	{ .name = "json",
	  .help = "write records instead of text",
	  .excludes = "csv" },
	{ .name = "kernel",
	  .arg = KT_ARG_KERNEL,
	  .value = "ID",
	  .repeat = true,
	  .help = "path, version or cache key of a kernel" },
	{ .name = "release",
	  .help = "build with cargo's release profile",
	  .needs = "scheduler" },
	{ .name = "scheduler",
	  .arg = KT_ARG_STRING,
	  .value = "PKG",
	  .help = "build this package of the workspace, and take its program",
	  .excludes = "scheduler-bin" },
	{ 0 },
};

const struct kt_command kt_front_verifier = {
	.name = "verifier",
	.summary =
		"count what the BPF verifier pays for a scheduler's programs",
	.operands = "[-- ARG...]",
	.options = options,
	.borrows = borrows,
	.run = verifier,
	.rest = true,
};
