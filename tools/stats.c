// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-stats - sidecars and records in, answers out */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/stats/report.h"
#include "lib/stats/totals.h"
#include "lib/stats/where.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

/* What --fail-on may name, as bits. */
enum {
	FAIL_ON_OUTLIER = 1,
	FAIL_ON_REGRESSION = 2,
	FAIL_ON_FAILURE = 4,
};

static const char *format_of(const struct kt_args *args)
{
	const char *format = kt_args_str(args, "format");

	if (kt_args_has(args, "text"))
		return "text";
	return format ? format : "json";
}

static enum kt_status fail_on(const struct kt_args *args, unsigned int *out,
			      struct kt_error *err)
{
	static const char *const words[] = { "outlier", "regression", "failure",
					     NULL };
	const char *list = kt_args_str(args, "fail-on");
	unsigned int bits = 0;

	while (list && *list) {
		const size_t len = strcspn(list, ",");
		char *word KT_CLEANUP(kt_freep) = kt_xstrndup(list, len);
		size_t i = 0;

		while (words[i] && strcmp(words[i], word) != 0)
			i++;
		if (!words[i])
			return kt_hint(err,
				       kt_fail(err, KT_USAGE,
					       "--fail-on: unknown \"%s\"",
					       word),
				       "it takes outlier, regression and "
				       "failure, with commas between");
		bits |= 1U << i;
		list += len + (list[len] == ',');
	}
	if (bits & FAIL_ON_REGRESSION && !kt_args_has(args, "baseline"))
		return kt_fail(err, KT_USAGE,
			       "--fail-on regression needs --baseline");
	*out = bits;
	return KT_OK;
}

/* The directory to read; *found is false if there is none to be found. */
static enum kt_status choose_dir(const struct kt_args *args, char **out,
				 struct kt_error *err)
{
	struct kt_buf note KT_CLEANUP(kt_buf_release) = { 0 };
	const char *dir = kt_args_str(args, "dir");
	enum kt_status st;
	char *cwd KT_CLEANUP(kt_freep) = NULL;

	if (!dir)
		dir = kt_getenv("KTSTR_SIDECAR_DIR");
	if (dir) {
		*out = kt_xstrdup(dir);
		return KT_OK;
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return kt_fail_errno(err, "cannot tell the current directory");
	st = kt_stats_where(cwd, out, &note, err);
	if (!st && note.len)
		kt_note("%s", note.data);
	return st;
}

/* Read @dir and tell what could not be. */
static enum kt_status load(const char *dir, struct kt_stats *out,
			   struct kt_error *err)
{
	enum kt_status st = kt_stats_read(dir, out, err);

