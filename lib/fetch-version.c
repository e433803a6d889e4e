// SPDX-License-Identifier: GPL-2.0-only
/* fetch-version - a kernel's source from kernel.org, by its version */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/fetch-net.h"
#include "lib/fetch.h"
#include "lib/key.h"
#include "lib/verify.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* Kernels of today have 150 MB; this leaves room for those of tomorrow. */
#define MAX_TARBALL_BYTES ((uint64_t)1 << 30)
/* The longest series so far had 337 patches. */
#define PROBE_MAX_PATCH 1023

struct supply {
	const struct kt_fetch *how;
	struct kt_net net;
	struct kt_version version; /* once it is known */
	char text[KT_VERSION_SIZE];
	struct kt_fetch_dir dir;
	struct kt_downloaded got;
	char **urls;
};

static void supply_release(struct supply *s)
{
	kt_net_release(&s->net);
	kt_fetch_dir_drop(&s->dir);
	kt_env_freep(&s->urls);
}

static void set_version(struct supply *s, const struct kt_version *version)
{
	s->version = *version;
	kt_version_format(version, s->text);
}

static enum kt_status make_key(const char *version, char **key,
			       struct kt_error *err)
{
	const struct kt_key_parts parts = { .source = KT_SOURCE_TARBALL,
					    .arch = kt_arch(),
					    .version = version };

	return kt_key_make(&parts, key, err);
}

/* The fresh entry of the version, if there is one that is good enough. */
static enum kt_status find_entry(struct supply *s, struct kt_record **out,
				 struct kt_error *err)
{
	char *key KT_CLEANUP(kt_freep) = NULL;
	const enum kt_status st = make_key(s->text, &key, err);

	return st ? st :
		    kt_fetch_entry(s->how, key,
				   kt_net_wanted(&s->net, &s->version), out,
				   err);
}

/* Is there a tarball of series->patch on any server? */
static enum kt_status probe(struct supply *s, const struct kt_version *version,
			    bool *there, struct kt_error *err)
{
	char **urls KT_CLEANUP(kt_env_freep) = kt_net_urls(&s->net, version);
	struct kt_error why = { 0 };
	bool answered = false;

	*there = false;
	s->net.download.http = s->net.http;
	for (char **url = urls; *url && !*there; url++) {
		struct kt_error e = { 0 };
		const enum kt_status st =
			kt_download_probe(&s->net.download, *url, there, &e);

		if (st == KT_FAIL) {
			*err = e;
			return st;
		}
		answered = answered || !st;
		if (st)
			why = e;
	}
	if (answered)
		return KT_OK;
	*err = why;
	return why.status;
}

/*
 * The highest patch level of a series that servers have, when they list
 * nothing: double it until there is none, then halve the gap. A series has no
 * holes where nobody has cleared it out.
 */
static enum kt_status probe_series(struct supply *s,
				   const struct kt_series *series, bool *found,
				   struct kt_error *err)
{
	struct kt_version v = { .major = series->major,
				.minor = series->minor };
	unsigned int low = 0, high = 1;
	enum kt_status st = probe(s, &v, found, err);
	bool there = true;

	while (!st && *found && there && high <= PROBE_MAX_PATCH) {
		v.patch = high;
		st = probe(s, &v, &there, err);
		if (!st && there)
			low = high;
		if (!st && there)
			high *= 2;
	}
	while (!st && *found && high - low > 1) {
		v.patch = low + (high - low) / 2;
		st = probe(s, &v, &there, err);
		if (there)
			low = v.patch;
		else
			high = v.patch;
	}
	v.patch = low;
	v.has_patch = low > 0;
	if (!st && *found)
		set_version(s, &v);
	return st;
}

/* A series that releases.json no longer has, or that could not be asked for. */
static enum kt_status find_old(struct supply *s, const struct kt_series *series,
			       bool *found, struct kt_error *err)
{
	char sha256[KT_SHA256_SIZE];
	struct kt_error why = { 0 };
	struct kt_version v;
	enum kt_status st;

	*found = false;
	if (series->any_minor)
		return KT_OK;
	st = kt_net_sums(&s->net, series->major, NULL, sha256, found, &why);
	if (st == KT_DATA) {
		*err = why;
		return st;
	}
	if (st)
		return probe_series(s, series, found, err);
	*found = kt_sums_newest(s->net.sums.data ? s->net.sums.data : "",
				s->net.sums.len, series->major, series->minor,
				&v);
	if (*found)
		set_version(s, &v);
	return KT_OK;
}

