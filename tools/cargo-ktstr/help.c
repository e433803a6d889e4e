// SPDX-License-Identifier: GPL-2.0-only
/*
 * help - cargo ktstr help: the manual page of a subcommand or a tool
 *
 * The pages are where "make install" puts them, or in the tree of a build.
 * Without man(1) or the page it is the text of --help.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/nearest.h"
#include "lib/spawn.h"
#include "lib/tool.h"
#include "lib/xalloc.h"
#include "tools/cargo-ktstr/front.h"
#include "tools/programs.h"

#define FRONT (kt_programs[0])
#define MAX_WORDS 8
#define MAX_NAMES 64

/* @path if it can be read, else NULL; it is consumed. */
static char *readable_or_none(char *path)
{
	if (!access(path, R_OK))
		return path;
	free(path);
	return NULL;
}

/* The tree of a build, or of a variant; installed, as it is or packed. */
#define NR_PLACES 4

static char *page_at(const char *bindir, size_t place, const char *name,
		     char section)
{
	switch (place) {
	case 0:
		return kt_xasprintf("%s/../../man/%s.%c", bindir, name,
				    section);
	case 1:
		return kt_xasprintf("%s/../../../man/%s.%c", bindir, name,
				    section);
	case 2:
		return kt_xasprintf("%s/../share/man/man%c/%s.%c", bindir,
				    section, name, section);
	default:
		return kt_xasprintf("%s/../share/man/man%c/%s.%c.gz", bindir,
				    section, name, section);
	}
}

/* The file of page @name, in any section; the caller owns it, or NULL. */
static char *find_page(const char *bindir, const char *name)
{
	char *file = NULL;

	if (strchr(name, '/'))
		return NULL;
	for (const char *s = "1578"; *s; s++)
		for (size_t i = 0; !file && i < NR_PLACES; i++)
			file = readable_or_none(page_at(bindir, i, name, *s));
	return file;
}

/* Who is meant. */
struct subject {
	char *page;			  /* "ktstr-cache" */
	const struct kt_command *program; /* NULL for a page of no program */
	const char *words[MAX_WORDS + 1]; /* of a subcommand, for --help */
	size_t nr;
	struct kt_buf title; /* the subcommand as its section is headed */
};

static void subject_release(struct subject *s)
{
	free(s->page);
	kt_buf_release(&s->title);
}

static enum kt_status unknown(const char *word, struct kt_error *err)
{
	const char *names[MAX_NAMES + 1];
	const char *near;
	size_t nr = 0;

	for (const struct kt_command *const *c = FRONT->commands;
	     c && *c && nr < MAX_NAMES; c++)
		if (!(*c)->hidden)
			names[nr++] = (*c)->name;
	for (size_t i = 1; kt_programs[i] && nr < MAX_NAMES; i++)
		names[nr++] = kt_programs[i]->name + strlen("ktstr-");
	names[nr] = NULL;
	near = kt_nearest(word, names);
	(void)kt_fail(err, KT_USAGE, "neither subcommand nor tool: \"%s\"",
		      word);
	if (near)
		return kt_hint(err, KT_USAGE, "did you mean \"%s\"?", near);
	return kt_hint(err, KT_USAGE, "cargo ktstr --help lists them");
}

/* "kernel build", "cache", "ktstr-cache clean", "ktstr-record". */
static enum kt_status find_subject(const struct kt_args *args,
				   const char *bindir, struct subject *s,
				   struct kt_error *err)
{
	const char *first = kt_args_operand(args, 0);
	const struct kt_command *cmd = FRONT;
	size_t i = 0;

	s->program = FRONT;
	if (first && !kt_command_sub(FRONT, first)) {
		char *file KT_CLEANUP(kt_freep) = find_page(bindir, first);

		i = 1;
		s->page = kt_program(first) || file ?
				  kt_xstrdup(first) :
				  kt_xasprintf("ktstr-%s", first);
		cmd = s->program = kt_program(s->page);
		if (!cmd && !file)
			return unknown(first, err);
	} else {
		s->page = kt_xstrdup(FRONT->name);
	}
	for (; i < kt_args_operands(args); i++) {
		const char *word = kt_args_operand(args, i);

		cmd = cmd ? kt_command_sub(cmd, word) : NULL;
		if (!cmd || s->nr == MAX_WORDS)
			return unknown(word, err);
		s->words[s->nr++] = word;
		kt_buf_addf(&s->title, "%s%s", s->title.len ? " " : "", word);
	}
	return KT_OK;
}

static enum kt_status show_page(const struct subject *s, const char *file,
				struct kt_error *err)
{
	char *pager KT_CLEANUP(kt_freep) = NULL;
	const char *argv[] = { "man", "-l", file, NULL, NULL, NULL };

	/* Nobody has chosen a pager: the one that can begin at the section. */
	if (s->title.len && !kt_getenv("MANPAGER") && !kt_getenv("PAGER")) {
		char *less KT_CLEANUP(kt_freep) =
			kt_path_search(kt_getenv("PATH"), "less");

		pager = kt_xasprintf("less -p '^   (.* )?%s( .*)?$'",
				     s->title.data);
		if (less) {
			argv[1] = "-P";
			argv[2] = pager;
			argv[3] = "-l";
			argv[4] = file;
		}
	}
	return kt_spawn_become(argv, err);
}

static enum kt_status show_help(const struct subject *s, const char *bindir,
				struct kt_error *err)
{
	const char *argv[MAX_WORDS + 3] = { NULL };
	char *program;

	if (!s->program)
		return kt_hint(err,
			       kt_fail(err, KT_SKIP,
				       "nothing here shows the page \"%s\"",
				       s->page),
			       "apt install man-db");
	program = kt_path_join(bindir, s->program->name);
	argv[0] = program;
	memcpy(argv + 1, s->words, s->nr * sizeof(argv[0]));
	argv[1 + s->nr] = "--help";
	return kt_spawn_become(argv, err);
}

static enum kt_status help(const struct kt_args *args, struct kt_error *err)
{
	struct subject s KT_CLEANUP(subject_release) = { 0 };
	char *bindir KT_CLEANUP(kt_freep) = NULL;
	char *file KT_CLEANUP(kt_freep) = NULL;
	char *man KT_CLEANUP(kt_freep) =
		kt_path_search(kt_getenv("PATH"), "man");
	enum kt_status st = kt_tool_bindir(&bindir, err);

	if (!st)
		st = find_subject(args, bindir, &s, err);
	if (st)
		return st;
	file = find_page(bindir, s.page);
	return man && file ? show_page(&s, file, err) :
			     show_help(&s, bindir, err);
}

const struct kt_command kt_front_help = {
	.name = "help",
	.summary = "show the manual page of a subcommand or a tool",
	.operands = "[SUBCOMMAND... | TOOL]",
	.operand = KT_ARG_PAGE,
	.max_operands = -1,
	.run = help,
};
