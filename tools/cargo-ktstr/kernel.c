// SPDX-License-Identifier: GPL-2.0-only
/* kernel - cargo ktstr kernel: build, list, remove, verify cached kernels */
#include "lib/tool.h"
#include "tools/cargo-ktstr/front.h"
#include "tools/fetch/command.h"

enum { FETCH, KBUILD, ADD, IMPORT_ADD = KBUILD };

static const struct kt_borrow build_borrows[] = {
	[FETCH] = { .from = &kt_fetch_command,
		    .names = "source git ref force kconfig" },
	[KBUILD] = { .from = &kt_tool_kbuild, .names = "clean jobs" },
	[ADD] = { .from = &kt_tool_cache, .sub = "add", .names = "key" },
	{ 0 },
};

static enum kt_status build(const struct kt_args *args, struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	kt_front_stage(p, args, &build_borrows[FETCH]);
	kt_front_pass(p, args, &build_borrows[FETCH]);
	if (kt_args_operands(args)) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kt_args_operand(args, 0));
	}
	kt_front_stage(p, args, &build_borrows[KBUILD]);
	kt_front_pass(p, args, &build_borrows[KBUILD]);
	if (kt_args_has(args, "kconfig")) {
		kt_pipeline_word(p, "--kconfig");
		kt_pipeline_word(p, kt_args_str(args, "kconfig"));
	}
	kt_front_stage(p, args, &build_borrows[ADD]);
	kt_pipeline_word(p, "--text");
	kt_front_pass(p, args, &build_borrows[ADD]);
	return kt_front_run(args, p, false, err);
}

static const struct kt_command build_command = {
	.name = "build",
	.summary = "build a kernel and cache it",
	.operands = "[VERSION]",
	.operand = KT_ARG_VERSION,
	.max_operands = 1,
	.borrows = build_borrows,
	.run = build,
};

/* One stage, which does all of it. */
static enum kt_status alone(const struct kt_args *args,
			    const struct kt_borrow *b, bool text,
			    struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	kt_front_stage(p, args, b);
	if (text)
		kt_pipeline_word(p, "--text");
	kt_front_pass(p, args, b);
	if (kt_args_operands(args)) {
		kt_pipeline_word(p, "--");
		kt_pipeline_word(p, kt_args_operand(args, 0));
	}
	return kt_front_run(args, p, false, err);
}

static const struct kt_borrow list_borrows[] = {
	{ .from = &kt_tool_cache, .sub = "list", .except = "text" },
	{ 0 },
};

static enum kt_status list(const struct kt_args *args, struct kt_error *err)
{
	return alone(args, list_borrows, !kt_args_has(args, "json"), err);
}

static const struct kt_command list_command = {
	.name = "list",
	.summary = "list the cached kernels, newest first",
	.borrows = list_borrows,
	.run = list,
};

static const struct kt_borrow clean_borrows[] = {
	{ .from = &kt_tool_cache, .sub = "clean", .except = "text" },
	{ 0 },
};

static enum kt_status clean(const struct kt_args *args, struct kt_error *err)
{
	return alone(args, clean_borrows, true, err);
}

static const struct kt_command clean_command = {
	.name = "clean",
	.summary = "remove cached kernels",
	.borrows = clean_borrows,
	.run = clean,
};

static const struct kt_borrow verify_borrows[] = {
	{ .from = &kt_tool_cache, .sub = "verify", .except = "text" },
	{ 0 },
};

static enum kt_status verify(const struct kt_args *args, struct kt_error *err)
{
	return alone(args, verify_borrows, true, err);
}

static const struct kt_command verify_command = {
	.name = "verify",
	.summary = "compare what is cached with what was stored",
	.operands = "[ID]",
	.operand = KT_ARG_KERNEL,
	.max_operands = 1,
	.borrows = verify_borrows,
	.run = verify,
};

static const struct kt_borrow import_borrows[] = {
	[FETCH] = { .from = &kt_fetch_command, .names = "any force" },
	[IMPORT_ADD] = { .from = &kt_tool_cache, .sub = "add", .names = "key" },
	{ 0 },
};

static enum kt_status import(const struct kt_args *args, struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	kt_front_stage(p, args, &import_borrows[FETCH]);
	for (size_t i = 0; i < kt_args_operands(args); i++) {
		kt_pipeline_word(p, "--package");
		kt_pipeline_word(p, kt_args_operand(args, i));
	}
	kt_front_pass(p, args, &import_borrows[FETCH]);
	kt_front_stage(p, args, &import_borrows[IMPORT_ADD]);
	kt_pipeline_word(p, "--text");
	kt_front_pass(p, args, &import_borrows[IMPORT_ADD]);
	return kt_front_run(args, p, false, err);
}

static const struct kt_command import_command = {
	.name = "import",
	.summary = "cache the kernel of a distribution's package, or an image",
	.operands = "FILE...",
	.min_operands = 1,
	.max_operands = -1,
	.borrows = import_borrows,
	.run = import,
};

static const struct kt_command *const commands[] = {
	&build_command, &import_command, &list_command,
	&clean_command, &verify_command, NULL
};

const struct kt_command kt_front_kernel = {
	.name = "kernel",
	.summary = "build, import, list, remove and verify cached kernels",
	.commands = commands,
};

/* The name of old, for "kernel build --source". */
static const struct kt_borrow old_borrows[] = {
	[FETCH] = { .from = &kt_fetch_command, .names = "" },
	[KBUILD] = { .from = &kt_tool_kbuild, .names = "clean" },
	[ADD] = { .from = &kt_tool_cache, .sub = "add", .names = "" },
	{ 0 },
};

static enum kt_status build_kernel(const struct kt_args *args,
				   struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();
	const char *tree = kt_args_str(args, "kernel");

	if (!tree)
		return kt_fail(err, KT_USAGE, "option --kernel is missing");
	kt_note("build-kernel is deprecated: use cargo ktstr kernel build "
		"--source %s%s",
		tree, kt_args_has(args, "clean") ? " --clean" : "");
	kt_front_stage(p, args, &old_borrows[FETCH]);
	kt_pipeline_word(p, "--source");
	kt_pipeline_word(p, tree);
	kt_front_stage(p, args, &old_borrows[KBUILD]);
	kt_front_pass(p, args, &old_borrows[KBUILD]);
	kt_front_stage(p, args, &old_borrows[ADD]);
	kt_pipeline_word(p, "--text");
	return kt_front_run(args, p, false, err);
}

static const struct kt_option old_options[] = {
	{ .name = "kernel",
	  .arg = KT_ARG_PATH,
	  .value = "PATH",
	  .help = "the kernel tree to build" },
	{ 0 },
};

const struct kt_command kt_front_build_kernel = {
	.name = "build-kernel",
	.summary = "deprecated: kernel build --source PATH",
	.options = old_options,
	.borrows = old_borrows,
	.hidden = true,
	.run = build_kernel,
};
