// SPDX-License-Identifier: GPL-2.0-only
/*
 * cache - find built kernels by key, and list them
 *
 * Readers take no lock, but to put back what a killed store has left aside. If
 * the parts of an entry do not fit, it may have been replaced just then: it is
 * read again through one directory descriptor, so that they belong together,
 * until it was not replaced meanwhile.
 */
#include "lib/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/cache-aside.h"
#include "lib/fd.h"
#include "lib/key.h"
#include "lib/metadata.h"
#include "lib/workers.h"
#include "lib/xalloc.h"

#define MAX_REREADS 100	 /* of an entry that is replaced again and again */
#define BATCH 8		 /* entries that a thread takes at a time */
#define ROWS_A_THREAD 32 /* less is not worth a thread's start */
#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

struct kt_cache {
	char *root;
	char *kconfig_crc32; /* or NULL */
};

/* The cache's directory while it is read. */
struct reader {
	int fd;
	char *path; /* without links */
	const char *kconfig_crc32;
	struct kt_buf text; /* of the metadata at hand */
};

/* An entry as it is read: in @fd, or in its directory @dir below that. */
struct place {
	int fd;
	const char *dir;  /* a name in the cache, or NULL */
	const char *path; /* its absolute path */
	const struct kt_record *meta;
	uint64_t bytes; /* in its files so far */
};

/* The path of file @name from at->fd. */
static char *path_in(const struct place *at, const char *name)
{
	return at->dir ? kt_path_join(at->dir, name) : kt_xstrdup(name);
}

static void reader_release(struct reader *r)
{
	kt_closep(&r->fd);
	free(r->path);
	kt_buf_release(&r->text);
}

struct kt_cache *kt_cache_open(const char *root, const char *kconfig_crc32)
{
	struct kt_cache *cache = kt_xcalloc(1, sizeof(*cache));

	cache->root = kt_xstrdup(root);
	if (kconfig_crc32)
		cache->kconfig_crc32 = kt_xstrdup(kconfig_crc32);
	return cache;
}

void kt_cache_freep(struct kt_cache **cache)
{
	if (!*cache)
		return;
	free((*cache)->root);
	free((*cache)->kconfig_crc32);
	free(*cache);
}

const char *kt_cache_root(const struct kt_cache *cache)
{
	return cache->root;
}

/* r->fd is -1 if there is no cache yet. */
static enum kt_status reader_open(const struct kt_cache *cache,
				  struct reader *r, struct kt_error *err)
{
	r->kconfig_crc32 = cache->kconfig_crc32;
	r->fd = open(cache->root, DIR_FLAGS);
	if (r->fd < 0 && errno == ENOENT)
		return KT_OK;
	if (r->fd >= 0)
		r->path = realpath(cache->root, NULL);
	if (!r->path)
		return kt_fail_errno(err, "cannot open the cache \"%s\"",
				     cache->root);
	return KT_OK;
}

/*
 * Open the entry called @key. *fd is -1 if there is none. A link may give
 * another entry a second name, and may lead nowhere else.
 */
static enum kt_status open_entry(const struct reader *r, const char *key,
				 char name[NAME_MAX + 1], int *fd,
				 struct kt_error *err)
{
	struct kt_error ignored;
	ssize_t len;

	*fd = -1;
	if (strlen(key) > NAME_MAX)
		return KT_OK;
	memcpy(name, key, strlen(key) + 1);
	*fd = openat(r->fd, name, DIR_FLAGS | O_NOFOLLOW);
	if (*fd >= 0 || errno == ENOENT)
		return KT_OK;
	if (errno != ENOTDIR && errno != ELOOP)
		return kt_fail_errno(err, "cannot open it");
	len = readlinkat(r->fd, key, name, NAME_MAX);
	if (len < 0)
		return KT_OK;
	name[len] = '\0';
	if (kt_key_check(name, &ignored))
		return kt_fail(err, KT_DATA,
			       "it is a link to \"%s\", outside the cache",
			       name);
	*fd = openat(r->fd, name, DIR_FLAGS | O_NOFOLLOW);
	return KT_OK;
}

/*
 * Is file @name in the entry, as it was stored? *there is false if it is not
 * and nothing says that it should be.
 */
