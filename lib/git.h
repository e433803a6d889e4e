/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/git.h - git(1), run so that it asks nothing and starts nothing
 *
 * It does all that is done with repositories: it knows the protocols, and the
 * user's ways to log in. What it says is captured, and in English.
 */
#ifndef KT_GIT_H
#define KT_GIT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_GIT_MAX_ARGS 24 /* words of a command, ours before it included */
#define KT_GIT_MAX_OUTPUT ((size_t)64 << 20) /* of all refs, or all files */

struct kt_git {
	const char *const *env; /* of kt_git_env(); borrowed */

	/* Told what git has said so far, each time; may be NULL. */
	void (*heard)(const struct kt_buf *out, void *ctx);
	void *ctx;

	struct kt_buf out; /* what the last command said; owned */
};

/* Free what @git owns. Serves as KT_CLEANUP(). */
void kt_git_release(struct kt_git *git);

/* Is there a git on the PATH of @env? */
bool kt_git_installed(const char *const *env);

/*
 * @base, our environment, for git: without GIT_* and a language, and so that it
 * writes nothing for a mere look. @more, "NAME=VALUE" ended by NULL, is set
 * besides; it may be NULL. The caller owns the result (kt_env_freep()).
 */
char **kt_git_env(const char *const *base, const char *const *more);

/*
 * Run git with @args, a vector that ends in NULL, in directory @dir (NULL: this
 * one). Its answer, with @merge also its complaints, is in git->out and ends in
 * a NUL; *status is its exit status. The rest as kt_spawn_capture().
 */
enum kt_status kt_git_run(struct kt_git *git, const char *dir,
			  const char *const *args, bool merge,
			  uint64_t timeout_ns, int *status,
			  struct kt_error *err) KT_MUST_CHECK;

/* The first line of the last answer, until the next. Borrowed; cuts git->out. */
const char *kt_git_line(struct kt_git *git);

#endif