	for (uint32_t i = 0; !st && i < out->nr_unreadable; i++)
		kt_note("skipped: %s", out->unreadable[i].why);
	if (!st && out->nr_unreadable)
		kt_note("%u of %u sidecars in \"%s\" could not be read",
			out->nr_unreadable, out->nr_files, dir);
	return st;
}

static enum kt_status write_report(const struct kt_report *r,
				   const char *format, struct kt_error *err)
{
	static const struct {
		const char *name;
		kt_report_write_fn *write;
	} forms[] = {
		{ "text", kt_report_text },
		{ "markdown", kt_report_markdown },
		{ "junit", kt_report_junit },
		{ "html", kt_report_html },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (!strcmp(forms[i].name, format)) {
			forms[i].write(r, stdout);
			return KT_OK;
		}
	return kt_report_records(r, stdout, err);
}

/* @unreadable: sidecars that could not be read and had to be. */
static enum kt_status verdict(const struct kt_report *r, unsigned int gates,
			      uint32_t unreadable, struct kt_error *err)
{
	const struct kt_changes *since =
		gates & FAIL_ON_REGRESSION ? r->changes : NULL;
	uint32_t troubled = 0;

	for (uint32_t i = 0; i < r->stats->nr_rows; i++)
		troubled += kt_row_trouble(&r->stats->rows[i]) != NULL;
	if (gates & FAIL_ON_FAILURE && troubled)
		return kt_fail(err, KT_FAIL, "%u test%s failed or stalled",
			       troubled, troubled == 1 ? "" : "s");
	if (since && !since->nr_pairs)
		return kt_fail(err, KT_FAIL,
			       "no test to compare with the baseline \"%s\"",
			       since->dir);
	if (since && since->nr_regressions)
		return kt_fail(err, KT_FAIL, "%zu regression%s since \"%s\"",
			       since->nr_regressions,
			       since->nr_regressions == 1 ? "" : "s",
			       since->dir);
	if (gates & FAIL_ON_OUTLIER && r->outliers->nr)
		return kt_fail(err, KT_FAIL, "%zu outlier%s", r->outliers->nr,
			       r->outliers->nr == 1 ? "" : "s");
	if (unreadable)
		return kt_fail(err, KT_FAIL, "%u sidecar%s could not be read",
			       unreadable, unreadable == 1 ? "" : "s");
	return KT_OK;
}

/* Nothing to report is no failure, unless something was to be proved by it. */
static enum kt_status nothing(const char *what, bool gated,
			      struct kt_error *err)
{
	if (gated)
		return kt_fail(err, KT_FAIL, "%s", what);
	kt_note("%s", what);
	return KT_OK;
}

static enum kt_status sidecars(const struct kt_args *args, struct kt_error *err)
{
	const char *baseline = kt_args_str(args, "baseline");
	const char *outliers = kt_args_str(args, "outliers");
	const bool strict = kt_args_has(args, "strict");
	struct kt_stats now KT_CLEANUP(kt_stats_release) = { 0 };
	struct kt_stats then KT_CLEANUP(kt_stats_release) = { 0 };
	struct kt_outliers found KT_CLEANUP(kt_outliers_release) = { 0 };
	struct kt_changes changes KT_CLEANUP(kt_changes_release) = { 0 };
	struct kt_report r = { .stats = &now, .outliers = &found };
	char *dir KT_CLEANUP(kt_freep) = NULL;
	unsigned int gates = 0;
	enum kt_status st = fail_on(args, &gates, err);

	if (st)
		return st;
	st = choose_dir(args, &dir, err);
	if (!st)
		st = load(dir, &now, err);
	/* No directory is as good as no sidecars. */
	if (st == KT_FAIL || st == KT_SYS)
		return nothing(err->msg, strict || gates, err);
	if (!st && baseline)
		st = load(baseline, &then, err);
	if (st)
		return st;
	if (!now.nr_rows) {
		char *what KT_CLEANUP(kt_freep) =
			kt_xasprintf("no sidecars in \"%s\"", dir);

		return nothing(what, strict || gates, err);
	}
	kt_outliers_find(&now,
			 outliers && !strcmp(outliers, "mad") ?
				 KT_OUTLIERS_MAD :
				 KT_OUTLIERS_SIGMA,
			 &found);
	if (baseline) {
		kt_changes_find(&then, &now, &changes);
		r.changes = &changes;
	}
	st = write_report(&r, format_of(args), err);
	if (st)
		return st;
	return verdict(&r, gates,
		       strict ? now.nr_unreadable + then.nr_unreadable : 0,
		       err);
}

/*
 * Count the records of @schema on stdin. With @text others are left out, since
 * stdout is for people; else they pass.
 */
static enum kt_status count(const char *schema, kt_filter_fn *fn, void *ctx,
			    bool text, struct kt_error *err)
{
	const struct kt_filter filter = { .tool = kt_tool_name(),
					  .schema = schema,
					  .fn = fn,
					  .report = kt_tool_report,
					  .ctx = ctx,
					  .text = text };

	return kt_filter(&filter, stdin, stdout, err);
}

static enum kt_status programs(const struct kt_args *args, struct kt_error *err)
{
	struct kt_programs *p KT_CLEANUP(kt_programs_freep) = kt_programs_new();
	const bool text = !strcmp(format_of(args), "text");
	enum kt_status written = KT_OK;
	enum kt_status st =
		count(KT_SCHEMA_PROGRAM, kt_programs_add, p, text, err);

	if (st > KT_FAIL)
		return st;
	if (text)
		kt_programs_text(p, stdout);
	else
		written = kt_programs_records(p, stdout, err);
	return written ? written : st;
}

static enum kt_status runs(const struct kt_args *args, struct kt_error *err)
{
	struct kt_runs *p KT_CLEANUP(kt_runs_freep) = kt_runs_new();
	const bool text = !strcmp(format_of(args), "text");
	enum kt_status written = KT_OK;
	enum kt_status st = count(KT_SCHEMA_RUN, kt_runs_add, p, text, err);

	if (st > KT_FAIL)
		return st;
	if (text)
		kt_runs_text(p, stdout);
	else
		written = kt_runs_records(p, stdout, err);
	return written ? written : st;
}

static const struct kt_option record_options[] = {
	{ .name = "text",
	  .letter = 't',
	  .help = "text for people, as the form of that name" },
	{ .name = "format",
	  .arg = KT_ARG_CHOICE,
	  .value = "FORM",
	  .choices = "text json",
	  .excludes = "text",
	  .help = "text or json (records, the default)" },
	{ 0 },
};

static const struct kt_command programs_command = {
	.name = "programs",
	.summary = "sum up records of verified programs",
	.options = record_options,
	.run = programs,
};

static const struct kt_command runs_command = {
	.name = "runs",
	.summary = "sum up records of runs",
	.options = record_options,
	.run = runs,
};

static const struct kt_option sidecars_options[] = {
	{ .name = "dir",
	  .arg = KT_ARG_DIR,
	  .value = "DIR",
	  .help = "read the sidecars in DIR" },
	{ .name = "text",
	  .letter = 't',
	  .help = "text for people, as the form of that name" },
	{ .name = "format",
	  .arg = KT_ARG_CHOICE,
	  .value = "FORM",
	  .choices = "text json markdown junit html",
	  .excludes = "text",
	  .help = "text, json (records), markdown, junit or html" },
	{ .name = "outliers",
	  .arg = KT_ARG_CHOICE,
	  .value = "METHOD",
	  .choices = "sigma mad",
	  .help = "by mean and sigma (the default), or robust by median" },
	{ .name = "baseline",
	  .arg = KT_ARG_DIR,
	  .value = "DIR",
	  .help = "tell what has changed since the sidecars in DIR" },
	{ .name = "fail-on",
	  .arg = KT_ARG_LIST,
	  .choices = "outlier regression failure",
	  .value = "LIST",
	  .help = "exit 1 on any of outlier, regression, failure" },
	{ .name = "strict",
	  .help = "exit 1 if a sidecar cannot be read, or there is none" },
	{ 0 },
};

static const struct kt_command sidecars_command = {
	.name = "sidecars",
	.summary = "report on the sidecar files of tests",
	.options = sidecars_options,
	.run = sidecars,
};

static const struct kt_command *const commands[] = {
	&sidecars_command,
	&programs_command,
	&runs_command,
	NULL,
};

const struct kt_command kt_tool_stats = {
	.name = "ktstr-stats",
	.summary = "say what sidecars, or records of runs, come to",
	.commands = commands,
};
