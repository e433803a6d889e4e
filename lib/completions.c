// SPDX-License-Identifier: GPL-2.0-only
/* completions - what may stand next on a command line */
#include "lib/completions.h"

#include <stdlib.h>
#include <string.h>

#include "lib/xalloc.h"

#define MAX_DEPTH 8  /* of subcommands */
#define MAX_GIVEN 64 /* options that are remembered as given */

enum fallback {
	WORDS,
	FILES,
	DIRS,
	COMMANDS,
};

struct line;

struct kt_candidates {
	struct kt_buf lines;
	const struct line *line;
	const char *typed;  /* what a candidate must begin with ... */
	const char *before; /* ... behind this, which all begin with */
	const char *taken;  /* words that are not offered again, or NULL ... */
	char separator;	    /* ... with this behind each */
	enum fallback fallback;
	bool nospace;
};

/* What has been read of the command line. */
struct given {
	const struct kt_option *opt;
	char *value; /* NULL: none, or none yet */
};

struct line {
	const struct kt_command *path[MAX_DEPTH]; /* program to command */
	size_t depth;
	const struct kt_command *cmd;	 /* path[depth] */
	const struct kt_option *pending; /* wants the next word */
	struct given given[MAX_GIVEN];
	size_t nr_given, nr_operands;
	bool no_options; /* "--" was there */
	bool other;	 /* another program's words */
};

static bool is_taken(const struct kt_candidates *c, const char *word,
		     size_t len)
{
	const char *t = c->taken;

	while (t && *t) {
		const char *end = strchr(t, c->separator);

		if ((size_t)(end - t) == len && !strncmp(t, word, len))
			return true;
		t = end + 1;
	}
	return false;
}

static void add_n(struct kt_candidates *c, const char *word, size_t len,
		  const char *help)
{
	const size_t typed = strlen(c->typed);

	if (len < typed || strncmp(word, c->typed, typed) ||
	    is_taken(c, word, len))
		return;
	kt_buf_adds(&c->lines, c->before);
	kt_buf_add(&c->lines, word, len);
	if (help)
		kt_buf_addf(&c->lines, "\t%s", help);
	kt_buf_addc(&c->lines, '\n');
}

void kt_candidates_add(struct kt_candidates *c, const char *word,
		       const char *help)
{
	add_n(c, word, strlen(word), help);
}

const char *kt_candidates_given(const struct kt_candidates *c, const char *name)
{
	const struct line *l = c->line;

	for (size_t i = l->nr_given; i--;)
		if (l->given[i].value && !strcmp(l->given[i].opt->name, name))
			return l->given[i].value;
	return NULL;
}

/* Option @i of what may stand here: the command's, its parents', all's. */
static const struct kt_option *option_at(const struct line *l, size_t level,
					 size_t i)
{
	if (level <= l->depth)
		return kt_command_option(l->path[l->depth - level], i);
	return kt_common_options[i].name ? &kt_common_options[i] : NULL;
}

static const struct kt_option *
find_option(const struct line *l, const char *name, size_t len, char letter)
{
	const struct kt_option *o;

	for (size_t level = 0; level <= l->depth + 1; level++)
		for (size_t i = 0; (o = option_at(l, level, i)); i++)
			if (letter ? o->letter == letter :
				     strlen(o->name) == len &&
					     !strncmp(o->name, name, len))
				return o;
	return NULL;
}

/* @value may be NULL: it may be the next word, if there is to be one. */
static void note_given(struct line *l, const struct kt_option *o,
		       const char *value)
{
	if (o->arg != KT_ARG_NONE && !value)
		l->pending = o;
	if (l->nr_given < MAX_GIVEN)
		l->given[l->nr_given++] = (struct given){
			.opt = o, .value = value ? kt_xstrdup(value) : NULL
		};
}

static void take_value(struct line *l, const char *value)
{
	struct given *last = l->nr_given ? &l->given[l->nr_given - 1] : NULL;

	if (last && last->opt == l->pending && !last->value)
		last->value = kt_xstrdup(value);
	l->pending = NULL;
}

