// SPDX-License-Identifier: GPL-2.0-only
/* ksyms - the symbols a kernel tree's Kconfig files define */
#include "lib/ksyms.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

#define MAX_NESTING 64

/* One "config X"; a symbol may have several. */
struct def {
	char *name;
	struct kt_buf conds; /* expressions, one a line, all must hold */
};

struct kt_ksyms {
	struct def *defs;
	size_t nr, cap;
};

void kt_ksyms_freep(struct kt_ksyms **syms)
{
	if (!*syms)
		return;
	for (size_t i = 0; i < (*syms)->nr; i++) {
		free((*syms)->defs[i].name);
		kt_buf_release(&(*syms)->defs[i].conds);
	}
	free((*syms)->defs);
	free(*syms);
	*syms = NULL;
}

/* Where in a file we are: inside of which if, menu and choice. */
struct place {
	struct kt_ksyms *syms;
	struct kt_buf outer[MAX_NESTING]; /* conditions of each */
	size_t depth, too_deep;
	struct kt_buf *here; /* where "depends on" goes; NULL: nowhere */
	bool help;	     /* in a help text... */
	size_t indent;	     /* ...indented by this, or 0: not known yet */
};

static void push(struct place *at)
{
	at->here = NULL;
	if (at->depth == MAX_NESTING)
		at->too_deep++;
	else
		at->here = &at->outer[at->depth++];
}

static void pop(struct place *at)
{
	at->here = NULL;
	if (at->too_deep)
		at->too_deep--;
	else if (at->depth)
		kt_buf_release(&at->outer[--at->depth]);
}

static void define(struct place *at, const char *name)
{
	struct kt_ksyms *syms = at->syms;
	struct def *def;

	if (syms->nr == syms->cap) {
		syms->cap = syms->cap ? syms->cap * 2 : 1024;
		syms->defs = kt_xrealloc(syms->defs,
					 syms->cap * sizeof(*syms->defs));
	}
	def = &syms->defs[syms->nr++];
	*def = (struct def){ .name = kt_xstrdup(name) };
	for (size_t i = 0; i < at->depth; i++)
		if (at->outer[i].len)
			kt_buf_add(&def->conds, at->outer[i].data,
				   at->outer[i].len);
	at->here = &def->conds;
}

static void condition(struct place *at, const char *expr)
{
	if (at->here && *expr)
		kt_buf_addf(at->here, "%s\n", expr);
}

/* If @line begins with word @word, what follows it; else NULL. */
static const char *after(const char *line, const char *word)
{
	const size_t len = strlen(word);

	if (strncmp(line, word, len) != 0 ||
	    (line[len] && !isspace((unsigned char)line[len])))
		return NULL;
	return line + len + strspn(line + len, " \t");
}

/* The condition of a prompt: bool "text" if EXPR. */
static const char *prompt_condition(const char *line)
{
	static const char *const types[] = { "bool", "tristate", "int",
					     "hex",  "string",	 "prompt" };
	const char *rest = NULL;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !rest; i++)
		rest = after(line, types[i]);
	if (!rest || (*rest != '"' && *rest != '\''))
		return NULL;
	for (const char *p = rest + 1; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == *rest)
			return after(p + 1 + strspn(p + 1, " \t"), "if");
	}
	return NULL;
}

static void take_statement(struct place *at, const char *line)
{
	const char *rest;

	if ((rest = after(line, "config")) ||
	    (rest = after(line, "menuconfig"))) {
		define(at, rest);
	} else if ((rest = after(line, "if"))) {
		push(at);
		condition(at, rest);
		at->here = NULL;
	} else if (after(line, "menu") || after(line, "choice")) {
		push(at);
	} else if (after(line, "endif") || after(line, "endmenu") ||
		   after(line, "endchoice")) {
		pop(at);
	} else if (after(line, "comment") || after(line, "source")) {
		at->here = NULL;
	} else if ((rest = after(line, "depends on")) ||
		   (rest = prompt_condition(line))) {
		condition(at, rest);
	} else if (after(line, "help") || after(line, "---help---")) {
		at->help = true;
		at->indent = 0;
	}
}

static size_t indent_of(const char *line)
{
	size_t n = 0;

	for (; *line == ' ' || *line == '\t'; line++)
		n = *line == '\t' ? (n | 7) + 1 : n + 1;
	return n;
}

/* One line, whole: continuations have been joined. It is changed. */
static void take_line(struct place *at, char *line)
{
	const size_t indent = indent_of(line);
	size_t len;
	char *hash;

	line += strspn(line, " \t");
	if (!*line)
		return;
	if (at->help && !at->indent)
		at->indent = indent ? indent : 1;
	if (at->help && indent >= at->indent)
		return;
	at->help = false;
	if (*line == '#')
		return;
	hash = strchr(line, '"') ? NULL : strchr(line, '#');
	if (hash)
		*hash = '\0';
	for (len = strlen(line); len && isspace((unsigned char)line[len - 1]);
	     len--)
		line[len - 1] = '\0';
	take_statement(at, line);
}

