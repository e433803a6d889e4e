// SPDX-License-Identifier: GPL-2.0-only
/*
 * cache-store - put a built kernel into the cache, whole or not at all
 *
 * An entry is built under ".tmp-KEY-PID", fsynced, and exchanged with the one
 * it replaces, which is removed then under that name. The lock on ".KEY.lock"
 * keeps stores under one key apart, and tells a sweeper that a temporary is
 * in use where process ids do not: in another container they mean others.
 */
#include "lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cache-aside.h"
#include "lib/cache-clean.h"
#include "lib/clock.h"
#include "lib/fd.h"
#include "lib/hash.h"
#include "lib/kconfig.h"
#include "lib/key.h"
#include "lib/lock.h"
#include "lib/metadata.h"
#include "lib/options.h"
#include "lib/stop.h"
#include "lib/vmlinux.h"
#include "lib/xalloc.h"

#define LOCK_WAIT_NS (60 * KT_NS_PER_S)
#define NOT_AT_ALL 1 /* a deadline long past */

struct store {
	const char *root, *key;
	const struct kt_record *rec;
	int root_fd, dir_fd; /* of the cache, of the new entry */
	char *tmp;	     /* the new entry's name below the root */
	struct kt_record *meta;
};

static void store_release(struct store *s)
{
	struct kt_error ignored;

	/* The new entry, or the one it was exchanged with. */
	if (s->tmp && kt_remove_tree(s->root_fd, s->tmp, &ignored)) {
		/* The next store sweeps it. */
	}
	kt_closep(&s->dir_fd);
	kt_closep(&s->root_fd);
	kt_record_free(s->meta);
	free(s->tmp);
}

/*
 * The process id behind the last dash of ".tmp-KEY-PID", and the key; false if
 * the name is not of that form.
 */
static bool parse_tmp(const char *name, char **key, pid_t *pid)
{
	const size_t prefix = strlen(KT_CACHE_TMP);
	const char *dash = strrchr(name, '-');
	struct kt_error ignored;
	uint64_t number;

	if (strncmp(name, KT_CACHE_TMP, prefix) != 0 || dash < name + prefix ||
	    kt_parse_u64(dash + 1, 1, INT32_MAX, "pid", &number, &ignored))
		return false;
	*key = kt_xstrndup(name + prefix, (size_t)(dash - name) - prefix);
	*pid = (pid_t)number;
	return true;
}

static void sweep_one(const struct store *s, const char *name)
{
	const char *aside = kt_cache_aside_key(name);
	char *key KT_CLEANUP(kt_freep) = NULL;
	char *path KT_CLEANUP(kt_freep) = NULL;
	int lock KT_CLEANUP(kt_closep) = -1;
	struct kt_error ignored;
	pid_t pid;

	if (aside)
		key = kt_xstrdup(aside);
	else if (!parse_tmp(name, &key, &pid) || !kill(pid, 0) ||
		 errno != ESRCH)
		return;
	/* The lock of our own key is ours already. */
	if (strcmp(key, s->key) != 0) {
		if (kt_key_check(key, &ignored))
			return;
		path = kt_cache_lock_path(s->root, key);
		if (kt_lock_file(path, false, NOT_AT_ALL, &lock, &ignored))
			return;
	}
	if (aside) {
		kt_cache_aside_settle(s->root_fd, key);
	} else if (kt_remove_tree(s->root_fd, name, &ignored)) {
		/* It is left for whoever can. */
	}
}

static void sweep(const struct store *s)
{
	int fd = openat(s->root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *de;

	if (!dir) {
		kt_closep(&fd);
		return;
	}
	while ((de = readdir(dir)))
		sweep_one(s, de->d_name);
	closedir(dir);
}

static enum kt_status create(const struct store *s, const char *name, int *fd,
			     struct kt_error *err)
{
	*fd = openat(s->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		     0666);
	if (*fd < 0)
		return kt_fail_errno(err, "cannot create \"%s/%s\"", s->tmp,
				     name);
	return KT_OK;
}

/* The sum of what has really been stored, and the bytes onto the disk. */
static enum kt_status settle(struct store *s, const char *name, int fd,
			     struct kt_error *err)
{
	char sha256[KT_SHA256_SIZE];
	uint64_t size;
	enum kt_status st = kt_sha256_fd(fd, name, sha256, &size, err);

	if (st)
		return st;
	if (!size)
		return kt_fail(err, KT_DATA, "\"%s\" is empty", name);
	if (fsync(fd))
		return kt_fail_errno(err, "cannot write \"%s/%s\"", s->tmp,
				     name);
	kt_metadata_add_file(s->meta, name, sha256, size);
	return kt_stop_check(err);
}

static enum kt_status open_source(const char *path, int *fd,
				  struct kt_error *err)
{
	struct stat sb;

	/* O_NONBLOCK: a FIFO in its place must not hang us. */
	*fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 || fstat(*fd, &sb))
		return kt_fail_errno(err, "cannot open \"%s\"", path);
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_DATA, "\"%s\" is not a regular file",
			       path);
	return KT_OK;
}

