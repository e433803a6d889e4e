// SPDX-License-Identifier: GPL-2.0-only
/* ktstr-fetch - find a kernel's source, or its cache entry */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/archive.h"
#include "lib/cache.h"
#include "lib/dirs.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/jobs.h"
#include "lib/kconfig.h"
#include "lib/key.h"
#include "lib/progress.h"
#include "lib/record.h"
#include "lib/stop.h"
#include "lib/stream.h"
#include "lib/tool.h"
#include "lib/tree.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

/* A kernel of 140 MB packed, unpacked and built, takes up to 6 GB. */
#define SPACE_PER_BYTE 44
#define SPACE_MAX ((uint64_t)6000000000)

struct fetch {
	const char *source; /* as it was given */
	bool force, keep_tree;
	char *path; /* canonical */
	char *base; /* the build directory, canonical */
	struct kt_cache *cache;
};

static void fetch_release(struct fetch *f)
{
	kt_cache_freep(&f->cache);
	free(f->base);
	free(f->path);
}

static enum kt_status open_cache(struct fetch *f, struct kt_error *err)
{
	char *root KT_CLEANUP(kt_freep) = NULL;
	char crc[KT_CRC32_SIZE];
	struct kt_env_dirs dirs;
	enum kt_status st;

	kt_tool_dirs(&dirs);
	st = kt_dir_cache(&dirs, &root, err);
	if (st)
		return st;
	kt_crc32_hex(kt_kconfig_fragment, kt_kconfig_fragment_len, crc);
	f->cache = kt_cache_open(root, crc);
	return KT_OK;
}

static enum kt_status open_base(struct fetch *f, struct kt_error *err)
{
	char *dir KT_CLEANUP(kt_freep) = NULL;
	struct kt_env_dirs dirs;
	enum kt_status st;

	kt_tool_dirs(&dirs);
	st = kt_dir_build(&dirs, &dir, err);
	return st ? st : kt_workdir_base(dir, &f->base, err);
}

static enum kt_status put(const struct kt_record *rec, struct kt_error *err)
{
	enum kt_status st = kt_tool_put(rec, err);

	/* Who owns the tree is decided by whether the record got out. */
	if (!st && fflush(stdout))
		st = kt_fail_errno(err, "cannot write to standard output");
	return st;
}

/* Write the fresh entry of @key, if there is one: *hit. */
static enum kt_status put_entry(struct fetch *f, const char *key, bool *hit,
				struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_error why = { 0 };
	enum kt_status st;

	*hit = false;
	if (f->force)
		return KT_OK;
	st = open_cache(f, err);
	if (st)
		return st;
	if (kt_cache_lookup(f->cache, key, &rec, &why)) {
		kt_note("cannot use cache entry \"%s\": %s", key, why.msg);
		return KT_OK;
	}
	if (!rec)
		return KT_OK;
	if (!kt_cache_fresh(rec)) {
		kt_note("cache entry \"%s\" is stale and is made anew", key);
		return KT_OK;
	}
	kt_note("cached: %s (--force makes it anew)", key);
	*hit = true;
	return put(rec, err);
}

/* What git knows of the tree goes into @rec; *key is NULL if it has none. */
static enum kt_status add_git(struct fetch *f, struct kt_record *rec,
			      char **key, struct kt_error *err)
{
	struct kt_tree_git git KT_CLEANUP(kt_tree_git_release) = { 0 };
	struct kt_key_parts parts = { .source = KT_SOURCE_LOCAL,
				      .arch = kt_arch() };
	bool no_git;
	enum kt_status st = kt_tree_git(f->path, (const char *const *)environ,
					&git, &no_git, err);

	if (st)
		return st;
	if (no_git)
		kt_note("git is not installed, so \"%s\" counts as no "
			"repository",
			f->path);
	if (!git.repository)
		return KT_OK;
	kt_record_set_str(rec, "git_ref", git.branch);
	if (git.hash[0])
		kt_record_set_str(rec, "git_hash", git.hash);
	/* Before the first commit there is nothing that a tree could equal. */
	kt_record_set_bool(rec, "dirty", git.dirty || !git.hash[0]);
	if (git.dirty || !git.hash[0])
		return KT_OK;
	parts.hash = git.hash;
	return kt_key_make(&parts, key, err);
}

