// SPDX-License-Identifier: GPL-2.0-only
/*
 * cargo-ktstr - the front-end: pipelines of our own tools, and words
 *
 * cargo calls it as "cargo-ktstr ktstr SUB ..."; by hand the first "ktstr" may
 * be left out. Every subcommand builds a pipeline and runs it, or prints it
 * for --explain; what a tool can do is the tool's affair.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/doctor.h"
#include "lib/pipeline.h"
#include "lib/tool.h"
#include "lib/xalloc.h"

/* Statuses of a tool are finer than those of the front-end: ktstr(7). */
static int front_end_status(int status)
{
	return status >= KT_DATA && status <= KT_AGAIN ? KT_FAIL : status;
}

static enum kt_status run(const struct kt_args *args, struct kt_pipeline *p,
			  bool guest_status, struct kt_error *err)
{
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;
	int status;

	if (kt_args_has(args, "explain")) {
		struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

		kt_pipeline_explain(p, &text);
		fputs(text.data, stdout);
		return KT_OK;
	}
	st = kt_tool_bindir(&bindir, err);
	if (!st)
		st = kt_pipeline_run(p, bindir, &status, err);
	if (st)
		return st;
	kt_tool_exit_with(guest_status ? status : front_end_status(status));
	return KT_OK;
}

/* -v and -q are for every stage. */
static void stage(struct kt_pipeline *p, const struct kt_args *args,
		  const char *program)
{
	kt_pipeline_stage(p, program);
	if (kt_args_has(args, "verbose"))
		kt_pipeline_word(p, "--verbose");
	if (kt_args_has(args, "quiet"))
		kt_pipeline_word(p, "--quiet");
}

/* Pass on option @name of ours as @as of the stage, with its values. */
static void pass_as(struct kt_pipeline *p, const struct kt_args *args,
		    const char *name, const char *as)
{
	for (size_t i = 0; i < kt_args_count(args, name); i++) {
		const char *value = kt_args_nth(args, name, i);

		kt_pipeline_word(p, as);
		if (value)
			kt_pipeline_word(p, value);
	}
}

static enum kt_status kernel_build(const struct kt_args *args,
				   struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	if (kt_args_operands(args) &&
	    (kt_args_has(args, "source") || kt_args_has(args, "git")))
		return kt_hint(
			err,
			kt_fail(err, KT_USAGE,
				"version \"%s\" and option --%s exclude "
				"each other",
				kt_args_operand(args, 0),
				kt_args_has(args, "git") ? "git" : "source"),
			"name one source");
	stage(p, args, "ktstr-fetch");
	pass_as(p, args, "source", "--source");
	pass_as(p, args, "git", "--git");
	pass_as(p, args, "ref", "--ref");
	/* What the cache holds was built without that fragment. */
	if (kt_args_has(args, "force") || kt_args_has(args, "kconfig"))
		kt_pipeline_word(p, "--force");
	if (kt_args_operands(args)) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kt_args_operand(args, 0));
	}
	stage(p, args, "ktstr-kbuild");
	pass_as(p, args, "clean", "--clean");
	pass_as(p, args, "jobs", "--jobs");
	pass_as(p, args, "kconfig", "--kconfig");
	stage(p, args, "ktstr-cache");
	kt_pipeline_word(p, "add");
	kt_pipeline_word(p, "--text");
	pass_as(p, args, "key", "--key");
	return run(args, p, false, err);
}

static enum kt_status kernel_list(const struct kt_args *args,
				  struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	stage(p, args, "ktstr-cache");
	kt_pipeline_word(p, "list");
	kt_pipeline_word(p, kt_args_has(args, "json") ? "--json" : "--text");
	return run(args, p, false, err);
}

static enum kt_status kernel_clean(const struct kt_args *args,
				   struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	stage(p, args, "ktstr-cache");
	kt_pipeline_word(p, "clean");
	kt_pipeline_word(p, "--text");
	pass_as(p, args, "keep", "--keep");
	pass_as(p, args, "older-than", "--older-than");
	pass_as(p, args, "max-size", "--max-size");
	pass_as(p, args, "corrupt-only", "--corrupt-only");
	pass_as(p, args, "foreign", "--foreign");
	pass_as(p, args, "force", "--force");
	pass_as(p, args, "dry-run", "--dry-run");
	return run(args, p, false, err);
}