/* Store the file that member @member names as @name; *there: it names one. */
static enum kt_status store_file(struct store *s, const char *member,
				 const char *name, bool *there,
				 struct kt_error *err)
{
	int from KT_CLEANUP(kt_closep) = -1, to KT_CLEANUP(kt_closep) = -1;
	const char *path;
	enum kt_status st = kt_record_str_or_null(s->rec, member, &path, err);

	*there = !st && path;
	if (st || !path)
		return st;
	st = open_source(path, &from, err);
	if (!st)
		st = create(s, name, &to, err);
	if (!st)
		st = kt_fd_copy(from, to, path, NULL, err);
	if (!st)
		st = settle(s, name, to, err);
	return st;
}

static enum kt_status store_image(struct store *s, struct kt_error *err)
{
	const char *name;
	enum kt_status st = kt_record_str(s->meta, "image_name", &name, err);
	bool there;

	if (!st)
		st = store_file(s, "image", name, &there, err);
	if (!st && !there)
		st = kt_fail(err, KT_DATA, "member \"image\" is missing");
	if (!st)
		st = store_file(s, "boot_image", KT_ENTRY_BOOT_IMAGE, &there,
				err);
	if (!st && there)
		kt_record_set_str(s->meta, "boot_image_name",
				  KT_ENTRY_BOOT_IMAGE);
	return st;
}

/* Reduced, or whole with a note of why where that cannot be done. */
static enum kt_status store_vmlinux(struct store *s, struct kt_error *err)
{
	int from KT_CLEANUP(kt_closep) = -1, to KT_CLEANUP(kt_closep) = -1;
	struct kt_error why;
	const char *path;
	enum kt_status st =
		kt_record_str_or_null(s->rec, "vmlinux", &path, err);

	if (st || !path)
		return st;
	st = open_source(path, &from, err);
	if (!st)
		st = create(s, KT_ENTRY_VMLINUX, &to, err);
	if (st)
		return st;
	st = kt_vmlinux_reduce(from, to, path, &why);
	if (st == KT_DATA) {
		kt_record_set_str(s->meta, "vmlinux_note", why.msg);
		if (ftruncate(to, 0) || lseek(to, 0, SEEK_SET) ||
		    lseek(from, 0, SEEK_SET))
			return kt_fail_errno(err, "cannot write \"%s/%s\"",
					     s->tmp, KT_ENTRY_VMLINUX);
		st = kt_fd_copy(from, to, path, NULL, err);
	} else if (st) {
		*err = why;
	}
	if (!st)
		st = settle(s, KT_ENTRY_VMLINUX, to, err);
	if (st)
		return st;
	kt_record_set_str(s->meta, "vmlinux_name", KT_ENTRY_VMLINUX);
	kt_record_set_bool(s->meta, "vmlinux_reduced",
			   !kt_record_has(s->meta, "vmlinux_note"));
	return KT_OK;
}

static enum kt_status store_config(struct store *s, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	char crc[KT_CRC32_SIZE];
	const char *said;
	enum kt_status st;
	bool there;

	st = store_file(s, "config", KT_ENTRY_CONFIG, &there, err);
	if (st || !there)
		return st;
	st = kt_file_read(s->dir_fd, KT_ENTRY_CONFIG, KT_KCONFIG_MAX_BYTES,
			  &text, err);
	if (st)
		return st;
	kt_crc32_hex(text.data, text.len, crc);
	said = kt_record_text(s->meta, "config_hash");
	if (said && strcmp(said, crc) != 0)
		return kt_hint(
			err,
			kt_fail(err, KT_FAIL,
				"\"%s\" has changed since the kernel was built",
				kt_record_text(s->rec, "config")),
			"another build may have the tree: do this one again");
	kt_record_set_str(s->meta, "config_hash", crc);
	return KT_OK;
}

static enum kt_status store_metadata(struct store *s, struct kt_error *err)
{
	struct kt_buf text KT_CLEANUP(kt_buf_release) = { 0 };
	int fd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	kt_record_pretty(s->meta, &text);
	if (text.len > KT_METADATA_MAX_BYTES)
		return kt_fail(err, KT_DATA, "more than %zu bytes of metadata",
			       KT_METADATA_MAX_BYTES);
	st = create(s, KT_METADATA_NAME, &fd, err);
	if (!st)
		st = kt_fd_write(fd, text.data, text.len, KT_METADATA_NAME,
				 err);
	if (!st && (fsync(fd) || fsync(s->dir_fd)))
		st = kt_fail_errno(err, "cannot write \"%s/%s\"", s->tmp,
				   KT_METADATA_NAME);
	return st;
}