static enum kt_status fetch_dir(struct fetch *f, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	char *key KT_CLEANUP(kt_freep) = NULL;
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	bool hit = false;
	enum kt_status st = kt_tree_check(f->path, &version, err);

	if (st)
		return st;
	kt_version_format(&version, text);
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_LOCAL));
	kt_record_set_str(rec, "version", text);
	st = add_git(f, rec, &key, err);
	if (!st && key)
		st = put_entry(f, key, &hit, err);
	if (st || hit)
		return st;
	kt_record_set_str(rec, "key", key);
	st = kt_record_set_path(rec, "tree", f->path, err);
	if (st)
		return st;
	kt_record_set_bool(rec, "tree_temporary", false);
	return put(rec, err);
}

struct tarball {
	int fd;
	struct stat sb;
	char sha256[KT_SHA256_SIZE];
};

static enum kt_status tarball_key(const struct tarball *tar,
				  const char *version, char **key,
				  struct kt_error *err)
{
	const struct kt_key_parts parts = { .source = KT_SOURCE_TARBALL,
					    .arch = kt_arch(),
					    .version = version,
					    .file_sha256 = tar->sha256 };

	return kt_key_make(&parts, key, err);
}

/* Is @rec the entry of this very file, built without further fragments? */
static bool is_entry_of(const struct kt_record *rec, const struct tarball *tar)
{
	const char *sha = NULL, *version = NULL, *key = NULL;
	char *want KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;

	return !kt_record_str(rec, "sha256", &sha, &ignored) &&
	       !strcmp(sha, tar->sha256) &&
	       !kt_record_str(rec, "version", &version, &ignored) &&
	       !kt_record_str(rec, "key", &key, &ignored) &&
	       !tarball_key(tar, version, &want, &ignored) &&
	       !strcmp(key, want) && kt_cache_fresh(rec);
}

/*
 * The version stands in a Makefile deep inside the archive: entries are found
 * by the sum of the file instead, and nothing is unpacked to find them.
 */
static enum kt_status put_entry_of(struct fetch *f, const struct tarball *tar,
				   bool *hit, struct kt_error *err)
{
	struct kt_record **recs = NULL;
	enum kt_status st;
	size_t nr = 0;

	*hit = false;
	if (f->force)
		return KT_OK;
	st = open_cache(f, err);
	if (!st)
		st = kt_cache_list(f->cache, &recs, &nr, err);
	for (size_t i = 0; i < nr; i++) {
		if (!st && !*hit && is_entry_of(recs[i], tar)) {
			const char *key = "";

			*hit = true;
			st = kt_record_str(recs[i], "key", &key, err);
			kt_note("cached: %s (--force makes it anew)", key);
			if (!st)
				st = put(recs[i], err);
		}
		kt_record_free(recs[i]);
	}
	free(recs);
	return st;
}

static void on_progress(uint64_t bytes, void *ctx)
{
	kt_progress_set(ctx, bytes);
}

static enum kt_status unpack(struct fetch *f, const struct tarball *tar,
			     const char *dir, struct kt_version *version,
			     struct kt_error *err)
{
	struct kt_stream *stream KT_CLEANUP(kt_stream_freep) = NULL;
	const char *name = kt_path_base(f->path);
	int dirfd KT_CLEANUP(kt_closep) =
		open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *what KT_CLEANUP(kt_freep) = kt_xasprintf("unpacking %s", name);
	struct kt_progress *progress KT_CLEANUP(kt_progress_freep) =
		kt_progress_new(what, (uint64_t)tar->sb.st_size, "B");
	struct stat now;
	enum kt_status st;

	if (dirfd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", dir);
	st = kt_stream_open(tar->fd, name,
			    kt_jobs("/sys/fs/cgroup", "/proc/self/cgroup"),
			    &stream, err);
	if (!st)
		st = kt_archive_unpack(stream, name, dirfd, on_progress,
				       progress, err);
	if (st)
		return st;
	/* What was unpacked must be what the sum was made of. */
	if (fstat(tar->fd, &now))
		return kt_fail_errno(err, "cannot stat \"%s\"", f->path);
	if (now.st_size != tar->sb.st_size ||
	    now.st_mtim.tv_sec != tar->sb.st_mtim.tv_sec ||
	    now.st_mtim.tv_nsec != tar->sb.st_mtim.tv_nsec)
		return kt_fail(err, KT_AGAIN,
			       "\"%s\" was changed while it was read", f->path);
	kt_progress_set(progress, (uint64_t)tar->sb.st_size);
	kt_progress_done(progress);
	progress = NULL;
	st = kt_tree_check(dir, version, err);
	return st ? kt_within(err, st, "%s", name) : KT_OK;
}

static enum kt_status put_tree(struct fetch *f, const struct tarball *tar,
			       const char *dir, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	char *key KT_CLEANUP(kt_freep) = NULL;
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	enum kt_status st = unpack(f, tar, dir, &version, err);

	if (st)
		return st;
	kt_version_format(&version, text);
	st = tarball_key(tar, text, &key, err);
	if (st)
		return st;
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_TARBALL));
	kt_record_set_str(rec, "version", text);
	kt_record_set_str(rec, "sha256", tar->sha256);
	kt_record_set_str(rec, "verified", "none");
	kt_record_set_str(rec, "key", key);
	st = kt_record_set_path(rec, "tree", dir, err);
	kt_record_set_bool(rec, "tree_temporary", !f->keep_tree);
	if (!st)
		st = kt_stop_check(err);
	if (!st)
		st = put(rec, err);
	if (!st && f->keep_tree)
		kt_note("the tree is kept: %s", dir);
	return st;
}