static void hint_newest(struct supply *s, struct kt_error *err)
{
	char text[KT_VERSION_SIZE];
	struct kt_version v;

	if (!s->net.releases || !kt_releases_newest(s->net.releases, &v))
		return;
	kt_version_format(&v, text);
	kt_error_hint(err,
		      "the newest kernel with a patch level of %d or more "
		      "is %s",
		      KT_RELEASES_MIN_PATCH, text);
}

static enum kt_status resolve_series(struct supply *s, const char *text,
				     const struct kt_series *series,
				     struct kt_error *err)
{
	struct kt_error why = { 0 };
	enum kt_status st = kt_net_releases(&s->net, &why), old;
	struct kt_version v;
	bool found;

	if (!st && kt_releases_of_series(s->net.releases, series, &v)) {
		set_version(s, &v);
		return KT_OK;
	}
	old = find_old(s, series, &found, err);
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
	hint_newest(s, err);
	return st;
}

/* Which version is meant by @text, which is none itself. */
static enum kt_status resolve(struct supply *s, const char *text,
			      const struct kt_series *series,
			      struct kt_error *err)
{
	struct kt_version v;
	enum kt_status st = kt_net_open(&s->net, err);

	if (st)
		return st;
	if (text)
		return resolve_series(s, text, series, err);
	st = kt_net_releases(&s->net, err);
	if (st)
		return st;
	if (!kt_releases_newest(s->net.releases, &v))
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "releases.json has no stable release "
				       "with a patch level of %d or more",
				       KT_RELEASES_MIN_PATCH),
			       "name a version");
	set_version(s, &v);
	return KT_OK;
}

/* Is cache entry @rec a release of @series (NULL: any) as good as @wanted? */
static bool stands_in(struct supply *s, const struct kt_record *rec,
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
	       !make_key(version, &want, &ignored) && !strcmp(key, want) &&
	       kt_cache_fresh(rec) &&
	       kt_fetch_verified(kt_record_text(rec, "verified"),
				 kt_net_wanted(&s->net, out));
}

/* No server can be asked which is the newest: the newest that is here. */
static enum kt_status offline(struct supply *s, const struct kt_series *series,
			      struct kt_record **out, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record **recs = NULL;
	struct kt_version v, best = { 0 };
	size_t nr = 0, pick = 0;
	enum kt_status st;
	bool any = false;

	if (s->how->force)
		return KT_OK;
	st = kt_fetch_cache(s->how, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &recs, &nr, err);
	if (st)
		return st;
	for (size_t i = 0; i < nr; i++) {
		if (!stands_in(s, recs[i], series, &v) ||
		    (any && kt_version_compare(&v, &best) <= 0))
			continue;
		any = true;
		best = v;
		pick = i;
	}
	if (any) {
		s->how->note("no server can be asked for a newer one than "
			     "the cache has");
		kt_fetch_say_cached(s->how, kt_record_text(recs[pick], "key"));
		*out = kt_record_copy(recs[pick]);
	}
	kt_cache_list_free(recs, nr);
	return KT_OK;
}

/* No server that answers has it: say so, and what there is instead. */
static enum kt_status not_there(struct supply *s, struct kt_error *err)
{
	const struct kt_series series = { .major = s->version.major,
					  .minor = s->version.minor };
	char *url KT_CLEANUP(kt_freep) = kt_http_public(s->urls[0]);
	struct kt_error ignored;
	char text[KT_VERSION_SIZE];
	struct kt_version v;
	bool found = false;

	kt_error_set(err, KT_FAIL,
		     "no server that could be asked has kernel %s, or has it "
		     "any more: there is no \"%s\"",
		     s->text, url);
	if (!kt_net_releases(&s->net, &ignored))
		found = kt_releases_of_series(s->net.releases, &series, &v);
	if (!found && s->net.sums_major == series.major)
		found = kt_sums_newest(s->net.sums.data ? s->net.sums.data : "",
				       s->net.sums.len, series.major,
				       series.minor, &v);
	if (s->version.rc) {
		kt_error_hint(err,
			      "%sgit may still have it: --git URL --ref "
			      "v%s",
			      found ? "the release is out; " : "", s->text);
	} else if (found && kt_version_compare(&v, &s->version) != 0) {
		kt_version_format(&v, text);
		kt_error_hint(err, "the newest of its series is %s", text);
	} else {
		hint_newest(s, err);
	}
	return KT_FAIL;
}