/* Where the file system cannot exchange two names: lib/cache-aside.h. */
static enum kt_status step_aside(const struct store *s, struct kt_error *err)
{
	char *aside KT_CLEANUP(kt_freep) = kt_cache_aside_name(s->key);

	if (renameat(s->root_fd, s->key, s->root_fd, aside))
		return kt_fail_errno(err, "cannot replace \"%s\"", s->key);
	if (renameat(s->root_fd, s->tmp, s->root_fd, s->key)) {
		enum kt_status st = kt_fail_errno(
			err, "cannot put \"%s\" in place", s->key);

		renameat(s->root_fd, aside, s->root_fd, s->key);
		return st;
	}
	/* As after an exchange, the old entry has the new one's other name. */
	if (renameat(s->root_fd, aside, s->root_fd, s->tmp)) {
		/* The next store sweeps it. */
	}
	return KT_OK;
}

static enum kt_status put_in_place(const struct store *s, struct kt_error *err)
{
	enum kt_status st = KT_OK;

	if (renameat2(s->root_fd, s->tmp, s->root_fd, s->key,
		      RENAME_NOREPLACE) &&
	    (errno != EEXIST || renameat2(s->root_fd, s->tmp, s->root_fd,
					  s->key, RENAME_EXCHANGE))) {
		if (errno != EINVAL && errno != ENOSYS)
			return kt_fail_errno(err, "cannot put \"%s\" in place",
					     s->key);
		if (renameat(s->root_fd, s->tmp, s->root_fd, s->key))
			st = step_aside(s, err);
	}
	if (!st && fsync(s->root_fd))
		st = kt_fail_errno(err, "cannot write \"%s\"", s->root);
	return st;
}

static enum kt_status make_tmp(struct store *s, struct kt_error *err)
{
	enum kt_status st;

	s->tmp = kt_cache_tmp_name(s->key);
	/* The lock is ours, so whoever made that one is dead. */
	st = kt_remove_tree(s->root_fd, s->tmp, err);
	if (st)
		return st;
	if (mkdirat(s->root_fd, s->tmp, 0777))
		return kt_fail_errno(err, "cannot make directory \"%s/%s\"",
				     s->root, s->tmp);
	s->dir_fd = openat(s->root_fd, s->tmp,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir_fd < 0)
		return kt_fail_errno(err, "cannot open \"%s/%s\"", s->root,
				     s->tmp);
	return KT_OK;
}

static enum kt_status fill(struct store *s, struct kt_error *err)
{
	char now[KT_UTC_SIZE];
	enum kt_status st;

	kt_clock_utc(time(NULL), now);
	st = kt_metadata_make(s->rec, now, &s->meta, err);
	if (!st)
		st = make_tmp(s, err);
	if (!st)
		st = store_image(s, err);
	if (!st)
		st = store_vmlinux(s, err);
	if (!st)
		st = store_config(s, err);
	if (!st)
		st = store_metadata(s, err);
	return st;
}

enum kt_status kt_cache_store(struct kt_cache *cache, const char *key,
			      const struct kt_record *rec,
			      struct kt_record **out, struct kt_error *err)
{
	int lock KT_CLEANUP(kt_closep) = -1;
	struct store s KT_CLEANUP(
		store_release) = { .root = kt_cache_root(cache),
				   .key = key,
				   .rec = rec,
				   .root_fd = -1,
				   .dir_fd = -1 };
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct kt_record *stored = NULL;
	enum kt_status st = kt_key_check(key, err);

	if (!st)
		st = kt_mkdirs(s.root, err);
	if (st)
		return st;
	s.root_fd = open(s.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.root_fd < 0)
		return kt_fail_errno(err, "cannot open the cache \"%s\"",
				     s.root);
	path = kt_cache_lock_path(s.root, key);
	st = kt_lock_file(path, false, kt_deadline_in(LOCK_WAIT_NS), &lock,
			  err);
	if (st)
		return st;
	sweep(&s);
	st = fill(&s, err);
	if (!st)
		st = put_in_place(&s, err);
	if (!st)
		st = kt_cache_lookup(cache, key, &stored, err);
	if (st)
		return st;
	if (!stored)
		return kt_fail(err, KT_SYS,
			       "\"%s\" is gone from the cache as it was stored",
			       key);
	*out = stored;
	return KT_OK;
}

