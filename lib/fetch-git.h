/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/fetch-git.h - a kernel's source that is a commit of a git repository */
#ifndef KT_FETCH_GIT_H
#define KT_FETCH_GIT_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/fetch.h"
#include "lib/record.h"

/*
 * @ref of the repository at @url: a branch, a tag, or a commit by its id, whole
 * or at least KT_GIT_MIN_ABBREV digits of it. The repository is asked what @ref
 * is first, so that an entry of the cache costs no clone; a whole id is not
 * even asked for. Else that one commit is checked out in a directory of its
 * own. *out is the caller's.
 *
 * A server need not give away a commit that no branch or tag is at, and cannot
 * look up a part of an id: then its branches are fetched, deeper and deeper up
 * to KT_GIT_MAX_DEPTH, until the commit is among what has come.
 *
 * KT_USAGE: @url or @ref cannot be one. KT_FAIL: the repository refuses, or has
 * no such commit, or told to stop. KT_AGAIN: the network did. KT_SKIP: there is
 * no git. KT_DATA: what was checked out is no kernel. Nothing is left behind.
 */
enum kt_status kt_fetch_git(const struct kt_fetch *how, const char *url,
			    const char *ref, struct kt_record **out,
			    struct kt_error *err) KT_MUST_CHECK;

#define KT_GIT_MIN_ABBREV 7
#define KT_GIT_MAX_DEPTH 10000 /* commits below each branch */

/*
 * What follows is shared with its tests.
 */

/* May @ref be the name of a ref (git-check-ref-format(1)) or a commit id? */
bool kt_git_ref_valid(const char *ref);

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

#endif
