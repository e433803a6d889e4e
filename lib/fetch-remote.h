/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/fetch-remote.h - entries of a cache that others have filled
 *
 * A remote cache is a directory on a web server, or in what speaks as one (S3),
 * that holds KEY.tar.zst files, as lib/entry-archive.h writes them. Whom it
 * belongs to is the user's to know: what it says of a kernel is believed.
 */
#ifndef KT_FETCH_REMOTE_H
#define KT_FETCH_REMOTE_H

#include "lib/cache.h"
#include "lib/error.h"
#include "lib/fetch.h"
#include "lib/record.h"

#define KT_REMOTE_MAX_BYTES ((uint64_t)4 << 30) /* of an entry's archive */

/*
 * Fetch the entry that is fresh and as @want says from the first of
 * how->remotes that has its key into @cache: *out is its record, the caller's, or
 * untouched if there is none, or none that is good: then it is said why.
 * KT_USAGE: how->remotes is malformed. KT_FAIL: told to stop. KT_SYS: the build
 * directory cannot be made.
 */
enum kt_status kt_fetch_remote(const struct kt_fetch *how,
			       struct kt_cache *cache,
			       const struct kt_fetch_want *want,
			       struct kt_record **out,
			       struct kt_error *err) KT_MUST_CHECK;

#endif
