// SPDX-License-Identifier: GPL-2.0-only
/*
 * options - a command line, read by its table
 *
 * getopt_long() is not underneath: it cannot be kept from taking abbreviations,
 * and it prints its own messages.
 */
#include "lib/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/nearest.h"
#include "lib/options-parts.h"
#include "lib/xalloc.h"

#define MAX_NAMES 64 /* options or subcommands of one command */
#define MAX_DEPTH 4  /* of subcommands below the program */

struct given {
	const struct kt_option *opt;
	const char *value;
	uint64_t number;
	char *origin; /* of a default */
};

struct kt_args {
	const struct kt_command *path[MAX_DEPTH + 1]; /* program to command */
	size_t depth;
	const struct kt_command *cmd; /* path[depth] */
	struct kt_buf line;	      /* "cargo ktstr kernel build" */
	struct given *given;
	size_t nr_given;
	const char **operands;
	size_t nr_operands;
	const char **rest; /* ends in NULL */
	bool has_rest;
};

size_t kt_args_levels(const struct kt_args *args)
{
	return args->depth + 2;
}

const struct kt_option *kt_args_option(const struct kt_args *args, size_t level,
				       size_t i)
{
	if (level <= args->depth)
		return kt_command_option(args->path[args->depth - level], i);
	return kt_common_options[i].name ? &kt_common_options[i] : NULL;
}

static const struct kt_option *any_long(const struct kt_args *args,
					const char *name, size_t len)
{
	const struct kt_option *opt;

	for (size_t level = 0; level < kt_args_levels(args); level++)
		for (size_t i = 0; (opt = kt_args_option(args, level, i)); i++)
			if (strlen(opt->name) == len &&
			    !strncmp(opt->name, name, len))
				return opt;
	return NULL;
}

static const struct kt_option *any_letter(const struct kt_args *args,
					  char letter)
{
	const struct kt_option *opt;

	for (size_t level = 0; level < kt_args_levels(args); level++)
		for (size_t i = 0; (opt = kt_args_option(args, level, i)); i++)
			if (opt->letter == letter)
				return opt;
	return NULL;
}

static enum kt_status unknown_option(const struct kt_args *args,
				     const char *name, size_t len,
				     struct kt_error *err)
{
	const char *names[MAX_NAMES + 1];
	char *word KT_CLEANUP(kt_freep) = kt_xstrndup(name, len);
	const struct kt_option *opt;
	const char *near;
	size_t nr = 0;

	for (size_t level = 0; level < kt_args_levels(args); level++)
		for (size_t i = 0; (opt = kt_args_option(args, level, i)); i++)
			if (nr < MAX_NAMES)
				names[nr++] = opt->name;
	names[nr] = NULL;
	near = kt_nearest(word, names);
	(void)kt_fail(err, KT_USAGE, "unknown option \"--%s\"", word);
	if (near)
		return kt_hint(err, KT_USAGE, "did you mean --%s?", near);
	return kt_hint(err, KT_USAGE, "--help lists the options");
}

static enum kt_status unknown_command(const struct kt_command *cmd,
				      const char *word, struct kt_error *err)
{
	const char *names[MAX_NAMES + 1];
	const char *near;
	size_t nr = 0;

	for (size_t i = 0; cmd->commands[i] && nr < MAX_NAMES; i++)
		if (!cmd->commands[i]->hidden)
			names[nr++] = cmd->commands[i]->name;
	names[nr] = NULL;
	near = kt_nearest(word, names);
	(void)kt_fail(err, KT_USAGE, "unknown subcommand \"%s\"", word);
	if (near)
		return kt_hint(err, KT_USAGE, "did you mean \"%s\"?", near);
	return kt_hint(err, KT_USAGE, "--help lists the subcommands");
}

enum kt_status kt_parse_u64(const char *text, uint64_t min, uint64_t max,
			    const char *what, uint64_t *out,
			    struct kt_error *err)
{
	unsigned long long val;
	char *end;

