// SPDX-License-Identifier: GPL-2.0-only
/* entry-archive - a cache entry as one file, to be handed on */
#include "lib/entry-archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/archive.h"
#include "lib/cache-clean.h"
#include "lib/fd.h"
#include "lib/key.h"
#include "lib/metadata.h"
#include "lib/stop.h"
#include "lib/stream.h"
#include "lib/ustar.h"
#include "lib/workdir.h"
#include "lib/xalloc.h"

#define CHUNK ((size_t)256 << 10)
#define END_BLOCKS 2 /* of zeros, at the end of a tar archive */
#define LEVEL 6
#define MAX_FILES 5

struct export
{
	const char *key, *what;
	int to, dirfd;
	ZSTD_CCtx *zstd;
	char *in, *out; /* of CHUNK bytes each */
};

static void export_release(struct export *x)
{
	ZSTD_freeCCtx(x->zstd);
	kt_closep(&x->dirfd);
	free(x->in);
	free(x->out);
}

static enum kt_status compress(struct export *x, const void *data, size_t len,
			       ZSTD_EndDirective end, struct kt_error *err)
{
	ZSTD_inBuffer in = { .src = data, .size = len };
	size_t left;

	do {
		ZSTD_outBuffer out = { .dst = x->out, .size = CHUNK };
		enum kt_status st;

		left = ZSTD_compressStream2(x->zstd, &out, &in, end);
		if (ZSTD_isError(left))
			return kt_fail(err, KT_SYS, "cannot compress: %s",
				       ZSTD_getErrorName(left));
		st = kt_fd_write(x->to, x->out, out.pos, x->what, err);
		if (!st)
			st = kt_stop_check(err);
		if (st)
			return st;
	} while (end == ZSTD_e_end ? left : in.pos < in.size);
	return KT_OK;
}

static enum kt_status put(struct export *x, const void *data, size_t len,
			  struct kt_error *err)
{
	return compress(x, data, len, ZSTD_e_continue, err);
}

static enum kt_status put_header(struct export *x, const struct kt_ustar *file,
				 struct kt_error *err)
{
	unsigned char block[KT_USTAR_BLOCK];

	kt_ustar_header(file, block);
	return put(x, block, sizeof(block), err);
}

static enum kt_status put_bytes(struct export *x, int fd, const char *name,
				uint64_t left, struct kt_error *err)
{
	while (left) {
		const ssize_t n =
			read(fd, x->in, left < CHUNK ? (size_t)left : CHUNK);
		enum kt_status st;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kt_fail_errno(err, "cannot read \"%s\"", name);
		if (!n)
			return kt_fail(err, KT_DATA,
				       "\"%s\" was cut short while it was read",
				       name);
		st = put(x, x->in, (size_t)n, err);
		if (st)
			return st;
		left -= (uint64_t)n;
	}
	return KT_OK;
}

