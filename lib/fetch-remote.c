// SPDX-License-Identifier: GPL-2.0-only
/* fetch-remote - entries of a cache that others have filled */
#include "lib/fetch-remote.h"

#include <stdlib.h>
#include <string.h>

#include "lib/entry-archive.h"
#include "lib/env.h"
#include "lib/fd.h"
#include "lib/fetch-net.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/stop.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* The archive, what is in it, and some room: entries shrink to a third. */
#define SPACE_PER_BYTE 8

struct remote {
	const struct kt_fetch *how;
	const struct kt_fetch_want *want;
	char *name; /* KEY.tar.zst */
	char *base; /* build directory */
	char **urls;
	struct kt_net net;
};

static void remote_release(struct remote *r)
{
	free(r->name);
	free(r->base);
	kt_env_freep(&r->urls);
	kt_net_release(&r->net);
}

static enum kt_status make_urls(struct remote *r, struct kt_error *err)
{
	char **bases KT_CLEANUP(kt_env_freep) = NULL;
	size_t nr = 0;
	enum kt_status st = kt_mirrors_parse(r->how->remotes,
					     "KTSTR_CACHE_REMOTE", &bases, err);

	if (st)
		return st;
	r->urls = kt_xcalloc(KT_MIRRORS_MAX + 1, sizeof(*r->urls));
	for (; bases[nr]; nr++)
		r->urls[nr] = kt_xasprintf("%s/%s", bases[nr], r->name);
	return KT_OK;
}

static enum kt_status on_begin(const char *name, uint64_t total, void *ctx,
			       struct kt_error *err)
{
	struct remote *r = ctx;
	char *what KT_CLEANUP(kt_freep) = kt_xasprintf("fetching %s", name);
	char *entry KT_CLEANUP(kt_freep) = kt_xasprintf(
		"an entry of %llu MB", (unsigned long long)total / 1000000);
	const enum kt_status st =
		kt_workdir_space(r->base, entry, total * SPACE_PER_BYTE, err);

	if (!st)
		r->how->watch.begin(what, total, r->how->watch.ctx);
	return st;
}

static void on_bytes(uint64_t done, void *ctx)
{
	struct remote *r = ctx;

	r->how->watch.at(done, r->how->watch.ctx);
}

/* The archive into the nameless file @fd; *missing: no server has it. */
static enum kt_status download(struct remote *r, int fd, bool *missing,
			       struct kt_error *err)
{
	const struct kt_download_file file = {
		.name = r->name,
		.urls = (const char *const *)r->urls,
		.magic = KT_MAGIC_ZSTD,
		.max_bytes = KT_REMOTE_MAX_BYTES,
		.fd = fd,
	};
	struct kt_download how = r->net.download;
	struct kt_downloaded got;
	enum kt_status st;

	how.http = r->net.http;
	how.begin = on_begin;
	how.at = on_bytes;
	how.ctx = r;
	kt_net_say_asking(r->how, r->urls[0]);
	st = kt_download(&how, &file, &got, missing, err);
	if (st)
		return st;
	r->how->watch.at(got.size, r->how->watch.ctx);
	r->how->watch.end(r->how->watch.ctx);
	return KT_OK;
}

static bool wants(const struct kt_record *rec, void *ctx)
{
	const struct remote *r = ctx;

	return !strcmp(kt_record_text(rec, "key"), r->want->key) &&
	       kt_cache_fresh(rec) && kt_fetch_wanted(r->want, rec);
}

static enum kt_status take(struct remote *r, struct kt_cache *cache,
			   bool *missing, struct kt_record **out,
			   struct kt_error *err)
{
	struct kt_entry_import how = { .cache = cache,
				       .base = r->base,
				       .key = r->want->key,
				       .force = true,
				       .wants = wants,
				       .ctx = r };
	int fd KT_CLEANUP(kt_closep) = -1;
	char crc[KT_CRC32_SIZE];
	enum kt_status st = kt_fd_nameless(r->base, &fd, err);

	if (!st)
		st = kt_net_open(&r->net, err);
	if (!st)
		st = download(r, fd, missing, err);
	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	how.kconfig_crc32 = crc;
	return kt_entry_import(&how, fd, r->name, out, err);
}

enum kt_status kt_fetch_remote(const struct kt_fetch *how,
			       struct kt_cache *cache,
			       const struct kt_fetch_want *want,
			       struct kt_record **out, struct kt_error *err)
{
	struct remote r KT_CLEANUP(remote_release) = {
		.how = how,
		.want = want,
		.name = kt_xasprintf("%s%s", want->key, KT_ENTRY_SUFFIX),
		.net = { .how = how, .keyring = -1 },
	};
	char *dir KT_CLEANUP(kt_freep) = NULL;
	struct kt_error why = { 0 };
	bool missing = false;
	enum kt_status st = make_urls(&r, err);

	if (st || !r.urls[0])
		return st;
	st = kt_dir_build(how->dirs, &dir, err);
	if (!st)
		st = kt_mkdirs_real(dir, &r.base, err);
	if (st)
		return st;
	st = take(&r, cache, &missing, out, &why);
	if (st && kt_stop_signal()) {
		*err = why;
		return st;
	}
	/* A cache is a help; without it the kernel is built. */
	if (missing)
		how->detail("no remote cache has \"%s\"", want->key);
	else if (st)
		how->note("cannot use the remote cache: %s", why.msg);
	else
		how->note("\"%s\" comes from a remote cache", want->key);
	return KT_OK;
}
