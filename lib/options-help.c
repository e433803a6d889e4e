// SPDX-License-Identifier: GPL-2.0-only
/* options-help - the text of --help, from the table */
#include <string.h>

#include "lib/options-parts.h"
#include "lib/options.h"

#define HELP_COLUMN 30

static void help_row(struct kt_buf *out, const char *left, const char *help)
{
	kt_buf_addf(out, "  %-*s", HELP_COLUMN - 2, left);
	if (strlen(left) > HELP_COLUMN - 4)
		kt_buf_addf(out, "\n%*s", HELP_COLUMN, "");
	kt_buf_addf(out, "%s\n", help);
}

static void help_option(struct kt_buf *out, const struct kt_option *opt)
{
	struct kt_buf left KT_CLEANUP(kt_buf_release) = { 0 };

	if (opt->letter)
		kt_buf_addf(&left, "-%c, ", opt->letter);
	else
		kt_buf_adds(&left, "    ");
	kt_buf_addf(&left, "--%s", opt->name);
	if (opt->arg != KT_ARG_NONE)
		kt_buf_addf(&left, " %s", opt->value);
	help_row(out, left.data, opt->help);
}

void kt_args_help(const struct kt_args *args, struct kt_buf *out)
{
	const struct kt_command *cmd = kt_args_command(args);
	const char *line = kt_args_command_line(args);
	const struct kt_option *opt;

	kt_buf_addf(out, "%s - %s\n\nusage: %s", line, cmd->summary, line);
	if (cmd->commands)
		kt_buf_adds(out, cmd->run ? " [SUBCOMMAND]" : " SUBCOMMAND");
	kt_buf_adds(out, " [OPTION]...");
	if (cmd->operands)
		kt_buf_addf(out, " %s", cmd->operands);
	kt_buf_adds(out, "\n");
	if (cmd->commands) {
		kt_buf_adds(out, "\nSubcommands:\n");
		for (size_t i = 0; cmd->commands[i]; i++)
			if (!cmd->commands[i]->hidden)
				help_row(out, cmd->commands[i]->name,
					 cmd->commands[i]->summary);
	}
	kt_buf_adds(out, "\nOptions:\n");
	for (size_t level = 0; level < kt_args_levels(args); level++)
		for (size_t i = 0; (opt = kt_args_option(args, level, i)); i++)
			help_option(out, opt);
}
