/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tools/cargo-ktstr/front.h - what the subcommands of cargo ktstr share
 *
 * Each subcommand is a file here. It declares a command (lib/options.h) that
 * borrows the options of the tools it runs, and builds a pipeline of them.
 */
#ifndef KT_TOOLS_FRONT_H
#define KT_TOOLS_FRONT_H

#include "lib/cargo.h"
#include "lib/options.h"
#include "lib/pipeline.h"

/* The tools, as far as subcommands borrow options from them. */
extern const struct kt_command kt_tool_cache, kt_tool_initramfs, kt_tool_kbuild,
	kt_tool_stats, kt_tool_verifier, kt_tool_vmm;

/* The subcommands: one file each. */
extern const struct kt_command kt_front_build_kernel, kt_front_complete,
	kt_front_completions, kt_front_coverage, kt_front_doctor, kt_front_help,
	kt_front_kernel, kt_front_shell, kt_front_test, kt_front_test_stats,
	kt_front_verifier;

/*
 * Begin a stage of @p that runs the tool @b borrows from, with its subcommand
 * and -v or -q as given. kt_front_pass() adds every option given that @b
 * borrows, with its values; it is apart for words that must stand between.
 */
void kt_front_stage(struct kt_pipeline *p, const struct kt_args *args,
		    const struct kt_borrow *b);
void kt_front_pass(struct kt_pipeline *p, const struct kt_args *args,
		   const struct kt_borrow *b);

/*
 * Run @p, or print it if --explain was given. Its status becomes ours: as it is
 * with @guest_status, else with the kinds of failure that only tools tell apart
 * as KT_FAIL, as ktstr(7) says.
 */
enum kt_status kt_front_run(const struct kt_args *args,
			    const struct kt_pipeline *p, bool guest_status,
			    struct kt_error *err) KT_MUST_CHECK;

/* Run @p; *status is what kt_front_run() would have become ours. */
enum kt_status kt_front_execute(const struct kt_pipeline *p, bool guest_status,
				int *status,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * Run @p and append the one line that it prints to @line, without its end.
 * *status is its exit status, as kt_front_run() would have it become ours.
 */
enum kt_status kt_front_capture(const struct kt_pipeline *p,
				struct kt_buf *line, int *status,
				struct kt_error *err) KT_MUST_CHECK;

/* What the environment says about cargo. Borrowed. */
void kt_front_cargo(struct kt_cargo *out);

#endif