	/* strtoull() takes blanks and signs; a whole number has neither. */
	errno = 0;
	val = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end)
		return kt_fail(err, KT_USAGE,
			       "%s: \"%s\" is not a whole number", what, text);
	if (errno || val < min || val > max) {
		if (max == UINT64_MAX)
			return kt_fail(err, KT_USAGE,
				       "%s: \"%s\" is not %llu or more", what,
				       text, (unsigned long long)min);
		return kt_fail(err, KT_USAGE,
			       "%s: \"%s\" is not between %llu and %llu", what,
			       text, (unsigned long long)min,
			       (unsigned long long)max);
	}
	*out = val;
	return KT_OK;
}

static enum kt_status take(struct kt_args *args, const struct kt_option *opt,
			   const char *value, struct kt_error *err)
{
	struct given g = { .opt = opt, .value = value };

	if (!opt->repeat && opt->arg != KT_ARG_NONE) {
		for (size_t i = 0; i < args->nr_given; i++)
			if (args->given[i].opt == opt)
				return kt_fail(err, KT_USAGE,
					       "option --%s is given twice",
					       opt->name);
	}
	if (opt->arg == KT_ARG_NUMBER) {
		char what[80] = "--";
		enum kt_status st;

		strncat(what, opt->name, sizeof(what) - 3);
		st = kt_parse_u64(value, opt->min,
				  opt->max ? opt->max : UINT64_MAX, what,
				  &g.number, err);
		if (st)
			return st;
	}
	if (opt->arg == KT_ARG_CHOICE && !kt_has_word(opt->choices, value))
		return kt_fail(err, KT_USAGE, "--%s: \"%s\" is not one of: %s",
			       opt->name, value, opt->choices);
	if ((opt->arg == KT_ARG_PATH || opt->arg == KT_ARG_DIR) && !*value)
		return kt_fail(err, KT_USAGE, "--%s: the path is empty",
			       opt->name);
	args->given =
		kt_xrealloc(args->given, (args->nr_given + 1) * sizeof(g));
	args->given[args->nr_given++] = g;
	return KT_OK;
}

struct cursor {
	int argc;
	char **argv;
	int at;
};

static enum kt_status take_value(struct kt_args *args,
				 const struct kt_option *opt,
				 const char *attached, struct cursor *c,
				 struct kt_error *err)
{
	if (opt->arg == KT_ARG_NONE) {
		if (attached)
			return kt_fail(err, KT_USAGE,
				       "option --%s takes no value", opt->name);
		return take(args, opt, NULL, err);
	}
	if (!attached) {
		if (c->at >= c->argc)
			return kt_fail(err, KT_USAGE,
				       "option --%s wants a value: %s",
				       opt->name, opt->value);
		attached = c->argv[c->at++];
	}
	return take(args, opt, attached, err);
}

static enum kt_status parse_long(struct kt_args *args, const char *word,
				 struct cursor *c, struct kt_error *err)
{
	const size_t len = strcspn(word, "=");
	const struct kt_option *opt = any_long(args, word, len);

	if (!opt)
		return unknown_option(args, word, len, err);
	return take_value(args, opt, word[len] ? word + len + 1 : NULL, c, err);
}

static enum kt_status parse_short(struct kt_args *args, const char *word,
				  struct cursor *c, struct kt_error *err)
{
	while (*word) {
		const struct kt_option *opt = any_letter(args, *word);
		enum kt_status st;

		if (!opt)
			return kt_hint(err,
				       kt_fail(err, KT_USAGE,
					       "unknown option \"-%c\"", *word),
				       "--help lists the options");
		word++;
		if (opt->arg != KT_ARG_NONE)
			return take_value(args, opt, *word ? word : NULL, c,
					  err);
		st = take_value(args, opt, NULL, c, err);
		if (st)
			return st;
	}
	return KT_OK;
}

static void add_operand(struct kt_args *args, const char *word)
{
	args->operands =
		kt_xrealloc(args->operands,
			    (args->nr_operands + 1) * sizeof(*args->operands));
	args->operands[args->nr_operands++] = word;
}

static bool knows(const struct kt_args *args, const char *word)
{
	const struct kt_option *opt;

	if (word[0] != '-' || !word[1])
		return false;
	if (word[1] == '-')
		return any_long(args, word + 2, strcspn(word + 2, "="));
	while (*++word) {
		opt = any_letter(args, *word);
		if (!opt)
			return false;
		if (opt->arg != KT_ARG_NONE)
			return true;
	}
	return true;
}

