// SPDX-License-Identifier: GPL-2.0-only
/* cargo-build - a package's program, built by cargo */
#include "lib/cargo-build.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "lib/spawn.h"
#include "lib/xalloc.h"

const char **kt_cargo_build_argv(const char *cargo, const char *package,
				 bool release)
{
	const char **argv = kt_xcalloc(7, sizeof(*argv));
	size_t nr = 0;

	argv[nr++] = cargo;
	argv[nr++] = "build";
	argv[nr++] = "-p";
	argv[nr++] = package;
	if (release)
		argv[nr++] = "--release";
	/* What the compiler says is shown as it would be without. */
	argv[nr++] = "--message-format=json-render-diagnostics";
	return argv;
}

static bool has_word(const struct kt_record *rec, const char *key,
		     const char *word)
{
	struct kt_error ignored;
	const char **words;
	bool found = false;

	if (kt_record_strv(rec, key, &words, &ignored))
		return false;
	for (size_t i = 0; words[i]; i++)
		found |= !strcmp(words[i], word);
	free(words);
	return found;
}

static bool is_program(const struct kt_record *rec)
{
	struct kt_record *target KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *profile KT_CLEANUP(kt_record_freep) = NULL;
	const char *reason = kt_record_text(rec, "reason");
	struct kt_error ignored;

	if (!reason || strcmp(reason, "compiler-artifact") != 0 ||
	    kt_record_object(rec, "target", &target, &ignored) ||
	    kt_record_object(rec, "profile", &profile, &ignored))
		return false;
	return has_word(target, "kind", "bin") &&
	       !kt_record_flag(profile, "test");
}

/* The first file of the program that a line tells of, or NULL. */
static char *program_of(const char *line, size_t len)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error ignored;
	const char **files;
	char *path = NULL;

	if (kt_record_parse_object(line, len, &rec, &ignored) ||
	    !is_program(rec) ||
	    kt_record_strv(rec, "filenames", &files, &ignored))
		return NULL;
	if (files[0])
		path = kt_xstrdup(files[0]);
	free(files);
	return path;
}

enum kt_status kt_cargo_program(const char *text, size_t len,
				const char *package, char **out,
				struct kt_error *err)
{
	for (size_t at = 0; at < len;) {
		const char *lf = memchr(text + at, '\n', len - at);
		const size_t part = lf ? (size_t)(lf - (text + at)) : len - at;
		char *path = program_of(text + at, part);

		if (path) {
			*out = path;
			return KT_OK;
		}
		at += part + 1;
	}
	return kt_fail(err, KT_FAIL, "package \"%s\" has no program", package);
}

enum kt_status kt_cargo_build(const char *cargo, const char *package,
			      bool release, char **out, struct kt_error *err)
{
	const char **argv = kt_cargo_build_argv(cargo, package, release);
	const struct kt_spawn how = {
		.argv = argv,
		.in = KT_SPAWN_NULL,
		.err = KT_SPAWN_INHERIT,
		.group = false,
	};
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int status = 0;
	enum kt_status st = kt_spawn_capture(&how, false, KT_CARGO_MAX_BYTES, 0,
					     &text, &status, err);
	const bool absent = st == KT_SYS && errno == ENOENT;

	free(argv);
	if (absent)
		return kt_hint(err, kt_fail(err, KT_SKIP, "no cargo on PATH"),
			       "see https://rustup.rs, or apt install cargo");
	if (st)
		return st;
	if (kt_spawn_exit_status(status))
		return kt_fail(err, KT_FAIL, "cargo build has failed");
	return kt_cargo_program(text.data ? text.data : "", text.len, package,
				out, err);
}
