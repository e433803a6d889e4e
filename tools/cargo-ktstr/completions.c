// SPDX-License-Identifier: GPL-2.0-only
/*
 * completions - cargo ktstr completions: scripts for shells, and what they ask
 *
 * A script runs "cargo-ktstr __complete WORD...", the words of the command line
 * up to the cursor, and shows the answer (lib/completions.h).
 */
#include "lib/completions.h"

#include <stdlib.h>
#include <string.h>

#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/kernel-id.h"
#include "lib/record.h"
#include "lib/tool.h"
#include "lib/verifier/known.h"
#include "lib/xalloc.h"
#include "tools/cache/cache.h"
#include "tools/cargo-ktstr/front.h"
#include "tools/programs.h"

#define MAX_PROGRAMS 64
#define MARKED "--marked" /* an empty last word might not arrive: PowerShell */

/* Each version once: the entries of one release are neighbours, or not. */
static bool seen_before(struct kt_record *const *list, size_t i,
			const char *version)
{
	while (i--) {
		const char *v = kt_record_text(list[i], "version");

		if (v && !strcmp(v, version))
			return true;
	}
	return false;
}

static void add_entry(enum kt_arg kind, struct kt_record *const *list, size_t i,
		      struct kt_candidates *c)
{
	const char *key = kt_record_text(list[i], "key"),
		   *version = kt_record_text(list[i], "version"),
		   *built = kt_record_text(list[i], "built_at");
	char *help KT_CLEANUP(kt_freep) = kt_xasprintf(
		"%s%sbuilt %.10s%s", version ? version : "",
		version ? ", " : "", built ? built : "some time",
		kt_record_flag(list[i], "stale_kconfig") ? ", stale" : "");

	/* What is corrupt can be verified and replaced, but not used. */
	if (key && (kind == KT_ARG_KEY || !kt_record_has(list[i], "error")) &&
	    kind != KT_ARG_VERSION)
		kt_candidates_add(c, key, help);
	if (version && kind != KT_ARG_KEY &&
	    kt_id_kind(version) == KT_ID_VERSION &&
	    !seen_before(list, i, version))
		kt_candidates_add(c, version, "cached");
}

/* What "cargo ktstr help" has a page of. */
static void add_pages(struct kt_candidates *c)
{
	const struct kt_command *front = kt_programs[0];

	for (size_t i = 0; front->commands[i]; i++)
		if (!front->commands[i]->hidden)
			kt_candidates_add(c, front->commands[i]->name,
					  front->commands[i]->summary);
	for (size_t i = 1; kt_programs[i]; i++)
		kt_candidates_add(c, kt_programs[i]->name,
				  kt_programs[i]->summary);
}

