// SPDX-License-Identifier: GPL-2.0-only
/*
 * ktstr - the multicall program
 *
 * The name it is called by picks the tool: links ktstr-NAME and cargo-ktstr
 * point here, and "ktstr NAME ARGS" does the same. The table of tools is made
 * by the makefile from the names of the files in tools/.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/tool.h"
#include "lib/xalloc.h"
#include "tools/fetch/command.h"
#include "tools/programs.h"

extern const struct kt_command kt_tool_cargo_ktstr;

#define KT_TOOL(name) extern const struct kt_command kt_tool_##name;
#include "tools.inc"
#undef KT_TOOL

const struct kt_command *const kt_programs[] = {
	&kt_tool_cargo_ktstr,
#define KT_TOOL(name) &kt_tool_##name,
#include "tools.inc"
#undef KT_TOOL
	&kt_fetch_command,
	NULL,
};

const struct kt_command *kt_program(const char *name)
{
	for (size_t i = 0; kt_programs[i]; i++)
		if (!strcmp(kt_programs[i]->name, name))
			return kt_programs[i];
	return NULL;
}

/* Programs that are files of their own are known here for --help. */
static bool is_apart(const struct kt_command *tool)
{
	return !tool->run && !tool->commands;
}

static enum kt_status exec_apart(const char *name, char **argv,
				 struct kt_error *err)
{
	char *dir KT_CLEANUP(kt_freep) = NULL;
	char *path KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = kt_tool_bindir(&dir, err);

	if (st)
		return st;
	path = kt_path_join(dir, name);
	execv(path, argv);
	return kt_fail_errno(err, "cannot run \"%s\"", path);
}

static int run_apart(const char *name, char **argv)
{
	struct kt_error err = { 0 };
	const enum kt_status st = exec_apart(name, argv, &err);

	kt_tool_report(&err);
	return (int)st;
}

/* "ktstr" without the name of a tool: --help, --version, or a mistake. */
static enum kt_status list_tools(const struct kt_args *args KT_UNUSED,
				 struct kt_error *err)
{
	return kt_hint(err, kt_fail(err, KT_USAGE, "a tool must be named"),
		       "\"ktstr --help\" lists them");
}

static const struct kt_command *
command_of(const char *name, const char *summary, struct kt_command *cmd)
{
	*cmd = (struct kt_command){ .name = name,
				    .summary = summary,
				    .run = list_tools };
	return cmd;
}

#define MAX_LISTED 32

static int run_ktstr(int argc, char **argv)
{
	struct kt_command listed[MAX_LISTED], root;
	const struct kt_command *table[MAX_LISTED + 1];
	size_t nr = 0;

	/* The front-end is called through cargo, or by its own name. */
	for (size_t i = 1; kt_programs[i] && nr < MAX_LISTED; i++, nr++)
		table[nr] = command_of(kt_programs[i]->name + strlen("ktstr-"),
				       kt_programs[i]->summary, &listed[nr]);
	table[nr] = NULL;
	root = (struct kt_command){
		.name = "ktstr",
		.summary =
			"kernels for sched_ext work: build, cache, boot, ask",
		.commands = table,
	};
	return kt_tool_main(&root, argc, argv);
}

int main(int argc, char **argv)
{
	const char *name = argc > 0 ? kt_path_base(argv[0]) : "ktstr";
	const struct kt_command *tool = kt_program(name);

	/* cargo passes the name of the subcommand on as the first word. */
	if (tool == &kt_tool_cargo_ktstr && argc > 1 &&
	    strcmp(argv[1], "ktstr") == 0)
		return kt_tool_main(tool, argc - 1, argv + 1);
	if (tool)
		return kt_tool_main(tool, argc, argv);
	if (argc > 1) {
		char *full KT_CLEANUP(kt_freep) =
			kt_xasprintf("ktstr-%s", argv[1]);

		tool = kt_program(full);
		if (tool && is_apart(tool))
			return run_apart(full, argv + 1);
		if (tool)
			return kt_tool_main(tool, argc - 1, argv + 1);
	}
	return run_ktstr(argc, argv);
}