/* There are sums, and none of this tarball: has it no sum, or is it not there? */
static enum kt_status no_sum(struct supply *s, const char *name,
			     struct kt_error *err)
{
	bool there;
	const enum kt_status st = probe(s, &s->version, &there, err);

	if (st)
		return st;
	if (!there)
		return not_there(s, err);
	return kt_hint(err,
		       kt_fail(err, KT_FAIL,
			       "\"" KT_SUMS_NAME "\" has no entry for \"%s\"",
			       name),
		       "a release of today may get one within the day; "
		       "--no-verify takes it without");
}

/* Whether the server told the size or not: is there room for what follows? */
static enum kt_status on_begin(const char *name, uint64_t total, void *ctx,
			       struct kt_error *err)
{
	struct supply *s = ctx;
	char *what KT_CLEANUP(kt_freep) = kt_xasprintf("fetching %s", name);
	const enum kt_status st = kt_workdir_space(
		s->dir.base, kt_fetch_space(total ? total : MAX_TARBALL_BYTES),
		err);

	if (!st)
		s->how->watch.begin(what, total, s->how->watch.ctx);
	return st;
}

static void on_bytes(uint64_t done, void *ctx)
{
	struct supply *s = ctx;

	s->how->watch.at(done, s->how->watch.ctx);
}

static enum kt_status download(struct supply *s, const char *name, int fd,
			       struct kt_error *err)
{
	const struct kt_download_file file = {
		.name = name,
		.urls = (const char *const *)s->urls,
		.magic = s->version.rc ? KT_MAGIC_GZIP : KT_MAGIC_XZ,
		.max_bytes = MAX_TARBALL_BYTES,
		.fd = fd,
	};
	struct kt_download how = s->net.download;
	bool missing = false;
	enum kt_status st;

	how.http = s->net.http;
	how.tries = s->how->tries;
	how.begin = on_begin;
	how.at = on_bytes;
	how.ctx = s;
	kt_net_say_asking(s->how, s->urls[0]);
	st = kt_download(&how, &file, &s->got, &missing, err);
	if (st)
		return missing ? not_there(s, err) : st;
	s->how->watch.at(s->got.size, s->how->watch.ctx);
	s->how->watch.end(s->how->watch.ctx);
	return KT_OK;
}

static enum kt_status check_sum(struct supply *s, const char *name,
				const char *sha256, struct kt_error *err)
{
	char *url KT_CLEANUP(kt_freep) = kt_http_public(s->urls[s->got.url]);

	if (!strcmp(sha256, s->got.sha256))
		return KT_OK;
	return kt_hint(err,
		       kt_fail(err, KT_DATA,
			       "\"%s\" is not what it should be: its sha256 is "
			       "%s, and " KT_SUMS_NAME " says %s",
			       url, s->got.sha256, sha256),
		       "nothing of %s was unpacked; try another mirror", name);
}

static enum kt_status unpack(struct supply *s, const char *name, int fd,
			     struct kt_error *err)
{
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	struct stat sb;
	enum kt_status st;

	if (fstat(fd, &sb))
		return kt_fail_errno(err, "cannot stat \"%s\"", name);
	st = kt_fetch_unpack(s->how, fd, &sb, name, s->dir.path, &version, err);
	if (st)
		return st;
	if (!kt_version_compare(&version, &s->version))
		return KT_OK;
	kt_version_format(&version, text);
	return kt_fail(err, KT_DATA,
		       "\"%s\" holds kernel %s, not %s, by its Makefile", name,
		       text, s->text);
}

static enum kt_status describe(struct supply *s, struct kt_record *rec,
			       struct kt_error *err)
{
	char *key KT_CLEANUP(kt_freep) = NULL;
	char *url KT_CLEANUP(kt_freep) = kt_http_public(s->urls[s->got.url]);
	const enum kt_status st = make_key(s->text, &key, err);

	if (st)
		return st;
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_TARBALL));
	kt_record_set_str(rec, "version", s->text);
	kt_record_set_str(rec, "url", url);
	kt_record_set_str(rec, "sha256", s->got.sha256);
	kt_record_set_str(rec, "verified", s->net.verified);
	kt_record_set_str(rec, "key", key);
	return kt_fetch_set_tree(s->how, &s->dir, rec, err);
}

