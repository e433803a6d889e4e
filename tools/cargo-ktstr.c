// SPDX-License-Identifier: GPL-2.0-only
/*
 * cargo-ktstr - the front-end: pipelines of our own tools, and words
 *
 * cargo calls it as "cargo-ktstr ktstr SUB ..."; by hand the first "ktstr" may
 * be left out. Every subcommand is a file in tools/cargo-ktstr/ that builds a
 * pipeline and runs it, or prints it for --explain; what a tool can do is the
 * tool's affair.
 */
#include "tools/cargo-ktstr/front.h"

/* clang-format off */
static const struct kt_command *const commands[] = {
	&kt_front_test,
	&kt_front_coverage,
	&kt_front_kernel,
	&kt_front_verifier,
	&kt_front_shell,
	&kt_front_test_stats,
	&kt_front_completions,
	&kt_front_doctor,
	&kt_front_help,
	&kt_front_build_kernel,
	&kt_front_complete,
	NULL,
};
/* clang-format on */

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
	.coarse = true,
};
