/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/git-text.h - what git(1) is told, and what it writes
 *
 * Names of refs, ids of commits and URLs, as a person or a server gives them;
 * and what git writes about them, which is read and not believed. Nothing here
 * runs git.
 */
#ifndef KT_GIT_TEXT_H
#define KT_GIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KT_GIT_MIN_ABBREV 7 /* digits of an id that may stand for it */

/* May @ref be the name of a ref (git-check-ref-format(1)) or a commit id? */
bool kt_git_ref_valid(const char *ref);

/* Is @s a whole commit id, of SHA-1 or SHA-256? */
bool kt_git_is_id(const char *s);

/* Can @s be one, whole or the first KT_GIT_MIN_ABBREV digits of it or more? */
bool kt_git_is_abbrev(const char *s);

/* @url without the password in it, for eyes and records. Caller owns it. */
char *kt_git_url_shown(const char *url);

/*
 * Find @ref in @text, what "git ls-remote" writes. @name is its full name,
 * "refs/tags/v6.14", and @hash the commit, for an annotated tag the one it
 * tags; both owned by the caller. A tag goes before a branch of that name, as
 * in git itself. False if it is not there.
 */
bool kt_git_find_ref(const char *text, const char *ref, char **name,
		     char **hash);

/*
 * The one commit in @text that @abbrev begins the id of, owned by the caller;
 * NULL if there is none or more than one.
 */
char *kt_git_find_commit(const char *text, const char *abbrev);

/*
 * How many bytes have come, by the last of what "git fetch --progress" has
 * written; false if it does not say.
 */
bool kt_git_progress(const char *text, size_t len, uint64_t *bytes);

/*
 * The line of git's complaints in @text that says why it failed, without what
 * it begins with; the first line if none does. Caller owns it.
 */
char *kt_git_reason(const char *text);

#endif
