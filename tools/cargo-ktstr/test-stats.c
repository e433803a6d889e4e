// SPDX-License-Identifier: GPL-2.0-only
/* test-stats - cargo ktstr test-stats: what the sidecars of tests come to */
#include "tools/cargo-ktstr/front.h"

static const struct kt_borrow borrows[] = {
	{ .from = &kt_tool_stats, .sub = "sidecars", .except = "text" },
	{ 0 },
};

static enum kt_status test_stats(const struct kt_args *args,
				 struct kt_error *err)
{
	struct kt_pipeline *p KT_CLEANUP(kt_pipeline_freep) = kt_pipeline_new();

	kt_front_stage(p, args, borrows);
	if (!kt_args_has(args, "format"))
		kt_pipeline_word(p, "--text");
	kt_front_pass(p, args, borrows);
	return kt_front_run(args, p, false, err);
}

const struct kt_command kt_front_test_stats = {
	.name = "test-stats",
	.summary = "report on the sidecar files that tests have left",
	.borrows = borrows,
	.run = test_stats,
};