/* A guest has said it, and a shell is going to read it. */
static bool is_plain(const char *name)
{
	return !name[strspn(name, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")];
}

/* What is known of the scheduler that the command line names. */
static void add_flags(struct kt_candidates *c)
{
	const char *program = kt_candidates_given(c, "scheduler-bin");
	const char *name = program ? kt_path_base(program) :
				     kt_candidates_given(c, "scheduler");
	struct kt_flags flags KT_CLEANUP(kt_flags_release) = { 0 };
	char *dir KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs env;
	struct kt_error ignored;

	kt_tool_dirs(&env);
	if (!name || strchr(name, '/') || kt_dir_flags(&env, &dir, &ignored) ||
	    kt_flags_known(dir, name, &flags, &ignored))
		return;
	for (size_t i = 0; i < flags.nr; i++)
		if (!flags.flag[i].unknown && is_plain(flags.flag[i].name))
			kt_candidates_add(c, flags.flag[i].name, NULL);
}

static void values(enum kt_arg kind, struct kt_candidates *c)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record **list = NULL;
	char crc[KT_CRC32_SIZE];
	struct kt_error ignored;
	size_t nr = 0;

	if (kind == KT_ARG_PAGE) {
		add_pages(c);
		return;
	}
	if (kind == KT_ARG_PROFILES) {
		add_flags(c);
		return;
	}
	if (kt_cache_of_user(crc, &cache, &ignored) ||
	    kt_cache_list(cache, &list, &nr, &ignored))
		return;
	for (size_t i = 0; i < nr; i++)
		add_entry(kind, list, i, c);
	kt_cache_list_free(list, nr);
}

/* "ktstr TOOL ARGS": the words of the tool, or the tools. */
static void complete_ktstr(const char *const *words, size_t nr,
			   struct kt_buf *out)
{
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("ktstr-%s", nr > 1 ? words[0] : "");
	const struct kt_command *tool = kt_program(name);

	if (nr > 1 && tool) {
		kt_complete(tool, words + 1, nr - 1, values, out);
		return;
	}
	kt_buf_adds(out, "words\n");
	for (size_t i = 1; nr == 1 && kt_programs[i]; i++) {
		const char *sub = kt_programs[i]->name + strlen("ktstr-");

		if (!strncmp(sub, words[0], strlen(words[0])))
			kt_buf_addf(out, "%s\t%s\n", sub,
				    kt_programs[i]->summary);
	}
}

static enum kt_status complete(const struct kt_args *args,
			       struct kt_error *err KT_UNUSED)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	const size_t nr = kt_args_operands(args);
	const char **words = kt_xcalloc(nr + 1, sizeof(*words));
	const struct kt_command *program;
	const char *name;
	size_t at = 0;

	for (size_t i = 0; i < nr; i++)
		words[i] = kt_args_operand(args, i);
	if (nr && !strcmp(words[0], MARKED)) {
		at++;
		words[nr - 1]++;
	}
	if (nr - at >= 2) {
		name = kt_path_base(words[at++]);
		program = kt_program(name);
		/* The front-end may have been given another name. */
		if (!program && strcmp(name, "ktstr"))
			program = kt_programs[0];
		if (program == kt_programs[0] && nr - at > 1 &&
		    !strcmp(words[at], "ktstr"))
			at++;
		if (program)
			kt_complete(program, words + at, nr - at, values, &out);
		else
			complete_ktstr(words + at, nr - at, &out);
		fputs(out.data, stdout);
	}
	free(words);
	return KT_OK;
}

const struct kt_command kt_front_complete = {
	.name = "__complete",
	.summary = "answer a shell's question",
	.operands = "PROGRAM WORD...",
	.max_operands = -1,
	.foreign = true,
	.hidden = true,
	.run = complete,
};

static enum kt_status completions(const struct kt_args *args,
				  struct kt_error *err)
{
	struct kt_buf out KT_CLEANUP(kt_buf_release) = { 0 };
	const char *names[MAX_PROGRAMS + 1] = { kt_args_str(args, "binary") };
	size_t nr = 1;

	if (!names[0]) {
		names[0] = "cargo";
		names[nr++] = "ktstr";
		for (size_t i = 0; kt_programs[i] && nr < MAX_PROGRAMS; i++)
			names[nr++] = kt_programs[i]->name;
	} else if (!names[0][0] ||
		   names[0][strspn(names[0], "abcdefghijklmnopqrstuvwxyz"
					     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					     "0123456789-_.+")]) {
		return kt_fail(err, KT_USAGE,
			       "--binary: \"%s\" is no name of a program",
			       names[0]);
	}
	kt_completions_script(kt_args_operand(args, 0), names, &out);
	fputs(out.data, stdout);
	return KT_OK;
}

static const struct kt_option options[] = {
	{ .name = "binary",
	  .arg = KT_ARG_STRING,
	  .value = "NAME",
	  .help = "complete this program alone; \"cargo\" is cargo ktstr" },
	{ 0 },
};

const struct kt_command kt_front_completions = {
	.name = "completions",
	.summary = "print a script that completes command lines",
	.operands = "SHELL",
	.operand = KT_ARG_CHOICE,
	.choices = KT_COMPLETIONS_SHELLS,
	.min_operands = 1,
	.max_operands = 1,
	.options = options,
	.run = completions,
};
