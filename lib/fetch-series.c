// SPDX-License-Identifier: GPL-2.0-only
/* fetch-series - which kernel is meant by less than a version */
#include "lib/fetch-series.h"

#include <string.h>

#include "lib/key.h"
#include "lib/xalloc.h"

/* The longest series so far had 337 patches. */
#define PROBE_MAX_PATCH 1023

enum kt_status kt_fetch_tarball_key(const struct kt_fetch *how,
				    const char *version, char **key,
				    struct kt_error *err)
{
	const struct kt_key_parts parts = {
		.source = KT_SOURCE_TARBALL,
		.arch = kt_arch(),
		.version = version,
		.kconfig_crc32 = how->kconfig_crc32,
	};

	return kt_key_make(&parts, key, err);
}

/*
 * The highest patch level of a series that servers have, when they list
 * nothing: double it until there is none, then halve the gap. A series has no
 * holes where nobody has cleared it out.
 */
static enum kt_status probe_series(struct kt_net *net,
				   const struct kt_series *series,
				   struct kt_version *out, bool *found,
				   struct kt_error *err)
{
	struct kt_version v = { .major = series->major,
				.minor = series->minor };
	unsigned int low = 0, high = 1;
	enum kt_status st = kt_net_probe(net, &v, found, err);
	bool there = true;

	while (!st && *found && there && high <= PROBE_MAX_PATCH) {
		v.patch = high;
		st = kt_net_probe(net, &v, &there, err);
		if (!st && there)
			low = high;
		if (!st && there)
			high *= 2;
	}
	while (!st && *found && high - low > 1) {
		v.patch = low + (high - low) / 2;
		st = kt_net_probe(net, &v, &there, err);
		if (there)
			low = v.patch;
		else
			high = v.patch;
	}
	v.patch = low;
	v.has_patch = low > 0;
	if (!st && *found)
		*out = v;
	return st;
}

/* A series that releases.json no longer has, or that could not be asked for. */
static enum kt_status find_old(struct kt_net *net,
			       const struct kt_series *series,
			       struct kt_version *out, bool *found,
			       struct kt_error *err)
{
	char sha256[KT_SHA256_SIZE];
	struct kt_error why = { 0 };
	struct kt_version v;
	enum kt_status st;

	*found = false;
	if (series->any_minor)
		return KT_OK;
	st = kt_net_sums(net, series->major, NULL, sha256, found, &why);
	if (st == KT_DATA) {
		*err = why;
		return st;
	}
	if (st)
		return probe_series(net, series, out, found, err);
	*found = kt_net_sums_newest(net, series, &v);
	if (*found)
		*out = v;
	return KT_OK;
}

void kt_fetch_hint_newest(struct kt_net *net, struct kt_error *err)
{
	char text[KT_VERSION_SIZE];
	struct kt_version v;

	if (!net->releases || !kt_releases_newest(net->releases, &v))
		return;
	kt_version_format(&v, text);
	kt_error_hint(err,
		      "the newest kernel with a patch level of %d or more "
		      "is %s",
		      KT_RELEASES_MIN_PATCH, text);
}

static enum kt_status resolve_series(struct kt_net *net, const char *text,
				     const struct kt_series *series,
				     struct kt_version *out,
				     struct kt_error *err)
{
	struct kt_error why = { 0 };
	enum kt_status st = kt_net_releases(net, &why), old;
	struct kt_version v;
	bool found;

	if (!st && kt_releases_of_series(net->releases, series, &v)) {
		*out = v;
		return KT_OK;
	}
	old = find_old(net, series, out, &found, err);
	if (!old && found)
		return KT_OK;
	if (st) {
		*err = why;
		return st;
	}
	if (old)
		return old;
	st = kt_fail(err, KT_FAIL, "there is no release \"%s\" or \"%s.x\"",
		     text, text);
	kt_fetch_hint_newest(net, err);
	return st;
}

enum kt_status kt_fetch_resolve(struct kt_net *net, const char *text,
				const struct kt_series *series,
				struct kt_version *out, struct kt_error *err)
{
	struct kt_version v;
	enum kt_status st = kt_net_open(net, err);

	if (st)
		return st;
	if (text)
		return resolve_series(net, text, series, out, err);
	st = kt_net_releases(net, err);
	if (st)
		return st;
	if (!kt_releases_newest(net->releases, &v))
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "releases.json has no stable release "
				       "with a patch level of %d or more",
				       KT_RELEASES_MIN_PATCH),
			       "name a version");
	*out = v;
	return KT_OK;
}

/* Is cache entry @rec a release of @series (NULL: any) as good as @wanted? */
static bool stands_in(struct kt_net *net, const struct kt_record *rec,
		      const struct kt_series *series, struct kt_version *out)
{
	const char *version = kt_record_text(rec, "version");
	const char *key = kt_record_text(rec, "key");
	char *want KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;

	return version && key && kt_version_parse(version, out) && !out->rc &&
	       (!series ||
		(out->major == series->major &&
		 (series->any_minor || out->minor == series->minor))) &&
	       !kt_fetch_tarball_key(net->how, version, &want, &ignored) &&
	       !strcmp(key, want) && kt_cache_fresh(rec) &&
	       kt_cache_verified(rec, kt_net_wanted(net, out));
}

enum kt_status kt_fetch_offline(struct kt_net *net,
				const struct kt_series *series,
				struct kt_record **out, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record **recs = NULL;
	struct kt_version v, best = { 0 };
	size_t nr = 0, pick = 0;
	enum kt_status st;
	bool any = false;

	if (net->how->force)
		return KT_OK;
	st = kt_fetch_cache(net->how, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &recs, &nr, err);
	if (st)
		return st;
	for (size_t i = 0; i < nr; i++) {
		if (!stands_in(net, recs[i], series, &v) ||
		    (any && kt_version_compare(&v, &best) <= 0))
			continue;
		any = true;
		best = v;
		pick = i;
	}
	if (any) {
		net->how->note("no server can be asked for a newer one than "
			       "the cache has");
		kt_fetch_say_cached(net->how,
				    kt_record_text(recs[pick], "key"));
		*out = kt_record_copy(recs[pick]);
	}
	kt_cache_list_free(recs, nr);
	return KT_OK;
}
