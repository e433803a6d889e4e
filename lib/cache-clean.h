/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/cache-clean.h - which entries of a cache go, and their removal
 *
 * Good entries and corrupt ones are treated apart: a corrupt one takes no place
 * among those that are kept, and goes with every clean. An entry that a later
 * Rust ktstr wrote is not ours to judge, and goes only if it is asked for. A
 * link to a good entry takes no place and no room, and goes with that entry.
 */
#ifndef KT_CACHE_CLEAN_H
#define KT_CACHE_CLEAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lib/cache.h"
#include "lib/error.h"
#include "lib/record.h"

/*
 * What may stay. Without a limit on size or age every good entry goes but the
 * newest @keep; with one, of the others only those that are too old, or that
 * the newer ones leave no room for.
 */
struct kt_clean {
	uint64_t keep;	      /* newest good entries that stay in any case */
	bool by_size, by_age; /* the next two count */
	uint64_t max_bytes;   /* of all good entries together */
	uint64_t max_age_s;   /* since built_at */
	bool corrupt_only;    /* good entries all stay */
	bool foreign;	      /* entries of a later Rust ktstr go too */
	time_t now;
};

/*
 * Of @nr entries as kt_cache_list() returns them, newest first: goes[i] is true
 * if entry i is to be removed. Returns how many are. An entry whose built_at
 * is no time has no age, and is not too old.
 */
size_t kt_clean_select(const struct kt_clean *clean,
		       struct kt_record *const *list, size_t nr, bool *goes);

/*
 * Remove the entry @listed, a record of kt_cache_list(), in whatever state it
 * is; of a link only the link. A reader finds the whole entry or none, and a
 * kill leaves what the next store sweeps. KT_OK if there is none. KT_AGAIN, and
 * nothing done, if a store under its key is running, or it is not what was
 * listed. On failure what is left stands under its key.
 */
enum kt_status kt_cache_remove(struct kt_cache *cache,
			       const struct kt_record *listed,
			       struct kt_error *err) KT_MUST_CHECK;

struct kt_cache_checked {
	unsigned int nr_files; /* whose sums are those of metadata.json */
	uint64_t bytes;	       /* in them */
	bool unsummed;	       /* a file has no sum there: it was not checked */
};

/*
 * Compare every file of entry @key with the size and sha256 that its
 * metadata.json notes. KT_DATA, and why, if one differs or the entry is
 * corrupt otherwise; KT_FAIL if there is no such entry, or when told to stop.
 */
enum kt_status kt_cache_verify(struct kt_cache *cache, const char *key,
			       struct kt_cache_checked *out,
			       struct kt_error *err) KT_MUST_CHECK;

#endif