static void release_line(struct line *l)
{
	for (size_t i = 0; i < l->nr_given; i++)
		free(l->given[i].value);
}

/* An option word, wholly typed. False if there is no such option. */
static bool read_option(struct line *l, const char *word)
{
	const struct kt_option *o;

	if (word[1] == '-') {
		const size_t len = strcspn(word + 2, "=");

		o = find_option(l, word + 2, len, 0);
		if (!o)
			return false;
		note_given(l, o, word[2 + len] ? word + len + 3 : NULL);
		return true;
	}
	while (*++word) {
		o = find_option(l, NULL, 0, *word);
		if (!o)
			return false;
		note_given(l, o,
			   o->arg != KT_ARG_NONE && word[1] ? word + 1 : NULL);
		if (o->arg != KT_ARG_NONE)
			break;
	}
	return true;
}

static void read_plain(struct line *l, const char *word)
{
	const struct kt_command *sub = kt_command_sub(l->cmd, word);

	if (sub && !l->nr_operands && l->depth + 1 < MAX_DEPTH) {
		l->path[++l->depth] = sub;
		l->cmd = sub;
		return;
	}
	l->nr_operands++;
	l->other = l->cmd->foreign;
}

/* As the parser would, but nothing is an error. */
static void read_word(struct line *l, const char *word)
{
	if (l->pending) {
		take_value(l, word);
	} else if (l->other || l->no_options) {
		l->nr_operands++;
	} else if (!strcmp(word, "--")) {
		l->other = l->cmd->rest || l->cmd->foreign;
		l->no_options = true;
	} else if (word[0] == '-' && word[1]) {
		if (!read_option(l, word) && l->cmd->foreign)
			l->other = true;
	} else {
		read_plain(l, word);
	}
}

static void add_choices(struct kt_candidates *c, const char *choices)
{
	while (choices && *choices) {
		const size_t n = strcspn(choices, " ");

		add_n(c, choices, n, NULL);
		choices += n + (choices[n] == ' ');
	}
}

/* A value of parts, of which the last is to be completed. */
struct parts {
	const char *typed, *before;
	char *done,
		*taken; /* in front of the part, and what to offer no more */
};

/*
 * The last part of what was typed begins behind the last of @separators; what
 * is there already behind the last of @groups is not offered again.
 */
static void begin_part(struct kt_candidates *c, const char *separators,
		       const char *groups, struct parts *p)
{
	size_t from = 0, at = 0;

	for (size_t i = 0; c->typed[i]; i++) {
		if (strchr(separators, c->typed[i]))
			at = i + 1;
		if (strchr(groups, c->typed[i]))
			from = i + 1;
	}
	*p = (struct parts){
		.typed = c->typed,
		.before = c->before,
		.done = kt_xasprintf("%s%.*s", c->before, (int)at, c->typed),
		.taken = kt_xstrndup(c->typed + from, at - from),
	};
	c->nospace = true;
	c->separator = separators[0];
	c->before = p->done;
	c->typed += at;
	c->taken = p->taken;
}

static void end_part(struct kt_candidates *c, struct parts *p)
{
	c->typed = p->typed;
	c->before = p->before;
	c->taken = NULL;
	free(p->done);
	free(p->taken);
}

/* "a,b,PART" */
static void add_list(struct kt_candidates *c, const char *choices)
{
	struct parts p;

	begin_part(c, ",", "", &p);
	add_choices(c, choices);
	end_part(c, &p);
}

/* "a,b+c,b+PART" */
static void add_profiles(struct kt_candidates *c, kt_values_fn *values)
{
	struct parts p;

	begin_part(c, "+,", ",", &p);
	if (!*p.taken)
		kt_candidates_add(c, "default", "no flag at all");
	values(KT_ARG_PROFILES, c);
	end_part(c, &p);
}

