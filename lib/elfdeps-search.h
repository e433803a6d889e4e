/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfdeps-search.h - where a loader looks for a library, in its order
 *
 * glibc (ld.so(8)): DT_RPATH of the object that asks and of those that loaded
 * it (only if the object that asks has no DT_RUNPATH), LD_LIBRARY_PATH,
 * DT_RUNPATH, ld.so.cache, its defaults.
 *
 * musl (ldso/dynlink.c, load_library()): LD_LIBRARY_PATH, DT_RUNPATH or else
 * DT_RPATH of the object that asks and of those that loaded it, then
 * /etc/ld-musl-ARCH.path or else /lib:/usr/local/lib:/usr/lib.
 */
#ifndef KT_ELFDEPS_SEARCH_H
#define KT_ELFDEPS_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/elfobj.h"

#define KT_ELFSEARCH_MAX_MUSL_PATH ((size_t)64 << 10) /* bytes of that file */

/* A file of a program's closure. */
struct kt_elfobject {
	struct kt_elfobj elf;
	char *path;    /* as it was found */
	char *origin;  /* what $ORIGIN stands for */
	char *guest;   /* and in the guest */
	size_t loader; /* the object that asked for it; itself for the first */
};

/* All borrowed while a search goes on. */
struct kt_elfsearch {
	const struct kt_elfobject *objects; /* the first is the program */
	const char *library_path;	    /* LD_LIBRARY_PATH, or NULL */
	const char *cache;		    /* of ld.so.cache, or NULL */
	size_t cache_len;
	char *const *conf_dirs; /* of ld.so.conf; ends in NULL */
	char *const *defaults;	/* the loader's own; ends in NULL, or is that */
	bool musl;
};

/* Where a library is looked for, here and by the guest's loader; borrowed. */
struct kt_elfdir {
	const char *here;  /* anything an object can say */
	const char *guest; /* without dots; NULL: one that is not told of */
	bool first;	   /* before LD_LIBRARY_PATH */
};

/* Is it there? */
typedef bool kt_elfdir_fn(void *ctx, const struct kt_elfdir *dir);

/*
 * Call @fn for each directory where @soname, a name without a slash that
 * objects[@asker] needs, is looked for, until it yields true; was there one?
 */
bool kt_elfsearch_dirs(const struct kt_elfsearch *s, size_t asker,
		       const char *soname, kt_elfdir_fn *fn, void *ctx);

/* Is @interp musl's loader? */
bool kt_elf_is_musl(const char *interp);

/* Is @soname one that musl's loader answers to itself, as "libc.so"? */
bool kt_elf_is_in_musl(const char *soname);

/*
 * The file in which musl's loader @interp finds its directories; the caller
 * owns it. It need not be there.
 */
char *kt_elf_musl_path_file(const char *interp);

/*
 * What a loader looks into when nobody says where, as far as @interp tells;
 * NULL is that of programs for @machine. The caller frees each and the vector,
 * which ends in NULL.
 */
char **kt_elf_defaults(const char *interp, unsigned int machine);

#endif