void kt_ksyms_add(struct kt_ksyms **syms, const char *text)
{
	struct kt_buf line KT_CLEANUP(kt_buf_release) = { 0 };
	struct place at = { 0 };

	if (!*syms)
		*syms = kt_xcalloc(1, sizeof(**syms));
	at.syms = *syms;
	while (*text) {
		const size_t len = strcspn(text, "\n");
		const bool joins = len && text[len - 1] == '\\';

		kt_buf_add(&line, text, joins ? len - 1 : len);
		text += len + (text[len] == '\n');
		if (joins && *text)
			continue;
		take_line(&at, line.data);
		line.len = 0;
	}
	while (at.depth || at.too_deep)
		pop(&at);
}

static void closep(FTS **fts)
{
	if (*fts)
		fts_close(*fts);
}

/* Directories that hold no part of the configuration we look for. */
static bool skip_dir(const FTSENT *e, const char *srcarch)
{
	static const char *const skip[] = { ".git", "Documentation", "tools",
					    "samples" };

	if (e->fts_level == 1)
		for (size_t i = 0; i < sizeof(skip) / sizeof(skip[0]); i++)
			if (!strcmp(e->fts_name, skip[i]))
				return true;
	return e->fts_level == 2 && !strcmp(e->fts_parent->fts_name, "arch") &&
	       strcmp(e->fts_name, srcarch) != 0;
}

enum kt_status kt_ksyms_read(const char *tree, const char *srcarch,
			     struct kt_ksyms **out, struct kt_error *err)
{
	char *const roots[] = { (char *)tree, NULL };
	FTS *fts KT_CLEANUP(closep) = fts_open(
		roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_NOSTAT | FTS_XDEV,
		NULL);
	struct kt_ksyms *syms KT_CLEANUP(kt_ksyms_freep) =
		kt_xcalloc(1, sizeof(*syms));
	size_t nr = 0;
	FTSENT *e;

	if (!fts)
		return kt_fail_errno(err, "cannot read \"%s\"", tree);
	while ((e = fts_read(fts))) {
		struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
		struct kt_error ignored;

		if (e->fts_info == FTS_D && skip_dir(e, srcarch))
			fts_set(fts, e, FTS_SKIP);
		if ((e->fts_info != FTS_F && e->fts_info != FTS_NSOK) ||
		    strncmp(e->fts_name, "Kconfig", 7) != 0)
			continue;
		if (++nr > KT_KSYMS_MAX_FILES)
			return kt_fail(err, KT_DATA,
				       "\"%s\" has more than %d Kconfig files",
				       tree, KT_KSYMS_MAX_FILES);
		if (!kt_file_read(AT_FDCWD, e->fts_path, KT_KSYMS_MAX_FILE,
				  &text, &ignored))
			kt_ksyms_add(&syms, text.data);
	}
	*out = syms;
	syms = NULL;
	return KT_OK;
}

static const struct def *find(const struct kt_ksyms *syms, const char *symbol,
			      size_t *from)
{
	if (strncmp(symbol, "CONFIG_", 7) != 0)
		return NULL;
	for (; *from < syms->nr; ++*from)
		if (!strcmp(syms->defs[*from].name, symbol + 7))
			return &syms->defs[(*from)++];
	return NULL;
}

bool kt_ksyms_has(const struct kt_ksyms *syms, const char *symbol)
{
	size_t from = 0;

	return find(syms, symbol, &from) != NULL;
}

/* An expression being evaluated, and the part of it that does not hold. */
struct eval {
	const char *p;
	const struct kt_kconfig *have;
	unsigned int depth;
	char *why; /* the first such part */
};

static bool eval_or(struct eval *ev);

static void blame(struct eval *ev, char *why)
{
	if (ev->why)
		free(why);
	else
		ev->why = why;
}

static bool take(struct eval *ev, const char *token)
{
	ev->p += strspn(ev->p, " \t");
	if (strncmp(ev->p, token, strlen(token)) != 0)
		return false;
	ev->p += strlen(token);
	return true;
}

/* A symbol, a constant, a string, or a macro; the caller owns it. */
static char *operand(struct eval *ev)
{
	const char *start;
	size_t len;

	ev->p += strspn(ev->p, " \t");
	start = ev->p;
	if (*start == '"' || *start == '\'') {
		const char *end = strchr(start + 1, *start);

		ev->p = end ? end + 1 : start + strlen(start);
	} else if (*start == '$') {
		int open = 0;

		do {
			open += (*ev->p == '(') - (*ev->p == ')');
			ev->p++;
		} while (*ev->p && (open || ev->p == start + 1));
	} else {
		while (isalnum((unsigned char)*ev->p) || *ev->p == '_' ||
		       *ev->p == '-' || *ev->p == '.')
			ev->p++;
	}
	len = (size_t)(ev->p - start);
	if (!len && *ev->p)
		ev->p++; /* not understood: on with the next */
	return kt_xstrndup(start, len);
}