static void add_topologies(struct kt_candidates *c)
{
	static const char *const known[][2] = {
		{ "1,1,1", "1 CPU" },
		{ "1,2,1", "2 CPUs" },
		{ "1,4,1", "4 CPUs: one socket" },
		{ "1,4,2", "8 CPUs: one socket of 4 cores of 2 threads" },
		{ "2,1,1", "2 CPUs: two sockets" },
		{ "2,2,1", "4 CPUs: two sockets of 2 cores" },
		{ "2,4,1", "8 CPUs: two sockets of 4 cores" },
		{ "2,4,2", "16 CPUs: two sockets of 4 cores of 2 threads" },
		{ "4,4,1", "16 CPUs: four sockets of 4 cores" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		kt_candidates_add(c, known[i][0], known[i][1]);
}

static bool like_a_path(const char *text)
{
	return text[0] == '.' || text[0] == '~' || strchr(text, '/');
}

static void add_values(struct kt_candidates *c, enum kt_arg kind,
		       const char *choices, kt_values_fn *values)
{
	switch (kind) {
	case KT_ARG_NONE:
	case KT_ARG_STRING:
	case KT_ARG_NUMBER:
		break;
	case KT_ARG_PATH:
		c->fallback = FILES;
		break;
	case KT_ARG_DIR:
		c->fallback = DIRS;
		break;
	case KT_ARG_COMMAND:
		c->fallback = COMMANDS;
		break;
	case KT_ARG_CHOICE:
		add_choices(c, choices);
		break;
	case KT_ARG_LIST:
		add_list(c, choices);
		break;
	case KT_ARG_PROFILES:
		add_profiles(c, values);
		break;
	case KT_ARG_TOPOLOGY:
		add_topologies(c);
		break;
	case KT_ARG_KERNEL:
		if (like_a_path(c->typed)) {
			c->fallback = FILES;
			break;
		}
		values(kind, c);
		break;
	case KT_ARG_KEY:
	case KT_ARG_VERSION:
	case KT_ARG_PAGE:
		values(kind, c);
		break;
	}
}

static bool was_given(const struct line *l, const struct kt_option *o)
{
	for (size_t i = 0; i < l->nr_given; i++)
		if (l->given[i].opt == o)
			return true;
	return false;
}

static void add_options(const struct line *l, struct kt_candidates *c)
{
	const struct kt_option *o;

	for (size_t level = 0; level <= l->depth + 1; level++) {
		for (size_t i = 0; (o = option_at(l, level, i)); i++) {
			char *word KT_CLEANUP(kt_freep) =
				kt_xasprintf("--%s", o->name);

			if (o->repeat || !was_given(l, o))
				kt_candidates_add(c, word, o->help);
		}
	}
}

static void add_plain(const struct line *l, kt_values_fn *values,
		      struct kt_candidates *c)
{
	const struct kt_command *cmd = l->cmd;

	for (size_t i = 0; !l->nr_operands && !l->no_options && cmd->commands &&
			   cmd->commands[i];
	     i++)
		if (!cmd->commands[i]->hidden)
			kt_candidates_add(c, cmd->commands[i]->name,
					  cmd->commands[i]->summary);
	if (!cmd->max_operands || (cmd->max_operands > 0 &&
				   l->nr_operands >= (size_t)cmd->max_operands))
		return;
	if (cmd->operand == KT_ARG_NONE)
		c->fallback = FILES;
	else
		add_values(c, cmd->operand, cmd->choices, values);
}

/* "--NAME=VALUE" with the cursor in VALUE, which bash may have cut off. */
static void add_attached(const struct line *l, const char *word, bool cut,
			 kt_values_fn *values, struct kt_candidates *c)
{
	const size_t len = strcspn(word + 2, "=");
	const struct kt_option *o = find_option(l, word + 2, len, 0);
	char *before;

	if (!o || o->arg == KT_ARG_NONE)
		return;
	before = kt_xstrndup(word, cut ? 0 : len + 3);
	c->before = before;
	c->typed = word + len + 3;
	add_values(c, o->arg, o->choices, values);
	c->before = "";
	free(before);
}

static void add_all(const struct line *l, const char *last, bool cut,
		    kt_values_fn *values, struct kt_candidates *c)
{
	c->typed = last;
	if (l->pending)
		add_values(c, l->pending->arg, l->pending->choices, values);
	else if (l->other)
		c->fallback = FILES;
	else if (!l->no_options && !strncmp(last, "--", 2) && strchr(last, '='))
		add_attached(l, last, cut, values, c);
	else if (!l->no_options && last[0] == '-')
		add_options(l, c);
	else
		add_plain(l, values, c);
}

/* The word at *at, with the "=" and the value that bash has cut off it. */
static char *whole_word(const char *const *words, size_t nr, size_t *at,
			bool *cut)
{
	const char *word = words[(*at)++];

	*cut = !strncmp(word, "--", 2) && *at < nr && !strcmp(words[*at], "=");
	if (!*cut)
		return kt_xstrdup(word);
	++*at;
	return kt_xasprintf("%s=%s", word, *at < nr ? words[(*at)++] : "");
}

void kt_complete(const struct kt_command *root, const char *const *words,
		 size_t nr, kt_values_fn *values, struct kt_buf *out)
{
	static const char *const names[] = { [WORDS] = "words",
					     [FILES] = "files",
					     [DIRS] = "dirs",
					     [COMMANDS] = "commands" };
	struct line l = { .path = { root }, .cmd = root };
	struct kt_candidates c = { .before = "", .line = &l };
	char *last = NULL;
	bool cut = false;

	for (size_t i = 0; i < nr;) {
		if (last)
			read_word(&l, last);
		free(last);
		last = whole_word(words, nr, &i, &cut);
	}
	if (last)
		add_all(&l, last, cut, values, &c);
	free(last);
	release_line(&l);
	kt_buf_addf(out, "%s%s\n", names[c.fallback],
		    c.nospace ? " nospace" : "");
	if (c.lines.len)
		kt_buf_add(out, c.lines.data, c.lines.len);
	kt_buf_release(&c.lines);
}

/* The scripts, from contrib/completions by the makefile. */
extern const char kt_completions_bash[], kt_completions_zsh[],
	kt_completions_fish[], kt_completions_elvish[],
	kt_completions_powershell[];

static const char *script_of(const char *shell)
{
	const struct {
		const char *shell, *text;
	} scripts[] = {
		{ "bash", kt_completions_bash },
		{ "zsh", kt_completions_zsh },
		{ "fish", kt_completions_fish },
		{ "elvish", kt_completions_elvish },
		{ "powershell", kt_completions_powershell },
	};

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		if (!strcmp(scripts[i].shell, shell))
			return scripts[i].text;
	abort();
}

/* The names, with or without cargo. */
static void add_names(const char *const *names, bool cargo, struct kt_buf *out)
{
	const char *blank = "";

	for (size_t i = 0; names[i]; i++) {
		if (!cargo && !strcmp(names[i], "cargo"))
			continue;
		kt_buf_addf(out, "%s%s", blank, names[i]);
		blank = " ";
	}
}

void kt_completions_script(const char *shell, const char *const *names,
			   struct kt_buf *out)
{
	static const char all[] = "@NAMES@", ours[] = "@TOOLS@";
	const char *text = script_of(shell), *at;

	while ((at = strchr(text, '@'))) {
		kt_buf_add(out, text, (size_t)(at - text));
		text = at + 1;
		if (!strncmp(at, all, strlen(all)) ||
		    !strncmp(at, ours, strlen(ours))) {
			add_names(names, !strncmp(at, all, strlen(all)), out);
			text = at + strlen(all);
		} else {
			kt_buf_addc(out, '@');
		}
	}
	kt_buf_adds(out, text);
}