/*
 * What is removed is first given the name of a store in progress: so an entry
 * goes at once, and if we are killed a sweep finishes the work.
 */
static enum kt_status remove_dir(struct store *s, bool is_key,
				 struct kt_error *err)
{
	enum kt_status st;

	/* A name that is no key may be too long for that. */
	if (!is_key)
		return kt_remove_tree(s->root_fd, s->key, err);
	s->tmp = kt_cache_tmp_name(s->key);
	st = kt_remove_tree(s->root_fd, s->tmp, err);
	if (st)
		return st;
	if (renameat(s->root_fd, s->key, s->root_fd, s->tmp))
		return kt_fail_errno(err, "cannot rename it");
	st = kt_remove_tree(s->root_fd, s->tmp, err);
	if (st && renameat(s->root_fd, s->tmp, s->root_fd, s->key)) {
		/* It stays under the other name, which the error has. */
	}
	return st;
}

static enum kt_status remove_name(struct store *s, bool is_key,
				  struct kt_error *err)
{
	struct stat sb;

	if (fstatat(s->root_fd, s->key, &sb, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT)
			return kt_fail_errno(err, "cannot look at it");
		/* Records escape bytes that are not UTF-8. */
		return is_key ? KT_OK :
				kt_fail(err, KT_FAIL,
					"its name cannot be written");
	}
	if (S_ISDIR(sb.st_mode))
		return remove_dir(s, is_key, err);
	if (!S_ISLNK(sb.st_mode))
		return kt_fail(err, KT_FAIL, "it is no directory");
	return unlinkat(s->root_fd, s->key, 0) && errno != ENOENT ?
		       kt_fail_errno(err, "cannot remove it") :
		       KT_OK;
}

/* KT_AGAIN if another kernel than @listed stands under @key by now. */
static enum kt_status check_listed(struct kt_cache *cache, const char *key,
				   const struct kt_record *listed,
				   struct kt_error *err)
{
	struct kt_record *found KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_buf was KT_CLEANUP(kt_buf_release) = { 0 };
	struct kt_buf is KT_CLEANUP(kt_buf_release) = { 0 };
	const enum kt_status st = kt_cache_list_one(cache, key, &found, err);

	if (st || !found)
		return st;
	kt_record_line(listed, &was);
	kt_record_line(found, &is);
	if (was.len == is.len && !memcmp(was.data, is.data, is.len))
		return KT_OK;
	return kt_fail(err, KT_AGAIN, "\"%s\" was changed meanwhile, and stays",
		       key);
}

/* Lock @key, so that what is there is what was listed until it is removed. */
static enum kt_status lock_listed(const struct store *s, const char *path,
				  struct kt_cache *cache,
				  const struct kt_record *listed, int *lock,
				  struct kt_error *err)
{
	enum kt_status st = kt_lock_file(path, false, NOT_AT_ALL, lock, err);

	if (st == KT_AGAIN)
		return kt_fail(err, KT_AGAIN,
			       "\"%s\" is being stored just now, and stays",
			       s->key);
	if (st)
		return st;
	kt_cache_aside_settle(s->root_fd, s->key);
	return check_listed(cache, s->key, listed, err);
}

enum kt_status kt_cache_remove(struct kt_cache *cache,
			       const struct kt_record *listed,
			       struct kt_error *err)
{
	const char *name = kt_record_text(listed, "key");
	int lock KT_CLEANUP(kt_closep) = -1;
	struct store s KT_CLEANUP(
		store_release) = { .root = kt_cache_root(cache),
				   .key = name,
				   .root_fd = -1,
				   .dir_fd = -1 };
	char *path KT_CLEANUP(kt_freep) = NULL;
	struct kt_error ignored;
	enum kt_status st;
	bool is_key;

	if (!name || !*name || *name == '.' || strchr(name, '/'))
		return kt_fail(err, KT_DATA, "\"%s\" is no entry",
			       name ? name : "");
	is_key = !kt_key_check(name, &ignored);
	s.root_fd = open(s.root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s.root_fd < 0)
		return errno == ENOENT ?
			       KT_OK :
			       kt_fail_errno(err,
					     "cannot open the cache \"%s\"",
					     s.root);
	/* Nothing is ever stored under another name. */
	if (is_key) {
		path = kt_cache_lock_path(s.root, name);
		st = lock_listed(&s, path, cache, listed, &lock, err);
		if (st)
			return st;
	}
	st = remove_name(&s, is_key, err);
	/* Whoever waits for the lock sees that it is gone, and makes another. */
	if (!st && path && unlink(path) && errno != ENOENT)
		st = kt_fail_errno(err, "cannot remove \"%s\"", path);
	return st;
}
