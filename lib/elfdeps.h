/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfdeps.h - the shared libraries a program needs, found as its loader would
 *
 * The closure over DT_NEEDED, each name looked for in the order of the loader
 * that the program names, glibc's or musl's (lib/elfdeps-search.h), and where
 * ld.so.conf says. A file of another ELF class or machine is passed over, as
 * the loader does. Within one program a name that was found, or with glibc is
 * the DT_SONAME of what was found, is not looked for again. What is opened with
 * dlopen(3) is found as far as a note says so (lib/dlopen-note.h), after all
 * that is needed.
 *
 * A program is elsewhere in the guest, and what it finds by its $ORIGIN goes
 * where that leads there: LD_LIBRARY_PATH would be for all programs. What else
 * is found keeps its path, but for a directory below /dev, /proc or /sys, which
 * the guest mounts over. The guest has no ld.so.cache and no ld.so.conf, so
 * what was found through them, or through LD_LIBRARY_PATH, needs its directory
 * named there. The file in which musl's loader has its directories is among
 * what is found.
 */
#ifndef KT_ELFDEPS_H
#define KT_ELFDEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "lib/include-files.h"

#define KT_ELFDEPS_MAX_OBJECTS 4096		/* in one closure */
#define KT_ELFDEPS_MAX_CACHE ((size_t)64 << 20) /* bytes of ld.so.cache */
#define KT_ELFDEPS_MAX_CONF ((size_t)1 << 20)	/* bytes of an ld.so.conf */
#define KT_ELFDEPS_MAX_DEPTH 8			/* includes in ld.so.conf */

/* In front of directories of libraries that the guest would mount over. */
#define KT_ELFDEPS_MOVED "/lib/ktstr"

struct kt_elfdeps;

/* Where to look; all may be NULL, which is nothing. Borrowed while used. */
struct kt_elfdeps_places {
	const char *library_path; /* LD_LIBRARY_PATH */
	const char *cache;	  /* "/etc/ld.so.cache" */
	const char *conf;	  /* "/etc/ld.so.conf" */
};

/* Where this machine's loader looks, with LD_LIBRARY_PATH @library_path. */
struct kt_elfdeps_places kt_elfdeps_here(const char *library_path);

/* A file that must be in the guest. */
struct kt_elfdep {
	char *path; /* there, absolute, as the loader will ask for it */
	char *real; /* on this machine, without symbolic links; may equal path */
	bool alone; /* at path alone: the guest mounts over real */
};

/* Never NULL; the caller frees it. */
struct kt_elfdeps *kt_elfdeps_new(const struct kt_elfdeps_places *places);
void kt_elfdeps_freep(struct kt_elfdeps **deps);

/*
 * Add what the file at @path, which is to be absolute @guest in the guest,
 * needs: its interpreter and libraries, and theirs. KT_OK for a file that is no
 * ELF program, is static, or cannot be parsed: it needs nothing that we could
 * find. KT_FAIL if something is not on this machine, naming it and who needs
 * it, or is in a directory that a loader cannot be told of, or is called by a
 * path that the guest mounts over; KT_SYS if @path cannot be read.
 */
enum kt_status kt_elfdeps_add(struct kt_elfdeps *deps, const char *path,
			      const char *guest,
			      struct kt_error *err) KT_MUST_CHECK;

/* The same for all of @list, which is finished. */
enum kt_status kt_elfdeps_add_all(struct kt_elfdeps *deps,
				  const struct kt_includes *list,
				  struct kt_error *err) KT_MUST_CHECK;

/* Everything found so far, sorted by path. Borrowed. */
size_t kt_elfdeps_count(struct kt_elfdeps *deps);
const struct kt_elfdep *kt_elfdeps_get(struct kt_elfdeps *deps, size_t i);

/*
 * The directories that the guest's loader would not look into by itself, in
 * the order they were met; ends in NULL. Borrowed.
 */
const char *const *kt_elfdeps_dirs(const struct kt_elfdeps *deps);

/* The file of this machine that will be @path in the guest, or NULL. */
typedef const char *kt_elfdeps_at_fn(void *ctx, const char *path);

/*
 * Does each program get in the guest what it gets here? KT_FAIL, and which does
 * not, if a loader would find a library of another program first.
 */
enum kt_status kt_elfdeps_check(const struct kt_elfdeps *deps,
				kt_elfdeps_at_fn *at, void *ctx,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * What programs would open if it were on this machine, and do without: the
 * name, and who would, a line each; ends in NULL. Borrowed.
 */
const char *const *kt_elfdeps_missing(const struct kt_elfdeps *deps);

#endif
