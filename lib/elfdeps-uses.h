/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/elfdeps-uses.h - does a program get the same library in the guest?
 *
 * Where several programs are packed, one's library may be where another's
 * loader looks first: in LD_LIBRARY_PATH, which is one for all of them, or in a
 * directory that does not have that name on this machine.
 */
#ifndef KT_ELFDEPS_USES_H
#define KT_ELFDEPS_USES_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/elfdeps.h"
#include "lib/error.h"

/* What a program has by a name. All pointers are its own. */
struct kt_elfuse {
	char *program, *name;
	char *real; /* the file here */
	unsigned int class, machine;
	char **tries; /* paths in the guest where its loader looks before */
	size_t nr_tries, nr_first; /* the first are before LD_LIBRARY_PATH */
	bool listens; /* to LD_LIBRARY_PATH, before it has found it */
};

/* { 0 } is none. */
struct kt_elfuses {
	struct kt_elfuse *v;
	size_t nr;
};

/* The loader looks for @use in directory @dir of the guest, and goes on. */
void kt_elfuse_try(struct kt_elfuse *use, const char *dir);

/* *use goes to the end, and is { 0 } afterwards. */
void kt_elfuses_take(struct kt_elfuses *uses, struct kt_elfuse *use);

void kt_elfuse_release(struct kt_elfuse *use);
void kt_elfuses_release(struct kt_elfuses *uses);

/* kt_elfdeps_check(), with LD_LIBRARY_PATH @dirs, which ends in NULL. */
enum kt_status kt_elfuses_check(const struct kt_elfuses *uses,
				const char *const *dirs, kt_elfdeps_at_fn *at,
				void *ctx, struct kt_error *err) KT_MUST_CHECK;

#endif
