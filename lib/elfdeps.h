/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfdeps.h - the shared libraries a program needs, found as its loader would
 *
 * The closure over DT_NEEDED, each name looked for in the order of the loader
 * that the program names, glibc's or musl's (lib/elfdeps-search.h), and where
 * ld.so.conf says. A file of another ELF class or machine is passed over, as
 * the loader does. Within one program a name that was found, or with glibc is the
 * DT_SONAME of what was found, is not looked for again. What is opened with dlopen(3) is found as far as a note says so
 * (lib/dlopen-note.h), after all that is needed.
 *
 * The guest has no ld.so.cache and no ld.so.conf, so what was found through
 * them, or through LD_LIBRARY_PATH, needs its directory named there. The file
 * in which musl's loader has its directories is among what is found.
 */
#ifndef KT_ELFDEPS_H
#define KT_ELFDEPS_H

#include <stddef.h>

#include "lib/error.h"

#define KT_ELFDEPS_MAX_OBJECTS 4096		/* in one closure */
#define KT_ELFDEPS_MAX_CACHE ((size_t)64 << 20) /* bytes of ld.so.cache */
#define KT_ELFDEPS_MAX_CONF ((size_t)1 << 20)	/* bytes of an ld.so.conf */
#define KT_ELFDEPS_MAX_DEPTH 8			/* includes in ld.so.conf */

struct kt_elfdeps;

/* Where to look; all may be NULL, which is nothing. Borrowed while used. */
struct kt_elfdeps_places {
	const char *library_path; /* LD_LIBRARY_PATH */
	const char *cache;	  /* "/etc/ld.so.cache" */
	const char *conf;	  /* "/etc/ld.so.conf" */
};

/* Where this machine's loader looks, with LD_LIBRARY_PATH @library_path. */
struct kt_elfdeps_places kt_elfdeps_here(const char *library_path);

/* A file that must be there: where it was found, and what that really is. */
struct kt_elfdep {
	char *path; /* absolute, as the loader will ask for it */
	char *real; /* without symbolic links; may equal path */
};

/* Never NULL; the caller frees it. */
struct kt_elfdeps *kt_elfdeps_new(const struct kt_elfdeps_places *places);
void kt_elfdeps_freep(struct kt_elfdeps **deps);

/*
 * Add what the file at @path needs: its interpreter and libraries, and theirs.
 * KT_OK for a file that is no ELF program, is static, or cannot be parsed: it
 * needs nothing that we could find. KT_FAIL if something is not on this
 * machine, naming it and who needs it, or is in a directory that a loader
 * cannot be told of; KT_SYS if @path cannot be read.
 */
enum kt_status kt_elfdeps_add(struct kt_elfdeps *deps, const char *path,
			      struct kt_error *err) KT_MUST_CHECK;

/* Everything found so far, sorted by path, each path once. Borrowed. */
size_t kt_elfdeps_count(struct kt_elfdeps *deps);
const struct kt_elfdep *kt_elfdeps_get(struct kt_elfdeps *deps, size_t i);

/*
 * The directories that the guest's loader would not look into by itself, in
 * the order they were met; ends in NULL. Borrowed.
 */
const char *const *kt_elfdeps_dirs(const struct kt_elfdeps *deps);

/*
 * What programs would open if it were on this machine, and do without: the
 * name, and who would, a line each; ends in NULL. Borrowed.
 */
const char *const *kt_elfdeps_missing(const struct kt_elfdeps *deps);

#endif