/* *sha256 is what the tarball must have, or "" if that is not to be known. */
static enum kt_status expect(struct supply *s, const char *name,
			     char sha256[KT_SHA256_SIZE], struct kt_error *err)
{
	enum kt_status st;
	bool found;

	sha256[0] = '\0';
	s->net.verified = "none";
	if (s->version.rc) {
		s->how->note("release candidates are not signed: %s is taken "
			     "as the server gives it",
			     s->text);
		return KT_OK;
	}
	if (s->how->no_verify) {
		s->how->note("--no-verify: neither signature nor sum of %s is "
			     "checked, so anybody between here and the server "
			     "may have changed it",
			     name);
		return KT_OK;
	}
	st = kt_net_sums(&s->net, s->version.major, name, sha256, &found, err);
	if (st)
		return kt_within(err, st, "cannot check \"%s\"", name);
	return found ? KT_OK : no_sum(s, name, err);
}

/* Get the tarball, check it, unpack it. */
static enum kt_status acquire(struct supply *s, struct kt_record *rec,
			      struct kt_error *err)
{
	char *name KT_CLEANUP(kt_freep) = kt_net_tarball(&s->version);
	char *dir KT_CLEANUP(kt_freep) =
		kt_xasprintf("%s-tarball-%s", s->text, kt_arch());
	int fd KT_CLEANUP(kt_closep) = -1;
	char sha256[KT_SHA256_SIZE];
	enum kt_status st = kt_net_open(&s->net, err);

	s->urls = kt_net_urls(&s->net, &s->version);
	if (!st)
		st = expect(s, name, sha256, err);
	if (!st)
		st = kt_fetch_dir_new(s->how, dir, 0, &s->dir, err);
	if (!st)
		st = kt_fd_nameless(s->dir.path, &fd, err);
	if (!st)
		st = download(s, name, fd, err);
	if (!st && sha256[0])
		st = check_sum(s, name, sha256, err);
	if (!st)
		st = unpack(s, name, fd, err);
	return st ? st : describe(s, rec, err);
}

/* What @text says without asking anybody. */
static enum kt_status read_version(struct supply *s, const char *text,
				   bool *exact, struct kt_series *series,
				   struct kt_error *err)
{
	struct kt_version v;

	*exact = text && kt_version_parse(text, &v) && (v.has_patch || v.rc);
	if (!text || (!*exact && kt_series_parse(text, series)))
		return KT_OK;
	if (!*exact)
		return kt_hint(err,
			       kt_fail(err, KT_USAGE,
				       "\"%s\" is no kernel version", text),
			       "6.14.2, 6.15-rc3, or 6.12 for the newest of "
			       "that series; --source DIR for a tree");
	set_version(s, &v);
	if (v.rc && v.patch)
		return kt_hint(err,
			       kt_fail(err, KT_FAIL,
				       "there is no tarball of %s: candidates "
				       "of stable releases are patches only",
				       s->text),
			       "--git URL --ref REF");
	return KT_OK;
}

enum kt_status kt_fetch_version(const struct kt_fetch *how, const char *text,
				struct kt_record **out, struct kt_error *err)
{
	struct supply s KT_CLEANUP(supply_release) = {
		.how = how,
		.net = { .how = how, .keyring = -1 },
		.dir = { .lock = -1 },
	};
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_series series = { 0 };
	bool exact;
	enum kt_status st = kt_mirrors_parse(
		how->mirrors, "KTSTR_KERNEL_MIRROR", &s.net.mirrors, err);

	if (!st)
		st = read_version(&s, text, &exact, &series, err);
	if (st)
		return st;
	if (!exact) {
		st = resolve(&s, text, &series, err);
		if (st == KT_AGAIN) {
			struct kt_error why = *err;

			st = offline(&s, text ? &series : NULL, &rec, err);
			if (!st && !rec) {
				*err = why;
				st = KT_AGAIN;
			}
		}
	}
	if (!st && !rec)
		st = find_entry(&s, &rec, err);
	if (st)
		return st;
	if (!rec) {
		rec = kt_record_new(KT_SCHEMA_KERNEL);
		st = acquire(&s, rec, err);
		if (st)
			return st;
		kt_fetch_dir_keep(&s.dir);
	}
	*out = rec;
	rec = NULL;
	return KT_OK;
}