static enum kt_status check_file(struct place *at, const char *name,
				 bool *there, struct kt_error *err)
{
	uint64_t size = 0;
	const bool noted = kt_metadata_file(at->meta, name, &size, NULL);
	char *path KT_CLEANUP(kt_freep) = path_in(at, name);
	struct stat sb;

	*there = false;
	if (fstatat(at->fd, path, &sb, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT)
			return kt_fail_errno(err, "cannot stat \"%s\"", name);
		return noted ? kt_fail(err, KT_DATA, "\"%s\" is missing",
				       name) :
			       KT_OK;
	}
	if (!S_ISREG(sb.st_mode))
		return kt_fail(err, KT_DATA, "\"%s\" is not a regular file",
			       name);
	if (noted && (uint64_t)sb.st_size != size)
		return kt_fail(err, KT_DATA,
			       "\"%s\" has %llu bytes, and had %llu", name,
			       (unsigned long long)sb.st_size,
			       (unsigned long long)size);
	at->bytes += (uint64_t)sb.st_size;
	*there = true;
	return KT_OK;
}

/* Set member @key of @rec to the path of file @name, if that is there. */
static enum kt_status add_file(struct place *at, const char *name,
			       const char *key, struct kt_record *rec,
			       struct kt_error *err)
{
	char *path KT_CLEANUP(kt_freep) = NULL;
	enum kt_status st;
	bool there;

	if (!name)
		return KT_OK;
	st = check_file(at, name, &there, err);
	if (st || !there)
		return st;
	path = kt_path_join(at->path, name);
	return kt_record_set_path(rec, key, path, err);
}

static enum kt_status add_files(struct place *at, struct kt_record *rec,
				struct kt_error *err)
{
	static const char *const names[][2] = {
		{ "image_name", "image" },
		{ "boot_image_name", "boot_image" },
		{ "vmlinux_name", "vmlinux" },
	};
	enum kt_status st = KT_OK;

	for (size_t i = 0; !st && i < sizeof(names) / sizeof(names[0]); i++)
		st = add_file(at, kt_record_text(at->meta, names[i][0]),
			      names[i][1], rec, err);
	if (!st && !kt_record_has(rec, "image"))
		st = kt_fail(err, KT_DATA, "\"%s\" is missing",
			     kt_record_text(at->meta, "image_name"));
	if (!st)
		st = add_file(at, KT_ENTRY_CONFIG, "config", rec, err);
	if (!st)
		kt_record_set_u64(rec, "entry_bytes", at->bytes);
	return st;
}

static void add_state(const struct reader *r, const struct kt_record *meta,
		      struct kt_record *rec)
{
	const char *built_with = kt_metadata_kconfig(meta);

	kt_record_set_bool(rec, "cached", true);
	/* Not known is not stale: that is how the Rust ktstr has it. */
	kt_record_set_bool(rec, "stale_kconfig",
			   r->kconfig_crc32 && built_with &&
				   strcmp(r->kconfig_crc32, built_with) != 0);
	if (!kt_record_has(meta, "vmlinux_reduced") ||
	    kt_record_flag(meta, "vmlinux_reduced"))
		return;
	kt_record_set_bool(rec, "vmlinux_reduced", false);
	kt_record_set_str(rec, "vmlinux_note",
			  kt_record_text(meta, "vmlinux_note"));
}

/* The record of the entry @at; *foreign says who wrote a bad one. */
static enum kt_status describe(struct reader *r, const char *key,
			       struct place *at, bool *foreign,
			       struct kt_record **out, struct kt_error *err)
{
	struct kt_record *meta KT_CLEANUP(kt_record_freep) = NULL;
	struct kt_record *rec KT_CLEANUP(kt_record_freep) =
		kt_record_new(KT_SCHEMA_KERNEL);
	char *path KT_CLEANUP(kt_freep) = path_in(at, KT_METADATA_NAME);
	enum kt_status st =
		kt_metadata_load(at->fd, path, &r->text, &meta, err);

	*foreign = !st && kt_metadata_foreign(meta);
	if (*foreign)
		return kt_fail(err, KT_DATA, "written by a later ktstr");
	if (!st) {
		st = kt_metadata_check(meta, err);
		if (st)
			return kt_within(err, st, "%s", KT_METADATA_NAME);
	}
	if (st)
		return st;
	kt_metadata_describe(meta, rec);
	at->meta = meta;
	at->bytes = r->text.len;
	st = add_files(at, rec, err);
	if (!st)
		st = kt_record_set_path(rec, "key", key, err);
	if (!st)
		st = kt_record_set_path(rec, "entry", at->path, err);
	if (st)
		return st;
	add_state(r, meta, rec);
	*out = rec;
	rec = NULL;
	return KT_OK;
}

static bool replaced(const struct reader *r, const char *name, int fd)
{
	struct stat open_one, named;

	return fstat(fd, &open_one) ||
	       fstatat(r->fd, name, &named, AT_SYMLINK_NOFOLLOW) ||
	       open_one.st_ino != named.st_ino ||
	       open_one.st_dev != named.st_dev;
}

