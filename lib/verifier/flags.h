/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/verifier/flags.h - a scheduler's flags, and the profiles they make
 *
 * "SCHED --ktstr-list-flags" answers with a JSON array, in the order of their
 * declaration:
 *
 *	[{"name":"llc","args":["--llc-aware"],"requires":[]},
 *	 {"name":"steal","args":["--steal","--burst=4"],"requires":["llc"]}]
 *
 * A profile is a set of flags with all that they require; as a number, bit i is
 * flag i. Its name is that of its flags in that order, with "+" between;
 * "default" if there are none. Its arguments are theirs.
 */
#ifndef KT_VERIFIER_FLAGS_H
#define KT_VERIFIER_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/error.h"

#define KT_FLAGS_MAX 64
#define KT_FLAGS_MAX_ARGS 256			  /* of one flag */
#define KT_FLAGS_MAX_NAME 64			  /* bytes */
#define KT_FLAGS_MAX_BYTES ((size_t)1 << 20)	  /* of the whole list */
#define KT_PROFILES_MAX_COUNT (UINT64_C(1) << 22) /* counted no further */

struct kt_flag {
	char *name;
	char **args;	/* ends in NULL */
	uint64_t needs; /* with all that those require; and itself */
	char *unknown;	/* one it requires that is not there, so it cannot be
			   had; else NULL */
};

/* { 0 } is a scheduler without flags. */
struct kt_flags {
	size_t nr;
	struct kt_flag flag[KT_FLAGS_MAX];
};

/* Does this begin like a list, or is it something else a program prints? */
bool kt_flags_is_list(const char *text, size_t len);

/*
 * KT_OK: *out is filled, and to be released. KT_DATA: not such a list, or above
 * the limits; or a name twice, or one that no profile could be spelt with.
 */
enum kt_status kt_flags_parse(const char *text, size_t len,
			      struct kt_flags *out,
			      struct kt_error *err) KT_MUST_CHECK;
void kt_flags_release(struct kt_flags *f);

/* Ascending. */
struct kt_profiles {
	size_t nr;
	uint64_t *v;
};

void kt_profiles_release(struct kt_profiles *p);

/* How many there are, at most KT_PROFILES_MAX_COUNT. */
uint64_t kt_profiles_count(const struct kt_flags *f);

/* All of them. KT_FAIL if they are not less than KT_PROFILES_MAX_COUNT. */
enum kt_status kt_profiles_all(const struct kt_flags *f,
			       struct kt_profiles *out,
			       struct kt_error *err) KT_MUST_CHECK;

/*
 * Those that @list names, with commas between, the flags of each in any order.
 * KT_USAGE for a flag that is not there, or stands twice, or lacks another.
 */
enum kt_status kt_profiles_parse(const struct kt_flags *f, const char *list,
				 struct kt_profiles *out,
				 struct kt_error *err) KT_MUST_CHECK;

/* Keep part @k, from 1, of @n: every @n-th, so that the parts cost alike. */
void kt_profiles_shard(struct kt_profiles *p, uint64_t k, uint64_t n);

/* KT_FAIL if they are more than @max. */
enum kt_status kt_profiles_limit(const struct kt_profiles *p, uint64_t max,
				 struct kt_error *err) KT_MUST_CHECK;

/* The caller owns the name. */
char *kt_profile_name(const struct kt_flags *f, uint64_t profile);

/*
 * @program, @args (which end in NULL; may be NULL) and the profile's arguments,
 * ended by NULL: the vector is the caller's, the words are borrowed.
 */
const char **kt_profile_argv(const struct kt_flags *f, uint64_t profile,
			     const char *program, const char *const *args);

#endif
