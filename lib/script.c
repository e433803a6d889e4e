// SPDX-License-Identifier: GPL-2.0-only
/* script - what the first line of a script asks for */
#include "lib/script.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/xalloc.h"

static const char blanks[] = " \t";

/*
 * "env [-S] [-OPTION]... [NAME=VALUE]... PROGRAM": an option with a value of
 * its own is taken for one without, and its value for the program.
 */
static void find_program(char *args, char out[KT_SCRIPT_BYTES])
{
	char *save = NULL;
	char *word = strtok_r(args, blanks, &save);

	while (word && (word[0] == '-' || strchr(word, '=')))
		word = strtok_r(NULL, blanks, &save);
	snprintf(out, KT_SCRIPT_BYTES, "%s", word ? word : "");
}

bool kt_script_parse(const char *text, size_t len, struct kt_script *out)
{
	char line[KT_SCRIPT_BYTES + 1];
	char *interp, *args;

	if (len > KT_SCRIPT_BYTES)
		len = KT_SCRIPT_BYTES;
	if (len < 2 || memcmp(text, "#!", 2))
		return false;
	memcpy(line, text + 2, len - 2);
	line[len - 2] = '\0';
	line[strcspn(line, "\n")] = '\0';
	interp = line + strspn(line, blanks);
	args = interp + strcspn(interp, blanks);
	if (*args)
		*args++ = '\0';
	if (!*interp)
		return false;
	snprintf(out->interp, sizeof(out->interp), "%s", interp);
	out->program[0] = '\0';
	if (!strcmp(kt_path_base(interp), "env"))
		find_program(args, out->program);
	return true;
}

enum kt_status kt_script_read(const char *path, bool *is_script,
			      struct kt_script *out, struct kt_error *err)
{
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char head[KT_SCRIPT_BYTES];
	ssize_t n;

	n = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return kt_fail_errno(err, "cannot read \"%s\"", path);
	*is_script = kt_script_parse(head, (size_t)n, out);
	return KT_OK;
}

/* As init sets PATH: what is included, then the directories of busybox. */
static bool on_path(const struct kt_includes *includes, const char *program,
		    kt_guest_has_fn *has, void *ctx)
{
	static const char *const dirs[] = { "bin", "sbin", "usr/bin",
					    "usr/sbin" };
	bool found = false;

	for (size_t i = 0; !found && i < includes->nr; i++)
		found = (includes->v[i].mode & 0111) &&
			!strcmp(kt_path_base(includes->v[i].guest), program);
	for (size_t i = 0; !found && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		char *path KT_CLEANUP(kt_freep) =
			kt_path_join(dirs[i], program);

		found = has(ctx, path);
	}
	return found;
}

static void check(const struct kt_includes *includes,
		  const struct kt_include *inc, const struct kt_script *script,
		  kt_guest_has_fn *has, kt_script_lacks_fn *lacks, void *ctx)
{
	const char *program = script->program;

	if (script->interp[0] != '/' || !has(ctx, script->interp + 1))
		lacks(ctx, inc, script->interp, NULL);
	if (program[0] == '/' && !has(ctx, program + 1))
		lacks(ctx, inc, program, NULL);
	else if (program[0] && program[0] != '/' &&
		 !on_path(includes, program, has, ctx))
		lacks(ctx, inc, script->interp, program);
}

enum kt_status kt_scripts_check(const struct kt_includes *includes,
				kt_guest_has_fn *has, kt_script_lacks_fn *lacks,
				void *ctx, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < includes->nr; i++) {
		const struct kt_include *inc = &includes->v[i];
		struct kt_script script;
		bool is_script = false;

		if (!(inc->mode & 0111))
			continue;
		st = kt_script_read(inc->host, &is_script, &script, err);
		if (!st && is_script)
			check(includes, inc, &script, has, lacks, ctx);
	}
	return st;
}
