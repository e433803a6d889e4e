// SPDX-License-Identifier: GPL-2.0-only
/* front - what the subcommands of cargo ktstr share */
#include "tools/cargo-ktstr/front.h"

#include "lib/tool.h"
#include "lib/xalloc.h"

#define MAX_LINE ((size_t)64 << 10) /* bytes: a path, and more than enough */

void kt_front_stage(struct kt_pipeline *p, const struct kt_args *args,
		    const struct kt_borrow *b)
{
	kt_pipeline_stage(p, b->from->name);
	if (kt_args_has(args, "verbose"))
		kt_pipeline_word(p, "--verbose");
	if (kt_args_has(args, "quiet"))
		kt_pipeline_word(p, "--quiet");
	if (b->sub)
		kt_pipeline_word(p, b->sub);
}

static void pass(struct kt_pipeline *p, const struct kt_args *args,
		 const char *name)
{
	char *as KT_CLEANUP(kt_freep) = kt_xasprintf("--%s", name);

	for (size_t i = 0; i < kt_args_count(args, name); i++) {
		const char *value = kt_args_nth(args, name, i);

		kt_pipeline_word(p, as);
		if (value)
			kt_pipeline_word(p, value);
	}
}

void kt_front_pass(struct kt_pipeline *p, const struct kt_args *args,
		   const struct kt_borrow *b)
{
	const struct kt_option *opt;

	for (size_t i = 0; (opt = kt_borrow_option(b, i)); i++)
		pass(p, args, opt->name);
}

enum kt_status kt_front_execute(const struct kt_pipeline *p, bool guest_status,
				int *status, struct kt_error *err)
{
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = kt_tool_bindir(&bindir, err);
	int got;

	if (!st)
		st = kt_pipeline_run(p, bindir, &got, err);
	if (!st)
		*status = guest_status ? got : kt_tool_coarse(got);
	return st;
}

enum kt_status kt_front_run(const struct kt_args *args,
			    const struct kt_pipeline *p, bool guest_status,
			    struct kt_error *err)
{
	enum kt_status st;
	int status;

	if (kt_args_has(args, "explain")) {
		struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };

		kt_pipeline_explain(p, &text);
		fputs(text.data, stdout);
		return KT_OK;
	}
	st = kt_front_execute(p, guest_status, &status, err);
	if (!st)
		kt_tool_exit_with(status);
	return st;
}

enum kt_status kt_front_capture(const struct kt_pipeline *p,
				struct kt_buf *line, int *status,
				struct kt_error *err)
{
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = kt_tool_bindir(&bindir, err);

	if (!st)
		st = kt_pipeline_capture(p, bindir, MAX_LINE, line, status,
					 err);
	if (st)
		return st;
	*status = kt_tool_coarse(*status);
	while (line->len && line->data[line->len - 1] == '\n')
		line->data[--line->len] = '\0';
	return KT_OK;
}

void kt_front_cargo(struct kt_cargo *out)
{
	*out = (struct kt_cargo){
		.path = kt_getenv("PATH"),
		.home = kt_getenv("HOME"),
		.cargo_home = kt_getenv("CARGO_HOME"),
		.llvm_cov = kt_getenv("LLVM_COV"),
		.llvm_profdata = kt_getenv("LLVM_PROFDATA"),
	};
}