static enum kt_status put_file(struct export *x, const char *name,
			       struct kt_error *err)
{
	static const char zeros[KT_USTAR_BLOCK];
	int fd KT_CLEANUP(kt_closep) = openat(
		x->dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct kt_ustar file = {
		.type = '0', .prefix = x->key, .name = name, .mode = 0644
	};
	struct stat sb;
	enum kt_status st;

	if (fd < 0 || fstat(fd, &sb))
		return kt_fail_errno(err, "cannot open \"%s\"", name);
	if (!S_ISREG(sb.st_mode) || (uint64_t)sb.st_size > KT_USTAR_MAX_SIZE)
		return kt_fail(err, KT_DATA,
			       "\"%s\" is no regular file of less than 8 GiB",
			       name);
	file.size = (uint64_t)sb.st_size;
	st = put_header(x, &file, err);
	if (!st)
		st = put_bytes(x, fd, name, file.size, err);
	return st ? st : put(x, zeros, kt_ustar_pad(file.size), err);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum kt_status put_entry(struct export *x, const struct kt_record *rec,
				struct kt_error *err)
{
	static const char *const members[] = { "image", "boot_image", "vmlinux",
					       "config" };
	const char *names[MAX_FILES] = { KT_METADATA_NAME };
	size_t nr = 1;
	enum kt_status st = KT_OK;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (kt_record_text(rec, members[i]))
			names[nr++] =
				kt_path_base(kt_record_text(rec, members[i]));
	qsort(names, nr, sizeof(names[0]), by_name);
	for (size_t i = 0; !st && i < nr; i++)
		st = put_file(x, names[i], err);
	return st;
}

static enum kt_status put_end(struct export *x, struct kt_error *err)
{
	static const char zeros[END_BLOCKS * KT_USTAR_BLOCK];

	return compress(x, zeros, sizeof(zeros), ZSTD_e_end, err);
}

enum kt_status kt_entry_export(struct kt_cache *cache, const char *key, int fd,
			       const char *what, struct kt_error *err)
{
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	struct export x KT_CLEANUP(export_release) = {
		.key = key,
		.what = what,
		.to = fd,
		.dirfd = -1,
		.zstd = kt_xcheck(ZSTD_createCCtx()),
		.in = kt_xcalloc(1, CHUNK),
		.out = kt_xcalloc(1, CHUNK),
	};
	enum kt_status st = kt_cache_lookup(cache, key, &rec, err);

	if (!st && !rec)
		st = kt_fail(err, KT_FAIL, "no kernel \"%s\" in the cache",
			     key);
	if (!st && strlen(key) > KT_USTAR_PREFIX)
		st = kt_fail(err, KT_FAIL, "\"%s\" is too long for an archive",
			     key);
	if (st)
		return st;
	x.dirfd = open(kt_record_text(rec, "entry"),
		       O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (x.dirfd < 0)
		return kt_fail_errno(err, "cannot open \"%s\"",
				     kt_record_text(rec, "entry"));
	ZSTD_CCtx_setParameter(x.zstd, ZSTD_c_compressionLevel, LEVEL);
	ZSTD_CCtx_setParameter(x.zstd, ZSTD_c_checksumFlag, 1);
	st = put_entry(&x, rec, err);
	return st ? st : put_end(&x, err);
}

/* Where an archive is unpacked: base/import.ktstr-tmp.XXXXXX, a cache of one entry. */
struct room {
	const char *base;
	char *path;
	int lock;
};

static void room_release(struct room *r)
{
	struct kt_error ignored;

	if (r->path && kt_workdir_remove(r->base, r->path, &ignored)) {
		/* It is swept later. */
	}
	kt_closep(&r->lock);
	free(r->path);
}

/* Unpack into the room, under the archive's own name: *key, the caller's. */
static enum kt_status unpack(const struct room *r, int fd, const char *what,
			     char **key, struct kt_error *err)
{
	char *dir KT_CLEANUP(kt_freep) = kt_path_join(r->path, ".new");
	char *top KT_CLEANUP(kt_freep) = NULL;
	char *place KT_CLEANUP(kt_freep) = NULL;
	struct kt_stream *stream KT_CLEANUP(kt_stream_freep) = NULL;
	int dirfd KT_CLEANUP(kt_closep) = -1;
	enum kt_status st;

	if (!mkdir(dir, 0777))
		dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return kt_fail_errno(err, "cannot make \"%s\"", dir);
	st = kt_stream_open(fd, what, 1, &stream, err);
	if (!st)
		st = kt_archive_unpack(stream, what, dirfd, NULL, NULL, &top,
				       err);
	if (!st)
		st = kt_key_check(top, err);
	if (st)
		return st;
	place = kt_path_join(r->path, top);
	if (rename(dir, place))
		return kt_fail_errno(err, "cannot make \"%s\"", place);
	*key = top;
	top = NULL;
	return KT_OK;
}

/* The record of what was unpacked, once all of it has been proved. */
static enum kt_status check(const struct kt_entry_import *how,
			    const struct room *r, const char *key,
			    struct kt_record **out, struct kt_error *err)
{
	struct kt_cache *cache KT_CLEANUP(kt_cache_freep) =
		kt_cache_open(r->path, how->kconfig_crc32);
	struct kt_cache_checked checked = { 0 };
	enum kt_status st = kt_cache_verify(cache, key, &checked, err);

	if (!st && checked.unsummed)
		st = kt_fail(err, KT_DATA,
			     "its %s has not the sums of all its files",
			     KT_METADATA_NAME);
	return st ? st : kt_cache_lookup(cache, key, out, err);
}

static enum kt_status store(const struct kt_entry_import *how, const char *key,
			    struct kt_record *rec, struct kt_record **out,
			    struct kt_error *err)
{
	struct kt_record *there = NULL;
	struct kt_error ignored;

	/* One that is corrupt is replaced in any case. */
	if (!how->force &&
	    !kt_cache_lookup(how->cache, key, &there, &ignored) && there) {
		*out = there;
		return KT_OK;
	}
	return kt_cache_store(how->cache, key, rec, out, err);
}

enum kt_status kt_entry_import(const struct kt_entry_import *how, int fd,
			       const char *what, struct kt_record **out,
			       struct kt_error *err)
{
	struct room r KT_CLEANUP(room_release) = { .base = how->base,
						   .lock = -1 };
	struct kt_record *rec KT_CLEANUP(kt_record_freep) = NULL;
	char *key KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st =
		kt_workdir_new(how->base, "import", &r.path, &r.lock, err);

	if (!st)
		st = unpack(&r, fd, what, &key, err);
	if (st)
		return st;
	st = check(how, &r, key, &rec, err);
	if (!st && how->wants && !how->wants(rec, how->ctx))
		st = kt_fail(err, KT_FAIL, "it is not as it is wanted");
	if (st)
		return kt_within(err, st, "\"%s\"", what);
	return store(how, how->key ? how->key : key, rec, out, err);
}
