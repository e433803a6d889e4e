/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/workdir.h - source trees that nobody keeps
 *
 * A tree that was unpacked to be built stands in a directory of its own below
 * the build directory (lib/dirs.h), "NAME.ktstr-tmp.XXXXXX", and is handed on
 * from tool to tool by its path. The build directory may be one that the user
 * has other things in: nothing is removed there but what has such a name, which
 * nobody chooses. Whoever works in a tree holds a lock on the directory itself
 * (lib/lock.h): so nothing is left of the lock when the tree is gone, and one
 * and the same lock keeps builds in users' trees apart.
 */
#ifndef KT_WORKDIR_H
#define KT_WORKDIR_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "lib/error.h"

#define KT_WORKDIR_LOG ".ktstr.log"	  /* ends the name of a build's log */
#define KT_WORKDIR_MAX_AGE_S (24L * 3600) /* of what nobody holds */
#define KT_WORKDIR_MAX_LOG_AGE_S (7 * KT_WORKDIR_MAX_AGE_S)

/*
 * KT_SYS unless the @need bytes that @what needs ("a kernel build") are free in
 * the file system of @base.
 */
enum kt_status kt_workdir_space(const char *base, const char *what,
				uint64_t need,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * A new, empty, private directory *path below the canonical @base, locked by
 * the open *fd. Both are the caller's.
 */
enum kt_status kt_workdir_new(const char *base, const char *name, char **path,
			      int *fd, struct kt_error *err) KT_MUST_CHECK;

/* The same without a lock, for what is gone again long before it is swept. */
enum kt_status kt_workdir_make(const char *base, const char *name, char **path,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Rename *path, which kt_workdir_new() has made, to a "NAME.XXXXXX" that no
 * sweep takes for its own. The lock stays.
 */
enum kt_status kt_workdir_keep(char **path, struct kt_error *err) KT_MUST_CHECK;

/*
 * Is @path, as it is written, a directory that kt_workdir_new() can have made
 * below canonical @base? Paths arrive in records, and nothing but such a
 * directory may be removed because a record says it is temporary.
 */
bool kt_workdir_is(const char *base, const char *path);

/* Remove @path and all in it; KT_DATA, and nothing done, unless it is one. */
enum kt_status kt_workdir_remove(const char *base, const char *path,
				 struct kt_error *err) KT_MUST_CHECK;

/*
 * Remove what was left behind below @base by tools that were killed: trees
 * older than KT_WORKDIR_MAX_AGE_S that nobody holds a lock on, and logs of
 * builds older than KT_WORKDIR_MAX_LOG_AGE_S. Returns how many; what cannot be
 * removed stays.
 */
unsigned int kt_workdir_sweep(const char *base, time_t now);

#endif