static enum kt_status shell(const struct kt_args *args, struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	if (!kt_args_has(args, "exec"))
		return kt_fail(err, KT_USAGE, "option --exec is missing");
	stage(p, args, "ktstr-cache");
	kt_pipeline_word(p, "get");
	if (kt_args_has(args, "kernel")) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kt_args_str(args, "kernel"));
	}
	stage(p, args, "ktstr-initramfs");
	pass_as(p, args, "include-files", "--include-files");
	stage(p, args, "ktstr-vmm");
	kt_pipeline_word(p, "--text");
	kt_pipeline_spec(p);
	pass_as(p, args, "engine", "--engine");
	pass_as(p, args, "topology", "--topology");
	pass_as(p, args, "memory-mb", "--memory-mb");
	pass_as(p, args, "timeout", "--timeout");
	pass_as(p, args, "dmesg", "--dmesg");
	kt_pipeline_word(p, "--");
	kt_pipeline_word(p, "sh");
	kt_pipeline_word(p, "-c");
	kt_pipeline_word(p, kt_args_str(args, "exec"));
	return run(args, p, true, err);
}

static enum kt_status test_stats(const struct kt_args *args,
				 struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();
	static const char *const passed_on[] = { "dir",	     "format",
						 "outliers", "baseline",
						 "fail-on",  "strict" };

	stage(p, args, "ktstr-stats");
	kt_pipeline_word(p, "sidecars");
	if (!kt_args_has(args, "format"))
		kt_pipeline_word(p, "--text");
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
		char *as KT_CLEANUP(kt_freep) =
			kt_xasprintf("--%s", passed_on[i]);

		pass_as(p, args, passed_on[i], as);
	}
	return run(args, p, false, err);
}

static enum kt_status doctor(const struct kt_args *args KT_UNUSED,
			     struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_doctor what = { .path = kt_getenv("PATH"),
				  .busybox = kt_getenv("KTSTR_BUSYBOX") };
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;
	size_t lacking;

	kt_tool_dirs(&what.dirs);
	st = kt_tool_bindir(&bindir, err);
	if (st)
		return st;
	what.bindir = bindir;
	lacking = kt_doctor_report(&what, &text);
	fputs(text.data, stdout);
	if (lacking)
		return kt_fail(err, KT_FAIL,
			       "%zu thing%s needed here %s missing", lacking,
			       lacking == 1 ? "" : "s",
			       lacking == 1 ? "is" : "are");
	return KT_OK;
}

static const struct kt_option build_options[] = {
	{ .name = "source",
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .excludes = "git ref",
	  .help = "build this kernel tree, or this kernel tarball" },
	{ .name = "git",
	  .arg = KT_ARG_STRING,
	  .value = "URL",
	  .needs = "ref",
	  .help = "build one commit of this git repository" },
	{ .name = "ref",
	  .arg = KT_ARG_STRING,
	  .value = "REF",
	  .needs = "git",
	  .help = "the branch, tag or commit of --git" },
	{ .name = "force", .help = "build even if the cache holds it" },
	{ .name = "clean", .help = "run make mrproper in the tree first" },
	{ .name = "jobs",
	  .letter = 'j',
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .min = 1,
	  .max = 4096,
	  .help = "compile N files at a time" },
	{ .name = "kconfig",
	  .arg = KT_ARG_PATH,
	  .value = "FILE",
	  .help = "add this fragment to ours" },
	{ .name = "key",
	  .arg = KT_ARG_STRING,
	  .value = "KEY",
	  .help = "store it under this key, whatever the state of the tree" },
	{ 0 },
};

static const struct kt_command build_command = {
	.name = "build",
	.summary = "build a kernel and cache it",
	.operands = "[VERSION]",
	.max_operands = 1,
	.options = build_options,
	.run = kernel_build,
};

static const struct kt_option list_options[] = {
	{ .name = "json", .help = "print one JSON object, for scripts" },
	{ 0 },
};

static const struct kt_command list_command = {
	.name = "list",
	.summary = "list the cached kernels, newest first",
	.options = list_options,
	.run = kernel_list,
};