static void take_all(struct kt_args *args, struct cursor *c)
{
	/* Another program's words; one "--" in front of them was for us. */
	if (c->at < c->argc && !strcmp(c->argv[c->at], "--"))
		c->at++;
	while (c->at < c->argc)
		add_operand(args, c->argv[c->at++]);
}

static void take_rest(struct kt_args *args, struct cursor *c)
{
	const size_t nr = (size_t)(c->argc - c->at);

	args->has_rest = true;
	args->rest = kt_xrealloc(args->rest, (nr + 1) * sizeof(*args->rest));
	for (size_t i = 0; i < nr; i++)
		args->rest[i] = c->argv[c->at++];
	args->rest[nr] = NULL;
}

static enum kt_status plain_word(struct kt_args *args, const char *word,
				 struct kt_error *err)
{
	const struct kt_command *sub = kt_command_sub(args->cmd, word);

	if (sub && !args->nr_operands) {
		if (args->depth == MAX_DEPTH)
			abort();
		args->path[++args->depth] = sub;
		args->cmd = sub;
		kt_buf_addf(&args->line, " %s", word);
		return KT_OK;
	}
	if (args->cmd->commands && !args->cmd->run)
		return unknown_command(args->cmd, word, err);
	add_operand(args, word);
	return KT_OK;
}

static bool asks_for_text(const struct kt_args *args)
{
	return kt_args_has(args, "help") || kt_args_has(args, "version");
}

static enum kt_status parse_words(struct kt_args *args, struct cursor *c,
				  struct kt_error *err)
{
	while (c->at < c->argc && !asks_for_text(args)) {
		const char *word = c->argv[c->at];
		enum kt_status st;

		if (args->cmd->foreign && !knows(args, word)) {
			take_all(args, c);
			return KT_OK;
		}
		c->at++;
		if (!strcmp(word, "--")) {
			if (args->cmd->rest) {
				take_rest(args, c);
				return KT_OK;
			}
			while (c->at < c->argc)
				add_operand(args, c->argv[c->at++]);
			return KT_OK;
		}
		if (word[0] == '-' && word[1] == '-')
			st = parse_long(args, word + 2, c, err);
		else if (word[0] == '-' && word[1])
			st = parse_short(args, word + 1, c, err);
		else
			st = plain_word(args, word, err);
		if (st)
			return st;
	}
	return KT_OK;
}

/* Option @a was given: is it with what excludes it, or without what it needs? */
static enum kt_status check_option(const struct kt_args *args,
				   const struct kt_option *a,
				   struct kt_error *err)
{
	const struct kt_option *b;

	for (size_t i = 0; (b = kt_command_option(args->cmd, i)); i++) {
		const bool there = kt_args_has(args, b->name);

		if (there && kt_has_word(a->excludes, b->name))
			return kt_fail(err, KT_USAGE,
				       "options --%s and --%s exclude "
				       "each other",
				       a->name, b->name);
		if (!there && kt_has_word(a->needs, b->name))
			return kt_fail(err, KT_USAGE, "option --%s needs --%s",
				       a->name, b->name);
	}
	if (kt_has_word(a->excludes, "OPERAND") && args->nr_operands)
		return kt_fail(err, KT_USAGE,
			       "option --%s and \"%s\" exclude each other",
			       a->name, args->operands[0]);
	return KT_OK;
}

/* Conflicts and requirements between options, and the number of operands. */
static enum kt_status check(const struct kt_args *args, struct kt_error *err)
{
	const struct kt_command *cmd = args->cmd;
	const struct kt_option *opt;

