/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/include-files.h - what --include-files names, file by file
 *
 * An argument is explicit if it is more than one component or is one of "/",
 * "." and "..": it must be there. Any other is a bare name: the entry of that
 * name in the current directory, else the first executable file of that name
 * on PATH. A file becomes include-files/NAME in the guest; of a directory,
 * every regular file below it becomes include-files/NAME/..., links followed.
 *
 * A file that is named itself, with a name that ends in ".ko" or ".ko.xz" and
 * the like, is a kernel module that the guest is to load; in a directory it is
 * a file.
 */
#ifndef KT_INCLUDE_FILES_H
#define KT_INCLUDE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"

#define KT_INCLUDE_MAX_DEPTH 64	    /* directories in one another */
#define KT_INCLUDE_MAX_FILES 200000 /* in all */

struct kt_include {
	char *guest;   /* "include-files/NAME", no leading slash */
	char *host;    /* where it is read from */
	mode_t mode;   /* permissions, without setuid and setgid */
	size_t module; /* its turn among kernel modules, from 1; 0: it is none */
};

/* { 0 } is empty. v is sorted by guest path after kt_includes_finish(). */
struct kt_includes {
	struct kt_include *v;
	size_t nr, nr_modules;
};

/*
 * Add what @arg names; @path is PATH, or NULL. *empty, if not NULL, says that
 * @arg is a directory with no file in it, of which a person should be told.
 * KT_FAIL if there is no such thing, or a walk fails: @arg is named; KT_USAGE
 * for an argument that has no name in the guest ("..") or is neither file nor
 * directory.
 */
enum kt_status kt_includes_add(struct kt_includes *list, const char *arg,
			       const char *path, bool *empty,
			       struct kt_error *err) KT_MUST_CHECK;

/* Sort; KT_USAGE, naming both files, if two want the same place. */
enum kt_status kt_includes_finish(struct kt_includes *list,
				  struct kt_error *err) KT_MUST_CHECK;

/* What is at @guest of finished @list, or NULL. */
const struct kt_include *kt_includes_find(const struct kt_includes *list,
					  const char *guest);

void kt_includes_release(struct kt_includes *list);

#endif
