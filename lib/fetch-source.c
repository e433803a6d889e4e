// SPDX-License-Identifier: GPL-2.0-only
/* fetch-source - a kernel's source that is a tree or a tarball here */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fd.h"
#include "lib/fetch.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/key.h"
#include "lib/tree.h"
#include "lib/xalloc.h"

/* What git knows of the tree goes into @rec; *key is NULL if it has none. */
static enum kt_status add_git(const struct kt_fetch *how, const char *path,
			      struct kt_record *rec, char **key,
			      struct kt_error *err)
{
	struct kt_tree_git git KT_CLEANUP(kt_tree_git_release) = { 0 };
	struct kt_key_parts parts = { .source = KT_SOURCE_LOCAL,
				      .arch = kt_arch(),
				      .kconfig_crc32 = how->kconfig_crc32 };
	bool no_git;
	enum kt_status st = kt_tree_git(path, how->env, &git, &no_git, err);

	if (st)
		return st;
	if (no_git)
		how->note("git is not installed, so \"%s\" counts as no "
			  "repository",
			  path);
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

/* The sum of the tree's .config, as "config_hash" has it; "" if it has none. */
static enum kt_status hash_config(const char *tree, char crc[KT_CRC32_SIZE],
				  struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = kt_path_join(tree, ".config");
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	enum kt_status st;

	crc[0] = '\0';
	if (access(path, F_OK))
		return KT_OK;
	st = kt_file_read(AT_FDCWD, path, KT_KCONFIG_MAX_BYTES, &text, err);
	if (!st)
		kt_crc32_hex(text.data, text.len, crc);
	return st;
}

/* The entry of that commit, if it was built as the tree is configured now. */
static enum kt_status find_tree_entry(const struct kt_fetch *how,
				      const char *tree, const char *key,
				      struct kt_record **out,
				      struct kt_error *err)
{
	struct kt_fetch_want want = { .key = key };
	char crc[KT_CRC32_SIZE];
	const enum kt_status st = hash_config(tree, crc, err);

	if (st)
		return st;
	want.config_hash = crc[0] ? crc : NULL;
	return kt_fetch_entry(how, &want, out, err);
}

static enum kt_status fetch_dir(const struct kt_fetch *how, const char *path,
				struct kt_record **out, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	struct kt_record *entry = NULL;
	char *key KT_CLEANUP(kt_freep) = NULL;
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	enum kt_status st = kt_tree_check(path, &version, err);

	if (st)
		return st;
	kt_version_format(&version, text);
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_LOCAL));
	kt_record_set_str(rec, "version", text);
	st = add_git(how, path, rec, &key, err);
	if (!st && key)
		st = find_tree_entry(how, path, key, &entry, err);
	if (st)
		return st;
	if (entry) {
		*out = entry;
		return KT_OK;
	}
	kt_record_set_str(rec, "key", key);
	st = kt_record_set_path(rec, "tree", path, err);
	if (st)
		return st;
	kt_record_set_bool(rec, "tree_temporary", false);
	*out = rec;
	rec = NULL;
	return KT_OK;
}

struct tarball {
	const char *path;
	int fd;
	struct stat sb;
	char sha256[KT_SHA256_SIZE];
};

static enum kt_status tarball_key(const struct kt_fetch *how,
				  const struct tarball *tar,
				  const char *version, char **key,
				  struct kt_error *err)
{
	const struct kt_key_parts parts = {
		.source = KT_SOURCE_TARBALL,
		.arch = kt_arch(),
		.version = version,
		.file_sha256 = tar->sha256,
		.kconfig_crc32 = how->kconfig_crc32,
	};

	return kt_key_make(&parts, key, err);
}

/* Is @rec the entry of this very file, built with the same fragments? */
static bool is_entry_of(const struct kt_fetch *how, const struct kt_record *rec,
			const struct tarball *tar)
{
	const char *sha = kt_record_text(rec, "sha256");
	const char *version = kt_record_text(rec, "version");
	const char *key = kt_record_text(rec, "key");
	char *want KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;

	return sha && !strcmp(sha, tar->sha256) && version && key &&
	       !tarball_key(how, tar, version, &want, &ignored) &&
	       !strcmp(key, want) && kt_cache_fresh(rec);
}

