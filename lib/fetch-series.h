/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lib/fetch-series.h - which kernel is meant by less than a version
 *
 * By a series, "6.12" or "6", or by nothing at all. Part of lib/fetch.h.
 */
#ifndef KT_FETCH_SERIES_H
#define KT_FETCH_SERIES_H

#include "lib/error.h"
#include "lib/fetch-net.h"
#include "lib/record.h"
#include "lib/version.h"

/*
 * Ask servers which release is meant by @text, which is @series and not a
 * version; NULL is the newest stable or longterm one. releases.json is asked
 * first, then the signed sums, and where there are none one tarball after
 * another. @net is opened.
 *
 * KT_FAIL: there is none, or told to stop. KT_AGAIN: no server could be asked.
 * KT_DATA: what they say cannot be.
 */
enum kt_status kt_fetch_resolve(struct kt_net *net, const char *text,
				const struct kt_series *series,
				struct kt_version *out,
				struct kt_error *err) KT_MUST_CHECK;

/*
 * The newest release of @series (NULL: any) that the cache holds, fresh and as
 * good as what would be fetched, for when no server can be asked: *out is a
 * copy of its record, the caller's, or untouched if there is none or none is
 * wanted. That one is taken is said.
 */
enum kt_status kt_fetch_offline(struct kt_net *net,
				const struct kt_series *series,
				struct kt_record **out,
				struct kt_error *err) KT_MUST_CHECK;

/* Name the newest kernel as the hint of @err, if releases.json has been got. */
void kt_fetch_hint_newest(struct kt_net *net, struct kt_error *err);

/* The key of release @version for this machine; the caller owns it. */
enum kt_status kt_fetch_tarball_key(const struct kt_fetch *how,
				    const char *version, char **key,
				    struct kt_error *err) KT_MUST_CHECK;

#endif