/* *out stays NULL if there is no such entry. */
static enum kt_status read_entry(struct reader *r, const char *key,
				 bool *foreign, struct kt_record **out,
				 struct kt_error *err)
{
	enum kt_status st = KT_OK;

	*foreign = false;
	for (int i = 0; i < MAX_REREADS; i++) {
		char *dir KT_CLEANUP(kt_freep) = NULL;
		char name[NAME_MAX + 1];
		int fd KT_CLEANUP(kt_closep) = -1;
		struct place at = { 0 };

		st = open_entry(r, key, name, &fd, err);
		if (!st && fd < 0 && !i &&
		    kt_cache_aside_restore(r->fd, r->path, name))
			continue;
		if (st || fd < 0)
			return st;
		dir = kt_path_join(r->path, name);
		at.fd = fd;
		at.path = dir;
		st = describe(r, key, &at, foreign, out, err);
		if (!st || !replaced(r, name, fd))
			return st;
	}
	return st;
}

enum kt_status kt_cache_lookup(struct kt_cache *cache, const char *key,
			       struct kt_record **out, struct kt_error *err)
{
	struct reader r KT_CLEANUP(reader_release) = { .fd = -1 };
	struct kt_record *rec = NULL;
	struct kt_error ignored;
	enum kt_status st;
	bool foreign;

	if (!kt_key_check(key, &ignored)) {
		st = reader_open(cache, &r, err);
		if (!st && r.fd >= 0)
			st = read_entry(&r, key, &foreign, &rec, err);
		if (st)
			return kt_within(err, st, "cache entry \"%s\"", key);
	}
	*out = rec;
	return KT_OK;
}

static struct kt_record *corrupt(const struct reader *r, const char *key,
				 bool foreign, const char *why)
{
	struct kt_record *rec = kt_record_new(KT_SCHEMA_KERNEL);
	char *dir KT_CLEANUP(kt_freep) = kt_path_join(r->path, key);

	kt_record_set_str(rec, "key", key);
	kt_record_set_str(rec, "entry", dir);
	kt_record_set_bool(rec, "cached", true);
	kt_record_set_str(rec, "error", why);
	if (foreign)
		kt_record_set_bool(rec, "foreign", true);
	return rec;
}

/*
 * A good entry that is a directory, read without opening it: most are, and
 * there may be many. NULL says no more than that another look is needed.
 */
static struct kt_record *quick_look(struct reader *r, const char *key)
{
	char *dir KT_CLEANUP(kt_freep) = kt_path_join(r->path, key);
	struct place at = { .fd = r->fd, .dir = key, .path = dir };
	struct kt_record *rec = NULL;
	struct kt_error ignored;
	bool foreign;

	return describe(r, key, &at, &foreign, &rec, &ignored) ? NULL : rec;
}

/* The entry behind a name in the directory, good or bad, or NULL. */
static struct kt_record *entry_of(struct reader *r, const char *key, bool dir)
{
	struct kt_record *rec = NULL;
	struct kt_error err = { 0 };
	bool foreign = false;
	enum kt_status st = kt_key_check(key, &err);

	if (!st && dir)
		rec = quick_look(r, key);
	if (rec)
		return rec;
	if (!st)
		st = read_entry(r, key, &foreign, &rec, &err);
	return st ? corrupt(r, key, foreign, err.msg) : rec;
}

/* A name in the cache, and the entry that it leads to. */
struct row {
	char *key;
	bool dir;
	struct kt_record *rec; /* NULL: none after all */
	const char *built_at;  /* borrowed from rec; NULL if corrupt */
};

static int by_age(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = 0;

	if (!x->built_at || !y->built_at)
		order = !x->built_at - !y->built_at;
	else
		order = strcmp(y->built_at, x->built_at);
	return order ? order : strcmp(x->key, y->key);
}

static void add_row(struct row **rows, size_t *nr, const struct dirent *de)
{
	/* Grows at powers of two. */
	if (!(*nr & (*nr - 1)))
		*rows = kt_xrealloc(*rows,
				    (*nr ? *nr * 2 : 1) * sizeof(**rows));
	(*rows)[(*nr)++] = (struct row){
		.key = kt_xstrdup(de->d_name),
		.dir = de->d_type == DT_DIR,
	};
}