/*
 * The version stands in a Makefile deep inside the archive: entries are found
 * by the sum of the file instead, and nothing is unpacked to find them.
 */
static enum kt_status find_entry(const struct kt_fetch *how,
				 const struct tarball *tar,
				 struct kt_record **out, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) = NULL;
	struct kt_record **recs = NULL;
	enum kt_status st;
	size_t nr = 0;

	if (how->force)
		return KT_OK;
	st = kt_fetch_cache(how, &cache, err);
	if (!st)
		st = kt_cache_list(cache, &recs, &nr, err);
	if (st)
		return st;
	for (size_t i = 0; i < nr; i++) {
		if (!is_entry_of(how, recs[i], tar))
			continue;
		kt_fetch_say_cached(how, kt_record_text(recs[i], "key"));
		*out = kt_record_copy(recs[i]);
		break;
	}
	kt_cache_list_free(recs, nr);
	return KT_OK;
}

static enum kt_status describe(const struct kt_fetch *how,
			       const struct tarball *tar,
			       struct kt_fetch_dir *dir, struct kt_record *rec,
			       struct kt_error *err)
{
	char *key KT_CLEANUP(kt_freep) = NULL;
	char text[KT_VERSION_SIZE];
	struct kt_version version;
	enum kt_status st =
		kt_fetch_unpack(how, tar->fd, &tar->sb, kt_path_base(tar->path),
				dir->path, &version, err);

	if (st)
		return st;
	kt_version_format(&version, text);
	st = tarball_key(how, tar, text, &key, err);
	if (st)
		return st;
	kt_record_set_str(rec, "source", kt_source_name(KT_SOURCE_TARBALL));
	kt_record_set_str(rec, "version", text);
	kt_record_set_str(rec, "sha256", tar->sha256);
	kt_record_set_str(rec, "verified", "none");
	kt_record_set_str(rec, "key", key);
	return kt_fetch_set_tree(how, dir, rec, err);
}

static enum kt_status new_tree(const struct kt_fetch *how,
			       const struct tarball *tar,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_fetch_dir dir KT_CLEANUP(kt_fetch_dir_drop) = { .lock = -1 };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	char *name KT_CLEANUP(kt_freep) =
		kt_xasprintf("%.7s-tarball-%s", tar->sha256, kt_arch());
	enum kt_status st = kt_fetch_dir_new(
		how, name, kt_fetch_space((uint64_t)tar->sb.st_size), &dir,
		err);

	if (!st)
		st = describe(how, tar, &dir, rec, err);
	if (st)
		return st;
	kt_fetch_dir_keep(&dir);
	*out = rec;
	rec = NULL;
	return KT_OK;
}

static enum kt_status fetch_tarball(const struct kt_fetch *how,
				    const char *path, struct kt_record **out,
				    struct kt_error *err)
{
	/* O_NONBLOCK: it may have become a FIFO since it was looked at. */
	int fd KT_CLEANUP(kt_closep) =
		open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct tarball tar = { .path = path, .fd = fd };
	struct kt_record *entry = NULL;
	enum kt_status st;

	if (fd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	if (fstat(fd, &tar.sb))
		return kt_fail_errno(err, "cannot stat \"%s\"", path);
	st = kt_sha256_fd(fd, path, tar.sha256, NULL, err);
	if (!st)
		st = find_entry(how, &tar, &entry, err);
	if (st)
		return st;
	if (!entry)
		return new_tree(how, &tar, out, err);
	*out = entry;
	return KT_OK;
}

enum kt_status kt_fetch_source(const struct kt_fetch *how, const char *path,
			       struct kt_record **out, struct kt_error *err)
{
	char *real KT_CLEANUP(kt_freep) = realpath(path, NULL);
	struct stat sb;

	if (!real || stat(real, &sb))
		return kt_fail_errno(err, "cannot find \"%s\"", path);
	if (S_ISDIR(sb.st_mode))
		return fetch_dir(how, real, out, err);
	if (S_ISREG(sb.st_mode))
		return fetch_tarball(how, real, out, err);
	return kt_fail(err, KT_DATA,
		       "\"%s\" is neither a directory nor a tarball", path);
}