static enum kt_status new_tree(struct fetch *f, const struct tarball *tar,
			       struct kt_error *err)
{
	const uint64_t size = (uint64_t)tar->sb.st_size;
	int lock KT_CLEANUP(kt_closep) = -1;
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("%.7s-tarball-%s", tar->sha256, kt_arch());
	char *dir KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st = open_base(f, err);

	if (!st) {
		kt_workdir_sweep(f->base, time(NULL));
		st = kt_workdir_space(f->base,
				      size > SPACE_MAX / SPACE_PER_BYTE ?
					      SPACE_MAX :
					      size * SPACE_PER_BYTE,
				      err);
	}
	if (!st)
		st = kt_workdir_new(f->base, name, &dir, &lock, err);
	if (st)
		return st;
	st = put_tree(f, tar, dir, err);
	if (st) {
		struct kt_error late = { 0 };

		if (kt_workdir_remove(f->base, dir, &late))
			kt_note("%s", late.msg);
	}
	return st;
}

static enum kt_status fetch_tarball(struct fetch *f, struct kt_error *err)
{
	/* O_NONBLOCK: it may have become a FIFO since it was looked at. */
	int fd KT_CLEANUP(kt_closep) =
		open(f->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct tarball tar = { .fd = fd };
	enum kt_status st;
	bool hit = false;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", f->path);
	if (fstat(fd, &tar.sb))
		return kt_fail_errno(err, "cannot stat \"%s\"", f->path);
	st = kt_sha256_fd(fd, f->path, tar.sha256, NULL, err);
	if (!st)
		st = put_entry_of(f, &tar, &hit, err);
	if (st || hit)
		return st;
	return new_tree(f, &tar, err);
}

static enum kt_status fetch_source(struct fetch *f, struct kt_error *err)
{
	struct stat sb;

	f->path = realpath(f->source, NULL);
	if (!f->path || stat(f->path, &sb))
		return kt_fail_errno(err, "cannot find \"%s\"", f->source);
	if (S_ISDIR(sb.st_mode))
		return fetch_dir(f, err);
	if (S_ISREG(sb.st_mode))
		return fetch_tarball(f, err);
	return kt_fail(err, KT_DATA,
		       "\"%s\" is neither a directory nor a tarball",
		       f->source);
}

static enum kt_status run(const struct kt_args *args, struct kt_error *err)
{
	struct fetch f KT_CLEANUP(fetch_release) = {
		.source = kt_args_str(args, "source"),
		.force = kt_args_has(args, "force"),
		.keep_tree = kt_args_has(args, "keep-tree"),
	};
	enum kt_status st;

	if (!f.source || !*f.source)
		return kt_hint(err,
			       kt_fail(err, KT_USAGE, "no source is named"),
			       "--source DIR or --source TARBALL");
	st = kt_stop_catch(err);
	if (!st)
		st = fetch_source(&f, err);
	return st ? kt_tool_put_error(st, err) : KT_OK;
}

static const struct kt_option options[] = {
	{ .name = "source",
	  .letter = 's',
	  .arg = KT_ARG_PATH,
	  .value = "DIR|TARBALL",
	  .help = "take this kernel source tree, or unpack this tarball" },
	{ .name = "force", .letter = 'f', .help = "do not look in the cache" },
	{ .name = "keep-tree",
	  .help = "leave the unpacked tree in place after the build" },
	{ 0 },
};

const struct kt_command kt_tool_fetch = {
	.name = "ktstr-fetch",
	.summary = "find a kernel's source, or its cache entry",
	.options = options,
	.run = run,
};

int main(int argc, char **argv)
{
	return kt_tool_main(&kt_tool_fetch, argc, argv);
}
