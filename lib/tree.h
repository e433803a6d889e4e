/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/tree.h - what a source directory is: a kernel's, of which version, at
 * which commit
 */
#ifndef KT_TREE_H
#define KT_TREE_H

#include <stdbool.h>

#include "lib/error.h"
#include "lib/version.h"

#define KT_TREE_MAX_MAKEFILE ((size_t)4 << 20) /* bytes */
#define KT_TREE_HASH_SIZE 65		       /* hex of sha1 or sha256, NUL */

/*
 * The version that the text of a kernel's top Makefile gives, as its first
 * lines have it: VERSION, PATCHLEVEL, SUBLEVEL, EXTRAVERSION. An EXTRAVERSION
 * of "-rcN" is a release candidate, any other is nobody's release and ignored.
 * KT_DATA if VERSION or PATCHLEVEL is not there or not a number.
 */
enum kt_status kt_tree_makefile_version(const char *text,
					struct kt_version *out,
					struct kt_error *err) KT_MUST_CHECK;

/*
 * Is the directory @path the top of a kernel source tree (Makefile with a
 * version, Kconfig, Kbuild, arch/)? KT_DATA with what is missing if not;
 * *version, if not NULL, is its version otherwise.
 */
enum kt_status kt_tree_check(const char *path, struct kt_version *version,
			     struct kt_error *err) KT_MUST_CHECK;

struct kt_tree_git {
	bool repository; /* rooted at the tree itself, not somewhere above */
	bool dirty;	 /* HEAD, index and worktree are not the same */
	char hash[KT_TREE_HASH_SIZE]; /* of HEAD; "" if nothing is committed */
	char *branch;		      /* NULL if HEAD is detached */
};

/* Free what @git owns. Serves as KT_CLEANUP(). */
void kt_tree_git_release(struct kt_tree_git *git);

/*
 * Ask git(1) about the tree at absolute path @path. @env is our environment;
 * the child gets it without GIT_*. Nothing is written, not even the index.
 * Dirty is a question of content: HEAD's tree against the index, the index
 * against the files; files that are not tracked and submodules do not count.
 *
 * KT_OK: *out is filled in. If there is a repository but no git on PATH, *no_git is
 * true and *out says that there is no repository. KT_FAIL: git refuses, because the
 * owner is somebody else (the hint has the command that lets it), or is broken.
 */
enum kt_status kt_tree_git(const char *path, const char *const *env,
			   struct kt_tree_git *out, bool *no_git,
			   struct kt_error *err) KT_MUST_CHECK;

#endif
