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
#include "lib/fetch-series.h"
#include "lib/fetch.h"
#include "lib/key.h"
#include "lib/verify.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* Kernels of today have 150 MB; this leaves room for those of tomorrow. */
#define MAX_TARBALL_BYTES ((uint64_t)1 << 30)

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

/* The fresh entry of the version, if there is one that is good enough. */
static enum kt_status find_entry(struct supply *s, struct kt_record **out,
				 struct kt_error *err)
{
	char *key KT_CLEANUP(kt_freep) = NULL;
	struct kt_fetch_want want = { 0 };
	const enum kt_status st =
		kt_fetch_tarball_key(s->how, s->text, &key, err);

	if (st)
		return st;
	want.key = key;
	want.verified = kt_net_wanted(&s->net, &s->version);
	return kt_fetch_entry(s->how, &want, out, err);
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
		found = kt_net_sums_newest(&s->net, &series, &v);
	if (s->version.rc) {
		kt_error_hint(err,
			      "%sgit may still have it: --git URL --ref "
			      "v%s",
			      found ? "the release is out; " : "", s->text);
	} else if (found && kt_version_compare(&v, &s->version) != 0) {
		kt_version_format(&v, text);
		kt_error_hint(err, "the newest of its series is %s", text);
	} else {
		kt_fetch_hint_newest(&s->net, err);
	}
	return KT_FAIL;
}

/* There are sums, and none of this tarball: has it no sum, or is it not there? */
static enum kt_status no_sum(struct supply *s, const char *name,
			     struct kt_error *err)
{
	bool there;
	const enum kt_status st =
		kt_net_probe(&s->net, &s->version, &there, err);

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
		s->dir.base, "a kernel build",
		kt_fetch_space(total ? total : MAX_TARBALL_BYTES), err);

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
	const enum kt_status st =
		kt_fetch_tarball_key(s->how, s->text, &key, err);

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
	struct kt_version v;
	bool exact;
	enum kt_status st = kt_mirrors_parse(
		how->mirrors, "KTSTR_KERNEL_MIRROR", &s.net.mirrors, err);

	if (!st)
		st = read_version(&s, text, &exact, &series, err);
	if (st)
		return st;
	if (!exact) {
		st = kt_fetch_resolve(&s.net, text, &series, &v, err);
		if (!st)
			set_version(&s, &v);
		if (st == KT_AGAIN) {
			struct kt_error why = *err;

			st = kt_fetch_offline(&s.net, text ? &series : NULL,
					      &rec, err);
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
