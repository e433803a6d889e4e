// SPDX-License-Identifier: GPL-2.0-only
/* fetch - find a kernel's source: what all ways to one share */
#include "lib/fetch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/archive.h"
#include "lib/fd.h"
#include "lib/fetch-remote.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/stream.h"
#include "lib/tree.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* A kernel of 140 MB packed, unpacked and built, takes up to 6 GB. */
#define SPACE_PER_BYTE 44
#define SPACE_MAX ((uint64_t)6000000000)

void kt_fetch_say_cached(const struct kt_fetch *how, const char *key)
{
	how->note("cached: %s (--force makes it anew)", key);
}

enum kt_status kt_fetch_cache(const struct kt_fetch *how, struct kt_cache **out,
			      struct kt_error *err)
{
	char *root KT_CLEANUP(kt_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	const enum kt_status st = kt_dir_cache(how->dirs, &root, err);

	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	*out = kt_cache_open(root, crc);
	return KT_OK;
}

static bool same_config(const struct kt_fetch_want *want,
			const struct kt_record *rec)
{
	const char *hash = kt_record_text(rec, "config_hash");

	return !want->config_hash || (hash && !strcmp(hash, want->config_hash));
}

bool kt_fetch_wanted(const struct kt_fetch_want *want,
		     const struct kt_record *rec)
{
	return same_config(want, rec) && kt_cache_verified(rec, want->verified);
}

/* As kt_fetch_entry() has it, from the cache of this machine; or NULL. */
static struct kt_record *local_entry(const struct kt_fetch *how,
				     struct kt_cache *cache,
				     const struct kt_fetch_want *want)
{
	const char *key = want->key;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *good;
	struct kt_error why = { 0 };

	if (kt_cache_lookup(cache, key, &rec, &why)) {
		how->note("cannot use cache entry \"%s\": %s", key, why.msg);
		return NULL;
	}
	if (!rec)
		return NULL;
	if (!kt_cache_fresh(rec)) {
		how->note("cache entry \"%s\" is stale and is made anew", key);
		return NULL;
	}
	if (!same_config(want, rec)) {
		how->note("cache entry \"%s\" has another configuration than "
			  "the tree, and is made anew",
			  key);
		return NULL;
	}
	if (!kt_cache_verified(rec, want->verified)) {
		how->note("cache entry \"%s\" was made from a source that was "
			  "not verified as well as it can be now, and is made "
			  "anew",
			  key);
		return NULL;
	}
	kt_fetch_say_cached(how, key);
	good = rec;
	rec = NULL;
	return good;
}

enum kt_status kt_fetch_entry(const struct kt_fetch *how,
			      const struct kt_fetch_want *want,
			      struct kt_record **out, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record *rec = NULL;
	enum kt_status st;

	if (how->force)
		return KT_OK;
	st = kt_fetch_cache(how, &cache, err);
	if (!st)
		rec = local_entry(how, cache, want);
	if (!st && !rec && how->remotes)
		st = kt_fetch_remote(how, cache, want, &rec, err);
	if (!st && rec)
		*out = rec;
	return st;
}

uint64_t kt_fetch_space(uint64_t size)
{
	return size > SPACE_MAX / SPACE_PER_BYTE ? SPACE_MAX :
						   size * SPACE_PER_BYTE;
}

static enum kt_status open_base(const struct kt_fetch *how, char **out,
				struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	const enum kt_status st = kt_dir_build(how->dirs, &path, err);

	return st ? st : kt_mkdirs_real(path, out, err);
}

enum kt_status kt_fetch_dir_new(const struct kt_fetch *how, const char *name,
				uint64_t need, struct kt_fetch_dir *dir,
				struct kt_error *err)
{
	enum kt_status st = open_base(how, &dir->base, err);

	if (st)
		return st;
	dir->how = how;
	kt_workdir_sweep(dir->base, time(NULL));
	st = kt_workdir_space(dir->base, "a kernel build", need, err);
	return st ? st :
		    kt_workdir_new(dir->base, name, &dir->path, &dir->lock,
				   err);
}

void kt_fetch_dir_keep(struct kt_fetch_dir *dir)
{
	kt_closep(&dir->lock);
	free(dir->base);
	free(dir->path);
	*dir = (struct kt_fetch_dir){ .lock = -1 };
}

void kt_fetch_dir_drop(struct kt_fetch_dir *dir)
{
	struct kt_error why = { 0 };

	if (dir->path && kt_workdir_remove(dir->base, dir->path, &why))
		dir->how->note("%s", why.msg);
	kt_fetch_dir_keep(dir);
}

void kt_fetch_discard(const struct kt_fetch *how, const struct kt_record *rec)
{
	struct kt_fetch_dir dir KT_CLEANUP(kt_fetch_dir_drop) = { .how = how,
								  .lock = -1 };
	const char *tree = kt_record_text(rec, "tree");
	struct kt_error ignored;

	if (tree && kt_record_flag(rec, "tree_temporary") &&
	    !open_base(how, &dir.base, &ignored))
		dir.path = kt_xstrdup(tree);
}

static void on_progress(uint64_t bytes, void *ctx)
{
	const struct kt_fetch *how = ctx;

	how->watch.at(bytes, how->watch.ctx);
}

static enum kt_status unpack_into(const struct kt_fetch *how, int fd,
				  const char *name, const char *dir,
				  struct kt_error *err)
{
	struct kt_stream *stream KT_CLEANUP(kt_stream_freep) = NULL;
	struct kt_fetch ctx = *how;
	int dirfd KT_CLEANUP(kt_closep) =
		open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum kt_status st;

	if (dirfd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", dir);
	st = kt_stream_open(fd, name, how->threads, &stream, err);
	return st ? st :
		    kt_archive_unpack(stream, name, dirfd, on_progress, &ctx,
				      NULL, err);
}

enum kt_status kt_fetch_unpack(const struct kt_fetch *how, int fd,
			       const struct stat *before, const char *name,
			       const char *dir, struct kt_version *version,
			       struct kt_error *err)
{
	char *what KT_CLEANUP(kt_freep) = kt_xasprintf("unpacking %s", name);
	struct stat now;
	enum kt_status st;

	how->watch.begin(what, (uint64_t)before->st_size, how->watch.ctx);
	st = unpack_into(how, fd, name, dir, err);
	if (st)
		return st;
	/* What was unpacked must be what the sum was made of. */
	if (fstat(fd, &now))
		return kt_fail_errno(err, "cannot stat \"%s\"", name);
	if (now.st_size != before->st_size ||
	    now.st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		return kt_fail(err, KT_AGAIN,
			       "\"%s\" was changed while it was read", name);
	how->watch.at((uint64_t)now.st_size, how->watch.ctx);
	how->watch.end(how->watch.ctx);
	st = kt_tree_check(dir, version, err);
	return st ? kt_within(err, st, "%s", name) : KT_OK;
}

enum kt_status kt_fetch_set_tree(const struct kt_fetch *how,
				 struct kt_fetch_dir *dir,
				 struct kt_record *rec, struct kt_error *err)
{
	/* If no record can carry the path, that is known before it is kept. */
	enum kt_status st = kt_record_set_path(rec, "tree", dir->path, err);

	if (!st && how->keep_tree) {
		st = kt_workdir_keep(&dir->path, err);
		if (!st)
			st = kt_record_set_path(rec, "tree", dir->path, err);
	}
	if (st)
		return st;
	kt_record_set_bool(rec, "tree_temporary", !how->keep_tree);
	if (how->keep_tree)
		how->note("the tree is kept: %s", dir->path);
	return KT_OK;
}