	for (size_t i = 0; (opt = kt_command_option(cmd, i)); i++) {
		enum kt_status st = KT_OK;

		if (kt_args_has(args, opt->name))
			st = check_option(args, opt, err);
		if (st)
			return st;
	}
	if (!cmd->run)
		return kt_hint(
			err, kt_fail(err, KT_USAGE, "a subcommand is missing"),
			"--help lists the subcommands");
	for (size_t i = 0; i < args->nr_operands; i++) {
		if (cmd->operand == KT_ARG_CHOICE &&
		    !kt_has_word(cmd->choices, args->operands[i]))
			return kt_fail(err, KT_USAGE,
				       "\"%s\" is not one of: %s",
				       args->operands[i], cmd->choices);
	}
	if (args->nr_operands < (size_t)cmd->min_operands)
		return kt_fail(err, KT_USAGE, "an operand is missing: %s",
			       cmd->operands);
	if (cmd->max_operands >= 0 &&
	    args->nr_operands > (size_t)cmd->max_operands)
		return kt_fail(err, KT_USAGE, "unexpected operand \"%s\"",
			       args->operands[cmd->max_operands]);
	return KT_OK;
}

enum kt_status kt_args_parse(const struct kt_command *root, int argc,
			     char **argv, struct kt_args **out,
			     struct kt_error *err)
{
	struct kt_args *args KT_CLEANUP(kt_args_freep) =
		kt_xcalloc(1, sizeof(*args));
	struct cursor c = { .argc = argc, .argv = argv, .at = 1 };
	enum kt_status st;

	args->path[0] = args->cmd = root;
	args->rest = kt_xcalloc(1, sizeof(*args->rest));
	kt_buf_adds(&args->line, root->called ? root->called : root->name);
	st = parse_words(args, &c, err);
	if (!st && !asks_for_text(args))
		st = check(args, err);
	if (st)
		return st;
	*out = args;
	args = NULL;
	return KT_OK;
}

void kt_args_freep(struct kt_args **args)
{
	if (!*args)
		return;
	kt_buf_release(&(*args)->line);
	for (size_t i = 0; i < (*args)->nr_given; i++)
		free((*args)->given[i].origin);
	free((*args)->given);
	free((*args)->operands);
	free((*args)->rest);
	free(*args);
}

const struct kt_command *kt_args_command(const struct kt_args *args)
{
	return args->cmd;
}

const char *kt_args_command_line(const struct kt_args *args)
{
	return args->line.data;
}

enum kt_status kt_args_default(struct kt_args *args, const char *name,
			       const char *value, const char *origin,
			       struct kt_error *err)
{
	enum kt_status st =
		take(args, any_long(args, name, strlen(name)), value, err);

	if (st)
		return kt_within(err, st, "%s", origin);
	args->given[args->nr_given - 1].origin = kt_xstrdup(origin);
	return KT_OK;
}

bool kt_args_knows(const struct kt_args *args, const char *name)
{
	return any_long(args, name, strlen(name)) != NULL;
}

static const struct given *nth(const struct kt_args *args, const char *name,
			       size_t n)
{
	if (!kt_args_knows(args, name))
		abort();
	for (size_t i = 0; i < args->nr_given; i++)
		if (!strcmp(args->given[i].opt->name, name) && !n--)
			return &args->given[i];
	return NULL;
}

size_t kt_args_count(const struct kt_args *args, const char *name)
{
	size_t n = 0;

	while (nth(args, name, n))
		n++;
	return n;
}

bool kt_args_has(const struct kt_args *args, const char *name)
{
	return nth(args, name, 0) != NULL;
}

const char *kt_args_nth(const struct kt_args *args, const char *name, size_t i)
{
	const struct given *g = nth(args, name, i);

	return g ? g->value : NULL;
}

const char *kt_args_str(const struct kt_args *args, const char *name)
{
	const size_t n = kt_args_count(args, name);

	return n ? kt_args_nth(args, name, n - 1) : NULL;
}

uint64_t kt_args_u64(const struct kt_args *args, const char *name,
		     uint64_t absent)
{
	const size_t n = kt_args_count(args, name);

	return n ? nth(args, name, n - 1)->number : absent;
}

const char *kt_args_origin(const struct kt_args *args, const char *name)
{
	const struct given *g = nth(args, name, 0);

	return g ? g->origin : NULL;
}

const char *kt_args_operand(const struct kt_args *args, size_t i)
{
	return i < args->nr_operands ? args->operands[i] : NULL;
}

size_t kt_args_operands(const struct kt_args *args)
{
	return args->nr_operands;
}

const char *const *kt_args_rest(const struct kt_args *args)
{
	return args->rest;
}

bool kt_args_has_rest(const struct kt_args *args)
{
	return args->has_rest;
}