static void closedirp(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/*
 * Add what is in the directory. *again: an entry may have been aside, and came
 * back too late to be seen.
 */
static enum kt_status scan(const struct reader *r, struct row **rows,
			   size_t *nr, bool *again, struct kt_error *err)
{
	DIR *dir KT_CLEANUP(closedirp) = NULL;
	int fd = openat(r->fd, ".", DIR_FLAGS);
	struct dirent *de;

	if (fd >= 0)
		dir = fdopendir(fd);
	if (!dir) {
		kt_closep(&fd);
		return kt_fail_errno(err, "cannot read the cache \"%s\"",
				     r->path);
	}
	for (errno = 0; (de = readdir(dir)); errno = 0) {
		const char *aside = kt_cache_aside_key(de->d_name);

		if (aside && kt_cache_aside_restore(r->fd, r->path, aside))
			*again = true;
		if (de->d_name[0] != '.' &&
		    (de->d_type == DT_DIR || de->d_type == DT_LNK ||
		     de->d_type == DT_UNKNOWN))
			add_row(rows, nr, de);
	}
	if (errno)
		return kt_fail_errno(err, "cannot read the cache \"%s\"",
				     r->path);
	return KT_OK;
}

static enum kt_status find_rows(const struct reader *r, struct row **rows,
				size_t *nr, struct kt_error *err)
{
	bool again = false;
	enum kt_status st = scan(r, rows, nr, &again, err);

	if (st || !again)
		return st;
	while (*nr)
		free((*rows)[--*nr].key);
	return scan(r, rows, nr, &again, err);
}

/* What the threads of a listing share. */
struct listing {
	const struct reader *reader;
	struct row *rows;
	size_t nr;
	atomic_size_t next;
};

static void read_rows(void *ctx)
{
	struct listing *l = ctx;
	struct reader own = *l->reader;
	size_t first;

	own.text = (struct kt_buf){ 0 };
	while ((first = atomic_fetch_add(&l->next, BATCH)) < l->nr)
		for (size_t i = first; i < first + BATCH && i < l->nr; i++) {
			struct row *row = &l->rows[i];

			row->rec = entry_of(&own, row->key, row->dir);
			if (row->rec && !kt_record_has(row->rec, "error"))
				row->built_at =
					kt_record_text(row->rec, "built_at");
		}
	kt_buf_release(&own.text);
}

/* The records of @rows, sorted; frees the rest. */
static struct kt_record **take_records(struct row *rows, size_t *nr)
{
	struct kt_record **list = kt_xcalloc(*nr, sizeof(struct kt_record *));
	size_t kept = 0;

	if (*nr)
		qsort(rows, *nr, sizeof(*rows), by_age);
	for (size_t i = 0; i < *nr; i++) {
		if (rows[i].rec)
			list[kept++] = rows[i].rec;
		free(rows[i].key);
	}
	free(rows);
	*nr = kept;
	return list;
}

enum kt_status kt_cache_list(struct kt_cache *cache, struct kt_record ***out,
			     size_t *nr, struct kt_error *err)
{
	struct reader r KT_CLEANUP(reader_release) = { .fd = -1 };
	struct listing l = { .reader = &r };
	struct kt_record **list;
	enum kt_status st = reader_open(cache, &r, err);

	if (!st && r.fd >= 0)
		st = find_rows(&r, &l.rows, &l.nr, err);
	if (!st)
		kt_workers_run((unsigned int)(l.nr / ROWS_A_THREAD + 1),
			       read_rows, &l);
	list = take_records(l.rows, &l.nr);
	if (st) {
		kt_cache_list_free(list, l.nr);
		return st;
	}
	*out = list;
	*nr = l.nr;
	return KT_OK;
}

enum kt_status kt_cache_list_one(struct kt_cache *cache, const char *name,
				 struct kt_record **out, struct kt_error *err)
{
	struct reader r KT_CLEANUP(reader_release) = { .fd = -1 };
	const enum kt_status st = reader_open(cache, &r, err);

	if (st)
		return st;
	*out = r.fd >= 0 ? entry_of(&r, name, false) : NULL;
	return KT_OK;
}

void kt_cache_list_free(struct kt_record **list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		kt_record_free(list[i]);
	free(list);
}

bool kt_cache_is_link(const struct kt_record *rec)
{
	const char *key = kt_record_text(rec, "key"),
		   *entry = kt_record_text(rec, "entry");

	return key && entry && strcmp(kt_path_base(entry), key) != 0;
}

bool kt_cache_fresh(const struct kt_record *rec)
{
	const char *arch = kt_record_text(rec, "arch");

	return !kt_record_has(rec, "error") && kt_record_has(rec, "image") &&
	       arch && !strcmp(arch, kt_arch()) &&
	       !kt_record_flag(rec, "stale_kconfig");
}

static int rank(const char *verified)
{
	if (verified && !strcmp(verified, "pgp"))
		return 2;
	return verified && !strcmp(verified, "sha256");
}

bool kt_cache_verified(const struct kt_record *rec, const char *wanted)
{
	return rank(kt_record_text(rec, "verified")) >= rank(wanted);
}