static const struct kt_option clean_options[] = {
	{ .name = "keep",
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .excludes = "corrupt-only",
	  .help = "leave the N newest good kernels in any case" },
	{ .name = "older-than",
	  .arg = KT_ARG_STRING,
	  .value = "AGE",
	  .excludes = "corrupt-only",
	  .help = "remove what was built longer ago, as in 30d" },
	{ .name = "max-size",
	  .arg = KT_ARG_STRING,
	  .value = "SIZE",
	  .excludes = "corrupt-only",
	  .help = "remove the oldest until no more than SIZE is left" },
	{ .name = "corrupt-only",
	  .help = "remove nothing but corrupt entries" },
	{ .name = "foreign", .help = "remove a later ktstr's entries too" },
	{ .name = "force", .letter = 'f', .help = "do not ask" },
	{ .name = "dry-run",
	  .letter = 'n',
	  .help = "show what would be removed, and remove nothing" },
	{ 0 },
};

static const struct kt_command clean_command = {
	.name = "clean",
	.summary = "remove cached kernels",
	.options = clean_options,
	.run = kernel_clean,
};

static const struct kt_command *const kernel_commands[] = {
	&build_command, &list_command, &clean_command, NULL
};

static const struct kt_command kernel_command = {
	.name = "kernel",
	.summary = "build, list and remove cached kernels",
	.commands = kernel_commands,
};

static const struct kt_option shell_options[] = {
	{ .name = "exec",
	  .arg = KT_ARG_STRING,
	  .value = "COMMAND",
	  .help = "run this shell command in the guest and exit as it does" },
	{ .name = "kernel",
	  .arg = KT_ARG_KERNEL,
	  .value = "ID",
	  .help = "path, version or cache key of the kernel" },
	{ .name = "topology",
	  .arg = KT_ARG_STRING,
	  .value = "S,C,T",
	  .help = "sockets, cores and threads; default 1,1,1" },
	{ .name = "include-files",
	  .letter = 'i',
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .repeat = true,
	  .help = "put PATH into /include-files of the guest" },
	{ .name = "memory-mb",
	  .arg = KT_ARG_NUMBER,
	  .value = "N",
	  .min = 128,
	  .max = 1 << 20,
	  .help = "guest memory in MiB; default as much as is needed" },
	{ .name = "timeout",
	  .arg = KT_ARG_NUMBER,
	  .value = "SECONDS",
	  .min = 1,
	  .max = UINT64_C(7) * 24 * 3600,
	  .help = "end the guest after so long, with status 124" },
	{ .name = "dmesg", .help = "show the kernel's log on stderr" },
	{ .name = "engine",
	  .arg = KT_ARG_CHOICE,
	  .value = "NAME",
	  .choices = "auto qemu",
	  .help = "what runs the machine: auto or qemu" },
	{ 0 },
};

static const struct kt_command shell_command = {
	.name = "shell",
	.summary = "boot a kernel and run a command in it",
	.options = shell_options,
	.run = shell,
};

static const struct kt_option stats_options[] = {
	{ .name = "dir",
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .help = "read the sidecars in PATH" },
	{ .name = "format",
	  .arg = KT_ARG_CHOICE,
	  .value = "FORM",
	  .choices = "text json markdown junit html",
	  .help = "text (the default), json, markdown, junit or html" },
	{ .name = "outliers",
	  .arg = KT_ARG_CHOICE,
	  .value = "METHOD",
	  .choices = "sigma mad",
	  .help = "by mean and sigma (the default), or robust by median" },
	{ .name = "baseline",
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .help = "tell what has changed since the sidecars in PATH" },
	{ .name = "fail-on",
	  .arg = KT_ARG_STRING,
	  .value = "LIST",
	  .help = "exit 1 on any of outlier, regression, failure" },
	{ .name = "strict",
	  .help = "exit 1 if a sidecar cannot be read, or there is none" },
	{ 0 },
};

static const struct kt_command stats_command = {
	.name = "test-stats",
	.summary = "report on the sidecar files that tests have left",
	.options = stats_options,
	.run = test_stats,
};

static const struct kt_command doctor_command = {
	.name = "doctor",
	.summary = "say what this machine has and lacks",
	.run = doctor,
};

static const struct kt_command *const commands[] = {
	&kernel_command, &shell_command, &stats_command, &doctor_command, NULL,
};

static const struct kt_option options[] = {
	{ .name = "explain",
	  .help = "print the pipeline that would run, and do not run it" },
	{ 0 },
};

const struct kt_command kt_tool_cargo_ktstr = {
	.name = "cargo-ktstr",
	.called = "cargo ktstr",
	.summary = "build, cache and boot kernels, and test schedulers in them",
	.options = options,
	.commands = commands,
};