static bool is_constant(const char *word)
{
	return !word[strspn(word, "ymn")] ?
		       strlen(word) == 1 :
		       !isalpha((unsigned char)*word) && *word != '_';
}

static char *value_of(const struct eval *ev, const char *word)
{
	char *name KT_CLEANUP(kt_freep) = NULL;

	if (*word == '$')
		return kt_xstrdup("y");
	if (*word == '"' || *word == '\'')
		return kt_xstrndup(word + 1,
				   strlen(word + 1) - (strlen(word) > 1));
	if (is_constant(word))
		return kt_xstrdup(word);
	name = kt_xasprintf("CONFIG_%s", word);
	return kt_xstrdup(kt_kconfig_get(ev->have, name));
}

/* One of = != < > <= >=, or NULL. */
static const char *comparison(struct eval *ev)
{
	static const char *const ops[] = { "!=", "<=", ">=", "=", "<", ">" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (take(ev, ops[i]))
			return ops[i];
	return NULL;
}

static bool compare(const char *a, const char *op, const char *b)
{
	const bool numbers = isdigit((unsigned char)*b);
	long c = strcmp(a, b);

	if (numbers) {
		const long x = strtol(a, NULL, 0), y = strtol(b, NULL, 0);

		c = (x > y) - (x < y);
	}
	if (!strcmp(op, "="))
		return c == 0;
	if (!strcmp(op, "!="))
		return c != 0;
	return (*op == '<' && c < 0) || (*op == '>' && c > 0) ||
	       (op[1] == '=' && c == 0);
}

static bool eval_operand(struct eval *ev)
{
	char *word KT_CLEANUP(kt_freep) = operand(ev);
	char *val KT_CLEANUP(kt_freep) = value_of(ev, word);
	const char *op = comparison(ev);
	bool holds;

	if (op) {
		char *right KT_CLEANUP(kt_freep) = operand(ev);
		char *rval KT_CLEANUP(kt_freep) = value_of(ev, right);

		holds = compare(val, op, rval);
		if (!holds)
			blame(ev, kt_xasprintf("%s %s %s, and that is %s", word,
					       op, right, val));
		return holds;
	}
	holds = *val && strcmp(val, "n") != 0;
	if (!holds)
		blame(ev, kt_xasprintf("%s, which is off", word));
	return holds;
}

static bool eval_not(struct eval *ev)
{
	if (take(ev, "!")) {
		const char *start = ev->p, *end;
		char *outer = ev->why;
		bool holds = true;

		/* What fails below a "!" is to nobody's blame. */
		ev->why = NULL;
		if (++ev->depth < MAX_NESTING)
			holds = !eval_not(ev);
		ev->depth--;
		free(ev->why);
		ev->why = outer;
		end = ev->p;
		while (end > start && isspace((unsigned char)end[-1]))
			end--;
		if (!holds)
			blame(ev, kt_xasprintf("!%.*s, which is on",
					       (int)(end - start), start));
		return holds;
	}
	if (take(ev, "(")) {
		bool holds = true;

		if (++ev->depth < MAX_NESTING)
			holds = eval_or(ev);
		ev->depth--;
		take(ev, ")");
		return holds;
	}
	return eval_operand(ev);
}

static bool eval_and(struct eval *ev)
{
	bool holds = eval_not(ev);

	while (take(ev, "&&"))
		holds &= eval_not(ev);
	return holds;
}

static bool eval_or(struct eval *ev)
{
	char *outer = ev->why;
	bool holds;

	ev->why = NULL;
	holds = eval_and(ev);
	while (take(ev, "||"))
		holds |= eval_and(ev);
	/* One side that fails is no reason while the other holds. */
	if (outer || holds) {
		free(ev->why);
		ev->why = outer;
	}
	return holds;
}

char *kt_ksyms_why(const struct kt_ksyms *syms, const char *symbol,
		   const struct kt_kconfig *have)
{
	const struct def *def;
	size_t from = 0;
	char *why = NULL;

	while ((def = find(syms, symbol, &from))) {
		char *all KT_CLEANUP(kt_freep) =
			kt_xstrdup(def->conds.len ? def->conds.data : "");
		char *save = NULL, *first = NULL;

		for (char *expr = strtok_r(all, "\n", &save); expr && !first;
		     expr = strtok_r(NULL, "\n", &save)) {
			struct eval ev = { .p = expr, .have = have };

			if (!eval_or(&ev) && ev.why)
				first = ev.why;
			else
				free(ev.why);
		}
		/* A definition that nothing forbids: there is no reason. */
		if (!first) {
			free(why);
			return NULL;
		}
		if (why)
			free(first);
		else
			why = kt_xasprintf("it depends on %s", first),
			free(first);
	}
	return why;
}
