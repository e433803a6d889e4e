// SPDX-License-Identifier: GPL-2.0-only
/* options-table - what a command's table says, and what it borrows */
#include <stdlib.h>
#include <string.h>

#include "lib/options-parts.h"
#include "lib/options.h"

const struct kt_option kt_common_options[] = {
	{ .name = "verbose", .letter = 'v', .help = "say more on stderr" },
	{ .name = "quiet", .letter = 'q', .help = "say nothing but errors" },
	{ .name = "help", .letter = 'h', .help = "print this text" },
	{ .name = "version", .help = "print the version" },
	{ 0 },
};

bool kt_has_word(const char *words, const char *word)
{
	const size_t len = strlen(word);

	while (words && *words) {
		const size_t n = strcspn(words, " ");

		if (n == len && !strncmp(words, word, n))
			return true;
		words += n + (words[n] == ' ');
	}
	return false;
}

const struct kt_command *kt_command_sub(const struct kt_command *cmd,
					const char *word)
{
	for (size_t i = 0; cmd->commands && cmd->commands[i]; i++)
		if (!strcmp(cmd->commands[i]->name, word))
			return cmd->commands[i];
	return NULL;
}

const struct kt_command *kt_borrow_command(const struct kt_borrow *b)
{
	const struct kt_command *cmd =
		b->sub ? kt_command_sub(b->from, b->sub) : b->from;

	if (!cmd)
		abort();
	return cmd;
}

const struct kt_option *kt_command_own(const struct kt_command *cmd, size_t i)
{
	const struct kt_option *const tables[] = { cmd->options, cmd->shared };

	for (size_t k = 0; k < 2; k++) {
		const struct kt_option *opt = tables[k];

		for (; opt && opt->name; opt++)
			if (!i--)
				return opt;
	}
	return NULL;
}

const struct kt_option *kt_borrow_option(const struct kt_borrow *b, size_t i)
{
	const struct kt_command *cmd = kt_borrow_command(b);
	const struct kt_option *opt;

	for (size_t k = 0; (opt = kt_command_own(cmd, k)); k++) {
		if (b->names && !kt_has_word(b->names, opt->name))
			continue;
		if (!kt_has_word(b->except, opt->name) && !i--)
			return opt;
	}
	return NULL;
}

const struct kt_option *kt_command_option(const struct kt_command *cmd,
					  size_t i)
{
	const struct kt_option *opt;
	size_t nr = 0;

	for (; (opt = kt_command_own(cmd, nr)); nr++)
		if (nr == i)
			return opt;
	i -= nr;
	for (const struct kt_borrow *b = cmd->borrows; b && b->from; b++) {
		for (size_t k = 0; (opt = kt_borrow_option(b, k)); k++)
			if (!i--)
				return opt;
	}
	return NULL;
}
