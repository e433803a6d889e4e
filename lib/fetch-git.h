/* SPDX-License-Identifier: GPL-2.0-only */
/* lib/fetch-git.h - a kernel's source that is a commit of a git repository */
#ifndef KT_FETCH_GIT_H
#define KT_FETCH_GIT_H

#include "lib/error.h"
#include "lib/fetch.h"
#include "lib/record.h"

/*
 * @ref of the repository at @url: a branch, a tag, or a commit by its id, whole
 * or a part of it (lib/git-text.h). The repository is asked what @ref is first,
 * so that an entry of the cache costs no clone; a whole id is not even asked
 * for. Else that one commit is checked out in a directory of its own. *out is
 * the caller's.
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

#define KT_GIT_MAX_DEPTH 10000 /* commits below each branch */

#endif
